/* Parcels against nodes that are busy, silent, mad, or of another ledger: what is told, and what
 * stays in the outbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>

#include "tests/unit/tools_server.h"
#include "tools/sender.h"

/* After ours: cmocka has a macro `fail`. */
#include <cmocka.h>

#define HTTP(status, body)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" body
#define RECORDS(list) HTTP("200 OK", "{\"records\":[" list "],\"pending\":0}")
#define COMMITTED                                                                                  \
    "{\"status\":\"committed\",\"height\":7,\"log_index\":3,\"result\":{\"code\":0,\"item\":0,"    \
    "\"name\":\"RESULT_ACCEPTED\"}}"
#define PENDING "{\"status\":\"pending\"}"
#define REFUSED(name)                                                                              \
    "{\"status\":\"refused\",\"error\":{\"name\":\"" name "\",\"title_en\":\"no\"}}"
#define BUSY                                                                                       \
    "HTTP/1.1 503 Busy\r\nContent-Type: application/problem+json\r\nConnection: "                  \
    "close\r\n\r\n{\"name\":\"ERR_BUSY\",\"title_en\":\"busy\"}"

struct fixture {
    struct tool tool;
    struct node node;
    struct outbox outbox;
    struct sender sender;
    struct parcel *parcel;
    char directory[64];
    struct buffer json;
    struct emit emit;
};

static void add_record(struct fixture *f) {
    struct ledger_params params = {.chain_id = {{1}}};
    struct keypair keys;
    struct seed seed = {{7}};
    struct buffer wire CLEANUP(buffer_free) = {0};
    static const uint8_t map[] = {0x80};
    struct item item = {.type = ITEM_OBJECT_EVENT, .fields = span_of(map, 1)};
    struct record_header draft = {
        .kind = RECORD_EVENTS, .subject = span_text("farm1"), .created_ms = 5, .expires_ms = 9};
    struct parcel_source source = {.label = span_text("a.json")};
    parameters_default(&params.parameters);
    key_from_seed(&seed, &keys);
    random_bytes(&draft.nonce, sizeof draft.nonce);
    buffer_init(&wire, RECORD_BYTES_MAX);
    assert_int_equal(record_make(&params, &draft, &item, 1, &keys, &wire), OK);
    assert_int_equal(parcel_add(f->parcel, buffer_span(&wire), &source, 1), OK);
}

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    crypto_start();
    f->tool.lang = LANG_EN;
    f->tool.json = true;
    arena_init(&f->tool.arena, 64 << 20);
    strcpy(f->directory, "/tmp/suyuan-outbox-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    assert_int_equal(outbox_open(&f->tool, f->directory, &f->outbox), EXIT_OK);
    f->parcel = parcel_new();
    f->sender = (struct sender){
        .tool = &f->tool, .node = &f->node, .outbox = &f->outbox, .wait = true, .timeout_ms = 600};
    sender_json_begin(&f->sender, &f->json, &f->emit);
    add_record(f);
    add_record(f);
    *state = f;
    return 0;
}

static int kept(struct fixture *f, bool empty_it) {
    DIR *d = opendir(f->directory);
    int n = 0;
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        char path[512];
        if (e->d_name[0] == '.') continue;
        n++;
        snprintf(path, sizeof path, "%s/%.200s", f->directory, e->d_name);
        if (empty_it) unlink(path);
    }
    closedir(d);
    return n;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    (void)kept(f, true);
    rmdir(f->directory);
    node_close(&f->node);
    parcel_drop(&f->parcel);
    buffer_free(&f->json);
    arena_free(&f->tool.arena);
    free(f);
    return 0;
}

static int send_to(struct fixture *f, struct server servers[], const char *const *const answers[],
                   const int counts[], uint32_t n) {
    f->tool.nodes_count = n;
    for (uint32_t i = 0; i < n; i++) {
        server_start(&servers[i], answers[i], counts[i]);
        f->tool.nodes[i] = format(&f->tool, "http://127.0.0.1:%u", (unsigned)servers[i].port);
    }
    node_open(&f->tool, &f->node);
    int code = sender_send(&f->sender, f->parcel);
    for (uint32_t i = 0; i < n; i++)
        server_stop(&servers[i]);
    return code;
}

static int send_one(struct fixture *f, struct server *s, const char *const answers[], int count) {
    return send_to(f, s, &answers, &count, 1);
}
#define SEND(f, s, ...)                                                                            \
    send_one(f, s, (const char *const[]){__VA_ARGS__},                                             \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void committed_leaves_the_outbox(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, RECORDS(COMMITTED "," COMMITTED)), EXIT_OK);
    assert_int_equal(f->sender.committed, 2);
    assert_int_equal(sender_code(&f->sender), EXIT_OK);
    assert_int_equal(kept(f, false), 0);
    assert_non_null(strstr(s.request, "POST /v1/records:batch?wait=committed&timeout_ms="));
}

static void pending_is_asked_after(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, RECORDS(PENDING "," COMMITTED), RECORDS(COMMITTED)), EXIT_OK);
    assert_int_equal(s.connections, 2); /* the second time only what was open */
    assert_int_equal(f->sender.committed, 2);
    assert_int_equal(kept(f, false), 0);
}

static void pending_to_the_end_is_unknown_and_kept(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, RECORDS(PENDING "," COMMITTED), RECORDS(PENDING)), EXIT_OK);
    assert_int_equal(f->sender.pending, 1);
    assert_int_equal(sender_code(&f->sender), EXIT_UNKNOWN);
    assert_int_equal(kept(f, false), 1);
    struct parcel *back CLEANUP(parcel_drop) = parcel_new();
    const char **names;
    uint32_t count;
    assert_int_equal(outbox_names(&f->outbox, &names, &count), EXIT_OK);
    assert_int_equal(outbox_load(&f->outbox, names[0], back), EXIT_OK);
    assert_int_equal(back->count, 1); /* the committed one is gone from the file */
}

static void a_busy_node_is_asked_again(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, BUSY, RECORDS(COMMITTED "," COMMITTED)), EXIT_OK);
    assert_int_equal(f->sender.committed, 2);
}

static void a_node_that_takes_no_records_decides_nothing(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, RECORDS(REFUSED("ERR_NOT_VOTING") "," REFUSED("ERR_STOPPING"))),
                     EXIT_OK);
    assert_int_equal(f->sender.unsent, 2);
    assert_int_equal(f->sender.refused, 0);
    assert_int_equal(sender_code(&f->sender), EXIT_UNREACHABLE);
    assert_non_null(strstr(f->sender.why, "ERR_STOPPING"));
    assert_int_equal(kept(f, false), 1);
}

static void another_node_takes_what_one_does_not(void **state) {
    struct fixture *f = *state;
    struct server s[2];
    const char *const no[] = {RECORDS(REFUSED("ERR_NOT_VOTING") "," REFUSED("ERR_NOT_VOTING"))};
    const char *const yes[] = {RECORDS(COMMITTED "," COMMITTED)};
    const char *const *const answers[] = {no, yes};
    const int counts[] = {1, 1};
    assert_int_equal(send_to(f, s, answers, counts, 2), EXIT_OK);
    assert_int_equal(f->sender.committed, 2);
    assert_int_equal(s[0].connections, 1);
    assert_int_equal(s[1].connections, 1);
}

static void silence_is_asked_elsewhere(void **state) {
    struct fixture *f = *state;
    struct server s[2];
    const char *const silent[] = {SERVER_HANGS_UP};
    const char *const yes[] = {RECORDS(COMMITTED "," COMMITTED)};
    const char *const *const answers[] = {silent, yes};
    const int counts[] = {1, 1};
    assert_int_equal(send_to(f, s, answers, counts, 2), EXIT_OK);
    assert_int_equal(f->sender.committed, 2);
    assert_int_equal(kept(f, false), 0);
}

static void silence_to_the_end_is_unknown_and_kept(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, SERVER_HANGS_UP), EXIT_OK);
    assert_int_equal(f->sender.unknown, 2);
    assert_int_equal(sender_code(&f->sender), EXIT_UNKNOWN);
    assert_int_equal(kept(f, false), 1);
}

static void another_ledger_refuses_and_the_record_is_kept(void **state) {
    struct fixture *f = *state;
    struct server s;
    assert_int_equal(SEND(f, &s, RECORDS(REFUSED("ERR_RECORD_CHAIN") "," REFUSED("ERR_SIGNATURE"))),
                     EXIT_OK);
    assert_int_equal(f->sender.refused, 2);
    assert_int_equal(sender_code(&f->sender), EXIT_REFUSED);
    assert_int_equal(kept(f, false), 1);
}

static void nonsense_ends_the_run_and_loses_nothing(void **state) {
    static const char *const answers[] = {
        HTTP("200 OK", "<html>"),    HTTP("200 OK", "{\"records\":[" COMMITTED "]}"),
        HTTP("200 OK", "[]"),        RECORDS(COMMITTED "," COMMITTED "," COMMITTED),
        HTTP("404 Not Found", "{}"), HTTP("302 Found", ""),
        "SSH-2.0-hello\r\n",
    };
    struct fixture *f = *state;
    struct server s;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (uint32_t k = 0; k < f->parcel->count; k++)
            f->parcel->records[k].state = PARCEL_OPEN;
        int code = send_one(f, &s, &answers[i], 1);
        if (code != EXIT_BROKEN) fail_msg("answer %zu: exit %d", i, code);
        assert_int_equal(kept(f, false), 1);
        node_close(&f->node);
    }
    node_open(&f->tool, &f->node);
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(committed_leaves_the_outbox),
        TEST(pending_is_asked_after),
        TEST(pending_to_the_end_is_unknown_and_kept),
        TEST(a_busy_node_is_asked_again),
        TEST(a_node_that_takes_no_records_decides_nothing),
        TEST(another_node_takes_what_one_does_not),
        TEST(silence_is_asked_elsewhere),
        TEST(silence_to_the_end_is_unknown_and_kept),
        TEST(another_ledger_refuses_and_the_record_is_kept),
        TEST(nonsense_ends_the_run_and_loses_nothing),
    };
    http_client_start();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    http_client_stop();
    return failed;
}
