/* cmd_completion.c: completion for three shells, from the command table. Texts go between single
 * quotes: a quote in one would end the script's string, so it is written as the shell wants it. */
#include <string.h>

#include "tools/commands.h"

static void quoted(const char *text, const char *quote) {
    putchar('\'');
    for (; *text != 0; text++)
        if (*text == '\'')
            fputs(quote, stdout);
        else
            putchar(*text);
    putchar('\'');
}

static size_t first_len(const struct command *c) {
    return strcspn(c->name, " ");
}

static const char *second(const struct command *c) {
    return c->name[first_len(c)] == ' ' ? c->name + first_len(c) + 1 : NULL;
}

/* Is this the first row of its group (or a command of one word)? */
static bool begins_group(const struct tool *t, size_t i) {
    size_t len = first_len(t->commands[i]);
    for (size_t k = 0; k < i; k++)
        if (first_len(t->commands[k]) == len &&
            strncmp(t->commands[k]->name, t->commands[i]->name, len) == 0)
            return false;
    return true;
}

static bool same_group(const struct command *a, const struct command *b) {
    size_t len = first_len(a);
    return len == first_len(b) && strncmp(a->name, b->name, len) == 0;
}

/* -- bash -- */

static void bash_options(const struct option_row *rows) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        if (rows->key > ' ' && rows->key < 0x7f) printf(" -%c", rows->key);
        printf(" --%s", rows->name);
    }
}

/* Options that are followed by a value, as a case pattern. */
static void bash_valued(const struct option_row *rows, bool *some) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        if (rows->value == NULL) continue;
        printf("%s--%s", *some ? "|" : "", rows->name);
        if (rows->key > ' ' && rows->key < 0x7f) printf("|-%c", rows->key);
        *some = true;
    }
}

static void bash(const struct tool *t) {
    bool some = false;
    printf("# source <(suyuan completion bash)\n_suyuan() {\n    local "
           "current=${COMP_WORDS[COMP_CWORD]} command= skip= word\n"
           "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n        if [[ -n $skip ]]; "
           "then skip=; continue; fi\n"
           "        case $word in\n        ");
    bash_valued(global_options, &some);
    for (size_t i = 0; t->commands[i] != NULL; i++)
        bash_valued(t->commands[i]->options, &some);
    printf(") skip=1 ;;\n        -*) ;;\n        *) command=\"$command${command:+ }$word\" ;;\n    "
           "    esac\n    done\n"
           "    case $command in\n    '') COMPREPLY=($(compgen -W '");
    for (size_t i = 0; t->commands[i] != NULL; i++)
        if (begins_group(t, i))
            printf("%.*s ", (int)first_len(t->commands[i]), t->commands[i]->name);
    bash_options(global_options);
    printf("' -- \"$current\")) ;;\n");
    for (size_t i = 0; t->commands[i] != NULL; i++) {
        const struct command *c = t->commands[i];
        if (begins_group(t, i) && second(c) != NULL) {
            printf("    '%.*s') COMPREPLY=($(compgen -W '", (int)first_len(c), c->name);
            for (size_t k = 0; t->commands[k] != NULL; k++)
                if (same_group(c, t->commands[k])) printf("%s ", second(t->commands[k]));
            printf("' -- \"$current\")) ;;\n");
        }
        printf("    '%s'*) [[ $current == -* ]] && COMPREPLY=($(compgen -W '", c->name);
        bash_options(c->options);
        bash_options(global_options);
        printf("' -- \"$current\")) ;;\n");
    }
    printf("    esac\n}\ncomplete -o default -F _suyuan suyuan\n");
}

/* -- zsh -- */

static void zsh_options(const struct tool *t, const struct option_row *rows) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        char spec[1024];
        snprintf(spec, sizeof spec, "*--%s%s[%s]%s%s%s", rows->name, rows->value ? "=" : "",
                 tr(t, rows->zh, rows->en), rows->value ? ":" : "", rows->value ? rows->value : "",
                 rows->value ? ":_files" : "");
        /* In the name of a value a colon and in the help a bracket would mean something. */
        printf(" \\\n            ");
        quoted(spec, "'\\''");
    }
}

static void zsh(const struct tool *t) {
    printf("#compdef suyuan\n# suyuan completion zsh > \"${fpath[1]}/_suyuan\"\n_suyuan() {\n    "
           "local -a names\n"
           "    if (( CURRENT == 2 )); then\n        names=(");
    for (size_t i = 0; t->commands[i] != NULL; i++) {
        const struct command *c = t->commands[i];
        char text[512];
        if (!begins_group(t, i)) continue;
        snprintf(text, sizeof text, "%.*s:%s", (int)first_len(c), c->name,
                 second(c) ? "..." : tr(t, c->zh, c->en));
        printf(" ");
        quoted(text, "'\\''");
    }
    printf(")\n        _describe 'command' names\n        return\n    fi\n    case \"$words[2]\" "
           "in\n");
    for (size_t i = 0; t->commands[i] != NULL; i++) {
        const struct command *c = t->commands[i];
        if (!begins_group(t, i)) continue;
        printf("    %.*s)\n", (int)first_len(c), c->name);
        if (second(c) != NULL) {
            printf("        if (( CURRENT == 3 )); then\n            names=(");
            for (size_t k = 0; t->commands[k] != NULL; k++) {
                char text[512];
                if (!same_group(c, t->commands[k])) continue;
                snprintf(text, sizeof text, "%s:%s", second(t->commands[k]),
                         tr(t, t->commands[k]->zh, t->commands[k]->en));
                printf(" ");
                quoted(text, "'\\''");
            }
            printf(")\n            _describe 'command' names\n            return\n        fi\n     "
                   "   case \"$words[3]\" in\n");
        } else {
            printf("        case '' in\n");
        }
        for (size_t k = 0; t->commands[k] != NULL; k++) {
            if (!same_group(c, t->commands[k])) continue;
            printf("        '%s')\n            _arguments",
                   second(t->commands[k]) ? second(t->commands[k]) : "");
            zsh_options(t, t->commands[k]->options);
            zsh_options(t, global_options);
            printf(" \\\n            '*:file:_files' ;;\n");
        }
        printf("        esac ;;\n");
    }
    printf("    esac\n}\n_suyuan \"$@\"\n");
}

/* -- fish -- */

static void fish_options(const struct tool *t, const struct option_row *rows,
                         const char *condition) {
    for (; rows != NULL && rows->name != NULL; rows++) {
        printf("complete -c suyuan");
        if (condition != NULL) {
            printf(" -n ");
            quoted(condition, "\\'");
        }
        printf(" -l %s", rows->name);
        if (rows->key > ' ' && rows->key < 0x7f) printf(" -s %c", rows->key);
        if (rows->value != NULL) printf(" -r");
        printf(" -d ");
        quoted(tr(t, rows->zh, rows->en), "\\'");
        printf("\n");
    }
}

static void fish(const struct tool *t) {
    printf("# suyuan completion fish > ~/.config/fish/completions/suyuan.fish\n");
    for (size_t i = 0; t->commands[i] != NULL; i++) {
        const struct command *c = t->commands[i];
        char condition[256];
        if (begins_group(t, i)) {
            printf("complete -c suyuan -n __fish_use_subcommand -a %.*s -d ", (int)first_len(c),
                   c->name);
            quoted(second(c) ? "..." : tr(t, c->zh, c->en), "\\'");
            printf("\n");
        }
        if (second(c) != NULL) {
            printf("complete -c suyuan -n '__fish_seen_subcommand_from %.*s' -a %s -d ",
                   (int)first_len(c), c->name, second(c));
            quoted(tr(t, c->zh, c->en), "\\'");
            printf("\n");
        }
        snprintf(condition, sizeof condition, "__fish_seen_subcommand_from %.*s%s%s",
                 (int)first_len(c), c->name, second(c) ? "; and __fish_seen_subcommand_from " : "",
                 second(c) ? second(c) : "");
        fish_options(t, c->options, condition);
    }
    fish_options(t, global_options, NULL);
}

static int run_completion(struct tool *t, const struct arguments *a) {
    static const struct {
        const char *name;
        void (*print)(const struct tool *t);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(a->words[0], shells[i].name) == 0) {
            shells[i].print(t);
            return EXIT_OK;
        }
    return fail(t, EXIT_USAGE, "completion bash", "只有 bash、zsh、fish：%s",
                "bash, zsh and fish only: %s", shown(t, span_text(a->words[0])));
}

static const struct example_row examples[] = {
    {"completion bash > /etc/bash_completion.d/suyuan", "为所有人安装", "install it for everybody"},
    {"completion fish > ~/.config/fish/completions/suyuan.fish", "fish", "fish"},
    {NULL, NULL, NULL},
};
const struct command cmd_completion = {
    .name = "completion",
    .words = "bash|zsh|fish",
    .words_min = 1,
    .words_max = 1,
    .zh = "输出命令补全脚本",
    .en = "print a completion script",
    .examples = examples,
    .run = run_completion,
};
