/* epcis_check.c: items that somebody else made (epcis.h): such as epcis_to_items makes, and no others. */
#include "base/json.h"
#include "trace/epcis.h"
#include "trace/epcis_parts.h"
#include "trace/epcis_schema.h"

#define ROLE_BIT(r) (1u << (r))

static bool hides(struct span value) {
    return epcis_survey(value).hides;
}

/* Rules E5 (depth, numbers), E6. `levels`: arrays and maps around the event in the document that it is given
 * back in. */
static enum err check_shown(const struct item *item, uint32_t levels,
                            const char *const never_hidden[], struct refusal *ret_refusal) {
    struct epcis_survey all = epcis_survey(item->fields);
    if (all.depth + levels > JSON_DEPTH_MAX)
        return refusal_set(ret_refusal, ERR_CODEC_DEPTH, "%s", "fields");
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
        bool fits = thing->role < ROLES && epcis_has_role(type, thing->role) &&
                    (i == 0 || item->things[i - 1].role <= thing->role) &&
                    (thing->role != ROLE_PARENT || (seen & ROLE_BIT(ROLE_PARENT)) == 0) &&
                    (epcis_role_counts(thing->role) || (value_kind(thing->quantity) == VALUE_NIL &&
                                                        value_kind(thing->unit) == VALUE_NIL));
        if (!fits) return refusal_set(ret_refusal, ERR_ITEM_ROLE, "things[%u]", i);
        if (epcis_survey(thing->quantity).inexact)
            return refusal_set(ret_refusal, ERR_JSON_NUMBER, "things[%u].quantity", i);
        seen |= ROLE_BIT(thing->role);
    }
    for (int role = ROLE_PARENT; role < ROLES; role++) {
        struct span value;
        if (!epcis_has_role(type, role) ||
            !value_get(item->fields, epcis_role_fields[role], &value))
            continue;
        if ((seen & ROLE_BIT(role)) != 0 || epcis_takeable(type, role, value)) {
            return refusal_set(ret_refusal, ERR_ITEM_FIELDS, "%s", epcis_role_fields[role]);
        }
        if (hides(value)) return refusal_set(ret_refusal, ERR_ITEM_HIDDEN, "%s", epcis_role_fields[role]);
    }
    return OK;
}

/* What a document is put together from when it is given back. */
struct document_place {
    uint32_t left;   /* events that still belong to it */
    uint32_t levels; /* arrays and maps of the document around each of them; 0: a bare event */
};

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
    enum err err = check_shown(item, levels, never_hidden, ret_refusal);
    if (err == OK && epcis_type_named(epcis_text_at(item->fields, "type")) != (enum item_type)item->type) {
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
    enum err err = check_shown(item, 0, never_hidden, ret_refusal);
    if (err != OK) return err;
    if (!epcis_envelope_events(item, &events) || events > items_left) {
        return refusal_set(ret_refusal, ERR_ITEM_ENVELOPE, "%s", "eventList");
    }
    buffer_clear(scratch);
    const char *const *path = epcis_path_of(item->fields);
    epcis_path_put(item->fields, path, span_of("\x90", 1), scratch);
    if (scratch->overflow) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    err = epcis_validate(buffer_span(scratch), ret_refusal);
    /* The document, a map per step of the path but the last, whose value is the list. */
    uint32_t levels = path == epcis_document_path ? 3 : 5;
    if (err == OK) *ret = (struct document_place){events, levels};
    return err;
}

enum err epcis_items_check(const struct item items[], uint32_t count, uint32_t *ret_item,
                           struct refusal *ret_refusal) {
    struct buffer scratch CLEANUP(buffer_free) = {0};
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
