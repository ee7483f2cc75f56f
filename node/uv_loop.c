/* uv_loop.c: turns of the loop: inputs become steps, outputs become work, and at the end of a turn everything gathered leaves at once.
 *
 * The happy path is: a callback -> node_input -> replica_step -> outputs handled in their order -> (end of turn) answers to RPC, one
 * journal batch to the disk thread, one write per peer, the timer.
 * Possible failures: the journal or the store refuses a write: the replica is told once, signs nothing more, serves on. Execution refuses
 * a final block: this node is broken, it stops. A peer's session ends while a step's outputs are handled: told after the step.
 * Stopping: the replica signs nothing new, RPC answers what was asked, sessions say goodbye; then the lanes are emptied, the journal
 * is written to its end with a mark, and everything is closed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "node/uv_http.h"
#include "node/uv_leaves.h"
#include "node/uv_sealed.h"
#include "node/uv_node.h"

enum {
    STOP_TICK_MS = 20,
    /* Requests that wait for the ledger, and peers that do not take our goodbye, are cut off after this. */
    STOP_PATIENCE_MS = 3000,
};

uint64_t wall_clock_ms(void) {
    uv_timeval64_t t;
    CHECK(uv_gettimeofday(&t) == 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_usec / 1000;
}

/* ---- trouble ---- */

void node_alarm(struct uv_node *n, struct span text) {
    log_line(LOG_ERROR, "node.alarm", "%.*s", (int)text.len, (const char *)text.data);
    uv_mutex_lock(&n->shared.mutex);
    struct host_alarm *a = &n->shared.alarms[n->shared.alarms_total % HOST_ALARMS_MAX];
    a->sequence = ++n->shared.alarms_total;
    a->time_ms = wall_clock_ms();
    size_t len = text.len < sizeof a->text - 1 ? text.len : sizeof a->text - 1;
    memcpy(a->text, text.data, len);
    a->text[len] = '\0';
    uv_mutex_unlock(&n->shared.mutex);
    uv_http_moved(n->http);
}

void node_write_failed(struct uv_node *n, const char *what, const char *why) {
    if (n->write_failed) return;
    n->write_failed = true;
    char text[HOST_REASON_BYTES];
    snprintf(text, sizeof text, "event=write_refused where=%s why=\"%s\"", what, why);
    node_alarm(n, span_text(text));
    struct replica_input in = {.kind = REPLICA_WRITE_FAILED};
    node_input(n, &in);
}

void node_fail(struct uv_node *n, const char *what, const char *why) {
    log_line(LOG_ERROR, "node.fail", "where=%s why=\"%s\"", what, why);
    n->failed = true;
    uv_stop(&n->loop);
}

/* ---- one step ---- */

static void output_send(struct uv_node *n, const struct replica_output *out) {
    if (n->last_parcel == NULL || n->last_bytes != out->bytes.data || parcel_type(n->last_parcel) != out->type) {
        parcel_drop(n->last_parcel);
        n->last_parcel = parcel_new(out->type, out->bytes, SPAN_EMPTY);
        n->last_bytes = out->bytes.data;
    }
    enum err e = uv_net_send(n->net, out->peer, n->last_parcel);
    if (e != OK) log_line(LOG_DEBUG, "peer.send", "peer=%llu type=%u err=%s", (unsigned long long)out->peer,
                          (unsigned)out->type, err_name(e));
}

/* The journal numbers its records itself; after a loss it goes on above the gap, the replica does not know of one. */
static void output_journal(struct uv_node *n, const struct replica_output *out) {
    uint64_t sequence = uv_disk_append(n->disk, out->type, out->bytes);
    if (!n->journal_offset_known) {
        n->journal_offset_known = true;
        n->journal_offset = sequence - out->sequence;
    }
    CHECK(sequence - n->journal_offset == out->sequence);
}

static void output_reply(struct uv_node *n, const struct replica_output *out) {
    static const enum submit_outcome outcomes[] = {
        [REPLY_PENDING] = SUBMIT_PENDING,
        [REPLY_REFUSED] = SUBMIT_REFUSED,
        [REPLY_BUSY] = SUBMIT_BUSY,
        [REPLY_COMMITTED] = SUBMIT_COMMITTED,
    };
    if (n->replies_count == n->replies_cap) {
        n->replies_cap = n->replies_cap == 0 ? 256 : n->replies_cap * 2;
        n->replies = check_realloc(n->replies, n->replies_cap, sizeof *n->replies);
    }
    const struct replica_reply *r = &out->reply;
    n->replies[n->replies_count++] = (struct late_reply){
        .ticket = out->ticket,
        .reply = {.outcome = outcomes[r->kind], .err = r->err, .retry_after_ms = r->retry_after_ms,
                  .wire_id = r->wire_id, .record_id = r->record_id, .height = r->height,
                  .log_index = r->log_index, .code = r->code, .item = r->item}};
}

static void output_handle(struct uv_node *n, const struct replica_output *out) {
    switch (out->kind) {
    case REPLICA_SEND: output_send(n, out); return;
    case REPLICA_DROP_PEER:
        log_line(LOG_WARN, "peer.drop", "peer=%llu err=%s", (unsigned long long)out->peer, err_name(out->err));
        uv_net_drop(n->net, out->peer, out->err);
        return;
    case REPLICA_JOURNAL: output_journal(n, out); return;
    case REPLICA_JOURNAL_KEEP:
        /* Before the first append since the start the numbers are those the journal gave itself. */
        uv_disk_keep(n->disk, n->journal_offset_known ? out->sequence + n->journal_offset : out->sequence);
        return;
    case REPLICA_VERIFY: node_verify(n, out); return;
    case REPLICA_EXECUTE: node_execute(n, out); return;
    case REPLICA_COMMIT: node_commit(n, out); return;
    case REPLICA_READ_BLOCKS: node_read_blocks(n, out); return;
    case REPLICA_REPLY: output_reply(n, out); return;
    case REPLICA_ALARM: node_alarm(n, out->bytes); return;
    }
}

static void step(struct uv_node *n, struct replica_input *in) {
    in->now_ms = uv_now(&n->loop);
    in->time_ms = wall_clock_ms();
    n->stepping = n->stepped = true;
    replica_step(n->replica, in, n->outputs);
    size_t count = replica_outputs_count(n->outputs);
    for (size_t i = 0; i < count; i++) output_handle(n, replica_outputs_at(n->outputs, i));
    parcel_drop(n->last_parcel);
    n->last_parcel = NULL;
    n->last_bytes = NULL;
    replica_outputs_clear(n->outputs);
    n->stepping = false;
}

void node_input(struct uv_node *n, struct replica_input *in) {
    if (n->closing) return;
    CHECK(!n->stepping);
    step(n, in);
    for (size_t i = 0; i < n->downs_count; i++) {
        struct replica_input down = {.kind = REPLICA_PEER_DOWN, .peer = n->downs[i]};
        step(n, &down);
    }
    n->downs_count = 0;
}

/* ---- what the world says ---- */

enum err node_peer_who(void *context, const struct pubkey *key, bool dialled, struct peer_grant *ret_grant,
                       uint8_t *ret_validator) {
    struct uv_node *n = context;
    const struct validator_set *set = &n->genesis->validators;
    *ret_validator = REPLICA_NO_VALIDATOR;
    for (uint32_t i = 0; i < set->count; i++) {
        if (!pubkey_equal(&set->validators[i].transport_key, key)) continue;
        *ret_validator = (uint8_t)i;
        *ret_grant = peer_grant_member();
        return OK;
    }
    for (uint32_t i = 0; i < n->config->peers_count; i++) {
        const struct config_peer *p = &n->config->peers[i];
        if (!dialled || !p->has_key || !pubkey_equal(&p->key, key)) continue;
        *ret_grant = peer_grant_member();
        return OK;
    }
    for (uint32_t i = 0; i < n->config->followers_count; i++) {
        if (!pubkey_equal(&n->config->followers[i], key)) continue;
        *ret_grant = peer_grant_follower();
        return OK;
    }
    return ERR_PEER_UNKNOWN;
}

void node_peer_up(void *context, uint64_t peer, uint8_t validator, bool source) {
    struct uv_node *n = context;
    struct replica_input in = {.kind = REPLICA_PEER_UP, .peer = peer, .validator = validator, .source = source};
    node_input(n, &in);
    uv_leaves_peer_up(n->leaf_fetch, peer, source);
}

void node_peer_message(void *context, uint64_t peer, uint8_t type, struct span body) {
    struct uv_node *n = context;
    if (uv_leaves_message(n->leaf_fetch, peer, type, body)) return;
    struct replica_input in = {.kind = REPLICA_MESSAGE, .peer = peer, .type = type, .bytes = body};
    node_input(n, &in);
}

void node_peer_down(void *context, uint64_t peer) {
    struct uv_node *n = context;
    uv_leaves_peer_down(n->leaf_fetch, peer);
    if (!n->stepping) {
        struct replica_input in = {.kind = REPLICA_PEER_DOWN, .peer = peer};
        node_input(n, &in);
        return;
    }
    if (n->downs_count == n->downs_cap) {
        n->downs_cap = n->downs_cap == 0 ? 16 : n->downs_cap * 2;
        n->downs = check_realloc(n->downs, n->downs_cap, sizeof *n->downs);
    }
    n->downs[n->downs_count++] = peer;
}

void node_journal_written(void *context, uint64_t sequence) {
    struct uv_node *n = context;
    /* Only what this run appended is waited for. */
    if (!n->journal_offset_known || sequence < n->journal_offset) return;
    struct replica_input in = {.kind = REPLICA_WRITTEN, .sequence = sequence - n->journal_offset};
    node_input(n, &in);
}

void node_journal_failed(void *context, const char *why) {
    node_write_failed(context, "journal", why);
}

/* ---- the end of a turn ---- */

static void on_timer(uv_timer_t *timer) {
    struct uv_node *n = timer->data;
    n->timer_at_ms = UINT64_MAX;
    struct replica_input in = {.kind = REPLICA_TIMER};
    node_input(n, &in);
}

static void set_timer(struct uv_node *n) {
    uint64_t at = replica_deadline(n->replica);
    if (at == n->timer_at_ms) return;
    n->timer_at_ms = at;
    if (at == UINT64_MAX) {
        uv_timer_stop(&n->timer);
        return;
    }
    uint64_t now = uv_now(&n->loop);
    uv_timer_start(&n->timer, on_timer, at > now ? at - now : 0, 0);
}

/* Answers go out; requests that waited behind them in their connections may submit, and be answered, in the same turn. */
static void answers_deliver(struct uv_node *n) {
    if (n->http == NULL) {
        n->replies_count = 0;
        return;
    }
    do {
        /* Delivering one may append more behind it. */
        for (size_t i = 0; i < n->replies_count; i++) {
            struct late_reply late = n->replies[i];
            uv_http_submitted(n->http, late.ticket, &late.reply);
        }
        n->replies_count = 0;
        uv_http_flush(n->http);
    } while (n->replies_count > 0);
}

static void on_prepare(uv_prepare_t *prepare) {
    struct uv_node *n = prepare->data;
    for (;;) {
        answers_deliver(n);
        if (!n->stepped) break;
        n->stepped = false;
        shared_update(n); /* streams may have something to say now */
    }
    uv_disk_flush(n->disk);
    uv_net_flush(n->net);
    set_timer(n);
}

/* ---- stopping ---- */

static void on_stop_timer(uv_timer_t *timer) {
    struct uv_node *n = timer->data;
    bool late = uv_now(&n->loop) >= n->stop_at_ms;
    if (n->http != NULL && !uv_http_stopped(n->http)) {
        if (late) uv_http_abort(n->http);
        return;
    }
    uv_net_stop(n->net);
    if (!uv_net_stopped(n->net) && !late) return;
    if (!uv_disk_idle(n->disk) && !late) return;
    uv_stop(&n->loop);
}

static void node_stop(struct uv_node *n, const char *why) {
    if (n->stopping) return;
    n->stopping = true;
    log_line(LOG_INFO, "node.stop", "why=%s", why);
    struct replica_input in = {.kind = REPLICA_STOP};
    node_input(n, &in);
    if (n->http != NULL) uv_http_stop(n->http);
    n->stop_at_ms = uv_now(&n->loop) + STOP_PATIENCE_MS;
    uv_timer_start(&n->stop_timer, on_stop_timer, 0, STOP_TICK_MS);
}

static void on_signal(uv_signal_t *handle, int number) {
    node_stop(handle->data, number == SIGINT ? "SIGINT" : "SIGTERM");
}

static void lanes_stop(struct uv_node *n) {
    struct uv_lane **lanes[] = {&n->verify, &n->read, &n->execute, &n->commit};
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++) {
        if (*lanes[i] != NULL) uv_lane_stop(*lanes[i]);
    }
    /* A commit's end hands a drop to the executor; with `closing` it did that itself. */
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++) {
        uv_lane_free(*lanes[i]);
        *lanes[i] = NULL;
    }
}

static void close_handle(uv_handle_t *handle, void *context) {
    (void)context;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* Everything down to the loop itself. Safe on a node that was opened halfway. */
static void node_close(struct uv_node *n) {
    n->closing = true;
    if (n->http != NULL) {
        uv_http_stop(n->http);
        uv_http_abort(n->http);
    }
    if (n->net != NULL) uv_net_stop(n->net);
    if (n->loop_open) {
        uv_prepare_stop(&n->prepare);
        uv_timer_stop(&n->timer);
        uv_timer_stop(&n->stop_timer);
    }
    /* Calls on the read lane come back first: their connections wait for them. */
    while ((n->http != NULL && !uv_http_stopped(n->http)) || (n->net != NULL && !uv_net_stopped(n->net))) {
        uv_run(&n->loop, UV_RUN_ONCE);
        if (n->http != NULL) uv_http_flush(n->http);
        if (n->net != NULL) uv_net_flush(n->net);
    }
    uv_leaves_stop(n->leaf_fetch);
    uv_sealed_stop(n->deletions);
    lanes_stop(n);
    uv_disk_close(n->disk);
    uv_http_free(n->http);
    uv_net_free(n->net);
    if (n->loop_open) {
        uv_run(&n->loop, UV_RUN_NOWAIT);
        uv_walk(&n->loop, close_handle, NULL);
        while (uv_run(&n->loop, UV_RUN_DEFAULT) != 0) {
        }
        CHECK(uv_loop_close(&n->loop) == 0);
    }
}

static void node_free(struct uv_node *n) {
    uv_leaves_free(n->leaf_fetch);
    uv_sealed_free(n->deletions);
    node_jobs_free(n);
    execution_free(n->execution);
    for (size_t i = 0; i < n->executed.count; i++) executed_free(n->executed.list[i]);
    free(n->executed.list);
    lease_drop(n->shared.newest);
    if (n->store_open) store_close(n->store);
    leaves_close(n->leaves);
    scans_close(n->scans);
    sealed_store_close(n->sealed);
    visitors_free(n->visitors);
    replica_free(n->replica);
    replica_outputs_free(n->outputs);
    validator_keys_wipe(&n->keys);
    genesis_free(n->genesis);
    parcel_drop(n->last_parcel);
    free(n->downs);
    free(n->replies);
    if (n->mutex_open) uv_mutex_destroy(&n->shared.mutex);
    free(n);
}

static void signal_start(struct uv_node *n, uv_signal_t *handle, int number) {
    CHECK(uv_signal_init(&n->loop, handle) == 0);
    handle->data = n;
    CHECK(uv_signal_start(handle, on_signal, number) == 0);
}

int uv_node_run(const struct config *config) {
    struct uv_node *n = check_alloc(1, sizeof *n);
    n->config = config;
    n->started_ms = wall_clock_ms();
    n->timer_at_ms = UINT64_MAX;
    CHECK(uv_mutex_init(&n->shared.mutex) == 0);
    n->mutex_open = true;
    CHECK(uv_loop_init(&n->loop) == 0);
    n->loop_open = true;
    CHECK(uv_prepare_init(&n->loop, &n->prepare) == 0);
    CHECK(uv_timer_init(&n->loop, &n->timer) == 0 && uv_timer_init(&n->loop, &n->stop_timer) == 0);
    n->prepare.data = n->timer.data = n->stop_timer.data = n;
    bool open = node_open(n);
    if (open) {
        signal_start(n, &n->terminate, SIGTERM);
        signal_start(n, &n->interrupt, SIGINT);
        CHECK(uv_prepare_start(&n->prepare, on_prepare) == 0);
        uv_run(&n->loop, UV_RUN_DEFAULT);
    }
    bool failed = !open || n->failed;
    node_close(n);
    if (open) log_line(LOG_INFO, "node.end", "result=%s", failed ? "failed" : "ok");
    node_free(n);
    return failed ? 1 : 0;
}
