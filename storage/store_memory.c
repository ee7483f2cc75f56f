/* store_memory.c: rows in a persistent treap (Seidel, Aragon 1996; priorities are a hash of the
 * key, so the shape follows from the rows alone). A node is immutable once its batch is done: a
 * write copies the path from the root, shares the rest by reference counts, and a snapshot is one
 * reference to a root. */
#include "storage/store_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES = 2 };

struct row {
    _Atomic uint32_t references;
    uint64_t priority;
    size_t key_len, value_len;
    uint8_t bytes[]; /* key, value */
};

struct tree {
    _Atomic uint32_t references;
    struct tree *left, *right;
    struct row *row;
};

struct root {
    struct tree *tree;
    uint64_t rows, bytes;
};

struct table_state {
    struct root now;
    struct root *unsynced; /* roots before each unsynced write: unsynced[0] is what is durable */
    size_t unsynced_count, unsynced_cap;
};

struct memory {
    pthread_mutex_t lock; /* guards the roots; trees are immutable */
    struct table_state tables[TABLES];
    store_fault_fn *fault;
    void *fault_context;
    _Atomic(const char *) error;
};

struct pair {
    struct store_snapshot base;
    struct tree *trees[TABLES];
};

static struct span row_key(const struct row *r) {
    return span_of(r->bytes, r->key_len);
}

static struct span row_value(const struct row *r) {
    return span_of(r->bytes + r->key_len, r->value_len);
}

static struct row *row_new(struct span key, struct span value) {
    struct row *r = check_alloc(1, sizeof *r + key.len + value.len);
    atomic_init(&r->references, 1);
    r->key_len = key.len;
    r->value_len = value.len;
    if (key.len > 0) memcpy(r->bytes, key.data, key.len);
    if (value.len > 0) memcpy(r->bytes + key.len, value.data, value.len);
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ key.data[i]) * 0x100000001b3u;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    r->priority = h ^ (h >> 33);
    return r;
}

static void row_release(struct row *r) {
    if (atomic_fetch_sub(&r->references, 1) == 1) free(r);
}

static struct row *row_retain(struct row *r) {
    atomic_fetch_add(&r->references, 1);
    return r;
}

static struct tree *tree_retain(struct tree *t) {
    if (t) atomic_fetch_add(&t->references, 1);
    return t;
}

static void tree_release(struct tree *t) {
    if (!t || atomic_fetch_sub(&t->references, 1) != 1) return;
    tree_release(t->left);
    tree_release(t->right);
    row_release(t->row);
    free(t);
}

/* Takes over the references to left, right and row. */
static struct tree *tree_new(struct tree *left, struct row *row, struct tree *right) {
    struct tree *t = check_alloc(1, sizeof *t);
    atomic_init(&t->references, 1);
    t->left = left;
    t->right = right;
    t->row = row;
    return t;
}

/* Rows below `key` and rows above it, as new references; a row with the key itself is left out. */
static void tree_split(struct tree *t, struct span key, struct tree **ret_below,
                       struct tree **ret_above) {
    if (!t) {
        *ret_below = *ret_above = NULL;
        return;
    }
    int order = span_compare(row_key(t->row), key);
    struct tree *part;
    if (order == 0) {
        *ret_below = tree_retain(t->left);
        *ret_above = tree_retain(t->right);
    } else if (order < 0) {
        tree_split(t->right, key, &part, ret_above);
        *ret_below = tree_new(tree_retain(t->left), row_retain(t->row), part);
    } else {
        tree_split(t->left, key, ret_below, &part);
        *ret_above = tree_new(part, row_retain(t->row), tree_retain(t->right));
    }
}

/* All of `left` below all of `right`; a new reference. */
static struct tree *tree_join(struct tree *left, struct tree *right) {
    if (!left) return tree_retain(right);
    if (!right) return tree_retain(left);
    if (left->row->priority >= right->row->priority)
        return tree_new(tree_retain(left->left), row_retain(left->row),
                        tree_join(left->right, right));
    return tree_new(tree_join(left, right->left), row_retain(right->row),
                    tree_retain(right->right));
}

static const struct row *tree_find(const struct tree *t, struct span key) {
    while (t) {
        int order = span_compare(key, row_key(t->row));
        if (order == 0) return t->row;
        t = order < 0 ? t->left : t->right;
    }
    return NULL;
}

/* `t` with `row` in the place of any row with its key. Borrows t, keeps a reference to row. */
static struct tree *tree_put(struct tree *t, struct row *row) {
    if (!t) return tree_new(NULL, row_retain(row), NULL);
    int order = span_compare(row_key(row), row_key(t->row));
    if (order == 0) return tree_new(tree_retain(t->left), row_retain(row), tree_retain(t->right));
    if (row->priority > t->row->priority) {
        struct tree *below, *above;
        tree_split(t, row_key(row), &below, &above);
        return tree_new(below, row_retain(row), above);
    }
    if (order < 0)
        return tree_new(tree_put(t->left, row), row_retain(t->row), tree_retain(t->right));
    return tree_new(tree_retain(t->left), row_retain(t->row), tree_put(t->right, row));
}

/* `t` without the row of this key, which must be there. */
static struct tree *tree_remove(const struct tree *t, struct span key) {
    int order = span_compare(key, row_key(t->row));
    if (order == 0) return tree_join(t->left, t->right);
    if (order < 0)
        return tree_new(tree_remove(t->left, key), row_retain(t->row), tree_retain(t->right));
    return tree_new(tree_retain(t->left), row_retain(t->row), tree_remove(t->right, key));
}

static bool tree_scan(const struct tree *t, struct span from, struct span to, scan_fn *fn,
                      void *context) {
    if (!t) return true;
    struct span key = row_key(t->row);
    bool at_least = span_compare(key, from) >= 0, below = span_compare(key, to) < 0;
    if (at_least && !tree_scan(t->left, from, to, fn, context)) return false;
    if (at_least && below && !fn(context, key, row_value(t->row))) return false;
    return !below || tree_scan(t->right, from, to, fn, context);
}

static bool answer(const struct tree *t, struct span key, struct buffer *ret_value) {
    const struct row *row = tree_find(t, key);
    buffer_clear(ret_value);
    if (row) buffer_append_span(ret_value, row_value(row));
    CHECK(!ret_value->overflow);
    return row != NULL;
}

static struct tree *newest(struct memory *m, enum table table) {
    (void)pthread_mutex_lock(&m->lock);
    struct tree *t = tree_retain(m->tables[table].now.tree);
    (void)pthread_mutex_unlock(&m->lock);
    return t;
}

static bool newest_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    struct tree *t = newest(self, table);
    bool there = answer(t, key, ret_value);
    tree_release(t);
    return there;
}

static void newest_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                        void *context) {
    struct tree *t = newest(self, table);
    (void)tree_scan(t, from, to, fn, context);
    tree_release(t);
}

static const struct reader_ops newest_ops = {newest_get, newest_scan};

static struct reader memory_reader(void *self) {
    return (struct reader){self, &newest_ops};
}

static bool pair_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    const struct pair *p = self;
    return answer(p->trees[table], key, ret_value);
}

static void pair_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                      void *context) {
    const struct pair *p = self;
    (void)tree_scan(p->trees[table], from, to, fn, context);
}

static const struct reader_ops pair_ops = {pair_get, pair_scan};

static void pair_destroy(struct store_snapshot *snapshot) {
    struct pair *p = (struct pair *)snapshot;
    for (int t = 0; t < TABLES; t++)
        tree_release(p->trees[t]);
    free(p);
}

static struct store_snapshot *memory_snapshot(void *self) {
    struct memory *m = self;
    struct pair *p = check_alloc(1, sizeof *p);
    (void)pthread_mutex_lock(&m->lock);
    for (int t = 0; t < TABLES; t++)
        p->trees[t] = tree_retain(m->tables[t].now.tree);
    (void)pthread_mutex_unlock(&m->lock);
    p->base.reader = (struct reader){p, &pair_ops};
    p->base.destroy = pair_destroy;
    return &p->base;
}

static void root_change(struct root *root, const struct change *c) {
    const struct row *old = tree_find(root->tree, c->key);
    if (old) {
        root->rows--;
        root->bytes -= old->key_len + old->value_len;
    }
    struct tree *before = root->tree;
    if (c->deleted) {
        if (!old) return;
        root->tree = tree_remove(before, c->key);
    } else {
        struct row *row = row_new(c->key, c->value);
        root->tree = tree_put(before, row);
        row_release(row);
        root->rows++;
        root->bytes += c->key.len + c->value.len;
    }
    tree_release(before);
}

static void unsynced_add(struct table_state *t, struct root before) {
    if (t->unsynced_count == t->unsynced_cap) {
        t->unsynced_cap = t->unsynced_cap ? t->unsynced_cap * 2 : 4;
        t->unsynced = check_realloc(t->unsynced, t->unsynced_cap, sizeof *t->unsynced);
    }
    t->unsynced[t->unsynced_count++] = before;
}

static void unsynced_clear(struct table_state *t) {
    for (size_t i = 0; i < t->unsynced_count; i++)
        tree_release(t->unsynced[i].tree);
    t->unsynced_count = 0;
}

static void apply(struct memory *m, enum table table, struct changes *const sets[],
                  size_t sets_count, bool sync) {
    struct table_state *t = &m->tables[table];
    struct root root = t->now;
    root.tree = tree_retain(t->now.tree);
    for (size_t i = 0; i < sets_count; i++)
        for (size_t k = 0; k < changes_count(sets[i]); k++) {
            const struct change *c = changes_at(sets[i], k);
            if (c->table == table) root_change(&root, c);
        }
    (void)pthread_mutex_lock(&m->lock);
    unsynced_add(t, t->now); /* hands over the reference of `now` */
    t->now = root;
    if (sync) unsynced_clear(t);
    (void)pthread_mutex_unlock(&m->lock);
}

static bool memory_write(void *self, enum table table, struct changes *const sets[],
                         size_t sets_count, bool sync) {
    struct memory *m = self;
    if (atomic_load(&m->error)) return false;
    switch (m->fault ? m->fault(m->fault_context, table, sync) : STORE_FAULT_NONE) {
    case STORE_FAULT_NONE:
        apply(m, table, sets, sets_count, sync);
        return true;
    case STORE_FAULT_FULL:
        atomic_store(&m->error, "no space left on device (simulated)");
        return false;
    case STORE_FAULT_IO_APPLIED:
        apply(m, table, sets, sets_count, sync);
        atomic_store(&m->error, "input/output error after the write (simulated)");
        return false;
    case STORE_FAULT_IO:
        atomic_store(&m->error, "input/output error (simulated)");
        return false;
    }
    return false;
}

static const char *memory_error(void *self) {
    struct memory *m = self;
    const char *error = atomic_load(&m->error);
    return error ? error : "";
}

static uint64_t memory_size(void *self, enum table table) {
    struct memory *m = self;
    (void)pthread_mutex_lock(&m->lock);
    uint64_t bytes = m->tables[table].now.bytes;
    (void)pthread_mutex_unlock(&m->lock);
    return bytes;
}

/* Deleted rows took no room. */
static void memory_compact(void *self, enum table table, struct span from, struct span to) {
    (void)self, (void)table, (void)from, (void)to;
}

static void memory_close(void *self) {
    struct memory *m = self;
    for (int t = 0; t < TABLES; t++) {
        unsynced_clear(&m->tables[t]);
        free(m->tables[t].unsynced);
        tree_release(m->tables[t].now.tree);
    }
    (void)pthread_mutex_destroy(&m->lock);
    free(m);
}

static const struct store_ops memory_ops = {
    .reader = memory_reader,
    .write = memory_write,
    .snapshot = memory_snapshot,
    .error = memory_error,
    .size = memory_size,
    .compact = memory_compact,
    .close = memory_close,
};

static struct memory *self_of(struct store s) {
    CHECK(s.ops == &memory_ops);
    return s.self;
}

struct store store_memory_new(void) {
    struct memory *m = check_alloc(1, sizeof *m);
    (void)pthread_mutex_init(&m->lock, NULL);
    return (struct store){m, &memory_ops};
}

void store_memory_faults(struct store s, store_fault_fn *fn, void *context) {
    struct memory *m = self_of(s);
    m->fault = fn;
    m->fault_context = context;
}

void store_memory_crash(struct store s, uint32_t kept) {
    struct memory *m = self_of(s);
    (void)pthread_mutex_lock(&m->lock);
    for (int i = 0; i < TABLES; i++) {
        struct table_state *t = &m->tables[i];
        if (kept < t->unsynced_count) {
            struct root lost = t->now;
            t->now = t->unsynced[kept];
            t->now.tree = tree_retain(t->now.tree);
            tree_release(lost.tree);
        }
        unsynced_clear(t);
    }
    (void)pthread_mutex_unlock(&m->lock);
    atomic_store(&m->error, NULL);
}

uint64_t store_memory_rows(struct store s, enum table table) {
    struct memory *m = self_of(s);
    (void)pthread_mutex_lock(&m->lock);
    uint64_t rows = m->tables[table].now.rows;
    (void)pthread_mutex_unlock(&m->lock);
    return rows;
}
