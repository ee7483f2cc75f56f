/* keys.h: how rows are named. A key is one byte for the kind, then fixed-width big-endian numbers
 * or digests, so that a range scan gives rows in the order of their numbers. Text that a submitter
 * chose never enters a key as it is: it goes through SHA-256 first, so nobody can choose colliding
 * or endlessly long keys. (Subject ids do, where an authority chose them: at most 64 bytes.)
 *
 * TABLE_CHAIN, append-only, height-ordered:
 *   'H' log index           hashes of the subtrees this leaf completed (merkle.h)
 *   'E' log index           height u64 || payload index u32 (UINT32_MAX: the block's own leaf) ||
 * leaf 'B' height              the block as stored (SPEC B7) 'D' height || index     a record's
 * wire form, accepted or not 'R' height              results, canonical, back to back (SPEC X4) 'S'
 * height              struct block_summary TABLE_STATE, small rows under random keys: 'V' K status
 * value; 'P' depth || prefix: page of the status tree (status.c) 'X' until || K          a status
 * row of type 5 or 6 that may be forgotten after `until` 'A' subject             an active member
 * with the role authority 'k' SHA-256(subject) || key   a key ever registered for the subject 'm'
 * subject             a member 'W' wire identity       height u64 || index u32 || log index u64 ||
 * code u16 || item u16 'I' record id           height u64 || index u32 of the record that consumed
 * it 'h' K || i              log index u64 || item u16 of a thing's history entry, every 16th followed by the head after it 's'
 * SHA-256(subject) || log index   an accepted record of the subject 'Z'                     the
 * ledger head
 *   'c' SHA-256(issuer) || issued u64 || item u16     certificate id; 'p' the same by its producer;
 *   't' status key of a covered thing || issued || item     the same
 *   'q' SHA-256(subject) || issued || item     pack id; 'g' the same by the status key of its GTIN, 'l' of its lot,
 *   'a' SHA-256 of nothing: of every pack
 *   'y' SHA-256 of nothing || log index || item u16   wire identity of a record some of which was told to be deleted
 *   'T' certificate type                              nothing
 *   'r' SHA-256 of nothing || log index || item u16   recall id, where it was first ordered
 *   'j' SHA-256(recall id) || n      log index u64 || item u16 || canonical identifier of the nth thing that it listed
 *   'u' K || i              as 'h', of the unit chain of a thing and of the chain of a group (SPEC L12, L13)
 * X, A and k are functions of the status tree that execution may therefore read; the
 * others only serve readers.
 *
 * Who reads rows: merkle.c, status.c, rows.c, query.c; nobody else needs to know them.
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
