/* Codes, inner codes, claim keys and the tree of a pack (SPEC Q1 to Q3, Q8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/identifier.h"
#include "trace/pack_tree.h"

#define GTIN "06901234567892"

static struct code code_at(const char *pack, uint32_t index, uint64_t random) {
    char serial[CODE_SERIAL_CHARS + 1];
    struct code c;
    code_serial_format(pack, index, random, serial);
    assert_true(code_make(span_text(GTIN), span_text(serial), &c));
    return c;
}

static void a_serial_says_pack_and_index(void **state) {
    (void)state;
    struct code c = code_at("K7M2Q", 111, 0x7fffffffffffff);
    assert_string_equal(c.serial, "K7M2Q003FZZZZZZZZZZZ");
    assert_string_equal(c.pack_id, GTIN "/K7M2Q");
    assert_int_equal(c.index, 111);
    c = code_at("00000", CODE_INDEX_END - 1, 1);
    assert_string_equal(c.serial, "00000ZZZZ00000000001");
    assert_int_equal(c.index, 1048575);
    char pack[CODE_PACK_CHARS + 1];
    code_pack_format((1u << 25) - 1, pack);
    assert_string_equal(pack, "ZZZZZ");
    code_pack_format(33, pack);
    assert_string_equal(pack, "00011");
}

static bool is_code(const char *identifier) {
    struct code c;
    return code_of_identifier(span_text(identifier), &c);
}

/* The identifiers of a liar are nearly codes. */
static void nothing_else_is_a_code(void **state) {
    (void)state;
    assert_true(is_code("https://id.gs1.org/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZZ"));
    assert_false(is_code("https://id.gs1.org/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZ"));
    assert_false(is_code("https://id.gs1.org/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZZZ"));
    assert_false(is_code("https://id.gs1.org/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZz"));
    assert_false(is_code("https://id.gs1.org/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZU"));
    assert_false(is_code("https://id.gs1.org/01/" GTIN "/10/K7M2Q003FZZZZZZZZZZZ"));
    assert_false(is_code("https://id.gs1.org/8006/06901234567892/21/K7M2Q003FZZZ"));
    assert_false(is_code("https://id.gs1.0rg/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZZ"));
    assert_false(is_code("https://id.gs1.org/01/0690123456789A/21/K7M2Q003FZZZZZZZZZZZ"));
    assert_false(is_code(""));
    uint8_t nul[60];
    memcpy(nul, "https://id.gs1.org/01/" GTIN "/21/K7M2Q003FZZZZZZZZZZZ", 60);
    nul[59] = 0; /* the end of the alphabet as C sees it is no letter of it */
    struct code c;
    assert_false(code_of_identifier(span_of(nul, 60), &c));
    assert_true(pack_id_valid(span_text(GTIN "/K7M2Q")));
    assert_false(pack_id_valid(span_text(GTIN "/K7M2q")));
    assert_false(pack_id_valid(span_text(GTIN "-K7M2Q")));
    assert_false(pack_id_valid(span_text("6901234567892/K7M2QQ")));
}

static void a_code_and_its_identifier_are_one(void **state) {
    (void)state;
    struct buffer out CLEANUP(buffer_free) = {0}, canonical CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    struct code c = code_at("K7M2Q", 999999, 12345), again;
    buffer_init(&out, 512);
    buffer_init(&canonical, 512);
    code_identifier(&c, &out);
    assert_int_equal(identifier_canonical(buffer_span(&out), &canonical, &kind), OK);
    assert_true(span_equal(buffer_span(&out), buffer_span(&canonical)));
    assert_int_equal(kind, IDENTIFIER_ITEM);
    assert_true(code_of_identifier(buffer_span(&canonical), &again));
    assert_string_equal(again.serial, c.serial);
    assert_int_equal(again.index, 999999);
    buffer_clear(&canonical);
    assert_int_equal(identifier_canonical(span_text("urn:epc:id:sgtin:6901234.056789.K7M2Q003FZZZZZZZZZZZ"),
                                          &canonical, &kind), OK);
    assert_true(code_of_identifier(buffer_span(&canonical), &again));
    assert_string_equal(again.pack_id, GTIN "/K7M2Q");
}

static const char INNER[] = "8Z3TQ0M4C1VNW6XA";

static void what_people_type(void **state) {
    (void)state;
    static const struct {
        const char *typed;
        bool good;
    } rows[] = {
        {"8Z3TQ0M4C1VNW6XA", true},
        {"8z3t-q0m4-c1vn-w6xa", true},
        {" 8Z3T QOM4\tCIVN w6xa\n", true},
        {"8Z3TQoM4ClVNW6XA", true},
        {"8Z3T\xe2\x80\x93Q0M4\xe2\x80\x94""C1VN\xe3\x80\x80W6XA", true}, /* en and em dash, ideographic space */
        {"\xef\xbc\x98\xef\xbc\xba\xef\xbd\x93TQ0M4C1VNW6XA", false}, /* full-width 8ZS: another code */
        {"\xef\xbc\x98\xef\xbd\x9a\xef\xbc\x93TQ0M4C1VNW6XA", true},  /* full-width 8z3 */
        {"8Z3TQ0M4C1VNW6X", false},
        {"8Z3TQ0M4C1VNW6XAA", false},
        {"8Z3TQ0M4C1VNW6XU", false},
        {"8Z3TQ0M4C1VNW6X.", false},
        {"8Z3TQ0M4C1VNW6X\xef\xbc", false},
        {"8Z3TQ0M4C1VNW6X\xe2\x80\x8b""A", false}, /* no-width: nobody typed it */
        {"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char inner[CODE_INNER_CHARS + 1] = "untouched";
        bool good = code_inner_parse(span_text(rows[i].typed), inner) && strcmp(inner, INNER) == 0;
        if (good != rows[i].good) fail_msg("row %zu: %s", i, inner);
    }
    char inner[CODE_INNER_CHARS + 1] = "untouched";
    uint8_t spaces[CODE_TYPED_BYTES_MAX + 1];
    memset(spaces, ' ', sizeof spaces);
    memcpy(spaces, INNER, 16);
    assert_true(code_inner_parse(span_of(spaces, CODE_TYPED_BYTES_MAX), inner));
    memset(inner, 0, sizeof inner);
    assert_false(code_inner_parse(span_of(spaces, sizeof spaces), inner));
    assert_string_equal(inner, "");
}

static void every_bit_of_the_inner_code_counts(void **state) {
    (void)state;
    char base[CODE_INNER_CHARS + 1], inner[CODE_INNER_CHARS + 1];
    uint8_t random[CODE_INNER_RANDOM_BYTES] = {0};
    code_inner_format(random, base);
    assert_string_equal(base, "0000000000000000");
    for (size_t bit = 0; bit < 80; bit++) {
        memset(random, 0, sizeof random);
        random[bit / 8] = (uint8_t)(0x80 >> bit % 8);
        code_inner_format(random, inner);
        size_t different = 0;
        for (size_t i = 0; i < CODE_INNER_CHARS; i++) different += inner[i] != '0';
        assert_int_equal(different, 1);
        assert_int_equal(inner[bit / 5], "G8421"[bit % 5]);
    }
}

static void assert_hex(const uint8_t *data, size_t len, const char *expected) {
    char text[256];
    hex_encode(span_of(data, len), text);
    assert_string_equal(text, expected);
}

/* Made by other programs (sha256sum; argon2 of the reference implementation with -id -t 1 -m 3 -p 1; openssl for the public
 * key), so that nothing here agrees with itself alone. */
static void golden(void **state) {
    (void)state;
    struct code c = code_at("K7M2Q", 111, 0x7fffffffffffff);
    struct keypair keys;
    struct buffer leaf CLEANUP(buffer_free) = {0};
    struct code_leaf back;
    struct digest hash = code_hash(span_text("shoes1"), &c), lh;
    assert_hex(hash.b, 32, "11773be347d985795a9e7882f204fe2426a6e70ab983204f7c688b52156d11ba");
    claim_key(&c, INNER, &keys);
    assert_hex(keys.secret, 32, "1e0085091d48efcc7c34b1afb7daf8448feb8f2ee6b6315271a6af1ad5e39ca7");
    assert_hex(keys.public_key.b, 32, "3209f0fcd4842eebc268dbd98516fbcf9e98fba392310bc3c6da54fc3a13be2d");
    buffer_init(&leaf, CODE_LEAF_BYTES_MAX);
    code_leaf(c.index, &hash, &keys.public_key, &leaf);
    assert_int_equal(leaf.len, 70);
    assert_int_equal(code_leaf_decode(buffer_span(&leaf), &back), OK);
    assert_int_equal(back.index, 111);
    assert_true(digest_equal(&back.hash, &hash) && pubkey_equal(&back.claim_key, &keys.public_key));
    lh = code_leaf_hash(c.index, &hash, &keys.public_key);
    assert_hex(lh.b, 32, "2dce648bc9fb26dca6f5a137f8875f71db61f7dc7776bfcf3312715d913b959c");
    buffer_clear(&leaf);
    code_leaf(PACK_CODES_MAX - 1, &hash, &keys.public_key, &leaf);
    assert_int_equal(leaf.len, CODE_LEAF_BYTES_MAX);
}

/* A claim holds for its chain, code, division and nonce alone. */
static void a_claim_signs_all_of_it(void **state) {
    (void)state;
    struct code c = code_at("K7M2Q", 5, 77), other = code_at("K7M2Q", 5, 78);
    struct digest chain = sha256(span_text("chain")), another = sha256(span_text("another"));
    uint8_t nonce[CLAIM_NONCE_BYTES] = {1}, wrong[CLAIM_NONCE_BYTES] = {2};
    struct keypair keys, guessed;
    struct signature s;
    claim_key(&c, INNER, &keys);
    claim_key(&other, INNER, &guessed);
    assert_false(pubkey_equal(&keys.public_key, &guessed.public_key));
    claim_sign(&keys, &chain, &c, span_text("330302"), nonce, &s);
    assert_true(claim_check(&keys.public_key, &chain, &c, span_text("330302"), nonce, &s));
    assert_false(claim_check(&keys.public_key, &another, &c, span_text("330302"), nonce, &s));
    assert_false(claim_check(&keys.public_key, &chain, &other, span_text("330302"), nonce, &s));
    assert_false(claim_check(&keys.public_key, &chain, &c, span_text("330303"), nonce, &s));
    assert_false(claim_check(&keys.public_key, &chain, &c, span_text("3303020"), nonce, &s));
    assert_false(claim_check(&keys.public_key, &chain, &c, span_text("330302"), wrong, &s));
    assert_false(claim_check(&guessed.public_key, &chain, &c, span_text("330302"), nonce, &s));
}

struct pack {
    uint32_t count;
    uint8_t *leaves;
    struct pack_tree tree;
    struct digest root;
};

static void pack_begin(struct pack *p, uint32_t count) {
    memset(p, 0, sizeof *p);
    p->count = count;
    p->leaves = check_alloc(count, PACK_ENTRY_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        struct digest hash = sha256(span_of(&i, sizeof i)), more = sha256(span_of(hash.b, 32));
        struct pubkey key;
        memcpy(key.b, more.b, 32);
        pack_entry_write(&hash, &key, p->leaves + (size_t)i * PACK_ENTRY_BYTES);
        pack_tree_add(&p->tree, &hash, &key);
    }
    pack_tree_finish(&p->tree, &p->root);
}

static struct span chunk_of(const struct pack *p, uint32_t chunk) {
    return span_of(p->leaves + (size_t)chunk * PACK_CHUNK_BYTES,
                   (size_t)pack_chunk_codes(p->count, chunk) * PACK_ENTRY_BYTES);
}

static bool path_holds(const struct pack *p, uint32_t index, const struct digest *path, size_t n) {
    struct digest hash;
    struct pubkey key;
    pack_entry_read(p->leaves + (size_t)index * PACK_ENTRY_BYTES, &hash, &key);
    return pack_path_check(index, &hash, &key, path, n, p->count, &p->root);
}

static void the_tree_is_rfc_9162(void **state) {
    (void)state;
    static const uint32_t counts[] = {1, 2, 3, 1023, 1024, 1025, 2048, 2049, 3072, 5000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        struct pack p;
        struct digest root;
        pack_begin(&p, counts[c]);
        struct digest *leaves = check_alloc(p.count, sizeof *leaves);
        for (uint32_t i = 0; i < p.count; i++) {
            struct digest hash;
            struct pubkey key;
            pack_entry_read(p.leaves + (size_t)i * PACK_ENTRY_BYTES, &hash, &key);
            leaves[i] = code_leaf_hash(i, &hash, &key);
        }
        merkle_root(leaves, p.count, &root);
        assert_true(digest_equal(&root, &p.root));
        uint32_t chunks = pack_chunks(p.count);
        assert_true(pack_chunks_check(p.tree.chunks, chunks, p.count, &p.root));
        for (uint32_t i = 0; i < chunks; i++)
            assert_true(pack_chunk_check(chunk_of(&p, i), i, p.count, &p.tree.chunks[i]));
        for (uint32_t i = 0; i < p.count; i += 1 + p.count / 37) {
            struct digest path[PACK_PATH_MAX + 1] = {{{0}}}, whole[MERKLE_LIST_PATH_MAX];
            uint32_t n = pack_path(chunk_of(&p, i / PACK_CHUNK_CODES), p.tree.chunks, p.count, i, path);
            assert_int_equal(merkle_list_path(leaves, p.count, i, whole), n);
            for (uint32_t k = 0; k < n; k++) assert_true(digest_equal(&whole[k], &path[k]));
            assert_true(path_holds(&p, i, path, n));
            assert_false(path_holds(&p, i, path, n + 1));
            assert_false(n > 0 && path_holds(&p, i, path, n - 1));
            assert_false(p.count > 1 && path_holds(&p, (i + 1) % p.count, path, n));
        }
        free(leaves);
        free(p.leaves);
    }
}

/* Who sends leaves may lie in every way a byte can. */
static void chunks_that_lie(void **state) {
    (void)state;
    struct pack p;
    pack_begin(&p, 2500);
    struct span last = chunk_of(&p, 2);
    assert_true(pack_chunk_check(last, 2, p.count, &p.tree.chunks[2]));
    assert_false(pack_chunk_check(span_part(last, 0, last.len - 64), 2, p.count, &p.tree.chunks[2]));
    assert_false(pack_chunk_check(span_part(last, 0, last.len - 1), 2, p.count, &p.tree.chunks[2]));
    assert_false(pack_chunk_check(chunk_of(&p, 1), 0, p.count, &p.tree.chunks[1]));
    assert_false(pack_chunk_check(last, 3, p.count, &p.tree.chunks[2]));
    p.leaves[100]++;
    assert_false(pack_chunk_check(chunk_of(&p, 0), 0, p.count, &p.tree.chunks[0]));
    assert_false(pack_chunks_check(p.tree.chunks, 2, p.count, &p.root));
    assert_false(pack_chunks_check(p.tree.chunks, 3, 4000, &p.root));
    assert_false(pack_chunks_check(p.tree.chunks, 0, 0, &p.root));
    assert_false(pack_chunks_check(p.tree.chunks, 3, UINT32_MAX, &p.root));
    p.tree.chunks[1].b[0]++;
    assert_false(pack_chunks_check(p.tree.chunks, 3, p.count, &p.root));
    free(p.leaves);
}

/* The largest pack, with one leaf under another: a path of 20. */
static void a_million(void **state) {
    (void)state;
    struct pack p;
    struct digest path[PACK_PATH_MAX];
    pack_begin(&p, PACK_CODES_MAX);
    assert_int_equal(pack_chunks(p.count), PACK_CHUNKS_MAX);
    assert_int_equal(pack_chunk_codes(p.count, PACK_CHUNKS_MAX - 1), 576);
    static const uint32_t indices[] = {0, 524287, 524288, 999423, 999424, 999999};
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        uint32_t n = pack_path(chunk_of(&p, indices[i] / PACK_CHUNK_CODES), p.tree.chunks, p.count,
                               indices[i], path);
        assert_true(n <= PACK_PATH_MAX);
        assert_true(path_holds(&p, indices[i], path, n));
    }
    free(p.leaves);
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_serial_says_pack_and_index),
        cmocka_unit_test(nothing_else_is_a_code),
        cmocka_unit_test(a_code_and_its_identifier_are_one),
        cmocka_unit_test(what_people_type),
        cmocka_unit_test(every_bit_of_the_inner_code_counts),
        cmocka_unit_test(golden),
        cmocka_unit_test(a_claim_signs_all_of_it),
        cmocka_unit_test(the_tree_is_rfc_9162),
        cmocka_unit_test(chunks_that_lie),
        cmocka_unit_test(a_million),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
