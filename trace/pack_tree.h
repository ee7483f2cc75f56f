/* pack_tree.h: the Merkle tree of a code pack (docs/spec.md Q2), and its leaves as they are kept and sent.
 *
 * On the ledger stand root and count. The leaves are an attachment of the pack that nodes keep: per code, in the order of the
 * index, an entry of 64 bytes = code hash || claim key, without gaps; the index is the place. A chunk is 1,024 entries (64 KiB; the last
 * one shorter); because 1,024 is a power of two, the hash of each chunk's subtree is a node of the pack's tree, and the root
 * follows from the list of chunk hashes: at most 977 of them, 31 KiB. So
 *
 *   who makes a pack     pack_tree_add per code, pack_tree_finish: chunk hashes and root in one pass, 33 KiB whatever the count
 *   who receives leaves  pack_chunks_check (the list of chunk hashes against root and count on the ledger), then every chunk by
 *                        itself, in any order, from anybody: pack_chunk_check
 *   who needs one code   pack_path of its chunk and the chunk hashes; pack_path_check
 *
 * Pure; everything said true here is under the root. CHECK only for what the caller itself made.
 */
#ifndef TRACE_PACK_TREE_H
#define TRACE_PACK_TREE_H

#include "base/merkle_root.h"
#include "trace/code.h"

enum {
    PACK_ENTRY_BYTES = 64,
    PACK_CHUNK_CODES = 1024,
    PACK_CHUNK_BYTES = PACK_CHUNK_CODES * PACK_ENTRY_BYTES,
    PACK_CHUNKS_MAX = (PACK_CODES_MAX + PACK_CHUNK_CODES - 1) / PACK_CHUNK_CODES,
    PACK_PATH_MAX = 20, /* 2^20 >= PACK_CODES_MAX */
};

/* Chunks of a pack of this count (1..PACK_CODES_MAX), and entries of one of them. */
uint32_t pack_chunks(uint32_t count);
uint32_t pack_chunk_codes(uint32_t count, uint32_t chunk);

struct pack_tree {
    struct merkle_stack open; /* leaves of the chunk being filled */
    uint32_t count;           /* codes so far */
    struct digest chunks[PACK_CHUNKS_MAX];
};
/* Begin with a zeroed struct. The code's index is the count so far. CHECK: no more than PACK_CODES_MAX. */
void pack_tree_add(struct pack_tree *t, const struct digest *hash, const struct pubkey *claim_key);
/* Closes the last chunk: chunks[0 .. pack_chunks(count)) are then the chunk hashes. At least one code. Nothing may be added
 * after. */
void pack_tree_finish(struct pack_tree *t, struct digest *ret_root);

void pack_entry_write(const struct digest *hash, const struct pubkey *claim_key,
                      uint8_t ret[PACK_ENTRY_BYTES]);
void pack_entry_read(const uint8_t entry[PACK_ENTRY_BYTES], struct digest *ret_hash,
                     struct pubkey *ret_claim_key);

/* Is this the list of chunk hashes of the pack with this root and count? chunks_count is what was received. */
bool pack_chunks_check(const struct digest chunks[], size_t chunks_count, uint32_t count,
                       const struct digest *root) MUST_USE;
/* Are these bytes the entries of chunk `chunk` (below pack_chunks(count)) with this hash? */
bool pack_chunk_check(struct span bytes, uint32_t chunk, uint32_t count,
                      const struct digest *chunk_hash) MUST_USE;

/* The inclusion path of the code at index (below count) from the entries of its chunk (index / PACK_CHUNK_CODES) and all chunk
 * hashes; how many hashes it has. Of entries that were checked. About 2,000 hashes of work for the longest pack. */
uint32_t pack_path(struct span chunk_bytes, const struct digest chunks[], uint32_t count,
                   uint32_t index, struct digest ret_path[PACK_PATH_MAX]);
/* Q9, P12: does the leaf [index, hash, claim key] stand at index in the pack? Hostile path: of exactly the length index and count
 * demand. */
bool pack_path_check(uint32_t index, const struct digest *hash, const struct pubkey *claim_key,
                     const struct digest path[], size_t path_count, uint32_t count,
                     const struct digest *root) MUST_USE;

#endif
