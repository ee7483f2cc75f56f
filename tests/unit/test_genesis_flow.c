/* Flow (SPEC L): who holds what, and each rule with its liar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/balance.h"
#include "tests/unit/flow_world.h"

#define OK_ RESULT_ACCEPTED
#define BOX FLOW_ID(FLOW_BOX)
#define MILLION 1000000

#define ERROR_ ",'errorDeclaration':{'declarationTime':'2026-05-21T08:00:00Z'}"
#define ERROR_OF(author) ",'errorDeclaration':{'declarationTime':'2026-05-21T08:00:00Z','suyuan:author':'" author "'}"

static void begin(struct world *w) {
    world_begin(w, 1);
    flow_shop(w, "farm2");
}

static uint8_t marks(struct world *w, const char *id) {
    return flow_of(w, id).marks;
}

static void what_is_shipped_and_received_moves_from_hand_to_hand(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_true(span_is(flow_of(&w, FLOW_BOX).maker, "farm1") && flow_holds(&w, FLOW_BOX, "farm1") == 1);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX) FLOW_TO_SHOP), OK_);
    struct flow f = flow_of(&w, FLOW_BOX);
    assert_true(flow_held(&f, span_text("farm1"), false) == 0 && flow_held(&f, span_text("farm2"), true) == 1);
    assert_int_equal(flow_say(&w, "farm2", "Object", 10, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_);
    f = flow_of(&w, FLOW_BOX);
    assert_true(f.holders_count == 1 && flow_held(&f, span_text("farm2"), false) == 1 && f.marks == 0);
    /* sold, and brought back */
    assert_int_equal(flow_say(&w, "farm2", "Object", 11, FLOW_EPCS("retail_selling", "DELETE", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 12, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_);
    assert_true(flow_holds(&w, FLOW_BOX, "farm2") == 1 && marks(&w, FLOW_BOX) == 0);
    world_end(&w);
}

/* Every order in which five events of one box can come: the end is the same, and nothing is disputed then. */
static void a_late_gateway_finds_its_place_in_any_order(void **state) {
    static const struct {
        const char *who, *rest;
        unsigned hour;
    } told[] = {{"farm1", FLOW_EPCS("commissioning", "ADD", BOX), 8},
                {"farm1", FLOW_EPCS("shipping", "OBSERVE", BOX) FLOW_TO_SHOP, 9},
                {"farm2", FLOW_EPCS("receiving", "OBSERVE", BOX), 10},
                {"farm2", FLOW_EPCS("shipping", "OBSERVE", BOX), 11},
                {"bureau", FLOW_EPCS("receiving", "OBSERVE", BOX), 12}};
    enum { EVENTS = 5 };
    (void)state;
    unsigned disputed = 0;
    for (unsigned n = 0; n < 120; n++) {
        struct world w;
        unsigned rest = n, left[EVENTS] = {0, 1, 2, 3, 4};
        begin(&w);
        for (unsigned k = EVENTS; k > 0; k--) {
            unsigned pick = rest % k, e = left[pick];
            rest /= k;
            left[pick] = left[k - 1];
            assert_int_equal(flow_say(&w, told[e].who, "Object", told[e].hour, told[e].rest), OK_);
            if (k > 1 && marks(&w, FLOW_BOX)) disputed++;
        }
        struct flow f = flow_of(&w, FLOW_BOX);
        struct span holder;
        assert_true(flow_single_holder(&f, &holder) && span_is(holder, "bureau"));
        assert_int_equal(f.marks, 0);
        world_end(&w);
    }
    assert_in_range(disputed, 100, 480); /* on the way it often is */
}

static void who_ships_what_it_does_not_hold_is_marked_or_refused(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX)), OK_);
    assert_int_equal(marks(&w, FLOW_BOX), flow_bit(FLOW_HELD));
    assert_int_equal(flow_rule(&w, FLOW_HELD, FLOW_REFUSE), OK_);
    assert_int_equal(flow_rule(&w, FLOW_HELD, FLOW_REFUSE), RESULT_ALREADY);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", FLOW_ID(FLOW_BOX2))), RESULT_HELD);
    assert_int_equal(marks(&w, FLOW_BOX2), 0);
    world_end(&w);
}

static void who_receives_what_was_shipped_to_another_is_marked_or_refused(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX) FLOW_TO_SHOP), OK_);
    assert_int_equal(flow_say(&w, "bureau", "Object", 10, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_);
    assert_true(marks(&w, FLOW_BOX) & flow_bit(FLOW_NAMED));
    assert_int_equal(flow_rule(&w, FLOW_NAMED, FLOW_REFUSE), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "bureau", "Object", 10, FLOW_EPCS("receiving", "OBSERVE", FLOW_ID(FLOW_BOX2))), RESULT_NAMED);
    world_end(&w);
}

static void goods_from_outside_the_ledger_are_not_disputed(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm2", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 10, FLOW_EPCS("retail_selling", "DELETE", BOX)), OK_);
    assert_int_equal(marks(&w, FLOW_BOX), 0);
    /* but two cannot hold one piece */
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(marks(&w, FLOW_BOX2), flow_bit(FLOW_HELD));
    world_end(&w);
}

static void a_piece_is_made_once(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    /* told by its maker in another way */
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 9, "'inputEPCList':['urn:x:leaves'],'outputEPCList':[" BOX "]"), OK_);
    assert_true(marks(&w, FLOW_BOX) == 0 && flow_holds(&w, FLOW_BOX, "farm1") == 1);
    assert_int_equal(flow_say(&w, "farm2", "Object", 10, FLOW_EPCS("commissioning", "ADD", BOX)), OK_); /* a forger's */
    assert_int_equal(marks(&w, FLOW_BOX), flow_bit(FLOW_HELD));
    assert_true(span_is(flow_of(&w, FLOW_BOX).maker, "farm1"));
    world_end(&w);
}

#define PACK(action, step, parent, ids) "'action':'" action "','bizStep':'" step "','parentID':'" parent "','childEPCs':[" ids "]"

static void what_is_inside_travels_with_the_outside(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX "," FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, PACK("ADD", "packing", FLOW_PALLET, BOX "," FLOW_ID(FLOW_BOX2))), OK_);
    assert_true(span_is(flow_of(&w, FLOW_PALLET).maker, "farm1"));
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, PACK("ADD", "loading", FLOW_TRUCK, FLOW_ID(FLOW_PALLET))), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_EPCS("shipping", "OBSERVE", FLOW_ID(FLOW_TRUCK)) FLOW_TO_SHOP), OK_);
    assert_int_equal(flow_holds(&w, FLOW_BOX, "farm1"), 1); /* as last told */
    assert_int_equal(flow_say(&w, "farm2", "Object", 11, FLOW_EPCS("receiving", "OBSERVE", FLOW_ID(FLOW_TRUCK))), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Aggregation", 12, PACK("DELETE", "unpacking", FLOW_PALLET, BOX)), OK_); /* two levels down */
    assert_true(flow_holds(&w, FLOW_BOX, "farm2") == 1 && flow_of(&w, FLOW_BOX).parent.len == 0 && marks(&w, FLOW_BOX) == 0);
    /* who holds the truck may act on what is inside without a word about unpacking */
    assert_int_equal(flow_say(&w, "farm2", "Object", 13, FLOW_EPCS("retail_selling", "DELETE", FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(marks(&w, FLOW_BOX2), 0);
    world_end(&w);
}

static void who_packs_or_unpacks_what_another_holds_is_seen(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX "," FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Aggregation", 9, PACK("ADD", "packing", FLOW_PALLET, BOX)), OK_);
    assert_true(marks(&w, FLOW_BOX) & flow_bit(FLOW_NAMED));
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, PACK("ADD", "packing", FLOW_TRUCK, FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Aggregation", 10, PACK("DELETE", "unpacking", FLOW_TRUCK, FLOW_ID(FLOW_BOX2))), OK_);
    assert_true(marks(&w, FLOW_BOX2) & flow_bit(FLOW_NAMED));
    world_end(&w);
}

static void nothing_is_inside_itself(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, PACK("ADD", "packing", FLOW_PALLET, FLOW_ID(FLOW_PALLET))), RESULT_TANGLED);
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, PACK("ADD", "packing", FLOW_PALLET, FLOW_ID(FLOW_TRUCK))), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 10, PACK("ADD", "packing", FLOW_TRUCK, FLOW_ID(FLOW_PALLET))), RESULT_TANGLED);
    world_end(&w);
}

static void a_maker_cannot_give_away_more_than_it_made(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "60") FLOW_TO_SHOP), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "60")), RESULT_BALANCE);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 10,
                              "'outputEPCList':['urn:x:jam'],'inputQuantityList':[{'epcClass':'" FLOW_LOT
                              "','quantity':41,'uom':'KGM'}]"), RESULT_BALANCE);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "40")), OK_);
    assert_int_equal(flow_account(&w, "farm1", ACCOUNT_HELD, FLOW_LOT), 0);
    assert_int_equal(flow_account(&w, "farm2", ACCOUNT_DUE, FLOW_LOT), 60 * MILLION);
    /* a buyer that gives away more than it got is marked: what is missing may come */
    assert_int_equal(flow_say(&w, "farm2", "Object", 11, FLOW_BULK("receiving", "OBSERVE", FLOW_LOT, "60")), OK_);
    assert_int_equal(marks(&w, FLOW_LOT), 0);
    assert_int_equal(flow_say(&w, "farm2", "Object", 12, FLOW_BULK("retail_selling", "DELETE", FLOW_LOT, "61")), OK_);
    assert_int_equal(marks(&w, FLOW_LOT), flow_bit(FLOW_HELD));
    assert_int_equal(flow_say(&w, "farm2", "Object", 13, FLOW_BULK("receiving", "OBSERVE", FLOW_LOT, "1")), OK_);
    assert_int_equal(marks(&w, FLOW_LOT), 0); /* it was among the 40 that went to whoever */
    world_end(&w);
}

static void bulk_is_packed_and_unpacked(void **state) {
    struct world w;
    (void)state;
    begin(&w);
#define CHILD_BULK(action, step, n)                                                                                    \
    "'action':'" action "','bizStep':'" step "','parentID':'" FLOW_PALLET "','childQuantityList':[{'epcClass':'" FLOW_LOT \
    "','quantity':" n ",'uom':'KGM'}]"
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, CHILD_BULK("ADD", "packing", "30")), OK_);
    assert_int_equal(flow_account(&w, FLOW_PALLET, ACCOUNT_INSIDE, FLOW_LOT), 30 * MILLION);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_EPCS("shipping", "OBSERVE", FLOW_ID(FLOW_PALLET)) FLOW_TO_SHOP), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 11, FLOW_EPCS("receiving", "OBSERVE", FLOW_ID(FLOW_PALLET))), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Aggregation", 12, CHILD_BULK("DELETE", "unpacking", "30")), OK_);
    assert_int_equal(flow_account(&w, "farm2", ACCOUNT_HELD, FLOW_LOT), 30 * MILLION);
    assert_int_equal(marks(&w, FLOW_LOT), 0);
    /* more than was packed in */
    assert_int_equal(flow_say(&w, "farm2", "Aggregation", 13, CHILD_BULK("DELETE", "unpacking", "5")), OK_);
    assert_int_equal(marks(&w, FLOW_LOT), flow_bit(FLOW_HELD));
    world_end(&w);
}

static void the_destroyed_comes_back_in_no_event(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "bureau", "Object", 9, FLOW_EPCS("destroying", "DELETE", BOX)), OK_); /* an authority, whoever holds it */
    assert_true(flow_of(&w, FLOW_BOX).holders_count == 0 && marks(&w, FLOW_BOX) == 0);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_EPCS("shipping", "OBSERVE", BOX)), RESULT_DESTROYED);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_EPCS("inspecting", "OBSERVE", BOX)), OK_); /* the laboratory's report */
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("stocking", "OBSERVE", BOX)), OK_); /* it was before, and told late */
    assert_int_equal(marks(&w, FLOW_BOX), 0);
    assert_int_equal(flow_say(&w, "farm1", "Object", 11, FLOW_EPCS("stocking", "OBSERVE", BOX)), OK_); /* seen again: evidence */
    assert_true(marks(&w, FLOW_BOX) & flow_bit(FLOW_DESTROYED));
    world_end(&w);
}

static void nobody_destroys_by_a_word_what_another_holds(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 7, FLOW_EPCS("destroying", "DELETE", BOX)), OK_);
    assert_int_equal(marks(&w, FLOW_BOX), flow_bit(FLOW_HELD) | flow_bit(FLOW_TIME)); /* it is seen who said so, */
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX)), OK_); /* and stops nobody */
    /* 20 of 100 kg spoil: the others are not destroyed with them */
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_BULK("destroying", "DELETE", FLOW_LOT, "20")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 10, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "80")), OK_);
    assert_true(marks(&w, FLOW_LOT) == 0 && flow_account(&w, "farm1", ACCOUNT_HELD, FLOW_LOT) == 0);
    world_end(&w);
}

static void a_lot_without_a_quantity_has_a_maker(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 9,
                              "'inputEPCList':['urn:x:leather'],'outputQuantityList':[{'epcClass':'" FLOW_LOT "'}]"), OK_);
    assert_true(span_is(flow_of(&w, FLOW_LOT).maker, "farm1"));
    world_end(&w);
}

static void what_is_packed_before_its_making_is_told_is_held_once(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Aggregation", 9, PACK("ADD", "packing", FLOW_PALLET, BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    struct flow f = flow_of(&w, FLOW_BOX);
    assert_true(f.holders_count == 1 && flow_held(&f, span_text("farm1"), false) == 1 && f.marks == 0);
    world_end(&w);
}

/* A stranger's many events do not make a piece forget what its holder told. */
static void what_was_told_is_remembered_for_ever(void **state) {
    struct world w;
    char rest[256];
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX)), OK_);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(rest, sizeof rest, FLOW_EPCS("receiving", "OBSERVE", BOX) ",'eventID':'urn:e:%u'", i);
        for (int twice = 0; twice < 2; twice++)
            assert_int_equal(flow_say(&w, "farm2", "Object", 10, rest), OK_);
    }
    assert_int_equal(flow_holds(&w, FLOW_BOX, "farm2"), 40);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX)), OK_); /* told before */
    assert_int_equal(flow_holds(&w, FLOW_BOX, "farm1"), 0);
    snprintf(rest, sizeof rest, FLOW_EPCS("receiving", "OBSERVE", BOX) ",'eventID':'urn:e:39'" ERROR_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 10, rest), OK_);
    assert_int_equal(flow_holds(&w, FLOW_BOX, "farm2"), 39);
    world_end(&w);
}

static void what_moved_before_it_was_made_is_marked_until_its_making_is_told(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 12, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX)), OK_);
    assert_int_equal(marks(&w, FLOW_BOX), flow_bit(FLOW_TIME));
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(marks(&w, FLOW_BOX), 0);
    assert_int_equal(flow_rule(&w, FLOW_TIME, FLOW_REFUSE), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 12, FLOW_EPCS("commissioning", "ADD", FLOW_ID(FLOW_BOX2))), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", FLOW_ID(FLOW_BOX2))), RESULT_TIME_ORDER);
    world_end(&w);
}

static void an_event_is_corrected_by_its_author_or_an_authority(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_EPCS("commissioning", "ADD", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm2", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_); /* a thief says so */
    assert_true(marks(&w, FLOW_BOX) != 0);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX) ERROR_OF("farm2")), RESULT_NOT_THEIR_EVENT);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX) ERROR_), OK_); /* told nothing of the kind */
    assert_true(marks(&w, FLOW_BOX) != 0);
    assert_int_equal(flow_say(&w, "bureau", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX) ERROR_OF("farm2")), OK_);
    assert_true(marks(&w, FLOW_BOX) == 0 && flow_holds(&w, FLOW_BOX, "farm1") == 1 && flow_of(&w, FLOW_BOX).holders_count == 1);
    /* once: the second changes nothing */
    assert_int_equal(flow_say(&w, "bureau2", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX) ERROR_OF("farm2")), OK_);
    assert_int_equal(flow_of(&w, FLOW_BOX).holders_count, 1);
    /* and told again it is told before */
    assert_int_equal(flow_say(&w, "farm2", "Object", 9, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_);
    assert_int_equal(flow_of(&w, FLOW_BOX).holders_count, 1);
    world_end(&w);
}

static void what_was_made_is_not_unmade_under_what_stands_on_it(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "60")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100") ERROR_), RESULT_BALANCE);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "60") ERROR_), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100") ERROR_), OK_);
    assert_int_equal(flow_account(&w, "farm1", ACCOUNT_HELD, FLOW_LOT), 0);
    struct balance_name name = {BALANCE_PRODUCED, span_text("farm1"), span_text(FLOW_LOT), span_text("KGM"), SPAN_EMPTY};
    assert_int_equal(balance_read(w.rows.reader, &name), 0);
    assert_true(flow_of(&w, FLOW_LOT).maker.len == 0);
    world_end(&w);
}

static void an_event_told_twice_counts_once(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    for (int i = 0; i < 3; i++)
        assert_int_equal(flow_say(&w, "farm1", "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "100")), OK_);
    assert_int_equal(flow_account(&w, "farm1", ACCOUNT_HELD, FLOW_LOT), 100 * MILLION);
    assert_int_equal(flow_thing(&w, FLOW_LOT).count, 3); /* it is told, all the same */
    assert_int_equal(flow_of(&w, FLOW_LOT).unit_count, 1);
    world_end(&w);
}

#define MIX(in, out, id)                                                                                                       \
    "'inputQuantityList':[{'epcClass':'" FLOW_LOT "','quantity':" in ",'uom':'KGM'}]," id                                      \
    "'outputQuantityList':[{'epcClass':'https://id.gs1.org/01/06901234567908/10/J','quantity':" out ",'uom':'LTR'}]"

static void more_juice_than_the_berries_give_is_refused(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    struct yield_input in = {span_text(FLOW_GTIN), span_text("KGM"), span_text("LTR"), 600000};
    struct act act = {.type = ACT_YIELD, .yield = {span_text("https://id.gs1.org/01/06901234567908"), &in, 1}};
    assert_int_equal(flow_act(&w, &act), OK_);
    assert_int_equal(flow_act(&w, &act), RESULT_ALREADY);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 9, MIX("10", "6.000001", "")), RESULT_YIELD);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 9, MIX("10", "6", "")), OK_);
    /* in two events of one transformation: their sums count */
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 10, MIX("10", "5", "'transformationID':'urn:t:1',")), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 11, MIX("1", "2", "'transformationID':'urn:t:1',")), RESULT_YIELD);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 11, MIX("1", "1.6", "'transformationID':'urn:t:1',")), OK_);
    assert_int_equal(flow_rule(&w, FLOW_YIELD, FLOW_MARK), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 12, MIX("10", "7", "")), OK_);
    assert_true(marks(&w, "https://id.gs1.org/01/06901234567908/10/J") & flow_bit(FLOW_YIELD));
    in.micro = 700000; /* the district learns */
    assert_int_equal(flow_act(&w, &act), OK_);
    act.yield.inputs_count = 0;
    assert_int_equal(flow_act(&w, &act), OK_);
    assert_int_equal(flow_rule(&w, FLOW_YIELD, FLOW_REFUSE), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Transformation", 13, MIX("1", "70", "")), OK_); /* no rule any more */
    world_end(&w);
}

static void too_many_open_hands_are_refused(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    uint16_t code = OK_;
    char rest[256];
    for (unsigned i = 0; i < 200 && code == OK_; i++) { /* shipped again and again, and never held */
        snprintf(rest, sizeof rest, FLOW_EPCS("shipping", "OBSERVE", BOX) ",'eventID':'urn:e:%u'", i);
        code = flow_say(&w, "farm1", "Object", 9, rest);
    }
    assert_int_equal(code, RESULT_TANGLED);
    assert_int_equal(flow_holds(&w, FLOW_BOX, "farm1"), -FLOW_HELD_MAX);
    world_end(&w);
}

static void a_document_is_taken_whole_or_not_at_all(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    struct item items[] = {flow_event(&w, "Object", 8, FLOW_BULK("commissioning", "ADD", FLOW_LOT, "10")),
                           flow_event(&w, "Object", 9, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "10")),
                           flow_event(&w, "Object", 10, FLOW_BULK("shipping", "OBSERVE", FLOW_LOT, "1"))};
    assert_int_equal(flow_record(&w, "farm1", RECORD_EVENTS, items, 3), RESULT_BALANCE);
    assert_int_equal(w.results[0].item, 3);
    assert_int_equal(flow_thing(&w, FLOW_LOT).count, 0);
    assert_int_equal(flow_account(&w, "farm1", ACCOUNT_HELD, FLOW_LOT), 0);
    assert_int_equal(flow_record(&w, "farm1", RECORD_EVENTS, items, 2), OK_); /* the second sees the first */
    world_end(&w);
}

/* The chain of a lot has the moves of its pieces too, each event once. */
static void a_unit_has_a_chain_of_all_that_moved_it(void **state) {
    struct world w;
    (void)state;
    begin(&w);
    assert_int_equal(flow_say(&w, "farm1", "Object", 7, FLOW_EPCS("receiving", "OBSERVE", BOX)), OK_); /* before anyone knows its lot */
    assert_int_equal(flow_of(&w, FLOW_BOX).unit_count, 1);
    assert_int_equal(flow_say(&w, "farm1", "Object", 8,
                              FLOW_EPCS("commissioning", "ADD", BOX "," FLOW_ID(FLOW_BOX2)) ",'ilmd':{'cbvmda:lotNumber':'A'}"), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("shipping", "OBSERVE", BOX)), OK_);
    assert_int_equal(flow_say(&w, "farm1", "Object", 9, FLOW_EPCS("inspecting", "OBSERVE", BOX)), OK_); /* moves nothing */
    assert_int_equal(flow_of(&w, FLOW_LOT).unit_count, 2);
    assert_int_equal(flow_of(&w, FLOW_LOT).strays, 1);
    assert_int_equal(flow_of(&w, FLOW_BOX).unit_count, 1);
    assert_int_equal(flow_thing(&w, FLOW_LOT).count, 0);
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shipped_and_received_moves_from_hand_to_hand),
        cmocka_unit_test(a_late_gateway_finds_its_place_in_any_order),
        cmocka_unit_test(who_ships_what_it_does_not_hold_is_marked_or_refused),
        cmocka_unit_test(who_receives_what_was_shipped_to_another_is_marked_or_refused),
        cmocka_unit_test(goods_from_outside_the_ledger_are_not_disputed),
        cmocka_unit_test(a_piece_is_made_once),
        cmocka_unit_test(what_is_inside_travels_with_the_outside),
        cmocka_unit_test(who_packs_or_unpacks_what_another_holds_is_seen),
        cmocka_unit_test(nothing_is_inside_itself),
        cmocka_unit_test(a_maker_cannot_give_away_more_than_it_made),
        cmocka_unit_test(bulk_is_packed_and_unpacked),
        cmocka_unit_test(the_destroyed_comes_back_in_no_event),
        cmocka_unit_test(nobody_destroys_by_a_word_what_another_holds),
        cmocka_unit_test(a_lot_without_a_quantity_has_a_maker),
        cmocka_unit_test(what_is_packed_before_its_making_is_told_is_held_once),
        cmocka_unit_test(what_was_told_is_remembered_for_ever),
        cmocka_unit_test(what_moved_before_it_was_made_is_marked_until_its_making_is_told),
        cmocka_unit_test(an_event_is_corrected_by_its_author_or_an_authority),
        cmocka_unit_test(what_was_made_is_not_unmade_under_what_stands_on_it),
        cmocka_unit_test(an_event_told_twice_counts_once),
        cmocka_unit_test(more_juice_than_the_berries_give_is_refused),
        cmocka_unit_test(too_many_open_hands_are_refused),
        cmocka_unit_test(a_document_is_taken_whole_or_not_at_all),
        cmocka_unit_test(a_unit_has_a_chain_of_all_that_moved_it),
    };
    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
