/* read_proof.c: proof bundles (SPEC P) of the snapshot a call stands on. */
#include "rpc/handlers.h"

#include <string.h>

#include "ledger/proof.h"
#include "storage/leaves.h"
#include "trace/pack_tree.h"

static enum err write_proof(struct view *v, const struct buffer *bundle) {
    if (v->form == FORM_PROOF) {
        buffer_append_span(v->out, buffer_span(bundle));
        return OK;
    }
    arena_reset(v->scratch);
    return proof_export_json(buffer_span(bundle), v->scratch, v->out);
}

static struct proof_source source_of(struct view *v, const struct attested *attested) {
    const struct genesis *g = v->host->genesis;
    return (struct proof_source){.reader = v->snapshot.reader,
                                 .validator_bytes = g->validator_bytes,
                                 .rest_digest = g->rest_digest,
                                 .params = &g->params,
                                 .attested = attested};
}

enum err read_record_proof(struct view *v) {
    struct digest wire_id;
    struct record_place place;
    enum err e = find_record(v, &v->arguments[0].digest, &wire_id, &place);
    if (e != OK) return e;
    if (place.log_index == LOG_INDEX_NONE) {
        (void)refusal_set(&v->refusal, ERR_RPC_NOT_FOUND, "id: %s", result_name(place.code));
        return ERR_RPC_NOT_FOUND;
    }
    struct attested attested;
    e = attested_of(v, &attested);
    if (e != OK) return e;
    const struct genesis *g = v->host->genesis;
    if (v->form == FORM_TLOG)
        return proof_export_tlog(v->snapshot.reader, &g->validators, g->origin, &attested, place.log_index, v->out);
    struct proof_source source = source_of(v, &attested);
    struct buffer bundle;
    buffer_init(&bundle, PROOF_BYTES_MAX);
    e = proof_build_record(&source, &wire_id, v->arguments[1].indices, v->arguments[1].indices_count, &bundle);
    if (e == OK) e = bundle.overflow ? ERR_RPC_ANSWER_SIZE : write_proof(v, &bundle);
    buffer_free(&bundle);
    return e;
}

enum err read_thing_proof(struct view *v) {
    struct span canonical;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e != OK) return e;
    struct attested attested;
    e = attested_of(v, &attested);
    if (e != OK) return e;
    struct proof_source source = source_of(v, &attested);
    struct buffer bundle;
    buffer_init(&bundle, PROOF_BYTES_MAX);
    e = proof_build_thing(&source, canonical, &bundle);
    if (e == OK) e = bundle.overflow ? ERR_RPC_ANSWER_SIZE : write_proof(v, &bundle);
    buffer_free(&bundle);
    return e;
}

enum err read_certificate_proof(struct view *v) {
    struct attested attested;
    struct buffer bundle CLEANUP(buffer_free) = {0};
    enum err e = attested_of(v, &attested);
    if (e != OK) return e;
    struct proof_source source = source_of(v, &attested);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    e = proof_build_certificate(&source, v->arguments[0].text, &bundle);
    if (e == OK) e = bundle.overflow ? ERR_RPC_ANSWER_SIZE : write_proof(v, &bundle);
    return e;
}

/* A code's leaf and its path, from the leaves held here. */
struct code_leaf_held {
    struct buffer chunk, hashes, leaf;
    struct digest path[PACK_PATH_MAX];
};

static void code_leaf_free(struct code_leaf_held *h) {
    buffer_free(&h->chunk);
    buffer_free(&h->hashes);
    buffer_free(&h->leaf);
}

/* ERR_PROOF_LEAF_ABSENT when they are not held here: then nobody can tell from here. */
static enum err code_leaf_get(struct view *v, const struct code *code, const struct pack_value *pack,
                              struct code_leaf_held *h, struct proof_leaf *ret) {
    struct leaves_pack at = {.count = pack->count, .root = pack->root};
    uint32_t chunk = code->index / PACK_CHUNK_CODES;
    struct digest hash;
    struct pubkey key;
    if (v->host->leaves == NULL) return ERR_PROOF_LEAF_ABSENT;
    memcpy(at.id, code->pack_id, sizeof at.id);
    buffer_init(&h->chunk, PACK_CHUNK_BYTES);
    buffer_init(&h->hashes, LEAVES_HASHES_BYTES_MAX);
    buffer_init(&h->leaf, PROOF_LEAF_BYTES_MAX);
    if (leaves_get_hashes(v->host->leaves, &at, &h->hashes) ||
        leaves_get_chunk(v->host->leaves, &at, chunk, &h->chunk))
        return ERR_PROOF_LEAF_ABSENT;
    pack_entry_read(h->chunk.data + (size_t)(code->index % PACK_CHUNK_CODES) * PACK_ENTRY_BYTES, &hash, &key);
    code_leaf(code->index, &hash, &key, &h->leaf);
    struct digest *chunks = arena_alloc(v->scratch, pack_chunks(pack->count), sizeof *chunks);
    if (chunks == NULL) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < pack_chunks(pack->count); i++)
        memcpy(chunks[i].b, h->hashes.data + (size_t)i * 32, 32);
    ret->path_count = pack_path(buffer_span(&h->chunk), chunks, pack->count, code->index, h->path);
    ret->path = h->path;
    ret->leaf = buffer_span(&h->leaf);
    return OK;
}

enum err read_code_proof(struct view *v) {
    struct span canonical;
    struct attested attested;
    struct code code;
    struct pack_value pack;
    struct code_leaf_held held CLEANUP(code_leaf_free) = {0};
    struct buffer bundle CLEANUP(buffer_free) = {0};
    struct proof_leaf leaf;
    bool needed;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e == OK) e = attested_of(v, &attested);
    if (e == OK)
        e = proof_code_leaf_needed(v->snapshot.reader, canonical, v->scratch, &code, &pack, &needed);
    if (e == OK && needed) e = code_leaf_get(v, &code, &pack, &held, &leaf);
    if (e != OK) return e;
    struct proof_source source = source_of(v, &attested);
    buffer_init(&bundle, PROOF_BYTES_MAX);
    e = proof_build_code(&source, canonical, needed ? &leaf : NULL, &bundle);
    if (e == OK) e = bundle.overflow ? ERR_RPC_ANSWER_SIZE : write_proof(v, &bundle);
    return e;
}
