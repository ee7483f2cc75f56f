#include "trace/rfc3339.h"

/* A cursor over the text; every step says whether it found what it looked for. */
struct scan {
    struct span text;
    size_t at;
};

static bool scan_char(struct scan *s, const char *any_of, char *ret) {
    if (s->at >= s->text.len) return false;
    char c = (char)s->text.data[s->at];
    for (const char *p = any_of; *p != '\0'; p++) {
        if (*p == c) {
            s->at++;
            *ret = c;
            return true;
        }
    }
    return false;
}

static bool scan_digits(struct scan *s, size_t count, int *ret) {
    int value = 0;
    if (s->text.len - s->at < count) return false;
    for (size_t i = 0; i < count; i++) {
        uint8_t c = s->text.data[s->at + i];
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    s->at += count;
    *ret = value;
    return true;
}

/* The blanks a regular expression's \s means in ECMAScript, besides the ASCII ones: all three bytes
 * long but U+00A0. */
static bool scan_wide_blank(struct scan *s) {
    static const char *const blanks[] = {
        "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
        "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87",
        "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf",
    };
    struct span rest = span_part(s->text, s->at, s->text.len - s->at);
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        if (span_starts(rest, blanks[i])) {
            s->at += span_text(blanks[i]).len;
            return true;
        }
    }
    return false;
}

static bool date_exists(int year, int month, int day) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar; March is the first month, so the leap
 * day ends a year. */
static int64_t days_since_epoch(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* ".5" is 500 ms. Digits beyond the third are read and dropped. */
static bool scan_fraction(struct scan *s, int *ret_ms) {
    char dot;
    int ms = 0;
    int digit;
    size_t count = 0;
    *ret_ms = 0;
    if (!scan_char(s, ".", &dot)) return true;
    while (scan_digits(s, 1, &digit)) {
        if (count < 3) ms = ms * 10 + digit;
        count++;
    }
    for (size_t i = count; i < 3; i++)
        ms *= 10;
    *ret_ms = ms;
    return count > 0;
}

/* "Z", "+08:00", "+0800" or "+08"; the result in minutes east. */
static bool scan_offset(struct scan *s, int *ret_minutes) {
    char c;
    int hours;
    int minutes = 0;
    if (scan_char(s, "zZ", &c)) {
        *ret_minutes = 0;
        return true;
    }
    if (!scan_char(s, "+-", &c) || !scan_digits(s, 2, &hours)) return false;
    if (s->at < s->text.len) {
        char colon;
        if (scan_char(s, ":", &colon) && s->at == s->text.len) return false;
        if (!scan_digits(s, 2, &minutes)) return false;
    }
    if (hours > 23 || minutes > 59) return false;
    *ret_minutes = (c == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static bool scan_date(struct scan *s, int *ret_year, int *ret_month, int *ret_day) {
    char c;
    return scan_digits(s, 4, ret_year) && scan_char(s, "-", &c) && scan_digits(s, 2, ret_month) &&
           scan_char(s, "-", &c) && scan_digits(s, 2, ret_day) &&
           date_exists(*ret_year, *ret_month, *ret_day);
}

bool date_valid(struct span text) {
    struct scan s = {text, 0};
    int year, month, day;
    return scan_date(&s, &year, &month, &day) && s.at == text.len;
}

bool rfc3339_ms(struct span text, int64_t *ret_ms) {
    enum { DAY_MINUTES = 24 * 60 };
    struct scan s = {text, 0};
    char c;
    int year, month, day, hour, minute, second, ms, offset;
    if (!scan_date(&s, &year, &month, &day)) return false;
    if (!scan_char(&s, "tT \t\n\v\f\r", &c) && !scan_wide_blank(&s)) return false;
    if (!scan_digits(&s, 2, &hour) || !scan_char(&s, ":", &c) || !scan_digits(&s, 2, &minute) ||
        !scan_char(&s, ":", &c) || !scan_digits(&s, 2, &second) || !scan_fraction(&s, &ms) ||
        !scan_offset(&s, &offset) || s.at != text.len) {
        return false;
    }
    if (hour > 23 || minute > 59 || second > 59) {
        /* Only the last minute of a UTC day, with its leap second, is left; counted as ajv-formats
         * counts. */
        int minute_utc = minute - offset % 60;
        int hour_utc = hour - offset / 60 - (minute_utc < 0 ? 1 : 0);
        if (second > 60 || (hour_utc != 23 && hour_utc != -1)) return false;
        if (minute_utc != 59 && minute_utc != -1) return false;
    }
    int64_t minutes =
        days_since_epoch(year, month, day) * DAY_MINUTES + hour * 60 + minute - offset;
    *ret_ms = (minutes * 60 + second) * 1000 + ms;
    return true;
}
