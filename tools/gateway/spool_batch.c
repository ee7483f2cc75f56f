/* spool_batch.c: batches and their records in the spool (spool.h). */
#include <string.h>

#include "tools/gateway/spool_sql.h"

bool spool_batch_add(struct spool *s, const struct spool_batch *b, struct span body,
                     uint64_t *ret_sequence) {
    sqlite3_stmt *st = sql_use(s, QUERY_BATCH_ADD);
    sql_uint(st, 1, b->kind);
    sql_uint(st, 2, b->items);
    sql_uint(st, 3, b->events);
    sql_uint(st, 4, b->newest_ms);
    sql_bytes(st, 5, body);
    if (!sql_done(s, st)) return false;
    *ret_sequence = (uint64_t)sqlite3_last_insert_rowid(s->db);
    return true;
}

static void digest_get(sqlite3_stmt *st, int column, struct digest *ret) {
    struct span bytes = sql_get_bytes(st, column);
    *ret = (struct digest){{0}};
    if (bytes.len == sizeof ret->b) memcpy(ret->b, bytes.data, bytes.len);
}

static bool batch_row(struct spool *s, sqlite3_stmt *st, struct spool_batch *ret) {
    bool row = sql_row(s, st);
    if (row) {
        *ret = (struct spool_batch){.sequence = sql_get_uint(st, 0),
                                    .kind = (uint8_t)sql_get_uint(st, 1),
                                    .items = (uint32_t)sql_get_uint(st, 2),
                                    .events = (uint32_t)sql_get_uint(st, 3),
                                    .newest_ms = sql_get_uint(st, 4),
                                    .state = (enum batch_state)sql_get_uint(st, 5),
                                    .generation = (uint32_t)sql_get_uint(st, 6),
                                    .created_ms = sql_get_uint(st, 7),
                                    .expires_ms = sql_get_uint(st, 8),
                                    .height = sql_get_uint(st, 11),
                                    .code = (uint16_t)sql_get_uint(st, 12)};
        digest_get(st, 9, &ret->record_id);
        digest_get(st, 10, &ret->wire_id);
    }
    sql_end(st);
    return row;
}

bool spool_batch_next(struct spool *s, uint64_t from, struct spool_batch *ret) {
    sqlite3_stmt *st = sql_use(s, QUERY_BATCH_NEXT);
    sql_uint(st, 1, from);
    return batch_row(s, st, ret);
}

bool spool_batch_get(struct spool *s, uint64_t sequence, struct spool_batch *ret) {
    sqlite3_stmt *st = sql_use(s, QUERY_BATCH_GET);
    sql_uint(st, 1, sequence);
    return batch_row(s, st, ret);
}

static bool bytes_of(struct spool *s, enum query q, uint64_t sequence, struct buffer *out) {
    sqlite3_stmt *st = sql_use(s, q);
    sql_uint(st, 1, sequence);
    bool row = sql_row(s, st);
    struct span bytes = row ? sql_get_bytes(st, 0) : SPAN_EMPTY;
    buffer_append_span(out, bytes);
    sql_end(st);
    return row && bytes.len > 0 && !out->overflow;
}

bool spool_batch_body(struct spool *s, uint64_t sequence, struct buffer *out) {
    return bytes_of(s, QUERY_BATCH_BODY, sequence, out);
}

bool spool_batch_wire(struct spool *s, uint64_t sequence, struct buffer *out) {
    return bytes_of(s, QUERY_BATCH_WIRE, sequence, out);
}

bool spool_batch_signed(struct spool *s, const struct spool_batch *b, struct span wire) {
    sqlite3_stmt *st = sql_use(s, QUERY_BATCH_SIGNED);
    sql_uint(st, 1, b->generation);
    sql_uint(st, 2, b->created_ms);
    sql_uint(st, 3, b->expires_ms);
    sql_bytes(st, 4, span_of(b->record_id.b, sizeof b->record_id.b));
    sql_bytes(st, 5, span_of(b->wire_id.b, sizeof b->wire_id.b));
    sql_bytes(st, 6, wire);
    sql_uint(st, 7, b->sequence);
    return sql_done(s, st);
}

bool spool_batch_update(struct spool *s, const struct spool_batch *b) {
    sqlite3_stmt *st = sql_use(s, QUERY_BATCH_UPDATE);
    sql_uint(st, 1, b->state);
    sql_uint(st, 2, b->generation);
    sql_uint(st, 3, b->height);
    sql_uint(st, 4, b->code);
    sql_uint(st, 5, b->sequence);
    return sql_done(s, st);
}

bool spool_count(struct spool *s, struct spool_counts *ret) {
    sqlite3_stmt *st = sql_use(s, QUERY_COUNT);
    bool row = sql_row(s, st);
    if (row)
        *ret = (struct spool_counts){.reads = sql_get_uint(st, 0),
                                     .batches_open = sql_get_uint(st, 1),
                                     .batches_accepted = sql_get_uint(st, 2),
                                     .events_open = sql_get_uint(st, 3),
                                     .events_accepted = sql_get_uint(st, 4),
                                     .oldest_ms = sql_get_uint(st, 5)};
    sql_end(st);
    return row;
}
