/* commit.h: the order in which a block becomes durable, and the heights the two tables stand at.
 *
 * chain first, then state, one synced batch each. So after a crash the chain table stands at the
 * height of the state table or above it, never below: whatever is missing in state can be computed
 * again from chain (recover.h). A reader sees a height when its state does, hence when both tables
 * hold it.
 *
 * Each table carries a mark row, key "!" (no row of the ledger begins with that byte), written in
 * the same batch as the rows it speaks for: version u8 = 1 || height u64.
 */
#ifndef STORAGE_COMMIT_H
#define STORAGE_COMMIT_H

#include "storage/store.h"

/* The height a table stands at; false when nothing was ever committed to it. A mark that is not of
 * this form stops the program. */
bool commit_height(struct reader r, enum table table, uint64_t *ret_height);

/* Writes the change sets of consecutive blocks, oldest first, the last of them at `height`, durably
 * and in this order to both tables. Genesis is height 0. Writing a height that chain holds already
 * is right after a crash (rows are the same, chain keeps its higher mark); a height that state
 * holds already is a bug (CHECK), and so is a chain below state. False: the world refused,
 * store_error says why; nothing, or the chain part alone, is durable. From one worker thread at a
 * time. The sets may be read by an overlay on another thread meanwhile (overlay.h). */
bool commit_write(struct store s, struct changes *const blocks[], size_t blocks_count,
                  uint64_t height) MUST_USE;
/* The same with further rows in the same batches: what goes with the last block and is not of its
 * execution. */
bool commit_write_beside(struct store s, struct changes *const blocks[], size_t blocks_count,
                         struct changes *beside, uint64_t height) MUST_USE;

#endif
