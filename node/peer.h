/* peer.h: one session with one other node, sans-I/O: bytes in, messages out; messages in, bytes out.
 *
 * The owner moves bytes and tells the time; the session does the handshake, proves and learns who is on the other side,
 * frames, encrypts, orders and bounds. No socket, clock or random number inside, so a test, the simulator and the fuzzer drive
 * the same object as uv_net.c.
 *
 *   peer_input(bytes)  -> peer_next(event) until false ... -> again with the rest
 *   peer_send(parcel)  -> peer_output() -> (written) -> peer_output_done() -> again
 *   peer_tick(now) when peer_deadline passes
 *
 * On the wire. Every Noise message goes as u16 length || message. The handshake is Noise XX (noise.h) with the
 * prologue "suyuan/p2p/v1\0" || chain id; another chain does not get past message 2. Message 1 has an empty payload; messages 2 and 3
 * carry canonical [version 1, member public key, signature, software text], the signature by the member's transport key with
 * the tag "suyuan/p2p-static/v1" over
 *     chain id || role u8 (0 initiator, 1 responder) || Noise static key of the signer || Noise hash h before that message.
 * h holds the other side's fresh ephemeral key, so a proof cannot be replayed; the role byte and the static key, whose secret the
 * handshake itself proves, keep it from being reflected or lent. A peer that shows our own key is refused.
 *
 * Inside transport messages: u8 class (0 urgent, 1 bulk) || a piece of that class's stream, 1 byte or more. A stream is frames
 * u32 body length || u8 type || body, one after the other. So many votes share one Noise message, a block takes
 * many, and votes overtake it. A type in the wrong stream, an unknown type, a body above its limit (peer_message.h) closes.
 *
 * States: HANDSHAKE -> ASKING (the event AUTHENTICATED is out; nothing more is read and nothing about us is said until
 * peer_accept) -> OPEN -> CLOSED. The initiator asks before message 3, so it shows its name only to whom it accepted.
 *
 * Memory. Before peer_accept a session is sizeof(struct peer) and the owner's pointer: about 3 KiB, no growth. After it: two
 * Noise buffers, the reassembly of each class (grown with the bytes that came, never with the length that was announced, up to the
 * longest type granted), and a send queue of at most queue_bytes_max.
 *
 * Sending. Urgent goes first; after four full urgent messages one of bulk. Bulk that does not fit is refused
 * (ERR_PEER_QUEUE_FULL), the caller sends it later or not at all. Urgent that does not fit evicts the oldest bulk not begun, then the oldest
 * urgent not begun (they are repeated by consensus anyway); peer_dropped counts both.
 *
 * Budgets. Bytes and messages per second, with a burst, refilled by now_ms. Exhausted, the session takes no bytes (peer_input
 * uses 0) and gives no message until peer_deadline: the other side feels TCP's back-pressure, nobody is closed for being fast.
 *
 * Time limits: PEER_HANDSHAKE_MS for the handshake including the owner's answer; silent for PEER_PING_MS -> ping; nothing whole
 * received for PEER_DEAD_MS -> closed (ERR_PEER_SILENT). Pongs do not queue: the last ping is answered.
 *
 * After a failure the session is CLOSED for good with its reason; input is swallowed, sends are refused (ERR_PEER_CLOSED), output may
 * still hold a last goodbye. The owner closes the socket and calls peer_free.
 *
 * Not thread-safe: one session and its parcels belong to one thread.
 */
#ifndef NODE_PEER_H
#define NODE_PEER_H

#include "base/crypto.h"
#include "node/noise.h"
#include "node/peer_message.h"

enum {
    PEER_HANDSHAKE_MS = 5000,
    PEER_PING_MS = 5000,
    PEER_DEAD_MS = 20000,
    PEER_SOFTWARE_BYTES_MAX = 64,
    /* At most this much is encrypted ahead of the socket per turn, so a fresh vote waits for no more. */
    PEER_OUTPUT_BYTES_MAX = 128 << 10,
};
#define PEER_NEVER UINT64_MAX

/* One message ready to be sent to any number of peers: owned bytes, counted references (one thread). */
struct parcel;
/* Copies head then tail as the body. The type exists and the body fits it (CHECK). One reference. */
struct parcel *parcel_new(uint8_t type, struct span head, struct span tail);
struct parcel *parcel_hold(struct parcel *p);
void parcel_drop(struct parcel *p); /* accepts NULL */
uint8_t parcel_type(const struct parcel *p);
struct span parcel_body(const struct parcel *p);

struct peer_config {
    enum noise_role role;
    struct digest chain_id;
    const struct keypair *member;   /* transport key; borrowed for the life of the session */
    struct noise_key noise_static;  /* secret: of this process */
    struct noise_key noise_ephemeral; /* secret: random, of this session alone */
    const char *software;           /* "suyuand/0.1.0", at most PEER_SOFTWARE_BYTES_MAX (CHECK) */
    uint64_t now_ms;
};

/* What the owner grants to whom it accepts. */
struct peer_grant {
    uint64_t types; /* MESSAGE_SET_*: another type closes the session (ERR_PEER_MESSAGE_TYPE) */
    uint32_t input_bytes_per_s, input_bytes_burst;
    uint32_t input_messages_per_s, input_messages_burst;
    uint32_t queue_bytes_max; /* 64 KiB..PEER_QUEUE_BYTES_MAX (CHECK) */
};
/* For a validator or a configured source of blocks, and for a follower. */
struct peer_grant peer_grant_member(void);
struct peer_grant peer_grant_follower(void);

enum peer_event_kind { PEER_AUTHENTICATED, PEER_MESSAGE, PEER_CLOSED };

struct peer_event {
    enum peer_event_kind kind;
    struct pubkey member;   /* AUTHENTICATED */
    struct span software;   /* AUTHENTICATED: UTF-8, of the other side's choosing: quote it in logs */
    uint8_t type;           /* MESSAGE */
    struct span body;       /* MESSAGE: valid until the next call on this session */
    enum err err;           /* CLOSED */
    bool by_other;          /* CLOSED: the other side said goodbye with this reason */
};

struct peer;
struct peer *peer_new(const struct peer_config *config);
void peer_free(struct peer *p); /* accepts NULL; wipes */

/* Bytes used, 0..len. Less than len means: first drain peer_next, then offer the rest; if nothing came of peer_next, keep the rest
 * and stop reading until peer_deadline, peer_accept or peer_output_done. */
size_t peer_input(struct peer *p, struct span bytes, uint64_t now_ms) MUST_USE;
/* The next event, if there is one. CLOSED comes once, last. */
bool peer_next(struct peer *p, uint64_t now_ms, struct peer_event *ret) MUST_USE;

/* After AUTHENTICATED (CHECK): the session opens. To refuse, call peer_close. */
void peer_accept(struct peer *p, const struct peer_grant *grant, uint64_t now_ms);
/* Ends from our side, with a goodbye when open; the event CLOSED follows. */
void peer_close(struct peer *p, enum err why);

/* Queues a reference to the parcel. ERR_PEER_CLOSED (not open), ERR_PEER_QUEUE_FULL. */
enum err peer_send(struct peer *p, struct parcel *parcel) MUST_USE;

/* What to write now; empty when there is nothing. The same bytes until peer_output_done, which says they were all written. */
struct span peer_output(struct peer *p, uint64_t now_ms);
void peer_output_done(struct peer *p, uint64_t now_ms);

/* When peer_tick (and a retry of input held back) is due; PEER_NEVER when closed. */
uint64_t peer_deadline(const struct peer *p);
void peer_tick(struct peer *p, uint64_t now_ms);

bool peer_is_open(const struct peer *p);
bool peer_is_closed(const struct peer *p);
size_t peer_queue_bytes(const struct peer *p);
uint64_t peer_dropped(const struct peer *p);  /* messages evicted so far */
uint32_t peer_round_trip_ms(const struct peer *p); /* of the last pong; 0 before the first */

#endif
