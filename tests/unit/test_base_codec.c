/* The canonical codec against msgpack-c's own unpacker, which knows nothing of our rules: over random values
 * and random damage, ours accepts exactly what msgpack-c reads whole and an independent canonical writer
 * writes back the same. And every kind of bomb is refused by name without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <msgpack.h>

#include "tests/unit/codec_random.h"

enum { ROUNDS = 4000, DAMAGES = 12 };

/* An independent canonical writer of msgpack-c's objects; false where spec M forbids the value. */

static void head(struct buffer *out, uint64_t n, uint8_t fix, uint64_t fix_max, uint8_t first, bool one_byte) {
    if (n <= fix_max) {
        buffer_u8(out, (uint8_t)(fix | n));
    } else if (one_byte && n <= 0xff) {
        buffer_u8(out, first);
        buffer_u8(out, (uint8_t)n);
    } else if (n <= 0xffff) {
        buffer_u8(out, (uint8_t)(first + (one_byte ? 1 : 0)));
        buffer_u16(out, (uint16_t)n);
    } else {
        buffer_u8(out, (uint8_t)(first + (one_byte ? 2 : 1)));
        buffer_u32(out, (uint32_t)n);
    }
}

static bool utf8_plain(const char *p, size_t len) {
    for (size_t i = 0; i < len;) {
        uint8_t c = (uint8_t)p[i];
        uint32_t code = c, more = c < 0x80 ? 0 : c < 0xc0 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf8 ? 3 : 9;
        static const uint32_t least[] = {1, 0x80, 0x800, 0x10000};
        if (more == 9 || i + more >= len + 0) return false;
        if (more > 0) code = c & (0x3fu >> more);
        for (uint32_t k = 1; k <= more; k++) {
            uint8_t d = (uint8_t)p[i + k];
            if ((d & 0xc0) != 0x80) return false;
            code = code << 6 | (d & 0x3f);
        }
        if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
        i += 1 + more;
    }
    return true;
}

static bool oracle(const msgpack_object *o, uint32_t depth, struct buffer *out);

static bool oracle_text(const msgpack_object *o, struct buffer *out) {
    if (!utf8_plain(o->via.str.ptr, o->via.str.size)) return false;
    head(out, o->via.str.size, 0xa0, 31, 0xd9, true);
    buffer_append(out, o->via.str.ptr, o->via.str.size);
    return true;
}

static bool oracle_int(const msgpack_object *o, struct buffer *out) {
    if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER) {
        uint64_t n = o->via.u64;
        if (n <= 0xffffffffu) {
            head(out, n, 0, 0x7f, 0xcc, true);
        } else {
            buffer_u8(out, 0xcf);
            buffer_u64(out, n);
        }
        return true;
    }
    int64_t v = o->via.i64;
    if (v >= -32) {
        buffer_u8(out, (uint8_t)v);
    } else if (v >= INT8_MIN) {
        buffer_u8(out, 0xd0);
        buffer_u8(out, (uint8_t)v);
    } else if (v >= INT16_MIN) {
        buffer_u8(out, 0xd1);
        buffer_u16(out, (uint16_t)v);
    } else if (v >= INT32_MIN) {
        buffer_u8(out, 0xd2);
        buffer_u32(out, (uint32_t)v);
    } else {
        buffer_u8(out, 0xd3);
        buffer_u64(out, (uint64_t)v);
    }
    return true;
}

static bool oracle_map(const msgpack_object *o, uint32_t depth, struct buffer *out) {
    const msgpack_object_map *m = &o->via.map;
    head(out, m->size, 0x80, 15, 0xde, false);
    for (uint32_t i = 0; i < m->size; i++) {
        const msgpack_object *k = &m->ptr[i].key;
        if (k->type != MSGPACK_OBJECT_STR) return false;
        if (i > 0) {
            const msgpack_object_str *a = &m->ptr[i - 1].key.via.str, *b = &k->via.str;
            if (span_compare(span_of(a->ptr, a->size), span_of(b->ptr, b->size)) >= 0) return false;
        }
        if (!oracle_text(k, out) || !oracle(&m->ptr[i].val, depth + 1, out)) return false;
    }
    return true;
}

static bool oracle(const msgpack_object *o, uint32_t depth, struct buffer *out) {
    uint64_t bits;
    bool container = o->type == MSGPACK_OBJECT_ARRAY || o->type == MSGPACK_OBJECT_MAP;
    if (container && depth >= CODEC_DEPTH_MAX) return false;
    switch ((int)o->type) {
    case MSGPACK_OBJECT_NIL: buffer_u8(out, 0xc0); return true;
    case MSGPACK_OBJECT_BOOLEAN: buffer_u8(out, o->via.boolean ? 0xc3 : 0xc2); return true;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return oracle_int(o, out);
    case MSGPACK_OBJECT_FLOAT64:
        if (!isfinite(o->via.f64) || floor(o->via.f64) == o->via.f64) return false;
        memcpy(&bits, &o->via.f64, 8);
        buffer_u8(out, 0xcb);
        buffer_u64(out, bits);
        return true;
    case MSGPACK_OBJECT_STR: return oracle_text(o, out);
    case MSGPACK_OBJECT_BIN:
        head(out, o->via.bin.size, 0, 0, 0xc4, true);
        if (o->via.bin.size == 0) {
            out->len--;
            buffer_u8(out, 0xc4);
            buffer_u8(out, 0);
        }
        buffer_append(out, o->via.bin.ptr, o->via.bin.size);
        return true;
    case MSGPACK_OBJECT_ARRAY:
        head(out, o->via.array.size, 0x90, 15, 0xdc, false);
        for (uint32_t i = 0; i < o->via.array.size; i++)
            if (!oracle(&o->via.array.ptr[i], depth + 1, out)) return false;
        return true;
    case MSGPACK_OBJECT_MAP: return oracle_map(o, depth, out);
    case MSGPACK_OBJECT_EXT: {
        uint32_t n = o->via.ext.size;
        if (o->via.ext.type != 1) return false;
        bool fixed = n == 1 || n == 2 || n == 4 || n == 8 || n == 16;
        if (fixed)
            buffer_u8(out, (uint8_t)(0xd4 + (n == 1 ? 0 : n == 2 ? 1 : n == 4 ? 2 : n == 8 ? 3 : 4)));
        else if (n <= 0xff)
            buffer_u8(out, 0xc7), buffer_u8(out, (uint8_t)n);
        else if (n <= 0xffff)
            buffer_u8(out, 0xc8), buffer_u16(out, (uint16_t)n);
        else
            buffer_u8(out, 0xc9), buffer_u32(out, n);
        buffer_u8(out, 1);
        buffer_append(out, o->via.ext.ptr, n);
        return true;
    }
    default: return false;
    }
}

/* What the oracle says of some bytes: canonical or not. */
static bool oracle_accepts(struct span in, struct buffer *again) {
    msgpack_unpacked u;
    size_t at = 0;
    msgpack_unpacked_init(&u);
    bool good = msgpack_unpack_next(&u, (const char *)in.data, in.len, &at) == MSGPACK_UNPACK_SUCCESS && at == in.len;
    buffer_clear(again);
    good = good && oracle(&u.data, 0, again) && span_equal(buffer_span(again), in);
    msgpack_unpacked_destroy(&u);
    return good;
}

/* msgpack-c allocates whatever a length says before it looks for the bytes (our reader exists because of that):
 * such input is not given to it, and is judged by refusals_have_names. */
static bool too_large_for_msgpack(struct span in) {
    for (size_t i = 0; i + 3 <= in.len; i++) {
        uint8_t c = in.data[i];
        bool wide = (c == 0xdd || c == 0xdf) && i + 5 <= in.len;
        if (wide && get_u32(in.data + i + 1) > in.len) return true;
        if ((c == 0xdc || c == 0xde) && get_u16(in.data + i + 1) > in.len + 1000) return true;
    }
    return false;
}

static void same_verdict(struct span in, struct buffer *again) {
    if (too_large_for_msgpack(in)) return;
    bool ours = value_check(in) == OK, theirs = oracle_accepts(in, again);
    if (ours == theirs) return;
    for (size_t i = 0; i < in.len && i < 200; i++)
        print_message("%02x", in.data[i]);
    fail_msg(": ours says %s, the oracle %s", err_name(value_check(in)), theirs ? "canonical" : "not");
}

static void damage(struct rng *r, struct buffer *b) {
    static const uint8_t heads[] = {0xc0, 0xc1, 0xc4, 0xc7, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4,
                                    0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0x80, 0x90, 0xa0, 0xe0, 0xff, 0x00, 0x7f};
    size_t at = rng_below(r, b->len);
    switch (rng_below(r, 5)) {
    case 0: b->data[at] = (uint8_t)rng_next(r); return;
    case 1: b->data[at] ^= (uint8_t)(1u << rng_below(r, 8)); return;
    case 2: b->data[at] = heads[rng_below(r, sizeof heads)]; return;
    case 3:
        memmove(b->data + at, b->data + at + 1, b->len - at - 1);
        if (b->len > 1) b->len--;
        return;
    default:
        buffer_u8(b, 0);
        memmove(b->data + at + 1, b->data + at, b->len - at - 1);
        return;
    }
}

static void ours_and_msgpack_agree(void **state) {
    (void)state;
    struct rng r = {.state = 7};
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer value CLEANUP(buffer_free) = {0}, bad CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    uint32_t accepted = 0, all = 0;
    arena_init(&arena, 64 << 20);
    buffer_init(&value, 1 << 20);
    buffer_init(&bad, 1 << 20);
    buffer_init(&again, 4 << 20);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        arena_reset(&arena);
        buffer_clear(&value);
        rng_value(&r, 4, &arena, &value);
        assert_int_equal(value_check(buffer_span(&value)), OK);
        assert_true(oracle_accepts(buffer_span(&value), &again));
        for (uint32_t k = 0; k < DAMAGES && value.len < 4000; k++) {
            buffer_clear(&bad);
            buffer_append_span(&bad, buffer_span(&value));
            for (uint64_t times = 1 + rng_below(&r, 2); times > 0; times--)
                damage(&r, &bad);
            same_verdict(buffer_span(&bad), &again);
            accepted += value_check(buffer_span(&bad)) == OK;
            all++;
        }
    }
    print_message("%u damaged values, %u of them canonical still\n", all, accepted);
    assert_true(accepted > all / 50 && accepted < all);
}

/* Every string of one and two bytes, and of three behind every head that takes a length. */
static void all_short_strings(void **state) {
    (void)state;
    struct buffer again CLEANUP(buffer_free) = {0};
    uint8_t b[3];
    buffer_init(&again, 1 << 16);
    for (unsigned i = 0; i < 1u << 16; i++) {
        put_u16(b, (uint16_t)i);
        same_verdict(span_of(b, 2), &again);
    }
    for (unsigned i = 0; i < 256; i++) {
        b[0] = (uint8_t)i;
        same_verdict(span_of(b, 1), &again);
        for (unsigned k = 0; k < 1u << 16; k += i >= 0x80 ? 7 : 257) {
            put_u16(b + 1, (uint16_t)k);
            same_verdict(span_of(b, 3), &again);
        }
    }
}

static void refusals_have_names(void **state) {
    (void)state;
    static const struct {
        const char *hex;
        enum err err;
        const char *why;
    } cases[] = {
        {"", ERR_CODEC_TRUNCATED, "nothing"},
        {"c1", ERR_CODEC_TYPE, "the unused head"},
        {"ca3f000000", ERR_CODEC_TYPE, "a float of 32 bits"},
        {"c000", ERR_CODEC_TRAILING, "something after it"},
        {"cc7f", ERR_CODEC_NOT_SHORTEST, "127 in two bytes"},
        {"cd00ff", ERR_CODEC_NOT_SHORTEST, "255 in three"},
        {"ce0000ffff", ERR_CODEC_NOT_SHORTEST, "65535 in five"},
        {"cf00000000ffffffff", ERR_CODEC_NOT_SHORTEST, "2^32-1 in nine"},
        {"d001", ERR_CODEC_NOT_SHORTEST, "1 in a signed form"},
        {"d0e0", ERR_CODEC_NOT_SHORTEST, "-32 in two bytes"},
        {"d1ff80", ERR_CODEC_NOT_SHORTEST, "-128 in three"},
        {"d2ffff8000", ERR_CODEC_NOT_SHORTEST, "-32768 in five"},
        {"d3ffffffff80000000", ERR_CODEC_NOT_SHORTEST, "-2^31 in nine"},
        {"d901", ERR_CODEC_NOT_SHORTEST, "a short text with a long head"},
        {"dc0001c0", ERR_CODEC_NOT_SHORTEST, "a short array with a long head"},
        {"de000181a161c0", ERR_CODEC_NOT_SHORTEST, "a short map with a long head"},
        {"c50001ff", ERR_CODEC_NOT_SHORTEST, "short bytes with a long head"},
        {"c70101ff", ERR_CODEC_NOT_SHORTEST, "an ext of one byte in the form for any"},
        {"c7000100", ERR_CODEC_TRAILING, "an empty ext and a byte"},
        {"d402ff", ERR_CODEC_TYPE, "an ext of another type"},
        {"cb0000000000000000", ERR_CODEC_FLOAT, "0.0"},
        {"cb8000000000000000", ERR_CODEC_FLOAT, "-0.0"},
        {"cb3ff0000000000000", ERR_CODEC_FLOAT, "1.0"},
        {"cb43f0000000000000", ERR_CODEC_FLOAT, "2^64 as a float"},
        {"cb7ff0000000000000", ERR_CODEC_FLOAT, "infinity"},
        {"cb7ff8000000000000", ERR_CODEC_FLOAT, "not a number"},
        {"a1ff", ERR_CODEC_UTF8, "no UTF-8"},
        {"a100", ERR_CODEC_UTF8, "NUL"},
        {"a3eda080", ERR_CODEC_UTF8, "a surrogate"},
        {"a2c080", ERR_CODEC_UTF8, "an overlong NUL"},
        {"82a162c0a161c0", ERR_CODEC_KEY_ORDER, "keys out of order"},
        {"82a161c0a161c0", ERR_CODEC_KEY_ORDER, "a key twice"},
        {"82a0c0a0c0", ERR_CODEC_KEY_ORDER, "the empty key twice"},
        {"8101c0", ERR_CODEC_TYPE, "a key that is no text"},
        {"dbffffffff61", ERR_CODEC_TRUNCATED, "a text of 4 GiB"},
        {"c6ffffffff61", ERR_CODEC_TRUNCATED, "bytes of 4 GiB"},
        {"ddffffffffc0", ERR_CODEC_TRUNCATED, "an array of 2^32 entries"},
        {"dfffffffffa161c0", ERR_CODEC_TRUNCATED, "a map of 2^32 pairs"},
        {"c9ffffffff0161", ERR_CODEC_TRUNCATED, "an ext of 4 GiB"},
        {"92c0", ERR_CODEC_TRUNCATED, "half an array"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t b[64];
        size_t len = strlen(cases[i].hex) / 2;
        for (size_t k = 0; k < len; k++) {
            unsigned v;
            assert_int_equal(sscanf(cases[i].hex + 2 * k, "%2x", &v), 1);
            b[k] = (uint8_t)v;
        }
        enum err e = value_check(span_of(b, len));
        if (e != cases[i].err) fail_msg("%s: %s", cases[i].why, err_name(e));
    }
}

static void nesting_is_bounded(void **state) {
    (void)state;
    uint8_t deep[100000];
    memset(deep, 0x91, sizeof deep); /* arrays in arrays */
    assert_int_equal(value_check(span_of(deep, sizeof deep)), ERR_CODEC_DEPTH);
    deep[CODEC_DEPTH_MAX] = 0xc0;
    assert_int_equal(value_check(span_of(deep, CODEC_DEPTH_MAX + 1)), OK);
    assert_int_equal(value_check(span_of(deep, CODEC_DEPTH_MAX)), ERR_CODEC_TRUNCATED);
    /* an empty array counts as well */
    deep[CODEC_DEPTH_MAX] = 0x90;
    assert_int_equal(value_check(span_of(deep, CODEC_DEPTH_MAX + 1)), ERR_CODEC_DEPTH);
    deep[CODEC_DEPTH_MAX - 1] = 0x90;
    assert_int_equal(value_check(span_of(deep, CODEC_DEPTH_MAX)), OK);
    /* a reader that stands inside others counts those too */
    for (uint32_t around = 0; around <= CODEC_DEPTH_MAX + 1; around++) {
        struct unpack u;
        memset(deep, 0x91, sizeof deep);
        deep[4] = 0xc0;
        unpack_init(&u, span_of(deep, 5));
        u.depth = around;
        (void)unpack_value(&u);
        assert_int_equal(u.err, around <= CODEC_DEPTH_MAX - 4 ? OK : ERR_CODEC_DEPTH);
    }
}

/* A struct with everything a table can say. */
struct inner {
    uint16_t small;
    struct span any;
};
static const struct field inner_fields[] = {CODEC_UINT(inner, small, 3, 1000), CODEC_VALUE(inner, any, 100)};
static const struct type inner_type = CODEC_TYPE(inner, inner_fields);
struct outer {
    uint64_t big;
    int64_t either;
    bool flag;
    uint8_t fixed[4];
    struct span bytes, text;
    struct inner one;
    struct inner *list;
    uint32_t list_count;
};
static const struct field outer_fields[] = {
    CODEC_UINT(outer, big, 0, UINT64_MAX), CODEC_INT(outer, either),        CODEC_BOOL(outer, flag),
    CODEC_FIXED(outer, fixed),             CODEC_BYTES(outer, bytes, 1, 9), CODEC_TEXT(outer, text, 0, 20),
    CODEC_STRUCT(outer, one, &inner_type), CODEC_LIST(outer, list, list_count, &inner_type, 1, 100000000),
};
static const struct type outer_type = CODEC_TYPE(outer, outer_fields);

static void structs_there_and_back(void **state) {
    (void)state;
    struct rng r = {.state = 3};
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer bytes CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0}, json CLEANUP(buffer_free) = {0};
    struct outer x, y;
    arena_init(&arena, 1 << 20);
    buffer_init(&bytes, 1 << 16);
    buffer_init(&again, 1 << 16);
    buffer_init(&json, 1 << 16);
    for (uint32_t i = 0; i < 500; i++) {
        arena_reset(&arena);
        buffer_clear(&bytes);
        buffer_clear(&again);
        rng_struct(&r, &outer_type, &arena, &x);
        codec_encode(&outer_type, &x, &bytes);
        assert_int_equal(value_check(buffer_span(&bytes)), OK);
        assert_int_equal(codec_decode(&outer_type, buffer_span(&bytes), &arena, &y), OK);
        codec_encode(&outer_type, &y, &again);
        assert_true(span_equal(buffer_span(&bytes), buffer_span(&again)));
        /* one byte less, one more, the wrong type of thing: refused, and the result untouched */
        struct outer z = x;
        assert_int_equal(codec_decode(&outer_type, span_of(bytes.data, bytes.len - 1), &arena, &z), ERR_CODEC_TRUNCATED);
        buffer_u8(&bytes, 0xc0);
        assert_int_equal(codec_decode(&outer_type, buffer_span(&bytes), &arena, &z), ERR_CODEC_TRAILING);
        bytes.data[0] = 0x97;
        assert_int_equal(codec_decode(&outer_type, buffer_span(&bytes), &arena, &z), ERR_CODEC_COUNT);
        assert_true(z.big == x.big && z.list == x.list && z.text.data == x.text.data);
    }
    codec_json(&inner_type, &(struct inner){7, span_of("\x81\xa1k\xc3", 4)}, &json);
    assert_true(span_is(buffer_span(&json), "{\"small\":7,\"any\":{\"k\":true}}"));
}

/* A list may be long only if the bytes are there, and only as long as the arena takes. */
static void lists_take_no_memory_on_credit(void **state) {
    (void)state;
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer b CLEANUP(buffer_free) = {0};
    struct outer x;
    arena_init(&arena, 4096);
    buffer_init(&b, 1 << 20);
    pack_array(&b, 8);
    pack_uint(&b, 1);
    pack_int(&b, 1);
    pack_bool(&b, true);
    pack_bytes(&b, span_of("abcd", 4));
    pack_bytes(&b, span_of("a", 1));
    pack_text(&b, span_text(""));
    pack_array(&b, 2);
    pack_uint(&b, 3);
    pack_nil(&b);
    size_t list = b.len;
    pack_array(&b, 100000000);
    assert_int_equal(codec_decode(&outer_type, buffer_span(&b), &arena, &x), ERR_CODEC_TRUNCATED);
    assert_true(arena.used == 0);
    b.len = list;
    pack_array(&b, 3000);
    for (int i = 0; i < 3000; i++)
        buffer_append(&b, "\x92\x03\xc0", 3);
    assert_int_equal(codec_decode(&outer_type, buffer_span(&b), &arena, &x), ERR_TOO_LARGE);
    assert_true(arena.used <= 4096);
    b.len = list;
    pack_array(&b, 0);
    assert_int_equal(codec_decode(&outer_type, buffer_span(&b), &arena, &x), ERR_CODEC_COUNT);
    b.len = list;
    pack_array(&b, 1);
    buffer_append(&b, "\x92\x02\xc0", 3); /* below the least */
    assert_int_equal(codec_decode(&outer_type, buffer_span(&b), &arena, &x), ERR_CODEC_RANGE);
}

static void a_map_is_looked_up_by_key(void **state) {
    (void)state;
    struct span v;
    struct span map = span_of("\x83\xa0\x01\xa1" "a\x02\xa1" "b\x91\x03", 10);
    assert_int_equal(value_check(map), OK);
    assert_true(value_get(map, "", &v) && v.len == 1 && v.data[0] == 1);
    assert_true(value_get(map, "b", &v) && v.len == 2 && v.data[1] == 3);
    assert_false(value_get(map, "c", &v));
    assert_false(value_get(span_of("\x91\xc0", 2), "", &v));
    assert_false(value_get(SPAN_EMPTY, "", &v));
    assert_int_equal(value_kind(SPAN_EMPTY), VALUE_NONE);
}

/* The walk meets every value once, in order, at its depth; and value_get finds what a walk by hand finds. */
static void a_walk_meets_every_value(void **state) {
    (void)state;
    struct rng r = {.state = 21};
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    arena_init(&arena, 16 << 20);
    buffer_init(&value, 1 << 20);
    for (uint32_t i = 0; i < 3000; i++) {
        struct value_walk w;
        struct unpack u, hand;
        arena_reset(&arena);
        buffer_clear(&value);
        rng_value(&r, 5, &arena, &value);
        unpack_init(&u, buffer_span(&value));
        unpack_init(&hand, buffer_span(&value));
        value_walk_begin(&w);
        uint64_t met = 0, left = 1;
        for (; left > 0; left--, met++) {
            enum value_kind kind = unpack_peek(&hand);
            assert_true(unpack_walk(&u, &w) && w.kind == kind);
            if (kind == VALUE_MAP) left += 2 * (uint64_t)unpack_map(&hand, UINT32_MAX);
            else if (kind == VALUE_ARRAY) left += unpack_array(&hand, UINT32_MAX);
            else (void)unpack_value(&hand);
            assert_int_equal(u.at, hand.at);
        }
        assert_false(unpack_walk(&u, &w));
        assert_int_equal(unpack_end(&u), OK);
        if (value_kind(buffer_span(&value)) != VALUE_MAP) continue;
        unpack_init(&hand, buffer_span(&value));
        struct span last = SPAN_EMPTY, found;
        for (uint32_t n = unpack_map(&hand, UINT32_MAX); n > 0; n--) {
            char name[64] = "";
            struct span key = unpack_key(&hand, &last), v = unpack_value(&hand);
            if (key.len >= sizeof name) continue;
            if (key.len > 0) memcpy(name, key.data, key.len);
            assert_true(value_get(buffer_span(&value), name, &found) && span_equal(found, v) && found.data == v.data);
            name[key.len] = '!';
            name[key.len + 1] = 0;
            if (value_get(buffer_span(&value), name, &found)) assert_true(found.data != v.data);
        }
    }
    /* cut off, it stops with the error and meets nothing beyond the bytes */
    struct value_walk w;
    struct unpack u;
    unpack_init(&u, span_of("\x93\x01\xdd\xff", 4));
    value_walk_begin(&w);
    assert_true(unpack_walk(&u, &w) && unpack_walk(&u, &w) && w.depth == 1 && w.exact);
    assert_false(unpack_walk(&u, &w));
    assert_int_equal(u.err, ERR_CODEC_TRUNCATED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_and_msgpack_agree),
        cmocka_unit_test(all_short_strings),
        cmocka_unit_test(refusals_have_names),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(structs_there_and_back),
        cmocka_unit_test(lists_take_no_memory_on_credit),
        cmocka_unit_test(a_map_is_looked_up_by_key),
        cmocka_unit_test(a_walk_meets_every_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
