/* Four cores in one process with a perfect network: what happens when nothing goes wrong, read as a story. The faults are tests/sim's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "consensus/consensus.h"

enum { N = 4, QUEUE = 100000 };

struct message {
    int to;
    struct consensus_input in;
    struct certificate certificate;
};

struct world {
    struct consensus *cores[N];
    struct message *queue;
    size_t head, tail;
    uint64_t now_ms;
    struct digest final[N][1000];
    uint64_t final_count[N];
    int silent; /* index of a core that receives and sends nothing, or -1 */
    uint32_t to_build, blamed;
    struct consensus_outputs *out;
};

static void post(struct world *w, int to, struct consensus_input in, const struct certificate *certificate) {
    if (to == w->silent) return;
    assert_true(w->tail < QUEUE);
    struct message *m = &w->queue[w->tail++];
    *m = (struct message){.to = to, .in = in};
    if (certificate != NULL) m->certificate = *certificate;
}

static void post_all(struct world *w, struct consensus_input in, const struct certificate *certificate) {
    for (int i = 0; i < N; i++)
        post(w, i, in, certificate);
}

static struct digest block_digest(uint64_t view) {
    struct digest d = {{9}};
    put_u64(d.b + 8, view);
    return d;
}

static void act(struct world *w, int self, const struct consensus_output *o) {
    struct consensus_input in = {.now_ms = w->now_ms};
    switch (o->kind) {
    case CONSENSUS_OUT_SIGN:
        in.vote = (struct vote){.ballot = o->ballot, .signer = (uint8_t)self};
        in.kind = o->proposal ? CONSENSUS_PROPOSAL : CONSENSUS_VOTE;
        post_all(w, in, NULL);
        return;
    case CONSENSUS_OUT_RESEND:
        in.kind = CONSENSUS_VOTE;
        in.vote = o->vote;
        post_all(w, in, NULL);
        return;
    case CONSENSUS_OUT_SEND_CERTIFICATE:
        in.kind = CONSENSUS_CERTIFICATE;
        post_all(w, in, o->certificate);
        return;
    case CONSENSUS_OUT_BUILD:
        in.kind = CONSENSUS_BUILT;
        in.view = o->ballot.view;
        in.none = w->to_build == 0;
        if (w->to_build > 0) w->to_build--;
        in.digest = block_digest(in.view);
        post(w, self, in, NULL);
        return;
    case CONSENSUS_OUT_CHECK:
        in.kind = CONSENSUS_VERDICT;
        in.view = o->ballot.view;
        in.digest = o->ballot.digest;
        in.valid = true;
        post(w, self, in, NULL);
        return;
    case CONSENSUS_OUT_FETCH_PAYLOAD:
        in.kind = CONSENSUS_PAYLOAD;
        in.digest = o->ballot.digest;
        post(w, self, in, NULL);
        return;
    case CONSENSUS_OUT_FINAL:
        assert_true(w->final_count[self] < 1000);
        w->final[self][w->final_count[self]++] = o->ballot.digest;
        return;
    case CONSENSUS_OUT_FETCH_CERTIFICATE: return;
    case CONSENSUS_OUT_BLAME: w->blamed++; return;
    }
}

static void step(struct world *w, int to, struct consensus_input *in) {
    in->now_ms = w->now_ms;
    w->out->count = 0;
    consensus_step(w->cores[to], in, w->out);
    for (uint32_t i = 0; i < w->out->count; i++)
        act(w, to, &w->out->items[i]);
}

static void deliver_all(struct world *w) {
    while (w->head < w->tail) {
        struct message *m = &w->queue[w->head++];
        if (m->in.kind == CONSENSUS_CERTIFICATE) m->in.certificate = &m->certificate;
        step(w, m->to, &m->in);
    }
    w->head = w->tail = 0;
}

/* Runs timers until none is due before `until_ms`. */
static void run(struct world *w, uint64_t until_ms) {
    deliver_all(w);
    for (int guard = 0; guard < 100000; guard++) {
        uint64_t next = UINT64_MAX;
        for (int i = 0; i < N; i++)
            if (i != w->silent && consensus_deadline(w->cores[i]) < next) next = consensus_deadline(w->cores[i]);
        if (next > until_ms) break;
        if (next > w->now_ms) w->now_ms = next;
        for (int i = 0; i < N; i++) {
            struct consensus_input in = {.kind = CONSENSUS_TIMER};
            if (i != w->silent && consensus_deadline(w->cores[i]) <= w->now_ms) step(w, i, &in);
        }
        deliver_all(w);
    }
    w->now_ms = until_ms;
}

static void work(struct world *w, bool on, uint32_t to_build) {
    w->to_build = to_build;
    post_all(w, (struct consensus_input){.kind = CONSENSUS_WORK, .work = on, .buildable = on}, NULL);
}

static struct world *world_new(int silent) {
    struct world *w = calloc(1, sizeof *w);
    w->queue = calloc(QUEUE, sizeof *w->queue);
    w->out = calloc(1, sizeof *w->out);
    w->silent = silent;
    w->now_ms = 1000;
    for (int i = 0; i < N; i++) {
        struct consensus_config config = {.validators = N, .self = (uint8_t)i, .delta_ms = 100, .leader_views = 1,
                                          .activity_timeout_ms = 500};
        w->cores[i] = consensus_new(&config);
        post(w, i, (struct consensus_input){.kind = CONSENSUS_START, .digest = {{1}}}, NULL);
    }
    return w;
}

static void world_free(struct world *w) {
    for (int i = 0; i < N; i++)
        consensus_free(w->cores[i]);
    free(w->queue);
    free(w->out);
    free(w);
}

static uint64_t distinct(const struct world *w, int node) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < w->final_count[node]; i++)
        count += i == 0 || !digest_equal(&w->final[node][i], &w->final[node][i - 1]);
    return count;
}

static void nothing_happens_without_work(void **state) {
    (void)state;
    struct world *w = world_new(-1);
    run(w, 1000000);
    for (int i = 0; i < N; i++) {
        assert_int_equal(consensus_view(w->cores[i]), 1);
        assert_true(consensus_deadline(w->cores[i]) == UINT64_MAX);
    }
    world_free(w);
}

static void one_record_becomes_final_and_the_night_is_silent(void **state) {
    (void)state;
    struct world *w = world_new(-1);
    deliver_all(w);
    work(w, true, 1);
    deliver_all(w);
    work(w, false, 0);
    run(w, 1000000);
    for (int i = 0; i < N; i++) {
        assert_int_equal(distinct(w, i), 1);
        assert_true(consensus_deadline(w->cores[i]) == UINT64_MAX);
    }
    assert_int_equal(w->blamed, 0);
    world_free(w);
}

static void a_dead_leader_is_skipped(void **state) {
    (void)state;
    for (int silent = 0; silent < N; silent++) {
        struct world *w = world_new(silent);
        deliver_all(w);
        work(w, true, 50);
        for (int round = 0; round < 500 && w->to_build > 0; round++)
            run(w, w->now_ms + 100);
        work(w, false, 0);
        run(w, w->now_ms + 100000);
        int one = silent == 0 ? 1 : 0;
        assert_true(distinct(w, one) >= 45);
        for (int i = 0; i < N; i++) {
            if (i == silent) continue;
            assert_int_equal(w->final_count[i], w->final_count[one]);
            assert_memory_equal(w->final[i], w->final[one], w->final_count[one] * sizeof(struct digest));
        }
        world_free(w);
    }
}

static void guard_refuses_what_excludes(void **state) {
    (void)state;
    struct vote_guard g;
    vote_guard_init(&g, 0);
    struct ballot a = {VOTE_NOTARIZE, 0, 5, 4, block_digest(1)}, b = {VOTE_NOTARIZE, 0, 5, 4, block_digest(2)};
    struct ballot x = {.kind = VOTE_NULLIFY, .view = 5}, f = {VOTE_FINALIZE, 0, 5, 4, block_digest(1)};
    assert_int_equal(vote_guard_check(&g, &a, true), OK);
    vote_guard_note(&g, &a, true);
    assert_int_equal(vote_guard_check(&g, &a, true), OK); /* the same again */
    assert_int_equal(vote_guard_check(&g, &b, true), ERR_GUARD);
    assert_int_equal(vote_guard_check(&g, &b, false), ERR_GUARD);
    assert_int_equal(vote_guard_check(&g, &x, false), OK);
    vote_guard_note(&g, &x, false);
    assert_int_equal(vote_guard_check(&g, &f, false), ERR_GUARD);
    struct ballot earlier = {VOTE_NOTARIZE, 0, 3, 2, block_digest(3)};
    assert_int_equal(vote_guard_check(&g, &earlier, true), ERR_GUARD); /* announced 5 already */
    assert_int_equal(vote_guard_check(&g, &earlier, false), OK);
    struct ballot f6 = {VOTE_FINALIZE, 0, 6, 5, block_digest(6)}, x6 = {.kind = VOTE_NULLIFY, .view = 6};
    vote_guard_note(&g, &f6, false);
    assert_int_equal(vote_guard_check(&g, &x6, false), ERR_GUARD);
    vote_guard_raise_floor(&g, 7);
    assert_int_equal(vote_guard_check(&g, &f6, false), ERR_GUARD);
    assert_int_equal(g.views_count, 0);
    vote_guard_free(&g);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_without_work),
        cmocka_unit_test(one_record_becomes_final_and_the_night_is_silent),
        cmocka_unit_test(a_dead_leader_is_skipped),
        cmocka_unit_test(guard_refuses_what_excludes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
