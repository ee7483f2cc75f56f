/* balance.h: sums per member and lot (SPEC S5, type 21): what it produced, what is certified of it, how many codes were
 * drawn from it. Amounts are millionths, at most 2^63-1; codes are whole numbers.
 *
 * Reading works on any reader. A sum that nothing was added to does not exist and reads as 0. */
#ifndef LEDGER_BALANCE_H
#define LEDGER_BALANCE_H

#include "ledger/rules_item.h"

enum balance_purpose {
    BALANCE_PRODUCED = 1,  /* of a lot, in a unit */
    BALANCE_CERTIFIED = 2, /* the same, by certificates of a type */
    BALANCE_CODES = 3,     /* codes of a lot */
    BALANCE_BOUND = 4,     /* of a lot, in a unit: the most that certificates with a quota ever came to */
    BALANCE_GROUP_IN = 5,  /* of a product (in place of the lot), in a unit, by transformationID (in place of the type) */
    BALANCE_GROUP_OUT = 6,
};

struct balance_name {
    uint8_t purpose;    /* enum balance_purpose */
    struct span subject, lot; /* the lot as a canonical identifier */
    struct span unit, type;   /* empty where they do not apply, the unit also where none was given */
};

#define BALANCE_MAX ((uint64_t)INT64_MAX)
enum { MILLIONTHS = 1000000 };

uint64_t balance_read(struct reader r, const struct balance_name *name);
/* Sets the amount (at most BALANCE_MAX); log_index: of the record that does. */
void balance_write(struct run *run, uint64_t log_index, const struct balance_name *name,
                   uint64_t amount);
/* Adds; a sum above BALANCE_MAX is BALANCE_MAX. */
void balance_add(struct run *run, uint64_t log_index, const struct balance_name *name,
                 uint64_t amount);

/* SPEC Q6: pieces that are no measure: none, H87, EA, PR, NPR. */
bool unit_counts_pieces(struct span unit);
/* Codes that this much of a thing carries. */
uint64_t unit_codes(uint64_t quantity, struct span unit);
/* Codes that what the subject produced of a lot carries: the greatest over the units that count pieces. */
uint64_t balance_produced_codes(struct reader r, struct span subject, struct span lot);

#endif
