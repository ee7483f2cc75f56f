#include "tools/gateway/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/emit.h"
#include "rpc/http.h"

enum { ANSWER_BYTES = 64 << 10, INPUT_BYTES = 64 << 10, RETRY_AFTER_S = 5, WAITING_MAX = 1024 };

struct connection {
    int fd; /* -1: the place is free */
    struct http *http;
    bool ended;
};
/* An answer that waits for the commit. */
struct held {
    uint32_t connection;
    uint64_t request;
    struct source_result result;
};
struct listen {
    int fd;
    uint16_t port;
    const struct listen_ops *ops;
    void *self;
    struct http_shared shared;
    struct connection connections[LISTEN_CONNECTIONS_MAX];
    uint32_t polled[LISTEN_CONNECTIONS_MAX + 1]; /* which connection stands at which place of fds */
    struct held held[WAITING_MAX];
    uint32_t held_count;
};

static bool admit(void *context, const struct http_request *head, uint64_t *ret_body_max,
                  struct http_response *ret_refusal) {
    (void)context;
    (void)ret_refusal;
    *ret_body_max = head->verb == HTTP_VERB_POST ? MESSAGE_BYTES_MAX : 0;
    return true;
}

struct listen *listen_open(uint16_t port, const struct listen_ops *ops, void *self) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 64) == 0 &&
              getsockname(fd, (struct sockaddr *)&a, &len) == 0;
    if (!ok) {
        int saved = errno;
        if (fd >= 0) close(fd);
        errno = saved;
        return NULL;
    }
    struct listen *l = check_alloc(1, sizeof *l);
    *l = (struct listen){.fd = fd, .port = ntohs(a.sin_port), .ops = ops, .self = self};
    l->shared = (struct http_shared){.admit = admit, .context = l, .held_max = 32 << 20};
    for (uint32_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++)
        l->connections[i].fd = -1;
    return l;
}

static void connection_close(struct connection *c) {
    if (c->fd < 0) return;
    close(c->fd);
    http_free(c->http);
    *c = (struct connection){.fd = -1};
}

void listen_close(struct listen *l) {
    if (l == NULL) return;
    listen_answer(l, false, 0);
    for (uint32_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        if (l->connections[i].fd >= 0) http_abort(l->connections[i].http);
        connection_close(&l->connections[i]);
    }
    close(l->fd);
    free(l);
}

uint16_t listen_port(const struct listen *l) {
    return l->port;
}

uint32_t listen_fds(struct listen *l, struct pollfd ret[]) {
    uint32_t count = 0;
    ret[count++] = (struct pollfd){.fd = l->fd, .events = POLLIN};
    for (uint32_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        struct connection *c = &l->connections[i];
        if (c->fd < 0) continue;
        bool out = http_output(c->http).len > 0;
        l->polled[count] = i;
        ret[count++] = (struct pollfd){
            .fd = c->fd, .events = (short)((c->ended ? 0 : POLLIN) | (out ? POLLOUT : 0))};
    }
    return count;
}

static void respond(struct listen *l, struct connection *c, uint64_t id, uint16_t status,
                    struct buffer *body, uint64_t now_ms) {
    struct http_response r;
    (void)l;
    http_response_init(&r, ANSWER_BYTES);
    r.status = status;
    if (body != NULL) {
        r.content_type = "application/json";
        buffer_append_span(&r.body, buffer_span(body));
    }
    if (status == 503) http_response_header_copy(&r, "Retry-After", "%d", RETRY_AFTER_S);
    http_respond(c->http, id, &r, now_ms);
}

static void status_answer(struct listen *l, struct connection *c, uint64_t id, uint64_t now_ms) {
    struct buffer body CLEANUP(buffer_free) = {0};
    buffer_init(&body, ANSWER_BYTES);
    l->ops->status(l->self, &body);
    respond(l, c, id, 200, &body, now_ms);
}

static void request_take(struct listen *l, uint32_t index, const struct http_request *q,
                         uint64_t now_ms) {
    struct connection *c = &l->connections[index];
    if (span_is(q->path, "/status") && q->verb == HTTP_VERB_GET) {
        status_answer(l, c, q->id, now_ms);
    } else if (span_is(q->path, "/reads") && q->verb == HTTP_VERB_POST) {
        if (l->held_count == WAITING_MAX) {
            respond(l, c, q->id, 503, NULL, now_ms);
            return;
        }
        struct held *h = &l->held[l->held_count++];
        *h = (struct held){.connection = index, .request = q->id};
        l->ops->message(l->self, q->body, &h->result);
    } else {
        bool known = span_is(q->path, "/status") || span_is(q->path, "/reads");
        respond(l, c, q->id, known ? 405 : 404, NULL, now_ms);
    }
}

static void connection_write(struct connection *c, uint64_t now_ms) {
    for (struct span out; (out = http_output(c->http)).len > 0;) {
        ssize_t n = send(c->fd, out.data, out.len, MSG_NOSIGNAL);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (n <= 0) {
            http_abort(c->http);
            c->ended = true;
            return;
        }
        http_output_done(c->http, (size_t)n, now_ms);
    }
}

static void connection_read(struct listen *l, uint32_t index, uint64_t now_ms) {
    struct connection *c = &l->connections[index];
    uint8_t bytes[INPUT_BYTES];
    const struct http_request *q;
    /* Looked at first: what the session does not take now stays in the socket. */
    ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) {
        c->ended = true;
        if (n == 0)
            http_eof(c->http, now_ms);
        else
            http_abort(c->http);
        return;
    }
    size_t used = http_input(c->http, span_of(bytes, (size_t)n), now_ms);
    while (used > 0) {
        ssize_t took = recv(c->fd, bytes, used, 0);
        if (took <= 0) break;
        used -= (size_t)took;
    }
    while (http_next(c->http, &q))
        request_take(l, index, q, now_ms);
}

static void accept_one(struct listen *l, uint64_t now_ms) {
    int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    for (uint32_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        if (l->connections[i].fd >= 0) continue;
        l->connections[i] = (struct connection){.fd = fd, .http = http_new(&l->shared, now_ms)};
        return;
    }
    close(fd); /* as many as there may be: the client tries again */
}

static void connections_tend(struct listen *l, uint64_t now_ms) {
    for (uint32_t i = 0; i < LISTEN_CONNECTIONS_MAX; i++) {
        struct connection *c = &l->connections[i];
        if (c->fd < 0) continue;
        if (now_ms >= http_deadline(c->http)) http_tick(c->http, now_ms);
        connection_write(c, now_ms);
        bool over = http_closed(c->http) || c->ended;
        if (over && http_pending(c->http) == 0 &&
            (http_closed(c->http) || http_output(c->http).len == 0))
            connection_close(c);
    }
}

void listen_poll(struct listen *l, const struct pollfd fds[], uint32_t count, uint64_t now_ms) {
    for (uint32_t i = 1; i < count; i++)
        if (fds[i].revents & (POLLIN | POLLHUP | POLLERR)) {
            struct connection *c = &l->connections[l->polled[i]];
            if (c->fd == fds[i].fd && !c->ended) connection_read(l, l->polled[i], now_ms);
        }
    if (count > 0 && fds[0].revents & POLLIN) accept_one(l, now_ms);
    connections_tend(l, now_ms);
}

static void held_answer(struct listen *l, const struct held *h, bool durable, uint64_t now_ms) {
    struct buffer body CLEANUP(buffer_free) = {0};
    struct emit j;
    struct connection *c = &l->connections[h->connection];
    const struct source_result *r = &h->result;
    buffer_init(&body, ANSWER_BYTES);
    emit_begin(&j, &body);
    emit_object(&j);
    emit_key_uint(&j, "taken", durable ? r->taken : 0);
    emit_key_uint(&j, "refused", r->refused);
    if (r->refused > 0) {
        emit_key(&j, "first");
        emit_object(&j);
        emit_key_string(&j, "name", err_name(r->first.err));
        emit_key_string(&j, "where", r->first.where);
        emit_key_string(&j, "title_zh", err_text(r->first.err, LANG_ZH));
        emit_key_string(&j, "title_en", err_text(r->first.err, LANG_EN));
        emit_object_end(&j);
    }
    emit_object_end(&j);
    emit_end(&j);
    bool nothing = r->taken == 0 && r->refused > 0;
    respond(l, c, h->request, nothing ? 422 : durable ? 200 : 503, &body, now_ms);
}

void listen_answer(struct listen *l, bool durable, uint64_t now_ms) {
    for (uint32_t i = 0; i < l->held_count; i++)
        held_answer(l, &l->held[i], durable, now_ms);
    bool any = l->held_count > 0;
    l->held_count = 0;
    if (any) connections_tend(l, now_ms);
}
