/* cmd_cert.c: types of certificates, lists of certificates, and revoking one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "tools/certificate_json.h"
#include "tools/certificate_send.h"
#include "tools/certificate_view.h"
#include "tools/commands.h"
#include "tools/act_draft.h"
#include "tools/act_run.h"
#include "tools/desk.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/sealing.h"
#include "trace/certificate_words.h"

enum { OPTION_REASON = OPTION_FIRST, OPTION_ISSUER, OPTION_PRODUCER, OPTION_THING };

/* -- types -- */

static int run_type_set(struct tool *t, const struct arguments *a) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct act act = {.type = ACT_CERTIFICATE_TYPE};
    struct problems problems = {.tool = t};
    struct refusal refusal;
    struct certificate_type again;
    buffer_init(&text, CERTIFICATE_FILE_BYTES_MAX);
    buffer_init(&value, CERTIFICATE_FILE_BYTES_MAX);
    buffer_init(&out, CERTIFICATE_FILE_BYTES_MAX);
    int code = file_read(t, a->words[0], &text);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help cert type", a->words[0], &refusal);
    certificate_type_of_json(&problems, buffer_span(&value), &act.certificate_type);
    if (problems.count > 0) return problems_fail(&problems, EXIT_REFUSED, "help cert type", a->words[0]);
    certificate_type_encode(&act.certificate_type, &out);
    enum err e = certificate_type_decode(buffer_span(&out), &t->arena, &again);
    if (e) {
        (void)refusal_set(&refusal, e, "%s", "");
        return fail_refusal(t, EXIT_REFUSED, "help cert type", a->words[0], &refusal);
    }
    return act_run(t, a, &act);
}

static void type_row(struct tool *t, struct span type) {
    bool active = span_is(map_text(type, "state"), "active");
    printf("%s", paint(t, PAINT_STRONG));
    print_padded(shown(t, map_text(type, "type")), 20);
    printf("%s %s%s%s  %s  %s\n", paint(t, PAINT_PLAIN), paint(t, active ? PAINT_GOOD : PAINT_BAD),
           active ? tr(t, "启用", "in use") : tr(t, "停用", "retired"), paint(t, PAINT_PLAIN),
           shown(t, map_text(type, "title_zh")), shown(t, map_text(type, "title_en")));
}

static void certificate_row(struct tool *t, struct span row) {
    struct span state = map_text(row, "state"), thing;
    printf("%s", paint(t, PAINT_STRONG));
    print_padded(shown(t, map_text(row, "id")), 44);
    printf("%s %s%s%s  %s  %s\n", paint(t, PAINT_PLAIN),
           paint(t, span_is(state, "active") ? PAINT_GOOD : PAINT_BAD), certificate_state_shown(t, state),
           paint(t, PAINT_PLAIN), shown(t, map_text(row, "type")), shown(t, map_text(row, "producer")));
    for (struct list l = list_open(map_get(row, "covers")); list_next(&l, &thing);)
        printf("    %s  %s\n", shown(t, map_text(thing, "identifier")),
               certificate_quantity_shown(t, map_uint(thing, "quantity_millionths"), map_text(thing, "unit")));
}

/* All pages of a list; with --json one value {key: [...]}. */
static int pages_print(struct tool *t, const char *path, const char *key,
                       void (*row)(struct tool *t, struct span value)) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct emit j;
    const char *cursor = "";
    node_open(t, &n);
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    buffer_init(&out, 64 << 20);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key(&j, key);
    emit_list(&j);
    for (uint32_t pages = 0; pages < 1u << 20 && !out.overflow; pages++) {
        struct span entry;
        buffer_clear(&value);
        int code = node_get_value(&n, format(t, "%s%s", path, cursor), NULL, &value);
        if (code) return code;
        for (struct list l = list_open(map_get(buffer_span(&value), key)); list_next(&l, &entry);) {
            if (t->json) emit_value(&j, entry);
            else row(t, entry);
        }
        /* A name where the list is in the order of names, else a number. */
        struct span name = map_text(buffer_span(&value), "next");
        uint64_t place = map_uint(buffer_span(&value), "next");
        if (name.len == 0 && place == 0) break;
        cursor = name.len ? format(t, "&cursor=%s", path_segment(t, name)) : format(t, "&cursor=%" PRIu64, place);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    if (t->json && out.overflow)
        return fail(t, EXIT_BROKEN, "help cert list", "列表过长", "the list is too long for one answer");
    if (t->json) json_print(&out);
    return EXIT_OK;
}

static int run_type_list(struct tool *t) {
    return pages_print(t, "/v1/certificate-types?limit=100", "types", type_row);
}

static int run_type_show(struct tool *t, const struct arguments *a) {
    struct node n CLEANUP(node_close) = {0};
    struct buffer out CLEANUP(buffer_free) = {0};
    struct act act = {.type = ACT_CERTIFICATE_TYPE};
    struct span answer;
    node_open(t, &n);
    int code = certificate_type_get(&n, span_text(a->words[0]), &answer, &act.certificate_type);
    if (code) return code;
    if (!t->json) {
        certificate_type_print(t, &act.certificate_type);
        return EXIT_OK;
    }
    buffer_init(&out, RPC_ANSWER_BYTES_MAX);
    json_write(answer, 0, &out);
    json_print(&out);
    return EXIT_OK;
}

/* "set FILE", "list", "show TYPE": the first word says which. */
static int run_type(struct tool *t, const struct arguments *a) {
    struct arguments rest = *a;
    const char *verb = a->words[0];
    bool list = strcmp(verb, "list") == 0, set = strcmp(verb, "set") == 0;
    rest.words++;
    rest.words_count--;
    if (!list && !set && strcmp(verb, "show") != 0)
        return usage_fail(t, "须为 set、list 或 show", "set, list or show is wanted", verb);
    if (list != (rest.words_count == 0))
        return usage_fail(t, "这里应有一个文件或类型（list 则没有）", "a file or a type is wanted here (none for list)", verb);
    return list ? run_type_list(t) : set ? run_type_set(t, &rest) : run_type_show(t, &rest);
}

/* -- lists -- */

static int run_list(struct tool *t, const struct arguments *a) {
    static const struct {
        int key;
        const char *name;
    } by[] = {{OPTION_ISSUER, "issuer"}, {OPTION_PRODUCER, "producer"}, {OPTION_THING, "thing"}};
    const char *path = NULL;
    for (size_t i = 0; i < sizeof by / sizeof *by; i++) {
        const char *value = argument(a, by[i].key);
        if (value == NULL) continue;
        if (path != NULL)
            return usage_fail(t, "只能选其一", "only one of these", "--issuer | --producer | --thing");
        path = format(t, "/v1/certificates?%s=%s", by[i].name, path_segment(t, span_text(value)));
    }
    if (path == NULL)
        return usage_fail(t, "列出谁的证书", "whose certificates", "--issuer ID | --producer ID | --thing ITEM");
    return pages_print(t, path, "certificates", certificate_row);
}

/* -- revoking -- */

/* One item: to the outbox, to a node, until it is decided. */
int certificate_send(struct tool *t, const char *directory, struct desk *d, const struct record_header *h,
                     const struct item *item, const char *label, const struct openings *openings) {
    struct buffer wire CLEANUP(buffer_free) = {0};
    struct outbox outbox;
    struct desk_sent sent;
    int code = outbox_open(t, directory, &outbox);
    if (code) return code;
    buffer_init(&wire, RECORD_BYTES_MAX);
    desk_record(d, h, item, &wire);
    struct sealing sealing = {.tool = t, .node = &d->node, .outbox = &outbox, .keys = &d->keys, .chain_id = d->genesis->chain_id};
    bool hides = openings != NULL && openings->count > 0 && outbox.directory != NULL;
    if (hides) code = sealing_keep(&sealing, buffer_span(&wire), openings->list, openings->count);
    if (code == EXIT_OK) code = desk_send(d, &outbox, buffer_span(&wire), label, NULL, NULL, &sent);
    if (!hides) return code;
    int given = code == EXIT_REFUSED ? sealing_forget(&outbox, buffer_span(&wire)) : sealing_flush(t, &d->node, &outbox);
    return code ? code : given;
}

static int run_revoke(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct certificate_revocation r = {.certificate = span_text(a->words[0])};
    struct record_header h = {.kind = RECORD_CERTIFICATES};
    uint64_t reason;
    if (!certificate_id_valid(r.certificate))
        return usage_fail(t, "证书以“签发者/编号”命名", "a certificate is named ISSUER/NUMBER", a->words[0]);
    if (!argument_number(t, a, OPTION_REASON, 0, UINT16_MAX, 0, &reason)) return EXIT_USAGE;
    r.reason = (uint16_t)reason;
    buffer_init(&fields, 1024);
    certificate_revocation_fields(&r, &fields);
    struct item item = {.type = ITEM_CERTIFICATE_REVOKED, .fields = buffer_span(&fields)};
    int code = desk_open(t, a, true, &d);
    return code ? code : certificate_send(t, argument(a, OPTION_OUTBOX), &d, &h, &item,
                                          format(t, "%s %s", t->command->name, a->words[0]), NULL);
}

/* clang-format off: one a line */
static const struct option_row type_options[] = {DESK_OPTIONS, DESK_OUTBOX_OPTION, DRAFT_OPTION, CHAIN_OPTIONS, {0}};
static const struct example_row type_examples[] = {
    {"cert type set genesis/lucheng/certificates/conformity.json --key agri-bureau.key", "设定承诺达标合格证", "set the pledge of conformity"},
    {"cert type set origin.json -o draft.json", "需要多家批准时先写草案", "a draft first, where several have to approve"},
    {"cert type list", "账本上的全部证书类型", "all types on the ledger"},
    {"cert type show conformity", "谁可签发、写哪些字段", "who may issue it and what it says"},
    {0},
};
static const struct option_row list_options[] = {
    {"issuer", OPTION_ISSUER, "ID", "由谁签发", "issued by"},
    {"producer", OPTION_PRODUCER, "ID", "谁的货物", "for whose goods"},
    {"thing", OPTION_THING, "ITEM", "列有哪个标识", "covering which identifier"},
    {0},
};
static const struct example_row list_examples[] = {
    {"cert list --issuer lucheng.shoe-association", "协会签发的证书", "what the association issued"},
    {"cert list --thing https://id.gs1.org/01/06972230100017/10/YM20260612", "一个批次有哪些证书", "which certificates a lot has"},
    {0},
};
static const struct option_row revoke_options[] = {
    {"reason", OPTION_REASON, "N", "原因编号", "number of the reason"},
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    CHAIN_OPTIONS,
    {0},
};
static const struct example_row revoke_examples[] = {
    {"cert revoke lucheng.shanfu-yangmei/CN330302-YM20260612 --reason 3 --key shanfu.key", "撤销，不可恢复", "revoke it, for good"},
    {0},
};
/* clang-format on */
const struct command cmd_cert_type = {
    .name = "cert type",
    .words = "set FILE | list | show TYPE",
    .words_min = 1,
    .words_max = 2,
    .zh = "证书类型：设定（主管机构）、列出、显示",
    .en = "types of certificates: set (authorities), list, show",
    .options = type_options,
    .examples = type_examples,
    .more_zh = "FILE 是 JSON 定义，例子在 genesis/lucheng/certificates。同名的类型换成新定义，已签发的证书不变；\"retired\": true 停用。\n"
               "创世要求多家批准时：-o 写草案，各家 suyuan member approve，再 suyuan member submit。",
    .more_en = "FILE is a definition in JSON; examples lie in genesis/lucheng/certificates. A type of that name gets the new\n"
               "definition, certificates that were issued stay as they are; \"retired\": true retires it. Where genesis wants several\n"
               "approvals: -o writes a draft, each authority runs suyuan member approve, then suyuan member submit.",
    .run = run_type,
};
const struct command cmd_cert_list = {
    .name = "cert list",
    .zh = "按签发者、生产者或标识列出证书",
    .en = "list certificates by issuer, producer or thing",
    .options = list_options,
    .examples = list_examples,
    .run = run_list,
};
const struct command cmd_cert_revoke = {
    .name = "cert revoke",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .zh = "撤销证书（签发者或主管机构）",
    .en = "revoke a certificate (its issuer or an authority)",
    .options = revoke_options,
    .examples = revoke_examples,
    .more_zh = "ID 是“签发者/编号”。撤销不可恢复；它所列的数量退还，可另行签发。",
    .more_en = "ID is ISSUER/NUMBER. It cannot be undone; the quantities it covered are given back and may be certified again.",
    .run = run_revoke,
};
