/* keys.h: how rows are named. A key is one byte for the kind, then fixed-width big-endian numbers or digests, so that a range
 * scan gives rows in the order of their numbers. Text that a submitter chose never enters a key as it is: it goes
 * through SHA-256 first (status_key, thing_key), so nobody can choose colliding or endlessly long keys.
 *
 * TABLE_CHAIN: append-only, height-ordered.
 * TABLE_STATE: small rows under random keys.
 * Who reads rows: merkle.c, status.c, apply.c and query.c; nobody else needs to know them.
 */
#ifndef LEDGER_KEYS_H
#define LEDGER_KEYS_H

#include "base/span.h"

enum { KEY_BYTES_MAX = 80 };

struct row_key {
    uint8_t b[KEY_BYTES_MAX];
    uint8_t len;
};

static inline struct row_key key_begin(char kind) {
    struct row_key k;
    k.b[0] = (uint8_t)kind;
    k.len = 1;
    return k;
}

static inline void key_u8(struct row_key *k, uint8_t v) {
    CHECK(k->len + 1u <= sizeof k->b);
    k->b[k->len] = v;
    k->len = (uint8_t)(k->len + 1);
}

static inline void key_u32(struct row_key *k, uint32_t v) {
    CHECK(k->len + 4u <= sizeof k->b);
    put_u32(k->b + k->len, v);
    k->len = (uint8_t)(k->len + 4);
}

static inline void key_u64(struct row_key *k, uint64_t v) {
    CHECK(k->len + 8u <= sizeof k->b);
    put_u64(k->b + k->len, v);
    k->len = (uint8_t)(k->len + 8);
}

static inline void key_bytes(struct row_key *k, const uint8_t *data, size_t len) {
    CHECK(len <= sizeof k->b - k->len);
    for (size_t i = 0; i < len; i++)
        k->b[k->len + i] = data[i];
    k->len = (uint8_t)(k->len + len);
}

static inline struct span key_span(const struct row_key *k) {
    return span_of(k->b, k->len);
}

#endif
