/* rules_code.c: code packs are issued, codes voided, codes claimed (SPEC Q6, Q7, Q9).
 *
 * Three sums hold what was drawn, each kept where it is asked: of a covered thing in its certificate's value (`drawn`), of a lot
 * in a balance, of a pack in its count and voided ranges. A void gives back to the first two, once per index. */
#include <string.h>

#include "ledger/balance.h"
#include "ledger/rows.h"
#include "trace/code_item.h"

static bool pack_get(const struct item_run *t, const char *pack_id, struct digest *ret_key,
                     struct pack_value *ret) {
    *ret_key = status_key(STATUS_PACK, span_text(pack_id));
    return rules_value_get(t->run, ret_key, &pack_value_type, ret);
}

/* -- packs (Q6) -- */

struct drawing {
    const struct item_run *t;
    struct pack_issued pack;
    struct digest key;         /* of the pack's value */
    struct digest certificate; /* key of the certificate's value, when one is named */
    struct certificate_value basis;
    struct covered *on; /* the thing of the basis that the codes are drawn on */
};

/* SPEC Q6: "the first that is the pack's lot, or without lot the first whose canonical text is that of the GTIN, alone or followed by
 * `/`" */
static struct covered *drawn_on(const struct drawing *d) {
    struct span lot = d->pack.lot, product = d->pack.product;
    for (uint32_t i = 0; i < d->basis.covered_count; i++) {
        struct covered *c = &d->basis.covered[i];
        size_t n = product.len;
        bool of_product = c->identifier.len >= n && span_equal(span_part(c->identifier, 0, n), product) &&
                          (c->identifier.len == n || c->identifier.data[n] == '/');
        if (lot.len > 0 ? span_equal(c->identifier, lot) : of_product) return c;
    }
    return NULL;
}

static uint16_t basis_rule(struct drawing *d) {
    struct run *run = d->t->run;
    if (d->pack.certificate.len == 0) return RESULT_ACCEPTED;
    d->certificate = status_key(STATUS_CERTIFICATE, d->pack.certificate);
    if (!rules_value_get(run, &d->certificate, &certificate_value_type, &d->basis))
        return RESULT_NO_CERTIFICATE;
    if (d->basis.state != STATE_ACTIVE ||
        (d->basis.until_ms != 0 && d->basis.until_ms <= run->time_ms))
        return RESULT_CERTIFICATE_BASIS;
    if (!span_equal(d->basis.producer, d->t->record->header.subject)) return RESULT_NOT_THEIRS;
    d->on = drawn_on(d);
    if (!d->on) return RESULT_BATCH;
    uint64_t carries = unit_codes(d->on->quantity, d->on->unit);
    return d->on->drawn > carries || d->pack.count > carries - d->on->drawn ? RESULT_CODES
                                                                            : RESULT_ACCEPTED;
}

/* Amounts are in millionths (S5), a code is a whole. */
static struct balance_name codes_of(struct span subject, struct span lot) {
    return (struct balance_name){.purpose = BALANCE_CODES, .subject = subject, .lot = lot};
}

static uint16_t lot_rule(struct drawing *d) {
    struct run *run = d->t->run;
    struct span subject = d->t->record->header.subject;
    if (d->pack.lot.len == 0) return RESULT_ACCEPTED;
    struct balance_name codes = codes_of(subject, d->pack.lot);
    uint64_t drawn = balance_read(run->now, &codes) / MILLIONTHS;
    uint64_t made = balance_produced_codes(run->now, subject, d->pack.lot);
    return drawn > made || d->pack.count > made - drawn ? RESULT_QUANTITY : RESULT_ACCEPTED;
}

/* For readers alone: by subject, GTIN and lot, and all. */
static void write_rows(const struct drawing *d) {
    const struct item_run *t = d->t;
    struct span id = span_text(d->pack.pack_id);
    struct digest subject = sha256(t->record->header.subject), gtin = status_key(STATUS_THING, d->pack.product);
    struct digest all = sha256(SPAN_EMPTY);
    struct row_key of_all = row_issued('a', &all, t->log_index, (uint16_t)t->index);
    row_put(t->run->changes, TABLE_STATE, &of_all, id);
    struct row_key by_subject = row_issued('q', &subject, t->log_index, (uint16_t)t->index),
                   by_gtin = row_issued('g', &gtin, t->log_index, (uint16_t)t->index);
    row_put(t->run->changes, TABLE_STATE, &by_subject, id);
    row_put(t->run->changes, TABLE_STATE, &by_gtin, id);
    if (d->pack.lot.len == 0) return;
    struct digest lot = status_key(STATUS_THING, d->pack.lot);
    struct row_key by_lot = row_issued('l', &lot, t->log_index, (uint16_t)t->index);
    row_put(t->run->changes, TABLE_STATE, &by_lot, id);
}

static void draw(struct drawing *d) {
    const struct item_run *t = d->t;
    struct span subject = t->record->header.subject;
    struct pack_value v = {ITEM_VALUE(t, STATE_ACTIVE),
                           .issued = t->log_index,
                           .item = (uint16_t)t->index,
                           .subject = subject,
                           .count = d->pack.count,
                           .root = d->pack.root,
                           .lot = d->pack.lot,
                           .certificate = d->pack.certificate};
    if (d->on) {
        v.drawn_on = d->on->identifier;
        d->on->drawn += d->pack.count;
        rules_value_put(t->run, &d->certificate, &certificate_value_type, &d->basis);
    }
    if (d->pack.lot.len > 0) {
        struct balance_name codes = codes_of(subject, d->pack.lot);
        balance_add(t->run, t->log_index, &codes, (uint64_t)d->pack.count * MILLIONTHS);
    }
    rules_value_put(t->run, &d->key, &pack_value_type, &v);
    write_rows(d);
}

uint16_t rules_pack_issue(const struct item_run *t) {
    struct drawing d = {.t = t};
    struct pack_value used;
    CHECK(pack_issued_decode(t->item, t->run->arena, &d.pack) == OK);
    if (pack_get(t, d.pack.pack_id, &d.key, &used)) return RESULT_PACK_EXISTS;
    /* SPEC O5: "a pack of its lot (72) after 35" */
    if (d.pack.lot.len > 0 && rules_under_recall(t->run, d.pack.lot)) return RESULT_RECALLED;
    uint16_t code = basis_rule(&d);
    if (code == RESULT_ACCEPTED) code = lot_rule(&d);
    if (code == RESULT_ACCEPTED) draw(&d);
    return code;
}

/* -- voids (Q7) -- */

enum { RANGES_OF_SUBJECT = 64 };

/* Adds [first, last] to rising ranges that do not touch, joined with those that overlap it or are its neighbours, into `to`, which has
 * room for one more than count. Returns how many there are then; ret_new: indices that were in none before. */
static uint32_t ranges_join(const struct pack_range from[], uint32_t count, struct pack_range add,
                            struct pack_range to[], uint32_t *ret_new) {
    uint32_t n = 0, fresh = add.last - add.first + 1;
    struct pack_range joined = add;
    bool placed = false;
    for (uint32_t i = 0; i < count; i++) {
        const struct pack_range *r = &from[i];
        if (r->last + 1 < add.first) {
            to[n++] = *r;
            continue;
        }
        if (r->first > add.last + 1) {
            if (!placed) to[n++] = joined;
            placed = true;
            to[n++] = *r;
            continue;
        }
        uint32_t low = r->first > add.first ? r->first : add.first,
                 high = r->last < add.last ? r->last : add.last;
        if (low <= high) fresh -= high - low + 1;
        if (r->first < joined.first) joined.first = r->first;
        if (r->last > joined.last) joined.last = r->last;
    }
    if (!placed) to[n++] = joined;
    *ret_new = fresh;
    return n;
}

/* SPEC Q7: "from the thing they were drawn on, in the certificate at the end of the line of the pack's, there never below 0" */
static void give_back_drawn(const struct item_run *t, const struct pack_value *pack,
                            uint32_t codes) {
    struct certificate_value v;
    struct digest key = status_key(STATUS_CERTIFICATE, pack->certificate);
    CHECK(rules_value_get(t->run, &key, &certificate_value_type, &v));
    for (uint32_t steps = 1; v.state == STATE_SUPERSEDED; steps++) {
        CHECK(steps < CERTIFICATE_LINE_MAX);
        key = status_key(STATUS_CERTIFICATE, v.other);
        CHECK(rules_value_get(t->run, &key, &certificate_value_type, &v));
    }
    for (uint32_t i = 0; i < v.covered_count; i++) {
        struct covered *c = &v.covered[i];
        if (!span_equal(c->identifier, pack->drawn_on)) continue;
        c->drawn -= codes < c->drawn ? codes : c->drawn;
        rules_value_put(t->run, &key, &certificate_value_type, &v);
        return;
    }
}

static void give_back_lot(const struct item_run *t, const struct pack_value *pack, uint32_t codes) {
    struct balance_name name = codes_of(pack->subject, pack->lot);
    uint64_t amount = balance_read(t->run->now, &name), back = (uint64_t)codes * MILLIONTHS;
    CHECK(amount >= back);
    balance_write(t->run, t->log_index, &name, amount - back);
}

static bool is_authority(const struct item_run *t) {
    struct member_value m;
    struct digest key = status_key(STATUS_MEMBER, t->record->header.subject);
    CHECK(rules_value_get(t->run, &key, &member_value_type, &m));
    return m.roles & MEMBER_AUTHORITY;
}

uint16_t rules_codes_void(const struct item_run *t) {
    struct codes_voided void_;
    struct pack_value pack;
    struct digest key;
    struct pack_range ranges[PACK_RANGES_MAX + 1];
    uint32_t fresh;
    CHECK(codes_voided_decode(t->item, &void_) == OK);
    if (!pack_get(t, void_.pack_id, &key, &pack)) return RESULT_NO_PACK;
    bool authority = is_authority(t);
    if (!authority && !span_equal(pack.subject, t->record->header.subject)) return RESULT_NOT_THEIRS;
    if (void_.last >= pack.count) return RESULT_PACK_RANGE;
    uint32_t count = ranges_join(pack.voided, pack.voided_count,
                                 (struct pack_range){void_.first, void_.last}, ranges, &fresh);
    if (fresh == 0) return RESULT_VOIDED;
    if (count > (authority ? PACK_RANGES_MAX : RANGES_OF_SUBJECT)) return RESULT_VOID_RANGES;
    if (pack.certificate.len > 0) give_back_drawn(t, &pack, fresh);
    if (pack.lot.len > 0) give_back_lot(t, &pack, fresh);
    pack.voided = ranges;
    pack.voided_count = count;
    pack.reason = void_.reason;
    pack.since_height = t->run->height;
    pack.log_index = t->log_index;
    rules_value_put(t->run, &key, &pack_value_type, &pack);
    return RESULT_ACCEPTED;
}

/* -- claims (Q9) -- */

static bool is_void(const struct pack_value *pack, uint32_t index) {
    for (uint32_t i = 0; i < pack->voided_count; i++)
        if (pack->voided[i].first <= index && index <= pack->voided[i].last) return true;
    return false;
}

uint16_t rules_claim(const struct item_run *t) {
    struct claim claim;
    struct pack_value pack;
    struct digest key;
    CHECK(claim_decode(t->item, &claim) == OK);
    const struct code *code = &claim.code;
    if (!pack_get(t, code->pack_id, &key, &pack)) return RESULT_NO_PACK;
    struct digest hash = code_hash(pack.subject, code);
    if (!pack_path_check(code->index, &hash, &claim.key, claim.path, claim.path_count, pack.count,
                         &pack.root))
        return RESULT_NEVER_ISSUED;
    if (is_void(&pack, code->index)) return RESULT_CODE_VOID;
    key = row_claim(code);
    if (status_get(t->run->now, &key, &t->run->scratch)) return RESULT_CLAIMED;
    struct claim_value v = {
        ITEM_VALUE(t, STATE_ACTIVE), .division = claim.division, .time_ms = t->run->time_ms};
    memcpy(v.nonce, claim.nonce, sizeof v.nonce);
    rules_value_put(t->run, &key, &claim_value_type, &v);
    return RESULT_ACCEPTED;
}
