/* proof_verify.c: judges a bundle (SPEC P2 to P11): bytes and a chain id in, a statement out. Each
 * step believes only what the steps before it proved:
 *
 *   chain id -> validator set -> cosignatures -> log root -> block leaf -> status root -> records,
 * items -> statuses -> history */
#include "base/merkle_root.h"
#include "ledger/merkle.h"
#include "ledger/proof_check.h"
#include "trace/identifier.h"

void *verification_alloc(struct verification *v, uint32_t count, size_t size) {
    return arena_alloc(v->arena, (size_t)count + 1, size);
}

/* SPEC P2: "The chain id computed from the first fields (G3) must be the one the verifier trusts."
 */
static enum err verify_chain(struct verification *v) {
    struct digest d = sha256(v->b->validator_bytes), chain = chain_id_of(&d, &v->b->rest_digest);
    if (!digest_equal(&chain, v->chain_id)) return ERR_PROOF_CHAIN;
    return validator_bytes_decode(v->b->validator_bytes, v->arena, &v->set);
}

/* SPEC P3: "exactly quorum cosignatures `[index, time s, signature]` in rising index, each valid
 * under the checkpoint key of that validator" */
static enum err verify_checkpoint(struct verification *v) {
    const struct bundle *b = v->b;
    char text[ORIGIN_BYTES_MAX + 1];
    struct span origin = origin_of(v->set.domain, v->chain_id, text);
    struct statement *s = &v->out;
    if (b->cosignatures_count != quorum(v->set.count)) return ERR_PROOF_QUORUM;
    s->signers = verification_alloc(v, b->cosignatures_count, sizeof *s->signers);
    if (!s->signers) return ERR_TOO_LARGE;
    s->as_of_s = UINT64_MAX;
    for (uint32_t i = 0; i < b->cosignatures_count; i++) {
        const struct bundle_cosignature *c = &b->cosignatures[i];
        bool rising = i == 0 || c->index > b->cosignatures[i - 1].index;
        if (!rising || c->index >= v->set.count) return ERR_PROOF_QUORUM;
        const struct validator *who = &v->set.validators[c->index];
        if (cosignature_verify(&who->checkpoint_key, origin, b->size, &b->root, c->time_s,
                               &c->signature))
            return ERR_PROOF_QUORUM;
        s->signers[i] = (struct statement_signer){c->index, who->name, c->time_s};
        /* SPEC K5: "the as-of time is the smallest of exactly quorum times" */
        if (c->time_s < s->as_of_s) s->as_of_s = c->time_s;
    }
    s->signers_count = b->cosignatures_count;
    return OK;
}

/* SPEC P4: "its log index is size - 1, so no later block can be hidden" */
static enum err verify_leaf(struct verification *v) {
    const struct bundle *b = v->b;
    struct block_leaf leaf;
    struct genesis_leaf first;
    struct digest hash = merkle_leaf_hash(b->leaf);
    if (b->size == 0 || merkle_inclusion_verify(&hash, b->size - 1, b->size, b->leaf_path.hashes,
                                                b->leaf_path.count, &b->root))
        return ERR_PROOF_LEAF;
    if (b->size == 1) {
        struct digest d = sha256(b->validator_bytes);
        if (genesis_leaf_decode(b->leaf, &first) || !digest_equal(&first.validators_digest, &d) ||
            !digest_equal(&first.rest_digest, &b->rest_digest))
            return ERR_PROOF_LEAF;
        v->out.status_root = first.status_root;
        return OK;
    }
    if (block_leaf_decode(b->leaf, &leaf)) return ERR_PROOF_LEAF;
    v->out.height = leaf.height;
    v->out.block_time_ms = leaf.time_ms;
    v->out.status_root = leaf.status_root;
    return OK;
}

static enum err verify_things(const struct bundle_item *item, struct digest *ret_root) {
    struct merkle_stack stack = {.count = 0};
    if (item->things_all) {
        if (item->things_disclosed != item->things_count) return ERR_PROOF_ITEM;
        for (uint32_t i = 0; i < item->things_disclosed; i++) {
            struct digest leaf = merkle_leaf_hash(item->things[i].bytes);
            merkle_stack_add(&stack, &leaf);
        }
        merkle_stack_root(&stack, ret_root);
        return OK;
    }
    for (uint32_t i = 0; i < item->things_disclosed; i++) {
        const struct bundle_thing *t = &item->things[i];
        struct digest leaf = merkle_leaf_hash(t->bytes);
        if (i > 0 && t->index <= item->things[i - 1].index) return ERR_PROOF_ITEM;
        if (merkle_inclusion_verify(&leaf, t->index, item->things_count, t->path.hashes,
                                    t->path.count, &item->things_root))
            return ERR_PROOF_ITEM;
    }
    *ret_root = item->things_root;
    return OK;
}

/* SPEC P7: "path proves the item digest under the body root" */
static enum err verify_item(struct verification *v, const struct record_header *h,
                            const struct bundle_item *item, struct statement_item *ret) {
    struct digest things_root,
        fields_digest = item->fields_disclosed ? sha256(item->fields) : item->fields_digest;
    enum err e = verify_things(item, &things_root);
    if (e) return e;
    struct digest d = item_digest_of(item->type, &fields_digest, item->things_count, &things_root);
    struct digest leaf = record_item_leaf(&d);
    if (merkle_inclusion_verify(&leaf, item->index, h->item_count, item->path.hashes,
                                item->path.count, &h->body_root))
        return ERR_PROOF_ITEM;
    /* SPEC P7: "Items of types 64 to 76 are always disclosed with their fields and all their things." */
    bool whole = item->fields_disclosed && item->things_all;
    if (item->type >= ITEM_CERTIFICATE_ISSUED && item->type <= ITEM_CLAIM && !whole)
        return ERR_PROOF_ITEM;
    struct statement_thing *things = verification_alloc(v, item->things_disclosed, sizeof *things);
    if (!things) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < item->things_disclosed; i++)
        things[i] = (struct statement_thing){item->things[i].index, item->things[i].bytes};
    *ret = (struct statement_item){.index = item->index,
                                   .type = item->type,
                                   .fields_disclosed = item->fields_disclosed,
                                   .fields = item->fields,
                                   .digest = d,
                                   .things_count = item->things_count,
                                   .things = things,
                                   .things_disclosed = item->things_disclosed};
    return OK;
}

/* SPEC P6: "the leaf of header and signature (R4) lies in the log at that index; the signature
 * checks under the key in the header" */
static enum err verify_record(struct verification *v, const struct bundle_record *r,
                              struct statement_record *ret) {
    if (record_header_decode(r->header_bytes, &ret->header) ||
        !digest_equal(&ret->header.chain_id, v->chain_id))
        return ERR_PROOF_RECORD;
    ret->wire_id = record_wire_id_of(r->header_bytes, &r->signature);
    ret->log_index = r->log_index;
    if (merkle_inclusion_verify(&ret->wire_id, r->log_index, v->b->size, r->path.hashes,
                                r->path.count, &v->b->root))
        return ERR_PROOF_RECORD;
    if (record_header_signature(r->header_bytes, &ret->header.key, &r->signature))
        return ERR_PROOF_RECORD;
    /* SPEC P7: "Each disclosed record discloses at least one item." */
    if (r->items_count == 0) return ERR_PROOF_ITEM;
    ret->items = verification_alloc(v, r->items_count, sizeof *ret->items);
    if (!ret->items) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < r->items_count; i++) {
        if (i > 0 && r->items[i].index <= r->items[i - 1].index) return ERR_PROOF_ITEM;
        enum err e = verify_item(v, &ret->header, &r->items[i], &ret->items[i]);
        if (e) return e;
    }
    ret->items_count = r->items_count;
    return OK;
}

static enum err verify_records(struct verification *v) {
    const struct bundle *b = v->b;
    struct statement *s = &v->out;
    s->records = verification_alloc(v, b->records_count, sizeof *s->records);
    if (!s->records) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < b->records_count; i++) {
        if (i > 0 && b->records[i].log_index <= b->records[i - 1].log_index)
            return ERR_PROOF_RECORD;
        enum err e = verify_record(v, &b->records[i], &s->records[i]);
        if (e) return e;
    }
    s->records_count = b->records_count;
    if (b->question == PROOF_RECORD &&
        (b->records_count != 1 || !digest_equal(&s->records[0].wire_id, &b->wire_id)))
        return ERR_PROOF_RECORD;
    return OK;
}

/* SPEC P5: "another spelling than the canonical one does not check, and neither does a question 4 about what is no code (Q1)": else
 * an absence would say nothing. */
static enum err verify_name(struct verification *v) {
    struct buffer b CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    struct code code;
    struct span name = v->b->identifier;
    if (v->b->question == PROOF_RECORD) return OK;
    if (v->b->question == PROOF_CERTIFICATE)
        return certificate_id_valid(name) ? OK : ERR_PROOF_STATUS;
    buffer_init(&b, IDENTIFIER_BYTES_MAX);
    if (identifier_canonical(name, &b, &kind) || !span_equal(buffer_span(&b), name))
        return ERR_PROOF_STATUS;
    if (v->b->question == PROOF_CODE && !code_of_identifier(name, &code)) return ERR_PROOF_STATUS;
    return OK;
}

const struct statement_item *want_item(struct verification *v, uint64_t log_index, uint32_t index,
                                       const struct statement_record **ret_record) {
    uint32_t from = 0, to = v->out.records_count, first = 0, last;
    while (from < to) { /* records are in rising log index (P6), items in rising index (P7) */
        uint32_t middle = from + (to - from) / 2;
        if (v->out.records[middle].log_index < log_index)
            from = middle + 1;
        else
            to = middle;
    }
    const struct statement_record *r = &v->out.records[from];
    bool found = from < v->out.records_count && r->log_index == log_index;
    last = found ? r->items_count : 0;
    while (first < last) {
        uint32_t middle = first + (last - first) / 2;
        if (r->items[middle].index < index)
            first = middle + 1;
        else
            last = middle;
    }
    if (!found || first == r->items_count || r->items[first].index != index) {
        v->missing = true;
        return NULL;
    }
    v->told[from][first] = true;
    *ret_record = r;
    return &r->items[first];
}

uint64_t proof_code_before(uint64_t count) {
    /* SPEC P9: "0 when count is at most 32, else 16 x floor((count - 1) / 16) - 16" */
    return count <= 32 ? 0 : 16 * ((count - 1) / 16) - 16;
}

/* SPEC P9: "complete from 1 to the head's count and equal to its chain"; of question 4 the newest entries and the head before them. */
static enum err verify_history(struct verification *v) {
    const struct bundle *b = v->b;
    struct statement *s = &v->out;
    struct digest chain = b->entries_chain;
    bool asked = b->question == PROOF_THING || b->question == PROOF_CODE;
    uint64_t before = b->entries_before, count = asked ? v->thing.count : 0;
    if (before != (b->question == PROOF_CODE ? proof_code_before(count) : 0) || b->entries_count != count - before) return ERR_PROOF_HISTORY;
    if (before == 0 && !digest_is_zero(&chain)) return ERR_PROOF_HISTORY;
    s->entries = verification_alloc(v, b->entries_count, sizeof *s->entries);
    if (!s->entries) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < b->entries_count; i++) {
        const struct history_entry *e = &b->entries[i];
        const struct statement_record *r;
        const struct statement_item *told = want_item(v, e->log_index, e->item, &r);
        if (e->i != before + i + 1 || !told) return ERR_PROOF_HISTORY;
        bool same = digest_equal(&e->wire_id, &r->wire_id) &&
                    span_equal(e->subject, r->header.subject) &&
                    digest_equal(&e->item_digest, &told->digest);
        if (!same) return ERR_PROOF_HISTORY;
        chain = history_next(&chain, e);
        s->entries[i] = (struct statement_entry){e->i,       e->log_index, e->item,
                                                 e->wire_id, e->subject,   e->item_digest};
    }
    s->entries_count = b->entries_count;
    s->entries_before = before;
    return !asked || digest_equal(&chain, &v->thing.chain) ? OK : ERR_PROOF_HISTORY;
}

/* Where to mark the items that must be disclosed. */
static enum err items_begin(struct verification *v) {
    v->told = verification_alloc(v, v->out.records_count, sizeof *v->told);
    if (!v->told) return ERR_TOO_LARGE;
    for (uint32_t i = 0; i < v->out.records_count; i++) {
        v->told[i] = verification_alloc(v, v->out.records[i].items_count, sizeof **v->told);
        if (!v->told[i]) return ERR_TOO_LARGE;
    }
    return OK;
}

/* An item that nothing asked for does not belong into the proof; of a record any may be disclosed. */
static enum err items_end(const struct verification *v) {
    for (uint32_t i = 0; i < v->out.records_count && v->b->question != PROOF_RECORD; i++)
        for (uint32_t k = 0; k < v->out.records[i].items_count; k++)
            if (!v->told[i][k]) return ERR_PROOF_HISTORY;
    return OK;
}

static enum err verify_all(struct verification *v) {
    enum err e = verify_chain(v);
    if (e == OK) e = verify_checkpoint(v);
    if (e == OK) e = verify_leaf(v);
    if (e == OK) e = verify_records(v);
    if (e == OK) e = verify_name(v);
    if (e == OK) e = items_begin(v);
    if (e == OK) e = verify_statuses(v);
    if (e == OK) e = verify_history(v);
    if (e == OK) e = items_end(v);
    return e;
}

enum err proof_verify(struct span bundle, const struct digest *chain_id, struct arena *arena,
                      struct statement *ret) {
    struct bundle b;
    enum err e = bundle_read(bundle, arena, &b);
    if (e) return e;
    struct verification v = {.b = &b, .chain_id = chain_id, .arena = arena};
    e = verify_all(&v);
    if (e) return e;
    v.out.question = b.question;
    v.out.wire_id = b.wire_id;
    v.out.identifier = b.identifier;
    v.out.chain_id = *chain_id;
    v.out.domain = v.set.domain;
    v.out.size = b.size;
    v.out.root = b.root;
    v.out.validators = v.set.count;
    *ret = v.out;
    return OK;
}

const struct statement_status *statement_find(const struct statement *s, uint8_t type,
                                              struct span subject) {
    for (uint32_t i = 0; i < s->statuses_count; i++)
        if (s->statuses[i].type == type && span_equal(s->statuses[i].subject, subject))
            return &s->statuses[i];
    return NULL;
}
