/* links.h: which units an event moved, and what was made of what (SPEC L12, L13): what a closure walks along, with heads that let
 * nothing be left out. */
#ifndef LEDGER_LINKS_H
#define LEDGER_LINKS_H

#include "ledger/telling.h"

/* Adds the item's entry to the unit chain of each unit of its things. */
void links_units(struct telling *g);
/* Where an event was told, and by whom: of a correction, the event that it is about. */
struct links_event {
    uint64_t log_index;
    uint16_t item;
    struct span subject;
};
/* Rows of what a transformation used and made, and the chain of its group; of a correction the chain alone: who corrects what it made of
 * a lot must not hide it from a recall. */
void links_transformation(struct telling *g, const struct links_event *event, bool corrects);

/* Appends the canonical group of a transformation: [log index, item], or [subject id, SHA-256 of its transformationID]. */
void group_write(const struct links_event *event, struct span transformation, struct buffer *out);
/* Status key of a link. group: its canonical bytes. */
struct digest link_key(struct span group, bool output, struct span unit);

#endif
