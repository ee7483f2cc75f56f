/* http.h: one HTTP/1.1 connection, sans-I/O: bytes in, requests out; answers in, bytes out (RFC 9110, RFC 9112).
 *
 * The owner moves bytes and tells the time; no socket, clock or thread inside, so tests and the fuzzer drive the same object.
 *
 *   http_input(bytes)  -> uses some of them; 0 used: read nothing more until something was answered or written
 *   http_next(request) -> until false; each request is answered once, in any order, with http_respond
 *   http_output()      -> the next bytes to write, stable until http_output_done says all of them were written
 *   http_tick(now)     when http_deadline passes
 *   http_closed()      -> nothing more to do: the owner shuts the socket down
 *
 * Promises: answers leave in the order of the requests; at most HTTP_PIPELINE_MAX requests are unanswered; at most about
 * HTTP_HELD_BYTES_MAX plus one request and one answer are held; HEAD gets the head of GET's answer; Expect: 100-continue is answered when the body
 * is wanted; a request refused before its body was read is answered and the connection closed.
 *
 * Refused by name, then closed: what is not HTTP/1.0 or 1.1 (ERR_HTTP_VERSION), a bare LF or CR, a folded header,
 * Transfer-Encoding with Content-Length, two lengths (ERR_HTTP_AMBIGUOUS), a coding other than chunked, a trailer, a
 * chunk extension (ERR_HTTP_CODING), no or two Hosts, other malformations (ERR_HTTP_SYNTAX), too long a head or body
 * (431, 413), too slow a one (408).
 *
 * Time limits: a head within HTTP_HEAD_MS of its first byte (of the connection, for the first); a body at HTTP_BODY_RATE bytes per second after
 * HTTP_BODY_GRACE_MS; between requests HTTP_IDLE_MS; a peer that takes no byte of what waits for it for HTTP_WRITE_MS is closed. now_ms
 * is monotonic.
 *
 * Streams: an answer with `stream` set keeps its request open. http_stream_write appends to a bounded queue and never waits;
 * the owner asks http_stream_room first. A stream is the last answer of its connection.
 *
 * Ownership: a request belongs to the session and stays readable (from any thread) until it is answered. http_respond takes over the answer's
 * buffers. http_free is allowed only when http_pending is 0: after a broken connection the owner calls http_abort and
 * answers what is still out; those answers go nowhere.
 * One thread per session.
 */
#ifndef RPC_HTTP_H
#define RPC_HTTP_H

#include "base/err.h"
#include "base/limits.h"
#include "base/span.h"

enum {
    HTTP_HEAD_MS = 10 * 1000,
    HTTP_IDLE_MS = 60 * 1000,
    HTTP_WRITE_MS = 30 * 1000,
    HTTP_BODY_GRACE_MS = 10 * 1000,
    HTTP_BODY_RATE = 1024, /* bytes per second */
    HTTP_HEADERS_MAX = 64,
    HTTP_EXTRA_HEADERS_MAX = 6,
};
#define HTTP_NEVER UINT64_MAX

enum http_verb { HTTP_VERB_GET, HTTP_VERB_HEAD, HTTP_VERB_POST, HTTP_VERB_PUT, HTTP_VERB_OPTIONS, HTTP_VERB_OTHER };
const char *http_verb_name(enum http_verb verb);

/* The headers anybody here asks for. A header sent twice is joined with ", " where that is permitted, else refused. */
enum http_header {
    HTTP_HOST,
    HTTP_ACCEPT,
    HTTP_ACCEPT_LANGUAGE,
    HTTP_CONTENT_TYPE,
    HTTP_CONTENT_ENCODING,
    HTTP_EXPECT,
    HTTP_LAST_EVENT_ID,
    HTTP_ORIGIN,
    HTTP_REAL_IP,
    HTTP_HEADERS_KNOWN,
};

struct visitor;
struct http_request {
    uint64_t id; /* rising from 1 in a session */
    const struct visitor *visitor; /* rpc/visitor.h: the session's; NULL: nobody is told apart */
    enum http_verb verb;
    struct span path;  /* as received, percent-encoded, from "/" up to "?" */
    struct span query; /* as received, without "?" */
    struct span headers[HTTP_HEADERS_KNOWN]; /* without surrounding blanks; data NULL when absent */
    struct span body;
};

struct http_response {
    uint16_t status;
    bool stream;              /* more follows with http_stream_write; body is the first of it */
    bool close;               /* close the connection after it */
    const char *content_type; /* a constant; NULL without a body */
    struct {
        const char *name; /* a constant, as is the value */
        struct span value; /* data NULL: the next len bytes of `texts`, so that the struct can be copied */
    } headers[HTTP_EXTRA_HEADERS_MAX];
    uint32_t headers_count;
    struct buffer body;
    char texts[192]; /* room for header values made for this answer */
    size_t texts_len;
};

/* Zeroed, with an empty body of at most body_max bytes. */
void http_response_init(struct http_response *r, size_t body_max);
void http_response_free(struct http_response *r); /* accepts a zeroed struct */
/* value is a constant. */
void http_response_header(struct http_response *r, const char *name, const char *value);
/* The value is copied into `texts`; CR and LF in it are a bug (CHECK). */
void http_response_header_copy(struct http_response *r, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Decides at the end of a head, before any body is read. True: go on, with a body of at most *ret_body_max bytes. False: *ret_refusal
 * (initialised) is filled and sent. */
typedef bool http_admit_fn(void *context, const struct http_request *head, uint64_t *ret_body_max,
                           struct http_response *ret_refusal);

/* Shared by the sessions of one thread. */
struct http_shared {
    http_admit_fn *admit;
    void *context;
    uint64_t held, held_max; /* bytes of bodies and answers in all sessions; begin with 0, at most HTTP_TOTAL_BYTES_MAX */
    uint64_t requests, refused, bytes_in, bytes_out; /* counters for metrics */
    uint64_t answers[6];                             /* by the first digit of the status */
};

struct http;
struct http *http_new(struct http_shared *shared, uint64_t now_ms);
void http_free(struct http *h); /* accepts NULL */
/* Who is at the other end, for the requests from now on; it outlives the session. */
void http_visitor(struct http *h, const struct visitor *visitor);

/* Bytes used, from the front. */
size_t http_input(struct http *h, struct span bytes, uint64_t now_ms) MUST_USE;
/* The peer has sent its last byte: what was asked is answered, then it closes. */
void http_eof(struct http *h, uint64_t now_ms);
/* The connection is broken: nothing is read or written any more. */
void http_abort(struct http *h);
/* Graceful stop: the requests at hand are answered with Connection: close; an idle or streaming connection closes. */
void http_stop(struct http *h);

bool http_next(struct http *h, const struct http_request **ret_request) MUST_USE;
uint32_t http_pending(const struct http *h); /* given by http_next and not answered (a running stream is answered) */
void http_respond(struct http *h, uint64_t id, struct http_response *response, uint64_t now_ms);

/* Bytes a stream takes now; 0 when it is full or over. */
size_t http_stream_room(const struct http *h, uint64_t id);
bool http_stream_open(const struct http *h, uint64_t id);
/* bytes.len is at most the room (CHECK). */
void http_stream_write(struct http *h, uint64_t id, struct span bytes, uint64_t now_ms);
void http_stream_end(struct http *h, uint64_t id, uint64_t now_ms);

struct span http_output(struct http *h);
void http_output_done(struct http *h, size_t count, uint64_t now_ms);
uint64_t http_deadline(const struct http *h);
void http_tick(struct http *h, uint64_t now_ms);
bool http_closed(const struct http *h);

#endif
