#include "node/replica_message.h"

static const struct field status_fields[] = {
    CODEC_UINT(status_message, height, 0, UINT64_MAX),
    CODEC_UINT(status_message, final_view, 0, UINT64_MAX),
    CODEC_UINT(status_message, view, 0, UINT64_MAX),
};
const struct type status_message_type = CODEC_TYPE(status_message, status_fields);

static const struct field pair_fields[] = {
    CODEC_UINT(pair_message, first, 0, UINT64_MAX),
    CODEC_UINT(pair_message, second, 0, UINT64_MAX),
};
const struct type pair_message_type = CODEC_TYPE(pair_message, pair_fields);

static const struct field guard_fields[] = {
    CODEC_UINT(guard_message, size, 0, UINT64_MAX),
    CODEC_FIXED(guard_message, root),
    CODEC_UINT(guard_message, time_s, 0, INT64_MAX),
    CODEC_BYTES(guard_message, cosignature, 1, 512),
};
const struct type guard_message_type = CODEC_TYPE(guard_message, guard_fields);

static const struct field payload_fields[] = {
    CODEC_BYTES(payload_message, header, 1, 256),
    CODEC_BYTES(payload_message, identities, 32, BLOCK_RECORDS_MAX * 32),
};
const struct type payload_message_type = CODEC_TYPE(payload_message, payload_fields);
