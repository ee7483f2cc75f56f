/* cmd_scan.c: scans of codes: told to a node, shown with what they warn of; an hour's tallies anchored, and checked against the anchor.
 *
 * What a node says of warnings and roots is computed here again from its rows (trace/scan.h), and what the ledger says of an anchor is
 * taken from a proof. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/record.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/scan_follow.h"
#include "tools/scan_hour.h"
#include "trace/anchor.h"
#include "trace/rfc3339.h"
#include "trace/scan.h"

enum {
    OPTION_DIVISION = OPTION_FIRST,
    OPTION_SCANS,
    OPTION_DIVISIONS,
    OPTION_HOURS,
    OPTION_HOUR,
    OPTION_NAME,
    OPTION_DUE,
    OPTION_FOLLOW,
};

static int usage(struct tool *t, const char *zh, const char *en, const char *text) {
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "%s：%s", "%s: %s", tr(t, zh, en),
                shown(t, span_text(text)));
}

static int not_understood(struct tool *t) {
    return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
}

static void value_print(struct span value) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 2 * RPC_ANSWER_BYTES_MAX);
    emit_begin(&j, &out);
    emit_value(&j, value);
    emit_end(&j);
    json_print(&out);
}

/* -- report -- */

static int run_report(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer body CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct emit j;
    const char *division = argument(a, OPTION_DIVISION) ? argument(a, OPTION_DIVISION) : "";
    if (!scan_division_valid(span_text(division)))
        return usage(t, "--division 至多 6 位数字", "--division is at most 6 digits", division);
    buffer_init(&body, 2048);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    emit_begin(&j, &body);
    emit_object(&j);
    emit_key_text(&j, "division", span_text(division));
    emit_key_text(&j, "identifier", span_text(a->words[0]));
    emit_object_end(&j);
    emit_end(&j);
    node_open(t, &n);
    struct http_call call = {.body = buffer_span(&body), .content_type = "application/json"};
    enum http_outcome outcome = node_call(&n, "/v1/scans", &call);
    if (outcome != HTTP_ANSWERED || n.answer.status != 202) return node_fail(&n, outcome, NULL);
    int code = node_value(&n, &value);
    if (code) return code;
    if (t->json)
        value_print(buffer_span(&value));
    else
        say(t, "已计一次扫码：%s，%s\n", "one scan tallied: %s, %s\n", shown(t, map_text(buffer_span(&value), "canonical")),
            division_shown(t, span_text(division)));
    return EXIT_OK;
}

/* -- show -- */

static void warning_print(struct tool *t, const struct scan_warning *w, const struct scan_rules *rules) {
    const char *hour = w->hour_ms ? time_text(t, w->hour_ms) : "";
    printf("%s%s%s", paint(t, PAINT_BAD), tr(t, "警示：", "warning: "), paint(t, PAINT_PLAIN));
    switch (w->kind) {
    case SCAN_MANY_SCANS:
        say(t, "扫码 %" PRIu64 " 次，超过 %" PRIu64 " 次：这个码可能被复制\n",
            "scanned %" PRIu64 " times, more than %" PRIu64 ": the code may have been copied\n", w->figure, w->limit);
        return;
    case SCAN_MANY_DIVISIONS:
        say(t, "自 %s 起 %" PRIu64 " 小时内在 %" PRIu64 " 个地区被扫，超过 %" PRIu64 " 个：这个码可能被复制\n",
            "from %s within %" PRIu64 " hours scanned in %" PRIu64 " divisions, more than %" PRIu64
            ": the code may have been copied\n",
            hour, rules->hours, w->figure, w->limit);
        return;
    case SCAN_BEFORE_SHIPPING:
        say(t, "发货之前已被扫 %" PRIu64 " 次（%s 起）\n", "scanned %" PRIu64 " times before it was shipped (from %s)\n", w->figure,
            hour);
        return;
    case SCAN_AFTER_DESTRUCTION:
        say(t, "销毁之后仍被扫 %" PRIu64 " 次（%s 起）\n", "scanned %" PRIu64 " times after it was destroyed (from %s)\n", w->figure,
            hour);
        return;
    case SCAN_WARNINGS: break;
    }
    CHECK(false);
}

static void scans_print(struct tool *t, struct span s, const struct scan_row rows[], size_t count) {
    printf("%s\n", shown(t, map_text(s, "canonical")));
    if (count == 0) say(t, "这个节点没有它的扫码记录\n", "this node has tallied no scan of it\n");
    for (size_t i = 0; i < count; i++)
        say(t, "  %s 起一小时  %" PRIu64 " 次  %s\n", "  hour from %s  %" PRIu64 " scans  %s\n", time_text(t, rows[i].hour_ms),
            rows[i].count, division_shown(t, rows[i].division));
    if (map_bool(s, "cut")) say(t, "  更早的未列出\n", "  older ones are left out\n");
    if (map_bool(s, "events_cut"))
        say(t, "  事件过多，未全部用于判断发货与销毁\n", "  it has more events than were looked at for shipping and destroying\n");
    if (map_has(s, "shipped_ms")) say(t, "发货    %s\n", "shipped   %s\n", time_text(t, map_uint(s, "shipped_ms")));
    if (map_has(s, "destroyed_ms")) say(t, "销毁    %s\n", "destroyed %s\n", time_text(t, map_uint(s, "destroyed_ms")));
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    struct scan_row *rows = NULL;
    struct scan_warning w[SCAN_WARNINGS];
    struct scan_rules rules;
    size_t count = 0;
    if (!argument_number(t, a, OPTION_SCANS, 0, INT64_MAX, SCAN_SCANS_DEFAULT, &rules.scans) ||
        !argument_number(t, a, OPTION_DIVISIONS, 0, INT64_MAX, SCAN_DIVISIONS_DEFAULT, &rules.divisions) ||
        !argument_number(t, a, OPTION_HOURS, 1, SCAN_HOURS_MAX, SCAN_HOURS_DEFAULT, &rules.hours))
        return EXIT_USAGE;
    node_open(t, &n);
    buffer_init(&value, 2 * RPC_ANSWER_BYTES_MAX);
    const char *path = format(t, "/v1/codes/%s/scans?scans=%" PRIu64 "&divisions=%" PRIu64 "&hours=%" PRIu64,
                              path_segment(t, span_text(a->words[0])), rules.scans, rules.divisions, rules.hours);
    int code = node_get_value(&n, path, NULL, &value);
    if (code) return code;
    struct span s = buffer_span(&value);
    struct scan_times times = {map_uint(s, "shipped_ms"), map_uint(s, "destroyed_ms")};
    if (!scan_identifier_valid(map_text(s, "canonical")) ||
        !scan_rows_read(map_get(s, "rows"), 0, map_text(s, "canonical"), &t->arena, &rows, &count)) {
        free(rows);
        return not_understood(t);
    }
    size_t warnings = scan_warnings(rows, count, &times, &rules, w);
    if (t->json) {
        value_print(s);
    } else {
        scans_print(t, s, rows, count);
        for (size_t i = 0; i < warnings; i++)
            warning_print(t, &w[i], &rules);
        if (warnings == 0) say(t, "没有警示\n", "nothing to warn of\n");
    }
    free(rows);
    return warnings ? EXIT_FALSE : EXIT_OK;
}

/* -- an hour -- */

/* "2026-06-01T08:00:00Z", or milliseconds; any time of the hour. Not given: the last one that is over. */
static int hour_read(struct tool *t, const struct arguments *a, uint64_t *ret) {
    const char *text = argument(a, OPTION_HOUR);
    int64_t ms = (int64_t)now_ms() - SCAN_HOUR_MS;
    if (text != NULL && strlen(text) < 16 && text[0] != 0 && strspn(text, "0123456789") == strlen(text))
        ms = (int64_t)strtoull(text, NULL, 10);
    else if (text != NULL && (!rfc3339_ms(span_text(text), &ms) || ms < 0))
        return usage(t, "--hour 应如 2026-06-01T08:00:00+08:00", "--hour is like 2026-06-01T08:00:00+08:00", text);
    *ret = (uint64_t)ms - (uint64_t)ms % SCAN_HOUR_MS;
    return EXIT_OK;
}

static int what_make(struct tool *t, const struct arguments *a, struct scan_hour *h) {
    const char *name = argument(a, OPTION_NAME);
    if (scan_what(name ? span_text(name) : h->name, h->what)) return EXIT_OK;
    return usage(t, "请用 --name 写明节点名（1 至 58 字节）", "name the node with --name (1 to 58 bytes)", name ? name : "");
}

/* Hours one after the other, until nothing is due or for ever. */
static int run_hours(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    if (argument(a, OPTION_HOUR) != NULL)
        return usage(t, "--hour 不能与 --due、--follow 同用", "--hour does not go with --due or --follow", argument(a, OPTION_HOUR));
    int code = desk_open(t, a, true, &d);
    return code ? code : scan_follow(&d, argument(a, OPTION_NAME), argument(a, OPTION_FOLLOW) != NULL);
}

static int run_anchor(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct buffer fields CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct scan_hour h CLEANUP(scan_hour_free) = {0};
    struct record_header draft = {.kind = RECORD_ANCHORS};
    struct desk_sent sent;
    struct outbox outbox;
    if (argument(a, OPTION_DUE) != NULL || argument(a, OPTION_FOLLOW) != NULL) return run_hours(t, a);
    int code = hour_read(t, a, &h.ms);
    if (code == EXIT_OK) code = outbox_open(t, argument(a, OPTION_OUTBOX), &outbox);
    if (code == EXIT_OK) code = desk_open(t, a, true, &d);
    if (code == EXIT_OK) code = scan_hour_fetch(&d.node, &h);
    if (code == EXIT_OK) code = what_make(t, a, &h);
    if (code) return code;
    if (!h.over || h.ms + SCAN_HOUR_MS > now_ms())
        return fail(t, EXIT_USAGE, "help scan anchor", "这一小时尚未结束：%s", "this hour is not over: %s", time_text(t, h.ms));
    if (h.count == 0)
        return fail(t, EXIT_NOT_FOUND, "help scan anchor", "这一小时没有扫码，无须存证：%s",
                    "nothing was scanned in this hour, there is nothing to anchor: %s", time_text(t, h.ms));
    struct anchor anchor = {.count = h.count,
                            .from_ms = h.ms,
                            .until_ms = h.ms + SCAN_HOUR_MS,
                            .root = h.root,
                            .what = span_text(h.what)};
    buffer_init(&fields, 1024);
    buffer_init(&wire, RECORD_BYTES_MAX);
    anchor_fields(&anchor, &fields);
    struct item item = {.type = ITEM_ANCHOR, .fields = buffer_span(&fields)};
    desk_record(&d, &draft, &item, &wire);
    code = desk_send(&d, &outbox, buffer_span(&wire), format(t, "scan anchor %s", h.what), NULL, NULL, &sent);
    if (code == EXIT_OK)
        say(t, "已存证 %s：%s 起一小时，%zu 行，根 %s\n", "anchored %s: hour from %s, %zu rows, root %s\n", h.what,
            time_text(t, h.ms), h.count, hex_text(t, h.root.b));
    return code;
}

/* -- check -- */

static void checked_print(struct tool *t, const struct scan_hour *h, const struct anchor *anchor, uint64_t log_index, bool same) {
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 4096);
        emit_begin(&j, &out);
        emit_object(&j);
        emit_key_bool(&j, "matches", same);
        emit_key_string(&j, "what", h->what);
        emit_key_uint(&j, "hour_ms", h->ms);
        emit_key_uint(&j, "count", h->count);
        emit_key_digest(&j, "root", &h->root);
        emit_key_uint(&j, "anchored_count", anchor->count);
        emit_key_digest(&j, "anchored_root", &anchor->root);
        emit_key_uint(&j, "log_index", log_index);
        emit_object_end(&j);
        emit_end(&j);
        json_print(&out);
        return;
    }
    printf("%s%s%s\n", paint(t, same ? PAINT_GOOD : PAINT_BAD),
           same ? tr(t, "相符：节点的扫码计数就是当时存证的", "they match: the node's tallies are those that were anchored")
                : tr(t, "不符：节点的扫码计数在存证之后被改动",
                     "they do not match: the node's tallies were changed after they were anchored"),
           paint(t, PAINT_PLAIN));
    say(t, "  %s，%s 起一小时\n  节点 %zu 行，根 %s\n  账本 %" PRIu64 " 行，根 %s（日志序号 %" PRIu64 "）\n",
        "  %s, hour from %s\n  node   %zu rows, root %s\n  ledger %" PRIu64 " rows, root %s (log index %" PRIu64 ")\n", h->what,
        time_text(t, h->ms), h->count, hex_text(t, h->root.b), anchor->count, hex_text(t, anchor->root.b), log_index);
}

static int run_check(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct scan_hour h CLEANUP(scan_hour_free) = {0};
    struct anchor anchor;
    uint64_t log_index = 0;
    bool found = false;
    const char *subject = argument(a, OPTION_SUBJECT) ? argument(a, OPTION_SUBJECT) : getenv("SUYUAN_SUBJECT");
    if (subject == NULL) return usage(t, "缺少", "missing", "--subject");
    int code = hour_read(t, a, &h.ms);
    if (code == EXIT_OK) code = desk_open(t, a, false, &d);
    if (code == EXIT_OK) code = scan_hour_fetch(&d.node, &h);
    if (code == EXIT_OK) code = what_make(t, a, &h);
    if (code == EXIT_OK) code = scan_anchor_find(&d, &d.genesis->chain_id, subject, &h, &found, &anchor, &log_index);
    if (code) return code;
    if (!found)
        return fail(t, EXIT_NOT_FOUND, "help scan anchor", "账本上没有这一小时的存证：%s，%s", "the ledger has no anchor of this hour: %s, %s",
                    h.what, time_text(t, h.ms));
    bool same = anchor.count == h.count && digest_equal(&anchor.root, &h.root);
    checked_print(t, &h, &anchor, log_index, same);
    return same ? EXIT_OK : EXIT_FALSE;
}

/* -- the rows -- */

#define NO_MORE {NULL, 0, NULL, NULL, NULL}
#define HOUR_OPTIONS                                                                                                   \
    {"hour", OPTION_HOUR, "TIME", "哪一小时（其中任一时刻；默认上一整点小时）",                                        \
     "which hour, by any time in it; the last one that is over"},                                                      \
        {"name", OPTION_NAME, "NAME", "节点名（默认由节点自报）", "name of the node; default: what it says"}

static const struct option_row report_options[] = {
    {"division", OPTION_DIVISION, "CODE", "扫码所在的行政区划，至多 6 位", "administrative division of the scan, up to 6 digits"},
    NO_MORE,
};
static const struct example_row report_examples[] = {
    {"scan report https://id.example.cn/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H --division 330302", "在鹿城区扫了一次",
     "scanned once in Lucheng"},
    {NULL, NULL, NULL},
};
const struct command cmd_scan_report = {
    .name = "scan report",
    .words = "URL",
    .words_min = 1,
    .words_max = 1,
    .zh = "向节点上报一次扫码",
    .en = "tell a node of one scan",
    .options = report_options,
    .examples = report_examples,
    .more_zh = "节点只按小时与区划计数：不存手机号、网络地址、微信标识，也不存扫码的时刻。",
    .more_en = "The node only counts, by hour and division: no phone number, address or account is kept, nor the moment of the scan.",
    .run = run_report,
};

static const struct option_row show_options[] = {
    {"scans", OPTION_SCANS, "N", "超过 N 次即警示（默认 20）", "warn of more than N scans (20)"},
    {"divisions", OPTION_DIVISIONS, "M", "时限内超过 M 个地区即警示（默认 3）", "warn of more than M divisions within T hours (3)"},
    {"hours", OPTION_HOURS, "T", "时限，小时（默认 24）", "T (24)"},
    NO_MORE,
};
static const struct example_row show_examples[] = {
    {"scan show https://id.example.cn/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H", "它在何处被扫过多少次，有何警示",
     "where and how often it was scanned, and what that warns of"},
    {NULL, NULL, NULL},
};
const struct command cmd_scan_show = {
    .name = "scan show",
    .words = "URL",
    .words_min = 1,
    .words_max = 1,
    .zh = "一件商品的扫码计数与警示",
    .en = "how often a piece was scanned, and what that warns of",
    .options = show_options,
    .examples = show_examples,
    .more_zh = "警示由各行计数在本机重新算出。没有警示返回 0，有警示返回 4。",
    .more_en = "Warnings are computed here from the rows. Returns 0 when there is nothing to warn of, else 4.",
    .run = run_show,
};

static const struct option_row anchor_options[] = {
    {"due", OPTION_DUE, NULL, "所有已结束而未存证的小时，由早到晚，然后退出", "every hour that is over and not anchored, oldest first, then end"},
    {"follow", OPTION_FOLLOW, NULL, "同上，此后每小时一次，直到被终止", "the same, and each further hour as it becomes over, until ended"},
    HOUR_OPTIONS,
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    CHAIN_OPTIONS,
    NO_MORE,
};
static const struct example_row anchor_examples[] = {
    {"scan anchor --key node.key --subject bureau", "为上一小时存证", "anchor the last hour"},
    {"scan anchor --hour 2026-06-01T08:00:00+08:00 --key node.key --subject bureau", "指定小时", "a given hour"},
    {"scan anchor --follow --key node.key --subject bureau", "此后每小时存证，漏掉的先补", "every hour from now on, the missed ones first"},
    {NULL, NULL, NULL},
};
const struct command cmd_scan_anchor = {
    .name = "scan anchor",
    .zh = "把节点一小时的扫码计数存证上链",
    .en = "put the root of a node's tallies of one hour on the ledger",
    .options = anchor_options,
    .examples = anchor_examples,
    .more_zh = "各行取自第一个 --node，根在本机算出；账本上只有行数与根。存证之后计数无法改而不被发现。--due 与 --follow "
               "随时可以中断：一小时的记录由该小时决定，重做即同一条记录。账本上已有同根的存证算完成；根不同即冲突，报错并返回 4。",
    .more_en = "The rows come from the first --node, the root is computed here; the ledger has count and root alone. Once anchored, tallies "
               "cannot be changed unnoticed. --due and --follow may be interrupted at any time: an hour makes one record, and "
               "made again it is the same. An anchor of the same root counts as done; another root is a conflict, told "
               "aloud, and the exit status is 4.",
    .run = run_anchor,
};

static const struct option_row check_options[] = {
    HOUR_OPTIONS,
    {"subject", OPTION_SUBJECT, "ID", "由哪个主体存证（环境变量 SUYUAN_SUBJECT）", "the subject that anchored it (SUYUAN_SUBJECT)"},
    CHAIN_OPTIONS,
    NO_MORE,
};
static const struct example_row check_examples[] = {
    {"scan check --hour 2026-06-01T08:00:00+08:00 --subject bureau", "节点的计数与存证是否相符", "do the node's tallies match the anchor"},
    {NULL, NULL, NULL},
};
const struct command cmd_scan_check = {
    .name = "scan check",
    .zh = "重算节点一小时的扫码计数，与账本上的存证核对",
    .en = "compute a node's tallies of one hour again and compare them with the anchor on the ledger",
    .options = check_options,
    .examples = check_examples,
    .more_zh = "存证由证明核实，不轻信节点。相符返回 0，不符返回 4，没有存证返回 7。",
    .more_en = "The anchor is taken from a proof that is checked here. Returns 0 when they match, 4 when not, 7 when there is no anchor.",
    .run = run_check,
};
