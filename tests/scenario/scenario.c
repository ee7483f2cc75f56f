/* scenario.c: reads stories about consensus and checks that they still go as written.
 *
 *   scenario [--rewrite] FILE...
 *
 * A file is a list of entries: one or more command lines, a line "----", the transcript that follows from
 * them, an empty line. "#" begins a comment line before an
 * entry. Commands stand in README.md. Lines that several nodes have in common are told once: "0 1 3 sign nullify v4".
 *
 * After every command the invariants hold (invariants()), and at the end of the file everything heals and
 * something new must become final everywhere: a story
 * that ends in a halt is a failure, whatever it says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/stage.h"

enum { TEXT_MAX = 1 << 20, LINE_BYTES = 512 };

struct script {
    char *text; /* the file, rewritten as it is read */
    struct buffer out;
    const char *path;
    int line;
    bool failed;
};

static void script_fail(struct script *s, const char *what, const char *line) {
    printf("%s:%d: %s%s%s\n", s->path, s->line, what, line[0] != 0 ? ": " : "", line);
    s->failed = true;
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "r");
    if (f == NULL) return NULL;
    char *text = check_alloc(TEXT_MAX, 1);
    size_t n = fread(text, 1, TEXT_MAX - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static char *next_line(char **at) {
    if (**at == 0) return NULL;
    char *line = *at, *end = strchr(line, '\n');
    *at = end == NULL ? line + strlen(line) : end + 1;
    if (end != NULL) *end = 0;
    return line;
}

/* The commands up to "----" were run; compares or writes the transcript. */
static void transcript_check(struct script *s, struct stage *w, char **at) {
    struct buffer CLEANUP(buffer_free) expected = {0}, got = {0};
    buffer_init(&expected, TEXT_MAX);
    buffer_init(&got, TEXT_MAX);
    for (char *line; (line = next_line(at)) != NULL && line[0] != 0;) {
        s->line++;
        buffer_text(&expected, line);
        buffer_text(&expected, "\n");
    }
    s->line++;
    stage_transcript(w, &got);
    buffer_append_span(&s->out, buffer_span(&got));
    buffer_text(&s->out, "\n");
    if (span_equal(buffer_span(&expected), buffer_span(&got))) return;
    printf("--- %s:%d: expected\n%.*s--- got\n%.*s---\n", s->path, s->line, (int)expected.len, (const char *)expected.data,
           (int)got.len, (const char *)got.data);
    s->failed = true;
}

static bool run_file(const char *path, bool rewrite) {
    struct script s = {.path = path, .text = read_file(path)};
    if (s.text == NULL) {
        perror(path);
        return false;
    }
    buffer_init(&s.out, TEXT_MAX);
    struct stage *w = stage_new();
    char *at = s.text;
    for (char *line; (line = next_line(&at)) != NULL && (!s.failed || rewrite);) {
        s.line++;
        buffer_text(&s.out, line);
        buffer_text(&s.out, "\n");
        if (line[0] == '#' || line[0] == 0) continue;
        if (strcmp(line, "----") == 0) {
            transcript_check(&s, w, &at);
            continue;
        }
        char copy[LINE_BYTES];
        snprintf(copy, sizeof copy, "%s", line);
        if (!stage_command(w, copy)) {
            script_fail(&s, "no such command, or it cannot be done", line);
            rewrite = false;
            break;
        }
        if (stage_failure(w)[0] != 0) script_fail(&s, stage_failure(w), line);
    }
    bool same = !s.failed;
    if (rewrite) s.failed = false;
    if (!s.failed && !stage_end(w)) script_fail(&s, "at the end", stage_failure(w));
    if (rewrite && !same) {
        FILE *f = fopen(path, "w");
        CHECK(f != NULL && fwrite(s.out.data, 1, s.out.len, f) == s.out.len && fclose(f) == 0);
        printf("%s: rewritten\n", path);
    }
    stage_free(w);
    buffer_free(&s.out);
    free(s.text);
    return !s.failed;
}

int main(int argc, char **argv) {
    bool rewrite = argc > 1 && strcmp(argv[1], "--rewrite") == 0, ok = true;
    for (int i = 1 + rewrite; i < argc; i++) ok = run_file(argv[i], rewrite) && ok;
    if (argc < 2) fprintf(stderr, "usage: scenario [--rewrite] FILE...\n");
    return ok && argc > 1 ? 0 : 1;
}
