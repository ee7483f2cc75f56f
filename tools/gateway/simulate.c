#include "tools/gateway/simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/gateway/batch.h"
#include "tools/gateway/intake.h"
#include "tools/gateway/mqtt.h"
#include "tools/gateway/run.h"
#include "tools/gateway/world.h"
#include "tools/http_client.h"
#include "trace/rfc3339.h"

enum {
    MESSAGE_MAX = 1 << 20,
    LINE_MAX = 4096,
    IN_FLIGHT_MAX = 200, /* messages a broker has not confirmed */
    PATIENCE_MS = 300 * 1000,
    TURN_MS = 20,
    ROOM_BYTES = 2048, /* of one read at most */
};
enum wire_format { FORMAT_GENERIC, FORMAT_IMPINJ, FORMAT_ZEBRA, FORMAT_MIXED };

struct simulation {
    struct tool *tool;
    struct gateway_config *config;
    enum wire_format format;
    struct buffer message;
    uint32_t message_reads, message_reads_max;
    const char *url, *topic;
    struct http_client *http;
    struct http_answer answer;
    struct mqtt *mqtt;
    struct intake *intake; /* a spool of its own, received then */
    uint64_t newest_ms;
    FILE *expected;
    uint64_t rate, began_ms;
    uint64_t reads, messages, movements, events, retries;
};

static uint64_t clock_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void sleep_ms(uint64_t ms) {
    struct timespec ts = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&ts, NULL);
}

/* ---- what the gateway must say ---- */

static void expected_write(void *self, const struct movement *m) {
    struct simulation *s = self;
    const struct config_event *rule = config_event_for(s->config, m->kind, m->from, m->to);
    s->movements++;
    if (rule == NULL) return;
    s->events++;
    if (s->expected == NULL) return;
    const struct config_zone *place = &s->config->zone_names[m->to != ZONE_NONE ? m->to : m->from];
    struct buffer uri CLEANUP(buffer_free) = {0};
    char time[BATCH_TIME_BYTES];
    buffer_init(&uri, LINE_MAX);
    epc_uri(span_of(m->epc, m->epc_len), &uri);
    batch_time_text(m->time_ms, time);
    fprintf(s->expected, "%s\t%.*s\t%s\t%s\n", time, (int)uri.len, (const char *)uri.data,
            rule->biz_step ? rule->biz_step : "", place->read_point ? place->read_point : "");
}

/* ---- a read as its reader would write it ---- */

static void hex_put(struct emit *j, const char *key, struct span bytes) {
    emit_key_hex(j, key, bytes);
}

static void read_write(struct simulation *s, const struct tag_read *r) {
    struct emit j;
    char time[BATCH_TIME_BYTES];
    enum wire_format f = s->format == FORMAT_MIXED ? (enum wire_format)(s->reads % 3) : s->format;
    batch_time_text(r->time_ms, time);
    if (r->epc.len == 0) f = FORMAT_GENERIC;
    emit_begin(&j, &s->message);
    emit_object(&j);
    if (f == FORMAT_GENERIC) {
        if (r->epc.len > 0) hex_put(&j, "epc", r->epc);
        if (r->epc.len > 0) hex_put(&j, "tid", r->tid);
        if (r->epc.len > 0) emit_key_uint(&j, "antenna", r->antenna);
        emit_key_text(&j, "reader", r->reader);
        emit_key_string(&j, "time", time);
    } else {
        emit_key_string(&j, "timestamp", time);
        if (f == FORMAT_IMPINJ) emit_key_text(&j, "hostname", r->reader);
        if (f == FORMAT_IMPINJ) emit_key_string(&j, "eventType", "tagInventory");
        emit_key(&j, f == FORMAT_IMPINJ ? "tagInventoryEvent" : "data");
        emit_object(&j);
        if (f == FORMAT_IMPINJ) {
            emit_key_base64(&j, "epc", r->epc);
            hex_put(&j, "tidHex", r->tid);
            emit_key_uint(&j, "antennaPort", r->antenna);
            emit_key(&j, "peakRssiCdbm");
        } else {
            emit_key_text(&j, "hostName", r->reader);
            hex_put(&j, "idHex", r->epc);
            hex_put(&j, "TID", r->tid);
            emit_key_uint(&j, "antenna", r->antenna);
            emit_key(&j, "peakRssi");
        }
        char rssi[32];
        int n = f == FORMAT_IMPINJ ? snprintf(rssi, sizeof rssi, "%d", r->rssi_cdbm)
                                   : snprintf(rssi, sizeof rssi, "%.1f", r->rssi_cdbm / 100.0);
        emit_raw(&j, span_of(rssi, (size_t)n));
        emit_object_end(&j);
        if (f == FORMAT_ZEBRA) emit_key_string(&j, "type", "SIMPLE");
    }
    emit_object_end(&j);
    emit_end(&j);
    buffer_u8(&s->message, '\n');
}

/* ---- sending ---- */

static int http_send(struct simulation *s) {
    uint64_t patience = clock_ms() + PATIENCE_MS;
    for (;;) {
        struct http_call call = {.url = s->url,
                                 .body = buffer_span(&s->message),
                                 .content_type = "application/json",
                                 .total_timeout_ms = 30000};
        enum http_outcome outcome = http_client_call(s->http, &call, &s->answer);
        if (outcome == HTTP_ANSWERED && s->answer.status == 200) return EXIT_OK;
        if (outcome == HTTP_ANSWERED && s->answer.status != 503)
            return fail(s->tool, EXIT_REFUSED, "help gateway simulate", "%s 答复 HTTP %u：%s",
                        "%s answered HTTP %u: %s", s->url, s->answer.status,
                        shown(s->tool, buffer_span(&s->answer.body)));
        if (clock_ms() > patience)
            return fail(s->tool, EXIT_UNREACHABLE, "help gateway simulate", "无法送达 %s：%s",
                        "cannot be brought to %s: %s", s->url, s->answer.trouble);
        s->retries++;
        sleep_ms(100);
    }
}

/* Until at most `most` are unconfirmed. */
static int mqtt_settle(struct simulation *s, uint32_t most) {
    uint64_t patience = clock_ms() + PATIENCE_MS;
    while (mqtt_unacknowledged(s->mqtt) > most || !mqtt_connected(s->mqtt)) {
        struct pollfd p = {.fd = mqtt_socket(s->mqtt), .events = POLLIN};
        if (mqtt_wants_write(s->mqtt)) p.events |= POLLOUT;
        mqtt_tend(s->mqtt, clock_ms());
        mqtt_flush(s->mqtt);
        (void)poll(&p, 1, TURN_MS);
        if (p.revents & (POLLIN | POLLHUP | POLLERR)) mqtt_read(s->mqtt, IN_FLIGHT_MAX);
        if (clock_ms() > patience)
            return fail(s->tool, EXIT_UNREACHABLE, "help gateway simulate", "消息代理不确认：%s",
                        "the broker does not confirm: %s", mqtt_trouble(s->mqtt));
    }
    return EXIT_OK;
}

static int mqtt_send(struct simulation *s) {
    int code = mqtt_settle(s, IN_FLIGHT_MAX);
    if (code) return code;
    if (!mqtt_publish(s->mqtt, s->topic, buffer_span(&s->message)))
        return fail(s->tool, EXIT_BROKEN, "help gateway simulate", "无法发布：%s",
                    "cannot publish: %s", mqtt_trouble(s->mqtt));
    mqtt_flush(s->mqtt);
    return EXIT_OK;
}

static int message_send(struct simulation *s) {
    int code = EXIT_OK;
    if (s->message.len == 0) return EXIT_OK;
    if (s->rate > 0) {
        uint64_t due = s->began_ms + s->reads * 1000 / s->rate, now = clock_ms();
        if (due > now) sleep_ms(due - now);
    }
    if (s->http != NULL)
        code = http_send(s);
    else if (s->mqtt != NULL)
        code = mqtt_send(s);
    else if (fwrite(s->message.data, 1, s->message.len, stdout) != s->message.len)
        code = EXIT_BROKEN;
    s->messages++;
    s->message_reads = 0;
    buffer_clear(&s->message);
    return code;
}

static int read_sent(struct simulation *s) {
    s->reads++;
    s->message_reads++;
    bool full =
        s->message_reads >= s->message_reads_max || s->message.len + ROOM_BYTES > MESSAGE_MAX / 2;
    return full ? message_send(s) : EXIT_OK;
}

/* ---- a gateway that was cut off: the reads lie in its spool, received as they were made ---- */

static int gap_fail(struct simulation *s, enum err e) {
    const char *text = e == ERR_SPOOL ? intake_trouble(s->intake) : err_text(e, s->tool->lang);
    return fail(s->tool, EXIT_BROKEN, "help gateway simulate", "%s：%s", "%s: %s", s->config->spool,
                text);
}

static int gap_start(struct simulation *s, uint64_t begin_ms) {
    struct refusal refusal;
    if (s->config->spool == NULL || s->url != NULL || s->mqtt != NULL)
        return fail(s->tool, EXIT_USAGE, "help gateway simulate",
                    "--spool 不能与 --http、--mqtt 同用", "--spool goes without --http and --mqtt");
    s->newest_ms = begin_ms;
    return intake_open(s->config, begin_ms, &s->intake, &refusal) == OK
               ? EXIT_OK
               : fail_refusal(s->tool, EXIT_BROKEN, "help gateway simulate", s->config->spool,
                              &refusal);
}

/* The gateway's clock, that week, was the newest read it had seen. */
static int gap_read(struct simulation *s, const struct tag_read *read) {
    if (read->time_ms > s->newest_ms) s->newest_ms = read->time_ms;
    enum err e = intake_take(s->intake, read, s->newest_ms);
    s->reads++;
    if (e == OK && intake_group(s->intake) >= s->message_reads_max) {
        s->messages++;
        e = intake_commit(s->intake);
    }
    return e == OK ? EXIT_OK : gap_fail(s, e);
}

static int gap_end(struct simulation *s) {
    enum err e = intake_commit(s->intake);
    if (e == OK) e = intake_keep(s->intake);
    s->messages++;
    return e == OK ? EXIT_OK : gap_fail(s, e);
}

/* ---- streams ---- */

static int world_play(struct simulation *s, const struct world_options *o) {
    struct refusal refusal;
    struct world *w = NULL;
    struct tag_read read;
    int code = EXIT_OK;
    if (world_new(s->config, o, expected_write, s, &w, &refusal) != OK)
        return fail_refusal(s->tool, EXIT_REFUSED, "help gateway simulate", "--config", &refusal);
    while (code == EXIT_OK && world_next(w, &read)) {
        if (s->intake != NULL) {
            code = gap_read(s, &read);
            continue;
        }
        read_write(s, &read);
        code = read_sent(s);
    }
    world_free(w);
    if (code) return code;
    return s->intake != NULL ? gap_end(s) : message_send(s);
}

/* A recorded stream goes out as it was written. */
static int file_play(struct simulation *s, const char *path) {
    char line[LINE_MAX * 4];
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    int code = EXIT_OK;
    if (f == NULL) return fail_file(s->tool, "help gateway simulate", path);
    while (code == EXIT_OK && fgets(line, sizeof line, f) != NULL) {
        if (strchr(line, '\n') == NULL && !feof(f)) {
            code = fail(s->tool, EXIT_REFUSED, "help gateway simulate", "%s：有一行过长",
                        "%s: a line is too long", path);
            break;
        }
        if (strspn(line, " \t\r\n") == strlen(line)) continue;
        buffer_text(&s->message, line);
        code = read_sent(s);
    }
    if (f != stdin) fclose(f);
    return code ? code : message_send(s);
}

/* ---- options ---- */

static int config_read(struct simulation *s, const struct arguments *a) {
    const char *path = argument(a, OPTION_CONFIG);
    if (path == NULL && argument(a, OPTION_FILE) != NULL) return EXIT_OK;
    if (path == NULL)
        return fail(s->tool, EXIT_USAGE, "help gateway simulate", "缺少 --config 或 --file",
                    "--config or --file is missing");
    return gateway_config_load(s->tool, a, &s->config);
}

static int format_read(struct simulation *s, const struct arguments *a) {
    static const char *const names[] = {"generic", "impinj", "zebra", "mixed"};
    const char *name = argument(a, OPTION_FORMAT);
    s->format = FORMAT_GENERIC;
    if (name == NULL) return EXIT_OK;
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            s->format = (enum wire_format)i;
            return EXIT_OK;
        }
    return fail(s->tool, EXIT_USAGE, "help gateway simulate", "没有这种格式：%s",
                "no such format: %s", shown(s->tool, span_text(name)));
}

static int mqtt_start(struct simulation *s, const char *where) {
    char trouble[128], *host = arena_alloc(&s->tool->arena, strlen(where) + 1, 1);
    CHECK(host != NULL);
    memcpy(host, where, strlen(where));
    char *colon = strrchr(host, ':');
    unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 1883;
    if (colon != NULL) *colon = 0;
    if (port == 0 || port > 65535 || host[0] == 0)
        return fail(s->tool, EXIT_USAGE, "help gateway simulate", "应为 主机:端口：%s",
                    "HOST:PORT is wanted: %s", shown(s->tool, span_text(where)));
    struct mqtt_options o = {.host = host,
                             .client = format(s->tool, "suyuan-simulate-%ld", (long)getpid()),
                             .port = (uint16_t)port};
    s->mqtt = mqtt_new(&o, NULL, NULL, trouble, sizeof trouble);
    return s->mqtt ? EXIT_OK : EXIT_BROKEN;
}

static int begin_read(struct simulation *s, const struct arguments *a, uint64_t *ret_ms) {
    int64_t ms;
    const char *text = argument(a, OPTION_BEGIN);
    *ret_ms = now_ms() - (uint64_t)24 * 3600 * 1000;
    if (text == NULL) return EXIT_OK;
    if (!rfc3339_ms(span_text(text), &ms) || ms <= 0)
        return fail(s->tool, EXIT_USAGE, "help gateway simulate",
                    "--begin 应如 2026-06-01T08:00:00Z：%s",
                    "--begin is like 2026-06-01T08:00:00Z: %s", shown(s->tool, span_text(text)));
    *ret_ms = (uint64_t)ms;
    return EXIT_OK;
}

static int world_options_read(struct simulation *s, const struct arguments *a,
                              struct world_options *o) {
    uint64_t tags, visits, reads;
    struct tool *t = s->tool;
    if (!argument_number(t, a, OPTION_TAGS, 1, 10000000, 100, &tags) ||
        !argument_number(t, a, OPTION_VISITS, 1, 10000, 4, &visits) ||
        !argument_number(t, a, OPTION_READS, 1, 100000, 24, &reads) ||
        !argument_number(t, a, OPTION_SEED, 0, UINT64_MAX, 1, &o->seed) ||
        !argument_duration(t, a, OPTION_SPREAD, 30 * 60 * 1000, &o->spread_ms))
        return EXIT_USAGE;
    o->tags = (uint32_t)tags;
    o->visits = (uint32_t)visits;
    o->reads_per_visit = (uint32_t)reads;
    o->stray_percent = 5;
    o->twice_percent = 3;
    return begin_read(s, a, &o->begin_ms);
}

static int play(struct simulation *s, const struct arguments *a) {
    const char *file = argument(a, OPTION_FILE), *expected = argument(a, OPTION_EXPECTED);
    struct world_options o = {0};
    int code = world_options_read(s, a, &o);
    if (code) return code;
    if (expected != NULL && (s->expected = fopen(expected, "we")) == NULL)
        return fail_file(s->tool, "help gateway simulate", expected);
    s->began_ms = clock_ms();
    if (argument(a, OPTION_SPOOL) != NULL && file != NULL)
        return fail(s->tool, EXIT_USAGE, "help gateway simulate", "--spool 不能与 --file 同用",
                    "--spool goes without --file");
    if (argument(a, OPTION_SPOOL) != NULL) code = gap_start(s, o.begin_ms);
    if (code) return code;
    code = file != NULL ? file_play(s, file) : world_play(s, &o);
    if (code == EXIT_OK && s->mqtt != NULL) code = mqtt_settle(s, 0);
    if (s->expected != NULL && fclose(s->expected) != 0 && code == EXIT_OK)
        code = fail_file(s->tool, "help gateway simulate", expected);
    return code;
}

int gateway_simulate(struct tool *t, const struct arguments *a) {
    struct simulation s = {.tool = t};
    uint64_t message;
    if (!argument_number(t, a, OPTION_MESSAGE, 1, 4096, 50, &message) ||
        !argument_number(t, a, OPTION_RATE, 0, 100000000, 0, &s.rate))
        return EXIT_USAGE;
    s.message_reads_max = (uint32_t)message;
    s.url = argument(a, OPTION_HTTP);
    s.topic = argument(a, OPTION_TOPIC) ? argument(a, OPTION_TOPIC) : "readers/simulated/events";
    buffer_init(&s.message, MESSAGE_MAX);
    buffer_init(&s.answer.body, 1 << 20);
    int code = config_read(&s, a);
    if (code == EXIT_OK) code = format_read(&s, a);
    if (code == EXIT_OK && argument(a, OPTION_MQTT) != NULL)
        code = mqtt_start(&s, argument(a, OPTION_MQTT));
    if (s.url != NULL) s.http = http_client_new();
    if (code == EXIT_OK) code = play(&s, a);
    if (code == EXIT_OK) {
        uint64_t took = clock_ms() - s.began_ms;
        remark(t,
               "%" PRIu64 " 次读取，%" PRIu64 " 条消息，%" PRIu64 " 次移动，应有 %" PRIu64
               " 个事件；%" PRIu64 " 读取/秒\n",
               "%" PRIu64 " reads in %" PRIu64 " messages, %" PRIu64 " movements, %" PRIu64
               " events expected; %" PRIu64 " reads/s\n",
               s.reads, s.messages, s.movements, s.events, s.reads * 1000 / (took ? took : 1));
    }
    http_client_free(s.http);
    mqtt_free(s.mqtt);
    intake_close(s.intake);
    config_free(s.config);
    buffer_free(&s.message);
    buffer_free(&s.answer.body);
    return code;
}
