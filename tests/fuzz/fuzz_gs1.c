/* fuzz_gs1.c: hostile element strings, links, scan data and codes.
 *
 * The first byte says what the rest is and which options are set. What is accepted is written and read again as the same
 * elements; a link made of them is the link of itself; scan data is the scan data of its message. What is refused has a
 * name and a place that can be shown. */
#include "trace/division.h"
#include "trace/gs1_link.h"
#include "trace/gs1_scan.h"
#include "trace/uscc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 1 << 16 };

static void same(const struct gs1_data *a, const struct gs1_data *b) {
    CHECK(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        CHECK(span_equal(gs1_ai(&a->elements[i]), gs1_ai(&b->elements[i])));
        CHECK(span_equal(gs1_value(&a->elements[i]), gs1_value(&b->elements[i])));
    }
}

static void accepted(const struct gs1_data *data, const struct gs1_options *options) {
    struct buffer text CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    struct gs1_data read;
    struct gs1_problem problem;
    buffer_init(&text, TEXT_MAX);
    buffer_init(&again, TEXT_MAX);
    CHECK(data->count > 0 && data->count <= GS1_ELEMENTS_MAX);
    gs1_write_bracketed(data, &text);
    CHECK(gs1_read_bracketed(buffer_span(&text), options, &read, &problem) == OK);
    same(data, &read);
    bool known = true; /* an unknown AI may have a length that only brackets tell */
    for (size_t i = 0; i < data->count; i++)
        known = known && gs1_ai_length(gs1_ai(&data->elements[i])) > 0;
    buffer_clear(&text);
    gs1_write(data, '^', &text);
    if (known) {
        CHECK(gs1_read(buffer_span(&text), options, &read, &problem) == OK);
        same(data, &read);
    }
    if (gs1_check(data, &problem)) (void)gs1_problem_refusal(&problem);
    buffer_clear(&text);
    if (gs1_link_write(data, span_text("https://example.com"), options, &text, &problem)) {
        (void)gs1_problem_refusal(&problem);
        return;
    }
    CHECK(gs1_link_read(buffer_span(&text), options, &read, &problem) == OK);
    CHECK(gs1_link_write(&read, span_text("https://example.com/"), options, &again, &problem) == OK);
    CHECK(span_equal(buffer_span(&text), buffer_span(&again)));
}

static enum err scan(struct span text, const struct gs1_options *options, struct gs1_data *data,
                     struct gs1_problem *problem) {
    struct buffer message CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    struct gs1_problem other;
    enum gs1_symbology symbology;
    buffer_init(&message, TEXT_MAX);
    buffer_init(&again, TEXT_MAX);
    enum err e = gs1_scan_read(text, options, &symbology, &message, data, problem);
    if (e) return e;
    CHECK(gs1_scan_write(symbology, buffer_span(&message), false, options, &again, &other) == OK);
    CHECK(span_equal(buffer_span(&again), text));
    return OK;
}

static void other_codes(struct span text) {
    struct uscc u;
    struct pesticide p;
    struct division d;
    size_t at;
    if (uscc_read(text, &u, &at) == OK)
        CHECK(uscc_check_character(span_part(text, 0, 17)) == (char)text.data[17]);
    if (pesticide_read(text, &p) == OK) CHECK(p.serial.len == 21);
    if (division_find(text, &d) == OK) CHECK(d.province.len > 0);
    (void)!veterinary_check(text);
    (void)!trace_code_check(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct gs1_data data = {.count = 0};
    struct gs1_problem problem = {0};
    if (size == 0 || size > GS1_TEXT_MAX + 2) return 0;
    struct span text = span_of(bytes + 1, size - 1);
    struct gs1_options options = {bytes[0] & 8, bytes[0] & 16, bytes[0] & 32, bytes[0] & 64};
    enum err e = OK;
    switch (bytes[0] & 7) {
    case 0:
        e = gs1_read(text, &options, &data, &problem);
        break;
    case 1:
        e = gs1_read_bracketed(text, &options, &data, &problem);
        break;
    case 2:
        e = gs1_link_read(text, &options, &data, &problem);
        break;
    case 3:
        e = scan(text, &options, &data, &problem);
        if (!e && data.count == 0) return 0;
        break;
    case 4:
        other_codes(text);
        return 0;
    default:
        return 0;
    }
    if (!e)
        accepted(&data, &options);
    else
        CHECK(gs1_problem_refusal(&problem).err == e);
    return 0;
}
