/* proof_ask.h: a question put to a node, answered by a proof that is checked here: nothing the node says is believed.
 *
 * `suyuan proof get KIND WORD | suyuan verify -` in one step, and with one check more: a true proof of something else, which a lying node
 * has plenty of, is no answer. */
#ifndef TOOLS_PROOF_ASK_H
#define TOOLS_PROOF_ASK_H

#include "ledger/proof.h"
#include "tools/node.h"

#define PROOF_ACCEPT "application/vnd.suyuan.proof"

/* The kinds by the words people use. */
struct proof_kind {
    enum proof_question question;
    const char *word;
};
/* NULL: there is no such kind. */
const struct proof_kind *proof_kind_find(const char *word);
/* Where a node answers it: "/v1/things/X/proof". */
const char *proof_path(struct tool *t, const struct proof_kind *kind, const char *word);

/* Asks, checks against the chain that the arguments name, prints the statement or why it is false. An exit code: EXIT_OK for a true proof
 * that answers the question, EXIT_FALSE for every other, and for a code that was never issued or is void. `next`: what to type when the
 * node gives none. */
int proof_ask(struct node *n, const struct arguments *a, const struct proof_kind *kind, const char *word, const char *next) MUST_USE;

#endif
