/* proof_build.c: makes a bundle from rows that stand exactly at an attested height. */
#include <stdlib.h>
#include <string.h>

#include "base/merkle_root.h"
#include "ledger/merkle.h"
#include "ledger/proof_bundle.h"
#include "trace/identifier.h"

/* An event names more things than this: only those in question are disclosed. */
enum { THINGS_ALL_MAX = 16 };

/* All levels of an RFC 9162 tree over a list: an odd last node moves up as it is. */
struct levels {
    struct digest *level[PROOF_PATH_MAX];
    uint32_t count[PROOF_PATH_MAX];
    uint32_t n;
};

static bool levels_build(struct arena *arena, const struct digest leaves[], uint32_t count,
                         struct levels *ret) {
    ret->n = 0;
    for (uint32_t n = count; n > 0; n = n > 1 ? (n + 1) / 2 : 0) {
        struct digest *level = arena_alloc(arena, n, sizeof *level);
        if (!level) return false;
        if (ret->n == 0) {
            memcpy(level, leaves, n * sizeof *level);
        } else {
            const struct digest *below = ret->level[ret->n - 1];
            uint32_t below_count = ret->count[ret->n - 1];
            for (uint32_t i = 0; i < n; i++)
                level[i] = 2 * i + 1 < below_count
                               ? merkle_node_hash(&below[2 * i], &below[2 * i + 1])
                               : below[2 * i];
        }
        ret->level[ret->n] = level;
        ret->count[ret->n++] = n;
    }
    return true;
}

static void pack_digest(struct buffer *out, const struct digest *d) {
    pack_bytes(out, span_of(d->b, 32));
}

static void levels_path(const struct levels *l, uint32_t index, struct buffer *out) {
    struct digest path[PROOF_PATH_MAX];
    uint32_t n = 0;
    for (uint32_t k = 0; k + 1 < l->n; k++, index /= 2)
        if ((index ^ 1) < l->count[k]) path[n++] = l->level[k][index ^ 1];
    pack_array(out, n);
    for (uint32_t i = 0; i < n; i++)
        pack_digest(out, &path[i]);
}

struct build {
    const struct proof_source *source;
    struct ledger_head head;
    struct arena arena;
    struct buffer out;
    /* the records and the items of each that are disclosed */
    struct build_record {
        uint64_t log_index;
        struct record record;
        uint32_t *items;
        uint32_t items_count;
    } * records;
    uint32_t records_count;
    /* the statuses, sorted before they are written */
    struct build_status {
        uint8_t type;
        struct span subject;
    } * statuses;
    uint32_t statuses_count, statuses_max;
    struct span identifier; /* question 2 */
};

static enum err log_path(struct build *b, uint64_t index) {
    struct merkle_path path;
    enum err e = merkle_inclusion(b->source->reader, index, b->source->attested->size, &path);
    if (e) return e;
    pack_array(&b->out, path.count);
    for (uint32_t i = 0; i < path.count; i++)
        pack_digest(&b->out, &path.hashes[i]);
    return OK;
}

static enum err pack_head(struct build *b) {
    const struct attested *a = b->source->attested;
    struct buffer leaf CLEANUP(buffer_free) = {0};
    uint64_t height;
    uint32_t index;
    pack_array(&b->out, 3);
    pack_uint(&b->out, a->size);
    pack_digest(&b->out, &a->root);
    pack_array(&b->out, a->count);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct cosignature *c = &a->cosignatures[i];
        pack_array(&b->out, 3);
        pack_uint(&b->out, c->index);
        pack_uint(&b->out, c->time_s);
        pack_bytes(&b->out, span_of(c->cosignature.b, 64));
    }
    buffer_init(&leaf, LEAF_BYTES_MAX + 16);
    enum err e = query_log_leaf(b->source->reader, a->size - 1, &leaf, &height, &index);
    if (e) return e;
    pack_array(&b->out, 2);
    pack_bytes(&b->out, buffer_span(&leaf));
    return log_path(b, a->size - 1);
}

static bool names_identifier(const struct build *b, const struct thing *thing) {
    struct buffer canonical CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&canonical, IDENTIFIER_BYTES_MAX);
    return identifier_canonical(thing->identifier, &canonical, &kind) == OK &&
           span_equal(buffer_span(&canonical), b->identifier);
}

static void pack_thing(struct build *b, const struct thing *thing) {
    thing_encode(thing, &b->out);
}

static enum err pack_some_things(struct build *b, const struct item *item) {
    struct levels levels;
    uint32_t count = 0;
    bool *named = arena_alloc(&b->arena, item->things_count + 1, sizeof *named);
    struct digest *leaves = arena_alloc(&b->arena, item->things_count + 1, sizeof *leaves);
    if (!named || !leaves) return ERR_PROOF_SIZE;
    for (uint32_t i = 0; i < item->things_count; i++) {
        leaves[i] = thing_leaf_hash(&item->things[i]);
        named[i] = names_identifier(b, &item->things[i]);
        count += named[i];
    }
    if (!levels_build(&b->arena, leaves, item->things_count, &levels)) return ERR_PROOF_SIZE;
    pack_array(&b->out, 3);
    pack_uint(&b->out, 0);
    pack_digest(&b->out, &levels.level[levels.n - 1][0]);
    pack_array(&b->out, count);
    for (uint32_t i = 0; i < item->things_count; i++) {
        if (!named[i]) continue;
        pack_array(&b->out, 3);
        pack_uint(&b->out, i);
        pack_thing(b, &item->things[i]);
        levels_path(&levels, i, &b->out);
    }
    return OK;
}

static enum err pack_item(struct build *b, const struct record *r, const struct levels *levels,
                          uint32_t index) {
    const struct item *item = &r->items[index];
    pack_array(&b->out, 6);
    pack_uint(&b->out, index);
    pack_uint(&b->out, item->type);
    pack_array(&b->out, 2);
    pack_uint(&b->out, 1);
    pack_bytes(&b->out, item->fields);
    pack_uint(&b->out, item->things_count);
    if (b->identifier.len > 0 && item->things_count > THINGS_ALL_MAX) {
        enum err e = pack_some_things(b, item);
        if (e) return e;
    } else {
        pack_array(&b->out, 2);
        pack_uint(&b->out, 1);
        pack_array(&b->out, item->things_count);
        for (uint32_t i = 0; i < item->things_count; i++)
            pack_thing(b, &item->things[i]);
    }
    levels_path(levels, index, &b->out);
    return b->out.overflow ? ERR_PROOF_SIZE : OK;
}

static enum err pack_record(struct build *b, const struct build_record *at) {
    const struct record *r = &at->record;
    struct levels levels;
    struct digest *leaves = arena_alloc(&b->arena, r->header.item_count, sizeof *leaves);
    if (!leaves) return ERR_PROOF_SIZE;
    for (uint32_t i = 0; i < r->header.item_count; i++)
        leaves[i] = record_item_leaf(&r->item_digests[i]);
    if (!levels_build(&b->arena, leaves, r->header.item_count, &levels)) return ERR_PROOF_SIZE;
    pack_array(&b->out, 5);
    pack_uint(&b->out, at->log_index);
    pack_bytes(&b->out, r->header_bytes);
    pack_bytes(&b->out, span_of(r->signature.b, 64));
    enum err e = log_path(b, at->log_index);
    pack_array(&b->out, at->items_count);
    for (uint32_t i = 0; i < at->items_count && e == OK; i++)
        e = pack_item(b, r, &levels, at->items[i]);
    return e;
}

static void want(struct build *b, uint8_t type, struct span subject) {
    for (uint32_t i = 0; i < b->statuses_count; i++)
        if (b->statuses[i].type == type && span_equal(b->statuses[i].subject, subject)) return;
    CHECK(b->statuses_count < b->statuses_max);
    b->statuses[b->statuses_count++] = (struct build_status){type, subject};
}

static int status_order(const void *a, const void *b) {
    const struct build_status *x = a, *y = b;
    return x->type != y->type ? (x->type < y->type ? -1 : 1) : span_compare(x->subject, y->subject);
}

static enum err pack_statuses(struct build *b, struct span thing_value) {
    struct status_proof *proof = arena_alloc(&b->arena, 1, sizeof *proof);
    struct buffer value CLEANUP(buffer_free) = {0};
    struct thing_value thing;
    b->statuses_max = 2 * b->records_count + 3;
    b->statuses = arena_alloc(&b->arena, b->statuses_max, sizeof *b->statuses);
    if (!b->statuses || !proof) return ERR_PROOF_SIZE;
    for (uint32_t i = 0; i < b->records_count; i++) {
        want(b, STATUS_MEMBER, b->records[i].record.header.subject);
        want(b, STATUS_KEY, span_of(b->records[i].record.header.key.b, 32));
    }
    if (b->identifier.len > 0) want(b, STATUS_THING, b->identifier);
    if (thing_value.len > 0) {
        CHECK(codec_decode(&thing_value_type, thing_value, NULL, &thing) == OK);
        if (thing.lot.len > 0) want(b, STATUS_THING, thing.lot);
        if (thing.product.len > 0) want(b, STATUS_THING, thing.product);
    }
    qsort(b->statuses, b->statuses_count, sizeof *b->statuses, status_order);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    pack_array(&b->out, b->statuses_count);
    for (uint32_t i = 0; i < b->statuses_count; i++) {
        const struct build_status *s = &b->statuses[i];
        struct digest key = status_key(s->type, s->subject);
        pack_array(&b->out, 4);
        pack_uint(&b->out, s->type);
        pack_bytes(&b->out, s->subject);
        if (status_get(b->source->reader, &key, &value))
            pack_bytes(&b->out, buffer_span(&value));
        else
            pack_nil(&b->out);
        status_prove(b->source->reader, &b->head.status, &key, proof);
        status_proof_write(proof, &b->out);
    }
    return OK;
}

static enum err load_record(struct build *b, uint64_t height, uint32_t index, struct record *ret) {
    struct buffer wire CLEANUP(buffer_free) = {0};
    buffer_init(&wire, RECORD_BYTES_MAX);
    enum err e = query_record_bytes(b->source->reader, height, index, &wire);
    if (e) return e;
    struct span copy = arena_copy(&b->arena, buffer_span(&wire));
    if (!copy.data) return ERR_PROOF_SIZE;
    return record_parse(b->source->params, copy, &b->arena, ret, NULL);
}

static enum err build_begin(struct build *b, const struct proof_source *source) {
    *b = (struct build){.source = source};
    arena_init(&b->arena, 4 * (size_t)PROOF_ARENA_BYTES);
    buffer_init(&b->out, PROOF_BYTES_MAX);
    if (!ledger_head_read(source->reader, &b->head) || b->head.log.size != source->attested->size)
        return ERR_PROOF_HEIGHT;
    pack_array(&b->out, 10);
    pack_uint(&b->out, 1);
    pack_bytes(&b->out, source->validator_bytes);
    pack_digest(&b->out, &source->rest_digest);
    pack_array(&b->out, 0);
    return OK;
}

static enum err build_end(struct build *b, enum err e, struct buffer *out) {
    if (e == OK && b->out.overflow) e = ERR_PROOF_SIZE;
    if (e == OK) buffer_append_span(out, buffer_span(&b->out));
    arena_free(&b->arena);
    buffer_free(&b->out);
    return e;
}

static enum err pack_records(struct build *b) {
    enum err e = OK;
    pack_array(&b->out, b->records_count);
    for (uint32_t i = 0; i < b->records_count && e == OK; i++)
        e = pack_record(b, &b->records[i]);
    return e;
}

static enum err choose_items(struct build *b, struct build_record *r, const uint32_t items[],
                             uint32_t count) {
    uint32_t all = r->record.header.item_count;
    r->items_count = count ? count : all;
    r->items = arena_alloc(&b->arena, r->items_count, sizeof *r->items);
    if (!r->items) return ERR_PROOF_SIZE;
    for (uint32_t i = 0; i < r->items_count; i++) {
        r->items[i] = count ? items[i] : i;
        if (r->items[i] >= all || (i > 0 && r->items[i] <= r->items[i - 1]))
            return ERR_QUERY_UNKNOWN;
    }
    return OK;
}

static enum err build_record(struct build *b, const struct digest *wire_id, const uint32_t items[],
                             uint32_t items_count) {
    struct record_place place;
    enum err e = query_record(b->source->reader, wire_id, &place);
    if (e == OK && place.log_index == LOG_INDEX_NONE) e = ERR_QUERY_UNKNOWN;
    if (e) return e;
    b->records = arena_alloc(&b->arena, 1, sizeof *b->records);
    CHECK(b->records);
    b->records->log_index = place.log_index;
    b->records_count = 1;
    e = load_record(b, place.height, place.index, &b->records->record);
    if (e == OK) e = choose_items(b, b->records, items, items_count);
    if (e) return e;
    pack_array(&b->out, 2);
    pack_uint(&b->out, PROOF_RECORD);
    pack_digest(&b->out, wire_id);
    e = pack_head(b);
    if (e == OK) e = pack_records(b);
    if (e == OK) e = pack_statuses(b, SPAN_EMPTY);
    pack_array(&b->out, 0);
    return e;
}

enum err proof_build_record(const struct proof_source *source, const struct digest *wire_id,
                            const uint32_t items[], uint32_t items_count, struct buffer *out) {
    struct build b;
    enum err e = build_begin(&b, source);
    if (e == OK) e = build_record(&b, wire_id, items, items_count);
    return build_end(&b, e, out);
}

/* The records a history names, each once, with the items it names of each. */
static enum err load_history(struct build *b, const struct history_place places[], uint32_t count) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    buffer_init(&leaf, LEAF_BYTES_MAX + 16);
    b->records = arena_alloc(&b->arena, count + 1, sizeof *b->records);
    uint32_t *items = arena_alloc(&b->arena, count + 1, sizeof *items);
    if (!b->records || !items) return ERR_PROOF_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        struct build_record *r = b->records_count ? &b->records[b->records_count - 1] : NULL;
        items[i] = places[i].item;
        if (r && r->log_index == places[i].log_index) {
            r->items_count++;
            continue;
        }
        uint64_t height;
        uint32_t index;
        r = &b->records[b->records_count++];
        *r = (struct build_record){
            .log_index = places[i].log_index, .items = &items[i], .items_count = 1};
        enum err e = query_log_leaf(b->source->reader, r->log_index, &leaf, &height, &index);
        if (e == OK) e = load_record(b, height, index, &r->record);
        if (e) return e;
    }
    return OK;
}

static void pack_entries(struct build *b, const struct history_place places[], uint32_t count) {
    uint32_t at = 0;
    pack_array(&b->out, count);
    for (uint32_t i = 0; i < count; i++) {
        while (b->records[at].log_index != places[i].log_index)
            at++;
        const struct record *r = &b->records[at].record;
        struct history_entry e = {.i = places[i].i,
                                  .log_index = places[i].log_index,
                                  .item = places[i].item,
                                  .wire_id = r->wire_id,
                                  .subject = r->header.subject,
                                  .item_digest = r->item_digests[places[i].item]};
        codec_encode(&history_entry_type, &e, &b->out);
    }
}

static enum err build_thing(struct build *b, struct span canonical) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct thing_value thing = {.count = 0};
    struct history_place *places = NULL;
    uint32_t count = 0;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    b->identifier = canonical;
    if (query_thing(b->source->reader, canonical, &value, &thing) == OK) {
        /* A longer history cannot fit: an entry takes more than this. */
        if (thing.count > PROOF_BYTES_MAX / 64) return ERR_PROOF_SIZE;
        places = arena_alloc(&b->arena, (size_t)thing.count, sizeof *places);
        if (!places) return ERR_PROOF_SIZE;
        count = query_history(b->source->reader, canonical, 1, (uint32_t)thing.count, places);
        CHECK(count == thing.count);
    }
    enum err e = load_history(b, places, count);
    if (e) return e;
    pack_array(&b->out, 2);
    pack_uint(&b->out, PROOF_THING);
    pack_text(&b->out, canonical);
    e = pack_head(b);
    if (e == OK) e = pack_records(b);
    if (e == OK) e = pack_statuses(b, buffer_span(&value));
    if (e == OK) pack_entries(b, places, count);
    return e;
}

enum err proof_build_thing(const struct proof_source *source, struct span canonical,
                           struct buffer *out) {
    struct build b;
    if (canonical.len == 0 || canonical.len > IDENTIFIER_BYTES_MAX) return ERR_IDENTIFIER_LENGTH;
    enum err e = build_begin(&b, source);
    if (e == OK) e = build_thing(&b, canonical);
    return build_end(&b, e, out);
}
