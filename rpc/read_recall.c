/* read_recall.c: who holds a thing, what does not fit about it, by what it is recalled (SPEC L, O); and recalls, as JSON. */
#include <stdio.h>

#include "ledger/flow.h"
#include "rpc/handlers.h"
#include "trace/certificate.h"

static void put_holders(struct emit *j, const struct flow *f) {
    emit_key(j, "holders");
    emit_list(j);
    for (uint32_t i = 0; i < f->holders_count; i++) {
        char n[24];
        snprintf(n, sizeof n, "%lld", (long long)f->holders[i].n);
        emit_object(j);
        emit_key_text(j, "subject", f->holders[i].subject);
        emit_key_bool(j, "due", f->holders[i].due);
        emit_key(j, "n");
        emit_raw(j, span_text(n));
        emit_object_end(j);
    }
    emit_list_end(j);
}

static void put_marks(struct emit *j, struct span thing, const struct flow *f) {
    for (uint8_t rule = FLOW_HELD; rule <= FLOW_RULE_LAST; rule++) {
        const struct flow_word *w = flow_word((enum flow_rule)rule);
        if ((f->marks & flow_bit((enum flow_rule)rule)) == 0) continue;
        emit_object(j);
        emit_key_text(j, "thing", thing);
        emit_key_uint(j, "rule", rule);
        emit_key_string(j, "name", w->name);
        emit_key_string(j, "text_zh", w->zh);
        emit_key_string(j, "text_en", w->en);
        emit_object_end(j);
    }
}

static void put_recalls(struct emit *j, struct span thing, const struct flow *f) {
    for (uint32_t i = 0; i < f->recalls_count; i++) {
        emit_object(j);
        emit_key_text(j, "thing", thing);
        emit_key_text(j, "recall", f->recalls[i].recall);
        emit_key_uint(j, "ms", f->recalls[i].ms);
        emit_object_end(j);
    }
}

void put_standing(struct emit *j, struct view *v, struct span canonical, const struct thing_value *thing) {
    struct buffer value CLEANUP(buffer_free) = {0};
    static const struct flow no_flow;
    struct thing_value lot = {.flow_count = 0};
    const struct flow *own = thing->flow_count > 0 ? thing->flow : NULL, *of_lot = NULL;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    bool has_lot = thing->lot.len > 0 && !span_equal(thing->lot, canonical);
    if (has_lot && query_thing(v->snapshot.reader, thing->lot, &value, v->arena, &lot) == OK && lot.flow_count > 0)
        of_lot = lot.flow;
    emit_key_text(j, "unit", has_lot ? thing->lot : canonical);
    put_holders(j, own ? own : &no_flow);
    /* What is said of its lot is said of it: bad news first, whosoever's it is. */
    emit_key(j, "marks");
    emit_list(j);
    if (own) put_marks(j, canonical, own);
    if (of_lot) put_marks(j, thing->lot, of_lot);
    emit_list_end(j);
    emit_key(j, "recalled_by");
    emit_list(j);
    if (own) put_recalls(j, canonical, own);
    if (of_lot) put_recalls(j, thing->lot, of_lot);
    emit_list_end(j);
}

/* -- recalls -- */

static void put_row(struct emit *j, struct span id, const struct recall_value *r) {
    emit_key_text(j, "recall", id);
    emit_key_text(j, "root", r->root);
    emit_key_uint(j, "level", r->level);
    emit_key_string(j, "state", r->state == STATE_ACTIVE ? "active" : "lifted");
    emit_key_uint(j, "reason", r->reason);
    emit_key_uint(j, "listed", r->listed);
    emit_key_uint(j, "lifted", r->lifted);
    emit_key_uint(j, "since_height", r->since_height);
    emit_key_uint(j, "log_index", r->log_index);
}

static enum err recall_of(struct view *v, struct buffer *value, struct recall_value *ret) {
    buffer_init(value, STATUS_VALUE_BYTES_MAX);
    enum err e = query_recall(v->snapshot.reader, v->arguments[0].text, value, ret);
    return e == ERR_QUERY_UNKNOWN ? ERR_RPC_NOT_FOUND : e;
}

enum err read_recall(struct view *v) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct recall_value r;
    struct emit j;
    enum err e = recall_of(v, &value, &r);
    if (e) return e;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "row");
    emit_object(&j);
    put_row(&j, v->arguments[0].text, &r);
    emit_object_end(&j);
    emit_object_end(&j);
    return OK;
}

enum err read_recall_list(struct view *v) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct issued_place after = place_of_cursor(v->arguments[0].number);
    uint32_t limit = v->arguments[1].given ? (uint32_t)v->arguments[1].number : 100;
    struct issued_place *places = arena_alloc(v->arena, limit + 1, sizeof *places);
    struct emit j;
    if (places == NULL) return ERR_RPC_ANSWER_SIZE;
    uint32_t n = query_recalls(v->snapshot.reader, v->arguments[0].given ? &after : NULL, limit + 1, v->arena, places);
    uint32_t shown = n < limit ? n : limit;
    buffer_init(&value, STATUS_VALUE_BYTES_MAX);
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key(&j, "recalls");
    emit_list(&j);
    for (uint32_t i = 0; i < shown; i++) {
        struct recall_value r;
        if (query_recall(v->snapshot.reader, places[i].id, &value, &r) != OK) continue;
        emit_object(&j);
        put_row(&j, places[i].id, &r);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    if (n > limit) emit_key_uint(&j, "next", cursor_of_place(&places[shown - 1]));
    emit_object_end(&j);
    return OK;
}

enum err read_recall_things(struct view *v) {
    struct buffer value CLEANUP(buffer_free) = {0};
    struct recall_value r;
    struct emit j;
    enum err e = recall_of(v, &value, &r);
    if (e) return e;
    uint64_t from = v->arguments[1].given ? v->arguments[1].number : 1;
    uint32_t limit = v->arguments[2].given ? (uint32_t)v->arguments[2].number : 100;
    struct recalled_place *places = arena_alloc(v->arena, limit, sizeof *places);
    if (places == NULL) return ERR_RPC_ANSWER_SIZE;
    uint32_t n = query_recalled(v->snapshot.reader, v->arguments[0].text, from, limit, v->arena, places);
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "recall", v->arguments[0].text);
    emit_key_uint(&j, "listed", r.listed);
    emit_key(&j, "things");
    emit_list(&j);
    for (uint32_t i = 0; i < n; i++) {
        emit_object(&j);
        emit_key_uint(&j, "n", places[i].n);
        emit_key_text(&j, "thing", places[i].thing);
        emit_key_string(&j, "state", places[i].lifted ? "lifted" : "recalled");
        emit_key_uint(&j, "log_index", places[i].log_index);
        emit_key_uint(&j, "item", places[i].item);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    if (n > 0 && places[n - 1].n < r.listed) emit_key_uint(&j, "next", places[n - 1].n + 1);
    emit_object_end(&j);
    return OK;
}
