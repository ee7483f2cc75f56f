/* status.h: the status tree, a sparse Merkle tree from what can change to its present value.
 *
 * Key K = SHA-256("suyuan/status-key/v1\0" || type u8 || len u16be || subject), read most
 * significant bit first. Value hash V = SHA-256("suyuan/status-value/v1\0" || canonical value).
 * Leaf SHA-256(0x02 || K || V), node SHA-256(0x03 || L || R), empty subtree 32 zero bytes, a
 * subtree with one leaf is that leaf. The root is the specification; how rows lie in the store is
 * free and described in status.c.
 *
 * Use: during a block status_get reads through a changes_reader, status_put and status_delete write
 * into the block's changes; at its end status_commit, once, gives the new count and root and adds
 * the tree's rows to the changes.
 *
 * The cache only saves reads: it knows the root it stands at and forgets everything when that is
 * another one. A proof shows a value, or that there is none, under one root; the verifier derives K
 * itself, so a proof for one subject says nothing about another. Every byte of a proof is consumed
 * and hashed or compared.
 *
 * Pure. Refusals: ERR_STATUS_PROOF.
 */
#ifndef LEDGER_STATUS_H
#define LEDGER_STATUS_H

#include "base/codec.h"
#include "base/crypto.h"
#include "ledger/state.h"

enum {
    STATUS_DEPTH_MAX = 256,
    STATUS_BUCKET = 16, /* subtrees of at most this many leaves have no rows of their own */
    STATUS_VALUE_BYTES_MAX = 1 << 16, /* a larger value is a bug of the rules: CHECK */
    STATUS_SUBJECT_BYTES_MAX = 65535,
};

struct status_head {
    uint64_t count;
    struct digest root;
};
extern const struct status_head status_head_empty;

struct digest status_key(uint8_t type, struct span subject);
struct digest status_value_hash(struct span value);
struct digest status_leaf_hash(const struct digest *key, const struct digest *value_hash);

/* Replaces ret_value; false when there is none. */
bool status_get(struct reader r, const struct digest *key, struct buffer *ret_value);
void status_put(struct changes *c, const struct digest *key, struct span value);
void status_delete(struct changes *c, const struct digest *key);

struct status_cache; /* may be NULL wherever it is taken */
struct status_cache *status_cache_new(size_t bytes_max);
void status_cache_free(struct status_cache *cache);

/* `before` must not see `c`; `head` is the head at `before`; `c` holds one block's puts and deletes
 * and no tree rows yet. */
void status_commit(struct reader before, const struct status_head *head, struct changes *c,
                   struct status_cache *cache, struct status_head *ret_head);

enum status_terminal { STATUS_EMPTY = 0, STATUS_MATCH = 1, STATUS_OTHER = 2 };

struct status_proof {
    uint32_t depth; /* levels above the terminal, 0..256 */
    uint8_t bitmap[STATUS_DEPTH_MAX /
                   8]; /* bit i (most significant first): the sibling at depth i + 1 is not empty */
    struct digest siblings[STATUS_DEPTH_MAX]; /* those, from the terminal up */
    uint32_t siblings_count;
    enum status_terminal terminal;
    struct digest other_key; /* STATUS_OTHER: the one leaf that stands where K would stand */
    struct digest other_value_hash;
};

/* For a key present or absent; `head` is the head at `r`. The value itself comes from status_get.
 */
void status_prove(struct reader r, const struct status_head *head, const struct digest *key,
                  struct status_proof *ret);
/* value_hash is used with STATUS_MATCH only and may be NULL otherwise. Checks form and root. */
enum err status_proof_verify(const struct status_proof *proof, const struct digest *key,
                             const struct digest *value_hash, const struct digest *root) MUST_USE;

/* SPEC S3's encoding, appended; reading sets the reader's sticky error on a wrong form and leaves
 * ret untouched. */
void status_proof_write(const struct status_proof *proof, struct buffer *out);
bool status_proof_read(struct unpack *u, struct status_proof *ret);

/* All leaves in key order, for a start-up or audit check that recomputes the root from the values
 * alone. */
void status_recompute(struct reader r, struct status_head *ret_head);

#endif
