/* world_results.h: what cmocka tests ask of a world after a block. Include cmocka first. */
#ifndef TESTS_WORLD_RESULTS_H
#define TESTS_WORLD_RESULTS_H

#include "tests/unit/ledger_world.h"

static inline void world_code_is(const struct world *w, uint32_t at, uint16_t code, uint16_t item) {
    if (w->results[at].code != code || w->results[at].item != item)
        print_message("record %u: %s at item %u\n", at, result_name(w->results[at].code),
                      w->results[at].item);
    assert_int_equal(w->results[at].code, code);
    assert_int_equal(w->results[at].item, item);
}

/* The status tree and the log, recomputed from their rows alone, have the roots the head says. */
static inline void world_rows_agree(const struct world *w) {
    struct status_head again;
    struct digest root;
    struct ledger_head head;
    status_recompute(w->rows.reader, &again);
    assert_int_equal(again.count, w->head.status.count);
    assert_true(digest_equal(&again.root, &w->head.status.root));
    assert_int_equal(merkle_root_at(w->rows.reader, w->head.log.size, &root), OK);
    assert_true(digest_equal(&root, &w->log_root));
    assert_true(ledger_head_read(w->rows.reader, &head));
    assert_int_equal(head.height, w->head.height);
    assert_true(digest_equal(&head.block, &w->head.block));
}

/* Every byte (every step-th) changed (one bit; of small bundles all bits too), dropped, doubled. */
static inline void world_break_bytes(const struct world *w, struct span good, size_t step) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    uint8_t *bad = malloc(good.len + 1);
    arena_init(&arena, PROOF_ARENA_BYTES);
    assert_int_equal(proof_verify(good, &w->genesis->chain_id, &arena, &s), OK);
    for (size_t i = 0; i < good.len; i += step) {
        memcpy(bad, good.data, good.len);
        const uint8_t changes[] = {(uint8_t)(1 << i % 8), 0xff};
        for (size_t k = 0; k < (good.len < 3000 ? 2 : 1); k++) {
            bad[i] = good.data[i] ^ changes[k];
            arena_reset(&arena);
            if (proof_verify(span_of(bad, good.len), &w->genesis->chain_id, &arena, &s) == OK)
                fail_msg("byte %zu changed", i);
        }
        memcpy(bad + i, good.data + i + 1, good.len - i - 1);
        arena_reset(&arena);
        if (proof_verify(span_of(bad, good.len - 1), &w->genesis->chain_id, &arena, &s) == OK)
            fail_msg("byte %zu dropped", i);
        memcpy(bad, good.data, i + 1);
        memcpy(bad + i + 1, good.data + i, good.len - i);
        arena_reset(&arena);
        if (proof_verify(span_of(bad, good.len + 1), &w->genesis->chain_id, &arena, &s) == OK)
            fail_msg("byte %zu doubled", i);
    }
    free(bad);
}

static inline void world_break_every_byte(const struct world *w, struct span good) {
    world_break_bytes(w, good, 1);
}

#endif
