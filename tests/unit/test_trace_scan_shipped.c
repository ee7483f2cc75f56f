/* When a piece was first shipped: the example of spec F5, each turn of the rule, and random worlds told by another way of thinking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/epcis.h"
#include "trace/scan_shipped.h"

enum { THINGS = 7, EVENTS_MAX = 64, TIMES = 12 };
/* What a thing is called in these worlds; a parent is a thing like any other. */
static const char *const names[THINGS] = {"piece", "box", "carton", "pallet", "container", "ship", "harbour"};

enum deed { SHIP, ADD, REMOVE, EMPTY };
struct event {
    uint64_t time_ms;
    enum deed deed;
    int thing, parent;
};
struct world {
    struct event list[EVENTS_MAX]; /* in the order of the log */
    size_t count;
    struct scan_note notes[THINGS][EVENTS_MAX];
    uint32_t asked;
};

static enum err notes_of(void *context, struct span canonical, struct scan_note **ret, size_t *ret_count) {
    struct world *w = context;
    int thing = 0;
    size_t n = 0;
    while (!span_is(canonical, names[thing]))
        thing++;
    w->asked++;
    struct scan_note *out = w->notes[thing];
    for (size_t i = 0; i < w->count; i++) {
        const struct event *e = &w->list[i];
        struct scan_note note = {.time_ms = e->time_ms, .log_index = i / 2, .item = (uint16_t)(i % 2)};
        if (e->thing == thing && e->deed == SHIP) note.kinds = SCAN_NOTE_SHIPPED;
        if (e->thing == thing && e->deed == ADD) note.kinds = SCAN_NOTE_IN;
        if (e->thing == thing && e->deed == REMOVE) note.kinds = SCAN_NOTE_OUT;
        if (e->thing == thing && e->deed == EMPTY) note.kinds = SCAN_NOTE_EMPTIED;
        if (note.kinds == 0) continue;
        note.parent = e->deed == ADD || e->deed == REMOVE ? span_text(names[e->parent]) : SPAN_EMPTY;
        out[n++] = note;
    }
    *ret = out;
    *ret_count = n;
    return OK;
}

static uint64_t shipped(struct world *w) {
    uint64_t ms;
    bool cut;
    assert_int_equal(scan_shipped(span_text(names[0]), notes_of, w, &ms, &cut), OK);
    assert_false(cut);
    return ms;
}

static void says(const char *what, const struct event *list, size_t count, uint64_t want) {
    struct world *w = check_alloc(1, sizeof *w);
    memcpy(w->list, list, count * sizeof *list);
    w->count = count;
    uint64_t got = shipped(w);
    if (got != want) fail_msg("%s: %llu, not %llu", what, (unsigned long long)got, (unsigned long long)want);
    free(w);
}
#define SAYS(what, want, ...)                                                                                          \
    says(what, (const struct event[]){__VA_ARGS__}, sizeof((const struct event[]){__VA_ARGS__}) / sizeof(struct event), want)

static void golden(void **state) {
    (void)state;
    SAYS("spec F5", 3000, {1000, ADD, 0, 2}, {2000, ADD, 2, 3}, {3000, EMPTY, 3, 0}, {999, SHIP, 2, 0}, {1999, SHIP, 3, 0},
         {3000, SHIP, 3, 0}, {3001, SHIP, 3, 0});
}

static void turns(void **state) {
    (void)state;
    SAYS("never", 0, {10, ADD, 0, 2});
    SAYS("itself", 5, {9, SHIP, 0, 0}, {5, SHIP, 0, 0});
    SAYS("a parent before it was in", 0, {10, ADD, 0, 2}, {9, SHIP, 2, 0});
    SAYS("at the very time, whatever the log's order", 10, {10, SHIP, 2, 0}, {10, ADD, 0, 2});
    SAYS("at the time it is taken out", 20, {10, ADD, 0, 2}, {20, REMOVE, 0, 2}, {20, SHIP, 2, 0});
    SAYS("after it was taken out", 0, {10, ADD, 0, 2}, {20, REMOVE, 0, 2}, {21, SHIP, 2, 0});
    SAYS("taken out of another changes nothing", 21, {10, ADD, 0, 2}, {20, REMOVE, 0, 3}, {21, SHIP, 2, 0});
    SAYS("put into another: out of the first", 0, {10, ADD, 0, 2}, {20, ADD, 0, 1}, {21, SHIP, 2, 0});
    SAYS("and in the second", 22, {10, ADD, 0, 2}, {20, ADD, 0, 1}, {22, SHIP, 1, 0});
    SAYS("moved at one time: the log's order", 21, {10, ADD, 0, 2}, {20, ADD, 0, 1}, {20, REMOVE, 0, 2}, {21, SHIP, 1, 0});
    SAYS("in and out at one time: that time only", 20, {20, ADD, 0, 1}, {20, REMOVE, 0, 1}, {21, SHIP, 1, 0}, {20, SHIP, 1, 0});
    SAYS("out and in at one time", 21, {20, REMOVE, 0, 1}, {20, ADD, 0, 1}, {21, SHIP, 1, 0});
    SAYS("emptied before it came", 21, {9, EMPTY, 2, 0}, {10, EMPTY, 2, 0}, {10, ADD, 0, 2}, {21, SHIP, 2, 0});
    SAYS("emptied as it came, told later", 10, {10, ADD, 0, 2}, {10, EMPTY, 2, 0}, {21, SHIP, 2, 0}, {10, SHIP, 2, 0});
    SAYS("told out of order", 15, {20, REMOVE, 0, 2}, {15, SHIP, 2, 0}, {10, ADD, 0, 2});
    SAYS("both held, never at once", 0, {10, ADD, 0, 2}, {20, REMOVE, 0, 2}, {21, ADD, 2, 3}, {25, SHIP, 3, 0});
    SAYS("four, one in another", 50, {1, ADD, 0, 1}, {1, ADD, 1, 2}, {1, ADD, 2, 3}, {1, ADD, 3, 4}, {50, SHIP, 4, 0});
    SAYS("a fifth is not looked at", 0, {1, ADD, 0, 1}, {1, ADD, 1, 2}, {1, ADD, 2, 3}, {1, ADD, 3, 4}, {1, ADD, 4, 5}, {50, SHIP, 5, 0});
    SAYS("a ring of parents ends", 60, {1, ADD, 0, 1}, {1, ADD, 1, 0}, {60, SHIP, 1, 0});
    SAYS("the earliest of all", 30, {1, ADD, 0, 1}, {50, SHIP, 0, 0}, {40, SHIP, 1, 0}, {1, ADD, 1, 2}, {30, SHIP, 2, 0});
}

/* ---- another way of thinking: for each moment, who is in what, step by step ---- */

/* The parents that hold x at time t, as the rule's "both included" has it. */
static void holders(const struct world *w, int x, uint64_t t, bool ret[THINGS]) {
    int in = -1;
    memset(ret, 0, THINGS * sizeof *ret);
    for (uint64_t now = 1; now <= t; now++)
        for (size_t i = 0; i < w->count; i++) {
            const struct event *e = &w->list[i];
            if (e->time_ms != now) continue;
            if (now == t && in >= 0) ret[in] = true;
            if (e->deed == ADD && e->thing == x) in = e->parent;
            if (e->deed == REMOVE && e->thing == x && e->parent == in) in = -1;
            if (e->deed == EMPTY && e->thing == in) in = -1;
            if (now == t && in >= 0) ret[in] = true;
        }
    if (in >= 0) ret[in] = true;
}

static bool ships(const struct world *w, int x, uint64_t t, int level) {
    bool held[THINGS];
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].deed == SHIP && w->list[i].thing == x && w->list[i].time_ms == t) return true;
    if (level == SCAN_LEVELS) return false;
    holders(w, x, t, held);
    for (int p = 0; p < THINGS; p++)
        if (held[p] && ships(w, p, t, level + 1)) return true;
    return false;
}

static void random_worlds(void **state) {
    (void)state;
    struct world *w = check_alloc(1, sizeof *w);
    uint32_t seed = 1, told = 0;
    for (int turn = 0; turn < 20000; turn++) {
        w->count = 3 + (size_t)turn % 14;
        for (size_t i = 0; i < w->count; i++) {
            uint32_t r[4];
            for (int k = 0; k < 4; k++)
                r[k] = (seed = seed * 1664525u + 1013904223u) >> 10;
            struct event *e = &w->list[i];
            *e = (struct event){1 + r[0] % TIMES, (enum deed)(r[1] % 8 < 4 ? ADD : r[1] % 4), (int)(r[2] % (THINGS - 1)), 0};
            e->parent = (e->thing + 1 + (int)(r[3] % 3)) % THINGS;
        }
        uint64_t want = 0;
        for (uint64_t t = 1; t <= TIMES && want == 0; t++)
            if (ships(w, 0, t, 0)) want = t;
        told += want > 0;
        uint64_t got = shipped(w);
        if (got != want) {
            for (size_t i = 0; i < w->count; i++)
                print_message("%llu %d %s %s\n", (unsigned long long)w->list[i].time_ms, (int)w->list[i].deed, names[w->list[i].thing],
                              names[w->list[i].parent]);
            fail_msg("world %d: %llu, not %llu", turn, (unsigned long long)got, (unsigned long long)want);
        }
    }
    assert_true(told > 2000 && told < 18000);
    free(w);
}

/* Put into one parent after the other, more often than is looked at: an end is made, and said. */
struct many {
    struct scan_note notes[SCAN_VISITS_MAX + 10];
    uint32_t asked;
};
static enum err many_of(void *context, struct span canonical, struct scan_note **ret, size_t *ret_count) {
    struct many *m = context;
    m->asked++;
    *ret = m->notes;
    *ret_count = span_is(canonical, names[0]) ? SCAN_VISITS_MAX + 10 : 0;
    return OK;
}

static void bounded(void **state) {
    (void)state;
    struct many *m = check_alloc(1, sizeof *m);
    uint64_t ms;
    bool cut;
    for (size_t i = 0; i < SCAN_VISITS_MAX + 10; i++)
        m->notes[i] = (struct scan_note){.time_ms = 1 + i, .log_index = i, .kinds = SCAN_NOTE_IN, .parent = span_text(names[1 + i % 2])};
    assert_int_equal(scan_shipped(span_text(names[0]), many_of, m, &ms, &cut), OK);
    assert_true(m->asked == SCAN_VISITS_MAX && cut && ms == 0);
    free(m);
}

/* ---- what an event says ---- */

static struct scan_note note_of(struct arena *arena, const char *event, const char *canonical, bool *ret_counts) {
    struct items items;
    struct refusal refusal;
    struct scan_note n = {.kinds = 0};
    char text[2048];
    snprintf(text, sizeof text,
             "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",\"eventTimeZoneOffset\":\"+08:00\",%s}", event);
    enum err e = epcis_parse(span_text(text), arena, &items, &refusal);
    if (e != OK) fail_msg("%s: %s %s", event, err_name(e), refusal.where);
    assert_int_equal(scan_note_read(&items.list[0], 7, 3, span_text(canonical), arena, &n, ret_counts), OK);
    return n;
}

#define TIME "\"eventTime\":\"2026-06-01T08:00:00+08:00\","
#define OLD "\"eventTime\":\"1970-01-01T00:00:00Z\","
#define PIECE "https://id.gs1.org/01/10614141073464/21/2017"
#define CARTON "https://id.gs1.org/00/106141412345678908"
#define BOTH "\"parentID\":\"urn:epc:id:sscc:0614141.1234567890\",\"childEPCs\":[\"urn:epc:id:sgtin:0614141.107346.2017\"],"

static void events(void **state) {
    (void)state;
    struct arena arena CLEANUP(arena_free) = {0};
    bool counts;
    arena_init(&arena, 64 << 20);
    struct scan_note n = note_of(&arena, TIME BOTH "\"type\":\"AggregationEvent\",\"action\":\"ADD\",\"bizStep\":\"packing\"", PIECE, &counts);
    assert_true(counts && n.kinds == SCAN_NOTE_IN && span_is(n.parent, CARTON));
    assert_true(n.time_ms == 1780272000000 && n.log_index == 7 && n.item == 3);
    n = note_of(&arena, TIME BOTH "\"type\":\"AggregationEvent\",\"action\":\"DELETE\",\"bizStep\":\"cbv:BizStep-shipping\"", PIECE, &counts);
    assert_true(counts && n.kinds == (SCAN_NOTE_OUT | SCAN_NOTE_SHIPPED));
    n = note_of(&arena, TIME BOTH "\"type\":\"AggregationEvent\",\"action\":\"DELETE\",\"bizStep\":\"shipping\"", CARTON, &counts);
    assert_true(counts && n.kinds == SCAN_NOTE_SHIPPED);
    (void)note_of(&arena, TIME BOTH "\"type\":\"AggregationEvent\",\"action\":\"OBSERVE\"", PIECE, &counts);
    assert_false(counts);
    (void)note_of(&arena, OLD BOTH "\"type\":\"AggregationEvent\",\"action\":\"ADD\"", PIECE, &counts);
    assert_false(counts);
    (void)note_of(&arena, TIME BOTH "\"type\":\"AggregationEvent\",\"action\":\"ADD\",\"bizStep\":\"shipping\","
                  "\"errorDeclaration\":{\"declarationTime\":\"2026-06-02T08:00:00+08:00\"}", PIECE, &counts);
    assert_false(counts);
    n = note_of(&arena, TIME "\"type\":\"AggregationEvent\",\"action\":\"DELETE\",\"parentID\":\"" CARTON "\",\"childEPCs\":[]", CARTON, &counts);
    assert_true(counts && n.kinds == SCAN_NOTE_EMPTIED);
    (void)note_of(&arena, TIME "\"type\":\"AggregationEvent\",\"action\":\"DELETE\",\"parentID\":\"" CARTON "\",\"childQuantityList\":"
                  "[{\"epcClass\":\"urn:epc:class:lgtin:0614141.107346.L1\",\"quantity\":3}]", CARTON, &counts);
    assert_false(counts);
    /* Its own parent; a child beside quantities, and one of these only. */
    (void)note_of(&arena, TIME "\"type\":\"AggregationEvent\",\"action\":\"ADD\",\"parentID\":\"" PIECE "\","
                  "\"childEPCs\":[\"" PIECE "\"]", PIECE, &counts);
    assert_false(counts);
    static const char *const mixed = TIME BOTH "\"type\":\"AggregationEvent\",\"action\":\"ADD\",\"childQuantityList\":"
                                               "[{\"epcClass\":\"urn:epc:class:lgtin:0614141.107346.L1\",\"quantity\":3}]";
    n = note_of(&arena, mixed, PIECE, &counts);
    assert_true(counts && n.kinds == SCAN_NOTE_IN);
    (void)note_of(&arena, mixed, "https://id.gs1.org/01/10614141073464/10/L1", &counts);
    assert_false(counts);
    n = note_of(&arena, TIME "\"type\":\"ObjectEvent\",\"action\":\"OBSERVE\",\"bizStep\":\"shipping\",\"epcList\":[\"" PIECE "\"]", PIECE, &counts);
    assert_true(counts && n.kinds == SCAN_NOTE_SHIPPED);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),  cmocka_unit_test(turns), cmocka_unit_test(random_worlds),
        cmocka_unit_test(bounded), cmocka_unit_test(events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
