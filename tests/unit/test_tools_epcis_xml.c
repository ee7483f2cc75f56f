/* EPCIS XML: the same hash as JSON's, and what hostile XML meets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "tools/epcis_xml.h"
#include "trace/epcis.h"

#define HEAD                                                                                       \
    "<?xml version='1.0'?><e:EPCISDocument xmlns:e='urn:epcglobal:epcis:xsd:2' "                   \
    "xmlns:ex='https://ns.example.com/epcis/'><EPCISBody><EventList>"
#define FOOT "</EventList></EPCISBody></e:EPCISDocument>"
#define EVENT(inside)                                                                              \
    HEAD "<ObjectEvent><eventTime>2026-06-01T08:00:00+08:00</eventTime>" inside                    \
         "</ObjectEvent>" FOOT
#define START "eventType=ObjectEventeventTime=2026-06-01T00:00:00.000Z"

static enum err read_xml(const char *text, size_t len, size_t arena_max, struct buffer *out,
                         struct refusal *refusal) {
    struct arena arena;
    struct event_element list = {0};
    arena_init(&arena, arena_max);
    enum err e = epcis_xml_read(span_of(text, len), &arena, &list, refusal);
    for (struct event_element *event = list.first; e == OK && event != NULL; event = event->next) {
        e = event_prehash(event, &arena, out, refusal);
        buffer_u8(out, '\n');
    }
    arena_free(&arena);
    return e;
}

static void expect(const char *xml, const char *prehash) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct refusal refusal = {OK, ""};
    buffer_init(&out, 1 << 20);
    enum err e = read_xml(xml, strlen(xml), 1 << 20, &out, &refusal);
    buffer_u8(&out, 0);
    if (e != OK) fail_msg("%s: %s at %s", xml, err_name(e), refusal.where);
    if (strcmp((const char *)out.data, prehash) != 0)
        fail_msg("%s\n  became   %s\n  expected %s", xml, (const char *)out.data, prehash);
}

static void refused(const char *xml, enum err expected) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct refusal refusal = {OK, ""};
    buffer_init(&out, 1 << 20);
    enum err e = read_xml(xml, strlen(xml), 1 << 20, &out, &refusal);
    if (e != expected || refusal.err != expected || refusal.where[0] == '\0')
        fail_msg("%s: %s at '%s' instead of %s", xml, err_name(e), refusal.where,
                 err_name(expected));
}

static void what_a_prefix_is_called_and_how_it_is_laid_out_is_nothing(void **state) {
    (void)state;
    expect(EVENT("<ex:a>1</ex:a>"), START "{https://ns.example.com/epcis/}a=1\n");
    expect(EVENT("<q:a xmlns:q='https://ns.example.com/epcis/'>\n 1.0 <!-- no --></q:a>"),
           START "{https://ns.example.com/epcis/}a=1\n");
    expect(EVENT("<ex:a>x<!-- no -->y<?no no?>z</ex:a>"),
           START "{https://ns.example.com/epcis/}a=xyz\n");
    expect(EVENT("<ex:a>&lt;b&gt;&#x4e2d;<![CDATA[<c>]]></ex:a>"),
           START "{https://ns.example.com/epcis/}a=<b>中<c>\n");
    expect(EVENT("<ex:a>before<ex:b>2</ex:b>after</ex:a>"),
           START "{https://ns.example.com/epcis/}a=before{https://ns.example.com/epcis/}b=2\n");
    expect("\xef\xbb\xbf" EVENT("<action>ADD</action>"), START "action=ADD\n");
}

static void wrappers_of_epcis_1_2_are_looked_through(void **state) {
    (void)state;
    expect(EVENT("<extension><quantityList><quantityElement><epcClass>urn:c</epcClass>"
                 "<quantity>2.50</quantity></quantityElement></quantityList></extension>"),
           START "quantityListquantityElementepcClass=urn:cquantity=2.5\n");
    expect(HEAD "<extension><TransformationEvent><eventTime>2026-06-01T08:00:00Z</eventTime>"
                "<baseExtension><eventTimeZoneOffset>+00:00</eventTimeZoneOffset></baseExtension>"
                "</TransformationEvent></extension>" FOOT,
           "eventType=TransformationEventeventTime=2026-06-01T08:00:00.000Z"
           "eventTimeZoneOffset=+00:00\n");
}

static void entries_have_their_type_first_and_need_none(void **state) {
    (void)state;
    expect(EVENT("<bizTransactionList><bizTransaction type='urn:epcglobal:cbv:btt:po'>urn:b"
                 "</bizTransaction><bizTransaction>urn:a</bizTransaction></bizTransactionList>"),
           START "bizTransactionListbizTransaction=urn:a"
                 "type=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:b\n");
    expect(EVENT("<sourceList/>"), START "\n");
}

static void what_a_repository_added_is_left_out(void **state) {
    (void)state;
    expect("<d xmlns:x='https://repository-x.example.com/' xmlns:ex='urn:ex/'>"
           "<x:ignoreFields><x:hash/><ex:id/></x:ignoreFields><b><EventList><ObjectEvent>"
           "<eventTime>2026-06-01T00:00:00Z</eventTime><x:hash>1</x:hash><ex:id>2</ex:id>"
           "<ex:other>3</ex:other></ObjectEvent></EventList></b></d>",
           START "{urn:ex/}other=3\n");
}

static void hostile_documents_are_refused_by_name(void **state) {
    (void)state;
    refused("<!DOCTYPE a><a/>", ERR_XML_DOCTYPE);
    refused("<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", ERR_XML_DOCTYPE);
    refused("<!DOCTYPE a [<!ENTITY x 'xxxxxxxx'><!ENTITY y '&x;&x;&x;&x;'>]><a>&y;</a>",
            ERR_XML_DOCTYPE);
    refused("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>", ERR_XML_DOCTYPE);
    refused(EVENT("<a>&undefined;</a>"), ERR_XML_SYNTAX);
    refused(EVENT("<a><b></a></b>"), ERR_XML_SYNTAX);
    refused(EVENT("<q:a/>"), ERR_XML_SYNTAX);
    refused(EVENT("<a b='1' b='2'/>"), ERR_XML_SYNTAX);
    refused("", ERR_XML_SYNTAX);
    refused("<", ERR_XML_SYNTAX);
    refused("<a/>", ERR_XML_DOCUMENT);
    refused("<EventList/>", ERR_XML_DOCUMENT);
    refused("<?xml version='1.0' encoding='GB18030'?><a/>", ERR_XML_SYNTAX);
    refused(EVENT("<a>\xff</a>"), ERR_XML_SYNTAX);
}

static void depth_and_size_are_bounded(void **state) {
    (void)state;
    struct buffer text CLEANUP(buffer_free) = {0}, out CLEANUP(buffer_free) = {0};
    struct refusal refusal = {OK, ""};
    buffer_init(&text, 8 << 20);
    buffer_init(&out, 8 << 20);
    buffer_text(&text, HEAD);
    for (int i = 0; i < 100; i++)
        buffer_text(&text, "<a>");
    assert_int_equal(read_xml((const char *)text.data, text.len, 1 << 20, &out, &refusal),
                     ERR_XML_DEPTH);
    buffer_clear(&text);
    buffer_text(&text, HEAD "<ObjectEvent><ex:a>");
    for (int i = 0; i < 100000; i++)
        buffer_text(&text, "0123456789");
    buffer_text(&text, "</ex:a></ObjectEvent>" FOOT);
    assert_int_equal(read_xml((const char *)text.data, text.len, 4096, &out, &refusal),
                     ERR_TOO_LARGE);
    buffer_clear(&out);
    assert_int_equal(read_xml((const char *)text.data, text.len, 64 << 20, &out, &refusal),
                     ERR_EVENT_HASH_NUMBER);
}

static void xml_is_told_from_json(void **state) {
    (void)state;
    assert_true(epcis_is_xml(span_text(" \n<a/>")));
    assert_true(epcis_is_xml(span_text("\xef\xbb\xbf<a/>")));
    assert_true(epcis_is_xml(span_of("\xff\xfe<\0", 4)));
    assert_false(epcis_is_xml(span_text("{\"a\":\"<\"}")));
    assert_false(epcis_is_xml(SPAN_EMPTY));
    struct arena arena CLEANUP(arena_free) = {0};
    struct items items;
    struct refusal refusal;
    arena_init(&arena, 65536);
    assert_int_equal(epcis_parse(span_text(" <a/>"), &arena, &items, &refusal), ERR_EPCIS_XML);
    assert_int_equal(epcis_parse(span_text(" a<a/>"), &arena, &items, &refusal), ERR_JSON_SYNTAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_prefix_is_called_and_how_it_is_laid_out_is_nothing),
        cmocka_unit_test(wrappers_of_epcis_1_2_are_looked_through),
        cmocka_unit_test(entries_have_their_type_first_and_need_none),
        cmocka_unit_test(what_a_repository_added_is_left_out),
        cmocka_unit_test(hostile_documents_are_refused_by_name),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(xml_is_told_from_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
