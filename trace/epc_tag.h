/* epc_tag.h: one name of the EPC system in all its spellings: the bits of an RFID tag, the tag URI,
 * the pure identity URI, GS1 element values (and with them the Digital Link).
 *
 * Every epc_from_* reads one spelling into a struct epc, every epc_to_* writes one from it; what a
 * spelling does not say is taken from what was read or set before:
 *
 *     tag bits          scheme, filter, key, serial; "+": data; "++": host; no prefix length for both
 *     tag URI           scheme, filter, prefix length, key, serial (no "+" scheme has a tag URI)
 *     identity URI      prefix length, key, serial
 *     elements, link    key, serial, data; the link of a "++" scheme also the host
 *
 * So an epc from a link has no prefix length (give it, or epc_use_prefix) before it becomes a URN, and
 * one from a URN or a link has no tag scheme (epc_use_scheme) before it becomes bits. Whoever wants all
 * forms tries epc_use_scheme with every scheme on a copy: it refuses what a scheme cannot carry.
 *
 * Bits read and written again are the same bits, zero padding aside: a less frugal encoding that the
 * standard permits is remembered with its value. Values are plain text, never percent-encoded; the keys
 * hold their check digit, which is checked wherever it was read. Values of further AIs (`data`) are
 * checked for what their encoding can hold, not for the rules between AIs (trace/gs1_*).
 *
 * Sources: GS1 EPC Tag Data Standard (TDS) 2.3, October 2025, sections 6, 7, 12, 14, 15.3; EPC binary
 * strings in links (EPCB) 1.0.0 section 4. GDTI-113 is deprecated by the standard, read and written.
 * Not here: control fields, raw URIs, tag patterns, and idpat but for "any serial of one class".
 *
 * Pure and total: any bytes are taken or refused by name; results are untouched on refusal; nothing is
 * allocated but in the buffers the caller gives. A struct epc holds no pointer and may be copied. */
#ifndef TRACE_EPC_TAG_H
#define TRACE_EPC_TAG_H

#include "base/err.h"
#include "base/span.h"

enum {
    EPC_BITS_MAX = 2048, /* a tag's memory holds 496; a link is not a tag */
    EPC_VALUE_MAX = 90,
    EPC_HOST_MAX = 63,
    EPC_DATA_MAX = 32,
    EPC_PREFIX_MIN = 6,
    EPC_PREFIX_MAX = 12,
    EPC_TEXT_MAX = 8192, /* no form is longer: a bound for the buffers given */
};

/* What is named. */
enum epc_identity {
    EPC_SGTIN, /* AI 01 and 21 */
    EPC_LGTIN, /* AI 01 and 10: a lot, urn:epc:class */
    EPC_UPUI,  /* AI 01 and 235 */
    EPC_SSCC,
    EPC_SGLN, /* AI 414, and 254 if there is an extension */
    EPC_PGLN, /* AI 417 */
    EPC_GRAI,
    EPC_GIAI,
    EPC_GSRN,
    EPC_GSRNP,
    EPC_GDTI,
    EPC_SGCN,
    EPC_CPI,  /* AI 8010 and 8011 */
    EPC_ITIP, /* AI 8006 and 21 */
    EPC_GSIN,
    EPC_GINC,
    EPC_GID, /* from here on there is no GS1 key and so no link */
    EPC_USDOD,
    EPC_ADI,
    EPC_BIC,
    EPC_IMOVN,
    EPC_IDENTITIES,
};

/* How a tag's bits hold it. Within one identity the shorter, older scheme first. */
enum epc_scheme {
    EPC_NO_SCHEME,
    EPC_SGTIN_96,
    EPC_SGTIN_198,
    EPC_SGTIN_PLUS,
    EPC_DSGTIN_PLUS,
    EPC_SGTIN_PLUS_PLUS,
    EPC_DSGTIN_PLUS_PLUS,
    EPC_SSCC_96,
    EPC_SSCC_PLUS,
    EPC_SSCC_PLUS_PLUS,
    EPC_SGLN_96,
    EPC_SGLN_195,
    EPC_SGLN_PLUS,
    EPC_SGLN_PLUS_PLUS,
    EPC_GRAI_96,
    EPC_GRAI_170,
    EPC_GRAI_PLUS,
    EPC_GRAI_PLUS_PLUS,
    EPC_GIAI_96,
    EPC_GIAI_202,
    EPC_GIAI_PLUS,
    EPC_GIAI_PLUS_PLUS,
    EPC_GSRN_96,
    EPC_GSRN_PLUS,
    EPC_GSRN_PLUS_PLUS,
    EPC_GSRNP_96,
    EPC_GSRNP_PLUS,
    EPC_GSRNP_PLUS_PLUS,
    EPC_GDTI_96,
    EPC_GDTI_113,
    EPC_GDTI_174,
    EPC_GDTI_PLUS,
    EPC_GDTI_PLUS_PLUS,
    EPC_SGCN_96,
    EPC_SGCN_PLUS,
    EPC_SGCN_PLUS_PLUS,
    EPC_CPI_96,
    EPC_CPI_VAR,
    EPC_CPI_PLUS,
    EPC_CPI_PLUS_PLUS,
    EPC_ITIP_110,
    EPC_ITIP_212,
    EPC_ITIP_PLUS,
    EPC_ITIP_PLUS_PLUS,
    EPC_GID_96,
    EPC_USDOD_96,
    EPC_ADI_VAR,
    EPC_SCHEMES,
};

struct epc_value {
    char text[EPC_VALUE_MAX]; /* no NUL at the end */
    uint8_t len;
    uint8_t encoding; /* 0: the shortest; else one more than the encoding indicator that was read */
};

/* A GS1 Application Identifier and its value. */
struct epc_element {
    char ai[5]; /* 2 to 4 digits and NUL */
    struct epc_value value;
};

struct epc_host {
    char text[EPC_HOST_MAX];
    uint8_t len; /* 0: none */
    uint8_t form; /* 0: the shortest; 1: URN Code 40; 2: the units below, as read */
    uint8_t units[EPC_HOST_MAX];
    uint8_t units_count;
};

struct epc {
    enum epc_identity identity;
    bool pattern; /* any serial of this class: urn:epc:idpat:...*, a link without serial */
    enum epc_scheme scheme;
    uint8_t filter;
    uint8_t prefix_digits; /* of the GS1 Company Prefix; 0 when unknown or there is none */
    /* key: the AI's value with check digit (GTIN of 14 digits, GRAI of 14 with its leading zero, ITIP of
     * 18), of GRAI, GDTI and SGCN without serial; GID: manager; USDOD, ADI: CAGE or DoDAAC; BIC, IMOVN:
     * all. part: object class of GID, part number of ADI. serial: what distinguishes within the key,
     * also the lot of an LGTIN, the extension of an SGLN (empty: none). */
    struct epc_value key, part, serial;
    struct epc_host host; /* of a "++" tag, or of the link that was read; other tags carry none */
    struct epc_element data[EPC_DATA_MAX]; /* further AIs; of DSGTIN+ the first is its date */
    uint8_t data_count;
};

/* "sgtin-96", "sgtin+", "adi-var"; "sgtin", "lgtin". By name in any case, false when there is none. */
const char *epc_scheme_name(enum epc_scheme scheme);
const char *epc_identity_name(enum epc_identity identity);
bool epc_scheme_by_name(struct span name, enum epc_scheme *ret) MUST_USE;
/* EPC_IDENTITIES for EPC_NO_SCHEME. */
enum epc_identity epc_scheme_identity(enum epc_scheme scheme);
/* Has URIs with a prefix, so that the prefix length must be known. */
bool epc_needs_prefix(enum epc_identity identity);

/* The first `bits` bits, from the most significant bit of the first byte (bit 20h of the EPC bank). What
 * follows the EPC must be zero. */
enum err epc_from_bits(struct span bytes, size_t bits, struct epc *ret) MUST_USE;
/* As a reader gives it: hexadecimal in any case, also an odd number of digits. */
enum err epc_from_hex(struct span text, struct epc *ret) MUST_USE;
enum err epc_from_tag_uri(struct span text, struct epc *ret) MUST_USE;
/* urn:epc:id:..., urn:epc:class:lgtin:..., urn:epc:idpat:...*. */
enum err epc_from_id_uri(struct span text, struct epc *ret) MUST_USE;
/* The key first. prefix_digits 0: unknown. What is neither key nor serial becomes data. */
enum err epc_from_elements(const struct epc_element *list, size_t count, uint8_t prefix_digits,
                           struct epc *ret) MUST_USE;
/* https://host/any/path/01/.../21/...?17=..., or from /01 on; numeric AIs only. Parameters that are no AI
 * are dropped. */
enum err epc_from_digital_link(struct span text, uint8_t prefix_digits, struct epc *ret) MUST_USE;
/* The last segment of such a link in EPCB form: eh and lower-case hexadecimal, or ex and base64url. */
enum err epc_from_segment(struct span segment, struct epc *ret) MUST_USE;

/* What a spelling did not say. A prefix that is not 6 to 12 digits or longer than the key refuses; so does a
 * scheme that cannot carry this name (leading zeros, too large, letters) or a filter that does not fit. */
enum err epc_use_prefix(struct epc *e, uint8_t digits) MUST_USE;
enum err epc_use_scheme(struct epc *e, enum epc_scheme scheme, uint8_t filter) MUST_USE;
/* The host a "++" scheme carries: letters, digits, - . : _, at most 63. */
enum err epc_use_host(struct epc *e, struct span host) MUST_USE;

/* Append to out; a form that this name does not have refuses with ERR_EPC_NO_FORM. */
enum err epc_to_bits(const struct epc *e, struct buffer *out, size_t *ret_bits) MUST_USE;
enum err epc_to_hex(const struct epc *e, struct buffer *out) MUST_USE; /* upper case, whole 16-bit words */
enum err epc_to_tag_uri(const struct epc *e, struct buffer *out) MUST_USE;
enum err epc_to_id_uri(const struct epc *e, struct buffer *out) MUST_USE;
/* Key, serial, data. ret has room for EPC_DATA_MAX + 2. */
enum err epc_to_elements(const struct epc *e, struct epc_element *ret, size_t *ret_count) MUST_USE;
/* stem: "https://id.gs1.org", with or without a final slash; empty: only from "/01" on. The host of a "++"
 * name is written in its place when there is one. */
enum err epc_to_digital_link(const struct epc *e, struct span stem, struct buffer *out) MUST_USE;
enum epc_segment { EPC_SEGMENT_HEX, EPC_SEGMENT_BASE64 };
enum err epc_to_segment(const struct epc *e, enum epc_segment form, struct buffer *out) MUST_USE;

#endif
