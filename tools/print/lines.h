/* lines.h: a file or pipe, line by line, in bounded memory.
 *
 * A line ends with LF; the last may lack it. A line longer than LINE_BYTES_MAX is never held: LINE_LONG.
 */
#ifndef TOOLS_PRINT_LINES_H
#define TOOLS_PRINT_LINES_H

#include "base/span.h"

enum { LINE_BYTES_MAX = 16 << 10 };
enum line_result { LINE_READ, LINE_END, LINE_LONG, LINE_FAILED /* errno says why; EINTR after a signal */ };

struct lines {
    int fd; /* borrowed */
    size_t from, to; /* what is held and not yet given out */
    bool end;
    uint8_t held[LINE_BYTES_MAX + 1];
};

void lines_begin(struct lines *l, int fd);
/* *ret, without its LF, holds until the next call. */
enum line_result lines_next(struct lines *l, struct span *ret) MUST_USE;

#endif
