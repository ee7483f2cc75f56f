/* validator_bytes.h: the validator set bytes of genesis (SPEC G1), which a proof carries so that a
 * phone needs no genesis file. Decoded lists live in the arena; texts borrow from the bytes.
 * Errors: ERR_CODEC_*, ERR_GENESIS_*. */
#ifndef LEDGER_VALIDATOR_BYTES_H
#define LEDGER_VALIDATOR_BYTES_H

#include "base/validators.h"

enum { VALIDATOR_NAME_BYTES_MAX = 128, ORIGIN_BYTES_MAX = 128 + 8 + 64 };

struct validator_bytes {
    uint8_t version, suite;
    struct span domain;
    struct validator *validators;
    uint32_t count;
};
extern const struct type validator_bytes_type;

/* Form and SPEC G1: versions, names, keys valid and pairwise different. */
enum err validator_bytes_decode(struct span in, struct arena *arena,
                                struct validator_bytes *ret) MUST_USE;
enum err validator_bytes_check(const struct validator_bytes *set) MUST_USE;
struct validator_set validator_bytes_set(const struct validator_bytes *set);
/* SPEC G3. */
struct digest chain_id_of(const struct digest *validator_bytes_digest,
                          const struct digest *rest_digest);
/* SPEC K1: "<domain>/suyuan/<chain id, hex>" into text[ORIGIN_BYTES_MAX + 1]; returns its span. */
struct span origin_of(struct span domain, const struct digest *chain_id,
                      char text[ORIGIN_BYTES_MAX + 1]);

#endif
