/* The identities committed last: known until RECENT_MAX others came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "node/recent.h"

static struct digest numbered(uint32_t n) {
    uint8_t text[4];
    put_u32(text, n);
    return sha256(span_of(text, sizeof text));
}

static void the_oldest_is_forgotten_first(void **state) {
    (void)state;
    struct recent r = {0};
    recent_init(&r, 7);
    for (uint32_t i = 0; i < RECENT_MAX; i++) {
        struct digest d = numbered(i);
        assert_false(recent_has(&r, &d));
        recent_add(&r, &d);
    }
    struct digest first = numbered(0), second = numbered(1), another = numbered(RECENT_MAX);
    assert_true(recent_has(&r, &first));
    recent_add(&r, &another);
    assert_false(recent_has(&r, &first));
    assert_true(recent_has(&r, &second) && recent_has(&r, &another));
    assert_int_equal(r.by_id.count, RECENT_MAX);
    recent_free(&r);
}

/* A record executed a second time (as a duplicate) is young again: its first place may not take it away. */
static void added_again_is_young_again(void **state) {
    (void)state;
    struct recent r = {0};
    recent_init(&r, 7);
    struct digest twice = numbered(1000000);
    recent_add(&r, &twice);
    recent_add(&r, &twice);
    for (uint32_t i = 0; i < RECENT_MAX - 1; i++) {
        struct digest d = numbered(i);
        recent_add(&r, &d);
        assert_true(recent_has(&r, &twice));
    }
    struct digest last = numbered(RECENT_MAX);
    recent_add(&r, &last);
    assert_false(recent_has(&r, &twice));
    recent_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_oldest_is_forgotten_first),
        cmocka_unit_test(added_again_is_young_again),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
