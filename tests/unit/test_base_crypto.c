/* crypto.h against the RFCs' own examples, and the Ed25519 rule of spec C3 at its edges. The large sets of
 * vectors run in tests/vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/merkle_root.h"

static size_t bytes(const char *hex, uint8_t *ret) {
    size_t len = strlen(hex) / 2;
    assert_int_equal(hex_decode(hex, 2 * len, ret, len), OK);
    return len;
}

static void is_hex(const uint8_t *b, size_t len, const char *hex) {
    char text[512];
    hex_encode(span_of(b, len), text);
    assert_string_equal(text, hex);
}

/* FIPS 180-4's examples (RFC 6234 section 8.5), whole and in pieces. */
static void sha256_is_sha256(void **state) {
    (void)state;
    struct digest d = sha256(span_text("abc"));
    is_hex(d.b, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    d = sha256(SPAN_EMPTY);
    is_hex(d.b, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    d = sha256(span_text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
    is_hex(d.b, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    struct sha256 h;
    sha256_init(&h);
    char thousand[1000];
    memset(thousand, 'a', sizeof thousand);
    for (int i = 0; i < 1000; i++)
        sha256_add(&h, thousand, sizeof thousand);
    sha256_final(&h, &d);
    is_hex(d.b, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    /* a tag is the text and one zero byte */
    struct span parts[] = {span_text("b"), SPAN_EMPTY, span_text("c")};
    struct digest tagged = sha256_tagged("a", parts, 3), plain = sha256(span_of("a\0bc", 4));
    assert_true(digest_equal(&tagged, &plain));
}

/* RFC 8032 section 7.1, tests 2 and 3. */
static void ed25519_is_ed25519(void **state) {
    (void)state;
    static const char *const rows[][4] = {
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct seed seed;
        struct keypair keys;
        struct signature sig;
        uint8_t message[8];
        bytes(rows[i][0], seed.b);
        key_from_seed(&seed, &keys);
        is_hex(keys.public_key.b, 32, rows[i][1]);
        assert_true(key_valid(&keys.public_key));
        struct span m = span_of(message, bytes(rows[i][2], message));
        sign_raw(&keys, m, &sig);
        is_hex(sig.b, 64, rows[i][3]);
        assert_true(verify_raw(&keys.public_key, m, &sig));
        for (size_t at = 0; at < 64 * 8; at++) {
            struct signature bad = sig;
            bad.b[at / 8] ^= (uint8_t)(1u << at % 8);
            assert_false(verify_raw(&keys.public_key, m, &bad));
        }
        keypair_wipe(&keys);
        for (size_t at = 0; at < sizeof keys.secret; at++)
            assert_int_equal(keys.secret[at], 0);
    }
}

static void a_tag_binds_a_signature(void **state) {
    (void)state;
    struct seed seed = {{1}};
    struct keypair keys;
    struct signature sig, raw;
    uint8_t large[5000];
    memset(large, 'm', sizeof large);
    key_from_seed(&seed, &keys);
    const size_t lens[] = {0, 1, 1000, 1023, 1024, 1025, sizeof large}; /* around the small buffer */
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct span m = span_of(large, lens[i]);
        sign(&keys, "a", m, &sig);
        assert_true(verify(&keys.public_key, "a", m, &sig));
        assert_false(verify(&keys.public_key, "b", m, &sig));
        assert_false(verify_raw(&keys.public_key, m, &sig));
    }
    sign(&keys, "a", span_text("bc"), &sig);
    sign_raw(&keys, span_of("a\0bc", 4), &raw);
    assert_memory_equal(sig.b, raw.b, 64);
    /* tag and message cannot be moved into one another */
    assert_false(verify(&keys.public_key, "ab", span_text("c"), &sig));
}

/* The points of small order, as RFC 8032's encodings and the non-canonical ones of some; the identity plus
 * nothing; coordinates that are no point; and a key of mixed order: none may be registered. */
static void keys_that_may_not_be_registered(void **state) {
    (void)state;
    static const char *const bad[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* identity, y = p + 1 */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", /* y = p */
        "0100000000000000000000000000000000000000000000000000000000000080", /* -0 */
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000", /* no point */
        "9599999999999999999999999999999999999999999999999999999999999999", /* mixed order */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct pubkey key;
        struct signature sig = {{0}};
        bytes(bad[i], key.b);
        if (key_valid(&key)) fail_msg("%s is taken", bad[i]);
        sig.b[0] = 1; /* R = identity, S = 0: true for every message under a key of small order without the rule */
        assert_false(verify_raw(&key, span_text("anything"), &sig));
    }
}

/* S + L is the same scalar: a second signature over the same bytes, if it were taken. */
static void signatures_are_not_malleable(void **state) {
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                      0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    struct seed seed = {{9}};
    struct keypair keys;
    struct signature sig;
    key_from_seed(&seed, &keys);
    sign_raw(&keys, span_text("m"), &sig);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)sig.b[32 + i] + order[i];
        sig.b[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(verify_raw(&keys.public_key, span_text("m"), &sig));
}

/* RFC 7748 section 5.2 (first) and 6.1; RFC 8439 section 2.8.2; RFC 4231 cases 1, 2, 6. */
static void the_others_follow_their_rfcs(void **state) {
    (void)state;
    uint8_t a[32], b[32], shared[32], key[32], nonce[12], ad[12], sealed[200], opened[200];
    bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", a);
    bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", b);
    assert_true(x25519(a, b, shared));
    is_hex(shared, 32, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552");
    memset(b, 0, sizeof b);
    assert_false(x25519(a, b, shared)); /* a point of small order */

    bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", key);
    bytes("070000004041424344454647", nonce);
    bytes("50515253c0c1c2c3c4c5c6c7", ad);
    struct span text = span_text("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
                                 "sunscreen would be it.");
    aead_seal(key, nonce, span_of(ad, 12), text, sealed);
    is_hex(sealed + text.len, 16, "1ae10b594f09e26a7e902ecbd0600691");
    is_hex(sealed, 16, "d31a8d34648e60db7b86afbc53ef7ec2");
    assert_true(aead_open(key, nonce, span_of(ad, 12), span_of(sealed, text.len + 16), opened));
    assert_memory_equal(opened, text.data, text.len);
    sealed[3] ^= 1;
    assert_false(aead_open(key, nonce, span_of(ad, 12), span_of(sealed, text.len + 16), opened));
    for (size_t i = 0; i < text.len; i++)
        assert_int_equal(opened[i], 0); /* nothing of a false message is given out */

    struct digest d;
    uint8_t twenty[131];
    memset(twenty, 0x0b, 20);
    hmac_sha256(span_of(twenty, 20), span_text("Hi There"), &d);
    is_hex(d.b, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(span_text("Jefe"), span_text("what do ya want for nothing?"), &d);
    is_hex(d.b, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(twenty, 0xaa, 131);
    hmac_sha256(span_of(twenty, 131), span_text("Test Using Larger Than Block-Size Key - Hash Key First"), &d);
    is_hex(d.b, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void purposes_give_other_keys(void **state) {
    (void)state;
    struct seed seed = {{7}}, a, b;
    uint8_t input[64];
    seed_derive(&seed, "consensus", &a);
    seed_derive(&seed, "checkpoint", &b);
    assert_memory_not_equal(a.b, b.b, 32);
    /* SPEC C4: "derive(seed, purpose) = SHA-256("suyuan/derive/v1\0" || purpose || 0x00 || seed)" */
    memcpy(input, "suyuan/derive/v1\0consensus\0", 27);
    memcpy(input + 27, seed.b, 32);
    struct digest d = sha256(span_of(input, 59));
    assert_memory_equal(d.b, a.b, 32);
}

static void texts_are_read_strictly(void **state) {
    (void)state;
    uint8_t out[8];
    size_t len;
    char text[16];
    static const char *const bad[] = {"AA=A", "AAA", "AA", "A===", "AAAA====", "AB==", "AAB=",
                                     "AA==\n", " AA==", "AA==AA==", "-_AA",
                                     "AAAA AAAA", "===="};
    assert_int_equal(hex_decode("0aFf", 4, out, 2), ERR_HEX);
    assert_int_equal(hex_decode("0af", 3, out, 2), ERR_HEX);
    assert_int_equal(hex_decode("0aff", 4, out, 2), OK);
    assert_true(base64_decode(span_text("AAECAwQ="), out, sizeof out, &len) && len == 5 && out[4] == 4);
    assert_true(base64_decode(span_text(""), out, sizeof out, &len) && len == 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (base64_decode(span_text(bad[i]), out, sizeof out, &len)) fail_msg("'%s' is taken", bad[i]);
    assert_false(base64_decode(span_text("AAECAwQFBgcI"), out, sizeof out, &len)); /* nine bytes, room for eight */
    assert_int_equal(base64_encode(span_of("\xff\xfe\xfd\xfc", 4), text, sizeof text), 8);
    assert_string_equal(text, "//79/A==");
}

static void digests_are_compared(void **state) {
    (void)state;
    struct digest zero = {{0}}, one = {{0}};
    one.b[31] = 1;
    assert_true(digest_is_zero(&zero) && !digest_is_zero(&one));
    assert_true(digest_compare(&zero, &one) < 0 && digest_compare(&one, &zero) > 0);
    assert_true(digest_equal(&one, &one) && !digest_equal(&one, &zero));
}

/* RFC 9162 section 2.1.1 by its recursion, against the stack that grows by one. */
static void root_by_recursion(const struct digest *leaves, size_t n, struct digest *ret) {
    struct digest l, r;
    size_t k = 1;
    if (n == 0) *ret = sha256(SPAN_EMPTY);
    if (n == 1) *ret = leaves[0];
    if (n < 2) return;
    while (2 * k < n)
        k *= 2;
    root_by_recursion(leaves, k, &l);
    root_by_recursion(leaves + k, n - k, &r);
    *ret = merkle_node_hash(&l, &r);
}

static void roots_are_rfc_9162s(void **state) {
    (void)state;
    struct digest leaves[130], a, b;
    for (size_t n = 0; n < 130; n++) {
        uint8_t entry[2] = {(uint8_t)n, 7};
        leaves[n] = merkle_leaf_hash(span_of(entry, 2));
        root_by_recursion(leaves, n, &a);
        merkle_root(leaves, n, &b);
        assert_true(digest_equal(&a, &b));
    }
    a = merkle_leaf_hash(SPAN_EMPTY); /* RFC 6962's reference: the hash of an empty leaf */
    is_hex(a.b, 32, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

int main(void) {
    crypto_start(); /* the engine's own probe: it stops the program where the engine decides otherwise */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_sha256),
        cmocka_unit_test(ed25519_is_ed25519),
        cmocka_unit_test(a_tag_binds_a_signature),
        cmocka_unit_test(keys_that_may_not_be_registered),
        cmocka_unit_test(signatures_are_not_malleable),
        cmocka_unit_test(the_others_follow_their_rfcs),
        cmocka_unit_test(purposes_give_other_keys),
        cmocka_unit_test(texts_are_read_strictly),
        cmocka_unit_test(digests_are_compared),
        cmocka_unit_test(roots_are_rfc_9162s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
