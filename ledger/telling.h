/* telling.h: what one item does to the things it names, gathered in memory and written at its end (SPEC X8, D10, S6, S7, H1, L12).
 *
 * A table holds each thing once: those the item names, in order of first appearance, with their history told; and those that it concerns
 * without naming them, the lots of its things. Nothing is written before telling_write, so whatever reads a thing through run->now sees
 * it as it was before the item. Everything lives in the arena of the run, which is the item's own. Not for others than the rules. */
#ifndef LEDGER_TELLING_H
#define LEDGER_TELLING_H

#include "ledger/flow.h"
#include "ledger/history.h"
#include "ledger/rules_item.h"
#include "trace/event.h"

struct told {
    struct digest key; /* status key of the thing */
    struct event_thing thing; /* roles 0: not named by the item */
    struct thing_value value;
    bool existed;        /* it stood in the status tree before the item */
    uint64_t own_units; /* unit count before the item */
    bool gained;      /* got its lot with this item */
    bool entered;     /* its unit chain has this item's entry */
    bool changed;     /* to be written */
    bool moved;       /* its flow has to be asked the rules 1, 2 and 7 */
    struct flow_book *book; /* NULL while nobody asked for it */
};

struct telling {
    const struct item_run *t;
    bool commissions, deletes, object; /* of the event */
    struct told *told;
    uint32_t named, count, room;
    uint32_t *slots; /* index + 1 into told, by status key */
    uint32_t slots_mask;
};

/* Reads the item's things and tells their histories. action and step: of an event, the step canonical; else empty. ERR_TOO_LARGE when the
 * arena is full. */
enum err telling_begin(struct telling *g, const struct item_run *t, struct span action, struct span step) MUST_USE;
/* The entry of a lot, read when it is not there yet; an unknown one gets a value that is written only when changed. */
struct told *telling_of(struct telling *g, struct span canonical);
/* Thing i of the item: one that is named. */
struct told *telling_at(struct telling *g, uint32_t i);
/* SPEC L2: "An *instance* is a thing of kind item or other" */
bool telling_instance(const struct told *x);
/* Its book, opened when first asked for. */
struct flow_book *telling_book(struct telling *g, struct told *x);
/* The flow of a thing to look at: all zeros when it has none. */
const struct flow *telling_flow(const struct told *x);
/* The unit of a thing (SPEC L3): its lot when it has one, else itself. */
struct told *telling_unit(struct telling *g, struct told *x);
/* The entry of this item in a chain whose last index is count. */
struct history_entry telling_entry(const struct telling *g, uint64_t count);
/* For readers alone: where entry i of a chain stands, kind as keys.h says; every so often with the head after it. */
void telling_place(const struct telling *g, char kind, const struct digest *key, const struct history_entry *entry,
                   const struct digest *head);
/* Writes what changed. False when a flow is tangled (53). */
bool telling_write(struct telling *g) MUST_USE;

#endif
