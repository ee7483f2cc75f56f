/* flow_world.h: events of a small consortium in few words, each in a block of its own, and what became of the things they name. Include
 * after ledger_world.h. Hours stand for times: hour 10 is 10:00 UTC of 2026-05-20; blocks are of June. */
#ifndef TESTS_FLOW_WORLD_H
#define TESTS_FLOW_WORLD_H

#include "ledger/account.h"
#include "ledger/flow.h"
#include "ledger/links.h"
#include "ledger/query.h"
#include "tests/unit/ledger_world.h"
#include "trace/recall.h"

#define FLOW_GTIN "https://id.gs1.org/01/06901234567892"
#define FLOW_LOT FLOW_GTIN "/10/A"
#define FLOW_BERRY FLOW_GTIN "/10/B"
#define FLOW_BOX FLOW_GTIN "/21/1"
#define FLOW_BOX2 FLOW_GTIN "/21/2"
#define FLOW_PALLET "https://id.gs1.org/00/069012340000000017"
#define FLOW_TRUCK "https://id.gs1.org/00/069012340000000024"
#define FLOW_SHOP "https://id.gs1.org/414/6901234000009"

/* type: "Object" and so on; rest: the other fields, with single quotes for double ones, without the last brace. */
static inline struct item flow_event(struct world *w, const char *type, unsigned hour, const char *rest) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct items items;
    struct refusal refusal = {0};
    buffer_init(&text, 1 << 20);
    buffer_printf(&text,
                  "{'@context':'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld','type':'%sEvent',"
                  "'eventTime':'2026-05-20T%02u:00:00Z','eventTimeZoneOffset':'+08:00',%s}",
                  type, hour, rest);
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\'') text.data[i] = '"';
    enum err e = epcis_parse(world_keep(w, buffer_span(&text)), &w->arena, &items, &refusal);
    if (e || items.count != 1) {
        fprintf(stderr, "event: %s at %s: %.*s\n", err_name(e), refusal.where, (int)text.len, (const char *)text.data);
        abort();
    }
    return items.list[0];
}

static inline uint16_t flow_record(struct world *w, const char *who, uint8_t kind, const struct item *items, uint32_t count) {
    struct record_header draft = world_draft(w, who, kind);
    world_add(w, world_record(w, &draft, items, count, who));
    CHECK(world_close(w, 1000) == OK);
    return w->results[0].code;
}

static inline uint16_t flow_say(struct world *w, const char *who, const char *type, unsigned hour, const char *rest) {
    struct item item = flow_event(w, type, hour, rest);
    return flow_record(w, who, RECORD_EVENTS, &item, 1);
}

#define FLOW_TO_SHOP ",'destinationList':[{'type':'possessing_party','destination':'" FLOW_SHOP "'}]"
#define FLOW_EPCS(step, action, ids) "'action':'" action "','bizStep':'" step "','epcList':[" ids "]"
#define FLOW_BULK(step, action, lot, n) \
    "'action':'" action "','bizStep':'" step "','quantityList':[{'epcClass':'" lot "','quantity':" n ",'uom':'KGM'}]"
#define FLOW_ID(id) "'" id "'"

static inline uint16_t flow_act(struct world *w, const struct act *act) {
    world_act(w, act, "bureau2");
    CHECK(world_close(w, 1000) == OK);
    return w->results[0].code;
}

static inline uint16_t flow_rule(struct world *w, enum flow_rule rule, enum flow_action action) {
    struct act act = {.type = ACT_RULE, .rule = (uint8_t)rule, .action = (uint8_t)action};
    return flow_act(w, &act);
}

/* FLOW_SHOP is this member. */
static inline void flow_shop(struct world *w, const char *subject) {
    struct act act = {.type = ACT_PARTY, .party = span_text(FLOW_SHOP), .subject = span_text(subject)};
    CHECK(flow_act(w, &act) == RESULT_ACCEPTED);
}

static inline struct thing_value flow_thing(struct world *w, const char *id) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct thing_value v = {0};
    struct digest key = status_key(STATUS_THING, span_text(id));
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    if (!status_get(w->rows.reader, &key, &value)) return v;
    CHECK(codec_decode(&thing_value_type, world_keep(w, buffer_span(&value)), &w->arena, &v) == OK);
    return v;
}

static inline struct flow flow_of(struct world *w, const char *id) {
    struct thing_value v = flow_thing(w, id);
    return v.flow_count > 0 ? *v.flow : (struct flow){0};
}

static inline int64_t flow_holds(struct world *w, const char *id, const char *who) {
    struct flow f = flow_of(w, id);
    return flow_held(&f, span_text(who), false);
}

/* Millionths. */
static inline int64_t flow_account(struct world *w, const char *who, enum account_kind kind, const char *lot) {
    struct account_name name = {span_text(who), (uint8_t)kind, span_text(lot), span_text("KGM")};
    return account_read(w->rows.reader, &name);
}

#endif
