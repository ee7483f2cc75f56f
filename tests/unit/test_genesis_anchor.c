/* Anchors: a root of what is kept elsewhere is chosen once (SPEC Z). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/world_results.h"
#include "trace/anchor.h"

static struct item anchor_item(struct world *w, const char *what, uint64_t from_ms, uint64_t count) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct anchor a = {.count = count,
                       .from_ms = from_ms,
                       .until_ms = from_ms + 3600000,
                       .root = sha256(span_text("reads")),
                       .what = span_text(what)};
    buffer_init(&fields, 512);
    anchor_fields(&a, &fields);
    return (struct item){.type = ITEM_ANCHOR, .fields = world_keep(w, buffer_span(&fields))};
}

/* The liar anchors an hour again, with reads taken out. */
static void a_period_is_anchored_once(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct record_header d = world_draft(&w, "farm1", RECORD_ANCHORS);
    struct item first = anchor_item(&w, "rfid-reads", 3600000, 12),
                next = anchor_item(&w, "rfid-reads", 7200000, 9),
                other = anchor_item(&w, "scans", 3600000, 9);
    uint32_t yes = world_add(&w, world_record(&w, &d, &first, 1, "farm1"));
    struct item both[] = {next, anchor_item(&w, "rfid-reads", 3600000, 11)};
    d.nonce++;
    uint32_t again = world_add(&w, world_record(&w, &d, both, 2, "farm1"));
    d.nonce++;
    struct item more[] = {next, other};
    uint32_t fine = world_add(&w, world_record(&w, &d, more, 2, "farm1"));
    d = world_draft(&w, "farm2", RECORD_ANCHORS);
    uint32_t another = world_add(&w, world_record(&w, &d, &first, 1, "farm2"));
    d = world_draft(&w, "audit", RECORD_ANCHORS);
    uint32_t role = world_add(&w, world_record(&w, &d, &first, 1, "audit"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, yes, RESULT_ACCEPTED, 0);
    world_code_is(&w, again, RESULT_ANCHORED, 2); /* and its first item left nothing: the next record anchors it */
    world_code_is(&w, fine, RESULT_ACCEPTED, 0);
    world_code_is(&w, another, RESULT_ACCEPTED, 0);
    world_code_is(&w, role, RESULT_ROLE, 0);
    world_rows_agree(&w);
    world_end(&w);
}

static void an_anchor_has_a_form(void **state) {
    (void)state;
    struct world w;
    struct anchor a;
    world_begin(&w, 1);
    struct item item = anchor_item(&w, "scans", 3600000, 9);
    assert_int_equal(anchor_decode(&item, WORLD_CREATED_MS, &a), OK);
    assert_int_equal(a.count, 9);
    for (size_t cut = 0; cut < item.fields.len; cut++) {
        struct item short_item = item;
        short_item.fields = span_part(item.fields, 0, cut);
        assert_int_not_equal(anchor_decode(&short_item, WORLD_CREATED_MS, &a), OK);
    }
    struct item bad = anchor_item(&w, "no spaces", 3600000, 9);
    assert_int_equal(anchor_decode(&bad, WORLD_CREATED_MS, &a), ERR_ANCHOR_FORM);
    bad = anchor_item(&w, "scans", 3600001, 9);
    assert_int_equal(anchor_decode(&bad, WORLD_CREATED_MS, &a), ERR_ANCHOR_FORM);
    assert_int_equal(anchor_decode(&item, 7199999, &a), ERR_ANCHOR_FORM); /* the hour is not over */
    assert_int_equal(anchor_decode(&item, 7200000, &a), OK);
    struct thing thing = {.role = 4, .identifier = span_text("urn:epc:id:sgtin:6901234.056789.1001")};
    item.things = &thing;
    item.things_count = 1;
    assert_int_equal(anchor_decode(&item, WORLD_CREATED_MS, &a), ERR_ANCHOR_FORM);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_is_anchored_once),
        cmocka_unit_test(an_anchor_has_a_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
