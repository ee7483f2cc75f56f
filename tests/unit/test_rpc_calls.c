/* What a call does beside reading: submitting, waiting, JSON-RPC as its specification has it, event streams that resume. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/unit/rpc_shape.h"
#include "tests/unit/rpc_world.h"

#define BOX "urn:epc:id:sgtin:0614141.107346.2017"

struct fixture {
    struct world w;
    struct http_request request;
    struct rpc_call *call;
    struct buffer wire, many, value;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    world_init(&f->w);
    (void)world_event(&f->w, BOX, "ADD", "commissioning");
    buffer_init(&f->wire, 1 << 20);
    buffer_init(&f->many, 4 << 20);
    buffer_init(&f->value, 16 << 20);
    struct buffer text;
    buffer_init(&text, 4096);
    world_event_text(&text, BOX, "OBSERVE", "shipping");
    world_record(&f->w, &f->w.farm, "farm-1", buffer_span(&text), &f->wire);
    buffer_free(&text);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    rpc_call_free(f->call);
    buffer_free(&f->wire);
    buffer_free(&f->many);
    buffer_free(&f->value);
    world_free(&f->w);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const char *path, const char *query, struct span body) {
    rpc_call_free(f->call);
    f->w.submits_count = 0;
    f->request = (struct http_request){.id = 1, .verb = HTTP_VERB_POST, .path = span_text(path),
                                       .query = span_text(query), .body = body};
    f->call = rpc_call_new(&f->w.host, &f->request, 77, 5000);
}

static struct span answer(struct fixture *f, uint16_t status) {
    struct http_response *r = rpc_call_response(f->call);
    if (r->status != status) fail_msg("%u: %.*s", (unsigned)r->status, (int)r->body.len, (const char *)r->body.data);
    buffer_clear(&f->value);
    if (r->body.len > 0) assert_int_equal(json_parse(buffer_span(&r->body), &f->value, NULL), OK);
    return buffer_span(&f->value);
}

static bool text_is(struct span value, const char *key, const char *text) {
    struct span v;
    if (!value_get(value, key, &v)) return false;
    struct unpack u;
    unpack_init(&u, v);
    return span_is(unpack_text(&u, 4096), text);
}

static int64_t int_at(struct span value, const char *key) {
    struct span v;
    assert_true(value_get(value, key, &v));
    struct unpack u;
    unpack_init(&u, v);
    return unpack_int(&u);
}

static struct submit_reply reply_of(struct fixture *f, enum submit_outcome outcome, enum err e) {
    struct submit_reply r = {.outcome = outcome, .err = e, .wire_id = world_wire_id(&f->wire)};
    r.record_id.b[0] = 9;
    return r;
}

static void submit_is_pending(void **state) {
    struct fixture *f = *state;
    begin(f, "/v1/records", "", buffer_span(&f->wire));
    assert_int_equal(rpc_call_place(f->call), RPC_LOOP);
    assert_int_equal(rpc_call_run(f->call), RPC_LOOP_NEXT);
    assert_int_equal(f->w.submits_count, 0); /* not before the loop thread says so */
    assert_int_equal(rpc_call_continue(f->call), RPC_WAITING);
    assert_int_equal(f->w.submits_count, 1);
    assert_true(f->w.submits[0].ticket == 77ull << 16);
    assert_false(f->w.submits[0].wait);
    assert_int_equal(f->w.submits[0].len, f->wire.len);
    struct submit_reply r = reply_of(f, SUBMIT_PENDING, OK);
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_ANSWERED);
    struct span v = answer(f, 202);
    assert_true(text_is(v, "status", "pending"));
    char where[256];
    assert_true(shape_holds(method_by_name(span_text("record.submit"))->result, v, where));
}

static void submit_waits_for_the_result(void **state) {
    struct fixture *f = *state;
    begin(f, "/v1/records", "wait=committed&timeout_ms=2000", buffer_span(&f->wire));
    assert_int_equal(rpc_call_run(f->call), RPC_LOOP_NEXT);
    assert_int_equal(rpc_call_continue(f->call), RPC_WAITING);
    assert_true(f->w.submits[0].wait);
    assert_int_equal(rpc_call_deadline(f->call), 7000);
    struct submit_reply r = reply_of(f, SUBMIT_PENDING, OK);
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_WAITING);
    assert_int_equal(rpc_call_submitted(f->call, 9, &r), RPC_WAITING); /* nobody's index */
    r = reply_of(f, SUBMIT_COMMITTED, OK);
    r.height = 2;
    r.log_index = 3;
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_ANSWERED);
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_WAITING); /* said twice: changes nothing */
    struct span v = answer(f, 200), result;
    assert_true(text_is(v, "status", "committed"));
    assert_int_equal(int_at(v, "log_index"), 3);
    assert_true(value_get(v, "result", &result) && text_is(result, "name", "RESULT_ACCEPTED"));
    assert_true(rpc_call_deadline(f->call) == HTTP_NEVER);
}

static void waiting_ends(void **state) {
    struct fixture *f = *state;
    begin(f, "/v1/records", "wait=committed", buffer_span(&f->wire));
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    struct submit_reply r = reply_of(f, SUBMIT_PENDING, OK);
    (void)rpc_call_submitted(f->call, 0, &r);
    assert_int_equal(rpc_call_deadline(f->call), 5000 + RPC_WAIT_MS_MAX);
    assert_int_equal(rpc_call_expire(f->call), RPC_ANSWERED);
    assert_true(text_is(answer(f, 202), "status", "pending"));
    /* No word at all: nothing may be promised. */
    begin(f, "/v1/records", "", buffer_span(&f->wire));
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    (void)rpc_call_expire(f->call);
    assert_true(text_is(answer(f, 503), "name", "ERR_BUSY"));
}

/* The same bytes again, after they were committed, are no refusal: what became of them is the answer. Another record that is
 * not accepted now is refused with the rule that says so. */
static void submit_again(void **state) {
    struct fixture *f = *state;
    struct submit_reply r = reply_of(f, SUBMIT_REFUSED, ERR_WOULD_REFUSE);
    struct span record = buffer_span(&f->wire), v, result;
    r.code = RESULT_DUPLICATE;
    /* Nothing is known of it: the id was consumed by other bytes. */
    begin(f, "/v1/records", "", record);
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_ANSWERED);
    v = answer(f, 422);
    assert_int_equal(int_at(v, "code"), ERR_WOULD_REFUSE);
    assert_true(text_is(v, "where", "RESULT_DUPLICATE"));
    world_block(&f->w, &record, 1);
    begin(f, "/v1/records", "wait=committed", record);
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_ANSWERED);
    v = answer(f, 200);
    assert_true(text_is(v, "status", "committed"));
    assert_true(int_at(v, "height") > 0 && int_at(v, "log_index") > 0);
    assert_true(value_get(v, "result", &result) && text_is(result, "name", "RESULT_ACCEPTED"));
    /* In a batch the rule stands beside the refusal. */
    pack_array(&f->many, 1);
    pack_bytes(&f->many, record);
    begin(f, "/v1/records:batch", "", buffer_span(&f->many));
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    r.code = RESULT_KEY_OF_ANOTHER;
    for (uint32_t i = 0; i < f->w.submits_count; i++)
        (void)rpc_call_submitted(f->call, i, &r);
    v = answer(f, 200);
    struct unpack u;
    assert_true(value_get(v, "records", &v));
    unpack_init(&u, v);
    assert_true(unpack_array(&u, 100) > 0);
    v = unpack_value(&u);
    assert_true(text_is(v, "status", "refused"));
    assert_true(value_get(v, "result", &result) && text_is(result, "name", "RESULT_KEY_OF_ANOTHER"));
}

static void submit_refused(void **state) {
    struct fixture *f = *state;
    begin(f, "/v1/records", "", buffer_span(&f->wire));
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    struct submit_reply r = reply_of(f, SUBMIT_REFUSED, ERR_SIGNATURE);
    assert_int_equal(rpc_call_submitted(f->call, 0, &r), RPC_ANSWERED);
    assert_int_equal(int_at(answer(f, 422), "code"), ERR_SIGNATURE);
    begin(f, "/v1/records", "", buffer_span(&f->wire));
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    r = reply_of(f, SUBMIT_BUSY, ERR_BUSY);
    r.retry_after_ms = 2500;
    (void)rpc_call_submitted(f->call, 0, &r);
    (void)answer(f, 503);
    assert_non_null(strstr(rpc_call_response(f->call)->texts, "3"));
    /* Known and waiting is pending, not a refusal. */
    begin(f, "/v1/records", "", buffer_span(&f->wire));
    (void)rpc_call_run(f->call);
    (void)rpc_call_continue(f->call);
    r = reply_of(f, SUBMIT_REFUSED, ERR_POOL_KNOWN);
    (void)rpc_call_submitted(f->call, 0, &r);
    assert_true(text_is(answer(f, 202), "status", "pending"));
    begin(f, "/v1/records", "", SPAN_EMPTY);
    assert_int_equal(rpc_call_run(f->call), RPC_ANSWERED);
    assert_true(text_is(answer(f, 400), "name", "ERR_RPC_PARAMETER_MISSING"));
}

static void batches(void **state) {
    struct fixture *f = *state;
    pack_array(&f->many, 3);
    for (int i = 0; i < 3; i++)
        pack_bytes(&f->many, buffer_span(&f->wire));
    begin(f, "/v1/records:batch", "", buffer_span(&f->many));
    assert_int_equal(rpc_call_run(f->call), RPC_LOOP_NEXT);
    assert_int_equal(rpc_call_continue(f->call), RPC_WAITING);
    assert_int_equal(f->w.submits_count, 3);
    assert_true(f->w.submits[2].ticket == (77ull << 16 | 2));
    struct submit_reply pending = reply_of(f, SUBMIT_PENDING, OK), refused = reply_of(f, SUBMIT_REFUSED, ERR_SIGNATURE);
    assert_int_equal(rpc_call_submitted(f->call, 2, &pending), RPC_WAITING);
    assert_int_equal(rpc_call_submitted(f->call, 0, &pending), RPC_WAITING);
    assert_int_equal(rpc_call_submitted(f->call, 1, &refused), RPC_ANSWERED);
    struct span v = answer(f, 202), list;
    char where[256];
    if (!shape_holds(method_by_name(span_text("record.submit_batch"))->result, v, where)) fail_msg("%s", where);
    assert_int_equal(int_at(v, "pending"), 2);
    assert_int_equal(int_at(v, "refused"), 1);
    assert_true(value_get(v, "records", &list));
    /* Not canonical, not bytes, too many, trailing. */
    const char *const bad[] = {"\x93\xc4", "\xdc\x00\x01\xc4\x01x", "\x91\xa1x", "\xdc\x04\x01", "\x91\xc4\x01xx", "\x90", "\xc0"};
    const size_t lens[] = {2, 6, 3, 3, 5, 1, 1};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        begin(f, "/v1/records:batch", "", span_of(bad[i], lens[i]));
        assert_int_equal(rpc_call_run(f->call), RPC_ANSWERED);
        assert_int_equal(rpc_call_response(f->call)->status, 400);
    }
}

static struct span call_json(struct fixture *f, const char *body, uint16_t status) {
    begin(f, "/rpc", "", span_text(body));
    enum rpc_progress p = rpc_call_run(f->call);
    if (p == RPC_LOOP_NEXT) p = rpc_call_continue(f->call);
    assert_int_equal(p, RPC_ANSWERED);
    return answer(f, status);
}

static int64_t error_code(struct span response) {
    struct span error;
    return value_get(response, "error", &error) ? int_at(error, "code") : 0;
}

static struct span element(struct span list, uint32_t index, uint32_t *ret_count) {
    struct unpack u;
    unpack_init(&u, list);
    *ret_count = unpack_array(&u, UINT32_MAX);
    struct span v = SPAN_EMPTY;
    for (uint32_t i = 0; i <= index && i < *ret_count; i++)
        v = unpack_value(&u);
    return v;
}

static bool id_is_null(struct span response) {
    struct span id;
    return value_get(response, "id", &id) && value_kind(id) == VALUE_NIL;
}

/* jsonrpc.org/specification section 7, with our own methods in the place of subtract. */
static void json_rpc_examples(void **state) {
    struct fixture *f = *state;
    struct span v, result;
    uint32_t n;
    v = call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":\"member.get\",\"params\":[\"farm-1\"],\"id\":1}", 200);
    assert_true(text_is(v, "jsonrpc", "2.0") && value_get(v, "result", &result));
    assert_int_equal(int_at(v, "id"), 1);
    v = call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":\"member.get\",\"params\":{\"subject\":\"farm-1\"},\"id\":\"x\"}", 200);
    assert_true(text_is(v, "id", "x") && value_get(v, "result", &result));
    /* notification */
    (void)call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":\"node.status\"}", 204);
    assert_int_equal(rpc_call_response(f->call)->body.len, 0);
    v = call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":\"foobar\",\"id\":\"1\"}", 200);
    assert_int_equal(error_code(v), -32601);
    v = call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":\"foobar, \"params\":\"bar\",\"baz]", 200);
    assert_int_equal(error_code(v), -32700);
    assert_true(id_is_null(v));
    v = call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":1,\"params\":\"bar\"}", 200);
    assert_int_equal(error_code(v), -32600);
    assert_true(id_is_null(v));
    v = call_json(f, "[{\"jsonrpc\":\"2.0\",\"method\":\"node.status\",\"id\":\"1\"},{\"jsonrpc\":\"2.0\",\"method\"", 200);
    assert_int_equal(error_code(v), -32700);
    v = call_json(f, "[]", 200);
    assert_int_equal(error_code(v), -32600);
    v = call_json(f, "[1,2,3]", 200);
    assert_int_equal(error_code(element(v, 2, &n)), -32600);
    assert_int_equal(n, 3);
    v = call_json(f,
                  "[{\"jsonrpc\":\"2.0\",\"method\":\"node.status\",\"id\":\"1\"},"
                  "{\"jsonrpc\":\"2.0\",\"method\":\"node.status\"},"
                  "{\"jsonrpc\":\"2.0\",\"method\":\"block.get\",\"params\":[1],\"id\":\"2\"},"
                  "{\"foo\":\"boo\"},"
                  "{\"jsonrpc\":\"2.0\",\"method\":\"foo.get\",\"params\":{\"name\":\"myself\"},\"id\":\"5\"},"
                  "{\"jsonrpc\":\"2.0\",\"method\":\"checkpoint.get\",\"id\":\"9\"}]",
                  200);
    assert_true(text_is(element(v, 1, &n), "id", "2"));
    assert_int_equal(n, 5);
    assert_int_equal(error_code(element(v, 2, &n)), -32600);
    assert_int_equal(error_code(element(v, 3, &n)), -32601);
    assert_true(value_get(element(v, 4, &n), "result", &result));
    (void)call_json(f, "[{\"jsonrpc\":\"2.0\",\"method\":\"node.status\"},{\"jsonrpc\":\"2.0\",\"method\":\"node.status\"}]", 204);
}

static void json_rpc_refusals(void **state) {
    struct fixture *f = *state;
    struct span v, error, data = SPAN_EMPTY;
    v = call_json(f, "{\"jsonrpc\":\"2.0\",\"method\":\"member.get\",\"params\":{\"subject\":\"nobody\"},\"id\":1}", 200);
    assert_int_equal(error_code(v), ERR_RPC_NOT_FOUND);
    assert_true(value_get(v, "error", &error) && value_get(error, "data", &data));
    assert_true(text_is(data, "name", "ERR_RPC_NOT_FOUND"));
    const char *const invalid_params[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"member.get\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"member.get\",\"params\":[\"a\",\"b\"],\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"member.get\",\"params\":{\"subjekt\":\"a\"},\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"block.get\",\"params\":{\"height\":\"1\"},\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"block.get\",\"params\":{\"height\":-1},\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"block.get\",\"params\":{\"height\":1.5},\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"record.get\",\"params\":{\"id\":\"ABCD\"},\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"record.submit\",\"params\":{\"record\":\"not base64!\"},\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"record.submit_batch\",\"params\":{\"records\":[]},\"id\":1}",
    };
    for (size_t i = 0; i < sizeof invalid_params / sizeof invalid_params[0]; i++) {
        v = call_json(f, invalid_params[i], 200);
        if (error_code(v) != -32602) fail_msg("%s", invalid_params[i]);
    }
    const char *const invalid[] = {
        "{\"jsonrpc\":\"1.0\",\"method\":\"node.status\",\"id\":1}",
        "{\"method\":\"node.status\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"node.status\",\"id\":[1]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"node.status\",\"params\":\"x\",\"id\":1}",
        "\"x\"",
    };
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        v = call_json(f, invalid[i], 200);
        if (error_code(v) != -32600) fail_msg("%s", invalid[i]);
    }
    assert_int_equal(error_code(call_json(f, "{\"a\":1,\"a\":2}", 200)), -32700);
    assert_int_equal(error_code(call_json(f, "", 200)), -32700);
    struct buffer many;
    buffer_init(&many, 1 << 20);
    buffer_text(&many, "[");
    for (int i = 0; i <= RPC_CALLS_MAX; i++)
        buffer_printf(&many, "%s{\"jsonrpc\":\"2.0\",\"method\":\"node.status\",\"id\":1}", i == 0 ? "" : ",");
    buffer_text(&many, "]");
    buffer_u8(&many, 0);
    v = call_json(f, (const char *)many.data, 200);
    assert_int_equal(error_code(v), -32600);
    buffer_free(&many);
}

/* A status, two submissions and a stranger in one batch: the answers keep their places. */
static void json_rpc_submits(void **state) {
    struct fixture *f = *state;
    struct buffer body;
    char *base64 = malloc(f->wire.len * 2);
    base64[base64_encode(buffer_span(&f->wire), base64, f->wire.len * 2)] = 0;
    buffer_init(&body, 1 << 20);
    buffer_printf(&body,
                  "[{\"jsonrpc\":\"2.0\",\"method\":\"record.submit\",\"params\":{\"record\":\"%s\"},\"id\":1},"
                  "{\"jsonrpc\":\"2.0\",\"method\":\"record.status\",\"params\":{\"id\":\"%064d\"},\"id\":2},"
                  "{\"jsonrpc\":\"2.0\",\"method\":\"record.submit_batch\",\"params\":{\"records\":[\"%s\",\"%s\"],"
                  "\"wait\":\"committed\"},\"id\":3}]",
                  base64, 0, base64, base64);
    begin(f, "/rpc", "", buffer_span(&body));
    assert_int_equal(rpc_call_run(f->call), RPC_LOOP_NEXT);
    assert_int_equal(rpc_call_continue(f->call), RPC_WAITING);
    assert_int_equal(f->w.submits_count, 3);
    assert_true(digest_equal(&f->w.submits[0].wire_id, &f->w.submits[2].wire_id));
    struct submit_reply pending = reply_of(f, SUBMIT_PENDING, OK), done = reply_of(f, SUBMIT_COMMITTED, OK);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(rpc_call_submitted(f->call, i, &pending), RPC_WAITING);
    assert_int_equal(rpc_call_submitted(f->call, 1, &done), RPC_WAITING);
    assert_int_equal(rpc_call_submitted(f->call, 2, &done), RPC_ANSWERED);
    struct span v = answer(f, 200), result;
    uint32_t n;
    assert_true(value_get(element(v, 0, &n), "result", &result) && text_is(result, "status", "pending"));
    assert_int_equal(n, 3);
    assert_true(value_get(element(v, 1, &n), "result", &result) && text_is(result, "status", "unknown"));
    assert_true(value_get(element(v, 2, &n), "result", &result));
    assert_int_equal(int_at(result, "committed"), 2);
    buffer_free(&body);
    free(base64);
}

/* --- streams --- */

struct reader_of_events {
    char ids[64][32];
    char names[64][16];
    uint32_t count;
};

static void events_take(struct reader_of_events *e, const struct buffer *out) {
    char *text = calloc(1, out->len + 1);
    if (out->len > 0) memcpy(text, out->data, out->len);
    char id[32] = "";
    for (char *line = text, *end; *line != 0; line = end + 1) {
        end = strchr(line, '\n');
        assert_non_null(end);
        *end = 0;
        if (strncmp(line, "id: ", 4) == 0) snprintf(id, sizeof id, "%s", line + 4);
        if (strncmp(line, "event: ", 7) == 0) {
            assert_true(e->count < 64);
            strcpy(e->ids[e->count], id);
            snprintf(e->names[e->count], 16, "%s", line + 7);
            e->count++;
            id[0] = 0;
        }
        if (strncmp(line, "data: ", 6) == 0) {
            struct buffer value;
            buffer_init(&value, 1 << 16);
            assert_int_equal(json_parse(span_text(line + 6), &value, NULL), OK);
            buffer_free(&value);
        }
    }
    free(text);
}

static struct rpc_stream *stream_open(struct fixture *f, const char *query, const char *last_event_id) {
    rpc_call_free(f->call);
    f->request = (struct http_request){.id = 1, .verb = HTTP_VERB_GET, .path = span_text("/v1/stream"),
                                       .query = span_text(query)};
    if (last_event_id != NULL) f->request.headers[HTTP_LAST_EVENT_ID] = span_text(last_event_id);
    f->call = rpc_call_new(&f->w.host, &f->request, 1, 5000);
    if (rpc_call_run(f->call) != RPC_STREAMING) return NULL;
    assert_true(rpc_call_response(f->call)->stream);
    assert_string_equal(rpc_call_response(f->call)->content_type, "text/event-stream");
    return rpc_call_stream(f->call);
}

static bool fill(struct rpc_stream *s, size_t room, struct reader_of_events *e) {
    struct buffer out;
    buffer_init(&out, room + RPC_EVENT_BYTES_MAX);
    bool more = rpc_stream_fill(s, room, 6000, &out);
    assert_false(out.overflow);
    events_take(e, &out);
    buffer_free(&out);
    return more;
}

static void stream_tells_everything_in_order(void **state) {
    struct fixture *f = *state;
    (void)world_event(&f->w, BOX, "OBSERVE", "shipping");
    struct rpc_stream *s = stream_open(f, "from=0", NULL);
    struct reader_of_events e = {.count = 0};
    assert_false(fill(s, 1 << 16, &e));
    const char *const ids[] = {"0.0", "1.0", "1.1", "2.0", "2.1", ""};
    const char *const names[] = {"block", "record", "block", "record", "block", "checkpoint"};
    assert_int_equal(e.count, 6);
    for (int i = 0; i < 6; i++) {
        assert_string_equal(e.ids[i], ids[i]);
        assert_string_equal(e.names[i], names[i]);
    }
    /* Nothing new: nothing said; then a block, a heartbeat, an alarm. */
    e.count = 0;
    (void)fill(s, 1 << 16, &e);
    assert_int_equal(e.count, 0);
    (void)world_event(&f->w, BOX, "OBSERVE", "receiving");
    f->w.status.alarms_total = 1;
    f->w.status.alarms_count = 1;
    f->w.status.alarms[0] = (struct host_alarm){.sequence = 1, .text = "disk \"full\"\n"};
    (void)fill(s, 1 << 16, &e);
    assert_int_equal(e.count, 4);
    assert_string_equal(e.names[3], "alarm");
    e.count = 0;
    f->w.heartbeat_s++;
    (void)fill(s, 1 << 16, &e);
    assert_int_equal(e.count, 1);
    assert_string_equal(e.names[0], "checkpoint");
    rpc_stream_free(s);
}

/* Wherever a reader is cut off, what it gets with its last id is exactly the rest. */
static void stream_resumes_without_gap_or_repeat(void **state) {
    struct fixture *f = *state;
    struct span records[3];
    struct buffer wires[3], text;
    buffer_init(&text, 4096);
    for (int i = 0; i < 3; i++) {
        buffer_init(&wires[i], 65536);
        buffer_clear(&text);
        world_event_text(&text, BOX, "OBSERVE", "shipping");
        world_record(&f->w, i == 1 ? &f->w.stranger : &f->w.farm, "farm-1", buffer_span(&text), &wires[i]);
        records[i] = buffer_span(&wires[i]);
    }
    world_block(&f->w, records, 3);
    (void)world_event(&f->w, BOX, "OBSERVE", "receiving");
    struct reader_of_events all = {.count = 0};
    struct rpc_stream *s = stream_open(f, "from=0", NULL);
    (void)fill(s, 1 << 16, &all);
    rpc_stream_free(s);
    assert_int_equal(all.count, 1 + 2 + 4 + 2 + 1);
    for (uint32_t cut = 0; cut + 1 < all.count; cut++) {
        struct reader_of_events rest = {.count = 0};
        s = stream_open(f, "", all.ids[cut]);
        assert_non_null(s);
        while (fill(s, 1, &rest)) /* room for one event at a time */
            continue;
        (void)fill(s, 1 << 16, &rest);
        rpc_stream_free(s);
        assert_int_equal(rest.count, all.count - cut - 1);
        for (uint32_t i = 0; i < rest.count; i++)
            assert_string_equal(rest.ids[i], all.ids[cut + 1 + i]);
    }
    for (int i = 0; i < 3; i++)
        buffer_free(&wires[i]);
    buffer_free(&text);
}

static void stream_refusals(void **state) {
    struct fixture *f = *state;
    const char *const bad[] = {"x", "1", "1.", ".1", "1.2", "0.1", "1.-1", "99999999999999999999.0", "1.0.0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (stream_open(f, "", bad[i]) != NULL) fail_msg("%s", bad[i]);
        assert_int_equal(rpc_call_response(f->call)->status, 400);
    }
    f->w.status.http_streams = RPC_STREAMS_MAX;
    assert_null(stream_open(f, "", NULL));
    assert_int_equal(rpc_call_response(f->call)->status, 503);
    f->w.status.http_streams = 0;
    /* A height that is still to come here: wait for it. */
    struct rpc_stream *s = stream_open(f, "", "2.0");
    struct reader_of_events e = {.count = 0};
    (void)fill(s, 1 << 16, &e);
    assert_string_equal(e.names[0], "checkpoint");
    (void)world_event(&f->w, BOX, "OBSERVE", "shipping");
    e.count = 0;
    (void)fill(s, 1 << 16, &e);
    assert_string_equal(e.ids[0], "2.1");
    rpc_stream_free(s);
}

/* A node may know a fresher as-of time for a moment and then, with a newer checkpoint on its way, only the stored one. */
static void stream_never_tells_an_earlier_time(void **state) {
    struct fixture *f = *state;
    struct rpc_stream *s = stream_open(f, "", NULL);
    struct reader_of_events e = {.count = 0};
    f->w.heartbeat_s += 600;
    (void)fill(s, 1 << 16, &e);
    assert_string_equal(e.names[0], "checkpoint");
    f->w.heartbeat_s -= 600;
    e.count = 0;
    (void)fill(s, 1 << 16, &e);
    assert_int_equal(e.count, 0);
    f->w.heartbeat_s += 601;
    (void)fill(s, 1 << 16, &e);
    assert_string_equal(e.names[0], "checkpoint");
    rpc_stream_free(s);
}

static void stream_keeps_the_connection_alive(void **state) {
    struct fixture *f = *state;
    struct rpc_stream *s = stream_open(f, "", NULL);
    struct buffer out;
    buffer_init(&out, 1 << 16);
    (void)rpc_stream_fill(s, 1 << 15, 6000, &out); /* the present checkpoint */
    buffer_clear(&out);
    assert_int_equal(rpc_stream_deadline(s), 6000 + RPC_STREAM_KEEPALIVE_MS);
    (void)rpc_stream_fill(s, 1 << 15, rpc_stream_deadline(s) - 1, &out);
    assert_int_equal(out.len, 0);
    (void)rpc_stream_fill(s, 1 << 15, rpc_stream_deadline(s), &out);
    assert_true(span_is(buffer_span(&out), ":\n\n"));
    buffer_free(&out);
    rpc_stream_free(s);
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(submit_is_pending), TEST(submit_waits_for_the_result), TEST(waiting_ends), TEST(submit_refused), TEST(submit_again),
        TEST(batches), TEST(json_rpc_examples), TEST(json_rpc_refusals), TEST(json_rpc_submits),
        TEST(stream_tells_everything_in_order), TEST(stream_resumes_without_gap_or_repeat), TEST(stream_refusals),
        TEST(stream_never_tells_an_earlier_time), TEST(stream_keeps_the_connection_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
