/* cmd_cert_issue.c: a certificate is issued. What stands on the command line becomes the JSON that --file has; that is checked as a
 * whole, the openings of hidden fields are on disk, and only then is anything signed. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tools/certificate_json.h"
#include "tools/certificate_view.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/certificate_send.h"
#include "tools/map.h"

enum {
    OPTION_FILE = 'f',
    OPTION_TYPE = OPTION_FIRST,
    OPTION_NUMBER,
    OPTION_PRODUCER,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_COVERS,
    OPTION_FIELD,
    OPTION_UPSTREAM,
    OPTION_SUPERSEDES,
    OPTION_OPENINGS,
};

/* -- the command line as JSON -- */

static void entry(struct buffer *out, const char *name, const char *value) {
    if (value == NULL) return;
    buffer_printf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
    json_write_text(span_text(value), out);
}

/* LOT=QUANTITY[UNIT]; the identifier may itself have "=". False: the quantity is none. */
static bool covers_json(const char *text, struct buffer *out) {
    const char *mark = strrchr(text, '=');
    size_t len = mark ? (size_t)(mark - text) : strlen(text);
    buffer_text(out, "{\"identifier\":");
    json_write_text(span_of(text, len), out);
    if (mark) {
        size_t digits = strspn(mark + 1, "0123456789.");
        struct buffer value CLEANUP(buffer_free) = {0};
        buffer_init(&value, 64);
        if (digits == 0 || digits > 32 || json_parse(span_of(mark + 1, digits), &value, NULL) != OK) return false;
        buffer_printf(out, ",\"quantity\":%.*s", (int)digits, mark + 1);
        if (mark[1 + digits] != 0) {
            buffer_text(out, ",\"unit\":");
            json_write_text(span_text(mark + 1 + digits), out);
        }
    }
    buffer_text(out, "}");
    return true;
}

static struct span field_name(const char *text) {
    const char *mark = strchr(text, '=');
    return mark ? span_of(text, (size_t)(mark - text)) : SPAN_EMPTY;
}

/* A name that stands several times has a list. */
static void fields_json(const struct arguments *a, struct buffer *out) {
    uint32_t at = 0;
    bool some = false;
    for (const char *text; (text = argument_next(a, OPTION_FIELD, &at)) != NULL;) {
        struct span name = field_name(text);
        uint32_t again = 0, count = 0, before = 0;
        for (const char *other; (other = argument_next(a, OPTION_FIELD, &again)) != NULL;)
            if (span_equal(field_name(other), name)) {
                count++;
                before += again < at ? 1u : 0u;
            }
        if (before > 0) continue;
        buffer_text(out, some ? "," : "");
        json_write_text(name, out);
        buffer_text(out, count > 1 ? ":[" : ":");
        again = 0;
        count = 0;
        for (const char *other; (other = argument_next(a, OPTION_FIELD, &again)) != NULL;)
            if (span_equal(field_name(other), name)) {
                buffer_text(out, count++ ? "," : "");
                json_write_text(span_text(other + name.len + 1), out);
            }
        buffer_text(out, count > 1 ? "]" : "");
        some = true;
    }
}

static int arguments_json(struct tool *t, const struct arguments *a, struct buffer *out) {
    uint32_t at = 0;
    bool some = false;
    buffer_text(out, "{");
    entry(out, "type", argument(a, OPTION_TYPE));
    entry(out, "number", argument(a, OPTION_NUMBER));
    entry(out, "producer", argument(a, OPTION_PRODUCER));
    entry(out, "from", argument(a, OPTION_FROM));
    entry(out, "until", argument(a, OPTION_UNTIL));
    entry(out, "supersedes", argument(a, OPTION_SUPERSEDES));
    buffer_printf(out, "%s\"covers\":[", out->len > 1 ? "," : "");
    for (const char *text; (text = argument_next(a, OPTION_COVERS, &at)) != NULL; some = true) {
        buffer_text(out, some ? "," : "");
        if (!covers_json(text, out))
            return usage_fail(t, "--covers 应如 批次=数量单位：LOT=1200KGM", "--covers is written LOT=1200KGM", text);
    }
    buffer_text(out, "],\"upstream\":[");
    at = 0;
    some = false;
    for (const char *text; (text = argument_next(a, OPTION_UPSTREAM, &at)) != NULL; some = true) {
        buffer_text(out, some ? "," : "");
        json_write_text(span_text(text), out);
    }
    at = 0;
    for (const char *text; (text = argument_next(a, OPTION_FIELD, &at)) != NULL;)
        if (field_name(text).len == 0)
            return usage_fail(t, "--field 应如 名称=值", "--field is written NAME=VALUE", text);
    buffer_text(out, "],\"fields\":{");
    fields_json(a, out);
    buffer_text(out, "}}");
    return EXIT_OK;
}

/* -- issuing -- */

static int draft_read(struct tool *t, const struct arguments *a, const char *label, struct problems *p,
                      struct certificate_draft *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    const char *file = argument(a, OPTION_FILE);
    struct refusal refusal;
    buffer_init(&text, CERTIFICATE_FILE_BYTES_MAX);
    buffer_init(&value, CERTIFICATE_FILE_BYTES_MAX);
    if (file && (argument(a, OPTION_TYPE) || argument(a, OPTION_COVERS) || argument(a, OPTION_FIELD) ||
                 argument(a, OPTION_NUMBER)))
        return usage_fail(t, "--file 与各字段选项只能选其一", "either --file or the options of its entries", file);
    int code = file ? file_read(t, file, &text) : arguments_json(t, a, &text);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help cert issue", label, &refusal);
    struct span copy = arena_copy(&t->arena, buffer_span(&value));
    CHECK(copy.data != NULL);
    certificate_draft_of_json(p, copy, ret);
    return p->count > 0 ? problems_fail(p, EXIT_REFUSED, "help cert issue", label) : EXIT_OK;
}

/* An opening that is there already is used again where it says the same, and never lost. */
static int openings_before(struct tool *t, const char *path, struct span id, struct openings *ret) {
    struct buffer probe CLEANUP(buffer_free) = {0};
    *ret = (struct openings){.count = 0};
    FILE *f = fopen(path, "rb");
    if (f == NULL) return EXIT_OK;
    (void)fclose(f);
    int code = openings_read(t, path, ret);
    if (code == EXIT_OK && !span_equal(ret->certificate, id))
        return fail(t, EXIT_REFUSED, "help cert issue", "%s 属于证书 %s；请用 --openings 指定另一个文件",
                    "%s belongs to the certificate %s: name another file with --openings",
                    shown(t, span_text(path)), shown(t, ret->certificate));
    return code;
}

static int openings_keep(struct tool *t, const char *path, const struct openings *before, struct openings *now) {
    bool same = before->count == now->count;
    for (uint32_t i = 0; i < now->count; i++) {
        const struct opening *old = openings_find(before, opening_field(&now->list[i]));
        same = same && old && memcmp(old->salt, now->list[i].salt, sizeof old->salt) == 0;
    }
    if (now->count == 0 || same) return EXIT_OK;
    if (before->count > 0)
        return fail(t, EXIT_REFUSED, "help cert issue", "%s 里已有这张证书的另一组隐藏值；请用 --openings 指定另一个文件",
                    "%s holds other hidden values of this certificate already: name another file with --openings",
                    shown(t, span_text(path)));
    return openings_write(t, path, now);
}

/* What a node would refuse to take is not signed. */
static int item_check(struct tool *t, const struct item *item, const char *label) {
    struct certificate_issue issue;
    struct refusal refusal;
    enum err e = certificate_issue_decode(item, &t->arena, &issue);
    if (e == OK) return EXIT_OK;
    (void)refusal_set(&refusal, e, "%s", "");
    return fail_refusal(t, EXIT_REFUSED, "help cert issue", label, &refusal);
}

static int run_issue(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct problems problems = {.tool = t};
    struct certificate_draft draft;
    struct certificate_type type;
    struct openings before, openings;
    struct record_header h = {.kind = RECORD_CERTIFICATES};
    struct item item;
    struct span answer;
    const char *file = argument(a, OPTION_FILE), *path = argument(a, OPTION_OPENINGS),
               *label = file ? file : t->command->name;
    int code = draft_read(t, a, label, &problems, &draft);
    if (code == EXIT_OK) code = desk_open(t, a, true, &d);
    if (code == EXIT_OK) code = certificate_type_get(&d.node, draft.issue.type, &answer, &type);
    if (code) return code;
    const char *number = shown(t, draft.issue.number), *id = format(t, "%s/%s", shown(t, d.subject), number);
    if (path == NULL) path = format(t, "./%s.%s.openings.json", shown(t, d.subject), number);
    code = openings_before(t, path, span_text(id), &before);
    if (code) return code;
    certificate_draft_complete(&problems, &type, d.subject, &d.genesis->chain_id, &before, &draft, &openings);
    if (problems.count > 0)
        return problems_fail(&problems, EXIT_REFUSED,
                             format(t, "cert type show %s", shown(t, draft.issue.type)), label);
    openings.certificate = span_text(id);
    certificate_draft_item(t, &draft, &item);
    code = item_check(t, &item, label);
    if (code == EXIT_OK) code = openings_keep(t, path, &before, &openings);
    if (code) return code;
    code = certificate_send(t, argument(a, OPTION_OUTBOX), &d, &h, &item, file ? file : id, &openings);
    if (openings.count > 0 && code != EXIT_REFUSED)
        remark(t, "打开隐藏字段的文件：%s；节点上的以 suyuan delete 删去\n",
               "what opens the hidden fields: %s; what nodes hold of it goes with suyuan delete\n",
               shown(t, span_text(path)));
    if (code == EXIT_OK)
        remark(t, "接着试：suyuan cert show %s\n", "try: suyuan cert show %s\n", shell_word(t, id));
    return code;
}

/* clang-format off: one a line */
static const struct option_row options[] = {
    {"file", OPTION_FILE, "FILE", "整张证书的 JSON（代替以下各项）", "the whole certificate in JSON, instead of the following"},
    {"type", OPTION_TYPE, "TYPE", "证书类型", "its type"},
    {"number", OPTION_NUMBER, "N", "编号，签发者自定，用过的不再用", "its number, given by the issuer, used once"},
    {"producer", OPTION_PRODUCER, "ID", "谁的货物（默认签发者自己）", "whose goods (default: the issuer's own)"},
    {"from", OPTION_FROM, "TIME", "起始时间（默认现在）", "valid from (default: now)"},
    {"until", OPTION_UNTIL, "TIME", "截止时间（默认该类型的最长有效期）", "valid until (default: as long as the type permits)"},
    {"covers", OPTION_COVERS, "LOT=QUANTITY[UNIT]", "货物与数量，可重复", "the goods and how much; may be repeated"},
    {"field", OPTION_FIELD, "NAME=VALUE", "字段；列表类字段重复给出；摘要类可用 @文件", "a field; several times for a list; a digest may be @FILE"},
    {"upstream", OPTION_UPSTREAM, "ID", "所依据的证书，可重复", "a certificate it rests on; may be repeated"},
    {"supersedes", OPTION_SUPERSEDES, "ID", "换发：取代哪张", "re-issue: which one it replaces"},
    {"openings", OPTION_OPENINGS, "FILE", "隐藏字段的打开文件（默认 ./签发者.编号.openings.json）",
     "keeps what opens hidden fields (default ./ISSUER.NUMBER.openings.json)"},
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    CHAIN_OPTIONS,
    {0},
};
static const struct example_row examples[] = {
    {"cert issue --file certificate.json --key shanfu.key", "按文件签发", "issue what a file says"},
    {"cert issue --type shoe-origin --number XG-2026-0001 --producer lucheng.kangbu-shoes "
     "--covers https://id.gs1.org/01/06972232100015/10/KB88010904=20 --field article-number=KB-8801 "
     "--field product-name=男式牛皮鞋 "
     "--field place-of-last-making=浙江温州鹿城 --field materials=头层牛皮 --field materials=橡胶大底 --field standard=QB/T1002-2015 "
     "--key shoe-association.key",
     "逐项写在命令行上", "everything on the command line"},
    {0},
};
/* clang-format on */
const struct command cmd_cert_issue = {
    .name = "cert issue",
    .zh = "签发或换发证书",
    .en = "issue a certificate, or re-issue one",
    .options = options,
    .examples = examples,
    .more_zh = "字段由类型决定：suyuan cert type show TYPE。签名之前逐项检查，全部问题一次说完。\n"
               "隐藏字段（如联系方式）在账本上只有承诺值；打开它的值与盐先写入一个只有自己可读的文件，再发送。",
    .more_en = "The type decides about the fields: suyuan cert type show TYPE. All is checked before anything is signed, and every\n"
               "problem is told at once. Hidden fields (contacts, say) stand on the ledger as commitments; the value and the salt that\n"
               "open them are first written to a file that only you can read.",
    .run = run_issue,
};
