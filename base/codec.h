/* codec.h: canonical MessagePack, the one encoding of everything that is hashed, signed, stored or sent.
 *
 * Canonical (docs/spec.md rules M1..): shortest form of every integer, length and type; map keys are texts, sorted by bytes
 * and unique; floats are 64 bit, finite, never integral; texts are UTF-8 without NUL; nil, bool, int, float, text, bytes,
 * array, map, and ext type 1 (a hidden value); nothing trailing. A value has exactly one encoding and the decoder refuses every other.
 *
 * Three layers:
 *   unpack_*   sticky-fail reader: after the first error every call returns zero or empty and `err` says why; test once at the end.
 *   pack_*     writer into a buffer (msgpack-c behind codec_pack.c); the caller keeps map keys sorted and unique;
 *              value_check says whether it did.
 *   type       a table of fields for a C struct: one strict encoder and decoder for both directions, JSON writer, size bound,
 *              random generator for tests (tests/unit/codec_random.h). A struct is an array of its fields in table order.
 *
 * Hostile input: lengths are compared with the bytes left before anything is allocated; depth and counts are bounded.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include "base/err.h"
#include "base/span.h"

enum { CODEC_DEPTH_MAX = 24 };

enum value_kind {
    VALUE_NIL, VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_TEXT, VALUE_BYTES, VALUE_ARRAY, VALUE_MAP, VALUE_EXT,
    VALUE_NONE, /* nothing left, or an earlier error */
};

struct unpack {
    struct span in;
    size_t at;
    enum err err;   /* sticky */
    uint32_t depth; /* arrays and maps open around the next value: unpack_value counts on from here. The table decoder keeps it;
                     * who reads an array by hand and then values of any kind inside it adds one (SPEC M6 is about the whole) */
};

void unpack_init(struct unpack *u, struct span in);
/* Looks at the next value's kind without consuming it. */
enum value_kind unpack_peek(const struct unpack *u);
bool unpack_more(const struct unpack *u); /* bytes are left and no error so far */
void unpack_nil(struct unpack *u);
bool unpack_bool(struct unpack *u);
uint64_t unpack_uint(struct unpack *u, uint64_t max); /* 0..max, else ERR_CODEC_RANGE */
int64_t unpack_int(struct unpack *u);
double unpack_float(struct unpack *u);                /* VALUE_FLOAT only */
struct span unpack_text(struct unpack *u, size_t max);
struct span unpack_bytes(struct unpack *u, size_t max);
void unpack_fixed(struct unpack *u, uint8_t *ret, size_t len); /* bytes of exactly this length; zeroed on error */
uint32_t unpack_array(struct unpack *u, uint32_t max); /* entries that follow; count <= bytes left is checked */
uint32_t unpack_map(struct unpack *u, uint32_t max);   /* pairs that follow; keys checked by unpack_key */
/* A map key: strictly greater than *last, which becomes the key. Begin with *last = SPAN_EMPTY. */
struct span unpack_key(struct unpack *u, struct span *last);
/* A map of exactly this many pairs; its next key, which must be this one (ERR_CODEC_FIELDS): for maps whose keys are all known. */
void unpack_map_of(struct unpack *u, uint32_t pairs);
void unpack_key_named(struct unpack *u, struct span *last, const char *name);
struct span unpack_ext(struct unpack *u, int8_t type, size_t max);
/* One whole canonical value of any kind, checked completely; its bytes. */
struct span unpack_value(struct unpack *u);
/* Walks over a value that was checked before, one head at a time: keys are values too, what a scalar holds is skipped unread. False at the
 * end and after an error. Begin with the reader at the value and left = 1. */
struct value_walk {
    enum value_kind kind;
    bool exact;                  /* not an integer outside +-(2^53-1) */
    uint32_t depth;              /* arrays and maps around the value just met */
    uint64_t left[CODEC_DEPTH_MAX + 1]; /* values still to come at each depth */
};
void value_walk_begin(struct value_walk *w);
bool unpack_walk(struct unpack *u, struct value_walk *w) MUST_USE;
/* Ends reading: the sticky error, or ERR_CODEC_TRAILING when bytes are left. */
enum err unpack_end(const struct unpack *u) MUST_USE;
void unpack_fail(struct unpack *u, enum err e); /* sets the sticky error if there is none yet */

/* The value under a key of a canonical map; false when it is not a map or has no such key. The map must be canonical. */
bool value_get(struct span map, const char *key, struct span *ret_value) MUST_USE;
enum value_kind value_kind(struct span value);
enum err value_check(struct span value) MUST_USE; /* exactly one canonical value, nothing trailing */

void pack_nil(struct buffer *b);
void pack_bool(struct buffer *b, bool v);
void pack_uint(struct buffer *b, uint64_t v);
void pack_int(struct buffer *b, int64_t v);
void pack_float(struct buffer *b, double v); /* CHECKs that it may be a float: finite, not integral */
void pack_number(struct buffer *b, double v); /* an integer where integral, which must then be within +-(2^53-1) (CHECK), else a float */
void pack_text(struct buffer *b, struct span v);
void pack_bytes(struct buffer *b, struct span v);
void pack_array(struct buffer *b, uint32_t count);
void pack_map(struct buffer *b, uint32_t count);
void pack_ext(struct buffer *b, int8_t type, struct span v);
void pack_raw(struct buffer *b, struct span canonical); /* bytes that are a canonical value already */

enum field_kind {
    FIELD_UINT,   /* width 1, 2, 4, 8: C unsigned integer; min..max */
    FIELD_INT,    /* width 8: int64_t */
    FIELD_BOOL,   /* C bool */
    FIELD_FIXED,  /* max bytes inline, exactly: digests, keys */
    FIELD_BYTES,  /* struct span, min..max bytes */
    FIELD_TEXT,   /* struct span, UTF-8, min..max bytes */
    FIELD_VALUE,  /* struct span: any canonical value of at most max bytes */
    FIELD_STRUCT, /* inline struct of `type` */
    FIELD_LIST,   /* pointer to `type` elements at offset and uint32_t count at count_offset; min..max entries */
};

struct type;
struct field {
    const char *name;
    enum field_kind kind;
    uint8_t width;
    size_t offset;
    size_t count_offset;
    uint64_t min, max;
    const struct type *type;
};
struct type {
    const char *name;
    const struct field *fields;
    size_t fields_count;
    size_t size; /* sizeof the struct */
};

#define CODEC_UINT(s, m, lo, hi) {#m, FIELD_UINT, sizeof(((struct s *)0)->m), offsetof(struct s, m), 0, lo, hi, NULL}
#define CODEC_INT(s, m) {#m, FIELD_INT, 8, offsetof(struct s, m), 0, 0, 0, NULL}
#define CODEC_BOOL(s, m) {#m, FIELD_BOOL, 1, offsetof(struct s, m), 0, 0, 0, NULL}
#define CODEC_FIXED(s, m) {#m, FIELD_FIXED, 0, offsetof(struct s, m), 0, 0, sizeof(((struct s *)0)->m), NULL}
#define CODEC_BYTES(s, m, lo, hi) {#m, FIELD_BYTES, 0, offsetof(struct s, m), 0, lo, hi, NULL}
#define CODEC_TEXT(s, m, lo, hi) {#m, FIELD_TEXT, 0, offsetof(struct s, m), 0, lo, hi, NULL}
#define CODEC_VALUE(s, m, hi) {#m, FIELD_VALUE, 0, offsetof(struct s, m), 0, 0, hi, NULL}
#define CODEC_STRUCT(s, m, t) {#m, FIELD_STRUCT, 0, offsetof(struct s, m), 0, 0, 0, t}
#define CODEC_LIST(s, m, n, t, lo, hi) {#m, FIELD_LIST, 0, offsetof(struct s, m), offsetof(struct s, n), lo, hi, t}
#define CODEC_TYPE(s, table) {#s, table, sizeof(table) / sizeof(table)[0], sizeof(struct s)}

/* Decodes exactly one value of the type, nothing trailing. Spans in the result point into `in`; lists live in the arena
 * (may be NULL for types without lists). *ret is untouched on failure. */
enum err codec_decode(const struct type *type, struct span in, struct arena *arena, void *ret) MUST_USE;
/* The same from the middle of a reader; on failure the reader's sticky error is set. */
bool codec_read(const struct type *type, struct unpack *u, struct arena *arena, void *ret) MUST_USE;
/* Values must be within the table's bounds (CHECK). */
void codec_encode(const struct type *type, const void *value, struct buffer *out);
/* Upper bound of an encoding in bytes, from the table alone. */
size_t codec_size_max(const struct type *type);
/* {"name": value, ...}: fixed and bytes as lower-case hex, values as JSON. For people and RPC. */
void codec_json(const struct type *type, const void *value, struct buffer *out);

#endif
