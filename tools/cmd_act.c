/* cmd_act.c: governance acts: drafted, approved, submitted. One authority's signature suffices
 * unless genesis wants more; then the draft goes from desk to desk as a file. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/act_draft.h"
#include "tools/act_run.h"
#include "tools/chain.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/signer.h"
#include "trace/rfc3339.h"

enum {
    OPTION_NAME = OPTION_FIRST,
    OPTION_ROLES,
    OPTION_DIVISION,
    OPTION_PUBLIC,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_REASON,
};

static int usage(struct tool *t, const char *zh, const char *en, const char *text) {
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "%s：%s", "%s: %s",
                tr(t, zh, en), shown(t, span_text(text)));
}

/* -- the act from the command line -- */

static int roles_read(struct tool *t, const char *text, uint32_t *ret) {
    uint32_t roles = 0;
    if (text == NULL)
        return usage(t, "缺少 --roles", "--roles is missing",
                     "authority,producer,processor,carrier,retailer,certifier,device,auditor");
    for (const char *at = text; *at != 0;) {
        size_t len = strcspn(at, ",");
        uint32_t bit = role_by_name(span_of(at, len));
        if (bit == 0)
            return usage(t,
                         "没有这种角色（authority、producer、processor、carrier、retailer、certifie"
                         "r、device、auditor）",
                         "there is no such role (authority, producer, processor, carrier, "
                         "retailer, certifier, device, auditor)",
                         at);
        roles |= bit;
        at += len + (at[len] == ',' ? 1 : 0);
    }
    *ret = roles;
    return EXIT_OK;
}

static int time_read(struct tool *t, const char *text, uint64_t *ret) {
    int64_t ms = 0;
    *ret = 0;
    if (text == NULL) return EXIT_OK;
    if (!rfc3339_ms(span_text(text), &ms) || ms < 0)
        return usage(t, "时间应如 2026-12-31T00:00:00+08:00",
                     "a time is written 2026-12-31T00:00:00+08:00", text);
    *ret = (uint64_t)ms;
    return EXIT_OK;
}

/* 64 hex digits, or a file that `key show --json` wrote. */
static int public_key_read(struct tool *t, const char *text, struct pubkey *ret) {
    struct public_keys keys;
    if (hex_decode(text, strlen(text), ret->b, sizeof ret->b) == OK)
        return key_valid(ret)
                   ? EXIT_OK
                   : usage(t, "不是有效的 Ed25519 公钥", "not a valid Ed25519 key", text);
    int code = public_keys_read(t, text, &keys);
    if (code == EXIT_OK) *ret = keys.record;
    return code;
}

static int keys_read(struct tool *t, const struct arguments *a, const char *only, struct act *act) {
    uint64_t from, until;
    uint32_t at = 0;
    int code = time_read(t, argument(a, OPTION_FROM), &from);
    if (code == EXIT_OK) code = time_read(t, argument(a, OPTION_UNTIL), &until);
    if (code) return code;
    act->keys = arena_alloc(&t->arena, ACT_KEYS_MAX, sizeof *act->keys);
    CHECK(act->keys != NULL);
    for (const char *text = only ? only : argument_next(a, OPTION_PUBLIC, &at);
         text != NULL && code == EXIT_OK;
         text = only ? NULL : argument_next(a, OPTION_PUBLIC, &at)) {
        struct member_key *k = &act->keys[act->keys_count];
        if (act->keys_count == ACT_KEYS_MAX) return usage(t, "公钥过多", "too many keys", text);
        *k = (struct member_key){.from_ms = from, .until_ms = until};
        code = public_key_read(t, text, &k->key);
        act->keys_count++;
    }
    return code;
}

static int subject_read(struct tool *t, const char *text, struct act *act) {
    act->subject = span_text(text);
    return subject_id_valid(act->subject)
               ? EXIT_OK
               : usage(t, "主体编号须为 1 至 64 个字符 A-Z a-z 0-9 . _ : -",
                       "a subject id is 1 to 64 of A-Z a-z 0-9 . _ : -", text);
}

static int reason_read(struct tool *t, const struct arguments *a, struct act *act) {
    uint64_t reason;
    if (!argument_number(t, a, OPTION_REASON, 0, UINT16_MAX, 0, &reason)) return EXIT_USAGE;
    act->reason = (uint16_t)reason;
    return EXIT_OK;
}

static int admit_read(struct tool *t, const struct arguments *a, struct act *act) {
    const char *name = argument(a, OPTION_NAME), *division = argument(a, OPTION_DIVISION);
    int code = subject_read(t, a->words[0], act);
    if (code == EXIT_OK && (name == NULL || strlen(name) == 0 || strlen(name) > NAME_BYTES_MAX ||
                            !span_is_utf8(span_text(name))))
        code = usage(t, "--name 须为 1 至 256 字节", "--name is 1 to 256 bytes", name ? name : "");
    act->name = span_text(name ? name : "");
    act->division = span_text(division ? division : "");
    if (code == EXIT_OK && !division_valid(act->division))
        code = usage(t, "区划代码为至多 12 位数字", "a division is up to 12 digits", division);
    if (code == EXIT_OK) code = roles_read(t, argument(a, OPTION_ROLES), &act->roles);
    return code ? code : keys_read(t, a, NULL, act);
}

/* -- signing and sending -- */

static int draft_submit(struct tool *t, const struct arguments *a, struct desk *d,
                        const struct act_draft *draft) {
    struct buffer wire CLEANUP(buffer_free) = {0};
    struct outbox outbox;
    struct item item;
    struct desk_sent sent;
    struct record_header h = {
        .kind = RECORD_GOVERNANCE, .created_ms = draft->created_ms, .nonce = draft->nonce};
    int code = outbox_open(t, argument(a, OPTION_OUTBOX), &outbox);
    if (code) return code;
    if (draft->created_ms + d->genesis->params.parameters.record_lifetime_ms <= now_ms())
        return usage(t, "草案已过期，请重新拟定", "the draft has expired: draft it again",
                     a->words[0]);
    act_draft_item(t, draft, &d->keys.public_key, &item);
    buffer_init(&wire, RECORD_BYTES_MAX);
    desk_record(d, &h, &item, &wire);
    return desk_send(d, &outbox, buffer_span(&wire), format(t, "%s %s", t->command->name, a->words[0]),
                     NULL, NULL, &sent);
}

int act_run(struct tool *t, const struct arguments *a, struct act *act) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct act_draft draft;
    const char *path = argument(a, OPTION_DRAFT);
    int code = desk_open(t, a, path == NULL, &d);
    if (code) return code;
    act_draft_make(t, &d.genesis->chain_id, act, &draft);
    if (path == NULL) return draft_submit(t, a, &d, &draft);
    code = act_draft_write(t, path, &draft);
    if (code) return code;
    if (!t->json && !act_draft_print(t, &draft)) return EXIT_BROKEN;
    remark(t,
           "草案写入 %s\n下一步：各主管机构批准：suyuan member approve %s --key "
           "FILE；然后提交：suyuan member submit %s --key FILE\n",
           "draft written to %s\nNext: each authority approves: suyuan member approve %s --key "
           "FILE; then submit: suyuan member submit %s --key FILE\n",
           path, path, path);
    return EXIT_OK;
}

static int run_admit(struct tool *t, const struct arguments *a) {
    struct act act = {.type = ACT_MEMBER_ADMITTED};
    int code = admit_read(t, a, &act);
    return code ? code : act_run(t, a, &act);
}

static int run_suspend(struct tool *t, const struct arguments *a) {
    struct act act = {.type = ACT_MEMBER_SUSPENDED};
    int code = subject_read(t, a->words[0], &act);
    if (code == EXIT_OK) code = reason_read(t, a, &act);
    return code ? code : act_run(t, a, &act);
}

static int run_key_add(struct tool *t, const struct arguments *a) {
    struct act act = {.type = ACT_KEY_ADDED};
    int code = subject_read(t, a->words[0], &act);
    if (code == EXIT_OK) code = keys_read(t, a, a->words[1], &act);
    return code ? code : act_run(t, a, &act);
}

static int run_key_revoke(struct tool *t, const struct arguments *a) {
    struct act act = {.type = ACT_KEY_REVOKED};
    int code = keys_read(t, a, a->words[0], &act);
    if (code == EXIT_OK) code = reason_read(t, a, &act);
    return code ? code : act_run(t, a, &act);
}

static int run_approve(struct tool *t, const struct arguments *a) {
    struct keypair keys CLEANUP(keypair_wipe) = {0};
    struct act_draft draft;
    const char *path = a->words[0],
               *key = argument(a, OPTION_KEY) ? argument(a, OPTION_KEY) : getenv("SUYUAN_KEY");
    int code = act_draft_read(t, path, &draft);
    if (code) return code;
    if (key == NULL)
        return usage(t, "缺少主管机构的密钥", "the authority's key is missing", "--key FILE");
    code = signer_read(t, key, &keys);
    if (code) return code;
    for (uint32_t i = 0; i < draft.approvals_count; i++)
        if (pubkey_equal(&draft.approvals[i].key, &keys.public_key))
            return usage(t, "该公钥已批准过", "this key has approved it already", path);
    if (draft.approvals_count == ACT_APPROVALS_MAX)
        return usage(t, "批准过多", "too many approvals", path);
    act_approve(&keys, &draft.chain_id, draft.type, draft.created_ms, draft.nonce, draft.act,
                &draft.approvals[draft.approvals_count++]);
    /* What cannot be read out is not signed. */
    if (!act_draft_print(t, &draft))
        return usage(t, "草案内容无法理解，未签名", "the draft cannot be understood: not signed",
                     path);
    return act_draft_write(t, path, &draft);
}

static int run_submit(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct act_draft draft;
    int code = act_draft_read(t, a->words[0], &draft);
    if (code == EXIT_OK) code = desk_open(t, a, true, &d);
    if (code) return code;
    if (!digest_equal(&draft.chain_id, &d.genesis->chain_id)) {
        struct refusal refusal;
        (void)refusal_set(&refusal, ERR_RECORD_CHAIN, "%s", "");
        return fail_refusal(t, EXIT_REFUSED, "status", a->words[0], &refusal);
    }
    return draft_submit(t, a, &d, &draft);
}

#define SIGNING_OPTIONS                                                                            \
    {"key", OPTION_KEY, "FILE", "主管机构的密钥文件（环境变量 SUYUAN_KEY）",                       \
     "the authority's key file (SUYUAN_KEY)"},                                                     \
        {"subject", OPTION_SUBJECT, "ID",                                                          \
         "主管机构的主体编号（默认按创世文件或向节点查公钥所属）",                                 \
         "the authority's subject (default: whose the key is, by genesis or the node)"},           \
    {                                                                                              \
        "outbox", OPTION_OUTBOX, "DIR", "未决记录的保存目录", "where an undecided record is kept"  \
    }
#define KEY_TIMES                                                                                  \
    {"from", OPTION_FROM, "TIME", "公钥自何时有效", "the key is valid from"}, {                    \
        "until", OPTION_UNTIL, "TIME", "公钥至何时有效", "the key is valid until"                  \
    }
#define NO_MORE                                                                                    \
    { NULL, 0, NULL, NULL, NULL }

static const struct option_row admit_options[] = {
    {"name", OPTION_NAME, "NAME", "名称", "its name"},
    {"roles", OPTION_ROLES, "A,B",
     "角色：authority producer processor carrier retailer certifier device auditor",
     "its roles: authority producer processor carrier retailer certifier device auditor"},
    {"division", OPTION_DIVISION, "CODE", "行政区划代码", "administrative division code"},
    {"public-key", OPTION_PUBLIC, "KEY", "它的公钥（64 位十六进制或 .pub 文件），可重复",
     "its key (64 hex digits or a .pub file); may be repeated"},
    KEY_TIMES,
    SIGNING_OPTIONS,
    DRAFT_OPTION,
    CHAIN_OPTIONS,
    NO_MORE};
static const struct option_row suspend_options[] = {
    {"reason", OPTION_REASON, "N", "原因编号", "number of the reason"},
    SIGNING_OPTIONS,
    DRAFT_OPTION,
    CHAIN_OPTIONS,
    NO_MORE};
static const struct option_row key_add_options[] = {KEY_TIMES, SIGNING_OPTIONS, DRAFT_OPTION,
                                                    CHAIN_OPTIONS, NO_MORE};
static const struct option_row approve_options[] = {{"key", OPTION_KEY, "FILE",
                                                     "批准者的密钥文件（环境变量 SUYUAN_KEY）",
                                                     "the approver's key file (SUYUAN_KEY)"},
                                                    NO_MORE};
static const struct option_row submit_options[] = {SIGNING_OPTIONS, CHAIN_OPTIONS, NO_MORE};

static const struct example_row admit_examples[] = {
    {"member admit lucheng.new-farm --name 新农场 --roles producer --division 330302 --public-key "
     "new-farm.pub --key agri-bureau.key",
     "接纳一个成员并登记公钥", "admit a member with its key"},
    {"member admit lucheng.new-farm --name 新农场 --roles producer -o draft.json",
     "拟草案，交其他主管机构批准", "draft it for other authorities to approve"},
    {NULL, NULL, NULL},
};
const struct command cmd_member_admit = {
    .name = "member admit",
    .words = "SUBJECT",
    .words_min = 1,
    .words_max = 1,
    .zh = "接纳成员（主管机构）",
    .en = "admit a member (authorities)",
    .options = admit_options,
    .examples = admit_examples,
    .more_zh = "接纳已暂停的成员即恢复其资格。",
    .more_en = "Admitting a suspended member makes it active again.",
    .run = run_admit,
};
static const struct example_row suspend_examples[] = {
    {"member suspend lucheng.new-farm --reason 3 --key agri-bureau.key", "暂停成员资格",
     "suspend a member"},
    {NULL, NULL, NULL}};
const struct command cmd_member_suspend = {
    .name = "member suspend",
    .words = "SUBJECT",
    .words_min = 1,
    .words_max = 1,
    .zh = "暂停成员（主管机构）",
    .en = "suspend a member (authorities)",
    .options = suspend_options,
    .examples = suspend_examples,
    .run = run_suspend,
};
static const struct example_row key_add_examples[] = {
    {"member key-add lucheng.shanfu-yangmei new.pub --until 2027-12-31T00:00:00+08:00 --key "
     "agri-bureau.key",
     "登记有期限的公钥", "add a key that ends"},
    {NULL, NULL, NULL},
};
const struct command cmd_member_key_add = {
    .name = "member key-add",
    .words = "SUBJECT PUBLIC-KEY",
    .words_min = 2,
    .words_max = 2,
    .zh = "为成员登记公钥（主管机构）",
    .en = "add a key to a member (authorities)",
    .options = key_add_options,
    .examples = key_add_examples,
    .run = run_key_add,
};
static const struct example_row key_revoke_examples[] = {
    {"member key-revoke 544ce53775ea2fb73c1b99fed65673fbfefa301a70b15479a4605cc644970d32 --reason "
     "1 --key agri-bureau.key",
     "吊销公钥，永不再用", "revoke a key, for ever"},
    {NULL, NULL, NULL},
};
const struct command cmd_member_key_revoke = {
    .name = "member key-revoke",
    .words = "PUBLIC-KEY",
    .words_min = 1,
    .words_max = 1,
    .zh = "吊销公钥（主管机构）",
    .en = "revoke a key (authorities)",
    .options = suspend_options,
    .examples = key_revoke_examples,
    .run = run_key_revoke,
};
static const struct example_row approve_examples[] = {
    {"member approve draft.json --key market-bureau.key", "先显示草案内容，再签上批准",
     "shows what the draft says and adds the approval"},
    {NULL, NULL, NULL}};
const struct command cmd_member_approve = {
    .name = "member approve",
    .words = "DRAFT",
    .words_min = 1,
    .words_max = 1,
    .zh = "批准一份草案（离线）",
    .en = "approve a draft (offline)",
    .options = approve_options,
    .examples = approve_examples,
    .run = run_approve,
};
static const struct example_row submit_examples[] = {
    {"member submit draft.json --key agri-bureau.key", "提交已获批准的草案",
     "submit an approved draft"},
    {NULL, NULL, NULL}};
const struct command cmd_member_submit = {
    .name = "member submit",
    .words = "DRAFT",
    .words_min = 1,
    .words_max = 1,
    .zh = "提交草案（主管机构）",
    .en = "submit a draft (authorities)",
    .options = submit_options,
    .examples = submit_examples,
    .run = run_submit,
};
