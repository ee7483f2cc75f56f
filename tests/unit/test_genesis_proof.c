/* Proof bundles: what they say, and that no byte of them can be changed, dropped or doubled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/world_results.h"
#include "trace/identifier.h"

#define EPC_A "urn:epc:id:sgtin:6901234.056789.1001"
#define EPC_B "urn:epc:id:sgtin:6901234.056789.1002"

/* A farm commissions two pieces in a lot, ships them; another farm is looked at. One record of
 * three items. */
static void tell(struct world *w, struct digest *ret_wire_id) {
    struct item born = world_event(w, "ADD", "commissioning",
                                   ",\"ilmd\":{\"cbvmda:lotNumber\":\"L7\"}", EPC_A, EPC_B, NULL);
    struct item ship = world_event(w, "OBSERVE", "shipping", "", EPC_A, NULL);
    struct item other =
        world_event(w, "OBSERVE", "inspecting", "", "urn:epc:id:sscc:6901234.1234567890", NULL);
    struct record_header d = world_draft(w, "farm1", RECORD_EVENTS);
    world_say(w, "farm1", &born);
    CHECK(world_close(w, 1000) == OK);
    struct item three[3] = {other, ship, other};
    struct span wire = world_record(w, &d, three, 3, "farm1");
    world_add(w, wire);
    world_say(w, "farm2", &other);
    CHECK(world_close(w, 1000) == OK);
    CHECK(w->results[0].code == RESULT_ACCEPTED);
    CHECK(record_wire_id(wire, ret_wire_id) == OK);
}

static struct span canonical(struct buffer *b, const char *identifier) {
    enum identifier_kind kind;
    buffer_init(b, IDENTIFIER_BYTES_MAX);
    CHECK(identifier_canonical(span_text(identifier), b, &kind) == OK);
    return buffer_span(b);
}

static void a_record_is_proven(void **state) {
    (void)state;
    struct world w;
    struct attested a;
    struct digest wire_id;
    struct buffer bundle CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    world_begin(&w, 1);
    arena_init(&arena, PROOF_ARENA_BYTES);
    tell(&w, &wire_id);
    world_attest(&w, 1780272100, &a);
    struct proof_source source = world_source(&w, &a);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    const uint32_t items[] = {1};
    assert_int_equal(proof_build_record(&source, &wire_id, items, 1, &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s), OK);
    assert_int_equal(s.question, PROOF_RECORD);
    assert_int_equal(s.height, 2);
    assert_int_equal(s.signers_count, 3);
    assert_int_equal(s.as_of_s, 1780272101); /* the newest three of four */
    assert_int_equal(s.records_count, 1);
    assert_int_equal(s.records[0].items_count, 1);
    assert_int_equal(s.records[0].items[0].index, 1);
    assert_int_equal(s.statuses_count, 2);
    const struct statement_status *member = statement_find(&s, STATUS_MEMBER, span_text("farm1"));
    assert_true(member && member->exists);
    struct digest other = w.genesis->chain_id;
    other.b[0] ^= 1;
    assert_int_equal(proof_verify(buffer_span(&bundle), &other, &arena, &s), ERR_PROOF_CHAIN);
    struct digest nobody = {{1}};
    assert_int_equal(proof_build_record(&source, &nobody, NULL, 0, &bundle), ERR_QUERY_UNKNOWN);
    print_message("bundle of one item of three: %zu bytes\n", bundle.len);
    world_end(&w);
}

static void a_thing_is_proven_with_its_whole_history(void **state) {
    (void)state;
    struct world w;
    struct attested a;
    struct digest wire_id;
    struct buffer bundle CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    struct thing_value thing;
    world_begin(&w, 1);
    arena_init(&arena, PROOF_ARENA_BYTES);
    tell(&w, &wire_id);
    world_attest(&w, 1780272100, &a);
    struct proof_source source = world_source(&w, &a);
    struct span id = canonical(&name, EPC_A);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    assert_int_equal(proof_build_thing(&source, id, &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s), OK);
    assert_int_equal(s.entries_count, 2);
    assert_int_equal(s.records_count, 2);
    assert_int_equal(s.statuses_count, 2 + 3); /* member, key; thing, lot, product */
    const struct statement_status *at = statement_find(&s, STATUS_THING, id);
    assert_true(at && at->exists);
    assert_int_equal(codec_decode(&thing_value_type, at->value, &arena, &thing), OK);
    const struct statement_status *lot = statement_find(&s, STATUS_THING, thing.lot);
    struct thing_value of_lot;
    assert_true(lot && lot->exists);
    assert_int_equal(codec_decode(&thing_value_type, lot->value, &arena, &of_lot), OK);
    assert_int_equal(of_lot.count, 0); /* nobody named the lot by itself */
    print_message("bundle of a thing with two events: %zu bytes\n", bundle.len);
    world_end(&w);
}

static void what_was_never_named_is_proven_absent(void **state) {
    (void)state;
    struct world w;
    struct attested a;
    struct digest wire_id;
    struct buffer bundle CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    world_begin(&w, 1);
    arena_init(&arena, PROOF_ARENA_BYTES);
    struct span id = canonical(&name, "urn:epc:id:sgtin:6901234.056789.9999");
    buffer_init(&bundle, PROOF_BYTES_MAX);
    world_attest(&w, 1780272100, &a); /* at genesis, where there is no block yet */
    struct proof_source source = world_source(&w, &a);
    assert_int_equal(proof_build_thing(&source, id, &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s), OK);
    assert_int_equal(s.size, 1);
    assert_int_equal(s.height, 0);
    tell(&w, &wire_id);
    assert_int_equal(proof_build_thing(&source, id, &bundle), ERR_PROOF_HEIGHT);
    world_attest(&w, 1780272200, &a);
    source = world_source(&w, &a);
    buffer_clear(&bundle);
    assert_int_equal(proof_build_thing(&source, id, &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s), OK);
    assert_int_equal(s.statuses_count, 1);
    assert_false(s.statuses[0].exists);
    assert_int_equal(s.records_count, 0);
    /* another spelling of a thing that exists would be "never named": not a proof */
    buffer_clear(&bundle);
    assert_int_equal(proof_build_thing(&source, span_text(EPC_A), &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s),
                     ERR_PROOF_STATUS);
    world_end(&w);
}

static void no_byte_of_a_bundle_can_be_changed(void **state) {
    (void)state;
    struct world w;
    struct attested a;
    struct digest wire_id;
    struct buffer bundle CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    world_begin(&w, 1);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    /* an absence at genesis, where the leaf is another one */
    world_attest(&w, 1780272000, &a);
    struct proof_source source = world_source(&w, &a);
    assert_int_equal(proof_build_thing(&source, span_text("https://never.example/x"), &bundle), OK);
    world_break_every_byte(&w, buffer_span(&bundle));
    tell(&w, &wire_id);
    world_attest(&w, 1780272100, &a);
    source = world_source(&w, &a);
    buffer_clear(&bundle);
    assert_int_equal(proof_build_thing(&source, span_text("https://never.example/x"), &bundle), OK);
    world_break_every_byte(&w, buffer_span(&bundle));
    buffer_clear(&bundle);
    const uint32_t items[] = {0, 2};
    assert_int_equal(proof_build_record(&source, &wire_id, items, 2, &bundle), OK);
    world_break_every_byte(&w, buffer_span(&bundle));
    buffer_clear(&bundle);
    assert_int_equal(proof_build_thing(&source, canonical(&name, EPC_A), &bundle), OK);
    world_break_every_byte(&w, buffer_span(&bundle));
    world_end(&w);
}

/* Things of a carton: only the one asked for is disclosed. */
static void a_carton_proves_one_pair(void **state) {
    (void)state;
    struct world w;
    struct attested a;
    struct buffer bundle CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0},
                         text CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    struct items parsed;
    world_begin(&w, 1);
    arena_init(&arena, PROOF_ARENA_BYTES);
    buffer_init(&text, 1 << 20);
    buffer_text(&text,
                "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                "\"type\":\"AggregationEvent\",\"eventTime\":\"2026-05-01T08:00:00.000+08:00\","
                "\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"ADD\",\"bizStep\":\"packing\","
                "\"parentID\":\"urn:epc:id:sscc:6901234.1234567890\",\"childEPCs\":[");
    for (int i = 0; i < 500; i++)
        buffer_printf(&text, "%s\"urn:epc:id:sgtin:6901234.056789.%d\"", i ? "," : "", 5000 + i);
    buffer_text(&text, "]}");
    assert_int_equal(epcis_parse(buffer_span(&text), &w.arena, &parsed, NULL), OK);
    world_say(&w, "farm1", &parsed.list[0]);
    assert_int_equal(world_close(&w, 1000), OK);
    assert_int_equal(w.results[0].code, RESULT_ACCEPTED);
    world_attest(&w, 1780272100, &a);
    struct proof_source source = world_source(&w, &a);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    assert_int_equal(proof_build_thing(&source,
                                       canonical(&name, "urn:epc:id:sgtin:6901234.056789.5321"),
                                       &bundle),
                     OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s), OK);
    assert_int_equal(s.records[0].items[0].things_count, 501);
    assert_int_equal(s.records[0].items[0].things_disclosed, 1);
    assert_true(bundle.len < 6000);
    print_message("bundle of one of 500 in a carton: %zu bytes\n", bundle.len);
    world_break_every_byte(&w, buffer_span(&bundle));
    world_end(&w);
}

/* Lies that are well formed and signed: a quorum is honest, the one who hands out the proof is not.
 */
static void parts_of_other_proofs_do_not_fit(void **state) {
    (void)state;
    struct world w;
    struct attested a, b;
    struct digest wire_id;
    struct buffer bundle CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    world_begin(&w, 1);
    arena_init(&arena, PROOF_ARENA_BYTES);
    tell(&w, &wire_id);
    world_attest(&w, 1780272100, &a);
    struct proof_source source = world_source(&w, &a);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    b = a;
    b.count = 2; /* one cosignature short of a quorum */
    source.attested = &b;
    assert_int_equal(proof_build_thing(&source, canonical(&name, EPC_A), &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s),
                     ERR_PROOF_QUORUM);
    b = a;
    b.cosignatures[1] = b.cosignatures[0]; /* the same one twice */
    buffer_clear(&bundle);
    assert_int_equal(proof_build_thing(&source, buffer_span(&name), &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s),
                     ERR_PROOF_QUORUM);
    /* a history with its last event cut off: the row is hidden from the builder */
    source.attested = &a;
    struct digest key = status_key(STATUS_THING, buffer_span(&name));
    struct buffer value CLEANUP(buffer_free) = {0};
    struct thing_value thing;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    assert_int_equal(query_thing(w.rows.reader, buffer_span(&name), &value, &w.arena, &thing), OK);
    thing.count = 1;
    struct buffer lie CLEANUP(buffer_free) = {0};
    buffer_init(&lie, STATUS_VALUE_BYTES_MAX);
    codec_encode(&thing_value_type, &thing, &lie);
    uint8_t row[41] = {'h'}, value_row[33] = {'V'};
    memcpy(row + 1, key.b, 32);
    put_u64(row + 33, 2);
    memcpy(value_row + 1, key.b, 32);
    struct changes *hidden = changes_new();
    struct changes_reader layer;
    changes_delete(hidden, TABLE_STATE, span_of(row, sizeof row));
    changes_put(hidden, TABLE_STATE, span_of(value_row, sizeof value_row), buffer_span(&lie));
    source.reader = changes_reader(&layer, hidden, w.rows.reader);
    buffer_clear(&bundle);
    assert_int_equal(proof_build_thing(&source, buffer_span(&name), &bundle), OK);
    assert_int_equal(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &s),
                     ERR_PROOF_STATUS);
    changes_free(hidden);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_proven),
        cmocka_unit_test(a_thing_is_proven_with_its_whole_history),
        cmocka_unit_test(what_was_never_named_is_proven_absent),
        cmocka_unit_test(no_byte_of_a_bundle_can_be_changed),
        cmocka_unit_test(a_carton_proves_one_pair),
        cmocka_unit_test(parts_of_other_proofs_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
