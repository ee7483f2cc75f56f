/* replica_lost.c: a validator whose journal is gone or damaged, and its way back (docs/decisions/0009-the-way-back.md).
 *
 * It may have signed what it does not remember, so it signs nothing: no vote, no proposal, no cosignature. What it may have signed is bounded by what
 * others know. A vote of view v is signed only in views up to the current one, and a view is entered only by a certificate of the view before, of
 * which a quorum's signers were themselves in that view or beyond. When 2(n - q) + 1 others have said in which view they are, every quorum has an
 * honest signer among them who is not ourselves: so nothing was signed above the greatest of their views plus one. That is the bound, and above it:
 *   votes         are given again at once: the guard's floor lies above the bound, and no rule ties one key's votes of different views together
 *   cosignatures  are given from the first block of a view above the bound: what was cosigned before was final in a view within it, so the log is
 *                 longer now, and every finalize vote sent before lies below the block
 * A liar can name a view so high that nothing is above it, and thereby keep a validator silent, not make it sign twice; a restart asks anew while no
 * vote was given. Nobody vouches who was lost itself and is not yet in a view from which it votes: its own view may lie below what it once knew.
 *
 * JOURNAL_LOST is written at once and kept until JOURNAL_FOUND: a second restart finds a journal that looks whole.
 */
#include <stdio.h>

#include "consensus/plant.h"
#include "node/replica_state.h"

static void lost_write(struct replica *r) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, 16);
    pack_array(&bytes, 0);
    r->lost.sequence = journal_add(r, JOURNAL_LOST, buffer_span(&bytes), 0);
}

void lost_begin(struct replica *r, bool lost_now) {
    if (!r->validator) return;
    if (PLANT_LOST_VOTES) lost_now = false;
    if (lost_now) r->lost.active = true;
    /* Found, and no vote since: nothing was signed meanwhile, so it is as lost as before and may ask anew. */
    if (r->lost.cosign_view > 0 && !r->lost.voted_since) r->lost.active = true;
    if (!r->lost.active) {
        vote_guard_raise_floor(&r->signer.votes, r->lost.cosign_view);
        return;
    }
    r->lost.cosign_view = 0;
    if (lost_now) lost_write(r);
    snprintf(r->reason, sizeof r->reason,
             "the journal is lost or damaged: this validator may have signed what it does not remember; it follows and does not vote yet");
    alarm_raise(r, "event=journal_lost height=%lu why=\"%s\"", (unsigned long)r->executed_height, r->reason);
}

void lost_recover(struct replica *r, uint64_t sequence, uint8_t type, struct span body) {
    struct unpack u;
    if (type == JOURNAL_LOST) {
        r->lost.active = true;
        r->lost.sequence = sequence;
        r->lost.voted_since = false;
        return;
    }
    unpack_init(&u, body);
    (void)unpack_array(&u, 1);
    uint64_t floor = unpack_uint(&u, UINT64_MAX);
    if (u.err != OK) return; /* then it is still lost */
    r->lost.active = false;
    r->lost.voted_since = false;
    r->lost.cosign_view = floor;
}

bool lost_vouches(const struct replica *r) {
    return r->validator && !r->lost.active && consensus_view(r->consensus) >= r->lost.cosign_view;
}

void lost_keep(struct replica *r, uint64_t sequence) {
    if (r->lost.active && r->lost.sequence < sequence) lost_write(r);
}

void lost_hear(struct replica *r, uint8_t validator, uint64_t view) {
    /* View 0: it is lost itself and knows no better. */
    if (!r->lost.active || view == 0 || validator >= r->n || validator == r->config.validator) return;
    if (!r->lost.heard[validator]) r->lost.heard_count++;
    r->lost.heard[validator] = true;
    if (view > r->lost.claims_max) r->lost.claims_max = view;
}

/* Everybody who can be heard must be in a network of one to three: there nobody may lie. */
static uint32_t enough(uint32_t n) {
    return 2 * (n - quorum(n)) + 1;
}

void lost_progress(struct replica *r) {
    if (!r->lost.active || r->lost.heard_count < enough(r->n)) return;
    uint64_t own = consensus_view(r->consensus), bound = r->lost.claims_max > own ? r->lost.claims_max : own;
    if (bound >= UINT64_MAX - 1) return;
    bound++;
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, 16);
    pack_array(&bytes, 1);
    pack_uint(&bytes, bound + 1);
    /* Whatever is signed from here on comes behind it in the journal, and leaves only when both are durable. */
    journal_add(r, JOURNAL_FOUND, buffer_span(&bytes), bound);
    r->lost.active = false;
    r->lost.cosign_view = bound + 1;
    vote_guard_raise_floor(&r->signer.votes, bound + 1);
    r->reason[0] = '\0';
    alarm_raise(r, "event=journal_found view=%lu: others know that nothing was signed from this view on; this validator votes again",
                (unsigned long)bound + 1);
}
