/* event_hash_parts.h: what the files of the event hash share. Not for others. */
#ifndef TRACE_EVENT_HASH_PARTS_H
#define TRACE_EVENT_HASH_PARTS_H

#include "trace/event_hash.h"

/* Appends a value as it stands in the pre-hash string; `text` is stripped and not empty. */
enum err event_hash_value(struct span text, struct buffer *out) MUST_USE;
/* The same for a time: UTC, three decimals. */
enum err event_hash_time(struct span text, struct buffer *out) MUST_USE;
/* A GS1 key, as EPC URN or Digital Link, in the hash's own normal form; false, and nothing is
 * appended, when it has none. */
bool event_hash_link(struct span text, struct buffer *out) MUST_USE;

#endif
