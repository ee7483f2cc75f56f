/* uv_jobs.c: the slow work the replica asks for: checking a record, executing a block, committing, reading blocks for a peer. */
#include <stdlib.h>
#include <string.h>

#include "ledger/apply.h"
#include "node/replica_message.h"
#include "node/uv_leaves.h"
#include "node/uv_sealed.h"
#include "storage/overlay.h"

/* ---- verify (station 2): form and signature once, by present status likely to be accepted ---- */

struct verify_job {
    struct uv_job job;
    struct uv_node *node;
    struct span wire;    /* the replica's, until it is answered */
    struct lease *lease; /* NULL: form and signature only */
    uint64_t id, time_ms;
    enum err err;
    uint16_t code, item;
};

static void verify_run(struct uv_job *job) {
    struct verify_job *v = (struct verify_job *)job;
    const struct ledger_params *params = &v->node->genesis->params;
    struct arena *arena = &v->node->verify_arenas[job->thread];
    struct record record;
    arena_reset(arena);
    v->err = record_check(params, v->wire, arena, &record, NULL);
    if (v->err != OK || v->lease == NULL) return;
    struct reader r = store_snapshot_reader(v->lease->snapshot);
    struct result preview = ledger_preview(params, r, v->time_ms, &record, arena);
    v->code = preview.code;
    v->item = preview.item;
}

static void verify_done(struct uv_job *job) {
    struct verify_job *v = (struct verify_job *)job;
    struct uv_node *n = v->node;
    lease_drop(v->lease);
    struct replica_input in = {.kind = REPLICA_VERIFIED, .job = v->id, .err = v->err, .code = v->code, .item = v->item};
    free(v);
    node_input(n, &in);
}

void node_verify(struct uv_node *n, const struct replica_output *out) {
    struct verify_job *v = check_alloc(1, sizeof *v);
    v->job = (struct uv_job){.run = verify_run, .done = verify_done};
    v->node = n;
    v->id = out->job;
    v->time_ms = wall_clock_ms();
    v->lease = out->wait ? lease_hold(n) : NULL;
    v->wire = out->bytes;
    uv_lane_push(n->verify, &v->job);
}

/* ---- execute (station 7) ---- */

enum { EXECUTING_MAX = 2 };

struct execute_job {
    struct uv_job job;
    struct uv_node *node;
    struct execute_job *next;
    uint64_t id;
    const struct block_job *block;
    struct executed *executed;
    enum err err;
};

static void executed_push(struct executed_list *l, struct executed *e) {
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 64 : l->cap * 2;
        l->list = check_realloc(l->list, l->cap, sizeof(struct executed *));
    }
    l->list[l->count++] = e;
}

static void execute_run(struct uv_job *job) {
    struct execute_job *x = (struct execute_job *)job;
    x->err = execution_run(x->node->execution, x->block, &x->executed);
}

static void execute_push(struct uv_node *n);

static void execute_done(struct uv_job *job) {
    struct execute_job *x = (struct execute_job *)job;
    struct uv_node *n = x->node;
    n->executing--;
    if (x->err != OK) {
        node_fail(n, "execution", err_text(x->err, LANG_EN));
    } else {
        executed_push(&n->executed, x->executed);
        x->executed->bytes = changes_bytes(x->executed->changes);
        n->overlay_bytes += x->executed->bytes;
        struct replica_input in = {
            .kind = REPLICA_EXECUTED, .job = x->id, .execution = &x->executed->told};
        node_input(n, &in);
    }
    free(x);
    if (!n->closing) execute_push(n);
}

/* Blocks wait here, in order, while the overlay is full. What a block takes is known once it was executed, so few are on the lane at a time.
 * What was executed is attested by a quorum that came as far, then committed and dropped: the wait ends. */
static void execute_push(struct uv_node *n) {
    while (n->execute_first != NULL && n->executing < EXECUTING_MAX && n->overlay_blocks < OVERLAY_BLOCKS_MAX &&
           n->overlay_bytes < OVERLAY_BYTES_MAX) {
        struct execute_job *x = n->execute_first;
        n->execute_first = x->next;
        if (n->execute_first == NULL) n->execute_last = NULL;
        n->overlay_blocks++;
        n->executing++;
        uv_lane_push(n->execute, &x->job);
    }
}

void node_execute(struct uv_node *n, const struct replica_output *out) {
    struct execute_job *x = check_alloc(1, sizeof *x);
    x->job = (struct uv_job){.run = execute_run, .done = execute_done};
    x->node = n;
    x->id = out->job;
    x->block = out->block;
    if (n->execute_last == NULL) {
        n->execute_first = x;
    } else {
        n->execute_last->next = x;
    }
    n->execute_last = x;
    execute_push(n);
}

/* ---- commit (station 9), then the overlay lets go ---- */

struct commit_job {
    struct uv_job job;
    struct uv_node *node;
    struct executed **blocks;
    size_t blocks_count;
    struct attested attested;
    struct lease *lease;
    bool ok;
};

static void drop_run(struct uv_job *job) {
    struct commit_job *c = (struct commit_job *)job;
    execution_drop(c->node->execution, c->attested.height);
}

static void drop_done(struct uv_job *job) {
    struct commit_job *c = (struct commit_job *)job;
    struct uv_node *n = c->node;
    for (size_t i = 0; i < c->blocks_count; i++) {
        n->overlay_bytes -= c->blocks[i]->bytes;
        executed_free(c->blocks[i]);
    }
    n->overlay_blocks -= c->blocks_count;
    free(c->blocks);
    free(c);
    if (!n->closing) execute_push(n);
}

static void commit_run(struct uv_job *job) {
    struct commit_job *c = (struct commit_job *)job;
    c->ok = execution_commit(c->node->store, c->blocks, c->blocks_count, &c->attested);
    if (c->ok) c->lease = lease_new(c->node->store);
}

static void commit_done(struct uv_job *job) {
    struct commit_job *c = (struct commit_job *)job;
    struct uv_node *n = c->node;
    if (!c->ok) {
        /* The blocks stay in the overlay: execution and reads of peers go on, nothing becomes visible any more. */
        node_write_failed(n, "store", store_error(n->store));
        free(c->blocks);
        free(c);
        return;
    }
    uint64_t height = c->attested.height;
    lease_publish(n, c->lease);
    c->job = (struct uv_job){.run = drop_run, .done = drop_done};
    if (n->closing) {
        /* The executor has ended: nobody reads the overlay any more. */
        drop_run(&c->job);
        drop_done(&c->job);
    } else {
        uv_lane_push(n->execute, &c->job);
    }
    struct replica_input in = {.kind = REPLICA_COMMITTED, .sequence = height};
    node_input(n, &in);
    uv_leaves_committed(n->leaf_fetch);
    uv_sealed_committed(n->deletions);
}

void node_commit(struct uv_node *n, const struct replica_output *out) {
    struct executed_list *l = &n->executed;
    size_t count = 0;
    while (count < l->count && l->list[count]->told.height <= out->height) count++;
    if (count == 0 || n->write_failed) return;
    CHECK(l->list[count - 1]->told.height == out->height && out->attested->height == out->height);
    struct commit_job *c = check_alloc(1, sizeof *c);
    c->job = (struct uv_job){.run = commit_run, .done = commit_done};
    c->node = n;
    c->attested = *out->attested;
    c->blocks = check_alloc(count, sizeof(struct executed *));
    memcpy(c->blocks, l->list, count * sizeof(struct executed *));
    c->blocks_count = count;
    memmove(l->list, l->list + count, (l->count - count) * sizeof(struct executed *));
    l->count -= count;
    uv_lane_push(n->commit, &c->job);
}

/* ---- blocks for a peer ---- */

struct blocks_job {
    struct uv_job job;
    struct uv_node *node;
    struct lease *lease;
    uint64_t id, height;
    uint32_t count;
    struct buffer bytes;
};

static void blocks_run(struct uv_job *job) {
    struct blocks_job *b = (struct blocks_job *)job;
    struct reader r = store_snapshot_reader(b->lease->snapshot);
    execution_read_blocks(r, b->height, b->count, SYNC_BYTES_MAX, &b->bytes);
}

static void blocks_done(struct uv_job *job) {
    struct blocks_job *b = (struct blocks_job *)job;
    struct replica_input in = {.kind = REPLICA_BLOCKS, .job = b->id, .bytes = buffer_span(&b->bytes)};
    lease_drop(b->lease);
    node_input(b->node, &in);
    buffer_free(&b->bytes);
    free(b);
}

void node_read_blocks(struct uv_node *n, const struct replica_output *out) {
    struct blocks_job *b = check_alloc(1, sizeof *b);
    b->job = (struct uv_job){.run = blocks_run, .done = blocks_done};
    b->node = n;
    b->lease = lease_hold(n);
    b->id = out->job;
    b->height = out->height;
    /* A snapshot may show chain rows above its own height (storage/store.h, 2); they are not attested yet. */
    uint64_t visible = b->lease->height >= out->height ? b->lease->height - out->height + 1 : 0;
    b->count = out->count < visible ? out->count : (uint32_t)visible;
    buffer_init(&b->bytes, 64u << 20);
    uv_lane_push(n->read, &b->job);
}

void node_jobs_free(struct uv_node *n) {
    for (uint64_t i = 0; n->verify_arenas != NULL && i < n->config->verify_threads; i++) arena_free(&n->verify_arenas[i]);
    free(n->verify_arenas);
    n->verify_arenas = NULL;
    while (n->execute_first != NULL) {
        struct execute_job *x = n->execute_first;
        n->execute_first = x->next;
        free(x);
    }
    for (size_t i = 0; i < n->executed.count; i++) executed_free(n->executed.list[i]);
    free(n->executed.list);
    n->executed = (struct executed_list){NULL, 0, 0};
}
