/* peer_pair.h: two sessions and the wire between them, for tests and the fuzzer. Keys are fixed, so a run repeats exactly. */
#ifndef TESTS_UNIT_PEER_PAIR_H
#define TESTS_UNIT_PEER_PAIR_H

#include <stdlib.h>
#include <string.h>

#include "node/peer.h"

struct side {
    struct keypair keys;
    struct peer *peer;
    struct buffer inbox; /* bytes on the way to this side */
};

struct pair {
    struct side a, b; /* a dials b */
    uint64_t now_ms;
};

static inline struct digest pair_chain(uint8_t fill) {
    struct digest d;
    memset(d.b, fill, sizeof d.b);
    return d;
}

static inline struct peer_config side_config(const struct side *s, enum noise_role role, uint8_t fill,
                                             uint64_t now_ms) {
    struct peer_config config = {
        .role = role,
        .chain_id = pair_chain(7),
        .member = &s->keys,
        .software = "test/1",
        .now_ms = now_ms,
    };
    memset(config.noise_static.b, fill, sizeof config.noise_static.b);
    memset(config.noise_ephemeral.b, fill + 1, sizeof config.noise_ephemeral.b);
    return config;
}

static inline void side_start(struct side *s, enum noise_role role, uint8_t fill, uint64_t now_ms) {
    struct seed seed;
    memset(seed.b, fill, sizeof seed.b);
    memset(s, 0, sizeof *s);
    key_from_seed(&seed, &s->keys);
    struct peer_config config = side_config(s, role, fill, now_ms);
    s->peer = peer_new(&config);
    buffer_init(&s->inbox, 64u << 20);
}

static inline void pair_start(struct pair *t) {
    t->now_ms = 1000;
    side_start(&t->a, NOISE_INITIATOR, 0x11, t->now_ms);
    side_start(&t->b, NOISE_RESPONDER, 0x51, t->now_ms);
}

static inline void side_free(struct side *s) {
    peer_free(s->peer);
    buffer_free(&s->inbox);
}

static inline void pair_free(struct pair *t) {
    side_free(&t->a);
    side_free(&t->b);
}

/* One write of `from` to the wire; false when it had nothing. */
static inline bool pair_write(struct pair *t, struct side *from, struct side *to) {
    struct span out = peer_output(from->peer, t->now_ms);
    if (out.len == 0) return false;
    buffer_append_span(&to->inbox, out);
    CHECK(!to->inbox.overflow);
    peer_output_done(from->peer, t->now_ms);
    return true;
}

/* The next event of a side, reading from its inbox in pieces of at most `chunk` bytes. What was read leaves the inbox once, at the
 * end: byte by byte, moving the rest each time, a message of a megabyte would take minutes. */
static inline bool pair_event(struct pair *t, struct side *s, size_t chunk, struct peer_event *ret) {
    size_t read = 0;
    bool found;
    while (!(found = peer_next(s->peer, t->now_ms, ret)) && read < s->inbox.len) {
        size_t left = s->inbox.len - read;
        size_t n = left < chunk ? left : chunk;
        size_t used = peer_input(s->peer, span_of(s->inbox.data + read, n), t->now_ms);
        CHECK(used <= n);
        read += used;
        if (used > 0) continue;
        found = peer_next(s->peer, t->now_ms, ret);
        break;
    }
    buffer_consume(&s->inbox, read);
    return found;
}

/* Runs the handshake, both sides accepting with this grant; false when a side closed. */
static inline bool pair_open(struct pair *t, const struct peer_grant *grant) {
    struct peer_event event;
    for (int turn = 0; turn < 8; turn++) {
        while (pair_write(t, &t->a, &t->b)) {
        }
        while (pair_event(t, &t->b, SIZE_MAX, &event)) {
            if (event.kind == PEER_CLOSED) return false;
            if (event.kind == PEER_AUTHENTICATED) peer_accept(t->b.peer, grant, t->now_ms);
        }
        while (pair_write(t, &t->b, &t->a)) {
        }
        while (pair_event(t, &t->a, SIZE_MAX, &event)) {
            if (event.kind == PEER_CLOSED) return false;
            if (event.kind == PEER_AUTHENTICATED) peer_accept(t->a.peer, grant, t->now_ms);
        }
    }
    return peer_is_open(t->a.peer) && peer_is_open(t->b.peer);
}

#endif
