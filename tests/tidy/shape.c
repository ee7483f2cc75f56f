/* shape.c: STYLE as far as it can be seen without a compiler: sizes, globals, typedefs, goto, include guards, white space, marks left behind. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/tidy/tidy.h"

enum { FUNCTION_LINES = 70, FILE_LINES = 600, COLUMNS = 150, MAP_LINES = 150 };

struct line {
    const char *text, *code; /* code is NULL where the file has none */
    size_t len, number;
};

static bool line_next(const struct file *f, struct line *l) {
    size_t at = l->text == NULL ? 0 : (size_t)(l->text - f->text) + l->len + 1;
    if (at >= f->len) return false;
    const char *end = memchr(f->text + at, '\n', f->len - at);
    l->text = f->text + at;
    l->code = f->code != NULL ? f->code + at : NULL;
    l->len = end != NULL ? (size_t)(end - l->text) : f->len - at;
    l->number++;
    return true;
}

static bool word_char(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

static bool holds_word(const char *from, size_t len, const char *what) {
    size_t n = strlen(what);
    for (size_t i = 0; i + n <= len; i++)
        if (memcmp(from + i, what, n) == 0 && (i == 0 || !word_char(from[i - 1])) && (i + n == len || !word_char(from[i + n])))
            return true;
    return false;
}

static void check_line(const struct file *f, const struct line *l) {
    static const char *const marks[] = {"TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"};
    size_t columns = 0;
    for (size_t i = 0; i < l->len; i++) columns += ((unsigned char)l->text[i] & 0xc0) != 0x80;
    bool code = f->code != NULL || has_suffix(f->path, ".sh") || has_suffix(f->path, ".mjs");
    if (code && columns > COLUMNS && !has_suffix(f->path, "_table.h") && !exception(f->path, "columns", "", columns))
        report(f, l->number, "columns", "%zu columns, at most %d", columns, COLUMNS);
    if (l->len > 0 && (l->text[l->len - 1] == ' ' || l->text[l->len - 1] == '\r') && !has_suffix(f->path, ".md"))
        report(f, l->number, "space", "white space at the end of the line");
    if (memchr(l->text, '\t', l->len) != NULL && f->code != NULL) report(f, l->number, "space", "a tab");
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (holds_word(l->text, l->len, marks[i]) && !exception(f->path, "mark", marks[i], 0))
            report(f, l->number, "mark", "%s: do it or file it", marks[i]);
}

/* An early return between the declaration and the first use would free what never began. */
static bool cleanup_uninitialised(const char *c, size_t len) {
    if (strncmp(c, "#define", 7) == 0) return false;
    int depth = 0;
    bool named = false, set = false;
    for (size_t i = 0; i < len; i++) {
        if (c[i] == '(' || c[i] == '{') depth++;
        if (c[i] == ')' || c[i] == '}') depth--;
        if (depth > 0) continue;
        if (c[i] == ',' || c[i] == ';') {
            if (named && !set) return true;
            named = set = false;
        }
        named = named || isalpha((unsigned char)c[i]);
        set = set || c[i] == '=';
    }
    return false;
}

static void check_code_line(const struct file *f, const struct line *l) {
    const char *c = l->code;
    if (holds_word(c, l->len, "CLEANUP") && cleanup_uninitialised(c, l->len))
        report(f, l->number, "cleanup", "initialise it where it is declared");
    if (holds_word(c, l->len, "goto")) report(f, l->number, "goto", "CLEANUP and early returns");
    if (has_prefix(c, "typedef ") && memchr(c, '(', l->len) == NULL) report(f, l->number, "typedef", "only for function types");
    size_t indent = strspn(c, " ");
    const char *first = c + indent;
    size_t rest = l->len > indent ? l->len - indent : 0;
    bool is_static = has_prefix(first, "static ") && !has_prefix(first, "static inline") && !has_prefix(first, "static_assert");
    bool declares = rest > 0 && memchr(first, '(', rest) == NULL && (memchr(first, ';', rest) != NULL || memchr(first, '=', rest) != NULL);
    if (is_static && declares && !holds_word(first, rest, "const") && !in_folder(f->path, "tests") &&
        !exception(f->path, "global", "", 0))
        report(f, l->number, "global", "no globals: %.*s", (int)rest, first);
    static const char *const others[] = {"static", "extern", "typedef", "struct", "enum", "union", "const", "return", "_Static_assert"};
    if (indent > 0 || !declares || !isalpha((unsigned char)*c) || has_suffix(f->path, "_table.h")) return;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (has_prefix(c, others[i])) return;
    if (!exception(f->path, "global", "", 0)) report(f, l->number, "global", "no globals: %.*s", (int)l->len, c);
}

/* A function begins with a line at column 0 that has its name, and ends with a brace at column 0. */
static void check_functions(const struct file *f) {
    struct line l = {0};
    size_t start = 0;
    bool inside = false;
    char name[128] = "";
    while (line_next(f, &l)) {
        char c = l.len > 0 ? l.code[0] : ' ';
        if (!inside && (isalpha((unsigned char)c) || c == '_')) {
            const char *paren = memchr(l.code, '(', l.len), *equals = memchr(l.code, '=', l.len);
            start = paren != NULL && (equals == NULL || paren < equals) ? l.number : 0;
            const char *from = paren;
            while (from != NULL && from > l.code && word_char(from[-1])) from--;
            snprintf(name, sizeof name, "%.*s", from != NULL ? (int)(paren - from) : 0, from != NULL ? from : "");
        }
        size_t end = l.len;
        while (end > 0 && l.code[end - 1] == ' ') end--;
        if (!inside && start > 0 && end > 0 && l.code[end - 1] == '{') inside = true;
        if (!inside && end > 0 && l.code[end - 1] == ';') start = 0;
        if (!inside || c != '}') continue;
        size_t lines = l.number - start + 1;
        if (lines > FUNCTION_LINES && !exception(f->path, "function", name, lines))
            report(f, start, "function", "%s has %zu lines, about %d", name, lines, FUNCTION_LINES);
        inside = false;
        start = 0;
    }
}

static void check_guard(const struct file *f) {
    char guard[256], wanted[300];
    size_t n = 0;
    for (const char *c = f->path; *c != 0 && n + 1 < sizeof guard; c++) guard[n++] = word_char(*c) ? (char)toupper((unsigned char)*c) : '_';
    guard[n] = 0;
    snprintf(wanted, sizeof wanted, "#ifndef %s\n", guard);
    bool shorter = false; /* tests/unit/peer_pair.h may be TESTS_PEER_PAIR_H or TESTS_UNIT_PEER_PAIR_H or PEER_PAIR_H */
    for (const char *at = strchr(guard, '_'); at != NULL; at = strchr(at + 1, '_')) {
        char other[300];
        snprintf(other, sizeof other, "%s\n", at);
        shorter = shorter || (in_folder(f->path, "tests") && strstr(f->code, other) != NULL);
        snprintf(other, sizeof other, "#ifndef %s\n", at + 1);
        shorter = shorter || (in_folder(f->path, "tests") && strstr(f->code, other) != NULL);
    }
    if (strstr(f->code, wanted) == NULL && !shorter && !has_suffix(f->path, "_table.h"))
        report(f, 0, "guard", "the include guard is %s", guard);
}

void check_shape(const struct file *f) {
    struct line l = {0};
    while (line_next(f, &l)) {
        check_line(f, &l);
        if (f->code != NULL) check_code_line(f, &l);
    }
    if (f->len > 0 && f->text[f->len - 1] != '\n') report(f, l.number, "space", "no line feed at the end of the file");
    if (has_suffix(f->path, ".c") && l.number > FILE_LINES && !exception(f->path, "lines", "", l.number))
        report(f, 0, "lines", "%zu lines, about %d", l.number, FILE_LINES);
    if (strcmp(f->path, "ARCHITECTURE.md") == 0 && l.number > MAP_LINES) report(f, 0, "lines", "the map has at most %d lines", MAP_LINES);
    if (f->code != NULL) check_functions(f);
    if (has_suffix(f->path, ".h")) check_guard(f);
    if (has_suffix(f->path, ".h") && f->text[0] != '/') report(f, 1, "letter", "a header begins with a letter to the caller");
}
