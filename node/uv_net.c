/* uv_net.c: connections.
 *
 * The happy path is: accepted or dialled -> conn_start -> handshake bytes -> `who` welcomes the key -> a slot, `up` -> messages. Possible
 * ends: the session closes (by its own rules, by ours, by a goodbye): `ending`, what it still wants to say is written, then `closing`;
 * the socket fails: `closing` at once. `down` is told exactly when the slot is given back, in either case.
 */
#include "node/uv_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/uv_net_inside.h"

enum {
    LISTEN_BACKLOG = 4096,
    GOODBYE_MS = 1000, /* for the last bytes of a session that ended */
};
static_assert(PEERS_MAX <= 256, "a slot fits into the low byte of a session's number");

struct uv_net *uv_net_new(uv_loop_t *loop, const struct uv_net_config *config,
                          const struct uv_net_events *events) {
    struct uv_net *n = check_alloc(1, sizeof *n);
    n->loop = loop;
    n->config = *config;
    n->events = *events;
    random_bytes(n->noise_static.b, sizeof n->noise_static.b);
    return n;
}

static void address_text(const struct sockaddr_storage *address, char ret[64]) {
    char host[48] = "?";
    (void)uv_ip_name((const struct sockaddr *)address, host, sizeof host);
    /* sin_port and sin6_port lie at the same place. */
    unsigned port = ntohs(((const struct sockaddr_in *)address)->sin_port);
    snprintf(ret, 64, "%s:%u", host, port);
}

/* Same host, whatever the port. */
static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
    if (a->ss_family != b->ss_family) return false;
    if (a->ss_family == AF_INET) {
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    }
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                  &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

bool net_has_member(const struct uv_net *n, const struct pubkey *key) {
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        if (n->slots[i] != NULL && pubkey_equal(&n->slots[i]->member, key)) return true;
    }
    return false;
}

static struct conn *find_member(struct uv_net *n, const struct pubkey *key) {
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        if (n->slots[i] != NULL && pubkey_equal(&n->slots[i]->member, key)) return n->slots[i];
    }
    return NULL;
}

static struct conn *find_peer(struct uv_net *n, uint64_t id) {
    struct conn *c = n->slots[id % 256 % PEERS_MAX];
    return c != NULL && c->id == id ? c : NULL;
}

static void mark_dirty(struct conn *c) {
    if (c->dirty || c->closing) return;
    c->dirty = true;
    c->dirty_next = c->net->dirty;
    c->net->dirty = c;
}

static uint64_t now(const struct conn *c) {
    return uv_now(c->net->loop);
}

/* ---- life ---- */

struct conn *conn_new(struct uv_net *n, enum noise_role role, struct dial *dial) {
    struct conn *c = check_alloc(1, sizeof *c);
    c->net = n;
    c->dial = dial;
    c->slot = NO_SLOT;
    c->half_open = true;
    c->opened_ms = uv_now(n->loop);
    struct peer_config config = {
        .role = role,
        .chain_id = n->config.chain_id,
        .member = n->config.member,
        .noise_static = n->noise_static,
        .software = n->config.software,
        .now_ms = uv_now(n->loop),
    };
    random_bytes(config.noise_ephemeral.b, sizeof config.noise_ephemeral.b);
    c->peer = peer_new(&config);
    secret_wipe(&config, sizeof config);
    buffer_init(&c->rest, 2 * READ_BYTES);
    CHECK(uv_tcp_init(n->loop, &c->tcp) == 0 && uv_timer_init(n->loop, &c->timer) == 0);
    c->tcp.data = c->timer.data = c->write.data = c;
    c->handles = 2;
    c->older = n->newest;
    if (n->newest != NULL) {
        n->newest->newer = c;
    } else {
        n->oldest = c;
    }
    n->newest = c;
    n->conns_count++;
    n->half_open_count++;
    return c;
}

static void on_closed(uv_handle_t *handle) {
    struct conn *c = handle->data;
    if (--c->handles > 0) return;
    struct uv_net *n = c->net;
    if (c->older != NULL) {
        c->older->newer = c->newer;
    } else {
        n->oldest = c->newer;
    }
    if (c->newer != NULL) {
        c->newer->older = c->older;
    } else {
        n->newest = c->older;
    }
    n->conns_count--;
    peer_free(c->peer);
    buffer_free(&c->rest);
    free(c);
}

static void leave_dirty(struct conn *c) {
    for (struct conn **at = &c->net->dirty; *at != NULL; at = &(*at)->dirty_next) {
        if (*at != c) continue;
        *at = c->dirty_next;
        c->dirty = false;
        return;
    }
}

/* No session any more for the rest of the house. */
static void release(struct conn *c, enum err why) {
    struct uv_net *n = c->net;
    if (c->half_open) {
        c->half_open = false;
        n->half_open_count--;
    }
    if (c->slot != NO_SLOT) {
        n->slots[c->slot] = NULL;
        c->slot = NO_SLOT;
        n->open_count--;
        n->events.down(n->events.context, c->id);
    }
    if (c->dial != NULL) {
        struct dial *d = c->dial;
        c->dial = NULL;
        dial_ended(d, why, now(c) - c->opened_ms);
    }
}

void conn_close(struct conn *c) {
    if (c->closing) return;
    c->closing = true;
    c->ending = true;
    release(c, ERR_PEER_CLOSED);
    if (c->dirty) leave_dirty(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}

static void on_goodbye_timer(uv_timer_t *timer) {
    conn_close(timer->data);
}

/* The session is closed: its last bytes may go, then the socket. */
static void conn_end(struct conn *c, enum err why, bool by_other) {
    if (c->ending) return;
    c->ending = true;
    char from[64];
    address_text(&c->address, from);
    bool worth_a_line = c->slot != NO_SLOT || c->dial != NULL;
    log_line(worth_a_line ? LOG_INFO : LOG_DEBUG, "peer.down", "peer=%llu address=%s reason=%s by=%s",
             (unsigned long long)c->id, from, err_name(why), by_other ? "other" : "us");
    uv_read_stop((uv_stream_t *)&c->tcp);
    release(c, why);
    uv_timer_start(&c->timer, on_goodbye_timer, GOODBYE_MS, 0);
    mark_dirty(c);
}

static void close_session(struct conn *c, enum err why) {
    peer_close(c->peer, why);
    conn_end(c, why, false);
}

/* ---- who is there ---- */

/* Both sides must choose the same of two sessions (uv_net.h, 3). */
static bool newcomer_wins(const struct conn *newcomer, const struct conn *present) {
    bool we_called_newcomer = newcomer->dial != NULL, we_called_present = present->dial != NULL;
    if (we_called_newcomer == we_called_present) return true;
    const struct pubkey *own = &newcomer->net->config.member->public_key;
    bool own_is_smaller = memcmp(own->b, newcomer->member.b, sizeof own->b) < 0;
    return own_is_smaller == we_called_newcomer;
}

/* A free slot; for a validator that of somebody else when there is none. */
static int find_slot(struct uv_net *n, uint8_t validator) {
    for (uint32_t i = 0; i < n->config.peers_max; i++) {
        if (n->slots[i] == NULL) return (int)i;
    }
    for (uint32_t i = 0; i < n->config.peers_max && validator != 255; i++) {
        if (n->slots[i]->validator != 255) continue;
        close_session(n->slots[i], ERR_PEER_CONNECTIONS);
        return (int)i;
    }
    return NO_SLOT;
}

static void on_authenticated(struct conn *c, const struct peer_event *event) {
    struct uv_net *n = c->net;
    struct peer_grant grant;
    c->member = event->member;
    c->validator = 255;
    enum err e = OK;
    if (c->dial != NULL && !dial_expects(c->dial, &c->member)) e = ERR_PEER_UNKNOWN;
    if (e == OK) e = n->events.who(n->events.context, &c->member, c->dial != NULL, &grant, &c->validator);
    if (c->dial != NULL && e == OK) dial_authenticated(c->dial, &c->member);
    struct conn *present = e == OK ? find_member(n, &c->member) : NULL;
    if (present != NULL) {
        if (newcomer_wins(c, present)) {
            close_session(present, ERR_PEER_DUPLICATE);
        } else {
            e = ERR_PEER_DUPLICATE;
        }
    }
    int slot = e == OK ? find_slot(n, c->validator) : NO_SLOT;
    if (e == OK && slot == NO_SLOT) e = ERR_PEER_CONNECTIONS;
    if (e != OK) {
        close_session(c, e);
        return;
    }
    peer_accept(c->peer, &grant, now(c));
    c->slot = slot;
    c->id = ++n->serial * 256 + (uint64_t)slot;
    c->half_open = false;
    n->half_open_count--;
    n->open_count++;
    n->slots[slot] = c;
    char from[64], key[65], software[PEER_SOFTWARE_BYTES_MAX + 1] = "";
    address_text(&c->address, from);
    hex_encode(span_of(c->member.b, 32), key);
    memcpy(software, event->software.data, event->software.len);
    log_line(LOG_INFO, "peer.up", "peer=%llu address=%s key=%.16s validator=%d software=\"%s\"",
             (unsigned long long)c->id, from, key, c->validator == 255 ? -1 : (int)c->validator, software);
    mark_dirty(c);
    n->events.up(n->events.context, c->id, c->validator, (grant.types & MESSAGE_BIT(MESSAGE_BLOCKS)) != 0);
}

/* ---- bytes ---- */

static void drain(struct conn *c) {
    struct peer_event event;
    while (!c->ending && peer_next(c->peer, now(c), &event)) {
        switch (event.kind) {
        case PEER_AUTHENTICATED:
            on_authenticated(c, &event);
            break;
        case PEER_MESSAGE:
            c->net->events.message(c->net->events.context, c->id, event.type, event.body);
            break;
        case PEER_CLOSED:
            conn_end(c, event.err, event.by_other);
            break;
        }
    }
}

/* Offers bytes to the session until it takes no more; how many it took. */
static size_t feed(struct conn *c, struct span bytes) {
    size_t used = 0;
    drain(c);
    while (!c->ending && used < bytes.len) {
        size_t n = peer_input(c->peer, span_part(bytes, used, bytes.len - used), now(c));
        if (n == 0) break;
        used += n;
        drain(c);
    }
    mark_dirty(c);
    return c->ending ? bytes.len : used;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret) {
    (void)suggested;
    struct conn *c = handle->data;
    /* One buffer for all: what a session does not take at once is copied into `rest`. */
    *ret = uv_buf_init((char *)c->net->read_buffer, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer);

static void read_on(struct conn *c) {
    if (c->reading || c->ending) return;
    c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
    if (!c->reading) conn_close(c);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct conn *c = stream->data;
    if (count == 0 || c->ending) return;
    if (count < 0) {
        char from[64];
        address_text(&c->address, from);
        log_line(c->slot != NO_SLOT ? LOG_INFO : LOG_DEBUG, "peer.down",
                 "peer=%llu address=%s reason=\"%s\" by=socket", (unsigned long long)c->id, from,
                 uv_strerror((int)count));
        conn_close(c);
        return;
    }
    struct span bytes = span_of(buffer->base, (size_t)count);
    size_t used = feed(c, bytes);
    if (c->ending || used == bytes.len) return;
    buffer_append(&c->rest, bytes.data + used, bytes.len - used);
    CHECK(!c->rest.overflow);
    uv_read_stop(stream);
    c->reading = false;
}

/* What was held back, after time passed or an answer was written. */
static void feed_rest(struct conn *c) {
    if (c->ending) return;
    if (c->rest.len > 0) buffer_consume(&c->rest, feed(c, buffer_span(&c->rest)));
    if (c->rest.len == 0) read_on(c);
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct conn *c) {
    if (c->ending) return;
    uint64_t at = peer_deadline(c->peer);
    uint64_t left_ms = at > now(c) ? at - now(c) : 0;
    if (at == PEER_NEVER) left_ms = PEER_PING_MS;
    uv_timer_start(&c->timer, on_timer, left_ms, 0);
}

static void on_timer(uv_timer_t *timer) {
    struct conn *c = timer->data;
    peer_tick(c->peer, now(c));
    drain(c);
    feed_rest(c);
    mark_dirty(c);
    set_timer(c);
}

static void on_written(uv_write_t *request, int status) {
    struct conn *c = request->data;
    c->writing = false;
    if (c->closing) return;
    if (status != 0) {
        conn_close(c);
        return;
    }
    peer_output_done(c->peer, now(c));
    feed_rest(c);
    mark_dirty(c);
}

/* One write, of everything the session has sealed for this turn. */
static void write_on(struct conn *c) {
    if (c->writing || c->closing) return;
    struct span out = peer_output(c->peer, now(c));
    if (out.len == 0) {
        if (c->ending) conn_close(c);
        return;
    }
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)out.data, (unsigned)out.len);
    c->writing = true;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buffer, 1, on_written) == 0) return;
    c->writing = false;
    conn_close(c);
}

void uv_net_flush(struct uv_net *n) {
    struct conn *list = n->dirty;
    n->dirty = NULL;
    while (list != NULL) {
        struct conn *c = list;
        list = c->dirty_next;
        c->dirty = false;
        c->dirty_next = NULL;
        write_on(c);
        /* Input may be held back until a moment that was not known when the timer was set. */
        if (!c->ending && !c->reading) set_timer(c);
    }
}

void conn_start(struct conn *c) {
    uv_tcp_nodelay(&c->tcp, 1);
    read_on(c);
    set_timer(c);
    mark_dirty(c);
}

/* ---- listening ---- */

/* Makes room among those that have proved nothing: the oldest goes. */
static void limit_half_open(struct uv_net *n, const struct conn *newcomer) {
    uint32_t all = 0, here = 0;
    struct conn *oldest = NULL, *oldest_here = NULL;
    for (struct conn *c = n->newest; c != NULL; c = c->older) {
        if (!c->half_open || c->dial != NULL || c->ending || c == newcomer) continue;
        all++;
        oldest = c;
        if (!same_host(&c->address, &newcomer->address)) continue;
        here++;
        oldest_here = c;
    }
    if (here >= PEER_HALF_OPEN_ADDRESS_MAX) {
        conn_close(oldest_here);
    } else if (all >= PEER_HALF_OPEN_MAX) {
        conn_close(oldest);
    }
}

static void on_connection(uv_stream_t *server, int status) {
    struct listener *l = server->data;
    struct uv_net *n = l->net;
    if (status != 0 || n->stopping) return;
    struct conn *c = conn_new(n, NOISE_RESPONDER, NULL);
    int len = sizeof c->address;
    if (uv_accept(server, (uv_stream_t *)&c->tcp) != 0 ||
        uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&c->address, &len) != 0) {
        conn_close(c);
        return;
    }
    limit_half_open(n, c);
    conn_start(c);
}

bool uv_net_numeric(const struct config_address *address, struct sockaddr_storage *ret) {
    struct sockaddr_storage storage = {0};
    bool ok = uv_ip4_addr(address->host, address->port, (struct sockaddr_in *)&storage) == 0 ||
              uv_ip6_addr(address->host, address->port, (struct sockaddr_in6 *)&storage) == 0;
    if (ok) *ret = storage;
    return ok;
}

int uv_net_bind(uv_tcp_t *tcp, const struct config_address *address, int backlog,
                uv_connection_cb on_connection_fn) {
    struct sockaddr_storage storage;
    struct config_address numeric = *address;
    if (strcmp(numeric.host, "localhost") == 0) snprintf(numeric.host, sizeof numeric.host, "127.0.0.1");
    if (!uv_net_numeric(&numeric, &storage)) return UV_EINVAL;
    int code = uv_tcp_bind(tcp, (const struct sockaddr *)&storage, 0);
    if (code == 0) code = uv_listen((uv_stream_t *)tcp, backlog, on_connection_fn);
    int len = sizeof storage;
    if (code == 0) code = uv_tcp_getsockname(tcp, (struct sockaddr *)&storage, &len);
    if (code != 0) return code;
    return ntohs(((const struct sockaddr_in *)&storage)->sin_port);
}

static void on_listener_closed(uv_handle_t *handle) {
    struct listener *l = handle->data;
    l->net->handles--;
    free(l);
}

int uv_net_listen(struct uv_net *n, const struct config_address *address, char ret_error[UV_NET_ERROR_BYTES]) {
    struct listener *l = check_alloc(1, sizeof *l);
    l->net = n;
    CHECK(uv_tcp_init(n->loop, &l->tcp) == 0);
    l->tcp.data = l;
    n->handles++;
    int port = uv_net_bind(&l->tcp, address, LISTEN_BACKLOG, on_connection);
    if (port < 0) {
        snprintf(ret_error, UV_NET_ERROR_BYTES, "cannot listen on %s:%u: %s", address->host,
                 (unsigned)address->port, uv_strerror(port));
        uv_close((uv_handle_t *)&l->tcp, on_listener_closed);
        return -1;
    }
    l->next = n->listeners;
    n->listeners = l;
    return port;
}

/* ---- for the owner ---- */

enum err uv_net_send(struct uv_net *n, uint64_t peer, struct parcel *parcel) {
    struct conn *c = find_peer(n, peer);
    if (c == NULL) return ERR_PEER_CLOSED;
    enum err e = peer_send(c->peer, parcel);
    mark_dirty(c);
    return e;
}

void uv_net_drop(struct uv_net *n, uint64_t peer, enum err why) {
    struct conn *c = find_peer(n, peer);
    if (c != NULL) close_session(c, why);
}

uint32_t uv_net_open(const struct uv_net *n) {
    return n->open_count;
}

uint32_t uv_net_half_open(const struct uv_net *n) {
    return n->half_open_count;
}

void uv_net_stop(struct uv_net *n) {
    if (n->stopping) return;
    n->stopping = true;
    for (struct listener *l = n->listeners, *next; l != NULL; l = next) {
        next = l->next;
        uv_close((uv_handle_t *)&l->tcp, on_listener_closed);
    }
    n->listeners = NULL;
    dials_stop(n);
    for (struct conn *c = n->oldest, *next; c != NULL; c = next) {
        next = c->newer;
        if (c->ending) continue;
        if (c->half_open) {
            conn_close(c);
        } else {
            close_session(c, ERR_PEER_STOPPING);
        }
    }
    uv_net_flush(n);
}

bool uv_net_stopped(const struct uv_net *n) {
    return n->stopping && n->conns_count == 0 && n->handles == 0;
}

void uv_net_free(struct uv_net *n) {
    if (n == NULL) return;
    CHECK(n->conns_count == 0 && n->handles == 0);
    dials_free(n);
    secret_wipe(&n->noise_static, sizeof n->noise_static);
    free(n);
}
