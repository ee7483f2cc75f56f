/* golden_codes.h: what the golden bytes of section Q are made from: a lot, a certificate of it, a pack of five codes drawn on it, one
 * voided, one claimed. */
#ifndef TESTS_GOLDEN_CODES_H
#define TESTS_GOLDEN_CODES_H

#include "tests/unit/ledger_world.h"

#include "tests/unit/certificate_world.h"
#include "tests/unit/code_world.h"

/* A type with a hidden field, a choice and what asks for upstream. */
struct certificate_type golden_type(void);

struct golden_codes {
    struct world w;
    struct world_pack *pack;
    struct item pack_item, void_item, claim_item;
};
void golden_codes_make(struct golden_codes *g);

/* Appends what a file holds. */
void golden_code(const struct golden_codes *g, struct buffer *out);   /* identifier, code hash, claim key, leaf of code 2 */
void golden_leaves(const struct golden_codes *g, struct buffer *out); /* the attachment, then the root */
/* The three items, one after the other. */
void golden_items(const struct golden_codes *g, struct buffer *out);
void golden_coded_root(const struct golden_codes *g, struct buffer *out); /* chain id, count u64, root */
/* Subjects of status values: the pack, the claim, the codes of the lot. */
void golden_pack_subject(const struct golden_codes *g, struct buffer *out);
void golden_claim_subject(const struct golden_codes *g, struct buffer *out);
void golden_codes_subject(const struct golden_codes *g, struct buffer *out);

/* Proof bundles: the certificate, the claimed code, and another serial at the place of code 2, which was never issued. */
void golden_proof_certificate(struct golden_codes *g, struct buffer *out);
void golden_proof_code(struct golden_codes *g, struct buffer *out);
void golden_proof_never_issued(struct golden_codes *g, struct buffer *out);

#endif
