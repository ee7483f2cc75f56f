#include "consensus/quorum_certificate.h"

#include <string.h>

#include "consensus/plant.h"

static uint32_t needed(uint32_t validators) {
    return quorum(validators) - PLANT_QUORUM_ONE_TOO_SMALL;
}

void certificate_encode(const struct certificate *c, uint32_t validators, struct buffer *out) {
    const struct ballot *b = &c->ballot;
    pack_array(out, 7);
    pack_uint(out, b->kind);
    pack_uint(out, b->epoch);
    pack_uint(out, b->view);
    pack_uint(out, b->parent_view);
    pack_bytes(out, span_of(b->digest.b, sizeof b->digest.b));
    pack_bytes(out, span_of(c->signers.b, (validators + 7) / 8));
    pack_array(out, c->count);
    for (uint32_t i = 0; i < c->count; i++)
        pack_bytes(out, span_of(c->signatures[i].b, sizeof c->signatures[i].b));
}

/* Exactly a quorum, every signer a validator, no spare bit. */
static bool signers_well_formed(const struct certificate *c, uint32_t validators) {
    for (uint32_t i = validators; i < VALIDATORS_MAX; i++)
        if (signers_has(&c->signers, i)) return false;
    return c->count == needed(validators) && signers_count(&c->signers) == c->count;
}

bool certificate_read(struct unpack *u, uint32_t validators, struct certificate *ret) {
    struct certificate c = {0};
    if (unpack_array(u, 7) != 7) unpack_fail(u, ERR_CODEC_COUNT);
    c.ballot.kind = (uint8_t)unpack_uint(u, VOTE_FINALIZE);
    c.ballot.epoch = unpack_uint(u, UINT64_MAX);
    c.ballot.view = unpack_uint(u, UINT64_MAX);
    c.ballot.parent_view = unpack_uint(u, UINT64_MAX);
    unpack_fixed(u, c.ballot.digest.b, sizeof c.ballot.digest.b);
    unpack_fixed(u, c.signers.b, (validators + 7) / 8);
    c.count = unpack_array(u, VALIDATORS_MAX);
    for (uint32_t i = 0; i < c.count; i++)
        unpack_fixed(u, c.signatures[i].b, sizeof c.signatures[i].b);
    if (u->err == OK && (!ballot_well_formed(&c.ballot) || !signers_well_formed(&c, validators)))
        unpack_fail(u, ERR_CERTIFICATE_FORM);
    if (u->err != OK) return false;
    *ret = c;
    return true;
}

enum err certificate_decode(struct span in, uint32_t validators, struct certificate *ret) {
    struct unpack u;
    struct certificate c;
    unpack_init(&u, in);
    if (!certificate_read(&u, validators, &c)) return u.err;
    enum err e = unpack_end(&u);
    if (e == OK) *ret = c;
    return e;
}

bool certificate_vote(const struct certificate *c, uint8_t signer, struct vote *ret) {
    if (signer >= VALIDATORS_MAX || !signers_has(&c->signers, signer)) return false;
    uint32_t at = 0;
    for (uint32_t i = 0; i < signer; i++)
        at += signers_has(&c->signers, i);
    *ret = (struct vote){c->ballot, signer, c->signatures[at]};
    return true;
}

enum err certificate_check(const struct certificate *c, const struct digest *chain_id,
                           const struct validator_set *set) {
    if (!ballot_well_formed(&c->ballot) || !signers_well_formed(c, set->count))
        return ERR_CERTIFICATE_FORM;
    for (uint32_t i = 0; i < set->count; i++) {
        struct vote v;
        if (!certificate_vote(c, (uint8_t)i, &v)) continue;
        enum err e = vote_check(&v, chain_id, set);
        if (e != OK) return e;
    }
    return OK;
}

bool certificate_join(const struct vote votes[], uint32_t votes_count, uint32_t validators,
                      struct certificate *ret) {
    const struct vote *by_signer[VALIDATORS_MAX] = {NULL};
    for (uint32_t i = 0; i < votes_count; i++) {
        CHECK(votes[i].signer < validators && ballot_equal(&votes[i].ballot, &votes[0].ballot));
        by_signer[votes[i].signer] = &votes[i];
    }
    struct certificate c = {0};
    for (uint32_t i = 0; i < validators && c.count < needed(validators); i++) {
        if (by_signer[i] == NULL) continue;
        c.ballot = by_signer[i]->ballot;
        signers_add(&c.signers, i);
        c.signatures[c.count++] = by_signer[i]->signature;
    }
    if (c.count < needed(validators)) return false;
    *ret = c;
    return true;
}
