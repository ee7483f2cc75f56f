#include "tools/certificate_view.h"

#include <inttypes.h>

#include "base/json.h"
#include "tools/entry.h"
#include "tools/map.h"
#include "tools/words.h"

static struct span keep(struct tool *t, const struct buffer *b) {
    struct span copy = arena_copy(&t->arena, buffer_span(b));
    CHECK(!b->overflow && copy.data != NULL);
    return copy;
}

static int answer_get(struct node *n, const char *path, const char *next, struct span *ret) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, RPC_ANSWER_BYTES_MAX);
    int code = node_get_value(n, path, next, &value);
    if (code == EXIT_OK) *ret = keep(n->tool, &value);
    return code;
}

static int nonsense(struct tool *t) {
    return fail(t, EXIT_BROKEN, "status", "节点的答复无法理解", "the node's answer cannot be understood");
}

int certificate_type_get(struct node *n, struct span type, struct span *ret_answer, struct certificate_type *ret) {
    struct tool *t = n->tool;
    const char *path = format(t, "/v1/certificate-types/%s", path_segment(t, type));
    enum http_outcome outcome = node_ask(n, path, NULL);
    if (node_lacks(n, outcome))
        return fail(t, EXIT_NOT_FOUND, "cert type list", "没有这种证书：%s", "there is no such type of certificate: %s",
                    shown(t, type));
    int code = answer_get(n, path, "cert type list", ret_answer);
    if (code) return code;
    struct span text = map_text(map_get(*ret_answer, "type"), "definition");
    uint8_t *bytes = arena_alloc(&t->arena, text.len + 4, 1);
    size_t len = 0;
    if (bytes == NULL || !base64_decode(text, bytes, text.len + 4, &len) ||
        certificate_type_decode(span_of(bytes, len), &t->arena, ret) != OK)
        return nonsense(t);
    return EXIT_OK;
}

/* The exact item that issued it, out of the record's bytes. */
static int issue_get(struct node *n, struct certificate_view *v) {
    struct tool *t = n->tool;
    struct record_header header;
    struct item *items;
    uint32_t count, at = (uint32_t)map_uint(map_get(v->answer, "item"), "index");
    int code = record_items(n, map_text(v->answer, "record"), &header, &items, &count);
    if (code) return code;
    if (at >= count || certificate_issue_decode(&items[at], &t->arena, &v->issue) != OK) return nonsense(t);
    v->chain_id = header.chain_id;
    return EXIT_OK;
}

static int openings_check(struct tool *t, const struct certificate_view *v, const char *path) {
    /* One that `suyuan open` wrote names the record instead; each opening is compared with its commitment in any case. */
    bool another = v->openings.certificate.len > 0 && !span_equal(v->openings.certificate, v->id);
    if (another || !digest_equal(&v->openings.chain_id, &v->chain_id))
        return fail(t, EXIT_FALSE, "help cert show", "%s 属于另一张证书", "%s belongs to another certificate",
                    shown(t, span_text(path)));
    for (uint32_t i = 0; i < v->openings.count; i++) {
        const struct opening *o = &v->openings.list[i];
        struct digest d = opening_commitment(&v->chain_id, o);
        bool fits = false;
        for (uint32_t k = 0; k < v->issue.fields_count; k++) {
            struct hidden hidden;
            const struct certificate_entry *e = &v->issue.fields[k];
            fits = fits || (span_equal(e->name, opening_field(o)) && hidden_read(e->value, &hidden) == OK &&
                            digest_equal(&hidden.commitment, &d));
        }
        if (!fits)
            return fail(t, EXIT_FALSE, "help cert show", "%s：字段 %s 与账本上的承诺值不符",
                        "%s: the field %s does not match its commitment on the ledger", shown(t, span_text(path)),
                        shown(t, opening_field(o)));
    }
    return EXIT_OK;
}

int certificate_view_get(struct node *n, const char *id, const char *openings, struct certificate_view *ret) {
    struct tool *t = n->tool;
    struct certificate_view v = {.id = span_text(id)};
    struct span number;
    struct digest then, now;
    if (!certificate_id_split(v.id, &v.issuer, &number))
        return fail(t, EXIT_USAGE, "help cert", "证书以“签发者/编号”命名：%s", "a certificate is named ISSUER/NUMBER: %s",
                    shown(t, v.id));
    const char *path = format(t, "/v1/certificates/%s", path_segment(t, v.id));
    enum http_outcome outcome = node_ask(n, path, NULL);
    if (node_lacks(n, outcome))
        return fail(t, EXIT_NOT_FOUND, format(t, "cert list --issuer %s", shown(t, v.issuer)), "账本中没有这张证书：%s",
                    "the ledger holds no such certificate: %s", shown(t, v.id));
    int code = answer_get(n, path, NULL, &v.answer);
    if (code == EXIT_OK) code = issue_get(n, &v);
    if (code == EXIT_OK) code = certificate_type_get(n, v.issue.type, &v.type_answer, &v.type);
    if (code == EXIT_OK && openings) code = openings_read(t, openings, &v.openings);
    if (code == EXIT_OK && openings) code = openings_check(t, &v, openings);
    if (code) return code;
    v.state = map_text(v.answer, "state");
    v.redefined = map_digest(v.answer, "definition", &then) &&
                  map_digest(map_get(v.type_answer, "type"), "digest", &now) && !digest_equal(&then, &now);
    *ret = v;
    return EXIT_OK;
}

static const char *plain_shown(struct tool *t, struct span value) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct unpack u;
    struct span entry;
    const char *all = "";
    if (value_kind(value) == VALUE_TEXT) return shown(t, value_text(value));
    if (value_kind(value) == VALUE_BYTES) {
        unpack_init(&u, value);
        struct span bytes = unpack_bytes(&u, 32);
        return bytes.len == 32 ? hex_text(t, bytes.data) : "?";
    }
    if (value_kind(value) == VALUE_ARRAY) {
        for (struct list l = list_open(value); list_next(&l, &entry);)
            all = format(t, "%s%s%s", all, all[0] ? tr(t, "、", ", ") : "", shown(t, value_text(entry)));
        return all;
    }
    buffer_init(&b, 4 * value.len + 256);
    json_write(value, 0, &b);
    return shown(t, buffer_span(&b));
}

const char *certificate_value_shown(struct tool *t, const struct certificate_view *v, const struct certificate_entry *e) {
    const struct opening *o = openings_find(&v->openings, e->name);
    if (value_kind(e->value) != VALUE_EXT) return plain_shown(t, e->value);
    return o ? plain_shown(t, o->value) : tr(t, "（未公开）", "(not public)");
}

struct span certificate_value_open(const struct certificate_view *v, struct span name) {
    for (uint32_t i = 0; i < v->issue.fields_count; i++) {
        const struct certificate_entry *e = &v->issue.fields[i];
        const struct opening *o = openings_find(&v->openings, name);
        if (!span_equal(e->name, name)) continue;
        if (value_kind(e->value) != VALUE_EXT) return e->value;
        return o ? o->value : SPAN_EMPTY;
    }
    return SPAN_EMPTY;
}

const char *certificate_quantity_shown(struct tool *t, uint64_t micro, struct span unit) {
    const char *name = unit_text(unit, t->lang);
    uint64_t rest = micro % 1000000;
    char decimals[16] = "";
    if (micro == 0) return "";
    if (rest > 0) {
        int len = snprintf(decimals, sizeof decimals, ".%06" PRIu64, rest);
        while (len > 1 && decimals[len - 1] == '0')
            decimals[--len] = 0;
    }
    return format(t, "%" PRIu64 "%s%s%s", micro / 1000000, decimals, unit.len ? " " : "", name ? name : shown(t, unit));
}

const char *certificate_state_shown(struct tool *t, struct span state) {
    if (span_is(state, "active")) return tr(t, "有效", "in force");
    if (span_is(state, "expired")) return tr(t, "已过期", "expired");
    if (span_is(state, "revoked")) return tr(t, "已撤销", "revoked");
    if (span_is(state, "superseded")) return tr(t, "已被取代", "superseded");
    return shown(t, state);
}

static int upstream_problems(struct node *n, const struct certificate_view *v, struct problems *p) {
    struct tool *t = n->tool;
    for (uint32_t i = 0; i < v->issue.upstream_count; i++) {
        struct span answer, id = v->issue.upstream[i];
        int code = answer_get(n, format(t, "/v1/certificates/%s", path_segment(t, id)), NULL, &answer);
        if (code) return code;
        struct span state = map_text(answer, "state");
        if (span_is(state, "revoked") || span_is(state, "superseded"))
            problem(p, "上游证书 %s %s", "the certificate it rests on, %s, is %s", shown(t, id),
                    certificate_state_shown(t, state));
    }
    return EXIT_OK;
}

static int member_problems(struct node *n, struct span subject, const char *zh, const char *en, struct problems *p) {
    struct tool *t = n->tool;
    struct span answer;
    int code = answer_get(n, format(t, "/v1/members/%s", path_segment(t, subject)), NULL, &answer);
    if (code == EXIT_OK && !span_is(map_text(map_get(answer, "member"), "state"), "active"))
        problem(p, "%s %s 已被暂停成员资格", "the %s %s is suspended", tr(t, zh, en), shown(t, subject));
    return code;
}

int certificate_problems(struct node *n, const struct certificate_view *v, struct problems *p) {
    struct tool *t = n->tool;
    uint64_t now = now_ms();
    if (span_is(v->state, "revoked"))
        problem(p, "已撤销（原因编号 %u）", "it was revoked (reason %u)", (uint32_t)map_uint(v->answer, "reason"));
    else if (span_is(v->state, "superseded"))
        problem(p, "已被 %s 取代", "it was superseded by %s", shown(t, map_text(v->answer, "superseded_by")));
    else if (v->issue.until_ms != 0 && v->issue.until_ms <= now)
        problem(p, "已于 %s 过期", "it expired at %s", time_text(t, v->issue.until_ms));
    if (v->issue.from_ms > now)
        problem(p, "自 %s 起才有效", "it is valid only from %s", time_text(t, v->issue.from_ms));
    int code = member_problems(n, v->issuer, "签发者", "issuer", p);
    if (code == EXIT_OK && !span_equal(v->issuer, v->issue.producer))
        code = member_problems(n, v->issue.producer, "生产者", "producer", p);
    return code ? code : upstream_problems(n, v, p);
}
