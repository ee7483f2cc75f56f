/* rows_memory.h: rows for ledger tests: a change set that grows block by block, over nothing. */
#ifndef TESTS_ROWS_MEMORY_H
#define TESTS_ROWS_MEMORY_H

#include "ledger/state.h"

struct rows {
    struct changes *all;
    struct changes_reader storage;
    struct reader reader;
};

static inline bool rows_none_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    (void)self, (void)table, (void)key;
    buffer_clear(ret_value);
    return false;
}

static inline void rows_none_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                                  void *context) {
    (void)self, (void)table, (void)from, (void)to, (void)fn, (void)context;
}

static inline void rows_init(struct rows *r) {
    static const struct reader_ops none = {rows_none_get, rows_none_scan};
    r->all = changes_new();
    r->reader = changes_reader(&r->storage, r->all, (struct reader){NULL, &none});
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
