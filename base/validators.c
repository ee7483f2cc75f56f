#include "base/validators.h"

static const struct field validator_fields[] = {
    CODEC_TEXT(validator, name, 1, 128),
    CODEC_FIXED(validator, consensus_key),
    CODEC_FIXED(validator, checkpoint_key),
    CODEC_FIXED(validator, log_key),
    CODEC_FIXED(validator, transport_key),
};
const struct type validator_type = CODEC_TYPE(validator, validator_fields);

uint32_t faults_max(uint32_t n) {
    CHECK(n >= 1);
    return (n - 1) / 3;
}

uint32_t quorum(uint32_t n) {
    return n - faults_max(n);
}

bool signers_has(const struct signers *s, uint32_t index) {
    CHECK(index < VALIDATORS_MAX);
    return (s->b[index / 8] >> (index % 8)) & 1;
}

void signers_add(struct signers *s, uint32_t index) {
    CHECK(index < VALIDATORS_MAX);
    s->b[index / 8] = (uint8_t)(s->b[index / 8] | 1u << (index % 8));
}

uint32_t signers_count(const struct signers *s) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++)
        count += signers_has(s, i);
    return count;
}
