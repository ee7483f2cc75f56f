/* peer_session.h: the inside of a session, shared by peer.c (life, handshake, time), peer_receive.c and peer_send.c only.
 *
 *   HANDSHAKE --message 2 (initiator), 3 (responder)--> ASKING --peer_accept--> OPEN
 *       any of them --failure, peer_close, goodbye--> CLOSED
 *
 * Invariant: `open` is NULL exactly while nobody was accepted.
 */
#ifndef NODE_PEER_SESSION_H
#define NODE_PEER_SESSION_H

#include "node/peer_queue.h"

enum {
    LENGTH_BYTES = 2, /* u16 before every Noise message */
    /* Plaintext of one message we send. Smaller than the maximum, so that the other side decrypts while more arrives. */
    PIECE_BYTES = 16 << 10,
    /* Urgent pieces in a row before one of bulk: nobody's flood of votes stops the catching up of another. */
    URGENT_RUN_MAX = 4,
    /* A reassembly buffer that grew beyond this is given back after its message. */
    REASSEMBLY_KEEP_BYTES = 64 << 10,
};

enum peer_state { STATE_HANDSHAKE, STATE_ASKING, STATE_OPEN, STATE_CLOSED };

/* Tokens in thousandths, so that 1 per second and 1 ms meet exactly. */
struct budget {
    uint64_t per_s, burst;
    uint64_t milli;
    uint64_t refilled_ms;
};
void budget_init(struct budget *b, uint32_t per_s, uint32_t burst, uint64_t now_ms);
void budget_refill(struct budget *b, uint64_t now_ms);
uint64_t budget_left(const struct budget *b);
void budget_spend(struct budget *b, uint64_t tokens); /* tokens <= left (CHECK) */
/* Milliseconds until `tokens` (at most the burst) are there. */
uint64_t budget_wait_ms(const struct budget *b, uint64_t tokens);

/* Reassembly of one class. */
struct stream {
    uint8_t header[FRAME_HEADER_BYTES];
    size_t header_len;
    uint32_t body_len;
    struct buffer body;
    bool delivered; /* `body` is with the caller; cleared at the next call */
};

struct peer_open {
    struct peer_grant grant;
    uint8_t in[LENGTH_BYTES + NOISE_MESSAGE_MAX];
    size_t in_len;
    uint8_t plain[NOISE_PLAINTEXT_MAX]; /* the last message received, its class byte first */
    size_t plain_len, plain_at;         /* bytes are pending while at < len */
    struct stream streams[MESSAGE_CLASSES];
    struct budget bytes, messages;
    uint64_t held_until_ms; /* PEER_NEVER: input is not held back */
    uint64_t received_ms;   /* last whole message */

    struct peer_queue queue;
    unsigned urgent_run;
    uint64_t ping_ms, ping_number; /* of the newest ping sent */
    bool ping_due, pong_due;
    uint8_t pong[8];
    uint8_t piece[PIECE_BYTES];
    uint8_t out[PEER_OUTPUT_BYTES_MAX];
    size_t out_len;
};

struct peer {
    enum peer_state state;
    struct peer_config config;
    char software[PEER_SOFTWARE_BYTES_MAX + 1];
    struct noise noise;
    uint64_t opened_ms;

    uint8_t slot[LENGTH_BYTES + PEER_HANDSHAKE_BYTES_MAX];
    size_t slot_len;
    uint8_t small[LENGTH_BYTES + PEER_HANDSHAKE_BYTES_MAX]; /* handshake messages out, and a goodbye */
    size_t small_len;

    struct pubkey member;
    char other_software[PEER_SOFTWARE_BYTES_MAX];
    size_t other_software_len;
    bool authenticated_due;

    enum err closed_err;
    bool closed_by_other, closed_due;
    uint32_t round_trip_ms;
    struct peer_open *open;
};

/* CLOSED from here on, with this reason; a goodbye goes out where one is possible. */
void peer_fail(struct peer *p, enum err why, bool by_other);

/* peer_receive.c: transport bytes. */
size_t peer_receive(struct peer *p, struct span bytes, uint64_t now_ms);
bool peer_receive_next(struct peer *p, uint64_t now_ms, struct peer_event *ret);

/* peer_send.c: fills open->out from the queue and the session's own messages. */
void peer_fill(struct peer *p, uint64_t now_ms);
void peer_put_goodbye(struct peer *p, enum err why);

#endif
