/* overlay.c: a stack of change sets (overlay.h); layer i reads over layer i - 1, the lowest over
 * the store. */
#include "storage/overlay.h"

#include <stdlib.h>

struct overlay {
    struct reader below;
    uint64_t first_height; /* of blocks[0] */
    struct changes *blocks[OVERLAY_BLOCKS_MAX];
    struct changes_reader layers[OVERLAY_BLOCKS_MAX];
    size_t count;
    struct reader top;
};

struct overlay *overlay_new(struct reader below) {
    struct overlay *o = check_alloc(1, sizeof *o);
    o->below = o->top = below;
    return o;
}

void overlay_free(struct overlay *o) {
    free(o);
}

bool overlay_full(const struct overlay *o) {
    return o->count == OVERLAY_BLOCKS_MAX;
}

static void stack(struct overlay *o) {
    o->top = o->below;
    for (size_t i = 0; i < o->count; i++)
        o->top = changes_reader(&o->layers[i], o->blocks[i], o->top);
}

void overlay_push(struct overlay *o, uint64_t height, struct changes *c) {
    CHECK(!overlay_full(o));
    if (o->count == 0) o->first_height = height;
    CHECK(height == o->first_height + o->count);
    /* Sorted here, on our thread: afterwards every use of it, ours and the committer's, only reads.
     */
    if (changes_count(c) > 0) (void)changes_at(c, 0);
    o->blocks[o->count] = c;
    o->top = changes_reader(&o->layers[o->count], c, o->top);
    o->count++;
}

void overlay_drop(struct overlay *o, uint64_t height) {
    if (o->count == 0 || height < o->first_height) return;
    uint64_t gone = height - o->first_height + 1;
    CHECK(gone <= o->count);
    o->count -= (size_t)gone;
    for (size_t i = 0; i < o->count; i++)
        o->blocks[i] = o->blocks[i + gone];
    o->first_height += gone;
    stack(o);
}

size_t overlay_count(const struct overlay *o) {
    return o->count;
}

struct reader overlay_reader(struct overlay *o) {
    return o->top;
}
