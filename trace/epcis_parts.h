/* epcis_parts.h: what epcis.c (to items and back) and epcis_check.c (are these items such?) both know of an
 * EPCIS document: which event has which lists, where the events stand, what a value holds. Not for others. */
#ifndef TRACE_EPCIS_PARTS_H
#define TRACE_EPCIS_PARTS_H

#include "trace/item.h"

enum { ROLES = ROLE_OUTPUT_QUANTITY + 1 };

/* Rule E3: the field of a role. */
extern const char *const epcis_role_fields[ROLES];
/* Types 2 to 7 only. */
bool epcis_has_role(enum item_type type, int role);
bool epcis_role_counts(int role); /* its entries are quantity elements */
/* ITEM_OTHER_EVENT for every name that is none of the five. */
enum item_type epcis_type_named(struct span type);

struct span epcis_text(struct span value); /* empty when it is no text */
struct span epcis_text_at(struct span map, const char *name);

/* The path to a document's eventList; NULL for a bare event. */
const char *const *epcis_path_of(struct span document);
extern const char *const epcis_document_path[]; /* of an EPCISDocument */
bool epcis_path_get(struct span map, const char *const *path, struct span *ret) MUST_USE;
/* Copies a map with the value at the path replaced. The path exists. */
void epcis_path_put(struct span map, const char *const *path, struct span replacement,
                    struct buffer *out);
/* The number of events an envelope says; false when it is no envelope of a document. */
bool epcis_envelope_events(const struct item *item, uint32_t *ret) MUST_USE;

/* Rule E4: may this value be taken out as things? */
bool epcis_takeable(enum item_type type, int role, struct span value);

/* What a walk over a canonical value finds, at any depth. */
struct epcis_survey {
    bool hides;
    bool inexact;   /* an integer that JSON's numbers, doubles for most readers, would round */
    uint32_t depth; /* of nesting: 1 for an array or map of scalars */
};
struct epcis_survey epcis_survey(struct span value);

#endif
