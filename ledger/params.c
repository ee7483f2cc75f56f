/* params.c: the parameters of genesis and their limits (SPEC G4). */
#include "ledger/params.h"

#include "base/limits.h"

static const struct field fields[] = {
    CODEC_UINT(parameters, delta_ms, 1, 60000),
    CODEC_UINT(parameters, max_drift_ms, 0, 600000),
    CODEC_UINT(parameters, pipeline_blocks, 1, PIPELINE_BLOCKS_MAX),
    CODEC_UINT(parameters, block_bytes, 1024, BLOCK_BYTES_MAX),
    CODEC_UINT(parameters, block_records, 1, BLOCK_RECORDS_MAX),
    CODEC_UINT(parameters, record_bytes, 512, RECORD_BYTES_MAX),
    CODEC_UINT(parameters, record_items, 1, RECORD_ITEMS_MAX),
    CODEC_UINT(parameters, record_lifetime_ms, 1, RECORD_LIFETIME_MS_MAX),
    CODEC_UINT(parameters, heartbeat_ms, 1, 3600000),
    CODEC_UINT(parameters, leader_views, 1, 1u << 20),
    CODEC_UINT(parameters, activity_timeout_ms, 1, 3600000),
};
const struct type parameters_type = CODEC_TYPE(parameters, fields);

void parameters_default(struct parameters *ret) {
    *ret = (struct parameters){
        .delta_ms = 200,
        .max_drift_ms = 5000,
        .pipeline_blocks = 16,
        .block_bytes = BLOCK_BYTES_MAX,
        .block_records = BLOCK_RECORDS_MAX,
        .record_bytes = RECORD_BYTES_MAX,
        .record_items = RECORD_ITEMS_MAX,
        .record_lifetime_ms = RECORD_LIFETIME_MS_MAX,
        .heartbeat_ms = 5000,
        .leader_views = 1,
        .activity_timeout_ms = 30000,
    };
}

enum err parameters_check(const struct parameters *p, struct refusal *ret_refusal) {
    for (size_t i = 0; i < parameters_type.fields_count; i++) {
        const struct field *f = &fields[i];
        uint64_t v = *(const uint64_t *)(const void *)((const char *)p + f->offset);
        if (v < f->min || v > f->max)
            return refusal_set(ret_refusal, ERR_GENESIS_PARAMETER, "parameters.%s", f->name);
    }
    if (p->record_bytes > p->block_bytes)
        return refusal_set(ret_refusal, ERR_GENESIS_PARAMETER, "parameters.record_bytes");
    return OK;
}
