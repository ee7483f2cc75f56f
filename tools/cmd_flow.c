/* cmd_flow.c: acts of authorities about flow (docs/spec.md A10 to A12): what a rule does, whom a party stands for, what inputs yield. */
#include <string.h>

#include "base/json.h"
#include "ledger/flow.h"
#include "tools/act_run.h"
#include "tools/commands.h"
#include "tools/desk.h"
#include "tools/map.h"
#include "trace/identifier.h"
#include "trace/quantity.h"

static int usage(struct tool *t, const char *zh, const char *en, const char *text) {
    return fail(t, EXIT_USAGE, format(t, "help %s", t->command->name), "%s：%s", "%s: %s", tr(t, zh, en), shown(t, span_text(text)));
}

static const char *const rules[] = {"held", "named", "destroyed", "recalled", "balance", "yield", "time"};

static int run_rule(struct tool *t, const struct arguments *a) {
    struct act act = {.type = ACT_RULE};
    for (uint8_t i = 0; i < FLOW_RULE_LAST; i++)
        if (strcmp(a->words[0], rules[i]) == 0) act.rule = (uint8_t)(i + 1);
    if (act.rule == 0)
        return usage(t, "没有这条规则，可用 held named destroyed recalled balance yield time",
                     "no such rule; there are held named destroyed recalled balance yield time", a->words[0]);
    if (strcmp(a->words[1], "refuse") == 0) act.action = FLOW_REFUSE;
    if (strcmp(a->words[1], "mark") == 0) act.action = FLOW_MARK;
    if (act.action == 0) return usage(t, "处置应为 refuse 或 mark", "the action is refuse or mark", a->words[1]);
    return act_run(t, a, &act);
}

static struct span canonical_text(struct tool *t, struct span received) {
    struct buffer text CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    if (identifier_canonical(received, &text, &kind) != OK) return SPAN_EMPTY;
    struct span copy = arena_copy(&t->arena, buffer_span(&text));
    CHECK(copy.data);
    return copy;
}

static int run_party(struct tool *t, const struct arguments *a) {
    struct act act = {.type = ACT_PARTY, .subject = span_text(strcmp(a->words[1], "nobody") == 0 ? "" : a->words[1])};
    act.party = canonical_text(t, span_text(a->words[0]));
    if (act.party.len == 0) return usage(t, "不是标识", "no identifier", a->words[0]);
    return act_run(t, a, &act);
}

static int compare(const struct yield_input *x, const struct yield_input *y) {
    int by = span_compare(x->product, y->product);
    if (by == 0) by = span_compare(x->unit, y->unit);
    return by != 0 ? by : span_compare(x->unit_out, y->unit_out);
}

/* {"product", "inputs": [{"product", "unit", "unit_out", "yield"}]}; sorted here. */
static int yield_read(struct tool *t, struct span map, struct yield *ret) {
    struct span entry;
    struct list l = list_open(map_get(map, "inputs"));
    ret->product = canonical_text(t, map_text(map, "product"));
    ret->inputs = arena_alloc(&t->arena, YIELD_INPUTS_MAX, sizeof *ret->inputs);
    CHECK(ret->inputs);
    while (list_next(&l, &entry)) {
        int64_t micro = 0;
        struct yield_input in = {.product = canonical_text(t, map_text(entry, "product")),
                                 .unit = map_text(entry, "unit"),
                                 .unit_out = map_text(entry, "unit_out")};
        bool good = quantity_micro(map_get(entry, "yield"), &micro) == OK && micro > 0 && ret->inputs_count < YIELD_INPUTS_MAX;
        if (!good)
            return fail(t, EXIT_REFUSED, "help flow yield", "inputs 中有一项没有大于零的 yield，或超过 16 项",
                        "an input has no yield above zero, or there are more than 16");
        in.micro = (uint64_t)micro;
        uint32_t at = ret->inputs_count++;
        for (; at > 0 && compare(&in, &ret->inputs[at - 1]) < 0; at--)
            ret->inputs[at] = ret->inputs[at - 1];
        ret->inputs[at] = in;
    }
    return EXIT_OK;
}

static int run_yield(struct tool *t, const struct arguments *a) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0}, bytes CLEANUP(buffer_free) = {0};
    struct act act = {.type = ACT_YIELD};
    struct yield again;
    struct refusal refusal;
    buffer_init(&text, 1 << 20);
    buffer_init(&value, 1 << 20);
    buffer_init(&bytes, 1 << 20);
    int code = file_read(t, a->words[0], &text);
    if (code) return code;
    if (json_parse(buffer_span(&text), &value, &refusal) != OK)
        return fail_refusal(t, EXIT_REFUSED, "help flow yield", a->words[0], &refusal);
    code = yield_read(t, buffer_span(&value), &act.yield);
    if (code) return code;
    yield_encode(&act.yield, &bytes);
    enum err e = yield_decode(buffer_span(&bytes), &t->arena, &again);
    if (e == OK) return act_run(t, a, &act);
    (void)refusal_set(&refusal, e, "%s", "");
    return fail_refusal(t, EXIT_REFUSED, "help flow yield", a->words[0], &refusal);
}

/* -- the rows -- */

static const struct option_row options[] = {DESK_OPTIONS, DESK_OUTBOX_OPTION, DRAFT_OPTION, CHAIN_OPTIONS, {0}};
static const struct example_row rule_examples[] = {
    {"flow rule held refuse --key bureau.key", "发运并不持有之物，从此拒绝", "who ships what it does not hold is refused from now on"},
    {NULL, NULL, NULL},
};
const struct command cmd_flow_rule = {
    .name = "flow rule",
    .words = "RULE refuse|mark",
    .words_min = 2,
    .words_max = 2,
    .zh = "设定一条流转规则被违反时如何处置（主管机构）",
    .en = "what happens when a rule of flow is broken (authorities)",
    .options = options,
    .examples = rule_examples,
    .more_zh = "规则：held 持有、named 指定收货、destroyed 已销毁、recalled 已召回、balance 数量平衡、yield 得率、time 时间先后。\n"
               "未设定时 held、named、time 标记存疑（迟到的事件可以补齐），其余拒绝。",
    .more_en = "Rules: held, named, destroyed, recalled, balance, yield, time. Unless set, held, named and time mark what is disputed (a late\n"
               "event may mend it), the others refuse.",
    .run = run_rule,
};
static const struct example_row party_examples[] = {
    {"flow party https://id.gs1.org/414/6972234200010 lucheng.wuma-fruit --key bureau.key", "发往这一地点即发给该成员",
     "what is shipped to this place is shipped to this member"},
    {NULL, NULL, NULL},
};
const struct command cmd_flow_party = {
    .name = "flow party",
    .words = "PARTY SUBJECT",
    .words_min = 2,
    .words_max = 2,
    .zh = "登记收货方标识属于哪个成员；nobody 取消（主管机构）",
    .en = "say whom an identifier in destinationList stands for; nobody: no one (authorities)",
    .options = options,
    .examples = party_examples,
    .run = run_party,
};
static const struct example_row yield_examples[] = {
    {"flow yield juice.json --key bureau.key", "设定果汁的得率", "set what juice may be made of"},
    {NULL, NULL, NULL},
};
const struct command cmd_flow_yield = {
    .name = "flow yield",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .zh = "设定一种产品的得率：投入至多产出多少（主管机构）",
    .en = "set the yield of a product: how much its inputs may give (authorities)",
    .options = options,
    .examples = yield_examples,
    .more_zh = "FILE：{\"product\": 产品, \"inputs\": [{\"product\": 投入, \"unit\": \"KGM\", \"unit_out\": \"LTR\", \"yield\": 0.6}]}；"
               "inputs 为空即取消。",
    .more_en = "FILE: {\"product\": ..., \"inputs\": [{\"product\": ..., \"unit\": \"KGM\", \"unit_out\": \"LTR\", \"yield\": 0.6}]}; "
               "no inputs: no rule.",
    .run = run_yield,
};
