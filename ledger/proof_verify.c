/* proof_verify.c: judges a bundle (SPEC P2 to P11): bytes and a chain id in, a statement out. Each
 * step believes only what the steps before it proved:
 *
 *   chain id -> validator set -> cosignatures -> log root -> block leaf -> status root -> records,
 * items -> statuses -> history */
#include <string.h>

#include "base/merkle_root.h"
#include "ledger/merkle.h"
#include "ledger/proof_bundle.h"
#include "trace/identifier.h"

struct verification {
    const struct bundle *b;
    const struct digest *chain_id;
    struct arena *arena;
    struct validator_bytes set;
    struct statement out;
};

static void *alloc(struct verification *v, uint32_t count, size_t size) {
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
    s->signers = alloc(v, b->cosignatures_count, sizeof *s->signers);
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
    struct statement_thing *things = alloc(v, item->things_disclosed, sizeof *things);
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
    ret->items = alloc(v, r->items_count, sizeof *ret->items);
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
    s->records = alloc(v, b->records_count, sizeof *s->records);
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

/* Statuses: what must be there is computed from what was proven, then compared with what is there.
 */

struct wanted {
    uint8_t type;
    struct span subject;
};

struct wanted_list {
    struct wanted *list;
    uint32_t count, max;
};

static void want(struct wanted_list *w, uint8_t type, struct span subject) {
    for (uint32_t i = 0; i < w->count; i++)
        if (w->list[i].type == type && span_equal(w->list[i].subject, subject)) return;
    CHECK(w->count < w->max);
    w->list[w->count++] = (struct wanted){type, subject};
}

static int status_order(const struct bundle_status *a, const struct bundle_status *b) {
    return a->type != b->type ? (a->type < b->type ? -1 : 1) : span_compare(a->subject, b->subject);
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

/* SPEC P8: "for question 2 also the thing (3), and, where the thing's value names them, its lot and
 * its product (3)" */
static enum err want_thing(struct verification *v, struct wanted_list *w, struct thing_value *ret) {
    want(w, STATUS_THING, v->b->identifier);
    for (uint32_t i = 0; i < v->out.statuses_count; i++) {
        const struct statement_status *s = &v->out.statuses[i];
        if (s->type != STATUS_THING || !span_equal(s->subject, v->b->identifier) || !s->exists)
            continue;
        if (codec_decode(&thing_value_type, s->value, NULL, ret)) return ERR_PROOF_STATUS;
        if (ret->lot.len > 0) want(w, STATUS_THING, ret->lot);
        if (ret->product.len > 0) want(w, STATUS_THING, ret->product);
    }
    return OK;
}

static enum err match_wanted(const struct verification *v, struct wanted_list *w) {
    if (w->count != v->out.statuses_count) return ERR_PROOF_STATUS;
    for (uint32_t i = 0; i < w->count; i++)
        if (!statement_find(&v->out, w->list[i].type, w->list[i].subject)) return ERR_PROOF_STATUS;
    return OK;
}

static enum err verify_statuses(struct verification *v, struct thing_value *ret_thing) {
    const struct bundle *b = v->b;
    struct statement *s = &v->out;
    struct wanted_list w = {.max = 2 * b->records_count + 3};
    w.list = alloc(v, w.max, sizeof *w.list);
    s->statuses = alloc(v, b->statuses_count, sizeof *s->statuses);
    if (!w.list || !s->statuses) return ERR_TOO_LARGE;
    /* SPEC P8: "in rising (type, subject)" */
    for (uint32_t i = 0; i < b->statuses_count; i++) {
        const struct bundle_status *at = &b->statuses[i];
        if (i > 0 && status_order(&b->statuses[i - 1], at) >= 0) return ERR_PROOF_STATUS;
        enum err e = verify_status(v, at);
        if (e) return e;
        s->statuses[i] = (struct statement_status){at->type, at->subject, at->exists, at->value};
    }
    s->statuses_count = b->statuses_count;
    for (uint32_t i = 0; i < s->records_count; i++) {
        want(&w, STATUS_MEMBER, s->records[i].header.subject);
        want(&w, STATUS_KEY, span_of(s->records[i].header.key.b, 32));
    }
    if (b->question == PROOF_THING) {
        enum err e = want_thing(v, &w, ret_thing);
        if (e) return e;
    }
    return match_wanted(v, &w);
}

/* The question names a thing by its canonical identifier and no other spelling, else an absence
 * would say nothing. */
static enum err verify_identifier(const struct verification *v) {
    struct buffer b CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&b, IDENTIFIER_BYTES_MAX);
    if (identifier_canonical(v->b->identifier, &b, &kind) ||
        !span_equal(buffer_span(&b), v->b->identifier))
        return ERR_PROOF_STATUS;
    return OK;
}

/* The item of a record that an entry names; counts the items met. */
static const struct statement_item *entry_item(const struct statement *s,
                                               const struct history_entry *e, uint32_t *record,
                                               uint32_t *item) {
    while (*record < s->records_count && s->records[*record].log_index < e->log_index) {
        if (*item != s->records[*record].items_count) return NULL;
        ++*record;
        *item = 0;
    }
    if (*record == s->records_count || s->records[*record].log_index != e->log_index) return NULL;
    const struct statement_record *r = &s->records[*record];
    if (*item == r->items_count || r->items[*item].index != e->item) return NULL;
    return &r->items[(*item)++];
}

/* SPEC P9: "complete from 1 to the head's count and equal to its chain; records then contains
 * exactly the records the entries name, each with exactly the items the entries name" */
static enum err verify_history(struct verification *v, const struct thing_value *thing) {
    const struct bundle *b = v->b;
    struct statement *s = &v->out;
    struct digest chain = {{0}};
    uint32_t record = 0, item = 0;
    /* SPEC P9: "histories = empty for question 1" */
    if (b->question == PROOF_RECORD) return b->entries_count == 0 ? OK : ERR_PROOF_HISTORY;
    s->entries = alloc(v, b->entries_count, sizeof *s->entries);
    if (!s->entries) return ERR_TOO_LARGE;
    if (b->entries_count != thing->count) return ERR_PROOF_HISTORY;
    for (uint32_t i = 0; i < b->entries_count; i++) {
        const struct history_entry *e = &b->entries[i];
        const struct statement_item *told = entry_item(s, e, &record, &item);
        if (e->i != (uint64_t)i + 1 || !told) return ERR_PROOF_HISTORY;
        const struct statement_record *r = &s->records[record];
        bool same = digest_equal(&e->wire_id, &r->wire_id) &&
                    span_equal(e->subject, r->header.subject) &&
                    digest_equal(&e->item_digest, &told->digest);
        if (!same) return ERR_PROOF_HISTORY;
        chain = history_next(&chain, e);
        s->entries[i] = (struct statement_entry){e->i,       e->log_index, e->item,
                                                 e->wire_id, e->subject,   e->item_digest};
    }
    s->entries_count = b->entries_count;
    bool all = s->records_count == 0
                   ? record == 0
                   : record + 1 == s->records_count && item == s->records[record].items_count;
    return all && digest_equal(&chain, &thing->chain) ? OK : ERR_PROOF_HISTORY;
}

static enum err verify_all(struct verification *v) {
    struct thing_value thing = {.count = 0};
    enum err e = verify_chain(v);
    if (e == OK) e = verify_checkpoint(v);
    if (e == OK) e = verify_leaf(v);
    if (e == OK) e = verify_records(v);
    if (e == OK && v->b->question == PROOF_THING) e = verify_identifier(v);
    if (e == OK) e = verify_statuses(v, &thing);
    if (e == OK) e = verify_history(v, &thing);
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
