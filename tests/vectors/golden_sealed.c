/* golden_sealed.c: see golden_sealed.h. */
#include "tests/vectors/golden_sealed.h"

#include "trace/deletion.h"
#include "trace/sealed.h"

void golden_sealed(const struct world *w, const struct record *record, struct buffer *out) {
    static const char wrap[] = "7c306da618e6098c2e24de7fc36b81bcf057a8a08297d66a76facf15b48ab7557a15c683210e81a9"
                               "bec37b2b5b3b0c45a6f3e77555e84dd2d0efe5d86fedd0ed31e517e78aafa17fed0532ffba8714a1";
    static const uint8_t nonce[SEALED_NONCE_BYTES] = {9, 8, 7};
    struct sealed_key key = {{5, 6, 7}}, opened;
    uint8_t box[WRAP_BYTES];
    struct keypair farm, retail;
    struct buffer b CLEANUP(buffer_free) = {0}, part CLEANUP(buffer_free) = {0};
    struct sealed_of of = {&w->genesis->chain_id, record->wire_id, TIER_DELETABLE};
    struct sealed_opening one = {1, span_text("/ilmd/https:~1~1ns.example~1contact"), SPAN_EMPTY, {1, 2, 3}};
    struct sealed_openings o = {&one, 1};
    struct sealed_keys keys = {.count = 1};
    world_keys("farm1", &farm);
    world_keys("retail", &retail);
    buffer_init(&b, 64);
    buffer_init(&part, 4096);
    pack_text(&b, span_text("13800000000"));
    one.value = buffer_span(&b);
    pack_array(out, 6);
    sealed_openings_encode(&o, &part);
    pack_bytes(out, buffer_span(&part));
    pack_bytes(out, span_of(key.b, sizeof key.b));
    buffer_clear(&part);
    CHECK(sealed_seal(&of, &o, &key, nonce, &farm, &part) == OK);
    pack_bytes(out, buffer_span(&part));
    keys.sealed = sealed_id(buffer_span(&part));
    keys.wraps[0] = (struct sealed_wrap){{{0}}, span_of(key.b, sizeof key.b)};
    buffer_clear(&part);
    sealed_keys_make(&of, &keys, &farm, &part);
    pack_bytes(out, buffer_span(&part));
    of.tier = TIER_PARTNER;
    CHECK(hex_decode(wrap, strlen(wrap), box, sizeof box) == OK && secret_unwrap(&retail, box, opened.b) &&
          memcmp(opened.b, key.b, sizeof key.b) == 0);
    keys.wraps[0] = (struct sealed_wrap){retail.public_key, span_of(box, sizeof box)};
    buffer_clear(&part);
    sealed_keys_make(&of, &keys, &farm, &part);
    pack_bytes(out, buffer_span(&part));
    buffer_clear(&part);
    sealed_request_make(&of, 1780272000000, &retail, &part);
    pack_bytes(out, buffer_span(&part));
}

void golden_deletion(const struct record *record, struct buffer *out) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct deletion d = {.record = record->wire_id, .tiers = deletion_bit(TIER_DELETABLE), .reason = 1};
    buffer_init(&b, 128);
    deletion_fields(&d, &b);
    struct item i = {.type = ITEM_DELETION, .fields = buffer_span(&b)};
    item_encode(&i, out);
}
