/* replica_execute.c: stations 7 and 9: final digests become blocks, blocks are executed in order, and
 * committed once they are attested. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/plant.h"
#include "node/replica_state.h"

uint64_t tip_height(const struct replica *r) {
    return r->committed_height + r->finals_count;
}

bool finals_room(const struct replica *r) {
    return r->finals_count < FINALS_MAX;
}

static void final_free(struct final_block *f) {
    buffer_free(&f->certificate);
    buffer_free(&f->link);
    buffer_free(&f->stored);
    buffer_free(&f->results);
    free(f->records);
    free(f->log_indices);
    free(f);
}

struct final_block *final_push(struct replica *r, uint64_t view, const struct digest *digest) {
    CHECK(finals_room(r));
    struct final_block *f = check_alloc(1, sizeof *f);
    f->view = view;
    f->height = tip_height(r) + 1;
    f->digest = *digest;
    f->link_from = r->tip_view;
    buffer_init(&f->certificate, CERTIFICATE_BYTES_MAX);
    buffer_init(&f->link, BLOCK_NULLIFICATIONS_BYTES_MAX);
    buffer_init(&f->stored, BLOCK_NULLIFICATIONS_BYTES_MAX + BLOCK_RECORDS_MAX * 40 + (1 << 20));
    buffer_init(&f->results, BLOCK_RECORDS_MAX * 48);
    r->finals[r->finals_count++] = f;
    r->tip_view = view;
    r->tip_digest = *digest;
    return f;
}

/* Consensus says: final, oldest first. A digest equal to the one before is a repeat and makes no block, but
 * its finalization may be the
 * only one there is: then it serves the block as certificate (SPEC B7). */
void on_final(struct replica *r, const struct ballot *b) {
    note_passed(r, b->view, &b->digest, r->time_ms / 1000);
    const struct certificate *c = consensus_certificate(r->consensus, b->view, VOTE_FINALIZE);
    if (digest_equal(&b->digest, &r->tip_digest)) {
        struct final_block *newest = r->finals_count > 0 ? r->finals[r->finals_count - 1] : NULL;
        if (newest == NULL || newest->executing || c == NULL) return;
        buffer_clear(&newest->certificate);
        certificate_encode(c, r->n, &newest->certificate);
        return;
    }
    struct final_block *f = final_push(r, b->view, &b->digest);
    if (c == NULL) c = consensus_certificate(r->consensus, b->view, VOTE_NOTARIZE);
    CHECK(c != NULL);
    certificate_encode(c, r->n, &f->certificate);
    struct payload *p = payload_find(r, &b->digest);
    if (p != NULL)
        p->wanted = true;
    else
        want_payload(r, &b->digest);
}

/* SPEC B7: for every view between the block before and this one its nullification, or the certificate of a repeat. */
static bool link_complete(struct replica *r, struct final_block *f, const struct digest *parent) {
    if (f->link.len > 0) return true;
    uint64_t first = f->link_from + 1, missing = 0;
    for (uint64_t v = first; v < f->view && missing == 0; v++) {
        const struct certificate *c = consensus_certificate(r->consensus, v, VOTE_NULLIFY);
        if (c != NULL) continue;
        c = consensus_certificate(r->consensus, v, VOTE_NOTARIZE);
        if (c == NULL) c = consensus_certificate(r->consensus, v, VOTE_FINALIZE);
        if (c == NULL || !digest_equal(&c->ballot.digest, parent)) missing = v;
    }
    if (missing != 0) {
        if (r->now_ms < f->link_fetch_at_ms) return false;
        f->link_fetch_at_ms = r->now_ms + r->genesis->params.parameters.delta_ms;
        struct buffer CLEANUP(buffer_free) bytes = {0};
        buffer_init(&bytes, 64);
        struct pair_message m = {missing, VOTE_NULLIFY};
        codec_encode(&pair_message_type, &m, &bytes);
        send_to(r, random_peer(r), MESSAGE_CERTIFICATE_FETCH, buffer_span(&bytes));
        return false;
    }
    pack_array(&f->link, (uint32_t)(f->view - first));
    for (uint64_t v = first; v < f->view; v++) {
        const struct certificate *c = consensus_certificate(r->consensus, v, VOTE_NULLIFY);
        if (c == NULL) c = consensus_certificate(r->consensus, v, VOTE_FINALIZE);
        if (c == NULL) c = consensus_certificate(r->consensus, v, VOTE_NOTARIZE);
        certificate_encode(c, r->n, &f->link);
    }
    return true;
}

static void execute(struct replica *r, struct final_block *f, const struct payload *p) {
    struct stored_block stored = {p->header_bytes, p->wire_ids, p->count, buffer_span(&f->certificate), buffer_span(&f->link)};
    stored_block_encode(&stored, &f->stored);
    f->records = check_alloc(p->count, sizeof *f->records);
    for (uint32_t i = 0; i < p->count; i++) {
        struct pool_record *record = pool_find(&r->pool, &p->wire_ids[i]);
        CHECK(record != NULL);
        pool_finalise(&r->pool, record);
        f->records[i] = record->bytes;
    }
    f->executing = true;
    CHECK(f->height == p->header.height);
    r->final_time_ms = p->header.time_ms;
    f->job = (struct block_job){f->height, buffer_span(&f->stored), p->header_bytes, f->digest, f->records, p->count};
    struct replica_output *o = output_add(r, REPLICA_EXECUTE);
    o->height = f->height;
    o->block = &f->job;
    consensus_keep(r->consensus, f->view);
}

/* Hands over every final block whose payload, records and link are here, in order. */
void finals_progress(struct replica *r) {
    struct digest parent = r->executed_digest;
    for (uint32_t i = 0; i < r->finals_count; i++) {
        struct final_block *f = r->finals[i];
        if (!f->executing) {
            struct payload *p = payload_find(r, &f->digest);
            if (p == NULL) {
                if (r->now_ms >= f->link_fetch_at_ms) {
                    f->link_fetch_at_ms = r->now_ms + r->genesis->params.parameters.delta_ms;
                    want_payload(r, &f->digest);
                }
                return;
            }
            if (!payload_complete(r, p)) {
                p->wanted = true;
                return;
            }
            if (!link_complete(r, f, &parent)) return;
            payload_journal(r, p);
            execute(r, f, p);
        }
        parent = f->digest;
    }
}

uint64_t finals_deadline(const struct replica *r) {
    for (uint32_t i = 0; i < r->finals_count; i++)
        if (!r->finals[i]->executing) return r->finals[i]->link_fetch_at_ms > 0 ? r->finals[i]->link_fetch_at_ms : r->now_ms + 10;
    return UINT64_MAX;
}

void on_executed(struct replica *r, const struct replica_input *in) {
    const struct replica_execution *e = in->execution;
    struct final_block *f = NULL;
    for (uint32_t i = 0; i < r->finals_count && f == NULL; i++)
        if (r->finals[i]->executing && !r->finals[i]->executed) f = r->finals[i];
    CHECK(f != NULL && f->height == e->height && f->job.records_count == e->results_count);
    f->executed = true;
    f->log_size = e->log_size;
    f->log_root = e->log_root;
    buffer_append_span(&f->results, e->results);
    f->log_indices = check_alloc(e->results_count, sizeof *f->log_indices);
    memcpy(f->log_indices, e->log_indices, e->results_count * sizeof *f->log_indices);
    for (uint32_t i = 0; i < e->results_count; i++) {
        if (f->log_indices[i] == UINT64_MAX)
            r->records_refused++;
        else
            r->records_accepted++;
    }
    r->blocks++;
    const struct payload *p = payload_find(r, &f->digest);
    CHECK(p != NULL);
    r->executed_header = p->header;
    r->executed_digest = f->digest;
    r->executed_height = f->height;
    r->executed_size = f->log_size;
    r->executed_root = f->log_root;
    if (PLANT_ACKNOWLEDGE_EARLY) answer_waiters(r, f);
    attest_executed(r, f);
}

/* Everything executed up to the newest attested checkpoint is committed together (docs/decisions/0003). */
void commit_attested(struct replica *r) {
    if (!r->attested_known || r->attested.height <= r->commit_asked || r->attested.height > r->executed_height) return;
    r->commit_asked = r->attested.height;
    struct replica_output *o = output_add(r, REPLICA_COMMIT);
    o->height = r->attested.height;
    struct span copy = output_copy(r, span_of(&r->attested, sizeof r->attested));
    o->attested = (const struct attested *)(const void *)copy.data;
}

/* Journal records of views up to the committed one are not needed any more. */
static void journal_trim(struct replica *r) {
    uint64_t keep = 0;
    while (r->marks_count > 0 && r->marks[r->marks_first].view <= r->committed_view) {
        keep = r->marks[r->marks_first].sequence + 1;
        r->marks_first++;
        r->marks_count--;
    }
    if (keep == 0) return;
    guard_keep(r, keep);
    lost_keep(r, keep);
    if (r->guard_sequence != 0 && r->guard_sequence < keep) keep = r->guard_sequence;
    output_add(r, REPLICA_JOURNAL_KEEP)->sequence = keep;
}

void on_committed(struct replica *r, uint64_t height) {
    while (r->finals_count > 0 && r->finals[0]->executed && r->finals[0]->height <= height) {
        struct final_block *f = r->finals[0];
        answer_waiters(r, f);
        r->committed_height = f->height;
        r->committed_size = f->log_size;
        r->committed_view = f->view;
        struct payload *p = payload_find(r, &f->digest);
        CHECK(p != NULL);
        for (uint32_t i = 0; i < p->count; i++) {
            pool_remove(&r->pool, &p->wire_ids[i]);
            recent_add(&r->recent, &p->wire_ids[i]);
        }
        memmove(&r->finals[0], &r->finals[1], (r->finals_count - 1) * sizeof r->finals[0]);
        r->finals_count--;
        final_free(f);
    }
    CHECK(r->committed_height == height);
    consensus_queue(r, (struct consensus_input){.kind = CONSENSUS_TIMER}, NULL); /* there is room for more */
    payloads_drop_below(r, r->committed_view);
    if (r->validator) {
        vote_guard_raise_floor(&r->signer.votes, r->committed_view + 1);
        journal_trim(r);
    }
    for (uint32_t i = 0; i < r->peers_count; i++)
        if (r->peers[i].validator == REPLICA_NO_VALIDATOR) send_status(r, r->peers[i].id);
}
