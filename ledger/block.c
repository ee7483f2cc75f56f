/* block.c: SPEC B, X5, G8 as bytes. */
#include "ledger/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/merkle_root.h"

enum { LEAF_GENESIS = 0x00, LEAF_BLOCK = 0x02 };

static const struct field header_fields[] = {
    CODEC_UINT(block_header, version, 1, 1),
    CODEC_FIXED(block_header, chain_id),
    CODEC_UINT(block_header, epoch, 0, UINT64_MAX),
    CODEC_UINT(block_header, view, 0, UINT64_MAX),
    CODEC_UINT(block_header, height, 0, UINT64_MAX),
    CODEC_FIXED(block_header, parent),
    CODEC_UINT(block_header, payload_count, 0, UINT32_MAX),
    CODEC_FIXED(block_header, payload_root),
    CODEC_UINT(block_header, time_ms, 0, UINT64_MAX),
    CODEC_UINT(block_header, proposer, 0, UINT8_MAX),
    CODEC_UINT(block_header, flags, 0, UINT8_MAX),
};
const struct type block_header_type = CODEC_TYPE(block_header, header_fields);

enum err block_header_decode(struct span in, struct block_header *ret) {
    return codec_decode(&block_header_type, in, NULL, ret);
}

void block_header_encode(const struct block_header *header, struct buffer *out) {
    codec_encode(&block_header_type, header, out);
}

struct digest block_digest(struct span header_bytes) {
    return sha256_tagged("suyuan/block/v1", &header_bytes, 1);
}

struct digest block_payload_root(const struct digest wire_ids[], uint32_t count) {
    struct digest root;
    /* SPEC B3: "payload root = the RFC 9162 root of which they are the leaf hashes" */
    merkle_root(wire_ids, count, &root);
    return root;
}

void block_header_genesis(const struct digest *chain_id, uint64_t created_ms,
                          struct block_header *ret) {
    /* SPEC G9: "The genesis block has height 0, view 0, epoch 0, the chain id as its digest and the
     * created time as its time." */
    *ret = (struct block_header){.version = 1,
                                 .chain_id = *chain_id,
                                 .time_ms = created_ms,
                                 .payload_root = sha256(SPAN_EMPTY)};
}

enum err block_header_check(const struct ledger_params *params, const struct block_header *header,
                            const struct block_header *parent, const struct digest *parent_digest) {
    if (header->version != 1 || !digest_equal(&header->chain_id, &params->chain_id))
        return ERR_BLOCK_HEADER;
    /* SPEC B4: "In protocol version 1 no record closes an epoch, so flags is 0." */
    if (header->epoch != parent->epoch || header->flags != 0) return ERR_BLOCK_HEADER;
    /* SPEC B3: "A block has at least one record." */
    if (header->payload_count < 1) return ERR_BLOCK_HEADER;
    /* SPEC B6: "their number at most block records" */
    if (header->payload_count > params->parameters.block_records) return ERR_BLOCK_SIZE;
    bool next = parent->height != UINT64_MAX && header->height == parent->height + 1;
    if (!next || !digest_equal(&header->parent, parent_digest)) return ERR_BLOCK_PARENT;
    /* SPEC B4: "time > parent time; view > parent view" */
    if (header->time_ms <= parent->time_ms || header->view <= parent->view) return ERR_BLOCK_PARENT;
    return OK;
}

/* The list of wire ids is a plain array of 32-byte values, not of structs: read and written by
 * hand. */
static struct digest *wire_ids_read(struct unpack *u, struct arena *arena, uint32_t *ret_count) {
    uint32_t count = unpack_array(u, BLOCK_RECORDS_MAX);
    struct digest *ids = arena_alloc(arena, count + 1, sizeof *ids);
    if (!ids) unpack_fail(u, ERR_TOO_LARGE);
    for (uint32_t i = 0; i < count && u->err == OK; i++)
        unpack_fixed(u, ids[i].b, sizeof ids[i].b);
    *ret_count = count;
    return ids;
}

static int digest_order(const void *a, const void *b) {
    return digest_compare(a, b);
}

/* SPEC B3: "The payload is the list of wire identities in order, each once" */
static bool distinct(const struct digest ids[], uint32_t count) {
    struct digest *sorted = check_alloc(count + 1, sizeof *sorted);
    bool result = true;
    if (count > 0) memcpy(sorted, ids, count * sizeof *ids);
    qsort(sorted, count, sizeof *sorted, digest_order);
    for (uint32_t i = 1; i < count; i++)
        if (digest_equal(&sorted[i - 1], &sorted[i])) result = false;
    free(sorted);
    return result;
}

enum err stored_block_decode(struct span in, struct arena *arena, struct stored_block *ret,
                             struct block_header *ret_header) {
    struct stored_block b;
    struct block_header h;
    struct unpack u;
    unpack_init(&u, in);
    if (unpack_array(&u, 4) != 4) unpack_fail(&u, ERR_CODEC_COUNT);
    b.header_bytes = unpack_bytes(&u, BLOCK_HEADER_BYTES_MAX);
    b.wire_ids = wire_ids_read(&u, arena, &b.wire_ids_count);
    u.depth = 1;
    b.certificate = unpack_value(&u);
    b.nullifications = unpack_value(&u);
    enum err e = unpack_end(&u);
    if (e) return e;
    if (b.certificate.len > BLOCK_CERTIFICATE_BYTES_MAX ||
        b.nullifications.len > BLOCK_NULLIFICATIONS_BYTES_MAX)
        return ERR_BLOCK_SIZE;
    if (value_kind(b.nullifications) != VALUE_ARRAY) return ERR_CODEC_TYPE;
    e = block_header_decode(b.header_bytes, &h);
    if (e) return e;
    struct digest root = block_payload_root(b.wire_ids, b.wire_ids_count);
    bool same = h.payload_count == b.wire_ids_count && digest_equal(&root, &h.payload_root);
    if (!same || !distinct(b.wire_ids, b.wire_ids_count)) return ERR_BLOCK_PAYLOAD;
    *ret = b;
    *ret_header = h;
    return OK;
}

void stored_block_encode(const struct stored_block *block, struct buffer *out) {
    pack_array(out, 4);
    pack_bytes(out, block->header_bytes);
    pack_array(out, block->wire_ids_count);
    for (uint32_t i = 0; i < block->wire_ids_count; i++)
        pack_bytes(out, span_of(block->wire_ids[i].b, 32));
    pack_raw(out, block->certificate);
    pack_raw(out, block->nullifications);
}

enum err block_records_check(const struct ledger_params *params, const struct digest wire_ids[],
                             uint32_t count, const struct span records[], uint32_t records_count) {
    uint64_t bytes = 0;
    if (count != records_count) return ERR_BLOCK_PAYLOAD;
    if (count > params->parameters.block_records) return ERR_BLOCK_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        struct digest id;
        bytes += records[i].len;
        if (bytes > params->parameters.block_bytes) return ERR_BLOCK_SIZE;
        if (record_wire_id(records[i], &id) || !digest_equal(&id, &wire_ids[i]))
            return ERR_BLOCK_PAYLOAD;
    }
    return OK;
}

static const struct field block_leaf_fields[] = {
    CODEC_UINT(block_leaf, version, 1, 1),
    CODEC_UINT(block_leaf, epoch, 0, UINT64_MAX),
    CODEC_UINT(block_leaf, height, 0, UINT64_MAX),
    CODEC_FIXED(block_leaf, block),
    CODEC_UINT(block_leaf, time_ms, 0, UINT64_MAX),
    CODEC_UINT(block_leaf, results_count, 0, UINT32_MAX),
    CODEC_FIXED(block_leaf, results_root),
    CODEC_UINT(block_leaf, status_count, 0, UINT64_MAX),
    CODEC_FIXED(block_leaf, status_root),
};
const struct type block_leaf_type = CODEC_TYPE(block_leaf, block_leaf_fields);

static const struct field genesis_leaf_fields[] = {
    CODEC_UINT(genesis_leaf, version, 1, 1), CODEC_FIXED(genesis_leaf, validators_digest),
    CODEC_FIXED(genesis_leaf, rest_digest),  CODEC_UINT(genesis_leaf, status_count, 0, UINT64_MAX),
    CODEC_FIXED(genesis_leaf, status_root),
};
const struct type genesis_leaf_type = CODEC_TYPE(genesis_leaf, genesis_leaf_fields);

static enum err leaf_decode(struct span leaf, uint8_t type_byte, const struct type *type,
                            void *ret) {
    if (leaf.len < 1) return ERR_CODEC_TRUNCATED;
    if (leaf.data[0] != type_byte) return ERR_CODEC_TYPE;
    return codec_decode(type, span_part(leaf, 1, leaf.len - 1), NULL, ret);
}

void block_leaf_encode(const struct block_leaf *leaf, struct buffer *out) {
    buffer_u8(out, LEAF_BLOCK);
    codec_encode(&block_leaf_type, leaf, out);
}

enum err block_leaf_decode(struct span leaf, struct block_leaf *ret) {
    return leaf_decode(leaf, LEAF_BLOCK, &block_leaf_type, ret);
}

void genesis_leaf_encode(const struct genesis_leaf *leaf, struct buffer *out) {
    buffer_u8(out, LEAF_GENESIS);
    codec_encode(&genesis_leaf_type, leaf, out);
}

enum err genesis_leaf_decode(struct span leaf, struct genesis_leaf *ret) {
    return leaf_decode(leaf, LEAF_GENESIS, &genesis_leaf_type, ret);
}
