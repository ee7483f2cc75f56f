#include "trace/item.h"

#include "base/merkle_root.h"

enum { NUMBER_BYTES_MAX = 9, UNIT_BYTES_MAX = 256 };

static const struct field thing_fields[] = {
    CODEC_UINT(thing, role, 1, 255),
    CODEC_TEXT(thing, identifier, 1, IDENTIFIER_BYTES_MAX),
    CODEC_VALUE(thing, quantity, NUMBER_BYTES_MAX),
    CODEC_VALUE(thing, unit, UNIT_BYTES_MAX),
};
const struct type thing_type = CODEC_TYPE(thing, thing_fields);

static const struct field item_fields[] = {
    CODEC_UINT(item, type, 1, 255),
    CODEC_VALUE(item, fields, RECORD_BYTES_MAX),
    CODEC_LIST(item, things, things_count, &thing_type, 0, ITEM_THINGS_MAX),
};
const struct type item_type = CODEC_TYPE(item, item_fields);

struct thing thing_bare(uint8_t role, struct span identifier) {
    static const uint8_t nil[1] = {0xc0};
    return (struct thing){role, identifier, span_of(nil, 1), span_of(nil, 1)};
}

/* A thing's numbers and words: what the table cannot say. */
static bool thing_kinds_valid(const struct thing *thing) {
    enum value_kind quantity = value_kind(thing->quantity);
    enum value_kind unit = value_kind(thing->unit);
    return (quantity == VALUE_NIL || quantity == VALUE_INT || quantity == VALUE_FLOAT) &&
           (unit == VALUE_NIL || unit == VALUE_TEXT);
}

/* Every ext inside a canonical value must be a well-formed hidden value. */
static enum err hidden_all_valid(struct span value) {
    struct value_walk w;
    struct unpack u;
    unpack_init(&u, value);
    value_walk_begin(&w);
    for (size_t from = 0; unpack_walk(&u, &w); from = u.at) {
        struct hidden hidden;
        if (w.kind == VALUE_EXT && hidden_read(span_part(value, from, u.at - from), &hidden) != OK)
            return ERR_ITEM_HIDDEN;
    }
    return u.err;
}

static enum err item_check(const struct item *item) {
    if (value_kind(item->fields) != VALUE_MAP) return ERR_ITEM_FORM;
    for (uint32_t i = 0; i < item->things_count; i++) {
        if (!thing_kinds_valid(&item->things[i])) return ERR_ITEM_FORM;
    }
    return hidden_all_valid(item->fields);
}

bool item_read(struct unpack *u, struct arena *arena, struct item *ret) {
    struct item item;
    if (!codec_read(&item_type, u, arena, &item)) return false;
    enum err err = item_check(&item);
    if (err != OK) {
        unpack_fail(u, err);
        return false;
    }
    *ret = item;
    return true;
}

enum err item_decode(struct span in, struct arena *arena, struct item *ret) {
    struct unpack u;
    struct item item;
    unpack_init(&u, in);
    if (!item_read(&u, arena, &item)) return u.err;
    enum err err = unpack_end(&u);
    if (err == OK) *ret = item;
    return err;
}

void item_encode(const struct item *item, struct buffer *out) {
    codec_encode(&item_type, item, out);
}

void thing_encode(const struct thing *thing, struct buffer *out) {
    codec_encode(&thing_type, thing, out);
}

struct digest thing_leaf_hash(const struct thing *thing) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, IDENTIFIER_BYTES_MAX + UNIT_BYTES_MAX + 64);
    thing_encode(thing, &bytes);
    CHECK(!bytes.overflow);
    return merkle_leaf_hash(buffer_span(&bytes));
}

struct digest item_fields_digest(const struct item *item) {
    return sha256(item->fields);
}

void item_things_root(const struct item *item, struct digest *ret) {
    struct merkle_stack stack;
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, IDENTIFIER_BYTES_MAX + UNIT_BYTES_MAX + 64);
    stack.count = 0;
    for (uint32_t i = 0; i < item->things_count; i++) {
        buffer_clear(&bytes);
        thing_encode(&item->things[i], &bytes);
        CHECK(!bytes.overflow);
        struct digest leaf = merkle_leaf_hash(buffer_span(&bytes));
        merkle_stack_add(&stack, &leaf);
    }
    merkle_stack_root(&stack, ret);
}

struct digest item_digest(const struct item *item) {
    struct digest fields = item_fields_digest(item);
    struct digest root;
    item_things_root(item, &root);
    return item_digest_of(item->type, &fields, item->things_count, &root);
}

/* SPEC I4: "Item digest = `SHA-256("suyuan/item/v1\0" || type u8 || SHA-256(fields) || count of
 * things u32 || RFC 9162 root of the things' canonical bytes)`." */
struct digest item_digest_of(uint8_t type, const struct digest *fields_digest,
                             uint32_t things_count, const struct digest *things_root) {
    uint8_t count[4];
    put_u32(count, things_count);
    const struct span parts[] = {
        span_of(&type, 1),
        span_of(fields_digest->b, sizeof fields_digest->b),
        span_of(count, sizeof count),
        span_of(things_root->b, sizeof things_root->b),
    };
    return sha256_tagged("suyuan/item/v1", parts, sizeof parts / sizeof parts[0]);
}

/* SPEC I3: "A hidden value is ext 1 of 33 bytes" */
enum err hidden_read(struct span value, struct hidden *ret) {
    struct unpack u;
    unpack_init(&u, value);
    struct span payload = unpack_ext(&u, HIDDEN_EXT, HIDDEN_BYTES);
    if (unpack_end(&u) != OK || payload.len != HIDDEN_BYTES) return ERR_ITEM_HIDDEN;
    uint8_t tier = payload.data[0];
    if (tier < TIER_PARTNER || tier > TIER_DELETABLE) return ERR_ITEM_HIDDEN;
    ret->tier = (enum item_tier)tier;
    for (size_t i = 0; i < sizeof ret->commitment.b; i++)
        ret->commitment.b[i] = payload.data[1 + i];
    return OK;
}

void hidden_write(const struct hidden *hidden, struct buffer *out) {
    uint8_t payload[HIDDEN_BYTES];
    CHECK(hidden->tier >= TIER_PARTNER && hidden->tier <= TIER_DELETABLE);
    payload[0] = (uint8_t)hidden->tier;
    for (size_t i = 0; i < sizeof hidden->commitment.b; i++)
        payload[1 + i] = hidden->commitment.b[i];
    pack_ext(out, HIDDEN_EXT, span_of(payload, sizeof payload));
}

struct digest hidden_commitment(const struct digest *chain_id, enum item_tier tier,
                                const uint8_t salt[HIDDEN_SALT_BYTES], struct span name,
                                struct span value) {
    uint8_t tier_byte = (uint8_t)tier;
    uint8_t name_len[4];
    put_u32(name_len, (uint32_t)name.len);
    const struct span parts[] = {
        span_of(chain_id->b, sizeof chain_id->b),
        span_of(&tier_byte, 1),
        span_of(salt, HIDDEN_SALT_BYTES),
        span_of(name_len, sizeof name_len),
        name,
        value,
    };
    return sha256_tagged("suyuan/hidden/v1", parts, sizeof parts / sizeof parts[0]);
}
