/* The directory of a pack: made once, read back, made again from what is left; damage is seen. */
#include "tools/pack_files.h" /* before cmocka.h, which has a macro `fail` */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CODES = 2 * PACK_CHUNK_CODES + 77 };

struct fixture {
    struct tool t;
    struct pack_plan plan;
    struct pack_tree tree;
    struct digest root;
    int lock;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    char directory[] = "/tmp/suyuan-pack-XXXXXX";
    assert_non_null(mkdtemp(directory));
    assert_int_equal(chdir(directory), 0);
    crypto_start();
    f->t = (struct tool){.lang = LANG_EN, .json = true};
    arena_init(&f->t.arena, 16 << 20);
    f->plan = (struct pack_plan){.count = CODES, .thing = span_text("https://id.gs1.org/01/06901234567892"),
                                 .host = span_text("https://id.example.cn"), .subject = span_text("factory")};
    assert_true(pack_id_make(span_text("06901234567892"), span_text("K7M2Q"), f->plan.id));
    assert_int_equal(pack_directory(&f->t, "p", true, &f->lock), EXIT_OK);
    assert_int_equal(pack_plan_write(&f->t, "p", &f->plan), EXIT_OK);
    assert_int_equal(pack_secrets_make(&f->t, "p", &f->plan), EXIT_OK);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    char here[256], command[300];
    pack_unlock(&f->lock);
    arena_free(&f->t.arena);
    assert_non_null(getcwd(here, sizeof here));
    snprintf(command, sizeof command, "rm -rf '%s'", here);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static bool tree(struct fixture *f) {
    bool whole;
    assert_int_equal(pack_leaves_tree(&f->t, "p", &f->plan, &f->tree, &f->root, &whole), EXIT_OK);
    return whole;
}

static int read_all(struct fixture *f, uint32_t *ret_count) {
    struct pack_reader r;
    struct pack_secret s;
    bool more = true;
    int code = pack_reader_open(&f->t, "p", &f->plan, &r);
    for (*ret_count = 0; code == EXIT_OK && more;) {
        code = pack_reader_next(&r, &s, &more);
        if (code == EXIT_OK && more) assert_int_equal(s.code.index, (*ret_count)++);
    }
    pack_reader_close(&r);
    return code;
}

static void the_leaves_follow_from_the_secrets(void **state) {
    struct fixture *f = *state;
    struct pack_reader r;
    struct pack_secret s;
    struct stat st;
    uint32_t n;
    bool more;
    assert_false(tree(f)); /* none yet */
    assert_int_equal(pack_leaves_make(&f->t, "p", &f->plan), EXIT_OK);
    assert_true(tree(f));
    assert_int_equal(read_all(f, &n), EXIT_OK);
    assert_int_equal(n, CODES);
    assert_true(stat("p/secrets.csv", &st) == 0 && (st.st_mode & 0777) == 0600);
    /* One by one, without threads: the same root. */
    struct pack_tree *slow = check_alloc(1, sizeof *slow);
    struct digest root;
    assert_int_equal(pack_reader_open(&f->t, "p", &f->plan, &r), EXIT_OK);
    while (pack_reader_next(&r, &s, &more) == EXIT_OK && more) {
        struct keypair keys;
        claim_key(&s.code, s.inner, &keys);
        struct digest hash = code_hash(f->plan.subject, &s.code);
        pack_tree_add(slow, &hash, &keys.public_key);
        if (s.code.index == 0) assert_true(span_starts(s.url, "https://id.example.cn/01/06901234567892/21/K7M2Q0000"));
    }
    pack_reader_close(&r);
    pack_tree_finish(slow, &root);
    assert_true(digest_equal(&root, &f->root));
    free(slow);
    /* Damaged or short: another root, or not whole; made again: the first root. */
    FILE *leaves = fopen("p/leaves.bin", "r+");
    assert_true(leaves && fseek(leaves, 70000, SEEK_SET) == 0 && fputc('x', leaves) != EOF && fclose(leaves) == 0);
    assert_true(tree(f) && !digest_equal(&root, &f->root));
    assert_int_equal(truncate("p/leaves.bin", CODES * 64 - 1), 0);
    assert_false(tree(f));
    assert_int_equal(pack_leaves_make(&f->t, "p", &f->plan), EXIT_OK);
    assert_true(tree(f) && digest_equal(&root, &f->root));
}

static void the_plan_comes_back(void **state) {
    struct fixture *f = *state;
    struct pack_plan p;
    int second;
    assert_int_equal(pack_plan_read(&f->t, "p", &p), EXIT_OK);
    assert_string_equal(p.id, f->plan.id);
    assert_true(p.count == CODES && span_equal(p.thing, f->plan.thing) && span_equal(p.host, f->plan.host) &&
                span_equal(p.subject, f->plan.subject) && digest_equal(&p.chain_id, &f->plan.chain_id));
    /* One process at a time; never over something. */
    assert_int_equal(pack_directory(&f->t, "p", false, &second), EXIT_UNREACHABLE);
    pack_unlock(&f->lock);
    assert_int_equal(pack_directory(&f->t, "p", true, &second), EXIT_USAGE);
    assert_int_equal(pack_directory(&f->t, "p", false, &f->lock), EXIT_OK);
    assert_int_equal(pack_directory(&f->t, "none", false, &second), EXIT_NOT_FOUND);
    FILE *plan = fopen("p/pack.json", "w");
    assert_true(plan && fputs("{\"pack\":\"x\"}", plan) >= 0 && fclose(plan) == 0);
    assert_int_equal(pack_plan_read(&f->t, "p", &p), EXIT_BROKEN);
}

/* Every line that is not exactly what was written is refused, and so is a line too few or too many. */
static void damaged_secrets_are_refused(void **state) {
    struct fixture *f = *state;
    static const char *const damages[] = {
        "sed -i 3d p/secrets.csv",       "sed -i '3s/,K7M2Q/,K7M2R/' p/secrets.csv", "sed -i '3s/example/exbmple/' p/secrets.csv",
        "sed -i '3s/.$/u/' p/secrets.csv", "sed -i '$d' p/secrets.csv",                "sed -i 1d p/secrets.csv",
        "tail -n 1 p/secrets.csv >>p/secrets.csv", "truncate -s -1 p/secrets.csv",   "sed -i '3s/^1,/01,/' p/secrets.csv",
        "sed -i '3s/$/0/' p/secrets.csv", "printf '%0600d\\n' 0 >>p/secrets.csv",
    };
    uint32_t n;
    assert_int_equal(system("cp p/secrets.csv good"), 0);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        assert_int_equal(system("cp good p/secrets.csv"), 0);
        assert_int_equal(read_all(f, &n), EXIT_OK);
        assert_int_equal(system(damages[i]), 0);
        if (read_all(f, &n) != EXIT_BROKEN) fail_msg("taken after %s", damages[i]);
    }
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(the_leaves_follow_from_the_secrets), TEST(the_plan_comes_back),
                                       TEST(damaged_secrets_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
