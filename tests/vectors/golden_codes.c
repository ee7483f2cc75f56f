/* golden_codes.c: see golden_codes.h. */
#include "tests/vectors/golden_codes.h"

enum { CLAIMED = 2 };

static void close_accepted(struct world *w) {
    uint32_t count = w->block_count;
    CHECK(world_close(w, 1000) == OK);
    for (uint32_t i = 0; i < count; i++)
        CHECK(w->results[i].code == RESULT_ACCEPTED);
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
