#include "rpc/http_response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *http_verb_name(enum http_verb verb) {
    switch (verb) {
    case HTTP_VERB_GET: return "GET";
    case HTTP_VERB_HEAD: return "HEAD";
    case HTTP_VERB_POST: return "POST";
    case HTTP_VERB_PUT: return "PUT";
    case HTTP_VERB_OPTIONS: return "OPTIONS";
    case HTTP_VERB_OTHER: return "?";
    }
    CHECK(false);
}

void http_response_init(struct http_response *r, size_t body_max) {
    *r = (struct http_response){.status = 200};
    buffer_init(&r->body, body_max);
}

void http_response_free(struct http_response *r) {
    buffer_free(&r->body);
}

static void header_add(struct http_response *r, const char *name, struct span value) {
    CHECK(r->headers_count < HTTP_EXTRA_HEADERS_MAX);
    CHECK(value.len == 0 || (memchr(value.data, '\r', value.len) == NULL && memchr(value.data, '\n', value.len) == NULL));
    r->headers[r->headers_count].name = name;
    r->headers[r->headers_count].value = value;
    r->headers_count++;
}

void http_response_header(struct http_response *r, const char *name, const char *value) {
    header_add(r, name, span_text(value));
}

/* Values in `texts` are kept as offsets until they are written, so that the struct may be copied: data is NULL, len counts. */
void http_response_header_copy(struct http_response *r, const char *name, const char *format, ...) {
    va_list args;
    va_start(args, format);
    size_t room = sizeof r->texts - r->texts_len;
    int n = vsnprintf(r->texts + r->texts_len, room, format, args);
    va_end(args);
    CHECK(n >= 0 && (size_t)n < room);
    struct span value = span_of(r->texts + r->texts_len, (size_t)n);
    CHECK(memchr(value.data, '\r', value.len) == NULL && memchr(value.data, '\n', value.len) == NULL);
    CHECK(r->headers_count < HTTP_EXTRA_HEADERS_MAX);
    r->headers[r->headers_count].name = name;
    r->headers[r->headers_count].value = (struct span){NULL, (size_t)n};
    r->headers_count++;
    r->texts_len += (size_t)n;
}

struct reason {
    uint16_t status;
    const char *text;
};

static const struct reason reasons[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

static const char *reason_of(uint16_t status) {
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].status == status) return reasons[i].text;
    return "Other";
}

void http_response_head(const struct http_response *r, struct http_response_mode mode, struct buffer *out) {
    buffer_printf(out, "HTTP/1.1 %u %s\r\n", (unsigned)r->status,
                  reason_of(r->status));
    if (r->content_type != NULL) buffer_printf(out, "Content-Type: %s\r\n", r->content_type);
    size_t text_at = 0;
    for (uint32_t i = 0; i < r->headers_count; i++) {
        struct span value = r->headers[i].value;
        if (value.data == NULL) {
            value = span_of(r->texts + text_at, value.len);
            text_at += value.len;
        }
        buffer_printf(out, "%s: ", r->headers[i].name);
        buffer_append_span(out, value);
        buffer_append(out, "\r\n", 2);
    }
    if (mode.chunked)
        buffer_text(out, "Transfer-Encoding: chunked\r\n");
    else if (!r->stream && r->status != 204)
        buffer_printf(out, "Content-Length: %zu\r\n", r->body.len);
    if (mode.close)
        buffer_text(out, "Connection: close\r\n");
    else if (mode.http10)
        buffer_text(out, "Connection: keep-alive\r\n");
    buffer_append(out, "\r\n", 2);
}
