/* epc_uri.c: the URIs of a name: urn:epc:id (and :class, :idpat) of TDS section 6.3, urn:epc:tag of
 * section 12. A serial may hold dots: the last part takes what is left. */
#include <string.h>

#include "trace/charset.h"
#include "trace/epc_tables.h"

enum { PARTS_MAX = 5 };

/* Parts between dots, after filter and scheme. */
static unsigned parts_count(enum epc_identity identity) {
    const struct identity_row *row = identity_row(identity);
    switch (identity) {
    case EPC_ITIP:
        return 5;
    case EPC_GID:
    case EPC_ADI:
        return 3;
    case EPC_BIC:
    case EPC_IMOVN:
        return 1;
    case EPC_SGTIN:
    case EPC_LGTIN:
    case EPC_UPUI:
    case EPC_SSCC:
    case EPC_SGLN:
    case EPC_PGLN:
    case EPC_GRAI:
    case EPC_GIAI:
    case EPC_GSRN:
    case EPC_GSRNP:
    case EPC_GDTI:
    case EPC_SGCN:
    case EPC_CPI:
    case EPC_GSIN:
    case EPC_GINC:
    case EPC_USDOD:
        return row->serial.max > 0 && row->joint != JOINT_NONE ? 3 : 2;
    case EPC_IDENTITIES:
        break;
    }
    CHECK(false);
}

static bool parts_read(struct span text, unsigned count, struct span ret[PARTS_MAX]) {
    for (unsigned i = 0; i + 1 < count; i++) {
        size_t end = 0;
        while (end < text.len && text.data[end] != '.')
            end++;
        if (end == text.len) return false;
        ret[i] = span_part(text, 0, end);
        text = span_part(text, end + 1, text.len - end - 1);
    }
    ret[count - 1] = text;
    return true;
}

/* TDS Tables A-1 and G-1: these are written as escapes only. */
static bool must_escape(char c) {
    return strchr("\"%&/<>?#", c) != NULL;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

static enum err unescape(struct span text, struct epc_value *ret) {
    struct epc_value value = {.len = 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.data[i];
        if (c == '%') {
            int high = i + 1 < text.len ? hex_value((char)text.data[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_value((char)text.data[i + 2]) : -1;
            if (high < 0 || low < 0 || high * 16 + low == 0) return ERR_EPC_CHARACTER;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '\0' || must_escape(c)) {
            return ERR_EPC_CHARACTER;
        }
        if (!value_add(&value, span_of(&c, 1))) return ERR_EPC_LENGTH;
    }
    *ret = value;
    return OK;
}

static void escape(struct span text, struct buffer *out) {
    for (size_t i = 0; i < text.len; i++) {
        if (must_escape((char)text.data[i]))
            buffer_printf(out, "%%%02X", text.data[i]);
        else
            buffer_u8(out, text.data[i]);
    }
}

/* ---- reading ---- */

static enum err gs1_parts(const struct span parts[PARTS_MAX], unsigned count, struct epc *e) {
    const struct identity_row *row = identity_row(e->identity);
    struct epc_value reference = {.len = 0};
    enum err err = unescape(parts[1], &reference);
    if (err == OK) err = key_join(row, parts[0], value_span(&reference), &e->key);
    if (err != OK) return err;
    e->prefix_digits = (uint8_t)parts[0].len;
    if (e->identity == EPC_ITIP) {
        if (parts[2].len != 2 || parts[3].len != 2) return ERR_EPC_LENGTH;
        CHECK(value_add(&e->key, parts[2]) && value_add(&e->key, parts[3]));
    }
    if (row->serial.max == 0) return OK;
    struct span serial = parts[count - 1];
    if (e->pattern) return span_is(serial, "*") ? OK : ERR_EPC_URI;
    if (serial.len == 0) return ERR_EPC_LENGTH;
    if (row->no_extension && span_is(serial, "0")) return OK;
    return unescape(serial, &e->serial);
}

static enum err parts_take(struct span text, struct epc *e) {
    struct span parts[PARTS_MAX];
    unsigned count = parts_count(e->identity);
    if (!parts_read(text, count, parts)) return ERR_EPC_URI;
    enum err err = OK;
    if (identity_row(e->identity)->joint != JOINT_NONE) {
        err = gs1_parts(parts, count, e);
    } else {
        err = unescape(parts[0], &e->key);
        if (err == OK && count == 3) err = unescape(parts[1], &e->part);
        if (err == OK && count > 1) err = unescape(parts[count - 1], &e->serial);
    }
    return err == OK ? epc_check(e) : err;
}

/* "urn:epc:" in any case of letters, as URNs are; what follows is as the standard writes it. */
static bool urn_body(struct span text, struct span *ret) {
    static const char head[] = "urn:epc:";
    enum { HEAD = sizeof head - 1 };
    if (text.len < HEAD) return false;
    for (size_t i = 0; i < HEAD; i++) {
        char c = (char)text.data[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        if (c != head[i]) return false;
    }
    *ret = span_part(text, HEAD, text.len - HEAD);
    return true;
}

/* Takes "word:" off the front. */
static bool word_take(struct span *text, struct span *ret_word) {
    for (size_t i = 0; i < text->len; i++) {
        if (text->data[i] != ':') continue;
        *ret_word = span_part(*text, 0, i);
        *text = span_part(*text, i + 1, text->len - i - 1);
        return true;
    }
    return false;
}

static const char *kind_of(const struct epc *e) {
    if (e->pattern) return "idpat";
    return e->identity == EPC_LGTIN ? "class" : "id";
}

enum err epc_from_id_uri(struct span text, struct epc *ret) {
    struct epc e = {.scheme = EPC_NO_SCHEME};
    struct span body, kind, name;
    if (!urn_body(text, &body) || !word_take(&body, &kind) || !word_take(&body, &name)) return ERR_EPC_URI;
    for (int i = 0; i < EPC_IDENTITIES; i++) {
        e.identity = (enum epc_identity)i;
        e.pattern = span_is(kind, "idpat") && identity_row(e.identity)->pattern;
        if (!span_is(name, identity_row(e.identity)->name) || !span_is(kind, kind_of(&e))) continue;
        enum err err = parts_take(body, &e);
        if (err == OK) *ret = e;
        return err;
    }
    return ERR_EPC_URI;
}

enum err epc_from_tag_uri(struct span text, struct epc *ret) {
    struct epc e = {.scheme = EPC_NO_SCHEME};
    struct span body, kind, name;
    if (!urn_body(text, &body) || !word_take(&body, &kind) || !word_take(&body, &name)) return ERR_EPC_URI;
    if (!span_is(kind, "tag") || !epc_scheme_by_name(name, &e.scheme)) return ERR_EPC_URI;
    const struct scheme_row *row = scheme_row(e.scheme);
    if (row->layout == LAYOUT_PLUS || !span_is(name, row->name)) return ERR_EPC_URI;
    unsigned filter = 0;
    if (row->filter_bits > 0) {
        size_t digits = 0;
        while (digits < body.len && digits < 3 && charset_has(SET_DIGITS, (char)body.data[digits]))
            filter = filter * 10 + (unsigned)(body.data[digits++] - '0');
        if (digits == 0 || digits == body.len || body.data[digits] != '.') return ERR_EPC_URI;
        if (filter >> row->filter_bits != 0 || (digits > 1 && body.data[0] == '0')) return ERR_EPC_FILTER;
        body = span_part(body, digits + 1, body.len - digits - 1);
    }
    e.identity = row->identity;
    enum err err = parts_take(body, &e);
    if (err == OK) err = epc_use_scheme(&e, e.scheme, (uint8_t)filter);
    if (err == OK) *ret = e;
    return err;
}

/* ---- writing ---- */

static void dot(struct buffer *out) {
    buffer_u8(out, '.');
}

static void parts_write(const struct epc *e, struct buffer *out) {
    const struct identity_row *row = identity_row(e->identity);
    if (row->joint == JOINT_NONE) {
        unsigned count = parts_count(e->identity);
        escape(value_span(&e->key), out);
        if (count == 3) dot(out), escape(value_span(&e->part), out);
        if (count > 1) dot(out), escape(value_span(&e->serial), out);
        return;
    }
    struct epc_value company, reference;
    key_split(e, &company, &reference);
    buffer_append_span(out, value_span(&company));
    dot(out);
    escape(value_span(&reference), out);
    if (e->identity == EPC_ITIP) buffer_printf(out, ".%.2s.%.2s", e->key.text + 14, e->key.text + 16);
    if (row->serial.max == 0) return;
    dot(out);
    if (e->pattern)
        buffer_u8(out, '*');
    else if (e->serial.len == 0)
        buffer_u8(out, '0'); /* SGLN without extension */
    else
        escape(value_span(&e->serial), out);
}

/* The prefix, where there is one, is known and a part of the key. */
static enum err writable(const struct epc *e) {
    enum err err = epc_check(e);
    if (err != OK) return err;
    if (epc_needs_prefix(e->identity) && e->prefix_digits == 0) return ERR_EPC_PREFIX_UNKNOWN;
    return OK;
}

/* A lot of pieces, a variant: the pattern of the whole class would name more than was named. */
static bool part_of_class(const struct epc *e) {
    bool part = false;
    for (size_t i = 0; i < e->data_count; i++)
        part = part || strcmp(e->data[i].ai, "10") == 0 || strcmp(e->data[i].ai, "22") == 0;
    return e->pattern && part;
}

enum err epc_to_id_uri(const struct epc *e, struct buffer *out) {
    enum err err = writable(e);
    if (err != OK) return err;
    if (part_of_class(e)) return ERR_EPC_NO_FORM;
    buffer_printf(out, "urn:epc:%s:%s:", kind_of(e), epc_identity_name(e->identity));
    parts_write(e, out);
    return OK;
}

enum err epc_to_tag_uri(const struct epc *e, struct buffer *out) {
    struct epc trial = *e;
    const struct scheme_row *row = scheme_row(e->scheme);
    if (e->scheme == EPC_NO_SCHEME || row->layout == LAYOUT_PLUS) return ERR_EPC_NO_FORM;
    enum err err = epc_use_scheme(&trial, e->scheme, e->filter);
    if (err != OK) return err;
    buffer_printf(out, "urn:epc:tag:%s:", row->name);
    if (row->filter_bits > 0) buffer_printf(out, "%u.", e->filter);
    parts_write(e, out);
    return OK;
}

enum err epc_use_prefix(struct epc *e, uint8_t digits) {
    struct epc trial = *e;
    trial.prefix_digits = digits;
    if (!epc_needs_prefix(e->identity) || digits == 0) return ERR_EPC_PREFIX;
    enum err err = epc_check(&trial);
    if (err == OK) *e = trial;
    return err;
}
