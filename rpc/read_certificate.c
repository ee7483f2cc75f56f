/* read_certificate.c: certificates and their types (SPEC D), as JSON. */
#include "rpc/handlers.h"
#include "trace/certificate_words.h"

static const char *state_name(const struct view *v, const struct certificate_value *c) {
    if (c->state == STATE_SUPERSEDED) return "superseded";
    if (c->state != STATE_ACTIVE) return "revoked";
    return c->until_ms != 0 && c->until_ms <= v->summary.time_ms ? "expired" : "active";
}

static void put_covered(struct emit *j, const struct certificate_value *c) {
    emit_key(j, "covers");
    emit_list(j);
    for (uint32_t i = 0; i < c->covered_count; i++) {
        const struct covered *thing = &c->covered[i];
        emit_object(j);
        emit_key_text(j, "identifier", thing->identifier);
        emit_key_text(j, "unit", thing->unit);
        emit_key_uint(j, "quantity_millionths", thing->quantity);
        emit_key_uint(j, "codes_drawn", thing->drawn);
        emit_object_end(j);
    }
    emit_list_end(j);
}

/* What every list and the certificate itself say. */
static void put_row(struct emit *j, const struct view *v, struct span id,
                    const struct certificate_value *c) {
    struct span issuer = SPAN_EMPTY, number = SPAN_EMPTY;
    CHECK(certificate_id_split(id, &issuer, &number));
    emit_key_text(j, "id", id);
    emit_key_text(j, "issuer", issuer);
    emit_key_text(j, "number", number);
    emit_key_text(j, "type", c->type);
    emit_key_text(j, "producer", c->producer);
    emit_key_string(j, "state", state_name(v, c));
    emit_key_uint(j, "until_ms", c->until_ms);
    emit_key_uint(j, "issued", c->issued);
    put_covered(j, c);
}

/* The item that issued it, out of the record that the log index names. */
static enum err put_issued(struct emit *j, struct view *v, const struct certificate_value *c) {
    struct buffer wire CLEANUP(buffer_free) = {0}, leaf CLEANUP(buffer_free) = {0};
    struct block_summary summary;
    struct record record;
    uint64_t height;
    uint32_t index;
    buffer_init(&wire, RECORD_BYTES_MAX);
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    enum err e = query_log_leaf(v->snapshot.reader, c->issued, &leaf, &height, &index);
    if (e == OK) e = query_block(v->snapshot.reader, height, &summary);
    if (e == OK) e = load_record(v, height, index, &wire, &record);
    if (e == OK && c->item >= record.header.item_count) e = ERR_RPC_NOT_FOUND;
    if (e) return e;
    emit_key_digest(j, "record", &record.id);
    emit_key_uint(j, "height", height);
    emit_key_uint(j, "block_time_ms", summary.time_ms);
    emit_key(j, "item");
    put_item(j, c->item, &record.items[c->item], &record.item_digests[c->item]);
    return OK;
}

enum err read_certificate(struct view *v) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct span id = v->arguments[0].text;
    struct certificate_value c;
    struct emit j;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    enum err e = query_certificate(v->snapshot.reader, id, &value, v->arena, &c);
    if (e) return e == ERR_QUERY_UNKNOWN ? ERR_RPC_NOT_FOUND : e;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    put_row(&j, v, id, &c);
    emit_key_value(&j, "upstream", c.upstream);
    emit_key_uint(&j, "line", c.line);
    emit_key_text(&j, "superseded_by", c.other);
    emit_key_uint(&j, "reason", c.reason);
    emit_key_uint(&j, "since_height", c.since_height);
    emit_key_uint(&j, "log_index", c.log_index);
    emit_key_digest(&j, "definition", &c.definition);
    e = put_issued(&j, v, &c);
    emit_object_end(&j);
    return e;
}

/* -- lists -- */

/* Exactly one of issuer, producer and thing. */
static enum err list_by(struct view *v, enum certificates_of *ret_by, struct span *ret_name) {
    uint32_t given = 0;
    for (uint32_t i = 0; i < 3; i++) {
        if (!v->arguments[i].given) continue;
        given++;
        *ret_by = (enum certificates_of)i;
        *ret_name = v->arguments[i].text;
    }
    if (given != 1)
        return refusal_set(&v->refusal, ERR_RPC_PARAMETER, "%s", "issuer | producer | thing");
    return *ret_by == CERTIFICATES_OF_THING ? canonical_of(v, *ret_name, ret_name) : OK;
}

static void put_list(struct emit *j, struct view *v, const struct issued_place places[],
                     uint32_t count) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    emit_key(j, "certificates");
    emit_list(j);
    for (uint32_t i = 0; i < count; i++) {
        struct certificate_value c;
        buffer_clear(&value);
        arena_reset(v->scratch);
        if (query_certificate(v->snapshot.reader, places[i].id, &value, v->scratch, &c)) continue;
        emit_object(j);
        put_row(j, v, places[i].id, &c);
        emit_object_end(j);
    }
    emit_list_end(j);
}

enum err read_certificate_list(struct view *v) {
    struct issued_place after = place_of_cursor(v->arguments[3].number);
    enum certificates_of by = CERTIFICATES_OF_ISSUER;
    struct span name = SPAN_EMPTY;
    struct emit j;
    uint32_t limit = v->arguments[4].given ? (uint32_t)v->arguments[4].number : 100;
    enum err e = list_by(v, &by, &name);
    if (e) return e;
    struct issued_place *places = arena_alloc(v->arena, limit + 1, sizeof *places);
    if (places == NULL) return ERR_RPC_ANSWER_SIZE;
    uint32_t n = query_certificates(v->snapshot.reader, by, name, v->arguments[3].given ? &after : NULL,
                                    limit + 1, v->arena, places);
    uint32_t shown = n < limit ? n : limit;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    put_list(&j, v, places, shown);
    if (n > limit) emit_key_uint(&j, "next", cursor_of_place(&places[shown - 1]));
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

/* -- types -- */

static void put_texts(struct emit *j, const char *key, const struct span list[], uint32_t count) {
    emit_key(j, key);
    emit_list(j);
    for (uint32_t i = 0; i < count; i++)
        emit_text(j, list[i]);
    emit_list_end(j);
}

static void put_field(struct emit *j, const struct certificate_field *f) {
    emit_object(j);
    emit_key_text(j, "name", f->name);
    emit_key_string(j, "kind", certificate_word(WORDS_FIELD, f->kind));
    emit_key_bool(j, "required", (f->flags & CERTIFICATE_MANDATORY) != 0);
    emit_key_bool(j, "hidden", (f->flags & CERTIFICATE_HIDDEN) != 0);
    put_texts(j, "choices", f->choices, f->choices_count);
    emit_key_text(j, "zh", f->label_zh);
    emit_key_text(j, "en", f->label_en);
    emit_object_end(j);
}

static void put_bits(struct emit *j, const struct certificate_type *t) {
    emit_key(j, "roles");
    emit_list(j);
    for (uint32_t bit = 1; bit <= MEMBER_ROLES_ALL; bit <<= 1)
        if (t->roles & bit) emit_text(j, span_text(role_name(bit, LANG_EN)));
    emit_list_end(j);
    emit_key(j, "covers");
    emit_list(j);
    for (uint32_t k = 0; k <= IDENTIFIER_OTHER; k++)
        if (t->covers & 1u << k) emit_text(j, span_text(certificate_word(WORDS_COVERS, k)));
    emit_list_end(j);
}

static void put_type(struct emit *j, const struct certificate_type_value *v,
                     const struct certificate_type *t) {
    struct digest digest = sha256(v->definition);
    struct span condition[] = {t->upstream_field, t->upstream_choice};
    emit_object(j);
    emit_key_text(j, "type", t->type);
    emit_key_text(j, "title_zh", t->title_zh);
    emit_key_text(j, "title_en", t->title_en);
    emit_key_string(j, "state", t->retired ? "retired" : "active");
    emit_key_uint(j, "since_height", v->since_height);
    emit_key_digest(j, "digest", &digest);
    put_bits(j, t);
    put_texts(j, "issuers", t->issuers, t->issuers_count);
    emit_key_string(j, "own", certificate_word(WORDS_OWN, t->own));
    emit_key_string(j, "quota", certificate_word(WORDS_QUOTA, t->quota));
    emit_key_uint(j, "things_min", t->things_min);
    emit_key_uint(j, "things_max", t->things_max);
    emit_key_string(j, "upstream", certificate_word(WORDS_UPSTREAM, t->upstream));
    put_texts(j, "upstream_if", condition, t->upstream_field.len > 0 ? 2 : 0);
    emit_key_uint(j, "validity_ms", t->validity_ms);
    emit_key(j, "fields");
    emit_list(j);
    for (uint32_t i = 0; i < t->fields_count; i++)
        put_field(j, &t->fields[i]);
    emit_list_end(j);
    emit_key_base64(j, "definition", v->definition);
    emit_object_end(j);
}

/* False when there is none of that name. */
static bool put_type_named(struct emit *j, struct view *v, struct span name, const char *key) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct certificate_type_value found;
    struct certificate_type type;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    arena_reset(v->scratch);
    if (query_certificate_type(v->snapshot.reader, name, &value, &found) != OK) return false;
    CHECK(certificate_type_decode(found.definition, v->scratch, &type) == OK);
    if (key) emit_key(j, key);
    put_type(j, &found, &type);
    return true;
}

enum err read_certificate_type(struct view *v) {
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    if (!put_type_named(&j, v, v->arguments[0].text, "type")) return ERR_RPC_NOT_FOUND;
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

enum err read_certificate_type_list(struct view *v) {
    uint32_t limit = v->arguments[1].given ? (uint32_t)v->arguments[1].number : 100;
    struct span *names = arena_alloc(v->arena, limit + 1, sizeof *names);
    struct emit j;
    if (names == NULL) return ERR_RPC_ANSWER_SIZE;
    uint32_t n = query_certificate_types(v->snapshot.reader, v->arguments[0].text, limit + 1, v->arena,
                                         names);
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "types");
    emit_list(&j);
    for (uint32_t i = 0; i < n && i < limit; i++)
        (void)put_type_named(&j, v, names[i], NULL);
    emit_list_end(&j);
    if (n > limit) emit_key_text(&j, "next", names[limit - 1]);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}
