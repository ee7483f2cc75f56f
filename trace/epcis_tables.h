/* epcis_tables.h: the language of the schema tables (epcis_tables.c), read by the interpreter
 * (epcis_schema.c). Only these two include it.
 *
 * One `struct schema` says what one value may be. A property table is sorted by name, as the keys
 * of a canonical map are, so that checking an object is one walk along both.
 */
#ifndef TRACE_EPCIS_TABLES_H
#define TRACE_EPCIS_TABLES_H

#include "base/codec.h"
#include "trace/vocabulary.h"

/* The JSON types a value may have; SHAPE_ANY is all of them. */
enum shape {
    SHAPE_ANY = 0,
    SHAPE_TEXT = 1,
    SHAPE_NUMBER = 2,
    SHAPE_BOOL = 4,
    SHAPE_OBJECT = 8,
    SHAPE_LIST = 16,
};

/* How a text must be written. */
enum form {
    FORM_NONE,
    FORM_URI,
    FORM_URI_NOT_CBV, /* a URI, but not the CBV's own URN or ns.gs1.org URI: those words are written
                         bare */
    FORM_URI_NOT_VOC, /* a URI, but not one of the GS1 web vocabulary */
    FORM_TIME,
    FORM_OFFSET, /* +08:00 */
    FORM_UNIT,   /* UN/CEFACT Recommendation 20, two or three characters */
    FORM_HEX,
    FORM_VERSION, /* 2.0 */
};

/* Which names an object may use besides those of its tables. */
enum names {
    NAMES_ANY,
    NAMES_URI, /* names with a colon or slash: URIs and CURIEs, the extensions */
    NAMES_NONE,
};

enum { WORDS_NONE = -1, WORDS_ACTION = -2, WORDS_EVENT_TYPE = -3 }; /* or an enum vocabulary */

/* What the tables cannot say: relations between fields of one object. */
enum rule {
    RULE_NONE,
    RULE_OBJECT_EVENT,
    RULE_CHILDREN, /* aggregation, association */
    RULE_TRANSACTION,
    RULE_TRANSFORMATION,
    RULE_SET_OR_UNSET,
};

struct schema;
struct property {
    const char *name;
    const struct schema *schema; /* NULL: any value */
    bool required;
};
struct schema {
    unsigned shapes;
    enum form form; /* texts */
    int words; /* texts: a word of these passes whatever the form; with FORM_NONE no other text does
                */
    const struct property *properties; /* objects: sorted, ends with a NULL name; may be NULL */
    const struct property *common;     /* objects: a second such table */
    enum names names;
    enum rule rule;
    const struct schema *items; /* lists; NULL: anything */
    uint32_t items_min;
    bool items_unique;
};

/* The roots. */
struct event_schema {
    const char *type;
    const struct schema *schema;
};
extern const struct schema schema_document;
extern const struct schema schema_query_document;
extern const struct schema schema_extension_event;
extern const struct event_schema schema_events[5]; /* by EPCIS event type */
extern const struct schema schema_event_list;      /* of a document: a list, its entries by type */
extern const struct schema schema_uri_list;
extern const struct schema schema_quantity_list;

#endif
