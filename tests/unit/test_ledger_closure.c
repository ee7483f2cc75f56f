/* The closure against a model of brute force: every event over and over, no chains, no queue, until nothing changes. With a number: so
 * many events, `test_ledger_closure 100000`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/closure.h"
#include "tests/unit/codec_random.h"

static uint32_t events_wanted = 12000;

struct graph {
    struct closure_event *events;
    uint32_t count, units;
    char (*names)[12];
    struct arena arena;
};

static struct span name(const struct graph *g, uint32_t unit) {
    return span_text(g->names[unit]);
}

/* Neighbours in time name neighbours in number, so that a closure is a part and not everything. */
static uint32_t near(const struct graph *g, struct rng *r, uint32_t i) {
    uint64_t at = (uint64_t)i * g->units / g->count + rng_below(r, 12);
    return (uint32_t)(at < g->units ? at : g->units - 1);
}

static void event_make(struct graph *g, struct rng *r, uint32_t i) {
    static const enum closure_kind kinds[] = {CLOSURE_TRANSFORM, CLOSURE_TRANSFORM, CLOSURE_PACK, CLOSURE_PACK, CLOSURE_PACK, CLOSURE_EMPTY,
                                              CLOSURE_EMPTY, CLOSURE_END, CLOSURE_SHIP, CLOSURE_OTHER};
    struct closure_event *e = &g->events[i];
    *e = (struct closure_event){.log_index = i, .time_ms = 1 + i / 3 + rng_below(r, 40), .kind = kinds[rng_below(r, 10)],
                                .subject = span_text(rng_below(r, 2) ? "a" : "b")};
    memcpy(e->digest.b, &i, sizeof i);
    e->members = arena_alloc(&g->arena, 8, sizeof *e->members);
    if (e->kind == CLOSURE_TRANSFORM && rng_below(r, 3) == 0) {
        char *id = arena_alloc(&g->arena, 16, 1);
        snprintf(id, 16, "t%u", (unsigned)(i / 40));
        e->transformation = span_text(id);
    }
    uint32_t n = 1 + (uint32_t)rng_below(r, 4);
    for (uint32_t k = 0; k < n; k++) {
        uint8_t role = e->kind == CLOSURE_TRANSFORM ? (rng_below(r, 2) ? CLOSURE_INPUT : CLOSURE_OUTPUT)
                       : e->kind == CLOSURE_PACK    ? (k == 0 ? CLOSURE_PARENT : CLOSURE_CHILD)
                       : e->kind == CLOSURE_EMPTY   ? CLOSURE_PARENT
                                                    : CLOSURE_NAMED;
        e->members[e->members_count++] = (struct closure_member){name(g, near(g, r, i)), role, rng_below(r, 5) != 0};
    }
    /* Something of before is taken back; or by somebody whose it is not, which counts for nothing. */
    if (i > 50 && rng_below(r, 25) == 0) {
        const struct closure_event *old = &g->events[i - 1 - rng_below(r, 50)];
        struct closure_member *members = e->members;
        if (old->kind == CLOSURE_CORRECTION) return;
        memcpy(members, old->members, old->members_count * sizeof *members);
        *e = *old;
        e->members = members;
        e->log_index = i;
        e->kind = CLOSURE_CORRECTION;
        if (rng_below(r, 4) == 0) e->subject = span_text("c");
    }
}

static void graph_make(struct graph *g, uint64_t seed, uint32_t count) {
    struct rng r = {seed};
    *g = (struct graph){.count = count, .units = count / 8 + 2};
    arena_init(&g->arena, (size_t)1 << 30);
    g->events = calloc(count, sizeof *g->events);
    g->names = calloc(g->units, sizeof *g->names);
    for (uint32_t i = 0; i < g->units; i++)
        snprintf(g->names[i], sizeof g->names[i], "u%u", (unsigned)i);
    for (uint32_t i = 0; i < count; i++)
        event_make(g, &r, i);
}

static void graph_free(struct graph *g) {
    free(g->events);
    free(g->names);
    arena_free(&g->arena);
}

/* -- the source: chains by looking at everything near -- */

static bool names_it(const struct closure_event *e, struct span unit) {
    for (uint32_t k = 0; k < e->members_count; k++)
        if (span_equal(e->members[k].unit, unit)) return true;
    return false;
}

static enum err chain_of(struct graph *g, bool (*in)(const struct closure_event *, struct span, struct span), struct span a, struct span b,
                         struct closure_chain *ret) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->count; i++)
        n += in(&g->events[i], a, b);
    struct closure_event *list = arena_alloc(&g->arena, n + 1, sizeof *list);
    if (!list) return ERR_TOO_LARGE;
    n = 0;
    for (uint32_t i = 0; i < g->count; i++)
        if (in(&g->events[i], a, b)) list[n++] = g->events[i];
    *ret = (struct closure_chain){list, n};
    return OK;
}

static bool in_unit(const struct closure_event *e, struct span unit, struct span none) {
    (void)none;
    return names_it(e, unit);
}

static bool in_group(const struct closure_event *e, struct span subject, struct span transformation) {
    return span_equal(e->transformation, transformation) && span_equal(e->subject, subject);
}

static enum err units_of(void *self, struct span unit, struct closure_chain *ret) {
    return chain_of(self, in_unit, unit, SPAN_EMPTY, ret);
}

static enum err group_of(void *self, struct span subject, struct span transformation, struct closure_chain *ret) {
    return chain_of(self, in_group, subject, transformation, ret);
}

/* -- the model -- */

struct model {
    const struct graph *g;
    bool *corrected, *there;
    uint64_t *from, *until;
    bool up, changed;
};

static uint32_t number(struct span unit) {
    uint32_t n = 0;
    for (size_t i = 1; i < unit.len; i++)
        n = n * 10 + (uint32_t)(unit.data[i] - '0');
    return n;
}

static uint64_t emptied(const struct model *m, uint32_t unit, uint64_t t, bool after) {
    uint64_t best = after ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < m->g->count; i++) {
        const struct closure_event *e = &m->g->events[i];
        if (m->corrected[i] || (e->kind != CLOSURE_EMPTY && e->kind != CLOSURE_END)) continue;
        for (uint32_t k = 0; k < e->members_count; k++) {
            if (number(e->members[k].unit) != unit) continue;
            if (e->members[k].itself && after && e->time_ms > t && e->time_ms < best) best = e->time_ms;
            if (e->members[k].itself && !after && e->time_ms < t && e->time_ms > best) best = e->time_ms;
            break; /* the first time it is named says whether it is itself */
        }
    }
    return best;
}

static void join(struct model *m, uint32_t unit, uint64_t from, uint64_t until) {
    if (m->there[unit] && from >= m->from[unit] && until <= m->until[unit]) return;
    if (!m->there[unit] || from < m->from[unit]) m->from[unit] = from;
    if (!m->there[unit] || until > m->until[unit]) m->until[unit] = until;
    m->there[unit] = m->changed = true;
}

static void model_reach(struct model *m, uint32_t unit, uint64_t t, bool inside) {
    if (m->up) join(m, unit, emptied(m, unit, t, false), t + 1);
    else join(m, unit, t, inside ? emptied(m, unit, t, true) : UINT64_MAX);
}

static void model_event(struct model *m, uint32_t i) {
    const struct closure_event *e = &m->g->events[i];
    uint8_t in = m->up ? CLOSURE_OUTPUT | CLOSURE_PARENT : CLOSURE_INPUT | CLOSURE_CHILD;
    for (uint32_t k = 0; k < e->members_count; k++) {
        uint32_t x = number(e->members[k].unit);
        bool made = e->kind == CLOSURE_TRANSFORM;
        if (!(e->members[k].roles & in) || !m->there[x] || e->time_ms >= m->until[x]) continue;
        if (e->time_ms < m->from[x] && !(made && m->up)) continue;
        for (uint32_t j = 0; j < m->g->count; j++) {
            const struct closure_event *g = &m->g->events[j];
            bool same = j == i || (made && g->kind == CLOSURE_TRANSFORM && e->transformation.len > 0 && !m->corrected[j] &&
                                   span_equal(g->transformation, e->transformation) && span_equal(g->subject, e->subject));
            if (!same) continue;
            uint64_t low = g->time_ms < e->time_ms ? g->time_ms : e->time_ms, high = g->time_ms > e->time_ms ? g->time_ms : e->time_ms;
            for (uint32_t q = 0; q < g->members_count; q++)
                if (g->members[q].roles & (m->up ? CLOSURE_INPUT | CLOSURE_CHILD : CLOSURE_OUTPUT | CLOSURE_PARENT))
                    model_reach(m, number(g->members[q].unit), m->up ? high : low, !made);
            if (e->transformation.len == 0) break;
        }
    }
}

static void model_begin(struct model *m, const struct graph *g) {
    *m = (struct model){.g = g, .corrected = calloc(g->count, sizeof(bool)), .there = calloc(g->units, sizeof(bool)),
                        .from = calloc(g->units, sizeof(uint64_t)), .until = calloc(g->units, sizeof(uint64_t))};
    for (uint32_t i = 0; i < g->count; i++)
        for (uint32_t j = i + 1; j < g->count && j <= i + 60; j++)
            if (g->events[j].kind == CLOSURE_CORRECTION && digest_equal(&g->events[j].digest, &g->events[i].digest) &&
                span_equal(g->events[j].subject, g->events[i].subject))
                m->corrected[i] = true;
}

static void model_run(struct model *m, uint32_t root, bool up) {
    memset(m->there, 0, m->g->units * sizeof *m->there);
    m->up = up;
    m->there[root] = m->changed = true;
    m->from[root] = 0;
    m->until[root] = UINT64_MAX;
    while (m->changed) {
        m->changed = false;
        for (uint32_t i = 0; i < m->g->count; i++)
            if (!m->corrected[i] && (m->g->events[i].kind == CLOSURE_TRANSFORM || m->g->events[i].kind == CLOSURE_PACK)) model_event(m, i);
    }
}

static void model_end(struct model *m) {
    free(m->corrected);
    free(m->there);
    free(m->from);
    free(m->until);
}

static uint32_t compared(struct graph *g, struct model *m, uint32_t root, bool up) {
    struct closure_source source = {g, units_of, group_of};
    struct closure c CLEANUP(closure_free) = {0};
    uint32_t there = 0;
    assert_int_equal(closure_run(&source, name(g, root), up, &c), OK);
    model_run(m, root, up);
    for (uint32_t i = 0; i < g->units; i++)
        there += m->there[i];
    for (uint32_t i = 0; i < c.count; i++) {
        uint32_t unit = number(c.units[i].unit);
        if (!m->there[unit] || c.units[i].from_ms != m->from[unit] || c.units[i].until_ms != m->until[unit])
            fail_msg("root %u %s: unit %u [%llu, %llu) and [%llu, %llu)", root, up ? "up" : "down", unit,
                     (unsigned long long)c.units[i].from_ms, (unsigned long long)c.units[i].until_ms, (unsigned long long)m->from[unit],
                     (unsigned long long)m->until[unit]);
    }
    assert_int_equal(c.count, there);
    /* Links: parents before children. */
    bool *listed = calloc(c.count + (size_t)1, sizeof *listed);
    for (uint32_t i = 0; i < c.linked_count; i++) {
        const struct closure_unit *u = &c.units[c.linked[i]];
        assert_true(i == 0 ? u->link_by == NULL : u->link_by != NULL && listed[u->link] && names_it(u->link_by, c.units[u->link].unit));
        listed[c.linked[i]] = true;
    }
    free(listed);
    return there;
}

static void the_model_agrees(void **state) {
    struct graph g;
    struct model m;
    struct rng r = {7};
    uint64_t reached = 0, most = 0;
    (void)state;
    graph_make(&g, 20261201, events_wanted);
    model_begin(&m, &g);
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t root = (uint32_t)rng_below(&r, g.units), n = compared(&g, &m, root, i % 2 == 1);
        reached += n;
        if (n > most) most = n;
    }
    print_message("%u events, %u units, 8 closures: %llu units reached, %llu at most\n", g.count, g.units, (unsigned long long)reached,
                  (unsigned long long)most);
    assert_true(most > 20);
    model_end(&m);
    graph_free(&g);
}

static void small_worlds(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        struct graph g;
        struct model m;
        graph_make(&g, seed, 160);
        model_begin(&m, &g);
        for (uint32_t root = 0; root < g.units; root++) {
            (void)compared(&g, &m, root, false);
            (void)compared(&g, &m, root, true);
        }
        model_end(&m);
        graph_free(&g);
    }
}

int main(int argc, char **argv) {
    if (argc > 1) events_wanted = (uint32_t)strtoul(argv[1], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_worlds), cmocka_unit_test(the_model_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
