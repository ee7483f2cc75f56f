/* host.h: what the RPC asks of the node. The node fills it in; so do tests. A struct of functions, because rpc may not know node.
 *
 * Threads: snapshot_*, attested and status may be called from any thread, at the same time; submit and pending come from
 * rpc_call_continue only, which the owner calls on its loop thread.
 * Ownership: `struct host` is copied; self, ops and genesis outlive every call made with it.
 * Nothing here fails: what is not there is `false`; a store that cannot read stops the program.
 */
#ifndef RPC_HOST_H
#define RPC_HOST_H

#include "base/crypto.h"
#include "base/err.h"
#include "genesis/genesis.h"
#include "ledger/checkpoint.h"
#include "ledger/state.h"
#include "storage/leaves.h"
#include "rpc/visitor.h"
#include "storage/scans.h"
#include "storage/sealed.h"

/* A view of the store at one visible height; nothing in it changes while it is held. */
struct snapshot {
    struct reader reader;
    void *lease; /* the node's own */
};

/* The answer to one submitted record. */
enum submit_outcome { SUBMIT_PENDING, SUBMIT_REFUSED, SUBMIT_BUSY, SUBMIT_COMMITTED };
struct submit_reply {
    enum submit_outcome outcome;
    enum err err;               /* REFUSED, BUSY */
    uint32_t retry_after_ms;    /* BUSY */
    struct digest wire_id, record_id; /* zero when the bytes were no record */
    uint64_t height, log_index; /* COMMITTED; log index UINT64_MAX when the record was not accepted */
    uint16_t code, item;        /* COMMITTED: SPEC X4 */
};

enum { HOST_REASON_BYTES = 192, HOST_ALARMS_MAX = 8 };

struct host_alarm {
    uint64_t sequence; /* from 1, rising */
    uint64_t time_ms;
    char text[HOST_REASON_BYTES];
};

struct host_status {
    bool validator;             /* else a follower */
    uint8_t index;              /* of the validator */
    char version[32];
    uint64_t started_ms;        /* wall clock */
    uint64_t now_ms;            /* wall clock */
    uint64_t view, final_view;
    uint64_t final_height, executed_height, committed_height, attested_height;
    uint64_t final_time_ms;     /* block time of the newest final block */
    uint64_t attested_time_s;   /* as-of time of the newest attested checkpoint */
    uint32_t peers, validators_connected;
    uint32_t pool_records, pool_records_max;
    uint64_t pool_bytes, pool_bytes_max;
    uint64_t records_accepted, records_refused, blocks, views_nullified, evidence;
    bool ready;                 /* caught up and able to answer for the present: /readyz */
    bool voting;
    bool diverged;
    uint64_t diverged_height;
    char reason[HOST_REASON_BYTES]; /* why it does not vote, is not ready, or what diverged; "" */
    uint64_t alarms_total;
    struct host_alarm alarms[HOST_ALARMS_MAX]; /* the newest, oldest first */
    uint32_t alarms_count;
    /* HTTP, from struct http_shared. */
    uint64_t http_connections, http_streams, http_requests, http_refused, http_bytes_in, http_bytes_out;
    uint64_t http_answers[6];
    /* Leaves of code packs. */
    uint64_t leaves_packs, leaves_packs_incomplete, leaves_chunks, leaves_bytes, leaves_fetched, leaves_refused, leaves_damaged;
    /* Process. */
    uint64_t memory_bytes, cpu_us, journal_syncs, journal_bytes;
};

struct host_ops {
    void (*snapshot_acquire)(void *self, struct snapshot *ret);
    void (*snapshot_release)(void *self, struct snapshot *snapshot);
    /* The freshest quorum of cosignatures known for exactly the snapshot's height and log size: what was committed with it, or a
     * later heartbeat. False only before the first heartbeat at genesis. */
    bool (*attested)(void *self, const struct snapshot *snapshot, struct attested *ret);
    /* Is a record with this wire identity, or this record id, held and not yet visible to a new snapshot? */
    bool (*pending)(void *self, const struct digest *id);
    /* Bytes of one wire record (SPEC R6), borrowed for the call. The answer comes to rpc_call_submitted of the call with
     * ticket >> 16, index ticket & 0xffff: once, or with `wait` a second time after SUBMIT_PENDING. Never from inside submit. */
    void (*submit)(void *self, uint64_t ticket, bool wait, struct span record);
    void (*status)(void *self, struct host_status *ret);
};

struct host {
    void *self;
    const struct host_ops *ops;
    const struct genesis *genesis;
    /* The leaves of code packs that are held here, from any thread (storage/leaves.h: leaves_get_chunk, leaves_get_hashes; the pack's root
     * and count come from a snapshot). Held by nobody here is "cannot tell", never "never issued". NULL: none are kept. */
    struct leaves *leaves;
    /* Tallies of scans, from any thread but the loop's (storage/scans.h). NULL: none are kept. */
    struct scans *scans;
    /* What opens hidden values, from any thread but the loop's (storage/sealed.h). NULL: none is kept. */
    struct sealed_store *sealed;
    /* Who may report how many of them. NULL: nobody is limited. */
    struct visitors *visitors;
    /* The subject that anchors them, for who watches; empty: not told. */
    struct span scans_anchored_by;
};

#endif
