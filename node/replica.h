/* replica.h: the whole node minus the world.
 *
 * replica_step takes one input and appends outputs; it reads no clock, socket, disk, thread or random number.
 * uv_loop.c drives it in
 * production, tests/sim drives the same object code with a seeded world. The ten stations of a record
 * (ARCHITECTURE.md) can be read
 * in order in replica_*.c: submit, admit, spread, propose, check, order, execute, attest, commit.
 *
 * What the caller promises:
 *   1. One thread. Inputs in the order their causes happened. now_ms never goes back (monotonic); time_ms is the wall clock and may jump.
 *   2. JOURNAL outputs are appended to the journal in the order given; WRITTEN names the newest one that is synced. The replica itself
 *      holds back every send and every own vote that depends on a journal record until WRITTEN covers it: durable before sent holds
 *      whatever the caller does with sends. A failed write is reported once with WRITE_FAILED: from then on the
 *      replica signs nothing, raises an alarm, follows and serves reads.
 *   3. Jobs (VERIFY, EXECUTE, COMMIT, READ_BLOCKS) run anywhere and come back as VERIFIED, EXECUTED, COMMITTED, BLOCKS.
 *      EXECUTE jobs run one at a time in
 *      order, COMMIT jobs too. A job is answered exactly once.
 *   4. After a restart: RECOVER for every intact journal record, oldest first, then START, then everything else.
 *   5. replica_step(TIMER) at replica_deadline() or soon after; spurious timers are harmless.
 *
 * What the replica promises: bounded memory (base/limits.h and the config's narrower ones); every SUBMIT is
 * answered by REPLY at once,
 * and, if it asked to wait and is decided within RPC_WAIT_MS_MAX, a second time with the result; a peer can make
 * it do only work that is bounded per message.
 *
 * Ownership: spans in inputs are borrowed for the call. Spans in outputs live until replica_outputs_clear.
 * `struct block_job` objects are
 * values in the replica's memory, valid until COMMITTED covers their height.
 */
#ifndef NODE_REPLICA_H
#define NODE_REPLICA_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/validators.h"
#include "ledger/checkpoint.h"
#include "ledger/block.h"
#include "genesis/genesis.h"

struct replica;

enum { REPLICA_NO_VALIDATOR = 255 };
enum { PEER_NONE = 0 };

struct replica_config {
    const struct genesis *genesis;     /* outlives the replica */
    uint8_t validator;                 /* our index, or REPLICA_NO_VALIDATOR: a follower */
    struct seed seed;                  /* the validator's seed; keys are derived (SPEC C4) and the seed wiped from the config's copy */
    uint32_t pool_records_max;         /* at most POOL_RECORDS_MAX */
    uint64_t pool_bytes_max;
    uint64_t random_seed;              /* for choosing peers to ask; the world's randomness, given once */
};

/* What the stores hold at start (storage/recover.h). At genesis: height 0. */
struct replica_head {
    uint64_t height;
    uint64_t view;
    struct digest block;          /* digest of the block at that height; chain id at 0 */
    struct span header;           /* its header bytes; empty at 0. Borrowed for the call */
    uint64_t log_size;
    struct digest log_root;
};

enum replica_input_kind {
    REPLICA_RECOVER,      /* one journal record: sequence, type, bytes */
    REPLICA_START,        /* head: what the stores hold; sequence: last of the journal; err: not OK when it may not vote (damage) */
    REPLICA_TIMER,
    REPLICA_PEER_UP,      /* peer, validator: an authenticated session; validator index or REPLICA_NO_VALIDATOR. source: it may be asked
                             for blocks (validators, and the nodes this one was configured to sync from) */
    REPLICA_PEER_DOWN,    /* peer */
    REPLICA_MESSAGE,      /* peer, type (node/peer_message.h), bytes */
    REPLICA_SUBMIT,       /* ticket, wait, bytes: one wire record (SPEC R6) */
    REPLICA_VERIFIED,     /* job, err; code, item: what execution would say now (ledger_preview), code 0 when it would accept */
    REPLICA_WRITTEN,      /* journal sequence number that is durable, and all before it */
    REPLICA_WRITE_FAILED, /* the journal or a store cannot write any more */
    REPLICA_EXECUTED,     /* job, execution */
    REPLICA_COMMITTED,    /* height: durable and visible in both tables */
    REPLICA_BLOCKS,       /* job, bytes: answer to READ_BLOCKS, empty when there are none */
    REPLICA_STOP,         /* graceful: sign nothing new; outputs flush what is held */
};

/* What executing one block gave (node/execution.h). Spans borrowed for the call. */
struct replica_execution {
    uint64_t height;
    uint64_t log_size;
    struct digest log_root;
    struct digest status_root;
    struct span results;        /* canonical results of SPEC X4, in payload order, back to back */
    const uint64_t *log_indices; /* per record: its log index, UINT64_MAX when it was refused */
    uint32_t results_count;
};

struct replica_input {
    enum replica_input_kind kind;
    uint64_t now_ms;
    uint64_t time_ms;
    uint64_t peer;
    uint64_t job;
    uint64_t ticket;
    uint64_t sequence; /* WRITTEN: journal sequence; COMMITTED: height */
    uint8_t type;
    uint8_t validator;
    bool wait, source;
    uint16_t code, item;
    enum err err;
    struct span bytes;
    const struct replica_head *head;
    const struct replica_execution *execution;
};

enum replica_output_kind {
    REPLICA_SEND,        /* peer, type, bytes; high: votes and certificates before bulk */
    REPLICA_DROP_PEER,   /* peer, err: it broke the protocol */
    REPLICA_JOURNAL,     /* sequence, type, bytes: append; answer WRITTEN */
    REPLICA_JOURNAL_KEEP,/* sequence: records before it are no longer needed (their blocks are committed) */
    REPLICA_VERIFY,      /* job, bytes: one wire record: form (SPEC R9) and signature, and for `wait`=admission the present status.
                          * The bytes live until VERIFIED */
    REPLICA_EXECUTE,     /* job, block: execute on top of the previous one */
    REPLICA_COMMIT,      /* height, cosignatures: make everything up to height durable and visible */
    REPLICA_READ_BLOCKS, /* job, height, count: from that height on, the body of a MESSAGE_BLOCKS (replica_message.h) */
    REPLICA_REPLY,       /* ticket, reply */
    REPLICA_ALARM,       /* bytes: text for the operator, key=value; also readable through status */
};

enum reply_kind { REPLY_PENDING, REPLY_REFUSED, REPLY_BUSY, REPLY_COMMITTED };
struct replica_reply {
    enum reply_kind kind;
    enum err err;               /* REFUSED, BUSY */
    uint32_t retry_after_ms;    /* BUSY */
    struct digest wire_id;
    struct digest record_id;
    uint64_t height, log_index; /* COMMITTED */
    uint16_t code, item;        /* COMMITTED: SPEC X4. REFUSED with ERR_WOULD_REFUSE: what it would get */
};

/* A final block ready to execute. Lives until COMMITTED covers its height. */
struct block_job {
    uint64_t height;
    struct span stored;          /* SPEC B7 */
    struct span header;          /* canonical bytes */
    struct digest digest;
    const struct span *records;  /* wire records in payload order */
    uint32_t records_count;
};

struct replica_output {
    enum replica_output_kind kind;
    uint8_t type;
    bool high;
    bool wait;
    uint64_t peer, job, ticket, sequence, height;
    uint32_t count;
    enum err err;
    struct span bytes;
    const struct block_job *block;
    struct replica_reply reply;
    const struct attested *attested; /* COMMIT: the quorum of cosignatures for the checkpoint at height */
};

struct replica_outputs;
struct replica_outputs *replica_outputs_new(void);
void replica_outputs_free(struct replica_outputs *o);
void replica_outputs_clear(struct replica_outputs *o);
size_t replica_outputs_count(const struct replica_outputs *o);
const struct replica_output *replica_outputs_at(const struct replica_outputs *o, size_t i);

struct replica *replica_new(const struct replica_config *config);
void replica_free(struct replica *r);
void replica_step(struct replica *r, const struct replica_input *in, struct replica_outputs *out);
/* The monotonic time at which a TIMER is due; UINT64_MAX when none is. */
uint64_t replica_deadline(const struct replica *r);

/* For status, metrics and the simulator's checks: a copy, cheap. */
struct replica_status {
    uint64_t view, final_view, final_height, executed_height, committed_height, attested_height;
    uint64_t final_time_ms;      /* block time of the newest final block */
    uint64_t attested_time_s;    /* as-of time of the newest attested checkpoint */
    uint32_t pool_records;
    uint64_t pool_bytes;
    uint32_t peers, validators_connected;
    uint32_t validators_heard; /* of those connected, how many said how far they are */
    uint64_t others_height;    /* committed by at least one honest one of them */
    uint64_t records_accepted, records_refused, blocks, views_nullified, evidence;
    bool voting;      /* signs at all */
    bool diverged;    /* a quorum signed another root than ours */
    uint64_t diverged_height;
    char reason[192]; /* why it does not vote, or what diverged; "" */
};
void replica_status(const struct replica *r, struct replica_status *ret);
/* Is this record held and not yet final? For "pending". */
bool replica_holds(const struct replica *r, const struct digest *wire_id);
/* The newest attested checkpoint with the freshest cosignatures known (heartbeats); false before the first. */
bool replica_attested(const struct replica *r, struct attested *ret);

#endif
