#include "tools/parcel.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"

void parcel_init(struct parcel *p) {
    *p = (struct parcel){.count = 0};
    arena_init(&p->arena, 4 * PARCEL_FILE_BYTES_MAX);
}

void parcel_clear(struct parcel *p) {
    arena_reset(&p->arena);
    p->count = 0;
    p->bytes = 0;
    p->name[0] = 0;
}

void parcel_free(struct parcel *p) {
    arena_free(&p->arena);
}

static size_t record_bytes(size_t wire_len, const struct parcel_source sources[],
                           uint32_t sources_count) {
    size_t n = wire_len + 16;
    for (uint32_t i = 0; i < sources_count; i++)
        n += 16 + (sources[i].label.len < PARCEL_LABEL_BYTES_MAX ? sources[i].label.len
                                                                 : PARCEL_LABEL_BYTES_MAX);
    return n;
}

bool parcel_fits(const struct parcel *p, size_t wire_len, const struct parcel_source sources[],
                 uint32_t sources_count) {
    size_t n = record_bytes(wire_len, sources, sources_count);
    return p->count == 0 || (p->count < PARCEL_RECORDS_MAX && p->bytes + n <= PARCEL_BYTES_MAX);
}

/* The end of a long name says more than its beginning; cut between characters. */
static struct span label_end(struct span label) {
    size_t from = label.len > PARCEL_LABEL_BYTES_MAX ? label.len - PARCEL_LABEL_BYTES_MAX : 0;
    while (from > 0 && from < label.len && (label.data[from] & 0xc0) == 0x80)
        from++;
    return span_is_utf8(label) ? span_part(label, from, label.len - from) : SPAN_EMPTY;
}

struct parcel *parcel_new(void) {
    struct parcel *p = check_alloc(1, sizeof *p);
    parcel_init(p);
    return p;
}

void parcel_drop(struct parcel **p) {
    if (*p == NULL) return;
    parcel_free(*p);
    free(*p);
}

bool parcel_decided(const struct parcel_record *r) {
    return r->state == PARCEL_COMMITTED || r->state == PARCEL_REFUSED;
}

enum err parcel_add(struct parcel *p, struct span wire, const struct parcel_source sources[],
                    uint32_t sources_count) {
    struct parcel_record *r = &p->records[p->count];
    struct record_header header;
    struct unpack u;
    CHECK(p->count < PARCEL_RECORDS_MAX);
    unpack_init(&u, wire);
    uint32_t parts = unpack_array(&u, 3);
    struct span header_bytes = unpack_bytes(&u, RECORD_HEADER_BYTES_MAX);
    (void)unpack_bytes(&u, sizeof(struct signature));
    (void)unpack_bytes(&u, RECORD_BYTES_MAX);
    enum err e = unpack_end(&u);
    if (e == OK && parts != 3) e = ERR_CODEC_COUNT;
    if (e == OK) e = record_header_decode(header_bytes, &header);
    if (e) return e;
    *r = (struct parcel_record){.wire = arena_copy(&p->arena, wire),
                                .expires_ms = header.expires_ms,
                                .id = record_id_of(header_bytes)};
    r->sources = arena_alloc(&p->arena, sources_count + 1, sizeof *r->sources);
    if (r->wire.data == NULL || r->sources == NULL) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < sources_count; i++) {
        r->sources[i] = sources[i];
        r->sources[i].label = arena_copy(&p->arena, label_end(sources[i].label));
        if (r->sources[i].label.data == NULL && label_end(sources[i].label).len > 0)
            return ERR_TOO_LARGE;
    }
    r->sources_count = sources_count;
    p->bytes += record_bytes(wire.len, sources, sources_count);
    p->count++;
    return OK;
}

void parcel_encode(const struct parcel *p, struct buffer *out) {
    uint32_t open = 0;
    for (uint32_t i = 0; i < p->count; i++)
        if (!parcel_decided(&p->records[i])) open++;
    pack_array(out, 2);
    pack_uint(out, 1);
    pack_array(out, open);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct parcel_record *r = &p->records[i];
        if (parcel_decided(r)) continue;
        pack_array(out, 2);
        pack_bytes(out, r->wire);
        pack_array(out, r->sources_count);
        for (uint32_t k = 0; k < r->sources_count; k++) {
            pack_array(out, 3);
            pack_text(out, r->sources[k].label);
            pack_uint(out, r->sources[k].first_item);
            pack_uint(out, r->sources[k].first_event);
        }
    }
}

static void record_read(struct unpack *u, struct parcel *p) {
    struct parcel_source sources[RECORD_ITEMS_MAX];
    if (unpack_array(u, 2) != 2) unpack_fail(u, ERR_CODEC_COUNT);
    struct span wire = unpack_bytes(u, RECORD_BYTES_MAX);
    uint32_t count = unpack_array(u, RECORD_ITEMS_MAX);
    for (uint32_t i = 0; i < count && u->err == OK; i++) {
        if (unpack_array(u, 3) != 3) unpack_fail(u, ERR_CODEC_COUNT);
        sources[i].label = unpack_text(u, PARCEL_LABEL_BYTES_MAX);
        sources[i].first_item = (uint32_t)unpack_uint(u, RECORD_ITEMS_MAX);
        sources[i].first_event = (uint32_t)unpack_uint(u, RECORD_ITEMS_MAX);
    }
    if (u->err != OK) return;
    enum err e = parcel_add(p, wire, sources, count);
    if (e) unpack_fail(u, e);
}

enum err parcel_decode(struct span file, struct parcel *ret) {
    struct unpack u;
    unpack_init(&u, file);
    if (unpack_array(&u, 2) != 2) unpack_fail(&u, ERR_CODEC_COUNT);
    (void)unpack_uint(&u, 1);
    uint32_t count = unpack_array(&u, PARCEL_RECORDS_MAX);
    for (uint32_t i = 0; i < count && u.err == OK; i++)
        record_read(&u, ret);
    return unpack_end(&u);
}

const char *parcel_place(struct tool *t, const struct parcel_record *r, uint32_t item) {
    const struct parcel_source *s = NULL;
    for (uint32_t i = 0; i < r->sources_count; i++)
        if (item == 0 ? i == 0 : r->sources[i].first_item < item) s = &r->sources[i];
    if (s == NULL) return "";
    const char *label = shown(t, s->label);
    if (item == 0 && r->sources_count > 1) return format(t, "%s +%u", label, r->sources_count - 1);
    if (item == 0 || item - 1 < s->first_event || s->first_event == s->first_item) return label;
    return format(t, "%s: eventList[%u]", label, item - 1 - s->first_event);
}
