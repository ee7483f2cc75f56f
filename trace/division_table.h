/* division_table.h: the table behind division.h, for division.c alone. A province's text is its two
 * digits and name, then four digits and a name for each city ("0300") and county ("0302") in order. */
#ifndef TRACE_DIVISION_TABLE_H
#define TRACE_DIVISION_TABLE_H

#include <stddef.h>

/* NULL past the last. */
const char *division_province_text(size_t index);

#endif
