/* move.h: what an event does with the things it names (docs/spec.md L1, L2): makes, uses, packs, ships them.
 *
 * Each role of an event does at most one thing, so a table of roles says it all. Spans borrow from the item. All functions are total. */
#ifndef TRACE_MOVE_H
#define TRACE_MOVE_H

#include "trace/event.h"

/* In the order in which a thing that stands in several places is treated (L2). */
enum move {
    MOVE_NONE,
    MOVE_UNPACK,
    MOVE_USE,
    MOVE_END,
    MOVE_UNSHIP,
    MOVE_RECEIVE,
    MOVE_SHIP,
    MOVE_MAKE,
    MOVE_PACK,
};

struct event_moves {
    enum move of_role[16]; /* by enum item_role */
    bool moving;           /* L1: it does one of these, or packs or unpacks without children */
    bool packs, unpacks;   /* has a parent that does */
    bool destroys, sells;  /* an end by bizStep */
    uint64_t time_ms;      /* eventTime, at least 1 */
    struct span step, disposition, action; /* canonical */
};
/* What the event does, errorDeclaration aside. An item that is no event of types 2 to 6 moves nothing. */
void event_moves(const struct item *item, struct event_moves *ret);

/* The party that the event hands over to: the first destination of type possessing_party, else the first of type location; empty when
 * there is none. As received. */
struct span event_receiver(const struct item *item);

/* Is `word` named by persistentDisposition's set (unset)? */
bool event_persistent(const struct item *item, bool set, const char *word);

/* errorDeclaration: false when the event has none. ret_author: the text under suyuan:author, else empty. ret_digest: the item digest of
 * the event that this one is about, the same but for that field (L8). */
bool event_corrects(const struct item *item, struct span *ret_author, struct digest *ret_digest) MUST_USE;

/* A quantity in millionths when it moves (L2): above 0 and fits; else 0. */
uint64_t thing_amount(const struct thing *thing);
/* Its unit; empty for nil. */
struct span thing_unit(const struct thing *thing);

#endif
