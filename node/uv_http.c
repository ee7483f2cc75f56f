/* uv_http.c: connections, calls and streams.
 *
 * The happy path is: bytes -> http_next(request) -> a call -> (a lane runs it) -> an answer, or a stream. Possible failures: the socket breaks
 * while calls are out: the session is aborted at once and freed when the last call came back; the same for a stream whose next
 * part is being read.
 */
#include "node/uv_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/uv_net.h"
#include "rpc/rpc.h"

enum {
    READ_BYTES = 64 << 10,
    LISTEN_BACKLOG = 1024,
    CALL_BUCKETS = 4096,
    /* A stream is asked for more only when at least one whole event fits. */
    STREAM_ROOM_MIN = 2 * RPC_EVENT_BYTES_MAX,
};

struct conn;

struct call {
    struct uv_job job;
    struct uv_http *server;
    struct conn *conn;
    struct call *next; /* in its bucket */
    struct call *sibling; /* of the same connection */
    struct rpc_call *call;
    bool on_lane; /* while it is set the lane owns `progress`; not beside it, or gcc reads both at once */
    uint64_t ticket, request;
    enum rpc_progress progress;
};

struct stream {
    struct uv_job job;
    struct conn *conn;
    struct rpc_stream *stream;
    uint64_t request, now_ms;
    size_t room;
    struct buffer bytes;
    bool busy, more, moved;
};

struct conn {
    struct uv_http *server;
    struct conn *older, *newer, *dirty_next;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    int handles;
    struct http *http;
    struct visitor visitor;
    struct visitor_bucket bucket; /* of this connection */
    struct call *calls;
    struct stream *stream;
    struct buffer rest;
    size_t written;
    bool dirty, reading, writing, closing;
};

struct listener {
    uv_tcp_t tcp;
    struct uv_http *server;
    struct listener *next;
};

struct uv_http {
    uv_loop_t *loop;
    struct host host;
    struct uv_lane *lane;
    struct http_shared shared;
    struct listener *listeners;
    struct conn *oldest, *newest, *dirty;
    struct call *buckets[CALL_BUCKETS];
    uint64_t tickets, connections, connections_max, streams;
    uint32_t handles;
    bool stopping;
    uint8_t read_buffer[READ_BYTES];
};

static uint64_t now(const struct conn *c) {
    return uv_now(c->server->loop);
}

static void mark_dirty(struct conn *c) {
    if (c->dirty) return;
    c->dirty = true;
    c->dirty_next = c->server->dirty;
    c->server->dirty = c;
}

/* ---- life of a connection ---- */

static void conn_free(struct conn *c) {
    struct uv_http *s = c->server;
    if (c->older != NULL) {
        c->older->newer = c->newer;
    } else {
        s->oldest = c->newer;
    }
    if (c->newer != NULL) {
        c->newer->older = c->older;
    } else {
        s->newest = c->older;
    }
    s->connections--;
    http_free(c->http);
    buffer_free(&c->rest);
    free(c);
}

static void stream_free(struct conn *c) {
    if (c->stream == NULL || c->stream->busy) return;
    rpc_stream_free(c->stream->stream);
    buffer_free(&c->stream->bytes);
    free(c->stream);
    c->stream = NULL;
    c->server->streams--;
}

/* When the handles are closed, no call is out and no stream is being read. */
static void conn_try_free(struct conn *c) {
    if (c->handles > 0 || c->dirty || c->calls != NULL) return;
    stream_free(c);
    if (c->stream == NULL) conn_free(c);
}

static void on_closed(uv_handle_t *handle) {
    struct conn *c = handle->data;
    c->handles--;
    conn_try_free(c);
}

static void calls_expire(struct conn *c);

static void conn_close(struct conn *c) {
    if (c->closing) return;
    c->closing = true;
    http_abort(c->http);
    calls_expire(c);
    stream_free(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

/* ---- calls ---- */

static struct call **bucket_of(struct uv_http *s, uint64_t ticket) {
    return &s->buckets[ticket % CALL_BUCKETS];
}

static void call_end(struct call *a) {
    struct conn *c = a->conn;
    for (struct call **at = bucket_of(a->server, a->ticket); *at != NULL; at = &(*at)->next) {
        if (*at != a) continue;
        *at = a->next;
        break;
    }
    for (struct call **at = &c->calls; *at != NULL; at = &(*at)->sibling) {
        if (*at != a) continue;
        *at = a->sibling;
        break;
    }
    rpc_call_free(a->call);
    free(a);
    if (c->closing) {
        conn_try_free(c);
    } else {
        mark_dirty(c);
    }
}

static void stream_begin(struct call *a) {
    struct conn *c = a->conn;
    struct stream *s = check_alloc(1, sizeof *s);
    s->conn = c;
    s->request = a->request;
    s->stream = rpc_call_stream(a->call);
    s->moved = true;
    buffer_init(&s->bytes, 1 << 20);
    c->stream = s;
    c->server->streams++;
}

static void call_progress(struct call *a, enum rpc_progress progress) {
    struct conn *c = a->conn;
    a->progress = progress;
    switch (progress) {
    case RPC_WAITING:
        if (!c->closing) return;
        call_progress(a, rpc_call_expire(a->call));
        return;
    case RPC_LOOP_NEXT:
        call_progress(a, rpc_call_continue(a->call));
        return;
    case RPC_STREAMING:
        http_respond(c->http, a->request, rpc_call_response(a->call), now(c));
        stream_begin(a);
        if (c->closing) stream_free(c);
        call_end(a);
        return;
    case RPC_ANSWERED:
        http_respond(c->http, a->request, rpc_call_response(a->call), now(c));
        call_end(a);
        return;
    }
}

static void call_run(struct uv_job *job) {
    struct call *a = (struct call *)job;
    a->progress = rpc_call_run(a->call);
}

static void call_done(struct uv_job *job) {
    struct call *a = (struct call *)job;
    a->on_lane = false;
    call_progress(a, a->progress);
}

/* The connection broke: what waits for the ledger is not waited for. What a lane holds comes back by itself. */
static void calls_expire(struct conn *c) {
    for (struct call *a = c->calls, *next; a != NULL; a = next) {
        next = a->sibling;
        if (!a->on_lane && a->progress == RPC_WAITING) call_progress(a, rpc_call_expire(a->call));
    }
}

static void call_begin(struct conn *c, const struct http_request *request) {
    struct uv_http *s = c->server;
    struct call *a = check_alloc(1, sizeof *a);
    a->job = (struct uv_job){.run = call_run, .done = call_done};
    a->server = s;
    a->conn = c;
    a->ticket = ++s->tickets;
    a->request = request->id;
    a->next = *bucket_of(s, a->ticket);
    *bucket_of(s, a->ticket) = a;
    a->sibling = c->calls;
    c->calls = a;
    a->call = rpc_call_new(&s->host, request, a->ticket, now(c));
    if (rpc_call_place(a->call) == RPC_LOOP) {
        call_progress(a, rpc_call_run(a->call));
        return;
    }
    a->on_lane = true;
    uv_lane_push(s->lane, &a->job);
}

void uv_http_submitted(struct uv_http *s, uint64_t ticket, const struct submit_reply *reply) {
    struct call *a = *bucket_of(s, ticket >> 16);
    while (a != NULL && a->ticket != ticket >> 16) a = a->next;
    if (a == NULL || a->on_lane || a->progress != RPC_WAITING) return;
    call_progress(a, rpc_call_submitted(a->call, (uint32_t)(ticket & 0xffff), reply));
}

/* ---- streams ---- */

static void stream_run(struct uv_job *job) {
    struct stream *s = (struct stream *)job;
    s->more = rpc_stream_fill(s->stream, s->room, s->now_ms, &s->bytes);
}

static void stream_done(struct uv_job *job) {
    struct stream *s = (struct stream *)job;
    struct conn *c = s->conn;
    s->busy = false;
    if (c->closing) {
        conn_try_free(c);
        return;
    }
    if (http_stream_open(c->http, s->request)) {
        size_t room = http_stream_room(c->http, s->request);
        CHECK(s->bytes.len <= room);
        if (s->bytes.len > 0) http_stream_write(c->http, s->request, buffer_span(&s->bytes), now(c));
        if (s->more) s->moved = true;
    }
    buffer_clear(&s->bytes);
    mark_dirty(c);
}

static void stream_fill(struct conn *c) {
    struct stream *s = c->stream;
    if (s == NULL || s->busy) return;
    if (!http_stream_open(c->http, s->request)) {
        stream_free(c);
        return;
    }
    size_t room = http_stream_room(c->http, s->request);
    bool due = s->moved || now(c) >= rpc_stream_deadline(s->stream);
    if (!due || room < STREAM_ROOM_MIN) return;
    s->job = (struct uv_job){.run = stream_run, .done = stream_done};
    s->moved = false;
    s->busy = true;
    s->now_ms = now(c);
    s->room = room - RPC_EVENT_BYTES_MAX;
    uv_lane_push(c->server->lane, &s->job);
}

void uv_http_moved(struct uv_http *s) {
    if (s == NULL || s->streams == 0) return;
    for (struct conn *c = s->oldest; c != NULL; c = c->newer) {
        if (c->stream == NULL) continue;
        c->stream->moved = true;
        mark_dirty(c);
    }
}

/* ---- bytes ---- */

static size_t feed(struct conn *c, struct span bytes) {
    size_t used = 0;
    while (!c->closing && used < bytes.len) {
        size_t n = http_input(c->http, span_part(bytes, used, bytes.len - used), now(c));
        const struct http_request *request;
        bool asked = false;
        while (!c->closing && http_next(c->http, &request)) {
            asked = true;
            call_begin(c, request);
        }
        used += n;
        if (n == 0 && !asked) break;
    }
    if (!c->closing) mark_dirty(c);
    return c->closing ? bytes.len : used;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
    (void)suggested;
    struct conn *c = handle->data;
    *ret = uv_buf_init((char *)c->server->read_buffer, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct conn *c = stream->data;
    if (count == 0 || c->closing) return;
    if (count == UV_EOF) {
        uv_read_stop(stream);
        http_eof(c->http, now(c));
        mark_dirty(c);
        return;
    }
    if (count < 0) {
        conn_close(c);
        return;
    }
    struct span bytes = span_of(buffer->base, (size_t)count);
    size_t used = feed(c, bytes);
    if (used == bytes.len) return;
    buffer_append(&c->rest, bytes.data + used, bytes.len - used);
    CHECK(!c->rest.overflow);
    uv_read_stop(stream);
    c->reading = false;
}

static void feed_rest(struct conn *c) {
    if (c->closing || c->reading || c->rest.len == 0) return;
    buffer_consume(&c->rest, feed(c, buffer_span(&c->rest)));
    if (c->closing || c->rest.len > 0) return;
    c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
    if (!c->reading) conn_close(c);
}

static void on_written(uv_write_t *request, int status) {
    struct conn *c = request->data;
    c->writing = false;
    if (c->closing) return;
    if (status != 0) {
        conn_close(c);
        return;
    }
    http_output_done(c->http, c->written, now(c));
    mark_dirty(c);
}

static void write_on(struct conn *c) {
    if (c->writing || c->closing) return;
    struct span out = http_output(c->http);
    if (out.len == 0) {
        if (http_closed(c->http)) conn_close(c);
        return;
    }
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)out.data, (unsigned)out.len);
    c->written = out.len;
    c->writing = uv_write(&c->write, (uv_stream_t *)&c->tcp, &buffer, 1, on_written) == 0;
    if (!c->writing) conn_close(c);
}

static void on_timer(uv_timer_t *timer) {
    struct conn *c = timer->data;
    if (c->closing) return;
    http_tick(c->http, now(c));
    for (struct call *a = c->calls, *next; a != NULL; a = next) {
        next = a->sibling;
        if (a->on_lane || a->progress != RPC_WAITING || rpc_call_deadline(a->call) > now(c)) continue;
        call_progress(a, rpc_call_expire(a->call));
    }
    mark_dirty(c);
}

static void set_timer(struct conn *c) {
    uint64_t at = http_deadline(c->http);
    for (const struct call *a = c->calls; a != NULL; a = a->sibling) {
        if (a->on_lane || a->progress != RPC_WAITING) continue;
        uint64_t due = rpc_call_deadline(a->call);
        if (due < at) at = due;
    }
    if (c->stream != NULL && !c->stream->busy) {
        uint64_t due = rpc_stream_deadline(c->stream->stream);
        if (due < at) at = due;
    }
    if (at == HTTP_NEVER) {
        uv_timer_stop(&c->timer);
        return;
    }
    /* A stream without room keeps its due comment: look again in a second, not at once. */
    uint64_t left_ms = at > now(c) ? at - now(c) : c->stream != NULL ? 1000 : 1;
    uv_timer_start(&c->timer, on_timer, left_ms, 0);
}

void uv_http_flush(struct uv_http *s) {
    while (s->dirty != NULL) {
        struct conn *c = s->dirty;
        s->dirty = c->dirty_next;
        c->dirty_next = NULL;
        c->dirty = false;
        if (!c->closing) feed_rest(c);
        if (!c->closing) stream_fill(c);
        if (!c->closing) write_on(c);
        if (!c->closing) set_timer(c);
        if (c->closing) conn_try_free(c);
    }
}

/* ---- the server ---- */

/* Of the other end its name among the visitors and nothing else is kept. */
static void visitor_settle(struct conn *c) {
    struct sockaddr_storage address;
    int len = sizeof address;
    c->visitor = (struct visitor){.connection = &c->bucket};
    http_visitor(c->http, &c->visitor);
    if (c->server->host.visitors == NULL || uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&address, &len) != 0) return;
    struct span bytes = address.ss_family == AF_INET
                            ? span_of(&((const struct sockaddr_in *)&address)->sin_addr, 4)
                            : span_of(&((const struct sockaddr_in6 *)&address)->sin6_addr, 16);
    c->visitor.name = visitors_name(c->server->host.visitors, bytes, &c->visitor.near);
}

static void on_connection(uv_stream_t *listening, int status) {
    struct listener *l = listening->data;
    struct uv_http *s = l->server;
    if (status != 0 || s->stopping) return;
    struct conn *c = check_alloc(1, sizeof *c);
    c->server = s;
    c->http = http_new(&s->shared, uv_now(s->loop));
    buffer_init(&c->rest, 2 * READ_BYTES);
    CHECK(uv_tcp_init(s->loop, &c->tcp) == 0 && uv_timer_init(s->loop, &c->timer) == 0);
    c->tcp.data = c->timer.data = c->write.data = c;
    c->handles = 2;
    c->older = s->newest;
    if (s->newest != NULL) {
        s->newest->newer = c;
    } else {
        s->oldest = c;
    }
    s->newest = c;
    s->connections++;
    bool taken = uv_accept(listening, (uv_stream_t *)&c->tcp) == 0;
    if (!taken || s->connections > s->connections_max) {
        conn_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    visitor_settle(c);
    c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
    if (!c->reading) {
        conn_close(c);
        return;
    }
    set_timer(c);
}

struct uv_http *uv_http_new(uv_loop_t *loop, const struct host *host, struct uv_lane *read_lane,
                            uint64_t connections_max) {
    struct uv_http *s = check_alloc(1, sizeof *s);
    s->loop = loop;
    s->host = *host;
    s->lane = read_lane;
    s->connections_max = connections_max;
    s->shared.admit = rpc_admit;
    s->shared.held_max = HTTP_TOTAL_BYTES_MAX;
    return s;
}

static void on_listener_closed(uv_handle_t *handle) {
    struct listener *l = handle->data;
    l->server->handles--;
    free(l);
}

int uv_http_listen(struct uv_http *s, const struct config_address *address, char ret_error[512]) {
    struct listener *l = check_alloc(1, sizeof *l);
    l->server = s;
    CHECK(uv_tcp_init(s->loop, &l->tcp) == 0);
    l->tcp.data = l;
    s->handles++;
    int port = uv_net_bind(&l->tcp, address, LISTEN_BACKLOG, on_connection);
    if (port < 0) {
        snprintf(ret_error, 512, "cannot listen on %s:%u: %s", address->host, (unsigned)address->port,
                 uv_strerror(port));
        uv_close((uv_handle_t *)&l->tcp, on_listener_closed);
        return -1;
    }
    l->next = s->listeners;
    s->listeners = l;
    return port;
}

void uv_http_counters(const struct uv_http *s, struct host_status *ret) {
    if (s == NULL) return;
    ret->http_connections = s->connections;
    ret->http_streams = s->streams;
    ret->http_requests = s->shared.requests;
    ret->http_refused = s->shared.refused;
    ret->http_bytes_in = s->shared.bytes_in;
    ret->http_bytes_out = s->shared.bytes_out;
    memcpy(ret->http_answers, s->shared.answers, sizeof ret->http_answers);
}

void uv_http_stop(struct uv_http *s) {
    if (s->stopping) return;
    s->stopping = true;
    for (struct listener *l = s->listeners, *next; l != NULL; l = next) {
        next = l->next;
        uv_close((uv_handle_t *)&l->tcp, on_listener_closed);
    }
    s->listeners = NULL;
    for (struct conn *c = s->oldest; c != NULL; c = c->newer) {
        if (c->closing) continue;
        http_stop(c->http);
        mark_dirty(c);
    }
    uv_http_flush(s);
}

void uv_http_abort(struct uv_http *s) {
    for (struct conn *c = s->oldest, *next; c != NULL; c = next) {
        next = c->newer;
        conn_close(c);
    }
}

bool uv_http_stopped(const struct uv_http *s) {
    return s->stopping && s->oldest == NULL && s->handles == 0;
}

void uv_http_free(struct uv_http *s) {
    if (s == NULL) return;
    CHECK(s->oldest == NULL && s->handles == 0);
    free(s);
}
