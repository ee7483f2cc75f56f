/* labels.h: a job of labels: JSON lines in (label.h), sheets out.
 *
 * PDF   one file, or with `pages_per_file` a numbered set. Memory does not depend on the number of labels but for a few dozen bytes a page.
 * SVG   a numbered set, one file a sheet (output.h).
 * CSV   for a printing house: RFC 4180, UTF-8 with byte order mark, columns index (from 1), serial, url, inner. A value that a spreadsheet
 *       would take for a formula is refused (ERR_PRINT_FORMULA): altering a code, as by a quote before it, would print one never issued.
 *
 * The files hold inner codes: mode 0600. Nothing has its name before the last line was read and drawn. A refusal names the line, from 1.
 * With `count`, a number of lines that differs is refused (ERR_PRINT_COUNT): a pipe that broke early is no smaller pack.
 */
#ifndef TOOLS_PRINT_LABELS_H
#define TOOLS_PRINT_LABELS_H

#include "tools/print/label.h"
#include "tools/print/outcome.h"

enum labels_format { LABELS_PDF, LABELS_SVG, LABELS_CSV };

struct labels_job {
    int in;
    const char *in_name, *out;
    enum labels_format format;
    struct sheet sheet;
    double module; /* millimetres, the least */
    enum lang lang;
    uint64_t count;          /* 0: unknown */
    uint32_t pages_per_file; /* PDF; 0: all in one */
    bool progress, terminal; /* on standard error; how */
};

void labels_run(const struct labels_job *job, struct outcome *ret);

/* One row of the table with its CRLF, appended to `out` (CSV). */
enum err labels_csv_row(uint64_t index, const struct label *l, struct buffer *out, struct refusal *refusal) MUST_USE;

#endif
