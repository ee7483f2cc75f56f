/* uv_host.c: what the RPC asks of the node (rpc/host.h), and the copies that let it ask from any thread. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ledger/apply.h"
#include "node/uv_http.h"
#include "node/uv_leaves.h"
#include "node/uv_node.h"

/* ---- snapshots ---- */

struct lease *lease_new(struct store store) {
    struct lease *l = check_alloc(1, sizeof *l);
    struct ledger_head head;
    l->references = 1;
    l->snapshot = store_snapshot(store);
    CHECK(ledger_head_read(store_snapshot_reader(l->snapshot), &head));
    l->height = head.height;
    l->log_size = head.log.size;
    return l;
}

void lease_drop(struct lease *l) {
    if (l == NULL || atomic_fetch_sub(&l->references, 1) > 1) return;
    store_snapshot_release(l->snapshot);
    free(l);
}

struct lease *lease_hold(struct uv_node *n) {
    uv_mutex_lock(&n->shared.mutex);
    struct lease *l = n->shared.newest;
    atomic_fetch_add(&l->references, 1);
    uv_mutex_unlock(&n->shared.mutex);
    return l;
}

void lease_publish(struct uv_node *n, struct lease *l) {
    uv_mutex_lock(&n->shared.mutex);
    struct lease *old = n->shared.newest;
    n->shared.newest = l;
    uv_mutex_unlock(&n->shared.mutex);
    lease_drop(old);
    uv_http_moved(n->http);
}

static void snapshot_acquire(void *self, struct snapshot *ret) {
    struct lease *l = lease_hold(self);
    *ret = (struct snapshot){.reader = store_snapshot_reader(l->snapshot), .lease = l};
}

static void snapshot_release(void *self, struct snapshot *snapshot) {
    (void)self;
    lease_drop(snapshot->lease);
    snapshot->lease = NULL;
}

static bool attested(void *self, const struct snapshot *snapshot, struct attested *ret) {
    struct uv_node *n = self;
    const struct lease *l = snapshot->lease;
    uv_mutex_lock(&n->shared.mutex);
    bool fresh = n->shared.has_attested && n->shared.attested.size == l->log_size &&
                 n->shared.attested.height == l->height;
    if (fresh) *ret = n->shared.attested;
    uv_mutex_unlock(&n->shared.mutex);
    return fresh || execution_attested(snapshot->reader, n->genesis, l->height, ret);
}

/* ---- on the loop ---- */

static bool pending(void *self, const struct digest *id) {
    struct uv_node *n = self;
    return replica_holds(n->replica, id);
}

static void submit(void *self, uint64_t ticket, bool wait, struct span record) {
    struct replica_input in = {.kind = REPLICA_SUBMIT, .ticket = ticket, .wait = wait, .bytes = record};
    node_input(self, &in);
}

/* ---- status ---- */

static void replica_part(const struct replica_status *r, struct host_status *ret) {
    ret->view = r->view;
    ret->final_view = r->final_view;
    ret->final_height = r->final_height;
    ret->executed_height = r->executed_height;
    ret->committed_height = r->committed_height;
    ret->attested_height = r->attested_height;
    ret->final_time_ms = r->final_time_ms;
    ret->attested_time_s = r->attested_time_s;
    ret->peers = r->peers;
    ret->validators_connected = r->validators_connected;
    ret->pool_records = r->pool_records;
    ret->pool_bytes = r->pool_bytes;
    ret->records_accepted = r->records_accepted;
    ret->records_refused = r->records_refused;
    ret->blocks = r->blocks;
    ret->views_nullified = r->views_nullified;
    ret->evidence = r->evidence;
    ret->voting = r->voting;
    ret->diverged = r->diverged;
    ret->diverged_height = r->diverged_height;
    snprintf(ret->reason, sizeof ret->reason, "%s", r->reason);
}

static void alarms_part(const struct shared *s, struct host_status *ret) {
    ret->alarms_total = s->alarms_total;
    uint64_t from = s->alarms_total > HOST_ALARMS_MAX ? s->alarms_total - HOST_ALARMS_MAX : 0;
    for (uint64_t i = from; i < s->alarms_total; i++) {
        ret->alarms[ret->alarms_count++] = s->alarms[i % HOST_ALARMS_MAX];
    }
}

static void status(void *self, struct host_status *ret) {
    struct uv_node *n = self;
    uv_mutex_lock(&n->shared.mutex);
    *ret = n->shared.counters;
    replica_part(&n->shared.replica, ret);
    alarms_part(&n->shared, ret);
    ret->ready = n->shared.ready;
    ret->journal_syncs = n->shared.journal_syncs;
    ret->journal_bytes = n->shared.journal_bytes;
    uv_mutex_unlock(&n->shared.mutex);
    ret->validator = n->validator >= 0;
    ret->index = n->validator >= 0 ? (uint8_t)n->validator : 0;
    snprintf(ret->version, sizeof ret->version, "%s", SUYUAN_VERSION);
    ret->started_ms = n->started_ms;
    ret->now_ms = wall_clock_ms();
    ret->pool_records_max = (uint32_t)n->config->pool_records_max;
    ret->pool_bytes_max = n->config->pool_bytes_max;
    size_t memory = 0;
    uv_rusage_t usage = {0};
    (void)uv_resident_set_memory(&memory);
    (void)uv_getrusage(&usage);
    ret->memory_bytes = memory;
    ret->cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Able to answer for the present: a quorum (ourselves counted) said how far it is, and what is final here or committed there is visible but for
 * the pipeline. */
static bool is_ready(const struct uv_node *n, const struct replica_status *r) {
    uint32_t heard = r->validators_heard + (n->validator >= 0 ? 1 : 0);
    if (heard < quorum(n->genesis->validators.count)) return false;
    if (r->diverged || n->write_failed || n->stopping) return false;
    uint64_t reach = r->committed_height + n->genesis->params.parameters.pipeline_blocks;
    return reach >= r->final_height && reach >= r->others_height;
}

/* A follower that is ready has executed every block itself and compared each root with what a quorum signed. */
static void ready_changed(struct uv_node *n, const struct replica_status *r) {
    if (n->shared.ready == n->was_ready) return;
    n->was_ready = n->shared.ready;
    log_line(LOG_INFO, n->was_ready ? "node.ready" : "node.not_ready", "role=%s height=%llu peers=%u%s",
             n->validator >= 0 ? "validator" : "follower", (unsigned long long)r->committed_height, r->peers,
             n->was_ready && n->validator < 0 ? " verified=every_block" : "");
}

void shared_update(struct uv_node *n) {
    struct replica_status r;
    struct attested *a = check_alloc(1, sizeof *a);
    replica_status(n->replica, &r);
    bool has = replica_attested(n->replica, a);
    bool moved = false;
    uv_mutex_lock(&n->shared.mutex);
    n->shared.replica = r;
    if (has && (!n->shared.has_attested || a->size != n->shared.attested.size ||
                a->as_of_s != n->shared.attested.as_of_s)) {
        n->shared.attested = *a;
        n->shared.has_attested = true;
        moved = true;
    }
    n->shared.ready = is_ready(n, &r);
    n->shared.journal_syncs = uv_disk_syncs(n->disk);
    n->shared.journal_bytes = uv_disk_bytes(n->disk);
    uv_http_counters(n->http, &n->shared.counters);
    uv_leaves_counters(n->leaf_fetch, &n->shared.counters);
    uv_mutex_unlock(&n->shared.mutex);
    free(a);
    if (moved) uv_http_moved(n->http);
    ready_changed(n, &r);
}

void host_fill(struct uv_node *n) {
    static const struct host_ops ops = {snapshot_acquire, snapshot_release, attested, pending, submit, status};
    n->host = (struct host){.self = n, .ops = &ops, .genesis = n->genesis, .leaves = n->leaves, .scans = n->scans, .sealed = n->sealed,
                            .visitors = n->visitors,
                            .scans_anchored_by = span_text(n->config->scans_anchored_by)};
}
