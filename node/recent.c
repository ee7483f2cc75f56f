#include "node/recent.h"

#include <stdlib.h>

void recent_init(struct recent *r, uint64_t salt) {
    r->ring = check_alloc(RECENT_MAX, sizeof *r->ring);
    r->added = 0;
    digest_map_init(&r->by_id, salt);
}

void recent_free(struct recent *r) {
    digest_map_free(&r->by_id);
    free(r->ring);
    r->ring = NULL;
}

void recent_add(struct recent *r, const struct digest *wire_id) {
    struct digest *place = &r->ring[r->added % RECENT_MAX];
    /* A duplicate was added again further on: then the map names that place, and this one says nothing any more. */
    if (r->added >= RECENT_MAX && digest_map_get(&r->by_id, place) == place) digest_map_remove(&r->by_id, place);
    r->added++;
    *place = *wire_id;
    digest_map_put(&r->by_id, wire_id, place);
}

bool recent_has(const struct recent *r, const struct digest *wire_id) {
    return digest_map_get(&r->by_id, wire_id) != NULL;
}
