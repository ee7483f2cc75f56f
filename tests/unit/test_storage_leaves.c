/* The leaves of code packs on a real disk: what is not a pack's is refused, what was acknowledged stays, whatever a crash left behind at
 * each step is made good, a disk that takes no more refuses only that, and what a disk altered is never given. */
#include "storage/leaves.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/codec.h"
#include "base/merkle_root.h"

/* Three chunks, the last one of a single code: its hash is a leaf's. */
enum { COUNT = 2 * PACK_CHUNK_CODES + 1, CHUNKS = 3 };

static const struct leaves_options plenty = {UINT64_C(1) << 40, 0};

struct fixture {
    char directory[64];
    struct leaves_pack pack;
    uint8_t codes[COUNT * PACK_ENTRY_BYTES];
    uint8_t hashes[CHUNKS * 32];
    struct buffer out;
};

static struct span chunk_of(const struct fixture *f, uint32_t chunk) {
    return span_of(f->codes + (size_t)chunk * PACK_CHUNK_BYTES, pack_chunk_codes(COUNT, chunk) * PACK_ENTRY_BYTES);
}

/* The root as the spec says it, leaf by leaf, without chunks. */
static struct digest root_of(const uint8_t *codes, uint32_t count) {
    struct merkle_stack stack = {.count = 0};
    struct digest ret;
    struct buffer leaf;
    buffer_init(&leaf, 128);
    for (uint32_t i = 0; i < count; i++) {
        buffer_clear(&leaf);
        pack_array(&leaf, 3);
        pack_uint(&leaf, i);
        pack_bytes(&leaf, span_of(codes + (size_t)i * 64, 32));
        pack_bytes(&leaf, span_of(codes + (size_t)i * 64 + 32, 32));
        struct digest h = merkle_leaf_hash(buffer_span(&leaf));
        merkle_stack_add(&stack, &h);
    }
    buffer_free(&leaf);
    merkle_stack_root(&stack, &ret);
    return ret;
}

static struct fixture *setup(void) {
    struct fixture *f = check_alloc(1, sizeof *f);
    snprintf(f->directory, sizeof f->directory, "/tmp/suyuan-leaves-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    buffer_init(&f->out, PACK_CHUNK_BYTES);
    for (size_t i = 0; i < sizeof f->codes; i++) f->codes[i] = (uint8_t)(i * 7 + i / 64 * 13 + i / 4096);
    f->pack = (struct leaves_pack){"06901234567892/ABC12", COUNT, root_of(f->codes, COUNT)};
    struct pack_tree *tree = check_alloc(1, sizeof *tree);
    struct digest root;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct digest hash;
        struct pubkey key;
        pack_entry_read(f->codes + (size_t)i * PACK_ENTRY_BYTES, &hash, &key);
        pack_tree_add(tree, &hash, &key);
    }
    pack_tree_finish(tree, &root);
    assert_true(digest_equal(&root, &f->pack.root));
    memcpy(f->hashes, tree->chunks, sizeof f->hashes);
    free(tree);
    return f;
}

static void teardown(struct fixture *f) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->directory);
    assert_int_equal(system(command), 0);
    buffer_free(&f->out);
    free(f);
}

static struct leaves *open_with(const struct fixture *f, const struct leaves_options *options) {
    char why[LEAVES_ERROR_BYTES] = "";
    struct leaves *l = leaves_open(f->directory, options, why);
    if (l == NULL) fail_msg("%s", why);
    return l;
}

static void path_of(const struct fixture *f, const char *suffix, char ret[128]) {
    snprintf(ret, 128, "%s/06901234567892-ABC12%s", f->directory, suffix);
}

static uint32_t held(struct leaves *l, const struct fixture *f) {
    struct leaves_held h;
    leaves_held(l, &f->pack, &h);
    return h.held;
}

static void put_all(struct leaves *l, struct fixture *f) {
    assert_int_equal(leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)), OK);
    for (uint32_t c = 0; c < CHUNKS; c++) assert_int_equal(leaves_put_chunk(l, &f->pack, c, chunk_of(f, c)), OK);
}

static void alter(const char *path, off_t at) {
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && pread(fd, &byte, 1, at) == 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    assert_int_equal(close(fd), 0);
}

static void a_pack_goes_in_and_comes_out(void **state) {
    (void)state;
    struct fixture *f = setup();
    struct leaves *l = open_with(f, &plenty);
    struct leaves_held h;
    struct leaves_totals t;
    char id[PACK_ID_BYTES + 1];
    uint64_t sequence = 0;
    assert_int_equal(leaves_get_hashes(l, &f->pack, &f->out), ERR_LEAVES_ABSENT);
    put_all(l, f);
    put_all(l, f); /* again is the same */
    for (int life = 0; life < 2; life++) {
        leaves_held(l, &f->pack, &h);
        assert_true(h.hashes && !h.deleted && h.held == CHUNKS && leaves_has(&h, 2));
        assert_int_equal(leaves_get_hashes(l, &f->pack, &f->out), OK);
        assert_true(span_equal(buffer_span(&f->out), span_of(f->hashes, sizeof f->hashes)));
        for (uint32_t c = 0; c < CHUNKS; c++) {
            assert_int_equal(leaves_get_chunk(l, &f->pack, c, &f->out), OK);
            assert_true(span_equal(buffer_span(&f->out), chunk_of(f, c)));
        }
        leaves_totals(l, &t);
        assert_true(t.whole == 1 && t.chunks == CHUNKS && t.damaged == 0 && t.bytes == 4 * PACK_CHUNK_BYTES);
        assert_int_equal(leaves_became_whole(l, &sequence, id), life == 0);
        if (life == 0) assert_string_equal(id, f->pack.id);
        leaves_close(l);
        sequence = 0;
        l = open_with(f, &plenty);
    }
    leaves_close(l);
    teardown(f);
}

static void what_is_not_the_packs_is_refused(void **state) {
    (void)state;
    struct fixture *f = setup();
    struct leaves *l = open_with(f, &plenty);
    uint8_t bad[PACK_CHUNK_BYTES];
    assert_int_equal(leaves_put_chunk(l, &f->pack, 0, chunk_of(f, 0)), ERR_LEAVES_ORDER);
    struct span hashes = span_of(f->hashes, sizeof f->hashes);
    for (size_t len = 0; len < hashes.len; len += 16)
        assert_int_equal(leaves_put_hashes(l, &f->pack, span_part(hashes, 0, len)), ERR_LEAVES_HASHES);
    for (size_t i = 0; i < hashes.len; i++) {
        f->hashes[i] ^= 1;
        assert_int_equal(leaves_put_hashes(l, &f->pack, hashes), ERR_LEAVES_HASHES);
        f->hashes[i] ^= 1;
    }
    assert_int_equal(leaves_put_hashes(l, &f->pack, hashes), OK);
    for (size_t i = 0; i < PACK_CHUNK_BYTES; i += 997) {
        memcpy(bad, f->codes, sizeof bad);
        bad[i] ^= 0x80;
        assert_int_equal(leaves_put_chunk(l, &f->pack, 0, span_of(bad, sizeof bad)), ERR_LEAVES_CHUNK);
    }
    assert_int_equal(leaves_put_chunk(l, &f->pack, 1, chunk_of(f, 0)), ERR_LEAVES_CHUNK); /* another's place */
    assert_int_equal(leaves_put_chunk(l, &f->pack, 2, chunk_of(f, 0)), ERR_LEAVES_CHUNK); /* too long */
    assert_int_equal(leaves_put_chunk(l, &f->pack, 3, chunk_of(f, 2)), ERR_LEAVES_CHUNK); /* beyond the end */
    assert_int_equal(leaves_put_chunk(l, &f->pack, 0, SPAN_EMPTY), ERR_LEAVES_CHUNK);
    assert_int_equal(held(l, f), 0);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 0, &f->out), ERR_LEAVES_ABSENT);
    /* What lies under the name of a pack of another ledger is not this one's, and gives way. */
    struct leaves_pack other = f->pack;
    other.root = sha256(SPAN_EMPTY);
    assert_int_equal(leaves_get_hashes(l, &other, &f->out), ERR_LEAVES_ABSENT);
    assert_int_equal(leaves_put_hashes(l, &other, hashes), ERR_LEAVES_HASHES);
    leaves_close(l);
    teardown(f);
}

/* Each state that a crash between two writes can leave. */
static void a_crash_at_each_step(void **state) {
    (void)state;
    struct fixture *f = setup();
    char path[128], temporary[128];
    path_of(f, ".leaves", path);
    path_of(f, ".new", temporary);
    /* Before the name: half a file. */
    int fd = open(temporary, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, "suyuan", 6) == 6);
    assert_int_equal(close(fd), 0);
    struct leaves *l = open_with(f, &plenty);
    assert_int_equal(access(temporary, F_OK), -1);
    /* Named, no chunk. */
    assert_int_equal(leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)), OK);
    leaves_close(l);
    /* A chunk half written, and one wholly, without their bits. */
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, f->codes, 3000, PACK_CHUNK_BYTES), 3000);
    assert_int_equal(pwrite(fd, f->codes + PACK_CHUNK_BYTES, PACK_CHUNK_BYTES, 2 * PACK_CHUNK_BYTES),
                     PACK_CHUNK_BYTES);
    assert_int_equal(close(fd), 0);
    l = open_with(f, &plenty);
    assert_int_equal(held(l, f), 0);
    for (uint32_t c = 0; c < CHUNKS; c++) assert_int_equal(leaves_get_chunk(l, &f->pack, c, &f->out), ERR_LEAVES_ABSENT);
    put_all(l, f);
    leaves_close(l);
    /* What no crash leaves but a disk may: the file shorter than its bits say, a bit too many. */
    assert_int_equal(truncate(path, 2 * PACK_CHUNK_BYTES + 100), 0);
    l = open_with(f, &plenty);
    assert_int_equal(held(l, f), CHUNKS);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 0, &f->out), OK);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 1, &f->out), ERR_LEAVES_ABSENT);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 2, &f->out), ERR_LEAVES_ABSENT);
    assert_int_equal(held(l, f), 1);
    put_all(l, f);
    assert_int_equal(held(l, f), CHUNKS);
    leaves_close(l);
    /* A head that is none: as if there were no file. */
    assert_int_equal(truncate(path, 100), 0);
    l = open_with(f, &plenty);
    assert_int_equal(held(l, f), 0);
    put_all(l, f);
    assert_int_equal(held(l, f), CHUNKS);
    leaves_close(l);
    teardown(f);
}

static void a_damaged_disk_gives_nothing(void **state) {
    (void)state;
    struct fixture *f = setup();
    struct leaves *l = open_with(f, &plenty);
    struct leaves_totals t;
    struct leaves_held h;
    char path[128];
    path_of(f, ".leaves", path);
    put_all(l, f);
    alter(path, PACK_CHUNK_BYTES + 777);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 0, &f->out), ERR_LEAVES_ABSENT);
    assert_int_equal(held(l, f), 2);
    leaves_totals(l, &t);
    assert_true(t.damaged == 1 && t.whole == 0 && t.chunks == 2);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 0, chunk_of(f, 0)), OK);
    alter(path, 4096 + 40); /* a hash: the chunks stay, the hashes are put anew */
    assert_int_equal(leaves_get_chunk(l, &f->pack, 1, &f->out), ERR_LEAVES_ABSENT);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 1, chunk_of(f, 1)), ERR_LEAVES_ORDER);
    leaves_held(l, &f->pack, &h);
    assert_true(!h.hashes && h.held == CHUNKS);
    assert_int_equal(leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)), OK);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 1, &f->out), OK);
    leaves_totals(l, &t);
    assert_true(t.damaged == 2 && t.whole == 1 && t.chunks == 3);
    leaves_close(l);
    teardown(f);
}

static void a_disk_that_takes_no_more(void **state) {
    (void)state;
    struct fixture *f = setup();
    struct leaves_options narrow = {3 * PACK_CHUNK_BYTES, 0}, full = {UINT64_C(1) << 40, UINT64_C(1) << 60};
    struct leaves *l = open_with(f, &full);
    assert_int_equal(leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)), ERR_LEAVES_ROOM);
    leaves_close(l);
    l = open_with(f, &narrow);
    assert_int_equal(leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)), OK);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 0, chunk_of(f, 0)), OK);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 1, chunk_of(f, 1)), OK);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 2, chunk_of(f, 2)), ERR_LEAVES_ROOM);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 0, chunk_of(f, 0)), OK); /* held already */
    leaves_close(l);
    /* The system itself refuses, in the middle of a chunk. */
    l = open_with(f, &plenty);
    struct rlimit was, less = {3 * PACK_CHUNK_BYTES + 10, RLIM_INFINITY};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    less.rlim_max = was.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
    enum err e = leaves_put_chunk(l, &f->pack, 2, chunk_of(f, 2));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    assert_int_equal(e, ERR_LEAVES_ROOM);
    assert_int_equal(leaves_get_chunk(l, &f->pack, 1, &f->out), OK); /* reads go on */
    assert_int_equal(leaves_get_chunk(l, &f->pack, 2, &f->out), ERR_LEAVES_ABSENT);
    assert_int_equal(leaves_put_chunk(l, &f->pack, 2, chunk_of(f, 2)), OK);
    leaves_close(l);
    teardown(f);
}

static void deleted_by_the_operator(void **state) {
    (void)state;
    struct fixture *f = setup();
    struct leaves *l = open_with(f, &plenty);
    struct leaves_held h;
    struct leaves_totals t;
    char path[128], mark[128];
    path_of(f, ".leaves", path);
    path_of(f, ".deleted", mark);
    put_all(l, f);
    int fd = open(mark, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0 && close(fd) == 0);
    for (int life = 0; life < 2; life++) {
        leaves_held(l, &f->pack, &h);
        assert_true(h.deleted && !h.hashes && h.held == 0);
        assert_int_equal(leaves_get_chunk(l, &f->pack, 0, &f->out), ERR_LEAVES_DELETED);
        assert_int_equal(leaves_get_hashes(l, &f->pack, &f->out), ERR_LEAVES_DELETED);
        assert_int_equal(leaves_put_chunk(l, &f->pack, 0, chunk_of(f, 0)), ERR_LEAVES_DELETED);
        assert_int_equal(leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)), ERR_LEAVES_DELETED);
        leaves_close(l);
        l = open_with(f, &plenty);
        assert_int_equal(access(path, F_OK), -1);
    }
    leaves_totals(l, &t);
    assert_true(t.deleted == 1 && t.whole == 0 && t.chunks == 0 && t.bytes == 0);
    assert_int_equal(unlink(mark), 0);
    put_all(l, f); /* the mark gone, they may come back */
    leaves_close(l);
    teardown(f);
}

/* The child puts and tells what was acknowledged; the parent kills it and looks. */
static void killed_in_the_middle(void **state) {
    (void)state;
    struct fixture *f = setup();
    int kills = 0;
    for (uint32_t round = 0; round < 20; round++) {
        char path[128];
        path_of(f, ".leaves", path);
        if (round % 4 == 0) (void)unlink(path);
        int told[2];
        assert_int_equal(pipe(told), 0);
        pid_t child = fork();
        if (child == 0) {
            char why[LEAVES_ERROR_BYTES];
            struct leaves *l = leaves_open(f->directory, &plenty, why);
            for (uint32_t turn = 0; l != NULL && turn < 1000; turn++) {
                uint8_t c = (uint8_t)(turn % CHUNKS);
                if (turn == 0 && leaves_put_hashes(l, &f->pack, span_of(f->hashes, sizeof f->hashes)) != OK) _exit(1);
                if (leaves_put_chunk(l, &f->pack, c, chunk_of(f, c)) != OK || write(told[1], &c, 1) != 1) _exit(1);
            }
            _exit(0);
        }
        (void)close(told[1]);
        usleep(500 * (round % 10));
        kills += kill(child, SIGKILL) == 0;
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        struct leaves *l = open_with(f, &plenty);
        struct leaves_held h;
        leaves_held(l, &f->pack, &h);
        for (uint8_t c; read(told[0], &c, 1) == 1;) assert_true(leaves_has(&h, c));
        for (uint32_t c = 0; c < CHUNKS; c++)
            assert_int_equal(leaves_get_chunk(l, &f->pack, c, &f->out), leaves_has(&h, c) ? OK : ERR_LEAVES_ABSENT);
        leaves_close(l);
        (void)close(told[0]);
    }
    printf("%d kills\n", kills);
    teardown(f);
}

/* Refused with what and why; nothing that is not its own is closed: descriptor 0 is somebody's. */
static void a_directory_that_cannot_be(void **state) {
    (void)state;
    struct fixture *f = setup();
    char why[LEAVES_ERROR_BYTES], path[128];
    int before = open("/dev/null", O_RDONLY);
    assert_true(before >= 0 && dup2(before, 0) == 0);
    snprintf(path, sizeof path, "%s/absent/leaves", f->directory);
    assert_null(leaves_open(path, &plenty, why));
    assert_non_null(strstr(why, "cannot create"));
    assert_non_null(strstr(why, "absent/leaves"));
    assert_true(fcntl(0, F_GETFD) >= 0);
    snprintf(path, sizeof path, "%s/file", f->directory);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_null(leaves_open(path, &plenty, why));
    assert_non_null(strstr(why, "cannot open"));
    assert_true(fcntl(0, F_GETFD) >= 0);
    (void)close(fd);
    (void)close(before);
    teardown(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_goes_in_and_comes_out), cmocka_unit_test(what_is_not_the_packs_is_refused),
        cmocka_unit_test(a_crash_at_each_step),         cmocka_unit_test(a_damaged_disk_gives_nothing),
        cmocka_unit_test(a_disk_that_takes_no_more),    cmocka_unit_test(deleted_by_the_operator),
        cmocka_unit_test(killed_in_the_middle),         cmocka_unit_test(a_directory_that_cannot_be),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
