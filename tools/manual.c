/* manual.c: the manual page suyuan(1), from the command table, as man(7) wants it. */
#include <string.h>

#include "tools/tool.h"

/* Text with what roff would take for a request or an escape made harmless. */
static void roff(const char *text) {
    bool line_begins = true;
    for (; *text != 0; text++) {
        if (line_begins && (*text == '.' || *text == '\'')) fputs("\\&", stdout);
        line_begins = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void section(const struct tool *t, const char *zh, const char *en) {
    printf(".SH ");
    roff(tr(t, zh, en));
    printf("\n");
}

static void options_print(const struct tool *t, const struct option_row *rows) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        printf(".TP\n\\fB");
        if (rows->key > ' ' && rows->key < 0x7f) printf("\\-%c\\fR, \\fB", rows->key);
        printf("\\-\\-");
        roff(rows->name);
        printf("\\fR");
        if (rows->value != NULL) {
            printf(" \\fI");
            roff(rows->value);
            printf("\\fR");
        }
        printf("\n");
        roff(tr(t, rows->zh, rows->en));
        printf("\n");
    }
}

static void command_print(const struct tool *t, const struct command *c) {
    printf(".SS \"suyuan ");
    roff(c->name);
    if (c->words != NULL) {
        printf(" ");
        roff(c->words);
    }
    printf("\"\n");
    roff(tr(t, c->zh, c->en));
    printf("\n");
    if (c->more_zh != NULL) {
        printf(".PP\n");
        roff(tr(t, c->more_zh, c->more_en));
        printf("\n");
    }
    for (const struct example_row *e = c->examples; e != NULL && e->line != NULL; e++) {
        printf(".PP\n");
        roff(tr(t, e->zh, e->en));
        printf("\n.PP\n.nf\n.RS\n");
        printf("suyuan ");
        roff(e->line);
        printf("\n.RE\n.fi\n");
    }
    options_print(t, c->options);
}

void manual_print(const struct tool *t) {
    printf(".TH SUYUAN 1 \"\" \"suyuan %s\"\n", SUYUAN_VERSION);
    section(t, "名称", "NAME");
    printf("suyuan \\- ");
    roff(tr(t, "食品与鞋的来源账本的命令行",
            "command line of a ledger for the origin of food and shoes"));
    printf("\n");
    section(t, "用法", "SYNOPSIS");
    printf("\\fBsuyuan\\fR [\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]\n");
    section(t, "命令", "COMMANDS");
    for (size_t i = 0; t->commands[i] != NULL; i++)
        command_print(t, t->commands[i]);
    section(t, "通用选项", "OPTIONS");
    options_print(t, global_options);
    section(t, "退出码", "EXIT STATUS");
    for (const struct exit_row *e = exit_rows; e->zh != NULL; e++) {
        printf(".TP\n\\fB%d\\fR\n", (int)e->code);
        roff(tr(t, e->zh, e->en));
        printf("\n");
    }
}
