/* history.h: the history of a thing as a hash chain (SPEC H1). Entries are told by execution
 * (telling.h), read back by query.h, and checked in proofs. */
#ifndef LEDGER_HISTORY_H
#define LEDGER_HISTORY_H

#include "ledger/value.h"

struct history_entry {
    uint64_t i, log_index; /* i from 1 */
    uint16_t item;
    struct digest wire_id;
    struct span subject;
    struct digest item_digest;
};
extern const struct type history_entry_type;

/* So often the head is kept beside the entry: a proof that begins there need not tell what came before (SPEC P9). */
enum { HISTORY_HEAD_EVERY = 16 };

/* chain_i from chain_(i-1) and the entry's canonical bytes. */
struct digest history_next(const struct digest *chain, const struct history_entry *entry);
/* The same in a unit chain or a group's (SPEC L12, L13). */
struct digest history_flow_next(const struct digest *chain, const struct history_entry *entry);

#endif
