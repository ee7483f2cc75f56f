/* fuzz_note.c: hostile notes, keys, checkpoints and attested checkpoints.
 *
 *   'N' note         every line names who it says; a known key's signature answers
 *   'K' vkey         accepted: the same text again
 *   'C' checkpoint   accepted: the same three lines again
 *   'A' attested     accepted: the same bytes again, a quorum, and as-of is the smallest time
 */
#include "tests/unit/ledger_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct genesis *genesis_once(void) {
    static struct genesis *g;
    struct validator_keys keys[WORLD_VALIDATORS];
    if (g == NULL) {
        crypto_start();
        g = world_genesis(keys, 1);
    }
    return g;
}

static void note(const struct genesis *g, struct span in) {
    struct note n;
    struct note_key key;
    uint8_t signature[72];
    bool signed_by_key = false;
    if (note_parse(in, &n) != OK) return;
    note_key_make(g->origin, NOTE_ED25519, &g->validators.validators[0].log_key, &key);
    CHECK(n.lines_count >= 1 && n.text.len >= 1 && n.text.data[n.text.len - 1] == '\n');
    for (uint32_t i = 0; i < n.lines_count; i++) {
        CHECK(note_name_valid(n.lines[i].name));
        if (note_line_signature(&n.lines[i], signature, sizeof signature)) CHECK(n.lines[i].base64.len == 104);
        signed_by_key = signed_by_key || n.lines[i].key_id == key.id;
    }
    CHECK(note_verify(&n, &key) != OK || signed_by_key);
}

static void attested(const struct genesis *g, struct span in, struct buffer *out) {
    struct attested a;
    if (attested_decode(in, g->validators.count, 1, &a) != OK) return;
    CHECK(a.count == quorum(g->validators.count));
    for (uint32_t i = 0; i < a.count; i++) CHECK(a.cosignatures[i].time_s >= a.as_of_s);
    attested_encode(&a, out);
    CHECK(span_equal(buffer_span(out), in));
    enum err err = attested_check(&a, &g->validators, g->origin);
    for (uint32_t i = 0; i < a.count && err == OK; i++)
        CHECK(cosignature_check(&a.cosignatures[i], &g->validators, g->origin) == OK);
    buffer_clear(out);
    checkpoint_note(&g->validators, g->origin, &a, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct genesis *g = genesis_once();
    struct buffer out CLEANUP(buffer_free) = {0};
    struct note_key key;
    struct checkpoint c;
    if (size == 0 || size > 2 * NOTE_BYTES_MAX) return 0;
    buffer_init(&out, 1 << 20);
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] == 'N') note(g, rest);
    if (data[0] == 'A') attested(g, rest, &out);
    if (data[0] == 'K' && note_key_parse(rest, &key) == OK) {
        note_key_text(&key, &out);
        CHECK(span_equal(buffer_span(&out), rest));
    }
    if (data[0] == 'C' && checkpoint_parse(rest, &c) == OK) {
        checkpoint_body(&c, &out);
        CHECK(span_equal(buffer_span(&out), rest));
    }
    return 0;
}
