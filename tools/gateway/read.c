#include "tools/gateway/read.h"

void read_encode(const struct tag_read *r, struct buffer *out) {
    CHECK(r->reader.len <= READER_BYTES_MAX && r->epc.len <= EPC_BYTES_MAX);
    CHECK(r->tid.len <= TID_BYTES_MAX && r->time_ms <= READ_TIME_MS_MAX);
    pack_array(out, 8);
    pack_uint(out, 1);
    pack_uint(out, r->received_ms);
    pack_uint(out, r->time_ms);
    pack_text(out, r->reader);
    pack_uint(out, r->antenna);
    pack_bytes(out, r->epc);
    pack_bytes(out, r->tid);
    if (r->has_rssi)
        pack_int(out, r->rssi_cdbm);
    else
        pack_nil(out);
}

enum err read_decode(struct span bytes, struct tag_read *ret) {
    struct unpack u;
    struct tag_read r = {0};
    unpack_init(&u, bytes);
    if (unpack_array(&u, 8) != 8) unpack_fail(&u, ERR_CODEC_COUNT);
    if (unpack_uint(&u, 1) != 1) unpack_fail(&u, ERR_CODEC_RANGE);
    r.received_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    r.time_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    r.reader = unpack_text(&u, READER_BYTES_MAX);
    r.antenna = (uint16_t)unpack_uint(&u, ANTENNA_MAX);
    r.epc = unpack_bytes(&u, EPC_BYTES_MAX);
    r.tid = unpack_bytes(&u, TID_BYTES_MAX);
    r.has_rssi = unpack_peek(&u) != VALUE_NIL;
    if (r.has_rssi) {
        int64_t rssi = unpack_int(&u);
        if (rssi < INT32_MIN || rssi > INT32_MAX) unpack_fail(&u, ERR_CODEC_RANGE);
        r.rssi_cdbm = (int32_t)rssi;
    } else {
        unpack_nil(&u);
    }
    enum err e = unpack_end(&u);
    if (e == OK) *ret = r;
    return e;
}

bool read_ahead(const struct tag_read *r) {
    return r->time_ms > r->received_ms && r->time_ms - r->received_ms > READ_AHEAD_MS_MAX;
}
