/* qr.c: the only door to libqrencode. */
#include <qrencode.h>

#include <string.h>

#include "tools/print/qr.h"

void qr_encode(struct span text, struct qr *ret) {
    char copy[QR_TEXT_MAX + 1];
    CHECK(text.len > 0 && text.len <= QR_TEXT_MAX);
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    QRcode *code = QRcode_encodeString(copy, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    /* 512 bytes fit into version 17 at level M: what fails is memory. */
    CHECK(code != NULL && code->width > 0 && code->width <= QR_SIDE_MAX);
    ret->side = (uint32_t)code->width;
    for (size_t i = 0; i < (size_t)ret->side * ret->side; i++)
        ret->dark[i] = code->data[i] & 1;
    QRcode_free(code);
}

void qr_runs(const struct qr *q, void (*run)(void *self, uint32_t row, uint32_t column, uint32_t len), void *self) {
    for (uint32_t row = 0; row < q->side; row++) {
        const uint8_t *dark = q->dark + (size_t)row * q->side;
        for (uint32_t column = 0, end; column < q->side; column = end) {
            for (end = column; end < q->side && dark[end] == dark[column];)
                end++;
            if (dark[column]) run(self, row, column, end - column);
        }
    }
}
