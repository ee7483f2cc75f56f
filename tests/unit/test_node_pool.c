/* The pool against a plain array model: what it holds, in which order, and that it forgets nothing but by the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "node/pool.h"

static struct digest digest_number(uint32_t n) {
    struct digest d = {{0}};
    put_u32(d.b + 20, n); /* the first bytes all equal: the map must not rely on them */
    put_u32(d.b, n % 3);
    return d;
}

static void keeps_order_and_bounds(void **state) {
    (void)state;
    struct pool p;
    pool_init(&p, 3, 100, 7);
    uint8_t bytes[60] = {0};
    struct digest d[5];
    for (uint32_t i = 0; i < 5; i++)
        d[i] = digest_number(i);
    assert_int_equal(pool_add(&p, &d[0], &d[0], span_of(bytes, 40), 10, 1), OK);
    assert_int_equal(pool_add(&p, &d[0], &d[0], span_of(bytes, 40), 10, 1), ERR_POOL_KNOWN);
    assert_int_equal(pool_add(&p, &d[1], &d[0], span_of(bytes, 40), 10, 1), ERR_POOL_TWIN);
    assert_int_equal(pool_add(&p, &d[1], &d[1], span_of(bytes, 61), 10, 1), ERR_BUSY); /* bytes */
    assert_int_equal(pool_add(&p, &d[1], &d[1], span_of(bytes, 60), 20, 1), OK);
    assert_false(pool_fits(&p, 1));
    /* a block names the twin of the first: taken in although full, for that block alone */
    assert_true(pool_lend(&p, &d[2], &d[0], span_of(bytes, 50), 10, 2));
    assert_false(pool_lend(&p, &d[2], &d[0], span_of(bytes, 50), 10, 2));
    assert_int_equal(pool_count(&p), 2);
    assert_int_equal(pool_find(&p, &d[2])->bytes.len, 50);
    assert_false(pool_keeps(&p, &d[2]));
    assert_int_equal(pool_add(&p, &d[2], &d[0], span_of(bytes, 50), 10, 2), ERR_POOL_TWIN);
    assert_true(digest_equal(&pool_first(&p)->wire_id, &d[0]));
    pool_remove(&p, &d[0]);
    pool_remove(&p, &d[0]);
    assert_true(digest_equal(&pool_first(&p)->wire_id, &d[1]));
    /* with the twin gone it may be admitted */
    assert_int_equal(pool_add(&p, &d[2], &d[0], span_of(bytes, 50), 10, 2), ERR_BUSY);
    p.bytes_max = 110;
    assert_int_equal(pool_add(&p, &d[2], &d[0], span_of(bytes, 50), 10, 2), OK);
    assert_true(pool_keeps(&p, &d[2]));
    assert_true(pool_first(&p)->newer == pool_find(&p, &d[2]));
    /* what leaves while a block names it stays findable for that block alone */
    pool_hold(pool_find(&p, &d[2]));
    assert_int_equal(pool_expire(&p, 30), 2);
    assert_null(pool_find(&p, &d[1]));
    assert_null(pool_first(&p));
    assert_false(pool_keeps(&p, &d[2]));
    assert_int_equal(pool_add(&p, &d[3], &d[0], span_of(bytes, 50), 10, 2), OK); /* its id is free again */
    pool_remove(&p, &d[3]);
    pool_release(&p, &d[2]);
    pool_remove(&p, &d[2]);
    assert_int_equal(pool_find(&p, &d[2])->bytes.len, 50);
    pool_release(&p, &d[2]);
    assert_null(pool_find(&p, &d[2]));
    assert_int_equal(pool_count(&p), 0);
    assert_int_equal(p.bytes, 0);
    pool_free(&p);
}

static void agrees_with_a_plain_model(void **state) {
    (void)state;
    enum { N = 400, STEPS = 200000 };
    bool held[N] = {false};
    struct pool p;
    pool_init(&p, N, 1 << 20, 99);
    uint64_t random = 12345;
    uint32_t count = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t i = (uint32_t)(random >> 33) % N;
        struct digest d = digest_number(i);
        if ((random >> 20) & 1) {
            enum err e = pool_add(&p, &d, &d, span_of(d.b, 32), 1, 1);
            assert_int_equal(e, held[i] ? ERR_POOL_KNOWN : OK);
            count += !held[i];
            held[i] = true;
        } else {
            pool_remove(&p, &d);
            count -= held[i];
            held[i] = false;
        }
        assert_int_equal(pool_count(&p), count);
        assert_int_equal(p.bytes, count * 32);
        uint32_t other = (uint32_t)(random >> 12) % N;
        struct digest o = digest_number(other);
        assert_int_equal(pool_find(&p, &o) != NULL, held[other]);
    }
    uint32_t walked = 0;
    for (struct pool_record *r = pool_first(&p); r != NULL; r = r->newer)
        walked++;
    assert_int_equal(walked, count);
    pool_free(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_order_and_bounds),
        cmocka_unit_test(agrees_with_a_plain_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
