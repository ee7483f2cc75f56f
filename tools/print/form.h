/* form.h: a JSON object read into a struct by a table of its fields.
 *
 * Nothing is guessed: a field that is unknown, twice there, missing though needed, or of another type is refused by name, with the place
 * ("rows[2].value"). Texts are UTF-8 without controls and direction marks (ERR_PRINT_TEXT), bounded in bytes, and may be empty only where
 * the row permits. The spans of the result point into `store`, which the caller keeps, clears before the next and frees.
 */
#ifndef TOOLS_PRINT_FORM_H
#define TOOLS_PRINT_FORM_H

#include "base/err.h"
#include "base/span.h"

enum form_kind {
    FORM_TEXT,  /* struct span */
    FORM_BOOL,  /* bool */
    FORM_TEXTS, /* array of struct span at offset, uint32_t count at count_offset */
    FORM_LIST,  /* array of structs of `rows`, each `size` bytes, count likewise */
};
struct form_row {
    const char *name;
    enum form_kind kind;
    bool needed; /* a text that is needed is not empty either */
    size_t offset, count_offset;
    uint32_t max;   /* bytes of a text, each */
    uint32_t count; /* entries of an array, at most */
    size_t size;
    const struct form_row *rows; /* ends with name NULL */
};

enum { FORM_BYTES_MAX = 128 << 10 }; /* a longer JSON text is refused unread (ERR_TOO_LARGE) */

/* What an object leaves out is zero in *ret, a struct of `size` bytes. *ret is untouched on failure. */
enum err form_read(const struct form_row rows[], struct span json, struct buffer *store, void *ret, size_t size,
                   struct refusal *refusal) MUST_USE;

#endif
