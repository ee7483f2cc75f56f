/* replica_state.h: the replica's memory and the functions its files share. Private to node/replica*.c. */
#ifndef NODE_REPLICA_STATE_H
#define NODE_REPLICA_STATE_H

#include "consensus/consensus.h"
#include "node/peer_message.h"
#include "node/pool.h"
#include "node/recent.h"
#include "node/replica.h"
#include "node/replica_message.h"
#include "node/signer.h"

enum {
    PAYLOADS_MAX = 256,          /* known proposals; the oldest that nobody certified is dropped first */
    FINALS_MAX = 4 * PIPELINE_BLOCKS_MAX, /* final blocks not committed yet: fetching more waits */
    VERIFY_JOBS_MAX = 8192,      /* records being checked; more are answered busy */
    VERIFY_BYTES_MAX = 32 << 20,
    WAITERS_MAX = 65536,         /* submitters waiting for "committed"; beyond it the answer is pending only */
    TOLD_EVIDENCE = 256,         /* the newest are remembered; an older one would be told again */
    COSIGNATURES_MAX = 4096,
    STATUS_INTERVAL_MS = 1000,
    SPREAD_BYTES = 64 << 10,     /* records are gathered into messages of about this size */
    SPREAD_MS = 1,               /* but no record waits longer for others to come along */
    GATHER_MS = 3,               /* a block waits this long for records that are being checked */
    FETCH_MS = 8,                /* what a payload names and is not here may be on its way */
};

/* A block as somebody proposed it. Its identities are those its header commits to. */
struct payload {
    struct digest digest;
    struct block_header header;
    struct span header_bytes;    /* owned, with wire_ids, by one allocation behind this struct */
    struct digest *wire_ids;
    uint32_t count, found;       /* the first `found` records are in the pool, and held there */
    bool *held;                  /* those, and some that were lent before their turn: behind this struct */
    uint64_t added;              /* counter: age */
    bool journalled;
    bool bad;                    /* a record of it is not well formed, it names one twice, or it is too large */
    bool wanted;                 /* certified or being checked: missing records are fetched */
    bool check_asked;            /* consensus waits for a verdict at view `check_view` */
    uint64_t check_view;
    struct digest check_parent;
    uint64_t fetch_at_ms;        /* when missing records are asked for (again); 0: none was missed yet */
    bool proposer_asked;
};

struct verify_job {
    uint64_t job, peer, ticket;
    bool submitted, wait, needed;
    struct digest wire_id, record_id;
    uint64_t expires_ms;
    struct span bytes;           /* owned, behind this struct */
};

/* A final block on its way from consensus (or from a peer's blocks) to the store. */
struct final_block {
    uint64_t view, height;
    struct digest digest;
    struct buffer certificate;   /* canonical */
    struct buffer link;          /* canonical array, empty until complete */
    uint64_t link_from;          /* view of the block before */
    uint64_t link_fetch_at_ms;
    bool executing, executed;
    struct block_job job;
    struct buffer stored;
    struct span *records;        /* borrowed from the pool, which keeps them until the commit */
    uint64_t log_size;           /* executed */
    struct digest log_root;
    struct buffer results;
    uint64_t *log_indices;
};

/* By wire id; several submitters may wait for the same bytes. */
struct waiter {
    uint64_t ticket, asked_ms;
    struct digest record_id;
    struct waiter *next;
};

/* Evidence that a follower has told its operator of. */
struct told_evidence {
    uint64_t view; /* 0: none */
    uint8_t signer;
};

struct replica_peer {
    uint64_t id;
    uint8_t validator;
    bool source;                 /* may be asked for blocks */
    struct status_message status;
    bool status_known;
    uint64_t blocks_asked_ms;    /* 0: nothing asked */
};

/* What waits for the journal: released in order when `sequence` is durable. */
struct held {
    uint64_t sequence;
    bool own_vote, own_cosignature, proposal;
    uint8_t message;             /* type to send to all, 0: none */
    bool followers_too;
    struct span bytes;           /* owned, behind this struct */
    struct vote vote;
    struct cosignature cosignature;
    struct digest payload;       /* PROPOSAL: send this payload first; zero for a repeat */
    struct held *next;
};

/* When something above a block became possible: SPEC K4. */
struct passed {
    uint64_t view, time_s;
    struct digest digest;
};

struct queued_input {
    struct consensus_input in;
    struct certificate *certificate; /* owned */
    struct queued_input *next;
};

/* Blocks from a peer, checked and waiting for a finalization above them. */
struct synced_block {
    struct payload *payload;
    struct buffer certificate, link;
    uint64_t view;
    bool final;                  /* the certificate is a finalization */
    struct synced_block *next;
};

struct replica {
    struct replica_config config;
    const struct genesis *genesis;
    uint32_t n;
    bool validator, started, stopping, write_failed;
    struct lost {                 /* replica_lost.c */
        bool active, heard[VALIDATORS_MAX];
        bool voted_since;         /* a vote of our own stands in the journal behind its last FOUND */
        uint32_t heard_count;
        uint64_t sequence, claims_max;
        uint64_t cosign_view; /* cosignatures begin with the first block of this view or above; 0: always */
    } lost;
    struct signer signer;
    struct consensus *consensus;
    struct consensus_outputs *consensus_outputs;
    struct queued_input *queue_first, *queue_last;
    uint64_t now_ms, time_ms;
    uint64_t random;

    struct replica_peer peers[PEERS_MAX];
    uint32_t peers_count;

    struct pool pool;
    struct recent recent;         /* committed last */
    struct digest_map payloads;
    uint64_t payloads_added;
    uint64_t check_view;          /* the proposal consensus asked about last, while its payload is missing */
    struct digest check_digest, check_parent;
    struct digest_map verifying;  /* by wire id: struct verify_job */
    struct verify_job *jobs[2 * VERIFY_JOBS_MAX]; /* by job number - 1 */
    uint32_t jobs_count, jobs_free; /* jobs_free: where to look for a free place first */
    uint64_t jobs_bytes;
    struct digest_map waiters;    /* by wire id: struct waiter */
    uint32_t waiters_count;
    uint64_t waiters_swept_ms;
    struct told_evidence told[TOLD_EVIDENCE]; /* a ring */
    uint32_t told_next;
    struct buffer spread;         /* concatenated wire records waiting to be spread */
    uint32_t spread_count;
    uint64_t spread_since_ms;     /* when the first of them was put there */
    uint64_t gather_until_ms;     /* a proposal waits until then for records being checked; 0: none waits */

    uint64_t sequence, durable;   /* journal */
    uint64_t guard_sequence;
    struct held *held_first, *held_last;
    struct journal_mark *marks;   /* (sequence, view) of votes, certificates, payloads, in order */
    size_t marks_first, marks_count, marks_cap;

    /* The chain: committed <= executed <= final. */
    struct final_block *finals[FINALS_MAX]; /* rising; [0] is the oldest uncommitted */
    uint32_t finals_count;
    struct digest tip_digest;     /* newest block handed to finals */
    uint64_t tip_view;            /* view at which that block was made */
    struct block_header executed_header;
    struct digest executed_digest;
    uint64_t executed_height, executed_size;
    struct digest executed_root;
    uint64_t committed_height, committed_size, commit_asked;
    uint64_t committed_view;
    uint64_t final_time_ms;

    struct cosignature cosignatures[COSIGNATURES_MAX];
    uint32_t cosignatures_count;
    struct attested attested;
    bool attested_known;
    struct passed *passed;
    size_t passed_count, passed_cap;
    uint64_t heartbeat_at_ms, status_at_ms;

    struct synced_block *synced_first, *synced_last; /* from peers, above the tip, not known to be final */

    bool work, buildable, work_dirty;
    bool diverged;
    uint64_t diverged_height;
    char reason[192];
    uint64_t records_accepted, records_refused, blocks, views_nullified, evidence;
    struct replica_outputs *out;  /* during a step */
};

struct journal_mark {
    uint64_t sequence, view;
};

/* outputs (replica_output.c) */
struct replica_output *output_add(struct replica *r, enum replica_output_kind kind);
struct span output_copy(struct replica *r, struct span bytes);
void send_to(struct replica *r, uint64_t peer, uint8_t type, struct span bytes);
void send_validators(struct replica *r, uint8_t type, struct span bytes);
void send_all(struct replica *r, uint8_t type, struct span bytes);
/* A follower does not send validators what validators made: they have it, and read little of a follower
 * (MESSAGE_SET_FOLLOWER). */
bool may_push(const struct replica *r, const struct replica_peer *p, uint8_t type);
void alarm_raise(struct replica *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void drop_peer(struct replica *r, uint64_t peer, enum err e);
uint64_t journal_add(struct replica *r, uint8_t type, struct span bytes, uint64_t view);
/* Remembers that a journal record belongs to a view: it may go when that view is committed. */
void journal_mark(struct replica *r, uint64_t sequence, uint64_t view);
void hold(struct replica *r, struct held h, struct span bytes);
void release_held(struct replica *r);
bool may_sign(const struct replica *r);
uint64_t random_next(struct replica *r);
/* Any connected validator but ourselves, at random; PEER_NONE when there is none. */
uint64_t random_peer(struct replica *r);

/* consensus (replica_order.c) */
void consensus_queue(struct replica *r, struct consensus_input in, const struct certificate *certificate);
void consensus_run(struct replica *r); /* until its queue is empty */
void on_vote_message(struct replica *r, const struct replica_input *in);
void on_certificate_message(struct replica *r, const struct replica_input *in);
void on_certificate_fetch(struct replica *r, const struct replica_input *in);
void on_evidence_message(struct replica *r, const struct replica_input *in);
void update_work(struct replica *r);

/* records (replica_submit.c) */
void on_submit(struct replica *r, const struct replica_input *in);
void on_verified(struct replica *r, const struct replica_input *in);
void on_records_message(struct replica *r, const struct replica_input *in);
void on_record_fetch(struct replica *r, const struct replica_input *in);
void flush_spread(struct replica *r);
void respread_old(struct replica *r);
/* Checks a record that a payload names and that came from a peer (or the journal). */
bool verify_needed(struct replica *r, uint64_t peer, struct span wire);
void waiters_forget(struct replica *r);
void answer_waiters(struct replica *r, const struct final_block *f);

/* payloads (replica_propose.c) */
void build(struct replica *r, const struct ballot *parent);
void check_proposal(struct replica *r, const struct consensus_output *o);
void want_payload(struct replica *r, const struct digest *digest);
void on_payload_message(struct replica *r, const struct replica_input *in);
void on_payload_fetch(struct replica *r, const struct replica_input *in);
struct payload *payload_find(const struct replica *r, const struct digest *digest);
/* NULL when the identities are not those of the header. */
struct payload *payload_add(struct replica *r, struct span header, struct span identities);
bool payload_complete(const struct replica *r, struct payload *p);
void payload_journal(struct replica *r, struct payload *p);
/* A journalled payload with its records, checked before we voted for it; the view it was proposed in. */
uint64_t payload_recover(struct replica *r, struct span body);
void payload_send(struct replica *r, const struct payload *p, uint64_t peer);
void payloads_progress(struct replica *r);
void payloads_drop_below(struct replica *r, uint64_t view);
/* Every payload takes hold of what it names and the pool has. */
/* A record that was lent is held by every payload that names it, wherever it stands there. */
void payloads_hold(struct replica *r, struct pool_record *record);
void payloads_fetch_on(struct replica *r, uint64_t peer);
void record_malformed(struct replica *r, const struct digest *wire_id);
uint64_t payloads_deadline(const struct replica *r);

/* final blocks (replica_execute.c) */
void on_final(struct replica *r, const struct ballot *b);
void finals_progress(struct replica *r);
void on_executed(struct replica *r, const struct replica_input *in);
void on_committed(struct replica *r, uint64_t height);
void commit_attested(struct replica *r);
uint64_t finals_deadline(const struct replica *r);
bool finals_room(const struct replica *r);
uint64_t tip_height(const struct replica *r); /* of the newest final block known */
struct final_block *final_push(struct replica *r, uint64_t view, const struct digest *digest);
const struct block_header *header_of(const struct replica *r, const struct digest *digest);

/* checkpoints (replica_attest.c) */
void attest_executed(struct replica *r, const struct final_block *f);
void on_cosignature_message(struct replica *r, const struct replica_input *in);
void take_cosignature(struct replica *r, const struct cosignature *c);
enum { PASSED_LONG_AGO = 1 }; /* second of a moment that is not known, which makes the guard's own time stand */
void note_passed(struct replica *r, uint64_t view, const struct digest *digest, uint64_t time_s);
void heartbeat(struct replica *r);
void guard_recover(struct replica *r, struct span body);
void guard_keep(struct replica *r, uint64_t sequence);

/* a lost journal (replica_lost.c) */
void lost_begin(struct replica *r, bool lost_now);
void lost_recover(struct replica *r, uint64_t sequence, uint8_t type, struct span body);
void lost_hear(struct replica *r, uint8_t validator, uint64_t view);
void lost_progress(struct replica *r);
bool lost_vouches(const struct replica *r); /* may it say in which view it is? */
void lost_keep(struct replica *r, uint64_t sequence); /* the mark goes with what is kept */

/* catching up (replica_sync.c) */
void on_status_message(struct replica *r, const struct replica_input *in);
void on_block_fetch(struct replica *r, const struct replica_input *in);
void on_blocks_message(struct replica *r, const struct replica_input *in);
void on_blocks_read(struct replica *r, const struct replica_input *in);
void send_status(struct replica *r, uint64_t peer);
void sync_progress(struct replica *r);
void synced_take(struct replica *r);

#endif
