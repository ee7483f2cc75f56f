/* epcis_xml.h: EPCIS XML (1.2 and 2.0, documents and query documents) as the elements that
 * trace/event_hash.h takes. The only door to libexpat.
 *
 * Names carry their namespace in braces; attributes are children; comments and processing
 * instructions are nothing; <extension> and <baseExtension>, in which EPCIS 1.2 wraps what it
 * gained later, are looked through; what an ignoreFields element of the repository-x namespace
 * names is left out of the events.
 *
 * Hostile input: a document type declaration is refused, so there are no entities but XML's own
 * five and nothing is ever fetched (ERR_XML_DOCTYPE); depth at most EVENT_ELEMENT_DEPTH_MAX
 * (ERR_XML_DEPTH); size by the arena (ERR_TOO_LARGE). ERR_XML_SYNTAX with line and column,
 * ERR_XML_DOCUMENT when there is no EventList. Encodings: UTF-8, UTF-16, ISO-8859-1, US-ASCII.
 */
#ifndef TOOLS_EPCIS_XML_H
#define TOOLS_EPCIS_XML_H

#include "trace/event_hash.h"

/* The children of the first EventList, in their order. */
enum err epcis_xml_read(struct span text, struct arena *arena, struct event_element *ret,
                        struct refusal *ret_refusal) MUST_USE;

#endif
