/* proof_status.c: the statuses of a bundle (SPEC P8, P12, P13). What must be there follows from what was proven before: each is looked
 * up among those that are there and marked; one that is missing, or one that stays unmarked, and the bundle is false. */
#include <string.h>

#include "ledger/merkle.h"
#include "ledger/proof_check.h"
#include "trace/certificate.h"
#include "trace/code_item.h"

static int order(uint8_t a_type, struct span a, uint8_t b_type, struct span b) {
    return a_type != b_type ? (a_type < b_type ? -1 : 1) : span_compare(a, b);
}

/* Marks the status that must be there; NULL when it is not. */
static const struct statement_status *want(struct verification *v, uint8_t type,
                                           struct span subject) {
    uint32_t from = 0, to = v->out.statuses_count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        const struct statement_status *s = &v->out.statuses[middle];
        int side = order(s->type, s->subject, type, subject);
        if (side == 0) {
            v->wanted[middle] = true;
            return s;
        }
        if (side < 0)
            from = middle + 1;
        else
            to = middle;
    }
    v->missing = true;
    return NULL;
}

/* The same, decoded into ret; false when it is not there, does not exist, or is no such value. */
static bool want_value(struct verification *v, uint8_t type, struct span subject,
                       const struct type *value, void *ret) {
    const struct statement_status *s = want(v, type, subject);
    if (s == NULL || !s->exists) return false;
    if (codec_decode(value, s->value, v->arena, ret) == OK) return true;
    v->missing = true;
    return false;
}

static enum err verify_status(struct verification *v, const struct bundle_status *s) {
    struct digest key = status_key(s->type, s->subject), value = {{0}};
    struct status_proof proof;
    struct value_any any;
    struct unpack u;
    unpack_init(&u, s->proof);
    if (!status_proof_read(&u, &proof) || unpack_end(&u)) return ERR_PROOF_STATUS;
    if (s->exists != (proof.terminal == STATUS_MATCH)) return ERR_PROOF_STATUS;
    if (s->exists && (value_check(s->value) || value_any_read(s->value, &any)))
        return ERR_PROOF_STATUS;
    if (s->exists) value = status_value_hash(s->value);
    return status_proof_verify(&proof, &key, s->exists ? &value : NULL, &v->out.status_root)
               ? ERR_PROOF_STATUS
               : OK;
}

static enum err verify_each(struct verification *v) {
    const struct bundle *b = v->b;
    struct statement *s = &v->out;
    s->statuses = verification_alloc(v, b->statuses_count, sizeof *s->statuses);
    v->wanted = verification_alloc(v, b->statuses_count, sizeof *v->wanted);
    if (!s->statuses || !v->wanted) return ERR_TOO_LARGE;
    /* SPEC P8: "in rising (type, subject)" */
    for (uint32_t i = 0; i < b->statuses_count; i++) {
        const struct bundle_status *at = &b->statuses[i], *last = i > 0 ? at - 1 : NULL;
        if (last && order(last->type, last->subject, at->type, at->subject) >= 0)
            return ERR_PROOF_STATUS;
        enum err e = verify_status(v, at);
        if (e) return e;
        s->statuses[i] = (struct statement_status){at->type, at->subject, at->exists, at->value};
    }
    s->statuses_count = b->statuses_count;
    return OK;
}

/* SPEC P8: "for question 2 also the thing (3), and, where the thing's value names them, its lot and
 * its product (3)" */
static void want_thing(struct verification *v) {
    if (!want_value(v, STATUS_THING, v->b->identifier, &thing_value_type, &v->thing)) return;
    if (v->thing.lot.len > 0) want(v, STATUS_THING, v->thing.lot);
    if (v->thing.product.len > 0) want(v, STATUS_THING, v->thing.product);
}

static void want_texts(struct verification *v, uint8_t type, struct span list) {
    struct unpack u;
    unpack_init(&u, list);
    uint32_t count = unpack_array(&u, CERTIFICATE_UPSTREAM_MAX);
    for (uint32_t i = 0; i < count && u.err == OK; i++) {
        struct span text = unpack_text(&u, CERTIFICATE_ID_BYTES_MAX);
        if (u.err == OK) want(v, type, text);
    }
    if (u.err) v->missing = true;
}

/* SPEC P8: "The *line* of a certificate is: it (16); of each that exists the issuer and the producer (1), each of its upstream (16), and
 * the line of the one that superseded it (other)." The first of the line is left in ret when it exists. */
static bool want_line(struct verification *v, struct span id, struct certificate_value *ret) {
    bool exists = false;
    for (uint32_t i = 0; i < CERTIFICATE_LINE_MAX && id.len > 0; i++) {
        struct certificate_value c;
        if (!want_value(v, STATUS_CERTIFICATE, id, &certificate_value_type, &c)) return exists;
        struct span issuer, number;
        if (certificate_id_split(id, &issuer, &number)) want(v, STATUS_MEMBER, issuer);
        want(v, STATUS_MEMBER, c.producer);
        want_texts(v, STATUS_CERTIFICATE, c.upstream);
        if (i == 0) *ret = c;
        exists = true;
        id = c.other;
    }
    if (id.len > 0) v->missing = true; /* no line is longer */
    return exists;
}

static bool certificate_issuing(uint8_t type) {
    return type == ITEM_CERTIFICATE_ISSUED || type == ITEM_CERTIFICATE_SUPERSEDED;
}

/* `issuer/number` of an issuing item, in the arena; empty when it is none. */
static struct span certificate_id_of(struct verification *v, const struct statement_record *r,
                                     const struct statement_item *item) {
    struct span value, number, id = SPAN_EMPTY;
    struct unpack u;
    struct buffer b CLEANUP(buffer_free) = {0};
    if (!certificate_issuing(item->type) || !value_get(item->fields, "number", &value)) return id;
    unpack_init(&u, value);
    number = unpack_text(&u, SUBJECT_ID_BYTES_MAX);
    if (u.err) return id;
    buffer_init(&b, CERTIFICATE_ID_BYTES_MAX);
    certificate_id_write(r->header.subject, number, &b);
    return b.overflow ? id : arena_copy(v->arena, buffer_span(&b));
}

/* SPEC P13: "its record's subject, `/` and number are the certificate id; its digest is the value's." */
static bool issues(struct verification *v, const struct statement_record *r,
                   const struct statement_item *item, struct span id,
                   const struct certificate_value *c) {
    struct span own = certificate_id_of(v, r, item);
    return own.len > 0 && span_equal(own, id) && digest_equal(&item->digest, &c->item_digest) &&
           c->issued == r->log_index && c->item == item->index;
}

/* SPEC P8: "For question 2, every disclosed item of types 64 and 65: the line of its certificate." */
static void want_certificates(struct verification *v) {
    for (uint32_t i = 0; i < v->out.records_count; i++) {
        const struct statement_record *r = &v->out.records[i];
        for (uint32_t k = 0; k < r->items_count; k++) {
            struct certificate_value c;
            if (!certificate_issuing(r->items[k].type)) continue;
            struct span id = certificate_id_of(v, r, &r->items[k]);
            if (id.len == 0 || !want_line(v, id, &c) || !issues(v, r, &r->items[k], id, &c))
                v->missing = true;
        }
    }
}

/* SPEC P13: "Ending item: a 66, or a 65 whose own id is `other`" */
static bool ends(struct verification *v, const struct statement_record *r,
                 const struct statement_item *item, const struct certificate_value *c) {
    if (c->state == STATE_REVOKED) return item->type == ITEM_CERTIFICATE_REVOKED;
    struct span own = certificate_id_of(v, r, item);
    return item->type == ITEM_CERTIFICATE_SUPERSEDED && own.len > 0 && span_equal(own, c->other);
}

/* Question 3: the line, the type, and the items that issued and ended it. */
static void want_certificate(struct verification *v) {
    struct certificate_value c;
    const struct statement_record *r;
    if (!want_line(v, v->b->identifier, &c)) return;
    want(v, STATUS_CERTIFICATE_TYPE, c.type);
    const struct statement_item *item = want_item(v, c.issued, c.item, &r);
    if (item == NULL || !issues(v, r, item, v->b->identifier, &c)) v->missing = true;
    if (c.state == STATE_ACTIVE) return;
    item = want_item(v, c.log_index, c.ended, &r);
    if (item == NULL || !ends(v, r, item, &c)) v->missing = true;
}

/* SPEC P12: "an inclusion proof of exactly the length index and count demand" */
static bool leaf_in_pack(const struct verification *v, const struct code *code,
                         const struct pack_value *pack) {
    struct digest leaf = merkle_leaf_hash(v->b->code_leaf);
    return merkle_inclusion_verify(&leaf, code->index, pack->count, v->b->code_path.hashes,
                                   v->b->code_path.count, &pack->root) == OK;
}

static bool leaf_is(struct span bytes, uint32_t index, const struct digest *hash) {
    struct code_leaf leaf;
    return code_leaf_decode(bytes, &leaf) == OK && leaf.index == index &&
           digest_equal(&leaf.hash, hash);
}

static bool voided(const struct pack_value *pack, uint32_t index) {
    for (uint32_t i = 0; i < pack->voided_count; i++)
        if (pack->voided[i].first <= index && index <= pack->voided[i].last) return true;
    return false;
}

/* SPEC P13: "Issuing item of a pack (72): its thing's GTIN, `/` and pack are the pack id; its record's subject, root, count,
 * certificate and lot are the value's." */
static bool issues_pack(struct verification *v, const struct code *code,
                        const struct pack_value *pack) {
    const struct statement_record *r;
    const struct statement_item *found = want_item(v, pack->issued, pack->item, &r);
    struct thing thing;
    struct pack_issued issued;
    if (found == NULL || found->things_disclosed != 1 ||
        codec_decode(&thing_type, found->things[0].bytes, NULL, &thing))
        return false;
    struct item item = {found->type, found->fields, &thing, 1};
    if (pack_issued_decode(&item, v->arena, &issued)) return false;
    return strcmp(issued.pack_id, code->pack_id) == 0 &&
           span_equal(r->header.subject, pack->subject) && issued.count == pack->count &&
           digest_equal(&issued.root, &pack->root) &&
           span_equal(issued.certificate, pack->certificate) && span_equal(issued.lot, pack->lot);
}

/* Question 4: the thing, the pack and what it names, and the claim when the code was issued. */
static void want_code(struct verification *v) {
    struct statement_code *out = &v->out.code;
    struct code code;
    struct pack_value pack;
    struct certificate_value c;
    struct claim_value claim;
    want_thing(v);
    CHECK(code_of_identifier(v->b->identifier, &code)); /* verify_name */
    out->pack_id = arena_copy(v->arena, span_text(code.pack_id));
    out->index = code.index;
    out->state = CODE_NO_PACK;
    bool pack_exists = want_value(v, STATUS_PACK, out->pack_id, &pack_value_type, &pack);
    bool inside = pack_exists && code.index < pack.count;
    /* SPEC P12: "issued of question 4 is nil when the pack does not exist or index >= its count (absent, or its value says so)" */
    if (inside != (v->b->code_leaf.len > 0)) v->missing = true;
    if (!pack_exists) return;
    want(v, STATUS_MEMBER, pack.subject);
    if (pack.lot.len > 0) want(v, STATUS_THING, pack.lot);
    if (pack.certificate.len > 0) want_line(v, pack.certificate, &c);
    if (!issues_pack(v, &code, &pack)) v->missing = true;
    out->issuer = pack.subject;
    out->lot = pack.lot;
    out->certificate = pack.certificate;
    out->contradicts = pack.lot.len > 0 && v->thing.lot.len > 0 && !span_equal(pack.lot, v->thing.lot);
    out->state = CODE_NO_INDEX;
    if (!inside) return;
    if (!leaf_in_pack(v, &code, &pack)) v->missing = true;
    out->state = CODE_OTHER;
    struct digest hash = code_hash(pack.subject, &code);
    if (!leaf_is(v->b->code_leaf, code.index, &hash)) return;
    out->state = CODE_ISSUED;
    out->voided = voided(&pack, code.index);
    struct buffer key CLEANUP(buffer_free) = {0};
    buffer_init(&key, 64);
    claim_subject(code.pack_id, code.index, &key);
    if (!want_value(v, STATUS_CLAIM, buffer_span(&key), &claim_value_type, &claim)) return;
    out->claimed = true;
    out->claimed_ms = claim.time_ms;
    out->claimed_division = claim.division;
}

enum err verify_statuses(struct verification *v) {
    enum err e = verify_each(v);
    if (e) return e;
    for (uint32_t i = 0; i < v->out.records_count; i++) {
        want(v, STATUS_MEMBER, v->out.records[i].header.subject);
        want(v, STATUS_KEY, span_of(v->out.records[i].header.key.b, 32));
    }
    switch (v->b->question) {
    case PROOF_RECORD:
        break;
    case PROOF_THING:
        want_thing(v);
        want_certificates(v);
        break;
    case PROOF_CERTIFICATE:
        want_certificate(v);
        break;
    case PROOF_CODE:
        want_code(v);
        break;
    }
    /* SPEC P8: "One missing, one too many, or one twice does not check." */
    for (uint32_t i = 0; i < v->out.statuses_count; i++)
        if (!v->wanted[i]) return ERR_PROOF_STATUS;
    return v->missing ? ERR_PROOF_STATUS : OK;
}
