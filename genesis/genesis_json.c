/* genesis_json.c: the genesis as people write and read it (genesis.h). */
#include <string.h>

#include "base/json.h"
#include "genesis/genesis.h"
#include "trace/rfc3339.h"

/* An object of the document: the place is for refusals. */
struct object {
    struct span map;
    char place[64];
    struct refusal *refusal;
    struct arena *arena;
    enum err err; /* sticky */
};

static void fail(struct object *o, enum err e, const char *name) {
    if (o->err == OK)
        o->err =
            refusal_set(o->refusal, e, "%s%s%s", o->place, o->place[0] && name[0] ? "." : "", name);
}

/* Is every name of the object one of these? */
static void object_names(struct object *o, const char *const names[], size_t count) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, o->map);
    uint32_t pairs = unpack_map(&u, 64);
    for (uint32_t i = 0; i < pairs; i++) {
        struct span key = unpack_key(&u, &last);
        size_t k = 0;
        while (k < count && !span_is(key, names[k]))
            k++;
        if (k == count && o->err == OK) {
            char name[40];
            size_t len = key.len < sizeof name - 1 ? key.len : sizeof name - 1;
            while (len > 0 && len < key.len && (key.data[len] & 0xc0) == 0x80)
                len--; /* not through a character */
            if (len > 0) memcpy(name, key.data, len);
            name[len] = 0;
            fail(o, ERR_GENESIS_FIELD, name);
        }
        (void)unpack_value(&u);
    }
    if (u.err) fail(o, ERR_GENESIS_FIELD, "");
}

static bool field_get(struct object *o, const char *name, bool required, struct span *ret) {
    if (value_kind(o->map) == VALUE_MAP && value_get(o->map, name, ret)) return true;
    if (required) fail(o, ERR_GENESIS_FIELD, name);
    return false;
}

static struct span text_get(struct object *o, const char *name, bool required) {
    struct span v, text = SPAN_EMPTY;
    struct unpack u;
    if (!field_get(o, name, required, &v)) return text;
    unpack_init(&u, v);
    text = unpack_text(&u, NAME_BYTES_MAX);
    if (unpack_end(&u)) fail(o, ERR_GENESIS_FIELD, name);
    return text;
}

static uint64_t uint_get(struct object *o, const char *name, bool required, uint64_t otherwise) {
    struct span v;
    struct unpack u;
    if (!field_get(o, name, required, &v)) return otherwise;
    unpack_init(&u, v);
    uint64_t n = unpack_uint(&u, UINT64_MAX);
    if (unpack_end(&u)) fail(o, ERR_GENESIS_FIELD, name);
    return n;
}

/* Milliseconds, or RFC 3339 text. */
static uint64_t time_get(struct object *o, const char *name, uint64_t otherwise, bool required) {
    struct span v;
    int64_t ms;
    if (!field_get(o, name, required, &v)) return otherwise;
    if (value_kind(v) == VALUE_INT) return uint_get(o, name, required, otherwise);
    if (!rfc3339_ms(text_get(o, name, required), &ms) || ms < 0) {
        fail(o, ERR_GENESIS_FIELD, name);
        return otherwise;
    }
    return (uint64_t)ms;
}

static void key_get(struct object *o, const char *name, struct pubkey *ret) {
    struct span text = text_get(o, name, true);
    if (o->err == OK && hex_decode((const char *)text.data, text.len, ret->b, sizeof ret->b))
        fail(o, ERR_HEX, name);
}

/* A list of objects or values: calls fn for each with its place. */
typedef void entry_fn(struct object *entry, void *element);

static void *list_get(struct object *o, const char *name, bool required, uint32_t max,
                      size_t element_size, entry_fn *fn, uint32_t *ret_count) {
    struct span v;
    struct unpack u;
    *ret_count = 0;
    if (!field_get(o, name, required, &v)) return NULL;
    unpack_init(&u, v);
    uint32_t count = unpack_array(&u, max);
    char *list = arena_alloc(o->arena, count + 1, element_size);
    if (u.err || !list) {
        fail(o, u.err ? ERR_GENESIS_FIELD : ERR_TOO_LARGE, name);
        return NULL;
    }
    for (uint32_t i = 0; i < count && o->err == OK; i++) {
        struct object entry = {.map = unpack_value(&u), .refusal = o->refusal, .arena = o->arena};
        char *end = entry.place;
        struct buffer place CLEANUP(buffer_free) = {0};
        buffer_init(&place, sizeof entry.place - 1);
        buffer_printf(&place, "%s%s%s[%u]", o->place, o->place[0] ? "." : "", name, i);
        memcpy(end, place.len ? place.data : (const uint8_t *)"", place.len);
        fn(&entry, list + i * element_size);
        o->err = entry.err;
    }
    *ret_count = count;
    return list;
}

static void read_validator(struct object *o, void *element) {
    static const char *const names[] = {"name", "consensus_key", "checkpoint_key", "log_key",
                                        "transport_key"};
    struct validator *v = element;
    object_names(o, names, sizeof names / sizeof *names);
    v->name = text_get(o, "name", true);
    key_get(o, "consensus_key", &v->consensus_key);
    key_get(o, "checkpoint_key", &v->checkpoint_key);
    key_get(o, "log_key", &v->log_key);
    key_get(o, "transport_key", &v->transport_key);
}

static void read_member_key(struct object *o, void *element) {
    static const char *const names[] = {"key", "from", "until"};
    struct member_key *k = element;
    object_names(o, names, sizeof names / sizeof *names);
    key_get(o, "key", &k->key);
    k->from_ms = time_get(o, "from", 0, false);
    k->until_ms = time_get(o, "until", 0, false);
}

static void read_role(struct object *o, void *element) {
    uint32_t *bit = element;
    struct unpack u;
    unpack_init(&u, o->map);
    *bit = role_by_name(unpack_text(&u, 32));
    if (unpack_end(&u) || *bit == 0) fail(o, ERR_GENESIS_MEMBER, "");
}

static void read_member(struct object *o, void *element) {
    static const char *const names[] = {"subject", "name", "roles", "division", "keys"};
    struct genesis_member *m = element;
    uint32_t roles_count;
    object_names(o, names, sizeof names / sizeof *names);
    m->subject = text_get(o, "subject", true);
    m->name = text_get(o, "name", true);
    m->division = text_get(o, "division", false);
    uint32_t *roles = list_get(o, "roles", true, 8, sizeof *roles, read_role, &roles_count);
    for (uint32_t i = 0; i < roles_count; i++)
        m->roles |= roles[i];
    m->keys =
        list_get(o, "keys", false, ACT_KEYS_MAX, sizeof *m->keys, read_member_key, &m->keys_count);
    if (o->err == OK && (m->subject.len > SUBJECT_ID_BYTES_MAX || m->division.len > 12 ||
                         m->roles == 0 || m->subject.len == 0 || m->name.len == 0))
        fail(o, ERR_GENESIS_MEMBER, "");
}

static void read_threshold(struct object *o, void *element) {
    static const char *const names[] = {"act", "approvals"};
    struct genesis_threshold *t = element;
    object_names(o, names, sizeof names / sizeof *names);
    uint64_t act = uint_get(o, "act", true, 0), approvals = uint_get(o, "approvals", true, 0);
    if (act < 1 || act > UINT8_MAX || approvals < 1 || approvals > ACT_APPROVALS_MAX)
        fail(o, ERR_GENESIS_THRESHOLD, "");
    t->act = (uint8_t)act;
    t->approvals = (uint8_t)approvals;
}

static void read_parameters(struct object *o, struct parameters *p) {
    const char *names[16] = {NULL};
    struct span v;
    parameters_default(p);
    if (!field_get(o, "parameters", false, &v)) return;
    struct object in = {.map = v, .place = "parameters", .refusal = o->refusal, .arena = o->arena};
    for (size_t i = 0; i < parameters_type.fields_count; i++)
        names[i] = parameters_type.fields[i].name;
    object_names(&in, names, parameters_type.fields_count);
    for (size_t i = 0; i < parameters_type.fields_count; i++) {
        uint64_t *at = (uint64_t *)(void *)((char *)p + parameters_type.fields[i].offset);
        *at = uint_get(&in, names[i], false, *at);
    }
    if (in.err == OK) in.err = parameters_check(p, o->refusal);
    o->err = in.err;
}

static enum err read_document(struct object *o, struct buffer *out) {
    static const char *const names[] = {
        "domain",  "title",      "created",  "parameters",        "validators",
        "members", "thresholds", "chain_id", "validators_digest", "rest_digest"};
    static const uint8_t empty_map[1] = {0x80};
    struct validator_bytes set = {.version = 1, .suite = 1};
    struct genesis_rest rest = {.version = 1, .extensions = span_of(empty_map, 1)};
    object_names(o, names, sizeof names / sizeof *names);
    set.domain = text_get(o, "domain", true);
    rest.title = text_get(o, "title", true);
    rest.created_ms = time_get(o, "created", 0, true);
    if (o->err == OK) read_parameters(o, &rest.parameters);
    set.validators = list_get(o, "validators", true, VALIDATORS_MAX, sizeof *set.validators,
                              read_validator, &set.count);
    rest.members = list_get(o, "members", true, GENESIS_MEMBERS_MAX, sizeof *rest.members,
                            read_member, &rest.members_count);
    rest.thresholds = list_get(o, "thresholds", false, UINT8_MAX, sizeof *rest.thresholds,
                               read_threshold, &rest.thresholds_count);
    if (o->err) return o->err;
    enum err e = validator_bytes_check(&set);
    if (e) return refusal_set(o->refusal, e, "validators");
    return genesis_make(&set, &rest, out, o->refusal);
}

enum err genesis_from_json(struct span text, struct buffer *out, struct refusal *ret_refusal) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct refusal local;
    struct arena arena CLEANUP(arena_free) = {0};
    struct object o = {.refusal = ret_refusal ? ret_refusal : &local, .arena = &arena};
    arena_init(&arena, GENESIS_BYTES_MAX * 4);
    if (text.len > GENESIS_BYTES_MAX) return refusal_set(ret_refusal, ERR_TOO_LARGE, "%s", "");
    buffer_init(&value, GENESIS_BYTES_MAX);
    enum err e = json_parse(text, &value, o.refusal);
    if (e) return e;
    o.map = buffer_span(&value);
    if (value_kind(o.map) != VALUE_MAP)
        return refusal_set(ret_refusal, ERR_GENESIS_FIELD, "%s", "");
    return read_document(&o, out);
}

/* Writing: a canonical value first (keys in byte order), then its JSON. */

static void pack_name(struct buffer *b, const char *name) {
    pack_text(b, span_text(name));
}

static void pack_hex(struct buffer *b, const char *name, const uint8_t bytes[32]) {
    char hex[65];
    hex_encode(span_of(bytes, 32), hex);
    pack_name(b, name);
    pack_text(b, span_of(hex, 64));
}

static void pack_number_field(struct buffer *b, const char *name, uint64_t v) {
    pack_name(b, name);
    pack_uint(b, v);
}

static void write_parameters(const struct parameters *p, struct buffer *b) {
    const struct type *t = &parameters_type;
    bool done[16] = {false};
    pack_map(b, (uint32_t)t->fields_count);
    for (size_t n = 0; n < t->fields_count; n++) {
        size_t least = t->fields_count;
        for (size_t i = 0; i < t->fields_count; i++)
            if (!done[i] &&
                (least == t->fields_count || strcmp(t->fields[i].name, t->fields[least].name) < 0))
                least = i;
        done[least] = true;
        pack_number_field(
            b, t->fields[least].name,
            *(const uint64_t *)(const void *)((const char *)p + t->fields[least].offset));
    }
}

static void write_member(const struct genesis_member *m, struct buffer *b) {
    pack_map(b, 5);
    pack_name(b, "division");
    pack_text(b, m->division);
    pack_name(b, "keys");
    pack_array(b, m->keys_count);
    for (uint32_t i = 0; i < m->keys_count; i++) {
        pack_map(b, 3);
        pack_number_field(b, "from", m->keys[i].from_ms);
        pack_hex(b, "key", m->keys[i].key.b);
        pack_number_field(b, "until", m->keys[i].until_ms);
    }
    pack_name(b, "name");
    pack_text(b, m->name);
    pack_name(b, "roles");
    pack_array(b, (uint32_t)__builtin_popcount(m->roles));
    for (uint32_t bit = 1; bit <= MEMBER_ROLES_ALL; bit <<= 1)
        if (m->roles & bit) pack_name(b, role_name(bit, LANG_EN));
    pack_name(b, "subject");
    pack_text(b, m->subject);
}

static void write_validators(const struct genesis *g, struct buffer *b) {
    pack_array(b, g->set.count);
    for (uint32_t i = 0; i < g->set.count; i++) {
        const struct validator *v = &g->set.validators[i];
        pack_map(b, 5);
        pack_hex(b, "checkpoint_key", v->checkpoint_key.b);
        pack_hex(b, "consensus_key", v->consensus_key.b);
        pack_hex(b, "log_key", v->log_key.b);
        pack_name(b, "name");
        pack_text(b, v->name);
        pack_hex(b, "transport_key", v->transport_key.b);
    }
}

void genesis_json(const struct genesis *g, struct buffer *out) {
    struct buffer b CLEANUP(buffer_free) = {0};
    buffer_init(&b, 4 * GENESIS_BYTES_MAX);
    pack_map(&b, 10);
    pack_hex(&b, "chain_id", g->chain_id.b);
    pack_number_field(&b, "created", g->rest.created_ms);
    pack_name(&b, "domain");
    pack_text(&b, g->set.domain);
    pack_name(&b, "members");
    pack_array(&b, g->rest.members_count);
    for (uint32_t i = 0; i < g->rest.members_count; i++)
        write_member(&g->rest.members[i], &b);
    pack_name(&b, "parameters");
    write_parameters(&g->rest.parameters, &b);
    pack_hex(&b, "rest_digest", g->rest_digest.b);
    pack_name(&b, "thresholds");
    pack_array(&b, g->rest.thresholds_count);
    for (uint32_t i = 0; i < g->rest.thresholds_count; i++) {
        pack_map(&b, 2);
        pack_number_field(&b, "act", g->rest.thresholds[i].act);
        pack_number_field(&b, "approvals", g->rest.thresholds[i].approvals);
    }
    pack_name(&b, "title");
    pack_text(&b, g->rest.title);
    pack_name(&b, "validators");
    write_validators(g, &b);
    pack_hex(&b, "validators_digest", g->validators_digest.b);
    CHECK(!b.overflow);
    json_write(buffer_span(&b), 2, out);
}
