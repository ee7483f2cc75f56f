/* code.c: SPEC Q1 to Q3, Q8. See code.h. */
#include "trace/code.h"

#include <string.h>

#include "base/merkle_root.h"
#include "trace/subject.h"

/* SPEC Q1: "20 characters of `0123456789ABCDEFGHJKMNPQRSTVWXYZ` (5 bits each, in this order)" */
static const char alphabet[33] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define CODE_PREFIX "https://id.gs1.org/01/"
#define CODE_MIDDLE "/21/"

/* Its place in the alphabet, -1 when it is not there. */
static int value_of(uint8_t c) {
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* The last `count` characters say the low 5 x count bits, most significant first. */
static void digits_write(uint64_t value, size_t count, char *out) {
    for (size_t i = count; i > 0; i--, value >>= 5)
        out[i - 1] = alphabet[value & 31];
}

static void text_copy(char *out, struct span text) {
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

bool code_alphabet_holds(struct span text) {
    for (size_t i = 0; i < text.len; i++)
        if (value_of(text.data[i]) < 0) return false;
    return text.len > 0;
}

static bool gtin_valid(struct span gtin) {
    if (gtin.len != CODE_GTIN_DIGITS) return false;
    for (size_t i = 0; i < gtin.len; i++)
        if (gtin.data[i] < '0' || gtin.data[i] > '9') return false;
    return true;
}

bool pack_id_make(struct span gtin, struct span pack, char ret[PACK_ID_BYTES + 1]) {
    if (!gtin_valid(gtin) || pack.len != CODE_PACK_CHARS || !code_alphabet_holds(pack)) return false;
    memcpy(ret, gtin.data, CODE_GTIN_DIGITS);
    ret[CODE_GTIN_DIGITS] = '/';
    text_copy(ret + CODE_GTIN_DIGITS + 1, pack);
    return true;
}

bool pack_id_valid(struct span id) {
    return id.len == PACK_ID_BYTES && gtin_valid(span_part(id, 0, CODE_GTIN_DIGITS)) &&
           id.data[CODE_GTIN_DIGITS] == '/' &&
           code_alphabet_holds(span_part(id, CODE_GTIN_DIGITS + 1, CODE_PACK_CHARS));
}

bool code_make(struct span gtin, struct span serial, struct code *ret) {
    struct code c;
    if (serial.len != CODE_SERIAL_CHARS || !code_alphabet_holds(serial)) return false;
    if (!pack_id_make(gtin, span_part(serial, 0, CODE_PACK_CHARS), c.pack_id)) return false;
    text_copy(c.gtin, gtin);
    text_copy(c.serial, serial);
    c.index = 0;
    for (size_t i = 0; i < CODE_INDEX_CHARS; i++)
        c.index = c.index << 5 | (uint32_t)value_of(serial.data[CODE_PACK_CHARS + i]);
    *ret = c;
    return true;
}

bool code_of_identifier(struct span canonical, struct code *ret) {
    const size_t gtin = strlen(CODE_PREFIX), middle = gtin + CODE_GTIN_DIGITS,
                 serial = middle + strlen(CODE_MIDDLE);
    if (canonical.len != serial + CODE_SERIAL_CHARS || !span_starts(canonical, CODE_PREFIX) ||
        !span_is(span_part(canonical, middle, serial - middle), CODE_MIDDLE))
        return false;
    return code_make(span_part(canonical, gtin, CODE_GTIN_DIGITS),
                     span_part(canonical, serial, CODE_SERIAL_CHARS), ret);
}

void code_identifier(const struct code *code, struct buffer *out) {
    buffer_text(out, CODE_PREFIX);
    buffer_text(out, code->gtin);
    buffer_text(out, CODE_MIDDLE);
    buffer_text(out, code->serial);
}

void code_pack_format(uint32_t number, char ret[CODE_PACK_CHARS + 1]) {
    CHECK(number < 1u << 5 * CODE_PACK_CHARS);
    digits_write(number, CODE_PACK_CHARS, ret);
    ret[CODE_PACK_CHARS] = '\0';
}

void code_serial_format(const char pack[CODE_PACK_CHARS], uint32_t index, uint64_t random,
                        char ret[CODE_SERIAL_CHARS + 1]) {
    enum { RANDOM_AT = CODE_PACK_CHARS + CODE_INDEX_CHARS };
    CHECK(code_alphabet_holds(span_of(pack, CODE_PACK_CHARS)));
    CHECK(index < CODE_INDEX_END && random < UINT64_C(1) << CODE_RANDOM_BITS);
    memcpy(ret, pack, CODE_PACK_CHARS);
    digits_write(index, CODE_INDEX_CHARS, ret + CODE_PACK_CHARS);
    digits_write(random, CODE_SERIAL_CHARS - RANDOM_AT, ret + RANDOM_AT);
    ret[CODE_SERIAL_CHARS] = '\0';
}

void code_inner_format(const uint8_t random[CODE_INNER_RANDOM_BYTES],
                       char ret[CODE_INNER_CHARS + 1]) {
    uint64_t halves[2] = {0, 0}; /* of 40 bits */
    for (size_t i = 0; i < CODE_INNER_RANDOM_BYTES; i++)
        halves[i / 5] = halves[i / 5] << 8 | random[i];
    digits_write(halves[0], CODE_INNER_CHARS / 2, ret);
    digits_write(halves[1], CODE_INNER_CHARS / 2, ret + CODE_INNER_CHARS / 2);
    ret[CODE_INNER_CHARS] = '\0';
    secret_wipe(halves, sizeof halves);
}

/* The next character typed, an ASCII one: full-width forms (U+FF01 to U+FF5E) are theirs, every kind of dash is '-', every kind
 * of space ' '. What is none of these is '?', which the alphabet lacks. Moves on. */
static uint8_t typed_next(struct span typed, size_t *at) {
    const uint8_t *p = typed.data + *at;
    if (p[0] < 0x80 || typed.len - *at < 3) return (*at)++, p[0];
    *at += 3;
    if (p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x81) return (uint8_t)(p[2] - 0x81 + 0x21);
    if (p[0] == 0xef && p[1] == 0xbd && p[2] <= 0x9e) return (uint8_t)(p[2] - 0x80 + 0x60);
    if (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80) return ' '; /* ideographic space */
    if (p[0] == 0xe2 && p[1] == 0x80 && p[2] <= 0x8a) return ' '; /* U+2000 to U+200A */
    if (p[0] == 0xe2 && p[1] == 0x80 && p[2] <= 0x95) return p[2] >= 0x90 ? '-' : '?'; /* U+2010 on */
    if (p[0] == 0xe2 && p[1] == 0x88 && p[2] == 0x92) return '-'; /* minus sign */
    return '?';
}

/* Letters the alphabet leaves out because they look like a digit are that digit. U looks like V as well as like nothing. */
static uint8_t typed_meant(uint8_t c) {
    if (c >= 'a' && c <= 'z') c = (uint8_t)(c - 'a' + 'A');
    if (c == 'O') return '0';
    return c == 'I' || c == 'L' ? '1' : c;
}

bool code_inner_parse(struct span typed, char ret[CODE_INNER_CHARS + 1]) {
    char inner[CODE_INNER_CHARS + 1] = {0};
    size_t n = 0;
    bool good = typed.len <= CODE_TYPED_BYTES_MAX;
    for (size_t at = 0; good && at < typed.len;) {
        uint8_t c = typed_meant(typed_next(typed, &at));
        if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n') continue;
        good = value_of(c) >= 0 && n < CODE_INNER_CHARS;
        if (good) inner[n++] = (char)c;
    }
    good = good && n == CODE_INNER_CHARS;
    if (good) memcpy(ret, inner, sizeof inner);
    secret_wipe(inner, sizeof inner);
    return good;
}

struct digest code_hash(struct span subject, const struct code *code) {
    CHECK(subject.len <= SUBJECT_ID_BYTES_MAX);
    uint8_t len = (uint8_t)subject.len;
    const struct span parts[] = {span_of(&len, 1), subject, span_text(code->gtin),
                                 span_text(code->serial)};
    return sha256_tagged("suyuan/code/v1", parts, sizeof parts / sizeof *parts);
}

static const struct field leaf_fields[] = {
    CODEC_UINT(code_leaf, index, 0, UINT32_MAX),
    CODEC_FIXED(code_leaf, hash),
    CODEC_FIXED(code_leaf, claim_key),
};
static const struct type leaf_type = CODEC_TYPE(code_leaf, leaf_fields);

void code_leaf(uint32_t index, const struct digest *hash, const struct pubkey *claim_key,
               struct buffer *out) {
    struct code_leaf leaf = {index, *hash, *claim_key};
    codec_encode(&leaf_type, &leaf, out);
}

enum err code_leaf_decode(struct span leaf, struct code_leaf *ret) {
    return codec_decode(&leaf_type, leaf, NULL, ret);
}

struct digest code_leaf_hash(uint32_t index, const struct digest *hash,
                             const struct pubkey *claim_key) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    buffer_init(&leaf, CODE_LEAF_BYTES_MAX);
    code_leaf(index, hash, claim_key, &leaf);
    CHECK(!leaf.overflow);
    return merkle_leaf_hash(buffer_span(&leaf));
}

void claim_key(const struct code *code, const char inner[CODE_INNER_CHARS], struct keypair *ret) {
    const struct span parts[] = {span_text(code->gtin), span_text(code->serial)};
    struct digest salt = sha256_tagged("suyuan/claim-salt/v1", parts, 2);
    struct seed seed;
    CHECK(code_alphabet_holds(span_of(inner, CODE_INNER_CHARS)));
    seed_from_secret(span_of(inner, CODE_INNER_CHARS), salt.b, &seed);
    key_from_seed(&seed, ret);
    seed_wipe(&seed);
}

void claim_message(const struct digest *chain_id, const struct code *code, struct span division,
                   const uint8_t nonce[CLAIM_NONCE_BYTES], struct buffer *out) {
    buffer_append(out, chain_id->b, sizeof chain_id->b);
    pack_array(out, 4);
    pack_text(out, span_text(code->gtin));
    pack_text(out, span_text(code->serial));
    pack_text(out, division);
    pack_bytes(out, span_of(nonce, CLAIM_NONCE_BYTES));
}

enum { CLAIM_MESSAGE_BYTES_MAX = 128 };

void claim_sign(const struct keypair *keys, const struct digest *chain_id, const struct code *code,
                struct span division, const uint8_t nonce[CLAIM_NONCE_BYTES],
                struct signature *ret) {
    struct buffer message CLEANUP(buffer_free) = {0};
    buffer_init(&message, CLAIM_MESSAGE_BYTES_MAX);
    claim_message(chain_id, code, division, nonce, &message);
    CHECK(!message.overflow);
    sign(keys, "suyuan/claim/v1", buffer_span(&message), ret);
}

bool claim_check(const struct pubkey *key, const struct digest *chain_id, const struct code *code,
                 struct span division, const uint8_t nonce[CLAIM_NONCE_BYTES],
                 const struct signature *signature) {
    struct buffer message CLEANUP(buffer_free) = {0};
    if (division.len > CLAIM_DIVISION_DIGITS) return false;
    buffer_init(&message, CLAIM_MESSAGE_BYTES_MAX);
    claim_message(chain_id, code, division, nonce, &message);
    CHECK(!message.overflow);
    return verify(key, "suyuan/claim/v1", buffer_span(&message), signature);
}

void claim_subject(const char pack_id[PACK_ID_BYTES + 1], uint32_t index, struct buffer *out) {
    pack_array(out, 2);
    pack_text(out, span_text(pack_id));
    pack_uint(out, index);
}
