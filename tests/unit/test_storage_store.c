/* Both stores give the same answers to the same random operations, and a snapshot never moves. */
#include "storage/store_leveldb.h"
#include "storage/store_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

struct world {
    struct store level, memory;
    char directory[64];
};

static void directory_remove(const char *directory) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    assert_int_equal(system(command), 0);
}

static void world_open(struct world *w) {
    char error[STORE_ERROR_BYTES];
    struct store_leveldb_options small = {.cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10};
    if (!store_leveldb_open(w->directory, &small, &w->level, error)) fail_msg("%s", error);
}

static int setup(void **state) {
    struct world *w = check_alloc(1, sizeof *w);
    snprintf(w->directory, sizeof w->directory, "/tmp/suyuan-store-XXXXXX");
    assert_non_null(mkdtemp(w->directory));
    world_open(w);
    w->memory = store_memory_new();
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct world *w = *state;
    store_close(w->level);
    store_close(w->memory);
    directory_remove(w->directory);
    free(w);
    return 0;
}

static struct span random_key(uint64_t *seed, uint8_t key[8]) {
    size_t len = 1 + draw(seed) % 3;
    for (size_t i = 0; i < len; i++) {
        static const uint8_t letters[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 'a'};
        key[i] = letters[draw(seed) % sizeof letters];
    }
    return span_of(key, len);
}

static struct changes *random_changes(uint64_t *seed) {
    struct changes *c = changes_new();
    size_t count = draw(seed) % 12;
    for (size_t i = 0; i < count; i++) {
        uint8_t key[8], value[300];
        struct span k = random_key(seed, key);
        enum table table = draw(seed) % 2 ? TABLE_CHAIN : TABLE_STATE;
        if (draw(seed) % 4 == 0) {
            changes_delete(c, table, k);
            continue;
        }
        size_t len = draw(seed) % sizeof value;
        for (size_t b = 0; b < len; b++)
            value[b] = (uint8_t)draw(seed);
        changes_put(c, table, k, span_of(value, len));
    }
    return c;
}

struct gather {
    struct buffer *out;
    uint32_t left;
};

static bool gather_row(void *context, struct span key, struct span value) {
    struct gather *g = context;
    buffer_u32(g->out, (uint32_t)key.len);
    buffer_append_span(g->out, key);
    buffer_u32(g->out, (uint32_t)value.len);
    buffer_append_span(g->out, value);
    return --g->left > 0;
}

static void gather_range(struct reader r, enum table table, struct span from, struct span to,
                         uint32_t max, struct buffer *out) {
    struct gather g = {out, max};
    reader_scan(r, table, from, to, gather_row, &g);
}

static void gather_all(struct reader r, struct buffer *out) {
    static const uint8_t last[] = {0xff, 0xff, 0xff, 0xff, 0xff};
    buffer_clear(out);
    for (int t = 0; t < 2; t++) {
        gather_range(r, (enum table)t, SPAN_EMPTY, span_of(last, sizeof last), UINT32_MAX, out);
        buffer_u8(out, 0xee);
    }
    assert_false(out->overflow);
}

static void compare_some(struct reader a, struct reader b, uint64_t *seed) {
    struct buffer x, y;
    buffer_init(&x, 1 << 24);
    buffer_init(&y, 1 << 24);
    for (int i = 0; i < 6; i++) {
        uint8_t key[8], other[8];
        struct span k = random_key(seed, key), o = random_key(seed, other);
        enum table table = i % 2 ? TABLE_CHAIN : TABLE_STATE;
        assert_int_equal(reader_get(a, table, k, &x), reader_get(b, table, k, &y));
        assert_true(span_equal(buffer_span(&x), buffer_span(&y)));
        buffer_clear(&x);
        buffer_clear(&y);
        uint32_t max = 1 + (uint32_t)draw(seed) % 9;
        gather_range(a, table, k, o, max, &x);
        gather_range(b, table, k, o, max, &y);
        assert_true(span_equal(buffer_span(&x), buffer_span(&y)));
    }
    buffer_free(&x);
    buffer_free(&y);
}

enum { SNAPSHOTS = 5, STEPS = 1500 };

struct held {
    struct store_snapshot *level, *memory;
    struct buffer content;
};

static void held_release(struct held *h) {
    if (!h->level) return;
    struct buffer now;
    buffer_init(&now, 1 << 24);
    gather_all(store_snapshot_reader(h->level), &now);
    assert_true(span_equal(buffer_span(&now), buffer_span(&h->content)));
    gather_all(store_snapshot_reader(h->memory), &now);
    assert_true(span_equal(buffer_span(&now), buffer_span(&h->content)));
    buffer_free(&now);
    buffer_free(&h->content);
    store_snapshot_release(h->level);
    store_snapshot_release(h->memory);
    h->level = NULL;
}

static void held_take(struct held *h, struct world *w) {
    held_release(h);
    h->level = store_snapshot(w->level);
    h->memory = store_snapshot(w->memory);
    buffer_init(&h->content, 1 << 24);
    gather_all(store_snapshot_reader(h->level), &h->content);
}

static void same_answers(void **state) {
    struct world *w = *state;
    struct held held[SNAPSHOTS] = {0};
    uint64_t seed = 20260101;
    for (int step = 0; step < STEPS; step++) {
        struct changes *sets[2] = {random_changes(&seed), random_changes(&seed)};
        bool sync = draw(&seed) % 50 == 0;
        for (int t = 0; t < 2; t++) {
            assert_true(store_write(w->level, (enum table)t, sets, 2, sync));
            assert_true(store_write(w->memory, (enum table)t, sets, 2, sync));
        }
        changes_free(sets[0]);
        changes_free(sets[1]);
        compare_some(store_reader(w->level), store_reader(w->memory), &seed);
        if (step % 37 == 0) held_take(&held[draw(&seed) % SNAPSHOTS], w);
        if (step % 400 == 399) store_compact(w->level, TABLE_STATE, SPAN_EMPTY, SPAN_EMPTY);
        if (step % 500 == 250) {
            for (int i = 0; i < SNAPSHOTS; i++)
                held_release(&held[i]);
            store_close(w->level);
            world_open(w);
        }
    }
    for (int i = 0; i < SNAPSHOTS; i++)
        held_release(&held[i]);
    struct buffer x, y;
    buffer_init(&x, 1 << 24);
    buffer_init(&y, 1 << 24);
    gather_all(store_reader(w->level), &x);
    gather_all(store_reader(w->memory), &y);
    assert_true(x.len > 1000 && span_equal(buffer_span(&x), buffer_span(&y)));
    buffer_free(&x);
    buffer_free(&y);
}

static void put_number(struct store s, enum table table, uint64_t n, bool sync) {
    struct changes *c = changes_new();
    uint8_t key[8];
    put_u64(key, n);
    changes_put(c, table, span_of(key, 8), span_of(key, 8));
    assert_true(store_write(s, table, &c, 1, sync));
    changes_free(c);
}

static bool has_number(struct reader r, enum table table, uint64_t n) {
    struct buffer b;
    buffer_init(&b, 64);
    uint8_t key[8];
    put_u64(key, n);
    bool there = reader_get(r, table, span_of(key, 8), &b);
    buffer_free(&b);
    return there;
}

static void crash_drops_unsynced(void **state) {
    struct store s = ((struct world *)*state)->memory;
    put_number(s, TABLE_CHAIN, 1, true);
    put_number(s, TABLE_CHAIN, 2, false);
    put_number(s, TABLE_CHAIN, 3, false);
    put_number(s, TABLE_STATE, 4, false);
    struct store_snapshot *before = store_snapshot(s);
    store_memory_crash(s, 1);
    struct reader r = store_reader(s);
    assert_true(has_number(r, TABLE_CHAIN, 1) && has_number(r, TABLE_CHAIN, 2));
    assert_false(has_number(r, TABLE_CHAIN, 3));
    assert_true(has_number(r, TABLE_STATE, 4));
    assert_true(has_number(store_snapshot_reader(before), TABLE_CHAIN, 3));
    store_snapshot_release(before);
    put_number(s, TABLE_CHAIN, 5, false);
    put_number(s, TABLE_CHAIN, 6, true); /* a sync takes the earlier ones along */
    store_memory_crash(s, 0);
    assert_true(has_number(r, TABLE_CHAIN, 5) && has_number(r, TABLE_CHAIN, 6));
    assert_int_equal(store_memory_rows(s, TABLE_CHAIN), 4);
}

static enum store_fault fault_of(void *context, enum table table, bool sync) {
    (void)table, (void)sync;
    return *(enum store_fault *)context;
}

static void faults(void **state) {
    struct store s = ((struct world *)*state)->memory;
    enum store_fault fault = STORE_FAULT_NONE;
    store_memory_faults(s, fault_of, &fault);
    put_number(s, TABLE_STATE, 1, true);
    static const enum store_fault kinds[] = {STORE_FAULT_FULL, STORE_FAULT_IO,
                                             STORE_FAULT_IO_APPLIED};
    for (size_t i = 0; i < 3; i++) {
        fault = kinds[i];
        struct changes *c = changes_new();
        uint8_t key[8];
        put_u64(key, 10 + i);
        changes_put(c, TABLE_STATE, span_of(key, 8), span_of(key, 8));
        assert_string_equal(store_error(s), "");
        assert_false(store_write(s, TABLE_STATE, &c, 1, true));
        fault = STORE_FAULT_NONE;
        /* Broken stays broken until the restart, and reads go on. */
        assert_false(store_write(s, TABLE_STATE, &c, 1, true));
        changes_free(c);
        assert_true(strlen(store_error(s)) > 0);
        assert_true(has_number(store_reader(s), TABLE_STATE, 1));
        store_memory_crash(s, 0);
        assert_int_equal(has_number(store_reader(s), TABLE_STATE, 10 + i),
                         kinds[i] == STORE_FAULT_IO_APPLIED);
    }
}

static void second_opener_is_refused(void **state) {
    struct world *w = *state;
    struct store other;
    char error[STORE_ERROR_BYTES] = "";
    assert_false(store_leveldb_open(w->directory, NULL, &other, error));
    assert_non_null(strstr(error, "LOCK"));
    assert_false(store_leveldb_open("/proc/nowhere/store", NULL, &other, error));
}

/* A killed process lets go of its files a moment after its successor was started. */
static void second_opener_waits_for_the_first(void **state) {
    (void)state;
    char directory[] = "/tmp/suyuan-lock-XXXXXX", error[STORE_ERROR_BYTES] = "";
    struct store other;
    int open[2], told = 0;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(pipe(open), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store mine;
        if (!store_leveldb_open(directory, NULL, &mine, error)) _exit(1);
        (void)!write(open[1], "x", 1);
        (void)usleep(300 * 1000);
        _exit(0); /* without store_close */
    }
    assert_int_equal(read(open[0], &told, 1), 1);
    struct store_leveldb_options options = {.lock_wait_ms = 40};
    assert_false(store_leveldb_open(directory, &options, &other, error));
    assert_non_null(strstr(error, "LOCK"));
    options.lock_wait_ms = 30000;
    assert_true(store_leveldb_open(directory, &options, &other, error));
    store_close(other);
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)close(open[0]);
    (void)close(open[1]);
    directory_remove(directory);
}

static void sizes_grow(void **state) {
    struct world *w = *state;
    assert_int_equal(store_size(w->memory, TABLE_CHAIN), 0);
    for (uint64_t i = 0; i < 20000; i++)
        put_number(w->level, TABLE_CHAIN, i, false);
    store_compact(w->level, TABLE_CHAIN, SPAN_EMPTY, SPAN_EMPTY);
    assert_true(store_size(w->level, TABLE_CHAIN) > 20000);
    for (uint64_t i = 0; i < 100; i++)
        put_number(w->memory, TABLE_CHAIN, i, false);
    assert_int_equal(store_size(w->memory, TABLE_CHAIN), 1600);
    char version[16];
    store_leveldb_version(version);
    assert_true(version[0] == '1');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(crash_drops_unsynced, setup, teardown),
        cmocka_unit_test_setup_teardown(faults, setup, teardown),
        cmocka_unit_test_setup_teardown(second_opener_is_refused, setup, teardown),
        cmocka_unit_test(second_opener_waits_for_the_first),
        cmocka_unit_test_setup_teardown(sizes_grow, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
