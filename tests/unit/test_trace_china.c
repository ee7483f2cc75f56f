/* Social credit codes, divisions and the other codes of China, by name and part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "trace/division.h"
#include "trace/uscc.h"

static void social_credit_codes(void **state) {
    (void)state;
    struct uscc u;
    size_t at = 99;
    assert_int_equal(uscc_read(span_text("91310230MA1K314K57"), &u, &at), OK);
    assert_string_equal(u.department_en, "industry and commerce");
    assert_string_equal(u.category, "企业");
    assert_true(span_is(u.division, "310230"));
    assert_true(span_is(u.organisation, "MA1K314K5"));
    assert_true(u.organisation_checks);
    assert_int_equal(at, 99);
    static const struct {
        const char *code;
        enum err err;
        size_t at;
    } rows[] = {
        {"", ERR_USCC_LENGTH, 0},
        {"91310230MA1K314K5", ERR_USCC_LENGTH, 17},
        {"91310230MA1K314K577", ERR_USCC_LENGTH, 19},
        {"91310230MA1K314K58", ERR_USCC_CHECK, 17},
        {"91310230MA1K314KI7", ERR_USCC_CHARACTER, 16},
        {"91310230ma1k314k57", ERR_USCC_CHARACTER, 8},
        {"9131023AMA1K314K57", ERR_USCC_CHARACTER, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(uscc_read(span_text(rows[i].code), &u, &at), rows[i].err);
        assert_int_equal(at, rows[i].at);
    }
}

/* Every wrong character and every swap of two neighbours is found: 3 is primitive modulo the prime 31. */
static void one_mistake_is_found(void **state) {
    (void)state;
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    struct uscc u;
    size_t at;
    for (size_t i = 0; i < USCC_LENGTH; i++) {
        char code[] = "91350100M000100Y43", right = code[i];
        for (const char *p = alphabet; *p != '\0'; p++) {
            code[i] = *p;
            assert_true((uscc_read(span_text(code), &u, &at) == OK) == (*p == right));
        }
        if (i == 0) continue;
        code[i] = code[i - 1];
        code[i - 1] = right;
        assert_true((uscc_read(span_text(code), &u, &at) == OK) == (code[i] == right));
    }
}

static void divisions(void **state) {
    (void)state;
    static const struct {
        const char *code;
        enum err err;
        enum division_level level;
        const char *name;
    } rows[] = {
        {"33", OK, DIVISION_PROVINCE, "浙江省"},
        {"330000", OK, DIVISION_PROVINCE, "浙江省"},
        {"3303", OK, DIVISION_CITY, "浙江省 温州市"},
        {"330302", OK, DIVISION_COUNTY, "浙江省 温州市 鹿城区"},
        {"330302001", OK, DIVISION_TOWN, "浙江省 温州市 鹿城区"},
        {"330302001002", OK, DIVISION_VILLAGE, "浙江省 温州市 鹿城区"},
        {"110101", OK, DIVISION_COUNTY, "北京市 东城区"},
        {"500229", OK, DIVISION_COUNTY, "重庆市 城口县"},
        {"429004", OK, DIVISION_COUNTY, "湖北省 仙桃市"},
        {"659012", OK, DIVISION_COUNTY, "新疆维吾尔自治区 白杨市"},
        {"441900", OK, DIVISION_CITY, "广东省 东莞市"},
        {"441900003", OK, DIVISION_TOWN, "广东省 东莞市"},
        {"330399", ERR_DIVISION_UNKNOWN, 0, NULL},
        {"990000", ERR_DIVISION_UNKNOWN, 0, NULL},
        {"339900", ERR_DIVISION_UNKNOWN, 0, NULL},
        {"", ERR_DIVISION_FORM, 0, NULL},
        {"33030", ERR_DIVISION_FORM, 0, NULL},
        {"33030a", ERR_DIVISION_FORM, 0, NULL},
        {"3303020010021", ERR_DIVISION_FORM, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buffer name CLEANUP(buffer_free) = {0};
        struct division d;
        buffer_init(&name, 1024);
        enum err e = division_find(span_text(rows[i].code), &d);
        if (e != rows[i].err) fail_msg("%s gave %s", rows[i].code, err_name(e));
        if (e) continue;
        division_name(&d, &name);
        assert_int_equal(d.level, rows[i].level);
        assert_true(span_is(buffer_span(&name), rows[i].name));
    }
}

static void divisions_by_name(void **state) {
    (void)state;
    char code[6];
    size_t at = 0, drum_towers = 0;
    assert_true(division_named(span_text("鹿城区"), &at, code));
    assert_memory_equal(code, "330302", 6);
    assert_false(division_named(span_text("鹿城区"), &at, code));
    for (at = 0; division_named(span_text("鼓楼区"), &at, code); drum_towers++)
        ;
    assert_int_equal(drum_towers, 4);
    at = 0;
    assert_false(division_named(SPAN_EMPTY, &at, code));
}

static void other_codes(void **state) {
    (void)state;
    struct pesticide p;
    assert_int_equal(pesticide_read(span_text("12017011001234567890123456789012"), &p), OK);
    assert_string_equal(p.kind, "PD");
    assert_true(span_is(p.registration, "201701"));
    assert_int_equal(pesticide_read(span_text("42017011001234567890123456789012"), &p), ERR_PESTICIDE_CODE);
    assert_int_equal(pesticide_read(span_text("12017014001234567890123456789012"), &p), ERR_PESTICIDE_CODE);
    assert_int_equal(pesticide_read(span_text("1201701100123456789012345678901"), &p), ERR_PESTICIDE_CODE);
    assert_int_equal(pesticide_read(span_text("1201701100123456789012345678901X"), &p), ERR_PESTICIDE_CODE);
    assert_int_equal(veterinary_check(span_text("123456789012345678901234")), OK);
    assert_int_equal(veterinary_check(span_text("12345678901234567890123")), ERR_VETERINARY_CODE);
    assert_int_equal(veterinary_check(span_text("12345678901234567890123A")), ERR_VETERINARY_CODE);
    assert_int_equal(trace_code_check(span_text("ZN-330302.2026")), OK);
    assert_int_equal(trace_code_check(span_text("ZN33030")), ERR_TRACE_CODE);
    assert_int_equal(trace_code_check(span_text("ZN330302 2026")), ERR_TRACE_CODE);
    assert_int_equal(trace_code_check(SPAN_EMPTY), ERR_TRACE_CODE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(social_credit_codes), cmocka_unit_test(one_mistake_is_found), cmocka_unit_test(divisions),
        cmocka_unit_test(divisions_by_name),   cmocka_unit_test(other_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
