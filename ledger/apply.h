/* apply.h: execution (SPEC X). A function of (rows before, block): the same on every node, for
 * ever.
 *
 *   ledger_head_read -> head
 *   ledger_apply     one final block on top of it -> changes (rows to store), results, block leaf,
 * new head
 *
 * The caller gives blocks in rising height, each once, and lays the changes over its rows before
 * the next one. Records were checked to be well formed (R9) when they were admitted; here they are
 * parsed again but neither schema nor signatures are looked at twice. What can only come from a
 * node that skipped those checks (a record that does not parse, a block that is not next) is
 * refused by name and changes nothing: such a node must stop, it is not a result.
 *
 * Execution reads the block, its records, the parameters and the status tree. The index rows it
 * also reads (ids to forget, keys of a subject, authorities) are functions of the status tree
 * (keys.h).
 *
 * Ownership: everything in `ret` lives in the arena, but the changes, which the caller frees with
 * changes_free. On refusal ret is untouched.
 */
#ifndef LEDGER_APPLY_H
#define LEDGER_APPLY_H

#include "ledger/block.h"
#include "ledger/merkle.h"
#include "ledger/state.h"
#include "ledger/status.h"

struct ledger_head {
    uint64_t height, view;
    struct digest block; /* digest of the block at that height; the chain id at 0 */
    uint64_t time_ms;
    struct status_head status;
    struct merkle_frontier log; /* log.size leaves */
};
/* False when the store is empty: genesis_apply first. */
bool ledger_head_read(struct reader r, struct ledger_head *ret) MUST_USE;
/* Writes the head row: part of ledger_apply and genesis_apply; for tests otherwise. */
void ledger_head_write(struct changes *c, const struct ledger_head *head);

struct block {
    struct span stored; /* B7, kept as the block's row; header, certificate and ids in one */
    struct span header_bytes;
    const struct span *records; /* wire forms in payload order */
    uint32_t records_count;
};

struct applied {
    struct changes *changes;
    struct ledger_head head;
    struct digest log_root;
    struct result *results;    /* records_count of them, payload order */
    struct span results_bytes; /* their canonical bytes back to back */
    uint64_t *log_indices;     /* per record; LOG_INDEX_NONE when it was not accepted */
    uint32_t count, accepted;
    struct span leaf; /* the block leaf with its type byte */
};
#define LOG_INDEX_NONE UINT64_MAX

enum { APPLY_ARENA_BYTES = 512 << 20 };

enum err ledger_apply(const struct ledger_params *params, struct reader before,
                      const struct ledger_head *head, const struct block *block,
                      struct status_cache *cache, struct arena *arena,
                      struct applied *ret) MUST_USE;

/* What execution would say about this record now, at `time_ms`, by present status: for admission.
 * It may still be decided otherwise in a block. */
struct result ledger_preview(const struct ledger_params *params, struct reader r, uint64_t time_ms,
                             const struct record *record, struct arena *arena);

#endif
