/* query.h: reading back the rows that execution wrote. Works on any reader: a store snapshot, an
 * overlay, memory.
 *
 * Texts and bytes are appended to the caller's buffers or copied into the arena. Lists are pages:
 * at most `max` entries, from a cursor. Errors: ERR_QUERY_UNKNOWN when there is no such thing;
 * results untouched. A row whose bytes are damaged gives the codec's error: recovery names it,
 * nobody else meets one.
 */
#ifndef LEDGER_QUERY_H
#define LEDGER_QUERY_H

#include "ledger/apply.h"
#include "ledger/value.h"

struct record_place {
    uint64_t height;
    uint32_t index;      /* in the block's payload */
    uint64_t log_index;  /* LOG_INDEX_NONE when it was not accepted */
    uint16_t code, item; /* its result */
};

enum err query_record(struct reader r, const struct digest *wire_id,
                      struct record_place *ret) MUST_USE;
/* The record that consumed this id (R5); by the index, so also after the id was forgotten. */
enum err query_record_by_id(struct reader r, const struct digest *record_id,
                            struct digest *ret_wire_id) MUST_USE;
/* The wire form (R6), replacing ret. */
enum err query_record_bytes(struct reader r, uint64_t height, uint32_t index,
                            struct buffer *ret) MUST_USE;
/* Log leaf at an index, replacing ret; the block it came with. For a block leaf `ret_index` is
 * UINT32_MAX. */
enum err query_log_leaf(struct reader r, uint64_t log_index, struct buffer *ret,
                        uint64_t *ret_height, uint32_t *ret_index) MUST_USE;

/* What a height left: written by execution, height 0 by genesis. */
struct block_summary {
    uint64_t height, view;
    struct digest block;
    uint64_t time_ms;
    uint64_t log_size;      /* after this block; its block leaf is log_size - 1 */
    struct digest log_root; /* at log_size */
    uint64_t status_count;
    struct digest status_root;
    uint32_t records, accepted;
};
extern const struct type block_summary_type;
enum err query_block(struct reader r, uint64_t height, struct block_summary *ret) MUST_USE;
/* B7 as stored, replacing ret. */
enum err query_block_stored(struct reader r, uint64_t height, struct buffer *ret) MUST_USE;
/* Results of a block in payload order, in the arena. */
enum err query_results(struct reader r, uint64_t height, struct arena *arena, struct result **ret,
                       uint32_t *ret_count) MUST_USE;
/* The newest block whose time is <= time_ms; height 0 when none is. */
uint64_t query_height_at(struct reader r, uint64_t time_ms);
/* The height whose block brought this log leaf. */
enum err query_height_of_leaf(struct reader r, uint64_t log_index, uint64_t *ret) MUST_USE;

/* Status values; spans borrow from `value`, whose content is replaced. */
enum err query_member(struct reader r, struct span subject, struct buffer *value,
                      struct member_value *ret) MUST_USE;
enum err query_key(struct reader r, const struct pubkey *key, struct buffer *value,
                   struct key_value *ret) MUST_USE;
/* Its lists live in the arena. */
enum err query_thing(struct reader r, struct span canonical, struct buffer *value, struct arena *arena,
                     struct thing_value *ret) MUST_USE;
/* Keys ever registered for a subject, in key order; returns how many were written. */
uint32_t query_member_keys(struct reader r, struct span subject, const struct pubkey *after,
                           uint32_t max, struct pubkey ret[]);
/* Subject ids in byte order, after the given one (SPAN_EMPTY: from the first), each in the arena.
 */
uint32_t query_members(struct reader r, struct span after, uint32_t max, struct arena *arena,
                       struct span ret[]);

/* Certificates (SPEC D, S5 type 16); the list of what it covers lives in the arena. */
enum err query_certificate(struct reader r, struct span id, struct buffer *value,
                           struct arena *arena, struct certificate_value *ret) MUST_USE;
enum err query_certificate_type(struct reader r, struct span type, struct buffer *value,
                                struct certificate_type_value *ret) MUST_USE;
/* Types ever set, in byte order, after the given one (SPAN_EMPTY: from the first), each in the arena. */
uint32_t query_certificate_types(struct reader r, struct span after, uint32_t max,
                                 struct arena *arena, struct span ret[]);

/* Where an item of a record issued something that has an id. */
struct issued_place {
    uint64_t issued; /* log index */
    uint16_t item;
    struct span id; /* in the arena */
};

enum certificates_of {
    CERTIFICATES_OF_ISSUER,   /* name: a subject id */
    CERTIFICATES_OF_PRODUCER, /* the same */
    CERTIFICATES_OF_THING,    /* a canonical identifier that they cover */
};
/* In the order they were issued, ended ones too, after the given place (NULL: from the first). */
uint32_t query_certificates(struct reader r, enum certificates_of by, struct span name,
                            const struct issued_place *after, uint32_t max,
                            struct arena *arena, struct issued_place ret[]);

/* Code packs (SPEC Q, S5 type 17); the voided ranges live in the arena. */
enum err query_pack(struct reader r, struct span pack_id, struct buffer *value, struct arena *arena,
                    struct pack_value *ret) MUST_USE;
/* The claim of a code; ERR_QUERY_UNKNOWN when nobody claimed it. */
enum err query_claim(struct reader r, const struct code *code, struct buffer *value,
                     struct claim_value *ret) MUST_USE;
/* The anchor (SPEC Z) of what and the hour from_ms by this subject; both are subject ids. */
enum err query_anchor(struct reader r, struct span subject, struct span what, uint64_t from_ms,
                      struct buffer *value, struct anchor_value *ret) MUST_USE;
/* Whom a party of a destination stands for (SPEC A11); by its canonical identifier. */
enum err query_party(struct reader r, struct span canonical, struct buffer *value, struct party_value *ret) MUST_USE;
/* Tiers (deletion_bit) of a record that are deleted (SPEC U10); subject: that of its header. */
uint8_t query_deleted(struct reader r, const struct digest *wire_id, struct span subject);
/* Deletions in the order they were told, after the given place (NULL: from the first); id: the 32 bytes of the wire identity that is
 * named, whether or not who told it may. */
uint32_t query_deletions(struct reader r, const struct issued_place *after, uint32_t max, struct arena *arena,
                         struct issued_place ret[]);
enum packs_of {
    PACKS_OF_SUBJECT, /* name: a subject id */
    PACKS_OF_GTIN,    /* the canonical identifier of a GTIN: with lots and without */
    PACKS_OF_LOT,     /* of a lot */
    PACKS_ALL,        /* empty: whoever issued them */
};
/* In the order they were issued, after the given place (NULL: from the first). */
uint32_t query_packs(struct reader r, enum packs_of by, struct span name,
                     const struct issued_place *after, uint32_t max, struct arena *arena,
                     struct issued_place ret[]);

/* One history entry (H1): where it is told. */
struct history_place {
    uint64_t i; /* from 1 */
    uint64_t log_index;
    uint16_t item;
};
/* Entries from number `from` (1 is the first) on; returns how many. */
uint32_t query_history(struct reader r, struct span canonical, uint64_t from, uint32_t max,
                       struct history_place ret[]);
/* The same of a unit chain (SPEC L12), or of a group's (L13), by the status key of what it is of. */
uint32_t query_moves(struct reader r, const struct digest *key, uint64_t from, uint32_t max, struct history_place ret[]);
/* Recalls (SPEC O, S5 type 19). */
enum err query_recall(struct reader r, struct span id, struct buffer *value, struct recall_value *ret) MUST_USE;
/* In the order they were first ordered, lifted ones too, after the given place (NULL: from the first). */
uint32_t query_recalls(struct reader r, const struct issued_place *after, uint32_t max, struct arena *arena,
                       struct issued_place ret[]);
/* The nth thing that a recall listed, and whether it is lifted. */
struct recalled_place {
    uint64_t n; /* from 1 */
    uint64_t log_index;
    uint16_t item;
    struct span thing; /* canonical, in the arena */
    bool lifted;
};
uint32_t query_recalled(struct reader r, struct span id, uint64_t from, uint32_t max, struct arena *arena,
                        struct recalled_place ret[]);
/* The head of a history after its first i entries, i a multiple of HISTORY_HEAD_EVERY (history.h; 0: zero bytes); ERR_QUERY_UNKNOWN when there
 * are not so many. */
enum err query_history_head(struct reader r, struct span canonical, uint64_t i,
                            struct digest *ret) MUST_USE;
/* Log indices of a subject's accepted records, rising, from `from` on. */
uint32_t query_subject_records(struct reader r, struct span subject, uint64_t from, uint32_t max,
                               uint64_t ret[]);

#endif
