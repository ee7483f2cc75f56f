/* noise.h: Noise_XX_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision 34), one handshake and its two
 * transport ciphers, as a value: no allocation, no I/O, no clock, no random number.
 *
 *   -> e                    written by the initiator
 *   <- e, ee, s, es         written by the responder
 *   -> s, se                written by the initiator
 *
 * Promises. A message that does not authenticate is refused (ERR_PEER_HANDSHAKE, ERR_PEER_CIPHER) and the object is then
 * dead: every later read is refused too. Sizes are compared before anything is computed. Results are untouched on failure.
 * A Diffie-Hellman result of all zeros (a small-order point) is refused, which the framework leaves open (section 12.1).
 *
 * Duties. The caller gives a fresh random ephemeral secret for every handshake; the same one twice with the same static key
 * breaks confidentiality. It calls write and read in the order of the pattern (CHECK) and wipes the object with noise_wipe.
 *
 * Limits. A message is at most NOISE_MESSAGE_MAX bytes (section 3), so a plaintext at most NOISE_PLAINTEXT_MAX. A cipher
 * encrypts fewer than 2^64 - 1 messages (CHECK; at a million a second that is half a million years).
 *
 * This file knows nothing about members: whoever holds a static key is not yet anybody. peer.h proves that in the payloads.
 */
#ifndef NODE_NOISE_H
#define NODE_NOISE_H

#include "base/crypto.h"

enum {
    NOISE_KEY_BYTES = 32,
    NOISE_TAG_BYTES = 16,
    NOISE_MESSAGE_MAX = 65535,
    NOISE_PLAINTEXT_MAX = NOISE_MESSAGE_MAX - NOISE_TAG_BYTES,
    /* What a handshake message adds to its payload at most: e, encrypted s, the payload's tag. */
    NOISE_HANDSHAKE_OVERHEAD = NOISE_KEY_BYTES + NOISE_KEY_BYTES + 2 * NOISE_TAG_BYTES,
};

enum noise_role { NOISE_INITIATOR, NOISE_RESPONDER };

struct noise_key { uint8_t b[NOISE_KEY_BYTES]; };

struct noise_cipher {
    struct noise_key key;
    uint64_t nonce;
    bool has_key;
};

struct noise {
    enum noise_role role;
    uint8_t messages_done; /* 0..3 */
    bool dead;
    struct digest hash;         /* h */
    struct digest chaining_key; /* ck */
    struct noise_cipher handshake;
    struct noise_key static_secret, static_public;
    struct noise_key ephemeral_secret, ephemeral_public;
    struct noise_key remote_static, remote_ephemeral;
    struct noise_cipher sending, receiving; /* from messages_done == 3 on */
};

void noise_start(struct noise *n, enum noise_role role, struct span prologue,
                 const struct noise_key *static_secret, const struct noise_key *ephemeral_secret);
void noise_wipe(struct noise *n);

bool noise_is_done(const struct noise *n);      /* the three messages passed: transport may begin */
bool noise_wants_write(const struct noise *n);  /* the next handshake message is ours to write */
/* h: covers the prologue and every handshake byte so far, the same on both sides between two messages. */
struct digest noise_hash(const struct noise *n);
/* Known to the initiator after message 2, to the responder after message 3 (CHECK). */
struct noise_key noise_remote_static(const struct noise *n);

/* ret_message has room for payload.len + NOISE_HANDSHAKE_OVERHEAD, which is at most NOISE_MESSAGE_MAX (CHECK). The lengths
 * written come back. Refused only when the other side sent a small-order point. */
enum err noise_write(struct noise *n, struct span payload, uint8_t *ret_message, size_t *ret_len) MUST_USE;
/* ret_payload has room for message.len bytes. */
enum err noise_read(struct noise *n, struct span message, uint8_t *ret_payload, size_t *ret_len) MUST_USE;

/* Transport messages. Encrypting: plain.len <= NOISE_PLAINTEXT_MAX (CHECK), ret_message has room for plain.len +
 * NOISE_TAG_BYTES; the two do not overlap. Decrypting: ret_plain has room for message.len - NOISE_TAG_BYTES; ERR_PEER_CIPHER for
 * a message that is too short, too long, altered, repeated, dropped or out of order. */
void noise_encrypt(struct noise *n, struct span plain, uint8_t *ret_message);
enum err noise_decrypt(struct noise *n, struct span message, uint8_t *ret_plain) MUST_USE;

#endif
