#include "rpc/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rpc/http_session.h"

static_assert((int)HTTP_WAITING_BYTES >= (int)HTTP_STREAM_BYTES_MAX, "a full stream does not hold up its own head");
static_assert((int)RPC_ANSWER_BYTES_MAX + 2 * (int)HTTP_WAITING_BYTES <= (int)HTTP_TOTAL_BYTES_MAX, "one answer always fits");

struct http *http_new(struct http_shared *shared, uint64_t now_ms) {
    struct http *h = check_alloc(1, sizeof *h);
    h->shared = shared;
    h->next_id = 1;
    h->idle_since = now_ms;
    h->write_since = now_ms;
    h->fresh = true;
    size_t max = RPC_ANSWER_BYTES_MAX + 2 * HTTP_WAITING_BYTES;
    buffer_init(&h->writing, max);
    buffer_init(&h->waiting, max);
    return h;
}

void http_free(struct http *h) {
    if (h == NULL) return;
    CHECK(h->pending == 0);
    while (h->count > 0)
        http_drop(h, h->count - 1);
    h->shared->held -= h->held;
    http_parser_free(h->parser);
    buffer_free(&h->writing);
    buffer_free(&h->waiting);
    free(h);
}

void http_visitor(struct http *h, const struct visitor *visitor) {
    h->visitor = visitor;
}

struct exchange *http_reading(const struct http *h) {
    if (h->count == 0) return NULL;
    struct exchange *x = h->ring[h->count - 1];
    return x->stage == EXCHANGE_HEAD || x->stage == EXCHANGE_BODY ? x : NULL;
}

static struct exchange *exchange_begin(struct http *h, uint64_t now_ms) {
    struct exchange *x = check_alloc(1, sizeof *x);
    x->stage = EXCHANGE_HEAD;
    x->request.id = h->next_id++;
    x->request.visitor = h->visitor;
    buffer_init(&x->head, HTTP_HEAD_BYTES_MAX);
    CHECK(h->count < HTTP_PIPELINE_MAX);
    h->ring[h->count++] = x;
    h->reading_since = now_ms;
    h->body_bytes = 0;
    h->last_byte = 0;
    if (h->parser == NULL) h->parser = http_parser_new();
    return x;
}

static void request_ready(struct http *h, struct exchange *x, uint64_t now_ms) {
    x->request.body = buffer_span(&x->request_body);
    x->stage = EXCHANGE_READY;
    h->fresh = false;
    h->idle_since = now_ms;
    h->shared->requests++;
}

/* Refused by the route: answered like any other request, but a body that is not wanted is not read either. */
static void request_turned_away(struct http *h, struct exchange *x, bool has_body, struct http_response *answer,
                                uint64_t now_ms) {
    x->response = *answer;
    x->stage = EXCHANGE_ANSWERED;
    h->fresh = false;
    h->shared->requests++;
    h->shared->refused++;
    if (has_body) {
        x->response.close = true;
        h->deaf = true;
    }
    http_flush(h, now_ms);
}

static bool text_is(struct span s, const char *lower) {
    return s.len == strlen(lower) && strncasecmp((const char *)s.data, lower, s.len) == 0;
}

/* What the head says about the body, judged before a byte of it is read. */
static enum err body_check(const struct http *h, const struct http_head *head) {
    struct span coding = head->headers[HTTP_CONTENT_ENCODING];
    if (coding.len > 0 && !text_is(coding, "identity")) return ERR_HTTP_CODING;
    struct span expect = head->headers[HTTP_EXPECT];
    if (expect.data != NULL && !text_is(expect, "100-continue")) return ERR_HTTP_EXPECT;
    if (h->shared->held >= h->shared->held_max) return ERR_HTTP_BUSY;
    return OK;
}

static void head_complete(struct http *h, struct exchange *x, uint64_t now_ms) {
    struct http_head head;
    enum err e = http_parser_head(h->parser, buffer_span(&x->head), &head);
    if (e != OK) {
        http_refuse(h, x, e, now_ms);
        return;
    }
    x->http10 = head.http10;
    x->keep_alive = head.keep_alive;
    x->head_only = head.verb == HTTP_VERB_HEAD;
    x->request.verb = head.verb;
    x->request.path = head.path;
    x->request.query = head.query;
    memcpy(x->request.headers, head.headers, sizeof head.headers);
    bool has_body = head.chunked || head.content_length > 0;
    if ((e = body_check(h, &head)) != OK) {
        http_refuse(h, x, e, now_ms);
        return;
    }
    uint64_t body_max = 0;
    struct http_response refusal;
    http_response_init(&refusal, RPC_ANSWER_BYTES_MAX);
    if (!h->shared->admit(h->shared->context, &x->request, &body_max, &refusal)) {
        request_turned_away(h, x, has_body, &refusal, now_ms);
        return;
    }
    http_response_free(&refusal);
    if (!has_body) {
        request_ready(h, x, now_ms);
        return;
    }
    if (head.content_length > body_max || body_max == 0) {
        http_refuse(h, x, ERR_HTTP_BODY_SIZE, now_ms);
        return;
    }
    buffer_init(&x->request_body, (size_t)body_max);
    x->stage = EXCHANGE_BODY;
    x->continue_wanted = !x->http10 && head.headers[HTTP_EXPECT].data != NULL;
    h->reading_since = now_ms;
    http_flush(h, now_ms);
}

/* Where the head ends in what was read: behind the first CRLF CRLF; 0 when it goes on. */
static size_t head_end(struct span head, size_t from) {
    for (size_t i = from; i < head.len; i++)
        if (head.data[i] == '\n' && i >= 3 && memcmp(head.data + i - 3, "\r\n\r\n", 4) == 0) return i + 1;
    return 0;
}

/* A line feed without its carriage return could end the head for somebody else: refused the moment it is seen. */
static bool bare_line_feed(const struct http *h, struct span bytes) {
    uint8_t before = h->last_byte;
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] == '\n' && before != '\r') return true;
        before = bytes.data[i];
    }
    return false;
}

static size_t input_head(struct http *h, struct span bytes, uint64_t now_ms) {
    struct exchange *x = http_reading(h);
    if (x == NULL) {
        /* RFC 9112 section 2.2: an empty line before a request is ignored. */
        if (bytes.len >= 2 && bytes.data[0] == '\r' && bytes.data[1] == '\n') return 2;
        x = exchange_begin(h, now_ms);
    }
    size_t before = x->head.len;
    size_t room = HTTP_HEAD_BYTES_MAX - before;
    size_t take = bytes.len < room ? bytes.len : room;
    buffer_append(&x->head, bytes.data, take);
    size_t end = head_end(buffer_span(&x->head), before);
    if (end > 0) {
        take = end - before;
        x->head.len = end;
    }
    if (bare_line_feed(h, span_part(bytes, 0, take))) {
        http_refuse(h, x, ERR_HTTP_AMBIGUOUS, now_ms);
        return take;
    }
    if (take > 0) h->last_byte = bytes.data[take - 1];
    if (end > 0)
        head_complete(h, x, now_ms);
    else if (x->head.len == HTTP_HEAD_BYTES_MAX)
        http_refuse(h, x, ERR_HTTP_HEAD_SIZE, now_ms);
    return take;
}

static size_t input_body(struct http *h, struct exchange *x, struct span bytes, uint64_t now_ms) {
    size_t used = 0;
    bool done = false;
    x->continue_wanted = false; /* RFC 9110 section 10.1.1: it did not wait for us */
    enum err e = http_parser_body(h->parser, bytes, &x->request_body, &used, &done);
    if (e != OK) {
        http_refuse(h, x, e, now_ms);
        return bytes.len;
    }
    h->body_bytes += used;
    if (done) request_ready(h, x, now_ms);
    return used;
}

/* May a further request be begun? */
static bool request_fits(const struct http *h) {
    if (h->count == 0) return http_unsent(h) < HTTP_WAITING_BYTES;
    return h->count < HTTP_PIPELINE_MAX && h->held < HTTP_HELD_BYTES_MAX;
}

size_t http_input(struct http *h, struct span bytes, uint64_t now_ms) {
    size_t used = 0;
    while (used < bytes.len && !h->broken) {
        struct span rest = span_part(bytes, used, bytes.len - used);
        struct exchange *x = http_reading(h);
        if (h->deaf) {
            used = bytes.len;
        } else if (x != NULL && x->stage == EXCHANGE_BODY) {
            used += input_body(h, x, rest, now_ms);
        } else {
            if (x == NULL && !request_fits(h)) break;
            used += input_head(h, rest, now_ms);
        }
        http_account(h);
    }
    if (h->broken) used = bytes.len;
    h->shared->bytes_in += used;
    return used;
}

void http_eof(struct http *h, uint64_t now_ms) {
    h->eof = true;
    h->deaf = true;
    if (http_reading(h) != NULL) http_drop(h, h->count - 1);
    if (h->count > 0 && h->ring[0]->stage == EXCHANGE_STREAMING)
        http_stream_end(h, h->ring[0]->request.id, now_ms);
    http_flush(h, now_ms);
}

void http_abort(struct http *h) {
    h->broken = true;
    h->deaf = true;
    h->closing = true;
    for (uint32_t i = h->count; i-- > 0;)
        if (h->ring[i]->stage != EXCHANGE_GIVEN) http_drop(h, i);
    buffer_clear(&h->waiting);
    http_account(h);
}

void http_stop(struct http *h) {
    h->stopping = true;
    if (http_reading(h) != NULL) http_drop(h, h->count - 1);
    h->deaf = true;
    if (h->count > 0 && h->ring[0]->stage == EXCHANGE_STREAMING)
        http_stream_end(h, h->ring[0]->request.id, h->write_since);
    if (h->count == 0) h->closing = true;
}

bool http_next(struct http *h, const struct http_request **ret_request) {
    if (h->broken || h->closing) return false;
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->ring[i]->stage != EXCHANGE_READY) continue;
        h->ring[i]->stage = EXCHANGE_GIVEN;
        h->pending++;
        *ret_request = &h->ring[i]->request;
        return true;
    }
    return false;
}

uint32_t http_pending(const struct http *h) {
    return h->pending;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t read_deadline(const struct http *h) {
    const struct exchange *x = http_reading(h);
    if (x != NULL && x->stage == EXCHANGE_HEAD) return h->reading_since + HTTP_HEAD_MS;
    if (x != NULL) return h->reading_since + HTTP_BODY_GRACE_MS + h->body_bytes * 1000 / HTTP_BODY_RATE;
    if (h->count > 0 || h->deaf) return HTTP_NEVER;
    return h->idle_since + (h->fresh ? (uint64_t)HTTP_HEAD_MS : (uint64_t)HTTP_IDLE_MS);
}

static uint64_t write_deadline(const struct http *h) {
    return http_unsent(h) > 0 ? h->write_since + HTTP_WRITE_MS : HTTP_NEVER;
}

uint64_t http_deadline(const struct http *h) {
    if (h->broken) return HTTP_NEVER;
    return earlier(read_deadline(h), write_deadline(h));
}

void http_tick(struct http *h, uint64_t now_ms) {
    if (h->broken) return;
    if (now_ms >= write_deadline(h)) {
        http_abort(h);
        return;
    }
    if (now_ms < read_deadline(h)) return;
    struct exchange *x = http_reading(h);
    if (x != NULL) {
        http_refuse(h, x, ERR_HTTP_TIMEOUT, now_ms);
        return;
    }
    h->deaf = true;
    h->closing = true;
}

bool http_closed(const struct http *h) {
    return h->broken || (h->closing && http_unsent(h) == 0);
}
