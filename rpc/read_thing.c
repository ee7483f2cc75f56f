#include "rpc/handlers.h"

#include <stdlib.h>

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

static void put_entry(struct emit *j, const struct history_place *place, const struct trace_scratch *s) {
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
    emit_object_end(j);
}

/* Writes entries until the page or half of the answer is full: the rest is for the next page. */
static enum err put_entries(struct view *v, struct emit *j, const struct history_place places[], uint32_t n,
                            uint64_t *ret_next) {
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
        if (e == OK) put_entry(j, &places[i], &s);
    }
    buffer_free(&s.wire);
    buffer_free(&s.leaf);
    return e;
}

enum err read_thing_trace(struct view *v) {
    struct span canonical;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e != OK) return e;
    struct buffer value;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    struct thing_value thing;
    uint64_t count = query_thing(v->snapshot.reader, canonical, &value, v->arena, &thing) == OK ? thing.count : 0;
    buffer_free(&value);
    uint64_t from = v->arguments[1].given ? v->arguments[1].number : 1;
    uint32_t limit = v->arguments[2].given ? (uint32_t)v->arguments[2].number : 100;
    struct history_place *places = check_alloc(limit, sizeof *places);
    uint32_t n = query_history(v->snapshot.reader, canonical, from, limit, places);
    uint64_t next = n > 0 && places[n - 1].i < count ? places[n - 1].i + 1 : 0;
    struct emit j;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "identifier", v->arguments[0].text);
    emit_key_text(&j, "canonical", canonical);
    emit_key_uint(&j, "count", count);
    emit_key(&j, "entries");
    emit_list(&j);
    e = put_entries(v, &j, places, n, &next);
    free(places);
    emit_list_end(&j);
    if (next != 0) emit_key_uint(&j, "next", next);
    emit_object_end(&j);
    return e;
}
