/* chain_parts.h: what random chains (chain.c) are made of besides events and acts on members: names of things, certificate
 * types, certificates, anchors, deletions. All from a seed; what is built may be refused by every rule, and some of it is not well formed. */
#ifndef TESTS_CHAIN_PARTS_H
#define TESTS_CHAIN_PARTS_H

#include "tests/unit/codec_random.h"
#include "tests/unit/ledger_world.h"

/* A few dozen things, each in many spellings. */
void chain_name(struct rng *r, struct buffer *out);
/* ",\"quantity\":2.5,\"uom\":\"KGM\"", or less of it. */
void chain_quantity(struct rng *r, struct buffer *out);

/* Everything the act points to lives in the world's arena. */
struct act chain_type(struct world *w, struct rng *r, const char *const people[], size_t people_count);
/* A certificate issued, superseded or revoked, by the author or naming another's. */
struct item chain_certificate(struct world *w, struct rng *r, const char *author, const char *const people[], size_t people_count);
struct item chain_anchor(struct world *w, struct rng *r);
struct item chain_deletion(struct world *w, struct rng *r);

#endif
