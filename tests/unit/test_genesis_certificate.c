/* Certificates: every refusal of SPEC D7 to D9 with its liar, and the order in which they are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/certificate_world.h"
#include "tests/unit/world_results.h"

static void close_with(struct world *w, uint32_t at, uint16_t code) {
    assert_int_equal(world_close(w, 1000), OK);
    world_code_is(w, at, code, code == RESULT_ACCEPTED ? 0 : 1);
}

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
    assert_int_equal(world_balance(&w, BALANCE_CERTIFIED, "farm1", LOT_A, "NPR", "origin"), 100000000);
    assert_int_equal(world_certificate(&w, "farm1/1", &v), STATE_ACTIVE);
    assert_int_equal(v.covered_count, 1);
    assert_int_equal(v.covered[0].quantity, 60000000);
    assert_int_equal(v.line, 1);
    world_rows_agree(&w);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_covers_no_more_than_was_made),
    };
    (void)close_with;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
