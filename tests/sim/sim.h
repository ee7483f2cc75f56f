/* sim.h: a seeded world of whole replicas. One event heap ordered by (time, counter), one seed, the same object code as production: replica_step, the signer, the
 * journal over a disk in memory, execution and commits over store_memory. Same seed, same trace hash.
 *
 *   world.c    the heap, nodes, their jobs and disks, crash and restart
 *   network.c  delay, loss, duplication, partition; what liars do to what they send
 *   liar_*.c   one lie each
 *   checks.c   what must hold, written without asking production code
 *   main.c     seeds, planted faults, the summary
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

enum { NODES_MAX = 8, SIM_RECORDS = 48, SIM_VIEWS = 4096, SIM_HEIGHTS = 1024 };
#define SIM_EPOCH_MS UINT64_C(1780272000000)

enum event_kind { EVENT_DELIVER, EVENT_JOB, EVENT_TIMER, EVENT_DISK, EVENT_CRASH, EVENT_RESTART, EVENT_SUBMIT, EVENT_NETWORK, EVENT_HEAL };
enum job_kind { JOB_VERIFY, JOB_EXECUTE, JOB_COMMIT, JOB_READ };

struct event {
    uint64_t at_ms, counter;
    enum event_kind kind;
    int node, from;
    uint32_t incarnation, from_incarnation;
    uint8_t type;
    enum job_kind job_kind;
    uint64_t job, height, count;
    bool wait;
    const struct block_job *block;
    struct attested attested;
    int record;
    uint8_t *bytes; /* owned */
    size_t len;
};

/* What a liar does; the rest of it is an honest replica. */
struct world;
struct liar {
    const char *name;
    /* May change, drop (return false) or add to what `from` sends to `to`. */
    bool (*send)(struct world *w, int from, int to, uint8_t *type, struct buffer *bytes);
    void (*tick)(struct world *w, int from); /* now and then; may be NULL */
};
extern const struct liar *const liars[];
extern const int liars_count;

struct durable_vote {
    uint64_t sequence;
    struct digest digest; /* of the journalled bytes */
};

struct node {
    int index;
    bool alive, honest, follower;
    uint32_t incarnation;
    int64_t skew_ms;
    struct replica *replica;
    struct replica_outputs *outputs;
    struct store store;
    struct journal_memory *disk;
    struct journal *journal;
    struct journal_batch *batch;
    bool batch_running;
    struct execution *execution;
    struct executed *executed[512];
    uint64_t executed_heights[512];
    uint32_t executed_count;
    uint64_t last_execute_ms, last_commit_ms, timer_at_ms;
    struct durable_vote *votes;
    uint32_t votes_count, votes_cap;
    bool connected[NODES_MAX];
};

/* What one key signed in a view, as seen on the wire. */
struct signed_view {
    bool notarize, nullify, finalize;
    struct ballot notarize_ballot, finalize_ballot;
};

struct fixture { /* expensive and seed-independent: genesis, keys, signed records */
    uint32_t n, variant;
    struct genesis *genesis;
    struct seed seeds[NODES_MAX];
    struct validator_keys keys[NODES_MAX];
    struct buffer records[SIM_RECORDS];
    struct digest wire_ids[SIM_RECORDS];
    int twin_of[SIM_RECORDS]; /* another signature over the header of this record, or -1 */
};
const struct fixture *fixture_get(uint32_t n, uint32_t variant);
void fixtures_free(void);

struct world {
    uint64_t seed, random, now_ms, counter;
    const struct fixture *fixture;
    uint32_t n, nodes_count; /* validators, and followers after them */
    struct node nodes[NODES_MAX];
    struct event *heap;
    size_t heap_count, heap_cap;
    const struct liar *liar;
    int liar_node;
    /* network */
    uint32_t delay_min_ms, delay_max_ms, loss_256, duplicate_256;
    bool cut[NODES_MAX][NODES_MAX]; /* from, to */
    bool healed;
    uint32_t crash_sector_chance;
    /* checks */
    struct signed_view (*signed_views)[SIM_VIEWS];
    struct digest roots[SIM_HEIGHTS], blocks[SIM_HEIGHTS];
    bool root_known[SIM_HEIGHTS];
    bool acknowledged[SIM_RECORDS];
    uint64_t acknowledged_height[SIM_RECORDS], acknowledged_index[SIM_RECORDS];
    bool submitted[SIM_RECORDS];
    struct buffer old[64]; /* messages a replaying liar remembers */
    uint8_t old_type[64];
    uint32_t old_count;
    struct sha256 trace;
    bool verbose, failed;
    char failure[512];
    uint64_t steps, blocks_total, crashes;
};

uint64_t sim_random(struct world *w, uint64_t below);
void sim_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void event_push(struct world *w, struct event e);
void node_input(struct world *w, struct node *n, struct replica_input in);
void network_send(struct world *w, int from, int to, uint8_t type, struct span bytes);
/* Puts a message on the wire as it is: for liars. */
void network_raw(struct world *w, int from, int to, uint8_t type, struct span bytes);
void network_connect(struct world *w, int a, int b);
void network_draw(struct world *w);
void network_heal(struct world *w);
uint64_t node_time_ms(const struct world *w, const struct node *n);

void check_send(struct world *w, struct node *from, uint8_t type, struct span bytes);
void check_journalled(struct world *w, struct node *n, uint64_t sequence, uint8_t type, struct span bytes);
void check_executed(struct world *w, struct node *n, const struct executed *e, const struct block_job *block);
void check_reply(struct world *w, struct node *n, const struct replica_reply *reply);
void check_alarm(struct world *w, struct node *n, struct span text);
void check_end(struct world *w);

/* One world from a seed; false when a check failed (w->failure says which). ret_trace: the trace's hash. */
bool world_run(uint64_t seed, bool verbose, struct digest *ret_trace, char ret_failure[512], uint64_t *ret_blocks);

#endif
