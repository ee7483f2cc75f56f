/* Sockets under peer sessions, on loopback and in one loop: finding each other, one session per member, floods. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "node/uv_net.h"

enum { NODES = 3 };

struct node {
    struct world *world;
    struct keypair keys;
    struct uv_net *net;
    int port;
    uint64_t peers[8];
    uint32_t ups, downs, messages, present;
    size_t bytes;
};

struct world {
    uv_loop_t loop;
    uv_prepare_t prepare;
    struct node nodes[NODES];
};

static enum err who(void *context, const struct pubkey *key, bool dialled, struct peer_grant *ret_grant,
                    uint8_t *ret_validator) {
    struct node *self = context;
    (void)dialled;
    for (uint8_t i = 0; i < NODES; i++) {
        if (!pubkey_equal(&self->world->nodes[i].keys.public_key, key)) continue;
        *ret_grant = peer_grant_member();
        *ret_validator = i;
        return OK;
    }
    return ERR_PEER_UNKNOWN;
}

static void up(void *context, uint64_t peer, uint8_t validator, bool source) {
    struct node *self = context;
    assert_true(peer != 0 && source);
    assert_in_range(validator, 0, NODES - 1);
    self->peers[validator] = peer;
    self->ups++;
    self->present++;
}

static void message(void *context, uint64_t peer, uint8_t type, struct span body) {
    struct node *self = context;
    (void)peer;
    (void)type;
    self->messages++;
    self->bytes += body.len;
}

static void down(void *context, uint64_t peer) {
    struct node *self = context;
    for (uint32_t i = 0; i < NODES; i++) {
        if (self->peers[i] == peer) self->peers[i] = 0;
    }
    self->downs++;
    self->present--;
}

static void on_prepare(uv_prepare_t *prepare) {
    struct world *w = prepare->data;
    for (int i = 0; i < NODES; i++) {
        if (w->nodes[i].net != NULL) uv_net_flush(w->nodes[i].net);
    }
}

static void start(struct world *w) {
    memset(w, 0, sizeof *w);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    uv_prepare_init(&w->loop, &w->prepare);
    w->prepare.data = w;
    uv_prepare_start(&w->prepare, on_prepare);
    for (uint8_t i = 0; i < NODES; i++) {
        struct node *n = &w->nodes[i];
        struct seed seed = {{(uint8_t)(i + 1)}};
        key_from_seed(&seed, &n->keys);
        n->world = w;
        struct uv_net_config config = {.member = &n->keys, .software = "test/1", .peers_max = 16};
        struct uv_net_events events = {n, who, up, message, down};
        n->net = uv_net_new(&w->loop, &config, &events);
        struct config_address address = {"127.0.0.1", 0};
        char error[UV_NET_ERROR_BYTES];
        n->port = uv_net_listen(n->net, &address, error);
        assert_true(n->port > 0);
    }
}

static void dial(struct world *w, int from, int to) {
    struct config_peer peer = {.address = {"127.0.0.1", (uint16_t)w->nodes[to].port}};
    uv_net_dial(w->nodes[from].net, &peer);
}

static void finish(struct world *w) {
    for (int i = 0; i < NODES; i++) uv_net_stop(w->nodes[i].net);
    for (int i = 0; i < NODES; i++) {
        while (!uv_net_stopped(w->nodes[i].net)) uv_run(&w->loop, UV_RUN_ONCE);
        uv_net_free(w->nodes[i].net);
        w->nodes[i].net = NULL;
        assert_int_equal(w->nodes[i].ups, w->nodes[i].downs);
    }
    uv_close((uv_handle_t *)&w->prepare, NULL);
    while (uv_run(&w->loop, UV_RUN_DEFAULT)) {
    }
    assert_int_equal(uv_loop_close(&w->loop), 0);
}

static void nothing(uv_timer_t *timer) {
    (void)timer;
}

static void run_ms(struct world *w, uint64_t ms) {
    uv_timer_t timer;
    uv_timer_init(&w->loop, &timer);
    uv_timer_start(&timer, nothing, ms, 0);
    uint64_t end = uv_now(&w->loop) + ms;
    while (uv_now(&w->loop) < end) uv_run(&w->loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void run_until(struct world *w, const uint32_t *counter, uint32_t least) {
    for (int i = 0; i < 500 && *counter < least; i++) run_ms(w, 10);
    assert_true(*counter >= least);
}

static void two_that_dial_each_other_keep_one_session(void **state) {
    (void)state;
    struct world w;
    start(&w);
    for (int i = 0; i < NODES; i++) {
        for (int j = 0; j < NODES; j++) dial(&w, i, j); /* ourselves too */
    }
    for (int i = 0; i < NODES; i++) run_until(&w, &w.nodes[i].present, NODES - 1);
    run_ms(&w, 600);
    for (int i = 0; i < NODES; i++) {
        assert_int_equal(w.nodes[i].present, NODES - 1);
        assert_int_equal(uv_net_open(w.nodes[i].net), NODES - 1);
        assert_int_equal(uv_net_half_open(w.nodes[i].net), 0);
    }
    finish(&w);
}

static void messages_arrive_and_a_lost_peer_is_found_again(void **state) {
    (void)state;
    struct world w;
    start(&w);
    dial(&w, 0, 1);
    run_until(&w, &w.nodes[0].present, 1);
    run_until(&w, &w.nodes[1].present, 1);
    uint8_t *body = check_alloc(1, 1 << 20);
    struct parcel *big = parcel_new(MESSAGE_RECORDS, span_of(body, 1 << 20), SPAN_EMPTY);
    struct parcel *vote = parcel_new(MESSAGE_VOTE, span_text("vote"), SPAN_EMPTY);
    for (int i = 0; i < 5; i++) assert_int_equal(uv_net_send(w.nodes[0].net, w.nodes[0].peers[1], big), OK);
    for (int i = 0; i < 100; i++) assert_int_equal(uv_net_send(w.nodes[0].net, w.nodes[0].peers[1], vote), OK);
    run_until(&w, &w.nodes[1].messages, 105);
    assert_int_equal(w.nodes[1].bytes, 5 * (1 << 20) + 400);
    uint64_t before = w.nodes[0].peers[1];
    uv_net_drop(w.nodes[1].net, w.nodes[1].peers[0], ERR_PEER_FRAME);
    assert_int_equal(w.nodes[1].downs, 1);
    run_until(&w, &w.nodes[0].ups, 2);
    assert_true(w.nodes[0].peers[1] != before);
    assert_int_equal(uv_net_send(w.nodes[0].net, before, vote), ERR_PEER_CLOSED);
    parcel_drop(big);
    parcel_drop(vote);
    free(body);
    finish(&w);
}

struct flood {
    uv_tcp_t tcp;
    uv_connect_t request;
};

static void on_flood(uv_connect_t *request, int status) {
    (void)request;
    (void)status;
}

/* Nobody who proved nothing keeps an honest peer out, and what they hold is bounded. */
static void ten_thousand_half_open_connections(void **state) {
    (void)state;
    enum { FLOOD = 10000, AT_ONCE = 500 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct world w;
    start(&w);
    struct flood *flood = check_alloc(AT_ONCE, sizeof *flood);
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", w.nodes[0].port, &address);
    for (int round = 0; round < FLOOD / AT_ONCE; round++) {
        for (int i = 0; i < AT_ONCE; i++) {
            uv_tcp_init(&w.loop, &flood[i].tcp);
            uv_tcp_connect(&flood[i].request, &flood[i].tcp, (const struct sockaddr *)&address, on_flood);
        }
        if (round == 10) dial(&w, 1, 0);
        run_ms(&w, 5);
        assert_in_range(uv_net_half_open(w.nodes[0].net), 0, PEER_HALF_OPEN_ADDRESS_MAX + 1);
        for (int i = 0; i < AT_ONCE; i++) uv_close((uv_handle_t *)&flood[i].tcp, NULL);
        run_ms(&w, 1);
    }
    run_until(&w, &w.nodes[0].present, 1);
    free(flood);
    finish(&w);
}

static void a_busy_port_is_told_in_words(void **state) {
    (void)state;
    struct world w;
    start(&w);
    struct config_address address = {"127.0.0.1", (uint16_t)w.nodes[0].port};
    char error[UV_NET_ERROR_BYTES] = "";
    assert_int_equal(uv_net_listen(w.nodes[1].net, &address, error), -1);
    assert_non_null(strstr(error, "address already in use"));
    struct config_address name = {"no such host", 7700};
    assert_int_equal(uv_net_listen(w.nodes[1].net, &name, error), -1);
    finish(&w);
}

static int group(void **state) {
    (void)state;
    crypto_start();
    log_level_set(LOG_ERROR);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_dial_each_other_keep_one_session),
        cmocka_unit_test(messages_arrive_and_a_lost_peer_is_found_again),
        cmocka_unit_test(ten_thousand_half_open_connections),
        cmocka_unit_test(a_busy_port_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, group, NULL);
}
