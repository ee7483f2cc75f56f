/* Spans, buffers, arenas, big-endian integers; UTF-8 against a decoder written from RFC 3629's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

/* RFC 3629 section 4, as a grammar; U+0000 is not permitted in the house. */
static bool tail(uint8_t b) {
    return b >= 0x80 && b <= 0xbf;
}

static size_t sequence(const uint8_t *p, size_t left) {
    uint8_t a = p[0];
    if (a >= 0x01 && a <= 0x7f) return 1;
    if (left < 2) return 0;
    if (a >= 0xc2 && a <= 0xdf) return tail(p[1]) ? 2 : 0;
    if (left < 3) return 0;
    bool two = a == 0xe0   ? p[1] >= 0xa0 && p[1] <= 0xbf
               : a == 0xed ? p[1] >= 0x80 && p[1] <= 0x9f
                           : a >= 0xe1 && a <= 0xef && tail(p[1]);
    if (two) return tail(p[2]) ? 3 : 0;
    if (left < 4) return 0;
    bool three = a == 0xf0   ? p[1] >= 0x90 && p[1] <= 0xbf
                 : a == 0xf4 ? p[1] >= 0x80 && p[1] <= 0x8f
                             : a >= 0xf1 && a <= 0xf3 && tail(p[1]);
    return three && tail(p[2]) && tail(p[3]) ? 4 : 0;
}

static bool grammar(const uint8_t *p, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t n = sequence(p + i, len - i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

static void utf8_is_what_rfc_3629_says(void **state) {
    (void)state;
    uint8_t b[24];
    for (uint32_t i = 0; i < 1u << 24; i += (i & 0xff) == 0xff && i > 0x10000 ? 7 : 1) {
        size_t len = 1 + i % 3;
        b[0] = (uint8_t)(i >> 16);
        b[1] = (uint8_t)(i >> 8);
        b[2] = (uint8_t)i;
        if (span_is_utf8(span_of(b, len)) != grammar(b, len)) fail_msg("%06x of %zu bytes", i, len);
    }
    for (uint32_t i = 0; i < 1u << 24; i += 13) { /* four bytes behind every head that takes four */
        b[0] = (uint8_t)(0xef + (i >> 16) % 8);
        b[1] = (uint8_t)(i >> 8);
        b[2] = (uint8_t)(0x7e + i % 0x44);
        b[3] = (uint8_t)(0x7e + (i >> 3) % 0x44);
        if (span_is_utf8(span_of(b, 4)) != grammar(b, 4)) fail_msg("four bytes %u", i);
    }
}

/* The path of eight at a time: one wrong byte at every place of every alignment. */
static void utf8_eight_at_a_time(void **state) {
    (void)state;
    static const uint8_t odd[] = {0x00, 0x01, 0x7f, 0x80, 0xc2, 0xe4, 0xff};
    uint8_t b[40];
    for (size_t from = 0; from < 8; from++)
        for (size_t at = from; at < 32; at++)
            for (size_t k = 0; k < sizeof odd; k++) {
                memset(b, 'a', sizeof b);
                b[at] = odd[k];
                assert_true(span_is_utf8(span_of(b + from, 32 - from)) == grammar(b + from, 32 - from));
                if (odd[k] == 0xc2) {
                    b[at + 1] = 0x80;
                    assert_true(span_is_utf8(span_of(b + from, 34 - from)) == grammar(b + from, 34 - from));
                }
            }
}

static void runes_come_one_by_one_and_those_that_steer_are_named(void **state) {
    (void)state;
    uint32_t rune = 7;
    assert_int_equal(span_rune(SPAN_EMPTY, &rune), 0);
    assert_int_equal(span_rune(span_text("\xe6\xba"), &rune), 0);
    assert_int_equal(rune, 7);
    assert_int_equal(span_rune(span_text("\xe6\xba\xaf\xe6"), &rune), 3);
    assert_int_equal(rune, 0x6eaf);
    assert_int_equal(span_rune(span_text("a\xe6"), &rune), 1);
    assert_int_equal(rune, 'a');
    assert_int_equal(span_rune(span_text("\xf0\xa0\xae\xb7"), &rune), 4);
    assert_int_equal(rune, 0x20bb7);
    static const uint32_t steering[] = {0x1b, '\n', 0x7f, 0x9b, 0x200e, 0x202e, 0x2067, 0xfeff};
    for (size_t i = 0; i < sizeof steering / sizeof steering[0]; i++) assert_true(rune_steers(steering[i]));
    assert_false(rune_steers(' ') || rune_steers(0x6eaf) || rune_steers(0xe9) || rune_steers(0x20bb7));
}

static void spans_compare_by_bytes(void **state) {
    (void)state;
    assert_true(span_compare(span_text(""), span_text("a")) < 0);
    assert_true(span_compare(span_text("a"), span_text("ab")) < 0);
    assert_true(span_compare(span_text("b"), span_text("ab")) > 0);
    assert_true(span_compare(span_text("\x7f"), span_text("\x80")) < 0); /* unsigned */
    assert_int_equal(span_compare(SPAN_EMPTY, span_text("")), 0);
    assert_true(span_equal(SPAN_EMPTY, span_text("")) && !span_equal(span_text("a"), span_text("b")));
    assert_true(span_starts(span_text("abc"), "ab") && !span_starts(span_text("a"), "ab"));
    assert_true(span_is(span_text("ab"), "ab") && !span_is(span_text("ab"), "a"));
}

static void parts_are_taken_off_the_front(void **state) {
    struct span rest = span_text("a//b");
    (void)state;
    assert_true(span_is(span_take(&rest, '/'), "a"));
    assert_true(span_is(span_take(&rest, '/'), ""));
    assert_true(span_is(span_take(&rest, '/'), "b"));
    assert_int_equal(rest.len, 0);
    assert_int_equal(span_take(&rest, '/').len, 0);
}

static void a_buffer_keeps_its_bound(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 100);
    for (int i = 0; i < 100; i++)
        buffer_u8(&b, 'x');
    assert_true(b.len == 100 && !b.overflow && b.cap < 1000);
    buffer_u8(&b, 'y');
    assert_true(b.len == 100 && b.overflow);
    buffer_consume(&b, 60);
    buffer_text(&b, "z"); /* sticky */
    assert_true(b.len == 40 && b.overflow);
    buffer_clear(&b);
    buffer_printf(&b, "%s-%d", "abc", 7);
    assert_true(span_is(buffer_span(&b), "abc-7"));
    buffer_printf(&b, "%0100d", 1);
    assert_true(b.overflow && span_is(buffer_span(&b), "abc-7"));
    buffer_free(&b);
    buffer_free(&b);
}

static void an_arena_keeps_its_bound(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a, 1 << 20);
    assert_null(arena_alloc(&a, SIZE_MAX / 2, 4));
    assert_null(arena_alloc(&a, SIZE_MAX, SIZE_MAX));
    assert_null(arena_alloc(&a, (1 << 20) + 1, 1));
    assert_true(a.used == 0);
    for (int round = 0; round < 3; round++) {
        size_t got = 0;
        uint8_t *p;
        while ((p = arena_alloc(&a, 1, 1000)) != NULL) {
            assert_true((uintptr_t)p % _Alignof(max_align_t) == 0);
            for (size_t i = 0; i < 1000; i++)
                assert_int_equal(p[i], 0); /* also after a reset */
            memset(p, 0xff, 1000);
            got += 1000;
        }
        assert_true(got > (1 << 20) - 20000 && got <= 1 << 20);
        arena_reset(&a);
    }
    struct span copy = arena_copy(&a, span_text("abc"));
    assert_true(span_is(copy, "abc"));
    arena_free(&a);
    arena_free(&a);
}

static void integers_are_big_endian(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 64);
    buffer_u16(&b, 0x0102);
    buffer_u32(&b, 0x03040506);
    buffer_u64(&b, 0x0708090a0b0c0d0eu);
    for (uint8_t i = 0; i < 14; i++)
        assert_int_equal(b.data[i], i + 1);
    assert_true(get_u16(b.data) == 0x0102 && get_u32(b.data + 2) == 0x03040506);
    assert_true(get_u64(b.data + 6) == 0x0708090a0b0c0d0eu);
    uint8_t top[8];
    put_u64(top, UINT64_MAX - 1);
    assert_true(get_u64(top) == UINT64_MAX - 1);
    buffer_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_what_rfc_3629_says),
        cmocka_unit_test(utf8_eight_at_a_time),
        cmocka_unit_test(runes_come_one_by_one_and_those_that_steer_are_named),
        cmocka_unit_test(spans_compare_by_bytes),
        cmocka_unit_test(parts_are_taken_off_the_front),
        cmocka_unit_test(a_buffer_keeps_its_bound),
        cmocka_unit_test(an_arena_keeps_its_bound),
        cmocka_unit_test(integers_are_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
