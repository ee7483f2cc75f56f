/* epc_binary.c: a name from the bits of a tag and back: the coding tables of TDS section 14.6, as the row of
 * the scheme says, and the data that may follow a "+" scheme (section 15.3).
 *
 * Stricter than the standard, so that a damaged tag is refused rather than taken for another: what follows
 * the EPC is zero, and the data toggle says what is there. */
#include "trace/epc_tables.h"

#include <string.h>

/* Bits of a company prefix of so many digits; partition value = 12 - digits. */
static unsigned prefix_bits(unsigned digits) {
    static const uint8_t bits[] = {20, 24, 27, 30, 34, 37, 40};
    CHECK(digits >= EPC_PREFIX_MIN && digits <= EPC_PREFIX_MAX);
    return bits[digits - EPC_PREFIX_MIN];
}

/* ---- schemes of company prefix, reference and serial ---- */

static enum err reference_put(struct bit_writer *w, const struct scheme_row *row, struct span reference,
                              unsigned prefix_digits) {
    unsigned bits = row->reference == CODING_SIX ? 0 : row->part_bits - prefix_bits(prefix_digits);
    unsigned digits = row->part_digits - prefix_digits;
    if (reference.len > digits) return ERR_EPC_CANNOT_CARRY;
    switch (row->reference) {
    case CODING_NUMBER:
        if (text_check(reference, (struct text_rule){1, (uint8_t)digits, LETTERS_NUMBER}) != OK)
            return ERR_EPC_CANNOT_CARRY;
        return decimal_put(w, reference, bits) ? OK : ERR_EPC_CANNOT_CARRY;
    case CODING_DIGITS:
        return decimal_put(w, reference, bits) ? OK : ERR_EPC_CANNOT_CARRY;
    case CODING_STRING:
        return string7_put(w, reference, bits);
    case CODING_SIX:
        return string6_put(w, reference);
    case CODING_NONE:
    case CODING_ONE:
        break;
    }
    CHECK(false);
}

static enum err serial_put(struct bit_writer *w, const struct scheme_row *row, const struct epc *e) {
    struct span serial = value_span(&e->serial);
    struct epc_value one = {.text = "1", .len = 1};
    if (serial.len == 0 && identity_row(e->identity)->no_extension) serial = span_text("0");
    switch (row->serial) {
    case CODING_NONE:
        bits_put(w, 0, row->serial_bits);
        return OK;
    case CODING_NUMBER:
        if (text_check(serial, (struct text_rule){1, 20, LETTERS_NUMBER}) != OK) return ERR_EPC_CANNOT_CARRY;
        return decimal_put(w, serial, row->serial_bits) ? OK : ERR_EPC_CANNOT_CARRY;
    case CODING_STRING:
        return string7_put(w, serial, row->serial_bits);
    case CODING_ONE:
        if (text_check(serial, (struct text_rule){1, 20, LETTERS_DIGITS}) != OK) return ERR_EPC_CANNOT_CARRY;
        CHECK(value_add(&one, serial));
        return decimal_put(w, value_span(&one), row->serial_bits) ? OK : ERR_EPC_CANNOT_CARRY;
    case CODING_DIGITS:
    case CODING_SIX:
        break;
    }
    CHECK(false);
}

static enum err gs1_put(struct bit_writer *w, const struct scheme_row *row, const struct epc *e) {
    struct epc_value company, reference;
    if (e->prefix_digits == 0) return ERR_EPC_PREFIX_UNKNOWN;
    key_split(e, &company, &reference);
    bits_put(w, EPC_PREFIX_MAX - e->prefix_digits, 3);
    CHECK(decimal_put(w, value_span(&company), prefix_bits(e->prefix_digits)));
    enum err err = reference_put(w, row, value_span(&reference), e->prefix_digits);
    if (err == OK && e->identity == EPC_ITIP) {
        CHECK(decimal_put(w, span_of(e->key.text + 14, 2), 7));
        CHECK(decimal_put(w, span_of(e->key.text + 16, 2), 7));
    }
    return err == OK ? serial_put(w, row, e) : err;
}

static enum err reference_take(struct bit_reader *r, const struct scheme_row *row, unsigned prefix_digits,
                               struct epc_value *ret) {
    unsigned bits = row->reference == CODING_SIX ? 0 : row->part_bits - prefix_bits(prefix_digits);
    unsigned digits = row->part_digits - prefix_digits;
    struct epc_value value = {.len = (uint8_t)digits};
    switch (row->reference) {
    case CODING_NUMBER:
        return number_take(r, bits, digits, ret) ? OK : ERR_EPC_NUMBER;
    case CODING_DIGITS:
        if (!decimal_take(r, bits, digits, value.text)) return ERR_EPC_NUMBER;
        *ret = value;
        return OK;
    case CODING_STRING:
        return string7_take(r, bits, digits, ret);
    case CODING_SIX:
        return string6_take(r, digits, ret);
    case CODING_NONE:
    case CODING_ONE:
        break;
    }
    CHECK(false);
}

static enum err serial_take(struct bit_reader *r, const struct scheme_row *row, struct epc *e) {
    const struct identity_row *identity = identity_row(e->identity);
    struct epc_value one = {.len = 0};
    enum err err = OK;
    switch (row->serial) {
    case CODING_NONE:
        return bits_take(r, row->serial_bits) == 0 ? OK : ERR_EPC_TRAILING;
    case CODING_NUMBER:
        if (!number_take(r, row->serial_bits, identity->serial.max, &e->serial)) return ERR_EPC_NUMBER;
        break;
    case CODING_STRING:
        err = string7_take(r, row->serial_bits, identity->serial.max, &e->serial);
        break;
    case CODING_ONE:
        if (!number_take(r, row->serial_bits, identity->serial.max + 1U, &one)) return ERR_EPC_NUMBER;
        if (one.text[0] != '1') return ERR_EPC_NUMBER;
        CHECK(value_set(&e->serial, span_of(one.text + 1, one.len - 1U)));
        break;
    case CODING_DIGITS:
    case CODING_SIX:
        CHECK(false);
    }
    if (identity->no_extension && span_is(value_span(&e->serial), "0")) e->serial.len = 0;
    return err;
}

static enum err gs1_take(struct bit_reader *r, const struct scheme_row *row, struct epc *e) {
    struct epc_value company = {.len = 0}, reference;
    unsigned partition = (unsigned)bits_take(r, 3);
    if (partition > EPC_PREFIX_MAX - EPC_PREFIX_MIN) return ERR_EPC_PARTITION;
    e->prefix_digits = (uint8_t)(EPC_PREFIX_MAX - partition);
    company.len = e->prefix_digits;
    if (!decimal_take(r, prefix_bits(e->prefix_digits), e->prefix_digits, company.text)) return ERR_EPC_NUMBER;
    enum err err = reference_take(r, row, e->prefix_digits, &reference);
    if (err == OK) err = key_join(identity_row(e->identity), value_span(&company), value_span(&reference), &e->key);
    if (err == OK && e->identity == EPC_ITIP) {
        char pieces[4];
        if (!decimal_take(r, 7, 2, pieces) || !decimal_take(r, 7, 2, pieces + 2)) return ERR_EPC_NUMBER;
        CHECK(value_add(&e->key, span_of(pieces, 4)));
    }
    return err == OK ? serial_take(r, row, e) : err;
}

/* ---- schemes of their own ---- */

static enum err gid_put(struct bit_writer *w, const struct epc *e) {
    bool fits = decimal_put(w, value_span(&e->key), 28) && decimal_put(w, value_span(&e->part), 24) &&
                decimal_put(w, value_span(&e->serial), 36);
    return fits ? OK : ERR_EPC_CANNOT_CARRY;
}

static enum err gid_take(struct bit_reader *r, struct epc *e) {
    bool fits = number_take(r, 28, 9, &e->key) && number_take(r, 24, 8, &e->part) && number_take(r, 36, 11, &e->serial);
    return fits ? OK : ERR_EPC_NUMBER;
}

/* A CAGE code has 5 characters and a space before them, a DoDAAC 6: in 8 bits each, or in 6. */
static void cage_put(struct bit_writer *w, const struct epc_value *cage, unsigned bits) {
    uint64_t mask = (UINT64_C(1) << bits) - 1;
    if (cage->len == 5) bits_put(w, ' ', bits);
    for (size_t i = 0; i < cage->len; i++)
        bits_put(w, (uint64_t)cage->text[i] & mask, bits);
}

static enum err cage_take(struct bit_reader *r, struct epc_value *ret, unsigned bits) {
    struct epc_value cage = {.len = 0};
    for (size_t i = 0; i < 6; i++) {
        uint8_t code = (uint8_t)bits_take(r, bits);
        char c = bits == 6 ? six_char(code) : (char)code;
        if (i == 0 && c == ' ') continue;
        if (!letters_have(LETTERS_CAGE, c)) return ERR_EPC_CHARACTER;
        CHECK(value_add(&cage, span_of(&c, 1)));
    }
    *ret = cage;
    return OK;
}

static enum err usdod_put(struct bit_writer *w, const struct epc *e) {
    cage_put(w, &e->key, 8);
    return decimal_put(w, value_span(&e->serial), 36) ? OK : ERR_EPC_CANNOT_CARRY;
}

static enum err usdod_take(struct bit_reader *r, struct epc *e) {
    enum err err = cage_take(r, &e->key, 8);
    if (err == OK && !number_take(r, 36, 11, &e->serial)) err = ERR_EPC_NUMBER;
    return err;
}

static enum err adi_put(struct bit_writer *w, const struct epc *e) {
    cage_put(w, &e->key, 6);
    enum err err = string6_put(w, value_span(&e->part));
    return err == OK ? string6_put(w, value_span(&e->serial)) : err;
}

static enum err adi_take(struct bit_reader *r, struct epc *e) {
    enum err err = cage_take(r, &e->key, 6);
    if (err == OK) err = string6_take(r, 32, &e->part);
    return err == OK ? string6_take(r, 30, &e->serial) : err;
}

/* ---- "+" schemes: the values of AIs, and data ---- */

static enum err ai_put(struct bit_writer *w, const char *ai, struct span text, uint8_t encoding) {
    const struct ai_row *row = ai_row(ai);
    if (row == NULL) return ERR_EPC_AI;
    enum err err = component_put(w, &row->first, ai_letters(ai), &text, encoding);
    if (err == OK) err = component_put(w, &row->second, ai_letters(ai), &text, encoding);
    if (err == OK && text.len > 0) err = ERR_EPC_LENGTH;
    return err;
}

static enum err ai_take(struct bit_reader *r, const char *ai, struct epc_value *ret) {
    struct epc_value value = {.len = 0};
    const struct ai_row *row = ai_row(ai);
    if (row == NULL) return ERR_EPC_AI;
    enum err err = component_take(r, &row->first, ai_letters(ai), &value);
    if (err == OK) err = component_take(r, &row->second, ai_letters(ai), &value);
    if (r->past) return ERR_EPC_TRUNCATED;
    if (err == OK && value.len == 0) err = ERR_EPC_LENGTH;
    if (err == OK) *ret = value;
    return err;
}

static enum err date_put(struct bit_writer *w, const struct epc *e) {
    unsigned type;
    if (e->data_count == 0 || !ai_is_date(e->data[0].ai, &type) || e->data[0].value.len != 6)
        return ERR_EPC_CANNOT_CARRY;
    bits_put(w, type, 4);
    return ai_put(w, "11", value_span(&e->data[0].value), 0);
}

static enum err date_take(struct bit_reader *r, struct epc *e) {
    const char *ai = ai_of_date((unsigned)bits_take(r, 4));
    if (r->past) return ERR_EPC_TRUNCATED;
    if (ai == NULL) return ERR_EPC_ENCODING;
    e->data_count = 1;
    memcpy(e->data[0].ai, ai, strlen(ai) + 1);
    return ai_take(r, "11", &e->data[0].value);
}

/* An SSCC of zeros looks like padding. */
static bool like_padding(const struct epc_element *d) {
    struct span rest = value_span(&d->value);
    if (strcmp(d->ai, "00") != 0) return false;
    while (rest.len > 0 && rest.data[0] == '0')
        rest = span_part(rest, 1, rest.len - 1);
    return rest.len == 0;
}

static enum err data_put(struct bit_writer *w, const struct epc_element *d) {
    if (like_padding(d)) return ERR_EPC_CANNOT_CARRY;
    if (ai_row(d->ai) == NULL) return ERR_EPC_AI;
    for (const char *c = d->ai; *c != '\0'; c++)
        bits_put(w, (uint64_t)(*c - '0'), 4);
    if (d->value.len == 0) return ERR_EPC_LENGTH;
    return ai_put(w, d->ai, value_span(&d->value), d->value.encoding);
}

static enum err data_take(struct bit_reader *r, struct epc *e) {
    struct epc_element d = {.ai = ""};
    unsigned digits = 2;
    for (unsigned i = 0; i < digits; i++) {
        unsigned nibble = (unsigned)bits_take(r, 4);
        if (nibble > 9) return ERR_EPC_AI;
        d.ai[i] = (char)('0' + nibble);
        if (i == 1) digits = ai_digits((unsigned)(d.ai[0] - '0') * 10 + nibble);
    }
    if (r->past) return ERR_EPC_TRUNCATED;
    enum err err = ai_take(r, d.ai, &d.value);
    if (err == OK && like_padding(&d)) err = ERR_EPC_NUMBER;
    if (err != OK) return err;
    if (e->data_count == EPC_DATA_MAX) return ERR_EPC_DATA;
    e->data[e->data_count++] = d;
    return OK;
}

/* Each AI once, those of key and serial included. */
static enum err data_check(const struct epc *e) {
    const struct identity_row *row = identity_row(e->identity);
    for (size_t i = 0; i < e->data_count; i++) {
        const char *ai = e->data[i].ai;
        if (strcmp(ai, row->ai) == 0 || (row->serial_ai != NULL && strcmp(ai, row->serial_ai) == 0)) return ERR_EPC_DATA;
        for (size_t k = 0; k < i; k++)
            if (strcmp(ai, e->data[k].ai) == 0) return ERR_EPC_DATA;
    }
    return OK;
}

static enum err plus_put(struct bit_writer *w, const struct scheme_row *row, const struct epc *e) {
    const struct identity_row *identity = identity_row(e->identity);
    struct epc_value key = e->key;
    struct span serial = value_span(&e->serial);
    size_t first = row->dated ? 1 : 0;
    enum err err = row->dated ? date_put(w, e) : OK;
    if (identity->no_extension && serial.len == 0) serial = span_text("0");
    if (identity->serial_ai == NULL && !value_add(&key, serial)) err = ERR_EPC_LENGTH;
    uint8_t encoding = identity->serial_ai == NULL && serial.len > 0 ? e->serial.encoding : key.encoding;
    if (err == OK) err = ai_put(w, identity->ai, value_span(&key), encoding);
    if (err == OK && identity->serial_ai != NULL) err = ai_put(w, identity->serial_ai, serial, e->serial.encoding);
    if (err == OK && row->hosted) err = host_put(w, &e->host);
    if (err == OK) err = data_check(e);
    for (size_t i = first; err == OK && i < e->data_count; i++)
        err = data_put(w, &e->data[i]);
    return err;
}

/* The serial is the end of the AI's value: GRAI, GDTI, SGCN. */
static void serial_part(struct epc *e, size_t key_len) {
    CHECK(value_set(&e->serial, span_of(e->key.text + key_len, e->key.len - key_len)));
    e->serial.encoding = e->key.encoding;
    e->key.encoding = 0;
    e->key.len = (uint8_t)key_len;
}

static enum err plus_take(struct bit_reader *r, const struct scheme_row *row, bool toggle, struct epc *e) {
    const struct identity_row *identity = identity_row(e->identity);
    enum err err = row->dated ? date_take(r, e) : OK;
    if (err == OK) err = ai_take(r, identity->ai, &e->key);
    if (err == OK && identity->serial_ai != NULL) err = ai_take(r, identity->serial_ai, &e->serial);
    if (err == OK && identity->serial_ai == NULL && identity->serial.max > 0) serial_part(e, identity->key.max);
    if (err == OK && identity->no_extension && span_is(value_span(&e->serial), "0")) {
        e->serial.len = 0;
    }
    if (err == OK && row->hosted) err = host_take(r, &e->host);
    size_t before = e->data_count;
    while (err == OK && toggle && !bits_left_zero(r))
        err = data_take(r, e);
    if (err == OK && toggle && e->data_count == before) err = ERR_EPC_TOGGLE;
    if (err == OK && !toggle && !bits_left_zero(r)) err = ERR_EPC_TOGGLE;
    return err == OK ? data_check(e) : err;
}

/* ---- the whole ---- */

enum err epc_from_bits(struct span bytes, size_t bits, struct epc *ret) {
    struct bit_reader r = {.data = bytes.data, .count = bits};
    struct epc e = {.scheme = EPC_NO_SCHEME};
    if (bits > EPC_BITS_MAX) return ERR_TOO_LARGE;
    CHECK((bits + 7) / 8 <= bytes.len);
    uint8_t header = (uint8_t)bits_take(&r, 8);
    if (r.past) return ERR_EPC_TRUNCATED;
    e.scheme = scheme_by_header(header);
    if (e.scheme == EPC_NO_SCHEME) return ERR_EPC_HEADER;
    const struct scheme_row *row = scheme_row(e.scheme);
    e.identity = row->identity;
    if (bits < row->bits) return ERR_EPC_TRUNCATED;
    bool toggle = row->layout == LAYOUT_PLUS && bits_take(&r, 1) == 1;
    e.filter = (uint8_t)bits_take(&r, row->filter_bits);
    enum err err = OK;
    switch (row->layout) {
    case LAYOUT_GS1:
        err = gs1_take(&r, row, &e);
        break;
    case LAYOUT_GID:
        err = gid_take(&r, &e);
        break;
    case LAYOUT_USDOD:
        err = usdod_take(&r, &e);
        break;
    case LAYOUT_ADI:
        err = adi_take(&r, &e);
        break;
    case LAYOUT_PLUS:
        err = plus_take(&r, row, toggle, &e);
        break;
    }
    if (r.past) return ERR_EPC_TRUNCATED;
    if (err == OK) err = epc_check(&e);
    if (err == OK && !bits_left_zero(&r)) err = ERR_EPC_TRAILING;
    if (err == OK) *ret = e;
    return err;
}

static enum err bits_write(const struct epc *e, struct bit_writer *w) {
    const struct scheme_row *row = scheme_row(e->scheme);
    if (e->scheme == EPC_NO_SCHEME || e->pattern || row->identity != e->identity) return ERR_EPC_NO_FORM;
    enum err err = epc_check(e);
    if (err == OK && e->filter >> row->filter_bits != 0) err = ERR_EPC_FILTER;
    if (err != OK) return err;
    if (row->layout != LAYOUT_PLUS && e->data_count > 0) return ERR_EPC_CANNOT_CARRY;
    bits_put(w, row->header, 8);
    if (row->layout == LAYOUT_PLUS) bits_put(w, e->data_count > (row->dated ? 1 : 0), 1);
    bits_put(w, e->filter, row->filter_bits);
    switch (row->layout) {
    case LAYOUT_GS1:
        err = gs1_put(w, row, e);
        break;
    case LAYOUT_GID:
        err = gid_put(w, e);
        break;
    case LAYOUT_USDOD:
        err = usdod_put(w, e);
        break;
    case LAYOUT_ADI:
        err = adi_put(w, e);
        break;
    case LAYOUT_PLUS:
        err = plus_put(w, row, e);
        break;
    }
    if (err == OK && w->full) err = ERR_TOO_LARGE;
    CHECK(err != OK || row->bits == 0 || w->count == row->bits);
    return err;
}

enum err epc_to_bits(const struct epc *e, struct buffer *out, size_t *ret_bits) {
    struct bit_writer w = {.count = 0};
    enum err err = bits_write(e, &w);
    if (err != OK) return err;
    buffer_append(out, w.data, (w.count + 7) / 8);
    *ret_bits = w.count;
    return OK;
}

/* The date that leads a DSGTIN+ is the first of its kind. */
static void date_first(struct epc *e) {
    unsigned type;
    for (size_t i = 0; i < e->data_count; i++) {
        if (!ai_is_date(e->data[i].ai, &type) || e->data[i].value.len != 6) continue;
        struct epc_element date = e->data[i];
        memmove(&e->data[1], &e->data[0], i * sizeof e->data[0]);
        e->data[0] = date;
        return;
    }
}

enum err epc_use_scheme(struct epc *e, enum epc_scheme scheme, uint8_t filter) {
    struct bit_writer w = {.count = 0};
    struct epc trial = *e;
    trial.scheme = scheme;
    trial.filter = filter;
    if (scheme_row(scheme)->dated) date_first(&trial);
    enum err err = bits_write(&trial, &w);
    if (err == OK) *e = trial;
    return err;
}
