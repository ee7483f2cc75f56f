#include "tools/gateway/intake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/merkle_root.h"
#include "ledger/record.h"
#include "trace/anchor.h"

/* A batch that is complete and not yet in the spool. */
struct closed {
    struct batch_body about;
    struct buffer body;
};
enum { CLOSED_KEEP = 8 /* so many wait before a checkpoint is made for them */ };

struct intake {
    const struct gateway_config *config;
    struct spool *spool;
    struct zones *zones;
    struct batch batch;
    uint32_t batch_kept; /* movements of it that stand in the spool */
    struct closed *closed;
    uint32_t closed_count, closed_cap;
    bool batch_cut; /* what the spool has of `batch` is of the one before: write it anew */
    bool behind;    /* a checkpoint failed: nothing is taken until one succeeds */
    /* the open group */
    struct buffer group;
    size_t ends[INTAKE_GROUP_MAX];
    uint32_t group_count;
    bool group_open;
    uint64_t last, received_ms; /* of the last read that is durable */
    uint64_t next_received_ms;
    uint64_t cursor, played; /* since the last checkpoint */
    uint64_t hours_from;     /* no hour below is without root */
    uint64_t ages_from;      /* the reads of all hours below were let go */
    bool again;              /* playing what waited at the checkpoint: it was counted then */
    struct intake_counts counts;
    char trouble[256];
};

static const char *zone_name(const struct intake *in, uint16_t zone) {
    return zone == ZONE_NONE ? NULL : in->config->zone_names[zone].name;
}

static uint16_t zone_find(void *self, struct span name) {
    const struct intake *in = self;
    return name.len == 0 ? ZONE_NONE : config_zone_named(in->config, name);
}

static enum err trouble(struct intake *in) {
    snprintf(in->trouble, sizeof in->trouble, "%s", spool_trouble(in->spool));
    return ERR_SPOOL;
}

/* ---- movements into batches ---- */

static void batch_close(struct intake *in) {
    struct refusal refusal;
    if (in->closed_count == in->closed_cap) {
        in->closed_cap = in->closed_cap ? 2 * in->closed_cap : CLOSED_KEEP;
        in->closed = check_realloc(in->closed, in->closed_cap, sizeof *in->closed);
    }
    struct closed *c = &in->closed[in->closed_count++];
    *c = (struct closed){0};
    buffer_init(&c->body, BATCH_BODY_MAX);
    /* The mapping was tried out at start, and identifiers are URIs whatever the tag holds. */
    CHECK(batch_write(&in->batch, &c->body, &c->about, &refusal) == OK);
    in->counts.batches++;
    in->counts.events += c->about.events;
    batch_clear(&in->batch);
    in->batch_cut = true;
}

static void movement_take(void *self, const struct movement *m) {
    struct intake *in = self;
    in->counts.movements++;
    if (batch_full(&in->batch, m)) batch_close(in);
    (void)batch_add(&in->batch, m);
}

static void play(struct intake *in, uint64_t sequence, struct span bytes) {
    struct tag_read r;
    CHECK(read_decode(bytes, &r) == OK);
    if (!in->again) {
        in->cursor = sequence;
        in->played++;
    }
    if (read_ahead(&r)) {
        in->counts.ahead += !in->again;
    } else if (r.epc.len == 0) {
        in->counts.ticks += !in->again;
        if (!in->again) zones_tick(in->zones, r.time_ms);
    } else {
        uint16_t zone = config_zone_of(in->config, r.reader, r.antenna);
        if (zone == ZONE_NONE) {
            in->counts.unmapped += !in->again;
        } else if (zones_offer(in->zones, sequence, r.time_ms, zone, r.epc, r.has_rssi,
                               r.rssi_cdbm) == ZONES_LATE) {
            in->counts.late += !in->again;
        }
    }
    if (batch_over(&in->batch, zones_horizon(in->zones))) batch_close(in);
    if (in->closed_count >= CLOSED_KEEP || in->played >= INTAKE_PLAYED_MAX)
        in->behind = intake_keep(in) != OK;
}

/* ---- start ---- */

static void hour_over(struct intake *in, const struct spool_hour *h);

static void restore_tag(void *self, const struct zone_tag *tag) {
    struct intake *in = self;
    /* More than tags_max are kept when the setting was lowered: the rest is not followed. */
    if (!zones_restore_tag(in->zones, tag)) in->counts.forgotten++;
}

static void restore_movement(void *self, const struct movement *m) {
    struct intake *in = self;
    if (!batch_full(&in->batch, m)) (void)batch_add(&in->batch, m);
}

static void replay_read(void *self, uint64_t sequence, struct span bytes) {
    play(self, sequence, bytes);
}

/* Reads from..to of the spool, some at a time. */
static enum err replay(struct intake *in, uint64_t from, uint64_t to) {
    while (from <= to) {
        uint64_t end = to - from >= INTAKE_GROUP_MAX ? from + INTAKE_GROUP_MAX - 1 : to;
        if (!spool_reads(in->spool, from, end, replay_read, in)) return trouble(in);
        from = end + 1;
        if (in->behind) return ERR_SPOOL;
    }
    return OK;
}

static enum err restore(struct intake *in) {
    struct spool_state state;
    struct spool_hour h;
    if (!spool_state_load(in->spool, &state) || !spool_last(in->spool, &in->last, &in->received_ms))
        return trouble(in);
    for (uint64_t at = 0; spool_hour_from(in->spool, at, &h) && h.batch > 0; at = h.hour + 1)
        hour_over(in, &h);
    zones_restore(in->zones, state.watermark_ms, state.horizon_ms);
    if (!spool_tags(in->spool, zone_find, in, restore_tag, in) ||
        !spool_movements(in->spool, zone_find, in, restore_movement, in))
        return trouble(in);
    in->batch_kept = in->batch.count;
    in->cursor = state.cursor;
    in->again = true;
    enum err e = replay(in, state.waiting_from, state.cursor);
    in->again = false;
    if (e == OK) e = replay(in, state.cursor + 1, in->last);
    in->counts.replayed = in->last > state.cursor ? in->last - state.cursor : 0;
    return e;
}

enum err intake_open(const struct gateway_config *config, uint64_t now_ms, struct intake **ret,
                     struct refusal *ret_refusal) {
    uint64_t salt;
    enum err e = batch_try(config, ret_refusal);
    if (e != OK) return e;
    struct intake *in = check_alloc(1, sizeof *in);
    in->config = config;
    random_bytes(&salt, sizeof salt);
    batch_init(&in->batch, config);
    buffer_init(&in->group, (size_t)INTAKE_GROUP_MAX * READ_BYTES_MAX);
    in->zones = zones_new(&config->zones, salt, movement_take, in);
    e = spool_open(config->spool, &in->spool, ret_refusal);
    if (e == OK) {
        e = restore(in);
        if (e != OK) (void)refusal_set(ret_refusal, e, "%s", in->trouble);
    }
    if (e == OK && in->received_ms > now_ms && in->received_ms - now_ms > INTAKE_CLOCK_BACK_MS_MAX)
        e = refusal_set(ret_refusal, ERR_GATEWAY_CLOCK, "%" PRIu64 " < %" PRIu64, now_ms,
                        in->received_ms);
    in->next_received_ms = in->received_ms;
    if (e == OK) {
        *ret = in;
        return OK;
    }
    intake_close(in);
    return e;
}

void intake_close(struct intake *in) {
    if (in == NULL) return;
    if (in->spool != NULL) spool_rollback(in->spool);
    spool_close(in->spool);
    zones_free(in->zones);
    batch_free(&in->batch);
    for (uint32_t i = 0; i < in->closed_count; i++)
        buffer_free(&in->closed[i].body);
    buffer_free(&in->group);
    free(in->closed);
    free(in);
}

/* ---- the group ---- */

static enum err group_begin(struct intake *in) {
    if (in->group_open) return OK;
    if (in->behind && intake_keep(in) != OK) return ERR_SPOOL;
    if (spool_bytes(in->spool) >= in->config->disk_bytes) return ERR_SPOOL_FULL;
    if (!spool_begin(in->spool)) return trouble(in);
    in->group_open = true;
    in->next_received_ms = in->received_ms;
    return OK;
}

enum err intake_take(struct intake *in, const struct tag_read *read, uint64_t now_ms) {
    CHECK(in->group_count < INTAKE_GROUP_MAX);
    enum err e = group_begin(in);
    if (e != OK) return e;
    struct tag_read r = *read;
    if (now_ms > in->next_received_ms) in->next_received_ms = now_ms;
    r.received_ms = in->next_received_ms;
    size_t from = in->group.len;
    read_encode(&r, &in->group);
    CHECK(!in->group.overflow);
    struct span bytes = span_part(buffer_span(&in->group), from, in->group.len - from);
    if (!spool_read(in->spool, in->last + in->group_count + 1, r.received_ms, bytes)) {
        e = trouble(in);
        intake_drop(in);
        return e;
    }
    in->ends[in->group_count++] = in->group.len;
    return OK;
}

uint32_t intake_group(const struct intake *in) {
    return in->group_count;
}

void intake_drop(struct intake *in) {
    spool_rollback(in->spool);
    in->group_open = false;
    in->group_count = 0;
    buffer_clear(&in->group);
}

enum err intake_commit(struct intake *in) {
    if (!in->group_open) return OK;
    if (!spool_commit(in->spool)) {
        enum err e = trouble(in);
        intake_drop(in);
        return e;
    }
    size_t at = 0;
    in->received_ms = in->next_received_ms;
    for (uint32_t i = 0; i < in->group_count; at = in->ends[i++]) {
        struct span bytes = span_part(buffer_span(&in->group), at, in->ends[i] - at);
        play(in, ++in->last, bytes);
    }
    in->counts.reads += in->group_count;
    in->group_open = false;
    in->group_count = 0;
    buffer_clear(&in->group);
    return OK;
}

/* ---- the checkpoint ---- */

static bool tags_keep(struct intake *in) {
    size_t at = 0;
    bool gone = false, ok = true;
    for (const struct zone_tag *t; ok && (t = zones_next_change(in->zones, &at, &gone)) != NULL;)
        ok = gone ? spool_tag_drop(in->spool, span_of(t->epc, t->epc_len))
                  : spool_tag_save(in->spool, t, zone_name(in, t->zone),
                                   zone_name(in, t->candidate), zone_name(in, t->seen_zone));
    return ok;
}

static bool batches_keep(struct intake *in) {
    bool ok = true;
    for (uint32_t i = 0; ok && i < in->closed_count; i++) {
        const struct closed *c = &in->closed[i];
        struct spool_batch b = {.kind = RECORD_EVENTS,
                                .items = c->about.items,
                                .events = c->about.events,
                                .newest_ms = c->about.newest_ms};
        uint64_t sequence;
        ok = spool_batch_add(in->spool, &b, buffer_span(&c->body), &sequence);
    }
    return ok;
}

static bool movements_keep(struct intake *in) {
    uint32_t from = in->batch_cut ? 0 : in->batch_kept;
    bool ok = !in->batch_cut || spool_movements_clear(in->spool);
    for (uint32_t i = from; ok && i < in->batch.count; i++) {
        const struct movement *m = &in->batch.movements[i];
        ok = spool_movement_save(in->spool, m, zone_name(in, m->from), zone_name(in, m->to));
    }
    return ok;
}

enum err intake_keep(struct intake *in) {
    struct spool_state state = {.cursor = in->cursor,
                                .waiting_from = zones_waiting_from(in->zones, in->cursor + 1),
                                .watermark_ms = zones_watermark(in->zones),
                                .horizon_ms = zones_horizon(in->zones)};
    if (in->played == 0 && in->closed_count == 0) return OK;
    bool ok = spool_begin(in->spool) && tags_keep(in) && batches_keep(in) && movements_keep(in) &&
              spool_state_save(in->spool, &state) && spool_commit(in->spool);
    in->behind = !ok;
    if (!ok) {
        enum err e = trouble(in);
        spool_rollback(in->spool);
        return e;
    }
    zones_changes_kept(in->zones);
    for (uint32_t i = 0; i < in->closed_count; i++)
        buffer_free(&in->closed[i].body);
    in->closed_count = 0;
    in->batch_cut = false;
    in->batch_kept = in->batch.count;
    in->played = 0;
    return OK;
}

uint64_t intake_played(const struct intake *in) {
    return in->played;
}

/* ---- hours ---- */

static void root_read(void *self, uint64_t sequence, struct span bytes) {
    struct digest leaf = merkle_leaf_hash(bytes);
    (void)sequence;
    merkle_stack_add(self, &leaf);
}

static enum err hour_root(struct intake *in, struct spool_hour *h) {
    struct merkle_stack stack = {0};
    if (!spool_reads(in->spool, h->first, h->first + h->count - 1, root_read, &stack))
        return trouble(in);
    CHECK(stack.count == h->count);
    merkle_stack_root(&stack, &h->root);
    return spool_hour_root(in->spool, h->hour, &h->root) ? OK : trouble(in);
}

/* The hour's root as an item of its own record, in the order of the batches; once. */
static enum err hour_anchor(struct intake *in, const struct spool_hour *h) {
    struct buffer fields CLEANUP(buffer_free) = {0}, body CLEANUP(buffer_free) = {0};
    char what[80];
    uint64_t sequence;
    snprintf(what, sizeof what, INTAKE_ANCHOR "%s", in->config->name);
    struct anchor a = {.count = h->count,
                       .from_ms = h->hour * HOUR_MS,
                       .until_ms = (h->hour + 1) * HOUR_MS,
                       .root = h->root,
                       .what = span_text(what)};
    struct spool_batch b = {.kind = RECORD_ANCHORS, .items = 1, .newest_ms = a.until_ms};
    buffer_init(&fields, 1024);
    buffer_init(&body, 2048);
    anchor_fields(&a, &fields);
    struct item item = {.type = ITEM_ANCHOR, .fields = buffer_span(&fields)};
    pack_array(&body, 1);
    item_encode(&item, &body);
    if (spool_begin(in->spool) && spool_batch_add(in->spool, &b, buffer_span(&body), &sequence) &&
        spool_hour_batch(in->spool, h->hour, sequence) && spool_commit(in->spool))
        return OK;
    enum err e = trouble(in);
    spool_rollback(in->spool);
    return e;
}

/* Room: reads that were anchored long ago, by the proof that the anchor is on the ledger. */
static enum err hour_age(struct intake *in, const struct spool_hour *h, uint64_t now_ms) {
    struct spool_batch b;
    uint64_t end = (h->hour + 1) * HOUR_MS;
    if (h->dropped || h->batch == 0 || now_ms < end || now_ms - end < in->config->keep_ms)
        return OK;
    if (!spool_batch_get(in->spool, h->batch, &b) || b.state != BATCH_ACCEPTED) return OK;
    if (spool_begin(in->spool) && spool_hour_drop(in->spool, h) && spool_commit(in->spool))
        return OK;
    enum err e = trouble(in);
    spool_rollback(in->spool);
    return e;
}

/* No read is received in an hour that has its root, whatever becomes of the clock. */
static void hour_over(struct intake *in, const struct spool_hour *h) {
    uint64_t next = (h->hour + 1) * HOUR_MS;
    if (in->received_ms < next) in->received_ms = next;
    in->hours_from = h->hour + 1;
}

enum err intake_hours(struct intake *in, uint64_t now_ms) {
    struct spool_hour h;
    enum err e = OK;
    for (uint64_t at = in->hours_from; e == OK && spool_hour_from(in->spool, at, &h); at++) {
        at = h.hour;
        if (now_ms / HOUR_MS <= h.hour) break;
        if (!h.rooted) e = hour_root(in, &h);
        if (e == OK && h.batch == 0) e = hour_anchor(in, &h);
        if (e == OK) hour_over(in, &h);
    }
    /* One hour at a time is let go: rarely more than one has aged since the last time. */
    for (uint64_t at = in->ages_from; e == OK && spool_hour_from(in->spool, at, &h);
         at = h.hour + 1) {
        e = hour_age(in, &h, now_ms);
        if (h.hour * HOUR_MS + in->config->keep_ms >= now_ms) break;
        if (h.dropped) in->ages_from = h.hour + 1;
    }
    return e;
}

const struct intake_counts *intake_counts(const struct intake *in) {
    return &in->counts;
}

uint32_t intake_tags(const struct intake *in) {
    return zones_tags(in->zones);
}

uint32_t intake_waiting(const struct intake *in) {
    return zones_waiting(in->zones);
}

uint64_t intake_ignored(const struct intake *in) {
    return zones_ignored(in->zones);
}

uint64_t intake_last(const struct intake *in) {
    return in->last;
}

uint64_t intake_bytes(struct intake *in) {
    return spool_bytes(in->spool);
}

const char *intake_trouble(const struct intake *in) {
    return in->trouble;
}
