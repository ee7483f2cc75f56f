/* identifier.h: one name for one thing, however it was written (docs/spec.md section E, canonical
 * identifiers).
 *
 * A GS1 key may come as EPC URN (urn:epc:id:..., urn:epc:class:..., urn:epc:idpat:...) or as GS1
 * Digital Link under any host and path, with numeric AIs or the short names (gtin, lot, ser ...).
 * All spellings give one canonical text: the Digital Link under https://id.gs1.org with numeric
 * AIs, GTINs of 14 digits, the check digit computed (from URNs, which lack it), only what
 * identifies (no variant, no query), values percent-encoded in one way. With a serial number the
 * lot is no part of the name; identifier_lot still finds it in what was received. Everything else
 * is opaque: its canonical text is itself.
 *
 * Sources: GS1 EPC Tag Data Standard 2.0 sections 6 and 7, GS1 Digital Link URI Syntax 1.4, GS1
 * Syntax Dictionary (keys and lengths). As in the published normaliser of the CBV event hash, a
 * wrong check digit in a Digital Link is kept: it names a thing nobody issued, not an error.
 *
 * Pure and total: every identifier of 1..IDENTIFIER_BYTES_MAX bytes has a canonical text of at most
 * IDENTIFIER_BYTES_MAX bytes.
 */
#ifndef TRACE_IDENTIFIER_H
#define TRACE_IDENTIFIER_H

#include "base/err.h"
#include "base/span.h"

enum identifier_kind {
    IDENTIFIER_ITEM, /* one piece: GTIN or ITIP + serial, SSCC, GRAI with serial, GIAI, CPI + serial
                      */
    IDENTIFIER_LOT,  /* GTIN or ITIP + lot */
    IDENTIFIER_PRODUCT,  /* a class: GTIN, ITIP, GRAI type, CPI, GMN */
    IDENTIFIER_LOCATION, /* GLN, GLN + extension, party */
    IDENTIFIER_DOCUMENT, /* GDTI, coupon */
    IDENTIFIER_OTHER,    /* shipments, service relations, and whatever is no GS1 key */
};

/* Appends the canonical text. ERR_IDENTIFIER_LENGTH when received has no or more than
 * IDENTIFIER_BYTES_MAX bytes; nothing is appended then. */
enum err identifier_canonical(struct span received, struct buffer *out,
                              enum identifier_kind *ret_kind) MUST_USE;
/* Appends the canonical text of the lot (the product) that a received identifier contains; false
 * when it contains none. An identifier of a lot contains itself; so does a product. */
bool identifier_lot(struct span received, struct buffer *out) MUST_USE;
bool identifier_product(struct span received, struct buffer *out) MUST_USE;
/* Appends the lot `number` (plain text, not percent-encoded) of a product given in canonical form.
 * False when the product takes no lot or the number is no lot number (1..20 characters of GS1's set
 * 82). */
bool identifier_lot_of(struct span product, struct span number, struct buffer *out) MUST_USE;

/* GS1 General Specifications section 7.9: the check digit of 1..17 digits. */
char identifier_check_digit(struct span digits);

#endif
