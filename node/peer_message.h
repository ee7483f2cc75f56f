/* peer_message.h: the messages two nodes exchange, one table: name, class, the longest body.
 *
 * A type is one byte on the wire and never changes its meaning. Types 1..63 belong to the replica (it writes and reads their
 * bodies), but for 20 to 22, which are leaf_fetch.h's; types 240..255 to the session itself (peer.c) and are never handed out.
 *
 * Class. URGENT is what finality waits for: votes, certificates, proposals, payloads (wire identities only) and the small
 * questions. BULK is everything that carries record bytes or history. Each class is a stream of its own inside the
 * session, so a vote overtakes a block that is half sent.
 *
 * Limits. A body longer than its row says closes the session (ERR_PEER_MESSAGE_SIZE) before a byte of it is kept; whoever has
 * more to say splits it into several messages.
 */
#ifndef NODE_PEER_MESSAGE_H
#define NODE_PEER_MESSAGE_H

#include <stdint.h>

#include "base/limits.h"

enum message_type {
    MESSAGE_STATUS = 1,            /* height, checkpoint, version: what I have */
    MESSAGE_PROPOSAL = 2,
    MESSAGE_VOTE = 3,
    MESSAGE_CERTIFICATE = 4,
    MESSAGE_CERTIFICATE_FETCH = 5, /* keyed by (view, kind) */
    MESSAGE_PAYLOAD = 6,           /* block header and wire identities */
    MESSAGE_PAYLOAD_FETCH = 7,
    MESSAGE_COSIGNATURE = 8,       /* one validator's signatures on a checkpoint */
    MESSAGE_RECORD_FETCH = 9,      /* wire identities wanted */
    MESSAGE_RECORDS = 16,          /* records spread as they are admitted */
    MESSAGE_RECORDS_FOUND = 17,    /* answer to RECORD_FETCH */
    MESSAGE_BLOCK_FETCH = 18,      /* heights wanted */
    MESSAGE_BLOCKS = 19,           /* stored blocks with certificates (spec B7) */
    MESSAGE_LEAVES_WANTED = 20,    /* of a code pack: its chunks' hashes, or one chunk (node/leaf_message.h) */
    MESSAGE_LEAVES_FOUND = 21,
    MESSAGE_LEAVES_HELD = 22,      /* all leaves of a pack are here */
    MESSAGE_EVIDENCE = 23,         /* two signatures no honest validator makes */

    MESSAGE_PING = 240,            /* the session's own */
    MESSAGE_PONG = 241,
    MESSAGE_GOODBYE = 242,
};

enum message_class { MESSAGE_URGENT, MESSAGE_BULK };
enum { MESSAGE_CLASSES = 2 };

struct message_rule {
    uint8_t type;
    enum message_class message_class;
    uint32_t body_max; /* bytes */
    const char *name;  /* for logs and metrics */
};

/* NULL when no such type exists. */
const struct message_rule *message_rule(uint8_t type);
/* The longest body of a class: what its reassembly can grow to. */
uint32_t message_class_body_max(enum message_class c);

/* Sets of types, for peer_grant: bit `type` for types below 64. */
#define MESSAGE_BIT(type) (UINT64_C(1) << (type))
#define MESSAGE_SET_ALL (~UINT64_C(0))
/* What a follower may send: questions, its status, what it observed, leaves that were asked for. Certificates and
 * cosignatures go from follower to follower only (may_push). No votes, no records, nothing longer than a chunk of leaves. */
#define MESSAGE_SET_FOLLOWER                                                                       \
    (MESSAGE_BIT(MESSAGE_STATUS) | MESSAGE_BIT(MESSAGE_CERTIFICATE_FETCH) |                        \
     MESSAGE_BIT(MESSAGE_PAYLOAD_FETCH) | MESSAGE_BIT(MESSAGE_RECORD_FETCH) |                      \
     MESSAGE_BIT(MESSAGE_BLOCK_FETCH) | MESSAGE_BIT(MESSAGE_LEAVES_WANTED) |                       \
     MESSAGE_BIT(MESSAGE_LEAVES_FOUND) | MESSAGE_BIT(MESSAGE_LEAVES_HELD) |                        \
     MESSAGE_BIT(MESSAGE_EVIDENCE) | MESSAGE_BIT(MESSAGE_CERTIFICATE) |                         \
     MESSAGE_BIT(MESSAGE_COSIGNATURE))

#endif
