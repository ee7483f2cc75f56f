/* Tallies of scans: the row's bytes, the root, and each warning at its boundary (docs/spec.md section F). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/merkle_root.h"
#include "trace/scan.h"

#define PIECE "https://id.gs1.org/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H"
#define OTHER "https://id.gs1.org/01/06901234567892/21/K7M2Q004F9XW4T0BRN2H"
enum { HOUR = SCAN_HOUR_MS };
#define AT(h) ((uint64_t)(h) * HOUR)

static struct scan_row row(uint64_t hour, const char *identifier, const char *division, uint64_t count) {
    return (struct scan_row){AT(hour), span_text(identifier), span_text(division), count};
}

static void encode(struct scan_row r, struct buffer *out) {
    buffer_clear(out);
    scan_row_encode(&r, out);
    assert_false(out->overflow);
}

/* The golden bytes and root of spec F1 and F2. */
static void golden(void **state) {
    (void)state;
    struct buffer b CLEANUP(buffer_free) = {0};
    char text[512];
    struct scan_row r, rows[2] = {row(495000, PIECE, "", 1), row(495000, PIECE, "330302", 300)};
    struct digest root, leaf[2], want;
    buffer_init(&b, SCAN_ROW_BYTES_MAX);
    encode(rows[1], &b);
    hex_encode(buffer_span(&b), text);
    assert_string_equal(text,
                        "94cf0000019ee77a1c00d93c68747470733a2f2f69642e6773312e6f72672f30312f30363930313233343536373839322f"
                        "32312f4b374d32513030334639585734543042524e3248a6333330333032cd012c");
    assert_int_equal(scan_row_decode(buffer_span(&b), &r), OK);
    assert_int_equal(scan_row_compare(&r, &rows[1]), 0);
    assert_int_equal(r.count, 300);
    assert_int_equal(scan_root(rows, 2, &root), OK);
    for (int i = 0; i < 2; i++) {
        encode(rows[i], &b);
        leaf[i] = merkle_leaf_hash(buffer_span(&b));
    }
    want = merkle_node_hash(&leaf[0], &leaf[1]);
    assert_true(digest_equal(&root, &want));
    hex_encode(span_of(root.b, sizeof root.b), text);
    assert_string_equal(text, "899fca9e615e87c73448d810aa698f0d669697ce359afe3e2810f40bc7dd9edb");
    assert_int_equal(scan_root(NULL, 0, &root), OK);
}

static void refused(const char *what, struct scan_row r) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct scan_row got;
    struct digest root;
    buffer_init(&b, 4096);
    encode(r, &b);
    if (scan_row_decode(buffer_span(&b), &got) == OK) fail_msg("%s", what);
    if (scan_root(&r, 1, &root) != ERR_SCAN_FORM) fail_msg("%s in a root", what);
}

static void hostile(void **state) {
    (void)state;
    struct buffer b CLEANUP(buffer_free) = {0};
    struct scan_row r, half = row(1, PIECE, "33", 1);
    struct digest root;
    char long_serial[700];
    half.hour_ms++;
    memset(long_serial, '1', sizeof long_serial);
    memcpy(long_serial, PIECE, sizeof PIECE - 1);
    long_serial[sizeof long_serial - 1] = 0;
    refused("half an hour", half);
    refused("no scan", row(1, PIECE, "33", 0));
    refused("letters", row(1, PIECE, "33x", 1));
    refused("seven digits", row(1, PIECE, "3303021", 1));
    refused("no serial", row(1, "https://id.gs1.org/01/06901234567892", "", 1));
    refused("empty serial", row(1, "https://id.gs1.org/01/06901234567892/21/", "", 1));
    refused("a lot", row(1, "https://id.gs1.org/01/06901234567892/10/A", "", 1));
    refused("more path", row(1, PIECE "/x", "", 1));
    refused("another host", row(1, "https://id.gs2.org/01/06901234567892/21/A", "", 1));
    refused("short GTIN", row(1, "https://id.gs1.org/01/0690123456789/21/AAA", "", 1));
    refused("nothing", row(1, "", "", 1));
    refused("too long", row(1, long_serial, "", 1));
    buffer_init(&b, 4096);
    encode(row(1, PIECE, "33", 1), &b);
    for (size_t cut = 0; cut < b.len; cut++)
        assert_int_not_equal(scan_row_decode(span_of(b.data, cut), &r), OK);
    buffer_append(&b, "\0", 1);
    assert_int_equal(scan_row_decode(buffer_span(&b), &r), ERR_CODEC_TRAILING);
    /* Order. */
    struct scan_row twice[2] = {row(1, PIECE, "33", 1), row(1, PIECE, "33", 2)};
    struct scan_row back[2] = {row(1, PIECE, "34", 1), row(1, PIECE, "33", 2)};
    struct scan_row hours[2] = {row(1, PIECE, "33", 1), row(2, PIECE, "34", 2)};
    struct scan_row codes[2] = {row(1, OTHER, "33", 1), row(1, PIECE, "34", 2)};
    assert_int_equal(scan_root(twice, 2, &root), ERR_SCAN_FORM);
    assert_int_equal(scan_root(back, 2, &root), ERR_SCAN_FORM);
    assert_int_equal(scan_root(hours, 2, &root), ERR_SCAN_FORM);
    assert_int_equal(scan_root(codes, 2, &root), ERR_SCAN_FORM);
}

/* A changed figure, a row left out: another root. */
static void tampered(void **state) {
    (void)state;
    struct scan_row rows[3] = {row(7, PIECE, "", 1), row(7, PIECE, "3303", 2), row(7, OTHER, "33", 5)};
    struct digest root, other;
    assert_int_equal(scan_root(rows, 3, &root), OK);
    rows[1].count = 3;
    assert_int_equal(scan_root(rows, 3, &other), OK);
    assert_false(digest_equal(&root, &other));
    rows[1].count = 2;
    assert_int_equal(scan_root(rows, 2, &other), OK);
    assert_false(digest_equal(&root, &other));
}

static size_t warn(const struct scan_row *rows, size_t n, struct scan_times times, struct scan_rules rules, struct scan_warning *ret) {
    return scan_warnings(rows, n, &times, &rules, ret);
}

static void many_scans(void **state) {
    (void)state;
    struct scan_warning w[SCAN_WARNINGS];
    struct scan_row rows[2] = {row(1, PIECE, "33", 12), row(900, PIECE, "33", 8)};
    assert_int_equal(warn(rows, 2, (struct scan_times){0, 0}, scan_rules_default(), w), 0);
    rows[1].count++;
    assert_int_equal(warn(rows, 2, (struct scan_times){0, 0}, scan_rules_default(), w), 1);
    assert_true(w[0].kind == SCAN_MANY_SCANS && w[0].figure == 21 && w[0].limit == 20 && w[0].hour_ms == 0);
    rows[0].count = UINT64_MAX;
    assert_int_equal(warn(rows, 2, (struct scan_times){0, 0}, scan_rules_default(), w), 1);
    assert_true(w[0].figure == UINT64_MAX);
    assert_int_equal(warn(NULL, 0, (struct scan_times){1, 1}, scan_rules_default(), w), 0);
}

static void many_divisions(void **state) {
    (void)state;
    struct scan_warning w[SCAN_WARNINGS];
    struct scan_rules rules = {100, 3, 24};
    /* Three in 24 hours, the fourth in the 25th. */
    struct scan_row rows[5] = {row(10, PIECE, "3301", 1), row(10, PIECE, "3302", 1), row(12, PIECE, "4401", 1),
                               row(34, PIECE, "5101", 1), row(35, PIECE, "4401", 1)};
    assert_int_equal(warn(rows, 5, (struct scan_times){0, 0}, rules, w), 0);
    rows[3].hour_ms = AT(33);
    assert_int_equal(warn(rows, 5, (struct scan_times){0, 0}, rules, w), 1);
    assert_true(w[0].kind == SCAN_MANY_DIVISIONS && w[0].figure == 4 && w[0].limit == 3 && w[0].hour_ms == AT(10));
    /* Of a coarser and a finer spelling of one place, one counts; no place is none. */
    rows[3].hour_ms = AT(33);
    rows[3].division = span_text("33");
    assert_int_equal(warn(rows, 5, (struct scan_times){0, 0}, rules, w), 0);
    rows[3].division = SPAN_EMPTY;
    assert_int_equal(warn(rows, 5, (struct scan_times){0, 0}, rules, w), 0);
    /* A later window that is wider is found, and its hour named. */
    struct scan_row late[6] = {row(1, PIECE, "11", 1),  row(2, PIECE, "12", 1),  row(100, PIECE, "31", 1),
                               row(101, PIECE, "33", 1), row(102, PIECE, "44", 1), row(123, PIECE, "51", 1)};
    assert_int_equal(warn(late, 6, (struct scan_times){0, 0}, rules, w), 1);
    assert_true(w[0].figure == 4 && w[0].hour_ms == AT(100));
    rules.hours = 23;
    assert_int_equal(warn(late, 6, (struct scan_times){0, 0}, rules, w), 0);
}

/* The rule of F3 as it reads: every window, every division in it, every other that may be a longer form. */
static uint64_t widest_by_the_words(const struct scan_row *rows, size_t n, uint64_t hours, uint64_t *ret_hour) {
    uint64_t widest = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t here = 0;
        for (size_t a = 0; a < n; a++) {
            bool counts = rows[a].division.len > 0;
            for (size_t b = 0; b < n; b++) {
                if (rows[b].hour_ms < rows[i].hour_ms || rows[b].hour_ms >= rows[i].hour_ms + hours * HOUR) continue;
                bool begins = rows[b].division.len >= rows[a].division.len &&
                              memcmp(rows[a].division.data, rows[b].division.data, rows[a].division.len) == 0;
                if (begins && (rows[b].division.len > rows[a].division.len || b < a)) counts = false; /* longer, or told before */
            }
            here += counts && rows[a].hour_ms >= rows[i].hour_ms && rows[a].hour_ms < rows[i].hour_ms + hours * HOUR;
        }
        if (here > widest) {
            widest = here;
            *ret_hour = rows[i].hour_ms;
        }
    }
    return widest;
}

static int by_row(const void *a, const void *b) {
    return scan_row_compare(a, b);
}

static void many_divisions_by_the_words(void **state) {
    (void)state;
    static const char *const places[] = {"", "1", "11", "110", "1101", "110101", "12", "2", "21", "3303", "330302", "33"};
    struct scan_warning w[SCAN_WARNINGS];
    struct scan_row rows[16];
    uint32_t seed = 7;
    for (int turn = 0; turn < 20000; turn++) {
        struct scan_rules rules = {UINT64_MAX, 0, 1 + (uint64_t)turn % 7};
        size_t n = 0, made = 1 + (size_t)turn % 16;
        for (size_t i = 0; i < made; i++) {
            seed = seed * 1664525u + 1013904223u;
            rows[i] = row(100 + (seed >> 8) % 12, PIECE, places[(seed >> 16) % 12], 1);
        }
        qsort(rows, made, sizeof *rows, by_row);
        for (size_t i = 0; i < made; i++)
            if (n == 0 || scan_row_compare(&rows[n - 1], &rows[i]) < 0) rows[n++] = rows[i];
        uint64_t hour = 0, want = widest_by_the_words(rows, n, rules.hours, &hour);
        size_t got = warn(rows, n, (struct scan_times){0, 0}, rules, w);
        if (got != (want > 0) || (got && (w[0].figure != want || w[0].hour_ms != hour)))
            fail_msg("turn %d: %zu, figure %llu, hour %llu; not %llu, %llu", turn, got, (unsigned long long)w[0].figure,
                     (unsigned long long)w[0].hour_ms, (unsigned long long)want, (unsigned long long)hour);
    }
}

static void shipping_and_destruction(void **state) {
    (void)state;
    struct scan_warning w[SCAN_WARNINGS];
    struct scan_row rows[2] = {row(10, PIECE, "33", 2), row(20, PIECE, "33", 3)};
    struct scan_rules rules = scan_rules_default();
    /* Within the hour of the event nobody can say; the whole hour before it can. */
    assert_int_equal(warn(rows, 2, (struct scan_times){AT(11) - 1, 0}, rules, w), 0);
    assert_int_equal(warn(rows, 2, (struct scan_times){AT(11), 0}, rules, w), 1);
    assert_true(w[0].kind == SCAN_BEFORE_SHIPPING && w[0].figure == 2 && w[0].limit == 0 && w[0].hour_ms == AT(10));
    assert_int_equal(warn(rows, 2, (struct scan_times){0, AT(20) + 1}, rules, w), 0);
    assert_int_equal(warn(rows, 2, (struct scan_times){0, AT(20)}, rules, w), 1);
    assert_true(w[0].kind == SCAN_AFTER_DESTRUCTION && w[0].figure == 3 && w[0].hour_ms == AT(20));
    assert_int_equal(warn(rows, 2, (struct scan_times){AT(30), AT(5)}, rules, w), 2);
    assert_true(w[0].figure == 5 && w[1].figure == 5);
    for (int i = 0; i < SCAN_WARNINGS; i++)
        assert_true(strlen(scan_warning_name((enum scan_warning_kind)i)) > 0);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),         cmocka_unit_test(hostile),    cmocka_unit_test(tampered),
        cmocka_unit_test(many_scans),     cmocka_unit_test(many_divisions),
        cmocka_unit_test(many_divisions_by_the_words),
        cmocka_unit_test(shipping_and_destruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
