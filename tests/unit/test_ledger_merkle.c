/* The log tree against the recursive definition of RFC 9162, for every size and index of a small
 * world. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/merkle.h"
#include "tests/unit/rows_memory.h"

enum { N = 260, PROOFS = 70 };

static struct digest leaves[N];

/* RFC 9162 section 2.1.1, word for word. */
static struct digest mth(uint64_t from, uint64_t n) {
    if (n == 0) return sha256(SPAN_EMPTY);
    if (n == 1) return leaves[from];
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    struct digest l = mth(from, k), r = mth(from + k, n - k);
    return merkle_node_hash(&l, &r);
}

static int build(void **state) {
    static struct rows rows;
    struct merkle_frontier f = {0};
    rows_init(&rows);
    for (uint32_t i = 0; i < N; i++) {
        uint8_t b[4];
        put_u32(b, i);
        leaves[i] = merkle_leaf_hash(span_of(b, 4));
    }
    for (uint64_t size = 0; size < N;) {
        uint64_t step = size % 5 + 1;
        if (step > N - size) step = N - size;
        struct changes *c = changes_new();
        merkle_append(c, &f, leaves + size, step);
        rows_take(&rows, c);
        size += step;
        struct digest root = merkle_frontier_root(&f), expected = mth(0, size);
        assert_true(digest_equal(&root, &expected));
    }
    *state = &rows;
    return 0;
}

static int drop(void **state) {
    rows_free(*state);
    return 0;
}

static void roots_at_every_size(void **state) {
    struct rows *rows = *state;
    for (uint64_t size = 0; size <= N; size++) {
        struct digest root, expected = mth(0, size), again;
        struct merkle_frontier f;
        assert_int_equal(merkle_root_at(rows->reader, size, &root), OK);
        assert_true(digest_equal(&root, &expected));
        assert_int_equal(merkle_frontier_at(rows->reader, size, &f), OK);
        again = merkle_frontier_root(&f);
        assert_true(digest_equal(&again, &expected));
        struct buffer b CLEANUP(buffer_free) = {0};
        struct merkle_frontier decoded;
        buffer_init(&b, 4096);
        merkle_frontier_encode(&f, &b);
        assert_int_equal(merkle_frontier_decode(buffer_span(&b), &decoded), OK);
        again = merkle_frontier_root(&decoded);
        assert_true(digest_equal(&again, &expected));
    }
    struct digest root;
    assert_int_equal(merkle_root_at(rows->reader, N + 1, &root), ERR_MERKLE_RANGE);
}

static void every_inclusion_proof_checks_and_no_other(void **state) {
    struct rows *rows = *state;
    for (uint64_t size = 1; size <= PROOFS; size++) {
        struct digest root = mth(0, size);
        for (uint64_t i = 0; i < size; i++) {
            struct merkle_path p;
            assert_int_equal(merkle_inclusion(rows->reader, i, size, &p), OK);
            assert_int_equal(merkle_inclusion_verify(&leaves[i], i, size, p.hashes, p.count, &root),
                             OK);
            for (uint64_t j = 0; j < size; j++)
                if (j != i)
                    assert_int_equal(
                        merkle_inclusion_verify(&leaves[i], j, size, p.hashes, p.count, &root),
                        ERR_MERKLE_PROOF);
            assert_int_equal(
                merkle_inclusion_verify(&leaves[i], i, size, p.hashes, p.count + 1, &root),
                ERR_MERKLE_PROOF);
            if (p.count > 0)
                assert_int_equal(
                    merkle_inclusion_verify(&leaves[i], i, size, p.hashes, p.count - 1, &root),
                    ERR_MERKLE_PROOF);
        }
        struct merkle_path p;
        assert_int_equal(merkle_inclusion(rows->reader, size, size, &p), ERR_MERKLE_RANGE);
    }
}

static void every_consistency_proof_checks_and_no_other(void **state) {
    struct rows *rows = *state;
    for (uint64_t to = 1; to <= PROOFS; to++) {
        struct digest root_to = mth(0, to);
        for (uint64_t from = 1; from <= to; from++) {
            struct digest root_from = mth(0, from);
            struct merkle_path p;
            assert_int_equal(merkle_consistency(rows->reader, from, to, &p), OK);
            assert_int_equal(
                merkle_consistency_verify(from, &root_from, to, &root_to, p.hashes, p.count), OK);
            for (uint32_t k = 0; k < p.count; k++) {
                p.hashes[k].b[7] ^= 1;
                assert_int_equal(
                    merkle_consistency_verify(from, &root_from, to, &root_to, p.hashes, p.count),
                    ERR_MERKLE_PROOF);
                p.hashes[k].b[7] ^= 1;
            }
            if (from != to)
                assert_int_equal(
                    merkle_consistency_verify(from, &root_to, to, &root_to, p.hashes, p.count),
                    ERR_MERKLE_PROOF);
        }
        struct merkle_path p;
        assert_int_equal(merkle_consistency(rows->reader, 0, to, &p), ERR_MERKLE_RANGE);
        assert_int_equal(merkle_consistency(rows->reader, to + 1, to, &p), ERR_MERKLE_RANGE);
    }
}

static void tiles_hold_what_their_place_says(void **state) {
    struct rows *rows = *state;
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 1 << 16);
    assert_int_equal(merkle_tile_width(N, 0, 0), 256);
    assert_int_equal(merkle_tile_width(N, 0, 1), 4);
    assert_int_equal(merkle_tile_width(N, 0, 2), 0);
    assert_int_equal(merkle_tile_width(N, 1, 0), 1);
    assert_int_equal(merkle_tile_width(70000, 0, 273), 112);
    assert_int_equal(merkle_tile_width(70000, 1, 1), 17);
    assert_int_equal(merkle_tile_width(70000, 2, 0), 1);
    assert_int_equal(merkle_tile(rows->reader, 0, 1, 4, &b), OK);
    assert_memory_equal(b.data, leaves + 256, 4 * 32);
    assert_int_equal(merkle_tile(rows->reader, 0, 1, 5, &b), ERR_MERKLE_RANGE);
    assert_int_equal(b.len, 4 * 32);
    buffer_clear(&b);
    assert_int_equal(merkle_tile(rows->reader, 1, 0, 1, &b), OK);
    struct digest full = mth(0, 256);
    assert_memory_equal(b.data, full.b, 32);
    buffer_clear(&b);
    merkle_tile_path(0, 1234067, 12, &b);
    assert_true(span_is(buffer_span(&b), "tile/0/x001/x234/067.p/12"));
    buffer_clear(&b);
    merkle_tile_path(-1, 5, 256, &b);
    assert_true(span_is(buffer_span(&b), "tile/entries/005"));
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_at_every_size),
        cmocka_unit_test(every_inclusion_proof_checks_and_no_other),
        cmocka_unit_test(every_consistency_proof_checks_and_no_other),
        cmocka_unit_test(tiles_hold_what_their_place_says),
    };
    return cmocka_run_group_tests(tests, build, drop);
}
