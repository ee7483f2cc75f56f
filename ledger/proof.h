/* proof.h: a proof bundle (SPEC P): everything a phone needs to answer one question with the chain
 * id alone.
 *
 *   proof_build   from a reader that stands exactly at an attested height
 *   proof_verify  from bytes and the trusted chain id: no store, no clock, no network -> a
 * statement, not a boolean
 *
 * The statement borrows from the bundle and from the arena. It says what is proven and as of when;
 * judging it (is the member suspended? is as-of too old?) is the reader's business, the words for
 * it are in statement_json and tools. Errors: ERR_PROOF_* naming the part that is false;
 * ERR_CODEC_* for bytes that are no canonical bundle; ERR_QUERY_UNKNOWN when there is nothing to
 * build from. Results untouched on failure.
 */
#ifndef LEDGER_PROOF_H
#define LEDGER_PROOF_H

#include "ledger/checkpoint.h"
#include "ledger/query.h"
#include "ledger/status.h"
#include "trace/code.h"

enum proof_question { PROOF_RECORD = 1, PROOF_THING = 2, PROOF_CERTIFICATE = 3, PROOF_CODE = 4 };
enum { PROOF_LEAF_BYTES_MAX = 128 }; /* P12 */
/* SPEC P9: how many entries of a history of `count` question 4 leaves out: the oldest. */
uint64_t proof_code_before(uint64_t count);

/* What the builder must know besides rows. */
struct proof_source {
    struct reader reader;        /* at the attested height */
    struct span validator_bytes; /* G1 */
    struct digest rest_digest;   /* SHA-256 of the rest of genesis */
    const struct ledger_params *params;
    const struct attested *attested; /* its height and size are those of the reader's head */
};
/* Was this record accepted, and what stands now about who signed it? items: indices to disclose in
 * rising order; count 0 discloses all. ERR_QUERY_UNKNOWN when it is not in the log. Appends. */
enum err proof_build_record(const struct proof_source *source, const struct digest *wire_id,
                            const uint32_t items[], uint32_t items_count,
                            struct buffer *out) MUST_USE;
/* What is this thing, and what happened to it? An identifier without history gives a proof of
 * absence. Appends. */
enum err proof_build_thing(const struct proof_source *source, struct span canonical,
                           struct buffer *out) MUST_USE;

/* What does this certificate say, and does it stand? An id that was never issued gives a proof of absence. Appends. */
enum err proof_build_certificate(const struct proof_source *source, struct span id,
                                 struct buffer *out) MUST_USE;

/* The leaf of a code and its path in the tree of its pack, from those who hold the leaves. */
struct proof_leaf {
    struct span leaf;
    const struct digest *path;
    uint32_t path_count;
};
/* Does a proof about this code need its leaf? Then ret_pack is its pack, whose leaf at ret_code->index it is; the lists of ret_pack
 * live in the arena. ERR_CODE when the canonical identifier is no code. */
enum err proof_code_leaf_needed(struct reader r, struct span canonical, struct arena *arena,
                                struct code *ret_code, struct pack_value *ret_pack,
                                bool *ret_needed) MUST_USE;
/* Was this code issued, voided, claimed, and what happened to the piece? leaf: NULL when none is needed; ERR_PROOF_LEAF_ABSENT when
 * it is needed and not given: then nobody can tell from here, which is not "never issued". Appends. */
enum err proof_build_code(const struct proof_source *source, struct span canonical,
                          const struct proof_leaf *leaf, struct buffer *out) MUST_USE;

struct statement_signer {
    uint32_t index;
    struct span name;
    uint64_t time_s;
};
struct statement_status {
    uint8_t type; /* enum status_type */
    struct span subject;
    bool exists;
    struct span value; /* canonical; decode with value.h's types */
};
struct statement_thing {
    uint32_t index;
    struct span bytes; /* canonical [role, identifier, quantity, unit] */
};
struct statement_item {
    uint32_t index;
    uint8_t type;
    bool fields_disclosed;
    struct span fields; /* canonical map; empty when not disclosed */
    struct digest digest;
    uint32_t things_count;
    struct statement_thing *things; /* the disclosed ones */
    uint32_t things_disclosed;
};
struct statement_record {
    uint64_t log_index;
    struct digest wire_id;
    struct record_header header;
    struct statement_item *items;
    uint32_t items_count;
};
struct statement_entry {
    uint64_t i, log_index;
    uint32_t item;
    struct digest wire_id;
    struct span subject;
    struct digest item_digest;
};
/* What question 4 found. The last four states of a code are told apart by CODE_ISSUED and the flags. */
enum code_state {
    CODE_NO_PACK,  /* never issued: there is no such pack */
    CODE_NO_INDEX, /* never issued: the pack has fewer codes */
    CODE_OTHER,    /* never issued: another code stands at its index */
    CODE_ISSUED,
};
struct statement_code {
    enum code_state state;
    struct span pack_id;
    uint32_t index;
    struct span issuer;      /* of the pack; empty when there is none. Likewise: */
    struct span lot;         /* backed by this lot, */
    struct span certificate; /* this certificate; neither: backed by nothing */
    bool contradicts;        /* the thing's own value names another lot */
    bool voided, claimed;
    uint64_t claimed_ms;
    struct span claimed_division;
};
struct statement {
    enum proof_question question;
    struct digest wire_id;  /* PROOF_RECORD */
    struct span identifier; /* the others: canonical identifier, certificate id */
    struct digest chain_id;
    struct span domain;
    uint64_t size;
    struct digest root;
    uint64_t height, block_time_ms; /* of the block leaf; 0 and 0 at genesis */
    struct digest status_root;
    uint64_t as_of_s;
    uint32_t validators;
    struct statement_signer *signers;
    uint32_t signers_count;
    struct statement_record *records;
    uint32_t records_count;
    struct statement_status *statuses;
    uint32_t statuses_count;
    struct statement_entry *entries; /* PROOF_THING: complete history; PROOF_CODE: the newest */
    uint32_t entries_count;
    uint64_t entries_before;    /* older ones that are not shown: PROOF_CODE only */
    struct statement_code code; /* PROOF_CODE */
};

enum { PROOF_ARENA_BYTES = 64 << 20 };

enum err proof_verify(struct span bundle, const struct digest *chain_id, struct arena *arena,
                      struct statement *ret) MUST_USE;
/* Finds a status in a statement; NULL when it is not there. */
const struct statement_status *statement_find(const struct statement *s, uint8_t type,
                                              struct span subject);

/* The statement for people and programs, JSON. */
void statement_json(const struct statement *s, struct buffer *out);
/* The bundle's parts as JSON (hex and base64): for other implementations' debugging. ERR_CODEC_*
 * when it is no bundle. */
enum err proof_export_json(struct span bundle, struct arena *arena, struct buffer *out) MUST_USE;
/* c2sp.org/tlog-proof@v1 of one log leaf under an attested checkpoint; extra = the leaf itself. */
enum err proof_export_tlog(struct reader r, const struct validator_set *set, struct span origin,
                           const struct attested *attested, uint64_t log_index,
                           struct buffer *out) MUST_USE;

#endif
