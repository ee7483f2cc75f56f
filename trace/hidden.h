/* hidden.h: where hidden values (docs/spec.md rule I3) stand in an item, and putting one there.
 *
 * A place is named as the commitment names it: the RFC 6901 pointer into the fields, "/ilmd/https:~1~1a.example~1price". */
#ifndef TRACE_HIDDEN_H
#define TRACE_HIDDEN_H

#include "trace/item.h"

/* Bits (deletion.h) of the tiers of which the fields hold hidden values. */
uint8_t hidden_tiers(struct span fields);

struct hidden_place {
    uint32_t item;    /* index in the record */
    struct span name; /* in the arena; empty when longer than SEALED_NAME_BYTES_MAX */
    struct hidden hidden;
};
/* All of the items, in the order of item, then of the fields. ERR_TOO_LARGE when the arena is full. */
enum err hidden_places(const struct item items[], uint32_t count, struct arena *arena, struct hidden_place **ret,
                       uint32_t *ret_count) MUST_USE;

/* The value at a pointer; false when there is none, or the pointer is none. */
bool hidden_value_at(struct span fields, struct span name, struct span *ret) MUST_USE;
/* Appends the fields with the value at the pointer replaced. False when there is none; out then holds part of it. */
bool hidden_put(struct span fields, struct span name, const struct hidden *hidden, struct buffer *out) MUST_USE;
/* Pointers that a name may mean: itself when it begins with "/", else every place whose last key it is, whole or behind a ":", "/" or "#"
 * ("price" is "lucheng:price" too). At most `max` are
 * written, in the arena; returns how many there are. */
uint32_t hidden_find(struct span fields, struct span name, struct arena *arena, uint32_t max, struct span ret[]);
/* Appends one step of a pointer: "/" and the key, "~" and "/" escaped. */
void hidden_step(struct span key, struct buffer *out);

#endif
