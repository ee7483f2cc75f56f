/* vectors.h: third parties' test vectors against our code. One function per set; each finds its cases by
 * listing its folder and by the files' own schema, so it runs over any other set in the same layout.
 *
 * A case is one verdict. tally_case counts it and names a failed one on standard error; tally_beside
 * counts what a set holds but this house has no code for (named on the set's line, never silent).
 */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include "base/codec.h"
#include "base/crypto.h"

struct tally {
    const char *set;
    uint32_t passed, failed, beside, forbidden;
    const char *beside_what; /* "subtree proofs": what the cases left aside are about */
};

void tally_case(struct tally *t, bool good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void tally_beside(struct tally *t, const char *what);
/* A case that cannot hold: named on standard output with the clause of the standard that forbids it. Decided by what the
 * case says, never by its name or number. */
void tally_clause(struct tally *t, const char *clause, struct span what);

/* The set's folder, with its final slash; results go into *t. */
typedef void set_fn(const char *dir, struct tally *t);
set_fn set_merkle, set_noise, set_wycheproof_ed25519, set_wycheproof_x25519, set_wycheproof_aead,
    set_wycheproof_hmac, set_cctv, set_tlog_tiles, set_notes, set_identifiers, set_epc, set_epcis,
    set_event_hash, set_event_hash_probes, set_gs1, set_gs1_dictionary, set_uscc, set_divisions;

enum { VECTOR_FILE_BYTES_MAX = 32 << 20, VECTOR_PATH_MAX = 4096 };
#define VECTOR_NUL "\xee\x80\x80" /* U+E000, for U+0000 in a JSON file */

/* Calls fn for every file below dir whose name ends so, in byte order of the paths; false when there is
 * no such folder. `suffix` may be "". */
typedef void file_fn(void *context, const char *path);
bool files_each(const char *dir, const char *suffix, file_fn *fn, void *context);
/* Replaces the content of *ret, which is initialised. False when it cannot be read. */
bool file_read(const char *path, struct buffer *ret);
/* The next row of a CSV text (RFC 4180: a field may be quoted, a quote inside doubled), into so many fields, the last
 * of which takes what is left. False at the end. */
bool csv_next(struct span *rest, struct buffer fields[], size_t columns);
/* A JSON file as a canonical value. Integers that base/json.h does not take (beyond 2^53) become texts of
 * digits: json_uint reads both. U+0000, which no canonical text holds, becomes VECTOR_NUL. */
bool file_json(const char *path, struct buffer *ret);

/* Fields of an object; absent or of another kind: empty, 0, false. */
struct span json_text(struct span object, const char *name);
uint64_t json_uint(struct span object, const char *name);
bool json_bool(struct span object, const char *name);
/* Entry by entry: begin with *at = the list as bytes of the value; false at the end. */
struct json_list { struct unpack u; uint32_t left; };
void json_list_begin(struct json_list *l, struct span object, const char *name);
void json_list_of(struct json_list *l, struct span array);
bool json_list_next(struct json_list *l, struct span *ret_entry);
/* Hexadecimal and base64 texts as bytes, replacing *ret; false when they are none. */
bool bytes_hex(struct span text, struct buffer *ret);
bool bytes_base64(struct span text, struct buffer *ret);

#endif
