/* quorum_certificate.h: the one place that says who signed a certificate, how many, and what.
 *
 * SPEC V3: a certificate is exactly a quorum of signatures in rising signer order over one ballot. Anything else (a
 * spare bit, a short or long bitmap, a swapped or doubled signer, one signature over another ballot) is refused by
 * everyone alike, so a certificate that one honest node accepts, all accept.
 */
#ifndef CONSENSUS_QUORUM_CERTIFICATE_H
#define CONSENSUS_QUORUM_CERTIFICATE_H

#include "consensus/message.h"

/* Upper bound of an encoding in bytes. */
enum { CERTIFICATE_BYTES_MAX = 160 + VALIDATORS_MAX / 8 + 66 * VALIDATORS_MAX };

void certificate_encode(const struct certificate *c, uint32_t validators, struct buffer *out);
/* Form only: counts, bitmap, order. ERR_CERTIFICATE_FORM or a codec error. */
enum err certificate_decode(struct span in, uint32_t validators, struct certificate *ret) MUST_USE;
/* Reads one certificate from the middle of a reader; the reader's sticky error on failure. */
bool certificate_read(struct unpack *u, uint32_t validators, struct certificate *ret) MUST_USE;
/* Every signature. ERR_SIGNATURE, ERR_CERTIFICATE_FORM. */
enum err certificate_check(const struct certificate *c, const struct digest *chain_id,
                           const struct validator_set *set) MUST_USE;
/* The signature of one signer as a vote, for evidence; false when it did not sign. */
bool certificate_vote(const struct certificate *c, uint8_t signer, struct vote *ret);
/* Joins a quorum of votes over one ballot, given in any order; false when there are fewer than a quorum. Takes the
 * lowest signers, so that two nodes with the same votes form the same certificate. */
bool certificate_join(const struct vote votes[], uint32_t votes_count, uint32_t validators,
                      struct certificate *ret);

#endif
