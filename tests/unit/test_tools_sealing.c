/* Hiding fields of events, and openings beside their commitments: what a submitter can do wrong, and a liar for the reader. */
#include "tools/opened.h"
#include "tools/sealing.h"
#include "trace/epcis.h"
#include "trace/hidden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* cmocka has a fail() of its own. */
#include <cmocka.h>

static const char event[] =
    "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",{\"ex\":\"https://ex.example/\"}],"
    "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T08:00:00+08:00\",\"eventTimeZoneOffset\":\"+08:00\","
    "\"epcList\":[\"urn:epc:id:sgtin:0614141.107346.77\"],\"action\":\"ADD\",\"bizStep\":\"commissioning\","
    "\"ex:price\":\"12.80\",\"ex:more\":{\"ex:note\":1},\"ilmd\":{\"ex:note\":2,\"ex:contact\":{\"tel\":\"138\"}}}";

struct fixture {
    struct tool tool;
    struct hider hider;
    struct items items;
    struct arena arena;
};

static int setup(void **state) {
    struct fixture *f = check_alloc(1, sizeof *f);
    arena_init(&f->tool.arena, 64 << 20);
    arena_init(&f->arena, 16 << 20);
    f->tool.nodes_count = 1;
    f->hider = (struct hider){.tool = &f->tool, .chain_id = sha256(span_text("chain"))};
    openings_begin(&f->tool, &f->hider.chain_id, &f->hider.openings);
    assert_int_equal(epcis_parse(span_text(event), &f->arena, &f->items, NULL), OK);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    arena_free(&f->tool.arena);
    arena_free(&f->arena);
    free(f);
    return 0;
}

static enum err hide(struct fixture *f, const char *rules) {
    struct refusal refusal;
    f->hider.rules_count = 0;
    assert_int_equal(hider_read(&f->hider, rules), EXIT_OK);
    return hider_apply(&f->hider, f->items.list, f->items.count, 3, &f->arena, &refusal);
}

static void fields_become_commitments(void **state) {
    struct fixture *f = *state;
    assert_int_equal(hide(f, "price=partner,/ex:more/ex:note=regulator,contact=public"), OK);
    assert_int_equal(f->hider.openings.count, 3);
    assert_int_equal(hidden_tiers(f->items.list[0].fields), 7);
    assert_true(hider_has(&f->hider, TIER_REGULATOR));
    for (uint32_t i = 0; i < 3; i++) {
        struct opening *o = &f->hider.openings.list[i];
        assert_int_equal(o->item, 3); /* its index in the record */
        assert_true(opening_fits(&f->hider.chain_id, o, f->items.list[0].fields));
    }
    assert_true(span_is(f->hider.openings.list[2].name, "/ilmd/ex:contact"));
    /* Salts are drawn: the same field of another event has another commitment. */
    assert_memory_not_equal(f->hider.openings.list[0].salt, f->hider.openings.list[1].salt, HIDDEN_SALT_BYTES);
}

static void what_may_not_be_hidden_is_refused(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *rules;
        enum err e;
    } wrong[] = {
        {"weight=partner", ERR_HIDE_NONE},          {"note=partner", ERR_HIDE_MANY},
        {"action=public", ERR_ITEM_HIDDEN},         {"/@context/1=public", ERR_ITEM_HIDDEN},
        {"eventTime=regulator", ERR_ITEM_HIDDEN},   {"/ilmd/ex:contact/fax=public", ERR_HIDE_NONE},
        {"/price=partner", ERR_HIDE_NONE},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct item before = f->items.list[0];
        enum err e = hide(f, wrong[i].rules);
        if (e != wrong[i].e) fail_msg("%s: %s", wrong[i].rules, err_name(e));
        assert_int_equal(f->hider.openings.count, 0);
        f->items.list[0] = before;
    }
    /* What is hidden already is not hidden again: nobody could open it. */
    assert_int_equal(hide(f, "price=partner,price=public"), ERR_ITEM_HIDDEN);
}

static void rules_have_a_form(void **state) {
    struct fixture *f = *state;
    static const char *const wrong[] = {"price", "price=", "=partner", "price=secret", "a=partner,", "a=partner,,b=public"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        f->hider.rules_count = 0;
        int code = hider_read(&f->hider, wrong[i]);
        if (code != EXIT_USAGE && strcmp(wrong[i], "a=partner,") != 0) fail_msg("%s: %d", wrong[i], code);
    }
    f->hider.rules_count = 0;
    assert_int_equal(hider_read(&f->hider, "/ilmd/https:~1~1a.example~1x=y=public"), EXIT_OK);
    assert_true(span_is(f->hider.rules[0].name, "/ilmd/https:~1~1a.example~1x=y"));
}

/* The liar seals another value, salt, place, or tier than the ledger has. */
static void only_the_commitment_counts(void **state) {
    struct fixture *f = *state;
    static const uint8_t other[] = {0xa5, '9', '9', '.', '8', '0'};
    struct digest chain = f->hider.chain_id, another = sha256(span_text("another"));
    assert_int_equal(hide(f, "price=partner,contact=public"), OK);
    struct span fields = f->items.list[0].fields;
    struct opening good = f->hider.openings.list[0], bad = good;
    assert_true(opening_fits(&chain, &good, fields));
    bad.value = span_of(other, sizeof other);
    assert_false(opening_fits(&chain, &bad, fields));
    bad = good;
    bad.salt[15] ^= 1;
    assert_false(opening_fits(&chain, &bad, fields));
    bad = good;
    bad.name = f->hider.openings.list[1].name;
    assert_false(opening_fits(&chain, &bad, fields));
    bad = good;
    bad.name = span_text("/action");
    assert_false(opening_fits(&chain, &bad, fields));
    bad = good;
    bad.tier = TIER_DELETABLE;
    assert_false(opening_fits(&chain, &bad, fields));
    assert_false(opening_fits(&another, &good, fields));
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_become_commitments, setup, teardown),
        cmocka_unit_test_setup_teardown(what_may_not_be_hidden_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(rules_have_a_form, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_commitment_counts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
