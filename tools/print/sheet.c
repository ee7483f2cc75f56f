/* sheet.c: the table of sheets. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/print/sheet.h"

/* name, page, columns and rows, label, margins, gaps */
const struct sheet sheets[] = {
    {"a4-3x8", 210, 297, 3, 8, 70, 36, 0, 4.5, 0, 0},
    {"a4-3x7", 210, 297, 3, 7, 63.5, 38.1, 7.25, 15.15, 2.5, 0},
    {"a4-2x7", 210, 297, 2, 7, 99.1, 38.1, 4.65, 15.15, 2.5, 0},
    {"a4-2x4", 210, 297, 2, 4, 99.1, 67.7, 4.65, 13.1, 2.5, 0},
    {"a4-4x10", 210, 297, 4, 10, 48.5, 25.4, 8, 21.5, 0, 0},
    {NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
};

/* Up to three digits and a tenth. */
static bool length_read(const char **text, double *ret) {
    const char *p = *text;
    unsigned tenths = 0, digits = 0;
    for (; isdigit((unsigned char)*p) && digits < 3; p++, digits++)
        tenths = tenths * 10 + (unsigned)(*p - '0');
    tenths *= 10;
    if (digits == 0) return false;
    if (p[0] == '.' && isdigit((unsigned char)p[1])) {
        tenths += (unsigned)(p[1] - '0');
        p += 2;
    }
    *text = p;
    *ret = tenths / 10.0;
    return tenths >= 100 && tenths <= 4200;
}

enum err sheet_find(const char *text, struct sheet *ret) {
    for (size_t i = 0; sheets[i].name != NULL; i++)
        if (strcmp(sheets[i].name, text) == 0) {
            *ret = sheets[i];
            return OK;
        }
    double width, height;
    if (!length_read(&text, &width) || *text++ != 'x' || !length_read(&text, &height) || strcmp(text, "mm") != 0)
        return ERR_PRINT_SHEET;
    *ret = (struct sheet){.page_width = width, .page_height = height, .columns = 1, .rows = 1, .width = width, .height = height};
    return OK;
}

void sheet_place(const struct sheet *s, uint32_t at, double *ret_x, double *ret_y) {
    *ret_x = s->left + (at % s->columns) * (s->width + s->gap_x);
    *ret_y = s->top + (at / s->columns) * (s->height + s->gap_y);
}
