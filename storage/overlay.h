/* overlay.h: rows of blocks that are executed but not yet committed, laid over a store.
 *
 * Execution runs ahead of the commit, which follows on a worker. The executor reads through
 * overlay_reader: the newest block that touched a key decides, below all of them the store does.
 *
 * Threads: the overlay and its reader belong to the executor's thread alone. The change sets may be
 * written by commit_write on a worker at the same time: both only read them (overlay_push makes
 * their sorted order once). Ownership: change sets are borrowed from push until the drop that
 * covers them. A block may be dropped only once commit_write for it returned true and `below` shows
 * it: with store_reader as `below` that is at once.
 */
#ifndef STORAGE_OVERLAY_H
#define STORAGE_OVERLAY_H

#include "ledger/state.h"

/* Executed and uncommitted blocks; the executor waits when there are so many (overlay_full), which
 * holds up finality only when the disk has been slower than the network for this long. */
enum {
    OVERLAY_BLOCKS_MAX = 256,
    /* Memory of the change sets: above it the owner executes nothing more until some are dropped. */
    OVERLAY_BYTES_MAX = 64 << 20,
};

struct overlay;
struct overlay *overlay_new(struct reader below);
void overlay_free(struct overlay *o); /* accepts NULL; frees no change set */
bool overlay_full(const struct overlay *o);
/* Heights are consecutive; not when full (both CHECK). */
void overlay_push(struct overlay *o, uint64_t height, struct changes *c);
/* Takes away every block up to and including `height`; lower than all of them is nothing to do. */
void overlay_drop(struct overlay *o, uint64_t height);
size_t overlay_count(const struct overlay *o);
/* Asked anew after each push and drop. */
struct reader overlay_reader(struct overlay *o);

#endif
