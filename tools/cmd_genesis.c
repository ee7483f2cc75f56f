/* cmd_genesis.c: the document a chain begins with. */
#include <errno.h>
#include <sys/stat.h>

#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/genesis_fill.h"

enum { OPTION_KEYS = OPTION_FIRST, OPTION_NEW_KEYS };

static void print_genesis(struct tool *t, const struct genesis *g) {
    say(t, "%s%s%s\n  链编号    %s\n  域名      %s\n  创建时间  %s\n",
        "%s%s%s\n  chain id  %s\n  domain    %s\n  created   %s\n", paint(t, PAINT_STRONG),
        shown(t, g->rest.title), paint(t, PAINT_PLAIN), hex_text(t, g->chain_id.b),
        shown(t, g->set.domain), time_text(t, g->rest.created_ms));
    say(t, "\n验证节点 %u 个，法定多数 %u 个：\n", "\n%u validators, %u of them suffice:\n",
        g->set.count, quorum(g->set.count));
    for (uint32_t i = 0; i < g->set.count; i++)
        printf("  %2u  %s\n", i, shown(t, g->set.validators[i].name));
    say(t, "\n成员 %u 个：\n", "\n%u members:\n", g->rest.members_count);
    for (uint32_t i = 0; i < g->rest.members_count; i++) {
        const struct genesis_member *m = &g->rest.members[i];
        printf("  ");
        print_padded(shown(t, m->subject), 30);
        printf("%s", shown(t, m->name));
        for (uint32_t bit = 1; bit <= MEMBER_ROLES_ALL; bit <<= 1)
            if (m->roles & bit) printf(" [%s]", role_name(bit, t->lang));
        say(t, "  公钥 %u 个\n", "  %u keys\n", m->keys_count);
    }
    for (uint32_t i = 0; i < g->rest.thresholds_count; i++)
        say(t, "行为 %u 需要 %u 项批准\n", "act %u needs %u approvals\n", g->rest.thresholds[i].act,
            g->rest.thresholds[i].approvals);
}

static void print_result(struct tool *t, const struct genesis *g) {
    struct buffer out CLEANUP(buffer_free) = {0};
    if (!t->json) {
        print_genesis(t, g);
        return;
    }
    buffer_init(&out, 4 * GENESIS_BYTES_MAX);
    genesis_json(g, &out);
    json_print(&out);
}

static int run_make(struct tool *t, const struct arguments *a) {
    struct buffer file CLEANUP(buffer_free) = {0};
    struct genesis_fill how = {.keys = argument(a, OPTION_KEYS),
                               .new_keys = argument(a, OPTION_NEW_KEYS) != NULL,
                               .created_ms = now_ms()};
    const char *path = argument(a, 'o');
    struct genesis *g = NULL;
    struct refusal refusal;
    struct stat st;
    if (path == NULL)
        return fail(t, EXIT_USAGE, "help genesis make", "缺少 -o 文件", "-o FILE is missing");
    if (how.new_keys && how.keys == NULL)
        return fail(t, EXIT_USAGE, "help genesis make", "--new-keys 需要 --keys 目录",
                    "--new-keys wants --keys DIR");
    if (stat(path, &st) == 0)
        return fail(t, EXIT_REFUSED, format(t, "genesis show %s", path),
                    "%s 已存在；创世文件从不覆盖", "%s exists; a genesis file is never replaced",
                    path);
    buffer_init(&file, GENESIS_BYTES_MAX);
    int code = genesis_fill(t, a->words[0], &how, &file);
    if (code) return code;
    if (genesis_parse(buffer_span(&file), &g, &refusal))
        return fail_refusal(t, EXIT_REFUSED, "help genesis make", a->words[0], &refusal);
    code = file_write(t, path, buffer_span(&file));
    if (code == EXIT_OK) {
        print_result(t, g);
        for (uint32_t i = 0; i < g->rest.members_count; i++)
            if (g->rest.members[i].keys_count == 0)
                remark(
                    t, "注意：成员 %s 没有公钥，须由主管机构登记后才能提交\n",
                    "note: member %s has no key; it cannot submit before an authority adds one\n",
                    shown(t, g->rest.members[i].subject));
    }
    genesis_free(g);
    return code;
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct genesis *g = NULL;
    int code = genesis_read(t, a->words[0], &g);
    if (code) return code;
    print_result(t, g);
    genesis_free(g);
    return EXIT_OK;
}

static const struct option_row make_options[] = {
    {"output", 'o', "FILE", "写出创世文件（绝不覆盖）",
     "the genesis file to write (never replaced)"},
    {"keys", OPTION_KEYS, "DIR",
     "文档未写明的公钥取自 DIR/validators/名称.pub|.key 与 DIR/members/主体.pub|.key",
     "keys the document leaves out come from DIR/validators/NAME.pub|.key and "
     "DIR/members/SUBJECT.pub|.key"},
    {"new-keys", OPTION_NEW_KEYS, NULL, "缺少的密钥文件当场生成（试验网）",
     "make the key files that are missing (for a devnet)"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row make_examples[] = {
    {"genesis make lucheng.json --keys public/ -o genesis", "由各方交来的公钥制作创世文件",
     "make a genesis file from the public keys everybody handed in"},
    {"genesis make lucheng.json --keys keys/ --new-keys -o genesis", "试验网：同时生成所有密钥",
     "for a devnet: make all the keys as well"},
    {NULL, NULL, NULL},
};
const struct command cmd_genesis_make = {
    .name = "genesis make",
    .words = "DOCUMENT.json",
    .words_min = 1,
    .words_max = 1,
    .zh = "由 JSON 文档制作创世文件",
    .en = "make a genesis file from a JSON document",
    .options = make_options,
    .examples = make_examples,
    .more_zh =
        "创世文件的摘要就是链编号：各验证节点必须使用同一个文件，验证证明的人只需记住链编号。",
    .more_en = "The digest of the genesis file is the chain id: all validators use the same file, "
               "and who verifies proofs needs to remember the chain id only.",
    .run = run_make,
};

static const struct example_row show_examples[] = {
    {"genesis show genesis", "显示链编号、验证节点与成员", "chain id, validators and members"},
    {"genesis show genesis --json", "还原为 JSON 文档", "the JSON document again"},
    {NULL, NULL, NULL},
};
const struct command cmd_genesis_show = {
    .name = "genesis show",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "显示创世文件",
    .en = "show a genesis file",
    .examples = show_examples,
    .run = run_show,
};
