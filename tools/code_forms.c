/* A text is tried as what its beginning or its characters say; digits alone are tried as all they may be. */
#include "tools/code_forms.h"

#include <string.h>

#include "base/limits.h"
#include "trace/charset.h"
#include "trace/gs1_link.h"

const struct code_kind_name code_kind_names[CODE_KINDS] = {
    [CODE_TAG_BITS] = {"tag_bits", "RFID 标签位", "RFID tag bits"},
    [CODE_TAG_URI] = {"tag_uri", "标签 URI", "tag URI"},
    [CODE_EPC_URI] = {"epc_uri", "EPC URI", "EPC URI"},
    [CODE_EPCB] = {"epcb", "EPC 二进制链接（EPCB）", "EPC binary string (EPCB)"},
    [CODE_LINK] = {"digital_link", "GS1 数字链接", "GS1 Digital Link"},
    [CODE_SCAN] = {"scan", "条码扫描数据", "scan data"},
    [CODE_ELEMENTS] = {"elements", "GS1 单元数据串", "GS1 element string"},
    [CODE_BRACKETED] = {"bracketed", "带括号的 GS1 单元数据串", "GS1 element string with brackets"},
    [CODE_GTIN] = {"gtin", "商品条码（GTIN）", "GTIN"},
    [CODE_SSCC] = {"sscc", "物流单元代码（SSCC）", "SSCC"},
    [CODE_USCC] = {"uscc", "统一社会信用代码", "unified social credit code"},
    [CODE_DIVISION] = {"division", "行政区划代码", "division code"},
    [CODE_PESTICIDE] = {"pesticide", "农药单元识别代码", "pesticide code"},
    [CODE_VETERINARY] = {"veterinary", "兽药追溯码", "veterinary drug code"},
    [CODE_TRACE] = {"trace_code", "追溯码", "traceability code"},
};

static const struct gs1_options options = {.short_gtins = true, .names = true};

static void wrong(struct code_reading *r, enum err e, const char *where) {
    (void)refusal_set(&r->refusal, e, "%s", where);
}

/* The element strings a name says; a name without a GS1 key says none. */
static void data_of_epc(struct code_reading *r) {
    struct buffer link CLEANUP(buffer_free) = {0};
    struct gs1_problem problem;
    buffer_init(&link, EPC_TEXT_MAX);
    if (epc_to_digital_link(&r->epc, span_text("https://id.gs1.org"), &link)) return;
    r->has_data = gs1_link_read(buffer_span(&link), &options, &r->data, &problem) == OK;
}

static void epc_read(struct code_reading *r, enum err e, uint8_t prefix_digits) {
    if (e) {
        wrong(r, e, "");
        return;
    }
    r->has_epc = true;
    struct epc with_prefix = r->epc;
    if (prefix_digits > 0 && r->epc.prefix_digits == 0 &&
        epc_use_prefix(&with_prefix, prefix_digits) == OK)
        r->epc = with_prefix;
    data_of_epc(r);
}

/* The name that element strings say; there may be none. */
static void data_read(struct code_reading *r, enum err e, const struct gs1_problem *problem,
                      uint8_t prefix_digits) {
    struct buffer link CLEANUP(buffer_free) = {0};
    struct gs1_problem ignored;
    if (e) {
        r->refusal = gs1_problem_refusal(problem);
        return;
    }
    r->has_data = r->data.count > 0;
    buffer_init(&link, EPC_TEXT_MAX);
    if (!r->has_data ||
        gs1_link_write(&r->data, span_text("https://id.gs1.org"), &options, &link, &ignored))
        return;
    /* only a link names a host, which a "++" tag can carry */
    r->has_epc = (r->kind == CODE_LINK && epc_from_digital_link(r->code, prefix_digits, &r->epc) == OK);
    if (r->has_epc) return;
    r->has_epc = epc_from_digital_link(buffer_span(&link), prefix_digits, &r->epc) == OK;
    r->epc.host = (struct epc_host){.len = 0};
}

static bool starts_any_case(struct span s, const char *lower) {
    size_t i = 0;
    while (lower[i] != '\0' && i < s.len && (s.data[i] | (s.data[i] >= 'A' ? 0x20 : 0)) == lower[i])
        i++;
    return lower[i] == '\0';
}

/* https://host/.../eh30... : the bits of a tag behind the last slash. */
static bool epcb_read(struct code_reading *r, uint8_t prefix_digits) {
    struct span rest = r->code, segment = rest;
    struct span path = span_take(&rest, '?');
    while (path.len > 0)
        segment = span_take(&path, '/');
    if (!span_starts(segment, "eh") && !span_starts(segment, "ex")) return false;
    if (epc_from_segment(segment, &r->epc)) return false;
    r->kind = CODE_EPCB;
    epc_read(r, OK, prefix_digits);
    return true;
}

/* What the beginning decides; false when it decides nothing. */
static bool read_by_beginning(struct code_reading *r, uint8_t prefix_digits) {
    struct gs1_problem problem = {0};
    struct buffer message CLEANUP(buffer_free) = {0};
    struct span text = r->code;
    buffer_init(&message, GS1_TEXT_MAX + 1);
    if (starts_any_case(text, "urn:epc:tag:")) {
        r->kind = CODE_TAG_URI;
        epc_read(r, epc_from_tag_uri(text, &r->epc), prefix_digits);
    } else if (starts_any_case(text, "urn:epc:")) {
        r->kind = CODE_EPC_URI;
        epc_read(r, epc_from_id_uri(text, &r->epc), prefix_digits);
    } else if (gs1_scan_begins(text)) {
        r->kind = CODE_SCAN;
        enum err e = gs1_scan_read(text, &options, &r->symbology, &message, &r->data, &problem);
        data_read(r, e, &problem, prefix_digits);
    } else if (gs1_link_begins(text)) {
        r->kind = CODE_LINK;
        enum err e = gs1_link_read(text, &options, &r->data, &problem);
        if (!e || !epcb_read(r, prefix_digits)) data_read(r, e, &problem, prefix_digits);
    } else if (text.data[0] == '^' || text.data[0] == 0x1d) {
        r->kind = CODE_ELEMENTS;
        data_read(r, gs1_read(text, &options, &r->data, &problem), &problem, prefix_digits);
    } else if (text.data[0] == '(') {
        r->kind = CODE_BRACKETED;
        data_read(r, gs1_read_bracketed(text, &options, &r->data, &problem), &problem,
                  prefix_digits);
    } else {
        return epcb_read(r, prefix_digits);
    }
    return true;
}

/* A bare key, as the value of its AI. */
static void key_read(struct code_reading *r, const char *ai, uint8_t prefix_digits) {
    struct gs1_problem problem = {0};
    char digits[18];
    size_t len = r->kind == CODE_GTIN ? 14 : r->code.len;
    memset(digits, '0', sizeof digits);
    memcpy(digits + len - r->code.len, r->code.data, r->code.len);
    enum err e = gs1_add(&r->data, span_text(ai), span_of(digits, len), &options, 0, &problem);
    data_read(r, e, &problem, prefix_digits);
}

static void elements_read(struct code_reading *r, uint8_t prefix_digits) {
    struct gs1_problem problem = {0};
    struct buffer text CLEANUP(buffer_free) = {0};
    buffer_init(&text, GS1_TEXT_MAX + 1);
    buffer_text(&text, "^");
    buffer_append_span(&text, r->code);
    data_read(r, gs1_read(buffer_span(&text), &options, &r->data, &problem), &problem,
              prefix_digits);
}

static void uscc_try(struct code_reading *r) {
    size_t at = 0;
    char where[24] = "";
    enum err e = uscc_read(r->code, &r->uscc, &at);
    if (e == ERR_USCC_CHARACTER && at < r->code.len) {
        where[0] = (char)r->code.data[at];
        where[1] = '\0';
    }
    if (e) wrong(r, e, where);
}

static void read_as(struct code_reading *r, enum code_kind kind, struct span code,
                    uint8_t prefix_digits) {
    enum err e = OK;
    *r = (struct code_reading){.kind = kind, .code = code};
    switch (kind) {
    case CODE_TAG_BITS:
        epc_read(r, epc_from_hex(code, &r->epc), prefix_digits);
        return;
    case CODE_GTIN:
        key_read(r, "01", prefix_digits);
        return;
    case CODE_SSCC:
        key_read(r, "00", prefix_digits);
        return;
    case CODE_ELEMENTS:
        elements_read(r, prefix_digits);
        return;
    case CODE_USCC:
        uscc_try(r);
        return;
    case CODE_DIVISION:
        e = division_find(code, &r->division);
        break;
    case CODE_PESTICIDE:
        e = pesticide_read(code, &r->pesticide);
        break;
    case CODE_VETERINARY:
        e = veterinary_check(code);
        break;
    case CODE_TRACE:
        e = trace_code_check(code);
        break;
    case CODE_TAG_URI:
    case CODE_EPC_URI:
    case CODE_EPCB:
    case CODE_LINK:
    case CODE_SCAN:
    case CODE_BRACKETED:
    case CODE_KINDS:
        CHECK(false);
    }
    if (e) wrong(r, e, "");
}

struct shape {
    bool digits, hex, capitals;
    size_t len;
};

static struct shape shape_of(struct span s) {
    struct shape shape = {true, true, true, s.len};
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)s.data[i], lower = (char)(c | 0x20);
        bool digit = charset_has(SET_DIGITS, c);
        shape.digits = shape.digits && digit;
        shape.hex = shape.hex && (digit || (lower >= 'a' && lower <= 'f'));
        shape.capitals = shape.capitals && (digit || (c >= 'A' && c <= 'Z'));
    }
    return shape;
}

/* Whether a text of this shape may be of this kind at all. */
static bool plausible(enum code_kind kind, struct shape s) {
    switch (kind) {
    case CODE_GTIN:
        return s.digits && (s.len == 8 || s.len == 12 || s.len == 13 || s.len == 14);
    case CODE_SSCC:
        return s.digits && s.len == 18;
    case CODE_USCC:
        return s.capitals && s.len == 18;
    case CODE_DIVISION:
        return s.digits && (s.len == 2 || s.len == 4 || s.len == 6 || s.len == 9 || s.len == 12);
    case CODE_PESTICIDE:
        return s.digits && s.len == 32;
    case CODE_VETERINARY:
        return s.digits && s.len == 24;
    case CODE_TAG_BITS:
        return s.hex && s.len >= 20;
    case CODE_ELEMENTS:
        return s.len >= 16;
    case CODE_TRACE:
        return true;
    case CODE_TAG_URI:
    case CODE_EPC_URI:
    case CODE_EPCB:
    case CODE_LINK:
    case CODE_SCAN:
    case CODE_BRACKETED:
    case CODE_KINDS:
        return false;
    }
    CHECK(false);
}

void code_read(struct span text, uint8_t prefix_digits, struct code_reading ret[CODE_READINGS_MAX],
               size_t *ret_count) {
    static const enum code_kind order[] = {CODE_GTIN,     CODE_SSCC,      CODE_USCC,
                                           CODE_DIVISION, CODE_PESTICIDE, CODE_VETERINARY,
                                           CODE_TAG_BITS, CODE_ELEMENTS,  CODE_TRACE};
    struct shape shape = shape_of(text);
    size_t count = 0;
    bool guessed = false;
    ret[0] = (struct code_reading){.kind = CODE_TRACE, .code = text};
    *ret_count = 1;
    if (text.len == 0 || text.len > GS1_TEXT_MAX) {
        wrong(&ret[0], text.len == 0 ? ERR_GS1_EMPTY : ERR_GS1_LENGTH, "");
        return;
    }
    if (read_by_beginning(&ret[0], prefix_digits)) return;
    for (size_t i = 0; i < sizeof order / sizeof order[0] && count < CODE_READINGS_MAX; i++) {
        bool last_resort = order[i] == CODE_TRACE || order[i] == CODE_ELEMENTS;
        if (!plausible(order[i], shape) || (last_resort && (count > 0 || guessed))) continue;
        struct code_reading r;
        read_as(&r, order[i], text, prefix_digits);
        bool holds = r.refusal.err == OK;
        /* many a text could be meant so; few are */
        bool vague = order[i] == CODE_ELEMENTS || (order[i] == CODE_TAG_BITS && shape.digits);
        if (holds || (count == 0 && !guessed && !vague)) ret[count] = r;
        guessed = guessed || (!holds && !vague);
        if (holds) count++;
    }
    *ret_count = count > 0 ? count : 1;
}
