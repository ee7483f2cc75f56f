/* map.h: reading and amending canonical values (base/codec.h) that came as JSON: documents for
 * people, answers of nodes.
 *
 * Reading is lenient on purpose: a field that is absent or of another kind reads as empty, zero or
 * nothing, because a newer node may say more and an older one less; what must be there is asked for
 * with map_has. Spans borrow from the value. */
#ifndef TOOLS_MAP_H
#define TOOLS_MAP_H

#include "base/codec.h"
#include "base/crypto.h"

bool map_has(struct span map, const char *name);
struct span map_get(struct span map, const char *name); /* SPAN_EMPTY when absent */
struct span map_text(struct span map, const char *name);
uint64_t map_uint(struct span map, const char *name); /* 0 when absent or no such number */
bool map_bool(struct span map, const char *name);
/* 32 bytes written as hex; false when absent or malformed. */
bool map_digest(struct span map, const char *name, struct digest *ret);

/* Walks a list: begin with list_open, then list_next until it returns false. A value that is no
 * list is an empty one. */
struct list {
    struct unpack u;
    uint32_t left;
};
struct list list_open(struct span value);
bool list_next(struct list *l, struct span *ret_value);
uint32_t list_count(struct span value);
struct span value_text(struct span value); /* SPAN_EMPTY when it is no text */

/* Appends `map` with the field set to `value` (canonical), replacing the one it has. */
void map_with(struct span map, const char *name, struct span value, struct buffer *out);

#endif
