/* JSON-RPC 2.0 (jsonrpc.org/specification): single calls, batches, notifications. The protocol's own codes where it has them, else
 * the number of `enum err`; `data` is the problem object of REST. */
#include <string.h>

#include "base/json.h"
#include "rpc/call.h"
#include "rpc/problem.h"

enum { PARSE_ERROR = -32700, INVALID_REQUEST = -32600, METHOD_NOT_FOUND = -32601, INTERNAL_ERROR = -32603 };

static void protocol_refuse(struct part *p, int protocol_error, enum err e, const char *where) {
    part_refuse(p, e, where);
    p->protocol_error = protocol_error;
}

static bool id_valid(struct span id) {
    enum value_kind kind = value_kind(id);
    return kind == VALUE_TEXT || kind == VALUE_INT || kind == VALUE_FLOAT || kind == VALUE_NIL;
}

static bool text_of(struct span value, struct span *ret) {
    struct unpack u;
    unpack_init(&u, value);
    struct span text = unpack_text(&u, 64);
    if (unpack_end(&u) != OK) return false;
    *ret = text;
    return true;
}

static void request_parse(struct rpc_call *c, struct part *p, struct span request) {
    struct span version, method, value, params = SPAN_EMPTY;
    if (value_kind(request) != VALUE_MAP) {
        p->has_id = true;
        protocol_refuse(p, INVALID_REQUEST, ERR_RPC_REQUEST, "");
        return;
    }
    p->has_id = value_get(request, "id", &p->id);
    bool well_formed = value_get(request, "jsonrpc", &value) && text_of(value, &version) &&
                       span_is(version, "2.0") && value_get(request, "method", &value) && text_of(value, &method);
    if (p->has_id && !id_valid(p->id)) {
        p->id = SPAN_EMPTY;
        well_formed = false;
    }
    if (value_get(request, "params", &params))
        well_formed = well_formed && (value_kind(params) == VALUE_MAP || value_kind(params) == VALUE_ARRAY);
    if (!well_formed) {
        p->has_id = true; /* an answer is due even where no id could be read */
        protocol_refuse(p, INVALID_REQUEST, ERR_RPC_REQUEST, "");
        return;
    }
    p->method = method_by_name(method);
    if (p->method == NULL) {
        protocol_refuse(p, METHOD_NOT_FOUND, ERR_RPC_METHOD, "method");
        return;
    }
    arguments_from_value(c, p, params);
}

static void one_refusal(struct rpc_call *c, int protocol_error, enum err e, const char *where) {
    c->parts_count = 1;
    c->batch = false;
    c->parts = arena_alloc(&c->arena, 1, sizeof *c->parts);
    CHECK(c->parts != NULL);
    c->parts[0].has_id = true;
    protocol_refuse(&c->parts[0], protocol_error, e, where);
}

static void requests_parse(struct rpc_call *c, struct span document) {
    struct unpack u;
    unpack_init(&u, document);
    uint32_t n = 1;
    c->batch = unpack_peek(&u) == VALUE_ARRAY;
    if (c->batch) n = unpack_array(&u, UINT32_MAX);
    if (n == 0 || n > RPC_CALLS_MAX) {
        one_refusal(c, INVALID_REQUEST, n == 0 ? ERR_RPC_REQUEST : ERR_RPC_BATCH_SIZE, "");
        return;
    }
    c->parts = arena_alloc(&c->arena, n, sizeof *c->parts);
    CHECK(c->parts != NULL);
    c->parts_count = n;
    for (uint32_t i = 0; i < n; i++)
        request_parse(c, &c->parts[i], unpack_value(&u));
}

void json_rpc_parse(struct rpc_call *c) {
    c->json_rpc = true;
    struct buffer value;
    buffer_init(&value, 2 * RPC_JSON_BYTES_MAX);
    struct refusal refusal = {.err = OK};
    enum err e = json_parse(c->request->body, &value, &refusal);
    if (e == OK && value.overflow) e = ERR_TOO_LARGE;
    struct span document = e == OK ? arena_copy(&c->arena, buffer_span(&value)) : SPAN_EMPTY;
    buffer_free(&value);
    if (e != OK) {
        one_refusal(c, PARSE_ERROR, e, refusal.where);
        return;
    }
    CHECK(document.data != NULL);
    requests_parse(c, document);
}

static const char *protocol_text(int code) {
    if (code == PARSE_ERROR) return "Parse error";
    if (code == INVALID_REQUEST) return "Invalid Request";
    if (code == METHOD_NOT_FOUND) return "Method not found";
    return "Invalid params";
}

static void put_error(struct rpc_call *c, struct emit *j, const struct part *p) {
    emit_key(j, "error");
    emit_object(j);
    emit_key(j, "code");
    if (p->protocol_error != 0) {
        struct buffer digits;
        buffer_init(&digits, 16);
        buffer_printf(&digits, "%d", p->protocol_error);
        emit_raw(j, buffer_span(&digits));
        buffer_free(&digits);
        emit_key_string(j, "message", protocol_text(p->protocol_error));
    } else {
        emit_uint(j, (uint64_t)p->refusal.err);
        emit_key_string(j, "message", err_text(p->refusal.err, c->lang));
    }
    emit_key(j, "data");
    emit_object(j);
    problem_members(j, &p->refusal, c->lang);
    emit_object_end(j);
    emit_object_end(j);
}

/* What is not JSON goes as text or base64 beside its media type. */
static void put_value(struct emit *j, const struct part *p) {
    emit_key(j, "result");
    bool json = p->form == FORM_JSON || p->form == FORM_EPCIS;
    if (json) {
        emit_raw(j, buffer_span(&p->out));
        return;
    }
    bool text = strncmp(form_media_type(p->form), "text/", 5) == 0;
    emit_object(j);
    emit_key_string(j, "media_type", form_media_type(p->form));
    if (text)
        emit_key_text(j, "text", buffer_span(&p->out));
    else
        emit_key_base64(j, "base64", buffer_span(&p->out));
    emit_object_end(j);
}

static void put_response(struct rpc_call *c, struct emit *j, const struct part *p) {
    emit_object(j);
    emit_key_string(j, "jsonrpc", "2.0");
    emit_key(j, "id");
    if (p->id.len > 0)
        emit_value(j, p->id);
    else
        emit_null(j);
    if (p->refusal.err != OK)
        put_error(c, j, p);
    else
        put_value(j, p);
    emit_object_end(j);
}

static void answers_write(struct rpc_call *c, struct buffer *out) {
    struct emit j;
    emit_begin(&j, out);
    if (c->batch) emit_list(&j);
    for (uint32_t i = 0; i < c->parts_count; i++)
        if (c->parts[i].has_id) put_response(c, &j, &c->parts[i]);
    if (c->batch) emit_list_end(&j);
    emit_end(&j);
}

void json_rpc_answer(struct rpc_call *c) {
    struct http_response *r = &c->response;
    http_response_init(r, RPC_ANSWER_BYTES_MAX);
    bool any = false;
    for (uint32_t i = 0; i < c->parts_count; i++)
        any = any || c->parts[i].has_id;
    if (!any) { /* notifications only */
        r->status = 204;
        return;
    }
    r->content_type = form_media_type(FORM_JSON);
    answers_write(c, &r->body);
    if (!r->body.overflow) return;
    /* Together too large: each learns it, none gets half an answer. */
    for (uint32_t i = 0; i < c->parts_count; i++)
        part_refuse(&c->parts[i], ERR_RPC_ANSWER_SIZE, "");
    buffer_free(&r->body);
    buffer_init(&r->body, RPC_ANSWER_BYTES_MAX);
    answers_write(c, &r->body);
    CHECK(!r->body.overflow);
}
