/* fuzz_sealed.c: hostile openings, sealed files, key files, requests and deletions (SPEC U). Signatures are by a key whose
 * seed is zero, so that the corpus holds some that check.
 *
 *   'O' openings     accepted: the same bytes again, in order
 *   'F' sealed file  as it is; what checks is opened with a fixed key
 *   'P' plaintext    padded by us to what a ciphertext may be and sealed: opening gives what was sealed or a refusal
 *   'K' key file, 'k' of tier 3; 'R' request
 *   'D' deletion     the fields of an item; 'H' fields: every hidden value is found where its pointer says
 */
#include <stdlib.h>
#include <string.h>

#include "trace/deletion.h"
#include "trace/hidden.h"
#include "trace/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct keypair signer;
static struct digest chain_id;

static void start(void) {
    static bool started;
    struct seed seed = {{0}};
    if (started) return;
    crypto_start();
    key_from_seed(&seed, &signer);
    chain_id = sha256(span_text("fuzz"));
    started = true;
}

static void openings(struct span in, struct arena *arena) {
    struct sealed_openings o;
    struct buffer again CLEANUP(buffer_free) = {0};
    if (sealed_openings_decode(in, arena, &o) != OK) return;
    buffer_init(&again, in.len + 1);
    CHECK(o.count >= 1 && o.count <= SEALED_OPENINGS_MAX);
    sealed_openings_encode(&o, &again);
    CHECK(span_equal(buffer_span(&again), in));
}

static void plaintext(struct span in, const struct sealed_of *of, struct arena *arena) {
    static const struct sealed_key key = {{1}};
    struct sealed_file f = {.wire_id = of->wire_id, .tier = (uint8_t)of->tier};
    struct sealed_openings o;
    struct buffer plain CLEANUP(buffer_free) = {0}, ad CLEANUP(buffer_free) = {0};
    size_t len = 512;
    while (len < in.len)
        len *= 2;
    uint8_t *bytes = check_alloc(len, 1), *sealed = check_alloc(len + 16, 1);
    if (in.len > 0) memcpy(bytes, in.data, in.len);
    buffer_init(&plain, SEALED_PLAIN_BYTES_MAX);
    buffer_init(&ad, 128);
    buffer_append(&ad, "suyuan/seal/v1", 15);
    buffer_append(&ad, of->chain_id->b, 32);
    buffer_append(&ad, of->wire_id.b, 32);
    buffer_u8(&ad, (uint8_t)of->tier);
    xaead_seal(key.b, f.nonce, buffer_span(&ad), span_of(bytes, len), sealed);
    f.ciphertext = span_of(sealed, len + 16);
    if (sealed_open(&f, of, &key, &plain, arena, &o) == OK) CHECK(o.count >= 1 && o.list[0].name.len >= 1);
    free(bytes);
    free(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct sealed_of of = {&chain_id, {{7}}, TIER_PARTNER};
    struct sealed_file f;
    struct sealed_keys k;
    struct sealed_request r;
    struct deletion d;
    start();
    if (size == 0 || size > 1 << 20) return 0;
    arena_init(&arena, 4 << 20);
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] == 'k') of.tier = TIER_DELETABLE;
    if (data[0] == 'O') openings(rest, &arena);
    if (data[0] == 'P' && rest.len <= SEALED_PLAIN_BYTES_MAX) plaintext(rest, &of, &arena);
    if (data[0] == 'F' && sealed_file_check(rest, &of, &signer.public_key, &f) == OK) CHECK(f.ciphertext.len >= 512 + 16);
    if ((data[0] == 'K' || data[0] == 'k') && sealed_keys_check(rest, &of, &signer.public_key, &k) == OK)
        CHECK(k.count >= 1 && k.count <= SEALED_WRAPS_MAX);
    if (data[0] == 'R' && sealed_request_check(rest, &of, 1000000, &r) == OK) CHECK(r.time_ms >= 940000 && r.time_ms <= 1060000);
    if (data[0] == 'D') {
        struct item item = {.type = ITEM_DELETION, .fields = rest};
        if (deletion_decode(&item, &d) == OK) CHECK(d.tiers >= 1 && d.tiers <= DELETION_TIERS_ALL);
    }
    if (data[0] == 'H' && value_check(rest) == OK && value_kind(rest) == VALUE_MAP) {
        struct item item = {.fields = rest};
        struct hidden_place *places;
        uint32_t count;
        uint8_t tiers = 0;
        if (hidden_places(&item, 1, &arena, &places, &count) != OK) return 0;
        for (uint32_t i = 0; i < count; i++) {
            struct span value;
            tiers |= deletion_bit(places[i].hidden.tier);
            if (places[i].name.len > 0) CHECK(hidden_value_at(rest, places[i].name, &value));
        }
        CHECK(tiers == hidden_tiers(rest));
    }
    return 0;
}
