/* record.c: SPEC R. See record.h. */
#include "ledger/record.h"

#include "base/merkle_root.h"
#include "ledger/member.h"
#include "trace/anchor.h"
#include "trace/certificate.h"
#include "trace/code_item.h"
#include "trace/deletion.h"
#include "trace/epcis.h"

enum { LEAF_RECORD = 0x01 };

static const struct field header_fields[] = {
    CODEC_UINT(record_header, version, 0, UINT8_MAX),
    CODEC_UINT(record_header, suite, 0, UINT8_MAX),
    CODEC_FIXED(record_header, chain_id),
    CODEC_UINT(record_header, kind, 0, UINT8_MAX),
    CODEC_TEXT(record_header, subject, 0, SUBJECT_ID_BYTES_MAX),
    CODEC_FIXED(record_header, key),
    CODEC_UINT(record_header, created_ms, 0, UINT64_MAX),
    CODEC_UINT(record_header, expires_ms, 0, UINT64_MAX),
    CODEC_UINT(record_header, nonce, 0, UINT64_MAX),
    CODEC_UINT(record_header, item_count, 0, UINT32_MAX),
    CODEC_UINT(record_header, body_length, 0, UINT32_MAX),
    CODEC_FIXED(record_header, body_root),
};
const struct type record_header_type = CODEC_TYPE(record_header, header_fields);

/* SPEC R8: "Kinds: 1 events (item types 1 to 15), 2 governance (item types 32 to 47)" */
static const struct kind {
    uint8_t kind, first, last; /* item types */
} kinds[] = {
    {RECORD_EVENTS, ITEM_ENVELOPE, 15},
    {RECORD_GOVERNANCE, ACT_MEMBER_ADMITTED, ACT_TYPE_MAX},
    {RECORD_CERTIFICATES, ITEM_CERTIFICATE_ISSUED, ITEM_CERTIFICATE_REVOKED},
    {RECORD_PACKS, ITEM_PACK_ISSUED, ITEM_CODES_VOIDED},
    {RECORD_CLAIMS, ITEM_CLAIM, ITEM_CLAIM},
    {RECORD_DELETIONS, ITEM_DELETION, ITEM_DELETION},
    {RECORD_RECALLS, ITEM_RECALL_ORDERED, ITEM_RECALL_LIFTED},
    {RECORD_ANCHORS, ITEM_ANCHOR, ITEM_ANCHOR},
};

static const struct kind *kind_of(uint8_t kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind) return &kinds[i];
    return NULL;
}

enum err record_header_decode(struct span in, struct record_header *ret) {
    struct record_header h;
    if (in.len > RECORD_HEADER_BYTES_MAX) return ERR_RECORD_SIZE;
    enum err e = codec_decode(&record_header_type, in, NULL, &h);
    if (e) return e;
    if (h.version != 1 || h.suite != 1) return ERR_RECORD_VERSION;
    if (!kind_of(h.kind)) return ERR_RECORD_KIND;
    if (!subject_id_valid(h.subject)) return ERR_RECORD_SUBJECT;
    if (h.item_count < 1 || h.item_count > RECORD_ITEMS_MAX) return ERR_RECORD_ITEMS;
    *ret = h;
    return OK;
}

void record_leaf(struct span header_bytes, const struct signature *signature, struct buffer *out) {
    buffer_u8(out, LEAF_RECORD);
    buffer_append_span(out, header_bytes);
    buffer_append(out, signature->b, sizeof signature->b);
}

enum err record_leaf_decode(struct span leaf, struct span *ret_header_bytes,
                            struct signature *ret_signature) {
    struct record_header h;
    if (leaf.len < 1 + sizeof ret_signature->b || leaf.data[0] != LEAF_RECORD)
        return ERR_CODEC_TYPE;
    size_t header_len = leaf.len - 1 - sizeof ret_signature->b;
    struct span header_bytes = span_part(leaf, 1, header_len);
    enum err e = record_header_decode(header_bytes, &h);
    if (e) return e;
    *ret_header_bytes = header_bytes;
    for (size_t i = 0; i < sizeof ret_signature->b; i++)
        ret_signature->b[i] = leaf.data[1 + header_len + i];
    return OK;
}

struct digest record_wire_id_of(struct span header_bytes, const struct signature *signature) {
    /* SPEC R4: "Wire identity = `SHA-256(0x00 || leaf)`" */
    static const uint8_t prefix[2] = {0x00, LEAF_RECORD};
    struct sha256 h;
    struct digest d;
    sha256_init(&h);
    sha256_add(&h, prefix, sizeof prefix);
    sha256_add(&h, header_bytes.data, header_bytes.len);
    sha256_add(&h, signature->b, sizeof signature->b);
    sha256_final(&h, &d);
    return d;
}

struct digest record_id_of(struct span header_bytes) {
    return sha256_tagged("suyuan/record-id/v1", &header_bytes, 1);
}

struct digest record_item_leaf(const struct digest *item_digest) {
    return merkle_leaf_hash(span_of(item_digest->b, 32));
}

enum err record_header_signature(struct span header_bytes, const struct pubkey *key,
                                 const struct signature *signature) {
    return verify(key, "suyuan/record/v1", header_bytes, signature) ? OK : ERR_SIGNATURE;
}

struct wire {
    struct span header_bytes, body;
    struct signature signature;
};

static enum err wire_read(struct span in, struct wire *ret) {
    struct unpack u;
    unpack_init(&u, in);
    if (unpack_array(&u, 3) != 3) unpack_fail(&u, ERR_CODEC_COUNT);
    ret->header_bytes = unpack_bytes(&u, RECORD_HEADER_BYTES_MAX);
    unpack_fixed(&u, ret->signature.b, sizeof ret->signature.b);
    ret->body = unpack_bytes(&u, RECORD_BYTES_MAX);
    return unpack_end(&u);
}

enum err record_wire_id(struct span wire, struct digest *ret) {
    struct wire w;
    if (wire.len > RECORD_BYTES_MAX) return ERR_RECORD_SIZE;
    enum err e = wire_read(wire, &w);
    if (e == OK) *ret = record_wire_id_of(w.header_bytes, &w.signature);
    return e;
}

static enum err refuse(struct refusal *ret, enum err e, const char *where) {
    return refusal_set(ret, e, "%s", where);
}

static enum err refuse_item(struct refusal *ret, enum err e, uint32_t item) {
    return refusal_set(ret, e, "items[%u]", item);
}

static enum err header_check(const struct ledger_params *params, const struct record_header *h,
                             struct refusal *ret) {
    if (!digest_equal(&h->chain_id, &params->chain_id))
        return refuse(ret, ERR_RECORD_CHAIN, "header.chain_id");
    if (h->item_count > params->parameters.record_items)
        return refuse(ret, ERR_RECORD_ITEMS, "header.item_count");
    /* SPEC R7: "created < expires <= created + record lifetime of the parameters" */
    if (h->expires_ms <= h->created_ms ||
        h->expires_ms - h->created_ms > params->parameters.record_lifetime_ms)
        return refuse(ret, ERR_RECORD_LIFETIME, "header.expires_ms");
    return OK;
}

static bool item_of_kind(uint8_t kind, uint8_t type) {
    const struct kind *k = kind_of(kind);
    return k && type >= k->first && type <= k->last;
}

static enum err body_read(struct record *r, struct arena *arena, struct refusal *ret) {
    uint32_t count = r->header.item_count;
    struct unpack u;
    struct digest root;
    struct merkle_stack stack = {.count = 0};
    if (r->header.body_length != r->body.len)
        return refuse(ret, ERR_RECORD_BODY, "header.body_length");
    unpack_init(&u, r->body);
    if (unpack_array(&u, RECORD_ITEMS_MAX) != count)
        return refuse(ret, u.err ? u.err : ERR_RECORD_BODY, "header.item_count");
    r->items = arena_alloc(arena, count, sizeof *r->items);
    r->item_digests = arena_alloc(arena, count, sizeof *r->item_digests);
    if (!r->items || !r->item_digests) return refuse(ret, ERR_TOO_LARGE, "items");
    u.depth = 1; /* the body is one value (SPEC M6), its items stand inside */
    for (uint32_t i = 0; i < count; i++) {
        if (!item_read(&u, arena, &r->items[i])) return refuse_item(ret, u.err, i);
        if (!item_of_kind(r->header.kind, r->items[i].type))
            return refuse_item(ret, ERR_RECORD_ITEM_KIND, i);
        r->item_digests[i] = item_digest(&r->items[i]);
        struct digest leaf = record_item_leaf(&r->item_digests[i]);
        merkle_stack_add(&stack, &leaf);
    }
    enum err e = unpack_end(&u);
    if (e) return refuse(ret, e, "body");
    merkle_stack_root(&stack, &root);
    if (!digest_equal(&root, &r->header.body_root))
        return refuse(ret, ERR_RECORD_BODY, "header.body_root");
    return OK;
}

enum err record_parse(const struct ledger_params *params, struct span wire, struct arena *arena,
                      struct record *ret, struct refusal *ret_refusal) {
    struct record r = {.wire = wire};
    struct wire w;
    if (wire.len > params->parameters.record_bytes) return refuse(ret_refusal, ERR_RECORD_SIZE, "");
    enum err e = wire_read(wire, &w);
    if (e) return refuse(ret_refusal, e, "record");
    r.header_bytes = w.header_bytes;
    r.signature = w.signature;
    r.body = w.body;
    e = record_header_decode(r.header_bytes, &r.header);
    if (e) return refuse(ret_refusal, e, "header");
    e = header_check(params, &r.header, ret_refusal);
    if (e) return e;
    e = body_read(&r, arena, ret_refusal);
    if (e) return e;
    r.wire_id = record_wire_id_of(r.header_bytes, &r.signature);
    r.id = record_id_of(r.header_bytes);
    *ret = r;
    return OK;
}

static enum err claim_form(const struct record *record, const struct item *item) {
    struct claim claim;
    /* SPEC Q8: "A record of kind 5 has one item: nobody else's claim can spoil it." */
    if (record->header.item_count != 1) return ERR_CLAIM_ALONE;
    enum err e = claim_decode(item, &claim);
    return e ? e : claim_signature_check(&claim, &record->header.chain_id);
}

/* What an item of a kind other than events must be, whatever the status says. */
static enum err item_form(const struct record *record, const struct item *item,
                          struct arena *arena) {
    struct act act;
    struct anchor anchor;
    struct deletion deletion;
    struct certificate_issue issue;
    struct certificate_revocation revocation;
    struct pack_issued pack;
    struct recall_item recall;
    struct codes_voided voided;
    switch ((enum record_kind)record->header.kind) {
    case RECORD_GOVERNANCE:
        return act_decode(item, &record->header.key, arena, &act);
    case RECORD_CERTIFICATES:
        return item->type == ITEM_CERTIFICATE_REVOKED
                   ? certificate_revocation_decode(item, &revocation)
                   : certificate_issue_decode(item, arena, &issue);
    case RECORD_PACKS:
        return item->type == ITEM_CODES_VOIDED ? codes_voided_decode(item, &voided)
                                               : pack_issued_decode(item, arena, &pack);
    case RECORD_CLAIMS:
        return claim_form(record, item);
    case RECORD_DELETIONS:
        return deletion_decode(item, &deletion);
    case RECORD_RECALLS:
        return recall_decode(item, arena, &recall);
    case RECORD_ANCHORS:
        return anchor_decode(item, record->header.created_ms, &anchor);
    case RECORD_EVENTS:
        break;
    }
    return ERR_RECORD_ITEM_KIND;
}

enum err record_items_check(const struct record *record, struct arena *arena,
                            struct refusal *ret_refusal) {
    struct refusal ignored;
    uint32_t offender = 0;
    if (record->header.kind == RECORD_EVENTS)
        return epcis_items_check(record->items, record->header.item_count, &offender,
                                 ret_refusal ? ret_refusal : &ignored);
    for (uint32_t i = 0; i < record->header.item_count; i++) {
        enum err e = item_form(record, &record->items[i], arena);
        if (e) return refuse_item(ret_refusal, e, i);
    }
    return OK;
}

enum err record_signature_check(const struct record *record) {
    return record_header_signature(record->header_bytes, &record->header.key, &record->signature);
}

enum err record_check(const struct ledger_params *params, struct span wire, struct arena *arena,
                      struct record *ret, struct refusal *ret_refusal) {
    struct record r;
    enum err e = record_parse(params, wire, arena, &r, ret_refusal);
    if (e) return e;
    e = record_items_check(&r, arena, ret_refusal);
    if (e) return e;
    e = record_signature_check(&r);
    if (e) return refuse(ret_refusal, e, "signature");
    *ret = r;
    return OK;
}

enum err record_make(const struct ledger_params *params, const struct record_header *draft,
                     const struct item items[], uint32_t items_count, const struct keypair *keys,
                     struct buffer *out) {
    struct buffer body CLEANUP(buffer_free) = {0}, header CLEANUP(buffer_free) = {0};
    struct merkle_stack stack = {.count = 0};
    struct record_header h = *draft;
    struct signature signature;
    if (items_count < 1 || items_count > params->parameters.record_items) return ERR_RECORD_ITEMS;
    buffer_init(&body, params->parameters.record_bytes);
    buffer_init(&header, RECORD_HEADER_BYTES_MAX);
    pack_array(&body, items_count);
    for (uint32_t i = 0; i < items_count; i++) {
        struct digest d = item_digest(&items[i]), leaf = record_item_leaf(&d);
        item_encode(&items[i], &body);
        merkle_stack_add(&stack, &leaf);
    }
    if (body.overflow || body.len > params->parameters.record_bytes - RECORD_HEADER_BYTES_MAX)
        return ERR_RECORD_SIZE;
    h.version = 1;
    h.suite = 1;
    h.chain_id = params->chain_id;
    h.key = keys->public_key;
    h.item_count = items_count;
    h.body_length = (uint32_t)body.len;
    merkle_stack_root(&stack, &h.body_root);
    codec_encode(&record_header_type, &h, &header);
    CHECK(!header.overflow);
    sign(keys, "suyuan/record/v1", buffer_span(&header), &signature);
    pack_array(out, 3);
    pack_bytes(out, buffer_span(&header));
    pack_bytes(out, span_of(signature.b, sizeof signature.b));
    pack_bytes(out, buffer_span(&body));
    return OK;
}
