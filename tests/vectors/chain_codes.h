/* chain_codes.h: code packs, voids and claims for random chains (chain.c), beside chain_parts.h. A pack follows from who issues it
 * and its name, so any claim can be made, also of packs that were never issued, or that another issued first. */
#ifndef TESTS_CHAIN_CODES_H
#define TESTS_CHAIN_CODES_H

#include "tests/unit/codec_random.h"
#include "tests/unit/ledger_world.h"

#include "tests/unit/code_world.h"

enum { CHAIN_PACKS = 32, CHAIN_SUBJECTS = 3 };

/* Begin with a zeroed struct. */
struct chain_codes {
    struct world_pack *packs[CHAIN_SUBJECTS][CHAIN_PACKS];
};

/* A pack issued or codes voided, by the author or about another's. */
struct item chain_pack(struct chain_codes *c, struct world *w, struct rng *r, const char *author);
struct item chain_claim(struct chain_codes *c, struct world *w, struct rng *r);

#endif
