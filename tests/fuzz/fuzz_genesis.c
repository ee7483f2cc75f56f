/* fuzz_genesis.c: hostile genesis files, and hostile JSON for people.
 *
 * A file that is accepted is put together from its parts to the same bytes, can be applied, and its JSON makes the same file again. JSON
 * that is accepted makes a file that is accepted. */
#include <stdlib.h>

#include "genesis/genesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 17, JSON_MAX = 8 << 20 };

static void file(struct span in, bool from_json) {
    struct genesis *g = NULL;
    struct refusal refusal = {0};
    struct buffer again CLEANUP(buffer_free) = {0};
    struct buffer json CLEANUP(buffer_free) = {0};
    struct ledger_head head;
    buffer_init(&again, GENESIS_BYTES_MAX);
    buffer_init(&json, JSON_MAX);
    enum err err = genesis_parse(in, &g, &refusal);
    CHECK(err == OK || (!from_json && g == NULL));
    if (err != OK) return;
    CHECK(genesis_make(&g->set, &g->rest, &again, &refusal) == OK);
    CHECK(span_equal(buffer_span(&again), in));
    struct changes *changes = changes_new();
    genesis_apply(g, changes, &head);
    CHECK(head.height == 0 && head.log.size == 1);
    changes_free(changes);
    genesis_json(g, &json);
    CHECK(!json.overflow);
    buffer_clear(&again);
    CHECK(genesis_from_json(buffer_span(&json), &again, &refusal) == OK);
    CHECK(span_equal(buffer_span(&again), in));
    genesis_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool started;
    struct refusal refusal = {0};
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, GENESIS_BYTES_MAX);
    if (!started) crypto_start();
    started = true;
    if (size == 0 || size > INPUT_MAX) return 0;
    if (data[0] != '{')
        file(span_of(data, size), false);
    else if (genesis_from_json(span_of(data, size), &out, &refusal) == OK)
        file(buffer_span(&out), true);
    return 0;
}
