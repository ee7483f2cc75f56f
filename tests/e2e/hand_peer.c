/* hand_peer.c: a peer that keeps the handshake and then does what a peer must not.
 *
 * peer GENESIS PORT KEY WHAT [TYPE]
 *   KEY   whose transport key it shows: 0 to 7 as in people.h, or 9: one nobody knows
 *   WHAT  hello       does nothing wrong; succeeds when it is accepted
 *         chain       the handshake of another chain
 *         message     stdin as one message of TYPE
 *         frame       stdin as the bytes of the stream of TYPE's class, unframed
 *         cipher      an honest message with one bit changed on the way
 *         again       an honest transport message sent twice (replay)
 * Prints who ended the session and why, as the node says it in its goodbye where it says one; "open" when it lives on after a second.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "node/peer.h"
#include "node/peer_session.h"
#include "node/replica_message.h"
#include "tests/e2e/hand.h"

struct guest {
    struct peer *peer;
    int fd;
    bool open, closed;
    enum err err;
    bool by_other;
};

static uint64_t monotonic_ms(void) {
    struct timespec t;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void events(struct guest *g) {
    struct peer_event e;
    while (peer_next(g->peer, monotonic_ms(), &e)) {
        if (e.kind == PEER_AUTHENTICATED) {
            struct peer_grant grant = peer_grant_member();
            peer_accept(g->peer, &grant, monotonic_ms());
        }
        if (e.kind == PEER_MESSAGE) g->open = true; /* the node spoke: it accepted us */
        if (e.kind != PEER_CLOSED) continue;
        g->closed = true;
        g->err = e.err;
        g->by_other = e.by_other;
    }
}

static bool send_bytes(struct guest *g, struct span bytes) {
    return send(g->fd, bytes.data, bytes.len, MSG_NOSIGNAL) == (ssize_t)bytes.len;
}

/* Moves bytes both ways for so long, or until the session ended. */
static void run(struct guest *g, uint64_t ms, bool until_open) {
    uint8_t bytes[65536];
    uint64_t until = monotonic_ms() + ms;
    struct pollfd p = {g->fd, POLLIN, 0};
    while (!g->closed && monotonic_ms() < until && !(until_open && g->open)) {
        for (struct span out; (out = peer_output(g->peer, monotonic_ms())).len > 0; peer_output_done(g->peer, monotonic_ms()))
            if (!send_bytes(g, out)) break;
        ssize_t got = 0;
        if (poll(&p, 1, 20) > 0 && (got = recv(g->fd, bytes, sizeof bytes, 0)) <= 0) {
            g->closed = true;
            g->by_other = true;
            return;
        }
        for (size_t at = 0; at < (size_t)got && !g->closed;) {
            size_t used = peer_input(g->peer, span_of(bytes + at, (size_t)got - at), monotonic_ms());
            at += used;
            events(g);
            if (used == 0) break;
        }
        peer_tick(g->peer, monotonic_ms());
        events(g);
    }
}

static void tell(struct guest *g, uint8_t type, struct span body) {
    struct parcel *p = parcel_new(type, body, SPAN_EMPTY);
    if (peer_send(g->peer, p) != OK) printf("not sent\n");
    parcel_drop(p);
}

/* One honest status, encrypted; its bytes are then ours to spoil. */
static void spoil(struct guest *g, bool twice) {
    struct buffer body CLEANUP(buffer_free) = {0};
    struct status_message m = {0, 0, 1};
    uint8_t copy[4096];
    buffer_init(&body, 256);
    codec_encode(&status_message_type, &m, &body);
    tell(g, MESSAGE_STATUS, buffer_span(&body));
    struct span out = peer_output(g->peer, monotonic_ms());
    CHECK(out.len > 0 && out.len <= sizeof copy);
    memcpy(copy, out.data, out.len);
    peer_output_done(g->peer, monotonic_ms());
    if (!twice) copy[out.len - 1] ^= 1;
    (void)send_bytes(g, span_of(copy, out.len));
    if (twice) (void)send_bytes(g, span_of(copy, out.len));
}

/* Bytes into a class's stream as they are, in one transport message. */
static void unframed(struct guest *g, uint8_t class, struct span bytes) {
    uint8_t plain[16384], out[LENGTH_BYTES + NOISE_MESSAGE_MAX];
    CHECK(bytes.len < sizeof plain);
    plain[0] = class;
    memcpy(plain + 1, bytes.data, bytes.len);
    size_t len = bytes.len + 1 + NOISE_TAG_BYTES;
    noise_encrypt(&g->peer->noise, span_of(plain, bytes.len + 1), out + LENGTH_BYTES);
    put_u16(out, (uint16_t)len);
    (void)send_bytes(g, span_of(out, LENGTH_BYTES + len));
}

static void read_stdin(struct buffer *out) {
    uint8_t bytes[65536];
    for (ssize_t got; (got = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;) buffer_append(out, bytes, (size_t)got);
    CHECK(!out->overflow);
}

int hand_peer(int argc, char **argv) {
    if (argc < 4) return 2;
    struct genesis *genesis = people_genesis_read(argv[0]);
    struct seed seed;
    struct validator_keys keys;
    const char *what = argv[3];
    uint8_t type = argc > 4 ? (uint8_t)number_of(argv[4]) : 0;
    people_validator_seed((uint32_t)number_of(argv[2]), &seed);
    validator_keys_derive(&seed, &keys);
    struct peer_config c = {.role = NOISE_INITIATOR, .chain_id = genesis->chain_id, .member = &keys.transport,
                            .software = "guest/1", .now_ms = monotonic_ms()};
    if (strcmp(what, "chain") == 0) c.chain_id.b[0] ^= 1;
    random_bytes(&c.noise_static, sizeof c.noise_static);
    random_bytes(&c.noise_ephemeral, sizeof c.noise_ephemeral);
    struct guest g = {.peer = peer_new(&c), .fd = loopback_connect((uint16_t)number_of(argv[1]), 3000)};
    struct buffer body CLEANUP(buffer_free) = {0};
    buffer_init(&body, 64 << 20);
    if (g.fd < 0) return 1;
    run(&g, 2000, true);
    if (!g.closed && strcmp(what, "hello") != 0) {
        bool message = strcmp(what, "message") == 0, frame = strcmp(what, "frame") == 0;
        if (message || frame) read_stdin(&body);
        if (message) tell(&g, type, buffer_span(&body));
        if (frame) unframed(&g, message_rule(type)->message_class == MESSAGE_URGENT ? 0 : 1, buffer_span(&body));
        if (strcmp(what, "cipher") == 0) spoil(&g, false);
        if (strcmp(what, "again") == 0) spoil(&g, true);
        run(&g, 1000, false);
    }
    printf("%s %s\n", g.closed ? (g.by_other ? "by-node" : "by-us") : "open", g.closed ? err_name(g.err) : "-");
    peer_free(g.peer);
    close(g.fd);
    genesis_free(genesis);
    return 0;
}
