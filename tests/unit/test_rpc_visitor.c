/* Visitors: each has its own share, no one takes another's, the table is bounded and forgets, and who is believed about whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "rpc/visitor.h"

enum { INTERVAL = 500, BURST = 5 };

struct fixture {
    struct visitors *v;
    struct visitor_bucket bucket;
    uint64_t now, wait;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    crypto_start();
    f->v = visitors_new(INTERVAL, BURST);
    f->now = 1000000;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    visitors_free(f->v);
    free(f);
    return 0;
}

static struct visitor of_v4(const struct fixture *f, uint32_t address, struct visitor_bucket *connection) {
    uint8_t b[4];
    struct visitor who = {.connection = connection};
    put_u32(b, address);
    who.name = visitors_name(f->v, span_of(b, 4), &who.near);
    return who;
}

static bool take(struct fixture *f, const struct visitor *who, const char *told) {
    return visitors_take(f->v, who, span_text(told), f->now, &f->wait);
}

/* A new connection each time: only the address says who it is. */
static bool take_anew(struct fixture *f, uint32_t address) {
    struct visitor_bucket fresh = {0, 0};
    struct visitor who = of_v4(f, address, &fresh);
    return take(f, &who, "");
}

static int many(struct fixture *f, uint32_t address, int tries) {
    int taken = 0;
    for (int i = 0; i < tries; i++)
        taken += take_anew(f, address);
    return taken;
}

static void each_its_own_share(void **state) {
    struct fixture *f = *state;
    assert_int_equal(many(f, 0x0a000001, 100), BURST);
    assert_int_equal(f->wait, INTERVAL);
    assert_int_equal(visitors_refused(f->v), 95);
    assert_int_equal(many(f, 0x0a000002, 100), BURST);
    f->now += INTERVAL - 1;
    assert_int_equal(many(f, 0x0a000001, 1), 0);
    assert_int_equal(f->wait, 1);
    f->now += 1;
    assert_int_equal(many(f, 0x0a000001, 9), 1);
    f->now += INTERVAL * BURST;
    assert_int_equal(many(f, 0x0a000001, 9), BURST);
}

/* Many addresses beyond measure: the table stays as large as it is, and a newcomer has all its share. */
static void bounded_and_forgetful(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 10 * VISITOR_SLOTS; i++)
        assert_true(take_anew(f, 0x0b000000 + i));
    size_t held = visitors_held(f->v, f->now);
    assert_true(held <= VISITOR_SLOTS && held > VISITOR_SLOTS / 2);
    assert_int_equal(many(f, 0x0a000001, 100), BURST);
    f->now += INTERVAL * BURST;
    assert_int_equal(visitors_held(f->v, f->now), 0);
}

/* Who has used up its share keeps its place: the others that come take those of whom has used least. */
static void a_crowd_frees_nobody(void **state) {
    struct fixture *f = *state;
    assert_int_equal(many(f, 0x0a000001, 100), BURST);
    for (uint32_t i = 0; i < 10 * VISITOR_SLOTS; i++)
        assert_true(take_anew(f, 0x0b000000 + i));
    assert_int_equal(many(f, 0x0a000001, 100), 0);
}

static void by_connection(void **state) {
    struct fixture *f = *state;
    struct visitor_bucket one = {0, 0}, other = {0, 0};
    struct visitor near = of_v4(f, 0x7f000001, &one), beside = of_v4(f, 0x7f000001, &other);
    assert_true(near.near);
    for (int i = 0; i < BURST; i++)
        assert_true(take(f, &near, ""));
    assert_false(take(f, &near, ""));
    assert_true(take(f, &beside, ""));
    /* No address, no connection: nobody is told apart. */
    for (int i = 0; i < 100; i++)
        assert_true(take(f, &(struct visitor){0}, ""));
    /* Of an address whose connection has used up its share nothing is taken. */
    struct visitor far = of_v4(f, 0x0a000001, &one);
    assert_false(take(f, &far, ""));
    assert_int_equal(many(f, 0x0a000001, 100), BURST);
}

/* What a proxy of this machine says; what anybody else says is not believed. */
static void told_by_a_proxy(void **state) {
    struct fixture *f = *state;
    struct visitor_bucket connection = {0, 0}, another = {0, 0};
    struct visitor proxy = of_v4(f, 0x7f000001, &connection), far = of_v4(f, 0x0a000001, &another);
    for (int i = 0; i < BURST; i++)
        assert_true(take(f, &proxy, "192.0.2.1"));
    assert_false(take(f, &proxy, "192.0.2.1"));
    for (int i = 0; i < BURST; i++)
        assert_true(take(f, &proxy, "192.0.2.2"));
    assert_int_equal(connection.full_ms, 0);
    for (int i = 0; i < BURST; i++)
        assert_true(take(f, &far, i % 2 ? "192.0.2.77" : "192.0.2.78"));
    assert_false(take(f, &far, "192.0.2.79"));
    /* No address: the connection counts. */
    static const char *const none[] = {"", "unknown", "192.0.2.1, 10.0.0.1", "127.0.0.1", "::1", "192.0.2.1:80",
                                       "1111111111111111111111111111111111111111111111111111"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(take(f, &proxy, none[i]), i < BURST);
}

static void names(void **state) {
    struct fixture *f = *state;
    struct visitors *other = visitors_new(INTERVAL, BURST);
    static const uint8_t four[4] = {192, 0, 2, 1}, mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1}, here[16] = {[15] = 1};
    uint8_t a[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 1}, b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 2},
            c[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 2, 1};
    bool near;
    uint64_t name = visitors_name(f->v, span_of(four, 4), &near);
    assert_false(near);
    assert_true(name == visitors_name(f->v, span_of(mapped, 16), &near));
    assert_true(name != visitors_name(other, span_of(four, 4), &near)); /* a key of its own */
    assert_true(visitors_name(f->v, span_of(a, 16), &near) == visitors_name(f->v, span_of(b, 16), &near));
    assert_true(visitors_name(f->v, span_of(a, 16), &near) != visitors_name(f->v, span_of(c, 16), &near));
    (void)visitors_name(f->v, span_of(here, 16), &near);
    assert_true(near);
    visitors_free(other);
}

static void not_limited(void **state) {
    struct fixture *f = *state;
    struct visitors *v = visitors_new(0, BURST);
    struct visitor_bucket bucket = {0, 0};
    struct visitor who = of_v4(f, 0x0a000001, &bucket);
    for (int i = 0; i < 1000; i++)
        assert_true(visitors_take(v, &who, SPAN_EMPTY, f->now, &f->wait));
    assert_int_equal(visitors_held(v, f->now), 0);
    visitors_free(v);
}

struct taker {
    struct visitors *v;
    int taken;
};
static void *take_some(void *context) {
    struct taker *t = context;
    static const uint8_t address[4] = {10, 0, 0, 1};
    for (int i = 0; i < 1000; i++) {
        struct visitor_bucket fresh = {0, 0};
        struct visitor who = {.connection = &fresh};
        uint64_t wait;
        who.name = visitors_name(t->v, span_of(address, 4), &who.near);
        t->taken += visitors_take(t->v, &who, SPAN_EMPTY, 1000000, &wait);
    }
    return NULL;
}

static void from_two_threads(void **state) {
    struct fixture *f = *state;
    pthread_t threads[2];
    struct taker takers[2] = {{f->v, 0}, {f->v, 0}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_some, &takers[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(takers[0].taken + takers[1].taken, BURST);
    assert_int_equal(visitors_refused(f->v), 2000 - BURST);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(each_its_own_share), TEST(bounded_and_forgetful), TEST(a_crowd_frees_nobody), TEST(by_connection),
        TEST(told_by_a_proxy),    TEST(names),                 TEST(not_limited),
        TEST(from_two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
