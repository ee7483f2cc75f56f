/* JSON text to canonical values and back: what is refused and how it is named, numbers, depth, round trips. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <locale.h>

#include "base/json.h"
#include "tests/unit/codec_random.h"

static enum err parse(const char *text, size_t len, struct buffer *out, struct refusal *where) {
    buffer_clear(out);
    return json_parse(span_of(text, len), out, where);
}

static void refusals_have_names(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {"", ERR_JSON_SYNTAX}, {"{", ERR_JSON_SYNTAX}, {"[1,]", ERR_JSON_SYNTAX}, {"{\"a\":1,}", ERR_JSON_SYNTAX},
        {"[1] 2", ERR_JSON_SYNTAX}, {"nul", ERR_JSON_SYNTAX}, {"'a'", ERR_JSON_SYNTAX}, {"\"\t\"", ERR_JSON_SYNTAX},
        {"01", ERR_JSON_SYNTAX}, {"+1", ERR_JSON_SYNTAX}, {"1.", ERR_JSON_SYNTAX}, {".5", ERR_JSON_SYNTAX},
        {"NaN", ERR_JSON_SYNTAX}, {"Infinity", ERR_JSON_SYNTAX}, {"// c\n1", ERR_JSON_SYNTAX},
        {"{\"a\":1,\"a\":1}", ERR_JSON_DUPLICATE}, {"{\"a\":1,\"\\u0061\":1}", ERR_JSON_DUPLICATE},
        {"[{\"b\":{\"\":1,\"\":2}}]", ERR_JSON_DUPLICATE},
        {"9007199254740992", ERR_JSON_NUMBER}, {"-9007199254740992", ERR_JSON_NUMBER},
        {"9007199254740992.0", ERR_JSON_NUMBER}, {"1e16", ERR_JSON_NUMBER}, {"1e400", ERR_JSON_NUMBER},
        {"123456789012345678901234567890", ERR_JSON_NUMBER}, {"-1e400", ERR_JSON_NUMBER},
        {"\"\\ud800\"", ERR_JSON_SYNTAX}, {"\"\\udc00\\ud800\"", ERR_JSON_SYNTAX}, {"\"\\u0000\"", ERR_CODEC_UTF8},
        {"{\"a\\u0000b\":1}", ERR_CODEC_UTF8}, {"\"\xff\"", ERR_CODEC_UTF8}, {"\"\xed\xa0\x80\"", ERR_CODEC_UTF8},
        {"\"\xc0\x80\"", ERR_CODEC_UTF8}, {"\xef\xbb\xbf{}", ERR_JSON_SYNTAX},
    };
    struct buffer out CLEANUP(buffer_free) = {0};
    struct refusal where;
    buffer_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum err e = parse(cases[i].text, strlen(cases[i].text), &out, &where);
        bool named = e == cases[i].err || (e != OK && cases[i].err == ERR_JSON_SYNTAX && e == ERR_CODEC_UTF8);
        if (!named) fail_msg("%s: %s, expected %s", cases[i].text, err_name(e), err_name(cases[i].err));
        assert_int_equal(out.len, 0); /* nothing is left behind */
        assert_int_equal(where.err, e);
    }
    assert_int_equal(parse("{\n \"a\": ]", 9, &out, &where), ERR_JSON_SYNTAX);
    assert_string_equal(where.where, "line 2 column 7");
}

static void numbers_are_kept_exactly(void **state) {
    (void)state;
    static const struct {
        const char *text, *back;
    } cases[] = {
        {"0", "0"}, {"-0", "0"}, {"-0.0", "0"}, {"1.0", "1"}, {"1e2", "100"}, {"10E-1", "1"},
        {"9007199254740991", "9007199254740991"}, {"-9007199254740991", "-9007199254740991"},
        {"9007199254740991.0", "9007199254740991"}, {"0.1", "0.1"}, {"-2.5", "-2.5"}, {"1e-7", "1e-07"},
        {"0.30000000000000004", "0.30000000000000004"}, {"5e-324", "4.94065645841247e-324"}, {"1e-400", "0"},
        {"4503599627370495.5", "4503599627370495.5"}, {"3.14159265358979323846", "3.141592653589793"},
    };
    struct buffer out CLEANUP(buffer_free) = {0}, text CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    buffer_init(&out, 1 << 10);
    buffer_init(&text, 1 << 10);
    buffer_init(&again, 1 << 10);
    setlocale(LC_ALL, "de_DE.UTF-8"); /* a comma for decimals, where that locale is installed */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &out, NULL), OK);
        assert_int_equal(value_check(buffer_span(&out)), OK);
        buffer_clear(&text);
        json_write(buffer_span(&out), 0, &text);
        if (!span_is(buffer_span(&text), cases[i].back)) fail_msg("%s became %.*s", cases[i].text, (int)text.len, (char *)text.data);
        assert_int_equal(parse((char *)text.data, text.len, &again, NULL), OK);
        assert_true(span_equal(buffer_span(&again), buffer_span(&out)));
    }
    setlocale(LC_ALL, "C");
}

static void depth_is_bounded_before_parsing(void **state) {
    (void)state;
    enum { LONG = 1 << 20 };
    char *text = malloc(LONG);
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 1 << 22);
    memset(text, '[', LONG);
    assert_int_equal(parse(text, LONG, &out, NULL), ERR_JSON_DEPTH);
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    assert_int_equal(parse(text, 2 * JSON_DEPTH_MAX, &out, NULL), OK);
    assert_int_equal(value_check(buffer_span(&out)), OK);
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    assert_int_equal(parse(text, 2 * JSON_DEPTH_MAX + 2, &out, NULL), ERR_JSON_DEPTH);
    /* brackets inside texts are no depth, also behind escapes */
    const char *quoted = "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[[\\\\\", 1]";
    assert_int_equal(parse(quoted, strlen(quoted), &out, NULL), OK);
    free(text);
}

static void output_is_bounded(void **state) {
    (void)state;
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 8);
    pack_nil(&out);
    assert_int_equal(json_parse(span_text("[1,2,3,4,5,6,7,8]"), &out, NULL), ERR_TOO_LARGE);
    assert_int_equal(out.len, 1); /* what stood there before stays */
}

/* Every canonical value that JSON can say comes back from its text byte for byte. */
static bool sayable(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    for (uint64_t left = 1; left > 0 && u.err == OK; left--) {
        switch (unpack_peek(&u)) {
        case VALUE_MAP: left += 2 * (uint64_t)unpack_map(&u, UINT32_MAX); break;
        case VALUE_ARRAY: left += unpack_array(&u, UINT32_MAX); break;
        case VALUE_BYTES:
        case VALUE_EXT: return false;
        case VALUE_INT: {
            int64_t v = unpack_int(&u);
            if (u.err != OK || v > 9007199254740991 || v < -9007199254740991) return false;
            break;
        }
        case VALUE_NIL:
        case VALUE_BOOL:
        case VALUE_FLOAT:
        case VALUE_TEXT:
        case VALUE_NONE: (void)unpack_value(&u); break;
        }
    }
    return u.err == OK;
}

static void values_come_back_from_their_text(void **state) {
    (void)state;
    struct rng r = {.state = 11};
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer value CLEANUP(buffer_free) = {0}, text CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    uint32_t tried = 0;
    arena_init(&arena, 16 << 20);
    buffer_init(&value, 1 << 20);
    buffer_init(&text, 8 << 20);
    buffer_init(&again, 1 << 20);
    for (uint32_t i = 0; i < 6000; i++) {
        arena_reset(&arena);
        buffer_clear(&value);
        rng_value(&r, 4, &arena, &value);
        if (!sayable(buffer_span(&value))) continue;
        tried++;
        buffer_clear(&text);
        buffer_clear(&again);
        json_write(buffer_span(&value), (int)rng_below(&r, 2) * 2, &text);
        assert_true(span_is_utf8(buffer_span(&text)));
        assert_int_equal(json_parse(buffer_span(&text), &again, NULL), OK);
        assert_true(span_equal(buffer_span(&value), buffer_span(&again)));
    }
    assert_true(tried > 1500);
}

static void order_of_names_does_not_matter(void **state) {
    (void)state;
    struct buffer a CLEANUP(buffer_free) = {0}, b CLEANUP(buffer_free) = {0};
    buffer_init(&a, 1 << 10);
    buffer_init(&b, 1 << 10);
    assert_int_equal(json_parse(span_text("{\"b\":1,\"a\":2,\"\":0,\"ab\":3,\"\xe4\xb8\xad\":4,\"Z\":5}"), &a, NULL), OK);
    assert_int_equal(json_parse(span_text(" { \"Z\" : 5 , \"\\u4e2d\":4,\"ab\":3,\"a\":2,\"\":0,\"b\":1}"), &b, NULL), OK);
    assert_true(span_equal(buffer_span(&a), buffer_span(&b)));
    assert_int_equal(value_check(buffer_span(&a)), OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_have_names),
        cmocka_unit_test(numbers_are_kept_exactly),
        cmocka_unit_test(depth_is_bounded_before_parsing),
        cmocka_unit_test(output_is_bounded),
        cmocka_unit_test(values_come_back_from_their_text),
        cmocka_unit_test(order_of_names_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
