/* levels.h: a Merkle tree over a list at hand with all its levels kept: many paths of one list for the price of one tree. Inside of the
 * proof builder. */
#ifndef LEDGER_LEVELS_H
#define LEDGER_LEVELS_H

#include "ledger/proof_bundle.h"

/* All levels of an RFC 9162 tree over a list: an odd last node moves up as it is. */
struct levels {
    struct digest *level[PROOF_PATH_MAX];
    uint32_t count[PROOF_PATH_MAX];
    uint32_t n;
};

/* False when the arena is full. */
bool levels_build(struct arena *arena, const struct digest leaves[], uint32_t count,
                  struct levels *ret) MUST_USE;
/* Appends the path of one leaf: an array of digests. */
void levels_path(const struct levels *l, uint32_t index, struct buffer *out);

#endif
