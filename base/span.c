#include "base/span.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span span_of(const void *data, size_t len) {
    CHECK(data != NULL || len == 0);
    return (struct span){data, len};
}

struct span span_text(const char *text) {
    return (struct span){(const uint8_t *)text, strlen(text)};
}

bool span_equal(struct span a, struct span b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool span_is(struct span a, const char *text) {
    return span_equal(a, span_text(text));
}

int span_compare(struct span a, struct span b) {
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    if (order != 0) return order;
    return (a.len > b.len) - (a.len < b.len);
}

bool span_starts(struct span a, const char *prefix) {
    size_t len = strlen(prefix);
    return a.len >= len && (len == 0 || memcmp(a.data, prefix, len) == 0);
}

struct span span_part(struct span a, size_t from, size_t len) {
    CHECK(from <= a.len && len <= a.len - from);
    return (struct span){len == 0 ? NULL : a.data + from, len};
}

struct span span_take(struct span *rest, char separator) {
    size_t end = 0;
    while (end < rest->len && (char)rest->data[end] != separator)
        end++;
    struct span part = span_part(*rest, 0, end);
    *rest = end == rest->len ? SPAN_EMPTY : span_part(*rest, end + 1, rest->len - end - 1);
    return part;
}

/* Length of the UTF-8 sequence at p, 0 when malformed (RFC 3629 section 4). */
static size_t utf8_sequence(const uint8_t *p, size_t left) {
    uint8_t c = p[0];
    if (c == 0) return 0;
    if (c < 0x80) return 1;
    size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4 || left < len) return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (c == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
    if (c == 0xed && p[1] > 0x9f) return 0; /* surrogates */
    if (c == 0xf0 && p[1] < 0x90) return 0; /* overlong */
    if (c == 0xf4 && p[1] > 0x8f) return 0; /* above U+10FFFF */
    return len;
}

/* Eight ASCII characters, none of them NUL: nearly all text is that. May say no to some that are (a borrow), never yes. */
static bool eight_ascii(const uint8_t *p) {
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return ((w | (w - UINT64_C(0x0101010101010101))) & UINT64_C(0x8080808080808080)) == 0;
}

bool span_is_utf8(struct span a) {
    for (size_t i = 0; i < a.len;) {
        if (a.len - i >= 8 && eight_ascii(a.data + i)) {
            i += 8;
            continue;
        }
        if (a.data[i] != 0 && a.data[i] < 0x80) {
            i++;
            continue;
        }
        size_t len = utf8_sequence(a.data + i, a.len - i);
        if (len == 0) return false;
        i += len;
    }
    return true;
}

size_t span_rune(struct span a, uint32_t *ret_rune) {
    size_t len = a.len == 0 ? 0 : utf8_sequence(a.data, a.len);
    if (len == 0) return 0;
    uint32_t rune = len == 1 ? a.data[0] : a.data[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) rune = rune << 6 | (a.data[i] & 0x3fu);
    *ret_rune = rune;
    return len;
}

bool rune_steers(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xfeff;
}

void buffer_init(struct buffer *b, size_t max) {
    CHECK(max > 0);
    *b = (struct buffer){.max = max};
}

void buffer_free(struct buffer *b) {
    free(b->data);
    *b = (struct buffer){0};
}

void buffer_clear(struct buffer *b) {
    b->len = 0;
    b->overflow = false;
}

/* Room for `len` more bytes; false (and sticky) when max would be passed. */
static bool reserve(struct buffer *b, size_t len) {
    CHECK(b->max > 0);
    if (b->overflow || len > b->max - b->len) {
        b->overflow = true;
        return false;
    }
    if (b->cap - b->len >= len) return true;
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap - b->len < len)
        cap = cap > SIZE_MAX / 2 ? b->len + len : cap * 2;
    b->data = check_realloc(b->data, cap, 1);
    b->cap = cap;
    return true;
}

void buffer_append(struct buffer *b, const void *data, size_t len) {
    if (len == 0 || !reserve(b, len)) return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

void buffer_append_span(struct buffer *b, struct span s) {
    buffer_append(b, s.data, s.len);
}

void buffer_text(struct buffer *b, const char *text) {
    buffer_append(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    /* vsnprintf writes a final NUL: room for it, but not counted. */
    char small[256];
    if ((size_t)len < sizeof small) {
        vsnprintf(small, sizeof small, format, again);
        buffer_append(b, small, (size_t)len);
    } else {
        char *text = check_alloc((size_t)len + 1, 1);
        vsnprintf(text, (size_t)len + 1, format, again);
        buffer_append(b, text, (size_t)len);
        free(text);
    }
    va_end(again);
}

void buffer_u8(struct buffer *b, uint8_t v) {
    buffer_append(b, &v, 1);
}

void buffer_u16(struct buffer *b, uint16_t v) {
    uint8_t p[2];
    put_u16(p, v);
    buffer_append(b, p, sizeof p);
}

void buffer_u32(struct buffer *b, uint32_t v) {
    uint8_t p[4];
    put_u32(p, v);
    buffer_append(b, p, sizeof p);
}

void buffer_u64(struct buffer *b, uint64_t v) {
    uint8_t p[8];
    put_u64(p, v);
    buffer_append(b, p, sizeof p);
}

void buffer_consume(struct buffer *b, size_t n) {
    CHECK(n <= b->len);
    if (n == 0) return;
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

struct span buffer_span(const struct buffer *b) {
    return (struct span){b->data, b->len};
}

struct arena_chunk {
    struct arena_chunk *older;
    size_t cap, used;
    _Alignas(max_align_t) uint8_t data[];
};

enum { ARENA_CHUNK_BYTES = 64 * 1024 };

void arena_init(struct arena *a, size_t max) {
    CHECK(max > 0);
    *a = (struct arena){.max = max};
}

void arena_free(struct arena *a) {
    for (struct arena_chunk *c = a->chunk, *older; c != NULL; c = older) {
        older = c->older;
        free(c);
    }
    *a = (struct arena){0};
}

void arena_reset(struct arena *a) {
    /* Keeps the newest chunk: a step that fits in it allocates nothing. */
    struct arena_chunk *keep = a->chunk;
    if (keep != NULL) {
        for (struct arena_chunk *c = keep->older, *older; c != NULL; c = older) {
            older = c->older;
            free(c);
        }
        keep->older = NULL;
        keep->used = 0;
    }
    a->used = 0;
}

void *arena_alloc(struct arena *a, size_t count, size_t size) {
    CHECK(a->max > 0);
    if (size != 0 && count > (a->max - a->used) / size) return NULL;
    size_t align = _Alignof(max_align_t);
    size_t len = count * size;
    len = (len == 0 ? align : (len + align - 1) / align * align);
    if (len > a->max - a->used) return NULL;
    struct arena_chunk *c = a->chunk;
    if (c == NULL || c->cap - c->used < len) {
        size_t cap = len > ARENA_CHUNK_BYTES ? len : ARENA_CHUNK_BYTES;
        c = check_alloc(1, sizeof *c + cap);
        c->cap = cap;
        c->older = a->chunk;
        a->chunk = c;
    }
    void *p = c->data + c->used;
    c->used += len;
    a->used += len;
    memset(p, 0, len);
    return p;
}

struct span arena_copy(struct arena *a, struct span s) {
    if (s.len == 0) return SPAN_EMPTY;
    uint8_t *p = arena_alloc(a, s.len, 1);
    if (p != NULL) memcpy(p, s.data, s.len);
    return (struct span){p, s.len};
}

uint16_t get_u16(const uint8_t p[2]) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t get_u32(const uint8_t p[4]) {
    return (uint32_t)get_u16(p) << 16 | get_u16(p + 2);
}

uint64_t get_u64(const uint8_t p[8]) {
    return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}

void put_u16(uint8_t p[2], uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void put_u32(uint8_t p[4], uint32_t v) {
    put_u16(p, (uint16_t)(v >> 16));
    put_u16(p + 2, (uint16_t)v);
}

void put_u64(uint8_t p[8], uint64_t v) {
    put_u32(p, (uint32_t)(v >> 32));
    put_u32(p + 4, (uint32_t)v);
}
