/* Code packs, voids and claims on the ledger (SPEC Q): every refusal with the liar who tries it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/world_results.h"

#include "tests/unit/certificate_world.h"
#include "tests/unit/code_world.h"

static void close_block(struct world *w) {
    assert_int_equal(world_close(w, 1000), OK);
}

/* farm1 produced so many pairs of lot A and holds certificate farm1/C1 of type "origin" for so many of them. */
static void begin(struct world *w, double produced, double certified) {
    struct certificate_type type = world_type("origin");
    world_begin(w, 1);
    uint32_t set = world_set_type(w, &type);
    struct item made = world_made(w, "ADD", "commissioning", LOT_A, produced, "NPR");
    uint32_t said = world_say(w, "farm1", &made);
    close_block(w);
    world_code_is(w, set, RESULT_ACCEPTED, 0);
    world_code_is(w, said, RESULT_ACCEPTED, 0);
    struct item c = world_own(w, "farm1", "origin", "C1", LOT_A, certified);
    uint32_t issued = world_certify(w, "farm1", &c);
    close_block(w);
    world_code_is(w, issued, RESULT_ACCEPTED, 0);
}

static uint64_t codes_of_lot(const struct world *w) {
    return world_balance(w, BALANCE_CODES, "farm1", LOT_A, "", "");
}

static uint64_t drawn_on(struct world *w, const char *certificate) {
    struct certificate_value v;
    assert_true(world_certificate(w, certificate, &v));
    return v.covered[0].drawn;
}

/* The happy path: a pack on a certificate, a void, a claim. */
static void a_pack_lives(void **state) {
    (void)state;
    struct world w;
    struct pack_value v;
    struct claim_value cv;
    struct thing_value tv;
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    begin(&w, 100, 50);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 30);
    uint32_t issued = world_issue_pack(&w, "farm1", p, LOT_A, "farm1/C1");
    close_block(&w);
    world_code_is(&w, issued, RESULT_ACCEPTED, 0);
    uint64_t at = w.log_indices[issued];
    assert_true(world_pack_value(&w, p->id, &v));
    assert_true(v.issued == at && v.item == 0 && v.count == 30 && v.voided_count == 0 && v.log_index == at);
    assert_true(span_is(v.subject, "farm1") && span_is(v.lot, LOT_A) && span_is(v.drawn_on, LOT_A));
    assert_true(span_is(v.certificate, "farm1/C1") && digest_equal(&v.root, &p->root));
    assert_int_equal(drawn_on(&w, "farm1/C1"), 30);
    assert_int_equal(codes_of_lot(&w), 30000000);
    assert_int_equal(query_thing(w.rows.reader, span_text(LOT_A), &value, &w.arena, &tv), OK);
    assert_int_equal(tv.count, 3); /* produced, certified, coded */

    uint32_t voided = world_void(&w, "farm1", p->id, 3, 5);
    struct claim c = world_claim_of(&w, p, 7, "330302", 1);
    uint32_t claimed = world_claim(&w, "farm2", &c);
    close_block(&w);
    world_code_is(&w, voided, RESULT_ACCEPTED, 0);
    world_code_is(&w, claimed, RESULT_ACCEPTED, 0);
    assert_true(world_pack_value(&w, p->id, &v));
    assert_true(v.voided_count == 1 && v.voided[0].first == 3 && v.voided[0].last == 5 && v.reason == 7);
    assert_true(v.issued == at && v.log_index == w.log_indices[voided] && v.state == STATE_ACTIVE);
    assert_int_equal(drawn_on(&w, "farm1/C1"), 27);
    assert_int_equal(codes_of_lot(&w), 27000000);
    assert_int_equal(query_claim(w.rows.reader, &p->codes[7], &value, &cv), OK);
    assert_true(span_is(cv.division, "330302") && cv.nonce[15] == 1 && cv.time_ms == w.head.time_ms);
    assert_int_equal(query_claim(w.rows.reader, &p->codes[8], &value, &cv), ERR_QUERY_UNKNOWN);
    struct buffer id CLEANUP(buffer_free) = {0};
    buffer_init(&id, 128);
    code_identifier(&p->codes[7], &id);
    assert_int_equal(query_thing(w.rows.reader, buffer_span(&id), &value, &w.arena, &tv), OK);
    assert_true(tv.count == 1 && tv.lot.len == 0 && span_is(tv.product, PRODUCT_A));
    world_rows_agree(&w);
    world_end(&w);
}

/* Every refusal of Q6, in its order. */
static void packs_that_are_refused(void **state) {
    (void)state;
    struct world w;
    begin(&w, 100, 50);
    struct item other_made = world_made(&w, "ADD", "commissioning", LOT_B, 100, "NPR");
    world_say(&w, "farm2", &other_made);
    struct world_pack *ten = world_pack_make(&w, "farm1", "AAAAA", 10), *fifty = world_pack_make(&w, "farm1", "BBBBB", 50),
                      *many = world_pack_make(&w, "farm1", "CCCCC", 101), *two = world_pack_make(&w, "farm2", "DDDDD", 10);
    struct record_header d = world_draft(&w, "farm1", RECORD_PACKS);
    struct item same = world_pack_item(&w, ten, span_text(LOT_A), span_text("farm1/C1")), twice[] = {same, same};
    uint32_t used = world_add(&w, world_record(&w, &d, twice, 2, "farm1"));
    uint32_t none = world_issue_pack(&w, "farm1", ten, LOT_A, "farm1/C9");
    uint32_t theirs = world_issue_pack(&w, "farm2", two, LOT_A, "farm1/C1");
    uint32_t batch = world_issue_pack(&w, "farm1", ten, LOT_B, "farm1/C1");
    uint32_t more = world_issue_pack(&w, "farm1", many, LOT_A, "farm1/C1");
    uint32_t unmade = world_issue_pack(&w, "farm1", many, LOT_A, "");
    uint32_t strange = world_issue_pack(&w, "farm1", ten, LOT_B, ""); /* farm2 made that lot */
    uint32_t role = world_issue_pack(&w, "audit", ten, PRODUCT_A, "");
    close_block(&w);
    world_code_is(&w, used, RESULT_PACK_EXISTS, 2);
    world_code_is(&w, none, RESULT_NO_CERTIFICATE, 1);
    world_code_is(&w, theirs, RESULT_NOT_THEIRS, 1);
    world_code_is(&w, batch, RESULT_BATCH, 1);
    world_code_is(&w, more, RESULT_CODES, 1);
    world_code_is(&w, unmade, RESULT_QUANTITY, 1);
    world_code_is(&w, strange, RESULT_QUANTITY, 1);
    world_code_is(&w, role, RESULT_ROLE, 0);
    assert_int_equal(codes_of_lot(&w), 0); /* nothing of what was refused stayed */

    /* The certificate carries 50, the lot 100: codes on either count against the lot. */
    uint32_t a = world_issue_pack(&w, "farm1", fifty, LOT_A, "farm1/C1");
    uint32_t full = world_issue_pack(&w, "farm1", ten, LOT_A, "farm1/C1");
    uint32_t loose = world_issue_pack(&w, "farm1", ten, LOT_A, "");
    struct world_pack *rest = world_pack_make(&w, "farm1", "EEEEE", 41), *fits = world_pack_make(&w, "farm1", "FFFFF", 40);
    uint32_t over = world_issue_pack(&w, "farm1", rest, LOT_A, "");
    uint32_t exact = world_issue_pack(&w, "farm1", fits, LOT_A, "");
    struct item gone = world_revoke(&w, "farm1/C1", 1);
    uint32_t revoked = world_certify(&w, "farm1", &gone);
    uint32_t dead = world_issue_pack(&w, "farm1", many, LOT_A, "farm1/C1");
    close_block(&w);
    world_code_is(&w, a, RESULT_ACCEPTED, 0);
    world_code_is(&w, full, RESULT_CODES, 1);
    world_code_is(&w, loose, RESULT_ACCEPTED, 0);
    world_code_is(&w, over, RESULT_QUANTITY, 1);
    world_code_is(&w, exact, RESULT_ACCEPTED, 0);
    world_code_is(&w, revoked, RESULT_ACCEPTED, 0);
    world_code_is(&w, dead, RESULT_CERTIFICATE_BASIS, 1);
    world_rows_agree(&w);
    world_end(&w);
}

/* A rival copies root and count of a pack from the pool and is executed first. It issued nothing: the hashes name who did. */
static void a_copied_root_issues_nothing(void **state) {
    (void)state;
    struct world w;
    begin(&w, 100, 50);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 5);
    uint32_t copy = world_issue_pack(&w, "farm2", p, PRODUCT_A, "");
    uint32_t late = world_issue_pack(&w, "farm1", p, PRODUCT_A, "");
    struct claim c = world_claim_of(&w, p, 2, "330302", 1);
    uint32_t claimed = world_claim(&w, "farm2", &c);
    close_block(&w);
    world_code_is(&w, copy, RESULT_ACCEPTED, 0);
    world_code_is(&w, late, RESULT_PACK_EXISTS, 1);
    world_code_is(&w, claimed, RESULT_NEVER_ISSUED, 1);
    world_end(&w);
}

/* Every refusal of Q7, and ranges that grow together. */
static void voids(void **state) {
    (void)state;
    struct world w;
    struct pack_value v;
    begin(&w, 100, 50);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 50);
    world_issue_pack(&w, "farm1", p, LOT_A, "farm1/C1");
    uint32_t none = world_void(&w, "farm1", "06901234567892/ZZZZZ", 0, 0);
    uint32_t theirs = world_void(&w, "farm2", p->id, 0, 0);
    uint32_t beyond = world_void(&w, "farm1", p->id, 49, 50);
    uint32_t a = world_void(&w, "farm1", p->id, 10, 12);
    uint32_t again = world_void(&w, "farm1", p->id, 10, 12);
    uint32_t inside = world_void(&w, "farm1", p->id, 11, 11);
    uint32_t b = world_void(&w, "farm1", p->id, 20, 22);
    uint32_t c = world_void(&w, "bureau", p->id, 13, 13); /* a neighbour, by an authority */
    close_block(&w);
    world_code_is(&w, none, RESULT_NO_PACK, 1);
    world_code_is(&w, theirs, RESULT_NOT_THEIRS, 1);
    world_code_is(&w, beyond, RESULT_PACK_RANGE, 1);
    world_code_is(&w, a, RESULT_ACCEPTED, 0);
    world_code_is(&w, again, RESULT_VOIDED, 1);
    world_code_is(&w, inside, RESULT_VOIDED, 1);
    world_code_is(&w, b, RESULT_ACCEPTED, 0);
    world_code_is(&w, c, RESULT_ACCEPTED, 0);
    assert_true(world_pack_value(&w, p->id, &v) && v.voided_count == 2);
    assert_true(v.voided[0].first == 10 && v.voided[0].last == 13 && v.voided[1].first == 20);
    assert_int_equal(drawn_on(&w, "farm1/C1"), 43);
    assert_int_equal(codes_of_lot(&w), 43000000);
    uint32_t bridge = world_void(&w, "farm1", p->id, 12, 21), ends = world_void(&w, "farm1", p->id, 0, 0),
             last = world_void(&w, "farm1", p->id, 49, 49);
    close_block(&w);
    world_code_is(&w, bridge, RESULT_ACCEPTED, 0);
    world_code_is(&w, ends, RESULT_ACCEPTED, 0);
    world_code_is(&w, last, RESULT_ACCEPTED, 0);
    assert_true(world_pack_value(&w, p->id, &v) && v.voided_count == 3);
    assert_true(v.voided[1].first == 10 && v.voided[1].last == 22 && v.voided[2].last == 49);
    assert_int_equal(codes_of_lot(&w), 35000000);
    uint32_t all = world_void(&w, "farm1", p->id, 0, 49);
    struct world_pack *next = world_pack_make(&w, "farm1", "BBBBB", 50);
    uint32_t room = world_issue_pack(&w, "farm1", next, LOT_A, "farm1/C1");
    struct claim claim = world_claim_of(&w, p, 30, "", 1);
    uint32_t dead = world_claim(&w, "farm1", &claim);
    close_block(&w);
    world_code_is(&w, all, RESULT_ACCEPTED, 0);
    world_code_is(&w, room, RESULT_ACCEPTED, 0); /* void codes gave their room back, once */
    world_code_is(&w, dead, RESULT_CODE_VOID, 1);
    assert_int_equal(drawn_on(&w, "farm1/C1"), 50);
    world_rows_agree(&w);
    world_end(&w);
}

/* A value has room for so many ranges; the authority has the last word. */
static void ranges_have_an_end(void **state) {
    (void)state;
    struct world w;
    struct pack_value v;
    world_begin(&w, 1);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 600);
    world_issue_pack(&w, "farm1", p, PRODUCT_A, "");
    close_block(&w);
    for (uint32_t i = 0; i < 64; i++)
        world_void(&w, "farm1", p->id, 2 * i, 2 * i);
    uint32_t more = world_void(&w, "farm1", p->id, 128, 128);
    uint32_t joins = world_void(&w, "farm1", p->id, 127, 127); /* touches 126 */
    close_block(&w);
    for (uint32_t i = 0; i < 64; i++)
        world_code_is(&w, i, RESULT_ACCEPTED, 0);
    world_code_is(&w, more, RESULT_VOID_RANGES, 1);
    world_code_is(&w, joins, RESULT_ACCEPTED, 0);
    for (uint32_t i = 65; i < 257; i++)
        world_void(&w, "bureau", p->id, 2 * i, 2 * i);
    uint32_t last = world_void(&w, "bureau", p->id, 520, 520), whole = world_void(&w, "farm1", p->id, 0, 599);
    close_block(&w);
    for (uint32_t i = 0; i < 192; i++)
        world_code_is(&w, i, RESULT_ACCEPTED, 0);
    world_code_is(&w, last, RESULT_VOID_RANGES, 1);
    world_code_is(&w, whole, RESULT_ACCEPTED, 0);
    assert_true(world_pack_value(&w, p->id, &v) && v.voided_count == 1 && v.voided[0].last == 599);
    world_rows_agree(&w);
    world_end(&w);
}

/* Every refusal of Q9. */
static void claims_that_are_refused(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 40), *q = world_pack_make(&w, "farm1", "BBBBB", 40);
    struct claim early = world_claim_of(&w, p, 3, "330302", 1);
    uint32_t none = world_claim(&w, "farm1", &early);
    world_issue_pack(&w, "farm1", p, PRODUCT_A, "");
    struct world_pack *longer = world_pack_make(&w, "farm1", "AAAAA", 41); /* the same codes, one more */
    struct claim beyond = world_claim_of(&w, longer, 40, "", 1), wrong = world_claim_of(&w, p, 5, "", 1),
                 short_path = wrong, long_path = wrong, other_key = wrong, other_code = wrong;
    wrong.path[2].b[9]++;
    short_path.path_count--;
    long_path.path_count++;
    long_path.path[long_path.path_count - 1] = (struct digest){{0}};
    other_key.key = p->keys[6].public_key;
    claim_sign(&p->keys[6], &w.genesis->chain_id, &other_key.code, other_key.division, other_key.nonce, &other_key.signature);
    /* a serial that was never printed, at an index that was */
    char serial[CODE_SERIAL_CHARS + 1];
    code_serial_format("AAAAA", 5, 1, serial);
    assert_true(code_make(span_text(GTIN_A), span_text(serial), &other_code.code));
    claim_sign(&p->keys[5], &w.genesis->chain_id, &other_code.code, other_code.division, other_code.nonce, &other_code.signature);
    /* the claim of a code of one pack under another */
    struct claim moved = world_claim_of(&w, q, 3, "", 1);
    uint32_t a = world_claim(&w, "farm1", &beyond), b = world_claim(&w, "farm1", &wrong), c = world_claim(&w, "farm1", &short_path),
             d = world_claim(&w, "farm1", &long_path), e = world_claim(&w, "farm1", &other_key),
             f = world_claim(&w, "farm1", &other_code), g = world_claim(&w, "farm1", &moved),
             good = world_claim(&w, "farm2", &early), twice = world_claim(&w, "farm1", &early);
    world_void(&w, "farm1", p->id, 3, 4);
    struct claim voided = world_claim_of(&w, p, 4, "", 1);
    uint32_t dead = world_claim(&w, "farm1", &voided), both = world_claim(&w, "farm1", &early);
    close_block(&w);
    world_code_is(&w, none, RESULT_NO_PACK, 1);
    const uint32_t never[] = {a, b, c, d, e, f};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        world_code_is(&w, never[i], RESULT_NEVER_ISSUED, 1);
    world_code_is(&w, g, RESULT_NO_PACK, 1);
    world_code_is(&w, good, RESULT_ACCEPTED, 0);
    world_code_is(&w, twice, RESULT_CLAIMED, 1);
    world_code_is(&w, dead, RESULT_CODE_VOID, 1);
    world_code_is(&w, both, RESULT_CODE_VOID, 1); /* void is asked before claimed */
    world_rows_agree(&w);
    world_end(&w);
}

static enum err admitted(struct world *w, const char *subject, const struct item items[], uint32_t count) {
    struct record_header d = world_draft(w, subject, items[0].type == ITEM_CLAIM ? RECORD_CLAIMS : RECORD_PACKS);
    struct record r;
    return record_check(&w->genesis->params, world_record(w, &d, items, count, subject), &w->arena, &r, NULL);
}

/* Who carries a claim, or sees it in the pool, can change nothing that it says; and nothing it can add makes it fail. */
static void a_claim_in_transit(void **state) {
    (void)state;
    struct world w;
    struct claim_value v;
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    world_begin(&w, 1);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 4);
    world_issue_pack(&w, "farm1", p, PRODUCT_A, "");
    struct claim c = world_claim_of(&w, p, 1, "330302", 9), bent = c, foreign = c;
    struct item item = world_claim_item(&w, &c), two[2] = {item, item};
    assert_int_equal(admitted(&w, "farm2", &item, 1), OK);
    assert_int_equal(admitted(&w, "farm2", two, 2), ERR_CLAIM_ALONE);
    bent.division = span_text("110000");
    item = world_claim_item(&w, &bent);
    assert_int_equal(admitted(&w, "farm2", &item, 1), ERR_CLAIM_SIGNATURE);
    bent = c;
    bent.nonce[0]++;
    item = world_claim_item(&w, &bent);
    assert_int_equal(admitted(&w, "farm2", &item, 1), ERR_CLAIM_SIGNATURE);
    struct digest chain = sha256(span_text("another chain"));
    claim_sign(&p->keys[1], &chain, &foreign.code, foreign.division, foreign.nonce, &foreign.signature);
    item = world_claim_item(&w, &foreign);
    assert_int_equal(admitted(&w, "farm2", &item, 1), ERR_CLAIM_SIGNATURE);
    /* Run in front: farm2 carries the claim it saw before its buyer's own carrier does. It is the buyer's all the same. */
    uint32_t front = world_claim(&w, "farm2", &c), own = world_claim(&w, "farm1", &c);
    close_block(&w);
    world_code_is(&w, front, RESULT_ACCEPTED, 0);
    world_code_is(&w, own, RESULT_CLAIMED, 1);
    assert_int_equal(query_claim(w.rows.reader, &c.code, &value, &v), OK);
    assert_memory_equal(v.nonce, c.nonce, sizeof v.nonce);
    world_end(&w);
}

static void packs_have_a_form(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 1);
    struct item good = world_pack_item(&w, p, span_text("urn:epc:idpat:sgtin:6901234.056789.*"), span_text("")), bad = good;
    assert_int_equal(admitted(&w, "farm1", &good, 1), OK);
    static const char *const things[] = {
        "https://id.gs1.org/01/06901234567892/21/1", "https://id.gs1.org/8006/069012345678920101/10/A",
        "https://id.gs1.org/01/06901234567892/235/1", "https://id.gs1.org/01/06901234567892/10/A/x",
        "https://id.gs1.org/414/6901234567892",      "6901234567892",
    };
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        bad = world_pack_item(&w, p, span_text(things[i]), span_text(""));
        assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_PACK_FORM);
    }
    bad = world_pack_item(&w, p, span_text(PRODUCT_A), span_text("farm1/a/b"));
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_CERTIFICATE_ID);
    struct world_pack fake = *p;
    fake.count = 0;
    bad = world_pack_item(&w, &fake, span_text(PRODUCT_A), span_text(""));
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_PACK_FORM);
    fake.count = PACK_CODES_MAX + 1;
    bad = world_pack_item(&w, &fake, span_text(PRODUCT_A), span_text(""));
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_PACK_FORM);
    memcpy(fake.id, "06901234567892/aaaaa", PACK_ID_BYTES);
    fake.count = 1;
    bad = world_pack_item(&w, &fake, span_text(PRODUCT_A), span_text(""));
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_PACK_FORM);
    bad = good;
    bad.things = arena_alloc(&w.arena, 2, sizeof *bad.things);
    bad.things[0] = bad.things[1] = good.things[0];
    bad.things_count = 2;
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_PACK_FORM);
    bad.things_count = 1;
    bad.things[0].quantity = span_of("\x01", 1);
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_PACK_FORM);
    bad = world_void_item(&w, p->id, 2, 1, 0);
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_VOID_FORM);
    bad = world_void_item(&w, fake.id, 1, 1, 0);
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_VOID_FORM);
    struct claim c = world_claim_of(&w, p, 0, "33030a", 1);
    bad = world_claim_item(&w, &c);
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_CLAIM_FORM);
    c = world_claim_of(&w, p, 0, "", 1);
    bad = world_claim_item(&w, &c);
    bad.things[0].identifier = span_text("https://id.gs1.org/01/06901234567892/21/1001");
    assert_int_equal(admitted(&w, "farm1", &bad, 1), ERR_CODE);
    const struct item all[] = {good, world_void_item(&w, p->id, 0, 0, 1), world_claim_item(&w, &c)};
    for (size_t i = 0; i < 3; i++)
        for (size_t cut = 0; cut < all[i].fields.len; cut++) {
            bad = all[i];
            bad.fields = span_part(all[i].fields, 0, cut);
            struct pack_issued pack;
            struct codes_voided v;
            assert_true(pack_issued_decode(&bad, &w.arena, &pack) && codes_voided_decode(&bad, &v) && claim_decode(&bad, &c));
        }
    world_end(&w);
}

/* The line of a certificate carries its codes along: superseding makes no room, and a void finds the end of the line. */
static void codes_follow_the_line(void **state) {
    (void)state;
    struct world w;
    begin(&w, 100, 50);
    struct world_pack *p = world_pack_make(&w, "farm1", "AAAAA", 30), *q = world_pack_make(&w, "farm1", "BBBBB", 11);
    world_issue_pack(&w, "farm1", p, LOT_A, "farm1/C1");
    struct certificate_issue next = {.number = span_text("C2"), .type = span_text("origin"), .producer = span_text("farm1"),
                                     .supersedes = span_text("farm1/C1"), .from_ms = w.head.time_ms};
    struct covers fewer = {LOT_A, 29, "NPR"}, forty = {LOT_A, 40, "NPR"};
    struct item less = world_issue(&w, &next, &fewer, 1), c2 = world_issue(&w, &next, &forty, 1);
    uint32_t no = world_certify(&w, "farm1", &less), yes = world_certify(&w, "farm1", &c2);
    uint32_t old = world_issue_pack(&w, "farm1", q, LOT_A, "farm1/C1");
    uint32_t over = world_issue_pack(&w, "farm1", q, LOT_A, "farm1/C2");
    uint32_t voided = world_void(&w, "farm1", p->id, 0, 0); /* of a pack under C1 */
    uint32_t fits = world_issue_pack(&w, "farm1", q, LOT_A, "farm1/C2");
    close_block(&w);
    world_code_is(&w, no, RESULT_CODES, 1);
    world_code_is(&w, yes, RESULT_ACCEPTED, 0);
    world_code_is(&w, old, RESULT_CERTIFICATE_BASIS, 1);
    world_code_is(&w, over, RESULT_CODES, 1);
    world_code_is(&w, voided, RESULT_ACCEPTED, 0);
    world_code_is(&w, fits, RESULT_ACCEPTED, 0);
    assert_int_equal(drawn_on(&w, "farm1/C1"), 0);
    assert_int_equal(drawn_on(&w, "farm1/C2"), 40);
    struct certificate_value v;
    assert_true(world_certificate(&w, "farm1/C2", &v));
    assert_int_equal(v.log_index, w.log_indices[yes]); /* drawn alone does not move it (S7) */
    world_rows_agree(&w);
    world_end(&w);
}

/* Lists for readers: by subject, GTIN and lot, in pages. */
static void lists_of_packs(void **state) {
    (void)state;
    struct world w;
    struct issued_place places[4];
    begin(&w, 100, 50);
    world_issue_pack(&w, "farm1", world_pack_make(&w, "farm1", "AAAAA", 1), LOT_A, "farm1/C1");
    world_issue_pack(&w, "farm1", world_pack_make(&w, "farm1", "BBBBB", 1), PRODUCT_A, "");
    world_issue_pack(&w, "farm2", world_pack_make(&w, "farm2", "CCCCC", 1), PRODUCT_A, "");
    close_block(&w);
    assert_int_equal(query_packs(w.rows.reader, PACKS_OF_SUBJECT, span_text("farm1"), NULL, 4, &w.arena, places), 2);
    assert_true(span_is(places[0].id, GTIN_A "/AAAAA") && span_is(places[1].id, GTIN_A "/BBBBB"));
    assert_int_equal(query_packs(w.rows.reader, PACKS_OF_GTIN, span_text(PRODUCT_A), NULL, 2, &w.arena, places), 2);
    struct issued_place after = places[1];
    assert_int_equal(query_packs(w.rows.reader, PACKS_OF_GTIN, span_text(PRODUCT_A), &after, 4, &w.arena, places), 1);
    assert_true(span_is(places[0].id, GTIN_A "/CCCCC"));
    assert_int_equal(query_packs(w.rows.reader, PACKS_OF_LOT, span_text(LOT_A), NULL, 4, &w.arena, places), 1);
    assert_int_equal(query_packs(w.rows.reader, PACKS_OF_LOT, span_text(LOT_B), NULL, 4, &w.arena, places), 0);
    world_end(&w);
}

/* The smallest pack and the largest; an index no pack reaches. */
static void boundaries(void **state) {
    (void)state;
    struct world w;
    struct digest root;
    world_begin(&w, 1);
    struct world_pack *one = world_pack_make(&w, "farm1", "AAAAA", 1);
    world_issue_pack(&w, "farm1", one, PRODUCT_A, "");
    /* A million leaves: cheap keys, for only one of them is claimed. */
    struct pack_tree *tree = check_alloc(1, sizeof *tree);
    struct world_pack big = {.count = PACK_CODES_MAX};
    assert_true(pack_id_make(span_text(GTIN_A), span_text("ZZZZZ"), big.id));
    struct code code;
    char serial[CODE_SERIAL_CHARS + 1];
    struct keypair keys;
    code_serial_format("ZZZZZ", PACK_CODES_MAX - 1, 0, serial);
    assert_true(code_make(span_text(GTIN_A), span_text(serial), &code));
    claim_key(&code, "0000000000000000", &keys);
    struct digest hash = code_hash(span_text("farm1"), &code);
    for (uint32_t i = 0; i < PACK_CODES_MAX; i++)
        pack_tree_add(tree, &hash, &keys.public_key);
    pack_tree_finish(tree, &root);
    big.root = root;
    uint32_t issued = world_issue_pack(&w, "farm1", &big, PRODUCT_A, "");
    uint8_t *chunk = check_alloc(576, PACK_ENTRY_BYTES);
    for (uint32_t i = 0; i < 576; i++)
        pack_entry_write(&hash, &keys.public_key, chunk + (size_t)i * PACK_ENTRY_BYTES);
    struct claim c = {.code = code, .key = keys.public_key};
    c.path_count = pack_path(span_of(chunk, (size_t)576 * PACK_ENTRY_BYTES), tree->chunks, PACK_CODES_MAX, PACK_CODES_MAX - 1, c.path);
    claim_sign(&keys, &w.genesis->chain_id, &code, SPAN_EMPTY, c.nonce, &c.signature);
    struct claim far = c, only = world_claim_of(&w, one, 0, "", 1);
    code_serial_format("ZZZZZ", CODE_INDEX_END - 1, 0, serial);
    assert_true(code_make(span_text(GTIN_A), span_text(serial), &far.code));
    claim_sign(&keys, &w.genesis->chain_id, &far.code, SPAN_EMPTY, far.nonce, &far.signature);
    uint32_t last = world_claim(&w, "farm1", &c), beyond = world_claim(&w, "farm1", &far), single = world_claim(&w, "farm1", &only);
    uint32_t voided = world_void(&w, "farm1", big.id, PACK_CODES_MAX - 1, PACK_CODES_MAX - 1),
             over = world_void(&w, "farm1", big.id, UINT32_MAX, UINT32_MAX);
    uint32_t again = world_claim(&w, "farm1", &c);
    close_block(&w);
    world_code_is(&w, issued, RESULT_ACCEPTED, 0);
    world_code_is(&w, last, RESULT_ACCEPTED, 0);
    world_code_is(&w, beyond, RESULT_NEVER_ISSUED, 1);
    world_code_is(&w, single, RESULT_ACCEPTED, 0);
    world_code_is(&w, voided, RESULT_ACCEPTED, 0); /* what was claimed can still be voided */
    world_code_is(&w, over, RESULT_PACK_RANGE, 1);
    world_code_is(&w, again, RESULT_CODE_VOID, 1);
    free(chunk);
    free(tree);
    world_rows_agree(&w);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_lives),
        cmocka_unit_test(packs_that_are_refused),
        cmocka_unit_test(a_copied_root_issues_nothing),
        cmocka_unit_test(voids),
        cmocka_unit_test(ranges_have_an_end),
        cmocka_unit_test(claims_that_are_refused),
        cmocka_unit_test(a_claim_in_transit),
        cmocka_unit_test(packs_have_a_form),
        cmocka_unit_test(codes_follow_the_line),
        cmocka_unit_test(lists_of_packs),
        cmocka_unit_test(boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
