/* fuzz_journal.c: whatever lies on the disk, opening a journal ends, gives only records that were
 * written, in order, and leaves a journal that can be appended to and opened again.
 *
 * Input: pairs of u16 place and u8 byte, written over a journal of two segments; with an odd first
 * byte the rest of the input is taken as a segment as it is. */
#include <string.h>

#include "storage/journal_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEGMENT_BYTES = 2048, RECORDS = 40 };

struct seen {
    uint64_t last;
};

static void see(void *context, uint64_t sequence, uint8_t type, struct span body) {
    struct seen *s = context;
    CHECK(sequence > s->last && type == 3);
    s->last = sequence;
    for (size_t i = 0; i < body.len; i++)
        CHECK(body.data[i] == (uint8_t)(sequence + i));
}

static void append(struct journal *j, struct journal_disk disk, struct journal_batch *b,
                   int count) {
    for (int i = 0; i < count; i++) {
        uint8_t body[64];
        uint64_t next = journal_durable(j) + 1;
        size_t len = next % sizeof body;
        for (size_t k = 0; k < len; k++)
            body[k] = (uint8_t)(next + k);
        CHECK(journal_append(j, 3, span_of(body, len)) == next);
        CHECK(journal_take(j, b));
        bool ok = journal_batch_write(disk, b);
        CHECK(ok);
        journal_written(j, b, ok);
    }
}

static void damage(struct journal_disk disk, struct span script) {
    for (size_t at = 0; at + 3 <= script.len; at += 3) {
        uint32_t place = get_u16(script.data + at) % (2 * SEGMENT_BYTES);
        uint64_t segment = 1 + place / SEGMENT_BYTES;
        CHECK(disk.ops->write(disk.self, segment, place % SEGMENT_BYTES,
                              span_of(script.data + at + 2, 1)));
        CHECK(disk.ops->sync(disk.self, segment));
    }
}

/* Whether it opened: damage can make it another chain's only by a checksum that fits. */
static uint64_t open_and_append(struct journal_disk disk, struct journal_batch *b, int count,
                                enum journal_health *ret_health) {
    struct journal_config config = {.segment_bytes = SEGMENT_BYTES, .salt = 11};
    struct journal_report report;
    struct seen seen = {0};
    struct journal *j = journal_open(disk, &config, see, &seen, &report);
    CHECK(j && seen.last <= journal_durable(j));
    append(j, disk, b, count);
    uint64_t last = journal_durable(j);
    journal_free(j);
    *ret_health = report.health;
    return last;
}

static void as_segment(struct span bytes) {
    struct journal_header h = {.segment = 1, .salt = 1, .size = 4096};
    struct journal_scan scan;
    journal_scan_segment(&h, bytes, 0, NULL, NULL, &scan);
    journal_scan_segment(&h, bytes, 1000, NULL, NULL, &scan);
    if (bytes.len >= JOURNAL_HEADER_BYTES && journal_header_decode(bytes.data, &h))
        journal_scan_segment(&h, bytes, 0, NULL, NULL, &scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    if (data[0] & 1) {
        as_segment(span_of(data + 1, size - 1));
        return 0;
    }
    struct journal_memory *m = journal_memory_new();
    struct journal_disk disk = journal_memory_disk(m);
    struct journal_batch *b = journal_batch_new();
    enum journal_health first, again;
    (void)open_and_append(disk, b, RECORDS, &first);
    CHECK(first == JOURNAL_FRESH);
    damage(disk, span_of(data + 1, size - 1));
    uint64_t last = open_and_append(disk, b, 2, &first);
    CHECK(open_and_append(disk, b, 0, &again) == last);
    CHECK(first == again); /* damage stays reported, and a tear is not reported twice */
    journal_batch_free(b);
    journal_memory_free(m);
    return 0;
}
