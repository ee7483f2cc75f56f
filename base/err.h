/* err.h: every refusal of the house, in one append-only table (err_table.h).
 *
 * A refusal says that input from outside is wrong (or too much); it is never used for a broken world or a broken
 * program. Numbers are part of the interface (RPC answers, result codes in blocks are *not* these: see
 * ledger/result.h) and are never reused. OK is 0.
 *
 * Ranges: 1 base and codec, 100 trace, 200 record and ledger, 300 genesis, 400 proof and checkpoint, 500 consensus and
 * node, 600 peer and rpc, 700 tools and configuration, 800 codes (GS1, USCC, divisions).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/check.h"

enum err {
#define ERR(number, name, en, zh) name = number,
#include "base/err_table.h"
#undef ERR
};

enum lang { LANG_ZH, LANG_EN };

/* "ERR_CODEC_TRAILING"; "ERR_?" for a number that is not in the table. */
const char *err_name(enum err e);
/* A sentence a clerk understands, without a final line feed. */
const char *err_text(enum err e, enum lang lang);
/* Finds a number by its name; OK when there is none. */
enum err err_by_name(const char *name);
/* Walks the table: the i-th row's error, or -1 past the end. For documents and tests. */
int err_at(int i);

/* A refusal with the place it was found at: a JSON path, a field name, a line. */
struct refusal {
    enum err err;
    char where[192]; /* "epcisBody.eventList[3].action"; "" when there is no place to name; always terminated */
};

enum err refusal_set(struct refusal *ret, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
