/* code_item.h: the items about codes (docs/spec.md Q4, Q5, Q8): a pack is issued, codes of it are voided, a code is claimed.
 * What they do is in ledger/rules_code.c.
 *
 *   pack_issued_decode / _fields    item type 72, one thing of ROLE_PACK
 *   codes_voided_decode / _fields   item type 73, no things
 *   claim_decode / _fields          item type 76, one thing of ROLE_CODE
 *
 * The decoders check the form that the bytes alone decide. Whether the claim's signature is its key's depends on the chain too:
 * claim_signature_check, once at admission, for it costs as much as a record's. The encoders are for clients; they give the
 * fields, thing_bare (item.h) makes the thing.
 * Spans borrow from the item or live in the arena; results are untouched on failure. Errors: ERR_PACK_FORM,
 * ERR_VOID_FORM, ERR_CLAIM_FORM, ERR_CLAIM_SIGNATURE, ERR_CODE, ERR_CERTIFICATE_ID, ERR_CODEC_*, ERR_TOO_LARGE. */
#ifndef TRACE_CODE_ITEM_H
#define TRACE_CODE_ITEM_H

#include "trace/code.h"
#include "trace/item.h"
#include "trace/pack_tree.h"

struct pack_issued {
    char pack_id[PACK_ID_BYTES + 1];
    uint32_t count;
    struct digest root;
    struct span certificate; /* an id, or empty */
    struct span product;     /* canonical identifier of the GTIN */
    struct span lot;         /* canonical identifier, empty when the thing is the GTIN alone */
};
enum err pack_issued_decode(const struct item *item, struct arena *arena,
                            struct pack_issued *ret) MUST_USE;
/* Of pack_id, count, root and certificate. */
void pack_issued_fields(const struct pack_issued *pack, struct buffer *out);

struct codes_voided {
    char pack_id[PACK_ID_BYTES + 1];
    uint32_t first, last; /* both included; whether the pack reaches that far is the ledger's to say */
    uint16_t reason;
};
enum err codes_voided_decode(const struct item *item, struct codes_voided *ret) MUST_USE;
void codes_voided_fields(const struct codes_voided *v, struct buffer *out);

struct claim {
    struct code code;
    struct span division; /* 0 to 6 digits */
    struct pubkey key;
    uint8_t nonce[CLAIM_NONCE_BYTES];
    struct digest path[PACK_PATH_MAX]; /* pack_tree.h */
    uint32_t path_count;
    struct signature signature;
};
enum err claim_decode(const struct item *item, struct claim *ret) MUST_USE;
/* ERR_CLAIM_SIGNATURE. */
enum err claim_signature_check(const struct claim *claim, const struct digest *chain_id) MUST_USE;
void claim_fields(const struct claim *claim, struct buffer *out);

#endif
