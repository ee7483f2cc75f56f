/* sim.h: a seeded world of whole replicas. One event heap ordered by (time, counter), one seed, the
 * same object code as production: replica_step, the signer, the journal over a disk in memory,
 * execution and commits over store_memory. Same seed, same trace hash.
 *
 *   world.c    one world: what it is like, the heap, chaos, healing, the end
 *   node.c     one node: start from its disks, jobs, disk completions, crash
 *   network.c  sessions, delay, loss, duplication, partition; clients
 *   liars.c    one lie each
 *   checks.c   what must hold, from what was seen on the wire, on the disks and in the stores
 *   memo.c     a signature is checked once per process
 *   fixture.c  genesis, keys and signed records, made once per process
 *   main.c     seeds, processes, the summary
 *
 * Time is in milliseconds since the world began; every node's wall clock is SIM_EPOCH_MS + time +
 * its skew. Nothing here reads a clock or a random number.
 */
#ifndef SIM_H
#define SIM_H

#include "consensus/message.h"
#include "node/execution.h"
#include "node/peer_message.h"
#include "node/replica.h"
#include "node/replica_message.h"
#include "storage/journal.h"
#include "storage/journal_memory.h"
#include "storage/store_memory.h"

enum {
    NODES_MAX = 9, /* 7 validators, 2 followers */
    SIM_RECORDS = 360,       /* made */
    SIM_RECORDS_SHORT = 48,  /* used in most worlds */
    SIM_LAST_RECORDS = 4, /* submitted after healing: these must be acknowledged */
    SIM_VARIANTS = 6,
    SIM_VIEWS = 2048,
    SIM_HEIGHTS = 512,
    SIM_OLD_MESSAGES = 64,
    SIM_SEEN_BLOCKS = 512,
    SIM_COSIGNATURES = 1024,
    SIM_TEXT_BYTES = 512,
};
#define SIM_EPOCH_MS UINT64_C(1780272000000)

struct fixture { /* expensive and seed-independent: genesis, keys, signed records */
    uint32_t n, variant, made;
    struct genesis *genesis;
    struct seed seeds[NODES_MAX];
    struct validator_keys keys[NODES_MAX];
    struct buffer records[SIM_RECORDS];
    struct digest wire_ids[SIM_RECORDS];
    int twin_of[SIM_RECORDS]; /* another signature over the header of this record, or -1 */
};
struct fixtures {
    struct fixture *made[NODES_MAX][SIM_VARIANTS];
};
/* A second valid signature over the same bytes, which an honest signer never makes. */
void sign_again(const struct keypair *keys, const char *tag, struct span message, struct signature *ret);
const struct fixture *fixture_get(struct fixtures *all, uint32_t n, uint32_t variant, uint32_t records);
void fixtures_free(struct fixtures *all);

enum event_kind {
    EVENT_DELIVER,
    EVENT_CONNECT,    /* from, node: a session begins */
    EVENT_DISCONNECT, /* from, node: it ends */
    EVENT_JOB,
    EVENT_TIMER,
    EVENT_DISK,
    EVENT_CRASH,
    EVENT_STOP,
    EVENT_RESTART,
    EVENT_SUBMIT,
    EVENT_NETWORK,
    EVENT_BLACKOUT, /* no link works; then everybody crashes, and all heals */
    EVENT_LIE,
    EVENT_HEAL,
    EVENT_WATCH, /* after healing: has everybody arrived? */
};
enum job_kind { JOB_VERIFY, JOB_EXECUTE, JOB_COMMIT, JOB_READ };

struct event {
    uint64_t at_ms, counter;
    enum event_kind kind;
    int node, from;
    uint32_t life; /* DELIVER: the session's; else the node's: an event of an earlier one is void */
    uint8_t type;
    enum job_kind job_kind;
    uint64_t job, height, count;
    bool wait;
    const struct block_job *block;
    struct attested *attested; /* owned */
    int record;
    uint8_t *bytes; /* owned */
    size_t len;
};

/* What a liar does; all the rest of it is an honest replica. */
struct world;
struct liar {
    const char *name;
    /* Sees what `from` would send to `to`; may change it, add to it, or drop it (false). */
    bool (*send)(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes);
    void (*tick)(struct world *w, int from); /* now and then; may be NULL */
};
extern const struct liar *const liars[];
extern const uint32_t liars_count;

struct durable_record { /* an own vote or a certificate in a node's journal */
    uint64_t sequence;
    uint64_t certificate_view; /* 0: a vote */
    struct digest digest;      /* of the vote's bytes */
};

struct node {
    int index;
    bool alive, honest, follower, late; /* late: begins to exist only now and then */
    bool disk_broken, store_new;
    uint32_t life;
    int64_t skew_ms;
    struct replica *replica;
    struct replica_outputs *outputs;
    struct store store;
    struct journal_memory *disk;
    struct journal *journal;
    struct journal_batch *batch;
    bool batch_running;
    uint64_t journal_offset; /* journal sequence - replica sequence, modulo 2^64 */
    bool journal_offset_known;
    struct execution *execution;
    struct executed *executed[512];
    uint32_t executed_count;
    struct event *commit_running; /* what a crash finds under way; in the heap */
    uint64_t execute_free_ms, commit_free_ms, timer_at_ms;
    struct durable_record *records;
    uint32_t records_count, records_cap;
    uint64_t started_ms, seen_view, entered_ms, heard_ms[NODES_MAX], heard_view[NODES_MAX], heard_before_ms[NODES_MAX]; /* what checks saw of it */
    uint64_t executed_height;
    uint32_t store_faults, journal_faults; /* in so many writes from now one fails; 0: never */
    bool tear;                             /* a crash is in a write: its sync does not happen */
};

/* What one key signed in a view, as seen on the wire. */
struct signed_view {
    bool notarize, nullify, finalize;
    struct digest notarize_digest, finalize_digest;
};

/* A block somebody sent. */
struct seen_block {
    struct digest digest;
    uint64_t view, height, time_ms;
};

/* One cosignature an honest key made. */
struct seen_cosignature {
    uint64_t size, time_s;
    struct digest root;
};

/* What a client knows of one record. */
struct client_record {
    bool submitted, pending, acknowledged;
    uint64_t height, log_index;
    uint16_t code;
    uint32_t by; /* bit per node that acknowledged it */
    uint32_t tries;
};

struct world {
    uint64_t seed, random, now_ms, counter, heal_ms, end_ms;
    const struct fixture *fixture;
    uint32_t n, nodes_count; /* validators, and followers after them */
    struct node nodes[NODES_MAX];
    struct event **heap;
    size_t heap_count, heap_cap;
    const struct liar *liar;
    int liar_node; /* -1: none */
    int lost_node; /* loses its whole journal at crashes; -1: none */
    uint32_t pool_records_max, segment_bytes;
    uint64_t pool_bytes_max;
    uint32_t job_ms_max, disk_ms_max, crash_sector_chance;
    uint32_t records_count;
    bool long_chain; /* more blocks than a node holds at once while it catches up */
    bool disk_faults, all_crash, blackout, dark;
    uint32_t crash_every_ms, network_every_ms, submit_every_ms;
    /* network */
    uint32_t delay_min_ms, delay_max_ms, loss_256, duplicate_256;
    bool ordered; /* as over one TCP connection: no reordering within a session */
    bool cut[NODES_MAX][NODES_MAX]; /* from, to */
    bool connected[NODES_MAX][NODES_MAX];
    uint32_t session[NODES_MAX][NODES_MAX];
    uint64_t link_free_ms[NODES_MAX][NODES_MAX];
    bool healed, quiet, settled, done;
    uint64_t quiet_view;
    /* checks */
    struct signed_view (*signed_views)[SIM_VIEWS];
    struct digest roots[SIM_HEIGHTS], blocks[SIM_HEIGHTS];
    bool root_known[SIM_HEIGHTS];
    struct seen_block seen_blocks[SIM_SEEN_BLOCKS];
    uint32_t seen_blocks_count;
    struct seen_cosignature (*cosignatures)[SIM_COSIGNATURES];
    uint32_t cosignatures_count[NODES_MAX];
    uint64_t block_views[SIM_HEIGHTS], block_times[SIM_HEIGHTS];
    uint64_t log_sizes[SIM_HEIGHTS];
    uint64_t finalized_ms[SIM_VIEWS]; /* true time at which so many had sent finalize that the view is final; 0: never */
    uint64_t committed_view;                 /* of the newest block in any store */
    struct client_record records[SIM_RECORDS];
    struct buffer old[SIM_OLD_MESSAGES]; /* what a replaying liar remembers */
    uint8_t old_type[SIM_OLD_MESSAGES];
    uint32_t old_count;
    struct { struct digest ours, theirs; } swaps[SIM_OLD_MESSAGES]; /* of an equivocating leader: two blocks of one view */
    uint32_t swaps_count;
    struct sha256 trace;
    bool verbose, failed;
    char failure[SIM_TEXT_BYTES];
    uint64_t steps, height, crashes, evidence;
    uint64_t conflicts; /* pairs of votes that exclude each other, sent by the liar to one node */
};

/* world.c */
uint64_t sim_random(struct world *w, uint64_t below);
bool sim_chance(struct world *w, uint32_t of_256);
void sim_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* In `wait_ms` from now. Takes over e.bytes and e.attested. */
struct event *event_push(struct world *w, uint64_t wait_ms, struct event e);

/* node.c */
void node_begin(struct world *w, struct node *n); /* its disks, empty */
void node_start(struct world *w, struct node *n);
void node_crash(struct world *w, struct node *n);
void node_free(struct world *w, struct node *n);
void node_input(struct world *w, struct node *n, struct replica_input in);
void node_job(struct world *w, struct event *e);
void node_disk(struct world *w, struct node *n);
void node_timer(struct world *w, struct node *n, uint64_t at_ms);
uint64_t node_time_ms(const struct world *w, const struct node *n);

/* network.c */
void network_send(struct world *w, int from, int to, uint8_t type, struct span bytes);
/* Puts a message on the wire as it is: for liars. */
void network_raw(struct world *w, int from, int to, uint8_t type, struct span bytes);
void network_deliver(struct world *w, const struct event *e);
void network_connect(struct world *w, const struct event *e);
void network_disconnect(struct world *w, int a, int b); /* both learn of it, those that live */
void network_offer(struct world *w, int node); /* sessions with everybody begin soon */
void network_draw(struct world *w); /* another set of cut links */
void network_heal(struct world *w);
void client_submit(struct world *w, int record);

/* checks.c */
void check_wire(struct world *w, uint8_t type, struct span bytes); /* whatever leaves a node, a liar too */
void check_heard(struct world *w, struct node *n, int from, uint8_t type, struct span bytes);
void check_stepped(struct world *w, struct node *n);
void check_send(struct world *w, struct node *from, uint8_t type, struct span bytes);
void check_journalled(struct world *w, struct node *n, uint64_t sequence, uint8_t type,
                      struct span bytes);
void check_executed(struct world *w, struct node *n, const struct executed *e,
                    const struct block_job *block);
void check_attested(struct world *w, struct node *n, const struct attested *a);
void check_reply(struct world *w, struct node *n, const struct replica_reply *reply);
void check_alarm(struct world *w, struct node *n, struct span text);
void check_dropped(struct world *w, struct node *n, int peer, enum err e);
void check_started(struct world *w, struct node *n);
bool check_arrived(struct world *w, char ret_why[SIM_TEXT_BYTES]);
void check_end(struct world *w);

/* memo.c */
void memo_free(void);

struct world_result {
    bool ok;
    struct digest trace;
    char failure[SIM_TEXT_BYTES];
    char description[SIM_TEXT_BYTES];
    uint64_t blocks, steps, crashes, evidence, simulated_ms;
};
void world_run(struct fixtures *fixtures, uint64_t seed, bool verbose, struct world_result *ret);

#endif
