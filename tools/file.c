/* file.c: whole files, bounded, and written so that they are there whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/tool.h"

static int read_all(int fd, struct buffer *out) {
    uint8_t chunk[65536];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return (int)n;
        buffer_append(out, chunk, (size_t)n);
        if (out->overflow) return 0;
    }
}

/* errno as it stands; the command says which files it wants. */
static int complain(struct tool *t, const char *path) {
    int saved = errno;
    const char *next = t->command ? format(t, "help %s", t->command->name) : "help";
    errno = saved;
    return fail_file(t, next, path);
}

int file_read(struct tool *t, const char *path, struct buffer *out) {
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return complain(t, path);
    int failed = read_all(fd, out);
    int saved = errno;
    if (!standard) close(fd);
    errno = saved;
    if (failed) return complain(t, path);
    if (out->overflow) {
        struct refusal refusal;
        (void)refusal_set(&refusal, ERR_TOO_LARGE, "%s", "");
        return fail_refusal(t, EXIT_REFUSED,
                            t->command ? format(t, "help %s", t->command->name) : "help", path,
                            &refusal);
    }
    return EXIT_OK;
}

static bool write_all(int fd, struct span data) {
    size_t at = 0;
    while (at < data.len) {
        ssize_t n = write(fd, data.data + at, data.len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += (size_t)n;
    }
    return true;
}

bool file_sync_directory(const char *path) {
    char copy[4096];
    if (strlen(path) >= sizeof copy) return false;
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

int file_write(struct tool *t, const char *path, struct span data) {
    if (strcmp(path, "-") == 0) {
        fwrite(data.data, 1, data.len, stdout);
        return fflush(stdout) == 0 ? EXIT_OK : complain(t, path);
    }
    const char *temporary = format(t, "%s.%ld.tmp", path, (long)getpid());
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return complain(t, path);
    bool ok = write_all(fd, data) && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    errno = saved;
    if (ok && rename(temporary, path) == 0 && file_sync_directory(path)) return EXIT_OK;
    int code = complain(t, path);
    (void)unlink(temporary);
    return code;
}

int file_begin(struct tool *t, const char *path, unsigned mode, struct file_writing *ret) {
    struct file_writing w = {.path = path, .temporary = format(t, "%s.part", path)};
    int fd = open(w.temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0 || fchmod(fd, (mode_t)mode) != 0 || (w.to = fdopen(fd, "w")) == NULL) {
        int code = complain(t, path);
        if (fd >= 0) close(fd);
        return code;
    }
    *ret = w;
    return EXIT_OK;
}

int file_finish(struct tool *t, struct file_writing *w) {
    bool ok = fflush(w->to) == 0 && !ferror(w->to) && fsync(fileno(w->to)) == 0;
    int saved = errno;
    (void)fclose(w->to);
    w->to = NULL;
    errno = saved;
    if (ok && rename(w->temporary, w->path) == 0 && file_sync_directory(w->path)) return EXIT_OK;
    int code = complain(t, w->path);
    (void)unlink(w->temporary);
    return code;
}

void file_abandon(struct file_writing *w) {
    if (w->to == NULL) return;
    (void)fclose(w->to);
    (void)unlink(w->temporary);
    w->to = NULL;
}

const char *program_beside(struct tool *t, const char *name) {
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return NULL;
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash == NULL) return NULL;
    *slash = 0;
    const char *program = format(t, "%s/%s", path, name);
    return access(program, X_OK) == 0 ? program : NULL;
}
