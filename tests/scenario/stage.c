/* stage.c: the nodes, their disks and the wire. What a script may say stands in stage_command.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/stage_state.h"

struct stage *stage_new(void) {
    struct stage *w = check_alloc(1, sizeof *w);
    w->out = check_alloc(1, sizeof *w->out);
    w->now_ms = 1000;
    return w;
}

void stage_free(struct stage *w) {
    for (uint32_t i = 0; i < NODES; i++) {
        consensus_free(w->nodes[i].core);
        vote_guard_free(&w->nodes[i].guard);
        free(w->nodes[i].disk);
        free(w->nodes[i].outputs);
    }
    for (uint32_t i = 0; i < w->wire_count; i++) free(w->wire[i]);
    free(w->wire);
    free(w->lines);
    free(w->out);
    free(w);
}

const char *stage_failure(const struct stage *w) {
    return w->failure;
}

void stage_fail(struct stage *w, const char *format, ...) {
    if (w->failure[0] != 0) return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->failure, sizeof w->failure, format, args);
    va_end(args);
}

/* ---- what is told ---- */

void tell(struct stage *w, uint32_t node, const char *format, ...) {
    char text[LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (uint32_t i = 0; i < w->lines_count; i++) {
        if (strcmp(w->lines[i].text, text) != 0) continue;
        w->lines[i].nodes |= 1u << node;
        return;
    }
    w->lines = check_realloc(w->lines, w->lines_count + 1, sizeof *w->lines);
    struct line *l = &w->lines[w->lines_count++];
    l->nodes = 1u << node;
    snprintf(l->text, sizeof l->text, "%s", text);
}

void stage_transcript(struct stage *w, struct buffer *out) {
    for (uint32_t i = 0; i < w->lines_count; i++) {
        for (uint32_t n = 0; n < NODES; n++)
            if (w->lines[i].nodes >> n & 1) buffer_printf(out, "%u ", n);
        buffer_printf(out, "%s\n", w->lines[i].text);
    }
    if (w->lines_count == 0) buffer_text(out, "nothing\n");
    w->lines_count = 0;
}

struct digest named(const char *name) {
    struct digest d = {{0}};
    snprintf((char *)d.b, sizeof d.b, "%s", name);
    return d;
}

const char *name_of(const struct digest *d) {
    return (const char *)d->b;
}

static const char *const vote_names[] = {"?", "notarize", "nullify", "finalize"};
static const char *const certificate_names[] = {"?", "notarization", "nullification", "finalization"};

static void ballot_text(const struct ballot *b, const char *const names[], char ret[LINE_BYTES]) {
    if (b->kind == VOTE_NULLIFY)
        snprintf(ret, LINE_BYTES, "%s v%lu", names[b->kind], (unsigned long)b->view);
    else
        snprintf(ret, LINE_BYTES, "%s v%lu %s", names[b->kind], (unsigned long)b->view, name_of(&b->digest));
}

/* ---- the wire ---- */

void post(struct stage *w, uint32_t from, uint32_t to, enum said said, const struct vote *v,
          const struct certificate *c) {
    if (w->cut[from][to] || !w->nodes[to].alive || w->wire_count == WIRE_MAX) return;
    if (w->wire == NULL) w->wire = check_alloc(WIRE_MAX, sizeof(struct message *));
    struct message *m = w->wire[w->wire_count++] = check_alloc(1, sizeof *m);
    *m = (struct message){.from = from, .to = to, .said = said};
    if (v != NULL) m->vote = *v;
    if (c != NULL) m->certificate = *c;
}

static void post_all(struct stage *w, uint32_t from, enum said said, const struct vote *v,
                     const struct certificate *c) {
    for (uint32_t to = 0; to < w->n; to++)
        if (to != from) post(w, from, to, said, v, c);
}

/* ---- payloads ---- */

static bool holds(const struct node *n, const struct digest *d) {
    for (uint32_t i = 0; i < n->payloads_count; i++)
        if (digest_equal(&n->payloads[i], d)) return true;
    return false;
}

static void answer_check(struct stage *w, uint32_t i, bool valid) {
    struct node *n = &w->nodes[i];
    n->checking = false;
    input(w, i, (struct consensus_input){.kind = CONSENSUS_VERDICT, .view = n->check.view, .digest = n->check.digest, .valid = valid});
}

void take_payload(struct stage *w, uint32_t i, const struct digest *d) {
    struct node *n = &w->nodes[i];
    if (!holds(n, d) && n->payloads_count < PAYLOADS) n->payloads[n->payloads_count++] = *d;
    if (n->wants && digest_equal(&n->wanted, d)) {
        n->wants = false;
        input(w, i, (struct consensus_input){.kind = CONSENSUS_PAYLOAD, .digest = *d});
    }
    if (n->checking && n->verdict != VERDICT_PENDING && digest_equal(&n->check.digest, d))
        answer_check(w, i, n->verdict == VERDICT_VALID);
}

static bool reaches(const struct stage *w, uint32_t a, uint32_t b) {
    return a != b && w->nodes[a].alive && w->nodes[b].alive && !w->cut[a][b] && !w->cut[b][a];
}

static void fetch_payload(struct stage *w, uint32_t i, const struct digest *d) {
    struct node *n = &w->nodes[i];
    n->wants = true;
    n->wanted = *d;
    if (holds(n, d)) {
        take_payload(w, i, d);
        return;
    }
    for (uint32_t k = 0; k < w->n; k++) {
        struct vote v = {.ballot = {.kind = VOTE_NOTARIZE, .digest = *d}};
        if (!reaches(w, i, k) || w->nodes[k].withholds || !holds(&w->nodes[k], d)) continue;
        post(w, k, i, SAID_PAYLOAD, &v, NULL);
        return;
    }
}

static void fetch_certificate(struct stage *w, uint32_t i, const struct ballot *b) {
    for (uint32_t k = 0; k < w->n; k++) {
        if (!reaches(w, i, k)) continue;
        const struct certificate *c = consensus_certificate(w->nodes[k].core, b->view, (enum vote_kind)b->kind);
        if (c == NULL && b->kind == VOTE_NOTARIZE) c = consensus_certificate(w->nodes[k].core, b->view, VOTE_FINALIZE);
        if (c == NULL) continue;
        post(w, k, i, SAID_CERTIFICATE, NULL, c);
        return;
    }
}

/* ---- disks: what is signed or certified leaves when it is written ---- */

static void release(struct stage *w, uint32_t i, const struct disk_record *r) {
    if (!r->is_vote) {
        post_all(w, i, SAID_CERTIFICATE, NULL, &r->certificate);
        return;
    }
    post_all(w, i, r->proposal ? SAID_PROPOSAL : SAID_VOTE, &r->vote, NULL);
    input(w, i, (struct consensus_input){.kind = r->proposal ? CONSENSUS_PROPOSAL : CONSENSUS_VOTE, .vote = r->vote});
}

void disk_sync(struct stage *w, uint32_t i) {
    struct node *n = &w->nodes[i];
    while (n->disk_synced < n->disk_count) {
        struct disk_record r = n->disk[n->disk_synced++];
        release(w, i, &r);
    }
}

static void disk_add(struct stage *w, uint32_t i, struct disk_record r) {
    struct node *n = &w->nodes[i];
    if (n->disk_count == n->disk_cap) {
        n->disk_cap = n->disk_cap == 0 ? 64 : 2 * n->disk_cap;
        n->disk = check_realloc(n->disk, n->disk_cap, sizeof *n->disk);
    }
    n->disk[n->disk_count++] = r;
    if (!n->disk_held) disk_sync(w, i);
}

/* ---- what the core asks ---- */

static void on_sign(struct stage *w, uint32_t i, const struct consensus_output *o) {
    struct node *n = &w->nodes[i];
    char text[LINE_BYTES];
    ballot_text(&o->ballot, vote_names, text);
    if (vote_guard_check(&n->guard, &o->ballot, o->proposal) != OK) {
        stage_fail(w, "node %u asks for what its guard refuses: %s", i, text);
        return;
    }
    vote_guard_note(&n->guard, &o->ballot, o->proposal);
    tell(w, i, o->proposal ? "propose %s on v%lu" : "sign %s", o->proposal ? text + 9 : text, (unsigned long)o->ballot.parent_view);
    if (o->proposal) take_payload(w, i, &o->ballot.digest);
    disk_add(w, i, (struct disk_record){.is_vote = true, .proposal = o->proposal,
                                        .vote = {.ballot = o->ballot, .signer = (uint8_t)i}});
}

static void on_resend(struct stage *w, uint32_t i, const struct consensus_output *o) {
    char text[LINE_BYTES];
    ballot_text(&o->vote.ballot, vote_names, text);
    tell(w, i, "resend %s%s", text, o->again ? " and count it" : "");
    bool leads = o->vote.ballot.kind == VOTE_NOTARIZE && consensus_leader(w->nodes[i].core, o->vote.ballot.view) == i;
    post_all(w, i, leads ? SAID_PROPOSAL : SAID_VOTE, &o->vote, NULL);
    if (o->again)
        input(w, i, (struct consensus_input){.kind = leads ? CONSENSUS_PROPOSAL : CONSENSUS_VOTE, .vote = o->vote});
}

static void on_build(struct stage *w, uint32_t i, const struct consensus_output *o) {
    struct node *n = &w->nodes[i];
    struct consensus_input in = {.kind = CONSENSUS_BUILT, .view = o->ballot.view, .none = n->to_build == 0};
    if (n->to_build > 0) {
        char name[32];
        n->to_build--;
        snprintf(name, sizeof name, "B%lu%s", (unsigned long)o->ballot.view, n->life > 1 ? "'" : "");
        in.digest = named(name);
    }
    input(w, i, in);
}

static void on_check(struct stage *w, uint32_t i, const struct consensus_output *o) {
    struct node *n = &w->nodes[i];
    tell(w, i, "check %s of v%lu on %s", name_of(&o->ballot.digest), (unsigned long)o->ballot.view, name_of(&o->parent_digest));
    n->checking = true;
    n->check = o->ballot;
    if (holds(n, &o->ballot.digest)) take_payload(w, i, &o->ballot.digest);
}

static void on_final(struct stage *w, uint32_t i, const struct ballot *b) {
    struct node *n = &w->nodes[i];
    tell(w, i, "final v%lu %s", (unsigned long)b->view, name_of(&b->digest));
    if (n->finals_count > 0 && digest_equal(&n->finals[n->finals_count - 1], &b->digest)) return;
    if (n->finals_count == FINALS) return;
    uint32_t at = n->finals_count++;
    n->finals[at] = b->digest;
    if (n->to_build == 0) node_work(w, i, 0);
    n->final_views[at] = b->view;
    for (uint32_t k = 0; k < w->n; k++)
        if (at < w->nodes[k].finals_count && !digest_equal(&w->nodes[k].finals[at], &b->digest))
            stage_fail(w, "nodes %u and %u have other blocks at height %u", i, k, at + 1);
}

static void on_output(struct stage *w, uint32_t i, const struct consensus_output *o) {
    char text[LINE_BYTES], other[LINE_BYTES];
    switch (o->kind) {
    case CONSENSUS_OUT_SIGN: on_sign(w, i, o); return;
    case CONSENSUS_OUT_RESEND: on_resend(w, i, o); return;
    case CONSENSUS_OUT_SEND_CERTIFICATE:
        ballot_text(&o->ballot, certificate_names, text);
        tell(w, i, "%s %s", o->resend ? "resend" : "have", text);
        if (o->resend) post_all(w, i, SAID_CERTIFICATE, NULL, o->certificate);
        else disk_add(w, i, (struct disk_record){.certificate = *o->certificate});
        return;
    case CONSENSUS_OUT_BUILD: on_build(w, i, o); return;
    case CONSENSUS_OUT_CHECK: on_check(w, i, o); return;
    case CONSENSUS_OUT_FETCH_CERTIFICATE:
        tell(w, i, "fetch %s v%lu", certificate_names[o->ballot.kind], (unsigned long)o->ballot.view);
        fetch_certificate(w, i, &o->ballot);
        return;
    case CONSENSUS_OUT_FETCH_PAYLOAD:
        if (!holds(&w->nodes[i], &o->ballot.digest)) tell(w, i, "fetch payload %s", name_of(&o->ballot.digest));
        fetch_payload(w, i, &o->ballot.digest);
        return;
    case CONSENSUS_OUT_FINAL: on_final(w, i, &o->ballot); return;
    case CONSENSUS_OUT_BLAME:
        ballot_text(&o->vote.ballot, vote_names, text);
        ballot_text(&o->other.ballot, vote_names, other);
        tell(w, i, "blame %u: %s, %s", o->vote.signer, text, other);
        if (!w->nodes[o->vote.signer].liar) stage_fail(w, "node %u blames honest %u", i, o->vote.signer);
        return;
    }
}

void input(struct stage *w, uint32_t i, struct consensus_input in) {
    struct node *n = &w->nodes[i];
    CHECK(n->queue_count < QUEUE);
    n->queue[n->queue_count++] = in;
    if (n->stepping || !n->alive) return;
    n->stepping = true;
    struct consensus_outputs *out = n->outputs;
    for (uint32_t at = 0; at < n->queue_count; at++) {
        struct consensus_input now = n->queue[at];
        now.now_ms = w->now_ms;
        out->count = 0;
        consensus_step(n->core, &now, out);
        for (uint32_t k = 0; k < out->count; k++) on_output(w, i, &out->items[k]);
    }
    n->queue_count = 0;
    n->stepping = false;
    invariants(w);
}

void deliver(struct stage *w, struct message *m) {
    struct node *n = &w->nodes[m->to];
    if (!n->alive) return;
    switch (m->said) {
    case SAID_PROPOSAL:
        if (!w->nodes[m->from].withholds && holds(&w->nodes[m->from], &m->vote.ballot.digest))
            take_payload(w, m->to, &m->vote.ballot.digest);
        input(w, m->to, (struct consensus_input){.kind = CONSENSUS_PROPOSAL, .vote = m->vote});
        return;
    case SAID_VOTE: input(w, m->to, (struct consensus_input){.kind = CONSENSUS_VOTE, .vote = m->vote}); return;
    case SAID_CERTIFICATE:
        input(w, m->to, (struct consensus_input){.kind = CONSENSUS_CERTIFICATE, .certificate = &m->certificate});
        return;
    case SAID_PAYLOAD: take_payload(w, m->to, &m->vote.ballot.digest); return;
    }
}

/* ---- life ---- */

void node_start(struct stage *w, uint32_t i) {
    struct node *n = &w->nodes[i];
    struct consensus_config config = {.validators = w->n, .self = (uint8_t)i, .delta_ms = w->delta_ms, .leader_views = 1,
                                      .activity_timeout_ms = w->activity_ms};
    n->core = consensus_new(&config);
    if (n->outputs == NULL) n->outputs = check_alloc(1, sizeof *n->outputs);
    n->alive = true;
    n->life++;
    vote_guard_free(&n->guard);
    vote_guard_init(&n->guard, 0);
    for (uint32_t k = 0; k < n->disk_synced; k++) {
        const struct disk_record *r = &n->disk[k];
        if (r->is_vote) vote_guard_note(&n->guard, &r->vote.ballot, r->proposal);
        struct consensus_input in = {.kind = r->is_vote ? CONSENSUS_RECOVER_VOTE : CONSENSUS_RECOVER_CERTIFICATE,
                                     .vote = r->vote, .proposal = r->proposal, .certificate = &r->certificate, .now_ms = w->now_ms};
        w->out->count = 0;
        consensus_step(n->core, &in, w->out);
    }
    n->finals_count = n->committed;
    uint64_t view = n->committed > 0 ? n->final_views[n->committed - 1] : 0;
    input(w, i, (struct consensus_input){.kind = CONSENSUS_START, .view = view,
                                         .digest = n->committed > 0 ? n->finals[n->committed - 1] : named("g")});
    if (n->to_build > 0) node_work(w, i, n->to_build);
}

/* What was not written is gone; payloads were written before anything depended on them. */
void node_crash(struct stage *w, uint32_t i) {
    struct node *n = &w->nodes[i];
    consensus_free(n->core);
    n->core = NULL;
    n->alive = n->checking = n->wants = n->disk_held = false;
    n->disk_count = n->disk_synced;
}

void node_work(struct stage *w, uint32_t i, uint32_t blocks) {
    w->nodes[i].to_build = blocks;
    input(w, i, (struct consensus_input){.kind = CONSENSUS_WORK, .work = blocks > 0, .buildable = blocks > 0});
}

/* No two notarizations of a view, and no nullification of a view that is final, anywhere. */
void invariants(struct stage *w) {
    for (uint32_t a = 0; a < w->n; a++) {
        if (!w->nodes[a].alive) continue;
        uint64_t top = consensus_view(w->nodes[a].core);
        for (uint64_t v = top > 8 ? top - 8 : 1; v <= top; v++) {
            const struct certificate *f = consensus_certificate(w->nodes[a].core, v, VOTE_FINALIZE);
            const struct certificate *mine = consensus_certificate(w->nodes[a].core, v, VOTE_NOTARIZE);
            for (uint32_t b = 0; b < w->n; b++) {
                if (!w->nodes[b].alive) continue;
                const struct certificate *theirs = consensus_certificate(w->nodes[b].core, v, VOTE_NOTARIZE);
                if (f != NULL && consensus_certificate(w->nodes[b].core, v, VOTE_NULLIFY) != NULL)
                    stage_fail(w, "view %lu is final for %u and nullified for %u", (unsigned long)v, a, b);
                if (mine != NULL && theirs != NULL && !digest_equal(&mine->ballot.digest, &theirs->ballot.digest))
                    stage_fail(w, "view %lu has two notarizations", (unsigned long)v);
            }
        }
    }
}
