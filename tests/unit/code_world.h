/* code_world.h: code packs for tests of the ledger: made from names, so that a test run twice is the same. Include after ledger_world.h. */
#ifndef TESTS_CODE_WORLD_H
#define TESTS_CODE_WORLD_H

#include "ledger/query.h"
#include "tests/unit/ledger_world.h"
#include "trace/code_item.h"

#define GTIN_A "06901234567892"
#define PRODUCT_A "https://id.gs1.org/01/" GTIN_A

struct world_pack {
    char id[PACK_ID_BYTES + 1];
    uint32_t count;
    struct code *codes;
    struct keypair *keys; /* claim keys */
    uint8_t *leaves;      /* 64 bytes per code */
    struct digest chunks[PACK_CHUNKS_MAX];
    struct digest root;
};

/* Inner codes are a hash's; everything lives as long as the world. */
static inline struct world_pack *world_pack_make(struct world *w, const char *subject,
                                                 const char *pack, uint32_t count) {
    struct pack_tree *tree = check_alloc(1, sizeof *tree);
    struct world_pack *p = arena_alloc(&w->arena, 1, sizeof *p);
    CHECK(p);
    CHECK(pack_id_make(span_text(GTIN_A), span_text(pack), p->id));
    p->count = count;
    p->codes = arena_alloc(&w->arena, count, sizeof *p->codes);
    p->keys = arena_alloc(&w->arena, count, sizeof *p->keys);
    p->leaves = arena_alloc(&w->arena, count, PACK_ENTRY_BYTES);
    CHECK(p->codes && p->keys && p->leaves);
    for (uint32_t i = 0; i < count; i++) {
        char serial[CODE_SERIAL_CHARS + 1], inner[CODE_INNER_CHARS + 1];
        uint8_t seed[PACK_ID_BYTES + 4];
        memcpy(seed, p->id, PACK_ID_BYTES);
        put_u32(seed + PACK_ID_BYTES, i);
        struct digest d = sha256(span_of(seed, sizeof seed));
        code_serial_format(pack, i, get_u64(d.b) >> 9, serial);
        code_inner_format(d.b + 8, inner);
        CHECK(code_make(span_text(GTIN_A), span_text(serial), &p->codes[i]));
        claim_key(&p->codes[i], inner, &p->keys[i]);
        struct digest hash = code_hash(span_text(subject), &p->codes[i]);
        pack_entry_write(&hash, &p->keys[i].public_key, p->leaves + (size_t)i * PACK_ENTRY_BYTES);
        pack_tree_add(tree, &hash, &p->keys[i].public_key);
    }
    pack_tree_finish(tree, &p->root);
    memcpy(p->chunks, tree->chunks, pack_chunks(count) * sizeof *p->chunks);
    free(tree);
    return p;
}

static inline struct item world_item(struct world *w, uint8_t type, const struct buffer *fields,
                                     uint8_t role, struct span identifier) {
    struct item item = {.type = type, .fields = world_keep(w, buffer_span(fields))};
    CHECK(!fields->overflow);
    if (role == 0) return item;
    item.things = arena_alloc(&w->arena, 1, sizeof *item.things);
    CHECK(item.things);
    item.things[0] = thing_bare(role, world_keep(w, identifier));
    item.things_count = 1;
    return item;
}

/* certificate: an id, or empty. */
static inline struct item world_pack_item(struct world *w, const struct world_pack *p,
                                          struct span thing, struct span certificate) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct pack_issued pack = {.count = p->count, .root = p->root, .certificate = certificate};
    memcpy(pack.pack_id, p->id, sizeof pack.pack_id);
    buffer_init(&fields, 1024);
    pack_issued_fields(&pack, &fields);
    return world_item(w, ITEM_PACK_ISSUED, &fields, ROLE_PACK, thing);
}

static inline struct item world_void_item(struct world *w, const char *pack_id, uint32_t first,
                                          uint32_t last, uint16_t reason) {
    struct buffer fields CLEANUP(buffer_free) = {0};
    struct codes_voided v = {.first = first, .last = last, .reason = reason};
    memcpy(v.pack_id, pack_id, sizeof v.pack_id);
    buffer_init(&fields, 1024);
    codes_voided_fields(&v, &fields);
    return world_item(w, ITEM_CODES_VOIDED, &fields, 0, SPAN_EMPTY);
}

/* The claim as an honest buyer makes it; nonce: all bytes of this. */
static inline struct claim world_claim_of(struct world *w, const struct world_pack *p,
                                          uint32_t index, const char *division, uint8_t nonce) {
    struct claim c = {.code = p->codes[index], .division = span_text(division), .key = p->keys[index].public_key};
    uint32_t chunk = index / PACK_CHUNK_CODES;
    struct span bytes = span_of(p->leaves + (size_t)chunk * PACK_CHUNK_BYTES,
                                (size_t)pack_chunk_codes(p->count, chunk) * PACK_ENTRY_BYTES);
    memset(c.nonce, nonce, sizeof c.nonce);
    c.path_count = pack_path(bytes, p->chunks, p->count, index, c.path);
    claim_sign(&p->keys[index], &w->genesis->chain_id, &c.code, c.division, c.nonce, &c.signature);
    return c;
}

static inline struct item world_claim_item(struct world *w, const struct claim *c) {
    struct buffer fields CLEANUP(buffer_free) = {0}, identifier CLEANUP(buffer_free) = {0};
    buffer_init(&fields, 4096);
    buffer_init(&identifier, 512);
    claim_fields(c, &fields);
    code_identifier(&c->code, &identifier);
    return world_item(w, ITEM_CLAIM, &fields, ROLE_CODE, buffer_span(&identifier));
}

static inline uint32_t world_codes(struct world *w, const char *subject, const struct item *item) {
    struct record_header d = world_draft(w, subject, item->type == ITEM_CLAIM ? RECORD_CLAIMS : RECORD_PACKS);
    return world_add(w, world_record(w, &d, item, 1, subject));
}

static inline uint32_t world_issue_pack(struct world *w, const char *subject, const struct world_pack *p,
                                        const char *thing, const char *certificate) {
    struct item item = world_pack_item(w, p, span_text(thing), span_text(certificate));
    return world_codes(w, subject, &item);
}

static inline uint32_t world_void(struct world *w, const char *subject, const char *pack_id,
                                  uint32_t first, uint32_t last) {
    struct item item = world_void_item(w, pack_id, first, last, 7);
    return world_codes(w, subject, &item);
}

static inline uint32_t world_claim(struct world *w, const char *carrier, const struct claim *c) {
    struct item item = world_claim_item(w, c);
    return world_codes(w, carrier, &item);
}

/* The value of a pack, kept; false when there is none. */
static inline bool world_pack_value(struct world *w, const char *pack_id, struct pack_value *ret) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    if (query_pack(w->rows.reader, span_text(pack_id), &value, &w->arena, ret) != OK) return false;
    struct span kept = world_keep(w, buffer_span(&value));
    CHECK(codec_decode(&pack_value_type, kept, &w->arena, ret) == OK);
    return true;
}

#endif
