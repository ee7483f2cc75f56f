/* closure.h: what was made of a batch, inside what it travelled and where it went; or, the other way, what it was made of. A function over "give me
 * the unit chain of X" (SPEC L12, L13), so that a node's answers, a proof and a test may stand behind it.
 *
 * A unit (L3) is reached with an interval [from, until) of event time. Down: in its interval a unit is input of a transformation: all outputs of the
 * event, or of all events that share its transformationID, from then on; it is put into something: that, from then until it is next emptied
 * or ended. Up: it is output of a transformation before `until`: the inputs, until then; things were put into it: those, until then. What has things
 * in it counts since it was last emptied. Intervals of one unit are joined to their hull until nothing changes: where times are in doubt it
 * takes more, never less. Emptied and ended counts only when the unit itself is named, not a piece of it. Corrected events count for nothing.
 *
 * Everything borrows from the source's chains, which must live as long as the closure. */
#ifndef LEDGER_CLOSURE_H
#define LEDGER_CLOSURE_H

#include "base/crypto.h"
#include "trace/item.h"

enum closure_kind {
    CLOSURE_OTHER, /* moves, and nothing of the below */
    CLOSURE_TRANSFORM,
    CLOSURE_PACK,
    CLOSURE_EMPTY, /* unpacked, no children named */
    CLOSURE_END,
    CLOSURE_SHIP,
    CLOSURE_RECEIVE,
    CLOSURE_CORRECTION,
};
enum { CLOSURE_INPUT = 1, CLOSURE_OUTPUT = 2, CLOSURE_PARENT = 4, CLOSURE_CHILD = 8, CLOSURE_NAMED = 16 };

struct closure_member {
    struct span unit;
    uint8_t roles;
    bool itself; /* the unit is the thing that is named, not a piece of it */
};
struct closure_event {
    uint64_t log_index, time_ms;
    uint16_t item;
    enum closure_kind kind;
    bool corrected;
    struct digest digest;   /* of the item; of a correction that of the event it takes back */
    struct span subject;    /* who told it; of a correction its author */
    struct span receiver, transformation; /* as received, or empty */
    struct closure_member *members;
    uint32_t members_count;
};
struct closure_chain {
    struct closure_event *events; /* in the order of the chain; closure.c sets `corrected` */
    uint32_t count;
};
struct closure_source {
    void *self;
    enum err (*units)(void *self, struct span unit, struct closure_chain *ret);
    enum err (*group)(void *self, struct span subject, struct span transformation, struct closure_chain *ret);
};

/* What an event item is to a closure. units: of its things in their order, empty for places and documents. Its lists live in the arena.
 * ERR_TOO_LARGE when that is full. */
enum err closure_event_of(const struct item *item, const struct digest *digest, struct span subject, const struct span units[],
                          struct arena *arena, struct closure_event *ret) MUST_USE;

enum closure_way { CLOSURE_ROOT, CLOSURE_MADE, CLOSURE_INSIDE };
struct closure_unit {
    struct span unit;
    uint64_t from_ms, until_ms;
    enum closure_way way; /* how it was first reached, */
    uint32_t via;         /* from which unit, */
    const struct closure_event *by; /* by which event; NULL of the root */
    /* Down: the unit it was made of that is linked itself (SPEC O2), and the event that used that one; NULL when only something it was in leads
     * here. */
    uint32_t link;
    const struct closure_event *link_by;
    struct closure_chain chain;
    uint64_t *emptied; /* rising */
    uint32_t emptied_count;
    bool loaded, waiting;
};
enum { CLOSURE_UNITS_MAX = 1 << 20 };
struct closure_table {
    struct closure_slot *slots;
    uint32_t mask, count;
};
struct closure {
    struct closure_unit *units; /* the root first, in the order they were reached */
    uint32_t count, room;
    uint32_t *linked; /* down: units with a link and the root, parents before children */
    uint32_t linked_count;
    bool up;
    struct closure_table by_unit, spread;
};
/* The source's refusals; ERR_TOO_LARGE above CLOSURE_UNITS_MAX. closure_free in any case. */
enum err closure_run(const struct closure_source *s, struct span root, bool up, struct closure *ret) MUST_USE;
void closure_free(struct closure *c); /* accepts a zeroed struct */
/* Does this event of the unit's chain fall into its interval, uncorrected? */
bool closure_counts(const struct closure_unit *u, const struct closure_event *e);

#endif
