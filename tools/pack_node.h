/* pack_node.h: code packs as nodes have them: what the ledger says of one, and its leaves, given and asked for.
 *
 * Leaves are checked against root and count of the pack, so it does not matter which node they come from; what the node says
 * of the pack itself is the node's word. Functions return an exit code; the complaint is printed. */
#ifndef TOOLS_PACK_NODE_H
#define TOOLS_PACK_NODE_H

#include "ledger/value.h"
#include "tools/node.h"
#include "trace/pack_tree.h"

/* `/v1/packs/<gtin>/<pack><rest>` */
const char *pack_url_path(struct tool *t, const char id[PACK_ID_BYTES + 1], const char *rest);

struct pack_known {
    char id[PACK_ID_BYTES + 1];
    uint32_t count;
    struct digest root;
    struct span subject; /* in the tool's arena */
    struct pack_range voided[PACK_RANGES_MAX]; /* rising, not touching, below count */
    uint32_t voided_count;
};
/* What the ledger says of the pack, by the node's word. EXIT_NOT_FOUND, nothing printed: there is no such pack. */
int pack_ask(struct node *n, const char id[PACK_ID_BYTES + 1], struct pack_known *ret) MUST_USE;

/* How many of the indices first..last are void. */
uint32_t pack_voided(const struct pack_known *p, uint32_t first, uint32_t last);

struct pack_upload {
    uint32_t chunks, sent; /* of the pack; by this call */
    const char *node;      /* that has them all now */
};
/* Gives the leaves in this file (checked against `chunks` before) to the first node that takes them all; what a node holds already
 * is not sent again. */
int pack_upload(struct node *n, const char id[PACK_ID_BYTES + 1], uint32_t count, const char *leaves_file,
                const struct digest chunks[], struct pack_upload *ret) MUST_USE;

/* The entry at `index` (below count) and its path, from whichever node has them. */
struct pack_place {
    struct digest hash;
    struct pubkey claim_key;
    struct digest path[PACK_PATH_MAX];
    uint32_t path_count;
};
int pack_fetch(struct node *n, const struct pack_known *pack, uint32_t index, struct pack_place *ret) MUST_USE;

#endif
