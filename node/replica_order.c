/* replica_order.c: station 6, order. What consensus asks is signed, journalled, and only then sent to
 * everybody, ourselves included; what peers
 * send is checked before consensus sees it. */
#include <stdlib.h>
#include <string.h>

#include "consensus/plant.h"
#include "node/replica_state.h"

void consensus_queue(struct replica *r, struct consensus_input in, const struct certificate *certificate) {
    struct queued_input *q = check_alloc(1, sizeof *q);
    q->in = in;
    if (certificate != NULL) {
        q->certificate = check_alloc(1, sizeof *certificate);
        *q->certificate = *certificate;
    }
    if (r->queue_last == NULL)
        r->queue_first = q;
    else
        r->queue_last->next = q;
    r->queue_last = q;
}

/* Sign, journal, hold until durable. */
static void sign_ballot(struct replica *r, const struct consensus_output *o) {
    struct vote v;
    if (!may_sign(r) || signer_vote(&r->signer, &o->ballot, o->proposal, &v) != OK) return;
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 512);
    vote_encode(&v, &bytes);
    uint8_t type = o->proposal ? JOURNAL_PROPOSAL : JOURNAL_VOTE;
    struct held h = {.own_vote = true, .proposal = o->proposal, .vote = v};
    h.message = o->proposal ? MESSAGE_PROPOSAL : MESSAGE_VOTE;
    if (o->proposal && payload_find(r, &o->ballot.digest) != NULL) h.payload = o->ballot.digest;
    h.sequence = journal_add(r, type, buffer_span(&bytes), o->ballot.view);
    hold(r, h, buffer_span(&bytes));
    if (o->ballot.kind == VOTE_FINALIZE) note_passed(r, o->ballot.view, &o->ballot.digest, r->time_ms / 1000);
    if (o->ballot.kind == VOTE_NULLIFY) r->views_nullified++;
}

static void resend_vote(struct replica *r, const struct consensus_output *o) {
    if (!may_sign(r)) return;
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 512);
    vote_encode(&o->vote, &bytes);
    bool ours = o->vote.ballot.kind == VOTE_NOTARIZE &&
                consensus_leader(r->consensus, o->vote.ballot.view) == r->config.validator;
    const struct payload *p = ours ? payload_find(r, &o->vote.ballot.digest) : NULL;
    if (p != NULL) payload_send(r, p, PEER_NONE);
    send_validators(r, ours ? MESSAGE_PROPOSAL : MESSAGE_VOTE, buffer_span(&bytes));
    if (o->again)
        consensus_queue(r, (struct consensus_input){
                               .kind = ours ? CONSENSUS_PROPOSAL : CONSENSUS_VOTE, .vote = o->vote}, NULL);
}

static void forward_certificate(struct replica *r, const struct consensus_output *o) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, CERTIFICATE_BYTES_MAX);
    certificate_encode(o->certificate, r->n, &bytes);
    if (o->ballot.kind == VOTE_FINALIZE) note_passed(r, o->ballot.view, &o->ballot.digest, r->time_ms / 1000);
    if (o->resend || !r->validator || PLANT_LEAVING_NOT_DURABLE) {
        send_all(r, MESSAGE_CERTIFICATE, buffer_span(&bytes));
        return;
    }
    struct held h = {.message = MESSAGE_CERTIFICATE, .followers_too = true};
    h.sequence = journal_add(r, JOURNAL_CERTIFICATE, buffer_span(&bytes), o->ballot.view);
    hold(r, h, buffer_span(&bytes));
}

static void fetch_certificate(struct replica *r, const struct ballot *b) {
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, 64);
    struct pair_message m = {b->view, b->kind};
    codec_encode(&pair_message_type, &m, &bytes);
    send_to(r, random_peer(r), MESSAGE_CERTIFICATE_FETCH, buffer_span(&bytes));
}

static void report_evidence(struct replica *r, const struct consensus_output *o) {
    struct buffer CLEANUP(buffer_free) a = {0}, b = {0}, both = {0};
    buffer_init(&a, 512);
    buffer_init(&b, 512);
    buffer_init(&both, 1200);
    vote_encode(&o->vote, &a);
    vote_encode(&o->other, &b);
    pack_array(&both, 2);
    pack_bytes(&both, buffer_span(&a));
    pack_bytes(&both, buffer_span(&b));
    r->evidence++;
    send_all(r, MESSAGE_EVIDENCE, buffer_span(&both));
    alarm_raise(r, "event=equivocation validator=%u view=%lu kinds=%u,%u", o->vote.signer,
                (unsigned long)o->vote.ballot.view, o->vote.ballot.kind, o->other.ballot.kind);
}

static void on_output(struct replica *r, const struct consensus_output *o) {
    switch (o->kind) {
    case CONSENSUS_OUT_SIGN: sign_ballot(r, o); return;
    case CONSENSUS_OUT_RESEND: resend_vote(r, o); return;
    case CONSENSUS_OUT_SEND_CERTIFICATE: forward_certificate(r, o); return;
    case CONSENSUS_OUT_BUILD: build(r, &o->ballot); return;
    case CONSENSUS_OUT_CHECK: check_proposal(r, o); return;
    case CONSENSUS_OUT_FETCH_CERTIFICATE: fetch_certificate(r, &o->ballot); return;
    case CONSENSUS_OUT_FETCH_PAYLOAD: want_payload(r, &o->ballot.digest); return;
    case CONSENSUS_OUT_FINAL: on_final(r, &o->ballot); return;
    case CONSENSUS_OUT_BLAME: report_evidence(r, o); return;
    }
}

void consensus_run(struct replica *r) {
    while (r->queue_first != NULL) {
        struct queued_input *q = r->queue_first;
        r->queue_first = q->next;
        if (r->queue_first == NULL) r->queue_last = NULL;
        q->in.now_ms = r->now_ms;
        q->in.certificate = q->certificate;
        r->consensus_outputs->count = 0;
        consensus_allow(r->consensus, FINALS_MAX - r->finals_count); /* a slow disk holds up what is handed over */
        consensus_step(r->consensus, &q->in, r->consensus_outputs);
        for (uint32_t i = 0; i < r->consensus_outputs->count; i++)
            on_output(r, &r->consensus_outputs->items[i]);
        free(q->certificate);
        free(q);
    }
}

/* Records come in crowds: the first of them that is checked waits for the others, a moment at most per block. */
static bool gathering(struct replica *r) {
    if (r->jobs_count == 0) {
        r->gather_until_ms = 0;
        return false;
    }
    if (r->gather_until_ms == 0) r->gather_until_ms = r->now_ms + GATHER_MS;
    return r->now_ms < r->gather_until_ms;
}

/* Tells consensus whether there is something to propose, and whether something waits so long that timers must run. */
void update_work(struct replica *r) {
    const struct pool_record *oldest = pool_first(&r->pool);
    bool buildable = oldest != NULL && !gathering(r);
    bool work = oldest != NULL && r->now_ms >= oldest->added_ms + r->genesis->params.parameters.delta_ms;
    if (buildable == r->buildable && work == r->work && !r->work_dirty) return;
    r->buildable = buildable;
    r->work = work;
    r->work_dirty = false;
    consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_WORK, .work = work, .buildable = buildable}, NULL);
}

void on_vote_message(struct replica *r, const struct replica_input *in) {
    struct vote v;
    enum err e = vote_decode(in->bytes, &v);
    if (e != OK) {
        drop_peer(r, in->peer, e);
        return;
    }
    /* Windows before signatures: old and far votes cost nothing. */
    bool proposal = in->type == MESSAGE_PROPOSAL;
    if (!consensus_wants_vote(r->consensus, &v, r->now_ms) && !(proposal && v.ballot.view > consensus_final_view(r->consensus)))
        return;
    e = vote_check(&v, &r->genesis->chain_id, &r->genesis->validators);
    if (e != OK) {
        drop_peer(r, in->peer, e);
        return;
    }
    consensus_queue(r, (struct consensus_input){
                           .kind = proposal ? CONSENSUS_PROPOSAL : CONSENSUS_VOTE, .vote = v}, NULL);
}

void on_certificate_message(struct replica *r, const struct replica_input *in) {
    struct certificate c;
    enum err e = certificate_decode(in->bytes, r->n, &c);
    if (e == OK && c.ballot.epoch != 0) return;
    if (e == OK && consensus_certificate(r->consensus, c.ballot.view, c.ballot.kind) != NULL) return;
    if (e == OK && c.ballot.view + CONSENSUS_RETENTION_VIEWS < r->committed_view) return;
    if (e == OK) e = certificate_check(&c, &r->genesis->chain_id, &r->genesis->validators);
    if (e != OK) {
        drop_peer(r, in->peer, e);
        return;
    }
    consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_CERTIFICATE}, &c);
}

void on_certificate_fetch(struct replica *r, const struct replica_input *in) {
    struct pair_message m;
    if (codec_decode(&pair_message_type, in->bytes, NULL, &m) != OK || m.second < 1 || m.second > VOTE_KINDS) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    const struct certificate *c = consensus_certificate(r->consensus, m.first, (enum vote_kind)m.second);
    if (c == NULL && m.second == VOTE_NOTARIZE) c = consensus_certificate(r->consensus, m.first, VOTE_FINALIZE);
    if (c == NULL) return;
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, CERTIFICATE_BYTES_MAX);
    certificate_encode(c, r->n, &bytes);
    send_to(r, in->peer, MESSAGE_CERTIFICATE, buffer_span(&bytes));
}

static bool told_before(const struct replica *r, const struct vote *v) {
    for (uint32_t i = 0; i < TOLD_EVIDENCE; i++)
        if (r->told[i].view == v->ballot.view && r->told[i].signer == v->signer) return true;
    return false;
}

/* Evidence speaks for itself: two signatures that no honest validator makes. A follower learns of it only this
 * way. */
void on_evidence_message(struct replica *r, const struct replica_input *in) {
    struct unpack u;
    struct vote a, b;
    unpack_init(&u, in->bytes);
    uint32_t count = unpack_array(&u, 2);
    struct span first = unpack_bytes(&u, 512), second = unpack_bytes(&u, 512);
    if (unpack_end(&u) != OK || count != 2 || vote_decode(first, &a) != OK || vote_decode(second, &b) != OK) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    bool same_place = a.signer == b.signer && a.ballot.view == b.ballot.view && a.ballot.epoch == b.ballot.epoch;
    bool excluded = a.ballot.kind == b.ballot.kind ? !ballot_equal(&a.ballot, &b.ballot)
                                                   : a.ballot.kind + b.ballot.kind == VOTE_NULLIFY + VOTE_FINALIZE;
    if (!same_place || !excluded || r->validator) return; /* validators see the votes themselves */
    if (told_before(r, &a)) return;
    if (vote_check(&a, &r->genesis->chain_id, &r->genesis->validators) != OK ||
        vote_check(&b, &r->genesis->chain_id, &r->genesis->validators) != OK)
        return;
    r->told[r->told_next++ % TOLD_EVIDENCE] = (struct told_evidence){a.ballot.view, a.signer};
    r->evidence++;
    alarm_raise(r, "event=equivocation validator=%u view=%lu kinds=%u,%u", a.signer,
                (unsigned long)a.ballot.view, a.ballot.kind, b.ballot.kind);
}
