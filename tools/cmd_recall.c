/* cmd_recall.c: what was made of a lot and where it went; ordering its recall, lifting it, and the drill. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/emit.h"
#include "ledger/record.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/recall_plan.h"
#include "tools/words.h"

enum {
    OPTION_LEVEL = OPTION_FIRST + 0xa0,
    OPTION_REASON,
    OPTION_ONLY,
};
enum { CHUNK = 512 };

static void plan_json(const struct recall_plan *p, struct emit *j) {
    static const char *const ways[] = {"root", "made", "packed"};
    emit_key_text(j, "root", p->root);
    emit_key_uint(j, "took_ms", p->took_ms);
    emit_key_uint(j, "events", p->closure.events);
    emit_key(j, "units");
    emit_list(j);
    for (uint32_t i = 0; i < p->closure.nodes_count; i++) {
        const struct closure_node *n = &p->closure.nodes[i];
        emit_object(j);
        emit_key_text(j, "unit", n->unit);
        emit_key_string(j, "way", ways[n->way]);
        if (n->of.len > 0) emit_key_text(j, "of", n->of);
        emit_key_uint(j, "from_ms", n->from_ms);
        emit_object_end(j);
    }
    emit_list_end(j);
    emit_key(j, "places");
    emit_list(j);
    for (uint32_t i = 0; i < p->closure.places_count; i++) {
        const struct closure_place *at = &p->closure.places[i];
        emit_object(j);
        emit_key_text(j, "unit", at->unit);
        emit_key_text(j, "subject", at->subject);
        emit_key_string(j, "what", at->received ? "received" : "shipped");
        emit_key_uint(j, "time_ms", at->time_ms);
        if (at->party.len > 0) emit_key_text(j, "party", at->party);
        emit_object_end(j);
    }
    emit_list_end(j);
}

static uint32_t count_way(const struct recall_plan *p, enum closure_way way) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->closure.nodes_count; i++)
        n += p->closure.nodes[i].way == way;
    return n;
}

static void plan_print(struct node *n, const struct recall_plan *p) {
    struct tool *t = n->tool;
    say(t, "%s：制成 %u 个批次或单品，装入 %u 个外包装，%u 次发运与接收\n",
        "%s: made into %u lots or pieces, inside %u outer packings, %u shipments and receipts\n", shown(t, p->root),
        count_way(p, CLOSURE_MADE), count_way(p, CLOSURE_PACKED), p->closure.places_count);
    for (uint32_t i = 1; i < p->closure.nodes_count; i++) {
        const struct closure_node *at = &p->closure.nodes[i];
        say(t, "  %s  %s，自 %s\n", "  %s  %s, from %s\n", shown(t, at->unit),
            at->way == CLOSURE_MADE ? tr(t, "由其制成", "made of it") : tr(t, "内装", "holds it"), shown(t, at->of));
    }
    for (uint32_t i = 0; i < p->closure.places_count; i++) {
        const struct closure_place *at = &p->closure.places[i];
        say(t, "  %s  %s %s  %s\n", "  %s  %s %s  %s\n", time_text(t, at->time_ms), member_name(n, at->subject),
            at->received ? tr(t, "接收", "received") : tr(t, "发运", "shipped"), shown(t, at->unit));
    }
}

/* drill: the legal limits of a district are 24, 48 and 72 hours. */
static int plan(struct tool *t, const struct arguments *a, bool drill) {
    struct node n CLEANUP(node_close) = {0};
    struct recall_plan p CLEANUP(recall_plan_free) = {0};
    node_open(t, &n);
    int code = recall_plan_make(&n, a->words[0], &p);
    if (code) return code;
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 256 << 20);
        emit_begin(&j, &out);
        emit_object(&j);
        plan_json(&p, &j);
        emit_object_end(&j);
        emit_end(&j);
        json_print(&out);
        return EXIT_OK;
    }
    plan_print(&n, &p);
    if (drill)
        say(t, "演练：查清去向用时 %" PRIu64 " 毫秒（%" PRIu64 " 个事件）；法定时限 24、48、72 小时\n",
            "drill: found in %" PRIu64 " ms (%" PRIu64 " events); the legal limits are 24, 48 and 72 h\n", p.took_ms,
            p.closure.events);
    return EXIT_OK;
}

static int run_plan(struct tool *t, const struct arguments *a) {
    return plan(t, a, false);
}

static int run_drill(struct tool *t, const struct arguments *a) {
    return plan(t, a, true);
}

/* A recall id: the number alone is one of the subject that signs. */
static struct span id_of(struct desk *d, const char *text) {
    if (strchr(text, '/')) return span_text(text);
    return span_text(format(d->node.tool, "%.*s/%s", (int)d->subject.len, (const char *)d->subject.data, text));
}

struct sending {
    struct desk *d;
    struct outbox *outbox;
    struct recall_item item;
    enum item_type type;
    struct thing bare[CHUNK];
    struct recall_thing things[CHUNK];
    uint32_t count, sent;
};

static int chunk_send(struct sending *s) {
    struct buffer fields CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0};
    struct tool *t = s->d->node.tool;
    struct record_header draft = {.kind = RECORD_RECALLS};
    struct desk_sent sent;
    if (s->count == 0) return EXIT_OK;
    buffer_init(&fields, 1 << 20);
    buffer_init(&wire, RECORD_BYTES_MAX);
    s->item.things = s->things;
    s->item.things_count = s->count;
    recall_fields(&s->item, s->type, &fields);
    struct item item = {.type = (uint8_t)s->type, .fields = buffer_span(&fields), .things = s->bare, .things_count = s->count};
    desk_record(s->d, &draft, &item, &wire);
    const char *label = format(t, "%s %.*s", s->type == ITEM_RECALL_ORDERED ? "recall order" : "recall lift", (int)s->item.recall.len,
                               (const char *)s->item.recall.data);
    int code = desk_send(s->d, s->outbox, buffer_span(&wire), label, NULL, NULL, &sent);
    if (code == EXIT_OK) s->sent += s->count;
    s->count = 0;
    return code;
}

static int thing_add(struct sending *s, const struct closure_node *n) {
    s->bare[s->count] = thing_bare(ROLE_RECALLED, n->unit);
    s->things[s->count] = (struct recall_thing){.canonical = n->unit, .from = n->way == CLOSURE_MADE ? n->of : SPAN_EMPTY, .group = n->group};
    s->count++;
    return s->count == CHUNK ? chunk_send(s) : EXIT_OK;
}

static int begin(struct tool *t, const struct arguments *a, struct sending *s, struct outbox *outbox) {
    uint64_t reason;
    if (!argument_number(t, a, OPTION_REASON, 0, UINT16_MAX, 0, &reason)) return EXIT_USAGE;
    int code = outbox_open(t, argument(a, OPTION_OUTBOX), outbox);
    if (code == EXIT_OK) code = desk_open(t, a, true, s->d);
    if (code) return code;
    s->outbox = outbox;
    s->item.reason = (uint16_t)reason;
    s->item.recall = id_of(s->d, a->words[0]);
    return EXIT_OK;
}

static int run_order(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct recall_plan p CLEANUP(recall_plan_free) = {0};
    struct outbox outbox;
    struct sending *s = arena_alloc(&t->arena, 1, sizeof *s);
    uint64_t level;
    CHECK(s);
    *s = (struct sending){.d = &d, .type = ITEM_RECALL_ORDERED};
    if (!argument_number(t, a, OPTION_LEVEL, 1, 3, 1, &level)) return EXIT_USAGE;
    int code = begin(t, a, s, &outbox);
    if (code == EXIT_OK) code = recall_plan_make(&d.node, a->words[1], &p);
    if (code) return code;
    s->item.level = (uint8_t)level;
    s->item.root = p.root;
    bool only = argument(a, OPTION_ONLY) != NULL;
    for (uint32_t i = 0; i < p.closure.nodes_count && code == EXIT_OK; i++)
        if (p.closure.nodes[i].way == CLOSURE_ROOT || (p.closure.nodes[i].way == CLOSURE_MADE && !only))
            code = thing_add(s, &p.closure.nodes[i]);
    if (code == EXIT_OK) code = chunk_send(s);
    if (code == EXIT_OK && !t->json)
        say(t, "已召回 %u 个批次或单品，用时 %" PRIu64 " 毫秒查清\n", "%u lots or pieces are recalled, found in %" PRIu64 " ms\n", s->sent, p.took_ms);
    return code;
}

static bool under(struct node *n, struct span unit, struct span recall, int *ret_code) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span id;
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    *ret_code = node_get_value(n, format(n->tool, "/v1/things/%s", path_segment(n->tool, unit)), NULL, &value);
    struct list l = list_open(map_get(buffer_span(&value), "recalls"));
    while (*ret_code == EXIT_OK && list_next(&l, &id))
        if (span_equal(value_text(id), recall)) return true;
    return false;
}

static int run_lift(struct tool *t, const struct arguments *a) {
    struct desk d CLEANUP(desk_close) = {.genesis = NULL};
    struct recall_plan p CLEANUP(recall_plan_free) = {0};
    struct outbox outbox;
    struct sending *s = arena_alloc(&t->arena, 1, sizeof *s);
    CHECK(s);
    *s = (struct sending){.d = &d, .type = ITEM_RECALL_LIFTED};
    int code = begin(t, a, s, &outbox);
    if (code == EXIT_OK) code = recall_plan_make(&d.node, a->words[1], &p);
    for (uint32_t i = 0; i < p.closure.nodes_count && code == EXIT_OK; i++)
        if (p.closure.nodes[i].way != CLOSURE_PACKED && under(&d.node, p.closure.nodes[i].unit, s->item.recall, &code))
            code = thing_add(s, &p.closure.nodes[i]);
    if (code == EXIT_OK) code = chunk_send(s);
    if (code == EXIT_OK && s->sent == 0)
        return fail(t, EXIT_NOT_FOUND, "help recall", "%s 没有处于这项召回之下的批次", "nothing of %s is under this recall", a->words[1]);
    if (code == EXIT_OK && !t->json) say(t, "已解除 %u 个批次或单品的召回\n", "%u lots or pieces are released\n", s->sent);
    return code;
}

/* -- the rows -- */

#define NO_MORE {NULL, 0, NULL, NULL, NULL}
#define REASON {"reason", OPTION_REASON, "N", "原因代码（默认 0）", "number of the reason (0)"}
static const struct option_row no_options[] = {NO_MORE};
static const struct example_row plan_examples[] = {
    {"recall plan https://id.gs1.org/01/06972230300028/10/S261016", "这批菠菜制成了什么、装进哪里、去了何处",
     "what was made of this spinach, what holds it, where it went"},
    {NULL, NULL, NULL},
};
const struct command cmd_recall_plan = {
    .name = "recall plan",
    .words = "LOT",
    .words_min = 1,
    .words_max = 1,
    .zh = "查清一批货的去向",
    .en = "what was made of a lot, and where it went",
    .options = no_options,
    .examples = plan_examples,
    .more_zh = "沿账本的流转链查找：制成品（含同一 transformationID 的全部事件）、当时装入的外包装、发运与接收。以节点所说为准。",
    .more_en = "Along the chains of the ledger: what was made of it, with all events of a transformationID, what it was inside of at the time, "
               "shipments and receipts. By the node's word.",
    .run = run_plan,
};
static const struct example_row drill_examples[] = {
    {"recall drill https://id.gs1.org/01/06972230300028/10/S261016", "演练一次追溯，计时", "practise a trace, timed"},
    {NULL, NULL, NULL},
};
const struct command cmd_recall_drill = {
    .name = "recall drill",
    .words = "LOT",
    .words_min = 1,
    .words_max = 1,
    .zh = "召回演练：查清去向并计时",
    .en = "a recall drill: the trace, timed",
    .options = no_options,
    .examples = drill_examples,
    .run = run_drill,
};
static const struct option_row order_options[] = {
    {"level", OPTION_LEVEL, "N", "级别 1 至 3（默认 1，最严重）", "1 to 3; 1, the gravest, unless given"},
    REASON,
    {"only", OPTION_ONLY, NULL, "只列这一批，不列由其制成的", "only this lot, not what was made of it"},
    DESK_OPTIONS,
    DESK_OUTBOX_OPTION,
    NO_MORE,
};
static const struct example_row order_examples[] = {
    {"recall order R-2026-7 https://id.gs1.org/01/06972230300028/10/S261016 --level 1 --key bureau.key", "召回这批菠菜及由其制成的一切",
     "recall this spinach and all that was made of it"},
    {NULL, NULL, NULL},
};
const struct command cmd_recall_order = {
    .name = "recall order",
    .words = "NUMBER LOT",
    .words_min = 2,
    .words_max = 2,
    .zh = "下令召回一批货及由其制成的一切",
    .en = "recall a lot and all that was made of it",
    .options = order_options,
    .examples = order_examples,
    .more_zh = "主管机构可召回任何批次，制造者可召回自己的。被召回者可以存放、退回、销毁，不得使用、包装、发运、销售。",
    .more_en = "An authority recalls any lot, a maker its own. What is recalled may be stored, returned and destroyed, "
               "not used, packed, shipped or sold.",
    .run = run_order,
};
static const struct option_row lift_options[] = {REASON, DESK_OPTIONS, DESK_OUTBOX_OPTION, NO_MORE};
static const struct example_row lift_examples[] = {
    {"recall lift R-2026-7 https://id.gs1.org/01/06972230300028/10/S261016 --key bureau.key", "解除这项召回", "lift this recall"},
    {NULL, NULL, NULL},
};
const struct command cmd_recall_lift = {
    .name = "recall lift",
    .words = "NUMBER LOT",
    .words_min = 2,
    .words_max = 2,
    .zh = "解除召回",
    .en = "lift a recall",
    .options = lift_options,
    .examples = lift_examples,
    .run = run_lift,
};
