/* Labels as they are read, placed and refused; what they look like is shown by tests/e2e/print.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tools/print/labels.h"

static struct buffer store;

static enum err read_text(const char *json, struct label *ret, struct refusal *refusal) {
    *refusal = (struct refusal){0};
    return label_read(span_text(json), &store, ret, refusal);
}

static void a_label_is_its_four_fields(void **state) {
    (void)state;
    struct label l;
    struct refusal r;
    assert_int_equal(read_text("{\"url\":\"https://a.cn/01/1/21/A\",\"serial\":\"A\",\"inner\":\"X-1\",\"lines\":[\"鞋\",\"\"]}", &l, &r), OK);
    assert_true(span_is(l.url, "https://a.cn/01/1/21/A") && span_is(l.serial, "A") && span_is(l.inner, "X-1"));
    assert_int_equal(l.lines_count, 2);
    assert_true(span_is(l.lines[0], "鞋") && l.lines[1].len == 0);
    assert_int_equal(read_text("{\"url\":\"HTTP://A.CN/0\",\"serial\":\"A\"}", &l, &r), OK);
    assert_int_equal(l.inner.len, 0);
    assert_int_equal(l.lines_count, 0);
}

static void what_is_wrong_with_a_label_is_named_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum err err;
        const char *where;
    } rows[] = {
        {"", ERR_JSON_SYNTAX, NULL},
        {"{\"url\":", ERR_JSON_SYNTAX, NULL},
        {"[]", ERR_PRINT_FIELD, ""},
        {"{\"serial\":\"A\"}", ERR_PRINT_FIELD, "url"},
        {"{\"url\":\"https://a\"}", ERR_PRINT_FIELD, "serial"},
        {"{\"url\":\"https://a\",\"serial\":\"\"}", ERR_PRINT_FIELD, "serial"},
        {"{\"url\":\"https://a\",\"serial\":7}", ERR_PRINT_FIELD, "serial"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"price\":1}", ERR_PRINT_FIELD, "price"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"serial\":\"B\"}", ERR_JSON_DUPLICATE, NULL},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"lines\":\"x\"}", ERR_PRINT_FIELD, "lines"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"lines\":[1]}", ERR_PRINT_FIELD, "lines[0]"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"lines\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}", ERR_PRINT_FIELD, "lines"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"lines\":[\"ok\",\"a\\u0007b\"]}", ERR_PRINT_TEXT, "lines[1]"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"lines\":[\"a\\u202eb\"]}", ERR_PRINT_TEXT, "lines[0]"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"lines\":[\"a\\nb\"]}", ERR_PRINT_TEXT, "lines[0]"},
        {"{\"url\":\"https://a\",\"serial\":\"鞋\"}", ERR_PRINT_TEXT, "serial"},
        {"{\"url\":\"https://a\",\"serial\":\"A\",\"inner\":\"码\"}", ERR_PRINT_TEXT, "inner"},
        {"{\"url\":\"https://a\",\"serial\":\"\xff\"}", ERR_CODEC_UTF8, ""},
        {"{\"url\":\"https://\",\"serial\":\"A\"}", ERR_PRINT_URL, "url"},
        {"{\"url\":\"javascript:alert(1)\",\"serial\":\"A\"}", ERR_PRINT_URL, "url"},
        {"{\"url\":\"https://a b\",\"serial\":\"A\"}", ERR_PRINT_URL, "url"},
        {"{\"url\":\"https://鹿城.cn/\",\"serial\":\"A\"}", ERR_PRINT_URL, "url"},
    };
    struct label l = {.lines_count = 77};
    struct refusal r;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err e = read_text(rows[i].json, &l, &r);
        if (e != rows[i].err || (rows[i].where != NULL && strcmp(rows[i].where, r.where) != 0))
            fail_msg("%s: %s at \"%s\"", rows[i].json, err_name(e), r.where);
        assert_int_equal(l.lines_count, 77);
    }
    char large[700];
    memset(large, 'a', sizeof large);
    memcpy(large, "{\"url\":\"https://", 16);
    memcpy(large + 16 + 505, "\",\"serial\":\"A\"}", 16);
    assert_int_equal(read_text(large, &l, &r), ERR_PRINT_TEXT);
    assert_string_equal(r.where, "url");
    memcpy(large + 16 + 504, "\",\"serial\":\"A\"}", 16);
    assert_int_equal(read_text(large, &l, &r), OK);
    assert_int_equal(l.url.len, QR_TEXT_MAX);
}

static void a_row_of_the_table_is_rfc_4180_and_no_formula(void **state) {
    (void)state;
    struct buffer out;
    struct refusal r;
    buffer_init(&out, 4096);
    struct label l = {.url = span_text("https://a.cn/?x=1,2"), .serial = span_text("A\"B"), .inner = span_text("K7-1")};
    assert_int_equal(labels_csv_row(12, &l, &out, &r), OK);
    assert_true(span_is(buffer_span(&out), "12,\"A\"\"B\",\"https://a.cn/?x=1,2\",K7-1\r\n"));
    static const char *const formulas[] = {"=1+1", "+1", "-1", "@SUM(A1)"};
    for (size_t i = 0; i < sizeof formulas / sizeof formulas[0]; i++) {
        buffer_clear(&out);
        l.inner = span_text(formulas[i]);
        assert_int_equal(labels_csv_row(1, &l, &out, &r), ERR_PRINT_FORMULA);
        assert_string_equal(r.where, "inner");
    }
    buffer_free(&out);
}

static void a_sheet_is_named_or_measured(void **state) {
    (void)state;
    struct sheet s = {0};
    for (size_t i = 0; sheets[i].name != NULL; i++) {
        double x, y;
        assert_int_equal(sheet_find(sheets[i].name, &s), OK);
        sheet_place(&s, s.columns * s.rows - 1, &x, &y);
        /* symmetric margins, and the last label on the paper */
        assert_true(x + s.width + s.left < s.page_width + 0.11 && x + s.width + s.left > s.page_width - 0.11);
        assert_true(y + s.height <= s.page_height + 0.01);
    }
    assert_int_equal(sheet_find("62.5x29mm", &s), OK);
    assert_true(s.width == 62.5 && s.page_height == 29 && s.columns * s.rows == 1);
    static const char *const wrong[] = {"", "a4", "a4-3x9", "9.9x29mm",
                                        "62x421mm", "62x29", "x29mm", "62x29mm ", "6e1x29mm", "-62x29mm", "62.55x29mm"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (sheet_find(wrong[i], &s) != ERR_PRINT_SHEET) fail_msg("%s is taken", wrong[i]);
    assert_true(s.width == 62.5);
}

struct runs {
    const struct qr *q;
    uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX];
    uint32_t row, end;
};

static void run_seen(void *self, uint32_t row, uint32_t column, uint32_t len) {
    struct runs *runs = self;
    /* in order, apart from each other, within the square */
    assert_true(row > runs->row || (row == runs->row && column > runs->end) || (row == 0 && column == 0));
    assert_true(len > 0 && column + len <= runs->q->side && row < runs->q->side);
    memset(runs->dark + row * runs->q->side + column, 1, len);
    runs->row = row;
    runs->end = column + len;
}

static void runs_cover_the_dark_modules_and_nothing_else(void **state) {
    (void)state;
    static const char *const texts[] = {"https://id.lucheng.gov.cn/01/06901234567892/21/ABCDE0001Q7R2T9UW3P", "HTTP://A.CN/1", "x"};
    static struct qr q;
    static struct runs runs;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        qr_encode(span_text(texts[i]), &q);
        assert_true(q.side >= 21 && q.side % 4 == 1);
        runs = (struct runs){.q = &q};
        qr_runs(&q, run_seen, &runs);
        assert_memory_equal(runs.dark, q.dark, q.side * q.side);
    }
    char most[QR_TEXT_MAX];
    memset(most, 'z', sizeof most);
    qr_encode(span_of(most, sizeof most), &q);
    assert_true(q.side <= QR_SIDE_MAX);
}

static bool swallow(void *self, struct span bytes) {
    *(size_t *)self += bytes.len;
    return true;
}

static enum err drawn(const char *size, const char *json, double module, struct refusal *refusal) {
    static struct qr q;
    struct sheet s;
    struct label l;
    size_t bytes = 0;
    assert_int_equal(sheet_find(size, &s), OK);
    assert_int_equal(read_text(json, &l, refusal), OK);
    struct canvas *c = canvas_open(CANVAS_PDF, s.page_width, s.page_height, (struct sink){swallow, &bytes}, "t");
    assert_int_equal(canvas_fonts_check(c, refusal), OK);
    enum err e = label_draw(c, &s, 0, 0, module, LANG_ZH, &l, &q, refusal);
    canvas_page_end(c);
    assert_true(canvas_close(c) && bytes > 0);
    return e;
}

#define CODE "\"url\":\"https://id.lucheng.gov.cn/01/06901234567892/21/ABCDE0001Q7R2T9UW3P\",\"serial\":\"ABCDE0001Q7R2T9UW3P\""

static void a_label_that_is_too_small_is_refused_and_names_its_measure(void **state) {
    (void)state;
    struct refusal r;
    /* Version 4: 33 + 8 modules, 24.6 mm of 0.6 mm. */
    assert_int_equal(drawn("62x29mm", "{" CODE "}", 0.6, &r), OK);
    assert_int_equal(drawn("40x24.6mm", "{" CODE "}", 0.6, &r), OK);
    assert_int_equal(drawn("40x24.5mm", "{" CODE "}", 0.6, &r), ERR_PRINT_LABEL_SMALL);
    assert_string_equal(r.where, "40.0 x 24.5 mm, QR 24.6 mm");
    assert_int_equal(drawn("62x29mm", "{" CODE "}", 0.75, &r), ERR_PRINT_LABEL_SMALL);
    assert_int_equal(drawn("30x45mm", "{" CODE ",\"inner\":\"K7QM-0001-ZX9P\"}", 0.6, &r), OK); /* text below */
    assert_int_equal(drawn("48x25mm", "{" CODE ",\"inner\":\"K7QM-0001-ZX9P-44TD-K7QM-0001-ZX9P-44TD\"}", 0.6, &r), ERR_PRINT_TEXT_FIT);
    assert_string_equal(r.where, "inner");
    assert_int_equal(drawn("40x25mm",
                           "{" CODE ",\"lines\":[\"很长的说明文字很长的说明文字很长的说明文字很长的说明文字很长的说明文字\","
                           "\"很长的说明文字很长的说明文字很长的说明文字很长的说明文字很长的说明文字\"]}",
                           0.6, &r),
                     ERR_PRINT_TEXT_FIT);
    assert_string_equal(r.where, "lines");
}

static void a_character_without_a_glyph_is_named(void **state) {
    (void)state;
    struct refusal r;
    /* The last character of the last plane is nobody's. */
    assert_int_equal(drawn("70x36mm", "{" CODE ",\"lines\":[\"鞋\xf4\x8f\xbf\xbd\"]}", 0.6, &r), ERR_PRINT_GLYPH);
    assert_string_equal(r.where, "U+10FFFD");
}

static int begin(void **state) {
    (void)state;
    buffer_init(&store, 1 << 20);
    return 0;
}

static int end(void **state) {
    (void)state;
    buffer_free(&store);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_is_its_four_fields),
        cmocka_unit_test(what_is_wrong_with_a_label_is_named_with_its_place),
        cmocka_unit_test(a_row_of_the_table_is_rfc_4180_and_no_formula),
        cmocka_unit_test(a_sheet_is_named_or_measured),
        cmocka_unit_test(runs_cover_the_dark_modules_and_nothing_else),
        cmocka_unit_test(a_label_that_is_too_small_is_refused_and_names_its_measure),
        cmocka_unit_test(a_character_without_a_glyph_is_named),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
