/* Leaves spread from peer to peer (node/leaf_fetch.h): a world of nodes with leaves of their own on a disk, messages that take time, and peers
 * that lie, are silent, flood, or go away. Time is the world's; whatever is random has a seed. */
#include "node/leaf_fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/merkle_root.h"
#include "node/leaf_message.h"
#include "node/peer_message.h"

enum { NODES = 5, PACKS_MAX = 48, COUNT = 2 * PACK_CHUNK_CODES + 7, CHUNKS = 3, PARTS = CHUNKS + 1, EVENTS_MAX = 4096 };

struct event {
    uint64_t at_ms;
    int node;
    struct leaf_input in;
    struct buffer bytes;
    char id[PACK_ID_BYTES + 1];
    struct leaf_want wants[LEAF_WANTS_MAX];
};

struct member {
    struct leaf_fetch *fetch;
    struct leaves *leaves;
    char directory[64];
    bool lies, silent, down;
    uint64_t told_whole;
    uint32_t asked, gives_open, gives_most, liars, drops;
    uint32_t wanted[PACKS_MAX][PARTS]; /* how often it was asked for this */
};

struct world {
    uint64_t now_ms, seed;
    struct member nodes[NODES];
    struct leaves_pack packs[PACKS_MAX];
    uint32_t packs_count, visible;
    uint8_t *codes; /* of all packs the same but for the first byte of each code */
    struct event *events;
    uint32_t events_count;
    uint32_t delay_ms;
};

static uint64_t next_random(struct world *w) {
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return w->seed >> 33;
}

static struct span codes_of(struct world *w, uint32_t pack, uint32_t chunk) {
    uint32_t len = pack_chunk_codes(COUNT, chunk) * PACK_ENTRY_BYTES;
    for (uint32_t i = 0; i < COUNT; i++) w->codes[(size_t)i * 64] = (uint8_t)pack;
    return span_of(w->codes + (size_t)chunk * PACK_CHUNK_BYTES, len);
}

static void hashes_of(struct world *w, uint32_t pack, uint8_t ret[CHUNKS * 32]) {
    struct pack_tree *tree = check_alloc(1, sizeof *tree);
    struct digest root;
    (void)codes_of(w, pack, 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        struct digest hash;
        struct pubkey key;
        pack_entry_read(w->codes + (size_t)i * PACK_ENTRY_BYTES, &hash, &key);
        pack_tree_add(tree, &hash, &key);
    }
    pack_tree_finish(tree, &root);
    memcpy(ret, tree->chunks, CHUNKS * 32);
    free(tree);
}

static struct leaves *open_leaves(struct member *m) {
    char why[LEAVES_ERROR_BYTES];
    struct leaves_options plenty = {UINT64_C(1) << 40, 0};
    struct leaves *l = leaves_open(m->directory, &plenty, why);
    if (l == NULL) fail_msg("%s", why);
    return l;
}

static struct world *world_new(uint32_t packs, uint64_t seed) {
    struct world *w = check_alloc(1, sizeof *w);
    w->now_ms = 1000;
    w->seed = seed;
    w->delay_ms = 5;
    w->events = check_alloc(EVENTS_MAX, sizeof *w->events);
    w->codes = check_alloc(COUNT, 64);
    for (size_t i = 0; i < (size_t)COUNT * 64; i++) w->codes[i] = (uint8_t)(i * 11 + i / 97);
    w->packs_count = w->visible = packs;
    for (uint32_t p = 0; p < packs; p++) {
        uint8_t hashes[CHUNKS * 32];
        struct digest h[CHUNKS];
        hashes_of(w, p, hashes);
        memcpy(h, hashes, sizeof hashes);
        w->packs[p].count = COUNT;
        snprintf(w->packs[p].id, sizeof w->packs[p].id, "%014u/ABC%02u", 690123 + p, p % 100);
        merkle_root(h, CHUNKS, &w->packs[p].root);
    }
    for (int i = 0; i < NODES; i++) {
        struct member *m = &w->nodes[i];
        snprintf(m->directory, sizeof m->directory, "%s/suyuan-spread-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        assert_non_null(mkdtemp(m->directory));
        m->leaves = open_leaves(m);
        m->fetch = leaf_fetch_new(seed + (uint64_t)i);
    }
    return w;
}

static void world_free(struct world *w) {
    for (uint32_t i = 0; i < w->events_count; i++) buffer_free(&w->events[i].bytes);
    for (int i = 0; i < NODES; i++) {
        char command[128];
        leaf_fetch_free(w->nodes[i].fetch);
        leaves_close(w->nodes[i].leaves);
        snprintf(command, sizeof command, "rm -rf '%s'", w->nodes[i].directory);
        assert_int_equal(system(command), 0);
    }
    free(w->events);
    free(w->codes);
    free(w);
}

static struct event *event_add(struct world *w, int node, uint32_t in_ms, enum leaf_input_kind kind) {
    assert_true(w->events_count < EVENTS_MAX);
    struct event *e = &w->events[w->events_count++];
    *e = (struct event){.at_ms = w->now_ms + in_ms, .node = node, .in = {.kind = kind}};
    buffer_init(&e->bytes, 1 << 17);
    return e;
}

static uint32_t number_of(const struct world *w, const char *id) {
    uint32_t p = 0;
    while (p < w->visible && strcmp(w->packs[p].id, id) != 0) p++;
    return p;
}

static bool incomplete(struct world *w, int node, uint32_t pack, struct leaf_want *ret) {
    ret->pack = w->packs[pack];
    leaves_held(w->nodes[node].leaves, &ret->pack, &ret->held);
    return !ret->held.deleted && (!ret->held.hashes || ret->held.held < CHUNKS);
}

static void do_scan(struct world *w, int node, const struct leaf_output *o) {
    struct event *e = event_add(w, node, 1, LEAF_SCANNED);
    uint64_t at = o->cursor;
    while (at < w->visible && e->in.wants_count < o->max) {
        if (incomplete(w, node, (uint32_t)at, &e->wants[e->in.wants_count])) e->in.wants_count++;
        at++;
    }
    e->in.passed = at - o->cursor;
    e->in.cursor = at;
    e->in.end = at == w->visible;
}

static void do_look(struct world *w, int node, const struct leaf_output *o) {
    struct event *e = event_add(w, node, 1, LEAF_SCANNED);
    uint32_t p = number_of(w, o->id);
    e->in.looked = true;
    if (p < w->visible && incomplete(w, node, p, &e->wants[0])) e->in.wants_count = 1;
}

static void do_store(struct world *w, int node, const struct leaf_output *o) {
    struct event *e = event_add(w, node, 1, LEAF_STORED);
    struct leaves *l = w->nodes[node].leaves;
    e->in.job = o->job;
    e->in.err = o->part == 0 ? leaves_put_hashes(l, &o->pack, o->bytes)
                             : leaves_put_chunk(l, &o->pack, o->part - 1, o->bytes);
}

static void do_give(struct world *w, int node, const struct leaf_output *o) {
    struct member *m = &w->nodes[node];
    uint32_t p = number_of(w, o->id);
    if (++m->gives_open > m->gives_most) m->gives_most = m->gives_open;
    if (p < w->visible && o->part < PARTS) m->wanted[p][o->part]++;
    struct event *e = event_add(w, node, 1, LEAF_READ);
    e->in.peer = o->peer;
    e->in.part = o->part;
    memcpy(e->id, o->id, sizeof e->id);
    enum err err = ERR_LEAVES_ABSENT;
    if (p < w->visible && o->part == 0) err = leaves_get_hashes(m->leaves, &w->packs[p], &e->bytes);
    if (p < w->visible && o->part > 0 && o->part <= CHUNKS)
        err = leaves_get_chunk(m->leaves, &w->packs[p], o->part - 1, &e->bytes);
    if (err != OK) buffer_clear(&e->bytes);
    if (m->lies && e->bytes.len > 0) e->bytes.data[next_random(w) % e->bytes.len] ^= 4;
}

static void do_send(struct world *w, int node, const struct leaf_output *o) {
    int to = (int)o->peer - 1;
    w->nodes[node].asked += o->type == MESSAGE_LEAVES_WANTED ? 1 : 0;
    if (w->nodes[to].down || (w->nodes[node].silent && o->type == MESSAGE_LEAVES_FOUND)) return;
    struct event *e = event_add(w, to, 1 + (uint32_t)(next_random(w) % w->delay_ms), LEAF_MESSAGE);
    e->in.peer = (uint64_t)node + 1;
    e->in.type = o->type;
    buffer_append_span(&e->bytes, o->bytes);
}

static void step(struct world *w, int node, struct leaf_input *in) {
    struct member *m = &w->nodes[node];
    in->now_ms = w->now_ms;
    leaf_fetch_step(m->fetch, in);
    for (uint32_t i = 0; i < leaf_fetch_outputs(m->fetch); i++) {
        const struct leaf_output *o = leaf_fetch_output(m->fetch, i);
        switch (o->kind) {
        case LEAF_SEND: do_send(w, node, o); break;
        case LEAF_DROP: m->drops++; break;
        case LEAF_LIAR: m->liars++; break;
        case LEAF_SCAN: do_scan(w, node, o); break;
        case LEAF_LOOK: do_look(w, node, o); break;
        case LEAF_STORE: do_store(w, node, o); break;
        case LEAF_GIVE: do_give(w, node, o); break;
        }
    }
}

static void simple(struct world *w, int node, enum leaf_input_kind kind) {
    struct leaf_input in = {.kind = kind};
    step(w, node, &in);
}

static void up(struct world *w, int node, int other) {
    struct leaf_input in = {.kind = LEAF_PEER_UP, .peer = (uint64_t)other + 1, .source = other < 4};
    step(w, node, &in);
}

static void all_up(struct world *w) {
    for (int i = 0; i < NODES; i++)
        for (int k = 0; k < NODES; k++)
            if (i != k) up(w, i, k);
}

static void told(struct world *w, int node) {
    char id[PACK_ID_BYTES + 1];
    while (leaves_became_whole(w->nodes[node].leaves, &w->nodes[node].told_whole, id)) {
        struct leaf_input in = {.kind = LEAF_WHOLE, .id = id};
        step(w, node, &in);
    }
}

/* One event or timer; false when nothing more will happen by then. */
static bool turn(struct world *w, uint64_t until_ms) {
    uint64_t at = until_ms;
    int timer = -1, first = -1;
    for (uint32_t i = 0; i < w->events_count; i++)
        if (w->events[i].at_ms < at) at = w->events[i].at_ms, first = (int)i;
    for (int i = 0; i < NODES; i++)
        if (!w->nodes[i].down && leaf_fetch_deadline(w->nodes[i].fetch) < at)
            at = leaf_fetch_deadline(w->nodes[i].fetch), timer = i;
    if (timer < 0 && first < 0) return false;
    assert_true(at >= w->now_ms || timer >= 0);
    if (at > w->now_ms) w->now_ms = at;
    if (timer >= 0) {
        simple(w, timer, LEAF_TIMER);
        told(w, timer);
        return true;
    }
    struct event e = w->events[first];
    w->events[first] = w->events[--w->events_count];
    e.in.bytes = buffer_span(&e.bytes);
    e.in.id = e.id;
    e.in.wants = e.wants;
    if (e.in.kind == LEAF_READ) w->nodes[e.node].gives_open--;
    if (!w->nodes[e.node].down) step(w, e.node, &e.in);
    if (!w->nodes[e.node].down) told(w, e.node);
    buffer_free(&e.bytes);
    return true;
}

static void run_for(struct world *w, uint64_t ms) {
    uint64_t until = w->now_ms + ms;
    int turns = 0;
    while (turn(w, until)) assert_true(++turns < 200000); /* nothing goes round and round */
    w->now_ms = until;
}

static void give(struct world *w, int node, uint32_t pack) {
    uint8_t hashes[CHUNKS * 32];
    struct leaves *l = w->nodes[node].leaves;
    hashes_of(w, pack, hashes);
    assert_int_equal(leaves_put_hashes(l, &w->packs[pack], span_of(hashes, sizeof hashes)), OK);
    for (uint32_t c = 0; c < CHUNKS; c++)
        assert_int_equal(leaves_put_chunk(l, &w->packs[pack], c, codes_of(w, pack, c)), OK);
    told(w, node);
}

static uint32_t whole(struct world *w, int node) {
    struct leaves_totals t;
    leaves_totals(w->nodes[node].leaves, &t);
    return (uint32_t)t.whole;
}

static void one_has_it_all_get_it(void **state) {
    (void)state;
    struct world *w = world_new(3, 1);
    for (uint32_t p = 0; p < 3; p++) give(w, 0, p);
    all_up(w);
    run_for(w, 2000);
    for (int i = 0; i < NODES; i++) {
        struct leaf_fetch_status s;
        leaf_fetch_status(w->nodes[i].fetch, &s);
        assert_int_equal(whole(w, i), 3);
        assert_true(s.packs == 3 && s.wanted == 0 && s.refused == 0 && (i == 0 || s.fetched == 9));
        assert_true(w->nodes[i].asked <= 3 * PARTS + NODES * 3 * 2);
        assert_true(leaf_fetch_deadline(w->nodes[i].fetch) == UINT64_MAX);
    }
    world_free(w);
}

static void a_liar_is_refused_and_left_alone(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct world *w = world_new(4, seed);
        w->nodes[1].lies = w->nodes[2].lies = true;
        for (uint32_t p = 0; p < 4; p++) {
            give(w, 1, p);
            give(w, 2, p);
            give(w, 4, p); /* the only honest one, and the last to be asked: it is nobody's source */
        }
        all_up(w);
        run_for(w, LEAF_LIAR_MS - 1000);
        for (int i = 0; i < NODES; i += 3) {
            assert_int_equal(whole(w, i), 4);
            assert_true(w->nodes[i].liars <= 2); /* each once: then it is not asked for ten minutes */
        }
        uint32_t lied = 0;
        for (uint32_t p = 0; p < 4; p++)
            for (uint32_t part = 0; part < PARTS; part++) lied += w->nodes[1].wanted[p][part];
        assert_true(lied <= 4);
        world_free(w);
    }
}

static void a_liar_is_asked_again_after_a_while(void **state) {
    (void)state;
    struct world *w = world_new(1, 3);
    w->nodes[1].lies = true;
    give(w, 1, 0);
    up(w, 0, 1);
    up(w, 1, 0);
    run_for(w, 1000);
    assert_int_equal(w->nodes[0].liars, 1);
    run_for(w, LEAF_LIAR_MS - 2000);
    assert_int_equal(w->nodes[0].liars, 1);
    w->nodes[1].lies = false;
    run_for(w, 20000);
    assert_int_equal(whole(w, 0), 1);
    world_free(w);
}

static void silence_and_going_away(void **state) {
    (void)state;
    struct world *w = world_new(1, 4);
    give(w, 1, 0);
    give(w, 2, 0);
    w->nodes[1].silent = true;
    all_up(w);
    run_for(w, LEAF_ANSWER_MS + LEAF_LACK_MS + 2000);
    for (int i = 0; i < NODES; i++) assert_int_equal(whole(w, i), 1);
    world_free(w);
    /* The only one that has it goes away in the middle, and comes back. */
    w = world_new(1, 5);
    give(w, 1, 0);
    up(w, 0, 1);
    up(w, 1, 0);
    while (w->nodes[0].asked < 3) assert_true(turn(w, w->now_ms + 1000));
    struct leaf_input gone = {.kind = LEAF_PEER_DOWN, .peer = 2};
    step(w, 0, &gone);
    run_for(w, 60000);
    assert_int_equal(whole(w, 0), 0);
    up(w, 0, 1);
    run_for(w, LEAF_RESCAN_MS);
    assert_int_equal(whole(w, 0), 1);
    world_free(w);
}

static void nobody_has_it_then_somebody(void **state) {
    (void)state;
    struct world *w = world_new(40, 6);
    all_up(w);
    run_for(w, 5 * 60 * 1000);
    for (uint32_t p = 20; p < 40; p++) give(w, 3, p); /* more than a node wants at a time; the first twenty nobody has */
    run_for(w, 3 * LEAF_RESCAN_MS);
    for (int i = 0; i < NODES; i++) assert_int_equal(whole(w, i), 20);
    /* What is said to be held is asked for at once. */
    give(w, 4, 0);
    run_for(w, 3000);
    for (int i = 0; i < NODES; i++) assert_int_equal(whole(w, i), 21);
    /* A block brings a pack that was known to nobody. */
    w->visible = 39;
    world_free(w);
}

static void a_new_block_brings_a_pack(void **state) {
    (void)state;
    struct world *w = world_new(6, 7);
    w->visible = 2;
    all_up(w);
    run_for(w, 1000);
    w->visible = 6;
    for (uint32_t p = 0; p < 6; p++) give(w, 2, p); /* said before the others have the block: they cannot know it */
    run_for(w, 1);
    for (int i = 0; i < NODES; i++) simple(w, i, LEAF_COMMITTED);
    run_for(w, 2000);
    for (int i = 0; i < NODES; i++) assert_int_equal(whole(w, i), 6);
    world_free(w);
}

static void deleted_and_damaged(void **state) {
    (void)state;
    struct world *w = world_new(2, 8);
    char command[256];
    for (uint32_t p = 0; p < 2; p++) give(w, 0, p);
    snprintf(command, sizeof command, "touch %s/00000000690123-ABC00.deleted", w->nodes[1].directory);
    assert_int_equal(system(command), 0);
    all_up(w);
    run_for(w, 200000);
    assert_int_equal(whole(w, 1), 1); /* what the operator deleted is not fetched */
    assert_int_equal(whole(w, 2), 2);
    snprintf(command, sizeof command, "truncate -s 70000 %s/00000000690124-ABC01.leaves", w->nodes[2].directory);
    assert_int_equal(system(command), 0);
    struct buffer out;
    buffer_init(&out, PACK_CHUNK_BYTES);
    for (uint32_t c = 0; c < CHUNKS; c++)
        assert_int_equal(leaves_get_chunk(w->nodes[2].leaves, &w->packs[1], c, &out), ERR_LEAVES_ABSENT);
    buffer_free(&out);
    simple(w, 2, LEAF_DAMAGED);
    run_for(w, 2000);
    assert_int_equal(whole(w, 2), 2); /* what the disk lost comes back */
    world_free(w);
}

static void message_to(struct world *w, int node, int from, uint8_t type, const struct type *t, const void *body) {
    struct buffer bytes;
    buffer_init(&bytes, 1 << 17);
    codec_encode(t, body, &bytes);
    struct leaf_input in = {.kind = LEAF_MESSAGE, .peer = (uint64_t)from + 1, .type = type, .bytes = buffer_span(&bytes)};
    step(w, node, &in);
    buffer_free(&bytes);
}

static void a_peer_that_floods(void **state) {
    (void)state;
    struct world *w = world_new(1, 9);
    give(w, 0, 0);
    all_up(w);
    struct leaves_wanted wanted = {span_text(w->packs[0].id), 1}, unknown = {span_text("99999999999999/ZZZZZ"), 9};
    struct leaves_whole lie = {span_text("99999999999999/ZZZZZ")}, odd = {span_text("../../../etc/passwd!")};
    struct leaves_found unasked = {span_text(w->packs[0].id), 2, codes_of(w, 0, 0)};
    for (int i = 0; i < 1000; i++) {
        message_to(w, 0, 1, MESSAGE_LEAVES_WANTED, &leaves_wanted_type, i % 2 ? &wanted : &unknown);
        message_to(w, 0, 1, MESSAGE_LEAVES_HELD, &leaves_whole_type, i % 2 ? &lie : &odd);
        message_to(w, 0, 1, MESSAGE_LEAVES_FOUND, &leaves_found_type, &unasked);
    }
    assert_true(w->nodes[0].gives_most <= LEAF_SERVED_MAX && w->events_count < 64);
    for (uint8_t type = MESSAGE_LEAVES_WANTED; type <= MESSAGE_LEAVES_HELD; type++) {
        struct leaf_input in = {.kind = LEAF_MESSAGE, .peer = 2, .type = type, .bytes = span_text("\x93\x01\x02\x03")};
        step(w, 0, &in);
    }
    assert_int_equal(w->nodes[0].drops, 3);
    run_for(w, 3000);
    for (int i = 0; i < NODES; i++) assert_int_equal(whole(w, i), 1);
    world_free(w);
}

/* Nodes that end at any moment and come back with what their disks hold, slow and lost messages, a liar: in the end all is everywhere. */
static void storms(void **state) {
    (void)state;
    for (uint64_t seed = 100; seed < 112; seed++) {
        struct world *w = world_new(5, seed);
        for (uint32_t p = 0; p < 5; p++) give(w, (int)(p % 3), p);
        w->nodes[3].lies = true;
        w->delay_ms = 400;
        all_up(w);
        for (int life = 0; life < 30; life++) {
            int i = (int)(next_random(w) % NODES);
            struct member *m = &w->nodes[i];
            m->down = true;
            for (int k = 0; k < NODES; k++) {
                struct leaf_input gone = {.kind = LEAF_PEER_DOWN, .peer = (uint64_t)i + 1};
                if (k != i && !w->nodes[k].down) step(w, k, &gone);
            }
            run_for(w, next_random(w) % 1500);
            for (uint32_t e = 0; e < w->events_count;) {
                if (w->events[e].node != i) {
                    e++;
                    continue;
                }
                buffer_free(&w->events[e].bytes);
                w->events[e] = w->events[--w->events_count];
            }
            leaf_fetch_free(m->fetch);
            leaves_close(m->leaves);
            m->leaves = open_leaves(m);
            m->fetch = leaf_fetch_new(next_random(w));
            m->down = false;
            m->told_whole = 0;
            m->gives_open = 0;
            for (int k = 0; k < NODES; k++) {
                if (k == i) continue;
                up(w, k, i);
                up(w, i, k);
            }
            run_for(w, next_random(w) % 1500);
        }
        run_for(w, 2 * LEAF_LIAR_MS);
        for (int i = 0; i < NODES; i++)
            if (whole(w, i) != 5) fail_msg("seed %llu: node %d has %u", (unsigned long long)seed, i, whole(w, i));
        world_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_has_it_all_get_it),
        cmocka_unit_test(a_liar_is_refused_and_left_alone),
        cmocka_unit_test(a_liar_is_asked_again_after_a_while),
        cmocka_unit_test(silence_and_going_away),
        cmocka_unit_test(nobody_has_it_then_somebody),
        cmocka_unit_test(a_new_block_brings_a_pack),
        cmocka_unit_test(deleted_and_damaged),
        cmocka_unit_test(a_peer_that_floods),
        cmocka_unit_test(storms),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
