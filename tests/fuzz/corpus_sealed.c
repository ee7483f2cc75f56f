/* corpus_sealed.c: the seeds of fuzz_sealed.c. */
#include "tests/fuzz/corpus_seed.h"
#include "trace/deletion.h"
#include "trace/sealed.h"

void seed_sealed(void) {
    static const struct sealed_key key = {{1}};
    static const uint8_t nonce[SEALED_NONCE_BYTES] = {0};
    struct buffer b CLEANUP(buffer_free) = {0};
    struct seed zero = {{0}};
    struct keypair signer;
    struct digest chain_id = sha256(span_text("fuzz"));
    struct sealed_of of = {&chain_id, {{7}}, TIER_PARTNER};
    struct sealed_opening list[] = {{0, span_text("/price"), span_of("\xa4" "1280", 5), {1}},
                                    {2, span_text("/ilmd/a~1b"), span_of("\x07", 1), {2}}};
    struct sealed_openings o = {list, 2};
    struct sealed_keys keys = {.count = 1};
    struct deletion d = {.record = of.wire_id, .tiers = 5, .reason = 1};
    struct hidden h = {.tier = TIER_DELETABLE};
    uint8_t box[WRAP_BYTES] = {1};
    key_from_seed(&zero, &signer);
    buffer_init(&b, SEALED_FILE_BYTES_MAX);
    sealed_openings_encode(&o, &b);
    seed("sealed", "openings", "O", 1, buffer_span(&b));
    struct buffer plain CLEANUP(buffer_free) = {0};
    buffer_init(&plain, 1024);
    buffer_u32(&plain, (uint32_t)b.len);
    buffer_append_span(&plain, buffer_span(&b));
    seed("sealed", "plaintext", "P", 1, buffer_span(&plain));
    buffer_clear(&b);
    CHECK(sealed_seal(&of, &o, &key, nonce, &signer, &b) == OK);
    seed("sealed", "file", "F", 1, buffer_span(&b));
    keys.sealed = sealed_id(buffer_span(&b));
    keys.wraps[0] = (struct sealed_wrap){signer.public_key, span_of(box, sizeof box)};
    buffer_clear(&b);
    sealed_keys_make(&of, &keys, &signer, &b);
    seed("sealed", "keys", "K", 1, buffer_span(&b));
    buffer_clear(&b);
    sealed_request_make(&of, 1000000, &signer, &b);
    seed("sealed", "request", "R", 1, buffer_span(&b));
    of.tier = TIER_DELETABLE;
    keys.wraps[0] = (struct sealed_wrap){{{0}}, span_of(key.b, sizeof key.b)};
    buffer_clear(&b);
    sealed_keys_make(&of, &keys, &signer, &b);
    seed("sealed", "keys-open", "k", 1, buffer_span(&b));
    buffer_clear(&b);
    deletion_fields(&d, &b);
    seed("sealed", "deletion", "D", 1, buffer_span(&b));
    buffer_clear(&b);
    pack_map(&b, 1);
    pack_text(&b, span_text("a/b"));
    pack_array(&b, 2);
    hidden_write(&h, &b);
    pack_uint(&b, 3);
    seed("sealed", "fields", "H", 1, buffer_span(&b));
}
