#include "consensus/message.h"

#include <string.h>

enum { BALLOT_BYTES_MAX = 160 };

/* A vote as it travels: flat, so that one table describes it. */
struct vote_row {
    uint8_t kind;
    uint64_t epoch, view, parent_view;
    struct digest digest;
    uint8_t signer;
    struct signature signature;
};

static const struct field vote_fields[] = {
    CODEC_UINT(vote_row, kind, VOTE_NOTARIZE, VOTE_FINALIZE),
    CODEC_UINT(vote_row, epoch, 0, UINT64_MAX),
    CODEC_UINT(vote_row, view, 1, UINT64_MAX),
    CODEC_UINT(vote_row, parent_view, 0, UINT64_MAX),
    CODEC_FIXED(vote_row, digest),
    CODEC_UINT(vote_row, signer, 0, VALIDATORS_MAX - 1),
    CODEC_FIXED(vote_row, signature),
};
static const struct type vote_type = CODEC_TYPE(vote_row, vote_fields);

bool ballot_equal(const struct ballot *a, const struct ballot *b) {
    return a->kind == b->kind && a->epoch == b->epoch && a->view == b->view &&
           a->parent_view == b->parent_view && digest_equal(&a->digest, &b->digest);
}

bool ballot_well_formed(const struct ballot *b) {
    if (b->kind < VOTE_NOTARIZE || b->kind > VOTE_FINALIZE) return false;
    if (b->view < 1 || b->parent_view >= b->view) return false;
    if (b->kind == VOTE_NULLIFY) return b->parent_view == 0 && digest_is_zero(&b->digest);
    return !digest_is_zero(&b->digest);
}

void ballot_message(const struct ballot *b, const struct digest *chain_id, struct buffer *out) {
    pack_array(out, 6);
    pack_bytes(out, span_of(chain_id->b, sizeof chain_id->b));
    pack_uint(out, b->epoch);
    pack_uint(out, b->kind);
    pack_uint(out, b->view);
    pack_uint(out, b->parent_view);
    pack_bytes(out, span_of(b->digest.b, sizeof b->digest.b));
}

void vote_sign(const struct ballot *b, const struct digest *chain_id, uint8_t signer,
               const struct keypair *keys, struct vote *ret) {
    CHECK(ballot_well_formed(b));
    struct buffer CLEANUP(buffer_free) message = {0};
    buffer_init(&message, BALLOT_BYTES_MAX);
    ballot_message(b, chain_id, &message);
    *ret = (struct vote){.ballot = *b, .signer = signer};
    sign(keys, "suyuan/vote/v1", buffer_span(&message), &ret->signature);
}

enum err vote_check(const struct vote *v, const struct digest *chain_id,
                    const struct validator_set *set) {
    if (!ballot_well_formed(&v->ballot) || v->signer >= set->count) return ERR_VOTE_FORM;
    struct buffer CLEANUP(buffer_free) message = {0};
    buffer_init(&message, BALLOT_BYTES_MAX);
    ballot_message(&v->ballot, chain_id, &message);
    const struct pubkey *key = &set->validators[v->signer].consensus_key;
    return verify(key, "suyuan/vote/v1", buffer_span(&message), &v->signature) ? OK : ERR_SIGNATURE;
}

void vote_encode(const struct vote *v, struct buffer *out) {
    struct vote_row row = {v->ballot.kind,        v->ballot.epoch, v->ballot.view,
                           v->ballot.parent_view, v->ballot.digest, v->signer, v->signature};
    codec_encode(&vote_type, &row, out);
}

enum err vote_decode(struct span in, struct vote *ret) {
    struct vote_row row;
    enum err e = codec_decode(&vote_type, in, NULL, &row);
    if (e != OK) return e;
    struct vote v = {{row.kind, row.epoch, row.view, row.parent_view, row.digest}, row.signer, row.signature};
    if (!ballot_well_formed(&v.ballot)) return ERR_VOTE_FORM;
    *ret = v;
    return OK;
}
