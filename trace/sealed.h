/* sealed.h: what opens hidden values, on its way and at rest (docs/spec.md section U): openings, encrypted; keys, wrapped for who may
 * read; requests for a wrap. Never on the ledger.
 *
 * Everything here is signed by the record's own key (sealed files, key files) or by who asks (requests), and carries the chain id, the wire
 * identity and the tier under its signature: nothing of one record passes for another's.
 *
 * Who opens must compare each opening with the commitment on the ledger (hidden_commitment): a sealed file only says what its signer put
 * into it. Spans borrow from what was decoded. Errors: ERR_SEALED_*, ERR_CODEC_*, ERR_SIGNATURE; results untouched then. Secrets are the
 * caller's to wipe. */
#ifndef TRACE_SEALED_H
#define TRACE_SEALED_H

#include "trace/item.h"

/* U1 */
struct sealed_opening {
    uint32_t item;
    struct span name, value; /* value: canonical */
    uint8_t salt[HIDDEN_SALT_BYTES];
};
struct sealed_openings {
    struct sealed_opening *list; /* rising by item, then name */
    uint32_t count;
};
/* Sorts by item, then name. */
void sealed_openings_sort(struct sealed_openings *o);
void sealed_openings_encode(const struct sealed_openings *o, struct buffer *out);
enum err sealed_openings_decode(struct span in, struct arena *arena, struct sealed_openings *ret) MUST_USE;

enum {
    SEALED_NONCE_BYTES = 24,
    SEALED_CIPHERTEXT_BYTES_MAX = SEALED_PLAIN_BYTES_MAX + 16,
    SEALED_FILE_BYTES_MAX = SEALED_CIPHERTEXT_BYTES_MAX + 256,
    SEALED_KEYS_BYTES_MAX = 256 + SEALED_WRAPS_MAX * 128,
    SEALED_REQUEST_BYTES_MAX = 256,
};

/* The record and tier that something is of. */
struct sealed_of {
    const struct digest *chain_id;
    struct digest wire_id;
    enum item_tier tier;
};

struct sealed_key {
    uint8_t b[32];
};

/* U3 */
struct sealed_file {
    struct digest wire_id;
    uint8_t tier;
    uint8_t nonce[SEALED_NONCE_BYTES];
    struct span ciphertext;
    struct signature signature;
};
/* Appends the sealed file. The key and the nonce are drawn by the caller, once for each file. ERR_SEALED_SIZE. */
enum err sealed_seal(const struct sealed_of *of, const struct sealed_openings *o, const struct sealed_key *key,
                     const uint8_t nonce[SEALED_NONCE_BYTES], const struct keypair *signer, struct buffer *out) MUST_USE;
/* Form, and that it is of this record and tier and signed by this key. */
enum err sealed_file_check(struct span in, const struct sealed_of *of, const struct pubkey *signer, struct sealed_file *ret) MUST_USE;
/* ERR_SEALED_KEY: it is not the key of this file. `plain` is replaced; openings borrow from it. */
enum err sealed_open(const struct sealed_file *file, const struct sealed_of *of, const struct sealed_key *key, struct buffer *plain,
                     struct arena *arena, struct sealed_openings *ret) MUST_USE;
struct digest sealed_id(struct span file);

/* U4. Of tiers 1 and 2 recipients are record keys and secrets wraps; of tier 3 there is one entry, the recipient zero, the secret the key. */
struct sealed_wrap {
    struct pubkey recipient;
    struct span secret; /* WRAP_BYTES, or 32 */
};
struct sealed_keys {
    struct digest wire_id, sealed;
    uint8_t tier;
    struct sealed_wrap wraps[SEALED_WRAPS_MAX]; /* rising by recipient */
    uint32_t count;
    struct signature signature;
};
/* Sorts the wraps and appends the key file; of `keys` sealed, wraps and count are read. */
void sealed_keys_make(const struct sealed_of *of, struct sealed_keys *keys, const struct keypair *signer, struct buffer *out);
enum err sealed_keys_check(struct span in, const struct sealed_of *of, const struct pubkey *signer, struct sealed_keys *ret) MUST_USE;

/* U6 */
struct sealed_request {
    struct pubkey recipient;
    uint64_t time_ms;
};
void sealed_request_make(const struct sealed_of *of, uint64_t time_ms, const struct keypair *keys, struct buffer *out);
/* ERR_SEALED_TIME: older or newer than SEALED_REQUEST_MS against now_ms. */
enum err sealed_request_check(struct span in, const struct sealed_of *of, uint64_t now_ms, struct sealed_request *ret) MUST_USE;

#endif
