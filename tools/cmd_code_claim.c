/* cmd_code_claim.c: what becomes of a pack's codes: shown, claimed, voided; and which packs there are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ledger/result.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/pack_node.h"
#include "tools/proof_ask.h"
#include "trace/code_item.h"
#include "trace/identifier.h"

enum {
    OPTION_VERIFY = 'v',
    OPTION_GTIN = OPTION_FIRST,
    OPTION_INNER,
    OPTION_DIVISION,
    OPTION_PACK_FIRST,
    OPTION_PACK_LAST,
    OPTION_REASON,
    OPTION_LOT,
    OPTION_OF_SUBJECT,
};

static int usage(struct tool *t, const char *zh, const char *en, const char *text) {
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "%s：%s", "%s: %s",
                tr(t, zh, en), shown(t, span_text(text)));
}

/* -- show -- */

struct verdict_row {
    const char *word;
    enum tool_exit exit;
    enum paint paint;
    const char *zh, *en;
};
static const struct verdict_row verdicts[] = {
    {"genuine", EXIT_OK, PAINT_GOOD, "真码：由码包签发，未作废，未被认领",
     "genuine: issued with its pack, not void, not claimed"},
    {"claimed", EXIT_OK, PAINT_STRONG, "真码，但已被认领：若不是您本人认领的，这件商品可能是仿制或已售出的",
     "genuine, but claimed before: unless it was you, the piece may be a copy or was sold already"},
    {"void", EXIT_FALSE, PAINT_BAD, "该码已作废：贴着它的商品不应出售", "the code is void: nothing that carries it should be sold"},
    {"never_issued", EXIT_FALSE, PAINT_BAD, "从未发出过这个码：这是假码", "this code was never issued: it is false"},
    {"no_code", EXIT_FALSE, PAINT_BAD, "这个标识不是防伪码，没有码包会签发它", "this identifier is no code: no pack issues such"},
    {"cannot_tell", EXIT_UNKNOWN, PAINT_FAINT, "无法判断：这个节点没有该码包的叶子，请询问其他节点",
     "cannot tell: this node lacks the leaves of the pack; ask another"},
    {NULL, EXIT_BROKEN, PAINT_PLAIN, NULL, NULL},
};

static const struct verdict_row *verdict_find(struct span word) {
    for (size_t i = 0; verdicts[i].word != NULL; i++)
        if (span_is(word, verdicts[i].word)) return &verdicts[i];
    return NULL;
}

static void claim_print(struct tool *t, struct span claim) {
    say(t, "认领    %s，%s（账本高度 %" PRIu64 "）\n", "claimed %s, %s (ledger height %" PRIu64 ")\n",
        time_text(t, map_uint(claim, "time_ms")), division_shown(t, map_text(claim, "division")), map_uint(claim, "height"));
}

/* What the codes of a pack are backed by. */
static void backing_print(struct tool *t, struct span pack) {
    struct span lot = map_text(pack, "lot"), certificate = map_text(pack, "certificate");
    if (lot.len) say(t, "批次    %s\n", "lot     %s\n", shown(t, lot));
    if (certificate.len) say(t, "证书    %s\n", "cert.   %s\n", shown(t, certificate));
    if (lot.len == 0 && certificate.len == 0)
        say(t, "依据    没有：这个码包没有写明批次或证书，数量无从核对\n",
            "backing none: the pack names neither lot nor certificate, so nothing bounds how many there are\n");
}

static void code_print(struct tool *t, struct span s, const struct verdict_row *v) {
    struct span pack = map_get(s, "pack");
    printf("%s%s%s\n", paint(t, v->paint), tr(t, v->zh, v->en), paint(t, PAINT_PLAIN));
    printf("%s\n", shown(t, map_text(s, "canonical")));
    if (map_has(s, "claim")) claim_print(t, map_get(s, "claim"));
    if (map_bool(s, "voided") && !span_is(map_text(s, "verdict"), "void"))
        say(t, "该序号已作废\n", "its index is void\n");
    if (!map_has(s, "pack")) return;
    if (span_is(map_text(s, "issued"), "no")) {
        say(t, "序列号冒用了码包 %s\n", "its serial pretends to be of pack %s\n", shown(t, map_text(pack, "pack")));
        return;
    }
    say(t, "码包    %s，第 %" PRIu64 " 个，共 %" PRIu64 " 个\n签发    %s，%s（账本高度 %" PRIu64 "）\n",
        "pack    %s, number %" PRIu64 " of %" PRIu64 "\nissued  by %s, %s (ledger height %" PRIu64 ")\n",
        shown(t, map_text(pack, "pack")), map_uint(s, "index") + 1, map_uint(pack, "count"),
        shown(t, map_text(pack, "subject")), time_text(t, map_uint(pack, "block_time_ms")), map_uint(pack, "height"));
    backing_print(t, pack);
}

/* A url, an EPC URN, or with --gtin a serial alone; as an identifier. */
static int word_read(struct tool *t, const struct arguments *a, const char **ret) {
    const char *word = a->words[0], *gtin = argument(a, OPTION_GTIN);
    *ret = word;
    if (strchr(word, ':') != NULL) return EXIT_OK;
    if (gtin == NULL || strlen(gtin) > CODE_GTIN_DIGITS || strspn(gtin, "0123456789") != strlen(gtin))
        return usage(t, "只给序列号时须用 --gtin 写明产品", "with a serial alone, --gtin says which product", word);
    *ret = format(t, "https://id.gs1.org/01/%.*s%s/21/%s", (int)(CODE_GTIN_DIGITS - strlen(gtin)), "00000000000000", gtin,
                  path_segment(t, span_text(word)));
    return EXIT_OK;
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    const struct verdict_row *v = NULL;
    const char *word;
    int code = word_read(t, a, &word);
    if (code) return code;
    node_open(t, &n);
    if (argument(a, OPTION_VERIFY) != NULL)
        return proof_ask(&n, a, proof_kind_find("code"), word, format(t, "code show %s", shell_word(t, word)));
    const char *path = format(t, "/v1/codes/%s", path_segment(t, span_text(word)));
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    /* Who lacks the leaves cannot tell: another may. */
    for (uint32_t i = 0; i < t->nodes_count && (v == NULL || v->exit == EXIT_UNKNOWN); i++) {
        if (i > 0) node_turn(&n);
        buffer_clear(&value);
        code = node_get_value(&n, path, NULL, &value);
        if (code) return code;
        v = verdict_find(map_text(buffer_span(&value), "verdict"));
        if (v == NULL)
            return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
    }
    if (t->json) {
        struct emit j;
        buffer_init(&out, 1 << 20);
        emit_begin(&j, &out);
        emit_value(&j, buffer_span(&value));
        emit_end(&j);
        json_print(&out);
    } else {
        code_print(t, buffer_span(&value), v);
        remark(t, "以上是节点的说法；自行验证：suyuan code show --verify --genesis %s %s\n",
               "This is what the node says; to check it: suyuan code show --verify --genesis %s %s\n", chain_genesis_hint(t, a),
               shell_word(t, word));
        if (v->exit == EXIT_OK && map_has(buffer_span(&value), "claim") == false)
            remark(t, "认领：suyuan code claim %s --inner 内码 --key FILE\n",
                   "to claim it: suyuan code claim %s --inner INNER --key FILE\n", shell_word(t, word));
    }
    return (int)v->exit;
}

/* -- claim -- */

static int inner_read(struct tool *t, const struct arguments *a, char ret[CODE_INNER_CHARS + 1]) {
    char line[CODE_TYPED_BYTES_MAX + 2];
    const char *text = argument(a, OPTION_INNER);
    if (text == NULL) return usage(t, "缺少", "missing", "--inner");
    bool good;
    if (strcmp(text, "-") == 0) {
        good = fgets(line, sizeof line, stdin) != NULL;
        if (good) line[strcspn(line, "\r\n")] = 0;
        good = good && code_inner_parse(span_text(line), ret);
        secret_wipe(line, sizeof line);
    } else {
        good = code_inner_parse(span_text(text), ret);
    }
    return good ? EXIT_OK
                : usage(t, "内码是刮开层下的 16 个字符，大小写、空格和短横都不要紧",
                        "the inner code is the 16 characters under the scratch layer; case, blanks and dashes do not matter", "--inner");
}

static int never_issued(struct tool *t, const char *word) {
    return fail(t, EXIT_FALSE, format(t, "code show %s", shell_word(t, word)), "从未发出过这个码，无法认领：%s",
                "this code was never issued and cannot be claimed: %s", shown(t, span_text(word)));
}

static int code_of_word(struct tool *t, const char *word, struct code *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&b, IDENTIFIER_BYTES_MAX);
    if (identifier_canonical(span_text(word), &b, &kind) != OK || !code_of_identifier(buffer_span(&b), ret))
        return never_issued(t, word);
    return EXIT_OK;
}

/* The claim, made against the leaf that stands in the pack: a wrong inner code is seen before anything is signed. */
static int claim_make(struct desk *d, const char *word, const struct code *c, const char *inner, struct span division,
                      struct claim *ret) {
    struct keypair keys CLEANUP(keypair_wipe) = {0};
    struct tool *t = d->node.tool;
    struct pack_known pack;
    struct pack_place place;
    int code = pack_ask(&d->node, c->pack_id, &pack);
    if (code == EXIT_NOT_FOUND || (code == EXIT_OK && c->index >= pack.count)) return never_issued(t, word);
    if (code == EXIT_OK) code = pack_fetch(&d->node, &pack, c->index, &place);
    if (code) return code;
    struct digest hash = code_hash(pack.subject, c);
    if (!digest_equal(&hash, &place.hash)) return never_issued(t, word);
    claim_key(c, inner, &keys);
    if (!pubkey_equal(&keys.public_key, &place.claim_key))
        return fail(t, EXIT_FALSE, format(t, "code show %s", shell_word(t, word)), "内码不是这个码的，请核对刮开层下的字符",
                    "the inner code is not this code's: look again under the scratch layer");
    *ret = (struct claim){.code = *c, .division = division, .key = keys.public_key, .path_count = place.path_count};
    memcpy(ret->path, place.path, sizeof ret->path);
    random_bytes(ret->nonce, sizeof ret->nonce);
    claim_sign(&keys, &d->genesis->chain_id, c, division, ret->nonce, &ret->signature);
    return EXIT_OK;
}

/* After a refusal: when and where the first claim was, as the node says. */
static void first_claim(struct desk *d, const char *word, struct emit *j) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct tool *t = d->node.tool;
    enum http_outcome outcome =
        node_ask(&d->node, format(t, "/v1/codes/%s", path_segment(t, span_text(word))), NULL);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (outcome != HTTP_ANSWERED || d->node.answer.status != 200 || node_value(&d->node, &value) != EXIT_OK ||
        !map_has(buffer_span(&value), "claim"))
        return;
    struct span claim = map_get(buffer_span(&value), "claim");
    if (t->json)
        emit_key_value(j, "first_claim", claim);
    else
        claim_print(t, claim);
}

static int claim_send(struct desk *d, struct outbox *outbox, const char *word, const struct claim *claim) {
    struct buffer fields CLEANUP(buffer_free) = {0}, identifier CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0},
        json CLEANUP(buffer_free) = {0};
    struct tool *t = d->node.tool;
    struct record_header draft = {.kind = RECORD_CLAIMS};
    struct desk_sent sent;
    struct emit j;
    buffer_init(&fields, 4096);
    buffer_init(&identifier, IDENTIFIER_BYTES_MAX);
    buffer_init(&wire, RECORD_BYTES_MAX);
    buffer_init(&json, 1 << 20);
    claim_fields(claim, &fields);
    code_identifier(&claim->code, &identifier);
    struct thing thing = thing_bare(ROLE_CODE, buffer_span(&identifier));
    struct item item = {.type = ITEM_CLAIM, .fields = buffer_span(&fields), .things = &thing, .things_count = 1};
    desk_record(d, &draft, &item, &wire);
    emit_begin(&j, &json);
    emit_object(&j);
    emit_key_text(&j, "code", buffer_span(&identifier));
    emit_key_hex(&j, "nonce", span_of(claim->nonce, sizeof claim->nonce));
    int code = desk_send(d, outbox, buffer_span(&wire), format(t, "code claim %s", word), &json, &j, &sent);
    if (sent.code == RESULT_CLAIMED) first_claim(d, word, &j);
    emit_object_end(&j);
    emit_end(&j);
    if (t->json) json_print(&json);
    if (code == EXIT_OK && !t->json) say(t, "已认领：%s\n", "claimed: %s\n", shown(t, buffer_span(&identifier)));
    return code;
}

static int run_claim(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    char inner[CODE_INNER_CHARS + 1];
    const char *word, *division = argument(a, OPTION_DIVISION) ? argument(a, OPTION_DIVISION) : "";
    struct outbox outbox;
    struct claim claim;
    struct code c;
    if (strlen(division) > CLAIM_DIVISION_DIGITS || strspn(division, "0123456789") != strlen(division))
        return usage(t, "--division 至多 6 位数字", "--division is at most 6 digits", division);
    int code = word_read(t, a, &word);
    if (code == EXIT_OK) code = code_of_word(t, word, &c);
    if (code == EXIT_OK) code = inner_read(t, a, inner);
    if (code == EXIT_OK) code = outbox_open(t, argument(a, OPTION_OUTBOX), &outbox);
    if (code == EXIT_OK) code = desk_open(t, a, true, &d);
    if (code == EXIT_OK) code = claim_make(&d, word, &c, inner, span_text(division), &claim);
    secret_wipe(inner, sizeof inner);
    return code ? code : claim_send(&d, &outbox, word, &claim);
}

/* -- void -- */

static int run_void(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct buffer fields CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct codes_voided v;
    struct desk_sent sent;
    struct outbox outbox;
    struct record_header draft = {.kind = RECORD_PACKS};
    uint64_t first, last, reason;
    const char *pack = a->words[0];
    if (!pack_id_valid(span_text(pack)))
        return usage(t, "码包编号如 06901234567892/K7M2Q", "a pack id is as 06901234567892/K7M2Q", pack);
    if (argument(a, OPTION_PACK_FIRST) == NULL) return usage(t, "缺少", "missing", "--first N");
    if (!argument_number(t, a, OPTION_PACK_FIRST, 0, PACK_CODES_MAX - 1, 0, &first) ||
        !argument_number(t, a, OPTION_PACK_LAST, first, PACK_CODES_MAX - 1, first, &last) ||
        !argument_number(t, a, OPTION_REASON, 0, UINT16_MAX, 0, &reason))
        return EXIT_USAGE;
    int code = outbox_open(t, argument(a, OPTION_OUTBOX), &outbox);
    if (code == EXIT_OK) code = desk_open(t, a, true, &d);
    if (code) return code;
    v = (struct codes_voided){.first = (uint32_t)first, .last = (uint32_t)last, .reason = (uint16_t)reason};
    memcpy(v.pack_id, pack, sizeof v.pack_id);
    buffer_init(&fields, 1024);
    buffer_init(&wire, RECORD_BYTES_MAX);
    codes_voided_fields(&v, &fields);
    struct item item = {.type = ITEM_CODES_VOIDED, .fields = buffer_span(&fields)};
    desk_record(&d, &draft, &item, &wire);
    return desk_send(&d, &outbox, buffer_span(&wire), format(t, "code void %s %u-%u", pack, v.first, v.last), NULL, NULL,
                     &sent);
}

/* -- packs -- */

static void pack_print(struct tool *t, struct span p) {
    uint64_t voided = map_uint(p, "voided_codes");
    printf("%s%s%s  ", paint(t, PAINT_STRONG), shown(t, map_text(p, "pack")), paint(t, PAINT_PLAIN));
    say(t, "%" PRIu64 " 个码%s  %s  %s\n", "%" PRIu64 " codes%s  %s  %s\n", map_uint(p, "count"),
        voided ? format(t, tr(t, "（作废 %" PRIu64 "）", " (%" PRIu64 " void)"), voided) : "",
        shown(t, map_text(p, "subject")), time_text(t, map_uint(p, "block_time_ms")));
    if (map_text(p, "lot").len) say(t, "    批次 %s\n", "    lot %s\n", shown(t, map_text(p, "lot")));
    if (map_text(p, "certificate").len)
        say(t, "    证书 %s\n", "    certificate %s\n", shown(t, map_text(p, "certificate")));
}

static int packs_path(struct tool *t, const struct arguments *a, const char **ret) {
    const char *subject = argument(a, OPTION_OF_SUBJECT), *gtin = argument(a, OPTION_GTIN), *lot = argument(a, OPTION_LOT);
    if ((subject != NULL) + (gtin != NULL) + (lot != NULL) != 1)
        return usage(t, "须给出 --subject、--gtin、--lot 之一", "one of --subject, --gtin, --lot is needed", "");
    if (subject != NULL) {
        *ret = format(t, "/v1/members/%s/packs", path_segment(t, span_text(subject)));
        return EXIT_OK;
    }
    if (gtin != NULL && (strlen(gtin) > CODE_GTIN_DIGITS || strspn(gtin, "0123456789") != strlen(gtin)))
        return usage(t, "--gtin 须为 8 至 14 位数字", "--gtin is 8 to 14 digits", gtin);
    const char *thing = lot ? lot
                            : format(t, "https://id.gs1.org/01/%.*s%s", (int)(CODE_GTIN_DIGITS - strlen(gtin)),
                                     "00000000000000", gtin);
    *ret = format(t, "/v1/things/%s/packs", path_segment(t, span_text(thing)));
    return EXIT_OK;
}

static int run_packs(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct emit j;
    const char *path = "";
    uint64_t next = 0, count = 0;
    int code = packs_path(t, a, &path);
    if (code) return code;
    node_open(t, &n);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    buffer_init(&out, 64 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key(&j, "packs");
    emit_list(&j);
    do {
        struct span p;
        uint64_t before = next;
        buffer_clear(&value);
        code = node_get_value(&n, next ? format(t, "%s?cursor=%" PRIu64, path, next) : path, NULL, &value);
        if (code) return code;
        for (struct list l = list_open(map_get(buffer_span(&value), "packs")); list_next(&l, &p); count++)
            if (t->json)
                emit_value(&j, p);
            else
                pack_print(t, p);
        next = map_uint(buffer_span(&value), "next");
        if (next != 0 && next <= before)
            return fail(t, EXIT_BROKEN, "status", "节点的分页游标不前进", "the node's cursor does not advance");
    } while (next != 0 && !out.overflow);
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    if (t->json) json_print(&out);
    remark(t, "共 %" PRIu64 " 个码包\n", "%" PRIu64 " packs\n", count);
    return EXIT_OK;
}

/* -- the rows -- */

#define GTIN_OPTION                                                                                                    \
    {"gtin", OPTION_GTIN, "GTIN", "产品的 GTIN（只给序列号时）", "GTIN of the product, when the word is a serial alone"}
#define NO_MORE {NULL, 0, NULL, NULL, NULL}

static const struct option_row show_options[] = {
    GTIN_OPTION,
    {"verify", OPTION_VERIFY, NULL, "取证明并验证，只显示证明所证明的内容", "get the proof, check it, and print only what it proves"},
    CHAIN_OPTIONS,
    NO_MORE,
};
static const struct example_row show_examples[] = {
    {"code show https://id.example.cn/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H", "扫码所得的网址", "the address that a scan gives"},
    {"code show K7M2Q003F9XW4T0BRN2H --gtin 6901234567892", "只有序列号", "a serial alone"},
    {"code show https://id.example.cn/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H --verify --genesis genesis", "不信节点，凭证明",
     "by its proof, not the node's word"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_show = {
    .name = "code show",
    .words = "URL|SERIAL",
    .words_min = 1,
    .words_max = 1,
    .zh = "一个防伪码是真是假，是否作废或已被认领",
    .en = "whether a code is genuine, void, or claimed before",
    .options = show_options,
    .examples = show_examples,
    .more_zh = "真码返回 0（已被认领的也是真码），从未发出、已作废返回 4，节点没有叶子因而无法判断返回 6。\n"
               "加 --verify 时只信证明：证明为假或答非所问也返回 4，节点没有叶子因而给不出证明返回 5。",
    .more_en = "Returns 0 for a genuine code (claimed or not), 4 for one never issued or void, 6 when the nodes lack the leaves and cannot tell.\n"
               "With --verify the proof alone is believed: 4 also when it is false or answers another question, 5 when the nodes lack the leaves\n"
               "and cannot give one.",
    .run = run_show,
};

static const struct option_row claim_options[] = {
    {"inner", OPTION_INNER, "CODE|-", "刮开层下的内码；- 从标准输入读", "the inner code under the scratch layer; -: from standard input"},
    {"division", OPTION_DIVISION, "CODE", "认领所在的行政区划，至多 6 位", "administrative division of the claim, up to 6 digits"},
    GTIN_OPTION,
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    CHAIN_OPTIONS,
    NO_MORE,
};
static const struct example_row claim_examples[] = {
    {"code claim https://id.example.cn/01/06901234567892/21/K7M2Q003F9XW4T0BRN2H --inner 8Z3T-Q0M4-C1VN-W6XA --division 330302 --key "
     "shop.key",
     "认领一件商品", "claim a piece"},
    {"code claim K7M2Q003F9XW4T0BRN2H --gtin 6901234567892 --inner - --key shop.key", "内码从标准输入读，不留在命令历史中",
     "the inner code from standard input, not in the shell's history"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_claim = {
    .name = "code claim",
    .words = "URL|SERIAL",
    .words_min = 1,
    .words_max = 1,
    .zh = "凭内码认领一件商品",
    .en = "claim a piece by its inner code",
    .options = claim_options,
    .examples = claim_examples,
    .more_zh = "认领由内码导出的密钥签名；任何成员的密钥都可以把它送上账本。一个码只能认领一次：再次认领被拒绝，并说明首次认领的时间和地区。",
    .more_en = "A claim is signed by the key that follows from the inner code; any member's key may carry it to the ledger. A code is claimed once: "
               "a second claim is refused,\nand says when and in which division the first one was.",
    .run = run_claim,
};

static const struct option_row void_options[] = {
    {"first", OPTION_PACK_FIRST, "N", "首序号，从 0 起", "first index, from 0"},
    {"last", OPTION_PACK_LAST, "N", "末序号（含），缺省同首序号", "last index, included (default: the first)"},
    {"reason", OPTION_REASON, "N", "原因编号", "number of the reason"},
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    CHAIN_OPTIONS,
    NO_MORE,
};
static const struct example_row void_examples[] = {
    {"code void 06901234567892/K7M2Q --first 0 --last 99 --reason 7 --key factory.key", "一卷标签丢了：作废 100 个码",
     "a roll of labels was lost: 100 codes are void"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_void = {
    .name = "code void",
    .words = "PACK",
    .words_min = 1,
    .words_max = 1,
    .zh = "作废码包的一段（签发者或主管机构）",
    .en = "void a range of a pack (its issuer, or an authority)",
    .options = void_options,
    .examples = void_examples,
    .run = run_void,
};

static const struct option_row packs_options[] = {
    {"subject", OPTION_OF_SUBJECT, "ID", "由这个主体签发", "issued by this subject"},
    {"gtin", OPTION_GTIN, "GTIN", "这个产品的，有无批次皆列", "of this product, with lots and without"},
    {"lot", OPTION_LOT, "IDENTIFIER", "这个批次的（批次的标识）", "of this lot (its identifier)"},
    NO_MORE,
};
static const struct example_row packs_examples[] = {
    {"code packs --gtin 6901234567892", "一个产品的全部码包", "all packs of a product"},
    {"code packs --lot https://id.gs1.org/01/06972230100017/10/YM20260612 --json", "一个批次的", "of a lot"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_packs = {
    .name = "code packs",
    .zh = "列出码包",
    .en = "list code packs",
    .options = packs_options,
    .examples = packs_examples,
    .run = run_packs,
};
