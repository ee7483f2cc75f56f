/* Certificates as bytes: what a definition and an item may say (SPEC D1 to D6), and its liars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace/certificate.h"
#include "trace/rfc3339.h"

struct desk {
    struct arena arena;
    struct buffer bytes;
};

static void desk_begin(struct desk *d) {
    *d = (struct desk){.arena = {.max = 0}};
    arena_init(&d->arena, 8 << 20);
    buffer_init(&d->bytes, 1 << 17);
}

static void desk_end(struct desk *d) {
    buffer_free(&d->bytes);
    arena_free(&d->arena);
}

static struct span keep(struct desk *d) {
    struct span s = arena_copy(&d->arena, buffer_span(&d->bytes));
    buffer_clear(&d->bytes);
    return s;
}

static struct span text_value(struct desk *d, const char *text) {
    pack_text(&d->bytes, span_text(text));
    return keep(d);
}

static struct span int_value(struct desk *d, int64_t v) {
    pack_int(&d->bytes, v);
    return keep(d);
}

static struct span float_value(struct desk *d, double v) {
    pack_float(&d->bytes, v);
    return keep(d);
}

static struct span bytes_value(struct desk *d, size_t len) {
    static const uint8_t zeros[64];
    pack_bytes(&d->bytes, span_of(zeros, len));
    return keep(d);
}

static struct span texts_value(struct desk *d, const char *const texts[], uint32_t count) {
    pack_array(&d->bytes, count);
    for (uint32_t i = 0; i < count; i++)
        pack_text(&d->bytes, span_text(texts[i]));
    return keep(d);
}

static struct span hidden_value(struct desk *d, enum item_tier tier) {
    struct hidden h = {.tier = tier};
    hidden_write(&h, &d->bytes);
    return keep(d);
}

/* -- definitions -- */

enum { FIELDS = 9 };

/* One field of each kind, in rising order of names; the last one hidden. */
static struct certificate_type *a_type(struct desk *d) {
    static struct span choices[] = {{(const uint8_t *)"glue", 4}, {(const uint8_t *)"sewn", 4}},
                       issuers[] = {{(const uint8_t *)"assoc", 5}, {(const uint8_t *)"bureau", 6}};
    static const char *const names[FIELDS] = {"a-text",   "b-integer", "c-number",  "d-date", "e-digest",
                                              "f-choice", "g-choices", "h-texts",   "i-hidden"};
    struct certificate_type *t = arena_alloc(&d->arena, 1, sizeof *t);
    *t = (struct certificate_type){.type = span_text("shoe-origin"),
                                   .title_zh = span_text("鞋类产地证"),
                                   .title_en = span_text("origin of shoes"),
                                   .covers = 1 << IDENTIFIER_LOT,
                                   .own = CERTIFICATE_OF_OTHERS,
                                   .quota = CERTIFICATE_PRODUCED,
                                   .upstream = UPSTREAM_MAY,
                                   .things_min = 1,
                                   .things_max = 16,
                                   .roles = 1 << 5,
                                   .fields_count = FIELDS,
                                   .issuers = issuers,
                                   .issuers_count = 2,
                                   .upstream_field = span_text("f-choice"),
                                   .upstream_choice = span_text("sewn"),
                                   .validity_ms = 31536000000};
    t->fields = arena_alloc(&d->arena, FIELDS, sizeof *t->fields);
    for (uint8_t i = 0; i < FIELDS; i++) {
        uint8_t kind = (uint8_t)(i < 8 ? i + 1 : CERTIFICATE_TEXT);
        bool chosen = kind == CERTIFICATE_CHOICE || kind == CERTIFICATE_CHOICES;
        t->fields[i] = (struct certificate_field){.name = span_text(names[i]),
                                                  .kind = kind,
                                                  .flags = i == 8 ? CERTIFICATE_HIDDEN : CERTIFICATE_MANDATORY,
                                                  .choices = chosen ? choices : NULL,
                                                  .choices_count = chosen ? 2 : 0,
                                                  .label_zh = span_text("项"),
                                                  .label_en = span_text("field")};
    }
    return t;
}

static enum err judge(struct desk *d, const struct certificate_type *t) {
    struct certificate_type back;
    buffer_clear(&d->bytes);
    certificate_type_encode(t, &d->bytes);
    enum err e = certificate_type_decode(buffer_span(&d->bytes), &d->arena, &back);
    buffer_clear(&d->bytes);
    return e;
}

static void a_definition_comes_back_as_it_was(void **state) {
    (void)state;
    struct desk d;
    struct certificate_type back;
    desk_begin(&d);
    certificate_type_encode(a_type(&d), &d.bytes);
    struct span bytes = keep(&d);
    assert_int_equal(value_check(bytes), OK);
    assert_int_equal(certificate_type_decode(bytes, &d.arena, &back), OK);
    assert_int_equal(back.fields_count, FIELDS);
    assert_true(span_is(back.fields[5].choices[1], "sewn"));
    assert_true(span_is(certificate_type_field(&back, span_text("d-date"))->name, "d-date"));
    assert_null(certificate_type_field(&back, span_text("d-dat")));
    certificate_type_encode(&back, &d.bytes);
    assert_true(span_equal(buffer_span(&d.bytes), bytes));
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_int_not_equal(certificate_type_decode(span_part(bytes, 0, cut), &d.arena, &back), OK);
    desk_end(&d);
}

#define LIE(change, expected)                                                                      \
    do {                                                                                           \
        struct certificate_type *t = a_type(&d);                                                   \
        change;                                                                                    \
        assert_int_equal(judge(&d, t), expected);                                                  \
    } while (0)

static void a_definition_that_breaks_a_rule_is_none(void **state) {
    (void)state;
    struct desk d;
    struct span same[] = {span_text("glue"), span_text("glue")}, fallen[] = {span_text("b"), span_text("a")},
                bad_issuer[] = {span_text("no spaces")};
    desk_begin(&d);
    LIE((void)t, OK);
    LIE(t->type = span_text("no spaces"), ERR_CERTIFICATE_TYPE);
    LIE(t->type = SPAN_EMPTY, ERR_CERTIFICATE_TYPE);
    LIE(t->title_zh = SPAN_EMPTY, ERR_CERTIFICATE_TYPE);
    LIE(t->title_en = SPAN_EMPTY, ERR_CERTIFICATE_TYPE);
    LIE(t->covers = 0, ERR_CERTIFICATE_TYPE);
    LIE(t->covers = 64, ERR_CODEC_RANGE);
    LIE(t->roles = 0, ERR_CERTIFICATE_TYPE);
    LIE(t->roles = 256, ERR_CODEC_RANGE);
    LIE(t->own = 3, ERR_CODEC_RANGE);
    LIE(t->quota = 2, ERR_CODEC_RANGE);
    LIE(t->upstream = 3, ERR_CODEC_RANGE);
    LIE(t->things_min = 0, ERR_CERTIFICATE_TYPE);
    LIE((t->things_min = 3, t->things_max = 2), ERR_CERTIFICATE_TYPE);
    LIE(t->things_max = 17, ERR_CODEC_RANGE);
    LIE(t->issuers = fallen, ERR_CERTIFICATE_TYPE);
    LIE(t->issuers = same, ERR_CERTIFICATE_TYPE);
    LIE((t->issuers = bad_issuer, t->issuers_count = 1), ERR_CERTIFICATE_TYPE);
    /* a quota of produced covers lots alone, and belongs to somebody */
    LIE(t->covers = 1 << IDENTIFIER_LOT | 1 << IDENTIFIER_ITEM, ERR_CERTIFICATE_TYPE);
    LIE(t->issuers_count = 0, ERR_CERTIFICATE_TYPE);
    LIE((t->issuers_count = 0, t->own = CERTIFICATE_ANYONES), ERR_CERTIFICATE_TYPE);
    LIE((t->issuers_count = 0, t->own = CERTIFICATE_OWN), OK);
    LIE((t->issuers_count = 0, t->quota = CERTIFICATE_NO_QUOTA, t->covers = 63), OK);
    desk_end(&d);
}

static void the_fields_of_a_definition_are_in_order(void **state) {
    (void)state;
    struct desk d;
    struct span same[] = {span_text("glue"), span_text("glue")}, fallen[] = {span_text("b"), span_text("a")};
    desk_begin(&d);
    LIE(t->fields[1].name = t->fields[0].name, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[0].name = span_text("z"), ERR_CERTIFICATE_TYPE);
    LIE(t->fields[0].name = span_text("A"), ERR_CERTIFICATE_TYPE);
    LIE(t->fields[0].name = SPAN_EMPTY, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[0].kind = 0, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[0].kind = 9, ERR_CODEC_RANGE);
    LIE(t->fields[0].flags = 4, ERR_CODEC_RANGE);
    LIE(t->fields[0].label_zh = SPAN_EMPTY, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[0].label_en = SPAN_EMPTY, ERR_CERTIFICATE_TYPE);
    LIE((t->fields[0].choices = t->fields[5].choices, t->fields[0].choices_count = 2), ERR_CERTIFICATE_TYPE);
    LIE(t->fields[6].choices_count = 0, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[6].choices = same, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[6].choices = fallen, ERR_CERTIFICATE_TYPE);
    /* upstream_if */
    LIE(t->upstream = UPSTREAM_MUST, ERR_CERTIFICATE_TYPE);
    LIE(t->upstream = UPSTREAM_NEVER, ERR_CERTIFICATE_TYPE);
    LIE(t->upstream_choice = span_text("tied"), ERR_CERTIFICATE_TYPE);
    LIE(t->upstream_field = span_text("g-choices"), ERR_CERTIFICATE_TYPE);
    LIE(t->upstream_field = span_text("none"), ERR_CERTIFICATE_TYPE);
    LIE(t->fields[5].flags = 0, ERR_CERTIFICATE_TYPE);
    LIE(t->fields[5].flags = CERTIFICATE_MANDATORY | CERTIFICATE_HIDDEN, ERR_CERTIFICATE_TYPE);
    LIE((t->upstream_field = t->upstream_choice = SPAN_EMPTY, t->upstream = UPSTREAM_MUST), OK);
    /* size: 64 fields with long labels */
    struct certificate_type *t = a_type(&d);
    struct certificate_field *many = arena_alloc(&d.arena, 64, sizeof *many);
    char name[64][3], label[200];
    memset(label, 'x', sizeof label);
    for (int i = 0; i < 64; i++) {
        many[i] = t->fields[0];
        name[i][0] = (char)('a' + i / 8);
        name[i][1] = (char)('a' + i % 8);
        many[i].name = span_of(name[i], 2);
        many[i].label_zh = span_of(label, i < 30 ? 200 : 100);
    }
    t->fields = many;
    t->fields_count = 64;
    t->upstream_field = t->upstream_choice = SPAN_EMPTY;
    assert_int_equal(judge(&d, t), ERR_CERTIFICATE_TYPE);
    t->fields_count = 20;
    assert_int_equal(judge(&d, t), OK);
    desk_end(&d);
}

/* -- items -- */

static struct certificate_issue *an_issue(struct desk *d) {
    static const char *const both[] = {"glue", "sewn"};
    struct certificate_issue *c = arena_alloc(&d->arena, 1, sizeof *c);
    struct certificate_type *t = a_type(d);
    *c = (struct certificate_issue){.number = span_text("2026-0001"),
                                    .type = span_text("shoe-origin"),
                                    .producer = span_text("factory"),
                                    .from_ms = 1780272000000,
                                    .until_ms = 1780272000001,
                                    .upstream = {span_text("lab/1"), span_text("lab/2")},
                                    .upstream_count = 2,
                                    .fields_count = FIELDS};
    struct span values[FIELDS] = {text_value(d, "leather"), int_value(d, -5),       float_value(d, 2.5),
                                  text_value(d, "2024-02-29"), bytes_value(d, 32), text_value(d, "glue"),
                                  texts_value(d, both, 2),  texts_value(d, both, 2), hidden_value(d, TIER_DELETABLE)};
    c->fields = arena_alloc(&d->arena, FIELDS, sizeof *c->fields);
    for (int i = 0; i < FIELDS; i++)
        c->fields[i] = (struct certificate_entry){t->fields[i].name, values[i]};
    return c;
}

static struct thing a_thing(struct desk *d, const char *identifier, struct span quantity, const char *unit) {
    struct thing t = {.role = ROLE_COVERED, .identifier = span_text(identifier), .quantity = quantity};
    if (unit)
        pack_text(&d->bytes, span_text(unit));
    else
        pack_nil(&d->bytes);
    t.unit = keep(d);
    return t;
}

static struct span nil_value(struct desk *d) {
    pack_nil(&d->bytes);
    return keep(d);
}

#define LOT "https://id.gs1.org/01/06901234567892/10/L7"

static struct item an_item(struct desk *d, const struct certificate_issue *c) {
    struct item item = {.type = c->supersedes.len ? ITEM_CERTIFICATE_SUPERSEDED : ITEM_CERTIFICATE_ISSUED,
                        .things_count = 1};
    buffer_clear(&d->bytes);
    certificate_issue_fields(c, &d->bytes);
    item.fields = keep(d);
    item.things = arena_alloc(&d->arena, 17, sizeof *item.things);
    item.things[0] = a_thing(d, LOT, int_value(d, 100), "NPR");
    return item;
}

static enum err judge_item(struct desk *d, const struct item *item) {
    struct certificate_issue back;
    return certificate_issue_decode(item, &d->arena, &back);
}

static void an_issue_comes_back_as_it_was(void **state) {
    (void)state;
    struct desk d;
    struct certificate_issue back;
    desk_begin(&d);
    struct certificate_issue *c = an_issue(&d);
    for (int round = 0; round < 2; round++) {
        c->supersedes = round ? span_text("assoc/2025-0009") : SPAN_EMPTY;
        struct item item = an_item(&d, c);
        assert_int_equal(value_check(item.fields), OK);
        assert_int_equal(certificate_issue_decode(&item, &d.arena, &back), OK);
        assert_true(span_equal(back.supersedes, c->supersedes));
        assert_int_equal(back.things[0].quantity, 100000000);
        assert_true(span_is(back.things[0].unit, "NPR"));
        assert_int_equal(back.things[0].kind, IDENTIFIER_LOT);
        certificate_issue_fields(&back, &d.bytes);
        assert_true(span_equal(buffer_span(&d.bytes), item.fields));
        buffer_clear(&d.bytes);
        for (size_t cut = 0; cut < item.fields.len; cut++) {
            struct item bad = item;
            bad.fields = span_part(item.fields, 0, cut);
            assert_int_not_equal(judge_item(&d, &bad), OK);
        }
        item.type = round ? ITEM_CERTIFICATE_ISSUED : ITEM_CERTIFICATE_SUPERSEDED;
        assert_int_not_equal(judge_item(&d, &item), OK);
    }
    desk_end(&d);
}

#define LIE_ITEM(change, expected)                                                                 \
    do {                                                                                           \
        struct certificate_issue *c = an_issue(&d);                                                \
        change;                                                                                    \
        struct item item = an_item(&d, c);                                                         \
        assert_int_equal(judge_item(&d, &item), expected);                                         \
    } while (0)
#define LIE_THING(change, expected)                                                                \
    do {                                                                                           \
        struct item item = an_item(&d, an_issue(&d));                                              \
        struct thing *t = item.things; (void)t;                                                             \
        change;                                                                                    \
        assert_int_equal(judge_item(&d, &item), expected);                                         \
    } while (0)

static void an_issue_that_breaks_a_rule_is_not_well_formed(void **state) {
    (void)state;
    struct desk d;
    desk_begin(&d);
    LIE_ITEM((void)c, OK);
    LIE_ITEM(c->number = SPAN_EMPTY, ERR_CERTIFICATE_NUMBER);
    LIE_ITEM(c->number = span_text("a/b"), ERR_CERTIFICATE_NUMBER);
    LIE_ITEM(c->number = span_text("a b"), ERR_CERTIFICATE_NUMBER);
    LIE_ITEM(c->number = span_text("号"), ERR_CERTIFICATE_NUMBER);
    LIE_ITEM(c->producer = span_text("no spaces"), ERR_CERTIFICATE_ITEM);
    LIE_ITEM(c->type = SPAN_EMPTY, ERR_CERTIFICATE_ITEM);
    LIE_ITEM(c->until_ms = c->from_ms, ERR_CERTIFICATE_PERIOD);
    LIE_ITEM(c->until_ms = 0, OK);
    LIE_ITEM(c->supersedes = span_text("assoc"), ERR_CERTIFICATE_ID);
    LIE_ITEM(c->supersedes = span_text("assoc/"), ERR_CERTIFICATE_ID);
    LIE_ITEM(c->supersedes = span_text("/1"), ERR_CERTIFICATE_ID);
    LIE_ITEM(c->supersedes = span_text("a/b/c"), ERR_CERTIFICATE_ID);
    LIE_ITEM(c->upstream[1] = c->upstream[0], ERR_CERTIFICATE_UPSTREAM);
    LIE_ITEM(c->upstream[1] = span_text("lab/0"), ERR_CERTIFICATE_UPSTREAM);
    LIE_ITEM(c->upstream[1] = span_text("lab"), ERR_CERTIFICATE_ID);
    LIE_ITEM((c->fields[1].name = c->fields[0].name), ERR_CODEC_KEY_ORDER);
    /* D6: what a value may be, whatever its field */
    LIE_ITEM(c->fields[0].value = text_value(&d, ""), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = int_value(&d, (int64_t)1 << 53), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = int_value(&d, -((int64_t)1 << 53)), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = int_value(&d, ((int64_t)1 << 53) - 1), OK);
    LIE_ITEM(c->fields[0].value = bytes_value(&d, 31), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = bytes_value(&d, 33), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = hidden_value(&d, TIER_REGULATOR), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = nil_value(&d), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = texts_value(&d, NULL, 0), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = texts_value(&d, (const char *[]){""}, 1), ERR_CERTIFICATE_VALUE);
    char long_text[CERTIFICATE_TEXT_BYTES_MAX + 2];
    memset(long_text, 'x', sizeof long_text);
    long_text[CERTIFICATE_TEXT_BYTES_MAX + 1] = 0;
    LIE_ITEM(c->fields[0].value = text_value(&d, long_text), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = texts_value(&d, (const char *[]){long_text}, 1), ERR_CERTIFICATE_VALUE);
    long_text[CERTIFICATE_TEXT_BYTES_MAX] = 0;
    LIE_ITEM(c->fields[0].value = text_value(&d, long_text), OK);
    const char *many[33];
    for (int i = 0; i < 33; i++)
        many[i] = long_text;
    LIE_ITEM(c->fields[0].value = texts_value(&d, many, 33), ERR_CERTIFICATE_ITEM); /* above 16,384 bytes */
    many[0] = "x";
    for (int i = 0; i < 33; i++)
        many[i] = "x";
    LIE_ITEM(c->fields[0].value = texts_value(&d, many, 33), ERR_CERTIFICATE_VALUE);
    LIE_ITEM(c->fields[0].value = texts_value(&d, many, 32), OK);
    desk_end(&d);
}

static void a_certificate_covers_things_once_with_a_quantity(void **state) {
    (void)state;
    struct desk d;
    desk_begin(&d);
    LIE_THING((void)t, OK);
    LIE_THING(item.things_count = 0, ERR_CERTIFICATE_THINGS);
    LIE_THING(t->role = ROLE_EPC, ERR_CERTIFICATE_THINGS);
    LIE_THING(t->quantity = int_value(&d, 0), ERR_CERTIFICATE_THINGS);
    LIE_THING(t->quantity = int_value(&d, -1), ERR_CERTIFICATE_THINGS);
    LIE_THING(t->quantity = float_value(&d, 0.0000004), ERR_CERTIFICATE_THINGS); /* rounds to nothing */
    LIE_THING(t->quantity = float_value(&d, 0.0000006), OK);                     /* rounds to a millionth */
    LIE_THING(t->quantity = int_value(&d, (int64_t)1 << 53), ERR_CERTIFICATE_THINGS);
    LIE_THING(t->quantity = int_value(&d, 9223372036855), ERR_CERTIFICATE_THINGS);
    LIE_THING(t->quantity = int_value(&d, 9223372036854), OK);
    LIE_THING(t->quantity = nil_value(&d), ERR_CERTIFICATE_THINGS); /* a unit of nothing */
    LIE_THING((t->quantity = nil_value(&d), t->unit = nil_value(&d)), OK);
    LIE_THING(t->unit = nil_value(&d), OK);
    LIE_THING((t[1] = a_thing(&d, LOT "?x=1", nil_value(&d), NULL), item.things_count = 2), ERR_CERTIFICATE_THINGS);
    LIE_THING((t[1] = a_thing(&d, "urn:epc:class:lgtin:6901234.056789.L7", nil_value(&d), NULL), item.things_count = 2),
              ERR_CERTIFICATE_THINGS);
    LIE_THING((t[1] = a_thing(&d, LOT "7", nil_value(&d), NULL), item.things_count = 2), OK);
    LIE_THING(
        {
            static char names[17][80];
            for (int i = 0; i < 17; i++) {
                (void)!snprintf(names[i], sizeof names[i], LOT "%d", i);
                t[i] = a_thing(&d, names[i], nil_value(&d), NULL);
            }
            item.things_count = 17;
        },
        ERR_CERTIFICATE_THINGS);
    /* The liar makes every revocation write many kilobytes. */
    for (size_t over = 0; over < 2; over++) {
        /* LOT is there already, and the unit of its quantity. */
        LIE_THING(
            {
                size_t room = CERTIFICATE_NAMES_BYTES_MAX - strlen(LOT) - 3 + over;
                static char names[5][IDENTIFIER_BYTES_MAX + 1];
                uint32_t n = 0;
                while (room > 0) {
                    size_t len = room > 500 ? 500 : room;
                    memset(names[n], 'a' + (int)n, len);
                    names[n][len] = '\0';
                    t[1 + n] = a_thing(&d, names[n], nil_value(&d), NULL);
                    room -= len;
                    n++;
                }
                item.things_count = 1 + n;
            },
            over ? ERR_CERTIFICATE_THINGS : OK);
    }
    desk_end(&d);
}

static void a_revocation_has_a_form(void **state) {
    (void)state;
    struct desk d;
    struct certificate_revocation r = {span_text("assoc/1"), 7}, back;
    desk_begin(&d);
    certificate_revocation_fields(&r, &d.bytes);
    struct item item = {.type = ITEM_CERTIFICATE_REVOKED, .fields = keep(&d)};
    assert_int_equal(certificate_revocation_decode(&item, &back), OK);
    assert_true(span_equal(back.certificate, r.certificate));
    assert_int_equal(back.reason, 7);
    item.things_count = 1;
    assert_int_equal(certificate_revocation_decode(&item, &back), ERR_CERTIFICATE_ITEM);
    item.things_count = 0;
    for (size_t cut = 0; cut < item.fields.len; cut++) {
        struct item bad = item;
        bad.fields = span_part(item.fields, 0, cut);
        assert_int_not_equal(certificate_revocation_decode(&bad, &back), OK);
    }
    r.certificate = span_text("assoc");
    certificate_revocation_fields(&r, &d.bytes);
    item.fields = keep(&d);
    assert_int_equal(certificate_revocation_decode(&item, &back), ERR_CERTIFICATE_ID);
    desk_end(&d);
}

/* -- fields against their type -- */

#define FITS(change, expected)                                                                     \
    do {                                                                                           \
        struct certificate_type *t = a_type(&d);                                                   \
        struct certificate_issue *c = an_issue(&d);                                                \
        struct span named = SPAN_EMPTY;                                                            \
        change;                                                                                    \
        bool fits = certificate_fields_check(t, c, &named);                                        \
        assert_int_equal(fits, (expected) == NULL);                                                \
        if (!fits) assert_true(span_is(named, (expected) ? (expected) : ""));                      \
    } while (0)

static void fields_are_what_the_type_defines(void **state) {
    (void)state;
    struct desk d;
    static const char *const good[] = {"glue", "sewn"}, *const fallen[] = {"sewn", "glue"},
                            *const twice[] = {"glue", "glue"}, *const odd[] = {"glue", "tied"};
    desk_begin(&d);
    FITS((void)t, NULL);
    FITS(c->fields_count--, NULL); /* the hidden one is not mandatory */
    FITS((c->fields++, c->fields_count--), "a-text");
    FITS((t->fields[0].flags = 0, c->fields++, c->fields_count--), NULL);
    FITS((t->fields++, t->fields_count--), "a-text"); /* unknown */
    FITS(c->fields[8].name = span_text("j"), "j");
    FITS(c->fields[0].value = int_value(&d, 1), "a-text");
    FITS(c->fields[1].value = float_value(&d, 1.5), "b-integer");
    FITS(c->fields[2].value = int_value(&d, 1), NULL);
    FITS(c->fields[2].value = text_value(&d, "1"), "c-number");
    FITS(c->fields[3].value = text_value(&d, "2023-02-29"), "d-date");
    FITS(c->fields[3].value = text_value(&d, "2023-2-28"), "d-date");
    FITS(c->fields[4].value = text_value(&d, "x"), "e-digest");
    FITS(c->fields[5].value = text_value(&d, "tied"), "f-choice");
    FITS(c->fields[5].value = texts_value(&d, good, 1), "f-choice");
    FITS(c->fields[6].value = texts_value(&d, good, 1), NULL);
    FITS(c->fields[6].value = texts_value(&d, fallen, 2), "g-choices");
    FITS(c->fields[6].value = texts_value(&d, twice, 2), "g-choices");
    FITS(c->fields[6].value = texts_value(&d, odd, 2), "g-choices");
    FITS(c->fields[6].value = text_value(&d, "glue"), "g-choices");
    FITS(c->fields[7].value = texts_value(&d, odd, 2), NULL);
    FITS(c->fields[7].value = text_value(&d, "glue"), "h-texts");
    FITS(c->fields[8].value = text_value(&d, "13800000000"), "i-hidden"); /* shown, though it must be hidden */
    FITS(c->fields[0].value = hidden_value(&d, TIER_DELETABLE), "a-text");
    desk_end(&d);
}

static void a_date_is_a_day(void **state) {
    (void)state;
    static const char *const days[] = {"2026-06-01", "2024-02-29", "2000-02-29", "0000-02-29", "9999-12-31"},
                            *const none[] = {"2026-06-31", "2023-02-29", "1900-02-29", "2026-00-01", "2026-13-01",
                                             "2026-06-00", "2026-6-01",  "2026-06-1",  "2026-06-01 ", "26-06-01",
                                             "2026/06/01", "+2026-06-01", "", "2026-06-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        assert_true(date_valid(span_text(days[i])));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(date_valid(span_text(none[i])));
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_definition_comes_back_as_it_was),
        cmocka_unit_test(a_definition_that_breaks_a_rule_is_none),
        cmocka_unit_test(the_fields_of_a_definition_are_in_order),
        cmocka_unit_test(an_issue_comes_back_as_it_was),
        cmocka_unit_test(an_issue_that_breaks_a_rule_is_not_well_formed),
        cmocka_unit_test(a_certificate_covers_things_once_with_a_quantity),
        cmocka_unit_test(a_revocation_has_a_form),
        cmocka_unit_test(fields_are_what_the_type_defines),
        cmocka_unit_test(a_date_is_a_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
