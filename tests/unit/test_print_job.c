/* Jobs: lines in, files out; whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/print/certificate.h"
#include "tools/print/labels.h"
#include "tools/print/lines.h"
#include "tools/print/output.h"

static char directory[] = "/tmp/suyuan-print-XXXXXX";

static int pipe_of(const char *text) {
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_true(strlen(text) < 60000 && write(fds[1], text, strlen(text)) == (ssize_t)strlen(text));
    close(fds[1]);
    return fds[0];
}

static struct outcome job(const char *text, enum labels_format format, const char *out, uint64_t count) {
    struct labels_job j = {.in = pipe_of(text), .in_name = "-", .out = out, .format = format, .module = 0.6, .count = count};
    struct outcome o;
    assert_int_equal(sheet_find("62x29mm", &j.sheet), OK);
    labels_run(&j, &o);
    close(j.in);
    return o;
}

static void refused(const char *text, uint64_t count, enum err e, const char *where) {
    struct outcome o = job(text, LABELS_CSV, "refused.csv", count);
    if (o.exit != PRINT_REFUSED || o.refusal.err != e || strcmp(o.refusal.where, where) != 0)
        fail_msg("%s: %d %s at \"%s\"", text, (int)o.exit, err_name(o.refusal.err), o.refusal.where);
    assert_int_not_equal(access("refused.csv", F_OK), 0);
}

/* No name but those expected: nothing temporary is left. */
static uint32_t files_here(void) {
    char text[16] = "";
    FILE *ls = popen("ls | wc -l", "r");
    assert_true(ls != NULL && fgets(text, sizeof text, ls) != NULL);
    pclose(ls);
    return (uint32_t)strtoul(text, NULL, 10);
}

#define ONE "{\"url\":\"https://a.cn/21/A\",\"serial\":\"A\"}"

static void a_refusal_names_the_line_and_leaves_nothing(void **state) {
    (void)state;
    refused("", 0, ERR_PRINT_EMPTY, "");
    refused("\n", 0, ERR_JSON_SYNTAX, "line 1: column 0");
    refused(ONE "\n" ONE "\n{\"url\":\"ftp://x\",\"serial\":\"A\"}\n", 0, ERR_PRINT_URL, "line 3: url");
    refused(ONE "\n{\"url\":}\n", 0, ERR_JSON_SYNTAX, "line 2: column 8");
    refused(ONE "\n\xff\n", 0, ERR_CODEC_UTF8, "line 2");
    refused(ONE "\n{\"url\":\"https://a.cn\",\"serial\":\"=1\"}\n", 0, ERR_PRINT_FORMULA, "line 2: serial");
    refused(ONE "\n" ONE "\n", 3, ERR_PRINT_COUNT, "2 / 3");
    refused(ONE "\n" ONE "\n", 1, ERR_PRINT_COUNT, "line 2: > 1");
    char *large = malloc(40000);
    memset(large, ' ', 40000);
    memcpy(large, ONE "\n", sizeof ONE);
    large[39999] = 0;
    refused(large, 0, ERR_TOO_LARGE, "line 2");
    free(large);
    assert_int_equal(files_here(), 0);
}

static void a_file_is_private_whole_and_replaces_the_old_one(void **state) {
    (void)state;
    struct stat st;
    char text[256] = "";
    struct outcome o = job(ONE "\n" ONE, LABELS_CSV, "a.csv", 2);
    assert_true(o.exit == PRINT_DONE && o.labels == 2 && o.files == 1);
    assert_int_equal(stat("a.csv", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    int fd = open("a.csv", O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) == (ssize_t)o.bytes);
    close(fd);
    assert_string_equal(text, "\xef\xbb\xbfindex,serial,url,inner\r\n1,A,https://a.cn/21/A,\r\n2,A,https://a.cn/21/A,\r\n");
    assert_int_equal(job(ONE, LABELS_CSV, "a.csv", 0).exit, PRINT_DONE);
    /* A failure leaves the old file as it was. */
    assert_int_equal(job(ONE "\n?", LABELS_CSV, "a.csv", 0).exit, PRINT_REFUSED);
    assert_true(stat("a.csv", &st) == 0 && st.st_size == (off_t)strlen(text) - 26 + 2);
    assert_int_equal(job(ONE, LABELS_CSV, "nowhere/a.csv", 0).exit, PRINT_NOT_FOUND);
    assert_int_equal(files_here(), 1);
    assert_int_equal(unlink("a.csv"), 0);
}

static void a_set_of_sheets_mixes_with_no_older_one(void **state) {
    (void)state;
    struct outcome o = job(ONE "\n" ONE "\n" ONE, LABELS_SVG, "s.svg", 3);
    assert_true(o.exit == PRINT_DONE && o.files == 3 && o.pages == 3);
    assert_true(access("s-00001.svg", F_OK) == 0 && access("s-00003.svg", F_OK) == 0 && files_here() == 3);
    /* the first is there */
    o = job(ONE, LABELS_SVG, "s.svg", 0);
    assert_true(o.exit == PRINT_BROKEN && o.error == EEXIST);
    /* only the one after the last is there */
    assert_true(unlink("s-00001.svg") == 0 && unlink("s-00002.svg") == 0);
    o = job(ONE "\n" ONE, LABELS_SVG, "s.svg", 0);
    assert_true(o.exit == PRINT_BROKEN && o.error == EEXIST && files_here() == 1);
    assert_int_equal(unlink("s-00003.svg"), 0);
}

static void a_full_disk_is_said_and_leaves_nothing(void **state) {
    (void)state;
    /* /dev/full is no file that can be replaced: through a descriptor. */
    struct output out;
    output_begin(&out, "full.pdf", false, 0600);
    assert_true(output_next(&out));
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0 && dup2(full, out.fd) == out.fd);
    close(full);
    struct canvas *c = canvas_open(CANVAS_PDF, 100, 100, (struct sink){output_write, &out}, "t");
    static struct qr q;
    for (int i = 0; i < 200; i++) {
        qr_encode(span_text("https://id.lucheng.gov.cn/01/06901234567892/21/ABCDE0001Q7R2T9UW3P"), &q);
        canvas_qr(c, 10, 10, 1, &q);
        canvas_page_end(c);
    }
    assert_false(canvas_close(c));
    assert_int_equal(out.error, ENOSPC);
    assert_false(output_commit(&out));
    output_abandon(&out);
    assert_int_equal(files_here(), 0);
}

static void lines_come_whole_however_they_arrive(void **state) {
    (void)state;
    static struct lines l;
    struct span line;
    int fd = pipe_of("one\n\nthree\r\nlast");
    lines_begin(&l, fd);
    static const char *const wanted[] = {"one", "", "three\r", "last"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(lines_next(&l, &line), LINE_READ);
        assert_true(span_is(line, wanted[i]));
    }
    assert_int_equal(lines_next(&l, &line), LINE_END);
    assert_int_equal(lines_next(&l, &line), LINE_END);
    close(fd);
    char *large = malloc(3 * LINE_BYTES_MAX);
    memset(large, 'a', 3 * LINE_BYTES_MAX);
    large[LINE_BYTES_MAX] = '\n';
    large[3 * LINE_BYTES_MAX - 1] = 0;
    fd = pipe_of(large);
    lines_begin(&l, fd);
    assert_int_equal(lines_next(&l, &line), LINE_READ);
    assert_int_equal(line.len, LINE_BYTES_MAX);
    assert_int_equal(lines_next(&l, &line), LINE_LONG);
    close(fd);
    free(large);
}

#define HEAD "{\"title_zh\":\"承诺达标合格证\",\"title_en\":\"t\",\"number\":\"1\",\"issuer\":\"某单位\""

static void what_is_wrong_with_a_certificate_is_named_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum err err;
        const char *where;
    } rows[] = {
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"en\":\"a\",\"value\":\"1\"}]}", OK, ""},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"}],\"state\":\"revoked\"}", OK, ""},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"}],\"state\":\"valid\"}", ERR_PRINT_FIELD, "state"},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"}],\"qr\":\"ftp://a\"}", ERR_PRINT_URL, "qr"},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"}],\"boxes\":[{\"zh\":\"乙\",\"ticked\":1}]}", ERR_PRINT_FIELD, "boxes[0].ticked"},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"}],\"boxes\":[{\"zh\":\"乙\"}]}", ERR_PRINT_FIELD, "boxes[0].ticked"},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"},{\"zh\":\"甲\",\"value\":\"\\u0000\"}]}", ERR_CODEC_UTF8, NULL},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"value\":\"1\"},{\"zh\":\"甲\",\"value\":\"\\u001b[2J\"}]}", ERR_PRINT_TEXT, "rows[1].value"},
        {HEAD ",\"rows\":[{\"zh\":\"甲\",\"colour\":\"1\"}]}", ERR_PRINT_FIELD, "rows[0].colour"},
        {HEAD ",\"rows\":[]}", ERR_PRINT_FIELD, "rows"},
        {HEAD "}", ERR_PRINT_FIELD, "rows"},
    };
    struct buffer store;
    buffer_init(&store, 1 << 20);
    struct certificate *cert = calloc(1, sizeof *cert);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct refusal r = {0};
        enum err e = certificate_read(span_text(rows[i].json), &store, cert, &r);
        if (e != rows[i].err || (rows[i].where != NULL && e != OK && strcmp(rows[i].where, r.where) != 0))
            fail_msg("%s: %s at \"%s\"", rows[i].json, err_name(e), r.where);
    }
    free(cert);
    buffer_free(&store);
}

static void a_certificate_of_too_many_pages_is_refused(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_text(&b, HEAD ",\"rows\":[");
    for (int i = 0; i < CERTIFICATE_ROWS_MAX; i++) {
        buffer_printf(&b, "%s{\"zh\":\"甲\",\"value\":\"", i > 0 ? "," : "");
        for (int n = 0; n < 680; n++)
            buffer_text(&b, "鞋");
        buffer_text(&b, "\"}");
    }
    buffer_text(&b, "]}");
    struct outcome o;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    close(fds[1]);
    FILE *f = fopen("long.json", "w");
    assert_true(fwrite(b.data, 1, b.len, f) == b.len && fclose(f) == 0);
    int fd = open("long.json", O_RDONLY);
    certificate_run(fd, "long.json", "long.pdf", &o);
    close(fd);
    assert_true(o.exit == PRINT_REFUSED && o.refusal.err == ERR_PRINT_PAGES);
    assert_int_equal(unlink("long.json"), 0);
    assert_int_equal(files_here(), 0);
    buffer_free(&b);
}

static int begin(void **state) {
    (void)state;
    return mkdtemp(directory) != NULL && chdir(directory) == 0 ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_whole_however_they_arrive),
        cmocka_unit_test(a_refusal_names_the_line_and_leaves_nothing),
        cmocka_unit_test(a_file_is_private_whole_and_replaces_the_old_one),
        cmocka_unit_test(a_set_of_sheets_mixes_with_no_older_one),
        cmocka_unit_test(a_full_disk_is_said_and_leaves_nothing),
        cmocka_unit_test(what_is_wrong_with_a_certificate_is_named_with_its_place),
        cmocka_unit_test(a_certificate_of_too_many_pages_is_refused),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
