/* status_proof.c: proofs of the status tree, made from rows and checked from bytes alone. */
#include <stdlib.h>
#include <string.h>

#include "ledger/status_tree.h"

static void proof_sibling(struct status_proof *p, const struct digest *sibling) {
    if (!digest_is_zero(sibling)) {
        p->bitmap[p->depth / 8] |= (uint8_t)(0x80u >> (p->depth % 8));
        p->siblings[p->siblings_count++] = *sibling;
    }
    p->depth++;
}

/* The last steps, over sorted leaves that share `depth` bits with the key. */
static void prove_in_leaves(struct status_proof *p, const struct leaf leaves[], uint32_t count,
                            uint32_t depth, const struct digest *key, struct digest *ret_leaf_key) {
    while (count > 1) {
        uint32_t left = 0;
        while (left < count && !key_bit(&leaves[left].key, depth))
            left++;
        bool right = key_bit(key, depth);
        depth++;
        struct subtree sibling = right ? leaves_fold(leaves, left, depth)
                                       : leaves_fold(leaves + left, count - left, depth);
        proof_sibling(p, &sibling.hash);
        if (right) {
            leaves += left;
            count -= left;
        } else {
            count = left;
        }
    }
    if (count == 0) {
        p->terminal = STATUS_EMPTY;
        return;
    }
    *ret_leaf_key = leaves[0].key;
    p->terminal = digest_equal(&leaves[0].key, key) ? STATUS_MATCH : STATUS_OTHER;
}

void status_prove(struct reader r, const struct status_head *head, const struct digest *key,
                  struct status_proof *ret) {
    struct status_proof *p = check_alloc(1, sizeof *p);
    struct leaf leaves[STATUS_BUCKET];
    struct digest leaf_key = {{0}};
    uint64_t count = head->count;
    uint32_t depth = 0;
    while (count > STATUS_BUCKET) {
        struct page page;
        struct digest prefix = key_prefix(key, depth);
        CHECK(page_read(r, depth, &prefix, &page));
        uint32_t from = 0, width = 16;
        while (width > 1 && count > 1) {
            width /= 2;
            uint32_t mine = from + (key_bit(key, depth) ? width : 0);
            uint32_t other = from + (key_bit(key, depth) ? 0 : width);
            struct subtree sibling = page_fold(&page, other, width),
                           here = page_fold(&page, mine, width);
            proof_sibling(p, &sibling.hash);
            from = mine;
            count = here.count;
            depth++;
        }
    }
    if (count > 0) {
        struct digest prefix = key_prefix(key, depth);
        CHECK(leaves_read(r, depth, &prefix, leaves, STATUS_BUCKET) == count);
    }
    prove_in_leaves(p, leaves, (uint32_t)count, depth, key, &leaf_key);
    for (uint32_t i = 0, n = p->siblings_count; i < n / 2;
         i++) { /* found from the root down, told from the leaf up */
        struct digest swap = p->siblings[i];
        p->siblings[i] = p->siblings[n - 1 - i];
        p->siblings[n - 1 - i] = swap;
    }
    if (p->terminal == STATUS_OTHER) {
        struct buffer value CLEANUP(buffer_free) = {0};
        buffer_init(&value, STATUS_VALUE_BYTES_MAX);
        CHECK(status_get(r, &leaf_key, &value));
        p->other_key = leaf_key;
        p->other_value_hash = status_value_hash(buffer_span(&value));
    }
    *ret = *p;
    free(p);
}

/* True when both keys agree in their first `depth` bits. */
static bool keys_share(const struct digest *a, const struct digest *b, uint32_t depth) {
    struct digest x = key_prefix(a, depth), y = key_prefix(b, depth);
    return digest_equal(&x, &y);
}

static bool bitmap_has(const struct status_proof *p, uint32_t i) {
    return p->bitmap[i / 8] >> (7 - i % 8) & 1;
}

static enum err proof_form(const struct status_proof *p, const struct digest *key,
                           const struct digest *value_hash) {
    uint32_t set = 0;
    if (p->depth > STATUS_DEPTH_MAX) return ERR_STATUS_PROOF;
    for (uint32_t i = 0; i < STATUS_DEPTH_MAX; i++) {
        if (bitmap_has(p, i) && i >= p->depth) return ERR_STATUS_PROOF;
        set += bitmap_has(p, i);
    }
    if (set != p->siblings_count) return ERR_STATUS_PROOF;
    /* An empty sibling has one spelling: its bit is not set. */
    for (uint32_t i = 0; i < set; i++)
        if (digest_is_zero(&p->siblings[i])) return ERR_STATUS_PROOF;
    /* SPEC S3: "Unless depth is 0 the sibling at the greatest depth is present" */
    if (p->depth > 0 && !bitmap_has(p, p->depth - 1)) return ERR_STATUS_PROOF;
    switch (p->terminal) {
    case STATUS_EMPTY:
        return OK;
    case STATUS_MATCH:
        return value_hash ? OK : ERR_STATUS_PROOF;
    case STATUS_OTHER:
        if (digest_equal(&p->other_key, key) || !keys_share(&p->other_key, key, p->depth))
            return ERR_STATUS_PROOF;
        return OK;
    }
    return ERR_STATUS_PROOF;
}

enum err status_proof_verify(const struct status_proof *proof, const struct digest *key,
                             const struct digest *value_hash, const struct digest *root) {
    enum err e = proof_form(proof, key, value_hash);
    if (e) return e;
    struct digest at = {{0}};
    switch (proof->terminal) {
    case STATUS_EMPTY:
        break;
    case STATUS_MATCH:
        at = status_leaf_hash(key, value_hash);
        break;
    case STATUS_OTHER:
        at = status_leaf_hash(&proof->other_key, &proof->other_value_hash);
        break;
    }
    uint32_t next = 0;
    for (uint32_t depth = proof->depth; depth-- > 0;) {
        struct digest sibling = {{0}};
        if (bitmap_has(proof, depth)) sibling = proof->siblings[next++];
        at =
            key_bit(key, depth) ? status_node_hash(&sibling, &at) : status_node_hash(&at, &sibling);
    }
    return digest_equal(&at, root) ? OK : ERR_STATUS_PROOF;
}

void status_proof_write(const struct status_proof *proof, struct buffer *out) {
    pack_array(out, 4);
    pack_uint(out, proof->depth);
    pack_bytes(out, span_of(proof->bitmap, (proof->depth + 7) / 8));
    pack_array(out, proof->siblings_count);
    for (uint32_t i = 0; i < proof->siblings_count; i++)
        pack_bytes(out, span_of(proof->siblings[i].b, 32));
    bool other = proof->terminal == STATUS_OTHER;
    pack_array(out, other ? 3 : 1);
    pack_uint(out, proof->terminal);
    if (!other) return;
    pack_bytes(out, span_of(proof->other_key.b, 32));
    pack_bytes(out, span_of(proof->other_value_hash.b, 32));
}

static void terminal_read(struct unpack *u, struct status_proof *p) {
    uint32_t fields = unpack_array(u, 3);
    p->terminal = (enum status_terminal)unpack_uint(u, STATUS_OTHER);
    if (fields != (p->terminal == STATUS_OTHER ? 3u : 1u)) unpack_fail(u, ERR_CODEC_COUNT);
    if (p->terminal != STATUS_OTHER) return;
    unpack_fixed(u, p->other_key.b, 32);
    unpack_fixed(u, p->other_value_hash.b, 32);
}

bool status_proof_read(struct unpack *u, struct status_proof *ret) {
    struct status_proof *p = check_alloc(1, sizeof *p);
    if (unpack_array(u, 4) != 4) unpack_fail(u, ERR_CODEC_COUNT);
    p->depth = (uint32_t)unpack_uint(u, STATUS_DEPTH_MAX);
    struct span bitmap = unpack_bytes(u, sizeof p->bitmap);
    if (bitmap.len != (p->depth + 7) / 8)
        unpack_fail(u, ERR_CODEC_COUNT);
    else if (bitmap.len > 0)
        memcpy(p->bitmap, bitmap.data, bitmap.len);
    p->siblings_count = unpack_array(u, STATUS_DEPTH_MAX);
    for (uint32_t i = 0; i < p->siblings_count && u->err == OK; i++)
        unpack_fixed(u, p->siblings[i].b, 32);
    terminal_read(u, p);
    bool good = u->err == OK;
    if (good) *ret = *p;
    free(p);
    return good;
}

/* All values in key order, folded as they come: a stack of finished left subtrees would need the
 * depth of neighbours; the leaves of 10^7 keys fit in 640 MB, so an audit collects them. */
struct collect {
    struct leaf *leaves;
    uint32_t count, cap;
};

static bool collect_row(void *context, struct span key, struct span value) {
    struct collect *c = context;
    CHECK(key.len == 33 && c->count < UINT32_MAX / 2);
    if (c->count == c->cap) {
        c->cap = c->cap ? 2 * c->cap : 1024;
        c->leaves = check_realloc(c->leaves, c->cap, sizeof *c->leaves);
    }
    struct leaf *leaf = &c->leaves[c->count++];
    memcpy(leaf->key.b, key.data + 1, 32);
    struct digest v = status_value_hash(value);
    leaf->hash = status_leaf_hash(&leaf->key, &v);
    return true;
}

void status_recompute(struct reader r, struct status_head *ret_head) {
    struct collect c = {0};
    reader_scan(r, TABLE_STATE, span_text("V"), span_text("W"), collect_row, &c);
    struct subtree all = leaves_fold(c.leaves, c.count, 0);
    free(c.leaves);
    *ret_head = (struct status_head){all.count, all.hash};
}
