/* When a batch may be signed again: the rule that keeps an event from standing on the ledger twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/gateway/fate.h"

enum { HOUR = 3600 * 1000, LIFE = 6 * HOUR };
#define NEWEST ((uint64_t)1000 * HOUR)

static void dates(void **state) {
    (void)state;
    struct batch_dates d = fate_dates(NEWEST, 0, LIFE, NEWEST + 1000);
    assert_int_equal(d.generation, 0);
    assert_int_equal(d.created_ms, NEWEST);
    assert_int_equal(d.expires_ms, NEWEST + LIFE);
    /* For hours the same record, whoever makes it and when. */
    assert_int_equal(fate_dates(NEWEST, 0, LIFE, NEWEST + 4 * HOUR).generation, 0);
    /* A week without network. */
    for (uint64_t late = 0; late < 200; late++) {
        uint64_t now = NEWEST + late * HOUR + 17;
        d = fate_dates(NEWEST, 0, LIFE, now);
        assert_true(d.created_ms <= now);
        assert_true(d.expires_ms > now + LIFE / 4);
        assert_int_equal(d.expires_ms - d.created_ms, LIFE);
        assert_int_equal(d.created_ms, NEWEST + d.generation * (LIFE / 2));
    }
    /* Never the generation that was there, even if the clock stands still. */
    assert_int_equal(fate_dates(NEWEST, 3, LIFE, NEWEST).generation, 3);
}

static void nonces(void **state) {
    (void)state;
    uint64_t n = fate_nonce(1, 0, span_text("body"));
    assert_true(n == fate_nonce(1, 0, span_text("body")));
    assert_true(n != fate_nonce(1, 1, span_text("body")));
    assert_true(n != fate_nonce(10, 0, span_text("body")));
    assert_true(n != fate_nonce(1, 0, span_text("bodz")));
}

static void actions(void **state) {
    (void)state;
    struct spool_batch b = {.newest_ms = NEWEST};
    assert_int_equal(fate_action(&b, LIFE, NEWEST - 1), FATE_WAIT);
    assert_int_equal(fate_action(&b, LIFE, NEWEST), FATE_SIGN);
    assert_int_equal(fate_action(&b, LIFE, NEWEST + 400 * (uint64_t)HOUR), FATE_SIGN);
    b.state = BATCH_SENT;
    b.expires_ms = NEWEST + LIFE;
    assert_int_equal(fate_action(&b, LIFE, NEWEST), FATE_SEND);
    assert_int_equal(fate_action(&b, LIFE, NEWEST + LIFE - 1), FATE_SEND);
    /* Expired, it may be on the ledger all the same: it is asked, never signed. */
    assert_int_equal(fate_action(&b, LIFE, NEWEST + LIFE), FATE_ASK);
    assert_int_equal(fate_action(&b, LIFE, NEWEST + 400 * (uint64_t)HOUR), FATE_ASK);
    b.state = BATCH_ACCEPTED;
    assert_int_equal(fate_action(&b, LIFE, NEWEST + 400 * (uint64_t)HOUR), FATE_WAIT);
}

static void what_a_proof_says(void **state) {
    (void)state;
    struct digest ours = {{1}}, other = {{2}};
    struct span thing = span_text("https://id.gs1.org/01/1/21/2");
    struct statement_entry entries[2] = {{.wire_id = other}, {.wire_id = ours}};
    struct statement s = {.question = PROOF_THING, .identifier = thing, .entries = entries, .entries_count = 2,
                          .block_time_ms = NEWEST + 10 * (uint64_t)LIFE};
    assert_int_equal(fate_of_thing(&s, thing, &ours, NEWEST + LIFE), FATE_ACCEPTED);
    s.entries_count = 1;
    assert_int_equal(fate_of_thing(&s, thing, &ours, NEWEST + LIFE), FATE_DEAD);
    /* The ledger's time has not come to the expiry: whatever our clock says, it may still be taken. */
    s.block_time_ms = NEWEST + LIFE - 1;
    assert_int_equal(fate_of_thing(&s, thing, &ours, NEWEST + LIFE), FATE_OPEN);
    s.block_time_ms = NEWEST + LIFE;
    assert_int_equal(fate_of_thing(&s, thing, &ours, NEWEST + LIFE), FATE_DEAD);
    /* Of another thing, or about a record: says nothing. */
    assert_int_equal(fate_of_thing(&s, span_text("x"), &ours, NEWEST + LIFE), FATE_OPEN);
    s.question = PROOF_RECORD;
    s.wire_id = other;
    assert_int_equal(fate_of_thing(&s, thing, &ours, NEWEST + LIFE), FATE_OPEN);
    assert_int_equal(fate_of_record(&s, &ours), FATE_OPEN);
    s.wire_id = ours;
    assert_int_equal(fate_of_record(&s, &ours), FATE_ACCEPTED);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates),
        cmocka_unit_test(nonces),
        cmocka_unit_test(actions),
        cmocka_unit_test(what_a_proof_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
