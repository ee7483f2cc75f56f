/* rules_anchor.c: a root is anchored once (SPEC Z2). */
#include "ledger/rules_item.h"
#include "trace/anchor.h"

static struct digest anchor_key(const struct record_header *h, const struct anchor *a) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    buffer_init(&subject, 256);
    pack_array(&subject, 3);
    pack_text(&subject, h->subject);
    pack_text(&subject, a->what);
    pack_uint(&subject, a->from_ms);
    CHECK(!subject.overflow);
    return status_key(STATUS_ANCHOR, buffer_span(&subject));
}

uint16_t rules_anchor(const struct item_run *t) {
    struct anchor a;
    CHECK(anchor_decode(t->item, t->record->header.created_ms, &a) == OK);
    struct digest key = anchor_key(&t->record->header, &a);
    /* SPEC Z2: "Refused when the same subject anchored the same what and from before (43)" */
    if (status_get(t->run->now, &key, &t->run->scratch)) return RESULT_ANCHORED;
    struct anchor_value v = {
        ITEM_VALUE(t, STATE_ACTIVE), .until_ms = a.until_ms, .count = a.count, .root = a.root};
    rules_value_put(t->run, &key, &anchor_value_type, &v);
    return RESULT_ACCEPTED;
}
