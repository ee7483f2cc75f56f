/* cmd_proof.c: proofs from a node, to be checked by anyone without it. */
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/node.h"
#include "tools/proof_ask.h"

enum { OPTION_ITEMS = OPTION_FIRST, OPTION_FORMAT };

/* What the node calls its forms, by the name people use here. */
static const struct {
    const char *name, *accept;
} forms[] = {{"proof", PROOF_ACCEPT},
             {"json", "application/json"},
             {"tlog", "text/plain"}};

static int run_get(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    const char *kind = a->words[0], *name = a->words[1], *output = argument(a, 'o'),
               *items = argument(a, OPTION_ITEMS);
    const char *form = argument(a, OPTION_FORMAT) ? argument(a, OPTION_FORMAT)
                       : t->json                  ? "json"
                                                  : "proof",
               *accept = NULL;
    const struct proof_kind *known = proof_kind_find(kind);
    bool record = known != NULL && known->question == PROOF_RECORD;
    if (known == NULL)
        return fail(t, EXIT_USAGE, "help proof get", "须为 record、thing、certificate 或 code：%s",
                    "record, thing, certificate or code, not: %s", shown(t, span_text(kind)));
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(forms[i].name, form) == 0 && (record || i < 2)) accept = forms[i].accept;
    if (accept == NULL)
        return fail(t, EXIT_USAGE, "help proof get", "没有这种格式：%s",
                    "there is no such form: %s", shown(t, span_text(form)));
    if (output == NULL && accept == forms[0].accept && isatty(STDOUT_FILENO))
        return fail(
            t, EXIT_USAGE, format(t, "proof get %s %s -o FILE", kind, shown(t, span_text(name))),
            "证明是二进制的，请用 -o 写入文件", "a proof is binary: write it to a file with -o");
    node_open(t, &n);
    const char *query = items ? format(t, "?items=%s", path_segment(t, span_text(items))) : "";
    const char *path = format(t, "%s%s", proof_path(t, known, name), query);
    int code = node_get(&n, path, accept,
                        record ? format(t, "record show %s", shown(t, span_text(name))) : NULL);
    if (code) return code;
    code = file_write(t, output ? output : "-", buffer_span(&n.answer.body));
    if (code == EXIT_OK && output != NULL && strcmp(output, "-") != 0)
        remark(t, "%zu 字节写入 %s\n验证：suyuan verify %s --genesis %s\n",
               "%zu bytes written to %s\ncheck it: suyuan verify %s --genesis %s\n",
               n.answer.body.len, output, shell_word(t, output), chain_genesis_hint(t, a));
    return code;
}

static const struct option_row options[] = {
    {"output", 'o', "FILE", "写入文件（- 为标准输出）", "the file to write (-: standard output)"},
    {"items", OPTION_ITEMS, "0,3", "只披露记录中的这些条目",
     "disclose only these items of the record"},
    {"format", OPTION_FORMAT, "FORM", "proof（默认）、json，或 tlog（记录；C2SP tlog-proof）",
     "proof (default), json, or tlog (of a record; C2SP tlog-proof)"},
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"proof get thing https://id.gs1.org/01/06972230100017/10/YM20260612 -o lot.syp",
     "一个批次的现状与完整历史", "a lot's state and complete history"},
    {"proof get record 0dd8dc4b6df3faf5af628c06e7e39abf964c91a3049b485d2f712096c9e7b8d3 --items 1 "
     "-o event.syp",
     "一条记录，只披露其中一个事件", "a record, disclosing one event of it"},
    {"proof get certificate lucheng.shoe-association/XG-2026-0001 -o certificate.syp",
     "一张证书：写了什么、是否有效", "a certificate: what it says, and whether it stands"},
    {"proof get code https://id.gs1.org/01/06972232100019/21/00A0G0000RANDMSERIAL -o code.syp",
     "一个码：是否发出过、作废、认领", "a code: was it issued, voided, claimed"},
    {NULL, NULL, NULL},
};
const struct command cmd_proof_get = {
    .name = "proof get",
    .words = "record ID | thing ITEM | certificate ID | code ITEM",
    .words_min = 2,
    .words_max = 2,
    .zh = "取得可独立验证的证明",
    .en = "get a proof that checks alone",
    .options = options,
    .examples = examples,
    .more_zh = "对从未出现过的物品得到的是“不存在”的证明。",
    .more_en = "Of a thing that never appeared you get a proof of its absence.",
    .run = run_get,
};
