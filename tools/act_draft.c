#include "tools/act_draft.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "tools/map.h"

static struct span keep(struct tool *t, const struct buffer *b) {
    struct span copy = arena_copy(&t->arena, buffer_span(b));
    CHECK(!b->overflow && copy.data != NULL);
    return copy;
}

void act_draft_make(struct tool *t, const struct digest *chain_id, const struct act *act,
                    struct act_draft *ret) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    *ret = (struct act_draft){.chain_id = *chain_id, .type = act->type, .created_ms = now_ms()};
    random_bytes(&ret->nonce, sizeof ret->nonce);
    ret->nonce >>= 11; /* JSON keeps whole numbers below 2^53 */
    buffer_init(&bytes, ACT_DRAFT_BYTES_MAX);
    act_encode(act, &bytes);
    ret->act = keep(t, &bytes);
}

static bool approval_read(struct span entry, struct approval *a) {
    struct digest key;
    struct span text = map_text(entry, "signature");
    if (!map_digest(entry, "key", &key)) return false;
    for (size_t i = 0; i < sizeof key.b; i++)
        a->key.b[i] = key.b[i];
    return text.len == 128 && hex_decode((const char *)text.data, text.len, a->signature.b,
                                         sizeof a->signature.b) == OK;
}

static bool act_read(struct tool *t, struct span text, struct span *ret) {
    uint8_t *bytes = arena_alloc(&t->arena, text.len + 4, 1);
    size_t len = 0;
    if (bytes == NULL || !base64_decode(text, bytes, text.len + 4, &len)) return false;
    *ret = span_of(bytes, len);
    return value_check(*ret) == OK;
}

static enum err draft_read(struct tool *t, struct span v, struct act_draft *d,
                           const char **ret_where) {
    struct span entry;
    *ret_where = "chain_id";
    if (!map_digest(v, "chain_id", &d->chain_id)) return ERR_HEX;
    *ret_where = "type";
    if (map_uint(v, "type") < ACT_MEMBER_ADMITTED || map_uint(v, "type") > ACT_TYPE_MAX)
        return ERR_ACT_FORM;
    d->type = (uint8_t)map_uint(v, "type");
    d->created_ms = map_uint(v, "created_ms");
    d->nonce = map_uint(v, "nonce");
    *ret_where = "act";
    if (!act_read(t, map_text(v, "act"), &d->act)) return ERR_ACT_FORM;
    *ret_where = "approvals";
    for (struct list l = list_open(map_get(v, "approvals")); list_next(&l, &entry);) {
        struct approval *a = &d->approvals[d->approvals_count];
        if (d->approvals_count == ACT_APPROVALS_MAX || !approval_read(entry, a))
            return ERR_ACT_APPROVALS;
        if (!act_approval_check(a, &d->chain_id, d->type, d->created_ms, d->nonce, d->act))
            return ERR_SIGNATURE;
        for (uint32_t i = 0; i < d->approvals_count; i++)
            if (pubkey_equal(&d->approvals[i].key, &a->key)) return ERR_ACT_APPROVALS;
        d->approvals_count++;
    }
    return OK;
}

int act_draft_read(struct tool *t, const char *path, struct act_draft *ret) {
    struct buffer text CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct refusal refusal;
    const char *where = "";
    *ret = (struct act_draft){.type = 0};
    buffer_init(&text, ACT_DRAFT_BYTES_MAX);
    buffer_init(&value, ACT_DRAFT_BYTES_MAX);
    int code = file_read(t, path, &text);
    if (code) return code;
    enum err e = json_parse(buffer_span(&text), &value, &refusal);
    if (e == OK) {
        e = draft_read(t, buffer_span(&value), ret, &where);
        (void)refusal_set(&refusal, e, "%s", where);
    }
    return e ? fail_refusal(t, EXIT_REFUSED, "help member approve", path, &refusal) : EXIT_OK;
}

int act_draft_write(struct tool *t, const char *path, const struct act_draft *d) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct emit j;
    buffer_init(&out, ACT_DRAFT_BYTES_MAX);
    emit_begin(&j, &out);
    emit_object(&j);
    emit_key_digest(&j, "chain_id", &d->chain_id);
    emit_key_uint(&j, "type", d->type);
    emit_key_uint(&j, "created_ms", d->created_ms);
    emit_key_uint(&j, "nonce", d->nonce);
    emit_key_base64(&j, "act", d->act);
    emit_key(&j, "approvals");
    emit_list(&j);
    for (uint32_t i = 0; i < d->approvals_count; i++) {
        emit_object(&j);
        emit_key_hex(&j, "key", span_of(d->approvals[i].key.b, 32));
        emit_key_hex(&j, "signature", span_of(d->approvals[i].signature.b, 64));
        emit_object_end(&j);
    }
    emit_list_end(&j);
    emit_object_end(&j);
    emit_end(&j);
    buffer_u8(&out, '\n');
    CHECK(!out.overflow);
    return file_write(t, path, buffer_span(&out));
}

void act_draft_item(struct tool *t, const struct act_draft *d, const struct pubkey *own,
                    struct item *ret) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct approval others[ACT_APPROVALS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < d->approvals_count; i++)
        if (!pubkey_equal(&d->approvals[i].key, own)) others[count++] = d->approvals[i];
    buffer_init(&fields, ACT_DRAFT_BYTES_MAX);
    act_fields(d->act, others, count, &fields);
    *ret = (struct item){.type = d->type, .fields = keep(t, &fields)};
}

static void keys_print(struct tool *t, const struct act *act) {
    for (uint32_t i = 0; i < act->keys_count; i++) {
        const struct member_key *k = &act->keys[i];
        say(t, "  公钥      %s\n", "  key       %s\n", hex_text(t, k->key.b));
        if (k->from_ms) say(t, "  生效      %s\n", "  from      %s\n", time_text(t, k->from_ms));
        if (k->until_ms) say(t, "  失效      %s\n", "  until     %s\n", time_text(t, k->until_ms));
    }
}

static const char *title(const struct tool *t, uint8_t type) {
    switch ((enum act_type)type) {
    case ACT_MEMBER_ADMITTED:
        return tr(t, "接纳成员", "admit a member");
    case ACT_MEMBER_SUSPENDED:
        return tr(t, "暂停成员", "suspend a member");
    case ACT_KEY_ADDED:
        return tr(t, "登记公钥", "add a key");
    case ACT_KEY_REVOKED:
        return tr(t, "吊销公钥", "revoke a key");
    case ACT_TYPE_MAX:
        break;
    }
    return "?";
}

void act_print(struct tool *t, const struct act *act) {
    printf("%s%s%s\n", paint(t, PAINT_STRONG), title(t, act->type), paint(t, PAINT_PLAIN));
    if (act->subject.len) say(t, "  主体      %s\n", "  subject   %s\n", shown(t, act->subject));
    if (act->type == ACT_MEMBER_ADMITTED) {
        say(t, "  名称      %s\n  区划      %s\n  角色     ",
            "  name      %s\n  division  %s\n  roles    ", shown(t, act->name),
            shown(t, act->division));
        for (uint32_t bit = 1; bit <= MEMBER_ROLES_ALL; bit <<= 1)
            if (act->roles & bit) printf(" %s", role_name(bit, t->lang));
        printf("\n");
    }
    keys_print(t, act);
    if (act->type == ACT_MEMBER_SUSPENDED || act->type == ACT_KEY_REVOKED)
        say(t, "  原因      %u\n", "  reason    %u\n", act->reason);
}

bool act_draft_print(struct tool *t, const struct act_draft *d) {
    static const struct pubkey none = {{0}};
    struct item item;
    struct act act;
    act_draft_item(t, d, &none, &item);
    if (act_decode(&item, &none, &t->arena, &act) != OK) return false;
    act_print(t, &act);
    say(t, "  链编号    %s\n  拟定      %s\n  批准      %u 项\n",
        "  chain id  %s\n  drafted   %s\n  approvals %u\n", hex_text(t, d->chain_id.b),
        time_text(t, d->created_ms), d->approvals_count);
    return true;
}
