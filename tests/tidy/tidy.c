/* tidy.c: walks the tree, hands every file to every rule. `tidy ROOT`, or only some files of it: `tidy ROOT FILE...`.
 * Exit 1 when a rule is broken. */
#include "tests/tidy/tidy.h"

#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 1024, FILE_BYTES_MAX = 4 << 20, NAMES_MAX = 8192 };

static size_t breaches;
static char *names[NAMES_MAX];
static size_t names_count;

void report(const struct file *f, size_t line, const char *rule, const char *format, ...) {
    va_list args;
    printf("%s:%zu: %s: ", f->path, line, rule);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    breaches++;
}

bool has_suffix(const char *s, const char *suffix) {
    size_t n = strlen(s), k = strlen(suffix);
    return n >= k && strcmp(s + n - k, suffix) == 0;
}

bool has_prefix(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool in_folder(const char *path, const char *folder) {
    return has_prefix(path, folder) && path[strlen(folder)] == '/';
}

size_t line_of(const struct file *f, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at; i++) line += f->text[i] == '\n';
    return line;
}

bool path_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

bool name_exists(const char *name) {
    for (size_t i = 0; i < names_count; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

/* Blanks comments and the insides of literals. Line splices and digraphs are not used here. */
static char *blank(const char *text, size_t len) {
    char *code = malloc(len + 1), quote = 0;
    enum { CODE, LINE, BLOCK, LITERAL } in = CODE;
    for (size_t i = 0; i <= len; i++) {
        char c = text[i], next = i < len ? text[i + 1] : 0;
        code[i] = c == '\n' || in == CODE ? c : ' ';
        switch (in) {
        case CODE:
            if (c == '/' && (next == '/' || next == '*')) {
                in = next == '/' ? LINE : BLOCK;
                code[i] = ' ';
            } else if (c == '"' || (c == '\'' && (i == 0 || !isalnum((unsigned char)text[i - 1])))) {
                in = LITERAL;
                quote = c;
            }
            break;
        case LINE:
            if (c == '\n') in = CODE;
            break;
        case BLOCK:
            if (c == '/' && text[i - 1] == '*') in = CODE;
            break;
        case LITERAL:
            if (c == '\\' && i + 1 < len) code[++i] = ' ';
            else if (c == quote || c == '\n') in = CODE, code[i] = c;
            break;
        }
    }
    code[len] = 0;
    return code;
}

static bool file_read(const char *path, struct file *ret) {
    struct stat st;
    FILE *in = fopen(path, "rb");
    if (in == NULL) return false;
    bool known = fstat(fileno(in), &st) == 0 && st.st_size <= FILE_BYTES_MAX;
    size_t size = known ? (size_t)st.st_size : 0;
    ret->path = path;
    ret->text = malloc(size + 1);
    ret->len = fread(ret->text, 1, size, in);
    ret->text[ret->len] = 0;
    fclose(in);
    ret->code = has_suffix(path, ".c") || has_suffix(path, ".h") ? blank(ret->text, ret->len) : NULL;
    return true;
}

static bool is_text(const char *name) {
    static const char *const suffixes[] = {".c", ".h", ".md", ".sh", ".txt", ".cmake", ".json", ".mjs", ".ini", ".service", ".bats"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (has_suffix(name, suffixes[i])) return true;
    return strcmp(name, "run") == 0;
}

static void check_file(const char *path) {
    struct file f = {0};
    if (!file_read(path, &f)) return;
    if (f.code != NULL) {
        check_includes(&f);
        check_calls(&f);
    }
    check_shape(&f);
    check_prose(&f);
    if (has_suffix(path, "_table.h")) check_table(&f);
    free(f.text);
    free(f.code);
}

/* A folder of the product: its README names every header. */
static void check_headers(const char *folder, const char *readme) {
    struct dirent **entries;
    struct file f = {0};
    if (strchr(folder, '/') != NULL || !file_read(readme, &f)) return;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char *name = entries[i]->d_name, *dot = strrchr(name, '.');
        bool header = has_suffix(name, ".h");
        if (header) *dot = 0; /* by either of its files, or by what they share */
        if (header && strstr(f.text, name) == NULL) report(&f, 0, "readme", "%s.h is not named", name);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    free(f.text);
}

static void check_folder(const char *folder) {
    char readme[PATH_BYTES + 16];
    struct file f = {.path = folder};
    snprintf(readme, sizeof readme, "%s/README.md", folder);
    if (!path_exists(readme) && !exception(folder, "readme", "", 0))
        report(&f, 0, "readme", "a folder without README.md");
    check_headers(folder, readme);
}

static bool skipped(const char *name) {
    static const char *const skip[] = {"build", "node_modules", "corpus", "devnet", "events", "golden"};
    for (size_t i = 0; i < sizeof skip / sizeof skip[0]; i++)
        if (strcmp(name, skip[i]) == 0) return true;
    return name[0] == '.' && strcmp(name, ".ci") != 0;
}

static void walk(const char *folder, bool names_only) {
    struct dirent **entries;
    int count = scandir(folder[0] != 0 ? folder : ".", &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        struct stat st;
        snprintf(path, sizeof path, "%s%s%s", folder, folder[0] != 0 ? "/" : "", entries[i]->d_name);
        bool skip = skipped(entries[i]->d_name) || lstat(path, &st) != 0;
        if (!skip && S_ISDIR(st.st_mode)) {
            if (!names_only && strcmp(path, ".ci") != 0) check_folder(path);
            walk(path, names_only);
        } else if (!skip && names_only) {
            if (names_count < NAMES_MAX) names[names_count++] = strdup(entries[i]->d_name);
        } else if (!skip && S_ISREG(st.st_mode) && is_text(entries[i]->d_name)) {
            check_file(path);
        }
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

int main(int argc, char **argv) {
    struct file spec = {0};
    if (argc < 2 || chdir(argv[1]) != 0 || !file_read("docs/spec.md", &spec)) {
        fprintf(stderr, "usage: tidy ROOT [FILE...]\n");
        return 2;
    }
    spec_read(spec.text);
    walk("", true);
    if (argc == 2) walk("", false);
    for (int i = 2; i < argc; i++) check_file(argv[i]);
    for (size_t i = 0; i < names_count; i++) free(names[i]);
    free(spec.text);
    printf("%zu breaches of the house rules\n", breaches);
    return breaches == 0 ? 0 : 1;
}
