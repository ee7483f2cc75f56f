/* status_tree.h: the inside of the status tree, shared by status.c (rows, updates) and
 * status_proof.c. Not for others. */
#ifndef LEDGER_STATUS_TREE_H
#define LEDGER_STATUS_TREE_H

#include "ledger/status.h"

enum { PAGE_BYTES_MAX = 2 + 16 * 36 };

struct subtree {
    struct digest hash; /* zero when empty, the leaf itself when count is 1 */
    uint32_t count;
};
struct page {
    struct subtree child[16];
};
struct leaf {
    struct digest key, hash;
};
struct bucket {
    uint32_t count;
    struct leaf leaves[STATUS_BUCKET];
};

struct digest status_node_hash(const struct digest *left, const struct digest *right);
struct subtree subtree_join(const struct subtree *left, const struct subtree *right);
/* The subtree over children from .. from + width - 1; width 1, 2, 4, 8 or 16. */
struct subtree page_fold(const struct page *page, uint32_t from, uint32_t width);
/* The subtree of sorted leaves that share their first `depth` bits. */
struct subtree leaves_fold(const struct leaf leaves[], uint32_t count, uint32_t depth);

bool key_bit(const struct digest *key, uint32_t depth);
uint32_t key_nibble(const struct digest *key, uint32_t depth);      /* depth a multiple of 4 */
struct digest key_prefix(const struct digest *key, uint32_t depth); /* the other bits zero */

bool page_read(struct reader r, uint32_t depth, const struct digest *prefix, struct page *ret);
/* The leaves under the first `depth` bits of the prefix; CHECKs that there are at most max. */
uint32_t leaves_read(struct reader r, uint32_t depth, const struct digest *prefix,
                     struct leaf leaves[], uint32_t max);

#endif
