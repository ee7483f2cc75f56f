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

#endif
