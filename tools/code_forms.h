/* code_forms.h: what a text that somebody scanned or typed is, and what it says.
 *
 * Some texts may be several things (24 digits: a veterinary drug code, or the bits of a tag): every
 * reading that holds is given, the most telling first; when none holds, the one that was most likely
 * meant, with what is wrong. Needs no node. Readings borrow nothing from the text but `code`.
 */
#ifndef TOOLS_CODE_FORMS_H
#define TOOLS_CODE_FORMS_H

#include "trace/division.h"
#include "trace/epc_tag.h"
#include "trace/gs1_data.h"
#include "trace/gs1_scan.h"
#include "trace/uscc.h"

enum code_kind {
    CODE_TAG_BITS,
    CODE_TAG_URI,
    CODE_EPC_URI,
    CODE_EPCB,
    CODE_LINK,
    CODE_SCAN,
    CODE_ELEMENTS,
    CODE_BRACKETED,
    CODE_GTIN,
    CODE_SSCC,
    CODE_USCC,
    CODE_DIVISION,
    CODE_PESTICIDE,
    CODE_VETERINARY,
    CODE_TRACE,
    CODE_KINDS,
};
struct code_kind_name {
    const char *name, *zh, *en; /* name: for JSON */
};
extern const struct code_kind_name code_kind_names[CODE_KINDS];

enum { CODE_READINGS_MAX = 4 };

struct code_reading {
    enum code_kind kind;
    struct refusal refusal; /* err OK: it holds */
    struct span code;
    bool has_epc, has_data; /* which of the next two are said */
    struct epc epc;
    struct gs1_data data;
    enum gs1_symbology symbology; /* of CODE_SCAN */
    struct uscc uscc;
    struct division division;
    struct pesticide pesticide;
};

/* At least one reading. prefix_digits: the length of the company prefix, 0 unknown: names that came without
 * one get it. */
void code_read(struct span text, uint8_t prefix_digits, struct code_reading ret[CODE_READINGS_MAX],
               size_t *ret_count);

#endif
