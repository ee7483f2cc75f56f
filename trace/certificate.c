/* certificate.c: the items of certificates (SPEC D2 to D6). See certificate.h. */
#include "trace/certificate.h"

#include "trace/quantity.h"

enum { DIGEST_BYTES = 32 };

static bool number_valid(struct span number) {
    for (size_t i = 0; i < number.len; i++)
        if (number.data[i] <= ' ' || number.data[i] > '~' || number.data[i] == '/') return false;
    return number.len > 0 && number.len <= CERTIFICATE_NUMBER_BYTES_MAX;
}

bool certificate_id_split(struct span id, struct span *ret_issuer, struct span *ret_number) {
    size_t at = 0;
    while (at < id.len && id.data[at] != '/')
        at++;
    if (at == id.len) return false;
    struct span issuer = span_part(id, 0, at), number = span_part(id, at + 1, id.len - at - 1);
    if (!subject_id_valid(issuer) || !number_valid(number)) return false;
    *ret_issuer = issuer;
    *ret_number = number;
    return true;
}

bool certificate_id_valid(struct span id) {
    struct span issuer, number;
    return certificate_id_split(id, &issuer, &number);
}

void certificate_id_write(struct span issuer, struct span number, struct buffer *out) {
    buffer_append_span(out, issuer);
    buffer_u8(out, '/');
    buffer_append_span(out, number);
}

static struct span id_read(struct unpack *u) {
    struct span id = unpack_text(u, CERTIFICATE_ID_BYTES_MAX);
    if (u->err == OK && !certificate_id_valid(id)) unpack_fail(u, ERR_CERTIFICATE_ID);
    return id;
}

static bool texts_valid(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    uint32_t count = unpack_array(&u, CERTIFICATE_TEXTS_MAX);
    for (uint32_t i = 0; i < count; i++)
        if (unpack_text(&u, CERTIFICATE_TEXT_BYTES_MAX).len == 0) return false;
    return count > 0 && unpack_end(&u) == OK;
}

static bool integer_valid(struct span value) {
    struct unpack u;
    unpack_init(&u, value);
    int64_t v = unpack_int(&u);
    const int64_t most = ((int64_t)1 << 53) - 1;
    return unpack_end(&u) == OK && v >= -most && v <= most;
}

/* SPEC D6: "A value in `fields` is a text of 1 to 1,024 bytes, an integer within +-(2^53-1), a float, 32 bytes, a list of 1 to
 * 32 texts of 1 to 1,024 bytes, or a hidden value of tier 3 (I3)" */
static bool value_valid(struct span value) {
    struct unpack u;
    struct hidden hidden;
    unpack_init(&u, value);
    switch (value_kind(value)) {
    case VALUE_TEXT:
        return unpack_text(&u, CERTIFICATE_TEXT_BYTES_MAX).len > 0;
    case VALUE_INT:
        return integer_valid(value);
    case VALUE_FLOAT:
        return true;
    case VALUE_BYTES:
        return unpack_bytes(&u, DIGEST_BYTES).len == DIGEST_BYTES;
    case VALUE_ARRAY:
        return texts_valid(value);
    case VALUE_EXT:
        return hidden_read(value, &hidden) == OK && hidden.tier == TIER_DELETABLE;
    case VALUE_NIL:
    case VALUE_BOOL:
    case VALUE_MAP:
    case VALUE_NONE:
        break;
    }
    return false;
}

static void entries_read(struct unpack *u, struct arena *arena, struct certificate_issue *c) {
    struct span last = SPAN_EMPTY;
    c->fields_count = unpack_map(u, CERTIFICATE_FIELDS_MAX);
    c->fields = arena_alloc(arena, c->fields_count, sizeof *c->fields);
    if (!c->fields) unpack_fail(u, ERR_TOO_LARGE);
    for (uint32_t i = 0; i < c->fields_count && u->err == OK; i++) {
        struct certificate_entry *e = &c->fields[i];
        e->name = unpack_key(u, &last);
        e->value = unpack_value(u);
        if (u->err == OK && !value_valid(e->value)) unpack_fail(u, ERR_CERTIFICATE_VALUE);
    }
}

static void upstream_read(struct unpack *u, struct certificate_issue *c) {
    size_t from = u->at;
    c->upstream_count = unpack_array(u, CERTIFICATE_UPSTREAM_MAX);
    for (uint32_t i = 0; i < c->upstream_count && u->err == OK; i++) {
        c->upstream[i] = id_read(u);
        if (i > 0 && span_compare(c->upstream[i - 1], c->upstream[i]) >= 0)
            unpack_fail(u, ERR_CERTIFICATE_UPSTREAM);
    }
    c->upstream_bytes = span_part(u->in, from, u->at - from);
}

static void issue_read(struct unpack *u, bool supersedes, struct arena *arena,
                       struct certificate_issue *c) {
    struct span last = SPAN_EMPTY;
    unpack_map_of(u, supersedes ? 8 : 7);
    unpack_key_named(u, &last, "fields");
    entries_read(u, arena, c);
    unpack_key_named(u, &last, "from");
    c->from_ms = unpack_uint(u, UINT64_MAX);
    unpack_key_named(u, &last, "number");
    c->number = unpack_text(u, CERTIFICATE_NUMBER_BYTES_MAX);
    unpack_key_named(u, &last, "producer");
    c->producer = unpack_text(u, SUBJECT_ID_BYTES_MAX);
    if (supersedes) {
        unpack_key_named(u, &last, "supersedes");
        c->supersedes = id_read(u);
    }
    unpack_key_named(u, &last, "type");
    c->type = unpack_text(u, SUBJECT_ID_BYTES_MAX);
    unpack_key_named(u, &last, "until");
    c->until_ms = unpack_uint(u, UINT64_MAX);
    unpack_key_named(u, &last, "upstream");
    upstream_read(u, c);
}

/* SPEC D2: "a quantity is nil, or fits (E14) and is at least one millionth, an integer within +-(2^53-1); the unit is nil when the
 * quantity is" */
static bool quantity_read(const struct thing *from, struct certificate_thing *to) {
    enum value_kind kind = value_kind(from->quantity);
    int64_t micro;
    struct unpack u;
    unpack_init(&u, from->unit);
    if (value_kind(from->unit) == VALUE_TEXT) to->unit = unpack_text(&u, CERTIFICATE_UNIT_BYTES_MAX);
    if (kind == VALUE_NIL) return value_kind(from->unit) == VALUE_NIL;
    if (kind == VALUE_INT && !integer_valid(from->quantity)) return false;
    if (quantity_micro(from->quantity, &micro) != OK || micro < 1) return false;
    to->quantity = (uint64_t)micro;
    return true;
}

static enum err things_read(const struct item *item, struct arena *arena,
                            struct certificate_issue *c) {
    struct buffer text CLEANUP(buffer_free) = {0};
    size_t names = 0;
    if (item->things_count < 1 || item->things_count > CERTIFICATE_THINGS_MAX)
        return ERR_CERTIFICATE_THINGS;
    buffer_init(&text, IDENTIFIER_BYTES_MAX);
    for (uint32_t i = 0; i < item->things_count; i++) {
        const struct thing *from = &item->things[i];
        struct certificate_thing *to = &c->things[i];
        buffer_clear(&text);
        if (from->role != ROLE_COVERED || !quantity_read(from, to)) return ERR_CERTIFICATE_THINGS;
        enum err e = identifier_canonical(from->identifier, &text, &to->kind);
        if (e) return e;
        to->identifier = from->identifier;
        to->canonical = arena_copy(arena, buffer_span(&text));
        if (!to->canonical.data) return ERR_TOO_LARGE;
        for (uint32_t j = 0; j < i; j++)
            if (span_equal(c->things[j].canonical, to->canonical)) return ERR_CERTIFICATE_THINGS;
        names += to->canonical.len + to->unit.len;
        /* SPEC D2: "these texts and the units together at most 2,048 bytes" */
        if (names > CERTIFICATE_NAMES_BYTES_MAX) return ERR_CERTIFICATE_THINGS;
    }
    c->things_count = item->things_count;
    return OK;
}

enum err certificate_issue_decode(const struct item *item, struct arena *arena,
                                  struct certificate_issue *ret) {
    struct certificate_issue c = {.things_count = 0};
    struct unpack u;
    bool supersedes = item->type == ITEM_CERTIFICATE_SUPERSEDED;
    if (!supersedes && item->type != ITEM_CERTIFICATE_ISSUED) return ERR_CERTIFICATE_ITEM;
    if (item->fields.len > CERTIFICATE_ITEM_BYTES_MAX) return ERR_CERTIFICATE_ITEM;
    unpack_init(&u, item->fields);
    issue_read(&u, supersedes, arena, &c);
    enum err e = unpack_end(&u);
    if (e) return e;
    if (!number_valid(c.number)) return ERR_CERTIFICATE_NUMBER;
    if (!subject_id_valid(c.producer) || !subject_id_valid(c.type)) return ERR_CERTIFICATE_ITEM;
    if (c.until_ms != 0 && c.from_ms >= c.until_ms) return ERR_CERTIFICATE_PERIOD;
    e = things_read(item, arena, &c);
    if (e == OK) *ret = c;
    return e;
}

static void pack_name(struct buffer *out, const char *name) {
    pack_text(out, span_text(name));
}

void certificate_issue_fields(const struct certificate_issue *c, struct buffer *out) {
    bool supersedes = c->supersedes.len > 0;
    pack_map(out, supersedes ? 8 : 7);
    pack_name(out, "fields");
    pack_map(out, c->fields_count);
    for (uint32_t i = 0; i < c->fields_count; i++) {
        pack_text(out, c->fields[i].name);
        pack_raw(out, c->fields[i].value);
    }
    pack_name(out, "from");
    pack_uint(out, c->from_ms);
    pack_name(out, "number");
    pack_text(out, c->number);
    pack_name(out, "producer");
    pack_text(out, c->producer);
    if (supersedes) {
        pack_name(out, "supersedes");
        pack_text(out, c->supersedes);
    }
    pack_name(out, "type");
    pack_text(out, c->type);
    pack_name(out, "until");
    pack_uint(out, c->until_ms);
    pack_name(out, "upstream");
    pack_array(out, c->upstream_count);
    for (uint32_t i = 0; i < c->upstream_count; i++)
        pack_text(out, c->upstream[i]);
}

enum err certificate_revocation_decode(const struct item *item,
                                       struct certificate_revocation *ret) {
    struct certificate_revocation r;
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (item->type != ITEM_CERTIFICATE_REVOKED || item->things_count != 0)
        return ERR_CERTIFICATE_ITEM;
    unpack_init(&u, item->fields);
    unpack_map_of(&u, 2);
    unpack_key_named(&u, &last, "certificate");
    r.certificate = id_read(&u);
    unpack_key_named(&u, &last, "reason");
    r.reason = (uint16_t)unpack_uint(&u, UINT16_MAX);
    enum err e = unpack_end(&u);
    if (e == OK) *ret = r;
    return e;
}

void certificate_revocation_fields(const struct certificate_revocation *r, struct buffer *out) {
    pack_map(out, 2);
    pack_name(out, "certificate");
    pack_text(out, r->certificate);
    pack_name(out, "reason");
    pack_uint(out, r->reason);
}
