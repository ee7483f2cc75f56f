/* chain_flow.h: what random chains say about flow (spec L, O, A10 to A12): shipments, packing, corrections of what was told, recalls along
 * what was made of what. Private to chain.c. */
#ifndef TESTS_VECTORS_CHAIN_FLOW_H
#define TESTS_VECTORS_CHAIN_FLOW_H

#include "tests/vectors/chain_parts.h"
#include "trace/recall.h"

enum { CHAIN_TOLD_MAX = 32, CHAIN_LINKS_MAX = 32 };

/* Of a transformation that was accepted. */
struct chain_link {
    struct span from, to, group;
};
struct chain_flow {
    struct span told[CHAIN_TOLD_MAX]; /* events as JSON, the last brace cut off */
    const char *author[CHAIN_TOLD_MAX];
    uint32_t told_count;
    struct chain_link links[CHAIN_LINKS_MAX];
    uint32_t links_count;
    struct span recalls[8];
    uint32_t recalls_count;
};

/* More fields of an event, with a comma before each. */
void chain_flow_fields(struct rng *r, struct buffer *out);
/* Remembers an event; or puts one told before in its place: again, or with errorDeclaration. False when there is none. */
void chain_flow_tell(struct chain_flow *f, struct world *w, struct rng *r, const char *author, struct span text);
bool chain_flow_again(const struct chain_flow *f, struct rng *r, const char *author, struct buffer *out);
/* Looks at a record that was accepted at log_index. */
void chain_flow_accepted(struct chain_flow *f, struct world *w, struct rng *r, struct span wire, uint64_t log_index);
struct item chain_recall(struct chain_flow *f, struct world *w, struct rng *r, const char *author);
struct act chain_flow_act(struct world *w, struct rng *r, const char *const people[], size_t people_count);

#endif
