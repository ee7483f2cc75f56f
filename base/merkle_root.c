#include "base/merkle_root.h"

struct digest merkle_leaf_hash(struct span entry) {
    struct sha256 h;
    struct digest ret;
    sha256_init(&h);
    sha256_add(&h, "\x00", 1);
    sha256_add(&h, entry.data, entry.len);
    sha256_final(&h, &ret);
    return ret;
}

struct digest merkle_node_hash(const struct digest *left, const struct digest *right) {
    struct sha256 h;
    struct digest ret;
    sha256_init(&h);
    sha256_add(&h, "\x01", 1);
    sha256_add(&h, left->b, sizeof left->b);
    sha256_add(&h, right->b, sizeof right->b);
    sha256_final(&h, &ret);
    return ret;
}

static unsigned bits_set(uint64_t v) {
    return (unsigned)__builtin_popcountll(v);
}

/* Adding a leaf is adding one in binary: each carry joins two perfect subtrees of equal size. */
void merkle_stack_add(struct merkle_stack *s, const struct digest *leaf_hash) {
    CHECK(s->count != UINT64_MAX);
    unsigned top = bits_set(s->count);
    struct digest carried = *leaf_hash;
    for (uint64_t carry = s->count; (carry & 1) != 0; carry >>= 1) {
        top--;
        carried = merkle_node_hash(&s->roots[top], &carried);
    }
    s->roots[top] = carried;
    s->count++;
}

void merkle_stack_root(const struct merkle_stack *s, struct digest *ret) {
    if (s->count == 0) {
        *ret = sha256(SPAN_EMPTY);
        return;
    }
    unsigned top = bits_set(s->count) - 1;
    struct digest root = s->roots[top];
    while (top > 0) {
        top--;
        root = merkle_node_hash(&s->roots[top], &root);
    }
    *ret = root;
}

void merkle_root(const struct digest leaf_hashes[], size_t count, struct digest *ret) {
    struct merkle_stack s;
    s.count = 0;
    for (size_t i = 0; i < count; i++)
        merkle_stack_add(&s, &leaf_hashes[i]);
    merkle_stack_root(&s, ret);
}

/* RFC 9162 section 2.1.3.1, from the root down: at each step the sibling of the part that holds the leaf. */
size_t merkle_list_path(const struct digest leaf_hashes[], size_t count, size_t index,
                        struct digest ret_path[MERKLE_LIST_PATH_MAX]) {
    struct digest down[MERKLE_LIST_PATH_MAX];
    size_t n = 0, from = 0;
    CHECK(index < count);
    while (count > 1) {
        size_t left = 1;
        while (left * 2 < count)
            left *= 2;
        CHECK(n < MERKLE_LIST_PATH_MAX);
        if (index - from < left) {
            merkle_root(&leaf_hashes[from + left], count - left, &down[n++]);
            count = left;
        } else {
            merkle_root(&leaf_hashes[from], left, &down[n++]);
            from += left;
            count -= left;
        }
    }
    for (size_t i = 0; i < n; i++)
        ret_path[i] = down[n - 1 - i];
    return n;
}

enum err merkle_inclusion_verify(const struct digest *leaf_hash, uint64_t index, uint64_t size,
                                 const struct digest path[], size_t path_count,
                                 const struct digest *root) {
    if (index >= size) return ERR_MERKLE_PROOF;
    uint64_t fn = index, sn = size - 1;
    struct digest d = *leaf_hash;
    for (size_t i = 0; i < path_count; i++) {
        if (sn == 0) return ERR_MERKLE_PROOF;
        if (fn & 1 || fn == sn) {
            d = merkle_node_hash(&path[i], &d);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            d = merkle_node_hash(&d, &path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_equal(&d, root) ? OK : ERR_MERKLE_PROOF;
}
