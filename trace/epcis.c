/* The happy path: validate the document, then for each event move its lists of identifiers into
 * things and keep the rest of the map. What may go wrong: the schema refuses (epcis_schema.c names
 * the field), an identifier is too long, there are too many, the arena is full. */
#include "trace/epcis.h"

#include "base/json.h"
#include "trace/epcis_parts.h"
#include "trace/epcis_schema.h"

/* The field's role if this event's type has it, else 0. */
static int role_of(enum item_type type, struct span name) {
    for (int role = ROLE_PARENT; role < ROLES; role++) {
        if (epcis_has_role(type, role) && span_is(name, epcis_role_fields[role]))
            return role;
    }
    return 0;
}

static struct span nil_value(void) {
    return span_of("\xc0", 1);
}

/* One entry of a list; the value conforms. */
static struct thing thing_from(int role, struct span value) {
    struct thing thing = {.role = (uint8_t)role, .quantity = nil_value(), .unit = nil_value()};
    struct unpack u;
    if (!epcis_role_counts(role)) {
        unpack_init(&u, value);
        thing.identifier = unpack_text(&u, SIZE_MAX);
        return thing;
    }
    struct span field;
    thing.identifier = epcis_text_at(value, "epcClass");
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
    if (role == ROLE_PARENT) return refusal_set(t->refusal, err, "%s", epcis_role_fields[role]);
    return refusal_set(t->refusal, err, "%s[%u]%s", epcis_role_fields[role], index,
                       epcis_role_counts(role) ? ".epcClass" : "");
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
            return refusal_set(t->refusal, ERR_ITEM_THINGS, "%s", epcis_role_fields[role]);
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
            /* SPEC E6: "nor is anything inside them" */
            if (value_kind(next->quantity) == VALUE_EXT || value_kind(next->unit) == VALUE_EXT)
                return refuse_entry(t, ERR_ITEM_HIDDEN, role, i);
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
    struct buffer fields CLEANUP(buffer_free) = {0};
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
        if (span_is(pairs[i].name, "type")) type = epcis_type_named(epcis_text(pairs[i].value));
    }
    for (uint32_t i = 0; i < count; i++) {
        int role = role_of(type, pairs[i].name);
        if (role == 0 || !epcis_takeable(type, role, pairs[i].value)) continue;
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
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct buffer count CLEANUP(buffer_free) = {0};
    buffer_init(&fields, document.len + 8);
    buffer_init(&count, 8);
    pack_uint(&count, events);
    epcis_path_put(document, path, buffer_span(&count), &fields);
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
    const char *prefix = path == epcis_document_path ? "epcisBody.eventList"
                                               : "epcisBody.queryResults.resultsBody.eventList";
    /* The schema lets a hidden value pass for anything: not for what holds the events (rule E6). */
    if (!epcis_path_get(document, path, &list) || value_kind(list) != VALUE_ARRAY)
        return refusal_set(ret_refusal, ERR_ITEM_HIDDEN, "%s", prefix);
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
    /* Rule E5: what base/json.h makes of text is no deeper and has no such number. */
    struct epcis_survey all = epcis_survey(document);
    if (all.depth > JSON_DEPTH_MAX) return refusal_set(ret_refusal, ERR_CODEC_DEPTH, "%s", "");
    if (all.inexact) return refusal_set(ret_refusal, ERR_JSON_NUMBER, "%s", "");
    enum err err = epcis_validate(document, ret_refusal);
    if (err != OK) return err;
    const char *const *path = epcis_path_of(document);
    if (path != NULL) return document_to_items(document, path, arena, ret, ret_refusal);
    struct take t = {arena, ret_refusal};
    struct items items = {arena_alloc(arena, 1, sizeof *items.list), 1};
    if (items.list == NULL) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    err = item_from_event(&t, document, &items.list[0]);
    if (err == OK) *ret = items;
    return err;
}

bool epcis_is_xml(struct span text) {
    if (span_starts(text, "\xff\xfe<") || span_starts(text, "\xfe\xff")) return true;
    if (span_starts(text, "\xef\xbb\xbf")) text = span_part(text, 3, text.len - 3);
    size_t at = 0;
    while (at < text.len && (text.data[at] == ' ' || (text.data[at] >= '\t' && text.data[at] <= '\r')))
        at++;
    return at < text.len && text.data[at] == '<';
}

enum err epcis_parse(struct span text, struct arena *arena, struct items *ret,
                     struct refusal *ret_refusal) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, 3 * text.len + 64); /* "0.5," are four characters and nine bytes */
    enum err err = json_parse(text, &value, ret_refusal);
    if (err == ERR_JSON_SYNTAX && epcis_is_xml(text))
        return refusal_set(ret_refusal, ERR_EPCIS_XML, "%s", "");
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
    pack_text(out, span_text(epcis_role_fields[role]));
    if (role == ROLE_PARENT) {
        pack_text(out, things.list[0].identifier);
        return;
    }
    pack_array(out, things.count);
    for (uint32_t i = 0; i < things.count; i++) {
        if (epcis_role_counts(role)) {
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
        for (; *role != 0 && span_compare(span_text(epcis_role_fields[*role]), name) < 0; role++) {
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

uint32_t epcis_document_items(const struct item items[], uint32_t count) {
    uint32_t events;
    CHECK(count > 0);
    if (items[0].type != ITEM_ENVELOPE || !epcis_envelope_events(&items[0], &events)) return 1;
    return events < count ? events + 1 : count;
}

enum err epcis_from_items(const struct item items[], uint32_t count, struct buffer *out) {
    uint32_t members = epcis_document_items(items, count);
    if (items[0].type != ITEM_ENVELOPE) return epcis_event_value(&items[0], out);
    struct buffer list CLEANUP(buffer_free) = {0};
    buffer_init(&list, out->max);
    pack_array(&list, members - 1);
    for (uint32_t i = 1; i < members; i++) {
        if (epcis_event_value(&items[i], &list) != OK) return ERR_TOO_LARGE;
    }
    const char *const *path = epcis_path_of(items[0].fields);
    CHECK(path != NULL);
    epcis_path_put(items[0].fields, path, buffer_span(&list), out);
    return out->overflow ? ERR_TOO_LARGE : OK;
}
