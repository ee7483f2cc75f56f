/* rows.h: the rows of keys.h by name: how execution writes them and query.c reads them (and
 * genesis/ writes height 0). Not for others. */
#ifndef LEDGER_ROWS_H
#define LEDGER_ROWS_H

#include "ledger/apply.h"
#include "ledger/keys.h"

struct row_key row_u64(char kind, uint64_t n);                          /* H E B R S */
struct row_key row_record(uint64_t height, uint32_t index);             /* D */
struct row_key row_digest(char kind, const struct digest *d);           /* W I */
struct row_key row_text(char kind, struct span subject);                /* A m T */
struct row_key row_forget(uint64_t until_ms, const struct digest *key); /* X */
struct row_key row_key_of(struct span subject,
                          const struct pubkey *key);                 /* k; key NULL: the prefix */
struct row_key row_chain(char kind, const struct digest *key, uint64_t i); /* h, u; j: by SHA-256 of a recall id */
struct row_key row_subject(struct span subject, uint64_t log_index); /* s */
/* c p t q g l a y r: by the SHA-256 of a subject id, or the status key of a thing */
struct row_key row_issued(char kind, const struct digest *by, uint64_t issued, uint16_t item);
/* V: the status key of a claim (SPEC S5, type 18) */
struct digest row_claim(const struct code *code);
/* Subject and what: subject ids. */
struct digest row_anchor(struct span subject, struct span what, uint64_t from_ms);
/* The deletion of a record by the subject; of an authority: SPAN_EMPTY. */
struct digest row_deletion(const struct digest *wire_id, struct span subject);
/* What a recall lists, of one thing. */
struct digest row_recalled(struct span recall, struct span thing);
/* The smallest key above every key that begins with this one. */
struct row_key row_after(const struct row_key *prefix);

/* False when there is none. */
bool row_get(struct reader r, enum table table, const struct row_key *k, struct buffer *ret_value);
void row_put(struct changes *c, enum table table, const struct row_key *k, struct span value);

/* Summary, the block's own leaf and the head of a height, from the head after it. */
void ledger_write_summary(struct changes *c, const struct ledger_head *head, uint32_t records,
                          uint32_t accepted, struct span block_leaf);

#endif
