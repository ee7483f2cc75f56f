/* Chain before state, whatever the disk does; start-up finds the truth; the overlay shows what is
 * not yet written. */
#include "storage/overlay.h"
#include "storage/recover.h"
#include "storage/store_leveldb.h"
#include "storage/store_memory.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A toy ledger: height h adds chain row 'b' || h -> h, and overwrites state row 'n' -> h; every
 * third deletes 'd'. */
static struct changes *block_of(uint64_t height) {
    struct changes *c = changes_new();
    uint8_t key[9] = {'b'}, value[8];
    put_u64(key + 1, height);
    put_u64(value, height);
    changes_put(c, TABLE_CHAIN, span_of(key, sizeof key), span_of(value, sizeof value));
    changes_put(c, TABLE_STATE, span_text("n"), span_of(value, sizeof value));
    if (height % 3)
        changes_put(c, TABLE_STATE, span_text("d"), span_of(value, sizeof value));
    else
        changes_delete(c, TABLE_STATE, span_text("d"));
    return c;
}

static bool number_at(struct reader r, enum table table, struct span key, uint64_t *ret) {
    struct buffer b;
    buffer_init(&b, 64);
    bool there = reader_get(r, table, key, &b);
    if (there) *ret = get_u64(b.data);
    buffer_free(&b);
    return there;
}

/* The rows are exactly those of `height` blocks, chain perhaps with more. */
static void check_rows(struct reader r, uint64_t height) {
    uint64_t n = 0;
    assert_true(number_at(r, TABLE_STATE, span_text("n"), &n) && n == height);
    assert_int_equal(number_at(r, TABLE_STATE, span_text("d"), &n), height % 3 != 0);
    for (uint64_t h = 0; h <= height; h++) {
        uint8_t key[9] = {'b'};
        put_u64(key + 1, h);
        assert_true(number_at(r, TABLE_CHAIN, span_of(key, sizeof key), &n) && n == h);
    }
}

static bool write_block(struct store s, uint64_t height) {
    struct changes *c = block_of(height);
    bool ok = commit_write(s, &c, 1, height);
    changes_free(c);
    return ok;
}

static bool toy_head(const void *self, struct reader r, uint64_t height, enum recover_level level,
                     char ret_text[RECOVER_TEXT_BYTES]) {
    (void)self, (void)level;
    uint64_t n = 0;
    if (number_at(r, TABLE_STATE, span_text("n"), &n) && n == height) return true;
    snprintf(ret_text, RECOVER_TEXT_BYTES, "n is %llu", (unsigned long long)n);
    return false;
}

static bool toy_block(const void *self, struct reader r, uint64_t height,
                      char ret_text[RECOVER_TEXT_BYTES]) {
    (void)self;
    uint8_t key[9] = {'b'};
    put_u64(key + 1, height);
    uint64_t n = 0;
    if (number_at(r, TABLE_CHAIN, span_of(key, sizeof key), &n) && n == height) return true;
    snprintf(ret_text, RECOVER_TEXT_BYTES, "the row is absent or another");
    return false;
}

static const struct recover_checks toy = {NULL, toy_head, toy_block};

static void put_row(struct store s, enum table table, struct span key, struct span value) {
    struct changes *c = changes_new();
    if (value.len)
        changes_put(c, table, key, value);
    else
        changes_delete(c, table, key);
    assert_true(store_write(s, table, &c, 1, true));
    changes_free(c);
}

struct plan {
    uint32_t fail_at, calls;
    enum store_fault fault;
};

static enum store_fault planned(void *context, enum table table, bool sync) {
    struct plan *p = context;
    (void)table;
    assert_true(sync);
    return p->calls++ == p->fail_at ? p->fault : STORE_FAULT_NONE;
}

static void recover_all(struct store s, struct recover_report *report) {
    recover_open(s, &toy, RECOVER_FULL, report);
    if (report->state == RECOVER_EMPTY) {
        assert_true(write_block(s, 0));
        recover_open(s, &toy, RECOVER_FULL, report);
    }
    if (report->state == RECOVER_BEHIND) {
        for (uint64_t h = report->height + 1; h <= report->chain_height; h++) {
            struct changes *c = block_of(h);
            char text[RECOVER_TEXT_BYTES];
            assert_true(recover_replay(s, c, h, text));
            changes_free(c);
        }
        recover_open(s, &toy, RECOVER_FULL, report);
    }
    assert_int_equal(report->state, RECOVER_WHOLE);
}

static void every_write_fails_once(void **state) {
    (void)state;
    static const enum store_fault kinds[] = {STORE_FAULT_FULL, STORE_FAULT_IO,
                                             STORE_FAULT_IO_APPLIED};
    uint32_t behind = 0;
    for (size_t kind = 0; kind < 3; kind++) {
        for (uint32_t fail_at = 0; fail_at < 16; fail_at++) {
            struct store s = store_memory_new();
            struct plan plan = {.fail_at = fail_at, .fault = kinds[kind]};
            store_memory_faults(s, planned, &plan);
            uint64_t height = 0;
            while (write_block(s, height))
                height++;
            assert_true(height == fail_at / 2);
            assert_false(write_block(s, height)); /* broken stays broken */
            store_memory_crash(s, 0);
            struct recover_report report;
            recover_open(s, &toy, RECOVER_FULL, &report);
            assert_true(strlen(report.text) > 10 && report.state != RECOVER_BROKEN);
            behind += report.state == RECOVER_BEHIND;
            recover_all(s, &report);
            assert_true(report.height + 1 >= height);
            check_rows(store_reader(s), report.height);
            assert_true(write_block(s, report.height + 1));
            check_rows(store_reader(s), report.height + 1);
            store_close(s);
        }
    }
    assert_true(behind > 10);
}

static void several_blocks_at_once(void **state) {
    (void)state;
    struct store s = store_memory_new();
    assert_true(write_block(s, 0));
    struct changes *blocks[5];
    for (uint64_t i = 0; i < 5; i++)
        blocks[i] = block_of(i + 1);
    /* The second write fails: chain has all five, state none. */
    struct plan plan = {.fail_at = 1, .fault = STORE_FAULT_IO};
    store_memory_faults(s, planned, &plan);
    assert_false(commit_write(s, blocks, 5, 5));
    store_memory_crash(s, 0);
    struct recover_report report;
    recover_open(s, &toy, RECOVER_SAMPLE, &report);
    assert_true(report.state == RECOVER_BEHIND && report.height == 0 && report.chain_height == 5);
    char text[RECOVER_TEXT_BYTES] = "";
    assert_true(recover_replay(s, blocks[0], 1, text));
    check_rows(store_reader(s), 1);
    uint64_t chain = 0;
    assert_true(commit_height(store_reader(s), TABLE_CHAIN, &chain) && chain == 5);
    /* An execution that gives something else is named and not written. */
    uint8_t key[9] = {'b'};
    put_u64(key + 1, 2);
    changes_put(blocks[1], TABLE_CHAIN, span_of(key, 9), span_text("another"));
    assert_false(recover_replay(s, blocks[1], 2, text));
    assert_non_null(strstr(text, "key 620000000000000002"));
    check_rows(store_reader(s), 1);
    changes_free(blocks[1]);
    blocks[1] = block_of(2);
    assert_true(commit_write(s, blocks + 1, 4, 5));
    check_rows(store_reader(s), 5);
    recover_open(s, &toy, RECOVER_FULL, &report);
    assert_true(report.state == RECOVER_WHOLE && report.blocks_checked == 5);
    for (size_t i = 0; i < 5; i++)
        changes_free(blocks[i]);
    store_close(s);
}

static void broken_stores_are_named(void **state) {
    (void)state;
    struct recover_report report;
    static const uint8_t mark7[] = {1, 0, 0, 0, 0, 0, 0, 0, 7};
    for (int which = 0; which < 6; which++) {
        struct store s = store_memory_new();
        for (uint64_t h = 0; h < 200; h++)
            assert_true(write_block(s, h));
        const char *expected = NULL;
        uint8_t key[9] = {'b'};
        put_u64(key + 1, 150);
        switch (which) {
        case 0: /* a chain restored from an older backup */
            put_row(s, TABLE_CHAIN, span_text("!"), span_of(mark7, sizeof mark7));
            expected = "different moments";
            break;
        case 1:
            put_row(s, TABLE_STATE, span_text("!"), SPAN_EMPTY);
            expected = "does not say at which height";
            break;
        case 2: /* a state restored from an older backup: its rows and its mark do not agree */
            put_row(s, TABLE_STATE, span_text("!"), span_of(mark7, sizeof mark7));
            expected = "do not fit together: n is 199";
            break;
        case 3:
            put_row(s, TABLE_CHAIN, span_of(key, sizeof key), SPAN_EMPTY);
            expected = "height 150 does not check";
            break;
        case 4: /* the same is not looked at by the quick level */
            put_row(s, TABLE_CHAIN, span_of(key, sizeof key), SPAN_EMPTY);
            break;
        case 5: /* the state directory was deleted: it is computed again from chain */
            put_row(s, TABLE_STATE, span_text("!"), SPAN_EMPTY);
            put_row(s, TABLE_STATE, span_text("n"), SPAN_EMPTY);
            put_row(s, TABLE_STATE, span_text("d"), SPAN_EMPTY);
            recover_open(s, &toy, RECOVER_FULL, &report);
            assert_true(report.state == RECOVER_EMPTY && report.chain_height == 199);
            recover_all(s, &report);
            check_rows(store_reader(s), 199);
            break;
        }
        recover_open(s, &toy, which == 4 ? RECOVER_HEAD : RECOVER_FULL, &report);
        assert_int_equal(report.state, expected ? RECOVER_BROKEN : RECOVER_WHOLE);
        if (expected) assert_non_null(strstr(report.text, expected));
        store_close(s);
    }
    struct store s = store_memory_new();
    recover_open(s, &toy, RECOVER_FULL, &report);
    assert_int_equal(report.state, RECOVER_EMPTY);
    put_row(s, TABLE_CHAIN, span_text("x"), span_text("y"));
    recover_open(s, &toy, RECOVER_FULL, &report);
    assert_int_equal(report.state, RECOVER_BROKEN);
    store_close(s);
}

static void overlay_shows_the_newest(void **state) {
    (void)state;
    struct store s = store_memory_new();
    assert_true(write_block(s, 0));
    struct overlay *o = overlay_new(store_reader(s));
    struct changes *blocks[12];
    for (uint64_t h = 1; h < 12; h++) {
        blocks[h] = block_of(h);
        overlay_push(o, h, blocks[h]);
        check_rows(overlay_reader(o), h);
    }
    check_rows(store_reader(s), 0);
    overlay_drop(o, 0); /* below all of them */
    assert_int_equal(overlay_count(o), 11);
    for (uint64_t h = 1; h < 12; h += 2) {
        assert_true(commit_write(s, blocks + h, h < 11 ? 2 : 1, h < 11 ? h + 1 : h));
        check_rows(overlay_reader(o), 11); /* committed and still in the overlay: the same answer */
        overlay_drop(o, h < 11 ? h + 1 : h);
        check_rows(overlay_reader(o), 11);
    }
    assert_int_equal(overlay_count(o), 0);
    check_rows(store_reader(s), 11);
    for (uint64_t h = 12; h < 12 + OVERLAY_BLOCKS_MAX; h++) {
        assert_false(overlay_full(o));
        overlay_push(o, h, blocks[1 + h % 11]);
    }
    assert_true(overlay_full(o));
    overlay_free(o);
    for (uint64_t h = 1; h < 12; h++)
        changes_free(blocks[h]);
    store_close(s);
}

/* Readers on other threads see whole heights only, while a writer commits. */
struct race {
    struct store store;
    _Atomic bool stop;
    _Atomic uint64_t checked;
};

/* The order in which a pair is taken shows only when a commit falls between its halves: look often.
 */
static void look_often(struct store s) {
    for (int i = 0; i < 200; i++) {
        struct store_snapshot *snapshot = store_snapshot(s);
        struct reader r = store_snapshot_reader(snapshot);
        uint64_t state = 0, chain = 0;
        if (!commit_height(r, TABLE_STATE, &state) || !commit_height(r, TABLE_CHAIN, &chain) ||
            chain < state)
            abort();
        store_snapshot_release(snapshot);
    }
}

static void *read_on(void *context) {
    struct race *race = context;
    uint64_t before = 0;
    while (!race->stop) {
        look_often(race->store);
        struct store_snapshot *snapshot = store_snapshot(race->store);
        struct reader r = store_snapshot_reader(snapshot);
        uint64_t state = 0, chain = 0;
        if (!commit_height(r, TABLE_STATE, &state) || !commit_height(r, TABLE_CHAIN, &chain) ||
            chain < state || state < before)
            abort();
        before = state;
        check_rows(r, state);
        store_snapshot_release(snapshot);
        race->checked++;
    }
    return NULL;
}

static void race_over(struct store store) {
    struct race race = {.store = store};
    assert_true(write_block(race.store, 0));
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &race), 0);
    for (uint64_t h = 1; h < 400 || race.checked < 50; h++)
        assert_true(write_block(race.store, h));
    race.stop = true;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    store_close(race.store);
}

static void readers_see_whole_heights(void **state) {
    (void)state;
    race_over(store_memory_new());
    char directory[] = "/tmp/suyuan-race-XXXXXX", error[STORE_ERROR_BYTES], command[64];
    assert_non_null(mkdtemp(directory));
    struct store level;
    if (!store_leveldb_open(directory, NULL, &level, error)) fail_msg("%s", error);
    race_over(level);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_write_fails_once),    cmocka_unit_test(several_blocks_at_once),
        cmocka_unit_test(broken_stores_are_named),   cmocka_unit_test(overlay_shows_the_newest),
        cmocka_unit_test(readers_see_whole_heights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
