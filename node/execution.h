/* execution.h: stations 7 and 9 between the replica and the store: a final block is executed on top of the ones before it, and an
 * attested height is made durable and visible. The executor's thread, the committer's thread and the simulator call it.
 *
 *   execution_run     executor   one block -> struct executed: rows not yet in the store, and what the replica is told
 *   execution_commit  committer  consecutive executed blocks and a quorum of cosignatures -> the store, one synced batch per table
 *   execution_drop    executor   after the commit: the overlay lets go of them; then executed_free
 *
 * Rows of executed and not committed blocks lie in an overlay (storage/overlay.h), at most OVERLAY_BLOCKS_MAX of them: execution_full says
 * that the caller must commit and drop first.
 *
 * With a height goes one row of its own in the chain table, 'Q' || height u64: the attested checkpoint that made it visible
 * (attested_encode). So every snapshot is provable as it stands.
 *
 * Threads: a struct execution belongs to the executor's thread. execution_commit and the reads below touch the store alone.
 * Errors: a block that does not execute (it is not next, a record does not parse) can only come from a broken node: the caller stops. A
 * store that refuses a write is a broken world.
 */
#ifndef NODE_EXECUTION_H
#define NODE_EXECUTION_H

#include "node/replica.h"
#include "storage/store.h"

struct execution;

/* What one block gave: owned by whoever got it. The replica_execution borrows from it. */
struct executed {
    struct changes *changes;
    struct replica_execution told;
    struct buffer results;
    uint64_t *log_indices;
    size_t bytes; /* memory of the changes, about: what its owner counts for it */
};
void executed_free(struct executed *e); /* accepts NULL */

/* The store holds at least genesis. Both outlive the execution. */
struct execution *execution_new(struct store store, const struct genesis *genesis);
void execution_free(struct execution *e); /* accepts NULL; frees no executed block */
bool execution_full(const struct execution *e);
enum err execution_run(struct execution *e, const struct block_job *block, struct executed **ret) MUST_USE;
void execution_drop(struct execution *e, uint64_t height);

/* Blocks are consecutive, the last at the attested height, size and root (CHECK). False: the store refused. */
bool execution_commit(struct store store, struct executed *const blocks[], size_t blocks_count,
                      const struct attested *attested) MUST_USE;

/* Writes height 0 into an empty store. False: the store refused. */
bool execution_genesis(struct store store, const struct genesis *genesis) MUST_USE;
/* What the store holds, for START. The head's header lies in `header`, whose content is replaced. */
void execution_head(struct reader r, struct buffer *header, struct replica_head *ret);
/* The checkpoint that made this height visible; false at heights that a later one attested, and at genesis. */
bool execution_attested(struct reader r, const struct genesis *genesis, uint64_t height, struct attested *ret) MUST_USE;
/* Body of BLOCKS (replica_message.h): up to `count` stored blocks from `from` on, at most about bytes_max together, but at least one if it
 * is there. Appends nothing when it is not. */
void execution_read_blocks(struct reader r, uint64_t from, uint32_t count, size_t bytes_max, struct buffer *out);

#endif
