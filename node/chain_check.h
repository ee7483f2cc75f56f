/* chain_check.h: what a start checks of the store: the ledger's own checks (storage/recover_ledger.h), and of each block looked at its certificate
 * and the nullifications it jumps over, signature by signature: storage does not know validators' votes. */
#ifndef NODE_CHAIN_CHECK_H
#define NODE_CHAIN_CHECK_H

#include "genesis/genesis.h"
#include "storage/recover.h"

struct chain_check {
    const struct genesis *genesis;
    struct recover_checks ledger;
};

/* Fills *c, which with the genesis outlives the checks returned. */
struct recover_checks chain_check_begin(struct chain_check *c, const struct genesis *genesis);

#endif
