/* leaves.h: the leaves of code packs (SPEC Q2), one file per pack in a directory beside the store. What
 * stands on the ledger is a pack's root and count; from the leaves come the paths that prove a
 * code issued, or never issued. They are attachments: whoever lacks them "cannot tell", and
 * they can be deleted without touching any proof.
 *
 * They are kept as trace/pack_tree.h says: chunks of 1,024 entries and the list of chunk hashes. The list is checked against root and
 * count, each chunk against its hash.
 *
 * Promises.
 *   1. Nothing unchecked is kept, and nothing unchecked is given: every call checks what it reads or writes against the root and count
 *      that the caller brings, which are the ledger's. What does not check on reading (a damaged disk) counts as
 *      not held from then on and may be put again.
 *   2. A chunk counts as held only after its bytes were synced. A crash at any point costs at most chunks that were
 *      not acknowledged, never the file.
 *   3. A disk that takes no more refuses what is being put (ERR_LEAVES_ROOM) and nothing else. free_bytes_min keeps room
 *      for the journal and the store, bytes_max bounds the directory.
 *   4. A call reads at most one chunk and one vector: memory does not grow with packs.
 *
 * The operator deletes by `touch <gtin>-<pack>.deleted` and `rm <gtin>-<pack>.leaves`, while the node runs too: with that mark they are
 * refused from then on (ERR_LEAVES_DELETED); when the mark is there at the start, the file goes.
 *
 * File: at 0 "suyuan leaves\0\0\1" || count u32 || root 32 || hashes whole u8; at 64 one bit per
 * chunk held, lowest first; at 4,096 the chunk hashes; chunk i at 65,536 x (i + 1).
 *
 * Threads: any, at the same time; writing is one at a time. Calls block on the disk, but for leaves_totals and
 * leaves_became_whole, which a loop may call.
 */
#ifndef STORAGE_LEAVES_H
#define STORAGE_LEAVES_H

#include "base/limits.h"
#include "trace/pack_tree.h"

enum {
    LEAVES_HASHES_BYTES_MAX = PACK_CHUNKS_MAX * 32,
    LEAVES_BITS_BYTES = (PACK_CHUNKS_MAX + 7) / 8,
    LEAVES_ERROR_BYTES = 256,
};

/* What the ledger says of a pack. The id is of Q1's form and count within Q4's (CHECK). */
struct leaves_pack {
    char id[PACK_ID_BYTES + 1];
    uint32_t count;
    struct digest root;
};

struct leaves_options {
    uint64_t bytes_max, free_bytes_min;
};

struct leaves;
/* Makes the directory if it is not there; removes what a crash left half made. NULL: ret_error says why. */
struct leaves *leaves_open(const char *directory, const struct leaves_options *options,
                           char ret_error[LEAVES_ERROR_BYTES]);
void leaves_close(struct leaves *l); /* accepts NULL */

struct leaves_held {
    bool hashes, deleted;
    uint32_t held; /* chunks */
    uint8_t bits[LEAVES_BITS_BYTES];
};
/* By the file's head alone. */
void leaves_held(struct leaves *l, const struct leaves_pack *pack, struct leaves_held *ret);
bool leaves_has(const struct leaves_held *h, uint32_t chunk);

/* OK also when it is held already. ERR_LEAVES_HASHES, ERR_LEAVES_CHUNK: not this pack's; ERR_LEAVES_ORDER: the hashes come first;
 * ERR_LEAVES_DELETED; ERR_LEAVES_ROOM. */
enum err leaves_put_hashes(struct leaves *l, const struct leaves_pack *pack, struct span hashes) MUST_USE;
enum err leaves_put_chunk(struct leaves *l, const struct leaves_pack *pack, uint32_t chunk,
                          struct span codes) MUST_USE;
/* Replaces ret. ERR_LEAVES_ABSENT: not held here (any more); ERR_LEAVES_DELETED. */
enum err leaves_get_hashes(struct leaves *l, const struct leaves_pack *pack, struct buffer *ret) MUST_USE;
enum err leaves_get_chunk(struct leaves *l, const struct leaves_pack *pack, uint32_t chunk,
                          struct buffer *ret) MUST_USE;

struct leaves_totals {
    uint64_t whole;    /* packs of which every chunk is held */
    uint64_t deleted;  /* marks of deletion */
    uint64_t chunks;   /* held */
    uint64_t bytes;    /* what the files take */
    uint64_t damaged;  /* found on reading since the start */
};
void leaves_totals(struct leaves *l, struct leaves_totals *ret);
/* The packs that became whole since the opening, in their order: numbers from 1 rise. The next after *sequence, which
 * becomes its number; the newest 64 are remembered. */
bool leaves_became_whole(struct leaves *l, uint64_t *sequence, char ret_id[PACK_ID_BYTES + 1]);

#endif
