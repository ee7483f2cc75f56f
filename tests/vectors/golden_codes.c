/* golden_codes.c: see golden_codes.h. */
#include "tests/vectors/golden_codes.h"

enum { CLAIMED = 2 };

static void close_accepted(struct world *w) {
    uint32_t count = w->block_count;
    CHECK(world_close(w, 1000) == OK);
    for (uint32_t i = 0; i < count; i++)
        CHECK(w->results[i].code == RESULT_ACCEPTED);
}

struct certificate_type golden_type(void) {
    static struct span choices[] = {{(const uint8_t *)"bought", 6}, {(const uint8_t *)"grown", 5}};
    static struct certificate_field fields[2];
    struct certificate_type t = world_type("shoe-origin");
    fields[0] = (struct certificate_field){span_text("contact"), CERTIFICATE_TEXT, CERTIFICATE_HIDDEN, NULL, 0,
                                           span_text("联系人"), span_text("contact")};
    fields[1] = (struct certificate_field){span_text("way"), CERTIFICATE_CHOICE, CERTIFICATE_MANDATORY, choices, 2,
                                           span_text("来源"), span_text("way")};
    t.fields = fields;
    t.fields_count = 2;
    t.upstream_field = span_text("way");
    t.upstream_choice = span_text("bought");
    t.validity_ms = 31536000000;
    return t;
}

void golden_codes_make(struct golden_codes *g) {
    struct world *w = &g->w;
    world_begin(w, 1);
    struct certificate_type type = world_type("origin");
    struct item made = world_made(w, "ADD", "commissioning", LOT_A, 100, "NPR");
    world_set_type(w, &type);
    world_say(w, "farm1", &made);
    close_accepted(w);
    struct item certificate = world_own(w, "farm1", "origin", "C1", LOT_A, 50);
    world_certify(w, "farm1", &certificate);
    close_accepted(w);
    g->pack = world_pack_make(w, "farm1", "K7M2Q", 5);
    g->pack_item = world_pack_item(w, g->pack, span_text(LOT_A), span_text("farm1/C1"));
    g->void_item = world_void_item(w, g->pack->id, 3, 3, 7);
    struct claim claim = world_claim_of(w, g->pack, CLAIMED, "330302", 9);
    g->claim_item = world_claim_item(w, &claim);
    world_codes(w, "farm1", &g->pack_item);
    world_codes(w, "farm1", &g->void_item);
    world_codes(w, "farm2", &g->claim_item);
    close_accepted(w);
}

void golden_code(const struct golden_codes *g, struct buffer *out) {
    const struct code *code = &g->pack->codes[CLAIMED];
    const struct pubkey *key = &g->pack->keys[CLAIMED].public_key;
    struct digest hash = code_hash(span_text("farm1"), code);
    code_identifier(code, out);
    buffer_append(out, hash.b, sizeof hash.b);
    buffer_append(out, key->b, sizeof key->b);
    code_leaf(code->index, &hash, key, out);
}

void golden_leaves(const struct golden_codes *g, struct buffer *out) {
    buffer_append(out, g->pack->leaves, (size_t)g->pack->count * PACK_ENTRY_BYTES);
    buffer_append(out, g->pack->root.b, sizeof g->pack->root.b);
}

void golden_claim_subject(const struct golden_codes *g, struct buffer *out) {
    claim_subject(g->pack->id, CLAIMED, out);
}

void golden_items(const struct golden_codes *g, struct buffer *out) {
    item_encode(&g->pack_item, out);
    item_encode(&g->void_item, out);
    item_encode(&g->claim_item, out);
}

void golden_coded_root(const struct golden_codes *g, struct buffer *out) {
    buffer_append(out, g->w.genesis->chain_id.b, 32);
    buffer_u64(out, g->w.head.status.count);
    buffer_append(out, g->w.head.status.root.b, 32);
}

void golden_pack_subject(const struct golden_codes *g, struct buffer *out) {
    buffer_text(out, g->pack->id);
}

void golden_codes_subject(const struct golden_codes *g, struct buffer *out) {
    static const char *const parts[] = {"farm1", LOT_A, "", ""};
    (void)g;
    pack_array(out, 5);
    pack_uint(out, BALANCE_CODES);
    for (size_t i = 0; i < 4; i++)
        pack_text(out, span_text(parts[i]));
}

void golden_proof_certificate(struct golden_codes *g, struct buffer *out) {
    struct attested a;
    world_attest(&g->w, WORLD_CREATED_MS / 1000 + 100, &a);
    struct proof_source source = world_source(&g->w, &a);
    CHECK(proof_build_certificate(&source, span_text("farm1/C1"), out) == OK);
}

/* About any serial at the place of code 2, as a node does it that holds the leaves. */
static void proof_of(struct golden_codes *g, const struct code *code, struct buffer *out) {
    struct buffer leaf CLEANUP(buffer_free) = {0}, name CLEANUP(buffer_free) = {0};
    struct digest path[PACK_PATH_MAX], hash;
    struct pubkey key;
    struct attested a;
    world_attest(&g->w, WORLD_CREATED_MS / 1000 + 100, &a);
    struct proof_source source = world_source(&g->w, &a);
    buffer_init(&leaf, CODE_LEAF_BYTES_MAX);
    buffer_init(&name, IDENTIFIER_BYTES_MAX);
    pack_entry_read(g->pack->leaves + CLAIMED * PACK_ENTRY_BYTES, &hash, &key);
    code_leaf(CLAIMED, &hash, &key, &leaf);
    code_identifier(code, &name);
    struct span entries = span_of(g->pack->leaves, (size_t)g->pack->count * PACK_ENTRY_BYTES);
    struct proof_leaf given = {buffer_span(&leaf), path,
                               pack_path(entries, g->pack->chunks, g->pack->count, CLAIMED, path)};
    CHECK(proof_build_code(&source, buffer_span(&name), &given, out) == OK);
}

void golden_proof_code(struct golden_codes *g, struct buffer *out) {
    proof_of(g, &g->pack->codes[CLAIMED], out);
}

void golden_proof_never_issued(struct golden_codes *g, struct buffer *out) {
    char serial[CODE_SERIAL_CHARS + 1];
    struct code other;
    code_serial_format("K7M2Q", CLAIMED, 1, serial);
    CHECK(code_make(span_text(GTIN_A), span_text(serial), &other));
    proof_of(g, &other, out);
}
