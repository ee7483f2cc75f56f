/* rpc_recall.h: on the chain of rpc_world.h the farm's transformation urn:t:jam of a lot, and recall bureau/R1 of the lot and what was made of
 * it. Include after rpc_certificates.h. */
#ifndef TESTS_RPC_RECALL_H
#define TESTS_RPC_RECALL_H

#include "ledger/links.h"
#include "trace/recall.h"

#define RECALL_LOT "https://id.gs1.org/01/06901234567908/10/R"
#define RECALL_JAM "https://id.gs1.org/01/06901234567915/10/J"

static inline void world_recall(struct world *w) {
    struct buffer text CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0}, fields CLEANUP(buffer_free) = {0},
                  group CLEANUP(buffer_free) = {0};
    buffer_init(&text, 4096);
    buffer_init(&wire, 1 << 16);
    buffer_init(&fields, 4096);
    buffer_init(&group, 256);
    buffer_printf(&text,
                  "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",\"type\":\"TransformationEvent\","
                  "\"eventTime\":\"2026-05-28T08:00:00+08:00\",\"eventTimeZoneOffset\":\"+08:00\",\"transformationID\":\"urn:t:jam\","
                  "\"inputQuantityList\":[{\"epcClass\":\"%s\",\"quantity\":10}],\"outputQuantityList\":[{\"epcClass\":\"%s\",\"quantity\":9}]}",
                  RECALL_LOT, RECALL_JAM);
    world_record(w, &w->farm, "farm-1", buffer_span(&text), &wire);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    struct links_event event = {.subject = span_text("farm-1")};
    group_write(&event, span_text("urn:t:jam"), &group);
    struct recall_thing things[] = {{.from = SPAN_EMPTY}, {.from = span_text(RECALL_LOT), .group = buffer_span(&group)}};
    struct thing bare[] = {thing_bare(ROLE_RECALLED, span_text(RECALL_LOT)), thing_bare(ROLE_RECALLED, span_text(RECALL_JAM))};
    struct recall_item r = {.recall = span_text("bureau/R1"), .reason = 3, .level = 1, .root = span_text(RECALL_LOT), .things = things,
                            .things_count = 2};
    recall_fields(&r, ITEM_RECALL_ORDERED, &fields);
    struct item item = {.type = ITEM_RECALL_ORDERED, .fields = buffer_span(&fields), .things = bare, .things_count = 2};
    world_item(w, &w->authority, "bureau", RECORD_RECALLS, &item);
    buffer_clear(&fields);
    r.things_count = 1;
    recall_fields(&r, ITEM_RECALL_LIFTED, &fields);
    item = (struct item){.type = ITEM_RECALL_LIFTED, .fields = buffer_span(&fields), .things = bare, .things_count = 1};
    world_item(w, &w->authority, "bureau", RECORD_RECALLS, &item);
}

#endif
