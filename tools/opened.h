/* opened.h: openings beside the commitments they should open. Functions return an exit code; the complaint is printed. */
#ifndef TOOLS_OPENED_H
#define TOOLS_OPENED_H

#include "ledger/proof.h"
#include "tools/openings.h"

/* Does it give the commitment that stands at its place in these fields? */
bool opening_fits(const struct digest *chain_id, const struct opening *o, struct span fields);
/* "  第 1 级，贸易伙伴  items[1]/price: 12.80" */
void opening_print(struct tool *t, const struct opening *o);
/* Every opening of a file against the records that a true proof discloses. EXIT_FALSE: one does not fit, or is of something that the proof
 * does not disclose. */
int openings_verify(struct tool *t, const char *path, const struct statement *s, struct openings *ret) MUST_USE;

#endif
