/* recall.h: the items of a recall (docs/spec.md O1, O3): batches are recalled, and let go. What they do is in ledger/rules_recall.c.
 *
 * A recall is named as a certificate is: who orders it, a slash, a number. Each batch it lists is the root or was made of one that it
 * lists; the link says by which transformation.
 * Spans borrow from the item or live in the arena; results are untouched on failure. ERR_RECALL_FORM, ERR_CODEC_*, ERR_TOO_LARGE. */
#ifndef TRACE_RECALL_H
#define TRACE_RECALL_H

#include "trace/identifier.h"
#include "trace/item.h"

enum { RECALL_THINGS_MAX = 1024, RECALL_LINKS_BYTES_MAX = 262144, RECALL_LEVELS = 3 };

struct recall_thing {
    struct span canonical;
    struct span from;  /* the unit it was made of; empty: no link */
    struct span group; /* canonical bytes of the group (L13) */
};
struct recall_item {
    struct span recall; /* id */
    uint16_t reason;
    uint8_t level;    /* 1 to 3; of an order, as are: */
    struct span root; /* canonical */
    struct recall_thing *things;
    uint32_t things_count;
};
/* Item types 48 and 49. */
enum err recall_decode(const struct item *item, struct arena *arena, struct recall_item *ret) MUST_USE;
/* The fields of an item of this type; its things are thing_bare(ROLE_RECALLED, ...) in the same order. */
void recall_fields(const struct recall_item *recall, enum item_type type, struct buffer *out);

#endif
