/* network.c: sessions between nodes, what happens to messages on the way, and the clients that submit records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"

enum { CLIENT_TRIES = 6 };

/* ---- sessions ---- */

void network_offer(struct world *w, int node) {
    for (uint32_t i = 0; i < w->nodes_count; i++) {
        if ((int)i == node) continue;
        event_push(w, 1 + sim_random(w, 30), (struct event){.kind = EVENT_CONNECT, .node = node, .from = (int)i});
    }
}

static void peer_up(struct world *w, int self, int peer) {
    uint8_t validator = (uint32_t)peer < w->n ? (uint8_t)peer : REPLICA_NO_VALIDATOR;
    node_input(w, &w->nodes[self],
               (struct replica_input){.kind = REPLICA_PEER_UP, .peer = (uint64_t)peer + 1, .validator = validator,
                                      .source = validator != REPLICA_NO_VALIDATOR});
}

void network_connect(struct world *w, const struct event *e) {
    int a = e->node, b = e->from;
    if (!w->nodes[a].alive || !w->nodes[b].alive || w->connected[a][b]) return;
    w->connected[a][b] = w->connected[b][a] = true;
    w->session[a][b]++;
    w->session[b][a]++;
    w->link_free_ms[a][b] = w->link_free_ms[b][a] = 0;
    peer_up(w, a, b);
    peer_up(w, b, a);
}

void network_disconnect(struct world *w, int a, int b) {
    if (!w->connected[a][b]) return;
    w->connected[a][b] = w->connected[b][a] = false;
    struct replica_input down = {.kind = REPLICA_PEER_DOWN};
    down.peer = (uint64_t)b + 1;
    if (w->nodes[a].alive) node_input(w, &w->nodes[a], down);
    down.peer = (uint64_t)a + 1;
    if (w->nodes[b].alive) node_input(w, &w->nodes[b], down);
}

/* ---- the wire ---- */

static void push_message(struct world *w, int from, int to, uint8_t type, struct span bytes) {
    uint64_t wait = w->delay_min_ms + sim_random(w, w->delay_max_ms - w->delay_min_ms + 1);
    if (w->ordered) {
        uint64_t at = w->now_ms + wait;
        if (at < w->link_free_ms[from][to]) at = w->link_free_ms[from][to];
        w->link_free_ms[from][to] = at;
        wait = at - w->now_ms;
    }
    uint8_t *copy = check_alloc(bytes.len + 1, 1);
    if (bytes.len > 0) memcpy(copy, bytes.data, bytes.len);
    event_push(w, wait, (struct event){.kind = EVENT_DELIVER, .node = to, .from = from, .life = w->session[from][to],
                                       .type = type, .bytes = copy, .len = bytes.len});
}

void network_raw(struct world *w, int from, int to, uint8_t type, struct span bytes) {
    if (to < 0 || !w->connected[from][to] || w->cut[from][to] || sim_chance(w, w->loss_256)) return;
    check_wire(w, type, bytes);
    push_message(w, from, to, type, bytes);
    if (sim_chance(w, w->duplicate_256)) push_message(w, from, to, type, bytes);
}

void network_send(struct world *w, int from, int to, uint8_t type, struct span bytes) {
    check_send(w, &w->nodes[from], type, bytes);
    if (from != w->liar_node) {
        network_raw(w, from, to, type, bytes);
        return;
    }
    struct buffer CLEANUP(buffer_free) changed = {0};
    buffer_init(&changed, 64u << 20);
    buffer_append_span(&changed, bytes);
    if (w->liar->send == NULL || w->liar->send(w, from, to, &type, &changed))
        network_raw(w, from, to, type, buffer_span(&changed));
}

void network_deliver(struct world *w, const struct event *e) {
    struct node *n = &w->nodes[e->node];
    if (!n->alive || !w->connected[e->from][e->node] || w->session[e->from][e->node] != e->life) return;
    if (w->cut[e->from][e->node]) return;
    if (w->verbose)
        printf("%8lu %d -> %d %s\n", (unsigned long)w->now_ms, e->from, e->node, message_rule(e->type)->name);
    check_heard(w, n, e->from, e->type, span_of(e->bytes, e->len));
    node_input(w, n, (struct replica_input){.kind = REPLICA_MESSAGE, .peer = (uint64_t)e->from + 1, .type = e->type,
                                            .bytes = span_of(e->bytes, e->len)});
}

static void cut_none(struct world *w) {
    memset(w->cut, 0, sizeof w->cut);
}

static void cut_between(struct world *w, const bool side[]) {
    for (uint32_t a = 0; a < w->nodes_count; a++)
        for (uint32_t b = 0; b < w->nodes_count; b++) w->cut[a][b] = side[a] != side[b];
}

void network_draw(struct world *w) {
    bool side[NODES_MAX] = {false};
    cut_none(w);
    switch (sim_random(w, 6)) {
    case 0: break;
    case 1: /* two halves */
        for (uint32_t i = 0; i < w->nodes_count; i++) side[i] = sim_chance(w, 128);
        cut_between(w, side);
        break;
    case 2: /* one alone */
        side[sim_random(w, w->nodes_count)] = true;
        cut_between(w, side);
        break;
    case 3: /* some links, one way each */
        for (uint32_t a = 0; a < w->nodes_count; a++)
            for (uint32_t b = 0; b < w->nodes_count; b++) w->cut[a][b] = sim_chance(w, 60);
        break;
    case 4: { /* one hears nobody, but is heard */
        uint64_t deaf = sim_random(w, w->nodes_count);
        for (uint32_t a = 0; a < w->nodes_count; a++) w->cut[a][deaf] = true;
        break;
    }
    default: { /* two sessions break and come back */
        for (int i = 0; i < 2; i++) {
            int a = (int)sim_random(w, w->nodes_count), b = (int)sim_random(w, w->nodes_count);
            if (a == b) continue;
            network_disconnect(w, a, b);
            event_push(w, sim_random(w, 500), (struct event){.kind = EVENT_CONNECT, .node = a, .from = b});
        }
        break;
    }
    }
}

void network_heal(struct world *w) {
    cut_none(w);
    w->loss_256 = w->duplicate_256 = 0;
    uint32_t delta = (uint32_t)w->fixture->genesis->params.parameters.delta_ms;
    w->delay_min_ms = 1;
    /* The delay that genesis assumes may be too short: patience that grows must find the true one. */
    w->delay_max_ms = sim_chance(w, 64) ? delta + (uint32_t)sim_random(w, 5 * delta) : delta / 4 + 1;
    w->job_ms_max = w->disk_ms_max = delta / 8;
    for (uint32_t a = 0; a < w->nodes_count; a++) network_offer(w, (int)a);
}

/* ---- clients ---- */

/* A client asks one validator and waits; when it hears nothing or a refusal, it asks another, which is harmless. */
void client_submit(struct world *w, int record) {
    struct client_record *c = &w->records[record];
    bool last = record >= (int)w->records_count - SIM_LAST_RECORDS;
    if (c->acknowledged || w->quiet || (!last && (c->tries >= CLIENT_TRIES || w->healed))) return;
    c->tries++;
    int to = (int)sim_random(w, w->n);
    if (last && to == w->liar_node) to = (to + 1) % (int)w->n;
    struct node *n = &w->nodes[to];
    if (n->alive) {
        c->submitted = true;
        node_input(w, n, (struct replica_input){.kind = REPLICA_SUBMIT, .ticket = (uint64_t)record + 1, .wait = true,
                                                .bytes = buffer_span(&w->fixture->records[record])});
    }
    uint64_t delta = w->fixture->genesis->params.parameters.delta_ms;
    event_push(w, 10 * delta + sim_random(w, 40 * delta), (struct event){.kind = EVENT_SUBMIT, .record = record});
}
