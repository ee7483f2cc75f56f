/* checkpoint.h: checkpoints (c2sp.org/tlog-checkpoint), the two signatures of a validator on one
 * (tlog-cosignature v1 and the log's own), when one is attested, and the guard that keeps a
 * cosigner honest (SPEC K).
 *
 * Signing here does not ask the guard: the signer (node/) asks guard_check, makes the new guard
 * durable, then signs. Pure. Errors: ERR_CHECKPOINT_FORM, ERR_COSIGNATURE, ERR_GUARD_*,
 * ERR_CODEC_*.
 */
#ifndef LEDGER_CHECKPOINT_H
#define LEDGER_CHECKPOINT_H

#include "base/validators.h"
#include "ledger/note.h"
#include "ledger/validator_bytes.h"

struct checkpoint {
    struct span origin;
    uint64_t size;
    struct digest root;
};
/* The three lines of the note text, appended. */
void checkpoint_body(const struct checkpoint *c, struct buffer *out);
/* Exactly three lines (K1: no extension lines). */
enum err checkpoint_parse(struct span text, struct checkpoint *ret) MUST_USE;

/* K6 */
struct cosignature {
    uint8_t index; /* of the validator */
    uint64_t size;
    struct digest root;
    uint64_t time_s;
    struct signature cosignature; /* type 0x04 */
    struct signature log;         /* type 0x01 */
};
extern const struct type cosignature_type;

/* Signs size, root and time of `c` (which the caller filled) with both keys. */
void cosignature_sign(const struct keypair *checkpoint_key, const struct keypair *log_key,
                      struct span origin, struct cosignature *c);
/* Index in range, time below 2^63, both signatures check. */
enum err cosignature_check(const struct cosignature *c, const struct validator_set *set,
                           struct span origin) MUST_USE;
/* The type 0x04 signature alone: what a proof carries. */
enum err cosignature_verify(const struct pubkey *checkpoint_key, struct span origin, uint64_t size,
                            const struct digest *root, uint64_t time_s,
                            const struct signature *signature) MUST_USE;

/* A checkpoint with a quorum: exactly q cosignatures in rising index. */
struct attested {
    uint64_t height, size;
    struct digest root;
    uint64_t as_of_s; /* the smallest of the q times */
    struct cosignature cosignatures[VALIDATORS_MAX];
    uint32_t count;
};
/* Chooses from cosignatures (checked before, any order, one or more per validator) those on this
 * size and root: per validator the newest, of these the q with the greatest times, ties to the
 * lower index. `height` is the caller's own knowledge, copied into the result: no signature covers
 * it. False when there is no quorum. */
bool attested_choose(const struct cosignature list[], uint32_t list_count,
                     uint32_t validators_count, uint64_t height, uint64_t size,
                     const struct digest *root, struct attested *ret) MUST_USE;
/* Durable form: canonical array of K6 values, kept under the height it belongs to. Decoding checks
 * form and that it is a quorum on one checkpoint; not the signatures. */
void attested_encode(const struct attested *a, struct buffer *out);
enum err attested_decode(struct span in, uint32_t validators_count, uint64_t height,
                         struct attested *ret) MUST_USE;
enum err attested_check(const struct attested *a, const struct validator_set *set,
                        struct span origin) MUST_USE;

/* The signed note: body, then for each signer its log line (name = origin) and its cosignature line
 * (name = validator's). */
void checkpoint_note(const struct validator_set *set, struct span origin, const struct attested *a,
                     struct buffer *out);
/* c2sp.org/tlog-policy text: the validators' log keys, their witness keys, "group ... q ...",
 * "quorum". */
void checkpoint_policy(const struct validator_set *set, struct span origin, struct buffer *out);

/* K3: "The cosigner's guard" */
struct guard {
    uint64_t size;
    struct digest root;
    uint64_t time_s;
};
extern const struct type guard_type; /* the durable form: codec_encode, codec_decode */
/* A zeroed guard has signed nothing. OK: ret is the guard to make durable before the signature
 * leaves. ERR_GUARD_SIZE, _ROOT, _TIME. */
enum err guard_check(const struct guard *guard, uint64_t size, const struct digest *root,
                     uint64_t time_s, struct guard *ret) MUST_USE;

#endif
