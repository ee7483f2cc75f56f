/* http_client.h: the only door to libcurl (http_client.c).
 *
 * One client keeps its connections and belongs to one thread. It speaks http and https only,
 * follows no redirect, reads no proxy, password or cookie file, and never takes more than
 * `answer_max` bytes.
 *
 * What a caller must be able to tell apart after sending a record is whether the other side may
 * have got it: HTTP_ANSWERED    an answer came, whatever its status HTTP_UNREACHABLE no connection
 * came about: surely nothing was received HTTP_NO_ANSWER   the connection broke, or time ran out,
 * after it stood: nobody knows HTTP_BAD_ANSWER  an answer came that cannot be used: too long, or
 * not HTTP
 */
#ifndef TOOLS_HTTP_CLIENT_H
#define TOOLS_HTTP_CLIENT_H

#include "base/span.h"

enum http_outcome { HTTP_ANSWERED, HTTP_UNREACHABLE, HTTP_NO_ANSWER, HTTP_BAD_ANSWER };

enum { HTTP_HEADERS_MAX = 8 };

struct http_call {
    const char *url;
    struct span body;            /* POST when content_type is set, else GET */
    const char *content_type;    /* of the body; NULL: a GET */
    bool put;                    /* PUT instead of POST */
    const char *accept;          /* NULL: application/json */
    const char *accept_language; /* NULL: none */
    uint64_t connect_timeout_ms; /* 0: 5 s */
    uint64_t total_timeout_ms;   /* 0: 60 s */
};
struct http_answer {
    uint32_t status;
    char content_type[96];
    uint64_t retry_after_s; /* 0: not said */
    struct buffer body;     /* its max, set by the caller, bounds the answer */
    char trouble[256];      /* in English, when the outcome is not HTTP_ANSWERED */
};

void http_client_start(void); /* once per process, before the first client and any thread */
void http_client_stop(void);

struct http_client;
struct http_client *http_client_new(void);
void http_client_free(struct http_client *c); /* accepts NULL */
/* `answer` keeps its buffer; everything else in it is overwritten. */
enum http_outcome http_client_call(struct http_client *c, const struct http_call *call,
                                   struct http_answer *answer) MUST_USE;

#endif
