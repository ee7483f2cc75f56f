/* rules.h: what decides about one record, shared by apply.c, rules.c, rules_act.c, history.c and
 * genesis/. Not for others.
 *
 * A rule reads the record, the parameters and the status tree through `now`, and answers with a
 * result code. Effects are written into `changes`, which `now` sees: so a record sees what those
 * before it in the block did. */
#ifndef LEDGER_RULES_H
#define LEDGER_RULES_H

#include "ledger/apply.h"
#include "ledger/member.h"

struct run {
    const struct ledger_params *params;
    uint64_t height, time_ms;
    struct changes *changes;
    struct changes_reader layer; /* `changes` over what was before the block */
    struct reader now;
    struct arena *arena;
    struct buffer
        scratch; /* one status value at a time; nobody keeps spans into it across a call */
};

struct verdict {
    uint16_t code, item;
};

/* X2 up to the roles; then, for events, the rules of the items. Reads only. Code 13 and below. */
struct verdict rules_decide(struct run *run, const struct record *record);
/* The acts of a governance record, one after the other, effects included: into `changes` of the
 * run, which the caller drops when the verdict is not RESULT_ACCEPTED. log_index: where the record
 * will lie. */
struct verdict rules_acts(struct run *run, const struct record *record, uint64_t log_index);
/* The items of a record of another kind, in the same way. */
struct verdict rules_items(struct run *run, const struct record *record, uint64_t log_index);
/* Consumes a record id or an act: status row and its place among those to be forgotten. */
void rules_consume(struct run *run, enum status_type type, const struct digest *subject,
                   const struct digest *key, struct span value, uint64_t until_ms);
/* X7 */
void rules_forget(struct run *run, uint32_t records);

/* Enters a member or a key: for acts and for genesis. */
void rules_member_put(struct changes *c, struct span subject, const struct member_value *value);
void rules_key_put(struct changes *c, const struct pubkey *key, const struct key_value *value);
struct digest rules_key_key(const struct pubkey *key); /* status key of a public key */

/* Does this key speak for an active member now? ret_subject (in the arena) and ret_roles say for
 * whom. */
bool rules_key_speaks(struct run *run, const struct pubkey *key, struct span *ret_subject,
                      uint32_t *ret_roles);

void run_begin(struct run *run, const struct ledger_params *params, struct reader before,
               struct changes *c, uint64_t height, uint64_t time_ms, struct arena *arena);
void run_end(struct run *run);

#endif
