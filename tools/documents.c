#include "tools/documents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

enum { IDLE_MS = 200 };

struct walk {
    struct tool *tool;
    document_fn *fn;
    document_idle_fn *idle;
    void *self;
    bool found; /* a document, of the path at hand */
};

static bool ends_with(const char *name, const char *suffix) {
    size_t n = strlen(name), m = strlen(suffix);
    return n >= m && strcmp(name + n - m, suffix) == 0;
}

static bool is_lines(const char *name) {
    return ends_with(name, ".jsonl") || ends_with(name, ".ndjson");
}

static bool is_document(const char *name) {
    return is_lines(name) || ends_with(name, ".json") || ends_with(name, ".jsonld");
}

static bool is_blank(struct span text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\r' &&
            text.data[i] != '\n')
            return false;
    return true;
}

static bool is_json(struct span text) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, DOCUMENT_BYTES_MAX);
    return json_parse(text, &value, NULL) == OK;
}

static int too_large(struct walk *w, const char *label) {
    struct refusal refusal;
    (void)refusal_set(&refusal, ERR_TOO_LARGE, "%s", "");
    return fail_refusal(w->tool, EXIT_REFUSED, "help submit", label, &refusal);
}

/* A file or a pipe, read in chunks. `code` is sticky: what the walk's functions returned. */
struct stream {
    struct walk *walk;
    int fd;
    uint8_t bytes[65536];
    size_t at, len;
    bool ended, broken;
    int code;
};

/* More bytes, or the end. Whoever feeds a pipe may be silent for long: what was gathered must not
 * wait for him. */
static void stream_fill(struct stream *s) {
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    if (poll(&p, 1, IDLE_MS) == 0) s->code = s->walk->idle(s->walk->self);
    s->at = s->len = 0;
    if (s->code) return;
    ssize_t n;
    do {
        n = read(s->fd, s->bytes, sizeof s->bytes);
    } while (n < 0 && errno == EINTR);
    s->broken = n < 0;
    s->ended = n <= 0;
    s->len = n > 0 ? (size_t)n : 0;
}

/* Appends up to and without the next line feed, or all that is left; false when nothing was left.
 */
static bool stream_read(struct stream *s, bool line, struct buffer *out) {
    bool some = false;
    while (!out->overflow && s->code == EXIT_OK) {
        if (s->at == s->len && !s->ended) stream_fill(s);
        if (s->at == s->len) break;
        const uint8_t *from = s->bytes + s->at,
                      *end = line ? memchr(from, '\n', s->len - s->at) : NULL;
        size_t len = end ? (size_t)(end - from) : s->len - s->at;
        buffer_append(out, from, len);
        some = true;
        s->at += len + (end ? 1 : 0);
        if (end != NULL) break;
    }
    return some;
}

static int lines_each(struct stream *s, const char *name, struct buffer *line) {
    struct walk *w = s->walk;
    int code = EXIT_OK;
    for (unsigned long number = 1; code == EXIT_OK; number++) {
        char label[4200];
        snprintf(label, sizeof label, "%s:%lu", name, number);
        if (line->overflow) return too_large(w, label);
        if (!is_blank(buffer_span(line))) code = w->fn(w->self, label, buffer_span(line));
        buffer_clear(line);
        if (!stream_read(s, true, line)) break;
    }
    return code;
}

static int stream_each(struct stream *s, const char *path, const char *name) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct walk *w = s->walk;
    int code;
    buffer_init(&text, DOCUMENT_BYTES_MAX);
    (void)stream_read(s, true, &text);
    if (is_lines(path) || (!text.overflow && is_json(buffer_span(&text)))) {
        code = lines_each(s, name, &text);
    } else {
        buffer_u8(&text, '\n');
        (void)stream_read(s, false, &text);
        if (text.overflow) return too_large(w, name);
        code = s->broken || s->code ? EXIT_OK : w->fn(w->self, name, buffer_span(&text));
    }
    if (s->broken) return fail_file(w->tool, "help submit", name);
    return s->code ? s->code : code;
}

static int file_each(struct walk *w, const char *path) {
    bool standard = strcmp(path, "-") == 0;
    struct stream *s = check_alloc(1, sizeof *s);
    s->walk = w;
    w->found = true;
    s->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int code = s->fd < 0 ? fail_file(w->tool, "help submit", path)
                         : stream_each(s, path,
                                       standard ? tr(w->tool, "标准输入", "standard input") : path);
    if (!standard && s->fd >= 0) close(s->fd);
    free(s);
    return code;
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int path_each(struct walk *w, const char *path, int depth);

static int directory_each(struct walk *w, const char *path, int depth) {
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, visible, alphasort), code = EXIT_OK;
    if (n < 0) return fail_file(w->tool, "help submit", path);
    for (int i = 0; i < n; i++) {
        char below[4096];
        struct stat st;
        int len = snprintf(below, sizeof below, "%s%s%s", path, ends_with(path, "/") ? "" : "/",
                           entries[i]->d_name);
        bool fits = len > 0 && (size_t)len < sizeof below;
        errno = ENAMETOOLONG;
        if (code == EXIT_OK && !fits) code = fail_file(w->tool, "help submit", entries[i]->d_name);
        if (code == EXIT_OK && stat(below, &st) == 0 && (S_ISDIR(st.st_mode) || is_document(below)))
            code = path_each(w, below, depth + 1);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static int path_each(struct walk *w, const char *path, int depth) {
    struct stat st;
    if (strcmp(path, "-") == 0) return file_each(w, path);
    if (stat(path, &st) != 0) return fail_file(w->tool, "help submit", path);
    if (!S_ISDIR(st.st_mode)) return file_each(w, path);
    errno = ELOOP;
    return depth >= DIRECTORY_DEPTH_MAX ? fail_file(w->tool, "help submit", path)
                                        : directory_each(w, path, depth);
}

int documents_each(struct tool *t, char **paths, uint32_t paths_count, document_fn *fn,
                   document_idle_fn *idle, void *self) {
    struct walk w = {.tool = t, .fn = fn, .idle = idle, .self = self};
    int code = EXIT_OK;
    for (uint32_t i = 0; i < paths_count && code == EXIT_OK; i++) {
        w.found = false;
        code = path_each(&w, paths[i], 0);
        if (code == EXIT_OK && !w.found)
            code =
                fail(t, EXIT_NOT_FOUND, "help submit",
                     "%s：目录里没有 .json、.jsonld、.jsonl 或 .ndjson 文件",
                     "%s: no .json, .jsonld, .jsonl or .ndjson file in this directory", paths[i]);
    }
    return code;
}
