/* code_item.c: SPEC Q4, Q5, Q8. See code_item.h. */
#include "trace/code_item.h"

#include <string.h>

#include "base/limits.h"
#include "trace/certificate.h"
#include "trace/identifier.h"

/* SPEC Q4: "one thing of role 11, without quantity and unit" (and Q8 of role 12). Appends its canonical text. */
static bool bare_thing(const struct item *item, uint8_t role, struct buffer *out,
                       enum identifier_kind *ret_kind) {
    if (item->things_count != 1) return false;
    const struct thing *thing = &item->things[0];
    return thing->role == role && value_kind(thing->quantity) == VALUE_NIL &&
           value_kind(thing->unit) == VALUE_NIL &&
           identifier_canonical(thing->identifier, out, ret_kind) == OK;
}

#define GTIN_PREFIX "https://id.gs1.org/01/"

/* SPEC Q4: "whose canonical text is a GTIN alone or a GTIN with lot" */
static enum err product_read(struct span canonical, enum identifier_kind kind, struct span pack,
                             struct arena *arena, struct pack_issued *p) {
    const size_t gtin = strlen(GTIN_PREFIX), end = gtin + CODE_GTIN_DIGITS;
    bool lot = kind == IDENTIFIER_LOT;
    if ((!lot && kind != IDENTIFIER_PRODUCT) || !span_starts(canonical, GTIN_PREFIX) ||
        canonical.len < end || (!lot && canonical.len != end))
        return ERR_PACK_FORM;
    if (!pack_id_make(span_part(canonical, gtin, CODE_GTIN_DIGITS), pack, p->pack_id))
        return ERR_PACK_FORM;
    struct span text = arena_copy(arena, canonical);
    if (!text.data) return ERR_TOO_LARGE;
    p->product = span_part(text, 0, end);
    p->lot = lot ? text : SPAN_EMPTY;
    return OK;
}

enum err pack_issued_decode(const struct item *item, struct arena *arena,
                            struct pack_issued *ret) {
    struct buffer canonical CLEANUP(buffer_free) = {0};
    struct pack_issued p;
    struct unpack u;
    struct span last = SPAN_EMPTY;
    enum identifier_kind kind;
    buffer_init(&canonical, IDENTIFIER_BYTES_MAX);
    if (item->type != ITEM_PACK_ISSUED || !bare_thing(item, ROLE_PACK, &canonical, &kind))
        return ERR_PACK_FORM;
    unpack_init(&u, item->fields);
    unpack_map_of(&u, 4);
    unpack_key_named(&u, &last, "certificate");
    p.certificate = unpack_text(&u, CERTIFICATE_ID_BYTES_MAX);
    unpack_key_named(&u, &last, "count");
    p.count = (uint32_t)unpack_uint(&u, UINT32_MAX);
    unpack_key_named(&u, &last, "pack");
    struct span pack = unpack_text(&u, CODE_PACK_CHARS);
    unpack_key_named(&u, &last, "root");
    unpack_fixed(&u, p.root.b, sizeof p.root.b);
    enum err e = unpack_end(&u);
    if (e) return e;
    if (p.certificate.len > 0 && !certificate_id_valid(p.certificate)) return ERR_CERTIFICATE_ID;
    /* SPEC Q4: "pack is 5 characters of Q1's alphabet, count 1 to 1,000,000." */
    if (p.count < 1 || p.count > PACK_CODES_MAX) return ERR_PACK_FORM;
    e = product_read(buffer_span(&canonical), kind, pack, arena, &p);
    if (e == OK) *ret = p;
    return e;
}

void pack_issued_fields(const struct pack_issued *pack, struct buffer *out) {
    pack_map(out, 4);
    pack_text(out, span_text("certificate"));
    pack_text(out, pack->certificate);
    pack_text(out, span_text("count"));
    pack_uint(out, pack->count);
    pack_text(out, span_text("pack"));
    pack_text(out, span_text(pack->pack_id + CODE_GTIN_DIGITS + 1));
    pack_text(out, span_text("root"));
    pack_bytes(out, span_of(pack->root.b, sizeof pack->root.b));
}

enum err codes_voided_decode(const struct item *item, struct codes_voided *ret) {
    struct codes_voided v = {.first = 0};
    struct unpack u;
    struct span last = SPAN_EMPTY;
    if (item->type != ITEM_CODES_VOIDED || item->things_count != 0) return ERR_VOID_FORM;
    unpack_init(&u, item->fields);
    unpack_map_of(&u, 4);
    unpack_key_named(&u, &last, "first");
    v.first = (uint32_t)unpack_uint(&u, UINT32_MAX);
    unpack_key_named(&u, &last, "last");
    v.last = (uint32_t)unpack_uint(&u, UINT32_MAX);
    unpack_key_named(&u, &last, "pack");
    struct span pack = unpack_text(&u, PACK_ID_BYTES);
    unpack_key_named(&u, &last, "reason");
    v.reason = (uint16_t)unpack_uint(&u, UINT16_MAX);
    enum err e = unpack_end(&u);
    if (e) return e;
    if (v.first > v.last || !pack_id_valid(pack)) return ERR_VOID_FORM;
    memcpy(v.pack_id, pack.data, pack.len);
    *ret = v;
    return OK;
}

void codes_voided_fields(const struct codes_voided *v, struct buffer *out) {
    pack_map(out, 4);
    pack_text(out, span_text("first"));
    pack_uint(out, v->first);
    pack_text(out, span_text("last"));
    pack_uint(out, v->last);
    pack_text(out, span_text("pack"));
    pack_text(out, span_text(v->pack_id));
    pack_text(out, span_text("reason"));
    pack_uint(out, v->reason);
}

static bool digits(struct span text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < '0' || text.data[i] > '9') return false;
    return true;
}

static enum err claim_fields_read(struct span fields, struct claim *c) {
    struct unpack u;
    struct span last = SPAN_EMPTY;
    unpack_init(&u, fields);
    unpack_map_of(&u, 5);
    unpack_key_named(&u, &last, "division");
    c->division = unpack_text(&u, CLAIM_DIVISION_DIGITS);
    unpack_key_named(&u, &last, "key");
    unpack_fixed(&u, c->key.b, sizeof c->key.b);
    unpack_key_named(&u, &last, "nonce");
    unpack_fixed(&u, c->nonce, sizeof c->nonce);
    unpack_key_named(&u, &last, "path");
    c->path_count = unpack_array(&u, PACK_PATH_MAX);
    for (uint32_t i = 0; i < c->path_count; i++)
        unpack_fixed(&u, c->path[i].b, sizeof c->path[i].b);
    unpack_key_named(&u, &last, "signature");
    unpack_fixed(&u, c->signature.b, sizeof c->signature.b);
    return unpack_end(&u);
}

enum err claim_decode(const struct item *item, struct claim *ret) {
    struct buffer canonical CLEANUP(buffer_free) = {0};
    struct claim c;
    enum identifier_kind kind;
    buffer_init(&canonical, IDENTIFIER_BYTES_MAX);
    if (item->type != ITEM_CLAIM || !bare_thing(item, ROLE_CODE, &canonical, &kind))
        return ERR_CLAIM_FORM;
    if (!code_of_identifier(buffer_span(&canonical), &c.code)) return ERR_CODE;
    enum err e = claim_fields_read(item->fields, &c);
    if (e) return e;
    /* SPEC Q8: "division is 0 to 6 digits, path at most 20 long." */
    if (!digits(c.division)) return ERR_CLAIM_FORM;
    *ret = c;
    return OK;
}

enum err claim_signature_check(const struct claim *claim, const struct digest *chain_id) {
    return claim_check(&claim->key, chain_id, &claim->code, claim->division, claim->nonce,
                       &claim->signature)
               ? OK
               : ERR_CLAIM_SIGNATURE;
}

void claim_fields(const struct claim *claim, struct buffer *out) {
    pack_map(out, 5);
    pack_text(out, span_text("division"));
    pack_text(out, claim->division);
    pack_text(out, span_text("key"));
    pack_bytes(out, span_of(claim->key.b, sizeof claim->key.b));
    pack_text(out, span_text("nonce"));
    pack_bytes(out, span_of(claim->nonce, sizeof claim->nonce));
    pack_text(out, span_text("path"));
    pack_array(out, claim->path_count);
    for (uint32_t i = 0; i < claim->path_count; i++)
        pack_bytes(out, span_of(claim->path[i].b, sizeof claim->path[i].b));
    pack_text(out, span_text("signature"));
    pack_bytes(out, span_of(claim->signature.b, sizeof claim->signature.b));
}
