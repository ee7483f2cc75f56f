/* noise.c: the symmetric state of the Noise framework (section 5) and the three messages of XX (section 7.5). */
#include "node/noise.h"

#include <assert.h>
#include <string.h>

static const char PROTOCOL_NAME[] = "Noise_XX_25519_ChaChaPoly_SHA256";
static_assert(sizeof PROTOCOL_NAME - 1 == sizeof(struct digest),
              "a name of exactly HASHLEN bytes is h itself, without hashing (section 5.2)");

/* Section 12.3: 32 bits of zeros, then the counter in little endian. */
static void nonce_bytes(uint64_t counter, uint8_t ret[12]) {
    memset(ret, 0, 12);
    for (int i = 0; i < 8; i++) ret[4 + i] = (uint8_t)(counter >> (8 * i));
}

static void cipher_seal(struct noise_cipher *c, struct span ad, struct span plain, uint8_t *ret) {
    CHECK(c->has_key && c->nonce != UINT64_MAX);
    uint8_t nonce[12];
    nonce_bytes(c->nonce++, nonce);
    aead_seal(c->key.b, nonce, ad, plain, ret);
}

static bool cipher_open(struct noise_cipher *c, struct span ad, struct span message, uint8_t *ret) {
    CHECK(c->has_key && c->nonce != UINT64_MAX);
    uint8_t nonce[12];
    nonce_bytes(c->nonce, nonce);
    if (!aead_open(c->key.b, nonce, ad, message, ret)) return false;
    c->nonce++;
    return true;
}

/* HKDF with two outputs (section 4.3). */
static void hkdf(const struct digest *chaining_key, struct span input, struct digest *ret_first,
                 struct digest *ret_second) {
    struct digest extracted;
    uint8_t block[33];
    hmac_sha256(span_of(chaining_key->b, 32), input, &extracted);
    block[0] = 1;
    hmac_sha256(span_of(extracted.b, 32), span_of(block, 1), ret_first);
    memcpy(block, ret_first->b, 32);
    block[32] = 2;
    hmac_sha256(span_of(extracted.b, 32), span_of(block, 33), ret_second);
    secret_wipe(&extracted, sizeof extracted);
    secret_wipe(block, sizeof block);
}

static void mix_hash(struct noise *n, struct span data) {
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, n->hash.b, sizeof n->hash.b);
    sha256_add(&h, data.data, data.len);
    sha256_final(&h, &n->hash);
}

static void cipher_set(struct noise_cipher *c, const struct digest *key) {
    memcpy(c->key.b, key->b, sizeof c->key.b);
    c->nonce = 0;
    c->has_key = true;
}

/* MixKey(DH(secret, point)). */
static enum err mix_dh(struct noise *n, const struct noise_key *secret, const struct noise_key *point) {
    struct noise_key shared;
    struct digest next, key;
    if (!x25519(secret->b, point->b, shared.b)) return ERR_PEER_HANDSHAKE;
    hkdf(&n->chaining_key, span_of(shared.b, sizeof shared.b), &next, &key);
    n->chaining_key = next;
    cipher_set(&n->handshake, &key);
    secret_wipe(&shared, sizeof shared);
    secret_wipe(&key, sizeof key);
    return OK;
}

/* EncryptAndHash: appends to *at. Without a key the plaintext itself goes out (message 1). */
static void write_sealed(struct noise *n, struct span plain, uint8_t *message, size_t *at) {
    size_t len = plain.len;
    if (n->handshake.has_key) {
        cipher_seal(&n->handshake, span_of(n->hash.b, 32), plain, message + *at);
        len += NOISE_TAG_BYTES;
    } else if (len > 0) {
        memcpy(message + *at, plain.data, len);
    }
    mix_hash(n, span_of(message + *at, len));
    *at += len;
}

/* DecryptAndHash of the next sealed_len bytes of the message. */
static enum err read_sealed(struct noise *n, struct span message, size_t *at, size_t sealed_len,
                            uint8_t *ret) {
    struct span sealed = span_part(message, *at, sealed_len);
    if (n->handshake.has_key) {
        if (sealed_len < NOISE_TAG_BYTES) return ERR_PEER_HANDSHAKE;
        if (!cipher_open(&n->handshake, span_of(n->hash.b, 32), sealed, ret)) {
            return ERR_PEER_HANDSHAKE;
        }
    } else if (sealed_len > 0) {
        memcpy(ret, sealed.data, sealed_len);
    }
    mix_hash(n, sealed);
    *at += sealed_len;
    return OK;
}

static void write_ephemeral(struct noise *n, uint8_t *message, size_t *at) {
    memcpy(message + *at, n->ephemeral_public.b, NOISE_KEY_BYTES);
    mix_hash(n, span_of(message + *at, NOISE_KEY_BYTES));
    *at += NOISE_KEY_BYTES;
}

static enum err read_ephemeral(struct noise *n, struct span message, size_t *at) {
    if (message.len - *at < NOISE_KEY_BYTES) return ERR_PEER_HANDSHAKE;
    memcpy(n->remote_ephemeral.b, message.data + *at, NOISE_KEY_BYTES);
    mix_hash(n, span_part(message, *at, NOISE_KEY_BYTES));
    *at += NOISE_KEY_BYTES;
    return OK;
}

static enum err read_static(struct noise *n, struct span message, size_t *at) {
    enum { SEALED = NOISE_KEY_BYTES + NOISE_TAG_BYTES };
    if (message.len - *at < SEALED) return ERR_PEER_HANDSHAKE;
    return read_sealed(n, message, at, SEALED, n->remote_static.b);
}

/* The tokens of message 2, 3 that mix a Diffie-Hellman result, each seen from our side. */
static enum err mix_ee(struct noise *n) {
    return mix_dh(n, &n->ephemeral_secret, &n->remote_ephemeral);
}

static enum err mix_es(struct noise *n) {
    if (n->role == NOISE_INITIATOR) return mix_dh(n, &n->ephemeral_secret, &n->remote_static);
    return mix_dh(n, &n->static_secret, &n->remote_ephemeral);
}

static enum err mix_se(struct noise *n) {
    if (n->role == NOISE_INITIATOR) return mix_dh(n, &n->static_secret, &n->remote_ephemeral);
    return mix_dh(n, &n->ephemeral_secret, &n->remote_static);
}

/* Split() (section 5.2): the initiator sends with the first key. */
static void split(struct noise *n) {
    struct digest first, second;
    hkdf(&n->chaining_key, SPAN_EMPTY, &first, &second);
    bool initiator = n->role == NOISE_INITIATOR;
    cipher_set(&n->sending, initiator ? &first : &second);
    cipher_set(&n->receiving, initiator ? &second : &first);
    secret_wipe(&first, sizeof first);
    secret_wipe(&second, sizeof second);
    /* Nothing of the handshake is needed any more: a later leak of this memory opens no recorded session. */
    secret_wipe(&n->chaining_key, sizeof n->chaining_key);
    secret_wipe(&n->handshake, sizeof n->handshake);
    secret_wipe(&n->ephemeral_secret, sizeof n->ephemeral_secret);
    secret_wipe(&n->static_secret, sizeof n->static_secret);
}

void noise_start(struct noise *n, enum noise_role role, struct span prologue,
                 const struct noise_key *static_secret, const struct noise_key *ephemeral_secret) {
    memset(n, 0, sizeof *n);
    n->role = role;
    memcpy(n->hash.b, PROTOCOL_NAME, sizeof n->hash.b);
    n->chaining_key = n->hash;
    n->static_secret = *static_secret;
    n->ephemeral_secret = *ephemeral_secret;
    x25519_public(n->static_secret.b, n->static_public.b);
    x25519_public(n->ephemeral_secret.b, n->ephemeral_public.b);
    mix_hash(n, prologue);
}

void noise_wipe(struct noise *n) {
    secret_wipe(n, sizeof *n);
    n->dead = true;
}

bool noise_is_done(const struct noise *n) {
    return n->messages_done == 3;
}

bool noise_wants_write(const struct noise *n) {
    if (n->dead || noise_is_done(n)) return false;
    bool initiators_turn = n->messages_done % 2 == 0;
    return initiators_turn == (n->role == NOISE_INITIATOR);
}

struct digest noise_hash(const struct noise *n) {
    return n->hash;
}

struct noise_key noise_remote_static(const struct noise *n) {
    CHECK(n->messages_done >= (n->role == NOISE_INITIATOR ? 2 : 3));
    return n->remote_static;
}

static enum err write_tokens(struct noise *n, uint8_t *message, size_t *at) {
    if (n->messages_done == 2) {
        write_sealed(n, span_of(n->static_public.b, NOISE_KEY_BYTES), message, at);
        return mix_se(n);
    }
    write_ephemeral(n, message, at);
    if (n->messages_done == 0) return OK;
    enum err e = mix_ee(n);
    if (e != OK) return e;
    write_sealed(n, span_of(n->static_public.b, NOISE_KEY_BYTES), message, at);
    return mix_es(n);
}

static enum err read_tokens(struct noise *n, struct span message, size_t *at) {
    enum err e;
    if (n->messages_done == 2) {
        if ((e = read_static(n, message, at)) != OK) return e;
        return mix_se(n);
    }
    if ((e = read_ephemeral(n, message, at)) != OK || n->messages_done == 0) return e;
    if ((e = mix_ee(n)) != OK) return e;
    if ((e = read_static(n, message, at)) != OK) return e;
    return mix_es(n);
}

static void message_passed(struct noise *n) {
    n->messages_done++;
    if (noise_is_done(n)) split(n);
}

enum err noise_write(struct noise *n, struct span payload, uint8_t *ret_message, size_t *ret_len) {
    CHECK(noise_wants_write(n));
    CHECK(payload.len <= NOISE_MESSAGE_MAX - NOISE_HANDSHAKE_OVERHEAD);
    size_t at = 0;
    enum err e = write_tokens(n, ret_message, &at);
    if (e != OK) {
        n->dead = true;
        return e;
    }
    write_sealed(n, payload, ret_message, &at);
    message_passed(n);
    *ret_len = at;
    return OK;
}

enum err noise_read(struct noise *n, struct span message, uint8_t *ret_payload, size_t *ret_len) {
    CHECK(!noise_is_done(n) && (n->dead || !noise_wants_write(n)));
    if (n->dead || message.len > NOISE_MESSAGE_MAX) return ERR_PEER_HANDSHAKE;
    size_t at = 0;
    enum err e = read_tokens(n, message, &at);
    size_t sealed_len = message.len - at;
    if (e == OK) e = read_sealed(n, message, &at, sealed_len, ret_payload);
    if (e != OK) {
        n->dead = true;
        return e;
    }
    *ret_len = n->handshake.has_key ? sealed_len - NOISE_TAG_BYTES : sealed_len;
    message_passed(n);
    return OK;
}

void noise_encrypt(struct noise *n, struct span plain, uint8_t *ret_message) {
    CHECK(noise_is_done(n) && plain.len <= NOISE_PLAINTEXT_MAX);
    cipher_seal(&n->sending, SPAN_EMPTY, plain, ret_message);
}

enum err noise_decrypt(struct noise *n, struct span message, uint8_t *ret_plain) {
    CHECK(noise_is_done(n));
    if (n->dead || message.len < NOISE_TAG_BYTES || message.len > NOISE_MESSAGE_MAX) {
        return ERR_PEER_CIPHER;
    }
    if (cipher_open(&n->receiving, SPAN_EMPTY, message, ret_plain)) return OK;
    n->dead = true;
    return ERR_PEER_CIPHER;
}
