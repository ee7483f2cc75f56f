/* set_epc.c: tags, URNs and links. A JSON file is a list of cases with a pure identity URI and what it becomes
 * (tag URI, bits as hex, element string, key), or that must be refused. A CSV file says by its columns' names
 * what it holds: the same; hex and Digital Link; EPCB segment and Digital Link. Every form is read and written,
 * in both directions. Zero bits at a hex text's end are padding: to a digit or to a 16-bit word. */
#include <stdio.h>
#include <string.h>

#include "tests/vectors/vectors.h"
#include "trace/epc_tag.h"

enum { COLUMNS = 7, ROOM = 1 << 14 };

/* What a case says; empty: nothing. */
struct epc_case {
    bool valid;
    struct span uri, tag_uri, hex, binary, elements, key, prefix_digits, identity, scheme, gtin_type, link, segment, note;
};

/* ---- comparing ---- */

enum form { FORM_ID, FORM_TAG, FORM_HEX, FORM_LINK, FORM_SEGMENT_HEX, FORM_SEGMENT_BASE64 };

static enum err write_form(const struct epc *e, enum form form, struct buffer *out) {
    buffer_clear(out);
    switch (form) {
    case FORM_ID:
        return epc_to_id_uri(e, out);
    case FORM_TAG:
        return epc_to_tag_uri(e, out);
    case FORM_HEX:
        return epc_to_hex(e, out);
    case FORM_LINK:
        return epc_to_digital_link(e, SPAN_EMPTY, out);
    case FORM_SEGMENT_HEX:
        return epc_to_segment(e, EPC_SEGMENT_HEX, out);
    case FORM_SEGMENT_BASE64:
        return epc_to_segment(e, EPC_SEGMENT_BASE64, out);
    }
    CHECK(false);
}

/* Without the host of a "++" link: the vectors name paths. */
static struct span path_of(struct span link) {
    if (!span_starts(link, "https://")) return link;
    size_t at = 8;
    while (at < link.len && link.data[at] != '/')
        at++;
    return span_part(link, at, link.len - at);
}

static bool hex_same(const struct epc *e, struct span ours, struct span theirs) {
    struct buffer bits CLEANUP(buffer_free) = {0};
    size_t count = 0;
    buffer_init(&bits, ROOM);
    if (epc_to_bits(e, &bits, &count) != OK) return false;
    if (theirs.len < (count + 3) / 4 || theirs.len > ours.len) return false;
    for (size_t i = theirs.len; i < ours.len; i++)
        if (ours.data[i] != '0') return false;
    return span_equal(span_part(ours, 0, theirs.len), theirs);
}

/* "0011...", with zeros at its end where the scheme has no length of its own. */
static bool binary_same(const struct epc *e, struct span binary) {
    struct buffer bits CLEANUP(buffer_free) = {0};
    size_t count = 0;
    buffer_init(&bits, ROOM);
    if (binary.len == 0) return true;
    if (epc_to_bits(e, &bits, &count) != OK || binary.len < count) return false;
    for (size_t i = 0; i < binary.len; i++) {
        bool one = i < count && (bits.data[i / 8] >> (7 - i % 8) & 1);
        if (binary.data[i] != (one ? '1' : '0')) return false;
    }
    return true;
}

/* NULL when e has this form; else what went wrong. */
static const char *has(const struct epc *e, enum form form, struct span expected, const char *what) {
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, ROOM);
    if (write_form(e, form, &out) != OK) return what;
    struct span ours = form == FORM_LINK ? path_of(buffer_span(&out)) : buffer_span(&out);
    bool same = form == FORM_HEX ? hex_same(e, ours, expected) : span_equal(ours, expected);
    return same ? NULL : what;
}

/* The number a text ends with: "GTIN_TYPE.GTIN8". */
static size_t number_in(struct span text) {
    size_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        number = digit ? number * 10 + (size_t)(text.data[i] - '0') : 0;
    }
    return number;
}

/* ---- element strings: "(01)04012345123456(21)x"; a value may hold parentheses ---- */

static struct span elements_write(const struct epc *e, struct buffer *out) {
    struct epc_element list[EPC_DATA_MAX + 2];
    size_t count = 0;
    buffer_clear(out);
    if (epc_to_elements(e, list, &count) != OK) return SPAN_EMPTY;
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "(%s)%.*s", list[i].ai, (int)list[i].value.len, list[i].value.text);
    return buffer_span(out);
}

static size_t elements_read(struct span text, struct epc_element list[2]) {
    size_t count = 0;
    for (size_t i = 0; i < text.len;) {
        size_t digits = 0;
        while (text.data[i] == '(' && i + 1 + digits < text.len && text.data[i + 1 + digits] >= '0' &&
               text.data[i + 1 + digits] <= '9')
            digits++;
        bool ai = digits >= 2 && digits <= 4 && i + 1 + digits < text.len && text.data[i + 1 + digits] == ')';
        if (ai && count < 2) {
            list[count] = (struct epc_element){.ai = ""};
            memcpy(list[count++].ai, text.data + i + 1, digits);
            i += digits + 2;
            continue;
        }
        if (count == 0 || list[count - 1].value.len == EPC_VALUE_MAX) return 0;
        list[count - 1].value.text[list[count - 1].value.len++] = (char)text.data[i++];
    }
    return count;
}

/* TDS 2.3 section 7.5: an SGLN whose extension is 0 is a GLN without extension, AI 414 alone. A case that writes
 * AI 254 with 0 cannot be what we write; it is read. */
static bool zero_extension(const struct epc *e, struct span elements) {
    return e->identity == EPC_SGLN && e->serial.len == 0 && elements.len > 6 &&
           span_is(span_part(elements, elements.len - 6, 6), "(254)0");
}

static const char *elements_check(struct tally *t, const struct epc *e, const struct epc_case *c) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct epc_element list[2];
    struct epc back;
    struct span expected = c->elements;
    uint8_t digits = e->prefix_digits;
    buffer_init(&out, ROOM);
    if (zero_extension(e, expected)) {
        tally_clause(t, "TDS 2.3 section 7.5 (extension 0: no AI 254)", expected);
        expected.len -= 6;
    }
    if (!span_equal(elements_write(e, &out), expected)) return "the element string";
    if (c->prefix_digits.len > 0 && number_in(c->prefix_digits) != digits) return "the prefix length";
    size_t count = elements_read(c->elements, list);
    if (epc_from_elements(list, count, digits, &back) != OK) return "reading the element string";
    return has(&back, FORM_ID, c->uri, "the URI of the element string");
}

/* The key alone: a GTIN in the length asked for, a GRAI without its leading zero, otherwise the first value. */
static bool key_write(const struct epc *e, struct span gtin_type, struct buffer *out) {
    struct epc_element list[EPC_DATA_MAX + 2];
    size_t count = 0, drop = 0;
    if (epc_to_elements(e, list, &count) != OK) return false;
    if (e->identity == EPC_GRAI) drop = 1;
    if (number_in(gtin_type) > 0) drop = 14 - number_in(gtin_type);
    for (size_t i = 0; i < drop; i++)
        if (list[0].value.text[i] != '0') return false;
    buffer_clear(out);
    buffer_append(out, list[0].value.text + drop, list[0].value.len - drop);
    return true;
}

/* ---- cases ---- */

static const char *tag_check(const struct epc *e, const struct epc_case *c) {
    struct epc tag, bits, made = *e;
    const char *wrong = NULL;
    if (epc_from_tag_uri(c->tag_uri, &tag) != OK) return "reading the tag URI";
    if ((wrong = has(&tag, FORM_ID, c->uri, "the URI of the tag URI")) != NULL) return wrong;
    if ((wrong = has(&tag, FORM_TAG, c->tag_uri, "the tag URI of itself")) != NULL) return wrong;
    if (epc_use_scheme(&made, tag.scheme, tag.filter) != OK) return "the scheme of the tag URI";
    if ((wrong = has(&made, FORM_TAG, c->tag_uri, "the tag URI")) != NULL) return wrong;
    if (c->hex.len == 0) return NULL;
    if ((wrong = has(&made, FORM_HEX, c->hex, "the bits")) != NULL) return wrong;
    if (!binary_same(&made, c->binary)) return "the bits, one by one";
    if (epc_from_hex(c->hex, &bits) != OK) return "reading the bits";
    if ((wrong = has(&bits, FORM_HEX, c->hex, "the bits of themselves")) != NULL) return wrong;
    if ((wrong = has(&bits, FORM_TAG, c->tag_uri, "the tag URI of the bits")) != NULL) return wrong;
    return has(&bits, FORM_ID, c->uri, "the URI of the bits");
}

/* "CPI.BinaryCodingScheme.CPI_VAR" is cpi-var. */
static enum epc_scheme scheme_of(struct span name) {
    char text[32];
    size_t len = 0;
    enum epc_scheme scheme = EPC_NO_SCHEME;
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '.') len = 0;
        else if (len < sizeof text) text[len++] = name.data[i] == '_' ? '-' : (char)name.data[i];
    }
    return epc_scheme_by_name(span_of(text, len), &scheme) ? scheme : EPC_NO_SCHEME;
}

/* "SGTIN" names the identity sgtin; a case that says nothing is about any. */
static bool identity_is(const struct epc *e, struct span name) {
    const char *ours = epc_identity_name(e->identity);
    for (size_t i = 0; i < name.len; i++)
        if ((name.data[i] | 0x20) != (uint8_t)ours[i]) return false;
    return name.len == 0 || name.len == strlen(ours);
}

static const char *uri_check(struct tally *t, const struct epc_case *c) {
    struct epc e;
    struct buffer key CLEANUP(buffer_free) = {0};
    const char *wrong = NULL;
    buffer_init(&key, ROOM);
    if (epc_from_id_uri(c->uri, &e) != OK) return "reading the URI";
    if (!identity_is(&e, c->identity)) return "what the URI names";
    if ((wrong = has(&e, FORM_ID, c->uri, "the URI of itself")) != NULL) return wrong;
    if (c->tag_uri.len > 0 && (wrong = tag_check(&e, c)) != NULL) return wrong;
    if (c->elements.len > 0 && (wrong = elements_check(t, &e, c)) != NULL) return wrong;
    if (c->key.len > 0 && (!key_write(&e, c->gtin_type, &key) || !span_equal(buffer_span(&key), c->key))) return "the key";
    return NULL;
}

/* What the case asks for is refused somewhere on the way. */
static const char *refusal_check(const struct epc_case *c) {
    struct epc e, tag;
    struct buffer key CLEANUP(buffer_free) = {0};
    enum epc_scheme scheme = scheme_of(c->scheme);
    buffer_init(&key, ROOM);
    if (epc_from_id_uri(c->uri, &e) != OK) return NULL;
    if (!identity_is(&e, c->identity)) return NULL;
    if (c->tag_uri.len > 0 && epc_from_tag_uri(c->tag_uri, &tag) != OK) return NULL;
    if (scheme != EPC_NO_SCHEME && epc_use_scheme(&e, scheme, 0) != OK) return NULL;
    if (c->gtin_type.len > 0 && !key_write(&e, c->gtin_type, &key)) return NULL;
    return "it was not refused";
}

/* Of a link that has prefix length, filter and host of what was read. */
static const char *link_back(const struct epc *e, const struct epc_case *c, struct epc *ret) {
    struct epc back;
    if (epc_from_digital_link(c->link, e->prefix_digits, &back) != OK) return "reading the link";
    back.host = e->host;
    if (epc_use_scheme(&back, e->scheme, e->filter) != OK) return "the scheme of the link";
    *ret = back;
    return NULL;
}

static const char *link_check(const struct epc_case *c) {
    struct epc e, back;
    char host[EPC_HOST_MAX + 64];
    enum epc_scheme scheme = EPC_NO_SCHEME;
    const char *wrong = NULL;
    if (epc_from_hex(c->hex, &e) != OK) return "reading the bits";
    if (epc_scheme_by_name(c->scheme, &scheme) && e.scheme != scheme) return "the scheme";
    snprintf(host, sizeof host, "hostname in the bits is %.*s", (int)e.host.len, e.host.text);
    if (span_starts(c->note, "hostname in the bits is ") && !span_is(c->note, host)) return "the host";
    if ((wrong = has(&e, FORM_LINK, c->link, "the link of the bits")) != NULL) return wrong;
    if ((wrong = has(&e, FORM_HEX, c->hex, "the bits of themselves")) != NULL) return wrong;
    if ((wrong = link_back(&e, c, &back)) != NULL) return wrong;
    return has(&back, FORM_HEX, c->hex, "the bits of the link");
}

static const char *segment_check(const struct epc_case *c) {
    struct epc e, back;
    bool hex = span_starts(c->segment, "eh");
    enum form form = hex ? FORM_SEGMENT_HEX : FORM_SEGMENT_BASE64;
    const char *wrong = NULL;
    if (epc_from_segment(c->segment, &e) != OK) return "reading the segment";
    if ((wrong = has(&e, FORM_LINK, c->link, "the link of the segment")) != NULL) return wrong;
    if ((wrong = has(&e, form, c->segment, "the segment of itself")) != NULL) return wrong;
    if ((wrong = link_back(&e, c, &back)) != NULL) return wrong;
    return has(&back, form, c->segment, "the segment of the link");
}

static void case_run(struct tally *t, const char *path, const struct epc_case *c) {
    const char *wrong = c->segment.len > 0 ? segment_check(c)
                        : c->link.len > 0  ? link_check(c)
                        : c->valid         ? uri_check(t, c)
                                           : refusal_check(c);
    struct span name = c->uri.len > 0 ? c->uri : c->segment.len > 0 ? c->segment : c->hex;
    tally_case(t, wrong == NULL, "%s: %.*s %.*s: %s", path, (int)name.len, (const char *)name.data, (int)c->tag_uri.len,
               (const char *)c->tag_uri.data, wrong == NULL ? "" : wrong);
}

/* ---- files ---- */

static void json_file(void *context, const char *path) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct json_list list;
    struct span entry, kwargs;
    char digits[24];
    buffer_init(&value, VECTOR_FILE_BYTES_MAX);
    if (!file_json(path, &value)) return;
    json_list_of(&list, buffer_span(&value));
    while (json_list_next(&list, &entry)) {
        struct epc_case c = {
            .valid = span_is(json_text(entry, "expect"), "valid"),
            .uri = json_text(entry, "uri"),
            .identity = json_text(entry, "scheme"),
            .tag_uri = json_text(entry, "tag_uri"),
            .hex = json_text(entry, "hex"),
            .binary = json_text(entry, "binary"),
            .elements = json_text(entry, "gs1_element_string"),
            .key = json_text(entry, "gs1_key"),
        };
        int len = snprintf(digits, sizeof digits, "%u", (unsigned)json_uint(entry, "company_prefix_length"));
        if (digits[0] != '0') c.prefix_digits = span_of(digits, (size_t)len);
        if (value_get(entry, "kwargs", &kwargs)) {
            c.scheme = json_text(kwargs, "binary_coding_scheme");
            c.gtin_type = json_text(kwargs, "gtin_type");
        }
        if (c.uri.len > 0) case_run(context, path, &c);
    }
}

/* Where a column of this name belongs; NULL: not needed. */
static struct span *column_of(struct span name, struct epc_case *c) {
    const struct {
        const char *name;
        struct span *field;
    } columns[] = {
        {"epc_uri", &c->uri},       {"tag_uri", &c->tag_uri},
        {"hex", &c->hex},           {"epc_binary_hex", &c->hex},
        {"segment", &c->segment},   {"digital_link_path", &c->link},
        {"note", &c->note},         {"digital_link_path_and_query", &c->link},
        {"gs1_key", &c->key},       {"gs1_element_string", &c->elements},
        {"scheme", &c->scheme},     {"company_prefix_length", &c->prefix_digits},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (span_is(name, columns[i].name)) return columns[i].field;
    return NULL;
}

static void csv_file(void *context, const char *path) {
    struct buffer text CLEANUP(buffer_free) = {0}, head[COLUMNS] = {0}, fields[COLUMNS] = {0};
    buffer_init(&text, VECTOR_FILE_BYTES_MAX);
    if (!file_read(path, &text)) return;
    struct span rest = buffer_span(&text);
    for (size_t c = 0; c < COLUMNS; c++) {
        buffer_init(&head[c], ROOM);
        buffer_init(&fields[c], ROOM);
    }
    bool more = csv_next(&rest, head, COLUMNS);
    while (more && csv_next(&rest, fields, COLUMNS)) {
        struct epc_case c = {.valid = true};
        for (size_t i = 0; i < COLUMNS; i++) {
            struct span *field = column_of(buffer_span(&head[i]), &c);
            if (field != NULL) *field = buffer_span(&fields[i]);
        }
        if (c.uri.len + c.hex.len + c.segment.len > 0) case_run(context, path, &c);
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        buffer_free(&head[c]);
        buffer_free(&fields[c]);
    }
}

void set_epc(const char *dir, struct tally *t) {
    files_each(dir, ".json", json_file, t);
    files_each(dir, ".csv", csv_file, t);
}
