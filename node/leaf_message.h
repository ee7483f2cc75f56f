/* leaf_message.h: the bodies of the messages about leaves of code packs (SPEC N4, types 20 to 22).
 *
 *   LEAVES_WANTED   [pack id, part]          part 0: the hashes of its chunks; part i + 1: chunk i
 *   LEAVES_FOUND    [pack id, part, bytes]   no bytes: not held here
 *   LEAVES_HELD     [pack id]                all of it is held here
 */
#ifndef NODE_LEAF_MESSAGE_H
#define NODE_LEAF_MESSAGE_H

#include "base/codec.h"
#include "storage/leaves.h"

struct leaves_wanted {
    struct span pack;
    uint32_t part;
};
struct leaves_found {
    struct span pack;
    uint32_t part;
    struct span bytes;
};
struct leaves_whole {
    struct span pack;
};
extern const struct type leaves_wanted_type, leaves_found_type, leaves_whole_type;

#endif
