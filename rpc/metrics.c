/* Prometheus text exposition, version 0.0.4. Names follow the convention that promtool checks: base units, _total for counters. */
#include "rpc/handlers.h"

#include <inttypes.h>

enum metric_kind { GAUGE, COUNTER };

static void metric(struct buffer *out, enum metric_kind kind, const char *name, const char *help, uint64_t value) {
    buffer_printf(out, "# HELP suyuan_%s %s\n# TYPE suyuan_%s %s\nsuyuan_%s %" PRIu64 "\n", name, help, name,
                  kind == GAUGE ? "gauge" : "counter", name, value);
}

static void metric_fraction(struct buffer *out, enum metric_kind kind, const char *name, const char *help,
                            uint64_t value, uint64_t per_unit) {
    uint64_t millionths = value % per_unit * (1000000 / per_unit);
    buffer_printf(out, "# HELP suyuan_%s %s\n# TYPE suyuan_%s %s\nsuyuan_%s %" PRIu64 ".%06" PRIu64 "\n", name,
                  help, name, kind == GAUGE ? "gauge" : "counter", name, value / per_unit, millionths);
}

static void put_identity(struct view *v, const struct host_status *s) {
    char chain[2 * 32 + 1];
    hex_encode(span_of(v->host->genesis->chain_id.b, 32), chain);
    buffer_printf(v->out,
                  "# HELP suyuan_build_info Software version, chain and role; always 1.\n"
                  "# TYPE suyuan_build_info gauge\n"
                  "suyuan_build_info{version=\"%s\",chain=\"%s\",role=\"%s\"} 1\n",
                  s->version, chain, s->validator ? "validator" : "follower");
}

static void put_chain(struct buffer *out, const struct host_status *s) {
    metric(out, GAUGE, "view", "Present view of consensus.", s->view);
    metric(out, GAUGE, "final_view", "View of the newest final block.", s->final_view);
    metric(out, GAUGE, "final_height", "Height of the newest final block.", s->final_height);
    metric(out, GAUGE, "executed_height", "Height of the newest executed block.", s->executed_height);
    metric(out, GAUGE, "attested_height", "Height of the newest attested block.", s->attested_height);
    metric(out, GAUGE, "committed_height", "Height that reads see.", s->committed_height);
    metric_fraction(out, GAUGE, "final_time_seconds", "Block time of the newest final block, Unix time.",
                    s->final_time_ms, 1000);
    metric(out, GAUGE, "attested_time_seconds", "As-of time of the newest attested checkpoint, Unix time.",
           s->attested_time_s);
    metric(out, COUNTER, "blocks_total", "Blocks executed since start.", s->blocks);
    metric(out, COUNTER, "records_accepted_total", "Records accepted since start.", s->records_accepted);
    metric(out, COUNTER, "records_refused_total", "Records refused by execution since start.", s->records_refused);
    metric(out, COUNTER, "views_nullified_total", "Views left without a block since start.", s->views_nullified);
    metric(out, COUNTER, "evidence_total", "Proofs of double signing seen since start.", s->evidence);
}

static void put_node(struct buffer *out, const struct host_status *s) {
    metric(out, GAUGE, "ready", "1 when the node answers for the present.", s->ready ? 1 : 0);
    metric(out, GAUGE, "voting", "1 when the node takes part in consensus.", s->voting ? 1 : 0);
    metric(out, GAUGE, "diverged", "1 when a quorum signed another root than this node's.", s->diverged ? 1 : 0);
    metric(out, GAUGE, "peers", "Connected peers.", s->peers);
    metric(out, GAUGE, "validators_connected", "Connected peers that are validators.", s->validators_connected);
    metric(out, GAUGE, "pool_records", "Records waiting to be ordered.", s->pool_records);
    metric(out, GAUGE, "pool_records_limit", "Records the pool takes at most.", s->pool_records_max);
    metric(out, GAUGE, "pool_bytes", "Bytes of records waiting to be ordered.", s->pool_bytes);
    metric(out, GAUGE, "pool_limit_bytes", "Bytes the pool takes at most.", s->pool_bytes_max);
    metric(out, COUNTER, "alarms_total", "Alarms raised since start.", s->alarms_total);
    metric_fraction(out, GAUGE, "start_time_seconds", "When the node was started, Unix time.", s->started_ms, 1000);
    metric(out, GAUGE, "resident_memory_bytes", "Resident memory.", s->memory_bytes);
    metric_fraction(out, COUNTER, "cpu_seconds_total", "Processor time used.", s->cpu_us, 1000000);
    metric(out, COUNTER, "journal_syncs_total", "Journal syncs.", s->journal_syncs);
    metric(out, COUNTER, "journal_bytes_total", "Bytes appended to the journal.", s->journal_bytes);
}

static void put_leaves(struct buffer *out, const struct host_status *s) {
    metric(out, GAUGE, "leaves_packs", "Code packs whose leaves are all here.", s->leaves_packs);
    metric(out, GAUGE, "leaves_packs_incomplete", "Code packs on the ledger whose leaves are not all here.",
           s->leaves_packs_incomplete);
    metric(out, GAUGE, "leaves_chunks", "Chunks of leaves held.", s->leaves_chunks);
    metric(out, GAUGE, "leaves_bytes", "Bytes of disk the leaves take.", s->leaves_bytes);
    metric(out, COUNTER, "leaves_fetched_total", "Chunks taken from peers since start.", s->leaves_fetched);
    metric(out, COUNTER, "leaves_refused_total", "Leaves from peers that did not check since start.", s->leaves_refused);
    metric(out, COUNTER, "leaves_damaged_total", "Chunks the disk altered, found since start.", s->leaves_damaged);
}

static void put_http(struct buffer *out, const struct host_status *s) {
    metric(out, GAUGE, "http_connections", "Open HTTP connections.", s->http_connections);
    metric(out, GAUGE, "http_streams", "Open event streams.", s->http_streams);
    metric(out, COUNTER, "http_requests_total", "Whole HTTP requests.", s->http_requests);
    metric(out, COUNTER, "http_refused_total", "HTTP requests refused before they were handled.", s->http_refused);
    metric(out, COUNTER, "http_received_bytes_total", "Bytes received by HTTP.", s->http_bytes_in);
    metric(out, COUNTER, "http_sent_bytes_total", "Bytes sent by HTTP.", s->http_bytes_out);
    buffer_text(out, "# HELP suyuan_http_answers_total HTTP answers by class of status.\n"
                     "# TYPE suyuan_http_answers_total counter\n");
    for (int i = 2; i < 6; i++)
        buffer_printf(out, "suyuan_http_answers_total{class=\"%dxx\"} %" PRIu64 "\n", i, s->http_answers[i]);
}

/* The newest hour of this node's tallies that is on the ledger in the name of who anchors them; 0: none that a record could still be of. */
static uint64_t anchored_hour(struct view *v) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct anchor_value anchor;
    struct snapshot snapshot;
    struct host_status s = {0};
    char what[SCAN_WHAT_BYTES_MAX + 1];
    uint64_t found = 0, lifetime = v->host->genesis->params.parameters.record_lifetime_ms;
    if (v->host->scans_anchored_by.len == 0 || !scan_what(own_name(v), what)) return 0;
    v->host->ops->status(v->host->self, &s);
    buffer_init(&value, 1024);
    v->host->ops->snapshot_acquire(v->host->self, &snapshot);
    for (uint64_t hour = s.now_ms - s.now_ms % SCAN_HOUR_MS; found == 0 && hour >= SCAN_HOUR_MS;) {
        hour -= SCAN_HOUR_MS;
        if (hour + lifetime < s.now_ms) break;
        if (query_anchor(snapshot.reader, v->host->scans_anchored_by, span_text(what), hour, &value, &anchor) == OK) found = hour;
    }
    v->host->ops->snapshot_release(v->host->self, &snapshot);
    return found;
}

static void put_scans(struct view *v) {
    struct scans_totals t;
    if (v->host->scans == NULL) return;
    scans_totals(v->host->scans, &t);
    metric(v->out, COUNTER, "scans_counted_total", "Scans tallied since start.", t.tallied);
    metric(v->out, COUNTER, "scans_dropped_total", "Scans taken and not tallied since start: their hour was full.", t.dropped);
    metric(v->out, COUNTER, "scans_refused_visitor_total", "Reports refused since start, above the share of one address or connection.",
           v->host->visitors != NULL ? visitors_refused(v->host->visitors) : 0);
    metric(v->out, COUNTER, "scans_refused_busy_total", "Reports refused since start, above what all together may report.", t.refused);
    metric(v->out, GAUGE, "scans_rows", "Tallies kept: one for a piece in a division in an hour.", t.rows);
    metric(v->out, GAUGE, "scans_oldest_hour_seconds", "Oldest hour of which tallies are kept, Unix time; 0: none.",
           t.oldest_ms / 1000);
    metric(v->out, GAUGE, "scans_anchored_hour_seconds",
           "Newest hour whose tallies the subject of [http] scans_anchored_by anchored, Unix time; 0: none, or no such subject is set.",
           anchored_hour(v) / 1000);
}

static void put_sealed(struct view *v) {
    struct sealed_totals t;
    if (v->host->sealed == NULL) return;
    sealed_totals(v->host->sealed, &t);
    metric(v->out, GAUGE, "sealed_files", "Sealed files held: one for a record and tier with hidden values.", t.files);
    metric(v->out, GAUGE, "sealed_bytes", "Bytes of the file they are in.", t.bytes);
    metric(v->out, GAUGE, "sealed_keys", "Keys held, each for one recipient.", t.keys);
    metric(v->out, COUNTER, "sealed_destroyed_total", "Sealed files destroyed since start.", t.destroyed);
}

enum err read_metrics(struct view *v) {
    struct host_status s = {0};
    v->host->ops->status(v->host->self, &s);
    put_identity(v, &s);
    put_chain(v->out, &s);
    put_node(v->out, &s);
    put_leaves(v->out, &s);
    put_http(v->out, &s);
    put_scans(v);
    put_sealed(v);
    return OK;
}
