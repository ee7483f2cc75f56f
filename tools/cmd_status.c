/* cmd_status.c: how nodes are doing. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "tools/commands.h"
#include "tools/map.h"
#include "tools/node.h"

static void alarms_print(struct tool *t, struct span s) {
    struct span alarm;
    for (struct list l = list_open(map_get(s, "alarms")); list_next(&l, &alarm);)
        say(t, "  %s告警%s      %s  %s\n", "  %salarm%s     %s  %s\n", paint(t, PAINT_BAD),
            paint(t, PAINT_PLAIN), time_text(t, map_uint(alarm, "time_ms")),
            shown(t, map_text(alarm, "text")));
}

static void status_print(struct tool *t, const char *url, struct span s) {
    bool ready = map_bool(s, "ready"), voting = map_bool(s, "voting"),
         diverged = map_bool(s, "diverged");
    bool validator = span_is(map_text(s, "role"), "validator");
    uint64_t up = map_uint(s, "uptime_ms") / 1000;
    printf("%s%s%s  %s  %s%s%s\n", paint(t, PAINT_STRONG),
           validator ? shown(t, map_text(s, "name")) : url, paint(t, PAINT_PLAIN),
           validator ? tr(t, "验证节点", "validator") : tr(t, "跟随节点", "follower"),
           paint(t, ready && !diverged ? PAINT_GOOD : PAINT_BAD),
           diverged ? tr(t, "与多数分歧", "diverged from the quorum")
           : ready  ? (voting || !validator ? tr(t, "就绪", "ready")
                                            : tr(t, "就绪，不参与表决", "ready, not voting"))
                    : tr(t, "未就绪", "not ready"),
           paint(t, PAINT_PLAIN));
    if (map_text(s, "reason").len)
        say(t, "  原因      %s\n", "  reason    %s\n", shown(t, map_text(s, "reason")));
    if (diverged)
        say(t, "  分歧高度  %" PRIu64 "\n", "  since     height %" PRIu64 "\n",
            map_uint(s, "diverged_height"));
    say(t, "  地址      %s\n  链编号    %s\n", "  address   %s\n  chain id  %s\n", url,
        shown(t, map_text(s, "chain_id")));
    say(t,
        "  高度      可读 %" PRIu64 "，已见证 %" PRIu64 "，已执行 %" PRIu64 "，已定稿 %" PRIu64
        "，视图 %" PRIu64 "\n",
        "  height    readable %" PRIu64 ", attested %" PRIu64 ", executed %" PRIu64
        ", final %" PRIu64 ", view %" PRIu64 "\n",
        map_uint(s, "committed_height"), map_uint(s, "attested_height"),
        map_uint(s, "executed_height"), map_uint(s, "final_height"), map_uint(s, "view"));
    say(t, "  最新区块  %s\n  检查点    截至 %s\n", "  block     %s\n  as of     %s\n",
        time_text(t, map_uint(s, "final_time_ms")),
        time_text(t, map_uint(s, "attested_time_s") * 1000));
    say(t,
        "  连接      %" PRIu64 " 个节点，其中验证节点 %" PRIu64 "（全网 %" PRIu64
        "，法定多数 %" PRIu64 "）\n",
        "  peers     %" PRIu64 ", of them validators %" PRIu64 " (of %" PRIu64 "; quorum %" PRIu64
        ")\n",
        map_uint(s, "peers"), map_uint(s, "validators_connected"), map_uint(s, "validators"),
        map_uint(s, "quorum"));
    say(t, "  待处理    %" PRIu64 " 条记录，%" PRIu64 " 字节\n",
        "  waiting   %" PRIu64 " records, %" PRIu64 " bytes\n", map_uint(s, "pool_records"),
        map_uint(s, "pool_bytes"));
    say(t, "  受理      接受 %" PRIu64 "，拒绝 %" PRIu64 "（启动以来）\n",
        "  taken     accepted %" PRIu64 ", refused %" PRIu64 " since it started\n",
        map_uint(s, "records_accepted"), map_uint(s, "records_refused"));
    say(t, "  运行      %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "，版本 %s\n",
        "  up        %" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ", version %s\n", up / 3600,
        up / 60 % 60, up % 60, shown(t, map_text(s, "version")));
    alarms_print(t, s);
}

static int status_of(struct tool *t, uint32_t at, struct emit *j) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    const char *all[NODES_MAX];
    uint32_t all_count = t->nodes_count;
    memcpy(all, t->nodes, sizeof all);
    /* Each node speaks for itself: no other may answer in its place. */
    t->nodes[0] = all[at];
    t->nodes_count = 1;
    node_open(t, &n);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_get_value(&n, "/v1/node", NULL, &value);
    struct span s = buffer_span(&value);
    if (code == EXIT_OK && t->json) emit_value(j, s);
    if (code == EXIT_OK && !t->json) status_print(t, all[at], s);
    memcpy(t->nodes, all, sizeof all);
    t->nodes_count = all_count;
    if (code) return code;
    return map_bool(s, "diverged") ? EXIT_FALSE : map_bool(s, "ready") ? EXIT_OK : EXIT_UNREACHABLE;
}

static int run_status(struct tool *t, const struct arguments *a) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    int worst = EXIT_OK;
    (void)a;
    buffer_init(&out, 64 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key(&j, "nodes");
    emit_list(&j);
    for (uint32_t i = 0; i < t->nodes_count; i++) {
        int code = status_of(t, i, &j);
        if (worst == EXIT_OK || code == EXIT_FALSE) worst = code;
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    if (t->json) json_print(&out);
    return worst;
}

static const struct example_row status_examples[] = {
    {"status", "本机节点的状态", "the node on this machine"},
    {"status --node http://127.0.0.1:7780 --node http://127.0.0.1:7781", "逐个询问",
     "ask each of them"},
    {NULL, NULL, NULL},
};
const struct command cmd_status = {
    .name = "status",
    .zh = "显示节点状态",
    .en = "show how a node is doing",
    .examples = status_examples,
    .more_zh = "全部就绪返回 0，未就绪返回 5，与多数分歧返回 4。",
    .more_en =
        "Returns 0 when all are ready, 5 when one is not, 4 when one has diverged from the quorum.",
    .run = run_status,
};
