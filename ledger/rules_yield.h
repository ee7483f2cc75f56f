/* rules_yield.h: outputs are at most inputs times yield (SPEC L11). */
#ifndef LEDGER_RULES_YIELD_H
#define LEDGER_RULES_YIELD_H

#include "ledger/telling.h"

/* Of an event of type 6 that counts: adds what it says to the sums of its transformationID, if it has one. True when of some product more
 * comes out than its rule allows, and that is to be refused; else those outputs are marked. */
bool yield_refused(struct telling *g, bool refuse) MUST_USE;

#endif
