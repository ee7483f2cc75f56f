/* store.h: the seam to the disk where committed rows live. Two tables (ledger/state.h), each a
 * sorted map from key to value; behind it LevelDB (store_leveldb.c) in production and memory
 * (store_memory.c) in tests and in the simulator.
 *
 * What a store promises:
 *   1. store_write is atomic: after a crash all rows of the call are there or none. With `sync`
 *      they are durable when it returns true; without, a crash may lose the newest unsynced writes,
 *      never an earlier one without the later.
 *   2. A snapshot is a pair: the state table as it stood at a moment, and the chain table at the
 *      same moment or a little later. Commits write chain first (commit.h) and chain rows are only
 *      ever added, so every row that the state of a snapshot names is in its chain. What is above
 *      the state's height is not part of the answer.
 *   3. A snapshot never changes, whatever is written after it, and may be read from any thread,
 *      many at once.
 *   4. store_reader reads the newest rows; each get and each scan sees one moment of its table.
 *
 * What the caller owes: one writer at a time; every snapshot is released before store_close; the
 * `changes` of a write are not touched by another thread during the call, other than by
 * changes_find.
 *
 * Errors: a write that the world refuses (disk full, I/O) answers false and store_error says why.
 * The store then refuses every later write (a failed sync is never tried again: the kernel may have
 * dropped the pages) and goes on serving reads: the caller stops voting, raises an alarm, and
 * starts anew when a human has looked. A read that the world refuses stops the program: a row that
 * cannot be read must not pass for one that is absent.
 */
#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include "ledger/state.h"

/* A value above this does not come from this house: reading it stops the program. */
enum { STORE_VALUE_BYTES_MAX = 64 << 20 };

struct store_snapshot;

struct store_ops {
    struct reader (*reader)(void *self);
    bool (*write)(void *self, enum table table, struct changes *const sets[], size_t sets_count,
                  bool sync);
    struct store_snapshot *(*snapshot)(void *self);
    const char *(*error)(void *self);
    uint64_t (*size)(void *self, enum table table);
    void (*compact)(void *self, enum table table, struct span from, struct span to);
    void (*close)(void *self);
};

struct store {
    void *self;
    const struct store_ops *ops;
};

/* Reads the newest rows; lives as long as the store. */
struct reader store_reader(struct store s);

/* Writes those rows of the change sets that belong to `table`, in one batch; where two sets name
 * one key the later set wins. False: see above. */
bool store_write(struct store s, enum table table, struct changes *const sets[], size_t sets_count,
                 bool sync) MUST_USE;

/* A pair of snapshots with one reference held by the caller. */
struct store_snapshot *store_snapshot(struct store s);
struct store_snapshot *store_snapshot_retain(struct store_snapshot *snapshot);
void store_snapshot_release(struct store_snapshot *snapshot); /* accepts NULL */
/* Lives as long as the reference. */
struct reader store_snapshot_reader(struct store_snapshot *snapshot);

/* Why the first refused write failed, for the operator; "" while all is well. */
const char *store_error(struct store s);
/* About how many bytes the table takes (disk for LevelDB, keys and values for memory). */
uint64_t store_size(struct store s, enum table table);
/* Gives back the room of deleted rows with from <= key < to; both empty means all. Slow: from a
 * worker thread. */
void store_compact(struct store s, enum table table, struct span from, struct span to);
/* Ends the store; accepts a zeroed struct. Everything written, synced or not, is kept. */
void store_close(struct store s);

/* For implementations: how a snapshot is shared. They embed it as their first member. */
struct store_snapshot {
    _Atomic uint32_t references;
    struct reader reader;
    void (*destroy)(struct store_snapshot *snapshot);
};

#endif
