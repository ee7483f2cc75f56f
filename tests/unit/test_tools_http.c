/* The client against servers that lie: what a caller must be able to tell apart, and what it never
 * takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/http_client.h"

/* Takes connections one after the other, reads what comes first, answers each with the same bytes,
 * closes. */
struct server {
    int fd;
    uint16_t port;
    pthread_t thread;
    const char *answer; /* NULL: closes without a word; "": says nothing for a while */
    int connections;
    char request[8192];
};

static void *serve(void *self) {
    struct server *s = self;
    for (;;) {
        int c = accept(s->fd, NULL, NULL);
        if (c < 0) return NULL;
        s->connections++;
        ssize_t n = read(c, s->request, sizeof s->request - 1);
        s->request[n > 0 ? n : 0] = 0;
        if (s->answer != NULL && s->answer[0] == 0) usleep(400 * 1000);
        if (s->answer != NULL && write(c, s->answer, strlen(s->answer)) < 0) return NULL;
        shutdown(c, SHUT_WR);
        while (s->answer != NULL && read(c, s->request + sizeof s->request - 1, 1) > 0) {
        }
        s->request[sizeof s->request - 1] = 0;
        close(c);
    }
}

static void server_start(struct server *s, const char *answer) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    *s = (struct server){.answer = answer};
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&a, sizeof a) == 0 &&
                listen(s->fd, 8) == 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s) {
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
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
    server_start(&s, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: "
                     "application/problem+json\r\nRetry-After: 2\r\nContent-Length: 2\r\n\r\n{}");
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
    server_start(&s, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
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
    server_start(&s, "HTTP/1.1 200 OK\r\nContent-Length: "
                     "99999999\r\n\r\n0123456789012345678901234567890123456789");
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
    server_start(&s, NULL);
    server_stop(&s);
    assert_int_equal(ask(&s, "text/plain", 100, &a), HTTP_UNREACHABLE);
    buffer_free(&a.body);
    assert_int_equal(ask_url("http://127.0.0.1:notaport/", NULL, 100, &a), HTTP_UNREACHABLE);
    buffer_free(&a.body);
    /* It took the request and said nothing, or hung up: nobody knows. */
    server_start(&s, "");
    assert_int_equal(ask(&s, "text/plain", 100, &a), HTTP_NO_ANSWER);
    server_stop(&s);
    buffer_free(&a.body);
    server_start(&s, NULL);
    assert_int_equal(ask(&s, "text/plain", 100, &a), HTTP_NO_ANSWER);
    server_stop(&s);
    buffer_free(&a.body);
    /* An answer that ends early says nothing either. */
    server_start(&s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"records\":");
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
    server_start(&s, "hello\r\n");
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
    http_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_stop();
    return failed;
}
