/* leaf_fetch.h: brings the leaves of code packs here that this node lacks, from any peer, and gives peers what they ask for. Sans-I/O: a step
 * takes one input and appends outputs; uv_leaves.c drives it, tests drive the same object.
 *
 * The happy path is: SCAN finds packs on the ledger whose leaves are not whole here -> a peer is asked for the hashes of the pack's chunks ->
 * STORE checks them against root and count -> the chunks are asked for, one each, of peers that have them -> STORE checks each against its hash ->
 * the pack is whole, and the peers are told. The possible failures: nobody has them (asked again later, and when somebody says that it has them); a
 * peer is silent (another one is asked); a peer lies (refused by the hash, and not asked for LEAF_LIAR_MS); the disk takes no
 * more (nothing is asked for LEAF_ROOM_MS); the operator deleted them (not wanted any more).
 *
 * What a peer can make us do is bounded: one question at a time goes to it and only its answer is read; of its questions
 * LEAF_SERVED_MAX are answered at a time, further ones are dropped. Nothing is believed: STORE decides by hashes against the ledger's root.
 *
 * Memory: LEAF_WANTS_MAX packs, LEAF_QUESTIONS_MAX chunks. More packs wait in the ledger, where the scan finds them again.
 *
 * The caller promises: inputs in the order of their causes; SCAN, LOOK, STORE and GIVE run anywhere and come back as SCANNED, SCANNED,
 * STORED and READ, once each. Spans in inputs are borrowed for the call; spans in outputs live until the next step, those of
 * STORE until STORED.
 */
#ifndef NODE_LEAF_FETCH_H
#define NODE_LEAF_FETCH_H

#include "base/err.h"
#include "storage/leaves.h"

enum {
    LEAF_WANTS_MAX = 16,
    LEAF_QUESTIONS_MAX = 4, /* on their way or being stored */
    LEAF_SERVED_MAX = 2,
    LEAF_ANSWER_MS = 10 * 1000,     /* then another peer is asked */
    LEAF_LACK_MS = 30 * 1000,       /* who had not got it, or was silent, is asked again */
    LEAF_LIAR_MS = 10 * 60 * 1000,
    LEAF_ROOM_MS = 60 * 1000,
    LEAF_RESCAN_MS = 60 * 1000,     /* packs that nobody had are looked for again */
};

/* A pack whose leaves are not whole here. */
struct leaf_want {
    struct leaves_pack pack;
    struct leaves_held held;
};

enum leaf_input_kind {
    LEAF_PEER_UP,   /* peer, source */
    LEAF_PEER_DOWN, /* peer */
    LEAF_MESSAGE,   /* peer, type, bytes */
    LEAF_COMMITTED, /* a block became visible: there may be packs in it */
    LEAF_SCANNED,   /* answer to SCAN: wants, cursor, end, passed; to LOOK: one want or none */
    LEAF_STORED,    /* answer to STORE: job, err */
    LEAF_READ,      /* answer to READ: peer, id, part, bytes (none: not held) */
    LEAF_WHOLE,     /* id: all leaves of this pack are here now, whoever brought them */
    LEAF_DAMAGED,   /* leaves that were here are not any more */
    LEAF_TIMER,
};

struct leaf_input {
    enum leaf_input_kind kind;
    uint64_t now_ms, peer, cursor, passed;
    uint32_t job, part;
    uint8_t type;
    bool source, end, looked;
    enum err err;
    struct span bytes;
    const char *id;
    const struct leaf_want *wants;
    uint32_t wants_count;
};

enum leaf_output_kind {
    LEAF_SEND,  /* peer, type, bytes */
    LEAF_DROP,  /* peer, err: it broke the protocol */
    LEAF_LIAR,  /* peer, err, pack, part: for the log; it is not asked for a while */
    LEAF_SCAN,  /* cursor, max: packs issued after this log index (0: from the first) that are not whole here */
    LEAF_LOOK,  /* id: this one, if it is on the ledger and not whole here */
    LEAF_STORE, /* job, pack, part, bytes: check and write */
    LEAF_GIVE,  /* peer, id, part: read it, for READ */
};

struct leaf_output {
    enum leaf_output_kind kind;
    uint64_t peer, cursor;
    uint32_t job, part, max;
    uint8_t type;
    enum err err;
    struct span bytes;
    char id[PACK_ID_BYTES + 1];
    struct leaves_pack pack;
};

struct leaf_fetch;
struct leaf_fetch *leaf_fetch_new(uint64_t random_seed);
void leaf_fetch_free(struct leaf_fetch *f); /* accepts NULL */
void leaf_fetch_step(struct leaf_fetch *f, const struct leaf_input *in);
/* The outputs of the last step, in order. */
uint32_t leaf_fetch_outputs(const struct leaf_fetch *f);
const struct leaf_output *leaf_fetch_output(const struct leaf_fetch *f, uint32_t i);
/* When a TIMER is due; UINT64_MAX when none is. */
uint64_t leaf_fetch_deadline(const struct leaf_fetch *f);

struct leaf_fetch_status {
    uint64_t packs;   /* on the ledger, as far as it was looked through */
    uint64_t fetched; /* chunks taken from peers */
    uint64_t refused; /* answers that did not check */
    uint32_t wanted;  /* packs being fetched */
};
void leaf_fetch_status(const struct leaf_fetch *f, struct leaf_fetch_status *ret);

#endif
