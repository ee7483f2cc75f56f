/* certificate_world.h: certificates for tests of the ledger: items built from a few words. Include after ledger_world.h. */
#ifndef TESTS_CERTIFICATE_WORLD_H
#define TESTS_CERTIFICATE_WORLD_H

#include <inttypes.h>

#include "ledger/balance.h"
#include "ledger/query.h"
#include "tests/unit/ledger_world.h"

#define LOT_A "https://id.gs1.org/01/06901234567892/10/A"
#define LOT_B "https://id.gs1.org/01/06901234567892/10/B"

/* The quantity type of the tests: pairs of a lot, at most what was produced, the producer's own. */
static inline struct certificate_type world_type(const char *name) {
    return (struct certificate_type){.type = span_text(name),
                                     .title_zh = span_text("产地证"),
                                     .title_en = span_text("origin"),
                                     .covers = 1 << IDENTIFIER_LOT,
                                     .own = CERTIFICATE_OWN,
                                     .quota = CERTIFICATE_PRODUCED,
                                     .upstream = UPSTREAM_MAY,
                                     .things_min = 1,
                                     .things_max = 2,
                                     .roles = MEMBER_PRODUCER};
}

/* Sets a type by an act of the bureau, in the block being filled. */
static inline uint32_t world_set_type(struct world *w, const struct certificate_type *type) {
    struct act act = {.type = ACT_CERTIFICATE_TYPE, .certificate_type = *type};
    return world_act(w, &act, NULL);
}

struct covers {
    const char *identifier;
    double quantity; /* 0: none */
    const char *unit;
};

static inline struct item world_issue(struct world *w, const struct certificate_issue *issue,
                                      const struct covers covers[], uint32_t count) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    static const uint8_t nil[1] = {0xc0};
    struct item item = {.type = issue->supersedes.len > 0 ? ITEM_CERTIFICATE_SUPERSEDED
                                                          : ITEM_CERTIFICATE_ISSUED,
                        .things_count = count};
    buffer_init(&fields, 1 << 16);
    certificate_issue_fields(issue, &fields);
    CHECK(!fields.overflow);
    item.fields = world_keep(w, buffer_span(&fields));
    item.things = arena_alloc(&w->arena, count, sizeof *item.things);
    CHECK(item.things);
    for (uint32_t i = 0; i < count; i++) {
        struct thing *t = &item.things[i];
        *t = (struct thing){ROLE_COVERED, span_text(covers[i].identifier), span_of(nil, 1),
                            span_of(nil, 1)};
        buffer_clear(&fields);
        if (covers[i].quantity != 0) {
            pack_number(&fields, covers[i].quantity);
            t->quantity = world_keep(w, buffer_span(&fields));
        }
        buffer_clear(&fields);
        if (covers[i].unit) {
            pack_text(&fields, span_text(covers[i].unit));
            t->unit = world_keep(w, buffer_span(&fields));
        }
    }
    return item;
}

static inline struct item world_revoke(struct world *w, const char *id, uint16_t reason) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct certificate_revocation r = {span_text(id), reason};
    buffer_init(&fields, 1 << 10);
    certificate_revocation_fields(&r, &fields);
    return (struct item){.type = ITEM_CERTIFICATE_REVOKED, .fields = world_keep(w, buffer_span(&fields))};
}

/* One item in a record of kind 3. */
static inline uint32_t world_certify(struct world *w, const char *subject, const struct item *item) {
    struct record_header d = world_draft(w, subject, RECORD_CERTIFICATES);
    return world_add(w, world_record(w, &d, item, 1, subject));
}

/* "type" of a number for the subject's own `quantity` pairs of a lot. */
static inline struct item world_own(struct world *w, const char *subject, const char *type,
                                    const char *number, const char *lot, double quantity) {
    struct certificate_issue c = {.number = span_text(number),
                                  .type = span_text(type),
                                  .producer = span_text(subject),
                                  .from_ms = w->head.time_ms};
    struct covers covers = {lot, quantity, "NPR"};
    return world_issue(w, &c, &covers, 1);
}

/* An event like no other (SPEC L7): so many pairs of a lot were made. */
static inline struct item world_made(struct world *w, const char *action, const char *step,
                                     const char *lot, double quantity, const char *unit) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct items items;
    struct refusal refusal = {0};
    buffer_init(&text, 1 << 16);
    buffer_printf(&text,
                  "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                  "\"type\":\"ObjectEvent\",\"eventID\":\"urn:event:%" PRIu64 "\","
                  "\"eventTime\":\"2026-05-01T08:00:00.000+08:00\","
                  "\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"%s\",\"bizStep\":\"%s\",\"quantityList\":[{"
                  "\"epcClass\":\"%s\",\"quantity\":%.17g%s%s%s}]}",
                  ++w->events, action, step, lot, quantity, unit ? ",\"uom\":\"" : "", unit ? unit : "", unit ? "\"" : "");
    enum err e = epcis_parse(world_keep(w, buffer_span(&text)), &w->arena, &items, &refusal);
    if (e || items.count != 1) {
        fprintf(stderr, "event: %s at %s\n", err_name(e), refusal.where);
        abort();
    }
    return items.list[0];
}

static inline uint64_t world_balance(const struct world *w, uint8_t purpose, const char *subject,
                                     const char *lot, const char *unit, const char *type) {
    struct balance_name name = {purpose, span_text(subject), span_text(lot), span_text(unit),
                                span_text(type)};
    return balance_read(w->rows.reader, &name);
}

/* The state of a certificate; 0 when there is none. */
static inline uint8_t world_certificate(struct world *w, const char *id,
                                        struct certificate_value *ret) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    if (query_certificate(w->rows.reader, span_text(id), &value, &w->arena, ret) != OK) return 0;
    struct span kept = world_keep(w, buffer_span(&value));
    CHECK(codec_decode(&certificate_value_type, kept, &w->arena, ret) == OK);
    return ret->state;
}

#endif
