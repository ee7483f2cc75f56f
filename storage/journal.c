/* journal.c: the writer's bookkeeping and the opening fold. No I/O but through struct journal_disk.
 *
 * Pending records lie in one buffer as frames whose header is filled in by the worker (place and
 * checksums), so a body is copied once. journal_take decides which frame goes to which segment. */
#include "storage/journal.h"

#include <stdlib.h>
#include <string.h>

enum {
    PENDING_BYTES_MAX = 1 << 30, /* CHECK: the node holds back long before (journal_backlog) */
    SEGMENTS_MAX = 1 << 16,      /* more than this in one directory is not ours: refused at open */
};

/* One run of frames in one segment. */
struct piece {
    struct journal_header header;
    bool create;
    uint32_t offset;
    size_t from, len; /* in the batch's bytes; len may be 0: create or sync only */
};

struct journal_batch {
    struct buffer bytes;
    struct piece *pieces;
    size_t pieces_count, pieces_cap;
    uint64_t *removed;
    size_t removed_count, removed_cap;
    uint64_t last_sequence;
    bool mark;
};

struct held {
    uint64_t segment;
    uint64_t last_sequence; /* of the newest record in it */
};

struct journal {
    struct journal_config config;
    struct journal_header header; /* of the segment that is appended to */
    uint32_t at;
    uint64_t next_sequence;
    uint64_t taken, durable, keep;
    struct buffer pending;
    struct held *held; /* older segments, rising */
    size_t held_count, held_cap;
    bool busy, failed;
    bool marked;   /* nothing was written since the last mark, or nothing at all */
    bool unsynced; /* a mark went out without a sync */
};

const char *journal_disk_error(struct journal_disk d) {
    return d.ops->error(d.self);
}

struct journal_batch *journal_batch_new(void) {
    struct journal_batch *b = check_alloc(1, sizeof *b);
    buffer_init(&b->bytes, PENDING_BYTES_MAX);
    return b;
}

void journal_batch_free(struct journal_batch *b) {
    if (!b) return;
    buffer_free(&b->bytes);
    free(b->pieces);
    free(b->removed);
    free(b);
}

void journal_free(struct journal *j) {
    if (!j) return;
    buffer_free(&j->pending);
    free(j->held);
    free(j);
}

uint64_t journal_append(struct journal *j, uint8_t type, struct span body) {
    static const uint8_t zeros[8];
    CHECK(type != JOURNAL_MARK && body.len <= JOURNAL_BODY_BYTES_MAX);
    uint32_t size = journal_frame_size((uint32_t)body.len);
    CHECK(size <= j->config.segment_bytes - JOURNAL_HEADER_BYTES);
    uint8_t head[JOURNAL_FRAME_BYTES] = {0};
    put_u32(head + 8, (uint32_t)body.len);
    put_u64(head + 16, j->next_sequence);
    head[24] = type;
    buffer_append(&j->pending, head, sizeof head);
    buffer_append_span(&j->pending, body);
    buffer_append(&j->pending, zeros, size - JOURNAL_FRAME_BYTES - body.len);
    CHECK(!j->pending.overflow);
    return j->next_sequence++;
}

void journal_keep(struct journal *j, uint64_t sequence) {
    CHECK(sequence <= j->next_sequence);
    if (sequence > j->keep) j->keep = sequence;
}

uint64_t journal_durable(const struct journal *j) {
    return j->durable;
}

size_t journal_backlog(const struct journal *j) {
    return j->pending.len;
}

bool journal_failed(const struct journal *j) {
    return j->failed;
}

uint64_t journal_segments(const struct journal *j) {
    return j->held_count + 1;
}

static struct piece *piece_add(struct journal_batch *b, const struct journal *j, bool create,
                               size_t from) {
    if (b->pieces_count == b->pieces_cap) {
        b->pieces_cap = b->pieces_cap ? b->pieces_cap * 2 : 4;
        b->pieces = check_realloc(b->pieces, b->pieces_cap, sizeof *b->pieces);
    }
    struct piece *p = &b->pieces[b->pieces_count++];
    *p = (struct piece){.header = j->header, .create = create, .offset = j->at, .from = from};
    return p;
}

static void held_add(struct journal *j, uint64_t segment, uint64_t last_sequence) {
    if (j->held_count == j->held_cap) {
        j->held_cap = j->held_cap ? j->held_cap * 2 : 16;
        j->held = check_realloc(j->held, j->held_cap, sizeof *j->held);
    }
    j->held[j->held_count++] = (struct held){segment, last_sequence};
}

static void segment_next(struct journal *j, uint64_t last_sequence) {
    held_add(j, j->header.segment, last_sequence);
    j->header.segment++;
    j->header.salt = j->config.salt;
    j->header.size = j->config.segment_bytes;
    j->header.previous_end = j->at;
    j->header.previous_last = last_sequence;
    j->at = JOURNAL_HEADER_BYTES;
}

/* Segments whose records are all below `keep`, oldest first. The one that is appended to stays. */
static void take_removed(struct journal *j, struct journal_batch *b) {
    size_t count = 0;
    while (count < j->held_count && j->held[count].last_sequence < j->keep)
        count++;
    if (count == 0) return;
    if (count > b->removed_cap) {
        b->removed = check_realloc(b->removed, count, sizeof *b->removed);
        b->removed_cap = count;
    }
    for (size_t i = 0; i < count; i++)
        b->removed[i] = j->held[i].segment;
    b->removed_count = count;
    memmove(j->held, j->held + count, (j->held_count - count) * sizeof *j->held);
    j->held_count -= count;
}

static void batch_begin(struct journal_batch *b) {
    buffer_clear(&b->bytes);
    b->pieces_count = 0;
    b->removed_count = 0;
    b->mark = false;
}

bool journal_take(struct journal *j, struct journal_batch *b) {
    if (j->failed || j->busy) return false;
    batch_begin(b);
    struct buffer swap = b->bytes;
    b->bytes = j->pending;
    j->pending = swap;

    struct piece *p = NULL;
    for (size_t at = 0; at < b->bytes.len;) {
        const uint8_t *frame = b->bytes.data + at;
        uint32_t size = journal_frame_size(get_u32(frame + 8));
        uint64_t sequence = get_u64(frame + 16);
        if (size > j->header.size - j->at) {
            /* The segment before must be synced before the next exists; a mark may still be on its
             * way. */
            if (!p && j->unsynced) (void)piece_add(b, j, false, at);
            segment_next(j, sequence - 1);
            p = piece_add(b, j, true, at);
        } else if (!p) {
            p = piece_add(b, j, false, at);
        }
        p->len += size;
        j->at += size;
        at += size;
    }
    take_removed(j, b);
    if (b->pieces_count == 0 && b->removed_count == 0) return false;
    if (b->pieces_count > 0) j->marked = j->unsynced = false;
    b->last_sequence = j->next_sequence - 1;
    j->busy = true;
    return true;
}

bool journal_take_mark(struct journal *j, struct journal_batch *b) {
    if (j->failed || j->busy || j->marked || j->pending.len > 0) return false;
    if (j->header.size - j->at < JOURNAL_FRAME_BYTES) return false;
    batch_begin(b);
    uint8_t head[JOURNAL_FRAME_BYTES] = {0};
    put_u64(head + 16, j->next_sequence - 1);
    buffer_append(&b->bytes, head, sizeof head);
    struct piece *p = piece_add(b, j, false, 0);
    p->len = JOURNAL_FRAME_BYTES;
    j->at += JOURNAL_FRAME_BYTES;
    j->marked = j->unsynced = j->busy = b->mark = true;
    b->last_sequence = j->next_sequence - 1;
    return true;
}

/* Gives each frame of a piece its place and its checksums. */
static void piece_seal(const struct piece *p, uint8_t *bytes) {
    for (uint32_t at = 0; at < p->len;) {
        uint8_t *head = bytes + at;
        uint32_t len = get_u32(head + 8);
        struct journal_frame f = {.offset = p->offset + at,
                                  .batch = p->offset,
                                  .sequence = get_u64(head + 16),
                                  .type = head[24],
                                  .body = span_of(head + JOURNAL_FRAME_BYTES, len)};
        journal_frame_encode(&p->header, &f, head);
        at += journal_frame_size(len);
    }
}

static bool create(struct journal_disk disk, const struct journal_header *header) {
    uint8_t head[JOURNAL_HEADER_BYTES];
    journal_header_encode(header, head);
    return disk.ops->create(disk.self, header->segment, header->size, span_of(head, sizeof head));
}

bool journal_batch_write(struct journal_disk disk, struct journal_batch *b) {
    for (size_t i = 0; i < b->pieces_count; i++) {
        const struct piece *p = &b->pieces[i];
        if (p->create && !create(disk, &p->header)) return false;
        if (p->len > 0) {
            piece_seal(p, b->bytes.data + p->from);
            struct span bytes = span_of(b->bytes.data + p->from, p->len);
            if (!disk.ops->write(disk.self, p->header.segment, p->offset, bytes)) return false;
        }
        if (!b->mark && !disk.ops->sync(disk.self, p->header.segment)) return false;
    }
    for (size_t i = 0; i < b->removed_count; i++)
        if (!disk.ops->remove(disk.self, b->removed[i])) return false;
    return true;
}

void journal_written(struct journal *j, struct journal_batch *b, bool ok) {
    CHECK(j->busy);
    j->busy = false;
    if (!ok)
        j->failed = true;
    else if (b->last_sequence > j->durable)
        j->durable = b->last_sequence;
}

/* Opening. */

struct fold {
    struct journal_report *report;
    journal_record_fn *fn;
    void *context;
    uint64_t last; /* newest sequence seen, or named by a segment header */
    bool based;    /* a segment's header said where counting begins */
    bool damaged;
};

static void found_damage(struct fold *f, uint64_t segment, uint32_t offset) {
    if (!f->damaged) {
        f->report->damaged_segment = segment;
        f->report->damaged_at = offset;
    }
    f->damaged = true;
}

static void fold_frame(void *context, const struct journal_frame *frame) {
    struct fold *f = context;
    struct journal_report *r = f->report;
    if (frame->sequence > f->last + 1) r->lost_records += frame->sequence - f->last - 1;
    f->last = frame->sequence;
    if (r->records++ == 0) r->first_sequence = frame->sequence;
    r->last_sequence = frame->sequence;
    if (f->fn) f->fn(f->context, frame->sequence, frame->type, frame->body);
}

static bool header_of(struct journal_disk disk, uint64_t segment, struct buffer *bytes,
                      bool *ret_intact, struct journal_header *ret) {
    if (!disk.ops->read(disk.self, segment, JOURNAL_HEADER_BYTES, bytes)) return false;
    struct journal_header h;
    *ret_intact = bytes->len == JOURNAL_HEADER_BYTES && journal_header_decode(bytes->data, &h) &&
                  h.segment == segment;
    if (*ret_intact) *ret = h;
    return true;
}

struct opening {
    struct journal *j;
    struct journal_disk disk;
    struct fold fold;
    uint64_t *segments;
    size_t count;
    struct buffer bytes;
    bool appendable; /* the last segment ended clean: go on in it */
};

/* One segment; `next` is the intact header of the following one or NULL. False: the disk refused.
 */
static bool open_segment(struct opening *o, const struct journal_header *h, bool last,
                         const struct journal_header *next) {
    struct fold *f = &o->fold;
    struct journal *j = o->j;
    if (!o->disk.ops->read(o->disk.self, h->segment, h->size, &o->bytes)) return false;
    /* The first segment's predecessors were released; any other gap is a loss. */
    if (f->based && h->previous_last > f->last) {
        f->report->lost_records += h->previous_last - f->last;
        found_damage(f, h->segment, 0);
    }
    if (h->previous_last > f->last) f->last = h->previous_last;
    f->based = true;
    struct journal_scan scan;
    journal_scan_segment(h, buffer_span(&o->bytes), next ? next->previous_end : 0, fold_frame, f,
                         &scan);
    if (scan.damages > 0) found_damage(f, h->segment, scan.damaged_at);
    if (last && scan.torn_bytes > 0) {
        f->report->torn = true;
        f->report->torn_segment = h->segment;
        f->report->torn_at = scan.end_offset;
    }
    if (!last) {
        held_add(j, h->segment, next ? next->previous_last : f->last);
        return true;
    }
    j->header = *h;
    j->at = scan.end_offset;
    o->appendable = scan.end == JOURNAL_END_CLEAN;
    /* What a killed process wrote may be in the page cache only; from here on it counts as durable.
     */
    return o->disk.ops->sync(o->disk.self, h->segment);
}

static bool open_fail(struct journal_report *r, const char *what, const char *why) {
    struct buffer b;
    buffer_init(&b, sizeof r->text - 1);
    buffer_text(&b, what);
    buffer_text(&b, why);
    memset(r->text, 0, sizeof r->text);
    memcpy(r->text, b.data, b.len);
    buffer_free(&b);
    return false;
}

static bool open_segments(struct opening *o) {
    struct journal *j = o->j;
    struct journal_report *r = o->fold.report;
    struct journal_header here = {0}, next = {0};
    bool here_intact = false, next_intact = false;
    for (size_t i = 0; i < o->count; i++) {
        uint64_t segment = o->segments[i];
        bool last = i + 1 == o->count;
        if (i == 0 && !header_of(o->disk, segment, &o->bytes, &here_intact, &here))
            return open_fail(r, "the journal cannot be read: ", journal_disk_error(o->disk));
        if (!last && !header_of(o->disk, o->segments[i + 1], &o->bytes, &next_intact, &next))
            return open_fail(r, "the journal cannot be read: ", journal_disk_error(o->disk));
        if (i > 0 && segment != o->segments[i - 1] + 1) found_damage(&o->fold, segment, 0);
        bool follows = !last && next_intact && o->segments[i + 1] == segment + 1;
        if (here_intact && !digest_equal(&here.chain_id, &j->config.chain_id))
            return open_fail(r, "the journal belongs to another chain", "");
        if (here_intact) {
            if (!open_segment(o, &here, last, follows ? &next : NULL))
                return open_fail(r, "the journal cannot be read: ", journal_disk_error(o->disk));
        } else {
            found_damage(&o->fold, segment, 0);
            if (!last) held_add(j, segment, follows ? next.previous_last : o->fold.last);
            j->header.segment = segment; /* for the number of the next, where this is the last */
            j->at = 0;
            o->appendable = false;
        }
        here = next;
        here_intact = next_intact;
    }
    return true;
}

static void open_report(struct opening *o) {
    struct journal_report *r = o->fold.report;
    r->segments = o->count;
    r->health = o->count == 0 ? JOURNAL_FRESH : o->fold.damaged ? JOURNAL_DAMAGED : JOURNAL_WHOLE;
    struct buffer b;
    buffer_init(&b, sizeof r->text - 1);
    if (o->count == 0)
        buffer_text(&b, "the journal is new");
    else
        buffer_printf(&b, "the journal has %llu records in %llu segments",
                      (unsigned long long)r->records, (unsigned long long)r->segments);
    if (r->torn)
        buffer_printf(&b, "; a torn last write in segment %llu was cut at offset %u",
                      (unsigned long long)r->torn_segment, r->torn_at);
    if (o->fold.damaged)
        buffer_printf(&b,
                      "; DAMAGED in segment %llu at offset %u: at least %llu records that had "
                      "been synced are gone, so this node must not vote yet",
                      (unsigned long long)r->damaged_segment, r->damaged_at,
                      (unsigned long long)r->lost_records);
    memset(r->text, 0, sizeof r->text);
    memcpy(r->text, b.data, b.len);
    buffer_free(&b);
}

static bool open_list(struct opening *o) {
    struct journal_report *r = o->fold.report;
    struct journal_disk d = o->disk;
    if (!d.ops->list(d.self, NULL, 0, &o->count))
        return open_fail(r, "the journal cannot be listed: ", journal_disk_error(d));
    if (o->count > SEGMENTS_MAX)
        return open_fail(r, "the journal has more segments than this program makes", "");
    o->segments = check_alloc(o->count + 1, sizeof *o->segments);
    size_t count = o->count;
    if (!d.ops->list(d.self, o->segments, count, &o->count) || count != o->count)
        return open_fail(r, "the journal cannot be listed: ", journal_disk_error(d));
    return true;
}

/* Where appending goes on: in the last segment, or in a new one that names where it ended. */
static bool open_end(struct opening *o) {
    struct journal *j = o->j;
    uint64_t last = o->fold.last;
    j->next_sequence = last + 1;
    j->durable = last;
    j->marked = true;
    if (o->appendable) return true;
    if (o->count == 0) {
        j->header = (struct journal_header){
            .segment = 1, .salt = j->config.salt, .size = j->config.segment_bytes};
        j->at = JOURNAL_HEADER_BYTES;
    } else {
        segment_next(j, last);
    }
    j->header.chain_id = j->config.chain_id;
    if (create(o->disk, &j->header)) return true;
    return open_fail(o->fold.report,
                     "the journal cannot begin a segment: ", journal_disk_error(o->disk));
}

struct journal *journal_open(struct journal_disk disk, const struct journal_config *config,
                             journal_record_fn *fn, void *context,
                             struct journal_report *ret_report) {
    CHECK(config->segment_bytes >= JOURNAL_HEADER_BYTES + 2 * JOURNAL_FRAME_BYTES);
    CHECK(config->segment_bytes <= JOURNAL_SEGMENT_BYTES_MAX && config->segment_bytes % 8 == 0);
    *ret_report = (struct journal_report){0};
    struct journal *j = check_alloc(1, sizeof *j);
    j->config = *config;
    buffer_init(&j->pending, PENDING_BYTES_MAX);
    struct opening o = {
        .j = j, .disk = disk, .fold = {.report = ret_report, .fn = fn, .context = context}};
    buffer_init(&o.bytes, JOURNAL_SEGMENT_BYTES_MAX);
    bool ok = open_list(&o) && open_segments(&o) && open_end(&o);
    if (ok) open_report(&o);
    free(o.segments);
    buffer_free(&o.bytes);
    if (ok) return j;
    journal_free(j);
    return NULL;
}
