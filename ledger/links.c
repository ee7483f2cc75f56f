/* links.c: see links.h. */
#include "ledger/links.h"

#include "ledger/rows.h"

enum { GROUP_BYTES_MAX = 128 };

/* SPEC L12: "all kinds but location and document" */
static bool has_unit(const struct told *x) {
    return x->thing.kind != IDENTIFIER_LOCATION && x->thing.kind != IDENTIFIER_DOCUMENT;
}

static void enter(struct telling *g, struct told *unit) {
    struct flow_book *book = telling_book(g, unit);
    if (unit->entered) return;
    unit->entered = true;
    struct history_entry entry = telling_entry(g, book->flow.unit_count);
    book->unit_chain = history_flow_next(&book->unit_chain, &entry);
    book->flow.unit_count = entry.i;
    telling_place(g, 'u', &unit->key, &entry, &book->unit_chain);
}

void links_units(struct telling *g) {
    for (uint32_t i = 0; i < g->named; i++) {
        struct told *x = &g->told[i];
        if (!has_unit(x)) continue;
        struct told *unit = telling_unit(g, x);
        enter(g, unit);
        /* SPEC L12: "When a thing gets its lot and its unit count was above 0 before the item, strays of the lot + 1." */
        if (unit != x && x->gained && x->own_units > 0) telling_book(g, unit)->flow.strays++;
    }
}

void group_write(const struct links_event *event, struct span transformation, struct buffer *out) {
    pack_array(out, 2);
    if (transformation.len == 0) {
        pack_uint(out, event->log_index);
        pack_uint(out, event->item);
        return;
    }
    struct digest d = sha256(transformation);
    pack_text(out, event->subject);
    pack_bytes(out, span_of(d.b, sizeof d.b));
}

struct digest link_key(struct span group, bool output, struct span unit) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    buffer_init(&subject, GROUP_BYTES_MAX + IDENTIFIER_BYTES_MAX + 16);
    pack_array(&subject, 3);
    pack_raw(&subject, group);
    pack_bool(&subject, output);
    pack_text(&subject, unit);
    CHECK(!subject.overflow);
    return status_key(STATUS_LINK, buffer_span(&subject));
}

static void link_add(const struct telling *g, struct span group, bool output, struct span unit) {
    struct link_value v = {0};
    struct digest key = link_key(group, output, unit);
    if (rules_value_get(g->t->run, &key, &link_value_type, &v)) return;
    struct link_value next = {ITEM_VALUE(g->t, STATE_ACTIVE)};
    rules_value_put(g->t->run, &key, &link_value_type, &next);
}

static void group_enter(const struct telling *g, struct span group) {
    struct group_value v = {0};
    struct digest key = status_key(STATUS_GROUP, group);
    (void)!rules_value_get(g->t->run, &key, &group_value_type, &v);
    struct history_entry entry = telling_entry(g, v.count);
    struct group_value next = {ITEM_VALUE(g->t, STATE_ACTIVE), .count = entry.i, .chain = history_flow_next(&v.chain, &entry)};
    rules_value_put(g->t->run, &key, &group_value_type, &next);
    telling_place(g, 'u', &key, &entry, &next.chain);
}

void links_transformation(struct telling *g, const struct links_event *event, bool corrects) {
    struct buffer group CLEANUP(buffer_free) = {0};
    struct span transformation = event_text(g->t->item, "transformationID");
    buffer_init(&group, GROUP_BYTES_MAX);
    group_write(event, transformation, &group);
    for (uint32_t i = 0; i < g->named && !corrects; i++) {
        struct told *x = &g->told[i];
        if (!has_unit(x)) continue;
        struct span unit = telling_unit(g, x)->thing.canonical;
        if (x->thing.roles & (1 << ROLE_INPUT | 1 << ROLE_INPUT_QUANTITY)) link_add(g, buffer_span(&group), false, unit);
        if (x->thing.roles & (1 << ROLE_OUTPUT | 1 << ROLE_OUTPUT_QUANTITY)) link_add(g, buffer_span(&group), true, unit);
    }
    if (transformation.len > 0) group_enter(g, buffer_span(&group));
}
