/* uv_node.h: one running node: the replica and the world around it. Shared by uv_loop.c (turns, outputs, stop), uv_start.c (opening
 * everything), uv_jobs.c (the lanes' jobs), uv_host.c (what RPC asks) only; main.c uses uv_node_run.
 *
 * A turn of the loop: callbacks bring inputs; each is a replica_step whose outputs are handled at once; before the loop waits again
 * (uv_prepare) answers go to RPC, the journal's records to the disk thread, each peer's bytes into one write, and the timer is set. Nothing slow
 * runs here.
 *
 * Threads: everything belongs to the loop's thread but `shared`, which any thread reads under its mutex, and what a job carries.
 */
#ifndef NODE_UV_NODE_H
#define NODE_UV_NODE_H

#include "node/config.h"
#include "node/execution.h"
#include "node/uv_disk.h"
#include "node/uv_net.h"
#include "node/uv_work.h"
#include "rpc/host.h"
#include "storage/leaves.h"
#include "storage/sealed.h"

enum { UV_NODE_ERROR_BYTES = 1024 };

/* Runs a node until it is told to stop: 0, or 1 with the reason logged. */
int uv_node_run(const struct config *config);

/* ---- inside ---- */

/* A store snapshot, counted, with what RPC wants to know of it. */
struct lease {
    _Atomic uint32_t references;
    struct store_snapshot *snapshot;
    uint64_t height, log_size;
};

struct shared {
    uv_mutex_t mutex;
    struct lease *newest;
    struct replica_status replica;
    struct attested attested;
    bool has_attested;
    struct host_alarm alarms[HOST_ALARMS_MAX]; /* a ring: sequence % HOST_ALARMS_MAX */
    uint64_t alarms_total;
    bool ready;
    uint64_t journal_syncs, journal_bytes;
    struct host_status counters; /* its http_* and leaves_* fields only */
};

struct execute_job;

struct late_reply {
    uint64_t ticket;
    struct submit_reply reply;
};

struct executed_list {
    struct executed **list;
    size_t count, cap;
};

struct uv_http;
struct uv_leaves;
struct uv_sealed;

struct uv_node {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_timer_t timer, stop_timer;
    uv_signal_t terminate, interrupt;
    const struct config *config;
    struct genesis *genesis;
    struct validator_keys keys;
    int validator; /* -1: a follower */
    struct store store;
    struct leaves *leaves;
    struct visitors *visitors;
    struct scans *scans; /* NULL: its file cannot be used; the node goes on without */
    struct sealed_store *sealed; /* NULL: the same */
    bool store_open, store_new; /* new: it was empty when this process came */
    struct execution *execution; /* of the executor's thread */
    struct uv_disk *disk;
    struct uv_net *net;
    struct uv_http *http;
    struct uv_leaves *leaf_fetch;
    struct uv_sealed *deletions;
    struct uv_lane *verify, *execute, *commit, *read;
    struct replica *replica;
    struct replica_outputs *outputs;
    struct host host;
    struct shared shared;
    uint64_t started_ms; /* wall clock */

    bool stepping, stepped;
    uint64_t *downs; /* peers that went down while stepping */
    size_t downs_count, downs_cap;
    struct late_reply *replies;
    size_t replies_count, replies_cap;
    uint64_t timer_at_ms;
    uint64_t journal_offset; /* journal sequence - replica sequence, modulo 2^64 */
    bool journal_offset_known;
    struct parcel *last_parcel; /* of this step: the same bytes to many peers are one parcel */
    const uint8_t *last_bytes;

    struct arena *verify_arenas; /* one per thread of the lane */
    struct execute_job *execute_first, *execute_last; /* held back: the overlay is full */
    size_t overlay_blocks, overlay_bytes, executing;
    struct executed_list executed; /* executed, not yet given to the committer */

    bool write_failed, stopping, closing, failed;
    bool loop_open, mutex_open;
    uint64_t stop_at_ms; /* when stopping waits for nobody any more */
    bool was_ready;      /* for the log: ready for the first time, and again */
};

/* uv_loop.c */
void node_input(struct uv_node *n, struct replica_input *in); /* fills in the times */
void node_alarm(struct uv_node *n, struct span text);
void node_write_failed(struct uv_node *n, const char *what, const char *why);
void node_fail(struct uv_node *n, const char *what, const char *why); /* cannot go on: stops */
uint64_t wall_clock_ms(void);
/* Events of uv_net and uv_disk. */
enum err node_peer_who(void *context, const struct pubkey *key, bool dialled, struct peer_grant *ret_grant,
                       uint8_t *ret_validator);
void node_peer_up(void *context, uint64_t peer, uint8_t validator, bool source);
void node_peer_message(void *context, uint64_t peer, uint8_t type, struct span body);
void node_peer_down(void *context, uint64_t peer);
void node_journal_written(void *context, uint64_t sequence);
void node_journal_failed(void *context, const char *why);

/* uv_start.c */
bool node_open(struct uv_node *n);

/* uv_jobs.c */
void node_verify(struct uv_node *n, const struct replica_output *out);
void node_execute(struct uv_node *n, const struct replica_output *out);
void node_commit(struct uv_node *n, const struct replica_output *out);
void node_read_blocks(struct uv_node *n, const struct replica_output *out);
void node_jobs_free(struct uv_node *n);

/* uv_host.c */
struct lease *lease_new(struct store store);
struct lease *lease_hold(struct uv_node *n); /* the newest; any thread */
void lease_drop(struct lease *l);            /* any thread; accepts NULL */
void lease_publish(struct uv_node *n, struct lease *l);
void host_fill(struct uv_node *n);
void shared_update(struct uv_node *n); /* the loop's copy of what other threads may ask */

#endif
