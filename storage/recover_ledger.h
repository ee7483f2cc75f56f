/* recover_ledger.h: what recover.h asks of the ledger, and the replay of what state lacks.
 *
 * The checks recompute everything from stored bytes: a block's digest from its header, its payload
 * from the records' bytes, results and leaves against the block leaf, the log's root from stored
 * hashes, and with RECOVER_FULL the status root from all values. Signatures of
 * records are not looked at again: they were checked before the block was stored; certificates are
 * the caller's to check (node/chain_check.h).
 *
 * Execution and checks read the ledger's own rows only. What the node stores beside them for a
 * height (the cosignatures that made it visible) must be rows of the chain table: they are durable
 * before state then, and a replay, which writes state alone anew, does not lose them.
 */
#ifndef STORAGE_RECOVER_LEDGER_H
#define STORAGE_RECOVER_LEDGER_H

#include "ledger/params.h"
#include "storage/recover.h"

/* `params` outlives the checks. */
struct recover_checks recover_ledger_checks(const struct ledger_params *params);

/* Executes the blocks above the state's height from the chain table and commits each, until both
 * stand at the same height: for a store found BEHIND. False: ret_text says what did not fit; the
 * heights before it are done. */
bool recover_ledger_replay(struct store s, const struct ledger_params *params, uint64_t *ret_height,
                           char ret_text[RECOVER_TEXT_BYTES]) MUST_USE;

#endif
