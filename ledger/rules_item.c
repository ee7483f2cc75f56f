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
    case ITEM_ANCHOR:
        return rules_anchor(t);
    case ITEM_ENVELOPE:
    case ITEM_OBJECT_EVENT:
    case ITEM_AGGREGATION_EVENT:
    case ITEM_ASSOCIATION_EVENT:
    case ITEM_TRANSACTION_EVENT:
    case ITEM_TRANSFORMATION_EVENT:
    case ITEM_OTHER_EVENT:
        break;
    }
    check_failed(__FILE__, __LINE__, "record_parse knows which items a kind has");
}

struct verdict rules_items(struct run *run, const struct record *record, uint64_t log_index) {
    for (uint32_t i = 0; i < record->header.item_count; i++) {
        struct item_run t = {run, record, log_index, i, &record->items[i]};
        uint16_t code = decide(&t);
        if (code != RESULT_ACCEPTED) return (struct verdict){code, (uint16_t)(i + 1)};
        CHECK(rules_tell(run, record, log_index, i) == OK);
    }
    return (struct verdict){RESULT_ACCEPTED, 0};
}
