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
    return p->records;
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
    r->gone = true;
    digest_map_put(&p->by_wire_id, wire_id, r);
    return r;
}

static void admit(struct pool *p, struct pool_record *r) {
    r->gone = r->final = false;
    r->older = p->newest;
    if (p->newest != NULL)
        p->newest->newer = r;
    else
        p->oldest = r;
    p->newest = r;
    p->records++;
    p->bytes += r->bytes.len;
    digest_map_put(&p->by_record_id, &r->record_id, r);
}

enum err pool_add(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
                  struct span bytes, uint64_t expires_ms, uint64_t now_ms) {
    struct pool_record *r = pool_find(p, wire_id);
    if (r != NULL && !r->gone) return ERR_POOL_KNOWN;
    if (digest_map_get(&p->by_record_id, record_id) != NULL) return ERR_POOL_TWIN;
    if (!pool_fits(p, bytes.len)) return ERR_BUSY;
    if (r == NULL) r = insert(p, wire_id, record_id, bytes, expires_ms, now_ms);
    admit(p, r);
    r->added_ms = r->spread_ms = now_ms;
    return OK;
}

bool pool_lend(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
               struct span bytes, uint64_t expires_ms, uint64_t now_ms) {
    if (pool_find(p, wire_id) != NULL) return false;
    insert(p, wire_id, record_id, bytes, expires_ms, now_ms)->holds = 1;
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
    if (record->final || record->gone) return;
    unlink_record(p, record);
    record->final = true;
}

static void forget(struct pool *p, struct pool_record *r) {
    digest_map_remove(&p->by_wire_id, &r->wire_id);
    free(r);
}

void pool_remove(struct pool *p, const struct digest *wire_id) {
    struct pool_record *r = digest_map_get(&p->by_wire_id, wire_id);
    if (r == NULL || r->gone) return;
    if (digest_map_get(&p->by_record_id, &r->record_id) == r)
        digest_map_remove(&p->by_record_id, &r->record_id);
    if (!r->final) unlink_record(p, r);
    CHECK(p->bytes >= r->bytes.len && p->records > 0);
    p->bytes -= r->bytes.len;
    p->records--;
    r->gone = true;
    if (r->holds == 0) forget(p, r);
}

bool pool_keeps(const struct pool *p, const struct digest *wire_id) {
    const struct pool_record *r = pool_find(p, wire_id);
    return r != NULL && !r->gone;
}

void pool_hold(struct pool_record *record) {
    record->holds++;
}

void pool_release(struct pool *p, const struct digest *wire_id) {
    struct pool_record *r = pool_find(p, wire_id);
    CHECK(r != NULL && r->holds > 0);
    r->holds--;
    if (r->gone && r->holds == 0) forget(p, r);
}

uint32_t pool_expire(struct pool *p, uint64_t time_ms) {
    uint32_t removed = 0;
    for (struct pool_record *r = p->oldest, *next; r != NULL; r = next) {
        next = r->newer;
        if (r->expires_ms >= time_ms) continue;
        pool_remove(p, &r->wire_id);
        removed++;
    }
    return removed;
}
