/* Certificates: every refusal of SPEC D7 to D9 with its liar, the order in which they are found, and what an accepted item
 * leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/certificate_world.h"
#include "tests/unit/world_results.h"

#define CERTIFIED(w, lot) world_balance(w, BALANCE_CERTIFIED, "farm1", lot, "NPR", "origin")

/* What the tests begin with: the type "origin" and 100 pairs of lot A made by farm1. */
static void begin(struct world *w) {
    world_begin(w, 1);
    struct certificate_type type = world_type("origin");
    uint32_t set = world_set_type(w, &type);
    struct item made = world_made(w, "ADD", "commissioning", LOT_A, 100, "NPR");
    uint32_t said = world_say(w, "farm1", &made);
    assert_int_equal(world_close(w, 1000), OK);
    world_code_is(w, set, RESULT_ACCEPTED, 0);
    world_code_is(w, said, RESULT_ACCEPTED, 0);
    assert_int_equal(world_balance(w, BALANCE_PRODUCED, "farm1", LOT_A, "NPR", ""), 100000000);
}

/* One item in a block of its own. */
static uint16_t try(struct world *w, const char *subject, struct item item) {
    uint32_t at = world_certify(w, subject, &item);
    assert_int_equal(world_close(w, 1000), OK);
    assert_int_equal(w->results[at].item, w->results[at].code ? 1 : 0);
    return w->results[at].code;
}

static void set_type(struct world *w, const struct certificate_type *type) {
    uint32_t at = world_set_type(w, type);
    assert_int_equal(world_close(w, 1000), OK);
    world_code_is(w, at, RESULT_ACCEPTED, 0);
}

static void a_certificate_covers_no_more_than_was_made(void **state) {
    (void)state;
    struct world w;
    struct certificate_value v;
    begin(&w);
    struct item one = world_own(&w, "farm1", "origin", "1", LOT_A, 60),
                two = world_own(&w, "farm1", "origin", "2", LOT_A, 41),
                three = world_own(&w, "farm1", "origin", "3", LOT_A, 40);
    uint32_t yes = world_certify(&w, "farm1", &one), no = world_certify(&w, "farm1", &two),
             fits = world_certify(&w, "farm1", &three);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, yes, RESULT_ACCEPTED, 0);
    world_code_is(&w, no, RESULT_QUANTITY, 1);
    world_code_is(&w, fits, RESULT_ACCEPTED, 0);
    assert_int_equal(CERTIFIED(&w, LOT_A), 100000000);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_ACTIVE);
    assert_int_equal(v.covered_count, 1);
    assert_int_equal(v.covered[0].quantity, 60000000);
    assert_true(span_is(v.covered[0].unit, "NPR"));
    assert_int_equal(v.line, 1);
    assert_int_equal(v.issued, w.log_indices[yes]);
    assert_int_equal(world_certificate(&w, "farm1/2", &v), 0);
    world_rows_agree(&w);
    world_end(&w);
}

/* The liar splits the quantity over two items of one record, or over units. */
static void items_of_a_record_see_each_other(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct item both[] = {world_own(&w, "farm1", "origin", "1", LOT_A, 60),
                          world_own(&w, "farm1", "origin", "2", LOT_A, 41)};
    struct record_header d = world_draft(&w, "farm1", RECORD_CERTIFICATES);
    uint32_t at = world_add(&w, world_record(&w, &d, both, 2, "farm1"));
    struct item again[] = {both[0], both[0]};
    d.nonce += 1000;
    uint32_t twice = world_add(&w, world_record(&w, &d, again, 2, "farm1"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, at, RESULT_QUANTITY, 2);
    world_code_is(&w, twice, RESULT_CERTIFICATE_NUMBER, 2);
    assert_int_equal(CERTIFIED(&w, LOT_A), 0); /* the first item left nothing */
    struct certificate_issue c = {.number = span_text("3"), .type = span_text("origin"), .producer = span_text("farm1")};
    struct covers pieces = {LOT_A, 1, NULL};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &pieces, 1)), RESULT_QUANTITY);
    world_end(&w);
}

/* A certificate that is wrong in everything, put right step by step: each step meets the next rule of D7. */
struct ladder {
    struct world w;
    struct certificate_issue c;
    struct covers covers[3];
    uint32_t covers_count;
    const char *subject;
    int round;
};

static uint16_t step(struct ladder *l) {
    char number[32];
    if (!span_is(l->c.number, "used")) {
        snprintf(number, sizeof number, "%d", l->round++);
        l->c.number = world_keep(&l->w, span_text(number));
    }
    return try(&l->w, l->subject, world_issue(&l->w, &l->c, l->covers, l->covers_count));
}

static struct certificate_entry *how_made(struct ladder *l, const char *how) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct certificate_entry *e = arena_alloc(&l->w.arena, 1, sizeof *e);
    buffer_init(&b, 64);
    pack_text(&b, span_text(how));
    *e = (struct certificate_entry){span_text("how"), world_keep(&l->w, buffer_span(&b))};
    return e;
}

/* A type that asks for everything; and another, for what must come from upstream. */
static void ladder_types(struct ladder *l, bool retired) {
    static struct span choices[] = {{(const uint8_t *)"bought", 6}, {(const uint8_t *)"grown", 5}},
                       issuers[] = {{(const uint8_t *)"farm1", 5}};
    static struct certificate_field how;
    how = (struct certificate_field){span_text("how"), CERTIFICATE_CHOICE, CERTIFICATE_MANDATORY, choices, 2,
                                     span_text("来源"), span_text("how")};
    struct certificate_type t = world_type("strict");
    t.fields = &how;
    t.fields_count = 1;
    t.own = CERTIFICATE_OF_OTHERS;
    t.issuers = issuers;
    t.issuers_count = 1;
    t.upstream_field = span_text("how");
    t.upstream_choice = span_text("bought");
    t.validity_ms = 1000000;
    t.things_min = 2;
    t.retired = retired;
    set_type(&l->w, &t);
}

/* From the type to the time. */
static void lower_rungs(struct ladder *l) {
    struct world *w = &l->w;
    assert_int_equal(try(w, "farm1", world_own(w, "farm1", "origin", "used", LOT_A, 1)), RESULT_ACCEPTED);
    assert_int_equal(try(w, "farm1", world_own(w, "farm1", "origin", "gone", LOT_A, 1)), RESULT_ACCEPTED);
    assert_int_equal(try(w, "farm1", world_revoke(w, "farm1/gone", 1)), RESULT_ACCEPTED);
    ladder_types(l, true);
    l->subject = "farm2";
    l->c = (struct certificate_issue){.number = span_text("used"), .type = span_text("unknown"), .producer = span_text("farm1"),
                                     .from_ms = 5, .until_ms = 10, .upstream = {span_text("farm1/gone"), span_text("farm1/none")},
                                     .upstream_count = 0};
    l->covers[0] = (struct covers){LOT_B, 200, "NPR"};
    l->covers[1] = (struct covers){"urn:uuid:00000000-0000-0000-0000-000000000001", 0, NULL};
    l->covers_count = 1;
    assert_int_equal(step(l), RESULT_CERTIFICATE_TYPE);
    l->c.type = span_text("strict");
    assert_int_equal(step(l), RESULT_CERTIFICATE_TYPE); /* retired */
    ladder_types(l, false);
    assert_int_equal(step(l), RESULT_CERTIFICATE_ISSUER); /* not among the issuers */
    l->subject = "bureau";
    assert_int_equal(step(l), RESULT_CERTIFICATE_ISSUER); /* not of the roles */
    l->subject = "farm1";
    assert_int_equal(step(l), RESULT_CERTIFICATE_ISSUER); /* its own goods */
    l->c.producer = span_text("carrier");
    assert_int_equal(step(l), RESULT_CERTIFICATE_FIELDS);
    l->c.fields = how_made(l, "found");
    l->c.fields_count = 1;
    assert_int_equal(step(l), RESULT_CERTIFICATE_FIELDS);
    l->c.fields = how_made(l, "bought");
    assert_int_equal(step(l), RESULT_CERTIFICATE_NUMBER);
    l->c.number = SPAN_EMPTY;
    assert_int_equal(step(l), RESULT_CERTIFICATE_VALIDITY); /* expired */
    l->c.until_ms = 0;
    assert_int_equal(step(l), RESULT_CERTIFICATE_VALIDITY); /* no end, where one is asked */
    l->c.until_ms = w->head.time_ms + 600000;
    assert_int_equal(step(l), RESULT_CERTIFICATE_VALIDITY); /* too long */
    uint64_t drift = w->genesis->params.parameters.max_drift_ms;
    l->c.from_ms = w->head.time_ms + 1000 + drift + 1;
    l->c.until_ms = l->c.from_ms + 1000000;
    assert_int_equal(step(l), RESULT_CERTIFICATE_VALIDITY); /* too early */
    l->c.from_ms = w->head.time_ms;
    l->c.until_ms = l->c.from_ms + 1000000;
}

/* From the producer to the quantity. */
static void upper_rungs(struct ladder *l) {
    struct world *w = &l->w;
    assert_int_equal(step(l), RESULT_PRODUCER); /* not a member */
    l->c.producer = span_text("farm2");
    assert_int_equal(step(l), RESULT_BATCH); /* one thing where two are asked */
    l->covers_count = 2;
    assert_int_equal(step(l), RESULT_BATCH); /* a lot that does not stand */
    l->covers[0].identifier = LOT_A;
    assert_int_equal(step(l), RESULT_BATCH); /* a thing of another kind */
    l->covers[1].identifier = LOT_B;
    struct item seen = world_event(w, "OBSERVE", "inspecting", "", LOT_B, NULL);
    world_say(w, "farm2", &seen);
    assert_int_equal(world_close(w, 1000), OK);
    assert_int_equal(step(l), RESULT_BATCH); /* without quantity, where there is a quota */
    l->covers[1].quantity = 7;
    l->covers[1].unit = "NPR";
    assert_int_equal(step(l), RESULT_UPSTREAM); /* bought needs one */
    l->c.upstream_count = 2;
    assert_int_equal(step(l), RESULT_CERTIFICATE_BASIS); /* revoked; met before the one that does not exist */
    l->c.upstream[0] = span_text("farm1/none");
    l->c.upstream[1] = span_text("farm1/used");
    assert_int_equal(step(l), RESULT_NO_CERTIFICATE);
    l->c.upstream[0] = span_text("farm1/used");
    l->c.upstream_count = 1;
    l->c.supersedes = span_text("farm1/none");
    assert_int_equal(step(l), RESULT_NO_CERTIFICATE);
    l->c.supersedes = span_text("farm1/gone");
    assert_int_equal(step(l), RESULT_NOT_THEIRS); /* of another type; and it is revoked too */
    l->c.supersedes = SPAN_EMPTY;
    assert_int_equal(step(l), RESULT_QUANTITY);
    struct item made = world_made(w, "ADD", "commissioning", LOT_A, 200, "NPR"),
                more = world_made(w, "ADD", "commissioning", LOT_B, 6.5, "NPR");
    world_say(w, "farm2", &made);
    world_say(w, "farm2", &more);
    assert_int_equal(world_close(w, 1000), OK);
    assert_int_equal(step(l), RESULT_QUANTITY); /* of the second lot */
    l->covers[1].quantity = 6.5;
    assert_int_equal(step(l), RESULT_ACCEPTED);
    assert_int_equal(world_balance(w, BALANCE_CERTIFIED, "farm2", LOT_B, "NPR", "strict"), 6500000);
}

static void refusals_come_in_the_order_of_the_rules(void **state) {
    (void)state;
    struct ladder l = {.round = 0};
    begin(&l.w);
    lower_rungs(&l);
    upper_rungs(&l);
    world_rows_agree(&l.w);
    world_end(&l.w);
}

static void upstream_is_named_where_the_type_says(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct certificate_type t = world_type("never");
    t.upstream = UPSTREAM_NEVER;
    set_type(&w, &t);
    t.type = span_text("must");
    t.upstream = UPSTREAM_MUST;
    set_type(&w, &t);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "origin", "base", LOT_A, 1)), RESULT_ACCEPTED);
    struct certificate_issue c = {.number = span_text("1"), .type = span_text("never"), .producer = span_text("farm1"),
                                  .upstream = {span_text("farm1/base")}, .upstream_count = 1};
    struct covers covers = {LOT_A, 1, "NPR"};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_UPSTREAM);
    c.type = span_text("must");
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_ACCEPTED);
    c.number = span_text("2");
    c.upstream_count = 0;
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_UPSTREAM);
    /* an upstream that expired carries nothing */
    c = (struct certificate_issue){.number = span_text("short"), .type = span_text("origin"), .producer = span_text("farm1"),
                                   .until_ms = w.head.time_ms + 2000};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_ACCEPTED);
    c = (struct certificate_issue){.number = span_text("3"), .type = span_text("origin"), .producer = span_text("farm1"),
                                   .upstream = {span_text("farm1/short")}, .upstream_count = 1};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_CERTIFICATE_BASIS);
    world_end(&w);
}

static struct item supersede(struct world *w, const char *number, const char *old, const char *type, const char *lot,
                             double quantity, const char *unit) {
    struct certificate_issue c = {.number = span_text(number), .type = span_text(type), .producer = span_text("farm1"),
                                  .supersedes = span_text(old)};
    struct covers covers = {lot, quantity, unit};
    return world_issue(w, &c, &covers, 1);
}

static void a_superseded_certificate_gives_back_and_names_its_successor(void **state) {
    (void)state;
    struct world w;
    struct certificate_value v;
    begin(&w);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "origin", "1", LOT_A, 80)), RESULT_ACCEPTED);
    assert_int_equal(try(&w, "farm1", supersede(&w, "2", "farm1/1", "origin", LOT_A, 101, "NPR")), RESULT_QUANTITY);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_ACTIVE);
    assert_int_equal(try(&w, "farm1", supersede(&w, "2", "farm1/1", "origin", LOT_A, 90, "NPR")), RESULT_ACCEPTED);
    assert_int_equal(CERTIFIED(&w, LOT_A), 90000000);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_SUPERSEDED);
    assert_true(span_is(v.other, "farm1/2"));
    assert_int_equal(v.log_index, w.log_indices[0]);
    assert_int_equal(world_certificate(&w, "farm1/2", &v), STATE_ACTIVE);
    assert_int_equal(v.line, 2);
    /* 31: it is superseded already; 30: another type */
    assert_int_equal(try(&w, "farm1", supersede(&w, "3", "farm1/1", "origin", LOT_A, 1, "NPR")), RESULT_CERTIFICATE_ENDED);
    struct certificate_type other = world_type("other");
    set_type(&w, &other);
    assert_int_equal(try(&w, "farm1", supersede(&w, "3", "farm1/2", "other", LOT_A, 1, "NPR")), RESULT_NOT_THEIRS);
    /* 30: the liar takes over a rival's certificate */
    struct item made = world_made(&w, "ADD", "commissioning", LOT_A, 5, "NPR");
    world_say(&w, "farm2", &made);
    assert_int_equal(world_close(&w, 1000), OK);
    struct certificate_issue c = {.number = span_text("1"), .type = span_text("origin"), .producer = span_text("farm2"),
                                  .supersedes = span_text("farm1/2")};
    struct covers covers = {LOT_A, 1, "NPR"};
    assert_int_equal(try(&w, "farm2", world_issue(&w, &c, &covers, 1)), RESULT_NOT_THEIRS);
    /* a revocation of the first is one of the last; then nothing of the line can be revoked or superseded */
    assert_int_equal(try(&w, "farm1", world_revoke(&w, "farm1/1", 9)), RESULT_ACCEPTED);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_SUPERSEDED);
    assert_int_equal(world_certificate(&w, "farm1/2", &v), STATE_REVOKED);
    assert_int_equal(v.reason, 9);
    assert_int_equal(CERTIFIED(&w, LOT_A), 0);
    assert_int_equal(try(&w, "farm1", world_revoke(&w, "farm1/1", 9)), RESULT_CERTIFICATE_ENDED);
    assert_int_equal(try(&w, "farm1", world_revoke(&w, "farm1/2", 9)), RESULT_CERTIFICATE_ENDED);
    assert_int_equal(try(&w, "farm1", supersede(&w, "3", "farm1/2", "origin", LOT_A, 1, "NPR")), RESULT_CERTIFICATE_ENDED);
    assert_int_equal(CERTIFIED(&w, LOT_A), 0);
    world_rows_agree(&w);
    world_end(&w);
}

static void a_line_is_sixteen_long(void **state) {
    (void)state;
    struct world w;
    struct certificate_value v;
    char number[16], old[32];
    begin(&w);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "origin", "1", LOT_A, 100)), RESULT_ACCEPTED);
    for (int i = 2; i <= 17; i++) {
        snprintf(number, sizeof number, "%d", i);
        snprintf(old, sizeof old, "farm1/%d", i - 1);
        assert_int_equal(try(&w, "farm1", supersede(&w, number, old, "origin", LOT_A, 100, "NPR")),
                         i <= 16 ? RESULT_ACCEPTED : RESULT_CERTIFICATE_LINE);
    }
    assert_int_equal(world_certificate(&w, "farm1/16", &v), STATE_ACTIVE);
    assert_int_equal(v.line, 16);
    assert_int_equal(try(&w, "bureau", world_revoke(&w, "farm1/1", 1)), RESULT_ACCEPTED); /* the whole line walked */
    assert_int_equal(world_certificate(&w, "farm1/16", &v), STATE_REVOKED);
    world_end(&w);
}

static void its_issuer_and_authorities_revoke(void **state) {
    (void)state;
    struct world w;
    struct certificate_value v;
    begin(&w);
    for (int i = 0; i < 2; i++)
        assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "origin", i ? "2" : "1", LOT_A, 10)), RESULT_ACCEPTED);
    assert_int_equal(try(&w, "farm2", world_revoke(&w, "farm1/1", 1)), RESULT_NOT_THEIRS);
    assert_int_equal(try(&w, "farm2", world_revoke(&w, "farm1/9", 1)), RESULT_NO_CERTIFICATE);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_ACTIVE);
    assert_int_equal(try(&w, "farm1", world_revoke(&w, "farm1/1", 3)), RESULT_ACCEPTED);
    assert_int_equal(try(&w, "bureau2", world_revoke(&w, "farm1/2", 4)), RESULT_ACCEPTED);
    assert_int_equal(world_certificate(&w, "farm1/2", &v), STATE_REVOKED);
    assert_int_equal(v.reason, 4);
    assert_int_equal(CERTIFIED(&w, LOT_A), 0);
    /* its number is used for ever */
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "origin", "1", LOT_A, 10)), RESULT_CERTIFICATE_NUMBER);
    world_end(&w);
}

/* The clock moves: what has run out is active still, carries nothing, and gives nothing back. */
static void an_expired_certificate_gives_nothing_back(void **state) {
    (void)state;
    struct world w;
    struct certificate_value v;
    begin(&w);
    struct certificate_issue c = {.number = span_text("1"), .type = span_text("origin"), .producer = span_text("farm1"),
                                  .until_ms = w.head.time_ms + 3000};
    struct covers covers = {LOT_A, 60, "NPR"};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_ACCEPTED);
    c.number = span_text("2");
    covers.quantity = 30;
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, &covers, 1)), RESULT_ACCEPTED);
    assert_int_equal(CERTIFIED(&w, LOT_A), 90000000);
    assert_int_equal(try(&w, "farm1", world_revoke(&w, "farm1/1", 1)), RESULT_ACCEPTED); /* at the very end */
    assert_int_equal(CERTIFIED(&w, LOT_A), 90000000);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_REVOKED);
    assert_int_equal(v.until_ms, c.until_ms);
    assert_int_equal(try(&w, "farm1", supersede(&w, "3", "farm1/2", "origin", LOT_A, 11, "NPR")), RESULT_QUANTITY);
    assert_int_equal(try(&w, "farm1", supersede(&w, "3", "farm1/2", "origin", LOT_A, 10, "NPR")), RESULT_ACCEPTED);
    assert_int_equal(CERTIFIED(&w, LOT_A), 100000000);
    world_end(&w);
}

/* Codes were drawn: planted here, for packs draw them elsewhere. A layer over the rows, and what execution would say. */
static uint16_t preview_with_drawn(struct world *w, uint64_t drawn, struct item item) {
    struct buffer bytes CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct certificate_value v;
    struct changes *layer = changes_new();
    struct changes_reader storage;
    struct record record;
    assert_int_equal(world_certificate(w, "farm1/1", &v), STATE_ACTIVE);
    v.covered[1].drawn = drawn;
    buffer_init(&bytes, STATUS_VALUE_BYTES_MAX);
    codec_encode(&certificate_value_type, &v, &bytes);
    struct digest key = status_key(STATUS_CERTIFICATE, span_text("farm1/1"));
    status_put(layer, &key, buffer_span(&bytes));
    struct record_header d = world_draft(w, "farm1", RECORD_CERTIFICATES);
    assert_int_equal(record_check(&w->genesis->params, world_record(w, &d, &item, 1, "farm1"), &w->arena, &record, NULL), OK);
    struct result r = ledger_preview(&w->genesis->params, changes_reader(&storage, layer, w->rows.reader),
                                     w->head.time_ms + 1, &record, &w->arena);
    changes_free(layer);
    return r.code;
}

static void codes_that_were_drawn_bind_what_supersedes(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct item more = world_made(&w, "ADD", "commissioning", LOT_B, 100, "NPR");
    world_say(&w, "farm1", &more);
    assert_int_equal(world_close(&w, 1000), OK);
    struct certificate_issue c = {.number = span_text("1"), .type = span_text("origin"), .producer = span_text("farm1")};
    struct covers covers[] = {{LOT_A, 50, "NPR"}, {LOT_B, 50, "NPR"}};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, covers, 2)), RESULT_ACCEPTED);
    assert_int_equal(preview_with_drawn(&w, 40, supersede(&w, "2", "farm1/1", "origin", LOT_A, 50, "NPR")), RESULT_BATCH);
    assert_int_equal(preview_with_drawn(&w, 40, supersede(&w, "2", "farm1/1", "origin", LOT_B, 39.9, "NPR")), RESULT_CODES);
    assert_int_equal(preview_with_drawn(&w, 40, supersede(&w, "2", "farm1/1", "origin", LOT_B, 60, "KGM")), RESULT_CODES);
    assert_int_equal(preview_with_drawn(&w, 40, supersede(&w, "2", "farm1/1", "origin", LOT_B, 40, "NPR")), RESULT_ACCEPTED);
    assert_int_equal(preview_with_drawn(&w, 40, supersede(&w, "2", "farm1/1", "origin", LOT_B, 101, "NPR")), RESULT_QUANTITY);
    assert_int_equal(preview_with_drawn(&w, 0, supersede(&w, "2", "farm1/1", "origin", LOT_A, 50, "NPR")), RESULT_ACCEPTED);
    world_end(&w);
}

/* The sum of what is certified never wraps, whatever the quota. */
static void a_sum_that_does_not_fit_is_refused(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct certificate_type t = world_type("free");
    t.quota = CERTIFICATE_NO_QUOTA;
    set_type(&w, &t);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "free", "1", LOT_A, 9223372036853)), RESULT_ACCEPTED);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "free", "2", LOT_A, 2)), RESULT_QUANTITY);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "free", "2", LOT_A, 1)), RESULT_ACCEPTED);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "free", "3", LOT_A, 0.775807)), RESULT_ACCEPTED);
    assert_int_equal(world_balance(&w, BALANCE_CERTIFIED, "farm1", LOT_A, "NPR", "free"), INT64_MAX);
    assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "free", "4", LOT_A, 0.000001)), RESULT_QUANTITY);
    world_end(&w);
}

static void a_certificate_stands_in_the_history_of_its_things(void **state) {
    (void)state;
    struct world w;
    struct buffer value CLEANUP(buffer_free) = {0};
    struct thing_value before, after, document;
    begin(&w);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct certificate_type t = world_type("doc");
    t.quota = CERTIFICATE_NO_QUOTA;
    t.covers = 1 << IDENTIFIER_LOT | 1 << IDENTIFIER_OTHER;
    set_type(&w, &t);
    struct item ended = world_event(&w, "DELETE", "destroying", "", LOT_A, NULL);
    world_say(&w, "farm1", &ended);
    assert_int_equal(world_close(&w, 1000), OK);
    assert_int_equal(query_thing(w.rows.reader, span_text(LOT_A), &value, &w.arena, &before), OK);
    struct certificate_issue c = {.number = span_text("1"), .type = span_text("doc"), .producer = span_text("farm1")};
    struct covers covers[] = {{LOT_A, 0, NULL}, {"urn:uuid:00000000-0000-0000-0000-000000000001", 0, NULL}};
    assert_int_equal(try(&w, "farm1", world_issue(&w, &c, covers, 2)), RESULT_ACCEPTED);
    assert_int_equal(query_thing(w.rows.reader, span_text(LOT_A), &value, &w.arena, &after), OK);
    assert_int_equal(after.count, before.count + 1);
    assert_int_equal(after.state, STATE_ENDED); /* as it was */
    assert_true(span_is(after.lot, LOT_A));
    assert_int_equal(query_thing(w.rows.reader, span_text(covers[1].identifier), &value, &w.arena, &document), OK);
    assert_int_equal(document.count, 1);
    assert_int_equal(document.state, STATE_ACTIVE);
    struct history_place place[4];
    assert_int_equal(query_history(w.rows.reader, span_text(LOT_A), before.count + 1, 4, place), 1);
    assert_int_equal(place[0].log_index, w.log_indices[0]);
    assert_int_equal(try(&w, "farm1", world_revoke(&w, "farm1/1", 1)), RESULT_ACCEPTED); /* which names no thing */
    assert_int_equal(query_history(w.rows.reader, span_text(LOT_A), 1, 4, place), before.count + 1);
    world_end(&w);
}

static void certificates_are_found_by_issuer_producer_and_thing(void **state) {
    (void)state;
    struct world w;
    struct issued_place places[8];
    struct span types[8];
    struct buffer value CLEANUP(buffer_free) = {0};
    struct certificate_type_value type;
    struct reader *r = &w.rows.reader;
    begin(&w);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    for (int i = 0; i < 3; i++)
        assert_int_equal(try(&w, "farm1", world_own(&w, "farm1", "origin", i == 0 ? "c" : i == 1 ? "a" : "b", LOT_A, 1)),
                         RESULT_ACCEPTED);
    assert_int_equal(query_certificates(*r, CERTIFICATES_OF_ISSUER, span_text("farm1"), NULL, 8, &w.arena, places), 3);
    assert_true(span_is(places[0].id, "farm1/c")); /* in the order they were issued */
    assert_true(span_is(places[2].id, "farm1/b"));
    struct issued_place first = places[0];
    assert_int_equal(query_certificates(*r, CERTIFICATES_OF_PRODUCER, span_text("farm1"), &first, 1, &w.arena, places), 1);
    assert_true(span_is(places[0].id, "farm1/a"));
    assert_int_equal(query_certificates(*r, CERTIFICATES_OF_THING, span_text(LOT_A), NULL, 8, &w.arena, places), 3);
    assert_int_equal(query_certificates(*r, CERTIFICATES_OF_THING, span_text(LOT_B), NULL, 8, &w.arena, places), 0);
    assert_int_equal(query_certificates(*r, CERTIFICATES_OF_ISSUER, span_text("farm2"), NULL, 8, &w.arena, places), 0);
    struct certificate_type another = world_type("another");
    another.retired = true;
    set_type(&w, &another);
    assert_int_equal(query_certificate_types(*r, SPAN_EMPTY, 8, &w.arena, types), 2);
    assert_true(span_is(types[0], "another"));
    assert_int_equal(query_certificate_types(*r, types[0], 8, &w.arena, types), 1);
    assert_true(span_is(types[0], "origin"));
    assert_int_equal(query_certificate_type(*r, span_text("another"), &value, &type), OK);
    assert_int_equal(type.state, STATE_RETIRED);
    assert_int_equal(query_certificate_type(*r, span_text("none"), &value, &type), ERR_QUERY_UNKNOWN);
    struct certificate_value v;
    assert_int_equal(query_certificate(*r, span_text("farm1"), &value, &w.arena, &v), ERR_QUERY_UNKNOWN);
    world_end(&w);
}

static uint64_t produced(struct world *w, const char *who, struct item item, const char *lot, const char *unit) {
    uint64_t before = world_balance(w, BALANCE_PRODUCED, who, lot, unit, "");
    uint32_t at = world_say(w, who, &item);
    assert_int_equal(world_close(w, 1000), OK);
    world_code_is(w, at, RESULT_ACCEPTED, 0);
    return world_balance(w, BALANCE_PRODUCED, who, lot, unit, "") - before;
}

static void only_making_something_is_production(void **state) {
    (void)state;
    struct world w;
    struct item item;
    begin(&w);
#define MADE(action, step, quantity, unit) (item = world_made(&w, action, step, LOT_B, quantity, unit))
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", 2.5, "KGM"), LOT_B, "KGM"), 2500000);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "cbv:BizStep-creating_class_instance", 1, "KGM"), LOT_B, "KGM"), 1000000);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", 3, NULL), LOT_B, ""), 3000000);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "shipping", 1, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm1", MADE("OBSERVE", "commissioning", 1, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm1", MADE("DELETE", "commissioning", 1, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", -1, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", 0, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", 0.0000004, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", 0.0000006, "KGM"), LOT_B, "KGM"), 1);
    assert_int_equal(produced(&w, "farm1", MADE("ADD", "commissioning", 1, "H87"), LOT_B, "H87"), 1000000);
    /* an authority that is no producer makes nothing; a lot is a lot, a product is not */
    assert_int_equal(produced(&w, "bureau", MADE("ADD", "commissioning", 1, "KGM"), LOT_B, "KGM"), 0);
    item = world_made(&w, "ADD", "commissioning", "https://id.gs1.org/01/06901234567892", 1, "KGM");
    assert_int_equal(produced(&w, "farm1", item, "https://id.gs1.org/01/06901234567892", "KGM"), 0);
    /* what does not fit is all there is, and stays so: nothing wraps, nothing is refused */
    assert_int_equal(produced(&w, "farm2", MADE("ADD", "commissioning", 9007199254740991.0, "KGM"), LOT_B, "KGM"), INT64_MAX);
    assert_int_equal(produced(&w, "farm2", MADE("ADD", "commissioning", 5, "KGM"), LOT_B, "KGM"), 0);
    assert_int_equal(produced(&w, "farm2", MADE("ADD", "commissioning", -9007199254740991.0, "H87"), LOT_B, "H87"), 0);
    world_rows_agree(&w);
    world_end(&w);
}

#define ILMD ",\"ilmd\":{\"cbvmda:lotNumber\":\"B\"}"

/* Pieces count once, when they get their lot; codes never do. */
static void a_piece_counts_when_it_gets_its_lot(void **state) {
    (void)state;
    struct world w;
    struct item item;
    begin(&w);
#define PIECES(action, extra, ...) (item = world_event(&w, action, "commissioning", extra, __VA_ARGS__, NULL))
#define EPC(n) "urn:epc:id:sgtin:6901234.056789." n
    assert_int_equal(produced(&w, "farm1", PIECES("ADD", ILMD, EPC("1"), EPC("2"), "https://id.gs1.org/01/06901234567892/21/2"), LOT_B, ""), 2000000);
    assert_int_equal(produced(&w, "farm1", PIECES("ADD", ILMD, EPC("1"), EPC("3")), LOT_B, ""), 1000000);
    assert_int_equal(produced(&w, "farm1", PIECES("ADD", "", EPC("4")), LOT_B, ""), 0); /* no lot */
    assert_int_equal(produced(&w, "farm1", PIECES("ADD", ILMD, EPC("4")), LOT_B, ""), 1000000);
    assert_int_equal(produced(&w, "farm1", PIECES("OBSERVE", "", "https://id.gs1.org/01/06901234567892/10/B/21/5"), LOT_B, ""), 0);
    assert_int_equal(produced(&w, "farm1", PIECES("ADD", "", "https://id.gs1.org/01/06901234567892/10/B/21/6",
                                                  "https://id.gs1.org/01/06901234567892/10/A/21/7"), LOT_B, ""), 1000000);
    assert_int_equal(world_balance(&w, BALANCE_PRODUCED, "farm1", LOT_A, "", ""), 1000000);
    assert_int_equal(produced(&w, "bureau", PIECES("ADD", ILMD, EPC("8")), LOT_B, ""), 0);
    assert_int_equal(produced(&w, "farm1", PIECES("ADD", ILMD, "https://id.gs1.org/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H"),
                              LOT_B, ""), 0);
    item = world_event(&w, "ADD", "commissioning",
                       ILMD ",\"errorDeclaration\":{\"declarationTime\":\"2026-05-02T08:00:00Z\"}", EPC("9"), NULL);
    assert_int_equal(produced(&w, "farm1", item, LOT_B, ""), 0);
    world_end(&w);
}

static void certificates_take_roles(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct item item = world_own(&w, "audit", "origin", "1", LOT_A, 1);
    uint32_t at = world_certify(&w, "audit", &item);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, at, RESULT_ROLE, 0);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_covers_no_more_than_was_made),
        cmocka_unit_test(items_of_a_record_see_each_other),
        cmocka_unit_test(refusals_come_in_the_order_of_the_rules),
        cmocka_unit_test(upstream_is_named_where_the_type_says),
        cmocka_unit_test(a_superseded_certificate_gives_back_and_names_its_successor),
        cmocka_unit_test(a_line_is_sixteen_long),
        cmocka_unit_test(its_issuer_and_authorities_revoke),
        cmocka_unit_test(an_expired_certificate_gives_nothing_back),
        cmocka_unit_test(codes_that_were_drawn_bind_what_supersedes),
        cmocka_unit_test(a_sum_that_does_not_fit_is_refused),
        cmocka_unit_test(a_certificate_stands_in_the_history_of_its_things),
        cmocka_unit_test(certificates_are_found_by_issuer_producer_and_thing),
        cmocka_unit_test(only_making_something_is_production),
        cmocka_unit_test(a_piece_counts_when_it_gets_its_lot),
        cmocka_unit_test(certificates_take_roles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
