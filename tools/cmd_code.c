/* cmd_code.c: codes on things, on labels and in tags: what a code is, whether it is well formed, and every other way to
 * write the same. Asks no node. */
#include <string.h>

#include "base/limits.h"
#include "tools/code_forms.h"
#include "tools/commands.h"
#include "trace/gs1_link.h"
#include "trace/identifier.h"

enum { OPTION_PREFIX = OPTION_FIRST, OPTION_FILTER, OPTION_STEM };
enum { FORM_BYTES_MAX = EPC_TEXT_MAX, JSON_BYTES_MAX = 16 << 20 };

struct converting {
    struct tool *tool;
    struct emit *json; /* NULL: lines */
    struct span stem;
    uint64_t prefix_digits, filter;
};

/* One form of a name. GS, which no terminal shows, is shown as its picture. */
static void put_form(const struct converting *c, const char *name, const char *zh, const char *en, struct span form) {
    struct tool *t = c->tool;
    struct buffer visible CLEANUP(buffer_free) = {0};
    if (form.len == 0) return;
    if (c->json) {
        emit_key_text(c->json, name, form);
        return;
    }
    buffer_init(&visible, 4 * FORM_BYTES_MAX);
    for (size_t i = 0; i < form.len; i++)
        buffer_append(&visible, form.data[i] == 0x1d ? "\xe2\x90\x9d" : (const char *)form.data + i,
                      form.data[i] == 0x1d ? 3 : 1);
    printf("  ");
    print_padded(tr(t, zh, en), 26);
    printf("%s\n", shown(t, buffer_span(&visible)));
}

static void put_scan(const struct converting *c, const struct gs1_data *data) {
    static const struct {
        enum gs1_symbology symbology;
        const char *name, *zh;
    } rows[] = {
        {GS1_SYMBOLOGY_QR, "scan_qr", "扫描数据 QR"},
        {GS1_SYMBOLOGY_DATA_MATRIX, "scan_data_matrix", "扫描数据 Data Matrix"},
        {GS1_SYMBOLOGY_GS1_128, "scan_gs1_128", "扫描数据 GS1-128"},
    };
    static const struct gs1_options options = {0};
    struct buffer message CLEANUP(buffer_free) = {0}, scan CLEANUP(buffer_free) = {0};
    struct gs1_problem problem;
    buffer_init(&message, FORM_BYTES_MAX);
    buffer_init(&scan, FORM_BYTES_MAX);
    gs1_write(data, '^', &message);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        buffer_clear(&scan);
        if (gs1_scan_write(rows[i].symbology, buffer_span(&message), false, &options, &scan, &problem) == OK)
            put_form(c, rows[i].name, rows[i].zh,
                     format(c->tool, "scan data, %s", gs1_symbology_name(rows[i].symbology)), buffer_span(&scan));
    }
}

static void put_data(const struct converting *c, const struct gs1_data *data) {
    static const struct gs1_options options = {0};
    struct buffer text CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    struct gs1_problem problem;
    enum identifier_kind kind;
    buffer_init(&text, FORM_BYTES_MAX);
    buffer_init(&name, FORM_BYTES_MAX);
    if (gs1_link_write(data, c->stem, &options, &text, &problem) == OK) {
        put_form(c, "digital_link", "数字链接", "Digital Link", buffer_span(&text));
        if (identifier_canonical(buffer_span(&text), &name, &kind) == OK && kind != IDENTIFIER_OTHER)
            put_form(c, "ledger_name", "账本中的名称", "name in the ledger", buffer_span(&name));
    }
    buffer_clear(&text);
    gs1_write_bracketed(data, &text);
    put_form(c, "bracketed", "单元数据串（带括号）", "with brackets", buffer_span(&text));
    buffer_clear(&text);
    gs1_write(data, '^', &text);
    put_form(c, "elements", "单元数据串", "element string", buffer_span(&text));
    put_scan(c, data);
}

/* One tag scheme that can carry the name. */
static void put_tag(const struct converting *c, const struct epc *e) {
    struct buffer hex CLEANUP(buffer_free) = {0}, uri CLEANUP(buffer_free) = {0}, segment CLEANUP(buffer_free) = {0};
    const char *scheme = epc_scheme_name(e->scheme);
    buffer_init(&hex, FORM_BYTES_MAX);
    buffer_init(&uri, FORM_BYTES_MAX);
    buffer_init(&segment, FORM_BYTES_MAX);
    if (epc_to_hex(e, &hex)) return;
    if (epc_to_tag_uri(e, &uri)) buffer_clear(&uri);
    if (epc_to_segment(e, EPC_SEGMENT_BASE64, &segment)) buffer_clear(&segment);
    if (c->json) {
        emit_object(c->json);
        emit_key_string(c->json, "scheme", scheme);
        emit_key_text(c->json, "hex", buffer_span(&hex));
        if (uri.len > 0) emit_key_text(c->json, "tag_uri", buffer_span(&uri));
        if (segment.len > 0) emit_key_text(c->json, "epcb", buffer_span(&segment));
        emit_object_end(c->json);
        return;
    }
    put_form(c, NULL, format(c->tool, "标签位 %s", scheme), format(c->tool, "tag bits %s", scheme), buffer_span(&hex));
    put_form(c, NULL, "  标签 URI", "  tag URI", buffer_span(&uri));
    put_form(c, NULL, "  EPCB", "  EPCB", buffer_span(&segment));
}

static void put_epc(const struct converting *c, const struct epc *e) {
    struct buffer uri CLEANUP(buffer_free) = {0};
    buffer_init(&uri, FORM_BYTES_MAX);
    if (epc_to_id_uri(e, &uri) == OK) put_form(c, "epc_uri", "EPC URI", "EPC URI", buffer_span(&uri));
    if (c->json) {
        emit_key(c->json, "tags");
        emit_list(c->json);
    }
    for (int i = EPC_NO_SCHEME + 1; i < EPC_SCHEMES; i++) {
        struct epc with = *e;
        uint8_t filter = e->scheme != EPC_NO_SCHEME ? e->filter : (uint8_t)c->filter;
        bool same = e->scheme == (enum epc_scheme)i;
        if (same || epc_use_scheme(&with, (enum epc_scheme)i, filter) == OK) put_tag(c, &with);
    }
    if (c->json) emit_list_end(c->json);
}

static const char *kind_text(const struct tool *t, enum code_kind kind) {
    return tr(t, code_kind_names[kind].zh, code_kind_names[kind].en);
}

static void print_refusal(struct tool *t, const struct refusal *refusal) {
    const char *where = shown(t, span_text(refusal->where));
    printf("  %s%s%s%s%s\n", paint(t, PAINT_BAD), err_text(refusal->err, t->lang), paint(t, PAINT_PLAIN),
           where[0] != 0 ? tr(t, "：", ": ") : "", where);
}

static void head(const struct converting *c, const char *value, const struct code_reading *r) {
    struct tool *t = c->tool;
    if (c->json) {
        emit_object(c->json);
        emit_key_text(c->json, "value", span_text(shown(t, span_text(value))));
        emit_key_string(c->json, "kind", code_kind_names[r->kind].name);
        return;
    }
    printf("%s%s%s  %s\n", paint(t, PAINT_STRONG), shown(t, span_text(value)), paint(t, PAINT_PLAIN),
           kind_text(t, r->kind));
}

/* The reading that has other forms; NULL when none has. */
static const struct code_reading *convertible(const struct code_reading *readings, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (readings[i].refusal.err == OK && (readings[i].has_data || readings[i].has_epc)) return &readings[i];
    return NULL;
}

static bool convert_one(const struct converting *c, const char *value) {
    struct code_reading readings[CODE_READINGS_MAX];
    struct tool *t = c->tool;
    size_t count;
    code_read(span_text(value), (uint8_t)c->prefix_digits, readings, &count);
    const struct code_reading *r = convertible(readings, count);
    head(c, value, r ? r : &readings[0]);
    if (r == NULL && readings[0].refusal.err) {
        if (c->json) emit_key(c->json, "error");
        if (c->json) emit_refusal(c->json, &readings[0].refusal);
        if (!c->json) print_refusal(t, &readings[0].refusal);
    } else if (r == NULL && !c->json) {
        say(t, "  没有其他写法\n", "  has no other form\n");
    }
    if (r && r->has_data) put_data(c, &r->data);
    if (r && r->has_epc) put_epc(c, &r->epc);
    if (r && r->has_epc && r->epc.prefix_digits == 0 && epc_needs_prefix(r->epc.identity))
        remark(t, "  需要 EPC URI 时，请用 --company-prefix 给出厂商识别代码的位数（6 至 12）\n",
               "  For EPC URIs, say with --company-prefix how many digits the company prefix has (6 to 12)\n");
    if (c->json) emit_object_end(c->json);
    return r != NULL || readings[0].refusal.err == OK;
}

static int code_end(struct buffer *out, struct emit *j, bool good) {
    if (j) {
        emit_list_end(j);
        emit_end(j);
        json_print(out);
    }
    return good ? EXIT_OK : EXIT_REFUSED;
}

static int run_convert(struct tool *t, const struct arguments *a) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    const char *stem = argument(a, OPTION_STEM);
    struct converting c = {.tool = t, .json = t->json ? &j : NULL, .stem = span_text(stem ? stem : "https://id.gs1.org")};
    bool good = true;
    if (!argument_number(t, a, OPTION_PREFIX, EPC_PREFIX_MIN, EPC_PREFIX_MAX, 0, &c.prefix_digits)) return EXIT_USAGE;
    if (!argument_number(t, a, OPTION_FILTER, 0, 7, 0, &c.filter)) return EXIT_USAGE;
    buffer_init(&out, JSON_BYTES_MAX);
    if (c.json) {
        emit_begin(&j, &out);
        emit_list(&j);
    }
    for (uint32_t i = 0; i < a->words_count; i++)
        good = convert_one(&c, a->words[i]) && good;
    return code_end(&out, c.json, good);
}

/* -- check -- */

/* One fact about a code. */
static void put_fact(const struct converting *c, const char *name, const char *zh, const char *en, struct span value) {
    put_form(c, name, zh, en, value);
}

static void put_two(const struct converting *c, const char *name, const char *zh, const char *en, const char *value_zh,
                    const char *value_en) {
    if (value_zh != NULL) put_fact(c, name, zh, en, span_text(c->json ? value_en : tr(c->tool, value_zh, value_en)));
}

static void put_division(const struct converting *c, const struct division *d) {
    struct buffer name CLEANUP(buffer_free) = {0};
    buffer_init(&name, 1024);
    division_name(d, &name);
    put_fact(c, "division_name", "区划", "division", buffer_span(&name));
    if (!c->json && d->level >= DIVISION_TOWN)
        say(c->tool, "  乡镇、村两级只核对位数\n", "  towns and villages are checked for their form only\n");
}

static void put_uscc(const struct converting *c, const struct uscc *u) {
    struct division d;
    put_two(c, "department", "登记管理部门", "registered with", u->department, u->department_en);
    put_two(c, "category", "机构类别", "category", u->category, u->category_en);
    if (division_find(u->division, &d) == OK)
        put_division(c, &d);
    else if (!c->json)
        say(c->tool, "  登记地 %.6s 不在现行区划表中\n", "  the place of registration, %.6s, is no division of today\n",
            (const char *)u->division.data);
    put_fact(c, "organisation", "主体标识码", "organisation code", u->organisation);
    if (c->json) emit_key_bool(c->json, "organisation_checks", u->organisation_checks);
    if (!c->json && !u->organisation_checks)
        say(c->tool, "  注意：其中的主体标识码自身的校验码不符（GB 11714）\n",
            "  note: the organisation code in it does not check by itself (GB 11714)\n");
}

/* What the AIs that food and shoes carry are called in Chinese; the others by the dictionary's title. */
static const char *ai_title(const struct tool *t, const struct gs1_element *e) {
    static const struct {
        const char *ai, *zh;
    } rows[] = {
        {"00", "系列货运包装箱代码"}, {"01", "商品条码 GTIN"},  {"02", "所含商品 GTIN"}, {"10", "批号"},
        {"11", "生产日期"},           {"13", "包装日期"},       {"15", "保质期至"},      {"17", "有效期至"},
        {"20", "产品变体"},           {"21", "序列号"},         {"22", "消费品变体"},    {"235", "第三方序列号"},
        {"240", "附加产品标识"},      {"253", "单证代码"},      {"254", "位置扩展码"},   {"30", "变量数量"},
        {"310n", "净重（千克）"},     {"330n", "毛重（千克）"}, {"37", "数量"},          {"400", "订单号"},
        {"401", "托运代码"},          {"402", "装运代码"},      {"410", "交货地"},       {"414", "位置代码 GLN"},
        {"417", "参与方 GLN"},        {"421", "交货地邮编"},    {"422", "原产国"},       {"423", "初始加工国"},
        {"7003", "有效期（含时刻）"}, {"7006", "首次冷冻日期"}, {"7007", "收获日期"},    {"7040", "企业标识"},
        {"8003", "可回收资产代码"},   {"8004", "单个资产代码"}, {"8006", "组件代码"},    {"8008", "生产时间"},
        {"8200", "产品网址"},         {"9n", "企业内部信息"},
    };
    for (size_t i = 0; t->lang == LANG_ZH && i < sizeof rows / sizeof rows[0]; i++)
        if (gs1_pattern_matches(span_text(rows[i].ai), gs1_ai(e))) return rows[i].zh;
    return e->entry ? e->entry->title : "?";
}

static void put_elements(const struct converting *c, const struct gs1_data *data) {
    struct tool *t = c->tool;
    if (c->json) {
        struct buffer text CLEANUP(buffer_free) = {0};
        buffer_init(&text, FORM_BYTES_MAX);
        gs1_write_bracketed(data, &text);
        emit_key_text(c->json, "bracketed", buffer_span(&text));
        return;
    }
    for (size_t i = 0; i < data->count; i++) {
        const struct gs1_element *e = &data->elements[i];
        printf("  ");
        print_padded(format(t, "(%.*s) %s", (int)e->ai_len, e->ai, ai_title(t, e)), 26);
        printf("%s\n", shown(t, gs1_value(e)));
    }
}

static void put_parts(const struct converting *c, const struct code_reading *r) {
    if (r->kind == CODE_SCAN)
        put_fact(c, "symbology", "码制", "symbology", span_text(gs1_symbology_name(r->symbology)));
    if (r->has_epc && r->epc.scheme != EPC_NO_SCHEME)
        put_fact(c, "scheme", "标签编码方案", "tag scheme", span_text(epc_scheme_name(r->epc.scheme)));
    if (r->has_data) put_elements(c, &r->data);
    if (r->kind == CODE_USCC) put_uscc(c, &r->uscc);
    if (r->kind == CODE_DIVISION) put_division(c, &r->division);
    if (r->kind == CODE_PESTICIDE) {
        put_fact(c, "registration_kind", "登记类别", "registration", span_text(r->pesticide.kind));
        put_fact(c, "registration", "登记证号后六位", "number ends in", r->pesticide.registration);
        put_two(c, "produced", "生产类型", "production", r->pesticide.produced, r->pesticide.produced_en);
    }
}

/* All that is wrong with a reading: what it is refused for, else what its AIs say together. */
static size_t problems_of(const struct code_reading *r, struct refusal ret[4]) {
    enum err (*const checks[])(const struct gs1_data *, struct gs1_problem *) = {
        gs1_check_repeats, gs1_check_exclusions, gs1_check_requisites, gs1_check_signed};
    size_t count = 0;
    struct gs1_problem problem;
    if (r->refusal.err) {
        ret[0] = r->refusal;
        return 1;
    }
    for (size_t i = 0; r->has_data && i < sizeof checks / sizeof checks[0]; i++)
        if (checks[i](&r->data, &problem)) ret[count++] = gs1_problem_refusal(&problem);
    return count;
}

static bool check_reading(const struct converting *c, const char *value, const struct code_reading *r) {
    struct tool *t = c->tool;
    struct refusal problems[4];
    size_t count = problems_of(r, problems);
    head(c, value, r);
    if (c->json) {
        emit_key_bool(c->json, "valid", count == 0);
        emit_key(c->json, "problems");
        emit_list(c->json);
        for (size_t i = 0; i < count; i++)
            emit_refusal(c->json, &problems[i]);
        emit_list_end(c->json);
    } else if (count == 0) {
        printf("  %s%s%s\n", paint(t, PAINT_GOOD), tr(t, "有效", "valid"), paint(t, PAINT_PLAIN));
    }
    for (size_t i = 0; !c->json && i < count; i++)
        print_refusal(t, &problems[i]);
    if (r->refusal.err == OK) put_parts(c, r);
    if (c->json) emit_object_end(c->json);
    return count == 0;
}

static int run_check(struct tool *t, const struct arguments *a) {
    struct code_reading readings[CODE_READINGS_MAX];
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    struct converting c = {.tool = t, .json = t->json ? &j : NULL};
    bool all = true;
    buffer_init(&out, JSON_BYTES_MAX);
    if (c.json) {
        emit_begin(&j, &out);
        emit_list(&j);
    }
    for (uint32_t i = 0; i < a->words_count; i++) {
        size_t count;
        bool good = false;
        code_read(span_text(a->words[i]), 0, readings, &count);
        for (size_t k = 0; k < count; k++)
            good = check_reading(&c, a->words[i], &readings[k]) || good;
        all = all && good;
    }
    return code_end(&out, c.json, all);
}

static const struct option_row convert_options[] = {
    {"company-prefix", OPTION_PREFIX, "DIGITS", "厂商识别代码的位数（6 至 12）；EPC URI 和多数标签需要",
     "how many digits the company prefix has (6 to 12); EPC URIs and most tags need it"},
    {"filter", OPTION_FILTER, "N", "标签的滤值（0 至 7，缺省 0）", "filter value of tags (0 to 7, otherwise 0)"},
    {"stem", OPTION_STEM, "URL", "数字链接的开头（缺省 https://id.gs1.org）",
     "what Digital Links begin with (otherwise https://id.gs1.org)"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row convert_examples[] = {
    {"code convert 3034257BF7194E4000001A85", "读写器给出的标签位", "the bits of a tag, as a reader gives them"},
    {"code convert '(01)06901234567892(21)1001' --company-prefix 7", "标签上括号里的写法；给出前缀位数即得 EPC URI",
     "as printed beside a barcode; with the prefix length also the EPC URI"},
    {"code convert https://example.com/01/06901234567892/21/1001 --stem https://id.example.cn",
     "二维码中的链接，换成自己的网址", "the link of a QR code, under an address of one's own"},
    {"code convert ']C1010690123456789210LOT1' 6901234567892 --json", "扫描枪的数据和商品条码，结果为 JSON",
     "scan data and a bare barcode number, as JSON"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_convert = {
    .name = "code convert",
    .words = "VALUE...",
    .words_min = 1,
    .words_max = UINT32_MAX,
    .zh = "把一个代码换成所有其他写法",
    .en = "write a code in every other form",
    .options = convert_options,
    .examples = convert_examples,
    .more_zh = "可以给出：标签位（十六进制）、标签 URI、EPC URI、数字链接、EPCB、GS1 单元数据串（^ 表示 "
               "FNC1）、扫描数据、商品条码、SSCC。不询问任何节点。",
    .more_en = "Takes tag bits (hexadecimal), tag URIs, EPC URIs, Digital Links, EPCB, GS1 element strings (^ is FNC1), "
               "scan data, bare GTINs and SSCCs. No node is asked.",
    .run = run_convert,
};

static const struct example_row check_examples[] = {
    {"code check 6901234567892 91310230MA1K314K57 330302", "商品条码、统一社会信用代码、区划代码",
     "a barcode number, a social credit code, a division"},
    {"code check '(01)06901234567892(10)LOT1(17)261231'", "每个应用标识符与它们之间的规则",
     "each application identifier, and the rules between them"},
    {"code check 12017011001234567890123456789012", "农药二维码中的 32 位代码", "the 32 digits of a pesticide's QR code"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_check = {
    .name = "code check",
    .words = "VALUE...",
    .words_min = 1,
    .words_max = UINT32_MAX,
    .zh = "说明一个代码是什么、是否正确",
    .en = "say what a code is and whether it is right",
    .examples = check_examples,
    .more_zh = "有效是指写法正确，不是说它已发放：后者只有账本知道。有一个不正确时返回 3。",
    .more_en = "Valid means well formed, not issued: that only a ledger knows. Returns 3 when one is not right.",
    .run = run_check,
};
