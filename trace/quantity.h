/* quantity.h: rules never compute with floats: a quantity becomes whole micro-units (10^-6 of its
 * unit) in an int64.
 *
 * An integer is multiplied; a float64 is taken as the exact binary number it is, multiplied by 10^6
 * and rounded to the nearest integer, half to even, by integer arithmetic alone: the same on every
 * machine. Overflow of int64 is refused, never clipped.
 */
#ifndef TRACE_QUANTITY_H
#define TRACE_QUANTITY_H

#include "base/codec.h"

/* ERR_QUANTITY_KIND when the canonical value is no number, ERR_QUANTITY_RANGE when it does not fit.
 */
enum err quantity_micro(struct span value, int64_t *ret_micro) MUST_USE;
enum err quantity_micro_of_double(double value, int64_t *ret_micro) MUST_USE;

#endif
