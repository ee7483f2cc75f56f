/* batch.h: movements to EPCIS events, and so many of them as go under one signature.
 *
 * A batch is what was decided (movement.at_ms) within one stretch of batch_ms of the stream's time,
 * cut where batch_events or BATCH_JSON_MAX is reached. Where it ends is decided by the movements
 * alone, so the same reads give the same batches, and these the same bodies (SPEC R3): one
 * EPCISDocument, an envelope and its events in the order of the movements.
 *
 * One ObjectEvent per movement, or, with `aggregate`, one per mapping rule with all its tags and
 * the newest time. A tag stands in it by its EPC: what the tag says it is (epc_uri), else the raw
 * URN of its bits.
 *
 * Pure. A body can be refused (ERR_EPCIS_*) only when the mapping holds what the schema does not
 * take; batch_try finds that out at start.
 */
#ifndef TOOLS_GATEWAY_BATCH_H
#define TOOLS_GATEWAY_BATCH_H

#include "tools/gateway/config.h"

enum {
    BATCH_JSON_MAX = 384 << 10, /* of the events of one batch; its body is smaller */
    BATCH_BODY_MAX = 512 << 10,
    BATCH_TIME_BYTES = 96,
    BATCH_EPCS_MAX = 1000, /* in one aggregated event */
};

struct batch {
    const struct gateway_config *config;
    struct movement *movements; /* those that make events, in order */
    uint32_t count, cap;
    size_t json_bytes; /* at most, of what they become */
    uint64_t stretch;  /* at_ms / batch_ms of all of them */
};
void batch_init(struct batch *b, const struct gateway_config *config);
void batch_free(struct batch *b);
/* Does this movement begin the next batch? False for a movement no rule wants. */
bool batch_full(const struct batch *b, const struct movement *m);
/* Nothing earlier than this can come any more: is the batch complete? An empty one never is. */
bool batch_over(const struct batch *b, uint64_t horizon_ms);
/* False: no rule makes an event of it. The batch must not be full for it (CHECK). */
bool batch_add(struct batch *b, const struct movement *m);
void batch_clear(struct batch *b);

/* The record's body: canonical array of items, appended; how many items, how many events, and the
 * newest eventTime among them. */
struct batch_body {
    uint32_t items, events;
    uint64_t newest_ms;
};
enum err batch_write(const struct batch *b, struct buffer *out, struct batch_body *ret,
                     struct refusal *ret_refusal) MUST_USE;
/* Does every rule of the mapping make an event that EPCIS takes? The refusal names the rule. */
enum err batch_try(const struct gateway_config *config, struct refusal *ret_refusal) MUST_USE;

/* What the bits of an EPC bank name: appended. */
void epc_uri(struct span epc, struct buffer *out);
/* "2026-06-01T08:00:00.123Z"; as much room as any number of milliseconds takes */
void batch_time_text(uint64_t ms, char ret[BATCH_TIME_BYTES]);

#endif
