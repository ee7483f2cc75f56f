/* cmd_trace.c: everything that happened to a thing, as a person reads it. */
#include <inttypes.h>

#include "base/json.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/proof_ask.h"
#include "tools/timeline.h"

enum { OPTION_VERIFY = 'v' };

static int state_print(struct node *n, const char *segment, const char *item) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_get_value(n, format(t, "/v1/things/%s", segment), NULL, &value);
    if (code) return code;
    struct span s = buffer_span(&value);
    if (!map_bool(s, "exists"))
        return fail(t, EXIT_NOT_FOUND,
                    format(t, "proof get thing %s -o absence.syp", shown(t, span_text(item))),
                    "到高度 %" PRIu64 " 为止，没有任何事件提到 %s",
                    "no event up to height %" PRIu64 " names %s",
                    map_uint(map_get(s, "at"), "height"), shown(t, map_text(s, "canonical")));
    bool active = span_is(map_text(s, "state"), "active");
    printf("%s%s%s  %s%s%s\n", paint(t, PAINT_STRONG), shown(t, map_text(s, "canonical")),
           paint(t, PAINT_PLAIN), paint(t, active ? PAINT_GOOD : PAINT_BAD),
           active ? tr(t, "有效", "active") : tr(t, "已终结", "ended"), paint(t, PAINT_PLAIN));
    if (map_text(s, "lot").len > 0 && !span_equal(map_text(s, "lot"), map_text(s, "canonical")))
        say(t, "批次 %s\n", "lot %s\n", shown(t, map_text(s, "lot")));
    if (map_text(s, "product").len > 0 &&
        !span_equal(map_text(s, "product"), map_text(s, "canonical")))
        say(t, "产品 %s\n", "product %s\n", shown(t, map_text(s, "product")));
    say(t, "共 %" PRIu64 " 个事件，账本高度 %" PRIu64 "\n",
        "%" PRIu64 " events, ledger height %" PRIu64 "\n", map_uint(s, "count"),
        map_uint(map_get(s, "at"), "height"));
    return EXIT_OK;
}

static void entry_print(struct node *n, struct span entry, struct span about) {
    struct tool *t = n->tool;
    struct item item;
    if (!item_of_json(t, map_get(entry, "item"), &item)) return;
    printf("\n");
    timeline_event(t, &item, member_name(n, map_text(entry, "subject")), about);
    printf("    %s", paint(t, PAINT_FAINT));
    say(t, "记录 %s  高度 %" PRIu64, "record %s  height %" PRIu64, shown(t, map_text(entry, "id")),
        map_uint(entry, "height"));
    printf("%s\n", paint(t, PAINT_PLAIN));
}

/* One page; *ret_next is 0 after the last. */
static int page_print(struct node *n, const char *segment, uint64_t *ret_next) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    struct span entry;
    const char *cursor = *ret_next ? format(t, "?cursor=%" PRIu64, *ret_next) : "";
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code =
        node_get_value(n, format(t, "/v1/things/%s/history%s", segment, cursor), NULL, &value);
    if (code) return code;
    struct span page = buffer_span(&value), about = map_text(page, "canonical");
    for (struct list l = list_open(map_get(page, "entries")); list_next(&l, &entry);)
        entry_print(n, entry, about);
    uint64_t next = map_uint(page, "next");
    if (next != 0 && next <= *ret_next)
        return fail(t, EXIT_BROKEN, "status", "节点的分页游标不前进",
                    "the node's cursor does not advance");
    *ret_next = next;
    return EXIT_OK;
}

/* All pages as one JSON value: the first page's frame, entries of all. */
static int trace_json(struct node *n, const char *segment) {
    struct buffer value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct tool *t = n->tool;
    struct emit j;
    uint64_t next = 0;
    int code;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    buffer_init(&out, 64 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    do {
        struct span entry;
        bool first = next == 0;
        buffer_clear(&value);
        code = node_get_value(n,
                              format(t, "/v1/things/%s/history%s", segment,
                                     first ? "" : format(t, "?cursor=%" PRIu64, next)),
                              NULL, &value);
        if (code) return code;
        struct span page = buffer_span(&value);
        uint64_t after = map_uint(page, "next");
        if (first) {
            emit_key_value(&j, "at", map_get(page, "at"));
            emit_key_text(&j, "identifier", map_text(page, "identifier"));
            emit_key_text(&j, "canonical", map_text(page, "canonical"));
            emit_key_uint(&j, "count", map_uint(page, "count"));
            emit_key(&j, "entries");
            emit_list(&j);
        }
        for (struct list l = list_open(map_get(page, "entries")); list_next(&l, &entry);)
            emit_value(&j, entry);
        if (after != 0 && after <= next) after = 0;
        next = after;
    } while (next != 0 && !out.overflow);
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    if (out.overflow)
        return fail(t, EXIT_BROKEN, "help trace", "历史过长",
                    "the history is too long for one answer");
    json_print(&out);
    return EXIT_OK;
}

static int run_trace(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    const char *item = a->words[0], *segment = path_segment(t, span_text(item));
    node_open(t, &n);
    if (argument(a, OPTION_VERIFY) != NULL) return proof_ask(&n, a, proof_kind_find("thing"), item, NULL);
    if (t->json) return trace_json(&n, segment);
    int code = state_print(&n, segment, item);
    uint64_t next = 0;
    do {
        if (code == EXIT_OK) code = page_print(&n, segment, &next);
    } while (code == EXIT_OK && next != 0);
    if (code == EXIT_OK)
        remark(t, "\n以上是节点的说法；自行验证：suyuan trace --verify --genesis %s %s\n",
               "\nThis is what the node says; to check it: suyuan trace --verify --genesis %s %s\n",
               chain_genesis_hint(t, a), shell_word(t, item));
    return code;
}

static const struct option_row options[] = {
    {"verify", OPTION_VERIFY, NULL, "取证明并验证，只显示证明所证明的内容",
     "get the proof, check it, and print only what it proves"},
    CHAIN_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"trace https://id.gs1.org/01/06972230100017/10/YM20260612", "一个批次的来龙去脉",
     "what happened to a lot"},
    {"trace urn:epc:id:sgtin:69722321.00001.20000 --verify --genesis genesis", "一双鞋，连同证明",
     "a pair of shoes, with proof"},
    {"trace https://id.gs1.org/00/069722301000001007 --json", "供程序使用", "for programs"},
    {NULL, NULL, NULL},
};
const struct command cmd_trace = {
    .name = "trace",
    .words = "ITEM",
    .words_min = 1,
    .words_max = 1,
    .zh = "显示物品的全部历史",
    .en = "show everything that happened to a thing",
    .options = options,
    .examples = examples,
    .more_zh =
        "ITEM 可用 EPC URN、GS1 "
        "数字链接（任何主机）或其他标识，写法不同而所指相同者结果相同。按写入账本的次序列出。",
    .more_en = "ITEM is an EPC URN, a GS1 Digital Link under any host, or any other identifier; "
               "spellings of the same thing give the same answer.\n"
               "Events come in the order of the ledger.",
    .run = run_trace,
};
