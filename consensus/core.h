/* core.h: the state of consensus.c and the rules it shares with progress.c. Private to consensus/. */
#ifndef CONSENSUS_CORE_H
#define CONSENSUS_CORE_H

#include "consensus/views.h"

struct consensus {
    struct consensus_config config;
    struct views views;
    bool started, broken;         /* broken: two conflicting certificates exist; nothing is signed any more */
    uint64_t current;             /* the view we are in; 0 before START */
    uint64_t final_view;          /* handed to the ledger up to here */
    struct digest final_digest;
    uint64_t highest_certificate, highest_final; /* views */
    uint64_t keep_view;           /* consensus_keep */
    uint32_t finals_allowed;      /* consensus_allow */
    uint64_t announced_view;      /* last view we proposed in */
    bool work, buildable;
    bool nothing_to_build;        /* BUILT said none; until the next WORK */
    bool timers_on;
    uint64_t timer_base_ms;       /* when the timers of the current view began to run */
    uint64_t repeat_at_ms;        /* UINT64_MAX: no repeat is wanted */
    uint64_t resend_at_ms;        /* own nullify; UINT64_MAX: none */
    uint64_t bundle_at_ms;        /* UINT64_MAX: off */
    uint64_t heard_ms[VALIDATORS_MAX], heard_view[VALIDATORS_MAX];
};

/* Everything that follows from the state now: final digests, views entered, proposals, votes, timers, fetches. */
void progress(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out);

void emit(struct consensus_outputs *out, struct consensus_output o);
uint32_t room(const struct consensus_outputs *out);
/* k x D x 1.5^max(0, view - final - 2), at most 15 s. */
uint64_t patience_ms(const struct consensus *c, uint32_t deltas);
/* Drops what nobody needs any more: below final - retention, and not above keep_view. */
void forget_views(struct consensus *c);
bool watching(const struct consensus *c); /* we have no key here */

#endif
