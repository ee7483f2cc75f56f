/* recall.c: see recall.h. */
#include "trace/recall.h"

#include <stdlib.h>

#include "base/limits.h"
#include "trace/certificate.h"
#include "trace/subject.h"

static int compare(const void *a, const void *b) {
    return span_compare((*(const struct recall_thing *const *)a)->canonical, (*(const struct recall_thing *const *)b)->canonical);
}

/* SPEC O1: "their canonical texts pairwise different" */
static enum err all_different(const struct recall_item *r, struct arena *arena) {
    const struct recall_thing **order = arena_alloc(arena, r->things_count, sizeof *order);
    if (!order) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < r->things_count; i++)
        order[i] = &r->things[i];
    qsort(order, r->things_count, sizeof *order, compare);
    for (uint32_t i = 1; i < r->things_count; i++)
        if (span_equal(order[i - 1]->canonical, order[i]->canonical)) return ERR_RECALL_FORM;
    return OK;
}

static enum err thing_read(const struct thing *thing, struct arena *arena, struct recall_thing *ret) {
    struct buffer text CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    if (thing->role != ROLE_RECALLED || value_kind(thing->quantity) != VALUE_NIL || value_kind(thing->unit) != VALUE_NIL ||
        identifier_canonical(thing->identifier, &text, &kind) != OK || kind == IDENTIFIER_LOCATION ||
        kind == IDENTIFIER_DOCUMENT)
        return ERR_RECALL_FORM;
    ret->canonical = arena_copy(arena, buffer_span(&text));
    return ret->canonical.data ? OK : ERR_TOO_LARGE;
}

static enum err things_read(const struct item *item, struct arena *arena, struct recall_item *r) {
    enum err e = OK;
    if (item->things_count < 1 || item->things_count > RECALL_THINGS_MAX) return ERR_RECALL_FORM;
    r->things_count = item->things_count;
    r->things = arena_alloc(arena, r->things_count, sizeof *r->things);
    if (!r->things) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < r->things_count && e == OK; i++)
        e = thing_read(&item->things[i], arena, &r->things[i]);
    return e == OK ? all_different(r, arena) : e;
}

/* SPEC O1: "the group (L13) as `[u64, u16]` or `[subject id, 32 bytes]`" */
static bool group_valid(struct span group) {
    struct unpack u;
    uint8_t digest[32];
    unpack_init(&u, group);
    if (unpack_peek(&u) != VALUE_ARRAY || unpack_array(&u, 2) != 2) return false;
    if (unpack_peek(&u) == VALUE_TEXT) {
        if (!subject_id_valid(unpack_text(&u, SUBJECT_ID_BYTES_MAX))) return false;
        unpack_fixed(&u, digest, sizeof digest);
    } else {
        (void)unpack_uint(&u, UINT64_MAX);
        (void)unpack_uint(&u, UINT16_MAX);
    }
    return unpack_end(&u) == OK;
}

static void link_read(struct unpack *u, struct recall_thing *thing) {
    uint32_t parts = unpack_array(u, 2);
    if (parts == 0) return;
    if (parts != 2) unpack_fail(u, ERR_RECALL_FORM);
    thing->from = unpack_text(u, IDENTIFIER_BYTES_MAX);
    thing->group = unpack_value(u);
    if (u->err == OK && (thing->from.len == 0 || !group_valid(thing->group))) unpack_fail(u, ERR_RECALL_FORM);
}

static void links_read(struct span links, struct recall_item *r, struct unpack *outer) {
    struct unpack u;
    if (links.len > RECALL_LINKS_BYTES_MAX) unpack_fail(outer, ERR_RECALL_FORM);
    if (outer->err) return;
    unpack_init(&u, links);
    if (unpack_peek(&u) != VALUE_ARRAY || unpack_array(&u, RECALL_THINGS_MAX) != r->things_count) unpack_fail(&u, ERR_RECALL_FORM);
    for (uint32_t i = 0; i < r->things_count && u.err == OK; i++)
        link_read(&u, &r->things[i]);
    if (unpack_end(&u) != OK) unpack_fail(outer, ERR_RECALL_FORM);
}

static bool is_canonical(struct span text) {
    struct buffer again CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&again, IDENTIFIER_BYTES_MAX);
    return identifier_canonical(text, &again, &kind) == OK && span_equal(buffer_span(&again), text);
}

enum err recall_decode(const struct item *item, struct arena *arena, struct recall_item *ret) {
    struct recall_item r = {0};
    struct unpack u;
    struct span last = SPAN_EMPTY, issuer, number;
    bool orders = item->type == ITEM_RECALL_ORDERED;
    if (!orders && item->type != ITEM_RECALL_LIFTED) return ERR_RECALL_FORM;
    enum err e = things_read(item, arena, &r);
    if (e) return e;
    unpack_init(&u, item->fields);
    unpack_map_of(&u, orders ? 5 : 2);
    if (orders) {
        unpack_key_named(&u, &last, "level");
        r.level = (uint8_t)unpack_uint(&u, RECALL_LEVELS);
        unpack_key_named(&u, &last, "links");
        links_read(unpack_value(&u), &r, &u);
    }
    unpack_key_named(&u, &last, "reason");
    r.reason = (uint16_t)unpack_uint(&u, UINT16_MAX);
    unpack_key_named(&u, &last, "recall");
    r.recall = unpack_text(&u, CERTIFICATE_ID_BYTES_MAX);
    if (orders) {
        unpack_key_named(&u, &last, "root");
        r.root = unpack_text(&u, IDENTIFIER_BYTES_MAX);
    }
    e = unpack_end(&u);
    if (e) return e;
    if (!certificate_id_split(r.recall, &issuer, &number)) return ERR_RECALL_FORM;
    if (orders && (r.level == 0 || !is_canonical(r.root))) return ERR_RECALL_FORM;
    *ret = r;
    return OK;
}

static void links_write(const struct recall_item *r, struct buffer *out) {
    pack_array(out, r->things_count);
    for (uint32_t i = 0; i < r->things_count; i++) {
        pack_array(out, r->things[i].from.len > 0 ? 2 : 0);
        if (r->things[i].from.len == 0) continue;
        pack_text(out, r->things[i].from);
        pack_raw(out, r->things[i].group);
    }
}

void recall_fields(const struct recall_item *r, enum item_type type, struct buffer *out) {
    bool orders = type == ITEM_RECALL_ORDERED;
    pack_map(out, orders ? 5 : 2);
    if (orders) {
        pack_text(out, span_text("level"));
        pack_uint(out, r->level);
        pack_text(out, span_text("links"));
        links_write(r, out);
    }
    pack_text(out, span_text("reason"));
    pack_uint(out, r->reason);
    pack_text(out, span_text("recall"));
    pack_text(out, r->recall);
    if (!orders) return;
    pack_text(out, span_text("root"));
    pack_text(out, r->root);
}
