/* cmd_cert_print.c: a certificate on paper: what it says becomes the JSON that suyuan-print draws (tools/print/certificate.h). */
#include <stdlib.h>
#include <string.h>

#include "tools/certificate_view.h"
#include "tools/commands.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/print_job.h"

enum { OPTION_OUT = 'o', OPTION_OPENINGS = OPTION_FIRST, OPTION_QR, OPTION_PROGRAM };

struct print_word {
    const char *word, *zh, *en;
};

/* Choices as they stand on paper, and in English, which a definition does not have. */
static const struct print_word choices[] = {
    {"生产者", "生产者承诺", "The producer promises"},
    {"收购者", "收购者承诺", "The collecting buyer promises"},
    {"委托检测", "委托检测合格", "Commissioned test"},
    {"自我检测", "自行检测合格", "Own test"},
    {"质量安全控制符合要求", "质量安全控制符合要求", "Own control"},
    {"合格", "合格", "Passed"},
    {"不合格", "不合格", "Failed"},
    {"符合", "符合", "Conforms"},
    {"整改后符合", "整改后符合", "Conforms after correction"},
    {"不符合", "不符合", "Does not conform"},
    {"区域公用品牌", "区域公用品牌", "Regional brand"},
    {"地理标志", "地理标志", "Geographical indication"},
    {"有机产品", "有机产品", "Organic"},
    {"绿色食品", "绿色食品", "Green food"},
    {"优等品", "优等品", "Superior"},
    {"一等品", "一等品", "First grade"},
};
/* The form prescribes the Chinese: its styles one (producer) and two (collecting buyer), of the Measures on the pledge of conformity for the
 * quality and safety of agricultural products (农产品质量安全承诺达标合格证管理办法, order 4 of 2025 of the Ministry of Agriculture and Rural
 * Affairs, in force since 2026-02-01). The English is a translation. */
static const struct print_word pledges[] = {
    {"生产者", "我承诺生产销售的食用农产品：未使用禁用农药、兽药及其他化合物；使用的常规农药、兽药残留不超标。",
     "The food I grew and sell: no forbidden pesticides, veterinary drugs or other compounds used; residues of ordinary ones within limits."},
    {"收购者", "我承诺销售的食用农产品：已按规定收取并保存该批次农产品承诺达标合格证或者其他质量安全合格证明；未违规使用保鲜剂、防腐剂、添加剂等。",
     "The food I sell: pledges or other proofs of this batch collected and kept as prescribed; no preservatives or additives against the rules."},
};

static const struct print_word *word_find(const struct print_word list[], size_t count, struct span word) {
    for (size_t i = 0; i < count; i++)
        if (span_is(word, list[i].word)) return &list[i];
    return NULL;
}

static void row(struct emit *j, const char *zh, const char *en, const char *value) {
    emit_object(j);
    emit_key_string(j, "zh", zh);
    emit_key_string(j, "en", en);
    emit_key_string(j, "value", value);
    emit_object_end(j);
}

static bool is_chosen(const struct certificate_field *f) {
    return f->kind == CERTIFICATE_CHOICE || f->kind == CERTIFICATE_CHOICES;
}

static void field_row(struct tool *t, const struct certificate_view *v, struct emit *j,
                      const struct certificate_field *f) {
    for (uint32_t i = 0; i < v->issue.fields_count; i++) {
        const struct certificate_entry *e = &v->issue.fields[i];
        bool shut = value_kind(e->value) == VALUE_EXT && openings_find(&v->openings, e->name) == NULL;
        if (!span_equal(e->name, f->name)) continue;
        row(j, shown(t, f->label_zh), shown(t, f->label_en),
            shut ? "未公开 not public" : certificate_value_shown(t, v, e));
    }
}

/* The six mandatory items of the pledge stand in the order of the regulation, all else in the order of names. */
static void rows_emit(struct node *n, const struct certificate_view *v, struct emit *j) {
    static const char *const first[] = {"product-name", "quantity",          "origin",
                                        "issue-date",   "promising-subject", "contact"};
    struct tool *t = n->tool;
    const struct certificate_issue *c = &v->issue;
    emit_key(j, "rows");
    emit_list(j);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        const struct certificate_field *f = certificate_type_field(&v->type, span_text(first[i]));
        if (f && !is_chosen(f)) field_row(t, v, j, f);
    }
    for (uint32_t i = 0; i < v->type.fields_count; i++) {
        bool done = is_chosen(&v->type.fields[i]);
        for (size_t k = 0; k < sizeof first / sizeof *first; k++)
            done = done || span_is(v->type.fields[i].name, first[k]);
        if (!done) field_row(t, v, j, &v->type.fields[i]);
    }
    for (uint32_t i = 0; i < c->things_count; i++) {
        const char *quantity = certificate_quantity_shown(t, c->things[i].quantity, c->things[i].unit);
        row(j, "批次", "Covers", format(t, "%s  %s", shown(t, c->things[i].canonical), quantity));
    }
    row(j, "生产者", "Producer", member_name(n, c->producer));
    row(j, "有效期", "Valid",
        format(t, "%s — %s", time_text(t, c->from_ms), c->until_ms ? time_text(t, c->until_ms) : "不限 no end"));
    for (uint32_t i = 0; i < c->upstream_count; i++)
        row(j, "上游证书", "Rests on", shown(t, c->upstream[i]));
    emit_list_end(j);
}

static bool is_ticked(const struct certificate_view *v, const struct certificate_field *f, struct span choice) {
    struct span value = certificate_value_open(v, f->name), entry;
    if (value_kind(value) == VALUE_TEXT) return span_equal(value_text(value), choice);
    for (struct list l = list_open(value); list_next(&l, &entry);)
        if (span_equal(value_text(entry), choice)) return true;
    return false;
}

static void boxes_emit(struct tool *t, const struct certificate_view *v, struct emit *j) {
    emit_key(j, "boxes");
    emit_list(j);
    for (uint32_t i = 0; i < v->type.fields_count; i++) {
        const struct certificate_field *f = &v->type.fields[i];
        for (uint32_t k = 0; is_chosen(f) && k < f->choices_count; k++) {
            const struct print_word *w = word_find(choices, sizeof choices / sizeof *choices, f->choices[k]);
            emit_object(j);
            emit_key_string(j, "zh", w ? w->zh : shown(t, f->choices[k]));
            if (w) emit_key_string(j, "en", w->en);
            emit_key_bool(j, "ticked", is_ticked(v, f, f->choices[k]));
            emit_object_end(j);
        }
    }
    emit_list_end(j);
}

static void statements_emit(const struct certificate_view *v, struct emit *j) {
    const struct print_word *w = word_find(pledges, sizeof pledges / sizeof *pledges,
                                           value_text(certificate_value_open(v, span_text("statement"))));
    if (w == NULL) return;
    emit_key(j, "statements");
    emit_list(j);
    emit_text(j, span_text(w->zh));
    emit_text(j, span_text(w->en));
    emit_list_end(j);
}

/* Where the code leads: as asked, else to what it covers, else to the certificate on the node that told of it. */
static const char *qr_of(struct node *n, const struct certificate_view *v, const char *given) {
    struct tool *t = n->tool;
    struct span first = v->issue.things[0].canonical;
    if (given) return given;
    if (span_starts(first, "http")) return shown(t, first);
    return format(t, "%s/v1/certificates/%s", t->nodes[n->current], path_segment(t, v->id));
}

static int run_print(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer json CLEANUP(buffer_free) = {0};
    struct certificate_view v;
    struct print_job job = {.pid = 0};
    struct emit j;
    const char *out = argument(a, OPTION_OUT), *next = format(t, "help %s", t->command->name);
    if (out == NULL) return usage_fail(t, "写到哪个文件", "which file to write", "-o FILE.pdf");
    node_open(t, &n);
    int code = certificate_view_get(&n, a->words[0], argument(a, OPTION_OPENINGS), &v);
    if (code) return code;
    buffer_init(&json, 1 << 20);
    emit_begin(&j, &json);
    emit_object(&j);
    emit_key_text(&j, "title_zh", v.type.title_zh);
    emit_key_text(&j, "title_en", v.type.title_en);
    emit_key_text(&j, "number", v.issue.number);
    emit_key_string(&j, "issuer", member_name(&n, v.issuer));
    rows_emit(&n, &v, &j);
    boxes_emit(t, &v, &j);
    statements_emit(&v, &j);
    emit_key_string(&j, "qr", qr_of(&n, &v, argument(a, OPTION_QR)));
    emit_key_string(&j, "footer_zh", format(t, "账本记录 %s", shown(t, map_text(v.answer, "record"))));
    emit_key_string(&j, "footer_en", format(t, "Certificate %s on the ledger", shown(t, v.id)));
    emit_key_text(&j, "state", v.state);
    emit_object_end(&j);
    emit_end(&j);
    CHECK(!json.overflow);
    const char *const words[] = {"certificate", "--out", out, NULL};
    code = print_job_start(t, argument(a, OPTION_PROGRAM), words, &job);
    if (code) return code;
    bool taken = print_job_line(&job, buffer_span(&json)); /* if not, the job says why */
    code = print_job_end(t, &job, next);
    if (code == EXIT_OK && !taken) code = EXIT_BROKEN;
    if (code == EXIT_OK && t->json) {
        buffer_clear(&json);
        emit_begin(&j, &json);
        emit_object(&j);
        emit_key_string(&j, "file", out);
        emit_key_text(&j, "state", v.state);
        emit_object_end(&j);
        emit_end(&j);
        json_print(&json);
    }
    return code;
}

/* clang-format off: one a line */
static const struct option_row options[] = {
    {"out", OPTION_OUT, "FILE", "写到这个 PDF 文件", "the PDF to write"},
    {"openings", OPTION_OPENINGS, "FILE", "打开隐藏字段（如联系方式）印出",
     "opens hidden fields (a contact, say), so that they are printed"},
    {"qr", OPTION_QR, "URL", "二维码通往哪里（默认所列批次的数字链接）", "where the code leads (default: the Digital Link of what it covers)"},
    {"program", OPTION_PROGRAM, "FILE", "绘制程序（默认同目录的 suyuan-print）",
     "the program that draws (default: suyuan-print beside this one)"},
    {0},
};
static const struct example_row examples[] = {
    {"cert print lucheng.shanfu-yangmei/CN330302-YM20260612 -o certificate.pdf --openings openings.json",
     "印一张承诺达标合格证", "a pledge of conformity on paper"},
    {0},
};
/* clang-format on */
const struct command cmd_cert_print = {
    .name = "cert print",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "把证书印成 PDF",
    .en = "print a certificate as PDF",
    .options = options,
    .examples = examples,
    .more_zh = "撤销、被取代、过期的证书在每页上叠印其状态。隐藏字段只有给出打开文件才印出。",
    .more_en = "What was revoked, superseded or has expired is overprinted so on every page. Hidden fields are printed only where\n"
               "their openings are given.",
    .run = run_print,
};
