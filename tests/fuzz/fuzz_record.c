/* fuzz_record.c: hostile records, blocks and leaves, before and behind their signatures.
 *
 *   'R' wire record    accepted: its parts make the same bytes, its identity is the leaf's; items and signature answer
 *   'B' stored block   accepted: the same bytes again, and the header agrees with the list
 *   'L' log leaf       of each of the three types: the same bytes again
 *   'A' governance item
 *   'Q' item about codes: the fields made again are the same bytes; and text that is a code, or that a person typed for one
 *   'C' canonical [definition as bytes, item of a certificate as bytes]: what is accepted makes the same bytes again,
 *       keeps its limits, and the fields answer to the definition
 */
#include "ledger/block.h"
#include "ledger/member.h"
#include "tests/unit/ledger_world.h"
#include "trace/code_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 17, OUTPUT_MAX = 1 << 20, ARENA_MAX = 128 << 20 };

static void wire(const struct ledger_params *params, struct span in, struct arena *arena, struct buffer *out) {
    struct record record;
    struct refusal refusal = {0};
    struct digest id;
    if (record_parse(params, in, arena, &record, &refusal) != OK) return;
    pack_array(out, 3);
    pack_bytes(out, record.header_bytes);
    pack_bytes(out, span_of(record.signature.b, sizeof record.signature.b));
    pack_bytes(out, record.body);
    CHECK(span_equal(buffer_span(out), in));
    CHECK(record_wire_id(in, &id) == OK && digest_equal(&id, &record.wire_id));
    for (uint32_t i = 0; i < record.header.item_count; i++) {
        struct digest d = item_digest(&record.items[i]);
        CHECK(digest_equal(&d, &record.item_digests[i]));
    }
    enum err items = record_items_check(&record, arena, &refusal);
    enum err signature = record_signature_check(&record);
    enum err whole = record_check(params, in, arena, &record, &refusal);
    CHECK((whole == OK) == (items == OK && signature == OK));
}

static void block(struct span in, struct arena *arena, struct buffer *out) {
    struct stored_block stored;
    struct block_header header;
    if (stored_block_decode(in, arena, &stored, &header) != OK) return;
    stored_block_encode(&stored, out);
    CHECK(span_equal(buffer_span(out), in));
    CHECK(header.payload_count == stored.wire_ids_count);
    buffer_clear(out);
    block_header_encode(&header, out);
    CHECK(span_equal(buffer_span(out), stored.header_bytes));
}

static void leaf(struct span in, struct buffer *out) {
    struct span header_bytes;
    struct signature signature;
    struct record_header header;
    struct block_leaf block_leaf;
    struct genesis_leaf genesis_leaf;
    if (record_leaf_decode(in, &header_bytes, &signature) == OK) {
        record_leaf(header_bytes, &signature, out);
        CHECK(span_equal(buffer_span(out), in));
        if (record_header_decode(header_bytes, &header) != OK) return;
        buffer_clear(out);
        codec_encode(&record_header_type, &header, out);
        CHECK(span_equal(buffer_span(out), header_bytes));
        return;
    } else if (block_leaf_decode(in, &block_leaf) == OK) {
        block_leaf_encode(&block_leaf, out);
    } else if (genesis_leaf_decode(in, &genesis_leaf) == OK) {
        genesis_leaf_encode(&genesis_leaf, out);
    } else {
        return;
    }
    CHECK(span_equal(buffer_span(out), in));
}

static void act_item(const struct digest *chain_id, struct span in, struct arena *arena, struct buffer *out) {
    struct item item;
    struct act act;
    struct pubkey key = {{1}};
    if (item_decode(in, arena, &item) != OK || act_decode(&item, &key, arena, &act) != OK) return;
    act_encode(&act, out);
    CHECK(span_equal(buffer_span(out), act.bytes));
    uint32_t good = 0;
    for (uint32_t i = 0; i < act.approvals_count && i < 4; i++)
        good += act_approval_check(&act.approvals[i], chain_id, act.type, 1, 2, act.bytes);
    CHECK(good <= act.approvals_count);
}

/* Whatever a code is read from, it is written the same again. */
static void code_text(struct span in, struct buffer *out) {
    struct code code;
    char inner[CODE_INNER_CHARS + 1], again[CODE_INNER_CHARS + 1];
    if (code_of_identifier(in, &code)) {
        code_identifier(&code, out);
        CHECK(span_equal(buffer_span(out), in) && code.index < CODE_INDEX_END && pack_id_valid(span_text(code.pack_id)));
        buffer_clear(out);
    }
    if (!code_inner_parse(in, inner)) return;
    CHECK(code_alphabet_holds(span_text(inner)) && code_inner_parse(span_text(inner), again));
    CHECK(span_equal(span_text(inner), span_text(again)));
}

static void code_item(const struct digest *chain_id, struct span in, struct arena *arena, struct buffer *out) {
    struct item item;
    struct pack_issued pack;
    struct codes_voided voided;
    struct claim claim;
    code_text(in, out);
    if (item_decode(in, arena, &item) != OK) return;
    bool good = true;
    if (pack_issued_decode(&item, arena, &pack) == OK) pack_issued_fields(&pack, out);
    else if (codes_voided_decode(&item, &voided) == OK) codes_voided_fields(&voided, out);
    else if (claim_decode(&item, &claim) == OK) claim_fields(&claim, out);
    else good = false;
    if (!good) return;
    CHECK(span_equal(buffer_span(out), item.fields));
    if (item.type == ITEM_CLAIM) (void)!claim_signature_check(&claim, chain_id);
}

static bool definition(struct span in, struct arena *arena, struct buffer *out, struct certificate_type *ret) {
    if (certificate_type_decode(in, arena, ret) != OK) return false;
    certificate_type_encode(ret, out);
    CHECK(span_equal(buffer_span(out), in) && in.len <= CERTIFICATE_TYPE_BYTES_MAX);
    buffer_clear(out);
    return true;
}

static bool issue(const struct item *item, struct arena *arena, struct buffer *out, struct certificate_issue *ret) {
    struct certificate_revocation r;
    if (certificate_revocation_decode(item, &r) == OK) {
        certificate_revocation_fields(&r, out);
        CHECK(span_equal(buffer_span(out), item->fields) && certificate_id_valid(r.certificate));
        return false;
    }
    if (certificate_issue_decode(item, arena, ret) != OK) return false;
    certificate_issue_fields(ret, out);
    CHECK(span_equal(buffer_span(out), item->fields));
    CHECK((item->type == ITEM_CERTIFICATE_SUPERSEDED) == (ret->supersedes.len > 0));
    CHECK(ret->things_count >= 1 && ret->things_count <= CERTIFICATE_THINGS_MAX);
    for (uint32_t i = 0; i < ret->things_count; i++) {
        buffer_clear(out);
        enum identifier_kind kind;
        CHECK(identifier_canonical(ret->things[i].canonical, out, &kind) == OK);
        CHECK(span_equal(buffer_span(out), ret->things[i].canonical) && kind == ret->things[i].kind);
    }
    return true;
}

static void certificate(struct span in, struct arena *arena, struct buffer *out) {
    struct unpack u;
    struct item item;
    struct certificate_type type;
    struct certificate_issue c;
    struct span field = SPAN_EMPTY;
    unpack_init(&u, in);
    if (unpack_array(&u, 2) != 2) return;
    struct span definition_bytes = unpack_bytes(&u, INPUT_MAX), item_bytes = unpack_bytes(&u, INPUT_MAX);
    if (unpack_end(&u) != OK) return;
    bool defined = definition(definition_bytes, arena, out, &type);
    if (item_decode(item_bytes, arena, &item) != OK || !issue(&item, arena, out, &c) || !defined) return;
    if (!certificate_fields_check(&type, &c, &field)) CHECK(field.data != NULL);
}

static const struct ledger_params *params_once(void) {
    static struct ledger_params params;
    static bool made;
    if (!made) {
        struct validator_keys keys[WORLD_VALIDATORS];
        crypto_start();
        struct genesis *g = world_genesis(keys, 1);
        params = g->params;
        genesis_free(g);
        made = true;
    }
    return &params;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct ledger_params *params = params_once();
    if (size == 0 || size > INPUT_MAX) return 0;
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer out CLEANUP(buffer_free) = {0};
    arena_init(&arena, ARENA_MAX);
    buffer_init(&out, OUTPUT_MAX);
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] == 'R') wire(params, rest, &arena, &out);
    if (data[0] == 'B') block(rest, &arena, &out);
    if (data[0] == 'L') leaf(rest, &out);
    if (data[0] == 'A') act_item(&params->chain_id, rest, &arena, &out);
    if (data[0] == 'Q') code_item(&params->chain_id, rest, &arena, &out);
    if (data[0] == 'C') certificate(rest, &arena, &out);
    return 0;
}
