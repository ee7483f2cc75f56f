/* fuzz_replica.c: a validator among three others and a follower, all of whose words are hostile; behind the peer session (fuzz_peer.c), so what comes
 * is a whole message of a known type within its limit.
 *
 * Input: a script. 0xff n: n x 20 ms pass. 0xfe, length u16, bytes: a submission. Else: peer (low 2 bits), type u8, length u16, bytes: a message.
 *
 * Checked after every step (lone_replica.h): what is sent is within the limits of its type and goes to somebody who is there, work per input is
 * bounded. At the end: the pool kept its bounds, and no word of others made this validator stop voting. */
#include "tests/fuzz/lone_replica.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SCRIPT_MAX = 1 << 16 };

static const struct genesis *genesis_once(void) {
    static struct genesis *g;
    struct validator_keys keys[WORLD_VALIDATORS];
    if (g == NULL) {
        crypto_start();
        g = world_genesis(keys, 1);
    }
    return g;
}

static bool take(struct span *script, size_t n, struct span *ret) {
    if (script->len < n) return false;
    *ret = span_part(*script, 0, n);
    *script = span_part(*script, n, script->len - n);
    return true;
}

static bool take_body(struct span *script, struct span *ret) {
    struct span length;
    if (!take(script, 2, &length)) return false;
    size_t n = get_u16(length.data);
    return take(script, n < script->len ? n : script->len, ret);
}

static bool act(struct lone *l, struct span *script) {
    struct span op, type, body;
    if (!take(script, 1, &op)) return false;
    if (op.data[0] == 0xff) {
        if (!take(script, 1, &type)) return false;
        lone_wait(l, 20u * type.data[0]);
        return true;
    }
    if (op.data[0] == 0xfe) {
        if (!take_body(script, &body)) return false;
        lone_input(l, (struct replica_input){.kind = REPLICA_SUBMIT, .ticket = script->len, .wait = body.len % 2 == 1, .bytes = body});
        return true;
    }
    if (!take(script, 1, &type) || !take_body(script, &body)) return false;
    const struct message_rule *rule = message_rule(type.data[0]);
    uint32_t peer = op.data[0] % LONE_PEERS;
    bool granted = peer != LONE_FOLLOWER || (rule != NULL && rule->type < 64 && (MESSAGE_SET_FOLLOWER & MESSAGE_BIT(rule->type)) != 0);
    if (rule != NULL && rule->type < 64 && granted && body.len <= rule->body_max) lone_message(l, peer, rule->type, body);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct lone l;
    struct replica_status status;
    struct span script = span_of(data, size);
    if (size > SCRIPT_MAX) return 0;
    lone_start(&l, genesis_once());
    while (act(&l, &script)) {
    }
    lone_wait(&l, 1000);
    replica_status(l.replica, &status);
    CHECK(status.pool_records <= LONE_POOL_RECORDS && status.pool_bytes <= 4u << 20);
    CHECK(status.voting && !status.diverged);
    lone_stop(&l);
    return 0;
}
