#include "rpc/http_session.h"

#include <stdlib.h>

#include "rpc/http_response.h"
#include "rpc/problem.h"

enum { PROBLEM_BYTES_MAX = 4096 };

void exchange_free(struct exchange *x) {
    if (x == NULL) return;
    buffer_free(&x->head);
    buffer_free(&x->request_body);
    http_response_free(&x->response);
    free(x);
}

void http_drop(struct http *h, uint32_t place) {
    CHECK(place < h->count);
    exchange_free(h->ring[place]);
    for (uint32_t i = place; i + 1 < h->count; i++)
        h->ring[i] = h->ring[i + 1];
    h->ring[--h->count] = NULL;
}

size_t http_unsent(const struct http *h) {
    return h->writing.len - h->written + h->waiting.len;
}

void http_account(struct http *h) {
    uint64_t held = http_unsent(h);
    for (uint32_t i = 0; i < h->count; i++)
        held += h->ring[i]->head.len + h->ring[i]->request_body.len + h->ring[i]->response.body.len;
    h->shared->held = h->shared->held - h->held + held;
    h->held = held;
}

static void answer_count(struct http *h, uint16_t status) {
    h->shared->answers[status / 100 < 6 ? status / 100 : 0]++;
}

/* After an answer that closes, what came behind its request is not answered: RFC 9112 section 9.6. Requests that somebody
 * still works on stay until they are answered. */
static void drop_rest(struct http *h) {
    for (uint32_t i = h->count; i-- > 1;)
        if (h->ring[i]->stage != EXCHANGE_GIVEN) http_drop(h, i);
}

/* Writes the answer of the oldest request. False: it stays open as a stream. */
static bool write_answer(struct http *h, struct exchange *x) {
    struct http_response *r = &x->response;
    bool close = r->close || !x->keep_alive || (h->stopping && h->count == 1);
    struct http_response_mode mode = {.http10 = x->http10, .close = close};
    if (r->stream) {
        mode.chunked = !x->http10;
        mode.close = true;
        close = true;
    }
    http_response_head(r, mode, &h->waiting);
    answer_count(h, r->status);
    bool streams = r->stream && !x->head_only;
    if (!x->head_only) {
        if (mode.chunked && r->body.len > 0) buffer_printf(&h->waiting, "%zx\r\n", r->body.len);
        buffer_append_span(&h->waiting, buffer_span(&r->body));
        if (mode.chunked && r->body.len > 0) buffer_text(&h->waiting, "\r\n");
    }
    CHECK(!h->waiting.overflow);
    if (close) {
        h->deaf = true;
        h->closing = !streams;
        drop_rest(h);
    }
    if (streams) {
        buffer_free(&r->body);
        x->stage = EXCHANGE_STREAMING;
    }
    return !streams;
}

void http_flush(struct http *h, uint64_t now_ms) {
    if (h->broken) return;
    while (h->count > 0 && !h->closing && http_unsent(h) < HTTP_WAITING_BYTES) {
        struct exchange *x = h->ring[0];
        if (x->stage == EXCHANGE_BODY && x->continue_wanted) {
            x->continue_wanted = false;
            buffer_text(&h->waiting, "HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (x->stage != EXCHANGE_ANSWERED) break;
        if (http_unsent(h) == 0) h->write_since = now_ms;
        if (!write_answer(h, x)) break;
        http_drop(h, 0);
        h->idle_since = now_ms;
    }
    if (h->count == 0 && (h->eof || h->stopping)) {
        h->deaf = true;
        h->closing = true;
    }
    http_account(h);
}

void http_refuse(struct http *h, struct exchange *x, enum err e, uint64_t now_ms) {
    struct refusal refusal;
    (void)refusal_set(&refusal, e, "%s", "");
    http_response_free(&x->response);
    http_response_init(&x->response, PROBLEM_BYTES_MAX);
    problem_write(&x->response, &refusal, problem_lang(x->request.headers[HTTP_ACCEPT_LANGUAGE]), 0);
    x->response.close = true;
    x->stage = EXCHANGE_ANSWERED;
    h->deaf = true;
    h->shared->refused++;
    http_flush(h, now_ms);
}

static struct exchange *find(const struct http *h, uint64_t id, uint32_t *ret_place) {
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->ring[i]->request.id != id) continue;
        *ret_place = i;
        return h->ring[i];
    }
    return NULL;
}

void http_respond(struct http *h, uint64_t id, struct http_response *response, uint64_t now_ms) {
    uint32_t place = 0;
    struct exchange *x = find(h, id, &place);
    CHECK(x != NULL && x->stage == EXCHANGE_GIVEN && h->pending > 0);
    h->pending--;
    if (h->broken || h->closing) {
        http_response_free(response);
        http_drop(h, place);
        http_account(h);
        return;
    }
    x->response = *response;
    *response = (struct http_response){0};
    x->stage = EXCHANGE_ANSWERED;
    buffer_free(&x->request_body);
    x->request.body = SPAN_EMPTY;
    http_flush(h, now_ms);
}

bool http_stream_open(const struct http *h, uint64_t id) {
    uint32_t place = 0;
    const struct exchange *x = find(h, id, &place);
    return x != NULL && !h->broken && !h->closing &&
           (x->stage == EXCHANGE_STREAMING || (x->stage == EXCHANGE_ANSWERED && x->response.stream));
}

size_t http_stream_room(const struct http *h, uint64_t id) {
    enum { FRAMING = 32 };
    uint32_t place = 0;
    const struct exchange *x = find(h, id, &place);
    if (x == NULL || x->stage != EXCHANGE_STREAMING || h->broken || h->closing) return 0;
    size_t unsent = http_unsent(h) + FRAMING;
    return unsent >= HTTP_STREAM_BYTES_MAX ? 0 : HTTP_STREAM_BYTES_MAX - unsent;
}

void http_stream_write(struct http *h, uint64_t id, struct span bytes, uint64_t now_ms) {
    if (bytes.len == 0) return;
    CHECK(bytes.len <= http_stream_room(h, id));
    if (http_unsent(h) == 0) h->write_since = now_ms;
    bool chunked = !h->ring[0]->http10;
    if (chunked) buffer_printf(&h->waiting, "%zx\r\n", bytes.len);
    buffer_append_span(&h->waiting, bytes);
    if (chunked) buffer_text(&h->waiting, "\r\n");
    CHECK(!h->waiting.overflow);
    http_account(h);
}

void http_stream_end(struct http *h, uint64_t id, uint64_t now_ms) {
    uint32_t place = 0;
    struct exchange *x = find(h, id, &place);
    if (x == NULL || x->stage != EXCHANGE_STREAMING) return;
    if (http_unsent(h) == 0) h->write_since = now_ms;
    if (!x->http10 && !h->broken) buffer_text(&h->waiting, "0\r\n\r\n");
    h->closing = true;
    http_drop(h, place);
    http_account(h);
}

struct span http_output(struct http *h) {
    if (h->broken) return SPAN_EMPTY;
    if (h->written == h->writing.len && h->waiting.len > 0) {
        struct buffer spent = h->writing;
        h->writing = h->waiting;
        h->waiting = spent;
        buffer_clear(&h->waiting);
        h->written = 0;
    }
    return span_part(buffer_span(&h->writing), h->written, h->writing.len - h->written);
}

void http_output_done(struct http *h, size_t count, uint64_t now_ms) {
    CHECK(count <= h->writing.len - h->written);
    h->written += count;
    h->shared->bytes_out += count;
    if (count > 0) h->write_since = now_ms;
    if (h->written == h->writing.len) {
        size_t max = h->writing.max;
        if (h->writing.cap > HTTP_KEEP_BYTES) {
            buffer_free(&h->writing);
            buffer_init(&h->writing, max);
        }
        buffer_clear(&h->writing);
        h->written = 0;
    }
    http_flush(h, now_ms);
}
