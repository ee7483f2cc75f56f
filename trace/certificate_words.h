/* certificate_words.h: the numbers of a definition (SPEC D1) as the words that JSON uses for them: in answers of nodes and in
 * files of people. */
#ifndef TRACE_CERTIFICATE_WORDS_H
#define TRACE_CERTIFICATE_WORDS_H

#include "base/span.h"

enum certificate_words {
    WORDS_FIELD,    /* enum certificate_field_kind */
    WORDS_OWN,      /* enum certificate_own */
    WORDS_QUOTA,    /* enum certificate_quota */
    WORDS_UPSTREAM, /* enum certificate_upstream */
    WORDS_COVERS,   /* enum identifier_kind, a bit of covers */
};
/* NULL when the number is none of them. */
const char *certificate_word(enum certificate_words of, uint32_t number);
bool certificate_word_read(enum certificate_words of, struct span word, uint8_t *ret) MUST_USE;

#endif
