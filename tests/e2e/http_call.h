/* http_call.h: one blocking HTTP/1.1 connection to a node on this machine, for tests. No retries, no redirects, no cleverness.
 *
 * http_call answers the status, or 0 when the connection broke or nothing came in time; then it is closed, and the next call
 * connects anew. The body is replaced. One struct belongs to one thread.
 */
#ifndef TESTS_E2E_HTTP_CALL_H
#define TESTS_E2E_HTTP_CALL_H

#include "base/span.h"

struct http_connection {
    uint16_t port;
    int fd; /* -1: not connected */
    int timeout_ms;
};

void http_connection_init(struct http_connection *c, uint16_t port, int timeout_ms);
void http_connection_close(struct http_connection *c);
int http_call(struct http_connection *c, const char *verb, const char *path, const char *type, struct span body,
              struct buffer *ret_body);

/* A connected TCP socket to 127.0.0.1 with these send and receive timeouts, or -1. */
int loopback_connect(uint16_t port, int timeout_ms);
/* The text value of a string or number under `name` in flat JSON, without quotes; false when it is not there. Good enough for what nodes
 * write themselves. */
bool json_pick(struct span json, const char *name, char *ret, size_t cap);

#endif
