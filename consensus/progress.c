/* progress.c: what follows from the state. Each function is one rule of consensus.c's header; progress()
 * applies them in the
 * order in which one enables the next. All are idempotent: nothing happens twice because each notes that it
 * happened. */
#include <string.h>

#include "consensus/core.h"
#include "consensus/plant.h"

uint64_t patience_ms(const struct consensus *c, uint32_t deltas) {
    uint64_t wait = c->config.delta_ms * deltas;
    uint64_t behind = c->current > c->final_view + 2 ? c->current - c->final_view - 2 : 0;
    if (PLANT_PATIENCE_CONSTANT) behind = 0;
    for (; behind > 0 && wait < CONSENSUS_PATIENCE_MS_MAX; behind--)
        wait += wait / 2;
    return wait < CONSENSUS_PATIENCE_MS_MAX ? wait : CONSENSUS_PATIENCE_MS_MAX;
}

static void ask_sign(struct consensus *c, struct view_slot *s, struct ballot b,
                     struct consensus_outputs *out) {
    if (watching(c) || c->broken || s->asked[b.kind] || room(out) == 0) return;
    s->asked[b.kind] = true;
    s->asked_ballot[b.kind] = b;
    emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_SIGN, .ballot = b});
}

static void nullify(struct consensus *c, struct view_slot *s, uint64_t now_ms,
                    struct consensus_outputs *out) {
    if (watching(c) || s->asked[VOTE_NULLIFY] || s->asked[VOTE_FINALIZE]) return;
    struct ballot b = {.kind = VOTE_NULLIFY, .epoch = c->config.epoch, .view = s->view};
    ask_sign(c, s, b, out);
    c->resend_at_ms = now_ms + patience_ms(c, 2);
}

static void want_certificate(struct consensus *c, uint64_t view, uint8_t kind) {
    struct view_slot *s = views_get(&c->views, view);
    if (s != NULL && s->certificates[kind] == NULL && s->fetch_at_ms[kind] == 0) s->fetch_at_ms[kind] = 1;
}

/* The digest that view `parent` stands for: the last final one, or what its certificate says. */
static bool parent_digest(const struct consensus *c, uint64_t parent, struct digest *ret) {
    struct ballot b;
    if (parent == c->final_view) {
        *ret = c->final_digest;
        return true;
    }
    if (!slot_certified(views_find(&c->views, parent), &b)) return false;
    *ret = b.digest;
    return true;
}

/* Are all views strictly between nullified? Asks for those that are missing. */
static bool nullified_between(struct consensus *c, uint64_t parent, uint64_t view) {
    bool all = true;
    for (uint64_t v = parent + 1 + PLANT_NULLIFICATIONS_OFF_BY_ONE; v < view; v++) {
        if (slot_nullified(views_find(&c->views, v))) continue;
        want_certificate(c, v, VOTE_NULLIFY);
        all = false;
    }
    return all;
}

/* F(v): v and all its ancestors are final, oldest first. */
static void hand_over_final(struct consensus *c, struct consensus_outputs *out) {
    if (c->highest_final <= c->final_view) return;
    struct ballot path[CONSENSUS_OUTPUTS_MAX];
    uint64_t length = 0;
    /* The path is walked downwards and kept in a ring: when it is longer than the outputs, its oldest part
     * goes first. */
    for (uint64_t v = c->highest_final; v > c->final_view;) {
        struct ballot b;
        if (!slot_certified(views_find(&c->views, v), &b)) {
            want_certificate(c, v, VOTE_NOTARIZE);
            return;
        }
        path[length++ % CONSENSUS_OUTPUTS_MAX] = b;
        v = b.parent_view;
        if (v < c->final_view) {
            c->broken = true; /* a final chain that leaves out what we handed over */
            return;
        }
    }
    uint32_t space = room(out) > 64 ? room(out) - 64 : 0;
    if (space > c->finals_allowed) space = c->finals_allowed;
    for (uint32_t i = 0; i < space && length > 0; i++) {
        struct ballot b = path[--length % CONSENSUS_OUTPUTS_MAX];
        c->final_view = b.view;
        c->final_digest = b.digest;
        emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_FINAL, .ballot = b});
    }
    forget_views(c);
    c->bundle_at_ms = UINT64_MAX; /* progress was made: the next bundle counts from now */
}

static void enter_views(struct consensus *c) {
    if (c->highest_certificate < c->current) return;
    c->current = c->highest_certificate + 1;
    c->timers_on = false;
    c->nothing_to_build = false;
    c->repeat_at_ms = c->resend_at_ms = UINT64_MAX;
}

static bool leader_inactive(const struct consensus *c, uint64_t now_ms) {
    uint8_t leader = consensus_leader(c, c->current);
    if (c->config.activity_timeout_ms == 0 || leader == c->config.self) return false;
    return c->current > c->heard_view[leader] + 2 * (uint64_t)c->config.validators &&
           now_ms > c->heard_ms[leader] + c->config.activity_timeout_ms;
}

/* Timers rest unless something waits: no records, no blocks, no messages. */
static bool timers_wanted(const struct consensus *c) {
    if (c->work) return true;
    if (c->highest_certificate > c->final_view) {
        for (uint32_t i = c->views.count; i > 0; i--) {
            const struct view_slot *s = c->views.slots[i - 1];
            struct ballot b;
            if (s->view <= c->final_view) break;
            if (slot_certified(s, &b) && !digest_equal(&b.digest, &c->final_digest)) return true;
        }
    }
    const struct view_slot *s = views_find(&c->views, c->current);
    return s != NULL && (s->heard || s->asked[VOTE_NOTARIZE] || s->asked[VOTE_NULLIFY]);
}

static void run_timers(struct consensus *c, uint64_t now_ms) {
    if (!timers_wanted(c)) {
        c->timers_on = false;
        c->bundle_at_ms = UINT64_MAX;
        return;
    }
    if (!c->timers_on) {
        c->timers_on = true;
        c->timer_base_ms = now_ms;
    }
    if (c->bundle_at_ms == UINT64_MAX) c->bundle_at_ms = now_ms + patience_ms(c, 6);
}

/* The parent a leader of the current view builds on: the highest certified view below, all between nullified. */
static bool choose_parent(struct consensus *c, uint64_t *ret_view) {
    for (uint64_t v = c->current - 1; v > c->final_view; v--) {
        const struct view_slot *s = views_find(&c->views, v);
        struct ballot b;
        if (slot_certified(s, &b)) {
            *ret_view = v;
            return true;
        }
        if (slot_nullified(s)) continue;
        want_certificate(c, v, VOTE_NULLIFY);
        want_certificate(c, v, VOTE_NOTARIZE);
        return false;
    }
    *ret_view = c->final_view;
    return true;
}

static void lead(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    uint64_t repeat_at_ms = c->repeat_at_ms;
    c->repeat_at_ms = UINT64_MAX; /* stands only while a repeat is what we wait for */
    if (watching(c) || c->broken || consensus_leader(c, c->current) != c->config.self) return;
    struct view_slot *s = views_get(&c->views, c->current);
    if (s == NULL || s->built || s->asked[VOTE_NOTARIZE] || s->asked[VOTE_NULLIFY]) return;
    if (c->current <= c->announced_view || room(out) == 0) return;
    uint64_t parent;
    struct digest digest;
    if (!choose_parent(c, &parent) || !parent_digest(c, parent, &digest)) return;
    struct ballot b = {VOTE_NOTARIZE, c->config.epoch, c->current, parent, digest};
    if (c->buildable && !c->nothing_to_build) {
        s->built = true;
        s->proposal.ballot = b;
        emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_BUILD, .ballot = b});
        return;
    }
    /* What is final needs no repeat, though a repeat of it above may not be final itself: that one would call
     * for the next, for ever. */
    if (parent == c->final_view || digest_equal(&digest, &c->final_digest) || PLANT_NO_REPEAT) return;
    if (repeat_at_ms == UINT64_MAX) repeat_at_ms = now_ms + c->config.delta_ms;
    if (now_ms < repeat_at_ms) {
        c->repeat_at_ms = repeat_at_ms;
        return;
    }
    c->announced_view = c->current;
    s->asked[VOTE_NOTARIZE] = true;
    s->asked_ballot[VOTE_NOTARIZE] = b;
    emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_SIGN, .proposal = true, .ballot = b});
}

static void consider_proposal(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    struct view_slot *s = views_find(&c->views, c->current);
    if (s == NULL || room(out) < 2) return;
    const struct ballot *b = &s->proposal.ballot;
    struct digest parent;
    if (s->proposal_state == PROPOSAL_WAITING && b->parent_view < c->final_view)
        s->proposal_state = PROPOSAL_INVALID;
    if (s->proposal_state == PROPOSAL_WAITING) {
        bool known = parent_digest(c, b->parent_view, &parent);
        if (!known) want_certificate(c, b->parent_view, VOTE_NOTARIZE);
        bool linked = nullified_between(c, b->parent_view, c->current) && known;
        if (PLANT_ANY_PARENT && !linked) linked = true, parent = c->final_digest;
        if (linked && digest_equal(&parent, &b->digest)) {
            s->proposal_state = PROPOSAL_VALID; /* a repeat needs no payload */
        } else if (linked) {
            s->proposal_state = PROPOSAL_ASKED;
            emit(out, (struct consensus_output){
                          .kind = CONSENSUS_OUT_CHECK, .ballot = *b, .parent_digest = parent});
        }
    }
    if (s->proposal_state == PROPOSAL_VALID && !s->asked[VOTE_NULLIFY]) ask_sign(c, s, *b, out);
    if (s->proposal_state == PROPOSAL_INVALID || s->proposal_state == PROPOSAL_EQUIVOCATED)
        nullify(c, s, now_ms, out);
}

static void give_up(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    if (!c->timers_on) return;
    struct view_slot *s = views_get(&c->views, c->current);
    if (s == NULL) return;
    bool inactive = leader_inactive(c, now_ms);
    uint64_t for_proposal = inactive ? 0 : patience_ms(c, 2), for_certificate = inactive ? 0 : patience_ms(c, 3);
    bool nothing = s->proposal_state == PROPOSAL_NONE && !s->asked[VOTE_NOTARIZE];
    if ((nothing && now_ms >= c->timer_base_ms + for_proposal) ||
        now_ms >= c->timer_base_ms + for_certificate)
        nullify(c, s, now_ms, out);
}

/* N(v) and its payload: finalize, unless we nullified v or saw its leader equivocate. */
static void finalize_notarized(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    for (uint32_t i = c->views.count; i > 0 && room(out) > 2; i--) {
        struct view_slot *s = c->views.slots[i - 1];
        if (s->view <= c->final_view) return;
        const struct certificate *n = s->certificates[VOTE_NOTARIZE];
        if (n == NULL || s->certificates[VOTE_FINALIZE] != NULL) continue;
        if (!s->have_payload) {
            if (now_ms < s->fetch_payload_at_ms) continue;
            s->fetch_payload_at_ms = now_ms + 2 * c->config.delta_ms;
            emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_FETCH_PAYLOAD, .ballot = n->ballot});
            continue;
        }
        bool nullified = s->asked[VOTE_NULLIFY] && !PLANT_FINALIZE_AFTER_NULLIFY;
        if (nullified || s->proposal_state == PROPOSAL_EQUIVOCATED) continue;
        struct ballot b = n->ballot;
        b.kind = VOTE_FINALIZE;
        ask_sign(c, s, b, out);
    }
}

static void resend_own(struct view_slot *s, uint8_t kind, struct consensus_outputs *out) {
    if (s->own_known[kind] && room(out) > 8)
        emit(out, (struct consensus_output){
                      .kind = CONSENSUS_OUT_RESEND, .vote = s->own[kind], .again = s->uncounted[kind]});
}

static void resend_certificate(const struct view_slot *s, uint8_t kind, struct consensus_outputs *out) {
    if (s != NULL && s->certificates[kind] != NULL && room(out) > 8)
        emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_SEND_CERTIFICATE, .resend = true,
                                            .ballot = s->certificates[kind]->ballot,
                                            .certificate = s->certificates[kind]});
}

/* The nullify of the current view with the best certificate that let us enter it. */
static void repeat_nullify(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    struct view_slot *s = views_find(&c->views, c->current);
    if (s == NULL || !s->asked[VOTE_NULLIFY] || !c->timers_on) return;
    if (c->resend_at_ms == UINT64_MAX) c->resend_at_ms = now_ms; /* folded from the journal */
    if (now_ms < c->resend_at_ms) return;
    c->resend_at_ms = now_ms + patience_ms(c, 2);
    resend_own(s, VOTE_NULLIFY, out);
    const struct view_slot *before = views_find(&c->views, c->current - 1);
    if (before == NULL) return;
    uint8_t best = before->certificates[VOTE_FINALIZE] != NULL   ? VOTE_FINALIZE
                   : before->certificates[VOTE_NULLIFY] != NULL ? VOTE_NULLIFY
                                                                 : VOTE_NOTARIZE;
    resend_certificate(before, best, out);
}

/* No finalization for a while: what a node that missed messages needs, newest first so that the bound cuts the
 * oldest. */
static void send_bundle(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    if (now_ms < c->bundle_at_ms || !c->timers_on) return;
    c->bundle_at_ms = now_ms + patience_ms(c, 6);
    resend_certificate(views_find(&c->views, c->final_view), VOTE_FINALIZE, out);
    for (uint32_t i = c->views.count; i > 0; i--) {
        struct view_slot *s = c->views.slots[i - 1];
        if (s->view <= c->final_view) return;
        for (uint8_t kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
            resend_certificate(s, kind, out);
            resend_own(s, kind, out);
        }
    }
}

static void fetch_wanted(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    for (uint32_t i = 0; i < c->views.count && room(out) > 2; i++) {
        struct view_slot *s = c->views.slots[i];
        for (uint8_t kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++) {
            struct ballot certified;
            bool found = s->certificates[kind] != NULL ||
                         (kind == VOTE_NOTARIZE && slot_certified(s, &certified));
            if (found || s->view <= c->final_view) s->fetch_at_ms[kind] = 0;
            if (s->fetch_at_ms[kind] == 0 || now_ms < s->fetch_at_ms[kind]) continue;
            s->fetch_at_ms[kind] = now_ms + 2 * c->config.delta_ms;
            struct ballot b = {.kind = kind, .epoch = c->config.epoch, .view = s->view};
            emit(out, (struct consensus_output){.kind = CONSENSUS_OUT_FETCH_CERTIFICATE, .ballot = b});
        }
    }
}

void progress(struct consensus *c, uint64_t now_ms, struct consensus_outputs *out) {
    hand_over_final(c, out);
    enter_views(c);
    run_timers(c, now_ms);
    lead(c, now_ms, out);
    consider_proposal(c, now_ms, out);
    finalize_notarized(c, now_ms, out);
    give_up(c, now_ms, out);
    repeat_nullify(c, now_ms, out);
    send_bundle(c, now_ms, out);
    fetch_wanted(c, now_ms, out);
    run_timers(c, now_ms);
}

static void sooner(uint64_t *least, uint64_t at) {
    if (at < *least) *least = at;
}

uint64_t consensus_deadline(const struct consensus *c) {
    uint64_t least = UINT64_MAX;
    if (!c->started || c->broken) return least;
    sooner(&least, c->repeat_at_ms);
    const struct view_slot *now = views_find(&c->views, c->current);
    if (c->timers_on && !watching(c)) {
        bool nullified = now != NULL && (now->asked[VOTE_NULLIFY] || now->asked[VOTE_FINALIZE]);
        bool proposed = now != NULL && (now->proposal_state != PROPOSAL_NONE || now->asked[VOTE_NOTARIZE]);
        if (!nullified) {
            sooner(&least, c->timer_base_ms + patience_ms(c, proposed ? 3 : 2));
            if (leader_inactive(c, UINT64_MAX / 2))
                sooner(&least, c->heard_ms[consensus_leader(c, c->current)] + c->config.activity_timeout_ms + 1);
        }
        sooner(&least, c->resend_at_ms);
    }
    if (c->timers_on) sooner(&least, c->bundle_at_ms);
    for (uint32_t i = c->views.count; i > 0; i--) {
        const struct view_slot *s = c->views.slots[i - 1];
        if (s->view <= c->final_view) break;
        if (s->certificates[VOTE_NOTARIZE] != NULL && !s->have_payload &&
            s->certificates[VOTE_FINALIZE] == NULL)
            sooner(&least, s->fetch_payload_at_ms);
        for (uint8_t kind = VOTE_NOTARIZE; kind <= VOTE_FINALIZE; kind++)
            if (s->fetch_at_ms[kind] != 0) sooner(&least, s->fetch_at_ms[kind]);
    }
    return least;
}
