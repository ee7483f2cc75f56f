/* uv_net.h: TCP under the peer sessions (peer.h): listens, dials, reads, writes, closes, and knows nothing of what is said.
 *
 * Promises.
 *   1. Each open session has a number, never zero, never used twice. `up` comes first, then messages, then `down`, once each.
 *   2. Per turn of the loop one write per peer: uv_net_send queues, uv_net_flush (called once before the loop waits) writes.
 *   3. One session per member key. When two nodes dial each other at once, the one dialled by the smaller key stays; both sides
 *      decide the same. A newer one in the same direction replaces the older, which may be dead without knowing it.
 *   4. Connections that have proved nothing are at most PEER_HALF_OPEN_MAX, and PEER_HALF_OPEN_ADDRESS_MAX from one address: the oldest of
 *      them is closed for a newcomer, so a flood cannot keep an honest peer out for longer than a handshake. Each holds about 3 KiB.
 *   5. A configured peer is dialled until a session with its key exists, with growing pauses; one that turns out to be ourselves is left alone.
 *
 * Errors: a listener that cannot be opened is told in words; everything else is the peer's trouble and logged.
 */
#ifndef NODE_UV_NET_H
#define NODE_UV_NET_H

#include <uv.h>

#include "node/config.h"
#include "node/peer.h"

struct uv_net_events {
    void *context;
    /* Is this key welcome, and as what? Validator index or 255. `dialled`: we called it. */
    enum err (*who)(void *context, const struct pubkey *key, bool dialled, struct peer_grant *ret_grant,
                    uint8_t *ret_validator);
    /* source: what it was granted lets it answer with blocks. */
    void (*up)(void *context, uint64_t peer, uint8_t validator, bool source);
    void (*message)(void *context, uint64_t peer, uint8_t type, struct span body);
    void (*down)(void *context, uint64_t peer);
};

struct uv_net_config {
    struct digest chain_id;
    const struct keypair *member; /* borrowed */
    const char *software;
    uint32_t peers_max;
};

enum { UV_NET_ERROR_BYTES = 512 };

struct uv_net;
struct uv_net *uv_net_new(uv_loop_t *loop, const struct uv_net_config *config,
                          const struct uv_net_events *events);
/* The port that was bound, or -1 with the reason in words. */
int uv_net_listen(struct uv_net *n, const struct config_address *address, char ret_error[UV_NET_ERROR_BYTES]);
void uv_net_dial(struct uv_net *n, const struct config_peer *peer);
/* ERR_PEER_CLOSED when there is no such session (any more). */
enum err uv_net_send(struct uv_net *n, uint64_t peer, struct parcel *parcel) MUST_USE;
void uv_net_drop(struct uv_net *n, uint64_t peer, enum err why);
void uv_net_flush(struct uv_net *n);
uint32_t uv_net_open(const struct uv_net *n);
uint32_t uv_net_half_open(const struct uv_net *n);
/* Says goodbye to all, closes listeners and dials; sessions are down from here on. Run the loop until uv_net_stopped. */
void uv_net_stop(struct uv_net *n);
bool uv_net_stopped(const struct uv_net *n);
void uv_net_free(struct uv_net *n); /* accepts NULL; stopped before (CHECK) */

/* Host and port to a socket address, at once for a numeric host; false for a name. */
bool uv_net_numeric(const struct config_address *address, struct sockaddr_storage *ret) MUST_USE;
/* Binds and listens on a TCP handle; the port, or a negative libuv error. For numeric hosts. */
int uv_net_bind(uv_tcp_t *tcp, const struct config_address *address, int backlog, uv_connection_cb on_connection);

#endif
