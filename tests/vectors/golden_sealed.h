/* golden_sealed.h: the golden bytes of section U. */
#ifndef TESTS_GOLDEN_SEALED_H
#define TESTS_GOLDEN_SEALED_H

#include "tests/unit/ledger_world.h"

/* [openings, key, sealed file, key file of tier 3, of tier 1, request], of a record of farm1. The wrap is one made once, since its ephemeral
 * key is random. */
void golden_sealed(const struct world *w, const struct record *record, struct buffer *out);
/* The item that tells it to be deleted. */
void golden_deletion(const struct record *record, struct buffer *out);

#endif
