/* A barcode says by its symbology identifier how the rest is to be read: as element strings, as a GTIN
 * of so many digits, or as text. One table holds both directions. */
#include "trace/gs1_scan.h"

#include "trace/gs1_link.h"
#include "trace/identifier.h"

enum carries {
    CARRIES_GTIN,     /* digits, nothing else */
    CARRIES_ELEMENTS, /* element strings, nothing else */
    CARRIES_EITHER,   /* element strings under one identifier, text under another */
};

static const struct symbology {
    const char *name;
    enum carries carries;
    char plain[4], elements[4]; /* its symbology identifiers */
    uint8_t digits;             /* of the GTIN in the message */
} symbologies[GS1_SYMBOLOGIES] = {
    [GS1_SYMBOLOGY_NONE] = {.name = "none"},
    [GS1_SYMBOLOGY_DATABAR_OMNI] = {"GS1 DataBar", CARRIES_GTIN, "", "]e0", 14},
    [GS1_SYMBOLOGY_DATABAR_LIMITED] = {"GS1 DataBar Limited", CARRIES_GTIN, "", "]e0", 14},
    [GS1_SYMBOLOGY_DATABAR_EXPANDED] = {"GS1 DataBar Expanded", CARRIES_ELEMENTS, "", "]e0", 0},
    [GS1_SYMBOLOGY_UPC_A] = {"UPC-A", CARRIES_GTIN, "]E0", "", 12},
    [GS1_SYMBOLOGY_UPC_E] = {"UPC-E", CARRIES_GTIN, "]E0", "", 12},
    [GS1_SYMBOLOGY_EAN_13] = {"EAN-13", CARRIES_GTIN, "]E0", "", 13},
    [GS1_SYMBOLOGY_EAN_8] = {"EAN-8", CARRIES_GTIN, "]E4", "", 8},
    [GS1_SYMBOLOGY_ITF_14] = {"ITF-14", CARRIES_GTIN, "]I1", "", 14},
    [GS1_SYMBOLOGY_GS1_128] = {"GS1-128", CARRIES_ELEMENTS, "", "]C1", 0},
    [GS1_SYMBOLOGY_QR] = {"QR", CARRIES_EITHER, "]Q1", "]Q3", 0},
    [GS1_SYMBOLOGY_DATA_MATRIX] = {"Data Matrix", CARRIES_EITHER, "]d1", "]d2", 0},
    [GS1_SYMBOLOGY_DOTCODE] = {"DotCode", CARRIES_EITHER, "]J0", "]J1", 0},
};

/* Which symbology a reader means. DataBar Expanded stands for all that transmit ]e0, EAN-13 for the
 * UPC barcodes, which readers give as EAN-13. */
static const enum gs1_symbology readable[] = {
    GS1_SYMBOLOGY_DATABAR_EXPANDED, GS1_SYMBOLOGY_EAN_13,  GS1_SYMBOLOGY_EAN_8,
    GS1_SYMBOLOGY_ITF_14,           GS1_SYMBOLOGY_GS1_128, GS1_SYMBOLOGY_QR,
    GS1_SYMBOLOGY_DATA_MATRIX,      GS1_SYMBOLOGY_DOTCODE,
};

static const char group_separator[] = "\x1d";

const char *gs1_symbology_name(enum gs1_symbology symbology) {
    return symbologies[symbology].name;
}

static enum err problem(struct gs1_problem *ret, enum err err, size_t at) {
    *ret = (struct gs1_problem){.err = err, .at = at};
    return err;
}

bool gs1_scan_begins(struct span text) {
    if (text.len < 3 || text.data[0] != ']') return false;
    char letter = (char)text.data[1];
    return ((letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z')) &&
           gs1_in_set('N', (char)text.data[2]);
}

static struct span rest_from(struct span s, size_t at) {
    return span_part(s, at, s.len - at);
}

/* A text that could be taken for element strings: backslashes, then "^". */
static bool looks_like_elements(struct span text) {
    size_t i = 0;
    while (i < text.len && text.data[i] == '\\')
        i++;
    return i < text.len && text.data[i] == '^';
}

/* -- reading -- */

/* GS between element strings becomes "^"; a "^" that a barcode really holds is no element string. */
static enum err elements_read(struct span data, size_t at, const struct gs1_options *options,
                              struct buffer *message, struct gs1_data *ret_data,
                              struct gs1_problem *ret_problem) {
    struct buffer text CLEANUP(buffer_free) = {0};
    buffer_init(&text, GS1_TEXT_MAX);
    buffer_text(&text, "^");
    for (size_t i = 0; i < data.len; i++) {
        char c = (char)data.data[i];
        if (c == '^') return problem(ret_problem, ERR_GS1_CHARACTER, at + i);
        buffer_append(&text, c == group_separator[0] ? "^" : &c, 1);
    }
    if (text.overflow) return problem(ret_problem, ERR_GS1_LENGTH, 0);
    enum err e = gs1_read(buffer_span(&text), options, ret_data, ret_problem);
    if (!e) buffer_append_span(message, buffer_span(&text));
    return e;
}

static enum err gtin_add(struct span digits, const struct gs1_options *options,
                         struct gs1_data *data, struct gs1_problem *ret_problem) {
    char gtin[14];
    for (size_t i = 0; i < 14; i++)
        gtin[i] = i < 14 - digits.len ? '0' : (char)digits.data[i + digits.len - 14];
    return gs1_add(data, span_text("01"), span_of(gtin, 14), options, 0, ret_problem);
}

/* "2112345678900|]e099COMPOSITE" */
static enum err gtin_read(struct span data, size_t digits, const struct gs1_options *options,
                          struct buffer *message, struct gs1_data *ret_data,
                          struct gs1_problem *ret_problem) {
    struct span component = data, gtin = span_take(&component, '|');
    struct gs1_data all = {.count = 0}, more = {.count = 0};
    if (gtin.len != digits) return problem(ret_problem, ERR_GS1_SCAN_DATA, 3);
    enum err e = gtin_add(gtin, options, &all, ret_problem);
    if (e) return e;
    buffer_append_span(message, gtin);
    if (gtin.len < data.len) {
        if (!span_starts(component, "]e0"))
            return problem(ret_problem, ERR_GS1_SCAN_SYMBOLOGY, 3 + gtin.len + 1);
        buffer_text(message, "|");
        e = elements_read(rest_from(component, 3), 3 + gtin.len + 4, options, message, &more,
                          ret_problem);
    }
    for (size_t i = 0; !e && i < more.count; i++)
        e = gs1_add(&all, gs1_ai(&more.elements[i]), gs1_value(&more.elements[i]), options, 0,
                    ret_problem);
    if (!e) *ret_data = all;
    return e;
}

static enum err text_read(struct span data, const struct gs1_options *options,
                          struct buffer *message, struct gs1_data *ret_data,
                          struct gs1_problem *ret_problem) {
    *ret_data = (struct gs1_data){.count = 0};
    if (looks_like_elements(data)) buffer_text(message, "\\");
    buffer_append_span(message, data);
    return gs1_link_begins(data) ? gs1_link_read(data, options, ret_data, ret_problem) : OK;
}

enum err gs1_scan_read(struct span scan, const struct gs1_options *options,
                       enum gs1_symbology *ret_symbology, struct buffer *message,
                       struct gs1_data *ret_data, struct gs1_problem *ret_problem) {
    if (scan.len > GS1_TEXT_MAX) return problem(ret_problem, ERR_GS1_LENGTH, 0);
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        const struct symbology *s = &symbologies[readable[i]];
        bool plain = s->plain[0] != '\0' && span_starts(scan, s->plain);
        bool elements = s->elements[0] != '\0' && span_starts(scan, s->elements);
        if (!plain && !elements) continue;
        struct span data = rest_from(scan, 3);
        enum err e;
        if (elements)
            e = elements_read(data, 3, options, message, ret_data, ret_problem);
        else if (s->carries == CARRIES_GTIN)
            e = gtin_read(data, s->digits, options, message, ret_data, ret_problem);
        else
            e = text_read(data, options, message, ret_data, ret_problem);
        if (!e) *ret_symbology = readable[i];
        return e;
    }
    return problem(ret_problem, ERR_GS1_SCAN_SYMBOLOGY, 0);
}

/* -- writing -- */

/* General Specifications 5.2.2.4.2: which GTIN-12 have the short form with zeros left out. */
static bool upc_e_possible(struct span gtin12) {
    const uint8_t *d = gtin12.data;
    if (d[0] != '0') return false;
    struct span company = span_part(gtin12, 1, 5), item = span_part(gtin12, 6, 5);
    bool short_company = company.data[3] == '0' && company.data[4] == '0';
    if (short_company && company.data[2] <= '2') return span_starts(item, "00");
    if (short_company) return span_starts(item, "000");
    if (company.data[4] == '0') return span_starts(item, "0000");
    return span_starts(item, "0000") && item.data[4] >= '5';
}

/* The digits a barcode of GTINs holds: of "^01" and 14 digits without the zeros it has no room for, or
 * as they are. */
static enum err gtin_of_message(enum gs1_symbology symbology, struct span message, bool add_check,
                                const struct gs1_options *options, struct buffer *digits,
                                struct gs1_problem *ret_problem) {
    size_t wanted = symbologies[symbology].digits;
    struct gs1_data checked = {.count = 0};
    struct span gtin = message;
    if (span_starts(message, "^01") && message.len == 17) {
        gtin = span_part(message, 3, 14);
        for (size_t i = 0; i < 14 - wanted; i++)
            if (gtin.data[i] != '0') return problem(ret_problem, ERR_GS1_SCAN_DATA, 3 + i);
        gtin = rest_from(gtin, 14 - wanted);
        add_check = false;
    }
    if (gtin.len != wanted - (add_check ? 1 : 0)) return problem(ret_problem, ERR_GS1_SCAN_DATA, 0);
    for (size_t i = 0; i < gtin.len; i++)
        if (!gs1_in_set('N', (char)gtin.data[i]))
            return problem(ret_problem, ERR_GS1_CHARACTER, i);
    buffer_append_span(digits, gtin);
    if (add_check) buffer_u8(digits, (uint8_t)identifier_check_digit(gtin));
    enum err e = gtin_add(buffer_span(digits), options, &checked, ret_problem);
    if (e) return e;
    bool refused = (symbology == GS1_SYMBOLOGY_DATABAR_LIMITED && digits->data[0] > '1') ||
                   (symbology == GS1_SYMBOLOGY_UPC_E && !upc_e_possible(buffer_span(digits)));
    return refused ? problem(ret_problem, ERR_GS1_SCAN_DATA, 0) : OK;
}

/* Element strings as they are transmitted: without the first FNC1, GS for the others. */
static enum err elements_write(struct span message, const struct gs1_options *options,
                               struct buffer *out, bool *ret_open,
                               struct gs1_problem *ret_problem) {
    struct gs1_data data;
    enum err e = gs1_read(message, options, &data, ret_problem);
    if (e) return e;
    for (size_t i = 1; i < message.len; i++)
        buffer_append(out, message.data[i] == '^' ? group_separator : (const char *)&message.data[i],
                      1);
    *ret_open = gs1_needs_separator(&data.elements[data.count - 1]) &&
                message.data[message.len - 1] != '^';
    return OK;
}

/* A barcode of GTINs: its digits behind the identifier; UPC becomes EAN-13 by a zero. */
static enum err gtin_write(enum gs1_symbology symbology, struct span message, bool add_check,
                           const struct gs1_options *options, struct buffer *out,
                           struct gs1_problem *ret_problem) {
    const struct symbology *s = &symbologies[symbology];
    struct buffer digits CLEANUP(buffer_free) = {0};
    buffer_init(&digits, 16);
    enum err e =
        gtin_of_message(symbology, message, add_check, options, &digits, ret_problem);
    if (e) return e;
    buffer_text(out, s->elements[0] != '\0' ? s->elements : s->plain);
    if (s->elements[0] != '\0') buffer_text(out, "01");
    if (s->digits == 12) buffer_text(out, "0");
    buffer_append_span(out, buffer_span(&digits));
    return OK;
}

/* The part before "|^", which begins the composite component; all of it when there is none. */
static struct span linear_part(struct span message) {
    size_t i = 0;
    while (i < message.len && !span_starts(rest_from(message, i), "|^"))
        i++;
    return span_part(message, 0, i);
}

enum err gs1_scan_write(enum gs1_symbology symbology, struct span message, bool add_check_digit,
                        const struct gs1_options *options, struct buffer *out,
                        struct gs1_problem *ret_problem) {
    const struct symbology *s = &symbologies[symbology];
    bool elements = message.len > 0 && message.data[0] == '^', open = false;
    if (symbology == GS1_SYMBOLOGY_NONE)
        return problem(ret_problem, ERR_GS1_SCAN_SYMBOLOGY, 0);
    if (message.len > GS1_TEXT_MAX) return problem(ret_problem, ERR_GS1_LENGTH, 0);
    if (s->carries == CARRIES_EITHER) {
        buffer_text(out, elements ? s->elements : s->plain);
        if (elements) return elements_write(message, options, out, &open, ret_problem);
        bool escaped = looks_like_elements(message);
        buffer_append_span(out, escaped ? rest_from(message, 1) : message);
        return OK;
    }
    struct span linear = linear_part(message);
    bool composite = linear.len < message.len;
    enum err e;
    if (s->carries == CARRIES_GTIN) {
        e = gtin_write(symbology, linear, add_check_digit, options, out, ret_problem);
        if (composite && s->elements[0] == '\0') buffer_text(out, "|]e0");
    } else {
        buffer_text(out, composite ? "]e0" : s->elements);
        e = elements_write(linear, options, out, &open, ret_problem);
    }
    if (e || !composite) return e;
    if (open) buffer_text(out, group_separator);
    return elements_write(rest_from(message, linear.len + 1), options, out, &open, ret_problem);
}
