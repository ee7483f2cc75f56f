/* journal.h: what a node must remember before it speaks: own votes, the cosigner's guard,
 * certificates, payloads.
 *
 * An append-only sequence of records over numbered segments (journal_frame.h). Life of a record:
 *
 *   loop thread    journal_append(j, type, body)      gets its sequence number, consecutive from 1
 *   loop thread    journal_take(j, batch)             all records appended so far, as writes
 *   worker         journal_batch_write(disk, batch)   writes, syncs; creates and removes segments
 *   loop thread    journal_written(j, batch, ok)      all up to journal_durable() is on the disk
 *
 * One batch at a time is under way (CHECK): so a turn of the loop costs one sync however many
 * records it brought, and what arrives meanwhile shares the next one. Nothing that depends on a
 * record may be sent before journal_durable covers it.
 *
 * A write that fails ends the journal's life: journal_failed is true from then on, no batch is
 * given any more, no sync is tried again. The node stops voting and serves on.
 *
 * Segments: a record that does not fit begins the next segment, which is created only after the one
 * before is synced. journal_keep(j, sequence) says that records below it are not needed any more
 * (LevelDB holds their blocks): whole segments below it go with the next batch. The caller appends
 * again whatever it still needs before it keeps past it (the guard, for one).
 *
 * Opening folds what is there (journal_open). It never writes over what it found: after a clean end
 * it goes on in the last segment, after a tear or damage it begins a new one, whose header names
 * where the good part ended.
 *
 * struct journal does no I/O itself; struct journal_disk does: journal_file.h (POSIX) or
 * journal_memory.h (simulator). The same object code runs over both.
 */
#ifndef STORAGE_JOURNAL_H
#define STORAGE_JOURNAL_H

#include "storage/journal_frame.h"

/* Every call answers false when the world refuses; journal_disk_error then says why. */
struct journal_disk_ops {
    /* Numbers of the segments there are, rising; at most `max`, ret_count is how many there are in
     * truth. */
    bool (*list)(void *self, uint64_t *ret_segments, size_t max, size_t *ret_count);
    /* The segment's first `max` bytes, or as many as there are; replaces the content of ret_bytes.
     * */
    bool (*read)(void *self, uint64_t segment, size_t max, struct buffer *ret_bytes);
    /* A segment of `size` bytes that begins with `header` and is zero behind it; durable, name
     * included, when it returns. After a crash within, it is there completely or not at all. */
    bool (*create)(void *self, uint64_t segment, uint32_t size, struct span header);
    bool (*write)(void *self, uint64_t segment, uint32_t offset, struct span bytes);
    bool (*sync)(void *self, uint64_t segment);
    bool (*remove)(void *self, uint64_t segment);
    const char *(*error)(void *self);
};

struct journal_disk {
    void *self;
    const struct journal_disk_ops *ops;
};

const char *journal_disk_error(struct journal_disk d);

struct journal_config {
    struct digest chain_id;
    uint32_t segment_bytes; /* of new segments: 64 MiB in production; a record must fit (CHECK) */
    uint64_t salt;          /* a random number of this start (random_bytes; the simulator's seed) */
};

enum journal_health {
    JOURNAL_FRESH,   /* there was none: if the store is not empty, own votes were lost with it */
    JOURNAL_WHOLE,   /* all that was synced is there; a torn last write may have been cut */
    JOURNAL_DAMAGED, /* synced records are gone: serve and follow, but do not vote */
};

struct journal_report {
    enum journal_health health;
    uint64_t segments;
    uint64_t records;
    uint64_t first_sequence, last_sequence; /* of those given; 0 and 0 when there were none */
    uint64_t lost_records;   /* DAMAGED: sequence numbers missing between those found */
    uint64_t damaged_segment;
    uint32_t damaged_at;     /* offset of the first damage in it */
    bool torn;
    uint64_t torn_segment;
    uint32_t torn_at;
    char text[384];          /* the same in one sentence or two, for the operator */
};

/* Each record that counts, oldest first; the body is valid during the call. */
typedef void journal_record_fn(void *context, uint64_t sequence, uint8_t type, struct span body);

struct journal;

/* Folds the journal on `disk`, giving each record to fn, and makes it ready to append. NULL when
 * the disk refuses or the journal is of another chain or format; ret_report->text then says why.
 * Reads and creates at most one segment: call it before the loop runs. */
struct journal *journal_open(struct journal_disk disk, const struct journal_config *config,
                             journal_record_fn *fn, void *context,
                             struct journal_report *ret_report);
void journal_free(struct journal *j); /* accepts NULL; what was not taken and written is lost */

/* Body at most JOURNAL_BODY_BYTES_MAX (CHECK). Returns its sequence number. */
uint64_t journal_append(struct journal *j, uint8_t type, struct span body);
/* Records below `sequence` are not needed any more; never goes back. */
void journal_keep(struct journal *j, uint64_t sequence);
/* Sequence up to which all is durable; 0: nothing yet. */
uint64_t journal_durable(const struct journal *j);
/* Appended and not yet durable, in bytes: for back-pressure. */
size_t journal_backlog(const struct journal *j);
bool journal_failed(const struct journal *j);
/* Segments that are on the disk now. */
uint64_t journal_segments(const struct journal *j);

/* What a worker writes. Reused from take to take. */
struct journal_batch;
struct journal_batch *journal_batch_new(void);
void journal_batch_free(struct journal_batch *b); /* accepts NULL */

/* Moves everything appended (and segments to be removed) into the batch. False: nothing to do, or
 * failed, or another batch is still under way. */
bool journal_take(struct journal *j, struct journal_batch *b) MUST_USE;
/* When nothing is appended and nothing is under way: one mark (journal_frame.h), written without a
 * sync. At most one after each synced batch; false when there is nothing to mark. For idle moments
 * and for a graceful stop. */
bool journal_take_mark(struct journal *j, struct journal_batch *b) MUST_USE;
/* Any thread; touches the disk and the batch only. */
bool journal_batch_write(struct journal_disk disk, struct journal_batch *b) MUST_USE;
/* Ends the batch that was taken. */
void journal_written(struct journal *j, struct journal_batch *b, bool ok);

#endif
