/* vocabulary.h: a value of the Core Business Vocabulary has four spellings that are equal.
 *
 *   bare word  commissioning                                   as the JSON schema prescribes
 *   CURIE      cbv:BizStep-commissioning
 *   URN        urn:epcglobal:cbv:bizstep:commissioning
 *   Web URI    https://ref.gs1.org/cbv/BizStep-commissioning   (also http, and ns.gs1.org)
 *
 * Canonical is the bare word. What is no CBV value of that vocabulary is equal only to itself.
 * Source: CBV 2.0 sections 7.1 to 7.7.
 */
#ifndef TRACE_VOCABULARY_H
#define TRACE_VOCABULARY_H

#include "base/span.h"

enum vocabulary {
    VOCABULARY_BIZ_STEP,
    VOCABULARY_DISPOSITION,
    VOCABULARY_BIZ_TRANSACTION_TYPE,
    VOCABULARY_SOURCE_DEST_TYPE,
    VOCABULARY_ERROR_REASON,
    VOCABULARY_COMPONENT,
    VOCABULARY_MEASUREMENT_TYPE, /* gs1:Temperature, https://gs1.org/voc/Temperature */
    VOCABULARY_ALERT_TYPE,       /* gs1:ALARM_CONDITION */
};

/* The bare word (a constant, or part of `received`), or `received` itself. Never fails, allocates
 * nothing. */
struct span vocabulary_canonical(enum vocabulary vocabulary, struct span received);
bool vocabulary_equal(enum vocabulary vocabulary, struct span a, struct span b);
/* Is this bare word one of the vocabulary? */
bool vocabulary_has(enum vocabulary vocabulary, struct span word);
/* What stands before a bare word in its Web URI: "https://ref.gs1.org/cbv/BizStep-". */
const char *vocabulary_web(enum vocabulary vocabulary);

#endif
