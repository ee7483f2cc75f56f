/* fuzz_proof.c: hostile proof bundles. Whatever comes, it is judged or refused; what is judged true can be said in JSON, and the export for
 * people never trips over a bundle that does not check.
 *
 * The chain is the one of tests/unit/ledger_world.h, whose keys follow from their names: the corpus holds bundles that check. */
#include "ledger/proof_bundle.h"
#include "tests/unit/ledger_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct digest *chain_once(void) {
    static struct digest chain_id;
    static bool made;
    if (!made) {
        struct validator_keys keys[WORLD_VALIDATORS];
        crypto_start();
        struct genesis *g = world_genesis(keys, 1);
        chain_id = g->chain_id;
        genesis_free(g);
        made = true;
    }
    return &chain_id;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct digest *chain_id = chain_once();
    struct arena arena CLEANUP(arena_free) = {0};
    struct buffer out CLEANUP(buffer_free) = {0};
    struct statement s;
    struct bundle bundle;
    if (size > PROOF_BYTES_MAX) return 0;
    arena_init(&arena, PROOF_ARENA_BYTES);
    buffer_init(&out, 16 << 20);
    enum err form = bundle_read(span_of(data, size), &arena, &bundle);
    arena_reset(&arena);
    enum err exported = proof_export_json(span_of(data, size), &arena, &out);
    CHECK((form == OK) == (exported == OK));
    arena_reset(&arena);
    buffer_clear(&out);
    enum err err = proof_verify(span_of(data, size), chain_id, &arena, &s);
    CHECK(err != OK || form == OK);
    if (err != OK) return 0;
    CHECK(digest_equal(&s.chain_id, chain_id));
    CHECK(s.signers_count == quorum(s.validators));
    for (uint32_t i = 0; i < s.signers_count; i++) CHECK(s.signers[i].time_s >= s.as_of_s);
    statement_json(&s, &out);
    CHECK(out.len > 0);
    return 0;
}
