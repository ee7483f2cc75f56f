/* cmd_verify.c: the proof alone, with nothing but the chain id: no node, no clock, no network. */
#include <string.h>

#include "ledger/proof.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/statement.h"

enum { OPTION_OPENINGS = OPTION_FIRST };

static int run_verify(struct tool *t, const struct arguments *a) {
    struct buffer bundle CLEANUP(buffer_free) = {0};
    struct digest chain_id;
    const char *path = a->words[0];
    int code = chain_id_of_arguments(t, a, &chain_id);
    if (code) return code;
    buffer_init(&bundle, PROOF_BYTES_MAX);
    code = file_read(t, path, &bundle);
    return code ? code
                : proof_report(t, path, buffer_span(&bundle), &chain_id, chain_genesis_hint(t, a), NULL,
                               argument(a, OPTION_OPENINGS));
}

static const struct option_row options[] = {
    {"openings", OPTION_OPENINGS, "FILE", "打开隐藏值的文件；与证明所披露的承诺值核对",
     "what opens hidden values; checked against the commitments that the proof discloses"},
    CHAIN_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"verify box.syp --genesis genesis", "离线验证；创世文件给出链编号",
     "check it offline; the genesis file gives the chain id"},
    {"verify box.syp --chain-id f5b4f2cd0a86c906aa510fb886ea0be430a73a9b9282796287b391e97291f128",
     "只凭链编号", "by the chain id alone"},
    {"proof get thing https://id.gs1.org/01/06901234567892/21/0001 -o - | suyuan verify - "
     "--genesis genesis",
     "取得后立即验证", "check it as it comes"},
    {"verify record.syp --openings price.json --genesis genesis", "连同打开的隐藏值一起核对",
     "with the hidden values that were opened"},
    {NULL, NULL, NULL},
};
const struct command cmd_verify = {
    .name = "verify",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "离线验证证明文件",
    .en = "check a proof, offline",
    .options = options,
    .examples = examples,
    .more_zh = "证明为真时用文字说明它证明了什么，并返回 0；为假时指出哪里不符，并返回 "
               "4。任何一个字节被改动，证明即为假。",
    .more_en = "A true proof is put into words, and 0 returned; a false one is refused by name, "
               "and 4 returned. Changing any byte makes it false.",
    .run = run_verify,
};
