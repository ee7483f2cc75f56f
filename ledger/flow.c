/* flow.c: see flow.h. */
#include "ledger/flow.h"

#include <string.h>

void flow_open(struct flow_book *b, const struct thing_value *value) {
    memset(b, 0, sizeof *b);
    if (value->flow_count > 0) b->flow = *value->flow;
    struct flow *f = &b->flow;
    for (uint32_t i = 0; i < f->holders_count; i++)
        b->holders[i] = f->holders[i];
    for (uint32_t i = 0; i < f->recalls_count; i++)
        b->recalls[i] = f->recalls[i];
    for (uint32_t i = 0; i < f->told_count; i++)
        b->told[i] = f->told[i];
    if (f->unit_chain.len == sizeof b->unit_chain.b)
        memcpy(b->unit_chain.b, f->unit_chain.data, sizeof b->unit_chain.b);
    f->holders = b->holders;
    f->recalls = b->recalls;
    f->told = b->told;
}

static bool blank(const struct flow *f) {
    return f->maker.len == 0 && f->made == 0 && f->foreign == 0 && f->marks == 0 && f->parent.len == 0 &&
           f->packed_ms == 0 && f->born_ms == 0 && f->first_ms == 0 && f->last_ms == 0 && f->destroyed_ms == 0 &&
           f->unit_count == 0 && f->strays == 0 && f->overdrawn == 0 && f->unnamed == 0 && f->holders_count == 0 &&
           f->recalls_count == 0 && f->told_count == 0;
}

/* SPEC L4: "more than 8 holders, n outside -100 to 100, made or foreign above 1,000 refuses the record (53)" */
static bool within(const struct flow *f) {
    if (f->holders_count > FLOW_HOLDERS_MAX) return false;
    for (uint32_t i = 0; i < f->holders_count; i++)
        if (f->holders[i].n > FLOW_HELD_MAX || f->holders[i].n < -FLOW_HELD_MAX) return false;
    return f->made <= FLOW_MADE_MAX && f->foreign <= FLOW_MADE_MAX;
}

static int order(const struct holder *h, struct span subject, bool due) {
    int by_subject = span_compare(h->subject, subject);
    return by_subject != 0 ? by_subject : (int)h->due - (int)due;
}

int64_t flow_held(const struct flow *f, struct span subject, bool due) {
    for (uint32_t i = 0; i < f->holders_count; i++)
        if (order(&f->holders[i], subject, due) == 0) return f->holders[i].n;
    return 0;
}

static void holder_remove(struct flow *f, uint32_t at) {
    f->holders_count--;
    for (uint32_t i = at; i < f->holders_count; i++)
        f->holders[i] = f->holders[i + 1];
}

void flow_add(struct flow_book *b, struct span subject, bool due, int64_t n) {
    struct flow *f = &b->flow;
    uint32_t at = 0;
    while (at < f->holders_count && order(&f->holders[at], subject, due) < 0)
        at++;
    if (at < f->holders_count && order(&f->holders[at], subject, due) == 0) {
        f->holders[at].n += n;
        if (f->holders[at].n == 0) holder_remove(f, at);
        return;
    }
    if (f->holders_count == FLOW_HOLDERS_ROOM) {
        b->tangled = true;
        return;
    }
    for (uint32_t i = f->holders_count; i > at; i--)
        f->holders[i] = f->holders[i - 1];
    f->holders[at] = (struct holder){subject, due, n};
    f->holders_count++;
}

/* SPEC L5: "*open* is due of the empty subject less what dues of others are below 0" */
static int64_t open_due(const struct flow *f) {
    int64_t open = 0;
    for (uint32_t i = 0; i < f->holders_count; i++) {
        const struct holder *h = &f->holders[i];
        if (h->due && (h->subject.len == 0 || h->n < 0)) open += h->n;
    }
    return open;
}

/* Pieces in hand or on the way: more than one is more than there are. */
static int64_t positive(const struct flow *f) {
    int64_t sum = open_due(f);
    if (sum < 0) sum = 0;
    for (uint32_t i = 0; i < f->holders_count; i++) {
        const struct holder *h = &f->holders[i];
        if (h->n > 0 && !(h->due && h->subject.len == 0)) sum += h->n;
    }
    return sum;
}

bool flow_single_holder(const struct flow *f, struct span *ret) {
    const struct holder *found = NULL;
    for (uint32_t i = 0; i < f->holders_count; i++) {
        const struct holder *h = &f->holders[i];
        if (h->n < 0 || (h->due && h->subject.len == 0)) continue;
        if (found || h->due) return false;
        found = h;
    }
    if (!found || open_due(f) > 0) return false;
    *ret = found->subject;
    return true;
}

/* SPEC L5: "Only when there are more than 8 entries after an item, a positive due of the empty subject and negative dues of others, in
 * rising order, cancel each other": until then a late event finds all that was told. */
static void cancel(struct flow_book *b) {
    struct flow *f = &b->flow;
    for (uint32_t i = 0; i < f->holders_count && f->holders_count > FLOW_HOLDERS_MAX;) {
        struct holder h = f->holders[i];
        int64_t open = flow_held(f, SPAN_EMPTY, true);
        if (open <= 0) return;
        if (!h.due || h.n >= 0 || h.subject.len == 0) {
            i++;
            continue;
        }
        int64_t n = open < -h.n ? open : -h.n;
        flow_add(b, SPAN_EMPTY, true, -n);
        flow_add(b, h.subject, true, n);
        i = 0;
    }
}

bool flow_close(struct flow_book *b, struct thing_value *value) {
    struct flow *f = &b->flow;
    cancel(b);
    if (b->tangled || !within(f)) return false;
    f->unit_chain = span_of(b->unit_chain.b, f->unit_count > 0 ? sizeof b->unit_chain.b : 0);
    value->flow = f;
    value->flow_count = blank(f) ? 0 : 1;
    return true;
}

static void earliest(uint64_t *at, uint64_t time_ms) {
    if (*at == 0 || time_ms < *at) *at = time_ms;
}

static void latest(uint64_t *at, uint64_t time_ms) {
    if (time_ms > *at) *at = time_ms;
}

/* Tells a make, or takes one back. True when what is held changes with it. */
static bool made(struct flow *f, struct span subject, uint64_t time_ms, int sign) {
    if (sign > 0 && f->maker.len == 0) f->maker = subject;
    bool own = span_equal(f->maker, subject);
    uint32_t *count = own ? &f->made : &f->foreign;
    if (sign > 0) {
        earliest(&f->born_ms, time_ms);
        (*count)++;
        return !own || *count == 1;
    }
    if (f->born_ms == time_ms) f->born_ms = 0;
    if (*count == 0) return false;
    (*count)--;
    if (!own) return true;
    if (*count > 0) return false;
    f->maker = SPAN_EMPTY;
    return true;
}

/* SPEC L5: "due(S) + 1 when that is below 0, else holds(S) + 1": what was taken in before its making was told is paid for. */
void flow_make(struct flow_book *b, struct span subject, uint64_t time_ms, int sign) {
    if (!made(&b->flow, subject, time_ms, sign)) return;
    bool debt = sign > 0 ? flow_held(&b->flow, subject, true) < 0 : flow_held(&b->flow, subject, false) < 1;
    flow_add(b, subject, debt, sign);
}

void flow_make_bulk(struct flow_book *b, struct span subject, uint64_t time_ms, int sign) {
    made(&b->flow, subject, time_ms, sign);
}

void flow_ship(struct flow_book *b, struct span subject, struct span receiver, int sign) {
    flow_add(b, subject, false, -sign);
    flow_add(b, receiver, true, sign);
}

void flow_receive(struct flow_book *b, struct span subject, int sign) {
    flow_add(b, subject, false, sign);
    flow_add(b, subject, true, -sign);
}

void flow_time(struct flow_book *b, uint64_t time_ms, bool make) {
    if (!make) earliest(&b->flow.first_ms, time_ms);
    latest(&b->flow.last_ms, time_ms);
}

static bool after(uint64_t later, uint64_t earlier, uint64_t drift_ms) {
    return later > earlier && later - earlier > drift_ms;
}

uint8_t flow_broken(const struct flow *f, bool bulk, uint64_t drift_ms) {
    bool held = f->foreign > 0 || f->overdrawn > 0, named = f->unnamed > 0;
    for (uint32_t i = 0; i < f->holders_count && !bulk; i++)
        held = held || (!f->holders[i].due && f->holders[i].n < 0);
    if (!bulk && positive(f) > 1) held = true;
    if (!bulk && open_due(f) < 0) named = true;
    bool time = (f->born_ms != 0 && f->first_ms != 0 && after(f->born_ms, f->first_ms, drift_ms)) ||
                (f->destroyed_ms != 0 && after(f->last_ms, f->destroyed_ms, drift_ms));
    uint8_t bits = 0;
    if (held) bits |= flow_bit(FLOW_HELD);
    if (named && f->made + f->foreign > 0) bits |= flow_bit(FLOW_NAMED);
    if (time) bits |= flow_bit(FLOW_TIME);
    return bits;
}

bool flow_mark(struct flow_book *b, struct span recall, uint64_t ms, bool authority) {
    struct flow *f = &b->flow;
    uint32_t at = 0;
    while (at < f->recalls_count && span_compare(f->recalls[at].recall, recall) < 0)
        at++;
    if (at < f->recalls_count && span_equal(f->recalls[at].recall, recall)) return true;
    if (f->recalls_count >= (authority ? FLOW_RECALLS_MAX : FLOW_RECALLS_OF_OTHERS)) return false;
    for (uint32_t i = f->recalls_count; i > at; i--)
        f->recalls[i] = f->recalls[i - 1];
    f->recalls[at] = (struct recall_mark){recall, ms};
    f->recalls_count++;
    return true;
}

struct told_mark *flow_told(struct flow *f, const struct digest *event) {
    for (uint32_t i = 0; i < f->told_count; i++)
        if (memcmp(f->told[i].digest, event->b, TOLD_MARK_BYTES) == 0) return &f->told[i];
    return NULL;
}

bool flow_tell(struct flow_book *b, const struct digest *event) {
    struct flow *f = &b->flow;
    if (f->told_count == FLOW_TOLD_MAX) return false;
    struct told_mark *mark = &b->told[f->told_count++];
    memcpy(mark->digest, event->b, TOLD_MARK_BYTES);
    mark->corrected = false;
    return true;
}

bool flow_unmark(struct flow_book *b, struct span recall) {
    struct flow *f = &b->flow;
    for (uint32_t i = 0; i < f->recalls_count; i++) {
        if (!span_equal(f->recalls[i].recall, recall)) continue;
        f->recalls_count--;
        for (; i < f->recalls_count; i++)
            f->recalls[i] = f->recalls[i + 1];
        return true;
    }
    return false;
}

const struct flow_word *flow_word(enum flow_rule rule) {
    static const struct flow_word words[] = {
        {"none", "?", "?"},
        {"held", "持有不符", "not held by who hands it over"},
        {"named", "收货方不符", "the receiver was not named"},
        {"destroyed", "销毁后又出现", "seen after it was destroyed"},
        {"recalled", "召回后仍流通", "moved on although recalled"},
        {"balance", "数量不平衡", "more left than was made"},
        {"yield", "得率超限", "more made than its inputs yield"},
        {"time", "时间先后不符", "events not in the order of their times"},
    };
    CHECK(rule <= FLOW_RULE_LAST);
    return &words[rule];
}
