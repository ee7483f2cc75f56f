/* bench_records.c: records as a gateway makes them: one short event each (an RFID read of a new
 * serial number), or many events under one signature. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ledger/record.h"
#include "tools/bench.h"
#include "trace/epcis.h"

enum { EVENT_ARENA_BYTES = 1 << 20, BATCH_BYTES_MAX = 8 << 20, IDENTIFIER_CAP = 64 };

static const char EVENT[] =
    "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
    "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-06-12T05:20:00Z\",\"eventTimeZoneOffset\":"
    "\"+08:00\",\"action\":\"OBSERVE\",\"bizStep\":\"shipping\","
    "\"epcList\":[\"urn:epc:id:sgtin:69722301.00011.0\"]}";

struct maker {
    struct records *records;
    struct arena arena;
    struct items event;
    struct item *items;
    struct thing *things;
    char (*identifiers)[IDENTIFIER_CAP];
    struct buffer wire, batch;
    uint64_t nonce;
};

static void record_add(struct maker *m, uint64_t now) {
    struct records *r = m->records;
    struct record_header draft = {.chain_id = r->genesis->chain_id,
                                  .kind = RECORD_EVENTS,
                                  .subject = r->subject,
                                  .key = r->keys->public_key,
                                  .created_ms = now,
                                  .expires_ms = now + 24u * 3600 * 1000,
                                  .nonce = m->nonce++};
    for (uint32_t i = 0; i < r->items; i++) {
        int len = snprintf(m->identifiers[i], IDENTIFIER_CAP,
                           "urn:epc:id:sgtin:69722301.00011.%llu", (unsigned long long)r->serial++);
        m->things[i] = m->event.list[0].things[0];
        m->things[i].identifier = span_of(m->identifiers[i], (size_t)len);
        m->items[i] = m->event.list[0];
        m->items[i].things = &m->things[i];
    }
    buffer_clear(&m->wire);
    CHECK(record_make(&r->genesis->params, &draft, m->items, r->items, r->keys, &m->wire) == OK);
    struct digest id;
    CHECK(record_wire_id(buffer_span(&m->wire), &id) == OK);
    r->ids[r->count++] = id;
    r->record_bytes = m->wire.len;
    if (r->batch == 1)
        buffer_append_span(&m->batch, buffer_span(&m->wire));
    else
        pack_bytes(&m->batch, buffer_span(&m->wire));
}

static bool write_all(int fd, struct span data) {
    while (data.len > 0) {
        ssize_t n = write(fd, data.data, data.len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        data = span_part(data, (size_t)n, data.len - (size_t)n);
    }
    return true;
}

static bool batches_write(struct maker *m, struct tool *t) {
    struct records *r = m->records;
    for (uint64_t b = 0; b < r->batches; b++) {
        uint64_t now = now_ms();
        buffer_clear(&m->batch);
        if (r->batch > 1) pack_array(&m->batch, r->batch);
        for (uint32_t i = 0; i < r->batch; i++)
            record_add(m, now);
        CHECK(!m->batch.overflow);
        if (!write_all(r->file, buffer_span(&m->batch))) return false;
        r->bytes += m->batch.len;
        r->starts[b + 1] = r->bytes;
        if (t->terminal && b % 64 == 0)
            remark(t, "\r签名 %llu / %llu ", "\rsigning %llu / %llu ", (unsigned long long)r->count,
                   (unsigned long long)(r->batches * r->batch));
    }
    if (t->terminal) remark(t, "\r\033[K", "\r\033[K");
    return true;
}

static bool file_map(struct records *r) {
    if (r->bytes == 0) return false;
    void *map = mmap(NULL, r->bytes, PROT_READ, MAP_SHARED, r->file, 0);
    if (map == MAP_FAILED) return false;
    r->map = map;
    r->map_len = r->bytes;
    return true;
}

int records_make(struct tool *t, const char *directory, uint64_t count, struct records *r) {
    struct maker m = {.records = r};
    r->batches = (count + r->batch - 1) / r->batch;
    r->starts = check_alloc(r->batches + 1, sizeof *r->starts);
    r->ids = check_alloc(r->batches * r->batch, sizeof *r->ids);
    r->file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (r->file < 0) return fail_file(t, "help bench", directory);
    arena_init(&m.arena, EVENT_ARENA_BYTES);
    CHECK(epcis_parse(span_text(EVENT), &m.arena, &m.event, NULL) == OK && m.event.count == 1);
    m.items = check_alloc(r->items, sizeof *m.items);
    m.things = check_alloc(r->items, sizeof *m.things);
    m.identifiers = check_alloc(r->items, sizeof *m.identifiers);
    buffer_init(&m.wire, RECORD_BYTES_MAX);
    buffer_init(&m.batch, BATCH_BYTES_MAX);
    random_bytes(&m.nonce, sizeof m.nonce);
    m.nonce >>= 1;
    bool ok = batches_write(&m, t) && file_map(r);
    buffer_free(&m.wire);
    buffer_free(&m.batch);
    free(m.items);
    free(m.things);
    free(m.identifiers);
    arena_free(&m.arena);
    return ok ? EXIT_OK : fail_file(t, "help bench", directory);
}

struct span records_batch(const struct records *r, uint64_t index) {
    return span_of(r->map + r->starts[index], (size_t)(r->starts[index + 1] - r->starts[index]));
}

void records_free(struct records *r) {
    if (r->map != NULL) munmap(r->map, r->map_len);
    if (r->starts != NULL) close(r->file);
    free(r->starts);
    free(r->ids);
    r->map = NULL;
    r->starts = NULL;
    r->ids = NULL;
}
