/* cmd_record.c: one record: what it says, what became of it, and the documents it was made of. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/member.h"
#include "tools/act_draft.h"
#include "tools/commands.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/node.h"
#include "tools/timeline.h"

enum { OPTION_EPCIS = 'e', OPTION_DOCUMENT = OPTION_FIRST };

/* Acts are read out of the exact bytes: their JSON shows keys as base64. False when the node does
 * not give them. */
static bool acts_print(struct node *n, struct span id) {
    struct tool *t = n->tool;
    struct record_header header;
    struct item *items;
    uint32_t count;
    if (record_items(n, id, &header, &items, &count) != EXIT_OK) return false;
    for (uint32_t i = 0; i < count; i++) {
        struct act act;
        if (act_decode(&items[i], &header.key, &t->arena, &act) != OK) return false;
        printf("\n");
        act_print(t, &act);
        say(t, "  批准      %u 项\n", "  approvals %u\n", act.approvals_count);
    }
    return true;
}

static void record_print(struct node *n, struct span record) {
    struct tool *t = n->tool;
    struct span result = map_get(record, "result"), value;
    bool accepted = map_uint(result, "code") == 0;
    const char *who = member_name(n, map_text(record, "subject"));
    say(t, "记录 %s\n", "Record %s\n", shown(t, map_text(record, "id")));
    printf("  %s%s%s [%s]\n", paint(t, accepted ? PAINT_GOOD : PAINT_BAD),
           shown(t, map_text(result, t->lang == LANG_ZH ? "text_zh" : "text_en")),
           paint(t, PAINT_PLAIN), shown(t, map_text(result, "name")));
    say(t, "  高度 %" PRIu64 "，区块时间 %s\n", "  height %" PRIu64 ", block time %s\n",
        map_uint(record, "height"), time_text(t, map_uint(record, "block_time_ms")));
    if (accepted)
        say(t, "  日志序号 %" PRIu64 "\n", "  log index %" PRIu64 "\n",
            map_uint(record, "log_index"));
    say(t, "  提交者 %s\n  公钥 %s\n  签名时间 %s，有效至 %s\n",
        "  by %s\n  key %s\n  signed %s, valid until %s\n", who, shown(t, map_text(record, "key")),
        time_text(t, map_uint(record, "created_ms")), time_text(t, map_uint(record, "expires_ms")));
    if (map_uint(record, "kind") == RECORD_GOVERNANCE) {
        if (!acts_print(n, map_text(record, "id")))
            say(t, "治理行为无法读取\n", "the acts cannot be read\n");
        return;
    }
    for (struct list l = list_open(map_get(record, "items")); list_next(&l, &value);) {
        struct item item;
        if (!item_of_json(t, value, &item) || item.type == ITEM_ENVELOPE) continue;
        printf("\n");
        timeline_event(t, &item, who, SPAN_EMPTY);
    }
}

/* The node knows no such record: perhaps it is still waiting to be ordered. */
static int pending_or_unknown(struct node *n, const char *id) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_get_value(n, format(t, "/v1/records/%s/status", id), NULL, &value);
    if (code) return code;
    if (span_is(map_text(buffer_span(&value), "status"), "pending"))
        return fail(t, EXIT_UNKNOWN, format(t, "record show %s", id),
                    "该记录已被受理，尚待写入账本", "the record was taken and waits to be ordered");
    return fail(t, EXIT_NOT_FOUND, "outbox list", "账本中没有这条记录：%s",
                "the ledger holds no such record: %s", id);
}

static int documents_print(struct node *n, const char *id, const struct arguments *a) {
    struct tool *t = n->tool;
    uint64_t only;
    bool one = argument(a, OPTION_DOCUMENT) != NULL;
    if (!argument_number(t, a, OPTION_DOCUMENT, 0, RECORD_ITEMS_MAX, 0, &only)) return EXIT_USAGE;
    for (uint64_t i = only; i < RECORD_ITEMS_MAX; i++) {
        struct http_call call = {.accept = "application/ld+json"};
        enum http_outcome outcome =
            node_call(n, format(t, "/v1/records/%s/epcis?document=%" PRIu64, id, i), &call);
        bool absent = outcome == HTTP_ANSWERED && n->answer.status == 404;
        if (absent && i > only) return EXIT_OK;
        if (outcome != HTTP_ANSWERED || n->answer.status != 200)
            return node_fail(n, outcome, format(t, "record show %s", id));
        json_print(&n->answer.body);
        if (one) return EXIT_OK;
    }
    return EXIT_OK;
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    struct digest id;
    const char *text = a->words[0];
    if (hex_decode(text, strlen(text), id.b, sizeof id.b))
        return fail(t, EXIT_USAGE, "help record show", "记录编号应为 64 位小写十六进制：%s",
                    "a record id is 64 lower-case hex digits: %s", shown(t, span_text(text)));
    node_open(t, &n);
    if (argument(a, OPTION_EPCIS) != NULL) return documents_print(&n, text, a);
    struct http_call call = {.accept = "application/json"};
    const char *path = format(t, "/v1/records/%s", text);
    enum http_outcome outcome = node_call(&n, path, &call);
    if (outcome == HTTP_ANSWERED && n.answer.status == 404) return pending_or_unknown(&n, text);
    if (outcome != HTTP_ANSWERED || n.answer.status != 200) return node_fail(&n, outcome, NULL);
    if (t->json) {
        json_print(&n.answer.body);
        return EXIT_OK;
    }
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_value(&n, &value);
    if (code == EXIT_OK) record_print(&n, buffer_span(&value));
    return code;
}

static const struct option_row options[] = {
    {"epcis", OPTION_EPCIS, NULL, "输出原样 EPCIS 文档（含多个时每行一个）",
     "the EPCIS document as received (one a line when there are several)"},
    {"document", OPTION_DOCUMENT, "N", "只输出第 N 个文档，从 0 起",
     "only the N-th document, from 0"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"record show 0dd8dc4b6df3faf5af628c06e7e39abf964c91a3049b485d2f712096c9e7b8d3",
     "记录的内容与执行结果", "what it says and what became of it"},
    {"record show 0dd8dc4b6df3faf5af628c06e7e39abf964c91a3049b485d2f712096c9e7b8d3 --epcis > "
     "harvest.json",
     "取回提交时的 EPCIS 文档", "the EPCIS document as it was submitted"},
    {NULL, NULL, NULL},
};
const struct command cmd_record_show = {
    .name = "record show",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "显示一条记录",
    .en = "show a record",
    .options = options,
    .examples = examples,
    .run = run_show,
};
