/* words.h: what the standard's words mean to a reader (CBV 2.0 sections 7.1, 7.2; EPCIS 2.0
 * section 7.4). */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include "base/err.h"
#include "base/span.h"

/* A business step, disposition, party or transaction type, action, or measurement in the reader's
 * language; NULL when it is none of the standard's. `word` is canonical (trace/vocabulary.h). */
const char *word_text(struct span word, enum lang lang);
/* The place of a thing in an event (enum item_role). */
const char *role_text(uint8_t role, enum lang lang);
/* A unit of UN/CEFACT Recommendation 20 as people write it; NULL when it is not among the common
 * ones. */
const char *unit_text(struct span unit, enum lang lang);

#endif
