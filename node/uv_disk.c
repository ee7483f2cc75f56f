/* uv_disk.c: the happy path is: append, flush takes a batch, the thread writes and syncs it, `written`. When the thread fails,
 * the journal is at its end and the owner is told once. */
#include "node/uv_disk.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "storage/journal_file.h"

struct disk_job {
    struct uv_job job;
    struct uv_disk *disk;
    bool busy, ok;
};

struct uv_disk {
    struct uv_disk_events events;
    struct journal_file *file;
    struct journal *journal;
    struct journal_batch *batch;
    struct uv_lane *lane;     /* the batch under way */
    struct uv_lane *reserve;  /* makes the next segment beside it */
    struct disk_job write, prepare;
    uint32_t segment_bytes;
    uint64_t segments_prepared; /* segments there were when a reserve was last made */
    uint64_t syncs, bytes;
    bool failed, closing;
};

static void prepare_run(struct uv_job *job) {
    struct disk_job *j = (struct disk_job *)job;
    j->ok = journal_file_prepare(j->disk->file, j->disk->segment_bytes);
}

static void prepare_done(struct uv_job *job) {
    struct disk_job *j = (struct disk_job *)job;
    j->busy = false;
    if (!j->ok) log_line(LOG_WARN, "journal.reserve", "result=failed");
}

/* A segment was begun since the reserve was made: make the next one ahead of need. */
static void prepare(struct uv_disk *d) {
    uint64_t segments = journal_segments(d->journal);
    if (d->prepare.busy || d->failed || d->closing || segments == d->segments_prepared) return;
    d->segments_prepared = segments;
    d->prepare.busy = true;
    uv_lane_push(d->reserve, &d->prepare.job);
}

static void write_run(struct uv_job *job) {
    struct disk_job *j = (struct disk_job *)job;
    j->ok = journal_batch_write(journal_file_disk(j->disk->file), j->disk->batch);
}

static void write_done(struct uv_job *job) {
    struct disk_job *j = (struct disk_job *)job;
    struct uv_disk *d = j->disk;
    j->busy = false;
    d->syncs++;
    journal_written(d->journal, d->batch, j->ok);
    if (journal_failed(d->journal)) {
        if (d->failed) return;
        d->failed = true;
        d->events.failed(d->events.context, journal_disk_error(journal_file_disk(d->file)));
        return;
    }
    d->events.written(d->events.context, journal_durable(d->journal));
    prepare(d);
}

struct uv_disk *uv_disk_open(uv_loop_t *loop, const char *directory, const struct journal_config *config,
                             const struct uv_disk_events *events, journal_record_fn *fn, void *context,
                             struct journal_report *ret_report, char ret_error[UV_DISK_ERROR_BYTES]) {
    char why[JOURNAL_ERROR_BYTES];
    struct journal_file *file = journal_file_open(directory, why);
    if (file == NULL) {
        snprintf(ret_error, UV_DISK_ERROR_BYTES, "%s", why);
        return NULL;
    }
    struct journal *journal = journal_open(journal_file_disk(file), config, fn, context, ret_report);
    if (journal == NULL) {
        snprintf(ret_error, UV_DISK_ERROR_BYTES, "%s", ret_report->text);
        journal_file_close(file);
        return NULL;
    }
    struct uv_disk *d = check_alloc(1, sizeof *d);
    d->events = *events;
    d->file = file;
    d->journal = journal;
    d->batch = journal_batch_new();
    d->lane = uv_lane_new(loop, 1);
    d->reserve = uv_lane_new(loop, 1);
    d->write = (struct disk_job){.job = {.run = write_run, .done = write_done}, .disk = d};
    d->prepare = (struct disk_job){.job = {.run = prepare_run, .done = prepare_done}, .disk = d};
    d->segment_bytes = config->segment_bytes;
    prepare(d);
    return d;
}

uint64_t uv_disk_append(struct uv_disk *d, uint8_t type, struct span body) {
    d->bytes += body.len;
    return journal_append(d->journal, type, body);
}

void uv_disk_keep(struct uv_disk *d, uint64_t sequence) {
    journal_keep(d->journal, sequence);
}

void uv_disk_flush(struct uv_disk *d) {
    if (d->write.busy || d->failed) return;
    if (!journal_take(d->journal, d->batch)) return;
    d->write.busy = true;
    uv_lane_push(d->lane, &d->write.job);
}

bool uv_disk_idle(const struct uv_disk *d) {
    return d->failed || (!d->write.busy && journal_backlog(d->journal) == 0);
}

uint64_t uv_disk_syncs(const struct uv_disk *d) {
    return d->syncs;
}

uint64_t uv_disk_bytes(const struct uv_disk *d) {
    return d->bytes;
}

void uv_disk_close(struct uv_disk *d) {
    if (d == NULL) return;
    d->closing = true;
    /* The batch under way comes back while its lane stops; what gathered behind it is written here, the loop is over. */
    uv_lane_stop(d->lane);
    uv_lane_stop(d->reserve);
    struct journal_disk disk = journal_file_disk(d->file);
    while (!d->failed && journal_take(d->journal, d->batch)) {
        bool ok = journal_batch_write(disk, d->batch);
        journal_written(d->journal, d->batch, ok);
        d->failed = journal_failed(d->journal);
    }
    if (!d->failed && journal_take_mark(d->journal, d->batch)) {
        bool ok = journal_batch_write(disk, d->batch);
        journal_written(d->journal, d->batch, ok);
    }
    uv_lane_free(d->lane);
    uv_lane_free(d->reserve);
    journal_batch_free(d->batch);
    journal_free(d->journal);
    journal_file_close(d->file);
    free(d);
}
