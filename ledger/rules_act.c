/* rules_act.c: governance acts take effect (SPEC A3 to A12).
 *
 * Each act: its approvals (12, 11), whether it took effect before (13), then its own rules, then
 * its effects. */
#include "ledger/rows.h"
#include "ledger/rules_item.h"

struct act_run {
    struct run *run;
    const struct record *record;
    uint64_t log_index;
};

/* SPEC A7: "the record's subject and at least (threshold - 1) approvers with distinct subjects are
 * active members with the role authority and valid keys". X2 and X6 said so of the record's
 * subject, but an earlier act of this record may have changed that. */
static uint16_t check_approvals(const struct act_run *a, const struct act *act) {
    const struct record_header *h = &a->record->header;
    struct span subjects[ACT_APPROVALS_MAX + 1] = {h->subject};
    uint32_t count = 1;
    for (uint32_t i = 0; i < act->approvals_count; i++)
        if (!act_approval_check(&act->approvals[i], &a->run->params->chain_id, act->type,
                                h->created_ms, h->nonce, act->bytes))
            return RESULT_ACT_SIGNATURE;
    struct span own;
    uint32_t own_roles;
    if (!rules_key_speaks(a->run, &h->key, &own, &own_roles) || !(own_roles & MEMBER_AUTHORITY))
        return RESULT_ACT_APPROVALS;
    for (uint32_t i = 0; i < act->approvals_count; i++) {
        struct span subject;
        uint32_t roles, seen = 0;
        if (!rules_key_speaks(a->run, &act->approvals[i].key, &subject, &roles) ||
            !(roles & MEMBER_AUTHORITY))
            continue;
        while (seen < count && !span_equal(subjects[seen], subject))
            seen++;
        if (seen == count) subjects[count++] = subject;
    }
    return count >= a->run->params->approvals[act->type] ? RESULT_ACCEPTED : RESULT_ACT_APPROVALS;
}

static uint16_t consume_act(const struct act_run *a, const struct act *act) {
    const struct record_header *h = &a->record->header;
    /* SPEC A7: "until the record's created time + record lifetime": no record that could carry it again outlives that. */
    uint64_t lifetime = a->run->params->parameters.record_lifetime_ms;
    uint64_t until = h->created_ms < UINT64_MAX - lifetime ? h->created_ms + lifetime : UINT64_MAX;
    struct buffer value CLEANUP(buffer_free) = {0};
    struct digest d =
        act_digest(&a->run->params->chain_id, act->type, h->created_ms, h->nonce, act->bytes);
    struct digest key = status_key(STATUS_ACT, span_of(d.b, 32));
    if (status_get(a->run->now, &key, &a->run->scratch)) return RESULT_ACT_CONSUMED;
    struct act_value v = {.version = 1,
                          .state = STATE_ACTIVE,
                          .since_height = a->run->height,
                          .log_index = a->log_index,
                          .until_ms = until};
    buffer_init(&value, 256);
    codec_encode(&act_value_type, &v, &value);
    rules_consume(a->run, STATUS_ACT, &d, &key, buffer_span(&value), until);
    return RESULT_ACCEPTED;
}

/* Spans of the value live in the arena. */
static bool member_get(const struct act_run *a, struct span subject, struct member_value *ret) {
    struct digest key = status_key(STATUS_MEMBER, subject);
    if (!status_get(a->run->now, &key, &a->run->scratch)) return false;
    CHECK(codec_decode(&member_value_type, buffer_span(&a->run->scratch), NULL, ret) == OK);
    ret->name = arena_copy(a->run->arena, ret->name);
    ret->division = arena_copy(a->run->arena, ret->division);
    return true;
}

static bool key_get(const struct act_run *a, const struct pubkey *key, struct key_value *ret) {
    struct digest at = rules_key_key(key);
    if (!status_get(a->run->now, &at, &a->run->scratch)) return false;
    CHECK(codec_decode(&key_value_type, buffer_span(&a->run->scratch), NULL, ret) == OK);
    ret->subject = arena_copy(a->run->arena, ret->subject);
    return true;
}

/* Is there an active authority with a key that is valid now? The walk ends at the first. */
struct authority_walk {
    struct run *run;
    bool found;
};

static bool authority_key(void *context, struct span key, struct span value) {
    struct authority_walk *w = context;
    struct pubkey k;
    struct span subject;
    uint32_t roles;
    (void)value;
    CHECK(key.len == 1 + 32 + 32);
    for (size_t i = 0; i < 32; i++)
        k.b[i] = key.data[33 + i];
    w->found = rules_key_speaks(w->run, &k, &subject, &roles) && roles & MEMBER_AUTHORITY;
    return !w->found;
}

static bool authority_row(void *context, struct span key, struct span value) {
    struct authority_walk *w = context;
    (void)value;
    struct row_key from = row_key_of(span_part(key, 1, key.len - 1), NULL), to = row_after(&from);
    reader_scan(w->run->now, TABLE_STATE, key_span(&from), key_span(&to), authority_key, w);
    return !w->found;
}

/* SPEC A8: "After an act at least one active member with the role authority has a key that is valid
 * at block time; an act that would leave none is refused (19)." */
static uint16_t authority_left(const struct act_run *a) {
    struct authority_walk w = {.run = a->run};
    reader_scan(a->run->now, TABLE_STATE, span_text("A"), span_text("B"), authority_row, &w);
    return w.found ? RESULT_ACCEPTED : RESULT_LAST_AUTHORITY;
}

static void key_enter(const struct act_run *a, struct span subject, const struct member_key *k) {
    struct key_value v = {.version = 1,
                          .state = STATE_ACTIVE,
                          .since_height = a->run->height,
                          .log_index = a->log_index,
                          .until_ms = k->until_ms,
                          .subject = subject,
                          .from_ms = k->from_ms};
    rules_key_put(a->run->changes, &k->key, &v);
}

static uint16_t admitted(const struct act_run *a, const struct act *act) {
    struct member_value old;
    struct key_value key;
    if (member_get(a, act->subject, &old) && old.state == STATE_ACTIVE) return RESULT_MEMBER_EXISTS;
    for (uint32_t i = 0; i < act->keys_count; i++)
        if (key_get(a, &act->keys[i].key, &key)) return RESULT_KEY_EXISTS;
    struct member_value v = {.version = 1,
                             .state = STATE_ACTIVE,
                             .since_height = a->run->height,
                             .log_index = a->log_index,
                             .roles = act->roles,
                             .name = act->name,
                             .division = act->division};
    rules_member_put(a->run->changes, act->subject, &v);
    for (uint32_t i = 0; i < act->keys_count; i++)
        key_enter(a, act->subject, &act->keys[i]);
    return RESULT_ACCEPTED;
}

static uint16_t suspended(const struct act_run *a, const struct act *act) {
    struct member_value v;
    if (!member_get(a, act->subject, &v)) return RESULT_NO_MEMBER;
    if (v.state == STATE_SUSPENDED) return RESULT_ALREADY;
    v.state = STATE_SUSPENDED;
    v.since_height = a->run->height;
    v.log_index = a->log_index;
    v.reason = act->reason;
    rules_member_put(a->run->changes, act->subject, &v);
    return authority_left(a);
}

static uint16_t key_added(const struct act_run *a, const struct act *act) {
    struct member_value m;
    struct key_value k;
    if (!member_get(a, act->subject, &m)) return RESULT_NO_MEMBER;
    /* SPEC A6: "A revoked key is never accepted again, under no subject." */
    if (key_get(a, &act->keys->key, &k)) return RESULT_KEY_EXISTS;
    key_enter(a, act->subject, act->keys);
    return RESULT_ACCEPTED;
}

static uint16_t key_revoked(const struct act_run *a, const struct act *act) {
    struct key_value k;
    if (!key_get(a, &act->keys->key, &k)) return RESULT_NO_KEY;
    if (k.state == STATE_REVOKED) return RESULT_ALREADY;
    k.state = STATE_REVOKED;
    k.since_height = a->run->height;
    k.log_index = a->log_index;
    k.reason = act->reason;
    rules_key_put(a->run->changes, &act->keys->key, &k);
    return authority_left(a);
}

/* SPEC A9: "It takes effect as the present definition of the type it names; a type is never removed, only retired." */
static uint16_t type_set(const struct act_run *a, const struct act *act) {
    const struct certificate_type *type = &act->certificate_type;
    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct certificate_type_value v = {.version = 1,
                                       .state = type->retired ? STATE_RETIRED : STATE_ACTIVE,
                                       .since_height = a->run->height,
                                       .log_index = a->log_index,
                                       .definition = act->bytes};
    struct digest key = status_key(STATUS_CERTIFICATE_TYPE, type->type);
    struct row_key row = row_text('T', type->type);
    buffer_init(&bytes, STATUS_VALUE_BYTES_MAX);
    codec_encode(&certificate_type_value_type, &v, &bytes);
    status_put(a->run->changes, &key, buffer_span(&bytes));
    row_put(a->run->changes, TABLE_STATE, &row, SPAN_EMPTY);
    return RESULT_ACCEPTED;
}

#define ACT_VALUE(a) .version = 1, .state = STATE_ACTIVE, .since_height = (a)->run->height, .log_index = (a)->log_index

static uint16_t rule_set(const struct act_run *a, const struct act *act) {
    struct rule_value old, v = {ACT_VALUE(a), .action = act->action};
    struct digest key = status_key(STATUS_RULE, span_of(&act->rule, 1));
    if (rules_value_get(a->run, &key, &rule_value_type, &old) && old.action == act->action) return RESULT_ALREADY;
    rules_value_put(a->run, &key, &rule_value_type, &v);
    return RESULT_ACCEPTED;
}

static uint16_t party_set(const struct act_run *a, const struct act *act) {
    struct member_value m;
    struct party_value old = {0}, v = {ACT_VALUE(a), .subject = act->subject};
    struct digest key = status_key(STATUS_PARTY, act->party);
    if (act->subject.len > 0 && !member_get(a, act->subject, &m)) return RESULT_NO_MEMBER;
    (void)!rules_value_get(a->run, &key, &party_value_type, &old);
    if (span_equal(old.subject, act->subject)) return RESULT_ALREADY;
    rules_value_put(a->run, &key, &party_value_type, &v);
    return RESULT_ACCEPTED;
}

static uint16_t yield_set(const struct act_run *a, const struct act *act) {
    struct yield_value old = {0}, v = {ACT_VALUE(a), .rule = act->bytes};
    struct digest key = status_key(STATUS_YIELD, act->yield.product);
    bool exists = rules_value_get(a->run, &key, &yield_value_type, &old);
    if (exists ? span_equal(old.rule, act->bytes) : act->yield.inputs_count == 0) return RESULT_ALREADY;
    rules_value_put(a->run, &key, &yield_value_type, &v);
    return RESULT_ACCEPTED;
}

static uint16_t take_effect(const struct act_run *a, const struct act *act) {
    switch ((enum act_type)act->type) {
    case ACT_MEMBER_ADMITTED:
        return admitted(a, act);
    case ACT_MEMBER_SUSPENDED:
        return suspended(a, act);
    case ACT_KEY_ADDED:
        return key_added(a, act);
    case ACT_KEY_REVOKED:
        return key_revoked(a, act);
    case ACT_CERTIFICATE_TYPE:
        return type_set(a, act);
    case ACT_RULE:
        return rule_set(a, act);
    case ACT_PARTY:
        return party_set(a, act);
    case ACT_YIELD:
        return yield_set(a, act);
    case ACT_TYPE_MAX:
        break;
    }
    check_failed(__FILE__, __LINE__, "act_decode accepts known types only");
}

struct verdict rules_acts(struct run *run, const struct record *record, uint64_t log_index) {
    struct act_run a = {run, record, log_index};
    for (uint32_t i = 0; i < record->header.item_count; i++) {
        struct act act;
        CHECK(act_decode(&record->items[i], &record->header.key, run->arena, &act) == OK);
        uint16_t code = check_approvals(&a, &act);
        if (code == RESULT_ACCEPTED) code = consume_act(&a, &act);
        if (code == RESULT_ACCEPTED) code = take_effect(&a, &act);
        if (code != RESULT_ACCEPTED) return (struct verdict){code, (uint16_t)(i + 1)};
    }
    return (struct verdict){RESULT_ACCEPTED, 0};
}
