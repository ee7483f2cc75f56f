/* validator_bytes.c: SPEC G1, G3, K1. */
#include "ledger/validator_bytes.h"

#include <string.h>

static const struct field fields[] = {
    CODEC_UINT(validator_bytes, version, 1, 1),
    CODEC_UINT(validator_bytes, suite, 1, 1),
    CODEC_TEXT(validator_bytes, domain, 1, VALIDATOR_NAME_BYTES_MAX),
    CODEC_LIST(validator_bytes, validators, count, &validator_type, VALIDATORS_MIN, VALIDATORS_MAX),
};
const struct type validator_bytes_type = CODEC_TYPE(validator_bytes, fields);

/* SPEC G1: "A name and the domain are 1 to 128 bytes of printable ASCII without space and `+`" */
static bool name_valid(struct span name) {
    if (name.len < 1 || name.len > VALIDATOR_NAME_BYTES_MAX) return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '+') return false;
    return true;
}

static const struct pubkey *key_of(const struct validator_bytes *set, uint32_t i) {
    const struct validator *v = &set->validators[i / 4];
    const struct pubkey *keys[] = {&v->consensus_key, &v->checkpoint_key, &v->log_key,
                                   &v->transport_key};
    return keys[i % 4];
}

enum err validator_bytes_check(const struct validator_bytes *set) {
    if (set->version != 1 || set->suite != 1) return ERR_GENESIS_VERSION;
    if (set->count < VALIDATORS_MIN || set->count > VALIDATORS_MAX) return ERR_GENESIS_VALIDATORS;
    if (!name_valid(set->domain)) return ERR_GENESIS_NAME;
    for (uint32_t i = 0; i < set->count; i++) {
        if (!name_valid(set->validators[i].name)) return ERR_GENESIS_NAME;
        for (uint32_t j = 0; j < i; j++)
            if (span_equal(set->validators[i].name, set->validators[j].name))
                return ERR_GENESIS_KEY_TWICE;
    }
    /* SPEC G1: "The keys of all validators are pairwise different" */
    for (uint32_t i = 0; i < 4 * set->count; i++) {
        if (!key_valid(key_of(set, i))) return ERR_KEY_INVALID;
        for (uint32_t j = 0; j < i; j++)
            if (pubkey_equal(key_of(set, i), key_of(set, j))) return ERR_GENESIS_KEY_TWICE;
    }
    return OK;
}

enum err validator_bytes_decode(struct span in, struct arena *arena, struct validator_bytes *ret) {
    struct validator_bytes set;
    enum err e = codec_decode(&validator_bytes_type, in, arena, &set);
    if (e == OK) e = validator_bytes_check(&set);
    if (e == OK) *ret = set;
    return e;
}

struct validator_set validator_bytes_set(const struct validator_bytes *set) {
    return (struct validator_set){.validators = set->validators, .count = set->count};
}

struct digest chain_id_of(const struct digest *validator_bytes_digest,
                          const struct digest *rest_digest) {
    /* SPEC G3: "Chain id = `SHA-256("suyuan/genesis/v1\0" || SHA-256(validator set bytes) ||
     * SHA-256(the rest))`" */
    struct span parts[] = {span_of(validator_bytes_digest->b, 32), span_of(rest_digest->b, 32)};
    return sha256_tagged("suyuan/genesis/v1", parts, 2);
}

struct span origin_of(struct span domain, const struct digest *chain_id,
                      char text[ORIGIN_BYTES_MAX + 1]) {
    static const char middle[] = "/suyuan/";
    CHECK(domain.len >= 1 && domain.len <= VALIDATOR_NAME_BYTES_MAX);
    memcpy(text, domain.data, domain.len);
    memcpy(text + domain.len, middle, sizeof middle - 1);
    hex_encode(span_of(chain_id->b, 32), text + domain.len + sizeof middle - 1);
    return span_of(text, domain.len + sizeof middle - 1 + 64);
}
