#include "node/signer.h"

void signer_init(struct signer *s, const struct genesis *genesis, uint8_t index, const struct seed *seed) {
    *s = (struct signer){.genesis = genesis, .index = index};
    validator_keys_derive(seed, &s->keys);
    vote_guard_init(&s->votes, 0);
    const struct validator *self = &genesis->validators.validators[index];
    CHECK(pubkey_equal(&self->consensus_key, &s->keys.consensus.public_key));
}

void signer_free(struct signer *s) {
    vote_guard_free(&s->votes);
    validator_keys_wipe(&s->keys);
}

void signer_fold_vote(struct signer *s, const struct vote *v, bool proposal) {
    vote_guard_note(&s->votes, &v->ballot, proposal);
}

void signer_fold_guard(struct signer *s, const struct guard *g) {
    if (g->size < s->checkpoints.size) return;
    if (g->size == s->checkpoints.size && g->time_s < s->checkpoints.time_s) return;
    s->checkpoints = *g;
}

enum err signer_vote(struct signer *s, const struct ballot *b, bool proposal, struct vote *ret) {
    enum err e = vote_guard_check(&s->votes, b, proposal);
    if (e != OK) return e;
    vote_guard_note(&s->votes, b, proposal);
    vote_sign(b, &s->genesis->chain_id, s->index, &s->keys.consensus, ret);
    return OK;
}

enum err signer_cosign(struct signer *s, uint64_t size, const struct digest *root, uint64_t time_s,
                       struct cosignature *ret) {
    struct guard next;
    /* SPEC K3: "refuses a smaller size, another root at the same size, an earlier time" */
    enum err e = guard_check(&s->checkpoints, size, root, time_s, &next);
    if (e != OK) return e;
    s->checkpoints = next;
    *ret = (struct cosignature){.index = s->index, .size = size, .root = *root, .time_s = time_s};
    cosignature_sign(&s->keys.checkpoint, &s->keys.log, s->genesis->origin, ret);
    return OK;
}
