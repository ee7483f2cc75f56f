/* What is signed and kept: packing by size and count, the outbox's bytes, and where a refusal
 * points to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/packer.h"

/* After ours: cmocka has a macro `fail`. */
#include <cmocka.h>

#define CONTEXT "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
#define EVENT                                                                                      \
    "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-01T08:00:00Z\",\"eventTimeZoneOffset\":\"+"  \
    "08:00\",\"action\":"                                                                          \
    "\"ADD\",\"bizStep\":\"inspecting\",\"epcList\":[\"urn:epc:id:sgtin:6901234.056789.1001\"]}"
#define DOCUMENT                                                                                   \
    CONTEXT "\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-05-"     \
            "01T08:00:00Z\","                                                                      \
            "\"epcisBody\":{\"eventList\":[{" EVENT ",{" EVENT "]}}"

struct fixture {
    struct tool tool;
    struct ledger_params params;
    struct keypair keys;
    struct packer packer;
    struct buffer wire;
    struct parcel *parcel;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    struct seed seed = {{7}};
    crypto_start();
    f->tool.lang = LANG_EN;
    f->tool.json = true; /* refusals go to standard error as JSON */
    arena_init(&f->tool.arena, 64 << 20);
    parameters_default(&f->params.parameters);
    key_from_seed(&seed, &f->keys);
    packer_init(&f->packer, &f->tool, &f->params, &f->keys, span_text("farm1"));
    f->packer.lifetime_ms = 1000;
    buffer_init(&f->wire, RECORD_BYTES_MAX);
    f->parcel = parcel_new();
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    packer_free(&f->packer);
    buffer_free(&f->wire);
    parcel_drop(&f->parcel);
    arena_free(&f->tool.arena);
    free(f);
    return 0;
}

/* Signs what was packed, as a node would read it. */
static struct record_header signed_header(struct fixture *f) {
    struct record r;
    struct arena arena CLEANUP(arena_free) = {0};
    struct refusal refusal;
    arena_init(&arena, RECORD_ARENA_BYTES);
    assert_true(packer_sign(&f->packer, &f->wire));
    assert_int_equal(record_check(&f->params, buffer_span(&f->wire), &arena, &r, &refusal), OK);
    r.header.subject = SPAN_EMPTY;
    return r.header;
}

static void documents_share_a_signature(void **state) {
    struct fixture *f = *state;
    f->packer.batch = 5;
    assert_int_equal(packer_add(&f->packer, "a.json", span_text(DOCUMENT)), PACKER_ADDED);
    assert_int_equal(packer_add(&f->packer, "b.json", span_text(CONTEXT EVENT)), PACKER_ADDED);
    assert_int_equal(packer_add(&f->packer, "c.json", span_text(DOCUMENT)), PACKER_ADDED);
    assert_int_equal(packer_add(&f->packer, "d.json", span_text(CONTEXT EVENT)), PACKER_FULL);
    assert_int_equal(signed_header(f).item_count, 3 + 1 + 3);
    assert_int_equal(
        parcel_add(f->parcel, buffer_span(&f->wire), f->packer.sources, f->packer.sources_count),
        OK);
    const struct parcel_record *r = &f->parcel->records[0];
    assert_string_equal(parcel_place(&f->tool, r, 0), "a.json +2");
    assert_string_equal(parcel_place(&f->tool, r, 1), "a.json"); /* its envelope */
    assert_string_equal(parcel_place(&f->tool, r, 2), "a.json: eventList[0]");
    assert_string_equal(parcel_place(&f->tool, r, 3), "a.json: eventList[1]");
    assert_string_equal(parcel_place(&f->tool, r, 4), "b.json"); /* a bare event */
    assert_string_equal(parcel_place(&f->tool, r, 7), "c.json: eventList[1]");
    packer_next_record(&f->packer);
    assert_int_equal(packer_add(&f->packer, "d.json", span_text(CONTEXT EVENT)), PACKER_ADDED);
    assert_int_equal(f->packer.documents, 4);
    assert_int_equal(f->packer.events, 6);
}

static void without_batch_each_document_stands_alone(void **state) {
    struct fixture *f = *state;
    assert_int_equal(packer_add(&f->packer, "a.json", span_text(DOCUMENT)), PACKER_ADDED);
    assert_int_equal(packer_add(&f->packer, "b.json", span_text(DOCUMENT)), PACKER_FULL);
    assert_int_equal(signed_header(f).item_count, 3);
}

static void the_ledgers_own_limits_are_kept(void **state) {
    struct fixture *f = *state;
    f->packer.batch = 100;
    f->params.parameters.record_items = 4;
    assert_int_equal(packer_add(&f->packer, "a.json", span_text(DOCUMENT)), PACKER_ADDED);
    assert_int_equal(packer_add(&f->packer, "b.json", span_text(DOCUMENT)), PACKER_FULL);
    packer_next_record(&f->packer);
    f->params.parameters.record_items = 2;
    assert_int_equal(packer_add(&f->packer, "a.json", span_text(DOCUMENT)),
                     PACKER_ADDED); /* refused, told, counted */
    assert_int_equal(f->packer.refused, 1);
    assert_false(packer_sign(&f->packer, &f->wire));
    f->params.parameters.record_items = 100;
    f->params.parameters.record_bytes = RECORD_HEADER_BYTES_MAX + 128 + 200;
    assert_int_equal(packer_add(&f->packer, "a.json", span_text(DOCUMENT)), PACKER_ADDED);
    assert_int_equal(f->packer.refused, 2);
}

static void refused_documents_leave_nothing_behind(void **state) {
    struct fixture *f = *state;
    f->packer.arena.max = 40000;
    assert_non_null(freopen("/dev/null", "w", stderr));
    for (int i = 0; i < 300; i++)
        assert_int_equal(packer_add(&f->packer, "bad.json",
                                    span_text(CONTEXT "\"a:b\":[1,2,3,4,5,6,7,8,9]," EVENT "x")),
                         PACKER_ADDED);
    for (int i = 0; i < 300; i++)
        assert_int_equal(packer_add(&f->packer, "bad.json",
                                    span_text("{\"type\":\"EPCISDocument\",\"a:b\":\"" EVENT)),
                         PACKER_ADDED);
    f->params.parameters.record_items = 2;
    for (int i = 0; i < 300; i++)
        assert_int_equal(packer_add(&f->packer, "long.json", span_text(DOCUMENT)), PACKER_ADDED);
    f->params.parameters.record_items = 100;
    assert_int_equal(packer_add(&f->packer, "good.json", span_text(DOCUMENT)), PACKER_ADDED);
    assert_int_equal(f->packer.refused, 900);
    assert_int_equal(signed_header(f).item_count, 3);
}

static void the_largest_record_can_be_signed(void **state) {
    struct fixture *f = *state;
    struct buffer text CLEANUP(buffer_free) = {0};
    buffer_init(&text, 4 << 20);
    buffer_text(&text, CONTEXT "\"https://a.example/x\":\"");
    /* Up to the last byte that still fits. */
    size_t room = RECORD_BYTES_MAX - RECORD_HEADER_BYTES_MAX - 128 - 400;
    for (size_t i = 0; i < room; i++)
        buffer_u8(&text, 'x');
    buffer_text(&text, "\"," EVENT);
    assert_int_equal(packer_add(&f->packer, "large.json", buffer_span(&text)), PACKER_ADDED);
    assert_int_equal(f->packer.refused, 0);
    (void)signed_header(f);
    assert_true(parcel_fits(f->parcel, f->wire.len, f->packer.sources, 1));
    assert_int_equal(parcel_add(f->parcel, buffer_span(&f->wire), f->packer.sources, 1), OK);
    assert_int_equal(parcel_add(f->parcel, buffer_span(&f->wire), f->packer.sources, 1), OK);
    assert_false(parcel_fits(f->parcel, f->wire.len, f->packer.sources, 1));
}

static void a_parcel_comes_back_without_what_was_decided(void **state) {
    struct fixture *f = *state;
    struct parcel *back CLEANUP(parcel_drop) = parcel_new();
    struct buffer file CLEANUP(buffer_free) = {0};
    struct span wire;
    buffer_init(&file, PARCEL_FILE_BYTES_MAX);
    char label[3000];
    memset(label, 'n', sizeof label);
    memcpy(label + sizeof label - 8, "end.json", 8);
    assert_int_equal(packer_add(&f->packer, "a.json", span_text(DOCUMENT)), PACKER_ADDED);
    (void)signed_header(f);
    wire = buffer_span(&f->wire);
    struct parcel_source sources[2] = {{span_of(label, sizeof label), 0, 1},
                                       {span_text("\xff broken"), 3, 3}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(parcel_add(f->parcel, wire, sources, 2), OK);
    f->parcel->records[0].state = PARCEL_COMMITTED;
    f->parcel->records[1].state = PARCEL_MAYBE;
    parcel_encode(f->parcel, &file);
    assert_int_equal(parcel_decode(buffer_span(&file), back), OK);
    assert_int_equal(back->count, 2);
    assert_true(span_equal(back->records[0].wire, wire));
    assert_true(digest_equal(&back->records[0].id, &f->parcel->records[1].id));
    assert_int_equal(back->records[0].expires_ms, f->parcel->records[1].expires_ms);
    assert_int_equal(back->records[0].sources[0].label.len, PARCEL_LABEL_BYTES_MAX);
    assert_true(span_is(span_part(back->records[0].sources[0].label, PARCEL_LABEL_BYTES_MAX - 8, 8),
                        "end.json"));
    /* Every cut and every changed byte is refused or still a parcel; nothing else happens. */
    for (size_t len = 0; len < file.len; len += 7) {
        parcel_clear(back);
        assert_int_not_equal(parcel_decode(span_part(buffer_span(&file), 0, len), back), OK);
    }
    for (size_t at = 0; at < 200 && at < file.len; at++) {
        file.data[at] ^= 0x41;
        parcel_clear(back);
        enum err e = parcel_decode(buffer_span(&file), back);
        (void)e;
        file.data[at] ^= 0x41;
    }
}

int main(void) {
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(documents_share_a_signature),
        TEST(without_batch_each_document_stands_alone),
        TEST(the_ledgers_own_limits_are_kept),
        TEST(the_largest_record_can_be_signed),
        TEST(a_parcel_comes_back_without_what_was_decided),
        TEST(refused_documents_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
