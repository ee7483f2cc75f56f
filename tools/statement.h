/* statement.h: what a proof proves, in words. */
#ifndef TOOLS_STATEMENT_H
#define TOOLS_STATEMENT_H

#include "ledger/proof.h"
#include "tools/tool.h"

/* What a proof has to be about: who sends it chooses it, and may choose a true one of something else. */
struct proof_asked {
    enum proof_question question;
    struct span identifier; /* as the proof spells it: canonical identifier, certificate id */
    bool bad;               /* set by proof_report: a code that was never issued, or is void; anything that is recalled */
};

/* Verifies the bundle and prints the statement, or why it is false. Returns EXIT_OK or EXIT_FALSE.
 * `label`: what to call it; `genesis`: the genesis file, for the next command; `asked`: NULL for whatever it proves.
 * `openings`: a file that opens hidden values of what is disclosed (opened.h), or NULL. */
int proof_report(struct tool *t, const char *label, struct span bundle,
                 const struct digest *chain_id, const char *genesis, struct proof_asked *asked, const char *openings) MUST_USE;

#endif
