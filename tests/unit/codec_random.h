/* codec_random.h: random canonical values, and random structs of a codec type within its table's bounds. The
 * numbers come from a seed alone (splitmix64), so what is generated is the same on every machine: golden
 * hashes over it pin the encodings. */
#ifndef TESTS_CODEC_RANDOM_H
#define TESTS_CODEC_RANDOM_H

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"

struct rng { uint64_t state; };

static inline uint64_t rng_next(struct rng *r) {
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* 0..below-1; below > 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t below) {
    return rng_next(r) % below;
}

/* min..max, of every magnitude alike: edges of encodings lie at powers of two. */
static inline uint64_t rng_range(struct rng *r, uint64_t min, uint64_t max) {
    uint64_t width = max - min;
    if (width == 0) return min;
    switch (rng_below(r, 8)) {
    case 0: return min;
    case 1: return max;
    default: break;
    }
    uint64_t bits = rng_below(r, 65), mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    uint64_t v = rng_next(r) & mask;
    if (rng_below(r, 4) == 0) v = mask; /* 2^n - 1 */
    if (rng_below(r, 4) == 0 && mask != UINT64_MAX) v = mask + 1;
    return width == UINT64_MAX ? v : min + v % (width + 1);
}

static inline void rng_bytes(struct rng *r, uint8_t *to, size_t len) {
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)rng_next(r);
}

/* UTF-8 of 0..max bytes: ASCII, Chinese, emoji, edges of the ranges. */
static inline struct span rng_text(struct rng *r, size_t min, size_t max, struct arena *arena) {
    static const uint32_t edges[] = {0x01, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff};
    size_t want = rng_range(r, min, max < min + 40 ? max : min + 40), len = 0;
    uint8_t *to = arena_alloc(arena, want + 4, 1);
    CHECK(to != NULL);
    while (len < want) {
        uint32_t c = 0x20 + (uint32_t)rng_below(r, 0x5f);
        switch (rng_below(r, 4)) {
        case 0: c = 0x4e00 + (uint32_t)rng_below(r, 0x5000); break;
        case 1: c = edges[rng_below(r, sizeof edges / sizeof *edges)]; break;
        default: break;
        }
        size_t left = want - len, need = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (need > left) {
            c = 'x';
            need = 1;
        }
        static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t i = need; i-- > 1; c >>= 6)
            to[len + i] = (uint8_t)(0x80 | (c & 0x3f));
        to[len] = (uint8_t)(first[need] | c);
        len += need;
    }
    return span_of(to, len);
}

static inline int rng_key_order(const void *a, const void *b) {
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static inline double rng_float(struct rng *r) {
    for (;;) {
        uint64_t bits = rng_next(r);
        double v;
        if (rng_below(r, 2)) bits = (bits & ~(UINT64_C(0x7ff) << 52)) | (1023 - 10 + rng_below(r, 40)) << 52;
        memcpy(&v, &bits, sizeof v);
        bool finite = (bits >> 52 & 0x7ff) != 0x7ff;
        double size = v < 0 ? -v : v;
        /* Above 2^52 every float is integral. */
        if (finite && size < 4503599627370496.0 && v != (double)(int64_t)v) return v;
    }
}

/* Any canonical value, nested at most `depth` deep. Ext values are well-formed hidden ones. */
static inline void rng_value(struct rng *r, uint32_t depth, struct arena *arena, struct buffer *out) {
    uint8_t hidden[33];
    struct span keys[6];
    uint32_t count = (uint32_t)rng_below(r, 6);
    switch (rng_below(r, depth > 0 ? 10 : 8)) {
    case 0: pack_nil(out); return;
    case 1: pack_bool(out, rng_below(r, 2) == 1); return;
    case 2: pack_uint(out, rng_range(r, 0, UINT64_MAX)); return;
    case 3: pack_int(out, -1 - (int64_t)rng_range(r, 0, INT64_MAX)); return;
    case 4: pack_float(out, rng_float(r)); return;
    case 5: pack_text(out, rng_text(r, 0, 300, arena)); return;
    case 6: {
        uint8_t bytes[40];
        size_t len = rng_below(r, sizeof bytes);
        rng_bytes(r, bytes, len);
        pack_bytes(out, span_of(bytes, len));
        return;
    }
    case 7:
        rng_bytes(r, hidden, sizeof hidden);
        hidden[0] = (uint8_t)(1 + hidden[0] % 3);
        pack_ext(out, 1, span_of(hidden, sizeof hidden));
        return;
    case 8:
        pack_array(out, count);
        for (uint32_t i = 0; i < count; i++)
            rng_value(r, depth - 1, arena, out);
        return;
    default:
        for (uint32_t i = 0; i < count; i++)
            keys[i] = rng_text(r, 0, 12, arena);
        qsort(keys, count, sizeof *keys, rng_key_order);
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++)
            if (kept == 0 || !span_equal(keys[kept - 1], keys[i])) keys[kept++] = keys[i];
        pack_map(out, kept);
        for (uint32_t i = 0; i < kept; i++) {
            pack_text(out, keys[i]);
            rng_value(r, depth - 1, arena, out);
        }
        return;
    }
}

static inline void rng_struct(struct rng *r, const struct type *type, struct arena *arena, void *ret);

static inline struct span rng_field_value(struct rng *r, const struct field *f, struct arena *arena) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 1 << 20);
    do {
        buffer_clear(&b);
        rng_value(r, f->max < 16 ? 0 : 2, arena, &b);
    } while (b.len > f->max);
    struct span copy = arena_copy(arena, buffer_span(&b));
    CHECK(copy.data != NULL);
    return copy;
}

static inline void rng_field(struct rng *r, const struct field *f, struct arena *arena, uint8_t *object) {
    uint8_t *to = object + f->offset;
    struct span s;
    switch (f->kind) {
    case FIELD_UINT: {
        uint64_t v = rng_range(r, f->min, f->max);
        uint8_t v1 = (uint8_t)v;
        uint16_t v2 = (uint16_t)v;
        uint32_t v4 = (uint32_t)v;
        if (f->width == 1) memcpy(to, &v1, 1);
        if (f->width == 2) memcpy(to, &v2, 2);
        if (f->width == 4) memcpy(to, &v4, 4);
        if (f->width == 8) memcpy(to, &v, 8);
        return;
    }
    case FIELD_INT: {
        int64_t v = (int64_t)rng_range(r, 0, UINT64_MAX);
        memcpy(to, &v, sizeof v);
        return;
    }
    case FIELD_BOOL: *(bool *)to = rng_below(r, 2) == 1; return;
    case FIELD_FIXED: rng_bytes(r, to, f->max); return;
    case FIELD_BYTES: {
        size_t len = rng_range(r, f->min, f->max < f->min + 64 ? f->max : f->min + 64);
        uint8_t *bytes = arena_alloc(arena, len + 1, 1);
        CHECK(bytes != NULL);
        rng_bytes(r, bytes, len);
        s = span_of(bytes, len);
        break;
    }
    case FIELD_TEXT: s = rng_text(r, f->min, f->max, arena); break;
    case FIELD_VALUE: s = rng_field_value(r, f, arena); break;
    case FIELD_STRUCT: rng_struct(r, f->type, arena, to); return;
    case FIELD_LIST: {
        uint32_t count = (uint32_t)rng_range(r, f->min, f->max < f->min + 4 ? f->max : f->min + 4);
        uint8_t *list = arena_alloc(arena, count + 1, f->type->size);
        CHECK(list != NULL);
        for (uint32_t i = 0; i < count; i++)
            rng_struct(r, f->type, arena, list + i * f->type->size);
        memcpy(to, &list, sizeof list);
        memcpy(object + f->count_offset, &count, sizeof count);
        return;
    }
    }
    memcpy(to, &s, sizeof s);
}

/* Spans and lists live in the arena. */
static inline void rng_struct(struct rng *r, const struct type *type, struct arena *arena, void *ret) {
    memset(ret, 0, type->size);
    for (size_t i = 0; i < type->fields_count; i++)
        rng_field(r, &type->fields[i], arena, ret);
}

#endif
