/* Real processes on a real disk: kill -9 in the middle of everything, and a disk that fills up. The
 * parent never opens the store itself (LevelDB's threads do not survive a fork); each life and each
 * check is a child of its own. */
#include "storage/journal_file.h"
#include "storage/recover.h"
#include "storage/store_leveldb.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEGMENT_BYTES = 64 << 10, ROUNDS = 20, SKIPPED = 77 };

/* What the parent was told is durable. */
struct told {
    uint64_t sequence, height;
};

/* In children: say where and leave. */
#define DEMAND(cond)                                                                               \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static struct changes *block_of(uint64_t height) {
    struct changes *c = changes_new();
    uint8_t key[9] = {'b'}, value[700];
    put_u64(key + 1, height);
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(height * 31 + i * i);
    changes_put(c, TABLE_CHAIN, span_of(key, sizeof key), span_of(value, sizeof value));
    put_u64(value, height);
    changes_put(c, TABLE_STATE, span_text("n"), span_of(value, 8));
    put_u64(key + 1, height * 0x9e3779b97f4a7c15u);
    changes_put(c, TABLE_STATE, span_of(key, sizeof key), span_of(value, 40));
    return c;
}

static bool head_check(const void *self, struct reader r, uint64_t height, enum recover_level level,
                       char ret_text[RECOVER_TEXT_BYTES]) {
    (void)self, (void)level, (void)ret_text;
    struct buffer b;
    buffer_init(&b, 64);
    bool ok = reader_get(r, TABLE_STATE, span_text("n"), &b) && get_u64(b.data) == height;
    buffer_free(&b);
    return ok;
}

static bool block_check(const void *self, struct reader r, uint64_t height,
                        char ret_text[RECOVER_TEXT_BYTES]) {
    (void)self, (void)ret_text;
    struct changes *c = block_of(height);
    struct buffer b;
    buffer_init(&b, 4096);
    const struct change *row = changes_at(c, changes_count(c) - 1);
    bool ok = row->table == TABLE_CHAIN && reader_get(r, TABLE_CHAIN, row->key, &b) &&
              span_equal(buffer_span(&b), row->value);
    buffer_free(&b);
    changes_free(c);
    return ok;
}

static const struct recover_checks checks = {NULL, head_check, block_check};

static struct span body_of(uint64_t sequence, uint8_t body[600]) {
    size_t len = 1 + (size_t)(sequence * 7919 % 599);
    for (size_t i = 0; i < len; i++)
        body[i] = (uint8_t)(sequence + i * 3);
    return span_of(body, len);
}

static void see(void *context, uint64_t sequence, uint8_t type, struct span body) {
    uint64_t *last = context;
    uint8_t expected[600];
    DEMAND(type == 1 && span_equal(body, body_of(sequence, expected)));
    DEMAND(*last == 0 || sequence == *last + 1);
    *last = sequence;
}

struct node {
    struct journal_file *file;
    struct journal *journal;
    struct journal_batch *batch;
    struct store store;
    uint64_t height;
};

/* Opens everything, checks that what was told is there, and completes what a crash left. */
static void node_open(struct node *n, const char *directory, struct told told) {
    char path[128], error[STORE_ERROR_BYTES];
    snprintf(path, sizeof path, "%s/journal", directory);
    n->file = journal_file_open(path, error);
    DEMAND(n->file);
    struct journal_config config = {.segment_bytes = SEGMENT_BYTES, .salt = (uint64_t)getpid()};
    struct journal_report report;
    uint64_t last = 0;
    n->journal = journal_open(journal_file_disk(n->file), &config, see, &last, &report);
    DEMAND(n->journal);
    DEMAND(report.health != JOURNAL_DAMAGED);
    DEMAND(journal_durable(n->journal) >= told.sequence);
    n->batch = journal_batch_new();
    snprintf(path, sizeof path, "%s/store", directory);
    struct store_leveldb_options small = {.write_buffer_bytes = 64 << 10};
    DEMAND(store_leveldb_open(path, &small, &n->store, error));
    struct recover_report found;
    recover_open(n->store, &checks, RECOVER_FULL, &found);
    DEMAND(found.state != RECOVER_BROKEN);
    if (found.state == RECOVER_EMPTY) {
        DEMAND(told.height == 0);
        struct changes *c = block_of(0);
        DEMAND(commit_write(n->store, &c, 1, 0));
        changes_free(c);
        recover_open(n->store, &checks, RECOVER_FULL, &found);
    }
    for (uint64_t h = found.height + 1; h <= found.chain_height; h++) {
        struct changes *c = block_of(h);
        char text[RECOVER_TEXT_BYTES];
        DEMAND(recover_replay(n->store, c, h, text));
        changes_free(c);
    }
    n->height = found.chain_height;
    DEMAND(n->height >= told.height);
}

static void node_close(struct node *n) {
    journal_batch_free(n->batch);
    journal_free(n->journal);
    journal_file_close(n->file);
    store_close(n->store);
}

/* One turn of work; false when the disk refused. */
static bool node_turn(struct node *n, uint64_t turn) {
    for (uint64_t i = 0; i <= turn % 4; i++) {
        uint8_t body[600];
        uint64_t next = journal_durable(n->journal) + i + 1;
        DEMAND(journal_append(n->journal, 1, body_of(next, body)) == next);
    }
    if (turn % 50 == 49) journal_keep(n->journal, journal_durable(n->journal) / 2);
    DEMAND(journal_take(n->journal, n->batch));
    bool ok = journal_batch_write(journal_file_disk(n->file), n->batch);
    journal_written(n->journal, n->batch, ok);
    if (!ok || turn % 3) return ok;
    struct changes *c = block_of(n->height + 1);
    ok = commit_write(n->store, &c, 1, n->height + 1);
    changes_free(c);
    if (ok) n->height++;
    return ok;
}

static void live(const char *directory, struct told told, int pipe_write) {
    struct node n;
    node_open(&n, directory, told);
    for (uint64_t turn = 0;; turn++) {
        DEMAND(node_turn(&n, turn));
        struct told now = {journal_durable(n.journal), n.height};
        DEMAND(write(pipe_write, &now, sizeof now) == (ssize_t)sizeof now);
    }
}

static void killed_in_the_middle(void **state) {
    (void)state;
    char directory[] = "/tmp/suyuan-crash-XXXXXX", command[64];
    assert_non_null(mkdtemp(directory));
    struct told told = {0, 0};
    uint64_t seed = 4711;
    /* On a busy disk few turns fit between two kills: then it takes more of them. */
    bool looks = false;
    int kills = 0;
    while (!looks) {
        bool enough = told.sequence > 100 && told.height > 20;
        looks = (kills >= ROUNDS && enough) || kills == 10 * ROUNDS;
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            (void)close(ends[0]);
            if (!looks) live(directory, told, ends[1]);
            struct node n; /* the last one only looks */
            node_open(&n, directory, told);
            node_close(&n);
            _exit(0);
        }
        (void)close(ends[1]);
        if (!looks) {
            kills++;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            struct timespec pause = {0, 20000000 + (long)((seed >> 33) % 120000000)};
            (void)nanosleep(&pause, NULL);
            assert_int_equal(kill(child, SIGKILL), 0);
        }
        struct told now;
        while (read(ends[0], &now, sizeof now) == (ssize_t)sizeof now)
            told = now;
        (void)close(ends[0]);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!looks)
            assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        else
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    printf("%d kills, %llu records and %llu heights acknowledged, all there\n", kills,
           (unsigned long long)told.sequence, (unsigned long long)told.height);
    assert_true(told.sequence > 100 && told.height > 20);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    assert_int_equal(system(command), 0);
}

/* In a mount namespace of its own, so that nothing is left behind. */
static int fill_up(const char *directory) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", directory, "tmpfs", 0, "size=6m") != 0) {
        printf("skipped: cannot mount a small tmpfs: %s\n", strerror(errno));
        return SKIPPED;
    }
    struct told told = {0, 0};
    char filler[128];
    snprintf(filler, sizeof filler, "%s/filler", directory);
    for (int round = 0; round < 3; round++) {
        struct node n;
        node_open(&n, directory, told);
        int fd = open(filler, O_RDWR | O_CREAT, 0600);
        DEMAND(fd >= 0);
        uint8_t block[4096] = {1};
        while (round < 2 && write(fd, block, sizeof block) > 0) {
        }
        (void)close(fd);
        uint64_t turn = 0;
        while (turn < 600 && node_turn(&n, turn)) {
            told = (struct told){journal_durable(n.journal), n.height};
            turn++;
        }
        DEMAND((turn < 600) == (round < 2));
        if (round < 2) {
            /* Named, refused from now on, and reads go on. */
            DEMAND(journal_failed(n.journal) || *store_error(n.store));
            char why[RECOVER_TEXT_BYTES];
            struct told full = {journal_durable(n.journal), n.height};
            DEMAND(full.height == told.height || full.sequence > 0);
            DEMAND(head_check(NULL, store_reader(n.store), n.height, RECOVER_HEAD, why));
            for (uint64_t h = 1; h <= n.height; h++)
                DEMAND(block_check(NULL, store_reader(n.store), h, why));
        }
        node_close(&n);
        DEMAND(unlink(filler) == 0);
    }
    return 0;
}

static void disk_full(void **state) {
    (void)state;
    char directory[] = "/tmp/suyuan-full-XXXXXX";
    assert_non_null(mkdtemp(directory));
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int code = fill_up(directory);
        (void)fflush(stdout);
        _exit(code);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(rmdir(directory), 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_in_the_middle),
        cmocka_unit_test(disk_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
