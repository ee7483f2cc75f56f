/* The happy path: validate the document, then for each event move its lists of identifiers into
 * things and keep the rest of the map. What may go wrong: the schema refuses (epcis_schema.c names
 * the field), an identifier is too long, there are too many, the arena is full. */
#include "trace/epcis.h"

#include "base/json.h"
#include "trace/epcis_schema.h"

enum { ROLES = ROLE_OUTPUT_QUANTITY + 1 };
static const int64_t INTEGER_EXACT_MAX = (INT64_C(1) << 53) - 1;

/* Rule E3 */
static const char *const role_fields[ROLES] = {
    [ROLE_PARENT] = "parentID",
    [ROLE_CHILD] = "childEPCs",
    [ROLE_CHILD_QUANTITY] = "childQuantityList",
    [ROLE_EPC] = "epcList",
    [ROLE_QUANTITY] = "quantityList",
    [ROLE_INPUT] = "inputEPCList",
    [ROLE_INPUT_QUANTITY] = "inputQuantityList",
    [ROLE_OUTPUT] = "outputEPCList",
    [ROLE_OUTPUT_QUANTITY] = "outputQuantityList",
};

#define ROLE_BIT(r) (1u << (r))

struct event_kind {
    const char *type;
    unsigned roles; /* ROLE_BIT of those this event type has */
};

/* By enum item_type. */
static const struct event_kind event_kinds[] = {
    [ITEM_OBJECT_EVENT] = {"ObjectEvent", ROLE_BIT(ROLE_EPC) | ROLE_BIT(ROLE_QUANTITY)},
    [ITEM_AGGREGATION_EVENT] = {"AggregationEvent", ROLE_BIT(ROLE_PARENT) | ROLE_BIT(ROLE_CHILD) |
                                                        ROLE_BIT(ROLE_CHILD_QUANTITY)},
    [ITEM_ASSOCIATION_EVENT] = {"AssociationEvent", ROLE_BIT(ROLE_PARENT) | ROLE_BIT(ROLE_CHILD) |
                                                        ROLE_BIT(ROLE_CHILD_QUANTITY)},
    [ITEM_TRANSACTION_EVENT] = {"TransactionEvent", ROLE_BIT(ROLE_PARENT) | ROLE_BIT(ROLE_EPC) |
                                                        ROLE_BIT(ROLE_QUANTITY)},
    [ITEM_TRANSFORMATION_EVENT] = {"TransformationEvent",
                                   ROLE_BIT(ROLE_INPUT) | ROLE_BIT(ROLE_INPUT_QUANTITY) |
                                       ROLE_BIT(ROLE_OUTPUT) | ROLE_BIT(ROLE_OUTPUT_QUANTITY)},
    [ITEM_OTHER_EVENT] = {NULL, 0x3fe},
};

static const char *const document_path[] = {"epcisBody", "eventList", NULL};
static const char *const query_path[] = {"epcisBody", "queryResults", "resultsBody", "eventList",
                                         NULL};

static bool role_has_quantity(int role) {
    return role == ROLE_CHILD_QUANTITY || role == ROLE_QUANTITY || role == ROLE_INPUT_QUANTITY ||
           role == ROLE_OUTPUT_QUANTITY;
}

static struct span text_of(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    return unpack_text(&u, SIZE_MAX);
}

static struct span text_at(struct span map, const char *name) {
    struct span value;
    return value_get(map, name, &value) ? text_of(value) : SPAN_EMPTY;
}

static enum item_type type_named(struct span type) {
    for (int i = ITEM_OBJECT_EVENT; i < ITEM_OTHER_EVENT; i++) {
        if (span_is(type, event_kinds[i].type)) return (enum item_type)i;
    }
    return ITEM_OTHER_EVENT;
}

/* The path to a document's eventList; NULL for a bare event. */
static const char *const *path_of(struct span document) {
    struct span type = text_at(document, "type");
    if (span_is(type, "EPCISDocument")) return document_path;
    if (span_is(type, "EPCISQueryDocument")) return query_path;
    return NULL;
}

static bool get_path(struct span map, const char *const *path, struct span *ret) {
    for (; *path != NULL; path++) {
        if (!value_get(map, *path, &map)) return false;
    }
    *ret = map;
    return true;
}

/* Copies a map with the value at the path replaced. The path exists. */
static void put_path(struct span map, const char *const *path, struct span replacement,
                     struct buffer *out) {
    if (*path == NULL) {
        pack_raw(out, replacement);
        return;
    }
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, map);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    pack_map(out, count);
    for (uint32_t i = 0; i < count; i++) {
        struct span name = unpack_key(&u, &last);
        struct span value = unpack_value(&u);
        pack_text(out, name);
        if (span_is(name, *path)) {
            put_path(value, path + 1, replacement, out);
        } else {
            pack_raw(out, value);
        }
    }
}

/* The field's role if this event's type has it, else 0. */
static int role_of(enum item_type type, struct span name) {
    for (int role = ROLE_PARENT; role < ROLES; role++) {
        if ((event_kinds[type].roles & ROLE_BIT(role)) != 0 && span_is(name, role_fields[role]))
            return role;
    }
    return 0;
}

/* Rule E4: may this value be taken out as things? The schema has checked the five event types; an
 * extension event's lists may be anything. */
static bool takeable(enum item_type type, int role, struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    if (role == ROLE_PARENT)
        return unpack_peek(&u) == VALUE_TEXT && unpack_text(&u, SIZE_MAX).len > 0;
    if (unpack_peek(&u) != VALUE_ARRAY || unpack_array(&u, UINT32_MAX) == 0) return false;
    return type != ITEM_OTHER_EVENT || epcis_list_conforms(role_has_quantity(role), value);
}

static struct span nil_value(void) {
    return span_of("\xc0", 1);
}

/* One entry of a list; the value conforms. */
static struct thing thing_from(int role, struct span value) {
    struct thing thing = {.role = (uint8_t)role, .quantity = nil_value(), .unit = nil_value()};
    struct unpack u;
    if (!role_has_quantity(role)) {
        unpack_init(&u, value);
        thing.identifier = unpack_text(&u, SIZE_MAX);
        return thing;
    }
    struct span field;
    thing.identifier = text_at(value, "epcClass");
    if (value_get(value, "quantity", &field)) thing.quantity = field;
    if (value_get(value, "uom", &field)) thing.unit = field;
    return thing;
}

/* Where the results go. Refusals name places within the event. */
struct take {
    struct arena *arena;
    struct refusal *refusal;
};

/* A refusal at an entry of a role's list. */
static enum err refuse_entry(const struct take *t, enum err err, int role, uint32_t index) {
    if (role == ROLE_PARENT) return refusal_set(t->refusal, err, "%s", role_fields[role]);
    return refusal_set(t->refusal, err, "%s[%u]%s", role_fields[role], index,
                       role_has_quantity(role) ? ".epcClass" : "");
}

static enum err things_from(const struct take *t, const struct span lists[ROLES],
                            struct item *item) {
    uint32_t counts[ROLES] = {0};
    uint32_t total = 0;
    struct unpack u;
    for (int role = ROLE_PARENT; role < ROLES; role++) {
        if (lists[role].data == NULL) continue;
        unpack_init(&u, lists[role]);
        counts[role] = role == ROLE_PARENT ? 1 : unpack_array(&u, UINT32_MAX);
        if (counts[role] > ITEM_THINGS_MAX - total) {
            return refusal_set(t->refusal, ERR_ITEM_THINGS, "%s", role_fields[role]);
        }
        total += counts[role];
    }
    item->things_count = total;
    if (total == 0) return OK;
    item->things = arena_alloc(t->arena, total, sizeof *item->things);
    if (item->things == NULL) return refusal_set(t->refusal, ERR_TOO_LARGE, "%s", "");
    struct thing *next = item->things;
    for (int role = ROLE_PARENT; role < ROLES; role++) {
        if (lists[role].data == NULL) continue;
        unpack_init(&u, lists[role]);
        if (role != ROLE_PARENT) (void)unpack_array(&u, UINT32_MAX);
        for (uint32_t i = 0; i < counts[role]; i++) {
            *next = thing_from(role, unpack_value(&u));
            if (next->identifier.len < 1 || next->identifier.len > IDENTIFIER_BYTES_MAX) {
                return refuse_entry(t, ERR_IDENTIFIER_LENGTH, role, i);
            }
            next++;
        }
    }
    return OK;
}

struct pair {
    struct span name;
    struct span value;
    int role; /* taken out under this one; 0: stays */
};

static uint32_t pairs_read(struct span map, struct pair pairs[]) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, map);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++) {
        pairs[i].name = unpack_key(&u, &last);
        pairs[i].value = unpack_value(&u);
        pairs[i].role = 0;
    }
    return count;
}

/* The pairs that stay, as a map of their own in the arena. */
static enum err fields_from(const struct take *t, const struct pair pairs[], uint32_t count,
                            uint32_t taken, size_t bytes_max, struct span *ret) {
    struct buffer fields CLEANUP(buffer_free);
    buffer_init(&fields, bytes_max);
    pack_map(&fields, count - taken);
    for (uint32_t i = 0; i < count; i++) {
        if (pairs[i].role != 0) continue;
        pack_text(&fields, pairs[i].name);
        pack_raw(&fields, pairs[i].value);
    }
    CHECK(!fields.overflow);
    struct span copy = arena_copy(t->arena, buffer_span(&fields));
    if (copy.data == NULL) return refusal_set(t->refusal, ERR_TOO_LARGE, "%s", "");
    *ret = copy;
    return OK;
}

/* A valid event to an item. Fields without anything taken out are borrowed, others rewritten into
 * the arena. */
static enum err item_from_event(const struct take *t, struct span event, struct item *ret) {
    struct span lists[ROLES] = {{0}};
    struct unpack u;
    uint32_t taken = 0;
    unpack_init(&u, event);
    struct pair *pairs = arena_alloc(t->arena, unpack_map(&u, UINT32_MAX), sizeof *pairs);
    if (pairs == NULL) return refusal_set(t->refusal, ERR_TOO_LARGE, "%s", "");
    uint32_t count = pairs_read(event, pairs);
    enum item_type type = ITEM_OTHER_EVENT;
    for (uint32_t i = 0; i < count; i++) {
        if (span_is(pairs[i].name, "type")) type = type_named(text_of(pairs[i].value));
    }
    for (uint32_t i = 0; i < count; i++) {
        int role = role_of(type, pairs[i].name);
        if (role == 0 || !takeable(type, role, pairs[i].value)) continue;
        pairs[i].role = role;
        lists[role] = pairs[i].value;
        taken++;
    }
    struct item item = {.type = (uint8_t)type, .fields = event};
    enum err err = things_from(t, lists, &item);
    if (err == OK && taken > 0) {
        err = fields_from(t, pairs, count, taken, event.len + 8, &item.fields);
    }
    if (err == OK) *ret = item;
    return err;
}

/* The document with its eventList replaced by the number of events. */
static enum err envelope_from(struct arena *arena, struct span document, const char *const *path,
                              uint32_t events, struct item *ret) {
    struct buffer fields CLEANUP(buffer_free);
    struct buffer count CLEANUP(buffer_free);
    buffer_init(&fields, document.len + 8);
    buffer_init(&count, 8);
    pack_uint(&count, events);
    put_path(document, path, buffer_span(&count), &fields);
    CHECK(!fields.overflow);
    struct item item = {.type = ITEM_ENVELOPE};
    item.fields = arena_copy(arena, buffer_span(&fields));
    if (item.fields.data == NULL) return ERR_TOO_LARGE;
    *ret = item;
    return OK;
}

static enum err document_to_items(struct span document, const char *const *path,
                                  struct arena *arena, struct items *ret,
                                  struct refusal *ret_refusal) {
    struct span list;
    struct unpack u;
    const char *prefix = path == document_path ? "epcisBody.eventList"
                                               : "epcisBody.queryResults.resultsBody.eventList";
    CHECK(get_path(document, path, &list));
    unpack_init(&u, list);
    uint32_t events = unpack_array(&u, UINT32_MAX);
    if (events > RECORD_ITEMS_MAX - 1)
        return refusal_set(ret_refusal, ERR_ITEM_COUNT, "%s", prefix);
    struct items items = {arena_alloc(arena, events + 1, sizeof *items.list), events + 1};
    if (items.list == NULL || envelope_from(arena, document, path, events, &items.list[0]) != OK) {
        return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", prefix);
    }
    for (uint32_t i = 0; i < events; i++) {
        struct refusal refusal;
        struct take t = {arena, &refusal};
        enum err err = item_from_event(&t, unpack_value(&u), &items.list[i + 1]);
        if (err != OK) {
            const char *dot = refusal.where[0] == '\0' ? "" : ".";
            return refusal_set(ret_refusal, err, "%s[%u]%s%s", prefix, i, dot, refusal.where);
        }
    }
    *ret = items;
    return OK;
}

enum err epcis_to_items(struct span document, struct arena *arena, struct items *ret,
                        struct refusal *ret_refusal) {
    enum err err = epcis_validate(document, ret_refusal);
    if (err != OK) return err;
    const char *const *path = path_of(document);
    if (path != NULL) return document_to_items(document, path, arena, ret, ret_refusal);
    struct take t = {arena, ret_refusal};
    struct items items = {arena_alloc(arena, 1, sizeof *items.list), 1};
    if (items.list == NULL) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    err = item_from_event(&t, document, &items.list[0]);
    if (err == OK) *ret = items;
    return err;
}

enum err epcis_parse(struct span text, struct arena *arena, struct items *ret,
                     struct refusal *ret_refusal) {
    struct buffer value CLEANUP(buffer_free);
    buffer_init(&value, 3 * text.len + 64); /* "0.5," are four characters and nine bytes */
    enum err err = json_parse(text, &value, ret_refusal);
    if (err != OK) return err;
    struct span document = arena_copy(arena, buffer_span(&value));
    if (value.overflow || document.data == NULL)
        return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    return epcis_to_items(document, arena, ret, ret_refusal);
}

/* As a canonical map sorts them; ends with 0. */
static const uint8_t roles_by_name[] = {
    ROLE_CHILD,  ROLE_CHILD_QUANTITY,  ROLE_EPC,    ROLE_INPUT,    ROLE_INPUT_QUANTITY,
    ROLE_OUTPUT, ROLE_OUTPUT_QUANTITY, ROLE_PARENT, ROLE_QUANTITY, 0,
};

/* The things of one role: they stand together. */
struct things {
    const struct thing *list;
    uint32_t count;
};

static void things_by_role(const struct item *item, struct things ret[ROLES]) {
    for (int role = 0; role < ROLES; role++)
        ret[role] = (struct things){NULL, 0};
    for (uint32_t i = 0; i < item->things_count; i++) {
        const struct thing *thing = &item->things[i];
        CHECK(thing->role < ROLES);
        if (ret[thing->role].count == 0) ret[thing->role].list = thing;
        ret[thing->role].count++;
    }
}

static void put_quantity_element(const struct thing *thing, struct buffer *out) {
    bool quantity = value_kind(thing->quantity) != VALUE_NIL;
    bool unit = value_kind(thing->unit) != VALUE_NIL;
    pack_map(out, 1u + quantity + unit);
    pack_text(out, span_text("epcClass"));
    pack_text(out, thing->identifier);
    if (quantity) {
        pack_text(out, span_text("quantity"));
        pack_raw(out, thing->quantity);
    }
    if (unit) {
        pack_text(out, span_text("uom"));
        pack_raw(out, thing->unit);
    }
}

static void put_things(int role, struct things things, struct buffer *out) {
    pack_text(out, span_text(role_fields[role]));
    if (role == ROLE_PARENT) {
        pack_text(out, things.list[0].identifier);
        return;
    }
    pack_array(out, things.count);
    for (uint32_t i = 0; i < things.count; i++) {
        if (role_has_quantity(role)) {
            put_quantity_element(&things.list[i], out);
        } else {
            pack_text(out, things.list[i].identifier);
        }
    }
}

enum err epcis_event_value(const struct item *item, struct buffer *out) {
    struct things things[ROLES];
    struct unpack u;
    struct span last = SPAN_EMPTY;
    const uint8_t *role = roles_by_name;
    uint32_t lists = 0;
    things_by_role(item, things);
    for (int r = ROLE_PARENT; r < ROLES; r++)
        lists += things[r].count > 0;
    unpack_init(&u, item->fields);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    pack_map(out, count + lists);
    for (uint32_t i = 0; i < count; i++) {
        struct span name = unpack_key(&u, &last);
        struct span value = unpack_value(&u);
        for (; *role != 0 && span_compare(span_text(role_fields[*role]), name) < 0; role++) {
            if (things[*role].count > 0) put_things(*role, things[*role], out);
        }
        pack_text(out, name);
        pack_raw(out, value);
    }
    for (; *role != 0; role++) {
        if (things[*role].count > 0) put_things(*role, things[*role], out);
    }
    return out->overflow ? ERR_TOO_LARGE : OK;
}

/* The number of events an envelope says; false when it is no envelope of a document. */
static bool envelope_events(const struct item *item, uint32_t *ret) {
    struct span value;
    struct unpack u;
    if (item->type != ITEM_ENVELOPE || item->things_count != 0) return false;
    const char *const *path = path_of(item->fields);
    if (path == NULL || !get_path(item->fields, path, &value)) return false;
    unpack_init(&u, value);
    uint64_t events = unpack_uint(&u, RECORD_ITEMS_MAX);
    if (unpack_end(&u) != OK) return false;
    *ret = (uint32_t)events;
    return true;
}

uint32_t epcis_document_items(const struct item items[], uint32_t count) {
    uint32_t events;
    CHECK(count > 0);
    if (items[0].type != ITEM_ENVELOPE || !envelope_events(&items[0], &events)) return 1;
    return events < count ? events + 1 : count;
}

enum err epcis_from_items(const struct item items[], uint32_t count, struct buffer *out) {
    uint32_t members = epcis_document_items(items, count);
    if (items[0].type != ITEM_ENVELOPE) return epcis_event_value(&items[0], out);
    struct buffer list CLEANUP(buffer_free);
    buffer_init(&list, out->max);
    pack_array(&list, members - 1);
    for (uint32_t i = 1; i < members; i++) {
        if (epcis_event_value(&items[i], &list) != OK) return ERR_TOO_LARGE;
    }
    const char *const *path = path_of(items[0].fields);
    CHECK(path != NULL);
    put_path(items[0].fields, path, buffer_span(&list), out);
    return out->overflow ? ERR_TOO_LARGE : OK;
}

/* What a walk over a value finds, at any depth. Values are written depth first: the number still to
 * come is all there is to keep. */
struct survey {
    bool hides;
    bool inexact; /* an integer that JSON's numbers, doubles for most readers, would round */
};

static bool integer_exact(struct unpack *u) {
    int64_t v = unpack_int(u);
    return u->err == OK && v <= INTEGER_EXACT_MAX && v >= -INTEGER_EXACT_MAX;
}

static struct survey survey(struct span value) {
    struct survey s = {false, false};
    struct unpack u;
    unpack_init(&u, value);
    for (uint64_t left = 1; left > 0 && u.err == OK; left--) {
        enum value_kind kind = unpack_peek(&u);
        if (kind == VALUE_EXT) s.hides = true;
        if (kind == VALUE_MAP) {
            left += 2 * (uint64_t)unpack_map(&u, UINT32_MAX);
        } else if (kind == VALUE_ARRAY) {
            left += unpack_array(&u, UINT32_MAX);
        } else if (kind == VALUE_INT) {
            if (!integer_exact(&u)) s.inexact = true;
        } else {
            (void)unpack_value(&u);
        }
    }
    return s;
}

static bool hides(struct span value) {
    return survey(value).hides;
}

/* Rules E5 (numbers), E6 */
static enum err check_shown(const struct item *item, const char *const never_hidden[],
                            struct refusal *ret_refusal) {
    struct survey all = survey(item->fields);
    if (all.inexact) return refusal_set(ret_refusal, ERR_JSON_NUMBER, "%s", "fields");
    if (!all.hides) return OK;
    for (; *never_hidden != NULL; never_hidden++) {
        struct span value;
        if (value_get(item->fields, *never_hidden, &value) && hides(value)) {
            return refusal_set(ret_refusal, ERR_ITEM_HIDDEN, "%s", *never_hidden);
        }
    }
    return OK;
}

/* Rules E3, E4: roles of this type, rising, one parent; quantities only where the role has them; no
 * such list left in the fields. */
static enum err check_things(const struct item *item, struct refusal *ret_refusal) {
    enum item_type type = (enum item_type)item->type;
    unsigned seen = 0;
    for (uint32_t i = 0; i < item->things_count; i++) {
        const struct thing *thing = &item->things[i];
        bool fits = thing->role < ROLES && (event_kinds[type].roles & ROLE_BIT(thing->role)) != 0 &&
                    (i == 0 || item->things[i - 1].role <= thing->role) &&
                    (thing->role != ROLE_PARENT || (seen & ROLE_BIT(ROLE_PARENT)) == 0) &&
                    (role_has_quantity(thing->role) || (value_kind(thing->quantity) == VALUE_NIL &&
                                                        value_kind(thing->unit) == VALUE_NIL));
        if (!fits) return refusal_set(ret_refusal, ERR_ITEM_ROLE, "things[%u]", i);
        if (survey(thing->quantity).inexact)
            return refusal_set(ret_refusal, ERR_JSON_NUMBER, "things[%u].quantity", i);
        seen |= ROLE_BIT(thing->role);
    }
    for (int role = ROLE_PARENT; role < ROLES; role++) {
        struct span value;
        if ((event_kinds[type].roles & ROLE_BIT(role)) == 0 ||
            !value_get(item->fields, role_fields[role], &value))
            continue;
        if ((seen & ROLE_BIT(role)) != 0 || takeable(type, role, value)) {
            return refusal_set(ret_refusal, ERR_ITEM_FIELDS, "%s", role_fields[role]);
        }
        if (hides(value)) return refusal_set(ret_refusal, ERR_ITEM_HIDDEN, "%s", role_fields[role]);
    }
    return OK;
}

/* What a document is put together from when it is given back. */
struct document_place {
    uint32_t left;   /* events that still belong to it */
    uint32_t levels; /* arrays and maps of the document around each of them; 0: a bare event */
};

/* Rule E5: put together again, a document is nested no deeper than one that is submitted. */
static enum err check_depth(const struct item *item, uint32_t levels, struct refusal *ret_refusal) {
    struct unpack u;
    unpack_init(&u, item->fields);
    u.depth = CODEC_DEPTH_MAX - JSON_DEPTH_MAX + levels;
    (void)unpack_value(&u);
    return u.err == OK ? OK : refusal_set(ret_refusal, u.err, "%s", "fields");
}

static enum err check_event(const struct item *item, uint32_t levels, struct buffer *scratch,
                            struct refusal *ret_refusal) {
    static const char *const never_hidden[] = {
        "@context",
        "action",
        "bizStep",
        "destinationList",
        "disposition",
        "errorDeclaration",
        "eventTime",
        "eventTimeZoneOffset",
        "persistentDisposition",
        "sourceList",
        "transformationID",
        "type",
        NULL,
    };
    if (item->type < ITEM_OBJECT_EVENT || item->type > ITEM_OTHER_EVENT) {
        return refusal_set(ret_refusal, ERR_ITEM_TYPE, "%s", "type");
    }
    enum err err = check_depth(item, levels, ret_refusal);
    if (err == OK) err = check_shown(item, never_hidden, ret_refusal);
    if (err == OK && type_named(text_at(item->fields, "type")) != (enum item_type)item->type) {
        err = refusal_set(ret_refusal, ERR_ITEM_TYPE, "%s", "type");
    }
    if (err == OK) err = check_things(item, ret_refusal);
    if (err != OK) return err;
    buffer_clear(scratch);
    if (epcis_event_value(item, scratch) != OK)
        return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    struct span event = buffer_span(scratch);
    return levels == 0 ? epcis_validate(event, ret_refusal)
                       : epcis_validate_event(event, ret_refusal);
}

static enum err check_envelope(const struct item *item, uint32_t items_left,
                               struct document_place *ret, struct buffer *scratch,
                               struct refusal *ret_refusal) {
    static const char *const never_hidden[] = {"@context",      "creationDate", "epcisBody",
                                               "schemaVersion", "type",         NULL};
    uint32_t events = 0;
    enum err err = check_depth(item, 0, ret_refusal);
    if (err == OK) err = check_shown(item, never_hidden, ret_refusal);
    if (err != OK) return err;
    if (!envelope_events(item, &events) || events > items_left) {
        return refusal_set(ret_refusal, ERR_ITEM_ENVELOPE, "%s", "eventList");
    }
    buffer_clear(scratch);
    const char *const *path = path_of(item->fields);
    put_path(item->fields, path, span_of("\x90", 1), scratch);
    if (scratch->overflow) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    err = epcis_validate(buffer_span(scratch), ret_refusal);
    /* The document, a map per step of the path but the last, whose value is the list. */
    uint32_t levels = path == document_path ? 3 : 5;
    if (err == OK) *ret = (struct document_place){events, levels};
    return err;
}

enum err epcis_items_check(const struct item items[], uint32_t count, uint32_t *ret_item,
                           struct refusal *ret_refusal) {
    struct buffer scratch CLEANUP(buffer_free);
    buffer_init(
        &scratch,
        4 * RECORD_BYTES_MAX); /* field names and quantity elements are longer than things */
    struct document_place last = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        enum err err;
        if (last.left > 0 || items[i].type != ITEM_ENVELOPE) {
            err = check_event(&items[i], last.left > 0 ? last.levels : 0, &scratch, ret_refusal);
            if (last.left > 0) last.left--;
        } else {
            err = check_envelope(&items[i], count - i - 1, &last, &scratch, ret_refusal);
        }
        if (err != OK) {
            *ret_item = i;
            return err;
        }
    }
    return OK;
}
