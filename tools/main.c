/* main.c: the command table, and how a command line reaches its row. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/commands.h"
#include "tools/http_client.h"

/* In the order help shows them. */
/* clang-format off: one a line */
static const struct command *const commands[] = {
    &cmd_submit,
    &cmd_outbox_list,
    &cmd_outbox_flush,
    &cmd_record_show,
    &cmd_open,
    &cmd_delete,
    &cmd_trace,
    &cmd_proof_get,
    &cmd_verify,
    &cmd_cert_issue,
    &cmd_cert_revoke,
    &cmd_cert_show,
    &cmd_cert_list,
    &cmd_cert_check,
    &cmd_cert_print,
    &cmd_cert_type,
    &cmd_member_list,
    &cmd_member_show,
    &cmd_member_admit,
    &cmd_member_suspend,
    &cmd_member_key_add,
    &cmd_member_key_revoke,
    &cmd_member_approve,
    &cmd_member_submit,
    &cmd_status,
    &cmd_checkpoint_show,
    &cmd_checkpoint_policy,
    &cmd_key_new,
    &cmd_key_show,
    &cmd_genesis_make,
    &cmd_genesis_show,
    &cmd_epcis_hash,
    &cmd_code_pack,
    &cmd_code_labels,
    &cmd_code_packs,
    &cmd_code_show,
    &cmd_code_claim,
    &cmd_code_void,
    &cmd_code_convert,
    &cmd_code_check,
    &cmd_flow_rule,
    &cmd_flow_party,
    &cmd_flow_yield,
    &cmd_recall_plan,
    &cmd_recall_drill,
    &cmd_recall_order,
    &cmd_recall_lift,
    &cmd_scan_report,
    &cmd_scan_show,
    &cmd_scan_anchor,
    &cmd_scan_check,
    &cmd_gateway_run,
    &cmd_gateway_simulate,
    &cmd_gateway_prove,
    &cmd_bench,
    &cmd_devnet_up,
    &cmd_devnet_down,
    &cmd_devnet_status,
    &cmd_devnet_kill,
    &cmd_devnet_start,
    &cmd_completion,
    &cmd_version,
    &cmd_help,
    NULL,
};
/* clang-format on */

/* Chinese unless the environment names another language: setlocale knows no zh_CN on a minimal
 * Debian, so the names are read as they are. "C" and "POSIX" name none. */
static enum lang lang_of_environment(void) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value == NULL || value[0] == 0) continue;
        bool none =
            strcmp(value, "C") == 0 || strncmp(value, "C.", 2) == 0 || strcmp(value, "POSIX") == 0;
        return none || strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
    }
    return LANG_ZH;
}

static void nodes_of_environment(struct tool *t) {
    const char *value = getenv("SUYUAN_NODE");
    char *copy = value ? strdup(format(t, "%s", value)) : NULL, *state = NULL;
    t->nodes_count = 0;
    for (char *word = copy ? strtok_r(copy, " ", &state) : NULL;
         word != NULL && t->nodes_count < NODES_MAX; word = strtok_r(NULL, " ", &state))
        t->nodes[t->nodes_count++] = format(t, "%s", word);
    free(copy);
    if (t->nodes_count == 0) t->nodes[t->nodes_count++] = "http://127.0.0.1:7780";
}

/* A complaint about what stands before --json is JSON as well. */
static bool asks_json(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0) return true;
    return false;
}

/* No command, or half of one: what there is, on standard error unless it was asked for. */
static int incomplete(struct tool *t, const char *group) {
    if (t->json)
        return fail(t, EXIT_USAGE, group ? format(t, "help %s", group) : "help", "缺少命令",
                    "a command is missing");
    t->colour = false;
    if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return EXIT_USAGE;
    if (group == NULL) help_all(t);
    return group == NULL || help_group(t, group) ? EXIT_USAGE : EXIT_BROKEN;
}

static bool is_group(const struct tool *t, const char *word) {
    size_t len = strlen(word);
    for (size_t i = 0; t->commands[i] != NULL; i++)
        if (strncmp(t->commands[i]->name, word, len) == 0 && t->commands[i]->name[len] == ' ')
            return true;
    return false;
}

static int dispatch(struct tool *t, int argc, char **argv) {
    int next = 0, words = 0;
    bool done = false;
    t->json = asks_json(argc, argv);
    if (!arguments_global(t, argc, argv, &next, &done)) return EXIT_USAGE;
    argc -= next;
    argv += next;
    if (done || argc == 0) {
        if (!done) return incomplete(t, NULL);
        help_all(t);
        return EXIT_OK;
    }
    t->command = command_find(commands, argc, argv, &words);
    if (t->command == NULL) {
        bool group = is_group(t, argv[0]), word = argc > 1 && argv[1][0] != '-';
        if (argc == 2 && strcmp(argv[1], "--help") == 0 && help_group(t, argv[0])) return EXIT_OK;
        if (group && !word) return incomplete(t, argv[0]);
        return fail(t, EXIT_USAGE, group ? format(t, "help %s", argv[0]) : "help",
                    "没有这个命令：%s%s%s", "there is no such command: %s%s%s",
                    shown(t, span_text(argv[0])), group ? " " : "",
                    group ? shown(t, span_text(argv[1])) : "");
    }
    struct arguments a;
    if (!arguments_read(t, t->command, argc - words + 1, argv + words - 1, &a, &done))
        return EXIT_USAGE;
    if (done) {
        help_command(t, t->command);
        return EXIT_OK;
    }
    return t->command->run(t, &a);
}

int main(int argc, char **argv) {
    struct tool t = {.commands = commands, .lang = lang_of_environment()};
    arena_init(&t.arena, 1u << 30);
    nodes_of_environment(&t);
    t.terminal = isatty(STDERR_FILENO) == 1;
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    t.colour = isatty(STDOUT_FILENO) == 1 && (no_colour == NULL || no_colour[0] == 0) &&
               term != NULL && strcmp(term, "dumb") != 0;
    crypto_start();
    http_client_start();
    int code = dispatch(&t, argc, argv);
    /* A result that did not reach its file is no result. */
    if (fflush(stdout) != 0 && code == EXIT_OK) code = EXIT_BROKEN;
    http_client_stop();
    arena_free(&t.arena);
    return code;
}
