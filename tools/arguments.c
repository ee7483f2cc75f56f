/* arguments.c: command lines, read by argp from the rows of the command table. argp prints nothing:
 * it only knows English. */
#include <argp.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"

const struct option_row global_options[] = {
    {"node", OPTION_NODE, "URL",
     "节点地址，可重复给出，依次尝试（环境变量 SUYUAN_NODE，以空格分隔；默认 "
     "http://127.0.0.1:7780）",
     "address of a node; repeat it to name others to try (SUYUAN_NODE, separated by blanks; "
     "default http://127.0.0.1:7780)"},
    {"lang", OPTION_LANG, "zh|en", "语言（默认取 LC_ALL、LC_MESSAGES、LANG）",
     "language (default: LC_ALL, LC_MESSAGES, LANG)"},
    {"json", OPTION_JSON, NULL, "输出 JSON，供程序使用", "print JSON, for programs"},
    {"help", OPTION_HELP, NULL, "显示帮助", "show help"},
    {NULL, 0, NULL, NULL, NULL},
};

struct reading {
    struct tool *tool;
    const struct command *command; /* NULL: only global options, up to the first word */
    struct arguments *arguments;
    bool *done;
    int next; /* where reading stopped */
    bool failed;
};

static const struct option_row *option_find(const struct option_row *rows, int key) {
    for (; rows != NULL && rows->name != NULL; rows++)
        if (rows->key == key) return rows;
    return NULL;
}

static error_t complain(struct reading *r, const char *zh, const char *en, const char *text) {
    const char *next = r->command ? format(r->tool, "help %s", r->command->name) : "help";
    r->failed = true;
    fail(r->tool, EXIT_USAGE, next, "%s：%s", "%s: %s", tr(r->tool, zh, en),
         shown(r->tool, span_text(text)));
    return EINVAL;
}

static error_t take_global(struct reading *r, int key, const char *value) {
    struct tool *t = r->tool;
    switch (key) {
    case OPTION_JSON:
        t->json = true;
        return 0;
    case OPTION_HELP:
        *r->done = true;
        return 0;
    case OPTION_LANG:
        if (strncmp(value, "zh", 2) != 0 && strncmp(value, "en", 2) != 0)
            return complain(r, "--lang 只能是 zh 或 en", "--lang is zh or en", value);
        t->lang = value[0] == 'z' ? LANG_ZH : LANG_EN;
        return 0;
    case OPTION_NODE:
        /* The first on the command line replaces those of the environment. */
        if (r->arguments->given_count == 0 || argument(r->arguments, OPTION_NODE) == NULL)
            t->nodes_count = 0;
        if (t->nodes_count == NODES_MAX) return complain(r, "节点过多", "too many nodes", value);
        t->nodes[t->nodes_count++] = value;
        return 0;
    }
    CHECK(false);
}

static error_t take(int key, char *value, struct argp_state *state) {
    struct reading *r = state->input;
    struct arguments *a = r->arguments;
    if (key == ARGP_KEY_ARG) {
        if (r->command == NULL) {
            r->next = state->next - 1;
            state->next = state->argc;
            return 0;
        }
        a->words[a->words_count++] = value;
        return 0;
    }
    bool global = option_find(global_options, key) != NULL;
    if (!global && (r->command == NULL || option_find(r->command->options, key) == NULL))
        return ARGP_ERR_UNKNOWN;
    if (a->given_count == GIVEN_MAX)
        return complain(r, "选项过多", "too many options", value ? value : "");
    error_t e = global ? take_global(r, key, value) : 0;
    if (e) return e;
    a->given[a->given_count].key = key;
    a->given[a->given_count++].value = value ? value : "";
    return 0;
}

static size_t options_add(struct argp_option out[], size_t n, const struct option_row *rows) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        CHECK(n < OPTIONS_MAX + 8);
        out[n++] = (struct argp_option){.name = rows->name, .key = rows->key, .arg = rows->value};
    }
    return n;
}

/* The first option that cannot be read, as getopt_long goes: abbreviations that name one option
 * are names. NULL: none. */
static const struct option_row *option_named(const struct reading *r, const char *name,
                                             size_t len) {
    const struct option_row *tables[] = {global_options, r->command ? r->command->options : NULL};
    const struct option_row *found = NULL;
    bool twice = false;
    for (size_t i = 0; i < 2; i++)
        for (const struct option_row *o = tables[i]; o != NULL && o->name != NULL; o++) {
            if (strncmp(o->name, name, len) != 0) continue;
            if (o->name[len] == 0) return o;
            twice = found != NULL;
            found = o;
        }
    return twice ? NULL : found;
}

static const struct option_row *option_lettered(const struct reading *r, char letter) {
    const struct option_row *o = option_find(r->command ? r->command->options : NULL, letter);
    return o != NULL && letter > ' ' && letter < 0x7f ? o : NULL;
}

static const char *offender(const struct reading *r, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (text[0] != '-' || text[1] == 0) {
            if (r->command == NULL) return NULL;
            continue;
        }
        if (strcmp(text, "--") == 0) return NULL;
        bool takes_next;
        if (text[1] == '-') {
            size_t len = strcspn(text + 2, "=");
            const struct option_row *o = option_named(r, text + 2, len);
            bool value = text[2 + len] == '=';
            if (o == NULL || (value && o->value == NULL)) return text;
            takes_next = o->value != NULL && !value;
        } else {
            const struct option_row *o = NULL;
            size_t at = 1;
            for (; text[at] != 0 && (o == NULL || o->value == NULL); at++)
                if ((o = option_lettered(r, text[at])) == NULL) return text;
            takes_next = o->value != NULL && text[at] == 0;
        }
        if (takes_next && ++i == argc) return text;
    }
    return NULL;
}

/* An option that is known but stands without its value, or with one it does not take, or is not
 * known. */
static void complain_option(struct reading *r, const char *text) {
    const char *name = text[0] == '-' && text[1] == '-' ? text + 2 : text + 1;
    size_t len = strcspn(name, "=");
    const struct option_row *tables[] = {global_options, r->command ? r->command->options : NULL};
    for (size_t i = 0; i < 2; i++)
        for (const struct option_row *o = tables[i]; o != NULL && o->name != NULL; o++)
            if ((strlen(o->name) == len && strncmp(o->name, name, len) == 0) ||
                (text[1] == o->key && text[1] != '-')) {
                (void)(o->value ? complain(r, "选项缺少取值", "the option wants a value", text)
                                : complain(r, "选项不带取值", "the option takes no value", text));
                return;
            }
    (void)complain(r, "未知选项", "unknown option", text);
}

static bool parse(struct reading *r, int argc, char **argv) {
    struct argp_option options[OPTIONS_MAX + 8] = {{0}};
    size_t n = options_add(options, 0, global_options);
    if (r->command != NULL) n = options_add(options, n, r->command->options);
    CHECK(n < sizeof options / sizeof options[0]);
    struct argp argp = {.options = options, .parser = take};
    unsigned flags = ARGP_NO_HELP | ARGP_NO_ERRS | ARGP_NO_EXIT;
    if (r->command == NULL) flags |= ARGP_IN_ORDER;
    const char *bad = offender(r, argc, argv); /* before argp changes the order */
    r->next = argc;
    if (argp_parse(&argp, argc, argv, flags, NULL, r) == 0) return true;
    if (!r->failed) complain_option(r, bad ? bad : argv[argc - 1]);
    return false;
}

bool arguments_global(struct tool *t, int argc, char **argv, int *ret_next, bool *ret_done) {
    struct arguments given = {0};
    bool done = false;
    struct reading r = {.tool = t, .arguments = &given, .done = &done};
    if (!parse(&r, argc, argv)) return false;
    *ret_next = r.next;
    *ret_done = done;
    return true;
}

bool arguments_read(struct tool *t, const struct command *c, int argc, char **argv,
                    struct arguments *ret, bool *ret_done) {
    bool done = false;
    struct reading r = {.tool = t, .command = c, .arguments = ret, .done = &done};
    *ret = (struct arguments){0};
    ret->words = arena_alloc(&t->arena, (size_t)argc, sizeof *ret->words);
    CHECK(ret->words != NULL);
    if (!parse(&r, argc, argv)) return false;
    *ret_done = done;
    if (done) return true;
    const char *next = format(t, "help %s", c->name);
    if (ret->words_count < c->words_min) {
        fail(t, EXIT_USAGE, next, "缺少参数：suyuan %s %s", "an argument is missing: suyuan %s %s",
             c->name, c->words);
        return false;
    }
    if (ret->words_count > c->words_max) {
        fail(t, EXIT_USAGE, next, "多余的参数：%s", "one argument too many: %s",
             shown(t, span_text(ret->words[c->words_max])));
        return false;
    }
    return true;
}

const char *argument(const struct arguments *a, int key) {
    for (uint32_t i = a->given_count; i > 0; i--)
        if (a->given[i - 1].key == key) return a->given[i - 1].value;
    return NULL;
}

const char *argument_next(const struct arguments *a, int key, uint32_t *at) {
    while (*at < a->given_count) {
        uint32_t i = (*at)++;
        if (a->given[i].key == key) return a->given[i].value;
    }
    return NULL;
}

/* Decimal digits only, no sign, no blank. */
static bool digits_read(const char *text, const char **ret_rest, uint64_t *ret) {
    uint64_t n = 0;
    const char *p = text;
    for (; isdigit((unsigned char)*p); p++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
            return false;
    *ret_rest = p;
    *ret = n;
    return p != text;
}

static const char *option_name(const struct tool *t, int key) {
    const struct option_row *o = option_find(t->command->options, key);
    return o ? o->name : "?";
}

bool argument_number(struct tool *t, const struct arguments *a, int key, uint64_t min, uint64_t max,
                     uint64_t otherwise, uint64_t *ret) {
    const char *text = argument(a, key), *rest;
    uint64_t n = otherwise;
    if (text == NULL || (digits_read(text, &rest, &n) && *rest == 0 && n >= min && n <= max)) {
        *ret = n;
        return true;
    }
    fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "--%s 须为 %llu 到 %llu 的整数：%s",
         "--%s takes a number from %llu to %llu: %s", option_name(t, key), (unsigned long long)min,
         (unsigned long long)max, shown(t, span_text(text)));
    return false;
}

bool duration_read(const char *text, uint64_t *ret_ms) {
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 24 * 3600 * 1000}};
    const char *rest;
    uint64_t n, ms;
    if (!digits_read(text, &rest, &n)) return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(rest, units[i].unit) == 0 && !__builtin_mul_overflow(n, units[i].ms, &ms)) {
            *ret_ms = ms;
            return true;
        }
    return false;
}

bool argument_duration(struct tool *t, const struct arguments *a, int key, uint64_t otherwise_ms,
                       uint64_t *ret_ms) {
    const char *text = argument(a, key);
    if (text == NULL) {
        *ret_ms = otherwise_ms;
        return true;
    }
    if (duration_read(text, ret_ms)) return true;
    fail(t, EXIT_USAGE, format(t, "help %s", t->command->name),
         "--%s 须为带单位的时长，如 30s、15m、12h、7d：%s",
         "--%s takes a duration with its unit, 30s, 15m, 12h, 7d: %s", option_name(t, key),
         shown(t, span_text(text)));
    return false;
}
