/* gs1_data.h: GS1 element strings: application identifiers with their values, in the order received.
 *
 * Two notations are read and written:
 *   unbracketed  ^010690123456789210ABC^21X   "^" is FNC1; the separator GS (0x1D) is read as well
 *   bracketed    (01)06901234567892(10)ABC(21)X   a "(" inside a value is written "\("
 * Reading checks every element by itself: known AI, length, characters, linters (gs1_dictionary.h).
 * What the AIs of one item say together is asked for separately, by gs1_check: the dictionary's note
 * says such rules hold for everything marked on an item, not for each barcode on it.
 *
 * Bounded: at most GS1_TEXT_MAX bytes and GS1_ELEMENTS_MAX elements, nothing allocated. A refusal
 * fills *ret_problem with the AI and the place; results are untouched then.
 *
 * Source: GS1 General Specifications sections 3 and 7.8, and the Syntax Dictionary. Verdicts are those
 * of GS1's reference engine (tests/vectors/set_gs1.c).
 */
#ifndef TRACE_GS1_DATA_H
#define TRACE_GS1_DATA_H

#include "trace/gs1_dictionary.h"

/* No barcode carries more than a QR code full of digits; more AIs than there are kinds of them that go
 * together are nobody's label. */
enum { GS1_TEXT_MAX = 7089, GS1_ELEMENTS_MAX = 64 };

struct gs1_element {
    const struct gs1_entry *entry; /* NULL: an AI the dictionary does not know */
    uint8_t ai_len, len;
    char ai[GS1_AI_MAX];
    char value[GS1_VALUE_MAX];
};

struct gs1_data {
    size_t count;
    struct gs1_element elements[GS1_ELEMENTS_MAX];
};

struct gs1_options {
    bool unknown_ais;        /* AIs the dictionary does not know are read, where their length is known */
    bool unknown_attributes; /* and may stand in a Digital Link's query */
    bool short_gtins;        /* in a Digital Link, GTINs of 8, 12 and 13 digits are taken for 14 */
    bool names;              /* in a Digital Link's path, "gtin" is taken for 01 */
};

/* What is wrong, and where. */
struct gs1_problem {
    enum err err;
    char ai[GS1_AI_MAX + 1];   /* "" when no AI is concerned */
    char other[80];            /* the AIs that exclude it or are missing, as the dictionary lists them */
    char part[GS1_VALUE_MAX + 1]; /* the part of the value that is wrong, "" when it is not a value */
    size_t bad_from, bad_len;  /* within the part */
    size_t at;                 /* byte of the text where reading stopped */
};
/* "(8001)1|X|34" for a value, "(02) + (37)" for what is missing, "(01) - (02)" for what excludes it,
 * else the position. */
void gs1_problem_where(const struct gs1_problem *problem, struct buffer *out);
struct refusal gs1_problem_refusal(const struct gs1_problem *problem);

enum err gs1_read(struct span unbracketed, const struct gs1_options *options,
                  struct gs1_data *ret_data, struct gs1_problem *ret_problem) MUST_USE;
enum err gs1_read_bracketed(struct span text, const struct gs1_options *options,
                            struct gs1_data *ret_data, struct gs1_problem *ret_problem) MUST_USE;
/* `separator` stands for FNC1: '^' gives what gs1_read reads. */
void gs1_write(const struct gs1_data *data, char separator, struct buffer *out);
void gs1_write_bracketed(const struct gs1_data *data, struct buffer *out);

/* Adds one element. `at` is told in a problem; the data is unchanged by a refusal. */
enum err gs1_add(struct gs1_data *data, struct span ai, struct span value,
                 const struct gs1_options *options, size_t at,
                 struct gs1_problem *ret_problem) MUST_USE;

struct span gs1_ai(const struct gs1_element *e);
struct span gs1_value(const struct gs1_element *e);
/* Whether FNC1 must follow it when another element does. */
bool gs1_needs_separator(const struct gs1_element *e);
/* The first element whose AI is as the pattern says, and not `except` (may be empty); NULL: none. */
const struct gs1_element *gs1_find(const struct gs1_data *data, struct span pattern,
                                   struct span except);

/* What the AIs say together: repeated ones alike, none that exclude each other, none without those it
 * needs, signed keys with serial number. gs1_check asks all of them, in this order. */
enum err gs1_check_repeats(const struct gs1_data *data, struct gs1_problem *ret_problem) MUST_USE;
enum err gs1_check_exclusions(const struct gs1_data *data, struct gs1_problem *ret_problem) MUST_USE;
enum err gs1_check_requisites(const struct gs1_data *data, struct gs1_problem *ret_problem) MUST_USE;
enum err gs1_check_signed(const struct gs1_data *data, struct gs1_problem *ret_problem) MUST_USE;
enum err gs1_check(const struct gs1_data *data, struct gs1_problem *ret_problem) MUST_USE;

#endif
