/* account.h: how much of a lot somebody holds, is due, has made, or has inside of it (SPEC L6): status rows of type 20, signed, in
 * millionths. One that was never written reads as 0. */
#ifndef LEDGER_ACCOUNT_H
#define LEDGER_ACCOUNT_H

#include "ledger/rules_item.h"

enum account_kind { ACCOUNT_HELD = 0, ACCOUNT_DUE = 1, ACCOUNT_INSIDE = 2, ACCOUNT_MADE = 3, ACCOUNT_OWED = 4 };

struct account_name {
    struct span who; /* subject id; of INSIDE the canonical parent; of OWED empty */
    uint8_t kind;    /* enum account_kind */
    struct span lot, unit;
};

int64_t account_read(struct reader r, const struct account_name *name);
/* Adds and answers what was there and is there now. False when the sum does not fit, and nothing is written then. */
bool account_add(const struct item_run *t, const struct account_name *name, int64_t amount, int64_t *ret_before,
                 int64_t *ret_after) MUST_USE;

#endif
