/* Execution: every result code once, and what a block leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ledger/history.h"
#include "tests/unit/world_results.h"
#include "trace/identifier.h"

#define EPC_A "urn:epc:id:sgtin:6901234.056789.1001"
#define EPC_B "urn:epc:id:sgtin:6901234.056789.1002"

static struct act act_on(uint8_t type, const char *subject, struct member_key *key) {
    return (struct act){.type = type,
                        .subject = span_text(subject),
                        .name = span_text("新成员"),
                        .division = span_text("330302"),
                        .keys = key,
                        .keys_count = key ? 1 : 0,
                        .roles = MEMBER_CARRIER,
                        .reason = 7};
}

static void a_record_is_accepted_once(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct item event = world_event(&w, "ADD", "commissioning", "", EPC_A, NULL);
    uint32_t first = world_say(&w, "farm1", &event);
    struct span wire = w.block[first];
    struct digest wire_id, id;
    assert_int_equal(record_wire_id(wire, &wire_id), OK);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, first, RESULT_ACCEPTED, 0);
    assert_int_equal(w.log_indices[first], 1);
    assert_int_equal(w.head.log.size, 3);
    world_rows_agree(&w);
    world_add(&w, wire);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, 0, RESULT_DUPLICATE, 0);
    assert_int_equal(w.head.log.size, 4);
    world_rows_agree(&w);

    struct record_place place;
    assert_int_equal(query_record(w.rows.reader, &wire_id, &place), OK);
    assert_int_equal(place.height, 1);
    assert_int_equal(place.code, RESULT_ACCEPTED);
    struct record r;
    assert_int_equal(record_check(&w.genesis->params, wire, &w.arena, &r, NULL), OK);
    assert_int_equal(query_record_by_id(w.rows.reader, &r.id, &id), OK);
    assert_true(digest_equal(&id, &wire_id));
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, RECORD_BYTES_MAX);
    assert_int_equal(query_record_bytes(w.rows.reader, 1, 0, &b), OK);
    assert_true(span_equal(buffer_span(&b), wire));
    uint64_t logs[4];
    assert_int_equal(query_subject_records(w.rows.reader, span_text("farm1"), 0, 4, logs), 1);
    assert_int_equal(logs[0], 1);
    world_end(&w);
}

static void headers_are_refused_in_order(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    struct record_header d = world_draft(&w, "farm1", RECORD_EVENTS);
    d.created_ms += 1000 + 5001;
    d.expires_ms = d.created_ms + 1000;
    uint32_t early = world_add(&w, world_record(&w, &d, &event, 1, "farm1"));
    d = world_draft(&w, "farm1", RECORD_EVENTS);
    d.created_ms -= 10;
    d.expires_ms = w.head.time_ms + 1000;
    uint32_t expired = world_add(&w, world_record(&w, &d, &event, 1, "farm1"));
    d = world_draft(&w, "farm1", RECORD_EVENTS);
    uint32_t unknown_key = world_add(&w, world_record(&w, &d, &event, 1, "nobody"));
    d.nonce++;
    uint32_t other = world_add(&w, world_record(&w, &d, &event, 1, "farm2"));
    uint32_t auditor = world_say(&w, "audit", &event);
    struct record_header g = world_draft(&w, "farm1", RECORD_GOVERNANCE);
    struct act act = act_on(ACT_MEMBER_SUSPENDED, "farm2", NULL);
    struct item act_item = world_act_item(&w, &g, &act, NULL, 0);
    uint32_t role = world_add(&w, world_record(&w, &g, &act_item, 1, "farm1"));
    d = world_draft(&w, "farm1", RECORD_EVENTS);
    d.created_ms = 1777593600000u - 60000; /* the event is at 1777593600000 */
    d.expires_ms = d.created_ms + RECORD_LIFETIME_MS_MAX;
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, early, RESULT_TOO_EARLY, 0);
    world_code_is(&w, expired, RESULT_EXPIRED, 0);
    world_code_is(&w, unknown_key, RESULT_UNKNOWN_KEY, 0);
    world_code_is(&w, other, RESULT_KEY_OF_ANOTHER, 0);
    world_code_is(&w, auditor, RESULT_ROLE, 0);
    world_code_is(&w, role, RESULT_ROLE, 0);
    assert_int_equal(w.head.log.size, 2); /* genesis and the block's leaf: nothing was accepted */
    world_rows_agree(&w);
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct thing_value thing;
    assert_int_equal(query_thing(w.rows.reader, span_text("x"), &value, &w.arena, &thing), ERR_QUERY_UNKNOWN);
    world_end(&w);
}

static void an_event_of_the_future_is_refused(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    w.head.time_ms = 1777593600000u - 60000; /* a minute before world_event's time */
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    uint32_t at = world_say(&w, "farm1", &event);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, at, RESULT_EVENT_TIME, 1);
    world_end(&w);
}

static void acts_take_effect(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct member_key key = {world_pubkey("carrier"), 0, 0},
                      second = {world_pubkey("carrier-2"), 0, 0};
    struct act admit = act_on(ACT_MEMBER_ADMITTED, "carrier", &key);
    struct item event = world_event(&w, "OBSERVE", "shipping", "", EPC_A, NULL);
    uint32_t before = world_say(&w, "carrier", &event);
    uint32_t admitted = world_act(&w, &admit, NULL);
    uint32_t after = world_say(&w, "carrier", &event);
    uint32_t again = world_act(&w, &admit, NULL);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, before, RESULT_UNKNOWN_KEY, 0);
    world_code_is(&w, admitted, RESULT_ACCEPTED, 0);
    world_code_is(&w, after, RESULT_ACCEPTED, 0);
    world_code_is(&w, again, RESULT_MEMBER_EXISTS, 1);

    struct act add = act_on(ACT_KEY_ADDED, "carrier", &second),
               add_to_nobody = act_on(ACT_KEY_ADDED, "nobody", &second);
    struct act revoke = act_on(ACT_KEY_REVOKED, "carrier", &key);
    uint32_t no_member = world_act(&w, &add_to_nobody, NULL);
    uint32_t added = world_act(&w, &add, NULL);
    uint32_t exists = world_act(&w, &add, NULL);
    uint32_t revoked = world_act(&w, &revoke, NULL);
    uint32_t already = world_act(&w, &revoke, NULL);
    uint32_t said = world_say(&w, "carrier", &event);
    struct member_key third = {world_pubkey("never"), 0, 0};
    struct act revoke_unknown = act_on(ACT_KEY_REVOKED, "", &third);
    uint32_t no_key = world_act(&w, &revoke_unknown, NULL);
    struct act back = act_on(ACT_KEY_ADDED, "farm1", &key);
    uint32_t never_again = world_act(&w, &back, NULL);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, no_member, RESULT_NO_MEMBER, 1);
    world_code_is(&w, added, RESULT_ACCEPTED, 0);
    world_code_is(&w, exists, RESULT_KEY_EXISTS, 1);
    world_code_is(&w, revoked, RESULT_ACCEPTED, 0);
    world_code_is(&w, already, RESULT_ALREADY, 1);
    world_code_is(&w, said, RESULT_KEY_REVOKED, 0);
    world_code_is(&w, no_key, RESULT_NO_KEY, 1);
    world_code_is(&w, never_again, RESULT_KEY_EXISTS, 1);
    world_rows_agree(&w);
    struct pubkey keys[4];
    assert_int_equal(query_member_keys(w.rows.reader, span_text("carrier"), NULL, 4, keys), 2);
    assert_int_equal(query_member_keys(w.rows.reader, span_text("carrier"), &keys[0], 4, keys), 1);
    struct span members[8];
    assert_int_equal(query_members(w.rows.reader, SPAN_EMPTY, 8, &w.arena, members), 6);
    assert_int_equal(query_members(w.rows.reader, span_text("farm1"), 8, &w.arena, members), 1);
    assert_true(span_is(members[0], "farm2"));

    struct act suspend = act_on(ACT_MEMBER_SUSPENDED, "farm1", NULL);
    uint32_t suspended = world_act(&w, &suspend, NULL);
    uint32_t silent = world_say(&w, "farm1", &event);
    struct act readmit = act_on(ACT_MEMBER_ADMITTED, "farm1", NULL);
    uint32_t readmitted = world_act(&w, &readmit, NULL);
    uint32_t speaks = world_say(&w, "farm1", &event);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, suspended, RESULT_ACCEPTED, 0);
    world_code_is(&w, silent, RESULT_MEMBER_SUSPENDED, 0);
    world_code_is(&w, readmitted, RESULT_ACCEPTED, 0);
    world_code_is(&w, speaks, RESULT_ACCEPTED, 0);
    struct buffer value CLEANUP(buffer_free) = {0};
    struct member_value member;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    assert_int_equal(query_member(w.rows.reader, span_text("farm1"), &value, &member), OK);
    assert_int_equal(member.roles, MEMBER_CARRIER);
    assert_int_equal(member.since_height, 3);
    world_end(&w);
}

static void the_last_authority_stays(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct member_key mine = {world_pubkey("bureau"), 0, 0},
                      theirs = {world_pubkey("bureau2"), 0, 0};
    struct act revoke_theirs = act_on(ACT_KEY_REVOKED, "", &theirs),
               revoke_mine = act_on(ACT_KEY_REVOKED, "", &mine);
    struct act suspend_me = act_on(ACT_MEMBER_SUSPENDED, "bureau", NULL);
    uint32_t first = world_act(&w, &revoke_theirs, NULL);
    uint32_t last = world_act(&w, &revoke_mine, NULL);
    uint32_t suspend = world_act(&w, &suspend_me, NULL);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, first, RESULT_ACCEPTED, 0);
    world_code_is(&w, last, RESULT_LAST_AUTHORITY, 1);
    world_code_is(&w, suspend, RESULT_LAST_AUTHORITY, 1);
    world_rows_agree(&w);
    world_end(&w);
}

static void a_record_of_acts_counts_as_a_whole(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct member_key key = {world_pubkey("carrier"), 0, 0};
    struct act admit = act_on(ACT_MEMBER_ADMITTED, "carrier", &key),
               suspend = act_on(ACT_MEMBER_SUSPENDED, "nobody", NULL);
    struct record_header d = world_draft(&w, "bureau", RECORD_GOVERNANCE);
    struct item items[2] = {world_act_item(&w, &d, &admit, NULL, 0),
                            world_act_item(&w, &d, &suspend, NULL, 0)};
    struct digest root = w.head.status.root;
    uint32_t at = world_add(&w, world_record(&w, &d, items, 2, "bureau"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, at, RESULT_NO_MEMBER, 2);
    struct buffer value CLEANUP(buffer_free) = {0};
    struct member_value member;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    assert_int_equal(query_member(w.rows.reader, span_text("carrier"), &value, &member),
                     ERR_QUERY_UNKNOWN);
    assert_int_equal(w.head.status.count, 10 + 1); /* five members, five keys, one consumed id */
    assert_false(digest_equal(&root, &w.head.status.root));
    world_rows_agree(&w);
    world_end(&w);
}

static void approvals_are_counted_by_subject(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 2);
    struct member_key key = {world_pubkey("carrier"), 0, 0};
    struct act admit = act_on(ACT_MEMBER_ADMITTED, "carrier", &key);
    uint32_t alone = world_act(&w, &admit, NULL);
    uint32_t by_farm = world_act(&w, &admit, "farm1");
    /* an approval of another act does not check here */
    struct record_header d = world_draft(&w, "bureau", RECORD_GOVERNANCE);
    const char *approvers[] = {"bureau2"};
    struct item item = world_act_item(&w, &d, &admit, approvers, 1);
    d.nonce++;
    w.nonce++;
    uint32_t moved = world_add(&w, world_record(&w, &d, &item, 1, "bureau"));
    uint32_t both = world_act(&w, &admit, "bureau2");
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, alone, RESULT_ACT_APPROVALS, 1);
    world_code_is(&w, by_farm, RESULT_ACT_APPROVALS, 1);
    world_code_is(&w, moved, RESULT_ACT_SIGNATURE, 1);
    world_code_is(&w, both, RESULT_ACCEPTED, 0);

    /* the same act by the other bureau: same created, nonce and act, so it was consumed */
    struct act suspend = act_on(ACT_MEMBER_SUSPENDED, "farm2", NULL);
    d = world_draft(&w, "bureau", RECORD_GOVERNANCE);
    item = world_act_item(&w, &d, &suspend, NULL, 0);
    uint32_t one = world_add(&w, world_record(&w, &d, &item, 1, "bureau"));
    d.subject = span_text("bureau2");
    uint32_t two = world_add(&w, world_record(&w, &d, &item, 1, "bureau2"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, one, RESULT_ACCEPTED, 0);
    world_code_is(&w, two, RESULT_ACT_CONSUMED, 1);
    world_end(&w);
}

/* An approval signs created and nonce, not expires: with a later expiry the same signatures fit
 * another record, also when the first one's expiry is long past. */
static void an_approval_is_used_once(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 2);
    struct act admit = act_on(ACT_MEMBER_ADMITTED, "carrier", NULL);
    struct act suspend = act_on(ACT_MEMBER_SUSPENDED, "carrier", NULL);
    struct record_header d = world_draft(&w, "bureau", RECORD_GOVERNANCE);
    const char *approvers[] = {"bureau2"};
    d.expires_ms = d.created_ms + 2000;
    struct item item = world_act_item(&w, &d, &admit, approvers, 1);
    uint32_t first = world_add(&w, world_record(&w, &d, &item, 1, "bureau"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, first, RESULT_ACCEPTED, 0);
    uint32_t away = world_act(&w, &suspend, NULL);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, away, RESULT_ACCEPTED, 0);
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    for (uint32_t i = 0; i < 3; i++) { /* whatever is forgotten after the first record's expiry */
        world_say(&w, "farm1", &event);
        assert_int_equal(world_close(&w, 100000), OK);
    }
    d.expires_ms = d.created_ms + w.genesis->params.parameters.record_lifetime_ms;
    uint32_t again = world_add(&w, world_record(&w, &d, &item, 1, "bureau"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, again, RESULT_ACT_CONSUMED, 1);
    world_rows_agree(&w);
    world_end(&w);
}

/* What an earlier act of a record took from its author counts for the later ones. */
static void who_resigns_acts_no_more(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct member_key own = {world_pubkey("bureau"), 0, 0};
    struct act resign = act_on(ACT_MEMBER_SUSPENDED, "bureau", NULL),
               revoke = act_on(ACT_KEY_REVOKED, "", &own),
               suspend = act_on(ACT_MEMBER_SUSPENDED, "farm2", NULL);
    struct act first[2] = {resign, revoke};
    uint32_t at[2], last;
    for (uint32_t i = 0; i < 2; i++) {
        struct record_header d = world_draft(&w, "bureau", RECORD_GOVERNANCE);
        struct item items[2] = {world_act_item(&w, &d, &first[i], NULL, 0),
                                world_act_item(&w, &d, &suspend, NULL, 0)};
        at[i] = world_add(&w, world_record(&w, &d, items, 2, "bureau"));
    }
    struct record_header d = world_draft(&w, "bureau", RECORD_GOVERNANCE);
    struct item items[2] = {world_act_item(&w, &d, &suspend, NULL, 0),
                            world_act_item(&w, &d, &resign, NULL, 0)};
    last = world_add(&w, world_record(&w, &d, items, 2, "bureau"));
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, at[0], RESULT_ACT_APPROVALS, 2);
    world_code_is(&w, at[1], RESULT_ACT_APPROVALS, 2);
    world_code_is(&w, last, RESULT_ACCEPTED, 0);
    world_rows_agree(&w);
    world_end(&w);
}

static void ids_are_forgotten_after_their_time(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    uint64_t members = w.head.status.count;
    for (uint32_t i = 0; i < 100; i++)
        world_say(&w, "farm1", &event);
    struct span old = w.block[0];
    assert_int_equal(world_close(&w, 1000), OK);
    assert_int_equal(w.head.status.count, members + 100 + 1);
    world_say(&w, "farm2", &event);
    assert_int_equal(world_close(&w, 3600000 + 3999), OK); /* a millisecond too early to forget */
    uint64_t now = w.head.status.count;
    world_say(&w, "farm2", &event);
    world_add(&w, old);
    assert_int_equal(world_close(&w, 10000), OK);
    world_code_is(&w, 1, RESULT_DUPLICATE, 0); /* the record stands before X7 in its block */
    assert_int_equal(w.head.status.count, now + 1 - 68); /* 2 x 2 + 64 at most */
    world_say(&w, "farm2", &event);
    world_add(&w, old);
    assert_int_equal(world_close(&w, 10000), OK);
    assert_int_equal(w.head.status.count, now + 2 - 101);
    world_rows_agree(&w);
    world_add(&w, old);
    assert_int_equal(world_close(&w, 10000), OK);
    world_code_is(&w, 0, RESULT_EXPIRED, 0);
    struct digest id;
    struct record_place place;
    assert_int_equal(record_wire_id(old, &id), OK);
    assert_int_equal(query_record(w.rows.reader, &id, &place), OK);
    assert_int_equal(place.code,
                     RESULT_ACCEPTED); /* where it was first executed stays what is told */
    world_rows_agree(&w);
    world_end(&w);
}

/* A record from a far future is refused, and its id does not stay for ever: who makes blocks could fill the tree
 * with such. */
static void the_far_future_is_forgotten_too(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    const struct parameters *p = &w.genesis->params.parameters;
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    uint64_t members = w.head.status.count;
    struct record_header d = world_draft(&w, "farm1", RECORD_EVENTS);
    d.created_ms = UINT64_MAX - 2;
    d.expires_ms = UINT64_MAX - 1;
    struct span far = world_record(&w, &d, &event, 1, "farm1");
    uint32_t early = world_add(&w, far);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, early, RESULT_TOO_EARLY, 0);
    assert_int_equal(w.head.status.count, members + 1);
    world_say(&w, "farm1", &event);
    uint32_t again = world_add(&w, far);
    assert_int_equal(world_close(&w, p->record_lifetime_ms + p->max_drift_ms), OK);
    world_code_is(&w, again, RESULT_DUPLICATE, 0);
    world_say(&w, "farm1", &event);
    assert_int_equal(world_close(&w, p->max_drift_ms + 1), OK);
    /* the thing, and the id of what farm1 said last */
    assert_int_equal(w.head.status.count, members + 2);
    again = world_add(&w, far);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, again, RESULT_TOO_EARLY, 0);
    world_rows_agree(&w);
    world_end(&w);
}

static void histories_name_every_event(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct item born = world_event(&w, "ADD", "commissioning",
                                   ",\"ilmd\":{\"cbvmda:lotNumber\":\"L7\"}", EPC_A, EPC_B, NULL);
    struct item seen = world_event(&w, "OBSERVE", "shipping", "",
                                   "https://id.example.org/01/06901234567892/21/1001", NULL);
    struct item gone = world_event(&w, "DELETE", "decommissioning", "", EPC_A, NULL);
    world_say(&w, "farm1", &born);
    world_say(&w, "farm2", &seen);
    assert_int_equal(world_close(&w, 1000), OK);
    world_say(&w, "farm1", &gone);
    assert_int_equal(world_close(&w, 1000), OK);
    world_code_is(&w, 0, RESULT_ACCEPTED, 0);
    struct buffer name CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    struct thing_value thing;
    buffer_init(&name, IDENTIFIER_BYTES_MAX);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    assert_int_equal(identifier_canonical(span_text(EPC_A), &name, &kind), OK);
    assert_int_equal(query_thing(w.rows.reader, buffer_span(&name), &value, &w.arena, &thing), OK);
    struct history_place places[8];
    uint32_t n = query_history(w.rows.reader, buffer_span(&name), 1, 8, places);
    assert_int_equal(n, thing.count);
    assert_int_equal(n, 3);
    assert_int_equal(thing.state, STATE_ENDED);
    assert_int_equal(thing.since_height, 2);
    assert_true(thing.lot.len > 0 && thing.product.len > 0);
    struct buffer lot CLEANUP(buffer_free) = {0};
    buffer_init(&lot, IDENTIFIER_BYTES_MAX);
    assert_true(identifier_lot_of(thing.product, span_text("L7"), &lot));
    assert_true(span_equal(thing.lot, buffer_span(&lot)));
    assert_int_equal(places[0].log_index, 1);
    assert_int_equal(places[1].log_index, 2);
    assert_int_equal(places[2].log_index, 4);
    assert_int_equal(query_history(w.rows.reader, buffer_span(&name), 3, 8, places), 1);
    world_end(&w);
}

static void blocks_that_are_not_next_are_refused(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    world_say(&w, "farm1", &event);
    assert_int_equal(world_close(&w, 0), ERR_BLOCK_PARENT); /* time does not rise */
    uint64_t height = w.head.height;
    w.head.height = 5;
    struct span header, stored = world_block_bytes(&w, w.head.time_ms + 5, &header);
    w.head.height = height;
    struct applied a;
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, APPLY_ARENA_BYTES);
    struct block block = {stored, header, w.block, w.block_count};
    assert_int_equal(
        ledger_apply(&w.genesis->params, w.rows.reader, &w.head, &block, NULL, &arena, &a),
        ERR_BLOCK_PARENT);
    stored = world_block_bytes(&w, w.head.time_ms + 5, &header);
    world_say(&w, "farm2", &event);
    struct span swapped[] = {w.block[1]};
    struct block other = {stored, header, swapped, 1};
    assert_int_equal(
        ledger_apply(&w.genesis->params, w.rows.reader, &w.head, &other, NULL, &arena, &a),
        ERR_BLOCK_PAYLOAD);
    uint8_t *broken = malloc(w.block[0].len);
    memcpy(broken, w.block[0].data, w.block[0].len);
    broken[w.block[0].len - 3] ^= 1;
    struct span bad[] = {span_of(broken, w.block[0].len)};
    struct block third = {stored, header, bad, 1};
    assert_int_not_equal(
        ledger_apply(&w.genesis->params, w.rows.reader, &w.head, &third, NULL, &arena, &a), OK);
    free(broken);
    world_end(&w);
}

/* The same blocks, with a cache and without, on rows of their own, give the same bytes. */
static void execution_is_a_function(void **state) {
    (void)state;
    struct world a, b;
    world_begin(&a, 1);
    world_begin(&b, 1);
    status_cache_free(b.cache);
    b.cache = NULL;
    for (uint32_t block = 0; block < 12; block++) {
        for (uint32_t i = 0; i < 40; i++) {
            char epc[64];
            snprintf(epc, sizeof epc, "urn:epc:id:sgtin:6901234.056789.%u",
                     (block * 17 + i * 5) % 300);
            struct item event = world_event(&a, "OBSERVE", "inspecting", "", epc, EPC_B, NULL);
            uint32_t at = world_say(&a, i % 3 ? "farm1" : "farm2", &event);
            world_add(&b, a.block[at]);
        }
        assert_int_equal(world_close(&a, 1000), OK);
        assert_int_equal(world_close(&b, 1000), OK);
        assert_true(digest_equal(&a.log_root, &b.log_root));
        world_rows_agree(&a);
    }
    assert_int_equal(changes_count(a.rows.all), changes_count(b.rows.all));
    for (size_t i = 0; i < changes_count(a.rows.all); i++) {
        const struct change *x = changes_at(a.rows.all, i), *y = changes_at(b.rows.all, i);
        assert_true(x->table == y->table && x->deleted == y->deleted);
        assert_true(span_equal(x->key, y->key) && span_equal(x->value, y->value));
    }
    struct block_summary s;
    assert_int_equal(query_block(a.rows.reader, 7, &s), OK);
    assert_int_equal(query_height_at(a.rows.reader, s.time_ms), 7);
    assert_int_equal(query_height_at(a.rows.reader, s.time_ms - 1), 6);
    assert_int_equal(s.accepted, 40);
    struct result *results;
    uint32_t count;
    assert_int_equal(query_results(a.rows.reader, 7, &a.arena, &results, &count), OK);
    assert_int_equal(count, 40);
    assert_int_equal(results[39].code, RESULT_ACCEPTED);
    world_end(&a);
    world_end(&b);
}

static void preview_says_what_a_block_would(void **state) {
    (void)state;
    struct world w;
    world_begin(&w, 1);
    struct item event = world_event(&w, "OBSERVE", "inspecting", "", EPC_A, NULL);
    struct record r;
    uint32_t at = world_say(&w, "farm1", &event);
    assert_int_equal(record_parse(&w.genesis->params, w.block[at], &w.arena, &r, NULL), OK);
    assert_int_equal(
        ledger_preview(&w.genesis->params, w.rows.reader, w.head.time_ms + 1, &r, &w.arena).code,
        RESULT_ACCEPTED);
    assert_int_equal(world_close(&w, 1000), OK);
    assert_int_equal(
        ledger_preview(&w.genesis->params, w.rows.reader, w.head.time_ms + 1, &r, &w.arena).code,
        RESULT_DUPLICATE);
    world_end(&w);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_accepted_once),
        cmocka_unit_test(headers_are_refused_in_order),
        cmocka_unit_test(an_event_of_the_future_is_refused),
        cmocka_unit_test(acts_take_effect),
        cmocka_unit_test(the_last_authority_stays),
        cmocka_unit_test(a_record_of_acts_counts_as_a_whole),
        cmocka_unit_test(approvals_are_counted_by_subject),
        cmocka_unit_test(an_approval_is_used_once),
        cmocka_unit_test(who_resigns_acts_no_more),
        cmocka_unit_test(ids_are_forgotten_after_their_time),
        cmocka_unit_test(the_far_future_is_forgotten_too),
        cmocka_unit_test(histories_name_every_event),
        cmocka_unit_test(blocks_that_are_not_next_are_refused),
        cmocka_unit_test(execution_is_a_function),
        cmocka_unit_test(preview_says_what_a_block_would),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
