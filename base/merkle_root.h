/* merkle_root.h: the Merkle tree over a list of leaf hashes that is at hand as a whole: its root, a path in it, and the check of
 * a path in any tree.
 *
 * RFC 9162 section 2.1.1 (the same as RFC 6962 section 2.1), SHA-256:
 *   MTH({}) = SHA-256(""), leaf hash = SHA-256(0x00 || entry), node = SHA-256(0x01 || left ||
 * right), the left subtree of n > 1 entries holds the largest power of two smaller than n. A root
 * does not commit to its size: whoever hashes or signs one puts the count beside it.
 *
 * The growing log tree, its proofs and tiles are ledger/merkle.h; both use these two hash
 * functions. merkle_root keeps at most 64 digests on the stack whatever the count. The one refusal
 * is ERR_MERKLE_PROOF.
 */
#ifndef BASE_MERKLE_ROOT_H
#define BASE_MERKLE_ROOT_H

#include "base/crypto.h"

struct digest merkle_leaf_hash(struct span entry);
struct digest merkle_node_hash(const struct digest *left, const struct digest *right);
void merkle_root(const struct digest leaf_hashes[], size_t count, struct digest *ret);

/* The same one leaf hash at a time: begin with a zeroed struct; any number of adds; final does not
 * change it. */
struct merkle_stack {
    struct digest roots[64]; /* of the perfect subtrees, largest first: one per set bit of count */
    uint64_t count;          /* leaves so far */
};
void merkle_stack_add(struct merkle_stack *s, const struct digest *leaf_hash);
void merkle_stack_root(const struct merkle_stack *s, struct digest *ret);

enum { MERKLE_LIST_PATH_MAX = 64 };
/* The inclusion path of leaf `index` (CHECK: below count), from its sibling up; how many hashes. Hashes every leaf's way to the
 * root once. */
size_t merkle_list_path(const struct digest leaf_hashes[], size_t count, size_t index,
                        struct digest ret_path[MERKLE_LIST_PATH_MAX]);
/* Strict: no path of another length than index and size demand. */
enum err merkle_inclusion_verify(const struct digest *leaf_hash, uint64_t index, uint64_t size,
                                 const struct digest path[], size_t path_count,
                                 const struct digest *root) MUST_USE;

#endif
