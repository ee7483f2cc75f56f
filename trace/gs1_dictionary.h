/* gs1_dictionary.h: the GS1 Barcode Syntax Dictionary (release of 2026-07-27) as a table: which
 * application identifiers (AIs) there are, what their values are made of, and which belong together.
 *
 * An entry stands for one AI or for a row of AIs that differ in their last digit only. A value is a
 * sequence of parts, each a run of one character set checked by linters (gs1_lint.h); only the last
 * part varies in length, and what is optional stands at the end. Relations keep the dictionary's
 * notation: alternatives between commas, AIs that are needed together joined by '+', 'n' any digit.
 *
 * tests/vectors compares the table with the published file, row by row. The ledger's canonical names
 * do not follow it (identifier.h): they are protocol, and a new release must not change them. A unit
 * test (names_agree_with_the_dictionary) says when the two part.
 *
 * Pure; everything returned is constant.
 */
#ifndef TRACE_GS1_DICTIONARY_H
#define TRACE_GS1_DICTIONARY_H

#include "base/span.h"
#include "trace/gs1_lint.h"

enum { GS1_PARTS_MAX = 5, GS1_LINTS_MAX = 3, GS1_AI_MIN = 2, GS1_AI_MAX = 4, GS1_VALUE_MAX = 90 };

struct gs1_part {
    char set; /* 'N' digits, 'X' GS1's set 82, 'Y' set 39, 'Z' base64url */
    uint8_t min, max;
    bool optional;
    enum gs1_lint lints[GS1_LINTS_MAX]; /* in order; ends with GS1_LINT_PLAIN */
};

struct gs1_entry {
    const char *first, *last; /* equal but for ranges */
    bool fixed;               /* of predefined length: no FNC1 after it ("*") */
    bool attribute;           /* may stand in the query of a Digital Link ("?") */
    struct gs1_part parts[GS1_PARTS_MAX]; /* ends with max 0 */
    const char *required;   /* one of these must be there too; NULL: none */
    const char *excluded;   /* none of these may be there; NULL: none */
    const char *qualifiers; /* of a key, in order, "|" between alternatives; NULL: no key */
    const char *title;
};

/* The entry of an AI; NULL when the dictionary has none. */
const struct gs1_entry *gs1_entry_find(struct span ai);
/* Entry by entry, in the dictionary's order; NULL past the last. */
const struct gs1_entry *gs1_entry_at(size_t index);
/* How many digits AIs that begin with these two have; 0 when no AI does, or they are no digits. */
size_t gs1_ai_length(struct span two);
/* General Specifications, element strings with pre-defined length: how many characters follow an AI
 * that begins so, 0 when the length is not predefined. It holds for AIs yet unknown, too. */
size_t gs1_predefined_length(struct span ai);

/* Whether ai is what the pattern says: "310n" is 3100 to 3109. */
bool gs1_pattern_matches(struct span pattern, struct span ai);
/* Whether a character belongs to the set. */
bool gs1_in_set(char set, char c);
bool gs1_is_alphanumeric(char c); /* ASCII */
/* The AI of a convenience name of Digital Link 1.1 ("gtin"), of the AI itself; empty: there is none. */
struct span gs1_ai_of_name(struct span name);

#endif
