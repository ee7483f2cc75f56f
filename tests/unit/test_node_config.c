/* Configuration: what is taken, and that every refusal names the line and the setting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/key_file.h"
#include "node/config.h"

#define KEY "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static enum err parse(const char *text, struct config *ret, struct refusal *ret_refusal) {
    config_default(ret);
    *ret_refusal = (struct refusal){0};
    return config_parse("node.ini", span_text(text), ret, ret_refusal);
}

static void a_whole_file(void **state) {
    (void)state;
    struct config c;
    struct refusal r;
    static const char text[] = "# a comment\n"
                               "[node]\n"
                               "data = /var/lib/suyuan\n"
                               "genesis = /etc/suyuan/genesis\n"
                               "log = debug\n"
                               "[peers]\n"
                               "listen = 0.0.0.0:7700\n"
                               "listen = [::]:7701 ; both\n"
                               "peer = agri.example:7700\n"
                               "peer = mirror.example:7702 " KEY "\n"
                               "follower = " KEY "\n"
                               "[http]\n"
                               "listen = 127.0.0.1:7780\n"
                               "[limits]\n"
                               "pool_records = 1000\n"
                               "pool_bytes = 16M\n";
    assert_int_equal(parse(text, &c, &r), OK);
    assert_string_equal(c.data_directory, "/var/lib/suyuan");
    assert_int_equal(c.log_level, LOG_DEBUG);
    assert_int_equal(c.listen_count, 2);
    assert_string_equal(c.listen[1].host, "::");
    assert_int_equal(c.listen[1].port, 7701);
    assert_int_equal(c.peers_count, 2);
    assert_false(c.peers[0].has_key);
    assert_true(c.peers[1].has_key);
    assert_int_equal(c.followers_count, 1);
    assert_int_equal(c.http[0].port, 7780);
    assert_int_equal(c.pool_records_max, 1000);
    assert_int_equal(c.pool_bytes_max, 16 << 20);
    assert_int_equal(config_check(&c, &r), OK);
}

static void refusals_name_the_place(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum err err;
        const char *where;
    } cases[] = {
        {"[node]\ndata\n", ERR_CONFIG_SYNTAX, "node.ini line 2"},
        {"[node]\ncolour = red\n", ERR_CONFIG_NAME, "node.ini line 2: [node] colour"},
        {"[nodes]\ndata = x\n", ERR_CONFIG_NAME, "node.ini line 2: [nodes] data"},
        {"[node]\nlog = loud\n", ERR_CONFIG_VALUE, "node.ini line 2: [node] log = loud"},
        {"[peers]\n\nlisten = 7700\n", ERR_CONFIG_ADDRESS, "node.ini line 3: [peers] listen = 7700"},
        {"[peers]\nlisten = ::1:7700\n", ERR_CONFIG_ADDRESS, NULL},
        {"[peers]\nlisten = a:70000\n", ERR_CONFIG_ADDRESS, NULL},
        {"[peers]\nlisten = a:7x\n", ERR_CONFIG_ADDRESS, NULL},
        {"[peers]\npeer = a:1 abc\n", ERR_CONFIG_KEY, NULL},
        {"[peers]\nfollower = 00\n", ERR_CONFIG_KEY, NULL},
        /* A point of small order is no key. */
        {"[peers]\nfollower = 0000000000000000000000000000000000000000000000000000000000000000\n",
         ERR_CONFIG_KEY, NULL},
        {"[limits]\npool_records = 65537\n", ERR_CONFIG_LIMIT,
         "node.ini line 2: [limits] pool_records = 65537: from 16 to 65536"},
        {"[limits]\npool_records = 15\n", ERR_CONFIG_LIMIT, NULL},
        {"[limits]\npool_bytes = 999999999G\n", ERR_CONFIG_LIMIT, NULL},
        {"[limits]\npool_records = -5\n", ERR_CONFIG_VALUE, NULL},
        {"[limits]\npool_records = 5k\n", ERR_CONFIG_VALUE, NULL},
        {"[http]\nscans_per_minute = 12001\n", ERR_CONFIG_LIMIT, NULL},
        {"[http]\nscans_anchored_by = a b\n", ERR_CONFIG_VALUE, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config c;
        struct refusal r;
        enum err e = parse(cases[i].text, &c, &r);
        if (e != cases[i].err) fail_msg("%s: %s", cases[i].text, err_name(e));
        if (cases[i].where != NULL) assert_string_equal(r.where, cases[i].where);
    }
}

static void long_lines_and_zero_bytes(void **state) {
    (void)state;
    char text[512];
    struct config c;
    struct refusal r;
    snprintf(text, sizeof text, "[node]\ndata = %0250d\n", 0);
    assert_int_equal(parse(text, &c, &r), ERR_CONFIG_LINE);
    assert_string_equal(r.where, "node.ini line 2");
    config_default(&c);
    assert_int_equal(config_parse("x", span_of("[node]\0\n", 8), &c, &r), ERR_CONFIG_SYNTAX);
    assert_int_equal(config_parse("x", SPAN_EMPTY, &c, &r), OK);
}

static void flags_replace_lists_once(void **state) {
    (void)state;
    struct config c;
    struct refusal r;
    assert_int_equal(parse("[peers]\nlisten = a:1\nlisten = a:2\npeer = p:1\n", &c, &r), OK);
    assert_int_equal(config_override(&c, "peers", "listen", "b:3", &r), OK);
    assert_int_equal(config_override(&c, "peers", "listen", "b:4", &r), OK);
    assert_int_equal(c.listen_count, 2);
    assert_string_equal(c.listen[0].host, "b");
    assert_int_equal(c.listen[1].port, 4);
    assert_int_equal(c.peers_count, 1);
    assert_int_equal(config_override(&c, "limits", "peers", "9999", &r), ERR_CONFIG_LIMIT);
}

static void what_every_node_needs(void **state) {
    (void)state;
    struct config c;
    struct refusal r;
    assert_int_equal(parse("", &c, &r), OK);
    assert_int_equal(config_check(&c, &r), ERR_CONFIG_MISSING);
    assert_int_equal(parse("[node]\ndata = d\n", &c, &r), OK);
    assert_int_equal(config_check(&c, &r), ERR_CONFIG_MISSING);
    assert_int_equal(parse("[node]\ndata = d\ngenesis = g\n", &c, &r), OK);
    assert_int_equal(config_check(&c, &r), ERR_CONFIG_ALONE);
}

static void key_files(void **state) {
    (void)state;
    char path[] = "/tmp/suyuan-key-XXXXXX";
    struct refusal r;
    struct seed seed = {{1, 2, 3}}, back = {{9}};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(key_file_write(path, &seed, &r), ERR_CONFIG_KEY_FILE);
    assert_int_equal(key_file_read(path, &back, &r), ERR_CONFIG_KEY_FILE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(key_file_read(path, &back, &r), ERR_CONFIG_KEY_FILE);
    assert_int_equal(back.b[0], 9);
    assert_int_equal(key_file_write(path, &seed, &r), OK);
    assert_int_equal(key_file_read(path, &back, &r), OK);
    assert_memory_equal(back.b, seed.b, 32);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(key_file_read(path, &back, &r), ERR_CONFIG_KEY_OPEN_TO_OTHERS);
    assert_int_equal(chmod(path, 0600), 0);
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs("# a comment\n", f);
    fclose(f);
    assert_int_equal(key_file_read(path, &back, &r), OK);
    f = fopen(path, "a");
    assert_non_null(f);
    fputs(KEY "\n", f);
    fclose(f);
    assert_int_equal(key_file_read(path, &back, &r), ERR_CONFIG_KEY_FILE);
    unlink(path);
}

static int start(void **state) {
    (void)state;
    crypto_start();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_file),
        cmocka_unit_test(refusals_name_the_place),
        cmocka_unit_test(long_lines_and_zero_bytes),
        cmocka_unit_test(flags_replace_lists_once),
        cmocka_unit_test(what_every_node_needs),
        cmocka_unit_test(key_files),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
