/* epcis_parts.c: see epcis_parts.h. */
#include "trace/epcis_parts.h"

#include "base/json.h"
#include "trace/epcis_schema.h"

#define ROLE_BIT(r) (1u << (r))

/* Rule E3 */
const char *const epcis_role_fields[ROLES] = {
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

const char *const epcis_document_path[] = {"epcisBody", "eventList", NULL};
static const char *const query_path[] = {"epcisBody", "queryResults", "resultsBody", "eventList",
                                         NULL};

bool epcis_has_role(enum item_type type, int role) {
    return (event_kinds[type].roles & ROLE_BIT(role)) != 0;
}

bool epcis_role_counts(int role) {
    return role == ROLE_CHILD_QUANTITY || role == ROLE_QUANTITY || role == ROLE_INPUT_QUANTITY ||
           role == ROLE_OUTPUT_QUANTITY;
}

struct span epcis_text(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    return unpack_text(&u, SIZE_MAX);
}

struct span epcis_text_at(struct span map, const char *name) {
    struct span value;
    return value_get(map, name, &value) ? epcis_text(value) : SPAN_EMPTY;
}

enum item_type epcis_type_named(struct span type) {
    for (int i = ITEM_OBJECT_EVENT; i < ITEM_OTHER_EVENT; i++) {
        if (span_is(type, event_kinds[i].type)) return (enum item_type)i;
    }
    return ITEM_OTHER_EVENT;
}

/* The path to a document's eventList; NULL for a bare event. */
const char *const *epcis_path_of(struct span document) {
    struct span type = epcis_text_at(document, "type");
    if (span_is(type, "EPCISDocument")) return epcis_document_path;
    if (span_is(type, "EPCISQueryDocument")) return query_path;
    return NULL;
}

bool epcis_path_get(struct span map, const char *const *path, struct span *ret) {
    for (; *path != NULL; path++) {
        if (!value_get(map, *path, &map)) return false;
    }
    *ret = map;
    return true;
}

/* Copies a map with the value at the path replaced. The path exists. */
void epcis_path_put(struct span map, const char *const *path, struct span replacement,
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
            epcis_path_put(value, path + 1, replacement, out);
        } else {
            pack_raw(out, value);
        }
    }
}

/* Rule E4: may this value be taken out as things? The schema has checked the five event types; an
 * extension event's lists may be anything. */
bool epcis_takeable(enum item_type type, int role, struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    if (role == ROLE_PARENT)
        return unpack_peek(&u) == VALUE_TEXT && unpack_text(&u, SIZE_MAX).len > 0;
    if (unpack_peek(&u) != VALUE_ARRAY || unpack_array(&u, UINT32_MAX) == 0) return false;
    return type != ITEM_OTHER_EVENT || epcis_list_conforms(epcis_role_counts(role), value);
}

struct epcis_survey epcis_survey(struct span value) {
    struct epcis_survey s = {.depth = 0};
    struct value_walk w;
    struct unpack u;
    unpack_init(&u, value);
    value_walk_begin(&w);
    while (unpack_walk(&u, &w)) {
        if (w.kind == VALUE_EXT) s.hides = true;
        if (!w.exact) s.inexact = true;
        if (w.depth > s.depth) s.depth = w.depth;
    }
    return s;
}

/* The number of events an envelope says; false when it is no envelope of a document. */
bool epcis_envelope_events(const struct item *item, uint32_t *ret) {
    struct span value;
    struct unpack u;
    if (item->type != ITEM_ENVELOPE || item->things_count != 0) return false;
    const char *const *path = epcis_path_of(item->fields);
    if (path == NULL || !epcis_path_get(item->fields, path, &value)) return false;
    unpack_init(&u, value);
    uint64_t events = unpack_uint(&u, RECORD_ITEMS_MAX);
    if (unpack_end(&u) != OK) return false;
    *ret = (uint32_t)events;
    return true;
}
