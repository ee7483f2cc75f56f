/* openings.h: what opens the hidden fields of a certificate (SPEC I3, tier 3): a file of the issuer's, mode 0600, durable before the
 * commitments are sent. Deleting it (and its copies) is the deletion that tier 3 promises.
 *
 * {"chain_id": hex, "certificate": id, "fields": [{"name", "value": for people, "canonical": base64, "salt": hex}]}
 *
 * Functions return an exit code; the complaint is printed. Spans live in the tool's arena. */
#ifndef TOOLS_OPENINGS_H
#define TOOLS_OPENINGS_H

#include "tools/tool.h"
#include "trace/certificate.h"

enum { OPENINGS_BYTES_MAX = 1 << 20 };
struct opening {
    struct span name, value; /* canonical */
    uint8_t salt[HIDDEN_SALT_BYTES];
};
struct openings {
    struct digest chain_id;
    struct span certificate;
    struct opening list[CERTIFICATE_FIELDS_MAX];
    uint32_t count;
};
int openings_read(struct tool *t, const char *path, struct openings *ret) MUST_USE;
int openings_write(struct tool *t, const char *path, const struct openings *o) MUST_USE;
/* NULL when it does not name the field. */
const struct opening *openings_find(const struct openings *o, struct span name);
struct digest opening_commitment(struct tool *t, const struct digest *chain_id, const struct opening *o);

#endif
