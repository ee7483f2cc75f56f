/* Checkpoints: their strict form, what a quorum is chosen from, the cosigner's guard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/checkpoint.h"
#include "tests/unit/codec_random.h"

enum { N = 7 };

struct set {
    struct keypair checkpoint[N], log[N];
    struct validator list[N];
    char names[N][32];
    struct validator_set set;
    struct span origin;
};

static void set_make(struct set *s) {
    for (uint32_t i = 0; i < N; i++) {
        struct seed a = {{(uint8_t)(i + 1)}}, b = {{(uint8_t)(i + 1), 1}};
        key_from_seed(&a, &s->checkpoint[i]);
        key_from_seed(&b, &s->log[i]);
        snprintf(s->names[i], sizeof s->names[i], "v%u.example", i);
        s->list[i] = (struct validator){.name = span_text(s->names[i]),
                                        .checkpoint_key = s->checkpoint[i].public_key,
                                        .log_key = s->log[i].public_key};
    }
    s->set = (struct validator_set){s->list, N};
    s->origin = span_text("example/suyuan/00");
}

static struct cosignature signed_by(const struct set *s, uint32_t i, uint64_t size, uint8_t root, uint64_t time_s) {
    struct cosignature c = {.index = (uint8_t)i, .size = size, .root = {{root}}, .time_s = time_s};
    cosignature_sign(&s->checkpoint[i], &s->log[i], s->origin, &c);
    return c;
}

static void a_checkpoint_has_three_lines(void **state) {
    (void)state;
    static const char root[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    static const char *const bad[] = {
        "o\n1\n%s",            /* no line feed at the end */
        "o\n1\n%s\n\n",        /* a fourth line */
        "o\n1\n%s\nextension\n",
        "\n1\n%s\n",           /* no origin */
        "o\n01\n%s\n",         /* another spelling of the size */
        "o\n+1\n%s\n",
        "o\n-1\n%s\n",
        "o\n 1\n%s\n",
        "o\n\n%s\n",
        "o\n18446744073709551616\n%s\n", /* 2^64 */
        "o\n1\n%s=\n",
        "o\n1\nAAAA\n",
        "o\n1\n\n",
        "",
    };
    struct checkpoint c;
    char text[200];
    struct buffer back CLEANUP(buffer_free) = {0};
    buffer_init(&back, 1000);
    snprintf(text, sizeof text, "o\n18446744073709551615\n%s\n", root);
    assert_int_equal(checkpoint_parse(span_text(text), &c), OK);
    assert_true(c.size == UINT64_MAX && span_is(c.origin, "o"));
    checkpoint_body(&c, &back);
    assert_true(span_is(buffer_span(&back), text));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, bad[i], root);
        if (checkpoint_parse(span_text(text), &c) != ERR_CHECKPOINT_FORM) fail_msg("'%s' is taken", text);
    }
}

static void every_part_is_signed(void **state) {
    (void)state;
    struct set s;
    set_make(&s);
    struct cosignature good = signed_by(&s, 2, 100, 1, 1780272000), c = good;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), OK);
    assert_int_equal(cosignature_check(&c, &s.set, span_text("example/suyuan/01")), ERR_COSIGNATURE);
    c.index = 3;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c.index = N;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c = good, c.size++;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c = good, c.root.b[31] ^= 1;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c = good, c.time_s++;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c = good, c.time_s = UINT64_MAX;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c = good, c.log.b[0] ^= 1;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
    c = good, c.log = good.cosignature;
    assert_int_equal(cosignature_check(&c, &s.set, s.origin), ERR_COSIGNATURE);
}

/* A quorum of seven is five: per validator the newest, of these the newest five. */
static void the_newest_quorum_is_chosen(void **state) {
    (void)state;
    struct set s;
    struct attested a = {.count = 99};
    struct cosignature list[20];
    uint32_t n = 0;
    set_make(&s);
    for (uint32_t i = 0; i < 4; i++)
        list[n++] = signed_by(&s, i, 10, 1, 100 + i);
    list[n++] = signed_by(&s, 0, 10, 1, 300);  /* the same validator again: not a fifth */
    list[n++] = signed_by(&s, 4, 10, 2, 500);  /* another root */
    list[n++] = signed_by(&s, 5, 11, 1, 500);  /* another size */
    struct digest root = {{1}};
    assert_false(attested_choose(list, n, N, 3, 10, &root, &a));
    assert_int_equal(a.count, 99);
    for (uint32_t i = 4; i < N; i++)
        list[n++] = signed_by(&s, i, 10, 1, 102);
    assert_true(attested_choose(list, n, N, 3, 10, &root, &a));
    /* times: v0 300, v1 101, v2 102, v3 103, v4 102, v5 102, v6 102; of the equals the lower index */
    static const uint8_t chosen[] = {0, 2, 3, 4, 5};
    assert_int_equal(a.count, 5);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(a.cosignatures[i].index, chosen[i]);
    assert_true(a.as_of_s == 102 && a.height == 3 && a.size == 10);
    assert_int_equal(attested_check(&a, &s.set, s.origin), OK);
    /* one liar from the future moves nothing: the smallest time of a quorum is an honest one's or earlier */
    list[n++] = signed_by(&s, 6, 10, 1, UINT64_C(1) << 40);
    assert_true(attested_choose(list, n, N, 3, 10, &root, &a) && a.as_of_s == 102);

    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct attested back;
    buffer_init(&bytes, 1 << 16);
    attested_encode(&a, &bytes);
    assert_int_equal(attested_decode(buffer_span(&bytes), N, 3, &back), OK);
    assert_true(back.as_of_s == a.as_of_s && back.count == 5 && back.height == 3 && back.size == 10);
    assert_int_equal(attested_decode(buffer_span(&bytes), 4, 3, &back), ERR_COSIGNATURE); /* of four it is no quorum */
    /* doubled, swapped, of mixed sizes: no quorum on one checkpoint */
    struct attested b = a;
    b.cosignatures[1] = b.cosignatures[0];
    assert_int_equal(attested_check(&b, &s.set, s.origin), ERR_COSIGNATURE);
    buffer_clear(&bytes);
    attested_encode(&b, &bytes);
    assert_int_equal(attested_decode(buffer_span(&bytes), N, 3, &back), ERR_COSIGNATURE);
    b = a;
    b.cosignatures[0] = a.cosignatures[1], b.cosignatures[1] = a.cosignatures[0];
    assert_int_equal(attested_check(&b, &s.set, s.origin), ERR_COSIGNATURE);
    b = a;
    b.cosignatures[4] = signed_by(&s, 6, 11, 1, 102);
    assert_int_equal(attested_check(&b, &s.set, s.origin), ERR_COSIGNATURE);
    buffer_clear(&bytes);
    attested_encode(&b, &bytes);
    assert_int_equal(attested_decode(buffer_span(&bytes), N, 3, &back), ERR_COSIGNATURE);
    b = a;
    b.count = 4;
    assert_int_equal(attested_check(&b, &s.set, s.origin), ERR_COSIGNATURE);
}

/* K3, and that what is refused changes nothing. */
static void the_guard_never_goes_back(void **state) {
    (void)state;
    struct guard g = {0}, next = {0};
    struct digest a = {{1}}, b = {{2}};
    assert_int_equal(guard_check(&g, 1, &a, 100, &g), OK);
    assert_int_equal(guard_check(&g, 1, &a, 100, &next), OK); /* the same again */
    assert_int_equal(guard_check(&g, 1, &b, 101, &next), ERR_GUARD_ROOT);
    assert_int_equal(guard_check(&g, 0, &a, 101, &next), ERR_GUARD_SIZE);
    assert_int_equal(guard_check(&g, 2, &b, 99, &next), ERR_GUARD_TIME);
    assert_int_equal(guard_check(&g, 2, &b, UINT64_C(1) << 63, &next), ERR_GUARD_TIME);
    assert_true(next.size == 1 && next.time_s == 100);
    assert_int_equal(guard_check(&g, 2, &b, 100, &g), OK);
    assert_int_equal(guard_check(&g, 1, &a, 200, &next), ERR_GUARD_SIZE);
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, 100);
    codec_encode(&guard_type, &g, &bytes);
    assert_int_equal(codec_decode(&guard_type, buffer_span(&bytes), NULL, &next), OK);
    assert_true(next.size == 2 && digest_equal(&next.root, &b) && next.time_s == 100);
}

/* What checkpoint_note writes, note.h reads, and every line verifies under the key it names. */
static void the_note_is_signed_by_all_it_names(void **state) {
    (void)state;
    struct set s;
    struct attested a;
    struct cosignature list[N];
    struct digest root = {{1}};
    struct buffer text CLEANUP(buffer_free) = {0};
    struct note *note = malloc(sizeof *note);
    struct note_key key;
    set_make(&s);
    for (uint32_t i = 0; i < N; i++)
        list[i] = signed_by(&s, i, 10, 1, 100);
    assert_true(attested_choose(list, N, N, 1, 10, &root, &a));
    buffer_init(&text, NOTE_BYTES_MAX);
    checkpoint_note(&s.set, s.origin, &a, &text);
    assert_int_equal(note_parse(buffer_span(&text), note), OK);
    assert_int_equal(note->lines_count, 2 * a.count);
    for (uint32_t i = 0; i < N; i++) {
        note_key_make(s.origin, NOTE_ED25519, &s.list[i].log_key, &key);
        assert_int_equal(note_verify(note, &key), i < 5 ? OK : ERR_NOTE_UNSIGNED);
    }
    for (size_t i = 0; i < text.len; i++) { /* a text that was touched is signed by nobody, or no note */
        text.data[i] ^= 1;
        note_key_make(s.origin, NOTE_ED25519, &s.list[0].log_key, &key);
        bool verified = note_parse(buffer_span(&text), note) == OK && note_verify(note, &key) == OK;
        text.data[i] ^= 1;
        bool in_text = i < 10 + s.origin.len;
        if (verified && in_text) fail_msg("byte %zu", i);
    }
    free(note);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_has_three_lines),
        cmocka_unit_test(every_part_is_signed),
        cmocka_unit_test(the_newest_quorum_is_chosen),
        cmocka_unit_test(the_guard_never_goes_back),
        cmocka_unit_test(the_note_is_signed_by_all_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
