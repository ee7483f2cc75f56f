/* scan.h: how often codes are scanned, tallied by hour and coarse region, and what that warns of (docs/spec.md section F).
 *
 * A row says: in this hour this piece was scanned so often in this division. Nothing in it is of a person. Rows are kept off the
 * ledger, by the node that was asked; the root over an hour's rows is anchored (section Z), so nobody chooses them anew.
 *
 * The warnings are a pure function of one piece's rows and of two times the ledger knows: whoever has the rows recomputes them.
 * Integers only.
 *
 * Spans borrow from what was decoded. ERR_SCAN_FORM, ERR_CODEC_*; results untouched on failure.
 */
#ifndef TRACE_SCAN_H
#define TRACE_SCAN_H

#include "base/codec.h"
#include "base/crypto.h"

enum {
    SCAN_HOUR_MS = 3600000,
    SCAN_DIVISION_DIGITS = 6,
    SCAN_ROW_BYTES_MAX = 16 + 1024 + 3 + SCAN_DIVISION_DIGITS + 1 + 9,
    /* Where nobody says otherwise (F4). */
    SCAN_SCANS_DEFAULT = 20,
    SCAN_DIVISIONS_DEFAULT = 3,
    SCAN_HOURS_DEFAULT = 24,
    SCAN_HOURS_MAX = 183 * 24,
};

struct scan_row {
    uint64_t hour_ms;       /* when the hour begins */
    struct span identifier; /* canonical, of one piece: GTIN and serial */
    struct span division;   /* 0 to 6 digits */
    uint64_t count;         /* from 1 */
};

/* A canonical identifier of a GTIN with a serial. */
bool scan_identifier_valid(struct span canonical);
bool scan_division_valid(struct span division);

/* Appends the canonical row (F1), at most SCAN_ROW_BYTES_MAX bytes. */
void scan_row_encode(const struct scan_row *row, struct buffer *out);
enum err scan_row_decode(struct span bytes, struct scan_row *ret) MUST_USE;
/* What an anchor of tallies is of (F2): false when the name is empty or too long. */
enum { SCAN_WHAT_BYTES_MAX = 64 };
bool scan_what(struct span name, char ret[SCAN_WHAT_BYTES_MAX + 1]) MUST_USE;
/* By hour, identifier, division, bytewise: below, at, above zero. */
int scan_row_compare(const struct scan_row *a, const struct scan_row *b);
/* The root (F2) of rows in order; ERR_SCAN_FORM when they are not: another hour, out of order, twice, or not of F1's form. */
enum err scan_root(const struct scan_row rows[], size_t count, struct digest *ret) MUST_USE;

enum scan_warning_kind {
    SCAN_MANY_SCANS,
    SCAN_MANY_DIVISIONS,
    SCAN_BEFORE_SHIPPING,
    SCAN_AFTER_DESTRUCTION,
    SCAN_WARNINGS
};
/* "many_scans", "many_divisions", "before_shipping", "after_destruction" */
const char *scan_warning_name(enum scan_warning_kind kind);

struct scan_rules {
    uint64_t scans, divisions, hours; /* N, M, T: more than these warn; T from 1 (CHECK) to SCAN_HOURS_MAX */
};
struct scan_rules scan_rules_default(void);

/* What the ledger knows of the piece; 0: of no such event. */
struct scan_times {
    uint64_t shipped_ms;   /* eventTime of the first shipping, its own or that of what it was in (scan_shipped.h) */
    uint64_t destroyed_ms; /* of the last destroying */
};

struct scan_warning {
    enum scan_warning_kind kind;
    uint64_t figure;  /* scans, or divisions */
    uint64_t limit;   /* N, M; else 0 */
    uint64_t hour_ms; /* where it begins: the first hour of the window, or the first hour of such a scan; 0 for N */
};

/* Rows of one piece in order of hour and division (CHECK). At most one warning of each kind, in order of kinds; how many. */
size_t scan_warnings(const struct scan_row rows[], size_t count, const struct scan_times *times,
                     const struct scan_rules *rules, struct scan_warning ret[SCAN_WARNINGS]);

#endif
