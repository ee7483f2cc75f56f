/* help.c: help from the command table. Examples come first: most people want to type what stands
 * there. */
#include <string.h>

#include "tools/tool.h"

static size_t first_word(const char *name) {
    return strcspn(name, " ");
}

const struct command *command_find(const struct command *const commands[], int argc, char **argv,
                                   int *ret_words) {
    for (int words = argc >= 2 ? 2 : 1; words >= 1 && argc >= 1; words--)
        for (size_t i = 0; commands[i] != NULL; i++) {
            const char *name = commands[i]->name;
            size_t first = first_word(name);
            if (strncmp(argv[0], name, first) != 0 || argv[0][first] != 0) continue;
            bool two = name[first] == ' ';
            if ((words == 2) != two || (two && strcmp(argv[1], name + first + 1) != 0)) continue;
            *ret_words = words;
            return commands[i];
        }
    return NULL;
}

static void print_rows_width(const struct tool *t, const char *name, const char *zh, const char *en,
                             uint32_t width) {
    printf("  %s", paint(t, PAINT_STRONG));
    print_padded(name, width);
    printf("%s  %s\n", paint(t, PAINT_PLAIN), tr(t, zh, en));
}

static void print_examples(const struct tool *t, const struct command *c) {
    if (c->examples == NULL) return;
    say(t, "例子：\n", "Examples:\n");
    for (const struct example_row *e = c->examples; e->line != NULL; e++) {
        printf("  %ssuyuan %s%s\n", paint(t, PAINT_STRONG), e->line, paint(t, PAINT_PLAIN));
        printf("      %s%s%s\n", paint(t, PAINT_FAINT), tr(t, e->zh, e->en), paint(t, PAINT_PLAIN));
    }
    printf("\n");
}

static void print_options(const struct tool *t, const struct option_row *rows) {
    char text[80];
    uint32_t width = 0;
    for (int pass = 0; pass < 2; pass++)
        for (const struct option_row *o = rows; o != NULL && o->name != NULL; o++) {
            bool letter = o->key > ' ' && o->key < 0x7f;
            snprintf(text, sizeof text, "%s%c%s--%s%s%s", letter ? "-" : " ", letter ? o->key : ' ',
                     letter ? ", " : "  ", o->name, o->value ? " " : "", o->value ? o->value : "");
            if (pass == 0 && columns(text) > width) width = columns(text);
            if (pass == 1) print_rows_width(t, text, o->zh, o->en, width);
        }
}

void help_command(const struct tool *t, const struct command *c) {
    printf("%ssuyuan %s%s — %s\n\n", paint(t, PAINT_STRONG), c->name, paint(t, PAINT_PLAIN),
           tr(t, c->zh, c->en));
    print_examples(t, c);
    say(t, "用法：\n  suyuan %s%s%s%s\n\n", "Usage:\n  suyuan %s%s%s%s\n\n", c->name,
        c->options ? tr(t, " [选项]", " [OPTIONS]") : "", c->words ? " " : "",
        c->words ? c->words : "");
    if (c->more_zh != NULL) printf("%s\n\n", tr(t, c->more_zh, c->more_en));
    if (c->options != NULL) {
        say(t, "选项：\n", "Options:\n");
        print_options(t, c->options);
        printf("\n");
    }
    say(t, "通用选项：\n", "Options of every command:\n");
    print_options(t, global_options);
}

bool help_group(const struct tool *t, const char *group) {
    size_t len = strlen(group);
    uint32_t width = 0, found = 0;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 && found == 0) return false;
        if (pass == 1) say(t, "%s 的子命令：\n", "Commands of %s:\n", group);
        for (size_t i = 0; t->commands[i] != NULL; i++) {
            const struct command *c = t->commands[i];
            if (first_word(c->name) != len || strncmp(c->name, group, len) != 0) continue;
            found++;
            if (pass == 0 && columns(c->name) > width) width = columns(c->name);
            if (pass == 1) print_rows_width(t, c->name, c->zh, c->en, width);
        }
    }
    say(t, "\n详情：suyuan help %s 子命令\n", "\nMore: suyuan help %s COMMAND\n", group);
    return true;
}

void help_all(const struct tool *t) {
    static const struct example_row examples[] = {
        {"key new farm.key", "生成一个主体的密钥", "make a subject's key"},
        {"submit --key farm.key --wait events/", "签名并提交一个目录的 EPCIS 文件",
         "sign and submit a directory of EPCIS files"},
        {"trace https://id.gs1.org/01/06901234567892/21/0001", "查一件物品的来龙去脉",
         "what happened to a thing"},
        {"proof get thing https://id.gs1.org/01/06901234567892/21/0001 -o box.syp",
         "取得可独立验证的证明", "get a proof that checks alone"},
        {"verify box.syp --genesis genesis", "离线验证证明", "check it, offline"},
        {NULL, NULL, NULL},
    };
    struct command all = {.examples = examples};
    say(t, "suyuan 溯源 — 食品与鞋的来源账本\n\n",
        "suyuan 溯源 — a ledger for the origin of food and shoes\n\n");
    print_examples(t, &all);
    say(t, "命令：\n", "Commands:\n");
    uint32_t width = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; t->commands[i] != NULL; i++) {
            const struct command *c = t->commands[i];
            if (pass == 0 && columns(c->name) > width) width = columns(c->name);
            if (pass == 1) print_rows_width(t, c->name, c->zh, c->en, width);
        }
    say(t, "\n通用选项：\n", "\nOptions of every command:\n");
    print_options(t, global_options);
    say(t, "\n退出码：\n", "\nExit codes:\n");
    for (const struct exit_row *e = exit_rows; e->zh != NULL; e++)
        printf("  %d  %s\n", (int)e->code, tr(t, e->zh, e->en));
    say(t, "\n每个命令的例子和选项：suyuan help 命令\n",
        "\nExamples and options of a command: suyuan help COMMAND\n");
}
