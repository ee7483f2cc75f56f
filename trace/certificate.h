/* certificate.h: what a certificate says (docs/spec.md section D): its type, which is data, and the items that issue,
 * supersede and revoke one. What they do is in ledger/rules_certificate.c.
 *
 *   certificate_type_decode / _encode           a definition (D1)
 *   certificate_issue_decode / _fields          items of types 64 and 65 (D2, D3)
 *   certificate_revocation_decode / _fields     items of type 66 (D4)
 *   certificate_fields_check                    the fields of an issue against its type (the result code 23)
 *
 * The decoders check the form that the bytes alone decide; the encoders are for clients, who give lists in the order that
 * the rules demand (rising) and learn from the decoder whether it was so. Spans borrow from the item, lists live in the
 * arena; results are untouched on failure. Errors: ERR_CERTIFICATE_*, ERR_CODEC_*, ERR_TOO_LARGE. */
#ifndef TRACE_CERTIFICATE_H
#define TRACE_CERTIFICATE_H

#include "trace/identifier.h"
#include "trace/item.h"
#include "trace/subject.h"

enum {
    CERTIFICATE_NUMBER_BYTES_MAX = 64,
    CERTIFICATE_ID_BYTES_MAX = SUBJECT_ID_BYTES_MAX + 1 + CERTIFICATE_NUMBER_BYTES_MAX,
    CERTIFICATE_THINGS_MAX = 16,
    CERTIFICATE_UPSTREAM_MAX = 16,
    CERTIFICATE_LINE_MAX = 16, /* certificates that superseded each other */
    CERTIFICATE_TYPE_BYTES_MAX = 8192,
    CERTIFICATE_ITEM_BYTES_MAX = 16384, /* the fields of an item */
    CERTIFICATE_UNIT_BYTES_MAX = 256,
    CERTIFICATE_NAMES_BYTES_MAX = 2048, /* of the things and units: every revocation writes them again */
    CERTIFICATE_FIELDS_MAX = 64,
    CERTIFICATE_CHOICES_MAX = 32,
    CERTIFICATE_ISSUERS_MAX = 64,
    CERTIFICATE_TEXTS_MAX = 32,
    CERTIFICATE_TEXT_BYTES_MAX = 1024,
};

/* -- types -- */

enum certificate_field_kind {
    CERTIFICATE_TEXT = 1,
    CERTIFICATE_INTEGER = 2,
    CERTIFICATE_NUMBER = 3,
    CERTIFICATE_DATE = 4, /* YYYY-MM-DD */
    CERTIFICATE_DIGEST = 5,
    CERTIFICATE_CHOICE = 6,
    CERTIFICATE_CHOICES = 7,
    CERTIFICATE_TEXTS = 8,
};
enum certificate_field_flag { CERTIFICATE_MANDATORY = 1 << 0, CERTIFICATE_HIDDEN = 1 << 1 };
enum certificate_own { CERTIFICATE_ANYONES = 0, CERTIFICATE_OWN = 1, CERTIFICATE_OF_OTHERS = 2 };
enum certificate_quota { CERTIFICATE_NO_QUOTA = 0, CERTIFICATE_PRODUCED = 1 };
enum certificate_upstream { UPSTREAM_NEVER = 0, UPSTREAM_MAY = 1, UPSTREAM_MUST = 2 };

struct certificate_field {
    struct span name;
    uint8_t kind, flags;
    struct span *choices; /* kinds CHOICE and CHOICES */
    uint32_t choices_count;
    struct span label_zh, label_en;
};

struct certificate_type {
    struct span type, title_zh, title_en;
    uint8_t covers; /* bit k set: things of enum identifier_kind k may be covered */
    uint8_t own, quota, upstream;
    uint8_t things_min, things_max;
    bool retired;
    uint32_t roles; /* one of them must be the issuer's (G7) */
    struct certificate_field *fields;
    uint32_t fields_count;
    struct span *issuers; /* empty: everybody with the role */
    uint32_t issuers_count;
    struct span upstream_field, upstream_choice; /* both empty: upstream alone says */
    uint64_t validity_ms;                        /* 0: no limit */
};

enum err certificate_type_decode(struct span definition, struct arena *arena,
                                 struct certificate_type *ret) MUST_USE;
void certificate_type_encode(const struct certificate_type *type, struct buffer *out);
/* The field of this name; NULL when the type has none. */
const struct certificate_field *certificate_type_field(const struct certificate_type *type,
                                                       struct span name);

/* -- certificates -- */

struct certificate_entry {
    struct span name;
    struct span value; /* canonical */
};

struct certificate_thing {
    struct span identifier, canonical; /* as received; in the arena */
    enum identifier_kind kind;
    uint64_t quantity;  /* millionths, at least one; 0 when none is given */
    struct span unit;   /* empty when none is given */
};

struct certificate_issue {
    struct span number, type, producer;
    struct span supersedes;     /* a certificate id; empty in an item of type 64 */
    uint64_t from_ms, until_ms; /* until 0: no end */
    struct certificate_entry *fields; /* in rising order of names */
    uint32_t fields_count;
    struct span upstream[CERTIFICATE_UPSTREAM_MAX]; /* certificate ids, rising */
    uint32_t upstream_count;
    struct span upstream_bytes;                              /* decoded only: the list, canonical */
    struct certificate_thing things[CERTIFICATE_THINGS_MAX]; /* decoded only */
    uint32_t things_count;
};

enum err certificate_issue_decode(const struct item *item, struct arena *arena,
                                  struct certificate_issue *ret) MUST_USE;
/* Appends the fields of an item of type 64, or 65 when it supersedes; its things, of ROLE_COVERED, the caller adds. */
void certificate_issue_fields(const struct certificate_issue *issue, struct buffer *out);

struct certificate_revocation {
    struct span certificate;
    uint16_t reason;
};
enum err certificate_revocation_decode(const struct item *item,
                                       struct certificate_revocation *ret) MUST_USE;
void certificate_revocation_fields(const struct certificate_revocation *r, struct buffer *out);

/* D5: issuer "/" number. */
bool certificate_id_split(struct span id, struct span *ret_issuer, struct span *ret_number) MUST_USE;
bool certificate_id_valid(struct span id);
void certificate_id_write(struct span issuer, struct span number, struct buffer *out);

/* Are the fields of the issue what its type defines? False names the field that is not (its name in the issue or the
 * type). */
bool certificate_fields_check(const struct certificate_type *type,
                              const struct certificate_issue *issue, struct span *ret_field) MUST_USE;

#endif
