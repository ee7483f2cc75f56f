/* certificate_json.c: what a certificate says, from JSON to what is signed. See certificate_json.h. */
#include "tools/certificate_json.h"

#include <string.h>

#include "base/json.h"
#include "tools/map.h"
#include "trace/certificate_words.h"
#include "trace/quantity.h"
#include "trace/rfc3339.h"

static const uint8_t nil[] = {0xc0};

static struct span keep(struct tool *t, const struct buffer *b) {
    struct span copy = arena_copy(&t->arena, buffer_span(b));
    CHECK(!b->overflow && copy.data != NULL);
    return copy;
}

/* "2026-06-12T05:20:00+08:00", or a day, which begins at midnight in China. */
static bool time_of(struct problems *p, struct span map, const char *name, uint64_t *ret) {
    struct span text = map_text(map, name);
    int64_t ms = 0;
    if (!map_has(map, name)) return false;
    if (date_valid(text))
        text = span_text(format(p->tool, "%.*sT00:00:00+08:00", (int)text.len, (const char *)text.data));
    if (!rfc3339_ms(text, &ms) || ms < 0)
        problem(p, "%s：时间应如 2026-12-31 或 2026-12-31T00:00:00+08:00",
                "%s: a time is written 2026-12-31 or 2026-12-31T00:00:00+08:00", name);
    *ret = ms < 0 ? 0 : (uint64_t)ms;
    return true;
}

static void thing_of(struct problems *p, struct span entry, struct thing *thing) {
    int64_t micro;
    struct span quantity = map_get(entry, "quantity"), unit = map_get(entry, "unit");
    const char *name = shown(p->tool, map_text(entry, "identifier"));
    *thing = (struct thing){ROLE_COVERED, map_text(entry, "identifier"), span_of(nil, 1), span_of(nil, 1)};
    if (thing->identifier.len == 0 || thing->identifier.len > IDENTIFIER_BYTES_MAX)
        problem(p, "covers：缺少标识 identifier，或过长", "covers: an identifier is missing or too long");
    if (quantity.len > 0 && (quantity_micro(quantity, &micro) != OK || micro < 1))
        problem(p, "%s：数量须是大于零的数", "%s: the quantity is a number above zero", name);
    if (quantity.len > 0) thing->quantity = quantity;
    if (unit.len > 0 && (quantity.len == 0 || value_text(unit).len == 0 ||
                         value_text(unit).len > CERTIFICATE_UNIT_BYTES_MAX - 8))
        problem(p, "%s：单位须是文本，并与数量同在", "%s: a unit is a text beside a quantity", name);
    if (unit.len > 0) thing->unit = unit;
}

static void things_of(struct problems *p, struct span map, struct certificate_draft *d) {
    struct span entry;
    for (struct list l = list_open(map_get(map, "covers")); list_next(&l, &entry);) {
        if (d->things_count == CERTIFICATE_THINGS_MAX) {
            problem(p, "covers：至多 %d 个标识", "covers: at most %d identifiers", CERTIFICATE_THINGS_MAX);
            return;
        }
        thing_of(p, entry, &d->things[d->things_count++]);
    }
    if (d->things_count == 0)
        problem(p, "covers：没有列出货物", "covers: no goods are named");
}

static void upstream_of(struct problems *p, struct span map, struct certificate_issue *c) {
    struct span entry;
    for (struct list l = list_open(map_get(map, "upstream")); list_next(&l, &entry);) {
        struct span id = value_text(entry);
        uint32_t at = c->upstream_count;
        if (!certificate_id_valid(id)) {
            problem(p, "upstream：证书以“签发者/编号”命名，不是 %s",
                    "upstream: a certificate is named ISSUER/NUMBER, not %s", shown(p->tool, id));
            continue;
        }
        if (at == CERTIFICATE_UPSTREAM_MAX) {
            problem(p, "upstream：至多 %d 张", "upstream: at most %d", CERTIFICATE_UPSTREAM_MAX);
            return;
        }
        for (; at > 0 && span_compare(c->upstream[at - 1], id) > 0; at--)
            c->upstream[at] = c->upstream[at - 1];
        if (at > 0 && span_equal(c->upstream[at - 1], id))
            problem(p, "upstream：%s 重复", "upstream: %s stands twice", shown(p->tool, id));
        c->upstream[at] = id;
        c->upstream_count++;
    }
}

static void entries_known(struct problems *p, struct span map) {
    static const char *const names[] = {"type",   "number",   "producer",   "from", "until", "covers",
                                        "fields", "upstream", "supersedes", NULL};
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, map);
    for (uint32_t pairs = unpack_map(&u, UINT32_MAX); pairs > 0; pairs--) {
        struct span key = unpack_key(&u, &last);
        bool known = false;
        (void)unpack_value(&u);
        for (size_t i = 0; names[i] != NULL; i++)
            known = known || span_is(key, names[i]);
        if (!known)
            problem(p, "%s：证书里没有这一项", "%s: a certificate has no such entry", shown(p->tool, key));
    }
}

void certificate_draft_of_json(struct problems *p, struct span v, struct certificate_draft *ret) {
    struct certificate_draft d = {.given = map_get(v, "fields")};
    struct certificate_issue *c = &d.issue;
    *ret = d;
    if (value_kind(v) != VALUE_MAP) {
        problem(p, "应为 JSON 对象", "a JSON object is wanted");
        return;
    }
    entries_known(p, v);
    c->type = map_text(v, "type");
    c->number = map_text(v, "number");
    c->producer = map_text(v, "producer");
    c->supersedes = map_text(v, "supersedes");
    if (!subject_id_valid(c->type)) problem(p, "type：缺少证书类型", "type: the certificate type is missing");
    struct span issuer, number;
    const char *id = format(p->tool, "x/%.*s", (int)c->number.len, (const char *)c->number.data);
    if (!certificate_id_split(span_text(id), &issuer, &number) || number.len != c->number.len)
        problem(p, "number：%s", "number: %s", err_text(ERR_CERTIFICATE_NUMBER, p->tool->lang));
    if (c->producer.len > 0 && !subject_id_valid(c->producer))
        problem(p, "producer：%s", "producer: %s", err_text(ERR_RECORD_SUBJECT, p->tool->lang));
    if (map_has(v, "supersedes") && !certificate_id_valid(c->supersedes))
        problem(p, "supersedes：%s", "supersedes: %s", err_text(ERR_CERTIFICATE_ID, p->tool->lang));
    d.has_from = time_of(p, v, "from", &c->from_ms);
    d.has_until = time_of(p, v, "until", &c->until_ms);
    things_of(p, v, &d);
    upstream_of(p, v, c);
    if (map_has(v, "fields") && value_kind(d.given) != VALUE_MAP)
        problem(p, "fields：应为对象", "fields: an object is wanted");
    *ret = d;
}

/* -- values -- */

static const char *label_of(struct problems *p, const struct certificate_field *f) {
    const char *name = shown(p->tool, f->name);
    return p->tool->lang == LANG_ZH ? format(p->tool, "%s（%s）", name, shown(p->tool, f->label_zh))
                                    : format(p->tool, "%s (%s)", name, shown(p->tool, f->label_en));
}

static const char *choices_shown(struct problems *p, const struct certificate_field *f) {
    const char *all = "";
    for (uint32_t i = 0; i < f->choices_count; i++)
        all = format(p->tool, "%s%s%s", all, i ? " | " : "", shown(p->tool, f->choices[i]));
    return all;
}

/* 64 hex digits, or "@FILE": the digest of that file. */
static bool digest_of(struct problems *p, struct span text, struct buffer *out) {
    struct digest d;
    if (text.len > 1 && text.data[0] == '@') {
        struct buffer file CLEANUP(buffer_free) = {0};
        const char *path = format(p->tool, "%.*s", (int)text.len - 1, (const char *)text.data + 1);
        buffer_init(&file, 256 << 20);
        if (file_read(p->tool, path, &file) != EXIT_OK) return false;
        d = sha256(buffer_span(&file));
    } else if (text.len != 64 || hex_decode((const char *)text.data, text.len, d.b, sizeof d.b) != OK) {
        return false;
    }
    pack_bytes(out, span_of(d.b, sizeof d.b));
    return true;
}

static bool text_fits(struct span text) {
    return text.len > 0 && text.len <= CERTIFICATE_TEXT_BYTES_MAX;
}

/* A list of texts; of choices in the order of the definition. One text is a list of one. */
static bool texts_of(const struct certificate_field *f, struct span value, struct buffer *out) {
    uint32_t count = value_kind(value) == VALUE_TEXT ? 1 : list_count(value);
    struct span entry;
    if (count == 0 || count > CERTIFICATE_TEXTS_MAX) return false;
    for (struct list l = list_open(value); list_next(&l, &entry);)
        if (!text_fits(value_text(entry))) return false;
    pack_array(out, count);
    if (value_kind(value) == VALUE_TEXT) pack_raw(out, value);
    if (f->kind == CERTIFICATE_TEXTS || value_kind(value) == VALUE_TEXT) {
        for (struct list l = list_open(value); list_next(&l, &entry);)
            pack_raw(out, entry);
        return true;
    }
    uint32_t found = 0;
    for (uint32_t i = 0; i < f->choices_count; i++)
        for (struct list l = list_open(value); list_next(&l, &entry);)
            if (span_equal(value_text(entry), f->choices[i])) {
                pack_raw(out, entry);
                found++;
            }
    return found == count;
}

/* As the kind wants it, appended; false when it is not so. */
static bool value_of(struct problems *p, const struct certificate_field *f, struct span value, struct buffer *out) {
    struct span text = value_text(value);
    switch ((enum certificate_field_kind)f->kind) {
    case CERTIFICATE_INTEGER:
    case CERTIFICATE_NUMBER:
        if (text.len > 0) return json_parse(text, out, NULL) == OK;
        pack_raw(out, value);
        return true;
    case CERTIFICATE_DIGEST:
        return digest_of(p, text, out);
    case CERTIFICATE_CHOICES:
    case CERTIFICATE_TEXTS:
        return texts_of(f, value, out);
    case CERTIFICATE_TEXT:
    case CERTIFICATE_DATE:
    case CERTIFICATE_CHOICE:
        break;
    }
    pack_raw(out, value);
    return text_fits(text);
}

static void value_problem(struct problems *p, const struct certificate_field *f) {
    const char *name = label_of(p, f);
    switch ((enum certificate_field_kind)f->kind) {
    case CERTIFICATE_TEXT:
        problem(p, "%s：应为 1 至 1024 字节的文本", "%s: a text of 1 to 1,024 bytes is wanted", name);
        return;
    case CERTIFICATE_INTEGER:
        problem(p, "%s：应为整数", "%s: a whole number is wanted", name);
        return;
    case CERTIFICATE_NUMBER:
        problem(p, "%s：应为数", "%s: a number is wanted", name);
        return;
    case CERTIFICATE_DATE:
        problem(p, "%s：应为日期，如 2026-06-12", "%s: a date is wanted, as 2026-06-12", name);
        return;
    case CERTIFICATE_DIGEST:
        problem(p, "%s：应为 64 位十六进制的摘要，或 @文件", "%s: a digest of 64 hex digits is wanted, or @FILE",
                name);
        return;
    case CERTIFICATE_CHOICE:
        problem(p, "%s：应为其中之一：%s", "%s: one of these is wanted: %s", name, choices_shown(p, f));
        return;
    case CERTIFICATE_CHOICES:
        problem(p, "%s：应为其中若干，不重复：%s", "%s: some of these are wanted, each once: %s", name,
                choices_shown(p, f));
        return;
    case CERTIFICATE_TEXTS:
        problem(p, "%s：应为 1 至 32 条文本", "%s: 1 to 32 texts are wanted", name);
        return;
    }
}

static bool one_fits(const struct certificate_field *f, struct span value) {
    struct certificate_field open = *f;
    open.flags = 0;
    struct certificate_type type = {.fields = &open, .fields_count = 1};
    struct certificate_entry entry = {f->name, value};
    struct certificate_issue issue = {.fields = &entry, .fields_count = 1};
    struct span field;
    return certificate_fields_check(&type, &issue, &field);
}

static struct span hide(struct problems *p, const struct digest *chain_id, const struct openings *before,
                        struct span name, struct span value, struct openings *ret) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct opening *o = &ret->list[ret->count++];
    const struct opening *old = before ? openings_find(before, name) : NULL;
    *o = (struct opening){.tier = TIER_DELETABLE, .value = value};
    o->name = span_text(format(p->tool, "/fields/%.*s", (int)name.len, (const char *)name.data));
    if (old && span_equal(old->value, value))
        memcpy(o->salt, old->salt, sizeof o->salt);
    else
        random_bytes(o->salt, sizeof o->salt);
    struct hidden hidden = {TIER_DELETABLE, opening_commitment(chain_id, o)};
    buffer_init(&out, 64);
    hidden_write(&hidden, &out);
    return keep(p->tool, &out);
}

static void unknown_fields(struct problems *p, const struct certificate_type *type, struct span given) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (value_kind(given) != VALUE_MAP) return;
    unpack_init(&u, given);
    for (uint32_t pairs = unpack_map(&u, UINT32_MAX); pairs > 0; pairs--) {
        struct span key = unpack_key(&u, &last);
        (void)unpack_value(&u);
        if (certificate_type_field(type, key) == NULL)
            problem(p, "%s：这种证书没有该字段", "%s: this type of certificate has no such field",
                    shown(p->tool, key));
    }
}

static void fields_complete(struct problems *p, const struct certificate_type *type, const struct digest *chain_id,
                            const struct openings *before, struct certificate_draft *d, struct openings *ret) {
    struct certificate_issue *c = &d->issue;
    unknown_fields(p, type, d->given);
    c->fields = arena_alloc(&p->tool->arena, CERTIFICATE_FIELDS_MAX, sizeof *c->fields);
    CHECK(c->fields != NULL);
    for (uint32_t i = 0; i < type->fields_count; i++) {
        const struct certificate_field *f = &type->fields[i];
        const char *name = format(p->tool, "%.*s", (int)f->name.len, (const char *)f->name.data);
        struct buffer out CLEANUP(buffer_free) = {0};
        buffer_init(&out, CERTIFICATE_FILE_BYTES_MAX);
        if (!map_has(d->given, name)) {
            if (f->flags & CERTIFICATE_MANDATORY)
                problem(p, "%s：必填，未填写", "%s: is mandatory and missing", label_of(p, f));
            continue;
        }
        if (!value_of(p, f, map_get(d->given, name), &out) || out.overflow || !one_fits(f, buffer_span(&out))) {
            value_problem(p, f);
            continue;
        }
        struct span value = keep(p->tool, &out);
        if (f->flags & CERTIFICATE_HIDDEN) value = hide(p, chain_id, before, f->name, value, ret);
        c->fields[c->fields_count++] = (struct certificate_entry){f->name, value};
    }
}

static void things_fit(struct problems *p, const struct certificate_type *type, const struct certificate_draft *d) {
    if (d->things_count < type->things_min || d->things_count > type->things_max)
        problem(p, "covers：这种证书列 %u 至 %u 个标识", "covers: this type covers %u to %u identifiers",
                type->things_min, type->things_max);
    for (uint32_t i = 0; i < d->things_count; i++) {
        struct buffer canonical CLEANUP(buffer_free) = {0};
        enum identifier_kind kind;
        const char *name = shown(p->tool, d->things[i].identifier);
        buffer_init(&canonical, IDENTIFIER_BYTES_MAX);
        enum err e = identifier_canonical(d->things[i].identifier, &canonical, &kind);
        if (e)
            problem(p, "%s：%s", "%s: %s", name, err_text(e, p->tool->lang));
        else if (!(type->covers & 1u << kind))
            problem(p, "%s：这种证书不列这类标识", "%s: this type does not cover things of this kind", name);
        if (type->quota == CERTIFICATE_PRODUCED && value_kind(d->things[i].quantity) == VALUE_NIL)
            problem(p, "%s：须写明数量", "%s: a quantity is needed", name);
    }
}

void certificate_draft_complete(struct problems *p, const struct certificate_type *type, struct span issuer,
                                const struct digest *chain_id, const struct openings *before,
                                struct certificate_draft *d, struct openings *ret) {
    struct certificate_issue *c = &d->issue;
    openings_begin(p->tool, chain_id, ret);
    if (c->producer.len == 0) c->producer = issuer;
    if (!d->has_from) c->from_ms = now_ms();
    if (!d->has_until && type->validity_ms > 0) c->until_ms = c->from_ms + type->validity_ms;
    if (c->until_ms != 0 && c->from_ms >= c->until_ms)
        problem(p, "until：%s", "until: %s", err_text(ERR_CERTIFICATE_PERIOD, p->tool->lang));
    else if (c->until_ms != 0 && c->until_ms <= now_ms())
        problem(p, "until：已经过期", "until: this is past");
    else if (type->validity_ms > 0 && (c->until_ms == 0 || c->until_ms - c->from_ms > type->validity_ms))
        problem(p, "until：这种证书至多有效 %u 天", "until: this type is valid for %u days at most",
                (uint32_t)(type->validity_ms / (24 * 3600 * 1000)));
    if (type->own == CERTIFICATE_OWN && issuer.len > 0 && !span_equal(c->producer, issuer))
        problem(p, "producer：这种证书只能为自己的货物开具", "producer: this type is for the issuer's own goods");
    if (type->own == CERTIFICATE_OF_OTHERS && span_equal(c->producer, issuer))
        problem(p, "producer：这种证书只能为他人的货物开具", "producer: this type is for goods of others");
    things_fit(p, type, d);
    fields_complete(p, type, chain_id, before, d, ret);
    struct span field;
    /* What the ledger will say; every cause has its own sentence above. */
    if (p->count == 0 && !certificate_fields_check(type, c, &field))
        problem(p, "%s：不符合这种证书的定义", "%s: not as the type defines it", shown(p->tool, field));
}

void certificate_draft_item(struct tool *t, const struct certificate_draft *d, struct item *ret) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct thing *things = arena_alloc(&t->arena, d->things_count, sizeof *things);
    CHECK(things != NULL);
    memcpy(things, d->things, d->things_count * sizeof *things);
    buffer_init(&fields, CERTIFICATE_FILE_BYTES_MAX);
    certificate_issue_fields(&d->issue, &fields);
    *ret = (struct item){.type = d->issue.supersedes.len > 0 ? ITEM_CERTIFICATE_SUPERSEDED
                                                             : ITEM_CERTIFICATE_ISSUED,
                         .fields = keep(t, &fields),
                         .things = things,
                         .things_count = d->things_count};
}
