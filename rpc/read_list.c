#include "rpc/handlers.h"

#include <stdlib.h>

/* Records by subject and time are ranges of the log: a cursor is a log index, and blocks are in the order of time. */

struct range {
    uint64_t from, to; /* log indices, from <= i < to */
};

/* Log size before the first block whose time is not before `time_ms`. */
static uint64_t size_before(struct view *v, uint64_t time_ms) {
    if (time_ms == 0) return 0;
    struct block_summary s;
    if (query_block(v->snapshot.reader, query_height_at(v->snapshot.reader, time_ms - 1), &s) != OK) return 0;
    return s.time_ms >= time_ms ? 0 : s.log_size;
}

static struct range range_of(struct view *v) {
    const struct argument *from = &v->arguments[1], *to = &v->arguments[2], *cursor = &v->arguments[3];
    struct range r = {1, v->summary.log_size}; /* leaf 0 is genesis */
    if (from->given && size_before(v, from->number) > r.from) r.from = size_before(v, from->number);
    if (to->given) r.to = size_before(v, to->number);
    if (cursor->given && cursor->number > r.from) r.from = cursor->number;
    return r;
}

struct row_scratch {
    struct buffer leaf;
    struct block_summary summary; /* of the height of the row before */
};

/* False for a leaf that is no record. */
static bool put_row(struct view *v, struct emit *j, uint64_t log_index, struct row_scratch *s) {
    uint64_t height;
    uint32_t index;
    if (query_log_leaf(v->snapshot.reader, log_index, &s->leaf, &height, &index) != OK) return false;
    if (index == UINT32_MAX) return false;
    struct span header_bytes;
    struct signature signature;
    struct record_header header;
    if (record_leaf_decode(buffer_span(&s->leaf), &header_bytes, &signature) != OK) return false;
    if (record_header_decode(header_bytes, &header) != OK) return false;
    if (s->summary.height != height && query_block(v->snapshot.reader, height, &s->summary) != OK) return false;
    struct digest id = record_id_of(header_bytes), wire_id = record_wire_id_of(header_bytes, &signature);
    emit_object(j);
    emit_key_uint(j, "log_index", log_index);
    emit_key_uint(j, "height", height);
    emit_key_uint(j, "block_time_ms", s->summary.time_ms);
    emit_key_digest(j, "id", &id);
    emit_key_digest(j, "leaf", &wire_id);
    emit_key_uint(j, "kind", header.kind);
    emit_key_text(j, "subject", header.subject);
    emit_key_hex(j, "key", span_of(header.key.b, sizeof header.key.b));
    emit_key_uint(j, "created_ms", header.created_ms);
    emit_key_uint(j, "items", header.item_count);
    emit_object_end(j);
    return true;
}

/* Writes at most `limit` rows; returns the cursor behind the last one, UINT64_MAX when there is nothing more. */
static uint64_t put_of_subject(struct view *v, struct emit *j, struct range r, uint32_t limit,
                               struct row_scratch *s) {
    uint64_t *indices = check_alloc(limit + 1, sizeof *indices);
    uint32_t n = query_subject_records(v->snapshot.reader, v->arguments[0].text, r.from, limit + 1, indices);
    uint64_t next = UINT64_MAX;
    for (uint32_t i = 0; i < n && indices[i] < r.to; i++) {
        if (i == limit) {
            next = indices[i];
            break;
        }
        (void)put_row(v, j, indices[i], s);
    }
    free(indices);
    return next;
}

static uint64_t put_of_all(struct view *v, struct emit *j, struct range r, uint32_t limit,
                           struct row_scratch *s) {
    uint32_t rows = 0;
    for (uint64_t i = r.from; i < r.to; i++) {
        if (rows == limit) return i;
        rows += put_row(v, j, i, s) ? 1u : 0u;
    }
    return UINT64_MAX;
}

enum err read_record_list(struct view *v) {
    uint32_t limit = v->arguments[4].given ? (uint32_t)v->arguments[4].number : 100;
    struct range range = range_of(v);
    struct row_scratch s = {.summary = {.height = UINT64_MAX}};
    buffer_init(&s.leaf, LEAF_BYTES_MAX + 64);
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "records");
    emit_list(&j);
    uint64_t next = v->arguments[0].given ? put_of_subject(v, &j, range, limit, &s)
                                          : put_of_all(v, &j, range, limit, &s);
    emit_list_end(&j);
    if (next != UINT64_MAX && next < range.to) emit_key_uint(&j, "next", next);
    emit_object_end(&j);
    emit_end(&j);
    buffer_free(&s.leaf);
    return OK;
}
