/* qr.h: QR codes (ISO/IEC 18004) of an address. The only door to libqrencode.
 *
 * Error correction level M; the smallest version that holds the text, its runs of digits and of capitals packed as such. The quiet zone
 * of QR_QUIET modules on every side is not part of the matrix: who draws it keeps it white.
 */
#ifndef TOOLS_PRINT_QR_H
#define TOOLS_PRINT_QR_H

#include "base/err.h"
#include "base/span.h"

enum { QR_SIDE_MAX = 177, QR_QUIET = 4, QR_TEXT_MAX = 512 };

struct qr {
    uint32_t side; /* modules: 21, 25, ... 177 */
    uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX]; /* row by row, side * side of them, 1 or 0 */
};

/* `text`: QR_TEXT_MAX printable ASCII characters at most (CHECK); such a text always has a QR code. */
void qr_encode(struct span text, struct qr *ret);

/* Calls `run` for every horizontal run of dark modules, top to bottom: row, first column, length. */
void qr_runs(const struct qr *q, void (*run)(void *self, uint32_t row, uint32_t column, uint32_t len), void *self);

#endif
