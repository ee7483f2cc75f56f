#include "tools/chain.h"

#include <stdlib.h>
#include <string.h>

const struct option_row chain_options[] = {CHAIN_OPTIONS, {NULL, 0, NULL, NULL, NULL}};

int genesis_read(struct tool *t, const char *path, struct genesis **ret) {
    struct buffer file CLEANUP(buffer_free) = {0};
    struct refusal refusal;
    buffer_init(&file, GENESIS_BYTES_MAX);
    int code = file_read(t, path, &file);
    if (code) return code;
    if (genesis_parse(buffer_span(&file), ret, &refusal))
        return fail_refusal(t, EXIT_REFUSED, "help genesis make", path, &refusal);
    return EXIT_OK;
}

/* The option, or the environment where the command line says nothing of the kind at all. */
static const char *given(const struct arguments *a, int key, const char *variable) {
    const char *value = argument(a, key);
    if (value != NULL || argument(a, OPTION_GENESIS) != NULL ||
        argument(a, OPTION_CHAIN_ID) != NULL)
        return value;
    value = getenv(variable);
    return value != NULL && value[0] != 0 ? value : NULL;
}

const char *chain_genesis_file(const struct arguments *a) {
    return given(a, OPTION_GENESIS, "SUYUAN_GENESIS");
}

const char *chain_genesis_hint(struct tool *t, const struct arguments *a) {
    const char *file = chain_genesis_file(a);
    return file ? shell_word(t, file) : "genesis";
}

static int chain_id_text(struct tool *t, const char *text, struct digest *ret) {
    if (hex_decode(text, strlen(text), ret->b, sizeof ret->b) == OK) return EXIT_OK;
    return fail(t, EXIT_USAGE, "genesis show genesis", "链编号应为 64 位小写十六进制：%s",
                "a chain id is 64 lower-case hex digits: %s", shown(t, span_text(text)));
}

static int differ(struct tool *t, const struct digest *wanted, const struct digest *found) {
    return fail(t, EXIT_REFUSED, "genesis show genesis", "链编号不符：要求 %s，实际 %s",
                "another ledger: wanted %s, found %s", hex_text(t, wanted->b),
                hex_text(t, found->b));
}

/* *ret_id is set when *ret_known; *ret_genesis when a file was named. */
static int chain_given(struct tool *t, const struct arguments *a, struct genesis **ret_genesis,
                       struct digest *ret_id, bool *ret_known) {
    const char *file = chain_genesis_file(a), *id = given(a, OPTION_CHAIN_ID, "SUYUAN_CHAIN_ID");
    *ret_genesis = NULL;
    *ret_known = file != NULL || id != NULL;
    if (id != NULL) {
        int code = chain_id_text(t, id, ret_id);
        if (code) return code;
    }
    if (file == NULL) return EXIT_OK;
    struct genesis *g = NULL;
    int code = genesis_read(t, file, &g);
    if (code) return code;
    if (id != NULL && !digest_equal(ret_id, &g->chain_id)) {
        code = differ(t, ret_id, &g->chain_id);
        genesis_free(g);
        return code;
    }
    *ret_id = g->chain_id;
    *ret_genesis = g;
    return EXIT_OK;
}

int chain_id_of_arguments(struct tool *t, const struct arguments *a, struct digest *ret) {
    struct genesis *g = NULL;
    bool known = false;
    int code = chain_given(t, a, &g, ret, &known);
    genesis_free(g);
    if (code || known) return code;
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name),
                "缺少 --genesis 或 --chain-id：没有链编号就无从验证",
                "--genesis or --chain-id is missing: without the chain id nothing can be checked");
}

int chain_genesis(struct node *n, const struct arguments *a, struct genesis **ret) {
    struct tool *t = n->tool;
    struct genesis *g = NULL;
    struct digest id;
    struct refusal refusal;
    bool known = false;
    int code = chain_given(t, a, &g, &id, &known);
    if (code) return code;
    if (g == NULL) {
        code = node_get(n, "/v1/genesis", "application/msgpack", NULL);
        if (code) return code;
        if (genesis_parse(buffer_span(&n->answer.body), &g, &refusal))
            return fail_refusal(t, EXIT_BROKEN, "status", "/v1/genesis", &refusal);
    }
    if (known && !digest_equal(&id, &g->chain_id)) {
        code = differ(t, &id, &g->chain_id);
        genesis_free(g);
        return code;
    }
    *ret = g;
    return EXIT_OK;
}
