/* The spool under crashes: a process is killed at any moment of taking reads (kill -9 of a child); the next one goes on, and what
 * stands in the batches at the end is what happened: none twice, none missing. And a disk that takes no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/gateway/intake.h"
#include "tools/gateway/world.h"

static const char site[] =
    "{\"subject\":\"s\",\"key\":\"k\",\"spool\":{\"directory\":\"d\",\"disk_mib\":64},\"window\":\"2s\",\"batch\":\"5s\",\"zones\":["
    "{\"name\":\"a\",\"enter\":{\"reads\":3,\"within\":\"2s\"},\"leave\":\"20s\",\"antennas\":[{\"reader\":\"r\",\"antenna\":1}]},"
    "{\"name\":\"b\",\"enter\":{\"reads\":2},\"leave\":\"15s\",\"antennas\":[{\"reader\":\"r\",\"antenna\":2}]}],"
    "\"events\":[{\"on\":\"arrived\"},{\"on\":\"moved\"},{\"on\":\"left\"}]}";
enum { NOW = 1800000000 };

static void counts(void *self, const struct movement *m) {
    (void)m;
    ++*(uint64_t *)self;
}

struct fixture {
    struct gateway_config *config;
    char directory[64];
};
static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    struct refusal refusal;
    crypto_start();
    strcpy(f->directory, "/tmp/suyuan-intake.XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    assert_int_equal(config_parse(span_text(site), &f->config, &refusal), OK);
    f->config->spool = f->directory;
    *state = f;
    return 0;
}
static int teardown(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = {"gateway.db", "gateway.db-wal", "gateway.db-shm"};
    char path[128];
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", f->directory, names[i]);
        unlink(path);
    }
    rmdir(f->directory);
    config_free(f->config);
    free(f);
    return 0;
}

static struct world *world_of(struct fixture *f, uint64_t *truth) {
    struct world *w = NULL;
    struct refusal refusal;
    struct world_options o = {.seed = 5, .tags = 120, .visits = 3, .reads_per_visit = 8, .begin_ms = 1700000000000, .spread_ms = 30000,
                              .stray_percent = 10, .twice_percent = 10};
    assert_int_equal(world_new(f->config, &o, counts, truth, &w, &refusal), OK);
    return w;
}

/* Takes what the spool has not, in groups, and dies after `steps` of them: in the midst of a group, before or after a checkpoint. */
static void child(struct fixture *f, uint32_t steps) {
    struct intake *in = NULL;
    struct refusal refusal;
    struct tag_read r;
    uint64_t truth = 0, at = 0, clock = NOW * (uint64_t)1000;
    if (intake_open(f->config, clock, &in, &refusal) != OK) _exit(2);
    struct world *w = world_of(f, &truth);
    uint64_t have = intake_last(in);
    while (world_next(w, &r)) {
        if (at++ < have) continue; /* acknowledged: it is not sent again */
        if (intake_take(in, &r, clock) != OK) _exit(3);
        if (--steps == 0) kill(getpid(), SIGKILL);
        if (intake_group(in) >= 7 && intake_commit(in) != OK) _exit(4);
        if (at % 97 == 0 && intake_commit(in) == OK && intake_keep(in) != OK) _exit(5);
    }
    if (intake_commit(in) != OK || intake_keep(in) != OK) _exit(6);
    _exit(0);
}

static uint64_t events_in_spool(struct fixture *f) {
    struct spool *s = NULL;
    struct refusal refusal;
    struct spool_counts c;
    assert_int_equal(spool_open(f->directory, &s, &refusal), OK);
    assert_true(spool_count(s, &c));
    spool_close(s);
    return c.events_open;
}

/* Whenever it pleases the parent: also between two commits, and inside one. */
static void killed_at_any_moment(void **state) {
    struct fixture *f = *state;
    uint64_t truth = 0;
    struct tag_read r;
    struct world *w = world_of(f, &truth);
    while (world_next(w, &r)) {
    }
    world_free(w);
    int deaths = 0, status = -1;
    for (useconds_t us = 3000; status != 0; us = us * 31 % 29989 + 4000 + 200 * (useconds_t)deaths) {
        pid_t pid = fork();
        if (pid == 0) child(f, UINT32_MAX);
        usleep(us);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(status == 0 || WIFSIGNALED(status));
        deaths += status != 0;
        assert_true(deaths < 2000);
    }
    assert_true(deaths > 5);
    assert_int_equal(events_in_spool(f), truth);
}

static void killed_again_and_again(void **state) {
    struct fixture *f = *state;
    uint64_t truth = 0;
    struct tag_read r;
    struct world *w = world_of(f, &truth);
    while (world_next(w, &r)) {
    }
    world_free(w);
    int deaths = 0, status = -1;
    for (uint32_t steps = 31; status != 0; steps = steps * 7 % 251 + 40) {
        pid_t pid = fork();
        if (pid == 0) child(f, steps);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(status == 0 || WIFSIGNALED(status));
        deaths += status != 0;
        assert_true(deaths < 500);
    }
    assert_true(deaths > 15);
    assert_true(truth > 300);
    assert_int_equal(events_in_spool(f), truth);
}

static void an_hour_has_its_root(void **state) {
    struct fixture *f = *state;
    struct intake *in = NULL;
    struct refusal refusal;
    uint64_t clock = NOW * (uint64_t)1000 / HOUR_MS * HOUR_MS;
    struct tag_read r = {.time_ms = clock, .reader = span_text("x"), .epc = span_text("0"), .antenna = 9};
    assert_int_equal(intake_open(f->config, clock, &in, &refusal), OK);
    for (int i = 0; i < 5; i++) assert_int_equal(intake_take(in, &r, clock + HOUR_MS - 1), OK);
    assert_int_equal(intake_commit(in), OK);
    assert_int_equal(intake_hours(in, clock + HOUR_MS - 1), OK);
    struct spool *s = NULL;
    struct spool_hour h;
    assert_int_equal(spool_open(f->directory, &s, &refusal), OK);
    assert_true(spool_hour_from(s, 0, &h));
    assert_false(h.rooted);
    assert_int_equal(intake_hours(in, clock + HOUR_MS), OK);
    assert_true(spool_hour_from(s, 0, &h));
    assert_true(h.rooted && h.batch > 0);
    assert_int_equal(h.count, 5);
    /* The clock was set back: nothing is received in an hour that is closed. */
    assert_int_equal(intake_take(in, &r, clock), OK);
    assert_int_equal(intake_commit(in), OK);
    struct spool_hour again;
    assert_true(spool_hour_from(s, 0, &again));
    assert_int_equal(again.count, 5);
    assert_true(spool_hour_from(s, h.hour + 1, &again));
    assert_int_equal(again.count, 1);
    intake_close(in);
    /* Further back than a day: refused by name. */
    in = NULL;
    assert_int_equal(intake_open(f->config, clock - 2 * (uint64_t)INTAKE_CLOCK_BACK_MS_MAX, &in, &refusal), ERR_GATEWAY_CLOCK);
    spool_close(s);
}

static void a_full_disk(void **state) {
    struct fixture *f = *state;
    struct intake *in = NULL;
    struct refusal refusal;
    uint64_t clock = NOW * (uint64_t)1000;
    struct tag_read r = {.time_ms = clock, .reader = span_text("r"), .epc = span_text("0123456789"), .antenna = 1};
    f->config->disk_bytes = 1 << 20;
    assert_int_equal(intake_open(f->config, clock, &in, &refusal), OK);
    enum err e = OK;
    uint64_t taken = 0;
    for (int groups = 0; e == OK && groups < 200; groups++) {
        for (int i = 0; e == OK && i < 1000; i++) e = intake_take(in, &r, clock);
        if (e == OK) taken += 1000;
        if (e == OK) assert_int_equal(intake_commit(in), OK);
    }
    assert_int_equal(e, ERR_SPOOL_FULL);
    assert_true(taken > 1000);
    assert_int_equal(intake_last(in), taken);
    assert_int_equal(intake_keep(in), OK); /* what is there goes on */
    f->config->disk_bytes = 64 << 20;
    assert_int_equal(intake_take(in, &r, clock), OK);
    assert_int_equal(intake_commit(in), OK);
    intake_close(in);
}

static void not_a_spool(void **state) {
    struct fixture *f = *state;
    char path[128];
    struct spool *s = NULL;
    struct refusal refusal;
    snprintf(path, sizeof path, "%s/gateway.db", f->directory);
    FILE *file = fopen(path, "we");
    for (int i = 0; i < 1000; i++) fputs("this is no database ", file);
    fclose(file);
    assert_int_equal(spool_open(f->directory, &s, &refusal), ERR_SPOOL);
    assert_int_equal(spool_open("/nowhere/at/all", &s, &refusal), ERR_SPOOL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_again_and_again, setup, teardown),
        cmocka_unit_test_setup_teardown(killed_at_any_moment, setup, teardown),
        cmocka_unit_test_setup_teardown(an_hour_has_its_root, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(not_a_spool, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
