/* consensus.h: Simplex orders opaque 32-byte digests. Pure: values in, values out.
 *
 * Protocol: Chan and Pass, "Simplex Consensus", TCC 2023, eprint 2023/463, with repeats, growing patience and
 * skipping of inactive leaders
 * (consensus.c says the rules and why they are safe). No clock, no socket, no disk, no random number: `now_ms` comes with each input.
 *
 * What the caller does with outputs, in the order given:
 *   SIGN          ask the signer, which checks the durable guard, journals the ballot, and only when that is durable sends the vote to everybody
 *                 *including ourselves*: it comes back as a VOTE input. `proposal` marks our own proposal, which travels with its payload.
 *   RESEND        an own vote signed before: send it to everybody, and feed it back as VOTE if
 *                 `again` is set (after a restart it was not counted yet).
 *   CERTIFICATE   new to us: journal it, and when durable forward it to everybody, once. `resend`: forward only.
 *   BUILD         answer BUILT when the own payload is durable; with `none` when there is nothing to propose.
 *   CHECK         answer VERDICT valid or invalid when known. "Not yet" is no answer; it is never invalid.
 *   FETCH         get a certificate (view, kind) or a payload (view, digest) from anybody; repeated by the core until it comes.
 *   FINAL         digests in order, oldest first. A digest equal to the one before is a repeat and makes no block.
 *   BLAME         two votes of one signer that no honest validator signs both.
 * Since everything that depends on durability is fed back through inputs, "durable before anything depends on
 * it" holds by construction.
 *
 * Inputs VOTE, PROPOSAL and CERTIFICATE must have been checked (vote_check, certificate_check); the core checks
 * windows, not signatures. Memory: bounded. Votes are kept for views in [final - RETENTION, current + 1];
 * certificates
 * from any distance, at most VIEWS_JUMPED_MAX + RETENTION. Restart: RECOVER for every journalled vote and certificate
 * (all of them, any order), then START.
 */
#ifndef CONSENSUS_CONSENSUS_H
#define CONSENSUS_CONSENSUS_H

#include "consensus/vote_guard.h"
#include "consensus/message.h"
#include "consensus/quorum_certificate.h"

enum {
    CONSENSUS_RETENTION_VIEWS = 64,
    CONSENSUS_OUTPUTS_MAX = 512, /* more final digests than fit wait for the next step */
    CONSENSUS_PATIENCE_MS_MAX = 15000,
};

struct consensus_config {
    uint32_t validators;         /* n */
    uint8_t self;                /* our index; >= validators: we only watch (a follower) */
    uint64_t epoch;
    uint64_t delta_ms;           /* D */
    uint32_t leader_views;       /* W: views per leader */
    uint64_t activity_timeout_ms; /* a leader unheard for so long, and for 2n views, is skipped at once; 0: never */
};

enum consensus_input_kind {
    CONSENSUS_RECOVER_VOTE,        /* vote (own), proposal */
    CONSENSUS_RECOVER_CERTIFICATE, /* certificate */
    CONSENSUS_START,               /* view, digest: the newest committed block's view and digest (0, chain id at genesis) */
    CONSENSUS_TIMER,
    CONSENSUS_WORK,                /* buildable: a leader would have something to propose; work: something waits so long that timers must run */
    CONSENSUS_BUILT,               /* view, digest, or none */
    CONSENSUS_PROPOSAL,            /* vote: the leader's notarize */
    CONSENSUS_VERDICT,             /* view, digest, valid */
    CONSENSUS_PAYLOAD,             /* digest: we hold the payload (journalled), form checked */
    CONSENSUS_VOTE,                /* vote, our own included */
    CONSENSUS_CERTIFICATE,         /* certificate */
    CONSENSUS_SYNCED,              /* view, digest: the ledger committed this final block by other means */
};

struct consensus_input {
    enum consensus_input_kind kind;
    uint64_t now_ms;
    uint64_t view;
    struct digest digest;
    bool work, buildable, none, valid, proposal;
    struct vote vote;
    const struct certificate *certificate; /* borrowed for the call */
};

enum consensus_output_kind {
    CONSENSUS_OUT_SIGN,
    CONSENSUS_OUT_RESEND,
    CONSENSUS_OUT_SEND_CERTIFICATE,
    CONSENSUS_OUT_BUILD,
    CONSENSUS_OUT_CHECK,
    CONSENSUS_OUT_FETCH_CERTIFICATE, /* ballot.view, ballot.kind: notarize stands for "notarization or finalization" */
    CONSENSUS_OUT_FETCH_PAYLOAD,     /* ballot.view, ballot.digest */
    CONSENSUS_OUT_FINAL,             /* ballot.view, parent_view, digest */
    CONSENSUS_OUT_BLAME,             /* vote, other */
};

struct consensus_output {
    enum consensus_output_kind kind;
    bool proposal; /* SIGN: our own proposal */
    bool resend;   /* SEND_CERTIFICATE: journalled and forwarded before */
    bool again;    /* RESEND: feed it back as a VOTE too */
    struct ballot ballot;         /* SIGN, BUILD and CHECK (view, parent_view, digest; BUILD: digest of the parent), FETCH, FINAL */
    struct digest parent_digest;  /* CHECK */
    struct vote vote, other;      /* RESEND, BLAME */
    const struct certificate *certificate; /* SEND_CERTIFICATE: lives until the next step */
};

struct consensus_outputs {
    struct consensus_output items[CONSENSUS_OUTPUTS_MAX];
    uint32_t count;
};

struct consensus;
struct consensus *consensus_new(const struct consensus_config *config);
void consensus_free(struct consensus *c); /* accepts NULL */
/* Appends to *out, which the caller empties (count = 0) between steps. */
void consensus_step(struct consensus *c, const struct consensus_input *in, struct consensus_outputs *out);
/* Monotonic time at which a TIMER is due; UINT64_MAX: none. */
uint64_t consensus_deadline(const struct consensus *c);

uint64_t consensus_view(const struct consensus *c);
uint64_t consensus_final_view(const struct consensus *c);
uint8_t consensus_leader(const struct consensus *c, uint64_t view);
/* Is a vote of any use: inside the window in which votes are kept, its certificate not there yet, or its
 * signer not heard of for long? For dropping it
 * before its signature is checked. */
bool consensus_wants_vote(const struct consensus *c, const struct vote *v, uint64_t now_ms);
/* NULL when not held. Lives until the next step. */
const struct certificate *consensus_certificate(const struct consensus *c, uint64_t view, enum vote_kind kind);
/* Has an own finalize vote been asked for above this view, or is a finalization above it held? (SPEC K4) */
bool consensus_passed(const struct consensus *c, uint64_t view);
/* Certificates of views above this one are still needed (for the links of blocks that are final and not stored
 * yet): they are kept however far
 * finality runs ahead. Rises only; START sets it to the committed view. */
void consensus_keep(struct consensus *c, uint64_t view);
/* At most so many FINAL outputs in the next step; the rest wait. Before START: no limit. */
void consensus_allow(struct consensus *c, uint32_t finals);

#endif
