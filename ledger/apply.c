/* apply.c: one final block becomes rows (SPEC X1 to X8). See apply.h. */
#include "ledger/apply.h"

#include <string.h>

#include "ledger/query.h"
#include "ledger/rows.h"
#include "ledger/rules.h"

enum { HEAD_BYTES_MAX = 8 + 8 + 32 + 8 + 8 + 32 + 8 + 64 * 32 };

void ledger_head_write(struct changes *c, const struct ledger_head *head) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, HEAD_BYTES_MAX);
    buffer_u64(&b, head->height);
    buffer_u64(&b, head->view);
    buffer_append(&b, head->block.b, 32);
    buffer_u64(&b, head->time_ms);
    buffer_u64(&b, head->status.count);
    buffer_append(&b, head->status.root.b, 32);
    merkle_frontier_encode(&head->log, &b);
    changes_put(c, TABLE_STATE, span_text("Z"), buffer_span(&b));
}

bool ledger_head_read(struct reader r, struct ledger_head *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct ledger_head h;
    const size_t fixed = 8 + 8 + 32 + 8 + 8 + 32;
    buffer_init(&b, HEAD_BYTES_MAX);
    if (!reader_get(r, TABLE_STATE, span_text("Z"), &b)) return false;
    CHECK(b.len >= fixed);
    h.height = get_u64(b.data);
    h.view = get_u64(b.data + 8);
    memcpy(h.block.b, b.data + 16, 32);
    h.time_ms = get_u64(b.data + 48);
    h.status.count = get_u64(b.data + 56);
    memcpy(h.status.root.b, b.data + 64, 32);
    CHECK(merkle_frontier_decode(span_of(b.data + fixed, b.len - fixed), &h.log) == OK);
    *ret = h;
    return true;
}

/* Everything one block's execution works with. */
struct execution {
    const struct ledger_params *params;
    const struct ledger_head *head;
    const struct block *block;
    struct block_header header;
    struct digest digest;
    struct record *records;
    struct run run;
    struct applied out;
    struct digest *leaves; /* of the log, in the order they are appended */
    uint32_t leaves_count;
};

/* Is this the next block, and are these its records? */
static enum err read_block(struct execution *x, struct arena *arena) {
    const struct block *b = x->block;
    struct block_header parent;
    enum err e = block_header_decode(b->header_bytes, &x->header);
    if (e) return e;
    x->digest = block_digest(b->header_bytes);
    block_header_genesis(&x->params->chain_id, x->head->time_ms, &parent);
    parent.height = x->head->height;
    parent.view = x->head->view;
    e = block_header_check(x->params, &x->header, &parent, &x->head->block);
    if (e) return e;
    if (x->header.payload_count != b->records_count) return ERR_BLOCK_PAYLOAD;
    x->records = arena_alloc(arena, b->records_count, sizeof *x->records);
    struct digest *ids = arena_alloc(arena, b->records_count, sizeof *ids);
    if (!x->records || !ids) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < b->records_count; i++) {
        struct record *r = &x->records[i];
        if (record_parse(x->params, b->records[i], arena, r, NULL)) return ERR_BLOCK_RECORD;
        if (r->header.kind != RECORD_EVENTS && record_items_check(r, arena, NULL))
            return ERR_BLOCK_RECORD;
        ids[i] = r->wire_id;
    }
    struct digest root = block_payload_root(ids, b->records_count);
    return digest_equal(&root, &x->header.payload_root) ? OK : ERR_BLOCK_PAYLOAD;
}

static struct digest id_key(const struct record *r) {
    return status_key(STATUS_RECORD_ID, span_of(r->id.b, 32));
}

/* SPEC X3: "A consumed id has until = the record's expiry, but at most block time + max drift + record
 * lifetime", which only a record created in a far future would pass: it may not stay for ever. */
static uint64_t consumed_until(const struct execution *x, const struct record *r) {
    const struct parameters *p = &x->params->parameters;
    uint64_t most = p->max_drift_ms + p->record_lifetime_ms;
    most = x->header.time_ms < UINT64_MAX - most ? x->header.time_ms + most : UINT64_MAX;
    return r->header.expires_ms < most ? r->header.expires_ms : most;
}

/* SPEC X3: "a refused one changes nothing but its result and the consumption of its id" */
static void consume_id(struct execution *x, const struct record *r, uint16_t code,
                       uint64_t log_index) {
    struct buffer b CLEANUP(buffer_free) = {0};
    uint64_t until = consumed_until(x, r);
    struct digest key = id_key(r);
    struct record_id_value v = {.version = 1,
                                .state = STATE_ACTIVE,
                                .since_height = x->header.height,
                                .log_index = log_index,
                                .until_ms = until,
                                .code = code};
    buffer_init(&b, 256);
    codec_encode(&record_id_value_type, &v, &b);
    rules_consume(&x->run, STATUS_RECORD_ID, &r->id, &key, buffer_span(&b), until);
}

static struct verdict run_items(struct run *run, const struct record *r, uint64_t log_index) {
    return r->header.kind == RECORD_GOVERNANCE ? rules_acts(run, r, log_index)
                                               : rules_items(run, r, log_index);
}

/* Items see the effects of those before them; all are undone when one of them is refused. */
static struct verdict try_items(struct run *run, const struct record *r, uint64_t log_index) {
    changes_try(run->changes);
    struct verdict v = run_items(run, r, log_index);
    if (v.code == RESULT_ACCEPTED)
        changes_keep(run->changes);
    else
        changes_undo(run->changes);
    return v;
}

static void execute_record(struct execution *x, uint32_t i) {
    const struct record *r = &x->records[i];
    uint64_t log_index = x->head->log.size + x->leaves_count;
    struct verdict v = rules_decide(&x->run, r);
    if (v.code == RESULT_ACCEPTED) v = try_items(&x->run, r, log_index);
    x->out.results[i] = (struct result){r->wire_id, v.code, v.item};
    x->out.log_indices[i] = LOG_INDEX_NONE;
    if (v.code != RESULT_DUPLICATE)
        consume_id(x, r, v.code,
                   log_index); /* a refused one's log index is set by settle_refused */
    if (v.code != RESULT_ACCEPTED) return;
    x->out.log_indices[i] = log_index;
    x->leaves[x->leaves_count++] = r->wire_id;
    x->out.accepted++;
}

/* SPEC S4: "log index names the log leaf that set it: an accepted record's own, else the block
 * leaf's" */
static void settle_refused(struct execution *x) {
    uint64_t block_leaf = x->head->log.size + x->leaves_count;
    for (uint32_t i = 0; i < x->out.count; i++) {
        uint16_t code = x->out.results[i].code;
        if (code != RESULT_ACCEPTED && code != RESULT_DUPLICATE)
            consume_id(x, &x->records[i], code, block_leaf);
    }
}

static enum err encode_results(struct execution *x, struct arena *arena, struct digest *ret_root) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct merkle_stack stack = {.count = 0};
    buffer_init(&b, (size_t)x->out.count * codec_size_max(&result_type) + 1);
    for (uint32_t i = 0; i < x->out.count; i++) {
        size_t from = b.len;
        codec_encode(&result_type, &x->out.results[i], &b);
        struct digest leaf = merkle_leaf_hash(span_of(b.data + from, b.len - from));
        merkle_stack_add(&stack, &leaf);
    }
    merkle_stack_root(&stack, ret_root);
    x->out.results_bytes = arena_copy(arena, buffer_span(&b));
    return x->out.results_bytes.data ? OK : ERR_TOO_LARGE;
}

/* Status, results, the block leaf, the log, the new head. */
static enum err close_block(struct execution *x, struct reader before, struct status_cache *cache,
                            struct arena *arena) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    struct applied *out = &x->out;
    struct block_leaf l = {.version = 1,
                           .epoch = x->header.epoch,
                           .height = x->header.height,
                           .block = x->digest,
                           .time_ms = x->header.time_ms,
                           .results_count = out->count};
    enum err e = encode_results(x, arena, &l.results_root);
    if (e) return e;
    out->head = *x->head;
    out->head.height = x->header.height;
    out->head.view = x->header.view;
    out->head.block = x->digest;
    out->head.time_ms = x->header.time_ms;
    status_commit(before, &x->head->status, out->changes, cache, &out->head.status);
    l.status_count = out->head.status.count;
    l.status_root = out->head.status.root;
    buffer_init(&leaf, 512);
    block_leaf_encode(&l, &leaf);
    out->leaf = arena_copy(arena, buffer_span(&leaf));
    if (!out->leaf.data) return ERR_TOO_LARGE;
    x->leaves[x->leaves_count++] = merkle_leaf_hash(out->leaf);
    merkle_append(out->changes, &out->head.log, x->leaves, x->leaves_count);
    out->log_root = merkle_frontier_root(&out->head.log);
    return OK;
}

static void write_leaf(struct changes *c, uint64_t log_index, uint64_t height, uint32_t index,
                       struct span leaf) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct row_key k = row_u64('E', log_index);
    buffer_init(&b, 12 + LEAF_BYTES_MAX);
    buffer_u64(&b, height);
    buffer_u32(&b, index);
    buffer_append_span(&b, leaf);
    CHECK(!b.overflow);
    row_put(c, TABLE_CHAIN, &k, buffer_span(&b));
}

void ledger_write_summary(struct changes *c, const struct ledger_head *head, uint32_t records,
                          uint32_t accepted, struct span block_leaf) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct block_summary s = {.height = head->height,
                              .view = head->view,
                              .block = head->block,
                              .time_ms = head->time_ms,
                              .log_size = head->log.size,
                              .log_root = merkle_frontier_root(&head->log),
                              .status_count = head->status.count,
                              .status_root = head->status.root,
                              .records = records,
                              .accepted = accepted};
    struct row_key summary = row_u64('S', head->height);
    buffer_init(&b, 512);
    codec_encode(&block_summary_type, &s, &b);
    CHECK(!b.overflow);
    row_put(c, TABLE_CHAIN, &summary, buffer_span(&b));
    write_leaf(c, head->log.size - 1, head->height, UINT32_MAX, block_leaf);
    ledger_head_write(c, head);
}

/* A record's own rows. What an earlier execution of the same id left is never written over. */
static void write_record(struct execution *x, uint32_t i, struct reader before,
                         struct buffer *scratch) {
    const struct record *r = &x->records[i];
    struct changes *c = x->out.changes;
    uint64_t height = x->header.height, log_index = x->out.log_indices[i];
    uint16_t code = x->out.results[i].code;
    struct row_key body = row_record(height, i), wire = row_digest('W', &r->wire_id),
                   id = row_digest('I', &r->id);
    uint8_t place[24];
    put_u64(place, height);
    put_u32(place + 8, i);
    put_u64(place + 12, log_index);
    put_u16(place + 20, code);
    put_u16(place + 22, x->out.results[i].item);
    row_put(c, TABLE_CHAIN, &body, r->wire);
    bool again = code == RESULT_DUPLICATE || code == RESULT_EXPIRED;
    bool wire_known = changes_find(c, TABLE_STATE, key_span(&wire)) ||
                      (again && row_get(before, TABLE_STATE, &wire, scratch));
    bool id_known = changes_find(c, TABLE_STATE, key_span(&id)) ||
                    (again && row_get(before, TABLE_STATE, &id, scratch));
    if (!wire_known) row_put(c, TABLE_STATE, &wire, span_of(place, sizeof place));
    if (!id_known) row_put(c, TABLE_STATE, &id, span_of(place, 12));
    if (log_index == LOG_INDEX_NONE) return;
    struct row_key subject = row_subject(r->header.subject, log_index);
    row_put(c, TABLE_STATE, &subject, SPAN_EMPTY);
    buffer_clear(scratch);
    record_leaf(r->header_bytes, &r->signature, scratch);
    write_leaf(c, log_index, height, i, buffer_span(scratch));
}

static void write_rows(struct execution *x, struct reader before) {
    struct buffer scratch CLEANUP(buffer_free) = {0};
    uint64_t height = x->header.height;
    struct row_key stored = row_u64('B', height), results = row_u64('R', height);
    buffer_init(&scratch, LEAF_BYTES_MAX);
    for (uint32_t i = 0; i < x->out.count; i++)
        write_record(x, i, before, &scratch);
    row_put(x->out.changes, TABLE_CHAIN, &stored, x->block->stored);
    row_put(x->out.changes, TABLE_CHAIN, &results, x->out.results_bytes);
    ledger_write_summary(x->out.changes, &x->out.head, x->out.count, x->out.accepted, x->out.leaf);
    changes_at(x->out.changes,
               0); /* sorts now: from here on the changes may be read from any thread */
}

static enum err execute(struct execution *x, struct reader before, struct status_cache *cache,
                        struct arena *arena) {
    for (uint32_t i = 0; i < x->out.count; i++)
        execute_record(x, i);
    settle_refused(x);
    rules_forget(&x->run, x->out.count);
    enum err e = close_block(x, before, cache, arena);
    if (e == OK) write_rows(x, before);
    return e;
}

enum err ledger_apply(const struct ledger_params *params, struct reader before,
                      const struct ledger_head *head, const struct block *block,
                      struct status_cache *cache, struct arena *arena, struct applied *ret) {
    struct execution *x = arena_alloc(arena, 1, sizeof *x);
    if (!x) return ERR_TOO_LARGE;
    x->params = params;
    x->head = head;
    x->block = block;
    enum err e = read_block(x, arena);
    if (e) return e;
    uint32_t n = block->records_count;
    x->out.count = n;
    x->out.results = arena_alloc(arena, n, sizeof *x->out.results);
    x->out.log_indices = arena_alloc(arena, n, sizeof *x->out.log_indices);
    x->leaves = arena_alloc(arena, (size_t)n + 1, sizeof *x->leaves);
    if (!x->out.results || !x->out.log_indices || !x->leaves) return ERR_TOO_LARGE;
    x->out.changes = changes_new();
    run_begin(&x->run, params, before, x->out.changes, x->header.height, x->header.time_ms, arena);
    e = execute(x, before, cache, arena);
    run_end(&x->run);
    if (e) {
        changes_free(x->out.changes);
        return e;
    }
    *ret = x->out;
    return OK;
}

struct result ledger_preview(const struct ledger_params *params, struct reader r, uint64_t time_ms,
                             const struct record *record, struct arena *arena) {
    struct changes *layer = changes_new();
    struct ledger_head head = {0};
    struct run run;
    (void)!ledger_head_read(r, &head);
    run_begin(&run, params, r, layer, head.height + 1, time_ms, arena);
    struct verdict v = rules_decide(&run, record);
    /* What events do depends on those before them, which may be on their way too: not asked in advance. */
    if (v.code == RESULT_ACCEPTED && record->header.kind != RECORD_EVENTS)
        v = run_items(&run, record, head.log.size);
    run_end(&run);
    changes_free(layer);
    return (struct result){record->wire_id, v.code, v.item};
}
