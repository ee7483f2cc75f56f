/* Moments, quantities, URIs, vocabulary: the small values that rules stand on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/quantity.h"
#include "trace/rfc3339.h"
#include "trace/uri.h"
#include "trace/vocabulary.h"

static void moments(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-06-01T08:00:00+08:00", 1780272000000},
        {"2026-06-01T08:00:00.1239+08:00", 1780272000123},
        {"2026-06-01t00:00:00.5z", 1780272000500},
        {"2026-06-01 00:00:00-0130", 1780277400000},
        {"2026-06-01T08:00:00+08", 1780272000000},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2016-12-31T23:59:60Z", 1483228800000}, /* the second after it */
        {"2017-01-01T07:59:60.250+08:00", 1483228800250},
        {"0000-01-01T00:00:00Z", -62167219200000},
        {"9999-12-31T23:59:59Z", 253402300799000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t ms = 0;
        assert_true(rfc3339_ms(span_text(rows[i].text), &ms));
        if (ms != rows[i].ms) fail_msg("%s -> %lld", rows[i].text, (long long)ms);
    }
    static const char *const bad[] = {
        "",
        "2026-06-01",
        "2026-06-01T08:00:00",
        "2026-06-31T08:00:00Z",
        "2025-02-29T08:00:00Z",
        "2026-06-01T24:00:00Z",
        "2026-06-01T08:60:00Z",
        "2026-06-01T08:00:60Z",
        "2026-06-01T08:00:00.Z",
        "2026-06-01T08:00:00+24:00",
        "2026-06-01T08:00:00Zx",
        "2026-06-01T08:00:00+8:00",
        "2026-06-01T08:00:00+08:",
        "26-06-01T08:00:00Z",
        "2026-06-01T23:59:61Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t ms = 42;
        assert_false(rfc3339_ms(span_text(bad[i]), &ms));
        assert_int_equal(ms, 42);
    }
}

static int64_t micro(double v) {
    int64_t ret = INT64_MIN;
    assert_int_equal(quantity_micro_of_double(v, &ret), OK);
    return ret;
}

static void quantities_round_half_to_even(void **state) {
    (void)state;
    assert_int_equal(micro(0.1), 100000);
    assert_int_equal(micro(-12.7), -12700000);
    assert_int_equal(micro(0.0000001), 0);
    assert_int_equal(micro(5e-324), 0);
    assert_int_equal(micro(1e-9), 0);
    /* Exact halves of a millionth need a binary fraction: n + 2^-7 = n x 10^6 + 7812.5 millionths.
     */
    assert_int_equal(micro(1.0 / 128), 7812);
    assert_int_equal(micro(3.0 / 128), 23438); /* 23437.5 */
    assert_int_equal(micro(-1.0 / 128), -7812);
    assert_int_equal(micro(-3.0 / 128), -23438);
    assert_int_equal(micro(nextafter(1.0 / 128, 1)), 7813);
    assert_int_equal(micro(nextafter(3.0 / 128, 0)), 23437);
    /* Not the decimal digits decide but the binary number next to them, which is above or below the
     * half. */
    assert_int_equal(micro(0.0000005), 0);
    assert_int_equal(micro(0.0000015), 2);
    assert_int_equal(micro(0.0000025), 3);
    assert_int_equal(micro(4503599627370495.5 / 1024),
                     4398046511103999512); /* 4398046511103.99951171875 */
}

static void quantities_that_do_not_fit_are_refused(void **state) {
    (void)state;
    int64_t ret = 42;
    assert_int_equal(quantity_micro_of_double(9223372036854.775, &ret), OK);
    assert_int_equal(ret, 9223372036854775391); /* the double below: 9223372036854.775390625 */
    ret = 42;
    assert_int_equal(quantity_micro_of_double(9223372036854.777, &ret), ERR_QUANTITY_RANGE);
    assert_int_equal(quantity_micro_of_double(-9223372036854.777, &ret), ERR_QUANTITY_RANGE);
    assert_int_equal(quantity_micro_of_double(1e300, &ret), ERR_QUANTITY_RANGE);
    assert_int_equal(quantity_micro_of_double(HUGE_VAL, &ret), ERR_QUANTITY_RANGE);
    assert_int_equal(quantity_micro_of_double(NAN, &ret), ERR_QUANTITY_RANGE);
    assert_int_equal(ret, 42);
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 64);
    pack_int(&b, 9223372036854);
    assert_int_equal(quantity_micro(buffer_span(&b), &ret), OK);
    assert_int_equal(ret, 9223372036854000000);
    buffer_clear(&b);
    pack_int(&b, -9223372036855);
    assert_int_equal(quantity_micro(buffer_span(&b), &ret), ERR_QUANTITY_RANGE);
    buffer_clear(&b);
    pack_float(&b, 2.5);
    assert_int_equal(quantity_micro(buffer_span(&b), &ret), OK);
    assert_int_equal(ret, 2500000);
    assert_int_equal(quantity_micro(span_of("\xa1"
                                            "1",
                                            2),
                                    &ret),
                     ERR_QUANTITY_KIND);
    assert_int_equal(quantity_micro(span_of("\xc0", 1), &ret), ERR_QUANTITY_KIND);
    assert_int_equal(quantity_micro(span_of("\x01\x01", 2), &ret), ERR_QUANTITY_KIND);
    assert_int_equal(quantity_micro(SPAN_EMPTY, &ret), ERR_QUANTITY_KIND);
    assert_int_equal(ret, 2500000);
}

/* Against long double arithmetic where that is exact (64 bits of mantissa), over many magnitudes.
 */
static void quantities_agree_with_another_way(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        /* 40 bits of mantissa: times 10^6 (20 bits, of which 6 are zeros of two) stays within 64.
         */
        double v = ldexp((double)(seed >> 24), (int)(seed % 60) - 60);
        long double exact = (long double)v * 1000000.0L;
        int64_t expected = (int64_t)rintl(exact);
        assert_int_equal(micro(v), expected);
        assert_int_equal(micro(-v), -expected);
    }
}

static void uris(void **state) {
    (void)state;
    /* ajv compares thousands (tests/vectors/ajv); these are the corners. */
    static const char *const good[] = {
        "a:b",         "a:/", "a://", "a+1-.:%2F?#", "http://[::1]:80/x", "http:/[::ffff:1.2.3.4]",
        "urn:x:y?=#?/"};
    static const char *const bad[] = {
        "",      "a",    "a:",      "a:#",     "1:b",           ":b",
        "a:b c", "a:%2", "a:\"b\"", "a:[::1]", "http://[::1]8", "http://[1::2::3]",
        "a:é"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!uri_valid(span_text(good[i]))) fail_msg("%s", good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (uri_valid(span_text(bad[i]))) fail_msg("%s", bad[i]);
    }
    char plain[4];
    size_t len = 9;
    assert_true(uri_unescape(span_text("a%2fB%41"), sizeof plain, plain, &len));
    assert_true(span_is(span_of(plain, len), "a/BA"));
    len = 9;
    assert_false(uri_unescape(span_text("a%2fB%41c"), sizeof plain, plain, &len));
    assert_false(uri_unescape(span_text("%"), sizeof plain, plain, &len));
    assert_int_equal(len, 9);
}

static void four_spellings_are_equal(void **state) {
    (void)state;
    static const struct {
        enum vocabulary vocabulary;
        const char *word;
        const char *spellings[3];
    } rows[] = {
        {VOCABULARY_BIZ_STEP,
         "commissioning",
         {"cbv:BizStep-commissioning", "urn:epcglobal:cbv:bizstep:commissioning",
          "https://ref.gs1.org/cbv/BizStep-commissioning"}},
        {VOCABULARY_DISPOSITION,
         "in_transit",
         {"cbv:Disp-in_transit", "urn:epcglobal:cbv:disp:in_transit",
          "https://ref.gs1.org/cbv/Disp-in_transit"}},
        {VOCABULARY_BIZ_TRANSACTION_TYPE,
         "po",
         {"cbv:BTT-po", "urn:epcglobal:cbv:btt:po", "https://ref.gs1.org/cbv/BTT-po"}},
        {VOCABULARY_SOURCE_DEST_TYPE,
         "owning_party",
         {"cbv:SDT-owning_party", "urn:epcglobal:cbv:sdt:owning_party",
          "https://ns.gs1.org/cbv/SDT-owning_party"}},
        {VOCABULARY_ERROR_REASON,
         "incorrect_data",
         {"cbv:ER-incorrect_data", "urn:epcglobal:cbv:er:incorrect_data",
          "http://ref.gs1.org/cbv/ER-incorrect_data"}},
        {VOCABULARY_COMPONENT,
         "northing",
         {"cbv:Comp-northing", "cbv:Comp-northing", "https://ref.gs1.org/cbv/Comp-northing"}},
        {VOCABULARY_MEASUREMENT_TYPE,
         "Temperature",
         {"gs1:Temperature", "https://gs1.org/voc/Temperature",
          "https://www.gs1.org/voc/Temperature"}},
        {VOCABULARY_ALERT_TYPE,
         "ALARM_CONDITION",
         {"gs1:ALARM_CONDITION", "https://gs1.org/voc/ALARM_CONDITION",
          "http://gs1.org/voc/ALARM_CONDITION"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(vocabulary_has(rows[i].vocabulary, span_text(rows[i].word)));
        for (size_t k = 0; k < 3; k++) {
            struct span spelling = span_text(rows[i].spellings[k]);
            assert_true(vocabulary_equal(rows[i].vocabulary, span_text(rows[i].word), spelling));
            assert_true(span_is(vocabulary_canonical(rows[i].vocabulary, spelling), rows[i].word));
        }
    }
    /* A word of another vocabulary, or of nobody's, is equal only to itself. */
    struct span other = span_text("cbv:Disp-commissioning");
    assert_true(span_equal(vocabulary_canonical(VOCABULARY_BIZ_STEP, other), other));
    other = span_text("cbv:BizStep-dancing");
    assert_true(span_equal(vocabulary_canonical(VOCABULARY_BIZ_STEP, other), other));
    assert_false(
        vocabulary_equal(VOCABULARY_BIZ_STEP, span_text("shipping"), span_text("Shipping")));
    assert_false(vocabulary_has(VOCABULARY_BIZ_STEP, span_text("recalled")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments),
        cmocka_unit_test(quantities_round_half_to_even),
        cmocka_unit_test(quantities_that_do_not_fit_are_refused),
        cmocka_unit_test(quantities_agree_with_another_way),
        cmocka_unit_test(uris),
        cmocka_unit_test(four_spellings_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
