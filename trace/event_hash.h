/* event_hash.h: the CBV 2.0 hash of an EPCIS event, "ni:///sha-256;<64 digits>?ver=CBV2.0"
 * (CBV 2.0 section 8.9), byte for byte as the reference implementation's published vectors.
 *
 * It names an event for those who exchange events, and commits to nothing (docs/spec.md: the item
 * digest does): there are no separators, so a value can be written that looks like a field; "007",
 * "7" and "7.0" are one value; a Digital Link's host and query are dropped.
 *
 * Three steps: a document becomes elements (event_hash_read for JSON, tools/epcis_xml.h for XML),
 * an element becomes its pre-hash string (event_prehash), the string becomes the URI.
 *
 * Where the published vectors, the reference implementation or the rule text disagree, the first
 * that decides wins, in this order. So: in bizTransactionList, sourceList and destinationList the
 * type stands before the value; these lists come after sensorElementList, in byte order together
 * with ilmd and extensions; a tie in the fourth decimal of a second goes to the even millisecond,
 * after digits beyond the sixth are dropped; JSON's true is "True"; a bare word is expanded
 * wherever in a document its Web URI is used once; a prefix is expanded where the document's own
 * @context names it, in XML only gs1: and cbv:; an @context inside an event of a document names
 * nothing and is a field like any other.
 *
 * An event that has no hash is refused by name and never dropped: ERR_EVENT_HASH_TIME (a time that
 * cannot be read, or without a zone), ERR_EVENT_HASH_SECOND (it rounds up to the next second, where
 * the rule and the reference part), ERR_EVENT_HASH_NUMBER (a value is an infinite number),
 * ERR_EVENT_HASH_TYPE (no event), ERR_EVENT_HASH_HIDDEN. The refusal names the field.
 *
 * Two deviations: the order of keys in a JSON object never matters here (the reference keeps it in
 * the three lists above), and a list entry without a type, which the reference does not survive, is
 * its value alone.
 *
 * Ownership: elements borrow from the document and the arena. Limits: the arena's bound and the
 * buffer's (ERR_TOO_LARGE); a document is at most CODEC_DEPTH_MAX deep, EVENT_ELEMENT_DEPTH_MAX as
 * elements. Pure.
 */
#ifndef TRACE_EVENT_HASH_H
#define TRACE_EVENT_HASH_H

#include "base/codec.h"

enum {
    EVENT_ELEMENT_DEPTH_MAX = 64,
    EVENT_HASH_URI_SIZE = sizeof "ni:///sha-256;?ver=CBV2.0" + 64,
};

/* One model for both syntaxes, that of XML: a name, a text, children. An attribute is a child. */
struct event_element {
    struct span name; /* "epcList", "{https://ns.example.com/epcis/}field"; empty in a pair */
    struct span text;
    struct event_element *first, *last, *next;
    uint32_t count; /* children */
    bool pair;      /* an entry of the three lists: its children keep their order, type and value */
    bool hidden;    /* something in it is withheld */
    bool used;      /* event_prehash's own */
};

/* The events of a JSON document (EPCISDocument, EPCISQueryDocument, one bare event) as children of
 * *ret, in their order. What cannot be an event becomes an element without a name, which
 * event_prehash refuses. ERR_EPCIS_DOCUMENT, ERR_TOO_LARGE. */
enum err event_hash_read(struct span document, struct arena *arena, struct event_element *ret,
                         struct refusal *ret_refusal) MUST_USE;
/* Appends the pre-hash string. Once per element: it is marked. */
enum err event_prehash(struct event_element *event, struct arena *arena, struct buffer *out,
                       struct refusal *ret_refusal) MUST_USE;
void event_hash_uri(struct span prehash, char ret[EVENT_HASH_URI_SIZE]);

/* For those who make elements. NULL, false: the arena is full. */
struct event_element *event_element_add(struct arena *arena, struct event_element *parent,
                                        struct span name, struct span text) MUST_USE;
/* Puts an element that stands nowhere behind the other children. */
void event_element_append(struct event_element *parent, struct event_element *child);
/* Turns the entry of a list ("bizTransaction", "source", "destination") into a pair: its type, then
 * its value (*value), nothing else; without a type its value alone. */
bool event_element_pair(struct arena *arena, struct event_element *entry,
                        const struct event_element *value) MUST_USE;
/* Without the blanks (Unicode's, as the reference takes them) at both ends. */
struct span event_text_strip(struct span text);
/* `text` with every `from` as `to`; data NULL and len > 0 when the arena is full. */
struct span event_text_replace(struct arena *arena, struct span text, const char *from,
                               const char *to);

#endif
