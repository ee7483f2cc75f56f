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
    struct buffer path CLEANUP(buffer_free) = {0};
    buffer_init(&path, 1 << 20);
    place_write(where, &path);
    size_t len = path.len;
    if (len >= sizeof c->refusal->where) {
        len = sizeof c->refusal->where - 1;
        while (len > 0 && (path.data[len] & 0xc0) == 0x80)
            len--;
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

/* Each of these consumes one value from the reader, or refuses. */
static enum err value_against(const struct check *c, const struct schema *schema, struct unpack *u,
                              const struct place *at);
static enum err event_against(const struct check *c, struct unpack *u, const struct place *at);

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

static enum err list_against(const struct check *c, const struct schema *schema, struct unpack *u,
                             const struct place *at) {
    size_t start = u->at;
    uint32_t count = unpack_array(u, UINT32_MAX);
    if (count < schema->items_min) return refuse(c, ERR_EPCIS_COUNT, at);
    bool events = schema == &schema_event_list;
    for (uint32_t i = 0; i < count; i++) {
        struct place entry = {.above = at, .index = i, .is_entry = true};
        enum err err =
            events ? event_against(c, u, &entry) : value_against(c, schema->items, u, &entry);
        if (err != OK) return err;
    }
    uint32_t repeated = 0;
    if (schema->items_unique && list_repeats(span_part(u->in, start, u->at - start), &repeated)) {
        struct place entry = {.above = at, .index = repeated, .is_entry = true};
        return refuse(c, ERR_EPCIS_REPEATED, &entry);
    }
    return OK;
}

/* As span_compare, without measuring the constant first: most differ in their first letters. */
static int name_order(const char *constant, struct span name) {
    for (size_t i = 0; i < name.len; i++) {
        int c = (uint8_t)constant[i];
        if (c != name.data[i]) return c - name.data[i];
    }
    return constant[name.len] == '\0' ? 0 : 1;
}

/* Moves *table to the entry of this name; false when there is none. Entries passed over must not be
 * required ones: *ret_missing is the first. */
static bool table_find(const struct property **table, struct span name,
                       const struct property **ret_missing) {
    if (*table == NULL) return false;
    for (; (*table)->name != NULL; (*table)++) {
        int order = name_order((*table)->name, name);
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

/* The values of an object's own fields as they were walked over, for the rule between them. */
enum { OWN_FIELDS_MAX = 16 };
struct own_fields {
    const struct property *table;
    struct span value[OWN_FIELDS_MAX]; /* by place in the table; NULL data: absent */
};

static struct span own_value(const struct own_fields *f, const char *name) {
    for (size_t i = 0; f->table[i].name != NULL; i++) {
        if (span_is(span_text(name), f->table[i].name)) return f->value[i];
    }
    CHECK(false);
}

static bool present(const struct own_fields *f, const char *name) {
    return own_value(f, name).data != NULL;
}

/* Has a list with an entry in it (or hides whether). */
static bool filled(const struct own_fields *f, const char *name) {
    struct unpack u;
    unpack_init(&u, own_value(f, name));
    return unpack_peek(&u) == VALUE_EXT || unpack_array(&u, UINT32_MAX) > 0;
}

static bool action_is(const struct own_fields *f, const char *word) {
    struct unpack u;
    unpack_init(&u, own_value(f, "action"));
    return span_is(unpack_text(&u, SIZE_MAX), word);
}

static enum err object_rule(const struct check *c, enum rule rule, const struct own_fields *f,
                            const struct place *at) {
    switch (rule) {
    case RULE_NONE:
        return OK;
    case RULE_OBJECT_EVENT:
        if (present(f, "ilmd") && !action_is(f, "ADD")) {
            struct place field = {.above = at, .name = span_text("ilmd")};
            return refuse(c, ERR_EPCIS_ILMD, &field);
        }
        if (present(f, "epcList") || filled(f, "quantityList")) return OK;
        if (filled(f, "sensorElementList") && present(f, "readPoint")) return OK;
        break;
    case RULE_CHILDREN:
        if (filled(f, "childEPCs") || filled(f, "childQuantityList") || action_is(f, "DELETE"))
            return OK;
        break;
    case RULE_TRANSACTION:
        if (present(f, "epcList") || filled(f, "quantityList") || action_is(f, "DELETE")) return OK;
        break;
    case RULE_TRANSFORMATION: {
        bool in = filled(f, "inputEPCList") || filled(f, "inputQuantityList");
        bool out = filled(f, "outputEPCList") || filled(f, "outputQuantityList");
        if ((in && out) || ((in || out) && present(f, "transformationID"))) return OK;
        break;
    }
    case RULE_SET_OR_UNSET:
        if (present(f, "set") || present(f, "unset")) return OK;
        return missing(c, "set", at);
    }
    static const char *const lists[] = {
        [RULE_OBJECT_EVENT] = "epcList",
        [RULE_CHILDREN] = "childEPCs",
        [RULE_TRANSACTION] = "epcList",
        [RULE_TRANSFORMATION] = "outputEPCList",
    };
    struct place field = {.above = at, .name = span_text(lists[rule])};
    return refuse(c, ERR_EPCIS_NOTHING, &field);
}

/* One field: against its own table, or the common one, or the rule for names of neither. */
static enum err field_against(const struct check *c, const struct schema *schema,
                              const struct property *own, const struct property *common,
                              struct unpack *u, const struct place *field) {
    size_t start = u->at;
    enum err err = OK;
    if (own == NULL && common == NULL) {
        bool permitted =
            schema->names == NAMES_ANY || (schema->names == NAMES_URI && uri_valid(field->name));
        if (!permitted) return refuse(c, ERR_EPCIS_UNKNOWN_FIELD, field);
        (void)unpack_value(u);
        return OK;
    }
    if (own != NULL) err = value_against(c, own->schema, u, field);
    if (err == OK && common != NULL) {
        u->at = start;
        err = value_against(c, common->schema, u, field);
    }
    return err;
}

static enum err object_against(const struct check *c, const struct schema *schema, struct unpack *u,
                               const struct place *at) {
    struct own_fields fields = {schema->properties, {{0}}};
    struct span last = SPAN_EMPTY;
    const struct property *own = schema->properties;
    const struct property *common = schema->common;
    const struct property *absent = NULL;
    uint32_t count = unpack_map(u, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++) {
        struct place field = {.above = at, .name = unpack_key(u, &last)};
        bool in_own = table_find(&own, field.name, &absent);
        bool in_common = table_find(&common, field.name, &absent);
        if (absent != NULL) return missing(c, absent->name, at);
        size_t start = u->at;
        enum err err =
            field_against(c, schema, in_own ? own : NULL, in_common ? common : NULL, u, &field);
        if (err != OK) return err;
        if (in_own && schema->rule != RULE_NONE) {
            CHECK(own - schema->properties < OWN_FIELDS_MAX);
            fields.value[own - schema->properties] = span_part(u->in, start, u->at - start);
        }
        if (in_own) own++;
        if (in_common) common++;
    }
    for (; own != NULL && own->name != NULL; own++) {
        if (own->required) return missing(c, own->name, at);
    }
    for (; common != NULL && common->name != NULL; common++) {
        if (common->required) return missing(c, common->name, at);
    }
    return object_rule(c, schema->rule, &fields, at);
}

static unsigned shape_of(enum value_kind kind) {
    switch (kind) {
    case VALUE_TEXT:
        return SHAPE_TEXT;
    case VALUE_INT:
    case VALUE_FLOAT:
        return SHAPE_NUMBER;
    case VALUE_BOOL:
        return SHAPE_BOOL;
    case VALUE_MAP:
        return SHAPE_OBJECT;
    case VALUE_ARRAY:
        return SHAPE_LIST;
    case VALUE_NIL:
    case VALUE_BYTES:
    case VALUE_EXT:
    case VALUE_NONE:
        break;
    }
    return 0;
}

/* A NULL schema is the one that permits everything, as is a hidden value under any schema. */
static enum err value_against(const struct check *c, const struct schema *schema, struct unpack *u,
                              const struct place *at) {
    enum value_kind kind = unpack_peek(u);
    if (schema == NULL || kind == VALUE_EXT) {
        (void)unpack_value(u);
        return OK;
    }
    unsigned shape = shape_of(kind);
    if ((schema->shapes & shape) == 0) return refuse(c, ERR_EPCIS_TYPE, at);
    if (shape == SHAPE_OBJECT) return object_against(c, schema, u, at);
    if (shape == SHAPE_LIST) return list_against(c, schema, u, at);
    if (shape != SHAPE_TEXT) {
        (void)unpack_value(u);
        return OK;
    }
    enum err err = text_check(schema, unpack_text(u, SIZE_MAX));
    return err == OK ? OK : refuse(c, err, at);
}

/* The type of the object that comes next, as text; refused when it has none. Consumes nothing. */
static enum err type_of(const struct check *c, const struct unpack *u, const struct place *at,
                        struct span *ret) {
    struct span type;
    struct unpack text;
    if (unpack_peek(u) != VALUE_MAP)
        return refuse(c, at == NULL ? ERR_EPCIS_DOCUMENT : ERR_EPCIS_TYPE, at);
    if (!value_get(span_part(u->in, u->at, u->in.len - u->at), "type", &type))
        return missing(c, "type", at);
    unpack_init(&text, type);
    *ret = unpack_text(&text, SIZE_MAX);
    if (unpack_end(&text) == OK) return OK;
    struct place field = {.above = at, .name = span_text("type")};
    return refuse(c, ERR_EPCIS_TYPE, &field);
}

static enum err event_against(const struct check *c, struct unpack *u, const struct place *at) {
    struct span type = SPAN_EMPTY;
    enum err err = type_of(c, u, at, &type);
    if (err != OK) return err;
    for (size_t i = 0; i < sizeof schema_events / sizeof schema_events[0]; i++) {
        if (span_is(type, schema_events[i].type))
            return value_against(c, schema_events[i].schema, u, at);
    }
    return value_against(c, &schema_extension_event, u, at);
}

/* What the tables said, and that the value was canonical to its end after all. */
static enum err ended(const struct check *c, enum err err, const struct unpack *u) {
    if (err != OK) return err;
    err = unpack_end(u);
    return err == OK ? OK : refuse(c, err, NULL);
}

enum err epcis_validate_event(struct span value, struct refusal *ret_refusal) {
    struct check c = {.refusal = ret_refusal};
    struct unpack u;
    unpack_init(&u, value);
    return ended(&c, event_against(&c, &u, NULL), &u);
}

enum err epcis_validate(struct span value, struct refusal *ret_refusal) {
    struct check c = {.refusal = ret_refusal};
    struct span type = SPAN_EMPTY;
    struct span context;
    struct unpack u;
    unpack_init(&u, value);
    enum err err = type_of(&c, &u, NULL, &type);
    if (err != OK) return err;
    if (span_is(type, "EPCISDocument")) {
        err = value_against(&c, &schema_document, &u, NULL);
    } else if (span_is(type, "EPCISQueryDocument")) {
        err = value_against(&c, &schema_query_document, &u, NULL);
    } else {
        err = event_against(&c, &u, NULL);
        if (err == OK && !value_get(value, "@context", &context))
            err = missing(&c, "@context", NULL);
    }
    return ended(&c, err, &u);
}

bool epcis_list_conforms(bool quantities, struct span value) {
    struct refusal ignored;
    struct check c = {.refusal = &ignored};
    struct unpack u;
    unpack_init(&u, value);
    if (unpack_peek(&u) != VALUE_ARRAY) return false;
    return value_against(&c, quantities ? &schema_quantity_list : &schema_uri_list, &u, NULL) == OK;
}
