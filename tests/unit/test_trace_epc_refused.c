/* What is no EPC, and what no tag can carry: each is refused by its own name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "trace/epc_tag.h"

typedef enum err read_fn(struct span text, struct epc *ret);

static enum err read_link(struct span text, struct epc *ret) {
    return epc_from_digital_link(text, 0, ret);
}

struct row {
    read_fn *fn;
    const char *text;
    enum err err;
};

static void assert_refused(const struct row rows[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct epc e = {.filter = 77};
        enum err err = rows[i].fn(span_text(rows[i].text), &e);
        if (err != rows[i].err) fail_msg("%s: %s, not %s", rows[i].text, err_name(err), err_name(rows[i].err));
        assert_int_equal(e.filter, 77); /* untouched */
    }
}

/* SGTIN+ with data announced: GTIN 04012345123456, serial 1. */
#define DATA "F7804012345123456011"

static void tags_are_refused_by_name(void **state) {
    static const struct row rows[] = {
        {epc_from_hex, "", ERR_EPC_TRUNCATED},
        {epc_from_hex, "3", ERR_EPC_TRUNCATED},
        {epc_from_hex, "00", ERR_EPC_HEADER},
        {epc_from_hex, "E2806894000050046B9A1234", ERR_EPC_HEADER},
        {epc_from_hex, "3066C4409047E140075BCD1", ERR_EPC_TRUNCATED},
        {epc_from_hex, "3066C4409047E140075BCD15" "0001", ERR_EPC_TRAILING},
        {epc_from_hex, "3066C4409047E140075BCD1G", ERR_HEX},
        {epc_from_hex, "307EC4409047E140075BCD15", ERR_EPC_PARTITION},
        {epc_from_hex, "3063FFFFFFFFFFFFFFFFFFFF", ERR_EPC_NUMBER},
        {epc_from_hex, "3114257BF4499602D2000001", ERR_EPC_TRAILING},
        {epc_from_hex, "3666C4409047E140000000000000000000000000000000000000", ERR_EPC_LENGTH},
        {epc_from_hex, "3666C4409047E15902C2BF100000000000000000000000000000", ERR_EPC_CHARACTER},
        {epc_from_hex, "3F14F4E4E6126400000000" "00", ERR_EPC_NUMBER},
        {epc_from_hex, "3F14F4E4E6126400000000" "01", ERR_EPC_LENGTH},
        {epc_from_hex, "F9A095201234567891235", ERR_EPC_TOGGLE}, /* data announced, none there */
        {epc_from_hex, "F90095201234567891235" "17", ERR_EPC_TOGGLE},
        {epc_from_hex, "F90095201234567891236", ERR_EPC_CHECK_DIGIT},
        {epc_from_hex, "F9009520123456789123A", ERR_EPC_NUMBER},
        {epc_from_hex, "F9A095201234567891235" "A0", ERR_EPC_AI},
        {epc_from_hex, "F9A095201234567891235" "03", ERR_EPC_AI},
        {epc_from_hex, "F9A095201234567891235" "172C1E", ERR_EPC_DATE}, /* month 0 */
        {epc_from_hex, "F9A095201234567891235" "172CDF", ERR_EPC_DATE}, /* June 31 */
        {epc_from_hex, DATA "172CDE172CDE", ERR_EPC_DATA},
        {epc_from_hex, DATA "00000000000000000000" "172CDE", ERR_EPC_NUMBER}, /* an SSCC of zeros is no SSCC */
        {epc_from_hex, DATA "21011", ERR_EPC_DATA},
        {epc_from_hex, "F7004012345123456" "C11", ERR_EPC_ENCODING},
        {epc_from_hex, "FB0F2CDE04012345123456011", ERR_EPC_ENCODING},
        {epc_from_hex, "EF00952012345678912358" "0", ERR_EPC_HOST},
    };
    (void)state;
    assert_refused(rows, sizeof rows / sizeof *rows);
}

static void urns_are_refused_by_name(void **state) {
    static const struct row rows[] = {
        {epc_from_tag_uri, "urn:epc:tag:sgtin-96:8.0614141.112345.1", ERR_EPC_FILTER},
        {epc_from_tag_uri, "urn:epc:tag:sgtin-96:03.0614141.112345.1", ERR_EPC_FILTER},
        {epc_from_tag_uri, "urn:epc:tag:sgtin-96:0614141.112345.1", ERR_EPC_URI},
        {epc_from_tag_uri, "urn:epc:tag:sgtin-96:1.0614141.112345.01", ERR_EPC_CANNOT_CARRY},
        {epc_from_tag_uri, "urn:epc:tag:sgtin+:1.0614141.112345.1", ERR_EPC_URI},
        {epc_from_tag_uri, "urn:epc:tag:SGTIN-96:1.0614141.112345.1", ERR_EPC_URI},
        {epc_from_tag_uri, "urn:epc:id:sgtin:0614141.112345.1", ERR_EPC_URI},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.112345", ERR_EPC_URI},
        {epc_from_id_uri, "urn:epc:id:sgtin:06141.11234567.1", ERR_EPC_PREFIX},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.11234.1", ERR_EPC_LENGTH},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.112345.", ERR_EPC_LENGTH},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.112345.123456789012345678901", ERR_EPC_LENGTH},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.112345.a/b", ERR_EPC_CHARACTER},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.112345.a%2", ERR_EPC_CHARACTER},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.112345.a%00", ERR_EPC_CHARACTER},
        {epc_from_id_uri, "urn:epc:id:sgtin:0614141.11234A.1", ERR_EPC_CHARACTER},
        {epc_from_id_uri, "urn:epc:id:lgtin:0614141.112345.1", ERR_EPC_URI},
        {epc_from_id_uri, "urn:epc:idpat:sgtin:0614141.112345.1", ERR_EPC_URI},
        {epc_from_id_uri, "urn:epc:idpat:sscc:0614141.*", ERR_EPC_URI},
        {epc_from_id_uri, "urn:epc:id:cpi:0614141.A.01", ERR_EPC_NUMBER},
        {epc_from_id_uri, "urn:epc:id:gid:1.2.68719476736", ERR_EPC_NUMBER},
        {epc_from_id_uri, "urn:epc:id:bic:CSQX3054383", ERR_EPC_CHARACTER},
        {epc_from_id_uri, "urn:epc:id:adi:2S194.A.B%23", ERR_EPC_CHARACTER},
        {epc_from_id_uri, "urn:epc:id:adi:2S194.A.%23ABCDEFGHIJKLMNOPQRSTUVWXYZ0123", ERR_EPC_LENGTH}, /* "#" counts */
        {epc_from_id_uri, "urn:epc:id:adi:2S194.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456.1", ERR_EPC_LENGTH},
    };
    (void)state;
    assert_refused(rows, sizeof rows / sizeof *rows);
}

static void links_are_refused_by_name(void **state) {
    static const struct row rows[] = {
        {read_link, "urn:epc:id:sgtin:0614141.112345.1", ERR_EPC_LINK},
        {read_link, "https://a.example/", ERR_EPC_LINK},
        {read_link, "https:///01/04012345123456", ERR_EPC_LINK},
        {read_link, "https://a.example/01/04012345123456/21/1/10/L", ERR_EPC_LINK}, /* qualifiers out of order */
        {read_link, "https://a.example/01/04012345123455/21/1", ERR_EPC_CHECK_DIGIT},
        {read_link, "/01/04012345123456/21/1?17=220630&17=220630", ERR_EPC_DATA},
        {read_link, "/01/04012345123456/21/1?03=1", ERR_EPC_AI},
        {read_link, "/01/04012345123456/21/%zz", ERR_EPC_CHARACTER},
        {read_link, "/8003/10614141123452", ERR_EPC_NUMBER},
        {read_link, "/8004/A1", ERR_EPC_PREFIX},
        {epc_from_segment, "EH3066C4409047E140075BCD15", ERR_EPC_SEGMENT},
        {epc_from_segment, "eh3066C4", ERR_EPC_SEGMENT},
        {epc_from_segment, "ex=", ERR_EPC_SEGMENT},
        {epc_from_segment, "eh", ERR_EPC_TRUNCATED},
    };
    (void)state;
    assert_refused(rows, sizeof rows / sizeof *rows);
}

static void a_prefix_must_be_known_and_possible(void **state) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct epc e;
    (void)state;
    buffer_init(&b, EPC_TEXT_MAX);
    assert_int_equal(epc_from_hex(span_text("F90095201234567891235"), &e), OK);
    assert_int_equal(epc_to_id_uri(&e, &b), ERR_EPC_PREFIX_UNKNOWN);
    assert_int_equal(epc_use_scheme(&e, EPC_SSCC_96, 0), ERR_EPC_PREFIX_UNKNOWN);
    assert_int_equal(epc_use_prefix(&e, 5), ERR_EPC_PREFIX);
    assert_int_equal(epc_use_prefix(&e, 13), ERR_EPC_PREFIX);
    assert_int_equal(epc_use_prefix(&e, 0), ERR_EPC_PREFIX);
    assert_int_equal(b.len, 0);
    assert_int_equal(epc_use_prefix(&e, 6), OK);
    assert_int_equal(epc_to_id_uri(&e, &b), OK);
    assert_true(span_is(buffer_span(&b), "urn:epc:id:sscc:952012.03456789123"));
    assert_int_equal(epc_from_id_uri(span_text("urn:epc:id:gid:1.2.3"), &e), OK);
    assert_int_equal(epc_use_prefix(&e, 7), ERR_EPC_PREFIX);
    assert_int_equal(epc_to_digital_link(&e, SPAN_EMPTY, &b), ERR_EPC_NO_FORM);
    assert_int_equal(epc_to_tag_uri(&e, &b), ERR_EPC_NO_FORM);
    assert_int_equal(epc_use_host(&e, span_text("a/b")), ERR_EPC_HOST);
    assert_int_equal(epc_use_host(&e, SPAN_EMPTY), ERR_EPC_HOST);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_refused_by_name),
        cmocka_unit_test(urns_are_refused_by_name),
        cmocka_unit_test(links_are_refused_by_name),
        cmocka_unit_test(a_prefix_must_be_known_and_possible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
