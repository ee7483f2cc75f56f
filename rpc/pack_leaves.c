/* pack_leaves.c: the leaves of code packs over HTTP: what is held, its bytes, and taking them in. They are taken only for a pack that is on
 * the ledger, and only when they check against its root: so it does not matter who brings them. The path of a pack is
 * /v1/packs/{gtin}/{pack}/.... */
#include <string.h>

#include "rpc/handlers.h"
#include "storage/leaves.h"

enum { AT_GTIN, AT_PACK, AT_LEAVES }; /* arguments, in the order of the table; hashes come without a chunk's number */

static enum err pack_of(struct view *v, struct leaves_pack *ret) {
    struct leaves_pack pack;
    if (v->host->leaves == NULL) return ERR_LEAVES_ABSENT;
    if (!pack_id_make(v->arguments[AT_GTIN].text, v->arguments[AT_PACK].text, pack.id)) return ERR_RPC_NOT_FOUND;
    struct buffer CLEANUP(buffer_free) value = {0};
    struct pack_value stored;
    buffer_init(&value, 1 << 16);
    enum err e = query_pack(v->snapshot.reader, span_text(pack.id), &value, v->arena, &stored);
    if (e != OK) return e;
    pack.count = stored.count;
    pack.root = stored.root;
    *ret = pack;
    return OK;
}

static enum err chunk_of(struct view *v, const struct leaves_pack *pack, uint32_t *ret) {
    uint64_t chunk = v->arguments[AT_LEAVES].number;
    if (chunk >= pack_chunks(pack->count)) return refusal_set(&v->refusal, ERR_RPC_NOT_FOUND, "chunk");
    *ret = (uint32_t)chunk;
    return OK;
}

static void put_held(struct view *v, const struct leaves_pack *pack) {
    struct leaves_held h;
    struct emit j;
    char bits[2 * LEAVES_BITS_BYTES + 1];
    uint32_t chunks = pack_chunks(pack->count);
    leaves_held(v->host->leaves, pack, &h);
    hex_encode(span_of(h.bits, (chunks + 7) / 8), bits);
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_string(&j, "pack", pack->id);
    emit_key_uint(&j, "count", pack->count);
    emit_key_digest(&j, "root", &pack->root);
    emit_key_uint(&j, "chunks", chunks);
    emit_key_uint(&j, "held", h.held);
    emit_key_bool(&j, "hashes", h.hashes);
    emit_key_bool(&j, "whole", h.hashes && h.held == chunks);
    emit_key_bool(&j, "deleted", h.deleted);
    emit_key_string(&j, "bits", bits);
    emit_object_end(&j);
    emit_end(&j);
}

enum err read_pack_leaves(struct view *v) {
    struct leaves_pack pack;
    enum err e = pack_of(v, &pack);
    if (e == OK) put_held(v, &pack);
    return e;
}

enum err read_pack_hashes(struct view *v) {
    struct leaves_pack pack;
    enum err e = pack_of(v, &pack);
    return e != OK ? e : leaves_get_hashes(v->host->leaves, &pack, v->out);
}

enum err read_pack_chunk(struct view *v) {
    struct leaves_pack pack;
    uint32_t chunk = 0;
    enum err e = pack_of(v, &pack);
    if (e == OK) e = chunk_of(v, &pack, &chunk);
    return e != OK ? e : leaves_get_chunk(v->host->leaves, &pack, chunk, v->out);
}

enum err write_pack_hashes(struct view *v) {
    struct leaves_pack pack;
    enum err e = pack_of(v, &pack);
    if (e == OK) e = leaves_put_hashes(v->host->leaves, &pack, v->arguments[AT_LEAVES].text);
    if (e == OK) put_held(v, &pack);
    return e;
}

enum err write_pack_chunk(struct view *v) {
    struct leaves_pack pack;
    uint32_t chunk = 0;
    enum err e = pack_of(v, &pack);
    if (e == OK) e = chunk_of(v, &pack, &chunk);
    if (e == OK) e = leaves_put_chunk(v->host->leaves, &pack, chunk, v->arguments[AT_LEAVES + 1].text);
    if (e == OK) put_held(v, &pack);
    return e;
}
