/* pool.h: records that are admitted and not yet final. Pure.
 *
 * Identity is the wire identity (SPEC R4): a signer can make two valid signatures over one header, and two validators may hold different forms of
 * one record. Records leave in the order they came (first in, first proposed), when their block is final, or when they expire.
 *
 * Bounds: records_max and bytes_max of pool_init. pool_add answers ERR_BUSY above either; nothing is evicted for a newcomer, so an
 * admitted record is forgotten only by becoming final or by expiring. Records that a proposal names are taken in past the bounds by
 * pool_add_needed, which is bounded by what consensus has in flight: a full pool must not stop the ledger.
 *
 * Ownership: the pool copies what it is given; spans it returns live until that record is removed.
 */
#ifndef NODE_POOL_H
#define NODE_POOL_H

#include "base/crypto.h"
#include "base/digest_map.h"
#include "base/err.h"

struct pool_record {
    struct digest wire_id, record_id;
    struct span bytes;       /* the wire record */
    uint64_t expires_ms;     /* wall clock, from the header */
    uint64_t added_ms;       /* monotonic */
    uint64_t spread_ms;      /* monotonic: last time it was sent to the others */
    uint64_t proposed_view;  /* newest view whose payload names it, 0 if none */
    bool needed;             /* kept past the bounds */
    bool final;              /* in a final block: not proposed again, kept until that block is committed */
    struct pool_record *older, *newer;
};

struct pool {
    struct digest_map by_wire_id;
    struct digest_map by_record_id; /* the first form seen */
    struct pool_record *oldest, *newest;
    uint32_t records_max;
    uint64_t bytes_max;
    uint64_t bytes;
};

void pool_init(struct pool *p, uint32_t records_max, uint64_t bytes_max, uint64_t salt);
void pool_free(struct pool *p);
/* Would a record of this many bytes fit now? For refusing before a signature is checked. */
bool pool_fits(const struct pool *p, size_t bytes);
/* OK; ERR_POOL_KNOWN (this very form is held); ERR_POOL_TWIN (another signature over the same header is held);
 * ERR_BUSY. The pool is unchanged unless OK. */
enum err pool_add(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
                  struct span bytes, uint64_t expires_ms, uint64_t now_ms) MUST_USE;
/* A record that a proposal names: taken in regardless of bounds and twins. False when it is held already. */
bool pool_add_needed(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
                     struct span bytes, uint64_t expires_ms, uint64_t now_ms);
/* NULL when not held. */
struct pool_record *pool_find(const struct pool *p, const struct digest *wire_id);
void pool_remove(struct pool *p, const struct digest *wire_id); /* absent is fine */
/* Removes records with expires_ms < time_ms that no view above final_view names; how many. */
uint32_t pool_expire(struct pool *p, uint64_t time_ms, uint64_t final_view);
uint32_t pool_count(const struct pool *p);
/* The record is in a final block: it leaves the order of proposals, and stays findable until pool_remove. */
void pool_finalise(struct pool *p, struct pool_record *record);
/* Records that may still be proposed, oldest first: pool_first, then record->newer. */
struct pool_record *pool_first(const struct pool *p);

#endif
