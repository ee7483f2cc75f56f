#include "rpc/http_parser.h"

#include <llhttp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static_assert(LLHTTP_STRICT_MODE == 1, "a lenient llhttp lets request smuggling through");

struct http_parser {
    llhttp_t llhttp;
    llhttp_settings_t settings;
    struct http_head head;
    struct span field, value; /* the header being read */
    uint32_t headers_count;
    struct buffer *body;
    bool in_body; /* the head is over: a header now is a trailer */
    bool done;
    enum err err;
};

static const char *const header_names[HTTP_HEADERS_KNOWN] = {
    [HTTP_HOST] = "host",
    [HTTP_ACCEPT] = "accept",
    [HTTP_ACCEPT_LANGUAGE] = "accept-language",
    [HTTP_CONTENT_TYPE] = "content-type",
    [HTTP_CONTENT_ENCODING] = "content-encoding",
    [HTTP_EXPECT] = "expect",
    [HTTP_LAST_EVENT_ID] = "last-event-id",
    [HTTP_ORIGIN] = "origin",
    [HTTP_REAL_IP] = "x-real-ip",
};

static struct http_parser *parser_of(llhttp_t *l) {
    return l->data;
}

static int fail(struct http_parser *p, enum err e) {
    if (p->err == OK) p->err = e;
    return HPE_USER;
}

static bool name_is(struct span field, const char *name) {
    return field.len == strlen(name) && strncasecmp((const char *)field.data, name, field.len) == 0;
}

static struct span trimmed(struct span s) {
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t'))
        s = span_part(s, 1, s.len - 1);
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
        s.len--;
    return s;
}

/* Spans of one header come in one piece, since the head is given whole; a second piece continues the first. */
static void extend(struct span *s, const char *at, size_t length) {
    const uint8_t *data = (const uint8_t *)at;
    if (s->data != NULL && s->data + s->len == data)
        s->len += length;
    else
        *s = span_of(data, length);
}

static int on_url(llhttp_t *l, const char *at, size_t length) {
    extend(&parser_of(l)->head.target, at, length);
    return 0;
}

static int on_field(llhttp_t *l, const char *at, size_t length) {
    struct http_parser *p = parser_of(l);
    if (p->in_body) return fail(p, ERR_HTTP_CODING);
    extend(&p->field, at, length);
    return 0;
}

static int on_value(llhttp_t *l, const char *at, size_t length) {
    extend(&parser_of(l)->value, at, length);
    return 0;
}

static int on_value_complete(llhttp_t *l) {
    struct http_parser *p = parser_of(l);
    struct span field = p->field, value = trimmed(p->value);
    p->field = SPAN_EMPTY;
    p->value = SPAN_EMPTY;
    if (value.data == NULL) value = span_of("", 0);
    if (++p->headers_count > HTTP_HEADERS_MAX) return fail(p, ERR_HTTP_HEAD_SIZE);
    if (name_is(field, "transfer-encoding") && !name_is(value, "chunked")) return fail(p, ERR_HTTP_CODING);
    for (int i = 0; i < HTTP_HEADERS_KNOWN; i++) {
        if (!name_is(field, header_names[i])) continue;
        /* A list could be joined (RFC 9110 section 5.3), but nobody who means well sends these twice. */
        if (p->head.headers[i].data != NULL) return fail(p, ERR_HTTP_SYNTAX);
        p->head.headers[i] = value;
    }
    return 0;
}

static enum http_verb verb_of(uint8_t method) {
    if (method == HTTP_GET) return HTTP_VERB_GET;
    if (method == HTTP_HEAD) return HTTP_VERB_HEAD;
    if (method == HTTP_POST) return HTTP_VERB_POST;
    if (method == HTTP_PUT) return HTTP_VERB_PUT;
    if (method == HTTP_OPTIONS) return HTTP_VERB_OPTIONS;
    return HTTP_VERB_OTHER;
}

static int on_headers_complete(llhttp_t *l) {
    struct http_parser *p = parser_of(l);
    p->head.verb = verb_of(l->method);
    p->head.http10 = l->http_minor == 0;
    p->head.keep_alive = llhttp_should_keep_alive(l) != 0;
    p->head.chunked = (l->flags & F_CHUNKED) != 0;
    p->head.content_length = (l->flags & F_CONTENT_LENGTH) != 0 ? l->content_length : 0;
    l->upgrade = 0; /* RFC 9110 section 7.8: a server may ignore Upgrade */
    p->in_body = true;
    return 0;
}

static int on_body(llhttp_t *l, const char *at, size_t length) {
    struct http_parser *p = parser_of(l);
    if (p->body == NULL) return fail(p, ERR_HTTP_SYNTAX);
    buffer_append(p->body, at, length);
    return p->body->overflow ? fail(p, ERR_HTTP_BODY_SIZE) : 0;
}

static int on_chunk_extension(llhttp_t *l, const char *at, size_t length) {
    (void)at;
    (void)length;
    return fail(parser_of(l), ERR_HTTP_CODING);
}

static int on_message_complete(llhttp_t *l) {
    parser_of(l)->done = true;
    return HPE_PAUSED;
}

struct http_parser *http_parser_new(void) {
    struct http_parser *p = check_alloc(1, sizeof *p);
    llhttp_settings_init(&p->settings);
    p->settings.on_url = on_url;
    p->settings.on_header_field = on_field;
    p->settings.on_header_value = on_value;
    p->settings.on_header_value_complete = on_value_complete;
    p->settings.on_headers_complete = on_headers_complete;
    p->settings.on_body = on_body;
    p->settings.on_chunk_extension_name = on_chunk_extension;
    p->settings.on_chunk_extension_value = on_chunk_extension;
    p->settings.on_message_complete = on_message_complete;
    return p;
}

void http_parser_free(struct http_parser *p) {
    free(p);
}

static enum err err_of(const struct http_parser *p, llhttp_errno_t e) {
    if (p->err != OK) return p->err;
    if (e == HPE_UNEXPECTED_CONTENT_LENGTH || e == HPE_INVALID_CONTENT_LENGTH || e == HPE_STRICT)
        return ERR_HTTP_AMBIGUOUS;
    if (e == HPE_INVALID_TRANSFER_ENCODING) return ERR_HTTP_CODING;
    if (e == HPE_INVALID_VERSION || e == HPE_PAUSED_H2_UPGRADE) return ERR_HTTP_VERSION;
    return ERR_HTTP_SYNTAX;
}

/* Exactly "METHOD SP target SP HTTP/1.x": RFC 9112 section 3, without its leniency for other blanks. */
static enum err request_line_check(struct span line) {
    uint32_t blanks = 0;
    for (size_t i = 0; i < line.len; i++)
        blanks += line.data[i] == ' ' ? 1u : 0u;
    if (blanks != 2) return ERR_HTTP_SYNTAX;
    const char *slash = "HTTP/";
    if (line.len < 9) return ERR_HTTP_SYNTAX;
    struct span version = span_part(line, line.len - 8, 8);
    if (line.data[line.len - 9] != ' ' || !span_starts(version, slash)) return ERR_HTTP_VERSION;
    return span_is(version, "HTTP/1.1") || span_is(version, "HTTP/1.0") ? OK : ERR_HTTP_VERSION;
}

/* What a line ends with may not depend on who reads it: RFC 9112 sections 2.2, 5.2 and 11.2. */
static enum err lines_check(struct span head) {
    size_t begin = 0;
    for (size_t i = 0; i < head.len; i++) {
        uint8_t c = head.data[i];
        if (c != '\r' && c != '\n') continue;
        if (c != '\r' || i + 1 >= head.len || head.data[i + 1] != '\n') return ERR_HTTP_AMBIGUOUS;
        struct span line = span_part(head, begin, i - begin);
        if (begin == 0) {
            enum err e = request_line_check(line);
            if (e != OK) return e;
        } else if (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t' || line.data[0] == ':')) {
            return ERR_HTTP_SYNTAX;
        }
        i++;
        begin = i + 1;
    }
    return OK;
}

/* origin-form, absolute-form or "*" (RFC 9112 section 3.2) to path and query. */
static enum err target_split(struct http_head *h) {
    struct span t = h->target;
    const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        if (!span_starts(t, schemes[i])) continue;
        t = span_part(t, strlen(schemes[i]), t.len - strlen(schemes[i]));
        while (t.len > 0 && t.data[0] != '/')
            t = span_part(t, 1, t.len - 1);
        if (t.len == 0) t = span_text("/");
    }
    bool asterisk = h->verb == HTTP_VERB_OPTIONS && span_is(t, "*");
    if (!asterisk && (t.len == 0 || t.data[0] != '/')) return ERR_HTTP_SYNTAX;
    if (memchr(t.data, '#', t.len) != NULL) return ERR_HTTP_SYNTAX;
    const uint8_t *mark = memchr(t.data, '?', t.len);
    size_t path_len = mark == NULL ? t.len : (size_t)(mark - t.data);
    h->path = span_part(t, 0, path_len);
    h->query = mark == NULL ? SPAN_EMPTY : span_part(t, path_len + 1, t.len - path_len - 1);
    return OK;
}

enum err http_parser_head(struct http_parser *p, struct span head, struct http_head *ret) {
    enum err e = lines_check(head);
    if (e != OK) return e;
    llhttp_init(&p->llhttp, HTTP_REQUEST, &p->settings);
    p->llhttp.data = p;
    p->head = (struct http_head){0};
    p->field = SPAN_EMPTY;
    p->value = SPAN_EMPTY;
    p->headers_count = 0;
    p->body = NULL;
    p->in_body = false;
    p->done = false;
    p->err = OK;
    llhttp_errno_t l = llhttp_execute(&p->llhttp, (const char *)head.data, head.len);
    if (l != HPE_OK && !(l == HPE_PAUSED && p->done)) return err_of(p, l);
    if (!p->in_body) return ERR_HTTP_SYNTAX;
    if (!p->head.http10 && p->head.headers[HTTP_HOST].data == NULL) return ERR_HTTP_SYNTAX;
    if (p->head.http10 && p->head.chunked) return ERR_HTTP_AMBIGUOUS;
    e = target_split(&p->head);
    if (e != OK) return e;
    *ret = p->head;
    return OK;
}

enum err http_parser_body(struct http_parser *p, struct span bytes, struct buffer *body, size_t *ret_used,
                          bool *ret_done) {
    CHECK(!p->done);
    p->body = body;
    llhttp_errno_t l = llhttp_execute(&p->llhttp, (const char *)bytes.data, bytes.len);
    p->body = NULL;
    size_t used = bytes.len;
    if (l == HPE_PAUSED && p->done)
        used = (size_t)((const uint8_t *)llhttp_get_error_pos(&p->llhttp) - bytes.data);
    else if (l != HPE_OK)
        return err_of(p, l);
    *ret_used = used;
    *ret_done = p->done;
    return OK;
}
