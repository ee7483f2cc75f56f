/* spool.h: what the gateway must not forget, in one SQLite database (spool.c and spool_batch.c are
 * the only doors to it): WAL, synchronous FULL, so what a commit returned for is on the disk.
 *
 *   reads      every read taken, by rising sequence, as canonical bytes (read.h)
 *   hours      which sequences an hour received, and the Merkle root once the hour is over
 *   state      the zones' checkpoint: cursor, watermark, horizon; tags; movements not yet in a
 * batch batches    bodies, the record bytes that were signed for them, and what became of these
 *
 * Two ways to write: reads are appended by spool_begin, spool_read..., spool_commit; everything
 * that follows from reads (checkpoint, movements, batches) goes into one transaction of its own
 * with the cursor that says how far it follows. A crash between the two loses nothing: the reads
 * behind the cursor are played again and give the same.
 *
 * Connections: the intake has one, the sender another (spool_open twice); each belongs to one
 * thread. A writer waits for the other's commit.
 *
 * Failure: functions that return bool say false when the disk does not take it (full, or broken);
 * spool_trouble has SQLite's words. The caller rolls back, acknowledges nothing, and tries again
 * later. A database that is not ours or is damaged is refused by spool_open (ERR_SPOOL).
 */
#ifndef TOOLS_GATEWAY_SPOOL_H
#define TOOLS_GATEWAY_SPOOL_H

#include "base/crypto.h"
#include "base/err.h"
#include "tools/gateway/zones.h"

enum { HOUR_MS = 3600 * 1000 };

struct spool;
/* The database in this directory, made when absent (mode 0600). */
enum err spool_open(const char *directory, struct spool **ret,
                    struct refusal *ret_refusal) MUST_USE;
void spool_close(struct spool *s); /* accepts NULL */
const char *spool_trouble(const struct spool *s);

bool spool_begin(struct spool *s) MUST_USE;
bool spool_commit(struct spool *s) MUST_USE;
void spool_rollback(struct spool *s);  /* harmless outside a transaction */
uint64_t spool_bytes(struct spool *s); /* in use on the disk */

/* -- reads and hours -- */

/* In a transaction. sequence is one more than the last; the hour's count follows. */
bool spool_read(struct spool *s, uint64_t sequence, uint64_t received_ms,
                struct span bytes) MUST_USE;
/* 0 when there is none; received_ms of the last read. */
bool spool_last(struct spool *s, uint64_t *ret_sequence, uint64_t *ret_received_ms) MUST_USE;
typedef void spool_read_fn(void *self, uint64_t sequence, struct span bytes);
/* Reads from..to in order. */
bool spool_reads(struct spool *s, uint64_t from, uint64_t to, spool_read_fn *fn,
                 void *self) MUST_USE;

struct spool_hour {
    uint64_t hour, first, count; /* hour x HOUR_MS; sequences first .. first + count - 1 */
    bool rooted;
    struct digest root;
    uint64_t batch;   /* that carries the anchor; 0: none yet */
    uint64_t dropped; /* reads that were let go after anchoring */
};
/* The first hour from `hour` on; false when there is none (or the disk fails: *ret is untouched).
 */
bool spool_hour_from(struct spool *s, uint64_t hour, struct spool_hour *ret) MUST_USE;
bool spool_hour_root(struct spool *s, uint64_t hour, const struct digest *root) MUST_USE;
bool spool_hour_batch(struct spool *s, uint64_t hour, uint64_t batch) MUST_USE;
/* Lets go of the reads of an anchored hour. */
bool spool_hour_drop(struct spool *s, const struct spool_hour *h) MUST_USE;

/* -- checkpoint -- */

struct spool_state {
    uint64_t cursor;       /* the last sequence that was played */
    uint64_t waiting_from; /* the smallest sequence that waited then, cursor + 1 when none did */
    uint64_t watermark_ms, horizon_ms;
};
/* Zeroes when there is none yet. */
bool spool_state_load(struct spool *s, struct spool_state *ret) MUST_USE;
bool spool_state_save(struct spool *s, const struct spool_state *state) MUST_USE;
/* Zones are kept by name: a mapping that was edited finds them again. */
typedef const char *spool_zone_name_fn(void *self, uint16_t zone); /* NULL for ZONE_NONE */
typedef uint16_t spool_zone_find_fn(void *self, struct span name);
bool spool_tag_save(struct spool *s, const struct zone_tag *tag, const char *zone,
                    const char *candidate, const char *seen) MUST_USE;
bool spool_tag_drop(struct spool *s, struct span epc) MUST_USE;
typedef void spool_tag_fn(void *self, const struct zone_tag *tag);
bool spool_tags(struct spool *s, spool_zone_find_fn *find, void *zones, spool_tag_fn *fn,
                void *self) MUST_USE;
/* Movements of the batch being filled. */
bool spool_movement_save(struct spool *s, const struct movement *m, const char *from,
                         const char *to) MUST_USE;
bool spool_movements_clear(struct spool *s) MUST_USE;
typedef void spool_movement_fn(void *self, const struct movement *m);
bool spool_movements(struct spool *s, spool_zone_find_fn *find, void *zones, spool_movement_fn *fn,
                     void *self) MUST_USE;

/* -- batches (spool_batch.c) -- */

enum batch_state {
    BATCH_OPEN = 0,     /* no record of it was ever sent, or the one sent is proven dead */
    BATCH_SENT = 1,     /* its record may have reached a node */
    BATCH_ACCEPTED = 2, /* proven to be on the ledger */
};
struct spool_batch {
    uint64_t sequence; /* from 1, in the order of the stream */
    uint8_t kind;      /* of its record (SPEC R8) */
    uint32_t items, events;
    uint64_t newest_ms;
    enum batch_state state;
    uint32_t generation;
    uint64_t created_ms, expires_ms;
    struct digest record_id, wire_id;
    uint64_t height; /* of the block, when accepted */
    uint16_t code;   /* the last refusal of execution a node told of; 0 none */
};
/* In a transaction; the sequence it got. */
bool spool_batch_add(struct spool *s, const struct spool_batch *b, struct span body,
                     uint64_t *ret_sequence) MUST_USE;
/* Batches not accepted, oldest first, from a sequence on; false at the end. */
bool spool_batch_next(struct spool *s, uint64_t from, struct spool_batch *ret) MUST_USE;
bool spool_batch_get(struct spool *s, uint64_t sequence, struct spool_batch *ret) MUST_USE;
bool spool_batch_body(struct spool *s, uint64_t sequence, struct buffer *out) MUST_USE;
bool spool_batch_wire(struct spool *s, uint64_t sequence, struct buffer *out) MUST_USE;
/* The record that will be sent: durable before its first byte is. */
bool spool_batch_signed(struct spool *s, const struct spool_batch *b, struct span wire) MUST_USE;
/* State, height and code; of an accepted one the body and wire are let go. */
bool spool_batch_update(struct spool *s, const struct spool_batch *b) MUST_USE;
struct spool_counts {
    uint64_t reads, batches_open, batches_accepted, events_open, events_accepted;
    uint64_t oldest_ms; /* newest event's time of the oldest batch not accepted; 0: none */
};
bool spool_count(struct spool *s, struct spool_counts *ret) MUST_USE;

#endif
