#include "storage/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void fd_close(int *fd) {
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
}

static bool cannot(const char *what, const char **ret_what) {
    *ret_what = what;
    return false;
}

bool directory_open(const char *path, int *ret_directory, const char **ret_what) {
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return cannot("cannot create", ret_what);
    CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return cannot("cannot open", ret_what);
    CLEANUP(fd_close) int parent = openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 || fsync(parent) != 0) return cannot("cannot sync the parent of", ret_what);
    *ret_directory = fd;
    fd = -1;
    return true;
}

DIR *directory_stream(int directory) {
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    if (d == NULL && copy >= 0) {
        int why = errno;
        (void)close(copy);
        errno = why;
    }
    return d;
}

void directory_stream_close(DIR **d) {
    if (*d != NULL) (void)closedir(*d);
}
