/* Proofs about certificates (SPEC P5 question 3, P8 line): what they say, and that a node cannot hide where a line ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/proof_bundle.h"
#include "tests/unit/certificate_world.h"
#include "tests/unit/world_results.h"

struct proving {
    struct world w;
    struct attested attested;
    struct proof_source source;
    struct buffer bundle;
    struct arena arena;
    struct statement s;
};

/* "origin": farm1's own, 100 pairs made. */
static void begin(struct proving *p) {
    world_begin(&p->w, 1);
    arena_init(&p->arena, PROOF_ARENA_BYTES);
    buffer_init(&p->bundle, PROOF_BYTES_MAX);
    struct certificate_type type = world_type("origin");
    (void)world_set_type(&p->w, &type);
    struct item made = world_made(&p->w, "ADD", "commissioning", LOT_A, 100, "NPR");
    (void)world_say(&p->w, "farm1", &made);
    assert_int_equal(world_close(&p->w, 1000), OK);
}

static void end(struct proving *p) {
    buffer_free(&p->bundle);
    arena_free(&p->arena);
    world_end(&p->w);
}

static void attest(struct proving *p) {
    world_attest(&p->w, 1780272100, &p->attested);
    p->source = world_source(&p->w, &p->attested);
}

static void block(struct proving *p) {
    assert_int_equal(world_close(&p->w, 1000), OK);
    attest(p);
}

static enum err check(struct proving *p) {
    arena_reset(&p->arena);
    return proof_verify(buffer_span(&p->bundle), &p->w.genesis->chain_id, &p->arena, &p->s);
}

static void prove(struct proving *p, const char *id) {
    buffer_clear(&p->bundle);
    assert_int_equal(proof_build_certificate(&p->source, span_text(id), &p->bundle), OK);
    assert_int_equal(check(p), OK);
}

static struct certificate_value value(struct proving *p, const char *id) {
    struct certificate_value c = {0};
    const struct statement_status *s = statement_find(&p->s, STATUS_CERTIFICATE, span_text(id));
    assert_true(s && s->exists);
    assert_int_equal(codec_decode(&certificate_value_type, s->value, &p->arena, &c), OK);
    return c;
}

/* Supersedes `old` of farm1 by `number`. */
static void supersede(struct proving *p, const char *old, const char *number, double quantity) {
    struct certificate_issue c = {.number = span_text(number),
                                  .type = span_text("origin"),
                                  .producer = span_text("farm1"),
                                  .from_ms = p->w.head.time_ms,
                                  .supersedes = span_text(old)};
    struct covers covers = {LOT_A, quantity, "NPR"};
    struct item item = world_issue(&p->w, &c, &covers, 1);
    (void)world_certify(&p->w, "farm1", &item);
    block(p);
    assert_int_equal(p->w.results[0].code, RESULT_ACCEPTED);
}

static void a_certificate_in_force_is_proven(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct item item = world_own(&p.w, "farm1", "origin", "1", LOT_A, 60);
    (void)world_certify(&p.w, "farm1", &item);
    block(&p);
    prove(&p, "farm1/1");
    assert_int_equal(p.s.question, PROOF_CERTIFICATE);
    assert_int_equal(p.s.records_count, 1);
    assert_int_equal(p.s.records[0].items[0].type, ITEM_CERTIFICATE_ISSUED);
    /* member, key, certificate, type */
    assert_int_equal(p.s.statuses_count, 4);
    assert_int_equal(value(&p, "farm1/1").state, STATE_ACTIVE);
    print_message("bundle of a certificate: %zu bytes\n", p.bundle.len);
    world_break_every_byte(&p.w, buffer_span(&p.bundle));
    end(&p);
}

static void a_certificate_never_issued_is_proven_absent(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    attest(&p);
    prove(&p, "farm1/404");
    assert_int_equal(p.s.statuses_count, 1);
    assert_false(p.s.statuses[0].exists);
    world_break_every_byte(&p.w, buffer_span(&p.bundle));
    buffer_clear(&p.bundle);
    /* what is no certificate id would be absent for ever */
    assert_int_equal(proof_build_certificate(&p.source, span_text("farm1"), &p.bundle), ERR_CERTIFICATE_ID);
    assert_int_equal(proof_build_certificate(&p.source, span_text("farm1/4 4"), &p.bundle), ERR_CERTIFICATE_ID);
    end(&p);
}

static void a_revoked_one_shows_who_revoked_it(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct item item = world_own(&p.w, "farm1", "origin", "1", LOT_A, 60);
    (void)world_certify(&p.w, "farm1", &item);
    block(&p);
    struct item revoke = world_revoke(&p.w, "farm1/1", 7);
    (void)world_certify(&p.w, "bureau", &revoke);
    block(&p);
    prove(&p, "farm1/1");
    assert_int_equal(value(&p, "farm1/1").state, STATE_REVOKED);
    assert_int_equal(value(&p, "farm1/1").reason, 7);
    assert_int_equal(p.s.records_count, 2);
    assert_true(span_is(p.s.records[1].header.subject, "bureau"));
    world_break_every_byte(&p.w, buffer_span(&p.bundle));
    end(&p);
}

static void issued_and_revoked_in_one_record(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct item items[] = {world_own(&p.w, "farm1", "origin", "1", LOT_A, 60),
                           world_revoke(&p.w, "farm1/1", 0)};
    struct record_header d = world_draft(&p.w, "farm1", RECORD_CERTIFICATES);
    (void)world_add(&p.w, world_record(&p.w, &d, items, 2, "farm1"));
    block(&p);
    assert_int_equal(p.w.results[0].code, RESULT_ACCEPTED);
    prove(&p, "farm1/1");
    assert_int_equal(p.s.records_count, 1);
    assert_int_equal(p.s.records[0].items_count, 2);
    world_break_every_byte(&p.w, buffer_span(&p.bundle));
    end(&p);
}

/* The liar supersedes its certificate so that a revocation of the successor would not show. */
static void a_line_is_shown_to_its_end(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct item item = world_own(&p.w, "farm1", "origin", "1", LOT_A, 60);
    (void)world_certify(&p.w, "farm1", &item);
    block(&p);
    supersede(&p, "farm1/1", "2", 50);
    supersede(&p, "farm1/2", "3", 40);
    struct item revoke = world_revoke(&p.w, "farm1/1", 9); /* reaches the end of the line */
    (void)world_certify(&p.w, "bureau", &revoke);
    block(&p);
    assert_int_equal(p.w.results[0].code, RESULT_ACCEPTED);
    prove(&p, "farm1/1");
    assert_int_equal(value(&p, "farm1/1").state, STATE_SUPERSEDED);
    assert_true(span_is(value(&p, "farm1/1").other, "farm1/2"));
    assert_int_equal(value(&p, "farm1/3").state, STATE_REVOKED);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 5);
    prove(&p, "farm1/3");
    assert_int_equal(value(&p, "farm1/3").state, STATE_REVOKED);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 5);
    end(&p);
}

/* A lot's history holds what was certified of it, and each certificate's present state with it. */
static void a_lot_brings_its_certificates(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct item item = world_own(&p.w, "farm1", "origin", "1", LOT_A, 60);
    (void)world_certify(&p.w, "farm1", &item);
    block(&p);
    struct item revoke = world_revoke(&p.w, "farm1/1", 7);
    (void)world_certify(&p.w, "farm1", &revoke);
    block(&p);
    buffer_clear(&p.bundle);
    assert_int_equal(proof_build_thing(&p.source, span_text(LOT_A), &p.bundle), OK);
    assert_int_equal(check(&p), OK);
    assert_int_equal(p.s.entries_count, 2);
    assert_int_equal(value(&p, "farm1/1").state, STATE_REVOKED);
    world_break_bytes(&p.w, buffer_span(&p.bundle), 5);
    end(&p);
}

/* The lying node leaves out the status that would show the revocation: nothing it can leave out goes unnoticed. */
static void nothing_of_a_line_can_be_left_out(void **state) {
    (void)state;
    struct proving p;
    begin(&p);
    struct item item = world_own(&p.w, "farm1", "origin", "1", LOT_A, 60);
    (void)world_certify(&p.w, "farm1", &item);
    block(&p);
    supersede(&p, "farm1/1", "2", 50);
    prove(&p, "farm1/1");
    struct bundle b;
    assert_int_equal(bundle_read(buffer_span(&p.bundle), &p.arena, &b), OK);
    for (uint32_t left_out = 0; left_out < b.statuses_count; left_out++) {
        struct buffer lie CLEANUP(buffer_free) = {0};
        struct unpack u;
        buffer_init(&lie, PROOF_BYTES_MAX);
        unpack_init(&u, buffer_span(&p.bundle));
        (void)unpack_array(&u, 10);
        pack_array(&lie, 10);
        for (uint32_t part = 0; part < 10; part++) {
            struct span value = unpack_value(&u);
            if (part != 8) {
                pack_raw(&lie, value);
                continue;
            }
            struct unpack list;
            unpack_init(&list, value);
            uint32_t count = unpack_array(&list, 64);
            pack_array(&lie, count - 1);
            for (uint32_t i = 0; i < count; i++) {
                struct span status = unpack_value(&list);
                if (i != left_out) pack_raw(&lie, status);
            }
        }
        arena_reset(&p.arena);
        assert_int_equal(proof_verify(buffer_span(&lie), &p.w.genesis->chain_id, &p.arena, &p.s),
                         ERR_PROOF_STATUS);
    }
    end(&p);
}

enum { DOCUMENTS = 15, LINES = 5, RECORDS = 27, NAME = 120 };

/* Whole lines of certificates, each with a lot and as long names of documents as there may be (D2). */
static void long_lines(struct proving *p, uint32_t first, char names[DOCUMENTS][NAME + 1],
                       const char *unit) {
    enum { ITEMS = LINES * CERTIFICATE_LINE_MAX };
    struct item *items = arena_alloc(&p->w.arena, ITEMS, sizeof *items);
    struct covers covers[1 + DOCUMENTS] = {{LOT_A, 0, NULL}};
    assert_non_null(items);
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        covers[1 + i] = (struct covers){names[i], 1, unit};
    for (uint32_t i = 0; i < ITEMS; i++) {
        char number[16], last[24];
        snprintf(number, sizeof number, "%u", first + i);
        snprintf(last, sizeof last, "farm1/%u", first + i - 1);
        struct certificate_issue c = {.number = span_text(number),
                                      .type = span_text("papers"),
                                      .producer = span_text("farm1"),
                                      .from_ms = p->w.head.time_ms};
        if (i % CERTIFICATE_LINE_MAX > 0) c.supersedes = span_text(last);
        items[i] = world_issue(&p->w, &c, covers, 1 + DOCUMENTS);
    }
    struct record_header d = world_draft(&p->w, "farm1", RECORD_CERTIFICATES);
    (void)world_add(&p->w, world_record(&p->w, &d, items, ITEMS, "farm1"));
    assert_int_equal(world_close(&p->w, 1000), OK);
    assert_int_equal(p->w.results[0].code, RESULT_ACCEPTED);
}

/* Anybody may ask about a lot that somebody wrote too much about: the node says so, and lives. */
static void more_certificates_than_a_bundle_holds(void **state) {
    (void)state;
    struct proving p;
    char names[DOCUMENTS][NAME + 1], unit[5] = {0};
    memset(unit, 'u', sizeof unit - 1);
    begin(&p);
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        memset(names[i], 'a' + (int)i, NAME);
        memcpy(names[i], "https://papers.example/", 23);
        names[i][NAME] = '\0';
    }
    struct certificate_type type = world_type("papers");
    type.quota = CERTIFICATE_NO_QUOTA;
    type.covers = 0x3f;
    type.things_max = 16;
    (void)world_set_type(&p.w, &type);
    for (uint32_t i = 0; i < RECORDS; i++)
        long_lines(&p, 100 + i * LINES * CERTIFICATE_LINE_MAX, names, unit);
    attest(&p);
    buffer_clear(&p.bundle);
    assert_int_equal(proof_build_thing(&p.source, span_text(LOT_A), &p.bundle), ERR_PROOF_SIZE);
    assert_int_equal(p.bundle.len, 0);
    end(&p);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_in_force_is_proven),
        cmocka_unit_test(a_certificate_never_issued_is_proven_absent),
        cmocka_unit_test(a_revoked_one_shows_who_revoked_it),
        cmocka_unit_test(issued_and_revoked_in_one_record),
        cmocka_unit_test(a_line_is_shown_to_its_end),
        cmocka_unit_test(a_lot_brings_its_certificates),
        cmocka_unit_test(nothing_of_a_line_can_be_left_out),
        cmocka_unit_test(more_certificates_than_a_bundle_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
