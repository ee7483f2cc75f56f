/* crypto.h: the only door to libsodium (crypto.c) and to OpenSSL's SHA-256 (sha256.c).
 *
 * Every hash or signature input begins with its own tag, a constant string ending in one NUL byte, given here as a
 * C string: the functions below add the NUL. docs/spec.md rule C1 lists every tag.
 *
 * Ed25519 (RFC 8032) under one rule, docs/spec.md rule C3: a key is registered only if key_valid; a signature is refused if S
 * is not canonical or R is of small order. One engine (libsodium) decides everywhere; crypto_start probes it against pinned
 * cases and stops the program when it decides otherwise.
 *
 * Threads: all functions are safe from any thread after crypto_start.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include "base/err.h"
#include "base/span.h"

struct digest { uint8_t b[32]; };
struct pubkey { uint8_t b[32]; };
struct signature { uint8_t b[64]; };
struct seed { uint8_t b[32]; };      /* secret: wiped with seed_wipe */
struct keypair { struct pubkey public_key; uint8_t secret[64]; };

/* Must be called once before anything else here. Stops the program when the engine is not the pinned one. */
void crypto_start(void);

bool digest_equal(const struct digest *a, const struct digest *b);
bool digest_is_zero(const struct digest *d);
int digest_compare(const struct digest *a, const struct digest *b);
bool pubkey_equal(const struct pubkey *a, const struct pubkey *b);

/* SHA-256 (FIPS 180-4). Incremental form: sha256_init, any number of adds, sha256_final (which ends it). */
struct sha256 { uint64_t state[16]; }; /* opaque, fits OpenSSL's SHA256_CTX (static_assert in sha256.c) */
void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t len);
void sha256_final(struct sha256 *h, struct digest *ret);
struct digest sha256(struct span data);
/* SHA-256(tag || 0x00 || a || b ...): parts_count spans after the tag. */
struct digest sha256_tagged(const char *tag, const struct span parts[], size_t parts_count);
/* Begins an incremental hash with tag || 0x00. */
void sha256_init_tagged(struct sha256 *h, const char *tag);

bool key_valid(const struct pubkey *key);
void key_from_seed(const struct seed *seed, struct keypair *ret);
/* seed of one purpose: SHA-256("suyuan/derive/v1\0" || purpose || 0x00 || seed). Purposes: docs/spec.md rule C4. */
void seed_derive(const struct seed *seed, const char *purpose, struct seed *ret);
void seed_random(struct seed *ret);
void seed_wipe(struct seed *seed);
void keypair_wipe(struct keypair *keys);
/* Signs tag || 0x00 || message. */
void sign(const struct keypair *keys, const char *tag, struct span message, struct signature *ret);
bool verify(const struct pubkey *key, const char *tag, struct span message, const struct signature *sig) MUST_USE;
/* Without a tag: only for C2SP notes, whose first line separates the domain, and for vectors. */
void sign_raw(const struct keypair *keys, struct span message, struct signature *ret);
bool verify_raw(const struct pubkey *key, struct span message, const struct signature *sig) MUST_USE;

/* X25519 (RFC 7748): false when the result is all zero (a small-order point). */
bool x25519(const uint8_t secret[32], const uint8_t point[32], uint8_t ret_shared[32]) MUST_USE;
void x25519_public(const uint8_t secret[32], uint8_t ret_public[32]);
/* ChaCha20-Poly1305 (RFC 8439). `out` has room for in.len + 16. */
void aead_seal(const uint8_t key[32], const uint8_t nonce[12], struct span ad, struct span in, uint8_t *ret_out);
/* in.len >= 16; `out` has room for in.len - 16; false when the tag does not check (out is then zeroed). */
bool aead_open(const uint8_t key[32], const uint8_t nonce[12], struct span ad, struct span in, uint8_t *ret_out) MUST_USE;
/* XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose nonce is long enough to be random. Otherwise as aead_seal and aead_open. */
void xaead_seal(const uint8_t key[32], const uint8_t nonce[24], struct span ad, struct span in, uint8_t *ret_out);
bool xaead_open(const uint8_t key[32], const uint8_t nonce[24], struct span ad, struct span in, uint8_t *ret_out) MUST_USE;
/* A secret of 32 bytes that only the holder of an Ed25519 key can read (spec U4): libsodium's sealed box to the X25519 form of the key.
 * Nothing says who wrapped it. False when the key has no such form (wrap), when it was not wrapped for this key or was changed (unwrap). */
enum { WRAP_BYTES = 80 };
bool secret_wrap(const struct pubkey *to, const uint8_t secret[32], uint8_t ret_wrap[WRAP_BYTES]) MUST_USE;
bool secret_unwrap(const struct keypair *keys, const uint8_t wrap[WRAP_BYTES], uint8_t ret_secret[32]) MUST_USE;
/* Argon2id version 1.3, 1 pass, 8 KiB, 1 lane (spec Q3). So little work that the secret must be random: what it adds is that the
 * result cannot be looked up for all salts at once. */
void seed_from_secret(struct span secret, const uint8_t salt[16], struct seed *ret);
/* HMAC-SHA-256 (RFC 2104), any key length. */
void hmac_sha256(struct span key, struct span data, struct digest *ret);

void random_bytes(void *ret, size_t len);
void secret_wipe(void *data, size_t len);

/* Text forms. hex is lower case; decoding accepts lower case only. base64 is RFC 4648 section 4 with padding, strict. */
void hex_encode(struct span in, char *ret_text /* 2 * len + 1 */);
enum err hex_decode(const char *text, size_t text_len, uint8_t *ret, size_t len) MUST_USE; /* exactly len bytes */
size_t base64_encode(struct span in, char *ret_text, size_t cap); /* length without NUL; cap must suffice (CHECK) */
bool base64_decode(struct span text, uint8_t *ret, size_t cap, size_t *ret_len) MUST_USE;

#endif
