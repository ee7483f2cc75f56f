/* pool.h: records that are admitted and not yet final. Pure.
 *
 * Identity is the wire identity (SPEC R4): a signer can make two valid signatures over one header, and two
 * validators may hold different forms of
 * one record. Records leave in the order they came (first in, first proposed), when their block is final, or
 * when they expire.
 *
 * Bounds: records_max and bytes_max of pool_init. pool_add answers ERR_BUSY above either; nothing is evicted
 * for a newcomer, so an
 * admitted record is forgotten only by becoming final or by expiring.
 *
 * A block that names a record holds it (pool_hold): a record that left meanwhile (committed in another block,
 * expired) is gone for everybody
 * else, and stays findable until the last hold is released. A record that a block names and that is not
 * admitted here (the pool is full, or
 * by present status it would be refused) is lent to that block by pool_lend: a full pool must not stop the
 * ledger. Bounded by what
 * consensus has in flight.
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
    uint32_t holds;          /* blocks that name it */
    bool final;              /* in a final block: not proposed again, kept until that block is committed */
    bool gone;               /* removed, or never admitted: only held */
    struct pool_record *older, *newer;
};

struct pool {
    struct digest_map by_wire_id;
    struct digest_map by_record_id; /* the first form seen */
    struct pool_record *oldest, *newest;
    uint32_t records_max;
    uint64_t bytes_max;
    uint32_t records;  /* not gone */
    uint64_t bytes;    /* of these */
};

void pool_init(struct pool *p, uint32_t records_max, uint64_t bytes_max, uint64_t salt);
void pool_free(struct pool *p);
/* Would a record of this many bytes fit now? For refusing before a signature is checked. */
bool pool_fits(const struct pool *p, size_t bytes);
/* OK; ERR_POOL_KNOWN (this very form is held); ERR_POOL_TWIN (another signature over the same header is held);
 * ERR_BUSY. The pool is unchanged unless OK. One that is only held is admitted anew. */
enum err pool_add(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
                  struct span bytes, uint64_t expires_ms, uint64_t now_ms) MUST_USE;
/* Taken in regardless of bounds and twins, with one hold of the caller, and gone otherwise. False when it is
 * here already. */
bool pool_lend(struct pool *p, const struct digest *wire_id, const struct digest *record_id,
               struct span bytes, uint64_t expires_ms, uint64_t now_ms) MUST_USE;
/* NULL when not here; a gone one is found as long as a block holds it. */
struct pool_record *pool_find(const struct pool *p, const struct digest *wire_id);
void pool_remove(struct pool *p, const struct digest *wire_id); /* absent is fine */
/* Removes records with expires_ms < time_ms; how many. */
uint32_t pool_expire(struct pool *p, uint64_t time_ms);
/* Not gone: the record may still become final from here. */
bool pool_keeps(const struct pool *p, const struct digest *wire_id);
void pool_hold(struct pool_record *record);
void pool_release(struct pool *p, const struct digest *wire_id); /* one hold of a record that is held (CHECK) */
uint32_t pool_count(const struct pool *p);
/* The record is in a final block: it leaves the order of proposals, and stays findable until pool_remove. */
void pool_finalise(struct pool *p, struct pool_record *record);
/* Records that may still be proposed, oldest first: pool_first, then record->newer. */
struct pool_record *pool_first(const struct pool *p);

#endif
