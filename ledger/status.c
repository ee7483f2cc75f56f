/* status.c: the status tree over rows, see status.h.
 *
 * Rows in TABLE_STATE:
 *   'V' || K                    -> value
 *   'P' || depth u8 || prefix   -> page: the 16 subtrees four levels below `depth` (a multiple of
 * 4) under a prefix: u16 bitmap of those not empty, then for each {leaves u32, hash} A page exists
 * exactly where its subtree holds more than STATUS_BUCKET leaves. A smaller subtree is recomputed
 * from its leaves by one range scan. Counts in the parent say which of the two it is, so nothing is
 * ever looked up in vain.
 *
 * An update sorts the block's keys and descends once: each page on the way is read once and written
 * once. */
#include "ledger/status.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/keys.h"
#include "ledger/status_tree.h"

const struct status_head status_head_empty = {0, {{0}}};

struct digest status_key(uint8_t type, struct span subject) {
    uint8_t head[3] = {type};
    CHECK(subject.len <= STATUS_SUBJECT_BYTES_MAX);
    put_u16(head + 1, (uint16_t)subject.len);
    struct span parts[] = {span_of(head, sizeof head), subject};
    return sha256_tagged("suyuan/status-key/v1", parts, 2);
}

struct digest status_value_hash(struct span value) {
    return sha256_tagged("suyuan/status-value/v1", &value, 1);
}

static struct digest hash_65(uint8_t first, const struct digest *a, const struct digest *b) {
    uint8_t in[65] = {first};
    struct sha256 h;
    struct digest d;
    memcpy(in + 1, a->b, 32);
    memcpy(in + 33, b->b, 32);
    sha256_init(&h);
    sha256_add(&h, in, sizeof in);
    sha256_final(&h, &d);
    return d;
}

struct digest status_leaf_hash(const struct digest *key, const struct digest *value_hash) {
    return hash_65(2, key, value_hash);
}

struct digest status_node_hash(const struct digest *left, const struct digest *right) {
    return hash_65(3, left, right);
}

struct subtree subtree_join(const struct subtree *left, const struct subtree *right) {
    if (right->count == 0)
        return left->count <= 1
                   ? *left
                   : (struct subtree){status_node_hash(&left->hash, &right->hash), left->count};
    if (left->count == 0 && right->count == 1) return *right;
    CHECK(left->count <= UINT32_MAX - right->count);
    return (struct subtree){status_node_hash(&left->hash, &right->hash),
                            left->count + right->count};
}

struct subtree page_fold(const struct page *page, uint32_t from, uint32_t width) {
    if (width == 1) return page->child[from];
    struct subtree left = page_fold(page, from, width / 2);
    struct subtree right = page_fold(page, from + width / 2, width / 2);
    return subtree_join(&left, &right);
}

bool key_bit(const struct digest *key, uint32_t depth) {
    return key->b[depth / 8] >> (7 - depth % 8) & 1;
}

uint32_t key_nibble(const struct digest *key, uint32_t depth) {
    return (uint32_t)(key->b[depth / 8] >> (depth % 8 ? 0 : 4) & 15);
}

struct digest key_prefix(const struct digest *key, uint32_t depth) {
    struct digest p = {{0}};
    memcpy(p.b, key->b, depth / 8);
    if (depth % 8) p.b[depth / 8] = (uint8_t)(key->b[depth / 8] & (0xff << (8 - depth % 8)));
    return p;
}

struct subtree leaves_fold(const struct leaf leaves[], uint32_t count, uint32_t depth) {
    if (count == 0) return (struct subtree){{{0}}, 0};
    if (count == 1) return (struct subtree){leaves[0].hash, 1};
    CHECK(depth < STATUS_DEPTH_MAX);
    uint32_t left_count = 0;
    while (left_count < count && !key_bit(&leaves[left_count].key, depth))
        left_count++;
    struct subtree left = leaves_fold(leaves, left_count, depth + 1);
    struct subtree right = leaves_fold(leaves + left_count, count - left_count, depth + 1);
    return subtree_join(&left, &right);
}

/* Row names. */

static struct row_key value_row(const struct digest *key) {
    struct row_key k = key_begin('V');
    key_bytes(&k, key->b, 32);
    return k;
}

static struct row_key page_row(uint32_t depth, const struct digest *prefix) {
    struct row_key k = key_begin('P');
    key_u8(&k, (uint8_t)depth);
    key_bytes(&k, prefix->b, (depth + 7) / 8);
    return k;
}

bool status_get(struct reader r, const struct digest *key, struct buffer *ret_value) {
    struct row_key k = value_row(key);
    return reader_get(r, TABLE_STATE, key_span(&k), ret_value);
}

void status_put(struct changes *c, const struct digest *key, struct span value) {
    struct row_key k = value_row(key);
    CHECK(value.len > 0 && value.len <= STATUS_VALUE_BYTES_MAX);
    changes_put(c, TABLE_STATE, key_span(&k), value);
}

void status_delete(struct changes *c, const struct digest *key) {
    struct row_key k = value_row(key);
    changes_delete(c, TABLE_STATE, key_span(&k));
}

bool page_read(struct reader r, uint32_t depth, const struct digest *prefix, struct page *ret) {
    struct buffer row CLEANUP(buffer_free) = {0};
    struct row_key k = page_row(depth, prefix);
    buffer_init(&row, PAGE_BYTES_MAX);
    if (!reader_get(r, TABLE_STATE, key_span(&k), &row)) return false;
    CHECK(row.len >= 2);
    uint32_t bitmap = get_u16(row.data);
    CHECK(row.len == 2 + 36 * (size_t)__builtin_popcount(bitmap));
    const uint8_t *at = row.data + 2;
    memset(ret, 0, sizeof *ret);
    for (uint32_t i = 0; i < 16; i++) {
        if (!(bitmap >> i & 1)) continue;
        ret->child[i].count = get_u32(at);
        memcpy(ret->child[i].hash.b, at + 4, 32);
        at += 36;
    }
    return true;
}

static void page_write(struct changes *c, uint32_t depth, const struct digest *prefix,
                       const struct page *page) {
    uint8_t row[PAGE_BYTES_MAX];
    uint8_t *at = row + 2;
    uint32_t bitmap = 0;
    for (uint32_t i = 0; i < 16; i++) {
        if (page->child[i].count == 0) continue;
        bitmap |= 1u << i;
        put_u32(at, page->child[i].count);
        memcpy(at + 4, page->child[i].hash.b, 32);
        at += 36;
    }
    put_u16(row, (uint16_t)bitmap);
    struct row_key k = page_row(depth, prefix);
    changes_put(c, TABLE_STATE, key_span(&k), span_of(row, (size_t)(at - row)));
}

struct leaf_scan {
    struct leaf *leaves;
    uint32_t count, max;
};

static bool leaf_row(void *context, struct span key, struct span value) {
    struct leaf_scan *s = context;
    CHECK(key.len == 33 && s->count < s->max);
    struct leaf *leaf = &s->leaves[s->count++];
    memcpy(leaf->key.b, key.data + 1, 32);
    struct digest v = status_value_hash(value);
    leaf->hash = status_leaf_hash(&leaf->key, &v);
    return true;
}

uint32_t leaves_read(struct reader r, uint32_t depth, const struct digest *prefix,
                     struct leaf leaves[], uint32_t max) {
    struct leaf_scan s = {leaves, 0, max};
    struct row_key from = value_row(prefix), to = from;
    /* One past the last key under the prefix; a carry out of the digest ends at the next kind, 'W'.
     */
    uint32_t step = depth == 0 ? 0 : 1u << ((8 - depth % 8) % 8);
    for (uint32_t i = (depth + 7) / 8; step && i > 0; i--) {
        uint32_t sum = to.b[i] + step;
        to.b[i] = (uint8_t)sum;
        step = sum >> 8;
    }
    if (depth == 0 || step) {
        to = key_begin('V' + 1);
    }
    reader_scan(r, TABLE_STATE, key_span(&from), key_span(&to), leaf_row, &s);
    return s.count;
}

/* Cache: direct mapped, so a place holds the newest state of a subtree or that of another one,
 * never an old state. */

struct cache_slot {
    bool used, is_page;
    uint8_t depth;
    struct digest prefix;
    union {
        struct page page;
        struct bucket bucket;
    };
};

struct status_cache {
    struct digest root;
    bool empty; /* nothing was kept since it was made: there is nothing to forget */
    size_t pages_count, buckets_count;
    struct cache_slot *pages, *buckets;
};

struct status_cache *status_cache_new(size_t bytes_max) {
    struct status_cache *c = check_alloc(1, sizeof *c);
    c->empty = true;
    size_t slots = bytes_max / sizeof(struct cache_slot);
    c->pages_count = slots / 4 + 1;
    c->buckets_count = slots - slots / 4 + 1;
    c->pages = check_alloc(c->pages_count, sizeof *c->pages);
    c->buckets = check_alloc(c->buckets_count, sizeof *c->buckets);
    return c;
}

void status_cache_free(struct status_cache *cache) {
    if (!cache) return;
    free(cache->pages);
    free(cache->buckets);
    free(cache);
}

static void cache_stand_at(struct status_cache *c, const struct digest *root) {
    if (digest_equal(&c->root, root)) return;
    for (size_t i = 0; i < c->pages_count && !c->empty; i++)
        c->pages[i].used = false;
    for (size_t i = 0; i < c->buckets_count && !c->empty; i++)
        c->buckets[i].used = false;
    c->root = *root;
    c->empty = true;
}

static struct cache_slot *cache_slot(struct status_cache *c, bool is_page, uint32_t depth,
                                     const struct digest *prefix) {
    uint64_t h = get_u64(prefix->b) ^ get_u64(prefix->b + 8) * 0x9e3779b97f4a7c15u;
    h = (h + depth) * 0xff51afd7ed558ccdu;
    h ^= h >> 33;
    return is_page ? &c->pages[h % c->pages_count] : &c->buckets[h % c->buckets_count];
}

static struct cache_slot *cache_find(struct status_cache *c, bool is_page, uint32_t depth,
                                     const struct digest *prefix) {
    if (!c) return NULL;
    struct cache_slot *s = cache_slot(c, is_page, depth, prefix);
    return s->used && s->depth == depth && digest_equal(&s->prefix, prefix) ? s : NULL;
}

static struct cache_slot *cache_take(struct status_cache *c, bool is_page, uint32_t depth,
                                     const struct digest *prefix) {
    struct cache_slot *s = cache_slot(c, is_page, depth, prefix);
    s->used = true;
    c->empty = false;
    s->depth = (uint8_t)depth;
    s->prefix = *prefix;
    return s;
}

static void cache_drop(struct status_cache *c, bool is_page, uint32_t depth,
                       const struct digest *prefix) {
    struct cache_slot *s = cache_find(c, is_page, depth, prefix);
    if (s) s->used = false;
}

/* One block's update. */

struct edit {
    struct leaf leaf;
    bool deleted;
};

struct update {
    struct reader before;
    struct changes *changes;
    struct status_cache *cache;
};

static void bucket_keep(struct update *u, uint32_t depth, const struct digest *prefix,
                        const struct leaf leaves[], uint32_t count) {
    if (!u->cache) return;
    if (count == 0) {
        cache_drop(u->cache, false, depth, prefix);
        return;
    }
    struct cache_slot *s = cache_take(u->cache, false, depth, prefix);
    s->bucket.count = count;
    memcpy(s->bucket.leaves, leaves, count * sizeof *leaves);
}

static void page_keep(struct update *u, uint32_t depth, const struct digest *prefix,
                      const struct page *page) {
    page_write(u->changes, depth, prefix, page);
    if (u->cache) cache_take(u->cache, true, depth, prefix)->page = *page;
}

/* A subtree from all its leaves (sorted): a bucket, or pages where there are too many for one. */
static struct subtree build(struct update *u, uint32_t depth, const struct digest *prefix,
                            const struct leaf leaves[], uint32_t count) {
    if (count <= STATUS_BUCKET) {
        bucket_keep(u, depth, prefix, leaves, count);
        return leaves_fold(leaves, count, depth);
    }
    struct page page = {0};
    if (u->cache) cache_drop(u->cache, false, depth, prefix);
    for (uint32_t i = 0; i < count;) {
        uint32_t nibble = key_nibble(&leaves[i].key, depth), from = i;
        while (i < count && key_nibble(&leaves[i].key, depth) == nibble)
            i++;
        struct digest below = key_prefix(&leaves[from].key, depth + 4);
        page.child[nibble] = build(u, depth + 4, &below, leaves + from, i - from);
    }
    page_keep(u, depth, prefix, &page);
    return page_fold(&page, 0, 16);
}

/* Old leaves of a bucket and the edits, both sorted, into one list; returns its length. */
static uint32_t merge(const struct leaf old[], uint32_t old_count, const struct edit edits[],
                      size_t edits_count, struct leaf out[]) {
    uint32_t n = 0, i = 0;
    for (size_t e = 0; e < edits_count; e++) {
        int order = -1;
        while (i < old_count && (order = digest_compare(&old[i].key, &edits[e].leaf.key)) < 0)
            out[n++] = old[i++];
        if (i < old_count && order == 0) i++;
        if (!edits[e].deleted) out[n++] = edits[e].leaf;
    }
    while (i < old_count)
        out[n++] = old[i++];
    return n;
}

static struct subtree update_bucket(struct update *u, uint32_t depth, const struct digest *prefix,
                                    uint32_t count, const struct edit edits[], size_t edits_count) {
    struct leaf old[STATUS_BUCKET];
    if (count > 0) {
        const struct cache_slot *s = cache_find(u->cache, false, depth, prefix);
        if (s && s->bucket.count == count)
            memcpy(old, s->bucket.leaves, count * sizeof *old);
        else
            CHECK(leaves_read(u->before, depth, prefix, old, STATUS_BUCKET) == count);
    }
    struct leaf few[4 * STATUS_BUCKET] = {0};
    struct leaf *all = few;
    if (count + edits_count > sizeof few / sizeof *few)
        all = check_alloc(count + edits_count, sizeof *all);
    uint32_t n = merge(old, count, edits, edits_count, all);
    struct subtree result = build(u, depth, prefix, all, n);
    if (all != few) free(all);
    return result;
}

static struct subtree update_subtree(struct update *u, uint32_t depth, const struct digest *prefix,
                                     uint32_t count, const struct edit edits[],
                                     size_t edits_count) {
    if (count <= STATUS_BUCKET) return update_bucket(u, depth, prefix, count, edits, edits_count);
    struct page page;
    const struct cache_slot *s = cache_find(u->cache, true, depth, prefix);
    if (s)
        page = s->page;
    else
        CHECK(page_read(u->before, depth, prefix, &page));
    uint64_t total = count;
    for (size_t i = 0; i < edits_count;) {
        uint32_t nibble = key_nibble(&edits[i].leaf.key, depth);
        size_t from = i;
        while (i < edits_count && key_nibble(&edits[i].leaf.key, depth) == nibble)
            i++;
        struct digest below = key_prefix(&edits[from].leaf.key, depth + 4);
        struct subtree *child = &page.child[nibble];
        total -= child->count;
        *child = update_subtree(u, depth + 4, &below, child->count, edits + from, i - from);
        total += child->count;
    }
    if (total > STATUS_BUCKET) {
        page_keep(u, depth, prefix, &page);
    } else {
        struct row_key k = page_row(depth, prefix);
        changes_delete(u->changes, TABLE_STATE, key_span(&k));
        if (u->cache) {
            cache_drop(u->cache, true, depth, prefix);
            cache_drop(u->cache, false, depth, prefix);
        }
    }
    return page_fold(&page, 0, 16);
}

void status_commit(struct reader before, const struct status_head *head, struct changes *c,
                   struct status_cache *cache, struct status_head *ret_head) {
    size_t n = changes_count(c), count = 0;
    struct edit *edits = check_alloc(n + 1, sizeof *edits);
    for (size_t i = 0; i < n; i++) {
        const struct change *at = changes_at(c, i);
        if (at->table != TABLE_STATE || at->key.len != 33 || at->key.data[0] != 'V') continue;
        struct edit *e = &edits[count++];
        e->deleted = at->deleted;
        memcpy(e->leaf.key.b, at->key.data + 1, 32);
        if (at->deleted) continue;
        struct digest v = status_value_hash(at->value);
        e->leaf.hash = status_leaf_hash(&e->leaf.key, &v);
    }
    CHECK(head->count <= UINT32_MAX);
    if (cache) cache_stand_at(cache, &head->root);
    struct update u = {before, c, cache};
    struct digest none = {{0}};
    struct status_head result = *head;
    if (count > 0) {
        struct subtree all = update_subtree(&u, 0, &none, (uint32_t)head->count, edits, count);
        result = (struct status_head){all.count, all.hash};
    }
    if (cache) cache->root = result.root;
    free(edits);
    *ret_head = result;
}
