/* node.c: one node of a world: the replica, its journal on a disk whose power fails, its store, and the jobs that
 * uv_jobs.c gives to threads. What is slow takes time and may complete late, but each lane keeps its order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/apply.h"
#include "ledger/record.h"
#include "storage/recover_ledger.h"
#include "tests/sim/sim.h"

enum { RECORD_ARENA = 1 << 20 };

uint64_t node_time_ms(const struct world *w, const struct node *n) {
    return (uint64_t)((int64_t)(SIM_EPOCH_MS + w->now_ms) + n->skew_ms);
}

static enum store_fault store_fault(void *context, enum table table, bool sync) {
    struct node *n = context;
    (void)sync;
    if (n->tear) return table == TABLE_STATE ? STORE_FAULT_IO : STORE_FAULT_NONE;
    if (n->store_faults == 0 || --n->store_faults > 0) return STORE_FAULT_NONE;
    return table == TABLE_CHAIN ? STORE_FAULT_FULL : STORE_FAULT_IO_APPLIED;
}

static enum journal_fault journal_fault(void *context, enum journal_call call) {
    struct node *n = context;
    if (n->tear) return call == JOURNAL_CALL_SYNC ? JOURNAL_FAULT_IO : JOURNAL_FAULT_NONE;
    if (n->journal_faults == 0 || --n->journal_faults > 0) return JOURNAL_FAULT_NONE;
    return call == JOURNAL_CALL_CREATE ? JOURNAL_FAULT_FULL : JOURNAL_FAULT_IO;
}

void node_begin(struct world *w, struct node *n) {
    n->store = store_memory_new();
    n->disk = journal_memory_new();
    store_memory_faults(n->store, store_fault, n);
    journal_memory_faults(n->disk, journal_fault, n);
    if (w->disk_faults && sim_chance(w, 64)) n->journal_faults = 20 + (uint32_t)sim_random(w, 400);
    if (w->disk_faults && sim_chance(w, 64)) n->store_faults = 4 + (uint32_t)sim_random(w, 20);
}

/* ---- outputs ---- */

static uint64_t lane(struct world *w, uint64_t *free_ms, uint32_t most) {
    uint64_t at = w->now_ms + sim_random(w, most + 1);
    if (at < *free_ms) at = *free_ms;
    *free_ms = at;
    return at - w->now_ms;
}

static struct event *push_job(struct world *w, struct node *n, uint64_t wait, struct event e) {
    e.kind = EVENT_JOB;
    e.node = n->index;
    e.life = n->life;
    return event_push(w, wait, e);
}

static uint8_t *copy_of(struct span bytes) {
    uint8_t *copy = check_alloc(bytes.len + 1, 1);
    if (bytes.len > 0) memcpy(copy, bytes.data, bytes.len);
    return copy;
}

static void disk_start(struct world *w, struct node *n) {
    if (n->journal == NULL || n->batch_running || n->disk_broken || !journal_take(n->journal, n->batch)) return;
    n->batch_running = true;
    event_push(w, sim_random(w, w->disk_ms_max + 1),
               (struct event){.kind = EVENT_DISK, .node = n->index, .life = n->life});
}

static void append(struct world *w, struct node *n, const struct replica_output *o) {
    uint64_t sequence = journal_append(n->journal, o->type, o->bytes);
    if (!n->journal_offset_known) n->journal_offset = sequence - o->sequence;
    n->journal_offset_known = true;
    CHECK(sequence == o->sequence + n->journal_offset);
    check_journalled(w, n, sequence, o->type, o->bytes);
}

static void commit(struct world *w, struct node *n, const struct replica_output *o) {
    struct attested *a = check_alloc(1, sizeof *a);
    *a = *o->attested;
    check_attested(w, n, a);
    uint64_t wait = lane(w, &n->commit_free_ms, w->disk_ms_max + w->job_ms_max);
    n->commit_running =
        push_job(w, n, wait, (struct event){.job_kind = JOB_COMMIT, .height = o->height, .attested = a});
}

static void output(struct world *w, struct node *n, const struct replica_output *o) {
    switch (o->kind) {
    case REPLICA_SEND:
        network_send(w, n->index, (int)o->peer - 1, o->type, o->bytes);
        return;
    case REPLICA_DROP_PEER: check_dropped(w, n, (int)o->peer - 1, o->err); return;
    case REPLICA_JOURNAL: append(w, n, o); return;
    case REPLICA_JOURNAL_KEEP:
        if (n->journal_offset_known) journal_keep(n->journal, o->sequence + n->journal_offset);
        return;
    case REPLICA_VERIFY:
        push_job(w, n, sim_random(w, w->job_ms_max + 1),
                 (struct event){.job_kind = JOB_VERIFY, .job = o->job, .wait = o->wait,
                                .bytes = copy_of(o->bytes), .len = o->bytes.len});
        return;
    case REPLICA_EXECUTE:
        push_job(w, n, lane(w, &n->execute_free_ms, w->job_ms_max),
                 (struct event){.job_kind = JOB_EXECUTE, .job = o->job, .block = o->block});
        return;
    case REPLICA_COMMIT: commit(w, n, o); return;
    case REPLICA_READ_BLOCKS:
        push_job(w, n, sim_random(w, w->job_ms_max + 1),
                 (struct event){.job_kind = JOB_READ, .job = o->job, .height = o->height, .count = o->count});
        return;
    case REPLICA_REPLY: check_reply(w, n, &o->reply); return;
    case REPLICA_ALARM: check_alarm(w, n, o->bytes); return;
    }
}

static void set_timer(struct world *w, struct node *n) {
    uint64_t due = replica_deadline(n->replica);
    if (due == UINT64_MAX) return;
    if (due <= w->now_ms) due = w->now_ms + 1;
    if (n->timer_at_ms > w->now_ms && n->timer_at_ms <= due) return;
    n->timer_at_ms = due;
    event_push(w, due - w->now_ms, (struct event){.kind = EVENT_TIMER, .node = n->index, .life = n->life});
}

void node_input(struct world *w, struct node *n, struct replica_input in) {
    in.now_ms = w->now_ms;
    in.time_ms = node_time_ms(w, n);
    replica_outputs_clear(n->outputs);
    replica_step(n->replica, &in, n->outputs);
    for (size_t i = 0; i < replica_outputs_count(n->outputs); i++)
        output(w, n, replica_outputs_at(n->outputs, i));
    disk_start(w, n);
    set_timer(w, n);
    check_stepped(w, n);
}

void node_timer(struct world *w, struct node *n, uint64_t at_ms) {
    if (n->timer_at_ms != at_ms) return; /* an earlier one was set meanwhile */
    n->timer_at_ms = 0;
    node_input(w, n, (struct replica_input){.kind = REPLICA_TIMER});
}

/* ---- jobs ---- */

static void verify_job(struct world *w, struct node *n, const struct event *e) {
    struct arena CLEANUP(arena_free) arena = {0};
    struct record record;
    const struct ledger_params *params = &w->fixture->genesis->params;
    arena_init(&arena, RECORD_ARENA);
    enum err err = record_check(params, span_of(e->bytes, e->len), &arena, &record, NULL);
    uint16_t code = 0;
    if (err == OK && e->wait)
        code = (uint16_t)ledger_preview(params, store_reader(n->store), node_time_ms(w, n), &record, &arena).code;
    node_input(w, n, (struct replica_input){.kind = REPLICA_VERIFIED, .job = e->job, .err = err, .code = code});
}

static void execute_job(struct world *w, struct node *n, const struct event *e) {
    struct executed *x;
    CHECK(!execution_full(n->execution) && n->executed_count < 512);
    enum err err = execution_run(n->execution, e->block, &x);
    if (err != OK) {
        sim_fail(w, "node %d: a final block does not execute: %s", n->index, err_name(err));
        return;
    }
    n->executed[n->executed_count++] = x;
    check_executed(w, n, x, e->block);
    node_input(w, n, (struct replica_input){.kind = REPLICA_EXECUTED, .job = e->job, .execution = &x->told});
}

static uint32_t executed_below(const struct node *n, uint64_t height) {
    uint32_t count = 0;
    while (count < n->executed_count && n->executed[count]->told.height <= height) count++;
    return count;
}

static void commit_job(struct world *w, struct node *n, const struct event *e) {
    if (n->commit_running == e) n->commit_running = NULL;
    uint32_t count = executed_below(n, e->height);
    if (count == 0 || n->disk_broken) return;
    if (!execution_commit(n->store, n->executed, count, e->attested)) {
        n->disk_broken = true;
        node_input(w, n, (struct replica_input){.kind = REPLICA_WRITE_FAILED});
        return;
    }
    if (e->height < SIM_HEIGHTS && w->block_views[e->height] > w->committed_view) w->committed_view = w->block_views[e->height];
    execution_drop(n->execution, e->height);
    if (w->verbose) printf("%8lu node %d committed height %lu\n", (unsigned long)w->now_ms, n->index, (unsigned long)e->height);
    for (uint32_t i = 0; i < count; i++) executed_free(n->executed[i]);
    memmove(n->executed, n->executed + count, (n->executed_count - count) * sizeof n->executed[0]);
    n->executed_count -= count;
    node_input(w, n, (struct replica_input){.kind = REPLICA_COMMITTED, .sequence = e->height});
}

static void read_job(struct world *w, struct node *n, const struct event *e) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 64u << 20);
    execution_read_blocks(store_reader(n->store), e->height, (uint32_t)e->count, SYNC_BYTES_MAX, &bytes);
    node_input(w, n, (struct replica_input){.kind = REPLICA_BLOCKS, .job = e->job, .bytes = buffer_span(&bytes)});
}

void node_job(struct world *w, struct event *e) {
    struct node *n = &w->nodes[e->node];
    switch (e->job_kind) {
    case JOB_VERIFY: verify_job(w, n, e); return;
    case JOB_EXECUTE: execute_job(w, n, e); return;
    case JOB_COMMIT: commit_job(w, n, e); return;
    case JOB_READ: read_job(w, n, e); return;
    }
}

void node_disk(struct world *w, struct node *n) {
    n->batch_running = false;
    bool ok = journal_batch_write(journal_memory_disk(n->disk), n->batch);
    journal_written(n->journal, n->batch, ok);
    if (!ok) {
        n->disk_broken = true;
        node_input(w, n, (struct replica_input){.kind = REPLICA_WRITE_FAILED});
        return;
    }
    node_input(w, n, (struct replica_input){.kind = REPLICA_WRITTEN,
                                            .sequence = journal_durable(n->journal) - n->journal_offset});
}

/* ---- start and crash ---- */

struct fold {
    struct world *w;
    struct node *n;
};

static void recovered(void *context, uint64_t sequence, uint8_t type, struct span body) {
    struct fold *f = context;
    check_journalled(f->w, f->n, sequence, type, body);
    node_input(f->w, f->n, (struct replica_input){.kind = REPLICA_RECOVER, .sequence = sequence, .type = type, .bytes = body});
}

/* The store as storage/recover.h finds it; false when it cannot be what a crash leaves. */
static bool store_open(struct world *w, struct node *n) {
    struct recover_checks checks = recover_ledger_checks(&w->fixture->genesis->params);
    struct recover_report report;
    char text[RECOVER_TEXT_BYTES];
    uint64_t height;
    recover_open(n->store, &checks, RECOVER_HEAD, &report);
    n->store_new = report.state == RECOVER_EMPTY;
    switch (report.state) {
    case RECOVER_EMPTY:
        if (execution_genesis(n->store, w->fixture->genesis)) return true;
        break;
    case RECOVER_WHOLE: return true;
    case RECOVER_BEHIND:
        if (recover_ledger_replay(n->store, &w->fixture->genesis->params, &height, text)) return true;
        break;
    case RECOVER_BROKEN: break;
    }
    sim_fail(w, "node %d: its store does not open: %s", n->index, report.text);
    return false;
}

static void replica_begin(struct world *w, struct node *n) {
    struct replica_config config = {.genesis = w->fixture->genesis,
                                    .validator = n->follower ? REPLICA_NO_VALIDATOR : (uint8_t)n->index,
                                    .pool_records_max = w->pool_records_max,
                                    .pool_bytes_max = w->pool_bytes_max,
                                    .random_seed = sim_random(w, UINT64_MAX)};
    if (!n->follower) config.seed = w->fixture->seeds[n->index];
    n->replica = replica_new(&config);
    n->outputs = replica_outputs_new();
}

void node_start(struct world *w, struct node *n) {
    n->tear = false;
    n->disk_broken = false;
    n->life++;
    n->started_ms = w->now_ms;
    n->seen_view = 0;
    memset(n->heard_ms, 0, sizeof n->heard_ms);
    memset(n->heard_view, 0, sizeof n->heard_view);
    if (!store_open(w, n)) return;
    n->alive = true;
    replica_begin(w, n);
    n->records_count = 0;
    struct journal_config config = {w->fixture->genesis->chain_id, w->segment_bytes, sim_random(w, UINT64_MAX)};
    struct journal_report report;
    struct fold fold = {w, n};
    n->journal = journal_open(journal_memory_disk(n->disk), &config, recovered, &fold, &report);
    if (n->journal == NULL && n->journal_faults > 0) { /* the disk refused: tried again later */
        node_crash(w, n);
        event_push(w, 500, (struct event){.kind = EVENT_RESTART, .node = n->index});
        return;
    }
    if (n->journal == NULL || report.health == JOURNAL_DAMAGED) {
        sim_fail(w, "node %d: its journal does not open: %s", n->index, report.text);
        return;
    }
    n->batch = journal_batch_new();
    n->journal_offset_known = false;
    n->execution = execution_new(n->store, w->fixture->genesis);
    struct buffer CLEANUP(buffer_free) header = {0};
    struct replica_head head;
    buffer_init(&header, BLOCK_HEADER_BYTES_MAX);
    execution_head(store_reader(n->store), &header, &head);
    if (w->verbose) {
        printf("%8lu node %d starts at height %lu, view %lu, journal %lu..%lu\n", (unsigned long)w->now_ms, n->index,
               (unsigned long)head.height, (unsigned long)head.view, (unsigned long)report.first_sequence,
               (unsigned long)report.last_sequence);
    }
    bool gone = report.health == JOURNAL_FRESH && !n->store_new; /* as uv_start.c has it */
    bool lost = !n->follower && (gone || (report.records == 0 && head.height > 0));
    check_started(w, n);
    node_input(w, n, (struct replica_input){.kind = REPLICA_START, .head = &head, .sequence = report.last_sequence,
                                            .err = lost ? ERR_NOT_VOTING : OK});
    network_offer(w, n->index);
}

static void node_drop(struct node *n) {
    replica_free(n->replica);
    replica_outputs_free(n->outputs);
    for (uint32_t i = 0; i < n->executed_count; i++) executed_free(n->executed[i]);
    execution_free(n->execution);
    journal_batch_free(n->batch);
    journal_free(n->journal);
    n->replica = NULL;
    n->outputs = NULL;
    n->execution = NULL;
    n->batch = NULL;
    n->journal = NULL;
    n->executed_count = 0;
    n->batch_running = false;
    n->commit_running = NULL;
    n->execute_free_ms = n->commit_free_ms = n->timer_at_ms = 0;
}

/* What was under way when the power failed happened wholly, or not, or in part. */
static void crash_disks(struct world *w, struct node *n) {
    uint64_t journal_part = sim_random(w, 3), store_part = sim_random(w, 3);
    uint32_t count = n->commit_running == NULL ? 0 : executed_below(n, n->commit_running->height);
    if (n->batch_running && journal_part > 0) {
        n->tear = journal_part == 1;
        bool ok = journal_batch_write(journal_memory_disk(n->disk), n->batch);
        (void)ok;
    }
    if (count > 0 && store_part > 0 && !n->disk_broken) {
        n->tear = store_part == 1;
        bool ok = execution_commit(n->store, n->executed, count, n->commit_running->attested);
        (void)ok;
    }
    n->tear = false;
    journal_memory_crash(n->disk, sim_random(w, UINT64_MAX), w->crash_sector_chance);
    store_memory_crash(n->store, 0);
    struct ledger_head head;
    if (n->index != w->lost_node || !ledger_head_read(store_reader(n->store), &head) || sim_chance(w, 128)) return;
    journal_memory_free(n->disk);
    n->disk = journal_memory_new();
    journal_memory_faults(n->disk, journal_fault, n);
    if (w->verbose) printf("%8lu node %d lost its journal\n", (unsigned long)w->now_ms, n->index);
}

void node_crash(struct world *w, struct node *n) {
    if (w->verbose) printf("%8lu node %d crashes\n", (unsigned long)w->now_ms, n->index);
    crash_disks(w, n);
    node_drop(n);
    n->alive = false;
    n->life++;
    w->crashes++;
    for (uint32_t i = 0; i < w->nodes_count; i++) network_disconnect(w, n->index, (int)i);
}

void node_free(struct world *w, struct node *n) {
    (void)w;
    node_drop(n);
    store_close(n->store);
    journal_memory_free(n->disk);
    free(n->records);
}
