#include "node/pool.h"

#include <stdlib.h>
#include <string.h>

void pool_init(struct pool *p, uint32_t records_max, uint64_t bytes_max, uint64_t salt) {
    CHECK(records_max > 0 && bytes_max > 0);
    *p = (struct pool){.records_max = records_max, .bytes_max = bytes_max};
    digest_map_init(&p->by_wire_id, salt);
    digest_map_init(&p->by_record_id, salt ^ 0x5bd1e995u);
}

void pool_free(struct pool *p) {
    size_t at = 0;
    for (void *r; (r = digest_map_next(&p->by_wire_id, &at, NULL)) != NULL;)
        free(r);
    digest_map_free(&p->by_wire_id);
    digest_map_free(&p->by_record_id);
    *p = (struct pool){0};
}

uint32_t pool_count(const struct pool *p) {
    return (uint32_t)p->by_wire_id.count;
}

struct pool_record *pool_first(const struct pool *p) {
    return p->oldest;
}

struct pool_record *pool_find(const struct pool *p, const struct digest *wire_id) {
    return digest_map_get(&p->by_wire_id, wire_id);
}

bool pool_fits(const struct pool *p, size_t bytes) {
    return pool_count(p) < p->records_max && bytes <= p->bytes_max && p->bytes <= p->bytes_max - bytes;
}

static struct pool_record *insert(struct pool *p, const struct digest *wire_id,
                                  const struct digest *record_id, struct span bytes,
                                  uint64_t expires_ms, uint64_t now_ms) {
    /* One allocation: the record and its bytes live and die together. */
    struct pool_record *r = check_alloc(1, sizeof *r + bytes.len);
    memcpy(r + 1, bytes.data, bytes.len);
    r->wire_id = *wire_id;
    r->record_id = *record_id;
    r->bytes = span_of(r + 1, bytes.len);
    r->expires_ms = expires_ms;
    r->added_ms = r->spread_ms = now_ms;
    r->older = p->newest;
    if (p->newest != NULL)
        p->newest->newer = r;
    else
        p->oldest = r;
    p->newest = r;
    p->bytes += bytes.len;
    digest_map_put(&p->by_wire_id, wire_id, r);
    if (digest_map_get(&p->by_record_id, record_id) == NULL)
        digest_map_put(&p->by_record_id, record_id, r);
    return r;
}

enum err pool_add(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
                  struct span bytes, uint64_t expires_ms, uint64_t now_ms) {
    if (pool_find(p, wire_id) != NULL) return ERR_POOL_KNOWN;
    if (digest_map_get(&p->by_record_id, record_id) != NULL) return ERR_POOL_TWIN;
    if (!pool_fits(p, bytes.len)) return ERR_BUSY;
    insert(p, wire_id, record_id, bytes, expires_ms, now_ms);
    return OK;
}

bool pool_add_needed(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
                     struct span bytes, uint64_t expires_ms, uint64_t now_ms) {
    if (pool_find(p, wire_id) != NULL) return false;
    insert(p, wire_id, record_id, bytes, expires_ms, now_ms)->needed = true;
    return true;
}

static void unlink_record(struct pool *p, struct pool_record *r) {
    if (r->older != NULL)
        r->older->newer = r->newer;
    else
        p->oldest = r->newer;
    if (r->newer != NULL)
        r->newer->older = r->older;
    else
        p->newest = r->older;
    r->older = r->newer = NULL;
}

void pool_finalise(struct pool *p, struct pool_record *record) {
    if (record->final) return;
    unlink_record(p, record);
    record->final = true;
}

void pool_remove(struct pool *p, const struct digest *wire_id) {
    struct pool_record *r = digest_map_remove(&p->by_wire_id, wire_id);
    if (r == NULL) return;
    if (digest_map_get(&p->by_record_id, &r->record_id) == r)
        digest_map_remove(&p->by_record_id, &r->record_id);
    if (!r->final) unlink_record(p, r);
    CHECK(p->bytes >= r->bytes.len);
    p->bytes -= r->bytes.len;
    free(r);
}

uint32_t pool_expire(struct pool *p, uint64_t time_ms, uint64_t final_view) {
    uint32_t removed = 0;
    for (struct pool_record *r = p->oldest, *next; r != NULL; r = next) {
        next = r->newer;
        if (r->expires_ms >= time_ms || r->proposed_view > final_view) continue;
        pool_remove(p, &r->wire_id);
        removed++;
    }
    return removed;
}
