/* merkle.h: the record log's Merkle tree (RFC 9162 section 2.1, the same as RFC 6962) over stored
 * rows.
 *
 * Leaf and node hash: base/merkle_root.h. Roots do not commit
 * to their size, so every root in the house stands beside its size.
 *
 * Storage: one append-only row per leaf in TABLE_CHAIN, 'H' || index -> the hashes of all complete
 * subtrees that this leaf completed, lowest first (1 + trailing one bits of the index). So each
 * complete subtree's hash is stored exactly once and any node is one read: subtree (level, n)
 * stands in the row of leaf ((n + 1) << level) - 1 at place `level`. Appending reads nothing: the
 * frontier (the complete subtrees of the present size) travels with the ledger head.
 *
 * Verification is strict: no proof of another length, no trailing hash, consistency from size 0
 * refused, equal sizes only with an empty proof and equal roots (transparency-dev/merkle's policy).
 *
 * Pure. Refusals: ERR_MERKLE_RANGE (an index or size above what is stored), ERR_MERKLE_PROOF.
 * Results untouched on refusal.
 */
#ifndef LEDGER_MERKLE_H
#define LEDGER_MERKLE_H

#include "base/merkle_root.h"
#include "ledger/state.h"

enum {
    MERKLE_LEVELS = 64,
    MERKLE_PATH_MAX = 128, /* a consistency proof has at most 2 x levels hashes */
    TILE_WIDTH = 256,
};

/* nodes[l] is the complete subtree of 2^l leaves where bit l of size is set; other entries mean
 * nothing (zero). */
struct merkle_frontier {
    uint64_t size;
    struct digest nodes[MERKLE_LEVELS];
};

/* Appends to the frontier alone; ret_completed gets the hashes completed, lowest first; returns how
 * many (>= 1). */
uint32_t merkle_frontier_add(struct merkle_frontier *f, const struct digest *leaf_hash,
                             struct digest ret_completed[MERKLE_LEVELS + 1]);
struct digest merkle_frontier_root(const struct merkle_frontier *f);
/* u64 size || nodes of the set bits, highest first. */
void merkle_frontier_encode(const struct merkle_frontier *f, struct buffer *out);
enum err merkle_frontier_decode(struct span in, struct merkle_frontier *ret) MUST_USE;

/* Appends leaves: rows into `c`, the frontier moves on. */
void merkle_append(struct changes *c, struct merkle_frontier *f, const struct digest leaf_hashes[],
                   size_t count);

/* A complete subtree of 2^level leaves. */
enum err merkle_node(struct reader r, uint32_t level, uint64_t index, struct digest *ret) MUST_USE;
enum err merkle_leaf_at(struct reader r, uint64_t index, struct digest *ret_leaf_hash) MUST_USE;
enum err merkle_root_at(struct reader r, uint64_t size, struct digest *ret) MUST_USE;
/* The frontier of any stored size: for starting a replica from rows alone. */
enum err merkle_frontier_at(struct reader r, uint64_t size, struct merkle_frontier *ret) MUST_USE;

struct merkle_path {
    struct digest hashes[MERKLE_PATH_MAX];
    uint32_t count;
};
/* index < size. Hashes from the leaf's sibling up. */
enum err merkle_inclusion(struct reader r, uint64_t index, uint64_t size,
                          struct merkle_path *ret) MUST_USE;
/* 0 < from <= to. Empty when they are equal. */
enum err merkle_consistency(struct reader r, uint64_t from, uint64_t to,
                            struct merkle_path *ret) MUST_USE;

enum err merkle_consistency_verify(uint64_t from, const struct digest *root_from, uint64_t to,
                                   const struct digest *root_to, const struct digest path[],
                                   size_t path_count) MUST_USE;

/* C2SP tlog-tiles: appends `width` (1..256) hashes of level `level` x 8 from tile `index`. */
enum err merkle_tile(struct reader r, uint32_t level, uint64_t index, uint32_t width,
                     struct buffer *out) MUST_USE;
/* Width of tile (level, index) in a tree of this size: 0 when it has none, 256 when full. */
uint32_t merkle_tile_width(uint64_t size, uint32_t level, uint64_t index);
/* "tile/0/x001/x234/067.p/12"; entries: level -1 gives "tile/entries/...". */
void merkle_tile_path(int level, uint64_t index, uint32_t width, struct buffer *out);

#endif
