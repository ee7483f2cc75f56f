/* member.h: governance acts (SPEC A): who is a member, which keys speak for it. Acts are items of
 * types 32 to 47 in records of kind RECORD_GOVERNANCE: fields {"act": map, "approvals": [[key,
 * signature], ...]}, no things.
 *
 * act_decode takes apart what record_items_check accepted; act_item makes an item for clients.
 * Spans borrow from the item and the arena.
 */
#ifndef LEDGER_MEMBER_H
#define LEDGER_MEMBER_H

#include "ledger/record.h"
#include "ledger/value.h"

enum act_type {
    ACT_MEMBER_ADMITTED = 32,
    ACT_MEMBER_SUSPENDED = 33,
    ACT_KEY_ADDED = 34,
    ACT_KEY_REVOKED = 35,
    ACT_CERTIFICATE_TYPE = 36,
    ACT_RULE = 37,
    ACT_PARTY = 38,
    ACT_YIELD = 39,
    ACT_TYPE_MAX = 47,
};

enum { ACT_KEYS_MAX = 64, ACT_APPROVALS_MAX = 64 };

struct member_key {
    struct pubkey key;
    uint64_t from_ms, until_ms; /* until 0: no end */
};
extern const struct type member_key_type;

struct approval {
    struct pubkey key;
    struct signature signature;
};
extern const struct type approval_type;

struct act {
    uint8_t type;               /* enum act_type */
    struct span bytes;          /* the canonical act map */
    struct span subject;        /* all but key revoked, certificate type, rule and yield; party: may be empty */
    struct span name, division; /* member admitted */
    uint32_t roles;             /* member admitted */
    struct member_key
        *keys; /* member admitted: any number; key added: one; key revoked: one, times zero */
    uint32_t keys_count;
    uint16_t reason; /* member suspended, key revoked */
    struct certificate_type certificate_type; /* certificate type */
    uint8_t rule, action;    /* rule: enum flow_rule, flow_action (flow.h) */
    struct span party;       /* party: canonical identifier */
    struct yield yield;      /* yield */
    struct approval *approvals;
    uint32_t approvals_count;
};

/* Form of A1 and A3 to A6, A9 to A12. own_key: the record's key, which may not approve its own act.
 * ERR_ACT_FORM, ERR_ACT_APPROVALS. */
enum err act_decode(const struct item *item, const struct pubkey *own_key, struct arena *arena,
                    struct act *ret) MUST_USE;

/* The bytes that an approval signs after its tag, and that the act digest covers (A2, A7). */
void act_signed_bytes(const struct digest *chain_id, uint8_t type, uint64_t created_ms,
                      uint64_t nonce, struct span act, struct buffer *out);
struct digest act_digest(const struct digest *chain_id, uint8_t type, uint64_t created_ms,
                         uint64_t nonce, struct span act);
void act_approve(const struct keypair *keys, const struct digest *chain_id, uint8_t type,
                 uint64_t created_ms, uint64_t nonce, struct span act, struct approval *ret);
bool act_approval_check(const struct approval *a, const struct digest *chain_id, uint8_t type,
                        uint64_t created_ms, uint64_t nonce, struct span act) MUST_USE;

/* Appends the act's canonical map from the fields of `act` that its type has. */
void act_encode(const struct act *act, struct buffer *out);
/* Appends the fields map of the item: {"act": act_bytes, "approvals": ...}; approvals are sorted
 * here. */
void act_fields(struct span act_bytes, const struct approval approvals[], uint32_t count,
                struct buffer *out);

#endif
