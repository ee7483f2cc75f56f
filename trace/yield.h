/* yield.h: how much of a product may be made of its inputs (docs/spec.md A12, L11): the act's bytes, read.
 *
 * Spans borrow from the bytes, the list lives in the arena. ERR_YIELD_FORM for what A12 does not allow. */
#ifndef TRACE_YIELD_H
#define TRACE_YIELD_H

#include "base/codec.h"

enum { YIELD_INPUTS_MAX = 16, YIELD_BYTES_MAX = 16384, YIELD_UNIT_BYTES_MAX = 256 };

struct yield_input {
    struct span product, unit, unit_out; /* units empty where none is given */
    uint64_t micro; /* at most so many millionths of the output for a unit of the input; 1 to 10^12 */
};
struct yield {
    struct span product; /* canonical */
    struct yield_input *inputs; /* rising by (product, unit, unit_out) */
    uint32_t inputs_count;
};

enum err yield_decode(struct span act, struct arena *arena, struct yield *ret) MUST_USE;
void yield_encode(const struct yield *yield, struct buffer *out);

#endif
