/* journal_frame.h: how journal records lie in a segment, and how a segment is read back. Pure:
 * bytes in, bytes out.
 *
 * A segment is a file of fixed size, written with zeros before use, so that appending to it changes
 * no metadata.
 *
 *   header, 104 bytes:
 *     "suyuan journal\0" || version u8 = 1 || crc u32 of what follows || size u32 ||
 *     segment u64 || salt u64 || previous end u32 || previous last sequence u64 || chain id 32 ||
 *     zero 20
 *   then frames, each at a multiple of 8:
 *     header crc u32 || body crc u32 || length u32 || batch u32 || sequence u64 ||
 *     type u8 || zero 7 (32 bytes), then the body, padded with zeros to a multiple of 8
 *
 * crc is CRC-32 (zlib). The header's crc covers salt, segment, the frame's offset and the rest of
 * the frame header, the body crc included; so a frame is valid at its own place only, and a body
 * cannot smuggle in a frame that a scan would take for one: the salt is random and never leaves the
 * disk.
 *
 * `batch` is the offset at which the write that carried this frame began. All before it was durable
 * when the frame was written: one write at a time, each synced before the next. So when a frame is
 * broken, the valid frames behind it tell what happened: if one of them has its batch begin behind
 * the broken place, that place had been synced, and was DAMAGED afterwards; otherwise it lies in
 * the last write, which the crash tore, and nothing of that write was acknowledged. (A flaw in the
 * very last write with no frame behind it cannot be told from a tear by any format;
 * journal_take_mark closes this window whenever the journal is idle.)
 */
#ifndef STORAGE_JOURNAL_FRAME_H
#define STORAGE_JOURNAL_FRAME_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/span.h"

enum {
    JOURNAL_HEADER_BYTES = 104,
    JOURNAL_FRAME_BYTES = 32,
    /* A longer body is a bug (CHECK): a payload is at most a block with its header and lists. */
    JOURNAL_BODY_BYTES_MAX = 2 * BLOCK_BYTES_MAX,
    JOURNAL_SEGMENT_BYTES_MAX = 1 << 30,
};

/* Types 1 to 255 and all bodies belong to the node and are handed through unread. Type 0 is the
 * journal's own: empty, says that all before it was synced, never given to a fold's caller. */
enum { JOURNAL_MARK = 0 };

struct journal_header {
    uint64_t segment;       /* from 1, consecutive */
    uint64_t salt;
    uint64_t previous_last; /* sequence of the last record before this segment; 0: none ever */
    uint32_t size;          /* of this segment in bytes */
    uint32_t previous_end;  /* where the segment before ended; 0 when there was none */
    struct digest chain_id;
};

void journal_header_encode(const struct journal_header *h, uint8_t ret[JOURNAL_HEADER_BYTES]);
/* False: not an intact header. *ret is then untouched. */
bool journal_header_decode(const uint8_t in[JOURNAL_HEADER_BYTES],
                           struct journal_header *ret) MUST_USE;

/* Bytes a record takes in a segment. */
uint32_t journal_frame_size(uint32_t body_len);

struct journal_frame {
    uint32_t offset;
    uint32_t batch;
    uint64_t sequence;
    uint8_t type;
    struct span body;
};

/* The 32 bytes that stand before the body. */
void journal_frame_encode(const struct journal_header *h, const struct journal_frame *f,
                          uint8_t ret[JOURNAL_FRAME_BYTES]);
/* The frame at `offset` of a segment's bytes; false when there is no valid one. */
bool journal_frame_decode(const struct journal_header *h, struct span segment, uint32_t offset,
                          struct journal_frame *ret) MUST_USE;

enum journal_end {
    JOURNAL_END_CLEAN,   /* only zeros follow, or exactly the end that the next segment names */
    JOURNAL_END_TORN,    /* the last write was torn; nothing of it counts */
    JOURNAL_END_DAMAGED, /* at least one stretch that had been synced is broken */
};

struct journal_scan {
    enum journal_end end;
    uint32_t end_offset;     /* behind the last valid frame that counts */
    uint64_t last_sequence;  /* of it; the header's previous_last when there is none */
    uint32_t records;        /* given to fn */
    uint32_t damaged_at;     /* offset of the first damage */
    uint32_t damages;        /* stretches */
    uint32_t torn_bytes;     /* TORN: bytes from end_offset to the last that is not zero */
};

typedef void journal_frame_fn(void *context, const struct journal_frame *frame);

/* Reads a segment from front to back and gives each record that counts to fn (may be NULL), marks
 * left out. `limit` is the end the next segment's header names; 0 for the last segment, which alone
 * can be torn. `segment` begins with the header that was decoded to *h; a segment shorter than
 * h->size is read as far as it goes. */
void journal_scan_segment(const struct journal_header *h, struct span segment, uint32_t limit,
                          journal_frame_fn *fn, void *context, struct journal_scan *ret);

#endif
