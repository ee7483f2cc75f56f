/* rules.c: what decides about a record as a whole, and about events (SPEC X2, X6, X7). */
#include "ledger/rules.h"

#include <string.h>

#include "ledger/rows.h"
#include "trace/event.h"

void run_begin(struct run *run, const struct ledger_params *params, struct reader before,
               struct changes *c, uint64_t height, uint64_t time_ms, struct arena *arena) {
    *run = (struct run){
        .params = params, .height = height, .time_ms = time_ms, .changes = c, .arena = arena};
    run->now = changes_reader(&run->layer, c, before);
    buffer_init(&run->scratch, STATUS_VALUE_BYTES_MAX);
}

void run_end(struct run *run) {
    buffer_free(&run->scratch);
}

struct digest rules_key_key(const struct pubkey *key) {
    return status_key(STATUS_KEY, span_of(key->b, sizeof key->b));
}

/* The value under a status key, decoded; spans borrow from run->scratch. A value that does not
 * decode is not ours: CHECK. */
static bool value_of(struct run *run, const struct digest *key, const struct type *type,
                     void *ret) {
    if (!status_get(run->now, key, &run->scratch)) return false;
    CHECK(codec_decode(type, buffer_span(&run->scratch), NULL, ret) == OK);
    return true;
}

static bool key_in_time(const struct run *run, const struct key_value *k) {
    return k->from_ms <= run->time_ms && (k->until_ms == 0 || run->time_ms < k->until_ms);
}

static uint16_t decide_key(struct run *run, const struct record_header *h) {
    struct key_value k;
    struct digest key = rules_key_key(&h->key);
    if (!value_of(run, &key, &key_value_type, &k)) return RESULT_UNKNOWN_KEY;
    if (!span_equal(k.subject, h->subject)) return RESULT_KEY_OF_ANOTHER;
    if (k.state != STATE_ACTIVE) return RESULT_KEY_REVOKED;
    /* SPEC X2: "key not yet or no longer valid at block time (from <= time < until)" */
    return key_in_time(run, &k) ? RESULT_ACCEPTED : RESULT_KEY_NOT_VALID;
}

/* SPEC X6: "kind 1 all roles but auditor alone; kind 2 authority" */
static uint32_t roles_of_kind(enum record_kind kind) {
    switch (kind) {
    case RECORD_EVENTS:
    case RECORD_CERTIFICATES:
    case RECORD_CLAIMS:
    case RECORD_DELETIONS:
    case RECORD_ANCHORS:
        return MEMBER_ROLES_ALL & ~(uint32_t)MEMBER_AUDITOR;
    case RECORD_GOVERNANCE:
        return MEMBER_AUTHORITY;
    case RECORD_PACKS:
    case RECORD_RECALLS:
        return MEMBER_PRODUCER | MEMBER_PROCESSOR | MEMBER_AUTHORITY;
    }
    return 0;
}

static uint16_t decide_member(struct run *run, const struct record_header *h) {
    struct member_value m;
    struct digest key = status_key(STATUS_MEMBER, h->subject);
    if (!value_of(run, &key, &member_value_type, &m)) return RESULT_UNKNOWN_MEMBER;
    if (m.state != STATE_ACTIVE) return RESULT_MEMBER_SUSPENDED;
    return m.roles & roles_of_kind((enum record_kind)h->kind) ? RESULT_ACCEPTED : RESULT_ROLE;
}

static struct verdict decide_events(const struct run *run, const struct record *record) {
    uint64_t drift = run->params->parameters.max_drift_ms;
    for (uint32_t i = 0; i < record->header.item_count; i++) {
        int64_t ms;
        if (!event_time_ms(&record->items[i], &ms) || ms < 0) continue;
        /* SPEC X9: "An event whose eventTime is later than the record's created time + max drift is
         * refused (20)." */
        if ((uint64_t)ms > record->header.created_ms &&
            (uint64_t)ms - record->header.created_ms > drift)
            return (struct verdict){RESULT_EVENT_TIME, (uint16_t)(i + 1)};
    }
    return (struct verdict){RESULT_ACCEPTED, 0};
}

struct verdict rules_decide(struct run *run, const struct record *record) {
    const struct record_header *h = &record->header;
    struct digest key = status_key(STATUS_RECORD_ID, span_of(record->id.b, 32));
    if (status_get(run->now, &key, &run->scratch)) return (struct verdict){RESULT_DUPLICATE, 0};
    if (h->created_ms > run->time_ms &&
        h->created_ms - run->time_ms > run->params->parameters.max_drift_ms)
        return (struct verdict){RESULT_TOO_EARLY, 0};
    if (h->expires_ms <= run->time_ms) return (struct verdict){RESULT_EXPIRED, 0};
    uint16_t code = decide_key(run, h);
    if (code == RESULT_ACCEPTED) code = decide_member(run, h);
    if (code != RESULT_ACCEPTED || h->kind != RECORD_EVENTS) return (struct verdict){code, 0};
    return decide_events(run, record);
}

bool rules_key_speaks(struct run *run, const struct pubkey *key, struct span *ret_subject,
                      uint32_t *ret_roles) {
    struct key_value k;
    struct member_value m;
    struct digest at = rules_key_key(key);
    if (!value_of(run, &at, &key_value_type, &k) || k.state != STATE_ACTIVE ||
        !key_in_time(run, &k))
        return false;
    struct span subject = arena_copy(run->arena, k.subject);
    CHECK(subject.data);
    at = status_key(STATUS_MEMBER, subject);
    if (!value_of(run, &at, &member_value_type, &m) || m.state != STATE_ACTIVE) return false;
    *ret_subject = subject;
    *ret_roles = m.roles;
    return true;
}

static void value_put(struct changes *c, const struct digest *key, const struct type *type,
                      const void *value) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, STATUS_VALUE_BYTES_MAX);
    codec_encode(type, value, &b);
    CHECK(!b.overflow);
    status_put(c, key, buffer_span(&b));
}

void rules_member_put(struct changes *c, struct span subject, const struct member_value *value) {
    struct digest key = status_key(STATUS_MEMBER, subject);
    struct row_key authority = row_text('A', subject), member = row_text('m', subject);
    value_put(c, &key, &member_value_type, value);
    row_put(c, TABLE_STATE, &member, SPAN_EMPTY);
    if (value->state == STATE_ACTIVE && value->roles & MEMBER_AUTHORITY)
        row_put(c, TABLE_STATE, &authority, SPAN_EMPTY);
    else
        changes_delete(c, TABLE_STATE, key_span(&authority));
}

void rules_key_put(struct changes *c, const struct pubkey *key, const struct key_value *value) {
    struct digest at = rules_key_key(key);
    struct row_key row = row_key_of(value->subject, key);
    value_put(c, &at, &key_value_type, value);
    row_put(c, TABLE_STATE, &row, SPAN_EMPTY);
}

void rules_consume(struct run *run, enum status_type type, const struct digest *subject,
                   const struct digest *key, struct span value, uint64_t until_ms) {
    struct row_key forget = row_forget(until_ms, key);
    CHECK(type == STATUS_RECORD_ID || type == STATUS_ACT);
    CHECK(!digest_is_zero(subject));
    status_put(run->changes, key, value);
    row_put(run->changes, TABLE_STATE, &forget, SPAN_EMPTY);
}

struct forget {
    struct row_key *list;
    uint32_t count, max;
};

static bool forget_row(void *context, struct span key, struct span value) {
    struct forget *f = context;
    (void)value;
    CHECK(key.len == 1 + 8 + 32);
    struct row_key *k = &f->list[f->count++];
    k->len = 0;
    key_bytes(k, key.data, key.len);
    return f->count < f->max;
}

void rules_forget(struct run *run, uint32_t records) {
    uint64_t drift = run->params->parameters.max_drift_ms;
    if (run->time_ms <= drift) return;
    /* SPEC X7: "the first 2 x (records of this block) + 64 in order (until, status key) are
     * removed" */
    struct forget f = {.max = 2 * records + 64};
    f.list = arena_alloc(run->arena, f.max, sizeof *f.list);
    CHECK(f.list);
    struct row_key from = row_forget(0, NULL), to = row_forget(run->time_ms - drift, NULL);
    reader_scan(run->now, TABLE_STATE, key_span(&from), key_span(&to), forget_row, &f);
    for (uint32_t i = 0; i < f.count; i++) {
        struct digest key;
        memcpy(key.b, f.list[i].b + 9, 32);
        status_delete(run->changes, &key);
        changes_delete(run->changes, TABLE_STATE, key_span(&f.list[i]));
    }
}
