/* From EPCIS JSON to elements. Two passes: `survey` finds the document's standard words as JSON-LD
 * expands them, `element_of` makes elements, and `correct` gives them the names that XML has. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "trace/event_hash.h"
#include "trace/vocabulary.h"

struct prefix {
    struct span name, uri;
    struct prefix *next;
};
/* A Web URI of a standard word and what a bare word that means it would be: what follows any "-" or
 * "/" of it. */
struct word {
    struct span bare, uri;
};
struct iri {
    struct span text;
    struct iri *next;
};
enum { PREFIXES_MAX = 256, IGNORED_MAX = 64 };
struct reader {
    struct arena *arena;
    uint32_t prefixes_count;
    struct prefix *prefixes; /* of the document's @context; the last one first */
    struct iri *iris;
    size_t iris_count, words_count;
    struct word *words;               /* sorted by bare word */
    struct span ignored[IGNORED_MAX]; /* keys of events that do not count */
    size_t ignored_count;
    bool bare; /* an event without a document: its @context is the document's */
    bool full; /* the arena is */
};

static struct span text_of(struct span value) {
    struct unpack u;
    if (value_kind(value) != VALUE_TEXT) return SPAN_EMPTY;
    unpack_init(&u, value);
    return unpack_text(&u, SIZE_MAX);
}

static struct span text_at(struct span map, const char *key) {
    struct span v;
    return value_get(map, key, &v) ? text_of(v) : SPAN_EMPTY;
}

/* -- @context -- */

static void prefixes_of_map(struct reader *r, struct span map) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, map);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    for (uint32_t i = 0; i < count && u.err == OK; i++) {
        struct span key = unpack_key(&u, &last), value = unpack_value(&u);
        /* JSON-LD 1.1 section 9.3: a term may be defined by an object */
        struct span uri = value_kind(value) == VALUE_MAP ? text_at(value, "@id") : text_of(value);
        struct prefix *p = arena_alloc(r->arena, 1, sizeof *p);
        r->full = r->full || p == NULL || ++r->prefixes_count > PREFIXES_MAX;
        if (r->full) return;
        if (uri.len == 0) continue;
        *p = (struct prefix){key, uri, r->prefixes};
        r->prefixes = p;
    }
}

static void prefixes_of(struct reader *r, struct span context) {
    struct unpack u;
    if (value_kind(context) == VALUE_MAP) prefixes_of_map(r, context);
    if (value_kind(context) != VALUE_ARRAY) return;
    unpack_init(&u, context);
    uint32_t count = unpack_array(&u, UINT32_MAX);
    for (uint32_t i = 0; i < count && u.err == OK; i++) {
        struct span entry = unpack_value(&u);
        if (value_kind(entry) == VALUE_MAP) prefixes_of_map(r, entry);
    }
}

static bool prefix_split(struct span text, struct span *ret_prefix, struct span *ret_rest) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != ':') continue;
        *ret_prefix = span_part(text, 0, i);
        *ret_rest = span_part(text, i + 1, text.len - i - 1);
        return true;
    }
    return false;
}

static struct span joined(struct reader *r, const char *before, struct span a, const char *between,
                          struct span b) {
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, a.len + b.len + 64);
    buffer_text(&out, before);
    buffer_append_span(&out, a);
    buffer_text(&out, between);
    buffer_append_span(&out, b);
    struct span copy = arena_copy(r->arena, buffer_span(&out));
    r->full = r->full || (copy.data == NULL && out.len > 0);
    return r->full ? SPAN_EMPTY : copy;
}

/* A prefix of the document's own @context written out; other text as it is. */
static struct span expand(struct reader *r, struct span text, bool braces) {
    struct span name, rest;
    if (!prefix_split(text, &name, &rest)) return text;
    for (const struct prefix *p = r->prefixes; p != NULL; p = p->next)
        if (span_equal(p->name, name))
            return joined(r, braces ? "{" : "", p->uri, braces ? "}" : "", rest);
    return text;
}

/* -- the words of the vocabularies -- */

static bool among(struct span s, const char *const *list) {
    for (; *list != NULL; list++)
        if (span_is(s, *list)) return true;
    return false;
}

/* Which vocabulary's bare words may stand under a key; `holder` is the key of the object around it.
 */
static bool vocabulary_of(struct span key, struct span holder, enum vocabulary *ret) {
    static const struct {
        const char *key, *holder;
        enum vocabulary vocabulary;
    } rows[] = {
        {"bizStep", NULL, VOCABULARY_BIZ_STEP},
        {"disposition", NULL, VOCABULARY_DISPOSITION},
        {"set", "persistentDisposition", VOCABULARY_DISPOSITION},
        {"unset", "persistentDisposition", VOCABULARY_DISPOSITION},
        {"type", "bizTransactionList", VOCABULARY_BIZ_TRANSACTION_TYPE},
        {"type", "sourceList", VOCABULARY_SOURCE_DEST_TYPE},
        {"type", "destinationList", VOCABULARY_SOURCE_DEST_TYPE},
        {"type", "sensorReport", VOCABULARY_MEASUREMENT_TYPE},
        {"exception", "sensorReport", VOCABULARY_ALERT_TYPE},
        {"component", "sensorReport", VOCABULARY_COMPONENT},
        {"reason", "errorDeclaration", VOCABULARY_ERROR_REASON},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!span_is(key, rows[i].key) || (rows[i].holder && !span_is(holder, rows[i].holder)))
            continue;
        *ret = rows[i].vocabulary;
        return true;
    }
    return false;
}

/* Fields whose values JSON-LD takes for names of things, in which a prefix is written out. */
static const char *const name_fields[] = {"type",
                                          "id",
                                          "eventID",
                                          "bizLocation",
                                          "readPoint",
                                          "transformationID",
                                          "epcList",
                                          "certificationInfo",
                                          "epcClass",
                                          "parentID",
                                          "childEPCs",
                                          "inputEPCList",
                                          "outputEPCList",
                                          "deviceID",
                                          "deviceMetadata",
                                          "rawData",
                                          "dataProcessingMethod",
                                          "coordinateReferenceSystem",
                                          "microorganism",
                                          "chemicalSubstance",
                                          "uriValue",
                                          "correctiveEventIDs",
                                          "source",
                                          "destination",
                                          "bizTransaction",
                                          NULL};

static bool is_standard(struct span iri) {
    return span_starts(iri, "https://ref.gs1.org/cbv") || span_starts(iri, "https://gs1.org/voc");
}

static void survey_text(struct reader *r, struct span text, struct span key, struct span holder) {
    struct span iri = text, name, rest;
    enum vocabulary v = VOCABULARY_BIZ_STEP;
    bool word = vocabulary_of(key, holder, &v);
    bool names =
        among(key, name_fields) || (span_is(key, "bizRules") && span_is(holder, "sensorMetadata"));
    if (word && vocabulary_has(v, text)) {
        iri = joined(r, vocabulary_web(v), text, "", SPAN_EMPTY);
    } else if ((word || names) && prefix_split(text, &name, &rest)) {
        if (span_is(name, "cbv"))
            iri = joined(r, "", span_text("https://ref.gs1.org/cbv/"), "", rest);
        if (span_is(name, "gs1")) iri = joined(r, "", span_text("https://gs1.org/voc/"), "", rest);
        if (span_equal(iri, text)) iri = expand(r, text, false);
    }
    if (!is_standard(iri) || iri.len > IDENTIFIER_BYTES_MAX) return;
    struct iri *i = arena_alloc(r->arena, 1, sizeof *i);
    r->full = r->full || i == NULL;
    if (i == NULL) return;
    *i = (struct iri){iri, r->iris};
    r->iris = i;
    r->iris_count++;
}

static void survey(struct reader *r, struct span value, struct span key, struct span holder) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, value);
    switch (value_kind(value)) {
    case VALUE_TEXT:
        survey_text(r, text_of(value), key, holder);
        return;
    case VALUE_ARRAY:
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0 && !r->full; n--)
            survey(r, unpack_value(&u), key, holder);
        return;
    case VALUE_MAP:
        for (uint32_t n = unpack_map(&u, UINT32_MAX); n > 0 && !r->full; n--) {
            struct span name = unpack_key(&u, &last), inner = unpack_value(&u);
            if (!span_is(name, "@context")) survey(r, inner, name, key);
        }
        return;
    case VALUE_NIL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_BYTES:
    case VALUE_EXT:
    case VALUE_NONE:
        return;
    }
}

static int by_text(const void *a, const void *b) {
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static int by_bare(const void *a, const void *b) {
    const struct word *x = a, *y = b;
    return span_compare(x->bare, y->bare);
}

/* Each URI once, then every bare word that one of them could be. */
static void words_make(struct reader *r) {
    struct span *iris = arena_alloc(r->arena, r->iris_count + 1, sizeof *iris);
    size_t count = 0, unique = 0, ends = 0;
    r->full = r->full || iris == NULL;
    if (r->full) return;
    for (const struct iri *i = r->iris; i != NULL; i = i->next)
        iris[count++] = i->text;
    qsort(iris, count, sizeof *iris, by_text);
    for (size_t i = 0; i < count; i++)
        if (unique == 0 || !span_equal(iris[i], iris[unique - 1])) iris[unique++] = iris[i];
    for (size_t i = 0; i < unique; i++)
        ends += iris[i].len;
    r->words = arena_alloc(r->arena, ends + 1, sizeof *r->words);
    r->full = r->full || r->words == NULL;
    for (size_t i = 0; i < unique && !r->full; i++) {
        for (size_t at = 0; at < iris[i].len; at++) {
            if (iris[i].data[at] != '-' && iris[i].data[at] != '/') continue;
            r->words[r->words_count++] =
                (struct word){span_part(iris[i], at + 1, iris[i].len - at - 1), iris[i]};
        }
    }
    if (!r->full) qsort(r->words, r->words_count, sizeof *r->words, by_bare);
}

/* A text that is the end of exactly one of the document's standard URIs stands for it. */
static struct span written_out(const struct reader *r, struct span text) {
    size_t low = 0, high = r->words_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (span_compare(r->words[middle].bare, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool first = low < r->words_count && span_equal(r->words[low].bare, text);
    bool second = low + 1 < r->words_count && span_equal(r->words[low + 1].bare, text);
    return first && !second ? r->words[low].uri : text;
}

/* -- elements -- */

static struct span scalar_text(struct reader *r, struct span value) {
    struct unpack u;
    char number[40];
    unpack_init(&u, value);
    switch (value_kind(value)) {
    case VALUE_TEXT:
        return expand(r, written_out(r, text_of(value)), false);
    case VALUE_NIL:
        return span_text("None");
    case VALUE_BOOL:
        return span_text(unpack_bool(&u) ? "True" : "False");
    case VALUE_INT:
        (void)snprintf(number, sizeof number, "%lld", (long long)unpack_int(&u));
        return joined(r, "", span_text(number), "", SPAN_EMPTY);
    case VALUE_FLOAT:
        (void)snprintf(number, sizeof number, "%.17g", unpack_float(&u));
        return joined(r, "", span_text(number), "", SPAN_EMPTY);
    case VALUE_BYTES:
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_EXT:
    case VALUE_NONE:
        break;
    }
    return SPAN_EMPTY;
}

static void fill(struct reader *r, struct event_element *e, struct span value, bool event);

/* A value under a key: one element, or one for each entry of a list. */
static void add(struct reader *r, struct event_element *parent, struct span name, struct span value,
                bool spread) {
    struct unpack u;
    if (spread && value_kind(value) == VALUE_ARRAY) {
        unpack_init(&u, value);
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0 && !r->full; n--)
            add(r, parent, name, unpack_value(&u), false);
        return;
    }
    struct event_element *e = event_element_add(r->arena, parent, name, SPAN_EMPTY);
    r->full = r->full || e == NULL;
    if (e != NULL) fill(r, e, value, false);
}

static bool is_ignored(const struct reader *r, struct span key, bool event) {
    static const char *const remarks[] = {"#text", "rdfs:comment", "comment", NULL};
    if (among(key, remarks) || (event && r->bare && span_is(key, "@context"))) return true;
    for (size_t i = 0; event && i < r->ignored_count; i++)
        if (span_equal(r->ignored[i], key)) return true;
    return false;
}

static void fill(struct reader *r, struct event_element *e, struct span value, bool event) {
    struct unpack u;
    struct span last = SPAN_EMPTY, text;
    unpack_init(&u, value);
    enum value_kind kind = value_kind(value);
    if (kind == VALUE_EXT || kind == VALUE_BYTES) e->hidden = true;
    if (kind == VALUE_ARRAY) {
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0 && !r->full; n--)
            add(r, e, SPAN_EMPTY, unpack_value(&u), false);
        return;
    }
    if (kind != VALUE_MAP) {
        e->text = scalar_text(r, value);
        return;
    }
    if (value_get(value, "#text", &text)) e->text = scalar_text(r, text);
    for (uint32_t n = unpack_map(&u, UINT32_MAX); n > 0 && !r->full; n--) {
        struct span key = unpack_key(&u, &last), inner = unpack_value(&u);
        if (!is_ignored(r, key, event)) add(r, e, expand(r, key, true), inner, true);
    }
}

/* -- what JSON leaves out or calls by another name -- */

static bool ends_in_list(struct span name) {
    return name.len >= 4 && span_is(span_part(name, name.len - 4, 4), "List");
}

/* The value that stands beside the type: named after the list, or the first other one. */
static const struct event_element *partner(const struct event_element *entry, struct span name) {
    const struct event_element *other = NULL;
    for (const struct event_element *c = entry->first; c != NULL; c = c->next) {
        if (span_equal(c->name, name)) return c;
        if (other == NULL && !span_is(c->name, "type")) other = c;
    }
    return other;
}

static int by_name(const void *a, const void *b) {
    return span_compare((*(struct event_element *const *)a)->name,
                        (*(struct event_element *const *)b)->name);
}

/* {"epcList": [a, b]}: one element epcList around two named epc. */
static void group_lists(struct reader *r, struct event_element *e) {
    static const char *const pairs[] = {"bizTransactionList", "sourceList", "destinationList",
                                        NULL};
    struct event_element **all = arena_alloc(r->arena, e->count + 1u, sizeof *all), *list = NULL;
    size_t count = 0;
    struct span name = SPAN_EMPTY;
    r->full = r->full || all == NULL;
    if (r->full) return;
    for (struct event_element *c = e->first; c != NULL; c = c->next)
        all[count++] = c;
    qsort(all, count, sizeof *all, by_name);
    e->first = e->last = NULL;
    e->count = 0;
    for (size_t i = 0; i < count; i++) {
        struct event_element *c = all[i];
        bool children = span_is(c->name, "childEPCs");
        if (!children && !ends_in_list(c->name)) {
            event_element_append(e, c);
            continue;
        }
        if (list == NULL || !span_equal(name, c->name))
            list = event_element_add(r->arena, e, c->name, SPAN_EMPTY);
        r->full = r->full || list == NULL;
        if (list == NULL) return;
        name = c->name;
        c->name = children ? span_text("epc") : span_part(name, 0, name.len - 4);
        event_element_append(list, c);
        if (!among(name, pairs)) continue;
        list->pair = true; /* until `correct` has passed: its entries stay as they are */
        const struct event_element *value = partner(c, c->name);
        if (value != NULL && !event_element_pair(r->arena, c, value)) r->full = true;
    }
}

static void correct(struct reader *r, struct event_element *e) {
    static const char *const epcs[] = {"inputEPC", "outputEPC", NULL};
    static const char *const quantities[] = {"inputQuantity", "outputQuantity", "childQuantity",
                                             NULL};
    group_lists(r, e);
    for (struct event_element *c = e->first; c != NULL && !r->full; c = c->next) {
        if (c->pair) {
            c->pair = false;
            continue;
        }
        correct(r, c);
    }
    if (among(e->name, epcs)) e->name = span_text("epc");
    if (among(e->name, quantities) || (span_is(e->name, "quantity") && e->count > 0))
        e->name = span_text("quantityElement");
}

/* -- documents -- */

/* Keys that a repository added to events and says so: "x:ignoreFields", x being its namespace. */
static void ignored_of(struct reader *r, struct span holder) {
    struct span list;
    for (const struct prefix *p = r->prefixes; p != NULL; p = p->next) {
        char key[NAME_BYTES_MAX];
        if (!span_is(p->uri, "https://repository-x.example.com/") || p->name.len > sizeof key - 16)
            continue;
        (void)snprintf(key, sizeof key, "%.*s:ignoreFields", (int)p->name.len,
                       (const char *)p->name.data);
        if (!value_get(holder, key, &list) || value_kind(list) != VALUE_ARRAY) continue;
        struct unpack u;
        unpack_init(&u, list);
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0; n--) {
            struct span name = text_of(unpack_value(&u));
            r->full = r->full || r->ignored_count == IGNORED_MAX;
            if (r->full) return;
            if (name.len > 0) r->ignored[r->ignored_count++] = name;
        }
    }
}

/* The list of events, or the one event; false when there is none. */
static bool events_of(struct reader *r, struct span document, struct span *ret) {
    struct span body, results, inner;
    if (!value_get(document, "epcisBody", &body)) {
        *ret = document;
        r->bare = true;
        return text_at(document, "type").len > 0;
    }
    ignored_of(r, document);
    if (value_get(body, "eventList", ret)) return value_kind(*ret) == VALUE_ARRAY;
    if (value_get(body, "queryResults", &results)) {
        ignored_of(r, results);
        return value_get(results, "resultsBody", &inner) && value_get(inner, "eventList", ret) &&
               value_kind(*ret) == VALUE_ARRAY;
    }
    return value_get(body, "event", ret);
}

static void event_add(struct reader *r, struct event_element *parent, struct span event) {
    struct event_element *e = event_element_add(r->arena, parent, SPAN_EMPTY, SPAN_EMPTY);
    r->full = r->full || e == NULL;
    if (e == NULL || value_kind(event) != VALUE_MAP) return;
    fill(r, e, event, true);
    correct(r, e);
    e->name = written_out(r, text_at(event, "type"));
}

enum err event_hash_read(struct span document, struct arena *arena, struct event_element *ret,
                         struct refusal *ret_refusal) {
    struct reader r = {.arena = arena};
    struct span context, events;
    struct event_element list = {.name = span_text("EventList")};
    if (value_get(document, "@context", &context)) prefixes_of(&r, context);
    if (!events_of(&r, document, &events))
        return refusal_set(ret_refusal, ERR_EPCIS_DOCUMENT, "%s", "epcisBody");
    survey(&r, document, SPAN_EMPTY, SPAN_EMPTY);
    words_make(&r);
    if (value_kind(events) != VALUE_ARRAY) {
        event_add(&r, &list, events);
    } else {
        struct unpack u;
        unpack_init(&u, events);
        for (uint32_t n = unpack_array(&u, UINT32_MAX); n > 0 && !r.full; n--)
            event_add(&r, &list, unpack_value(&u));
    }
    if (r.full) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    *ret = list;
    return OK;
}
