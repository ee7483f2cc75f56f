#include "rpc/handlers.h"

#include <stdlib.h>

#include "ledger/flow.h"
#include "ledger/links.h"
#include "trace/certificate_words.h"
#include "trace/event.h"
#include "trace/identifier.h"

enum err canonical_of(struct view *v, struct span received, struct span *ret) {
    struct buffer b;
    buffer_init(&b, 2 * IDENTIFIER_BYTES_MAX);
    enum identifier_kind kind;
    enum err e = identifier_canonical(received, &b, &kind);
    struct span copy = e == OK ? arena_copy(v->arena, buffer_span(&b)) : SPAN_EMPTY;
    buffer_free(&b);
    if (e != OK) return e;
    *ret = copy;
    return OK;
}

static enum identifier_kind kind_of(struct span received) {
    struct buffer b;
    buffer_init(&b, 2 * IDENTIFIER_BYTES_MAX);
    enum identifier_kind kind = IDENTIFIER_OTHER;
    enum err e = identifier_canonical(received, &b, &kind);
    buffer_free(&b);
    return e == OK ? kind : IDENTIFIER_OTHER;
}

static const struct flow no_flow;

/* Empty texts where nobody knows. */
static void put_flow(struct emit *j, const struct flow *f) {
    struct span holder = SPAN_EMPTY;
    if (!flow_single_holder(f, &holder)) holder = SPAN_EMPTY;
    emit_key_text(j, "maker", f->maker);
    emit_key_text(j, "holder", holder);
    emit_key_text(j, "inside", f->parent);
    emit_key_uint(j, "moves", f->unit_count);
    emit_key(j, "disputed");
    emit_list(j);
    for (uint8_t rule = FLOW_HELD; rule <= FLOW_RULE_LAST; rule++)
        if (f->marks & flow_bit((enum flow_rule)rule)) emit_text(j, span_text(flow_word((enum flow_rule)rule)->name));
    emit_list_end(j);
    emit_key(j, "recalls");
    emit_list(j);
    for (uint32_t i = 0; i < f->recalls_count; i++)
        emit_text(j, f->recalls[i].recall);
    emit_list_end(j);
}

enum err read_thing(struct view *v) {
    struct span canonical;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e != OK) return e;
    struct buffer value;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct thing_value thing;
    bool exists = query_thing(v->snapshot.reader, canonical, &value, v->arena, &thing) == OK;
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "identifier", v->arguments[0].text);
    emit_key_text(&j, "canonical", canonical);
    emit_key_string(&j, "kind", certificate_word(WORDS_COVERS, kind_of(v->arguments[0].text)));
    emit_key_bool(&j, "exists", exists);
    if (exists) {
        emit_key_string(&j, "state", thing.state == STATE_ACTIVE ? "active" : "ended");
        emit_key_uint(&j, "since_height", thing.since_height);
        emit_key_uint(&j, "log_index", thing.log_index);
        emit_key_uint(&j, "count", thing.count);
        emit_key_digest(&j, "chain", &thing.chain);
        emit_key_text(&j, "lot", thing.lot);
        emit_key_text(&j, "product", thing.product);
        emit_key_text(&j, "pack", thing.pack);
        put_flow(&j, thing.flow_count > 0 ? thing.flow : &no_flow);
        put_standing(&j, v, canonical, &thing);
    }
    emit_object_end(&j);
    emit_end(&j);
    buffer_free(&value);
    return OK;
}

/* The record that the entry before was told in is most often the next one's too. */
struct trace_scratch {
    struct buffer wire, leaf;
    struct record record;
    struct block_summary summary;
    uint64_t log_index; /* of the record loaded; UINT64_MAX: none */
};

static enum err entry_load(struct view *v, uint64_t log_index, struct trace_scratch *s) {
    if (s->log_index == log_index) return OK;
    s->log_index = UINT64_MAX;
    uint64_t height;
    uint32_t index;
    enum err e = query_log_leaf(v->snapshot.reader, log_index, &s->leaf, &height, &index);
    if (e == OK) e = query_block(v->snapshot.reader, height, &s->summary);
    if (e == OK) e = load_record(v, height, index, &s->wire, &s->record);
    if (e == OK) s->log_index = log_index;
    return e;
}

/* SPEC L3: "The *unit* of a thing is its lot (S5, after this item) when it has one, else itself"; empty for what has no unit chain (L12). */
static void put_unit(struct view *v, struct emit *j, struct span received, struct arena *arena) {
    struct buffer canonical CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct thing_value thing;
    enum identifier_kind kind;
    buffer_init(&canonical, 2 * IDENTIFIER_BYTES_MAX);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    if (identifier_canonical(received, &canonical, &kind) != OK || kind == IDENTIFIER_LOCATION || kind == IDENTIFIER_DOCUMENT) {
        emit_text(j, SPAN_EMPTY);
        return;
    }
    arena_reset(arena);
    bool known = query_thing(v->snapshot.reader, buffer_span(&canonical), &value, arena, &thing) == OK;
    emit_text(j, known && thing.lot.len > 0 ? thing.lot : buffer_span(&canonical));
}

static void put_units(struct view *v, struct emit *j, const struct item *item) {
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, 1 << 20);
    emit_key(j, "units");
    emit_list(j);
    for (uint32_t i = 0; i < item->things_count; i++)
        put_unit(v, j, item->things[i].identifier, &arena);
    emit_list_end(j);
}

static void put_entry(struct view *v, struct emit *j, const struct history_place *place, const struct trace_scratch *s, bool units) {
    const struct record *r = &s->record;
    const struct item *item = &r->items[place->item];
    emit_object(j);
    emit_key_uint(j, "i", place->i);
    emit_key_uint(j, "log_index", place->log_index);
    emit_key_uint(j, "height", s->summary.height);
    emit_key_uint(j, "block_time_ms", s->summary.time_ms);
    emit_key_digest(j, "id", &r->id);
    emit_key_digest(j, "leaf", &r->wire_id);
    emit_key_text(j, "subject", r->header.subject);
    emit_key_text(j, "event_time", event_text(item, "eventTime"));
    emit_key_text(j, "action", event_action(item));
    emit_key_text(j, "biz_step", event_biz_step(item));
    emit_key_text(j, "disposition", event_disposition(item));
    emit_key_text(j, "read_point", event_read_point(item));
    emit_key_text(j, "biz_location", event_biz_location(item));
    emit_key(j, "item");
    put_item(j, place->item, item, &r->item_digests[place->item]);
    if (units) put_units(v, j, item);
    emit_object_end(j);
}

/* Writes entries until the page or half of the answer is full: the rest is for the next page. */
static enum err put_entries(struct view *v, struct emit *j, const struct history_place places[], uint32_t n,
                            bool units, uint64_t *ret_next) {
    struct trace_scratch s = {.log_index = UINT64_MAX};
    buffer_init(&s.wire, RECORD_BYTES_MAX);
    buffer_init(&s.leaf, LEAF_BYTES_MAX + 64);
    enum err e = OK;
    for (uint32_t i = 0; i < n && e == OK; i++) {
        if (i > 0 && v->out->len > RPC_ANSWER_BYTES_MAX / 2) {
            *ret_next = places[i].i;
            break;
        }
        e = entry_load(v, places[i].log_index, &s);
        if (e == OK && places[i].item >= s.record.header.item_count) e = ERR_RPC_NOT_FOUND;
        if (e == OK) put_entry(v, j, &places[i], &s, units);
    }
    buffer_free(&s.wire);
    buffer_free(&s.leaf);
    return e;
}

/* Which chain, and the page of it that the arguments after the first `named` ask for. */
struct chain {
    uint32_t named;
    struct span canonical;
    char kind; /* of its rows: keys.h */
    struct digest key;
    uint64_t count;
};

static enum err put_chain(struct view *v, const struct chain *c) {
    uint64_t from = v->arguments[c->named].given ? v->arguments[c->named].number : 1;
    uint32_t limit = v->arguments[c->named + 1].given ? (uint32_t)v->arguments[c->named + 1].number : 100;
    struct history_place *places = check_alloc(limit, sizeof *places);
    uint32_t n = c->kind == 'h' ? query_history(v->snapshot.reader, c->canonical, from, limit, places)
                                : query_moves(v->snapshot.reader, &c->key, from, limit, places);
    uint64_t next = n > 0 && places[n - 1].i < c->count ? places[n - 1].i + 1 : 0;
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "identifier", v->arguments[c->named - 1].text);
    emit_key_text(&j, "canonical", c->canonical);
    emit_key_uint(&j, "count", c->count);
    emit_key(&j, "entries");
    emit_list(&j);
    enum err e = put_entries(v, &j, places, n, c->kind == 'u', &next);
    free(places);
    emit_list_end(&j);
    if (next != 0) emit_key_uint(&j, "next", next);
    emit_object_end(&j);
    return e;
}

static enum err thing_chain(struct view *v, char kind) {
    struct chain c = {.named = 1, .kind = kind};
    enum err e = canonical_of(v, v->arguments[0].text, &c.canonical);
    if (e != OK) return e;
    struct buffer value CLEANUP(buffer_free) = {0};
    struct thing_value thing = {0};
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    bool exists = query_thing(v->snapshot.reader, c.canonical, &value, v->arena, &thing) == OK;
    c.key = status_key(STATUS_THING, c.canonical);
    c.count = !exists ? 0 : kind == 'h' ? thing.count : thing.flow_count > 0 ? thing.flow->unit_count : 0;
    return put_chain(v, &c);
}

enum err read_thing_trace(struct view *v) {
    return thing_chain(v, 'h');
}

enum err read_thing_moves(struct view *v) {
    return thing_chain(v, 'u');
}

enum err read_transformation(struct view *v) {
    struct chain c = {.named = 2, .kind = 'u', .canonical = v->arguments[1].text};
    struct buffer group CLEANUP(buffer_free) = {0}, value CLEANUP(buffer_free) = {0};
    struct links_event event = {.subject = v->arguments[0].text};
    struct group_value g = {0};
    buffer_init(&group, 256);
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    group_write(&event, v->arguments[1].text, &group);
    c.key = status_key(STATUS_GROUP, buffer_span(&group));
    if (status_get(v->snapshot.reader, &c.key, &value))
        CHECK(codec_decode(&group_value_type, buffer_span(&value), NULL, &g) == OK);
    c.count = g.count;
    return put_chain(v, &c);
}
