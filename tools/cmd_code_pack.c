/* cmd_code_pack.c: a pack of codes is made, put on the ledger, and its leaves are given to a node; and its labels are drawn.
 *
 * The happy path is: directory and plan -> secrets -> leaves -> record, each durable before the next (pack_files.h) -> sent ->
 * committed -> leaves uploaded. Whatever is there already is not made again: `--resume` is the same walk. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/pack_files.h"
#include "tools/pack_node.h"
#include "trace/certificate.h"
#include "trace/code_item.h"
#include "trace/identifier.h"

enum {
    OPTION_DIRECTORY = 'o',
    OPTION_COUNT = 'n',
    OPTION_GTIN = OPTION_FIRST,
    OPTION_LOT,
    OPTION_CERTIFICATE,
    OPTION_HOST,
    OPTION_RESUME,
};
enum { PACK_NUMBERS = 1 << 25, DRAWS = 16, RECORD_FILE_BYTES_MAX = 64 << 10, EXPIRED_MARGIN_MS = 10 * 60 * 1000 };

static int usage(struct tool *t, const char *zh, const char *en, const char *text) {
    return fail(t, EXIT_USAGE, "help code pack", "%s：%s", "%s: %s", tr(t, zh, en), shown(t, span_text(text)));
}

/* -- the plan, from the command line -- */

static int gtin_read(struct tool *t, const char *text, char ret[CODE_GTIN_DIGITS + 1]) {
    size_t len = text ? strlen(text) : 0;
    if (len < 8 || len > CODE_GTIN_DIGITS || strspn(text, "0123456789") != len)
        return usage(t, "--gtin 须为 8 至 14 位数字", "--gtin is 8 to 14 digits", text ? text : "");
    memset(ret, '0', CODE_GTIN_DIGITS);
    memcpy(ret + CODE_GTIN_DIGITS - len, text, len + 1);
    if (identifier_check_digit(span_of(ret, CODE_GTIN_DIGITS - 1)) != ret[CODE_GTIN_DIGITS - 1])
        return usage(t, "GTIN 的校验位不对", "the GTIN's check digit is wrong", text);
    return EXIT_OK;
}

/* --lot: a lot number, or any identifier of a lot. */
static int thing_read(struct tool *t, const char gtin[CODE_GTIN_DIGITS + 1], const char *lot, struct span *ret) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct span product = span_text(format(t, "https://id.gs1.org/01/%s", gtin));
    enum identifier_kind kind = IDENTIFIER_PRODUCT;
    buffer_init(&b, IDENTIFIER_BYTES_MAX);
    bool good = true;
    if (lot == NULL)
        buffer_append_span(&b, product);
    else if (strchr(lot, ':') != NULL)
        good = identifier_canonical(span_text(lot), &b, &kind) == OK && kind == IDENTIFIER_LOT &&
               b.len > product.len && memcmp(b.data, product.data, product.len) == 0;
    else
        good = identifier_lot_of(product, span_text(lot), &b);
    if (!good) return usage(t, "--lot 不是这个 GTIN 的批次", "--lot is no lot of this GTIN", lot);
    *ret = arena_copy(&t->arena, buffer_span(&b));
    return EXIT_OK;
}

/* What a camera reads under this host has to be the code. */
static bool host_carries_codes(struct span host, const char *id) {
    struct buffer url CLEANUP(buffer_free) = {0}, read CLEANUP(buffer_free) = {0}, wanted CLEANUP(buffer_free) = {0};
    char serial[CODE_SERIAL_CHARS + 1];
    struct code code;
    enum identifier_kind kind;
    code_serial_format(id + CODE_GTIN_DIGITS + 1, 0, 0, serial);
    CHECK(code_make(span_of(id, CODE_GTIN_DIGITS), span_text(serial), &code));
    buffer_init(&url, PACK_LINE_BYTES_MAX);
    buffer_init(&read, IDENTIFIER_BYTES_MAX);
    buffer_init(&wanted, IDENTIFIER_BYTES_MAX);
    pack_url(host, &code, &url);
    code_identifier(&code, &wanted);
    return identifier_canonical(buffer_span(&url), &read, &kind) == OK &&
           span_equal(buffer_span(&read), buffer_span(&wanted));
}

static int host_read(struct tool *t, const char *text, const char *id, struct span *ret) {
    size_t len = text ? strlen(text) : 0;
    while (len > 0 && text[len - 1] == '/')
        len--;
    bool good = len > 0 && len <= PACK_HOST_BYTES_MAX &&
                (strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0);
    for (size_t i = 0; i < len && good; i++)
        good = text[i] > ' ' && text[i] < 0x7f && strchr("\"<>,?#%\\^`{|}", text[i]) == NULL;
    if (!good || !host_carries_codes(span_of(text, len), id))
        return usage(t, "--host 须如 https://id.example.cn，至多 128 字节",
                     "--host is as https://id.example.cn, at most 128 bytes", text ? text : "");
    *ret = span_of(text, len);
    return EXIT_OK;
}

/* A random number that the ledger, as far as the node knows, has not got yet. Without a node the ledger refuses a used one. */
static int number_draw(struct node *n, const char gtin[CODE_GTIN_DIGITS + 1], char ret_id[PACK_ID_BYTES + 1]) {
    for (uint32_t i = 0; i < DRAWS; i++) {
        char pack[CODE_PACK_CHARS + 1];
        uint32_t number;
        random_bytes(&number, sizeof number);
        code_pack_format(number % PACK_NUMBERS, pack);
        CHECK(pack_id_make(span_text(gtin), span_text(pack), ret_id));
        enum http_outcome outcome = node_ask(n, pack_url_path(n->tool, ret_id, ""), NULL);
        if (outcome != HTTP_ANSWERED || n->answer.status != 200) return EXIT_OK;
    }
    return fail(n->tool, EXIT_BROKEN, "status", "抽到的码包编号都已用过", "every pack number that was drawn is used");
}

static int plan_make(struct desk *d, const struct arguments *a, struct pack_plan *p) {
    struct tool *t = d->node.tool;
    char gtin[CODE_GTIN_DIGITS + 1];
    const char *certificate = argument(a, OPTION_CERTIFICATE), *directory = argument(a, OPTION_DIRECTORY);
    uint64_t count;
    if (directory == NULL) return usage(t, "缺少", "missing", "-o DIR");
    if (!argument_number(t, a, OPTION_COUNT, 1, PACK_CODES_MAX, 0, &count)) return EXIT_USAGE;
    if (count == 0) return usage(t, "缺少", "missing", "--count N");
    int code = gtin_read(t, argument(a, OPTION_GTIN), gtin);
    if (code == EXIT_OK) code = thing_read(t, gtin, argument(a, OPTION_LOT), &p->thing);
    if (code) return code;
    p->certificate = span_text(certificate ? certificate : "");
    if (certificate != NULL && !certificate_id_valid(p->certificate))
        return usage(t, "不是证书编号", "no certificate id", certificate);
    code = number_draw(&d->node, gtin, p->id);
    if (code == EXIT_OK) code = host_read(t, argument(a, OPTION_HOST), p->id, &p->host);
    p->count = (uint32_t)count;
    p->subject = d->subject;
    p->chain_id = d->genesis->chain_id;
    return code;
}

/* -- the walk -- */

struct making {
    struct desk *desk;
    const char *directory;
    struct pack_plan plan;
    struct pack_tree *tree;
    struct digest root;
    struct buffer wire;
    uint64_t made_ms, sent_ms, given_ms; /* how long: making, sending, giving */
    struct pack_upload upload;
};

static void tree_drop(struct pack_tree **tree) {
    free(*tree);
}

static int leaves_ready(struct making *m) {
    struct tool *t = m->desk->node.tool;
    bool whole = false;
    int code = EXIT_OK;
    if (!pack_has(t, m->directory, "secrets.csv")) code = pack_secrets_make(t, m->directory, &m->plan);
    if (code == EXIT_OK) code = pack_leaves_tree(t, m->directory, &m->plan, m->tree, &m->root, &whole);
    if (code || whole) return code;
    code = pack_leaves_make(t, m->directory, &m->plan);
    if (code == EXIT_OK) code = pack_leaves_tree(t, m->directory, &m->plan, m->tree, &m->root, &whole);
    return code || whole ? code
                         : fail(t, EXIT_BROKEN, "help code pack", "叶子文件写坏了", "the file of leaves came out damaged");
}

static void pack_item(const struct making *m, struct buffer *fields, struct thing *thing, struct item *ret) {
    struct pack_issued issued = {.count = m->plan.count, .root = m->root, .certificate = m->plan.certificate};
    memcpy(issued.pack_id, m->plan.id, sizeof issued.pack_id);
    pack_issued_fields(&issued, fields);
    *thing = thing_bare(ROLE_PACK, m->plan.thing);
    *ret = (struct item){.type = ITEM_PACK_ISSUED, .fields = buffer_span(fields), .things = thing, .things_count = 1};
}

static int record_write(struct making *m) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct tool *t = m->desk->node.tool;
    struct thing thing;
    struct item item;
    struct record_header draft = {.kind = RECORD_PACKS};
    buffer_init(&fields, 4096);
    pack_item(m, &fields, &thing, &item);
    buffer_clear(&m->wire);
    desk_record(m->desk, &draft, &item, &m->wire);
    return file_write(t, pack_file(t, m->directory, "record.bin"), buffer_span(&m->wire));
}

enum record_fits { RECORD_FITS, RECORD_OTHER_ROOT, RECORD_OTHER };

/* Is the kept record this pack's, over these leaves? */
static enum record_fits record_compare(struct making *m, struct record *ret) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct pack_issued issued;
    arena_init(&arena, RECORD_ARENA_BYTES);
    if (record_parse(&m->desk->genesis->params, buffer_span(&m->wire), &arena, ret, NULL) != OK ||
        record_signature_check(ret) != OK || ret->header.item_count != 1 ||
        pack_issued_decode(&ret->items[0], &arena, &issued) != OK ||
        strcmp(issued.pack_id, m->plan.id) != 0 || issued.count != m->plan.count)
        return RECORD_OTHER;
    ret->items = NULL;
    return digest_equal(&issued.root, &m->root) ? RECORD_FITS : RECORD_OTHER_ROOT;
}

/* A record that expired long ago and is not on the ledger will never be: then, and only then, another one may say the same. */
static int record_renew(struct making *m, const struct record *r) {
    struct pack_known known;
    struct tool *t = m->desk->node.tool;
    if (r->header.expires_ms + EXPIRED_MARGIN_MS > now_ms()) return EXIT_OK;
    int code = pack_ask(&m->desk->node, m->plan.id, &known);
    if (code != EXIT_NOT_FOUND) return code;
    remark(t, "先前的记录已过期且不在账本中，重新签名\n", "the record has expired and is not on the ledger: signing it anew\n");
    return record_write(m);
}

static int record_ready(struct making *m) {
    struct tool *t = m->desk->node.tool;
    struct record r;
    const char *path = pack_file(t, m->directory, "record.bin");
    if (!pack_has(t, m->directory, "record.bin")) return record_write(m);
    int code = file_read(t, path, &m->wire);
    if (code) return code;
    enum record_fits fits = record_compare(m, &r);
    if (fits == RECORD_OTHER_ROOT) {
        bool whole = false;
        /* The record is signed: it is the leaves that are damaged. */
        code = pack_leaves_make(t, m->directory, &m->plan);
        if (code == EXIT_OK) code = pack_leaves_tree(t, m->directory, &m->plan, m->tree, &m->root, &whole);
        if (code) return code;
        fits = record_compare(m, &r);
    }
    if (fits != RECORD_FITS)
        return fail(t, EXIT_BROKEN, "help code pack", "%s 与这个码包不符", "%s does not fit this pack",
                    shown(t, span_text(path)));
    return record_renew(m, &r);
}

static const char *resume_line(struct making *m) {
    struct tool *t = m->desk->node.tool;
    return format(t, "code pack --resume %s --key FILE", shell_word(t, m->directory));
}

static int send_and_give(struct making *m, struct buffer *json, struct emit *j) {
    struct tool *t = m->desk->node.tool;
    struct desk_sent sent;
    uint64_t began = now_ms();
    /* record.bin is what an outbox would keep, and --resume sends it again. */
    int code = desk_send(m->desk, NULL, buffer_span(&m->wire), format(t, "code pack %s", m->plan.id), json, j, &sent);
    m->sent_ms = now_ms() - began;
    if (code == EXIT_UNREACHABLE || code == EXIT_UNKNOWN)
        remark(t, "码包保存在 %s\n接着试：suyuan %s\n", "the pack is kept in %s\ntry: suyuan %s\n",
               shown(t, span_text(m->directory)), resume_line(m));
    if (code) return code;
    began = now_ms();
    code = pack_upload(&m->desk->node, m->plan.id, m->plan.count, pack_file(t, m->directory, "leaves.bin"), m->tree->chunks,
                       &m->upload);
    m->given_ms = now_ms() - began;
    if (code)
        remark(t, "码包已写入账本，叶子尚未交给节点\n接着试：suyuan %s\n",
               "the pack is on the ledger, its leaves are with no node yet\ntry: suyuan %s\n", resume_line(m));
    return code;
}

static void made_print(struct making *m) {
    struct tool *t = m->desk->node.tool;
    const struct pack_plan *p = &m->plan;
    say(t,
        "码包 %s%s%s：%u 个码，叶子在 %s\n机密在 %s/secrets.csv：凭它可以印标签，也可以冒领；请勿外传，印完后离线保存\n",
        "code pack %s%s%s: %u codes, leaves with %s\nThe secrets are in %s/secrets.csv: who has it can print labels, and claim; keep it to "
        "yourself, off line when printed\n",
        paint(t, PAINT_STRONG), p->id, paint(t, PAINT_PLAIN), p->count, m->upload.node, shown(t, span_text(m->directory)));
    remark(t, "下一步：suyuan code labels %s -o labels.pdf\n", "Next: suyuan code labels %s -o labels.pdf\n", shell_word(t, m->directory));
}

static void made_json(struct making *m, struct emit *j) {
    const struct pack_plan *p = &m->plan;
    emit_key_string(j, "pack", p->id);
    emit_key_uint(j, "count", p->count);
    emit_key_text(j, "thing", p->thing);
    emit_key_text(j, "certificate", p->certificate);
    emit_key_digest(j, "root", &m->root);
    emit_key_text(j, "directory", span_text(m->directory));
    emit_key_uint(j, "make_ms", m->made_ms);
    emit_key_uint(j, "commit_ms", m->sent_ms);
    emit_key_uint(j, "upload_ms", m->given_ms);
    emit_key_uint(j, "chunks", m->upload.chunks);
    emit_key_uint(j, "chunks_sent", m->upload.sent);
    emit_key_text(j, "leaves_node", span_text(m->upload.node ? m->upload.node : ""));
}

static int walk(struct making *m) {
    struct buffer json CLEANUP(buffer_free) = {0};
    struct emit j;
    struct tool *t = m->desk->node.tool;
    uint64_t began = now_ms();
    int code = leaves_ready(m);
    if (code == EXIT_OK) code = record_ready(m);
    if (code) return code;
    m->made_ms = now_ms() - began;
    buffer_init(&json, 1 << 20);
    emit_begin(&j, &json);
    emit_object(&j);
    code = send_and_give(m, &json, &j);
    made_json(m, &j);
    emit_object_end(&j);
    emit_end(&j);
    if (t->json) json_print(&json);
    if (code == EXIT_OK && !t->json) made_print(m);
    return code;
}

static int run_pack(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct pack_tree *tree CLEANUP(tree_drop) = check_alloc(1, sizeof *tree);
    int lock CLEANUP(pack_unlock) = -1;
    const char *resume = argument(a, OPTION_RESUME);
    struct making m = {.desk = &d, .directory = resume ? resume : argument(a, OPTION_DIRECTORY), .tree = tree};
    int code = desk_open(t, a, true, &d);
    if (code == EXIT_OK && resume == NULL) code = plan_make(&d, a, &m.plan);
    if (code == EXIT_OK) code = pack_directory(t, m.directory, resume == NULL, &lock);
    if (code == EXIT_OK && resume == NULL) code = pack_plan_write(t, m.directory, &m.plan);
    if (code == EXIT_OK && resume != NULL) code = pack_plan_read(t, m.directory, &m.plan);
    if (code) return code;
    if (!digest_equal(&m.plan.chain_id, &d.genesis->chain_id))
        return usage(t, "码包属于另一个账本", "the pack is of another ledger", m.directory);
    if (!span_equal(m.plan.subject, d.subject))
        return usage(t, "码包属于另一个主体", "the pack is another subject's", shown(t, m.plan.subject));
    buffer_init(&m.wire, RECORD_FILE_BYTES_MAX);
    code = walk(&m);
    buffer_free(&m.wire);
    return code;
}

static const struct option_row options[] = {
    {"gtin", OPTION_GTIN, "GTIN", "产品的 GTIN（8 至 14 位数字）", "GTIN of the product (8 to 14 digits)"},
    {"count", OPTION_COUNT, "N", "码的数量，1 至 1000000", "how many codes, 1 to 1,000,000"},
    {"lot", OPTION_LOT, "LOT", "批号，或批次的任何标识；码数不得超过该批产量",
     "lot number, or any identifier of the lot; no more codes than were produced of it"},
    {"certificate", OPTION_CERTIFICATE, "ID", "码所依据的证书；码数不得超过证书所载数量",
     "the certificate the codes are drawn on; no more codes than it carries"},
    {"host", OPTION_HOST, "URL", "二维码中网址的开头", "what the addresses in the QR codes begin with"},
    {"out", OPTION_DIRECTORY, "DIR", "新目录，存放码包的一切", "a new directory for everything of the pack"},
    {"resume", OPTION_RESUME, "DIR", "接着做这个目录里没有做完的码包", "go on with the pack in this directory"},
    DESK_OPTIONS,
    CHAIN_OPTIONS,
    {NULL, 0, NULL, NULL, NULL},
};
static const struct example_row examples[] = {
    {"code pack --gtin 06972230100017 --lot YM20260612 --count 2000 --host https://id.example.cn -o pack --key shanfu.key",
     "为一个批次做 2000 个码", "2,000 codes for a lot"},
    {"code pack --gtin 06901234567892 --certificate WZ-2026-0042 --count 100000 --host https://id.example.cn -o shoes --key factory.key",
     "依据一张证书", "drawn on a certificate"},
    {"code pack --resume pack --key shanfu.key", "断电、断网之后接着做，结果相同", "after an outage: go on, to the same result"},
    {NULL, NULL, NULL},
};
const struct command cmd_code_pack = {
    .name = "code pack",
    .zh = "制作一个码包，写入账本",
    .en = "make a pack of codes and put it on the ledger",
    .options = options,
    .examples = examples,
    .more_zh = "每个码有一个公开的序列号和一个刮开层下的内码。账本只记码包的根与数量；叶子（散列与认领公钥）交给一个节点，节点之间自行传播。\n"
               "目录中的 secrets.csv 只属于制作者：它在记录发出之前已写入磁盘，丢了就印不出标签。",
    .more_en = "Each code has a public serial and an inner code under a scratch layer. The ledger keeps root and count of the pack; its leaves "
               "(hashes and claim keys)\nare given to one node and spread from there. secrets.csv in the directory is its maker's alone: it is on "
               "disk before the record is sent,\nand without it no label can be printed.",
    .run = run_pack,
};
