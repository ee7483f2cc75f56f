/* gs1_scan.h: what a barcode reader transmits: an AIM symbology identifier ("]Q3") and the data behind
 * it, and the message that was printed.
 *
 * A message is one of
 *   ^0106901234567892...     element strings, FNC1 written ^
 *   6901234567892            a bare GTIN, for the barcodes that carry nothing else
 *   anything else            text; one that begins with ^ (or with \ and ^) has one more \ before it
 * and may, where a barcode is printed with a GS1 composite component, go on with "|^99...".
 *
 * Reading checks the element strings and check digits, and the Digital Link of a text that begins as an
 * address does. Bounded as gs1_data.h; pure. Sources: ISO/IEC 15424 (symbology identifiers), GS1
 * General Specifications sections 5 and 7.8; verdicts as of GS1's reference engine.
 */
#ifndef TRACE_GS1_SCAN_H
#define TRACE_GS1_SCAN_H

#include "trace/gs1_data.h"

enum gs1_symbology {
    GS1_SYMBOLOGY_NONE,
    GS1_SYMBOLOGY_DATABAR_OMNI, /* and truncated, stacked, stacked omnidirectional */
    GS1_SYMBOLOGY_DATABAR_LIMITED,
    GS1_SYMBOLOGY_DATABAR_EXPANDED,
    GS1_SYMBOLOGY_UPC_A,
    GS1_SYMBOLOGY_UPC_E,
    GS1_SYMBOLOGY_EAN_13,
    GS1_SYMBOLOGY_EAN_8,
    GS1_SYMBOLOGY_ITF_14,
    GS1_SYMBOLOGY_GS1_128,
    GS1_SYMBOLOGY_QR,
    GS1_SYMBOLOGY_DATA_MATRIX,
    GS1_SYMBOLOGY_DOTCODE,
    GS1_SYMBOLOGIES,
};
const char *gs1_symbology_name(enum gs1_symbology symbology);

/* Whether it begins with "]", a letter and a digit. */
bool gs1_scan_begins(struct span text);
/* Appends the message. A message that is text leaves *ret_data empty; element strings, a GTIN (as 01)
 * and a Digital Link fill it. */
enum err gs1_scan_read(struct span scan, const struct gs1_options *options,
                       enum gs1_symbology *ret_symbology, struct buffer *message,
                       struct gs1_data *ret_data, struct gs1_problem *ret_problem) MUST_USE;
/* Appends what a reader transmits for a message in this barcode. add_check_digit: a bare GTIN comes
 * without its last digit. Nothing sensible stands in `out` after a refusal. */
enum err gs1_scan_write(enum gs1_symbology symbology, struct span message, bool add_check_digit,
                        const struct gs1_options *options, struct buffer *out,
                        struct gs1_problem *ret_problem) MUST_USE;

#endif
