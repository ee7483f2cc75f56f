#include "tools/gateway/fate.h"

struct batch_dates fate_dates(uint64_t newest_ms, uint32_t least, uint64_t lifetime_ms,
                              uint64_t now_ms) {
    uint64_t step = lifetime_ms / 2, margin = lifetime_ms / 4;
    struct batch_dates d = {.generation = least};
    CHECK(step > 0);
    uint64_t expires = newest_ms + least * step + lifetime_ms;
    if (expires <= now_ms + margin)
        d.generation += (uint32_t)((now_ms + margin - expires) / step + 1);
    d.created_ms = newest_ms + d.generation * step;
    d.expires_ms = d.created_ms + lifetime_ms;
    return d;
}

uint64_t fate_nonce(uint8_t kind, uint32_t generation, struct span body) {
    uint8_t head[5] = {kind};
    put_u32(head + 1, generation);
    const struct span parts[] = {span_of(head, sizeof head), body};
    struct digest d = sha256_tagged("suyuan/gateway-batch/v1", parts, 2);
    return get_u64(d.b);
}

enum fate_action fate_action(const struct spool_batch *b, uint64_t lifetime_ms, uint64_t now_ms) {
    switch (b->state) {
    case BATCH_OPEN:
        return fate_dates(b->newest_ms, b->generation, lifetime_ms, now_ms).created_ms > now_ms
                   ? FATE_WAIT
                   : FATE_SIGN;
    case BATCH_SENT:
        return now_ms < b->expires_ms ? FATE_SEND : FATE_ASK;
    case BATCH_ACCEPTED:
        break;
    }
    return FATE_WAIT;
}

enum fate fate_of_thing(const struct statement *s, struct span identifier,
                        const struct digest *wire_id, uint64_t expires_ms) {
    if (s->question != PROOF_THING || !span_equal(s->identifier, identifier)) return FATE_OPEN;
    for (uint32_t i = 0; i < s->entries_count; i++)
        if (digest_equal(&s->entries[i].wire_id, wire_id)) return FATE_ACCEPTED;
    /* SPEC X2: "expired (expires <= block time)" */
    return s->block_time_ms >= expires_ms ? FATE_DEAD : FATE_OPEN;
}

enum fate fate_of_record(const struct statement *s, const struct digest *wire_id) {
    bool ours = s->question == PROOF_RECORD && digest_equal(&s->wire_id, wire_id);
    return ours ? FATE_ACCEPTED : FATE_OPEN;
}
