/* The seam between execution and storage: a change set, and a reader that sees it over other rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/state.h"
#include "tests/unit/codec_random.h"

static bool collect(void *context, struct span key, struct span value) {
    struct buffer *b = context;
    buffer_append_span(b, key);
    buffer_text(b, "=");
    buffer_append_span(b, value);
    buffer_text(b, " ");
    return b->len < 60;
}

static void put(struct changes *c, const char *key, const char *value) {
    changes_put(c, TABLE_STATE, span_text(key), span_text(value));
}

static void scan_is(struct reader r, const char *from, const char *to, const char *expected) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 4096);
    reader_scan(r, TABLE_STATE, span_text(from), span_text(to), collect, &b);
    assert_int_equal(b.len, strlen(expected));
    assert_memory_equal(b.data, expected, b.len);
}

static void layers_show_the_newest_row(void **state) {
    (void)state;
    struct changes *below = changes_new(), *above = changes_new();
    struct changes_reader s1, s2;
    struct reader none = reader_empty();
    put(below, "a", "1");
    put(below, "c", "1");
    put(below, "e", "1");
    changes_put(below, TABLE_CHAIN, span_text("a"), span_text("chain"));
    put(above, "b", "2");
    put(above, "c", "2");
    put(above, "f", "2");
    put(above, "f", "3");
    changes_delete(above, TABLE_STATE, span_text("e"));
    struct reader lower = changes_reader(&s1, below, none),
                  upper = changes_reader(&s2, above, lower);
    scan_is(upper, "a", "z", "a=1 b=2 c=2 f=3 ");
    scan_is(upper, "b", "f", "b=2 c=2 ");
    scan_is(lower, "a", "z", "a=1 c=1 e=1 ");
    scan_is(upper, "z", "a", "");
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 100);
    assert_false(reader_get(upper, TABLE_STATE, span_text("e"), &b));
    assert_true(reader_get(upper, TABLE_CHAIN, span_text("a"), &b));
    assert_true(span_is(buffer_span(&b), "chain"));
    changes_merge(below, above);
    scan_is(lower, "a", "z", "a=1 b=2 c=2 f=3 ");
    assert_int_equal(changes_count(below), 6);
    assert_int_equal(changes_at(below, 5)->table, TABLE_CHAIN);
    changes_free(below);
    changes_free(above);
    changes_free(NULL);
}

static void a_scan_stops_when_told(void **state) {
    (void)state;
    struct changes *c = changes_new();
    struct changes_reader s;
    struct reader r = changes_reader(&s, c, reader_empty());
    char key[16];
    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof key, "k%02d", i);
        put(c, key, "v");
    }
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 4096);
    reader_scan(r, TABLE_STATE, span_text("k"), span_text("l"), collect, &b);
    assert_int_equal(b.len, 60);
    changes_free(c);
}

static int compare(const void *a, const void *b) {
    return memcmp(a, b, 4);
}

static void many_keys_come_back_sorted(void **state) {
    (void)state;
    enum { N = 20000 };
    struct changes *c = changes_new();
    uint8_t(*keys)[4] = calloc(N, sizeof *keys);
    for (uint32_t i = 0; i < N; i++) {
        put_u32(keys[i], i * 2654435761u);
        changes_put(c, TABLE_STATE, span_of(keys[i], 4), span_of(keys[i], 4));
    }
    qsort(keys, N, sizeof *keys, compare);
    assert_int_equal(changes_count(c), N);
    for (uint32_t i = 0; i < N; i++) {
        assert_memory_equal(changes_at(c, i)->key.data, keys[i], 4);
        assert_non_null(changes_find(c, TABLE_STATE, span_of(keys[i], 4)));
        assert_null(changes_find(c, TABLE_CHAIN, span_of(keys[i], 4)));
    }
    free(keys);
    changes_free(c);
}

/* Random tries over few keys, growth among them: what is undone leaves what was before, byte for byte and in the same places. */
static void what_is_undone_was_never_there(void **state) {
    (void)state;
    struct rng r = {.state = 20261201};
    struct changes *c = changes_new(), *kept = changes_new();
    for (uint32_t round = 0; round < 400; round++) {
        struct changes *tried = changes_new();
        uint64_t writes = rng_below(&r, 60);
        changes_try(c);
        for (uint64_t i = 0; i < writes; i++) {
            uint8_t key[2], value[4];
            put_u16(key, (uint16_t)rng_below(&r, 50 + 4 * round));
            put_u32(value, (uint32_t)rng_below(&r, 1000000));
            bool deletes = rng_below(&r, 4) == 0;
            for (int k = 0; k < 2; k++) {
                struct changes *to = k ? tried : c;
                if (deletes)
                    changes_delete(to, TABLE_STATE, span_of(key, 2));
                else
                    changes_put(to, TABLE_STATE, span_of(key, 2), span_of(value, 4));
            }
        }
        bool keeps = rng_below(&r, 3) > 0;
        if (keeps) changes_merge(kept, tried);
        (keeps ? changes_keep : changes_undo)(c);
        changes_free(tried);
        assert_int_equal(changes_count(c), changes_count(kept));
        for (size_t i = 0; i < changes_count(c); i++) {
            const struct change *x = changes_at(c, i), *y = changes_at(kept, i), *found = changes_find(c, TABLE_STATE, x->key);
            assert_true(span_equal(x->key, y->key) && span_equal(x->value, y->value) && x->deleted == y->deleted);
            assert_ptr_equal(found, x);
        }
    }
    changes_free(c);
    changes_free(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_show_the_newest_row),
        cmocka_unit_test(a_scan_stops_when_told),
        cmocka_unit_test(many_keys_come_back_sorted),
        cmocka_unit_test(what_is_undone_was_never_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
