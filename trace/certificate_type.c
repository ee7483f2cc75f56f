/* certificate_type.c: definitions (SPEC D1), and fields against them (D6, D7). See certificate.h. */
#include "trace/certificate.h"

#include "trace/rfc3339.h"

enum {
    ROLES_ALL = (1 << 8) - 1, /* SPEC G7 */
    COVERS_ALL = (1 << (IDENTIFIER_OTHER + 1)) - 1,
    LABEL_BYTES_MAX = 256,
    NAME_MAX_BYTES = 64,
};

/* A text of 1 to max bytes. */
static struct span text_read(struct unpack *u, size_t max) {
    struct span s = unpack_text(u, max);
    if (s.len == 0) unpack_fail(u, ERR_CERTIFICATE_TYPE);
    return s;
}

static bool name_valid(struct span name) {
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return name.len > 0;
}

/* A list of texts, rising, each once; in the arena. */
static struct span *texts_read(struct unpack *u, uint32_t max, size_t text_max, struct arena *arena,
                               uint32_t *ret_count) {
    uint32_t count = unpack_array(u, max);
    struct span *list = arena_alloc(arena, count, sizeof *list);
    if (!list) unpack_fail(u, ERR_TOO_LARGE);
    for (uint32_t i = 0; i < count && u->err == OK; i++) {
        list[i] = text_read(u, text_max);
        if (i > 0 && span_compare(list[i - 1], list[i]) >= 0) unpack_fail(u, ERR_CERTIFICATE_TYPE);
    }
    *ret_count = count;
    return list;
}

static void field_read(struct unpack *u, struct arena *arena, struct certificate_field *f) {
    if (unpack_array(u, 6) != 6) unpack_fail(u, ERR_CERTIFICATE_TYPE);
    f->name = text_read(u, NAME_MAX_BYTES);
    f->kind = (uint8_t)unpack_uint(u, CERTIFICATE_TEXTS);
    f->flags = (uint8_t)unpack_uint(u, CERTIFICATE_MANDATORY | CERTIFICATE_HIDDEN);
    f->choices =
        texts_read(u, CERTIFICATE_CHOICES_MAX, NAME_MAX_BYTES, arena, &f->choices_count);
    f->label_zh = text_read(u, LABEL_BYTES_MAX);
    f->label_en = text_read(u, LABEL_BYTES_MAX);
    /* SPEC D1: "only kinds 6 and 7 have choices, 1 to 32 texts of 1 to 64 bytes, rising, each once" */
    bool chosen = f->kind == CERTIFICATE_CHOICE || f->kind == CERTIFICATE_CHOICES;
    if (f->kind == 0 || !name_valid(f->name) || chosen != (f->choices_count > 0))
        unpack_fail(u, ERR_CERTIFICATE_TYPE);
}

static void fields_read(struct unpack *u, struct arena *arena, struct certificate_type *t) {
    t->fields_count = unpack_array(u, CERTIFICATE_FIELDS_MAX);
    t->fields = arena_alloc(arena, t->fields_count, sizeof *t->fields);
    if (!t->fields) unpack_fail(u, ERR_TOO_LARGE);
    for (uint32_t i = 0; i < t->fields_count && u->err == OK; i++) {
        field_read(u, arena, &t->fields[i]);
        if (i > 0 && span_compare(t->fields[i - 1].name, t->fields[i].name) >= 0)
            unpack_fail(u, ERR_CERTIFICATE_TYPE);
    }
}

static void things_read(struct unpack *u, struct certificate_type *t) {
    if (unpack_array(u, 2) != 2) unpack_fail(u, ERR_CERTIFICATE_TYPE);
    t->things_min = (uint8_t)unpack_uint(u, CERTIFICATE_THINGS_MAX);
    t->things_max = (uint8_t)unpack_uint(u, CERTIFICATE_THINGS_MAX);
    if (t->things_min < 1 || t->things_min > t->things_max) unpack_fail(u, ERR_CERTIFICATE_TYPE);
}

static void upstream_if_read(struct unpack *u, struct certificate_type *t) {
    uint32_t count = unpack_array(u, 2);
    if (count == 0) return;
    if (count != 2) unpack_fail(u, ERR_CERTIFICATE_TYPE);
    t->upstream_field = text_read(u, NAME_MAX_BYTES);
    t->upstream_choice = text_read(u, NAME_MAX_BYTES);
}

static bool is_choice(const struct certificate_field *f, struct span text) {
    for (uint32_t i = 0; i < f->choices_count; i++)
        if (span_equal(f->choices[i], text)) return true;
    return false;
}

const struct certificate_field *certificate_type_field(const struct certificate_type *type,
                                                       struct span name) {
    for (uint32_t i = 0; i < type->fields_count; i++)
        if (span_equal(type->fields[i].name, name)) return &type->fields[i];
    return NULL;
}

/* What the parts of a definition say about each other. */
static bool parts_agree(const struct certificate_type *t) {
    if (!subject_id_valid(t->type) || t->covers == 0 || t->roles == 0) return false;
    for (uint32_t i = 0; i < t->issuers_count; i++)
        if (!subject_id_valid(t->issuers[i])) return false;
    /* SPEC D1: "quota: 0 none, 1 produced (then covers is lot alone)" */
    if (t->quota == CERTIFICATE_PRODUCED && t->covers != 1 << IDENTIFIER_LOT) return false;
    /* SPEC D1: "With quota 1 own is 1 or issuers is not empty: nobody else may use up a producer's quantity." */
    if (t->quota == CERTIFICATE_PRODUCED && t->own != CERTIFICATE_OWN && t->issuers_count == 0)
        return false;
    if (t->upstream_field.len == 0) return true;
    /* SPEC D1: "upstream_if: a mandatory field of kind 6 without flag bit 1 and one of its choices, then upstream is 1." */
    const struct certificate_field *f = certificate_type_field(t, t->upstream_field);
    return t->upstream == UPSTREAM_MAY && f && f->kind == CERTIFICATE_CHOICE &&
           f->flags == CERTIFICATE_MANDATORY && is_choice(f, t->upstream_choice);
}

static void definition_read(struct unpack *u, struct arena *arena, struct certificate_type *t) {
    struct span last = SPAN_EMPTY;
    unpack_map_of(u, 14);
    unpack_key_named(u, &last, "covers");
    t->covers = (uint8_t)unpack_uint(u, COVERS_ALL);
    unpack_key_named(u, &last, "fields");
    fields_read(u, arena, t);
    unpack_key_named(u, &last, "issuers");
    t->issuers =
        texts_read(u, CERTIFICATE_ISSUERS_MAX, SUBJECT_ID_BYTES_MAX, arena, &t->issuers_count);
    unpack_key_named(u, &last, "own");
    t->own = (uint8_t)unpack_uint(u, CERTIFICATE_OF_OTHERS);
    unpack_key_named(u, &last, "quota");
    t->quota = (uint8_t)unpack_uint(u, CERTIFICATE_PRODUCED);
    unpack_key_named(u, &last, "retired");
    t->retired = unpack_bool(u);
    unpack_key_named(u, &last, "roles");
    t->roles = (uint32_t)unpack_uint(u, ROLES_ALL);
    unpack_key_named(u, &last, "things");
    things_read(u, t);
    unpack_key_named(u, &last, "title_en");
    t->title_en = text_read(u, LABEL_BYTES_MAX);
    unpack_key_named(u, &last, "title_zh");
    t->title_zh = text_read(u, LABEL_BYTES_MAX);
    unpack_key_named(u, &last, "type");
    t->type = text_read(u, SUBJECT_ID_BYTES_MAX);
    unpack_key_named(u, &last, "upstream");
    t->upstream = (uint8_t)unpack_uint(u, UPSTREAM_MUST);
    unpack_key_named(u, &last, "upstream_if");
    upstream_if_read(u, t);
    unpack_key_named(u, &last, "validity");
    t->validity_ms = unpack_uint(u, UINT64_MAX);
}

enum err certificate_type_decode(struct span definition, struct arena *arena,
                                 struct certificate_type *ret) {
    struct certificate_type t = {.things_min = 0};
    struct unpack u;
    if (definition.len > CERTIFICATE_TYPE_BYTES_MAX) return ERR_CERTIFICATE_TYPE;
    unpack_init(&u, definition);
    definition_read(&u, arena, &t);
    enum err e = unpack_end(&u);
    if (e == OK && !parts_agree(&t)) e = ERR_CERTIFICATE_TYPE;
    if (e == OK) *ret = t;
    return e;
}

static void pack_name(struct buffer *out, const char *name) {
    pack_text(out, span_text(name));
}

static void pack_texts(struct buffer *out, const struct span list[], uint32_t count) {
    pack_array(out, count);
    for (uint32_t i = 0; i < count; i++)
        pack_text(out, list[i]);
}

static void pack_field(struct buffer *out, const struct certificate_field *f) {
    pack_array(out, 6);
    pack_text(out, f->name);
    pack_uint(out, f->kind);
    pack_uint(out, f->flags);
    pack_texts(out, f->choices, f->choices_count);
    pack_text(out, f->label_zh);
    pack_text(out, f->label_en);
}

void certificate_type_encode(const struct certificate_type *t, struct buffer *out) {
    pack_map(out, 14);
    pack_name(out, "covers");
    pack_uint(out, t->covers);
    pack_name(out, "fields");
    pack_array(out, t->fields_count);
    for (uint32_t i = 0; i < t->fields_count; i++)
        pack_field(out, &t->fields[i]);
    pack_name(out, "issuers");
    pack_texts(out, t->issuers, t->issuers_count);
    pack_name(out, "own");
    pack_uint(out, t->own);
    pack_name(out, "quota");
    pack_uint(out, t->quota);
    pack_name(out, "retired");
    pack_bool(out, t->retired);
    pack_name(out, "roles");
    pack_uint(out, t->roles);
    pack_name(out, "things");
    pack_array(out, 2);
    pack_uint(out, t->things_min);
    pack_uint(out, t->things_max);
    pack_name(out, "title_en");
    pack_text(out, t->title_en);
    pack_name(out, "title_zh");
    pack_text(out, t->title_zh);
    pack_name(out, "type");
    pack_text(out, t->type);
    pack_name(out, "upstream");
    pack_uint(out, t->upstream);
    pack_name(out, "upstream_if");
    struct span condition[] = {t->upstream_field, t->upstream_choice};
    pack_texts(out, condition, t->upstream_field.len > 0 ? 2 : 0);
    pack_name(out, "validity");
    pack_uint(out, t->validity_ms);
}

/* SPEC D6: "7 a list of them, rising, each once" */
static bool choices_valid(const struct certificate_field *f, struct span value) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, value);
    uint32_t count = unpack_array(&u, CERTIFICATE_TEXTS_MAX);
    for (uint32_t i = 0; i < count && u.err == OK; i++) {
        struct span text = unpack_text(&u, CERTIFICATE_TEXT_BYTES_MAX);
        if (!is_choice(f, text) || (i > 0 && span_compare(last, text) >= 0)) return false;
        last = text;
    }
    return unpack_end(&u) == OK;
}

static struct span text_of(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    return unpack_text(&u, CERTIFICATE_TEXT_BYTES_MAX);
}

/* The value keeps D6 already: what its kind asks beyond that. */
static bool value_fits(const struct certificate_field *f, struct span value) {
    enum value_kind kind = value_kind(value);
    /* SPEC D7: "hidden without flag bit 1 or not hidden with it (23)" */
    if ((kind == VALUE_EXT) != ((f->flags & CERTIFICATE_HIDDEN) != 0)) return false;
    if (kind == VALUE_EXT) return true;
    switch ((enum certificate_field_kind)f->kind) {
    case CERTIFICATE_TEXT:
        return kind == VALUE_TEXT;
    case CERTIFICATE_INTEGER:
        return kind == VALUE_INT;
    case CERTIFICATE_NUMBER:
        return kind == VALUE_INT || kind == VALUE_FLOAT;
    case CERTIFICATE_DATE:
        return kind == VALUE_TEXT && date_valid(text_of(value));
    case CERTIFICATE_DIGEST:
        return kind == VALUE_BYTES;
    case CERTIFICATE_CHOICE:
        return kind == VALUE_TEXT && is_choice(f, text_of(value));
    case CERTIFICATE_CHOICES:
        return kind == VALUE_ARRAY && choices_valid(f, value);
    case CERTIFICATE_TEXTS:
        return kind == VALUE_ARRAY;
    }
    return false;
}

/* Both lists rise by name: one walk. */
bool certificate_fields_check(const struct certificate_type *type,
                              const struct certificate_issue *issue, struct span *ret_field) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < type->fields_count; i++) {
        const struct certificate_field *f = &type->fields[i];
        int order = at < issue->fields_count ? span_compare(issue->fields[at].name, f->name) : 1;
        bool there = order == 0;
        if (order < 0) break; /* unknown */
        if (there ? !value_fits(f, issue->fields[at].value) : f->flags & CERTIFICATE_MANDATORY) {
            *ret_field = f->name;
            return false;
        }
        at += there ? 1 : 0;
    }
    if (at == issue->fields_count) return true;
    *ret_field = issue->fields[at].name;
    return false;
}
