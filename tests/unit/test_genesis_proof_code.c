/* Proofs about codes (SPEC P5 question 4, P12): issued, never issued, void, claimed; and what a lying node cannot do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/proof_bundle.h"
#include "tests/unit/certificate_world.h"
#include "tests/unit/code_world.h"
#include "tests/unit/world_results.h"

struct proving {
    struct world w;
    struct world_pack *pack;
    struct attested attested;
    struct proof_source source;
    struct buffer bundle, name;
    struct arena arena;
    struct statement s;
};

static void attest(struct proving *p) {
    world_attest(&p->w, 1780272100, &p->attested);
    p->source = world_source(&p->w, &p->attested);
}

static void block(struct proving *p) {
    assert_int_equal(world_close(&p->w, 1000), OK);
    world_code_is(&p->w, 0, RESULT_ACCEPTED, 0);
    attest(p);
}

/* farm1 made 100 pairs of lot A, certified 80 of them, and printed 7 codes on the certificate. */
static void begin(struct proving *p) {
    world_begin(&p->w, 1);
    arena_init(&p->arena, PROOF_ARENA_BYTES);
    buffer_init(&p->bundle, PROOF_BYTES_MAX);
    buffer_init(&p->name, IDENTIFIER_BYTES_MAX);
    struct certificate_type type = world_type("origin");
    (void)world_set_type(&p->w, &type);
    struct item made = world_made(&p->w, "ADD", "commissioning", LOT_A, 100, "NPR");
    (void)world_say(&p->w, "farm1", &made);
    assert_int_equal(world_close(&p->w, 1000), OK);
    struct item item = world_own(&p->w, "farm1", "origin", "1", LOT_A, 80);
    (void)world_certify(&p->w, "farm1", &item);
    assert_int_equal(world_close(&p->w, 1000), OK);
    p->pack = world_pack_make(&p->w, "farm1", "ABCDE", 7);
    (void)world_issue_pack(&p->w, "farm1", p->pack, LOT_A, "farm1/1");
    block(p);
}

static void end(struct proving *p) {
    buffer_free(&p->bundle);
    buffer_free(&p->name);
    arena_free(&p->arena);
    world_end(&p->w);
}

static struct span name_of(struct proving *p, const struct code *code) {
    buffer_clear(&p->name);
    code_identifier(code, &p->name);
    return buffer_span(&p->name);
}

/* As a node does it that holds the leaves of this pack. */
static enum err build(struct proving *p, const struct world_pack *leaves, struct span name) {
    struct digest path[PACK_PATH_MAX];
    struct buffer leaf CLEANUP(buffer_free) = {0};
    struct pack_value pack;
    struct code code;
    bool needed;
    buffer_clear(&p->bundle);
    buffer_init(&leaf, PROOF_LEAF_BYTES_MAX);
    enum err e = proof_code_leaf_needed(p->source.reader, name, &p->arena, &code, &pack, &needed);
    if (e) return e;
    struct proof_leaf given = {.path = path};
    if (needed && leaves) {
        struct digest hash;
        struct pubkey key;
        pack_entry_read(leaves->leaves + (size_t)code.index * PACK_ENTRY_BYTES, &hash, &key);
        code_leaf(code.index, &hash, &key, &leaf);
        given.leaf = buffer_span(&leaf);
        given.path_count =
            pack_path(span_of(leaves->leaves, (size_t)leaves->count * PACK_ENTRY_BYTES),
                      leaves->chunks, leaves->count, code.index, path);
    }
    return proof_build_code(&p->source, name, needed && leaves ? &given : NULL, &p->bundle);
}

static enum err check(struct proving *p) {
    arena_reset(&p->arena);
    return proof_verify(buffer_span(&p->bundle), &p->w.genesis->chain_id, &p->arena, &p->s);
}

static void prove(struct proving *p, const struct code *code) {
    assert_int_equal(build(p, p->pack, name_of(p, code)), OK);
    assert_int_equal(check(p), OK);
}

static struct code other_serial(const struct code *code, const char *pack, uint32_t index,
                                uint64_t random) {
    struct code ret;
    char serial[CODE_SERIAL_CHARS + 1];
    code_serial_format(pack, index, random, serial);
    CHECK(code_make(span_of(code->gtin, CODE_GTIN_DIGITS), span_of(serial, CODE_SERIAL_CHARS), &ret));
    return ret;
}

static void a_code_is_issued(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    prove(&p, &p.pack->codes[3]);
    const struct statement_code *c = &p.s.code;
    assert_int_equal(c->state, CODE_ISSUED);
    assert_int_equal(c->index, 3);
    assert_false(c->voided || c->claimed || c->contradicts);
    assert_true(span_is(c->issuer, "farm1"));
    assert_true(span_is(c->certificate, "farm1/1"));
    assert_true(span_is(c->lot, LOT_A));
    assert_non_null(statement_find(&p.s, STATUS_CERTIFICATE, span_text("farm1/1")));
    assert_int_equal(p.s.records_count, 1); /* the pack's */
    print_message("bundle of a code issued: %zu bytes\n", p.bundle.len);
    world_break_every_byte(&p.w, buffer_span(&p.bundle));
    end(&p);
}

static void codes_that_were_never_issued(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct code copied = other_serial(&p.pack->codes[3], "ABCDE", 3, 12345),
                beyond = other_serial(&p.pack->codes[3], "ABCDE", 7, 12345),
                no_pack = other_serial(&p.pack->codes[3], "ABCDF", 3, 12345);
    prove(&p, &copied);
    assert_int_equal(p.s.code.state, CODE_OTHER);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 7);
    prove(&p, &beyond);
    assert_int_equal(p.s.code.state, CODE_NO_INDEX);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 7);
    prove(&p, &no_pack);
    assert_int_equal(p.s.code.state, CODE_NO_PACK);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 7);
    end(&p);
}

static void what_is_no_code_is_not_asked_about(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    assert_int_equal(build(&p, p.pack, span_text("https://id.gs1.org/01/06901234567892/21/1001")), ERR_CODE);
    /* and a bundle that asks anyway is false: question 2's bytes under question 4 */
    assert_int_equal(proof_build_thing(&p.source, span_text("https://id.gs1.org/01/06901234567892/21/1001"),
                                       &p.bundle), OK);
    end(&p);
}

/* Without the leaves nobody can tell; that is not "never issued". */
static void without_leaves_there_is_no_answer(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    assert_int_equal(build(&p, NULL, name_of(&p, &p.pack->codes[3])), ERR_PROOF_LEAF_ABSENT);
    struct code beyond = other_serial(&p.pack->codes[3], "ABCDE", 9, 1);
    assert_int_equal(build(&p, NULL, name_of(&p, &beyond)), OK); /* the count alone says so */
    assert_int_equal(check(&p), OK);
    end(&p);
}

static void void_and_claimed(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct claim claim = world_claim_of(&p.w, p.pack, 2, "330302", 9);
    (void)world_claim(&p.w, "farm2", &claim);
    block(&p);
    (void)world_void(&p.w, "farm1", p.pack->id, 4, 5);
    block(&p);
    prove(&p, &p.pack->codes[2]);
    assert_true(p.s.code.claimed && !p.s.code.voided);
    assert_true(span_is(p.s.code.claimed_division, "330302"));
    assert_int_equal(p.s.entries_count, 1);
    print_message("bundle of a code claimed: %zu bytes\n", p.bundle.len);
    world_break_every_byte(&p.w, buffer_span(&p.bundle));
    prove(&p, &p.pack->codes[4]);
    assert_true(p.s.code.voided && !p.s.code.claimed);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 7);
    prove(&p, &p.pack->codes[6]);
    assert_false(p.s.code.voided || p.s.code.claimed);
    end(&p);
}

/* The liar in the middle answers about an issued code with another's leaf, or with none. */
static void a_lying_node_finds_no_other_answer(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct world_pack other = *p.pack;
    uint8_t leaves[7 * PACK_ENTRY_BYTES];
    memcpy(leaves, p.pack->leaves, sizeof leaves);
    memcpy(leaves + 3 * PACK_ENTRY_BYTES, leaves + 2 * PACK_ENTRY_BYTES, PACK_ENTRY_BYTES);
    other.leaves = leaves;
    assert_int_equal(build(&p, &other, name_of(&p, &p.pack->codes[3])), OK);
    assert_int_equal(check(&p), ERR_PROOF_STATUS); /* it does not lie in the pack */
    end(&p);
}

/* Anybody may send events that name a code; its proof stays small and says what it leaves out. */
static void a_proof_cannot_be_buried(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct span name = world_keep(&p.w, name_of(&p, &p.pack->codes[1]));
    char text[128];
    snprintf(text, sizeof text, "%.*s", (int)name.len, (const char *)name.data);
    for (int i = 0; i < 70; i++) {
        struct item seen = world_event(&p.w, "OBSERVE", "inspecting", "", text, NULL);
        (void)world_say(&p.w, "farm2", &seen);
        if (i % 10 == 9) block(&p);
        if (i == 29 || i == 39 || i == 49) {
            prove(&p, &p.pack->codes[1]);
            assert_int_equal(p.s.entries_before, i == 29 ? 0 : i == 39 ? 16 : 32);
            assert_int_equal(p.s.entries_count, i + 1 - (int)p.s.entries_before);
        }
    }
    prove(&p, &p.pack->codes[1]);
    assert_int_equal(p.s.entries_before, 48);
    assert_int_equal(p.s.entries_count, 22);
    print_message("bundle of a code with 70 events, 22 shown: %zu bytes\n", p.bundle.len);
    end(&p);
}

/* Its certificate was superseded, and the successor revoked: the code shows it. */
static void a_revoked_line_shows_on_the_code(void **state) {
    (void)state;
    struct proving p;
    struct certificate_value c;
    begin(&p);
    struct certificate_issue next = {.number = span_text("2"),
                                     .type = span_text("origin"),
                                     .producer = span_text("farm1"),
                                     .from_ms = p.w.head.time_ms,
                                     .supersedes = span_text("farm1/1")};
    struct covers covers = {LOT_A, 50, "NPR"};
    struct item item = world_issue(&p.w, &next, &covers, 1);
    (void)world_certify(&p.w, "farm1", &item);
    block(&p);
    struct item revoke = world_revoke(&p.w, "farm1/2", 3);
    (void)world_certify(&p.w, "bureau", &revoke);
    block(&p);
    prove(&p, &p.pack->codes[0]);
    const struct statement_status *s = statement_find(&p.s, STATUS_CERTIFICATE, span_text("farm1/2"));
    assert_true(s && s->exists);
    assert_int_equal(codec_decode(&certificate_value_type, s->value, &p.arena, &c), OK);
    assert_int_equal(c.state, STATE_REVOKED);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 7);
    end(&p);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_issued),
        cmocka_unit_test(codes_that_were_never_issued),
        cmocka_unit_test(what_is_no_code_is_not_asked_about),
        cmocka_unit_test(without_leaves_there_is_no_answer),
        cmocka_unit_test(void_and_claimed),
        cmocka_unit_test(a_lying_node_finds_no_other_answer),
        cmocka_unit_test(a_proof_cannot_be_buried),
        cmocka_unit_test(a_revoked_line_shows_on_the_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
