/* rfc3339.h: moments as EPCIS writes them.
 *
 * The grammar is that of ajv-formats' "date-time", which the EPCIS schema is checked with: RFC 3339
 * section 5.6, and besides a blank instead of "T", an offset without colon or minutes, and a leap
 * second only where it is 23:59:60 UTC. A leap second counts as the second after it.
 */
#ifndef TRACE_RFC3339_H
#define TRACE_RFC3339_H

#include "base/span.h"

/* Milliseconds UTC since 1970-01-01T00:00Z (negative before), digits beyond the third dropped
 * (rounded down in time). */
bool rfc3339_ms(struct span text, int64_t *ret_ms) MUST_USE;
/* A day of the Gregorian calendar, years 0000 to 9999, written YYYY-MM-DD and nothing more. */
bool date_valid(struct span text);

#endif
