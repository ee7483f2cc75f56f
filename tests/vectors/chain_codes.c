/* chain_codes.c: see chain_codes.h. */
#include "tests/vectors/chain_codes.h"

static const char *const subjects[CHAIN_SUBJECTS] = {"farm1", "farm2", "bureau"};

static bool one_in(struct rng *r, uint64_t n) {
    return rng_below(r, n) == 0;
}

/* Of 1 to 9 codes. */
static const struct world_pack *pack(struct chain_codes *c, struct world *w, size_t subject, size_t name) {
    char text[CODE_PACK_CHARS + 1];
    struct world_pack **at = &c->packs[subject][name];
    code_pack_format((uint32_t)name, text);
    if (!*at) *at = world_pack_make(w, subjects[subject], text, (uint32_t)(1 + (4 * subject + 5 * name) % 9));
    return *at;
}

/* One that was issued under this name, when there is any; mostly by who did. */
static const struct world_pack *issued_pack(struct chain_codes *c, struct world *w, struct rng *r) {
    struct issued_place places[64];
    size_t subject = rng_below(r, CHAIN_SUBJECTS);
    uint32_t n = query_packs(w->rows.reader, PACKS_OF_SUBJECT, span_text(subjects[subject]), NULL, 64, &w->arena, places);
    if (n == 0) return pack(c, w, subject, rng_below(r, CHAIN_PACKS));
    struct span id = places[rng_below(r, n)].id;
    for (size_t name = 0; name < CHAIN_PACKS; name++)
        if (span_is(id, pack(c, w, subject, name)->id)) return pack(c, w, one_in(r, 10) ? rng_below(r, CHAIN_SUBJECTS) : subject, name);
    return pack(c, w, subject, 0);
}

static const struct world_pack *own_pack(struct chain_codes *c, struct world *w, struct rng *r, const char *author) {
    size_t subject = rng_below(r, CHAIN_SUBJECTS);
    for (size_t i = 0; i < CHAIN_SUBJECTS; i++)
        if (strcmp(subjects[i], author) == 0 && !one_in(r, 8)) subject = i;
    return pack(c, w, subject, rng_below(r, CHAIN_PACKS));
}

/* A certificate for goods of the author, mostly one that stands, and what it covers. */
static void on_certificate(struct world *w, struct rng *r, const char *author, struct span *ret_id, struct span *ret_thing) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct issued_place places[64];
    struct certificate_value v;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    uint32_t n = query_certificates(w->rows.reader, CERTIFICATES_OF_PRODUCER, span_text(author), NULL, 64, &w->arena, places);
    if (n == 0) return;
    uint32_t at = (uint32_t)rng_below(r, n);
    for (uint32_t i = 0; i < n; i++, at = (at + 1) % n) {
        buffer_clear(&value);
        CHECK(query_certificate(w->rows.reader, places[at].id, &value, &w->arena, &v) == OK);
        if (v.state == STATE_ACTIVE || one_in(r, 8)) break;
    }
    *ret_id = places[at].id;
    /* Of the GTIN alone the lot is not asked what was made of it. */
    if (one_in(r, 2)) *ret_thing = span_text(PRODUCT_A);
    else *ret_thing = world_keep(w, v.covered[rng_below(r, v.covered_count)].identifier);
}

static struct item voids(const struct world_pack *p, struct world *w, struct rng *r) {
    uint32_t first = (uint32_t)rng_below(r, p->count), last = first + (uint32_t)(rng_below(r, 4) * rng_below(r, 2));
    return world_void_item(w, p->id, first, last, (uint16_t)rng_below(r, 9));
}

struct item chain_pack(struct chain_codes *c, struct world *w, struct rng *r, const char *author) {
    char text[64];
    struct span thing, certificate = SPAN_EMPTY;
    const struct world_pack *p = own_pack(c, w, r, author);
    if (one_in(r, 3)) return voids(one_in(r, 8) ? p : issued_pack(c, w, r), w, r);
    unsigned lot = (unsigned)rng_below(r, 3);
    if (one_in(r, 3)) snprintf(text, sizeof text, "urn:epc:idpat:sgtin:6901234.056789.*");
    else if (one_in(r, 2)) snprintf(text, sizeof text, "urn:epc:class:lgtin:6901234.056789.L%%2F%u", lot);
    else snprintf(text, sizeof text, "https://a.example/gtin/6901234567892/lot/L%%2f%u", lot);
    thing = world_keep(w, span_text(text));
    if (!one_in(r, 3)) on_certificate(w, r, author, &certificate, &thing);
    return world_pack_item(w, p, thing, certificate);
}

struct item chain_claim(struct chain_codes *c, struct world *w, struct rng *r) {
    static const char *const divisions[] = {"", "33", "330302"};
    const struct world_pack *p = one_in(r, 12) ? own_pack(c, w, r, "") : issued_pack(c, w, r);
    struct claim claim = world_claim_of(w, p, (uint32_t)rng_below(r, p->count), divisions[rng_below(r, 3)], (uint8_t)rng_below(r, 256));
    /* What stays well formed and was never issued. */
    if (one_in(r, 8) && claim.path_count > 0) claim.path[rng_below(r, claim.path_count)].b[0]++;
    if (one_in(r, 12) && claim.path_count > 0) claim.path_count--;
    if (one_in(r, 12) && claim.path_count < PACK_PATH_MAX) claim.path[claim.path_count++] = (struct digest){{1}};
    return world_claim_item(w, &claim);
}
