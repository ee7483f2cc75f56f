/* fate.h: when a batch may be signed, sent again, or signed anew. Pure: these few lines are why an
 * event stands on the ledger once, whatever crashed; docs/decisions/0011-gateway-batches.md has the
 * reasoning.
 *
 * A record may be sent again as often as one likes: the ledger takes its id once. What must not
 * happen is that two records with the same events are both accepted. So a batch gets a second
 * record only when the first can never be accepted any more, and that is proven by the validators,
 * not believed: the complete history of a thing the batch names (SPEC P9) does not contain the
 * record, at a block whose time has reached the record's expiry. Later blocks have later times
 * (SPEC B4), and a record is refused in a block that has reached its expiry (SPEC X2).
 *
 * Dates follow from the batch alone: created = its newest event's time + generation x lifetime / 2,
 * the nonce is a hash of its content. So whoever forms the record again, after any loss, forms the
 * same bytes.
 */
#ifndef TOOLS_GATEWAY_FATE_H
#define TOOLS_GATEWAY_FATE_H

#include "ledger/proof.h"
#include "tools/gateway/spool.h"

struct batch_dates {
    uint32_t generation;
    uint64_t created_ms, expires_ms;
};
/* The first generation from `least` on whose record lives a quarter of its lifetime longer. */
struct batch_dates fate_dates(uint64_t newest_ms, uint32_t least, uint64_t lifetime_ms,
                              uint64_t now_ms);
uint64_t fate_nonce(uint8_t kind, uint32_t generation, struct span body);

enum fate_action {
    FATE_WAIT, /* its time has not come: the newest event is ahead of our clock */
    FATE_SIGN, /* no record of it can be accepted: make one */
    FATE_SEND, /* the same bytes again */
    FATE_ASK,  /* expired by our clock: what became of it? */
};
enum fate_action fate_action(const struct spool_batch *b, uint64_t lifetime_ms, uint64_t now_ms);

enum fate { FATE_OPEN, FATE_ACCEPTED, FATE_DEAD };
/* By a checked proof of a thing that every record of the batch names. FATE_OPEN: neither is proven.
 */
enum fate fate_of_thing(const struct statement *s, struct span identifier,
                        const struct digest *wire_id, uint64_t expires_ms);
/* By a checked proof of the record itself. */
enum fate fate_of_record(const struct statement *s, const struct digest *wire_id);

#endif
