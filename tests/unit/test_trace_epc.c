/* EPC tags in all their spellings. The standard's own examples are tests/vectors (epc-tds-vectors); here are the
 * properties that hold for any name, the edges of every field, and the refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/epc_random.h"

enum { ROOM = EPC_TEXT_MAX };

static unsigned rounds(unsigned few) {
    const char *soak = getenv("SUYUAN_SOAK");
    unsigned long factor = soak == NULL ? 1 : strtoul(soak, NULL, 10);
    return few * (unsigned)(factor < 1 ? 1 : factor);
}

typedef enum err write_fn(const struct epc *e, struct buffer *out);

static enum err write_bits(const struct epc *e, struct buffer *out) {
    size_t bits;
    return epc_to_bits(e, out, &bits);
}

static enum err write_link(const struct epc *e, struct buffer *out) {
    return epc_to_digital_link(e, span_text("https://id.gs1.org"), out);
}

static void assert_same(write_fn *fn, const struct epc *a, const struct epc *b) {
    struct buffer left CLEANUP(buffer_free) = {0}, right CLEANUP(buffer_free) = {0};
    buffer_init(&left, ROOM);
    buffer_init(&right, ROOM);
    assert_int_equal(fn(a, &left), fn(b, &right));
    if (!span_equal(buffer_span(&left), buffer_span(&right)))
        fail_msg("%.*s is not %.*s", (int)left.len, left.data, (int)right.len, right.data);
}

/* ---- properties ---- */

/* Every spelling that a name has says it again. */
static void assert_comes_back(const struct epc *e) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct epc back;
    size_t bits;
    buffer_init(&b, ROOM);
    assert_int_equal(epc_to_bits(e, &b, &bits), OK);
    assert_int_equal(epc_from_bits(buffer_span(&b), bits, &back), OK);
    assert_int_equal(back.scheme, e->scheme);
    assert_int_equal(back.filter, e->filter);
    assert_same(write_bits, e, &back);
    if (e->prefix_digits != 0) assert_int_equal(epc_use_prefix(&back, e->prefix_digits), OK);
    assert_same(epc_to_id_uri, e, &back);
    assert_same(write_link, e, &back);
    buffer_clear(&b);
    assert_int_equal(epc_to_hex(e, &b), OK);
    assert_int_equal(b.len % 4, 0);
    assert_int_equal(epc_from_hex(buffer_span(&b), &back), OK);
    assert_same(write_bits, e, &back);
    for (int form = EPC_SEGMENT_HEX; form <= EPC_SEGMENT_BASE64; form++) {
        buffer_clear(&b);
        assert_int_equal(epc_to_segment(e, (enum epc_segment)form, &b), OK);
        assert_int_equal(epc_from_segment(buffer_span(&b), &back), OK);
        assert_same(write_bits, e, &back);
    }
    buffer_clear(&b);
    if (epc_to_tag_uri(e, &b) == OK) {
        assert_int_equal(epc_from_tag_uri(buffer_span(&b), &back), OK);
        assert_same(write_bits, e, &back);
    } else {
        assert_int_equal(scheme_row(e->scheme)->layout, LAYOUT_PLUS);
    }
    buffer_clear(&b);
    assert_int_equal(epc_to_id_uri(e, &b), OK);
    assert_int_equal(epc_from_id_uri(buffer_span(&b), &back), OK);
    assert_same(epc_to_id_uri, e, &back);
    buffer_clear(&b);
    if (write_link(e, &b) != OK) return;
    assert_int_equal(epc_from_digital_link(buffer_span(&b), e->prefix_digits, &back), OK);
    assert_same(epc_to_id_uri, e, &back);
    back.host = e->host;
    assert_int_equal(epc_use_scheme(&back, e->scheme, e->filter), OK);
    assert_int_equal(back.data_count, e->data_count);
    back.scheme = e->scheme;
    assert_same(write_link, e, &back);
}

static void every_scheme_comes_back_from_every_spelling(void **state) {
    struct rng r = {20261124};
    (void)state;
    for (int scheme = EPC_NO_SCHEME + 1; scheme < EPC_SCHEMES; scheme++) {
        for (unsigned i = 0; i < rounds(20); i++) {
            struct epc e;
            rng_epc(&r, (enum epc_scheme)scheme, &e);
            assert_comes_back(&e);
        }
    }
}

/* Refused, or a name that has exactly these bits. */
static bool assert_canonical(struct span bytes, size_t bits) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct epc e;
    size_t again;
    buffer_init(&b, ROOM);
    if (epc_from_bits(bytes, bits, &e) != OK) return false;
    assert_int_equal(epc_to_bits(&e, &b, &again), OK);
    for (size_t i = 0; i < bits || i < again; i++) {
        unsigned was = i < bits ? (unsigned)(bytes.data[i / 8] >> (7 - i % 8)) & 1U : 0U;
        unsigned is = i < again ? (unsigned)(b.data[i / 8] >> (7 - i % 8)) & 1U : 0U;
        if (was != is) fail_msg("bit %zu of a %s became another", i, epc_scheme_name(e.scheme));
    }
    return true;
}

static void a_damaged_tag_is_refused_or_another_tag_bit_for_bit(void **state) {
    struct rng r = {7};
    struct buffer b CLEANUP(buffer_free) = {0};
    size_t taken = 0, refused = 0;
    (void)state;
    buffer_init(&b, ROOM);
    for (int scheme = EPC_NO_SCHEME + 1; scheme < EPC_SCHEMES; scheme++) {
        for (unsigned i = 0; i < rounds(2); i++) {
            struct epc e;
            size_t bits;
            rng_epc(&r, (enum epc_scheme)scheme, &e);
            buffer_clear(&b);
            assert_int_equal(epc_to_bits(&e, &b, &bits), OK);
            buffer_u16(&b, 0); /* padding may be damaged as well */
            for (size_t bit = 0; bit < bits + 16; bit++) {
                b.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
                if (assert_canonical(buffer_span(&b), bits + 16)) taken++;
                else refused++;
                b.data[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
            }
            for (size_t cut = 0; cut < bits; cut++)
                (void)assert_canonical(buffer_span(&b), cut);
        }
    }
    assert_true(taken > 1000 && refused > 1000);
}

static void random_bits_are_refused_or_a_tag_bit_for_bit(void **state) {
    struct rng r = {11};
    uint8_t bytes[64];
    size_t taken = 0;
    (void)state;
    for (unsigned i = 0; i < rounds(20000); i++) {
        rng_bytes(&r, bytes, sizeof bytes);
        bytes[0] = scheme_row((enum epc_scheme)(1 + rng_below(&r, EPC_SCHEMES - 1)))->header;
        if (rng_below(&r, 2)) memset(bytes + 12, 0, sizeof bytes - 12);
        if (assert_canonical(span_of(bytes, sizeof bytes), rng_below(&r, 2) ? 96 : 8 * sizeof bytes)) taken++;
    }
    assert_true(taken > 100);
}

/* ---- edges ---- */

struct edge {
    enum epc_scheme scheme;
    const char *uri;
    enum err err;
};

/* TDS Table 14-1 and section 14.6: the greatest number of each scheme, one more, and leading zeros. */
static void the_largest_numbers_fit_and_no_larger(void **state) {
    static const struct edge edges[] = {
        {EPC_SGTIN_96, "urn:epc:id:sgtin:0614141.112345.274877906943", OK},
        {EPC_SGTIN_96, "urn:epc:id:sgtin:0614141.112345.274877906944", ERR_EPC_CANNOT_CARRY},
        {EPC_SGTIN_96, "urn:epc:id:sgtin:0614141.112345.0", OK},
        {EPC_SGTIN_96, "urn:epc:id:sgtin:0614141.112345.00", ERR_EPC_CANNOT_CARRY},
        {EPC_SGTIN_96, "urn:epc:id:sgtin:0614141.112345.1a", ERR_EPC_CANNOT_CARRY},
        {EPC_SGTIN_198, "urn:epc:id:sgtin:0614141.112345.00", OK},
        {EPC_SGTIN_198, "urn:epc:id:sgtin:0614141.112345.274877906944", OK},
        {EPC_SGTIN_198, "urn:epc:id:sgtin:999999999999.9.ABCDEFGHIJKLMNOPQRST", OK},
        {EPC_SGTIN_PLUS, "urn:epc:id:sgtin:0614141.112345.99999999999999999999", OK},
        {EPC_DSGTIN_PLUS, "urn:epc:id:sgtin:0614141.112345.1", ERR_EPC_CANNOT_CARRY}, /* no date */
        {EPC_SGTIN_PLUS_PLUS, "urn:epc:id:sgtin:0614141.112345.1", ERR_EPC_HOST},     /* no host */
        {EPC_SSCC_96, "urn:epc:id:sscc:999999.99999999999", OK},
        {EPC_SSCC_96, "urn:epc:id:sgtin:0614141.112345.1", ERR_EPC_NO_FORM}, /* another identity */
        {EPC_SGLN_96, "urn:epc:id:sgln:0614141.12345.2199023255551", OK},
        {EPC_SGLN_96, "urn:epc:id:sgln:0614141.12345.2199023255552", ERR_EPC_CANNOT_CARRY},
        {EPC_SGLN_96, "urn:epc:id:sgln:0614141.12345.0", OK},
        {EPC_SGLN_195, "urn:epc:id:sgln:0614141.12345.2199023255552", OK},
        {EPC_GRAI_96, "urn:epc:id:grai:0614141.12345.274877906943", OK},
        {EPC_GRAI_96, "urn:epc:id:grai:0614141.12345.274877906944", ERR_EPC_CANNOT_CARRY},
        {EPC_GRAI_170, "urn:epc:id:grai:0614141.12345.9999999999999999", OK},
        {EPC_GIAI_96, "urn:epc:id:giai:999999.4611686018427387903", OK}, /* 2^62 - 1 */
        {EPC_GIAI_96, "urn:epc:id:giai:999999.4611686018427387904", ERR_EPC_CANNOT_CARRY},
        {EPC_GIAI_96, "urn:epc:id:giai:999999999999.4398046511103", OK}, /* 2^42 - 1 */
        {EPC_GIAI_96, "urn:epc:id:giai:999999999999.4398046511104", ERR_EPC_CANNOT_CARRY},
        {EPC_GIAI_96, "urn:epc:id:giai:0614141.01", ERR_EPC_CANNOT_CARRY},
        {EPC_GIAI_202, "urn:epc:id:giai:0614141.01", OK},
        {EPC_GIAI_202, "urn:epc:id:giai:012345.ABCDEFGHIJKLMNOPQRSTUVWX", OK},
        {EPC_GSRN_96, "urn:epc:id:gsrn:999999999999.99999", OK},
        {EPC_GSRNP_96, "urn:epc:id:gsrnp:999999.99999999999", OK},
        {EPC_GDTI_96, "urn:epc:id:gdti:0614141.12345.2199023255551", OK},
        {EPC_GDTI_96, "urn:epc:id:gdti:0614141.12345.2199023255552", ERR_EPC_CANNOT_CARRY},
        {EPC_GDTI_113, "urn:epc:id:gdti:0614141.12345.00000000000000000", OK},
        {EPC_GDTI_113, "urn:epc:id:gdti:0614141.12345.99999999999999999", OK},
        {EPC_GDTI_113, "urn:epc:id:gdti:0614141.12345.A", ERR_EPC_CANNOT_CARRY},
        {EPC_GDTI_174, "urn:epc:id:gdti:0614141.12345.ABCDEFGHIJKLMNOPQ", OK},
        {EPC_SGCN_96, "urn:epc:id:sgcn:0614141.12345.000000000000", OK},
        {EPC_SGCN_96, "urn:epc:id:sgcn:0614141.12345.999999999999", OK},
        {EPC_CPI_96, "urn:epc:id:cpi:0614141.99999999.2147483647", OK},
        {EPC_CPI_96, "urn:epc:id:cpi:0614141.99999999.2147483648", ERR_EPC_CANNOT_CARRY},
        {EPC_CPI_96, "urn:epc:id:cpi:061414112345.999.1", OK},
        {EPC_CPI_96, "urn:epc:id:cpi:061414112345.1000.1", ERR_EPC_CANNOT_CARRY}, /* 11 bits would hold it, 3 digits do not */
        {EPC_CPI_96, "urn:epc:id:cpi:0614141.0123.1", ERR_EPC_CANNOT_CARRY},
        {EPC_CPI_96, "urn:epc:id:cpi:0614141.A.1", ERR_EPC_CANNOT_CARRY},
        {EPC_CPI_VAR, "urn:epc:id:cpi:0614141.%23-%2FABCDEFGHIJKLMNOPQRST.999999999999", OK},
        {EPC_ITIP_110, "urn:epc:id:itip:0614141.112345.99.99.274877906943", OK},
        {EPC_ITIP_110, "urn:epc:id:itip:0614141.112345.00.00.274877906944", ERR_EPC_CANNOT_CARRY},
        {EPC_ITIP_212, "urn:epc:id:itip:0614141.112345.01.02.00", OK},
        {EPC_GID_96, "urn:epc:id:gid:268435455.16777215.68719476735", OK},
        {EPC_USDOD_96, "urn:epc:id:usdod:2S194.68719476735", OK},
        {EPC_ADI_VAR, "urn:epc:id:adi:2S194..%23A", OK},
        {EPC_ADI_VAR, "urn:epc:id:adi:W81X9C.ABCDEFGHIJKLMNOPQRSTUVWXYZ012345.%23ABCDEFGHIJKLMNOPQRSTUVWXYZ012", OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        struct epc e, untouched;
        assert_int_equal(epc_from_id_uri(span_text(edges[i].uri), &e), OK);
        untouched = e;
        enum err err = epc_use_scheme(&e, edges[i].scheme, 0);
        if (err != edges[i].err) fail_msg("%s as %s: %s", edges[i].uri, epc_scheme_name(edges[i].scheme), err_name(err));
        if (err == OK) assert_comes_back(&e);
        else assert_same(epc_to_id_uri, &e, &untouched);
    }
}

static void filters_are_as_wide_as_the_scheme_says(void **state) {
    static const struct {
        const char *uri;
        enum epc_scheme scheme;
        uint8_t most;
    } rows[] = {
        {"urn:epc:id:sscc:0614141.1234567890", EPC_SSCC_96, 7},
        {"urn:epc:id:sscc:0614141.1234567890", EPC_SSCC_PLUS, 7},
        {"urn:epc:id:usdod:2S194.1", EPC_USDOD_96, 15},
        {"urn:epc:id:adi:2S194..1", EPC_ADI_VAR, 63},
        {"urn:epc:id:gid:1.2.3", EPC_GID_96, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct epc e;
        assert_int_equal(epc_from_id_uri(span_text(rows[i].uri), &e), OK);
        assert_int_equal(epc_use_scheme(&e, rows[i].scheme, rows[i].most), OK);
        assert_int_equal(epc_use_scheme(&e, rows[i].scheme, (uint8_t)(rows[i].most + 1)), ERR_EPC_FILTER);
    }
}

/* TDS Table B, column of encoding indicator 000. */
static void numbers_have_the_bits_of_table_b(void **state) {
    static const unsigned rows[][2] = {{0, 0},   {1, 4},   {3, 10},   {4, 14},   {20, 67},  {25, 84},  {28, 94},
                                       {31, 103}, {50, 167}, {59, 196}, {65, 216}, {75, 250}, {90, 299}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(decimal_bits(rows[i][0]), rows[i][1]);
}

/* ---- encodings, by hand ---- */

struct spelled {
    const char *hex, *link;
};

/* SGTIN+ F7, toggle and filter, GTIN 04012345123456, serial "1" (000 00001 0001), then data, padded to words. */
#define PLAIN "F7004012345123456011"
#define DATA "F7804012345123456011"
static void data_follows_as_the_standard_encodes_it(void **state) {
    static const struct spelled rows[] = {
        {PLAIN, "/01/04012345123456/21/1"},
        {DATA "172CDE", "/01/04012345123456/21/1?17=220630"}, /* the 16 bits of a DSGTIN+ of annex E.3 */
        {DATA "1062501", "/01/04012345123456/10/UB/21/1"},
        {DATA "1022AB", "/01/04012345123456/10/AB/21/1"},
        {DATA "10A30694", "/01/04012345123456/10/ABC/21/1"},                /* Code 40 read, base 64 would be longer */
        {DATA "430704D0", "/01/04012345123456/21/1?4307=BN"},              /* 000001 001101 */
        {DATA "0000614141123456789" "0", "/01/04012345123456/21/1?00=006141411234567890"},
        {DATA "43218" "0", "/01/04012345123456/21/1?4321=1"},
        {DATA "725812", "/01/04012345123456/21/1?7258=1%2F2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b CLEANUP(buffer_free) = {0};
        struct epc e;
        buffer_init(&b, ROOM);
        enum err err = epc_from_hex(span_text(rows[i].hex), &e);
        if (err != OK) fail_msg("%s: %s", rows[i].hex, err_name(err));
        assert_int_equal(epc_to_digital_link(&e, SPAN_EMPTY, &b), OK);
        if (!span_is(buffer_span(&b), rows[i].link)) fail_msg("%s: %.*s", rows[i].hex, (int)b.len, b.data);
    }
}

static void a_less_frugal_encoding_is_kept(void **state) {
    /* Serial "1" as base 64, hex of both cases and 7 bits; the shortest is an integer. */
    static const char *const rows[] = {"F7004012345123456" "61D4", "F7004012345123456" "211", "F7004012345123456" "411",
                                       "F7004012345123456" "8162"};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b CLEANUP(buffer_free) = {0};
        struct epc e;
        buffer_init(&b, ROOM);
        assert_int_equal(epc_from_hex(span_text(rows[i]), &e), OK);
        assert_true(span_is(value_span(&e.serial), "1"));
        assert_int_equal(epc_to_hex(&e, &b), OK);
        assert_true(b.len >= strlen(rows[i]) && memcmp(b.data, rows[i], strlen(rows[i])) == 0);
    }
}

static void hosts_take_the_fewest_units(void **state) {
    static const struct {
        const char *host, *hex;
    } rows[] = {
        {"id.example.com", "EF009520123456789123592832F8C3B786CCB6C0"},
        {"x.com.cn", "EF009520123456789123587E011C"}, /* x, then one pair for .com.cn */
        {"EXAMPLE.COM", NULL},
        {"example.co.uk:8443", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b CLEANUP(buffer_free) = {0};
        struct epc e;
        buffer_init(&b, ROOM);
        assert_int_equal(epc_from_digital_link(span_text("/00/095201234567891235"), 0, &e), OK);
        assert_int_equal(epc_use_host(&e, span_text(rows[i].host)), OK);
        assert_int_equal(epc_use_scheme(&e, EPC_SSCC_PLUS_PLUS, 0), OK);
        assert_int_equal(epc_to_hex(&e, &b), OK);
        if (rows[i].hex != NULL && !span_is(buffer_span(&b), rows[i].hex)) fail_msg("%s: %.*s", rows[i].host, (int)b.len, b.data);
        assert_int_equal(epc_from_hex(buffer_span(&b), &e), OK);
        assert_true(span_is(span_of(e.host.text, e.host.len), rows[i].host));
        buffer_clear(&b);
        assert_int_equal(epc_to_digital_link(&e, span_text("https://elsewhere.example"), &b), OK);
        buffer_u8(&b, 0);
        assert_non_null(strstr((const char *)b.data, rows[i].host));
    }
}

/* SSCC++ of host "x" and then the pair of units t, i. */
static bool host_of_pair(unsigned t, unsigned i, struct epc *ret) {
    struct bit_writer w = {.count = 0};
    static const char head[] = "EF0095201234567891235";
    for (const char *c = head; *c != '\0'; c++)
        bits_put(&w, (uint64_t)(*c >= 'A' ? *c - 'A' + 10 : *c - '0'), 4);
    bits_put(&w, 1, 1);
    bits_put(&w, 3, 6);
    bits_put(&w, 'x', 7);
    bits_put(&w, t, 7);
    bits_put(&w, i, 7);
    return epc_from_bits(span_of(w.data, sizeof w.data), w.count, ret) == OK;
}

/* TDS Tables 14-12 to 14-15: the first two go through the alphabet; some places by name. */
static void pairs_of_units_stand_where_the_standard_has_them(void **state) {
    static const unsigned counts[] = {128, 117, 32, 1};
    static const struct {
        unsigned t, i;
        const char *host;
    } rows[] = {{0, 0, "x.ac"},     {0, 46, "x.cn"},     {0, 54, "x.cz"},     {0, 99, "x.id"},    {0, 127, "x.li"},   {1, 0, "x.lk"},
                {1, 50, "x.pn"},    {1, 68, "x.sh"},     {1, 110, "x.wf"},    {1, 116, "x.zw"},   {2, 0, "x.com.au"}, {2, 16, "x.co.kr"},
                {2, 25, "x.co.uk"}, {2, 28, "x.com.cn"}, {2, 29, "x.org.cn"}, {2, 31, "x.gov.cn"}, {3, 0, "x.tech"}};
    struct epc e = {.scheme = EPC_NO_SCHEME}, before = e;
    (void)state;
    for (unsigned t = 0; t < 4; t++) {
        for (unsigned i = 0; i < 128; i++) {
            assert_int_equal(host_of_pair(t, i, &e), i < counts[t]);
            struct span host = span_of(e.host.text, e.host.len), last = span_of(before.host.text, before.host.len);
            if (t < 2 && i > 0 && i < counts[t]) assert_true(span_compare(last, host) < 0);
            before = e;
        }
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(host_of_pair(rows[i].t, rows[i].i, &e));
        assert_true(span_is(span_of(e.host.text, e.host.len), rows[i].host));
    }
}

/* Every integer has the fewest bits that its digits need, so every value can be carried; there are so many AIs. */
static void every_number_of_an_ai_fits(void **state) {
    unsigned ais = 0;
    (void)state;
    for (unsigned number = 0; number < 10000; number++) {
        char ai[8];
        snprintf(ai, sizeof ai, number < 100 ? "%02u" : "%u", number);
        const struct ai_row *row = ai_row(ai);
        if (row == NULL) continue;
        ais++;
        if (row->first.method == METHOD_INTEGER) assert_int_equal(row->first.size, decimal_bits(row->first.count));
    }
    assert_int_equal(ais, 532); /* rows of the published Table F */
}

/* A GIAI-202 has bits left over that make up no character: they are zero. */
static void bits_between_characters_are_zero(void **state) {
    (void)state;
    for (unsigned digits = EPC_PREFIX_MIN; digits <= EPC_PREFIX_MAX; digits++) {
        struct buffer b CLEANUP(buffer_free) = {0};
        struct epc e;
        size_t bits;
        char uri[80];
        buffer_init(&b, ROOM);
        snprintf(uri, sizeof uri, "urn:epc:tag:giai-202:0.%.*s.A1", (int)digits, "061414112345");
        assert_int_equal(epc_from_tag_uri(span_text(uri), &e), OK);
        assert_int_equal(epc_to_bits(&e, &b, &bits), OK);
        assert_int_equal(bits, 202);
        b.data[201 / 8] ^= (uint8_t)(0x80 >> 201 % 8);
        assert_int_not_equal(epc_from_bits(buffer_span(&b), bits, &e), OK);
    }
}

/* ---- forms of one kind ---- */

static void classes_and_lots_have_their_own_urns(void **state) {
    static const struct {
        const char *link, *uri;
        uint8_t prefix;
    } rows[] = {
        {"https://a.example/x/01/80614141123458", "urn:epc:idpat:sgtin:0614141.812345.*", 7},
        {"https://a.example/01/80614141123458/10/L1", "urn:epc:class:lgtin:0614141.812345.L1", 7},
        {"/01/80614141123458/235/A%2FB", "urn:epc:id:upui:0614141.812345.A%2FB", 7},
        {"/01/4012345123456/21/1", "urn:epc:id:sgtin:4012345.012345.1", 7},
        {"/8003/00614141123452", "urn:epc:idpat:grai:0614141.12345.*", 7},
        {"/253/0614141123452", "urn:epc:idpat:gdti:0614141.12345.*", 7},
        {"/8010/0614141A%23", "urn:epc:idpat:cpi:0614141.A%23.*", 7},
        {"/8006/040123451234560102", "urn:epc:idpat:itip:4012345.012345.01.02.*", 7},
        {"/414/0614141123452", "urn:epc:id:sgln:0614141.12345.0", 7},
        {"/414/0614141123452/254/0", "urn:epc:id:sgln:0614141.12345.0", 7},
        {"/417/0614141123452", "urn:epc:id:pgln:0614141.12345", 7},
        {"/402/06141411234567890", "urn:epc:id:gsin:0614141.123456789", 7},
        {"/401/0614141x%2Fy", "urn:epc:id:ginc:0614141.x%2Fy", 7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b CLEANUP(buffer_free) = {0};
        struct epc e, back;
        buffer_init(&b, ROOM);
        enum err err = epc_from_digital_link(span_text(rows[i].link), rows[i].prefix, &e);
        if (err != OK) fail_msg("%s: %s", rows[i].link, err_name(err));
        assert_int_equal(epc_to_id_uri(&e, &b), OK);
        if (!span_is(buffer_span(&b), rows[i].uri)) fail_msg("%s: %.*s", rows[i].link, (int)b.len, b.data);
        assert_int_equal(epc_from_id_uri(buffer_span(&b), &back), OK);
        assert_same(write_link, &e, &back);
        if (e.pattern) assert_int_equal(epc_use_scheme(&e, EPC_SGTIN_96, 0), ERR_EPC_NO_FORM);
    }
}

static void a_lot_of_pieces_is_not_the_class(void **state) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct epc e;
    (void)state;
    buffer_init(&b, ROOM);
    assert_int_equal(epc_from_digital_link(span_text("/8006/040123451234560102/10/L1"), 7, &e), OK);
    assert_int_equal(epc_to_id_uri(&e, &b), ERR_EPC_NO_FORM);
    assert_int_equal(epc_to_digital_link(&e, SPAN_EMPTY, &b), OK);
    assert_true(span_is(buffer_span(&b), "/8006/040123451234560102/10/L1"));
}

static void scheme_names_are_found_in_any_case(void **state) {
    enum epc_scheme scheme;
    (void)state;
    for (int i = EPC_NO_SCHEME + 1; i < EPC_SCHEMES; i++) {
        const char *name = epc_scheme_name((enum epc_scheme)i);
        assert_true(epc_scheme_by_name(span_text(name), &scheme) && scheme == (enum epc_scheme)i);
        assert_int_equal(scheme_by_header(scheme_row(scheme)->header), i); /* no header stands twice */
        assert_string_equal(epc_identity_name(epc_scheme_identity(scheme)), epc_identity_name(scheme_row(scheme)->identity));
    }
    assert_true(epc_scheme_by_name(span_text("DSGTIN+"), &scheme) && scheme == EPC_DSGTIN_PLUS);
    assert_false(epc_scheme_by_name(span_text(""), &scheme));
    assert_false(epc_scheme_by_name(span_text("sgtin-64"), &scheme));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme_comes_back_from_every_spelling),
        cmocka_unit_test(a_damaged_tag_is_refused_or_another_tag_bit_for_bit),
        cmocka_unit_test(random_bits_are_refused_or_a_tag_bit_for_bit),
        cmocka_unit_test(the_largest_numbers_fit_and_no_larger),
        cmocka_unit_test(filters_are_as_wide_as_the_scheme_says),
        cmocka_unit_test(numbers_have_the_bits_of_table_b),
        cmocka_unit_test(data_follows_as_the_standard_encodes_it),
        cmocka_unit_test(a_less_frugal_encoding_is_kept),
        cmocka_unit_test(hosts_take_the_fewest_units),
        cmocka_unit_test(pairs_of_units_stand_where_the_standard_has_them),
        cmocka_unit_test(every_number_of_an_ai_fits),
        cmocka_unit_test(bits_between_characters_are_zero),
        cmocka_unit_test(classes_and_lots_have_their_own_urns),
        cmocka_unit_test(a_lot_of_pieces_is_not_the_class),
        cmocka_unit_test(scheme_names_are_found_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
