/* pack_tree.c: see pack_tree.h. */
#include "trace/pack_tree.h"

#include <assert.h>
#include <string.h>

static_assert(PACK_CODES_MAX <= 1 << PACK_PATH_MAX, "no path in a pack is longer");
static_assert(PACK_CODES_MAX <= CODE_INDEX_END, "a serial can say every index of a pack");

uint32_t pack_chunks(uint32_t count) {
    return (count + PACK_CHUNK_CODES - 1) / PACK_CHUNK_CODES;
}

uint32_t pack_chunk_codes(uint32_t count, uint32_t chunk) {
    CHECK(count <= PACK_CODES_MAX && chunk < pack_chunks(count));
    uint32_t left = count - chunk * PACK_CHUNK_CODES;
    return left < PACK_CHUNK_CODES ? left : PACK_CHUNK_CODES;
}

static void chunk_close(struct pack_tree *t) {
    merkle_stack_root(&t->open, &t->chunks[(t->count - 1) / PACK_CHUNK_CODES]);
    t->open.count = 0;
}

void pack_tree_add(struct pack_tree *t, const struct digest *hash, const struct pubkey *claim_key) {
    CHECK(t->count < PACK_CODES_MAX);
    struct digest leaf = code_leaf_hash(t->count, hash, claim_key);
    merkle_stack_add(&t->open, &leaf);
    t->count++;
    if (t->open.count == PACK_CHUNK_CODES) chunk_close(t);
}

void pack_tree_finish(struct pack_tree *t, struct digest *ret_root) {
    CHECK(t->count > 0);
    if (t->open.count > 0) chunk_close(t);
    merkle_root(t->chunks, pack_chunks(t->count), ret_root);
}

void pack_entry_write(const struct digest *hash, const struct pubkey *claim_key,
                      uint8_t ret[PACK_ENTRY_BYTES]) {
    memcpy(ret, hash->b, sizeof hash->b);
    memcpy(ret + sizeof hash->b, claim_key->b, sizeof claim_key->b);
}

void pack_entry_read(const uint8_t entry[PACK_ENTRY_BYTES], struct digest *ret_hash,
                     struct pubkey *ret_claim_key) {
    memcpy(ret_hash->b, entry, sizeof ret_hash->b);
    memcpy(ret_claim_key->b, entry + sizeof ret_hash->b, sizeof ret_claim_key->b);
}

bool pack_chunks_check(const struct digest chunks[], size_t chunks_count, uint32_t count,
                       const struct digest *root) {
    struct digest d;
    if (count < 1 || count > PACK_CODES_MAX || chunks_count != pack_chunks(count)) return false;
    merkle_root(chunks, chunks_count, &d);
    return digest_equal(&d, root);
}

static struct digest entry_leaf(struct span bytes, uint32_t first, uint32_t i) {
    struct digest hash;
    struct pubkey key;
    pack_entry_read(bytes.data + (size_t)i * PACK_ENTRY_BYTES, &hash, &key);
    return code_leaf_hash(first + i, &hash, &key);
}

bool pack_chunk_check(struct span bytes, uint32_t chunk, uint32_t count,
                      const struct digest *chunk_hash) {
    struct merkle_stack s = {.count = 0};
    struct digest d;
    if (count < 1 || count > PACK_CODES_MAX || chunk >= pack_chunks(count)) return false;
    uint32_t codes = pack_chunk_codes(count, chunk);
    if (bytes.len != (size_t)codes * PACK_ENTRY_BYTES) return false;
    for (uint32_t i = 0; i < codes; i++) {
        struct digest leaf = entry_leaf(bytes, chunk * PACK_CHUNK_CODES, i);
        merkle_stack_add(&s, &leaf);
    }
    merkle_stack_root(&s, &d);
    return digest_equal(&d, chunk_hash);
}

/* The path of a leaf in its chunk, then the chunk's among the chunks: RFC 9162 splits at the largest power of two, so a chunk is
 * a whole subtree, and the last one is what remains. */
uint32_t pack_path(struct span chunk_bytes, const struct digest chunks[], uint32_t count,
                   uint32_t index, struct digest ret_path[PACK_PATH_MAX]) {
    struct digest leaves[PACK_CHUNK_CODES], path[PACK_PATH_MAX + MERKLE_LIST_PATH_MAX];
    uint32_t chunk = index / PACK_CHUNK_CODES, first = chunk * PACK_CHUNK_CODES;
    CHECK(index < count);
    uint32_t codes = pack_chunk_codes(count, chunk);
    CHECK(chunk_bytes.len == (size_t)codes * PACK_ENTRY_BYTES);
    for (uint32_t i = 0; i < codes; i++)
        leaves[i] = entry_leaf(chunk_bytes, first, i);
    size_t inside = merkle_list_path(leaves, codes, index - first, path);
    size_t above = merkle_list_path(chunks, pack_chunks(count), chunk, path + inside);
    CHECK(inside + above <= PACK_PATH_MAX);
    memcpy(ret_path, path, (inside + above) * sizeof *path);
    return (uint32_t)(inside + above);
}

bool pack_path_check(uint32_t index, const struct digest *hash, const struct pubkey *claim_key,
                     const struct digest path[], size_t path_count, uint32_t count,
                     const struct digest *root) {
    struct digest leaf = code_leaf_hash(index, hash, claim_key);
    return merkle_inclusion_verify(&leaf, index, count, path, path_count, root) == OK;
}
