/* A job of the printing program: fed, ended, refused, gone, cancelled. */
#include "tools/print_job.h" /* before cmocka.h, which has a macro `fail` */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[] = "/tmp/suyuan-job-XXXXXX";
static char said[4096]; /* what the failure was */

static const char line[] = "{\"url\":\"https://a.cn/21/A\",\"serial\":\"A\",\"inner\":\"X\"}";

/* Standard error into a file while the job ends. */
static int ended(struct tool *t, struct print_job *job) {
    int saved = dup(STDERR_FILENO), fd = open("said", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO);
    int code = print_job_end(t, job, "help");
    fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) == STDERR_FILENO && lseek(fd, 0, SEEK_SET) == 0);
    close(saved);
    ssize_t n = read(fd, said, sizeof said - 1);
    said[n > 0 ? n : 0] = 0;
    close(fd);
    assert_int_equal(unlink("said"), 0);
    return code;
}

static struct tool tool(void) {
    struct tool t = {.lang = LANG_EN};
    arena_init(&t.arena, 1 << 20);
    return t;
}

static void start(struct tool *t, struct print_job *job, const char *count) {
    const char *const words[] = {"labels", "--out", "out.csv", "--count", count, NULL};
    assert_int_equal(print_job_start(t, SUYUAN_PRINT, words, job), EXIT_OK);
}

static void lines_go_in_and_a_file_comes_out(void **state) {
    (void)state;
    struct tool t = tool();
    struct print_job job;
    start(&t, &job, "3000");
    for (int i = 0; i < 3000; i++)
        assert_true(print_job_line(&job, span_text(line)));
    if (ended(&t, &job) != EXIT_OK) fail_msg("%s", said);
    assert_string_equal(said, "");
    assert_int_equal(access("out.csv", F_OK), 0);
    assert_int_equal(unlink("out.csv"), 0);
    arena_free(&t.arena);
}

static void its_refusal_is_ours(void **state) {
    (void)state;
    struct tool t = tool();
    struct print_job job;
    start(&t, &job, "1000000");
    /* It stops reading at the second; we go on until the pipe is gone, without SIGPIPE. */
    bool more = print_job_line(&job, span_text(line)) && print_job_line(&job, span_text("{\"url\":\"x\"}"));
    for (int i = 0; more && i < 1000000; i++)
        more = print_job_line(&job, span_text(line));
    assert_false(more);
    assert_int_equal(ended(&t, &job), EXIT_REFUSED);
    if (strstr(said, "line 2: serial: ") == NULL || strstr(said, "[ERR_PRINT_FIELD]") == NULL) fail_msg("%s", said);
    /* What ends early is no smaller pack. */
    start(&t, &job, "2");
    assert_true(print_job_line(&job, span_text(line)));
    assert_int_equal(ended(&t, &job), EXIT_REFUSED);
    if (strstr(said, "1 / 2: ") == NULL || strstr(said, "[ERR_PRINT_COUNT]") == NULL) fail_msg("%s", said);
    assert_int_not_equal(access("out.csv", F_OK), 0);
    arena_free(&t.arena);
}

static void a_broken_world_is_said_with_its_exit_code(void **state) {
    (void)state;
    struct tool t = tool();
    struct print_job job;
    static const char *const nowhere[] = {"labels", "--out", "nowhere/out.csv", NULL}, *const usage[] = {"labels", "--out", "x", NULL};
    assert_int_equal(print_job_start(&t, SUYUAN_PRINT, nowhere, &job), EXIT_OK);
    (void)!print_job_line(&job, span_text(line));
    assert_int_equal(ended(&t, &job), EXIT_NOT_FOUND);
    if (strstr(said, "nowhere/out.csv: ") == NULL) fail_msg("%s", said);
    assert_int_equal(print_job_start(&t, SUYUAN_PRINT, usage, &job), EXIT_OK);
    assert_int_equal(ended(&t, &job), EXIT_USAGE);
    if (strstr(said, "--format") == NULL) fail_msg("%s", said);
    arena_free(&t.arena);
}

static void a_program_that_dies_or_is_none_is_named(void **state) {
    (void)state;
    struct tool t = tool();
    struct print_job job;
    static const char *const none[] = {NULL};
    assert_int_equal(print_job_start(&t, "/bin/false", none, &job), EXIT_OK);
    assert_int_equal(ended(&t, &job), EXIT_BROKEN);
    if (strstr(said, "[ERR_PRINT_ENDED]") == NULL) fail_msg("%s", said);
    assert_int_equal(print_job_start(&t, "/dev/null", none, &job), EXIT_OK);
    assert_int_equal(ended(&t, &job), EXIT_BROKEN);
    if (strstr(said, "exit 127") == NULL) fail_msg("%s", said);
    arena_free(&t.arena);
}

static void a_cancelled_job_leaves_nothing(void **state) {
    (void)state;
    struct tool t = tool();
    struct print_job job = {0};
    print_job_cancel(&job);
    for (int round = 0; round < 5; round++) {
        start(&t, &job, "1");
        assert_true(print_job_line(&job, span_text(line)));
        usleep((unsigned)round * 20000); /* before it has begun, and while it waits for the end */
        print_job_cancel(&job);
        assert_int_equal(job.pid, 0);
        assert_int_not_equal(access("out.csv", F_OK), 0);
    }
    arena_free(&t.arena);
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
        cmocka_unit_test(lines_go_in_and_a_file_comes_out),
        cmocka_unit_test(its_refusal_is_ours),
        cmocka_unit_test(a_broken_world_is_said_with_its_exit_code),
        cmocka_unit_test(a_program_that_dies_or_is_none_is_named),
        cmocka_unit_test(a_cancelled_job_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
