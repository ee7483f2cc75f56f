/* codec_type.c: one table of fields per struct; the strict decoder, the encoder, the size bound and the JSON writer walk it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/crypto.h"
#include "base/json.h"

static const void *member(const void *object, const struct field *f) {
    return (const uint8_t *)object + f->offset;
}

static void *member_of(void *object, const struct field *f) {
    return (uint8_t *)object + f->offset;
}

static uint64_t uint_load(const void *at, uint8_t width) {
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;
    switch (width) {
    case 1: return *(const uint8_t *)at;
    case 2: return memcpy(&v2, at, sizeof v2), v2;
    case 4: return memcpy(&v4, at, sizeof v4), v4;
    default: return memcpy(&v8, at, sizeof v8), v8;
    }
}

static void uint_store(void *at, uint8_t width, uint64_t v) {
    uint8_t v1 = (uint8_t)v;
    uint16_t v2 = (uint16_t)v;
    uint32_t v4 = (uint32_t)v;
    const void *from = width == 1 ? (void *)&v1 : width == 2 ? (void *)&v2 : width == 4 ? (void *)&v4 : (void *)&v;
    memcpy(at, from, width);
}

static void span_within(struct unpack *u, struct span s, const struct field *f) {
    if (u->err == OK && s.len < f->min) unpack_fail(u, ERR_CODEC_RANGE);
}

static bool read_struct(const struct type *type, struct unpack *u, struct arena *arena, uint8_t *to);

static void read_list(const struct field *f, struct unpack *u, struct arena *arena, uint8_t *object) {
    uint32_t count = unpack_array(u, (uint32_t)f->max);
    if (u->err == OK && count < f->min) unpack_fail(u, ERR_CODEC_COUNT);
    if (u->err != OK) return;
    CHECK(arena != NULL);
    /* Each entry takes at least one byte of input, which unpack_array has compared with the bytes left. */
    uint8_t *items = arena_alloc(arena, count, f->type->size);
    if (items == NULL) {
        unpack_fail(u, ERR_TOO_LARGE);
        return;
    }
    u->depth++;
    for (uint32_t i = 0; i < count; i++)
        if (!read_struct(f->type, u, arena, items + i * f->type->size)) return;
    u->depth--;
    memcpy(member_of(object, f), &items, sizeof items);
    memcpy(object + f->count_offset, &count, sizeof count);
}

static void read_field(const struct field *f, struct unpack *u, struct arena *arena, uint8_t *object) {
    void *to = member_of(object, f);
    struct span s = SPAN_EMPTY;
    switch (f->kind) {
    case FIELD_UINT: {
        uint64_t v = unpack_uint(u, f->max);
        if (u->err == OK && v < f->min) unpack_fail(u, ERR_CODEC_RANGE);
        uint_store(to, f->width, v);
        return;
    }
    case FIELD_INT: {
        int64_t v = unpack_int(u);
        memcpy(to, &v, sizeof v);
        return;
    }
    case FIELD_BOOL: *(bool *)to = unpack_bool(u); return;
    case FIELD_FIXED: unpack_fixed(u, to, f->max); return;
    case FIELD_BYTES: s = unpack_bytes(u, f->max); break;
    case FIELD_TEXT: s = unpack_text(u, f->max); break;
    case FIELD_VALUE:
        s = unpack_value(u);
        if (u->err == OK && s.len > f->max) unpack_fail(u, ERR_CODEC_RANGE);
        break;
    case FIELD_STRUCT: (void)read_struct(f->type, u, arena, to); return;
    case FIELD_LIST: read_list(f, u, arena, object); return;
    }
    if (f->kind != FIELD_VALUE) span_within(u, s, f);
    memcpy(to, &s, sizeof s);
}

static bool read_struct(const struct type *type, struct unpack *u, struct arena *arena, uint8_t *to) {
    /* SPEC M8: "A struct is an array of its fields in the order given here." */
    uint32_t count = unpack_array(u, UINT32_MAX);
    if (u->err == OK && count != type->fields_count) unpack_fail(u, ERR_CODEC_COUNT);
    u->depth++;
    for (size_t i = 0; i < type->fields_count && u->err == OK; i++)
        read_field(&type->fields[i], u, arena, to);
    u->depth--;
    return u->err == OK;
}

bool codec_read(const struct type *type, struct unpack *u, struct arena *arena, void *ret) {
    /* Decoded beside the result, so that a failure leaves it untouched. Structs here are small. */
    uint8_t small[1024];
    uint8_t *work = type->size <= sizeof small ? small : check_alloc(1, type->size);
    memset(work, 0, type->size);
    bool good = read_struct(type, u, arena, work);
    if (good) memcpy(ret, work, type->size);
    if (work != small) free(work);
    return good;
}

enum err codec_decode(const struct type *type, struct span in, struct arena *arena, void *ret) {
    uint8_t small[1024];
    uint8_t *work = type->size <= sizeof small ? small : check_alloc(1, type->size);
    memset(work, 0, type->size);
    struct unpack u;
    unpack_init(&u, in);
    (void)read_struct(type, &u, arena, work);
    enum err e = unpack_end(&u);
    if (e == OK) memcpy(ret, work, type->size);
    if (work != small) free(work);
    return e;
}

static struct span span_load(const void *at) {
    struct span s;
    memcpy(&s, at, sizeof s);
    return s;
}

static const uint8_t *list_load(const struct field *f, const void *object, uint32_t *ret_count) {
    const uint8_t *items;
    memcpy(&items, member(object, f), sizeof items);
    memcpy(ret_count, (const uint8_t *)object + f->count_offset, sizeof *ret_count);
    return items;
}

static void write_field(const struct field *f, const void *object, struct buffer *out) {
    const void *at = member(object, f);
    switch (f->kind) {
    case FIELD_UINT: {
        uint64_t v = uint_load(at, f->width);
        CHECK(v >= f->min && v <= f->max);
        pack_uint(out, v);
        return;
    }
    case FIELD_INT: {
        int64_t v;
        memcpy(&v, at, sizeof v);
        pack_int(out, v);
        return;
    }
    case FIELD_BOOL: pack_bool(out, *(const bool *)at); return;
    case FIELD_FIXED: pack_bytes(out, span_of(at, f->max)); return;
    case FIELD_BYTES:
        CHECK(span_load(at).len >= f->min && span_load(at).len <= f->max);
        pack_bytes(out, span_load(at));
        return;
    case FIELD_TEXT:
        CHECK(span_load(at).len >= f->min && span_load(at).len <= f->max);
        pack_text(out, span_load(at));
        return;
    case FIELD_VALUE:
        CHECK(span_load(at).len > 0 && span_load(at).len <= f->max);
        pack_raw(out, span_load(at));
        return;
    case FIELD_STRUCT: codec_encode(f->type, at, out); return;
    case FIELD_LIST: {
        uint32_t count;
        const uint8_t *items = list_load(f, object, &count);
        CHECK(count >= f->min && count <= f->max);
        pack_array(out, count);
        for (uint32_t i = 0; i < count; i++)
            codec_encode(f->type, items + i * f->type->size, out);
        return;
    }
    }
}

void codec_encode(const struct type *type, const void *value, struct buffer *out) {
    pack_array(out, (uint32_t)type->fields_count);
    for (size_t i = 0; i < type->fields_count; i++)
        write_field(&type->fields[i], value, out);
}

size_t codec_size_max(const struct type *type) {
    size_t sum = 5;
    for (size_t i = 0; i < type->fields_count; i++) {
        const struct field *f = &type->fields[i];
        switch (f->kind) {
        case FIELD_UINT:
        case FIELD_INT: sum += 9; break;
        case FIELD_BOOL: sum += 1; break;
        case FIELD_FIXED:
        case FIELD_BYTES:
        case FIELD_TEXT: sum += 5 + f->max; break;
        case FIELD_VALUE: sum += f->max; break;
        case FIELD_STRUCT: sum += codec_size_max(f->type); break;
        case FIELD_LIST: sum += 5 + f->max * codec_size_max(f->type); break;
        }
    }
    return sum;
}

static void json_hex(struct span s, struct buffer *out) {
    static const char digits[] = "0123456789abcdef";
    buffer_u8(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        buffer_u8(out, (uint8_t)digits[s.data[i] >> 4]);
        buffer_u8(out, (uint8_t)digits[s.data[i] & 15]);
    }
    buffer_u8(out, '"');
}

static void json_field(const struct field *f, const void *object, struct buffer *out) {
    const void *at = member(object, f);
    switch (f->kind) {
    case FIELD_UINT: buffer_printf(out, "%" PRIu64, uint_load(at, f->width)); return;
    case FIELD_INT: {
        int64_t v;
        memcpy(&v, at, sizeof v);
        buffer_printf(out, "%" PRId64, v);
        return;
    }
    case FIELD_BOOL: buffer_text(out, *(const bool *)at ? "true" : "false"); return;
    case FIELD_FIXED: json_hex(span_of(at, f->max), out); return;
    case FIELD_BYTES: json_hex(span_load(at), out); return;
    case FIELD_TEXT: json_write_text(span_load(at), out); return;
    case FIELD_VALUE: json_write(span_load(at), 0, out); return;
    case FIELD_STRUCT: codec_json(f->type, at, out); return;
    case FIELD_LIST: {
        uint32_t count;
        const uint8_t *items = list_load(f, object, &count);
        buffer_u8(out, '[');
        for (uint32_t i = 0; i < count; i++) {
            if (i > 0) buffer_u8(out, ',');
            codec_json(f->type, items + i * f->type->size, out);
        }
        buffer_u8(out, ']');
        return;
    }
    }
}

void codec_json(const struct type *type, const void *value, struct buffer *out) {
    buffer_u8(out, '{');
    for (size_t i = 0; i < type->fields_count; i++) {
        if (i > 0) buffer_u8(out, ',');
        json_write_text(span_text(type->fields[i].name), out);
        buffer_u8(out, ':');
        json_field(&type->fields[i], value, out);
    }
    buffer_u8(out, '}');
}
