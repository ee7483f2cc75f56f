/* fuzz_codec.c: hostile MessagePack and JSON.
 *
 *   'J' text    what is accepted is one canonical value, and comes back equal through json_write
 *   'V' bytes   what is accepted is written again, value by value, to the same bytes (SPEC M7)
 *   other       the type table of that number: what is accepted is encoded to the same bytes, and is not longer than the
 *               table says
 */
#include "base/json.h"
#include "consensus/message.h"
#include "genesis/genesis.h"
#include "ledger/checkpoint.h"
#include "ledger/history.h"
#include "node/leaf_message.h"
#include "node/replica_message.h"
#include "trace/item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, OUTPUT_MAX = 1 << 22, ARENA_MAX = 64 << 20 };

static const struct type *const types[] = {
    &validator_type,     &validator_bytes_type,  &genesis_member_type, &genesis_threshold_type, &genesis_rest_type,
    &block_header_type,  &block_leaf_type,       &genesis_leaf_type,   &cosignature_type,       &guard_type,
    &history_entry_type, &member_key_type,       &approval_type,       &parameters_type,        &record_header_type,
    &result_type,        &member_value_type,     &key_value_type,      &thing_value_type,       &record_id_value_type,
    &act_value_type,     &status_message_type,   &pair_message_type,   &guard_message_type,     &payload_message_type,
    &thing_type,         &item_type,             &leaves_wanted_type,  &leaves_found_type,      &leaves_whole_type,
};
enum { TYPES = sizeof types / sizeof types[0], STRUCT_BYTES_MAX = 1024 };

/* Reads a value and writes it with the other half of the codec. */
static void copy(struct unpack *u, struct buffer *out) {
    struct span last = SPAN_EMPTY;
    uint32_t count;
    switch (unpack_peek(u)) {
    case VALUE_NIL:
        unpack_nil(u);
        pack_nil(out);
        break;
    case VALUE_BOOL:
        pack_bool(out, unpack_bool(u));
        break;
    case VALUE_INT:
        if (u->in.data[u->at] < 0x80 || (u->in.data[u->at] >= 0xcc && u->in.data[u->at] <= 0xcf))
            pack_uint(out, unpack_uint(u, UINT64_MAX));
        else
            pack_int(out, unpack_int(u));
        break;
    case VALUE_FLOAT:
        pack_float(out, unpack_float(u));
        break;
    case VALUE_TEXT:
        pack_text(out, unpack_text(u, SIZE_MAX));
        break;
    case VALUE_BYTES:
        pack_bytes(out, unpack_bytes(u, SIZE_MAX));
        break;
    case VALUE_ARRAY:
        count = unpack_array(u, UINT32_MAX);
        pack_array(out, count);
        for (uint32_t i = 0; i < count; i++) copy(u, out);
        break;
    case VALUE_MAP:
        count = unpack_map(u, UINT32_MAX);
        pack_map(out, count);
        for (uint32_t i = 0; i < count; i++) {
            pack_text(out, unpack_key(u, &last));
            copy(u, out);
        }
        break;
    case VALUE_EXT:
        pack_ext(out, 1, unpack_ext(u, 1, SIZE_MAX));
        break;
    case VALUE_NONE:
        check_failed(__FILE__, __LINE__, "an accepted value has no end");
    }
}

static void value(struct span in, struct buffer *out) {
    struct unpack u;
    if (value_check(in) != OK) return;
    unpack_init(&u, in);
    copy(&u, out);
    CHECK(unpack_end(&u) == OK);
    CHECK(!out->overflow && span_equal(buffer_span(out), in));
    buffer_clear(out);
    json_write(in, 2, out);
}

static void json(struct span text, struct buffer *out) {
    struct refusal refusal;
    struct buffer back CLEANUP(buffer_free) = {0};
    struct buffer again CLEANUP(buffer_free) = {0};
    buffer_init(&back, OUTPUT_MAX);
    buffer_init(&again, OUTPUT_MAX);
    if (json_parse(text, out, &refusal) != OK) return;
    CHECK(value_check(buffer_span(out)) == OK);
    json_write(buffer_span(out), 0, &back);
    CHECK(json_parse(buffer_span(&back), &again, &refusal) == OK);
    CHECK(span_equal(buffer_span(&again), buffer_span(out)));
}

static void table(const struct type *type, struct span in, struct buffer *out) {
    static uint64_t holder[STRUCT_BYTES_MAX / sizeof(uint64_t)];
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, ARENA_MAX);
    CHECK(type->size <= sizeof holder);
    if (codec_decode(type, in, &arena, holder) != OK) return;
    CHECK(in.len <= codec_size_max(type));
    codec_encode(type, holder, out);
    CHECK(span_equal(buffer_span(out), in));
    buffer_clear(out);
    codec_json(type, holder, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buffer out CLEANUP(buffer_free) = {0};
    if (size == 0 || size > INPUT_MAX) return 0;
    buffer_init(&out, OUTPUT_MAX);
    struct span rest = span_of(data + 1, size - 1);
    if (data[0] == 'J')
        json(rest, &out);
    else if (data[0] == 'V')
        value(rest, &out);
    else
        table(types[data[0] % TYPES], rest, &out);
    return 0;
}
