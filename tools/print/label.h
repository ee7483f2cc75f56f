/* label.h: one label: what stands on it, and how it lies on its piece of paper.
 *
 * A line of input is {"url", "serial"} and, where there is one, "inner" (the inner code, for under the scratch layer) and "lines"
 * (captions). url, serial and inner are printable ASCII.
 *
 * The QR code carries the url as it is. Its modules are never smaller than asked; they grow to 1 mm where the label has room, and a label
 * on which they do not fit is refused (ERR_PRINT_LABEL_SMALL), as is text that does not fit beside or under the code even in the smallest
 * type (ERR_PRINT_TEXT_FIT): nothing is cut off. The quiet zone lies on the label and holds nothing.
 */
#ifndef TOOLS_PRINT_LABEL_H
#define TOOLS_PRINT_LABEL_H

#include "tools/print/canvas.h"
#include "tools/print/sheet.h"

enum { LABEL_LINES_MAX = 8, LABEL_LINE_BYTES_MAX = 256, LABEL_CODE_BYTES_MAX = 64 };

struct label {
    struct span url, serial;
    struct span inner; /* len 0: none */
    struct span lines[LABEL_LINES_MAX];
    uint32_t lines_count;
};

/* The spans of *ret point into `store` (form.h). */
enum err label_read(struct span json, struct buffer *store, struct label *ret, struct refusal *refusal) MUST_USE;

/* http or https and printable ASCII without blanks, quotes and angle brackets. */
bool url_is_printable(struct span url);

/* `module`: the least, in millimetres. `qr` is scratch for the drawing. On a refusal nothing was drawn. */
enum err label_draw(struct canvas *c, const struct sheet *s, double x, double y, double module, enum lang lang, const struct label *l,
                    struct qr *qr, struct refusal *refusal) MUST_USE;

#endif
