/* The tallies on disk: counted, bounded, forgotten, and unchanged when their hour is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/scans.h"

#define PIECE "https://id.gs1.org/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H"
#define NOW ((uint64_t)495000 * SCAN_HOUR_MS)
#define DAY ((uint64_t)24 * SCAN_HOUR_MS)

struct fixture {
    char directory[64], path[96];
    uint64_t now;
    struct scans_options options;
    struct scans *scans;
    struct arena arena;
    struct scans_rows rows;
};

static uint64_t clock_of(void *self) {
    return ((struct fixture *)self)->now;
}

static void reopen(struct fixture *f) {
    char why[SCANS_ERROR_BYTES] = "";
    scans_close(f->scans);
    f->scans = scans_open(f->path, &f->options, why);
    if (f->scans == NULL) fail_msg("%s", why);
}

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    strcpy(f->directory, "/tmp/suyuan-scans-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/scans.sqlite", f->directory);
    f->now = NOW;
    f->options = (struct scans_options){clock_of, f, 3, 50};
    arena_init(&f->arena, 16 << 20);
    reopen(f);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    char path[128];
    scans_close(f->scans);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, ends[i]);
        unlink(path);
    }
    rmdir(f->directory);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static enum err tally(struct fixture *f, const char *identifier, const char *division) {
    return scans_tally(f->scans, span_text(identifier), span_text(division));
}

static size_t of_code(struct fixture *f) {
    assert_int_equal(scans_of_code(f->scans, span_text(PIECE), &f->arena, &f->rows), OK);
    return f->rows.count;
}

static size_t of_hour(struct fixture *f, uint64_t hour) {
    assert_int_equal(scans_of_hour(f->scans, hour, &f->arena, &f->rows), OK);
    return f->rows.count;
}

static void counted(void **state) {
    struct fixture *f = *state;
    struct stat st;
    struct digest root;
    assert_int_equal(of_code(f), 0);
    assert_int_equal(tally(f, PIECE, "330302"), OK);
    assert_int_equal(tally(f, PIECE, ""), OK);
    assert_int_equal(tally(f, PIECE, "330302"), OK);
    f->now += SCAN_HOUR_MS - 1;
    assert_int_equal(tally(f, PIECE, "330302"), OK);
    f->now += 1;
    assert_int_equal(tally(f, PIECE, "330302"), OK);
    reopen(f);
    assert_int_equal(of_code(f), 3);
    assert_true(f->rows.rows[0].hour_ms == NOW && f->rows.rows[0].division.len == 0 && f->rows.rows[0].count == 1);
    assert_true(span_is(f->rows.rows[1].division, "330302") && f->rows.rows[1].count == 3 && !f->rows.cut);
    assert_true(f->rows.rows[2].hour_ms == NOW + SCAN_HOUR_MS && f->rows.rows[2].count == 1);
    assert_int_equal(of_hour(f, NOW), 2);
    assert_true(f->rows.over && f->rows.dropped == 0);
    assert_int_equal(scan_root(f->rows.rows, f->rows.count, &root), OK);
    assert_int_equal(of_hour(f, NOW + SCAN_HOUR_MS), 1);
    assert_false(f->rows.over);
    assert_int_equal(of_hour(f, 0), 0);
    assert_true(stat(f->path, &st) == 0 && (st.st_mode & 0777) == 0600);
}

#define OTHER "https://id.gs1.org/01/06901234567892/21/K7M2Q003F9XW4T0BRN2J"

/* In the order of F2 whatever the order of the scans: first the identifier, then the division. */
static void in_order(void **state) {
    struct fixture *f = *state;
    struct digest root;
    assert_int_equal(tally(f, OTHER, "11"), OK);
    assert_int_equal(tally(f, PIECE, "33"), OK);
    assert_int_equal(tally(f, PIECE, ""), OK);
    assert_int_equal(of_hour(f, NOW), 3);
    assert_true(span_is(f->rows.rows[0].identifier, PIECE) && f->rows.rows[0].division.len == 0);
    assert_true(span_is(f->rows.rows[1].identifier, PIECE) && span_is(f->rows.rows[1].division, "33"));
    assert_true(span_is(f->rows.rows[2].identifier, OTHER) && span_is(f->rows.rows[2].division, "11"));
    assert_int_equal(scan_root(f->rows.rows, f->rows.count, &root), OK);
}

static void refused(void **state) {
    struct fixture *f = *state;
    assert_int_equal(tally(f, "https://id.gs1.org/01/06901234567892", ""), ERR_SCAN_PIECE);
    assert_int_equal(tally(f, PIECE, "3303021"), ERR_SCAN_PIECE);
    assert_int_equal(tally(f, PIECE, "'; DROP"), ERR_SCAN_PIECE);
    assert_int_equal(of_hour(f, NOW), 0);
}

static void an_hour_is_bounded(void **state) {
    struct fixture *f = *state;
    static const char *const divisions[] = {"11", "12", "13", "14", "15"};
    for (int i = 0; i < 5; i++)
        assert_int_equal(tally(f, PIECE, divisions[i]), OK);
    assert_int_equal(tally(f, PIECE, "11"), OK);
    assert_int_equal(of_hour(f, NOW), 3);
    assert_true(f->rows.dropped == 2 && f->rows.rows[0].count == 2);
    /* The next hour has room again. */
    f->now += SCAN_HOUR_MS;
    assert_int_equal(tally(f, PIECE, "14"), OK);
    assert_int_equal(of_hour(f, f->now), 1);
}

static void reports_are_bounded(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++)
        assert_int_equal(tally(f, PIECE, "11"), OK);
    assert_int_equal(tally(f, PIECE, "11"), ERR_SCAN_BUSY);
    f->now += 20; /* one fiftieth of a second: one more */
    assert_int_equal(tally(f, PIECE, "11"), OK);
    assert_int_equal(tally(f, PIECE, "11"), ERR_SCAN_BUSY);
    f->now += 5000;
    assert_int_equal(tally(f, PIECE, "11"), OK);
}

static void forgotten(void **state) {
    struct fixture *f = *state;
    struct scans_totals t;
    static const char *const places[] = {"11", "12", "13", "14"}; /* the last is dropped */
    for (int i = 0; i < 4; i++)
        assert_int_equal(tally(f, OTHER, places[i]), OK);
    assert_int_equal(of_hour(f, NOW), 3);
    assert_int_equal(f->rows.dropped, 1);
    f->now += SCAN_HOUR_MS;
    assert_int_equal(tally(f, PIECE, "11"), OK);
    scans_totals(f->scans, &t);
    assert_true(t.rows == 4 && t.oldest_ms == NOW && t.tallied == 4 && t.dropped == 1);
    f->now = NOW + 183 * DAY;
    scans_totals(f->scans, &t); /* not counted any more, though still on the disk */
    assert_true(t.rows == 1 && t.oldest_ms == NOW + SCAN_HOUR_MS);
    assert_int_equal(tally(f, PIECE, "12"), OK);
    f->now = NOW;
    assert_int_equal(of_hour(f, NOW), 0);
    assert_int_equal(f->rows.dropped, 0);
}

/* Seen by reading too, before anything is written again. */
static void forgotten_unwritten(void **state) {
    struct fixture *f = *state;
    assert_int_equal(tally(f, PIECE, "11"), OK);
    f->now += 183 * DAY - 1;
    assert_int_equal(of_code(f), 1);
    f->now += 1;
    assert_int_equal(of_code(f), 0); /* not given any more, though nothing was written since */
    assert_int_equal(of_hour(f, NOW), 0);
    assert_int_equal(tally(f, PIECE, "12"), OK);
    f->now = NOW; /* were it on the disk still, this clock would show it */
    assert_int_equal(of_hour(f, NOW), 0);
}

static void the_clock_goes_back(void **state) {
    struct fixture *f = *state;
    f->now += SCAN_HOUR_MS;
    assert_int_equal(tally(f, PIECE, "11"), OK);
    f->now = NOW + SCAN_HOUR_MS - 1;
    assert_int_equal(tally(f, PIECE, "11"), ERR_SCAN_CLOCK);
    assert_int_equal(of_hour(f, NOW), 0);
    f->now = NOW + 2 * SCAN_HOUR_MS;
    assert_int_equal(of_hour(f, NOW + SCAN_HOUR_MS), 1);
    assert_true(f->rows.over);
    f->now = NOW + SCAN_HOUR_MS + 5; /* told to be over: it stays so */
    assert_int_equal(tally(f, PIECE, "11"), ERR_SCAN_CLOCK);
    assert_int_equal(of_hour(f, NOW + SCAN_HOUR_MS), 1);
    assert_true(f->rows.over && f->rows.rows[0].count == 1);
}

static void not_ours(void **state) {
    struct fixture *f = *state;
    char why[SCANS_ERROR_BYTES] = "";
    FILE *file = fopen(f->path, "w");
    scans_close(f->scans);
    f->scans = NULL;
    assert_non_null(file);
    for (int i = 0; i < 200; i++)
        fputs("this is no database\n", file);
    fclose(file);
    assert_null(scans_open(f->path, &f->options, why));
    assert_true(strlen(why) > 0);
}

static void *tally_some(void *context) {
    for (int i = 0; i < 20; i++)
        CHECK(tally(context, PIECE, "33") == OK);
    return NULL;
}

static void from_two_threads(void **state) {
    struct fixture *f = *state;
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, tally_some, f), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(of_code(f), 1);
    assert_int_equal(f->rows.rows[0].count, 40);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(counted),   TEST(in_order), TEST(refused),  TEST(an_hour_is_bounded), TEST(reports_are_bounded), TEST(forgotten),
        TEST(forgotten_unwritten),
        TEST(the_clock_goes_back), TEST(not_ours), TEST(from_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
