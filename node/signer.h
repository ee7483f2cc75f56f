/* signer.h: the only place that holds a validator's keys. It signs votes against the vote guard and checkpoints against the cosigner's
 * guard, whatever the core asks. Pure: the caller makes what it returns durable before it leaves the node.
 *
 * Both guards are folds of the journal: signer_fold_* for every record at start. Refusals: ERR_GUARD (votes), ERR_GUARD_SIZE, _ROOT, _TIME.
 */
#ifndef NODE_SIGNER_H
#define NODE_SIGNER_H

#include "consensus/vote_guard.h"
#include "genesis/genesis.h"
#include "ledger/checkpoint.h"

struct signer {
    const struct genesis *genesis;
    uint8_t index;
    struct validator_keys keys;
    struct vote_guard votes;
    struct guard checkpoints;
};

void signer_init(struct signer *s, const struct genesis *genesis, uint8_t index, const struct seed *seed);
void signer_free(struct signer *s); /* wipes the keys; accepts a zeroed struct */
void signer_fold_vote(struct signer *s, const struct vote *v, bool proposal);
void signer_fold_guard(struct signer *s, const struct guard *g);
enum err signer_vote(struct signer *s, const struct ballot *b, bool proposal, struct vote *ret) MUST_USE;
enum err signer_cosign(struct signer *s, uint64_t size, const struct digest *root, uint64_t time_s,
                       struct cosignature *ret) MUST_USE;

#endif
