/* yield.c: see yield.h. */
#include "trace/yield.h"

#include "base/limits.h"
#include "trace/identifier.h"

static const struct field input_fields[] = {
    CODEC_TEXT(yield_input, product, 1, IDENTIFIER_BYTES_MAX),
    CODEC_TEXT(yield_input, unit, 0, YIELD_UNIT_BYTES_MAX),
    CODEC_TEXT(yield_input, unit_out, 0, YIELD_UNIT_BYTES_MAX),
    CODEC_UINT(yield_input, micro, 1, 1000000000000),
};
static const struct type input_type = CODEC_TYPE(yield_input, input_fields);

static bool is_product(struct span text) {
    struct buffer again CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&again, IDENTIFIER_BYTES_MAX);
    return identifier_canonical(text, &again, &kind) == OK && kind == IDENTIFIER_PRODUCT &&
           span_equal(buffer_span(&again), text);
}

static int order(const struct yield_input *a, const struct yield_input *b) {
    int by = span_compare(a->product, b->product);
    if (by == 0) by = span_compare(a->unit, b->unit);
    return by != 0 ? by : span_compare(a->unit_out, b->unit_out);
}

static void inputs_read(struct unpack *u, struct arena *arena, struct yield *y) {
    y->inputs_count = unpack_array(u, YIELD_INPUTS_MAX);
    y->inputs = arena_alloc(arena, y->inputs_count + 1, sizeof *y->inputs);
    if (!y->inputs) {
        unpack_fail(u, ERR_TOO_LARGE);
        return;
    }
    for (uint32_t i = 0; i < y->inputs_count; i++) {
        struct yield_input *in = &y->inputs[i];
        if (!codec_read(&input_type, u, NULL, in)) return;
        if (!is_product(in->product) || (i > 0 && order(in - 1, in) >= 0)) unpack_fail(u, ERR_YIELD_FORM);
    }
}

enum err yield_decode(struct span act, struct arena *arena, struct yield *ret) {
    struct yield y = {0};
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (act.len > YIELD_BYTES_MAX) return ERR_YIELD_FORM;
    unpack_init(&u, act);
    unpack_map_of(&u, 2);
    unpack_key_named(&u, &last, "inputs");
    inputs_read(&u, arena, &y);
    unpack_key_named(&u, &last, "product");
    y.product = unpack_text(&u, IDENTIFIER_BYTES_MAX);
    enum err e = unpack_end(&u);
    if (e == OK && !is_product(y.product)) e = ERR_YIELD_FORM;
    if (e == OK) *ret = y;
    return e;
}

void yield_encode(const struct yield *yield, struct buffer *out) {
    pack_map(out, 2);
    pack_text(out, span_text("inputs"));
    pack_array(out, yield->inputs_count);
    for (uint32_t i = 0; i < yield->inputs_count; i++)
        codec_encode(&input_type, &yield->inputs[i], out);
    pack_text(out, span_text("product"));
    pack_text(out, yield->product);
}
