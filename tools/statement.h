/* statement.h: what a proof proves, in words. */
#ifndef TOOLS_STATEMENT_H
#define TOOLS_STATEMENT_H

#include "ledger/proof.h"
#include "tools/tool.h"

/* Verifies the bundle and prints the statement, or why it is false. Returns EXIT_OK or EXIT_FALSE.
 * `label`: what to call it; `genesis`: the genesis file, for the next command. */
int proof_report(struct tool *t, const char *label, struct span bundle,
                 const struct digest *chain_id, const char *genesis);

#endif
