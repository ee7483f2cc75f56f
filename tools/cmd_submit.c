/* cmd_submit.c: EPCIS documents in, signed records out. Documents become records (packer), records
 * parcels (outbox), parcels requests (sender); at any moment one record and one parcel are held, so
 * a stream of any length goes through. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/documents.h"
#include "tools/packer.h"
#include "tools/sender.h"
#include "tools/signer.h"
#include "trace/event.h"

enum {
    OPTION_KEY = 'k',
    OPTION_SUBJECT = 's',
    OPTION_WAIT = 'w',
    OPTION_BATCH = 'b',
    OPTION_CHECK = OPTION_FIRST,
    OPTION_TIMEOUT,
    OPTION_EXPIRES,
    OPTION_OUTBOX,
    OPTION_HIDE,
    OPTION_TO,
};
enum { TIMEOUT_MS = 30 * 1000, EXPIRES_MS = 3 * 24 * 3600 * 1000 };

struct submission {
    struct tool *tool;
    struct packer packer;
    struct sender sender;
    struct parcel parcel;
    struct buffer wire;
    struct hider hider;
    struct sealing sealing;
    bool by_destination; /* no --to: the party that the event goes to may read */
    bool check;                 /* only check the documents */
    uint64_t batch, expires_ms; /* as given; 0: the default */
};

static int parcel_send(struct submission *s) {
    int code = sender_send(&s->sender, &s->parcel);
    parcel_clear(&s->parcel);
    return code;
}

/* Who becomes the owner; else L5's receiver. */
static struct span destination_of(const struct item *item) {
    static const char *const types[] = {"owning_party", "possessing_party", "location"};
    struct event_party p;
    for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
        for (uint32_t i = 0; event_destination(item, i, &p); i++)
            if (span_is(p.type, types[k])) return p.id;
    return SPAN_EMPTY;
}

/* The readers of this record's values of tier partner: where each event that hides one goes. */
static int destinations_read(struct submission *s) {
    struct tool *t = s->tool;
    int code = EXIT_OK;
    s->sealing.readers_count[TIER_PARTNER - 1] = 0;
    for (uint32_t i = 0; i < s->hider.openings.count && code == EXIT_OK; i++) {
        const struct opening *o = &s->hider.openings.list[i];
        if (o->tier != TIER_PARTNER) continue;
        struct span party = destination_of(&s->packer.items[o->item]);
        if (party.len == 0)
            return fail(t, EXIT_REFUSED, "help submit", "事件没有写明收货方：请用 --to 写明谁可以读 partner 级的值",
                        "the event names no destination: say with --to who may read the values of tier partner");
        code = sealing_party(&s->sealing, TIER_PARTNER, party);
    }
    return code;
}

/* The record being filled goes into the parcel; the parcel goes out when it is full. */
static int record_finish(struct submission *s) {
    if (s->check || !packer_sign(&s->packer, &s->wire)) {
        packer_next_record(&s->packer);
        return EXIT_OK;
    }
    int code = EXIT_OK;
    const struct packer *p = &s->packer;
    /* What opens the hidden values is on the disk before the record is anywhere. */
    if (s->by_destination && s->hider.openings.count > 0) code = destinations_read(s);
    if (code == EXIT_OK && s->hider.openings.count > 0)
        code = sealing_keep(&s->sealing, buffer_span(&s->wire), s->hider.openings.list, s->hider.openings.count);
    if (code) return code;
    if (!parcel_fits(&s->parcel, s->wire.len, p->sources, p->sources_count)) code = parcel_send(s);
    if (code) return code;
    enum err e = parcel_add(&s->parcel, buffer_span(&s->wire), p->sources, p->sources_count);
    CHECK(e == OK);
    s->sender.signed_count++;
    packer_next_record(&s->packer);
    sender_progress(&s->sender, false);
    return EXIT_OK;
}

static int take_document(void *self, const char *label, struct span text) {
    struct submission *s = self;
    if (packer_add(&s->packer, label, text) == PACKER_ADDED) {
        /* One record per document unless asked otherwise; nothing is held back while waiting for
         * more input than needed. */
        bool full = s->packer.batch == 0 || s->packer.events_count >= s->packer.batch;
        return full && s->packer.items_count > 0 ? record_finish(s) : EXIT_OK;
    }
    int code = record_finish(s);
    if (code) return code;
    enum packer_next again = packer_add(&s->packer, label, text);
    CHECK(again == PACKER_ADDED);
    return s->packer.batch == 0 || s->packer.events_count >= s->packer.batch ? record_finish(s)
                                                                             : EXIT_OK;
}

/* A gateway that feeds a pipe waits for its answers, not for the parcel to fill. */
static int send_gathered(void *self) {
    struct submission *s = self;
    int code = record_finish(s);
    if (code == EXIT_OK && !s->check) code = parcel_send(s);
    fflush(stdout);
    return code;
}

static int walk(struct submission *s, const struct arguments *a) {
    int code = documents_each(s->tool, a->words, a->words_count, take_document, send_gathered, s);
    if (code == EXIT_OK) code = record_finish(s);
    /* What was signed goes out even when a later file cannot be read. */
    int sent = s->check ? EXIT_OK : parcel_send(s);
    return code ? code : sent;
}

static void refused_next(const struct tool *t) {
    remark(t, "接着试：suyuan submit --check FILE\n", "try: suyuan submit --check FILE\n");
}

static void check_report(struct submission *s) {
    struct tool *t = s->tool;
    const struct packer *p = &s->packer;
    if (!t->json) {
        say(t, "%" PRIu64 " 个文档合格（%" PRIu64 " 个事件），%" PRIu64 " 个不合格\n",
            "%" PRIu64 " documents in order (%" PRIu64 " events), %" PRIu64 " refused\n",
            p->documents, p->events, p->refused);
        if (p->refused > 0) refused_next(t);
        return;
    }
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 1024);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_uint(&j, "documents", p->documents);
    emit_key_uint(&j, "events", p->events);
    emit_key_uint(&j, "refused", p->refused);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
}

static int run_check(struct tool *t, const struct arguments *a) {
    struct submission s = {.tool = t, .check = true};
    packer_init(&s.packer, t, NULL, NULL, SPAN_EMPTY);
    int code = walk(&s, a);
    check_report(&s);
    code = code ? code : s.packer.refused > 0 ? EXIT_REFUSED : EXIT_OK;
    packer_free(&s.packer);
    return code;
}

static int run_records(struct submission *s, const struct arguments *a, const struct genesis *g,
                       const struct keypair *keys, struct span subject) {
    struct buffer json CLEANUP(buffer_free) = {0};
    struct emit emit;
    uint64_t longest = g->params.parameters.record_lifetime_ms;
    uint64_t lifetime = s->expires_ms          ? s->expires_ms
                        : EXPIRES_MS < longest ? (uint64_t)EXPIRES_MS
                                               : longest;
    if (lifetime > longest)
        return fail(s->tool, EXIT_USAGE, "help submit", "--expires 超出账本允许的 %" PRIu64 " 毫秒",
                    "--expires is longer than the ledger's %" PRIu64 " ms", longest);
    packer_init(&s->packer, s->tool, &g->params, keys, subject);
    s->packer.batch = (uint32_t)s->batch;
    if (s->hider.rules_count > 0) s->packer.hider = &s->hider;
    s->packer.lifetime_ms = lifetime;
    parcel_init(&s->parcel);
    buffer_init(&s->wire, RECORD_BYTES_MAX);
    if (s->tool->json) sender_json_begin(&s->sender, &json, &emit);
    int code = walk(s, a);
    if (s->tool->json) sender_json_end(&s->sender, s->packer.refused);
    if (code == EXIT_OK || s->sender.signed_count > 0) sender_summary(&s->sender);
    if (code == EXIT_OK) code = sender_code(&s->sender);
    if (s->packer.hider != NULL && s->sender.committed > 0) {
        int given = sealing_flush(s->tool, s->sender.node, s->sender.outbox);
        code = code ? code : given;
    }
    if (code == EXIT_OK && s->packer.refused > 0) code = EXIT_REFUSED;
    if (s->packer.refused > 0) refused_next(s->tool);
    buffer_free(&s->wire);
    parcel_free(&s->parcel);
    packer_free(&s->packer);
    return code;
}

/* --hide and --to: what is hidden, and who may read it. */
static int hide_begin(struct submission *s, const struct arguments *a, const struct genesis *g, const struct keypair *keys) {
    struct tool *t = s->tool;
    uint32_t at = 0, partners = 0;
    int code = EXIT_OK;
    s->hider = (struct hider){.tool = t, .chain_id = g->chain_id};
    for (const char *text; code == EXIT_OK && (text = argument_next(a, OPTION_HIDE, &at)) != NULL;)
        code = hider_read(&s->hider, text);
    if (code || s->hider.rules_count == 0) return code;
    if (s->sender.outbox->directory == NULL)
        return fail(t, EXIT_USAGE, "help submit", "--hide 需要发件箱：打开隐藏值的内容先保存在那里",
                    "--hide needs the outbox: what opens hidden values is kept there first");
    openings_begin(t, &g->chain_id, &s->hider.openings);
    s->sealing = (struct sealing){.tool = t, .node = s->sender.node, .outbox = s->sender.outbox, .keys = keys, .chain_id = g->chain_id};
    at = 0;
    for (const char *text; code == EXIT_OK && (text = argument_next(a, OPTION_TO, &at)) != NULL; partners++)
        code = sealing_reader(&s->sealing, TIER_PARTNER, text);
    s->by_destination = partners == 0 && hider_has(&s->hider, TIER_PARTNER);
    if (code == EXIT_OK && hider_has(&s->hider, TIER_REGULATOR)) code = sealing_regulators(&s->sealing);
    s->sender.wait = true; /* nodes take them for records that are committed */
    return code;
}

static int run_submit(struct tool *t, const struct arguments *a) {
    struct node node CLEANUP(node_close) = {0};
    struct keypair keys CLEANUP(keypair_wipe) = {0};
    struct genesis *g = NULL;
    struct outbox outbox;
    struct submission s = {.tool = t};
    if (argument(a, OPTION_CHECK) != NULL) return run_check(t, a);
    const char *key = argument(a, OPTION_KEY) ? argument(a, OPTION_KEY) : getenv("SUYUAN_KEY");
    struct span subject;
    uint64_t timeout_ms;
    if (key == NULL)
        return fail(t, EXIT_USAGE, "help submit", "缺少 --key 密钥文件", "--key FILE is missing");
    if (!argument_number(t, a, OPTION_BATCH, 1, RECORD_ITEMS_MAX, 0, &s.batch) ||
        !argument_duration(t, a, OPTION_EXPIRES, 0, &s.expires_ms) ||
        !argument_duration(t, a, OPTION_TIMEOUT, TIMEOUT_MS, &timeout_ms))
        return EXIT_USAGE;
    int code = signer_read(t, key, &keys);
    if (code == EXIT_OK) code = outbox_open(t, argument(a, OPTION_OUTBOX), &outbox);
    if (code) return code;
    node_open(t, &node);
    code = chain_genesis(&node, a, &g);
    if (code) return code;
    code = signer_subject(&node, argument(a, OPTION_SUBJECT), &keys.public_key, g, &subject);
    s.sender = (struct sender){.tool = t,
                               .node = &node,
                               .outbox = &outbox,
                               .wait = argument(a, OPTION_WAIT) != NULL,
                               .timeout_ms = timeout_ms};
    if (code == EXIT_OK) code = hide_begin(&s, a, g, &keys);
    if (code == EXIT_OK) code = run_records(&s, a, g, &keys, subject);
    genesis_free(g);
    return code;
}

static const struct option_row options[] = {
    {"key", OPTION_KEY, "FILE", "签名的密钥文件（环境变量 SUYUAN_KEY）",
     "the key file that signs (SUYUAN_KEY)"},
    {"subject", OPTION_SUBJECT, "ID", "以哪个主体的名义（环境变量 SUYUAN_SUBJECT）",
     "the subject in whose name (SUYUAN_SUBJECT)"},
    {"wait", OPTION_WAIT, NULL, "等到账本作出决定", "wait until the ledger has decided"},
    {"timeout", OPTION_TIMEOUT, "TIME", "每批最长等待（默认 30s）",
     "how long to try for one batch (default 30s)"},
    {"batch", OPTION_BATCH, "N", "一次签名涵盖至多 N 个事件（默认每个文档一条记录）",
     "up to N events under one signature (default: a record per document)"},
    {"expires", OPTION_EXPIRES, "TIME", "记录在多久之后失效（默认 3d）",
     "after which time the record is void (default 3d)"},
    {"outbox", OPTION_OUTBOX, "DIR", "未决记录的保存目录；none 不保存（环境变量 SUYUAN_OUTBOX）",
     "where undecided records are kept; none: nowhere (SUYUAN_OUTBOX)"},
    {"hide", OPTION_HIDE, "FIELD=TIER,...", "隐藏字段：partner 贸易伙伴、regulator 监管、public 公开但可删除；可重复",
     "hide fields: partner, regulator, or public (but deletable); may be repeated"},
    {"to", OPTION_TO, "ID", "谁可以读 partner 级的值（默认事件的收货方）；可重复",
     "who may read the values of tier partner (default: the event's destination); may be repeated"},
    {"check", OPTION_CHECK, NULL, "只检查文档，不签名、不发送",
     "only check the documents: sign nothing, send nothing"},
    CHAIN_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"submit --key shanfu.key --wait harvest.json", "签名、提交一个文档，等到写入账本",
     "sign and submit a document, wait until it is in the ledger"},
    {"submit --check events/", "先检查一个目录的全部文档", "check a whole directory first"},
    {"submit --key shanfu.key --batch 100 capture.jsonl", "JSON 行文件：每 100 个事件签名一次",
     "JSON lines: one signature per 100 events"},
    {"submit --key shanfu.key --hide price=partner,contact=public --to lucheng.wuma-fruit delivery.json",
     "隐藏价格（只有买方能读）与联系方式（可删除）", "hide a price, for its buyer only, and a contact, which can be deleted"},
    {"submit --key shanfu.key -", "读标准输入", "read standard input"},
    {NULL, NULL, NULL},
};
const struct command cmd_submit = {
    .name = "submit",
    .words = "FILE|DIR|-...",
    .words_min = 1,
    .words_max = UINT32_MAX,
    .zh = "签名并提交 EPCIS 文档",
    .en = "sign and submit EPCIS documents",
    .options = options,
    .examples = examples,
    .more_zh = "接受 EPCIS 2.0 的文档、查询文档、单个事件（须自带 @context）和 JSON "
               "行。不合格的文档被拒绝并指明文件、字段和规则，其余照常提交。\n"
               "已签名而未决的记录先写入发件箱再发送；断网、断电之后用 suyuan outbox flush "
               "续发。同样的字节重发无害。\n"
               "隐藏的值在账本上只有承诺值；打开它的内容加密后交给 --node 所列的每个节点（先存于发件箱，"
               "到有节点收下为止）。字段写名称（事件中唯一）或指针：/ilmd/price。",
    .more_en = "Takes EPCIS 2.0 documents, query documents, bare events (with their own @context) "
               "and JSON lines. A document that is not in order is\n"
               "refused with file, field and rule; the others go on. What is signed is kept in the "
               "outbox before it is sent: after an outage\n"
               "suyuan outbox flush sends it again. Sending the same bytes twice is harmless.\n"
               "A hidden value stands on the ledger as a commitment; what opens it is encrypted and given to every --node, from the\n"
               "outbox, where it stays until one of them has it. A field is a name that is unique in the event, or a pointer: /ilmd/price.",
    .run = run_submit,
};
