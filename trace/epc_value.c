/* epc_value.c: the parts of a name: which characters, how many, and how a GS1 key is put together of a
 * company prefix and a reference (TDS section 7). */
#include <string.h>

#include "trace/charset.h"
#include "trace/epc_tables.h"
#include "trace/identifier.h"

bool letters_have(enum letters letters, char c) {
    bool digit = charset_has(SET_DIGITS, c);
    bool upper = c >= 'A' && c <= 'Z';
    switch (letters) {
    case LETTERS_NUMBER:
    case LETTERS_DIGITS:
        return digit;
    case LETTERS_39:
        return charset_has(SET_39, c);
    case LETTERS_82:
        return charset_has(SET_82, c);
    case LETTERS_CAGE:
        return digit || (upper && c != 'I' && c != 'O');
    case LETTERS_ADI:
        return digit || upper || c == '-' || c == '/';
    case LETTERS_UPPER:
        return digit || upper;
    }
    CHECK(false);
}

static bool all_letters(struct span text, enum letters letters) {
    for (size_t i = 0; i < text.len; i++)
        if (!letters_have(letters, (char)text.data[i])) return false;
    return true;
}

enum err text_check(struct span text, struct text_rule rule) {
    if (text.len < rule.min || text.len > rule.max) return ERR_EPC_LENGTH;
    if (!all_letters(text, rule.letters)) return ERR_EPC_CHARACTER;
    if (rule.letters == LETTERS_NUMBER && text.len > 1 && text.data[0] == '0') return ERR_EPC_NUMBER;
    return OK;
}

struct span value_span(const struct epc_value *v) {
    return span_of(v->text, v->len);
}

bool value_add(struct epc_value *v, struct span s) {
    if (s.len > (size_t)EPC_VALUE_MAX - v->len) return false;
    if (s.len > 0) memcpy(v->text + v->len, s.data, s.len);
    v->len = (uint8_t)(v->len + s.len);
    return true;
}

bool value_set(struct epc_value *v, struct span s) {
    struct epc_value value = {.len = 0};
    if (!value_add(&value, s)) return false;
    *v = value;
    return true;
}

static struct span from(struct span s, size_t at) {
    return span_part(s, at, s.len - at);
}

enum err key_join(const struct identity_row *row, struct span company, struct span reference,
                  struct epc_value *ret) {
    struct epc_value key = {.len = 0};
    if (company.len < EPC_PREFIX_MIN || company.len > EPC_PREFIX_MAX) return ERR_EPC_PREFIX;
    if (!all_letters(company, LETTERS_DIGITS)) return ERR_EPC_CHARACTER;
    if (row->joint == JOINT_FREE) {
        if (reference.len < 1 || reference.len > row->digits - company.len) return ERR_EPC_LENGTH;
        if (!value_add(&key, company) || !value_add(&key, reference)) return ERR_EPC_LENGTH;
        *ret = key;
        return OK;
    }
    if (company.len + reference.len != row->digits) return ERR_EPC_LENGTH;
    if (!all_letters(reference, LETTERS_DIGITS)) return ERR_EPC_CHARACTER;
    bool fits = true;
    size_t checked_from = 0;
    if (row->joint == JOINT_INDICATOR) {
        fits = value_add(&key, span_part(reference, 0, 1));
        reference = from(reference, 1);
    } else if (row->joint == JOINT_ZERO) {
        fits = value_add(&key, span_text("0"));
        checked_from = 1;
    }
    fits = fits && value_add(&key, company) && value_add(&key, reference);
    char digit = identifier_check_digit(from(value_span(&key), checked_from));
    CHECK(fits && value_add(&key, span_of(&digit, 1)));
    *ret = key;
    return OK;
}

void key_split(const struct epc *e, struct epc_value *ret_company, struct epc_value *ret_reference) {
    const struct identity_row *row = identity_row(e->identity);
    struct span key = value_span(&e->key);
    size_t digits = e->prefix_digits, at = 0, end = key.len;
    struct epc_value reference = {.len = 0};
    CHECK(digits >= EPC_PREFIX_MIN && digits <= EPC_PREFIX_MAX && key.len > digits);
    if (row->joint == JOINT_INDICATOR || row->joint == JOINT_ZERO) at = 1;
    if (row->joint != JOINT_FREE) end = at + row->digits - (row->joint == JOINT_INDICATOR ? 1 : 0);
    CHECK(end <= key.len && at + digits <= end);
    bool fits = row->joint != JOINT_INDICATOR || value_add(&reference, span_part(key, 0, 1));
    fits = fits && value_add(&reference, span_part(key, at + digits, end - at - digits));
    CHECK(fits && value_set(ret_company, span_part(key, at, digits)));
    *ret_reference = reference;
}

/* The digit that checks, within the key: the ITIP's stands before piece and total. */
static enum err check_digit(const struct identity_row *row, struct span key) {
    size_t at = row->joint == JOINT_ZERO ? 1 : 0;
    size_t digits = row->digits;
    if (row->joint == JOINT_NONE || row->joint == JOINT_FREE) return OK;
    if (row->joint == JOINT_ZERO && key.data[0] != '0') return ERR_EPC_NUMBER;
    if (identifier_check_digit(span_part(key, at, digits)) != (char)key.data[at + digits])
        return ERR_EPC_CHECK_DIGIT;
    return OK;
}

/* GS1 keys of any length begin with the digits of a company prefix: 4 at the least. */
enum { FREE_DIGITS_MIN = 4 };

static enum err free_key(const struct epc *e) {
    size_t digits = e->prefix_digits > 0 ? e->prefix_digits : FREE_DIGITS_MIN;
    struct span key = value_span(&e->key);
    if (key.len <= digits) return ERR_EPC_PREFIX;
    return all_letters(span_part(key, 0, digits), LETTERS_DIGITS) ? OK : ERR_EPC_PREFIX;
}

static enum err adi_check(const struct epc *e) {
    struct span serial = value_span(&e->serial);
    bool marked = serial.len > 0 && serial.data[0] == '#';
    enum err err = text_check(value_span(&e->part), (struct text_rule){0, 32, LETTERS_ADI});
    if (err == OK && serial.len > 30) err = ERR_EPC_LENGTH;
    /* TDS 14.6.14.1: "#" only as the first character of a serial, which has one more. */
    if (err != OK) return err;
    return text_check(marked ? from(serial, 1) : serial, (struct text_rule){1, 30, LETTERS_ADI});
}

static enum err bic_check(struct span code) {
    for (size_t i = 0; i < code.len; i++) {
        bool digit = charset_has(SET_DIGITS, (char)code.data[i]);
        if (digit != (i >= 4)) return ERR_EPC_CHARACTER;
    }
    char category = (char)code.data[3];
    return category == 'J' || category == 'U' || category == 'Z' ? OK : ERR_EPC_CHARACTER;
}

/* A number of at most so much: TDS 6.3.14 and 6.3.15 bound the numbers of GID and USDOD by their bits. */
static bool at_most(const struct epc_value *v, const char *most) {
    struct span limit = span_text(most);
    return v->len < limit.len || (v->len == limit.len && memcmp(v->text, most, limit.len) <= 0);
}

static enum err numbers_check(const struct epc *e) {
    if (e->identity == EPC_USDOD) return at_most(&e->serial, "68719476735") ? OK : ERR_EPC_NUMBER;
    if (e->identity != EPC_GID) return OK;
    enum err err = text_check(value_span(&e->part), (struct text_rule){1, 8, LETTERS_NUMBER});
    if (err != OK) return err;
    bool fits = at_most(&e->key, "268435455") && at_most(&e->part, "16777215") && at_most(&e->serial, "68719476735");
    return fits ? OK : ERR_EPC_NUMBER;
}

enum err epc_check(const struct epc *e) {
    const struct identity_row *row = identity_row(e->identity);
    struct text_rule serial = row->serial;
    bool prefixed = row->joint != JOINT_NONE;
    enum err err = text_check(value_span(&e->key), row->key);
    if (err == OK) err = check_digit(row, value_span(&e->key));
    if (err == OK && row->joint == JOINT_FREE) err = free_key(e);
    if (err != OK) return err;
    if (e->prefix_digits != 0 &&
        (!prefixed || e->prefix_digits < EPC_PREFIX_MIN || e->prefix_digits > EPC_PREFIX_MAX))
        return ERR_EPC_PREFIX;
    if (e->identity == EPC_BIC) return bic_check(value_span(&e->key));
    if (e->identity == EPC_ADI) return adi_check(e);
    err = numbers_check(e);
    if (err != OK) return err;
    if (e->pattern) return row->pattern && e->serial.len == 0 ? OK : ERR_EPC_NO_FORM;
    if (e->serial.len == 0 && (serial.max == 0 || row->no_extension)) return OK;
    return text_check(value_span(&e->serial), serial);
}
