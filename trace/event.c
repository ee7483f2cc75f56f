#include "trace/event.h"

#include <stdlib.h>

#include "trace/rfc3339.h"
#include "trace/vocabulary.h"

bool event_is(const struct item *item) {
    return item->type >= ITEM_OBJECT_EVENT && item->type <= ITEM_OTHER_EVENT;
}

static struct span text_of(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    if (unpack_peek(&u) != VALUE_TEXT) return SPAN_EMPTY;
    return unpack_text(&u, SIZE_MAX);
}

static struct span text_in(struct span map, const char *field) {
    struct span value;
    return value_get(map, field, &value) ? text_of(value) : SPAN_EMPTY;
}

struct span event_text(const struct item *item, const char *field) {
    return text_in(item->fields, field);
}

bool event_time_ms(const struct item *item, int64_t *ret_ms) {
    return rfc3339_ms(event_text(item, "eventTime"), ret_ms);
}

struct span event_biz_step(const struct item *item) {
    return vocabulary_canonical(VOCABULARY_BIZ_STEP, event_text(item, "bizStep"));
}

struct span event_disposition(const struct item *item) {
    return vocabulary_canonical(VOCABULARY_DISPOSITION, event_text(item, "disposition"));
}

struct span event_action(const struct item *item) {
    return event_text(item, "action");
}

struct span event_id(const struct item *item) {
    return event_text(item, "eventID");
}

static struct span id_of(const struct item *item, const char *field) {
    struct span place;
    return value_get(item->fields, field, &place) ? text_in(place, "id") : SPAN_EMPTY;
}

struct span event_read_point(const struct item *item) {
    return id_of(item, "readPoint");
}

struct span event_biz_location(const struct item *item) {
    return id_of(item, "bizLocation");
}

struct span event_ilmd_lot(const struct item *item) {
    static const char *const names[] = {
        "cbvmda:lotNumber",
        "urn:epcglobal:cbv:mda:lotNumber",
        "https://ref.gs1.org/cbv/mda/lotNumber",
        "https://ns.gs1.org/cbv/mda/lotNumber",
    };
    struct span ilmd;
    if (!value_get(item->fields, "ilmd", &ilmd)) return SPAN_EMPTY;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct span lot = text_in(ilmd, names[i]);
        if (lot.len > 0) return lot;
    }
    return SPAN_EMPTY;
}

static bool party_at(const struct item *item, const char *list, const char *field, uint32_t i,
                     struct event_party *ret) {
    struct span value;
    struct unpack u;
    if (!value_get(item->fields, list, &value)) return false;
    unpack_init(&u, value);
    if (unpack_peek(&u) != VALUE_ARRAY || i >= unpack_array(&u, UINT32_MAX)) return false;
    for (uint32_t skipped = 0; skipped < i; skipped++)
        (void)unpack_value(&u);
    struct span party = unpack_value(&u);
    ret->type = vocabulary_canonical(VOCABULARY_SOURCE_DEST_TYPE, text_in(party, "type"));
    ret->id = text_in(party, field);
    return true;
}

bool event_source(const struct item *item, uint32_t i, struct event_party *ret) {
    return party_at(item, "sourceList", "source", i, ret);
}

bool event_destination(const struct item *item, uint32_t i, struct event_party *ret) {
    return party_at(item, "destinationList", "destination", i, ret);
}

/* By name, then by place: the first of equals is the one that stays. */
static int compare_things(const void *a, const void *b) {
    const struct event_thing *x = *(const struct event_thing *const *)a;
    const struct event_thing *y = *(const struct event_thing *const *)b;
    int order = span_compare(x->canonical, y->canonical);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Gives the first of equal things the roles of all and takes them from the others. A hostile list
 * may hold thousands: sorted, not searched. */
static void merge_equal(struct event_thing **order, uint32_t count) {
    qsort(order, count, sizeof(struct event_thing *), compare_things);
    struct event_thing *first = order[0];
    for (uint32_t i = 1; i < count; i++) {
        if (!span_equal(first->canonical, order[i]->canonical)) {
            first = order[i];
            continue;
        }
        first->roles = (uint16_t)(first->roles | order[i]->roles);
        order[i]->roles = 0;
    }
}

static enum err thing_read(const struct thing *thing, struct arena *arena, struct buffer *text,
                           struct event_thing *ret) {
    struct event_thing read = {.received = thing->identifier,
                               .roles = (uint16_t)(1u << (thing->role & 15))};
    buffer_clear(text);
    enum err err = identifier_canonical(thing->identifier, text, &read.kind);
    if (err != OK) return err;
    CHECK(!text->overflow);
    read.canonical = arena_copy(arena, buffer_span(text));
    if (read.canonical.data == NULL) return ERR_TOO_LARGE;
    *ret = read;
    return OK;
}

enum err event_things(const struct item *item, struct arena *arena, struct event_thing **ret_list,
                      uint32_t *ret_count) {
    struct buffer text CLEANUP(buffer_free) = {0};
    uint32_t count = item->type == ITEM_ENVELOPE ? 0 : item->things_count;
    if (count == 0) {
        *ret_list = NULL;
        *ret_count = 0;
        return OK;
    }
    struct event_thing *list = arena_alloc(arena, count, sizeof *list);
    struct event_thing **order = arena_alloc(arena, count, sizeof *order);
    if (list == NULL || order == NULL) return ERR_TOO_LARGE;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        enum err err = thing_read(&item->things[i], arena, &text, &list[i]);
        if (err != OK) return err;
        order[i] = &list[i];
    }
    merge_equal(order, count);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (list[i].roles != 0) list[kept++] = list[i];
    }
    *ret_list = list;
    *ret_count = kept;
    return OK;
}
