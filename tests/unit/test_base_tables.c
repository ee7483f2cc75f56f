/* The error table, the quorum, signer sets, and the digest map against a plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest_map.h"
#include "base/validators.h"
#include "tests/unit/codec_random.h"

static bool has_chinese(const char *text) {
    for (; *text != '\0'; text++)
        if ((uint8_t)*text >= 0xe3) return true;
    return false;
}

static void errors_are_told_apart(void **state) {
    (void)state;
    int rows = 0;
    while (err_at(rows) >= 0)
        rows++;
    assert_true(rows > 100);
    assert_int_equal(err_at(0), OK);
    for (int i = 0; i < rows; i++) {
        enum err e = (enum err)err_at(i);
        const char *name = err_name(e), *en = err_text(e, LANG_EN), *zh = err_text(e, LANG_ZH);
        assert_true(i == 0 || strncmp(name, "ERR_", 4) == 0);
        assert_int_equal(err_by_name(name), e);
        assert_true(strlen(en) > 5 && !has_chinese(en) && en[strlen(en) - 1] != '\n' && en[strlen(en) - 1] != '.');
        assert_true(has_chinese(zh) && span_is_utf8(span_text(zh)));
        assert_true(e >= 0 && (int)e < 900);
        for (int k = 0; k < i; k++) {
            if (err_at(k) == (int)e) fail_msg("%s and %s have one number", name, err_name((enum err)err_at(k)));
            if (strcmp(err_text((enum err)err_at(k), LANG_EN), en) == 0) fail_msg("two errors say '%s'", en);
        }
    }
    assert_string_equal(err_name((enum err)9999), "ERR_?");
    assert_int_equal(err_by_name("ERR_NOTHING"), OK);
}

static void a_refusal_is_cut_to_its_room(void **state) {
    (void)state;
    struct refusal r;
    char text[400];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(refusal_set(&r, ERR_HEX, "%s", text), ERR_HEX);
    assert_int_equal(strlen(r.where), sizeof r.where - 1);
    assert_int_equal(refusal_set(NULL, ERR_HEX, "%s", text), ERR_HEX);
}

/* Any two quorums share more validators than may lie, and the honest alone are a quorum. */
static void quorums_overlap(void **state) {
    (void)state;
    static const uint32_t known[][2] = {{1, 1}, {2, 2}, {3, 3}, {4, 3}, {5, 4}, {6, 5}, {7, 5}, {10, 7}, {64, 43}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(quorum(known[i][0]), known[i][1]);
    for (uint32_t n = 1; n <= VALIDATORS_MAX; n++) {
        uint32_t q = quorum(n), f = faults_max(n);
        assert_true(3 * f < n && 3 * (f + 1) >= n);
        assert_true(2 * q - n > f);  /* shared validators: one of them honest */
        assert_true(n - f >= q);     /* liveness */
        assert_true(q >= 1 && q <= n);
    }
}

static void signers_are_a_set(void **state) {
    (void)state;
    struct signers s = {{0}};
    struct rng r = {.state = 5};
    bool in[VALIDATORS_MAX] = {false};
    for (int i = 0; i < 200; i++) {
        uint32_t k = (uint32_t)rng_below(&r, VALIDATORS_MAX), count = 0;
        signers_add(&s, k);
        in[k] = true;
        for (uint32_t j = 0; j < VALIDATORS_MAX; j++) {
            assert_true(signers_has(&s, j) == in[j]);
            count += in[j];
        }
        assert_int_equal(signers_count(&s), count);
    }
    struct signers one = {{0}};
    signers_add(&one, 10);
    assert_true(one.b[1] == 4); /* least significant bit first: V3 */
}

/* Random puts, removals and look-ups beside an array; keys so alike that they collide in every table. */
static void a_map_is_what_a_list_is(void **state) {
    (void)state;
    enum { KEYS = 400, STEPS = 40000 };
    struct digest keys[KEYS] = {{{0}}};
    int values[KEYS], *held[KEYS] = {NULL};
    struct digest_map m;
    struct rng r = {.state = 9};
    size_t count = 0;
    for (uint32_t i = 0; i < KEYS; i++) {
        put_u32(keys[i].b + 28, i); /* the hash looks at the first sixteen bytes only */
        if (i % 2) rng_bytes(&r, keys[i].b, 16);
    }
    digest_map_init(&m, 12345);
    for (int step = 0; step < STEPS; step++) {
        uint32_t k = (uint32_t)rng_below(&r, step % 4000 < 2000 ? KEYS : KEYS / 8);
        switch (rng_below(&r, 3)) {
        case 0:
            assert_ptr_equal(digest_map_put(&m, &keys[k], &values[k]), held[k]);
            count += held[k] == NULL;
            held[k] = &values[k];
            break;
        case 1:
            assert_ptr_equal(digest_map_remove(&m, &keys[k]), held[k]);
            count -= held[k] != NULL;
            held[k] = NULL;
            break;
        default: assert_ptr_equal(digest_map_get(&m, &keys[k]), held[k]); break;
        }
        assert_int_equal(m.count, count);
        if (step % 500 != 0) continue;
        size_t at = 0, seen = 0;
        struct digest key;
        int *v;
        while ((v = digest_map_next(&m, &at, &key)) != NULL) {
            size_t i = (size_t)(v - values);
            assert_true(held[i] == v && digest_equal(&key, &keys[i]));
            seen++;
        }
        assert_int_equal(seen, count);
        for (uint32_t i = 0; i < KEYS; i++)
            assert_ptr_equal(digest_map_get(&m, &keys[i]), held[i]);
    }
    digest_map_free(&m);
    assert_null(digest_map_get(&m, &keys[0]));
    digest_map_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_told_apart),
        cmocka_unit_test(a_refusal_is_cut_to_its_room),
        cmocka_unit_test(quorums_overlap),
        cmocka_unit_test(signers_are_a_set),
        cmocka_unit_test(a_map_is_what_a_list_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
