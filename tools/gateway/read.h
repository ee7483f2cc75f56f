/* read.h: one sighting of a tag, as the gateway keeps it.
 *
 * Canonical bytes = [version 1, received ms, time ms, reader text, antenna, EPC bytes, TID bytes,
 * RSSI in hundredths of dBm or nil] (docs/spec.md section M). They are the leaf of the hour's tree
 * (hour.h), so a read that was anchored can be shown later, byte for byte.
 *
 *   time      by the reader's clock; everything the zones decide comes from it
 *   received  by the gateway's clock, never earlier than that of the read before
 *
 * A read without EPC is a tick: nothing was seen, and it says so at that time. Ticks move the clock
 * of the zones where readers are silent, and are kept as reads are, so a replay has them too.
 *
 * Pure. Ownership: a decoded read borrows from its bytes.
 */
#ifndef TOOLS_GATEWAY_READ_H
#define TOOLS_GATEWAY_READ_H

#include "base/codec.h"

enum {
    EPC_BYTES_MAX = 62, /* an EPC bank holds 496 bits at most; a longer one is refused */
    TID_BYTES_MAX = 64,
    READER_BYTES_MAX = 64,
    READ_BYTES_MAX = 256,
    ANTENNA_MAX = 1024,
};
/* A read that is further ahead of the gateway's clock is kept and anchored, but moves nothing: one
 * reader with a wrong clock would make every other read a late one. */
enum { READ_AHEAD_MS_MAX = 5 * 60 * 1000 };
#define READ_TIME_MS_MAX ((uint64_t)1 << 53)

struct tag_read {
    uint64_t received_ms, time_ms;
    struct span reader, epc, tid;
    uint16_t antenna;
    bool has_rssi;
    int32_t rssi_cdbm;
};

/* Values must be within the bounds (CHECK). Appends. */
void read_encode(const struct tag_read *r, struct buffer *out);
/* ERR_CODEC_*: what the gateway itself did not write. */
enum err read_decode(struct span bytes, struct tag_read *ret) MUST_USE;
/* Too far ahead of its receipt to be believed. */
bool read_ahead(const struct tag_read *r);

#endif
