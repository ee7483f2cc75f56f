/* rules_anchor.c: a root is anchored once (SPEC Z2). */
#include "ledger/rows.h"
#include "ledger/rules_item.h"
#include "trace/anchor.h"

uint16_t rules_anchor(const struct item_run *t) {
    struct anchor a;
    CHECK(anchor_decode(t->item, t->record->header.created_ms, &a) == OK);
    struct digest key = row_anchor(t->record->header.subject, a.what, a.from_ms);
    /* SPEC Z2: "Refused when the same subject anchored the same what and from before (43)" */
    if (status_get(t->run->now, &key, &t->run->scratch)) return RESULT_ANCHORED;
    struct anchor_value v = {
        ITEM_VALUE(t, STATE_ACTIVE), .until_ms = a.until_ms, .count = a.count, .root = a.root};
    rules_value_put(t->run, &key, &anchor_value_type, &v);
    return RESULT_ACCEPTED;
}
