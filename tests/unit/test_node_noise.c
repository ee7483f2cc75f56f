/* Noise XX: agreement, and refusal of everything that is not exactly the next message. The byte-for-byte proof against
 * another implementation is the vector set `noise` (tests/vectors/set_noise.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/noise.h"

struct pair {
    struct noise initiator, responder;
};

static struct noise_key key_of(uint8_t fill) {
    struct noise_key k;
    memset(k.b, fill, sizeof k.b);
    return k;
}

static void pair_start(struct pair *t) {
    struct noise_key is = key_of(1), ie = key_of(2), rs = key_of(3), re = key_of(4);
    noise_start(&t->initiator, NOISE_INITIATOR, span_text("prologue"), &is, &ie);
    noise_start(&t->responder, NOISE_RESPONDER, span_text("prologue"), &rs, &re);
}

struct message {
    uint8_t b[256];
    size_t len;
};

/* Plays the first `count` messages of the handshake; the last one written is left in ret_last, unread. */
static void play(struct pair *t, int count, struct message *ret_last) {
    uint8_t payload[256];
    size_t len;
    for (int i = 0; i < count; i++) {
        struct noise *from = i % 2 == 0 ? &t->initiator : &t->responder;
        struct noise *to = i % 2 == 0 ? &t->responder : &t->initiator;
        assert_true(noise_wants_write(from));
        assert_false(noise_wants_write(to));
        assert_int_equal(noise_write(from, span_text("payload"), ret_last->b, &ret_last->len), OK);
        if (i == count - 1) return;
        assert_int_equal(noise_read(to, span_of(ret_last->b, ret_last->len), payload, &len), OK);
        assert_true(span_is(span_of(payload, len), "payload"));
    }
}

static struct noise *reader_of(struct pair *t, int number) {
    return number % 2 == 1 ? &t->responder : &t->initiator;
}

static void both_sides_agree(void **state) {
    (void)state;
    struct pair t;
    struct message m;
    uint8_t payload[256];
    size_t len;
    pair_start(&t);
    play(&t, 3, &m);
    assert_int_equal(noise_read(&t.responder, span_of(m.b, m.len), payload, &len), OK);
    assert_true(noise_is_done(&t.initiator) && noise_is_done(&t.responder));
    struct digest a = noise_hash(&t.initiator), b = noise_hash(&t.responder);
    assert_true(digest_equal(&a, &b));
    struct noise_key seen = noise_remote_static(&t.responder);
    uint8_t expect[32];
    x25519_public(key_of(1).b, expect);
    assert_memory_equal(seen.b, expect, 32);

    uint8_t sealed[5 + NOISE_TAG_BYTES], plain[5];
    for (int i = 0; i < 3; i++) {
        noise_encrypt(&t.responder, span_text("hello"), sealed);
        assert_int_equal(noise_decrypt(&t.initiator, span_of(sealed, sizeof sealed), plain), OK);
        assert_memory_equal(plain, "hello", 5);
    }
    /* The same message again is a replay. */
    assert_int_equal(noise_decrypt(&t.initiator, span_of(sealed, sizeof sealed), plain),
                     ERR_PEER_CIPHER);
    /* Dead from then on, even for the message that would have been next. */
    noise_encrypt(&t.responder, span_text("hello"), sealed);
    assert_int_equal(noise_decrypt(&t.initiator, span_of(sealed, sizeof sealed), plain),
                     ERR_PEER_CIPHER);
}

/* Every single-bit change of messages 2 and 3 is refused there; of message 1 it makes message 2 fail. */
static void any_changed_bit_is_refused(void **state) {
    (void)state;
    for (int number = 1; number <= 3; number++) {
        struct pair t;
        struct message m;
        pair_start(&t);
        play(&t, number, &m);
        for (size_t bit = 0; bit < m.len * 8; bit += number == 1 ? 61 : 7) {
            struct pair u = t;
            struct message changed = m;
            uint8_t payload[256];
            size_t len = 99;
            changed.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
            struct noise *to = reader_of(&u, number);
            enum err e = noise_read(to, span_of(changed.b, changed.len), payload, &len);
            if (number == 1) {
                if (e != OK) continue;
                struct message answer;
                assert_int_equal(noise_write(&u.responder, SPAN_EMPTY, answer.b, &answer.len), OK);
                /* X25519 ignores the top bit of a point, the hash does not. */
                e = noise_read(&u.initiator, span_of(answer.b, answer.len), payload, &len);
            }
            assert_int_equal(e, ERR_PEER_HANDSHAKE);
        }
    }
}

static void any_other_length_is_refused(void **state) {
    (void)state;
    for (int number = 1; number <= 3; number++) {
        struct pair t;
        struct message m;
        pair_start(&t);
        play(&t, number, &m);
        for (size_t cut = number == 1 ? 32 : m.len; cut-- > 0;) {
            struct pair u = t;
            uint8_t payload[256];
            size_t len = 99;
            struct noise *to = reader_of(&u, number);
            assert_int_equal(noise_read(to, span_of(m.b, cut), payload, &len), ERR_PEER_HANDSHAKE);
            assert_int_equal(len, 99);
            assert_int_equal(noise_read(to, span_of(m.b, m.len), payload, &len), ERR_PEER_HANDSHAKE);
        }
    }
}

static void another_prologue_is_another_network(void **state) {
    (void)state;
    struct pair t;
    struct noise_key rs = key_of(3), re = key_of(4);
    struct message m;
    uint8_t payload[256];
    size_t len;
    pair_start(&t);
    noise_start(&t.responder, NOISE_RESPONDER, span_text("prologuf"), &rs, &re);
    play(&t, 2, &m);
    assert_int_equal(noise_read(&t.initiator, span_of(m.b, m.len), payload, &len), ERR_PEER_HANDSHAKE);
}

/* RFC 7748 section 6.1: a small-order point gives an all-zero secret that anybody knows. */
static void small_order_points_are_refused(void **state) {
    (void)state;
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
         0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct pair t;
        uint8_t payload[256];
        struct message m;
        size_t len = 0;
        pair_start(&t);
        play(&t, 1, &m);
        assert_int_equal(noise_read(&t.responder, span_of(points[i], 32), payload, &len), OK);
        m.len = 7;
        assert_int_equal(noise_write(&t.responder, SPAN_EMPTY, m.b, &m.len), ERR_PEER_HANDSHAKE);
        assert_int_equal(m.len, 7);
    }
}

static int start(void **state) {
    (void)state;
    crypto_start();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_agree),
        cmocka_unit_test(any_changed_bit_is_refused),
        cmocka_unit_test(any_other_length_is_refused),
        cmocka_unit_test(another_prologue_is_another_network),
        cmocka_unit_test(small_order_points_are_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
