/* journal_file.c: journal segments as files (journal_file.h). Every failure is kept as a sentence
 * and answered with false. */
#include "storage/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/directory.h"

enum { NAME_BYTES = 48, ZEROS_BYTES = 1 << 20 };

struct journal_file {
    int directory, lock;
    int fd; /* of the segment that was used last */
    uint64_t segment;
    pthread_mutex_t reserve_lock; /* guards `reserve` and the file of that name */
    uint32_t reserve;             /* its size; 0 when there is none */
    char error[JOURNAL_ERROR_BYTES];
};

static bool failed(struct journal_file *f, const char *what, const char *name) {
    char text[96];
    const char *why = strerror_r(errno, text, sizeof text);
    snprintf(f->error, sizeof f->error, "%s %s: %s", what, name, why);
    return false;
}

static void name_of(uint64_t segment, char ret[NAME_BYTES]) {
    snprintf(ret, NAME_BYTES, "%016llu.journal", (unsigned long long)segment);
}

/* The number in a segment's name; 0 when it is not one. */
static uint64_t number_of(const char *name) {
    uint64_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        if (name[i] < '0' || name[i] > '9') return 0;
        n = n * 10 + (uint64_t)(name[i] - '0');
    }
    return strcmp(name + 16, ".journal") == 0 ? n : 0;
}

static bool write_at(int fd, const uint8_t *data, size_t len, uint64_t offset) {
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        data += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

/* What was written or read in large pieces lies in large folios of the page cache, and ext4 (Linux
 * 6.16) writes a whole folio back for each record in it: 800 KiB for 800 bytes. Records written
 * where nothing is cached come in pages of their own. */
static void cache_forget(int fd) {
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* A file of zeros, synced. The blocks are asked for first, so that a full disk is known at once. */
static bool zeros_create(struct journal_file *f, const char *name, uint32_t size) {
    CLEANUP(fd_close)
    int fd = openat(f->directory, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return failed(f, "cannot create", name);
    int e = posix_fallocate(fd, 0, (off_t)size);
    if (e != 0) {
        errno = e;
        (void)unlinkat(f->directory, name, 0);
        return failed(f, "no room for", name);
    }
    uint8_t *zeros = check_alloc(1, ZEROS_BYTES);
    bool ok = true;
    for (uint32_t at = 0; ok && at < size; at += ZEROS_BYTES) {
        uint32_t len = size - at < ZEROS_BYTES ? size - at : ZEROS_BYTES;
        ok = write_at(fd, zeros, len, at);
    }
    free(zeros);
    if (ok && fsync(fd) == 0) {
        cache_forget(fd);
        return true;
    }
    (void)failed(f, "cannot write", name);
    (void)unlinkat(f->directory, name, 0);
    return false;
}

static bool directory_sync(struct journal_file *f) {
    return fsync(f->directory) == 0 || failed(f, "cannot sync", "the journal's directory");
}

bool journal_file_prepare(struct journal_file *f, uint32_t segment_bytes) {
    static const char name[] = "reserve.new";
    (void)pthread_mutex_lock(&f->reserve_lock);
    bool there = f->reserve == segment_bytes;
    (void)pthread_mutex_unlock(&f->reserve_lock);
    if (there) return true;
    /* f->error belongs to the journal's calls, which may run beside this one. */
    struct journal_file scratch = {.directory = f->directory};
    if (!zeros_create(&scratch, name, segment_bytes)) return false;
    (void)pthread_mutex_lock(&f->reserve_lock);
    bool ok = renameat(f->directory, name, f->directory, "reserve") == 0;
    if (ok) f->reserve = segment_bytes;
    (void)pthread_mutex_unlock(&f->reserve_lock);
    return ok;
}

/* The reserve under the name `to`, or false. */
static bool reserve_take(struct journal_file *f, uint32_t size, const char *to) {
    (void)pthread_mutex_lock(&f->reserve_lock);
    bool ok = f->reserve == size && renameat(f->directory, "reserve", f->directory, to) == 0;
    if (ok) f->reserve = 0;
    (void)pthread_mutex_unlock(&f->reserve_lock);
    return ok;
}

/* Makes f->fd the segment's. */
static bool segment_open(struct journal_file *f, uint64_t segment) {
    if (f->fd >= 0 && f->segment == segment) return true;
    char name[NAME_BYTES];
    name_of(segment, name);
    fd_close(&f->fd);
    f->fd = openat(f->directory, name, O_RDWR | O_CLOEXEC);
    f->segment = segment;
    return f->fd >= 0 || failed(f, "cannot open", name);
}

static bool file_list(void *self, uint64_t *ret_segments, size_t max, size_t *ret_count) {
    struct journal_file *f = self;
    CLEANUP(directory_stream_close) DIR *d = directory_stream(f->directory);
    if (!d) return failed(f, "cannot list", "the journal's directory");
    size_t count = 0;
    errno = 0;
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        uint64_t n = number_of(e->d_name);
        if (n == 0) continue;
        size_t at = count < max ? count : max;
        /* Insertion keeps the list rising; readdir gives names in any order. */
        while (at > 0 && ret_segments[at - 1] > n) {
            if (at < max) ret_segments[at] = ret_segments[at - 1];
            at--;
        }
        if (at < max) ret_segments[at] = n;
        count++;
        errno = 0;
    }
    if (errno != 0) return failed(f, "cannot list", "the journal's directory");
    *ret_count = count;
    return true;
}

static bool file_read(void *self, uint64_t segment, size_t max, struct buffer *ret_bytes) {
    struct journal_file *f = self;
    char name[NAME_BYTES];
    name_of(segment, name);
    if (!segment_open(f, segment)) return false;
    buffer_clear(ret_bytes);
    uint8_t *chunk = check_alloc(1, ZEROS_BYTES);
    bool ok = true;
    while (ok && ret_bytes->len < max) {
        size_t want = max - ret_bytes->len < ZEROS_BYTES ? max - ret_bytes->len : ZEROS_BYTES;
        ssize_t n = pread(f->fd, chunk, want, (off_t)ret_bytes->len);
        if (n < 0 && errno == EINTR) continue;
        ok = n >= 0;
        if (n <= 0) break;
        buffer_append(ret_bytes, chunk, (size_t)n);
    }
    free(chunk);
    cache_forget(f->fd); /* reading ahead made large folios too */
    return ok || failed(f, "cannot read", name);
}

static bool file_create(void *self, uint64_t segment, uint32_t size, struct span header) {
    struct journal_file *f = self;
    static const char temporary[] = "segment.new";
    char name[NAME_BYTES];
    name_of(segment, name);
    if (!reserve_take(f, size, temporary) && !zeros_create(f, temporary, size)) return false;
    fd_close(&f->fd);
    f->fd = openat(f->directory, temporary, O_RDWR | O_CLOEXEC);
    f->segment = segment;
    if (f->fd < 0) return failed(f, "cannot open", temporary);
    if (!write_at(f->fd, header.data, header.len, 0) || fsync(f->fd) != 0)
        return failed(f, "cannot write", temporary);
    if (renameat(f->directory, temporary, f->directory, name) != 0)
        return failed(f, "cannot name", name);
    return directory_sync(f);
}

static bool file_write(void *self, uint64_t segment, uint32_t offset, struct span bytes) {
    struct journal_file *f = self;
    char name[NAME_BYTES];
    name_of(segment, name);
    if (!segment_open(f, segment)) return false;
    return write_at(f->fd, bytes.data, bytes.len, offset) || failed(f, "cannot write", name);
}

static bool file_sync(void *self, uint64_t segment) {
    struct journal_file *f = self;
    char name[NAME_BYTES];
    name_of(segment, name);
    if (!segment_open(f, segment)) return false;
    return fdatasync(f->fd) == 0 || failed(f, "cannot sync", name);
}

static bool file_remove(void *self, uint64_t segment) {
    struct journal_file *f = self;
    char name[NAME_BYTES];
    name_of(segment, name);
    if (f->segment == segment) fd_close(&f->fd);
    if (unlinkat(f->directory, name, 0) != 0 && errno != ENOENT)
        return failed(f, "cannot remove", name);
    return directory_sync(f);
}

static const char *file_error(void *self) {
    const struct journal_file *f = self;
    return f->error;
}

static const struct journal_disk_ops file_ops = {
    .list = file_list,
    .read = file_read,
    .create = file_create,
    .write = file_write,
    .sync = file_sync,
    .remove = file_remove,
    .error = file_error,
};

struct journal_disk journal_file_disk(struct journal_file *f) {
    return (struct journal_disk){f, &file_ops};
}

/* What a crash left half made is made anew when it is needed. */
static bool leftovers_remove(struct journal_file *f) {
    static const char *const names[] = {"reserve.new", "reserve", "segment.new"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (unlinkat(f->directory, names[i], 0) != 0 && errno != ENOENT)
            return failed(f, "cannot remove", names[i]);
    return true;
}

static bool open_all(struct journal_file *f, const char *directory) {
    const char *what;
    if (!directory_open(directory, &f->directory, &what)) return failed(f, what, directory);
    f->lock = openat(f->directory, "LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f->lock < 0) return failed(f, "cannot create the lock of", directory);
    if (flock(f->lock, LOCK_EX | LOCK_NB) != 0)
        return failed(f, "another process holds the journal", directory);
    return leftovers_remove(f);
}

struct journal_file *journal_file_open(const char *directory, char ret_error[JOURNAL_ERROR_BYTES]) {
    struct journal_file *f = check_alloc(1, sizeof *f);
    f->directory = f->lock = f->fd = -1;
    (void)pthread_mutex_init(&f->reserve_lock, NULL);
    if (open_all(f, directory)) return f;
    memcpy(ret_error, f->error, sizeof f->error);
    journal_file_close(f);
    return NULL;
}

void journal_file_close(struct journal_file *f) {
    if (!f) return;
    fd_close(&f->fd);
    fd_close(&f->lock);
    fd_close(&f->directory);
    (void)pthread_mutex_destroy(&f->reserve_lock);
    free(f);
}
