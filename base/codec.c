/* codec.c: the strict reader. The order in every function is: is there an error already, are the bytes there, is
 * this the shortest form, is it in range; only then is anything consumed. */
#include "base/codec.h"

#include <math.h>
#include <string.h>

/* What the first byte of a value says. `wide` bytes of length or number follow it. */
struct head {
    enum value_kind kind;
    size_t header; /* bytes before the payload: 1 + wide (+1 for ext's type) */
    uint64_t n;    /* unsigned value, length or count; for a negative integer its two's complement */
    bool negative;
    bool shortest;
    int8_t ext_type;
};

void unpack_init(struct unpack *u, struct span in) {
    *u = (struct unpack){.in = in};
}

void unpack_fail(struct unpack *u, enum err e) {
    if (u->err == OK) u->err = e;
}

bool unpack_more(const struct unpack *u) {
    return u->err == OK && u->at < u->in.len;
}

static uint64_t big_endian(const uint8_t *p, size_t wide) {
    uint64_t n = 0;
    for (size_t i = 0; i < wide; i++)
        n = n << 8 | p[i];
    return n;
}

static bool head_is(struct head *h, enum value_kind kind, uint64_t n, size_t header, bool shortest) {
    *h = (struct head){kind, header, n, false, shortest, 0};
    return true;
}

/* A number or length of `wide` bytes is shortest when it does not fit the next smaller form. */
static bool wide_shortest(uint64_t n, size_t wide, uint64_t smaller_max) {
    if (wide == 1) return n > smaller_max;
    return n >> (4 * wide) != 0; /* half the bytes would not have been enough */
}

/* Forms with a length or number of 1, 2, 4 or 8 bytes after the first byte. */
static enum err head_wide(const uint8_t *p, size_t left, size_t wide, enum value_kind kind,
                          uint64_t smaller_max, struct head *h) {
    if (left < 1 + wide) return ERR_CODEC_TRUNCATED;
    uint64_t n = big_endian(p + 1, wide);
    head_is(h, kind, n, 1 + wide, wide_shortest(n, wide, smaller_max));
    return OK;
}

static enum err head_negative(const uint8_t *p, size_t left, size_t wide, struct head *h) {
    if (left < 1 + wide) return ERR_CODEC_TRUNCATED;
    uint64_t n = big_endian(p + 1, wide);
    unsigned shift = (unsigned)(64 - 8 * wide);
    int64_t v = (int64_t)(n << shift) >> shift;
    if (v >= 0) return ERR_CODEC_NOT_SHORTEST; /* SPEC M2: "a non-negative integer uses an unsigned form" */
    int64_t smaller_min = wide == 1 ? -32 : -(INT64_C(1) << (4 * wide - 1));
    head_is(h, VALUE_INT, (uint64_t)v, 1 + wide, v < smaller_min);
    h->negative = true;
    return OK;
}

static enum err head_ext(const uint8_t *p, size_t left, struct head *h) {
    size_t header = p[0] <= 0xc9 ? 2u + (size_t)(1u << (p[0] - 0xc7)) : 2;
    if (left < header) return ERR_CODEC_TRUNCATED;
    uint64_t n = p[0] <= 0xc9 ? big_endian(p + 1, header - 2) : 1u << (p[0] - 0xd4);
    bool fixed = n == 1 || n == 2 || n == 4 || n == 8 || n == 16;
    bool shortest = p[0] >= 0xd4 || (!fixed && wide_shortest(n, header - 2, 0));
    if (p[0] == 0xc7 && n == 0) shortest = true;
    head_is(h, VALUE_EXT, n, header, shortest);
    h->ext_type = (int8_t)p[header - 1];
    return OK;
}

static enum err head_read(const uint8_t *p, size_t left, struct head *h) {
    if (left == 0) return ERR_CODEC_TRUNCATED;
    uint8_t c = p[0];
    if (c <= 0x7f) return head_is(h, VALUE_INT, c, 1, true), OK;
    if (c <= 0x8f) return head_is(h, VALUE_MAP, c & 15u, 1, true), OK;
    if (c <= 0x9f) return head_is(h, VALUE_ARRAY, c & 15u, 1, true), OK;
    if (c <= 0xbf) return head_is(h, VALUE_TEXT, c & 31u, 1, true), OK;
    if (c >= 0xe0) {
        head_is(h, VALUE_INT, (uint64_t)(int64_t)(int8_t)c, 1, true);
        h->negative = true;
        return OK;
    }
    if (c == 0xc0) return head_is(h, VALUE_NIL, 0, 1, true), OK;
    if (c == 0xc2 || c == 0xc3) return head_is(h, VALUE_BOOL, c & 1u, 1, true), OK;
    if (c >= 0xc4 && c <= 0xc6) {
        enum err e = head_wide(p, left, (size_t)1 << (c - 0xc4), VALUE_BYTES, 0, h);
        if (e == OK && c == 0xc4) h->shortest = true; /* bytes have no shorter form than 8-bit length */
        return e;
    }
    if (c >= 0xc7 && c <= 0xc9) return head_ext(p, left, h);
    if (c == 0xcb) {
        if (left < 9) return ERR_CODEC_TRUNCATED;
        return head_is(h, VALUE_FLOAT, big_endian(p + 1, 8), 9, true), OK;
    }
    if (c >= 0xcc && c <= 0xcf) return head_wide(p, left, (size_t)1 << (c - 0xcc), VALUE_INT, 0x7f, h);
    if (c >= 0xd0 && c <= 0xd3) return head_negative(p, left, (size_t)1 << (c - 0xd0), h);
    if (c >= 0xd4 && c <= 0xd8) return head_ext(p, left, h);
    if (c >= 0xd9 && c <= 0xdb) return head_wide(p, left, (size_t)1 << (c - 0xd9), VALUE_TEXT, 31, h);
    if (c == 0xdc || c == 0xdd) {
        enum err e = head_wide(p, left, c == 0xdc ? 2 : 4, VALUE_ARRAY, 15, h);
        if (e == OK && c == 0xdc) h->shortest = h->n > 15;
        return e;
    }
    if (c == 0xde || c == 0xdf) {
        enum err e = head_wide(p, left, c == 0xde ? 2 : 4, VALUE_MAP, 15, h);
        if (e == OK && c == 0xde) h->shortest = h->n > 15;
        return e;
    }
    return ERR_CODEC_TYPE; /* 0xc1 unused, 0xca float32 */
}

/* SPEC M4: "A float is 64 bit, finite and not integral; an integral number is written as an integer." */
static bool float_canonical(double v) {
    return isfinite(v) && v != trunc(v);
}

static double float_of(uint64_t bits) {
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Reads the next head, checks everything that the first bytes tell, and consumes the header. */
static bool take_head(struct unpack *u, enum value_kind want, struct head *h) {
    if (u->err != OK) return false;
    size_t left = u->in.len - u->at;
    enum err e = left == 0 ? ERR_CODEC_TRUNCATED : head_read(u->in.data + u->at, left, h);
    if (e == OK && want != VALUE_NONE && h->kind != want) e = ERR_CODEC_TYPE;
    if (e == OK && !h->shortest) e = ERR_CODEC_NOT_SHORTEST;
    if (e == OK) {
        left -= h->header;
        bool sized = h->kind == VALUE_TEXT || h->kind == VALUE_BYTES || h->kind == VALUE_EXT;
        if (sized && h->n > left) e = ERR_CODEC_TRUNCATED;
        if (h->kind == VALUE_ARRAY && h->n > left) e = ERR_CODEC_TRUNCATED; /* an entry is a byte or more */
        if (h->kind == VALUE_MAP && h->n > left / 2) e = ERR_CODEC_TRUNCATED;
        if (h->kind == VALUE_FLOAT && !float_canonical(float_of(h->n))) e = ERR_CODEC_FLOAT;
        if (h->kind == VALUE_EXT && h->ext_type != 1) e = ERR_CODEC_TYPE;
    }
    if (e != OK) return unpack_fail(u, e), false;
    u->at += h->header;
    return true;
}

static struct span take_payload(struct unpack *u, uint64_t n) {
    struct span s = span_part(u->in, u->at, (size_t)n);
    u->at += (size_t)n;
    return s;
}

enum value_kind unpack_peek(const struct unpack *u) {
    struct head h;
    if (!unpack_more(u)) return VALUE_NONE;
    if (head_read(u->in.data + u->at, u->in.len - u->at, &h) != OK) return VALUE_NONE;
    return h.kind;
}

void unpack_nil(struct unpack *u) {
    struct head h;
    (void)take_head(u, VALUE_NIL, &h);
}

bool unpack_bool(struct unpack *u) {
    struct head h;
    return take_head(u, VALUE_BOOL, &h) && h.n == 1;
}

uint64_t unpack_uint(struct unpack *u, uint64_t max) {
    struct head h;
    if (!take_head(u, VALUE_INT, &h)) return 0;
    if (h.negative || h.n > max) return unpack_fail(u, ERR_CODEC_RANGE), 0;
    return h.n;
}

int64_t unpack_int(struct unpack *u) {
    struct head h;
    if (!take_head(u, VALUE_INT, &h)) return 0;
    if (!h.negative && h.n > INT64_MAX) return unpack_fail(u, ERR_CODEC_RANGE), 0;
    return (int64_t)h.n;
}

double unpack_float(struct unpack *u) {
    struct head h;
    return take_head(u, VALUE_FLOAT, &h) ? float_of(h.n) : 0;
}

struct span unpack_text(struct unpack *u, size_t max) {
    struct head h;
    if (!take_head(u, VALUE_TEXT, &h)) return SPAN_EMPTY;
    if (h.n > max) return unpack_fail(u, ERR_CODEC_RANGE), SPAN_EMPTY;
    struct span s = take_payload(u, h.n);
    if (!span_is_utf8(s)) return unpack_fail(u, ERR_CODEC_UTF8), SPAN_EMPTY;
    return s;
}

struct span unpack_bytes(struct unpack *u, size_t max) {
    struct head h;
    if (!take_head(u, VALUE_BYTES, &h)) return SPAN_EMPTY;
    if (h.n > max) return unpack_fail(u, ERR_CODEC_RANGE), SPAN_EMPTY;
    return take_payload(u, h.n);
}

void unpack_fixed(struct unpack *u, uint8_t *ret, size_t len) {
    struct span s = unpack_bytes(u, len);
    if (u->err == OK && s.len != len) unpack_fail(u, ERR_CODEC_RANGE);
    if (u->err != OK)
        memset(ret, 0, len);
    else if (len > 0)
        memcpy(ret, s.data, len);
}

uint32_t unpack_array(struct unpack *u, uint32_t max) {
    struct head h;
    if (!take_head(u, VALUE_ARRAY, &h)) return 0;
    if (h.n > max) return unpack_fail(u, ERR_CODEC_COUNT), 0;
    return (uint32_t)h.n;
}

uint32_t unpack_map(struct unpack *u, uint32_t max) {
    struct head h;
    if (!take_head(u, VALUE_MAP, &h)) return 0;
    if (h.n > max) return unpack_fail(u, ERR_CODEC_COUNT), 0;
    return (uint32_t)h.n;
}

struct span unpack_key(struct unpack *u, struct span *last) {
    struct span key = unpack_text(u, SIZE_MAX);
    if (u->err != OK) return SPAN_EMPTY;
    /* SPEC M3: "Map keys are texts, sorted by their bytes, each once." The first key has nothing before it. */
    if (last->data != NULL && span_compare(*last, key) >= 0) unpack_fail(u, ERR_CODEC_KEY_ORDER);
    if (u->err != OK) return SPAN_EMPTY;
    /* An empty key still counts as "seen": its pointer is the place it stood at. */
    *last = (struct span){u->in.data + u->at - key.len, key.len};
    return key;
}

void unpack_map_of(struct unpack *u, uint32_t pairs) {
    if (unpack_map(u, pairs) != pairs) unpack_fail(u, ERR_CODEC_FIELDS);
}

void unpack_key_named(struct unpack *u, struct span *last, const char *name) {
    struct span key = unpack_key(u, last);
    if (u->err == OK && !span_is(key, name)) unpack_fail(u, ERR_CODEC_FIELDS);
}

struct span unpack_ext(struct unpack *u, int8_t type, size_t max) {
    struct head h;
    if (!take_head(u, VALUE_EXT, &h)) return SPAN_EMPTY;
    if (h.ext_type != type) return unpack_fail(u, ERR_CODEC_TYPE), SPAN_EMPTY;
    if (h.n > max) return unpack_fail(u, ERR_CODEC_RANGE), SPAN_EMPTY;
    return take_payload(u, h.n);
}

/* One open array or map of the walk in unpack_value. */
struct level {
    uint64_t left; /* entries still to come; a pair counts once */
    bool map;
    struct span last_key;
};

static void check_scalar(struct unpack *u, const struct head *h) {
    if (h->kind != VALUE_TEXT && h->kind != VALUE_BYTES && h->kind != VALUE_EXT) return;
    struct span s = take_payload(u, h->n);
    if (h->kind == VALUE_TEXT && !span_is_utf8(s)) unpack_fail(u, ERR_CODEC_UTF8);
}

struct span unpack_value(struct unpack *u) {
    struct level levels[CODEC_DEPTH_MAX];
    size_t depth = 0;
    size_t from = u->at;
    size_t depth_max = u->depth < CODEC_DEPTH_MAX ? CODEC_DEPTH_MAX - u->depth : 0;
    do {
        if (depth > 0) {
            struct level *top = &levels[depth - 1];
            top->left--;
            if (top->map) (void)unpack_key(u, &top->last_key);
        }
        struct head h;
        if (!take_head(u, VALUE_NONE, &h)) return SPAN_EMPTY;
        if (h.kind == VALUE_ARRAY || h.kind == VALUE_MAP) {
            /* SPEC M6: "nesting is at most 24 deep" */
            if (depth >= depth_max) return unpack_fail(u, ERR_CODEC_DEPTH), SPAN_EMPTY;
            levels[depth++] = (struct level){h.n, h.kind == VALUE_MAP, SPAN_EMPTY};
        } else {
            check_scalar(u, &h);
        }
        if (u->err != OK) return SPAN_EMPTY;
        while (depth > 0 && levels[depth - 1].left == 0)
            depth--;
    } while (depth > 0);
    return span_part(u->in, from, u->at - from);
}

void value_walk_begin(struct value_walk *w) {
    w->depth = 0;
    w->left[0] = 1;
}

bool unpack_walk(struct unpack *u, struct value_walk *w) {
    struct head h;
    while (w->left[w->depth] == 0) {
        if (w->depth == 0) return false;
        w->depth--;
    }
    if (!take_head(u, VALUE_NONE, &h)) return false;
    w->left[w->depth]--;
    w->kind = h.kind;
    w->exact = true;
    uint64_t size = h.negative ? 0 - h.n : h.n;
    if (h.kind == VALUE_INT) w->exact = size <= (UINT64_C(1) << 53) - 1;
    if (h.kind == VALUE_TEXT || h.kind == VALUE_BYTES || h.kind == VALUE_EXT) (void)take_payload(u, h.n);
    if (h.kind == VALUE_ARRAY || h.kind == VALUE_MAP) {
        if (w->depth == CODEC_DEPTH_MAX) return unpack_fail(u, ERR_CODEC_DEPTH), false;
        w->left[++w->depth] = h.kind == VALUE_MAP ? 2 * h.n : h.n;
    }
    return true;
}

enum err unpack_end(const struct unpack *u) {
    if (u->err != OK) return u->err;
    return u->at < u->in.len ? ERR_CODEC_TRAILING : OK;
}

/* The next value, whose contents were checked before. */
static struct span skip_value(struct unpack *u) {
    struct value_walk w;
    size_t from = u->at;
    value_walk_begin(&w);
    while (unpack_walk(u, &w)) {
    }
    return u->err == OK ? span_part(u->in, from, u->at - from) : SPAN_EMPTY;
}

bool value_get(struct span map, const char *key, struct span *ret_value) {
    struct span wanted = span_text(key);
    struct unpack u;
    struct head h;
    unpack_init(&u, map);
    if (unpack_peek(&u) != VALUE_MAP) return false;
    uint32_t count = unpack_map(&u, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (!take_head(&u, VALUE_TEXT, &h)) return false;
        int order = span_compare(take_payload(&u, h.n), wanted);
        if (order > 0) return false; /* keys are sorted */
        struct span v = skip_value(&u);
        if (u.err != OK) return false;
        if (order < 0) continue;
        *ret_value = v;
        return true;
    }
    return false;
}

enum value_kind value_kind(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    return unpack_peek(&u);
}

enum err value_check(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    (void)unpack_value(&u);
    return unpack_end(&u);
}
