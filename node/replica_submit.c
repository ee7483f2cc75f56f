/* replica_submit.c: stations 1 to 3: submit, admit, spread.
 *
 * A record comes from a submitter, from a validator that admitted it, or from a peer that was asked for it because a payload names it. Whatever
 * the way, its form and signature are checked once, in a worker (VERIFY), and it is known by its wire identity from then on.
 */
#include <stdlib.h>
#include <string.h>

#include "node/replica_state.h"

enum { RETRY_AFTER_MS = 500, RESPREAD_RECORDS = 256 };

static struct replica_reply *reply(struct replica *r, uint64_t ticket, enum reply_kind kind) {
    struct replica_output *o = output_add(r, REPLICA_REPLY);
    o->ticket = ticket;
    o->reply.kind = kind;
    return &o->reply;
}

static struct replica_reply *reply_refused(struct replica *r, uint64_t ticket, enum err e, const struct digest *wire_id,
                                           const struct digest *record_id) {
    struct replica_reply *answer = reply(r, ticket, e == ERR_BUSY ? REPLY_BUSY : REPLY_REFUSED);
    answer->err = e;
    if (e == ERR_BUSY) answer->retry_after_ms = RETRY_AFTER_MS;
    if (wire_id != NULL) answer->wire_id = *wire_id;
    if (record_id != NULL) answer->record_id = *record_id;
    return answer;
}

static void reply_pending(struct replica *r, uint64_t ticket, bool wait, const struct digest *wire_id,
                          const struct digest *record_id) {
    struct replica_reply *answer = reply(r, ticket, REPLY_PENDING);
    answer->wire_id = *wire_id;
    answer->record_id = *record_id;
    if (!wait || r->waiters_count >= WAITERS_MAX) return;
    struct waiter *w = check_alloc(1, sizeof *w);
    *w = (struct waiter){ticket, r->now_ms, *record_id, digest_map_get(&r->waiters, wire_id)};
    digest_map_put(&r->waiters, wire_id, w);
    r->waiters_count++;
}

/* The header's id and expiry without looking at the body: what pools need. */
static enum err peek(struct span wire, struct digest *ret_wire_id, struct digest *ret_record_id, uint64_t *ret_expires) {
    struct unpack u;
    struct record_header header;
    unpack_init(&u, wire);
    uint32_t count = unpack_array(&u, 3);
    struct span header_bytes = unpack_bytes(&u, RECORD_HEADER_BYTES_MAX);
    struct span signature = unpack_bytes(&u, sizeof(struct signature));
    (void)unpack_bytes(&u, RECORD_BYTES_MAX);
    enum err e = unpack_end(&u);
    if (e == OK && (count != 3 || signature.len != sizeof(struct signature))) e = ERR_CODEC_COUNT;
    if (e == OK) e = record_header_decode(header_bytes, &header);
    if (e != OK) return e;
    struct signature s;
    memcpy(s.b, signature.data, sizeof s.b);
    *ret_wire_id = record_wire_id_of(header_bytes, &s);
    *ret_record_id = record_id_of(header_bytes);
    *ret_expires = header.expires_ms;
    return OK;
}

/* Hands a record to the workers. ERR_BUSY when too many are being checked; for one that a block names there is more room. */
static enum err verify_start(struct replica *r, struct verify_job job, struct span wire) {
    bool full = r->jobs_count >= VERIFY_JOBS_MAX || r->jobs_bytes + wire.len > VERIFY_BYTES_MAX;
    if (full && !job.needed) return ERR_BUSY;
    if (full && r->jobs_count >= 2 * VERIFY_JOBS_MAX) return ERR_BUSY; /* it will be asked for again */
    struct verify_job *copy = check_alloc(1, sizeof *copy + wire.len);
    *copy = job;
    memcpy(copy + 1, wire.data, wire.len);
    copy->bytes = span_of(copy + 1, wire.len);
    while (r->jobs[r->jobs_free] != NULL)
        r->jobs_free = (r->jobs_free + 1) % (2 * VERIFY_JOBS_MAX);
    r->jobs[r->jobs_free] = copy;
    copy->job = r->jobs_free + 1;
    r->jobs_count++;
    r->jobs_bytes += wire.len;
    digest_map_put(&r->verifying, &copy->wire_id, copy);
    struct replica_output *o = output_add(r, REPLICA_VERIFY);
    o->job = copy->job;
    o->bytes = copy->bytes; /* lives until the answer */
    o->wait = true;
    return OK;
}

void on_submit(struct replica *r, const struct replica_input *in) {
    struct verify_job job = {.ticket = in->ticket, .submitted = true, .wait = in->wait};
    if (!may_sign(r)) {
        reply_refused(r, in->ticket, r->stopping ? ERR_STOPPING : ERR_NOT_VOTING, NULL, NULL);
        return;
    }
    enum err e = in->bytes.len > r->genesis->params.parameters.record_bytes ? ERR_TOO_LARGE : OK;
    if (e == OK) e = peek(in->bytes, &job.wire_id, &job.record_id, &job.expires_ms);
    if (e != OK) {
        reply_refused(r, in->ticket, e, NULL, NULL);
        return;
    }
    if (pool_keeps(&r->pool, &job.wire_id)) {
        reply_pending(r, in->ticket, in->wait, &job.wire_id, &job.record_id);
        return;
    }
    if (!pool_fits(&r->pool, in->bytes.len)) e = ERR_BUSY;
    if (e == OK) e = verify_start(r, job, in->bytes);
    if (e != OK) reply_refused(r, in->ticket, e, &job.wire_id, &job.record_id);
}

static struct verify_job *job_take(struct replica *r, uint64_t id) {
    if (id == 0 || id > 2 * VERIFY_JOBS_MAX || r->jobs[id - 1] == NULL) return NULL;
    struct verify_job *job = r->jobs[id - 1];
    r->jobs[id - 1] = NULL;
    r->jobs_count--;
    r->jobs_bytes -= job->bytes.len;
    if (digest_map_get(&r->verifying, &job->wire_id) == job) digest_map_remove(&r->verifying, &job->wire_id);
    return job;
}

static void spread(struct replica *r, struct pool_record *p) {
    if (r->spread.len + p->bytes.len > SPREAD_BYTES) flush_spread(r);
    p->spread_ms = r->now_ms;
    buffer_append_span(&r->spread, p->bytes);
    if (r->spread_count++ == 0) r->spread_since_ms = r->now_ms;
}

void flush_spread(struct replica *r) {
    if (r->spread_count == 0) return;
    struct buffer CLEANUP(buffer_free) message = {0};
    buffer_init(&message, r->spread.len + 16);
    pack_array(&message, r->spread_count);
    buffer_append_span(&message, buffer_span(&r->spread));
    send_validators(r, MESSAGE_RECORDS, buffer_span(&message));
    buffer_clear(&r->spread);
    r->spread_count = 0;
}

/* A record that stays unfinal past its patience is spread again by everyone who holds it: a dead leader cannot hide it. */
void respread_old(struct replica *r) {
    uint64_t patience = 8 * r->genesis->params.parameters.delta_ms;
    uint32_t done = 0;
    for (struct pool_record *p = pool_first(&r->pool); p != NULL && done < RESPREAD_RECORDS; p = p->newer) {
        if (r->now_ms < p->spread_ms + patience) return; /* older ones were spread longer ago */
        spread(r, p);
        done++;
    }
    flush_spread(r);
}

/* A block names this record, which is well formed, and it is not admitted here: it is for that block alone. */
static void lend(struct replica *r, const struct verify_job *job) {
    if (!pool_lend(&r->pool, &job->wire_id, &job->record_id, job->bytes, job->expires_ms, r->now_ms)) return;
    payloads_hold(r, pool_find(&r->pool, &job->wire_id));
    pool_release(&r->pool, &job->wire_id);
}

/* Two things may have happened to this record while it was being checked: a block came that names it, or it came another way. */
static void admit(struct replica *r, const struct verify_job *job) {
    enum err e = pool_add(&r->pool, &job->wire_id, &job->record_id, job->bytes, job->expires_ms, r->now_ms);
    if (e == ERR_POOL_KNOWN) e = OK;
    if (e != OK && job->needed) lend(r, job);
    if (job->submitted && e != OK) reply_refused(r, job->ticket, e, &job->wire_id, &job->record_id);
    if (job->submitted && e == OK) reply_pending(r, job->ticket, job->wait, &job->wire_id, &job->record_id);
    if (e != OK) return;
    r->work_dirty = true;
    struct pool_record *p = pool_find(&r->pool, &job->wire_id);
    if (job->submitted && p != NULL) spread(r, p);
}

/* A record of a block is not what it should be: whoever sent it lied, or the block is false. Said with the height, where a block here names it. */
static void record_alarm(struct replica *r, const struct verify_job *job, enum err e) {
    const struct payload *p;
    size_t at = 0;
    while ((p = digest_map_next(&r->payloads, &at, NULL)) != NULL)
        for (uint32_t i = 0; i < p->count; i++) {
            if (!digest_equal(&p->wire_ids[i], &job->wire_id)) continue;
            alarm_raise(r, "event=bad_record height=%lu index=%u err=%s why=\"%s\" peer=%lu", (unsigned long)p->header.height,
                        i, err_name(e), err_text(e, LANG_EN), (unsigned long)job->peer);
            return;
        }
}

void on_verified(struct replica *r, const struct replica_input *in) {
    struct verify_job *job = job_take(r, in->job);
    CHECK(job != NULL);
    enum err e = in->err;
    uint16_t code = in->code, item = in->item;
    if (e == OK && code == 0 && recent_has(&r->recent, &job->wire_id)) code = RESULT_DUPLICATE; /* committed while it was checked */
    if (e == OK && code != 0) e = ERR_WOULD_REFUSE;
    if (e == ERR_WOULD_REFUSE && job->needed) lend(r, job);
    if (e == OK) {
        admit(r, job);
    } else {
        if (job->submitted) {
            struct replica_reply *answer = reply_refused(r, job->ticket, e, &job->wire_id, &job->record_id);
            answer->code = code;
            answer->item = item;
        }
        if (job->needed && e != ERR_WOULD_REFUSE) record_alarm(r, job, e);
        /* The wire identity covers header and signature. A body that does not fit them convicts whoever sent it, not the block. */
        if (e == ERR_SIGNATURE) record_malformed(r, &job->wire_id);
        /* A validator vouches for the form of what it spreads; by present status it may honestly differ from us. */
        if (!job->submitted && e != ERR_WOULD_REFUSE) drop_peer(r, job->peer, e);
    }
    free(job);
    if (r->jobs_count == 0) flush_spread(r);
}

bool verify_needed(struct replica *r, uint64_t peer, struct span wire) {
    struct verify_job job = {.peer = peer, .needed = true};
    if (wire.len > r->genesis->params.parameters.record_bytes) return false;
    if (peek(wire, &job.wire_id, &job.record_id, &job.expires_ms) != OK) return false;
    if (pool_find(&r->pool, &job.wire_id) != NULL) return false;
    struct verify_job *running = digest_map_get(&r->verifying, &job.wire_id);
    if (running != NULL) {
        running->needed = true;
        return false;
    }
    return verify_start(r, job, wire) == OK; /* busy: it is asked for again */
}

/* RECORDS (spread by a validator) and RECORDS_FOUND (asked for). */
void on_records_message(struct replica *r, const struct replica_input *in) {
    if (!r->validator && in->type == MESSAGE_RECORDS) return;
    struct unpack u;
    unpack_init(&u, in->bytes);
    uint32_t count = unpack_array(&u, BLOCK_RECORDS_MAX);
    bool news = false;
    for (uint32_t i = 0; i < count && u.err == OK; i++) {
        struct span wire = unpack_value(&u);
        struct verify_job job = {.peer = in->peer};
        if (u.err != OK) break;
        if (in->type == MESSAGE_RECORDS_FOUND) {
            news = verify_needed(r, in->peer, wire) || news;
            continue;
        }
        if (wire.len > r->genesis->params.parameters.record_bytes) continue;
        if (peek(wire, &job.wire_id, &job.record_id, &job.expires_ms) != OK) continue;
        if (pool_find(&r->pool, &job.wire_id) != NULL || digest_map_get(&r->verifying, &job.wire_id) != NULL) continue;
        if (recent_has(&r->recent, &job.wire_id)) continue; /* its block was faster */
        if (!pool_fits(&r->pool, wire.len)) break; /* full: a proposal will name what is needed */
        if (verify_start(r, job, wire) != OK) break;
    }
    if (news && u.err == OK) payloads_fetch_on(r, in->peer);
    if (u.err != OK) drop_peer(r, in->peer, ERR_MESSAGE_FORM);
}

/* Answers with what is held, cut at the size of a message; the rest is asked for again. */
void on_record_fetch(struct replica *r, const struct replica_input *in) {
    if (in->bytes.len % sizeof(struct digest) != 0) {
        drop_peer(r, in->peer, ERR_MESSAGE_FORM);
        return;
    }
    struct buffer CLEANUP(buffer_free) found = {0}, message = {0};
    buffer_init(&found, RECORD_BYTES_MAX + SPREAD_BYTES);
    uint32_t count = 0;
    for (size_t at = 0; at < in->bytes.len && found.len < SPREAD_BYTES; at += sizeof(struct digest)) {
        struct digest id;
        memcpy(id.b, in->bytes.data + at, sizeof id.b);
        const struct pool_record *p = pool_find(&r->pool, &id);
        if (p == NULL) continue;
        if (found.len + p->bytes.len > RECORD_BYTES_MAX) break;
        buffer_append_span(&found, p->bytes);
        count++;
    }
    if (count == 0) return;
    buffer_init(&message, found.len + 16);
    pack_array(&message, count);
    buffer_append_span(&message, buffer_span(&found));
    send_to(r, in->peer, MESSAGE_RECORDS_FOUND, buffer_span(&message));
}

/* Nobody listens longer than RPC_WAIT_MS_MAX. Whether a record that was not decided by then ever will be is not known here, so nothing
 * is said. */
void waiters_forget(struct replica *r) {
    if (r->now_ms < r->waiters_swept_ms + RPC_WAIT_MS_MAX) return;
    r->waiters_swept_ms = r->now_ms;
    struct digest_map kept;
    struct digest wire_id;
    size_t at = 0;
    digest_map_init(&kept, r->waiters.salt);
    for (struct waiter *w; (w = digest_map_next(&r->waiters, &at, &wire_id)) != NULL;) {
        struct waiter *young = NULL;
        for (struct waiter *next; w != NULL; w = next) {
            next = w->next;
            if (r->now_ms >= w->asked_ms + RPC_WAIT_MS_MAX) {
                r->waiters_count--;
                free(w);
                continue;
            }
            w->next = young;
            young = w;
        }
        if (young != NULL) digest_map_put(&kept, &wire_id, young);
    }
    digest_map_free(&r->waiters);
    r->waiters = kept;
}

/* The block with their record is durable: now "committed" may be said. */
void answer_waiters(struct replica *r, const struct final_block *f) {
    const struct payload *p = payload_find(r, &f->digest);
    struct unpack u;
    unpack_init(&u, buffer_span(&f->results));
    for (uint32_t i = 0; p != NULL && i < p->count && r->waiters_count > 0; i++) {
        struct result result = {0};
        CHECK(codec_read(&result_type, &u, NULL, &result)); /* our own execution wrote them */
        struct waiter *w = digest_map_remove(&r->waiters, &p->wire_ids[i]);
        for (struct waiter *next; w != NULL; w = next) {
            struct replica_reply *answer = reply(r, w->ticket, REPLY_COMMITTED);
            answer->wire_id = p->wire_ids[i];
            answer->record_id = w->record_id;
            answer->height = f->height;
            answer->log_index = f->log_indices[i];
            answer->code = result.code;
            answer->item = result.item;
            next = w->next;
            r->waiters_count--;
            free(w);
        }
    }
}
