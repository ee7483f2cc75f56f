/* closure.h: what was made of a lot, and where it went (forward), along the unit chains of the ledger (docs/spec.md L3, L12, L13).
 *
 * Nodes are units, each with the interval of time in which it concerns us: a lot from the moment it was made of what is asked about; a
 * pallet while something of it was inside. Pure: chains come from the caller. An event that was
 * corrected is left out, but a transformation is followed all the same.
 *
 * Ownership: everything lives in the arena given. False from a callback ends the walk, and closure_down answers false. */
#ifndef TOOLS_CLOSURE_H
#define TOOLS_CLOSURE_H

#include "trace/move.h"

struct closure_event {
    uint64_t log_index;
    uint16_t item_index;
    struct span subject; /* who told it */
    struct item item;
    struct digest digest; /* of the item */
};
struct closure_chain {
    struct closure_event *list;
    uint32_t count;
};
struct closure_source {
    void *self;
    /* The unit chain of a unit, complete. */
    bool (*moves)(void *self, struct span unit, struct closure_chain *ret);
    /* The events of a transformationID of a member. */
    bool (*group)(void *self, struct span subject, struct span transformation, struct closure_chain *ret);
    /* The unit of a thing: its lot, or itself. */
    bool (*unit)(void *self, struct span canonical, struct span *ret);
};

enum closure_way { CLOSURE_ROOT, CLOSURE_MADE, CLOSURE_PACKED };
struct closure_node {
    struct span unit;
    enum closure_way way;
    uint64_t from_ms, until_ms; /* from <= t < until */
    struct span of;             /* the unit it was made of, or that is inside it; empty at the root */
    struct span group;          /* MADE: canonical group of the transformation (L13) */
};
/* A shipment or receipt of a unit in its interval. */
struct closure_place {
    struct span unit, subject, party; /* who told it; a shipment's destination as received */
    uint64_t time_ms;
    bool received;
};
struct closure {
    struct closure_node *nodes; /* the root first; each after the one it is of */
    uint32_t nodes_count, nodes_max;
    struct closure_place *places;
    uint32_t places_count, places_max;
    uint64_t events; /* looked at */
};

enum { CLOSURE_NODES_MAX = 100000, CLOSURE_PLACES_MAX = 200000 };

bool closure_down(const struct closure_source *source, struct span root, struct arena *arena, struct closure *ret) MUST_USE;

#endif
