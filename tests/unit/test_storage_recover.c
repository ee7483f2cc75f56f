/* A real ledger in a store: every row of the chain altered or lost is found, and state comes back
 * from chain alone. */
#include "storage/recover_ledger.h"
#include "storage/store_memory.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "genesis/genesis.h"
#include "ledger/query.h"

enum { BLOCKS = 12, CREATED_MS = 1780272000 };

struct chain {
    struct genesis *genesis;
    struct keypair authority;
    struct store store;
    struct ledger_head head;
    uint64_t nonce;
};

static void keypair_of(uint8_t n, struct keypair *ret) {
    struct seed seed = {{n, 7}};
    key_from_seed(&seed, ret);
}

static void genesis_new(struct chain *c) {
    char text[4096], hex[5][65];
    struct keypair keys[4];
    for (uint8_t i = 0; i < 4; i++) {
        keypair_of((uint8_t)(i + 1), &keys[i]);
        hex_encode(span_of(keys[i].public_key.b, 32), hex[i]);
    }
    keypair_of(9, &c->authority);
    hex_encode(span_of(c->authority.public_key.b, 32), hex[4]);
    snprintf(text, sizeof text,
             "{\"domain\":\"test.example\",\"title\":\"recover\",\"created\":%d,\"validators\":"
             "[{\"name\":\"one\",\"consensus_key\":\"%s\",\"checkpoint_key\":\"%s\",\"log_key\":"
             "\"%s\",\"transport_key\":\"%s\"}],\"members\":[{\"subject\":\"bureau\",\"name\":"
             "\"Bureau\",\"roles\":[\"authority\"],\"keys\":[{\"key\":\"%s\",\"from\":0}]}]}",
             CREATED_MS, hex[0], hex[1], hex[2], hex[3], hex[4]);
    struct buffer file;
    buffer_init(&file, GENESIS_BYTES_MAX);
    struct refusal refusal = {0};
    if (genesis_from_json(span_text(text), &file, &refusal) ||
        genesis_parse(buffer_span(&file), &c->genesis, &refusal))
        fail_msg("%s at %s", err_name(refusal.err), refusal.where);
    buffer_free(&file);
}

/* Admits a new member, or the same one again: that is refused and stored as well. */
static void record_new(struct chain *c, uint32_t member, uint64_t time_ms, struct buffer *out) {
    char subject[32];
    snprintf(subject, sizeof subject, "farm-%u", member);
    struct keypair keys;
    keypair_of((uint8_t)(50 + member), &keys);
    struct member_key key = {.key = keys.public_key};
    struct act act = {.type = ACT_MEMBER_ADMITTED,
                      .subject = span_text(subject),
                      .name = span_text("A farm"),
                      .division = span_text("330302"),
                      .roles = 2,
                      .keys = &key,
                      .keys_count = 1};
    struct buffer bytes, fields;
    buffer_init(&bytes, 4096);
    buffer_init(&fields, 4096);
    act_encode(&act, &bytes);
    act_fields(buffer_span(&bytes), NULL, 0, &fields);
    struct item item = {.type = ACT_MEMBER_ADMITTED, .fields = buffer_span(&fields)};
    struct record_header draft = {.chain_id = c->genesis->chain_id,
                                  .kind = RECORD_GOVERNANCE,
                                  .subject = span_text("bureau"),
                                  .key = c->authority.public_key,
                                  .created_ms = time_ms,
                                  .expires_ms = time_ms + 3600000,
                                  .nonce = ++c->nonce};
    assert_int_equal(record_make(&c->genesis->params, &draft, &item, 1, &c->authority, out), OK);
    buffer_free(&bytes);
    buffer_free(&fields);
}

/* The stored form of a block of these records on top of the head. */
static void block_new(struct chain *c, const struct buffer wires[], uint32_t count,
                      struct buffer *header_bytes, struct buffer *stored) {
    struct digest ids[4];
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(record_wire_id(buffer_span(&wires[i]), &ids[i]), OK);
    struct block_header header = {.version = 1,
                                  .chain_id = c->genesis->chain_id,
                                  .view = c->head.view + 1,
                                  .height = c->head.height + 1,
                                  .parent = c->head.block,
                                  .payload_count = count,
                                  .payload_root = block_payload_root(ids, count),
                                  .time_ms = c->head.time_ms + 1000};
    block_header_encode(&header, header_bytes);
    struct buffer empty;
    buffer_init(&empty, 16);
    pack_array(&empty, 0);
    struct stored_block block = {.header_bytes = buffer_span(header_bytes),
                                 .wire_ids = ids,
                                 .wire_ids_count = count,
                                 .certificate = buffer_span(&empty),
                                 .nullifications = buffer_span(&empty)};
    stored_block_encode(&block, stored);
    buffer_free(&empty);
}

static bool block_add(struct chain *c) {
    uint32_t count = 1 + (uint32_t)(c->head.height % 3);
    struct buffer wires[4] = {0}, header, stored;
    struct span records[4];
    for (uint32_t i = 0; i < count; i++) {
        buffer_init(&wires[i], RECORD_BYTES_MAX);
        record_new(c, (uint32_t)(c->head.height * 2 + i), c->head.time_ms + 500, &wires[i]);
        records[i] = buffer_span(&wires[i]);
    }
    buffer_init(&header, 1024);
    buffer_init(&stored, 1 << 16);
    block_new(c, wires, count, &header, &stored);
    struct block block = {.stored = buffer_span(&stored),
                          .header_bytes = buffer_span(&header),
                          .records = records,
                          .records_count = count};
    struct arena arena;
    arena_init(&arena, APPLY_ARENA_BYTES);
    struct applied applied;
    assert_int_equal(ledger_apply(&c->genesis->params, store_reader(c->store), &c->head, &block,
                                  NULL, &arena, &applied),
                     OK);
    bool ok = commit_write(c->store, &applied.changes, 1, applied.head.height);
    if (ok) c->head = applied.head;
    changes_free(applied.changes);
    arena_free(&arena);
    for (uint32_t i = 0; i < count; i++)
        buffer_free(&wires[i]);
    buffer_free(&header);
    buffer_free(&stored);
    return ok;
}

static void genesis_write(struct chain *c) {
    struct changes *rows = changes_new();
    genesis_apply(c->genesis, rows, &c->head);
    assert_true(commit_write(c->store, &rows, 1, 0));
    changes_free(rows);
}

static void chain_new(struct chain *c) {
    *c = (struct chain){.store = store_memory_new()};
    crypto_start();
    genesis_new(c);
    genesis_write(c);
    for (int i = 0; i < BLOCKS; i++)
        assert_true(block_add(c));
}

static void chain_free(struct chain *c) {
    store_close(c->store);
    genesis_free(c->genesis);
}

struct rows {
    struct changes *all; /* of one table */
    enum table table;
};

static bool row_keep(void *context, struct span key, struct span value) {
    struct rows *rows = context;
    changes_put(rows->all, rows->table, key, value);
    return true;
}

static struct changes *table_rows(struct store s, enum table table) {
    static const uint8_t last[] = {0xff, 0xff};
    struct rows rows = {changes_new(), table};
    reader_scan(store_reader(s), table, SPAN_EMPTY, span_of(last, sizeof last), row_keep, &rows);
    return rows.all;
}

static void rows_same(struct changes *a, struct changes *b) {
    assert_int_equal(changes_count(a), changes_count(b));
    for (size_t i = 0; i < changes_count(a); i++) {
        assert_true(span_equal(changes_at(a, i)->key, changes_at(b, i)->key));
        assert_true(span_equal(changes_at(a, i)->value, changes_at(b, i)->value));
    }
}

static enum recover_state state_of(struct chain *c, enum recover_level level,
                                   struct recover_report *report) {
    struct recover_checks checks = recover_ledger_checks(&c->genesis->params);
    recover_open(c->store, &checks, level, report);
    return report->state;
}

/* What a start would do with this row altered, in a child: damage that no check names must stop the
 * program. */
static bool noticed(struct chain *c, const struct change *row, bool drop, size_t byte) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)!freopen("/dev/null", "w", stderr);
        struct changes *damage = changes_new();
        uint8_t value[8192];
        if (row->value.len > sizeof value) _exit(2);
        memcpy(value, row->value.data, row->value.len);
        if (drop) {
            changes_delete(damage, row->table, row->key);
        } else {
            value[byte] ^= 1;
            changes_put(damage, row->table, row->key, span_of(value, row->value.len));
        }
        if (!store_write(c->store, row->table, &damage, 1, true)) _exit(2);
        struct recover_report report;
        _exit(state_of(c, RECOVER_FULL, &report) == RECOVER_BROKEN ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void whole(void **state) {
    (void)state;
    struct chain c;
    chain_new(&c);
    struct recover_report report;
    static const enum recover_level levels[] = {RECOVER_HEAD, RECOVER_SAMPLE, RECOVER_FULL};
    for (size_t i = 0; i < 3; i++)
        if (state_of(&c, levels[i], &report) != RECOVER_WHOLE) fail_msg("%s", report.text);
    assert_true(report.height == BLOCKS && report.blocks_checked == BLOCKS);
    struct block_summary s;
    uint32_t refused = 0;
    for (uint64_t h = 1; h <= BLOCKS; h++) {
        assert_int_equal(query_block(store_reader(c.store), h, &s), OK);
        refused += s.records - s.accepted;
    }
    assert_true(refused > 0); /* refused records are part of the picture */
    chain_free(&c);
}

static void every_chain_row_counts(void **state) {
    (void)state;
    struct chain c;
    chain_new(&c);
    struct changes *rows = table_rows(c.store, TABLE_CHAIN);
    assert_true(changes_count(rows) > 60);
    for (size_t i = 0; i < changes_count(rows); i++) {
        const struct change *row = changes_at(rows, i);
        bool ok = noticed(&c, row, true, 0);
        for (size_t k = 0; ok && k < 3; k++)
            ok = noticed(&c, row, false, k * (row->value.len - 1) / 2);
        if (!ok) fail_msg("row %zu of kind '%c' is not checked", i, row->key.data[0]);
    }
    changes_free(rows);
    chain_free(&c);
}

static enum store_fault state_fails(void *context, enum table table, bool sync) {
    (void)context, (void)sync;
    return table == TABLE_STATE ? STORE_FAULT_IO : STORE_FAULT_NONE;
}

static void replay(struct chain *c) {
    struct recover_report report;
    uint64_t height = 0;
    char text[RECOVER_TEXT_BYTES] = "";
    assert_int_equal(state_of(c, RECOVER_FULL, &report), RECOVER_BEHIND);
    if (!recover_ledger_replay(c->store, &c->genesis->params, &height, text)) fail_msg("%s", text);
    if (state_of(c, RECOVER_FULL, &report) != RECOVER_WHOLE) fail_msg("%s", report.text);
    assert_int_equal(height, report.height);
}

static void state_comes_back(void **state) {
    (void)state;
    struct chain c;
    chain_new(&c);
    /* Power fails between the two writes. */
    store_memory_faults(c.store, state_fails, NULL);
    assert_false(block_add(&c));
    store_memory_faults(c.store, NULL, NULL);
    store_memory_crash(c.store, 0);
    replay(&c);
    assert_true(ledger_head_read(store_reader(c.store), &c.head));
    assert_int_equal(c.head.height, BLOCKS + 1);
    assert_true(block_add(&c));

    /* All of state is lost. */
    struct changes *before = table_rows(c.store, TABLE_STATE), *none = changes_new();
    for (size_t i = 0; i < changes_count(before); i++)
        changes_delete(none, TABLE_STATE, changes_at(before, i)->key);
    assert_true(store_write(c.store, TABLE_STATE, &none, 1, true));
    changes_free(none);
    struct recover_report report;
    assert_int_equal(state_of(&c, RECOVER_FULL, &report), RECOVER_EMPTY);
    genesis_write(&c);
    replay(&c);
    struct changes *after = table_rows(c.store, TABLE_STATE);
    rows_same(before, after);
    changes_free(before);
    changes_free(after);
    chain_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole),
        cmocka_unit_test(every_chain_row_counts),
        cmocka_unit_test(state_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
