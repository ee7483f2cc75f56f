/* certificate_type_json.c: definitions of certificate types in JSON. See certificate_json.h. */
#include "ledger/member.h"
#include "tools/certificate_json.h"
#include "tools/map.h"
#include "trace/certificate_words.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static const char *place(struct problems *p, struct span text) {
    return shown(p->tool, text);
}

static uint8_t word_of(struct problems *p, struct span map, const char *name, enum certificate_words of) {
    uint8_t number = 0;
    struct span word = map_text(map, name);
    if (!certificate_word_read(of, word, &number))
        problem(p, "%s：没有“%s”这个取值", "%s: there is no value \"%s\"", name, place(p, word));
    return number;
}

/* Texts in any order; rising, as the definition wants them. */
static struct span *texts_of(struct problems *p, struct span map, const char *name, uint32_t *ret_count) {
    struct span value = map_get(map, name), entry;
    struct span *list = arena_alloc(&p->tool->arena, list_count(value) + (size_t)1, sizeof *list);
    uint32_t count = 0;
    CHECK(list != NULL);
    for (struct list l = list_open(value); list_next(&l, &entry);) {
        struct span text = value_text(entry);
        uint32_t at = count++;
        if (text.len == 0) problem(p, "%s：应为文本列表", "%s: a list of texts is wanted", name);
        for (; at > 0 && span_compare(list[at - 1], text) > 0; at--)
            list[at] = list[at - 1];
        if (at > 0 && span_equal(list[at - 1], text))
            problem(p, "%s：“%s”重复", "%s: \"%s\" stands twice", name, place(p, text));
        list[at] = text;
    }
    *ret_count = count;
    return list;
}

static uint32_t roles_of(struct problems *p, struct span map) {
    uint32_t count, roles = 0;
    struct span *list = texts_of(p, map, "roles", &count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bit = role_by_name(list[i]);
        if (bit == 0) problem(p, "roles：没有“%s”这种角色", "roles: there is no role \"%s\"", place(p, list[i]));
        roles |= bit;
    }
    if (roles == 0) problem(p, "roles：至少一种签发角色", "roles: at least one role that issues it");
    return roles;
}

static uint8_t covers_of(struct problems *p, struct span map) {
    uint32_t count;
    uint8_t covers = 0, kind;
    struct span *list = texts_of(p, map, "covers", &count);
    for (uint32_t i = 0; i < count; i++) {
        if (certificate_word_read(WORDS_COVERS, list[i], &kind))
            covers |= (uint8_t)(1u << kind);
        else
            problem(p, "covers：没有“%s”这种标识", "covers: there is no kind \"%s\"", place(p, list[i]));
    }
    if (covers == 0) problem(p, "covers：至少一种标识", "covers: at least one kind of things");
    return covers;
}

static void known_only(struct problems *p, struct span map, const char *const names[], const char *where) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, map);
    for (uint32_t pairs = unpack_map(&u, UINT32_MAX); pairs > 0; pairs--) {
        struct span key = unpack_key(&u, &last);
        bool known = false;
        (void)unpack_value(&u);
        for (size_t i = 0; names[i] != NULL; i++)
            known = known || span_is(key, names[i]);
        if (!known) problem(p, "%s%s：没有这一项", "%s%s: there is no such entry", where, place(p, key));
    }
}

static void field_of(struct problems *p, struct span entry, struct certificate_field *f) {
    static const char *const names[] = {"name", "kind", "required", "hidden", "choices", "zh", "en", NULL};
    if (value_kind(entry) != VALUE_MAP) {
        problem(p, "fields：每个字段应为对象", "fields: each is an object");
        return;
    }
    f->name = map_text(entry, "name");
    known_only(p, entry, names, format(p->tool, "%s.", place(p, f->name)));
    f->kind = word_of(p, entry, "kind", WORDS_FIELD);
    f->flags = (uint8_t)((map_bool(entry, "required") ? CERTIFICATE_MANDATORY : 0) |
                         (map_bool(entry, "hidden") ? CERTIFICATE_HIDDEN : 0));
    f->choices = texts_of(p, entry, "choices", &f->choices_count);
    f->label_zh = map_text(entry, "zh");
    f->label_en = map_text(entry, "en");
    if (f->label_zh.len == 0 || f->label_en.len == 0)
        problem(p, "%s：缺少 zh 或 en 名称", "%s: its zh or en label is missing", place(p, f->name));
}

static void fields_of(struct problems *p, struct span map, struct certificate_type *c) {
    struct span value = map_get(map, "fields"), entry;
    c->fields = arena_alloc(&p->tool->arena, list_count(value) + (size_t)1, sizeof *c->fields);
    CHECK(c->fields != NULL);
    for (struct list l = list_open(value); list_next(&l, &entry);) {
        struct certificate_field f = {.kind = 0};
        uint32_t at = c->fields_count++;
        field_of(p, entry, &f);
        for (; at > 0 && span_compare(c->fields[at - 1].name, f.name) > 0; at--)
            c->fields[at] = c->fields[at - 1];
        c->fields[at] = f;
    }
}

void certificate_type_of_json(struct problems *p, struct span v, struct certificate_type *ret) {
    static const char *const names[] = {"type",     "title_zh",    "title_en",      "roles",       "issuers", "own",
                                        "quota",    "covers",      "things",        "upstream",    "upstream_if",
                                        "fields",   "retired",     "validity_days", "validity_ms", NULL};
    struct certificate_type c = {.type = map_text(v, "type")};
    struct span entry;
    uint32_t bounds[2] = {0, 0}, at = 0;
    if (value_kind(v) != VALUE_MAP) {
        problem(p, "应为 JSON 对象", "a JSON object is wanted");
        return;
    }
    known_only(p, v, names, "");
    c.title_zh = map_text(v, "title_zh");
    c.title_en = map_text(v, "title_en");
    c.roles = roles_of(p, v);
    c.issuers = texts_of(p, v, "issuers", &c.issuers_count);
    c.covers = covers_of(p, v);
    c.own = word_of(p, v, "own", WORDS_OWN);
    c.quota = word_of(p, v, "quota", WORDS_QUOTA);
    c.upstream = word_of(p, v, "upstream", WORDS_UPSTREAM);
    for (struct list l = list_open(map_get(v, "things")); list_next(&l, &entry) && at < 2;) {
        struct unpack u;
        unpack_init(&u, entry);
        bounds[at++] = (uint32_t)unpack_uint(&u, UINT8_MAX);
    }
    c.things_min = (uint8_t)bounds[0];
    c.things_max = (uint8_t)bounds[1];
    struct list condition = list_open(map_get(v, "upstream_if"));
    if (list_next(&condition, &entry)) c.upstream_field = value_text(entry);
    if (list_next(&condition, &entry)) c.upstream_choice = value_text(entry);
    c.validity_ms = map_has(v, "validity_ms") ? map_uint(v, "validity_ms")
                                              : map_uint(v, "validity_days") * DAY_MS;
    c.retired = map_bool(v, "retired");
    fields_of(p, v, &c);
    *ret = c;
}
