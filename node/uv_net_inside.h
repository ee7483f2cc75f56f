/* uv_net_inside.h: shared by uv_net.c (connections) and uv_dial.c (calling out) only. */
#ifndef NODE_UV_NET_INSIDE_H
#define NODE_UV_NET_INSIDE_H

#include "node/uv_net.h"

enum { NO_SLOT = -1, READ_BYTES = 64 << 10 };

struct dial;

struct conn {
    struct uv_net *net;
    struct conn *older, *newer; /* all connections */
    struct conn *dirty_next;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    uv_connect_t connect;
    int handles; /* not yet closed */
    struct peer *peer;
    struct dial *dial; /* NULL: it called us */
    struct sockaddr_storage address;
    struct buffer rest; /* received and held back by the session */
    int slot;
    uint64_t id;
    struct pubkey member;
    uint8_t validator;
    uint64_t opened_ms;
    bool dirty, reading, writing, half_open, ending, closing;
};

struct listener {
    uv_tcp_t tcp;
    struct uv_net *net;
    struct listener *next;
};

struct uv_net {
    uv_loop_t *loop;
    struct uv_net_config config;
    struct uv_net_events events;
    struct noise_key noise_static; /* random, of this process */
    struct conn *oldest, *newest;
    struct conn *dirty;
    struct conn *slots[PEERS_MAX];
    uint64_t serial;
    uint32_t open_count, half_open_count, conns_count;
    struct listener *listeners;
    struct dial *dials;
    uint32_t handles; /* listeners and dials not yet closed */
    bool stopping;
    uint8_t read_buffer[READ_BYTES];
};

/* uv_net.c */
struct conn *conn_new(struct uv_net *n, enum noise_role role, struct dial *dial);
void conn_start(struct conn *c);
void conn_close(struct conn *c);
bool net_has_member(const struct uv_net *n, const struct pubkey *key);

/* uv_dial.c */
void dial_authenticated(struct dial *d, const struct pubkey *key);
bool dial_expects(const struct dial *d, const struct pubkey *key);
/* Its connection ended for this reason after so long. */
void dial_ended(struct dial *d, enum err why, uint64_t lived_ms);
void dials_stop(struct uv_net *n);
void dials_free(struct uv_net *n);

#endif
