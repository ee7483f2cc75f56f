/* peer.c: the life of a session: handshake, who is there, time. */
#include "node/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "node/peer_session.h"

static const char PROLOGUE[] = "suyuan/p2p/v1";
static const char PROOF_TAG[] = "suyuan/p2p-static/v1";

/* The payload of handshake messages 2 and 3. */
struct peer_proof {
    uint8_t version;
    struct pubkey member;
    struct signature signature;
    struct span software;
};

static const struct field PROOF_FIELDS[] = {
    CODEC_UINT(peer_proof, version, 1, 1),
    CODEC_FIXED(peer_proof, member),
    CODEC_FIXED(peer_proof, signature),
    CODEC_TEXT(peer_proof, software, 1, PEER_SOFTWARE_BYTES_MAX),
};
static const struct type PROOF_TYPE = CODEC_TYPE(peer_proof, PROOF_FIELDS);

enum {
    STATIC_PROOF_BYTES_MAX = 1 + 2 + (2 + 32) + (2 + 64) + (2 + PEER_SOFTWARE_BYTES_MAX),
    /* chain id || role || static key || handshake hash */
    PROOF_SIGNED_BYTES = 32 + 1 + NOISE_KEY_BYTES + 32,
};
static_assert(STATIC_PROOF_BYTES_MAX + NOISE_HANDSHAKE_OVERHEAD <= (int)PEER_HANDSHAKE_BYTES_MAX,
              "a handshake message fits into its slot");
static_assert(PEER_PING_MS * 2 < PEER_DEAD_MS, "a peer may miss one ping and live");

struct peer_grant peer_grant_member(void) {
    return (struct peer_grant){
        .types = MESSAGE_SET_ALL,
        .input_bytes_per_s = 128u << 20,
        .input_bytes_burst = 32u << 20,
        .input_messages_per_s = 200000,
        .input_messages_burst = 100000,
        .queue_bytes_max = PEER_QUEUE_BYTES_MAX,
    };
}

struct peer_grant peer_grant_follower(void) {
    return (struct peer_grant){
        .types = MESSAGE_SET_FOLLOWER,
        .input_bytes_per_s = 1u << 20,
        .input_bytes_burst = 1u << 20,
        .input_messages_per_s = 500,
        .input_messages_burst = 500,
        .queue_bytes_max = PEER_QUEUE_BYTES_MAX / 2,
    };
}

/* What a proof signs; `hash` is h before the message that carries it. */
static void proof_signed(const struct peer *p, enum noise_role signer,
                         const struct noise_key *static_key, const struct digest *hash,
                         uint8_t ret[PROOF_SIGNED_BYTES]) {
    memcpy(ret, p->config.chain_id.b, 32);
    ret[32] = signer == NOISE_INITIATOR ? 0 : 1;
    memcpy(ret + 33, static_key->b, NOISE_KEY_BYTES);
    memcpy(ret + 33 + NOISE_KEY_BYTES, hash->b, 32);
}

static enum err write_handshake(struct peer *p, struct span payload) {
    size_t len = 0;
    CHECK(p->small_len == 0);
    enum err e = noise_write(&p->noise, payload, p->small + LENGTH_BYTES, &len);
    if (e != OK) return e;
    put_u16(p->small, (uint16_t)len);
    p->small_len = LENGTH_BYTES + len;
    return OK;
}

/* Message 2 or 3, with our proof. */
static enum err write_proof(struct peer *p) {
    struct peer_proof proof = {
        .version = 1,
        .member = p->config.member->public_key,
        .software = span_text(p->software),
    };
    struct digest hash = noise_hash(&p->noise);
    uint8_t signed_bytes[PROOF_SIGNED_BYTES];
    proof_signed(p, p->config.role, &p->noise.static_public, &hash, signed_bytes);
    sign(p->config.member, PROOF_TAG, span_of(signed_bytes, sizeof signed_bytes), &proof.signature);
    struct buffer payload CLEANUP(buffer_free) = {0};
    buffer_init(&payload, STATIC_PROOF_BYTES_MAX);
    codec_encode(&PROOF_TYPE, &proof, &payload);
    CHECK(!payload.overflow);
    return write_handshake(p, buffer_span(&payload));
}

static enum err check_proof(struct peer *p, struct span payload, const struct digest *hash) {
    struct peer_proof proof;
    enum err e = codec_decode(&PROOF_TYPE, payload, NULL, &proof);
    if (e != OK) return e;
    if (pubkey_equal(&proof.member, &p->config.member->public_key)) return ERR_PEER_SELF;
    if (!key_valid(&proof.member)) return ERR_PEER_PROOF;
    bool initiator = p->config.role == NOISE_INITIATOR;
    struct noise_key static_key = noise_remote_static(&p->noise);
    uint8_t signed_bytes[PROOF_SIGNED_BYTES];
    proof_signed(p, initiator ? NOISE_RESPONDER : NOISE_INITIATOR, &static_key, hash, signed_bytes);
    struct span message = span_of(signed_bytes, sizeof signed_bytes);
    if (!verify(&proof.member, PROOF_TAG, message, &proof.signature)) return ERR_PEER_PROOF;
    p->member = proof.member;
    memcpy(p->other_software, proof.software.data, proof.software.len);
    p->other_software_len = proof.software.len;
    p->authenticated_due = true;
    p->state = STATE_ASKING;
    return OK;
}

static void start_noise(struct peer *p) {
    struct buffer prologue CLEANUP(buffer_free) = {0};
    buffer_init(&prologue, sizeof PROLOGUE + 32);
    buffer_append(&prologue, PROLOGUE, sizeof PROLOGUE); /* with its zero byte */
    buffer_append(&prologue, p->config.chain_id.b, 32);
    noise_start(&p->noise, p->config.role, buffer_span(&prologue), &p->config.noise_static,
                &p->config.noise_ephemeral);
    secret_wipe(&p->config.noise_static, sizeof p->config.noise_static);
    secret_wipe(&p->config.noise_ephemeral, sizeof p->config.noise_ephemeral);
}

struct peer *peer_new(const struct peer_config *config) {
    size_t software_len = strlen(config->software);
    CHECK(software_len >= 1 && software_len <= PEER_SOFTWARE_BYTES_MAX);
    struct peer *p = check_alloc(1, sizeof *p);
    p->config = *config;
    memcpy(p->software, config->software, software_len);
    p->config.software = p->software;
    p->opened_ms = config->now_ms;
    p->state = STATE_HANDSHAKE;
    /* The responder waits for message 1: a connection that says nothing costs no curve operation. */
    if (config->role == NOISE_INITIATOR) {
        start_noise(p);
        CHECK(write_handshake(p, SPAN_EMPTY) == OK);
    }
    return p;
}

void peer_free(struct peer *p) {
    if (p == NULL) return;
    if (p->open != NULL) {
        peer_queue_free(&p->open->queue);
        for (int c = 0; c < MESSAGE_CLASSES; c++) buffer_free(&p->open->streams[c].body);
        free(p->open);
    }
    noise_wipe(&p->noise);
    secret_wipe(p, sizeof *p);
    free(p);
}

void peer_fail(struct peer *p, enum err why, bool by_other) {
    if (p->state == STATE_CLOSED) return;
    if (!by_other) peer_put_goodbye(p, why);
    p->state = STATE_CLOSED;
    p->closed_err = why;
    p->closed_by_other = by_other;
    p->closed_due = true;
    p->authenticated_due = false;
    if (p->open != NULL) {
        p->open->plain_at = p->open->plain_len = 0;
        peer_queue_free(&p->open->queue);
    }
}

/* One whole handshake message stands in the slot. */
static enum err handshake_message(struct peer *p) {
    struct span message = span_of(p->slot + LENGTH_BYTES, p->slot_len - LENGTH_BYTES);
    uint8_t payload[PEER_HANDSHAKE_BYTES_MAX];
    size_t payload_len = 0;
    bool first = p->config.role == NOISE_RESPONDER && p->noise.messages_done == 0;
    if (first) start_noise(p);
    struct digest hash = noise_hash(&p->noise);
    enum err e = noise_read(&p->noise, message, payload, &payload_len);
    if (e != OK) return e;
    if (!first) return check_proof(p, span_of(payload, payload_len), &hash);
    if (payload_len != 0) return ERR_PEER_HANDSHAKE;
    return write_proof(p);
}

/* Length and bytes that the slot still lacks. */
static size_t slot_missing(const struct peer *p) {
    size_t want = LENGTH_BYTES;
    if (p->slot_len >= LENGTH_BYTES) want += get_u16(p->slot);
    return want - p->slot_len;
}

static size_t handshake_input(struct peer *p, struct span bytes) {
    size_t used = 0;
    /* The other side may not speak twice before our answer is taken: hence small_len. */
    while (used < bytes.len && p->state == STATE_HANDSHAKE && p->small_len == 0) {
        size_t n = slot_missing(p);
        if (n > bytes.len - used) n = bytes.len - used;
        memcpy(p->slot + p->slot_len, bytes.data + used, n);
        p->slot_len += n;
        used += n;
        if (p->slot_len < LENGTH_BYTES) continue;
        if (get_u16(p->slot) > PEER_HANDSHAKE_BYTES_MAX) {
            peer_fail(p, ERR_PEER_HANDSHAKE, false);
            break;
        }
        if (slot_missing(p) > 0) continue;
        enum err e = handshake_message(p);
        p->slot_len = 0;
        if (e != OK) peer_fail(p, e, false);
    }
    return used;
}

size_t peer_input(struct peer *p, struct span bytes, uint64_t now_ms) {
    switch (p->state) {
    case STATE_HANDSHAKE:
        return handshake_input(p, bytes);
    case STATE_ASKING:
        return 0;
    case STATE_OPEN:
        return peer_receive(p, bytes, now_ms);
    case STATE_CLOSED:
        break;
    }
    return bytes.len;
}

bool peer_next(struct peer *p, uint64_t now_ms, struct peer_event *ret) {
    if (p->authenticated_due) {
        p->authenticated_due = false;
        *ret = (struct peer_event){
            .kind = PEER_AUTHENTICATED,
            .member = p->member,
            .software = span_of(p->other_software, p->other_software_len),
        };
        return true;
    }
    if (p->state == STATE_OPEN && peer_receive_next(p, now_ms, ret)) return true;
    if (!p->closed_due) return false;
    p->closed_due = false;
    *ret = (struct peer_event){
        .kind = PEER_CLOSED, .err = p->closed_err, .by_other = p->closed_by_other};
    return true;
}

static void open_streams(struct peer_open *o, uint64_t types) {
    uint32_t longest[MESSAGE_CLASSES] = {[MESSAGE_URGENT] = 64, [MESSAGE_BULK] = 64};
    for (uint8_t type = 0; type < 64; type++) {
        const struct message_rule *rule = message_rule(type);
        if (rule == NULL || (types & MESSAGE_BIT(type)) == 0) continue;
        uint32_t *max = &longest[rule->message_class];
        if (rule->body_max > *max) *max = rule->body_max;
    }
    for (int c = 0; c < MESSAGE_CLASSES; c++) buffer_init(&o->streams[c].body, longest[c]);
}

void peer_accept(struct peer *p, const struct peer_grant *grant, uint64_t now_ms) {
    CHECK(p->state == STATE_ASKING && p->open == NULL);
    CHECK(grant->queue_bytes_max >= 64 << 10 && grant->queue_bytes_max <= PEER_QUEUE_BYTES_MAX);
    CHECK(grant->input_bytes_per_s > 0 && grant->input_messages_per_s > 0);
    CHECK(grant->input_bytes_burst > 0 && grant->input_messages_burst > 0);
    if (p->config.role == NOISE_INITIATOR) {
        enum err e = write_proof(p);
        if (e != OK) {
            peer_fail(p, e, false);
            return;
        }
    }
    struct peer_open *o = check_alloc(1, sizeof *o);
    o->grant = *grant;
    open_streams(o, grant->types);
    budget_init(&o->bytes, grant->input_bytes_per_s, grant->input_bytes_burst, now_ms);
    budget_init(&o->messages, grant->input_messages_per_s, grant->input_messages_burst, now_ms);
    o->held_until_ms = PEER_NEVER;
    o->received_ms = o->ping_ms = now_ms;
    peer_queue_init(&o->queue, grant->queue_bytes_max);
    p->open = o;
    p->state = STATE_OPEN;
}

void peer_close(struct peer *p, enum err why) {
    peer_fail(p, why, false);
}

uint64_t peer_deadline(const struct peer *p) {
    switch (p->state) {
    case STATE_HANDSHAKE:
    case STATE_ASKING:
        return p->opened_ms + PEER_HANDSHAKE_MS;
    case STATE_OPEN: {
        uint64_t at = p->open->received_ms + PEER_DEAD_MS;
        uint64_t ping = p->open->ping_ms + PEER_PING_MS;
        if (!p->open->ping_due && ping < at) at = ping;
        return p->open->held_until_ms < at ? p->open->held_until_ms : at;
    }
    case STATE_CLOSED:
        break;
    }
    return PEER_NEVER;
}

void peer_tick(struct peer *p, uint64_t now_ms) {
    switch (p->state) {
    case STATE_HANDSHAKE:
    case STATE_ASKING:
        if (now_ms >= p->opened_ms + PEER_HANDSHAKE_MS) {
            peer_fail(p, ERR_PEER_HANDSHAKE_TIMEOUT, false);
        }
        break;
    case STATE_OPEN:
        if (now_ms >= p->open->held_until_ms) p->open->held_until_ms = PEER_NEVER;
        if (now_ms >= p->open->received_ms + PEER_DEAD_MS) {
            peer_fail(p, ERR_PEER_SILENT, false);
        } else if (now_ms >= p->open->ping_ms + PEER_PING_MS) {
            p->open->ping_due = true;
        }
        break;
    case STATE_CLOSED:
        break;
    }
}

bool peer_is_open(const struct peer *p) {
    return p->state == STATE_OPEN;
}

bool peer_is_closed(const struct peer *p) {
    return p->state == STATE_CLOSED;
}

size_t peer_queue_bytes(const struct peer *p) {
    return p->open == NULL ? 0 : p->open->queue.bytes;
}

uint64_t peer_dropped(const struct peer *p) {
    return p->open == NULL ? 0 : p->open->queue.dropped;
}

uint32_t peer_round_trip_ms(const struct peer *p) {
    return p->round_trip_ms;
}
