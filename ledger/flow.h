/* flow.h: who holds a thing, where it is inside, when it was made and ended (SPEC L4, L5), as arithmetic on one value. What events do is
 * added up: a late event finds its place whenever it comes, and a correction is the same sum the other way round.
 *
 * Pure. A book is opened on a thing's value and closed into it again; spans are borrowed from the value and from the callers. What would
 * pass a bound of L4 sets `tangled`, which is refused (53); nothing else fails. */
#ifndef LEDGER_FLOW_H
#define LEDGER_FLOW_H

#include "ledger/value.h"

enum flow_rule {
    FLOW_HELD = 1,
    FLOW_NAMED,
    FLOW_DESTROYED,
    FLOW_RECALLED,
    FLOW_BALANCE,
    FLOW_YIELD,
    FLOW_TIME,
    FLOW_RULE_LAST = FLOW_TIME,
};
enum flow_action { FLOW_REFUSE = 1, FLOW_MARK = 2 };

/* A rule by its name, and in a word for people. */
struct flow_word {
    const char *name, *zh, *en;
};
const struct flow_word *flow_word(enum flow_rule rule);

/* Room for what one item does to one thing before its bounds are asked. */
enum { FLOW_HOLDERS_ROOM = 2 * FLOW_HOLDERS_MAX };

struct flow_book {
    struct flow flow;
    struct holder holders[FLOW_HOLDERS_ROOM];
    struct recall_mark recalls[FLOW_RECALLS_MAX];
    struct told_mark told[FLOW_TOLD_MAX];
    struct digest unit_chain;
    bool tangled;
};

void flow_open(struct flow_book *b, const struct thing_value *value);
/* Puts the flow into the value, which borrows from the book; none when nothing is in it. False when it is tangled. */
bool flow_close(struct flow_book *b, struct thing_value *value) MUST_USE;

/* "holds(S)", "due(S)" of SPEC L4. */
int64_t flow_held(const struct flow *f, struct span subject, bool due);
/* n of an entry; what becomes 0 goes. */
void flow_add(struct flow_book *b, struct span subject, bool due, int64_t n);
/* SPEC L5, single holder: whose. */
bool flow_single_holder(const struct flow *f, struct span *ret);

/* SPEC L5. sign: 1, or -1 to undo. */
void flow_make(struct flow_book *b, struct span subject, uint64_t time_ms, int sign);
void flow_ship(struct flow_book *b, struct span subject, struct span receiver, int sign);
void flow_receive(struct flow_book *b, struct span subject, int sign);
/* The same of bulk, where accounts hold the amounts: who made it, and how often that was told. */
void flow_make_bulk(struct flow_book *b, struct span subject, uint64_t time_ms, int sign);
/* Moves but make: first and last. */
void flow_time(struct flow_book *b, uint64_t time_ms, bool make);

/* Bits of the rules 1, 2 and 7 that are broken now. */
uint8_t flow_broken(const struct flow *f, bool bulk, uint64_t drift_ms);
static inline uint8_t flow_bit(enum flow_rule rule) {
    return (uint8_t)(1u << (rule - 1));
}
/* False when there is no room, of which others than authorities have half; one that is there stays. */
bool flow_mark(struct flow_book *b, struct span recall, uint64_t ms, bool authority);
/* SPEC L7: adds a moving event to what is told of the thing; false when there are 16. NULL when it is not there. */
bool flow_tell(struct flow_book *b, const struct digest *event);
struct told_mark *flow_told(struct flow *f, const struct digest *event);
bool flow_unmark(struct flow_book *b, struct span recall);            /* false when it is not there */

#endif
