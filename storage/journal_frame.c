/* journal_frame.c: frames, and the one decision of the fold: torn or damaged (journal_frame.h says
 * why it can tell).
 *
 * The happy path is a run of valid frames up to the first zeros. The possible failures, each at a
 * place X: the last write was cut short, or its sectors reached the disk in another order   ->
 * torn, cut at X a bit of something synced changed, a sector went bad, a file lost its tail ->
 * damaged; go on behind it zlib.h is included here alone. */
#include "storage/journal_frame.h"

#include <string.h>
#include <zlib.h>

static const uint8_t magic[16] = {'s', 'u', 'y', 'u', 'a', 'n', ' ', 'j',
                                  'o', 'u', 'r', 'n', 'a', 'l', 0,   1};

enum { FRAME_ALIGN = 8 };

static uint32_t crc_add(uint32_t crc, const void *data, size_t len) {
    return len ? (uint32_t)crc32_z(crc, data, len) : crc;
}

void journal_header_encode(const struct journal_header *h, uint8_t ret[JOURNAL_HEADER_BYTES]) {
    memset(ret, 0, JOURNAL_HEADER_BYTES);
    memcpy(ret, magic, sizeof magic);
    put_u32(ret + 20, h->size);
    put_u64(ret + 24, h->segment);
    put_u64(ret + 32, h->salt);
    put_u32(ret + 40, h->previous_end);
    put_u64(ret + 44, h->previous_last);
    memcpy(ret + 52, h->chain_id.b, sizeof h->chain_id.b);
    put_u32(ret + 16, crc_add(0, ret + 20, JOURNAL_HEADER_BYTES - 20));
}

bool journal_header_decode(const uint8_t in[JOURNAL_HEADER_BYTES], struct journal_header *ret) {
    if (memcmp(in, magic, sizeof magic) != 0) return false;
    if (get_u32(in + 16) != crc_add(0, in + 20, JOURNAL_HEADER_BYTES - 20)) return false;
    uint32_t size = get_u32(in + 20);
    if (size < JOURNAL_HEADER_BYTES || size > JOURNAL_SEGMENT_BYTES_MAX) return false;
    ret->size = size;
    ret->segment = get_u64(in + 24);
    ret->salt = get_u64(in + 32);
    ret->previous_end = get_u32(in + 40);
    ret->previous_last = get_u64(in + 44);
    memcpy(ret->chain_id.b, in + 52, sizeof ret->chain_id.b);
    return true;
}

uint32_t journal_frame_size(uint32_t body_len) {
    CHECK(body_len <= JOURNAL_BODY_BYTES_MAX);
    return JOURNAL_FRAME_BYTES + ((body_len + FRAME_ALIGN - 1) & ~(uint32_t)(FRAME_ALIGN - 1));
}

static uint32_t frame_crc(const struct journal_header *h, uint32_t offset, const uint8_t *frame) {
    uint8_t place[20];
    put_u64(place, h->salt);
    put_u64(place + 8, h->segment);
    put_u32(place + 16, offset);
    return crc_add(crc_add(0, place, sizeof place), frame + 4, JOURNAL_FRAME_BYTES - 4);
}

void journal_frame_encode(const struct journal_header *h, const struct journal_frame *f,
                          uint8_t ret[JOURNAL_FRAME_BYTES]) {
    CHECK(f->body.len <= JOURNAL_BODY_BYTES_MAX && f->offset % FRAME_ALIGN == 0);
    memset(ret, 0, JOURNAL_FRAME_BYTES);
    put_u32(ret + 4, crc_add(0, f->body.data, f->body.len));
    put_u32(ret + 8, (uint32_t)f->body.len);
    put_u32(ret + 12, f->batch);
    put_u64(ret + 16, f->sequence);
    ret[24] = f->type;
    put_u32(ret, frame_crc(h, f->offset, ret));
}

bool journal_frame_decode(const struct journal_header *h, struct span segment, uint32_t offset,
                          struct journal_frame *ret) {
    if (offset > segment.len || segment.len - offset < JOURNAL_FRAME_BYTES) return false;
    const uint8_t *p = segment.data + offset;
    uint32_t len = get_u32(p + 8);
    if (len > JOURNAL_BODY_BYTES_MAX) return false;
    if (journal_frame_size(len) > segment.len - offset) return false;
    if (get_u32(p) != frame_crc(h, offset, p)) return false;
    struct span body = span_part(segment, offset + JOURNAL_FRAME_BYTES, len);
    if (get_u32(p + 4) != crc_add(0, body.data, body.len)) return false;
    *ret = (struct journal_frame){.offset = offset,
                                  .batch = get_u32(p + 12),
                                  .sequence = get_u64(p + 16),
                                  .type = p[24],
                                  .body = body};
    return true;
}

/* The first valid frame behind `offset`; false when there is none before the end of the segment's
 * bytes. */
static bool frame_after(const struct journal_header *h, struct span segment, uint32_t offset,
                        struct journal_frame *ret) {
    for (size_t at = (size_t)offset + FRAME_ALIGN; at + JOURNAL_FRAME_BYTES <= segment.len;
         at += FRAME_ALIGN)
        if (journal_frame_decode(h, segment, (uint32_t)at, ret)) return true;
    return false;
}

/* Was the place synced? A frame behind it whose write began behind it proves so. */
static bool synced_at(const struct journal_header *h, struct span segment, uint32_t offset) {
    struct journal_frame f = {.offset = offset};
    while (frame_after(h, segment, f.offset, &f))
        if (f.batch > offset) return true;
    return false;
}

/* Bytes from `offset` to the last that is not zero. */
static uint32_t rest_of(struct span segment, uint32_t offset) {
    size_t end = segment.len;
    while (end > offset && segment.data[end - 1] == 0)
        end--;
    return (uint32_t)(end - offset);
}

static void damage(struct journal_scan *scan, uint32_t offset) {
    if (scan->end != JOURNAL_END_DAMAGED) scan->damaged_at = offset;
    scan->end = JOURNAL_END_DAMAGED;
    scan->damages++;
}

/* Reads up to the end of `segment`; false when it ended early, at a torn write or at zeros. */
static bool scan_frames(const struct journal_header *h, struct span segment, bool last,
                        journal_frame_fn *fn, void *context, struct journal_scan *scan) {
    uint32_t at = JOURNAL_HEADER_BYTES;
    while (at < segment.len) {
        struct journal_frame f;
        if (!journal_frame_decode(h, segment, at, &f)) {
            uint32_t rest = rest_of(segment, at);
            if (last && (rest == 0 || !synced_at(h, segment, at))) {
                scan->torn_bytes = rest;
                if (rest > 0 && scan->end == JOURNAL_END_CLEAN) scan->end = JOURNAL_END_TORN;
                return false;
            }
            damage(scan, at);
            if (!frame_after(h, segment, at, &f)) return true;
        }
        at = f.offset + journal_frame_size((uint32_t)f.body.len);
        scan->end_offset = at;
        scan->last_sequence = f.sequence;
        if (f.type == JOURNAL_MARK) continue;
        scan->records++;
        if (fn) fn(context, &f);
    }
    return true;
}

void journal_scan_segment(const struct journal_header *h, struct span segment, uint32_t limit,
                          journal_frame_fn *fn, void *context, struct journal_scan *ret) {
    struct journal_scan scan = {.end = JOURNAL_END_CLEAN,
                                .end_offset = JOURNAL_HEADER_BYTES,
                                .last_sequence = h->previous_last};
    uint32_t size = limit && limit < h->size ? limit : h->size;
    bool whole = segment.len >= size;
    struct span part = span_part(segment, 0, whole ? size : segment.len);
    scan_frames(h, part, limit == 0, fn, context, &scan);
    /* A segment is complete before it gets its name, so a missing tail was lost later. */
    if (!whole) damage(&scan, (uint32_t)segment.len);
    if (limit) scan.end_offset = limit;
    *ret = scan;
}
