/* Recalls (SPEC O): what is listed and why, what is forbidden then, and each liar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/flow_world.h"

#include "tests/unit/certificate_world.h"

#define OK_ RESULT_ACCEPTED
#define JAM "https://id.gs1.org/01/06901234567908/10/J"
#define JUICE "https://id.gs1.org/01/06901234567915/10/S"

struct scene {
    struct world w;
    struct span first, second; /* groups: lot A to jam, jam to juice */
};

/* Lot A of berries becomes jam J, of which juice S is made; B is another lot. */
static void begin(struct scene *s) {
    struct world *w = &s->w;
    struct buffer group CLEANUP(buffer_free) = {0};
    world_begin(w, 1);
    buffer_init(&group, 256);
    assert_int_equal(flow_say(w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100")), OK_);
    assert_int_equal(flow_say(w, "farm2", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_BERRY, "100")), OK_);
    assert_int_equal(flow_say(w, "farm1", "Transformation", 9,
                              "'inputQuantityList':[{'epcClass':'" FLOW_LOT "','quantity':10,'uom':'KGM'}],"
                              "'outputQuantityList':[{'epcClass':'" JAM "','quantity':9,'uom':'KGM'}]"), OK_);
    struct links_event event = {w->log_indices[0], 0, span_text("farm1")};
    group_write(&event, SPAN_EMPTY, &group);
    s->first = world_keep(w, buffer_span(&group));
    assert_int_equal(flow_say(w, "farm1", "Transformation", 10,
                              "'transformationID':'urn:t:juice','inputQuantityList':[{'epcClass':'" JAM
                              "','quantity':5,'uom':'KGM'}],'outputQuantityList':[{'epcClass':'" JUICE
                              "','quantity':4,'uom':'LTR'}]"), OK_);
    buffer_clear(&group);
    group_write(&event, span_text("urn:t:juice"), &group);
    s->second = world_keep(w, buffer_span(&group));
}

struct listed {
    const char *id, *from;
    struct span group;
};

static uint16_t order(struct scene *s, const char *who, const char *recall, const char *root, uint8_t level, const struct listed *list,
                      uint32_t count) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct recall_thing things[4] = {{.from = SPAN_EMPTY}};
    struct thing bare[4];
    struct recall_item r = {.recall = span_text(recall), .reason = 3, .level = level, .root = span_text(root), .things = things,
                            .things_count = count};
    buffer_init(&fields, 1 << 16);
    for (uint32_t i = 0; i < count; i++) {
        bare[i] = thing_bare(ROLE_RECALLED, span_text(list[i].id));
        if (list[i].from) things[i] = (struct recall_thing){.from = span_text(list[i].from), .group = list[i].group};
    }
    recall_fields(&r, level ? ITEM_RECALL_ORDERED : ITEM_RECALL_LIFTED, &fields);
    struct item item = {.type = level ? ITEM_RECALL_ORDERED : ITEM_RECALL_LIFTED, .fields = buffer_span(&fields), .things = bare,
                        .things_count = count};
    return flow_record(&s->w, who, RECORD_RECALLS, &item, 1);
}

#define ORDER(who, recall, root, level, ...) \
    order(&s, who, recall, root, level, (struct listed[]){__VA_ARGS__}, sizeof((struct listed[]){__VA_ARGS__}) / sizeof(struct listed))
#define LIFT(who, recall, ...) ORDER(who, recall, "", 0, __VA_ARGS__)
#define ROOT {FLOW_LOT, NULL, {0}}
#define TO_JAM {JAM, FLOW_LOT, s.first}
#define TO_JUICE {JUICE, JAM, s.second}

static uint32_t recalls(struct scene *s, const char *id) {
    return flow_of(&s->w, id).recalls_count;
}

static void a_recall_lists_the_root_and_what_was_made_of_it(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT, TO_JAM), OK_);
    assert_true(recalls(&s, FLOW_LOT) == 1 && recalls(&s, JAM) == 1 && recalls(&s, JUICE) == 0);
    assert_int_equal(ORDER("bureau2", "bureau/R1", FLOW_LOT, 1, TO_JUICE), OK_); /* another authority adds */
    assert_int_equal(recalls(&s, JUICE), 1);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, TO_JUICE), RESULT_ALREADY);
    assert_int_equal(flow_thing(&s.w, JUICE).count, 2); /* it stands in the history */
    world_end(&s.w);
}

static void what_is_not_linked_is_not_recalled_with_it(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, TO_JAM), RESULT_NOT_LINKED); /* without the root */
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT, {FLOW_BERRY, FLOW_LOT, s.first}), RESULT_NOT_LINKED);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT, {FLOW_BERRY, NULL, {0}}), RESULT_NOT_LINKED);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT, TO_JUICE), RESULT_NOT_LINKED); /* jam first */
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT, {JUICE, JAM, s.first}), RESULT_NOT_LINKED);
    assert_int_equal(ORDER("bureau", "bureau/R1", "https://id.gs1.org/01/06901234567892/10/never", 1,
                           {"https://id.gs1.org/01/06901234567892/10/never", NULL, {0}}), RESULT_BATCH);
    assert_int_equal(recalls(&s, FLOW_LOT), 0);
    world_end(&s.w);
}

static void a_maker_recalls_its_own_and_nobody_elses(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(ORDER("farm1", "farm1/R1", FLOW_LOT, 2, ROOT, TO_JAM), OK_);
    assert_int_equal(ORDER("farm2", "farm2/R1", FLOW_LOT, 2, ROOT), RESULT_NOT_THEIR_RECALL);
    assert_int_equal(ORDER("farm2", "farm1/R2", FLOW_LOT, 2, ROOT), RESULT_NOT_THEIR_RECALL); /* in another's name */
    assert_int_equal(ORDER("farm2", "farm1/R1", FLOW_LOT, 2, TO_JUICE), RESULT_NOT_THEIR_RECALL);
    assert_int_equal(ORDER("bureau", "farm1/R1", FLOW_LOT, 1, TO_JUICE), RESULT_RECALL_DIFFERS); /* another level */
    assert_int_equal(ORDER("bureau", "farm1/R1", JAM, 2, TO_JUICE), RESULT_RECALL_DIFFERS);
    assert_int_equal(LIFT("farm2", "farm1/R1", ROOT), RESULT_NOT_THEIR_RECALL);
    assert_int_equal(ORDER("audit", "audit/R1", FLOW_LOT, 1, ROOT), RESULT_ROLE);
    world_end(&s.w);
}

static void what_is_recalled_is_stored_returned_and_destroyed_only(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT), OK_);
    struct world *w = &s.w;
    /* blocks are of June, the events of May: told late, they take effect and the lot is marked */
    assert_int_equal(flow_say(w, "farm1", "Object", 11, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "1")), OK_);
    assert_true(flow_of(w, FLOW_LOT).marks & flow_bit(FLOW_RECALLED));
#define LATER(step, action, more)                                                                                                 \
    "'eventID':'urn:e:" step action "','action':'" action "','bizStep':'" step "','eventTime':'2026-06-01T00:00:05.500Z'," more \
    "'quantityList':[{'epcClass':'" FLOW_LOT "','quantity':1,'uom':'KGM'}]"
    static const struct {
        const char *rest;
        uint16_t code;
    } tried[] = {{LATER("shipping", "OBSERVE", ""), RESULT_RECALLED},
                 {LATER("retail_selling", "DELETE", ""), RESULT_RECALLED},
                 {LATER("retail_selling", "OBSERVE", ""), RESULT_RECALLED},
                 {LATER("commissioning", "ADD", ""), RESULT_RECALLED},
                 {LATER("shipping", "OBSERVE", "'disposition':'returned',"), OK_},
                 {LATER("storing", "OBSERVE", ""), OK_},
                 {LATER("receiving", "OBSERVE", ""), OK_},
                 {LATER("destroying", "DELETE", ""), OK_}};
    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++) {
        struct buffer text CLEANUP(buffer_free) = {0};
        struct items items;
        buffer_init(&text, 1 << 12);
        buffer_printf(&text, "{'@context':'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld','type':'ObjectEvent',"
                             "'eventTimeZoneOffset':'+08:00',%s}", tried[i].rest);
        for (size_t k = 0; k < text.len; k++)
            if (text.data[k] == '\'') text.data[k] = '"';
        assert_int_equal(epcis_parse(world_keep(w, buffer_span(&text)), &w->arena, &items, NULL), OK);
        assert_int_equal(flow_record(w, "farm1", RECORD_EVENTS, items.list, 1), tried[i].code);
    }
    world_end(&s.w);
}

static void nothing_is_made_of_a_piece_whose_lot_is_recalled(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    struct world *w = &s.w;
    assert_int_equal(flow_say(w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", FLOW_ID(FLOW_BOX)) ",'ilmd':{'cbvmda:lotNumber':'A'}"), OK_);
    assert_int_equal(ORDER("bureau", "bureau/R2", FLOW_BOX, 1, {FLOW_BOX, NULL, {0}}), RESULT_NOT_LINKED); /* name the lot */
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT), OK_);
    struct item item = flow_event(w, "Transformation", 9, "'inputEPCList':[" FLOW_ID(FLOW_BOX) "],'outputEPCList':['urn:x:jam']");
    assert_int_equal(flow_record(w, "farm1", RECORD_EVENTS, &item, 1), OK_); /* of May: marked */
    assert_true(flow_of(w, FLOW_BOX).marks & flow_bit(FLOW_RECALLED));
    world_end(&s.w);
}

static void certificates_and_codes_are_not_issued_on_what_is_recalled(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    struct certificate_type type = world_type("doc");
    type.quota = CERTIFICATE_NO_QUOTA;
    world_set_type(&s.w, &type);
    assert_int_equal(world_close(&s.w, 1000), OK);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT), OK_);
    struct item own = world_own(&s.w, "farm1", "doc", "C1", FLOW_LOT, 1);
    assert_int_equal(flow_record(&s.w, "farm1", RECORD_CERTIFICATES, &own, 1), RESULT_RECALLED);
    world_end(&s.w);
}

static void a_recall_is_lifted_by_who_ordered_it_or_an_authority(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(LIFT("bureau", "bureau/R1", ROOT), RESULT_NO_RECALL);
    assert_int_equal(ORDER("farm1", "farm1/R1", FLOW_LOT, 3, ROOT, TO_JAM), OK_);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 3, ROOT), OK_); /* under two now */
    assert_int_equal(LIFT("bureau2", "farm1/R1", ROOT), OK_);
    assert_int_equal(recalls(&s, FLOW_LOT), 1);
    assert_int_equal(LIFT("farm1", "farm1/R1", ROOT), RESULT_NOT_RECALLED);
    assert_int_equal(LIFT("farm1", "farm1/R1", {FLOW_BERRY, NULL, {0}}), RESULT_NOT_RECALLED);
    assert_int_equal(ORDER("farm1", "farm1/R1", FLOW_LOT, 3, TO_JUICE), OK_); /* jam stands in it still */
    assert_int_equal(LIFT("farm1", "farm1/R1", {JAM, NULL, {0}}, {JUICE, NULL, {0}}), OK_);
    assert_int_equal(ORDER("farm1", "farm1/R1", FLOW_LOT, 3, ROOT), RESULT_RECALL_DIFFERS); /* lifted as a whole */
    world_end(&s.w);
}

static void nobody_corrects_a_lot_out_of_a_recall(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    assert_int_equal(flow_say(&s.w, "farm1", "Transformation", 10,
                              "'transformationID':'urn:t:juice','inputQuantityList':[{'epcClass':'" JAM
                              "','quantity':5,'uom':'KGM'}],'outputQuantityList':[{'epcClass':'" JUICE
                              "','quantity':4,'uom':'LTR'}],'errorDeclaration':{'declarationTime':'2026-05-21T08:00:00Z'}"), OK_);
    assert_int_equal(ORDER("bureau", "bureau/R1", FLOW_LOT, 1, ROOT, TO_JAM, TO_JUICE), OK_);
    world_end(&s.w);
}

static void an_event_recalls_on_the_word_of_the_maker_or_an_authority(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
#define SAYS(what, id) "'eventID':'urn:e:" what id "','action':'OBSERVE','bizStep':'holding','quantityList':[{'epcClass':'" FLOW_LOT \
                       "'}],'persistentDisposition':{'" what "':['recalled']}"
    assert_int_equal(flow_say(&s.w, "farm2", "Object", 11, SAYS("set", "1")), RESULT_NOT_THEIR_RECALL);
    assert_int_equal(flow_say(&s.w, "farm1", "Object", 11, SAYS("set", "2")), OK_);
    assert_true(recalls(&s, FLOW_LOT) == 1 && span_is(flow_of(&s.w, FLOW_LOT).recalls[0].recall, "farm1/"));
    assert_int_equal(flow_say(&s.w, "farm1", "Object", 11, SAYS("set", "3")), OK_);
    assert_int_equal(recalls(&s, FLOW_LOT), 1);
    assert_int_equal(flow_say(&s.w, "bureau", "Object", 12, SAYS("unset", "4")), OK_);
    assert_int_equal(recalls(&s, FLOW_LOT), 0);
    world_end(&s.w);
}

static void a_batch_is_under_eight_recalls_at_most(void **state) {
    struct scene s;
    (void)state;
    begin(&s);
    static const char *const ids[] = {"bureau/1", "bureau/2", "bureau/3", "bureau/4", "bureau/5",
                                      "bureau/6", "bureau/7", "bureau/8", "bureau/9"};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(ORDER("bureau", ids[i], FLOW_LOT, 1, ROOT), OK_);
    assert_int_equal(ORDER("bureau", ids[8], FLOW_LOT, 1, ROOT), RESULT_RECALLED_TOO_OFTEN);
    static const char *const own[] = {"farm1/1", "farm1/2", "farm1/3", "farm1/4", "farm1/5"};
    for (size_t i = 0; i < 5; i++) /* a maker leaves room for the authorities */
        assert_int_equal(ORDER("farm1", own[i], JAM, 1, {JAM, NULL, {0}}), i < 4 ? OK_ : RESULT_RECALLED_TOO_OFTEN);
    assert_int_equal(ORDER("bureau", "bureau/10", JAM, 1, {JAM, NULL, {0}}), OK_);
    world_end(&s.w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recall_lists_the_root_and_what_was_made_of_it),
        cmocka_unit_test(what_is_not_linked_is_not_recalled_with_it),
        cmocka_unit_test(a_maker_recalls_its_own_and_nobody_elses),
        cmocka_unit_test(what_is_recalled_is_stored_returned_and_destroyed_only),
        cmocka_unit_test(nothing_is_made_of_a_piece_whose_lot_is_recalled),
        cmocka_unit_test(certificates_and_codes_are_not_issued_on_what_is_recalled),
        cmocka_unit_test(a_recall_is_lifted_by_who_ordered_it_or_an_authority),
        cmocka_unit_test(nobody_corrects_a_lot_out_of_a_recall),
        cmocka_unit_test(an_event_recalls_on_the_word_of_the_maker_or_an_authority),
        cmocka_unit_test(a_batch_is_under_eight_recalls_at_most),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
