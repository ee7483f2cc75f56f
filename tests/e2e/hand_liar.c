/* hand_liar.c: a peer that lies. It has validator 0's transport key and the store of an honest node, answers a follower's questions like an honest
 * node, and alters one thing at one height:
 *
 *   honest       nothing (the test's own control)
 *   block        the payload root in the block's header
 *   parent       the block's header names another parent
 *   record       a letter in a record's body
 *   signature    a bit in a record's signature
 *   certificate  a bit in the block's certificate
 *   root, result the validators (three stolen keys) cosigned another root at this height: what a follower sees of it when others computed
 *                another result
 *
 * Serves one follower after the other until it is ended by a signal.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ledger/query.h"
#include "node/execution.h"
#include "node/peer.h"
#include "node/replica_message.h"
#include "storage/store_leveldb.h"
#include "tests/e2e/hand.h"

struct liar {
    struct genesis *genesis;
    struct store store;
    struct validator_keys keys[PEOPLE_VALIDATORS];
    const char *what;
    uint64_t height;
    struct peer *peer;
    int fd;
};

static uint64_t monotonic_ms(void) {
    struct timespec t;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void tell(struct liar *l, uint8_t type, struct span body) {
    struct parcel *p = parcel_new(type, body, SPAN_EMPTY);
    enum err e = peer_send(l->peer, p);
    if (e != OK) printf("liar could not send: %s\n", err_name(e));
    parcel_drop(p);
}

static void flip(struct span part, size_t at) {
    CHECK(part.len > at);
    ((uint8_t *)(uintptr_t)part.data)[at] ^= 1; /* a span of our own buffer */
}

static void alter_block(const struct liar *l, struct span stored_bytes, struct span records) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct stored_block stored;
    struct block_header header;
    arena_init(&arena, 64 << 20);
    CHECK(stored_block_decode(stored_bytes, &arena, &stored, &header) == OK);
    if (header.height != l->height) return;
    bool parent = strcmp(l->what, "parent") == 0;
    if (parent || strcmp(l->what, "block") == 0) {
        const struct digest *d = parent ? &header.parent : &header.payload_root;
        uint8_t *place = memmem(stored.header_bytes.data, stored.header_bytes.len, d->b, sizeof d->b);
        CHECK(place != NULL);
        place[5] ^= 1;
    }
    if (strcmp(l->what, "certificate") == 0) flip(stored.certificate, stored.certificate.len - 9);
    struct unpack u;
    unpack_init(&u, records);
    CHECK(unpack_array(&u, BLOCK_RECORDS_MAX) > 0 && unpack_array(&u, 3) == 3);
    (void)unpack_bytes(&u, RECORD_HEADER_BYTES_MAX);
    struct span signature = unpack_bytes(&u, 64), body = unpack_bytes(&u, RECORD_BYTES_MAX);
    if (strcmp(l->what, "signature") == 0) flip(signature, 20);
    const uint8_t *letters = memmem(body.data, body.len, "xxxxxxxx", 8);
    CHECK(letters != NULL);
    if (strcmp(l->what, "record") == 0) flip(span_of(letters, 8), 3);
}

static void answer_blocks(struct liar *l, struct span question) {
    struct pair_message m;
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 64 << 20);
    CHECK(codec_decode(&pair_message_type, question, NULL, &m) == OK);
    execution_read_blocks(store_reader(l->store), m.first, (uint32_t)(m.second < SYNC_BLOCKS_MAX ? m.second : SYNC_BLOCKS_MAX),
                          SYNC_BYTES_MAX, &out);
    if (out.len == 0) return;
    struct unpack u;
    unpack_init(&u, buffer_span(&out));
    uint32_t blocks = unpack_array(&u, SYNC_BLOCKS_MAX);
    for (uint32_t i = 0; i < blocks; i++) {
        uint32_t parts = unpack_array(&u, 8);
        struct span stored = unpack_bytes(&u, out.len), records = unpack_value(&u);
        CHECK(u.err == OK);
        for (uint32_t k = 2; k < parts; k++) (void)unpack_value(&u);
        alter_block(l, stored, records);
    }
    printf("liar asked for blocks from %llu, gave %u\n", (unsigned long long)m.first, blocks);
    tell(l, MESSAGE_BLOCKS, buffer_span(&out));
}

/* The checkpoint at the head, as the quorum signed it; and at `height` another one, if that is the lie. */
static void tell_checkpoints(struct liar *l, uint64_t head_height) {
    struct attested a;
    struct block_summary s;
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 4096);
    bool lie = strcmp(l->what, "root") == 0 || strcmp(l->what, "result") == 0;
    for (uint8_t i = 0; lie && i < 3; i++) {
        CHECK(query_block(store_reader(l->store), l->height, &s) == OK);
        struct cosignature c = {.index = i, .size = s.log_size, .root = s.log_root, .time_s = people_now_ms() / 1000};
        c.root.b[0] ^= 1;
        cosignature_sign(&l->keys[i].checkpoint, &l->keys[i].log, l->genesis->origin, &c);
        buffer_clear(&out);
        codec_encode(&cosignature_type, &c, &out);
        tell(l, MESSAGE_COSIGNATURE, buffer_span(&out));
    }
    if (lie || !execution_attested(store_reader(l->store), l->genesis, head_height, &a)) return;
    for (uint32_t i = 0; i < a.count; i++) {
        buffer_clear(&out);
        codec_encode(&cosignature_type, &a.cosignatures[i], &out);
        tell(l, MESSAGE_COSIGNATURE, buffer_span(&out));
    }
}

static void opened(struct liar *l) {
    struct ledger_head head;
    struct buffer out CLEANUP(buffer_free) = {0};
    buffer_init(&out, 256);
    CHECK(ledger_head_read(store_reader(l->store), &head));
    struct status_message m = {head.height, head.view, head.view + 1};
    codec_encode(&status_message_type, &m, &out);
    tell(l, MESSAGE_STATUS, buffer_span(&out));
    tell_checkpoints(l, head.height);
}

/* False: the session is over. */
static bool events(struct liar *l) {
    struct peer_event e;
    while (peer_next(l->peer, monotonic_ms(), &e)) {
        if (e.kind == PEER_CLOSED) {
            printf("liar was left: %s\n", err_name(e.err));
            return false;
        }
        if (e.kind == PEER_AUTHENTICATED) {
            struct peer_grant grant = peer_grant_member();
            peer_accept(l->peer, &grant, monotonic_ms());
            opened(l);
        }
        if (e.kind == PEER_MESSAGE && e.type == MESSAGE_BLOCK_FETCH) answer_blocks(l, e.body);
    }
    return true;
}

static bool write_out(struct liar *l) {
    for (struct span out; (out = peer_output(l->peer, monotonic_ms())).len > 0; peer_output_done(l->peer, monotonic_ms())) {
        for (size_t at = 0; at < out.len;) {
            ssize_t put = send(l->fd, out.data + at, out.len - at, MSG_NOSIGNAL);
            if (put <= 0) return false;
            at += (size_t)put;
        }
    }
    return true;
}

static void serve(struct liar *l) {
    uint8_t bytes[65536];
    struct pollfd p = {l->fd, POLLIN, 0};
    while (events(l) && write_out(l)) {
        ssize_t got = 0;
        if (poll(&p, 1, 50) > 0 && (got = recv(l->fd, bytes, sizeof bytes, 0)) <= 0) break;
        for (size_t at = 0; at < (size_t)got;) {
            size_t used = peer_input(l->peer, span_of(bytes + at, (size_t)got - at), monotonic_ms());
            at += used;
            if (!events(l)) return;
            if (used == 0 && !write_out(l)) return;
        }
        peer_tick(l->peer, monotonic_ms());
    }
}

static int listen_on(uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 8) == 0) return fd;
    perror("listen");
    exit(1);
}

int hand_liar(int argc, char **argv) {
    if (argc != 5) return 2;
    char why[STORE_ERROR_BYTES];
    struct store_leveldb_options options = {0};
    struct liar l = {.genesis = people_genesis_read(argv[0]), .what = argv[3], .height = number_of(argv[4])};
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!store_leveldb_open(argv[2], &options, &l.store, why)) {
        fprintf(stderr, "%s: %s\n", argv[2], why);
        return 1;
    }
    for (uint32_t i = 0; i < PEOPLE_VALIDATORS; i++) {
        struct seed seed;
        people_validator_seed(i, &seed);
        validator_keys_derive(&seed, &l.keys[i]);
    }
    int listener = listen_on((uint16_t)number_of(argv[1]));
    for (;;) {
        struct peer_config c = {.role = NOISE_RESPONDER, .chain_id = l.genesis->chain_id, .member = &l.keys[0].transport,
                                .software = "liar/1", .now_ms = monotonic_ms()};
        random_bytes(&c.noise_static, sizeof c.noise_static);
        random_bytes(&c.noise_ephemeral, sizeof c.noise_ephemeral);
        l.fd = accept(listener, NULL, NULL);
        if (l.fd < 0) return 1;
        c.now_ms = monotonic_ms();
        l.peer = peer_new(&c);
        serve(&l);
        peer_free(l.peer);
        close(l.fd);
    }
}
