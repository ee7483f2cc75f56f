/* openings.h: what opens hidden values (SPEC I3), as a file: of an event's, a certificate's, any tier. Mode 0600, durable before the
 * commitments are sent where it is written for that. What nodes hold is the same, sealed (trace/sealed.h).
 *
 * {"chain_id": hex, "record": wire identity, "certificate": id, "openings": [{"item", "tier", "name": pointer, "value": for people,
 * "canonical": base64, "salt": hex}]}; record and certificate where they are known.
 *
 * Functions return an exit code; the complaint is printed. Spans live in the tool's arena. */
#ifndef TOOLS_OPENINGS_H
#define TOOLS_OPENINGS_H

#include "tools/tool.h"
#include "trace/certificate.h"

enum { OPENINGS_BYTES_MAX = 8 << 20 };
struct opening {
    uint32_t item;
    enum item_tier tier;
    struct span name, value; /* the pointer; canonical */
    uint8_t salt[HIDDEN_SALT_BYTES];
};
struct openings {
    struct digest chain_id, record; /* record: zero when it is not known */
    struct span certificate;
    struct opening *list; /* SEALED_OPENINGS_MAX of room */
    uint32_t count;
};
/* Empty, with room. */
void openings_begin(struct tool *t, const struct digest *chain_id, struct openings *ret);
int openings_read(struct tool *t, const char *path, struct openings *ret) MUST_USE;
int openings_write(struct tool *t, const char *path, const struct openings *o) MUST_USE;
/* The members of the file, into an object that is open. */
void openings_emit(struct emit *j, const struct openings *o);
/* Of a certificate's field; NULL when it does not name the field. */
const struct opening *openings_find(const struct openings *o, struct span field);
/* The field of a certificate that it opens; empty of anything else. */
struct span opening_field(const struct opening *o);
struct digest opening_commitment(const struct digest *chain_id, const struct opening *o);
/* "第 1 级 贸易伙伴" ... */
const char *tier_shown(const struct tool *t, enum item_tier tier);
/* partner, regulator, public: TIER_PUBLIC for none of them. */
enum item_tier tier_of_word(struct span word);

#endif
