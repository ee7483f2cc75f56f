/* calls.c: calls that are banned everywhere, and those that would make a pure folder impure. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "tests/tidy/tidy.h"

struct ban {
    const char *call, *why;
};

static const struct ban everywhere[] = {
    {"strncpy", "may leave no final zero: snprintf or memcpy"},
    {"gets", "no length"},
    {"atoi", "hides what is no number: strtoul and a check"},
    {"atol", "hides what is no number"},
    {"atoll", "hides what is no number"},
    {"atof", "hides what is no number"},
    {"rand", "not random"},
    {"srand", "not random"},
    {"strtok", "keeps a hidden global"},
    {"alloca", "unbounded stack"},
    {"setjmp", "cleanup would be jumped over"},
    {"longjmp", "cleanup would be jumped over"},
};
/* Not in tests. */
static const struct ban outside_tests[] = {
    {"strcpy", "no length"},
    {"strcat", "no length"},
    {"stpcpy", "no length"},
    {"sprintf", "no length: snprintf"},
    {"vsprintf", "no length: vsnprintf"},
    {"system", "a shell with our rights"},
    {"popen", "a shell with our rights"},
    {"malloc", "check_alloc"},
    {"calloc", "check_alloc"},
    {"realloc", "check_realloc"},
    {"localtime", "keeps a hidden global"},
    {"gmtime", "keeps a hidden global"},
};
/* Pure: values in, values out. */
static const struct ban impure[] = {
    {"time", "the time is in the input"},
    {"clock_gettime", "the time is in the input"},
    {"gettimeofday", "the time is in the input"},
    {"random", "randomness is in the configuration"},
    {"getrandom", "randomness is in the configuration"},
    {"randombytes_buf", "randomness is in the configuration"},
    {"getenv", "the environment is the shell's"},
    {"open", "files are storage's"},
    {"fopen", "files are storage's"},
    {"socket", "sockets are the shell's"},
    {"printf", "pure folders return"},
    {"fprintf", "pure folders return"},
    {"puts", "pure folders return"},
    {"log_line", "pure folders return, the shell logs"},
    {"sleep", "nobody waits"},
    {"usleep", "nobody waits"},
    {"nanosleep", "nobody waits"},
    {"fork", "one process"},
    {"pthread_create", "threads are the shell's"},
    {"exit", "only a broken program stops: CHECK"},
};

static bool pure(const char *path) {
    static const char *const folders[] = {"base", "consensus", "trace", "ledger", "genesis", "rpc"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (in_folder(path, folders[i])) return true;
    static const char *const gateway[] = {"zones", "batch", "fate", "source", "world", "read", "config", "opened"};
    for (size_t i = 0; i < sizeof gateway / sizeof gateway[0]; i++) {
        char file[64];
        snprintf(file, sizeof file, "tools/gateway/%s.c", gateway[i]);
        if (strcmp(path, file) == 0) return true;
    }
    return in_folder(path, "node") && !has_prefix(path, "node/uv_") && strcmp(path, "node/main.c") != 0;
}

static bool word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* The next call of `name` from `at` on, not as a member: offset, or the length when there is none. */
static size_t call_find(const struct file *f, size_t at, const char *name) {
    size_t n = strlen(name);
    for (const char *hit = strstr(f->code + at, name); hit != NULL; hit = strstr(hit + 1, name)) {
        size_t start = (size_t)(hit - f->code), end = start + n;
        bool member = start > 0 && (f->code[start - 1] == '.' || (start > 1 && f->code[start - 1] == '>' && f->code[start - 2] == '-'));
        if ((start > 0 && word(f->code[start - 1])) || member) continue;
        while (f->code[end] == ' ') end++;
        if (f->code[end] == '(') return start;
    }
    return f->len;
}

static void check_bans(const struct file *f, const struct ban bans[], size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t at = call_find(f, 0, bans[i].call); at < f->len; at = call_find(f, at + 1, bans[i].call))
            if (!exception(f->path, "call", bans[i].call, 0))
                report(f, line_of(f, at), "call", "%s: %s", bans[i].call, bans[i].why);
}

/* Padding has no value: a struct is compared field by field. */
static void check_memcmp(const struct file *f) {
    for (size_t at = call_find(f, 0, "memcmp"); at < f->len; at = call_find(f, at + 1, "memcmp")) {
        const char *end = strchr(f->code + at, ';');
        size_t n = end != NULL ? (size_t)(end - (f->code + at)) : 0;
        char args[256];
        if (n == 0 || n >= sizeof args) continue;
        memcpy(args, f->code + at, n);
        args[n] = 0;
        if (strstr(args, "memcmp(&") || strstr(args, "sizeof *") || strstr(args, "sizeof(*") || strstr(args, "sizeof(struct")) {
            if (exception(f->path, "memcmp", "", 0)) continue;
            report(f, line_of(f, at), "memcmp", "a struct is compared field by field");
        }
    }
}

void check_calls(const struct file *f) {
    check_bans(f, everywhere, sizeof everywhere / sizeof everywhere[0]);
    if (!in_folder(f->path, "tests")) check_bans(f, outside_tests, sizeof outside_tests / sizeof outside_tests[0]);
    if (pure(f->path)) check_bans(f, impure, sizeof impure / sizeof impure[0]);
    check_memcmp(f);
}
