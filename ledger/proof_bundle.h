/* proof_bundle.h: a proof bundle taken apart (SPEC P1 to P9, form only). Inside of proof.h:
 * proof_verify.c judges it, proof_json.c shows it. */
#ifndef LEDGER_PROOF_BUNDLE_H
#define LEDGER_PROOF_BUNDLE_H

#include "ledger/history.h"
#include "ledger/proof.h"

enum { PROOF_PATH_MAX = 64 };

struct path {
    struct digest *hashes;
    uint32_t count;
};

struct bundle_cosignature {
    uint8_t index;
    uint64_t time_s;
    struct signature signature;
};
struct bundle_thing {
    uint32_t index;
    struct span bytes;
    struct path path; /* empty where all things are disclosed */
};
struct bundle_item {
    uint32_t index;
    uint8_t type;
    bool fields_disclosed;
    struct span fields;
    struct digest fields_digest; /* where they are not */
    uint32_t things_count;
    bool things_all;
    struct digest things_root; /* where not all are disclosed */
    struct bundle_thing *things;
    uint32_t things_disclosed;
    struct path path;
};
struct bundle_record {
    uint64_t log_index;
    struct span header_bytes;
    struct signature signature;
    struct path path;
    struct bundle_item *items;
    uint32_t items_count;
};
struct bundle_status {
    uint8_t type;
    struct span subject;
    bool exists;
    struct span value;
    struct span proof; /* SPEC S3, canonical bytes */
};
struct bundle {
    struct span validator_bytes;
    struct digest rest_digest;
    enum proof_question question;
    struct digest wire_id;
    struct span identifier; /* the thing, the certificate id, the code */
    struct span code_leaf;  /* question 4, empty when none is shown */
    struct path code_path;
    uint64_t size;
    struct digest root;
    struct bundle_cosignature *cosignatures;
    uint32_t cosignatures_count;
    struct span leaf;
    struct path leaf_path;
    struct bundle_record *records;
    uint32_t records_count;
    struct bundle_status *statuses;
    uint32_t statuses_count;
    uint64_t entries_before;     /* question 4 */
    struct digest entries_chain; /* the head after those; zero when there are none */
    struct history_entry *entries;
    uint32_t entries_count;
};

/* ERR_CODEC_*, ERR_PROOF_VERSION, ERR_TOO_LARGE. */
enum err bundle_read(struct span in, struct arena *arena, struct bundle *ret) MUST_USE;

#endif
