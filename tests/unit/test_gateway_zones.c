/* The zones: what reads say and what they do not, in any order; a site made up with known outcome; a checkpoint at any moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/gateway/world.h"

enum { A, B };

struct told {
    struct movement list[200000];
    uint32_t count;
};
static void tell(void *self, const struct movement *m) {
    struct told *t = self;
    assert_true(t->count < sizeof t->list / sizeof t->list[0]);
    t->list[t->count++] = *m;
}

static struct zones_config two_zones(void) {
    struct zones_config c = {.zones_count = 2, .window_ms = 1000, .tags_max = 100, .window_max = 1000};
    c.zones[A] = (struct zone_rule){.enter_reads = 3, .enter_ms = 500, .leave_ms = 5000, .rssi_enter = -6000, .rssi_stay = -7000};
    c.zones[B] = (struct zone_rule){.enter_reads = 2, .enter_ms = 500, .leave_ms = 5000, .rssi_enter = INT32_MIN, .rssi_stay = INT32_MIN};
    return c;
}

struct fixture {
    struct zones_config config;
    struct told told;
    struct zones *z;
    uint64_t sequence;
};
static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    f->config = two_zones();
    f->z = zones_new(&f->config, 7, tell, &f->told);
    *state = f;
    return 0;
}
static int teardown(void **state) {
    struct fixture *f = *state;
    zones_free(f->z);
    free(f);
    return 0;
}
static enum zones_taken see(struct fixture *f, const char *epc, uint16_t zone, uint64_t ms) {
    return zones_offer(f->z, ++f->sequence, ms, zone, span_text(epc), true, -5000);
}
static void told_is(struct fixture *f, uint32_t i, enum movement_kind kind, uint16_t from, uint16_t to, uint64_t ms) {
    assert_true(i < f->told.count);
    const struct movement *m = &f->told.list[i];
    assert_int_equal(m->kind, kind);
    assert_int_equal(m->from, from);
    assert_int_equal(m->to, to);
    assert_int_equal(m->time_ms, ms);
}

static void arrives_moves_leaves(void **state) {
    struct fixture *f = *state;
    for (uint64_t ms = 10000; ms <= 10400; ms += 200) assert_int_equal(see(f, "tag", A, ms), ZONES_TAKEN);
    assert_int_equal(see(f, "tag", B, 11000), ZONES_TAKEN);
    assert_int_equal(see(f, "tag", B, 11300), ZONES_TAKEN);
    zones_tick(f->z, 20000);
    assert_int_equal(f->told.count, 3);
    told_is(f, 0, MOVEMENT_ARRIVED, ZONE_NONE, A, 10000);
    told_is(f, 1, MOVEMENT_MOVED, A, B, 11000);
    told_is(f, 2, MOVEMENT_LEFT, B, ZONE_NONE, 11300);
    assert_int_equal(f->told.list[0].at_ms, 10400);
    assert_int_equal(f->told.list[2].at_ms, 16300);
    assert_int_equal(zones_tags(f->z), 0);
}

static void a_few_reads_are_not_enough(void **state) {
    struct fixture *f = *state;
    assert_int_equal(see(f, "tag", A, 10000), ZONES_TAKEN);
    assert_int_equal(see(f, "tag", A, 10400), ZONES_TAKEN);
    assert_int_equal(see(f, "tag", A, 11000), ZONES_TAKEN); /* too long after: a new streak */
    assert_int_equal(see(f, "tag", A, 11500), ZONES_TAKEN);
    zones_tick(f->z, 20000);
    assert_int_equal(f->told.count, 0);
    assert_int_equal(zones_tags(f->z), 0);
}

static void between_two_antennas_it_stays(void **state) {
    struct fixture *f = *state;
    for (uint64_t ms = 10000; ms <= 10400; ms += 200) assert_int_equal(see(f, "tag", A, ms), ZONES_TAKEN);
    for (uint64_t ms = 10500; ms < 14000; ms += 200) {
        assert_int_equal(see(f, "tag", B, ms), ZONES_TAKEN);
        assert_int_equal(see(f, "tag", A, ms + 100), ZONES_TAKEN);
    }
    zones_tick(f->z, 15100);
    assert_int_equal(f->told.count, 1);
}

static void weak_reads(void **state) {
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 5; i++)
        assert_int_equal(zones_offer(f->z, ++f->sequence, 10000 + 100 * i, A, span_text("tag"), true, -6500), ZONES_TAKEN);
    zones_tick(f->z, 12000);
    assert_int_equal(f->told.count, 0);
    for (uint64_t i = 0; i < 3; i++) assert_int_equal(see(f, "tag", A, 12000 + 100 * i), ZONES_TAKEN);
    /* Weak, but there: it does not leave. */
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(zones_offer(f->z, ++f->sequence, 12500 + 400 * i, A, span_text("tag"), true, -6500), ZONES_TAKEN);
    zones_tick(f->z, 21000);
    assert_int_equal(f->told.count, 1);
    told_is(f, 0, MOVEMENT_ARRIVED, ZONE_NONE, A, 12000);
}

static void late_and_twice(void **state) {
    struct fixture *f = *state;
    for (int again = 0; again < 3; again++) assert_int_equal(see(f, "tag", A, 10000), ZONES_TAKEN);
    zones_tick(f->z, 11000);
    assert_int_equal(see(f, "tag", A, 10000), ZONES_LATE);
    assert_int_equal(see(f, "tag", A, 9000), ZONES_LATE);
    assert_int_equal(see(f, "tag", A, 10001), ZONES_TAKEN);
    zones_tick(f->z, 20000);
    assert_int_equal(f->told.count, 0); /* three times one read is one read */
}

static void limits(void **state) {
    struct fixture *f = *state;
    zones_free(f->z);
    f->config.tags_max = 2;
    f->config.window_max = 4;
    f->z = zones_new(&f->config, 1, tell, &f->told);
    const char *names[] = {"a", "b", "c"};
    for (uint64_t i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) assert_int_equal(see(f, names[k], A, 10000 + 100 * i), ZONES_TAKEN);
    zones_tick(f->z, 12000);
    assert_int_equal(zones_tags(f->z), 2);
    assert_true(zones_ignored(f->z) >= 1);
    assert_int_equal(f->told.count, 2);
    zones_tick(f->z, 30000);
    for (uint64_t i = 0; i < 3; i++) assert_int_equal(see(f, "c", A, 40000 + 100 * i), ZONES_TAKEN);
    zones_tick(f->z, 42000);
    assert_int_equal(f->told.count, 5);
    assert_int_equal(f->told.list[4].epc[0], 'c');
}

/* ---- a made-up site ---- */

static const char site[] =
    "{\"subject\":\"s\",\"key\":\"k\",\"spool\":{\"directory\":\"d\"},\"window\":\"2s\",\"zones\":["
    "{\"name\":\"a\",\"enter\":{\"reads\":3,\"within\":\"2s\"},\"leave\":\"20s\",\"stays\":\"3s\",\"antennas\":[{\"reader\":\"r\",\"antenna\":1}]},"
    "{\"name\":\"b\",\"enter\":{\"reads\":1},\"leave\":\"15s\",\"antennas\":[{\"reader\":\"r\",\"antenna\":2},{\"reader\":\"q\",\"antenna\":1}]},"
    "{\"name\":\"c\",\"enter\":{\"reads\":2,\"within\":\"1s\"},\"leave\":\"30s\",\"antennas\":[{\"reader\":\"q\",\"antenna\":2}]}]}";

struct play {
    struct gateway_config *config;
    struct told *truth, *told;
    struct zones *z;
};

static int movement_order(const void *a, const void *b) {
    const struct movement *x = a, *y = b;
    int c = span_compare(span_of(x->epc, x->epc_len), span_of(y->epc, y->epc_len));
    if (c != 0) return c;
    if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

static void same_movements(struct told *a, struct told *b) {
    assert_int_equal(a->count, b->count);
    qsort(a->list, a->count, sizeof a->list[0], movement_order);
    qsort(b->list, b->count, sizeof b->list[0], movement_order);
    for (uint32_t i = 0; i < a->count; i++) {
        assert_int_equal(movement_order(&a->list[i], &b->list[i]), 0);
        assert_int_equal(a->list[i].from, b->list[i].from);
        assert_int_equal(a->list[i].to, b->list[i].to);
    }
}

/* Zones anew from what a checkpoint keeps: the tags, two times, and the waiting reads. */
struct kept {
    struct zone_tag tags[4000];
    uint32_t count;
};
static void kept_change(struct kept *k, const struct zone_tag *tag, bool gone) {
    uint32_t i = 0;
    while (i < k->count && span_compare(span_of(k->tags[i].epc, k->tags[i].epc_len), span_of(tag->epc, tag->epc_len)) != 0) i++;
    if (gone && i < k->count) k->tags[i] = k->tags[--k->count];
    if (gone) return;
    assert_true(i < sizeof k->tags / sizeof k->tags[0]);
    if (i == k->count) k->count++;
    k->tags[i] = *tag;
}

static void made_up_site(uint64_t seed, uint32_t crash_every) {
    struct refusal refusal;
    struct gateway_config *c = NULL;
    struct told *truth = check_alloc(1, sizeof *truth), *told = check_alloc(1, sizeof *told);
    struct kept *kept = check_alloc(1, sizeof *kept);
    struct world_options o = {.seed = seed, .tags = 200, .visits = 3, .reads_per_visit = 12, .begin_ms = 1000000,
                              .spread_ms = 60000, .stray_percent = 20, .twice_percent = 10};
    struct world *w = NULL;
    struct tag_read *reads = check_alloc(100000, sizeof *reads);
    uint8_t (*epcs)[EPC_BYTES_MAX] = check_alloc(100000, sizeof *epcs);
    uint32_t count = 0;
    assert_int_equal(config_parse(span_text(site), &c, &refusal), OK);
    assert_int_equal(world_new(c, &o, tell, truth, &w, &refusal), OK);
    struct tag_read r;
    struct zones *z = zones_new(&c->zones, seed, tell, told);
    while (world_next(w, &r)) {
        assert_true(count < 100000);
        if (r.epc.len > 0) memcpy(epcs[count], r.epc.data, r.epc.len);
        r.epc.data = epcs[count];
        reads[count++] = r;
        if (r.epc.len == 0) {
            zones_tick(z, r.time_ms);
        } else {
            uint16_t zone = config_zone_of(c, r.reader, r.antenna);
            assert_int_equal(zones_offer(z, count, r.time_ms, zone, r.epc, r.has_rssi, r.rssi_cdbm), ZONES_TAKEN);
        }
        if (crash_every == 0 || count % crash_every != 0) continue;
        /* Checkpoint, then everything that was in memory is gone. */
        bool gone;
        const struct zone_tag *t;
        for (size_t at = 0; (t = zones_next_change(z, &at, &gone)) != NULL;) kept_change(kept, t, gone);
        zones_changes_kept(z);
        uint64_t from = zones_waiting_from(z, count + 1), watermark = zones_watermark(z), horizon = zones_horizon(z);
        zones_free(z);
        z = zones_new(&c->zones, seed + count, tell, told);
        zones_restore(z, watermark, horizon);
        for (uint32_t i = 0; i < kept->count; i++) assert_true(zones_restore_tag(z, &kept->tags[i]));
        for (uint64_t i = from; i <= count; i++) {
            const struct tag_read *k = &reads[i - 1];
            if (k->epc.len == 0) continue;
            enum zones_taken taken = zones_offer(z, i, k->time_ms, config_zone_of(c, k->reader, k->antenna), k->epc, k->has_rssi, k->rssi_cdbm);
            assert_true(taken == ZONES_TAKEN || k->time_ms <= horizon);
        }
    }
    assert_true(truth->count > 400);
    same_movements(truth, told);
    assert_int_equal(zones_tags(z), 0);
    zones_free(z);
    world_free(w);
    config_free(c);
    free(truth);
    free(told);
    free(kept);
    free(reads);
    free(epcs);
}

static void what_happened_is_told(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) made_up_site(seed, 0);
}

static void a_checkpoint_at_any_moment(void **state) {
    (void)state;
    for (uint32_t every = 1; every <= 2000; every = every * 3 + 1) made_up_site(every, every < 40 ? 40 + every : every);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(arrives_moves_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(a_few_reads_are_not_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(between_two_antennas_it_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(weak_reads, setup, teardown),
        cmocka_unit_test_setup_teardown(late_and_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test(what_happened_is_told),
        cmocka_unit_test(a_checkpoint_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
