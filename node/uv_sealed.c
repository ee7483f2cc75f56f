/* uv_sealed.c: the happy path is: committed -> one job -> done; committed meanwhile -> one more. Possible failure: the disk; the place stays
 * where it was, and the next block, or the next start, begins there again. */
#include "node/uv_sealed.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/query.h"
#include "ledger/record.h"

/* More than one record has items: so a full page always ends in a later record than it begins with. */
enum { PLACES_MAX = RECORD_ITEMS_MAX + 1, ARENA_BYTES = 2 << 20 };

struct uv_sealed {
    struct uv_node *node;
    struct uv_lane *lane;
    bool working, again, stopped;
};

struct sweep_job {
    struct uv_job job;
    struct uv_sealed *sealed;
    struct lease *lease;
    uint64_t looked, destroyed;
    enum err err;
    bool more;
};

/* ---- on the lane ---- */

/* Whose record it is, by the log; false when there is none. */
static bool subject_of(struct reader r, const struct digest *wire_id, struct buffer *leaf, struct span *ret) {
    struct record_place place;
    struct span header_bytes;
    struct signature signature;
    struct record_header header;
    uint64_t height;
    uint32_t index;
    if (query_record(r, wire_id, &place) != OK || place.log_index == LOG_INDEX_NONE ||
        query_log_leaf(r, place.log_index, leaf, &height, &index) != OK ||
        record_leaf_decode(buffer_span(leaf), &header_bytes, &signature) != OK || record_header_decode(header_bytes, &header) != OK)
        return false;
    *ret = header.subject;
    return true;
}

static enum err delete_one(struct sweep_job *j, struct reader r, const struct digest *wire_id, struct buffer *leaf) {
    struct span subject;
    bool had = false;
    j->looked++;
    if (!subject_of(r, wire_id, leaf, &subject)) return OK;
    uint8_t tiers = query_deleted(r, wire_id, subject);
    enum err e = tiers == 0 ? OK : sealed_delete(j->sealed->node->sealed, wire_id, tiers, &had);
    j->destroyed += had;
    return e;
}

static void sweep_run(struct uv_job *job) {
    struct sweep_job *j = (struct sweep_job *)job;
    struct reader r = store_snapshot_reader(j->lease->snapshot);
    struct sealed_store *store = j->sealed->node->sealed;
    struct arena CLEANUP(arena_free) arena = {0};
    struct buffer CLEANUP(buffer_free) leaf = {0};
    struct ledger_head head;
    struct issued_place *places, after = {0};
    uint64_t swept = sealed_swept(store), to;
    if (!ledger_head_read(r, &head) || head.log.size <= swept) return;
    arena_init(&arena, ARENA_BYTES);
    places = arena_alloc(&arena, PLACES_MAX, sizeof *places);
    CHECK(places != NULL);
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    if (swept > 0) after = (struct issued_place){.issued = swept - 1, .item = UINT16_MAX};
    uint32_t count = query_deletions(r, swept > 0 ? &after : NULL, PLACES_MAX, &arena, places);
    to = head.log.size;
    if (count == PLACES_MAX) {
        /* As far as whole records go: the last one is begun again. */
        to = places[count - 1].issued;
        j->more = true;
    }
    for (uint32_t i = 0; i < count && j->err == OK; i++) {
        struct digest wire_id;
        CHECK(places[i].id.len == sizeof wire_id.b);
        memcpy(wire_id.b, places[i].id.data, sizeof wire_id.b);
        j->err = delete_one(j, r, &wire_id, &leaf);
    }
    if (j->err == OK && j->looked > 0) j->err = sealed_swept_to(store, to);
}

/* ---- on the loop ---- */

static void sweep_done(struct uv_job *job) {
    struct sweep_job *j = (struct sweep_job *)job;
    struct uv_sealed *s = j->sealed;
    if (j->destroyed > 0)
        log_line(LOG_INFO, "sealed.destroyed", "records=%llu told=%llu", (unsigned long long)j->destroyed, (unsigned long long)j->looked);
    if (j->err != OK) log_line(LOG_ERROR, "sealed.delete", "err=%s", err_name(j->err));
    s->working = false;
    s->again = s->again || (j->more && j->err == OK);
    lease_drop(j->lease);
    free(j);
    if (s->again) uv_sealed_committed(s);
}

struct uv_sealed *uv_sealed_new(struct uv_node *n) {
    struct uv_sealed *s = check_alloc(1, sizeof *s);
    s->node = n;
    s->lane = uv_lane_new(&n->loop, 1);
    return s;
}

void uv_sealed_committed(struct uv_sealed *s) {
    if (s->stopped || s->node->sealed == NULL) return;
    s->again = s->working;
    if (s->working) return;
    struct sweep_job *j = check_alloc(1, sizeof *j);
    j->job = (struct uv_job){.run = sweep_run, .done = sweep_done};
    j->sealed = s;
    j->lease = lease_hold(s->node);
    s->working = true;
    uv_lane_push(s->lane, &j->job);
}

void uv_sealed_stop(struct uv_sealed *s) {
    if (s == NULL || s->stopped) return;
    s->stopped = true;
    uv_lane_stop(s->lane);
    uv_lane_free(s->lane);
}

void uv_sealed_free(struct uv_sealed *s) {
    if (s == NULL) return;
    CHECK(s->stopped);
    free(s);
}
