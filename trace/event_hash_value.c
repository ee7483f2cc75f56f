/* How a value stands in a pre-hash string: vocabulary URNs as Web URIs, numbers as the reference's
 * language reads and writes them, GS1 keys in their normal form, times in UTC to the millisecond.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/event_hash_parts.h"
#include "trace/rfc3339.h"

/* The code point at s[0] of valid UTF-8, and its length. */
static uint32_t code_point(struct span s, size_t *ret_len) {
    uint8_t c = s.data[0];
    *ret_len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (*ret_len > s.len) *ret_len = 1;
    if (*ret_len == 1) return c;
    uint32_t v = c & (0x7fu >> *ret_len);
    for (size_t i = 1; i < *ret_len; i++)
        v = v << 6 | (s.data[i] & 0x3fu);
    return v;
}

/* Unicode's white space, and the four separators of ASCII. */
static bool is_blank(uint32_t c) {
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

struct span event_text_strip(struct span text) {
    size_t len;
    while (text.len > 0 && is_blank(code_point(text, &len)))
        text = span_part(text, len, text.len - len);
    while (text.len > 0) {
        size_t at = text.len - 1;
        while (at > 0 && (text.data[at] & 0xc0) == 0x80)
            at--;
        if (!is_blank(code_point(span_part(text, at, text.len - at), &len))) break;
        text.len = at;
    }
    return text;
}

/* -- numbers -- */

/* Unicode 14's decimal digits: where each ten of them begin. A full-width 7 is a 7. */
static const uint32_t zeros[] = {
    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,
    0xCE6,   0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,
    0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,
    0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0,
    0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
    0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC,
    0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
};

/* As ASCII; what is neither ASCII nor a digit becomes '?', which no number holds. */
static void to_ascii(struct span text, struct buffer *out) {
    while (text.len > 0) {
        size_t len;
        uint32_t c = code_point(text, &len);
        uint8_t plain = c < 0x80 ? (uint8_t)c : '?';
        for (size_t i = 0; c >= 0x80 && i < sizeof zeros / sizeof zeros[0]; i++) {
            if (c >= zeros[i] && c < zeros[i] + 10) plain = (uint8_t)('0' + (c - zeros[i]));
        }
        buffer_u8(out, plain);
        text = span_part(text, len, text.len - len);
    }
    buffer_u8(out, 0);
}

/* Digits, single underscores between them; copies the digits. False: none, or an underscore astray.
 */
static bool digits_copy(const char **at, struct buffer *out) {
    bool any = false;
    for (;; (*at)++) {
        bool digit = **at >= '0' && **at <= '9';
        bool between = **at == '_' && any && (*at)[1] >= '0' && (*at)[1] <= '9';
        if (!digit && !between) return any;
        if (digit) buffer_u8(out, (uint8_t) * *at);
        any = true;
    }
}

/* Copies a decimal number without its underscores; false when the text is none. */
static bool decimal_copy(const char *at, struct buffer *out) {
    if (*at == '+' || *at == '-') buffer_u8(out, (uint8_t)*at++);
    bool whole = digits_copy(&at, out), part = false;
    if (*at == '.') {
        buffer_u8(out, (uint8_t)*at++);
        part = digits_copy(&at, out);
    }
    if (!whole && !part) return false;
    if (*at == 'e' || *at == 'E') {
        buffer_u8(out, (uint8_t)*at++);
        if (*at == '+' || *at == '-') buffer_u8(out, (uint8_t)*at++);
        if (!digits_copy(&at, out)) return false;
    }
    buffer_u8(out, 0);
    return *at == 0;
}

static bool same_word(const char *text, const char *word) {
    if (*text == '+' || *text == '-') text++;
    for (; *word != 0; text++, word++) {
        if ((*text | 0x20) != *word) return false;
    }
    return *text == 0;
}

/* The shortest digits that give the number back; fixed from 10^-4 on. Not integral. */
static void put_fraction(double v, struct buffer *out) {
    char text[40], digits[20] = "";
    size_t n = 0;
    for (int precision = 0; precision < 17; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, v);
        if (strtod(text, NULL) == v) break;
    }
    const char *e = strchr(text, 'e');
    CHECK(e != NULL);
    for (const char *p = text; p < e && n < sizeof digits - 1; p++) {
        if (*p >= '0' && *p <= '9') digits[n++] = *p;
    }
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = 0;
    int point = (int)strtol(e + 1, NULL, 10) + 1; /* digits before the decimal point */
    if (v < 0) buffer_u8(out, '-');
    if (point > -4 && point <= 0)
        buffer_printf(out, "0.%.*s%s", -point, "000", digits);
    else if (point > 0 && (size_t)point < n)
        buffer_printf(out, "%.*s.%s", point, digits, digits + point);
    else
        buffer_printf(out, "%c%s%se%+03d", digits[0], n > 1 ? "." : "", digits + 1, point - 1);
}

/* Appends the number that a text is, as it is written in a pre-hash string; *ret says whether it is
 * one. Integral numbers in full, as the nearest double: a lot 12345678901234567890 loses its end.
 */
static enum err put_number(struct span text, struct buffer *out, bool *ret) {
    struct buffer ascii CLEANUP(buffer_free) = {0}, decimal CLEANUP(buffer_free) = {0};
    buffer_init(&ascii, text.len + 1);
    buffer_init(&decimal, text.len + 2);
    *ret = false;
    to_ascii(text, &ascii);
    const char *plain = (const char *)ascii.data;
    if (same_word(plain, "inf") || same_word(plain, "infinity")) return ERR_EVENT_HASH_NUMBER;
    if (!decimal_copy(plain, &decimal)) return OK;
    double v = strtod((const char *)decimal.data, NULL);
    if (isinf(v)) return ERR_EVENT_HASH_NUMBER;
    *ret = true;
    if (v == 0)
        buffer_u8(out, '0');
    else if (v == floor(v))
        buffer_printf(out, "%.0f", v);
    else
        put_fraction(v, out);
    return OK;
}

/* -- all values -- */

/* CBV 2.0 section 7: the vocabularies' URNs, wherever in a text they stand. */
static void put_web_vocabulary(struct span text, struct buffer *out) {
    static const struct {
        const char *urn, *web;
    } rows[] = {
        {"urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-"},
        {"urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"},
        {"urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-"},
        {"urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-"},
        {"urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-"},
    };
    for (size_t i = 0; i < text.len;) {
        struct span rest = span_part(text, i, text.len - i);
        size_t row = 0;
        while (row < sizeof rows / sizeof rows[0] && !span_starts(rest, rows[row].urn))
            row++;
        if (row < sizeof rows / sizeof rows[0]) {
            buffer_text(out, rows[row].web);
            i += span_text(rows[row].urn).len;
        } else {
            buffer_u8(out, text.data[i++]);
        }
    }
}

enum err event_hash_value(struct span text, struct buffer *out) {
    struct buffer web CLEANUP(buffer_free) = {0};
    bool number;
    buffer_init(&web, text.len * 2 + 64);
    put_web_vocabulary(text, &web);
    enum err e = put_number(buffer_span(&web), out, &number);
    if (e != OK || number) return e;
    if (!event_hash_link(buffer_span(&web), out)) buffer_append_span(out, buffer_span(&web));
    return OK;
}

/* -- times -- */

/* Year, month, day of a count of days since 1970-01-01; March first, so that the leap day ends a
 * year. Howard Hinnant's method (chrono-compatible low-level date algorithms). */
static void put_date(int64_t days, struct buffer *out) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100),
            shifted = (5 * in_year + 2) / 153;
    int64_t day = in_year - (153 * shifted + 2) / 5 + 1,
            month = shifted < 10 ? shifted + 3 : shifted - 9;
    year += era * 400 + (month <= 2 ? 1 : 0);
    buffer_printf(out, "%04d-%02d-%02d", (int)year, (int)month, (int)day);
}

/* The fourth to sixth decimal of a second as a number: further ones are dropped before rounding. */
static int64_t decimals_after_ms(struct span text) {
    size_t dot = 0;
    int64_t value = 0;
    while (dot < text.len && text.data[dot] != '.')
        dot++;
    bool number = dot < text.len;
    for (size_t i = 1; i <= 6; i++) {
        uint8_t c = dot + i < text.len ? text.data[dot + i] : 0;
        number = number && c >= '0' && c <= '9';
        if (i > 3) value = value * 10 + (number ? c - '0' : 0);
    }
    return value;
}

enum err event_hash_time(struct span text, struct buffer *out) {
    enum { DAY_MS = 24 * 3600 * 1000 };
    int64_t ms;
    bool leap = false;
    for (size_t i = 0; i < text.len; i++)
        leap = leap || span_starts(span_part(text, i, text.len - i), ":60");
    if (leap || !rfc3339_ms(text, &ms)) return ERR_EVENT_HASH_TIME;
    int64_t day = (ms >= 0 ? ms : ms - (DAY_MS - 1)) / DAY_MS, in_day = ms - day * DAY_MS;
    if (day < -719162 || day > 2932896) return ERR_EVENT_HASH_TIME; /* years 1 to 9999 */
    int64_t more = decimals_after_ms(text);
    bool up = more > 500 || (more == 500 && in_day % 2 != 0);
    if (up && ++in_day % 1000 == 0) return ERR_EVENT_HASH_SECOND;
    put_date(day, out);
    buffer_printf(out, "T%02d:%02d:%02d.%03dZ", (int)(in_day / 3600000), (int)(in_day / 60000 % 60),
                  (int)(in_day / 1000 % 60), (int)(in_day % 1000));
    return OK;
}
