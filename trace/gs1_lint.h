/* gs1_lint.h: the linters of the GS1 Barcode Syntax Dictionary: what the parts of an AI's value must be
 * beyond length and character set.
 *
 * Sources: the Syntax Dictionary's descriptions of its linters (release of 2026-07-27) and what they
 * stand on: GS1 General Specifications section 7.9 (check digits and pairs, dates), ISO 3166, ISO 4217,
 * ISO 5218, ISO 13616, the North American coupon standards, UN/CEFACT recommendation 21.
 *
 * Pure and total: every text of any length has a verdict.
 */
#ifndef TRACE_GS1_LINT_H
#define TRACE_GS1_LINT_H

#include "base/err.h"
#include "base/span.h"

enum gs1_lint {
    GS1_LINT_PLAIN, /* nothing to check */
    GS1_LINT_COUPONCODE,
    GS1_LINT_COUPONPOSOFFER,
    GS1_LINT_CSUM,
    GS1_LINT_CSUMALPHA,
    GS1_LINT_GCPPOS1,
    GS1_LINT_GCPPOS2,
    GS1_LINT_HASNONDIGIT,
    GS1_LINT_HH,
    GS1_LINT_HHMI,
    GS1_LINT_HYPHEN,
    GS1_LINT_IBAN,
    GS1_LINT_IMPORTERIDX,
    GS1_LINT_ISO3166,
    GS1_LINT_ISO3166999,
    GS1_LINT_ISO3166ALPHA2,
    GS1_LINT_ISO4217,
    GS1_LINT_ISO5218,
    GS1_LINT_LATITUDE,
    GS1_LINT_LONGITUDE,
    GS1_LINT_MEDIATYPE,
    GS1_LINT_MI,
    GS1_LINT_NONZERO,
    GS1_LINT_NOZEROPREFIX,
    GS1_LINT_PACKAGETYPE,
    GS1_LINT_PCENC,
    GS1_LINT_PIECEOFTOTAL,
    GS1_LINT_POSINSEQSLASH,
    GS1_LINT_SS,
    GS1_LINT_WINDING,
    GS1_LINT_YESNO,
    GS1_LINT_YYMMD0,
    GS1_LINT_YYMMDD,
    GS1_LINT_YYYYMMDD,
    GS1_LINT_ZERO,
    GS1_LINTS,
};

/* Where in a part the trouble is. */
struct gs1_spot {
    size_t from, len;
};

/* What is wrong with a part, and where (ret_spot is untouched when nothing is). */
enum err gs1_lint(enum gs1_lint lint, struct span part, struct gs1_spot *ret_spot) MUST_USE;
/* As the dictionary spells it: "csumalpha". */
const char *gs1_lint_name(enum gs1_lint lint);

/* -- gs1_lint_lists.c -- */

bool gs1_is_country(struct span three_digits);
bool gs1_is_country_letters(struct span two_letters);
bool gs1_is_currency(struct span three_digits);
bool gs1_is_package_type(struct span code);

/* -- gs1_lint_coupon.c -- */

enum err gs1_lint_coupon(struct span part, struct gs1_spot *ret_spot) MUST_USE;
enum err gs1_lint_positive_offer(struct span part, struct gs1_spot *ret_spot) MUST_USE;

#endif
