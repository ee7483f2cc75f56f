/* span.h: bytes and who owns them.
 *
 * span    borrowed: pointer and length, valid until the call (or the owner named by the header) ends.
 * buffer  owned, growable, bounded: `max` is set once; growing past it fails softly (overflow = true, nothing more
 *         is written) and is asked about once at the end.
 * arena   scratch memory of one step: everything in it is dropped by arena_reset. Bounded by `max`.
 *
 * Sizes are bytes. Nothing here fails by an error code; see each function.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

struct span {
    const uint8_t *data; /* may be NULL when len is 0 */
    size_t len;
};

#define SPAN_EMPTY ((struct span){NULL, 0})

struct span span_of(const void *data, size_t len);
struct span span_text(const char *text); /* without the final NUL */
bool span_equal(struct span a, struct span b);
bool span_is(struct span a, const char *text);
/* Byte-wise order, the shorter first where one is a prefix of the other. <0, 0, >0. */
int span_compare(struct span a, struct span b);
bool span_starts(struct span a, const char *prefix);
/* The part from `from` of length `len`; both must lie inside (CHECK). */
struct span span_part(struct span a, size_t from, size_t len);
/* The part before the next `separator`, which is dropped with it; all that is left when there is none. */
struct span span_take(struct span *rest, char separator);
/* Valid UTF-8 (RFC 3629: no surrogates, no overlong forms) without U+0000. */
bool span_is_utf8(struct span a);
/* The length of the UTF-8 sequence that `a` begins with, and its code point; 0 where there is none. */
size_t span_rune(struct span a, uint32_t *ret_rune);
/* What could steer a terminal or make a line read otherwise than it is: controls, line separators, marks and overrides of direction. */
bool rune_steers(uint32_t rune);

struct buffer {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t max;    /* 0 means a mistake: always set a bound */
    bool overflow; /* sticky: an append did not fit in max */
};

void buffer_init(struct buffer *b, size_t max);
void buffer_free(struct buffer *b); /* accepts a zeroed struct; zeroes it */
void buffer_clear(struct buffer *b);
void buffer_append(struct buffer *b, const void *data, size_t len);
void buffer_append_span(struct buffer *b, struct span s);
void buffer_text(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_u8(struct buffer *b, uint8_t v);
void buffer_u16(struct buffer *b, uint16_t v); /* big endian, as all integers outside msgpack */
void buffer_u32(struct buffer *b, uint32_t v);
void buffer_u64(struct buffer *b, uint64_t v);
/* Drops the first n bytes (n <= len). */
void buffer_consume(struct buffer *b, size_t n);
struct span buffer_span(const struct buffer *b);

struct arena {
    struct arena_chunk *chunk;
    size_t used;  /* bytes handed out since the last reset */
    size_t max;   /* bound on `used` */
};

void arena_init(struct arena *a, size_t max);
void arena_free(struct arena *a); /* accepts a zeroed struct */
void arena_reset(struct arena *a);
/* Zeroed, aligned for any type; NULL when `max` would be passed: the caller refuses by name. */
void *arena_alloc(struct arena *a, size_t count, size_t size) MUST_USE;
/* A copy living in the arena; data NULL with len > 0 when it did not fit. */
struct span arena_copy(struct arena *a, struct span s) MUST_USE;

/* Integers outside msgpack are big endian. */
uint16_t get_u16(const uint8_t p[2]);
uint32_t get_u32(const uint8_t p[4]);
uint64_t get_u64(const uint8_t p[8]);
void put_u16(uint8_t p[2], uint16_t v);
void put_u32(uint8_t p[4], uint32_t v);
void put_u64(uint8_t p[8], uint64_t v);

#endif
