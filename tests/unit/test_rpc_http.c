/* The HTTP session against well-behaved, slow, greedy and hostile clients, with a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/http.h"
#include "rpc/problem.h"

enum { BODY_MAX = 100 };

struct fixture {
    struct http_shared shared;
    struct http *http;
    uint64_t now;
    char out[1 << 20];
    size_t out_len;
};

static bool admit(void *context, const struct http_request *head, uint64_t *ret_body_max,
                  struct http_response *ret_refusal) {
    (void)context;
    *ret_body_max = head->verb == HTTP_VERB_POST ? BODY_MAX : 0;
    if (!span_is(head->path, "/missing")) return true;
    struct refusal refusal;
    (void)refusal_set(&refusal, ERR_RPC_PATH, "%s", "");
    problem_write(ret_refusal, &refusal, LANG_EN, 0);
    return false;
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->shared.admit = admit;
    f->shared.held_max = HTTP_TOTAL_BYTES_MAX;
    f->now = 1000;
    f->http = http_new(&f->shared, f->now);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    http_free(f->http);
    assert_int_equal(f->shared.held, 0);
    free(f);
    return 0;
}

static size_t say_bytes(struct fixture *f, const void *bytes, size_t len) {
    return http_input(f->http, span_of(bytes, len), f->now);
}

static size_t say(struct fixture *f, const char *text) {
    return say_bytes(f, text, strlen(text));
}

/* Byte by byte, as the slowest network would. */
static void say_slowly(struct fixture *f, const char *text) {
    for (const char *p = text; *p != 0; p++)
        assert_int_equal(say_bytes(f, p, 1), 1);
}

static const char *hear(struct fixture *f) {
    f->out_len = 0;
    for (;;) {
        struct span s = http_output(f->http);
        if (s.len == 0) break;
        size_t part = s.len > 1000 ? 1000 : s.len; /* partial writes */
        assert_true(f->out_len + part < sizeof f->out);
        memcpy(f->out + f->out_len, s.data, part);
        f->out_len += part;
        http_output_done(f->http, part, f->now);
    }
    f->out[f->out_len] = 0;
    return f->out;
}

static const struct http_request *take(struct fixture *f) {
    const struct http_request *r = NULL;
    return http_next(f->http, &r) ? r : NULL;
}

static void answer_text(struct fixture *f, uint64_t id, const char *text) {
    struct http_response r;
    http_response_init(&r, 1 << 20);
    r.content_type = "text/plain";
    buffer_text(&r.body, text);
    http_respond(f->http, id, &r, f->now);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: node\r\n\r\n"

static void one_request(void **state) {
    struct fixture *f = *state;
    say_slowly(f, "GET /a/b%20c?x=1&y HTTP/1.1\r\nHost: node\r\nAccept:  text/html \r\nX-Other: z\r\n\r\n");
    const struct http_request *r = take(f);
    assert_non_null(r);
    assert_true(span_is(r->path, "/a/b%20c"));
    assert_true(span_is(r->query, "x=1&y"));
    assert_true(span_is(r->headers[HTTP_ACCEPT], "text/html"));
    assert_null(r->headers[HTTP_EXPECT].data);
    assert_int_equal(http_pending(f->http), 1);
    answer_text(f, r->id, "hello");
    assert_string_equal(hear(f), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    assert_false(http_closed(f->http));
    assert_int_equal(http_pending(f->http), 0);
}

static void head_has_no_body(void **state) {
    struct fixture *f = *state;
    say(f, "HEAD / HTTP/1.1\r\nHost: node\r\n\r\n");
    answer_text(f, take(f)->id, "hello");
    assert_string_equal(hear(f), "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n");
}

static void answers_keep_the_order_of_requests(void **state) {
    struct fixture *f = *state;
    say(f, GET("/1") GET("/2") GET("/3"));
    uint64_t first = take(f)->id, second = take(f)->id, third = take(f)->id;
    assert_null(take(f));
    answer_text(f, third, "three");
    answer_text(f, second, "two");
    assert_string_equal(hear(f), "");
    answer_text(f, first, "one");
    const char *out = hear(f);
    assert_true(strstr(out, "one") < strstr(out, "two") && strstr(out, "two") < strstr(out, "three"));
    assert_non_null(strstr(out, "three"));
}

static void pipelining_is_bounded(void **state) {
    struct fixture *f = *state;
    char many[64 * 64] = "";
    for (int i = 0; i < 40; i++)
        strcat(many, GET("/"));
    size_t one = strlen(GET("/")), used = say(f, many);
    assert_int_equal(used, HTTP_PIPELINE_MAX * one);
    assert_int_equal(say(f, many + used), 0);
    for (int i = 0; i < HTTP_PIPELINE_MAX; i++)
        answer_text(f, take(f)->id, "x");
    assert_null(take(f));
    hear(f);
    assert_int_equal(say(f, many + used), HTTP_PIPELINE_MAX * one);
    for (int i = 0; i < HTTP_PIPELINE_MAX; i++)
        answer_text(f, take(f)->id, "x");
}

static void a_client_that_does_not_read_is_not_read(void **state) {
    struct fixture *f = *state;
    char *big = calloc(1, 700001);
    memset(big, 'x', 700000);
    say(f, GET("/"));
    answer_text(f, take(f)->id, big);
    assert_int_equal(say(f, GET("/")), 0);
    f->now += HTTP_WRITE_MS - 1;
    http_tick(f->http, f->now);
    assert_false(http_closed(f->http));
    f->now += 1;
    assert_int_equal(http_deadline(f->http), f->now);
    http_tick(f->http, f->now);
    assert_true(http_closed(f->http));
    free(big);
}

static void bodies(void **state) {
    struct fixture *f = *state;
    say_slowly(f, "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 5\r\n\r\nabcde");
    const struct http_request *r = take(f);
    assert_true(span_is(r->body, "abcde"));
    answer_text(f, r->id, "");
    say_slowly(f, "POST /p HTTP/1.1\r\nHost: n\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
    r = take(f);
    assert_true(span_is(r->body, "abc0123456789"));
    answer_text(f, r->id, "");
    /* A body and the next request in one packet. */
    say(f, "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 2\r\n\r\nab" GET("/next"));
    r = take(f);
    assert_true(span_is(r->body, "ab"));
    const struct http_request *next = take(f);
    assert_true(span_is(next->path, "/next"));
    answer_text(f, r->id, "");
    answer_text(f, next->id, "");
}

static void expect_100_continue(void **state) {
    struct fixture *f = *state;
    say(f, "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_string_equal(hear(f), "HTTP/1.1 100 Continue\r\n\r\n");
    say(f, "ab");
    answer_text(f, take(f)->id, "ok");
    assert_non_null(strstr(hear(f), "200 OK"));
    /* Behind an unanswered request it waits its turn. */
    say(f, GET("/") "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_string_equal(hear(f), "");
    answer_text(f, take(f)->id, "first");
    assert_non_null(strstr(hear(f), "first" "HTTP/1.1 100 Continue"));
    say(f, "ab");
    answer_text(f, take(f)->id, "ok");
    /* Too large: refused before the body is sent. */
    say(f, "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
    const char *out = hear(f);
    assert_null(strstr(out, "100 Continue"));
    assert_non_null(strstr(out, "413"));
}

static void close_and_old_versions(void **state) {
    struct fixture *f = *state;
    say(f, "GET / HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n" GET("/never"));
    answer_text(f, take(f)->id, "bye");
    const char *out = hear(f);
    assert_non_null(strstr(out, "Connection: close\r\n"));
    assert_true(http_closed(f->http));
    assert_null(take(f));
}

static void http10_closes_unless_asked(void **state) {
    struct fixture *f = *state;
    say(f, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    answer_text(f, take(f)->id, "x");
    assert_non_null(strstr(hear(f), "Connection: keep-alive"));
    assert_false(http_closed(f->http));
    say(f, "GET / HTTP/1.0\r\n\r\n");
    answer_text(f, take(f)->id, "x");
    assert_non_null(strstr(hear(f), "Connection: close"));
    assert_true(http_closed(f->http));
}

static void refused_route_keeps_the_connection(void **state) {
    struct fixture *f = *state;
    say(f, GET("/missing") GET("/there"));
    answer_text(f, take(f)->id, "there");
    const char *out = hear(f);
    assert_non_null(strstr(out, "404 Not Found"));
    assert_non_null(strstr(out, "\"name\":\"ERR_RPC_PATH\""));
    assert_non_null(strstr(out, "there"));
    /* With a body that nobody will read it cannot go on. */
    say(f, "POST /missing HTTP/1.1\r\nHost: n\r\nContent-Length: 5\r\n\r\nGET /");
    assert_non_null(strstr(hear(f), "Connection: close"));
    assert_true(http_closed(f->http));
}

/* Each probe on a connection of its own: refused by this name, closed, nothing of it taken for a request. */
struct probe {
    enum err err;
    const char *text;
};

static const struct probe probes[] = {
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nabc"},
    {ERR_HTTP_AMBIGUOUS, "GET / HTTP/1.1\nHost: a\n\n"},
    {ERR_HTTP_AMBIGUOUS, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
    {ERR_HTTP_AMBIGUOUS, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "GET / HTTP/1.1\r\nHost: a\r\nX: \rTransfer-Encoding: chunked\r\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n"},
    {ERR_HTTP_CODING, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc"},
    {ERR_HTTP_SYNTAX, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n"},
    {ERR_HTTP_AMBIGUOUS, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\nabc"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\r\n : chunked\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\n: a\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET /\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET /a\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01" "b\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_SYNTAX, "\x16\x03\x01\x02\r\n\r\n"},
    {ERR_HTTP_VERSION, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_VERSION, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_VERSION, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
    {ERR_HTTP_VERSION, "GET / RTSP/1.0\r\nHost: a\r\n\r\n"},
    {ERR_HTTP_EXPECT, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: tea\r\n\r\nabc"},
    {ERR_HTTP_BODY_SIZE, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\nabc"},
    {ERR_HTTP_BODY_SIZE, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\nabc"},
    {ERR_HTTP_BODY_SIZE, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"},
    {ERR_HTTP_BODY_SIZE, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n"
                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
};

static void probe_one(const struct probe *p, size_t step) {
    void *state;
    setup(&state);
    struct fixture *f = state;
    size_t len = strlen(p->text);
    for (size_t at = 0; at < len; at += step)
        (void)say_bytes(f, p->text + at, len - at < step ? len - at : step);
    if (take(f) != NULL) fail_msg("taken for a request: %s", p->text);
    const char *out = hear(f);
    char name[64];
    snprintf(name, sizeof name, "\"name\":\"%s\"", err_name(p->err));
    if (strstr(out, name) == NULL) fail_msg("not %s: %s\n%s", err_name(p->err), p->text, out);
    assert_true(http_closed(f->http));
    assert_int_equal(f->shared.refused, 1);
    teardown(&state);
}

static void smuggling_and_malformed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        probe_one(&probes[i], 1 << 20);
        probe_one(&probes[i], 1);
        probe_one(&probes[i], 7);
    }
}

static void oversized_head(void **state) {
    struct fixture *f = *state;
    say(f, "GET / HTTP/1.1\r\nHost: n\r\nX: ");
    char block[1000];
    memset(block, 'a', sizeof block);
    for (int i = 0; i < 20; i++)
        assert_int_equal(say_bytes(f, block, sizeof block), sizeof block); /* read on, but dropped */
    assert_non_null(strstr(hear(f), "431 Request Header Fields Too Large"));
    assert_true(http_closed(f->http));
    assert_true(f->shared.held < HTTP_HEAD_BYTES_MAX);
}

static void too_many_headers(void **state) {
    struct fixture *f = *state;
    say(f, "GET / HTTP/1.1\r\nHost: n\r\n");
    for (int i = 0; i < HTTP_HEADERS_MAX; i++)
        say(f, "X: y\r\n");
    say(f, "\r\n");
    assert_non_null(strstr(hear(f), "431"));
}

static void slow_head(void **state) {
    struct fixture *f = *state;
    /* From the first moment of a connection, whatever trickles in. */
    for (int i = 0; i < 9; i++) {
        say(f, "G");
        f->now += 1000;
        http_tick(f->http, f->now);
        assert_false(http_closed(f->http));
    }
    f->now += 1000;
    http_tick(f->http, f->now);
    assert_non_null(strstr(hear(f), "408 Request Timeout"));
    assert_true(http_closed(f->http));
}

static void silent_connection(void **state) {
    struct fixture *f = *state;
    assert_int_equal(http_deadline(f->http), f->now + HTTP_HEAD_MS);
    f->now += HTTP_HEAD_MS;
    http_tick(f->http, f->now);
    assert_true(http_closed(f->http));
    assert_string_equal(hear(f), "");
}

static void idle_after_an_answer(void **state) {
    struct fixture *f = *state;
    say(f, GET("/"));
    uint64_t id = take(f)->id;
    assert_int_equal(http_deadline(f->http), HTTP_NEVER); /* ours to answer */
    answer_text(f, id, "x");
    hear(f);
    assert_int_equal(http_deadline(f->http), f->now + HTTP_IDLE_MS);
    f->now += HTTP_IDLE_MS;
    http_tick(f->http, f->now);
    assert_true(http_closed(f->http));
}

static void slow_body(void **state) {
    struct fixture *f = *state;
    say(f, "POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 100\r\n\r\n");
    for (int i = 0; i < 10; i++) {
        say(f, "a");
        f->now += 1001;
        http_tick(f->http, f->now);
    }
    assert_non_null(strstr(hear(f), "408"));
    assert_true(http_closed(f->http));
    assert_null(take(f));
}

static void shared_budget(void **state) {
    struct fixture *f = *state;
    f->shared.held_max = 1;
    f->shared.held = 1;
    say(f, GET("/"));
    const char *out = hear(f);
    assert_non_null(strstr(out, "503"));
    assert_non_null(strstr(out, "Retry-After: 1"));
    assert_true(http_closed(f->http));
    f->shared.held -= 1;
}

static void streams(void **state) {
    struct fixture *f = *state;
    say(f, GET("/s"));
    uint64_t id = take(f)->id;
    struct http_response r;
    http_response_init(&r, 100);
    r.stream = true;
    r.content_type = "text/event-stream";
    buffer_text(&r.body, "first");
    http_respond(f->http, id, &r, f->now);
    const char *out = hear(f);
    assert_non_null(strstr(out, "Transfer-Encoding: chunked\r\n"));
    assert_null(strstr(out, "Content-Length"));
    assert_non_null(strstr(out, "\r\n\r\n5\r\nfirst\r\n"));
    assert_true(http_stream_open(f->http, id));
    http_stream_write(f->http, id, span_text("0123456789abcdef"), f->now);
    assert_string_equal(hear(f), "10\r\n0123456789abcdef\r\n");
    assert_int_equal(http_deadline(f->http), HTTP_NEVER);
    /* What the client says now is dropped, and a reader that stops reading is closed. */
    assert_int_equal(say(f, GET("/x")), strlen(GET("/x")));
    assert_null(take(f));
    char *bulk = calloc(1, HTTP_STREAM_BYTES_MAX);
    size_t room = http_stream_room(f->http, id);
    assert_true(room > HTTP_STREAM_BYTES_MAX / 2);
    http_stream_write(f->http, id, span_of(bulk, room), f->now);
    assert_int_equal(http_stream_room(f->http, id), 0);
    f->now += HTTP_WRITE_MS;
    http_tick(f->http, f->now);
    assert_true(http_closed(f->http));
    assert_int_equal(http_stream_room(f->http, id), 0);
    free(bulk);
}

static void stream_ends(void **state) {
    struct fixture *f = *state;
    say(f, GET("/s"));
    uint64_t id = take(f)->id;
    struct http_response r;
    http_response_init(&r, 100);
    r.stream = true;
    http_respond(f->http, id, &r, f->now);
    hear(f);
    http_stream_end(f->http, id, f->now);
    assert_string_equal(hear(f), "0\r\n\r\n");
    assert_true(http_closed(f->http));
}

static void peer_goes_away(void **state) {
    struct fixture *f = *state;
    say(f, GET("/1") GET("/2") "GET /half");
    uint64_t first = take(f)->id, second = take(f)->id;
    http_eof(f->http, f->now);
    answer_text(f, second, "two");
    assert_false(http_closed(f->http));
    answer_text(f, first, "one");
    assert_non_null(strstr(hear(f), "two"));
    assert_true(http_closed(f->http));
}

static void abort_keeps_what_others_work_on(void **state) {
    struct fixture *f = *state;
    say(f, "POST /p HTTP/1.1\r\nHost: n\r\nContent-Length: 2\r\n\r\nab" GET("/2"));
    const struct http_request *r = take(f);
    http_abort(f->http);
    assert_true(http_closed(f->http));
    assert_int_equal(http_pending(f->http), 1);
    assert_true(span_is(r->body, "ab"));
    answer_text(f, r->id, "nobody hears");
    assert_int_equal(http_pending(f->http), 0);
    assert_string_equal(hear(f), "");
}

static void graceful_stop(void **state) {
    struct fixture *f = *state;
    say(f, GET("/1") GET("/2"));
    uint64_t first = take(f)->id, second = take(f)->id;
    http_stop(f->http);
    answer_text(f, first, "one");
    answer_text(f, second, "two");
    const char *out = hear(f);
    assert_non_null(strstr(out, "one"));
    assert_non_null(strstr(out, "two"));
    assert_non_null(strstr(out, "Connection: close"));
    assert_true(http_closed(f->http));
}

static void language_of_refusals(void **state) {
    (void)state;
    assert_int_equal(problem_lang(SPAN_EMPTY), LANG_ZH);
    assert_int_equal(problem_lang(span_text("en")), LANG_EN);
    assert_int_equal(problem_lang(span_text("en-GB, en;q=0.9, zh;q=0.8")), LANG_EN);
    assert_int_equal(problem_lang(span_text("en;q=0.3, zh-CN;q=0.8")), LANG_ZH);
    assert_int_equal(problem_lang(span_text("fr, de")), LANG_ZH);
    assert_int_equal(problem_lang(span_text("en;q=0")), LANG_ZH);
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_request), TEST(head_has_no_body), TEST(answers_keep_the_order_of_requests),
        TEST(pipelining_is_bounded), TEST(a_client_that_does_not_read_is_not_read), TEST(bodies),
        TEST(expect_100_continue), TEST(close_and_old_versions), TEST(http10_closes_unless_asked),
        TEST(refused_route_keeps_the_connection), cmocka_unit_test(smuggling_and_malformed),
        TEST(oversized_head), TEST(too_many_headers), TEST(slow_head), TEST(silent_connection),
        TEST(idle_after_an_answer), TEST(slow_body), TEST(shared_budget), TEST(streams), TEST(stream_ends),
        TEST(peer_goes_away), TEST(abort_keeps_what_others_work_on), TEST(graceful_stop),
        cmocka_unit_test(language_of_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
