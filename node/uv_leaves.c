/* uv_leaves.c: the happy path is: something happens -> leaf_fetch_step -> outputs become messages, and jobs on the lane -> a job's end is the next
 * step. A timer looks, once a second, whether leaves came by HTTP or were found damaged. Possible failures: the lane still works
 * when the node closes: its jobs come back while it stops, and nothing is stepped any more. */
#include "node/uv_leaves.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/query.h"
#include "node/leaf_fetch.h"

enum {
    LOOK_MS = 1000,
    SCAN_PACKS_MAX = 256, /* of one job: then others have their turn */
    VALUE_ARENA_BYTES = 1 << 20,
};

struct uv_leaves {
    struct uv_node *node;
    struct leaf_fetch *fetch;
    struct uv_lane *lane;
    uv_timer_t timer;
    uint64_t whole_seen, damaged_seen, look_at_ms;
    bool stopped;
};

struct leaf_job {
    struct uv_job job;
    struct uv_leaves *leaves;
    struct lease *lease;
    struct leaf_output out; /* what was asked for; bytes of STORE are the fetch's until STORED */
    /* The answer. */
    struct leaf_want wants[LEAF_WANTS_MAX];
    uint32_t wants_count;
    uint64_t cursor, passed;
    bool end;
    enum err err;
    struct buffer bytes;
};

/* ---- on the lane ---- */

/* What the ledger says of it; false when there is no such pack. */
static bool pack_read(struct reader r, struct span id, struct leaves_pack *ret) {
    struct buffer CLEANUP(buffer_free) value = {0};
    struct arena CLEANUP(arena_free) arena = {0};
    struct pack_value v;
    buffer_init(&value, 1 << 16);
    arena_init(&arena, VALUE_ARENA_BYTES);
    if (query_pack(r, id, &value, &arena, &v) != OK) return false;
    *ret = (struct leaves_pack){.count = v.count, .root = v.root};
    memcpy(ret->id, id.data, PACK_ID_BYTES);
    return true;
}

/* Is this pack on the ledger and not whole here? */
static void look_at(struct leaf_job *j, struct reader r, struct span id) {
    struct leaf_want *w = &j->wants[j->wants_count];
    if (!pack_read(r, id, &w->pack)) return;
    leaves_held(j->leaves->node->leaves, &w->pack, &w->held);
    bool whole = w->held.hashes && w->held.held == pack_chunks(w->pack.count);
    if (!whole && !w->held.deleted) j->wants_count++;
}

/* A cursor is the place of the pack looked at last, plus one: (log index << 16 | item) + 1. */
static void scan_run(struct leaf_job *j, struct reader r) {
    struct arena CLEANUP(arena_free) arena = {0};
    struct issued_place after, place;
    arena_init(&arena, VALUE_ARENA_BYTES);
    j->cursor = j->out.cursor;
    while (j->wants_count < j->out.max && j->passed < SCAN_PACKS_MAX) {
        arena_reset(&arena);
        if (j->cursor > 0) after = (struct issued_place){.issued = (j->cursor - 1) >> 16, .item = (uint16_t)(j->cursor - 1)};
        if (query_packs(r, PACKS_ALL, SPAN_EMPTY, j->cursor > 0 ? &after : NULL, 1, &arena, &place) == 0) {
            j->end = true;
            return;
        }
        look_at(j, r, place.id);
        CHECK(place.issued < UINT64_C(1) << 47);
        j->cursor = (place.issued << 16 | place.item) + 1;
        j->passed++;
    }
}

static void store_run(struct leaf_job *j) {
    struct leaves *l = j->leaves->node->leaves;
    const struct leaf_output *o = &j->out;
    j->err = o->part == 0 ? leaves_put_hashes(l, &o->pack, o->bytes)
                          : leaves_put_chunk(l, &o->pack, o->part - 1, o->bytes);
}

static void give_run(struct leaf_job *j, struct reader r) {
    struct leaves *l = j->leaves->node->leaves;
    struct leaves_pack pack;
    if (!pack_read(r, span_text(j->out.id), &pack) || j->out.part > pack_chunks(pack.count)) return;
    enum err e = j->out.part == 0 ? leaves_get_hashes(l, &pack, &j->bytes)
                                  : leaves_get_chunk(l, &pack, j->out.part - 1, &j->bytes);
    if (e != OK) buffer_clear(&j->bytes);
}

static void job_run(struct uv_job *job) {
    struct leaf_job *j = (struct leaf_job *)job;
    struct reader r = store_snapshot_reader(j->lease->snapshot);
    if (j->out.kind == LEAF_SCAN) scan_run(j, r);
    if (j->out.kind == LEAF_LOOK) look_at(j, r, span_text(j->out.id));
    if (j->out.kind == LEAF_STORE) store_run(j);
    if (j->out.kind == LEAF_GIVE) give_run(j, r);
}

/* ---- on the loop ---- */

static void step(struct uv_leaves *l, struct leaf_input *in);

static void job_done(struct uv_job *job) {
    struct leaf_job *j = (struct leaf_job *)job;
    struct leaf_input in = {.job = j->out.job, .err = j->err, .wants = j->wants, .wants_count = j->wants_count,
                            .cursor = j->cursor, .passed = j->passed, .end = j->end, .peer = j->out.peer,
                            .part = j->out.part, .id = j->out.id, .bytes = buffer_span(&j->bytes)};
    in.kind = j->out.kind == LEAF_STORE ? LEAF_STORED : j->out.kind == LEAF_GIVE ? LEAF_READ : LEAF_SCANNED;
    in.looked = j->out.kind == LEAF_LOOK;
    lease_drop(j->lease);
    step(j->leaves, &in);
    buffer_free(&j->bytes);
    free(j);
}

static void job_push(struct uv_leaves *l, const struct leaf_output *out) {
    struct leaf_job *j = check_alloc(1, sizeof *j);
    j->job = (struct uv_job){.run = job_run, .done = job_done};
    j->leaves = l;
    j->out = *out;
    j->lease = lease_hold(l->node);
    buffer_init(&j->bytes, PACK_CHUNK_BYTES);
    uv_lane_push(l->lane, &j->job);
}

static void output_send(struct uv_leaves *l, const struct leaf_output *out) {
    struct parcel *p = parcel_new(out->type, out->bytes, SPAN_EMPTY);
    enum err e = uv_net_send(l->node->net, out->peer, p);
    parcel_drop(p);
    if (e != OK) log_line(LOG_DEBUG, "peer.send", "peer=%llu type=%u err=%s", (unsigned long long)out->peer,
                          (unsigned)out->type, err_name(e));
}

static void output_handle(struct uv_leaves *l, const struct leaf_output *out) {
    switch (out->kind) {
    case LEAF_SEND: output_send(l, out); return;
    case LEAF_DROP:
        log_line(LOG_WARN, "peer.drop", "peer=%llu err=%s", (unsigned long long)out->peer, err_name(out->err));
        uv_net_drop(l->node->net, out->peer, out->err);
        return;
    case LEAF_LIAR:
        log_line(LOG_WARN, "leaves.refused", "peer=%llu pack=%s part=%u err=%s", (unsigned long long)out->peer, out->pack.id,
                 out->part, err_name(out->err));
        return;
    case LEAF_SCAN:
    case LEAF_LOOK:
    case LEAF_STORE:
    case LEAF_GIVE: job_push(l, out); return;
    }
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct uv_leaves *l) {
    uint64_t now = uv_now(&l->node->loop), at = leaf_fetch_deadline(l->fetch);
    if (l->look_at_ms < at) at = l->look_at_ms;
    uv_timer_start(&l->timer, on_timer, at > now ? at - now : 0, 0);
}

/* Outputs are copied out first: a peer that is dropped ends in a step of its own. */
static void step(struct uv_leaves *l, struct leaf_input *in) {
    if (l->stopped) return;
    in->now_ms = uv_now(&l->node->loop);
    leaf_fetch_step(l->fetch, in);
    uint32_t count = leaf_fetch_outputs(l->fetch);
    uint64_t dropped = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct leaf_output *o = leaf_fetch_output(l->fetch, i);
        if (o->kind == LEAF_DROP) dropped = i + 1;
        if (o->kind != LEAF_DROP) output_handle(l, o);
    }
    set_timer(l);
    if (dropped == 0) return;
    struct leaf_output drop = *leaf_fetch_output(l->fetch, (uint32_t)dropped - 1);
    output_handle(l, &drop);
}

/* Did leaves come by HTTP, or get lost? */
static void look(struct uv_leaves *l) {
    struct leaves_totals t;
    char id[PACK_ID_BYTES + 1];
    l->look_at_ms = uv_now(&l->node->loop) + LOOK_MS;
    while (leaves_became_whole(l->node->leaves, &l->whole_seen, id)) {
        log_line(LOG_INFO, "leaves.whole", "pack=%s", id);
        struct leaf_input in = {.kind = LEAF_WHOLE, .id = id};
        step(l, &in);
    }
    leaves_totals(l->node->leaves, &t);
    if (t.damaged == l->damaged_seen) return;
    log_line(LOG_ERROR, "leaves.damaged", "found=%llu", (unsigned long long)(t.damaged - l->damaged_seen));
    l->damaged_seen = t.damaged;
    struct leaf_input in = {.kind = LEAF_DAMAGED};
    step(l, &in);
}

static void on_timer(uv_timer_t *timer) {
    struct uv_leaves *l = timer->data;
    if (uv_now(&l->node->loop) >= l->look_at_ms) look(l);
    struct leaf_input in = {.kind = LEAF_TIMER};
    step(l, &in);
}

struct uv_leaves *uv_leaves_new(struct uv_node *n) {
    struct uv_leaves *l = check_alloc(1, sizeof *l);
    uint64_t seed;
    random_bytes(&seed, sizeof seed);
    l->node = n;
    l->fetch = leaf_fetch_new(seed);
    l->lane = uv_lane_new(&n->loop, 1);
    CHECK(uv_timer_init(&n->loop, &l->timer) == 0);
    l->timer.data = l;
    set_timer(l);
    return l;
}

void uv_leaves_peer_up(struct uv_leaves *l, uint64_t peer, bool source) {
    struct leaf_input in = {.kind = LEAF_PEER_UP, .peer = peer, .source = source};
    step(l, &in);
}

void uv_leaves_peer_down(struct uv_leaves *l, uint64_t peer) {
    struct leaf_input in = {.kind = LEAF_PEER_DOWN, .peer = peer};
    step(l, &in);
}

bool uv_leaves_message(struct uv_leaves *l, uint64_t peer, uint8_t type, struct span body) {
    if (type < MESSAGE_LEAVES_WANTED || type > MESSAGE_LEAVES_HELD) return false;
    struct leaf_input in = {.kind = LEAF_MESSAGE, .peer = peer, .type = type, .bytes = body};
    step(l, &in);
    return true;
}

void uv_leaves_committed(struct uv_leaves *l) {
    struct leaf_input in = {.kind = LEAF_COMMITTED};
    step(l, &in);
}

void uv_leaves_counters(struct uv_leaves *l, struct host_status *ret) {
    struct leaf_fetch_status s;
    struct leaves_totals t;
    leaf_fetch_status(l->fetch, &s);
    leaves_totals(l->node->leaves, &t);
    uint64_t there = t.whole + t.deleted;
    ret->leaves_packs = t.whole;
    ret->leaves_packs_incomplete = s.packs > there ? s.packs - there : 0;
    ret->leaves_chunks = t.chunks;
    ret->leaves_bytes = t.bytes;
    ret->leaves_fetched = s.fetched;
    ret->leaves_refused = s.refused;
    ret->leaves_damaged = t.damaged;
}

void uv_leaves_stop(struct uv_leaves *l) {
    if (l == NULL || l->stopped) return;
    l->stopped = true;
    uv_timer_stop(&l->timer);
    uv_lane_stop(l->lane);
    uv_lane_free(l->lane);
}

void uv_leaves_free(struct uv_leaves *l) {
    if (l == NULL) return;
    CHECK(l->stopped);
    leaf_fetch_free(l->fetch);
    free(l);
}
