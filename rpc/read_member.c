#include "rpc/handlers.h"

enum { KEYS_ANSWERED_MAX = 256 };

static void put_key(struct emit *j, const struct pubkey *key, const struct key_value *value) {
    emit_object(j);
    emit_key_hex(j, "key", span_of(key->b, sizeof key->b));
    emit_key_text(j, "subject", value->subject);
    emit_key_string(j, "state", value->state == STATE_ACTIVE ? "active" : "revoked");
    emit_key_uint(j, "from_ms", value->from_ms);
    emit_key_uint(j, "until_ms", value->until_ms);
    emit_key_uint(j, "since_height", value->since_height);
    emit_key_uint(j, "reason", value->reason);
    emit_object_end(j);
}

static void put_member(struct emit *j, struct span subject, const struct member_value *value) {
    emit_object(j);
    emit_key_text(j, "subject", subject);
    emit_key_text(j, "name", value->name);
    emit_key(j, "roles");
    emit_list(j);
    for (uint32_t bit = 1; bit <= MEMBER_ROLES_ALL; bit <<= 1)
        if ((value->roles & bit) != 0 && role_name(bit, LANG_EN) != NULL)
            emit_text(j, span_text(role_name(bit, LANG_EN)));
    emit_list_end(j);
    emit_key_text(j, "division", value->division);
    emit_key_string(j, "state", value->state == STATE_ACTIVE ? "active" : "suspended");
    emit_key_uint(j, "since_height", value->since_height);
    emit_key_uint(j, "reason", value->reason);
    emit_object_end(j);
}

static void put_keys(struct view *v, struct emit *j, struct span subject) {
    struct pubkey keys[KEYS_ANSWERED_MAX];
    uint32_t n = query_member_keys(v->snapshot.reader, subject, NULL, KEYS_ANSWERED_MAX, keys);
    struct buffer value;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    emit_key(j, "keys");
    emit_list(j);
    for (uint32_t i = 0; i < n; i++) {
        struct key_value key;
        if (query_key(v->snapshot.reader, &keys[i], &value, &key) == OK) put_key(j, &keys[i], &key);
    }
    emit_list_end(j);
    buffer_free(&value);
}

enum err read_member(struct view *v) {
    struct span subject = v->arguments[0].text;
    struct buffer value;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct member_value member;
    if (query_member(v->snapshot.reader, subject, &value, &member) != OK) {
        buffer_free(&value);
        return ERR_RPC_NOT_FOUND;
    }
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "member");
    put_member(&j, subject, &member);
    put_keys(v, &j, subject);
    emit_object_end(&j);
    emit_end(&j);
    buffer_free(&value);
    return OK;
}

enum err read_member_list(struct view *v) {
    uint32_t limit = v->arguments[1].given ? (uint32_t)v->arguments[1].number : 100;
    struct span *subjects = arena_alloc(v->arena, limit + 1, sizeof *subjects);
    if (subjects == NULL) return ERR_RPC_ANSWER_SIZE;
    uint32_t n = query_members(v->snapshot.reader, v->arguments[0].text, limit + 1, v->arena, subjects);
    struct buffer value;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "members");
    emit_list(&j);
    for (uint32_t i = 0; i < n && i < limit; i++) {
        struct member_value member;
        if (query_member(v->snapshot.reader, subjects[i], &value, &member) == OK)
            put_member(&j, subjects[i], &member);
    }
    emit_list_end(&j);
    if (n > limit) emit_key_text(&j, "next", subjects[limit - 1]);
    emit_object_end(&j);
    emit_end(&j);
    buffer_free(&value);
    return OK;
}

enum err read_key(struct view *v) {
    struct pubkey key;
    for (size_t i = 0; i < sizeof key.b; i++)
        key.b[i] = v->arguments[0].digest.b[i];
    struct buffer value;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct key_value found;
    if (query_key(v->snapshot.reader, &key, &value, &found) != OK) {
        buffer_free(&value);
        return ERR_RPC_NOT_FOUND;
    }
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "key");
    put_key(&j, &key, &found);
    emit_object_end(&j);
    emit_end(&j);
    buffer_free(&value);
    return OK;
}

enum err read_party(struct view *v) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct party_value party = {.subject = SPAN_EMPTY};
    struct span canonical;
    struct emit j;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e != OK) return e;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    (void)(query_party(v->snapshot.reader, canonical, &value, &party) == OK);
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "identifier", v->arguments[0].text);
    emit_key_text(&j, "canonical", canonical);
    emit_key_text(&j, "subject", party.subject);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}
