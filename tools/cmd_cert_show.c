/* cmd_cert_show.c: what a certificate says, and whether it is in force. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tools/certificate_json.h"
#include "tools/certificate_view.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/proof_ask.h"

enum { OPTION_VERIFY = 'v', OPTION_SUBJECT = 's', OPTION_OPENINGS = OPTION_FIRST };

/* -- show -- */

static void fields_print(struct tool *t, const struct certificate_view *v) {
    for (uint32_t i = 0; i < v->issue.fields_count; i++) {
        const struct certificate_entry *e = &v->issue.fields[i];
        const struct certificate_field *f = certificate_type_field(&v->type, e->name);
        struct span label = f == NULL ? e->name : t->lang == LANG_ZH ? f->label_zh : f->label_en;
        printf("  ");
        print_padded(shown(t, label), 24);
        printf("%s\n", certificate_value_shown(t, v, e));
    }
}

static void view_print(struct node *n, const struct certificate_view *v) {
    struct tool *t = n->tool;
    const struct certificate_issue *c = &v->issue;
    printf("%s%s%s  %s  %s%s%s\n", paint(t, PAINT_STRONG), shown(t, v->id), paint(t, PAINT_PLAIN),
           shown(t, t->lang == LANG_ZH ? v->type.title_zh : v->type.title_en),
           paint(t, span_is(v->state, "active") ? PAINT_GOOD : PAINT_BAD), certificate_state_shown(t, v->state),
           paint(t, PAINT_PLAIN));
    struct span other = map_text(v->answer, "superseded_by");
    if (other.len > 0) say(t, "  由 %s 取代\n", "  superseded by %s\n", shown(t, other));
    say(t, "  签发者  %s\n  生产者  %s\n", "  issuer    %s\n  producer  %s\n", member_name(n, v->issuer),
        member_name(n, c->producer));
    say(t, "  有效    %s 至 %s\n", "  valid     %s to %s\n", time_text(t, c->from_ms),
        c->until_ms ? time_text(t, c->until_ms) : tr(t, "不限", "no end"));
    for (uint32_t i = 0; i < c->things_count; i++)
        say(t, "  货物    %s  %s\n", "  covers    %s  %s\n", shown(t, c->things[i].canonical),
            certificate_quantity_shown(t, c->things[i].quantity, c->things[i].unit));
    for (uint32_t i = 0; i < c->upstream_count; i++)
        say(t, "  上游    %s\n", "  upstream  %s\n", shown(t, c->upstream[i]));
    if (c->supersedes.len > 0) say(t, "  取代    %s\n", "  replaces  %s\n", shown(t, c->supersedes));
    fields_print(t, v);
    say(t, "  记录 %s  高度 %" PRIu64 "\n", "  record %s  height %" PRIu64 "\n",
        shown(t, map_text(v->answer, "record")), map_uint(v->answer, "height"));
    if (v->redefined)
        say(t, "  签发之后该类型另有新定义\n", "  its type was defined anew since\n");
}

static void view_json(const struct certificate_view *v) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, RPC_ANSWER_BYTES_MAX);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_value(&j, "certificate", v->answer);
    emit_key_value(&j, "type", map_get(v->type_answer, "type"));
    emit_key(&j, "opened");
    emit_list(&j);
    for (uint32_t i = 0; i < v->openings.count; i++) {
        emit_object(&j);
        emit_key_text(&j, "name", opening_field(&v->openings.list[i]));
        emit_key_value(&j, "value", v->openings.list[i].value);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct certificate_view v;
    node_open(t, &n);
    if (argument(a, OPTION_VERIFY) != NULL)
        return proof_ask(&n, a, proof_kind_find("certificate"), a->words[0], format(t, "cert show %s", shell_word(t, a->words[0])));
    int code = certificate_view_get(&n, a->words[0], argument(a, OPTION_OPENINGS), &v);
    if (code) return code;
    if (t->json) {
        view_json(&v);
        return EXIT_OK;
    }
    view_print(&n, &v);
    remark(t, "以上是节点的说法；自行验证：suyuan cert show --verify --genesis %s %s\n",
           "This is what the node says; to check it: suyuan cert show --verify --genesis %s %s\n",
           chain_genesis_hint(t, a), shell_word(t, a->words[0]));
    return EXIT_OK;
}

/* -- check -- */

static int verdict(struct tool *t, const char *what, const struct problems *p) {
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 1 << 20);
        emit_begin(&j, &out);
        emit_object(&j);
        emit_key_text(&j, "certificate", span_text(what));
        emit_key_bool(&j, "good", p->count == 0);
        emit_key(&j, "problems");
        problems_emit(p, &j);
        emit_object_end(&j);
        emit_end(&j);
        json_print(&out);
        return p->count > 0 ? EXIT_FALSE : EXIT_OK;
    }
    printf("%s  %s%s%s\n", shown(t, span_text(what)), paint(t, p->count ? PAINT_BAD : PAINT_GOOD),
           p->count ? tr(t, "有问题", "not in order") : tr(t, "没有问题", "in order"), paint(t, PAINT_PLAIN));
    problems_print(p);
    return p->count > 0 ? EXIT_FALSE : EXIT_OK;
}

static int check_id(struct node *n, const struct arguments *a) {
    struct tool *t = n->tool;
    struct certificate_view v;
    struct problems problems = {.tool = t};
    int code = certificate_view_get(n, a->words[0], argument(a, OPTION_OPENINGS), &v);
    if (code == EXIT_OK) code = certificate_problems(n, &v, &problems);
    return code ? code : verdict(t, a->words[0], &problems);
}

/* What the ledger knows of the goods and of what the certificate rests on. */
static int ledger_check(struct node *n, const struct certificate_draft *d, struct span issuer, struct problems *p) {
    struct tool *t = n->tool;
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    for (uint32_t i = 0; i < d->things_count; i++) {
        struct span id = d->things[i].identifier;
        buffer_clear(&value);
        int code = node_get_value(n, format(t, "/v1/things/%s", path_segment(t, id)), NULL, &value);
        if (code) return code;
        struct span kind = map_text(buffer_span(&value), "kind");
        if (!map_bool(buffer_span(&value), "exists") && (span_is(kind, "lot") || span_is(kind, "item")))
            problem(p, "%s：没有任何事件提到它", "%s: no event names it", shown(t, id));
    }
    for (uint32_t i = 0; i < d->issue.upstream_count; i++) {
        struct span id = d->issue.upstream[i];
        enum http_outcome outcome = node_ask(n, format(t, "/v1/certificates/%s", path_segment(t, id)), NULL);
        if (node_lacks(n, outcome)) {
            problem(p, "上游证书 %s 不存在", "there is no certificate %s to rest on", shown(t, id));
            continue;
        }
        if (outcome != HTTP_ANSWERED || n->answer.status != 200) return node_fail(n, outcome, NULL);
        buffer_clear(&value);
        int code = node_value(n, &value);
        if (code) return code;
        struct span state = map_text(buffer_span(&value), "state");
        if (!span_is(state, "active"))
            problem(p, "上游证书 %s %s", "the certificate it rests on, %s, is %s", shown(t, id),
                    certificate_state_shown(t, state));
    }
    if (issuer.len == 0) return EXIT_OK;
    const char *id = format(t, "%s/%s", shown(t, issuer), shown(t, d->issue.number));
    enum http_outcome outcome =
        node_ask(n, format(t, "/v1/certificates/%s", path_segment(t, span_text(id))), NULL);
    if (!node_lacks(n, outcome)) problem(p, "编号 %s 已用过", "the number %s is used", shown(t, d->issue.number));
    return EXIT_OK;
}

static int check_file(struct node *n, const struct arguments *a) {
    struct tool *t = n->tool;
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct problems problems = {.tool = t};
    struct certificate_draft draft;
    struct certificate_type type;
    struct openings openings;
    struct refusal refusal;
    struct span answer;
    const char *subject = argument(a, OPTION_SUBJECT) ? argument(a, OPTION_SUBJECT) : getenv("SUYUAN_SUBJECT");
    struct span issuer = span_text(subject ? subject : "");
    static const struct digest no_chain = {{0}};
    buffer_init(&text, CERTIFICATE_FILE_BYTES_MAX);
    buffer_init(&value, CERTIFICATE_FILE_BYTES_MAX);
    int code = file_read(t, a->words[0], &text);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal) != OK)
        return fail_refusal(t, EXIT_FALSE, "help cert check", a->words[0], &refusal);
    certificate_draft_of_json(&problems, buffer_span(&value), &draft);
    if (!subject_id_valid(draft.issue.type)) return verdict(t, a->words[0], &problems);
    code = certificate_type_get(n, draft.issue.type, &answer, &type);
    if (code) return code;
    if (type.retired) problem(&problems, "这种证书已停用", "this type is retired");
    certificate_draft_complete(&problems, &type, issuer, &no_chain, NULL, &draft, &openings);
    code = ledger_check(n, &draft, issuer, &problems);
    return code ? code : verdict(t, a->words[0], &problems);
}

static int run_check(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    const char *word = a->words[0];
    size_t len = strlen(word);
    bool file = strcmp(word, "-") == 0 || (len > 5 && strcmp(word + len - 5, ".json") == 0);
    node_open(t, &n);
    return file ? check_file(&n, a) : check_id(&n, a);
}

/* clang-format off: one a line */
static const struct option_row show_options[] = {
    {"openings", OPTION_OPENINGS, "FILE", "打开隐藏字段的文件；与承诺值核对", "what opens hidden fields; checked against the commitments"},
    {"verify", OPTION_VERIFY, NULL, "取证明并验证，只显示证明所证明的内容", "get the proof, check it, and print only what it proves"},
    CHAIN_OPTIONS,
    {0},
};
static const struct example_row show_examples[] = {
    {"cert show lucheng.shanfu-yangmei/CN330302-YM20260612", "一张证书写了什么", "what a certificate says"},
    {"cert show lucheng.shanfu-yangmei/CN330302-YM20260612 --verify --genesis genesis", "连同证明", "with its proof"},
    {0},
};
static const struct option_row check_options[] = {
    {"openings", OPTION_OPENINGS, "FILE", "打开隐藏字段的文件；与承诺值核对", "what opens hidden fields; checked against the commitments"},
    {"subject", OPTION_SUBJECT, "ID", "检查文件时：谁将签发（环境变量 SUYUAN_SUBJECT）", "for a file: who is going to issue it (SUYUAN_SUBJECT)"},
    {0},
};
static const struct example_row check_examples[] = {
    {"cert check lucheng.shanfu-yangmei/CN330302-YM20260612", "这张证书有效吗", "is it in force?"},
    {"cert check certificate.json --subject lucheng.shanfu-yangmei", "签发之前先查", "before it is issued"},
    {0},
};
/* clang-format on */
const struct command cmd_cert_show = {
    .name = "cert show",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "显示一张证书",
    .en = "show a certificate",
    .options = show_options,
    .examples = show_examples,
    .more_zh = "ID 是“签发者/编号”。",
    .more_en = "ID is ISSUER/NUMBER.",
    .run = run_show,
};
const struct command cmd_cert_check = {
    .name = "cert check",
    .words = "ID|FILE.json",
    .words_min = 1,
    .words_max = 1,
    .zh = "证书是否有效；或签发前检查一个文件",
    .en = "is a certificate in force; or check a file before it is issued",
    .options = check_options,
    .examples = check_examples,
    .more_zh = "每个问题一句话。退出码：0 没有问题，4 有问题，7 没有这张证书。",
    .more_en = "Every problem is a sentence. Exit codes: 0 in order, 4 not, 7 there is no such certificate.",
    .run = run_check,
};
