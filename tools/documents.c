#include "tools/documents.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"

struct walk {
    struct tool *tool;
    document_fn *fn;
    void *self;
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

/* Appends one line without its line feed; false at the end of the file. */
static bool line_read(FILE *f, struct buffer *out) {
    int c = EOF;
    bool some = false;
    while (!out->overflow && (c = getc(f)) != EOF) {
        some = true;
        if (c == '\n') break;
        buffer_u8(out, (uint8_t)c);
    }
    return some;
}

static int lines_each(struct walk *w, FILE *f, const char *name, struct buffer *line) {
    int code = EXIT_OK;
    for (unsigned long number = 1; code == EXIT_OK; number++) {
        char label[4200];
        snprintf(label, sizeof label, "%s:%lu", name, number);
        if (line->overflow) return too_large(w, label);
        if (!is_blank(buffer_span(line))) code = w->fn(w->self, label, buffer_span(line));
        buffer_clear(line);
        if (!line_read(f, line)) break;
    }
    return code;
}

static int stream_each(struct walk *w, FILE *f, const char *path, const char *name) {
    struct buffer text CLEANUP(buffer_free) = {0};
    uint8_t chunk[16384];
    size_t n;
    buffer_init(&text, DOCUMENT_BYTES_MAX);
    (void)line_read(f, &text);
    int code;
    if (is_lines(path) || (!text.overflow && is_json(buffer_span(&text)))) {
        code = lines_each(w, f, name, &text);
    } else {
        buffer_u8(&text, '\n');
        while (!text.overflow && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
            buffer_append(&text, chunk, n);
        if (text.overflow) return too_large(w, name);
        code = ferror(f) ? EXIT_OK : w->fn(w->self, name, buffer_span(&text));
    }
    return ferror(f) ? fail_file(w->tool, "help submit", name) : code;
}

static int file_each(struct walk *w, const char *path) {
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "re");
    if (f == NULL) return fail_file(w->tool, "help submit", path);
    int code = stream_each(w, f, path, standard ? tr(w->tool, "标准输入", "standard input") : path);
    if (!standard) fclose(f);
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
        if (code == EXIT_OK && fits && stat(below, &st) == 0 &&
            (S_ISDIR(st.st_mode) || is_document(below)))
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
                   void *self) {
    struct walk w = {.tool = t, .fn = fn, .self = self};
    int code = EXIT_OK;
    for (uint32_t i = 0; i < paths_count && code == EXIT_OK; i++)
        code = path_each(&w, paths[i], 0);
    return code;
}
