/* code.h: the code of one piece and the secret under its scratch field (docs/spec.md Q1 to Q3, Q8).
 *
 * A code is the canonical identifier https://id.gs1.org/01/<GTIN>/21/<serial> whose serial is one of a pack:
 *
 *   serial  K7M2Q 003F 9XW4T0BRN2H     20 characters of 0123456789ABCDEFGHJKMNPQRSTVWXYZ, 5 bits each
 *           pack  index random          5, 4 (a number below 2^20), 11 (55 bits)
 *   pack id 06901234567892/K7M2Q
 *   inner   8Z3TQ0M4C1VNW6XA            16 characters, 80 random bits: only who scratches the label knows them
 *
 * Who prints labels makes serials and inner codes of randomness it brings (nothing here is random), and publishes of each code
 * only its code hash and its claim key: the leaves of pack_tree.h. Who buys the piece types the inner code; the key made of it
 * signs the claim.
 *
 * What is parsed is hostile. code_of_identifier takes a canonical identifier (trace/identifier.h) and is strict, for a serial is
 * one spelling only; code_inner_parse takes what a person typed and is lenient. Both say false when it is none; results are
 * untouched then. Texts in the structs end in NUL and belong to the struct. Inner codes, their seeds and claim keys are secrets:
 * wipe them (secret_wipe, keypair_wipe) after use. No errors, no allocation but what Argon2id takes for its 8 KiB.
 */
#ifndef TRACE_CODE_H
#define TRACE_CODE_H

#include "base/codec.h"
#include "base/crypto.h"

enum {
    CODE_GTIN_DIGITS = 14,
    CODE_PACK_CHARS = 5,
    CODE_INDEX_CHARS = 4,
    CODE_SERIAL_CHARS = 20,
    CODE_INNER_CHARS = 16,
    CODE_RANDOM_BITS = 55,
    CODE_INNER_RANDOM_BYTES = 10,
    CODE_INDEX_END = 1 << 20,  /* an index a serial can say; a pack has fewer */
    CODE_TYPED_BYTES_MAX = 96, /* of an inner code with what people put between its characters */
    CODE_LEAF_BYTES_MAX = 74,
    CLAIM_DIVISION_DIGITS = 6,
    CLAIM_NONCE_BYTES = 16,
    PACK_ID_BYTES = CODE_GTIN_DIGITS + 1 + CODE_PACK_CHARS,
    PACK_CODES_MAX = 1000000,
};

struct code {
    char gtin[CODE_GTIN_DIGITS + 1];
    char serial[CODE_SERIAL_CHARS + 1];
    char pack_id[PACK_ID_BYTES + 1];
    uint32_t index; /* below CODE_INDEX_END; whether the pack reaches that far is the ledger's to say */
};

/* 1 to n characters of the alphabet of Q1, upper case. */
bool code_alphabet_holds(struct span text);
/* False when the serial is none of Q1. The GTIN's 14 digits are not checked against their check digit (E8). */
bool code_make(struct span gtin, struct span serial, struct code *ret) MUST_USE;
/* A canonical identifier (E7) that is a code. */
bool code_of_identifier(struct span canonical, struct code *ret) MUST_USE;
/* Appends it. */
void code_identifier(const struct code *code, struct buffer *out);
/* `GTIN || "/" || pack`: false when it is no pack id. */
bool pack_id_valid(struct span id);
bool pack_id_make(struct span gtin, struct span pack, char ret[PACK_ID_BYTES + 1]) MUST_USE;

/* For who makes codes. number: below 2^25, gives the 5 characters of a pack. index below CODE_INDEX_END, random below 2^55. */
void code_pack_format(uint32_t number, char ret[CODE_PACK_CHARS + 1]);
void code_serial_format(const char pack[CODE_PACK_CHARS], uint32_t index, uint64_t random,
                        char ret[CODE_SERIAL_CHARS + 1]);
void code_inner_format(const uint8_t random[CODE_INNER_RANDOM_BYTES],
                       char ret[CODE_INNER_CHARS + 1]);
/* What a person types or a camera reads: lower case, full-width letters, spaces and dashes of many kinds, O for 0, I and L for
 * 1. False when 16 characters do not come of it. */
bool code_inner_parse(struct span typed, char ret[CODE_INNER_CHARS + 1]) MUST_USE;

/* Q2: "Code hash", naming who issued the pack: another subject cannot issue the same hashes. subject: at most 64 bytes. */
struct digest code_hash(struct span subject, const struct code *code);
/* Appends the canonical [index, code hash, claim key], at most CODE_LEAF_BYTES_MAX bytes. */
void code_leaf(uint32_t index, const struct digest *hash, const struct pubkey *claim_key,
               struct buffer *out);
struct digest code_leaf_hash(uint32_t index, const struct digest *hash,
                             const struct pubkey *claim_key);
struct code_leaf {
    uint32_t index;
    struct digest hash;
    struct pubkey claim_key;
};
enum err code_leaf_decode(struct span leaf, struct code_leaf *ret) MUST_USE;

/* Q3. inner: canonical, as code_inner_parse and code_inner_format give it. Some 40 microseconds of a core. */
void claim_key(const struct code *code, const char inner[CODE_INNER_CHARS], struct keypair *ret);
/* Appends `chain id || canonical [GTIN, serial, division, nonce]`: what a claim signs after its tag (Q8). */
void claim_message(const struct digest *chain_id, const struct code *code, struct span division,
                   const uint8_t nonce[CLAIM_NONCE_BYTES], struct buffer *out);
/* division: 0 to 6 digits. */
void claim_sign(const struct keypair *keys, const struct digest *chain_id, const struct code *code,
                struct span division, const uint8_t nonce[CLAIM_NONCE_BYTES],
                struct signature *ret);
bool claim_check(const struct pubkey *key, const struct digest *chain_id, const struct code *code,
                 struct span division, const uint8_t nonce[CLAIM_NONCE_BYTES],
                 const struct signature *signature) MUST_USE;
/* Appends the subject of a claim's status (S5): canonical [pack id, index]. */
void claim_subject(const char pack_id[PACK_ID_BYTES + 1], uint32_t index, struct buffer *out);

#endif
