#include "trace/epc_tables.h"

#include <string.h>

#include "trace/charset.h"

#define NO_TEXT                                                                                    \
    { 0, 0, LETTERS_DIGITS }
#define DIGITS(n)                                                                                  \
    { (n), (n), LETTERS_DIGITS }
#define ANY(n)                                                                                     \
    { 1, (n), LETTERS_82 }

/* TDS sections 6.3 and 7. */
static const struct identity_row identities[EPC_IDENTITIES] = {
    [EPC_SGTIN] = {"sgtin", "01", "21", JOINT_INDICATOR, 13, DIGITS(14), ANY(20), true, false},
    [EPC_LGTIN] = {"lgtin", "01", "10", JOINT_INDICATOR, 13, DIGITS(14), ANY(20), false, false},
    [EPC_UPUI] = {"upui", "01", "235", JOINT_INDICATOR, 13, DIGITS(14), ANY(28), true, false},
    [EPC_SSCC] = {"sscc", "00", NULL, JOINT_INDICATOR, 17, DIGITS(18), NO_TEXT, false, false},
    [EPC_SGLN] = {"sgln", "414", "254", JOINT_PLAIN, 12, DIGITS(13), ANY(20), false, true},
    [EPC_PGLN] = {"pgln", "417", NULL, JOINT_PLAIN, 12, DIGITS(13), NO_TEXT, false, false},
    [EPC_GRAI] = {"grai", "8003", NULL, JOINT_ZERO, 12, DIGITS(14), ANY(16), true, false},
    [EPC_GIAI] = {"giai", "8004", NULL, JOINT_FREE, 30, ANY(30), NO_TEXT, false, false},
    [EPC_GSRN] = {"gsrn", "8018", NULL, JOINT_PLAIN, 17, DIGITS(18), NO_TEXT, false, false},
    [EPC_GSRNP] = {"gsrnp", "8017", NULL, JOINT_PLAIN, 17, DIGITS(18), NO_TEXT, false, false},
    [EPC_GDTI] = {"gdti", "253", NULL, JOINT_PLAIN, 12, DIGITS(13), ANY(17), true, false},
    [EPC_SGCN] = {"sgcn", "255", NULL, JOINT_PLAIN, 12, DIGITS(13), {1, 12, LETTERS_DIGITS}, true, false},
    [EPC_CPI] = {"cpi", "8010", "8011", JOINT_FREE, 30, {1, 30, LETTERS_39}, {1, 12, LETTERS_NUMBER}, true, false},
    [EPC_ITIP] = {"itip", "8006", "21", JOINT_INDICATOR, 13, DIGITS(18), ANY(20), true, false},
    [EPC_GSIN] = {"gsin", "402", NULL, JOINT_PLAIN, 16, DIGITS(17), NO_TEXT, false, false},
    [EPC_GINC] = {"ginc", "401", NULL, JOINT_FREE, 30, ANY(30), NO_TEXT, false, false},
    [EPC_GID] = {"gid", NULL, NULL, JOINT_NONE, 0, {1, 9, LETTERS_NUMBER}, {1, 11, LETTERS_NUMBER}, false, false},
    [EPC_USDOD] = {"usdod", NULL, NULL, JOINT_NONE, 0, {5, 6, LETTERS_CAGE}, {1, 11, LETTERS_NUMBER}, false, false},
    [EPC_ADI] = {"adi", NULL, NULL, JOINT_NONE, 0, {5, 6, LETTERS_CAGE}, {1, 30, LETTERS_ADI}, false, false},
    [EPC_BIC] = {"bic", NULL, NULL, JOINT_NONE, 0, {11, 11, LETTERS_UPPER}, NO_TEXT, false, false},
    [EPC_IMOVN] = {"imovn", NULL, NULL, JOINT_NONE, 0, DIGITS(7), NO_TEXT, false, false},
};

const struct identity_row *identity_row(enum epc_identity identity) {
    CHECK(identity < EPC_IDENTITIES);
    return &identities[identity];
}

#define GS1(name, header, identity, bits, reference, part_bits, part_digits, serial, serial_bits)  \
    {                                                                                              \
        name, header, identity, LAYOUT_GS1, 3, bits, reference, part_bits, part_digits, serial,    \
            serial_bits, false, false                                                              \
    }
#define PLUS(name, header, identity, dated, hosted)                                                \
    { name, header, identity, LAYOUT_PLUS, 3, 0, CODING_NONE, 0, 0, CODING_NONE, 0, dated, hosted }
#define OWN(name, header, identity, layout, filter_bits, bits)                                     \
    {                                                                                              \
        name, header, identity, layout, filter_bits, bits, CODING_NONE, 0, 0, CODING_NONE, 0,      \
            false, false                                                                           \
    }

/* TDS Table 14-1 and the coding tables of section 14.6. Every partition table there is the same one: value P
 * stands for 12 - P digits of company prefix in the fewest bits, the reference has what is left of part_bits
 * and part_digits. */
static const struct scheme_row schemes[EPC_SCHEMES] = {
    [EPC_NO_SCHEME] = {"", 0, EPC_IDENTITIES, LAYOUT_GS1, 0, 0, CODING_NONE, 0, 0, CODING_NONE, 0, false, false},
    [EPC_SGTIN_96] = GS1("sgtin-96", 0x30, EPC_SGTIN, 96, CODING_DIGITS, 44, 13, CODING_NUMBER, 38),
    [EPC_SGTIN_198] = GS1("sgtin-198", 0x36, EPC_SGTIN, 198, CODING_DIGITS, 44, 13, CODING_STRING, 140),
    [EPC_SGTIN_PLUS] = PLUS("sgtin+", 0xF7, EPC_SGTIN, false, false),
    [EPC_DSGTIN_PLUS] = PLUS("dsgtin+", 0xFB, EPC_SGTIN, true, false),
    [EPC_SGTIN_PLUS_PLUS] = PLUS("sgtin++", 0xFD, EPC_SGTIN, false, true),
    [EPC_DSGTIN_PLUS_PLUS] = PLUS("dsgtin++", 0xFC, EPC_SGTIN, true, true),
    [EPC_SSCC_96] = GS1("sscc-96", 0x31, EPC_SSCC, 96, CODING_DIGITS, 58, 17, CODING_NONE, 24),
    [EPC_SSCC_PLUS] = PLUS("sscc+", 0xF9, EPC_SSCC, false, false),
    [EPC_SSCC_PLUS_PLUS] = PLUS("sscc++", 0xEF, EPC_SSCC, false, true),
    [EPC_SGLN_96] = GS1("sgln-96", 0x32, EPC_SGLN, 96, CODING_DIGITS, 41, 12, CODING_NUMBER, 41),
    [EPC_SGLN_195] = GS1("sgln-195", 0x39, EPC_SGLN, 195, CODING_DIGITS, 41, 12, CODING_STRING, 140),
    [EPC_SGLN_PLUS] = PLUS("sgln+", 0xF2, EPC_SGLN, false, false),
    [EPC_SGLN_PLUS_PLUS] = PLUS("sgln++", 0xE9, EPC_SGLN, false, true),
    [EPC_GRAI_96] = GS1("grai-96", 0x33, EPC_GRAI, 96, CODING_DIGITS, 44, 12, CODING_NUMBER, 38),
    [EPC_GRAI_170] = GS1("grai-170", 0x37, EPC_GRAI, 170, CODING_DIGITS, 44, 12, CODING_STRING, 112),
    [EPC_GRAI_PLUS] = PLUS("grai+", 0xF1, EPC_GRAI, false, false),
    [EPC_GRAI_PLUS_PLUS] = PLUS("grai++", 0xEB, EPC_GRAI, false, true),
    [EPC_GIAI_96] = GS1("giai-96", 0x34, EPC_GIAI, 96, CODING_NUMBER, 82, 25, CODING_NONE, 0),
    [EPC_GIAI_202] = GS1("giai-202", 0x38, EPC_GIAI, 202, CODING_STRING, 188, 30, CODING_NONE, 0),
    [EPC_GIAI_PLUS] = PLUS("giai+", 0xFA, EPC_GIAI, false, false),
    [EPC_GIAI_PLUS_PLUS] = PLUS("giai++", 0xEE, EPC_GIAI, false, true),
    [EPC_GSRN_96] = GS1("gsrn-96", 0x2D, EPC_GSRN, 96, CODING_DIGITS, 58, 17, CODING_NONE, 24),
    [EPC_GSRN_PLUS] = PLUS("gsrn+", 0xF4, EPC_GSRN, false, false),
    [EPC_GSRN_PLUS_PLUS] = PLUS("gsrn++", 0xE7, EPC_GSRN, false, true),
    [EPC_GSRNP_96] = GS1("gsrnp-96", 0x2E, EPC_GSRNP, 96, CODING_DIGITS, 58, 17, CODING_NONE, 24),
    [EPC_GSRNP_PLUS] = PLUS("gsrnp+", 0xF5, EPC_GSRNP, false, false),
    [EPC_GSRNP_PLUS_PLUS] = PLUS("gsrnp++", 0xE8, EPC_GSRNP, false, true),
    [EPC_GDTI_96] = GS1("gdti-96", 0x2C, EPC_GDTI, 96, CODING_DIGITS, 41, 12, CODING_NUMBER, 41),
    [EPC_GDTI_113] = GS1("gdti-113", 0x3A, EPC_GDTI, 113, CODING_DIGITS, 41, 12, CODING_ONE, 58),
    [EPC_GDTI_174] = GS1("gdti-174", 0x3E, EPC_GDTI, 174, CODING_DIGITS, 41, 12, CODING_STRING, 119),
    [EPC_GDTI_PLUS] = PLUS("gdti+", 0xF6, EPC_GDTI, false, false),
    [EPC_GDTI_PLUS_PLUS] = PLUS("gdti++", 0xEA, EPC_GDTI, false, true),
    [EPC_SGCN_96] = GS1("sgcn-96", 0x3F, EPC_SGCN, 96, CODING_DIGITS, 41, 12, CODING_ONE, 41),
    [EPC_SGCN_PLUS] = PLUS("sgcn+", 0xF8, EPC_SGCN, false, false),
    [EPC_SGCN_PLUS_PLUS] = PLUS("sgcn++", 0xEC, EPC_SGCN, false, true),
    [EPC_CPI_96] = GS1("cpi-96", 0x3C, EPC_CPI, 96, CODING_NUMBER, 51, 15, CODING_NUMBER, 31),
    [EPC_CPI_VAR] = GS1("cpi-var", 0x3D, EPC_CPI, 0, CODING_SIX, 0, 30, CODING_NUMBER, 40),
    [EPC_CPI_PLUS] = PLUS("cpi+", 0xF0, EPC_CPI, false, false),
    [EPC_CPI_PLUS_PLUS] = PLUS("cpi++", 0xE6, EPC_CPI, false, true),
    [EPC_ITIP_110] = GS1("itip-110", 0x40, EPC_ITIP, 110, CODING_DIGITS, 44, 13, CODING_NUMBER, 38),
    [EPC_ITIP_212] = GS1("itip-212", 0x41, EPC_ITIP, 212, CODING_DIGITS, 44, 13, CODING_STRING, 140),
    [EPC_ITIP_PLUS] = PLUS("itip+", 0xF3, EPC_ITIP, false, false),
    [EPC_ITIP_PLUS_PLUS] = PLUS("itip++", 0xED, EPC_ITIP, false, true),
    [EPC_GID_96] = OWN("gid-96", 0x35, EPC_GID, LAYOUT_GID, 0, 96),
    [EPC_USDOD_96] = OWN("usdod-96", 0x2F, EPC_USDOD, LAYOUT_USDOD, 4, 96),
    [EPC_ADI_VAR] = OWN("adi-var", 0x3B, EPC_ADI, LAYOUT_ADI, 6, 0),
};

const struct scheme_row *scheme_row(enum epc_scheme scheme) {
    CHECK(scheme < EPC_SCHEMES);
    return &schemes[scheme];
}

enum epc_scheme scheme_by_header(uint8_t header) {
    for (int i = EPC_NO_SCHEME + 1; i < EPC_SCHEMES; i++)
        if (schemes[i].header == header) return (enum epc_scheme)i;
    return EPC_NO_SCHEME;
}

const char *epc_scheme_name(enum epc_scheme scheme) {
    return scheme_row(scheme)->name;
}

const char *epc_identity_name(enum epc_identity identity) {
    return identity_row(identity)->name;
}

enum epc_identity epc_scheme_identity(enum epc_scheme scheme) {
    return scheme_row(scheme)->identity;
}

bool epc_needs_prefix(enum epc_identity identity) {
    return identity_row(identity)->joint != JOINT_NONE;
}

bool epc_scheme_by_name(struct span name, enum epc_scheme *ret) {
    for (int i = EPC_NO_SCHEME + 1; i < EPC_SCHEMES; i++) {
        struct span row = span_text(schemes[i].name);
        bool same = row.len == name.len;
        for (size_t c = 0; same && c < row.len; c++) {
            uint8_t letter = name.data[c];
            if (letter >= 'A' && letter <= 'Z') letter = (uint8_t)(letter + 32);
            same = letter == row.data[c];
        }
        if (!same) continue;
        *ret = (enum epc_scheme)i;
        return true;
    }
    return false;
}

/* ---- AIs ---- */

#define ONE(ai)                                                                                    \
    (ai), (ai), 9
#define F_DIGITS(n)                                                                                \
    { METHOD_DIGITS, (n), 0 }
#define TEXT_SIZE(n) ((n) < 4 ? 2 : (n) < 8 ? 3 : (n) < 16 ? 4 : (n) < 32 ? 5 : (n) < 64 ? 6 : 7)
#define F_TEXT(n)                                                                                  \
    { METHOD_TEXT, (n), TEXT_SIZE(n) }
#define F_NUMERIC(n)                                                                               \
    { METHOD_NUMERIC, (n), TEXT_SIZE(n) }
#define F_INTEGER(n, bits)                                                                         \
    { METHOD_INTEGER, (n), (bits) }
#define F_ONLY(method)                                                                             \
    { (method), 0, 0 }
#define F_DELIMITED                                                                                \
    { METHOD_DELIMITED, 30, 5 }
#define F_NONE F_ONLY(METHOD_NONE)

/* TDS Table F. Bits of a length indicator: the fewest that hold the greatest length. */
static const struct ai_row ai_rows[] = {
    {ONE(0), F_DIGITS(18), F_NONE},
    {1, 2, 9, F_DIGITS(14), F_NONE},
    {ONE(10), F_TEXT(20), F_NONE},
    {11, 13, 9, F_ONLY(METHOD_DATE), F_NONE},
    {15, 17, 9, F_ONLY(METHOD_DATE), F_NONE},
    {ONE(20), F_INTEGER(2, 7), F_NONE},
    {21, 22, 9, F_TEXT(20), F_NONE},
    {ONE(235), F_TEXT(28), F_NONE},
    {240, 241, 9, F_TEXT(30), F_NONE},
    {ONE(242), F_NUMERIC(6), F_NONE},
    {ONE(243), F_TEXT(20), F_NONE},
    {250, 251, 9, F_TEXT(30), F_NONE},
    {ONE(253), F_DIGITS(13), F_TEXT(17)},
    {ONE(254), F_TEXT(20), F_NONE},
    {ONE(255), F_DIGITS(13), F_NUMERIC(12)},
    {ONE(30), F_NUMERIC(8), F_NONE},
    {3100, 3165, 5, F_INTEGER(6, 20), F_NONE},
    {3200, 3375, 5, F_INTEGER(6, 20), F_NONE},
    {3400, 3575, 5, F_INTEGER(6, 20), F_NONE},
    {3600, 3695, 5, F_INTEGER(6, 20), F_NONE},
    {ONE(37), F_NUMERIC(8), F_NONE},
    {3900, 3909, 9, F_NUMERIC(15), F_NONE},
    {3910, 3919, 9, F_INTEGER(3, 10), F_NUMERIC(15)},
    {3920, 3929, 9, F_NUMERIC(15), F_NONE},
    {3930, 3939, 9, F_INTEGER(3, 10), F_NUMERIC(15)},
    {3940, 3943, 9, F_INTEGER(4, 14), F_NONE},
    {3950, 3953, 9, F_INTEGER(6, 20), F_NONE},
    {400, 401, 9, F_TEXT(30), F_NONE},
    {ONE(402), F_INTEGER(17, 57), F_NONE},
    {ONE(403), F_TEXT(30), F_NONE},
    {410, 417, 9, F_DIGITS(13), F_NONE},
    {ONE(420), F_TEXT(20), F_NONE},
    {ONE(421), F_INTEGER(3, 10), F_TEXT(9)},
    {ONE(422), F_INTEGER(3, 10), F_NONE},
    {ONE(423), F_NUMERIC(15), F_NONE},
    {ONE(424), F_INTEGER(3, 10), F_NONE},
    {ONE(425), F_NUMERIC(15), F_NONE},
    {ONE(426), F_INTEGER(3, 10), F_NONE},
    {ONE(427), F_TEXT(3), F_NONE},
    {4300, 4301, 9, F_TEXT(35), F_NONE},
    {4302, 4306, 9, F_TEXT(70), F_NONE},
    {ONE(4307), F_ONLY(METHOD_COUNTRY), F_NONE},
    {ONE(4308), F_TEXT(30), F_NONE},
    {ONE(4309), F_INTEGER(20, 67), F_NONE},
    {4310, 4311, 9, F_TEXT(35), F_NONE},
    {4312, 4316, 9, F_TEXT(70), F_NONE},
    {ONE(4317), F_ONLY(METHOD_COUNTRY), F_NONE},
    {ONE(4318), F_TEXT(20), F_NONE},
    {ONE(4319), F_TEXT(30), F_NONE},
    {ONE(4320), F_TEXT(35), F_NONE},
    {4321, 4323, 9, F_ONLY(METHOD_BIT), F_NONE},
    {4324, 4325, 9, F_ONLY(METHOD_MINUTE), F_NONE},
    {ONE(4326), F_ONLY(METHOD_DATE), F_NONE},
    {4330, 4333, 9, F_INTEGER(6, 20), F_ONLY(METHOD_MINUS)},
    {ONE(7001), F_INTEGER(13, 44), F_NONE},
    {ONE(7002), F_TEXT(30), F_NONE},
    {ONE(7003), F_ONLY(METHOD_MINUTE), F_NONE},
    {ONE(7004), F_NUMERIC(4), F_NONE},
    {ONE(7005), F_TEXT(12), F_NONE},
    {ONE(7006), F_ONLY(METHOD_DATE), F_NONE},
    {ONE(7007), F_ONLY(METHOD_DATES), F_NONE},
    {ONE(7008), F_TEXT(3), F_NONE},
    {ONE(7009), F_TEXT(10), F_NONE},
    {ONE(7010), F_TEXT(2), F_NONE},
    {ONE(7011), F_ONLY(METHOD_PRECISION), F_NONE},
    {7020, 7022, 9, F_TEXT(20), F_NONE},
    {ONE(7023), F_DELIMITED, F_NONE},
    {7030, 7039, 9, F_INTEGER(3, 10), F_TEXT(27)},
    {7040, 7041, 9, F_TEXT(4), F_NONE},
    {710, 716, 9, F_TEXT(20), F_NONE},
    {7230, 7239, 9, F_TEXT(30), F_NONE},
    {ONE(7240), F_TEXT(20), F_NONE},
    {ONE(7241), F_DIGITS(2), F_NONE},
    {ONE(7242), F_TEXT(25), F_NONE},
    {ONE(7250), F_INTEGER(8, 27), F_NONE},
    {ONE(7251), F_INTEGER(12, 40), F_NONE},
    {ONE(7252), F_INTEGER(1, 4), F_NONE},
    {7253, 7254, 9, F_TEXT(40), F_NONE}, /* 7254 is printed with 30, and with the 6 bits of 40 */
    {ONE(7255), F_TEXT(10), F_NONE},
    {ONE(7256), F_TEXT(90), F_NONE},
    {ONE(7257), F_TEXT(70), F_NONE},
    {ONE(7258), F_ONLY(METHOD_SEQUENCE), F_NONE},
    {ONE(7259), F_TEXT(40), F_NONE},
    {ONE(8001), F_INTEGER(14, 47), F_NONE},
    {ONE(8002), F_TEXT(20), F_NONE},
    {ONE(8003), F_DIGITS(14), F_TEXT(16)},
    {ONE(8004), F_DELIMITED, F_NONE},
    {ONE(8005), F_INTEGER(6, 20), F_NONE},
    {ONE(8006), F_DIGITS(18), F_NONE},
    {ONE(8007), F_TEXT(24), F_NONE},
    {ONE(8008), F_ONLY(METHOD_PRECISION), F_NONE},
    {ONE(8009), F_TEXT(50), F_NONE},
    {ONE(8010), F_DELIMITED, F_NONE},
    {ONE(8011), F_NUMERIC(12), F_NONE},
    {ONE(8012), F_TEXT(20), F_NONE},
    {ONE(8013), F_TEXT(25), F_NONE},
    {8017, 8018, 9, F_DIGITS(18), F_NONE},
    {ONE(8019), F_NUMERIC(10), F_NONE},
    {ONE(8020), F_TEXT(25), F_NONE},
    {ONE(8026), F_DIGITS(18), F_NONE},
    {ONE(8030), F_TEXT(90), F_NONE},
    {ONE(8110), F_TEXT(70), F_NONE},
    {ONE(8111), F_INTEGER(4, 14), F_NONE},
    {ONE(8112), F_TEXT(70), F_NONE},
    {ONE(8200), F_TEXT(70), F_NONE},
    {ONE(90), F_TEXT(30), F_NONE},
    {91, 99, 9, F_TEXT(90), F_NONE},
};

unsigned ai_digits(unsigned first_two) {
    static const char table[] = "2220000000"  /* 00 */
                                "2222022200"  /* 10 */
                                "2223330000"  /* 20 */
                                "2444444204"  /* 30 */
                                "3334000000"  /* 40 */
                                "0000000000"  /* 50 */
                                "0000000000"  /* 60 */
                                "4340000000"  /* 70 */
                                "4440000000"  /* 80 */
                                "2222222222"; /* 90 */
    CHECK(first_two < 100);
    return (unsigned)(table[first_two] - '0');
}

const struct ai_row *ai_row(const char *ai) {
    size_t len = strlen(ai);
    unsigned number = 0;
    if (len < 2 || len > 4) return NULL;
    for (size_t i = 0; i < len; i++) {
        if (!charset_has(SET_DIGITS, ai[i])) return NULL;
        number = number * 10 + (unsigned)(ai[i] - '0');
    }
    if (ai_digits((unsigned)(ai[0] - '0') * 10 + (unsigned)(ai[1] - '0')) != len) return NULL;
    for (size_t i = 0; i < sizeof ai_rows / sizeof *ai_rows; i++) {
        const struct ai_row *row = &ai_rows[i];
        if (number >= row->from && number <= row->to && number % 10 <= row->last_max) return row;
    }
    return NULL;
}

static const char *const date_ais[] = {"11", "13", "15", "16", "17", "7006", "7007"};

bool ai_is_date(const char *ai, unsigned *ret_type) {
    for (unsigned i = 0; i < sizeof date_ais / sizeof *date_ais; i++) {
        if (strcmp(ai, date_ais[i]) != 0) continue;
        *ret_type = i;
        return true;
    }
    return false;
}

const char *ai_of_date(unsigned type) {
    return type < sizeof date_ais / sizeof *date_ais ? date_ais[type] : NULL;
}

enum letters ai_letters(const char *ai) {
    return strcmp(ai, "8010") == 0 ? LETTERS_39 : LETTERS_82;
}
