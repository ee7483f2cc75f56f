#include "base/emit.h"

#include <string.h>

#include "base/json.h"

void emit_begin(struct emit *j, struct buffer *out) {
    *j = (struct emit){.out = out};
}

void emit_end(const struct emit *j) {
    CHECK(j->depth == 0 && !j->keyed);
}

static void before_value(struct emit *j) {
    if (!j->keyed && j->some[j->depth]) buffer_append(j->out, ",", 1);
    j->some[j->depth] = true;
    j->keyed = false;
}

static void begin(struct emit *j, const char *bracket) {
    before_value(j);
    buffer_append(j->out, bracket, 1);
    CHECK(j->depth < EMIT_DEPTH_MAX);
    j->some[++j->depth] = false;
}

static void end(struct emit *j, const char *bracket) {
    CHECK(j->depth > 0 && !j->keyed);
    j->depth--;
    buffer_append(j->out, bracket, 1);
}

void emit_object(struct emit *j) {
    begin(j, "{");
}

void emit_object_end(struct emit *j) {
    end(j, "}");
}

void emit_list(struct emit *j) {
    begin(j, "[");
}

void emit_list_end(struct emit *j) {
    end(j, "]");
}

void emit_key(struct emit *j, const char *key) {
    before_value(j);
    buffer_append(j->out, "\"", 1);
    buffer_append(j->out, key, strlen(key));
    buffer_append(j->out, "\":", 2);
    j->keyed = true;
}

void emit_text(struct emit *j, struct span text) {
    before_value(j);
    json_write_text(text, j->out);
}

void emit_uint(struct emit *j, uint64_t v) {
    before_value(j);
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + v % 10);
    while ((v /= 10) > 0);
    buffer_append(j->out, digits + at, sizeof digits - at);
}

void emit_bool(struct emit *j, bool v) {
    before_value(j);
    buffer_text(j->out, v ? "true" : "false");
}

void emit_null(struct emit *j) {
    before_value(j);
    buffer_append(j->out, "null", 4);
}

void emit_hex(struct emit *j, struct span bytes) {
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

void emit_base64(struct emit *j, struct span bytes) {
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

void emit_value(struct emit *j, struct span canonical) {
    before_value(j);
    json_write(canonical, 0, j->out);
}

void emit_raw(struct emit *j, struct span json) {
    before_value(j);
    buffer_append_span(j->out, json);
}

void emit_key_text(struct emit *j, const char *key, struct span text) {
    emit_key(j, key);
    emit_text(j, text);
}

void emit_key_string(struct emit *j, const char *key, const char *text) {
    emit_key_text(j, key, span_text(text));
}

void emit_key_uint(struct emit *j, const char *key, uint64_t v) {
    emit_key(j, key);
    emit_uint(j, v);
}

void emit_key_bool(struct emit *j, const char *key, bool v) {
    emit_key(j, key);
    emit_bool(j, v);
}

void emit_key_digest(struct emit *j, const char *key, const struct digest *d) {
    emit_key_hex(j, key, span_of(d->b, sizeof d->b));
}

void emit_key_hex(struct emit *j, const char *key, struct span bytes) {
    emit_key(j, key);
    emit_hex(j, bytes);
}

void emit_key_base64(struct emit *j, const char *key, struct span bytes) {
    emit_key(j, key);
    emit_base64(j, bytes);
}

void emit_key_value(struct emit *j, const char *key, struct span canonical) {
    emit_key(j, key);
    emit_value(j, canonical);
}
