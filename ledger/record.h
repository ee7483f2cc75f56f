/* record.h: what a member says, signed (SPEC R). Three steps, so that each is done once and where
 * it is cheap:
 *
 *   record_parse            hostile bytes -> struct record: the wire form, header, body, item
 * digests, body root. No signature. record_items_check      section E for events, section A for
 * acts, D for certificates, O for recalls, Q for codes (a claim's own signature with it), U for deletions,
 * Z for anchors: the content of the
 * items. record_signature_check  R2 under the key in the header. A record
 * is well formed (R9) when all three say OK; record_check does all three.
 *
 * Execution and proofs use record_parse alone on records that were checked before.
 *
 * Ownership: a record borrows from the wire bytes and from the arena. Arena use: about 64 bytes per
 * thing and 200 per item; RECORD_ARENA_BYTES suffices for the largest record. Results untouched on
 * failure, the refusal (may be NULL) names the place: "items[3].fields". Errors: ERR_RECORD_*,
 * ERR_ACT_*, ERR_CODEC_*, ERR_ITEM_*, ERR_EPCIS_*, ERR_SIGNATURE, ERR_TOO_LARGE.
 */
#ifndef LEDGER_RECORD_H
#define LEDGER_RECORD_H

#include "ledger/params.h"
#include "ledger/value.h"
#include "trace/item.h"
#include "trace/recall.h"

enum record_kind {
    RECORD_EVENTS = 1,
    RECORD_GOVERNANCE = 2,
    RECORD_CERTIFICATES = 3,
    RECORD_PACKS = 4,
    RECORD_CLAIMS = 5,
    RECORD_RECALLS = 6,
    RECORD_DELETIONS = 9,
    RECORD_ANCHORS = 10,
};

enum {
    RECORD_HEADER_BYTES_MAX = 512,
    RECORD_ARENA_BYTES = 64 << 20,
};

struct record_header {
    uint8_t version, suite;
    struct digest chain_id;
    uint8_t kind; /* enum record_kind */
    struct span subject;
    struct pubkey key;
    uint64_t created_ms, expires_ms, nonce;
    uint32_t item_count, body_length;
    struct digest body_root;
};
extern const struct type record_header_type;

struct record {
    struct span wire;         /* R6 */
    struct span header_bytes; /* exactly as signed */
    struct span body;
    struct record_header header;
    struct signature signature;
    struct digest wire_id; /* R4 */
    struct digest id;      /* R5 */
    struct item *items;    /* header.item_count of them */
    struct digest *item_digests;
};

enum err record_parse(const struct ledger_params *params, struct span wire, struct arena *arena,
                      struct record *ret, struct refusal *ret_refusal) MUST_USE;
enum err record_items_check(const struct record *record, struct arena *arena,
                            struct refusal *ret_refusal) MUST_USE;
enum err record_signature_check(const struct record *record) MUST_USE;
enum err record_check(const struct ledger_params *params, struct span wire, struct arena *arena,
                      struct record *ret, struct refusal *ret_refusal) MUST_USE;
/* Wire identity without looking at the items: for pools and peers. ERR_CODEC_* when the wire form
 * is not R6. */
enum err record_wire_id(struct span wire, struct digest *ret) MUST_USE;

/* The parts that proofs and logs use alone. */
enum err record_header_decode(struct span in, struct record_header *ret) MUST_USE;
/* R4: 0x01 || header || signature, appended. */
void record_leaf(struct span header_bytes, const struct signature *signature, struct buffer *out);
/* Splits a log leaf of type 0x01. */
enum err record_leaf_decode(struct span leaf, struct span *ret_header_bytes,
                            struct signature *ret_signature) MUST_USE;
struct digest record_wire_id_of(struct span header_bytes, const struct signature *signature);
struct digest record_id_of(struct span header_bytes);
enum err record_header_signature(struct span header_bytes, const struct pubkey *key,
                                 const struct signature *signature) MUST_USE;
/* RFC 9162 leaf hash of an item digest (R3). */
struct digest record_item_leaf(const struct digest *item_digest);

/* Makes a record: for clients. Fills version, suite, item count, body length and root from the
 * items; everything else from `draft`. Appends the wire form. ERR_RECORD_SIZE, ERR_RECORD_ITEMS
 * when it would be too large; record_check says the rest. */
enum err record_make(const struct ledger_params *params, const struct record_header *draft,
                     const struct item items[], uint32_t items_count, const struct keypair *keys,
                     struct buffer *out) MUST_USE;

#endif
