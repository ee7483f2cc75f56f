/* cmd_sealed.c: hidden values are opened by who may, and deleted by who said them or an authority (SPEC U). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/map.h"
#include "tools/opened.h"
#include "tools/signer.h"
#include "trace/deletion.h"
#include "trace/hidden.h"
#include "trace/sealed.h"

enum { OPTION_OUTPUT = 'o', OPTION_TIER = OPTION_FIRST, OPTION_REASON };

static int id_read(struct tool *t, const char *text, struct digest *ret) {
    if (hex_decode(text, strlen(text), ret->b, sizeof ret->b) == OK) return EXIT_OK;
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "记录编号应为 64 位小写十六进制：%s",
                "a record id is 64 lower-case hex digits: %s", shown(t, span_text(text)));
}

/* ---- open ---- */

struct opener {
    struct tool *tool;
    struct desk *desk;
    bool has_key;
    struct record record; /* checked: its signature too */
    struct hidden_place *places;
    uint32_t places_count;
    struct sealed_of of;
    struct openings opened;
    uint32_t present, false_ones; /* hidden values; openings that did not fit */
    enum err why[3]; /* why a tier stays shut */
};

/* The record's exact bytes, checked as a node would, and that it is the one that was asked for. */
static int record_get(struct opener *o, const struct digest *id) {
    struct tool *t = o->tool;
    struct node *n = &o->desk->node;
    struct refusal refusal;
    const char *hex = hex_text(t, id->b);
    int code = node_get(n, format(t, "/v1/records/%s", hex), "application/msgpack", format(t, "record show %s", hex));
    if (code) return code;
    struct span wire = arena_copy(&t->arena, buffer_span(&n->answer.body));
    CHECK(wire.data != NULL);
    enum err e = record_check(&o->desk->genesis->params, wire, &t->arena, &o->record, &refusal);
    if (e == OK && !digest_equal(&o->record.wire_id, id) && !digest_equal(&o->record.id, id)) e = refusal_set(&refusal, ERR_SEALED_OTHER, "%s", "");
    if (e == OK && hidden_places(o->record.items, o->record.header.item_count, &t->arena, &o->places, &o->places_count) != OK)
        e = refusal_set(&refusal, ERR_TOO_LARGE, "%s", "");
    return e == OK ? EXIT_OK : fail_refusal(t, EXIT_FALSE, "status", hex, &refusal);
}

static enum err problem_of(struct node *n, enum http_outcome outcome) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (outcome != HTTP_ANSWERED || json_parse(buffer_span(&n->answer.body), &value, NULL) != OK) return ERR_SEALED_ABSENT;
    uint64_t code = map_uint(buffer_span(&value), "code");
    return code > 0 && code < 900 ? (enum err)code : ERR_SEALED_ABSENT;
}

/* The secret of this node's answer, and the key in it. */
static enum err key_of_answer(struct opener *o, struct sealed_key *ret) {
    struct buffer value CLEANUP(buffer_free) = {0};
    uint8_t secret[WRAP_BYTES + 3];
    size_t len = 0;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (json_parse(buffer_span(&o->desk->node.answer.body), &value, NULL) != OK ||
        !base64_decode(map_text(buffer_span(&value), "secret"), secret, sizeof secret, &len))
        return ERR_SEALED_FORM;
    if (o->of.tier == TIER_DELETABLE) {
        if (len == sizeof ret->b) memcpy(ret->b, secret, sizeof ret->b);
        return len == sizeof ret->b ? OK : ERR_SEALED_FORM;
    }
    return len == WRAP_BYTES && secret_unwrap(&o->desk->keys, secret, ret->b) ? OK : ERR_SEALED_KEY;
}

static enum err key_get(struct opener *o, const char *path, struct sealed_key *ret) {
    struct node *n = &o->desk->node;
    struct tool *t = o->tool;
    struct buffer request CLEANUP(buffer_free) = {0};
    struct http_call call = {.accept = NULL};
    const char *tail = "key";
    if (o->of.tier != TIER_DELETABLE) {
        if (!o->has_key) return ERR_SEALED_RECIPIENT;
        buffer_init(&request, SEALED_REQUEST_BYTES_MAX);
        sealed_request_make(&o->of, now_ms(), &o->desk->keys, &request);
        call = (struct http_call){.body = buffer_span(&request), .content_type = "application/octet-stream"};
        tail = "wrap";
    }
    enum http_outcome outcome = node_call_present(n, format(t, "%s/%s", path, tail), &call);
    if (outcome != HTTP_ANSWERED || n->answer.status != 200) return problem_of(n, outcome);
    return key_of_answer(o, ret);
}

/* What was sealed, each beside its commitment. */
static void take(struct opener *o, const struct sealed_openings *list) {
    for (uint32_t i = 0; i < list->count && o->opened.count < SEALED_OPENINGS_MAX; i++) {
        struct opening *p = &o->opened.list[o->opened.count];
        const struct sealed_opening *from = &list->list[i];
        *p = (struct opening){.item = from->item, .tier = o->of.tier, .name = arena_copy(&o->tool->arena, from->name),
                              .value = arena_copy(&o->tool->arena, from->value)};
        memcpy(p->salt, from->salt, sizeof p->salt);
        bool fits = from->item < o->record.header.item_count && p->name.data != NULL && p->value.data != NULL &&
                    opening_fits(o->of.chain_id, p, o->record.items[from->item].fields);
        o->opened.count += fits;
        o->false_ones += !fits;
    }
}

/* From the present node. */
static enum err tier_open(struct opener *o) {
    struct tool *t = o->tool;
    struct node *n = &o->desk->node;
    struct buffer plain CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct sealed_file file;
    struct sealed_key key;
    struct sealed_openings list;
    const char *path = format(t, "/v1/records/%s/sealed/%d", hex_text(t, o->of.wire_id.b), (int)o->of.tier);
    struct http_call call = {.accept = "application/octet-stream"};
    enum http_outcome outcome = node_call_present(n, path, &call);
    if (outcome != HTTP_ANSWERED || n->answer.status != 200) return problem_of(n, outcome);
    struct span bytes = arena_copy(&t->arena, buffer_span(&n->answer.body));
    CHECK(bytes.data != NULL);
    enum err e = sealed_file_check(bytes, &o->of, &o->record.header.key, &file);
    if (e == OK) e = key_get(o, path, &key);
    if (e != OK) return e;
    buffer_init(&plain, SEALED_PLAIN_BYTES_MAX);
    arena_init(&arena, 4 << 20);
    e = sealed_open(&file, &o->of, &key, &plain, &arena, &list);
    if (e == OK) take(o, &list);
    secret_wipe(&key, sizeof key);
    return e;
}

static void tiers_open(struct opener *o) {
    struct node *n = &o->desk->node;
    for (unsigned tier = TIER_PARTNER; tier <= TIER_DELETABLE; tier++) {
        uint32_t hidden = 0;
        for (uint32_t i = 0; i < o->places_count; i++)
            hidden += o->places[i].hidden.tier == (enum item_tier)tier;
        o->why[tier - 1] = OK;
        o->present += hidden;
        if (hidden == 0) continue;
        o->of.tier = (enum item_tier)tier;
        for (uint32_t i = 0; i < o->tool->nodes_count; i++) {
            n->current = i;
            enum err e = tier_open(o);
            /* The last word is that of the node that knows most: a refusal by name before "it is not here". */
            if (i == 0 || e == OK || e != ERR_SEALED_ABSENT) o->why[tier - 1] = e;
            if (e == OK) break;
        }
    }
}

static void open_json(struct opener *o) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, OPENINGS_BYTES_MAX);
    emit_begin(&j, &out);
    emit_object(&j);
    openings_emit(&j, &o->opened);
    emit_key_uint(&j, "hidden", o->present);
    emit_key_uint(&j, "false", o->false_ones);
    emit_key(&j, "shut");
    emit_list(&j);
    for (unsigned tier = TIER_PARTNER; tier <= TIER_DELETABLE; tier++) {
        if (o->why[tier - 1] == OK) continue;
        struct refusal refusal;
        (void)refusal_set(&refusal, o->why[tier - 1], "%s", "");
        emit_object(&j);
        emit_key_uint(&j, "tier", tier);
        emit_key(&j, "error");
        emit_refusal(&j, &refusal);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    json_print(&out);
}

static int open_report(struct opener *o) {
    struct tool *t = o->tool;
    if (t->json) {
        open_json(o);
    } else {
        say(t, "隐藏值 %u 个，打开 %u 个；每个都与账本上的承诺值相符\n", "%u hidden values, %u opened; each matches its commitment on the ledger\n",
            o->present, o->opened.count);
        for (uint32_t i = 0; i < o->opened.count; i++)
            opening_print(t, &o->opened.list[i]);
        for (unsigned tier = TIER_PARTNER; tier <= TIER_DELETABLE; tier++)
            if (o->why[tier - 1] != OK)
                printf("  %s  %s [%s]\n", tier_shown(t, (enum item_tier)tier), err_text(o->why[tier - 1], t->lang), err_name(o->why[tier - 1]));
    }
    if (o->false_ones > 0)
        return fail(t, EXIT_FALSE, "help open", "%u 个打开的值与账本上的承诺不符，未列出 [%s]",
                    "%u values that were sealed do not match their commitment on the ledger and are left out [%s]", o->false_ones,
                    err_name(ERR_SEALED_FALSE));
    if (o->opened.count > 0 || o->present == 0) return EXIT_OK;
    for (int i = 0; i < 3; i++)
        if (o->why[i] != OK && o->why[i] != ERR_SEALED_ABSENT && o->why[i] != ERR_SEALED_DELETED) return EXIT_REFUSED;
    return EXIT_NOT_FOUND;
}

static int run_open(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct opener o = {.tool = t, .desk = &d};
    struct digest id;
    const char *key = argument(a, OPTION_KEY) ? argument(a, OPTION_KEY) : getenv("SUYUAN_KEY"), *output = argument(a, OPTION_OUTPUT);
    int code = id_read(t, a->words[0], &id);
    if (code == EXIT_OK) code = desk_open(t, a, false, &d);
    o.has_key = key != NULL;
    if (code == EXIT_OK && o.has_key) code = signer_read(t, key, &d.keys);
    if (code == EXIT_OK) code = record_get(&o, &id);
    if (code) return code;
    o.of = (struct sealed_of){.chain_id = &d.genesis->chain_id, .wire_id = o.record.wire_id};
    openings_begin(t, &d.genesis->chain_id, &o.opened);
    o.opened.record = o.record.wire_id;
    tiers_open(&o);
    if (output != NULL && o.opened.count > 0) {
        code = openings_write(t, output, &o.opened);
        if (code) return code;
        remark(t, "写入 %s；离线核对：suyuan verify 证明 --openings %s\n", "written to %s; offline: suyuan verify PROOF --openings %s\n",
               shown(t, span_text(output)), shell_word(t, output));
    }
    return open_report(&o);
}

/* ---- delete ---- */

static int tiers_read(struct tool *t, const char *text, uint8_t *ret) {
    struct span rest = span_text(text);
    *ret = 0;
    while (rest.len > 0) {
        struct span word = span_take(&rest, ',');
        enum item_tier tier = tier_of_word(word);
        if (tier == TIER_PUBLIC)
            return fail(t, EXIT_USAGE, "help delete", "--tier 应为 partner、regulator、public，而不是 %s",
                        "--tier is partner, regulator, public, not %s", shown(t, word));
        *ret |= deletion_bit(tier);
    }
    return EXIT_OK;
}

/* Does the present node know by now that these tiers are deleted? */
static bool deleted_here(struct node *n, const char *path, uint8_t tiers) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct http_call call = {.accept = NULL};
    struct span entry;
    uint8_t still = 0;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    if (node_call_present(n, path, &call) != HTTP_ANSWERED || n->answer.status != 200 ||
        json_parse(buffer_span(&n->answer.body), &value, NULL) != OK)
        return false;
    for (struct list l = list_open(map_get(buffer_span(&value), "tiers")); list_next(&l, &entry);) {
        uint64_t tier = map_uint(entry, "tier");
        if (tier >= TIER_PARTNER && tier <= TIER_DELETABLE && !map_bool(entry, "deleted")) still |= deletion_bit((enum item_tier)tier);
    }
    return (still & tiers) == 0;
}

/* The node that decided knows first; the others are a moment behind. */
static void deleted_wait(struct node *n, const struct digest *wire_id, uint8_t tiers) {
    struct tool *t = n->tool;
    struct timespec pause = {.tv_nsec = 100 * 1000000L};
    const char *path = format(t, "/v1/records/%s/sealed", hex_text(t, wire_id->b));
    uint32_t know = 0;
    /* A stranger's deletes nothing: there is nothing to wait for. */
    if (!deleted_here(n, path, tiers)) return;
    for (uint32_t i = 0; i < t->nodes_count; i++) {
        bool knows = false;
        n->current = i;
        for (int k = 0; k < 50 && !(knows = deleted_here(n, path, tiers)); k++)
            nanosleep(&pause, NULL);
        know += knows;
    }
    remark(t, "%u 个节点中的 %u 个已不再给出，并销毁所存；看过的人可能已留下副本。\n核对：suyuan open %s\n",
           "of %u nodes %u give it no more and destroy what they hold; who opened it before may have kept it.\nlook: suyuan open %s\n",
           t->nodes_count, know, hex_text(t, wire_id->b));
}

static int run_delete(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct buffer value CLEANUP(buffer_free) = {0}, fields CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct deletion deletion = {.reason = 0};
    struct record_header draft = {.kind = RECORD_DELETIONS};
    struct outbox outbox;
    struct desk_sent sent;
    struct digest id;
    uint64_t reason;
    int code = id_read(t, a->words[0], &id);
    if (code) return code;
    if (!argument_number(t, a, OPTION_REASON, 0, UINT16_MAX, 0, &reason)) return EXIT_USAGE;
    deletion.reason = (uint16_t)reason;
    code = tiers_read(t, argument(a, OPTION_TIER) ? argument(a, OPTION_TIER) : "public", &deletion.tiers);
    if (code == EXIT_OK) code = outbox_open(t, argument(a, OPTION_OUTBOX), &outbox);
    if (code == EXIT_OK) code = desk_open(t, a, true, &d);
    if (code) return code;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    buffer_init(&fields, 128);
    buffer_init(&wire, RECORD_BYTES_MAX);
    code = node_get_value(&d.node, format(t, "/v1/records/%s", a->words[0]), format(t, "record show %s", a->words[0]), &value);
    if (code) return code;
    struct span subject = map_text(buffer_span(&value), "subject");
    if (!map_digest(buffer_span(&value), "leaf", &deletion.record))
        return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
    if (!span_equal(subject, d.subject))
        remark(t, "这条记录属于 %s；只有它或主管机构的删除才算数\n", "the record is of %s: only its deletion, or an authority's, counts\n",
               shown(t, subject));
    deletion_fields(&deletion, &fields);
    struct item item = {.type = ITEM_DELETION, .fields = buffer_span(&fields)};
    desk_record(&d, &draft, &item, &wire);
    code = desk_send(&d, &outbox, buffer_span(&wire), "delete", NULL, NULL, &sent);
    if (code == EXIT_OK) deleted_wait(&d.node, &deletion.record, deletion.tiers);
    return code;
}

/* clang-format off: one a line */
static const struct option_row open_options[] = {
    {"key", OPTION_KEY, "FILE", "读者的密钥文件（环境变量 SUYUAN_KEY）；第 3 级不需要", "the reader's key file (SUYUAN_KEY); tier 3 needs none"},
    {"output", OPTION_OUTPUT, "FILE", "把打开的值写入文件，供离线核对", "write what was opened to a file, to be checked offline"},
    CHAIN_OPTIONS,
    {0},
};
static const struct example_row open_examples[] = {
    {"open 0dd8dc4b6df3faf5af628c06e7e39abf964c91a3049b485d2f712096c9e7b8d3 --key buyer.key", "打开自己有权读的隐藏值", "open what one may read"},
    {"open 0dd8dc4b6df3faf5af628c06e7e39abf964c91a3049b485d2f712096c9e7b8d3 --key buyer.key -o price.json", "留作凭据：与证明一起离线核对",
     "keep it, to be checked offline beside a proof"},
    {0},
};
const struct command cmd_open = {
    .name = "open",
    .words = "RECORD",
    .words_min = 1,
    .words_max = 1,
    .zh = "打开一条记录的隐藏值",
    .en = "open a record's hidden values",
    .options = open_options,
    .examples = open_examples,
    .more_zh = "依次询问 --node 所列的节点；打开的每个值都与账本上的承诺值核对，节点的话不作数。读取请求由读者的密钥签名，一分钟内有效。",
    .more_en = "The nodes of --node are asked in turn; each value is checked against its commitment on the ledger, and no node is believed. A\n"
               "request for a key is signed by the reader and good for a minute.",
    .run = run_open,
};

static const struct option_row delete_options[] = {
    {"tier", OPTION_TIER, "TIER,...", "partner、regulator、public（默认 public）", "partner, regulator, public (default public)"},
    {"reason", OPTION_REASON, "N", "原因编号（默认 0）", "number of the reason (default 0)"},
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    CHAIN_OPTIONS,
    {0},
};
static const struct example_row delete_examples[] = {
    {"delete 0dd8dc4b6df3faf5af628c06e7e39abf964c91a3049b485d2f712096c9e7b8d3 --tier public --reason 1 --key shanfu.key",
     "删除一条记录的联系方式等可删除的值", "delete the deletable values of a record, a contact say"},
    {0},
};
const struct command cmd_delete = {
    .name = "delete",
    .words = "RECORD",
    .words_min = 1,
    .words_max = 1,
    .zh = "删除一条记录的隐藏值",
    .en = "delete a record's hidden values",
    .options = delete_options,
    .examples = delete_examples,
    .more_zh = "写入账本的只是“某记录某级的值已删除”。节点执行后销毁密文与密钥；记录、承诺值和所有证明不变。只有记录的提交者或主管机构的删除算数。",
    .more_en = "On the ledger stands only that values of a record and tier are deleted. Nodes destroy ciphertext and keys; record, commitments\n"
               "and every proof stay as they are. Only the deletion of who submitted the record, or of an authority, counts.",
    .run = run_delete,
};
