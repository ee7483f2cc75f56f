/* sheet.h: how labels lie on paper: named sheets of labels on A4, or a roll of labels of a given size, one a page.
 *
 * Millimetres. Sheets are those that shops sell; the table stands in sheet.c.
 */
#ifndef TOOLS_PRINT_SHEET_H
#define TOOLS_PRINT_SHEET_H

#include "base/err.h"
#include "base/span.h"

struct sheet {
    const char *name; /* NULL: a roll */
    double page_width, page_height;
    uint32_t columns, rows;
    double width, height; /* of a label */
    double left, top;     /* margins before the first */
    double gap_x, gap_y;
};

extern const struct sheet sheets[]; /* ends with name NULL */

/* "a4-3x8" or "62x29mm", "62.5x29mm" (10 to 420 each, tenths at most); ERR_PRINT_SHEET. */
enum err sheet_find(const char *text, struct sheet *ret) MUST_USE;

/* The corner of label `at` of a page, row by row. */
void sheet_place(const struct sheet *s, uint32_t at, double *ret_x, double *ret_y);

#endif
