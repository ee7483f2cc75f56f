/* The item's bytes, its digest and hidden values; what the ledger asks an event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/merkle_root.h"
#include "trace/epcis.h"
#include "trace/event.h"

static struct arena arena;
static struct buffer bytes;

static int start(void **state) {
    (void)state;
    arena_init(&arena, 1 << 20);
    buffer_init(&bytes, 1 << 20);
    return 0;
}

static int stop(void **state) {
    (void)state;
    arena_free(&arena);
    buffer_free(&bytes);
    return 0;
}

/* [2, {"a": 1}, [[4, "urn:x:a", nil, nil], [5, "urn:x:b", 3, "KGM"]]] */
static const uint8_t golden[] =
    "\x93\x02\x81\xa1"
    "a\x01\x92\x94\x04\xa7urn:x:a\xc0\xc0\x94\x05\xa7urn:x:b\x03\xa3KGM";

static struct span golden_span(void) {
    return span_of(golden, sizeof golden - 1);
}

static void items_have_one_encoding(void **state) {
    (void)state;
    struct item item;
    assert_int_equal(item_decode(golden_span(), &arena, &item), OK);
    assert_int_equal(item.type, ITEM_OBJECT_EVENT);
    assert_int_equal(item.things_count, 2);
    assert_int_equal(item.things[0].role, ROLE_EPC);
    assert_true(span_is(item.things[1].identifier, "urn:x:b"));
    assert_int_equal(value_kind(item.things[1].quantity), VALUE_INT);
    item_encode(&item, &bytes);
    assert_true(span_equal(buffer_span(&bytes), golden_span()));
    /* Every prefix, every byte more, and every single changed byte that still decodes must encode
     * to the same bytes. */
    struct item other;
    for (size_t len = 0; len < golden_span().len; len++) {
        assert_int_not_equal(item_decode(span_of(golden, len), &arena, &other), OK);
    }
    assert_int_equal(item_decode(span_of(golden, sizeof golden), &arena, &other),
                     ERR_CODEC_TRAILING);
    uint8_t copy[sizeof golden - 1];
    for (size_t i = 0; i < sizeof copy * 256; i++) {
        memcpy(copy, golden, sizeof copy);
        copy[i / 256] = (uint8_t)i;
        if (item_decode(span_of(copy, sizeof copy), &arena, &other) != OK) continue;
        buffer_clear(&bytes);
        item_encode(&other, &bytes);
        assert_true(span_equal(buffer_span(&bytes), span_of(copy, sizeof copy)));
        arena_reset(&arena);
    }
}

static void malformed_items_are_refused(void **state) {
    (void)state;
    struct item item;
#define BYTES(text, e)                                                                             \
    { text, sizeof text - 1, e }
    static const struct {
        const char *bytes;
        size_t len;
        enum err err;
    } rows[] = {
        BYTES("\x93\x02\x01\x90", ERR_ITEM_FORM),                       /* fields no map */
        BYTES("\x93\x02\x80\x91\x94\x04\xa1x\xa1y\xc0", ERR_ITEM_FORM), /* a quantity in words */
        BYTES("\x93\x02\x80\x91\x94\x04\xa1x\xc0\x07", ERR_ITEM_FORM),  /* a unit in numbers */
        BYTES("\x93\x02\x81\xa1z\xd4\x01\x00\x90", ERR_ITEM_HIDDEN),    /* a hidden byte */
        BYTES("\x93\x02\x81\xa1z\x91\x81\xa1z\xd4\x01\x00\x90", ERR_ITEM_HIDDEN),
        BYTES("\x93\x00\x80\x90", ERR_CODEC_RANGE), /* type 0 */
        BYTES("\x92\x02\x80", ERR_CODEC_COUNT),
        BYTES("\x93\x02\x80\x91\x94\x04\xa0\xc0\xc0", ERR_CODEC_RANGE),  /* no identifier */
        BYTES("\x93\x02\x80\x91\x94\x00\xa1x\xc0\xc0", ERR_CODEC_RANGE), /* role 0 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum err err = item_decode(span_of(rows[i].bytes, rows[i].len), &arena, &item);
        if (err != rows[i].err) fail_msg("row %zu: %s", i, err_name(err));
    }
}

/* The formula of I4, written out once more. */
static void the_digest_is_that_of_the_specification(void **state) {
    (void)state;
    struct item item;
    assert_int_equal(item_decode(golden_span(), &arena, &item), OK);
    struct digest leaves[2];
    leaves[0] = merkle_leaf_hash(span_of(golden + 7, 12));
    leaves[1] = merkle_leaf_hash(span_of(golden + 19, 15));
    struct digest root = merkle_node_hash(&leaves[0], &leaves[1]);
    struct digest fields = sha256(span_of(golden + 2, 4));
    struct digest by_parts = item_digest_of(2, &fields, 2, &root);
    struct digest whole = item_digest(&item);
    assert_true(digest_equal(&whole, &by_parts));
    buffer_append(&bytes, "suyuan/item/v1\0\x02", 16);
    buffer_append(&bytes, fields.b, 32);
    buffer_u32(&bytes, 2);
    buffer_append(&bytes, root.b, 32);
    struct digest by_hand = sha256(buffer_span(&bytes));
    assert_true(digest_equal(&whole, &by_hand));
    char hex[65];
    hex_encode(span_of(whole.b, 32), hex);
    assert_string_equal(hex, "ca2720680b441bb04ac1ac71a7ac273f27d4f52a33143b03af842edae8c1a3de");
    struct digest alone = thing_leaf_hash(&item.things[1]);
    assert_true(digest_equal(&alone, &leaves[1]));
    item.things_count = 0;
    item_things_root(&item, &root);
    struct digest nothing = sha256(SPAN_EMPTY);
    assert_true(digest_equal(&root, &nothing));
}

static void roots_of_any_count(void **state) {
    (void)state;
    /* RFC 9162 section 2.1.1 as it is written, recursively. */
    struct digest leaves[70];
    for (size_t i = 0; i < 70; i++)
        leaves[i] = sha256(span_of(&i, 1));
    for (size_t n = 1; n <= 70; n++) {
        struct digest level[70];
        memcpy(level, leaves, n * sizeof level[0]);
        /* Joining neighbours and carrying an odd last one up gives the same tree. */
        for (size_t left = n; left > 1; left = (left + 1) / 2) {
            for (size_t i = 0; i < left / 2; i++)
                level[i] = merkle_node_hash(&level[2 * i], &level[2 * i + 1]);
            if (left % 2 == 1) level[left / 2] = level[left - 1];
        }
        struct digest root;
        merkle_root(leaves, n, &root);
        assert_true(digest_equal(&root, &level[0]));
    }
}

static void hidden_values(void **state) {
    (void)state;
    struct digest chain = {{1}};
    uint8_t salt[HIDDEN_SALT_BYTES] = {2};
    struct span name = span_text("/ilmd/ex:contact");
    struct span value = span_text("\xa2Li");
    struct hidden hidden = {.tier = TIER_DELETABLE};
    hidden.commitment = hidden_commitment(&chain, TIER_DELETABLE, salt, name, value);
    struct buffer input CLEANUP(buffer_free) = {0};
    buffer_init(&input, 1024);
    buffer_append(&input, "suyuan/hidden/v1", 17);
    buffer_append(&input, chain.b, 32);
    buffer_u8(&input, 3);
    buffer_append(&input, salt, 16);
    buffer_u32(&input, 16);
    buffer_append_span(&input, name);
    buffer_append_span(&input, value);
    struct digest by_hand = sha256(buffer_span(&input));
    assert_true(digest_equal(&hidden.commitment, &by_hand));
    hidden_write(&hidden, &bytes);
    struct hidden read = {0};
    assert_int_equal(hidden_read(buffer_span(&bytes), &read), OK);
    assert_int_equal(read.tier, TIER_DELETABLE);
    assert_true(digest_equal(&read.commitment, &by_hand));
    for (int tier = 0; tier < 256; tier++) {
        bytes.data[3] = (uint8_t)tier; /* ext 8, length, type, then the tier */
        assert_int_equal(hidden_read(buffer_span(&bytes), &read),
                         tier >= 1 && tier <= 3 ? OK : ERR_ITEM_HIDDEN);
    }
    assert_int_equal(hidden_read(span_text("\xa1x"), &read), ERR_ITEM_HIDDEN);
}

#define EVENT                                                                                      \
    "{\"@context\":\"urn:x:c\",\"type\":\"ObjectEvent\",\"action\":\"ADD\",\"eventTime\":\"2026-"  \
    "06-01T08:00:00+08:00\","                                                                      \
    "\"eventTimeZoneOffset\":\"+08:00\",\"eventID\":\"urn:x:id\",\"bizStep\":\"cbv:BizStep-"       \
    "commissioning\","                                                                             \
    "\"disposition\":\"active\",\"readPoint\":{\"id\":\"urn:x:r\"},\"bizLocation\":{\"id\":\"urn:" \
    "x:l\"},"                                                                                      \
    "\"epcList\":[\"urn:epc:id:sgtin:4012345.012345.S\",\"urn:x:a\",\"https://a.example/01/"       \
    "04012345123456/21/S\"],"                                                                      \
    "\"quantityList\":[{\"epcClass\":\"urn:epc:class:lgtin:4012345.012345.L\",\"quantity\":2},{"   \
    "\"epcClass\":\"urn:x:a\"}],"                                                                  \
    "\"sourceList\":[{\"type\":\"cbv:SDT-location\",\"source\":\"urn:x:s\"}],"                     \
    "\"destinationList\":[{\"type\":\"location\",\"destination\":\"urn:x:d\"},{\"type\":\"ex:t\"," \
    "\"destination\":\"urn:x:e\"}],"                                                               \
    "\"ilmd\":{\"cbvmda:lotNumber\":\"L\"}}"

static void what_an_event_answers(void **state) {
    (void)state;
    struct items items;
    struct refusal refusal;
    assert_int_equal(epcis_parse(span_text(EVENT), &arena, &items, &refusal), OK);
    const struct item *event = &items.list[0];
    int64_t ms;
    assert_true(event_is(event));
    assert_true(event_time_ms(event, &ms));
    assert_int_equal(ms, 1780272000000);
    assert_true(span_is(event_biz_step(event), "commissioning"));
    assert_true(span_is(event_disposition(event), "active"));
    assert_true(span_is(event_action(event), "ADD"));
    assert_true(span_is(event_id(event), "urn:x:id"));
    assert_true(span_is(event_read_point(event), "urn:x:r"));
    assert_true(span_is(event_biz_location(event), "urn:x:l"));
    assert_true(span_is(event_ilmd_lot(event), "L"));
    assert_int_equal(event_text(event, "nothing").len, 0);
    struct event_party party;
    assert_true(event_source(event, 0, &party));
    assert_true(span_is(party.type, "location") && span_is(party.id, "urn:x:s"));
    assert_false(event_source(event, 1, &party));
    assert_true(event_destination(event, 1, &party));
    assert_true(span_is(party.type, "ex:t") && span_is(party.id, "urn:x:e"));
    assert_false(event_destination(event, 2, &party));
}

static void things_once_each_in_order(void **state) {
    (void)state;
    struct items items;
    struct refusal refusal;
    struct event_thing *things;
    uint32_t count;
    assert_int_equal(epcis_parse(span_text(EVENT), &arena, &items, &refusal), OK);
    assert_int_equal(event_things(&items.list[0], &arena, &things, &count), OK);
    assert_int_equal(count, 3);
    assert_true(span_is(things[0].canonical, "https://id.gs1.org/01/04012345123456/21/S"));
    assert_true(span_is(things[0].received, "urn:epc:id:sgtin:4012345.012345.S"));
    assert_int_equal(things[0].kind, IDENTIFIER_ITEM);
    assert_int_equal(things[0].roles, 1 << ROLE_EPC);
    assert_true(span_is(things[1].canonical, "urn:x:a"));
    assert_int_equal(things[1].roles, 1 << ROLE_EPC | 1 << ROLE_QUANTITY);
    assert_true(span_is(things[2].canonical, "https://id.gs1.org/01/04012345123456/10/L"));
    assert_int_equal(things[2].kind, IDENTIFIER_LOT);
    struct item envelope = {.type = ITEM_ENVELOPE};
    assert_int_equal(event_things(&envelope, &arena, &things, &count), OK);
    assert_int_equal(count, 0);
    struct arena tiny;
    arena_init(&tiny, 64);
    assert_int_equal(event_things(&items.list[0], &tiny, &things, &count), ERR_TOO_LARGE);
    arena_free(&tiny);
}

/* An item nobody checked must not bring the accessors down. */
static void accessors_survive_anything(void **state) {
    (void)state;
    struct event_party party;
    int64_t ms;
    struct item item = {.type = ITEM_OBJECT_EVENT};
    static const char *const fields[] = {"\x80", "\x81\xa4ilmd\x01",
                                         ("\x82\xa9"
                                          "eventTime\x01\xaasourceList\x91\x07"),
                                         "\xc0"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        item.fields = span_text(fields[i]);
        assert_false(event_time_ms(&item, &ms));
        assert_int_equal(event_ilmd_lot(&item).len, 0);
        assert_int_equal(event_biz_step(&item).len, 0);
        assert_int_equal(event_read_point(&item).len, 0);
        if (event_source(&item, 0, &party)) assert_int_equal(party.id.len, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(items_have_one_encoding, start, stop),
        cmocka_unit_test_setup_teardown(malformed_items_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(the_digest_is_that_of_the_specification, start, stop),
        cmocka_unit_test_setup_teardown(roots_of_any_count, start, stop),
        cmocka_unit_test_setup_teardown(hidden_values, start, stop),
        cmocka_unit_test_setup_teardown(what_an_event_answers, start, stop),
        cmocka_unit_test_setup_teardown(things_once_each_in_order, start, stop),
        cmocka_unit_test_setup_teardown(accessors_survive_anything, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
