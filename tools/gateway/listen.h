/* listen.h: the gateway's HTTP door, on 127.0.0.1 only: readers on other machines come through a
 * proxy that knows them (and speaks TLS). The session is the node's own (rpc/http.h).
 *
 *   POST /reads    a message (source.h); answered 200 {"taken", "refused", "first"} once what was
 *                  taken is durable; 503 with Retry-After when the spool takes nothing; 422 when
 *                  nothing in it was a read
 *   GET /status    the status as JSON
 *
 * listen_poll serves everybody who has something to say and hands each message over; its answer
 * waits until listen_answer says what became of the group it was in. One thread.
 */
#ifndef TOOLS_GATEWAY_LISTEN_H
#define TOOLS_GATEWAY_LISTEN_H

#include <poll.h>

#include "tools/gateway/source.h"

enum { LISTEN_CONNECTIONS_MAX = 64 };

struct listen_ops {
    /* A message came; what of it was taken. */
    void (*message)(void *self, struct span body, struct source_result *ret);
    void (*status)(void *self, struct buffer *out);
};
struct listen;
/* NULL with errno when the port cannot be had. Port 0 takes a free one. */
struct listen *listen_open(uint16_t port, const struct listen_ops *ops, void *self);
void listen_close(struct listen *l); /* accepts NULL */
uint16_t listen_port(const struct listen *l);
/* What to poll for, at most LISTEN_CONNECTIONS_MAX + 1; how many. */
uint32_t listen_fds(struct listen *l, struct pollfd ret[]);
/* With the answers of poll, in the same order. now_ms is monotonic. */
void listen_poll(struct listen *l, const struct pollfd fds[], uint32_t count, uint64_t now_ms);
/* The messages handed over since the last time are durable, or are not. */
void listen_answer(struct listen *l, bool durable, uint64_t now_ms);

#endif
