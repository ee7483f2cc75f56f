#include "trace/quantity.h"

#include <math.h>

enum { MICRO = 1000000 };

/* magnitude x 2^exponent, rounded half to even; false when it is 2^63 or more. magnitude < 2^53 x
 * 10^6 < 2^73. */
static bool scale(__uint128_t magnitude, int exponent, uint64_t *ret) {
    if (magnitude == 0) {
        *ret = 0;
        return true;
    }
    if (exponent >= 0) {
        if (exponent > 63 || (magnitude >> (63 - exponent)) != 0) return false;
        *ret = (uint64_t)(magnitude << exponent);
        return true;
    }
    if (exponent < -80) { /* below 2^73 x 2^-81: less than a half */
        *ret = 0;
        return true;
    }
    int shift = -exponent;
    __uint128_t whole = magnitude >> shift;
    __uint128_t rest = magnitude - (whole << shift);
    __uint128_t half = (__uint128_t)1 << (shift - 1);
    if (rest > half || (rest == half && (whole & 1) != 0)) whole++;
    if ((whole >> 63) != 0) return false;
    *ret = (uint64_t)whole;
    return true;
}

enum err quantity_micro_of_double(double value, int64_t *ret_micro) {
    if (!isfinite(value)) return ERR_QUANTITY_RANGE;
    int exponent;
    double fraction =
        frexp(fabs(value), &exponent); /* value = fraction x 2^exponent, 0.5 <= fraction < 1 */
    uint64_t mantissa = (uint64_t)ldexp(fraction, 53); /* exact: a double has 53 bits */
    uint64_t micro;
    if (!scale((__uint128_t)mantissa * MICRO, exponent - 53, &micro)) return ERR_QUANTITY_RANGE;
    *ret_micro = value < 0 ? -(int64_t)micro : (int64_t)micro;
    return OK;
}

enum err quantity_micro(struct span value, int64_t *ret_micro) {
    struct unpack u;
    unpack_init(&u, value);
    enum value_kind kind = unpack_peek(&u);
    if (kind == VALUE_FLOAT) {
        double number = unpack_float(&u);
        if (unpack_end(&u) != OK) return ERR_QUANTITY_KIND;
        return quantity_micro_of_double(number, ret_micro);
    }
    if (kind != VALUE_INT) return ERR_QUANTITY_KIND;
    int64_t number = unpack_int(&u);
    if (unpack_end(&u) != OK) return ERR_QUANTITY_KIND;
    int64_t micro;
    if (__builtin_mul_overflow(number, (int64_t)MICRO, &micro)) return ERR_QUANTITY_RANGE;
    *ret_micro = micro;
    return OK;
}
