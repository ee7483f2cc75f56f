/* vote_guard.h: what one key may never sign, per epoch and view. Pure; enforced in the signer, whatever the
 * core asks.
 *
 *   two different notarize ballots          never
 *   nullify and finalize, in either order   never
 *   nullify, then notarize                  refused
 *   notarize, then nullify                  allowed, and needed for liveness
 *   the same ballot again                   allowed: Ed25519 is deterministic, the bytes are the same
 *   finalize another digest than notarized by us       allowed: a quorum outvoted us; two different finalize ballots never
 *   a proposal at a view at or below the last one announced   never, unless it is the same ballot again
 *
 * The guard is the fold of all journalled own votes. Views below `floor` are forgotten and refused altogether:
 * the floor
 * only rises, behind the highest final view.
 */
#ifndef CONSENSUS_VOTE_GUARD_H
#define CONSENSUS_VOTE_GUARD_H

#include "consensus/message.h"

struct vote_guard {
    uint64_t epoch;
    uint64_t floor;          /* views below are refused */
    uint64_t announced_view; /* last view proposed in; 0 for none */
    struct guard_view *views; /* sorted by view; those that something was signed in */
    uint32_t views_count, views_cap;
};

void vote_guard_init(struct vote_guard *g, uint64_t epoch);
void vote_guard_free(struct vote_guard *g);
/* OK or ERR_GUARD. `proposal` when the ballot is our own proposal and not a vote for another's. */
enum err vote_guard_check(const struct vote_guard *g, const struct ballot *b, bool proposal) MUST_USE;
/* Notes a ballot as signed: after vote_guard_check, or when folding the journal (then whatever it says is noted). */
void vote_guard_note(struct vote_guard *g, const struct ballot *b, bool proposal);
void vote_guard_raise_floor(struct vote_guard *g, uint64_t floor);

#endif
