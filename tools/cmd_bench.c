/* cmd_bench.c: suyuan bench: what a network of this build does on this machine, beside what the
 * machine could do at best. Phases one after another on one devnet: idle latency, sustained load,
 * half of it, many events under one signature, proofs. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "tools/bench.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/genesis_fill.h"
#include "tools/http_client.h"
#include "tools/map.h"
#include "tools/signer.h"

enum {
    OPTION_DIR = OPTION_FIRST,
    OPTION_SECONDS,
    OPTION_RECORDS,
    OPTION_BATCH,
    OPTION_CONNECTIONS,
    OPTION_PHASES,
};
enum {
    READY_TIMEOUT_MS = 30000,
    IDLE_PROBES = 300,
    IDLE_INTERVAL_US = 10000,
    HALF_BATCH = 16,
    HALF_PROBE_US = 20000,
    EVENTS_PER_RECORD = 100,
    EVENTS_BATCH = 16,
    EVENTS_PER_S_MAX = 80000, /* prepared for: more than that is not looked for */
    BUCKET_US = 100000,
    BUCKETS_MAX = 36000,
    GRACE_US = 30000000, /* for what is outstanding when a phase ends */
    ANSWER_BYTES_MAX = 1 << 20,
    ACCEPTED_US = 5000000,
    ACCEPTED_POLL_US = 50000,
};

/* SIGINT and SIGTERM are blocked while the bench runs, and looked for here: what was started is
 * stopped and deleted whatever happens. */
static bool interrupted(void) {
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* ---- submissions ---- */

struct feed {
    const struct records *records;
    uint64_t next, committed, refused;
    uint64_t stop_us; /* no new request after it */
    uint64_t began_us;
    struct samples latencies;
    uint32_t *buckets; /* committed records per BUCKET_US; NULL: not wanted */
    char trouble[256];
};

static bool feed_next(void *context, struct load_request *ret) {
    struct feed *f = context;
    if (f->next == f->records->batches || interrupted() || f->trouble[0] ||
        load_now_us() >= f->stop_us)
        return false;
    ret->tag = f->next++;
    ret->body = records_batch(f->records, ret->tag);
    snprintf(ret->head, sizeof ret->head,
             "POST /v1/records%s?wait=committed&timeout_ms=30000 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
             "Content-Type: application/msgpack\r\nContent-Length: %zu\r\n\r\n",
             f->records->batch == 1 ? "" : ":batch", ret->body.len);
    return true;
}

/* The last number after a name in the answer: counters stand at its end. */
static uint64_t counter_of(struct span body, const char *name) {
    size_t len = strlen(name), from = body.len > 200 ? body.len - 200 : 0;
    const uint8_t *at = memmem(body.data + from, body.len - from, name, len);
    if (at == NULL) return UINT64_MAX;
    uint64_t n = 0;
    for (const uint8_t *p = at + len; p < body.data + body.len && *p >= '0' && *p <= '9'; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    return n;
}

static bool says(struct span body, const char *text) {
    return body.len > 0 && memmem(body.data, body.len, text, strlen(text)) != NULL;
}

static enum load_verdict feed_done(void *context, const struct load_request *request,
                                   const struct load_answer *a) {
    struct feed *f = context;
    bool single = f->records->batch == 1;
    (void)request;
    if (a->status == 503 || a->status == 429) return LOAD_AGAIN;
    uint64_t committed =
        single ? says(a->body, "\"status\":\"committed\"") : counter_of(a->body, "\"committed\":");
    if (a->status != 200 && a->status != 202) committed = UINT64_MAX;
    if (committed == UINT64_MAX || (!single && counter_of(a->body, "\"refused\":") > 0)) {
        size_t len = a->body.len < 200 ? a->body.len : 200;
        snprintf(f->trouble, sizeof f->trouble, "%u %.*s", a->status, (int)len,
                 (const char *)a->body.data);
        return LOAD_DONE;
    }
    if (committed < f->records->batch) return LOAD_AGAIN; /* busy, or not within the time */
    f->committed += committed;
    samples_add(&f->latencies, a->latency_us);
    uint64_t bucket = (load_now_us() - f->began_us) / BUCKET_US;
    if (f->buckets != NULL && bucket < BUCKETS_MAX) f->buckets[bucket] += (uint32_t)committed;
    return LOAD_DONE;
}

static void latency_take(struct feed *f, struct latency *ret) {
    *ret = (struct latency){f->latencies.count, samples_at(&f->latencies, 500),
                            samples_at(&f->latencies, 990), samples_at(&f->latencies, 1000)};
    samples_free(&f->latencies);
}

static void rate_take(const struct feed *f, const struct load_report *report, uint32_t items,
                      struct rate *ret) {
    uint64_t us = report->ended_us - report->began_us, buckets = us / BUCKET_US;
    double unit = 1e6 / BUCKET_US;
    uint64_t first = 0, last = 0, tenth = buckets / 10 > 0 ? buckets / 10 : 1;
    for (uint64_t i = 0; f->buckets != NULL && i < tenth && i < BUCKETS_MAX; i++) {
        first += f->buckets[i];
        if (buckets >= tenth + i + 1 && buckets - i - 1 < BUCKETS_MAX)
            last += f->buckets[buckets - i - 1];
    }
    *ret = (struct rate){.records = f->committed * items,
                         .us = us,
                         .per_s = us > 0 ? (double)f->committed * items * 1e6 / (double)us : 0,
                         .first_per_s = (double)first * items * unit / (double)tenth,
                         .last_per_s = (double)last * items * unit / (double)tenth,
                         .silence_us = report->longest_silence_us,
                         .again = report->retries};
}

static int feed_complaint(struct bench *b, const struct feed *f, const struct load_report *report) {
    if (interrupted()) return fail(b->tool, EXIT_UNKNOWN, "bench", "已中断", "interrupted");
    if (f->trouble[0])
        return fail(b->tool, EXIT_REFUSED, "help bench", "节点拒绝：%s", "a node refused: %s",
                    shown(b->tool, span_text(f->trouble)));
    if (report->broken || f->committed == 0)
        return fail(b->tool, EXIT_UNREACHABLE, "help bench", "节点不再应答；日志在 %s",
                    "nodes do not answer any more; logs in %s", b->devnet.directory);
    return EXIT_OK;
}

static int records_for(struct bench *b, uint64_t count, uint32_t batch, uint32_t items,
                       struct records *ret) {
    *ret = (struct records){.genesis = b->genesis,
                            .subject = b->subject,
                            .keys = &b->keys,
                            .batch = batch,
                            .items = items,
                            .serial = b->serial};
    int code = records_make(b->tool, b->directory, count, ret);
    b->serial = ret->serial;
    return code;
}

static struct load_group group_of(struct bench *b, struct feed *f, uint32_t connections,
                                  uint64_t interval_us) {
    f->began_us = load_now_us();
    return (struct load_group){
        b->ports, b->devnet.validators, connections, interval_us, f, feed_next, feed_done};
}

/* ---- phases ---- */

static int phase_machine(struct bench *b) {
    struct records r;
    remark(b->tool, "测量本机……\n", "measuring this machine ...\n");
    int code = records_for(b, 1024, 16, 1, &r);
    if (code == EXIT_OK) {
        b->verify_per_s = machine_verify_per_s(&r);
        b->record_bytes = r.record_bytes;
        if (!machine_fsync(b->directory, &b->fsync_p50_us, &b->fsync_p99_us))
            code = fail_file(b->tool, "help bench", b->directory);
    }
    records_free(&r);
    return code;
}

static int phase_idle(struct bench *b) {
    struct records r;
    struct load_report report;
    remark(b->tool, "空闲时延……\n", "latency of an idle network ...\n");
    int code = records_for(b, IDLE_PROBES, 1, 1, &r);
    if (code == EXIT_OK) {
        struct feed f = {.records = &r, .stop_us = UINT64_MAX};
        struct load_group g = group_of(b, &f, 1, IDLE_INTERVAL_US);
        load_run(&g, 1, load_now_us() + GRACE_US, interrupted, &report);
        code = feed_complaint(b, &f, &report);
        b->committed += f.committed;
        latency_take(&f, &b->idle);
    }
    records_free(&r);
    return code;
}

static uint64_t own_cpu_us(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static int phase_full(struct bench *b) {
    struct records r;
    struct load_report report;
    struct usage before, after;
    double best = b->verify_per_s * machine_cores() / b->devnet.validators;
    uint64_t count = b->records > 0 ? b->records : (uint64_t)(best * (double)b->seconds);
    remark(b->tool, "持续负载……\n", "sustained load ...\n");
    int code = records_for(b, count, (uint32_t)b->batch, 1, &r);
    if (code == EXIT_OK) {
        struct feed f = {.records = &r, .stop_us = UINT64_MAX};
        f.buckets = check_alloc(BUCKETS_MAX, sizeof *f.buckets);
        usage_read(b->tool, &b->devnet, &before);
        if (b->records == 0) f.stop_us = load_now_us() + b->seconds * 1000000;
        uint64_t own = own_cpu_us();
        struct load_group g = group_of(b, &f, (uint32_t)b->connections, 0);
        load_run(&g, 1, b->records > 0 ? UINT64_MAX : f.stop_us + GRACE_US, interrupted, &report);
        own = own_cpu_us() - own;
        usage_read(b->tool, &b->devnet, &after);
        code = feed_complaint(b, &f, &report);
        rate_take(&f, &report, 1, &b->full);
        double n = f.committed > 0 ? (double)f.committed : 1;
        b->committed += f.committed;
        b->cpu_us = (double)(after.cpu_us - before.cpu_us) / n;
        b->generator_cpu_us = (double)own / n;
        b->store_bytes = ((double)after.store_bytes - (double)before.store_bytes) / n;
        b->journal_bytes = (double)after.journal_bytes;
        samples_free(&f.latencies);
        free(f.buckets);
    }
    records_free(&r);
    return code;
}

static int phase_half(struct bench *b) {
    struct records load, probes;
    struct load_report report;
    uint64_t us = (b->seconds + 1) / 2 * 1000000;
    b->half_target = b->full.per_s / 2;
    remark(b->tool, "半负载……\n", "half of that load ...\n");
    int code = records_for(b, (uint64_t)(b->half_target * (double)us / 1e6), HALF_BATCH, 1, &load);
    if (code == EXIT_OK) {
        code = records_for(b, us / HALF_PROBE_US, 1, 1, &probes);
        struct feed f = {.records = &load, .stop_us = load_now_us() + us};
        struct feed p = {.records = &probes, .stop_us = f.stop_us};
        struct load_group g[] = {group_of(b, &f, (uint32_t)b->connections,
                                          (uint64_t)(HALF_BATCH * 1e6 / b->half_target)),
                                 group_of(b, &p, 4, HALF_PROBE_US)};
        if (code == EXIT_OK) {
            load_run(g, 2, f.stop_us + GRACE_US, interrupted, &report);
            code = feed_complaint(b, &f, &report);
            rate_take(&f, &report, 1, &b->half);
            b->committed += f.committed + p.committed;
        }
        latency_take(&p, &b->half_probe);
        latency_take(&f, &b->half_batch);
        records_free(&probes);
    }
    records_free(&load);
    return code;
}

static int phase_events(struct bench *b) {
    struct records r;
    struct load_report report;
    struct usage before, after;
    uint64_t us = (b->seconds + 1) / 2 * 1000000;
    remark(b->tool, "每签名 100 个事件……\n", "100 events under one signature ...\n");
    int code = records_for(b, EVENTS_PER_S_MAX / EVENTS_PER_RECORD * (us / 1000000), EVENTS_BATCH,
                           EVENTS_PER_RECORD, &r);
    if (code == EXIT_OK) {
        struct feed f = {.records = &r, .stop_us = load_now_us() + us};
        f.buckets = check_alloc(BUCKETS_MAX, sizeof *f.buckets);
        usage_read(b->tool, &b->devnet, &before);
        struct load_group g = group_of(b, &f, (uint32_t)b->connections, 0);
        load_run(&g, 1, f.stop_us + GRACE_US, interrupted, &report);
        usage_read(b->tool, &b->devnet, &after);
        code = feed_complaint(b, &f, &report);
        rate_take(&f, &report, EVENTS_PER_RECORD, &b->events);
        b->committed += f.committed;
        b->events_record_bytes = r.record_bytes;
        b->events_cpu_us = (double)(after.cpu_us - before.cpu_us) /
                           (f.committed > 0 ? (double)(f.committed * EVENTS_PER_RECORD) : 1);
        samples_free(&f.latencies);
        free(f.buckets);
    }
    records_free(&r);
    return code;
}

/* What a node says of itself: a map. */
static int node_read(struct bench *b, uint32_t node, struct buffer *ret_map) {
    struct tool *t = b->tool;
    struct http_answer answer = {0};
    struct http_client *http = http_client_new();
    struct http_call call = {.url = format(t, "%s/v1/node", devnet_url(t, &b->devnet, node))};
    buffer_init(&answer.body, ANSWER_BYTES_MAX);
    buffer_clear(ret_map);
    bool ok = http_client_call(http, &call, &answer) == HTTP_ANSWERED && answer.status == 200 &&
              json_parse(buffer_span(&answer.body), ret_map, NULL) == OK;
    buffer_free(&answer.body);
    http_client_free(http);
    return ok ? EXIT_OK
              : fail(t, EXIT_UNREACHABLE,
                     format(t, "devnet up --dir %s", shell_word(t, b->devnet.directory)),
                     "node%u 没有应答", "node%u does not answer", node);
}

/* What one node answered committed, the others commit a moment later: until all stand where the highest did. */
static int level_wait(struct bench *b) {
    struct buffer map CLEANUP(buffer_free) = {0};
    buffer_init(&map, ANSWER_BYTES_MAX);
    uint64_t until_us = load_now_us() + ACCEPTED_US, top = 0;
    int code = EXIT_OK;
    for (uint32_t i = 0; i < b->devnet.validators && code == EXIT_OK; i++) {
        code = node_read(b, i, &map);
        uint64_t height = code == EXIT_OK ? map_uint(buffer_span(&map), "committed_height") : 0;
        if (height > top) top = height;
    }
    for (uint32_t i = 0; i < b->devnet.validators && code == EXIT_OK; i++) {
        code = node_read(b, i, &map);
        while (code == EXIT_OK && map_uint(buffer_span(&map), "committed_height") < top) {
            if (load_now_us() >= until_us)
                return fail(b->tool, EXIT_BROKEN, "help bench", "node%u 没有追上高度 %llu",
                            "node%u did not come to height %llu", i, (unsigned long long)top);
            (void)usleep(ACCEPTED_POLL_US);
            code = node_read(b, i, &map);
        }
    }
    return code;
}

/* Proofs of records of this phase, read over and over in a scattered order. */
struct reading {
    const struct records *records;
    uint64_t at, stop_us, bytes, proofs, wrong;
    uint32_t wrong_status; /* the first */
};

static bool reading_next(void *context, struct load_request *ret) {
    struct reading *r = context;
    char id[65];
    if (interrupted() || load_now_us() >= r->stop_us) return false;
    r->at = (r->at + 7919) % r->records->count;
    hex_encode(span_of(r->records->ids[r->at].b, 32), id);
    ret->body = SPAN_EMPTY;
    snprintf(ret->head, sizeof ret->head,
             "GET /v1/records/%s/proof HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", id);
    return true;
}

static enum load_verdict reading_done(void *context, const struct load_request *request,
                                      const struct load_answer *a) {
    struct reading *r = context;
    (void)request;
    if (a->status == 503 || a->status == 429) return LOAD_AGAIN;
    if (a->status != 200 && r->wrong++ == 0) r->wrong_status = a->status;
    r->proofs++;
    r->bytes += a->body.len;
    return LOAD_DONE;
}

static int phase_proofs(struct bench *b) {
    struct records r;
    struct load_report report;
    remark(b->tool, "读取证明……\n", "reading proofs ...\n");
    int code = records_for(b, 4096, 64, 1, &r);
    if (code == EXIT_OK) {
        struct feed f = {.records = &r, .stop_us = UINT64_MAX};
        struct load_group g = group_of(b, &f, (uint32_t)b->connections, 0);
        load_run(&g, 1, load_now_us() + GRACE_US, interrupted, &report);
        code = feed_complaint(b, &f, &report);
        b->committed += f.committed;
        samples_free(&f.latencies);
        struct reading reading = {.records = &r};
        g = (struct load_group){
            b->ports,     b->devnet.validators, (uint32_t)b->connections, 0, &reading,
            reading_next, reading_done};
        if (code == EXIT_OK) code = level_wait(b);
        reading.stop_us = load_now_us() + 2000000;
        if (code == EXIT_OK) load_run(&g, 1, reading.stop_us + GRACE_US, interrupted, &report);
        if (code == EXIT_OK && reading.wrong > 0)
            code = fail(b->tool, EXIT_BROKEN, "help bench", "%llu 个证明未能读取（HTTP %u）",
                        "%llu proofs could not be read (HTTP %u)", (unsigned long long)reading.wrong, reading.wrong_status);
        b->proofs_per_s =
            (double)reading.proofs * 1e6 / (double)(report.ended_us - report.began_us);
        b->proof_bytes = reading.proofs > 0 ? reading.bytes / reading.proofs : 0;
    }
    records_free(&r);
    return code;
}

/* ---- the network ---- */

static int accepted_read(struct bench *b, uint64_t *ret) {
    struct buffer map CLEANUP(buffer_free) = {0};
    buffer_init(&map, ANSWER_BYTES_MAX);
    int code = node_read(b, 0, &map);
    if (code != EXIT_OK) return code;
    *ret = map_uint(buffer_span(&map), "records_accepted");
    b->refused = map_uint(buffer_span(&map), "records_refused");
    return EXIT_OK;
}

/* What others answered committed, node 0 may commit a moment later. */
static int accepted_wait(struct bench *b, uint64_t before, uint64_t *ret) {
    uint64_t until_us = load_now_us() + ACCEPTED_US;
    int code = accepted_read(b, ret);
    while (code == EXIT_OK && *ret - before < b->committed && load_now_us() < until_us) {
        (void)usleep(ACCEPTED_POLL_US);
        code = accepted_read(b, ret);
    }
    return code;
}

/* The first member that may speak and whose key is at hand. */
static int member_choose(struct bench *b) {
    struct tool *t = b->tool;
    const char *keys = format(t, "%s/keys", b->devnet.directory);
    int code = genesis_read(t, format(t, "%s/genesis", b->devnet.directory), &b->genesis);
    if (code != EXIT_OK) return code;
    for (uint32_t i = 0; i < b->genesis->rest.members_count; i++) {
        const struct genesis_member *m = &b->genesis->rest.members[i];
        const char *path = genesis_key_path(t, keys, "members", m->subject, "key");
        if (m->roles == MEMBER_AUDITOR || access(path, R_OK) != 0) continue;
        b->subject = m->subject;
        return signer_read(t, path, &b->keys);
    }
    return fail(t, EXIT_NOT_FOUND, "devnet up", "没有可用的成员密钥：%s/members",
                "no member's key is at hand: %s/members", keys);
}

static int network_up(struct bench *b, const char *given) {
    struct tool *t = b->tool;
    struct devnet_options o = {.validators = 4};
    uint32_t nodes[VALIDATORS_MAX + 1];
    const char *tmp = getenv("TMPDIR");
    b->own = given == NULL;
    if (!b->own) {
        int code = devnet_open(t, given, false, &b->devnet);
        snprintf(b->directory, sizeof b->directory, "%s", b->devnet.directory);
        return code;
    }
    int len = snprintf(b->directory, sizeof b->directory, "%s/suyuan-bench-XXXXXX",
                       tmp && tmp[0] ? tmp : "/tmp");
    if (len >= (int)sizeof b->directory || mkdtemp(b->directory) == NULL)
        return fail_file(t, "help bench", "TMPDIR");
    remark(t, "启动四个验证节点：%s\n", "starting four validators: %s\n", b->directory);
    int code = devnet_make(t, b->directory, &o, &b->devnet);
    for (uint32_t i = 0; i < o.validators && code == EXIT_OK; i++)
        code = devnet_start(t, &b->devnet, nodes[i] = i);
    return code == EXIT_OK ? devnet_wait(t, &b->devnet, nodes, o.validators, READY_TIMEOUT_MS)
                           : code;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void network_down(struct bench *b, int code) {
    enum devnet_stopped stopped[VALIDATORS_MAX + 1];
    if (!b->own || b->devnet.directory[0] == 0) return;
    devnet_stop(b->tool, &b->devnet, stopped, code == EXIT_OK);
    if (code == EXIT_OK || interrupted())
        (void)nftw(b->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        remark(b->tool, "保留以供查看：%s\n", "kept to look at: %s\n", b->directory);
}

/* ---- the command ---- */

static bool wanted(const struct bench *b, const char *phase) {
    return b->phases == NULL || strstr(b->phases, phase) != NULL;
}

static int phases_run(struct bench *b) {
    static const struct {
        const char *name;
        int (*run)(struct bench *b);
    } phases[] = {{"idle", phase_idle},
                  {"full", phase_full},
                  {"half", phase_half},
                  {"events", phase_events},
                  {"proofs", phase_proofs}};
    uint64_t before = 0, after = 0;
    int code = member_choose(b);
    if (code == EXIT_OK) code = phase_machine(b);
    if (code == EXIT_OK) code = accepted_read(b, &before);
    uint64_t refused = b->refused;
    for (size_t i = 0; i < sizeof phases / sizeof *phases && code == EXIT_OK; i++)
        if (wanted(b, phases[i].name) && !interrupted()) code = phases[i].run(b);
    usage_read(b->tool, &b->devnet, &b->at_end);
    if (code == EXIT_OK) code = accepted_wait(b, before, &after);
    b->accepted = after - before;
    b->refused -= refused;
    if (code == EXIT_OK && b->accepted < b->committed)
        code = fail(b->tool, EXIT_FALSE,
                    format(b->tool, "devnet status --dir %s", b->devnet.directory),
                    "答复已落账 %llu 条，node0 只接受了 %llu 条",
                    "%llu records were answered committed, node0 accepted %llu",
                    (unsigned long long)b->committed, (unsigned long long)b->accepted);
    return code;
}

static int run_bench(struct tool *t, const struct arguments *a) {
    struct bench b = {.tool = t, .devnet = {.lock = -1}, .phases = argument(a, OPTION_PHASES)};
    sigset_t signals, old;
    if (!argument_number(t, a, OPTION_SECONDS, 1, 3600, 10, &b.seconds) ||
        !argument_number(t, a, OPTION_RECORDS, 0, 20000000, 0, &b.records) ||
        !argument_number(t, a, OPTION_BATCH, 2, RPC_BATCH_RECORDS_MAX, 128, &b.batch) ||
        !argument_number(t, a, OPTION_CONNECTIONS, 1, LOAD_CONNECTIONS_MAX - 4, 16, &b.connections))
        return EXIT_USAGE;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, &old);
    int code = network_up(&b, argument(a, OPTION_DIR));
    for (uint32_t i = 0; i < b.devnet.validators; i++)
        b.ports[i] = (uint16_t)(b.devnet.base_port + DEVNET_HTTP + i);
    if (code == EXIT_OK) code = phases_run(&b);
    if (code == EXIT_OK && t->json) bench_report_json(&b);
    if (code == EXIT_OK && !t->json) bench_report_people(&b);
    network_down(&b, code);
    devnet_close(&b.devnet);
    keypair_wipe(&b.keys);
    genesis_free(b.genesis);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return code;
}

static const struct option_row bench_options[] = {
    {"dir", OPTION_DIR, "DIR", "测这个运行中的开发网（默认新建临时的）",
     "measure this running devnet (default: a new one)"},
    {"seconds", OPTION_SECONDS, "S", "持续负载的秒数（默认 10）", "how long the load lasts (10)"},
    {"records", OPTION_RECORDS, "N", "持续负载改为 N 条记录", "send N records instead"},
    {"batch", OPTION_BATCH, "N", "每次请求的记录数（默认 128）", "records per request (128)"},
    {"connections", OPTION_CONNECTIONS, "N", "连接数（默认 16）", "connections (16)"},
    {"phases", OPTION_PHASES, "LIST", "只测这些：idle,full,half,events,proofs",
     "only these: idle,full,half,events,proofs"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row bench_examples[] = {
    {"bench", "约 40 秒，测完即删", "about 40 seconds, deleted afterwards"},
    {"bench --json", "供程序读取", "for programs"},
    {"bench --records 1000000 --phases full", "一百万条：看是否变慢",
     "a million records: does it slow down?"},
    {NULL, NULL, NULL},
};
const struct command cmd_bench = {
    .name = "bench",
    .zh = "测速：四个验证节点在本机的表现",
    .en = "measure a network of four on this machine",
    .options = bench_options,
    .examples = bench_examples,
    .run = run_bench,
    .more_zh = "时延从提交算到答复“已落账”：多数见证之后、可读之时。理论上限是验签能力 V x 核数 / "
               "4：每条记录每个验证节点验一次。",
    .more_en = "Latency is from submission to the answer \"committed\": after a quorum attested, "
               "when it can be read. The best there can "
               "be is V x cores / 4: every validator checks every record's signature once.",
};
