/* source.h: what readers send, as tag reads. Hostile bytes in, reads out; pure.
 *
 * A message is one JSON value, an array of them, or JSON lines. What an object is, its fields say:
 *
 *   tagInventoryEvent   Impinj IoT device interface 1.4: epcHex or epc (base64), tidHex or tid,
 *                       antennaPort, peakRssiCdbm, lastSeenTime; the reader is `hostname`
 *   data.idHex          Zebra IoT Connector: idHex, TID, antenna, peakRssi (dBm); the reader is
 *                       data.hostName
 *   epc                 generic: epc, tid (hex), antenna, reader, rssi (dBm), time
 *   time alone          a tick; so are the other events of Impinj and Zebra readers that carry a
 *                       timestamp (status, heartbeat)
 *
 * `timestamp` and `time` are RFC 3339 texts; `time` may be milliseconds since 1970. A reader that
 * does not say its name is the one the source is configured as.
 *
 * A read that is not in order is told by name and place, and the others of its message are taken:
 * refusing the message would make its sender bring it again for ever. Bounds: MESSAGE_BYTES_MAX,
 * MESSAGE_READS_MAX (the rest is refused by ERR_READ_COUNT).
 */
#ifndef TOOLS_GATEWAY_SOURCE_H
#define TOOLS_GATEWAY_SOURCE_H

#include "base/err.h"
#include "tools/gateway/read.h"

enum { MESSAGE_BYTES_MAX = 1 << 20, MESSAGE_READS_MAX = 8192 };

struct source_result {
    uint32_t taken, refused;
    struct refusal first; /* the first refusal; err is OK when there was none */
};
/* Each read borrows for the call; received_ms is 0. */
typedef void source_read_fn(void *self, const struct tag_read *read);

/* `reader`: for reads that do not name theirs; 1..READER_BYTES_MAX bytes of UTF-8. `scratch` is
 * cleared. */
void source_parse(struct span message, struct span reader, struct buffer *scratch,
                  source_read_fn *fn, void *self, struct source_result *ret);

#endif
