/* One name for one thing, however it was written. The published pairs are tests/vectors
 * (epc-dl-normaliser); here is what they do not hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "tests/unit/name_random.h"
#include "trace/identifier.h"

struct row {
    const char *received;
    const char *canonical; /* NULL: opaque, itself */
    enum identifier_kind kind;
};

#define GS1 "https://id.gs1.org"

static void assert_canonical(struct span received, const char *canonical,
                             enum identifier_kind kind) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct buffer again CLEANUP(buffer_free) = {0};
    enum identifier_kind got;
    buffer_init(&out, IDENTIFIER_BYTES_MAX);
    buffer_init(&again, IDENTIFIER_BYTES_MAX);
    assert_int_equal(identifier_canonical(received, &out, &got), OK);
    assert_false(out.overflow);
    struct span expected = canonical == NULL ? received : span_text(canonical);
    if (!span_equal(buffer_span(&out), expected))
        fail_msg("%.*s -> %.*s", (int)received.len, received.data, (int)out.len, out.data);
    assert_int_equal(got, kind);
    /* Canonical is where it ends. */
    assert_int_equal(identifier_canonical(buffer_span(&out), &again, &got), OK);
    assert_true(span_equal(buffer_span(&again), buffer_span(&out)));
    assert_int_equal(got, kind);
}

static void every_key_in_both_spellings(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"urn:epc:id:sgtin:0614141.812345.6789", GS1 "/01/80614141123458/21/6789", IDENTIFIER_ITEM},
        {"https://a.example/01/80614141123458/10/L1/21/6789", GS1 "/01/80614141123458/21/6789",
         IDENTIFIER_ITEM},
        {"URN:EPC:id:sgtin:0614141.812345.6789", GS1 "/01/80614141123458/21/6789", IDENTIFIER_ITEM},
        {"urn:epc:id:sgtin:0614141.812345.a.b.c", GS1 "/01/80614141123458/21/a.b.c",
         IDENTIFIER_ITEM},
        {"urn:epc:class:lgtin:4012345.012345.L%2F1", GS1 "/01/04012345123456/10/L%2F1",
         IDENTIFIER_LOT},
        {"HTTPS://trace.example/x/y/gtin/4012345123456/lot/L%2f1?17=290101#z",
         GS1 "/01/04012345123456/10/L%2F1", IDENTIFIER_LOT},
        {"https://a.example/01/04012345123456/10/L%2F1/", GS1 "/01/04012345123456/10/L%2F1",
         IDENTIFIER_LOT},
        {"urn:epc:id:upui:4012345.012345.T1", GS1 "/01/04012345123456/235/T1", IDENTIFIER_ITEM},
        {"https://a.example/01/04012345123456/235/T1", GS1 "/01/04012345123456/235/T1",
         IDENTIFIER_ITEM},
        {"urn:epc:id:sscc:0614141.1234567890", GS1 "/00/106141412345678908", IDENTIFIER_ITEM},
        {"https://a.example/sscc/106141412345678908", GS1 "/00/106141412345678908",
         IDENTIFIER_ITEM},
        {"urn:epc:id:sgln:0614141.12345.400", GS1 "/414/0614141123452/254/400",
         IDENTIFIER_LOCATION},
        {"https://a.example/gln/0614141123452/glnx/400", GS1 "/414/0614141123452/254/400",
         IDENTIFIER_LOCATION},
        {"urn:epc:id:sgln:0614141.12345.0", GS1 "/414/0614141123452", IDENTIFIER_LOCATION},
        {"https://a.example/414/0614141123452/254/0", GS1 "/414/0614141123452",
         IDENTIFIER_LOCATION},
        {"https://a.example/414/0614141123452/7040/1ABC", GS1 "/414/0614141123452/7040/1ABC",
         IDENTIFIER_LOCATION},
        {"urn:epc:id:pgln:0614141.12345", GS1 "/417/0614141123452", IDENTIFIER_LOCATION},
        {"https://a.example/party/0614141123452", GS1 "/417/0614141123452", IDENTIFIER_LOCATION},
        {"urn:epc:id:grai:0614141.12345.400", GS1 "/8003/00614141123452400", IDENTIFIER_ITEM},
        {"https://a.example/grai/00614141123452", GS1 "/8003/00614141123452", IDENTIFIER_PRODUCT},
        {"urn:epc:id:giai:0614141.12345400", GS1 "/8004/061414112345400", IDENTIFIER_ITEM},
        {"https://a.example/giai/061414112345400", GS1 "/8004/061414112345400", IDENTIFIER_ITEM},
        {"urn:epc:id:gsrn:0614141.1234567890", GS1 "/8018/061414112345678902", IDENTIFIER_OTHER},
        {"https://a.example/gsrn/061414112345678902/srin/7", GS1 "/8018/061414112345678902/8019/7",
         IDENTIFIER_OTHER},
        {"urn:epc:id:gsrnp:0614141.1234567890", GS1 "/8017/061414112345678902", IDENTIFIER_OTHER},
        {"urn:epc:id:gdti:0614141.12345.400", GS1 "/253/0614141123452400", IDENTIFIER_DOCUMENT},
        {"https://a.example/gdti/0614141123452400", GS1 "/253/0614141123452400",
         IDENTIFIER_DOCUMENT},
        {"urn:epc:id:sgcn:4012345.67890.04711", GS1 "/255/401234567890104711", IDENTIFIER_DOCUMENT},
        {"https://a.example/gcn/401234567890104711", GS1 "/255/401234567890104711",
         IDENTIFIER_DOCUMENT},
        {"urn:epc:id:cpi:0614141.123ABC.123456789", GS1 "/8010/0614141123ABC/8011/123456789",
         IDENTIFIER_ITEM},
        {"https://a.example/cpid/0614141123ABC/cpsn/123456789",
         GS1 "/8010/0614141123ABC/8011/123456789", IDENTIFIER_ITEM},
        {"https://a.example/cpid/0614141123ABC", GS1 "/8010/0614141123ABC", IDENTIFIER_PRODUCT},
        {"urn:epc:id:itip:4012345.012345.01.02.987", GS1 "/8006/040123451234560102/21/987",
         IDENTIFIER_ITEM},
        {"https://a.example/itip/040123451234560102/lot/L/ser/987",
         GS1 "/8006/040123451234560102/21/987", IDENTIFIER_ITEM},
        {"urn:epc:id:gsin:4012345.222333444", GS1 "/402/40123452223334442", IDENTIFIER_OTHER},
        {"urn:epc:id:ginc:0614141.xyz3311cba", GS1 "/401/0614141xyz3311cba", IDENTIFIER_OTHER},
        {"https://a.example/ginc/0614141xyz3311cba", GS1 "/401/0614141xyz3311cba",
         IDENTIFIER_OTHER},
        {"https://a.example/gmn/1987654Ad4X4bL5ttr2310c2K", GS1 "/8013/1987654Ad4X4bL5ttr2310c2K",
         IDENTIFIER_PRODUCT},
        {"https://a.example/415/0614141123452/8020/ref", GS1 "/415/0614141123452/8020/ref",
         IDENTIFIER_OTHER},
        {"https://a.example/01/614141123452", GS1 "/01/00614141123452", IDENTIFIER_PRODUCT},
        {"https://a.example/01/04012345123456/21/%41-._%20", NULL,
         IDENTIFIER_OTHER}, /* a blank is in no set */
        {"https://a.example/01/04012345123456/21/%41-._!", GS1 "/01/04012345123456/21/A-._%21",
         IDENTIFIER_ITEM},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_canonical(span_text(rows[i].received), rows[i].canonical, rows[i].kind);
    }
}

static void what_is_no_key_is_itself(void **state) {
    (void)state;
    static const char *const rows[] = {
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "x",
        "追溯码330302-2026-000001",
        "https://trace.lucheng.example/box/17",
        "https://id.gs1.org/01",
        "https://id.gs1.org/",
        "https:///01/04012345123456",
        "ftp://id.gs1.org/01/04012345123456",
        "https://a.example/01/04012345123456/21/A/10/L",  /* qualifiers out of order */
        "https://a.example/01/04012345123456/21/A/21/B",  /* twice */
        "https://a.example/01/04012345123456/235/A/21/B", /* a tobacco serial stands alone */
        "https://a.example/414/0614141123452/254/1/7040/1ABC", /* an extension or a facility */
        "https://a.example/414/0614141123452/7040/1ABC/254/1",
        "https://a.example/01/04012345123456/21/A/235/B",
        "https://a.example/01/04012345123456/21/123456789012345678901", /* 21 characters */
        "https://a.example/01/0401234512345X",
        "https://a.example/01/04012345123456/21",
        "https://a.example/01/04012345123456/21/%4",
        "https://a.example/00/04012345123456/21/A", /* an SSCC takes no serial */
        "https://a.example/8010/abc",               /* no small letters in set 39 */
        "https://a.example/255/4012345678901a",
        "urn:epc:id:sgtin:0614141.12345.6789",  /* 12 digits */
        "urn:epc:id:sgtin:06141.81234567.6789", /* company prefix of 5 */
        "urn:epc:id:sgtin:0614141.812345",
        "urn:epc:id:sgtin:0614141.812345.",
        "urn:epc:id:sgtin:0614141.81234x.1",
        "urn:epc:id:itip:4012345.012345.1.02.987",
        "urn:epc:id:gid:95100000.12345.400",
        "urn:epc:id:sgcn:4012345.67890.A",
        "urn:epc:idpat:sgtin:4012345.012345.7",
        "urn:epc:idpat:sgtin:4012345.*.*",
        "urn:epc:tag:sgtin-96:3.0614141.812345.6789",
        "urn:epc:id:sgtin:",
        "urn:epc:",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_canonical(span_text(rows[i]), NULL, IDENTIFIER_OTHER);
    }
}

static void lengths_are_bounded(void **state) {
    (void)state;
    char text[IDENTIFIER_BYTES_MAX + 1];
    struct buffer out CLEANUP(buffer_free) = {0};
    enum identifier_kind kind = IDENTIFIER_LOT;
    buffer_init(&out, IDENTIFIER_BYTES_MAX);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = '/';
    assert_int_equal(identifier_canonical(SPAN_EMPTY, &out, &kind), ERR_IDENTIFIER_LENGTH);
    assert_int_equal(identifier_canonical(span_of(text, sizeof text), &out, &kind),
                     ERR_IDENTIFIER_LENGTH);
    assert_int_equal(kind, IDENTIFIER_LOT);
    assert_int_equal(out.len, 0);
    assert_canonical(span_of(text, IDENTIFIER_BYTES_MAX), NULL, IDENTIFIER_OTHER);
    /* Percent signs make the longest canonical text longer than what was received: it still fits.
     */
    assert_canonical(span_text("https://a.example/253/0614141123452!!!!!!!!!!!!!!!!!"),
                     GS1 "/253/0614141123452%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21%21",
                     IDENTIFIER_DOCUMENT);
}

static void assert_part(bool (*part)(struct span, struct buffer *), const char *received,
                        const char *expected) {
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, IDENTIFIER_BYTES_MAX);
    bool found = part(span_text(received), &out);
    assert_int_equal(found, expected != NULL);
    if (expected != NULL) assert_true(span_is(buffer_span(&out), expected));
    if (expected == NULL) assert_int_equal(out.len, 0);
}

static void lot_and_product_are_found_in_what_was_received(void **state) {
    (void)state;
    assert_part(identifier_lot, "https://a.example/gtin/4012345123456/cpv/V/lot/L1/ser/S",
                GS1 "/01/04012345123456/10/L1");
    assert_part(identifier_lot, "urn:epc:class:lgtin:4012345.012345.L1",
                GS1 "/01/04012345123456/10/L1");
    assert_part(identifier_lot, "urn:epc:id:sgtin:4012345.012345.S", NULL);
    assert_part(identifier_lot, "opaque", NULL);
    assert_part(identifier_lot, "", NULL);
    assert_part(identifier_product, "https://a.example/gtin/4012345123456/lot/L1/ser/S",
                GS1 "/01/04012345123456");
    assert_part(identifier_product, "urn:epc:id:sgtin:4012345.012345.S", GS1 "/01/04012345123456");
    assert_part(identifier_product, "urn:epc:idpat:sgtin:4012345.012345.*",
                GS1 "/01/04012345123456");
    assert_part(identifier_product, "urn:epc:id:grai:0614141.12345.400",
                GS1 "/8003/00614141123452");
    assert_part(identifier_product, "urn:epc:id:cpi:0614141.123ABC.123456789",
                GS1 "/8010/0614141123ABC");
    assert_part(identifier_product, "https://a.example/8006/040123451234560102/10/XYZ",
                GS1 "/8006/040123451234560102");
    assert_part(identifier_product, "urn:epc:id:sscc:0614141.1234567890", NULL);
    assert_part(identifier_product, "urn:epc:id:gdti:0614141.12345.400", NULL);
}

static void a_lot_of_a_product(void **state) {
    (void)state;
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, IDENTIFIER_BYTES_MAX);
    struct span product = span_text(GS1 "/01/04012345123456");
    assert_true(identifier_lot_of(product, span_text("L/1"), &out));
    assert_true(span_is(buffer_span(&out), GS1 "/01/04012345123456/10/L%2F1"));
    buffer_clear(&out);
    assert_false(identifier_lot_of(product, span_text(""), &out));
    assert_false(identifier_lot_of(product, span_text("123456789012345678901"), &out));
    assert_false(identifier_lot_of(product, span_text("批次"), &out));
    assert_false(identifier_lot_of(span_text(GS1 "/00/106141412345678908"), span_text("L"), &out));
    assert_false(identifier_lot_of(span_text(GS1 "/01/04012345123456/21/S"), span_text("L"), &out));
    assert_int_equal(out.len, 0);
}

/* Canonical text is its own canonical text, whatever was received: else a proof could not name the thing (P5). And a
 * lot and a product contain themselves. Names by a fixed seed. */
static void a_canonical_text_is_its_own(void **state) {
    (void)state;
    struct buffer received CLEANUP(buffer_free) = {0}, once CLEANUP(buffer_free) = {0}, twice CLEANUP(buffer_free) = {0},
                  part CLEANUP(buffer_free) = {0};
    struct rng r = {.state = 77};
    uint32_t keys = 0;
    buffer_init(&received, IDENTIFIER_BYTES_MAX);
    buffer_init(&once, IDENTIFIER_BYTES_MAX);
    buffer_init(&twice, IDENTIFIER_BYTES_MAX);
    buffer_init(&part, IDENTIFIER_BYTES_MAX);
    for (uint32_t i = 0; i < 150000; i++) {
        enum identifier_kind kind, again;
        buffer_clear(&received);
        rng_name(&r, &received);
        buffer_clear(&once);
        buffer_clear(&twice);
        assert_int_equal(identifier_canonical(buffer_span(&received), &once, &kind), OK);
        assert_true(!once.overflow && once.len > 0);
        assert_int_equal(identifier_canonical(buffer_span(&once), &twice, &again), OK);
        if (!span_equal(buffer_span(&once), buffer_span(&twice)) || kind != again)
            fail_msg("%.*s, then %.*s", (int)once.len, (char *)once.data, (int)twice.len, (char *)twice.data);
        keys += !span_equal(buffer_span(&once), buffer_span(&received));
        bool (*const contains[])(struct span, struct buffer *) = {identifier_lot, identifier_product};
        for (size_t k = 0; k < 2; k++) {
            buffer_clear(&part);
            buffer_clear(&twice);
            if (!contains[k](buffer_span(&received), &part)) continue;
            assert_int_equal(identifier_canonical(buffer_span(&part), &twice, &again), OK);
            assert_true(span_equal(buffer_span(&part), buffer_span(&twice)));
            assert_int_equal(again, k == 0 ? IDENTIFIER_LOT : IDENTIFIER_PRODUCT);
            buffer_clear(&twice);
            assert_true(contains[k](buffer_span(&part), &twice) && span_equal(buffer_span(&part), buffer_span(&twice)));
        }
    }
    assert_true(keys > 15000);
}

static void check_digits(void **state) {
    (void)state;
    assert_int_equal(identifier_check_digit(span_text("629104150021")),
                     '3'); /* GS1 General Specifications, figure 7.9-1 */
    assert_int_equal(identifier_check_digit(span_text("37610425002123456")), '9');
    assert_int_equal(identifier_check_digit(span_text("0")), '0');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_in_both_spellings),
        cmocka_unit_test(what_is_no_key_is_itself),
        cmocka_unit_test(lengths_are_bounded),
        cmocka_unit_test(lot_and_product_are_found_in_what_was_received),
        cmocka_unit_test(a_lot_of_a_product),
        cmocka_unit_test(a_canonical_text_is_its_own),
        cmocka_unit_test(check_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
