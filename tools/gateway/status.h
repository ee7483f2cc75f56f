/* status.h: what the gateway says of itself, on a line or as JSON. Numbers in, text out. */
#ifndef TOOLS_GATEWAY_STATUS_H
#define TOOLS_GATEWAY_STATUS_H

#include "tools/gateway/dispatch.h"
#include "tools/gateway/intake.h"

struct status {
    struct intake_counts intake;
    uint64_t last;        /* sequence of the last read in the spool */
    uint64_t reads_per_s; /* since the status before */
    uint64_t messages_refused, reads_refused;
    uint32_t tags, waiting;
    uint64_t tags_ignored;
    uint64_t spool_bytes, memory_kib, uptime_ms,
        oldest_ms; /* oldest_ms: age of the oldest unsent */
    uint32_t sources, sources_connected;
    struct dispatch_status ledger;
    const char *alarm; /* of the intake; "" */
};
void status_json(const struct status *s, struct buffer *out);
void status_say(struct tool *t, const struct status *s);
/* Resident memory of this process. */
uint64_t status_memory_kib(void);

#endif
