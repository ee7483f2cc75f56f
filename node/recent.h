/* recent.h: the wire identities committed last. A record may arrive again after its block was committed: spread by one validator, it was
 * overtaken by the block of another. Present status (the store) would refuse it, but a check that began before the commit saw an older
 * one; admitted so, it would be proposed again, and every other validator would have to fetch what it rightly refused.
 *
 * Bounded: RECENT_MAX identities, the oldest forgotten first. Not kept over a restart: then the store alone answers. */
#ifndef NODE_RECENT_H
#define NODE_RECENT_H

#include "base/digest_map.h"

enum { RECENT_MAX = 32768 };

struct recent {
    struct digest *ring; /* RECENT_MAX of them */
    uint64_t added;
    struct digest_map by_id; /* to its place in the ring */
};

void recent_init(struct recent *r, uint64_t salt);
void recent_free(struct recent *r); /* accepts a zeroed one */
void recent_add(struct recent *r, const struct digest *wire_id);
bool recent_has(const struct recent *r, const struct digest *wire_id);

#endif
