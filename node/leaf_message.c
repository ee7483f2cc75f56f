#include "node/leaf_message.h"

static const struct field wanted_fields[] = {
    CODEC_TEXT(leaves_wanted, pack, PACK_ID_BYTES, PACK_ID_BYTES),
    CODEC_UINT(leaves_wanted, part, 0, PACK_CHUNKS_MAX),
};
const struct type leaves_wanted_type = CODEC_TYPE(leaves_wanted, wanted_fields);

static const struct field found_fields[] = {
    CODEC_TEXT(leaves_found, pack, PACK_ID_BYTES, PACK_ID_BYTES),
    CODEC_UINT(leaves_found, part, 0, PACK_CHUNKS_MAX),
    CODEC_BYTES(leaves_found, bytes, 0, PACK_CHUNK_BYTES),
};
const struct type leaves_found_type = CODEC_TYPE(leaves_found, found_fields);

static const struct field whole_fields[] = {
    CODEC_TEXT(leaves_whole, pack, PACK_ID_BYTES, PACK_ID_BYTES),
};
const struct type leaves_whole_type = CODEC_TYPE(leaves_whole, whole_fields);
