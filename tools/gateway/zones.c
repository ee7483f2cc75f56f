#include "tools/gateway/zones.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

/* A tag and its place in the table and among the deadlines. */
struct slot {
    struct zone_tag tag;
    uint64_t key_ms;  /* at most its deadline: pushed on when it is met */
    uint32_t heap_at; /* in `due`; of followed tags only */
    bool live, changed;
};
struct waiting {
    uint64_t time_ms, sequence;
    uint16_t zone;
    uint8_t epc_len;
    bool has_rssi;
    int32_t rssi;
    uint8_t epc[EPC_BYTES_MAX];
};

struct zones {
    const struct zones_config *config;
    movement_fn *fn;
    void *self;
    uint64_t salt;
    uint64_t watermark, horizon, ignored;
    struct slot *
        *table; /* open addressing, power of two; emptied of dead slots when they are kept */
    size_t table_size, table_used;
    struct slot **due; /* heap of live slots by (key_ms, epc) */
    uint32_t live, due_cap;
    struct waiting *heap; /* by (time, epc, zone, sequence) */
    uint32_t heap_count, heap_cap;
    struct slot **changed; /* since the last checkpoint */
    size_t changed_count, changed_cap;
};

static int bytes_compare(const uint8_t *a, uint8_t a_len, const uint8_t *b, uint8_t b_len) {
    return span_compare(span_of(a, a_len), span_of(b, b_len));
}

/* ---- the table ---- */

static uint64_t hash_of(const struct zones *z, struct span epc) {
    /* FNV-1a begun with the salt and finished by a mixer: who does not know the salt cannot aim. */
    uint64_t h = 0xcbf29ce484222325u ^ z->salt;
    for (size_t i = 0; i < epc.len; i++)
        h = (h ^ epc.data[i]) * 0x100000001b3u;
    h ^= z->salt >> 17;
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    return h ^ h >> 29;
}

static struct slot **table_place(struct slot **table, size_t size, uint64_t hash, struct span epc) {
    for (size_t i = hash & (size - 1);; i = (i + 1) & (size - 1)) {
        struct slot *s = table[i];
        if (s == NULL || span_equal(span_of(s->tag.epc, s->tag.epc_len), epc)) return &table[i];
    }
}

/* Into a table of `size`; dead slots whose end was kept stay behind. */
static void table_rebuild(struct zones *z, size_t size) {
    struct slot **old = z->table;
    size_t old_size = z->table_size;
    z->table = check_alloc(size, sizeof *z->table);
    z->table_size = size;
    z->table_used = 0;
    for (size_t i = 0; i < old_size; i++) {
        struct slot *s = old[i];
        if (s == NULL) continue;
        if (!s->live && !s->changed) {
            free(s);
            continue;
        }
        struct span epc = span_of(s->tag.epc, s->tag.epc_len);
        *table_place(z->table, size, hash_of(z, epc), epc) = s;
        z->table_used++;
    }
    free(old);
}

static struct slot *slot_find(const struct zones *z, struct span epc) {
    return *table_place(z->table, z->table_size, hash_of(z, epc), epc);
}

static struct slot *slot_add(struct zones *z, struct span epc) {
    if (2 * (z->table_used + 1) > z->table_size) table_rebuild(z, 2 * z->table_size);
    struct slot *s = check_alloc(1, sizeof *s);
    memcpy(s->tag.epc, epc.data, epc.len);
    s->tag.epc_len = (uint8_t)epc.len;
    *table_place(z->table, z->table_size, hash_of(z, epc), epc) = s;
    z->table_used++;
    return s;
}

static void slot_changed(struct zones *z, struct slot *s) {
    if (s->changed) return;
    s->changed = true;
    if (z->changed_count == z->changed_cap) {
        z->changed_cap = z->changed_cap ? 2 * z->changed_cap : 64;
        z->changed = check_realloc(z->changed, z->changed_cap, sizeof *z->changed);
    }
    z->changed[z->changed_count++] = s;
}

/* ---- deadlines ---- */

static bool due_before(const struct slot *a, const struct slot *b) {
    if (a->key_ms != b->key_ms) return a->key_ms < b->key_ms;
    return bytes_compare(a->tag.epc, a->tag.epc_len, b->tag.epc, b->tag.epc_len) < 0;
}

static void due_set(struct zones *z, uint32_t at, struct slot *s) {
    z->due[at] = s;
    s->heap_at = at;
}

static void due_sift(struct zones *z, uint32_t at) {
    struct slot *s = z->due[at];
    for (; at > 0 && due_before(s, z->due[(at - 1) / 2]); at = (at - 1) / 2)
        due_set(z, at, z->due[(at - 1) / 2]);
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= z->live) break;
        if (child + 1 < z->live && due_before(z->due[child + 1], z->due[child])) child++;
        if (!due_before(z->due[child], s)) break;
        due_set(z, at, z->due[child]);
        at = child;
    }
    due_set(z, at, s);
}

static void due_add(struct zones *z, struct slot *s) {
    if (z->live == z->due_cap) {
        z->due_cap = z->due_cap ? 2 * z->due_cap : 64;
        z->due = check_realloc(z->due, z->due_cap, sizeof *z->due);
    }
    s->live = true;
    z->due[z->live++] = s;
    due_set(z, z->live - 1, s);
    due_sift(z, z->live - 1);
}

static void due_remove(struct zones *z, struct slot *s) {
    uint32_t at = s->heap_at;
    s->live = false;
    z->live--;
    if (at == z->live) return;
    due_set(z, at, z->due[z->live]);
    due_sift(z, at);
}

/* After this moment without a read something ends: the streak of a tag that is away, or its stay.
 */
static uint64_t deadline(const struct zones *z, const struct zone_tag *t) {
    if (t->zone != ZONE_NONE) return t->last_ms + z->config->zones[t->zone].leave_ms;
    return t->recent_ms + z->config->zones[t->candidate].enter_ms;
}

/* ---- what a read does ---- */

static void say(struct zones *z, enum movement_kind kind, const struct zone_tag *t, uint16_t from,
                uint16_t to, uint64_t time_ms, uint64_t at_ms) {
    struct movement m = {.kind = kind, .from = from, .to = to, .time_ms = time_ms, .at_ms = at_ms};
    memcpy(m.epc, t->epc, t->epc_len);
    m.epc_len = t->epc_len;
    z->fn(z->self, &m);
}

static void streak_end(struct zone_tag *t) {
    t->candidate = ZONE_NONE;
    t->streak = 0;
}

static bool strong(const struct waiting *r, int32_t least) {
    return !r->has_rssi || r->rssi >= least;
}

static void streak_read(struct zones *z, struct zone_tag *t, const struct waiting *r) {
    const struct zone_rule *rule = &z->config->zones[r->zone];
    if (!strong(r, rule->rssi_enter)) return;
    bool goes_on = t->candidate == r->zone && r->time_ms - t->recent_ms <= rule->enter_ms;
    if (!goes_on) {
        t->candidate = r->zone;
        t->streak = 0;
        t->first_ms = r->time_ms;
    }
    t->streak++;
    t->recent_ms = r->time_ms;
    if (t->streak < rule->enter_reads) return;
    uint16_t from = t->zone;
    t->zone = r->zone;
    t->last_ms = r->time_ms;
    t->said_ms = t->first_ms;
    streak_end(t);
    say(z, from == ZONE_NONE ? MOVEMENT_ARRIVED : MOVEMENT_MOVED, t, from, t->zone, t->first_ms,
        r->time_ms);
}

static void stay_read(struct zones *z, struct zone_tag *t, const struct waiting *r) {
    const struct zone_rule *rule = &z->config->zones[t->zone];
    if (!strong(r, rule->rssi_stay)) return;
    t->last_ms = r->time_ms;
    streak_end(t);
    if (rule->stay_ms == 0 || r->time_ms - t->said_ms < rule->stay_ms) return;
    t->said_ms = r->time_ms;
    say(z, MOVEMENT_STAYS, t, t->zone, t->zone, r->time_ms, r->time_ms);
}

static void read_take(struct zones *z, const struct waiting *r) {
    struct span epc = span_of(r->epc, r->epc_len);
    struct slot *s = slot_find(z, epc);
    if (s == NULL || !s->live) {
        if (!strong(r, z->config->zones[r->zone].rssi_enter)) return;
        if (z->live >= z->config->tags_max) {
            z->ignored++;
            return;
        }
        if (s == NULL) s = slot_add(z, epc);
        struct zone_tag *t = &s->tag;
        t->zone = ZONE_NONE;
        t->seen_zone = ZONE_NONE;
        t->last_ms = t->said_ms = t->seen_ms = 0;
        streak_end(t);
        t->candidate = r->zone;
        t->first_ms = t->recent_ms = r->time_ms;
        s->key_ms = deadline(z, t);
        due_add(z, s);
    } else if (s->tag.seen_ms == r->time_ms && s->tag.seen_zone == r->zone) {
        return; /* brought twice, or by two antennas of the zone at once */
    }
    struct zone_tag *t = &s->tag;
    t->seen_ms = r->time_ms;
    t->seen_zone = r->zone;
    slot_changed(z, s);
    if (t->zone == r->zone)
        stay_read(z, t, r);
    else
        streak_read(z, t, r);
    /* A deadline that moved away is met late and pushed on; one that came nearer is not waited for.
     */
    uint64_t due = deadline(z, t);
    if (due < s->key_ms) {
        s->key_ms = due;
        due_sift(z, s->heap_at);
    }
}

/* Everything that ends before `time_ms` without another read. */
static void deadlines_meet(struct zones *z, uint64_t time_ms) {
    while (z->live > 0 && z->due[0]->key_ms < time_ms) {
        struct slot *s = z->due[0];
        struct zone_tag *t = &s->tag;
        uint64_t due = deadline(z, t);
        if (due > s->key_ms) {
            s->key_ms = due;
            due_sift(z, 0);
            continue;
        }
        slot_changed(z, s);
        uint16_t zone = t->zone;
        t->zone = ZONE_NONE;
        if (zone != ZONE_NONE) say(z, MOVEMENT_LEFT, t, zone, ZONE_NONE, t->last_ms, due);
        bool streak = zone != ZONE_NONE && t->candidate != ZONE_NONE && deadline(z, t) >= time_ms;
        if (!streak) {
            due_remove(z, s);
            continue;
        }
        s->key_ms = deadline(z, t);
        due_sift(z, 0);
    }
}

/* ---- the window ---- */

static bool waits_before(const struct waiting *a, const struct waiting *b) {
    if (a->time_ms != b->time_ms) return a->time_ms < b->time_ms;
    int c = bytes_compare(a->epc, a->epc_len, b->epc, b->epc_len);
    if (c != 0) return c < 0;
    if (a->zone != b->zone) return a->zone < b->zone;
    return a->sequence < b->sequence;
}

static void window_push(struct zones *z, const struct waiting *r) {
    if (z->heap_count == z->heap_cap) {
        z->heap_cap = z->heap_cap ? 2 * z->heap_cap : 64;
        z->heap = check_realloc(z->heap, z->heap_cap, sizeof *z->heap);
    }
    uint32_t at = z->heap_count++;
    for (; at > 0 && waits_before(r, &z->heap[(at - 1) / 2]); at = (at - 1) / 2)
        z->heap[at] = z->heap[(at - 1) / 2];
    z->heap[at] = *r;
}

static struct waiting window_pop(struct zones *z) {
    struct waiting top = z->heap[0], last = z->heap[--z->heap_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= z->heap_count) break;
        if (child + 1 < z->heap_count && waits_before(&z->heap[child + 1], &z->heap[child]))
            child++;
        if (!waits_before(&z->heap[child], &last)) break;
        z->heap[at] = z->heap[child];
        at = child;
    }
    if (z->heap_count > 0) z->heap[at] = last;
    return top;
}

/* Decides everything up to `horizon`. */
static void horizon_move(struct zones *z, uint64_t horizon) {
    if (horizon <= z->horizon) return;
    while (z->heap_count > 0 && z->heap[0].time_ms <= horizon) {
        struct waiting r = window_pop(z);
        deadlines_meet(z, r.time_ms);
        read_take(z, &r);
    }
    deadlines_meet(z, horizon + 1);
    z->horizon = horizon;
}

static void watermark_move(struct zones *z, uint64_t time_ms) {
    if (time_ms > z->watermark) z->watermark = time_ms;
    if (z->watermark > z->config->window_ms) horizon_move(z, z->watermark - z->config->window_ms);
}

enum zones_taken zones_offer(struct zones *z, uint64_t sequence, uint64_t time_ms, uint16_t zone,
                             struct span epc, bool has_rssi, int32_t rssi_cdbm) {
    CHECK(zone < z->config->zones_count && epc.len > 0 && epc.len <= EPC_BYTES_MAX);
    if (time_ms <= z->horizon) return ZONES_LATE;
    struct waiting r = {.time_ms = time_ms,
                        .sequence = sequence,
                        .zone = zone,
                        .epc_len = (uint8_t)epc.len,
                        .has_rssi = has_rssi,
                        .rssi = rssi_cdbm};
    memcpy(r.epc, epc.data, epc.len);
    window_push(z, &r);
    watermark_move(z, time_ms);
    if (z->heap_count > z->config->window_max) horizon_move(z, z->heap[0].time_ms);
    return ZONES_TAKEN;
}

void zones_tick(struct zones *z, uint64_t time_ms) {
    watermark_move(z, time_ms);
}

/* ---- life, questions, checkpoint ---- */

struct zones *zones_new(const struct zones_config *config, uint64_t salt, movement_fn *fn,
                        void *self) {
    CHECK(config->zones_count <= ZONES_MAX && config->tags_max > 0 && config->window_max > 0);
    struct zones *z = check_alloc(1, sizeof *z);
    *z = (struct zones){.config = config, .fn = fn, .self = self, .salt = salt};
    table_rebuild(z, 64);
    return z;
}

void zones_free(struct zones *z) {
    if (z == NULL) return;
    for (size_t i = 0; i < z->table_size; i++)
        free(z->table[i]);
    free(z->table);
    free(z->due);
    free(z->heap);
    free(z->changed);
    free(z);
}

uint64_t zones_watermark(const struct zones *z) {
    return z->watermark;
}

uint64_t zones_horizon(const struct zones *z) {
    return z->horizon;
}

uint64_t zones_waiting_from(const struct zones *z, uint64_t otherwise) {
    uint64_t least = otherwise;
    for (uint32_t i = 0; i < z->heap_count; i++)
        if (z->heap[i].sequence < least) least = z->heap[i].sequence;
    return least;
}

uint32_t zones_waiting(const struct zones *z) {
    return z->heap_count;
}

uint32_t zones_tags(const struct zones *z) {
    return z->live;
}

uint64_t zones_ignored(const struct zones *z) {
    return z->ignored;
}

const struct zone_tag *zones_next_change(const struct zones *z, size_t *at, bool *ret_gone) {
    if (*at == z->changed_count) return NULL;
    const struct slot *s = z->changed[(*at)++];
    *ret_gone = !s->live;
    return &s->tag;
}

void zones_changes_kept(struct zones *z) {
    size_t dead = 0;
    for (size_t i = 0; i < z->changed_count; i++) {
        z->changed[i]->changed = false;
        dead += !z->changed[i]->live;
    }
    z->changed_count = 0;
    if (dead > 0 && z->table_used > 2 * (size_t)z->live + 64) table_rebuild(z, z->table_size);
}

void zones_restore(struct zones *z, uint64_t watermark_ms, uint64_t horizon_ms) {
    CHECK(z->live == 0 && z->heap_count == 0);
    z->watermark = watermark_ms;
    z->horizon = horizon_ms;
}

bool zones_restore_tag(struct zones *z, const struct zone_tag *tag) {
    struct span epc = span_of(tag->epc, tag->epc_len);
    if (z->live >= z->config->tags_max || epc.len == 0 || slot_find(z, epc) != NULL) return false;
    struct slot *s = slot_add(z, epc);
    s->tag = *tag;
    s->key_ms = deadline(z, tag);
    due_add(z, s);
    return true;
}
