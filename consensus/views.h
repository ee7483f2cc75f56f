/* views.h: what is known of each view. Private to consensus/. Slots are kept sorted by view; views below
 * `final - retention` are dropped. */
#ifndef CONSENSUS_VIEWS_H
#define CONSENSUS_VIEWS_H

#include "consensus/consensus.h"

enum proposal_state { PROPOSAL_NONE, PROPOSAL_WAITING, PROPOSAL_ASKED, PROPOSAL_VALID, PROPOSAL_INVALID, PROPOSAL_EQUIVOCATED };

struct view_slot {
    uint64_t view;
    enum proposal_state proposal_state;
    struct vote proposal;
    bool built;                              /* we asked BUILD, or proposed */
    bool asked[VOTE_KINDS + 1];              /* SIGN was asked for this kind (or folded from the journal) */
    struct ballot asked_ballot[VOTE_KINDS + 1];
    bool own_known[VOTE_KINDS + 1];          /* our own vote came back: own[kind] may be resent */
    bool uncounted[VOTE_KINDS + 1];          /* folded from the journal, not yet fed back */
    struct vote own[VOTE_KINDS + 1];
    struct vote *votes[VOTE_KINDS + 1];      /* by signer, n entries; NULL until the first */
    bool *voted[VOTE_KINDS + 1];
    bool blamed[VALIDATORS_MAX];
    struct certificate *certificates[VOTE_KINDS + 1];
    bool have_payload;                       /* of the certified digest */
    bool heard;                              /* any proposal or vote of another for this view */
    uint64_t fetch_at_ms[VOTE_KINDS + 1];    /* 0: not wanted; else when to ask (again) */
    uint64_t fetch_payload_at_ms;
};

struct views {
    struct view_slot **slots;
    uint32_t count, cap;
    uint32_t validators;
};

void views_free(struct views *v);
struct view_slot *views_find(const struct views *v, uint64_t view);
/* Finds or makes; NULL when the bound is reached. */
struct view_slot *views_get(struct views *v, uint64_t view);
void views_drop_below(struct views *v, uint64_t view);
/* The ballot that a view's notarization or finalization certifies; false when neither is held. */
bool slot_certified(const struct view_slot *s, struct ballot *ret);
bool slot_nullified(const struct view_slot *s);

#endif
