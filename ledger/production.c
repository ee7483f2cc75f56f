/* production.c: see production.h. */
#include "ledger/production.h"

#include "ledger/balance.h"
#include "trace/code.h"
#include "trace/quantity.h"

void production_begin(struct production *p, struct run *run, const struct record *record,
                      uint64_t log_index, const struct item *item, struct span action,
                      struct span step) {
    *p = (struct production){.run = run, .record = record, .item = item, .log_index = log_index};
    buffer_init(&p->lot, IDENTIFIER_BYTES_MAX);
    /* SPEC X10: "An accepted event of type 2 with action ADD and bizStep commissioning or creating_class_instance, and one of type 6" */
    p->possible = item->type == ITEM_TRANSFORMATION_EVENT ||
                  (item->type == ITEM_OBJECT_EVENT && span_is(action, "ADD") &&
                   (span_is(step, "commissioning") || span_is(step, "creating_class_instance")));
}

/* SPEC X10: "of a subject that has the role producer or processor"; only events that count come here */
static bool counts(struct production *p) {
    struct span declaration;
    struct member_value m;
    if (p->maker != MAKER_UNKNOWN) return p->maker == MAKER_YES;
    p->maker = MAKER_NO;
    if (value_get(p->item->fields, "errorDeclaration", &declaration)) return false;
    struct digest key = status_key(STATUS_MEMBER, p->record->header.subject);
    CHECK(status_get(p->run->now, &key, &p->run->scratch));
    CHECK(codec_decode(&member_value_type, buffer_span(&p->run->scratch), NULL, &m) == OK);
    if (m.roles & (MEMBER_PRODUCER | MEMBER_PROCESSOR)) p->maker = MAKER_YES;
    return p->maker == MAKER_YES;
}

static void produce(struct production *p, struct span lot, struct span unit, uint64_t amount) {
    struct balance_name name = {.purpose = BALANCE_PRODUCED,
                                .subject = p->record->header.subject,
                                .lot = lot,
                                .unit = unit};
    balance_add(p->run, p->log_index, &name, amount);
}

static void pieces_add(struct production *p) {
    if (p->pieces > 0) produce(p, buffer_span(&p->lot), SPAN_EMPTY, p->pieces * MILLIONTHS);
    p->pieces = 0;
}

/* Pieces of one lot stand together mostly: they are added up before the balance is touched. */
void production_piece(struct production *p, const struct event_thing *thing, struct span lot) {
    struct code code;
    const uint16_t made = 1 << ROLE_EPC | 1 << ROLE_OUTPUT;
    if (!p->possible || thing->kind != IDENTIFIER_ITEM || !(thing->roles & made)) return;
    /* SPEC Q10: "as a thing of an event it produces nothing" */
    if (code_of_identifier(thing->canonical, &code) || !counts(p)) return;
    if (!span_equal(buffer_span(&p->lot), lot)) {
        pieces_add(p);
        buffer_clear(&p->lot);
        buffer_append_span(&p->lot, lot);
    }
    p->pieces++;
}

static struct span unit_of(const struct thing *thing) {
    struct unpack u;
    unpack_init(&u, thing->unit);
    return value_kind(thing->unit) == VALUE_TEXT ? unpack_text(&u, CERTIFICATE_UNIT_BYTES_MAX)
                                                 : SPAN_EMPTY;
}

/* SPEC X10: "a quantity that does not fit (E14) counts as 2^63-1, one that E14 makes 0 adds nothing" */
static uint64_t amount_of(const struct thing *thing) {
    int64_t micro;
    struct unpack u;
    enum value_kind kind = value_kind(thing->quantity);
    if (kind != VALUE_INT && kind != VALUE_FLOAT) return 0;
    enum err e = quantity_micro(thing->quantity, &micro);
    if (e == OK) return micro > 0 ? (uint64_t)micro : 0;
    unpack_init(&u, thing->quantity);
    bool negative = kind == VALUE_FLOAT ? unpack_float(&u) < 0 : unpack_int(&u) < 0;
    return negative ? 0 : BALANCE_MAX;
}

static void quantity_add(struct production *p, const struct thing *thing, struct buffer *lot) {
    enum identifier_kind kind;
    uint64_t amount = amount_of(thing);
    if (amount == 0) return;
    buffer_clear(lot);
    if (identifier_canonical(thing->identifier, lot, &kind) != OK || kind != IDENTIFIER_LOT) return;
    if (counts(p)) produce(p, buffer_span(lot), unit_of(thing), amount);
}

void production_end(struct production *p) {
    struct buffer lot CLEANUP(buffer_free) = {0};
    buffer_init(&lot, IDENTIFIER_BYTES_MAX);
    for (uint32_t i = 0; p->possible && i < p->item->things_count; i++) {
        const struct thing *thing = &p->item->things[i];
        if (thing->role == ROLE_QUANTITY || thing->role == ROLE_OUTPUT_QUANTITY)
            quantity_add(p, thing, &lot);
    }
    pieces_add(p);
    buffer_free(&p->lot);
}
