/* chain_parts.c: see chain_parts.h. */
#include "tests/vectors/chain_parts.h"

#include "ledger/query.h"
#include "trace/anchor.h"
#include "trace/deletion.h"

enum { TYPES = 4, NUMBERS = 40, NAMED_FIELDS = 3 };

static bool one_in(struct rng *r, uint64_t n) {
    return rng_below(r, n) == 0;
}

void chain_name(struct rng *r, struct buffer *out) {
    static const char *const hosts[] = {"https://id.gs1.org", "http://a.example/x/y", "HTTPS://b.example:8443"};
    unsigned serial = (unsigned)rng_below(r, 6), lot = (unsigned)rng_below(r, 3);
    const char *host = hosts[rng_below(r, 3)];
    switch (rng_below(r, 13)) {
    case 0: buffer_printf(out, "urn:epc:id:sgtin:6901234.056789.%u", serial); return;
    case 1: buffer_printf(out, "%s/01/06901234567892/21/%u", host, serial); return;
    case 2: buffer_printf(out, "%s/gtin/6901234567892/lot/L%%2f%u/ser/%u?x=1", host, lot, serial); return;
    case 3: buffer_printf(out, "%s/01/06901234567892/22/V/10/L%%2F%u", host, lot); return;
    case 4: buffer_printf(out, "urn:epc:class:lgtin:6901234.056789.L%%2F%u", lot); return;
    case 5: buffer_printf(out, "urn:epc:id:sscc:6901234.123456789%u", serial); return;
    case 6: buffer_printf(out, "%s/414/6901234000009/254/%u", host, lot); return;
    case 7: buffer_printf(out, "urn:epc:id:sgln:6901234.00000.%u", lot); return;
    case 8: buffer_printf(out, "urn:uuid:00000000-0000-0000-0000-00000000000%u", serial); return;
    case 9: buffer_printf(out, "%s/8003/06901234567892%u", host, serial); return;
    case 10: buffer_printf(out, "urn:epc:id:giai:6901234.A%%2FB%u", lot); return;
    case 11: buffer_printf(out, "%s/01/06901234567892/21/K7M2Q003F9XW4T0BRN2%u", host, serial); return; /* a code */
    default: buffer_printf(out, "urn:epc:idpat:sgtin:6901234.056789.*"); return;
    }
}

static const char *unit(struct rng *r) {
    static const char *const units[] = {"", "NPR", "NPR", "KGM", "H87"};
    return units[rng_below(r, sizeof units / sizeof *units)];
}

/* Mostly plain; sometimes at the edges of what millionths hold. */
static double quantity(struct rng *r) {
    static const double odd[] = {-2, 0, 0.0000004, 0.0000005, 0.0000015, 9007199254740991.0, 9223372036854.0, -9007199254740991.0, 0.1};
    return one_in(r, 12) ? odd[rng_below(r, sizeof odd / sizeof *odd)] : (double)(1 + rng_below(r, 80)) / 2;
}

void chain_quantity(struct rng *r, struct buffer *out) {
    if (one_in(r, 4)) return;
    buffer_printf(out, ",\"quantity\":%.17g", quantity(r));
    const char *u = unit(r);
    if (u[0] != 0 || one_in(r, 4)) buffer_printf(out, ",\"uom\":\"%s\"", u);
}

static const char *const field_names[NAMED_FIELDS] = {"article", "made", "way"};

static struct certificate_field *type_fields(struct world *w, struct rng *r, uint32_t *ret_count) {
    static struct span choices[] = {{(const uint8_t *)"bought", 6}, {(const uint8_t *)"grown", 5}};
    struct certificate_field *list = arena_alloc(&w->arena, NAMED_FIELDS, sizeof *list);
    uint32_t count = 0;
    for (uint32_t i = 0; i < NAMED_FIELDS; i++) {
        if (one_in(r, 30)) continue;
        uint8_t kind = i == 0 ? CERTIFICATE_TEXT : i == 1 ? CERTIFICATE_DATE : CERTIFICATE_CHOICE;
        if (one_in(r, 30)) kind = (uint8_t)(1 + rng_below(r, CERTIFICATE_TEXTS));
        bool chosen = kind == CERTIFICATE_CHOICE || kind == CERTIFICATE_CHOICES;
        list[count++] = (struct certificate_field){.name = span_text(field_names[i]),
                                                   .kind = kind,
                                                   .flags = one_in(r, 30) ? CERTIFICATE_HIDDEN : one_in(r, 12),
                                                   .choices = chosen ? choices : NULL,
                                                   .choices_count = chosen ? 2 : 0,
                                                   .label_zh = span_text("项"),
                                                   .label_en = span_text("field")};
    }
    *ret_count = count;
    return list;
}

static const char *type_name(struct rng *r) {
    static const char *const names[TYPES + 1] = {"t0", "t1", "t2", "t3", "never-set"};
    return names[one_in(r, 20) ? TYPES : rng_below(r, TYPES)];
}

struct act chain_type(struct world *w, struct rng *r, const char *const people[], size_t people_count) {
    struct span *issuers = arena_alloc(&w->arena, people_count, sizeof *issuers);
    struct certificate_type t = {.type = span_text(type_name(r)),
                                 .title_zh = span_text("证"),
                                 .title_en = span_text("certificate"),
                                 .covers = (uint8_t)(one_in(r, 3) ? 63 : 3),
                                 .own = (uint8_t)(one_in(r, 5) ? rng_below(r, 3) : 0),
                                 .upstream = (uint8_t)(one_in(r, 5) ? rng_below(r, 3) : 1),
                                 .things_min = 1,
                                 .things_max = (uint8_t)(1 + rng_below(r, 3)),
                                 .retired = one_in(r, 16),
                                 .roles = one_in(r, 8) ? MEMBER_PRODUCER : MEMBER_ROLES_ALL,
                                 .issuers = issuers,
                                 .validity_ms = one_in(r, 4) ? 60000 : 0};
    t.fields = type_fields(w, r, &t.fields_count);
    if (one_in(r, 2)) {
        t.quota = CERTIFICATE_PRODUCED;
        t.covers = 1 << IDENTIFIER_LOT;
        t.own = one_in(r, 4) ? 0 : CERTIFICATE_OWN;
    }
    bool named = one_in(r, 6) || (t.quota && t.own != CERTIFICATE_OWN);
    for (size_t i = 0; i < people_count && named; i++)
        if (!one_in(r, 3)) issuers[t.issuers_count++] = span_text(people[i]);
    for (uint32_t i = 0; i + 1 < t.issuers_count; i++) /* few: rising by exchange */
        for (uint32_t k = i + 1; k < t.issuers_count; k++)
            if (span_compare(issuers[i], issuers[k]) > 0) {
                struct span swap = issuers[i];
                issuers[i] = issuers[k];
                issuers[k] = swap;
            }
    if (t.fields_count > 0 && one_in(r, 6)) { /* often no rule of D1 then, and the act is tried again */
        t.upstream = UPSTREAM_MAY;
        t.upstream_field = t.fields[t.fields_count - 1].name;
        t.upstream_choice = span_text("bought");
        t.fields[t.fields_count - 1].flags = CERTIFICATE_MANDATORY;
    }
    return (struct act){.type = ACT_CERTIFICATE_TYPE, .certificate_type = t};
}

static struct span keep_text(struct world *w, const char *format, const char *text, unsigned n) {
    char to[96];
    int len = snprintf(to, sizeof to, format, text, n);
    return world_keep(w, span_of(to, (size_t)len));
}

static struct span number(struct world *w, struct rng *r) {
    return keep_text(w, "%s%u", "n", (unsigned)rng_below(r, NUMBERS));
}

/* Mostly one that was issued. */
static struct span id(struct world *w, struct rng *r, const char *issuer) {
    struct issued_place places[2 * NUMBERS];
    uint32_t count = query_certificates(w->rows.reader, CERTIFICATES_OF_ISSUER, span_text(issuer), NULL, 2 * NUMBERS, &w->arena, places);
    if (count > 0 && !one_in(r, 6)) return places[one_in(r, 2) ? count - 1 : rng_below(r, count)].id;
    return keep_text(w, "%s/n%u", issuer, (unsigned)rng_below(r, NUMBERS));
}

static void put_value(struct rng *r, uint32_t field, struct buffer *out) {
    static const char *const texts[NAMED_FIELDS][3] = {
        {"leather", "rubber", "皮"}, {"2026-02-28", "2024-02-29", "2023-02-29"}, {"bought", "grown", "stolen"}};
    struct hidden h = {.tier = TIER_DELETABLE};
    switch (rng_below(r, 60)) {
    case 0: pack_uint(out, rng_below(r, 1000)); return;
    case 1: pack_float(out, 0.25); return;
    case 2: hidden_write(&h, out); return;
    case 3:
        pack_array(out, 2);
        pack_text(out, span_text(one_in(r, 2) ? "bought" : "grown"));
        pack_text(out, span_text("grown"));
        return;
    case 4: pack_bytes(out, span_of(h.commitment.b, 32)); return;
    default: pack_text(out, span_text(texts[field][rng_below(r, 32) % 3 % (1 + rng_below(r, 3))])); return;
    }
}

static void issue_fields(struct world *w, struct rng *r, struct certificate_issue *c) {
    c->fields = arena_alloc(&w->arena, NAMED_FIELDS + 1, sizeof *c->fields);
    for (uint32_t i = 0; i < NAMED_FIELDS; i++) {
        struct buffer value CLEANUP(buffer_free) = {0};
        if (one_in(r, 2)) continue;
        buffer_init(&value, 1024);
        put_value(r, i, &value);
        c->fields[c->fields_count++] =
            (struct certificate_entry){span_text(field_names[i]), world_keep(w, buffer_span(&value))};
    }
}

static struct thing *things(struct world *w, struct rng *r, uint32_t count) {
    struct thing *list = arena_alloc(&w->arena, count, sizeof *list);
    for (uint32_t i = 0; i < count; i++) {
        struct buffer b CLEANUP(buffer_free) = {0};
        buffer_init(&b, 1024);
        if (one_in(r, 4)) /* a name of any kind; mostly one of the lots that events name */
            chain_name(r, &b);
        else
            buffer_printf(&b, "urn:epc:class:lgtin:6901234.056789.L%%2F%u", (unsigned)rng_below(r, 3));
        list[i] = (struct thing){.role = ROLE_COVERED, .identifier = world_keep(w, buffer_span(&b))};
        buffer_clear(&b);
        bool counted = !one_in(r, 5);
        if (counted)
            pack_number(&b, quantity(r));
        else
            pack_nil(&b);
        list[i].quantity = world_keep(w, buffer_span(&b));
        buffer_clear(&b);
        const char *u = unit(r);
        if (counted && (u[0] != 0 || one_in(r, 2)))
            pack_text(&b, span_text(u));
        else
            pack_nil(&b);
        list[i].unit = world_keep(w, buffer_span(&b));
    }
    return list;
}

static struct item revocation(struct world *w, struct rng *r, const char *whose) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct certificate_revocation v = {id(w, r, whose), (uint16_t)rng_below(r, 5)};
    buffer_init(&b, 1024);
    certificate_revocation_fields(&v, &b);
    return (struct item){.type = ITEM_CERTIFICATE_REVOKED, .fields = world_keep(w, buffer_span(&b))};
}

struct item chain_certificate(struct world *w, struct rng *r, const char *author, const char *const people[], size_t people_count) {
    struct buffer b CLEANUP(buffer_free) = {0};
    const char *whose = one_in(r, 6) ? people[rng_below(r, people_count)] : author;
    if (one_in(r, 6)) return revocation(w, r, whose);
    struct certificate_issue c = {.number = number(w, r),
                                  .type = span_text(type_name(r)),
                                  .producer = span_text(one_in(r, 8) ? people[rng_below(r, people_count)] : author),
                                  .from_ms = w->head.time_ms};
    if (one_in(r, 12)) c.from_ms += rng_below(r, 2 * w->genesis->params.parameters.max_drift_ms);
    if (!one_in(r, 3)) c.until_ms = c.from_ms + 1 + rng_below(r, 80000);
    if (one_in(r, 4)) c.supersedes = id(w, r, whose);
    if (one_in(r, 6)) c.upstream[c.upstream_count++] = id(w, r, one_in(r, 2) ? author : people[rng_below(r, people_count)]);
    issue_fields(w, r, &c);
    buffer_init(&b, 1 << 15);
    certificate_issue_fields(&c, &b);
    uint32_t count = one_in(r, 4) ? 1 + (uint32_t)rng_below(r, 3) : 1;
    return (struct item){.type = c.supersedes.len > 0 ? ITEM_CERTIFICATE_SUPERSEDED : ITEM_CERTIFICATE_ISSUED,
                         .fields = world_keep(w, buffer_span(&b)),
                         .things = things(w, r, count),
                         .things_count = count};
}

struct item chain_anchor(struct world *w, struct rng *r) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct anchor a = {.count = rng_below(r, 1000), .from_ms = rng_below(r, 8) * ANCHOR_PERIOD_MS,
                       .what = span_text(one_in(r, 2) ? "rfid-reads" : "scans")};
    a.until_ms = a.from_ms + ANCHOR_PERIOD_MS;
    rng_bytes(r, a.root.b, sizeof a.root.b);
    buffer_init(&b, 1024);
    anchor_fields(&a, &b);
    return (struct item){.type = ITEM_ANCHOR, .fields = world_keep(w, buffer_span(&b))};
}

struct item chain_deletion(struct world *w, struct rng *r) {
    struct buffer b CLEANUP(buffer_free) = {0};
    struct deletion d = {.tiers = (uint8_t)(1 + rng_below(r, DELETION_TIERS_ALL)), .reason = (uint16_t)rng_below(r, 3)};
    d.record.b[0] = (uint8_t)rng_below(r, 3); /* few records, so that tiers are told again */
    buffer_init(&b, 128);
    deletion_fields(&d, &b);
    return (struct item){.type = ITEM_DELETION, .fields = world_keep(w, buffer_span(&b))};
}
