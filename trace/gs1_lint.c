/* One small function per linter; each is given text of the part's character set and length when the
 * dictionary's table calls it, but takes anything. */
#include "trace/gs1_lint.h"

#include "trace/identifier.h"

static enum err bad(struct gs1_spot *ret, enum err err, size_t from, size_t len) {
    *ret = (struct gs1_spot){from, len};
    return err;
}

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

/* The first character that is no digit; len when all are. */
static size_t digits_end(struct span s) {
    size_t i = 0;
    while (i < s.len && is_digit(s.data[i]))
        i++;
    return i;
}

/* Of at most 18 digits. */
static uint64_t number(struct span digits) {
    uint64_t n = 0;
    for (size_t i = 0; i < digits.len; i++)
        n = n * 10 + (uint64_t)(digits.data[i] - '0');
    return n;
}

static bool all_zero(struct span s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] != '0') return false;
    return true;
}

/* General Specifications 7.9.1. */
static enum err check_digit(struct span s, struct gs1_spot *ret) {
    size_t end = digits_end(s);
    if (end < s.len) return bad(ret, ERR_GS1_CHARACTER, end, 1);
    if (s.len == 0) return bad(ret, ERR_GS1_VALUE_EMPTY, 0, 0);
    char expected = identifier_check_digit(span_part(s, 0, s.len - 1));
    if ((char)s.data[s.len - 1] == expected) return OK;
    return bad(ret, ERR_GS1_CHECK_DIGIT, s.len - 1, 1);
}

/* The place of a character in set 82 as General Specifications 7.11 lists it; 82 when it has none. */
static unsigned place_in_82(uint8_t c) {
    static const char set[] = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                              "abcdefghijklmnopqrstuvwxyz";
    unsigned i = 0;
    while (i < 82 && set[i] != (char)c)
        i++;
    return i;
}

static unsigned next_prime(unsigned n) {
    for (n++;; n++) {
        unsigned divisor = 2;
        while (divisor * divisor <= n && n % divisor != 0)
            divisor++;
        if (divisor * divisor > n) return n;
    }
}

/* General Specifications 7.9.5: every character's value times a prime, the last before the pair
 * times 2, the one before it times 3, and so on; the sum modulo 1021 in two characters of 32. */
static enum err check_pair(struct span s, struct gs1_spot *ret) {
    static const char pair[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    unsigned sum = 0, prime = 2;
    if (s.len < 2) return bad(ret, ERR_GS1_VALUE_SHORT, 0, s.len);
    if (s.len > 99) return bad(ret, ERR_GS1_VALUE_LONG, 0, s.len);
    for (size_t i = s.len - 2; i-- > 0; prime = next_prime(prime)) {
        unsigned place = place_in_82(s.data[i]);
        if (place == 82) return bad(ret, ERR_GS1_CHARACTER, i, 1);
        sum += place * prime;
    }
    sum %= 1021;
    if ((char)s.data[s.len - 2] == pair[sum >> 5] && (char)s.data[s.len - 1] == pair[sum & 31])
        return OK;
    return bad(ret, ERR_GS1_CHECK_PAIR, s.len - 2, 2);
}

/* A company prefix has at least four digits; which were issued, nobody here knows. */
static enum err company_prefix(struct span s, size_t at, struct gs1_spot *ret) {
    if (s.len < at + 4) return bad(ret, ERR_GS1_COMPANY_PREFIX, 0, s.len);
    for (size_t i = at; i < at + 4; i++)
        if (!is_digit(s.data[i])) return bad(ret, ERR_GS1_COMPANY_PREFIX, i, 1);
    return OK;
}

/* Years of two digits are those around now (General Specifications 7.12): of the hundred years that
 * may be meant, each has as many days in February as 2000 to 2099, until 2050 comes. */
static enum err date(struct span s, size_t year_digits, bool day_needed, struct gs1_spot *ret) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    size_t end = digits_end(s);
    if (s.len != year_digits + 4) return bad(ret, ERR_GS1_DATE, 0, s.len);
    if (end < s.len) return bad(ret, ERR_GS1_CHARACTER, end, 1);
    uint64_t year = number(span_part(s, 0, year_digits));
    uint64_t month = number(span_part(s, year_digits, 2));
    uint64_t day = number(span_part(s, year_digits + 2, 2));
    if (year_digits == 2) year += 2000;
    if (month < 1 || month > 12) return bad(ret, ERR_GS1_DATE, year_digits, 2);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    uint64_t last = days[month - 1] + (month == 2 && leap ? 1u : 0u);
    if (day > last || (day == 0 && day_needed)) return bad(ret, ERR_GS1_DATE, year_digits + 2, 2);
    return OK;
}

/* Two digits below `limit`, at `at`. */
static enum err clock_part(struct span s, size_t at, uint64_t limit, struct gs1_spot *ret) {
    struct span two = span_part(s, at, 2);
    size_t end = digits_end(two);
    if (end < 2) return bad(ret, ERR_GS1_CHARACTER, at + end, 1);
    return number(two) < limit ? OK : bad(ret, ERR_GS1_TIME, at, 2);
}

static enum err clock_time(struct span s, uint64_t first_limit, bool minutes, struct gs1_spot *ret) {
    if (s.len != (minutes ? 4u : 2u)) return bad(ret, ERR_GS1_TIME, 0, s.len);
    enum err e = clock_part(s, 0, first_limit, ret);
    return e || !minutes ? e : clock_part(s, 2, 60, ret);
}

/* ISO 13616: country, two check digits, account; moved behind and read as one number, letters as 10
 * to 35, it leaves 1 modulo 97. */
static enum err bank_account(struct span s, struct gs1_spot *ret) {
    unsigned rest = 0;
    if (s.len <= 10 || s.len > 34) return bad(ret, ERR_GS1_IBAN, 0, s.len);
    if (!gs1_is_country_letters(span_part(s, 0, 2))) return bad(ret, ERR_GS1_IBAN, 0, 2);
    for (size_t i = 0; i < s.len; i++) {
        size_t at = (i + 4) % s.len;
        uint8_t c = s.data[at];
        if (is_digit(c))
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        else if (c >= 'A' && c <= 'Z')
            rest = (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
        else
            return bad(ret, ERR_GS1_CHARACTER, at, 1);
    }
    return rest == 1 ? OK : bad(ret, ERR_GS1_IBAN, 2, 2);
}

static bool is_hex(uint8_t c) {
    return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static enum err percent_encoded(struct span s, struct gs1_spot *ret) {
    for (size_t i = 0; i < s.len; i++) {
        if (s.data[i] != '%') continue;
        if (s.len - i < 3) return bad(ret, ERR_GS1_PERCENT, i, s.len - i);
        if (!is_hex(s.data[i + 1]) || !is_hex(s.data[i + 2]))
            return bad(ret, ERR_GS1_PERCENT, i, 3);
    }
    return OK;
}

/* "0102": the first piece of two. */
static enum err piece_of_total(struct span s, struct gs1_spot *ret) {
    size_t end = digits_end(s), half = s.len / 2;
    if (end < s.len) return bad(ret, ERR_GS1_CHARACTER, end, 1);
    if (s.len == 0 || s.len % 2 != 0) return bad(ret, ERR_GS1_PIECE, 0, s.len);
    struct span piece = span_part(s, 0, half), total = span_part(s, half, half);
    if (all_zero(piece)) return bad(ret, ERR_GS1_ZERO, 0, half);
    if (all_zero(total)) return bad(ret, ERR_GS1_ZERO, half, half);
    return span_compare(piece, total) <= 0 ? OK : bad(ret, ERR_GS1_PIECE, 0, s.len);
}

/* "1/3" */
static enum err position_in_sequence(struct span s, struct gs1_spot *ret) {
    size_t slash = digits_end(s);
    if (slash == 0 || slash + 1 >= s.len || s.data[slash] != '/')
        return bad(ret, ERR_GS1_PIECE, 0, s.len);
    struct span position = span_part(s, 0, slash);
    struct span all = span_part(s, slash + 1, s.len - slash - 1);
    if (digits_end(all) < all.len) return bad(ret, ERR_GS1_PIECE, 0, s.len);
    if (position.data[0] == '0') return bad(ret, ERR_GS1_ZERO, 0, slash);
    if (all.data[0] == '0') return bad(ret, ERR_GS1_ZERO, slash + 1, all.len);
    bool beyond = position.len != all.len ? position.len > all.len : span_compare(position, all) > 0;
    return beyond ? bad(ret, ERR_GS1_PIECE, 0, s.len) : OK;
}

static enum err coordinate(struct span s, uint64_t most, struct gs1_spot *ret) {
    size_t end = digits_end(s);
    if (s.len != 10) return bad(ret, ERR_GS1_COORDINATE, 0, s.len);
    if (end < s.len) return bad(ret, ERR_GS1_CHARACTER, end, 1);
    return number(s) <= most ? OK : bad(ret, ERR_GS1_COORDINATE, 0, s.len);
}

/* One of a few characters. */
static enum err one_of(struct span s, const char *characters, struct gs1_spot *ret) {
    for (; s.len == 1 && *characters != '\0'; characters++)
        if ((char)s.data[0] == *characters) return OK;
    return bad(ret, ERR_GS1_WORD, 0, s.len);
}

static enum err listed(bool is, enum err err, struct span s, struct gs1_spot *ret) {
    return is ? OK : bad(ret, err, 0, s.len);
}

/* ICCBBA's list in the General Specifications for AI (7241): 01 to 10, and 80 to 99 for local use. */
static bool is_media_type(struct span s) {
    if (s.len != 2 || digits_end(s) < 2) return false;
    uint64_t n = number(s);
    return (n >= 1 && n <= 10) || n >= 80;
}

static enum err not_zero(struct span s, struct gs1_spot *ret) {
    size_t end = digits_end(s);
    if (end < s.len) return bad(ret, ERR_GS1_CHARACTER, end, 1);
    return all_zero(s) ? bad(ret, ERR_GS1_ZERO, 0, s.len) : OK;
}

static enum err no_zero_first(struct span s, struct gs1_spot *ret) {
    size_t end = digits_end(s);
    if (s.len > 0 && s.data[0] == '0') return bad(ret, ERR_GS1_ZERO, 0, 1);
    return end < s.len ? bad(ret, ERR_GS1_CHARACTER, end, 1) : OK;
}

/* The linters that permit a few characters, one of which the part is. */
static const char *const words[GS1_LINTS] = {
    [GS1_LINT_HYPHEN] = "-",
    [GS1_LINT_IMPORTERIDX] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
    [GS1_LINT_ISO5218] = "0129",
    [GS1_LINT_WINDING] = "019",
    [GS1_LINT_YESNO] = "01",
};

enum err gs1_lint(enum gs1_lint lint, struct span s, struct gs1_spot *ret) {
    switch (lint) {
    case GS1_LINT_PLAIN:
    case GS1_LINTS:
        return OK;
    case GS1_LINT_COUPONCODE:
        return gs1_lint_coupon(s, ret);
    case GS1_LINT_COUPONPOSOFFER:
        return gs1_lint_positive_offer(s, ret);
    case GS1_LINT_CSUM:
        return check_digit(s, ret);
    case GS1_LINT_CSUMALPHA:
        return check_pair(s, ret);
    case GS1_LINT_GCPPOS1:
    case GS1_LINT_GCPPOS2:
        return company_prefix(s, lint == GS1_LINT_GCPPOS1 ? 0 : 1, ret);
    case GS1_LINT_HASNONDIGIT:
        return listed(digits_end(s) < s.len, ERR_GS1_CHARACTER, s, ret);
    case GS1_LINT_HH:
        return clock_time(s, 24, false, ret);
    case GS1_LINT_HHMI:
        return clock_time(s, 24, true, ret);
    case GS1_LINT_IBAN:
        return bank_account(s, ret);
    case GS1_LINT_ISO3166:
    case GS1_LINT_ISO3166999:
        return listed(gs1_is_country(s) || (lint == GS1_LINT_ISO3166999 && span_is(s, "999")),
                      ERR_GS1_COUNTRY, s, ret);
    case GS1_LINT_ISO3166ALPHA2:
        return listed(gs1_is_country_letters(s), ERR_GS1_COUNTRY, s, ret);
    case GS1_LINT_ISO4217:
        return listed(gs1_is_currency(s), ERR_GS1_CURRENCY, s, ret);
    case GS1_LINT_LATITUDE:
        return coordinate(s, 1800000000, ret);
    case GS1_LINT_LONGITUDE:
        return coordinate(s, 3600000000, ret);
    case GS1_LINT_MEDIATYPE:
        return listed(is_media_type(s), ERR_GS1_WORD, s, ret);
    case GS1_LINT_MI:
    case GS1_LINT_SS:
        return clock_time(s, 60, false, ret);
    case GS1_LINT_NONZERO:
        return not_zero(s, ret);
    case GS1_LINT_NOZEROPREFIX:
        return no_zero_first(s, ret);
    case GS1_LINT_PACKAGETYPE:
        return listed(gs1_is_package_type(s), ERR_GS1_WORD, s, ret);
    case GS1_LINT_PCENC:
        return percent_encoded(s, ret);
    case GS1_LINT_PIECEOFTOTAL:
        return piece_of_total(s, ret);
    case GS1_LINT_POSINSEQSLASH:
        return position_in_sequence(s, ret);
    case GS1_LINT_HYPHEN:
    case GS1_LINT_IMPORTERIDX:
    case GS1_LINT_ISO5218:
    case GS1_LINT_WINDING:
    case GS1_LINT_YESNO:
        return one_of(s, words[lint], ret);
    case GS1_LINT_YYMMD0:
        return date(s, 2, false, ret);
    case GS1_LINT_YYMMDD:
        return date(s, 2, true, ret);
    case GS1_LINT_YYYYMMDD:
        return date(s, 4, true, ret);
    case GS1_LINT_ZERO:
        return listed(s.len > 0 && all_zero(s), ERR_GS1_WORD, s, ret);
    }
    CHECK(false);
}

const char *gs1_lint_name(enum gs1_lint lint) {
    static const char *const names[GS1_LINTS] = {
        "",          "couponcode",  "couponposoffer", "csum",         "csumalpha",
        "gcppos1",   "gcppos2",     "hasnondigit",    "hh",           "hhmi",
        "hyphen",    "iban",        "importeridx",    "iso3166",      "iso3166999",
        "iso3166alpha2", "iso4217", "iso5218",        "latitude",     "longitude",
        "mediatype", "mi",          "nonzero",        "nozeroprefix", "packagetype",
        "pcenc",     "pieceoftotal", "posinseqslash", "ss",           "winding",
        "yesno",     "yymmd0",      "yymmdd",         "yyyymmdd",     "zero",
    };
    return names[lint];
}
