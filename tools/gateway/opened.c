#include "tools/gateway/opened.h"

#include "base/limits.h"
#include "base/merkle_root.h"
#include "ledger/record.h"
#include "tools/gateway/intake.h"

void opened_write(struct span read, uint64_t index, const struct digest path[], size_t path_count,
                  struct span bundle, struct buffer *out) {
    pack_array(out, 5);
    pack_uint(out, 1);
    pack_bytes(out, read);
    pack_uint(out, index);
    pack_array(out, (uint32_t)path_count);
    for (size_t i = 0; i < path_count; i++)
        pack_bytes(out, span_of(path[i].b, sizeof path[i].b));
    pack_bytes(out, bundle);
}

/* The anchor that the bundle shows: the only item of its record. */
static enum err anchor_shown(const struct statement *s, struct anchor *ret) {
    if (s->question != PROOF_RECORD || s->records_count != 1) return ERR_OPENED;
    const struct statement_record *r = &s->records[0];
    if (r->header.kind != RECORD_ANCHORS || r->header.item_count != 1 || r->items_count != 1 ||
        !r->items[0].fields_disclosed || r->items[0].type != ITEM_ANCHOR)
        return ERR_OPENED;
    struct item item = {.type = r->items[0].type, .fields = r->items[0].fields};
    return anchor_decode(&item, r->header.created_ms, ret);
}

enum err opened_check(struct span file, const struct digest *chain_id, struct arena *arena,
                      struct opened *ret) {
    struct unpack u;
    struct opened o = {0};
    struct digest path[MERKLE_LIST_PATH_MAX];
    unpack_init(&u, file);
    if (unpack_array(&u, 5) != 5) unpack_fail(&u, ERR_CODEC_COUNT);
    if (unpack_uint(&u, 1) != 1) unpack_fail(&u, ERR_CODEC_RANGE);
    struct span read = unpack_bytes(&u, READ_BYTES_MAX);
    o.index = unpack_uint(&u, READ_TIME_MS_MAX);
    uint32_t count = unpack_array(&u, MERKLE_LIST_PATH_MAX);
    for (uint32_t i = 0; i < count; i++)
        unpack_fixed(&u, path[i].b, sizeof path[i].b);
    struct span bundle = unpack_bytes(&u, PROOF_BYTES_MAX);
    enum err e = unpack_end(&u);
    if (e == OK) e = read_decode(read, &o.read);
    if (e == OK) e = proof_verify(bundle, chain_id, arena, &o.statement);
    if (e == OK) e = anchor_shown(&o.statement, &o.anchor);
    if (e != OK) return e;
    bool ours = span_starts(o.anchor.what, INTAKE_ANCHOR) &&
                o.read.received_ms >= o.anchor.from_ms && o.read.received_ms < o.anchor.until_ms &&
                o.index < o.anchor.count;
    if (!ours) return ERR_OPENED;
    struct digest leaf = merkle_leaf_hash(read);
    e = merkle_inclusion_verify(&leaf, o.index, o.anchor.count, path, count, &o.anchor.root);
    if (e == OK) *ret = o;
    return e;
}
