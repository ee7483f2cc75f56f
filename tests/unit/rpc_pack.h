/* rpc_pack.h: a code pack on the chain of rpc_world.h, and leaves in a directory of the test's own. Include after it. */
#ifndef TESTS_RPC_PACK_H
#define TESTS_RPC_PACK_H

#include "storage/leaves.h"
#include "trace/code_item.h"

#define PACK_GTIN "06901234567892"
enum { RPC_PACK_CODES = PACK_CHUNK_CODES + 6, RPC_PACK_CHUNKS = 2 };

struct rpc_pack {
    struct leaves_pack pack;
    uint8_t entries[RPC_PACK_CODES * PACK_ENTRY_BYTES];
    struct digest chunks[RPC_PACK_CHUNKS];
    char directory[64];
    struct leaves *leaves;
};

static inline struct span rpc_pack_chunk(const struct rpc_pack *p, uint32_t chunk) {
    return span_of(p->entries + (size_t)chunk * PACK_CHUNK_BYTES,
                   (size_t)pack_chunk_codes(RPC_PACK_CODES, chunk) * PACK_ENTRY_BYTES);
}

static inline struct span rpc_pack_hashes(const struct rpc_pack *p) {
    return span_of(p->chunks, sizeof p->chunks);
}

static inline void rpc_pack_leaves(struct rpc_pack *p, const char *pack) {
    struct pack_tree *tree = check_alloc(1, sizeof *tree);
    for (size_t i = 0; i < sizeof p->entries; i++) p->entries[i] = (uint8_t)(i * 5 + i / 64 * 3 + i / 8192 + (uint8_t)pack[0]);
    for (size_t i = 0; i < sizeof p->entries; i += PACK_ENTRY_BYTES) {
        struct digest hash;
        struct pubkey key;
        pack_entry_read(p->entries + i, &hash, &key);
        pack_tree_add(tree, &hash, &key);
    }
    p->pack.count = RPC_PACK_CODES;
    pack_tree_finish(tree, &p->pack.root);
    CHECK(pack_id_make(span_text(PACK_GTIN), span_text(pack), p->pack.id));
    memcpy(p->chunks, tree->chunks, sizeof p->chunks);
    free(tree);
}

/* A block in which farm-1 issues it, and an empty directory for leaves, which the host then has. */
static inline void rpc_pack_begin(struct world *w, struct rpc_pack *p, const char *pack) {
    struct buffer fields, wire;
    buffer_init(&fields, 1024);
    buffer_init(&wire, 65536);
    rpc_pack_leaves(p, pack);
    struct pack_issued issued = {.count = p->pack.count, .root = p->pack.root};
    memcpy(issued.pack_id, p->pack.id, sizeof issued.pack_id);
    pack_issued_fields(&issued, &fields);
    struct thing thing = thing_bare(ROLE_PACK, span_text("https://id.gs1.org/01/" PACK_GTIN));
    struct item item = {.type = ITEM_PACK_ISSUED, .fields = buffer_span(&fields), .things = &thing, .things_count = 1};
    struct record_header draft = {.chain_id = w->genesis->chain_id, .kind = RECORD_PACKS, .subject = span_text("farm-1"),
                                  .key = w->farm.public_key, .created_ms = w->now_ms,
                                  .expires_ms = w->now_ms + 3600000, .nonce = ++w->nonce};
    CHECK(record_make(&w->genesis->params, &draft, &item, 1, &w->farm, &wire) == OK);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    buffer_free(&fields);
    buffer_free(&wire);
    char why[LEAVES_ERROR_BYTES];
    struct leaves_options plenty = {UINT64_C(1) << 40, 0};
    snprintf(p->directory, sizeof p->directory, "/tmp/suyuan-rpc-leaves-XXXXXX");
    CHECK(mkdtemp(p->directory) != NULL);
    p->leaves = leaves_open(p->directory, &plenty, why);
    CHECK(p->leaves != NULL);
    w->host.leaves = p->leaves;
}

static inline void rpc_pack_end(struct rpc_pack *p) {
    char command[128];
    leaves_close(p->leaves);
    snprintf(command, sizeof command, "rm -rf '%s'", p->directory);
    CHECK(system(command) == 0);
}

#endif
