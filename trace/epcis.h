/* epcis.h: EPCIS 2.0 JSON and JSON-LD to items and back (docs/spec.md section E; GS1 EPCIS 2.0.1,
 * CBV 2.0).
 *
 * What goes in: an EPCISDocument, an EPCISQueryDocument, or one bare event (which then carries its
 * own @context), as the canonical value that base/json.h makes of its text. What comes out: for a
 * document an envelope and then one item per event, in the events' order; for a bare event one
 * item. Nothing is lost and nothing is respelled: epcis_from_items gives a value equal to what went
 * in, byte for byte.
 *
 * How: an event's identifiers (epcList, parentID, childEPCs, the quantity lists, inputs and
 * outputs) become things; all other fields stay as received. An empty list has no things and stays
 * in the fields. The envelope's eventList becomes the number of items that follow.
 *
 * Ownership: items borrow from `document` and from the arena; both must outlive them.
 * Limits: RECORD_ITEMS_MAX items, ITEM_THINGS_MAX things per event, IDENTIFIER_BYTES_MAX per
 * identifier; the arena's bound (ERR_TOO_LARGE). Errors: ERR_EPCIS_* and ERR_ITEM_*, the refusal's
 * `where` names the field, "epcisBody.eventList[3].action". Results are untouched then. Pure: no
 * clock; whether an event's time is believable is the ledger's business.
 */
#ifndef TRACE_EPCIS_H
#define TRACE_EPCIS_H

#include "trace/item.h"

struct items {
    struct item *list;
    uint32_t count;
};

enum err epcis_to_items(struct span document, struct arena *arena, struct items *ret,
                        struct refusal *ret_refusal) MUST_USE;
/* Whether a text is XML rather than JSON: its first character that is no blank is "<". UTF-16 is told
 * by its byte order mark. */
bool epcis_is_xml(struct span text);
/* From JSON text: json_parse, then the above; the text may be dropped afterwards. ERR_EPCIS_XML. */
enum err epcis_parse(struct span text, struct arena *arena, struct items *ret,
                     struct refusal *ret_refusal) MUST_USE;

/* How many of the items make up the first document: 1 + its events for an envelope, 1 for a bare
 * event. count >= 1; the items passed epcis_items_check (never more than count is answered). */
uint32_t epcis_document_items(const struct item items[], uint32_t count);
/* Appends the first document as a canonical value. `scratch` holds one event at a time. The items
 * passed epcis_items_check. */
enum err epcis_from_items(const struct item items[], uint32_t count, struct buffer *out) MUST_USE;
/* Appends one event, without its document. For an envelope: its fields. */
enum err epcis_event_value(const struct item *item, struct buffer *out) MUST_USE;

/* Section E for items that somebody else made: every envelope is followed by as many events as it
 * says, every event keeps the schema and carries its things as epcis_to_items would have taken them
 * out, hidden values stand only where they may. These items and no others come out of
 * epcis_to_items (hidden values aside). *ret_item is the offending item's index on failure. */
enum err epcis_items_check(const struct item items[], uint32_t count, uint32_t *ret_item,
                           struct refusal *ret_refusal) MUST_USE;

#endif
