/* rules_yield.c: see rules_yield.h. Amounts of one side, product and unit are added up first, sorted, so that a hostile event costs no more
 * than its length. */
#include "ledger/rules_yield.h"

#include <stdlib.h>

#include "ledger/balance.h"
#include "trace/move.h"

struct portion {
    struct span product, unit;
    bool output;
    uint64_t amount; /* millionths, at most BALANCE_MAX */
};

struct portions {
    struct portion *list;
    uint32_t count;
};

static int compare(const void *a, const void *b) {
    const struct portion *x = a, *y = b;
    if (x->output != y->output) return (int)x->output - (int)y->output;
    int by = span_compare(x->product, y->product);
    return by != 0 ? by : span_compare(x->unit, y->unit);
}

static void add(struct portions *p, struct span product, struct span unit, bool output, uint64_t amount) {
    if (product.len > 0 && amount > 0) p->list[p->count++] = (struct portion){product, unit, output, amount};
}

static uint64_t sum(uint64_t a, uint64_t b) {
    return a > BALANCE_MAX - b ? BALANCE_MAX : a + b;
}

static void merge(struct portions *p) {
    uint32_t kept = 0;
    if (p->count == 0) return;
    qsort(p->list, p->count, sizeof *p->list, compare);
    for (uint32_t i = 1; i < p->count; i++) {
        if (compare(&p->list[kept], &p->list[i]) == 0)
            p->list[kept].amount = sum(p->list[kept].amount, p->list[i].amount);
        else
            p->list[++kept] = p->list[i];
    }
    p->count = kept + 1;
}

/* SPEC L11: "bulk, and things of kind product under quantity roles, by quantity; an instance as 10^6 without unit" */
static void gather(struct telling *g, struct portions *p) {
    const struct item *item = g->t->item;
    for (uint32_t i = 0; i < g->named; i++) {
        const struct told *x = &g->told[i];
        if (!telling_instance(x)) continue;
        if (x->thing.roles & 1 << ROLE_INPUT) add(p, x->value.product, SPAN_EMPTY, false, MILLIONTHS);
        if (x->thing.roles & 1 << ROLE_OUTPUT) add(p, x->value.product, SPAN_EMPTY, true, MILLIONTHS);
    }
    for (uint32_t i = 0; i < item->things_count; i++) {
        const struct thing *thing = &item->things[i];
        bool output = thing->role == ROLE_OUTPUT_QUANTITY;
        if (!output && thing->role != ROLE_INPUT_QUANTITY) continue;
        const struct told *x = telling_at(g, i);
        if (x->thing.kind == IDENTIFIER_LOT || x->thing.kind == IDENTIFIER_PRODUCT)
            add(p, x->value.product, thing_unit(thing), output, thing_amount(thing));
    }
    merge(p);
}

/* The sum of one side over all events of a transformationID, this one included. */
struct group_sums {
    const struct telling *g;
    struct span group; /* SHA-256 of the transformationID in hexadecimal; empty: the event stands alone */
    char hex[65];
};

static struct balance_name group_name(const struct group_sums *s, const struct portion *p) {
    return (struct balance_name){.purpose = p->output ? BALANCE_GROUP_OUT : BALANCE_GROUP_IN,
                                 .subject = s->g->t->record->header.subject,
                                 .lot = p->product,
                                 .unit = p->unit,
                                 .type = s->group};
}

static void group_begin(struct group_sums *s, const struct telling *g) {
    struct span id = event_text(g->t->item, "transformationID");
    *s = (struct group_sums){.g = g};
    if (id.len == 0) return;
    struct digest d = sha256(id);
    hex_encode(span_of(d.b, sizeof d.b), s->hex);
    s->group = span_text(s->hex);
}

static void group_add(const struct group_sums *s, const struct portions *p) {
    for (uint32_t i = 0; i < p->count && s->group.len > 0; i++) {
        struct balance_name name = group_name(s, &p->list[i]);
        balance_add(s->g->t->run, s->g->t->log_index, &name, p->list[i].amount);
    }
}

static uint64_t amount_of(const struct group_sums *s, const struct portions *p, const struct portion *which) {
    if (s->group.len > 0) {
        struct balance_name name = group_name(s, which);
        return balance_read(s->g->t->run->now, &name);
    }
    const struct portion *found = p->count > 0 ? bsearch(which, p->list, p->count, sizeof *which, compare) : NULL;
    return found ? found->amount : 0;
}

/* floor(amount x micro / 10^6), at most 2^64-1: micro is at most 10^12, so the parts do not overflow 128 bits, written as two words. */
static uint64_t allowed_of(uint64_t amount, uint64_t micro) {
    uint64_t whole = amount / MILLIONTHS, rest = amount % MILLIONTHS, product;
    if (__builtin_mul_overflow(whole, micro, &product)) return UINT64_MAX;
    uint64_t part = rest * micro / MILLIONTHS; /* rest < 10^6, micro <= 10^12 */
    return product > UINT64_MAX - part ? UINT64_MAX : product + part;
}

static bool exceeds(const struct group_sums *s, const struct portions *p, const struct portion *out, const struct yield *rule) {
    uint64_t allowed = 0;
    bool asked = false;
    for (uint32_t i = 0; i < rule->inputs_count; i++) {
        const struct yield_input *in = &rule->inputs[i];
        if (!span_equal(in->unit_out, out->unit)) continue;
        struct portion which = {.product = in->product, .unit = in->unit};
        uint64_t more = allowed_of(amount_of(s, p, &which), in->micro);
        allowed = more > UINT64_MAX - allowed ? UINT64_MAX : allowed + more;
        asked = true;
    }
    return asked && amount_of(s, p, out) > allowed;
}

static bool rule_of(struct run *run, struct span product, struct yield *ret) {
    struct yield_value v;
    struct digest key = status_key(STATUS_YIELD, product);
    if (!rules_value_get(run, &key, &yield_value_type, &v)) return false;
    CHECK(yield_decode(v.rule, run->arena, ret) == OK);
    return true;
}

static void mark(struct telling *g, struct span product) {
    for (uint32_t i = 0; i < g->named; i++) {
        struct told *x = &g->told[i];
        bool output = x->thing.roles & (1 << ROLE_OUTPUT | 1 << ROLE_OUTPUT_QUANTITY);
        if (output && span_equal(x->value.product, product)) telling_book(g, x)->flow.marks |= flow_bit(FLOW_YIELD);
    }
}

bool yield_refused(struct telling *g, bool refuse) {
    struct portions p = {arena_alloc(g->t->run->arena, (size_t)g->t->item->things_count + g->named + 1, sizeof *p.list), 0};
    struct group_sums s;
    CHECK(p.list);
    gather(g, &p);
    group_begin(&s, g);
    group_add(&s, &p);
    for (uint32_t i = 0; i < p.count; i++) {
        struct yield rule;
        const struct portion *out = &p.list[i];
        if (!out->output || !rule_of(g->t->run, out->product, &rule) || !exceeds(&s, &p, out, &rule)) continue;
        if (refuse) return true;
        mark(g, out->product);
    }
    return false;
}
