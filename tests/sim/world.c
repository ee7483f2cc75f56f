/* world.c: one world. A seed draws what it is like; then chaos for a while, then everything heals, and
 * everybody must arrive at the same place. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

enum {
    WATCH_MS = 100,         /* how often arrival is looked for after healing */
    SETTLE_MS = 2000,       /* after arrival: what is on its way arrives too */
    QUIET_MS = 8000,        /* and then nothing may happen but heartbeats */
    ARRIVAL_MS_MAX = 400000, /* patience grows to 15 s a step, and a view has three */
    STEPS_MAX = 400000,
};

/* splitmix64: Steele, Lea, Flood 2014. */
uint64_t sim_random(struct world *w, uint64_t below) {
    uint64_t z = w->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return below == 0 ? 0 : z % below;
}

bool sim_chance(struct world *w, uint32_t of_256) {
    return sim_random(w, 256) < of_256;
}

void sim_fail(struct world *w, const char *format, ...) {
    if (w->failed) return;
    w->failed = true;
    int at = snprintf(w->failure, sizeof w->failure, "at %lu ms: ", (unsigned long)w->now_ms);
    va_list args;
    va_start(args, format);
    vsnprintf(w->failure + at, sizeof w->failure - (size_t)at, format, args);
    va_end(args);
}

static bool earlier(const struct event *a, const struct event *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->counter < b->counter;
}

struct event *event_push(struct world *w, uint64_t wait_ms, struct event e) {
    struct event *copy = check_alloc(1, sizeof *copy);
    *copy = e;
    copy->at_ms = w->now_ms + wait_ms;
    copy->counter = ++w->counter;
    if (w->heap_count == w->heap_cap) {
        w->heap_cap = w->heap_cap == 0 ? 1024 : w->heap_cap * 2;
        w->heap = check_realloc(w->heap, w->heap_cap, sizeof(struct event *));
    }
    size_t at = w->heap_count++;
    for (; at > 0 && earlier(copy, w->heap[(at - 1) / 2]); at = (at - 1) / 2)
        w->heap[at] = w->heap[(at - 1) / 2];
    w->heap[at] = copy;
    return copy;
}

static struct event *event_pop(struct world *w) {
    if (w->heap_count == 0) return NULL;
    struct event *first = w->heap[0], *last = w->heap[--w->heap_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < w->heap_count; at = child) {
        if (child + 1 < w->heap_count && earlier(w->heap[child + 1], w->heap[child])) child++;
        if (!earlier(w->heap[child], last)) break;
        w->heap[at] = w->heap[child];
    }
    if (w->heap_count > 0) w->heap[at] = last;
    return first;
}

static void event_free(struct event *e) {
    free(e->bytes);
    free(e->attested);
    free(e);
}

static uint32_t pick(struct world *w, const uint32_t of[], uint32_t count) {
    return of[sim_random(w, count)];
}

static void draw_network(struct world *w, uint32_t delta) {
    const uint32_t loss[] = {0, 0, 0, 4, 20, 60}, twice[] = {0, 0, 10, 60};
    const uint32_t slow[] = {delta / 20, delta / 4, delta / 2, delta, 3 * delta};
    w->delay_min_ms = 1 + (uint32_t)sim_random(w, 3);
    w->delay_max_ms = w->delay_min_ms + pick(w, slow, 5);
    w->loss_256 = pick(w, loss, 6);
    w->duplicate_256 = pick(w, twice, 4);
    w->ordered = sim_chance(w, 100);
}

/* What this world is like. Everything is drawn here or later from the one seed. */
static void draw(struct world *w, struct fixtures *fixtures) {
    const uint32_t sizes[] = {4, 4, 4, 5, 6, 7};
    const uint32_t pools[] = {1000, 1000, 24, 6};
    w->n = pick(w, sizes, 6);
    uint32_t variant = (uint32_t)sim_random(w, SIM_VARIANTS);
    w->long_chain = w->seed % 150 == 77;
    if (w->long_chain) {
        w->n = 4;
        variant = 1; /* one record in a block */
    }
    w->records_count = w->long_chain ? SIM_RECORDS : SIM_RECORDS_SHORT;
    w->fixture = fixture_get(fixtures, w->n, variant, w->records_count);
    const struct parameters *p = &w->fixture->genesis->params.parameters;
    uint32_t delta = (uint32_t)p->delta_ms;
    uint32_t followers = sim_chance(w, 96) ? 1 + (uint32_t)sim_random(w, 2) : 0;
    if (w->long_chain) followers = 1;
    w->nodes_count = w->n + followers;
    w->pool_records_max = pick(w, pools, 4);
    w->pool_bytes_max = sim_chance(w, 32) ? 4096 : 1 << 20;
    w->segment_bytes = sim_chance(w, 128) ? 96 << 10 : 1 << 20;
    const uint32_t jobs[] = {1, 3, delta / 4 + 1, delta}, disks[] = {1, 3, delta / 4 + 1, 2 * delta};
    w->job_ms_max = pick(w, jobs, 4);
    w->disk_ms_max = pick(w, disks, 4);
    const uint32_t sectors[] = {0, 64, 128, 256};
    w->crash_sector_chance = pick(w, sectors, 4);
    draw_network(w, delta);
    uint64_t length = delta * (20 + sim_random(w, 60));
    w->heal_ms = length;
    w->end_ms = length + ARRIVAL_MS_MAX;
    const uint32_t crashes[] = {0, 0, 8, 16, 40}, cuts[] = {0, 0, 6, 20};
    w->crash_every_ms = delta * pick(w, crashes, 5);
    w->network_every_ms = delta * pick(w, cuts, 4);
    w->all_crash = w->crash_every_ms > 0 && sim_chance(w, 100);
    w->blackout = w->all_crash && sim_chance(w, 128);
    w->submit_every_ms = (uint32_t)(length / (w->records_count - SIM_LAST_RECORDS)) + 1;
    w->liar_node = -1;
    if (sim_chance(w, 128)) {
        w->liar = liars[sim_chance(w, 40) ? 0 : sim_random(w, liars_count)];
        w->liar_node = (int)sim_random(w, w->n);
    }
    w->disk_faults = w->liar == NULL && sim_chance(w, 40);
    /* Drawn from the seed itself, so that worlds without it stay what they were. One fault of this kind is all that may be at a time. */
    bool loses = w->liar == NULL && !w->disk_faults && w->crash_every_ms > 0 && w->seed % 5 == 3;
    w->lost_node = loses ? (int)(w->seed / 5 % w->n) : -1;
}

/* A quick network and nobody in the way, but for a validator and a follower that come when hundreds of blocks are there. */
static void draw_long(struct world *w) {
    w->pool_records_max = 1000;
    w->pool_bytes_max = 1 << 20;
    w->delay_min_ms = w->delay_max_ms = 1;
    w->loss_256 = w->duplicate_256 = w->job_ms_max = w->disk_ms_max = 0;
    w->crash_every_ms = w->network_every_ms = 0;
    w->all_crash = w->blackout = w->disk_faults = false;
    w->heal_ms = 20000;
    w->end_ms = w->heal_ms + ARRIVAL_MS_MAX;
    w->liar = NULL;
    w->liar_node = -1;
}

static void nodes_draw(struct world *w) {
    const struct parameters *p = &w->fixture->genesis->params.parameters;
    bool skewed = sim_chance(w, 128);
    for (uint32_t i = 0; i < w->nodes_count; i++) {
        struct node *n = &w->nodes[i];
        n->index = (int)i;
        n->follower = i >= w->n;
        n->honest = (int)i != w->liar_node;
        if (skewed) n->skew_ms = (int64_t)sim_random(w, p->max_drift_ms) - (int64_t)p->max_drift_ms / 2;
        n->late = n->follower && sim_chance(w, 160);
        node_begin(w, n);
        if (w->long_chain && (i == 0 || n->follower)) continue; /* at the end */
        uint64_t wait = n->late ? sim_random(w, w->heal_ms) : sim_random(w, 20);
        event_push(w, wait, (struct event){.kind = EVENT_RESTART, .node = (int)i});
    }
}

static uint64_t every(struct world *w, uint32_t period) {
    return period / 2 + sim_random(w, period + 1);
}

static void begin(struct world *w) {
    if (w->crash_every_ms > 0)
        event_push(w, every(w, w->crash_every_ms), (struct event){.kind = EVENT_CRASH});
    if (w->network_every_ms > 0)
        event_push(w, every(w, w->network_every_ms), (struct event){.kind = EVENT_NETWORK});
    if (w->liar != NULL && w->liar->tick != NULL)
        event_push(w, 50, (struct event){.kind = EVENT_LIE, .node = w->liar_node});
    for (int i = 0; i < (int)w->records_count - SIM_LAST_RECORDS; i++)
        event_push(w, sim_random(w, w->heal_ms), (struct event){.kind = EVENT_SUBMIT, .record = i});
    uint64_t dark = 8 * w->fixture->genesis->params.parameters.delta_ms;
    if (w->blackout) event_push(w, w->heal_ms - dark, (struct event){.kind = EVENT_BLACKOUT});
    event_push(w, w->heal_ms, (struct event){.kind = EVENT_HEAL});
}

static void crash_one(struct world *w, int i) {
    struct node *n = &w->nodes[i];
    if (!n->alive) return;
    bool graceful = sim_chance(w, 40);
    if (graceful) {
        node_input(w, n, (struct replica_input){.kind = REPLICA_STOP});
        event_push(w, 1 + sim_random(w, 50), (struct event){.kind = EVENT_STOP, .node = i, .life = n->life});
        return;
    }
    node_crash(w, n);
    uint64_t delta = w->fixture->genesis->params.parameters.delta_ms;
    uint64_t wait = sim_chance(w, 128) ? sim_random(w, 10) : sim_random(w, 20 * delta);
    event_push(w, wait, (struct event){.kind = EVENT_RESTART, .node = i});
}

static void on_crash(struct world *w) {
    if (w->healed || w->dark) return;
    if (w->all_crash && sim_chance(w, 64))
        for (uint32_t i = 0; i < w->nodes_count; i++) crash_one(w, (int)i);
    else
        crash_one(w, (int)sim_random(w, w->nodes_count));
    event_push(w, every(w, w->crash_every_ms), (struct event){.kind = EVENT_CRASH});
}

/* All that was broken works again, but for the liar. */
static void heal(struct world *w) {
    w->healed = true;
    network_heal(w);
    for (uint32_t i = 0; i < w->nodes_count; i++) {
        struct node *n = &w->nodes[i];
        n->store_faults = n->journal_faults = 0;
        if (n->alive && (n->disk_broken || w->all_crash)) node_crash(w, n);
        if (!n->alive) node_start(w, n);
    }
    for (int i = (int)w->records_count - SIM_LAST_RECORDS; i < (int)w->records_count; i++)
        event_push(w, 50 + sim_random(w, 1000), (struct event){.kind = EVENT_SUBMIT, .record = i});
    event_push(w, 1500, (struct event){.kind = EVENT_WATCH});
}

static uint64_t highest_view(const struct world *w) {
    uint64_t highest = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        struct replica_status s;
        if (!w->nodes[i].alive) continue;
        replica_status(w->nodes[i].replica, &s);
        if (s.view > highest) highest = s.view;
    }
    return highest;
}

/* Arrived: then it must stay so, without a view being entered, while nobody submits anything. */
static void watch(struct world *w) {
    char why[SIM_TEXT_BYTES];
    bool arrived = check_arrived(w, why);
    if (w->quiet && !w->settled) {
        w->settled = true;
        w->quiet_view = highest_view(w);
        event_push(w, QUIET_MS, (struct event){.kind = EVENT_WATCH});
        return;
    }
    if (w->quiet && !arrived && w->liar != NULL) { /* it may come with old records at any time */
        w->quiet = w->settled = false;
        event_push(w, WATCH_MS, (struct event){.kind = EVENT_WATCH});
        return;
    }
    if (w->quiet) {
        if (!arrived) sim_fail(w, "after it was quiet: %s", why);
        if (w->liar == NULL && highest_view(w) != w->quiet_view)
            sim_fail(w, "views go on though nothing is there to do: %lu, then %lu",
                     (unsigned long)w->quiet_view, (unsigned long)highest_view(w));
        w->done = true;
        return;
    }
    if (!arrived && w->now_ms + WATCH_MS > w->end_ms) {
        sim_fail(w, "no liveness %d s after healing: %s", ARRIVAL_MS_MAX / 1000, why);
        return;
    }
    if (!arrived) {
        event_push(w, WATCH_MS, (struct event){.kind = EVENT_WATCH});
        return;
    }
    w->quiet = true;
    event_push(w, SETTLE_MS, (struct event){.kind = EVENT_WATCH});
}

static void note_event(struct world *w, const struct event *e) {
    uint8_t head[40] = {0};
    put_u64(head, w->now_ms);
    put_u64(head + 8, (uint64_t)e->kind << 32 | e->type);
    put_u64(head + 16, (uint64_t)e->node << 32 | (uint64_t)e->from);
    put_u64(head + 24, (uint64_t)e->job_kind << 32 | e->life);
    put_u64(head + 32, e->job ^ e->height << 20);
    sha256_add(&w->trace, head, sizeof head);
    sha256_add(&w->trace, e->bytes, e->len);
}

static void handle(struct world *w, struct event *e) {
    struct node *n = &w->nodes[e->node];
    bool lives = n->alive && e->life == n->life;
    note_event(w, e);
    switch (e->kind) {
    case EVENT_DELIVER: network_deliver(w, e); return;
    case EVENT_CONNECT: network_connect(w, e); return;
    case EVENT_DISCONNECT: network_disconnect(w, e->node, e->from); return;
    case EVENT_JOB:
        if (lives) node_job(w, e);
        return;
    case EVENT_TIMER:
        if (lives) node_timer(w, n, e->at_ms);
        return;
    case EVENT_DISK:
        if (lives) node_disk(w, n);
        return;
    case EVENT_CRASH: on_crash(w); return;
    case EVENT_STOP:
        if (!lives) return;
        node_crash(w, n);
        event_push(w, sim_random(w, 2000), (struct event){.kind = EVENT_RESTART, .node = e->node});
        return;
    case EVENT_RESTART:
        if (!n->alive) node_start(w, n);
        return;
    case EVENT_SUBMIT: client_submit(w, e->record); return;
    case EVENT_NETWORK:
        if (w->healed || w->dark) return;
        network_draw(w);
        event_push(w, every(w, w->network_every_ms), (struct event){.kind = EVENT_NETWORK});
        return;
    case EVENT_BLACKOUT:
        memset(w->cut, true, sizeof w->cut);
        w->dark = true;
        return;
    case EVENT_LIE:
        if (n->alive) w->liar->tick(w, e->node);
        event_push(w, 100 + sim_random(w, 400), (struct event){.kind = EVENT_LIE, .node = e->node});
        return;
    case EVENT_HEAL: heal(w); return;
    case EVENT_WATCH: watch(w); return;
    }
}

static void describe(const struct world *w, char ret[SIM_TEXT_BYTES]) {
    snprintf(ret, SIM_TEXT_BYTES,
             "n=%u followers=%u liar=%s delta=%lu pipeline=%lu delay=%u..%u loss=%u twice=%u ordered=%d crash=%u all=%d "
             "cut=%u disk=%u job=%u pool=%u faults=%d heal=%lu",
             w->n, w->nodes_count - w->n, w->liar == NULL ? "none" : w->liar->name,
             (unsigned long)w->fixture->genesis->params.parameters.delta_ms,
             (unsigned long)w->fixture->genesis->params.parameters.pipeline_blocks, w->delay_min_ms,
             w->delay_max_ms, w->loss_256, w->duplicate_256, w->ordered, w->crash_every_ms, w->all_crash,
             w->network_every_ms, w->disk_ms_max, w->job_ms_max, w->pool_records_max, w->disk_faults,
             (unsigned long)w->heal_ms);
}

void world_run(struct fixtures *fixtures, uint64_t seed, bool verbose, struct world_result *ret) {
    struct world *w = check_alloc(1, sizeof *w);
    w->seed = seed;
    w->random = seed * 0x2545f4914f6cdd1du + 1;
    w->verbose = verbose;
    w->signed_views = check_alloc(NODES_MAX, sizeof *w->signed_views);
    w->cosignatures = check_alloc(NODES_MAX, sizeof *w->cosignatures);
    sha256_init(&w->trace);
    draw(w, fixtures);
    if (w->long_chain) draw_long(w);
    memset(ret, 0, sizeof *ret);
    describe(w, ret->description);
    if (verbose) printf("seed %lu: %s\n", (unsigned long)seed, ret->description);
    nodes_draw(w);
    begin(w);
    for (struct event *e; !w->failed && !w->done && (e = event_pop(w)) != NULL; event_free(e)) {
        w->now_ms = e->at_ms;
        handle(w, e);
        if (++w->steps > STEPS_MAX) sim_fail(w, "a world without end: %d steps", STEPS_MAX);
    }
    if (!w->failed && !w->done) sim_fail(w, "the world ended before it was quiet");
    if (!w->failed) check_end(w);
    ret->ok = !w->failed;
    sha256_final(&w->trace, &ret->trace);
    memcpy(ret->failure, w->failure, sizeof ret->failure);
    ret->blocks = w->height;
    ret->steps = w->steps;
    ret->crashes = w->crashes;
    ret->evidence = w->evidence;
    ret->simulated_ms = w->now_ms;
    for (uint32_t i = 0; i < w->nodes_count; i++) node_free(w, &w->nodes[i]);
    for (uint32_t i = 0; i < SIM_OLD_MESSAGES; i++) buffer_free(&w->old[i]);
    while (w->heap_count > 0) event_free(event_pop(w));
    free(w->heap);
    free(w->signed_views);
    free(w->cosignatures);
    free(w);
}
