/* set_gs1.c: rows of the unit tests of GS1's reference engine: {"macro": "test_parseDLuri(s, d, e)", "rows":
 * [{"args": [...], "state": {...}}]}. The macro's name says what a row is about, its state which switches are set. An
 * argument {"c": TOKEN} is a token of the C source: names of functions, of barcodes and NULL have a meaning here; variables
 * do not, and such rows are counted beside. */
#include <stdio.h>
#include <string.h>

#include "tests/vectors/vectors.h"
#include "trace/gs1_link.h"
#include "trace/gs1_scan.h"

enum { ARGS_MAX = 5, TEXT_MAX = 1 << 16 };

struct argument {
    enum { ARGUMENT_BOOL, ARGUMENT_TEXT, ARGUMENT_TOKEN } kind;
    bool yes;
    struct span token;
    struct buffer text; /* bytes: U+0080 to U+00FF stand for one each */
};

struct row {
    struct argument args[ARGS_MAX];
    uint32_t count;
    struct gs1_options options;
    bool add_check_digit;
};

static void bytes_of(struct span utf8, struct buffer *out) {
    for (size_t i = 0; i < utf8.len; i++) {
        const uint8_t *p = utf8.data + i;
        if (span_starts(span_part(utf8, i, utf8.len - i), VECTOR_NUL)) {
            buffer_u8(out, 0);
            i += 2;
        } else if ((p[0] == 0xc2 || p[0] == 0xc3) && i + 1 < utf8.len) {
            buffer_u8(out, (uint8_t)(((p[0] & 3) << 6) | (p[1] & 0x3f)));
            i++;
        } else {
            buffer_u8(out, p[0]);
        }
    }
}

static bool argument_read(struct span value, struct argument *ret) {
    struct unpack u;
    unpack_init(&u, value);
    buffer_init(&ret->text, TEXT_MAX);
    if (value_kind(value) == VALUE_BOOL) {
        ret->kind = ARGUMENT_BOOL;
        ret->yes = unpack_bool(&u);
    } else if (value_kind(value) == VALUE_TEXT) {
        ret->kind = ARGUMENT_TEXT;
        bytes_of(unpack_text(&u, TEXT_MAX), &ret->text);
    } else {
        ret->kind = ARGUMENT_TOKEN;
        ret->token = json_text(value, "c");
        return ret->token.len > 0;
    }
    return true;
}

static bool row_read(struct span row, struct row *ret) {
    struct json_list args;
    struct span state = SPAN_EMPTY, attributes, entry;
    json_list_begin(&args, row, "args");
    while (ret->count < ARGS_MAX && json_list_next(&args, &entry))
        if (!argument_read(entry, &ret->args[ret->count++])) return false;
    if (!value_get(row, "state", &state)) return ret->count > 0;
    ret->options.unknown_ais = json_bool(state, "PermitUnknownAIs");
    ret->options.short_gtins = json_bool(state, "PermitZeroSuppressedGTINinDLuris");
    ret->options.names = json_bool(state, "permitConvenienceAlphas");
    ret->options.unknown_attributes = value_get(state, "validation:UNKNOWN_AI_NOT_DL_ATTR", &attributes) &&
                                      !json_bool(state, "validation:UNKNOWN_AI_NOT_DL_ATTR");
    ret->add_check_digit = json_bool(state, "AddCheckDigit");
    return ret->count > 0;
}

static struct span text(const struct row *r, size_t i) {
    return buffer_span(&r->args[i].text);
}

static bool is_token(const struct row *r, size_t i, const char *name) {
    return r->args[i].kind == ARGUMENT_TOKEN && span_is(r->args[i].token, name);
}

/* What a case came to; RESULT_BESIDE where an argument has no meaning outside the C source. */
enum result { RESULT_FAILED, RESULT_PASSED, RESULT_BESIDE };

static enum result passed(bool good) {
    return good ? RESULT_PASSED : RESULT_FAILED;
}

static bool writes(const struct gs1_data *data, struct span expected) {
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, TEXT_MAX);
    gs1_write(data, '^', &out);
    return span_equal(buffer_span(&out), expected);
}

/* (s, d, e): read d; element strings e */
static enum result row_bracketed(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    bool good = gs1_read_bracketed(text(r, 1), &r->options, &data, &problem) == OK;
    return passed(good == r->args[0].yes && (!good || writes(&data, text(r, 2))));
}

static enum result row_link(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    bool good = gs1_link_read(text(r, 1), &r->options, &data, &problem) == OK;
    return passed(good == r->args[0].yes && (!good || writes(&data, text(r, 2))));
}

/* (s, d): read d */
static enum result row_unbracketed(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    return passed((gs1_read(text(r, 1), &r->options, &data, &problem) == OK) == r->args[0].yes);
}

/* (s, f, d): d is well formed; check f of it says s */
static enum result row_checks(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    enum err e;
    if (gs1_read_bracketed(text(r, 2), &r->options, &data, &problem)) return RESULT_FAILED;
    if (is_token(r, 1, "validateAIrepeats"))
        e = gs1_check_repeats(&data, &problem);
    else if (is_token(r, 1, "validateAImutex"))
        e = gs1_check_exclusions(&data, &problem);
    else if (is_token(r, 1, "validateAIrequisites"))
        e = gs1_check_requisites(&data, &problem);
    else if (is_token(r, 1, "validateDigSigRequiresSerialisedKey"))
        e = gs1_check_signed(&data, &problem);
    else
        return RESULT_BESIDE;
    return passed((e == OK) == r->args[0].yes);
}

/* (s, d, n, i, e): does d have an AI like n, other than i? e is the one */
static enum result row_exists(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    if (r->args[1].kind != ARGUMENT_TEXT) return RESULT_BESIDE;
    struct span d = text(r, 1);
    enum err e = span_starts(d, "^") ? gs1_read(d, &r->options, &data, &problem)
                                     : gs1_read_bracketed(d, &r->options, &data, &problem);
    if (e) return RESULT_FAILED;
    const struct gs1_element *found = gs1_find(&data, text(r, 2), text(r, 3));
    return passed((found != NULL) == r->args[0].yes && (!found || span_equal(gs1_ai(found), text(r, 4))));
}

/* (d, e): the refusal of d shows its place as e */
static enum result row_markup(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    struct buffer where CLEANUP(buffer_free) = {0};
    buffer_init(&where, TEXT_MAX);
    if (gs1_read_bracketed(text(r, 0), &r->options, &data, &problem) == OK) return RESULT_FAILED;
    gs1_problem_where(&problem, &where);
    return passed(span_equal(buffer_span(&where), text(r, 1)));
}

/* (s, t, d, e): the address of d under t (NULL: GS1's own) is e */
static enum result row_link_write(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    struct buffer out CLEANUP(buffer_free) = {0};
    struct span stem = is_token(r, 1, "NULL") ? span_text("https://id.gs1.org") : text(r, 1);
    buffer_init(&out, TEXT_MAX);
    if (r->args[1].kind == ARGUMENT_TOKEN && !is_token(r, 1, "NULL")) return RESULT_BESIDE;
    if (gs1_read_bracketed(text(r, 2), &r->options, &data, &problem)) return RESULT_FAILED;
    bool good = gs1_link_write(&data, stem, &r->options, &out, &problem) == OK;
    return passed(good == r->args[0].yes && (!good || span_equal(buffer_span(&out), text(r, 3))));
}

/* (i, p, q): i in a path is p, in a query q */
static enum result row_escape(const struct row *r, void (*fn)(struct span, bool, struct buffer *)) {
    struct buffer path CLEANUP(buffer_free) = {0}, query CLEANUP(buffer_free) = {0};
    buffer_init(&path, TEXT_MAX);
    buffer_init(&query, TEXT_MAX);
    fn(text(r, 0), false, &path);
    fn(text(r, 0), true, &query);
    return passed(span_equal(buffer_span(&path), text(r, 1)) && span_equal(buffer_span(&query), text(r, 2)));
}

static bool symbology_of(struct span token, enum gs1_symbology *ret) {
    static const struct {
        const char *token;
        enum gs1_symbology symbology;
    } rows[] = {
        {"NONE", GS1_SYMBOLOGY_NONE},
        {"DataBarOmni", GS1_SYMBOLOGY_DATABAR_OMNI},
        {"DataBarTruncated", GS1_SYMBOLOGY_DATABAR_OMNI},
        {"DataBarStacked", GS1_SYMBOLOGY_DATABAR_OMNI},
        {"DataBarStackedOmni", GS1_SYMBOLOGY_DATABAR_OMNI},
        {"DataBarLimited", GS1_SYMBOLOGY_DATABAR_LIMITED},
        {"DataBarExpanded", GS1_SYMBOLOGY_DATABAR_EXPANDED},
        {"UPCA", GS1_SYMBOLOGY_UPC_A},
        {"UPCE", GS1_SYMBOLOGY_UPC_E},
        {"EAN13", GS1_SYMBOLOGY_EAN_13},
        {"EAN8", GS1_SYMBOLOGY_EAN_8},
        {"GS1_128_CCA", GS1_SYMBOLOGY_GS1_128},
        {"GS1_128_CCC", GS1_SYMBOLOGY_GS1_128},
        {"QR", GS1_SYMBOLOGY_QR},
        {"DM", GS1_SYMBOLOGY_DATA_MATRIX},
        {"DotCode", GS1_SYMBOLOGY_DOTCODE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!span_is(token, rows[i].token)) continue;
        *ret = rows[i].symbology;
        return true;
    }
    return false;
}

/* (n, d, e): d in a barcode n is transmitted as e; NULL: n cannot carry it */
static enum result row_scan_write(const struct row *r) {
    struct gs1_problem problem;
    struct buffer out CLEANUP(buffer_free) = {0};
    enum gs1_symbology symbology;
    buffer_init(&out, TEXT_MAX);
    if (!symbology_of(r->args[0].token, &symbology)) return RESULT_BESIDE;
    bool good = gs1_scan_write(symbology, text(r, 1), r->add_check_digit, &r->options, &out, &problem) == OK;
    bool expected = !is_token(r, 2, "NULL");
    return passed(good == expected && (!good || span_equal(buffer_span(&out), text(r, 2))));
}

/* (ss, sd, s, d): scan data sd is the message d of a barcode s */
static enum result row_scan_read(const struct row *r) {
    struct gs1_data data;
    struct gs1_problem problem;
    struct buffer message CLEANUP(buffer_free) = {0};
    enum gs1_symbology symbology = GS1_SYMBOLOGY_NONE, expected;
    buffer_init(&message, TEXT_MAX);
    if (!symbology_of(r->args[2].token, &expected)) return RESULT_BESIDE;
    bool good = gs1_scan_read(text(r, 1), &r->options, &symbology, &message, &data, &problem) == OK;
    bool same = symbology == expected && span_equal(buffer_span(&message), text(r, 3));
    return passed(good == r->args[0].yes && (!good || same));
}

static enum result row_run(struct span macro, const struct row *r) {
    if (span_starts(macro, "test_parseDLuri(")) return row_link(r);
    if (span_starts(macro, "test_testGenerateDLuri(")) return row_link_write(r);
    if (span_starts(macro, "test_URIescape(")) return row_escape(r, gs1_link_escape);
    if (span_starts(macro, "test_URIunescape(")) return row_escape(r, gs1_link_unescape);
    if (span_starts(macro, "test_parseAIdata(")) return row_bracketed(r);
    if (span_starts(macro, "test_processAIdata(")) return row_unbracketed(r);
    if (span_starts(macro, "test_validateAIs(")) return row_checks(r);
    if (span_starts(macro, "test_existsInAIdata(")) return row_exists(r);
    if (span_starts(macro, "test_errMarkup(")) return row_markup(r);
    if (span_starts(macro, "test_testGenerateScanData(")) return row_scan_write(r);
    if (span_starts(macro, "test_testProcessScanData(")) return row_scan_read(r);
    return RESULT_FAILED;
}

static void one(void *context, const char *path) {
    struct tally *t = context;
    struct buffer file CLEANUP(buffer_free) = {0};
    struct json_list rows;
    struct span entry;
    uint32_t number = 0;
    buffer_init(&file, VECTOR_FILE_BYTES_MAX);
    if (!file_json(path, &file)) {
        tally_case(t, false, "%s is no JSON", path);
        return;
    }
    struct span macro = json_text(buffer_span(&file), "macro");
    json_list_begin(&rows, buffer_span(&file), "rows");
    while (json_list_next(&rows, &entry)) {
        struct row r = {.count = 0};
        enum result result = row_read(entry, &r) ? row_run(macro, &r) : RESULT_FAILED;
        struct span first = text(&r, 0), second = text(&r, 1);
        number++;
        if (result == RESULT_BESIDE)
            tally_beside(t, "the row's data is a variable of the C source");
        else
            tally_case(t, result == RESULT_PASSED, "%s row %u: %.*s %.*s", path, number, (int)first.len,
                       (const char *)first.data, (int)second.len, (const char *)second.data);
        for (uint32_t i = 0; i < r.count; i++)
            buffer_free(&r.args[i].text);
    }
}

void set_gs1(const char *dir, struct tally *t) {
    files_each(dir, ".json", one, t);
}
