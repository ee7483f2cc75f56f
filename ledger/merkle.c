/* merkle.c: see merkle.h. Verification follows RFC 9162 sections 2.1.3.2 and 2.1.4.2. */
#include "ledger/merkle.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/keys.h"

static uint32_t bits_of(uint64_t v) {
    return v ? 64u - (uint32_t)__builtin_clzll(v) : 0;
}

uint32_t merkle_frontier_add(struct merkle_frontier *f, const struct digest *leaf_hash,
                             struct digest ret_completed[MERKLE_LEVELS + 1]) {
    struct digest d = *leaf_hash;
    uint32_t level = 0;
    ret_completed[0] = d;
    while (f->size >> level & 1) {
        d = merkle_node_hash(&f->nodes[level], &d);
        f->nodes[level] = (struct digest){{0}};
        ret_completed[++level] = d;
    }
    f->nodes[level] = d;
    f->size++;
    return level + 1;
}

struct digest merkle_frontier_root(const struct merkle_frontier *f) {
    struct digest root = {{0}};
    bool begun = false;
    if (f->size == 0) return sha256(SPAN_EMPTY);
    for (uint32_t level = 0; level < MERKLE_LEVELS; level++) {
        if (!(f->size >> level & 1)) continue;
        root = begun ? merkle_node_hash(&f->nodes[level], &root) : f->nodes[level];
        begun = true;
    }
    return root;
}

void merkle_frontier_encode(const struct merkle_frontier *f, struct buffer *out) {
    buffer_u64(out, f->size);
    for (uint32_t level = MERKLE_LEVELS; level-- > 0;)
        if (f->size >> level & 1) buffer_append(out, f->nodes[level].b, 32);
}

enum err merkle_frontier_decode(struct span in, struct merkle_frontier *ret) {
    struct merkle_frontier f = {0};
    if (in.len < 8) return ERR_CODEC_TRUNCATED;
    f.size = get_u64(in.data);
    if (in.len != 8 + 32 * (size_t)__builtin_popcountll(f.size)) return ERR_CODEC_COUNT;
    const uint8_t *at = in.data + 8;
    for (uint32_t level = MERKLE_LEVELS; level-- > 0;) {
        if (!(f.size >> level & 1)) continue;
        memcpy(f.nodes[level].b, at, 32);
        at += 32;
    }
    *ret = f;
    return OK;
}

static struct row_key row_of(uint64_t leaf_index) {
    struct row_key k = key_begin('H');
    key_u64(&k, leaf_index);
    return k;
}

void merkle_append(struct changes *c, struct merkle_frontier *f, const struct digest leaf_hashes[],
                   size_t count) {
    struct digest done[MERKLE_LEVELS + 1];
    for (size_t i = 0; i < count; i++) {
        struct row_key k = row_of(f->size);
        uint32_t n = merkle_frontier_add(f, &leaf_hashes[i], done);
        changes_put(c, TABLE_CHAIN, key_span(&k), span_of(done, n * sizeof done[0]));
    }
}

enum err merkle_node(struct reader r, uint32_t level, uint64_t index, struct digest *ret) {
    if (level >= MERKLE_LEVELS || index >= UINT64_MAX >> level) return ERR_MERKLE_RANGE;
    struct row_key k = row_of(((index + 1) << level) - 1);
    struct buffer row CLEANUP(buffer_free) = {0};
    buffer_init(&row, (MERKLE_LEVELS + 1) * 32);
    if (!reader_get(r, TABLE_CHAIN, key_span(&k), &row)) return ERR_MERKLE_RANGE;
    CHECK(row.len >= 32 * ((size_t)level + 1));
    memcpy(ret->b, row.data + (size_t)32 * level, 32);
    return OK;
}

enum err merkle_leaf_at(struct reader r, uint64_t index, struct digest *ret_leaf_hash) {
    return merkle_node(r, 0, index, ret_leaf_hash);
}

/* Root of leaves [from, from + count) where the range is a right edge of complete subtrees: from is
 * a multiple of the largest power of two not above count. */
static enum err range_root(struct reader r, uint64_t from, uint64_t count, struct digest *ret) {
    struct digest root = {{0}};
    bool begun = false;
    uint64_t end = from + count;
    /* Right to left: the lowest set bit of count is the last complete subtree. */
    for (uint32_t level = 0; level < MERKLE_LEVELS && count >> level; level++) {
        if (!(count >> level & 1)) continue;
        struct digest node;
        end -= (uint64_t)1 << level;
        enum err e = merkle_node(r, level, end >> level, &node);
        if (e) return e;
        root = begun ? merkle_node_hash(&node, &root) : node;
        begun = true;
    }
    *ret = root;
    return OK;
}

enum err merkle_root_at(struct reader r, uint64_t size, struct digest *ret) {
    if (size == 0) {
        *ret = sha256(SPAN_EMPTY);
        return OK;
    }
    return range_root(r, 0, size, ret);
}

enum err merkle_frontier_at(struct reader r, uint64_t size, struct merkle_frontier *ret) {
    struct merkle_frontier f = {.size = size};
    uint64_t end = size;
    for (uint32_t level = 0; level < MERKLE_LEVELS && size >> level; level++) {
        if (!(size >> level & 1)) continue;
        end -= (uint64_t)1 << level;
        enum err e = merkle_node(r, level, end >> level, &f.nodes[level]);
        if (e) return e;
    }
    *ret = f;
    return OK;
}

/* The largest power of two below n; n > 1. */
static uint64_t split_of(uint64_t n) {
    return (uint64_t)1 << (bits_of(n - 1) - 1);
}

enum err merkle_inclusion(struct reader r, uint64_t index, uint64_t size, struct merkle_path *ret) {
    struct merkle_path p = {.count = 0};
    uint64_t from = 0, count = size;
    struct digest down[MERKLE_LEVELS]; /* root's child first */
    uint32_t n = 0;
    if (index >= size) return ERR_MERKLE_RANGE;
    while (count > 1) {
        uint64_t k = split_of(count);
        bool left = index - from < k;
        enum err e =
            left ? range_root(r, from + k, count - k, &down[n]) : range_root(r, from, k, &down[n]);
        if (e) return e;
        n++;
        if (!left) from += k;
        count = left ? k : count - k;
    }
    while (n > 0)
        p.hashes[p.count++] = down[--n];
    *ret = p;
    return OK;
}

/* RFC 9162 section 2.1.4.1: SUBPROOF(m, D_n, b), written as a loop from the root down. */
enum err merkle_consistency(struct reader r, uint64_t from, uint64_t to, struct merkle_path *ret) {
    struct merkle_path p = {.count = 0};
    struct digest down[MERKLE_LEVELS + 1];
    uint32_t n = 0;
    uint64_t start = 0, m = from, count = to;
    bool whole = true; /* the old tree is exactly this subtree, whose root the verifier knows */
    if (from == 0 || from > to) return ERR_MERKLE_RANGE;
    while (m != count) {
        uint64_t k = split_of(count);
        bool left = m <= k;
        enum err e = left ? range_root(r, start + k, count - k, &down[n])
                          : range_root(r, start, k, &down[n]);
        if (e) return e;
        n++;
        if (left) {
            count = k;
        } else {
            start += k;
            m -= k;
            count -= k;
            whole = false;
        }
    }
    if (!whole) {
        enum err e = range_root(r, start, m, &down[n]);
        if (e) return e;
        n++;
    }
    while (n > 0)
        p.hashes[p.count++] = down[--n];
    *ret = p;
    return OK;
}

enum err merkle_consistency_verify(uint64_t from, const struct digest *root_from, uint64_t to,
                                   const struct digest *root_to, const struct digest path[],
                                   size_t path_count) {
    if (from == 0 || from > to) return ERR_MERKLE_PROOF;
    if (from == to)
        return path_count == 0 && digest_equal(root_from, root_to) ? OK : ERR_MERKLE_PROOF;
    bool power = (from & (from - 1)) == 0; /* then the old root itself begins the path */
    if (path_count == 0) return ERR_MERKLE_PROOF;
    uint64_t fn = from - 1, sn = to - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    struct digest fr = power ? *root_from : path[0], sr = fr;
    for (size_t i = power ? 0 : 1; i < path_count; i++) {
        if (sn == 0) return ERR_MERKLE_PROOF;
        if (fn & 1 || fn == sn) {
            fr = merkle_node_hash(&path[i], &fr);
            sr = merkle_node_hash(&path[i], &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = merkle_node_hash(&sr, &path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    bool same = digest_equal(&fr, root_from) && digest_equal(&sr, root_to);
    return sn == 0 && same ? OK : ERR_MERKLE_PROOF;
}

enum err merkle_tile(struct reader r, uint32_t level, uint64_t index, uint32_t width,
                     struct buffer *out) {
    if (level > 7 || width == 0 || width > TILE_WIDTH || index > UINT64_MAX >> (8 * level + 8))
        return ERR_MERKLE_RANGE;
    size_t begin = out->len;
    for (uint32_t i = 0; i < width; i++) {
        struct digest d;
        enum err e = merkle_node(r, 8 * level, index * TILE_WIDTH + i, &d);
        if (e) {
            out->len = begin;
            return e;
        }
        buffer_append(out, d.b, 32);
    }
    return OK;
}

uint32_t merkle_tile_width(uint64_t size, uint32_t level, uint64_t index) {
    uint64_t nodes = level > 7 ? 0 : size >> (8 * level);
    if (nodes / TILE_WIDTH > index) return TILE_WIDTH;
    return nodes / TILE_WIDTH == index ? (uint32_t)(nodes % TILE_WIDTH) : 0;
}

void merkle_tile_path(int level, uint64_t index, uint32_t width, struct buffer *out) {
    uint32_t groups[7], n = 0;
    do {
        groups[n++] = (uint32_t)(index % 1000);
        index /= 1000;
    } while (index > 0);
    if (level < 0)
        buffer_text(out, "tile/entries");
    else
        buffer_printf(out, "tile/%d", level);
    while (n-- > 0)
        buffer_printf(out, n ? "/x%03" PRIu32 : "/%03" PRIu32, groups[n]);
    if (width < TILE_WIDTH) buffer_printf(out, ".p/%" PRIu32, width);
}
