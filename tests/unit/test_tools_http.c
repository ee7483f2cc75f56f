/* The client against servers that lie: what a caller must be able to tell apart, and what it never
 * takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools_server.h"
#include "tools/http_client.h"

static void serve(struct server *s, const char *const *answer) {
    server_start(s, answer, 1);
}

static enum http_outcome ask_url(const char *url, const char *content_type, size_t answer_max,
                                 struct http_answer *answer) {
    struct http_client *c = http_client_new();
    struct http_call call = {.url = url,
                             .content_type = content_type,
                             .body = span_text("body"),
                             .total_timeout_ms = 200,
                             .connect_timeout_ms = 200};
    buffer_init(&answer->body, answer_max);
    enum http_outcome outcome = http_client_call(c, &call, answer);
    http_client_free(c);
    return outcome;
}

static enum http_outcome ask(struct server *s, const char *content_type, size_t answer_max,
                             struct http_answer *answer) {
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/v1/node", (unsigned)s->port);
    return ask_url(url, content_type, answer_max, answer);
}

static void an_answer_is_taken(void **state) {
    (void)state;
    struct server s;
    struct http_answer a;
    serve(&s, (const char *const[]){
                  "HTTP/1.1 503 Service Unavailable\r\nContent-Type: "
                  "application/problem+json\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}"});
    assert_int_equal(ask(&s, "application/msgpack", 100, &a), HTTP_ANSWERED);
    assert_int_equal(a.status, 503);
    assert_int_equal(a.retry_after_s, 2);
    assert_string_equal(a.content_type, "application/problem+json");
    assert_true(span_is(buffer_span(&a.body), "{}"));
    server_stop(&s);
    assert_non_null(strstr(s.request, "POST /v1/node HTTP/1.1"));
    assert_non_null(strstr(s.request, "Content-Type: application/msgpack"));
    assert_null(strstr(s.request, "Expect:"));
    buffer_free(&a.body);
}

static void a_redirect_is_not_followed(void **state) {
    (void)state;
    struct server s;
    struct http_answer a;
    serve(&s, (const char *const[]){
                  "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"});
    assert_int_equal(ask(&s, NULL, 100, &a), HTTP_ANSWERED);
    assert_int_equal(a.status, 302);
    server_stop(&s);
    assert_int_equal(s.connections, 1);
    buffer_free(&a.body);
}

static void a_long_answer_is_cut_off(void **state) {
    (void)state;
    struct server s;
    struct http_answer a;
    serve(&s, (const char *const[]){"HTTP/1.1 200 OK\r\nContent-Length: "
                                    "99999999\r\n\r\n0123456789012345678901234567890123456789"});
    assert_int_equal(ask(&s, NULL, 20, &a), HTTP_BAD_ANSWER);
    assert_true(a.body.len <= 20);
    assert_non_null(strstr(a.trouble, "longer than 20"));
    server_stop(&s);
    buffer_free(&a.body);
}

static void silence_is_not_unreachable(void **state) {
    (void)state;
    struct server s;
    struct http_answer a;
    /* Nobody there: surely nothing was received. */
    serve(&s, (const char *const[]){NULL});
    server_stop(&s);
    assert_int_equal(ask(&s, "text/plain", 100, &a), HTTP_UNREACHABLE);
    buffer_free(&a.body);
    assert_int_equal(ask_url("http://127.0.0.1:notaport/", NULL, 100, &a), HTTP_UNREACHABLE);
    buffer_free(&a.body);
    /* It took the request and said nothing, or hung up: nobody knows. */
    serve(&s, (const char *const[]){""});
    assert_int_equal(ask(&s, "text/plain", 100, &a), HTTP_NO_ANSWER);
    server_stop(&s);
    buffer_free(&a.body);
    serve(&s, (const char *const[]){NULL});
    assert_int_equal(ask(&s, "text/plain", 100, &a), HTTP_NO_ANSWER);
    server_stop(&s);
    buffer_free(&a.body);
    /* An answer that ends early says nothing either. */
    serve(&s, (const char *const[]){"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"records\":"});
    assert_int_equal(ask(&s, "text/plain", 200, &a), HTTP_NO_ANSWER);
    server_stop(&s);
    buffer_free(&a.body);
}

static void only_http_is_spoken(void **state) {
    (void)state;
    struct server s;
    struct http_answer a;
    assert_int_equal(ask_url("file:///etc/hostname", NULL, 1000, &a), HTTP_UNREACHABLE);
    assert_int_equal(a.body.len, 0);
    buffer_free(&a.body);
    assert_int_equal(ask_url("gopher://127.0.0.1:9/", NULL, 1000, &a), HTTP_UNREACHABLE);
    buffer_free(&a.body);
    serve(&s, (const char *const[]){"hello\r\n"});
    assert_int_equal(ask(&s, NULL, 1000, &a), HTTP_BAD_ANSWER);
    server_stop(&s);
    buffer_free(&a.body);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_taken),       cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(a_long_answer_is_cut_off), cmocka_unit_test(silence_is_not_unreachable),
        cmocka_unit_test(only_http_is_spoken),
    };
    http_client_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_client_stop();
    return failed;
}
