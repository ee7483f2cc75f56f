/* deletion.h: the item that says hidden values of a record are deleted (docs/spec.md rule U8). It names a record and tiers and nothing of
 * what they held; it has no things, so no history tells of it.
 *
 * Spans borrow from the item. ERR_DELETION_FORM, ERR_CODEC_*; results untouched on failure. */
#ifndef TRACE_DELETION_H
#define TRACE_DELETION_H

#include "trace/item.h"

struct deletion {
    struct digest record; /* wire identity */
    uint8_t tiers;        /* deletion_bit of each */
    uint16_t reason;
};

enum { DELETION_TIERS_ALL = 7 };
/* Bit 0 is tier 1. */
static inline uint8_t deletion_bit(enum item_tier tier) {
    return (uint8_t)(1u << (tier - 1));
}

enum err deletion_decode(const struct item *item, struct deletion *ret) MUST_USE;
/* Appends the fields of the item; its type is ITEM_DELETION, it has no things. */
void deletion_fields(const struct deletion *deletion, struct buffer *out);

#endif
