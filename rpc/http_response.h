/* http_response.h: the head of an answer as bytes. For http.c only. */
#ifndef RPC_HTTP_RESPONSE_H
#define RPC_HTTP_RESPONSE_H

#include "rpc/http.h"

struct http_response_mode {
    bool http10;
    bool close;   /* say so */
    bool chunked; /* a stream */
};

/* Status line, headers, empty line, appended. */
void http_response_head(const struct http_response *r, struct http_response_mode mode, struct buffer *out);

#endif
