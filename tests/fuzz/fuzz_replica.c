/* fuzz_replica.c: a validator among three others and a follower, all of whose words are hostile; behind the peer session (fuzz_peer.c), so what comes
 * is a whole message of a known type within its limit.
 *
 * Input: a script of lone_replica.h.
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct lone l;
    struct replica_status status;
    if (size > SCRIPT_MAX) return 0;
    lone_start(&l, genesis_once());
    lone_run(&l, span_of(data, size));
    lone_wait(&l, 1000);
    replica_status(l.replica, &status);
    CHECK(status.pool_records <= LONE_POOL_RECORDS && status.pool_bytes <= 4u << 20);
    CHECK(status.voting && !status.diverged);
    lone_stop(&l);
    return 0;
}
