/* problem.h: a refusal as an answer: application/problem+json (RFC 9457) with the number, name and sentence of `enum err`.
 *
 * {"type": "urn:suyuan:error:667", "title": "...", "status": 404, "code": 667, "name": "ERR_RPC_NOT_FOUND", "where": "...",
 *  "title_en": "...", "title_zh": "..."}; title is in the language of Accept-Language, Chinese when it says nothing.
 */
#ifndef RPC_PROBLEM_H
#define RPC_PROBLEM_H

#include "rpc/http.h"

/* The status code a refusal is answered with. */
uint16_t problem_status(enum err e);
/* The language that Accept-Language likes best of the two. */
enum lang problem_lang(struct span accept_language);
/* Replaces what stands in the response. Busy answers (503, 429) carry Retry-After (retry_after_ms 0: one second). */
void problem_write(struct http_response *r, const struct refusal *refusal, enum lang lang,
                   uint32_t retry_after_ms);
/* The members of the problem object alone, for a list of outcomes and for JSON-RPC's `data`. */
struct emit;
void problem_members(struct emit *j, const struct refusal *refusal, enum lang lang);

#endif
