/* Looking up is walking: the whole table is some 60 KB, and nobody looks up many. */
#include "trace/division.h"

#include <string.h>

#include "trace/division_table.h"

static bool digits(const char *p, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (p[i] < '0' || p[i] > '9') return false;
    return true;
}

/* A name: bytes up to the next digit; all names are CJK. */
static size_t name_len(const char *p) {
    size_t len = 0;
    while (p[len] != '\0' && (p[len] < '0' || p[len] > '9'))
        len++;
    return len;
}

/* *at counts the entries met; kept as province index << 32 | offset of the next entry in its text. */
bool division_next(size_t *at, char ret_code[6], struct span *ret_name) {
    size_t province = *at >> 32, offset = *at & 0xffffffffu;
    const char *text = division_province_text(province);
    if (text != NULL && text[offset] == '\0') {
        text = division_province_text(++province);
        offset = 0;
    }
    if (text == NULL) return false;
    size_t code_len = offset == 0 ? 2 : 4;
    memcpy(ret_code, text, 2);
    if (offset == 0)
        memcpy(ret_code + 2, "0000", 4);
    else
        memcpy(ret_code + 2, text + offset, 4);
    const char *name = text + offset + code_len;
    *ret_name = span_of(name, name_len(name));
    *at = province << 32 | (offset + code_len + ret_name->len);
    return true;
}

/* "市辖区", "县", "省直辖县级行政区划": rows that exist so that counties have a city's digits. */
static bool only_written(struct span city) {
    return span_is(city, "市辖区") || span_is(city, "县") || span_is(city, "省直辖县级行政区划") ||
           span_is(city, "自治区直辖县级行政区划");
}

static bool lookup(const char code[6], struct span *ret_name) {
    char met[6];
    struct span name;
    for (size_t at = 0; division_next(&at, met, &name);) {
        if (memcmp(met, code, 6) != 0) continue;
        *ret_name = name;
        return true;
    }
    return false;
}

enum err division_find(struct span code, struct division *ret) {
    struct division d = {.level = DIVISION_PROVINCE};
    char six[6] = "000000", upper[6];
    bool length = code.len == 2 || code.len == 4 || code.len == 6 || code.len == 9 || code.len == 12;
    if (!length || !digits((const char *)code.data, code.len)) return ERR_DIVISION_FORM;
    memcpy(six, code.data, code.len < 6 ? code.len : 6);
    memcpy(upper, six, 6);
    memcpy(upper + 2, "0000", 4);
    if (!lookup(upper, &d.province)) return ERR_DIVISION_UNKNOWN;
    if (memcmp(six + 2, "00", 2) != 0) {
        memcpy(upper + 2, six + 2, 2);
        d.level = DIVISION_CITY;
        if (!lookup(upper, &d.city)) return ERR_DIVISION_UNKNOWN;
        if (only_written(d.city)) d.city = SPAN_EMPTY;
    }
    if (memcmp(six + 4, "00", 2) != 0) {
        d.level = DIVISION_COUNTY;
        if (!lookup(six, &d.county)) return ERR_DIVISION_UNKNOWN;
    }
    if (code.len == 9) d.level = DIVISION_TOWN;
    if (code.len == 12) d.level = DIVISION_VILLAGE;
    *ret = d;
    return OK;
}

void division_name(const struct division *d, struct buffer *out) {
    const struct span names[] = {d->province, d->city, d->county};
    for (size_t i = 0; i < 3; i++) {
        if (names[i].len == 0) continue;
        if (i > 0) buffer_text(out, " ");
        buffer_append_span(out, names[i]);
    }
}

bool division_named(struct span name, size_t *at, char ret_code[6]) {
    struct span met;
    while (division_next(at, ret_code, &met))
        if (span_equal(met, name)) return true;
    return false;
}
