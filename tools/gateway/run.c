#include "tools/gateway/run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "tools/chain.h"
#include "tools/gateway/listen.h"
#include "tools/gateway/mqtt.h"
#include "tools/gateway/source.h"
#include "tools/gateway/status.h"
#include "tools/signer.h"

enum {
    FDS_MAX = LISTEN_CONNECTIONS_MAX + CONFIG_MQTT_MAX + 3,
    PACKETS_MAX = 512,       /* of one broker in one turn */
    INPUT_BYTES = 256 << 10, /* of standard input in one turn */
    KEEP_MS = 1000,          /* a checkpoint is at most so far behind */
    HOURS_MS = 10 * 1000,
    HOLD_MS = 1000, /* after a turn that failed */
    STATUS_MS = 10 * 1000,
    SECRET_BYTES = 256,
};

struct broker {
    struct run *run;
    const struct config_mqtt *config;
    struct mqtt *mqtt;
    char password[SECRET_BYTES];
};
struct run {
    struct tool *tool;
    struct gateway_config *config;
    struct genesis *genesis;
    struct keypair keys;
    struct intake *intake;
    struct dispatch *dispatch;
    struct listen *listen;
    struct broker brokers[CONFIG_MQTT_MAX];
    struct buffer scratch, input;
    bool input_over;
    bool failed;            /* this turn */
    enum err trouble;       /* of the last turn that failed; OK since one succeeded */
    uint64_t hold_until_ms; /* monotonic */
    uint64_t messages_refused, reads_refused;
    uint64_t spoke_ms; /* a reader was last heard, wall clock */
    uint64_t kept_ms, hours_ms, said_ms, began_ms, said_reads, status_ms;
    int signals;
};

static uint64_t clock_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- reads in ---- */

static void turn_fail(struct run *r, enum err e) {
    if (r->failed) return;
    r->failed = true;
    if (r->trouble != e)
        log_line(LOG_ERROR, "gateway.spool", "error=%s detail=\"%s\"", err_name(e),
                 e == ERR_SPOOL ? intake_trouble(r->intake) : "");
    r->trouble = e;
    r->hold_until_ms = clock_ms() + HOLD_MS;
}

static void group_commit(struct run *r) {
    enum err e = r->failed ? OK : intake_commit(r->intake);
    if (r->failed) intake_drop(r->intake);
    if (e != OK) turn_fail(r, e);
}

static void read_take(void *self, const struct tag_read *read) {
    struct run *r = self;
    if (r->failed) return;
    uint64_t now = now_ms();
    enum err e = intake_take(r->intake, read, now);
    if (e != OK)
        turn_fail(r, e);
    else
        r->spoke_ms = now;
}

static void message_take(struct run *r, struct span message, const char *reader,
                         struct source_result *ret) {
    *ret = (struct source_result){0};
    if (intake_group(r->intake) > INTAKE_GROUP_MAX - MESSAGE_READS_MAX) group_commit(r);
    if (r->failed) return;
    struct span name = reader != NULL ? span_text(reader) : SPAN_EMPTY;
    source_parse(message, name, &r->scratch, read_take, r, ret);
    r->reads_refused += ret->refused;
    if (ret->refused == 0) return;
    if (r->messages_refused++ < 20)
        log_line(LOG_WARN, "gateway.refused", "reads=%u first=%s where=\"%s\"", ret->refused,
                 err_name(ret->first.err), ret->first.where);
}

/* The last level but one of a topic, or all of it. */
static const char *topic_reader(const char *topic, char *ret, size_t cap) {
    const char *last = strrchr(topic, '/'), *from = topic;
    size_t len = strlen(topic);
    if (last != NULL && last != topic) {
        const char *p = last - 1;
        while (p > topic && *p != '/')
            p--;
        from = *p == '/' ? p + 1 : p;
        len = (size_t)(last - from);
    }
    if (len >= cap) len = cap - 1;
    memcpy(ret, from, len);
    ret[len] = 0;
    return ret;
}

static void mqtt_message(void *self, const char *topic, struct span payload) {
    struct broker *b = self;
    struct source_result result;
    char name[READER_BYTES_MAX + 1];
    const char *reader =
        b->config->reader ? b->config->reader : topic_reader(topic, name, sizeof name);
    message_take(b->run, payload, reader, &result);
}

static void http_message(void *self, struct span body, struct source_result *ret) {
    struct run *r = self;
    message_take(r, body, r->config->http_reader, ret);
}

/* Whole lines; what follows the last feed waits, at the end of the input it counts as a line.
 * Returns how many bytes were taken. */
static size_t input_take(struct run *r) {
    struct source_result result;
    struct span held = buffer_span(&r->input);
    size_t len = held.len;
    while (!r->input_over && len > 0 && held.data[len - 1] != '\n')
        len--;
    if (len == 0 && held.len >= MESSAGE_BYTES_MAX) len = held.len; /* refused as too large */
    size_t at = 0;
    while (at < len && !r->failed) {
        size_t part = len - at;
        while (part > MESSAGE_BYTES_MAX / 2 && held.data[at + part - 1] != '\n')
            part--;
        if (part > MESSAGE_BYTES_MAX) part = len - at;
        message_take(r, span_part(held, at, part), r->config->stdin_reader, &result);
        at += part;
    }
    return r->failed ? 0 : len;
}

static void input_read(struct run *r) {
    uint8_t bytes[65536];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0)
        r->input_over = true;
    else
        buffer_append(&r->input, bytes, (size_t)n);
    CHECK(!r->input.overflow);
}

/* Where readers are silent the stream's time stands still, and who left is never said to have: the
 * gateway says the time itself, as a read without a tag. */
static void quiet_tick(struct run *r, uint64_t now) {
    if (r->config->quiet_ms == 0 || now - r->spoke_ms < r->config->quiet_ms) return;
    struct tag_read tick = {.time_ms = now, .reader = span_text("gateway")};
    read_take(r, &tick);
}

/* ---- status ---- */

static void status_gather(struct run *r, struct status *s) {
    uint64_t now = now_ms(), clock = clock_ms();
    *s = (struct status){
        .intake = *intake_counts(r->intake),
        .last = intake_last(r->intake),
        .messages_refused = r->messages_refused,
        .reads_refused = r->reads_refused,
        .tags = intake_tags(r->intake),
        .waiting = intake_waiting(r->intake),
        .tags_ignored = intake_ignored(r->intake),
        .spool_bytes = intake_bytes(r->intake),
        .memory_kib = status_memory_kib(),
        .uptime_ms = clock - r->began_ms,
        .sources = r->config->mqtt_count,
        .alarm = r->trouble != OK ? err_text(r->trouble, r->tool->lang) : "",
    };
    for (uint32_t i = 0; i < r->config->mqtt_count; i++)
        s->sources_connected += mqtt_connected(r->brokers[i].mqtt);
    dispatch_look(r->dispatch, &s->ledger);
    uint64_t oldest = s->ledger.counts.oldest_ms, span_ms = clock - r->said_ms;
    s->oldest_ms = oldest > 0 && now > oldest ? now - oldest : 0;
    s->reads_per_s = span_ms > 0 ? (s->intake.reads - r->said_reads) * 1000 / span_ms : 0;
}

static void http_status(void *self, struct buffer *out) {
    struct status s;
    status_gather(self, &s);
    status_json(&s, out);
}

static void status_tell(struct run *r) {
    struct buffer json CLEANUP(buffer_free) = {0};
    struct status s;
    status_gather(r, &s);
    r->said_ms = clock_ms();
    r->said_reads = s.intake.reads;
    if (!r->tool->json) {
        status_say(r->tool, &s);
        return;
    }
    buffer_init(&json, 16384);
    status_json(&s, &json);
    json_print(&json);
    fflush(stdout);
}

/* ---- the turn ---- */

struct polled {
    struct pollfd fds[FDS_MAX];
    uint32_t count, input, brokers, listen; /* where each begins; input 0: not polled */
    uint32_t listen_count;
};

static void polled_fill(struct run *r, struct polled *p, bool hold) {
    *p = (struct polled){0};
    p->fds[p->count++] = (struct pollfd){.fd = r->signals, .events = POLLIN};
    if (hold) return;
    if (r->config->standard_input && !r->input_over && r->input.len < INPUT_BYTES) {
        p->input = p->count;
        p->fds[p->count++] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
    }
    p->brokers = p->count;
    for (uint32_t i = 0; i < r->config->mqtt_count; i++) {
        short out = mqtt_wants_write(r->brokers[i].mqtt) ? POLLOUT : 0;
        p->fds[p->count++] =
            (struct pollfd){.fd = mqtt_socket(r->brokers[i].mqtt), .events = (short)(POLLIN | out)};
    }
    if (r->listen == NULL) return;
    p->listen = p->count;
    p->listen_count = listen_fds(r->listen, p->fds + p->count);
    p->count += p->listen_count;
}

static void turn(struct run *r) {
    struct polled p;
    uint64_t clock = clock_ms();
    bool hold = clock < r->hold_until_ms;
    size_t taken = 0;
    polled_fill(r, &p, hold);
    bool pending = r->input.len > 0 && r->input_over;
    (void)poll(p.fds, p.count, pending ? 0 : intake_played(r->intake) > 0 ? 50 : 200);
    clock = clock_ms();
    if (hold) return;
    r->failed = false;
    if (p.input > 0 && p.fds[p.input].revents) input_read(r);
    if (r->config->standard_input) taken = input_take(r);
    for (uint32_t i = 0; i < r->config->mqtt_count; i++)
        if (p.fds[p.brokers + i].revents & (POLLIN | POLLHUP | POLLERR))
            mqtt_read(r->brokers[i].mqtt, PACKETS_MAX);
    if (r->listen != NULL) listen_poll(r->listen, p.fds + p.listen, p.listen_count, clock);
    quiet_tick(r, now_ms());
    group_commit(r);
    /* Durable from here on, or nothing is acknowledged. */
    if (!r->failed) {
        r->trouble = OK;
        buffer_consume(&r->input, taken);
    }
    if (r->listen != NULL) listen_answer(r->listen, !r->failed, clock);
    for (uint32_t i = 0; i < r->config->mqtt_count; i++) {
        struct mqtt *m = r->brokers[i].mqtt;
        if (r->failed)
            mqtt_forget(m, clock);
        else
            mqtt_flush(m);
        if (!r->failed) mqtt_tend(m, clock);
    }
}

static void tend(struct run *r) {
    uint64_t clock = clock_ms();
    enum err e = OK;
    if (clock - r->kept_ms >= KEEP_MS) {
        r->kept_ms = clock;
        e = intake_keep(r->intake);
    }
    if (e == OK && clock - r->hours_ms >= HOURS_MS) {
        r->hours_ms = clock;
        e = intake_hours(r->intake, now_ms());
    }
    if (e != OK) {
        r->failed = false;
        turn_fail(r, e);
    }
    if (r->status_ms > 0 && clock - r->said_ms >= r->status_ms) status_tell(r);
}

/* Standard input alone, at its end, and everything on the ledger: nothing more will come. */
static bool finished(struct run *r) {
    struct dispatch_status s;
    if (!r->input_over || r->config->mqtt_count > 0 || r->listen != NULL || r->input.len > 0)
        return false;
    if (intake_keep(r->intake) != OK) return false;
    dispatch_look(r->dispatch, &s);
    uint64_t round = s.rounds;
    /* A round that began after the checkpoint has seen all of it. */
    for (int i = 0; i < 50 && s.rounds < round + 2; i++) {
        struct pollfd p = {.fd = r->signals, .events = POLLIN};
        if (poll(&p, 1, 100) == 1) return false;
        dispatch_look(r->dispatch, &s);
    }
    return s.rounds >= round + 2 && s.counts.batches_open == 0;
}

static void loop(struct run *r) {
    struct signalfd_siginfo info;
    for (;;) {
        turn(r);
        tend(r);
        if (read(r->signals, &info, sizeof info) == (ssize_t)sizeof info || finished(r)) return;
    }
}

/* ---- start and end ---- */

/* A path of the configuration is relative to its file. */
static const char *beside(struct tool *t, const char *config, const char *path) {
    char copy[4096];
    if (path == NULL || path[0] == '/' || strcmp(config, "-") == 0) return path;
    snprintf(copy, sizeof copy, "%s", config);
    return format(t, "%s/%s", dirname(copy), path);
}

int gateway_config_load(struct tool *t, const struct arguments *a, struct gateway_config **ret) {
    struct gateway_config *c = NULL;
    struct buffer text CLEANUP(buffer_free) = {0};
    struct refusal refusal;
    const char *path = argument(a, OPTION_CONFIG);
    if (path == NULL)
        return fail(t, EXIT_USAGE, "help gateway run", "缺少 --config 配置文件",
                    "--config FILE is missing");
    buffer_init(&text, CONFIG_BYTES_MAX);
    int code = file_read(t, path, &text);
    if (code) return code;
    if (config_parse(buffer_span(&text), &c, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help gateway run", path, &refusal);
    c->spool = beside(t, path, c->spool);
    c->key = beside(t, path, c->key);
    c->genesis = beside(t, path, c->genesis);
    for (uint32_t i = 0; i < c->mqtt_count; i++) {
        c->mqtt[i].ca_file = beside(t, path, c->mqtt[i].ca_file);
        c->mqtt[i].password_file = beside(t, path, c->mqtt[i].password_file);
    }
    if (c->nodes_count > 0) {
        memcpy(t->nodes, c->nodes, sizeof c->nodes);
        t->nodes_count = c->nodes_count;
    }
    *ret = c;
    return EXIT_OK;
}

/* The genesis the configuration names; else as everywhere (--genesis, environment, the node). */
static int ledger_find(struct run *r, const struct arguments *a) {
    if (r->config->genesis != NULL) return genesis_read(r->tool, r->config->genesis, &r->genesis);
    struct node node CLEANUP(node_close) = {0};
    node_open(r->tool, &node);
    return chain_genesis(&node, a, &r->genesis);
}

static int settings_check(struct run *r) {
    struct tool *t = r->tool;
    const struct parameters *p = &r->genesis->params.parameters;
    if (!subject_id_valid(span_text(r->config->subject)))
        return fail(t, EXIT_REFUSED, "member list", "主体编号无效：%s", "no subject id: %s",
                    shown(t, span_text(r->config->subject)));
    if (r->config->lifetime_ms > p->record_lifetime_ms)
        return fail(t, EXIT_REFUSED, "help gateway run", "lifetime 超出账本允许的 %" PRIu64 " 毫秒",
                    "lifetime is longer than the ledger's %" PRIu64 " ms", p->record_lifetime_ms);
    if (p->record_bytes < BATCH_BODY_MAX + 4096 || p->record_items <= r->config->batch_events)
        return fail(t, EXIT_REFUSED, "help gateway run", "账本允许的记录小于网关的一批",
                    "the ledger's records are smaller than a batch of the gateway");
    return EXIT_OK;
}

static int password_read(struct run *r, struct broker *b) {
    struct buffer text CLEANUP(buffer_free) = {0};
    if (b->config->password_file == NULL) return EXIT_OK;
    buffer_init(&text, sizeof b->password - 1);
    int code = file_read(r->tool, b->config->password_file, &text);
    if (code) return code;
    size_t len = text.len;
    while (len > 0 && (text.data[len - 1] == '\n' || text.data[len - 1] == '\r'))
        len--;
    memcpy(b->password, text.data, len);
    secret_wipe(text.data, text.len);
    return EXIT_OK;
}

static int sources_open(struct run *r) {
    static const struct listen_ops ops = {http_message, http_status};
    struct tool *t = r->tool;
    for (uint32_t i = 0; i < r->config->mqtt_count; i++) {
        struct broker *b = &r->brokers[i];
        const struct config_mqtt *c = &r->config->mqtt[i];
        char trouble[128];
        b->run = r;
        b->config = c;
        int code = password_read(r, b);
        if (code) return code;
        struct mqtt_options o = {.host = c->host,
                                 .client = c->client,
                                 .port = c->port,
                                 .user = c->user,
                                 .password = b->password,
                                 .ca_file = c->ca_file,
                                 .topics = c->topics,
                                 .topics_count = c->topics_count};
        b->mqtt = mqtt_new(&o, mqtt_message, b, trouble, sizeof trouble);
        if (b->mqtt == NULL)
            return fail(t, EXIT_BROKEN, "help gateway run", "MQTT %s：%s", "MQTT %s: %s", c->host,
                        trouble);
    }
    if (!r->config->http) return EXIT_OK;
    r->listen = listen_open(r->config->http_port, &ops, r);
    if (r->listen == NULL)
        return fail(t, EXIT_BROKEN, "help gateway run", "无法监听 127.0.0.1:%u：%s",
                    "cannot listen on 127.0.0.1:%u: %s", r->config->http_port,
                    errno_text(t, errno));
    return EXIT_OK;
}

static int start(struct run *r, const struct arguments *a) {
    struct refusal refusal;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    /* Before any thread: they inherit it. */
    sigprocmask(SIG_BLOCK, &set, NULL);
    r->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    CHECK(r->signals >= 0);
    int code = gateway_config_load(r->tool, a, &r->config);
    if (code == EXIT_OK) code = ledger_find(r, a);
    if (code == EXIT_OK) code = settings_check(r);
    if (code == EXIT_OK) code = signer_read(r->tool, r->config->key, &r->keys);
    if (code) return code;
    if (intake_open(r->config, now_ms(), &r->intake, &refusal) != OK)
        return fail_refusal(r->tool, EXIT_BROKEN, "help gateway run", NULL, &refusal);
    code = sources_open(r);
    if (code == EXIT_OK)
        code = dispatch_start(r->tool, r->config, r->genesis, &r->keys, &r->dispatch);
    return code;
}

static void end(struct run *r) {
    for (uint32_t i = 0; i < CONFIG_MQTT_MAX; i++) {
        mqtt_free(r->brokers[i].mqtt);
        secret_wipe(r->brokers[i].password, sizeof r->brokers[i].password);
    }
    listen_close(r->listen);
    dispatch_stop(r->dispatch);
    intake_close(r->intake);
    genesis_free(r->genesis);
    config_free(r->config);
    keypair_wipe(&r->keys);
    buffer_free(&r->scratch);
    buffer_free(&r->input);
    if (r->signals >= 0) close(r->signals);
}

int gateway_run(struct tool *t, const struct arguments *a) {
    struct run r = {.tool = t, .signals = -1};
    if (!argument_duration(t, a, OPTION_STATUS, STATUS_MS, &r.status_ms)) return EXIT_USAGE;
    buffer_init(&r.scratch, 16 << 20);
    buffer_init(&r.input, MESSAGE_BYTES_MAX + INPUT_BYTES + 65536);
    int code = start(&r, a);
    if (code == EXIT_OK) {
        r.began_ms = r.kept_ms = r.said_ms = clock_ms();
        r.spoke_ms = now_ms();
        log_line(LOG_INFO, "gateway.ready",
                 "reads=%" PRIu64 " replayed=%" PRIu64 " tags=%u http=%u", intake_last(r.intake),
                 intake_counts(r.intake)->replayed, intake_tags(r.intake),
                 r.listen != NULL ? listen_port(r.listen) : 0);
        loop(&r);
        if (intake_keep(r.intake) != OK)
            code = fail(t, EXIT_BROKEN, "help gateway run", "队列无法写入：%s",
                        "the spool cannot be written: %s", intake_trouble(r.intake));
        status_tell(&r);
    }
    end(&r);
    return code;
}
