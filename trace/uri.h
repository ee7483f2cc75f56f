/* uri.h: is this text a URI (RFC 3986 section 3), as ajv-formats decides, which the EPCIS schema is
 * checked with?
 *
 * A scheme, a colon, and then at least one character: only those RFC 3986 permits, percent signs
 * followed by two hexadecimal digits, an address literal in brackets only where a host stands.
 * Non-ASCII characters must be percent-encoded.
 */
#ifndef TRACE_URI_H
#define TRACE_URI_H

#include "base/span.h"

bool uri_valid(struct span text);

/* Percent-decodes to at most cap bytes; false when they are more or a percent sign is not followed
 * by two hexadecimal digits (what ret holds is then undefined). */
bool uri_unescape(struct span text, size_t cap, char *ret, size_t *ret_len) MUST_USE;
/* Appends text with everything but A-Z a-z 0-9 - . _ ~ percent-encoded. */
void uri_escape(struct span text, struct buffer *out);

#endif
