/* Peer sessions: two honest sides, then one hostile one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/codec.h"
#include "node/peer_session.h"
#include "tests/unit/peer_pair.h"

enum { WHOLE = 1 << 30 };

static void send_filled(struct side *s, uint8_t type, size_t len, uint8_t fill) {
    uint8_t *body = check_alloc(1, len + 1);
    memset(body, fill, len);
    struct parcel *p = parcel_new(type, span_of(body, len), SPAN_EMPTY);
    assert_int_equal(peer_send(s->peer, p), OK);
    parcel_drop(p);
    free(body);
}

static void open_pair(struct pair *t) {
    struct peer_grant grant = peer_grant_member();
    pair_start(t);
    assert_true(pair_open(t, &grant));
}

/* Expects that the next event is this. */
static void expect_message(struct pair *t, struct side *s, size_t chunk, uint8_t type, size_t len,
                           uint8_t fill) {
    struct peer_event event;
    assert_true(pair_event(t, s, chunk, &event));
    assert_int_equal(event.kind, PEER_MESSAGE);
    assert_int_equal(event.type, type);
    assert_int_equal(event.body.len, len);
    for (size_t i = 0; i < len; i += len / 7 + 1) assert_int_equal(event.body.data[i], fill);
    if (len > 0) assert_int_equal(event.body.data[len - 1], fill);
}

static void expect_closed(struct pair *t, struct side *s, enum err why, bool by_other) {
    struct peer_event event;
    while (pair_event(t, s, WHOLE, &event)) {
        if (event.kind != PEER_CLOSED) continue;
        assert_int_equal(event.err, why);
        assert_int_equal(event.by_other, by_other);
        assert_true(peer_is_closed(s->peer));
        assert_false(peer_next(s->peer, t->now_ms, &event));
        assert_true(peer_deadline(s->peer) == PEER_NEVER);
        return;
    }
    fail_msg("the session did not close");
}

static void both_learn_who_is_there(void **state) {
    (void)state;
    struct pair t;
    struct peer_event event;
    struct peer_grant grant = peer_grant_member();
    pair_start(&t);
    assert_true(pair_write(&t, &t.a, &t.b));
    assert_false(pair_event(&t, &t.b, 1, &event));
    assert_true(pair_write(&t, &t.b, &t.a));
    assert_true(pair_event(&t, &t.a, 1, &event));
    assert_int_equal(event.kind, PEER_AUTHENTICATED);
    assert_true(pubkey_equal(&event.member, &t.b.keys.public_key));
    assert_true(span_is(event.software, "test/1"));
    /* The initiator says nothing about itself before it accepted. */
    assert_false(pair_write(&t, &t.a, &t.b));
    peer_accept(t.a.peer, &grant, t.now_ms);
    assert_true(pair_write(&t, &t.a, &t.b));
    send_filled(&t.a, MESSAGE_VOTE, 9, 1);
    assert_true(pair_write(&t, &t.a, &t.b));
    assert_true(pair_event(&t, &t.b, 1, &event));
    assert_int_equal(event.kind, PEER_AUTHENTICATED);
    assert_true(pubkey_equal(&event.member, &t.a.keys.public_key));
    /* What came behind waits until the owner accepted. */
    assert_int_equal(peer_input(t.b.peer, buffer_span(&t.b.inbox), t.now_ms), 0);
    peer_accept(t.b.peer, &grant, t.now_ms);
    expect_message(&t, &t.b, 1, MESSAGE_VOTE, 9, 1);
    pair_free(&t);
}

static void messages_of_every_size_arrive_whole(void **state) {
    (void)state;
    static const size_t chunks[] = {1, 1000, WHOLE};
    for (size_t c = 0; c < 3; c++) {
        struct pair t;
        open_pair(&t);
        static const size_t sizes[] = {0, 1, 16377, 16378, 16379, 32756, 65519, 65535, 1 << 20};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            send_filled(&t.a, MESSAGE_RECORDS, sizes[i], (uint8_t)(i + 1));
            while (pair_write(&t, &t.a, &t.b)) {
            }
            expect_message(&t, &t.b, chunks[c], MESSAGE_RECORDS, sizes[i], (uint8_t)(i + 1));
        }
        pair_free(&t);
    }
}

static void votes_overtake_bulk(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    send_filled(&t.a, MESSAGE_BLOCKS, 4 << 20, 3);
    assert_true(pair_write(&t, &t.a, &t.b));
    send_filled(&t.a, MESSAGE_VOTE, 100, 4);
    send_filled(&t.a, MESSAGE_CERTIFICATE, 500, 5);
    assert_true(pair_write(&t, &t.a, &t.b));
    expect_message(&t, &t.b, WHOLE, MESSAGE_VOTE, 100, 4);
    expect_message(&t, &t.b, WHOLE, MESSAGE_CERTIFICATE, 500, 5);
    while (pair_write(&t, &t.a, &t.b)) {
    }
    expect_message(&t, &t.b, WHOLE, MESSAGE_BLOCKS, 4 << 20, 3);
    pair_free(&t);
}

static void a_flood_of_votes_does_not_stop_bulk(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    send_filled(&t.a, MESSAGE_RECORDS, 60000, 6);
    for (int i = 0; i < 12; i++) send_filled(&t.a, MESSAGE_PAYLOAD, 200000, 7);
    struct peer_event event;
    int payloads = 0;
    for (;;) {
        while (!pair_event(&t, &t.b, WHOLE, &event)) assert_true(pair_write(&t, &t.a, &t.b));
        if (event.type == MESSAGE_RECORDS) break;
        payloads++;
    }
    assert_in_range(payloads, 0, 3);
    pair_free(&t);
}

static void small_messages_share_one_write(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    for (int i = 0; i < 100; i++) send_filled(&t.a, MESSAGE_VOTE, 100, (uint8_t)i);
    assert_true(pair_write(&t, &t.a, &t.b));
    assert_false(pair_write(&t, &t.a, &t.b));
    assert_in_range(t.b.inbox.len, 100 * 105, 100 * 105 + 3 * 19);
    for (int i = 0; i < 100; i++) expect_message(&t, &t.b, WHOLE, MESSAGE_VOTE, 100, (uint8_t)i);
    pair_free(&t);
}

static void a_full_queue_refuses_bulk_and_evicts_for_votes(void **state) {
    (void)state;
    struct pair t;
    struct peer_grant grant = peer_grant_member();
    grant.queue_bytes_max = 256 << 10;
    pair_start(&t);
    assert_true(pair_open(&t, &grant));
    uint8_t body[50000] = {0};
    struct parcel *bulk = parcel_new(MESSAGE_RECORDS, span_of(body, sizeof body), SPAN_EMPTY);
    struct parcel *vote = parcel_new(MESSAGE_VOTE, span_of(body, 1000), SPAN_EMPTY);
    int taken = 0;
    while (peer_send(t.a.peer, bulk) == OK) taken++;
    assert_int_equal(taken, 5);
    assert_int_equal(peer_send(t.a.peer, bulk), ERR_PEER_QUEUE_FULL);
    assert_int_equal(peer_dropped(t.a.peer), 0);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(peer_send(t.a.peer, vote), OK);
        assert_in_range(peer_queue_bytes(t.a.peer), 0, grant.queue_bytes_max);
    }
    assert_in_range(peer_dropped(t.a.peer), 1000, 2000);
    /* What is left is whole and in order: votes only. */
    struct peer_event event;
    while (pair_write(&t, &t.a, &t.b)) {
    }
    while (pair_event(&t, &t.b, WHOLE, &event)) assert_int_equal(event.type, MESSAGE_VOTE);
    assert_true(peer_is_open(t.b.peer));
    parcel_drop(bulk);
    parcel_drop(vote);
    pair_free(&t);
}

static void a_begun_message_is_not_evicted(void **state) {
    (void)state;
    struct pair t;
    struct peer_grant grant = peer_grant_member();
    grant.queue_bytes_max = 64 << 10;
    pair_start(&t);
    assert_true(pair_open(&t, &grant));
    send_filled(&t.a, MESSAGE_RECORDS, 300000, 8);
    assert_true(pair_write(&t, &t.a, &t.b));
    for (int i = 0; i < 100; i++) send_filled(&t.a, MESSAGE_VOTE, 1000, 9);
    while (pair_write(&t, &t.a, &t.b)) {
    }
    struct peer_event event = {0};
    int votes = 0;
    while (pair_event(&t, &t.b, WHOLE, &event) && event.type == MESSAGE_VOTE) votes++;
    assert_int_equal(event.type, MESSAGE_RECORDS);
    assert_int_equal(event.body.len, 300000);
    assert_in_range(votes, 1, 60);
    pair_free(&t);
}

static void input_beyond_the_budget_waits(void **state) {
    (void)state;
    struct pair t;
    struct peer_grant grant = peer_grant_member();
    grant.input_messages_per_s = 10;
    grant.input_messages_burst = 5;
    pair_start(&t);
    assert_true(pair_open(&t, &grant));
    for (int i = 0; i < 20; i++) send_filled(&t.a, MESSAGE_VOTE, 10, 1);
    while (pair_write(&t, &t.a, &t.b)) {
    }
    struct peer_event event;
    int got = 0;
    while (pair_event(&t, &t.b, WHOLE, &event)) got++;
    assert_int_equal(got, 5);
    while (got < 20) {
        uint64_t at = peer_deadline(t.b.peer);
        assert_in_range(at, t.now_ms + 1, t.now_ms + 100);
        t.now_ms = at;
        peer_tick(t.b.peer, t.now_ms);
        int more = 0;
        while (pair_event(&t, &t.b, WHOLE, &event)) more++;
        assert_int_equal(more, 1);
        got += more;
    }
    assert_in_range(t.now_ms, 1000 + 1500, 1000 + 1600);
    pair_free(&t);
}

static void bytes_beyond_the_budget_wait(void **state) {
    (void)state;
    struct pair t;
    struct peer_grant grant = peer_grant_member();
    grant.input_bytes_per_s = 100000;
    grant.input_bytes_burst = 50000;
    pair_start(&t);
    assert_true(pair_open(&t, &grant));
    send_filled(&t.a, MESSAGE_RECORDS, 200000, 1);
    while (pair_write(&t, &t.a, &t.b)) {
    }
    struct peer_event event;
    while (!pair_event(&t, &t.b, WHOLE, &event)) {
        assert_true(peer_deadline(t.b.peer) > t.now_ms);
        t.now_ms = peer_deadline(t.b.peer);
        peer_tick(t.b.peer, t.now_ms);
    }
    assert_int_equal(event.body.len, 200000);
    assert_in_range(t.now_ms, 2400, 2700);
    pair_free(&t);
}

/* Runs both sides' clocks to their deadlines until `until_ms`; the wire carries when `connected`. */
static void run_until(struct pair *t, uint64_t until_ms, bool connected) {
    struct peer_event event;
    while (t->now_ms < until_ms && !peer_is_closed(t->a.peer) && !peer_is_closed(t->b.peer)) {
        uint64_t a = peer_deadline(t->a.peer), b = peer_deadline(t->b.peer);
        uint64_t next = a < b ? a : b;
        t->now_ms = next < until_ms ? next : until_ms;
        peer_tick(t->a.peer, t->now_ms);
        peer_tick(t->b.peer, t->now_ms);
        for (int i = 0; i < 2 && connected; i++) {
            while (pair_write(t, &t->a, &t->b)) {
            }
            while (pair_event(t, &t->b, WHOLE, &event)) {
            }
            t->now_ms += 3;
            while (pair_write(t, &t->b, &t->a)) {
            }
            while (pair_event(t, &t->a, WHOLE, &event)) {
            }
        }
    }
}

static void pings_keep_a_silent_session_alive(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    run_until(&t, 300000, true);
    assert_true(peer_is_open(t.a.peer) && peer_is_open(t.b.peer));
    assert_int_equal(peer_round_trip_ms(t.a.peer), 3);
    pair_free(&t);
}

static void a_dead_peer_is_noticed(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    run_until(&t, 300000, false);
    assert_in_range(t.now_ms, 1000 + PEER_DEAD_MS, 1000 + PEER_DEAD_MS);
    expect_closed(&t, &t.a, ERR_PEER_SILENT, false);
    pair_free(&t);
}

static void a_half_open_session_ends(void **state) {
    (void)state;
    struct pair t;
    pair_start(&t);
    assert_true(peer_deadline(t.b.peer) == t.now_ms + PEER_HANDSHAKE_MS);
    /* A slow sender does not win time by a byte now and then. */
    for (int i = 0; i < 4; i++) {
        uint8_t byte = i == 1 ? 32 : 0;
        t.now_ms += 1000;
        peer_tick(t.b.peer, t.now_ms);
        assert_int_equal(peer_input(t.b.peer, span_of(&byte, 1), t.now_ms), 1);
        assert_false(peer_is_closed(t.b.peer));
    }
    t.now_ms += 1000;
    peer_tick(t.b.peer, t.now_ms);
    expect_closed(&t, &t.b, ERR_PEER_HANDSHAKE_TIMEOUT, false);
    pair_free(&t);
}

static void an_owner_that_never_answers_ends_it_too(void **state) {
    (void)state;
    struct pair t;
    struct peer_event event;
    pair_start(&t);
    pair_write(&t, &t.a, &t.b);
    assert_false(pair_event(&t, &t.b, WHOLE, &event));
    pair_write(&t, &t.b, &t.a);
    assert_true(pair_event(&t, &t.a, WHOLE, &event));
    t.now_ms += PEER_HANDSHAKE_MS;
    peer_tick(t.a.peer, t.now_ms);
    expect_closed(&t, &t.a, ERR_PEER_HANDSHAKE_TIMEOUT, false);
    pair_free(&t);
}

static void goodbye_tells_the_reason(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    peer_close(t.b.peer, ERR_PEER_STOPPING);
    expect_closed(&t, &t.b, ERR_PEER_STOPPING, false);
    while (pair_write(&t, &t.b, &t.a)) {
    }
    expect_closed(&t, &t.a, ERR_PEER_STOPPING, true);
    assert_false(pair_write(&t, &t.a, &t.b));
    struct parcel *p = parcel_new(MESSAGE_VOTE, span_text("x"), SPAN_EMPTY);
    assert_int_equal(peer_send(t.a.peer, p), ERR_PEER_CLOSED);
    parcel_drop(p);
    assert_int_equal(peer_input(t.a.peer, span_text("more"), t.now_ms), 4);
    pair_free(&t);
}

static void a_stranger_is_told_so(void **state) {
    (void)state;
    struct pair t;
    struct peer_event event;
    struct peer_grant grant = peer_grant_member();
    pair_start(&t);
    pair_write(&t, &t.a, &t.b);
    assert_false(pair_event(&t, &t.b, WHOLE, &event));
    pair_write(&t, &t.b, &t.a);
    assert_true(pair_event(&t, &t.a, WHOLE, &event));
    peer_accept(t.a.peer, &grant, t.now_ms);
    pair_write(&t, &t.a, &t.b);
    assert_true(pair_event(&t, &t.b, WHOLE, &event));
    peer_close(t.b.peer, ERR_PEER_UNKNOWN);
    pair_write(&t, &t.b, &t.a);
    expect_closed(&t, &t.a, ERR_PEER_UNKNOWN, true);
    pair_free(&t);
}

/* ---- hostile ---- */

static void another_chain_is_refused(void **state) {
    (void)state;
    struct pair t;
    struct peer_grant grant = peer_grant_member();
    pair_start(&t);
    struct peer_config config = side_config(&t.b, NOISE_RESPONDER, 0x51, t.now_ms);
    config.chain_id = pair_chain(8);
    peer_free(t.b.peer);
    t.b.peer = peer_new(&config);
    assert_false(pair_open(&t, &grant));
    assert_true(peer_is_closed(t.a.peer));
    assert_false(peer_is_open(t.b.peer));
    pair_free(&t);
}

static void our_own_key_is_refused(void **state) {
    (void)state;
    struct pair t;
    struct peer_event event;
    pair_start(&t);
    t.b.keys = t.a.keys;
    pair_write(&t, &t.a, &t.b);
    assert_false(pair_event(&t, &t.b, WHOLE, &event));
    pair_write(&t, &t.b, &t.a);
    expect_closed(&t, &t.a, ERR_PEER_SELF, false);
    pair_free(&t);
}

/* Everything a said in one session, said again to another: message 1 is taken, the rest proves nothing. */
static void a_recorded_handshake_is_useless(void **state) {
    (void)state;
    struct pair t;
    struct peer_event event;
    struct peer_grant grant = peer_grant_member();
    struct buffer recorded;
    buffer_init(&recorded, 1 << 20);
    pair_start(&t);
    for (int turn = 0; turn < 4; turn++) {
        struct span out = peer_output(t.a.peer, t.now_ms);
        if (out.len > 0) {
            buffer_append_span(&recorded, out);
            pair_write(&t, &t.a, &t.b);
        }
        while (pair_event(&t, &t.b, WHOLE, &event)) peer_accept(t.b.peer, &grant, t.now_ms);
        pair_write(&t, &t.b, &t.a);
        while (pair_event(&t, &t.a, WHOLE, &event)) peer_accept(t.a.peer, &grant, t.now_ms);
    }
    assert_true(peer_is_open(t.b.peer));
    struct peer_config config = side_config(&t.b, NOISE_RESPONDER, 0x51, t.now_ms);
    memset(config.noise_ephemeral.b, 0x99, 32);
    peer_free(t.b.peer);
    t.b.peer = peer_new(&config);
    buffer_clear(&t.b.inbox);
    buffer_append_span(&t.b.inbox, buffer_span(&recorded));
    assert_false(pair_event(&t, &t.b, WHOLE, &event));
    (void)peer_output(t.b.peer, t.now_ms);
    peer_output_done(t.b.peer, t.now_ms);
    expect_closed(&t, &t.b, ERR_PEER_HANDSHAKE, false);
    buffer_free(&recorded);
    pair_free(&t);
}

static void our_own_bytes_reflected_are_refused(void **state) {
    (void)state;
    struct pair t;
    pair_start(&t);
    struct span out = peer_output(t.a.peer, t.now_ms);
    buffer_append_span(&t.a.inbox, out);
    peer_output_done(t.a.peer, t.now_ms);
    expect_closed(&t, &t.a, ERR_PEER_HANDSHAKE, false);
    pair_free(&t);
    /* In an open session: what a sent comes back to a. */
    open_pair(&t);
    send_filled(&t.a, MESSAGE_VOTE, 10, 1);
    out = peer_output(t.a.peer, t.now_ms);
    buffer_append_span(&t.a.inbox, out);
    expect_closed(&t, &t.a, ERR_PEER_CIPHER, false);
    pair_free(&t);
}

static void long_handshake_messages_are_refused_unread(void **state) {
    (void)state;
    static const uint16_t lengths[] = {PEER_HANDSHAKE_BYTES_MAX + 1, 65535};
    for (size_t i = 0; i < 2; i++) {
        struct pair t;
        pair_start(&t);
        buffer_u16(&t.b.inbox, lengths[i]);
        expect_closed(&t, &t.b, ERR_PEER_HANDSHAKE, false);
        pair_free(&t);
    }
}

static void message_1_with_a_payload_is_refused(void **state) {
    (void)state;
    struct pair t;
    pair_start(&t);
    struct span out = peer_output(t.a.peer, t.now_ms);
    buffer_u16(&t.b.inbox, (uint16_t)(out.len - 2 + 1));
    buffer_append(&t.b.inbox, out.data + 2, out.len - 2);
    buffer_u8(&t.b.inbox, 0);
    expect_closed(&t, &t.b, ERR_PEER_HANDSHAKE, false);
    pair_free(&t);
}

/* A member of another key in the middle cannot lend a proof: each of these is a whole handshake by a side that lies in one thing. */
enum lie { LIE_NONE, LIE_ROLE, LIE_HASH, LIE_STATIC, LIE_CHAIN, LIE_KEY, LIE_TAG, LIE_LAST };

static void liar_payload(enum lie lie, const struct noise *n, const struct keypair *keys,
                         struct buffer *ret) {
    struct buffer signed_bytes;
    buffer_init(&signed_bytes, 256);
    struct digest chain = pair_chain(lie == LIE_CHAIN ? 8 : 7), hash = noise_hash(n);
    struct noise_key key = n->static_public;
    if (lie == LIE_HASH) hash.b[0] ^= 1;
    if (lie == LIE_STATIC) key.b[0] ^= 1;
    buffer_append(&signed_bytes, chain.b, 32);
    buffer_u8(&signed_bytes, lie == LIE_ROLE ? 0 : 1);
    buffer_append(&signed_bytes, key.b, 32);
    buffer_append(&signed_bytes, hash.b, 32);
    struct signature signature;
    sign(keys, lie == LIE_TAG ? "suyuan/p2p-static/v2" : "suyuan/p2p-static/v1",
         buffer_span(&signed_bytes), &signature);
    struct pubkey shown = keys->public_key;
    if (lie == LIE_KEY) {
        struct seed seed = {{5}};
        struct keypair other;
        key_from_seed(&seed, &other);
        shown = other.public_key;
    }
    pack_array(ret, 4);
    pack_uint(ret, 1);
    pack_bytes(ret, span_of(shown.b, 32));
    pack_bytes(ret, span_of(signature.b, 64));
    pack_text(ret, span_text("liar/1"));
    buffer_free(&signed_bytes);
}

static void every_lie_in_the_proof_is_refused(void **state) {
    (void)state;
    for (enum lie lie = LIE_NONE; lie < LIE_LAST; lie++) {
        struct pair t;
        struct noise liar;
        struct noise_key s = {{1}}, e = {{2}};
        struct buffer prologue, payload;
        buffer_init(&prologue, 64);
        buffer_init(&payload, 512);
        pair_start(&t);
        struct digest chain = pair_chain(7);
        buffer_append(&prologue, "suyuan/p2p/v1", 14);
        buffer_append(&prologue, chain.b, 32);
        noise_start(&liar, NOISE_RESPONDER, buffer_span(&prologue), &s, &e);
        struct span out = peer_output(t.a.peer, t.now_ms);
        uint8_t scratch[600];
        size_t len = 0;
        assert_int_equal(noise_read(&liar, span_of(out.data + 2, out.len - 2), scratch, &len), OK);
        peer_output_done(t.a.peer, t.now_ms);
        liar_payload(lie, &liar, &t.b.keys, &payload);
        assert_int_equal(noise_write(&liar, buffer_span(&payload), scratch, &len), OK);
        buffer_u16(&t.a.inbox, (uint16_t)len);
        buffer_append(&t.a.inbox, scratch, len);
        struct peer_event event;
        assert_true(pair_event(&t, &t.a, WHOLE, &event));
        if (lie == LIE_NONE) {
            assert_int_equal(event.kind, PEER_AUTHENTICATED);
        } else {
            assert_int_equal(event.kind, PEER_CLOSED);
            assert_int_equal(event.err, ERR_PEER_PROOF);
        }
        buffer_free(&prologue);
        buffer_free(&payload);
        pair_free(&t);
    }
}

/* A member whose cipher is right and whose frames are not: seals raw plaintext as side a, by the noise inside the session. */

static void inject(struct pair *t, const void *plain, size_t len) {
    static uint8_t message[NOISE_MESSAGE_MAX];
    noise_encrypt(&t->a.peer->noise, span_of(plain, len), message);
    buffer_u16(&t->b.inbox, (uint16_t)(len + NOISE_TAG_BYTES));
    buffer_append(&t->b.inbox, message, len + NOISE_TAG_BYTES);
}

static void bad_frames_close_by_name(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint8_t plain[16];
        size_t len;
        enum err err;
    } cases[] = {
        {"nothing", {0}, 0, ERR_PEER_FRAME},
        {"a class and no bytes", {0}, 1, ERR_PEER_FRAME},
        {"an unknown class", {2, 0, 0, 0, 1, 3, 9}, 7, ERR_PEER_FRAME},
        {"type 0", {0, 0, 0, 0, 1, 0, 9}, 7, ERR_PEER_MESSAGE_TYPE},
        {"an unknown type", {1, 0, 0, 0, 1, 200, 9}, 7, ERR_PEER_MESSAGE_TYPE},
        {"bulk in the urgent stream", {0, 0, 0, 0, 1, MESSAGE_RECORDS, 9}, 7, ERR_PEER_MESSAGE_TYPE},
        {"a vote in the bulk stream", {1, 0, 0, 0, 1, MESSAGE_VOTE, 9}, 7, ERR_PEER_MESSAGE_TYPE},
        {"a vote too long", {0, 0, 0, 4, 1, MESSAGE_VOTE}, 6, ERR_PEER_MESSAGE_SIZE},
        {"4 GiB of records", {1, 255, 255, 255, 255, MESSAGE_RECORDS}, 6, ERR_PEER_MESSAGE_SIZE},
        {"a ping too long", {0, 0, 0, 0, 9, MESSAGE_PING}, 6, ERR_PEER_MESSAGE_SIZE},
        {"a ping too short", {0, 0, 0, 0, 1, MESSAGE_PING, 1}, 7, ERR_PEER_FRAME},
        {"half a goodbye", {0, 0, 0, 0, 1, MESSAGE_GOODBYE, 1}, 7, ERR_PEER_FRAME},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair t;
        open_pair(&t);
        inject(&t, cases[i].plain, cases[i].len);
        struct peer_event event = {0};
        assert_true(pair_event(&t, &t.b, WHOLE, &event));
        if (event.kind != PEER_CLOSED || event.err != cases[i].err) fail_msg("%s", cases[i].what);
        pair_free(&t);
    }
}

static void an_announced_length_reserves_nothing(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    uint8_t plain[6 + 100] = {1};
    put_u32(plain + 1, BLOCK_BYTES_MAX);
    plain[5] = MESSAGE_BLOCKS;
    inject(&t, plain, sizeof plain);
    struct peer_event event;
    assert_false(pair_event(&t, &t.b, WHOLE, &event));
    assert_in_range(t.b.peer->open->streams[MESSAGE_BULK].body.cap, 100, 8192);
    pair_free(&t);
}

static void nobody_unproven_gets_memory(void **state) {
    (void)state;
    struct pair t;
    pair_start(&t);
    assert_in_range(sizeof *t.b.peer, 1, 4096);
    assert_null(t.b.peer->open);
    pair_free(&t);
}

static void a_follower_may_not_vote(void **state) {
    (void)state;
    static const uint8_t types[] = {MESSAGE_VOTE, MESSAGE_PROPOSAL, MESSAGE_RECORDS, MESSAGE_BLOCKS};
    for (size_t i = 0; i < sizeof types; i++) {
        struct pair t;
        struct peer_grant grant = peer_grant_follower();
        pair_start(&t);
        assert_true(pair_open(&t, &grant));
        send_filled(&t.a, MESSAGE_BLOCK_FETCH, 10, 1);
        send_filled(&t.a, types[i], 10, 1);
        while (pair_write(&t, &t.a, &t.b)) {
        }
        expect_closed(&t, &t.b, ERR_PEER_MESSAGE_TYPE, false);
        pair_free(&t);
    }
}

static void a_changed_byte_closes(void **state) {
    (void)state;
    for (size_t at = 2; at < 40; at++) {
        struct pair t;
        open_pair(&t);
        send_filled(&t.a, MESSAGE_VOTE, 20, 1);
        pair_write(&t, &t.a, &t.b);
        t.b.inbox.data[at] ^= 0x10;
        expect_closed(&t, &t.b, ERR_PEER_CIPHER, false);
        pair_free(&t);
    }
}

/* A flood of pings is answered by one pong: nothing queues. */
static void pings_do_not_queue_pongs(void **state) {
    (void)state;
    struct pair t;
    open_pair(&t);
    for (int i = 0; i < 1000; i++) {
        uint8_t plain[] = {0, 0, 0, 0, 8, MESSAGE_PING, 0, 0, 0, 0, 0, 0, 0, (uint8_t)i};
        inject(&t, plain, sizeof plain);
    }
    struct peer_event event;
    assert_false(pair_event(&t, &t.b, WHOLE, &event));
    assert_int_equal(peer_queue_bytes(t.b.peer), 0);
    struct span out = peer_output(t.b.peer, t.now_ms);
    assert_int_equal(out.len, 2 + 1 + 5 + 8 + 16);
    pair_free(&t);
}

static int start(void **state) {
    (void)state;
    crypto_start();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_learn_who_is_there),
        cmocka_unit_test(messages_of_every_size_arrive_whole),
        cmocka_unit_test(votes_overtake_bulk),
        cmocka_unit_test(a_flood_of_votes_does_not_stop_bulk),
        cmocka_unit_test(small_messages_share_one_write),
        cmocka_unit_test(a_full_queue_refuses_bulk_and_evicts_for_votes),
        cmocka_unit_test(a_begun_message_is_not_evicted),
        cmocka_unit_test(input_beyond_the_budget_waits),
        cmocka_unit_test(bytes_beyond_the_budget_wait),
        cmocka_unit_test(pings_keep_a_silent_session_alive),
        cmocka_unit_test(a_dead_peer_is_noticed),
        cmocka_unit_test(a_half_open_session_ends),
        cmocka_unit_test(an_owner_that_never_answers_ends_it_too),
        cmocka_unit_test(goodbye_tells_the_reason),
        cmocka_unit_test(a_stranger_is_told_so),
        cmocka_unit_test(another_chain_is_refused),
        cmocka_unit_test(our_own_key_is_refused),
        cmocka_unit_test(a_recorded_handshake_is_useless),
        cmocka_unit_test(our_own_bytes_reflected_are_refused),
        cmocka_unit_test(long_handshake_messages_are_refused_unread),
        cmocka_unit_test(message_1_with_a_payload_is_refused),
        cmocka_unit_test(every_lie_in_the_proof_is_refused),
        cmocka_unit_test(bad_frames_close_by_name),
        cmocka_unit_test(an_announced_length_reserves_nothing),
        cmocka_unit_test(nobody_unproven_gets_memory),
        cmocka_unit_test(a_follower_may_not_vote),
        cmocka_unit_test(a_changed_byte_closes),
        cmocka_unit_test(pings_do_not_queue_pongs),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
