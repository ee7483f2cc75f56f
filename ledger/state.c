/* state.c: readers and changes. A change set is an open-addressed table over an append-only list of
 * changes; the bytes live in an arena until changes_free. The sorted order is made when it is first
 * asked for. */
#include "ledger/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

enum { SLOTS_FIRST = 256 };

/* What one block changes. The worst is a block of revocations: an item of some 40 bytes writes a certificate of up to 16 KiB anew. No
 * block may reach this, or every node ends at it: it is far above, and only what is used is taken. */
#define CHANGES_BYTES_MAX ((size_t)4 << 30)
static_assert((size_t)BLOCK_BYTES_MAX / 32 * (20 << 10) <= CHANGES_BYTES_MAX, "no block changes more");

/* Kept behind a pointer: sorting is not a change that a caller can see. */
struct order {
    const struct change **at;
    size_t count;
};

/* What a change was before the try, when it was there already. */
struct earlier {
    size_t index;
    struct span value;
    bool deleted;
};

struct changes {
    struct arena arena;
    struct change *list; /* in order of first touch */
    size_t count, cap;
    uint32_t *slots; /* index + 1 into list; 0 is free */
    size_t slots_count;
    struct order *order;
    bool trying;
    size_t tried_from;       /* count when the try began */
    struct earlier *earlier; /* in the order of their coming */
    size_t earlier_count, earlier_cap;
};

bool reader_get(struct reader r, enum table table, struct span key, struct buffer *ret_value) {
    return r.ops->get(r.self, table, key, ret_value);
}

void reader_scan(struct reader r, enum table table, struct span from, struct span to, scan_fn *fn,
                 void *context) {
    if (span_compare(from, to) < 0) r.ops->scan(r.self, table, from, to, fn, context);
}

static bool empty_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    (void)self, (void)table, (void)key;
    buffer_clear(ret_value);
    return false;
}

static void empty_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                       void *context) {
    (void)self, (void)table, (void)from, (void)to, (void)fn, (void)context;
}

struct reader reader_empty(void) {
    static const struct reader_ops ops = {empty_get, empty_scan};
    return (struct reader){NULL, &ops};
}

struct changes *changes_new(void) {
    struct changes *c = check_alloc(1, sizeof *c);
    arena_init(&c->arena, CHANGES_BYTES_MAX);
    c->slots_count = SLOTS_FIRST;
    c->slots = check_alloc(c->slots_count, sizeof *c->slots);
    c->order = check_alloc(1, sizeof *c->order);
    return c;
}

void changes_free(struct changes *c) {
    if (!c) return;
    arena_free(&c->arena);
    free(c->list);
    free(c->slots);
    free(c->order->at);
    free(c->order);
    free(c->earlier);
    free(c);
}

/* Text that a submitter chose enters keys only through SHA-256 (keys.h), so a plain mixing hash is
 * enough. */
static uint64_t key_hash(enum table table, struct span key) {
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)table ^ key.len, word = 0;
    size_t i = 0;
    for (; i + sizeof word <= key.len; i += sizeof word) {
        memcpy(&word, key.data + i, sizeof word);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    for (; i < key.len; i++)
        h = (h ^ key.data[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return h ^ (h >> 29);
}

static size_t slot_of(const struct changes *c, enum table table, struct span key) {
    size_t mask = c->slots_count - 1;
    size_t i = (size_t)key_hash(table, key) & mask;
    while (c->slots[i]) {
        const struct change *at = &c->list[c->slots[i] - 1];
        if (at->table == table && span_equal(at->key, key)) break;
        i = (i + 1) & mask;
    }
    return i;
}

static void slots_grow(struct changes *c) {
    free(c->slots);
    c->slots_count *= 2;
    c->slots = check_alloc(c->slots_count, sizeof *c->slots);
    for (size_t i = 0; i < c->count; i++)
        c->slots[slot_of(c, c->list[i].table, c->list[i].key)] = (uint32_t)(i + 1);
}

static struct span keep(struct changes *c, struct span s) {
    struct span copy = arena_copy(&c->arena, s);
    CHECK(copy.data || s.len == 0);
    return copy;
}

/* A change made before the try is about to be made anew. */
static void remember(struct changes *c, size_t index) {
    if (!c->trying || index >= c->tried_from) return;
    if (c->earlier_count == c->earlier_cap) {
        c->earlier_cap = c->earlier_cap ? c->earlier_cap * 2 : 64;
        c->earlier = check_realloc(c->earlier, c->earlier_cap, sizeof *c->earlier);
    }
    c->earlier[c->earlier_count++] = (struct earlier){index, c->list[index].value, c->list[index].deleted};
}

static struct change *change_of(struct changes *c, enum table table, struct span key) {
    size_t slot = slot_of(c, table, key);
    if (c->slots[slot]) {
        remember(c, c->slots[slot] - 1);
        return &c->list[c->slots[slot] - 1];
    }
    c->order->count = 0;
    if ((c->count + 1) * 2 > c->slots_count) {
        slots_grow(c);
        slot = slot_of(c, table, key);
    }
    if (c->count == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->list = check_realloc(c->list, c->cap, sizeof *c->list);
    }
    CHECK(c->count < UINT32_MAX - 1);
    struct change *at = &c->list[c->count++];
    *at = (struct change){.table = table, .key = keep(c, key)};
    c->slots[slot] = (uint32_t)c->count;
    return at;
}

void changes_put(struct changes *c, enum table table, struct span key, struct span value) {
    struct change *at = change_of(c, table, key);
    at->deleted = false;
    at->value = keep(c, value);
}

void changes_delete(struct changes *c, enum table table, struct span key) {
    struct change *at = change_of(c, table, key);
    at->deleted = true;
    at->value = SPAN_EMPTY;
}

void changes_try(struct changes *c) {
    CHECK(!c->trying);
    c->trying = true;
    c->tried_from = c->count;
    c->earlier_count = 0;
}

void changes_keep(struct changes *c) {
    CHECK(c->trying);
    c->trying = false;
}

/* The newest first: a table in which keys were entered one after the other is, without the last of them, what it was before it. */
void changes_undo(struct changes *c) {
    CHECK(c->trying);
    c->trying = false;
    while (c->count > c->tried_from) {
        const struct change *last = &c->list[c->count - 1];
        c->slots[slot_of(c, last->table, last->key)] = 0;
        c->count--;
    }
    while (c->earlier_count > 0) {
        const struct earlier *e = &c->earlier[--c->earlier_count];
        c->list[e->index].value = e->value;
        c->list[e->index].deleted = e->deleted;
    }
    c->order->count = 0;
}

const struct change *changes_find(const struct changes *c, enum table table, struct span key) {
    size_t slot = slot_of(c, table, key);
    return c->slots[slot] ? &c->list[c->slots[slot] - 1] : NULL;
}

size_t changes_count(const struct changes *c) {
    return c->count;
}

size_t changes_bytes(const struct changes *c) {
    return c->arena.used + c->cap * sizeof *c->list + c->slots_count * sizeof *c->slots +
           c->order->count * sizeof *c->order->at;
}

static int change_compare(const void *a, const void *b) {
    const struct change *x = *(const struct change *const *)a,
                        *y = *(const struct change *const *)b;
    if (x->table != y->table) return x->table < y->table ? -1 : 1;
    return span_compare(x->key, y->key);
}

static const struct order *order_of(const struct changes *c) {
    struct order *o = c->order;
    if (o->count == c->count) return o;
    o->at = check_realloc(o->at, c->count, sizeof *o->at);
    for (size_t i = 0; i < c->count; i++)
        o->at[i] = &c->list[i];
    qsort(o->at, c->count, sizeof *o->at, change_compare);
    o->count = c->count;
    return o;
}

const struct change *changes_at(struct changes *c, size_t i) {
    CHECK(i < c->count);
    return order_of(c)->at[i];
}

void changes_merge(struct changes *older, const struct changes *newer) {
    for (size_t i = 0; i < newer->count; i++) {
        const struct change *at = &newer->list[i];
        if (at->deleted)
            changes_delete(older, at->table, at->key);
        else
            changes_put(older, at->table, at->key, at->value);
    }
}

static bool layer_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    const struct changes_reader *r = self;
    const struct change *at = changes_find(r->changes, table, key);
    if (!at) return reader_get(r->below, table, key, ret_value);
    buffer_clear(ret_value);
    if (!at->deleted) buffer_append_span(ret_value, at->value);
    return !at->deleted;
}

/* The first change of this table whose key is not below `from`. */
static size_t order_seek(const struct order *o, enum table table, struct span from) {
    size_t low = 0, high = o->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct change *at = o->at[middle];
        bool below = at->table != table ? at->table < table : span_compare(at->key, from) < 0;
        if (below)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct layer_scan {
    const struct order *order;
    size_t at, end; /* changes not yet given */
    scan_fn *fn;
    void *context;
    bool stopped;
};

/* Gives the changes below `key` (all that are left when key is NULL). */
static void layer_flush(struct layer_scan *s, const struct span *key) {
    while (!s->stopped && s->at < s->end) {
        const struct change *at = s->order->at[s->at];
        if (key && span_compare(at->key, *key) >= 0) return;
        s->at++;
        if (!at->deleted && !s->fn(s->context, at->key, at->value)) s->stopped = true;
    }
}

static bool layer_row(void *context, struct span key, struct span value) {
    struct layer_scan *s = context;
    layer_flush(s, &key);
    if (s->stopped) return false;
    if (s->at < s->end && span_equal(s->order->at[s->at]->key, key)) {
        const struct change *at = s->order->at[s->at++];
        if (at->deleted) return true;
        value = at->value;
    }
    if (!s->fn(s->context, key, value)) s->stopped = true;
    return !s->stopped;
}

static void layer_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                       void *context) {
    const struct changes_reader *r = self;
    const struct order *o = order_of(r->changes);
    struct layer_scan s = {.order = o, .fn = fn, .context = context};
    s.at = order_seek(o, table, from);
    s.end = order_seek(o, table, to);
    reader_scan(r->below, table, from, to, layer_row, &s);
    layer_flush(&s, NULL);
}

static const struct reader_ops layer_ops = {layer_get, layer_scan};

struct reader changes_reader(struct changes_reader *storage, const struct changes *c,
                             struct reader below) {
    storage->changes = c;
    storage->below = below;
    return (struct reader){storage, &layer_ops};
}
