/* member.c: governance acts, SPEC A1 to A7 and A9 to A12 as bytes. What they do is in rules_act.c. */
#include "ledger/member.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/flow.h"
#include "trace/identifier.h"

static const struct field member_key_fields[] = {
    CODEC_FIXED(member_key, key),
    CODEC_UINT(member_key, from_ms, 0, UINT64_MAX),
    CODEC_UINT(member_key, until_ms, 0, UINT64_MAX),
};
const struct type member_key_type = CODEC_TYPE(member_key, member_key_fields);

static const struct field approval_fields[] = {
    CODEC_FIXED(approval, key),
    CODEC_FIXED(approval, signature),
};
const struct type approval_type = CODEC_TYPE(approval, approval_fields);

/* The next key of a map must be this one. */
static void expect_key(struct unpack *u, struct span *last, const char *name) {
    struct span key = unpack_key(u, last);
    if (u->err == OK && !span_is(key, name)) unpack_fail(u, ERR_ACT_FORM);
}

static void expect_map(struct unpack *u, uint32_t pairs) {
    if (unpack_map(u, pairs) != pairs) unpack_fail(u, ERR_ACT_FORM);
}

static struct member_key *keys_alloc(struct unpack *u, struct arena *arena, uint32_t count) {
    struct member_key *keys = arena_alloc(arena, count ? count : 1, sizeof *keys);
    if (!keys) unpack_fail(u, ERR_TOO_LARGE);
    return keys;
}

/* A key's time may end only after it began; the key is one that may be registered (SPEC C3). */
static void member_key_check(struct unpack *u, const struct member_key *k) {
    if (u->err == OK && !key_valid(&k->key)) unpack_fail(u, ERR_KEY_INVALID);
    if (k->until_ms != 0 && k->until_ms <= k->from_ms) unpack_fail(u, ERR_ACT_FORM);
}

static void admitted_read(struct unpack *u, struct arena *arena, struct act *a) {
    struct span last = SPAN_EMPTY;
    expect_map(u, 5);
    expect_key(u, &last, "division");
    a->division = unpack_text(u, 12);
    expect_key(u, &last, "keys");
    a->keys_count = unpack_array(u, ACT_KEYS_MAX);
    a->keys = keys_alloc(u, arena, a->keys_count);
    for (uint32_t i = 0; i < a->keys_count && u->err == OK; i++) {
        if (!codec_read(&member_key_type, u, NULL, &a->keys[i])) return;
        member_key_check(u, &a->keys[i]);
        for (uint32_t j = 0; j < i; j++)
            if (pubkey_equal(&a->keys[i].key, &a->keys[j].key)) unpack_fail(u, ERR_ACT_FORM);
    }
    expect_key(u, &last, "name");
    a->name = unpack_text(u, NAME_BYTES_MAX);
    expect_key(u, &last, "roles");
    a->roles = (uint32_t)unpack_uint(u, MEMBER_ROLES_ALL);
    expect_key(u, &last, "subject");
    a->subject = unpack_text(u, SUBJECT_ID_BYTES_MAX);
    if (!division_valid(a->division) || a->name.len == 0 || a->roles == 0)
        unpack_fail(u, ERR_ACT_FORM);
}

static void suspended_read(struct unpack *u, struct act *a) {
    struct span last = SPAN_EMPTY;
    expect_map(u, 2);
    expect_key(u, &last, "reason");
    a->reason = (uint16_t)unpack_uint(u, UINT16_MAX);
    expect_key(u, &last, "subject");
    a->subject = unpack_text(u, SUBJECT_ID_BYTES_MAX);
}

static void key_added_read(struct unpack *u, struct arena *arena, struct act *a) {
    struct span last = SPAN_EMPTY;
    a->keys = keys_alloc(u, arena, 1);
    if (!a->keys) return;
    a->keys_count = 1;
    expect_map(u, 4);
    expect_key(u, &last, "from");
    a->keys->from_ms = unpack_uint(u, UINT64_MAX);
    expect_key(u, &last, "key");
    unpack_fixed(u, a->keys->key.b, 32);
    expect_key(u, &last, "subject");
    a->subject = unpack_text(u, SUBJECT_ID_BYTES_MAX);
    expect_key(u, &last, "until");
    a->keys->until_ms = unpack_uint(u, UINT64_MAX);
    member_key_check(u, a->keys);
}

static void key_revoked_read(struct unpack *u, struct arena *arena, struct act *a) {
    struct span last = SPAN_EMPTY;
    a->keys = keys_alloc(u, arena, 1);
    if (!a->keys) return;
    a->keys_count = 1;
    expect_map(u, 2);
    expect_key(u, &last, "key");
    unpack_fixed(u, a->keys->key.b, 32);
    expect_key(u, &last, "reason");
    a->reason = (uint16_t)unpack_uint(u, UINT16_MAX);
}

static void rule_read(struct unpack *u, struct act *a) {
    struct span last = SPAN_EMPTY;
    expect_map(u, 2);
    expect_key(u, &last, "action");
    a->action = (uint8_t)unpack_uint(u, FLOW_MARK);
    expect_key(u, &last, "rule");
    a->rule = (uint8_t)unpack_uint(u, FLOW_RULE_LAST);
    if (a->action == 0 || a->rule == 0) unpack_fail(u, ERR_ACT_FORM);
}

/* SPEC A11: "The text is its own canonical text." */
static void party_read(struct unpack *u, struct act *a) {
    struct span last = SPAN_EMPTY;
    struct buffer again CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    expect_map(u, 2);
    expect_key(u, &last, "party");
    a->party = unpack_text(u, IDENTIFIER_BYTES_MAX);
    expect_key(u, &last, "subject");
    a->subject = unpack_text(u, SUBJECT_ID_BYTES_MAX);
    buffer_init(&again, IDENTIFIER_BYTES_MAX);
    if (u->err == OK && (identifier_canonical(a->party, &again, &kind) != OK || !span_equal(buffer_span(&again), a->party) ||
                         (a->subject.len > 0 && !subject_id_valid(a->subject))))
        unpack_fail(u, ERR_ACT_FORM);
}

static enum err act_read(struct span bytes, struct arena *arena, struct act *a) {
    struct unpack u;
    if (a->type == ACT_CERTIFICATE_TYPE)
        return certificate_type_decode(bytes, arena, &a->certificate_type);
    if (a->type == ACT_YIELD) return yield_decode(bytes, arena, &a->yield);
    unpack_init(&u, bytes);
    if (a->type == ACT_MEMBER_ADMITTED)
        admitted_read(&u, arena, a);
    else if (a->type == ACT_MEMBER_SUSPENDED)
        suspended_read(&u, a);
    else if (a->type == ACT_KEY_ADDED)
        key_added_read(&u, arena, a);
    else if (a->type == ACT_KEY_REVOKED)
        key_revoked_read(&u, arena, a);
    else if (a->type == ACT_RULE)
        rule_read(&u, a);
    else if (a->type == ACT_PARTY)
        party_read(&u, a);
    else
        return ERR_ACT_FORM;
    enum err e = unpack_end(&u);
    if (e == OK && a->type <= ACT_KEY_ADDED && !subject_id_valid(a->subject))
        e = ERR_RECORD_SUBJECT;
    return e;
}

static void approvals_read(struct unpack *u, const struct pubkey *own_key, struct arena *arena,
                           struct act *a) {
    a->approvals_count = unpack_array(u, ACT_APPROVALS_MAX);
    a->approvals = arena_alloc(arena, a->approvals_count + 1, sizeof *a->approvals);
    if (!a->approvals) {
        unpack_fail(u, ERR_TOO_LARGE);
        return;
    }
    for (uint32_t i = 0; i < a->approvals_count; i++) {
        struct approval *at = &a->approvals[i];
        if (!codec_read(&approval_type, u, NULL, at)) return;
        /* SPEC A1: "approvals are sorted by public key, each key once, the record's own key not
         * among them" */
        bool rising = i == 0 || memcmp(a->approvals[i - 1].key.b, at->key.b, 32) < 0;
        if (!rising || pubkey_equal(&at->key, own_key)) unpack_fail(u, ERR_ACT_APPROVALS);
    }
}

enum err act_decode(const struct item *item, const struct pubkey *own_key, struct arena *arena,
                    struct act *ret) {
    struct act a = {.type = item->type};
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (item->things_count != 0) return ERR_ACT_FORM;
    unpack_init(&u, item->fields);
    expect_map(&u, 2);
    expect_key(&u, &last, "act");
    a.bytes = unpack_value(&u);
    expect_key(&u, &last, "approvals");
    approvals_read(&u, own_key, arena, &a);
    enum err e = unpack_end(&u);
    if (e == OK) e = act_read(a.bytes, arena, &a);
    if (e == OK) *ret = a;
    return e;
}

void act_signed_bytes(const struct digest *chain_id, uint8_t type, uint64_t created_ms,
                      uint64_t nonce, struct span act, struct buffer *out) {
    struct digest d = sha256(act);
    buffer_append(out, chain_id->b, 32);
    buffer_u8(out, type);
    buffer_u64(out, created_ms);
    buffer_u64(out, nonce);
    buffer_append(out, d.b, 32);
}

enum { ACT_SIGNED_BYTES = 32 + 1 + 8 + 8 + 32 };

struct digest act_digest(const struct digest *chain_id, uint8_t type, uint64_t created_ms,
                         uint64_t nonce, struct span act) {
    struct buffer message CLEANUP(buffer_free) = {0};
    buffer_init(&message, ACT_SIGNED_BYTES);
    act_signed_bytes(chain_id, type, created_ms, nonce, act, &message);
    struct span part = buffer_span(&message);
    return sha256_tagged("suyuan/act/v1", &part, 1);
}

void act_approve(const struct keypair *keys, const struct digest *chain_id, uint8_t type,
                 uint64_t created_ms, uint64_t nonce, struct span act, struct approval *ret) {
    struct buffer message CLEANUP(buffer_free) = {0};
    buffer_init(&message, ACT_SIGNED_BYTES);
    act_signed_bytes(chain_id, type, created_ms, nonce, act, &message);
    ret->key = keys->public_key;
    sign(keys, "suyuan/approval/v1", buffer_span(&message), &ret->signature);
}

bool act_approval_check(const struct approval *a, const struct digest *chain_id, uint8_t type,
                        uint64_t created_ms, uint64_t nonce, struct span act) {
    struct buffer message CLEANUP(buffer_free) = {0};
    buffer_init(&message, ACT_SIGNED_BYTES);
    act_signed_bytes(chain_id, type, created_ms, nonce, act, &message);
    return verify(&a->key, "suyuan/approval/v1", buffer_span(&message), &a->signature);
}

static void pack_key(struct buffer *out, const char *name) {
    pack_text(out, span_text(name));
}

static void pack_pubkey(struct buffer *out, const struct pubkey *key) {
    pack_bytes(out, span_of(key->b, sizeof key->b));
}

static void admitted_encode(const struct act *a, struct buffer *out) {
    pack_map(out, 5);
    pack_key(out, "division");
    pack_text(out, a->division);
    pack_key(out, "keys");
    pack_array(out, a->keys_count);
    for (uint32_t i = 0; i < a->keys_count; i++)
        codec_encode(&member_key_type, &a->keys[i], out);
    pack_key(out, "name");
    pack_text(out, a->name);
    pack_key(out, "roles");
    pack_uint(out, a->roles);
    pack_key(out, "subject");
    pack_text(out, a->subject);
}

static void key_added_encode(const struct act *a, struct buffer *out) {
    pack_map(out, 4);
    pack_key(out, "from");
    pack_uint(out, a->keys->from_ms);
    pack_key(out, "key");
    pack_pubkey(out, &a->keys->key);
    pack_key(out, "subject");
    pack_text(out, a->subject);
    pack_key(out, "until");
    pack_uint(out, a->keys->until_ms);
}

void act_encode(const struct act *act, struct buffer *out) {
    switch ((enum act_type)act->type) {
    case ACT_MEMBER_ADMITTED:
        admitted_encode(act, out);
        return;
    case ACT_MEMBER_SUSPENDED:
        pack_map(out, 2);
        pack_key(out, "reason");
        pack_uint(out, act->reason);
        pack_key(out, "subject");
        pack_text(out, act->subject);
        return;
    case ACT_KEY_ADDED:
        CHECK(act->keys_count == 1);
        key_added_encode(act, out);
        return;
    case ACT_KEY_REVOKED:
        CHECK(act->keys_count == 1);
        pack_map(out, 2);
        pack_key(out, "key");
        pack_pubkey(out, &act->keys->key);
        pack_key(out, "reason");
        pack_uint(out, act->reason);
        return;
    case ACT_CERTIFICATE_TYPE:
        certificate_type_encode(&act->certificate_type, out);
        return;
    case ACT_RULE:
        pack_map(out, 2);
        pack_key(out, "action");
        pack_uint(out, act->action);
        pack_key(out, "rule");
        pack_uint(out, act->rule);
        return;
    case ACT_PARTY:
        pack_map(out, 2);
        pack_key(out, "party");
        pack_text(out, act->party);
        pack_key(out, "subject");
        pack_text(out, act->subject);
        return;
    case ACT_YIELD:
        yield_encode(&act->yield, out);
        return;
    case ACT_TYPE_MAX:
        break;
    }
    check_failed(__FILE__, __LINE__, "an act of a known type");
}

static int approval_compare(const void *a, const void *b) {
    const struct approval *x = a, *y = b;
    return memcmp(x->key.b, y->key.b, 32);
}

void act_fields(struct span act_bytes, const struct approval approvals[], uint32_t count,
                struct buffer *out) {
    struct approval sorted[ACT_APPROVALS_MAX];
    CHECK(count <= ACT_APPROVALS_MAX);
    if (count > 0) memcpy(sorted, approvals, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, approval_compare);
    pack_map(out, 2);
    pack_key(out, "act");
    pack_raw(out, act_bytes);
    pack_key(out, "approvals");
    pack_array(out, count);
    for (uint32_t i = 0; i < count; i++)
        codec_encode(&approval_type, &sorted[i], out);
}
