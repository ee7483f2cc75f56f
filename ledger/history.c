/* history.c: see history.h. */
#include "ledger/history.h"

static const struct field entry_fields[] = {
    CODEC_UINT(history_entry, i, 1, UINT64_MAX),
    CODEC_UINT(history_entry, log_index, 0, UINT64_MAX),
    CODEC_UINT(history_entry, item, 0, UINT16_MAX),
    CODEC_FIXED(history_entry, wire_id),
    CODEC_TEXT(history_entry, subject, 1, 64),
    CODEC_FIXED(history_entry, item_digest),
};
const struct type history_entry_type = CODEC_TYPE(history_entry, entry_fields);

static struct digest chain_next(const char *tag, const struct digest *chain, const struct history_entry *entry) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, 512);
    codec_encode(&history_entry_type, entry, &bytes);
    CHECK(!bytes.overflow);
    struct span parts[] = {span_of(chain->b, 32), buffer_span(&bytes)};
    return sha256_tagged(tag, parts, 2);
}

struct digest history_next(const struct digest *chain, const struct history_entry *entry) {
    return chain_next("suyuan/history/v1", chain, entry);
}

struct digest history_flow_next(const struct digest *chain, const struct history_entry *entry) {
    return chain_next("suyuan/flow/v1", chain, entry);
}
