/* EPCIS documents to items and back, and what a node makes of items that others built. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"
#include "trace/epcis.h"
#include "trace/epcis_schema.h"

#define CONTEXT "\"@context\":\"https://ref.gs1.org/standards/epcis/epcis-context.jsonld\","
#define WHEN    "\"eventTime\":\"2026-06-01T08:00:00+08:00\",\"eventTimeZoneOffset\":\"+08:00\""
#define DOCUMENT(events)                                                                           \
    "{" CONTEXT "\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","                            \
    "\"creationDate\":\"2026-06-01T08:00:00Z\",\"sender\":\"x\",\"epcisBody\":{\"eventList\":"     \
    "[" events "],\"ex:more\":1}}"
#define QUERY(events)                                                                              \
    "{" CONTEXT "\"type\":\"EPCISQueryDocument\",\"epcisBody\":{\"queryResults\":{"                \
    "\"queryName\":\"q\",\"resultsBody\":{\"eventList\":[" events "]}}}}"

struct fixture {
    struct arena arena;
    struct buffer value;
    struct refusal refusal;
    struct items items;
};

static int start(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    arena_init(&f->arena, 16 << 20);
    buffer_init(&f->value, 16 << 20);
    *state = f;
    return 0;
}

static int stop(void **state) {
    struct fixture *f = *state;
    arena_free(&f->arena);
    buffer_free(&f->value);
    free(f);
    return 0;
}

static struct span value_of(struct fixture *f, const char *json) {
    buffer_clear(&f->value);
    assert_int_equal(json_parse(span_text(json), &f->value, &f->refusal), OK);
    struct span copy = arena_copy(&f->arena, buffer_span(&f->value));
    assert_non_null(copy.data);
    return copy;
}

/* In and back: equal, and accepted by the check. */
static void round_trip(struct fixture *f, const char *json) {
    struct buffer back CLEANUP(buffer_free) = {0};
    uint32_t bad = 99;
    buffer_init(&back, 16 << 20);
    struct span value = value_of(f, json);
    assert_int_equal(epcis_to_items(value, &f->arena, &f->items, &f->refusal), OK);
    assert_int_equal(epcis_items_check(f->items.list, f->items.count, &bad, &f->refusal), OK);
    assert_int_equal(epcis_document_items(f->items.list, f->items.count), f->items.count);
    assert_int_equal(epcis_from_items(f->items.list, f->items.count, &back), OK);
    assert_true(span_equal(buffer_span(&back), value));
}

static void refused(struct fixture *f, const char *json, enum err err, const char *where) {
    assert_int_equal(epcis_parse(span_text(json), &f->arena, &f->items, &f->refusal), err);
    assert_int_equal(f->refusal.err, err);
    assert_string_equal(f->refusal.where, where);
}

static void assert_thing(const struct thing *t, int role, const char *id, enum value_kind quantity,
                         enum value_kind unit) {
    assert_int_equal(t->role, role);
    assert_true(span_is(t->identifier, id));
    assert_int_equal(value_kind(t->quantity), quantity);
    assert_int_equal(value_kind(t->unit), unit);
}

static void a_document_is_an_envelope_and_its_events(void **state) {
    struct fixture *f = *state;
    struct span events;
    struct span body;
    round_trip(f, DOCUMENT("{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                           ",\"epcList\":[\"urn:x:b\",\"urn:x:a\"]},"
                           "{\"type\":\"AggregationEvent\",\"action\":\"DELETE\"," WHEN "}"));
    assert_int_equal(f->items.count, 3);
    assert_int_equal(f->items.list[0].type, ITEM_ENVELOPE);
    assert_int_equal(f->items.list[0].things_count, 0);
    assert_true(value_get(f->items.list[0].fields, "epcisBody", &body));
    assert_true(value_get(body, "eventList", &events));
    assert_true(span_equal(events, span_of("\x02", 1))); /* the number of events */
    assert_int_equal(f->items.list[1].type, ITEM_OBJECT_EVENT);
    assert_int_equal(f->items.list[1].things_count, 2);
    assert_thing(&f->items.list[1].things[0], ROLE_EPC, "urn:x:b", VALUE_NIL, VALUE_NIL);
    assert_thing(&f->items.list[1].things[1], ROLE_EPC, "urn:x:a", VALUE_NIL, VALUE_NIL);
    assert_false(value_get(f->items.list[1].fields, "epcList", &events));
    assert_int_equal(f->items.list[2].type, ITEM_AGGREGATION_EVENT);
    round_trip(f, DOCUMENT(""));
    assert_int_equal(f->items.count, 1);
    round_trip(f, QUERY("{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[]}"));
    assert_int_equal(f->items.count, 2);
}

static void every_role_is_taken_out(void **state) {
    struct fixture *f = *state;
    round_trip(f, "{" CONTEXT "\"type\":\"AggregationEvent\",\"action\":\"ADD\"," WHEN
                  ",\"parentID\":\"urn:x:p\",\"childEPCs\":[\"urn:x:c\",\"urn:x:c\"],"
                  "\"childQuantityList\":[{\"epcClass\":\"urn:x:q\"},"
                  "{\"epcClass\":\"urn:x:r\",\"uom\":\"KGM\"},"
                  "{\"epcClass\":\"urn:x:s\",\"quantity\":0.5,\"uom\":\"KGM\"},"
                  "{\"epcClass\":\"urn:x:t\",\"quantity\":7}]}");
    assert_int_equal(f->items.count, 1);
    const struct thing *t = f->items.list[0].things;
    assert_int_equal(f->items.list[0].things_count, 7);
    assert_thing(&t[0], ROLE_PARENT, "urn:x:p", VALUE_NIL, VALUE_NIL);
    assert_thing(&t[1], ROLE_CHILD, "urn:x:c", VALUE_NIL, VALUE_NIL);
    assert_thing(&t[2], ROLE_CHILD, "urn:x:c", VALUE_NIL, VALUE_NIL);
    assert_thing(&t[3], ROLE_CHILD_QUANTITY, "urn:x:q", VALUE_NIL, VALUE_NIL);
    assert_thing(&t[4], ROLE_CHILD_QUANTITY, "urn:x:r", VALUE_NIL, VALUE_TEXT);
    assert_thing(&t[5], ROLE_CHILD_QUANTITY, "urn:x:s", VALUE_FLOAT, VALUE_TEXT);
    assert_thing(&t[6], ROLE_CHILD_QUANTITY, "urn:x:t", VALUE_INT, VALUE_NIL);
    round_trip(
        f, "{" CONTEXT "\"type\":\"TransformationEvent\"," WHEN ",\"inputEPCList\":[\"urn:x:a\"],"
           "\"inputQuantityList\":[{\"epcClass\":\"urn:x:b\"}],\"outputEPCList\":[\"urn:x:c\"],"
           "\"outputQuantityList\":[{\"epcClass\":\"urn:x:d\"}]}");
    t = f->items.list[0].things;
    assert_int_equal(f->items.list[0].type, ITEM_TRANSFORMATION_EVENT);
    assert_int_equal(f->items.list[0].things_count, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(t[i].role, ROLE_INPUT + i);
    round_trip(f, "{" CONTEXT "\"type\":\"AssociationEvent\",\"action\":\"DELETE\"," WHEN
                  ",\"parentID\":\"urn:x:p\"}");
    assert_int_equal(f->items.list[0].type, ITEM_ASSOCIATION_EVENT);
    round_trip(
        f, "{" CONTEXT "\"type\":\"TransactionEvent\",\"action\":\"ADD\"," WHEN
           ",\"bizTransactionList\":[{\"bizTransaction\":\"urn:x:t\"}],\"epcList\":[\"urn:x:a\"],"
           "\"parentID\":\"urn:x:p\",\"quantityList\":[{\"epcClass\":\"urn:x:b\"}]}");
    assert_int_equal(f->items.list[0].type, ITEM_TRANSACTION_EVENT);
    assert_int_equal(f->items.list[0].things_count, 3);
}

static void empty_and_strange_lists_stay(void **state) {
    struct fixture *f = *state;
    struct span list;
    round_trip(f, "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                  ",\"epcList\":[],\"quantityList\":[]}");
    assert_int_equal(f->items.list[0].things_count, 0);
    assert_true(value_get(f->items.list[0].fields, "epcList", &list));
    /* In an extension event a list may be anything; what is not a list of things is not lost. */
    round_trip(f, "{" CONTEXT "\"type\":\"ex:MyEvent\"," WHEN ",\"epcList\":[\"urn:x:a\"],"
                  "\"childEPCs\":[\"no uri\"],\"parentID\":5,\"inputEPCList\":{\"a\":[1]},"
                  "\"quantityList\":[{\"epcClass\":\"urn:x:b\",\"ex:more\":1}],"
                  "\"outputQuantityList\":[{\"epcClass\":\"urn:x:c\",\"quantity\":3}]}");
    assert_int_equal(f->items.list[0].type, ITEM_OTHER_EVENT);
    assert_int_equal(f->items.list[0].things_count, 2);
    assert_thing(&f->items.list[0].things[0], ROLE_EPC, "urn:x:a", VALUE_NIL, VALUE_NIL);
    assert_thing(&f->items.list[0].things[1], ROLE_OUTPUT_QUANTITY, "urn:x:c", VALUE_INT,
                 VALUE_NIL);
}

static void refusals_name_the_field(void **state) {
    struct fixture *f = *state;
    refused(f, "[]", ERR_EPCIS_DOCUMENT, "");
    refused(f, "{}", ERR_EPCIS_REQUIRED, "type");
    refused(f, "{\"type\":7}", ERR_EPCIS_TYPE, "type");
    refused(f, "{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[]}",
            ERR_EPCIS_REQUIRED, "@context");
    refused(f, DOCUMENT("{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[]},7"),
            ERR_EPCIS_TYPE, "epcisBody.eventList[1]");
    refused(f, DOCUMENT("{\"type\":\"ObjectEvent\",\"action\":\"ADDED\"," WHEN ",\"epcList\":[]}"),
            ERR_EPCIS_WORD, "epcisBody.eventList[0].action");
    refused(f,
            DOCUMENT("{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                     ",\"epcList\":[\"urn:x:a\",\"urn:x:b\",\"urn:x:a\"]}"),
            ERR_EPCIS_REPEATED, "epcisBody.eventList[0].epcList[2]");
    refused(f,
            DOCUMENT("{\"type\":\"ObjectEvent\",\"action\":\"OBSERVE\"," WHEN
                     ",\"epcList\":[],\"ilmd\":{}}"),
            ERR_EPCIS_ILMD, "epcisBody.eventList[0].ilmd");
    refused(
        f,
        QUERY("{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[],\"a\\nb\":1}"),
        ERR_EPCIS_UNKNOWN_FIELD, "epcisBody.queryResults.resultsBody.eventList[0].a?b");
    refused(f, "{\"type\":", ERR_JSON_SYNTAX, f->refusal.where);
    assert_true(f->refusal.where[0] != '\0' || f->refusal.err == ERR_JSON_SYNTAX);
}

static void limits_are_refused_by_name(void **state) {
    struct fixture *f = *state;
    struct buffer json CLEANUP(buffer_free) = {0};
    buffer_init(&json, 16 << 20);
    buffer_text(&json, "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                       ",\"epcList\":[\"urn:x:a\",\"urn:x:");
    for (int i = 0; i < IDENTIFIER_BYTES_MAX - 6; i++)
        buffer_text(&json, "b");
    size_t fits = json.len;
    buffer_text(&json, "\"]}");
    assert_int_equal(epcis_parse(buffer_span(&json), &f->arena, &f->items, &f->refusal), OK);
    json.len = fits;
    buffer_text(&json, "b\"]}");
    assert_int_equal(epcis_parse(buffer_span(&json), &f->arena, &f->items, &f->refusal),
                     ERR_IDENTIFIER_LENGTH);
    assert_string_equal(f->refusal.where, "epcList[1]");
    for (uint32_t count = ITEM_THINGS_MAX; count <= ITEM_THINGS_MAX + 1; count++) {
        buffer_clear(&json);
        buffer_text(&json,
                    "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                    ",\"quantityList\":[{\"epcClass\":\"urn:x:a\"}],\"epcList\":[\"urn:x:0\"");
        for (uint32_t i = 1; i < count - 1; i++)
            buffer_printf(&json, ",\"urn:x:%u\"", i);
        buffer_text(&json, "]}");
        enum err expected = count > ITEM_THINGS_MAX ? ERR_ITEM_THINGS : OK;
        assert_int_equal(epcis_parse(buffer_span(&json), &f->arena, &f->items, &f->refusal),
                         expected);
    }
    assert_string_equal(f->refusal.where, "quantityList");
    buffer_clear(&json);
    buffer_text(&json,
                "{" CONTEXT "\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":"
                "\"2026-06-01T08:00:00Z\",\"epcisBody\":{\"eventList\":[");
    for (uint32_t i = 0; i < RECORD_ITEMS_MAX; i++) {
        buffer_printf(&json,
                      "%s{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[]}",
                      i == 0 ? "" : ",");
    }
    buffer_text(&json, "]}}");
    assert_int_equal(epcis_parse(buffer_span(&json), &f->arena, &f->items, &f->refusal),
                     ERR_ITEM_COUNT);
    struct arena tiny;
    arena_init(&tiny, 512);
    assert_int_equal(epcis_parse(buffer_span(&json), &tiny, &f->items, &f->refusal), ERR_TOO_LARGE);
    arena_free(&tiny);
}

/* A record may carry several documents and bare events one after another. */
static void items_of_several_documents(void **state) {
    struct fixture *f = *state;
    struct item list[4];
    uint32_t bad = 99;
    struct buffer back CLEANUP(buffer_free) = {0};
    buffer_init(&back, 1 << 20);
    round_trip(f, "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                  ",\"epcList\":[\"urn:x:a\"]}");
    list[0] = f->items.list[0];
    list[3] = f->items.list[0];
    round_trip(f,
               DOCUMENT("{\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[]}"));
    list[1] = f->items.list[0];
    list[2] = f->items.list[1];
    assert_int_equal(epcis_items_check(list, 4, &bad, &f->refusal), OK);
    assert_int_equal(epcis_document_items(list, 4), 1);
    assert_int_equal(epcis_document_items(list + 1, 3), 2);
    assert_int_equal(epcis_from_items(list + 1, 3, &back), OK);
    /* The envelope says one event: none after it, or an envelope in its place, is refused; so is an
     * event without a context of its own outside. */
    assert_int_equal(epcis_items_check(list, 2, &bad, &f->refusal), ERR_ITEM_ENVELOPE);
    assert_int_equal(bad, 1);
    assert_int_equal(epcis_items_check(list + 2, 2, &bad, &f->refusal), ERR_EPCIS_REQUIRED);
    assert_int_equal(bad, 0);
    list[2] = list[1];
    assert_int_equal(epcis_items_check(list, 4, &bad, &f->refusal), ERR_ITEM_TYPE);
    assert_int_equal(bad, 2);
}

static void check_fails(struct fixture *f, struct item item, enum err err, const char *where) {
    uint32_t bad = 99;
    assert_int_equal(epcis_items_check(&item, 1, &bad, &f->refusal), err);
    assert_int_equal(bad, 0);
    assert_string_equal(f->refusal.where, where);
}

static void crafted_items_are_refused(void **state) {
    struct fixture *f = *state;
    round_trip(
        f,
        "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
        ",\"epcList\":[\"urn:x:a\"],\"quantityList\":[{\"epcClass\":\"urn:x:b\",\"quantity\":1}]}");
    struct item good = f->items.list[0];
    struct thing things[3] = {good.things[0], good.things[1], good.things[1]};
    struct item item = good;
    item.things = things;
    item.type = ITEM_AGGREGATION_EVENT;
    check_fails(f, item, ERR_ITEM_TYPE, "type");
    item.type = 8;
    check_fails(f, item, ERR_ITEM_TYPE, "type");
    item.type = ITEM_OBJECT_EVENT;
    things[0] = good.things[1]; /* out of order */
    things[1] = good.things[0];
    check_fails(f, item, ERR_ITEM_ROLE, "things[1]");
    things[0] = good.things[0];
    things[1] = good.things[1];
    things[0].role = ROLE_CHILD; /* not of this type */
    check_fails(f, item, ERR_ITEM_ROLE, "things[0]");
    things[0].role = 200;
    check_fails(f, item, ERR_ITEM_ROLE, "things[0]");
    things[0] = good.things[0];
    things[0].quantity = good.things[1].quantity; /* an EPC is one piece */
    check_fails(f, item, ERR_ITEM_ROLE, "things[0]");
    things[0] = good.things[0];
    things[1].unit = span_of("\xa2kg", 3); /* a unit the schema does not know */
    check_fails(f, item, ERR_EPCIS_PATTERN, "quantityList[0].uom");
    things[1] = good.things[1];
    things[0].identifier = span_text("no uri");
    check_fails(f, item, ERR_EPCIS_URI, "epcList[0]");
    /* Identifiers left in the fields would escape the history of things. */
    item = good;
    item.things_count = 0;
    item.fields = value_of(f, "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                              ",\"epcList\":[\"urn:x:a\"]}");
    check_fails(f, item, ERR_ITEM_FIELDS, "epcList");
    item = good;
    item.fields = value_of(f, "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                              ",\"epcList\":[]}");
    check_fails(f, item, ERR_ITEM_FIELDS, "epcList");
    /* Two parents. */
    round_trip(f, "{" CONTEXT "\"type\":\"AssociationEvent\",\"action\":\"DELETE\"," WHEN
                  ",\"parentID\":\"urn:x:p\"}");
    item = f->items.list[0];
    things[0] = item.things[0];
    things[1] = item.things[0];
    item.things = things;
    item.things_count = 2;
    check_fails(f, item, ERR_ITEM_ROLE, "things[1]");
    /* An envelope with things, or whose list is not a number. */
    round_trip(f, DOCUMENT(""));
    item = f->items.list[0];
    item.things = things;
    item.things_count = 1;
    check_fails(f, item, ERR_ITEM_ENVELOPE, "eventList");
    item = f->items.list[0];
    item.fields = value_of(f, DOCUMENT(""));
    check_fails(f, item, ERR_ITEM_ENVELOPE, "eventList");
    item.fields = value_of(f, "{\"type\":\"EPCISDocument\",\"epcisBody\":{\"eventList\":0}}");
    check_fails(f, item, ERR_EPCIS_REQUIRED, "@context");
}

/* Replaces the value of a top-level field by a hidden one. */
static struct span hide(struct fixture *f, struct span map, const char *name) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    struct hidden hidden = {.tier = TIER_REGULATOR};
    buffer_clear(&f->value);
    unpack_init(&u, map);
    uint32_t count = unpack_map(&u, UINT32_MAX);
    pack_map(&f->value, count);
    for (uint32_t i = 0; i < count; i++) {
        struct span key = unpack_key(&u, &last);
        struct span value = unpack_value(&u);
        pack_text(&f->value, key);
        if (span_is(key, name)) {
            hidden_write(&hidden, &f->value);
        } else {
            pack_raw(&f->value, value);
        }
    }
    struct span copy = arena_copy(&f->arena, buffer_span(&f->value));
    assert_non_null(copy.data);
    return copy;
}

static void hidden_values_stand_only_where_they_may(void **state) {
    struct fixture *f = *state;
    uint32_t bad = 99;
    round_trip(f, "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN
                  ",\"disposition\":\"active\",\"epcList\":[\"urn:x:a\"],\"ilmd\":{\"ex:a\":1},"
                  "\"readPoint\":{\"id\":\"urn:x:r\"},\"ex:contact\":\"Li\"}");
    struct item good = f->items.list[0];
    static const char *const may[] = {"ilmd", "readPoint", "ex:contact"};
    for (size_t i = 0; i < 3; i++) {
        struct item item = good;
        item.fields = hide(f, good.fields, may[i]);
        assert_int_equal(epcis_items_check(&item, 1, &bad, &f->refusal), OK);
    }
    static const char *const never[] = {
        "@context", "type", "action", "eventTime", "eventTimeZoneOffset", "disposition"};
    for (size_t i = 0; i < 6; i++) {
        struct item item = good;
        item.fields = hide(f, good.fields, never[i]);
        check_fails(f, item, ERR_ITEM_HIDDEN, never[i]);
    }
    struct item item = good;
    item.things_count = 0;
    round_trip(f,
               "{" CONTEXT "\"type\":\"ObjectEvent\",\"action\":\"ADD\"," WHEN ",\"epcList\":[]}");
    item.fields = hide(f, f->items.list[0].fields, "epcList");
    check_fails(f, item, ERR_ITEM_HIDDEN, "epcList");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_document_is_an_envelope_and_its_events, start, stop),
        cmocka_unit_test_setup_teardown(every_role_is_taken_out, start, stop),
        cmocka_unit_test_setup_teardown(empty_and_strange_lists_stay, start, stop),
        cmocka_unit_test_setup_teardown(refusals_name_the_field, start, stop),
        cmocka_unit_test_setup_teardown(limits_are_refused_by_name, start, stop),
        cmocka_unit_test_setup_teardown(items_of_several_documents, start, stop),
        cmocka_unit_test_setup_teardown(crafted_items_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(hidden_values_stand_only_where_they_may, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
