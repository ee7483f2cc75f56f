/* closure.c: see closure.h. */
#include "ledger/closure.h"

#include <stdlib.h>
#include <string.h>

#include "trace/move.h"

/* -- events -- */

static uint8_t role_of(const struct item *item, const struct event_moves *m, uint8_t role) {
    if (item->type == ITEM_TRANSFORMATION_EVENT)
        return role == ROLE_INPUT || role == ROLE_INPUT_QUANTITY ? CLOSURE_INPUT : CLOSURE_OUTPUT;
    if (m->packs || m->unpacks) return role == ROLE_PARENT ? CLOSURE_PARENT : CLOSURE_CHILD;
    return CLOSURE_NAMED;
}

static enum closure_kind kind_of(const struct item *item, const struct event_moves *m) {
    bool children = false;
    if (!m->moving) return CLOSURE_OTHER;
    if (item->type == ITEM_TRANSFORMATION_EVENT) return CLOSURE_TRANSFORM;
    for (uint32_t i = 0; i < item->things_count; i++)
        children = children || item->things[i].role == ROLE_CHILD || item->things[i].role == ROLE_CHILD_QUANTITY;
    if (m->packs) return CLOSURE_PACK;
    if (m->unpacks) return children ? CLOSURE_OTHER : CLOSURE_EMPTY;
    if (span_is(m->action, "DELETE")) return CLOSURE_END;
    if (span_is(m->step, "shipping")) return CLOSURE_SHIP;
    return span_is(m->step, "receiving") ? CLOSURE_RECEIVE : CLOSURE_OTHER;
}

static bool is_itself(struct span received, struct span unit) {
    struct buffer text CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&text, 2 * IDENTIFIER_BYTES_MAX);
    return identifier_canonical(received, &text, &kind) == OK && span_equal(buffer_span(&text), unit);
}

enum err closure_event_of(const struct item *item, const struct digest *digest, struct span subject, const struct span units[],
                          struct arena *arena, struct closure_event *ret) {
    struct event_moves m;
    struct span author;
    struct closure_event e = {.digest = *digest, .subject = subject};
    event_moves(item, &m);
    e.time_ms = m.time_ms;
    e.kind = kind_of(item, &m);
    e.receiver = event_receiver(item);
    e.transformation = event_text(item, "transformationID");
    if (event_corrects(item, &author, &e.digest)) {
        e.kind = CLOSURE_CORRECTION;
        if (author.len > 0) e.subject = author;
    }
    e.members = arena_alloc(arena, item->things_count + (size_t)1, sizeof *e.members);
    if (!e.members) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < item->things_count; i++) {
        struct closure_member member = {units[i], role_of(item, &m, item->things[i].role), false};
        struct closure_member *last = e.members_count > 0 ? &e.members[e.members_count - 1] : NULL;
        if (units[i].len == 0) continue;
        member.itself = is_itself(item->things[i].identifier, units[i]);
        /* Pieces of one lot stand side by side. */
        if (last && last->roles == member.roles && last->itself == member.itself && span_equal(last->unit, member.unit)) continue;
        e.members[e.members_count++] = member;
    }
    *ret = e;
    return OK;
}

/* -- tables: digests to numbers -- */

struct closure_slot {
    struct digest key;
    uint32_t index; /* + 1; 0: free */
    uint64_t least_ms, most_ms; /* of the events that were followed: those between add nothing */
    struct closure_chain group;
};

static struct closure_slot *slot_find(const struct closure_table *t, const struct digest *key) {
    uint32_t at = get_u32(key->b) & t->mask;
    while (t->slots[at].index && !digest_equal(&t->slots[at].key, key))
        at = (at + 1) & t->mask;
    return &t->slots[at];
}

static struct closure_slot *slot_of(struct closure_table *t, const struct digest *key) {
    if (!t->slots || t->count * 2 >= t->mask) {
        struct closure_table next = {.mask = t->slots ? t->mask * 2 + 1 : 255, .count = t->count};
        next.slots = check_alloc((size_t)next.mask + 1, sizeof *next.slots);
        for (uint32_t i = 0; t->slots && i <= t->mask; i++)
            if (t->slots[i].index) *slot_find(&next, &t->slots[i].key) = t->slots[i];
        free(t->slots);
        *t = next;
    }
    struct closure_slot *s = slot_find(t, key);
    if (!s->index) s->key = *key;
    return s;
}

/* -- units -- */

struct running {
    const struct closure_source *source;
    struct closure *c;
    uint32_t *queue; /* a ring with room for every unit */
    uint32_t head, waiting, room;
    enum err err;
};

static int by_digest(const void *a, const void *b) {
    const struct closure_event *const *x = a, *const *y = b;
    return memcmp((*x)->digest.b, (*y)->digest.b, sizeof (*x)->digest.b);
}

/* A correction stands in the chain of what it takes back. */
static void mark_corrected(struct closure_chain *chain) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < chain->count; i++)
        n += chain->events[i].kind == CLOSURE_CORRECTION;
    if (n == 0) return;
    const struct closure_event **list = check_alloc(n, sizeof *list);
    n = 0;
    for (uint32_t i = 0; i < chain->count; i++)
        if (chain->events[i].kind == CLOSURE_CORRECTION) list[n++] = &chain->events[i];
    qsort(list, n, sizeof *list, by_digest);
    for (uint32_t i = 0; i < chain->count; i++) {
        struct closure_event *e = &chain->events[i];
        uint32_t low = 0, high = n;
        if (e->kind == CLOSURE_CORRECTION) continue;
        while (low < high) {
            uint32_t mid = low + (high - low) / 2;
            if (memcmp(list[mid]->digest.b, e->digest.b, sizeof e->digest.b) < 0) low = mid + 1;
            else high = mid;
        }
        for (; low < n && digest_equal(&list[low]->digest, &e->digest); low++)
            e->corrected = e->corrected || span_equal(list[low]->subject, e->subject);
    }
    free(list);
}

static const struct closure_member *member_of(const struct closure_event *e, struct span unit, uint8_t roles) {
    for (uint32_t i = 0; i < e->members_count; i++)
        if ((e->members[i].roles & roles) && span_equal(e->members[i].unit, unit)) return &e->members[i];
    return NULL;
}

static bool empties(const struct closure_event *e, struct span unit) {
    const struct closure_member *m = NULL;
    if (e->corrected) return false;
    if (e->kind == CLOSURE_EMPTY) m = member_of(e, unit, CLOSURE_PARENT);
    if (e->kind == CLOSURE_END) m = member_of(e, unit, CLOSURE_NAMED);
    return m && m->itself;
}

static int by_time(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void load(struct running *r, uint32_t at) {
    struct closure_unit *u = &r->c->units[at];
    if (u->loaded || r->err) return;
    u->loaded = true;
    r->err = r->source->units(r->source->self, u->unit, &u->chain);
    if (r->err) return;
    mark_corrected(&u->chain);
    u->emptied = check_alloc(u->chain.count + (size_t)1, sizeof *u->emptied);
    for (uint32_t i = 0; i < u->chain.count; i++)
        if (empties(&u->chain.events[i], u->unit)) u->emptied[u->emptied_count++] = u->chain.events[i].time_ms;
    qsort(u->emptied, u->emptied_count, sizeof *u->emptied, by_time);
}

/* The first time above t at which the unit is emptied. */
static uint64_t emptied_after(const struct closure_unit *u, uint64_t t) {
    uint32_t low = 0, high = u->emptied_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (u->emptied[mid] <= t) low = mid + 1;
        else high = mid;
    }
    return low < u->emptied_count ? u->emptied[low] : UINT64_MAX;
}

/* The last below t; 0 when there is none. */
static uint64_t emptied_before(const struct closure_unit *u, uint64_t t) {
    uint32_t low = 0, high = u->emptied_count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (u->emptied[mid] < t) low = mid + 1;
        else high = mid;
    }
    return low > 0 ? u->emptied[low - 1] : 0;
}

static void enqueue(struct running *r, uint32_t at) {
    struct closure_unit *u = &r->c->units[at];
    if (u->waiting) return;
    u->waiting = true;
    r->queue[(r->head + r->waiting++) % r->room] = at;
}

/* The unit's number, new or not; it has no interval yet when it is new. */
static uint32_t unit_of(struct running *r, struct span unit, bool *ret_new) {
    struct closure *c = r->c;
    struct digest key = sha256(unit);
    struct closure_slot *s = slot_of(&c->by_unit, &key);
    *ret_new = s->index == 0;
    if (s->index) return s->index - 1;
    if (c->count == CLOSURE_UNITS_MAX) {
        r->err = ERR_TOO_LARGE;
        *ret_new = false;
        return 0;
    }
    if (c->count == c->room) {
        uint32_t room = c->room ? c->room * 2 : 64;
        uint32_t *queue = check_alloc(room, sizeof *queue);
        for (uint32_t i = 0; i < r->waiting; i++)
            queue[i] = r->queue[(r->head + i) % r->room];
        free(r->queue);
        r->queue = queue;
        r->head = 0;
        r->room = c->room = room;
        c->units = check_realloc(c->units, room, sizeof *c->units);
    }
    c->units[c->count] = (struct closure_unit){.unit = unit};
    c->by_unit.count++;
    s->index = c->count + 1;
    return c->count++;
}

static void reach(struct running *r, struct span unit, uint64_t time_ms, enum closure_way way, uint32_t via, const struct closure_event *by) {
    bool fresh;
    if (r->err) return;
    uint32_t at = unit_of(r, unit, &fresh);
    load(r, at);
    if (r->err) return;
    struct closure_unit *u = &r->c->units[at];
    uint64_t after = time_ms < UINT64_MAX ? time_ms + 1 : time_ms;
    uint64_t from = r->c->up ? emptied_before(u, time_ms) : time_ms,
             until = r->c->up ? after : way == CLOSURE_INSIDE ? emptied_after(u, time_ms) : UINT64_MAX;
    if (fresh) {
        u->from_ms = from;
        u->until_ms = until;
        u->way = way;
        u->via = via;
        u->by = by;
        enqueue(r, at);
        return;
    }
    if (from >= u->from_ms && until <= u->until_ms) return;
    if (from < u->from_ms) u->from_ms = from;
    if (until > u->until_ms) u->until_ms = until;
    enqueue(r, at);
}

static struct digest spread_key(const struct closure_event *e) {
    uint8_t place[10];
    put_u64(place, e->log_index);
    put_u16(place + 8, e->item);
    struct span alone[] = {span_of(place, sizeof place)}, group[] = {e->subject, e->transformation};
    return e->transformation.len > 0 ? sha256_tagged("group", group, 2) : sha256_tagged("alone", alone, 1);
}

/* The events of a transformation: its group, or it alone. */
static struct closure_slot *group_of(struct running *r, const struct closure_event *e) {
    struct digest key = spread_key(e);
    struct closure_slot *s = slot_of(&r->c->spread, &key);
    if (s->index) return s;
    s->index = 1;
    s->least_ms = UINT64_MAX;
    r->c->spread.count++;
    if (e->transformation.len == 0 || r->err) return s;
    r->err = r->source->group(r->source->self, e->subject, e->transformation, &s->group);
    if (r->err == OK) mark_corrected(&s->group);
    return s;
}

static void spread(struct running *r, uint32_t via, const struct closure_event *e) {
    struct closure_slot *s = group_of(r, e);
    bool up = r->c->up, known = e->time_ms >= s->least_ms && (!up || e->time_ms <= s->most_ms);
    struct closure_chain alone = {(struct closure_event *)(uintptr_t)e, 1}, group = e->transformation.len > 0 ? s->group : alone;
    if (r->err || known) return;
    if (e->time_ms < s->least_ms) s->least_ms = e->time_ms;
    if (e->time_ms > s->most_ms) s->most_ms = e->time_ms;
    for (uint32_t i = 0; i < group.count; i++) {
        const struct closure_event *g = &group.events[i];
        if (g->kind != CLOSURE_TRANSFORM || g->corrected) continue;
        bool later = g->time_ms > e->time_ms;
        uint64_t time = later == up ? g->time_ms : e->time_ms;
        for (uint32_t k = 0; k < g->members_count && !r->err; k++)
            if (g->members[k].roles & (up ? CLOSURE_INPUT : CLOSURE_OUTPUT))
                reach(r, g->members[k].unit, time, CLOSURE_MADE, via, e);
    }
}

bool closure_counts(const struct closure_unit *u, const struct closure_event *e) {
    return !e->corrected && e->kind != CLOSURE_CORRECTION && e->time_ms >= u->from_ms && e->time_ms < u->until_ms;
}

static void step(struct running *r, uint32_t at) {
    struct closure_unit u = r->c->units[at];
    bool up = r->c->up;
    for (uint32_t i = 0; i < u.chain.count && !r->err; i++) {
        const struct closure_event *e = &u.chain.events[i];
        if (e->corrected || e->time_ms >= u.until_ms) continue;
        if (e->kind == CLOSURE_TRANSFORM) {
            if ((up || e->time_ms >= u.from_ms) && member_of(e, u.unit, up ? CLOSURE_OUTPUT : CLOSURE_INPUT)) spread(r, at, e);
            continue;
        }
        if (e->kind != CLOSURE_PACK || e->time_ms < u.from_ms || !member_of(e, u.unit, up ? CLOSURE_PARENT : CLOSURE_CHILD)) continue;
        for (uint32_t k = 0; k < e->members_count && !r->err; k++)
            if (e->members[k].roles & (up ? CLOSURE_CHILD : CLOSURE_PARENT))
                reach(r, e->members[k].unit, e->time_ms, CLOSURE_INSIDE, at, e);
    }
}

/* SPEC O2: what leads from the root by transformations alone can be listed; parents before children. */
static void link_all(struct running *r) {
    struct closure *c = r->c;
    c->linked = check_alloc(c->count, sizeof *c->linked);
    c->linked[c->linked_count++] = 0;
    for (uint32_t q = 0; q < c->linked_count; q++) {
        const struct closure_unit *u = &c->units[c->linked[q]];
        for (uint32_t i = 0; i < u->chain.count; i++) {
            const struct closure_event *e = &u->chain.events[i];
            if (e->kind != CLOSURE_TRANSFORM || !closure_counts(u, e) || !member_of(e, u->unit, CLOSURE_INPUT)) continue;
            struct digest key = spread_key(e);
            struct closure_slot *s = slot_of(&c->spread, &key);
            if (s->index == 2) continue;
            s->index = 2;
            struct closure_chain alone = {(struct closure_event *)(uintptr_t)e, 1}, group = e->transformation.len > 0 ? s->group : alone;
            for (uint32_t g = 0; g < group.count; g++) {
                const struct closure_event *out = &group.events[g];
                for (uint32_t k = 0; out->kind == CLOSURE_TRANSFORM && !out->corrected && k < out->members_count; k++) {
                    struct digest unit = sha256(out->members[k].unit);
                    struct closure_slot *found = slot_of(&c->by_unit, &unit);
                    if (!(out->members[k].roles & CLOSURE_OUTPUT) || found->index <= 1) continue;
                    struct closure_unit *y = &c->units[found->index - 1];
                    if (y->link_by) continue;
                    y->link = c->linked[q];
                    y->link_by = e;
                    c->linked[c->linked_count++] = found->index - 1;
                }
            }
        }
    }
}

enum err closure_run(const struct closure_source *s, struct span root, bool up, struct closure *ret) {
    struct running r = {.source = s, .c = ret};
    bool fresh;
    *ret = (struct closure){.up = up};
    uint32_t at = unit_of(&r, root, &fresh);
    load(&r, at);
    if (r.err) {
        free(r.queue);
        return r.err;
    }
    ret->units[at].until_ms = UINT64_MAX;
    enqueue(&r, at);
    while (r.waiting > 0 && !r.err) {
        at = r.queue[r.head];
        r.head = (r.head + 1) % r.room;
        r.waiting--;
        ret->units[at].waiting = false;
        step(&r, at);
    }
    if (!r.err && !up) link_all(&r);
    free(r.queue);
    return r.err;
}

void closure_free(struct closure *c) {
    for (uint32_t i = 0; i < c->count; i++)
        free(c->units[i].emptied);
    free(c->units);
    free(c->linked);
    free(c->by_unit.slots);
    free(c->spread.slots);
    *c = (struct closure){.count = 0};
}
