/* proof_check.h: a verification under way, shared by proof_verify.c (the path down to items and the history) and proof_status.c
 * (what stands in the status tree, and what must). Not for others. */
#ifndef LEDGER_PROOF_CHECK_H
#define LEDGER_PROOF_CHECK_H

#include "ledger/proof_bundle.h"

struct verification {
    const struct bundle *b;
    const struct digest *chain_id;
    struct arena *arena;
    struct validator_bytes set;
    struct statement out;
    bool *wanted; /* of out.statuses: this one must be there */
    bool **told;  /* of the items of out.records: this one must be disclosed */
    bool missing; /* a status or an item that must be there is not */
    struct thing_value thing; /* of the identifier in question; count 0 when it does not exist */
};

/* Zeroed; room for one more than asked for. */
void *verification_alloc(struct verification *v, uint32_t count, size_t size);

/* P8: every status proves, exactly those that must be there are. Fills out.statuses, out.code, v->thing. ERR_PROOF_STATUS. */
enum err verify_statuses(struct verification *v) MUST_USE;

/* Marks the disclosed item at a place; NULL, and v->missing is set, when it is not there. */
const struct statement_item *want_item(struct verification *v, uint64_t log_index, uint32_t index,
                                       const struct statement_record **ret_record);

#endif
