/* move.c: see move.h. */
#include "trace/move.h"

#include "trace/quantity.h"
#include "trace/vocabulary.h"

static void roles_do(struct event_moves *m, enum item_role a, enum item_role b, enum move move) {
    m->of_role[a] = move;
    m->of_role[b] = move;
    m->moving = m->moving || move != MOVE_NONE;
}

static enum move observed(struct span step) {
    if (span_is(step, "shipping")) return MOVE_SHIP;
    if (span_is(step, "void_shipping")) return MOVE_UNSHIP;
    return span_is(step, "receiving") ? MOVE_RECEIVE : MOVE_NONE;
}

/* SPEC L1: "*make*: type 2 with action ADD and bizStep commissioning or creating_class_instance" */
static void object_moves(struct event_moves *m) {
    enum move move = MOVE_NONE;
    if (span_is(m->action, "OBSERVE")) move = observed(m->step);
    if (span_is(m->action, "DELETE")) move = MOVE_END;
    if (span_is(m->action, "ADD") &&
        (span_is(m->step, "commissioning") || span_is(m->step, "creating_class_instance")))
        move = MOVE_MAKE;
    m->destroys = move == MOVE_END && span_is(m->step, "destroying");
    m->sells = move == MOVE_END && (span_is(m->step, "retail_selling") || span_is(m->step, "dispensing"));
    roles_do(m, ROLE_EPC, ROLE_QUANTITY, move);
}

static bool has_parent(const struct item *item) {
    return item->things_count > 0 && item->things[0].role == ROLE_PARENT;
}

static void aggregation_moves(const struct item *item, struct event_moves *m) {
    if (!has_parent(item)) return;
    m->packs = span_is(m->action, "ADD");
    m->unpacks = span_is(m->action, "DELETE");
    if (m->packs) roles_do(m, ROLE_CHILD, ROLE_CHILD_QUANTITY, MOVE_PACK);
    if (m->unpacks) roles_do(m, ROLE_CHILD, ROLE_CHILD_QUANTITY, MOVE_UNPACK);
    if (span_is(m->action, "OBSERVE")) roles_do(m, ROLE_PARENT, ROLE_PARENT, observed(m->step));
}

void event_moves(const struct item *item, struct event_moves *ret) {
    int64_t ms;
    *ret = (struct event_moves){.time_ms = 1};
    if (!event_is(item) || item->type == ITEM_OTHER_EVENT) return;
    ret->step = event_biz_step(item);
    ret->disposition = event_disposition(item);
    ret->action = event_action(item);
    if (event_time_ms(item, &ms) && ms > 1) ret->time_ms = (uint64_t)ms;
    if (item->type == ITEM_OBJECT_EVENT) object_moves(ret);
    if (item->type == ITEM_AGGREGATION_EVENT) aggregation_moves(item, ret);
    if (item->type != ITEM_TRANSFORMATION_EVENT) return;
    roles_do(ret, ROLE_INPUT, ROLE_INPUT_QUANTITY, MOVE_USE);
    roles_do(ret, ROLE_OUTPUT, ROLE_OUTPUT_QUANTITY, MOVE_MAKE);
}

static struct span text_in(struct span map, const char *field) {
    struct span value;
    struct unpack u;
    if (!value_get(map, field, &value) || value_kind(value) != VALUE_TEXT) return SPAN_EMPTY;
    unpack_init(&u, value);
    return unpack_text(&u, SIZE_MAX);
}

/* Once along the list: a hostile one has thousands of entries. */
struct span event_receiver(const struct item *item) {
    struct span list, location = SPAN_EMPTY;
    struct unpack u;
    bool found = false;
    if (!value_get(item->fields, "destinationList", &list)) return SPAN_EMPTY;
    unpack_init(&u, list);
    if (unpack_peek(&u) != VALUE_ARRAY) return SPAN_EMPTY;
    for (uint32_t left = unpack_array(&u, UINT32_MAX); left > 0; left--) {
        struct span party = unpack_value(&u);
        struct span type = vocabulary_canonical(VOCABULARY_SOURCE_DEST_TYPE, text_in(party, "type"));
        if (span_is(type, "possessing_party")) return text_in(party, "destination");
        if (found || !span_is(type, "location")) continue;
        location = text_in(party, "destination");
        found = true;
    }
    return location;
}

static bool list_has(struct span list, const char *word) {
    struct unpack u;
    unpack_init(&u, list);
    if (unpack_peek(&u) != VALUE_ARRAY) return false;
    for (uint32_t left = unpack_array(&u, UINT32_MAX); left > 0; left--) {
        if (unpack_peek(&u) != VALUE_TEXT) {
            (void)unpack_value(&u);
            continue;
        }
        struct span text = vocabulary_canonical(VOCABULARY_DISPOSITION, unpack_text(&u, SIZE_MAX));
        if (span_is(text, word)) return true;
    }
    return false;
}

bool event_persistent(const struct item *item, bool set, const char *word) {
    struct span both, list;
    return value_get(item->fields, "persistentDisposition", &both) &&
           value_get(both, set ? "set" : "unset", &list) && list_has(list, word);
}

/* The map without one of its keys. */
static void without(struct span map, const char *name, struct buffer *out) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, map);
    uint32_t pairs = unpack_map(&u, UINT32_MAX);
    pack_map(out, pairs - 1);
    for (uint32_t i = 0; i < pairs; i++) {
        struct span key = unpack_key(&u, &last), value = unpack_value(&u);
        if (span_is(key, name)) continue;
        pack_text(out, key);
        pack_raw(out, value);
    }
}

bool event_corrects(const struct item *item, struct span *ret_author, struct digest *ret_digest) {
    struct span declaration;
    struct buffer fields CLEANUP(buffer_free) = {0};
    if (!event_is(item) || !value_get(item->fields, "errorDeclaration", &declaration)) return false;
    *ret_author = text_in(declaration, "suyuan:author");
    buffer_init(&fields, item->fields.len);
    without(item->fields, "errorDeclaration", &fields);
    CHECK(!fields.overflow);
    struct item original = *item;
    original.fields = buffer_span(&fields);
    *ret_digest = item_digest(&original);
    return true;
}

uint64_t thing_amount(const struct thing *thing) {
    int64_t micro;
    enum value_kind kind = value_kind(thing->quantity);
    if (kind != VALUE_INT && kind != VALUE_FLOAT) return 0;
    return quantity_micro(thing->quantity, &micro) == OK && micro > 0 ? (uint64_t)micro : 0;
}

struct span thing_unit(const struct thing *thing) {
    struct unpack u;
    unpack_init(&u, thing->unit);
    return value_kind(thing->unit) == VALUE_TEXT ? unpack_text(&u, SIZE_MAX) : SPAN_EMPTY;
}
