/* message.h: what validators sign and send in Simplex. Values only.
 *
 * A ballot is what is signed; a vote is a ballot with one signature; a certificate is a ballot with a quorum
 * of them. A
 * proposal *is* the leader's notarize vote, with the parent view; its payload travels separately. Sources: Chan and
 * Pass, TCC 2023, eprint 2023/463; docs/spec.md section V.
 */
#ifndef CONSENSUS_MESSAGE_H
#define CONSENSUS_MESSAGE_H

#include "base/codec.h"
#include "base/crypto.h"
#include "base/validators.h"

enum vote_kind { VOTE_NOTARIZE = 1, VOTE_NULLIFY = 2, VOTE_FINALIZE = 3 };
enum { VOTE_KINDS = 3 };

struct ballot {
    uint8_t kind;         /* enum vote_kind */
    uint64_t epoch, view; /* view >= 1; view 0 is genesis */
    uint64_t parent_view; /* < view; 0 for nullify */
    struct digest digest; /* zero for nullify */
};

struct vote {
    struct ballot ballot;
    uint8_t signer; /* validator index */
    struct signature signature;
};

/* Exactly a quorum of signatures, in rising signer order. */
struct certificate {
    struct ballot ballot;
    struct signers signers;
    uint32_t count;
    struct signature signatures[VALIDATORS_MAX];
};

bool ballot_equal(const struct ballot *a, const struct ballot *b);
/* Kind known, view >= 1, parent < view, and a nullify names neither parent nor digest. */
bool ballot_well_formed(const struct ballot *b);
/* SPEC V1: the bytes a ballot's signature covers, after the tag "suyuan/vote/v1". */
void ballot_message(const struct ballot *b, const struct digest *chain_id, struct buffer *out);

void vote_sign(const struct ballot *b, const struct digest *chain_id, uint8_t signer,
               const struct keypair *keys, struct vote *ret);
/* ERR_SIGNATURE, ERR_VOTE_FORM. */
enum err vote_check(const struct vote *v, const struct digest *chain_id, const struct validator_set *set) MUST_USE;
void vote_encode(const struct vote *v, struct buffer *out);
enum err vote_decode(struct span in, struct vote *ret) MUST_USE;

#endif
