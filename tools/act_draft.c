#include "tools/act_draft.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/json.h"
#include "ledger/flow.h"
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
    case ACT_CERTIFICATE_TYPE:
        return tr(t, "设定证书类型", "set a certificate type");
    case ACT_RULE:
        return tr(t, "设定流转规则的处置", "set what a flow rule does");
    case ACT_PARTY:
        return tr(t, "登记收货方标识", "say whom a party identifier stands for");
    case ACT_YIELD:
        return tr(t, "设定得率", "set a yield");
    case ACT_TYPE_MAX:
        break;
    }
    return "?";
}

static void field_print(struct tool *t, const struct certificate_field *f) {
    static const char *const zh[] = {"?", "文本", "整数", "数", "日期", "摘要", "选项", "多选", "多条文本"},
                            *const en[] = {"?",      "text",   "integer", "number", "date",
                                           "digest", "choice", "choices", "texts"};
    say(t, "  字段      %s：%s／%s，%s", "  field     %s: %s / %s, %s", shown(t, f->name), shown(t, f->label_zh),
        shown(t, f->label_en), tr(t, zh[f->kind], en[f->kind]));
    if (f->flags & CERTIFICATE_MANDATORY) printf("%s", tr(t, "，必填", ", mandatory"));
    if (f->flags & CERTIFICATE_HIDDEN) printf("%s", tr(t, "，隐藏", ", hidden"));
    for (uint32_t i = 0; i < f->choices_count; i++)
        printf("%s%s", i ? " | " : ": ", shown(t, f->choices[i]));
    printf("\n");
}

/* All of it: what is signed is what was read. */
void certificate_type_print(struct tool *t, const struct certificate_type *c) {
    static const char *const own_zh[] = {"任何人的", "只限自己的", "只限他人的"},
                            *const own_en[] = {"anyone's", "only the issuer's own", "only those of others"},
                            *const up_zh[] = {"不得引用", "可以引用", "必须引用"},
                            *const up_en[] = {"never", "may be named", "must be named"},
                            *const kinds_zh[] = {"单品", "批次", "产品", "地点", "单据", "其他"},
                            *const kinds_en[] = {"item", "lot", "product", "location", "document", "other"};
    say(t, "  类型      %s\n  名称      %s／%s\n", "  type      %s\n  titles    %s / %s\n", shown(t, c->type),
        shown(t, c->title_zh), shown(t, c->title_en));
    say(t, "  状态      %s\n", "  state     %s\n", c->retired ? tr(t, "停用", "retired") : tr(t, "启用", "in use"));
    printf("%s", tr(t, "  签发角色 ", "  roles    "));
    for (uint32_t bit = 1; bit <= MEMBER_ROLES_ALL; bit <<= 1)
        if (c->roles & bit) printf(" %s", role_name(bit, t->lang));
    printf("\n");
    for (uint32_t i = 0; i < c->issuers_count; i++)
        say(t, "  签发者    %s\n", "  issuer    %s\n", shown(t, c->issuers[i]));
    say(t, "  货物      %s\n", "  goods     %s\n", tr(t, own_zh[c->own], own_en[c->own]));
    printf("%s", tr(t, "  标的     ", "  covers   "));
    for (uint32_t k = 0; k <= IDENTIFIER_OTHER; k++)
        if (c->covers & 1u << k) printf(" %s", tr(t, kinds_zh[k], kinds_en[k]));
    say(t, "，%u 至 %u 个\n", ", %u to %u\n", c->things_min, c->things_max);
    say(t, "  数量      %s\n", "  quantity  %s\n",
        c->quota ? tr(t, "不超过生产记录", "at most what was produced") : tr(t, "不限", "any"));
    say(t, "  上游证书  %s\n", "  upstream  %s\n", tr(t, up_zh[c->upstream], up_en[c->upstream]));
    if (c->upstream_field.len > 0)
        say(t, "            %s = %s 时必须引用\n", "            must be named when %s = %s\n",
            shown(t, c->upstream_field), shown(t, c->upstream_choice));
    uint64_t day = 24 * 3600 * 1000, days = c->validity_ms / day, rest = c->validity_ms % day;
    if (c->validity_ms > 0 && rest == 0)
        say(t, "  最长有效  %" PRIu64 " 天\n", "  validity  %" PRIu64 " days at most\n", days);
    if (rest > 0) say(t, "  最长有效  %" PRIu64 " 毫秒\n", "  validity  %" PRIu64 " ms at most\n", c->validity_ms);
    for (uint32_t i = 0; i < c->fields_count; i++)
        field_print(t, &c->fields[i]);
}

static const char *unit_text(struct tool *t, struct span unit) {
    return unit.len > 0 ? shown(t, unit) : tr(t, "件", "pieces");
}

static void flow_print(struct tool *t, const struct act *act) {
    if (act->type == ACT_RULE)
        say(t, "  规则      %u %s\n  处置      %s\n", "  rule      %u %s\n  action    %s\n", act->rule,
            tr(t, flow_word((enum flow_rule)act->rule)->zh, flow_word((enum flow_rule)act->rule)->en),
            act->action == FLOW_REFUSE ? tr(t, "拒绝", "refuse") : tr(t, "标记存疑", "mark as disputed"));
    if (act->type == ACT_PARTY) say(t, "  标识      %s\n", "  party     %s\n", shown(t, act->party));
    if (act->type != ACT_YIELD) return;
    say(t, "  产品      %s\n", "  product   %s\n", shown(t, act->yield.product));
    for (uint32_t i = 0; i < act->yield.inputs_count; i++) {
        const struct yield_input *in = &act->yield.inputs[i];
        say(t, "  投入      %s，每 1 %s 至多产出 %" PRIu64 ".%06" PRIu64 " %s\n",
            "  input     %s, of 1 %s at most %" PRIu64 ".%06" PRIu64 " %s\n", shown(t, in->product),
            unit_text(t, in->unit), in->micro / 1000000, in->micro % 1000000, unit_text(t, in->unit_out));
    }
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
    if (act->type == ACT_CERTIFICATE_TYPE) certificate_type_print(t, &act->certificate_type);
    keys_print(t, act);
    flow_print(t, act);
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
