/* output.c: temporary files that become the files. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/print/output.h"

enum { HELD_BYTES = 64 << 10, NUMBER_DIGITS = 5 };

void output_begin(struct output *o, const char *path, bool numbered, mode_t mode) {
    *o = (struct output){.path = path, .numbered = numbered, .mode = mode, .fd = -1, .standard = strcmp(path, "-") == 0};
    buffer_init(&o->held, HELD_BYTES);
}

static bool fail(struct output *o) {
    if (o->error == 0) o->error = errno;
    errno = o->error;
    return false;
}

/* The name of file n, from 1; false when it is too long. */
static bool name_of(const struct output *o, uint32_t n, bool temporary, char ret[PATH_MAX]) {
    const char *slash = strrchr(o->path, '/'), *dot = strrchr(o->path, '.');
    int stem = dot != NULL && (slash == NULL || dot > slash + 1) && dot != o->path ? (int)(dot - o->path) : (int)strlen(o->path);
    char number[16] = "", end[32] = "";
    if (o->numbered) snprintf(number, sizeof number, "-%0*u", NUMBER_DIGITS, n);
    if (temporary) snprintf(end, sizeof end, ".%ld.tmp", (long)getpid());
    int len = snprintf(ret, PATH_MAX, "%.*s%s%s%s", stem, o->path, number, o->path + stem, end);
    if (len > 0 && len < PATH_MAX) return true;
    errno = ENAMETOOLONG;
    return false;
}

static bool write_held(struct output *o) {
    size_t at = 0;
    while (at < o->held.len) {
        ssize_t n = write(o->fd, o->held.data + at, o->held.len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return fail(o);
        at += (size_t)n;
    }
    buffer_clear(&o->held);
    return true;
}

static bool file_end(struct output *o) {
    if (o->fd < 0) return true;
    bool ok = write_held(o) && (o->standard || fsync(o->fd) == 0);
    if (!ok) (void)fail(o);
    if (!o->standard && close(o->fd) != 0 && ok) ok = fail(o);
    o->fd = -1;
    return ok;
}

bool output_next(struct output *o) {
    char name[PATH_MAX], temporary[PATH_MAX];
    if (!file_end(o)) return false;
    CHECK(o->files == 0 || o->numbered);
    if (o->standard) {
        o->fd = STDOUT_FILENO;
    } else {
        if (!name_of(o, o->files + 1, false, name) || !name_of(o, o->files + 1, true, temporary)) return fail(o);
        errno = EEXIST;
        if (o->numbered && access(name, F_OK) == 0) return fail(o);
        o->fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, o->mode);
        if (o->fd < 0) return fail(o);
    }
    o->files++;
    return true;
}

bool output_write(void *self, struct span bytes) {
    struct output *o = self;
    if (o->error != 0) return false;
    CHECK(o->fd >= 0);
    o->bytes += bytes.len;
    while (bytes.len > 0) {
        size_t room = HELD_BYTES - o->held.len, part = bytes.len < room ? bytes.len : room;
        buffer_append_span(&o->held, span_part(bytes, 0, part));
        bytes = span_part(bytes, part, bytes.len - part);
        if (o->held.len == HELD_BYTES && !write_held(o)) return false;
    }
    return true;
}

static bool directory_sync(struct output *o) {
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", o->path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok) (void)fail(o);
    if (fd >= 0) close(fd);
    return ok;
}

bool output_commit(struct output *o) {
    char name[PATH_MAX], temporary[PATH_MAX];
    if (!file_end(o)) return false;
    if (o->standard) return true;
    errno = EEXIST;
    if (o->numbered && (!name_of(o, o->files + 1, false, name) || access(name, F_OK) == 0)) return fail(o);
    for (uint32_t n = 1; n <= o->files; n++)
        if (!name_of(o, n, false, name) || !name_of(o, n, true, temporary) || rename(temporary, name) != 0) return fail(o);
    return directory_sync(o);
}

void output_abandon(struct output *o) {
    char temporary[PATH_MAX];
    if (o->fd >= 0 && !o->standard) close(o->fd);
    o->fd = -1;
    for (uint32_t n = 1; n <= o->files && !o->standard; n++)
        if (name_of(o, n, true, temporary)) (void)unlink(temporary);
    buffer_free(&o->held);
}
