/* replica.c: one input in, what follows out. The happy path of a record, station by station:
 *
 *   SUBMIT -> VERIFY, VERIFIED -> pool, spread                      replica_submit.c   1 submit, 2 admit, 3 spread
 *   consensus BUILD -> payload, JOURNAL; CHECK -> verdict           replica_propose.c  4 propose, 5 check
 *   consensus SIGN -> guard, JOURNAL, WRITTEN -> SEND               replica_order.c    6 order
 *   consensus FINAL -> EXECUTE, EXECUTED                            replica_execute.c  7 execute
 *   cosign -> JOURNAL, WRITTEN -> SEND; a quorum -> attested        replica_attest.c   8 attest
 *   COMMIT, COMMITTED -> REPLY                                      replica_execute.c  9 commit
 * What may go wrong: a payload or record is missing (fetched from anybody, replica_propose.c); we are behind
 * (replica_sync.c); the disk refuses (nothing is signed any more); a quorum signed another root (diverged). Each step
 * ends with settle(): whatever became possible is done.
 */
#include "node/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/replica_state.h"

struct replica *replica_new(const struct replica_config *config) {
    struct replica *r = check_alloc(1, sizeof *r);
    r->config = *config;
    seed_wipe(&r->config.seed);
    r->genesis = config->genesis;
    r->n = config->genesis->validators.count;
    r->validator = config->validator != REPLICA_NO_VALIDATOR;
    r->random = config->random_seed;
    CHECK(!r->validator || config->validator < r->n);
    if (r->validator) signer_init(&r->signer, config->genesis, config->validator, &config->seed);
    const struct parameters *p = &config->genesis->params.parameters;
    struct consensus_config c = {.validators = r->n, .self = config->validator, .delta_ms = p->delta_ms,
                                 .leader_views = (uint32_t)p->leader_views,
                                 .activity_timeout_ms = p->activity_timeout_ms};
    r->consensus = consensus_new(&c);
    r->consensus_outputs = check_alloc(1, sizeof *r->consensus_outputs);
    pool_init(&r->pool, config->pool_records_max, config->pool_bytes_max, random_next(r));
    digest_map_init(&r->payloads, random_next(r));
    digest_map_init(&r->verifying, random_next(r));
    digest_map_init(&r->waiters, random_next(r));
    recent_init(&r->recent, random_next(r));
    buffer_init(&r->spread, RECORD_BYTES_MAX + SPREAD_BYTES);
    return r;
}

static void finals_free(struct replica *r) {
    for (uint32_t i = 0; i < r->finals_count; i++) {
        struct final_block *f = r->finals[i];
        buffer_free(&f->certificate);
        buffer_free(&f->link);
        buffer_free(&f->stored);
        buffer_free(&f->results);
        free(f->records);
        free(f->log_indices);
        free(f);
    }
}

void replica_free(struct replica *r) {
    if (r == NULL) return;
    if (r->validator) signer_free(&r->signer);
    finals_free(r);
    size_t at = 0;
    for (void *p; (p = digest_map_next(&r->payloads, &at, NULL)) != NULL;)
        free(p);
    digest_map_free(&r->payloads);
    digest_map_free(&r->verifying);
    for (size_t i = 0; i < sizeof r->jobs / sizeof r->jobs[0]; i++)
        free(r->jobs[i]);
    at = 0;
    for (struct waiter *w; (w = digest_map_next(&r->waiters, &at, NULL)) != NULL;)
        for (struct waiter *next; w != NULL; w = next) {
            next = w->next;
            free(w);
        }
    digest_map_free(&r->waiters);
    recent_free(&r->recent);
    for (struct held *h = r->held_first, *next; h != NULL; h = next) {
        next = h->next;
        free(h);
    }
    for (struct queued_input *q = r->queue_first, *next; q != NULL; q = next) {
        next = q->next;
        free(q->certificate);
        free(q);
    }
    for (struct synced_block *s = r->synced_first, *next; s != NULL; s = next) {
        next = s->next;
        buffer_free(&s->certificate);
        buffer_free(&s->link);
        free(s);
    }
    pool_free(&r->pool);
    buffer_free(&r->spread);
    free(r->marks);
    free(r->passed);
    consensus_free(r->consensus);
    free(r->consensus_outputs);
    free(r);
}

static void on_recover(struct replica *r, const struct replica_input *in) {
    struct vote v;
    struct certificate c;
    r->sequence = r->durable = in->sequence;
    uint64_t view = 0;
    switch ((enum journal_record)in->type) {
    case JOURNAL_VOTE:
    case JOURNAL_PROPOSAL: {
        if (vote_decode(in->bytes, &v) != OK) return;
        bool proposal = in->type == JOURNAL_PROPOSAL;
        view = v.ballot.view;
        if (r->validator) signer_fold_vote(&r->signer, &v, proposal);
        r->lost.voted_since = true;
        if (v.ballot.kind == VOTE_FINALIZE) note_passed(r, view, &v.ballot.digest, PASSED_LONG_AGO);
        consensus_queue(r, (struct consensus_input){
                               .kind = CONSENSUS_RECOVER_VOTE, .vote = v, .proposal = proposal}, NULL);
        break;
    }
    case JOURNAL_CERTIFICATE:
        if (certificate_decode(in->bytes, r->n, &c) != OK) return;
        view = c.ballot.view;
        if (c.ballot.kind == VOTE_FINALIZE) note_passed(r, view, &c.ballot.digest, PASSED_LONG_AGO);
        consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_RECOVER_CERTIFICATE}, &c);
        break;
    case JOURNAL_PAYLOAD: view = payload_recover(r, in->bytes); break;
    case JOURNAL_GUARD:
        guard_recover(r, in->bytes);
        r->guard_sequence = in->sequence;
        break;
    case JOURNAL_LOST:
    case JOURNAL_FOUND: lost_recover(r, in->sequence, in->type, in->bytes); break;
    }
    journal_mark(r, in->sequence, view);
    consensus_run(r);
}

static void on_start(struct replica *r, const struct replica_input *in) {
    const struct replica_head *head = in->head;
    r->started = true;
    if (in->sequence > r->sequence) r->sequence = r->durable = in->sequence;
    if (head->height == 0)
        block_header_genesis(&r->genesis->chain_id, r->genesis->rest.created_ms, &r->executed_header);
    else
        CHECK(block_header_decode(head->header, &r->executed_header) == OK);
    r->tip_digest = r->executed_digest = head->block;
    r->tip_view = r->committed_view = r->executed_header.view;
    r->executed_height = r->committed_height = r->commit_asked = head->height;
    r->executed_size = r->committed_size = head->log_size;
    r->executed_root = head->log_root;
    r->attested.height = head->height;
    r->attested.size = head->log_size;
    r->final_time_ms = r->executed_header.time_ms;
    lost_begin(r, in->err != OK);
    if (r->validator) vote_guard_raise_floor(&r->signer.votes, r->committed_view + 1);
    payloads_drop_below(r, r->committed_view);
    consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_START, .view = r->committed_view, .digest = head->block}, NULL);
    r->heartbeat_at_ms = r->status_at_ms = r->now_ms;
    r->work_dirty = true;
}

static void on_peer_up(struct replica *r, const struct replica_input *in) {
    if (r->peers_count == PEERS_MAX) {
        drop_peer(r, in->peer, ERR_PEER_CONNECTIONS);
        return;
    }
    r->peers[r->peers_count++] = (struct replica_peer){.id = in->peer, .validator = in->validator, .source = in->source};
    if (!r->started) return;
    send_status(r, in->peer);
    if (!may_push(r, &r->peers[r->peers_count - 1], MESSAGE_CERTIFICATE)) return;
    /* What lets a newcomer catch up with the present: the last finalization and our cosignature. */
    struct buffer CLEANUP(buffer_free) bytes = {0};
    buffer_init(&bytes, CERTIFICATE_BYTES_MAX);
    const struct certificate *f = consensus_certificate(r->consensus, consensus_final_view(r->consensus), VOTE_FINALIZE);
    if (f != NULL) {
        certificate_encode(f, r->n, &bytes);
        send_to(r, in->peer, MESSAGE_CERTIFICATE, buffer_span(&bytes));
    }
    for (uint32_t i = 0; i < r->cosignatures_count; i++) {
        if (r->cosignatures[i].size != r->attested.size) continue;
        buffer_clear(&bytes);
        codec_encode(&cosignature_type, &r->cosignatures[i], &bytes);
        send_to(r, in->peer, MESSAGE_COSIGNATURE, buffer_span(&bytes));
    }
}

static void on_peer_down(struct replica *r, const struct replica_input *in) {
    for (uint32_t i = 0; i < r->peers_count; i++) {
        if (r->peers[i].id != in->peer) continue;
        r->peers[i] = r->peers[--r->peers_count];
        return;
    }
}

static void on_message(struct replica *r, const struct replica_input *in) {
    switch ((enum message_type)in->type) {
    case MESSAGE_STATUS: on_status_message(r, in); return;
    case MESSAGE_PROPOSAL:
    case MESSAGE_VOTE: on_vote_message(r, in); return;
    case MESSAGE_CERTIFICATE: on_certificate_message(r, in); return;
    case MESSAGE_CERTIFICATE_FETCH: on_certificate_fetch(r, in); return;
    case MESSAGE_PAYLOAD: on_payload_message(r, in); return;
    case MESSAGE_PAYLOAD_FETCH: on_payload_fetch(r, in); return;
    case MESSAGE_COSIGNATURE: on_cosignature_message(r, in); return;
    case MESSAGE_RECORD_FETCH: on_record_fetch(r, in); return;
    case MESSAGE_RECORDS:
    case MESSAGE_RECORDS_FOUND: on_records_message(r, in); return;
    case MESSAGE_BLOCK_FETCH: on_block_fetch(r, in); return;
    case MESSAGE_BLOCKS: on_blocks_message(r, in); return;
    case MESSAGE_EVIDENCE: on_evidence_message(r, in); return;
    case MESSAGE_LEAVES_WANTED: /* these three do not come here (leaf_fetch.h) */
    case MESSAGE_LEAVES_FOUND:
    case MESSAGE_LEAVES_HELD:
    case MESSAGE_PING:
    case MESSAGE_PONG:
    case MESSAGE_GOODBYE: break;
    }
    drop_peer(r, in->peer, ERR_PEER_MESSAGE_TYPE);
}

static void on_write_failed(struct replica *r) {
    if (r->write_failed) return;
    r->write_failed = true;
    snprintf(r->reason, sizeof r->reason, "a write failed: this node signs nothing more, follows, and serves reads");
    alarm_raise(r, "event=write_failed height=%lu", (unsigned long)r->committed_height);
}

static void periodic(struct replica *r) {
    if (r->now_ms < r->status_at_ms) return;
    send_status(r, PEER_NONE);
    pool_expire(&r->pool, r->time_ms);
    waiters_forget(r);
    respread_old(r);
    sync_progress(r);
    r->status_at_ms = r->now_ms + STATUS_INTERVAL_MS;
}

/* Whatever became possible by this input, in the order in which one enables the next. */
static void settle(struct replica *r) {
    consensus_run(r);
    for (int round = 0; round < 8; round++) {
        payloads_progress(r);
        synced_take(r);
        finals_progress(r);
        lost_progress(r);
        update_work(r);
        if (r->queue_first == NULL) break;
        consensus_run(r);
    }
    if (r->spread_count > 0 && r->now_ms >= r->spread_since_ms + SPREAD_MS) flush_spread(r);
    heartbeat(r);
    periodic(r);
    if (r->finals_count == 0 || !r->validator) sync_progress(r);
}

void replica_step(struct replica *r, const struct replica_input *in, struct replica_outputs *out) {
    r->out = out;
    r->now_ms = in->now_ms;
    r->time_ms = in->time_ms;
    switch (in->kind) {
    case REPLICA_RECOVER: on_recover(r, in); return;
    case REPLICA_START: on_start(r, in); break;
    case REPLICA_TIMER: consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_TIMER}, NULL); break;
    case REPLICA_PEER_UP: on_peer_up(r, in); break;
    case REPLICA_PEER_DOWN: on_peer_down(r, in); break;
    case REPLICA_MESSAGE: on_message(r, in); break;
    case REPLICA_SUBMIT: on_submit(r, in); break;
    case REPLICA_VERIFIED: on_verified(r, in); break;
    case REPLICA_WRITTEN:
        if (in->sequence > r->durable) r->durable = in->sequence;
        release_held(r);
        break;
    case REPLICA_WRITE_FAILED: on_write_failed(r); break;
    case REPLICA_EXECUTED: on_executed(r, in); break;
    case REPLICA_COMMITTED: on_committed(r, in->sequence); break;
    case REPLICA_BLOCKS: on_blocks_read(r, in); break;
    case REPLICA_STOP: r->stopping = true; break;
    }
    if (r->started) settle(r);
}

static void sooner(uint64_t *least, uint64_t at) {
    if (at < *least) *least = at;
}

uint64_t replica_deadline(const struct replica *r) {
    if (!r->started) return UINT64_MAX;
    uint64_t least = consensus_deadline(r->consensus);
    sooner(&least, r->status_at_ms);
    if (may_sign(r)) sooner(&least, r->heartbeat_at_ms);
    sooner(&least, payloads_deadline(r));
    sooner(&least, finals_deadline(r));
    if (r->spread_count > 0) sooner(&least, r->spread_since_ms + SPREAD_MS);
    if (r->gather_until_ms > r->now_ms) sooner(&least, r->gather_until_ms);
    const struct pool_record *oldest = pool_first(&r->pool);
    if (oldest != NULL && !r->work) sooner(&least, oldest->added_ms + r->genesis->params.parameters.delta_ms);
    return least;
}

/* The committed height that at least one honest validator has: with the f greatest claims left out, the greatest of those connected. */
static void peers_part(const struct replica *r, struct replica_status *s) {
    uint64_t heights[VALIDATORS_MAX];
    uint32_t count = 0, faulty = r->n - quorum(r->n);
    for (uint32_t i = 0; i < r->peers_count; i++) {
        const struct replica_peer *p = &r->peers[i];
        if (p->validator == REPLICA_NO_VALIDATOR) continue;
        s->validators_connected++;
        if (!p->status_known || count == VALIDATORS_MAX) continue;
        uint32_t at = count++;
        for (; at > 0 && heights[at - 1] < p->status.height; at--) heights[at] = heights[at - 1];
        heights[at] = p->status.height;
    }
    s->validators_heard = count;
    s->others_height = count > faulty ? heights[faulty] : 0;
}

void replica_status(const struct replica *r, struct replica_status *ret) {
    struct replica_status s = {
        .view = consensus_view(r->consensus), .final_view = consensus_final_view(r->consensus),
        .final_height = tip_height(r), .executed_height = r->executed_height,
        .committed_height = r->committed_height, .attested_height = r->attested.height,
        .final_time_ms = r->final_time_ms, .attested_time_s = r->attested.as_of_s,
        .pool_records = pool_count(&r->pool), .pool_bytes = r->pool.bytes, .peers = r->peers_count,
        .records_accepted = r->records_accepted, .records_refused = r->records_refused, .blocks = r->blocks,
        .views_nullified = r->views_nullified, .evidence = r->evidence, .voting = may_sign(r),
        .diverged = r->diverged, .diverged_height = r->diverged_height};
    peers_part(r, &s);
    snprintf(s.reason, sizeof s.reason, "%s", r->reason);
    *ret = s;
}

bool replica_holds(const struct replica *r, const struct digest *wire_id) {
    return pool_keeps(&r->pool, wire_id) || digest_map_get(&r->verifying, wire_id) != NULL ||
           digest_map_get(&r->pool.by_record_id, wire_id) != NULL;
}

bool replica_attested(const struct replica *r, struct attested *ret) {
    if (!r->attested_known) return false;
    *ret = r->attested;
    return true;
}
