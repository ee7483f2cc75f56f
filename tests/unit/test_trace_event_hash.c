/* The event hash: values in their one spelling, and what does and does not change it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "trace/event_hash_parts.h"

/* -- values -- */

struct row {
    const char *in, *out;
};

static void values(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct buffer out CLEANUP(buffer_free) = {0};
        buffer_init(&out, 4096);
        enum err e = event_hash_value(span_text(rows[i].in), &out);
        const char *expected = rows[i].out ? rows[i].out : rows[i].in;
        if (e != OK || !span_is(buffer_span(&out), expected))
            fail_msg("%s -> %s %.*s, expected %s", rows[i].in, err_name(e), (int)out.len,
                     (const char *)out.data, expected);
    }
}
#define VALUES(rows) values(rows, sizeof(rows) / sizeof(rows)[0])

static void numbers_have_one_spelling(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"007", "7"},
        {"7.0", "7"},
        {"+7", "7"},
        {"1e3", "1000"},
        {"-0.0", "0"},
        {"0.10", "0.1"},
        {".5", "0.5"},
        {"5.", "5"},
        {"-12.50", "-12.5"},
        {"0.0001", "0.0001"},
        {"0.00001", "1e-05"},
        {"0.0000123", "1.23e-05"},
        {"2.5e-7", "2.5e-07"},
        {"1e-400", "0"},
        {"5e-324", "5e-324"},
        {"123456789.123456789", "123456789.12345679"},
        {"1e22", "10000000000000000000000"},
        {"12345678901234567890", "12345678901234567168"},
        {"9007199254740993", "9007199254740992"},
        {"1_000", "1000"},
        {"1_0.0_1e1_0", "100100000000"},
        {"\uff17", "7"},
        {"\u0663.\u0661", "3.1"},
        {"_1", NULL},
        {"1_", NULL},
        {"1__0", NULL},
        {"1_.5", NULL},
        {"1e", NULL},
        {"0x10", NULL},
        {"nan", NULL},
        {"1,000", NULL},
        {"- 5", NULL},
        {".", NULL},
        {"12kg", NULL},
        {"infinite", NULL},
    };
    VALUES(rows);
    static const char *const infinite[] = {"inf", "-INF", "+Infinity", "1e400", "-1e309"};
    for (size_t i = 0; i < sizeof infinite / sizeof infinite[0]; i++) {
        struct buffer out CLEANUP(buffer_free) = {0};
        buffer_init(&out, 4096);
        assert_int_equal(event_hash_value(span_text(infinite[i]), &out), ERR_EVENT_HASH_NUMBER);
        assert_int_equal(out.len, 0);
    }
}

static void keys_have_one_spelling(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"urn:epc:id:sgtin:4012345.011111.98%22", "https://id.gs1.org/01/04012345111118/21/98%22"},
        {"urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()",
         "https://id.gs1.org/01/80614141123458/21/6789%2F%26%25%22%21%3F%28%29"},
        {"urn:epc:id:sgln:4012345.00005.0", "https://id.gs1.org/414/4012345000054"},
        {"urn:epc:id:sgln:4012345.00005.1", "https://id.gs1.org/414/4012345000054/254/1"},
        {"urn:epc:id:pgln:999999999999.", "https://id.gs1.org/417/9999999999994"},
        {"urn:epc:id:gdti:987659999999..9", "https://id.gs1.org/253/98765999999929"},
        /* a company prefix of 12 digits is followed by a dot more than the standard has */
        {"urn:epc:id:grai:123456789012..a", NULL},
        {"urn:epc:id:grai:123456789012...a", "https://id.gs1.org/8003/01234567890128.a"},
        {"urn:epc:id:itip:4012345.011111.01.02.987",
         "https://id.gs1.org/8006/040123451111180102/21/987"},
        {"urn:epc:idpat:itip:4012345.011111.01.02.*", "https://id.gs1.org/8006/040123451111180102"},
        {"urn:epc:idpat:cpi:0614141.A-1.*", "https://id.gs1.org/8010/0614141A-1"},
        {"https://example.com/a/gtin/09780345418913/21/7?a=1",
         "https://id.gs1.org/01/09780345418913/21/7"},
        {"http://id.gs1.org/01/4012345111118", "https://id.gs1.org/01/04012345111118"},
        {"https://id.gs1.org/01/04012345111118/22/2A/10/L/21/S",
         "https://id.gs1.org/01/04012345111118/21/S"},
        {"https://id.gs1.org/8006/040123451111180102/cpv/2A",
         "https://id.gs1.org/8006/040123451111180102"},
        {"https://id.gs1.org/8010/0614141A/1/8011/12", NULL},
        {"https://h.x/8010/0614141A/1/8011/12", "https://id.gs1.org/8010/0614141A/1/8011/12"},
        /* no normal form: an escape, a fragment, a qualifier astray, no key, too many digits */
        {"https://h.x/01/04012345111118/21/A%2FB", NULL},
        {"https://h.x/01/04012345111118#f", NULL},
        {"https://h.x/01/04012345111118/21/1/10/2", NULL},
        {"https://h.x/415/4012345000054", NULL},
        {"https://h.x/00/0401234511111111101", NULL},
        {"urn:epc:id:sgtin:4012345.0111111.1", NULL},
        {"urn:epc:id:sgtin:4012345.011111.", NULL},
        {"urn:epc:id:sgtin:4012345.011111.a/b", NULL},
        {"urn:epc:id:sgtin:4012345.011111.123456789012345678901", NULL},
        {"urn:epc:id:sscc:4012345.111111111", NULL},
        {"URN:epc:id:sscc:4012345.1111111111", NULL},
        {"urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping"},
        {"urn:epcglobal:cbv:btt:po", "https://ref.gs1.org/cbv/BTT-po"},
        {"urn:epcglobal:cbv:bt:1:po", NULL},
        {"geo:50.9,6.9", NULL},
    };
    VALUES(rows);
}

static void times_are_utc_to_the_millisecond(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
        enum err err;
    } rows[] = {
        {"2026-06-01T08:00:00+08:00", "2026-06-01T00:00:00.000Z", OK},
        {"2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000Z", OK},
        {"2024-02-29T23:59:59.999-00:01", "2024-03-01T00:00:59.999Z", OK},
        {"1969-12-31T23:59:59.9994Z", "1969-12-31T23:59:59.999Z", OK},
        {"2026-06-01T00:00:00.1415Z", "2026-06-01T00:00:00.142Z", OK},
        {"2026-06-01T00:00:00.1425Z", "2026-06-01T00:00:00.142Z", OK},
        {"2026-06-01T00:00:00.14250001Z", "2026-06-01T00:00:00.142Z", OK},
        {"2026-06-01T00:00:00.142501Z", "2026-06-01T00:00:00.143Z", OK},
        {"2026-06-01T00:00:00.0005Z", "2026-06-01T00:00:00.000Z", OK},
        {"2026-06-01T00:00:00.9994Z", "2026-06-01T00:00:00.999Z", OK},
        {"2026-06-01T00:00:00.9995Z", NULL, ERR_EVENT_HASH_SECOND},
        {"2026-06-01T00:00:00.9996Z", NULL, ERR_EVENT_HASH_SECOND},
        {"2026-06-01T00:00:00", NULL, ERR_EVENT_HASH_TIME},
        {"2026-06-01", NULL, ERR_EVENT_HASH_TIME},
        {"2016-12-31T23:59:60Z", NULL, ERR_EVENT_HASH_TIME},
        {"0001-01-01T00:00:00+00:01", NULL, ERR_EVENT_HASH_TIME},
        {"9999-12-31T23:59:59-00:01", NULL, ERR_EVENT_HASH_TIME},
        {"yesterday", NULL, ERR_EVENT_HASH_TIME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer out CLEANUP(buffer_free) = {0};
        buffer_init(&out, 64);
        enum err e = event_hash_time(span_text(rows[i].in), &out);
        if (e != rows[i].err || !span_is(buffer_span(&out), rows[i].out ? rows[i].out : ""))
            fail_msg("%s -> %s %.*s", rows[i].in, err_name(e), (int)out.len,
                     (const char *)out.data);
    }
}

/* -- documents -- */

#define CONTEXT                                                                                    \
    "\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","            \
    "{\"ex\":\"https://ns.example.com/epcis/\",\"own\":\"https://ns.example.com/epcis/\","         \
    "\"cbv\":\"https://ref.gs1.org/cbv/\",\"gs1\":\"https://gs1.org/voc/\"}],"

/* The pre-hash strings of a document, each with a line feed; for an event without one its error's
 * name. */
static enum err hash_json(const char *json, struct buffer *out, size_t arena_max) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct event_element list = {0};
    struct refusal refusal = {OK, ""};
    buffer_init(&value, 4 << 20);
    arena_init(&arena, arena_max);
    if (json_parse(span_text(json), &value, &refusal) != OK)
        fail_msg("%s: %s", json, err_name(refusal.err));
    enum err e = event_hash_read(buffer_span(&value), &arena, &list, &refusal);
    if (e != OK) return e;
    for (struct event_element *event = list.first; event != NULL; event = event->next) {
        e = event_prehash(event, &arena, out, &refusal);
        if (e != OK) buffer_printf(out, "%s %s", err_name(e), refusal.where);
        buffer_u8(out, '\n');
    }
    return OK;
}

static void expect(const char *json, const char *expected) {
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 1 << 20);
    assert_int_equal(hash_json(json, &out, 1 << 20), OK);
    if (!span_is(buffer_span(&out), expected))
        fail_msg("%s\n  became   %.*s\n  expected %s", json, (int)out.len, (const char *)out.data,
                 expected);
}

#define EVENT(more)                                                                                \
    "{" CONTEXT "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-06-01T08:00:00+08:00\"," more "}"
#define START "eventType=ObjectEventeventTime=2026-06-01T00:00:00.000Z"
#define NS    "{https://ns.example.com/epcis/}"

static void the_rules_hold_one_by_one(void **state) {
    (void)state;
    expect(EVENT("\"ex:b\":\"x\",\"ex:a\":{\"ex:d\":[\"2\",\"1\"],\"ex:c\":\" \"}"),
           START NS "a" NS "c" NS "d=1" NS "d=2" NS "b=x\n");
    expect(EVENT("\"readPoint\":{\"id\":\"urn:a\",\"ex:z\":\"1\",\"ex:y\":\"2\"},\"ex:a\":\"3\""),
           START "readPointid=urn:a" NS "y=2" NS "z=1" NS "a=3\n");
    expect(EVENT("\"epcList\":[],\"bizTransactionList\":[{\"bizTransaction\":\"urn:b\"},"
                 "{\"bizTransaction\":\"urn:a\",\"type\":\"po\"}]"),
           START "bizTransactionListbizTransaction=urn:b"
                 "type=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:a\n");
    expect(EVENT("\"bizStep\":\"shipping\",\"ex:note\":\"shipping\",\"ex:other\":\"receiving\""),
           START "bizStep=https://ref.gs1.org/cbv/BizStep-shipping" NS
                 "note=https://ref.gs1.org/cbv/BizStep-shipping" NS "other=receiving\n");
    expect(EVENT("\"bizStep\":\"shipping\",\"ex:a\":\"https://ref.gs1.org/cbv/X-shipping\""),
           START "bizStep=shipping" NS "a=https://ref.gs1.org/cbv/X-shipping\n");
    expect(EVENT("\"ex:t\":true,\"ex:n\":null,\"ex:f\":1e-7,\"ex:i\":-3"),
           START NS "f=1e-07" NS "i=-3" NS "n=None" NS "t=True\n");
    expect(EVENT("\"ex:myList\":[\"b\",\"a\"]"), START NS "myList" NS "my=a" NS "my=b\n");
    expect(EVENT("\"sensorElementList\":[{\"sensorReport\":[{\"type\":\"Temperature\","
                 "\"value\":26.0,\"ex:c\":\"1\",\"ex:d\":\"2\"}]}]"),
           START "sensorElementListsensorElementsensorReporttype=https://gs1.org/voc/Temperature"
                 "value=26" NS "c=1" NS "d=2\n");
}

static void an_event_without_a_hash_is_named_and_keeps_its_place(void **state) {
    (void)state;
    expect("{" CONTEXT "\"epcisBody\":{\"eventList\":["
           "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-06-01T00:00:00.9996Z\"},"
           "7,{},"
           "{\"type\":\"ObjectEvent\",\"eventTime\":\"soon\"},"
           "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-06-01T00:00:00Z\",\"ex:a\":\"inf\"},"
           "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-06-01T00:00:00Z\"}]}}",
           "ERR_EVENT_HASH_SECOND eventTime\nERR_EVENT_HASH_TYPE \nERR_EVENT_HASH_TYPE \n"
           "ERR_EVENT_HASH_TIME eventTime\nERR_EVENT_HASH_NUMBER " NS "a\n" START "\n");
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 4096);
    assert_int_equal(hash_json("{\"epcisBody\":{}}", &out, 4096), ERR_EPCIS_DOCUMENT);
    assert_int_equal(hash_json("{\"a\":1}", &out, 4096), ERR_EPCIS_DOCUMENT);
    assert_int_equal(hash_json("[]", &out, 4096), ERR_EPCIS_DOCUMENT);
    assert_int_equal(hash_json("7", &out, 4096), ERR_EPCIS_DOCUMENT);
    assert_int_equal(hash_json(EVENT("\"ex:a\":\"1\""), &out, 64), ERR_TOO_LARGE);
}

static void a_withheld_value_leaves_no_hash(void **state) {
    (void)state;
    struct buffer value CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct event_element list = {0};
    struct refusal refusal;
    uint8_t hidden[33] = {3};
    buffer_init(&value, 4096);
    buffer_init(&out, 4096);
    arena_init(&arena, 65536);
    pack_map(&value, 2);
    pack_text(&value, span_text("ex:a"));
    pack_ext(&value, 1, span_of(hidden, sizeof hidden));
    pack_text(&value, span_text("type"));
    pack_text(&value, span_text("ObjectEvent"));
    assert_int_equal(event_hash_read(buffer_span(&value), &arena, &list, &refusal), OK);
    assert_int_equal(event_prehash(list.first, &arena, &out, &refusal), ERR_EVENT_HASH_HIDDEN);
    assert_string_equal(refusal.where, "ex:a");
}

static void two_contents_may_have_one_hash(void **state) {
    (void)state;
    expect(EVENT("\"ex:a\":\"1" NS "b=2\""), START NS "a=1" NS "b=2\n");
    expect(EVENT("\"ex:a\":\"1\",\"ex:b\":\"2\""), START NS "a=1" NS "b=2\n");
}

/* -- properties -- */

/* One field in spellings that are one, and a value that is another. */
struct spelt {
    const char *key;
    const char *equal[4];
    const char *other; /* NULL: the field does not count at all */
};
static const struct spelt fields[] = {
    {"\"eventTimeZoneOffset\"", {"\"+08:00\""}, "\"+09:00\""},
    {"\"epcList\"",
     {"[\"urn:epc:id:sgtin:4012345.011111.7\",\"urn:epc:id:sscc:4012345.1111111111\"]",
      "[\"https://x.y/00/140123451111111117?a\",\"https://id.gs1.org/gtin/4012345111118/lot/L/ser/"
      "7\"]"},
     "[\"urn:epc:id:sgtin:4012345.011111.8\",\"urn:epc:id:sscc:4012345.1111111111\"]"},
    {"\"action\"", {"\"ADD\"", "\" ADD\\u3000\""}, "\"OBSERVE\""},
    {"\"bizStep\"",
     {"\"packing\"", "\"urn:epcglobal:cbv:bizstep:packing\"",
      "\"https://ref.gs1.org/cbv/BizStep-packing\"", "\"cbv:BizStep-packing\""},
     "\"shipping\""},
    {"\"disposition\"",
     {"\"in_progress\"", "\"urn:epcglobal:cbv:disp:in_progress\""},
     "\"active\""},
    {"\"persistentDisposition\"",
     {"{\"set\":[\"recalled\",\"damaged\"]}", "{\"set\":[\"damaged\",\"cbv:Disp-recalled\"]}"},
     "{\"set\":[\"recalled\"],\"unset\":[\"damaged\"]}"},
    {"\"readPoint\"",
     {"{\"id\":\"urn:epc:id:sgln:4012345.00005.0\",\"ex:q\":\"1\",\"ex:p\":\"2\"}",
      "{\"own:p\":2,\"id\":\"https://a.b/414/4012345000054\",\"own:q\":\"1.0\"}"},
     "{\"id\":\"urn:epc:id:sgln:4012345.00005.0\",\"ex:q\":\"1\",\"ex:p\":\"3\"}"},
    {"\"bizTransactionList\"",
     {"[{\"type\":\"po\",\"bizTransaction\":\"urn:b\"},{\"type\":\"inv\",\"bizTransaction\":\"urn:"
      "a\"}]",
      "[{\"bizTransaction\":\"urn:a\",\"type\":\"inv\"},{\"bizTransaction\":\"urn:b\",\"type\":"
      "\"cbv:BTT-po\"}]"},
     "[{\"type\":\"inv\",\"bizTransaction\":\"urn:b\"},{\"type\":\"po\",\"bizTransaction\":\"urn:"
     "a\"}]"},
    {"\"quantityList\"",
     {"[{\"epcClass\":\"urn:epc:class:lgtin:4012345.011111.L\",\"quantity\":2.50,\"uom\":\"KGM\"}]",
      "[{\"uom\":\"KGM\",\"quantity\":25e-1,\"epcClass\":\"https://a.b/01/4012345111118/10/L\"}]"},
     "[{\"epcClass\":\"urn:epc:class:lgtin:4012345.011111.L\",\"quantity\":2.51,\"uom\":\"KGM\"}]"},
    {"\"sensorElementList\"",
     {"[{\"sensorReport\":[{\"type\":\"Temperature\",\"value\":26.0},{\"type\":\"Speed\",\"value\":"
      "1}]}]",
      "[{\"sensorReport\":[{\"value\":1,\"type\":\"gs1:Speed\"},{\"value\":26,\"type\":\"gs1:"
      "Temperature\"}]}]"},
     "[{\"sensorReport\":[{\"type\":\"Temperature\",\"value\":26}]}]"},
    {"\"ilmd\"",
     {"{\"ex:b\":\"1\",\"ex:a\":[\"2\",\"3\"]}", "{\"own:a\":[\"3\",\"2\"],\"own:b\":\"01\"}"},
     "{\"ex:b\":\"1\",\"ex:a\":[\"2\",\"4\"]}"},
    {"\"ex:field\"",
     {"{\"ex:b\":{\"ex:c\":\"7\"}}", "{\"own:b\":{\"own:c\":7.0}}"},
     "{\"ex:b\":{\"ex:d\":\"7\"}}"},
    {"\"recordTime\"", {"\"2026-06-01T08:00:00Z\"", "\"2026-06-02T08:00:00Z\""}, NULL},
    {"\"eventID\"", {"\"urn:uuid:1\"", "\"urn:uuid:2\""}, NULL},
    {"\"errorDeclaration\"", {"{\"declarationTime\":\"2026-06-01T08:00:00Z\"}", "{}"}, NULL},
    {"\"rdfs:comment\"", {"\"a\"", "\"b\""}, NULL},
};
enum { FIELDS = sizeof fields / sizeof fields[0], TRIALS = 500, ABSENT = -1, OTHER = -2 };

static uint32_t next(uint32_t *seed, uint32_t below) {
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* An event with the fields in some order; pick[i]: which spelling. */
static void event_write(uint32_t *seed, const int pick[FIELDS], struct buffer *out) {
    size_t order[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        size_t k = next(seed, (uint32_t)i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    buffer_text(out, "{" CONTEXT);
    for (size_t i = 0; i < FIELDS; i++) {
        const struct spelt *f = &fields[order[i]];
        int p = pick[order[i]];
        if (p != ABSENT) buffer_printf(out, "%s:%s,", f->key, p == OTHER ? f->other : f->equal[p]);
    }
    buffer_text(out, next(seed, 2) ? "\"eventTime\":\"2026-06-01T08:00:00+08:00\","
                                   : "\"eventTime\":\"2026-05-31T18:00:00.0004-06:00\",");
    buffer_text(out, "\"type\":\"ObjectEvent\"}");
    buffer_u8(out, 0);
}

static int any_spelling(uint32_t *seed, const struct spelt *f) {
    int count = 0;
    while (count < 4 && f->equal[count] != NULL)
        count++;
    return (int)next(seed, (uint32_t)count);
}

static void order_and_spelling_never_count_and_content_always_does(void **state) {
    (void)state;
    uint32_t seed = 20260601;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct buffer json[3] = {{0}}, hashed[3] = {{0}};
        int first[FIELDS], second[FIELDS], changed[FIELDS];
        for (size_t i = 0; i < FIELDS; i++) {
            bool there = next(&seed, 3) > 0;
            first[i] = there ? any_spelling(&seed, &fields[i]) : ABSENT;
            second[i] = there ? any_spelling(&seed, &fields[i]) : ABSENT;
            if (fields[i].other == NULL && next(&seed, 2)) second[i] = ABSENT;
            changed[i] = second[i];
        }
        size_t at = next(&seed, FIELDS);
        bool counts = fields[at].other != NULL;
        changed[at] = counts && (changed[at] == ABSENT || next(&seed, 2)) ? OTHER : ABSENT;
        for (size_t i = 0; i < 3; i++) {
            buffer_init(&json[i], 1 << 16);
            buffer_init(&hashed[i], 1 << 16);
            event_write(&seed, i == 0 ? first : i == 1 ? second : changed, &json[i]);
            assert_int_equal(hash_json((const char *)json[i].data, &hashed[i], 1 << 20), OK);
        }
        if (!span_equal(buffer_span(&hashed[0]), buffer_span(&hashed[1])))
            fail_msg("differ:\n%s\n%s\n%.*s%.*s", (char *)json[0].data, (char *)json[1].data,
                     (int)hashed[0].len, (char *)hashed[0].data, (int)hashed[1].len,
                     (char *)hashed[1].data);
        if (span_equal(buffer_span(&hashed[1]), buffer_span(&hashed[2])) == counts)
            fail_msg("%s:\n%s\n%s\n%.*s", counts ? "equal" : "differ", (char *)json[1].data,
                     (char *)json[2].data, (int)hashed[2].len, (char *)hashed[2].data);
        for (size_t i = 0; i < 3; i++) {
            buffer_free(&json[i]);
            buffer_free(&hashed[i]);
        }
    }
}

static void the_uri_is_of_the_string(void **state) {
    (void)state;
    char uri[EVENT_HASH_URI_SIZE];
    event_hash_uri(span_text("abc"), uri); /* FIPS 180-4, example */
    assert_string_equal(uri, "ni:///sha-256;ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff6"
                             "1f20015ad?ver=CBV2.0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_one_spelling),
        cmocka_unit_test(keys_have_one_spelling),
        cmocka_unit_test(times_are_utc_to_the_millisecond),
        cmocka_unit_test(the_rules_hold_one_by_one),
        cmocka_unit_test(an_event_without_a_hash_is_named_and_keeps_its_place),
        cmocka_unit_test(a_withheld_value_leaves_no_hash),
        cmocka_unit_test(two_contents_may_have_one_hash),
        cmocka_unit_test(order_and_spelling_never_count_and_content_always_does),
        cmocka_unit_test(the_uri_is_of_the_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
