/* dispatch.h: batches to the ledger, one signature each, and the proof that each arrived.
 *
 * A thread of its own with its own spool connection, HTTP client and arena; it shares nothing with
 * the intake but the database. Rules by which it signs, sends again and signs anew: fate.h. A batch
 * counts as accepted only by a proof bundle checked against the chain id: no node is believed.
 *
 * What the ledger refuses (a key revoked, a member suspended, the clock) is kept, told in `alarm`,
 * and tried again every few seconds while it lives; nothing is thrown away. One batch that waits
 * holds up no other.
 */
#ifndef TOOLS_GATEWAY_DISPATCH_H
#define TOOLS_GATEWAY_DISPATCH_H

#include "genesis/genesis.h"
#include "tools/gateway/config.h"
#include "tools/tool.h"

struct dispatch_status {
    struct dispatch_status_counts {
        uint64_t batches_open, batches_accepted, events_open, events_accepted, oldest_ms;
        uint64_t signed_anew; /* batches that got a second record */
    } counts;
    uint64_t rounds;
    char alarm[256]; /* "" when all is well */
};

struct dispatch;
/* `t` is copied; config, genesis and keys outlive it. An exit code, the complaint printed. */
int dispatch_start(const struct tool *t, const struct gateway_config *config,
                   const struct genesis *genesis, const struct keypair *keys,
                   struct dispatch **ret) MUST_USE;
/* Ends after the request under way; accepts NULL. */
void dispatch_stop(struct dispatch *d);
void dispatch_look(struct dispatch *d, struct dispatch_status *ret);

#endif
