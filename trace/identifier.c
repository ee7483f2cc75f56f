/* The happy path: what was received is read into a `struct key` (one GS1 key, its value, its
 * qualifiers), by urn_read or link_read, and key_write writes that in the one canonical way.
 * Whatever neither reader understands is opaque and stands for itself. */
#include "trace/identifier.h"

#include "base/limits.h"
#include "trace/charset.h"
#include "trace/uri.h"

enum { VALUE_MAX = 48, QUALIFIERS_MAX = 3 };

/* A decoded value: the longest are 8003 and 253 with 30 characters. */
struct value {
    char text[VALUE_MAX];
    size_t len;
};

/* GS1 General Specifications: digits first, then up to `rest` characters of a set; `exact` lengths
 * of digits where there are several. */
struct shape {
    uint8_t digits;
    uint8_t rest;
    uint8_t rest_min;
    enum charset set;
};

struct qualifier_rule {
    const char *ai;
    const char *alpha; /* the short name of GS1 Digital Link 1.1, or NULL */
    struct shape shape;
};

enum key_ai {
    KEY_SSCC,
    KEY_GTIN,
    KEY_GDTI,
    KEY_GCN,
    KEY_GINC,
    KEY_GSIN,
    KEY_GLN,
    KEY_PAY_TO,
    KEY_PARTY,
    KEY_GRAI,
    KEY_GIAI,
    KEY_ITIP,
    KEY_CPI,
    KEY_GMN,
    KEY_GSRNP,
    KEY_GSRN,
    KEYS,
};

struct key_rule {
    const char *ai;
    const char *alpha;
    struct shape shape;
    struct qualifier_rule qualifiers[QUALIFIERS_MAX + 1]; /* in the order a Digital Link must have
                                                             them; ends with a NULL ai */
    struct qualifier_rule alone; /* instead of all of them; NULL ai: none */
};

#define X(n)                                                                                       \
    { 0, (n), 1, SET_82 }
#define N(n)                                                                                       \
    { (n), 0, 0, SET_DIGITS }
#define LOT                                                                                        \
    { "10", "lot", X(20) }
#define SERIAL                                                                                     \
    { "21", "ser", X(20) }
#define VARIANT                                                                                    \
    { "22", "cpv", X(20) }
#define FACILITY                                                                                   \
    {                                                                                              \
        "7040", NULL, {                                                                            \
            1, 3, 3, SET_82                                                                        \
        }                                                                                          \
    }
#define SERVICE                                                                                    \
    {                                                                                              \
        "8019", "srin", {                                                                          \
            0, 10, 1, SET_DIGITS                                                                   \
        }                                                                                          \
    }

/* GS1 Syntax Dictionary, the entries with dlpkey: "22,10,21|235" is a list and what may stand instead
 * of it. */
static const struct key_rule rules[KEYS] = {
    [KEY_SSCC] = {"00", "sscc", N(18), {{0}}, {0}},
    [KEY_GTIN] = {"01", "gtin", N(14), {VARIANT, LOT, SERIAL}, {"235", NULL, X(28)}},
    [KEY_GDTI] = {"253", "gdti", {13, 17, 0, SET_82}, {{0}}, {0}},
    [KEY_GCN] = {"255", "gcn", {13, 12, 0, SET_DIGITS}, {{0}}, {0}},
    [KEY_GINC] = {"401", "ginc", X(30), {{0}}, {0}},
    [KEY_GSIN] = {"402", "gsin", N(17), {{0}}, {0}},
    [KEY_GLN] = {"414", "gln", N(13), {{"254", "glnx", X(20)}}, FACILITY},
    [KEY_PAY_TO] = {"415", "payTo", N(13), {{"8020", "refno", X(25)}}, {0}},
    [KEY_PARTY] = {"417", "party", N(13), {FACILITY}, {0}},
    [KEY_GRAI] = {"8003", "grai", {14, 16, 0, SET_82}, {{0}}, {0}},
    [KEY_GIAI] = {"8004", "giai", X(30), {FACILITY}, {0}},
    [KEY_ITIP] = {"8006", "itip", N(18), {VARIANT, LOT, SERIAL}, {0}},
    [KEY_CPI] = {"8010", "cpid", {0, 30, 1, SET_39}, {{"8011", "cpsn", {0, 12, 1, SET_DIGITS}}}, {0}},
    [KEY_GMN] = {"8013", "gmn", X(25), {{0}}, {0}},
    [KEY_GSRNP] = {"8017", "gsrnp", N(18), {SERVICE}, {0}},
    [KEY_GSRN] = {"8018", "gsrn", N(18), {SERVICE}, {0}},
};

struct key {
    enum key_ai ai;
    struct value value;
    const struct qualifier_rule *rules[QUALIFIERS_MAX]; /* those present, in order */
    struct value qualifiers[QUALIFIERS_MAX];
    size_t count;
};

static bool fits(const struct value *v, struct shape shape) {
    if (v->len < (size_t)shape.digits + shape.rest_min ||
        v->len > (size_t)shape.digits + shape.rest)
        return false;
    for (size_t i = 0; i < v->len; i++) {
        if (!charset_has(i < shape.digits ? SET_DIGITS : shape.set, v->text[i])) return false;
    }
    return true;
}

static bool value_add(struct value *v, struct span s) {
    if (s.len > sizeof v->text - v->len) return false;
    for (size_t i = 0; i < s.len; i++)
        v->text[v->len + i] = (char)s.data[i];
    v->len += s.len;
    return true;
}

static struct span value_span(const struct value *v) {
    return span_of(v->text, v->len);
}

/* Appends what percent-decoding gives. */
static bool value_unescape(struct value *v, struct span s) {
    size_t len;
    if (!uri_unescape(s, sizeof v->text - v->len, v->text + v->len, &len)) return false;
    v->len += len;
    return true;
}

char identifier_check_digit(struct span digits) {
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned weight = (digits.len - i) % 2 == 1 ? 3 : 1;
        sum += weight * (unsigned)(digits.data[i] - '0');
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void value_add_check_digit(struct value *v, size_t from) {
    char digit = identifier_check_digit(span_of(v->text + from, v->len - from));
    (void)value_add(v, span_of(&digit, 1));
}

static bool all_digits(struct span s) {
    for (size_t i = 0; i < s.len; i++) {
        if (!charset_has(SET_DIGITS, (char)s.data[i])) return false;
    }
    return true;
}

/* GTINs of 8, 12 and 13 digits are the same as with zeros before them. */
static void gtin_pad(struct value *v) {
    if (v->len != 8 && v->len != 12 && v->len != 13) return;
    struct value padded = {.len = 0};
    (void)value_add(&padded, span_part(span_text("000000"), 0, 14 - v->len));
    (void)value_add(&padded, value_span(v));
    *v = padded;
}

static struct span rest_from(struct span s, size_t at) {
    return span_part(s, at, s.len - at);
}

static bool named(struct span segment, const char *ai, const char *alpha) {
    return span_is(segment, ai) || (alpha != NULL && span_is(segment, alpha));
}

/* Qualifiers must come in the standard's order, each at most once; the alternative stands alone. */
static bool qualifier_read(struct key *key, size_t *at_rule, struct span name, struct span text) {
    const struct qualifier_rule *rule = NULL;
    const struct qualifier_rule *list = rules[key->ai].qualifiers;
    const struct qualifier_rule *alone = &rules[key->ai].alone;
    if (alone->ai != NULL && key->count == 0 && *at_rule == 0 && named(name, alone->ai, NULL)) {
        rule = alone;
        *at_rule = QUALIFIERS_MAX;
    }
    for (; rule == NULL && *at_rule < QUALIFIERS_MAX && list[*at_rule].ai != NULL; (*at_rule)++) {
        if (named(name, list[*at_rule].ai, list[*at_rule].alpha)) rule = &list[*at_rule];
    }
    if (rule == NULL) return false;
    struct value value = {.len = 0};
    if (!value_unescape(&value, text) || !fits(&value, rule->shape)) return false;
    key->rules[key->count] = rule;
    key->qualifiers[key->count] = value;
    key->count++;
    return true;
}

/* "01/04012345678901/10/ABC": a key and its qualifiers and nothing else. */
static bool pairs_read(struct span path, struct key *ret) {
    struct key key = {.count = 0};
    struct span name = span_take(&path, '/');
    size_t at_rule = 0;
    size_t found = KEYS;
    for (size_t i = 0; i < KEYS; i++) {
        if (named(name, rules[i].ai, rules[i].alpha)) found = i;
    }
    if (found == KEYS) return false;
    key.ai = (enum key_ai)found;
    if (!value_unescape(&key.value, span_take(&path, '/'))) return false;
    if (key.ai == KEY_GTIN) gtin_pad(&key.value);
    if (!fits(&key.value, rules[found].shape)) return false;
    while (path.len > 0) {
        name = span_take(&path, '/');
        if (!qualifier_read(&key, &at_rule, name, span_take(&path, '/'))) return false;
    }
    *ret = key;
    return true;
}

/* ASCII letters in any case: schemes and the head of a URN are written so. */
static bool starts_any_case(struct span s, const char *lower) {
    struct span prefix = span_text(lower);
    if (s.len < prefix.len) return false;
    for (size_t i = 0; i < prefix.len; i++) {
        uint8_t c = s.data[i];
        if (c >= 'A' && c <= 'Z') c = (uint8_t)(c + 32);
        if (c != prefix.data[i]) return false;
    }
    return true;
}

/* A GS1 Digital Link: after the host and any path of the host's own, the last segments are a key
 * and its qualifiers. A key's name cannot stand where a qualifier's may, so at most one place fits.
 */
static bool link_read(struct span text, struct key *ret) {
    size_t scheme = starts_any_case(text, "https://")  ? 8
                    : starts_any_case(text, "http://") ? 7
                                                       : 0;
    if (scheme == 0) return false;
    struct span rest = rest_from(text, scheme);
    rest = span_take(&rest, '#');
    rest = span_take(&rest, '?');
    if (span_take(&rest, '/').len == 0) return false;
    while (rest.len > 0) {
        if (pairs_read(rest, ret)) return true;
        (void)span_take(&rest, '/');
    }
    return false;
}

/* The parts of an EPC URN between its dots. A serial number may hold dots itself: the last part
 * takes what is left. */
enum { PARTS_MAX = 5 };

static bool parts_read(struct span text, size_t count, struct span ret[PARTS_MAX]) {
    for (size_t i = 0; i + 1 < count; i++) {
        size_t before = text.len;
        ret[i] = span_take(&text, '.');
        if (ret[i].len == before) return false; /* no dot */
    }
    ret[count - 1] = text;
    return true;
}

/* How a scheme's parts make the key's value. */
enum build {
    BUILD_PLAIN,     /* company || reference || check digit */
    BUILD_INDICATOR, /* first digit of reference || company || rest of reference || check digit */
    BUILD_ZERO,      /* "0" || as BUILD_PLAIN: GRAI */
    BUILD_JOIN, /* company || reference, no check digit, reference percent-decoded: GIAI, GINC, CPI
                 */
};
struct urn_rule {
    const char *scheme;
    enum key_ai ai;
    enum build build;
    uint8_t digits; /* of company and reference together */
    uint8_t parts;
    const char *qualifier; /* the AI of the part after them; NULL: it belongs to the value, or there
                              is none */
};

/* EPC Tag Data Standard 2.0 section 6.3. */
static const struct urn_rule urn_rules[] = {
    {"id:sgtin:", KEY_GTIN, BUILD_INDICATOR, 13, 3, "21"},
    {"class:lgtin:", KEY_GTIN, BUILD_INDICATOR, 13, 3, "10"},
    {"id:upui:", KEY_GTIN, BUILD_INDICATOR, 13, 3, "235"},
    {"id:sscc:", KEY_SSCC, BUILD_INDICATOR, 17, 2, NULL},
    {"id:sgln:", KEY_GLN, BUILD_PLAIN, 12, 3, "254"},
    {"id:pgln:", KEY_PARTY, BUILD_PLAIN, 12, 2, NULL},
    {"id:grai:", KEY_GRAI, BUILD_ZERO, 12, 3, NULL},
    {"id:giai:", KEY_GIAI, BUILD_JOIN, 0, 2, NULL},
    {"id:gsrn:", KEY_GSRN, BUILD_PLAIN, 17, 2, NULL},
    {"id:gsrnp:", KEY_GSRNP, BUILD_PLAIN, 17, 2, NULL},
    {"id:gdti:", KEY_GDTI, BUILD_PLAIN, 12, 3, NULL},
    {"id:sgcn:", KEY_GCN, BUILD_PLAIN, 12, 3, NULL},
    {"id:cpi:", KEY_CPI, BUILD_JOIN, 0, 3, "8011"},
    {"id:itip:", KEY_ITIP, BUILD_INDICATOR, 13, 5, "21"},
    {"id:gsin:", KEY_GSIN, BUILD_PLAIN, 16, 2, NULL},
    {"id:ginc:", KEY_GINC, BUILD_JOIN, 0, 2, NULL},
    {"idpat:sgtin:", KEY_GTIN, BUILD_INDICATOR, 13, 3, NULL},
    {"idpat:upui:", KEY_GTIN, BUILD_INDICATOR, 13, 3, NULL},
    {"idpat:itip:", KEY_ITIP, BUILD_INDICATOR, 13, 5, NULL},
    {"idpat:grai:", KEY_GRAI, BUILD_ZERO, 12, 3, NULL},
    {"idpat:gdti:", KEY_GDTI, BUILD_PLAIN, 12, 3, NULL},
    {"idpat:sgcn:", KEY_GCN, BUILD_PLAIN, 12, 3, NULL},
    {"idpat:cpi:", KEY_CPI, BUILD_JOIN, 0, 3, NULL},
};

static bool urn_value(const struct urn_rule *rule, const struct span parts[], struct value *ret) {
    struct value v = {.len = 0};
    struct span company = parts[0];
    struct span reference = parts[1];
    bool joined = rule->build == BUILD_JOIN;
    if (company.len < 6 || company.len > 12 || !all_digits(company)) return false;
    if (joined) {
        if (!value_add(&v, company) || !value_unescape(&v, reference)) return false;
        *ret = v;
        return true;
    }
    if (company.len + reference.len != rule->digits || !all_digits(reference)) return false;
    if (rule->build == BUILD_ZERO) (void)value_add(&v, span_text("0"));
    if (rule->build == BUILD_INDICATOR) {
        (void)value_add(&v, span_part(reference, 0, 1));
        reference = rest_from(reference, 1);
    }
    (void)value_add(&v, company);
    (void)value_add(&v, reference);
    value_add_check_digit(&v, rule->build == BUILD_ZERO ? 1 : 0);
    *ret = v;
    return true;
}

/* Puts the last part of a URN where it belongs: behind the value (a serial of GRAI, GDTI, GCN) or
 * into a qualifier. */
static bool urn_last(const struct urn_rule *rule, struct span last, struct key *key) {
    size_t at_rule = 0;
    if (span_starts(span_text(rule->scheme), "idpat:")) return span_is(last, "*");
    if (rule->qualifier == NULL) return value_unescape(&key->value, last);
    /* TDS 6.3.3: an SGLN without extension is written with extension 0. */
    if (key->ai == KEY_GLN && span_is(last, "0")) return true;
    return qualifier_read(key, &at_rule, span_text(rule->qualifier), last);
}

static bool urn_read(struct span text, struct key *ret) {
    if (!starts_any_case(text, "urn:epc:")) return false;
    struct span body = rest_from(text, 8);
    for (size_t i = 0; i < sizeof urn_rules / sizeof urn_rules[0]; i++) {
        const struct urn_rule *rule = &urn_rules[i];
        struct span parts[PARTS_MAX];
        struct key key = {.ai = rule->ai};
        if (!span_starts(body, rule->scheme)) continue;
        if (!parts_read(rest_from(body, span_text(rule->scheme).len), rule->parts, parts))
            return false;
        if (!urn_value(rule, parts, &key.value)) return false;
        if (rule->ai == KEY_ITIP) {
            if (parts[2].len != 2 || parts[3].len != 2) return false;
            if (!value_add(&key.value, parts[2]) || !value_add(&key.value, parts[3])) return false;
        }
        if (rule->parts > 2 && !urn_last(rule, parts[rule->parts - 1], &key)) return false;
        if (!fits(&key.value, rules[rule->ai].shape)) return false;
        *ret = key;
        return true;
    }
    return false;
}

static bool key_read(struct span received, struct key *ret) {
    if (received.len < 1 || received.len > IDENTIFIER_BYTES_MAX) return false;
    return urn_read(received, ret) || link_read(received, ret);
}

static const struct value *qualifier(const struct key *key, const char *ai) {
    for (size_t i = 0; i < key->count; i++) {
        if (span_is(span_text(key->rules[i]->ai), ai)) return &key->qualifiers[i];
    }
    return NULL;
}

static void put_segment(struct buffer *out, const char *ai, struct span value) {
    buffer_text(out, "/");
    buffer_text(out, ai);
    buffer_text(out, "/");
    uri_escape(value, out);
}

static void put_key(struct buffer *out, const struct key *key) {
    buffer_text(out, "https://id.gs1.org");
    put_segment(out, rules[key->ai].ai, value_span(&key->value));
}

/* What identifies: a serial number makes lot and variant superfluous, a lot the variant. */
static void key_write(const struct key *key, struct buffer *out) {
    put_key(out, key);
    for (size_t i = 0; i < key->count; i++) {
        const char *ai = key->rules[i]->ai;
        bool variant = span_is(span_text(ai), "22");
        bool lot = span_is(span_text(ai), "10");
        bool no_extension =
            span_is(span_text(ai), "254") && span_is(value_span(&key->qualifiers[i]), "0");
        if (variant || no_extension || (lot && qualifier(key, "21") != NULL)) continue;
        put_segment(out, ai, value_span(&key->qualifiers[i]));
    }
}

static enum identifier_kind key_kind(const struct key *key) {
    switch (key->ai) {
    case KEY_GTIN:
    case KEY_ITIP:
        if (qualifier(key, "21") != NULL || qualifier(key, "235") != NULL) return IDENTIFIER_ITEM;
        return qualifier(key, "10") != NULL ? IDENTIFIER_LOT : IDENTIFIER_PRODUCT;
    case KEY_CPI:
        return qualifier(key, "8011") != NULL ? IDENTIFIER_ITEM : IDENTIFIER_PRODUCT;
    case KEY_GRAI:
        return key->value.len > 14 ? IDENTIFIER_ITEM : IDENTIFIER_PRODUCT;
    case KEY_GMN:
        return IDENTIFIER_PRODUCT;
    case KEY_SSCC:
    case KEY_GIAI:
        return IDENTIFIER_ITEM;
    case KEY_GLN:
    case KEY_PARTY:
        return IDENTIFIER_LOCATION;
    case KEY_GDTI:
    case KEY_GCN:
        return IDENTIFIER_DOCUMENT;
    case KEY_GINC:
    case KEY_GSIN:
    case KEY_PAY_TO:
    case KEY_GSRNP:
    case KEY_GSRN:
        return IDENTIFIER_OTHER;
    case KEYS:
        break;
    }
    CHECK(false);
}

enum err identifier_canonical(struct span received, struct buffer *out,
                              enum identifier_kind *ret_kind) {
    struct key key;
    if (received.len < 1 || received.len > IDENTIFIER_BYTES_MAX) return ERR_IDENTIFIER_LENGTH;
    if (key_read(received, &key)) {
        key_write(&key, out);
        *ret_kind = key_kind(&key);
    } else {
        buffer_append_span(out, received);
        *ret_kind = IDENTIFIER_OTHER;
    }
    return OK;
}

bool identifier_lot(struct span received, struct buffer *out) {
    struct key key;
    if (!key_read(received, &key)) return false;
    const struct value *lot = qualifier(&key, "10");
    if (lot == NULL) return false;
    put_key(out, &key);
    put_segment(out, "10", value_span(lot));
    return true;
}

bool identifier_product(struct span received, struct buffer *out) {
    struct key key;
    if (!key_read(received, &key)) return false;
    switch (key.ai) {
    case KEY_GTIN:
    case KEY_ITIP:
    case KEY_CPI:
    case KEY_GMN:
        break;
    case KEY_GRAI:
        key.value.len = 14;
        break; /* without the serial number */
    case KEY_SSCC:
    case KEY_GDTI:
    case KEY_GCN:
    case KEY_GINC:
    case KEY_GSIN:
    case KEY_GLN:
    case KEY_PAY_TO:
    case KEY_PARTY:
    case KEY_GIAI:
    case KEY_GSRNP:
    case KEY_GSRN:
    case KEYS:
        return false;
    }
    put_key(out, &key);
    return true;
}

bool identifier_lot_of(struct span product, struct span number, struct buffer *out) {
    struct key key;
    struct value lot = {.len = 0};
    if (!key_read(product, &key) || key.count != 0 || (key.ai != KEY_GTIN && key.ai != KEY_ITIP))
        return false;
    if (!value_add(&lot, number) || !fits(&lot, (struct shape)X(20))) return false;
    put_key(out, &key);
    put_segment(out, "10", value_span(&lot));
    return true;
}
