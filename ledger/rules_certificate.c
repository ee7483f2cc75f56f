/* rules_certificate.c: certificates are issued, superseded and revoked (SPEC D7 to D9).
 *
 * An issue is decided by the rules of the table below, in its order. The last ones have effects, which the caller drops
 * when the record is refused. A certificate is a line: each that supersedes another stands after it, and what ends one
 * ends the line. */
#include "ledger/balance.h"
#include "ledger/rows.h"
#include "ledger/rules_item.h"

struct issuing {
    const struct item_run *t;
    struct certificate_issue issue;
    struct certificate_type type;
    struct digest definition; /* SHA-256 of the type's */
    struct span id;
    struct certificate_value superseded; /* item type 65 */
};

static bool supersedes(const struct issuing *s) {
    return s->issue.supersedes.len > 0;
}

static bool certificate_get(struct run *run, struct span id, struct certificate_value *ret) {
    struct digest key = status_key(STATUS_CERTIFICATE, id);
    return rules_value_get(run, &key, &certificate_value_type, ret);
}

static void certificate_put(struct run *run, struct span id, const struct certificate_value *v) {
    struct digest key = status_key(STATUS_CERTIFICATE, id);
    rules_value_put(run, &key, &certificate_value_type, v);
}

static bool expired(const struct run *run, uint64_t until_ms) {
    return until_ms != 0 && until_ms <= run->time_ms;
}

static bool member_active(struct run *run, struct span subject, uint32_t *ret_roles) {
    struct member_value m;
    struct digest key = status_key(STATUS_MEMBER, subject);
    if (!rules_value_get(run, &key, &member_value_type, &m) || m.state != STATE_ACTIVE) return false;
    *ret_roles = m.roles;
    return true;
}

static uint16_t type_rule(struct issuing *s) {
    struct certificate_type_value v;
    struct digest key = status_key(STATUS_CERTIFICATE_TYPE, s->issue.type);
    if (!rules_value_get(s->t->run, &key, &certificate_type_value_type, &v) ||
        v.state != STATE_ACTIVE)
        return RESULT_CERTIFICATE_TYPE;
    CHECK(certificate_type_decode(v.definition, s->t->run->arena, &s->type) == OK);
    s->definition = sha256(v.definition);
    return RESULT_ACCEPTED;
}

static bool is_issuer(const struct certificate_type *type, struct span subject) {
    for (uint32_t i = 0; i < type->issuers_count; i++)
        if (span_equal(type->issuers[i], subject)) return true;
    return type->issuers_count == 0;
}

static uint16_t issuer_rule(struct issuing *s) {
    struct span subject = s->t->record->header.subject;
    bool own = span_equal(subject, s->issue.producer);
    uint32_t roles = 0;
    if (!member_active(s->t->run, subject, &roles) || !(roles & s->type.roles) ||
        !is_issuer(&s->type, subject) || (s->type.own == CERTIFICATE_OWN && !own) ||
        (s->type.own == CERTIFICATE_OF_OTHERS && own))
        return RESULT_CERTIFICATE_ISSUER;
    return RESULT_ACCEPTED;
}

static uint16_t fields_rule(struct issuing *s) {
    struct span field;
    return certificate_fields_check(&s->type, &s->issue, &field) ? RESULT_ACCEPTED
                                                                  : RESULT_CERTIFICATE_FIELDS;
}

static uint16_t number_rule(struct issuing *s) {
    struct certificate_value used;
    struct buffer id CLEANUP(buffer_free) = {0};
    buffer_init(&id, CERTIFICATE_ID_BYTES_MAX);
    certificate_id_write(s->t->record->header.subject, s->issue.number, &id);
    s->id = arena_copy(s->t->run->arena, buffer_span(&id));
    CHECK(s->id.data && !id.overflow);
    return certificate_get(s->t->run, s->id, &used) ? RESULT_CERTIFICATE_NUMBER : RESULT_ACCEPTED;
}

/* SPEC D7: "until is not 0 and <= block time, or validity is not 0 and until is 0 or until - from > validity, or from > block time
 * and from - block time > max drift (26)" */
static uint16_t period_rule(struct issuing *s) {
    const struct run *run = s->t->run;
    uint64_t from = s->issue.from_ms, until = s->issue.until_ms, validity = s->type.validity_ms;
    bool too_long = validity != 0 && (until == 0 || until - from > validity);
    bool too_early =
        from > run->time_ms && from - run->time_ms > run->params->parameters.max_drift_ms;
    return expired(run, until) || too_long || too_early ? RESULT_CERTIFICATE_VALIDITY
                                                        : RESULT_ACCEPTED;
}

static uint16_t producer_rule(struct issuing *s) {
    uint32_t roles;
    return member_active(s->t->run, s->issue.producer, &roles) ? RESULT_ACCEPTED : RESULT_PRODUCER;
}

static uint16_t things_rule(struct issuing *s) {
    if (s->issue.things_count < s->type.things_min || s->issue.things_count > s->type.things_max)
        return RESULT_BATCH;
    for (uint32_t i = 0; i < s->issue.things_count; i++) {
        const struct certificate_thing *thing = &s->issue.things[i];
        struct digest key = status_key(STATUS_THING, thing->canonical);
        bool stands = thing->kind != IDENTIFIER_LOT && thing->kind != IDENTIFIER_ITEM;
        if (!(s->type.covers & 1 << thing->kind)) return RESULT_BATCH;
        if (!stands && !status_get(s->t->run->now, &key, &s->t->run->scratch)) return RESULT_BATCH;
        if (s->type.quota == CERTIFICATE_PRODUCED && thing->quantity == 0) return RESULT_BATCH;
    }
    for (uint32_t i = 0; i < s->issue.things_count; i++)
        if (rules_under_recall(s->t->run, s->issue.things[i].canonical)) return RESULT_RECALLED;
    return RESULT_ACCEPTED;
}

/* SPEC D7: "missing when the field upstream_if holds that choice (33)" */
static bool upstream_asked(const struct issuing *s) {
    if (s->type.upstream == UPSTREAM_MUST) return true;
    for (uint32_t i = 0; i < s->issue.fields_count; i++) {
        const struct certificate_entry *e = &s->issue.fields[i];
        struct unpack u;
        if (s->type.upstream_field.len == 0 || !span_equal(e->name, s->type.upstream_field)) continue;
        unpack_init(&u, e->value);
        return span_equal(unpack_text(&u, CERTIFICATE_TEXT_BYTES_MAX), s->type.upstream_choice);
    }
    return false;
}

static uint16_t upstream_rule(struct issuing *s) {
    bool there = s->issue.upstream_count > 0;
    if (there ? s->type.upstream == UPSTREAM_NEVER : upstream_asked(s)) return RESULT_UPSTREAM;
    for (uint32_t i = 0; i < s->issue.upstream_count; i++) {
        struct certificate_value v;
        if (!certificate_get(s->t->run, s->issue.upstream[i], &v)) return RESULT_NO_CERTIFICATE;
        if (v.state != STATE_ACTIVE || expired(s->t->run, v.until_ms)) return RESULT_CERTIFICATE_BASIS;
    }
    return RESULT_ACCEPTED;
}

static const struct certificate_thing *thing_of(const struct issuing *s, struct span canonical) {
    for (uint32_t i = 0; i < s->issue.things_count; i++)
        if (span_equal(s->issue.things[i].canonical, canonical)) return &s->issue.things[i];
    return NULL;
}

static uint16_t superseded_rule(struct issuing *s) {
    struct span issuer, number;
    struct certificate_value *old = &s->superseded;
    if (!supersedes(s)) return RESULT_ACCEPTED;
    if (!certificate_get(s->t->run, s->issue.supersedes, old)) return RESULT_NO_CERTIFICATE;
    CHECK(certificate_id_split(s->issue.supersedes, &issuer, &number));
    if (!span_equal(issuer, s->t->record->header.subject) || !span_equal(old->type, s->issue.type) ||
        !span_equal(old->producer, s->issue.producer))
        return RESULT_NOT_THEIRS;
    if (old->state != STATE_ACTIVE) return RESULT_CERTIFICATE_ENDED;
    if (old->line >= CERTIFICATE_LINE_MAX) return RESULT_CERTIFICATE_LINE;
    for (uint32_t i = 0; i < old->covered_count; i++) {
        const struct covered *c = &old->covered[i];
        const struct certificate_thing *now = thing_of(s, c->identifier);
        if (c->drawn == 0) continue;
        if (!now) return RESULT_BATCH;
        if (unit_codes(now->quantity, now->unit) < c->drawn) return RESULT_CODES;
    }
    return RESULT_ACCEPTED;
}

/* What is certified of a lot: by producer, lot, unit and type (SPEC D8). */
static struct balance_name certified(struct span producer, struct span type, struct span lot,
                                     struct span unit) {
    return (struct balance_name){.purpose = BALANCE_CERTIFIED,
                                 .subject = producer,
                                 .lot = lot,
                                 .unit = unit,
                                 .type = type};
}

static bool is_lot(struct span canonical) {
    struct buffer again CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&again, IDENTIFIER_BYTES_MAX);
    return identifier_canonical(canonical, &again, &kind) == OK && kind == IDENTIFIER_LOT;
}

/* SPEC D9: "it gives back what it covered unless its until is not 0 and <= block time" */
static void give_back(const struct item_run *t, const struct certificate_value *v) {
    if (expired(t->run, v->until_ms)) return;
    for (uint32_t i = 0; i < v->covered_count; i++) {
        const struct covered *c = &v->covered[i];
        struct balance_name name = certified(v->producer, v->type, c->identifier, c->unit);
        if (c->quantity == 0 || !is_lot(c->identifier)) continue;
        uint64_t amount = balance_read(t->run->now, &name);
        CHECK(amount >= c->quantity);
        balance_write(t->run, t->log_index, &name, amount - c->quantity);
    }
}

/* SPEC S5: "the most that certified of a type with quota 1 ever came to" */
static void bound(const struct issuing *s, const struct balance_name *made, uint64_t amount) {
    struct balance_name name = *made;
    name.purpose = BALANCE_BOUND;
    if (amount > balance_read(s->t->run->now, &name)) balance_write(s->t->run, s->t->log_index, &name, amount);
}

/* SPEC D8: "With quota 1 that sum is at most what was produced (X10), else 25. The superseded one gives back first" */
static uint16_t quota_rule(struct issuing *s) {
    struct run *run = s->t->run;
    if (supersedes(s)) give_back(s->t, &s->superseded);
    for (uint32_t i = 0; i < s->issue.things_count; i++) {
        const struct certificate_thing *c = &s->issue.things[i];
        if (c->kind != IDENTIFIER_LOT || c->quantity == 0) continue;
        struct balance_name name =
                                certified(s->issue.producer, s->issue.type, c->canonical, c->unit),
                            made = name;
        made.purpose = BALANCE_PRODUCED;
        made.type = SPAN_EMPTY;
        uint64_t before = balance_read(run->now, &name);
        if (c->quantity > BALANCE_MAX - before) return RESULT_QUANTITY;
        if (s->type.quota == CERTIFICATE_PRODUCED &&
            before + c->quantity > balance_read(run->now, &made))
            return RESULT_QUANTITY;
        balance_write(run, s->t->log_index, &name, before + c->quantity);
        if (s->type.quota == CERTIFICATE_PRODUCED) bound(s, &made, before + c->quantity);
    }
    return RESULT_ACCEPTED;
}

/* Codes drawn on a thing of the superseded certificate pass to the same thing of this one (SPEC Q6). */
static uint64_t drawn_before(const struct issuing *s, struct span canonical) {
    for (uint32_t i = 0; i < s->superseded.covered_count; i++)
        if (span_equal(s->superseded.covered[i].identifier, canonical))
            return s->superseded.covered[i].drawn;
    return 0;
}

/* For readers alone: by issuer, producer and thing. */
static void write_rows(const struct issuing *s) {
    const struct item_run *t = s->t;
    struct digest issuer = sha256(t->record->header.subject), producer = sha256(s->issue.producer);
    struct row_key by_issuer = row_issued('c', &issuer, t->log_index, (uint16_t)t->index),
                   by_producer = row_issued('p', &producer, t->log_index, (uint16_t)t->index);
    row_put(t->run->changes, TABLE_STATE, &by_issuer, s->id);
    row_put(t->run->changes, TABLE_STATE, &by_producer, s->id);
    for (uint32_t i = 0; i < s->issue.things_count; i++) {
        struct digest thing = status_key(STATUS_THING, s->issue.things[i].canonical);
        struct row_key row = row_issued('t', &thing, t->log_index, (uint16_t)t->index);
        row_put(t->run->changes, TABLE_STATE, &row, s->id);
    }
}

static void enter(const struct issuing *s) {
    const struct item_run *t = s->t;
    struct covered covered[CERTIFICATE_THINGS_MAX];
    struct certificate_value v = {
        ITEM_VALUE(t, STATE_ACTIVE),
        .until_ms = s->issue.until_ms,
        .issued = t->log_index,
        .item = (uint16_t)t->index,
        .type = s->issue.type,
        .definition = s->definition,
        .producer = s->issue.producer,
        .covered = covered,
        .covered_count = s->issue.things_count,
        .upstream = s->issue.upstream_bytes,
        .item_digest = t->record->item_digests[t->index],
        .line = (uint8_t)(supersedes(s) ? s->superseded.line + 1 : 1),
    };
    for (uint32_t i = 0; i < s->issue.things_count; i++) {
        const struct certificate_thing *from = &s->issue.things[i];
        covered[i] = (struct covered){from->canonical, from->unit, from->quantity,
                                      drawn_before(s, from->canonical)};
    }
    certificate_put(t->run, s->id, &v);
    write_rows(s);
}

/* What an item did to a certificate that it ended. */
static void end(const struct item_run *t, struct certificate_value *v, uint8_t state) {
    v->state = state;
    v->since_height = t->run->height;
    v->log_index = t->log_index;
    v->ended = (uint16_t)t->index;
}

static void end_superseded(struct issuing *s) {
    struct certificate_value *old = &s->superseded;
    if (!supersedes(s)) return;
    end(s->t, old, STATE_SUPERSEDED);
    old->other = s->id;
    for (uint32_t i = 0; i < old->covered_count; i++)
        old->covered[i].drawn = 0;
    certificate_put(s->t->run, s->issue.supersedes, old);
}

uint16_t rules_certificate_issue(const struct item_run *t) {
    static uint16_t (*const rules[])(struct issuing *) = {
        type_rule,   issuer_rule, fields_rule,   number_rule,     period_rule,
        producer_rule, things_rule, upstream_rule, superseded_rule, quota_rule,
    };
    struct issuing s = {.t = t};
    CHECK(certificate_issue_decode(t->item, t->run->arena, &s.issue) == OK);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        uint16_t code = rules[i](&s);
        if (code != RESULT_ACCEPTED) return code;
    }
    enter(&s);
    end_superseded(&s);
    return RESULT_ACCEPTED;
}

/* SPEC D9: "Of a superseded one the certificate at the end of its line (`other`) is meant." */
uint16_t rules_certificate_revoke(const struct item_run *t) {
    struct certificate_revocation r;
    struct certificate_value v;
    struct span issuer, number, subject = t->record->header.subject;
    uint32_t roles = 0;
    CHECK(certificate_revocation_decode(t->item, &r) == OK);
    struct span id = r.certificate;
    if (!certificate_get(t->run, id, &v)) return RESULT_NO_CERTIFICATE;
    CHECK(certificate_id_split(id, &issuer, &number));
    bool authority = member_active(t->run, subject, &roles) && roles & MEMBER_AUTHORITY;
    if (!authority && !span_equal(issuer, subject)) return RESULT_NOT_THEIRS;
    for (uint32_t steps = 1; v.state == STATE_SUPERSEDED; steps++) {
        CHECK(steps < CERTIFICATE_LINE_MAX);
        id = v.other;
        CHECK(certificate_get(t->run, id, &v));
    }
    if (v.state != STATE_ACTIVE) return RESULT_CERTIFICATE_ENDED;
    give_back(t, &v);
    end(t, &v, STATE_REVOKED);
    v.reason = r.reason;
    certificate_put(t->run, id, &v);
    return RESULT_ACCEPTED;
}
