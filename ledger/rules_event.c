/* rules_event.c: an event takes effect (SPEC L7 to L14, X8, X10).
 *
 * An event that was told before moves nothing; one with errorDeclaration takes another back; the others are asked rules 3 to 6, move what
 * they name, and what came of it is asked rules 5, 1, 2 and 7. A rule that is broken refuses the record or marks the thing, as its action
 * says. */
#include "ledger/balance.h"
#include "ledger/links.h"
#include "ledger/moving.h"
#include "ledger/production.h"
#include "ledger/rules_yield.h"

struct eventing {
    const struct item_run *t;
    struct telling g;
    struct event_moves moves;
    struct span subject; /* of the record */
};

static const struct {
    uint16_t code;
    enum flow_action action; /* unless row 22 says otherwise */
} rules[] = {
    [FLOW_HELD] = {RESULT_HELD, FLOW_MARK},           [FLOW_NAMED] = {RESULT_NAMED, FLOW_MARK},
    [FLOW_DESTROYED] = {RESULT_DESTROYED, FLOW_REFUSE}, [FLOW_RECALLED] = {RESULT_RECALLED, FLOW_REFUSE},
    [FLOW_BALANCE] = {RESULT_BALANCE, FLOW_REFUSE},   [FLOW_YIELD] = {RESULT_YIELD, FLOW_REFUSE},
    [FLOW_TIME] = {RESULT_TIME_ORDER, FLOW_MARK},
};

/* SPEC L10. Asked only when a rule is broken. */
static bool refuses(const struct eventing *e, enum flow_rule rule) {
    struct rule_value v;
    uint8_t subject = (uint8_t)rule;
    struct digest key = status_key(STATUS_RULE, span_of(&subject, 1));
    if (rules_value_get(e->t->run, &key, &rule_value_type, &v)) return v.action == FLOW_REFUSE;
    return rules[rule].action == FLOW_REFUSE;
}

static void mark(struct eventing *e, struct told *x, enum flow_rule rule) {
    struct flow_book *b = telling_book(&e->g, x);
    b->flow.marks |= flow_bit(rule);
}

/* A rule among 3 to 6 is broken by what the event does with a thing. */
static uint16_t broken(struct eventing *e, struct told *x, enum flow_rule rule) {
    if (refuses(e, rule)) return rules[rule].code;
    mark(e, x, rule);
    return RESULT_ACCEPTED;
}

static bool is_authority(const struct eventing *e) {
    struct member_value m;
    struct digest key = status_key(STATUS_MEMBER, e->subject);
    return rules_value_get(e->t->run, &key, &member_value_type, &m) && m.roles & MEMBER_AUTHORITY;
}

static uint16_t ask_destroyed(struct eventing *e, struct told *x) {
    uint64_t at = telling_flow(x)->destroyed_ms, drift = e->t->run->params->parameters.max_drift_ms;
    /* SPEC L9: "destroyed is not 0 and time > destroyed + d" */
    bool late = at != 0 && e->moves.time_ms > at && e->moves.time_ms - at > drift;
    if (!late) return RESULT_ACCEPTED;
    if (e->moves.moving) return broken(e, x, FLOW_DESTROYED);
    /* Reports about it go on; that it was seen is evidence, and kept. */
    bool report = span_is(e->moves.step, "inspecting") || span_is(e->moves.step, "sampling");
    if (!report) mark(e, x, FLOW_DESTROYED);
    return RESULT_ACCEPTED;
}

static bool sells(const struct eventing *e) {
    return span_is(e->moves.step, "retail_selling") || span_is(e->moves.step, "dispensing");
}

/* SPEC L9: "ships it with a disposition that is none of recalled, returned, needs_replacement" */
static bool handles_recall(const struct eventing *e) {
    static const char *const words[] = {"recalled",           "returned",    "needs_replacement", "non_conformant",
                                        "non_sellable_other", "unavailable", "damaged",           "expired",
                                        "disposed"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_is(e->moves.disposition, words[i])) return true;
    return false;
}

static bool forbidden(const struct eventing *e, const struct told *x) {
    uint32_t bits = moving_of(&e->moves, x);
    if (bits & (1u << MOVE_USE | 1u << MOVE_PACK | 1u << MOVE_MAKE)) return true;
    return sells(e) || (bits & 1u << MOVE_SHIP && !handles_recall(e));
}

static bool recalled(const struct flow *f, uint64_t time_ms, bool *ret_later) {
    for (uint32_t i = 0; i < f->recalls_count; i++) {
        if (f->recalls[i].ms < time_ms) return true;
        *ret_later = true;
    }
    return false;
}

static uint16_t ask_recalled(struct eventing *e, struct told *x) {
    bool later = false;
    if (!forbidden(e, x)) return RESULT_ACCEPTED;
    struct told *unit = telling_unit(&e->g, x);
    if (recalled(telling_flow(x), e->moves.time_ms, &later) || recalled(telling_flow(unit), e->moves.time_ms, &later))
        return broken(e, x, FLOW_RECALLED);
    /* SPEC L9: told only after the recall, whenever it was */
    if (later) mark(e, x, FLOW_RECALLED);
    return RESULT_ACCEPTED;
}

static uint16_t ask_before(struct eventing *e) {
    uint16_t code = RESULT_ACCEPTED;
    if (e->t->item->type == ITEM_OTHER_EVENT) return code;
    for (uint32_t i = 0; i < e->g.named && code == RESULT_ACCEPTED; i++)
        code = ask_destroyed(e, &e->g.told[i]);
    for (uint32_t i = 0; i < e->g.named && code == RESULT_ACCEPTED; i++)
        code = ask_recalled(e, &e->g.told[i]);
    return code;
}

static uint16_t ask_yield(struct eventing *e) {
    if (e->t->item->type != ITEM_TRANSFORMATION_EVENT) return RESULT_ACCEPTED;
    return yield_refused(&e->g, refuses(e, FLOW_YIELD)) ? rules[FLOW_YIELD].code : RESULT_ACCEPTED;
}

/* SPEC L9, rule 5: who made so much of a lot and told so cannot give away more; taking back what was made is refused whatever the action */
static uint16_t ask_balance(struct eventing *e, const struct moving *m) {
    uint16_t code = RESULT_ACCEPTED;
    for (uint32_t i = 0; i < e->t->item->things_count && code == RESULT_ACCEPTED; i++) {
        struct bulk b;
        if (!moving_bulk(m, i, &b)) continue;
        bool gives = m->sign > 0 && (b.move == MOVE_USE || b.move == MOVE_END || b.move == MOVE_SHIP || b.move == MOVE_PACK);
        bool untold = m->sign < 0 && b.move == MOVE_MAKE;
        if ((!gives && !untold) || moving_account(m, &b, ACCOUNT_HELD) >= 0) continue;
        if (untold) return RESULT_BALANCE;
        if (moving_account(m, &b, ACCOUNT_MADE) > 0) code = broken(e, b.lot, FLOW_BALANCE);
    }
    return code;
}

static uint16_t ask_one(struct eventing *e, struct told *x) {
    static const enum flow_rule asked[] = {FLOW_HELD, FLOW_NAMED, FLOW_TIME};
    const uint8_t live = flow_bit(FLOW_HELD) | flow_bit(FLOW_NAMED) | flow_bit(FLOW_TIME);
    struct flow *f = &telling_book(&e->g, x)->flow;
    uint8_t now = flow_broken(f, x->thing.kind == IDENTIFIER_LOT, e->t->run->params->parameters.max_drift_ms);
    uint8_t fresh = (uint8_t)(now & ~f->marks);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        if (fresh & flow_bit(asked[i]) && refuses(e, asked[i])) return rules[asked[i]].code;
    f->marks = (uint8_t)((f->marks & ~live) | now);
    return RESULT_ACCEPTED;
}

static uint16_t ask_after(struct eventing *e, const struct moving *m) {
    uint16_t code = ask_balance(e, m);
    for (uint32_t i = 0; i < e->g.named && code == RESULT_ACCEPTED; i++)
        if (e->g.told[i].moved) code = ask_one(e, &e->g.told[i]);
    return code;
}

/* SPEC L5: "The *receiver* is the subject of the party (26) that the first destination of type possessing_party names" */
static struct span receiver(const struct eventing *e) {
    struct buffer text CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    struct party_value v;
    struct span party = event_receiver(e->t->item);
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    if (party.len == 0 || identifier_canonical(party, &text, &kind) != OK) return SPAN_EMPTY;
    struct digest key = status_key(STATUS_PARTY, buffer_span(&text));
    return rules_value_get(e->t->run, &key, &party_value_type, &v) ? v.subject : SPAN_EMPTY;
}

static uint16_t move(struct eventing *e, struct span subject, int sign) {
    struct moving m = {.g = &e->g,
                       .moves = &e->moves,
                       .subject = subject,
                       .authority = e->moves.of_role[ROLE_EPC] == MOVE_END && is_authority(e),
                       .sign = sign,
                       .receiver = receiver(e)};
    if (!moving_run(&m)) return RESULT_TANGLED;
    return ask_after(e, &m);
}

/* SPEC L14 */
static uint16_t persist(struct eventing *e) {
    bool set = event_persistent(e->t->item, true, "recalled"), unset = event_persistent(e->t->item, false, "recalled");
    if ((!set && !unset) || e->t->item->type == ITEM_OTHER_EVENT) return RESULT_ACCEPTED;
    bool authority = is_authority(e);
    struct buffer name CLEANUP(buffer_free) = {0};
    buffer_init(&name, SUBJECT_ID_BYTES_MAX + 1);
    buffer_append_span(&name, e->subject);
    buffer_text(&name, "/");
    struct span id = arena_copy(e->t->run->arena, buffer_span(&name));
    CHECK(id.data);
    for (uint32_t i = 0; i < e->g.named; i++) {
        struct told *x = &e->g.told[i];
        const struct flow *f = telling_flow(x);
        if (f->maker.len == 0) continue;
        if (!authority && !span_equal(f->maker, e->subject)) return RESULT_NOT_THEIR_RECALL;
        struct flow_book *b = telling_book(&e->g, x);
        if (unset && !authority) (void)flow_unmark(b, id);
        for (uint32_t k = b->flow.recalls_count; unset && authority && k > 0; k--) {
            struct span at = b->flow.recalls[k - 1].recall;
            if (at.data[at.len - 1] == '/') (void)flow_unmark(b, at);
        }
        if (set && !flow_mark(b, id, e->t->run->time_ms, authority)) return RESULT_RECALLED_TOO_OFTEN;
    }
    return RESULT_ACCEPTED;
}

static struct digest told_key(struct span subject, const struct digest *item) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, SUBJECT_ID_BYTES_MAX + 64);
    pack_array(&bytes, 2);
    pack_text(&bytes, subject);
    pack_bytes(&bytes, span_of(item->b, sizeof item->b));
    CHECK(!bytes.overflow);
    return status_key(STATUS_TOLD, buffer_span(&bytes));
}

static void linked(struct eventing *e, const struct links_event *event, bool corrects) {
    links_units(&e->g);
    if (e->t->item->type == ITEM_TRANSFORMATION_EVENT) links_transformation(&e->g, event, corrects);
}

/* What bulk the event made is taken off again (SPEC L8). */
static uint16_t unproduce(struct eventing *e, struct span author) {
    struct moving m = {.g = &e->g, .moves = &e->moves, .subject = author, .sign = -1};
    for (uint32_t i = 0; i < e->t->item->things_count; i++) {
        struct bulk b;
        if (!moving_bulk(&m, i, &b) || b.move != MOVE_MAKE) continue;
        struct balance_name made = {BALANCE_PRODUCED, author, b.lot->thing.canonical, b.unit, SPAN_EMPTY},
                            bound = made, codes = made;
        uint64_t before = balance_read(e->t->run->now, &made), off = (uint64_t)b.amount;
        bound.purpose = BALANCE_BOUND;
        codes.purpose = BALANCE_CODES;
        codes.unit = SPAN_EMPTY;
        if (before == 0) continue;
        balance_write(e->t->run, e->t->log_index, &made, before > off ? before - off : 0);
        if (balance_read(e->t->run->now, &made) < balance_read(e->t->run->now, &bound) ||
            balance_produced_codes(e->t->run->now, author, b.lot->thing.canonical) <
                balance_read(e->t->run->now, &codes) / MILLIONTHS)
            return RESULT_QUANTITY;
    }
    return RESULT_ACCEPTED;
}

/* SPEC L7: "Of types 2 and 3 in which an instance moves and no bulk: its *witness* is the first such instance" */
static struct told *witness(struct eventing *e) {
    struct told *found = NULL;
    struct moving m = {.g = &e->g, .moves = &e->moves};
    if (e->t->item->type == ITEM_TRANSFORMATION_EVENT) return NULL;
    for (uint32_t i = 0; i < e->g.named && !found; i++)
        if (telling_instance(&e->g.told[i]) && moving_of(&e->moves, &e->g.told[i])) found = &e->g.told[i];
    for (uint32_t i = 0; i < e->t->item->things_count && found; i++) {
        struct bulk b;
        if (moving_bulk(&m, i, &b)) found = NULL;
    }
    return found;
}

static struct digest told_mark(struct span subject, const struct digest *item) {
    uint8_t len = (uint8_t)subject.len;
    struct span parts[] = {span_of(&len, 1), subject, span_of(item->b, sizeof item->b)};
    return sha256_tagged("suyuan/told/v1", parts, 3);
}

/* The event that is corrected, if it was told and is not corrected yet: it is from now on. */
static bool untell(struct eventing *e, struct span author, const struct digest *original, struct links_event *ret) {
    struct told *w = witness(e);
    *ret = (struct links_event){.subject = author};
    if (w) {
        struct digest event = told_mark(author, original);
        struct told_mark *mark = flow_told(&telling_book(&e->g, w)->flow, &event);
        if (mark && mark->corrected) return false;
        if (mark) return mark->corrected = true;
    }
    struct told_value v;
    struct digest key = told_key(author, original);
    if (!rules_value_get(e->t->run, &key, &told_value_type, &v) || v.state != STATE_ACTIVE) return false;
    struct told_value next = {ITEM_VALUE(e->t, STATE_CORRECTED), .told = v.told, .item = v.item};
    rules_value_put(e->t->run, &key, &told_value_type, &next);
    ret->log_index = v.told;
    ret->item = v.item;
    return true;
}

/* SPEC L8: "An event with errorDeclaration is a correction of the event that is equal to it but for that field" */
static uint16_t correct(struct eventing *e, struct span author, const struct digest *original) {
    struct links_event event;
    if (author.len == 0) author = e->subject;
    if (!span_equal(author, e->subject) && !is_authority(e)) return RESULT_NOT_THEIR_EVENT;
    if (!e->moves.moving || author.len > SUBJECT_ID_BYTES_MAX || !untell(e, author, original, &event)) return RESULT_ACCEPTED;
    /* SPEC S5: an end that is taken back */
    for (uint32_t i = 0; i < e->g.named; i++)
        if (moving_of(&e->moves, &e->g.told[i]) & 1u << MOVE_END) e->g.told[i].value.state = STATE_ACTIVE;
    uint16_t code = move(e, author, -1);
    if (code == RESULT_ACCEPTED) code = unproduce(e, author);
    if (code == RESULT_ACCEPTED) linked(e, &event, true);
    return code;
}

/* SPEC L7: "is there before, in whatever state, the event was told before" */
static bool tell_once(struct eventing *e) {
    struct told *w = witness(e);
    const struct digest *item = &e->t->record->item_digests[e->t->index];
    bool told = false;
    if (w) {
        struct digest event = told_mark(e->subject, item);
        struct flow_book *b = telling_book(&e->g, w);
        if (flow_told(&b->flow, &event)) return false;
        told = flow_tell(b, &event);
    }
    struct told_value v;
    struct digest key = told_key(e->subject, item);
    if (rules_value_get(e->t->run, &key, &told_value_type, &v)) return false;
    if (told) return true;
    struct told_value next = {ITEM_VALUE(e->t, STATE_ACTIVE), .told = e->t->log_index, .item = (uint16_t)e->t->index};
    rules_value_put(e->t->run, &key, &told_value_type, &next);
    return true;
}

/* SPEC X10 */
static void produce(struct eventing *e) {
    struct production p;
    production_begin(&p, e->t->run, e->t->record, e->t->log_index, e->t->item, e->moves.action, e->moves.step);
    for (uint32_t i = 0; i < e->g.named; i++)
        if (e->g.told[i].gained) production_piece(&p, &e->g.told[i].thing, e->g.told[i].value.lot);
    production_end(&p);
}

static uint16_t effect(struct eventing *e) {
    struct span author;
    struct digest original;
    if (event_corrects(e->t->item, &author, &original)) return correct(e, author, &original);
    if (e->moves.moving && !tell_once(e)) return RESULT_ACCEPTED;
    uint16_t code = ask_before(e);
    if (code == RESULT_ACCEPTED && e->moves.moving) code = ask_yield(e);
    if (code == RESULT_ACCEPTED && e->moves.moving) code = move(e, e->subject, 1);
    if (code == RESULT_ACCEPTED) code = persist(e);
    if (code != RESULT_ACCEPTED || !e->moves.moving) return code;
    struct links_event event = {e->t->log_index, (uint16_t)e->t->index, e->subject};
    linked(e, &event, false);
    produce(e);
    return RESULT_ACCEPTED;
}

uint16_t rules_event(const struct item_run *t) {
    struct eventing e = {.t = t, .subject = t->record->header.subject};
    if (t->item->type == ITEM_ENVELOPE) return RESULT_ACCEPTED;
    event_moves(t->item, &e.moves);
    CHECK(telling_begin(&e.g, t, e.moves.action, e.moves.step) == OK);
    uint16_t code = effect(&e);
    if (code == RESULT_ACCEPTED && !telling_write(&e.g)) code = RESULT_TANGLED;
    return code;
}

/* D10: what a certificate, a pack or a claim names has it in its history. */
void rules_tell(const struct item_run *t) {
    struct telling g;
    CHECK(telling_begin(&g, t, SPAN_EMPTY, SPAN_EMPTY) == OK);
    CHECK(telling_write(&g));
}
