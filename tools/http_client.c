#include "tools/http_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

struct http_client {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
};

void http_client_start(void) {
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

void http_client_stop(void) {
    curl_global_cleanup();
}

struct http_client *http_client_new(void) {
    struct http_client *c = check_alloc(1, sizeof *c);
    c->curl = curl_easy_init();
    CHECK(c->curl != NULL);
    return c;
}

void http_client_free(struct http_client *c) {
    if (c == NULL) return;
    curl_easy_cleanup(c->curl);
    free(c);
}

static size_t take_body(char *data, size_t size, size_t count, void *user) {
    struct buffer *body = user;
    size_t len = size * count;
    buffer_append(body, data, len);
    return body->overflow ? 0 : len; /* 0 ends the transfer */
}

static struct curl_slist *header_add(struct curl_slist *list, const char *name, const char *value) {
    char line[256];
    int len = snprintf(line, sizeof line, "%s: %s", name, value);
    CHECK(len > 0 && (size_t)len < sizeof line);
    struct curl_slist *longer = curl_slist_append(list, line);
    CHECK(longer != NULL);
    return longer;
}

static void free_headers(struct curl_slist **list) {
    curl_slist_free_all(*list);
}

static void options_set(struct http_client *c, const struct http_call *call,
                        struct http_answer *answer, struct curl_slist *headers) {
    CURL *h = c->curl;
    curl_easy_reset(h); /* keeps connections */
    c->error[0] = 0;
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, c->error);
    curl_easy_setopt(h, CURLOPT_URL, call->url);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(h, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "suyuan/" SUYUAN_VERSION);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(call->connect_timeout_ms ? call->connect_timeout_ms : 5000));
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS,
                     (long)(call->total_timeout_ms ? call->total_timeout_ms : 60000));
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, &answer->body);
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    if (call->content_type == NULL) return;
    curl_easy_setopt(h, CURLOPT_POST, 1L);
    if (call->put) curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, "PUT");
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, call->body.len ? (const char *)call->body.data : "");
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
}

static void answer_read(CURL *h, struct http_answer *answer) {
    long status = 0;
    const char *type = NULL;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(h, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &retry_after);
    answer->status = status > 0 ? (uint32_t)status : 0;
    snprintf(answer->content_type, sizeof answer->content_type, "%s", type ? type : "");
    answer->retry_after_s = retry_after > 0 ? (uint64_t)retry_after : 0;
}

/* Did a connection stand? Then bytes may have left. */
static bool was_connected(CURL *h) {
    double seconds = 0;
    curl_easy_getinfo(h, CURLINFO_PRETRANSFER_TIME, &seconds);
    return seconds > 0;
}

static enum http_outcome outcome_of(CURLcode code, CURL *h) {
    if (code == CURLE_OK) return HTTP_ANSWERED;
    if (code == CURLE_WRITE_ERROR || code == CURLE_WEIRD_SERVER_REPLY ||
        code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_HTTP2 ||
        code == CURLE_BAD_CONTENT_ENCODING)
        return was_connected(h) ? HTTP_BAD_ANSWER : HTTP_UNREACHABLE;
    return was_connected(h) ? HTTP_NO_ANSWER : HTTP_UNREACHABLE;
}

enum http_outcome http_client_call(struct http_client *c, const struct http_call *call,
                                   struct http_answer *answer) {
    struct curl_slist *headers CLEANUP(free_headers) = NULL;
    headers = header_add(headers, "Accept", call->accept ? call->accept : "application/json");
    headers = curl_slist_append(headers, "Expect:"); /* no empty round trip before a large body */
    CHECK(headers != NULL);
    if (call->accept_language != NULL)
        headers = header_add(headers, "Accept-Language", call->accept_language);
    if (call->content_type != NULL)
        headers = header_add(headers, "Content-Type", call->content_type);
    buffer_clear(&answer->body);
    answer->trouble[0] = 0;
    options_set(c, call, answer, headers);
    CURLcode code = curl_easy_perform(c->curl);
    answer_read(c->curl, answer);
    if (code != CURLE_OK)
        snprintf(answer->trouble, sizeof answer->trouble, "%s",
                 c->error[0] ? c->error : curl_easy_strerror(code));
    if (answer->body.overflow)
        snprintf(answer->trouble, sizeof answer->trouble, "the answer is longer than %zu bytes",
                 answer->body.max);
    return outcome_of(code, c->curl);
}
