/* store_memory.h: a store in memory that can crash, fill up and break, for tests and for the
 * simulator.
 *
 * Deterministic: the same calls give the same rows, and nothing depends on addresses, time or
 * threads. Rows live in a persistent balanced tree, so a snapshot costs nothing and stays whole
 * through store_memory_crash and store_close.
 */
#ifndef STORAGE_STORE_MEMORY_H
#define STORAGE_STORE_MEMORY_H

#include "storage/store.h"

enum store_fault {
    STORE_FAULT_NONE,
    STORE_FAULT_FULL,        /* ENOSPC: nothing of the write is kept */
    STORE_FAULT_IO,          /* EIO: nothing of the write is kept */
    STORE_FAULT_IO_APPLIED,  /* EIO, yet the write is on the disk: the sync itself failed */
};

/* Asked before each write, in order. */
typedef enum store_fault store_fault_fn(void *context, enum table table, bool sync);

struct store store_memory_new(void);
/* NULL: no faults. */
void store_memory_faults(struct store s, store_fault_fn *fn, void *context);
/* Power fails: of the writes since the last synced one of each table, the first `kept` survive. A
 * store that broke works again. Snapshots taken before stay as they were. */
void store_memory_crash(struct store s, uint32_t kept);
/* Rows in a table. */
uint64_t store_memory_rows(struct store s, enum table table);

#endif
