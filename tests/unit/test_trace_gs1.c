/* GS1 element strings, links and scan data: what the public rows (tests/vectors/set_gs1.c) leave out: the refusals by name
 * and place, the linters, the bounds, and that what is written is read as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "trace/gs1_link.h"
#include "trace/gs1_scan.h"
#include "trace/identifier.h"

static const struct gs1_options strict = {0};

static void expect_where(const struct gs1_problem *problem, const char *where) {
    struct refusal r = gs1_problem_refusal(problem);
    assert_int_equal(r.err, problem->err);
    assert_string_equal(r.where, where);
}

/* Each refusal of a value, and the place it shows. */
struct value_row {
    const char *text;
    enum err err;
    const char *where;
};

static void expect_values(const struct value_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct gs1_data data;
        struct gs1_problem problem = {0};
        enum err e = gs1_read_bracketed(span_text(rows[i].text), &strict, &data, &problem);
        if (e != rows[i].err) fail_msg("%s gave %s", rows[i].text, err_name(e));
        if (e) expect_where(&problem, rows[i].where);
    }
}

static void values_are_refused_by_name_and_place(void **state) {
    (void)state;
    static const struct value_row rows[] = {
        {"", ERR_GS1_EMPTY, "1"},
        {"(01)06901234567892", OK, ""},
        {"(01)06901234567893", ERR_GS1_CHECK_DIGIT, "(01)0690123456789|3|"},
        {"(01)0690123456789", ERR_GS1_VALUE_SHORT, "(01)|0690123456789|"},
        {"(01)0690123456789200", ERR_GS1_VALUE_LONG, "(01)06901234567892|00|"},
        {"(01)0690123456789X", ERR_GS1_CHARACTER, "(01)0690123456789|X|"},
        {"(10)", ERR_GS1_VALUE_EMPTY, "(10)"},
        {"(10", ERR_GS1_BRACKETS, "1"},
        {"(10)(21)A", ERR_GS1_VALUE_EMPTY, "(10)"},
        {"(10)A B", ERR_GS1_CHARACTER, "(10)A| |B"},
        {"(999)A", ERR_GS1_AI, "(999)"},
        {"10)A", ERR_GS1_BRACKETS, "1"},
        {"(8013)1987654Ad4X4bL5ttr2310c2K", OK, ""},
        {"(8013)1987654Ad4X4bL5ttr2310c2L", ERR_GS1_CHECK_PAIR, "(8013)1987654Ad4X4bL5ttr2310c|2L|"},
        {"(8004)AB12345", ERR_GS1_COMPANY_PREFIX, "(8004)|A|B12345"},
        {"(8004)123", ERR_GS1_COMPANY_PREFIX, "(8004)|123|"},
    };
    expect_values(rows, sizeof rows / sizeof rows[0]);
}

static void linters_refuse_by_name_and_place(void **state) {
    (void)state;
    static const struct value_row rows[] = {
        {"(17)260230", ERR_GS1_DATE, "(17)2602|30|"},
        {"(17)260200", OK, ""},
        {"(17)261300", ERR_GS1_DATE, "(17)26|13|00"},
        {"(17)280229", OK, ""},
        {"(7006)260200", ERR_GS1_DATE, "(7006)2602|00|"},
        {"(7003)2602282400", ERR_GS1_TIME, "(7003)|24|00"},
        {"(7003)2602282360", ERR_GS1_TIME, "(7003)23|60|"},
        {"(8008)260228235959", OK, ""},
        {"(8008)2602282359", OK, ""},
        {"(8008)26022823596", ERR_GS1_VALUE_SHORT, "(8008)|6|"},
        {"(7250)20261301", ERR_GS1_DATE, "(7250)2026|13|01"},
        {"(422)156", OK, ""},
        {"(422)155", ERR_GS1_COUNTRY, "(422)|155|"},
        {"(7030)999X", OK, ""},
        {"(4307)CN", OK, ""},
        {"(4307)XX", ERR_GS1_COUNTRY, "(4307)|XX|"},
        {"(3912)156100", OK, ""},
        {"(3912)157100", ERR_GS1_CURRENCY, "(3912)|157|"},
        {"(8007)GB82WEST12345698765432", OK, ""},
        {"(8007)GB83WEST12345698765432", ERR_GS1_IBAN, "(8007)GB|83|WEST12345698765432"},
        {"(8007)XX82WEST12345698765432", ERR_GS1_IBAN, "(8007)|XX|82WEST12345698765432"},
        {"(8007)GB82", ERR_GS1_IBAN, "(8007)|GB82|"},
        {"(8007)GB82WEST1234569876543-", ERR_GS1_CHARACTER, "(8007)GB82WEST1234569876543|-|"},
        {"(4300)A%20B", OK, ""},
        {"(4300)A%2", ERR_GS1_PERCENT, "(4300)A|%2|"},
        {"(4300)A%2GB", ERR_GS1_PERCENT, "(4300)A|%2G|B"},
        {"(8006)069012345678920102", OK, ""},
        {"(8006)069012345678920302", ERR_GS1_PIECE, "(8006)|0302|"},
        {"(8006)069012345678920002", ERR_GS1_ZERO, "(8006)|00|02"},
        {"(8006)069012345678920100", ERR_GS1_ZERO, "(8006)01|00|"},
        {"(8001)00001234512398", ERR_GS1_ZERO, "(8001)|0000|"},
        {"(8001)12341234512328", ERR_GS1_WORD, "(8001)|2|"},
        {"(8011)0123", ERR_GS1_ZERO, "(8011)|0|123"},
        {"(8003)12112345678900", ERR_GS1_WORD, "(8003)|1|"},
        {"(4309)18000000003600000000", OK, ""},
        {"(4309)18000000013600000000", ERR_GS1_COORDINATE, "(4309)|1800000001|"},
        {"(4309)18000000003600000001", ERR_GS1_COORDINATE, "(4309)|3600000001|"},
        {"(4321)1", OK, ""},
        {"(4321)2", ERR_GS1_WORD, "(4321)|2|"},
        {"(4330)001234-", OK, ""},
        {"(4330)001234+", ERR_GS1_WORD, "(4330)|+|"},
        {"(7040)1ABC", OK, ""},
        {"(7040)1AB+", ERR_GS1_WORD, "(7040)|+|"},
        {"(7041)201", OK, ""},
        {"(7041)0", ERR_GS1_WORD, "(7041)|0|"},
        {"(7241)10", OK, ""},
        {"(7241)11", ERR_GS1_WORD, "(7241)|11|"},
        {"(7252)9", OK, ""},
        {"(7252)3", ERR_GS1_WORD, "(7252)|3|"},
        {"(7258)1/3", OK, ""},
        {"(7258)4/3", ERR_GS1_PIECE, "(7258)|4/3|"},
        {"(7258)0/3", ERR_GS1_ZERO, "(7258)|0|/3"},
        {"(7258)123", ERR_GS1_PIECE, "(7258)|123|"},
        {"(8014)12345678A9WG", ERR_GS1_CHECK_PAIR, "(8014)12345678A9|WG|"},
        {"(8010)1234AB-C/#", OK, ""},
        {"(8010)1234abc", ERR_GS1_CHARACTER, "(8010)1234|a|bc"},
        {"(8030)QUJDRA==", OK, ""},
        {"(8030)QUJD=A", ERR_GS1_CHARACTER, "(8030)QUJD|=A|"},
        {"(8110)106141416543213150110120", OK, ""},
        {"(8110)706141416543213150110120", ERR_GS1_COUPON, "(8110)|7|06141416543213150110120"},
        {"(8110)A", ERR_GS1_CHARACTER, "(8110)|A|"},
        {"(8112)006141411234560123456", OK, ""},
        {"(8112)2061414112345600000001", ERR_GS1_COUPON, "(8112)|2|061414112345600000001"},
    };
    expect_values(rows, sizeof rows / sizeof rows[0]);
}

static void what_ais_say_together(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        const char *where;
    } rows[] = {
        {"(01)06901234567892(10)A(21)B", OK, ""},
        {"(10)A(10)B", ERR_GS1_REPEATED, "(10)|B|"},
        {"(01)06901234567892(02)06901234567892(37)1", ERR_GS1_EXCLUDED, "(01) - (37)"},
        {"(21)A", ERR_GS1_REQUIRED, "(21) + (01)|(03)|(8006)"},
        {"(01)06901234567892(250)A", ERR_GS1_REQUIRED, "(250) + (01)(21)|(03)(21)|(8006)(21)"},
        {"(8003)01234567890128(8030)A", ERR_GS1_UNSERIALISED, "(8003)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gs1_data data;
        struct gs1_problem problem = {0};
        assert_int_equal(gs1_read_bracketed(span_text(rows[i].text), &strict, &data, &problem), OK);
        enum err e = gs1_check(&data, &problem);
        if (e != rows[i].err) fail_msg("%s gave %s", rows[i].text, err_name(e));
        if (e) expect_where(&problem, rows[i].where);
    }
}

static void links_are_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {
        {"ftp://a/01/06901234567892", ERR_GS1_LINK_FORM},
        {"https://a/01/06901234567892 ", ERR_GS1_LINK_FORM},
        {"https:///01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://a..b/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://-a/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://a-/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://me@a/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://a:65536/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://a:b/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://[::1]:80/01/06901234567892", OK},
        {"https://[::1/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://[::1]x/01/06901234567892", ERR_GS1_LINK_HOST},
        {"https://a", ERR_GS1_LINK_KEY},
        {"https://a?01=06901234567892", ERR_GS1_LINK_KEY},
        {"https://a/10/A", ERR_GS1_LINK_KEY},
        {"https://a/01/06901234567892/10", ERR_GS1_LINK_KEY},
        {"https://a/01/06901234567892/21/A/10/B", ERR_GS1_LINK_ORDER},
        {"https://a/01/06901234567892/17/260101", ERR_GS1_LINK_ORDER},
        {"https://a/01/06901234567892/x/y", ERR_GS1_LINK_ORDER},
        {"https://a/01/06901234567892?21=A", ERR_GS1_LINK_ATTRIBUTE},
        {"https://a/01/06901234567892?17=260101&17=260101", ERR_GS1_LINK_TWICE},
        {"https://a/01/06901234567892?10=A", ERR_GS1_LINK_IN_PATH},
        {"https://a/01/06901234567892?12345=A", ERR_GS1_AI},
        {"https://a/01/06901234567892?10=%00", ERR_GS1_CHARACTER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gs1_data data;
        struct gs1_problem problem = {0};
        enum err e = gs1_link_read(span_text(rows[i].text), &strict, &data, &problem);
        if (e != rows[i].err) fail_msg("%s gave %s", rows[i].text, err_name(e));
    }
}

static void bounds_hold(void **state) {
    (void)state;
    struct buffer text CLEANUP(buffer_free) = {0};
    struct gs1_data data;
    struct gs1_problem problem;
    buffer_init(&text, 1 << 16);
    for (int i = 0; i <= GS1_ELEMENTS_MAX; i++)
        buffer_text(&text, "^99A");
    assert_int_equal(gs1_read(buffer_span(&text), &strict, &data, &problem), ERR_GS1_COUNT);
    assert_int_equal(gs1_read(span_part(buffer_span(&text), 0, (size_t)4 * GS1_ELEMENTS_MAX), &strict, &data,
                              &problem), OK);
    assert_int_equal(data.count, GS1_ELEMENTS_MAX);
    while (text.len <= GS1_TEXT_MAX)
        buffer_text(&text, "A");
    assert_int_equal(gs1_read(buffer_span(&text), &strict, &data, &problem), ERR_GS1_LENGTH);
    assert_int_equal(gs1_link_read(buffer_span(&text), &strict, &data, &problem), ERR_GS1_LENGTH);
    assert_int_equal(gs1_read(span_text("0106901234567892"), &strict, &data, &problem), ERR_GS1_FNC1);
    assert_int_equal(gs1_read(span_text("\x1d" "10A\x1d" "21B"), &strict, &data, &problem), OK);
}

static void scans(void **state) {
    (void)state;
    static const struct {
        const char *scan, *message; /* NULL: refused with err */
        enum err err;
        size_t elements;
    } rows[] = {
        {"]C10106901234567892" "10A\x1d" "21B", "^010690123456789210A^21B", OK, 3},
        {"]I16901234567892", NULL, ERR_GS1_SCAN_DATA, 0},
        {"]I116901234567899", "16901234567899", OK, 1},
        {"]E06901234567892", "6901234567892", OK, 1},
        {"]E06901234567893", NULL, ERR_GS1_CHECK_DIGIT, 0},
        {"]E06901234567892|]C110A", NULL, ERR_GS1_SCAN_SYMBOLOGY, 0},
        {"]X0ABC", NULL, ERR_GS1_SCAN_SYMBOLOGY, 0},
        {"]Q1\xe9\xb9\xbf\xe5\x9f\x8e", "\xe9\xb9\xbf\xe5\x9f\x8e", OK, 0},
        {"]Q1https://a/01/06901234567892/21/A", "https://a/01/06901234567892/21/A", OK, 2},
        {"]Q1https://www.example.com/", NULL, ERR_GS1_LINK_KEY, 0},
        {"]d2" "01069012345678^2", NULL, ERR_GS1_CHARACTER, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer message CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
        enum gs1_symbology symbology;
        struct gs1_data data;
        struct gs1_problem problem;
        buffer_init(&message, 1 << 14);
        buffer_init(&again, 1 << 14);
        enum err e = gs1_scan_read(span_text(rows[i].scan), &strict, &symbology, &message, &data, &problem);
        if (e != rows[i].err) fail_msg("%s gave %s", rows[i].scan, err_name(e));
        if (e) continue;
        assert_true(span_is(buffer_span(&message), rows[i].message));
        assert_int_equal(data.count, rows[i].elements);
        assert_int_equal(gs1_scan_write(symbology, buffer_span(&message), false, &strict, &again, &problem), OK);
        assert_true(span_is(buffer_span(&again), rows[i].scan));
    }
}

/* -- properties -- */

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* A value of the entry that its parts' sets and lengths allow, with its check digit; linters may still refuse it. */
static size_t random_value(const struct gs1_entry *entry, uint32_t *seed, char value[GS1_VALUE_MAX]) {
    static const char letters[] = "0123456789ABCXYZ-/";
    size_t len = 0;
    for (size_t i = 0; i < GS1_PARTS_MAX && entry->parts[i].max > 0; i++) {
        const struct gs1_part *part = &entry->parts[i];
        size_t count = part->min + next_random(seed) % (size_t)(part->max - part->min + 1), from = len;
        bool digits = part->set == 'N' || part->lints[0] == GS1_LINT_GCPPOS1;
        if (part->optional && next_random(seed) % 2 == 0) break;
        if (part->lints[0] == GS1_LINT_YYMMD0 || part->lints[0] == GS1_LINT_YYMMDD) {
            len += (size_t)snprintf(value + len, 7, "26%02u%02u", next_random(seed) % 12 + 1, next_random(seed) % 28 + 1);
            continue;
        }
        for (size_t k = 0; k < count; k++)
            value[len++] = letters[next_random(seed) % (digits ? 10 : part->set == 'Z' ? 16 : 18)];
        if (part->lints[0] == GS1_LINT_CSUM) value[len - 1] = identifier_check_digit(span_of(value + from, count - 1));
        if (part->lints[0] == GS1_LINT_ZERO) memset(value + from, '0', count);
    }
    return len;
}

static void random_data(uint32_t *seed, struct gs1_data *data) {
    size_t wanted = 1 + next_random(seed) % 6, entries = 0;
    data->count = 0;
    while (gs1_entry_at(entries) != NULL)
        entries++;
    for (int tries = 0; tries < 200 && data->count < wanted; tries++) {
        const struct gs1_entry *entry = gs1_entry_at(data->count == 0 && next_random(seed) % 4 ? 1 : next_random(seed) % entries);
        char value[GS1_VALUE_MAX];
        struct gs1_problem problem;
        size_t len = random_value(entry, seed, value);
        if (gs1_find(data, span_text(entry->first), SPAN_EMPTY) == NULL)
            (void)!gs1_add(data, span_text(entry->first), span_of(value, len), &strict, 0, &problem);
    }
}

static bool same_element(const struct gs1_element *a, const struct gs1_element *b) {
    return span_equal(gs1_ai(a), gs1_ai(b)) && span_equal(gs1_value(a), gs1_value(b));
}

static void expect_same(const struct gs1_data *a, const struct gs1_data *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_true(same_element(&a->elements[i], &b->elements[i]));
}

/* What is written is read as the same; a link holds the same elements, and its own link is itself. */
static void written_is_read(void **state) {
    (void)state;
    uint32_t seed = 20261124, links = 0;
    for (int round = 0; round < 5000; round++) {
        struct buffer text CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
        struct gs1_data data, read;
        struct gs1_problem problem;
        buffer_init(&text, 1 << 14);
        buffer_init(&again, 1 << 14);
        random_data(&seed, &data);
        if (data.count == 0) continue;
        gs1_write(&data, round % 2 ? '^' : '\x1d', &text);
        assert_int_equal(gs1_read(buffer_span(&text), &strict, &read, &problem), OK);
        expect_same(&data, &read);
        buffer_clear(&text);
        gs1_write_bracketed(&data, &text);
        assert_int_equal(gs1_read_bracketed(buffer_span(&text), &strict, &read, &problem), OK);
        expect_same(&data, &read);
        buffer_clear(&text);
        if (gs1_link_write(&data, span_text("https://example.com/a/"), &strict, &text, &problem)) continue;
        links++;
        enum err e = gs1_link_read(buffer_span(&text), &strict, &read, &problem);
        if (e) fail_msg("%.*s gave %s", (int)text.len, (const char *)text.data, err_name(e));
        assert_int_equal(read.count, data.count);
        for (size_t i = 0; i < data.count; i++)
            assert_true(same_element(gs1_find(&read, gs1_ai(&data.elements[i]), SPAN_EMPTY), &data.elements[i]));
        assert_int_equal(gs1_link_write(&read, span_text("https://example.com/a"), &strict, &again, &problem), OK);
        assert_true(span_equal(buffer_span(&text), buffer_span(&again)));
    }
    assert_true(links > 500);
}

/* The ledger's canonical names (docs/spec.md E7 to E11) are protocol and do not follow the dictionary. Where the two speak
 * of the same, they agree today: the same keys, lengths, qualifiers and their order. */
static bool is_name(const char *path) {
    char link[256], expected[256];
    struct buffer out CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&out, IDENTIFIER_BYTES_MAX);
    snprintf(link, sizeof link, "https://example.com%s", path);
    snprintf(expected, sizeof expected, "https://id.gs1.org/");
    assert_int_equal(identifier_canonical(span_text(link), &out, &kind), OK);
    return span_starts(buffer_span(&out), expected);
}

static size_t sample(const struct gs1_entry *e, bool longest, size_t more, char value[GS1_VALUE_MAX + 2]) {
    size_t len = 0;
    for (size_t i = 0; i < GS1_PARTS_MAX && e->parts[i].max > 0; i++)
        if (longest || !e->parts[i].optional) len += longest ? e->parts[i].max : e->parts[i].min;
    len += more;
    memset(value, '1', len);
    value[len] = '\0';
    return len;
}

static void names_agree_with_the_dictionary(void **state) {
    (void)state;
    const struct gs1_entry *e;
    for (size_t i = 0; (e = gs1_entry_at(i)) != NULL; i++) {
        char value[GS1_VALUE_MAX + 2], path[256];
        bool key = e->qualifiers != NULL;
        for (int longest = 0; longest < 2; longest++) {
            (void)sample(e, longest, 0, value);
            snprintf(path, sizeof path, "/%s/%s", e->first, value);
            if (is_name(path) != key) fail_msg("%s", path);
        }
        (void)sample(e, true, 1, value);
        snprintf(path, sizeof path, "/%s/%s", e->first, value);
        if (is_name(path)) fail_msg("%s", path);
        struct span alternatives = span_text(key ? e->qualifiers : "");
        while (alternatives.len > 0) {
            struct span list = span_take(&alternatives, '|');
            (void)sample(e, true, 0, value);
            int len = snprintf(path, sizeof path, "/%s/%s", e->first, value);
            while (list.len > 0) {
                struct span ai = span_take(&list, ',');
                (void)sample(gs1_entry_find(ai), true, 0, value);
                len += snprintf(path + len, sizeof path - (size_t)len, "/%.*s/%s", (int)ai.len, (const char *)ai.data, value);
                if (!is_name(path)) fail_msg("%s", path);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_refused_by_name_and_place),
        cmocka_unit_test(linters_refuse_by_name_and_place),
        cmocka_unit_test(what_ais_say_together),
        cmocka_unit_test(links_are_refused_by_name),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(scans),
        cmocka_unit_test(written_is_read),
        cmocka_unit_test(names_agree_with_the_dictionary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
