/* closure.c: see closure.h. A work list: a node whose interval grows is walked again, until nothing changes. */
#include "tools/closure.h"

#include <string.h>

#include "ledger/links.h"
#include "trace/event.h"

enum { SLOTS = 1 << 18 };

struct walk {
    const struct closure_source *source;
    struct arena *arena;
    struct closure *c;
    uint32_t *slots;   /* index + 1 into nodes, by a hash of the unit */
    uint32_t *pending; /* a ring of nodes to walk */
    bool *waits;       /* node stands in the ring */
    bool *walked;      /* once already */
    uint32_t first, waiting;
    bool failed;
};

static uint32_t hash_of(struct span unit) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < unit.len; i++)
        h = (h ^ unit.data[i]) * 16777619u;
    return h ^ (h >> 15);
}

static struct closure_node *node_of(struct walk *w, struct span unit, bool *ret_new) {
    struct closure *c = w->c;
    uint32_t at = hash_of(unit) & (SLOTS - 1);
    while (w->slots[at] && !span_equal(c->nodes[w->slots[at] - 1].unit, unit))
        at = (at + 1) & (SLOTS - 1);
    *ret_new = w->slots[at] == 0;
    if (!*ret_new) return &c->nodes[w->slots[at] - 1];
    if (c->nodes_count == c->nodes_max) {
        w->failed = true;
        return NULL;
    }
    struct closure_node *n = &c->nodes[c->nodes_count++];
    *n = (struct closure_node){.unit = arena_copy(w->arena, unit)};
    w->failed = w->failed || !n->unit.data;
    w->slots[at] = c->nodes_count;
    return n;
}

/* From the moment `from_ms` a unit concerns us, until `until_ms`. */
static void visit(struct walk *w, const struct closure_node *seen) {
    bool fresh;
    struct closure_node *n = node_of(w, seen->unit, &fresh);
    if (!n) return;
    uint32_t index = (uint32_t)(n - w->c->nodes);
    bool grows = fresh || seen->from_ms < n->from_ms || seen->until_ms > n->until_ms;
    if (fresh) {
        struct span unit = n->unit;
        *n = *seen;
        n->unit = unit;
        n->of = arena_copy(w->arena, seen->of);
        n->group = arena_copy(w->arena, seen->group);
    } else {
        if (seen->from_ms < n->from_ms) n->from_ms = seen->from_ms;
        if (seen->until_ms > n->until_ms) n->until_ms = seen->until_ms;
    }
    if (!grows || w->waits[index]) return;
    w->waits[index] = true;
    w->pending[(w->first + w->waiting++) % w->c->nodes_max] = index;
}

static bool corrected(const struct closure_chain *chain, const struct closure_event *e) {
    for (uint32_t i = 0; i < chain->count; i++) {
        struct span author;
        struct digest original;
        if (!event_corrects(&chain->list[i].item, &author, &original)) continue;
        if (author.len == 0) author = chain->list[i].subject;
        if (span_equal(author, e->subject) && digest_equal(&original, &e->digest)) return true;
    }
    return false;
}

static bool counts(const struct closure_chain *chain, const struct closure_event *e) {
    struct span author;
    struct digest original;
    return !event_corrects(&e->item, &author, &original) && !corrected(chain, e);
}

/* Is the unit among the things of these roles, itself or by a piece of it? */
static bool stands_in(struct walk *w, const struct closure_event *e, uint32_t roles, struct span unit) {
    struct event_thing *things;
    uint32_t count;
    if (event_things(&e->item, w->arena, &things, &count) != OK) w->failed = true;
    for (uint32_t i = 0; i < count && !w->failed; i++) {
        struct span of;
        if (!(things[i].roles & roles)) continue;
        if (span_equal(things[i].canonical, unit)) return true;
        if (!w->source->unit(w->source->self, things[i].canonical, &of)) w->failed = true;
        if (!w->failed && span_equal(of, unit)) return true;
    }
    return false;
}

static void outputs(struct walk *w, const struct closure_event *e, const struct closure_node *from, uint64_t time_ms, struct span group) {
    const uint32_t made = 1u << ROLE_OUTPUT | 1u << ROLE_OUTPUT_QUANTITY;
    struct event_thing *things;
    uint32_t count;
    if (event_things(&e->item, w->arena, &things, &count) != OK) w->failed = true;
    for (uint32_t i = 0; i < count && !w->failed; i++) {
        struct closure_node next = {.way = CLOSURE_MADE, .from_ms = time_ms, .until_ms = UINT64_MAX, .of = from->unit, .group = group};
        if (!(things[i].roles & made)) continue;
        if (!w->source->unit(w->source->self, things[i].canonical, &next.unit)) w->failed = true;
        if (!w->failed && !span_equal(next.unit, from->unit)) visit(w, &next);
    }
}

static void transformed(struct walk *w, const struct closure_event *e, const struct closure_node *from, uint64_t time_ms) {
    struct buffer group CLEANUP(buffer_free) = {0};
    struct span transformation = event_text(&e->item, "transformationID");
    struct links_event event = {e->log_index, e->item_index, e->subject};
    struct closure_chain all = {0};
    if (!stands_in(w, e, 1u << ROLE_INPUT | 1u << ROLE_INPUT_QUANTITY, from->unit)) return;
    buffer_init(&group, 256);
    group_write(&event, transformation, &group);
    if (transformation.len == 0) {
        outputs(w, e, from, time_ms, buffer_span(&group));
        return;
    }
    if (!w->source->group(w->source->self, e->subject, transformation, &all)) w->failed = true;
    for (uint32_t i = 0; i < all.count && !w->failed; i++) {
        struct span author;
        struct digest original;
        if (!event_corrects(&all.list[i].item, &author, &original)) outputs(w, &all.list[i], from, time_ms, buffer_span(&group));
    }
}

/* Until the parent is emptied, which a DELETE without children says, or ends. */
static uint64_t emptied_after(struct walk *w, struct span parent, uint64_t from_ms) {
    struct closure_chain chain = {0};
    uint64_t until = UINT64_MAX;
    if (!w->source->moves(w->source->self, parent, &chain)) w->failed = true;
    for (uint32_t i = 0; i < chain.count && !w->failed; i++) {
        struct event_moves m;
        event_moves(&chain.list[i].item, &m);
        bool empties = (m.unpacks && chain.list[i].item.things_count == 1) || m.of_role[ROLE_EPC] == MOVE_END;
        if (empties && m.time_ms >= from_ms && m.time_ms < until && counts(&chain, &chain.list[i])) until = m.time_ms;
    }
    return until;
}

static void packed(struct walk *w, const struct closure_event *e, const struct closure_node *from, uint64_t time_ms) {
    struct buffer text CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    if (!stands_in(w, e, 1u << ROLE_CHILD | 1u << ROLE_CHILD_QUANTITY, from->unit)) return;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    if (identifier_canonical(e->item.things[0].identifier, &text, &kind) != OK) return;
    struct closure_node parent = {.unit = buffer_span(&text), .way = CLOSURE_PACKED, .from_ms = time_ms, .of = from->unit};
    parent.until_ms = emptied_after(w, parent.unit, time_ms);
    if (parent.until_ms > from->until_ms) parent.until_ms = from->until_ms;
    if (!w->failed && !span_equal(parent.unit, from->unit)) visit(w, &parent);
}

static void placed(struct walk *w, const struct closure_event *e, const struct closure_node *at, const struct event_moves *m, bool again) {
    struct closure *c = w->c;
    uint32_t bits = 0;
    for (uint32_t role = 0; role < 16; role++)
        bits |= 1u << m->of_role[role];
    bool received = bits & 1u << MOVE_RECEIVE;
    if (!received && !(bits & 1u << MOVE_SHIP)) return;
    for (uint32_t i = 0; again && i < c->places_count; i++) /* told before */
        if (c->places[i].time_ms == m->time_ms && c->places[i].received == received && span_equal(c->places[i].unit, at->unit) &&
            span_equal(c->places[i].subject, e->subject))
            return;
    if (c->places_count == c->places_max) {
        w->failed = true;
        return;
    }
    c->places[c->places_count++] = (struct closure_place){at->unit, e->subject, event_receiver(&e->item), m->time_ms, received};
}

static void walk_node(struct walk *w, uint32_t index) {
    struct closure_node at = w->c->nodes[index];
    struct closure_chain chain = {0};
    if (!w->source->moves(w->source->self, at.unit, &chain)) w->failed = true;
    for (uint32_t i = 0; i < chain.count && !w->failed; i++) {
        const struct closure_event *e = &chain.list[i];
        struct event_moves m;
        event_moves(&e->item, &m);
        w->c->events++;
        struct span author;
        struct digest original;
        if (m.time_ms < at.from_ms || m.time_ms >= at.until_ms || event_corrects(&e->item, &author, &original)) continue;
        /* Also one that was corrected: nobody corrects a lot out of a recall (SPEC L13). */
        if (e->item.type == ITEM_TRANSFORMATION_EVENT) transformed(w, e, &at, m.time_ms);
        if (corrected(&chain, e)) continue;
        if (m.packs) packed(w, e, &at, m.time_ms);
        placed(w, e, &at, &m, w->walked[index]);
    }
    w->walked[index] = true;
}

bool closure_down(const struct closure_source *source, struct span root, struct arena *arena, struct closure *ret) {
    struct walk w = {.source = source, .arena = arena, .c = ret};
    *ret = (struct closure){.nodes_max = CLOSURE_NODES_MAX, .places_max = CLOSURE_PLACES_MAX};
    ret->nodes = arena_alloc(arena, ret->nodes_max, sizeof *ret->nodes);
    ret->places = arena_alloc(arena, ret->places_max, sizeof *ret->places);
    w.slots = arena_alloc(arena, SLOTS, sizeof *w.slots);
    w.pending = arena_alloc(arena, ret->nodes_max, sizeof *w.pending);
    w.waits = arena_alloc(arena, ret->nodes_max, sizeof *w.waits);
    w.walked = arena_alloc(arena, ret->nodes_max, sizeof *w.walked);
    if (!ret->nodes || !ret->places || !w.slots || !w.pending || !w.waits || !w.walked) return false;
    struct closure_node first = {.unit = root, .way = CLOSURE_ROOT, .until_ms = UINT64_MAX};
    visit(&w, &first);
    while (w.waiting > 0 && !w.failed) {
        uint32_t index = w.pending[w.first];
        w.first = (w.first + 1) % ret->nodes_max;
        w.waiting--;
        w.waits[index] = false;
        walk_node(&w, index);
    }
    return !w.failed;
}
