/* uscc.h: China's other codes: the unified social credit code of organisations (GB 32100-2015), and the
 * codes of pesticides, veterinary drugs and traceability platforms.
 *
 *   9 1 330302 MA2ABCDE5 X
 *   | | |      |         check character: weights 3^i modulo 31
 *   | | |      organisation code (GB 11714-1997), the last of its nine characters a check of its own
 *   | | division that registered it (GB/T 2260)
 *   | category, within the department that registered it
 *   department
 *
 * What GB 32100 itself prescribes is refused when broken: length, characters, check character. An
 * organisation code that does not check, a division or category that is not known, is told beside:
 * codes given out before the standard and divisions since withdrawn are about.
 *
 * Pure.
 */
#ifndef TRACE_USCC_H
#define TRACE_USCC_H

#include "base/err.h"
#include "base/span.h"

enum { USCC_LENGTH = 18 };

struct uscc {
    const char *department, *department_en; /* NULL: not one the standard names */
    const char *category, *category_en;     /* NULL: the same */
    struct span division, organisation;     /* 6 and 9 characters of the code */
    bool organisation_checks;               /* by the rule of GB 11714 */
};

/* ERR_USCC_LENGTH, ERR_USCC_CHARACTER, ERR_USCC_CHECK; ret_at (untouched otherwise): the character. */
enum err uscc_read(struct span code, struct uscc *ret, size_t *ret_at) MUST_USE;
/* GB 32100: the check character of 17 characters of the alphabet. */
char uscc_check_character(struct span seventeen);

/* Announcement 2579 of the Ministry of Agriculture: 32 digits. */
struct pesticide {
    struct span registration; /* six digits of the registration number */
    const char *kind;         /* "PD", "WP" or "LS" (temporary) */
    const char *produced, *produced_en; /* by whom */
    struct span specification, serial;
};
enum err pesticide_read(struct span code, struct pesticide *ret) MUST_USE; /* ERR_PESTICIDE_CODE */

/* Announcement 2210: 24 digits that only the ministry's platform can take apart. */
enum err veterinary_check(struct span code) MUST_USE; /* ERR_VETERINARY_CODE */
/* National and provincial traceability codes (农产品追溯码, 浙农码): opaque, letters, digits, '-' and '.',
 * 8 to 64 of them. */
enum err trace_code_check(struct span code) MUST_USE; /* ERR_TRACE_CODE */

#endif
