/* fuzz_epc.c: hostile tags, URNs and links.
 *
 *   'B' bits         accepted: the same bits again, but for zeros at the end
 *   'H' hex          the same
 *   'S' segment      accepted: the same text again, but for zeros at the end
 *   'T' tag URI      accepted: says itself again when written and read once more
 *   'I' id URI       the same
 *   'L' link         the same; the next byte is the length of the company prefix
 *
 * Whatever was accepted is tried in every tag scheme and written in every spelling, and each says it again.
 */
#include <string.h>

#include "trace/epc_tag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = EPC_TEXT_MAX };

typedef enum err write_fn(const struct epc *e, struct buffer *out);

static enum err write_link(const struct epc *e, struct buffer *out) {
    return epc_to_digital_link(e, SPAN_EMPTY, out);
}

static bool same(write_fn *fn, const struct epc *a, const struct epc *b) {
    struct buffer left CLEANUP(buffer_free) = {0}, right CLEANUP(buffer_free) = {0};
    buffer_init(&left, ROOM);
    buffer_init(&right, ROOM);
    enum err err = fn(a, &left);
    CHECK(!left.overflow && !right.overflow);
    return err == fn(b, &right) && span_equal(buffer_span(&left), buffer_span(&right));
}

/* The bits that were read are a prefix of what is written, or the reverse; the rest is zero. */
static void bits_again(const struct epc *e, struct span read, size_t count) {
    struct buffer b CLEANUP(buffer_free) = {0};
    size_t again = 0;
    buffer_init(&b, ROOM);
    CHECK(epc_to_bits(e, &b, &again) == OK);
    for (size_t i = 0; i < count || i < again; i++) {
        bool was = i < count && (read.data[i / 8] >> (7 - i % 8) & 1);
        bool is = i < again && (b.data[i / 8] >> (7 - i % 8) & 1);
        CHECK(was == is);
    }
}

static void every_scheme(const struct epc *e) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, ROOM);
    for (int scheme = EPC_NO_SCHEME; scheme < EPC_SCHEMES; scheme++) {
        struct epc tag = *e, back;
        size_t count = 0;
        if (epc_use_scheme(&tag, (enum epc_scheme)scheme, e->filter) != OK) continue;
        buffer_clear(&b);
        CHECK(epc_to_bits(&tag, &b, &count) == OK && epc_from_bits(buffer_span(&b), count, &back) == OK);
        bits_again(&back, buffer_span(&b), count);
        if (tag.prefix_digits > 0) CHECK(epc_use_prefix(&back, tag.prefix_digits) == OK);
        CHECK(same(epc_to_id_uri, &tag, &back));
        CHECK(same(epc_to_tag_uri, &tag, &back));
    }
}

static void every_spelling(const struct epc *e) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct epc back;
    buffer_init(&b, ROOM);
    if (epc_to_id_uri(e, &b) == OK) {
        CHECK(epc_from_id_uri(buffer_span(&b), &back) == OK && same(epc_to_id_uri, e, &back));
        buffer_clear(&b);
    }
    if (epc_to_tag_uri(e, &b) == OK) {
        CHECK(epc_from_tag_uri(buffer_span(&b), &back) == OK && same(epc_to_hex, e, &back));
        buffer_clear(&b);
    }
    if (write_link(e, &b) == OK) {
        CHECK(epc_from_digital_link(buffer_span(&b), e->prefix_digits, &back) == OK);
        back.scheme = e->scheme;
        back.host = e->host;
        CHECK(same(write_link, e, &back) && same(epc_to_id_uri, e, &back));
    }
    every_scheme(e);
}

static void segment(struct span in) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct epc e;
    buffer_init(&b, ROOM);
    if (epc_from_segment(in, &e) != OK) return;
    bool hex = in.data[1] == 'h';
    CHECK(epc_to_segment(&e, hex ? EPC_SEGMENT_HEX : EPC_SEGMENT_BASE64, &b) == OK);
    size_t shorter = b.len < in.len ? b.len : in.len;
    CHECK(memcmp(b.data, in.data, shorter) == 0);
    for (size_t i = shorter; i < in.len; i++)
        CHECK(in.data[i] == (hex ? '0' : 'A'));
    every_spelling(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct epc e;
    if (size < 2 || size > 2 * EPC_TEXT_MAX) return 0;
    struct span rest = span_of(data + 1, size - 1);
    enum err err = ERR_EPC_URI;
    if (data[0] == 'B') err = epc_from_bits(rest, rest.len * 8, &e);
    if (data[0] == 'B' && err == OK) bits_again(&e, rest, rest.len * 8);
    if (data[0] == 'H') err = epc_from_hex(rest, &e);
    if (data[0] == 'T') err = epc_from_tag_uri(rest, &e);
    if (data[0] == 'I') err = epc_from_id_uri(rest, &e);
    if (data[0] == 'L') err = epc_from_digital_link(span_part(rest, 1, rest.len - 1), rest.data[0], &e);
    if (data[0] == 'S') segment(rest);
    if (err == OK) every_spelling(&e);
    return 0;
}
