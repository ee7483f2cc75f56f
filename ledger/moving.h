/* moving.h: the moves of one event take place, or are taken back (SPEC L5, L6, L8). Not for others than rules_event.c. */
#ifndef LEDGER_MOVING_H
#define LEDGER_MOVING_H

#include "ledger/account.h"
#include "ledger/telling.h"
#include "trace/move.h"

struct moving {
    struct telling *g;
    const struct event_moves *moves;
    struct span subject; /* in whose name */
    bool authority;      /* it is one */
    int sign;            /* 1, or -1 to undo */
    struct span receiver; /* subject id of the destination, empty when there is none */
    struct told *parent; /* of packing and unpacking; else NULL */
    bool holds_parent;   /* the subject holds the top of the parent */
};

/* False when something does not fit (53). Every thing that moved has a book. */
bool moving_run(struct moving *m) MUST_USE;
/* The moves of a thing, as bits of enum move. */
uint32_t moving_of(const struct event_moves *moves, const struct told *x);
/* Bulk in place i of the item: the lot, its unit and amount; false when nothing moves there. */
struct bulk {
    struct told *lot;
    enum move move;
    struct span unit;
    int64_t amount;
};
bool moving_bulk(const struct moving *m, uint32_t i, struct bulk *ret) MUST_USE;
/* The account of the subject for this bulk. */
int64_t moving_account(const struct moving *m, const struct bulk *b, enum account_kind kind);

#endif
