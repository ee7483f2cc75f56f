/* epc_tables.h: what epc_*.c share: the tables of identities, schemes and AI encodings of the Tag Data
 * Standard, and the field codecs that read and write by them. epc_tag.h is the way in. */
#ifndef TRACE_EPC_TABLES_H
#define TRACE_EPC_TABLES_H

#include "trace/epc_bits.h"

/* How company prefix and reference make the key (TDS section 7). */
enum joint {
    JOINT_PLAIN,     /* company || reference || check digit */
    JOINT_INDICATOR, /* first digit of reference || company || rest of reference || check digit */
    JOINT_ZERO,      /* "0" || as JOINT_PLAIN */
    JOINT_FREE,      /* company || reference, of any length, no check digit */
    JOINT_NONE,      /* no company prefix */
};

/* What the characters of a text may be. */
enum letters {
    LETTERS_NUMBER, /* digits, no leading zero but in "0" */
    LETTERS_DIGITS,
    LETTERS_39,
    LETTERS_82,
    LETTERS_CAGE, /* digits and upper case without I and O */
    LETTERS_ADI,  /* digits, upper case, "-", "/" */
    LETTERS_UPPER,
};

/* Lengths in characters. */
struct text_rule {
    uint8_t min, max;
    enum letters letters;
};

struct identity_row {
    const char *name;
    const char *ai; /* of the key, or NULL */
    const char *serial_ai; /* NULL: the serial is the end of the key's value, or there is none */
    enum joint joint;
    uint8_t digits; /* of company prefix and reference together, without indicator arithmetic */
    struct text_rule key;    /* the whole key as in struct epc; of JOINT_FREE after the company prefix */
    struct text_rule serial; /* max 0: none */
    bool pattern;            /* has an idpat form with "*" for its serial */
    bool no_extension;       /* an empty serial is written "0" (SGLN) */
};

const struct identity_row *identity_row(enum epc_identity identity);

enum layout { LAYOUT_GS1, LAYOUT_GID, LAYOUT_USDOD, LAYOUT_ADI, LAYOUT_PLUS };

/* How a scheme up to TDS 1.13 writes reference and serial (TDS section 14.3). */
enum coding {
    CODING_NONE,    /* serial: zero bits to the end */
    CODING_DIGITS,  /* reference: so many digits, an integer */
    CODING_NUMBER,  /* an integer, leading zeros cannot be kept */
    CODING_STRING,  /* 7 bits a character, padded with zeros */
    CODING_ONE,     /* an integer with "1" before it, so leading zeros are kept */
    CODING_SIX,     /* 6 bits a character, ends with a zero */
};

struct scheme_row {
    const char *name;
    uint8_t header;
    enum epc_identity identity;
    enum layout layout;
    uint8_t filter_bits;
    uint16_t bits; /* 0: variable */
    /* LAYOUT_GS1: company prefix and reference have so many bits and at most so many digits together */
    enum coding reference;
    uint8_t part_bits, part_digits;
    enum coding serial;
    uint8_t serial_bits;
    /* LAYOUT_PLUS */
    bool dated, hosted;
};

const struct scheme_row *scheme_row(enum epc_scheme scheme);
/* EPC_NO_SCHEME when the header is not assigned. */
enum epc_scheme scheme_by_header(uint8_t header);

/* How an AI's value is encoded in "+" schemes and in data (TDS Table F, methods of section 14.5). */
enum method {
    METHOD_NONE,
    METHOD_DIGITS,    /* 14.5.4: 4 bits a digit; count = digits */
    METHOD_INTEGER,   /* 14.5.2: count = digits, size = bits */
    METHOD_TEXT,      /* 14.5.6: count = most characters, size = bits of the length indicator */
    METHOD_NUMERIC,   /* 14.5.13: the same for digits, no encoding indicator */
    METHOD_DELIMITED, /* 14.5.5 */
    METHOD_DATE,      /* 14.5.8 */
    METHOD_MINUTE,    /* 14.5.9 */
    METHOD_DATES,     /* 14.5.10 */
    METHOD_PRECISION, /* 14.5.11 */
    METHOD_COUNTRY,   /* 14.5.12 */
    METHOD_BIT,       /* 14.5.7 */
    METHOD_MINUS,     /* 14.5.14 */
    METHOD_SEQUENCE,  /* 14.5.15 */
};

struct component {
    enum method method;
    uint8_t count, size;
};

struct ai_row {
    uint16_t from, to; /* AIs as numbers: 2, 3 and 4 digits never meet */
    uint8_t last_max;  /* their last digit is at most this */
    struct component first, second;
};

/* Digits of the AIs that begin so (TDS Table K); 0 when there are none. */
unsigned ai_digits(unsigned first_two);
/* NULL when a tag cannot carry it. */
const struct ai_row *ai_row(const char *ai);
bool ai_is_date(const char *ai, unsigned *ret_type); /* one of the seven a DSGTIN+ may be led by */
const char *ai_of_date(unsigned type);               /* NULL: reserved */
enum letters ai_letters(const char *ai);

/* ---- texts ---- */

bool letters_have(enum letters letters, char c);
/* Length and letters, leading zeros of numbers. */
enum err text_check(struct span text, struct text_rule rule) MUST_USE;
struct span value_span(const struct epc_value *v);
/* False when it does not fit; *v is then as before. */
bool value_add(struct epc_value *v, struct span s) MUST_USE;
bool value_set(struct epc_value *v, struct span s) MUST_USE;

/* ---- company prefix and reference within the key ---- */

/* Key of `row` from its two parts as a URN has them; the ITIP's piece and total come after. */
enum err key_join(const struct identity_row *row, struct span company, struct span reference,
                  struct epc_value *ret) MUST_USE;
/* The parts again; e->prefix_digits is known. */
void key_split(const struct epc *e, struct epc_value *ret_company, struct epc_value *ret_reference);
/* Length and letters of key, part and serial, check digit, prefix length. */
enum err epc_check(const struct epc *e) MUST_USE;

/* ---- fields ---- */

enum err string7_put(struct bit_writer *w, struct span text, unsigned bits) MUST_USE;
enum err string7_take(struct bit_reader *r, unsigned bits, unsigned max, struct epc_value *ret) MUST_USE;
enum err string6_put(struct bit_writer *w, struct span text) MUST_USE;
enum err string6_take(struct bit_reader *r, unsigned max, struct epc_value *ret) MUST_USE;
uint8_t six_bits(char c);
char six_char(uint8_t six);
/* One component of an AI's value: takes the front of *text, or appends to *value. */
enum err component_put(struct bit_writer *w, const struct component *c, enum letters letters,
                       struct span *text, uint8_t encoding) MUST_USE;
enum err component_take(struct bit_reader *r, const struct component *c, enum letters letters,
                        struct epc_value *value) MUST_USE;
enum err host_put(struct bit_writer *w, const struct epc_host *host) MUST_USE;
enum err host_take(struct bit_reader *r, struct epc_host *ret) MUST_USE;
enum err host_check(struct span text) MUST_USE;
const char *base64url_alphabet(void); /* RFC 4648 section 5 */
/* Groups of three characters in 16 bits. */
bool code40_has(struct span text);
void code40_put(struct bit_writer *w, struct span text);
enum err code40_take(struct bit_reader *r, unsigned count, char *ret) MUST_USE;

#endif
