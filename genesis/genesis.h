/* genesis.h: the document that a chain begins with (SPEC G). Its digest is the chain id; whoever
 * trusts the chain id trusts nothing else.
 *
 *   genesis_from_json  what people write -> the genesis file (canonical bytes)
 *   genesis_parse      the file -> struct genesis, everything checked
 *   genesis_apply      -> the rows of height 0
 *
 * Ownership: a struct genesis owns its bytes and lists; genesis_free accepts NULL. Everything in it
 * is constant after genesis_parse, so it may be read from any thread. Errors: ERR_GENESIS_*,
 * ERR_CODEC_*, ERR_KEY_INVALID; the refusal names the place.
 *
 * JSON for people:
 * {"domain": "lucheng.example", "title": "...", "created": "2026-06-01T00:00:00Z" or ms,
 *  "parameters": {"delta_ms": 200, ...}            (what is left out has its default)
 *  "validators": [{"name": "...", "consensus_key": hex, "checkpoint_key": hex, "log_key": hex,
 * "transport_key": hex}, ...], "members": [{"subject": "...", "name": "...", "roles": ["authority",
 * ...], "division": "330302", "keys": [{"key": hex, "from": ms, "until": ms}]}, ...], "thresholds":
 * [{"act": 32, "approvals": 2}, ...]} from, until, division, thresholds and parameters may be left
 * out. Unknown names are refused.
 */
#ifndef GENESIS_GENESIS_H
#define GENESIS_GENESIS_H

#include "ledger/apply.h"
#include "ledger/member.h"
#include "ledger/validator_bytes.h"

enum { GENESIS_BYTES_MAX = 8 << 20, GENESIS_MEMBERS_MAX = 8192 };

struct genesis_member {
    struct span subject, name;
    uint32_t roles;
    struct span division;
    struct member_key *keys;
    uint32_t keys_count;
};
extern const struct type genesis_member_type;

struct genesis_threshold {
    uint8_t act, approvals;
};
extern const struct type genesis_threshold_type;

/* G2 */
struct genesis_rest {
    uint8_t version;
    struct span title;
    uint64_t created_ms;
    struct parameters parameters;
    struct genesis_member *members;
    uint32_t members_count;
    struct genesis_threshold *thresholds;
    uint32_t thresholds_count;
    struct span extensions; /* canonical map */
};
extern const struct type genesis_rest_type;

struct genesis {
    struct arena arena;          /* owns everything below */
    struct span file;            /* the whole genesis file */
    struct span validator_bytes; /* G1, exact bytes */
    struct span rest_bytes;      /* G2, exact bytes */
    struct digest validators_digest, rest_digest;
    struct digest chain_id;
    struct validator_bytes set;
    struct validator_set validators; /* the same list, as base/validators.h has it */
    struct genesis_rest rest;
    struct ledger_params params;
    struct span origin; /* K1 */
};

enum err genesis_parse(struct span file, struct genesis **ret,
                       struct refusal *ret_refusal) MUST_USE;
void genesis_free(struct genesis *g);
/* Appends the genesis file. */
enum err genesis_from_json(struct span text, struct buffer *out,
                           struct refusal *ret_refusal) MUST_USE;
/* From parts, for tools: both are checked by parsing the result. Appends. */
enum err genesis_make(const struct validator_bytes *set, const struct genesis_rest *rest,
                      struct buffer *out, struct refusal *ret_refusal) MUST_USE;
/* The JSON for people, with the chain id and both digests added under "chain_id",
 * "validators_digest", "rest_digest". */
void genesis_json(const struct genesis *g, struct buffer *out);

/* All rows of height 0 into an empty store: members, keys, status tree, log leaf 0, head. The
 * caller frees nothing. */
void genesis_apply(const struct genesis *g, struct changes *c, struct ledger_head *ret_head);
/* The validator index of a key of any purpose; -1 when there is none. */
int genesis_validator_by_key(const struct genesis *g, const struct pubkey *key);

/* What a validator's seed makes (SPEC C4). */
struct validator_keys {
    struct keypair consensus, checkpoint, log, transport;
};
void validator_keys_derive(const struct seed *seed, struct validator_keys *ret);
void validator_keys_wipe(struct validator_keys *keys);

#endif
