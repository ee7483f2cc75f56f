/* json.h: the only door to Jansson. JSON text (RFC 8259) in and out of canonical values (codec.h).
 *
 * One data model in the house: whatever came as JSON is a canonical value from here on, and is read with unpack_* and value_get.
 * Numbers: an integral number within +-(2^53-1) becomes an integer (-0 is 0), another finite number the nearest float64; an integral one
 * outside that range (2^53, 1e400) is refused (ERR_JSON_NUMBER): most readers would round it.
 * Duplicate names are refused. Depth at most JSON_DEPTH_MAX, size bounded by the caller's `max`.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/codec.h"

enum { JSON_DEPTH_MAX = CODEC_DEPTH_MAX - 2 }; /* so that a document fits into an item of a record's body */

/* Appends one canonical value to `out`. ret_where (may be NULL) gets "line 3 column 14" on a syntax error. */
enum err json_parse(struct span text, struct buffer *out, struct refusal *ret_where) MUST_USE;
/* Appends JSON text of a canonical value: keys in canonical order; bytes as base64 text, hidden values as
 * {"hidden": {...}}. indent 0 is compact, otherwise that many spaces per level. Numbers round-trip exactly. */
void json_write(struct span value, int indent, struct buffer *out);
void json_write_text(struct span text, struct buffer *out); /* one quoted, escaped string */

#endif
