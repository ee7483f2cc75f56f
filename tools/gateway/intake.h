/* intake.h: from reads to batches: the spool, the zones and the batch being filled, joined.
 *
 *   intake_take      a read into the open group (a transaction)
 *   intake_commit    the group is durable from here: only now may anybody be told so. Its reads are
 *                    then played through the zones; movements fill batches
 *   intake_keep      the checkpoint: what was decided since, with the cursor, in one transaction
 *
 * After a crash intake_open loads the last checkpoint and plays the reads behind its cursor again.
 * Since the zones decide by the reads alone, the same movements and the same batches come out: none
 * twice, none missing. Nothing a batch became is visible to the sender before intake_keep.
 *
 * Full: when the spool holds disk_bytes, intake_take takes nothing more (ERR_SPOOL_FULL): readers
 * and brokers keep what they have, the sender goes on, and reads of anchored hours older than
 * keep_ms make room.
 *
 * One thread. Time comes from the caller.
 */
#ifndef TOOLS_GATEWAY_INTAKE_H
#define TOOLS_GATEWAY_INTAKE_H

#include "tools/gateway/batch.h"
#include "tools/gateway/spool.h"

enum {
    INTAKE_GROUP_MAX = 16384,  /* reads of one transaction: then it is committed first */
    INTAKE_PLAYED_MAX = 65536, /* reads between two checkpoints */
    /* The clock may be set back by this much; further, and the spool refuses to go on. */
    INTAKE_CLOCK_BACK_MS_MAX = 24 * 3600 * 1000,
};

#define INTAKE_ANCHOR "rfid-reads:" /* then the gateway's name: what an anchor is of (SPEC Z1) */

struct intake_counts {
    uint64_t reads;    /* taken since start */
    uint64_t replayed; /* at start, behind the cursor */
    uint64_t ticks, late, ahead, unmapped;
    uint64_t forgotten; /* tags of the checkpoint that are above tags_max now */
    uint64_t movements, batches, events;
};

struct intake;
/* ERR_SPOOL, or what the mapping is refused for. */
enum err intake_open(const struct gateway_config *config, uint64_t now_ms, struct intake **ret,
                     struct refusal *ret_refusal) MUST_USE;
void intake_close(struct intake *in); /* accepts NULL; what is not committed is gone */

/* OK, ERR_SPOOL_FULL, or ERR_SPOOL: the disk does not take it; the group is lost then. received_ms
 * of the read is set here. */
enum err intake_take(struct intake *in, const struct tag_read *read, uint64_t now_ms) MUST_USE;
uint32_t intake_group(const struct intake *in); /* reads in the open group */
/* ERR_SPOOL: the group is lost, nobody may be told otherwise. */
enum err intake_commit(struct intake *in) MUST_USE;
void intake_drop(struct intake *in); /* the group was never taken */
/* Does nothing when nothing was played since. */
enum err intake_keep(struct intake *in) MUST_USE;
uint64_t intake_played(const struct intake *in); /* reads since the last checkpoint */
/* Roots of hours that are over, their anchors, and room from old anchored reads. */
enum err intake_hours(struct intake *in, uint64_t now_ms) MUST_USE;

const struct intake_counts *intake_counts(const struct intake *in);
uint32_t intake_tags(const struct intake *in);
uint32_t intake_waiting(const struct intake *in);
uint64_t intake_ignored(const struct intake *in);
uint64_t intake_last(const struct intake *in); /* sequence of the last read */
uint64_t intake_bytes(struct intake *in);      /* of the spool */
const char *intake_trouble(const struct intake *in);

#endif
