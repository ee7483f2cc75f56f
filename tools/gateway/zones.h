/* zones.h: where each tag is, decided from reads alone. Pure: no clock, no disk; the time is that
 * of the reads, so the same reads give the same movements, whenever and however often they are
 * played.
 *
 *            enough reads in Z                      nothing from Z for leave_ms
 *   (away) -------------------> arrived, in Z ------------------------------> left (away)
 *                                | ^     |
 *              reads in Z: stays +-+     | enough reads in Y, none in Z among them
 *                                        +----> moved, in Y
 *
 * Hysteresis: "enough" is enter_reads reads in the zone, each at most enter_ms after the one
 * before, not weaker than rssi_enter. A read in the zone where the tag is takes the streak
 * elsewhere away, so a tag between two antennas stays where it was. Weaker than rssi_stay does not
 * count as there. A movement's time is that of the first read of the streak; of `left` it is that
 * of the last read.
 *
 * Order: reads wait until the newest time seen is window_ms ahead of them, and are then taken by
 * (time, EPC, zone), whatever order they came in. The horizon is the time up to which everything is
 * decided; a read at or before it is late: the caller keeps it, it moves nothing. The same tag at
 * the same time in the same zone counts once, so a message brought twice changes nothing.
 *
 * Bounds, with what happens when they are reached: tags_max tags are followed; further ones are not
 * (counted in `ignored`) until one leaves. window_max reads wait; then the oldest is decided early
 * and the horizon moves with it.
 *
 * Checkpoint: a caller that keeps what zones_next_change gave (tags that changed since), the
 * watermark, the horizon and the smallest waiting sequence can rebuild everything: zones_restore,
 * zones_restore_tag for each tag kept, then the reads from that sequence on offered again, all
 * before anything new. A read at or before the horizon is then late again: it was decided.
 */
#ifndef TOOLS_GATEWAY_ZONES_H
#define TOOLS_GATEWAY_ZONES_H

#include "tools/gateway/read.h"

enum { ZONES_MAX = 256, ZONE_NONE = 0xffff };

struct zone_rule {
    uint32_t enter_reads; /* at least 1 */
    uint64_t enter_ms, leave_ms;
    int32_t rssi_enter, rssi_stay; /* hundredths of dBm; INT32_MIN: any */
    uint64_t stay_ms;              /* says `stays` so often; 0: never */
};
struct zones_config {
    struct zone_rule zones[ZONES_MAX];
    uint32_t zones_count;
    uint64_t window_ms;
    uint32_t tags_max, window_max;
};

enum movement_kind { MOVEMENT_ARRIVED = 1, MOVEMENT_MOVED, MOVEMENT_LEFT, MOVEMENT_STAYS };
struct movement {
    enum movement_kind kind;
    uint16_t from, to; /* ZONE_NONE: away */
    uint64_t time_ms;  /* when it happened */
    uint64_t at_ms;    /* the moment of the stream at which it was decided; never falls */
    uint8_t epc[EPC_BYTES_MAX];
    uint8_t epc_len;
};
/* Called in order, from inside zones_offer and zones_tick. */
typedef void movement_fn(void *self, const struct movement *m);

/* What is known of one tag. */
struct zone_tag {
    uint8_t epc[EPC_BYTES_MAX];
    uint8_t epc_len;
    uint16_t zone;                /* where it is */
    uint16_t candidate;           /* where a streak is going on */
    uint32_t streak;              /* reads of it */
    uint64_t last_ms;             /* last read in `zone` */
    uint64_t said_ms;             /* arrived, moved or stays was last said for this time */
    uint64_t first_ms, recent_ms; /* first and last read of the streak */
    uint64_t seen_ms;             /* the last read taken, wherever */
    uint16_t seen_zone;
};

enum zones_taken { ZONES_TAKEN, ZONES_LATE };

struct zones;
/* config is borrowed. salt: for the hash table, any unpredictable number; changes no result. */
struct zones *zones_new(const struct zones_config *config, uint64_t salt, movement_fn *fn,
                        void *self);
void zones_free(struct zones *z); /* accepts NULL */

/* sequence: the caller's number of the read, rising. */
enum zones_taken zones_offer(struct zones *z, uint64_t sequence, uint64_t time_ms, uint16_t zone,
                             struct span epc, bool has_rssi, int32_t rssi_cdbm) MUST_USE;
/* The stream has come to this time; nothing was seen. */
void zones_tick(struct zones *z, uint64_t time_ms);

uint64_t zones_watermark(const struct zones *z);
uint64_t zones_horizon(const struct zones *z);
/* The smallest sequence among the waiting reads; `otherwise` when none waits. */
uint64_t zones_waiting_from(const struct zones *z, uint64_t otherwise);
uint32_t zones_waiting(const struct zones *z);
uint32_t zones_tags(const struct zones *z); /* followed now */
uint64_t zones_ignored(const struct zones *z);

/* Walks the tags that changed since zones_changes_kept, begin with *at = 0; *ret_gone: it is not
 * followed any more. NULL at the end. */
const struct zone_tag *zones_next_change(const struct zones *z, size_t *at, bool *ret_gone);
void zones_changes_kept(struct zones *z);

void zones_restore(struct zones *z, uint64_t watermark_ms, uint64_t horizon_ms);
/* False: as many as there may be are followed already, or the tag stands twice. */
bool zones_restore_tag(struct zones *z, const struct zone_tag *tag) MUST_USE;

#endif
