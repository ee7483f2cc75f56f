/* cmd_key.c: keys. A key file holds one seed; what a subject signs with and what a validator signs
 * with are derived from it by purpose (SPEC C4), so one file serves either. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/key_file.h"
#include "base/limits.h"
#include "genesis/genesis.h"
#include "tools/commands.h"
#include "tools/map.h"
#include "tools/signer.h"

enum { PUBLIC_BYTES_MAX = 4096 };

/* A key file is never replaced: `key new` is the way only where there is none. */
static int key_refused(struct tool *t, const char *path, const struct refusal *refusal) {
    int saved = errno;
    struct stat st;
    if (stat(path, &st) != 0) {
        const char *next = format(t, errno == ENOENT ? "key new %s" : "help key show", path);
        errno = saved;
        return fail_file(t, next, path);
    }
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail_file(t, "help key show", path);
    }
    bool open = refusal->err == ERR_CONFIG_KEY_OPEN_TO_OTHERS;
    return fail_refusal(t, EXIT_BROKEN, open ? format(t, "key show %s", path) : "help key new",
                        NULL, refusal);
}

int signer_read(struct tool *t, const char *path, struct keypair *ret) {
    struct seed seed CLEANUP(seed_wipe) = {0}, record CLEANUP(seed_wipe) = {0};
    struct refusal refusal;
    if (key_file_read(path, &seed, &refusal)) return key_refused(t, path, &refusal);
    seed_derive(&seed, "record", &record);
    key_from_seed(&record, ret);
    return EXIT_OK;
}

/* Whose key genesis says it is; NULL when it does not name it. */
static const char *subject_of_genesis(struct tool *t, const struct genesis *g,
                                      const struct pubkey *key) {
    for (uint32_t i = 0; i < g->rest.members_count; i++)
        for (uint32_t k = 0; k < g->rest.members[i].keys_count; k++)
            if (pubkey_equal(&g->rest.members[i].keys[k].key, key))
                return shown(t, g->rest.members[i].subject);
    return NULL;
}

int signer_subject(struct node *n, const char *given, const struct pubkey *key,
                   const struct genesis *g, struct span *ret) {
    struct tool *t = n->tool;
    struct buffer value CLEANUP(buffer_free) = {0};
    const char *subject = given ? given : getenv("SUYUAN_SUBJECT");
    if (subject == NULL || subject[0] == 0) subject = subject_of_genesis(t, g, key);
    if (subject == NULL) {
        const char *next = format(t, "help %s", t->command->name), *hex = hex_text(t, key->b);
        buffer_init(&value, RPC_ANSWER_BYTES_MAX);
        enum http_outcome outcome = node_ask(n, format(t, "/v1/keys/%s", hex), NULL);
        if (node_lacks(n, outcome))
            return fail(t, EXIT_NOT_FOUND, format(t, "member key-add SUBJECT %s", hex),
                        "账本没有登记这个密钥的公钥，须先由主管机构登记：%s",
                        "the ledger does not know this key; an authority has to add it first: %s",
                        hex);
        if (outcome != HTTP_ANSWERED || n->answer.status != 200) return node_fail(n, outcome, NULL);
        int code = node_value(n, &value);
        if (code) return code;
        subject = shown(t, map_text(map_get(buffer_span(&value), "key"), "subject"));
        if (subject[0] == 0)
            return fail(t, EXIT_USAGE, next, "缺少 --subject 主体编号", "--subject ID is missing");
    }
    *ret = span_text(subject);
    if (subject_id_valid(*ret)) return EXIT_OK;
    struct refusal refusal;
    (void)refusal_set(&refusal, ERR_RECORD_SUBJECT, "%.64s", shown(t, *ret));
    return fail_refusal(t, EXIT_USAGE, "member list", NULL, &refusal);
}

void public_keys_derive(const struct seed *seed, struct public_keys *ret) {
    struct validator_keys keys CLEANUP(validator_keys_wipe) = {0};
    struct keypair record CLEANUP(keypair_wipe) = {0};
    struct seed derived CLEANUP(seed_wipe) = {0};
    seed_derive(seed, "record", &derived);
    key_from_seed(&derived, &record);
    validator_keys_derive(seed, &keys);
    *ret = (struct public_keys){
        .record = record.public_key,
        .consensus = keys.consensus.public_key,
        .checkpoint = keys.checkpoint.public_key,
        .log = keys.log.public_key,
        .transport = keys.transport.public_key,
    };
}

int public_keys_read(struct tool *t, const char *path, struct public_keys *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct refusal refusal;
    const struct {
        const char *name;
        struct pubkey *key;
    } rows[] = {{"record_key", &ret->record},
                {"transport_key", &ret->transport},
                {"consensus_key", &ret->consensus},
                {"checkpoint_key", &ret->checkpoint},
                {"log_key", &ret->log}};
    buffer_init(&text, PUBLIC_BYTES_MAX);
    buffer_init(&value, PUBLIC_BYTES_MAX);
    int code = file_read(t, path, &text);
    if (code) return code;
    enum err e = json_parse(buffer_span(&text), &value, &refusal);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && e == OK; i++) {
        struct digest d;
        if (!map_digest(buffer_span(&value), rows[i].name, &d))
            e = refusal_set(&refusal, ERR_CONFIG_KEY, "%s", rows[i].name);
        else
            memcpy(rows[i].key->b, d.b, sizeof d.b);
    }
    return e ? fail_refusal(t, EXIT_REFUSED, "key show FILE.key --json", path, &refusal) : EXIT_OK;
}

static void print_keys(struct tool *t, const char *path, const struct public_keys *k) {
    const struct {
        const char *name, *zh, *en;
        const struct pubkey *key;
    } rows[] = {
        {"record_key", "签署记录", "signs records", &k->record},
        {"transport_key", "节点间通信", "speaks to other nodes", &k->transport},
        {"consensus_key", "验证节点：表决", "validator: votes", &k->consensus},
        {"checkpoint_key", "验证节点：联署检查点", "validator: cosigns checkpoints",
         &k->checkpoint},
        {"log_key", "验证节点：日志签名", "validator: signs as the log", &k->log},
    };
    if (!t->json) {
        printf("%s\n", path);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            printf("  ");
            print_padded(rows[i].name, 16);
            printf("%s%s%s  %s\n", paint(t, PAINT_NAME), hex_text(t, rows[i].key->b),
                   paint(t, PAINT_PLAIN), tr(t, rows[i].zh, rows[i].en));
        }
        return;
    }
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, 64 << 10);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_text(&j, "file", span_text(path));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        emit_key_hex(&j, rows[i].name, span_of(rows[i].key->b, 32));
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
}

static int run_new(struct tool *t, const struct arguments *a) {
    struct seed seed CLEANUP(seed_wipe) = {0};
    struct refusal refusal;
    struct public_keys keys;
    const char *path = a->words[0];
    struct stat st;
    if (stat(path, &st) == 0)
        return fail(t, EXIT_REFUSED, format(t, "key show %s", path), "%s 已存在；密钥文件从不覆盖",
                    "%s exists; a key file is never replaced", path);
    seed_random(&seed);
    if (key_file_write(path, &seed, &refusal)) return fail_file(t, "help key new", path);
    public_keys_derive(&seed, &keys);
    print_keys(t, path, &keys);
    remark(t,
           "请妥善备份此文件：丢失无法找回，泄露等于他人可替你签名。\n"
           "下一步：请主管机构登记公钥：suyuan member key-add 主体编号 %s\n",
           "Back this file up: lost it cannot be restored, and whoever has it signs in your name.\n"
           "Next: have an authority register the key: suyuan member key-add SUBJECT %s\n",
           hex_text(t, keys.record.b));
    return EXIT_OK;
}

static int run_show(struct tool *t, const struct arguments *a) {
    struct seed seed CLEANUP(seed_wipe) = {0};
    struct refusal refusal;
    struct public_keys keys;
    if (key_file_read(a->words[0], &seed, &refusal)) return key_refused(t, a->words[0], &refusal);
    public_keys_derive(&seed, &keys);
    print_keys(t, a->words[0], &keys);
    return EXIT_OK;
}

static const struct example_row new_examples[] = {
    {"key new shanfu.key", "生成密钥文件（权限 600，绝不覆盖已有文件）",
     "make a key file (mode 600, never replaces a file)"},
    {"key new agri-bureau.key --json > agri-bureau.pub", "同时保存公钥，供创世文档使用",
     "keep the public keys too, for a genesis document"},
    {NULL, NULL, NULL},
};
const struct command cmd_key_new = {
    .name = "key new",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "生成密钥文件",
    .en = "make a key file",
    .examples = new_examples,
    .more_zh = "文件只含一个种子（64 位十六进制）。主体签名、验证节点的四个密钥都由它按用途派生。",
    .more_en = "The file holds one seed (64 hex digits). A subject's signing key and the four keys "
               "of a validator are derived from it by purpose.",
    .run = run_new,
};

static const struct example_row show_examples[] = {
    {"key show shanfu.key", "显示公钥；种子从不显示",
     "show the public keys; the seed is never shown"},
    {"key show agri-bureau.key --json > agri-bureau.pub", "把公钥交给制作创世文档的人",
     "hand the public keys to whoever makes the genesis document"},
    {NULL, NULL, NULL},
};
const struct command cmd_key_show = {
    .name = "key show",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "显示密钥文件的公钥",
    .en = "show the public keys of a key file",
    .examples = show_examples,
    .run = run_show,
};
