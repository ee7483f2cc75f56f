/* The happy path: put_known writes the standard's fields in the canonical order and marks what it
 * used up; put_rest writes everything else, sorted at each level. An element that is half used (a
 * sensorReport with a field nobody knows) is written twice, the second time with what is left. */
#include "trace/event_hash.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "trace/event_hash_parts.h"

struct order {
    const char *name;
    const struct order *children;
    bool time;
};

/* CBV 2.0 section 8.9.2, canonical property order. */
static const struct order epcs[] = {{"epc", NULL, false}, {0}};
static const struct order quantity[] = {
    {"epcClass", NULL, false}, {"quantity", NULL, false}, {"uom", NULL, false}, {0}};
static const struct order quantities[] = {{"quantityElement", quantity, false}, {0}};
static const struct order set_unset[] = {{"set", NULL, false}, {"unset", NULL, false}, {0}};
static const struct order id[] = {{"id", NULL, false}, {0}};
static const struct order sensor_metadata[] = {
    {"time", NULL, true},
    {"startTime", NULL, true},
    {"endTime", NULL, true},
    {"deviceID", NULL, false},
    {"deviceMetadata", NULL, false},
    {"rawData", NULL, false},
    {"dataProcessingMethod", NULL, false},
    {"bizRules", NULL, false},
    {0},
};
static const struct order sensor_report[] = {
    {"type", NULL, false},
    {"exception", NULL, false},
    {"deviceID", NULL, false},
    {"deviceMetadata", NULL, false},
    {"rawData", NULL, false},
    {"dataProcessingMethod", NULL, false},
    {"time", NULL, true},
    {"microorganism", NULL, false},
    {"chemicalSubstance", NULL, false},
    {"value", NULL, false},
    {"component", NULL, false},
    {"stringValue", NULL, false},
    {"booleanValue", NULL, false},
    {"hexBinaryValue", NULL, false},
    {"uriValue", NULL, false},
    {"minValue", NULL, false},
    {"maxValue", NULL, false},
    {"meanValue", NULL, false},
    {"sDev", NULL, false},
    {"percRank", NULL, false},
    {"percValue", NULL, false},
    {"uom", NULL, false},
    {"coordinateReferenceSystem", NULL, false},
    {0},
};
static const struct order sensor_element[] = {
    {"sensorMetadata", sensor_metadata, false}, {"sensorReport", sensor_report, false}, {0}};
static const struct order sensor_elements[] = {{"sensorElement", sensor_element, false}, {0}};
/* The three lists have their place, but the reference does not find their entries there and so
 * writes them among the rest; where there are none, the list is gone. */
static const struct order no_entries[] = {{0}};
static const struct order event_order[] = {
    {"eventTime", NULL, true},
    {"eventTimeZoneOffset", NULL, false},
    {"certificationInfo", NULL, false},
    {"parentID", NULL, false},
    {"epcList", epcs, false},
    {"inputEPCList", epcs, false},
    {"childEPCs", epcs, false},
    {"quantityList", quantities, false},
    {"childQuantityList", quantities, false},
    {"inputQuantityList", quantities, false},
    {"outputEPCList", epcs, false},
    {"outputQuantityList", quantities, false},
    {"action", NULL, false},
    {"transformationID", NULL, false},
    {"bizStep", NULL, false},
    {"disposition", NULL, false},
    {"persistentDisposition", set_unset, false},
    {"readPoint", id, false},
    {"bizLocation", id, false},
    {"bizTransactionList", no_entries, false},
    {"sourceList", no_entries, false},
    {"destinationList", no_entries, false},
    {"sensorElementList", sensor_elements, false},
    {0},
};
/* What says something about the event's record, not about what happened. */
static const char *const left_out[] = {"recordTime", "eventID", "type", "errorDeclaration"};

struct event_element *event_element_add(struct arena *arena, struct event_element *parent,
                                        struct span name, struct span text) {
    struct event_element *e = arena_alloc(arena, 1, sizeof *e);
    if (e == NULL) return NULL;
    *e = (struct event_element){.name = name, .text = text};
    event_element_append(parent, e);
    return e;
}

void event_element_append(struct event_element *parent, struct event_element *child) {
    child->next = NULL;
    if (parent->last != NULL)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->count++;
}

bool event_element_pair(struct arena *arena, struct event_element *entry,
                        const struct event_element *value) {
    const struct event_element *type = entry->first;
    while (type != NULL && !span_is(type->name, "type"))
        type = type->next;
    struct event_element pair = {.pair = true, .hidden = entry->hidden, .next = entry->next};
    const struct event_element *parts[] = {type, value};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i] == NULL) continue;
        struct event_element *e = event_element_add(arena, &pair, parts[i]->name, parts[i]->text);
        if (e == NULL) return false;
        e->hidden = parts[i]->hidden;
    }
    *entry = pair;
    return true;
}

struct span event_text_replace(struct arena *arena, struct span text, const char *from,
                               const char *to) {
    struct span with = span_text(to);
    size_t len = span_text(from).len, count = 0, at = 0;
    for (size_t i = 0; i + len <= text.len; i++)
        if (span_starts(span_part(text, i, text.len - i), from)) count++;
    if (count == 0) return text;
    uint8_t *out = arena_alloc(arena, text.len + count * with.len + 1, 1);
    if (out == NULL) return (struct span){NULL, 1};
    for (size_t i = 0; i < text.len;) {
        bool here = span_starts(span_part(text, i, text.len - i), from);
        for (size_t k = 0; here && k < with.len; k++)
            out[at++] = with.data[k];
        if (!here) out[at++] = text.data[i];
        i += here ? len : 1;
    }
    return span_of(out, at);
}

/* One call of event_prehash: the first error stays. */
struct run {
    struct arena *arena;
    struct refusal *refusal;
    enum err err;
};

static void stop(struct run *r, enum err e, struct span where) {
    if (r->err != OK || e == OK) return;
    int len = where.len < 128 ? (int)where.len : 128;
    const char *text = where.len > 0 ? (const char *)where.data : "";
    r->err = refusal_set(r->refusal, e, "%.*s", len, text);
}

/* The buffer's content in the arena; the buffer is empty again. */
static struct span keep(struct run *r, struct buffer *b) {
    struct span s = buffer_span(b), copy = arena_copy(r->arena, s);
    if (b->overflow || (copy.data == NULL && s.len > 0)) {
        stop(r, ERR_TOO_LARGE, SPAN_EMPTY);
        copy = SPAN_EMPTY;
    }
    buffer_clear(b);
    return copy;
}

static int by_bytes(const void *a, const void *b) {
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static void put_sorted(struct span *list, size_t count, struct buffer *out) {
    if (count > 1) qsort(list, count, sizeof *list, by_bytes);
    for (size_t i = 0; i < count; i++)
        buffer_append_span(out, list[i]);
}

static void put_text(struct run *r, const struct event_element *e, bool time, struct buffer *out) {
    struct span text = event_text_strip(e->text);
    if (e->hidden) stop(r, ERR_EVENT_HASH_HIDDEN, e->name);
    if (text.len == 0) return;
    buffer_u8(out, '=');
    stop(r, time ? event_hash_time(text, out) : event_hash_value(text, out), e->name);
}

static void put_rest(struct run *r, struct event_element *const list[], size_t count, bool sort,
                     struct buffer *out);

/* The children that are not used yet. */
static void put_children(struct run *r, struct event_element *e, bool sort, struct buffer *out) {
    size_t count = 0;
    struct event_element **list = arena_alloc(r->arena, e->count + 1u, sizeof *list);
    if (list == NULL) {
        stop(r, ERR_TOO_LARGE, SPAN_EMPTY);
        return;
    }
    for (struct event_element *c = e->first; c != NULL; c = c->next)
        if (!c->used) list[count++] = c;
    put_rest(r, list, count, sort, out);
}

static void put_rest(struct run *r, struct event_element *const list[], size_t count, bool sort,
                     struct buffer *out) {
    struct buffer one CLEANUP(buffer_free) = {0};
    struct span *parts = arena_alloc(r->arena, count + 1, sizeof *parts);
    if (parts == NULL) stop(r, ERR_TOO_LARGE, SPAN_EMPTY);
    buffer_init(&one, r->arena->max);
    for (size_t i = 0; i < count && r->err == OK; i++) {
        buffer_append_span(&one, list[i]->name);
        put_text(r, list[i], false, &one);
        put_children(r, list[i], !list[i]->pair, &one);
        parts[i] = keep(r, &one);
    }
    if (r->err != OK) return;
    if (sort) {
        put_sorted(parts, count, out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        buffer_append_span(out, parts[i]);
}

static bool contains(struct span s, const char *what) {
    for (size_t i = 0; i < s.len; i++)
        if (span_starts(span_part(s, i, s.len - i), what)) return true;
    return false;
}

/* Extensions of a readPoint, a sensorReport and such: they follow its own fields. The reference
 * knows them by a namespace that ends in "/", wants company for them, and takes a level with
 * anything like "eventTime" or "action" in a name for the event itself, whose extensions stand
 * among the rest. */
static size_t take_extensions(struct event_element *parent, struct event_element *ret_list[]) {
    size_t count = 0;
    if (parent->count <= 1) return 0;
    for (const struct event_element *c = parent->first; c != NULL; c = c->next)
        if (contains(c->name, "eventTime") || contains(c->name, "action")) return 0;
    for (struct event_element *c = parent->first; c != NULL; c = c->next) {
        if (!contains(c->name, "{") || !contains(c->name, "/}")) continue;
        ret_list[count++] = c;
        c->used = true;
    }
    return count;
}

static void put_known(struct run *r, struct event_element *parent, const struct order *order,
                      struct buffer *out);

/* Appends a known field; marks it as used unless something below it is not. */
static void put_field(struct run *r, struct event_element *e, const struct order *order,
                      struct buffer *out) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, r->arena->max);
    put_text(r, e, order->time, &value);
    if (order->children != NULL) put_known(r, e, order->children, &value);
    if (value.overflow) stop(r, ERR_TOO_LARGE, SPAN_EMPTY);
    if (value.len > 0) {
        buffer_append_span(out, e->name);
        buffer_append_span(out, buffer_span(&value));
    }
    e->used = true;
    for (const struct event_element *c = e->first; c != NULL; c = c->next)
        e->used = e->used && c->used;
}

static void put_known(struct run *r, struct event_element *parent, const struct order *order,
                      struct buffer *out) {
    struct buffer one CLEANUP(buffer_free) = {0};
    struct span *parts = arena_alloc(r->arena, parent->count + 1u, sizeof *parts);
    struct event_element **extensions =
        arena_alloc(r->arena, parent->count + 1u, sizeof *extensions);
    if (parts == NULL || extensions == NULL) {
        stop(r, ERR_TOO_LARGE, SPAN_EMPTY);
        return;
    }
    buffer_init(&one, r->arena->max);
    size_t extensions_count = take_extensions(parent, extensions);
    for (; order->name != NULL && r->err == OK; order++) {
        size_t count = 0;
        for (struct event_element *c = parent->first; c != NULL && r->err == OK; c = c->next) {
            if (!span_is(c->name, order->name)) continue;
            put_field(r, c, order, &one);
            parts[count++] = keep(r, &one);
        }
        put_sorted(parts, count, out);
    }
    put_rest(r, extensions, extensions_count, true, out);
}

enum err event_prehash(struct event_element *event, struct arena *arena, struct buffer *out,
                       struct refusal *ret_refusal) {
    struct run r = {.arena = arena, .refusal = ret_refusal};
    size_t before = out->len;
    if (event->hidden) stop(&r, ERR_EVENT_HASH_HIDDEN, event->name);
    if (event->name.len == 0) stop(&r, ERR_EVENT_HASH_TYPE, SPAN_EMPTY);
    buffer_text(out, "eventType=");
    buffer_append_span(out, event->name);
    if (r.err == OK) put_known(&r, event, event_order, out);
    for (struct event_element *c = event->first; c != NULL; c = c->next)
        for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
            if (span_is(c->name, left_out[i])) c->used = true;
    if (r.err == OK) put_children(&r, event, true, out);
    if (out->overflow) stop(&r, ERR_TOO_LARGE, SPAN_EMPTY);
    if (r.err != OK) out->len = before;
    return r.err;
}

void event_hash_uri(struct span prehash, char ret[EVENT_HASH_URI_SIZE]) {
    char hex[65];
    struct digest d = sha256(prehash);
    hex_encode(span_of(d.b, sizeof d.b), hex);
    (void)snprintf(ret, EVENT_HASH_URI_SIZE, "ni:///sha-256;%s?ver=CBV2.0", hex);
}
