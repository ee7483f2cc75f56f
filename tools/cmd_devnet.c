/* cmd_devnet.c: suyuan devnet up, down, status, kill, start. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "tools/commands.h"
#include "tools/devnet.h"
#include "tools/http_client.h"
#include "tools/load.h"
#include "tools/map.h"

#define DEVNET_DEFAULT_DIRECTORY "devnet"

enum {
    OPTION_DIR = OPTION_FIRST,
    OPTION_VALIDATORS,
    OPTION_BASE_PORT,
    OPTION_FOLLOWER,
    OPTION_GENESIS,
    OPTION_TIMEOUT,
    OPTION_HARD,
};
enum {
    NODES_ALL_MAX = VALIDATORS_MAX + 1,
    READY_TIMEOUT_MS = 30000,
    ANSWER_BYTES_MAX = 1 << 20,
    CATCH_UP_POLL_US = 20000
};

static const char *directory_of(const struct arguments *a) {
    const char *given = argument(a, OPTION_DIR);
    return given ? given : DEVNET_DEFAULT_DIRECTORY;
}

/* " --dir X" for commands to type, nothing for the default. */
static const char *directory_flag(struct tool *t, const struct arguments *a) {
    const char *given = argument(a, OPTION_DIR);
    return given ? format(t, " --dir %s", shell_word(t, given)) : "";
}

/* ---- what a node says of itself ---- */

struct node_report {
    bool running, answers, ready, validator;
    pid_t pid;
    uint64_t height, verified, view, peers, pool, memory_kib;
    char reason[256];
};

static void answer_take(struct tool *t, struct span map, struct node_report *r) {
    r->answers = true;
    r->height = map_uint(map, "committed_height");
    r->verified = map_uint(map, "verified_height");
    r->view = map_uint(map, "view");
    r->peers = map_uint(map, "peers");
    r->pool = map_uint(map, "pool_records");
    r->ready = map_bool(map, "ready");
    snprintf(r->reason, sizeof r->reason, "%s", shown(t, map_text(map, "reason")));
}

static uint64_t memory_of(pid_t pid) {
    char path[64];
    unsigned long long total, resident = 0;
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL) return 0;
    if (fscanf(f, "%llu %llu", &total, &resident) != 2) resident = 0;
    fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}

static void node_look(struct tool *t, struct http_client *http, const struct devnet *d,
                      uint32_t node, struct node_report *ret) {
    struct buffer map CLEANUP(buffer_free) = {0};
    struct http_answer answer = {0};
    struct http_call call = {.url = format(t, "%s/v1/node", devnet_url(t, d, node)),
                             .connect_timeout_ms = 1000,
                             .total_timeout_ms = 3000};
    *ret = (struct node_report){.validator = node < d->validators};
    ret->running = devnet_running(t, d, node, &ret->pid);
    if (!ret->running) return;
    ret->memory_kib = memory_of(ret->pid);
    buffer_init(&answer.body, ANSWER_BYTES_MAX);
    buffer_init(&map, ANSWER_BYTES_MAX);
    if (http_client_call(http, &call, &answer) == HTTP_ANSWERED && answer.status == 200 &&
        json_parse(buffer_span(&answer.body), &map, NULL) == OK)
        answer_take(t, buffer_span(&map), ret);
    buffer_free(&answer.body);
}

static const char *state_of(const struct tool *t, const struct node_report *r) {
    if (!r->running) return tr(t, "停止", "down");
    if (!r->answers) return tr(t, "无应答", "no answer");
    return r->ready ? tr(t, "就绪", "ready") : tr(t, "未就绪", "not ready");
}

static void status_table(struct tool *t, const struct devnet *d, const struct node_report list[]) {
    static const uint32_t widths[] = {10, 10, 9, 24, 9, 8, 8, 9};
    const char *heads[] = {tr(t, "节点", "node"),   tr(t, "状态", "state"),
                           tr(t, "进程", "pid"),    tr(t, "地址", "address"),
                           tr(t, "高度", "height"), tr(t, "对等", "peers"),
                           tr(t, "待办", "pool"),   tr(t, "内存", "memory")};
    size_t last = sizeof heads / sizeof *heads - 1;
    for (size_t i = 0; i < last; i++)
        print_padded(heads[i], widths[i]);
    printf("%s\n", heads[last]);
    for (uint32_t i = 0; i < devnet_nodes(d); i++) {
        const struct node_report *r = &list[i];
        printf("%s", paint(t, r->ready ? PAINT_GOOD : PAINT_BAD));
        print_padded(devnet_name(t, d, i), widths[0]);
        print_padded(state_of(t, r), widths[1]);
        printf("%s", paint(t, PAINT_PLAIN));
        print_padded(r->running ? format(t, "%ld", (long)r->pid) : "-", widths[2]);
        print_padded(devnet_url(t, d, i), widths[3]);
        print_padded(r->answers ? format(t, "%llu", (unsigned long long)r->height) : "-",
                     widths[4]);
        print_padded(r->answers ? format(t, "%llu", (unsigned long long)r->peers) : "-", widths[5]);
        print_padded(r->answers ? format(t, "%llu", (unsigned long long)r->pool) : "-", widths[6]);
        printf("%s\n", r->running
                           ? format(t, "%llu MiB", (unsigned long long)(r->memory_kib / 1024))
                           : "-");
        if (r->answers && r->reason[0]) printf("  %s\n", r->reason);
    }
    const struct node_report *follower = &list[d->validators];
    if (d->follower && follower->ready)
        say(t, "\n审计节点亲自执行了高度 %llu 及以前的每个区块，根与法定多数所签的相同。\n",
            "\nThe follower itself executed every block up to height %llu; its roots are those a "
            "quorum signed.\n",
            (unsigned long long)follower->verified);
}

static void status_json(struct tool *t, const struct devnet *d, const struct node_report list[]) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 1 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_string(&j, "directory", d->directory);
    emit_key_uint(&j, "validators", d->validators);
    emit_key(&j, "nodes");
    emit_list(&j);
    for (uint32_t i = 0; i < devnet_nodes(d); i++) {
        const struct node_report *r = &list[i];
        emit_object(&j);
        emit_key_uint(&j, "node", i);
        emit_key_string(&j, "name", devnet_name(t, d, i));
        emit_key_string(&j, "role", r->validator ? "validator" : "follower");
        emit_key_string(&j, "url", devnet_url(t, d, i));
        emit_key_string(&j, "log", devnet_path(t, d, i, "log"));
        emit_key_bool(&j, "running", r->running);
        emit_key_bool(&j, "ready", r->ready);
        if (r->running) emit_key_uint(&j, "pid", (uint64_t)r->pid);
        if (r->running) emit_key_uint(&j, "memory_bytes", r->memory_kib * 1024);
        if (r->answers) emit_key_uint(&j, "height", r->height);
        if (r->answers) emit_key_uint(&j, "view", r->view);
        if (r->answers) emit_key_uint(&j, "peers", r->peers);
        if (r->answers) emit_key_uint(&j, "pool_records", r->pool);
        if (r->answers) emit_key_string(&j, "reason", r->reason);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
}

/* Prints the state of all nodes; how many of them are ready. */
static uint32_t status_print(struct tool *t, const struct devnet *d) {
    struct node_report *list = check_alloc(NODES_ALL_MAX, sizeof *list);
    struct http_client *http = http_client_new();
    uint32_t up = 0;
    for (uint32_t i = 0; i < devnet_nodes(d); i++) {
        node_look(t, http, d, i, &list[i]);
        up += list[i].ready ? 1 : 0;
    }
    if (t->json)
        status_json(t, d, list);
    else
        status_table(t, d, list);
    http_client_free(http);
    free(list);
    return up;
}

/* ---- up ---- */

static bool options_read(struct tool *t, const struct arguments *a, struct devnet_options *ret,
                         uint64_t *ret_timeout_ms) {
    uint64_t validators, port;
    if (!argument_number(t, a, OPTION_VALIDATORS, VALIDATORS_MIN, VALIDATORS_MAX, 4, &validators) ||
        !argument_number(t, a, OPTION_BASE_PORT, 0, UINT16_MAX - DEVNET_HTTP - NODES_ALL_MAX,
                         DEVNET_PORT, &port) ||
        !argument_duration(t, a, OPTION_TIMEOUT, READY_TIMEOUT_MS, ret_timeout_ms))
        return false;
    if (port > 0 && port < 1024) {
        fail(t, EXIT_USAGE, "help devnet up", "端口须在 1024 以上", "ports begin at 1024");
        return false;
    }
    *ret =
        (struct devnet_options){(uint32_t)validators, (uint32_t)port, argument(a, OPTION_GENESIS)};
    return true;
}

/* Starts all nodes and waits for them. */
static int nodes_start(struct tool *t, const struct devnet *d, const uint32_t nodes[],
                       uint32_t count, uint64_t timeout_ms) {
    int code = EXIT_OK;
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++)
        code = devnet_start(t, d, nodes[i]);
    return code == EXIT_OK ? devnet_wait(t, d, nodes, count, timeout_ms) : code;
}

static void up_advice(struct tool *t, const struct devnet *d, const char *flag) {
    const char *url = devnet_url(t, d, 0);
    const char *node = d->base_port == DEVNET_PORT ? "" : format(t, " --node %s", url);
    say(t, "\n目录 %s；密钥在 keys/，日志在 node*/log。\n\n接着试：\n",
        "\n%s: keys in keys/, logs in node*/log.\n\nnext:\n", d->directory);
    printf("  suyuan status%s\n", node);
    printf("  suyuan submit%s --key %s/keys/members/lucheng.shanfu-yangmei.key DOCUMENT.json\n",
           node, shell_word(t, d->directory));
    printf("  suyuan devnet kill 3%s\n", flag);
    printf("  suyuan devnet down%s\n", flag);
}

static int run_up(struct tool *t, const struct arguments *a) {
    struct devnet d = {.lock = -1};
    struct devnet_options o;
    uint64_t timeout_ms;
    uint32_t nodes[NODES_ALL_MAX];
    const char *directory = directory_of(a);
    if (!options_read(t, a, &o, &timeout_ms)) return EXIT_USAGE;
    bool exists = devnet_exists(directory);
    int code = exists ? devnet_open(t, directory, true, &d) : devnet_make(t, directory, &o, &d);
    if (code != EXIT_OK) return code;
    if (exists && argument(a, OPTION_VALIDATORS) != NULL && o.validators != d.validators)
        code = fail(t, EXIT_REFUSED, "devnet up --dir devnet2 --validators 4",
                    "这个开发网有 %u 个验证节点，创世之后不变",
                    "this devnet has %u validators, fixed by its genesis", d.validators);
    if (code == EXIT_OK && argument(a, OPTION_FOLLOWER) != NULL && !d.follower) {
        d.follower = true;
        code = devnet_save(t, &d);
    }
    for (uint32_t i = 0; i < devnet_nodes(&d); i++)
        nodes[i] = i;
    if (code == EXIT_OK) code = nodes_start(t, &d, nodes, devnet_nodes(&d), timeout_ms);
    if (code == EXIT_OK) {
        (void)status_print(t, &d);
        if (!t->json) up_advice(t, &d, directory_flag(t, a));
    }
    devnet_close(&d);
    return code;
}

/* ---- down, kill, start, status ---- */

static int run_down(struct tool *t, const struct arguments *a) {
    static const char *const words[][2] = {[DEVNET_WAS_DOWN] = {"本已停止", "was down"},
                                           [DEVNET_STOPPED] = {"已停止", "stopped"},
                                           [DEVNET_KILLED] = {"已强制结束", "killed"}};
    enum devnet_stopped stopped[NODES_ALL_MAX];
    struct devnet d;
    int code = devnet_open(t, directory_of(a), true, &d);
    if (code != EXIT_OK) return code;
    devnet_stop(t, &d, stopped, argument(a, OPTION_HARD) == NULL);
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 1 << 16);
    emit_begin(&j, &out);
    emit_list(&j);
    for (uint32_t i = 0; i < devnet_nodes(&d); i++) {
        emit_object(&j);
        emit_key_string(&j, "name", devnet_name(t, &d, i));
        emit_key_string(&j, "end", words[stopped[i]][1]);
        emit_object_end(&j);
        if (!t->json)
            printf("%-10s %s\n", devnet_name(t, &d, i),
                   tr(t, words[stopped[i]][0], words[stopped[i]][1]));
    }
    emit_list_end(&j);
    emit_end(&j);
    if (t->json) json_print(&out);
    if (!t->json)
        say(t, "数据仍在 %s。再次启动：suyuan devnet up%s；不再需要时删除该目录即可。\n",
            "the data stays in %s. again: suyuan devnet up%s; when it is not needed any more, "
            "delete the directory.\n",
            d.directory, directory_flag(t, a));
    devnet_close(&d);
    return EXIT_OK;
}

/* "2" or "follower". */
static bool node_read(struct tool *t, const struct devnet *d, const char *text, uint32_t *ret) {
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (strcmp(text, "follower") == 0 && d->follower) {
        *ret = d->validators;
        return true;
    }
    if (*text >= '0' && *text <= '9' && *end == 0 && n < d->validators) {
        *ret = (uint32_t)n;
        return true;
    }
    fail(t, EXIT_USAGE, format(t, "devnet status --dir %s", shell_word(t, d->directory)),
         "没有节点 %s：验证节点为 0 到 %u%s", "there is no node %s: the validators are 0 to %u%s",
         shown(t, span_text(text)), d->validators - 1, d->follower ? ", follower" : "");
    return false;
}

static int nodes_read(struct tool *t, const struct arguments *a, struct devnet *ret,
                      uint32_t ret_nodes[NODES_ALL_MAX]) {
    int code = devnet_open(t, directory_of(a), true, ret);
    for (uint32_t i = 0; i < a->words_count && code == EXIT_OK; i++)
        if (!node_read(t, ret, a->words[i], &ret_nodes[i])) code = EXIT_USAGE;
    return code;
}

static int run_kill(struct tool *t, const struct arguments *a) {
    struct devnet d = {.lock = -1};
    uint32_t nodes[NODES_ALL_MAX];
    int code = nodes_read(t, a, &d, nodes);
    for (uint32_t i = 0; i < a->words_count && code == EXIT_OK; i++) {
        bool was_down = devnet_kill(t, &d, nodes[i]) == DEVNET_WAS_DOWN;
        remark(t, was_down ? "%s 本已停止\n" : "%s 已被 SIGKILL 结束\n",
               was_down ? "%s was down\n" : "%s was killed by SIGKILL\n",
               devnet_name(t, &d, nodes[i]));
    }
    if (code == EXIT_OK) (void)status_print(t, &d);
    if (code == EXIT_OK && !t->json)
        say(t, "\n接着试：suyuan devnet start %s%s\n", "\nnext: suyuan devnet start %s%s\n",
            a->words[0], directory_flag(t, a));
    devnet_close(&d);
    return code;
}

/* Until those just started are where the others were when they came back. */
static int catch_up(struct tool *t, const struct devnet *d, const uint32_t nodes[], uint32_t count,
                    uint64_t until_us) {
    struct http_client *http = http_client_new();
    struct node_report r;
    uint64_t target = 0;
    int code = EXIT_OK;
    for (uint32_t i = 0; i < devnet_nodes(d); i++) {
        node_look(t, http, d, i, &r);
        if (r.height > target) target = r.height;
    }
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++)
        for (node_look(t, http, d, nodes[i], &r); r.height < target && code == EXIT_OK;
             node_look(t, http, d, nodes[i], &r)) {
            if (load_now_us() > until_us)
                code = fail(t, EXIT_UNREACHABLE,
                            format(t, "devnet status --dir %s", shell_word(t, d->directory)),
                            "%s 尚未追上：高度 %llu，其余在 %llu",
                            "%s has not caught up yet: height %llu, the others %llu",
                            devnet_name(t, d, nodes[i]), (unsigned long long)r.height,
                            (unsigned long long)target);
            (void)usleep(CATCH_UP_POLL_US);
        }
    http_client_free(http);
    return code;
}

static int run_start(struct tool *t, const struct arguments *a) {
    struct devnet d = {.lock = -1};
    uint32_t nodes[NODES_ALL_MAX];
    uint64_t timeout_ms;
    if (!argument_duration(t, a, OPTION_TIMEOUT, READY_TIMEOUT_MS, &timeout_ms)) return EXIT_USAGE;
    int code = nodes_read(t, a, &d, nodes);
    if (code == EXIT_OK) code = nodes_start(t, &d, nodes, a->words_count, timeout_ms);
    if (code == EXIT_OK)
        code = catch_up(t, &d, nodes, a->words_count, load_now_us() + timeout_ms * 1000);
    if (code == EXIT_OK) (void)status_print(t, &d);
    devnet_close(&d);
    return code;
}

static int run_status(struct tool *t, const struct arguments *a) {
    struct devnet d;
    int code = devnet_open(t, directory_of(a), false, &d);
    if (code != EXIT_OK) return code;
    uint32_t nodes = devnet_nodes(&d), ready = status_print(t, &d);
    if (ready == nodes) return EXIT_OK;
    return fail(t, EXIT_UNREACHABLE, format(t, "devnet up%s", directory_flag(t, a)),
                "%u 个节点中 %u 个就绪", "of %u nodes %u are ready", nodes, ready);
}

/* ---- rows ---- */

#define ROW_DIR                                                                                    \
    {                                                                                              \
        "dir", OPTION_DIR, "DIR", "开发网所在目录（默认 ./devnet）",                               \
            "directory of the devnet (./devnet)"                                                   \
    }
#define ROW_TIMEOUT                                                                                \
    {                                                                                              \
        "timeout", OPTION_TIMEOUT, "TIME", "等待就绪多久（默认 30s）",                             \
            "how long to wait until it is ready (30s)"                                             \
    }

static const struct option_row up_options[] = {
    ROW_DIR,
    {"validators", OPTION_VALIDATORS, "N", "验证节点数（默认 4）", "how many validators (4)"},
    {"base-port", OPTION_BASE_PORT, "P",
     "P 起为节点间端口，P+80 起为 HTTP（默认 7700；0 为任选空闲端口）",
     "peers from P on, HTTP from P+80 on (7700; 0: any that are free)"},
    {"follower", OPTION_FOLLOWER, NULL, "另起一个审计节点", "with an audit node beside"},
    {"genesis", OPTION_GENESIS, "FILE", "创世模板：不含密钥与时间的 JSON（默认鹿城）",
     "genesis template: JSON without keys and time (Lucheng's)"},
    ROW_TIMEOUT,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct option_row down_options[] = {
    ROW_DIR,
    {"hard", OPTION_HARD, NULL, "直接 SIGKILL", "SIGKILL at once"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct option_row status_options[] = {ROW_DIR, {NULL, 0, NULL, NULL, NULL}};
static const struct option_row start_options[] = {
    ROW_DIR, ROW_TIMEOUT, {NULL, 0, NULL, NULL, NULL}};

static const struct example_row up_examples[] = {
    {"devnet up", "四个验证节点，HTTP 在 7780 到 7783", "four validators, HTTP on 7780 to 7783"},
    {"devnet up --follower", "再加一个审计节点；已有的继续运行",
     "an audit node beside them; what runs runs on"},
    {"devnet up --dir /tmp/d --base-port 0", "另一个目录，任选空闲端口",
     "another directory, any free ports"},
    {NULL, NULL, NULL},
};
static const struct example_row down_examples[] = {
    {"devnet down", "全部停止，数据保留", "stop all, keep the data"},
    {"devnet down --hard", "全部强制结束，像断电", "kill all, as a power cut would"},
    {NULL, NULL, NULL},
};
static const struct example_row status_examples[] = {
    {"devnet status", "每个节点一行", "one line per node"},
    {"devnet status --json", "供程序读取", "for programs"},
    {NULL, NULL, NULL},
};
static const struct example_row kill_examples[] = {
    {"devnet kill 3", "强制结束 3 号节点，其余继续", "kill node 3; the others go on"},
    {"devnet kill 0 1 2 3", "全部强制结束", "kill all of them"},
    {NULL, NULL, NULL},
};
static const struct example_row start_examples[] = {
    {"devnet start 3", "重新启动 3 号节点并等它追上",
     "start node 3 again and wait until it has caught up"},
    {NULL, NULL, NULL},
};

const struct command cmd_devnet_up = {
    .name = "devnet up",
    .zh = "在本机启动一个网络（已有则继续）",
    .en = "start a network on this machine (or go on with one)",
    .options = up_options,
    .examples = up_examples,
    .run = run_up,
    .more_zh =
        "在目录里生成密钥、创世文件与各节点配置，启动 suyuand 并等到就绪。目录可整体移动或删除。",
    .more_en = "Makes keys, genesis and node configurations in the directory, starts suyuand and "
               "waits until all are ready. "
               "The directory can be moved or deleted as a whole while nothing runs.",
};
const struct command cmd_devnet_down = {
    .name = "devnet down",
    .zh = "停止网络，数据保留",
    .en = "stop the network, keep its data",
    .options = down_options,
    .examples = down_examples,
    .run = run_down,
};
const struct command cmd_devnet_status = {
    .name = "devnet status",
    .zh = "各节点状态",
    .en = "how the nodes are doing",
    .options = status_options,
    .examples = status_examples,
    .run = run_status,
};
const struct command cmd_devnet_kill = {
    .name = "devnet kill",
    .words = "N...",
    .words_min = 1,
    .words_max = NODES_ALL_MAX,
    .zh = "用 SIGKILL 结束节点",
    .en = "kill nodes with SIGKILL",
    .options = status_options,
    .examples = kill_examples,
    .run = run_kill,
};
const struct command cmd_devnet_start = {
    .name = "devnet start",
    .words = "N...",
    .words_min = 1,
    .words_max = NODES_ALL_MAX,
    .zh = "重新启动节点并等它追上",
    .en = "start nodes again and wait until they have caught up",
    .options = start_options,
    .examples = start_examples,
    .run = run_start,
};
