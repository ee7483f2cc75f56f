/* telling.c: see telling.h. */
#include "ledger/telling.h"

#include <string.h>

#include "ledger/rows.h"

enum {
    OBJECT_ROLES = 1 << ROLE_EPC | 1 << ROLE_QUANTITY,
    MADE_ROLES = OBJECT_ROLES | 1 << ROLE_OUTPUT | 1 << ROLE_OUTPUT_QUANTITY,
};

static struct span keep(const struct telling *g, struct span s) {
    struct span copy = arena_copy(g->t->run->arena, s);
    CHECK(copy.data || s.len == 0);
    return copy;
}

static uint32_t slot_of(const struct telling *g, const struct digest *key) {
    uint32_t at = get_u32(key->b) & g->slots_mask;
    while (g->slots[at] && !digest_equal(&g->told[g->slots[at] - 1].key, key))
        at = (at + 1) & g->slots_mask;
    return at;
}

/* SPEC S6: "A thing's product is the product its canonical identifier contains (E), its lot the lot its canonical identifier contains" */
static void fill(const struct telling *g, struct told *x) {
    struct buffer text CLEANUP(buffer_free) = {0};
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    if (x->value.product.len == 0 && identifier_product(x->thing.canonical, &text) && !text.overflow)
        x->value.product = keep(g, buffer_span(&text));
    buffer_clear(&text);
    if (x->value.lot.len == 0 && identifier_lot(x->thing.canonical, &text) && !text.overflow) {
        x->value.lot = keep(g, buffer_span(&text));
        x->gained = true;
    }
}

/* thing->canonical must outlive the telling. */
static struct told *add(struct telling *g, const struct event_thing *thing) {
    struct digest key = status_key(STATUS_THING, thing->canonical);
    uint32_t slot = slot_of(g, &key);
    if (g->slots[slot]) return &g->told[g->slots[slot] - 1];
    CHECK(g->count < g->room);
    struct told *x = &g->told[g->count++];
    *x = (struct told){.key = key, .thing = *thing, .value = {.version = 1, .state = STATE_ACTIVE}};
    x->existed = rules_value_get(g->t->run, &key, &thing_value_type, &x->value);
    if (x->value.flow_count > 0) x->own_units = x->value.flow->unit_count;
    g->slots[slot] = g->count;
    fill(g, x);
    return x;
}

struct told *telling_of(struct telling *g, struct span canonical) {
    struct event_thing thing = {.canonical = canonical, .received = canonical, .kind = IDENTIFIER_LOT};
    return add(g, &thing);
}

struct told *telling_at(struct telling *g, uint32_t i) {
    struct buffer text CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    CHECK(identifier_canonical(g->t->item->things[i].identifier, &text, &kind) == OK);
    struct digest key = status_key(STATUS_THING, buffer_span(&text));
    uint32_t slot = slot_of(g, &key);
    CHECK(g->slots[slot]);
    return &g->told[g->slots[slot] - 1];
}

bool telling_instance(const struct told *x) {
    return x->thing.kind == IDENTIFIER_ITEM || x->thing.kind == IDENTIFIER_OTHER;
}

struct flow_book *telling_book(struct telling *g, struct told *x) {
    if (x->book) return x->book;
    x->book = arena_alloc(g->t->run->arena, 1, sizeof *x->book);
    CHECK(x->book);
    flow_open(x->book, &x->value);
    x->changed = true;
    return x->book;
}

const struct flow *telling_flow(const struct told *x) {
    static const struct flow none;
    if (x->book) return &x->book->flow;
    return x->value.flow_count > 0 ? x->value.flow : &none;
}

struct told *telling_unit(struct telling *g, struct told *x) {
    return x->value.lot.len > 0 ? telling_of(g, x->value.lot) : x;
}

struct history_entry telling_entry(const struct telling *g, uint64_t count) {
    const struct item_run *t = g->t;
    return (struct history_entry){.i = count + 1,
                                  .log_index = t->log_index,
                                  .item = (uint16_t)t->index,
                                  .wire_id = t->record->wire_id,
                                  .subject = t->record->header.subject,
                                  .item_digest = t->record->item_digests[t->index]};
}

/* SPEC S6: "else, when an event commissions it, the lot of the identifier as received, or of its product and the event's `ilmd` lot
 * number" */
static void commission(const struct telling *g, struct told *x) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct span number = SPAN_EMPTY;
    if (x->value.lot.len > 0 || !g->commissions || !(x->thing.roles & MADE_ROLES)) return;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    bool found = identifier_lot(x->thing.received, &text);
    if (!found) number = event_ilmd_lot(g->t->item);
    if (!found && x->value.product.len > 0 && number.len > 0)
        found = identifier_lot_of(x->value.product, number, &text);
    if (!found || text.overflow) return;
    x->value.lot = keep(g, buffer_span(&text));
    x->gained = true;
}

void telling_place(const struct telling *g, char kind, const struct digest *key, const struct history_entry *entry,
                   const struct digest *head) {
    uint8_t place[10 + 32];
    struct row_key row = row_chain(kind, key, entry->i);
    put_u64(place, entry->log_index);
    put_u16(place + 8, entry->item);
    memcpy(place + 10, head->b, 32);
    row_put(g->t->run->changes, TABLE_STATE, &row, span_of(place, entry->i % HISTORY_HEAD_EVERY == 0 ? sizeof place : 10));
}

static void tell(const struct telling *g, struct told *x) {
    struct thing_value *v = &x->value;
    commission(g, x);
    if (g->object && x->thing.roles & OBJECT_ROLES) v->state = g->deletes ? STATE_ENDED : STATE_ACTIVE;
    struct history_entry entry = telling_entry(g, v->count);
    v->chain = history_next(&v->chain, &entry);
    v->count = entry.i;
    x->changed = true;
    telling_place(g, 'h', &x->key, &entry, &v->chain);
}

static bool corrects(const struct item *item) {
    struct span declaration;
    return value_get(item->fields, "errorDeclaration", &declaration);
}

enum err telling_begin(struct telling *g, const struct item_run *t, struct span action, struct span step) {
    struct event_thing *things;
    struct arena *arena = t->run->arena;
    *g = (struct telling){.t = t,
                          .commissions = span_is(step, "commissioning") && !span_is(action, "DELETE"),
                          .deletes = span_is(action, "DELETE"),
                          .object = t->item->type == ITEM_OBJECT_EVENT && !corrects(t->item)};
    enum err e = event_things(t->item, arena, &things, &g->named);
    if (e) return e;
    /* Each with its lot. */
    g->room = 2 * g->named + 1;
    uint32_t slots = 4;
    while (slots < 2 * g->room)
        slots *= 2;
    g->slots_mask = slots - 1;
    g->slots = arena_alloc(arena, slots, sizeof *g->slots);
    g->told = arena_alloc(arena, g->room, sizeof *g->told);
    if (!g->slots || !g->told) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < g->named; i++)
        tell(g, add(g, &things[i]));
    return OK;
}

bool telling_write(struct telling *g) {
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, STATUS_VALUE_BYTES_MAX);
    for (uint32_t i = 0; i < g->count; i++) {
        struct told *x = &g->told[i];
        if (!x->changed) continue;
        if (x->book && !flow_close(x->book, &x->value)) return false;
        x->value.since_height = g->t->run->height;
        x->value.log_index = g->t->log_index;
        buffer_clear(&out);
        codec_encode(&thing_value_type, &x->value, &out);
        CHECK(!out.overflow);
        status_put(g->t->run->changes, &x->key, buffer_span(&out));
    }
    return true;
}
