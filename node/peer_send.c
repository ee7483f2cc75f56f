/* peer_send.c: messages to transport bytes: what goes first, how much is sealed ahead. */
#include "node/peer_session.h"

#include <string.h>

enum {
    SEALED_MAX = LENGTH_BYTES + PIECE_BYTES + NOISE_TAG_BYTES,
    OWN_FRAMES_MAX = 2 * (FRAME_HEADER_BYTES + 8),
};
static_assert(SEALED_MAX <= (int)PEER_OUTPUT_BYTES_MAX, "one piece fits into a turn");
static_assert((int)PIECE_BYTES <= NOISE_PLAINTEXT_MAX, "a piece fits into a Noise message");
static_assert((int)PIECE_BYTES > 1 + OWN_FRAMES_MAX, "ping and pong fit into a piece");

enum err peer_send(struct peer *p, struct parcel *parcel) {
    if (p->state != STATE_OPEN) return ERR_PEER_CLOSED;
    return peer_queue_add(&p->open->queue, parcel);
}

static size_t put_frame(uint8_t *at, uint8_t type, const uint8_t *body, size_t len) {
    put_u32(at, (uint32_t)len);
    at[4] = type;
    memcpy(at + FRAME_HEADER_BYTES, body, len);
    return FRAME_HEADER_BYTES + len;
}

static size_t seal(struct peer *p, const uint8_t *plain, size_t len, uint8_t *ret_out) {
    put_u16(ret_out, (uint16_t)(len + NOISE_TAG_BYTES));
    noise_encrypt(&p->noise, span_of(plain, len), ret_out + LENGTH_BYTES);
    return LENGTH_BYTES + len + NOISE_TAG_BYTES;
}

static bool own_due(const struct peer_open *o) {
    return o->ping_due || o->pong_due;
}

static bool urgent_waits(const struct peer_open *o) {
    return own_due(o) || !peer_queue_empty(&o->queue, MESSAGE_URGENT);
}

/* Ping and pong need a frame boundary of the urgent stream. */
static size_t put_own(struct peer_open *o, uint8_t *at, uint64_t now_ms) {
    size_t len = 0;
    if (peer_queue_mid_frame(&o->queue, MESSAGE_URGENT)) return 0;
    if (o->pong_due) {
        len += put_frame(at, MESSAGE_PONG, o->pong, sizeof o->pong);
        o->pong_due = false;
    }
    if (o->ping_due) {
        uint8_t number[8];
        put_u64(number, ++o->ping_number);
        len += put_frame(at + len, MESSAGE_PING, number, sizeof number);
        o->ping_due = false;
        o->ping_ms = now_ms;
    }
    return len;
}

/* One piece of the class that is due; its length, 0 when nothing waits. */
static size_t next_piece(struct peer_open *o, uint64_t now_ms) {
    bool bulk_waits = !peer_queue_empty(&o->queue, MESSAGE_BULK);
    bool urgent = urgent_waits(o) && !(bulk_waits && o->urgent_run >= URGENT_RUN_MAX);
    if (!urgent && !bulk_waits) return 0;
    enum message_class c = urgent ? MESSAGE_URGENT : MESSAGE_BULK;
    o->urgent_run = urgent ? o->urgent_run + 1 : 0;
    size_t len = 0;
    o->piece[len++] = (uint8_t)c;
    if (urgent) len += put_own(o, o->piece + len, now_ms);
    len += peer_queue_take(&o->queue, c, o->piece + len, PIECE_BYTES - len);
    return len;
}

void peer_fill(struct peer *p, uint64_t now_ms) {
    struct peer_open *o = p->open;
    while (o->out_len + SEALED_MAX <= PEER_OUTPUT_BYTES_MAX) {
        size_t len = next_piece(o, now_ms);
        if (len == 0) return;
        o->out_len += seal(p, o->piece, len, o->out + o->out_len);
    }
}

void peer_put_goodbye(struct peer *p, enum err why) {
    /* Not while the handshake runs, not in the middle of a frame, not behind an unsent message 3: then closing says enough. */
    if (!noise_is_done(&p->noise) || p->small_len > 0) return;
    if (p->open != NULL && peer_queue_mid_frame(&p->open->queue, MESSAGE_URGENT)) return;
    uint8_t plain[1 + FRAME_HEADER_BYTES + 2] = {MESSAGE_URGENT};
    uint8_t reason[2];
    put_u16(reason, (uint16_t)why);
    put_frame(plain + 1, MESSAGE_GOODBYE, reason, sizeof reason);
    p->small_len = seal(p, plain, sizeof plain, p->small);
}

struct span peer_output(struct peer *p, uint64_t now_ms) {
    /* What was sealed first goes first: `out` before a goodbye; message 3 before the first `out`, which is not filled yet. */
    if (p->open != NULL && p->open->out_len > 0) return span_of(p->open->out, p->open->out_len);
    if (p->small_len > 0) return span_of(p->small, p->small_len);
    if (p->state != STATE_OPEN) return SPAN_EMPTY;
    peer_fill(p, now_ms);
    return span_of(p->open->out, p->open->out_len);
}

void peer_output_done(struct peer *p, uint64_t now_ms) {
    (void)now_ms;
    if (p->open != NULL && p->open->out_len > 0) {
        p->open->out_len = 0;
    } else {
        p->small_len = 0;
    }
}
