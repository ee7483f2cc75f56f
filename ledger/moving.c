/* moving.c: see moving.h. */
#include "ledger/moving.h"

uint32_t moving_of(const struct event_moves *moves, const struct told *x) {
    uint32_t bits = 0;
    for (uint32_t role = 1; role < 16; role++)
        if (x->thing.roles & 1u << role && moves->of_role[role] != MOVE_NONE) bits |= 1u << moves->of_role[role];
    return bits;
}

enum { TOP_STEPS = 8 };

/* SPEC L5: "at most 8 steps up, until one without parent". Things on the way are read as they were before the item, but the event's own
 * parent as it is now. */
static bool holds_top(const struct moving *m, struct span parent, const struct told *child, bool *ret_loop) {
    struct arena own CLEANUP(arena_free) = {0}, *outer = m->g->t->run->arena;
    struct run *run = m->g->t->run;
    bool held = false, loop = false;
    arena_init(&own, 1 << 20);
    run->arena = &own;
    struct span at = parent;
    for (uint32_t step = 0; step < TOP_STEPS; step++) {
        struct thing_value v = {0};
        struct digest key = status_key(STATUS_THING, at);
        const struct flow *f = NULL;
        if (child && span_equal(at, child->thing.canonical)) loop = true;
        if (m->parent && span_equal(at, m->parent->thing.canonical))
            f = telling_flow(m->parent);
        else if (rules_value_get(run, &key, &thing_value_type, &v) && v.flow_count > 0)
            f = v.flow;
        if (!f) break;
        if (f->parent.len == 0) {
            held = flow_held(f, m->subject, false) >= 1;
            break;
        }
        at = f->parent;
    }
    run->arena = outer;
    if (ret_loop) *ret_loop = loop;
    return held;
}

/* SPEC L5, leaving: who holds the outside and acts on the inside has taken it out. */
static void leave(const struct moving *m, struct flow_book *b) {
    struct span holder;
    if (flow_held(&b->flow, m->subject, false) >= 1 || b->flow.parent.len == 0) return;
    if (!flow_single_holder(&b->flow, &holder) || !holds_top(m, b->flow.parent, NULL, NULL)) return;
    flow_add(b, holder, false, -1);
    flow_add(b, m->subject, false, 1);
    b->flow.parent = SPAN_EMPTY;
}

static void take_in(const struct moving *m, struct flow_book *b) {
    flow_add(b, m->subject, true, -1);
    flow_add(b, m->subject, false, 1);
}

/* SPEC L5, pack. False: a loop. */
static bool pack(const struct moving *m, struct told *x, struct flow_book *b) {
    bool loop = false;
    uint64_t time = m->moves->time_ms;
    if (m->sign < 0) return true;
    (void)holds_top(m, m->parent->thing.canonical, x, &loop);
    if (loop) return false;
    leave(m, b);
    if (flow_held(&b->flow, m->subject, false) < 1) take_in(m, b);
    if (time < b->flow.packed_ms) return true;
    b->flow.parent = m->parent->thing.canonical;
    b->flow.packed_ms = time;
    return true;
}

static void unpack(const struct moving *m, struct flow_book *b) {
    struct span holder;
    if (m->sign < 0) return;
    if (flow_held(&b->flow, m->subject, false) < 1) {
        if (m->holds_parent && flow_single_holder(&b->flow, &holder)) {
            flow_add(b, holder, false, -1);
            flow_add(b, m->subject, false, 1);
        } else {
            take_in(m, b);
        }
    }
    if (span_equal(b->flow.parent, m->parent->thing.canonical)) b->flow.parent = SPAN_EMPTY;
    if (m->moves->time_ms > b->flow.packed_ms) b->flow.packed_ms = m->moves->time_ms;
}

static void destroyed(const struct moving *m, struct flow_book *b) {
    uint64_t *at = &b->flow.destroyed_ms, time = m->moves->time_ms;
    if (!m->moves->destroys) return;
    if (m->sign < 0 && *at == time) *at = 0;
    if (m->sign > 0 && (*at == 0 || time < *at)) *at = time;
}

/* SPEC L5, end: a sale is a shipment to whoever; an authority may end what another holds. */
static void end(const struct moving *m, struct flow_book *b) {
    struct span holder = m->subject;
    if (m->sign > 0) leave(m, b);
    /* Nobody destroys by a word what another holds. */
    if (m->sign < 0 || m->authority || flow_held(&b->flow, m->subject, false) >= 1) destroyed(m, b);
    if (m->moves->sells) {
        flow_ship(b, m->subject, SPAN_EMPTY, m->sign);
        return;
    }
    if (m->sign > 0 && m->authority && flow_held(&b->flow, m->subject, false) < 1 && !flow_single_holder(&b->flow, &holder))
        holder = m->subject;
    flow_add(b, holder, false, -m->sign);
}

static bool instance(const struct moving *m, struct told *x, struct flow_book *b, enum move move) {
    switch (move) {
    case MOVE_NONE:
        break;
    case MOVE_UNPACK:
        unpack(m, b);
        break;
    case MOVE_USE:
        if (m->sign > 0) leave(m, b);
        flow_add(b, m->subject, false, -m->sign);
        break;
    case MOVE_END:
        end(m, b);
        break;
    case MOVE_UNSHIP:
        flow_ship(b, m->subject, m->receiver, -m->sign);
        break;
    case MOVE_RECEIVE:
        flow_receive(b, m->subject, m->sign);
        break;
    case MOVE_SHIP:
        if (m->sign > 0) leave(m, b);
        flow_ship(b, m->subject, m->receiver, m->sign);
        break;
    case MOVE_MAKE:
        flow_make(b, m->subject, m->moves->time_ms, m->sign);
        break;
    case MOVE_PACK:
        return pack(m, x, b);
    }
    return true;
}

static bool instances(const struct moving *m) {
    for (uint32_t i = 0; i < m->g->named; i++) {
        struct told *x = &m->g->told[i];
        uint32_t bits = telling_instance(x) ? moving_of(m->moves, x) : 0;
        if (bits == 0) continue;
        struct flow_book *b = telling_book(m->g, x);
        x->moved = true;
        for (enum move move = MOVE_UNPACK; move <= MOVE_PACK; move++) {
            if (!(bits & 1u << move)) continue;
            if (!instance(m, x, b, move)) return false;
            if (m->sign > 0) flow_time(b, m->moves->time_ms, move == MOVE_MAKE);
        }
    }
    return true;
}

bool moving_bulk(const struct moving *m, uint32_t i, struct bulk *ret) {
    const struct thing *thing = &m->g->t->item->things[i];
    const uint32_t quantities = 1u << ROLE_QUANTITY | 1u << ROLE_CHILD_QUANTITY | 1u << ROLE_INPUT_QUANTITY |
                                1u << ROLE_OUTPUT_QUANTITY;
    uint64_t amount = thing_amount(thing);
    if (!(quantities & 1u << thing->role) || m->moves->of_role[thing->role] == MOVE_NONE || amount == 0) return false;
    struct told *x = telling_at(m->g, i);
    if (x->thing.kind != IDENTIFIER_LOT) return false;
    *ret = (struct bulk){x, m->moves->of_role[thing->role], thing_unit(thing), (int64_t)amount};
    return true;
}

static struct account_name name_of(const struct moving *m, const struct bulk *b, enum account_kind kind) {
    return (struct account_name){m->subject, (uint8_t)kind, b->lot->thing.canonical, b->unit};
}

int64_t moving_account(const struct moving *m, const struct bulk *b, enum account_kind kind) {
    struct account_name name = name_of(m, b, kind);
    return account_read(m->g->t->run->now, &name);
}

static struct account_name due_of(const struct bulk *b, struct span who) {
    return (struct account_name){who, ACCOUNT_DUE, b->lot->thing.canonical, b->unit};
}

/* SPEC L6: "unnamed counts its units of which OWED is above DUE of the empty subject" */
static bool owes(const struct moving *m, const struct bulk *b) {
    struct account_name owed = due_of(b, SPAN_EMPTY), open = owed;
    owed.kind = ACCOUNT_OWED;
    return account_read(m->g->t->run->now, &owed) > account_read(m->g->t->run->now, &open);
}

static int64_t below(int64_t amount) {
    return amount < 0 ? -amount : 0;
}

static bool put(const struct moving *m, const struct account_name *name, int64_t amount, int64_t *ret_before, int64_t *ret_after) {
    *ret_before = *ret_after = 0;
    return amount == 0 || account_add(m->g->t, name, amount, ret_before, ret_after);
}

/* Adds to an account, and counts those of the lot that are below zero. */
static bool add(const struct moving *m, const struct bulk *b, const struct account_name *name, int64_t amount) {
    uint32_t *overdrawn = &telling_book(m->g, b->lot)->flow.overdrawn;
    int64_t before, after;
    if (!put(m, name, amount, &before, &after)) return false;
    if (name->kind == ACCOUNT_MADE) return true;
    if (before >= 0 && after < 0) (*overdrawn)++;
    if (before < 0 && after >= 0) (*overdrawn)--;
    return true;
}

static bool add_own(const struct moving *m, const struct bulk *b, enum account_kind kind, int64_t amount) {
    struct account_name name = name_of(m, b, kind);
    return add(m, b, &name, amount);
}

/* SPEC L6: "OWED is the sum of what DUE of subjects that are not empty are below 0" */
static bool add_due(const struct moving *m, const struct bulk *b, struct span who, int64_t amount) {
    struct account_name name = due_of(b, who), owed = due_of(b, SPAN_EMPTY);
    uint32_t *unnamed = &telling_book(m->g, b->lot)->flow.unnamed;
    bool owed_before = owes(m, b);
    int64_t before, after, ignored;
    owed.kind = ACCOUNT_OWED;
    if (!put(m, &name, amount, &before, &after)) return false;
    if (who.len > 0 && !put(m, &owed, below(after) - below(before), &ignored, &ignored)) return false;
    if (!owed_before && owes(m, b)) (*unnamed)++;
    if (owed_before && !owes(m, b)) (*unnamed)--;
    return true;
}

static bool receive(const struct moving *m, const struct bulk *b, int64_t q) {
    return add_own(m, b, ACCOUNT_HELD, q) && add_due(m, b, m->subject, -q);
}

static bool inside(const struct moving *m, const struct bulk *b, int64_t amount) {
    struct account_name name = {m->parent->thing.canonical, ACCOUNT_INSIDE, b->lot->thing.canonical, b->unit};
    return add(m, b, &name, amount);
}

static bool bulk(const struct moving *m, const struct bulk *b, struct flow_book *book) {
    int64_t q = m->sign > 0 ? b->amount : -b->amount;
    switch (b->move) {
    case MOVE_NONE:
        break;
    case MOVE_UNPACK:
        if (m->sign < 0) return true;
        return (m->holds_parent ? inside(m, b, -q) : add_due(m, b, m->subject, -q)) && add_own(m, b, ACCOUNT_HELD, q);
    case MOVE_USE:
        return add_own(m, b, ACCOUNT_HELD, -q);
    case MOVE_END:
        return add_own(m, b, ACCOUNT_HELD, -q) && (!m->moves->sells || add_due(m, b, SPAN_EMPTY, q));
    case MOVE_UNSHIP:
        return add_own(m, b, ACCOUNT_HELD, q) && add_due(m, b, m->receiver, -q);
    case MOVE_RECEIVE:
        return receive(m, b, q);
    case MOVE_SHIP:
        return add_own(m, b, ACCOUNT_HELD, -q) && add_due(m, b, m->receiver, q);
    case MOVE_MAKE:
        flow_make_bulk(book, m->subject, m->moves->time_ms, m->sign);
        return add_own(m, b, ACCOUNT_HELD, q) && add_own(m, b, ACCOUNT_MADE, q);
    case MOVE_PACK:
        return m->sign < 0 || (add_own(m, b, ACCOUNT_HELD, -q) && inside(m, b, q));
    }
    return true;
}

/* SPEC L6: "a lot that is made without a quantity has a maker all the same" */
static void makers(const struct moving *m) {
    for (uint32_t i = 0; i < m->g->named && m->sign > 0; i++) {
        struct told *x = &m->g->told[i];
        if (x->thing.kind == IDENTIFIER_LOT && moving_of(m->moves, x) & 1u << MOVE_MAKE && telling_flow(x)->maker.len == 0)
            telling_book(m->g, x)->flow.maker = m->subject;
    }
}

static bool bulks(const struct moving *m) {
    for (uint32_t i = 0; i < m->g->t->item->things_count; i++) {
        struct bulk b;
        if (!moving_bulk(m, i, &b)) continue;
        struct flow_book *book = telling_book(m->g, b.lot);
        b.lot->moved = true;
        if (!bulk(m, &b, book)) return false;
        if (m->sign > 0) flow_time(book, m->moves->time_ms, b.move == MOVE_MAKE);
    }
    return true;
}

/* SPEC L5, pack: "when its made is 0 and holds(S) of P < 1, P is made by S" */
static void make_parent(const struct moving *m) {
    struct told *p = m->parent;
    const struct flow *f = telling_flow(p);
    if (!m->moves->packs || m->sign < 0 || !telling_instance(p)) return;
    if (f->made + f->foreign > 0 || flow_held(f, m->subject, false) >= 1) return;
    flow_make(telling_book(m->g, p), m->subject, m->moves->time_ms, 1);
    flow_time(p->book, m->moves->time_ms, true);
    p->moved = true;
}

bool moving_run(struct moving *m) {
    if (m->moves->packs || m->moves->unpacks) {
        m->parent = telling_at(m->g, 0);
        make_parent(m);
        m->holds_parent = holds_top(m, m->parent->thing.canonical, NULL, NULL);
    }
    makers(m);
    return instances(m) && bulks(m);
}
