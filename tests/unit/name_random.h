/* name_random.h: random identifiers for tests: links and EPC URNs of every GS1 key, put together of pieces that fit, nearly
 * fit and do not, some with a byte damaged. ASCII but for one piece. */
#ifndef TESTS_NAME_RANDOM_H
#define TESTS_NAME_RANDOM_H

#include "tests/unit/codec_random.h"

static inline const char *rng_piece(struct rng *r, const char *const list[], size_t count) {
    return list[rng_below(r, count)];
}
#define RNG_PIECE(r, list) rng_piece(r, list, sizeof(list) / sizeof *(list))

/* "0614141" and digits up to `total` of company and reference together, the dot between them. */
static inline void rng_company(struct rng *r, unsigned total, struct buffer *out) {
    unsigned company = 5 + (unsigned)rng_below(r, 9);
    for (unsigned i = 0; i < total; i++) {
        if (i == company) buffer_u8(out, '.');
        buffer_u8(out, (uint8_t)('0' + rng_below(r, 10)));
    }
    if (company >= total) buffer_u8(out, '.');
}

static inline void rng_urn(struct rng *r, struct buffer *out) {
    static const struct {
        const char *scheme;
        unsigned digits;
        bool last;
    } forms[] = {
        {"id:sgtin:", 13, true}, {"class:lgtin:", 13, true}, {"id:upui:", 13, true}, {"id:sscc:", 17, false}, {"id:sgln:", 12, true},
        {"id:pgln:", 12, false}, {"id:grai:", 12, true}, {"id:giai:", 9, false}, {"id:gsrn:", 17, false}, {"id:gsrnp:", 17, false},
        {"id:gdti:", 12, true}, {"id:sgcn:", 12, true}, {"id:cpi:", 9, true}, {"id:itip:", 13, true}, {"id:gsin:", 16, false},
        {"id:ginc:", 12, false}, {"idpat:sgtin:", 13, true}, {"idpat:upui:", 13, true}, {"idpat:itip:", 13, true}, {"idpat:grai:", 12, true},
        {"idpat:gdti:", 12, true}, {"idpat:sgcn:", 12, true}, {"idpat:cpi:", 9, true}, {"id:gid:", 12, true},
    };
    static const char *const lasts[] = {"0", "1", "A%2FB", "a.b", "*", "%22", "%zz", "00012", "", "x y", "ABC-123", "%C3%A9"};
    size_t f = rng_below(r, sizeof forms / sizeof *forms);
    buffer_text(out, rng_below(r, 6) ? "urn:epc:" : "URN:Epc:");
    buffer_text(out, forms[f].scheme);
    rng_company(r, forms[f].digits + (rng_below(r, 12) == 0 ? 1 : 0), out);
    if (strstr(forms[f].scheme, "giai") || strstr(forms[f].scheme, "ginc") || strstr(forms[f].scheme, "cpi"))
        buffer_text(out, RNG_PIECE(r, lasts));
    if (strstr(forms[f].scheme, "itip")) buffer_text(out, rng_below(r, 8) ? ".01.02" : ".1.02");
    if (!forms[f].last) return;
    buffer_u8(out, '.');
    bool pattern = strstr(forms[f].scheme, "idpat") != NULL;
    buffer_text(out, pattern && rng_below(r, 4) ? "*" : RNG_PIECE(r, lasts));
}

static inline void rng_link(struct rng *r, struct buffer *out) {
    static const char *const hosts[] = {"https://a.example/", "HTTP://b.example:8080/p/", "https://id.gs1.org/", "https://a.example",
                                        "ftp://a.example/"};
    static const char *const link_keys[] = {
        "01/06901234567892", "gtin/12345670", "01/614141123452", "00/106141411234567897", "8003/00614141000012345", "8004/A%2FB%25",
        "8006/069012345678920102", "8010/0614141X-%23", "414/0614141123452", "gln/0614141123452", "417/0614141123452", "253/0614141123452X",
        "255/0614141123452", "8018/061414112345678902", "8013/0614141Ab", "401/0614141x", "402/06141411234567890", "415/0614141123452",
    };
    static const char *const qualifiers[] = {"/22/v", "/10/L7", "/lot/L%2f7", "/21/A%2fB", "/ser/1", "/235/t", "/254/0", "/254/x",
                                             "/7040/1abc", "/8011/12", "/8019/5", "/8020/r", "/"};
    buffer_text(out, RNG_PIECE(r, hosts));
    buffer_text(out, RNG_PIECE(r, link_keys));
    for (uint64_t n = rng_below(r, 4); n > 0; n--)
        buffer_text(out, RNG_PIECE(r, qualifiers));
}

/* Appends one of 1 to some hundred bytes. */
static inline void rng_name(struct rng *r, struct buffer *out) {
    static const char *const pieces[] = {
        "https://", "http://", "HTTPS://", "id.gs1.org", "a.example", "/", "/01/", "/gtin/", "/10/", "/21/", "/22/", "/235/",
        "/00/", "/8003/", "/8004/", "/8006/", "/8010/", "/8011/", "/414/", "/254/", "/417/", "/7040/", "/253/", "/8018/", "/8019/",
        "06901234567892", "6901234567892", "12345670", "00614141000012345", "106141411234567897", "0614141123452", "A%2FB", "%25", "%2f",
        "x", "0", "1", "L7", "?a=b", "#f", "urn:epc:id:sgtin:", "urn:epc:id:sscc:", "urn:epc:class:lgtin:", "urn:epc:idpat:sgtin:",
        "URN:EPC:ID:SGLN:", "urn:epc:id:giai:", "urn:epc:id:grai:", "0614141.", "107346.", "2017", ".*", "urn:uuid:", "\xe4\xb8\xad",
    };
    size_t from = out->len;
    uint64_t more = 0;
    switch (rng_below(r, 5)) {
    case 0: more = 1 + rng_below(r, 7); break;
    case 1: rng_urn(r, out); break;
    default:
        rng_link(r, out);
        more = rng_below(r, 8) / 7;
        break;
    }
    for (; more > 0; more--)
        buffer_text(out, RNG_PIECE(r, pieces));
    if (rng_below(r, 5) == 0) out->data[from + rng_below(r, out->len - from)] = (uint8_t)(0x20 + rng_below(r, 0x5f));
}

#endif
