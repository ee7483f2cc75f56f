/* set_merkle.c: transparency-dev/merkle's accept and reject cases of inclusion and consistency proofs, whose
 * strictness is ours (ledger/merkle.h). Their subtree proofs are of a draft that we do not use. */
#include <string.h>

#include "ledger/merkle.h"
#include "tests/vectors/vectors.h"

struct path_list { struct digest hashes[512]; uint32_t count; bool good; };

/* A hash that is not 32 bytes is never right: the caller refuses. */
static bool digest_of(struct span object, const char *name, struct digest *ret) {
    size_t len;
    uint8_t bytes[64];
    struct span text = json_text(object, name);
    if (!base64_decode(text, bytes, sizeof bytes, &len) || len != 32) return false;
    memcpy(ret->b, bytes, 32);
    return true;
}

/* Roots that are compared and never computed stand in the set as any text ("don't care"): their hash stands in
 * for one, equal where they are equal. */
static bool root_of(struct span object, const char *name, struct digest *ret) {
    struct span text = json_text(object, name);
    if (!digest_of(object, name, ret)) *ret = sha256(text);
    return text.len > 0;
}

static void path_of(struct span object, struct path_list *ret) {
    struct json_list l;
    struct span entry;
    json_list_begin(&l, object, "proof");
    ret->count = 0;
    ret->good = true;
    while (json_list_next(&l, &entry)) {
        struct unpack u;
        uint8_t bytes[64];
        size_t len;
        unpack_init(&u, entry);
        struct span text = unpack_text(&u, SIZE_MAX);
        bool good = ret->count < sizeof ret->hashes / sizeof *ret->hashes &&
                    base64_decode(text, bytes, sizeof bytes, &len) && len == 32;
        if (good) memcpy(ret->hashes[ret->count++].b, bytes, 32);
        ret->good = ret->good && good;
    }
}

static void one(void *context, const char *path) {
    struct tally *t = context;
    struct buffer json CLEANUP(buffer_free) = {0};
    struct path_list p;
    struct digest a, b;
    bool accepted;
    struct span v, unused;
    buffer_init(&json, VECTOR_FILE_BYTES_MAX);
    if (!file_json(path, &json)) {
        tally_case(t, false, "%s: not JSON", path);
        return;
    }
    v = buffer_span(&json);
    bool inclusion = value_get(v, "leafIdx", &unused), consistency = value_get(v, "size1", &unused);
    if (value_get(v, "start", &unused) || strstr(path, "/subtree") || (!inclusion && !consistency)) {
        tally_beside(t, "subtree proofs (subtreeinclusion, subtreeconsistency)");
        return;
    }
    path_of(v, &p);
    if (inclusion)
        accepted = digest_of(v, "leafHash", &a) && root_of(v, "root", &b) && p.good &&
                   merkle_inclusion_verify(&a, json_uint(v, "leafIdx"), json_uint(v, "treeSize"),
                                           p.hashes, p.count, &b) == OK;
    else
        accepted = root_of(v, "root1", &a) && root_of(v, "root2", &b) && p.good &&
                   merkle_consistency_verify(json_uint(v, "size1"), &a, json_uint(v, "size2"), &b,
                                             p.hashes, p.count) == OK;
    struct span desc = json_text(v, "desc");
    tally_case(t, accepted != json_bool(v, "wantErr"), "%s (%.*s): %s", path, (int)desc.len,
               (const char *)desc.data, accepted ? "accepted" : "refused");
}

void set_merkle(const char *dir, struct tally *t) {
    files_each(dir, ".json", one, t);
}
