#include "tools/gateway/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/epc_tag.h"

enum { STEP_MS_LEAST = 40, DELAY_TENTHS = 8 };

/* One tag on its way. */
struct walker {
    uint64_t random;
    uint32_t number, visit, read, reads; /* read: of this visit, so many of reads done */
    uint16_t zone, before;               /* where it is, and where it was said to be before */
    uint64_t at_ms, first_ms, last_ms, said_ms;
};
/* A read on its way to the gateway. */
struct sent {
    uint64_t arrives_ms, time_ms;
    uint32_t number, order;
    uint16_t zone;
    uint8_t antenna_choice;
};
struct world {
    const struct gateway_config *config;
    struct world_options options;
    movement_fn *truth;
    void *self;
    uint16_t zones[ZONES_MAX]; /* that have antennas */
    uint32_t zones_count;
    uint32_t *antennas_of; /* first antenna of each zone, by a sorted list */
    uint32_t antenna_first[ZONES_MAX + 1];
    struct walker *walkers; /* heap by at_ms */
    uint32_t walkers_count;
    struct sent *sent; /* heap by (arrives_ms, order) */
    uint32_t sent_count, sent_cap, order;
    uint64_t random, newest_ms;
    bool over;
    uint8_t epc[EPC_BYTES_MAX], tid[12];
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t random_next(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t between(uint64_t *state, uint64_t least, uint64_t most) {
    return least + random_next(state) % (most - least + 1);
}

/* ---- two heaps ---- */

static bool walks_before(const struct walker *a, const struct walker *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void walkers_sift(struct world *w, uint32_t at) {
    struct walker moved = w->walkers[at];
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= w->walkers_count) break;
        if (child + 1 < w->walkers_count &&
            walks_before(&w->walkers[child + 1], &w->walkers[child]))
            child++;
        if (!walks_before(&w->walkers[child], &moved)) break;
        w->walkers[at] = w->walkers[child];
        at = child;
    }
    w->walkers[at] = moved;
}

static bool arrives_before(const struct sent *a, const struct sent *b) {
    return a->arrives_ms != b->arrives_ms ? a->arrives_ms < b->arrives_ms : a->order < b->order;
}

static void sent_push(struct world *w, const struct sent *s) {
    if (w->sent_count == w->sent_cap) {
        w->sent_cap = w->sent_cap ? 2 * w->sent_cap : 256;
        w->sent = check_realloc(w->sent, w->sent_cap, sizeof *w->sent);
    }
    uint32_t at = w->sent_count++;
    for (; at > 0 && arrives_before(s, &w->sent[(at - 1) / 2]); at = (at - 1) / 2)
        w->sent[at] = w->sent[(at - 1) / 2];
    w->sent[at] = *s;
}

static struct sent sent_pop(struct world *w) {
    struct sent top = w->sent[0], last = w->sent[--w->sent_count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= w->sent_count) break;
        if (child + 1 < w->sent_count && arrives_before(&w->sent[child + 1], &w->sent[child]))
            child++;
        if (!arrives_before(&w->sent[child], &last)) break;
        w->sent[at] = w->sent[child];
        at = child;
    }
    if (w->sent_count > 0) w->sent[at] = last;
    return top;
}

/* ---- a tag ---- */

static size_t epc_of(uint32_t number, uint8_t ret[EPC_BYTES_MAX]) {
    char uri[80];
    struct epc e;
    struct buffer bits CLEANUP(buffer_free) = {0};
    size_t count;
    /* Shoes of a hundred articles; every tag has its own serial. */
    snprintf(uri, sizeof uri, "urn:epc:id:sgtin:697223010.%04u.%u", 100 + number % 100, number + 1);
    buffer_init(&bits, EPC_BITS_MAX);
    CHECK(epc_from_id_uri(span_text(uri), &e) == OK && epc_use_scheme(&e, EPC_SGTIN_96, 1) == OK);
    CHECK(epc_to_bits(&e, &bits, &count) == OK && bits.len <= EPC_BYTES_MAX);
    memcpy(ret, bits.data, bits.len);
    return bits.len;
}

static void truth_say(struct world *w, const struct walker *k, enum movement_kind kind,
                      uint16_t from, uint16_t to, uint64_t time_ms) {
    struct movement m = {.kind = kind, .from = from, .to = to, .time_ms = time_ms};
    m.epc_len = (uint8_t)epc_of(k->number, m.epc);
    w->truth(w->self, &m);
}

static const struct zone_rule *rule_of(const struct world *w, uint16_t zone) {
    return &w->config->zones.zones[zone];
}

/* Between two reads of a visit: within the zone's streak, and a streak well within every stay. */
static uint64_t step_most(const struct world *w, uint16_t zone) {
    uint64_t most = rule_of(w, zone)->enter_ms;
    for (uint32_t i = 0; i < w->zones_count; i++) {
        uint64_t room = rule_of(w, w->zones[i])->leave_ms / (4 * rule_of(w, zone)->enter_reads);
        if (room < most) most = room;
    }
    return most > 1000 ? 1000 : most;
}

static void visit_begin(struct world *w, struct walker *k) {
    uint16_t zone = w->zones[random_next(&k->random) % w->zones_count];
    uint32_t least = rule_of(w, zone)->enter_reads + 2;
    while (zone == k->before)
        zone = w->zones[random_next(&k->random) % w->zones_count];
    k->zone = zone;
    k->read = 0;
    k->reads = (uint32_t)between(&k->random, w->options.reads_per_visit / 2 + 1,
                                 w->options.reads_per_visit * 3 / 2 + 1);
    if (k->reads < least) k->reads = least;
}

static void read_send(struct world *w, struct walker *k, uint16_t zone, uint64_t time_ms) {
    uint64_t most = w->config->zones.window_ms * DELAY_TENTHS / 10;
    struct sent s = {.time_ms = time_ms,
                     .number = k->number,
                     .zone = zone,
                     .antenna_choice = (uint8_t)random_next(&k->random),
                     .order = w->order++};
    s.arrives_ms = time_ms + between(&k->random, 0, most);
    sent_push(w, &s);
    if (random_next(&k->random) % 100 >= w->options.twice_percent) return;
    s.arrives_ms = time_ms + between(&k->random, 0, most);
    s.order = w->order++;
    sent_push(w, &s);
}

/* A read elsewhere, of a tag that is surely here: one only, and it is read here before and after.
 */
static void stray_send(struct world *w, struct walker *k) {
    uint16_t zone = w->zones[random_next(&k->random) % w->zones_count];
    if (zone == k->zone || rule_of(w, zone)->enter_reads < 2) return;
    if (random_next(&k->random) % 100 >= w->options.stray_percent) return;
    read_send(w, k, zone, k->at_ms - STEP_MS_LEAST / 2);
}

/* What this read lets the gateway know, by the schedule. */
static void truth_follow(struct world *w, struct walker *k) {
    const struct zone_rule *rule = rule_of(w, k->zone);
    if (k->read == 1) k->first_ms = k->at_ms;
    if (k->read == rule->enter_reads) {
        truth_say(w, k, k->before == ZONE_NONE ? MOVEMENT_ARRIVED : MOVEMENT_MOVED, k->before,
                  k->zone, k->first_ms);
        k->said_ms = k->first_ms;
        k->before = k->zone;
    } else if (k->read > rule->enter_reads && rule->stay_ms > 0 &&
               k->at_ms - k->said_ms >= rule->stay_ms) {
        k->said_ms = k->at_ms;
        truth_say(w, k, MOVEMENT_STAYS, k->zone, k->zone, k->at_ms);
    }
    k->last_ms = k->at_ms;
}

/* The next visit, straight on or after an absence; false when there is none. */
static bool visit_next(struct world *w, struct walker *k) {
    uint64_t leave = rule_of(w, k->zone)->leave_ms;
    bool more = ++k->visit < w->options.visits;
    bool away = !more || random_next(&k->random) % 3 == 0;
    if (away) {
        truth_say(w, k, MOVEMENT_LEFT, k->zone, ZONE_NONE, k->last_ms);
        k->before = ZONE_NONE;
        k->at_ms += between(&k->random, leave + 1, 2 * leave);
    } else {
        k->at_ms += between(&k->random, STEP_MS_LEAST,
                            leave / 4 > STEP_MS_LEAST ? leave / 4 : STEP_MS_LEAST);
    }
    if (more) visit_begin(w, k);
    return more;
}

static void walker_step(struct world *w) {
    struct walker *k = &w->walkers[0];
    k->read++;
    if (k->read > rule_of(w, k->zone)->enter_reads + 1 && k->read < k->reads) stray_send(w, k);
    truth_follow(w, k);
    read_send(w, k, k->zone, k->at_ms);
    if (k->at_ms > w->newest_ms) w->newest_ms = k->at_ms;
    bool more = true;
    if (k->read < k->reads)
        k->at_ms += between(&k->random, STEP_MS_LEAST, step_most(w, k->zone));
    else
        more = visit_next(w, k);
    if (!more) w->walkers[0] = w->walkers[--w->walkers_count];
    if (w->walkers_count > 0) walkers_sift(w, 0);
}

/* ---- life ---- */

static bool antennas_find(struct world *w) {
    const struct gateway_config *c = w->config;
    uint32_t filled = 0;
    w->antennas_of = check_alloc(c->antennas_count + 1, sizeof *w->antennas_of);
    for (uint16_t z = 0; z < c->zones.zones_count; z++) {
        w->antenna_first[z] = filled;
        for (uint32_t i = 0; i < c->antennas_count; i++)
            if (c->antennas[i].zone == z) w->antennas_of[filled++] = i;
        w->antenna_first[z + 1] = filled;
        if (filled > w->antenna_first[z]) w->zones[w->zones_count++] = z;
    }
    if (w->zones_count < 2) return false;
    for (uint32_t i = 0; i < w->zones_count; i++)
        if (step_most(w, w->zones[i]) <= STEP_MS_LEAST) return false;
    return true;
}

enum err world_new(const struct gateway_config *config, const struct world_options *o,
                   movement_fn *truth, void *self, struct world **ret,
                   struct refusal *ret_refusal) {
    struct world *w = check_alloc(1, sizeof *w);
    *w = (struct world){
        .config = config, .options = *o, .truth = truth, .self = self, .random = o->seed};
    if (!antennas_find(w) || o->tags > config->zones.tags_max) {
        world_free(w);
        return refusal_set(ret_refusal, ERR_GATEWAY_CONFIG, "%s", "zones");
    }
    w->walkers = check_alloc(o->tags + 1, sizeof *w->walkers);
    for (uint32_t i = 0; i < o->tags; i++) {
        struct walker *k = &w->walkers[i];
        *k = (struct walker){.number = i, .before = ZONE_NONE, .random = random_next(&w->random)};
        k->at_ms = o->begin_ms + between(&k->random, 0, o->spread_ms);
        visit_begin(w, k);
    }
    w->walkers_count = o->tags;
    for (uint32_t i = o->tags / 2 + 1; i-- > 0;)
        if (i < w->walkers_count) walkers_sift(w, i);
    *ret = w;
    return OK;
}

void world_free(struct world *w) {
    if (w == NULL) return;
    free(w->antennas_of);
    free(w->walkers);
    free(w->sent);
    free(w);
}

static void read_make(struct world *w, const struct sent *s, struct tag_read *ret) {
    uint32_t first = w->antenna_first[s->zone], count = w->antenna_first[s->zone + 1] - first;
    const struct config_antenna *a =
        &w->config->antennas[w->antennas_of[first + s->antenna_choice % count]];
    size_t len = epc_of(s->number, w->epc);
    memcpy(w->tid, "\xe2\x80\x11\x60\x20\x00\x00\x00", 8);
    put_u32(w->tid + 8, s->number);
    *ret = (struct tag_read){.time_ms = s->time_ms,
                             .reader = span_text(a->reader),
                             .epc = span_of(w->epc, len),
                             .tid = span_of(w->tid, sizeof w->tid),
                             .antenna = a->antenna,
                             .has_rssi = true,
                             .rssi_cdbm = -3000 - 10 * (int32_t)(s->antenna_choice % 200)};
}

bool world_next(struct world *w, struct tag_read *ret) {
    /* What arrives before anybody's next step is made by nobody earlier. */
    while (w->walkers_count > 0 &&
           (w->sent_count == 0 || w->sent[0].arrives_ms >= w->walkers[0].at_ms - STEP_MS_LEAST))
        walker_step(w);
    if (w->sent_count > 0) {
        struct sent s = sent_pop(w);
        read_make(w, &s, ret);
        return true;
    }
    if (w->over) return false;
    w->over = true;
    uint64_t longest = 0;
    for (uint32_t i = 0; i < w->zones_count; i++)
        if (rule_of(w, w->zones[i])->leave_ms > longest)
            longest = rule_of(w, w->zones[i])->leave_ms;
    *ret = (struct tag_read){.reader = span_text("world")};
    ret->time_ms = w->newest_ms + longest + w->config->zones.window_ms + w->config->batch_ms + 1;
    return true;
}
