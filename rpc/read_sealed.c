/* read_sealed.c: what opens hidden values, over HTTP (docs/spec.md section U). Who may put something here is read from the ledger each time:
 * the record, its signer, its hidden values, what of it is deleted, whose keys are valid. So it does not matter who brings it.
 * The path is /v1/records/{id}/sealed/{tier}/.... */
#include "rpc/handlers.h"
#include "storage/sealed.h"
#include "trace/deletion.h"
#include "trace/hidden.h"

enum { AT_ID, AT_TIER, AT_BODY };

/* A record that was accepted. Its bytes are in `wire`. */
struct sealed_record {
    struct buffer wire;
    struct record record;
    uint8_t hidden, deleted; /* deletion_bit of each tier */
    struct sealed_of of;
};

static void sealed_record_free(struct sealed_record *s) {
    buffer_free(&s->wire);
}

static enum err record_find(struct view *v, struct sealed_record *ret) {
    struct digest wire_id;
    struct record_place place;
    if (v->host->sealed == NULL) return ERR_SEALED_DISABLED;
    v->unkept = true; /* what is deleted here is then nowhere on the way either */
    enum err e = find_record(v, &v->arguments[AT_ID].digest, &wire_id, &place);
    if (e != OK) return e;
    /* SPEC U7: "only of an accepted record of its ledger" */
    if (place.log_index == LOG_INDEX_NONE) return ERR_RPC_NOT_FOUND;
    buffer_init(&ret->wire, RECORD_BYTES_MAX);
    e = load_record(v, place.height, place.index, &ret->wire, &ret->record);
    if (e != OK) return e;
    for (uint32_t i = 0; i < ret->record.header.item_count; i++)
        ret->hidden |= hidden_tiers(ret->record.items[i].fields);
    ret->deleted = query_deleted(v->snapshot.reader, &wire_id, ret->record.header.subject);
    ret->of = (struct sealed_of){&v->host->genesis->chain_id, wire_id, TIER_PUBLIC};
    return OK;
}

/* The same with the tier that was asked for, which the record hides and nobody deleted. */
static enum err tier_find(struct view *v, struct sealed_record *ret) {
    enum err e = record_find(v, ret);
    if (e != OK) return e;
    ret->of.tier = (enum item_tier)v->arguments[AT_TIER].number;
    if ((ret->hidden & deletion_bit(ret->of.tier)) == 0) return ERR_SEALED_NONE;
    return ret->deleted & deletion_bit(ret->of.tier) ? ERR_SEALED_DELETED : OK;
}

static uint64_t wall_ms(const struct view *v) {
    struct host_status s = {0};
    v->host->ops->status(v->host->self, &s);
    return s.now_ms;
}

/* SPEC U5: "a key that is active and valid now, of an active member: of tier 1 whoever the record's signer wraps for, of tier 2 a member with
 * the role authority or the record's subject" */
static bool entitled(struct view *v, const struct sealed_record *s, const struct pubkey *recipient) {
    struct buffer CLEANUP(buffer_free) key_bytes = {0};
    struct buffer CLEANUP(buffer_free) member_bytes = {0};
    struct key_value key;
    struct member_value member;
    uint64_t now = wall_ms(v);
    buffer_init(&key_bytes, STATUS_VALUE_BYTES_MAX);
    buffer_init(&member_bytes, STATUS_VALUE_BYTES_MAX);
    if (query_key(v->snapshot.reader, recipient, &key_bytes, &key) != OK || key.state != STATE_ACTIVE || key.from_ms > now ||
        (key.until_ms != 0 && key.until_ms <= now) ||
        query_member(v->snapshot.reader, key.subject, &member_bytes, &member) != OK || member.state != STATE_ACTIVE)
        return false;
    return s->of.tier == TIER_PARTNER || (member.roles & MEMBER_AUTHORITY) != 0 || span_equal(key.subject, s->record.header.subject);
}

static enum err put_list(struct view *v, const struct sealed_record *s) {
    struct sealed_held held[3];
    struct emit j;
    enum err e = sealed_held(v->host->sealed, &s->of.wire_id, held);
    if (e != OK) return e;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_digest(&j, "leaf", &s->of.wire_id);
    emit_key_text(&j, "subject", s->record.header.subject);
    emit_key(&j, "tiers");
    emit_list(&j);
    for (unsigned tier = TIER_PARTNER; tier <= TIER_DELETABLE; tier++) {
        uint8_t bit = deletion_bit((enum item_tier)tier);
        if ((s->hidden & bit) == 0) continue;
        emit_object(&j);
        emit_key_uint(&j, "tier", tier);
        emit_key_bool(&j, "deleted", (s->deleted & bit) != 0);
        emit_key_bool(&j, "held", held[tier - 1].file && (s->deleted & bit) == 0);
        emit_key_uint(&j, "bytes", held[tier - 1].bytes);
        emit_key_uint(&j, "keys", held[tier - 1].keys);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

enum err read_sealed_list(struct view *v) {
    struct sealed_record s CLEANUP(sealed_record_free) = {.hidden = 0};
    enum err e = record_find(v, &s);
    return e != OK ? e : put_list(v, &s);
}

enum err read_sealed(struct view *v) {
    struct sealed_record s CLEANUP(sealed_record_free) = {.hidden = 0};
    enum err e = tier_find(v, &s);
    return e != OK ? e : sealed_get(v->host->sealed, &s.of, v->out);
}

enum err write_sealed(struct view *v) {
    struct sealed_record s CLEANUP(sealed_record_free) = {.hidden = 0};
    struct sealed_file file;
    struct span body = v->arguments[AT_BODY].text;
    enum err e = tier_find(v, &s);
    if (e == OK) e = sealed_file_check(body, &s.of, &s.record.header.key, &file);
    if (e == OK) e = sealed_put(v->host->sealed, &s.of, body, v->head.log.size);
    return e != OK ? e : put_list(v, &s);
}

enum err write_sealed_keys(struct view *v) {
    struct sealed_record s CLEANUP(sealed_record_free) = {.hidden = 0};
    struct sealed_keys keys;
    enum err e = tier_find(v, &s);
    if (e == OK) e = sealed_keys_check(v->arguments[AT_BODY].text, &s.of, &s.record.header.key, &keys);
    for (uint32_t i = 0; e == OK && s.of.tier != TIER_DELETABLE && i < keys.count; i++)
        if (!entitled(v, &s, &keys.wraps[i].recipient)) e = refusal_set(&v->refusal, ERR_SEALED_RECIPIENT, "keys[%u]", i);
    if (e == OK) e = sealed_put_keys(v->host->sealed, &s.of, &keys, v->head.log.size);
    return e != OK ? e : put_list(v, &s);
}

static enum err put_key(struct view *v, const struct sealed_record *s, const struct pubkey *recipient) {
    uint8_t secret[SEALED_SECRET_BYTES_MAX];
    size_t len;
    struct emit j;
    enum err e = sealed_get_key(v->host->sealed, &s->of, recipient, secret, &len);
    if (e != OK) return e;
    emit_begin(&j, v->out);
    emit_object(&j);
    emit_key_digest(&j, "leaf", &s->of.wire_id);
    emit_key_uint(&j, "tier", s->of.tier);
    emit_key_base64(&j, "secret", span_of(secret, len));
    emit_object_end(&j);
    emit_end(&j);
    secret_wipe(secret, sizeof secret);
    return OK;
}

/* SPEC U5: "The key of tier 3 is handed to anyone." */
enum err read_sealed_key(struct view *v) {
    static const struct pubkey nobody = {{0}};
    struct sealed_record s CLEANUP(sealed_record_free) = {.hidden = 0};
    enum err e = tier_find(v, &s);
    if (e == OK && s.of.tier != TIER_DELETABLE) e = ERR_SEALED_RECIPIENT;
    return e != OK ? e : put_key(v, &s, &nobody);
}

enum err read_sealed_wrap(struct view *v) {
    struct sealed_record s CLEANUP(sealed_record_free) = {.hidden = 0};
    struct sealed_request request;
    enum err e = tier_find(v, &s);
    if (e == OK) e = sealed_request_check(v->arguments[AT_BODY].text, &s.of, wall_ms(v), &request);
    if (e == OK && (s.of.tier == TIER_DELETABLE || !entitled(v, &s, &request.recipient))) e = ERR_SEALED_RECIPIENT;
    return e != OK ? e : put_key(v, &s, &request.recipient);
}
