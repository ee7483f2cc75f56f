/* scans.h: the tallies of scans on this node (docs/spec.md section F), in one SQLite file beside the store. They are off the ledger:
 * a node that loses them loses no proof, and nothing of a person is in them.
 *
 * Promises.
 *   1. A scan counts in the hour of the node's clock. An hour that is over never changes: while the clock is behind the newest hour
 *      tallied, scans are refused (ERR_SCAN_CLOCK).
 *   2. Bounded: SCANS_HOUR_ROWS_MAX rows in an hour, then rows that are new are not made and counted as dropped (rows that are there
 *      go on counting); SCANS_PER_SECOND reports, then ERR_SCAN_BUSY; SCANS_MIB_MAX of disk.
 *   3. Rows older than SCANS_KEPT_DAYS are deleted, and never given.
 *   4. A tally survives the process at once, and a power failure once SQLite has synced its log (WAL, synchronous NORMAL:
 *      batched by SQLite). The last seconds of tallies are worth less than a disk sync each.
 *
 * Threads: any, at the same time; one at a time inside. Calls block on the disk: not for a loop.
 * Failure of the disk: ERR_SCAN_STORE, and the next call tries again.
 */
#ifndef STORAGE_SCANS_H
#define STORAGE_SCANS_H

#include "base/err.h"
#include "base/limits.h"
#include "trace/scan.h"

enum {
    SCANS_ERROR_BYTES = 256,
    /* The file: above it new rows are refused (ERR_SCAN_STORE) until old ones are deleted; rows that are there go on counting, and so
     * does the node. Some ten million rows. */
    SCANS_MIB_MAX = 2048,
};

struct scans_options {
    uint64_t (*clock_ms)(void *self); /* wall clock, milliseconds UTC */
    void *self;
    uint32_t hour_rows_max, per_second; /* 0: as base/limits.h has them */
};

struct scans;
/* Makes the file if it is not there (mode 0600). NULL: ret_error says why. */
struct scans *scans_open(const char *path, const struct scans_options *options, char ret_error[SCANS_ERROR_BYTES]);
void scans_close(struct scans *s); /* accepts NULL */

/* One scan, now. ERR_SCAN_PIECE: not a GTIN with serial in canonical form, or no division. */
enum err scans_tally(struct scans *s, struct span identifier, struct span division) MUST_USE;

/* Rows in the arena, in order. */
struct scans_rows {
    struct scan_row *rows;
    size_t count;
    bool cut;         /* of a code: older rows were left out (SCANS_CODE_ROWS_MAX) */
    bool over;        /* of an hour: nothing is added any more */
    uint64_t dropped; /* of an hour: scans that were not tallied */
};
enum err scans_of_code(struct scans *s, struct span identifier, struct arena *arena, struct scans_rows *ret) MUST_USE;
/* hour_ms: a multiple of SCAN_HOUR_MS (CHECK). An hour without scans has no rows. */
enum err scans_of_hour(struct scans *s, uint64_t hour_ms, struct arena *arena, struct scans_rows *ret) MUST_USE;

/* For those who watch it. */
struct scans_totals {
    uint64_t tallied, dropped, refused; /* since it was opened; refused: above SCANS_PER_SECOND */
    uint64_t rows, oldest_ms;           /* kept now; the oldest hour of them, 0: none */
};
/* Rows are 0 when the disk cannot be read. */
void scans_totals(struct scans *s, struct scans_totals *ret);

#endif
