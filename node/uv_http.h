/* uv_http.h: sockets under the HTTP sessions and calls of rpc/. Reads and everything that touches the store run on a lane; submitting runs on
 * the loop.
 *
 * Promises: at most connections_max connections, a further one is closed at once; an answer per request in the order of
 * rpc/http.h; a call whose connection broke is finished and dropped; streams are filled when uv_http_moved was called and there is room.
 */
#ifndef NODE_UV_HTTP_H
#define NODE_UV_HTTP_H

#include "node/config.h"
#include "node/uv_work.h"
#include "rpc/host.h"

struct uv_http;
/* The host is copied; the lane outlives the server. */
struct uv_http *uv_http_new(uv_loop_t *loop, const struct host *host, struct uv_lane *read_lane,
                            uint64_t connections_max);
/* The port, or -1 with the reason in words. */
int uv_http_listen(struct uv_http *s, const struct config_address *address, char ret_error[512]);
/* The host's answer to a submitted record (host.h): ticket as submit got it. */
void uv_http_submitted(struct uv_http *s, uint64_t ticket, const struct submit_reply *reply);
/* A height, a checkpoint or an alarm is new: streams have something to say. Accepts NULL. */
void uv_http_moved(struct uv_http *s);
/* Once per turn: writes, fills streams. */
void uv_http_flush(struct uv_http *s);
/* Fills in the http_* fields. Accepts NULL. */
void uv_http_counters(const struct uv_http *s, struct host_status *ret);
/* No new connections; what was asked is answered. Run the loop until uv_http_stopped. */
void uv_http_stop(struct uv_http *s);
/* Breaks what is still connected. */
void uv_http_abort(struct uv_http *s);
bool uv_http_stopped(const struct uv_http *s);
void uv_http_free(struct uv_http *s); /* accepts NULL; stopped before (CHECK) */

#endif
