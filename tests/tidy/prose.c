/* prose.c: words that must stay true. Quotes of the spec in code stand in the spec, word for word; links and paths in documents exist; every
 * sentence for people has its Chinese and its English. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tidy/tidy.h"

enum { RULES_MAX = 512, RULE_BYTES = 8192 };

struct rule {
    char id[8];
    char text[RULE_BYTES]; /* white space folded to single blanks */
};
static struct rule rules[RULES_MAX];
static size_t rules_count;

/* Copies with runs of white space, and the " * " of a comment's next line, folded into one blank. */
static void fold(const char *from, size_t len, char *ret, size_t cap) {
    size_t n = 0;
    for (size_t i = 0; i < len && n + 2 < cap;) {
        if (!isspace((unsigned char)from[i])) {
            ret[n++] = from[i++];
            continue;
        }
        bool line_end = false;
        while (i < len && isspace((unsigned char)from[i])) line_end = from[i++] == '\n' || line_end;
        if (line_end && i < len && from[i] == '*' && from[i + 1] != '/') i++;
        while (i < len && isspace((unsigned char)from[i])) i++;
        if (n > 0) ret[n++] = ' ';
    }
    while (n > 0 && ret[n - 1] == ' ') n--;
    ret[n] = 0;
}

/* Rules: "- **B4** text", up to the next rule or heading. */
void spec_read(const char *spec) {
    for (const char *at = strstr(spec, "\n- **"); at != NULL; at = strstr(at + 1, "\n- **")) {
        struct rule *r = &rules[rules_count];
        if (rules_count == RULES_MAX || sscanf(at, "\n- **%7[A-Z0-9]**", r->id) != 1) continue;
        const char *text = strstr(at, "** ") + 3, *next = strstr(text, "\n- **"), *heading = strstr(text, "\n#");
        const char *end = next != NULL && (heading == NULL || next < heading) ? next : heading;
        fold(text, end != NULL ? (size_t)(end - text) : strlen(text), r->text, sizeof r->text);
        rules_count++;
    }
}

static const struct rule *rule_find(const char *id, size_t len) {
    for (size_t i = 0; i < rules_count; i++)
        if (strlen(rules[i].id) == len && memcmp(rules[i].id, id, len) == 0) return &rules[i];
    return NULL;
}

/* `at` is behind "SPEC "; the quote runs to the last quotation mark before the comment ends or another SPEC begins. */
static void check_spec(const struct file *f, const char *at, const char *end) {
    char quote[RULE_BYTES];
    size_t len = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), line = line_of(f, (size_t)(at - f->text));
    if (len < 2 || !isdigit((unsigned char)at[1])) return; /* a section */
    const struct rule *r = rule_find(at, len);
    if (r == NULL) {
        report(f, line, "spec", "docs/spec.md has no rule %.*s", (int)len, at);
        return;
    }
    if (at[len] != ':') return;
    const char *open = at + len + 1;
    while (open < end && isspace((unsigned char)*open)) open++;
    if (open >= end || *open != '"') return; /* in our own words */
    const char *close = end - 1;
    while (close > open && *close != '"') close--;
    fold(open + 1, (size_t)(close - open - 1), quote, sizeof quote);
    if (close == open || strstr(r->text, quote) == NULL)
        report(f, line, "spec", "%s does not say: %.60s", r->id, quote);
}

static void check_specs(const struct file *f) {
    const char *end_of_text = f->text + f->len;
    for (const char *at = strstr(f->text, "SPEC "); at != NULL; at = strstr(at + 1, "SPEC ")) {
        if (at > f->text && isalnum((unsigned char)at[-1])) continue;
        const char *end = strstr(at, "*/"), *next = strstr(at + 5, "SPEC ");
        if (end == NULL) end = end_of_text;
        check_spec(f, at + 5, next != NULL && next < end ? next : end);
    }
}

/* [text](target) */
static void check_links(const struct file *f) {
    for (const char *at = strstr(f->text, "]("); at != NULL; at = strstr(at + 1, "](")) {
        char target[512], path[1024];
        const char *slash = strrchr(f->path, '/');
        if (sscanf(at, "](%511[^)#\n]", target) != 1 || strstr(target, "://") != NULL) continue;
        snprintf(path, sizeof path, "%.*s%s", slash != NULL ? (int)(slash - f->path + 1) : 0, f->path, target);
        if (!path_exists(path)) report(f, line_of(f, (size_t)(at - f->text)), "link", "nothing at %s", path);
    }
}

/* `folder/file.c` in back quotes: from the root, or from the document's folder. */
static void check_paths(const struct file *f) {
    static const char *const suffixes[] = {".c", ".h", ".md", ".sh", ".mjs"};
    for (const char *at = strchr(f->text, '`'); at != NULL; at = strchr(at + 1, '`')) {
        char path[256], beside[1300];
        size_t len = strspn(at + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-");
        if (len == 0 || len >= sizeof path || at[1 + len] != '`') continue;
        snprintf(path, sizeof path, "%.*s", (int)len, at + 1);
        bool ours = false;
        for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) ours = ours || has_suffix(path, suffixes[i]);
        const char *slash = strrchr(f->path, '/');
        if (!ours || (slash == NULL && strchr(path, '/') == NULL)) continue;
        snprintf(beside, sizeof beside, "%.*s%s", slash != NULL ? (int)(slash - f->path + 1) : 0, f->path, path);
        bool system_header = strcmp(path, "uv.h") == 0 || strstr(path, "sodium") || strstr(path, "leveldb/") || strstr(path, "zlib") ||
                             strstr(path, "llhttp") || strstr(path, "msgpack") || strstr(path, "jansson") || strcmp(path, "ini.h") == 0;
        bool by_name = strchr(path, '/') == NULL && (name_exists(path) || strstr(path, "X.") != NULL || has_prefix(path, "NNNN"));
        if (!path_exists(path) && !path_exists(beside) && !by_name && !system_header && !exception(f->path, "path", path, 0))
            report(f, line_of(f, (size_t)(at - f->text)), "path", "no such file: %s", path);
    }
}

void check_prose(const struct file *f) {
    if (f->code != NULL) check_specs(f);
    if (has_suffix(f->path, ".md")) {
        check_links(f);
        check_paths(f);
    }
}

/* NAME(number, name, "en", "zh"): numbers and names once, two sentences, the second with Chinese in it. */
void check_table(const struct file *f) {
    static char seen[65536];
    memset(seen, 0, sizeof seen);
    for (const char *at = f->text; at != NULL; at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL) {
        unsigned number;
        char name[64], english[512], chinese[512];
        if (!isupper((unsigned char)*at) || strchr(at, '(') == NULL) continue;
        size_t line = line_of(f, (size_t)(at - f->text));
        if (sscanf(at, "%*[A-Z](%u , %63[A-Z0-9_] , \"%511[^\"]\" , \"%511[^\"]\" )", &number, name, english, chinese) != 4) {
            report(f, line, "table", "a row is NAME(number, name, \"English\", \"中文\")");
            continue;
        }
        if (number >= sizeof seen || seen[number]++) report(f, line, "table", "%s: the number %u is taken", name, number);
        bool cjk = false;
        for (const char *c = chinese; *c != 0; c++) cjk = cjk || ((unsigned char)*c >= 0xe4 && (unsigned char)*c <= 0xe9);
        if (!cjk) report(f, line, "table", "%s: the second sentence is not Chinese", name);
    }
}
