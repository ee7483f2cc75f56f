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

enum proof_question { PROOF_RECORD = 1, PROOF_THING = 2 };

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
struct statement {
    enum proof_question question;
    struct digest wire_id;  /* PROOF_RECORD */
    struct span identifier; /* PROOF_THING: canonical */
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
    struct statement_entry *entries; /* PROOF_THING: complete history */
    uint32_t entries_count;
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
