/* The genesis file: every rule of spec G refused by name, no byte of it without meaning, JSON there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/ledger_world.h"

struct draft {
    struct validator validators[VALIDATORS_MAX + 1];
    char names[VALIDATORS_MAX + 1][32];
    struct validator_bytes set;
    struct genesis_member members[3];
    struct member_key keys[3];
    struct genesis_threshold thresholds[2];
    struct genesis_rest rest;
};

static void key_of(uint32_t n, struct pubkey *ret) {
    struct seed s = {{(uint8_t)n, (uint8_t)(n >> 8), 0x77}};
    struct keypair k;
    key_from_seed(&s, &k);
    *ret = k.public_key;
}

/* A genesis that is in order; the cases below bend one thing each. */
static void draft_make(struct draft *d, uint32_t validators) {
    static const uint8_t empty_map[1] = {0x80};
    static const char *const subjects[] = {"bureau", "farm", "shop"};
    memset(d, 0, sizeof *d);
    for (uint32_t i = 0; i < validators; i++) {
        snprintf(d->names[i], sizeof d->names[i], "v%u.example", i);
        d->validators[i].name = span_text(d->names[i]);
        key_of(4 * i, &d->validators[i].consensus_key);
        key_of(4 * i + 1, &d->validators[i].checkpoint_key);
        key_of(4 * i + 2, &d->validators[i].log_key);
        key_of(4 * i + 3, &d->validators[i].transport_key);
    }
    d->set = (struct validator_bytes){1, 1, span_text("example.org"), d->validators, validators};
    for (uint32_t i = 0; i < 3; i++) {
        key_of(1000 + i, &d->keys[i].key);
        d->members[i] = (struct genesis_member){span_text(subjects[i]), span_text("名"), i == 0 ? MEMBER_AUTHORITY : MEMBER_PRODUCER,
                                                span_text("330302"), &d->keys[i], 1};
    }
    d->thresholds[0] = (struct genesis_threshold){32, 2};
    d->thresholds[1] = (struct genesis_threshold){35, 1};
    d->rest = (struct genesis_rest){.version = 1, .title = span_text("t"), .created_ms = 1000000, .members = d->members, .members_count = 3,
                                    .thresholds = d->thresholds, .thresholds_count = 2, .extensions = span_of(empty_map, 1)};
    parameters_default(&d->rest.parameters);
}

/* As genesis_make does, but without its tables' own checks: what a hostile file may hold. */
static enum err parse(const struct draft *d, struct refusal *refusal) {
    struct buffer a CLEANUP(buffer_free) = {0}, b CLEANUP(buffer_free) = {0}, file CLEANUP(buffer_free) = {0};
    struct genesis *g = NULL;
    buffer_init(&a, GENESIS_BYTES_MAX);
    buffer_init(&b, GENESIS_BYTES_MAX);
    buffer_init(&file, GENESIS_BYTES_MAX);
    codec_encode(&validator_bytes_type, &d->set, &a);
    codec_encode(&genesis_rest_type, &d->rest, &b);
    pack_array(&file, 2);
    pack_bytes(&file, buffer_span(&a));
    pack_bytes(&file, buffer_span(&b));
    enum err e = genesis_parse(buffer_span(&file), &g, refusal);
    genesis_free(g);
    return e;
}

static void refused(const struct draft *d, enum err err, const char *where) {
    struct refusal r = {OK, ""};
    enum err e = parse(d, &r);
    if (e != err || strcmp(r.where, where) != 0) fail_msg("%s at %s, expected %s at %s", err_name(e), r.where, err_name(err), where);
}

static void every_rule_has_a_refusal(void **state) {
    (void)state;
    struct draft *d = malloc(sizeof *d), *good = malloc(sizeof *good);
    struct refusal r;
    draft_make(good, 4);
    assert_int_equal(parse(good, &r), OK);
#define CASE(change, err, where)                                                                                                 \
    draft_make(d, 4);                                                                                                            \
    change;                                                                                                                      \
    refused(d, err, where)
    CASE(d->validators[1].name = d->validators[0].name, ERR_GENESIS_KEY_TWICE, "validators");
    CASE(d->validators[1].name = span_text("a b"), ERR_GENESIS_NAME, "validators");
    CASE(d->validators[1].name = span_text("a+b"), ERR_GENESIS_NAME, "validators");
    CASE(d->validators[1].name = span_text("名"), ERR_GENESIS_NAME, "validators");
    CASE(d->set.domain = span_text("a\n"), ERR_GENESIS_NAME, "validators");
    CASE(d->validators[1].log_key = d->validators[3].transport_key, ERR_GENESIS_KEY_TWICE, "validators");
    CASE(d->validators[1].consensus_key = d->validators[1].checkpoint_key, ERR_GENESIS_KEY_TWICE, "validators");
    CASE(memset(&d->validators[2].log_key, 0, 32), ERR_KEY_INVALID, "validators");
    CASE(d->members[0].roles = MEMBER_PRODUCER, ERR_GENESIS_AUTHORITY, "members");
    CASE(d->members[0].keys_count = 0, ERR_GENESIS_AUTHORITY, "members");
    CASE(d->keys[0].from_ms = 1000001, ERR_GENESIS_AUTHORITY, "members"); /* not valid yet when the chain begins */
    CASE(d->keys[0].until_ms = 1000000, ERR_GENESIS_AUTHORITY, "members"); /* no longer */
    CASE((d->keys[1].from_ms = 5, d->keys[1].until_ms = 5), ERR_GENESIS_MEMBER, "members[1].keys[0]");
    CASE(d->keys[2].key = d->keys[1].key, ERR_GENESIS_KEY_TWICE, "members[2].keys[0]");
    CASE(memset(d->keys[2].key.b, 0, 32), ERR_KEY_INVALID, "members[2].keys[0]");
    CASE(d->members[2].subject = d->members[1].subject, ERR_GENESIS_KEY_TWICE, "members[2].subject");
    CASE(d->members[2].subject = span_text("a/b"), ERR_GENESIS_MEMBER, "members[2]");
    CASE(d->members[2].division = span_text("33030x"), ERR_GENESIS_MEMBER, "members[2]");
    CASE(d->thresholds[1].act = 32, ERR_GENESIS_THRESHOLD, "thresholds[1]");
    CASE(d->thresholds[1].act = 31, ERR_GENESIS_THRESHOLD, "thresholds[1]");
    CASE(d->rest.version = 2, ERR_GENESIS_VERSION, "version");
    CASE(d->rest.extensions = span_of("\x81\xa1x\xc0", 4), ERR_GENESIS_EXTENSIONS, "extensions");
    CASE(d->rest.parameters.block_bytes = 1024, ERR_GENESIS_PARAMETER, "parameters.record_bytes");
#undef CASE
    draft_make(d, VALIDATORS_MAX); /* 256 keys, 64 names */
    assert_int_equal(parse(d, &r), OK);
    draft_make(d, 1);
    assert_int_equal(parse(d, &r), OK);
    free(d);
    free(good);
}

/* What genesis_make and genesis_parse take is one thing; a file with one byte changed is another chain or none. */
static void every_byte_counts(void **state) {
    (void)state;
    struct validator_keys keys[WORLD_VALIDATORS];
    struct genesis *g = world_genesis(keys, 2), *other;
    struct buffer bad CLEANUP(buffer_free) = {0};
    uint32_t taken = 0;
    buffer_init(&bad, GENESIS_BYTES_MAX);
    for (size_t i = 0; i < g->file.len; i++) {
        buffer_clear(&bad);
        buffer_append_span(&bad, g->file);
        bad.data[i] ^= (uint8_t)(1u << i % 8);
        if (genesis_parse(buffer_span(&bad), &other, NULL) != OK) continue;
        taken++;
        assert_false(digest_equal(&other->chain_id, &g->chain_id));
        genesis_free(other);
    }
    for (size_t len = 0; len < g->file.len; len++)
        assert_int_not_equal(genesis_parse(span_of(g->file.data, len), &other, NULL), OK);
    buffer_clear(&bad);
    buffer_append_span(&bad, g->file);
    buffer_u8(&bad, 0);
    assert_int_equal(genesis_parse(buffer_span(&bad), &other, NULL), ERR_CODEC_TRAILING);
    assert_true(taken > 50); /* names, times: other chains */
    genesis_free(g);
}

static void json_there_and_back(void **state) {
    (void)state;
    struct validator_keys keys[WORLD_VALIDATORS];
    struct genesis *g = world_genesis(keys, 2);
    struct buffer json CLEANUP(buffer_free) = {0}, file CLEANUP(buffer_free) = {0};
    struct refusal r = {OK, ""};
    buffer_init(&json, GENESIS_BYTES_MAX);
    buffer_init(&file, GENESIS_BYTES_MAX);
    genesis_json(g, &json);
    enum err e = genesis_from_json(buffer_span(&json), &file, &r);
    if (e != OK) fail_msg("%s at %s", err_name(e), r.where);
    assert_true(span_equal(buffer_span(&file), g->file));
    static const struct {
        const char *text, *where;
    } bad[] = {
        {"{}", "domain"},
        {"{\"domain\":\"a\",\"title\":\"t\",\"created\":0,\"validators\":[],\"members\":[],\"colour\":1}", "colour"},
        {"{\"domain\":\"a\",\"title\":\"t\",\"created\":0,\"validators\":[{\"name\":\"v\",\"consensus_key\":\"zz\"}],\"members\":[]}",
         "validators[0].consensus_key"},
        {"{\"domain\":\"a\",\"title\":\"t\",\"created\":0,\"parameters\":{\"delta_ms\":0},\"validators\":[],\"members\":[]}",
         "parameters.delta_ms"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buffer_clear(&file);
        e = genesis_from_json(span_text(bad[i].text), &file, &r);
        if (e == OK || strcmp(r.where, bad[i].where) != 0) fail_msg("%s: %s at %s", bad[i].text, err_name(e), r.where);
        assert_int_equal(file.len, 0);
    }
    genesis_free(g);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_a_refusal),
        cmocka_unit_test(every_byte_counts),
        cmocka_unit_test(json_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
