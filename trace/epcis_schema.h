/* epcis_schema.h: the GS1 EPCIS 2.0.1 JSON schema as tables in C.
 *
 * Says the same as the published schema (draft-07) under ajv with ajv-formats: tests/vectors/ajv
 * compares the two over thousands of mutated documents. What JSON can say and a canonical value
 * cannot (integers beyond 2^53-1, U+0000, duplicate names, deep nesting) was refused by base/json.h
 * before.
 *
 * A hidden value (ext 1) stands for any value at all: it passes every check but the presence of its
 * field. Errors: ERR_EPCIS_*; `where` names the field from the document's root,
 * "epcisBody.eventList[3].action". A missing field is named too.
 */
#ifndef TRACE_EPCIS_SCHEMA_H
#define TRACE_EPCIS_SCHEMA_H

#include "base/codec.h"

/* A document, query document or bare event. */
enum err epcis_validate(struct span value, struct refusal *ret_refusal) MUST_USE;
/* One event as it stands in an eventList: without the duty to carry a @context. */
enum err epcis_validate_event(struct span value, struct refusal *ret_refusal) MUST_USE;
/* A list of URIs (or of quantity elements), as the schema has them: what an extension event's list
 * must be for its entries to be things. */
bool epcis_list_conforms(bool quantities, struct span value);

#endif
