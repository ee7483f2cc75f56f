/* limits.h: every maximum of the house, with the sentence that says what happens when it is reached.
 * Related by static_assert at the end. Consensus-relevant limits are copied into genesis parameters and may only be narrowed there.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <assert.h>

enum {
    /* A genesis with more validators is refused (ERR_GENESIS_VALIDATORS). */
    VALIDATORS_MAX = 64,
    VALIDATORS_MIN = 1, /* one is a notary, not a consensus: for tests and for tiny districts */
    /* A larger record is refused when submitted (ERR_RECORD_SIZE) and makes a block that carries it invalid. */
    RECORD_BYTES_MAX = 1 << 20,
    /* A record with more items is refused (ERR_RECORD_ITEMS); the submitter splits it. */
    RECORD_ITEMS_MAX = 4096,
    /* An item that names more identifiers is refused (ERR_ITEM_THINGS). */
    ITEM_THINGS_MAX = 4096,
    /* A longer identifier is refused (ERR_IDENTIFIER_LENGTH). */
    IDENTIFIER_BYTES_MAX = 512,
    /* header || signature of a record with its type byte: a longer leaf is refused (ERR_RECORD_SIZE). C2SP tlog-tiles entries are u16. */
    LEAF_BYTES_MAX = 65535,
    /* A proposer stops filling its block here; a block above it is invalid. */
    BLOCK_BYTES_MAX = 4 << 20,
    BLOCK_RECORDS_MAX = 8192,
    /* Text fields of members, names and reasons; longer ones are refused. */
    NAME_BYTES_MAX = 256,
    /* A proof bundle above this is refused unread (ERR_TOO_LARGE). */
    PROOF_BYTES_MAX = 1 << 20,
    /* Answers to lists are cut here and carry a cursor for the next page. */
    PAGE_ROWS_MAX = 1000,
    /* A connection above these is closed at once; the slot's owner is the oldest idle one. */
    PEERS_MAX = 256,
    HTTP_CONNECTIONS_MAX = 16384,
    /* A longer handshake message closes the connection (ERR_PEER_HANDSHAKE): nobody unproven makes us keep more. */
    PEER_HANDSHAKE_BYTES_MAX = 512,
    /* Bytes waiting to be sent to one peer: above it bulk is refused, and an urgent message evicts the oldest bulk. */
    PEER_QUEUE_BYTES_MAX = 16 << 20,
    /* Connections that have proved nothing yet: a further one closes the oldest of them. */
    PEER_HALF_OPEN_MAX = 1024,
    /* The same from one address. */
    PEER_HALF_OPEN_ADDRESS_MAX = 64,
    /* A request line with its headers above this is answered 431 and the connection closed. */
    HTTP_HEAD_BYTES_MAX = 16 << 10,
    /* Requests of one connection that wait for their answers; further bytes are left unread until one is answered. */
    HTTP_PIPELINE_MAX = 16,
    /* Bodies and answers one connection holds; above it no further request of it is read. */
    HTTP_HELD_BYTES_MAX = 1 << 20,
    /* The same for all connections of a node: a request above it is answered 503 with Retry-After. */
    HTTP_TOTAL_BYTES_MAX = 96 << 20,
    /* Events queued for one reader of a stream; a reader that does not read is closed and resumes by Last-Event-ID. */
    HTTP_STREAM_BYTES_MAX = 256 << 10,
    /* Streams open at a time: a further one is answered 503. */
    RPC_STREAMS_MAX = 1024,
    /* A longer JSON request is answered 413; records go in as bytes (RECORD_BYTES_MAX, base64 in JSON). */
    RPC_JSON_BYTES_MAX = 2 << 20,
    /* Calls in one JSON-RPC batch, records in one batch submission: more are refused (ERR_RPC_BATCH_SIZE). */
    RPC_CALLS_MAX = 64,
    RPC_BATCH_RECORDS_MAX = 1024,
    RPC_BATCH_BYTES_MAX = 4 << 20,
    /* An answer that would be longer is refused (ERR_RPC_ANSWER_SIZE); lists are cut before and carry a cursor. */
    RPC_ANSWER_BYTES_MAX = 8 << 20,
    /* A submitter may wait this long for "committed"; then the answer is "pending". */
    RPC_WAIT_MS_MAX = 30 * 1000,
    /* Pool: a record above either is answered "busy, retry after" and not kept. */
    POOL_RECORDS_MAX = 65536,
    POOL_BYTES_MAX = 64 << 20,
    /* Views jumped over by one block link; beyond it the link is refused, and patience (D x 1.5^k) makes it unreachable. */
    VIEWS_JUMPED_MAX = 4096,
    /* An id may be repeated only after this; so expires - created is bounded (ERR_RECORD_LIFETIME). Milliseconds: 15 days. */
    RECORD_LIFETIME_MS_MAX = 15 * 24 * 3600 * 1000,
    /* The leaves of all code packs on one node: above it further ones are refused (ERR_LEAVES_ROOM); the node goes on, and of their codes it
     * cannot tell. 16,384 packs of the largest size. */
    LEAVES_MIB_MAX = 1 << 20,
    /* So much of the disk stays free for the journal and the store: leaves that would take it are refused the same way. */
    LEAVES_FREE_MIB_MIN = 512,
    /* Tallies of scans on one node. Rows of an hour (a code in a division): above it scans of further ones in that hour are not tallied,
     * only counted as dropped. Reports in a second: above it they are refused (ERR_SCAN_BUSY). Rows are deleted after so many days. Rows of
     * one code in an answer: above it the oldest are left out, and the answer says so. */
    SCANS_HOUR_ROWS_MAX = 16384,
    SCANS_PER_SECOND = 200,
    /* Reports of one address or connection in a minute ([http] scans_per_minute), and at once: above it they are refused
     * (ERR_SCAN_VISITOR) and not counted. */
    SCANS_VISITOR_PER_MINUTE = 120,
    SCANS_VISITOR_BURST = 60,
    SCANS_KEPT_DAYS = 183,
    SCANS_CODE_ROWS_MAX = 4096,
    /* What opens hidden values (SPEC U). Plaintext of one record and tier: openings above it are refused (ERR_SEALED_SIZE); the submitter
     * splits the record. Openings in it, and bytes of a name: the same. Keys for one record and tier: further ones are refused
     * (ERR_SEALED_RECIPIENTS). */
    SEALED_PLAIN_BYTES_MAX = 1 << 20,
    SEALED_OPENINGS_MAX = 4096,
    SEALED_NAME_BYTES_MAX = 1024,
    SEALED_WRAPS_MAX = 64,
    SEALED_RECIPIENTS_MAX = 256,
    /* A request for a wrap whose time is further from the node's clock is refused (ERR_SEALED_TIME). */
    SEALED_REQUEST_MS = 60 * 1000,
    /* All that a node holds of them: above it further sealed files are refused (ERR_SEALED_ROOM) until something is deleted. */
    SEALED_MIB_MAX = 16 << 10,
    SEALED_FILES_MAX = 4 << 20,
    /* Blocks finalised but not yet executed and attested by a quorum; the proposal above it stays pending. */
    PIPELINE_BLOCKS_MAX = 64,
};

static_assert(RECORD_BYTES_MAX + LEAF_BYTES_MAX <= BLOCK_BYTES_MAX, "the largest record fits into a block");
static_assert(BLOCK_BYTES_MAX <= POOL_BYTES_MAX, "a pool can fill a block");
static_assert(RECORD_BYTES_MAX / 3 * 4 + 4096 <= RPC_JSON_BYTES_MAX, "the largest record fits into a JSON call as base64");
static_assert(RPC_BATCH_BYTES_MAX >= RECORD_BYTES_MAX + 16, "a batch submission can carry the largest record");
static_assert(60 * SCANS_VISITOR_PER_MINUTE + SCANS_VISITOR_BURST <= SCANS_HOUR_ROWS_MAX / 2, "one address alone does not fill an hour");
static_assert(SCANS_VISITOR_BURST + SCANS_VISITOR_PER_MINUTE / 60 <= SCANS_PER_SECOND / 2, "nor a second");
static_assert(VALIDATORS_MAX % 8 == 0, "signer bitmaps have no partial byte at the maximum");

#endif
