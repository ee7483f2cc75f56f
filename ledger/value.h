/* value.h: the values of the status tree (SPEC S4, S5). Every one begins with the same six fields.
 */
#ifndef LEDGER_VALUE_H
#define LEDGER_VALUE_H

#include "base/codec.h"
#include "base/crypto.h"
#include "trace/certificate.h"
#include "trace/code.h"
#include "trace/yield.h"

enum status_type {
    STATUS_MEMBER = 1,    /* subject: subject id */
    STATUS_KEY = 2,       /* subject: the 32 bytes of the public key */
    STATUS_THING = 3,     /* subject: canonical identifier */
    STATUS_RECORD_ID = 5, /* subject: the 32 bytes of the record id */
    STATUS_ACT = 6,       /* subject: the 32 bytes of the act digest */
    STATUS_CERTIFICATE = 16, /* subject: certificate id */
    STATUS_PACK = 17,        /* subject: pack id */
    STATUS_CLAIM = 18,       /* subject: canonical [pack id, index] */
    STATUS_RECALL = 19,      /* subject: recall id */
    STATUS_ACCOUNT = 20,     /* subject: canonical [who, kind, lot, unit] */
    STATUS_BALANCE = 21,     /* subject: canonical [purpose, subject id, lot, unit, certificate type] */
    STATUS_RULE = 22,        /* subject: the number of a flow rule, one byte */
    STATUS_CERTIFICATE_TYPE = 24, /* subject: its name */
    STATUS_ANCHOR = 25,      /* subject: canonical [subject id, what, from] */
    STATUS_PARTY = 26,       /* subject: canonical identifier of a party */
    STATUS_TOLD = 27,        /* subject: canonical [subject id, item digest] of a moving event */
    STATUS_GROUP = 28,       /* subject: canonical [subject id, SHA-256 of a transformationID] */
    STATUS_LINK = 29,        /* subject: canonical [group, output, unit] */
    STATUS_RECALLED = 30,    /* subject: canonical [recall id, thing] */
    STATUS_YIELD = 31,       /* subject: canonical product */
    STATUS_DELETION = 33,    /* subject: canonical [wire identity, subject id, or empty for an authority] */
};

enum status_state {
    STATE_ACTIVE = 1,
    STATE_SUSPENDED = 2, /* a member */
    STATE_REVOKED = 2,   /* a key */
    STATE_ENDED = 2,     /* a thing: an event with action DELETE named it last as object */
    STATE_RETIRED = 2,   /* a certificate type */
    STATE_SUPERSEDED = 3, /* a certificate */
    STATE_CORRECTED = 2,  /* an event that was told */
    STATE_LIFTED = 2,     /* a recall, what it lists */
};

enum member_role {
    MEMBER_AUTHORITY = 1 << 0,
    MEMBER_PRODUCER = 1 << 1,
    MEMBER_PROCESSOR = 1 << 2,
    MEMBER_CARRIER = 1 << 3,
    MEMBER_RETAILER = 1 << 4,
    MEMBER_CERTIFIER = 1 << 5,
    MEMBER_DEVICE = 1 << 6,
    MEMBER_AUDITOR = 1 << 7,
    MEMBER_ROLES_ALL = (1 << 8) - 1,
};
/* "authority" ...; NULL for a bit that is no role. */
const char *role_name(uint32_t bit, enum lang lang);
/* The bit of an English name; 0 when there is none. */
uint32_t role_by_name(struct span name);

#define VALUE_FIELDS                                                                               \
    uint8_t version, state;                                                                        \
    uint64_t since_height, log_index, until_ms;                                                    \
    uint16_t reason;

struct value_any {
    VALUE_FIELDS
}; /* what all values share; read with value_any_read */
struct member_value {
    VALUE_FIELDS uint32_t roles;
    struct span name, division;
};
struct key_value {
    VALUE_FIELDS struct span subject;
    uint64_t from_ms;
};
/* Who holds an instance, or is to receive it (SPEC L5). */
struct holder {
    struct span subject; /* empty: whoever receives it */
    bool due;
    int64_t n; /* not 0 */
};
struct recall_mark {
    struct span recall; /* a recall id, or a subject id and "/": by an event (SPEC L14) */
    uint64_t ms;        /* block time */
};
/* A moving event that was told, of which this thing is the witness (SPEC L7). */
enum { TOLD_MARK_BYTES = 12 };
struct told_mark {
    uint8_t digest[TOLD_MARK_BYTES];
    bool corrected;
};
/* What events did to a thing (SPEC L4). Times are 0 where there is none. */
struct flow {
    struct span maker;
    uint32_t made, foreign; /* makes told by the maker, by others */
    uint8_t marks;          /* bit r - 1: rule r */
    struct span parent;
    uint64_t packed_ms, born_ms, first_ms, last_ms, destroyed_ms;
    uint64_t unit_count;
    struct span unit_chain; /* 32 bytes; empty when the count is 0 */
    uint32_t strays, overdrawn, unnamed;
    struct holder *holders; /* rising by (subject, due) */
    uint32_t holders_count;
    struct recall_mark *recalls; /* rising by recall */
    uint32_t recalls_count;
    struct told_mark *told; /* oldest first */
    uint32_t told_count;
};
enum {
    FLOW_HOLDERS_MAX = 8,
    FLOW_RECALLS_MAX = 8,
    FLOW_RECALLS_OF_OTHERS = 4,
    FLOW_TOLD_MAX = 16,
    FLOW_MADE_MAX = 1000,
    FLOW_HELD_MAX = 100,
};
struct thing_value {
    VALUE_FIELDS uint64_t count; /* 0: a lot that only its items' events made a row for */
    struct digest chain;
    struct span lot, pack, product;
    struct flow *flow; /* NULL and 0, or one */
    uint32_t flow_count;
};
struct record_id_value {
    VALUE_FIELDS uint16_t code;
};
struct act_value {
    VALUE_FIELDS
};
/* One thing a certificate covers; drawn: codes of packs drawn on it (SPEC Q6). */
struct covered {
    struct span identifier, unit;
    uint64_t quantity, drawn; /* quantity in millionths, 0 where none was given */
};
struct certificate_value {
    VALUE_FIELDS uint64_t issued;
    uint16_t item;
    struct span type;
    struct digest definition;
    struct span producer;
    struct covered *covered;
    uint32_t covered_count;
    struct span upstream; /* canonical [certificate id, ...] */
    struct digest item_digest;
    uint8_t line;
    struct span other; /* the one that superseded it, or empty */
    uint16_t ended;
};
struct pack_range {
    uint32_t first, last;
};
struct pack_value {
    VALUE_FIELDS uint64_t issued;
    uint16_t item;
    struct span subject;
    uint32_t count;
    struct digest root;
    struct span lot, certificate, drawn_on;
    struct pack_range *voided; /* rising, not touching */
    uint32_t voided_count;
};
struct claim_value {
    VALUE_FIELDS struct span division;
    uint8_t nonce[16];
    uint64_t time_ms;
};
struct balance_value {
    VALUE_FIELDS uint64_t amount;
};
struct certificate_type_value {
    VALUE_FIELDS struct span definition;
};
enum {
    PACK_RANGES_MAX = 256,
};
/* What a subject holds, is due, or a parent has inside, of a lot in a unit; in millionths (SPEC L6). */
struct account_value {
    VALUE_FIELDS int64_t amount;
};
struct rule_value {
    VALUE_FIELDS uint8_t action; /* enum flow_action */
};
struct party_value {
    VALUE_FIELDS struct span subject; /* empty: nobody */
};
struct told_value {
    VALUE_FIELDS uint64_t told; /* log index of the record that told it, */
    uint16_t item;              /* and the item's index there */
};
struct group_value {
    VALUE_FIELDS uint64_t count;
    struct digest chain;
};
struct link_value {
    VALUE_FIELDS
};
struct recall_value {
    VALUE_FIELDS struct span root; /* canonical */
    uint8_t level;                 /* 1 to 3 */
    uint32_t listed, lifted;
};
struct recalled_value {
    VALUE_FIELDS
};
struct yield_value {
    VALUE_FIELDS struct span rule; /* as the act has it */
};
struct anchor_value {
    VALUE_FIELDS uint64_t count;
    struct digest root;
};

struct deletion_value {
    VALUE_FIELDS uint8_t tiers; /* deletion_bit of each */
};

extern const struct type member_value_type, key_value_type, thing_value_type, record_id_value_type,
    act_value_type, anchor_value_type, deletion_value_type, certificate_value_type, pack_value_type, claim_value_type,
    balance_value_type, certificate_type_value_type, account_value_type, rule_value_type,
    party_value_type, told_value_type, group_value_type, link_value_type, yield_value_type,
    recall_value_type, recalled_value_type;

/* The six fields that begin a value of any type. */
enum err value_any_read(struct span value, struct value_any *ret) MUST_USE;

#endif
