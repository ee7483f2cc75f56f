/* scan.c: see scan.h. */
#include "trace/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/limits.h"
#include "base/merkle_root.h"
#include "trace/subject.h"

#define GTIN_STEM "https://id.gs1.org/01/"
enum { STEM_BYTES = sizeof GTIN_STEM - 1, GTIN_BYTES = 14, SERIAL_AT = STEM_BYTES + GTIN_BYTES + 4 };

static bool digits(struct span s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] < '0' || s.data[i] > '9') return false;
    return true;
}

bool scan_identifier_valid(struct span canonical) {
    if (canonical.len <= SERIAL_AT || canonical.len > IDENTIFIER_BYTES_MAX) return false;
    if (memcmp(canonical.data, GTIN_STEM, STEM_BYTES) != 0 ||
        !digits(span_part(canonical, STEM_BYTES, GTIN_BYTES)) ||
        memcmp(canonical.data + STEM_BYTES + GTIN_BYTES, "/21/", 4) != 0)
        return false;
    return memchr(canonical.data + SERIAL_AT, '/', canonical.len - SERIAL_AT) == NULL;
}

bool scan_division_valid(struct span division) {
    return division.len <= SCAN_DIVISION_DIGITS && digits(division);
}

void scan_row_encode(const struct scan_row *row, struct buffer *out) {
    pack_array(out, 4);
    pack_uint(out, row->hour_ms);
    pack_text(out, row->identifier);
    pack_text(out, row->division);
    pack_uint(out, row->count);
}

/* SPEC F1: "a multiple of 3,600,000" */
static bool row_valid(const struct scan_row *r) {
    return r->hour_ms % SCAN_HOUR_MS == 0 && r->count > 0 && scan_identifier_valid(r->identifier) &&
           scan_division_valid(r->division);
}

enum err scan_row_decode(struct span bytes, struct scan_row *ret) {
    struct scan_row r;
    struct unpack u;
    unpack_init(&u, bytes);
    if (unpack_array(&u, 4) != 4) unpack_fail(&u, ERR_SCAN_FORM);
    r.hour_ms = unpack_uint(&u, UINT64_MAX);
    r.identifier = unpack_text(&u, IDENTIFIER_BYTES_MAX);
    r.division = unpack_text(&u, SCAN_DIVISION_DIGITS);
    r.count = unpack_uint(&u, UINT64_MAX);
    enum err e = unpack_end(&u);
    if (e) return e;
    if (!row_valid(&r)) return ERR_SCAN_FORM;
    *ret = r;
    return OK;
}

int scan_row_compare(const struct scan_row *a, const struct scan_row *b) {
    if (a->hour_ms != b->hour_ms) return a->hour_ms < b->hour_ms ? -1 : 1;
    int order = span_compare(a->identifier, b->identifier);
    return order != 0 ? order : span_compare(a->division, b->division);
}

enum err scan_root(const struct scan_row rows[], size_t count, struct digest *ret) {
    struct merkle_stack stack = {.count = 0};
    struct buffer row CLEANUP(buffer_free) = {0};
    buffer_init(&row, SCAN_ROW_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!row_valid(&rows[i])) return ERR_SCAN_FORM;
        /* SPEC F2: "one hour's rows, each identifier and division once, rising" */
        if (i > 0 && (rows[i].hour_ms != rows[0].hour_ms || scan_row_compare(&rows[i - 1], &rows[i]) >= 0))
            return ERR_SCAN_FORM;
        buffer_clear(&row);
        scan_row_encode(&rows[i], &row);
        CHECK(!row.overflow);
        struct digest leaf = merkle_leaf_hash(buffer_span(&row));
        merkle_stack_add(&stack, &leaf);
    }
    merkle_stack_root(&stack, ret);
    return OK;
}

/* SPEC F2: "`scans:` and the node's name, each character that G6 does not permit written as `-`" */
bool scan_what(struct span name, char ret[SCAN_WHAT_BYTES_MAX + 1]) {
    static const char stem[] = "scans:";
    enum { STEM = sizeof stem - 1 };
    if (name.len == 0 || name.len > SCAN_WHAT_BYTES_MAX - STEM) return false;
    memcpy(ret, stem, STEM);
    for (size_t i = 0; i < name.len; i++)
        ret[STEM + i] = subject_id_valid(span_part(name, i, 1)) ? (char)name.data[i] : '-';
    ret[STEM + name.len] = 0;
    return true;
}

/* -- warnings -- */

const char *scan_warning_name(enum scan_warning_kind kind) {
    switch (kind) {
    case SCAN_MANY_SCANS: return "many_scans";
    case SCAN_MANY_DIVISIONS: return "many_divisions";
    case SCAN_BEFORE_SHIPPING: return "before_shipping";
    case SCAN_AFTER_DESTRUCTION: return "after_destruction";
    case SCAN_WARNINGS: break;
    }
    CHECK(false);
}

struct scan_rules scan_rules_default(void) {
    return (struct scan_rules){SCAN_SCANS_DEFAULT, SCAN_DIVISIONS_DEFAULT, SCAN_HOURS_DEFAULT};
}

static uint64_t add(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static int by_text(const void *a, const void *b) {
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* SPEC F3: "divisions that are not empty and of which no other in the window is a longer form". Sorted, a longer form of a text
 * follows it at once. */
static uint64_t divisions_count(struct span list[], size_t n) {
    uint64_t count = 0;
    qsort(list, n, sizeof *list, by_text);
    for (size_t i = 0; i < n; i++) {
        bool longer = i + 1 < n && list[i + 1].len >= list[i].len &&
                      memcmp(list[i].data, list[i + 1].data, list[i].len) == 0;
        count += !longer;
    }
    return count;
}

/* The widest window of T hours, the earliest of several; windows begin at hours that have a row. */
static uint64_t divisions_widest(const struct scan_row rows[], size_t count, uint64_t hours, uint64_t *ret_hour) {
    struct span *list = check_alloc(count + 1, sizeof *list);
    uint64_t widest = 0, span_ms = hours * SCAN_HOUR_MS;
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        if (i > 0 && rows[i].hour_ms == rows[i - 1].hour_ms) continue;
        /* A window that ends where the one before ended lies within it. */
        size_t before = end;
        while (end < count && rows[end].hour_ms - rows[i].hour_ms < span_ms)
            end++;
        if (end == before) continue;
        for (size_t k = i; k < end; k++)
            if (rows[k].division.len > 0) list[n++] = rows[k].division;
        uint64_t here = n > 0 ? divisions_count(list, n) : 0;
        if (here <= widest) continue;
        widest = here;
        *ret_hour = rows[i].hour_ms;
    }
    free(list);
    return widest;
}

size_t scan_warnings(const struct scan_row rows[], size_t count, const struct scan_times *times,
                     const struct scan_rules *rules, struct scan_warning ret[SCAN_WARNINGS]) {
    uint64_t total = 0, early = 0, late = 0, early_ms = 0, late_ms = 0, window_ms = 0;
    size_t n = 0;
    CHECK(rules->hours > 0 && rules->hours <= SCAN_HOURS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct scan_row *r = &rows[i];
        CHECK(i == 0 || scan_row_compare(&rows[i - 1], r) < 0);
        total = add(total, r->count);
        /* Whole hours only: of a scan in the very hour of the event nobody can say on which side it was. */
        if (times->shipped_ms > 0 && add(r->hour_ms, SCAN_HOUR_MS) <= times->shipped_ms) {
            if (early == 0) early_ms = r->hour_ms;
            early = add(early, r->count);
        }
        if (times->destroyed_ms > 0 && r->hour_ms >= times->destroyed_ms) {
            if (late == 0) late_ms = r->hour_ms;
            late = add(late, r->count);
        }
    }
    uint64_t divisions = divisions_widest(rows, count, rules->hours, &window_ms);
    if (total > rules->scans) ret[n++] = (struct scan_warning){SCAN_MANY_SCANS, total, rules->scans, 0};
    if (divisions > rules->divisions)
        ret[n++] = (struct scan_warning){SCAN_MANY_DIVISIONS, divisions, rules->divisions, window_ms};
    if (early > 0) ret[n++] = (struct scan_warning){SCAN_BEFORE_SHIPPING, early, 0, early_ms};
    if (late > 0) ret[n++] = (struct scan_warning){SCAN_AFTER_DESTRUCTION, late, 0, late_ms};
    return n;
}
