/* The journal over a disk whose power fails: what was acknowledged is there, what is broken is
 * named. */
#include "storage/journal_file.h"
#include "storage/journal_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t draw(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

enum { BODY_MAX = 900, SMALL_SEGMENT = 4096 };

/* A record's body follows from its number, so a reader needs no copy to compare with. */
static struct span body_of(uint64_t sequence, uint8_t body[BODY_MAX]) {
    uint64_t seed = sequence * 77;
    size_t len = draw(&seed) % (sequence % 5 == 0 ? BODY_MAX : 60);
    for (size_t i = 0; i < len; i++)
        body[i] = (uint8_t)draw(&seed);
    return span_of(body, len);
}

static uint8_t type_of(uint64_t sequence) {
    return (uint8_t)(1 + sequence % 7);
}

struct seen {
    uint64_t first, last, count;
    bool gap;
};

static void see(void *context, uint64_t sequence, uint8_t type, struct span body) {
    struct seen *s = context;
    uint8_t expected[BODY_MAX];
    assert_true(span_equal(body, body_of(sequence, expected)));
    assert_int_equal(type, type_of(sequence));
    assert_true(s->count == 0 || sequence > s->last);
    if (s->count > 0 && sequence != s->last + 1) s->gap = true;
    if (s->count++ == 0) s->first = sequence;
    s->last = sequence;
}

static struct journal_config config_of(uint64_t salt) {
    struct journal_config c = {.segment_bytes = SMALL_SEGMENT, .salt = salt};
    memset(c.chain_id.b, 0xc5, sizeof c.chain_id.b);
    return c;
}

static struct journal *open_seen(struct journal_disk disk, uint64_t salt, struct seen *seen,
                                 struct journal_report *report) {
    struct journal_config c = config_of(salt);
    *seen = (struct seen){0};
    struct journal *j = journal_open(disk, &c, see, seen, report);
    if (!j) fail_msg("%s", report->text);
    assert_int_equal(report->records, seen->count);
    return j;
}

static void append(struct journal *j, int count, uint64_t *last) {
    for (int i = 0; i < count; i++) {
        uint8_t body[BODY_MAX];
        uint64_t next = *last + 1;
        assert_int_equal(journal_append(j, type_of(next), body_of(next, body)), next);
        *last = next;
    }
}

static void flush(struct journal *j, struct journal_disk disk, struct journal_batch *b) {
    if (!journal_take(j, b)) return;
    bool ok = journal_batch_write(disk, b);
    assert_true(ok);
    journal_written(j, b, ok);
}

static void frames(void **state) {
    (void)state;
    struct journal_header h = {
        .segment = 3, .salt = 9, .previous_last = 41, .size = 512, .previous_end = 136};
    memset(h.chain_id.b, 7, 32);
    uint8_t segment[512] = {0};
    journal_header_encode(&h, segment);
    struct journal_header back;
    assert_true(journal_header_decode(segment, &back));
    assert_true(back.segment == 3 && back.salt == 9 && back.previous_last == 41 &&
                back.size == 512 && back.previous_end == 136 &&
                digest_equal(&back.chain_id, &h.chain_id));
    for (size_t bit = 0; bit < 8 * JOURNAL_HEADER_BYTES; bit++) {
        segment[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_false(journal_header_decode(segment, &back));
        segment[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    struct journal_frame f = {
        .offset = 104, .batch = 104, .sequence = 42, .type = 5, .body = span_text("hello")};
    journal_frame_encode(&h, &f, segment + 104);
    memcpy(segment + 136, "hello", 5);
    /* Golden bytes: computed once with Python's zlib.crc32 from the layout in journal_frame.h. */
    static const uint8_t golden[] = {0x36, 0x10, 0xa6, 0x86, 0, 0, 0, 5, 0, 0, 0, 104};
    assert_memory_equal(segment + 108, golden, sizeof golden);
    struct journal_frame got;
    struct span all = span_of(segment, sizeof segment);
    assert_true(journal_frame_decode(&h, all, 104, &got));
    assert_true(got.sequence == 42 && got.type == 5 && got.batch == 104 &&
                span_is(got.body, "hello"));
    /* Not at another place, in another segment, under another salt. */
    memcpy(segment + 304, segment + 104, 40);
    assert_false(journal_frame_decode(&h, all, 304, &got));
    struct journal_header other = h;
    other.segment = 4;
    assert_false(journal_frame_decode(&other, all, 104, &got));
    other = h;
    other.salt = 10;
    assert_false(journal_frame_decode(&other, all, 104, &got));
    for (size_t bit = 8 * 104; bit < 8 * 141; bit++) {
        segment[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_false(journal_frame_decode(&h, all, 104, &got));
        segment[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

static void reopens(void **state) {
    (void)state;
    struct journal_memory *m = journal_memory_new();
    struct journal_disk disk = journal_memory_disk(m);
    struct journal_batch *b = journal_batch_new();
    struct journal_report report;
    struct seen seen;
    uint64_t last = 0;
    for (uint64_t round = 0; round < 12; round++) {
        struct journal *j = open_seen(disk, round, &seen, &report);
        assert_int_equal(report.health, round == 0 ? JOURNAL_FRESH : JOURNAL_WHOLE);
        assert_true(seen.count == last && seen.last == last && !report.torn && !seen.gap);
        assert_int_equal(journal_durable(j), last);
        for (int turn = 0; turn < 9; turn++) {
            append(j, turn, &last);
            assert_true(turn == 0 || journal_backlog(j) > 0);
            flush(j, disk, b);
            assert_int_equal(journal_durable(j), last);
            if (turn % 2 && journal_take_mark(j, b))
                journal_written(j, b, journal_batch_write(disk, b));
        }
        assert_false(journal_failed(j));
        journal_free(j);
    }
    assert_true(report.segments > 10);
    journal_batch_free(b);
    journal_memory_free(m);
}

struct faulty {
    int calls_left; /* then one call fails */
};

static enum journal_fault fault_soon(void *context, enum journal_call call) {
    struct faulty *f = context;
    if (f->calls_left < 0 || f->calls_left-- > 0) return JOURNAL_FAULT_NONE;
    return call == JOURNAL_CALL_CREATE ? JOURNAL_FAULT_FULL : JOURNAL_FAULT_IO;
}

/* One life between two power cuts; returns what was acknowledged at its end. */
static uint64_t live(struct journal_memory *m, struct journal *j, struct journal_batch *b,
                     uint64_t *seed, uint64_t *last) {
    struct journal_disk disk = journal_memory_disk(m);
    struct faulty faulty = {.calls_left = draw(seed) % 4 ? (int)(draw(seed) % 30) : -1};
    journal_memory_faults(m, fault_soon, &faulty);
    uint64_t turns = draw(seed) % 20;
    for (uint64_t turn = 0; turn < turns && !journal_failed(j); turn++) {
        append(j, (int)(draw(seed) % 8), last);
        if (draw(seed) % 5 == 0) journal_keep(j, journal_durable(j) / 2);
        bool mark = draw(seed) % 4 == 0;
        if (!(mark ? journal_take_mark(j, b) : journal_take(j, b))) continue;
        append(j, (int)(draw(seed) % 3), last); /* while the write is under way */
        assert_false(journal_take(j, b));
        bool ok = journal_batch_write(disk, b);
        if (ok && draw(seed) % 16 == 0) break; /* power fails before the loop hears of it */
        journal_written(j, b, ok);
        assert_int_equal(journal_failed(j), !ok);
    }
    journal_memory_faults(m, NULL, NULL);
    return journal_durable(j);
}

static void power_fails(void **state) {
    (void)state;
    uint64_t torn = 0, lives = 0;
    for (uint64_t world = 1; world <= 400; world++) {
        uint64_t seed = world, last = 0, acknowledged = 0;
        struct journal_memory *m = journal_memory_new();
        struct journal_batch *b = journal_batch_new();
        for (int life = 0; life < 8; life++, lives++) {
            struct journal_report report;
            struct seen seen;
            struct journal *j = open_seen(journal_memory_disk(m), draw(&seed), &seen, &report);
            /* Nothing acknowledged is lost, nothing invented, and a tear is never called damage. */
            if (report.health == JOURNAL_DAMAGED)
                fail_msg("world %d life %d: %s", (int)world, life, report.text);
            assert_false(seen.gap);
            assert_true(journal_durable(j) >= acknowledged && journal_durable(j) <= last);
            assert_true(seen.count == 0 || seen.last == journal_durable(j));
            assert_true(seen.count == 0 || seen.first <= acknowledged / 2 + 1);
            last = journal_durable(j);
            torn += report.torn;
            acknowledged = live(m, j, b, &seed, &last);
            journal_free(j);
            static const uint32_t chances[] = {0, 64, 128, 192, 256};
            /* Sometimes only the process dies: what it wrote and did not sync is still seen by the
             * next life, which then counts on it. */
            if (draw(&seed) % 3) journal_memory_crash(m, draw(&seed), chances[draw(&seed) % 5]);
        }
        journal_batch_free(b);
        journal_memory_free(m);
    }
    if (lives != 3200 || torn < 200)
        fail_msg("only %d of %d lives were torn", (int)torn, (int)lives);
}

/* A journal of a few batches; the offset at which the last one begins. */
static struct journal_memory *small_journal(bool marked, uint64_t *ret_last,
                                            uint64_t *ret_before_last) {
    struct journal_memory *m = journal_memory_new();
    struct journal_disk disk = journal_memory_disk(m);
    struct journal_batch *b = journal_batch_new();
    struct journal_report report;
    struct seen seen;
    struct journal *j = open_seen(disk, 5, &seen, &report);
    uint64_t last = 0, before = 0;
    for (int i = 0; i < 4; i++) {
        before = last;
        append(j, 4, &last);
        flush(j, disk, b);
    }
    if (marked) {
        assert_true(journal_take_mark(j, b));
        journal_written(j, b, journal_batch_write(disk, b));
        assert_false(journal_take_mark(j, b));
        assert_true(disk.ops->sync(disk.self, 1));
    }
    assert_int_equal(journal_segments(j), 1);
    journal_free(j);
    journal_batch_free(b);
    *ret_last = last;
    *ret_before_last = before;
    return m;
}

static void torn_at_every_byte(void **state) {
    (void)state;
    uint64_t last, before;
    struct journal_memory *m = small_journal(false, &last, &before);
    struct journal_disk disk = journal_memory_disk(m);
    struct buffer whole;
    buffer_init(&whole, SMALL_SEGMENT);
    assert_true(disk.ops->read(disk.self, 1, SMALL_SEGMENT, &whole));
    struct journal_header h;
    assert_true(journal_header_decode(whole.data, &h));
    struct journal_scan scan;
    journal_scan_segment(&h, buffer_span(&whole), 0, NULL, NULL, &scan);
    assert_true(scan.end == JOURNAL_END_CLEAN && scan.last_sequence == last);
    uint32_t end = scan.end_offset;
    struct journal_frame f = {.offset = JOURNAL_HEADER_BYTES};
    uint32_t begin = 0;
    for (uint32_t at = JOURNAL_HEADER_BYTES; at < end;
         at += journal_frame_size((uint32_t)f.body.len)) {
        assert_true(journal_frame_decode(&h, buffer_span(&whole), at, &f));
        if (f.sequence == before + 1) begin = at;
    }
    assert_true(begin > 0 && begin < end);
    uint8_t cut[SMALL_SEGMENT];
    uint32_t torn = 0;
    for (uint32_t at = begin; at < end; at++) {
        /* The write stopped at `at`: zeros behind. And: the sectors before `at` are the ones
         * missing. */
        memcpy(cut, whole.data, SMALL_SEGMENT);
        memset(cut + at, 0, SMALL_SEGMENT - at);
        journal_scan_segment(&h, span_of(cut, sizeof cut), 0, NULL, NULL, &scan);
        assert_true(scan.end != JOURNAL_END_DAMAGED && scan.last_sequence >= before);
        memcpy(cut, whole.data, SMALL_SEGMENT);
        memset(cut + begin, 0, at - begin);
        journal_scan_segment(&h, span_of(cut, sizeof cut), 0, NULL, NULL, &scan);
        assert_true(scan.end != JOURNAL_END_DAMAGED && scan.last_sequence >= before);
        torn += scan.end == JOURNAL_END_TORN;
    }
    assert_true(torn + 16 > end - begin); /* but for zero bytes at either edge */
    /* The same segment is not the last: then every missing byte had been synced. */
    memcpy(cut, whole.data, SMALL_SEGMENT);
    memset(cut + begin, 0, end - begin);
    journal_scan_segment(&h, span_of(cut, sizeof cut), end, NULL, NULL, &scan);
    assert_true(scan.end == JOURNAL_END_DAMAGED && scan.damaged_at == begin);
    /* A file that lost its tail. */
    journal_scan_segment(&h, span_of(whole.data, end), 0, NULL, NULL, &scan);
    assert_true(scan.end == JOURNAL_END_DAMAGED && scan.damaged_at == end);
    buffer_free(&whole);
    journal_memory_free(m);
}

static void flipped_at_every_bit(void **state) {
    (void)state;
    uint64_t last, before, cut = 0, damaged = 0;
    for (int marked = 0; marked < 2; marked++) {
        struct journal_memory *m = small_journal(marked, &last, &before);
        for (uint64_t bit = 0; bit < 8u * SMALL_SEGMENT; bit += bit < 8 * 2600 ? 1 : 61) {
            struct journal_memory *copy = small_journal(marked, &last, &before);
            assert_true(journal_memory_flip(copy, 1, bit));
            struct journal_report report;
            struct seen seen;
            struct journal *j = open_seen(journal_memory_disk(copy), 6, &seen, &report);
            bool all = seen.count == last;
            /* Lost records are noticed. In the unmarked journal the last batch may pass for torn.
             */
            if (!all && report.health != JOURNAL_DAMAGED) {
                assert_true(!marked && report.torn && seen.last >= before && !seen.gap);
                cut++;
            }
            damaged += report.health == JOURNAL_DAMAGED;
            /* It stays so at the next start, and appending works. */
            uint64_t next = journal_durable(j);
            struct journal_batch *b = journal_batch_new();
            append(j, 2, &next);
            flush(j, journal_memory_disk(copy), b);
            journal_free(j);
            struct journal_report again;
            enum journal_health first = report.health;
            j = open_seen(journal_memory_disk(copy), 7, &seen, &again);
            assert_int_equal(again.health, first);
            assert_int_equal(seen.last, next);
            assert_true(!again.torn);
            journal_free(j);
            journal_batch_free(b);
            journal_memory_free(copy);
        }
        journal_memory_free(m);
    }
    assert_true(cut > 1000 && damaged > 10000);
}

static void releases(void **state) {
    (void)state;
    struct journal_memory *m = journal_memory_new();
    struct journal_disk disk = journal_memory_disk(m);
    struct journal_batch *b = journal_batch_new();
    struct journal_report report;
    struct seen seen;
    struct journal *j = open_seen(disk, 1, &seen, &report);
    uint64_t last = 0;
    for (int turn = 0; turn < 400; turn++) {
        append(j, 3, &last);
        flush(j, disk, b);
        if (last > 50) journal_keep(j, last - 50);
    }
    flush(j, disk, b);
    assert_true(journal_memory_size(m) <= 8 * SMALL_SEGMENT);
    uint64_t segments = journal_segments(j);
    assert_int_equal(journal_memory_size(m), segments * SMALL_SEGMENT);
    journal_free(j);
    j = open_seen(disk, 2, &seen, &report);
    assert_true(seen.first <= last - 50 && seen.last == last && !seen.gap);
    assert_int_equal(report.health, JOURNAL_WHOLE);
    assert_true(report.lost_records == 0 && journal_segments(j) == segments);
    /* Everything may go but the segment that is written to. */
    journal_keep(j, last + 1);
    flush(j, disk, b);
    assert_int_equal(journal_segments(j), 1);
    journal_free(j);

    /* Of another chain: refused, and nothing is touched. */
    struct journal_config other = config_of(3);
    other.chain_id.b[0] ^= 1;
    uint64_t size = journal_memory_size(m);
    assert_null(journal_open(disk, &other, NULL, NULL, &report));
    assert_non_null(strstr(report.text, "another chain"));
    assert_int_equal(journal_memory_size(m), size);
    journal_batch_free(b);
    journal_memory_free(m);
}

static void lost_segments(void **state) {
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct journal_memory *m = journal_memory_new();
        struct journal_disk disk = journal_memory_disk(m);
        struct journal_batch *b = journal_batch_new();
        struct journal_report report;
        struct seen seen;
        struct journal *j = open_seen(disk, 1, &seen, &report);
        uint64_t last = 0;
        for (int turn = 0; turn < 30; turn++) {
            append(j, 3, &last);
            flush(j, disk, b);
        }
        uint64_t segments = journal_segments(j);
        assert_true(segments > 3);
        journal_free(j);
        switch (which) {
        case 0: /* a file in the middle is gone */
            assert_true(disk.ops->remove(disk.self, 3));
            break;
        case 1: /* a header in the middle is unreadable: its salt is lost, and all its frames */
            assert_true(journal_memory_flip(m, 3, 8 * 40));
            break;
        case 2: /* the newest header */
            assert_true(journal_memory_flip(m, segments, 8 * 40));
            break;
        }
        j = open_seen(disk, 2, &seen, &report);
        assert_int_equal(report.health, JOURNAL_DAMAGED);
        assert_true(seen.count < last && seen.count > 10);
        if (which < 2) {
            assert_true(seen.gap && seen.last == last);
            assert_int_equal(report.lost_records, last - seen.count);
        }
        uint64_t next = journal_durable(j);
        append(j, 5, &next);
        flush(j, disk, b);
        journal_free(j);
        j = open_seen(disk, 3, &seen, &report);
        assert_true(seen.last == next && report.health == JOURNAL_DAMAGED);
        /* When the damaged part is released, the journal is whole again. */
        journal_keep(j, next + 1);
        flush(j, disk, b);
        journal_free(j);
        j = open_seen(disk, 4, &seen, &report);
        assert_int_equal(report.health, JOURNAL_WHOLE);
        journal_free(j);
        journal_batch_free(b);
        journal_memory_free(m);
    }
}

static void files(void **state) {
    (void)state;
    char directory[] = "/tmp/suyuan-journal-XXXXXX", error[JOURNAL_ERROR_BYTES] = "";
    assert_non_null(mkdtemp(directory));
    struct journal_batch *b = journal_batch_new();
    uint64_t last = 0;
    for (uint64_t round = 0; round < 3; round++) {
        struct journal_file *f = journal_file_open(directory, error);
        if (!f) fail_msg("%s", error);
        assert_null(journal_file_open(directory, error));
        assert_non_null(strstr(error, "another process"));
        struct journal_report report;
        struct seen seen;
        struct journal *j = open_seen(journal_file_disk(f), round, &seen, &report);
        assert_true(seen.count == last && report.health != JOURNAL_DAMAGED && !report.torn);
        for (int turn = 0; turn < 60; turn++) {
            if (turn % 7 == 0) assert_true(journal_file_prepare(f, SMALL_SEGMENT));
            append(j, 4, &last);
            flush(j, journal_file_disk(f), b);
        }
        journal_free(j);
        journal_file_close(f);
    }
    char path[128];
    snprintf(path, sizeof path, "%s/0000000000000002.journal", directory);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, SMALL_SEGMENT);
    assert_true(st.st_blocks * 512 >= SMALL_SEGMENT); /* written, not a hole */
    assert_null(journal_file_open("/proc/nowhere/journal", error));
    snprintf(path, sizeof path, "rm -rf '%s'", directory);
    assert_int_equal(system(path), 0);
    journal_batch_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),
        cmocka_unit_test(reopens),
        cmocka_unit_test(power_fails),
        cmocka_unit_test(torn_at_every_byte),
        cmocka_unit_test(flipped_at_every_bit),
        cmocka_unit_test(releases),
        cmocka_unit_test(lost_segments),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
