/* world.h: a made-up site, for `suyuan gateway simulate` and the tests: tags that go through the
 * zones of a configuration by a schedule, the reads their antennas make of it, and the movements
 * that really happened. Pure, and all of it follows from the seed.
 *
 * A tag makes `visits` visits. Between two it goes straight on (the gateway should say: moved) or
 * is away for longer than leave_ms (left, arrived). The reads are made worse than the schedule:
 * stray reads of other zones, reads that come twice, reads out of order within the window. What the
 * gateway must say follows from the schedule, not from the reads and not from the rules of zones.c.
 *
 * world_next gives reads in the order in which they arrive, and at the very end a tick that is late
 * enough for everything to be decided.
 */
#ifndef TOOLS_GATEWAY_WORLD_H
#define TOOLS_GATEWAY_WORLD_H

#include "tools/gateway/config.h"

struct world_options {
    uint64_t seed;
    uint32_t tags, visits, reads_per_visit; /* reads_per_visit: about */
    uint64_t begin_ms, spread_ms;           /* tags appear within this time */
    uint32_t stray_percent, twice_percent;
};
struct world;
/* ERR_GATEWAY_CONFIG: fewer than two zones have antennas, or their times leave no room for a visit.
 * Both are borrowed. */
enum err world_new(const struct gateway_config *config, const struct world_options *o,
                   movement_fn *truth, void *self, struct world **ret,
                   struct refusal *ret_refusal) MUST_USE;
void world_free(struct world *w); /* accepts NULL */
/* False at the end. The read borrows until the next call. `truth` is called from inside, with each
 * movement (at_ms is 0) before the first read it follows from. */
bool world_next(struct world *w, struct tag_read *ret) MUST_USE;

#endif
