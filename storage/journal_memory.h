/* journal_memory.h: a disk for the journal in memory, whose power can fail. For tests and for the
 * simulator; the caller's seed decides what a crash leaves, nothing else does.
 *
 * A write goes to a cache; sync makes it durable. journal_memory_crash keeps, of what was written
 * and not synced, an arbitrary choice of 512-byte sectors: torn tails, holes, and later sectors
 * without the earlier ones all occur, as on a disk that reorders.
 */
#ifndef STORAGE_JOURNAL_MEMORY_H
#define STORAGE_JOURNAL_MEMORY_H

#include "storage/journal.h"

struct journal_memory;

enum journal_fault {
    JOURNAL_FAULT_NONE,
    JOURNAL_FAULT_FULL, /* ENOSPC at a create */
    JOURNAL_FAULT_IO,   /* EIO; of a sync: what it should have made durable is left to chance */
};
enum journal_call {
    JOURNAL_CALL_CREATE,
    JOURNAL_CALL_WRITE,
    JOURNAL_CALL_SYNC,
    JOURNAL_CALL_REMOVE,
};
typedef enum journal_fault journal_fault_fn(void *context, enum journal_call call);

struct journal_memory *journal_memory_new(void);
void journal_memory_free(struct journal_memory *m); /* accepts NULL */
struct journal_disk journal_memory_disk(struct journal_memory *m);
/* NULL: no faults. */
void journal_memory_faults(struct journal_memory *m, journal_fault_fn *fn, void *context);
/* Power fails and comes back. chance: of 256, how likely an unsynced sector survives (0: none
 * does). */
void journal_memory_crash(struct journal_memory *m, uint64_t seed, uint32_t chance);
/* Inverts one bit of what is durable, bit < 8 x size; false when there is no such segment or place.
 * */
bool journal_memory_flip(struct journal_memory *m, uint64_t segment, uint64_t bit);
/* Bytes of all segments. */
uint64_t journal_memory_size(const struct journal_memory *m);

#endif
