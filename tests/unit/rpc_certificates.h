/* rpc_certificates.h: certificates in the world of rpc_world.h: the type "pledge", a lot of the farm, and four certificates of
 * it: 1 superseded by 2, 3 revoked, 4 that has expired for whoever asks after its hour. Include after rpc_world.h. */
#ifndef TESTS_RPC_CERTIFICATES_H
#define TESTS_RPC_CERTIFICATES_H

#include "ledger/member.h"
#include "trace/certificate.h"

#define PLEDGE_LOT "https://id.gs1.org/01/06901234567892/10/A"
#define PLEDGE_CONTACT "0577-00000101"


/* One record of one item, in a block of its own. */
static inline void world_item(struct world *w, const struct keypair *keys, const char *subject, uint8_t kind,
                              const struct item *item) {
    struct buffer wire CLEANUP(buffer_free) = {0};
    struct record_place place;
    buffer_init(&wire, RECORD_BYTES_MAX);
    struct record_header draft = {.chain_id = w->genesis->chain_id, .kind = kind,
                                  .subject = span_text(subject), .key = keys->public_key,
                                  .created_ms = w->now_ms, .expires_ms = w->now_ms + 3600000, .nonce = ++w->nonce};
    CHECK(record_make(&w->genesis->params, &draft, item, 1, keys, &wire) == OK);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    struct digest id = world_wire_id(&wire);
    CHECK(query_record(world_reader(w), &id, &place) == OK);
    if (place.code != RESULT_ACCEPTED) fprintf(stderr, "%s\n", result_name(place.code));
    CHECK(place.code == RESULT_ACCEPTED);
}

static inline struct digest pledge_commitment(const struct world *w) {
    static const uint8_t salt[HIDDEN_SALT_BYTES] = {7};
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, 64);
    pack_text(&value, span_text(PLEDGE_CONTACT));
    return hidden_commitment(&w->genesis->chain_id, TIER_DELETABLE, salt, span_text("/fields/contact"),
                             buffer_span(&value));
}

static inline void world_pledge_type(struct world *w) {
    struct certificate_field fields[] = {
        {.name = span_text("contact"), .kind = CERTIFICATE_TEXT, .flags = CERTIFICATE_MANDATORY | CERTIFICATE_HIDDEN,
         .label_zh = span_text("联系方式"), .label_en = span_text("Contact")},
        {.name = span_text("product-name"), .kind = CERTIFICATE_TEXT, .flags = CERTIFICATE_MANDATORY,
         .label_zh = span_text("产品名称"), .label_en = span_text("Product")}};
    struct act act = {.type = ACT_CERTIFICATE_TYPE,
                      .certificate_type = {.type = span_text("pledge"), .title_zh = span_text("承诺达标合格证"),
                                           .title_en = span_text("Pledge"), .covers = 1 << IDENTIFIER_LOT,
                                           .own = CERTIFICATE_OWN, .quota = CERTIFICATE_PRODUCED,
                                           .upstream = UPSTREAM_MAY, .things_min = 1, .things_max = 1,
                                           .roles = MEMBER_PRODUCER, .fields = fields, .fields_count = 2}};
    struct buffer bytes CLEANUP(buffer_free) = {0}, item CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, 1 << 14);
    buffer_init(&item, 1 << 14);
    act_encode(&act, &bytes);
    act_fields(buffer_span(&bytes), NULL, 0, &item);
    struct item it = {.type = ACT_CERTIFICATE_TYPE, .fields = buffer_span(&item)};
    world_item(w, &w->authority, "bureau", RECORD_GOVERNANCE, &it);
}

static inline void world_pledge(struct world *w, const char *number, double pieces, uint64_t until_ms,
                                const char *supersedes) {
    static const uint8_t nil[] = {0xc0};
    struct buffer fields CLEANUP(buffer_free) = {0}, contact CLEANUP(buffer_free) = {0},
                  name CLEANUP(buffer_free) = {0}, quantity CLEANUP(buffer_free) = {0};
    buffer_init(&fields, 1 << 14);
    buffer_init(&contact, 64);
    buffer_init(&name, 64);
    buffer_init(&quantity, 16);
    struct hidden hidden = {TIER_DELETABLE, pledge_commitment(w)};
    hidden_write(&hidden, &contact);
    pack_text(&name, span_text("杨梅"));
    pack_number(&quantity, pieces);
    struct certificate_entry entries[] = {{span_text("contact"), buffer_span(&contact)},
                                          {span_text("product-name"), buffer_span(&name)}};
    struct certificate_issue issue = {.number = span_text(number), .type = span_text("pledge"),
                                      .producer = span_text("farm-1"), .supersedes = span_text(supersedes),
                                      .from_ms = w->now_ms, .until_ms = until_ms, .fields = entries,
                                      .fields_count = 2};
    certificate_issue_fields(&issue, &fields);
    struct thing thing = {ROLE_COVERED, span_text(PLEDGE_LOT), buffer_span(&quantity), span_of(nil, 1)};
    struct item item = {.type = supersedes[0] ? ITEM_CERTIFICATE_SUPERSEDED : ITEM_CERTIFICATE_ISSUED,
                        .fields = buffer_span(&fields), .things = &thing, .things_count = 1};
    world_item(w, &w->farm, "farm-1", RECORD_CERTIFICATES, &item);
}

static inline void world_certify(struct world *w) {
    struct buffer text CLEANUP(buffer_free) = {0}, wire CLEANUP(buffer_free) = {0}, fields CLEANUP(buffer_free) = {0};
    buffer_init(&text, 4096);
    buffer_init(&wire, 1 << 16);
    buffer_init(&fields, 1024);
    buffer_printf(&text,
                  "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                  "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T08:00:00+08:00\","
                  "\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"ADD\",\"bizStep\":\"commissioning\","
                  "\"quantityList\":[{\"epcClass\":\"%s\",\"quantity\":100}]}",
                  PLEDGE_LOT);
    world_record(w, &w->farm, "farm-1", buffer_span(&text), &wire);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    world_pledge_type(w);
    world_pledge(w, "1", 60, 0, "");
    world_pledge(w, "2", 50, 0, "farm-1/1");
    world_pledge(w, "3", 10, 0, "");
    world_pledge(w, "4", 1.5, w->now_ms + 2500, "");
    struct certificate_revocation r = {span_text("farm-1/3"), 9};
    certificate_revocation_fields(&r, &fields);
    struct item revoked = {.type = ITEM_CERTIFICATE_REVOKED, .fields = buffer_span(&fields)};
    world_item(w, &w->farm, "farm-1", RECORD_CERTIFICATES, &revoked);
    world_pledge(w, "5", 1, 0, ""); /* time passes */
}

#endif
