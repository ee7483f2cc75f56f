/* visitor.h: how often one visitor may do something that costs the node more than an answer (here: report a scan).
 *
 * A visitor is a remote address (of IPv6 its first 64 bits: whoever has one has all of them), or, where the address says nothing, the
 * connection. Each may do `burst` at once and one more per `interval_ms` from then on; it regains all of it when it is silent.
 *
 * Nothing of an address is kept: the table knows HMAC-SHA-256 of it under a key that is random for each table, in memory alone, and
 * forgets it when the visitor has regained all: as far as it matters at once, its bytes with a later call.
 *
 * Bounded: VISITOR_SLOTS entries of 16 bytes. Who comes when there is no room takes the place of the one that has most nearly regained
 * all: a newcomer is never refused for the others' sake, and no address takes from another but the time that is left to regain.
 *
 * Threads: any, at the same time. now_ms is monotonic.
 */
#ifndef RPC_VISITOR_H
#define RPC_VISITOR_H

#include "base/span.h"

enum { VISITOR_SLOTS = 8192, VISITOR_WAYS = 8 };

/* Zeroed: of a connection that has done nothing yet. Guarded by the visitors' lock. */
struct visitor_bucket {
    uint64_t name;    /* in the table: of whom; 0: nobody */
    uint64_t full_ms; /* when all is regained; passed: as if it had never been */
};

/* Who asks: kept by the owner of the connection, borrowed by its requests. */
struct visitor {
    uint64_t name;                     /* 0: the address is unknown, or of this machine itself */
    bool near;                         /* of this machine: a reverse proxy may speak for others */
    struct visitor_bucket *connection; /* NULL: nobody is told apart and nothing is limited */
};

struct visitors;
/* interval_ms 0: nothing is limited. Up to an hour; burst 1 to 1000 (CHECK). */
struct visitors *visitors_new(uint64_t interval_ms, uint64_t burst);
void visitors_free(struct visitors *v); /* accepts NULL */

/* Of 4 or 16 bytes in network order (else CHECK); never 0. ret_near: a loopback address. */
uint64_t visitors_name(const struct visitors *v, struct span address, bool *ret_near);
/* One more? `told`: what a proxy on this machine says of whom it speaks for (a textual address); of anybody else it is not believed.
 * False: ret_wait_ms until it may. Nothing is taken then. */
bool visitors_take(struct visitors *v, const struct visitor *who, struct span told, uint64_t now_ms, uint64_t *ret_wait_ms) MUST_USE;
/* Refused since it was made. */
uint64_t visitors_refused(struct visitors *v);
/* Entries that hold a name at this time. For tests. */
size_t visitors_held(struct visitors *v, uint64_t now_ms);

#endif
