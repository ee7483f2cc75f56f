/* digest_map.h: a hash map from digest to pointer.
 *
 * Digests come from outside and can be ground, so slots are chosen with a secret `salt` (any unpredictable number; a fixed one in the
 * simulator). The map owns its table, not the values. Iteration order depends on salt and history: nothing that must be the same on two
 * nodes may depend on it. Memory grows with the count; the caller bounds the count.
 */
#ifndef BASE_DIGEST_MAP_H
#define BASE_DIGEST_MAP_H

#include "base/crypto.h"

struct digest_map {
    struct digest_slot *slots; /* power of two, or NULL while empty */
    size_t slots_count;
    size_t count;
    uint64_t salt;
};

void digest_map_init(struct digest_map *m, uint64_t salt);
void digest_map_free(struct digest_map *m); /* accepts a zeroed struct */
/* NULL when absent. */
void *digest_map_get(const struct digest_map *m, const struct digest *key);
/* value may not be NULL; returns the value it replaced, or NULL. */
void *digest_map_put(struct digest_map *m, const struct digest *key, void *value);
/* Returns the value removed, or NULL. */
void *digest_map_remove(struct digest_map *m, const struct digest *key);
/* Walks all entries: start with *at = 0, stop at NULL. The map may not change meanwhile. */
void *digest_map_next(const struct digest_map *m, size_t *at, struct digest *ret_key);

#endif
