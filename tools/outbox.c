#include "tools/outbox.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char suffix[] = ".parcel";

static const char *default_directory(struct tool *t) {
    const char *own = getenv("SUYUAN_OUTBOX"), *state = getenv("XDG_STATE_HOME"),
               *home = getenv("HOME");
    if (own != NULL && own[0] != 0) return own;
    if (state != NULL && state[0] == '/') return format(t, "%s/suyuan/outbox", state);
    if (home != NULL && home[0] == '/') return format(t, "%s/.local/state/suyuan/outbox", home);
    return NULL;
}

/* mkdir -p with mode 0700. */
static bool directories_make(const char *path) {
    char part[4096];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != 0) continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0700) != 0 && errno != EEXIST) return false;
    }
    return true;
}

int outbox_open(struct tool *t, const char *directory, struct outbox *ret) {
    *ret = (struct outbox){.tool = t, .directory = directory ? directory : default_directory(t)};
    if (ret->directory == NULL)
        return fail(t, EXIT_USAGE, "help submit",
                    "不知道发件箱放在哪里：请用 --outbox 目录（none 表示不保存）",
                    "no place for the outbox: give --outbox DIR (none keeps nothing)");
    if (strcmp(ret->directory, "none") == 0) {
        ret->directory = NULL;
        return EXIT_OK;
    }
    return directories_make(ret->directory) ? EXIT_OK : fail_file(t, "help submit", ret->directory);
}

static const char *path_of(struct outbox *o, const char *name, char path[4096]) {
    snprintf(path, 4096, "%s/%s", o->directory, name);
    return path;
}

int outbox_keep(struct outbox *o, struct parcel *p) {
    char path[4096];
    bool open = false;
    if (o->directory == NULL) return EXIT_OK;
    for (uint32_t i = 0; i < p->count; i++)
        open = open || !parcel_decided(&p->records[i]);
    if (!open) {
        if (p->name[0] != 0 && unlink(path_of(o, p->name, path)) != 0 && errno != ENOENT)
            return fail_file(o->tool, "outbox list", path);
        p->name[0] = 0;
        return EXIT_OK;
    }
    if (p->name[0] == 0) {
        uint32_t random;
        random_bytes(&random, sizeof random);
        snprintf(p->name, sizeof p->name, "%013llu-%06u-%08x%s", (unsigned long long)now_ms(),
                 ++o->sequence, random, suffix);
    }
    struct buffer file CLEANUP(buffer_free) = {0};
    buffer_init(&file, PARCEL_FILE_BYTES_MAX);
    parcel_encode(p, &file);
    CHECK(!file.overflow);
    return file_write(o->tool, path_of(o, p->name, path), buffer_span(&file));
}

int outbox_load(struct outbox *o, const char *name, struct parcel *ret) {
    char path[4096];
    struct buffer file CLEANUP(buffer_free) = {0};
    buffer_init(&file, PARCEL_FILE_BYTES_MAX);
    int code = file_read(o->tool, path_of(o, name, path), &file);
    if (code) return code;
    enum err e =
        strlen(name) < sizeof ret->name ? parcel_decode(buffer_span(&file), ret) : ERR_TOO_LARGE;
    if (e) {
        struct refusal refusal;
        (void)refusal_set(&refusal, e, "%s", "");
        return fail_refusal(o->tool, EXIT_BROKEN, "outbox list", path, &refusal);
    }
    snprintf(ret->name, sizeof ret->name, "%s", name);
    return EXIT_OK;
}

static bool ends_with(const char *name, const char *ending) {
    size_t n = strlen(name), m = strlen(ending);
    return name[0] != '.' && n > m && strcmp(name + n - m, ending) == 0;
}

int outbox_names(struct outbox *o, const char ***ret_names, uint32_t *ret_count) {
    return outbox_names_of(o, suffix, ret_names, ret_count);
}

int outbox_names_of(struct outbox *o, const char *ending, const char ***ret_names, uint32_t *ret_count) {
    struct dirent **entries = NULL;
    *ret_count = 0;
    if (o->directory == NULL) return EXIT_OK;
    int n = scandir(o->directory, &entries, NULL, alphasort);
    if (n < 0) return fail_file(o->tool, "help outbox", o->directory);
    const char **names = arena_alloc(&o->tool->arena, (size_t)n + 1, sizeof *names);
    CHECK(names != NULL);
    for (int i = 0; i < n; i++) {
        if (ends_with(entries[i]->d_name, ending)) names[(*ret_count)++] = format(o->tool, "%s", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_names = names;
    return EXIT_OK;
}
