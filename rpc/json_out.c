#include "rpc/json_out.h"

#include <string.h>

#include "base/json.h"

void json_out_init(struct json_out *j, struct buffer *out) {
    *j = (struct json_out){.out = out};
}

void json_out_end(const struct json_out *j) {
    CHECK(j->depth == 0 && !j->keyed);
}

static void before_value(struct json_out *j) {
    if (!j->keyed && j->some[j->depth]) buffer_append(j->out, ",", 1);
    j->some[j->depth] = true;
    j->keyed = false;
}

static void begin(struct json_out *j, const char *bracket) {
    before_value(j);
    buffer_append(j->out, bracket, 1);
    CHECK(j->depth < JSON_OUT_DEPTH_MAX);
    j->some[++j->depth] = false;
}

static void end(struct json_out *j, const char *bracket) {
    CHECK(j->depth > 0 && !j->keyed);
    j->depth--;
    buffer_append(j->out, bracket, 1);
}

void json_object(struct json_out *j) {
    begin(j, "{");
}

void json_object_end(struct json_out *j) {
    end(j, "}");
}

void json_list(struct json_out *j) {
    begin(j, "[");
}

void json_list_end(struct json_out *j) {
    end(j, "]");
}

void json_key(struct json_out *j, const char *key) {
    before_value(j);
    buffer_append(j->out, "\"", 1);
    buffer_append(j->out, key, strlen(key));
    buffer_append(j->out, "\":", 2);
    j->keyed = true;
}

void json_text(struct json_out *j, struct span text) {
    before_value(j);
    json_write_text(text, j->out);
}

void json_uint(struct json_out *j, uint64_t v) {
    before_value(j);
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    buffer_append(j->out, digits + at, sizeof digits - at);
}

void json_bool(struct json_out *j, bool v) {
    before_value(j);
    buffer_text(j->out, v ? "true" : "false");
}

void json_null(struct json_out *j) {
    before_value(j);
    buffer_append(j->out, "null", 4);
}

void json_hex(struct json_out *j, struct span bytes) {
    before_value(j);
    buffer_append(j->out, "\"", 1);
    char text[2 * 64 + 1];
    for (size_t at = 0; at < bytes.len; at += 64) {
        struct span part = span_part(bytes, at, bytes.len - at < 64 ? bytes.len - at : 64);
        hex_encode(part, text);
        buffer_append(j->out, text, 2 * part.len);
    }
    buffer_append(j->out, "\"", 1);
}

void json_base64(struct json_out *j, struct span bytes) {
    before_value(j);
    buffer_append(j->out, "\"", 1);
    enum { PIECE = 768 }; /* a multiple of 3: pieces join without padding */
    char text[PIECE / 3 * 4 + 1];
    for (size_t at = 0; at < bytes.len; at += PIECE) {
        struct span part = span_part(bytes, at, bytes.len - at < PIECE ? bytes.len - at : PIECE);
        size_t len = base64_encode(part, text, sizeof text);
        buffer_append(j->out, text, len);
    }
    buffer_append(j->out, "\"", 1);
}

void json_value(struct json_out *j, struct span canonical) {
    before_value(j);
    json_write(canonical, 0, j->out);
}

void json_raw(struct json_out *j, struct span json) {
    before_value(j);
    buffer_append_span(j->out, json);
}

void json_put_text(struct json_out *j, const char *key, struct span text) {
    json_key(j, key);
    json_text(j, text);
}

void json_put_string(struct json_out *j, const char *key, const char *text) {
    json_put_text(j, key, span_text(text));
}

void json_put_uint(struct json_out *j, const char *key, uint64_t v) {
    json_key(j, key);
    json_uint(j, v);
}

void json_put_bool(struct json_out *j, const char *key, bool v) {
    json_key(j, key);
    json_bool(j, v);
}

void json_put_digest(struct json_out *j, const char *key, const struct digest *d) {
    json_put_hex(j, key, span_of(d->b, sizeof d->b));
}

void json_put_hex(struct json_out *j, const char *key, struct span bytes) {
    json_key(j, key);
    json_hex(j, bytes);
}

void json_put_base64(struct json_out *j, const char *key, struct span bytes) {
    json_key(j, key);
    json_base64(j, bytes);
}

void json_put_value(struct json_out *j, const char *key, struct span canonical) {
    json_key(j, key);
    json_value(j, canonical);
}
