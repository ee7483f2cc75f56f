/* epc_random.h: random EPCs that a given tag scheme can carry: every prefix length, numbers of every magnitude up to the
 * largest, texts of every length, for "+" schemes data and for "++" a host. */
#ifndef TESTS_EPC_RANDOM_H
#define TESTS_EPC_RANDOM_H

#include "tests/unit/codec_random.h"
#include "trace/epc_tables.h"

static const char rng_set_82[] = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
static const char rng_set_39[] = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char rng_digits[] = "0123456789";

static inline void rng_letters(struct rng *r, const char *from, size_t len, struct epc_value *v) {
    for (size_t i = 0; i < len; i++)
        CHECK(value_add(v, span_of(&from[rng_below(r, strlen(from))], 1)));
}

/* Texts that different encodings suit. */
static inline void rng_any(struct rng *r, size_t min, size_t max, struct epc_value *v) {
    static const char *const sets[] = {rng_set_82, rng_digits, "0123456789ABCDEF", "0123456789abcdef", "ABCabc019-_",
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-"};
    rng_letters(r, sets[rng_below(r, 6)], min + rng_below(r, max - min + 1), v);
}

/* A number below 2^bits and below 10^digits, without leading zeros. */
static inline void rng_number(struct rng *r, unsigned bits, unsigned digits, struct epc_value *v) {
    uint64_t most = (bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1), ten = 1;
    char text[24];
    for (unsigned i = 0; i < digits && ten <= UINT64_MAX / 10; i++)
        ten *= 10;
    if (digits < 20 && most > ten - 1) most = ten - 1;
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)rng_range(r, 0, most));
    CHECK(value_add(v, span_of(text, (size_t)len)));
}

static inline void rng_serial(struct rng *r, const struct scheme_row *row, struct epc *e) {
    const struct identity_row *identity = identity_row(e->identity);
    if (identity->serial.max == 0) return;
    switch (row->serial) {
    case CODING_NUMBER:
        rng_number(r, row->serial_bits, identity->serial.max, &e->serial);
        break;
    case CODING_ONE:
        rng_letters(r, rng_digits, 1 + rng_below(r, identity->serial.max), &e->serial);
        break;
    case CODING_STRING:
    case CODING_NONE:
    case CODING_DIGITS:
    case CODING_SIX:
        if (identity->serial.letters == LETTERS_NUMBER) rng_number(r, 64, identity->serial.max, &e->serial);
        else if (identity->serial.letters == LETTERS_DIGITS) rng_letters(r, rng_digits, 1 + rng_below(r, identity->serial.max), &e->serial);
        else rng_any(r, 1, identity->serial.max, &e->serial);
        break;
    }
    if (identity->no_extension && span_is(value_span(&e->serial), "0")) e->serial.len = 0;
}

static inline void rng_key(struct rng *r, const struct scheme_row *row, struct epc *e) {
    const struct identity_row *identity = identity_row(e->identity);
    struct epc_value company = {.len = 0}, reference = {.len = 0};
    unsigned prefix = EPC_PREFIX_MIN + (unsigned)rng_below(r, 7), rest = identity->digits - prefix;
    static const uint8_t prefix_bits[] = {20, 24, 27, 30, 34, 37, 40};
    e->prefix_digits = (uint8_t)prefix;
    rng_letters(r, rng_digits, prefix, &company);
    if (identity->joint != JOINT_FREE) rng_letters(r, rng_digits, rest, &reference);
    else if (row->reference == CODING_NUMBER)
        rng_number(r, row->part_bits - prefix_bits[prefix - 6], row->part_digits - prefix, &reference);
    else if (e->identity == EPC_CPI) rng_letters(r, rng_set_39, 1 + rng_below(r, rest), &reference);
    else if (row->reference == CODING_STRING && rest > (188 - prefix_bits[prefix - 6]) / 7U)
        rng_any(r, 1, (188 - prefix_bits[prefix - 6]) / 7U, &reference);
    else rng_any(r, 1, rest, &reference);
    CHECK(key_join(identity, value_span(&company), value_span(&reference), &e->key) == OK);
    if (e->identity == EPC_ITIP) rng_letters(r, rng_digits, 4, &e->key);
}

static inline void rng_own(struct rng *r, struct epc *e) {
    static const char cage[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    static const char adi[] = "-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (e->identity == EPC_GID) {
        rng_number(r, 28, 9, &e->key);
        rng_number(r, 24, 8, &e->part);
        rng_number(r, 36, 11, &e->serial);
        return;
    }
    rng_letters(r, cage, 5 + rng_below(r, 2), &e->key);
    if (e->identity == EPC_USDOD) {
        rng_number(r, 36, 11, &e->serial);
        return;
    }
    rng_letters(r, adi, rng_below(r, 33), &e->part);
    bool marked = rng_below(r, 3) == 0;
    if (marked) CHECK(value_add(&e->serial, span_text("#")));
    rng_letters(r, adi, 1 + rng_below(r, marked ? 29 : 30), &e->serial);
}

static inline void rng_time(struct rng *r, unsigned parts, struct epc_value *v) {
    static const unsigned most[] = {99, 12, 28, 23, 59, 59};
    for (unsigned i = 0; i < parts; i++) {
        unsigned n = (unsigned)(i == 1 ? 1 + rng_below(r, 12) : rng_below(r, most[i] + 1));
        char two[2] = {(char)('0' + n / 10), (char)('0' + n % 10)};
        CHECK(value_add(v, span_of(two, 2)));
    }
}

static inline void rng_component(struct rng *r, const struct component *c, enum letters letters, struct epc_value *v) {
    switch (c->method) {
    case METHOD_NONE:
        return;
    case METHOD_DIGITS:
    case METHOD_INTEGER:
        rng_letters(r, rng_digits, c->count, v);
        return;
    case METHOD_TEXT:
        rng_any(r, 1, c->count, v);
        return;
    case METHOD_DELIMITED:
        rng_letters(r, rng_digits, 1 + rng_below(r, c->count - 1U), v);
        if (rng_below(r, 2)) rng_letters(r, letters == LETTERS_39 ? rng_set_39 : rng_set_82, rng_below(r, c->count - v->len + 1U), v);
        return;
    case METHOD_NUMERIC:
        rng_letters(r, rng_digits, 1 + rng_below(r, c->count), v);
        return;
    case METHOD_DATE:
        rng_time(r, 3, v);
        return;
    case METHOD_MINUTE:
        rng_time(r, 5, v);
        return;
    case METHOD_DATES:
        rng_time(r, 3, v);
        if (rng_below(r, 2)) rng_time(r, 3, v);
        return;
    case METHOD_PRECISION:
        rng_time(r, 3 + (unsigned)rng_below(r, 4), v);
        return;
    case METHOD_COUNTRY:
        rng_letters(r, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", 2, v);
        return;
    case METHOD_BIT:
        rng_letters(r, "01", 1, v);
        return;
    case METHOD_MINUS:
        if (rng_below(r, 2)) CHECK(value_add(v, span_text("-")));
        return;
    case METHOD_SEQUENCE:
        rng_letters(r, "123456789", 1, v);
        CHECK(value_add(v, span_text("/")));
        rng_letters(r, "123456789", 1, v);
        return;
    }
}

/* One AI more, unless it would stand twice. */
static inline void rng_datum(struct rng *r, struct epc *e) {
    static const char *const ais[] = {"00", "02", "10", "11", "15", "17", "20", "22", "240", "242", "253", "255", "30", "3102", "37", "3922", "3932",
                                      "400", "402", "415", "421", "422", "427", "4307", "4309", "4321", "4324", "4330", "7001", "7004", "7007",
                                      "7008", "7011", "7023", "7030", "7040", "7256", "7258", "8003", "8004", "8008", "8010", "8111", "90", "91"};
    const struct identity_row *identity = identity_row(e->identity);
    struct epc_element d = {.ai = ""};
    const char *ai = ais[rng_below(r, sizeof ais / sizeof *ais)];
    for (size_t i = 0; i < e->data_count; i++)
        if (strcmp(e->data[i].ai, ai) == 0) return;
    if (strcmp(identity->ai, ai) == 0 || (identity->serial_ai != NULL && strcmp(identity->serial_ai, ai) == 0)) return;
    memcpy(d.ai, ai, strlen(ai) + 1);
    rng_component(r, &ai_row(ai)->first, ai_letters(ai), &d.value);
    rng_component(r, &ai_row(ai)->second, ai_letters(ai), &d.value);
    e->data[e->data_count++] = d;
}

static inline void rng_host(struct rng *r, struct epc *e) {
    static const char *const parts[] = {"id.",    "www.", "example", "shoes-of-lucheng", ".com", ".com.cn", ".cn",
                                        ".co.uk", "A",    "EXAMPLE.COM", ":8443",       ".tech", "x"};
    char text[EPC_HOST_MAX + 1] = "";
    for (size_t n = 1 + rng_below(r, 5); n > 0; n--) {
        const char *part = parts[rng_below(r, sizeof parts / sizeof *parts)];
        if (strlen(text) + strlen(part) <= EPC_HOST_MAX) strcat(text, part);
    }
    CHECK(epc_use_host(e, span_text(text)) == OK);
}

static inline void rng_epc(struct rng *r, enum epc_scheme scheme, struct epc *ret) {
    const struct scheme_row *row = scheme_row(scheme);
    struct epc e = {.identity = row->identity};
    if (epc_needs_prefix(e.identity)) {
        rng_key(r, row, &e);
        rng_serial(r, row, &e);
    } else {
        rng_own(r, &e);
    }
    if (row->dated) {
        e.data_count = 1;
        const char *ai = ai_of_date((unsigned)rng_below(r, 7));
        memcpy(e.data[0].ai, ai, strlen(ai) + 1);
        rng_time(r, 3, &e.data[0].value);
    }
    for (size_t n = row->layout == LAYOUT_PLUS ? rng_below(r, 4) : 0; n > 0; n--)
        rng_datum(r, &e);
    if (row->hosted) rng_host(r, &e);
    uint8_t filter = (uint8_t)rng_below(r, UINT64_C(1) << row->filter_bits);
    enum err err = epc_use_scheme(&e, scheme, filter);
    if (err != OK) fprintf(stderr, "%s: %s\n", row->name, err_name(err));
    CHECK(err == OK);
    *ret = e;
}

#endif
