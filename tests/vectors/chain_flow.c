/* chain_flow.c: see chain_flow.h. */
#include "tests/vectors/chain_flow.h"

#include "ledger/flow.h"
#include "ledger/links.h"
#include "trace/event.h"

static bool one_in(struct rng *r, uint64_t n) {
    return rng_below(r, n) == 0;
}

/* Of the few parties that acts give to somebody. */
static void put_party(struct rng *r, struct buffer *out) {
    buffer_printf(out, "https://id.gs1.org/414/690123400000%u", (unsigned)(7 + rng_below(r, 3)));
}

void chain_flow_fields(struct rng *r, struct buffer *out) {
    static const char *const types[] = {"possessing_party", "location", "owning_party", "cbv:SDT-location"};
    static const char *const dispositions[] = {"returned", "in_transit", "cbv:Disp-recalled", "damaged"};
    if (one_in(r, 2)) {
        uint64_t count = 1 + rng_below(r, 2);
        buffer_text(out, ",\"destinationList\":[");
        for (uint64_t i = 0; i < count; i++) {
            buffer_printf(out, "%s{\"type\":\"%s\",\"destination\":\"", i ? "," : "", types[rng_below(r, 4)]);
            put_party(r, out);
            buffer_text(out, "\"}");
        }
        buffer_text(out, "]");
    }
    if (one_in(r, 4)) buffer_printf(out, ",\"disposition\":\"%s\"", dispositions[rng_below(r, 4)]);
    if (one_in(r, 12))
        buffer_printf(out, ",\"persistentDisposition\":{\"%s\":[\"%s\"]}", one_in(r, 2) ? "set" : "unset",
                      one_in(r, 6) ? "damaged" : "recalled");
}

void chain_flow_tell(struct chain_flow *f, struct world *w, struct rng *r, const char *author, struct span text) {
    uint64_t place = rng_below(r, CHAIN_TOLD_MAX);
    if (place >= f->told_count && f->told_count < CHAIN_TOLD_MAX) place = f->told_count++;
    if (place >= f->told_count) return;
    f->told[place] = world_keep(w, span_part(text, 0, text.len - 1));
    f->author[place] = author;
}

bool chain_flow_again(const struct chain_flow *f, struct rng *r, const char *author, struct buffer *out) {
    if (f->told_count == 0) return false;
    uint64_t place = rng_below(r, f->told_count);
    buffer_append_span(out, f->told[place]);
    if (!one_in(r, 4)) {
        buffer_text(out, ",\"errorDeclaration\":{\"declarationTime\":\"2026-06-02T08:00:00Z\"");
        bool says = strcmp(author, f->author[place]) != 0 ? !one_in(r, 4) : one_in(r, 4);
        if (says) buffer_printf(out, ",\"suyuan:author\":\"%s\"", f->author[place]);
        buffer_text(out, "}");
    }
    buffer_text(out, "}");
    return true;
}

static struct span unit_of(struct world *w, const struct event_thing *thing) {
    struct buffer lot CLEANUP(buffer_free) = {0};
    buffer_init(&lot, IDENTIFIER_BYTES_MAX);
    return identifier_lot(thing->canonical, &lot) ? world_keep(w, buffer_span(&lot)) : world_keep(w, thing->canonical);
}

static void links_of(struct chain_flow *f, struct world *w, struct rng *r, const struct item *item, const struct links_event *event) {
    struct event_thing *things;
    uint32_t count;
    const uint32_t in = 1u << ROLE_INPUT | 1u << ROLE_INPUT_QUANTITY, made = 1u << ROLE_OUTPUT | 1u << ROLE_OUTPUT_QUANTITY;
    struct buffer group CLEANUP(buffer_free) = {0};
    CHECK(event_things(item, &w->arena, &things, &count) == OK);
    buffer_init(&group, 256);
    group_write(event, event_text(item, "transformationID"), &group);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < count; k++) {
            if (!(things[i].roles & in) || !(things[k].roles & made)) continue;
            uint64_t place = rng_below(r, CHAIN_LINKS_MAX);
            if (place >= f->links_count && f->links_count < CHAIN_LINKS_MAX) place = f->links_count++;
            if (place < f->links_count)
                f->links[place] = (struct chain_link){unit_of(w, &things[i]), unit_of(w, &things[k]), world_keep(w, buffer_span(&group))};
        }
}

void chain_flow_accepted(struct chain_flow *f, struct world *w, struct rng *r, struct span wire, uint64_t log_index) {
    struct record record;
    CHECK(record_parse(&w->genesis->params, wire, &w->arena, &record, NULL) == OK);
    for (uint32_t i = 0; i < record.header.item_count && record.header.kind == RECORD_EVENTS; i++) {
        struct links_event event = {log_index, (uint16_t)i, record.header.subject};
        if (record.items[i].type == ITEM_TRANSFORMATION_EVENT) links_of(f, w, r, &record.items[i], &event);
    }
}

static struct span recall_id(struct chain_flow *f, struct world *w, struct rng *r, const char *author) {
    char text[64];
    if (f->recalls_count > 0 && !one_in(r, 3)) return f->recalls[rng_below(r, f->recalls_count)];
    int len = snprintf(text, sizeof text, "%s/r%u", one_in(r, 8) ? "farm2" : author, (unsigned)rng_below(r, 6));
    struct span id = world_keep(w, span_of(text, (size_t)len));
    f->recalls[f->recalls_count < 8 ? f->recalls_count++ : rng_below(r, 8)] = id;
    return id;
}

static struct span any_name(struct world *w, struct rng *r) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 512);
    chain_name(r, &b);
    return world_keep(w, buffer_span(&b));
}

struct item chain_recall(struct chain_flow *f, struct world *w, struct rng *r, const char *author) {
    struct buffer b CLEANUP(buffer_free) = {0}, root CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    bool lifts = one_in(r, 4);
    struct recall_thing things[3] = {{.from = SPAN_EMPTY}};
    struct recall_item item = {.recall = recall_id(f, w, r, author), .reason = (uint16_t)rng_below(r, 4),
                               .level = (uint8_t)(1 + rng_below(r, 2) * rng_below(r, 2)), .things = things};
    struct thing *list = arena_alloc(&w->arena, 3, sizeof *list);
    buffer_init(&b, 1 << 14);
    buffer_init(&root, IDENTIFIER_BYTES_MAX);
    bool known = f->links_count > 0 && !one_in(r, 6);
    const struct chain_link *l = known ? &f->links[rng_below(r, f->links_count)] : NULL;
    struct span names[2] = {l ? l->from : any_name(w, r), l ? l->to : any_name(w, r)};
    item.things_count = (uint32_t)(1 + rng_below(r, 2));
    uint32_t from = item.things_count == 1 && one_in(r, 3);
    CHECK(identifier_canonical(names[0], &root, &kind) == OK);
    item.root = buffer_span(&root);
    for (uint32_t i = 0; i < item.things_count; i++) {
        list[i] = thing_bare(ROLE_RECALLED, names[from + i]);
        if (from + i == 1 && l) things[i] = (struct recall_thing){.from = l->from, .group = l->group};
    }
    enum item_type type = lifts ? ITEM_RECALL_LIFTED : ITEM_RECALL_ORDERED;
    recall_fields(&item, type, &b);
    return (struct item){.type = (uint8_t)type, .fields = world_keep(w, buffer_span(&b)), .things = list, .things_count = item.things_count};
}

struct act chain_flow_act(struct world *w, struct rng *r, const char *const people[], size_t people_count) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 256);
    if (one_in(r, 2)) {
        put_party(r, &b);
        return (struct act){.type = ACT_PARTY, .party = world_keep(w, buffer_span(&b)),
                            .subject = one_in(r, 8) ? SPAN_EMPTY : span_text(people[rng_below(r, people_count)])};
    }
    if (one_in(r, 2))
        return (struct act){.type = ACT_RULE, .rule = (uint8_t)(1 + rng_below(r, FLOW_RULE_LAST)),
                            .action = (uint8_t)(one_in(r, 3) ? FLOW_REFUSE : FLOW_MARK)};
    static const char *const units[] = {"", "KGM", "NPR"};
    struct yield_input *in = arena_alloc(&w->arena, 3, sizeof *in);
    struct act a = {.type = ACT_YIELD, .yield = {.product = span_text("https://id.gs1.org/01/06901234567892"), .inputs = in}};
    for (unsigned i = 0; i < 3; i++)
        if (!one_in(r, 3))
            in[a.yield.inputs_count++] = (struct yield_input){a.yield.product, span_text(units[i]),
                                                              span_text(units[rng_below(r, 3)]), 1 + rng_below(r, 3000000)};
    return a;
}
