/* epc_bits.h: the bits of a tag, from the most significant one on. Both ends are sticky: a reader past its
 * end gives zeros and says `past`, a writer past its room drops and says `full`; asked about once at the end.
 *
 * A decimal is a text of digits and a number of bits, of any size: the digits are one number, most
 * significant bit first, left-padded with zeros. */
#ifndef TRACE_EPC_BITS_H
#define TRACE_EPC_BITS_H

#include "trace/epc_tag.h"

struct bit_reader {
    const uint8_t *data;
    size_t count, at; /* bits */
    bool past;
};

struct bit_writer {
    uint8_t data[EPC_BITS_MAX / 8];
    size_t count; /* bits */
    bool full;
};

uint64_t bits_take(struct bit_reader *r, unsigned bits); /* at most 64 */
size_t bits_left(const struct bit_reader *r);
bool bits_left_zero(const struct bit_reader *r); /* nothing but zeros is left; takes none */
void bits_put(struct bit_writer *w, uint64_t value, unsigned bits);

enum { DECIMAL_DIGITS_MAX = EPC_VALUE_MAX };

/* Bits that any number of so many digits fits into: TDS Table B, column of encoding indicator 000. */
unsigned decimal_bits(unsigned digits);
/* Digits with leading zeros as they are; false, and nothing written, when the number needs more bits. */
bool decimal_put(struct bit_writer *w, struct span digits, unsigned bits) MUST_USE;
/* Exactly so many digits; false when the number has more. */
bool decimal_take(struct bit_reader *r, unsigned bits, unsigned digits, char *ret) MUST_USE;
/* Without leading zeros, "0" for zero; false when it has more than digits_max. */
bool number_take(struct bit_reader *r, unsigned bits, unsigned digits_max, struct epc_value *ret) MUST_USE;

#endif
