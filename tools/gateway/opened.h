/* opened.h: one raw read, opened: the proof that a gateway had it when the hour was over. Pure.
 *
 * A file = canonical [version 1, read as bytes (read.h), index, [path], proof bundle as bytes].
 * The read is leaf `index` of the hour's tree (SPEC C5), path its inclusion path from the sibling
 * up; the bundle (SPEC P, question 1) shows the anchor record (SPEC Z1), which says count, hour and
 * root. Checked with the chain id alone. Errors: ERR_CODEC_*, ERR_PROOF_*, ERR_MERKLE_PROOF,
 * ERR_OPENED: the bundle is no anchor of reads, or of another hour. Results untouched on failure.
 */
#ifndef TOOLS_GATEWAY_OPENED_H
#define TOOLS_GATEWAY_OPENED_H

#include "ledger/proof.h"
#include "tools/gateway/read.h"
#include "trace/anchor.h"

enum { OPENED_BYTES_MAX = PROOF_BYTES_MAX + 65536 };

struct opened {
    struct tag_read read;
    uint64_t index;
    struct anchor anchor;
    struct statement statement; /* of the anchor record: who, when, as of when */
};
void opened_write(struct span read, uint64_t index, const struct digest path[], size_t path_count,
                  struct span bundle, struct buffer *out);
/* Borrows from the file and the arena. */
enum err opened_check(struct span file, const struct digest *chain_id, struct arena *arena,
                      struct opened *ret) MUST_USE;

#endif
