/* replica_message.h: the bodies of the messages and journal records that the replica writes and reads. Types:
 * node/peer_message.h.
 *
 *   STATUS             [committed height, final view, view]
 *   PROPOSAL, VOTE     vote (SPEC V2)                       EVIDENCE   [vote, vote] as bytes
 *   CERTIFICATE        certificate (SPEC V3)
 *   CERTIFICATE_FETCH  [view, kind]
 *   PAYLOAD            [header as bytes, wire identities as one byte string]
 *   PAYLOAD_FETCH      [block digest]
 *   RECORD_FETCH       wire identities as one byte string
 *   RECORDS, RECORDS_FOUND   array of wire records (SPEC R6)
 *   BLOCK_FETCH        [from height, count]
 *   BLOCKS             array of [stored block as bytes (SPEC B7), [wire records],
 *                      attested checkpoint of this height (checkpoint.h) as bytes, or empty]
 *   COSIGNATURE        SPEC K6
 */
#ifndef NODE_REPLICA_MESSAGE_H
#define NODE_REPLICA_MESSAGE_H

#include "base/codec.h"
#include "base/crypto.h"
#include "base/limits.h"

/* Journal record types. Each body is what the message of that name carries, but for these:
 *   JOURNAL_PAYLOAD   [header as bytes, wire identities, [wire records]]
 *   JOURNAL_GUARD     [size, root, time s, own cosignature as bytes (SPEC K6)] */
enum journal_record {
    JOURNAL_VOTE = 1,
    JOURNAL_PROPOSAL = 2,
    JOURNAL_CERTIFICATE = 3,
    JOURNAL_PAYLOAD = 4,
    JOURNAL_GUARD = 5,
    JOURNAL_LOST = 6,
    JOURNAL_FOUND = 7,
};

struct status_message {
    uint64_t height, final_view;
    uint64_t view; /* the sender is in; 0 when it cannot say: a follower, or a validator that lost its journal and is not yet where it votes */
};
extern const struct type status_message_type;

struct pair_message { /* CERTIFICATE_FETCH: view, kind. BLOCK_FETCH: height, count */
    uint64_t first, second;
};
extern const struct type pair_message_type;

struct guard_message {
    uint64_t size;
    struct digest root;
    uint64_t time_s;
    struct span cosignature;
};
extern const struct type guard_message_type;

/* PAYLOAD and the head of JOURNAL_PAYLOAD. Identities are packed: 32 bytes each. */
struct payload_message {
    struct span header, identities;
};
extern const struct type payload_message_type;

/* Fetching: at most so many blocks and about so many bytes per answer. */
enum { SYNC_BLOCKS_MAX = 64, SYNC_BYTES_MAX = 2 << 20 };

#endif
