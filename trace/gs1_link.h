/* gs1_link.h: GS1 Digital Link addresses: what an address says as element strings, and the address of
 * element strings.
 *
 *   https://example.com/some/stem/01/06901234567892/10/ABC?17=261231#x  =  (01)...(10)ABC(17)261231
 *
 * Reading: the last pair "/AI/value" of the path whose AI is a key begins the data; behind it stand
 * its qualifiers, in the dictionary's order. In the query, names that are no numbers are the
 * resolver's business and ignored; a number must be an AI that may stand there, once, and not belong
 * into the path. The elements come in the address' own order.
 * Writing: the first key of the data, the qualifiers that belong to it, the rest as query, those of
 * predefined length first. Repeated elements are written once. What gs1_link_write gives, gs1_link_read
 * reads as the same elements.
 *
 * The host is a domain name or an address literal, without user; a port at most 65535. Percent signs
 * without two hexadecimal digits stand for themselves, "+" in the query is a blank.
 *
 * Bounded as gs1_data.h; pure. Source: GS1 Digital Link Standard: URI Syntax 1.6, RFC 3986.
 */
#ifndef TRACE_GS1_LINK_H
#define TRACE_GS1_LINK_H

#include "trace/gs1_data.h"

enum err gs1_link_read(struct span address, const struct gs1_options *options,
                       struct gs1_data *ret_data, struct gs1_problem *ret_problem) MUST_USE;
/* Whether it begins as an address does, in whichever case: reading it as anything else is pointless. */
bool gs1_link_begins(struct span text);

/* stem: "https://example.com/path", with or without a slash at its end. Appends to `out`; nothing
 * sensible stands there after a refusal. */
enum err gs1_link_write(const struct gs1_data *data, struct span stem,
                        const struct gs1_options *options, struct buffer *out,
                        struct gs1_problem *ret_problem) MUST_USE;

/* As they stand in a path (a blank is %20) or in a query (a blank is +). */
void gs1_link_escape(struct span text, bool query, struct buffer *out);
void gs1_link_unescape(struct span text, bool query, struct buffer *out);

#endif
