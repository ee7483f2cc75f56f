#include "base/key_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 4096 };

static void close_file(int *fd) {
    if (*fd >= 0) close(*fd);
}

static enum err broken(struct refusal *ret_refusal, const char *path) {
    return refusal_set(ret_refusal, ERR_CONFIG_KEY_FILE, "%.120s: %s", path, strerror(errno));
}

/* One line of digits; 2 or more when there is something else. */
static int seeds_count(const uint8_t *text, size_t text_len, struct seed *seed) {
    int found = 0;
    size_t at = 0;
    while (at < text_len) {
        const uint8_t *line = text + at;
        const uint8_t *end = memchr(line, '\n', text_len - at);
        size_t len = end == NULL ? text_len - at : (size_t)(end - line);
        at += len + 1;
        while (len > 0 && isspace(line[len - 1])) len--;
        if (len == 0 || line[0] == '#') continue;
        found += hex_decode((const char *)line, len, seed->b, sizeof seed->b) == OK ? 1 : 2;
    }
    return found;
}

enum err key_file_read(const char *path, struct seed *ret, struct refusal *ret_refusal) {
    uint8_t text[FILE_BYTES_MAX + 1];
    struct stat st;
    size_t len = 0;
    ssize_t n = 0;
    int fd CLEANUP(close_file) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) return broken(ret_refusal, path);
    if ((st.st_mode & 077) != 0)
        return refusal_set(ret_refusal, ERR_CONFIG_KEY_OPEN_TO_OTHERS, "chmod 600 %s", path);
    while (len < sizeof text) {
        n = read(fd, text + len, sizeof text - len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        len += (size_t)n;
    }
    if (n < 0) return broken(ret_refusal, path);
    struct seed seed = {0};
    int found = len > FILE_BYTES_MAX ? 2 : seeds_count(text, len, &seed);
    secret_wipe(text, len);
    if (found == 1) *ret = seed;
    seed_wipe(&seed);
    return found == 1 ? OK : refusal_set(ret_refusal, ERR_CONFIG_KEY_FILE, "%s", path);
}

static bool directory_sync(const char *path) {
    char copy[4096];
    if (strlen(path) >= sizeof copy) return false;
    snprintf(copy, sizeof copy, "%s", path);
    int fd CLEANUP(close_file) = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

enum err key_file_write(const char *path, const struct seed *seed, struct refusal *ret_refusal) {
    int fd CLEANUP(close_file) = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return broken(ret_refusal, path);
    char text[2 * sizeof seed->b + 2];
    hex_encode(span_of(seed->b, sizeof seed->b), text);
    text[2 * sizeof seed->b] = '\n';
    bool ok = write(fd, text, sizeof text - 1) == (ssize_t)(sizeof text - 1) && fsync(fd) == 0 && directory_sync(path);
    int saved = errno;
    secret_wipe(text, sizeof text);
    if (ok) return OK;
    (void)unlink(path);
    errno = saved;
    return broken(ret_refusal, path);
}
