#include <string.h>

#include "tools/commands.h"

enum { OPTION_MANUAL = OPTION_FIRST };

static int run_help(struct tool *t, const struct arguments *a) {
    int words;
    if (argument(a, OPTION_MANUAL) != NULL) {
        manual_print(t);
        return EXIT_OK;
    }
    if (a->words_count == 0) {
        help_all(t);
        return EXIT_OK;
    }
    const struct command *c = command_find(t->commands, (int)a->words_count, a->words, &words);
    if (c != NULL) {
        help_command(t, c);
        return EXIT_OK;
    }
    if (a->words_count == 1 && help_group(t, a->words[0])) return EXIT_OK;
    return fail(t, EXIT_USAGE, "help", "没有这个命令：%s", "there is no such command: %s",
                shown(t, span_text(a->words[0])));
}

static const struct example_row help_examples[] = {
    {"help", "所有命令", "all commands"},
    {"help submit", "一个命令的例子与选项", "examples and options of one command"},
    {"help --manual > suyuan.1", "手册页，man(7) 格式", "the manual page, in man(7) format"},
    {NULL, NULL, NULL},
};

static const struct option_row help_options[] = {
    {"manual", OPTION_MANUAL, NULL, "输出手册页 suyuan(1)", "print the manual page suyuan(1)"},
    {NULL, 0, NULL, NULL, NULL},
};

const struct command cmd_help = {
    .name = "help",
    .words = "[COMMAND]",
    .words_max = 2,
    .zh = "显示帮助",
    .en = "show help",
    .options = help_options,
    .examples = help_examples,
    .run = run_help,
};

static int run_version(struct tool *t, const struct arguments *a) {
    (void)a;
    if (!t->json) {
        printf("suyuan %s\n", SUYUAN_VERSION);
        return EXIT_OK;
    }
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 1024);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_string(&j, "version", SUYUAN_VERSION);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
    return EXIT_OK;
}

static const struct example_row version_examples[] = {
    {"version --json", "供程序读取的版本号", "the version for programs"},
    {NULL, NULL, NULL},
};

const struct command cmd_version = {
    .name = "version",
    .zh = "显示版本",
    .en = "show the version",
    .examples = version_examples,
    .run = run_version,
};
