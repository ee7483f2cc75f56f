/* item.h: the unit of what is said: [type, fields, things] (docs/spec.md section I).
 *
 * fields  what the event says, spelled as received, as one canonical map
 * things  the identifiers it names, taken out of the fields so that one of them can be proven alone
 *
 * Ownership: an item borrows. Its spans point into the bytes it was decoded from (or into the arena
 * of the builder, epcis.h) and its list lives in the arena given. item_decode checks the form only
 * (rules I1 to I5: canonical, bounded, well-formed hidden values); that an event keeps section E is
 * epcis_items_check. On failure results are untouched and the refusal names the place.
 * Errors: ERR_CODEC_*, ERR_ITEM_FORM, ERR_ITEM_HIDDEN.
 */
#ifndef TRACE_ITEM_H
#define TRACE_ITEM_H

#include "base/codec.h"
#include "base/crypto.h"
#include "base/limits.h"

/* docs/spec.md rule E1. Numbers are written into hashes: never reused. */
enum item_type {
    ITEM_ENVELOPE = 1, /* a document without its events */
    ITEM_OBJECT_EVENT = 2,
    ITEM_AGGREGATION_EVENT = 3,
    ITEM_ASSOCIATION_EVENT = 4,
    ITEM_TRANSACTION_EVENT = 5,
    ITEM_TRANSFORMATION_EVENT = 6,
    ITEM_OTHER_EVENT = 7, /* an extension event: its type is a URI */
    ITEM_RECALL_ORDERED = 48, /* rules O1, O3 */
    ITEM_RECALL_LIFTED = 49,
    ITEM_CERTIFICATE_ISSUED = 64, /* rules D2 to D4 */
    ITEM_CERTIFICATE_SUPERSEDED = 65,
    ITEM_CERTIFICATE_REVOKED = 66,
    ITEM_PACK_ISSUED = 72,        /* rules Q4, Q5, Q8 */
    ITEM_CODES_VOIDED = 73,
    ITEM_CLAIM = 76,
    ITEM_DELETION = 56,   /* rule U8 */
    ITEM_ANCHOR = 80,     /* rule Z1 */
};

/* docs/spec.md rule E3: the place in the event a thing was taken from. A list of things is in
 * rising order of roles. */
enum item_role {
    ROLE_PARENT = 1,          /* parentID */
    ROLE_CHILD = 2,           /* childEPCs */
    ROLE_CHILD_QUANTITY = 3,  /* childQuantityList */
    ROLE_EPC = 4,             /* epcList */
    ROLE_QUANTITY = 5,        /* quantityList */
    ROLE_INPUT = 6,           /* inputEPCList */
    ROLE_INPUT_QUANTITY = 7,  /* inputQuantityList */
    ROLE_OUTPUT = 8,          /* outputEPCList */
    ROLE_OUTPUT_QUANTITY = 9, /* outputQuantityList */
    ROLE_COVERED = 10,        /* of a certificate: rule D2 */
    ROLE_PACK = 11,           /* what a pack is of: rule Q4 */
    ROLE_CODE = 12,           /* what is claimed: rule Q8 */
    ROLE_RECALLED = 13,       /* of a recall: rule O1 */
};

struct thing {
    uint8_t role;           /* enum item_role */
    struct span identifier; /* as received, 1..IDENTIFIER_BYTES_MAX bytes */
    struct span quantity;   /* canonical value: a number or nil */
    struct span unit;       /* canonical value: a text or nil */
};
extern const struct type thing_type;
/* Without quantity and unit. */
struct thing thing_bare(uint8_t role, struct span identifier);

struct item {
    uint8_t type;       /* enum item_type, or a governance act's (ledger) */
    struct span fields; /* canonical map */
    struct thing *things;
    uint32_t things_count;
};
extern const struct type item_type;

/* Exactly one item, nothing trailing. */
enum err item_decode(struct span in, struct arena *arena, struct item *ret) MUST_USE;
/* The same from the middle of a reader (a record's body): on failure the reader's sticky error is
 * set. */
bool item_read(struct unpack *u, struct arena *arena, struct item *ret) MUST_USE;
void item_encode(const struct item *item, struct buffer *out);

/* The canonical bytes of one thing, as hashed. */
void thing_encode(const struct thing *thing, struct buffer *out);
struct digest thing_leaf_hash(const struct thing *thing);

struct digest item_fields_digest(const struct item *item);
void item_things_root(const struct item *item, struct digest *ret);
struct digest item_digest(const struct item *item);
/* The same from its parts: what a proof that discloses only some of the item recomputes. */
struct digest item_digest_of(uint8_t type, const struct digest *fields_digest,
                             uint32_t things_count, const struct digest *things_root);

enum { HIDDEN_EXT = 1, HIDDEN_BYTES = 33, HIDDEN_SALT_BYTES = 16 };

/* docs/spec.md rule I3. Tier 0 is public for ever and therefore never hidden. */
enum item_tier { TIER_PUBLIC = 0, TIER_PARTNER = 1, TIER_REGULATOR = 2, TIER_DELETABLE = 3 };

struct hidden {
    enum item_tier tier;
    struct digest commitment;
};

/* Reads a canonical value that is a hidden one; ERR_ITEM_HIDDEN when it is another kind, length or
 * tier. */
enum err hidden_read(struct span value, struct hidden *ret) MUST_USE;
void hidden_write(const struct hidden *hidden, struct buffer *out);
/* What hides `value` (canonical) under `name`: the RFC 6901 pointer of its place in the fields,
 * "/ilmd/https:~1~1a.example~1contact". */
struct digest hidden_commitment(const struct digest *chain_id, enum item_tier tier,
                                const uint8_t salt[HIDDEN_SALT_BYTES], struct span name,
                                struct span value);

#endif
