/* http_parser.h: the door to llhttp. One request: a whole head at once, then its body in pieces.
 *
 * llhttp decides the grammar (built strict, LLHTTP_STRICT_MODE). What it lets pass and a smuggler could use is refused here by looking at the head's
 * bytes first: a bare CR or LF, a folded line, an empty header name, blanks in the request line, another protocol or version, two Hosts, any
 * transfer coding but exactly "chunked", chunk extensions, trailers.
 *
 * The head must stay where it is while the request is read: `struct http_head` points into it.
 */
#ifndef RPC_HTTP_PARSER_H
#define RPC_HTTP_PARSER_H

#include "rpc/http.h"

struct http_parser;
struct http_parser *http_parser_new(void);
void http_parser_free(struct http_parser *p); /* accepts NULL */

struct http_head {
    enum http_verb verb;
    struct span target, path, query;
    struct span headers[HTTP_HEADERS_KNOWN];
    bool http10;
    bool keep_alive;
    bool chunked;
    uint64_t content_length; /* 0 without one */
};

/* head: the bytes up to and including the empty line. Errors: ERR_HTTP_*. */
enum err http_parser_head(struct http_parser *p, struct span head, struct http_head *ret) MUST_USE;
/* After a head with chunked or content_length > 0. Appends to body; ERR_HTTP_BODY_SIZE when it does not fit. *ret_used bytes were taken,
 * *ret_done: the body is complete and nothing behind it was touched. */
enum err http_parser_body(struct http_parser *p, struct span bytes, struct buffer *body, size_t *ret_used,
                          bool *ret_done) MUST_USE;

#endif
