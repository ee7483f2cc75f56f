/* journal_memory.c: a disk that loses what was not synced (journal_memory.h). Each segment has two
 * images, what a reader of the running system sees and what survives a power cut; dirty sectors
 * differ. */
#include "storage/journal_memory.h"

#include <stdlib.h>
#include <string.h>

enum { SECTOR_BYTES = 512 };

struct segment {
    uint64_t number;
    uint32_t size;
    uint32_t used; /* bytes of the images that were ever touched, a multiple of the sector; zeros
                      behind */
    uint8_t *seen, *durable;
    bool *dirty; /* per sector below `used` */
};

struct journal_memory {
    struct segment *segments; /* rising */
    size_t count, cap;
    journal_fault_fn *fault;
    void *fault_context;
    const char *error;
};

struct journal_memory *journal_memory_new(void) {
    struct journal_memory *m = check_alloc(1, sizeof *m);
    m->error = "";
    return m;
}

static void segment_free(struct segment *s) {
    free(s->seen);
    free(s->durable);
    free(s->dirty);
}

void journal_memory_free(struct journal_memory *m) {
    if (!m) return;
    for (size_t i = 0; i < m->count; i++)
        segment_free(&m->segments[i]);
    free(m->segments);
    free(m);
}

void journal_memory_faults(struct journal_memory *m, journal_fault_fn *fn, void *context) {
    m->fault = fn;
    m->fault_context = context;
}

static bool refused(struct journal_memory *m, enum journal_call call) {
    switch (m->fault ? m->fault(m->fault_context, call) : JOURNAL_FAULT_NONE) {
    case JOURNAL_FAULT_NONE:
        return false;
    case JOURNAL_FAULT_FULL:
        m->error = "no space left on device (simulated)";
        return true;
    case JOURNAL_FAULT_IO:
        m->error = "input/output error (simulated)";
        return true;
    }
    return true;
}

static struct segment *find(const struct journal_memory *m, uint64_t number) {
    for (size_t i = 0; i < m->count; i++)
        if (m->segments[i].number == number) return &m->segments[i];
    return NULL;
}

static struct segment *find_or_say(struct journal_memory *m, uint64_t number) {
    struct segment *s = find(m, number);
    if (!s) m->error = "no such segment";
    return s;
}

static void grow(struct segment *s, uint32_t end) {
    uint32_t used = (end + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    if (used <= s->used) return;
    if (used < 2 * s->used) used = 2 * s->used;
    s->seen = check_realloc(s->seen, used, 1);
    s->durable = check_realloc(s->durable, used, 1);
    s->dirty = check_realloc(s->dirty, used / SECTOR_BYTES, sizeof *s->dirty);
    memset(s->seen + s->used, 0, used - s->used);
    memset(s->durable + s->used, 0, used - s->used);
    for (uint32_t i = s->used / SECTOR_BYTES; i < used / SECTOR_BYTES; i++)
        s->dirty[i] = false;
    s->used = used;
}

static bool memory_list(void *self, uint64_t *ret_segments, size_t max, size_t *ret_count) {
    const struct journal_memory *m = self;
    for (size_t i = 0; i < m->count && i < max; i++)
        ret_segments[i] = m->segments[i].number;
    *ret_count = m->count;
    return true;
}

static bool memory_read(void *self, uint64_t segment, size_t max, struct buffer *ret_bytes) {
    struct segment *s = find_or_say(self, segment);
    if (!s) return false;
    static const uint8_t zeros[SECTOR_BYTES];
    size_t len = max < s->size ? max : s->size;
    buffer_clear(ret_bytes);
    buffer_append(ret_bytes, s->seen, len < s->used ? len : s->used);
    while (ret_bytes->len < len) {
        size_t rest = len - ret_bytes->len;
        buffer_append(ret_bytes, zeros, rest < sizeof zeros ? rest : sizeof zeros);
    }
    return true;
}

static bool memory_write(void *self, uint64_t segment, uint32_t offset, struct span bytes) {
    struct journal_memory *m = self;
    struct segment *s = find_or_say(m, segment);
    if (!s) return false;
    CHECK(offset <= s->size && bytes.len <= s->size - offset && bytes.len > 0);
    bool ok = !refused(m, JOURNAL_CALL_WRITE);
    if (!ok) bytes.len = (bytes.len + 1) / 2; /* a failed write may have written a part */
    uint32_t end = offset + (uint32_t)bytes.len;
    grow(s, end);
    memcpy(s->seen + offset, bytes.data, bytes.len);
    for (uint32_t i = offset / SECTOR_BYTES; i <= (end - 1) / SECTOR_BYTES; i++)
        s->dirty[i] = true;
    return ok;
}

static void settle(struct segment *s) {
    for (uint32_t i = 0; i < s->used / SECTOR_BYTES; i++) {
        if (!s->dirty[i]) continue;
        memcpy(s->durable + (size_t)i * SECTOR_BYTES, s->seen + (size_t)i * SECTOR_BYTES,
               SECTOR_BYTES);
        s->dirty[i] = false;
    }
}

static bool memory_sync(void *self, uint64_t segment) {
    struct journal_memory *m = self;
    struct segment *s = find_or_say(m, segment);
    if (!s || refused(m, JOURNAL_CALL_SYNC)) return false;
    settle(s);
    return true;
}

static bool memory_create(void *self, uint64_t segment, uint32_t size, struct span header) {
    struct journal_memory *m = self;
    if (refused(m, JOURNAL_CALL_CREATE)) return false;
    CHECK(!find(m, segment) && (m->count == 0 || m->segments[m->count - 1].number < segment));
    if (m->count == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 8;
        m->segments = check_realloc(m->segments, m->cap, sizeof *m->segments);
    }
    struct segment *s = &m->segments[m->count++];
    *s = (struct segment){.number = segment, .size = size};
    grow(s, (uint32_t)header.len);
    memcpy(s->seen, header.data, header.len);
    memcpy(s->durable, header.data, header.len);
    return true;
}

static bool memory_remove(void *self, uint64_t segment) {
    struct journal_memory *m = self;
    struct segment *s = find(m, segment);
    if (refused(m, JOURNAL_CALL_REMOVE)) return false;
    if (!s) return true;
    segment_free(s);
    size_t at = (size_t)(s - m->segments);
    memmove(s, s + 1, (m->count - at - 1) * sizeof *s);
    m->count--;
    return true;
}

static const char *memory_error(void *self) {
    const struct journal_memory *m = self;
    return m->error;
}

static const struct journal_disk_ops memory_ops = {
    .list = memory_list,
    .read = memory_read,
    .create = memory_create,
    .write = memory_write,
    .sync = memory_sync,
    .remove = memory_remove,
    .error = memory_error,
};

struct journal_disk journal_memory_disk(struct journal_memory *m) {
    return (struct journal_disk){m, &memory_ops};
}

/* splitmix64: Steele, Lea, Flood 2014. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void journal_memory_crash(struct journal_memory *m, uint64_t seed, uint32_t chance) {
    for (size_t i = 0; i < m->count; i++) {
        struct segment *s = &m->segments[i];
        for (uint32_t k = 0; k < s->used / SECTOR_BYTES; k++) {
            if (!s->dirty[k]) continue;
            if ((draw(&seed) & 255) >= chance)
                memcpy(s->seen + (size_t)k * SECTOR_BYTES, s->durable + (size_t)k * SECTOR_BYTES,
                       SECTOR_BYTES);
        }
        settle(s);
    }
    m->error = "";
}

bool journal_memory_flip(struct journal_memory *m, uint64_t segment, uint64_t bit) {
    struct segment *s = find(m, segment);
    if (!s || bit / 8 >= s->size) return false;
    grow(s, (uint32_t)(bit / 8) + 1);
    uint8_t mask = (uint8_t)(1u << (bit % 8));
    s->durable[bit / 8] ^= mask;
    s->seen[bit / 8] ^= mask;
    return true;
}

uint64_t journal_memory_size(const struct journal_memory *m) {
    uint64_t size = 0;
    for (size_t i = 0; i < m->count; i++)
        size += m->segments[i].size;
    return size;
}
