/* cmd_member.c: who may speak. */
#include <inttypes.h>

#include "base/limits.h"
#include "ledger/value.h"
#include "tools/commands.h"
#include "tools/map.h"
#include "tools/node.h"

static const char *roles_text(struct tool *t, struct span member) {
    struct span role;
    const char *text = "";
    for (struct list l = list_open(map_get(member, "roles")); list_next(&l, &role);) {
        uint32_t bit = role_by_name(value_text(role));
        text =
            format(t, "%s[%s]", text, bit ? role_name(bit, t->lang) : shown(t, value_text(role)));
    }
    return text;
}

static void member_print(struct tool *t, struct span m) {
    bool active = span_is(map_text(m, "state"), "active");
    printf("%s", paint(t, PAINT_STRONG));
    print_padded(shown(t, map_text(m, "subject")), 30);
    printf("%s %s%s%s  %s  %s  %s\n", paint(t, PAINT_PLAIN),
           paint(t, active ? PAINT_GOOD : PAINT_BAD),
           active ? tr(t, "有效", "active") : tr(t, "已暂停", "suspended"), paint(t, PAINT_PLAIN),
           shown(t, map_text(m, "name")), roles_text(t, m), shown(t, map_text(m, "division")));
}

static int run_list(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct emit j;
    const char *cursor = "", *last = "";
    (void)a;
    node_open(t, &n);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    buffer_init(&out, 64 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key(&j, "members");
    emit_list(&j);
    for (;;) {
        struct span m;
        buffer_clear(&value);
        int code = node_get_value(&n, format(t, "/v1/members%s", cursor), NULL, &value);
        if (code) return code;
        for (struct list l = list_open(map_get(buffer_span(&value), "members")); list_next(&l, &m);)
            if (t->json)
                emit_value(&j, m);
            else
                member_print(t, m);
        struct span next = map_text(buffer_span(&value), "next");
        if (next.len == 0 || out.overflow) break;
        /* In the order of subject ids: a cursor that does not advance would go on for ever. */
        if (span_compare(next, span_text(last)) <= 0)
            return fail(t, EXIT_BROKEN, "status", "节点的分页游标不前进",
                        "the node's cursor does not advance");
        last = format(t, "%.*s", (int)next.len, (const char *)next.data);
        cursor = format(t, "?cursor=%s", path_segment(t, next));
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    if (t->json) json_print(&out);
    return EXIT_OK;
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span key;
    node_open(t, &n);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    const char *path = format(t, "/v1/members/%s", path_segment(t, span_text(a->words[0])));
    enum http_outcome outcome = node_ask(&n, path, NULL);
    if (node_lacks(&n, outcome))
        return fail(t, EXIT_NOT_FOUND, "member list", "没有成员 %s", "there is no member %s",
                    shown(t, span_text(a->words[0])));
    if (outcome != HTTP_ANSWERED || n.answer.status != 200)
        return node_fail(&n, outcome, "member list");
    int code = node_value(&n, &value);
    if (code) return code;
    if (t->json) {
        json_print(&n.answer.body);
        return EXIT_OK;
    }
    struct span answer = buffer_span(&value), m = map_get(answer, "member");
    member_print(t, m);
    say(t, "  自高度 %" PRIu64 " 起\n", "  since height %" PRIu64 "\n",
        map_uint(m, "since_height"));
    for (struct list l = list_open(map_get(answer, "keys")); list_next(&l, &key);) {
        bool active = span_is(map_text(key, "state"), "active");
        uint64_t from = map_uint(key, "from_ms"), until = map_uint(key, "until_ms");
        say(t, "  公钥 %s  %s%s%s", "  key %s  %s%s%s", shown(t, map_text(key, "key")),
            paint(t, active ? PAINT_GOOD : PAINT_BAD),
            active ? tr(t, "有效", "active") : tr(t, "已吊销", "revoked"), paint(t, PAINT_PLAIN));
        if (from) say(t, "  自 %s", "  from %s", time_text(t, from));
        if (until) say(t, "  至 %s", "  until %s", time_text(t, until));
        printf("\n");
    }
    return EXIT_OK;
}

static const struct example_row list_examples[] = {
    {"member list", "所有成员", "all members"},
    {NULL, NULL, NULL},
};
const struct command cmd_member_list = {
    .name = "member list",
    .zh = "列出成员",
    .en = "list the members",
    .examples = list_examples,
    .run = run_list,
};
static const struct example_row show_examples[] = {
    {"member show lucheng.shanfu-yangmei", "一个成员及其公钥", "a member and its keys"},
    {NULL, NULL, NULL},
};
const struct command cmd_member_show = {
    .name = "member show",
    .words = "SUBJECT",
    .words_min = 1,
    .words_max = 1,
    .zh = "显示成员及其公钥",
    .en = "show a member and its keys",
    .examples = show_examples,
    .run = run_show,
};
