#include "trace/certificate_words.h"

#include "trace/certificate.h"

enum { WORDS_MAX = 9 };

static const char *const words[][WORDS_MAX] = {
    [WORDS_FIELD] = {[CERTIFICATE_TEXT] = "text",
                     [CERTIFICATE_INTEGER] = "integer",
                     [CERTIFICATE_NUMBER] = "number",
                     [CERTIFICATE_DATE] = "date",
                     [CERTIFICATE_DIGEST] = "digest",
                     [CERTIFICATE_CHOICE] = "choice",
                     [CERTIFICATE_CHOICES] = "choices",
                     [CERTIFICATE_TEXTS] = "texts"},
    [WORDS_OWN] = {[CERTIFICATE_ANYONES] = "anyone",
                   [CERTIFICATE_OWN] = "own",
                   [CERTIFICATE_OF_OTHERS] = "others"},
    [WORDS_QUOTA] = {[CERTIFICATE_NO_QUOTA] = "none", [CERTIFICATE_PRODUCED] = "produced"},
    [WORDS_UPSTREAM] = {[UPSTREAM_NEVER] = "never", [UPSTREAM_MAY] = "may", [UPSTREAM_MUST] = "must"},
    [WORDS_COVERS] = {[IDENTIFIER_ITEM] = "item",
                      [IDENTIFIER_LOT] = "lot",
                      [IDENTIFIER_PRODUCT] = "product",
                      [IDENTIFIER_LOCATION] = "location",
                      [IDENTIFIER_DOCUMENT] = "document",
                      [IDENTIFIER_OTHER] = "other"},
};

const char *certificate_word(enum certificate_words of, uint32_t number) {
    return number < WORDS_MAX ? words[of][number] : NULL;
}

bool certificate_word_read(enum certificate_words of, struct span word, uint8_t *ret) {
    for (uint8_t i = 0; i < WORDS_MAX; i++)
        if (words[of][i] && span_is(word, words[of][i])) {
            *ret = i;
            return true;
        }
    return false;
}
