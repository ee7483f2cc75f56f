/* epc_fields.c: single fields of a tag's bits: the strings of TDS sections 14.3 and 14.4, and the methods of
 * section 14.5 by which "+" schemes and the data after them encode the value of an AI. */
#include <string.h>

#include "trace/charset.h"
#include "trace/epc_tables.h"

enum err string7_put(struct bit_writer *w, struct span text, unsigned bits) {
    if (text.len * 7 > bits) return ERR_EPC_CANNOT_CARRY;
    for (size_t i = 0; i < text.len; i++)
        bits_put(w, text.data[i], 7);
    for (size_t rest = bits - text.len * 7; rest > 0; rest--)
        bits_put(w, 0, 1);
    return OK;
}

/* TDS 14.4.2: one character at least, after the first that is zero all are, and so are the bits that make up
 * no whole character. */
enum err string7_take(struct bit_reader *r, unsigned bits, unsigned max, struct epc_value *ret) {
    struct epc_value value = {.len = 0};
    bool ended = false;
    for (; bits >= 7; bits -= 7) {
        char c = (char)bits_take(r, 7);
        ended = ended || c == 0;
        if (ended && c != 0) return ERR_EPC_CHARACTER;
        if (ended) continue;
        if (!letters_have(LETTERS_82, c)) return ERR_EPC_CHARACTER;
        if (value.len >= max) return ERR_EPC_LENGTH;
        CHECK(value_add(&value, span_of(&c, 1)));
    }
    if (bits_take(r, bits) != 0) return ERR_EPC_TRAILING;
    if (value.len == 0) return ERR_EPC_LENGTH;
    *ret = value;
    return OK;
}

uint8_t six_bits(char c) {
    return (uint8_t)c & 0x3f;
}

char six_char(uint8_t six) {
    return (char)(six < 0x20 ? six | 0x40 : six);
}

enum err string6_put(struct bit_writer *w, struct span text) {
    for (size_t i = 0; i < text.len; i++)
        bits_put(w, six_bits((char)text.data[i]), 6);
    bits_put(w, 0, 6);
    return OK;
}

enum err string6_take(struct bit_reader *r, unsigned max, struct epc_value *ret) {
    struct epc_value value = {.len = 0};
    for (uint8_t six; (six = (uint8_t)bits_take(r, 6)) != 0;) {
        char c = six_char(six);
        if (!letters_have(LETTERS_39, c)) return ERR_EPC_CHARACTER;
        if (value.len >= max) return ERR_EPC_LENGTH;
        CHECK(value_add(&value, span_of(&c, 1)));
    }
    *ret = value;
    return r->past ? ERR_EPC_TRUNCATED : OK;
}

/* ---- variable-length alphanumeric, TDS 14.5.6 ---- */

enum indicator { INTEGER, HEX_UPPER, HEX_LOWER, BASE64, ASCII, CODE_40, INDICATORS };

static const char hex_upper[] = "0123456789ABCDEF";
static const char hex_lower[] = "0123456789abcdef";
const char *base64url_alphabet(void) {
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}

static const char code_40[] = "\1ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"; /* the first is padding */

static const char *alphabet(enum indicator indicator) {
    switch (indicator) {
    case INTEGER:
        return "0123456789";
    case HEX_UPPER:
        return hex_upper;
    case HEX_LOWER:
        return hex_lower;
    case BASE64:
        return base64url_alphabet();
    case CODE_40:
        return code_40 + 1;
    case ASCII:
    case INDICATORS:
        return NULL;
    }
    CHECK(false);
}

static unsigned place(const char *in, char c) {
    const char *at = strchr(in, c);
    CHECK(c != '\0' && at != NULL);
    return (unsigned)(at - in);
}

static bool can(enum indicator indicator, struct span text) {
    const char *in = alphabet(indicator);
    for (size_t i = 0; in != NULL && i < text.len; i++)
        if (text.data[i] == 0 || strchr(in, text.data[i]) == NULL) return false;
    return true;
}

static unsigned bits_of(enum indicator indicator, unsigned len) {
    switch (indicator) {
    case INTEGER:
        return decimal_bits(len);
    case HEX_UPPER:
    case HEX_LOWER:
        return len * 4;
    case BASE64:
        return len * 6;
    case ASCII:
        return len * 7;
    case CODE_40:
        return (len + 2) / 3 * 16;
    case INDICATORS:
        break;
    }
    CHECK(false);
}

/* The fewest bits; the lower indicator where two need as many. */
static enum indicator shortest(struct span text) {
    enum indicator best = ASCII;
    for (int i = 0; i < INDICATORS; i++) {
        unsigned bits = bits_of((enum indicator)i, (unsigned)text.len);
        unsigned best_bits = bits_of(best, (unsigned)text.len);
        if (can((enum indicator)i, text) && (bits < best_bits || (bits == best_bits && i < (int)best)))
            best = (enum indicator)i;
    }
    return best;
}

bool code40_has(struct span text) {
    return can(CODE_40, text);
}

void code40_put(struct bit_writer *w, struct span text) {
    for (size_t i = 0; i < text.len; i += 3) {
        unsigned group = 0;
        for (size_t k = i; k < i + 3; k++)
            group = group * 40 + (k < text.len ? place(code_40, (char)text.data[k]) : 0);
        bits_put(w, group + 1, 16);
    }
}

enum err code40_take(struct bit_reader *r, unsigned count, char *ret) {
    for (unsigned i = 0; i < count; i += 3) {
        unsigned group = (unsigned)bits_take(r, 16);
        if (group < 1 || group > 64000) return ERR_EPC_ENCODING;
        group--;
        unsigned at[3] = {group / 1600, group / 40 % 40, group % 40};
        for (unsigned k = 0; k < 3; k++) {
            if ((at[k] != 0) != (i + k < count)) return ERR_EPC_ENCODING;
            if (i + k < count) ret[i + k] = code_40[at[k]];
        }
    }
    return OK;
}

static void characters_put(struct bit_writer *w, enum indicator indicator, struct span text) {
    if (indicator == INTEGER) {
        CHECK(decimal_put(w, text, decimal_bits((unsigned)text.len)));
        return;
    }
    if (indicator == CODE_40) {
        code40_put(w, text);
        return;
    }
    unsigned bits = bits_of(indicator, 1);
    for (size_t i = 0; i < text.len; i++)
        bits_put(w, indicator == ASCII ? text.data[i] : place(alphabet(indicator), (char)text.data[i]), bits);
}

static enum err text_put(struct bit_writer *w, const struct component *c, struct span text, uint8_t encoding) {
    if (text.len > c->count) return ERR_EPC_LENGTH;
    enum indicator indicator = encoding == 0 ? shortest(text) : (enum indicator)(encoding - 1);
    if (indicator >= INDICATORS || !can(indicator, text)) return ERR_EPC_ENCODING;
    bits_put(w, indicator, 3);
    bits_put(w, text.len, c->size);
    characters_put(w, indicator, text);
    return OK;
}

static enum err text_take(struct bit_reader *r, const struct component *c, enum letters letters,
                          struct epc_value *value) {
    char text[EPC_VALUE_MAX];
    unsigned indicator = (unsigned)bits_take(r, 3);
    unsigned len = (unsigned)bits_take(r, c->size);
    if (indicator >= INDICATORS) return ERR_EPC_ENCODING;
    if (len > c->count) return ERR_EPC_LENGTH;
    enum err err = OK;
    if (indicator == INTEGER && !decimal_take(r, decimal_bits(len), len, text)) return ERR_EPC_NUMBER;
    if (indicator == CODE_40) err = code40_take(r, len, text);
    unsigned bits = bits_of((enum indicator)indicator, 1);
    for (unsigned i = 0; indicator != INTEGER && indicator != CODE_40 && i < len; i++) {
        unsigned code = (unsigned)bits_take(r, bits);
        text[i] = indicator == ASCII ? (char)code : alphabet((enum indicator)indicator)[code];
    }
    if (r->past) return ERR_EPC_TRUNCATED;
    for (unsigned i = 0; err == OK && i < len; i++)
        if (!letters_have(letters, text[i])) return ERR_EPC_CHARACTER;
    if (err == OK && !value_add(value, span_of(text, len))) return ERR_EPC_LENGTH;
    value->encoding = indicator == (unsigned)shortest(span_of(text, len)) ? 0 : (uint8_t)(indicator + 1);
    return err;
}

/* ---- delimited or terminated numeric, TDS 14.5.5 ---- */

enum { DELIMITER = 14, TERMINATOR = 15 };

static size_t leading_digits(struct span text) {
    size_t n = 0;
    while (n < text.len && charset_has(SET_DIGITS, (char)text.data[n]))
        n++;
    return n;
}

static enum err delimited_put(struct bit_writer *w, const struct component *c, struct span text, uint8_t encoding) {
    size_t digits = leading_digits(text);
    if (digits == 0) return ERR_EPC_CHARACTER;
    if (text.len > c->count) return ERR_EPC_LENGTH;
    for (size_t i = 0; i < digits; i++)
        bits_put(w, (uint64_t)(text.data[i] - '0'), 4);
    bits_put(w, digits == text.len ? TERMINATOR : DELIMITER, 4);
    return digits == text.len ? OK : text_put(w, c, span_part(text, digits, text.len - digits), encoding);
}

static enum err delimited_take(struct bit_reader *r, const struct component *c, enum letters letters,
                               struct epc_value *value) {
    for (;;) {
        unsigned nibble = (unsigned)bits_take(r, 4);
        char digit = (char)('0' + nibble);
        if (r->past) return ERR_EPC_TRUNCATED;
        if (nibble == TERMINATOR) return value->len > 0 ? OK : ERR_EPC_LENGTH;
        if (nibble == DELIMITER) break;
        if (nibble > 9) return ERR_EPC_NUMBER;
        if (value->len >= c->count) return ERR_EPC_LENGTH;
        CHECK(value_add(value, span_of(&digit, 1)));
    }
    size_t digits = value->len;
    enum err err = text_take(r, c, letters, value);
    if (err != OK) return err;
    if (digits == 0 || value->len == digits || value->len > c->count) return ERR_EPC_LENGTH;
    /* What follows the delimiter begins with the first character that is no digit. */
    return charset_has(SET_DIGITS, value->text[digits]) ? ERR_EPC_ENCODING : OK;
}

/* ---- dates, TDS 14.5.8 to 14.5.11 ---- */

/* One two-digit part: years, months, days, hours, minutes, seconds. */
struct time_part {
    uint8_t bits, min, max;
};
static const struct time_part time_parts[] = {{7, 0, 99}, {4, 1, 12}, {5, 0, 31}, {5, 0, 24}, {6, 0, 59}, {6, 0, 59}};
enum { MONTH = 1, DAY, HOUR, DATE_PARTS = 3 };

static bool time_valid(const unsigned parts[], unsigned count) {
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned i = 0; i < count; i++)
        if (parts[i] < time_parts[i].min || parts[i] > time_parts[i].max) return false;
    if (parts[DAY] > days[parts[MONTH] - 1]) return false;
    for (unsigned i = HOUR + 1; i < count; i++)
        if (parts[HOUR] == 24 && parts[i] != 0) return false;
    return true;
}

static enum err time_put(struct bit_writer *w, struct span *text, unsigned count) {
    unsigned parts[6] = {0};
    if (text->len < (size_t)count * 2 || leading_digits(*text) < (size_t)count * 2) return ERR_EPC_DATE;
    for (unsigned i = 0; i < count; i++)
        parts[i] = (unsigned)(text->data[2 * i] - '0') * 10 + (unsigned)(text->data[2 * i + 1] - '0');
    if (!time_valid(parts, count)) return ERR_EPC_DATE;
    for (unsigned i = 0; i < count; i++)
        bits_put(w, parts[i], time_parts[i].bits);
    *text = span_part(*text, (size_t)count * 2, text->len - (size_t)count * 2);
    return OK;
}

static enum err time_take(struct bit_reader *r, unsigned count, struct epc_value *value) {
    unsigned parts[6] = {0};
    for (unsigned i = 0; i < count; i++)
        parts[i] = (unsigned)bits_take(r, time_parts[i].bits);
    if (r->past) return ERR_EPC_TRUNCATED;
    if (!time_valid(parts, count)) return ERR_EPC_DATE;
    for (unsigned i = 0; i < count; i++) {
        char two[2] = {(char)('0' + parts[i] / 10), (char)('0' + parts[i] % 10)};
        CHECK(value_add(value, span_of(two, 2)));
    }
    return OK;
}

/* Format indicators of 14.5.11: 0 with hours, 1 and minutes, 2 and seconds, 3 the date alone. */
static enum err precision_put(struct bit_writer *w, struct span *text) {
    size_t parts = text->len / 2;
    if (text->len % 2 != 0 || parts < DATE_PARTS || parts > 6) return ERR_EPC_DATE;
    bits_put(w, parts == DATE_PARTS ? 3 : parts - 4, 2);
    return time_put(w, text, (unsigned)parts);
}

static enum err precision_take(struct bit_reader *r, struct epc_value *value) {
    unsigned form = (unsigned)bits_take(r, 2);
    return time_take(r, form == 3 ? DATE_PARTS : form + 4, value);
}

static enum err dates_put(struct bit_writer *w, struct span *text) {
    bool range = text->len == 12;
    if (!range && text->len != 6) return ERR_EPC_DATE;
    bits_put(w, range, 1);
    enum err err = time_put(w, text, DATE_PARTS);
    return err == OK && range ? time_put(w, text, DATE_PARTS) : err;
}

static enum err dates_take(struct bit_reader *r, struct epc_value *value) {
    bool range = bits_take(r, 1) == 1;
    enum err err = time_take(r, DATE_PARTS, value);
    return err == OK && range ? time_take(r, DATE_PARTS, value) : err;
}

/* ---- components ---- */

static enum err fixed_put(struct bit_writer *w, const struct component *c, struct span *text) {
    size_t len = c->count;
    if (text->len < len) return ERR_EPC_LENGTH;
    if (leading_digits(*text) < len) return ERR_EPC_CHARACTER;
    if (c->method == METHOD_INTEGER) {
        if (!decimal_put(w, span_part(*text, 0, len), c->size)) return ERR_EPC_CANNOT_CARRY;
    } else {
        for (size_t i = 0; i < len; i++)
            bits_put(w, (uint64_t)(text->data[i] - '0'), 4);
    }
    *text = span_part(*text, len, text->len - len);
    return OK;
}

static enum err fixed_take(struct bit_reader *r, const struct component *c, struct epc_value *value) {
    char digits[EPC_VALUE_MAX];
    if (c->method == METHOD_INTEGER) {
        if (!decimal_take(r, c->size, c->count, digits)) return ERR_EPC_NUMBER;
    } else {
        for (unsigned i = 0; i < c->count; i++) {
            unsigned nibble = (unsigned)bits_take(r, 4);
            if (nibble > 9) return ERR_EPC_NUMBER;
            digits[i] = (char)('0' + nibble);
        }
    }
    if (r->past) return ERR_EPC_TRUNCATED;
    return value_add(value, span_of(digits, c->count)) ? OK : ERR_EPC_LENGTH;
}

static enum err numeric_put(struct bit_writer *w, const struct component *c, struct span *text) {
    if (text->len > c->count) return ERR_EPC_LENGTH;
    if (leading_digits(*text) < text->len) return ERR_EPC_CHARACTER;
    bits_put(w, text->len, c->size);
    CHECK(decimal_put(w, *text, decimal_bits((unsigned)text->len)));
    *text = SPAN_EMPTY;
    return OK;
}

static enum err numeric_take(struct bit_reader *r, const struct component *c, struct epc_value *value) {
    char digits[EPC_VALUE_MAX];
    unsigned len = (unsigned)bits_take(r, c->size);
    if (len > c->count) return ERR_EPC_LENGTH;
    if (!decimal_take(r, decimal_bits(len), len, digits)) return ERR_EPC_NUMBER;
    if (r->past) return ERR_EPC_TRUNCATED;
    return value_add(value, span_of(digits, len)) ? OK : ERR_EPC_LENGTH;
}

static enum err country_put(struct bit_writer *w, struct span *text) {
    for (size_t i = 0; i < 2; i++) {
        if (i >= text->len || text->data[i] < 'A' || text->data[i] > 'Z') return ERR_EPC_CHARACTER;
        bits_put(w, place(alphabet(BASE64), (char)text->data[i]), 6);
    }
    *text = span_part(*text, 2, text->len - 2);
    return OK;
}

static enum err country_take(struct bit_reader *r, struct epc_value *value) {
    unsigned first = (unsigned)bits_take(r, 6), second = (unsigned)bits_take(r, 6);
    if (first > 25 || second > 25) return ERR_EPC_CHARACTER;
    char text[2] = {alphabet(BASE64)[first], alphabet(BASE64)[second]};
    return value_add(value, span_of(text, 2)) ? OK : ERR_EPC_LENGTH;
}

/* "1/9": this one of so many. */
static enum err sequence_put(struct bit_writer *w, struct span *text) {
    if (text->len < 3 || text->data[1] != '/') return ERR_EPC_CHARACTER;
    for (size_t i = 0; i < 3; i += 2) {
        if (text->data[i] < '1' || text->data[i] > '9') return ERR_EPC_CHARACTER;
        bits_put(w, (uint64_t)(text->data[i] - '0'), 4);
    }
    *text = span_part(*text, 3, text->len - 3);
    return OK;
}

static enum err sequence_take(struct bit_reader *r, struct epc_value *value) {
    unsigned first = (unsigned)bits_take(r, 4), second = (unsigned)bits_take(r, 4);
    if (first < 1 || first > 9 || second < 1 || second > 9) return ERR_EPC_NUMBER;
    char text[3] = {(char)('0' + first), '/', (char)('0' + second)};
    return value_add(value, span_of(text, 3)) ? OK : ERR_EPC_LENGTH;
}

static enum err bit_put(struct bit_writer *w, struct span *text) {
    if (text->len < 1 || (text->data[0] != '0' && text->data[0] != '1')) return ERR_EPC_CHARACTER;
    bits_put(w, text->data[0] == '1', 1);
    *text = span_part(*text, 1, text->len - 1);
    return OK;
}

static void minus_put(struct bit_writer *w, struct span *text) {
    bool minus = span_is(*text, "-");
    bits_put(w, minus, 1);
    if (minus) *text = SPAN_EMPTY;
}

enum err component_put(struct bit_writer *w, const struct component *c, enum letters letters, struct span *text,
                       uint8_t encoding) {
    enum err err = OK;
    switch (c->method) {
    case METHOD_NONE:
        return OK;
    case METHOD_DIGITS:
    case METHOD_INTEGER:
        return fixed_put(w, c, text);
    case METHOD_TEXT:
    case METHOD_DELIMITED:
        for (size_t i = 0; i < text->len; i++)
            if (!letters_have(letters, (char)text->data[i])) return ERR_EPC_CHARACTER;
        err = c->method == METHOD_TEXT ? text_put(w, c, *text, encoding) : delimited_put(w, c, *text, encoding);
        if (err == OK) *text = SPAN_EMPTY;
        return err;
    case METHOD_NUMERIC:
        return numeric_put(w, c, text);
    case METHOD_DATE:
        return time_put(w, text, DATE_PARTS);
    case METHOD_MINUTE:
        return time_put(w, text, 5);
    case METHOD_DATES:
        return dates_put(w, text);
    case METHOD_PRECISION:
        return precision_put(w, text);
    case METHOD_COUNTRY:
        return country_put(w, text);
    case METHOD_BIT:
        return bit_put(w, text);
    case METHOD_MINUS:
        minus_put(w, text);
        return OK;
    case METHOD_SEQUENCE:
        return sequence_put(w, text);
    }
    CHECK(false);
}

enum err component_take(struct bit_reader *r, const struct component *c, enum letters letters,
                        struct epc_value *value) {
    switch (c->method) {
    case METHOD_NONE:
        return OK;
    case METHOD_DIGITS:
    case METHOD_INTEGER:
        return fixed_take(r, c, value);
    case METHOD_TEXT:
        return text_take(r, c, letters, value);
    case METHOD_DELIMITED:
        return delimited_take(r, c, letters, value);
    case METHOD_NUMERIC:
        return numeric_take(r, c, value);
    case METHOD_DATE:
        return time_take(r, DATE_PARTS, value);
    case METHOD_MINUTE:
        return time_take(r, 5, value);
    case METHOD_DATES:
        return dates_take(r, value);
    case METHOD_PRECISION:
        return precision_take(r, value);
    case METHOD_COUNTRY:
        return country_take(r, value);
    case METHOD_BIT:
        return value_add(value, span_text(bits_take(r, 1) == 1 ? "1" : "0")) ? OK : ERR_EPC_LENGTH;
    case METHOD_MINUS:
        return bits_take(r, 1) == 0 || value_add(value, span_text("-")) ? OK : ERR_EPC_LENGTH;
    case METHOD_SEQUENCE:
        return sequence_take(r, value);
    }
    CHECK(false);
}
