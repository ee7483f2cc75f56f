#include "rpc/rpc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rpc/call.h"
#include "rpc/handlers.h"
#include "rpc/problem.h"

static void headers_common(struct http_response *r) {
    /* Whatever is served here is public and no cookie or password exists: any page may read it. */
    http_response_header(r, "Access-Control-Allow-Origin", "*");
    http_response_header(r, "X-Content-Type-Options", "nosniff");
}

static void header_allow(struct http_response *r, uint32_t allow) {
    char text[48] = "";
    for (int verb = HTTP_VERB_GET; verb < HTTP_VERB_OTHER; verb++) {
        if ((allow >> verb & 1u) == 0) continue;
        size_t len = strlen(text);
        const char *name = http_verb_name((enum http_verb)verb);
        if (len > 0) memcpy(text + len, ", ", 3);
        memcpy(text + strlen(text), name, strlen(name) + 1);
    }
    http_response_header_copy(r, "Allow", "%s", text);
}

static bool body_type_known(const struct method *m, struct span content_type) {
    const uint8_t *semicolon = content_type.len == 0 ? NULL : memchr(content_type.data, ';', content_type.len);
    size_t len = semicolon == NULL ? content_type.len : (size_t)(semicolon - content_type.data);
    while (len > 0 && content_type.data[len - 1] == ' ')
        len--;
    for (size_t i = 0; m->body_types[i] != NULL; i++)
        if (strlen(m->body_types[i]) == len && strncasecmp(m->body_types[i], (const char *)content_type.data, len) == 0)
            return true;
    return false;
}

static bool turn_away(struct http_response *r, const struct http_request *head, enum err e, uint32_t allow) {
    struct refusal refusal;
    (void)refusal_set(&refusal, e, "%s", "");
    problem_write(r, &refusal, problem_lang(head->headers[HTTP_ACCEPT_LANGUAGE]), 0);
    headers_common(r);
    if (e == ERR_RPC_VERB) header_allow(r, allow);
    return false;
}

bool rpc_admit(void *context, const struct http_request *head, uint64_t *ret_body_max,
               struct http_response *ret_refusal) {
    (void)context;
    const struct method *m = NULL;
    struct span texts[METHOD_PARAMS_MAX];
    uint32_t allow = 0;
    enum err e = method_match(head->verb, head->path, &m, texts, &allow);
    bool options = head->verb == HTTP_VERB_OPTIONS && (allow != 0 || span_is(head->path, "*"));
    if (e != OK && !options) return turn_away(ret_refusal, head, e, allow);
    *ret_body_max = options ? 0 : m->body_max;
    if (options || m->body_types == NULL || body_type_known(m, head->headers[HTTP_CONTENT_TYPE])) return true;
    return turn_away(ret_refusal, head, ERR_RPC_MEDIA_TYPE, allow);
}

struct rpc_call *rpc_call_new(const struct host *host, const struct http_request *request, uint64_t ticket,
                              uint64_t now_ms) {
    CHECK(ticket < (1ull << 48));
    struct rpc_call *c = check_alloc(1, sizeof *c);
    c->host = *host;
    c->request = request;
    c->ticket = ticket;
    c->now_ms = now_ms;
    c->deadline_ms = HTTP_NEVER;
    c->lang = problem_lang(request->headers[HTTP_ACCEPT_LANGUAGE]);
    arena_init(&c->arena, CALL_ARENA_BYTES);
    arena_init(&c->scratch, RECORD_ARENA_BYTES);
    enum err e = method_match(request->verb, request->path, &c->method, c->texts, &c->allow);
    if (request->verb != HTTP_VERB_OPTIONS && (c->method == NULL || c->method->flow != FLOW_CALLS)) {
        c->parts_count = 1;
        c->parts = arena_alloc(&c->arena, 1, sizeof *c->parts);
        CHECK(c->parts != NULL);
        c->parts[0].method = c->method;
        if (e != OK) part_refuse(&c->parts[0], e, "");
    }
    return c;
}

void rpc_call_free(struct rpc_call *c) {
    if (c == NULL) return;
    for (uint32_t i = 0; i < c->parts_count; i++)
        buffer_free(&c->parts[i].out);
    http_response_free(&c->response);
    rpc_stream_free(c->stream);
    arena_free(&c->arena);
    arena_free(&c->scratch);
    free(c);
}

enum rpc_place rpc_call_place(const struct rpc_call *c) {
    return c->method != NULL && c->method->worker ? RPC_WORKER : RPC_LOOP;
}

uint64_t rpc_call_deadline(const struct rpc_call *c) {
    return c->answered ? HTTP_NEVER : c->deadline_ms;
}

struct http_response *rpc_call_response(struct rpc_call *c) {
    return &c->response;
}

struct rpc_stream *rpc_call_stream(struct rpc_call *c) {
    struct rpc_stream *s = c->stream;
    c->stream = NULL;
    return s;
}

static bool view_open(struct rpc_call *c, struct snapshot *snapshot, struct view *v) {
    c->host.ops->snapshot_acquire(c->host.self, snapshot);
    *v = (struct view){.host = &c->host, .snapshot = *snapshot};
    if (ledger_head_read(snapshot->reader, &v->head) &&
        query_block(snapshot->reader, v->head.height, &v->summary) == OK)
        return true;
    c->host.ops->snapshot_release(c->host.self, snapshot);
    return false;
}

static void part_read(struct rpc_call *c, struct part *p, struct view *v) {
    v->arena = &c->arena;
    v->scratch = &c->scratch;
    v->arguments = p->arguments;
    v->request = c->request;
    v->now_ms = c->now_ms;
    v->retry_after_ms = 0;
    v->form = p->form;
    v->lang = c->lang;
    v->refusal = (struct refusal){.err = OK};
    v->out = &p->out;
    v->status = 200;
    v->immutable = v->unkept = false;
    v->ask_pending = false;
    buffer_free(&p->out);
    buffer_init(&p->out, RPC_ANSWER_BYTES_MAX);
    enum err e = p->method->run(v);
    if (e == OK && p->out.overflow) e = ERR_RPC_ANSWER_SIZE;
    if (e == ERR_QUERY_UNKNOWN) e = ERR_RPC_NOT_FOUND;
    p->status = v->status;
    p->immutable = v->immutable;
    p->unkept = v->unkept;
    p->ask_pending = v->ask_pending;
    p->asked = v->asked;
    p->retry_after_ms = v->retry_after_ms;
    if (e == OK) return;
    part_refuse(p, e, v->refusal.where);
}

static bool part_reads(const struct part *p) {
    if (p->refusal.err != OK) return false;
    return p->method->flow == FLOW_READ || p->method->flow == FLOW_WRITE || p->method->flow == FLOW_REPORT ||
           p->method->flow == FLOW_STATUS;
}

static void parts_read(struct rpc_call *c) {
    bool wanted = false;
    for (uint32_t i = 0; i < c->parts_count; i++)
        wanted = wanted || (part_reads(&c->parts[i]) && c->parts[i].method->snapshot);
    struct snapshot snapshot = {0};
    struct view v = {.host = &c->host};
    /* A store without a head has not seen its genesis yet: nothing can be found in it. */
    bool open = wanted && view_open(c, &snapshot, &v);
    for (uint32_t i = 0; i < c->parts_count; i++) {
        struct part *p = &c->parts[i];
        if (!part_reads(p)) continue;
        if (p->method->snapshot && !open)
            part_refuse(p, ERR_RPC_NOT_ATTESTED, "");
        else
            part_read(c, p, &v);
        c->asking = c->asking || p->ask_pending;
    }
    if (open) c->host.ops->snapshot_release(c->host.self, &snapshot);
}

static void answer_rest(struct rpc_call *c, struct part *p) {
    struct http_response *r = &c->response;
    if (p->refusal.err != OK) {
        http_response_init(r, RPC_ANSWER_BYTES_MAX);
        problem_write(r, &p->refusal, c->lang, p->retry_after_ms);
        headers_common(r);
        if (p->refusal.err == ERR_RPC_VERB) header_allow(r, c->allow);
        return;
    }
    *r = (struct http_response){.status = p->status, .content_type = form_media_type(p->form), .body = p->out};
    p->out = (struct buffer){0};
    headers_common(r);
    http_response_header(r, "Cache-Control",
                         p->unkept ? "no-store" : p->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (p->method->forms[1] != FORM_NONE) http_response_header(r, "Vary", "Accept");
}

void call_answer(struct rpc_call *c) {
    if (c->json_rpc) {
        json_rpc_answer(c);
        headers_common(&c->response);
    } else {
        answer_rest(c, &c->parts[0]);
    }
    c->answered = true;
}

static enum rpc_progress answer_options(struct rpc_call *c) {
    http_response_init(&c->response, 1);
    c->response.status = 204;
    http_response_header(&c->response, "Access-Control-Allow-Origin", "*");
    http_response_header(&c->response, "Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS");
    http_response_header(&c->response, "Access-Control-Allow-Headers", "Accept, Accept-Language, Content-Type, Last-Event-ID");
    http_response_header(&c->response, "Access-Control-Max-Age", "86400");
    header_allow(&c->response, c->allow);
    c->answered = true;
    return RPC_ANSWERED;
}

static enum rpc_progress answer_stream(struct rpc_call *c, struct part *p) {
    enum err e = stream_begin(c, &c->stream);
    if (e != OK) {
        part_refuse(p, e, "");
        call_answer(c);
        return RPC_ANSWERED;
    }
    http_response_init(&c->response, RPC_EVENT_BYTES_MAX);
    c->response.stream = true;
    c->response.content_type = form_media_type(FORM_EVENTS);
    headers_common(&c->response);
    http_response_header(&c->response, "Cache-Control", "no-store");
    c->answered = true;
    return RPC_STREAMING;
}

enum rpc_progress rpc_call_run(struct rpc_call *c) {
    if (c->request->verb == HTTP_VERB_OPTIONS) return answer_options(c);
    if (c->method != NULL && c->method->flow == FLOW_CALLS)
        json_rpc_parse(c);
    else if (c->parts[0].refusal.err == OK)
        arguments_from_request(c, &c->parts[0]);
    struct part *first = c->parts_count == 1 ? &c->parts[0] : NULL;
    if (!c->json_rpc && first->refusal.err == OK && first->method->flow == FLOW_STREAM)
        return answer_stream(c, first);
    for (uint32_t i = 0; i < c->parts_count; i++)
        if (c->parts[i].refusal.err == OK && c->parts[i].method->flow == FLOW_SUBMIT)
            submit_prepare(c, &c->parts[i]);
    for (uint32_t i = 0; i < c->parts_count; i++)
        if (c->parts[i].out.max == 0) buffer_init(&c->parts[i].out, RPC_ANSWER_BYTES_MAX);
    parts_read(c);
    if (c->records_count > 0 || c->asking) return RPC_LOOP_NEXT;
    call_answer(c);
    return RPC_ANSWERED;
}

static void put_unsettled(struct view *v, struct part *p, const char *status) {
    struct emit j;
    buffer_clear(&p->out);
    emit_begin(&j, &p->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_string(&j, "status", status);
    emit_object_end(&j);
    emit_end(&j);
}

/* Asked in this order, a record on its way from the pool into the store is never called unknown: pending? else what does a snapshot taken
 * after that say? */
static void parts_ask(struct rpc_call *c) {
    bool held[RPC_CALLS_MAX] = {false};
    CHECK(c->parts_count <= RPC_CALLS_MAX);
    for (uint32_t i = 0; i < c->parts_count; i++)
        if (c->parts[i].ask_pending) held[i] = c->host.ops->pending(c->host.self, &c->parts[i].asked);
    struct snapshot snapshot = {0};
    struct view v;
    bool open = view_open(c, &snapshot, &v);
    CHECK(open); /* it was open before */
    for (uint32_t i = 0; i < c->parts_count; i++) {
        struct part *p = &c->parts[i];
        if (!p->ask_pending) continue;
        part_read(c, p, &v);
        if (p->refusal.err == OK && p->ask_pending) put_unsettled(&v, p, held[i] ? "pending" : "unknown");
        p->ask_pending = false;
    }
    c->host.ops->snapshot_release(c->host.self, &snapshot);
}

enum rpc_progress rpc_call_continue(struct rpc_call *c) {
    if (c->asking) parts_ask(c);
    for (uint32_t i = 0; i < c->parts_count; i++)
        if (c->parts[i].outcomes != NULL) submit_send(c, &c->parts[i]);
    if (c->records_count > 0) return RPC_WAITING;
    call_answer(c);
    return RPC_ANSWERED;
}

void rpc_handle(const struct host *host, const struct http_request *request, struct http_response *ret_response) {
    struct rpc_call *c = rpc_call_new(host, request, 0, 0);
    enum rpc_progress progress = rpc_call_run(c);
    if (progress == RPC_LOOP_NEXT && c->records_count == 0) progress = rpc_call_continue(c);
    CHECK(progress == RPC_ANSWERED);
    *ret_response = c->response;
    c->response = (struct http_response){0};
    rpc_call_free(c);
}
