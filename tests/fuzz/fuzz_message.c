/* fuzz_message.c: hostile votes and certificates.
 *
 *   'V' vote                     accepted: the same bytes again; the check answers
 *   'C' validators, certificate  accepted for a set of 1..64: the same bytes again, exactly a quorum, each signer's vote at hand
 */
#include "consensus/quorum_certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void vote(struct span in, struct buffer *out) {
    struct vote v;
    if (vote_decode(in, &v) != OK) return;
    CHECK(ballot_equal(&v.ballot, &v.ballot));
    vote_encode(&v, out);
    CHECK(span_equal(buffer_span(out), in));
    const struct validator_set nobody = {NULL, 0};
    const struct digest chain_id = {{7}};
    CHECK(vote_check(&v, &chain_id, &nobody) != OK);
}

static void certificate(struct span in, uint32_t validators, struct buffer *out) {
    struct certificate c;
    struct vote votes[VALIDATORS_MAX];
    uint32_t count = 0;
    if (certificate_decode(in, validators, &c) != OK) return;
    certificate_encode(&c, validators, out);
    CHECK(span_equal(buffer_span(out), in) && in.len <= CERTIFICATE_BYTES_MAX);
    CHECK(c.count == quorum(validators) && signers_count(&c.signers) == c.count);
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++)
        if (certificate_vote(&c, (uint8_t)i, &votes[count])) count++;
    CHECK(count == c.count);
    if (!ballot_well_formed(&c.ballot)) return;
    struct certificate again;
    CHECK(certificate_join(votes, count, validators, &again));
    buffer_clear(out);
    certificate_encode(&again, validators, out);
    CHECK(span_equal(buffer_span(out), in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool started;
    struct buffer out CLEANUP(buffer_free) = {0};
    if (!started) crypto_start();
    started = true;
    if (size < 2 || size > 1 << 16) return 0;
    buffer_init(&out, 1 << 16);
    if (data[0] == 'V') vote(span_of(data + 1, size - 1), &out);
    if (data[0] == 'C') certificate(span_of(data + 2, size - 2), data[1] % VALIDATORS_MAX + 1u, &out);
    return 0;
}
