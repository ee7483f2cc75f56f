/* http_session.h: the inside of an HTTP session, shared by http.c (requests, life) and http_write.c (answers, output). Not for others.
 *
 * A request's way:  HEAD -> (BODY) -> READY -> GIVEN -> ANSWERED -> gone, or STREAMING after its head was written
 * READING a head or a body is at most one, the newest. Answers are written from the oldest on.
 */
#ifndef RPC_HTTP_SESSION_H
#define RPC_HTTP_SESSION_H

#include "rpc/http.h"
#include "rpc/http_parser.h"

enum exchange_stage {
    EXCHANGE_HEAD,
    EXCHANGE_BODY,
    EXCHANGE_READY,
    EXCHANGE_GIVEN,
    EXCHANGE_ANSWERED,
    EXCHANGE_STREAMING,
};

struct exchange {
    enum exchange_stage stage;
    bool http10, keep_alive, head_only;
    bool continue_wanted; /* 100 Continue is due when this is the oldest */
    struct buffer head;
    struct http_request request; /* points into head; body into request_body */
    struct buffer request_body;
    struct http_response response;
};

struct http {
    struct http_shared *shared;
    struct http_parser *parser;
    const struct visitor *visitor;
    struct exchange *ring[HTTP_PIPELINE_MAX]; /* oldest first */
    uint32_t count;
    uint32_t pending;
    uint64_t next_id;
    uint64_t held; /* our share of shared->held */
    uint8_t last_byte; /* of the head being read: a line feed after no carriage return is refused at once */

    bool deaf;    /* nothing more is read: bytes are dropped */
    bool closing; /* nothing more is written after what waits */
    bool eof, broken, stopping;

    struct buffer writing, waiting;
    size_t written; /* of writing */

    uint64_t idle_since;
    uint64_t reading_since; /* first byte of the head, or of the body */
    uint64_t body_bytes;    /* of the body on the wire so far */
    uint64_t write_since;   /* the peer took something, or nothing waited */
    bool fresh;             /* no request was complete yet */
};

enum { HTTP_WAITING_BYTES = 256 << 10, HTTP_KEEP_BYTES = 64 << 10 };

/* The newest exchange while it is being read, or NULL. */
struct exchange *http_reading(const struct http *h);
/* Answers from the inside: a refusal that ends reading. */
void http_refuse(struct http *h, struct exchange *x, enum err e, uint64_t now_ms);
void exchange_free(struct exchange *x);
/* Takes an exchange out of the ring. */
void http_drop(struct http *h, uint32_t place);
/* Moves finished answers to the output. */
void http_flush(struct http *h, uint64_t now_ms);
/* Counts what is held. */
void http_account(struct http *h);
/* Bytes not yet taken by the peer. */
size_t http_unsent(const struct http *h);

#endif
