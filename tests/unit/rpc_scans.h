/* rpc_scans.h: tallies in memory for the host of rpc_world.h, by the clock of that world, with one scan of a piece in them. */
#ifndef TESTS_RPC_SCANS_H
#define TESTS_RPC_SCANS_H

#include "storage/scans.h"

#define RPC_SCANS_HOUR "1779998400000" /* that WORLD_TIME_MS is in */

static inline uint64_t rpc_scans_clock(void *self) {
    return ((struct world *)self)->now_ms;
}

static inline void rpc_scans_begin(struct world *w) {
    char why[SCANS_ERROR_BYTES];
    struct scans_options options = {.clock_ms = rpc_scans_clock, .self = w};
    w->host.scans = scans_open(":memory:", &options, why);
    CHECK(w->host.scans != NULL);
    CHECK(scans_tally(w->host.scans, span_text("https://id.gs1.org/01/10614141073464/21/2017"), span_text("33")) == OK);
}

#endif
