/* json_write.c: JSON text of a canonical value, in one pass over its bytes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/json.h"

void json_write_text(struct span text, struct buffer *out) {
    buffer_u8(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
        buffer_append(out, text.data + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\') {
            buffer_u8(out, '\\');
            buffer_u8(out, c);
        } else if (c == '\n') {
            buffer_text(out, "\\n");
        } else {
            buffer_printf(out, "\\u%04x", c);
        }
    }
    if (text.len > from) buffer_append(out, text.data + from, text.len - from);
    buffer_u8(out, '"');
}

static void write_float(double v, struct buffer *out) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    buffer_text(out, text);
}

static void write_base64(struct span bytes, struct buffer *out) {
    size_t cap = bytes.len / 3 * 4 + 8;
    char *text = check_alloc(cap, 1);
    base64_encode(bytes, text, cap);
    json_write_text(span_text(text), out);
    free(text);
}

static void write_hidden(struct span bytes, struct buffer *out) {
    if (bytes.len != 33) {
        buffer_text(out, "{\"hidden\":null}");
        return;
    }
    char hex[65];
    hex_encode(span_part(bytes, 1, 32), hex);
    buffer_printf(out, "{\"hidden\":{\"tier\":%u,\"digest\":\"%s\"}}", bytes.data[0], hex);
}

static void new_line(int indent, int depth, struct buffer *out) {
    if (indent > 0) buffer_printf(out, "\n%*s", indent * depth, "");
}

static void write_value(struct unpack *u, int indent, int depth, struct buffer *out);

static void write_array(struct unpack *u, int indent, int depth, struct buffer *out) {
    uint32_t count = unpack_array(u, UINT32_MAX);
    buffer_u8(out, '[');
    for (uint32_t i = 0; i < count && u->err == OK; i++) {
        if (i > 0) buffer_u8(out, ',');
        new_line(indent, depth + 1, out);
        write_value(u, indent, depth + 1, out);
    }
    if (count > 0) new_line(indent, depth, out);
    buffer_u8(out, ']');
}

static void write_map(struct unpack *u, int indent, int depth, struct buffer *out) {
    uint32_t count = unpack_map(u, UINT32_MAX);
    struct span last = SPAN_EMPTY;
    buffer_u8(out, '{');
    for (uint32_t i = 0; i < count && u->err == OK; i++) {
        if (i > 0) buffer_u8(out, ',');
        new_line(indent, depth + 1, out);
        json_write_text(unpack_key(u, &last), out);
        buffer_text(out, indent > 0 ? ": " : ":");
        write_value(u, indent, depth + 1, out);
    }
    if (count > 0) new_line(indent, depth, out);
    buffer_u8(out, '}');
}

static void write_value(struct unpack *u, int indent, int depth, struct buffer *out) {
    switch (unpack_peek(u)) {
    case VALUE_NIL:
        unpack_nil(u);
        buffer_text(out, "null");
        return;
    case VALUE_BOOL: buffer_text(out, unpack_bool(u) ? "true" : "false"); return;
    case VALUE_INT: {
        uint8_t first = u->in.data[u->at];
        bool negative = first >= 0xe0 || (first >= 0xd0 && first <= 0xd3);
        if (negative)
            buffer_printf(out, "%" PRId64, unpack_int(u));
        else
            buffer_printf(out, "%" PRIu64, unpack_uint(u, UINT64_MAX));
        return;
    }
    case VALUE_FLOAT: write_float(unpack_float(u), out); return;
    case VALUE_TEXT: json_write_text(unpack_text(u, SIZE_MAX), out); return;
    case VALUE_BYTES: write_base64(unpack_bytes(u, SIZE_MAX), out); return;
    case VALUE_EXT: write_hidden(unpack_ext(u, 1, SIZE_MAX), out); return;
    case VALUE_ARRAY:
    case VALUE_MAP:
        if (depth >= CODEC_DEPTH_MAX)
            unpack_fail(u, ERR_CODEC_DEPTH);
        else if (unpack_peek(u) == VALUE_ARRAY)
            write_array(u, indent, depth, out);
        else
            write_map(u, indent, depth, out);
        return;
    case VALUE_NONE: unpack_fail(u, ERR_CODEC_TRUNCATED); return;
    }
}

void json_write(struct span value, int indent, struct buffer *out) {
    struct unpack u;
    unpack_init(&u, value);
    write_value(&u, indent, 0, out);
}
