/* visitor.c: see visitor.h. What a visitor has used is told by one time, when all of it is regained (the generic cell rate algorithm). */
#include "rpc/visitor.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/crypto.h"

enum { KEY_BYTES = 32, INTERVAL_MS_MAX = 3600 * 1000, BURST_MAX = 1000, ADDRESS_TEXT_MAX = 45, IPV6_NETWORK_BYTES = 8 };
enum { SETS = VISITOR_SLOTS / VISITOR_WAYS };

struct visitors {
    pthread_mutex_t mutex;
    uint8_t key[KEY_BYTES];
    uint64_t interval_ms, burst, refused;
    size_t hand; /* the set that is looked through next for what can be forgotten */
    struct visitor_bucket slots[SETS][VISITOR_WAYS];
};

struct visitors *visitors_new(uint64_t interval_ms, uint64_t burst) {
    struct visitors *v = check_alloc(1, sizeof *v);
    CHECK(interval_ms <= INTERVAL_MS_MAX && burst > 0 && burst <= BURST_MAX);
    CHECK(pthread_mutex_init(&v->mutex, NULL) == 0);
    random_bytes(v->key, sizeof v->key);
    v->interval_ms = interval_ms;
    v->burst = burst;
    return v;
}

void visitors_free(struct visitors *v) {
    if (v == NULL) return;
    pthread_mutex_destroy(&v->mutex);
    free(v);
}

/* ---- names ---- */

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t loopback6[16] = {[15] = 1};

uint64_t visitors_name(const struct visitors *v, struct span address, bool *ret_near) {
    struct digest digest;
    CHECK(address.len == 4 || address.len == 16);
    if (address.len == 16 && memcmp(address.data, mapped, sizeof mapped) == 0) address = span_part(address, sizeof mapped, 4);
    *ret_near = address.len == 4 ? address.data[0] == 127 : memcmp(address.data, loopback6, sizeof loopback6) == 0;
    if (address.len == 16) address.len = IPV6_NETWORK_BYTES;
    hmac_sha256(span_of(v->key, sizeof v->key), address, &digest);
    uint64_t name = get_u64(digest.b);
    return name == 0 ? 1 : name;
}

/* The name of a textual address; 0 when it is none, or one of this machine. */
static uint64_t name_told(const struct visitors *v, struct span told) {
    char text[ADDRESS_TEXT_MAX + 1];
    uint8_t bytes[16];
    bool near, four;
    if (told.len == 0 || told.len > ADDRESS_TEXT_MAX) return 0;
    memcpy(text, told.data, told.len);
    text[told.len] = 0;
    four = inet_pton(AF_INET, text, bytes) == 1;
    if (!four && inet_pton(AF_INET6, text, bytes) != 1) return 0;
    uint64_t name = visitors_name(v, span_of(bytes, four ? 4 : 16), &near);
    return near ? 0 : name;
}

/* ---- the table ---- */

static void set_forget(struct visitor_bucket set[VISITOR_WAYS], uint64_t now_ms) {
    for (size_t i = 0; i < VISITOR_WAYS; i++)
        if (set[i].full_ms <= now_ms) set[i] = (struct visitor_bucket){0, 0};
}

/* The visitor's own entry, or one that is free, or else the one that has most nearly regained all. */
static struct visitor_bucket *slot_of(struct visitors *v, uint64_t name, uint64_t now_ms) {
    struct visitor_bucket *set = v->slots[name % SETS], *best = &set[0];
    set_forget(v->slots[v->hand], now_ms);
    v->hand = (v->hand + 1) % SETS;
    set_forget(set, now_ms);
    for (size_t i = 0; i < VISITOR_WAYS; i++) {
        if (set[i].name == name) return &set[i];
        if (set[i].full_ms < best->full_ms) best = &set[i];
    }
    return best;
}

/* When all would be regained after one more. */
static uint64_t after_one(const struct visitors *v, const struct visitor_bucket *b, uint64_t now_ms) {
    return (b != NULL && b->full_ms > now_ms ? b->full_ms : now_ms) + v->interval_ms;
}

static bool take(struct visitors *v, struct visitor_bucket *connection, uint64_t name, uint64_t now_ms, uint64_t *ret_wait_ms) {
    struct visitor_bucket *slot = name != 0 ? slot_of(v, name, now_ms) : NULL;
    const struct visitor_bucket *known = slot != NULL && slot->name == name ? slot : NULL;
    uint64_t latest = now_ms + v->burst * v->interval_ms;
    uint64_t by_address = name != 0 ? after_one(v, known, now_ms) : 0;
    uint64_t by_connection = connection != NULL ? after_one(v, connection, now_ms) : 0;
    uint64_t worse = by_address > by_connection ? by_address : by_connection;
    if (worse > latest) {
        *ret_wait_ms = worse - latest;
        v->refused++;
        return false;
    }
    if (slot != NULL) *slot = (struct visitor_bucket){name, by_address};
    if (connection != NULL) connection->full_ms = by_connection;
    return true;
}

bool visitors_take(struct visitors *v, const struct visitor *who, struct span told, uint64_t now_ms, uint64_t *ret_wait_ms) {
    if (v->interval_ms == 0 || who->connection == NULL) return true;
    uint64_t name = who->near ? name_told(v, told) : who->name;
    /* The connection of a proxy is that of all for whom it speaks. */
    struct visitor_bucket *connection = who->near && name != 0 ? NULL : who->connection;
    CHECK(pthread_mutex_lock(&v->mutex) == 0);
    bool taken = take(v, connection, name, now_ms, ret_wait_ms);
    CHECK(pthread_mutex_unlock(&v->mutex) == 0);
    return taken;
}

uint64_t visitors_refused(struct visitors *v) {
    CHECK(pthread_mutex_lock(&v->mutex) == 0);
    uint64_t refused = v->refused;
    CHECK(pthread_mutex_unlock(&v->mutex) == 0);
    return refused;
}

size_t visitors_held(struct visitors *v, uint64_t now_ms) {
    size_t n = 0;
    CHECK(pthread_mutex_lock(&v->mutex) == 0);
    for (size_t i = 0; i < SETS; i++)
        for (size_t k = 0; k < VISITOR_WAYS; k++)
            n += v->slots[i][k].name != 0 && v->slots[i][k].full_ms > now_ms;
    CHECK(pthread_mutex_unlock(&v->mutex) == 0);
    return n;
}
