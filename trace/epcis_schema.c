#include "trace/epcis_schema.h"

#include <stdlib.h>

#include "trace/epcis_tables.h"
#include "trace/rfc3339.h"
#include "trace/uri.h"

/* Where we are in the document: a chain of frames on the stack, written out only when something is
 * refused. */
struct place {
    const struct place *above; /* NULL at the root */
    struct span name;          /* of a field */
    uint32_t index;            /* of an entry of a list */
    bool is_entry;
};

struct check {
    struct refusal *refusal;
};

static void place_write(const struct place *p, struct buffer *out) {
    if (p == NULL) return;
    place_write(p->above, out);
    if (p->is_entry) {
        buffer_printf(out, "[%u]", p->index);
        return;
    }
    if (out->len > 0) buffer_text(out, ".");
    buffer_append_span(out, p->name);
}

/* Names the place: one line, control characters shown as '?'. One too long for a refusal is cut at
 * its end, not inside a character. */
static enum err refuse(const struct check *c, enum err err, const struct place *where) {
    struct buffer path CLEANUP(buffer_free);
    buffer_init(&path, 1 << 20);
    place_write(where, &path);
    size_t len = path.len;
    if (len >= sizeof c->refusal->where) {
        len = sizeof c->refusal->where - 1;
        while (len > 0 && (path.data[len] & 0xc0) == 0x80) len--;
    }
    for (size_t i = 0; i < len; i++) {
        if (path.data[i] < 0x20 || path.data[i] == 0x7f) path.data[i] = '?';
    }
    return refusal_set(c->refusal, err, "%.*s", (int)len,
                       path.len > 0 ? (const char *)path.data : "");
}

static bool all_in(struct span s, size_t min, size_t max, const char *ranges) {
    if (s.len < min || s.len > max) return false;
    for (size_t i = 0; i < s.len; i++) {
        const char *r = ranges;
        while (*r != '\0' && (s.data[i] < (uint8_t)r[0] || s.data[i] > (uint8_t)r[1]))
            r += 2;
        if (*r == '\0') return false;
    }
    return true;
}

/* ^([+]|[-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$ */
static bool offset_valid(struct span s) {
    if (s.len != 6 || (s.data[0] != '+' && s.data[0] != '-') || s.data[3] != ':') return false;
    if (!all_in(span_part(s, 1, 2), 2, 2, "09") || !all_in(span_part(s, 4, 2), 2, 2, "09"))
        return false;
    int hours = (s.data[1] - '0') * 10 + (s.data[2] - '0');
    int minutes = (s.data[4] - '0') * 10 + (s.data[5] - '0');
    return (hours <= 13 && minutes <= 59) || (hours == 14 && minutes == 0);
}

/* ^\d+(\.\d+)*$ */
static bool version_valid(struct span s) {
    bool digit = false;
    for (size_t i = 0; i < s.len; i++) {
        bool now = s.data[i] >= '0' && s.data[i] <= '9';
        if (!now && (s.data[i] != '.' || !digit)) return false;
        digit = now;
    }
    return digit;
}

static bool names_web_vocabulary(struct span s, bool cbv) {
    if (cbv) {
        return span_starts(s, "urn:epcglobal:cbv") || span_starts(s, "http://ns.gs1.org/cbv/") ||
               span_starts(s, "https://ns.gs1.org/cbv/");
    }
    return span_starts(s, "http://gs1.org/voc/") || span_starts(s, "https://gs1.org/voc/") ||
           span_starts(s, "http://www.gs1.org/voc/") || span_starts(s, "https://www.gs1.org/voc/");
}

static enum err form_check(enum form form, struct span s) {
    int64_t ms;
    switch (form) {
    case FORM_NONE:
        return OK;
    case FORM_URI:
        return uri_valid(s) ? OK : ERR_EPCIS_URI;
    case FORM_URI_NOT_CBV:
        return uri_valid(s) && !names_web_vocabulary(s, true) ? OK : ERR_EPCIS_URI;
    case FORM_URI_NOT_VOC:
        return uri_valid(s) && !names_web_vocabulary(s, false) ? OK : ERR_EPCIS_URI;
    case FORM_TIME:
        return rfc3339_ms(s, &ms) ? OK : ERR_EPCIS_TIME;
    case FORM_OFFSET:
        return offset_valid(s) ? OK : ERR_EPCIS_PATTERN;
    case FORM_UNIT:
        return all_in(s, 2, 3, "AZ09") ? OK : ERR_EPCIS_PATTERN;
    case FORM_HEX:
        return all_in(s, 1, SIZE_MAX, "09AFaf") ? OK : ERR_EPCIS_PATTERN;
    case FORM_VERSION:
        return version_valid(s) ? OK : ERR_EPCIS_PATTERN;
    }
    CHECK(false);
}

static bool action_valid(struct span s) {
    return span_is(s, "ADD") || span_is(s, "OBSERVE") || span_is(s, "DELETE");
}

static enum err text_check(const struct schema *schema, struct span s) {
    if (schema->words == WORDS_NONE) return form_check(schema->form, s);
    if (schema->words == WORDS_ACTION) return action_valid(s) ? OK : ERR_EPCIS_WORD;
    if (schema->words >= 0 && vocabulary_has((enum vocabulary)schema->words, s)) return OK;
    return form_check(schema->form, s) == OK ? OK : ERR_EPCIS_WORD;
}

static enum err value_against(const struct check *c, const struct schema *schema, struct span value,
                              const struct place *at);
static enum err event_against(const struct check *c, struct span value, const struct place *at);

static int compare_values(const void *a, const void *b) {
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* Canonical values are equal when their bytes are. Sorted, equal ones stand side by side; the list
 * may be long and hostile. */
static bool list_repeats(struct span list, uint32_t *ret_index) {
    struct unpack u;
    unpack_init(&u, list);
    uint32_t count = unpack_array(&u, UINT32_MAX);
    if (count < 2) return false;
    struct span *values = check_alloc(count, sizeof *values);
    for (uint32_t i = 0; i < count; i++)
        values[i] = unpack_value(&u);
    qsort(values, count, sizeof *values, compare_values);
    const uint8_t *later = NULL;
    for (uint32_t i = 1; i < count; i++) {
        if (!span_equal(values[i - 1], values[i])) continue;
        const uint8_t *second =
            values[i].data > values[i - 1].data ? values[i].data : values[i - 1].data;
        if (later == NULL || second < later) later = second;
    }
    free(values);
    if (later == NULL) return false;
    unpack_init(&u, list);
    count = unpack_array(&u, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (unpack_value(&u).data == later) *ret_index = i;
    }
    return true;
}

static enum err list_against(const struct check *c, const struct schema *schema, struct span list,
                             const struct place *at) {
    struct unpack u;
    unpack_init(&u, list);
    uint32_t count = unpack_array(&u, UINT32_MAX);
    if (count < schema->items_min) return refuse(c, ERR_EPCIS_COUNT, at);
    bool events = schema == &schema_event_list;
    for (uint32_t i = 0; i < count && (events || schema->items != NULL); i++) {
        struct place entry = {.above = at, .index = i, .is_entry = true};
        struct span value = unpack_value(&u);
        enum err err = events ? event_against(c, value, &entry)
                              : value_against(c, schema->items, value, &entry);
        if (err != OK) return err;
    }
    uint32_t repeated = 0;
    if (schema->items_unique && list_repeats(list, &repeated)) {
        struct place entry = {.above = at, .index = repeated, .is_entry = true};
        return refuse(c, ERR_EPCIS_REPEATED, &entry);
    }
    return OK;
}

/* Moves *table to the entry of this name; false when there is none. Entries passed over must not be
 * required ones: *ret_missing is the first. */
static bool table_find(const struct property **table, struct span name,
                       const struct property **ret_missing) {
    if (*table == NULL) return false;
    for (; (*table)->name != NULL; (*table)++) {
        int order = span_compare(span_text((*table)->name), name);
        if (order == 0) return true;
        if (order > 0) return false;
        if ((*table)->required && *ret_missing == NULL) *ret_missing = *table;
    }
    return false;
}

static enum err missing(const struct check *c, const char *name, const struct place *at) {
    struct place field = {.above = at, .name = span_text(name)};
    return refuse(c, ERR_EPCIS_REQUIRED, &field);
}

/* Has a list with an entry in it (or hides whether). */
static bool filled(struct span object, const char *name) {
    struct span value;
    if (!value_get(object, name, &value)) return false;
    struct unpack u;
    unpack_init(&u, value);
    return value_kind(value) == VALUE_EXT || unpack_array(&u, UINT32_MAX) > 0;
}

static bool present(struct span object, const char *name) {
    struct span value;
    return value_get(object, name, &value);
}

static bool action_is(struct span object, const char *word) {
    struct span value;
    if (!value_get(object, "action", &value)) return false;
    struct unpack u;
    unpack_init(&u, value);
    return span_is(unpack_text(&u, 16), word);
}

static enum err object_rule(const struct check *c, const struct schema *schema, struct span object,
                            const struct place *at) {
    switch (schema->rule) {
    case RULE_NONE:
        return OK;
    case RULE_OBJECT_EVENT:
        if (present(object, "ilmd") && !action_is(object, "ADD")) {
            struct place field = {.above = at, .name = span_text("ilmd")};
            return refuse(c, ERR_EPCIS_ILMD, &field);
        }
        if (present(object, "epcList") || filled(object, "quantityList")) return OK;
        if (filled(object, "sensorElementList") && present(object, "readPoint")) return OK;
        break;
    case RULE_CHILDREN:
        if (filled(object, "childEPCs") || filled(object, "childQuantityList") ||
            action_is(object, "DELETE"))
            return OK;
        break;
    case RULE_TRANSACTION:
        if (present(object, "epcList") || filled(object, "quantityList") ||
            action_is(object, "DELETE"))
            return OK;
        break;
    case RULE_TRANSFORMATION: {
        bool in = filled(object, "inputEPCList") || filled(object, "inputQuantityList");
        bool out = filled(object, "outputEPCList") || filled(object, "outputQuantityList");
        if ((in && out) || ((in || out) && present(object, "transformationID"))) return OK;
        break;
    }
    case RULE_SET_OR_UNSET:
        if (present(object, "set") || present(object, "unset")) return OK;
        return missing(c, "set", at);
    }
    static const char *const lists[] = {
        [RULE_OBJECT_EVENT] = "epcList",
        [RULE_CHILDREN] = "childEPCs",
        [RULE_TRANSACTION] = "epcList",
        [RULE_TRANSFORMATION] = "outputEPCList",
    };
    struct place field = {.above = at, .name = span_text(lists[schema->rule])};
    return refuse(c, ERR_EPCIS_NOTHING, &field);
}

static enum err object_against(const struct check *c, const struct schema *schema,
                               struct span object, const struct place *at) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    const struct property *own = schema->properties;
    const struct property *common = schema->common;
    const struct property *absent = NULL;
    unpack_init(&u, object);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct span name = unpack_key(&u, &last);
        struct span value = unpack_value(&u);
        struct place field = {.above = at, .name = name};
        bool in_own = table_find(&own, name, &absent);
        bool in_common = table_find(&common, name, &absent);
        if (absent != NULL) return missing(c, absent->name, at);
        if (in_own || in_common) {
            enum err err = OK;
            if (in_own) err = value_against(c, own->schema, value, &field);
            if (err == OK && in_common) err = value_against(c, common->schema, value, &field);
            if (err != OK) return err;
            if (in_own) own++;
            if (in_common) common++;
        } else if (schema->names == NAMES_NONE ||
                   (schema->names == NAMES_URI && !uri_valid(name))) {
            return refuse(c, ERR_EPCIS_UNKNOWN_FIELD, &field);
        }
    }
    for (; own != NULL && own->name != NULL; own++) {
        if (own->required) return missing(c, own->name, at);
    }
    for (; common != NULL && common->name != NULL; common++) {
        if (common->required) return missing(c, common->name, at);
    }
    return object_rule(c, schema, object, at);
}

/* A NULL schema is the one that permits everything, as is a hidden value under any schema. */
static enum err value_against(const struct check *c, const struct schema *schema, struct span value,
                              const struct place *at) {
    if (schema == NULL) return OK;
    struct unpack u;
    unpack_init(&u, value);
    unsigned shape = 0;
    switch (value_kind(value)) {
    case VALUE_EXT:
        return OK;
    case VALUE_TEXT:
        shape = SHAPE_TEXT;
        break;
    case VALUE_INT:
    case VALUE_FLOAT:
        shape = SHAPE_NUMBER;
        break;
    case VALUE_BOOL:
        shape = SHAPE_BOOL;
        break;
    case VALUE_MAP:
        shape = SHAPE_OBJECT;
        break;
    case VALUE_ARRAY:
        shape = SHAPE_LIST;
        break;
    case VALUE_NIL:
    case VALUE_BYTES:
    case VALUE_NONE:
        break;
    }
    if ((schema->shapes & shape) == 0) return refuse(c, ERR_EPCIS_TYPE, at);
    if (shape == SHAPE_OBJECT) return object_against(c, schema, value, at);
    if (shape == SHAPE_LIST) return list_against(c, schema, value, at);
    if (shape != SHAPE_TEXT) return OK;
    enum err err = text_check(schema, unpack_text(&u, SIZE_MAX));
    return err == OK ? OK : refuse(c, err, at);
}

/* The type of an object as text; refused when it has none. */
static enum err type_of(const struct check *c, struct span value, const struct place *at,
                        struct span *ret) {
    struct span type;
    struct unpack u;
    if (value_kind(value) != VALUE_MAP)
        return refuse(c, at == NULL ? ERR_EPCIS_DOCUMENT : ERR_EPCIS_TYPE, at);
    if (!value_get(value, "type", &type)) return missing(c, "type", at);
    unpack_init(&u, type);
    *ret = unpack_text(&u, SIZE_MAX);
    if (unpack_end(&u) == OK) return OK;
    struct place field = {.above = at, .name = span_text("type")};
    return refuse(c, ERR_EPCIS_TYPE, &field);
}

static enum err event_against(const struct check *c, struct span value, const struct place *at) {
    struct span type = SPAN_EMPTY;
    enum err err = type_of(c, value, at, &type);
    if (err != OK) return err;
    for (size_t i = 0; i < sizeof schema_events / sizeof schema_events[0]; i++) {
        if (span_is(type, schema_events[i].type))
            return value_against(c, schema_events[i].schema, value, at);
    }
    return value_against(c, &schema_extension_event, value, at);
}

enum err epcis_validate_event(struct span value, struct refusal *ret_refusal) {
    struct check c = {.refusal = ret_refusal};
    return event_against(&c, value, NULL);
}

enum err epcis_validate(struct span value, struct refusal *ret_refusal) {
    struct check c = {.refusal = ret_refusal};
    struct span type = SPAN_EMPTY;
    enum err err = type_of(&c, value, NULL, &type);
    if (err != OK) return err;
    if (span_is(type, "EPCISDocument")) return value_against(&c, &schema_document, value, NULL);
    if (span_is(type, "EPCISQueryDocument"))
        return value_against(&c, &schema_query_document, value, NULL);
    err = event_against(&c, value, NULL);
    if (err == OK && !present(value, "@context")) return missing(&c, "@context", NULL);
    return err;
}

bool epcis_list_conforms(bool quantities, struct span value) {
    struct refusal ignored;
    struct check c = {.refusal = &ignored};
    return value_kind(value) == VALUE_ARRAY &&
           value_against(&c, quantities ? &schema_quantity_list : &schema_uri_list, value, NULL) ==
               OK;
}
