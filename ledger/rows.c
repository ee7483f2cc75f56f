#include "ledger/rows.h"

struct row_key row_u64(char kind, uint64_t n) {
    struct row_key k = key_begin(kind);
    key_u64(&k, n);
    return k;
}

struct row_key row_record(uint64_t height, uint32_t index) {
    struct row_key k = key_begin('D');
    key_u64(&k, height);
    key_u32(&k, index);
    return k;
}

struct row_key row_digest(char kind, const struct digest *d) {
    struct row_key k = key_begin(kind);
    key_bytes(&k, d->b, sizeof d->b);
    return k;
}

struct row_key row_text(char kind, struct span subject) {
    struct row_key k = key_begin(kind);
    key_bytes(&k, subject.data, subject.len);
    return k;
}

struct row_key row_forget(uint64_t until_ms, const struct digest *key) {
    struct row_key k = row_u64('X', until_ms);
    if (key) key_bytes(&k, key->b, sizeof key->b);
    return k;
}

struct row_key row_key_of(struct span subject, const struct pubkey *key) {
    struct digest d = sha256(subject);
    struct row_key k = row_digest('k', &d);
    if (key) key_bytes(&k, key->b, sizeof key->b);
    return k;
}

struct row_key row_chain(char kind, const struct digest *key, uint64_t i) {
    struct row_key k = row_digest(kind, key);
    key_u64(&k, i);
    return k;
}

struct row_key row_subject(struct span subject, uint64_t log_index) {
    struct digest d = sha256(subject);
    struct row_key k = row_digest('s', &d);
    key_u64(&k, log_index);
    return k;
}

struct row_key row_issued(char kind, const struct digest *by, uint64_t issued, uint16_t item) {
    struct row_key k = row_digest(kind, by);
    key_u64(&k, issued);
    key_u8(&k, (uint8_t)(item >> 8));
    key_u8(&k, (uint8_t)item);
    return k;
}

struct digest row_claim(const struct code *code) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    buffer_init(&subject, PACK_ID_BYTES + 16);
    claim_subject(code->pack_id, code->index, &subject);
    CHECK(!subject.overflow);
    return status_key(STATUS_CLAIM, buffer_span(&subject));
}

struct digest row_recalled(struct span recall, struct span thing) {
    struct buffer subject CLEANUP(buffer_free) = {0};
    buffer_init(&subject, CERTIFICATE_ID_BYTES_MAX + IDENTIFIER_BYTES_MAX + 16);
    pack_array(&subject, 2);
    pack_text(&subject, recall);
    pack_text(&subject, thing);
    CHECK(!subject.overflow);
    return status_key(STATUS_RECALLED, buffer_span(&subject));
}

struct digest row_anchor(struct span subject, struct span what, uint64_t from_ms) {
    struct buffer key CLEANUP(buffer_free) = {0};
    buffer_init(&key, 256);
    pack_array(&key, 3);
    pack_text(&key, subject);
    pack_text(&key, what);
    pack_uint(&key, from_ms);
    CHECK(!key.overflow);
    return status_key(STATUS_ANCHOR, buffer_span(&key));
}

struct digest row_deletion(const struct digest *wire_id, struct span subject) {
    struct buffer key CLEANUP(buffer_free) = {0};
    buffer_init(&key, 256);
    pack_array(&key, 2);
    pack_bytes(&key, span_of(wire_id->b, sizeof wire_id->b));
    pack_text(&key, subject);
    CHECK(!key.overflow);
    return status_key(STATUS_DELETION, buffer_span(&key));
}

struct row_key row_after(const struct row_key *prefix) {
    struct row_key k = *prefix;
    while (k.len > 0 && k.b[k.len - 1] == 0xff)
        k.len--;
    CHECK(k.len > 0);
    k.b[k.len - 1]++;
    return k;
}

bool row_get(struct reader r, enum table table, const struct row_key *k, struct buffer *ret_value) {
    return reader_get(r, table, key_span(k), ret_value);
}

void row_put(struct changes *c, enum table table, const struct row_key *k, struct span value) {
    changes_put(c, table, key_span(k), value);
}
