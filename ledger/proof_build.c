/* proof_build.c: makes a bundle from rows that stand exactly at an attested height. */
#include <stdlib.h>
#include <string.h>

#include "base/merkle_root.h"
#include "ledger/levels.h"
#include "ledger/merkle.h"
#include "trace/certificate.h"
#include "trace/code.h"
#include "trace/identifier.h"

/* An event names more things than this: only those in question are disclosed. */
enum { THINGS_ALL_MAX = 16 };
/* A status takes more than 64 bytes of a bundle: no bundle holds more of them. */
enum { STATUSES_MAX = PROOF_BYTES_MAX / 64 };

static void pack_digest(struct buffer *out, const struct digest *d) {
    pack_bytes(out, span_of(d->b, 32));
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
        bool line; /* of a certificate: what its line asks for is wanted already */
    } * statuses;
    uint32_t statuses_count, statuses_max;
    bool full;              /* more was wanted than the arena or a bundle holds */
    struct span identifier; /* questions 2 and 4 */
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
        thing_encode(&item->things[i], &b->out);
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
            thing_encode(&item->things[i], &b->out);
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

/* Where it stands among the wanted, until the next one is; NULL when there is no room. */
static struct build_status *want(struct build *b, uint8_t type, struct span subject) {
    for (uint32_t i = 0; i < b->statuses_count; i++)
        if (b->statuses[i].type == type && span_equal(b->statuses[i].subject, subject))
            return &b->statuses[i];
    if (b->statuses_count == b->statuses_max) {
        uint32_t max = b->statuses_max ? 2 * b->statuses_max : 64;
        struct build_status *more = max <= STATUSES_MAX ? arena_alloc(&b->arena, max, sizeof *more) : NULL;
        b->full = b->full || !more;
        if (!more) return NULL;
        if (b->statuses_count > 0) memcpy(more, b->statuses, b->statuses_count * sizeof *more);
        b->statuses = more;
        b->statuses_max = max;
    }
    b->statuses[b->statuses_count] = (struct build_status){type, subject, false};
    return &b->statuses[b->statuses_count++];
}

/* A copy in the arena; empty, and b->full is set, when there is no room. */
static struct span keep(struct build *b, struct span bytes) {
    struct span copy = arena_copy(&b->arena, bytes);
    b->full = b->full || !copy.data;
    return copy.data ? copy : SPAN_EMPTY;
}

/* A status value, decoded; its spans live in the arena. */
static bool value_of(struct build *b, uint8_t type, struct span subject, const struct type *value,
                     void *ret) {
    struct buffer bytes CLEANUP(buffer_free) = {0};
    struct digest key = status_key(type, subject);
    buffer_init(&bytes, STATUS_VALUE_BYTES_MAX);
    if (!status_get(b->source->reader, &key, &bytes)) return false;
    struct span copy = keep(b, buffer_span(&bytes));
    enum err e = copy.data ? codec_decode(value, copy, &b->arena, ret) : ERR_TOO_LARGE;
    CHECK(e == OK || e == ERR_TOO_LARGE);
    if (e) b->full = true;
    return e == OK;
}

/* SPEC P8: "The *line* of a certificate is" */
static void want_line(struct build *b, struct span id) {
    while (id.len > 0 && !b->full) {
        struct certificate_value c;
        struct unpack u;
        struct build_status *at = want(b, STATUS_CERTIFICATE, id);
        if (!at || at->line) return;
        at->line = true;
        if (!value_of(b, STATUS_CERTIFICATE, id, &certificate_value_type, &c)) return;
        struct span issuer, number;
        CHECK(certificate_id_split(id, &issuer, &number));
        want(b, STATUS_MEMBER, issuer);
        want(b, STATUS_MEMBER, c.producer);
        unpack_init(&u, c.upstream);
        for (uint32_t left = unpack_array(&u, CERTIFICATE_UPSTREAM_MAX); left > 0; left--)
            want(b, STATUS_CERTIFICATE, unpack_text(&u, CERTIFICATE_ID_BYTES_MAX));
        CHECK(unpack_end(&u) == OK);
        id = c.other;
    }
}

/* The certificates that disclosed items issued. */
static void want_certificates(struct build *b) {
    for (uint32_t i = 0; i < b->records_count; i++) {
        const struct build_record *r = &b->records[i];
        for (uint32_t k = 0; k < r->items_count; k++) {
            const struct item *item = &r->record.items[r->items[k]];
            struct certificate_issue c;
            struct buffer id CLEANUP(buffer_free) = {0};
            bool issues = item->type == ITEM_CERTIFICATE_ISSUED || item->type == ITEM_CERTIFICATE_SUPERSEDED;
            if (!issues) continue;
            enum err e = certificate_issue_decode(item, &b->arena, &c);
            CHECK(e == OK || e == ERR_TOO_LARGE);
            b->full = b->full || e;
            if (e) return;
            buffer_init(&id, CERTIFICATE_ID_BYTES_MAX);
            certificate_id_write(r->record.header.subject, c.number, &id);
            want_line(b, keep(b, buffer_span(&id)));
        }
    }
}

static int status_order(const void *a, const void *b) {
    const struct build_status *x = a, *y = b;
    return x->type != y->type ? (x->type < y->type ? -1 : 1) : span_compare(x->subject, y->subject);
}

static void want_thing(struct build *b) {
    struct thing_value thing;
    want(b, STATUS_THING, b->identifier);
    if (!value_of(b, STATUS_THING, b->identifier, &thing_value_type, &thing)) return;
    if (thing.lot.len > 0) want(b, STATUS_THING, thing.lot);
    if (thing.product.len > 0) want(b, STATUS_THING, thing.product);
}

static enum err pack_statuses(struct build *b) {
    struct status_proof *proof = arena_alloc(&b->arena, 1, sizeof *proof);
    struct buffer value CLEANUP(buffer_free) = {0};
    for (uint32_t i = 0; i < b->records_count; i++) {
        want(b, STATUS_MEMBER, b->records[i].record.header.subject);
        want(b, STATUS_KEY, span_of(b->records[i].record.header.key.b, 32));
    }
    if (b->full || !proof) return ERR_PROOF_SIZE;
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
    return copy.data ? record_parse(b->source->params, copy, &b->arena, ret, NULL) : ERR_PROOF_SIZE;
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
    if (e == OK) e = pack_statuses(b);
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

/* An item to be disclosed. */
struct place {
    uint64_t log_index;
    uint32_t item;
};

static int place_order(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->log_index != y->log_index) return x->log_index < y->log_index ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

/* The records these items stand in, each once, with exactly these items of each. Sorts the places. */
static enum err load_places(struct build *b, struct place places[], uint32_t count) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    buffer_init(&leaf, LEAF_BYTES_MAX + 16);
    b->records = arena_alloc(&b->arena, count + 1, sizeof *b->records);
    uint32_t *items = arena_alloc(&b->arena, count + 1, sizeof *items);
    if (!b->records || !items) return ERR_PROOF_SIZE;
    qsort(places, count, sizeof *places, place_order);
    for (uint32_t i = 0; i < count; i++) {
        struct build_record *r = b->records_count ? &b->records[b->records_count - 1] : NULL;
        items[i] = places[i].item;
        if (r && r->log_index == places[i].log_index) {
            if (r->items[r->items_count - 1] != places[i].item)
                r->items[r->items_count++] = places[i].item;
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

/* The entries of the thing's history but the first before(count), in the arena. */
static enum err read_history(struct build *b, uint64_t before_of(uint64_t count),
                             struct history_place **ret, uint32_t *ret_count,
                             uint64_t *ret_before) {
    struct thing_value thing = {.count = 0};
    (void)value_of(b, STATUS_THING, b->identifier, &thing_value_type, &thing);
    uint64_t before = before_of ? before_of(thing.count) : 0;
    /* A longer history cannot fit: an entry takes more than this. */
    if (thing.count - before > PROOF_BYTES_MAX / 64) return ERR_PROOF_SIZE;
    uint32_t count = (uint32_t)(thing.count - before);
    struct history_place *places = arena_alloc(&b->arena, (size_t)count + 1, sizeof *places);
    if (!places) return ERR_PROOF_SIZE;
    if (count > 0)
        CHECK(query_history(b->source->reader, b->identifier, before + 1, count, places) == count);
    *ret = places;
    *ret_count = count;
    *ret_before = before;
    return OK;
}

static struct place *places_of(struct build *b, const struct history_place history[],
                               uint32_t count, uint32_t more) {
    struct place *places = arena_alloc(&b->arena, (size_t)count + more + 1, sizeof *places);
    for (uint32_t i = 0; places && i < count; i++)
        places[i] = (struct place){history[i].log_index, history[i].item};
    return places;
}

static enum err build_thing(struct build *b, struct span canonical) {
    struct history_place *history;
    uint32_t count;
    uint64_t before;
    b->identifier = canonical;
    enum err e = read_history(b, NULL, &history, &count, &before);
    struct place *places = e == OK ? places_of(b, history, count, 0) : NULL;
    if (!places) return e ? e : ERR_PROOF_SIZE;
    e = load_places(b, places, count);
    if (e) return e;
    pack_array(&b->out, 2);
    pack_uint(&b->out, PROOF_THING);
    pack_text(&b->out, canonical);
    e = pack_head(b);
    if (e == OK) e = pack_records(b);
    if (e) return e; /* too many: their certificates need not be looked at */
    want_thing(b);
    want_certificates(b);
    e = pack_statuses(b);
    if (e == OK) pack_entries(b, history, count);
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

static enum err build_certificate(struct build *b, struct span id) {
    struct certificate_value c;
    struct place places[2];
    uint32_t count = 0;
    if (value_of(b, STATUS_CERTIFICATE, id, &certificate_value_type, &c)) {
        places[count++] = (struct place){c.issued, c.item};
        if (c.state != STATE_ACTIVE) places[count++] = (struct place){c.log_index, c.ended};
        want(b, STATUS_CERTIFICATE_TYPE, c.type);
    }
    want_line(b, id);
    enum err e = load_places(b, places, count);
    if (e) return e;
    pack_array(&b->out, 2);
    pack_uint(&b->out, PROOF_CERTIFICATE);
    pack_text(&b->out, id);
    e = pack_head(b);
    if (e == OK) e = pack_records(b);
    if (e == OK) e = pack_statuses(b);
    pack_array(&b->out, 0);
    return e;
}

enum err proof_build_certificate(const struct proof_source *source, struct span id,
                                 struct buffer *out) {
    struct build b;
    if (!certificate_id_valid(id)) return ERR_CERTIFICATE_ID;
    enum err e = build_begin(&b, source);
    if (e == OK) e = build_certificate(&b, id);
    return build_end(&b, e, out);
}

enum err proof_code_leaf_needed(struct reader r, struct span canonical, struct arena *arena,
                                struct code *ret_code, struct pack_value *ret_pack,
                                bool *ret_needed) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct code code;
    if (!code_of_identifier(canonical, &code)) return ERR_CODE;
    struct digest key = status_key(STATUS_PACK, span_text(code.pack_id));
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    *ret_code = code;
    *ret_needed = false;
    if (!status_get(r, &key, &value)) return OK;
    struct span copy = arena_copy(arena, buffer_span(&value));
    if (!copy.data || codec_decode(&pack_value_type, copy, arena, ret_pack)) return ERR_TOO_LARGE;
    *ret_needed = code.index < ret_pack->count;
    return OK;
}

/* What the pack asks to be there; the place of the item that issued it. */
static void want_pack(struct build *b, const struct code *code, const struct pack_value *pack,
                      const struct proof_leaf *leaf) {
    want(b, STATUS_MEMBER, pack->subject);
    if (pack->lot.len > 0) want(b, STATUS_THING, pack->lot);
    want_line(b, pack->certificate);
    struct digest hash = code_hash(pack->subject, code);
    struct code_leaf decoded;
    struct buffer claim CLEANUP(buffer_free) = {0};
    if (!leaf || code_leaf_decode(leaf->leaf, &decoded) || decoded.index != code->index ||
        !digest_equal(&decoded.hash, &hash))
        return;
    buffer_init(&claim, 64);
    claim_subject(code->pack_id, code->index, &claim);
    want(b, STATUS_CLAIM, keep(b, buffer_span(&claim)));
}

static void pack_code_question(struct build *b, const struct proof_leaf *leaf) {
    pack_array(&b->out, 3);
    pack_uint(&b->out, PROOF_CODE);
    pack_text(&b->out, b->identifier);
    if (!leaf) {
        pack_nil(&b->out);
        return;
    }
    pack_array(&b->out, 2);
    pack_bytes(&b->out, leaf->leaf);
    pack_array(&b->out, leaf->path_count);
    for (uint32_t i = 0; i < leaf->path_count; i++)
        pack_digest(&b->out, &leaf->path[i]);
}

static enum err build_code(struct build *b, const struct code *code, const struct proof_leaf *leaf) {
    struct history_place *history;
    struct pack_value pack;
    struct digest chain;
    uint32_t count;
    uint64_t before;
    enum err e = read_history(b, proof_code_before, &history, &count, &before);
    if (e == OK) e = query_history_head(b->source->reader, b->identifier, before, &chain);
    struct place *places = e == OK ? places_of(b, history, count, 1) : NULL;
    if (!places) return e ? e : ERR_PROOF_SIZE;
    uint32_t told = count;
    want_thing(b);
    want(b, STATUS_PACK, span_text(code->pack_id));
    bool exists = value_of(b, STATUS_PACK, span_text(code->pack_id), &pack_value_type, &pack),
         inside = exists && code->index < pack.count;
    if (inside && !leaf) return ERR_PROOF_LEAF_ABSENT;
    if (exists) {
        want_pack(b, code, &pack, inside ? leaf : NULL);
        places[told++] = (struct place){pack.issued, pack.item};
    }
    e = load_places(b, places, told);
    if (e) return e;
    pack_code_question(b, inside ? leaf : NULL);
    e = pack_head(b);
    if (e == OK) e = pack_records(b);
    if (e == OK) e = pack_statuses(b);
    pack_array(&b->out, 3);
    pack_uint(&b->out, before);
    pack_digest(&b->out, &chain);
    if (e == OK) pack_entries(b, history, count);
    return e;
}

enum err proof_build_code(const struct proof_source *source, struct span canonical,
                          const struct proof_leaf *leaf, struct buffer *out) {
    struct build b;
    struct code code;
    if (!code_of_identifier(canonical, &code)) return ERR_CODE;
    enum err e = build_begin(&b, source);
    b.identifier = canonical;
    if (e == OK) e = build_code(&b, &code, leaf);
    return build_end(&b, e, out);
}
