/* anchor.h: a Merkle root of what is kept elsewhere, put on the ledger (docs/spec.md section Z): the raw reads of a gateway, the scan
 * tallies of a node. Whoever keeps the leaves can later open one of them; nobody can choose them anew.
 *
 * Spans borrow from the item. ERR_ANCHOR_FORM, ERR_CODEC_*; results untouched on failure. */
#ifndef TRACE_ANCHOR_H
#define TRACE_ANCHOR_H

#include "trace/item.h"

struct anchor {
    uint64_t count;   /* leaves under the root */
    uint64_t from_ms; /* the hour they are of: from <= time < until */
    uint64_t until_ms;
    struct digest root; /* RFC 9162 */
    struct span what;   /* as a subject id: "rfid-reads:gate1" */
};

enum { ANCHOR_PERIOD_MS = 3600000 };

/* created_ms: of the record, for an hour is anchored when it is over. */
enum err anchor_decode(const struct item *item, uint64_t created_ms, struct anchor *ret) MUST_USE;
/* Appends the fields of the item; its type is ITEM_ANCHOR, it has no things. */
void anchor_fields(const struct anchor *anchor, struct buffer *out);

#endif
