/* uv_start.c: opens a node, in the order in which one thing needs the other: genesis, keys, store (checked, repaired), replica, journal (folded
 * into the replica), lanes, peers, HTTP; then START. What was found is said in one line each; what is wrong, in one line with the next thing to do.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/key_file.h"
#include "base/log.h"
#include "ledger/query.h"
#include "node/chain_check.h"
#include "node/replica_message.h"
#include "node/uv_http.h"
#include "node/uv_leaves.h"
#include "node/uv_sealed.h"
#include "node/uv_node.h"
#include "storage/recover_ledger.h"
#include "storage/store_leveldb.h"

/* A node that was killed may still be writing when its successor starts. */
enum { LOCK_WAIT_MS = 10000 };

static bool refuse(const char *event, const char *why) {
    log_line(LOG_ERROR, event, "why=\"%s\"", why);
    return false;
}

static bool refused(const char *event, const struct refusal *r) {
    log_line(LOG_ERROR, event, "err=%s where=\"%s\" why=\"%s\"", err_name(r->err), r->where, err_text(r->err, LANG_EN));
    return false;
}

static bool path_join(char ret[CONFIG_PATH_BYTES], const char *directory, const char *name) {
    return snprintf(ret, CONFIG_PATH_BYTES, "%s/%s", directory, name) < CONFIG_PATH_BYTES;
}

/* Sockets for every peer and HTTP connection that the limits allow. */
static void descriptors_raise(void) {
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur == l.rlim_max) return;
    l.rlim_cur = l.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &l) != 0) log_line(LOG_WARN, "node.descriptors", "why=\"%s\"", strerror(errno));
}

static bool genesis_open(struct uv_node *n) {
    struct buffer file CLEANUP(buffer_free) = {0};
    struct refusal refusal = {0};
    buffer_init(&file, GENESIS_BYTES_MAX);
    if (!config_file_read(n->config->genesis_file, &file)) return refuse("genesis.read", strerror(errno));
    enum err e = file.overflow ? refusal_set(&refusal, ERR_TOO_LARGE, "%s", n->config->genesis_file)
                               : genesis_parse(buffer_span(&file), &n->genesis, &refusal);
    if (e != OK) return refused("genesis.read", &refusal);
    char chain[65];
    hex_encode(span_of(n->genesis->chain_id.b, 32), chain);
    log_line(LOG_INFO, "genesis.read", "chain=%s validators=%u domain=%.*s", chain, n->genesis->validators.count,
             (int)n->genesis->set.domain.len, (const char *)n->genesis->set.domain.data);
    return true;
}

/* Without a key the node is a follower with a key of its own, made once. */
static bool seed_open(const struct config *config, struct seed *ret) {
    struct refusal refusal = {0};
    char path[CONFIG_PATH_BYTES];
    struct stat st;
    if (config->key_file[0] != '\0') {
        return key_file_read(config->key_file, ret, &refusal) == OK || refused("node.key", &refusal);
    }
    if (!path_join(path, config->data_directory, "follower.key")) return refuse("node.key", "the path is too long");
    if (stat(path, &st) != 0) {
        struct seed fresh;
        seed_random(&fresh);
        enum err e = key_file_write(path, &fresh, &refusal);
        seed_wipe(&fresh);
        if (e != OK) return refused("node.key", &refusal);
    }
    return key_file_read(path, ret, &refusal) == OK || refused("node.key", &refusal);
}

static bool keys_open(struct uv_node *n, struct seed *seed) {
    if (!seed_open(n->config, seed)) return false;
    validator_keys_derive(seed, &n->keys);
    n->validator = genesis_validator_by_key(n->genesis, &n->keys.consensus.public_key);
    char key[65];
    hex_encode(span_of(n->keys.transport.public_key.b, 32), key);
    if (n->validator >= 0) {
        struct span name = n->genesis->validators.validators[n->validator].name;
        log_line(LOG_INFO, "node.role", "role=validator index=%d name=%.*s key=%s", n->validator, (int)name.len,
                 (const char *)name.data, key);
    } else {
        log_line(LOG_INFO, "node.role", "role=follower key=%s", key);
    }
    return true;
}

/* ---- the store ---- */

static bool store_is_of_this_chain(const struct uv_node *n) {
    struct block_summary s;
    return query_block(store_reader(n->store), 0, &s) == OK && digest_equal(&s.block, &n->genesis->chain_id);
}

static bool store_fill(struct uv_node *n, const struct recover_report *report) {
    char text[RECOVER_TEXT_BYTES];
    uint64_t height = 0;
    switch (report->state) {
    case RECOVER_EMPTY:
        return execution_genesis(n->store, n->genesis) || refuse("store.genesis", store_error(n->store));
    case RECOVER_WHOLE: return true;
    case RECOVER_BEHIND:
        if (!recover_ledger_replay(n->store, &n->genesis->params, &height, text)) return refuse("store.replay", text);
        log_line(LOG_INFO, "store.replay", "from=%llu to=%llu", (unsigned long long)report->height + 1,
                 (unsigned long long)height);
        return true;
    case RECOVER_BROKEN:
        log_line(LOG_ERROR, "store.broken", "height=%llu why=\"%s\" next=\"move %s/store away and start again: the node syncs from its peers; "
                 "leave %s/journal where it is\"", (unsigned long long)report->height, report->text,
                 n->config->data_directory, n->config->data_directory);
        return false;
    }
    return false;
}

static bool ledger_open(struct uv_node *n) {
    char path[CONFIG_PATH_BYTES], why[STORE_ERROR_BYTES];
    if (!path_join(path, n->config->data_directory, "store")) return refuse("store.open", "the path is too long");
    struct store_leveldb_options options = {.cache_bytes = (size_t)n->config->cache_bytes, .lock_wait_ms = LOCK_WAIT_MS};
    if (!store_leveldb_open(path, &options, &n->store, why)) return refuse("store.open", why);
    n->store_open = true;
    struct chain_check check;
    struct recover_checks checks = chain_check_begin(&check, n->genesis);
    struct recover_report report;
    uint64_t began_ms = wall_clock_ms();
    recover_open(n->store, &checks, (enum recover_level)n->config->check, &report);
    log_line(report.state == RECOVER_BROKEN ? LOG_ERROR : LOG_INFO, "store.check",
             "height=%llu blocks_checked=%llu ms=%llu found=\"%s\"", (unsigned long long)report.height,
             (unsigned long long)report.blocks_checked, (unsigned long long)(wall_clock_ms() - began_ms), report.text);
    n->store_new = report.state == RECOVER_EMPTY;
    if (!store_fill(n, &report)) return false;
    if (!store_is_of_this_chain(n)) return refuse("store.open", "the store belongs to another chain: use another data directory");
    n->execution = execution_new(n->store, n->genesis);
    n->shared.newest = lease_new(n->store);
    return true;
}

static bool leaves_begin(struct uv_node *n) {
    char path[CONFIG_PATH_BYTES], why[LEAVES_ERROR_BYTES];
    struct leaves_options options = {n->config->leaves_bytes_max, (uint64_t)LEAVES_FREE_MIB_MIN << 20};
    struct leaves_totals t;
    if (!path_join(path, n->config->data_directory, "leaves")) return refuse("leaves.open", "the path is too long");
    n->leaves = leaves_open(path, &options, why);
    if (n->leaves == NULL) return refuse("leaves.open", why);
    leaves_totals(n->leaves, &t);
    log_line(LOG_INFO, "leaves.open", "packs=%llu chunks=%llu bytes=%llu deleted=%llu", (unsigned long long)t.whole,
             (unsigned long long)t.chunks, (unsigned long long)t.bytes, (unsigned long long)t.deleted);
    return true;
}

static uint64_t scans_clock(void *self) {
    (void)self;
    return wall_clock_ms();
}

/* Tallies are off the ledger: a node whose file of them is damaged votes and answers for the rest. */
static void scans_begin(struct uv_node *n) {
    char path[CONFIG_PATH_BYTES], why[SCANS_ERROR_BYTES] = "the path is too long";
    struct scans_options options = {.clock_ms = scans_clock};
    if (path_join(path, n->config->data_directory, "scans.sqlite")) n->scans = scans_open(path, &options, why);
    n->visitors = visitors_new(n->config->scans_per_minute ? 60000 / n->config->scans_per_minute : 0, SCANS_VISITOR_BURST);
    if (n->scans == NULL) log_line(LOG_WARN, "scans.open", "reason=\"%s\"", why);
}

/* The same of what opens hidden values; what its disk holds of deleted ones, though, is then still there. */
static void sealed_begin(struct uv_node *n) {
    char path[CONFIG_PATH_BYTES], why[SEALED_ERROR_BYTES] = "the path is too long";
    if (path_join(path, n->config->data_directory, "sealed.sqlite"))
        n->sealed = sealed_store_open(path, &n->genesis->chain_id, 0, why);
    if (n->sealed == NULL) log_line(LOG_ERROR, "sealed.open", "reason=\"%s\"", why);
}

/* ---- the replica and its memory of what it signed ---- */

static void replica_open(struct uv_node *n, struct seed *seed) {
    struct replica_config c = {
        .genesis = n->genesis,
        .validator = n->validator >= 0 ? (uint8_t)n->validator : REPLICA_NO_VALIDATOR,
        .seed = *seed,
        .pool_records_max = (uint32_t)n->config->pool_records_max,
        .pool_bytes_max = n->config->pool_bytes_max,
    };
    random_bytes(&c.random_seed, sizeof c.random_seed);
    n->replica = replica_new(&c);
    n->outputs = replica_outputs_new();
    seed_wipe(&c.seed);
    seed_wipe(seed);
}

static void on_journal_record(void *context, uint64_t sequence, uint8_t type, struct span body) {
    struct uv_node *n = context;
    struct replica_input in = {.kind = REPLICA_RECOVER, .sequence = sequence, .type = type, .bytes = body};
    in.now_ms = uv_now(&n->loop);
    in.time_ms = wall_clock_ms();
    replica_step(n->replica, &in, n->outputs);
    replica_outputs_clear(n->outputs); /* folding asks for nothing */
}

static bool journal_fold(struct uv_node *n, struct journal_report *ret_report) {
    char path[CONFIG_PATH_BYTES], why[UV_DISK_ERROR_BYTES];
    if (!path_join(path, n->config->data_directory, "journal")) return refuse("journal.open", "the path is too long");
    struct journal_config c = {.chain_id = n->genesis->chain_id,
                               .segment_bytes = (uint32_t)n->config->journal_segment_bytes};
    random_bytes(&c.salt, sizeof c.salt);
    struct uv_disk_events events = {n, node_journal_written, node_journal_failed};
    n->disk = uv_disk_open(&n->loop, path, &c, &events, on_journal_record, n, ret_report, why);
    if (n->disk == NULL) return refuse("journal.open", why);
    log_line(ret_report->health == JOURNAL_DAMAGED ? LOG_ERROR : LOG_INFO, "journal.open", "records=%llu segments=%llu found=\"%s\"",
             (unsigned long long)ret_report->records, (unsigned long long)ret_report->segments, ret_report->text);
    return true;
}

static void replica_begin(struct uv_node *n, const struct journal_report *report) {
    struct buffer header CLEANUP(buffer_free) = {0};
    struct replica_head head;
    buffer_init(&header, BLOCK_HEADER_BYTES_MAX);
    execution_head(store_reader(n->store), &header, &head);
    /* A validator whose journal is gone while its store is not may have signed what it does not remember, also before its first block. */
    bool gone = report->health == JOURNAL_FRESH && !n->store_new;
    bool lost = report->health == JOURNAL_DAMAGED || gone || (report->records == 0 && head.height > 0);
    struct replica_input in = {.kind = REPLICA_START, .head = &head, .sequence = report->last_sequence,
                               .err = lost && n->validator >= 0 ? ERR_NOT_VOTING : OK};
    node_input(n, &in);
}

/* ---- lanes and sockets ---- */

static void lanes_open(struct uv_node *n) {
    n->verify = uv_lane_new(&n->loop, (unsigned)n->config->verify_threads);
    n->verify_arenas = check_alloc(n->config->verify_threads, sizeof *n->verify_arenas);
    for (uint64_t i = 0; i < n->config->verify_threads; i++) arena_init(&n->verify_arenas[i], RECORD_ARENA_BYTES);
    n->execute = uv_lane_new(&n->loop, 1);
    n->commit = uv_lane_new(&n->loop, 1);
    n->read = uv_lane_new(&n->loop, (unsigned)n->config->read_threads);
}

static void peers_open(struct uv_node *n) {
    struct uv_net_config c = {n->genesis->chain_id, &n->keys.transport, "suyuand/" SUYUAN_VERSION,
                              (uint32_t)n->config->peers_max};
    struct uv_net_events events = {n, node_peer_who, node_peer_up, node_peer_message, node_peer_down};
    n->net = uv_net_new(&n->loop, &c, &events);
    n->leaf_fetch = uv_leaves_new(n);
    n->deletions = uv_sealed_new(n);
}

static bool peers_listen(struct uv_node *n) {
    char why[UV_NET_ERROR_BYTES];
    for (uint32_t i = 0; i < n->config->listen_count; i++) {
        const struct config_address *a = &n->config->listen[i];
        int port = uv_net_listen(n->net, a, why);
        if (port < 0) return refuse("peers.listen", why);
        log_line(LOG_INFO, "peers.listen", "host=%s port=%d", a->host, port);
    }
    for (uint32_t i = 0; i < n->config->peers_count; i++) uv_net_dial(n->net, &n->config->peers[i]);
    return true;
}

static bool http_listen(struct uv_node *n) {
    char why[512];
    host_fill(n);
    n->http = uv_http_new(&n->loop, &n->host, n->read, n->config->http_connections_max);
    for (uint32_t i = 0; i < n->config->http_count; i++) {
        const struct config_address *a = &n->config->http[i];
        int port = uv_http_listen(n->http, a, why);
        if (port < 0) return refuse("http.listen", why);
        log_line(LOG_INFO, "http.listen", "host=%s port=%d", a->host, port);
    }
    return true;
}

bool node_open(struct uv_node *n) {
    struct seed seed = {0};
    struct journal_report report;
    descriptors_raise();
    if (mkdir(n->config->data_directory, 0700) != 0 && errno != EEXIST) return refuse("node.data", strerror(errno));
    if (!genesis_open(n) || !keys_open(n, &seed)) return false;
    if (!ledger_open(n) || !leaves_begin(n)) {
        seed_wipe(&seed);
        return false;
    }
    scans_begin(n);
    sealed_begin(n);
    replica_open(n, &seed);
    if (!journal_fold(n, &report)) return false;
    lanes_open(n);
    peers_open(n);
    uv_update_time(&n->loop); /* the checks above may have taken long */
    replica_begin(n, &report);
    shared_update(n);
    uv_sealed_committed(n->deletions); /* what was told before this process came */
    return peers_listen(n) && http_listen(n);
}
