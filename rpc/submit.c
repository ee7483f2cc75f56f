#include <string.h>

#include "ledger/query.h"
#include "rpc/call.h"
#include "rpc/handlers.h"
#include "rpc/problem.h"

void submit_prepare(struct rpc_call *c, struct part *p) {
    bool single = p->method->params[0].kind == PARAM_RECORD;
    const struct argument *wait = &p->arguments[1], *timeout = &p->arguments[2];
    if (single) {
        p->records = &p->arguments[0].text;
        p->records_count = 1;
    }
    if (p->records_count > CALL_RECORDS_MAX - c->records_count) {
        part_refuse(p, ERR_RPC_BATCH_SIZE, p->method->params[0].name);
        return;
    }
    p->outcomes = arena_alloc(&c->arena, p->records_count, sizeof *p->outcomes);
    if (p->outcomes == NULL) {
        part_refuse(p, ERR_TOO_LARGE, p->method->params[0].name);
        return;
    }
    p->first = c->records_count;
    p->open = p->records_count;
    c->records_count += p->records_count;
    p->wait = wait->given && wait->number == 1;
    uint64_t timeout_ms = timeout->given ? timeout->number : (uint64_t)RPC_WAIT_MS_MAX;
    uint64_t until = c->now_ms + timeout_ms;
    if (c->deadline_ms == HTTP_NEVER || until > c->deadline_ms) c->deadline_ms = until;
}

void submit_send(struct rpc_call *c, struct part *p) {
    for (uint32_t i = 0; i < p->records_count; i++)
        c->host.ops->submit(c->host.self, c->ticket << 16 | (p->first + i), p->wait, p->records[i]);
}

static struct part *part_of(struct rpc_call *c, uint32_t index) {
    for (uint32_t i = 0; i < c->parts_count; i++) {
        struct part *p = &c->parts[i];
        if (p->outcomes != NULL && index >= p->first && index - p->first < p->records_count) return p;
    }
    return NULL;
}

static bool all_final(const struct rpc_call *c) {
    for (uint32_t i = 0; i < c->parts_count; i++)
        if (c->parts[i].outcomes != NULL && c->parts[i].open > 0) return false;
    return true;
}

static void call_finish(struct rpc_call *c);

enum rpc_progress rpc_call_submitted(struct rpc_call *c, uint32_t index, const struct submit_reply *reply) {
    struct part *p = part_of(c, index);
    if (c->answered || p == NULL || p->outcomes[index - p->first].final) return RPC_WAITING;
    struct outcome *o = &p->outcomes[index - p->first];
    o->answered = true;
    o->reply = *reply;
    if (reply->outcome != SUBMIT_PENDING || !p->wait) {
        o->final = true;
        p->open--;
    }
    if (!all_final(c)) return RPC_WAITING;
    call_finish(c);
    return RPC_ANSWERED;
}

enum rpc_progress rpc_call_expire(struct rpc_call *c) {
    if (c->answered) return RPC_ANSWERED;
    for (uint32_t i = 0; i < c->parts_count; i++) {
        struct part *p = &c->parts[i];
        for (uint32_t k = 0; p->outcomes != NULL && k < p->records_count; k++) {
            struct outcome *o = &p->outcomes[k];
            /* Not even looked at in all this time: nothing is promised, and trying again is harmless. */
            if (!o->answered) o->reply = (struct submit_reply){.outcome = SUBMIT_BUSY, .err = ERR_BUSY};
            o->answered = true;
            o->final = true;
        }
        p->open = 0;
    }
    call_finish(c);
    return RPC_ANSWERED;
}

/* Known and waiting is what "pending" says. */
static enum submit_outcome outcome_of(const struct submit_reply *r) {
    if (r->outcome == SUBMIT_REFUSED && r->err == ERR_POOL_KNOWN) return SUBMIT_PENDING;
    return r->outcome;
}

static const char *outcome_name(enum submit_outcome o) {
    switch (o) {
    case SUBMIT_PENDING: return "pending";
    case SUBMIT_REFUSED: return "refused";
    case SUBMIT_BUSY: return "busy";
    case SUBMIT_COMMITTED: return "committed";
    }
    CHECK(false);
}

/* What a record would be told by execution now: the rule that refuses it. 0: it was refused for another reason. */
static uint16_t rule_of(const struct submit_reply *r) {
    return r->outcome == SUBMIT_REFUSED && r->err == ERR_WOULD_REFUSE ? r->code : 0;
}

static void put_submitted(struct rpc_call *c, struct emit *j, const struct submit_reply *r) {
    enum submit_outcome outcome = outcome_of(r);
    emit_object(j);
    if (!digest_is_zero(&r->record_id)) emit_key_digest(j, "id", &r->record_id);
    if (!digest_is_zero(&r->wire_id)) emit_key_digest(j, "leaf", &r->wire_id);
    emit_key_string(j, "status", outcome_name(outcome));
    if (outcome == SUBMIT_COMMITTED) put_committed(j, r->height, r->log_index, r->code, r->item);
    if (outcome == SUBMIT_REFUSED || outcome == SUBMIT_BUSY) {
        struct refusal refusal;
        (void)refusal_set(&refusal, r->err, "%s", "");
        emit_key(j, "error");
        emit_object(j);
        problem_members(j, &refusal, c->lang);
        emit_object_end(j);
        if (rule_of(r) != 0) put_result(j, rule_of(r), r->item);
    }
    emit_object_end(j);
}

static void answer_one(struct rpc_call *c, struct part *p) {
    const struct submit_reply *r = &p->outcomes[0].reply;
    enum submit_outcome outcome = outcome_of(r);
    if (outcome == SUBMIT_REFUSED || outcome == SUBMIT_BUSY) {
        part_refuse(p, r->err, rule_of(r) != 0 ? result_name(rule_of(r)) : "");
        p->retry_after_ms = r->retry_after_ms;
        return;
    }
    p->status = outcome == SUBMIT_PENDING ? 202 : 200;
    struct emit j;
    emit_begin(&j, &p->out);
    put_submitted(c, &j, r);
    emit_end(&j);
}

static void answer_many(struct rpc_call *c, struct part *p) {
    uint32_t counts[4] = {0};
    uint32_t retry_after_ms = 0;
    struct emit j;
    emit_begin(&j, &p->out);
    emit_object(&j);
    emit_key(&j, "records");
    emit_list(&j);
    for (uint32_t i = 0; i < p->records_count; i++) {
        const struct submit_reply *r = &p->outcomes[i].reply;
        counts[outcome_of(r)]++;
        if (r->retry_after_ms > retry_after_ms) retry_after_ms = r->retry_after_ms;
        put_submitted(c, &j, r);
    }
    emit_list_end(&j);
    emit_key_uint(&j, "pending", counts[SUBMIT_PENDING]);
    emit_key_uint(&j, "committed", counts[SUBMIT_COMMITTED]);
    emit_key_uint(&j, "refused", counts[SUBMIT_REFUSED]);
    emit_key_uint(&j, "busy", counts[SUBMIT_BUSY]);
    emit_object_end(&j);
    emit_end(&j);
    p->status = counts[SUBMIT_PENDING] > 0 ? 202 : 200;
    if (counts[SUBMIT_BUSY] == p->records_count) {
        part_refuse(p, p->outcomes[0].reply.err, "");
        p->retry_after_ms = retry_after_ms;
    }
}

void submit_answer(struct rpc_call *c, struct part *p) {
    if (p->outcomes == NULL || p->refusal.err != OK) return;
    if (p->method->params[0].kind == PARAM_RECORD)
        answer_one(c, p);
    else
        answer_many(c, p);
}

/* Bytes that execution calls a duplicate because these very bytes were executed: submitting them again is harmless, and what
 * became of them is the answer. Found by one look-up, as a status is. */
static void outcome_recall(struct rpc_call *c, struct snapshot *snapshot, bool *open, struct submit_reply *r) {
    struct record_place place;
    if (rule_of(r) != RESULT_DUPLICATE) return;
    if (!*open) c->host.ops->snapshot_acquire(c->host.self, snapshot);
    *open = true;
    if (query_record(snapshot->reader, &r->wire_id, &place) != OK) return;
    r->outcome = SUBMIT_COMMITTED;
    r->err = OK;
    r->height = place.height;
    r->log_index = place.log_index;
    r->code = place.code;
    r->item = place.item;
}

static void outcomes_recall(struct rpc_call *c) {
    struct snapshot snapshot = {0};
    bool open = false;
    for (uint32_t i = 0; i < c->parts_count; i++) {
        struct part *p = &c->parts[i];
        for (uint32_t k = 0; p->outcomes != NULL && k < p->records_count; k++)
            outcome_recall(c, &snapshot, &open, &p->outcomes[k].reply);
    }
    if (open) c->host.ops->snapshot_release(c->host.self, &snapshot);
}

static void call_finish(struct rpc_call *c) {
    outcomes_recall(c);
    for (uint32_t i = 0; i < c->parts_count; i++)
        submit_answer(c, &c->parts[i]);
    call_answer(c);
}
