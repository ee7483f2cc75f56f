/* production.h: what an event says was made (SPEC X10), added to the balances of its maker. Not for others than history.c.
 *
 * production_begin looks at the event's type, action and step alone; who spoke, and whether the event takes back another,
 * is asked only when something would be counted, so an event that makes nothing costs nothing. */
#ifndef LEDGER_PRODUCTION_H
#define LEDGER_PRODUCTION_H

#include "ledger/rules.h"
#include "trace/event.h"

enum maker { MAKER_UNKNOWN, MAKER_NO, MAKER_YES };

struct production {
    struct run *run;
    const struct record *record;
    const struct item *item;
    uint64_t log_index;
    bool possible;
    enum maker maker;
    struct buffer lot; /* pieces of it that were counted but not yet added */
    uint64_t pieces;
};

/* action and step: of the event, the step canonical. */
void production_begin(struct production *p, struct run *run, const struct record *record,
                      uint64_t log_index, const struct item *item, struct span action,
                      struct span step);
/* A thing of the event got its lot with this event. */
void production_piece(struct production *p, const struct event_thing *thing, struct span lot);
/* The quantities, and what is left to add. */
void production_end(struct production *p);

#endif
