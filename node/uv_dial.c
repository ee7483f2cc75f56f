/* uv_dial.c: calling the configured peers, again and again, with growing pauses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/uv_net_inside.h"

enum {
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 5000,
    /* How often to look whether a peer that calls us itself has gone. */
    PAUSE_CONNECTED_MS = 2000,
    /* A session that lived so long was a good one: start again with the first pause. */
    GOOD_MS = 5000,
};

struct dial {
    struct uv_net *net;
    struct dial *next;
    struct config_peer peer;
    uv_timer_t timer;
    uv_getaddrinfo_t resolver;
    struct conn *conn;
    uint64_t pause_ms;
    uint32_t attempts;
    bool resolving, ourselves, learned;
};

static void on_timer(uv_timer_t *timer);

static void again_in(struct dial *d, uint64_t pause_ms) {
    if (d->net->stopping || d->ourselves) return;
    /* A little chance, so that nodes started together do not call each other at the same moment for ever. */
    uint8_t chance;
    random_bytes(&chance, 1);
    uv_timer_start(&d->timer, on_timer, pause_ms + pause_ms * chance / 1024, 0);
}

static void again(struct dial *d) {
    again_in(d, d->pause_ms);
    d->pause_ms = d->pause_ms * 2 < PAUSE_MAX_MS ? d->pause_ms * 2 : PAUSE_MAX_MS;
}

static void failed(struct dial *d, int code) {
    enum log_level level = d->attempts == 1 ? LOG_INFO : LOG_DEBUG;
    log_line(level, "peer.unreachable", "host=%s port=%u reason=\"%s\"", d->peer.address.host,
             (unsigned)d->peer.address.port, uv_strerror(code));
    again(d);
}

static void on_connect(uv_connect_t *request, int status) {
    struct conn *c = request->data;
    struct dial *d = c->dial;
    if (c->closing) return;
    if (status != 0) {
        d->conn = NULL;
        c->dial = NULL;
        conn_close(c);
        failed(d, status);
        return;
    }
    conn_start(c);
}

static void connect_to(struct dial *d, const struct sockaddr *address) {
    struct conn *c = conn_new(d->net, NOISE_INITIATOR, d);
    d->conn = c;
    size_t len = address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    memcpy(&c->address, address, len);
    c->connect.data = c;
    int code = uv_tcp_connect(&c->connect, &c->tcp, address, on_connect);
    if (code == 0) return;
    d->conn = NULL;
    c->dial = NULL;
    conn_close(c);
    failed(d, code);
}

static void on_resolved(uv_getaddrinfo_t *resolver, int status, struct addrinfo *list) {
    struct dial *d = resolver->data;
    d->resolving = false;
    d->net->handles--;
    if (!d->net->stopping && status == 0 && list != NULL) {
        uint32_t count = 0;
        for (struct addrinfo *a = list; a != NULL; a = a->ai_next) count++;
        struct addrinfo *chosen = list;
        for (uint32_t i = 0; i < d->attempts % count; i++) chosen = chosen->ai_next;
        connect_to(d, chosen->ai_addr);
    } else if (!d->net->stopping) {
        failed(d, status == 0 ? UV_EAI_NONAME : status);
    }
    uv_freeaddrinfo(list);
}

static void call(struct dial *d) {
    struct sockaddr_storage address;
    d->attempts++;
    if (uv_net_numeric(&d->peer.address, &address)) {
        connect_to(d, (const struct sockaddr *)&address);
        return;
    }
    char port[8];
    snprintf(port, sizeof port, "%u", (unsigned)d->peer.address.port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    d->resolver.data = d;
    int code = uv_getaddrinfo(d->net->loop, &d->resolver, on_resolved, d->peer.address.host, port, &hints);
    if (code != 0) {
        failed(d, code);
        return;
    }
    d->resolving = true;
    d->net->handles++;
}

static void on_timer(uv_timer_t *timer) {
    struct dial *d = timer->data;
    if (d->conn != NULL || d->resolving || d->net->stopping) return;
    bool known = d->peer.has_key || d->learned;
    if (known && net_has_member(d->net, &d->peer.key)) {
        again_in(d, PAUSE_CONNECTED_MS);
        return;
    }
    call(d);
}

void uv_net_dial(struct uv_net *n, const struct config_peer *peer) {
    struct dial *d = check_alloc(1, sizeof *d);
    d->net = n;
    d->peer = *peer;
    d->pause_ms = PAUSE_FIRST_MS;
    d->next = n->dials;
    n->dials = d;
    n->handles++;
    CHECK(uv_timer_init(n->loop, &d->timer) == 0);
    d->timer.data = d;
    uv_timer_start(&d->timer, on_timer, 0, 0);
}

bool dial_expects(const struct dial *d, const struct pubkey *key) {
    return !d->peer.has_key || pubkey_equal(&d->peer.key, key);
}

void dial_authenticated(struct dial *d, const struct pubkey *key) {
    if (d->peer.has_key) return;
    d->peer.key = *key;
    d->learned = true;
}

void dial_ended(struct dial *d, enum err why, uint64_t lived_ms) {
    d->conn = NULL;
    if (why == ERR_PEER_SELF) {
        d->ourselves = true;
        log_line(LOG_INFO, "peer.ourselves", "host=%s port=%u", d->peer.address.host,
                 (unsigned)d->peer.address.port);
        return;
    }
    if (lived_ms >= GOOD_MS) d->pause_ms = PAUSE_FIRST_MS;
    if (why == ERR_PEER_DUPLICATE) {
        again_in(d, PAUSE_CONNECTED_MS);
        return;
    }
    again(d);
}

static void on_closed(uv_handle_t *handle) {
    struct dial *d = handle->data;
    d->net->handles--;
}

void dials_stop(struct uv_net *n) {
    for (struct dial *d = n->dials; d != NULL; d = d->next) {
        if (d->resolving) uv_cancel((uv_req_t *)&d->resolver);
        if (d->conn != NULL) d->conn->dial = NULL;
        d->conn = NULL;
        uv_close((uv_handle_t *)&d->timer, on_closed);
    }
}

void dials_free(struct uv_net *n) {
    while (n->dials != NULL) {
        struct dial *d = n->dials;
        n->dials = d->next;
        CHECK(!d->resolving);
        free(d);
    }
}
