/* state.h: what execution may read, and what it gives back to be stored.
 *
 * The ledger never touches a store. It reads rows through a `struct reader` and returns a `struct
 * changes`: the caller lays the changes over its reader (storage/overlay.h) until they are durable
 * and then writes them in one batch. So apply is a function of (rows, block).
 *
 * Rows live in two tables of their own (DESIGN: bodies only under height-ordered keys, small rows
 * apart): state  small rows under random keys: status pages and leaves, indexes, the ledger head
 *   chain  height-ordered big-endian keys: log entries and hashes, blocks, results, record bodies
 * A key begins with one byte naming its kind: ledger/keys.h.
 *
 * Ownership: get appends to the caller's buffer; spans inside changes live in its arena until
 * changes_free. Errors: none. A row that is absent is `false`; a store that cannot read stops the
 * program (broken world).
 */
#ifndef LEDGER_STATE_H
#define LEDGER_STATE_H

#include "base/span.h"

enum table { TABLE_STATE, TABLE_CHAIN };

/* Return false to stop the scan. Spans are valid during the call only. */
typedef bool scan_fn(void *context, struct span key, struct span value);

struct reader_ops {
    /* Replaces the content of ret_value; false when there is no such row (ret_value is then empty).
     */
    bool (*get)(void *self, enum table table, struct span key, struct buffer *ret_value);
    /* Rows with from <= key < to in byte order. */
    void (*scan)(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                 void *context);
};

struct reader {
    void *self;
    const struct reader_ops *ops;
};

bool reader_get(struct reader r, enum table table, struct span key, struct buffer *ret_value);
void reader_scan(struct reader r, enum table table, struct span from, struct span to, scan_fn *fn,
                 void *context);

/* A reader of nothing: before genesis, and under a change set that is all there is. */
struct reader reader_empty(void);

struct change {
    enum table table;
    bool deleted;
    struct span key;
    struct span value; /* empty when deleted */
};

/* At most one change per (table, key): a later one replaces an earlier. Iteration is by table, then
 * key bytes. */
struct changes;
struct changes *changes_new(void);
void changes_free(struct changes *c); /* accepts NULL */
void changes_put(struct changes *c, enum table table, struct span key, struct span value);
void changes_delete(struct changes *c, enum table table, struct span key);
/* NULL when this key was not changed. */
const struct change *changes_find(const struct changes *c, enum table table, struct span key);
size_t changes_count(const struct changes *c);
/* The memory it takes, about. */
size_t changes_bytes(const struct changes *c);
/* Sorted on first use; i < changes_count. */
const struct change *changes_at(struct changes *c, size_t i);
/* From changes_try on, what is put or deleted can be undone as a whole, or kept. One try at a time. What is undone takes its memory with
 * it only when the changes are freed. */
void changes_try(struct changes *c);
void changes_keep(struct changes *c);
void changes_undo(struct changes *c);
/* Adds all of `newer` to `older`, the newer winning: one batch for several blocks. */
void changes_merge(struct changes *older, const struct changes *newer);
/* A reader that sees `c` over `below`; both must outlive it. */
struct changes_reader {
    const struct changes *changes;
    struct reader below;
};
struct reader changes_reader(struct changes_reader *storage, const struct changes *c,
                             struct reader below);

#endif
