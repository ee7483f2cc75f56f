/* lines.c: one buffer that a line fits into. */
#include <string.h>
#include <unistd.h>

#include "tools/print/lines.h"

void lines_begin(struct lines *l, int fd) {
    l->fd = fd;
    l->from = l->to = 0;
    l->end = false;
}

enum line_result lines_next(struct lines *l, struct span *ret) {
    for (;;) {
        uint8_t *line = l->held + l->from, *feed = memchr(line, '\n', l->to - l->from);
        if (feed != NULL || (l->end && l->to > l->from)) {
            size_t len = feed != NULL ? (size_t)(feed - line) : l->to - l->from;
            *ret = span_of(line, len);
            l->from += len + (feed != NULL ? 1 : 0);
            return LINE_READ;
        }
        if (l->end) return LINE_END;
        if (l->to - l->from == sizeof l->held) return LINE_LONG;
        memmove(l->held, line, l->to - l->from);
        l->to -= l->from;
        l->from = 0;
        ssize_t n = read(l->fd, l->held + l->to, sizeof l->held - l->to);
        if (n < 0) return LINE_FAILED;
        l->end = n == 0;
        l->to += (size_t)n;
    }
}
