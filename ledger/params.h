/* params.h: what execution and form checks may know besides the block: values constant for the
 * epoch, set by genesis (SPEC G4, G5). genesis/genesis.h fills it; nothing here is read from a
 * node's own configuration. */
#ifndef LEDGER_PARAMS_H
#define LEDGER_PARAMS_H

#include "base/codec.h"
#include "base/crypto.h"

struct parameters {
    uint64_t delta_ms, max_drift_ms, pipeline_blocks, block_bytes, block_records, record_bytes,
        record_items, record_lifetime_ms, heartbeat_ms, leader_views, activity_timeout_ms;
};
extern const struct type parameters_type;

struct ledger_params {
    struct digest chain_id;
    struct parameters parameters;
    uint8_t approvals[256]; /* per act (item type): approvals needed, the record's own signature
                               counted; at least 1 */
};

/* Production values, all within base/limits.h. */
void parameters_default(struct parameters *ret);
/* ERR_GENESIS_PARAMETER when a value is outside the limits; `where` names it. */
enum err parameters_check(const struct parameters *p, struct refusal *ret_refusal) MUST_USE;

#endif
