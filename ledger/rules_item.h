/* rules_item.h: the items of all kinds but 2 (SPEC X11): each is decided and takes effect before the next. rules_item.c
 * hands an item to the rule of its type. Not for others.
 *
 * A rule reads the item and the status tree through run->now and writes its effects into run->changes, which the caller
 * drops when any item of the record is refused. It answers with a result code. */
#ifndef LEDGER_RULES_ITEM_H
#define LEDGER_RULES_ITEM_H

#include "ledger/rules.h"

struct item_run {
    struct run *run;
    const struct record *record;
    uint64_t log_index; /* where the record will lie */
    uint32_t index;     /* of the item in the record */
    const struct item *item;
};

/* The value under a key, decoded; its spans live in the arena of the run, which is the item's own. */
bool rules_value_get(struct run *run, const struct digest *key, const struct type *type, void *ret);
void rules_value_put(struct run *run, const struct digest *key, const struct type *type,
                     const void *value);
/* The six fields every value begins with, as this item sets them. */
#define ITEM_VALUE(t, s)                                                                           \
    .version = 1, .state = (s), .since_height = (t)->run->height, .log_index = (t)->log_index

uint16_t rules_event(const struct item_run *t);
/* The history of what an item other than an event names (SPEC D10). */
void rules_tell(const struct item_run *t);
uint16_t rules_anchor(const struct item_run *t);
uint16_t rules_certificate_issue(const struct item_run *t);
uint16_t rules_certificate_revoke(const struct item_run *t);
uint16_t rules_pack_issue(const struct item_run *t);
uint16_t rules_codes_void(const struct item_run *t);
uint16_t rules_deletion(const struct item_run *t);
uint16_t rules_claim(const struct item_run *t);
uint16_t rules_recall_order(const struct item_run *t);
uint16_t rules_recall_lift(const struct item_run *t);
/* Is this thing recalled, or its unit (SPEC O5)? */
bool rules_under_recall(struct run *run, struct span canonical);

#endif
