/* history.c: what an accepted item does to the things it names (SPEC X8, D10, S6, S7, H1). */
#include "ledger/history.h"

#include <string.h>

#include "ledger/production.h"
#include "ledger/rows.h"

static const struct field entry_fields[] = {
    CODEC_UINT(history_entry, i, 1, UINT64_MAX),
    CODEC_UINT(history_entry, log_index, 0, UINT64_MAX),
    CODEC_UINT(history_entry, item, 0, UINT16_MAX),
    CODEC_FIXED(history_entry, wire_id),
    CODEC_TEXT(history_entry, subject, 1, 64),
    CODEC_FIXED(history_entry, item_digest),
};
const struct type history_entry_type = CODEC_TYPE(history_entry, entry_fields);

struct digest history_next(const struct digest *chain, const struct history_entry *entry) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, 512);
    codec_encode(&history_entry_type, entry, &bytes);
    CHECK(!bytes.overflow);
    struct span parts[] = {span_of(chain->b, 32), buffer_span(&bytes)};
    return sha256_tagged("suyuan/history/v1", parts, 2);
}

struct telling {
    struct run *run;
    const struct record *record;
    uint64_t log_index;
    uint32_t item_index;
    const struct item *item;
    bool commissions, deletes, object; /* of the event */
    struct production *production;
};

enum {
    OBJECT_ROLES = 1 << ROLE_EPC | 1 << ROLE_QUANTITY,
    MADE_ROLES = OBJECT_ROLES | 1 << ROLE_OUTPUT | 1 << ROLE_OUTPUT_QUANTITY,
};

/* SPEC S6: "else, when an event commissions it, the lot of the identifier as received, or of its
 * product and the event's `ilmd` lot number" */
static void lot_of(const struct telling *t, const struct event_thing *thing, struct span product,
                   struct buffer *out) {
    if (identifier_lot(thing->canonical, out)) return;
    if (!t->commissions || !(thing->roles & MADE_ROLES)) return;
    if (identifier_lot(thing->received, out)) return;
    struct span number = event_ilmd_lot(t->item);
    if (product.len == 0 || number.len == 0 || !identifier_lot_of(product, number, out)) return;
}

static void tell_thing(const struct telling *t, const struct event_thing *thing) {
    struct run *run = t->run;
    struct buffer lot CLEANUP(buffer_free) = {0}, product CLEANUP(buffer_free) = {0},
                      out CLEANUP(buffer_free) = {0};
    struct digest key = status_key(STATUS_THING, thing->canonical);
    struct thing_value v = {.version = 1, .state = STATE_ACTIVE};
    bool made = false;
    buffer_init(&lot, IDENTIFIER_BYTES_MAX);
    buffer_init(&product, IDENTIFIER_BYTES_MAX);
    buffer_init(&out, STATUS_VALUE_BYTES_MAX);
    if (status_get(run->now, &key, &run->scratch))
        CHECK(codec_decode(&thing_value_type, buffer_span(&run->scratch), NULL, &v) == OK);
    /* SPEC S6: "Once not empty they do not change." */
    if (v.product.len == 0 && identifier_product(thing->canonical, &product) && !product.overflow)
        v.product = buffer_span(&product);
    if (v.lot.len == 0) {
        lot_of(t, thing, v.product, &lot);
        if (!lot.overflow) v.lot = buffer_span(&lot);
        made = v.lot.len > 0;
    }
    if (t->object && thing->roles & OBJECT_ROLES) v.state = t->deletes ? STATE_ENDED : STATE_ACTIVE;
    struct history_entry entry = {.i = v.count + 1,
                                  .log_index = t->log_index,
                                  .item = (uint16_t)t->item_index,
                                  .wire_id = t->record->wire_id,
                                  .subject = t->record->header.subject,
                                  .item_digest = t->record->item_digests[t->item_index]};
    v.chain = history_next(&v.chain, &entry);
    v.count = entry.i;
    v.since_height = run->height;
    v.log_index = t->log_index;
    codec_encode(&thing_value_type, &v, &out);
    status_put(run->changes, &key, buffer_span(&out));
    /* SPEC X10: "that had no lot before this item and has one after it" */
    if (made) production_piece(t->production, thing, v.lot);

    uint8_t place[10 + 32];
    struct row_key row = row_history(&key, entry.i);
    bool head = entry.i % HISTORY_HEAD_EVERY == 0;
    put_u64(place, entry.log_index);
    put_u16(place + 8, entry.item);
    memcpy(place + 10, v.chain.b, 32);
    row_put(run->changes, TABLE_STATE, &row, span_of(place, head ? sizeof place : 10));
}

enum err rules_tell(struct run *run, const struct record *record, uint64_t log_index,
                    uint32_t item) {
    struct event_thing *things;
    uint32_t count;
    struct production production;
    struct telling t = {.run = run,
                        .record = record,
                        .log_index = log_index,
                        .item_index = item,
                        .item = &record->items[item],
                        .production = &production};
    struct span action = SPAN_EMPTY, step = SPAN_EMPTY;
    enum err e = event_things(t.item, run->arena, &things, &count);
    if (e) return e;
    if (event_is(t.item)) {
        action = event_action(t.item);
        step = event_biz_step(t.item);
        t.commissions = span_is(step, "commissioning") && !span_is(action, "DELETE");
        t.object = t.item->type == ITEM_OBJECT_EVENT;
        t.deletes = span_is(action, "DELETE");
    }
    production_begin(&production, run, record, log_index, t.item, action, step);
    for (uint32_t k = 0; k < count; k++)
        tell_thing(&t, &things[k]);
    production_end(&production);
    return OK;
}

enum err rules_history(struct run *run, const struct record *record, uint64_t log_index) {
    enum err e = OK;
    for (uint32_t i = 0; i < record->header.item_count && e == OK; i++)
        e = rules_tell(run, record, log_index, i);
    return e;
}
