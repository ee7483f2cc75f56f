/* Random production, certificates, supersedes, revokes, packs, voids and claims against a small model: what the ledger decides about
 * codes is what the model says, and never are there more living codes than a certificate carries or a lot was made, a code claimed
 * twice, a void code alive again, or a claim undone.
 *
 * The model keeps no sums: what is drawn it counts anew from the packs each time it is asked. What becomes of certificates it learns
 * from the ledger (test_genesis_certificate_random.c has a model of them). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/certificate_world.h"
#include "tests/unit/code_world.h"
#include "tests/unit/codec_random.h"
#include "tests/unit/world_results.h"

enum { SUBJECTS = 2, NUMBERS = 40, PACKS = 30, CODES = 7, BLOCKS = 40, RECORDS = 14, UNITS = 3 };
enum { LOTS = 2, PRODUCT = 2, GOODS = 3 }; /* goods: two lots, the GTIN alone */

static const char *const subjects[SUBJECTS] = {"farm1", "farm2"};
static const char *const goods[GOODS] = {LOT_A, LOT_B, PRODUCT_A};
static const char *const units[UNITS] = {"NPR", "EA", "KGM"};

struct cover {
    unsigned good, unit;
    uint64_t quantity;
};
struct certificate {
    enum { ABSENT, STANDS, REVOKED, SUPERSEDED } state;
    struct cover covers[2];
    unsigned covers_count, next;
};
struct sheet { /* a pack */
    bool issued;
    unsigned subject, good, count;
    int certificate; /* a number of the subject's, or -1 */
    unsigned on;     /* a good it was drawn on */
    bool gone[CODES], claimed[CODES];
};
struct model {
    uint64_t produced[SUBJECTS][LOTS][UNITS];
    struct certificate certificates[SUBJECTS][NUMBERS];
    struct sheet packs[PACKS];
    unsigned numbers[SUBJECTS];
};

/* What a record of the test asks for. */
struct wish {
    enum { MAKE, CERTIFY, REVOKE, ISSUE, VOID, CLAIM } what;
    unsigned subject, good, unit, amount; /* MAKE */
    unsigned number, old;                 /* CERTIFY: old == number when nothing is superseded */
    struct cover covers[2];
    unsigned covers_count;
    unsigned owner, pack, first, last; /* packs; owner: whose pack or certificate is named; SUBJECTS: the bureau voids */
    int certificate;
};

static unsigned end_of(const struct model *m, unsigned subject, unsigned number) {
    while (m->certificates[subject][number].state == SUPERSEDED)
        number = m->certificates[subject][number].next;
    return number;
}

static unsigned living(const struct sheet *p) {
    unsigned n = 0;
    for (unsigned i = 0; i < p->count; i++)
        n += !p->gone[i];
    return n;
}

static uint64_t drawn(const struct model *m, unsigned subject, unsigned number, unsigned good) {
    uint64_t n = 0;
    for (unsigned i = 0; i < PACKS; i++) {
        const struct sheet *p = &m->packs[i];
        if (p->issued && p->subject == subject && p->certificate >= 0 && p->on == good &&
            end_of(m, subject, (unsigned)p->certificate) == number)
            n += living(p);
    }
    return n;
}

static uint64_t of_lot(const struct model *m, unsigned subject, unsigned lot) {
    uint64_t n = 0;
    for (unsigned i = 0; i < PACKS; i++)
        if (m->packs[i].issued && m->packs[i].subject == subject && m->packs[i].good == lot) n += living(&m->packs[i]);
    return n;
}

static uint64_t carried(const struct cover *c) {
    return c->unit == 2 ? 0 : c->quantity; /* kilograms carry no codes */
}

static uint64_t made(const struct model *m, unsigned subject, unsigned lot) {
    const uint64_t *p = m->produced[subject][lot];
    return p[0] > p[1] ? p[0] : p[1];
}

static const struct cover *drawn_on(const struct certificate *c, unsigned good) {
    for (unsigned i = 0; i < c->covers_count; i++)
        if (good == PRODUCT || c->covers[i].good == good) return &c->covers[i];
    return NULL;
}

static uint16_t issue(struct model *m, const struct wish *w, unsigned count) {
    struct sheet *p = &m->packs[w->pack];
    unsigned on = 0;
    if (p->issued) return RESULT_PACK_EXISTS;
    if (w->certificate >= 0) {
        const struct certificate *c = &m->certificates[w->owner][w->certificate];
        if (c->state == ABSENT) return RESULT_NO_CERTIFICATE;
        if (c->state != STANDS) return RESULT_CERTIFICATE_BASIS;
        if (w->owner != w->subject) return RESULT_NOT_THEIRS;
        const struct cover *thing = drawn_on(c, w->good);
        if (!thing) return RESULT_BATCH;
        on = thing->good;
        if (drawn(m, w->owner, (unsigned)w->certificate, on) + count > carried(thing)) return RESULT_CODES;
    }
    if (w->good != PRODUCT && of_lot(m, w->subject, w->good) + count > made(m, w->subject, w->good)) return RESULT_QUANTITY;
    *p = (struct sheet){.issued = true, .subject = w->subject, .good = w->good, .count = count, .certificate = w->certificate, .on = on};
    return RESULT_ACCEPTED;
}

static uint16_t void_codes(struct model *m, const struct wish *w) {
    struct sheet *p = &m->packs[w->pack];
    bool fresh = false;
    if (!p->issued) return RESULT_NO_PACK;
    if (w->subject != p->subject && w->subject != SUBJECTS) return RESULT_NOT_THEIRS;
    if (w->last >= p->count) return RESULT_PACK_RANGE;
    for (unsigned i = w->first; i <= w->last; i++) {
        fresh = fresh || !p->gone[i];
        p->gone[i] = true;
    }
    return fresh ? RESULT_ACCEPTED : RESULT_VOIDED;
}

static uint16_t claim(struct model *m, const struct wish *w) {
    struct sheet *p = &m->packs[w->pack];
    if (!p->issued) return RESULT_NO_PACK;
    /* The same codes, had the other issued them: the path differs, where there is one. */
    if (w->owner != p->subject && p->count > 1) return RESULT_NEVER_ISSUED;
    if (p->gone[w->first]) return RESULT_CODE_VOID;
    if (p->claimed[w->first]) return RESULT_CLAIMED;
    p->claimed[w->first] = true;
    return RESULT_ACCEPTED;
}

/* What the ledger made of it, and what the model says it had to. */
static void settle(struct model *m, const struct wish *w, const struct result *r) {
    bool yes = r->code == RESULT_ACCEPTED;
    uint16_t code = r->code;
    struct certificate *c = &m->certificates[w->subject % SUBJECTS][w->number];
    switch (w->what) {
    case MAKE:
        assert_true(yes);
        m->produced[w->subject][w->good][w->unit] += w->amount;
        break;
    case CERTIFY:
        if (!yes) break;
        c->state = STANDS;
        memcpy(c->covers, w->covers, sizeof c->covers);
        c->covers_count = w->covers_count;
        if (w->old == w->number) break;
        m->certificates[w->subject][w->old].state = SUPERSEDED;
        m->certificates[w->subject][w->old].next = w->number;
        break;
    case REVOKE:
        if (yes) m->certificates[w->subject][end_of(m, w->subject, w->old)].state = REVOKED;
        break;
    case ISSUE:
        code = issue(m, w, 1 + w->pack % CODES);
        break;
    case VOID:
        code = void_codes(m, w);
        break;
    case CLAIM:
        code = claim(m, w);
        break;
    }
    if (code != r->code) fail_msg("wish %d: %s, the model says %s", (int)w->what, result_name(r->code), result_name(code));
}

static void no_more_than_there_is(const struct model *m, struct world *w) {
    char id[64];
    struct certificate_value v;
    for (unsigned s = 0; s < SUBJECTS; s++) {
        for (unsigned lot = 0; lot < LOTS; lot++) {
            assert_true(of_lot(m, s, lot) <= made(m, s, lot));
            assert_int_equal(world_balance(w, BALANCE_CODES, subjects[s], goods[lot], "", ""), of_lot(m, s, lot) * 1000000);
        }
        for (unsigned n = 0; n < m->numbers[s]; n++) {
            const struct certificate *c = &m->certificates[s][n];
            snprintf(id, sizeof id, "%s/n%u", subjects[s], n);
            if (c->state == ABSENT) continue;
            assert_true(world_certificate(w, id, &v));
            for (unsigned i = 0; i < c->covers_count; i++) {
                uint64_t codes = c->state == SUPERSEDED ? 0 : drawn(m, s, n, c->covers[i].good);
                assert_int_equal(v.covered[i].drawn, codes);
                assert_true(codes <= carried(&c->covers[i]));
            }
        }
    }
}

static void what_is_gone_is_gone(const struct model *m, struct world *w, struct world_pack *made_packs[SUBJECTS][PACKS]) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct claim_value cv;
    struct pack_value v;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    for (unsigned i = 0; i < PACKS; i++) {
        const struct sheet *p = &m->packs[i];
        const struct world_pack *made_pack = made_packs[p->subject][i];
        assert_true(!made_pack || world_pack_value(w, made_pack->id, &v) == p->issued);
        if (!p->issued) continue;
        for (uint32_t r = 1; r < v.voided_count; r++)
            assert_true(v.voided[r - 1].last + 1 < v.voided[r].first);
        for (unsigned k = 0; k < p->count; k++) {
            bool gone = false;
            for (uint32_t r = 0; r < v.voided_count; r++)
                gone = gone || (v.voided[r].first <= k && k <= v.voided[r].last);
            assert_int_equal(gone, p->gone[k]);
            assert_int_equal(query_claim(w->rows.reader, &made_pack->codes[k], &value, &cv) == OK, p->claimed[k]);
        }
    }
}

static struct world_pack *pack_of(struct world *w, struct world_pack *packs[SUBJECTS][PACKS], unsigned subject, unsigned i) {
    char name[CODE_PACK_CHARS + 1];
    code_pack_format(i, name);
    if (!packs[subject][i]) packs[subject][i] = world_pack_make(w, subjects[subject], name, 1 + i % CODES);
    return packs[subject][i];
}

static void wish_certificate(const struct model *m, struct rng *r, struct wish *w) {
    w->number = m->numbers[w->subject] < NUMBERS ? m->numbers[w->subject] : NUMBERS - 1;
    w->old = m->numbers[w->subject] > 0 && rng_below(r, 2) ? (unsigned)rng_below(r, m->numbers[w->subject]) : w->number;
    w->covers_count = 1 + (unsigned)rng_below(r, 2);
    for (unsigned i = 0; i < w->covers_count; i++)
        w->covers[i] = (struct cover){(unsigned)rng_below(r, GOODS), rng_below(r, 8) ? (unsigned)rng_below(r, 2) : 2, 1 + rng_below(r, 20)};
    if (w->covers_count == 2) w->covers[1].good = (w->covers[0].good + 1) % GOODS;
}

static struct wish wish(const struct model *m, struct rng *r) {
    static const int often[] = {MAKE, CERTIFY, ISSUE, ISSUE, ISSUE, VOID, VOID, CLAIM, CLAIM, CLAIM};
    struct wish w = {.what = often[rng_below(r, sizeof often / sizeof *often)], .subject = (unsigned)rng_below(r, SUBJECTS), .certificate = -1};
    if (rng_below(r, 20) == 0) w.what = REVOKE;
    w.good = (unsigned)rng_below(r, w.what == MAKE ? LOTS : GOODS);
    w.unit = (unsigned)rng_below(r, UNITS);
    w.amount = 1 + (unsigned)rng_below(r, 12);
    w.owner = rng_below(r, 8) ? w.subject : (unsigned)rng_below(r, SUBJECTS);
    w.pack = (unsigned)rng_below(r, PACKS);
    unsigned count = 1 + w.pack % CODES;
    w.first = (unsigned)rng_below(r, count);
    w.last = w.first + (unsigned)(rng_below(r, 3) * rng_below(r, 2));
    unsigned known = m->numbers[w.owner];
    if (w.what == ISSUE && rng_below(r, 3)) w.certificate = (int)rng_below(r, known < NUMBERS - 1 ? known + 1 : known);
    if (w.what == VOID && rng_below(r, 5) == 0) w.subject = SUBJECTS;
    if (w.what == CLAIM && m->packs[w.pack].issued && rng_below(r, 8)) w.owner = m->packs[w.pack].subject;
    if (w.what == VOID && m->packs[w.pack].issued && w.subject != SUBJECTS && rng_below(r, 4)) w.subject = m->packs[w.pack].subject;
    if (w.what == REVOKE) w.old = (unsigned)rng_below(r, known + 1);
    if (w.what == CERTIFY) wish_certificate(m, r, &w);
    return w;
}

static void certify(struct world *world, const struct wish *w) {
    char number[16], old[64];
    snprintf(number, sizeof number, "n%u", w->number);
    snprintf(old, sizeof old, "%s/n%u", subjects[w->subject], w->old);
    struct certificate_issue c = {.number = world_keep(world, span_text(number)), .type = span_text("free"),
                                  .producer = span_text(subjects[w->subject]), .from_ms = world->head.time_ms};
    if (w->old != w->number) c.supersedes = world_keep(world, span_text(old));
    struct covers covers[2];
    for (unsigned i = 0; i < w->covers_count; i++)
        covers[i] = (struct covers){goods[w->covers[i].good], (double)w->covers[i].quantity, units[w->covers[i].unit]};
    struct item item = world_issue(world, &c, covers, w->covers_count);
    world_certify(world, subjects[w->subject], &item);
}

static void ask(struct world *world, struct world_pack *packs[SUBJECTS][PACKS], struct rng *r, const struct wish *w) {
    char id[64] = "";
    struct item item;
    switch (w->what) {
    case MAKE:
        item = world_made(world, "ADD", "commissioning", goods[w->good], w->amount, units[w->unit]);
        world_say(world, subjects[w->subject], &item);
        break;
    case CERTIFY:
        certify(world, w);
        break;
    case REVOKE:
        snprintf(id, sizeof id, "%s/n%u", subjects[w->subject], w->old);
        item = world_revoke(world, id, 1);
        world_certify(world, subjects[w->subject], &item);
        break;
    case ISSUE:
        if (w->certificate >= 0) snprintf(id, sizeof id, "%s/n%d", subjects[w->owner], w->certificate);
        world_issue_pack(world, subjects[w->subject], pack_of(world, packs, w->subject, w->pack), goods[w->good], id);
        break;
    case VOID:
        world_void(world, w->subject == SUBJECTS ? "bureau" : subjects[w->subject], pack_of(world, packs, 0, w->pack)->id, w->first, w->last);
        break;
    case CLAIM: {
        struct claim c = world_claim_of(world, pack_of(world, packs, w->owner, w->pack), w->first, "330302", (uint8_t)rng_below(r, 256));
        world_claim(world, "farm1", &c);
        break;
    }
    }
}

static void run(uint64_t seed, uint64_t counts[RESULT_CERTIFICATE_LINE + 1]) {
    struct world w;
    struct model *m = check_alloc(1, sizeof *m);
    struct world_pack *packs[SUBJECTS][PACKS] = {{NULL}};
    struct rng r = {.state = seed};
    struct certificate_type type = world_type("free");
    world_begin(&w, 1);
    type.quota = CERTIFICATE_NO_QUOTA;
    type.covers = 1 << IDENTIFIER_LOT | 1 << IDENTIFIER_PRODUCT;
    world_set_type(&w, &type);
    assert_int_equal(world_close(&w, 1000), OK);
    for (int block = 0; block < BLOCKS; block++) {
        struct wish wishes[RECORDS];
        for (int i = 0; i < RECORDS; i++) {
            wishes[i] = wish(m, &r);
            ask(&w, packs, &r, &wishes[i]);
            if (wishes[i].what == CERTIFY && m->numbers[wishes[i].subject] < NUMBERS) m->numbers[wishes[i].subject]++;
        }
        assert_int_equal(world_close(&w, 1000), OK);
        for (int i = 0; i < RECORDS; i++) {
            counts[w.results[i].code]++;
            settle(m, &wishes[i], &w.results[i]);
        }
        no_more_than_there_is(m, &w);
        what_is_gone_is_gone(m, &w, packs);
    }
    world_rows_agree(&w);
    world_end(&w);
    free(m);
}

static void the_ledger_is_the_model(void **state) {
    static const uint16_t met[] = {RESULT_ACCEPTED, RESULT_NO_CERTIFICATE, RESULT_CERTIFICATE_BASIS, RESULT_NOT_THEIRS, RESULT_BATCH,
                                   RESULT_CODES, RESULT_QUANTITY, RESULT_PACK_EXISTS, RESULT_PACK_RANGE, RESULT_VOIDED, RESULT_NO_PACK,
                                   RESULT_NEVER_ISSUED, RESULT_CODE_VOID, RESULT_CLAIMED};
    uint64_t counts[RESULT_CERTIFICATE_LINE + 1] = {0}, rounds = getenv("SUYUAN_SOAK") ? 300 : 5;
    (void)state;
    for (uint64_t seed = 1; seed <= rounds; seed++)
        run(seed, counts);
    for (size_t i = 0; i < sizeof met / sizeof *met; i++)
        if (counts[met[i]] == 0) fail_msg("%s was never met", result_name(met[i]));
}

int main(void) {
    crypto_start();
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_ledger_is_the_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
