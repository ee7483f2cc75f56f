/* fuzz_peer.c: a peer session against a hostile other side, at each depth it can reach.
 *
 *   'R', 'I' cut, bytes   raw bytes to a responder, to an initiator, in pieces of `cut`
 *   'P' payload           a Noise handshake that is right, whose last payload (who I am) is hostile
 *   'O', 'F' pieces       behind a good handshake: length u8 and that many bytes of plaintext, each sealed rightly; the session is open to a
 *                         member ('O') or to a follower ('F')
 *
 * Checked: events come only in the order the header promises, a body is never longer than its type permits, memory is bounded by what
 * came, and a closed session stays closed. */
#include "node/peer_session.h"
#include "tests/unit/peer_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16 };

/* Reads all there is. Accepts nobody: what may follow AUTHENTICATED then is only the close. */
static void drain(struct pair *t, struct side *s, size_t cut) {
    struct peer_event event;
    while (pair_event(t, s, cut, &event)) {
        const struct message_rule *rule = event.kind == PEER_MESSAGE ? message_rule(event.type) : NULL;
        switch (event.kind) {
        case PEER_AUTHENTICATED:
            CHECK(event.software.len <= PEER_SOFTWARE_BYTES_MAX && span_is_utf8(event.software));
            CHECK(!peer_is_open(s->peer));
            break;
        case PEER_MESSAGE:
            CHECK(peer_is_open(s->peer) && rule != NULL && event.body.len <= rule->body_max);
            break;
        case PEER_CLOSED:
            CHECK(peer_is_closed(s->peer) && event.err != OK);
            CHECK(!peer_next(s->peer, t->now_ms, &event));
            CHECK(peer_deadline(s->peer) == PEER_NEVER);
            return;
        }
    }
}

static void raw(enum noise_role role, size_t cut, struct span bytes) {
    struct pair t;
    pair_start(&t);
    struct side *s = role == NOISE_INITIATOR ? &t.a : &t.b;
    while (role == NOISE_INITIATOR && peer_output(s->peer, t.now_ms).len > 0) peer_output_done(s->peer, t.now_ms);
    buffer_append_span(&s->inbox, bytes);
    for (int round = 0; round < 4; round++) {
        drain(&t, s, cut == 0 ? SIZE_MAX : cut);
        while (peer_output(s->peer, t.now_ms).len > 0) peer_output_done(s->peer, t.now_ms);
    }
    CHECK(s->peer->open == NULL);
    pair_free(&t);
}

static void hostile_payload(struct span payload) {
    struct pair t;
    struct noise liar;
    struct noise_key s = {{1}}, e = {{2}};
    struct digest chain = pair_chain(7);
    uint8_t prologue[14 + 32] = "suyuan/p2p/v1", message[PEER_HANDSHAKE_BYTES_MAX + NOISE_HANDSHAKE_OVERHEAD], scratch[1024];
    size_t len = 0;
    if (payload.len > PEER_HANDSHAKE_BYTES_MAX) return;
    pair_start(&t);
    memcpy(prologue + 14, chain.b, 32);
    noise_start(&liar, NOISE_INITIATOR, span_of(prologue, sizeof prologue), &s, &e);
    CHECK(noise_write(&liar, SPAN_EMPTY, message, &len) == OK);
    buffer_u16(&t.b.inbox, (uint16_t)len);
    buffer_append(&t.b.inbox, message, len);
    drain(&t, &t.b, SIZE_MAX);
    struct span answer = peer_output(t.b.peer, t.now_ms);
    CHECK(answer.len > LENGTH_BYTES && answer.len < sizeof scratch);
    CHECK(noise_read(&liar, span_part(answer, LENGTH_BYTES, answer.len - LENGTH_BYTES), scratch, &len) == OK);
    peer_output_done(t.b.peer, t.now_ms);
    CHECK(noise_write(&liar, payload, message, &len) == OK);
    buffer_u16(&t.b.inbox, (uint16_t)len);
    buffer_append(&t.b.inbox, message, len);
    drain(&t, &t.b, SIZE_MAX);
    CHECK(!peer_is_open(t.b.peer));
    pair_free(&t);
}

static void inside(const struct peer_grant *grant, struct span pieces) {
    static uint8_t message[256 + NOISE_TAG_BYTES];
    struct pair t;
    pair_start(&t);
    CHECK(pair_open(&t, grant));
    for (size_t at = 0; at < pieces.len && !peer_is_closed(t.b.peer);) {
        size_t len = pieces.data[at++];
        if (len > pieces.len - at) len = pieces.len - at;
        noise_encrypt(&t.a.peer->noise, span_part(pieces, at, len), message);
        buffer_u16(&t.b.inbox, (uint16_t)(len + NOISE_TAG_BYTES));
        buffer_append(&t.b.inbox, message, len + NOISE_TAG_BYTES);
        at += len;
        drain(&t, &t.b, SIZE_MAX);
        t.now_ms += len % 3;
        for (int c = 0; c < MESSAGE_CLASSES && !peer_is_closed(t.b.peer); c++)
            CHECK(t.b.peer->open->streams[c].body.cap <= REASSEMBLY_KEEP_BYTES + 4 * pieces.len);
        while (peer_output(t.b.peer, t.now_ms).len > 0) peer_output_done(t.b.peer, t.now_ms);
        CHECK(peer_queue_bytes(t.b.peer) == 0);
    }
    pair_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool started;
    const struct peer_grant member = peer_grant_member(), follower = peer_grant_follower();
    if (!started) crypto_start();
    started = true;
    if (size < 2 || size > INPUT_MAX) return 0;
    if (data[0] == 'R') raw(NOISE_RESPONDER, data[1], span_of(data + 2, size - 2));
    if (data[0] == 'I') raw(NOISE_INITIATOR, data[1], span_of(data + 2, size - 2));
    if (data[0] == 'P') hostile_payload(span_of(data + 1, size - 1));
    if (data[0] == 'O') inside(&member, span_of(data + 1, size - 1));
    if (data[0] == 'F') inside(&follower, span_of(data + 1, size - 1));
    return 0;
}
