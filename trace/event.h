/* event.h: what the ledger and the indexes ask an event item.
 *
 * All functions take an item that passed epcis_items_check; on others they answer "absent", never
 * crash. Spans borrow from the item (or, where one is given, the arena).
 */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include "trace/identifier.h"
#include "trace/item.h"

/* Types 2 to 7. */
bool event_is(const struct item *item);

struct event_thing {
    struct span received;  /* the first spelling met */
    struct span canonical; /* in the arena */
    enum identifier_kind kind;
    uint16_t roles; /* bit r set: it stands under enum item_role r */
};

/* The canonical things an event names, each once, in order of first appearance (rule X8). An
 * envelope names none. ERR_TOO_LARGE when the arena is full. */
enum err event_things(const struct item *item, struct arena *arena, struct event_thing **ret_list,
                      uint32_t *ret_count) MUST_USE;

/* eventTime in milliseconds UTC since 1970, rounded down. false when absent. May be negative. */
bool event_time_ms(const struct item *item, int64_t *ret_ms) MUST_USE;
/* "2026-06-01T08:00:00.000+08:00" as received; empty when absent. Same for the others below. */
struct span event_text(const struct item *item, const char *field);
struct span event_biz_step(const struct item *item);    /* canonical, vocabulary.h */
struct span event_disposition(const struct item *item); /* canonical */
struct span event_action(const struct item *item);      /* "ADD", "OBSERVE", "DELETE", or empty */
struct span event_id(const struct item *item);
struct span event_read_point(const struct item *item);   /* its id as received */
struct span event_biz_location(const struct item *item); /* its id as received */
/* ilmd's lot number (CBV 2.0 section 9: cbvmda:lotNumber in its spellings), empty when there is
 * none or it is hidden. */
struct span event_ilmd_lot(const struct item *item);

struct event_party {
    struct span type; /* canonical vocabulary word or as received */
    struct span id;   /* as received */
};
/* Entry i of sourceList (destinationList); false past the end. */
bool event_source(const struct item *item, uint32_t i, struct event_party *ret) MUST_USE;
bool event_destination(const struct item *item, uint32_t i, struct event_party *ret) MUST_USE;

#endif
