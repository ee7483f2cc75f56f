#include "tools/statement.h"

#include <inttypes.h>

#include "base/limits.h"
#include "ledger/flow.h"
#include "tools/act_draft.h"
#include "tools/opened.h"
#include "tools/timeline.h"
#include "tools/words.h"

static bool value_decode(const struct statement_status *s, const struct type *type, void *ret) {
    return s != NULL && s->exists && codec_decode(type, s->value, NULL, ret) == OK;
}

/* "山福杨梅专业合作社 (lucheng.shanfu-yangmei)" */
static const char *member_shown(struct tool *t, const struct statement *s, struct span subject) {
    struct member_value m;
    if (!value_decode(statement_find(s, STATUS_MEMBER, subject), &member_value_type, &m))
        return shown(t, subject);
    return format(t, "%s (%s)", shown(t, m.name), shown(t, subject));
}

static const char *judged(struct tool *t, bool good, const char *zh, const char *en) {
    return format(t, "%s%s%s", paint(t, good ? PAINT_GOOD : PAINT_BAD), tr(t, zh, en),
                  paint(t, PAINT_PLAIN));
}

static void member_print(struct tool *t, const struct statement_status *s) {
    struct member_value m;
    if (!value_decode(s, &member_value_type, &m)) {
        printf("  %s  %s\n", shown(t, s->subject), judged(t, false, "不是成员", "is not a member"));
        return;
    }
    bool active = m.state == STATE_ACTIVE;
    printf("  %s (%s)  %s\n", shown(t, m.name), shown(t, s->subject),
           active ? judged(t, true, "有效成员", "active member")
                  : judged(t, false, "成员资格已暂停", "member, suspended"));
    if (!active)
        say(t, "    自高度 %" PRIu64 " 起，原因 %u\n", "    since height %" PRIu64 ", reason %u\n",
            m.since_height, m.reason);
}

static void key_print(struct tool *t, const struct statement_status *s) {
    struct key_value k;
    const char *key = s->subject.len == 32 ? hex_text(t, s->subject.data) : "?";
    if (!value_decode(s, &key_value_type, &k)) {
        printf("  %s  %s\n", key, judged(t, false, "公钥未登记", "is not a registered key"));
        return;
    }
    bool active = k.state == STATE_ACTIVE;
    say(t, "  公钥 %s  %s\n", "  key %s  %s\n", key,
        active ? judged(t, true, "有效", "valid") : judged(t, false, "已吊销", "revoked"));
    if (!active)
        say(t, "    自高度 %" PRIu64 " 起，原因 %u\n", "    since height %" PRIu64 ", reason %u\n",
            k.since_height, k.reason);
    if (k.until_ms != 0) say(t, "    有效期至 %s\n", "    until %s\n", time_text(t, k.until_ms));
}

/* What the events of a thing do not agree about, by rule; bad news is never softer than good news. */
static void marks_print(struct tool *t, uint8_t marks) {
    static const char *const zh[] = {"交出者并不持有，或有两方持有", "接收者并非发运者所指定", "销毁之后仍有事件", "召回之后才补报的使用或发运",
                                     "用出量超过制造量", "产出超过得率", "事件时间先后矛盾"},
                            *const en[] = {"handed over by who did not hold it, or held by two",
                                           "received by who was not named",
                                           "events after it was destroyed",
                                           "used or shipped, told only after the recall",
                                           "more given away than made",
                                           "more made than its inputs yield",
                                           "events out of the order of their times"};
    for (uint32_t i = 0; i < FLOW_RULE_LAST; i++)
        if (marks & 1u << i) printf("    %s  %s\n", judged(t, false, "存疑", "disputed"), tr(t, zh[i], en[i]));
}

static void recalls_print(struct tool *t, const struct flow *f) {
    for (uint32_t i = 0; i < f->recalls_count; i++)
        say(t, "    %s  %s，%s 起\n", "    %s  %s, since %s\n", judged(t, false, "已被召回", "RECALLED"), shown(t, f->recalls[i].recall),
            time_text(t, f->recalls[i].ms));
}

static void flow_print(struct tool *t, const struct flow *f) {
    struct span holder;
    recalls_print(t, f);
    marks_print(t, f->marks);
    if (f->maker.len > 0) say(t, "    制造者 %s\n", "    made by %s\n", shown(t, f->maker));
    if (flow_single_holder(f, &holder)) say(t, "    现由 %s 持有\n", "    held by %s\n", shown(t, holder));
    if (f->parent.len > 0) say(t, "    在 %s 之内\n", "    inside %s\n", shown(t, f->parent));
}

static void thing_print(struct tool *t, const struct statement_status *s, struct span asked) {
    struct thing_value v;
    bool itself = span_equal(s->subject, asked);
    if (!s->exists && !itself) {
        say(t, "  %s  没有以它为名的事件\n", "  %s  no event names it itself\n",
            shown(t, s->subject));
        return;
    }
    if (!s->exists || codec_decode(&thing_value_type, s->value, &t->arena, &v) != OK) {
        printf("  %s  %s\n", shown(t, s->subject),
               judged(t, false, "账本中从未出现", "never appeared in the ledger"));
        return;
    }
    printf("  %s  %s", shown(t, s->subject),
           v.state == STATE_ACTIVE ? judged(t, true, "有效", "active")
                                   : judged(t, false, "已终结", "ended"));
    say(t, "，历史 %" PRIu64 " 条\n", ", %" PRIu64 " events\n", v.count);
    if (v.lot.len > 0 && !span_equal(v.lot, s->subject))
        say(t, "    批次 %s\n", "    lot %s\n", shown(t, v.lot));
    if (v.product.len > 0 && !span_equal(v.product, s->subject))
        say(t, "    产品 %s\n", "    product %s\n", shown(t, v.product));
    if (v.flow_count > 0) flow_print(t, v.flow);
}

/* Is the certificate of this id in force when the statement was signed? */
static const char *certificate_state(struct tool *t, const struct statement *s,
                                     const struct certificate_value *c) {
    if (c->state == STATE_REVOKED) return judged(t, false, "已吊销", "revoked");
    if (c->state == STATE_SUPERSEDED) return judged(t, false, "已被取代", "superseded");
    if (c->until_ms != 0 && c->until_ms <= s->as_of_s * 1000)
        return judged(t, false, "已过期", "expired");
    return judged(t, true, "有效", "in force");
}

static void certificate_print(struct tool *t, const struct statement *s,
                              const struct statement_status *status) {
    struct certificate_value c;
    if (!status->exists || codec_decode(&certificate_value_type, status->value, &t->arena, &c))
        printf("  %s  %s\n", shown(t, status->subject),
               judged(t, false, "证书从未签发", "no such certificate was issued"));
    else
        say(t, "  证书 %s  %s\n", "  certificate %s  %s\n", shown(t, status->subject),
            certificate_state(t, s, &c));
}

static void status_print(struct tool *t, const struct statement *s) {
    say(t, "\n此刻（该高度）的状态：\n", "\nHow things stand at that height:\n");
    for (uint32_t i = 0; i < s->statuses_count; i++) {
        const struct statement_status *status = &s->statuses[i];
        switch ((enum status_type)status->type) {
        case STATUS_MEMBER:
            member_print(t, status);
            break;
        case STATUS_KEY:
            key_print(t, status);
            break;
        case STATUS_THING:
            thing_print(t, status, s->identifier);
            break;
        case STATUS_RECORD_ID:
        case STATUS_ACT:
        case STATUS_CERTIFICATE:
            certificate_print(t, s, status);
            break;
        case STATUS_PACK:
        case STATUS_CLAIM: /* said by code_verdict */
        case STATUS_BALANCE:
        case STATUS_CERTIFICATE_TYPE:
        case STATUS_ANCHOR:
        case STATUS_DELETION:
        case STATUS_ACCOUNT:
        case STATUS_RULE:
        case STATUS_PARTY:
        case STATUS_TOLD:
        case STATUS_GROUP:
        case STATUS_LINK:
        case STATUS_RECALLED:
        case STATUS_YIELD:
        case STATUS_RECALL:
            break; /* never in a bundle of version 1 */
        }
    }
}

/* The item as the timeline wants it: its disclosed parts. */
static void act_item_print(struct tool *t, const struct item *item, const struct pubkey *key) {
    struct act act;
    if (act_decode(item, key, &t->arena, &act) == OK)
        act_print(t, &act);
    else
        timeline_fields(t, item->fields, 4);
}

static void item_print(struct tool *t, const struct statement_record *r,
                       const struct statement_item *i, const char *who, struct span about) {
    struct thing *things = arena_alloc(&t->arena, i->things_disclosed + 1, sizeof *things);
    struct item item = {.type = i->type, .fields = i->fields, .things = things};
    for (uint32_t k = 0; things != NULL && k < i->things_disclosed; k++)
        if (codec_decode(&thing_type, i->things[k].bytes, NULL, &things[item.things_count]) == OK)
            item.things_count++;
    if (i->type == ITEM_ENVELOPE) return;
    if (!i->fields_disclosed) {
        say(t, "  第 %u 项：内容未披露，摘要 %s\n", "  item %u: not disclosed, digest %s\n",
            i->index, hex_text(t, i->digest.b));
        return;
    }
    if (i->type <= ITEM_OTHER_EVENT) {
        timeline_event(t, &item, who, about);
    } else {
        act_item_print(t, &item, &r->header.key);
    }
    if (i->things_disclosed < i->things_count)
        say(t, "    所列标识披露 %u 个，共 %u 个\n",
            "    %u of the %u things it names are disclosed\n", i->things_disclosed,
            i->things_count);
}

static void records_print(struct tool *t, const struct statement *s) {
    for (uint32_t i = 0; i < s->records_count; i++) {
        const struct statement_record *r = &s->records[i];
        const char *who = member_shown(t, s, r->header.subject);
        say(t, "\n记录：日志序号 %" PRIu64 "，由 %s 签名，签名时间 %s\n",
            "\nRecord: log index %" PRIu64 ", signed by %s at %s\n", r->log_index, who,
            time_text(t, r->header.created_ms));
        for (uint32_t k = 0; k < r->items_count; k++)
            item_print(t, r, &r->items[k], who,
                       s->question == PROOF_THING ? s->identifier : SPAN_EMPTY);
    }
}

static void certificate_verdict(struct tool *t, const struct statement *s) {
    struct certificate_value c;
    const struct statement_status *status = statement_find(s, STATUS_CERTIFICATE, s->identifier);
    if (status == NULL || !status->exists || codec_decode(&certificate_value_type, status->value, &t->arena, &c)) {
        say(t, "从未签发过证书 %s。\n", "No certificate %s was ever issued.\n",
            shown(t, s->identifier));
        return;
    }
    say(t, "证书 %s：%s。\n", "Certificate %s: %s.\n", shown(t, s->identifier),
        certificate_state(t, s, &c));
    if (c.reason != 0) say(t, "  原因 %u\n", "  reason %u\n", c.reason);
    if (c.other.len > 0)
        say(t, "  由 %s 取代\n", "  superseded by %s\n", shown(t, c.other));
}

static void code_verdict(struct tool *t, const struct statement *s) {
    const struct statement_code *c = &s->code;
    const char *code = shown(t, s->identifier);
    switch (c->state) {
    case CODE_NO_PACK:
        say(t, "%s%s：没有码包 %s。\n", "%s%s: there is no code pack %s.\n", code,
            judged(t, false, " 从未发出", " was never issued"), shown(t, c->pack_id));
        return;
    case CODE_NO_INDEX:
    case CODE_OTHER:
        say(t, "%s%s：码包 %s 的第 %u 个码不是它。\n", "%s%s: in pack %s, code %u is another.\n", code,
            judged(t, false, " 从未发出", " was never issued"), shown(t, c->pack_id), c->index);
        return;
    case CODE_ISSUED:
        break;
    }
    say(t, "%s：由 %s 发出，%s。\n", "%s: issued by %s, %s.\n", code, member_shown(t, s, c->issuer),
        c->voided ? judged(t, false, "已作废", "void") : judged(t, true, "未作废", "not void"));
    if (c->claimed)
        say(t, "  %s：%s，区划 %s\n", "  %s: %s, division %s\n",
            judged(t, false, "此前已被认领", "claimed before"), time_text(t, c->claimed_ms),
            c->claimed_division.len ? shown(t, c->claimed_division) : "-");
    if (c->lot.len > 0) say(t, "  批次 %s\n", "  lot %s\n", shown(t, c->lot));
    if (c->certificate.len > 0)
        say(t, "  证书 %s\n", "  certificate %s\n", shown(t, c->certificate));
    if (c->lot.len == 0 && c->certificate.len == 0)
        say(t, "  该码包没有批次或证书支持\n", "  no lot or certificate backs its pack\n");
    if (c->contradicts)
        say(t, "  %s\n", "  %s\n",
            judged(t, false, "事件所记批次与码包不同", "its events name another lot than its pack"));
    if (s->entries_before > 0)
        say(t, "  更早的 %" PRIu64 " 条历史未列出\n", "  %" PRIu64 " older events are not shown\n",
            s->entries_before);
}

static void statement_print(struct tool *t, const char *label, const struct statement *s) {
    say(t, "%s：%s真%s。", "%s: %strue%s. ", shown(t, span_text(label)), paint(t, PAINT_GOOD),
        paint(t, PAINT_PLAIN));
    if (s->question == PROOF_RECORD)
        say(t, "该记录已被账本接受。\n", "The ledger accepted this record.\n");
    else if (s->question == PROOF_CERTIFICATE)
        certificate_verdict(t, s);
    else if (s->question == PROOF_CODE)
        code_verdict(t, s);
    else if (s->entries_count == 0)
        say(t, "账本中没有任何事件提到 %s。\n", "No event in the ledger names %s.\n",
            shown(t, s->identifier));
    else
        say(t, "%s 的全部 %u 条历史如下，无一隐瞒。\n",
            "%s: all its %u events follow, none is hidden.\n", shown(t, s->identifier),
            s->entries_count);
}

/* Is what was asked about recalled, or its lot? Said before all else. */
static bool recalled_print(struct tool *t, const struct statement *s) {
    bool found = false;
    for (uint32_t i = 0; i < s->statuses_count && (s->question == PROOF_THING || s->question == PROOF_CODE); i++) {
        const struct statement_status *x = &s->statuses[i];
        struct thing_value v;
        if (x->type != STATUS_THING || !x->exists || codec_decode(&thing_value_type, x->value, &t->arena, &v) != OK ||
            v.flow_count == 0 || v.flow->recalls_count == 0)
            continue;
        found = true;
        if (t->json) continue;
        say(t, "%s：%s\n", "%s: %s\n", judged(t, false, "已被召回", "RECALLED"), shown(t, x->subject));
        recalls_print(t, v.flow);
    }
    return found;
}

static void signers_print(struct tool *t, const struct statement *s) {
    say(t,
        "\n账本 %s（%s）\n高度 %" PRIu64 "，日志 %" PRIu64
        " 项；截至 %s，此前定稿的内容无一遗漏。\n",
        "\nLedger %s (%s)\nHeight %" PRIu64 ", log size %" PRIu64
        "; as of %s nothing finalised before is missing.\n",
        shown(t, s->domain), hex_text(t, s->chain_id.b), s->height, s->size,
        time_text(t, s->as_of_s * 1000));
    say(t, "%u 个验证节点中的 %u 个联署：\n", "Of %u validators %u cosigned:\n", s->validators,
        s->signers_count);
    for (uint32_t i = 0; i < s->signers_count; i++)
        printf("  %s  %s\n", shown(t, s->signers[i].name),
               time_text(t, s->signers[i].time_s * 1000));
}

int proof_report(struct tool *t, const char *label, struct span bundle,
                 const struct digest *chain_id, const char *genesis, struct proof_asked *asked, const char *openings) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement s;
    struct openings opened = {.count = 0};
    arena_init(&arena, PROOF_ARENA_BYTES);
    enum err e = proof_verify(bundle, chain_id, &arena, &s);
    if (e != OK) {
        struct refusal refusal;
        (void)refusal_set(&refusal, e, "%s", "");
        return fail_refusal(t, EXIT_FALSE, format(t, "genesis show %s", genesis),
                            format(t, "%s: %s", label, tr(t, "假", "false")), &refusal);
    }
    if (asked != NULL && (s.question != asked->question || !span_equal(s.identifier, asked->identifier)))
        return fail(t, EXIT_FALSE, "status", "%s：节点给出的证明属实，但答的不是所问，节点不可信",
                    "%s: the proof is true but answers another question: the node is not to be trusted",
                    shown(t, span_text(label)));
    bool recalled = recalled_print(t, &s);
    if (asked != NULL)
        asked->bad = recalled || (s.question == PROOF_CODE && (s.code.state != CODE_ISSUED || s.code.voided));
    int code = openings != NULL ? openings_verify(t, openings, &s, &opened) : EXIT_OK;
    if (code) return code;
    if (t->json) {
        struct buffer out CLEANUP(buffer_free) = {0}, more CLEANUP(buffer_free) = {0};
        struct emit j;
        buffer_init(&out, 64 << 20);
        buffer_text(&out, "{\"true\":true,\"statement\":");
        statement_json(&s, &out);
        if (openings != NULL) {
            buffer_init(&more, OPENINGS_BYTES_MAX);
            emit_begin(&j, &more);
            emit_object(&j);
            openings_emit(&j, &opened);
            emit_object_end(&j);
            emit_end(&j);
            buffer_text(&out, ",\"opened\":");
            buffer_append_span(&out, buffer_span(&more));
        }
        buffer_text(&out, "}");
        json_print(&out);
        return EXIT_OK;
    }
    statement_print(t, label, &s);
    records_print(t, &s);
    if (openings != NULL) say(t, "\n打开的隐藏值，都与其承诺值相符：\n", "\nHidden values that were opened; each matches its commitment:\n");
    for (uint32_t i = 0; i < opened.count; i++)
        opening_print(t, &opened.list[i]);
    status_print(t, &s);
    signers_print(t, &s);
    return EXIT_OK;
}
