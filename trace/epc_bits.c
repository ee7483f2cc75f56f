#include "trace/epc_bits.h"

#include <string.h>

uint64_t bits_take(struct bit_reader *r, unsigned bits) {
    CHECK(bits <= 64);
    uint64_t value = 0;
    if (bits > r->count - r->at) {
        r->past = true;
        r->at = r->count;
        return 0;
    }
    for (unsigned i = 0; i < bits; i++, r->at++)
        value = value << 1 | (r->data[r->at / 8] >> (7 - r->at % 8) & 1);
    return value;
}

size_t bits_left(const struct bit_reader *r) {
    return r->count - r->at;
}

bool bits_left_zero(const struct bit_reader *r) {
    struct bit_reader rest = *r;
    while (bits_left(&rest) > 0)
        if (bits_take(&rest, 1) != 0) return false;
    return true;
}

void bits_put(struct bit_writer *w, uint64_t value, unsigned bits) {
    CHECK(bits <= 64);
    if (bits > EPC_BITS_MAX - w->count) {
        w->full = true;
        return;
    }
    for (unsigned i = bits; i > 0; i--, w->count++)
        if (value >> (i - 1) & 1) w->data[w->count / 8] |= (uint8_t)(0x80 >> w->count % 8);
}

/* ---- decimals: numbers of up to 300 bits as bytes, most significant first ---- */

enum { BIG_BYTES = 40 };

unsigned decimal_bits(unsigned digits) {
    CHECK(digits <= DECIMAL_DIGITS_MAX);
    /* The next integer above digits * log2(10), which is an integer for 0 digits only; right up to 90 digits. */
    return digits == 0 ? 0 : (unsigned)((uint64_t)digits * 3321928095 / 1000000000) + 1;
}

/* The highest bit that is set, counted from 1; 0 for zero. */
static unsigned big_bits(const uint8_t big[BIG_BYTES]) {
    unsigned i = 0, bit = 8;
    while (i < BIG_BYTES && big[i] == 0)
        i++;
    if (i == BIG_BYTES) return 0;
    while ((big[i] >> (bit - 1) & 1) == 0)
        bit--;
    return (BIG_BYTES - 1 - i) * 8 + bit;
}

bool decimal_put(struct bit_writer *w, struct span digits, unsigned bits) {
    uint8_t big[BIG_BYTES] = {0};
    unsigned least = BIG_BYTES - (decimal_bits((unsigned)digits.len) + 7) / 8; /* the first byte that is used */
    CHECK(digits.len <= DECIMAL_DIGITS_MAX && bits <= BIG_BYTES * 8);
    for (size_t i = 0; i < digits.len; i++) {
        unsigned carry = (unsigned)(digits.data[i] - '0');
        for (unsigned b = BIG_BYTES; b > least; b--) {
            carry += big[b - 1] * 10U;
            big[b - 1] = (uint8_t)carry;
            carry >>= 8;
        }
    }
    if (big_bits(big) > bits) return false;
    for (unsigned i = bits; i > 0; i--)
        bits_put(w, big[BIG_BYTES - 1 - (i - 1) / 8] >> (i - 1) % 8 & 1, 1);
    return true;
}

bool decimal_take(struct bit_reader *r, unsigned bits, unsigned digits, char *ret) {
    uint8_t big[BIG_BYTES] = {0};
    CHECK(bits <= BIG_BYTES * 8 && digits <= DECIMAL_DIGITS_MAX);
    unsigned least = BIG_BYTES - (bits + 7) / 8;
    for (unsigned i = bits; i > 0; i--)
        big[BIG_BYTES - 1 - (i - 1) / 8] |= (uint8_t)(bits_take(r, 1) << (i - 1) % 8);
    for (unsigned d = digits; d > 0; d--) {
        unsigned rest = 0;
        for (unsigned b = least; b < BIG_BYTES; b++) {
            rest = rest << 8 | big[b];
            big[b] = (uint8_t)(rest / 10);
            rest %= 10;
        }
        ret[d - 1] = (char)('0' + rest);
    }
    return big_bits(big) == 0;
}

bool number_take(struct bit_reader *r, unsigned bits, unsigned digits_max, struct epc_value *ret) {
    struct epc_value value = {.len = 0};
    char digits[DECIMAL_DIGITS_MAX];
    unsigned zeros = 0;
    CHECK(digits_max > 0);
    if (!decimal_take(r, bits, digits_max, digits)) return false;
    while (zeros + 1 < digits_max && digits[zeros] == '0')
        zeros++;
    value.len = (uint8_t)(digits_max - zeros);
    memcpy(value.text, digits + zeros, value.len);
    *ret = value;
    return true;
}
