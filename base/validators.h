/* validators.h: the validator set and the quorum. One function for the quorum, one accessor for who signed.
 *
 * q = n - floor((n-1)/3) distinct validators (3 of 4, 4 of 5, 5 of 7): any two quorums share an honest validator when at most
 * floor((n-1)/3) lie. Never "2f+1". CONSENSUS.md; Chan and Pass, eprint 2023/463, section 2.
 */
#ifndef BASE_VALIDATORS_H
#define BASE_VALIDATORS_H

#include "base/crypto.h"
#include "base/codec.h"
#include "base/limits.h"

struct validator {
    struct span name;              /* cosigner name, e.g. "agri.lucheng.example/suyuan"; UTF-8 without space or '+' */
    struct pubkey consensus_key;   /* votes */
    struct pubkey checkpoint_key;  /* cosignature/v1, note signature type 0x04 */
    struct pubkey log_key;         /* log signature, note signature type 0x01 */
    struct pubkey transport_key;   /* Noise payload proof */
};
extern const struct type validator_type;

struct validator_set {
    struct validator *validators; /* VALIDATORS_MIN..VALIDATORS_MAX, order fixes the index */
    uint32_t count;
};

uint32_t quorum(uint32_t n);     /* n >= 1 */
uint32_t faults_max(uint32_t n); /* floor((n-1)/3) */

/* A set of validator indices: bit i of b[i / 8], least significant first. */
struct signers { uint8_t b[VALIDATORS_MAX / 8]; };
bool signers_has(const struct signers *s, uint32_t index);
void signers_add(struct signers *s, uint32_t index);
uint32_t signers_count(const struct signers *s);

#endif
