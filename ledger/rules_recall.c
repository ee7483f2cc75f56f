/* rules_recall.c: batches are recalled and let go (SPEC O2 to O4). */
#include "ledger/links.h"
#include "ledger/rows.h"
#include "ledger/rules_item.h"
#include "trace/certificate.h"
#include "trace/recall.h"

struct recalling {
    const struct item_run *t;
    struct recall_item item;
    struct recall_value value;
    bool exists;
    bool authority; /* the record's subject is one */
    bool own;       /* the recall's id begins with it */
};

/* 0 when this recall never listed it. */
static uint8_t listed(const struct recalling *r, struct span thing) {
    struct recalled_value v;
    struct digest key = row_recalled(r->item.recall, thing);
    return rules_value_get(r->t->run, &key, &recalled_value_type, &v) ? v.state : 0;
}

static void list(const struct recalling *r, struct span thing, uint8_t state) {
    struct recalled_value v = {ITEM_VALUE(r->t, state), .reason = r->item.reason};
    struct digest key = row_recalled(r->item.recall, thing);
    rules_value_put(r->t->run, &key, &recalled_value_type, &v);
}

static void begin(struct recalling *r, const struct item_run *t) {
    struct member_value m;
    struct span issuer, number;
    *r = (struct recalling){.t = t};
    CHECK(recall_decode(t->item, t->run->arena, &r->item) == OK);
    CHECK(certificate_id_split(r->item.recall, &issuer, &number));
    struct digest key = status_key(STATUS_RECALL, r->item.recall), member = status_key(STATUS_MEMBER, t->record->header.subject);
    r->exists = rules_value_get(t->run, &key, &recall_value_type, &r->value);
    r->own = span_equal(issuer, t->record->header.subject);
    r->authority = rules_value_get(t->run, &member, &member_value_type, &m) && m.roles & MEMBER_AUTHORITY;
}

static void put(const struct recalling *r, uint8_t state) {
    struct recall_value v = r->value;
    struct digest key = status_key(STATUS_RECALL, r->item.recall);
    v.version = 1;
    v.state = state;
    v.since_height = r->t->run->height;
    v.log_index = r->t->log_index;
    v.reason = r->item.reason;
    rules_value_put(r->t->run, &key, &recall_value_type, &v);
}

/* SPEC O2, before the things are looked at */
static uint16_t order_rule(struct recalling *r) {
    if (!r->exists) {
        if (!r->own) return RESULT_NOT_THEIR_RECALL;
        if (!span_equal(r->item.root, r->item.things[0].canonical)) return RESULT_NOT_LINKED;
        r->value = (struct recall_value){.root = r->item.root, .level = r->item.level};
        return RESULT_ACCEPTED;
    }
    if (!r->own && !r->authority) return RESULT_NOT_THEIR_RECALL;
    if (r->value.state != STATE_ACTIVE || r->value.level != r->item.level || !span_equal(r->value.root, r->item.root))
        return RESULT_RECALL_DIFFERS;
    return RESULT_ACCEPTED;
}

static bool link_stands(const struct recalling *r, struct span group, bool output, struct span unit) {
    struct link_value v;
    struct digest key = link_key(group, output, unit);
    return rules_value_get(r->t->run, &key, &link_value_type, &v);
}

static bool is_linked(const struct recalling *r, const struct recall_thing *thing) {
    if (span_equal(thing->canonical, r->item.root)) return true;
    return thing->from.len > 0 && listed(r, thing->from) == STATE_ACTIVE && link_stands(r, thing->group, false, thing->from) &&
           link_stands(r, thing->group, true, thing->canonical);
}

static uint16_t order_one(const struct recalling *r, struct telling *g, const struct recall_thing *thing) {
    struct told *x = telling_of(g, thing->canonical);
    if (!x->existed) return RESULT_BATCH;
    struct flow_book *b = telling_book(g, x);
    if (!r->authority && !span_equal(b->flow.maker, r->t->record->header.subject)) return RESULT_NOT_THEIR_RECALL;
    if (listed(r, thing->canonical)) return RESULT_ALREADY;
    if (x->value.lot.len > 0 && !span_equal(x->value.lot, thing->canonical)) return RESULT_NOT_LINKED;
    if (!is_linked(r, thing)) return RESULT_NOT_LINKED;
    if (!flow_mark(b, r->item.recall, r->t->run->time_ms, r->authority)) return RESULT_RECALLED_TOO_OFTEN;
    list(r, thing->canonical, STATE_ACTIVE);
    return RESULT_ACCEPTED;
}

/* For readers alone: the recall, when it is new, and what it lists in its order. */
static void write_rows(const struct recalling *r) {
    const struct item_run *t = r->t;
    struct digest all = sha256(SPAN_EMPTY), recall = sha256(r->item.recall);
    struct row_key of_all = row_issued('r', &all, t->log_index, (uint16_t)t->index);
    if (!r->exists) row_put(t->run->changes, TABLE_STATE, &of_all, r->item.recall);
    for (uint32_t i = 0; i < r->item.things_count; i++) {
        struct buffer place CLEANUP(buffer_free) = {0};
        struct row_key row = row_chain('j', &recall, r->value.listed + (uint64_t)i + 1);
        buffer_init(&place, 10 + IDENTIFIER_BYTES_MAX);
        buffer_u64(&place, t->log_index);
        buffer_u8(&place, (uint8_t)(t->index >> 8));
        buffer_u8(&place, (uint8_t)t->index);
        buffer_append_span(&place, r->item.things[i].canonical);
        CHECK(!place.overflow);
        row_put(t->run->changes, TABLE_STATE, &row, buffer_span(&place));
    }
}

uint16_t rules_recall_order(const struct item_run *t) {
    struct recalling r;
    struct telling g;
    begin(&r, t);
    uint16_t code = order_rule(&r);
    if (code != RESULT_ACCEPTED) return code;
    CHECK(telling_begin(&g, t, SPAN_EMPTY, SPAN_EMPTY) == OK);
    for (uint32_t i = 0; i < r.item.things_count && code == RESULT_ACCEPTED; i++)
        code = order_one(&r, &g, &r.item.things[i]);
    if (code != RESULT_ACCEPTED) return code;
    write_rows(&r);
    r.value.listed += r.item.things_count;
    put(&r, STATE_ACTIVE);
    return telling_write(&g) ? RESULT_ACCEPTED : RESULT_TANGLED;
}

/* SPEC O3 */
uint16_t rules_recall_lift(const struct item_run *t) {
    struct recalling r;
    struct telling g;
    begin(&r, t);
    if (!r.exists) return RESULT_NO_RECALL;
    if (!r.own && !r.authority) return RESULT_NOT_THEIR_RECALL;
    CHECK(telling_begin(&g, t, SPAN_EMPTY, SPAN_EMPTY) == OK);
    for (uint32_t i = 0; i < r.item.things_count; i++) {
        struct span thing = r.item.things[i].canonical;
        if (listed(&r, thing) != STATE_ACTIVE) return RESULT_NOT_RECALLED;
        CHECK(flow_unmark(telling_book(&g, telling_of(&g, thing)), r.item.recall));
        list(&r, thing, STATE_LIFTED);
    }
    r.value.lifted += r.item.things_count;
    put(&r, r.value.lifted == r.value.listed ? STATE_LIFTED : STATE_ACTIVE);
    return telling_write(&g) ? RESULT_ACCEPTED : RESULT_TANGLED;
}

bool rules_under_recall(struct run *run, struct span canonical) {
    struct thing_value v;
    struct digest key = status_key(STATUS_THING, canonical);
    if (!rules_value_get(run, &key, &thing_value_type, &v)) return false;
    if (v.flow_count > 0 && v.flow->recalls_count > 0) return true;
    if (v.lot.len == 0 || span_equal(v.lot, canonical)) return false;
    key = status_key(STATUS_THING, v.lot);
    return rules_value_get(run, &key, &thing_value_type, &v) && v.flow_count > 0 && v.flow->recalls_count > 0;
}
