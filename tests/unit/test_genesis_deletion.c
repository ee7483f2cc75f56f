/* Deletions (SPEC U9, U10): who told it stands in the status tree; what counts is told by the record's subject or an authority. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/query.h"
#include "tests/unit/world_results.h"
#include "trace/deletion.h"

static struct item deletion(struct world *w, const struct digest *record, uint8_t tiers) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct deletion d = {.record = *record, .tiers = tiers, .reason = 9};
    buffer_init(&b, 128);
    deletion_fields(&d, &b);
    return (struct item){.type = ITEM_DELETION, .fields = world_keep(w, buffer_span(&b))};
}

static uint32_t tell(struct world *w, const char *who, const struct digest *record, uint8_t tiers) {
    struct record_header d = world_draft(w, who, RECORD_DELETIONS);
    struct item i = deletion(w, record, tiers);
    return world_add(w, world_record(w, &d, &i, 1, who));
}

static void who_told_it_counts(void **state) {
    (void)state;
    struct world w;
    struct digest record = sha256(span_text("a record of farm1")), other = sha256(span_text("another"));
    struct span farm1 = span_text("farm1");
    struct arena arena CLEANUP(arena_free) = {0};
    struct issued_place places[8];
    arena_init(&arena, 1 << 16);
    world_begin(&w, 1);
    /* A stranger's deletion is accepted, stands under the stranger's name, and deletes nothing. */
    uint32_t stranger = tell(&w, "farm2", &record, 7);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, stranger, RESULT_ACCEPTED, 0);
    assert_int_equal(query_deleted(w.rows.reader, &record, farm1), 0);
    assert_int_equal(query_deleted(w.rows.reader, &record, span_text("farm2")), 7); /* were it farm2's */
    uint32_t own = tell(&w, "farm1", &record, deletion_bit(TIER_DELETABLE));
    uint32_t again = tell(&w, "farm1", &record, deletion_bit(TIER_DELETABLE));
    uint32_t more = tell(&w, "farm1", &record, deletion_bit(TIER_DELETABLE) | deletion_bit(TIER_PARTNER));
    uint32_t auditor = tell(&w, "audit", &record, 7);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, own, RESULT_ACCEPTED, 0);
    world_code_is(&w, again, RESULT_DELETED, 1);
    world_code_is(&w, more, RESULT_ACCEPTED, 0);
    world_code_is(&w, auditor, RESULT_ROLE, 0);
    assert_int_equal(query_deleted(w.rows.reader, &record, farm1), 5);
    assert_int_equal(query_deleted(w.rows.reader, &other, farm1), 0);
    /* An authority deletes of anybody's record. */
    uint32_t bureau = tell(&w, "bureau", &record, deletion_bit(TIER_REGULATOR));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, bureau, RESULT_ACCEPTED, 0);
    assert_int_equal(query_deleted(w.rows.reader, &record, farm1), 7);
    assert_int_equal(query_deleted(w.rows.reader, &record, span_text("anybody")), 2);
    /* In order, those that count for nothing too: who holds something looks at each. */
    assert_int_equal(query_deletions(w.rows.reader, NULL, 8, &arena, places), 4);
    assert_true(span_equal(places[3].id, span_of(record.b, 32)));
    assert_int_equal(query_deletions(w.rows.reader, &places[1], 8, &arena, places), 2);
    world_rows_agree(&w);
    world_end(&w);
}

/* The first item of a refused record leaves nothing. */
static void whole_or_not_at_all(void **state) {
    (void)state;
    struct world w;
    struct digest record = sha256(span_text("r"));
    world_begin(&w, 1);
    struct record_header d = world_draft(&w, "farm1", RECORD_DELETIONS);
    struct item twice[] = {deletion(&w, &record, 1), deletion(&w, &record, 1)};
    uint32_t no = world_add(&w, world_record(&w, &d, twice, 2, "farm1"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, no, RESULT_DELETED, 2);
    assert_int_equal(query_deleted(w.rows.reader, &record, span_text("farm1")), 0);
    world_rows_agree(&w);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_told_it_counts),
        cmocka_unit_test(whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
