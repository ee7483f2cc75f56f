/* cmd_checkpoint.c: the root that a quorum vouches for, and whose signatures suffice. */
#include <inttypes.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/map.h"

enum { OPTION_NOTE = OPTION_FIRST };

static bool cosignature_read(struct span entry, struct cosignature *c) {
    struct span first = map_text(entry, "cosignature"), second = map_text(entry, "log");
    size_t len = 0, log_len = 0;
    c->index = (uint8_t)map_uint(entry, "index");
    c->time_s = map_uint(entry, "time_s");
    return map_uint(entry, "index") <= UINT8_MAX &&
           base64_decode(first, c->cosignature.b, sizeof c->cosignature.b, &len) &&
           len == sizeof c->cosignature.b &&
           base64_decode(second, c->log.b, sizeof c->log.b, &log_len) && log_len == sizeof c->log.b;
}

/* Does what the node says hold under the validators' keys of this genesis? */
static bool checkpoint_holds(const struct genesis *g, struct span s) {
    struct attested a = {.height = map_uint(s, "height"),
                         .size = map_uint(s, "size"),
                         .as_of_s = map_uint(s, "as_of_s")};
    struct span entry;
    if (!map_digest(s, "root", &a.root) || !span_equal(map_text(s, "origin"), g->origin))
        return false;
    for (struct list l = list_open(map_get(s, "cosignatures")); list_next(&l, &entry);) {
        struct cosignature c = {.size = a.size, .root = a.root};
        if (a.count == VALIDATORS_MAX || !cosignature_read(entry, &c)) return false;
        a.cosignatures[a.count++] = c;
    }
    return attested_check(&a, &g->validators, g->origin) == OK;
}

static int checkpoint_print(struct tool *t, struct span s, const struct genesis *g) {
    struct span entry;
    say(t,
        "%s\n  高度      %" PRIu64 "\n  日志大小  %" PRIu64
        "\n  日志根    %s\n  截至      %s（此前定稿的内容无一遗漏）\n",
        "%s\n  height    %" PRIu64 "\n  log size  %" PRIu64
        "\n  log root  %s\n  as of     %s (nothing finalised before is missing)\n",
        shown(t, map_text(s, "origin")), map_uint(s, "height"), map_uint(s, "size"),
        shown(t, map_text(s, "root")), time_text(t, map_uint(s, "as_of_s") * 1000));
    for (struct list l = list_open(map_get(s, "cosignatures")); list_next(&l, &entry);)
        say(t, "  联署      %s  %s\n", "  cosigned  %s  %s\n", shown(t, map_text(entry, "name")),
            time_text(t, map_uint(entry, "time_s") * 1000));
    if (g == NULL)
        remark(t, "签名未核对；核对：suyuan checkpoint show --genesis FILE\n",
               "signatures not checked; to check: suyuan checkpoint show --genesis FILE\n");
    return EXIT_OK;
}

static int run_checkpoint_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0};
    struct genesis *g = NULL;
    const char *file = chain_genesis_file(a);
    int code = file ? genesis_read(t, file, &g) : EXIT_OK;
    if (code) return code;
    node_open(t, &n);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    code = node_get_value(&n, "/v1/checkpoint", NULL, &value);
    struct span s = buffer_span(&value);
    if (code == EXIT_OK && g != NULL && !checkpoint_holds(g, s)) {
        struct refusal refusal;
        (void)refusal_set(&refusal, ERR_COSIGNATURE, "%s", "");
        code = fail_refusal(t, EXIT_FALSE, "genesis show FILE", NULL, &refusal);
    } else if (code == EXIT_OK && argument(a, OPTION_NOTE) != NULL) {
        struct span note = map_text(s, "note");
        fwrite(note.data, 1, note.len, stdout);
    } else if (code == EXIT_OK && t->json) {
        json_print(&n.answer.body);
    } else if (code == EXIT_OK) {
        code = checkpoint_print(t, s, g);
        if (g != NULL)
            say(t, "%s签名已核对：法定多数成立%s\n", "%ssignatures checked: a quorum holds%s\n",
                paint(t, PAINT_GOOD), paint(t, PAINT_PLAIN));
    }
    genesis_free(g);
    return code;
}

/* The policy is a text for other people's tools; with --json it is the text within a JSON value. */
static int policy_print(struct tool *t, struct span policy) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    if (!t->json) return file_write(t, "-", policy);
    buffer_init(&out, 8 * policy.len + 64);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_text(&j, "policy", policy);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
    return EXIT_OK;
}

static int run_checkpoint_policy(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer out CLEANUP(buffer_free) = {0};
    struct genesis *g = NULL;
    int code;
    if (chain_genesis_file(a) != NULL) {
        code = genesis_read(t, chain_genesis_file(a), &g);
        if (code) return code;
        buffer_init(&out, 1 << 20);
        checkpoint_policy(&g->validators, g->origin, &out);
        genesis_free(g);
        return policy_print(t, buffer_span(&out));
    }
    node_open(t, &n);
    code = node_get(&n, "/v1/checkpoint/policy", "text/plain", NULL);
    return code ? code : policy_print(t, buffer_span(&n.answer.body));
}

static const struct option_row checkpoint_options[] = {
    {"note", OPTION_NOTE, NULL, "输出签名文本（C2SP signed note）", "the signed note (C2SP)"},
    {"genesis", OPTION_GENESIS, "FILE", "用创世文件核对签名",
     "check the signatures with the genesis file"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row checkpoint_examples[] = {
    {"checkpoint show --genesis genesis", "最新检查点，并核对联署",
     "the newest checkpoint, its cosignatures checked"},
    {"checkpoint show --note > checkpoint", "保存为凭据：日后可指证改写历史的节点",
     "keep it: a receipt that convicts whoever rewrites the past"},
    {NULL, NULL, NULL},
};
const struct command cmd_checkpoint_show = {
    .name = "checkpoint show",
    .zh = "显示最新检查点",
    .en = "show the newest checkpoint",
    .options = checkpoint_options,
    .examples = checkpoint_examples,
    .run = run_checkpoint_show,
};

static const struct option_row policy_options[] = {
    {"genesis", OPTION_GENESIS, "FILE", "由创世文件得出，不问节点",
     "from the genesis file, asking no node"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row policy_examples[] = {
    {"checkpoint policy --genesis genesis > policy", "供 C2SP 日志工具使用的策略",
     "the policy for C2SP log tools"},
    {NULL, NULL, NULL},
};
const struct command cmd_checkpoint_policy = {
    .name = "checkpoint policy",
    .zh = "显示 C2SP 策略：谁的签名足够",
    .en = "show the C2SP policy: whose signatures suffice",
    .options = policy_options,
    .examples = policy_examples,
    .run = run_checkpoint_policy,
};
