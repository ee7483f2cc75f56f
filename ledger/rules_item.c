/* rules_item.c: items one after the other (SPEC X11). See rules_item.h. */
#include "ledger/rules_item.h"

bool rules_value_get(struct run *run, const struct digest *key, const struct type *type,
                     void *ret) {
    if (!status_get(run->now, key, &run->scratch)) return false;
    struct span copy = arena_copy(run->arena, buffer_span(&run->scratch));
    CHECK(copy.data);
    CHECK(codec_decode(type, copy, run->arena, ret) == OK);
    return true;
}

void rules_value_put(struct run *run, const struct digest *key, const struct type *type,
                     const void *value) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, STATUS_VALUE_BYTES_MAX);
    codec_encode(type, value, &b);
    CHECK(!b.overflow);
    status_put(run->changes, key, buffer_span(&b));
}

static uint16_t decide(const struct item_run *t) {
    switch ((enum item_type)t->item->type) {
    case ITEM_CERTIFICATE_ISSUED:
    case ITEM_CERTIFICATE_SUPERSEDED:
        return rules_certificate_issue(t);
    case ITEM_CERTIFICATE_REVOKED:
        return rules_certificate_revoke(t);
    case ITEM_PACK_ISSUED:
        return rules_pack_issue(t);
    case ITEM_CODES_VOIDED:
        return rules_codes_void(t);
    case ITEM_CLAIM:
        return rules_claim(t);
    case ITEM_DELETION:
        return rules_deletion(t);
    case ITEM_ANCHOR:
        return rules_anchor(t);
    case ITEM_RECALL_ORDERED:
        return rules_recall_order(t);
    case ITEM_RECALL_LIFTED:
        return rules_recall_lift(t);
    case ITEM_ENVELOPE:
    case ITEM_OBJECT_EVENT:
    case ITEM_AGGREGATION_EVENT:
    case ITEM_ASSOCIATION_EVENT:
    case ITEM_TRANSACTION_EVENT:
    case ITEM_TRANSFORMATION_EVENT:
    case ITEM_OTHER_EVENT:
        return rules_event(t);
    }
    check_failed(__FILE__, __LINE__, "record_parse knows which items a kind has");
}

/* What the rules of one item may take from the arena: a line of certificates with their values, a definition, the things of an event
 * with their lots. */
enum { ITEM_ARENA_BYTES = 128 << 20 };

/* A block holds tens of thousands of items: each gets the same memory again, not the block's. */
struct verdict rules_items(struct run *run, const struct record *record, uint64_t log_index) {
    struct arena own CLEANUP(arena_free) = {0}, *outer = run->arena;
    struct verdict v = {RESULT_ACCEPTED, 0};
    arena_init(&own, ITEM_ARENA_BYTES);
    run->arena = &own;
    for (uint32_t i = 0; i < record->header.item_count && v.code == RESULT_ACCEPTED; i++) {
        struct item_run t = {run, record, log_index, i, &record->items[i]};
        uint16_t code = decide(&t);
        if (code != RESULT_ACCEPTED) v = (struct verdict){code, (uint16_t)(i + 1)};
        bool tells = record->header.kind == RECORD_EVENTS || record->header.kind == RECORD_RECALLS;
        if (code == RESULT_ACCEPTED && !tells) rules_tell(&t);
        arena_reset(&own);
    }
    run->arena = outer;
    return v;
}
