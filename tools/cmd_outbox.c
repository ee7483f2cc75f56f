/* cmd_outbox.c: what was signed and is not known to be decided. */
#include <inttypes.h>

#include "tools/commands.h"
#include "tools/sealing.h"
#include "tools/sender.h"

enum { OPTION_WAIT = 'w', OPTION_OUTBOX = OPTION_FIRST, OPTION_TIMEOUT };

static const struct option_row list_options[] = {
    {"outbox", OPTION_OUTBOX, "DIR", "发件箱目录（环境变量 SUYUAN_OUTBOX）",
     "the outbox (SUYUAN_OUTBOX)"},
    {NULL, 0, NULL, NULL, NULL},
};

static void parcel_list(struct tool *t, struct emit *j, const struct parcel *p) {
    uint64_t now = now_ms();
    for (uint32_t i = 0; i < p->count; i++) {
        const struct parcel_record *r = &p->records[i];
        if (t->json) {
            emit_object(j);
            emit_key_digest(j, "id", &r->id);
            emit_key_uint(j, "expires_ms", r->expires_ms);
            emit_key_text(j, "source", span_text(parcel_place(t, r, 0)));
            emit_key_text(j, "file", span_text(p->name));
            emit_object_end(j);
            continue;
        }
        say(t, "%s  %s %s  %s\n", "%s  %s %s  %s\n", hex_text(t, r->id.b),
            r->expires_ms <= now ? tr(t, "已失效", "expired") : tr(t, "有效至", "until"),
            time_text(t, r->expires_ms), parcel_place(t, r, 0));
    }
}

static int run_list(struct tool *t, const struct arguments *a) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct outbox box;
    struct emit j;
    const char **names = NULL;
    uint32_t count = 0, records = 0;
    int code = outbox_open(t, argument(a, OPTION_OUTBOX), &box);
    if (code == EXIT_OK) code = outbox_names(&box, &names, &count);
    if (code) return code;
    buffer_init(&out, 256 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key(&j, "records");
    emit_list(&j);
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++) {
        struct parcel *p CLEANUP(parcel_drop) = parcel_new();
        code = outbox_load(&box, names[i], p);
        if (code == EXIT_OK) parcel_list(t, &j, p);
        records += p->count;
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    if (code) return code;
    if (t->json) json_print(&out);
    remark(t, "%s：%u 条记录未决\n", "%s: %u records not decided\n",
           box.directory ? box.directory : "none", records);
    return EXIT_OK;
}

static int run_flush(struct tool *t, const struct arguments *a) {
    struct node node CLEANUP(node_close) = {0};
    struct buffer json CLEANUP(buffer_free) = {0};
    struct emit emit;
    struct outbox box;
    struct sender s = {
        .tool = t, .node = &node, .outbox = &box, .wait = argument(a, OPTION_WAIT) != NULL};
    const char **names = NULL;
    uint32_t count = 0;
    if (!argument_duration(t, a, OPTION_TIMEOUT, 30000, &s.timeout_ms)) return EXIT_USAGE;
    int code = outbox_open(t, argument(a, OPTION_OUTBOX), &box);
    if (code == EXIT_OK) code = outbox_names(&box, &names, &count);
    if (code) return code;
    node_open(t, &node);
    if (t->json) sender_json_begin(&s, &json, &emit);
    for (uint32_t i = 0; i < count && code == EXIT_OK; i++) {
        struct parcel *p CLEANUP(parcel_drop) = parcel_new();
        code = outbox_load(&box, names[i], p);
        s.signed_count += p->count;
        if (code == EXIT_OK) code = sender_send(&s, p);
    }
    if (t->json) sender_json_end(&s, 0);
    sender_summary(&s);
    if (code == EXIT_OK) code = sender_code(&s);
    if (box.directory == NULL) return code;
    int given = sealing_flush(t, &node, &box);
    return code ? code : given;
}

static const struct example_row list_examples[] = {
    {"outbox list", "列出已签名而未决的记录", "what was signed and is not known to be decided"},
    {NULL, NULL, NULL},
};
const struct command cmd_outbox_list = {
    .name = "outbox list",
    .zh = "列出发件箱中未决的记录",
    .en = "list what is kept in the outbox",
    .options = list_options,
    .examples = list_examples,
    .run = run_list,
};

static const struct option_row flush_options[] = {
    {"wait", OPTION_WAIT, NULL, "等到账本作出决定", "wait until the ledger has decided"},
    {"timeout", OPTION_TIMEOUT, "TIME", "每批最长等待（默认 30s）",
     "how long to try for one batch (default 30s)"},
    {"outbox", OPTION_OUTBOX, "DIR", "发件箱目录（环境变量 SUYUAN_OUTBOX）",
     "the outbox (SUYUAN_OUTBOX)"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row flush_examples[] = {
    {"outbox flush --wait", "重发并等到全部有结果",
     "send everything again and wait until it is decided"},
    {NULL, NULL, NULL},
};
const struct command cmd_outbox_flush = {
    .name = "outbox flush",
    .zh = "重发发件箱中的记录",
    .en = "send what is kept in the outbox",
    .options = flush_options,
    .examples = flush_examples,
    .more_zh = "重发的是原先签名的字节，已写入账本的不会重复写入。已失效的记录会被账本拒绝：请重新"
               "提交原文档。",
    .more_en = "What is sent are the bytes signed before: nothing enters the ledger twice. An "
               "expired record is refused: submit its document again.",
    .run = run_flush,
};
