/* What opens hidden values, on disk: kept, bounded, and after a deletion in no byte of any file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/sealed.h"
#include "tests/unit/codec_random.h"
#include "trace/deletion.h"

struct fixture {
    char directory[64], path[96];
    struct digest chain_id;
    struct sealed_store *store;
};

static void reopen(struct fixture *f, uint32_t mib) {
    char why[SEALED_ERROR_BYTES] = "";
    sealed_store_close(f->store);
    f->store = sealed_store_open(f->path, &f->chain_id, mib, why);
    if (f->store == NULL) fail_msg("%s", why);
}

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    strcpy(f->directory, "/tmp/suyuan-sealed-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/sealed.sqlite", f->directory);
    f->chain_id = sha256(span_text("chain"));
    reopen(f, 0);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    char path[512];
    sealed_store_close(f->store);
    DIR *d = opendir(f->directory);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", f->directory, e->d_name);
        if (e->d_name[0] != '.') unlink(path);
    }
    closedir(d);
    rmdir(f->directory);
    free(f);
    return 0;
}

/* How often the bytes stand in the files of the directory, whatever their names. */
static uint32_t found_in_files(struct fixture *f, const uint8_t *what, size_t len) {
    char path[512];
    uint32_t found = 0;
    DIR *d = opendir(f->directory);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", f->directory, e->d_name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        fseek(file, 0, SEEK_END);
        size_t size = (size_t)ftell(file);
        rewind(file);
        uint8_t *bytes = check_alloc(size + 1, 1);
        assert_int_equal(fread(bytes, 1, size, file), size);
        fclose(file);
        for (uint8_t *at = bytes, *stop = bytes + size; at < stop && (at = memmem(at, (size_t)(stop - at), what, len)) != NULL; at++)
            found++;
        free(bytes);
    }
    closedir(d);
    return found;
}

static struct sealed_of of_record(struct fixture *f, uint32_t number, enum item_tier tier) {
    uint8_t bytes[4];
    put_u32(bytes, number);
    return (struct sealed_of){&f->chain_id, sha256(span_of(bytes, 4)), tier};
}

/* Bytes of a file or a key as random as the real ones, so that a piece of them is found nowhere else. */
static struct span noise(uint64_t seed, size_t len, uint8_t *bytes) {
    struct rng r = {.state = seed};
    rng_bytes(&r, bytes, len);
    return span_of(bytes, len);
}

static enum err put_key(struct fixture *f, const struct sealed_of *of, struct span file, struct pubkey recipient, struct span secret) {
    struct sealed_keys keys = {.sealed = sealed_id(file), .count = 1};
    keys.wraps[0] = (struct sealed_wrap){recipient, secret};
    return sealed_put_keys(f->store, of, &keys, 1000);
}

static void kept_and_given(void **state) {
    struct fixture *f = *state;
    uint8_t a[600], b[600], key[32], got[SEALED_SECRET_BYTES_MAX];
    size_t len;
    struct buffer out CLEANUP(buffer_free) = {0};
    struct sealed_held held[3];
    struct sealed_of of = of_record(f, 1, TIER_DELETABLE), two = of_record(f, 1, TIER_REGULATOR);
    struct pubkey nobody = {{0}}, somebody = {{1}};
    struct span file = noise(1, sizeof a, a), other = noise(2, sizeof b, b), secret = noise(3, sizeof key, key);
    buffer_init(&out, SEALED_FILE_BYTES_MAX);
    assert_int_equal(sealed_get(f->store, &of, &out), ERR_SEALED_ABSENT);
    assert_int_equal(put_key(f, &of, file, nobody, secret), ERR_SEALED_ABSENT);
    assert_int_equal(sealed_put(f->store, &of, file, 1000), OK);
    assert_int_equal(sealed_put(f->store, &of, file, 1000), OK);
    assert_int_equal(sealed_put(f->store, &of, other, 1000), ERR_SEALED_EXISTS);
    assert_int_equal(sealed_put(f->store, &two, other, 1000), OK);
    assert_int_equal(put_key(f, &of, other, nobody, secret), ERR_SEALED_EXISTS);
    assert_int_equal(put_key(f, &of, file, nobody, secret), OK);
    reopen(f, 0);
    assert_int_equal(sealed_get(f->store, &of, &out), OK);
    assert_true(span_equal(buffer_span(&out), file));
    assert_int_equal(sealed_get_key(f->store, &of, &nobody, got, &len), OK);
    assert_int_equal(len, 32);
    assert_memory_equal(got, key, 32);
    assert_int_equal(sealed_get_key(f->store, &of, &somebody, got, &len), ERR_SEALED_NO_KEY);
    assert_int_equal(sealed_held(f->store, &of.wire_id, held), OK);
    assert_true(!held[0].file && held[1].file && held[2].file && held[2].keys == 1 && held[2].bytes == 600);
}

/* The slots file as it stands; returns its length. */
static size_t slots_read_all(struct fixture *f, uint8_t *bytes, size_t room) {
    char path[512];
    snprintf(path, sizeof path, "%s.slots", f->path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, room, file);
    fclose(file);
    return len;
}

/* A sealed file, its value, salt and key, its wraps: looked for byte by byte in every file, before and after. None is ever written in the
 * clear; the slot under which they are is there before and nowhere after. Pages split, join and move their cells meanwhile. */
static void deleted_is_nowhere(void **state) {
    struct fixture *f = *state;
    enum { RECORDS = 40, ROUNDS = 300, LARGEST = 30000, SLOTS = 4096 };
    static uint8_t files[RECORDS][LARGEST], wraps[RECORDS][WRAP_BYTES], before[SLOTS], after[SLOTS];
    bool held[RECORDS] = {false}, had;
    struct rng r = {.state = 11};
    struct pubkey reader = {{9}};
    struct sealed_totals t;
    uint32_t destroyed = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint32_t i = (uint32_t)rng_below(&r, RECORDS);
        struct sealed_of of = of_record(f, i, TIER_PARTNER);
        if (!held[i]) {
            struct span file = noise(5000 + round, 200 + (size_t)rng_below(&r, round % 8 ? 700 : LARGEST - 200), files[i]);
            assert_int_equal(sealed_put(f->store, &of, file, 1000), OK);
            assert_int_equal(put_key(f, &of, file, reader, noise(90000 + round, WRAP_BYTES, wraps[i])), OK);
            held[i] = true;
            continue;
        }
        size_t len = slots_read_all(f, before, SLOTS);
        assert_int_equal(found_in_files(f, files[i] + 64, 16) + found_in_files(f, wraps[i] + 8, 16), 0);
        assert_int_equal(sealed_delete(f->store, &of.wire_id, 7, &had), OK);
        assert_true(had);
        held[i] = false;
        destroyed++;
        assert_int_equal(found_in_files(f, files[i] + 64, 16) + found_in_files(f, wraps[i] + 8, 16), 0);
        assert_int_equal(slots_read_all(f, after, SLOTS), len);
        uint32_t changed = 0;
        for (size_t at = 0; at < len; at += 32) {
            if (memcmp(before + at, after + at, 32) == 0) continue;
            changed++;
            assert_int_equal(found_in_files(f, before + at, 32), 0);
            assert_int_equal(found_in_files(f, before + at, 8) + found_in_files(f, before + at + 24, 8), 0);
        }
        assert_int_equal(changed, 1); /* the slot of this record, and it was found before */
    }
    sealed_totals(f->store, &t);
    assert_int_equal(t.destroyed, destroyed);
    assert_true(destroyed > 100);
}

/* And the rows themselves, where nothing moves: what SQLite had written for a record is not in its file, nor in its log. */
static void rows_are_zeroed(void **state) {
    struct fixture *f = *state;
    enum { LEN = 40000, ROOM = 1 << 20 };
    static uint8_t bytes[LEN], before[ROOM];
    char path[512];
    bool had;
    struct sealed_of of = of_record(f, 1, TIER_DELETABLE);
    assert_int_equal(sealed_put(f->store, &of, noise(1, LEN, bytes), 1000), OK);
    reopen(f, 0);
    assert_int_equal(sealed_delete(f->store, &(struct digest){{1}}, 7, &had), OK);
    FILE *file = fopen(f->path, "rb");
    size_t len = fread(before, 1, ROOM, file), windows = 0;
    fclose(file);
    assert_int_equal(sealed_delete(f->store, &of.wire_id, 7, &had), OK);
    snprintf(path, sizeof path, "%s-wal", f->path);
    file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), 0);
    fclose(file);
    /* Page 0 holds the schema, page 5 the chain id; the row begins in page 1. */
    for (size_t at = 0; at + 16 <= len; at += 16) {
        uint32_t zeros = 0;
        for (size_t k = 0; k < 16; k++)
            zeros += before[at + k] == 0;
        if (zeros > 1) continue; /* no noise */
        windows++;
        if (at / 4096 != 0 && at / 4096 != 5 && found_in_files(f, before + at, 16) > 0) fail_msg("byte %zu of the file is still there", at);
    }
    assert_true(windows > LEN / 16 / 2);
}

/* A crash after a slot was taken and before its row was there; one after it was destroyed and before its row was gone. */
static void leftovers_are_settled(void **state) {
    struct fixture *f = *state;
    uint8_t bytes[600], slot[64], zeros[64] = {0};
    char path[512];
    struct buffer out CLEANUP(buffer_free) = {0};
    bool had;
    struct sealed_of of = of_record(f, 1, TIER_PARTNER), two = of_record(f, 2, TIER_PARTNER);
    buffer_init(&out, SEALED_FILE_BYTES_MAX);
    assert_int_equal(sealed_put(f->store, &of, noise(1, sizeof bytes, bytes), 1000), OK);
    snprintf(path, sizeof path, "%s.slots", f->path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 32, SEEK_SET);
    assert_int_equal(fwrite(noise(3, 64, slot).data, 1, 32, file), 32);
    fclose(file);
    reopen(f, 0);
    assert_int_equal(found_in_files(f, slot, 32), 0);
    assert_int_equal(sealed_get(f->store, &of, &out), OK);
    file = fopen(path, "r+b");
    assert_int_equal(fwrite(zeros, 1, 32, file), 32);
    fclose(file);
    reopen(f, 0);
    assert_int_equal(sealed_get(f->store, &of, &out), ERR_SEALED_ABSENT);
    assert_int_equal(sealed_put(f->store, &two, noise(4, sizeof bytes, bytes), 1000), OK); /* not in a slot that a row names */
    assert_int_equal(sealed_delete(f->store, &of.wire_id, 7, &had), OK);
    assert_true(had);
    assert_int_equal(sealed_get(f->store, &two, &out), OK);
}

/* What the child has done so far, as it tells: bit 7: deleted, else kept; the rest the record's number. */
static void child_run(struct fixture *f, uint32_t round, int to) {
    static uint8_t bytes[4000];
    struct rng r = {.state = round + 1};
    struct pubkey reader = {{9}};
    char why[SEALED_ERROR_BYTES];
    bool held[64] = {false}, had;
    struct sealed_store *s = sealed_store_open(f->path, &f->chain_id, 0, why);
    for (uint8_t i = 0; s != NULL; i = (uint8_t)rng_below(&r, 64)) {
        struct sealed_of of = of_record(f, round * 64 + i, TIER_PARTNER);
        struct span file = noise(round * 64 + i, sizeof bytes, bytes);
        struct sealed_keys keys = {.sealed = sealed_id(file), .count = 1};
        keys.wraps[0] = (struct sealed_wrap){reader, span_part(file, 7, WRAP_BYTES)};
        bool ok = held[i] ? sealed_delete(s, &of.wire_id, 7, &had) == OK
                          : sealed_put(s, &of, file, 1000) == OK && sealed_put_keys(s, &of, &keys, 1000) == OK;
        uint8_t told = (uint8_t)(i | (held[i] ? 0x80 : 0));
        held[i] = !held[i];
        if (!ok || write(to, &told, 1) != 1) break;
    }
    _exit(1);
}

/* kill -9 in the midst of it, again and again: what was told to be kept is there, what was told to be deleted is not, and nothing of it. */
static void killed_at_any_time(void **state) {
    struct fixture *f = *state;
    static uint8_t bytes[4000];
    struct buffer out CLEANUP(buffer_free) = {0};
    struct rng r = {.state = 3};
    buffer_init(&out, SEALED_FILE_BYTES_MAX);
    for (uint32_t round = 0; round < 12; round++) {
        int pipes[2], status, differ = 0;
        uint8_t told, last[64] = {0};
        uint64_t want = 5 + rng_below(&r, 120);
        sealed_store_close(f->store);
        f->store = NULL;
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) child_run(f, round, pipes[1]);
        close(pipes[1]);
        for (uint64_t n = 0; n < want; n++) {
            assert_int_equal(read(pipes[0], &told, 1), 1);
            last[told & 63] = (told & 0x80) ? 2 : 1;
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        while (read(pipes[0], &told, 1) == 1)
            last[told & 63] = (told & 0x80) ? 2 : 1;
        close(pipes[0]);
        reopen(f, 0);
        for (uint32_t i = 0; i < 64; i++) {
            struct sealed_of of = of_record(f, round * 64 + i, TIER_PARTNER);
            struct span file = noise(round * 64 + i, sizeof bytes, bytes);
            enum err e = sealed_get(f->store, &of, &out);
            /* The one that was under way when it was killed may be either. */
            if (e == OK) assert_true(span_equal(buffer_span(&out), file));
            if (e != OK) assert_int_equal(e, ERR_SEALED_ABSENT);
            differ += (last[i] == 2 && e == OK) || (last[i] == 1 && e != OK) || (last[i] == 0 && e == OK);
            assert_int_equal(found_in_files(f, bytes + 100, 16), 0);
        }
        assert_true(differ <= 1);
    }
}

/* The liar asks to have a deletion undone: a file checked against the ledger as it was before. */
static void nothing_comes_back(void **state) {
    struct fixture *f = *state;
    uint8_t a[600];
    bool had;
    struct span file = noise(1, sizeof a, a);
    struct sealed_of of = of_record(f, 1, TIER_DELETABLE);
    assert_int_equal(sealed_put(f->store, &of, file, 10), OK);
    assert_int_equal(sealed_delete(f->store, &of.wire_id, 4, &had), OK);
    assert_int_equal(sealed_swept_to(f->store, 12), OK);
    assert_int_equal(sealed_put(f->store, &of, file, 11), ERR_BUSY);
    reopen(f, 0);
    assert_int_equal(sealed_swept(f->store), 12);
    assert_int_equal(sealed_put(f->store, &of, file, 11), ERR_BUSY);
    assert_int_equal(sealed_swept_to(f->store, 5), OK);
    assert_int_equal(sealed_swept(f->store), 12);
    assert_int_equal(sealed_delete(f->store, &of.wire_id, 7, &had), OK);
    assert_false(had);
}

static void bounded(void **state) {
    struct fixture *f = *state;
    static uint8_t a[200000];
    struct pubkey reader = {{0}};
    uint8_t wrap[WRAP_BYTES] = {0};
    struct buffer out CLEANUP(buffer_free) = {0};
    enum err e = OK;
    uint32_t n = 0;
    bool had;
    reopen(f, 1);
    struct span file = noise(1, sizeof a, a);
    while (n < 100 && e == OK) {
        struct sealed_of of = of_record(f, n, TIER_PARTNER);
        e = sealed_put(f->store, &of, file, 1000);
        if (e == OK) n++;
    }
    assert_int_equal(e, ERR_SEALED_ROOM);
    assert_true(n >= 3 && n <= 5);
    struct sealed_of first = of_record(f, 0, TIER_PARTNER), next = of_record(f, 50, TIER_PARTNER);
    buffer_init(&out, SEALED_FILE_BYTES_MAX);
    assert_int_equal(sealed_get(f->store, &first, &out), OK);
    assert_int_equal(sealed_delete(f->store, &first.wire_id, 7, &had), OK);
    assert_int_equal(sealed_put(f->store, &next, file, 1000), OK); /* there is room again */
    reopen(f, 0);
    for (uint32_t i = 0; i < SEALED_RECIPIENTS_MAX; i++) {
        put_u32(reader.b, i + 1);
        assert_int_equal(put_key(f, &next, file, reader, span_of(wrap, sizeof wrap)), OK);
    }
    put_u32(reader.b, 0);
    assert_int_equal(put_key(f, &next, file, reader, span_of(wrap, sizeof wrap)), ERR_SEALED_RECIPIENTS);
    put_u32(reader.b, 5);
    assert_int_equal(put_key(f, &next, file, reader, span_of(wrap, sizeof wrap)), OK); /* it has one */
}

static void another_chains_file_is_refused(void **state) {
    struct fixture *f = *state;
    char why[SEALED_ERROR_BYTES] = "";
    struct digest other = sha256(span_text("another"));
    assert_null(sealed_store_open(f->path, &other, 0, why));
    assert_non_null(strstr(why, "another ledger"));
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kept_and_given, setup, teardown),
        cmocka_unit_test_setup_teardown(deleted_is_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_are_zeroed, setup, teardown),
        cmocka_unit_test_setup_teardown(leftovers_are_settled, setup, teardown),
        cmocka_unit_test_setup_teardown(killed_at_any_time, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(another_chains_file_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
