/* certificate_json.h: certificates as people write them, in JSON or on the command line, into what is signed.
 *
 * A type (genesis/lucheng/certificates): {"type", "title_zh", "title_en", "roles": [...], "issuers": [...], "own", "quota",
 * "covers": [...], "things": [min, max], "upstream", "upstream_if": [field, choice], "validity_days" or "validity_ms", "retired",
 * "fields": [{"name", "kind", "required", "hidden", "choices", "zh", "en"}]}; the words are those of trace/certificate_words.h, lists
 * may stand in any order.
 *
 * A certificate: {"type", "number", "producer", "from", "until", "covers": [{"identifier", "quantity", "unit"}],
 * "fields": {name: value}, "upstream": [id], "supersedes": id}. Left out: producer is who issues, from is now, until as long as the
 * type permits.
 *
 * Whatever is wrong is added to `problems`, by name. Spans borrow from the value and the tool's arena. */
#ifndef TOOLS_CERTIFICATE_JSON_H
#define TOOLS_CERTIFICATE_JSON_H

#include "tools/openings.h"
#include "tools/problems.h"

enum { CERTIFICATE_FILE_BYTES_MAX = 256 << 10 };

void certificate_type_of_json(struct problems *p, struct span value, struct certificate_type *ret);

struct certificate_draft {
    struct certificate_issue issue; /* fields: after certificate_draft_complete */
    struct span given;              /* the map of fields as written */
    struct thing things[CERTIFICATE_THINGS_MAX];
    uint32_t things_count;
    bool has_from, has_until;
};
void certificate_draft_of_json(struct problems *p, struct span value, struct certificate_draft *ret);
/* What is left out is filled in; values become what their kinds want; hidden ones a commitment with a salt out of `before` when that
 * has the same value, else a new one. All openings stand in *ret. The fields are then checked as the ledger will. */
void certificate_draft_complete(struct problems *p, const struct certificate_type *type, struct span issuer,
                                const struct digest *chain_id, const struct openings *before,
                                struct certificate_draft *d, struct openings *ret);
/* Item of type 64 or 65. */
void certificate_draft_item(struct tool *t, const struct certificate_draft *d, struct item *ret);

#endif
