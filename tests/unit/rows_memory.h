/* rows_memory.h: rows for ledger tests: a change set that grows block by block, over nothing. */
#ifndef TESTS_ROWS_MEMORY_H
#define TESTS_ROWS_MEMORY_H

#include "ledger/state.h"

struct rows {
    struct changes *all;
    struct changes_reader storage;
    struct reader reader;
};

static inline void rows_init(struct rows *r) {
    r->all = changes_new();
    r->reader = changes_reader(&r->storage, r->all, reader_empty());
}

/* Lays the changes over the rows and drops them. */
static inline void rows_take(struct rows *r, struct changes *c) {
    changes_merge(r->all, c);
    changes_free(c);
}

static inline void rows_free(struct rows *r) {
    changes_free(r->all);
}

#endif
