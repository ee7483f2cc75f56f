/* codec_pack.c: the only door to msgpack-c, whose packer chooses the shortest form of each value. It is used for
 * writing only: its unpacker allocates what a hostile length says and accepts several encodings of one value. */
#include <msgpack.h>

#include <math.h>

#include "base/codec.h"

static int write_to_buffer(void *data, const char *bytes, size_t len) {
    buffer_append(data, bytes, len);
    return 0;
}

static msgpack_packer packer(struct buffer *b) {
    msgpack_packer p;
    msgpack_packer_init(&p, b, write_to_buffer);
    return p;
}

void pack_nil(struct buffer *b) {
    msgpack_packer p = packer(b);
    msgpack_pack_nil(&p);
}

void pack_bool(struct buffer *b, bool v) {
    msgpack_packer p = packer(b);
    if (v)
        msgpack_pack_true(&p);
    else
        msgpack_pack_false(&p);
}

void pack_uint(struct buffer *b, uint64_t v) {
    msgpack_packer p = packer(b);
    msgpack_pack_uint64(&p, v);
}

void pack_int(struct buffer *b, int64_t v) {
    msgpack_packer p = packer(b);
    msgpack_pack_int64(&p, v);
}

void pack_float(struct buffer *b, double v) {
    CHECK(isfinite(v) && v != trunc(v));
    msgpack_packer p = packer(b);
    msgpack_pack_double(&p, v);
}

void pack_number(struct buffer *b, double v) {
    if (v != trunc(v)) {
        pack_float(b, v);
        return;
    }
    CHECK(fabs(v) <= 9007199254740991.0);
    pack_int(b, (int64_t)v);
}

void pack_text(struct buffer *b, struct span v) {
    msgpack_packer p = packer(b);
    msgpack_pack_str(&p, v.len);
    buffer_append_span(b, v);
}

void pack_bytes(struct buffer *b, struct span v) {
    msgpack_packer p = packer(b);
    msgpack_pack_bin(&p, v.len);
    buffer_append_span(b, v);
}

void pack_array(struct buffer *b, uint32_t count) {
    msgpack_packer p = packer(b);
    msgpack_pack_array(&p, count);
}

void pack_map(struct buffer *b, uint32_t count) {
    msgpack_packer p = packer(b);
    msgpack_pack_map(&p, count);
}

void pack_ext(struct buffer *b, int8_t type, struct span v) {
    msgpack_packer p = packer(b);
    msgpack_pack_ext(&p, v.len, type);
    buffer_append_span(b, v);
}

void pack_raw(struct buffer *b, struct span canonical) {
    buffer_append_span(b, canonical);
}
