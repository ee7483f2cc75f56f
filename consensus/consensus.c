/* consensus.c: Simplex.
 *
 * Upon entering view v:       the leader builds on the highest view below v that is notarized or final, if
 * every view between is nullified.
 * Upon a valid proposal of v: notarize, unless this view was nullified by us.
 * Upon no proposal in 2D, no certificate in 3D, an invalid or equivocated proposal: nullify, unless finalize
 * was signed.
 * Upon N(v) and its payload:  finalize, unless nullify was signed or the leader equivocated. Enter v+1.
 * Upon X(v):                  enter v+1.
 * Upon F(v):                  v and all its ancestors are final. Enter v+1.
 *
 * Deviations from the paper: certificates carry the parent view; a *repeat* proposes the parent's digest
 * again, so that
 * the last block before silence becomes final without an empty block (it waits D first: ordinary finalization comes
 * sooner); patience grows with the distance to the last final view; a leader that was silent for 2n views and the
 * activity timeout is skipped at once; timers rest while there is nothing to do.
 *
 * Why it is safe. q + q > n + f, so any two quorums share an honest validator. (1) No view has two
 * notarizations: that validator
 * would have signed two notarize ballots. (2) No view has a nullification and a finalization: it would have
 * signed both. (3) If c at view a is
 * final and a later chain omits it, some block of that chain jumps over a, and its voters saw the
 * nullification of a: impossible
 * by (2). So chains of final digests are prefixes of one another. If it ever fails, intersect the signers:
 * each of at least q + q - n signed
 * both, and each pair of signatures is evidence (BLAME).
 *
 * Why it is live. All certificates are forwarded, so honest nodes enter views together; with patience longer than the
 * network's delay and an honest leader, its proposal is notarized and finalized by all who did not nullify. Own votes
 * and the certificates around the last final view are sent again while something waits.
 *
 * This file takes inputs in; progress.c derives what follows from the state after each.
 */
#include "consensus/consensus.h"

#include <stdlib.h>
#include <string.h>

#include "consensus/core.h"
#include "consensus/plant.h"

void emit(struct consensus_outputs *out, struct consensus_output o) {
    CHECK(out->count < CONSENSUS_OUTPUTS_MAX);
    out->items[out->count++] = o;
}

uint32_t room(const struct consensus_outputs *out) {
    return CONSENSUS_OUTPUTS_MAX - out->count;
}

bool watching(const struct consensus *c) {
    return c->config.self >= c->config.validators;
}

struct consensus *consensus_new(const struct consensus_config *config) {
    CHECK(config->validators >= 1 && config->validators <= VALIDATORS_MAX);
    CHECK(config->delta_ms > 0 && config->leader_views > 0);
    struct consensus *c = check_alloc(1, sizeof *c);
    c->config = *config;
    c->views.validators = config->validators;
    c->repeat_at_ms = c->resend_at_ms = c->bundle_at_ms = UINT64_MAX;
    c->finals_allowed = UINT32_MAX;
    return c;
}

void consensus_free(struct consensus *c) {
    if (c == NULL) return;
    views_free(&c->views);
    free(c);
}

uint64_t consensus_view(const struct consensus *c) {
    return c->current;
}

uint64_t consensus_final_view(const struct consensus *c) {
    return c->final_view;
}

uint8_t consensus_leader(const struct consensus *c, uint64_t view) {
    return (uint8_t)((view / c->config.leader_views + c->config.epoch) % c->config.validators);
}

const struct certificate *consensus_certificate(const struct consensus *c, uint64_t view,
                                                enum vote_kind kind) {
    const struct view_slot *s = views_find(&c->views, view);
    return s == NULL ? NULL : s->certificates[kind];
}

static uint64_t window_low(const struct consensus *c) {
    return c->final_view > CONSENSUS_RETENTION_VIEWS ? c->final_view - CONSENSUS_RETENTION_VIEWS : 1;
}

void forget_views(struct consensus *c) {
    uint64_t low = window_low(c);
    views_drop_below(&c->views, low <= c->keep_view ? low : c->keep_view + 1);
}

void consensus_keep(struct consensus *c, uint64_t view) {
    if (view > c->keep_view) c->keep_view = view;
}

/* Votes of a slow validator come after the certificate every time, those of one that is ahead too early: now
 * and then one is wanted as a sign of life. */
static bool wants_sign_of_life(const struct consensus *c, uint8_t signer, uint64_t view, uint64_t now_ms) {
    if (c->config.activity_timeout_ms == 0 || signer >= c->config.validators) return false;
    return view > c->heard_view[signer] && now_ms >= c->heard_ms[signer] + c->config.activity_timeout_ms / 2;
}

void consensus_allow(struct consensus *c, uint32_t finals) {
    c->finals_allowed = finals;
}

bool consensus_wants_vote(const struct consensus *c, const struct vote *v, uint64_t now_ms) {
    const struct ballot *b = &v->ballot;
    if (b->epoch != c->config.epoch) return false;
    bool inside = b->view >= window_low(c) && b->view <= c->current + 1;
    const struct view_slot *s = views_find(&c->views, b->view);
    if (!inside || (s != NULL && s->certificates[b->kind] != NULL)) return wants_sign_of_life(c, v->signer, b->view, now_ms);
    return true;
}

bool consensus_passed(const struct consensus *c, uint64_t view) {
    for (uint32_t i = c->views.count; i > 0; i--) {
        const struct view_slot *s = c->views.slots[i - 1];
        if (s->view <= view) return false;
        if (s->asked[VOTE_FINALIZE] || s->certificates[VOTE_FINALIZE] != NULL) return true;
    }
    return false;
}

static void blame(const struct vote *a, const struct vote *b, struct view_slot *s,
                  struct consensus_outputs *out) {
    if (s->blamed[a->signer] || room(out) == 0) return;
    s->blamed[a->signer] = true;
    emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_BLAME, .vote = *a, .other = *b});
}

/* What this signer signed that excludes `v`, if it did. */
static const struct vote *conflicting(const struct view_slot *s, const struct vote *v) {
    uint8_t kind = v->ballot.kind;
    if (s->voted[kind] != NULL && s->voted[kind][v->signer] &&
        !ballot_equal(&s->votes[kind][v->signer].ballot, &v->ballot))
        return &s->votes[kind][v->signer];
    uint8_t excluded = kind == VOTE_NULLIFY ? VOTE_FINALIZE : kind == VOTE_FINALIZE ? VOTE_NULLIFY : 0;
    if (excluded != 0 && s->voted[excluded] != NULL && s->voted[excluded][v->signer])
        return &s->votes[excluded][v->signer];
    return NULL;
}

/* A vote of a view already heard of says nothing new: anybody may have sent it again. */
static void note_heard(struct consensus *c, uint8_t signer, uint64_t view, uint64_t now_ms) {
    if (view > c->current + 1) view = c->current + 1; /* it is ahead of us, or says so */
    if (view <= c->heard_view[signer]) return;
    c->heard_view[signer] = view;
    c->heard_ms[signer] = now_ms;
}

/* Two certificates that cannot both exist while fewer than a third lie. Each signer of both is evidence. */
static void blame_certificates(struct consensus *c, struct view_slot *s, const struct certificate *a,
                               const struct certificate *b, struct consensus_outputs *out) {
    c->broken = true;
    for (uint32_t i = 0; i < c->config.validators; i++) {
        struct vote x, y;
        if (certificate_vote(a, (uint8_t)i, &x) && certificate_vote(b, (uint8_t)i, &y))
            blame(&x, &y, s, out);
    }
}

static void take_certificate(struct consensus *c, const struct certificate *in, bool journalled,
                             struct consensus_outputs *out) {
    const struct ballot *b = &in->ballot;
    if (b->epoch != c->config.epoch) return;
    if (c->started && b->view < window_low(c) && b->view <= c->keep_view) return;
    struct view_slot *s = views_get(&c->views, b->view);
    if (s == NULL) return;
    const struct certificate *same = s->certificates[b->kind];
    if (same != NULL) {
        if (!ballot_equal(&same->ballot, b)) blame_certificates(c, s, same, in, out);
        return;
    }
    struct ballot other;
    if (b->kind != VOTE_NULLIFY && slot_certified(s, &other) && !digest_equal(&other.digest, &b->digest))
        c->broken = true;
    if (b->kind == VOTE_FINALIZE && slot_nullified(s))
        blame_certificates(c, s, s->certificates[VOTE_NULLIFY], in, out);
    if (b->kind == VOTE_NULLIFY && s->certificates[VOTE_FINALIZE] != NULL)
        blame_certificates(c, s, s->certificates[VOTE_FINALIZE], in, out);
    struct certificate *copy = check_alloc(1, sizeof *copy);
    *copy = *in;
    s->certificates[b->kind] = copy;
    s->fetch_at_ms[b->kind] = 0;
    if (b->view > c->highest_certificate) c->highest_certificate = b->view;
    if (b->kind == VOTE_FINALIZE && b->view > c->highest_final) c->highest_final = b->view;
    if (!journalled)
        emit(out, (struct consensus_output){
                      .kind = CONSENSUS_OUT_SEND_CERTIFICATE, .ballot = *b, .certificate = copy});
}

static void join_votes(struct consensus *c, struct view_slot *s, const struct ballot *b,
                       struct consensus_outputs *out) {
    struct vote same[VALIDATORS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->config.validators; i++)
        if (s->voted[b->kind][i] && ballot_equal(&s->votes[b->kind][i].ballot, b))
            same[count++] = s->votes[b->kind][i];
    struct certificate formed;
    if (certificate_join(same, count, c->config.validators, &formed))
        take_certificate(c, &formed, false, out);
}

static void take_vote(struct consensus *c, const struct vote *v, uint64_t now_ms,
                      struct consensus_outputs *out) {
    const struct ballot *b = &v->ballot;
    if (v->signer >= c->config.validators || b->epoch != c->config.epoch) return;
    note_heard(c, v->signer, b->view, now_ms);
    if (b->view < window_low(c) || b->view > c->current + 1) return;
    struct view_slot *s = views_get(&c->views, b->view);
    if (s == NULL) return;
    if (v->signer == c->config.self) {
        s->own[b->kind] = *v;
        s->own_known[b->kind] = true;
        s->uncounted[b->kind] = false;
    } else {
        s->heard = true;
    }
    const struct vote *other = PLANT_EQUIVOCATION_IGNORED ? NULL : conflicting(s, v);
    if (other != NULL) {
        blame(other, v, s, out);
        if (b->kind == VOTE_NOTARIZE && v->signer == consensus_leader(c, b->view))
            s->proposal_state = PROPOSAL_EQUIVOCATED;
        return;
    }
    if (s->voted[b->kind] == NULL) {
        s->voted[b->kind] = check_alloc(c->config.validators, sizeof(bool));
        s->votes[b->kind] = check_alloc(c->config.validators, sizeof(struct vote));
    }
    s->voted[b->kind][v->signer] = true;
    s->votes[b->kind][v->signer] = *v;
    if (s->certificates[b->kind] == NULL) join_votes(c, s, b, out);
}

static void take_proposal(struct consensus *c, const struct vote *v, uint64_t now_ms,
                          struct consensus_outputs *out) {
    const struct ballot *b = &v->ballot;
    if (b->kind != VOTE_NOTARIZE || b->epoch != c->config.epoch) return;
    if (v->signer != consensus_leader(c, b->view)) return;
    note_heard(c, v->signer, b->view, now_ms); /* though it may come too early to be of use */
    if (b->view > c->current + 1 || b->view <= c->final_view || b->parent_view < c->final_view) return;
    struct view_slot *s = views_get(&c->views, b->view);
    if (s == NULL) return;
    if (s->proposal_state == PROPOSAL_NONE) {
        s->proposal = *v;
        s->proposal_state = PROPOSAL_WAITING;
        s->heard = true;
    }
    take_vote(c, v, now_ms, out); /* SPEC V2: "A proposal is the leader's notarize vote" */
}

static void take_verdict(struct consensus *c, const struct consensus_input *in) {
    struct view_slot *s = views_find(&c->views, in->view);
    if (s == NULL || s->proposal_state != PROPOSAL_ASKED) return;
    if (!digest_equal(&s->proposal.ballot.digest, &in->digest)) return;
    s->proposal_state = in->valid ? PROPOSAL_VALID : PROPOSAL_INVALID;
}

static void take_payload(struct consensus *c, const struct digest *digest) {
    for (uint32_t i = c->views.count; i > 0; i--) {
        struct view_slot *s = c->views.slots[i - 1];
        struct ballot b;
        if (s->view <= c->final_view) return;
        if (slot_certified(s, &b) && digest_equal(&b.digest, digest)) s->have_payload = true;
    }
}

static void take_built(struct consensus *c, const struct consensus_input *in,
                       struct consensus_outputs *out) {
    struct view_slot *s = views_find(&c->views, in->view);
    if (s == NULL || in->view != c->current || !s->built) return;
    if (in->none) {
        s->built = false;
        c->nothing_to_build = true;
        return;
    }
    if (s->asked[VOTE_NULLIFY] || s->asked[VOTE_NOTARIZE] || in->view <= c->announced_view) return;
    struct ballot b = s->proposal.ballot; /* view and parent were fixed when BUILD was asked */
    b.digest = in->digest;
    c->announced_view = in->view;
    s->asked[VOTE_NOTARIZE] = true;
    s->asked_ballot[VOTE_NOTARIZE] = b;
    emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_SIGN, .proposal = true, .ballot = b});
}

static void recover_vote(struct consensus *c, const struct consensus_input *in) {
    const struct ballot *b = &in->vote.ballot;
    if (PLANT_VOTES_FORGOTTEN || b->epoch != c->config.epoch) return;
    if (in->proposal && b->view > c->announced_view) c->announced_view = b->view;
    struct view_slot *s = views_get(&c->views, b->view);
    if (s == NULL) return;
    s->asked[b->kind] = s->own_known[b->kind] = s->uncounted[b->kind] = true;
    s->asked_ballot[b->kind] = *b;
    s->own[b->kind] = in->vote;
}

/* Everything that was sent above the last final view is sent again, and counted again: the fold of the journal
 * is not a tally. */
static void start(struct consensus *c, const struct consensus_input *in, struct consensus_outputs *out) {
    CHECK(!c->started);
    c->started = true;
    c->final_view = in->view;
    c->final_digest = in->digest;
    if (c->highest_certificate < in->view) c->highest_certificate = in->view;
    c->current = c->highest_certificate + 1;
    c->timer_base_ms = in->now_ms;
    for (uint32_t i = 0; i < c->config.validators; i++) /* nobody was silent yet, as far as we know */
        note_heard(c, (uint8_t)i, c->current, in->now_ms);
    c->bundle_at_ms = in->now_ms;
    c->keep_view = in->view;
    forget_views(c);
    for (uint32_t i = 0; i < c->views.count; i++) {
        struct view_slot *s = c->views.slots[i];
        for (uint8_t kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
            if (!s->own_known[kind] || s->view <= c->final_view || room(out) < 64) continue;
            if (PLANT_OWN_NULLIFY_NOT_COUNTED && kind == VOTE_NULLIFY) s->uncounted[kind] = false;
            emit(out, (struct consensus_output){
                          .kind = CONSENSUS_OUT_RESEND, .vote = s->own[kind], .again = s->uncounted[kind]});
        }
    }
}

static void take_synced(struct consensus *c, const struct consensus_input *in) {
    if (in->view <= c->final_view) return;
    c->final_view = in->view;
    c->final_digest = in->digest;
    if (c->highest_certificate < in->view) c->highest_certificate = in->view;
    forget_views(c);
}

void consensus_step(struct consensus *c, const struct consensus_input *in, struct consensus_outputs *out) {
    CHECK(c->started || in->kind <= CONSENSUS_START);
    switch (in->kind) {
    case CONSENSUS_RECOVER_VOTE: recover_vote(c, in); return;
    case CONSENSUS_RECOVER_CERTIFICATE: take_certificate(c, in->certificate, true, out); return;
    case CONSENSUS_START: start(c, in, out); break;
    case CONSENSUS_TIMER: break;
    case CONSENSUS_WORK:
        c->work = in->work;
        c->buildable = in->buildable;
        c->nothing_to_build = false;
        break;
    case CONSENSUS_BUILT: take_built(c, in, out); break;
    case CONSENSUS_PROPOSAL: take_proposal(c, &in->vote, in->now_ms, out); break;
    case CONSENSUS_VERDICT: take_verdict(c, in); break;
    case CONSENSUS_PAYLOAD: take_payload(c, &in->digest); break;
    case CONSENSUS_VOTE: take_vote(c, &in->vote, in->now_ms, out); break;
    case CONSENSUS_CERTIFICATE: take_certificate(c, in->certificate, false, out); break;
    case CONSENSUS_SYNCED: take_synced(c, in); break;
    }
    progress(c, in->now_ms, out);
}
