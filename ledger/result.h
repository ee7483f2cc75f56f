/* result.h: what execution decided about a record (SPEC X4, Y). Part of the ledger's formats:
 * numbers are never reused. */
#ifndef LEDGER_RESULT_H
#define LEDGER_RESULT_H

#include "base/codec.h"
#include "base/crypto.h"

enum result_code {
#define RESULT(number, name, en, zh) name = number,
#include "ledger/result_table.h"
#undef RESULT
};

struct result {
    struct digest wire_id;
    uint16_t code; /* enum result_code */
    uint16_t item; /* index of the offending item plus one; 0 the record as a whole */
};
extern const struct type result_type;

/* "RESULT_EXPIRED"; "RESULT_?" for a number that is not in the table. */
const char *result_name(uint16_t code);
const char *result_text(uint16_t code, enum lang lang);
/* The i-th row's code, or -1 past the end. */
int result_at(int i);

#endif
