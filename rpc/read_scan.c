/* read_scan.c: tallies of scans (docs/spec.md section F): one more, those of a piece with what they warn of, those of an hour. They are
 * this node's own and off the ledger; the ledger only says when a piece was shipped and destroyed. */
#include "rpc/handlers.h"

#include <stdlib.h>

#include "storage/scans.h"
#include "trace/event.h"
#include "trace/scan_shipped.h"

enum { HISTORY_MAX = 1000, HOUR_PAGE = 1000 };

/* Asked first: what is refused afterwards is paid for all the same. */
static bool visitor_may(struct view *v) {
    uint64_t wait_ms;
    if (v->host->visitors == NULL || v->request->visitor == NULL) return true;
    if (visitors_take(v->host->visitors, v->request->visitor, v->request->headers[HTTP_REAL_IP], v->now_ms, &wait_ms)) return true;
    v->retry_after_ms = (uint32_t)wait_ms;
    return false;
}

enum err write_scan(struct view *v) {
    struct span canonical;
    struct emit j;
    struct span division = v->arguments[1].given ? v->arguments[1].text : SPAN_EMPTY;
    if (v->host->scans == NULL) return ERR_SCANS_NONE;
    if (!visitor_may(v)) return ERR_SCAN_VISITOR;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e == OK) e = scans_tally(v->host->scans, canonical, division);
    if (e != OK) return e;
    v->status = 202;
    emit_begin(&j, v->out);
    emit_object(&j);
    emit_key_text(&j, "canonical", canonical);
    emit_key_text(&j, "division", division);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

/* -- one piece -- */

/* What was read of things' histories, each once; at most HISTORY_MAX events of all. */
struct history {
    struct history *next;
    struct span canonical;
    struct scan_note *notes;
    size_t count;
};
struct histories {
    struct view *view;
    struct history *first;
    struct buffer leaf, wire;
    uint32_t left; /* events that may still be looked at */
    struct record record; /* the one read last, in the scratch arena: events of one record follow each other */
    uint64_t record_leaf;
    bool record_read;
    bool cut;
    uint64_t destroyed_ms; /* of the thing that was asked first */
};

static void histories_free(struct histories *h) {
    buffer_free(&h->leaf);
    buffer_free(&h->wire);
}

/* SPEC F3: "destroyed, the greatest eventTime of the events that name the piece itself, without errorDeclaration, whose bizStep is destroying" */
static void destroyed_note(const struct item *item, struct histories *h) {
    struct span declaration;
    int64_t ms;
    if (!event_is(item) || value_get(item->fields, "errorDeclaration", &declaration) || !event_time_ms(item, &ms) || ms <= 0 ||
        !span_is(event_biz_step(item), "destroying"))
        return;
    if ((uint64_t)ms > h->destroyed_ms) h->destroyed_ms = (uint64_t)ms;
}

static enum err record_get(struct histories *h, uint64_t log_index) {
    uint64_t height;
    uint32_t index;
    if (h->record_read && h->record_leaf == log_index) return OK;
    h->record_read = false;
    enum err e = query_log_leaf(h->view->snapshot.reader, log_index, &h->leaf, &height, &index);
    if (e == OK) e = load_record(h->view, height, index, &h->wire, &h->record);
    h->record_read = e == OK;
    h->record_leaf = log_index;
    return e;
}

static enum err place_note(struct histories *h, struct history *one, const struct history_place *place) {
    struct view *v = h->view;
    bool counts = false;
    enum err e = record_get(h, place->log_index);
    if (e != OK || place->item >= h->record.header.item_count) return e;
    const struct item *item = &h->record.items[place->item];
    if (h->first->next == NULL) destroyed_note(item, h);
    e = scan_note_read(item, place->log_index, place->item, one->canonical, v->arena, &one->notes[one->count], &counts);
    one->count += counts;
    return e;
}

static enum err history_read(struct histories *h, struct history *one) {
    struct history_place *places = check_alloc(h->left + 1, sizeof *places);
    uint32_t n = query_history(h->view->snapshot.reader, one->canonical, 1, h->left + 1, places);
    enum err e = OK;
    if (n > h->left) {
        h->cut = true;
        n = h->left;
    }
    h->left -= n;
    one->notes = arena_alloc(h->view->arena, n + 1, sizeof *one->notes);
    if (one->notes == NULL) e = ERR_TOO_LARGE;
    for (uint32_t i = 0; i < n && e == OK; i++)
        e = place_note(h, one, &places[i]);
    free(places);
    return e;
}

/* scan_notes_fn */
static enum err notes_of(void *context, struct span canonical, struct scan_note **ret_notes, size_t *ret_count) {
    struct histories *h = context;
    struct history *one = h->first, **end = &h->first;
    for (; one != NULL && !span_equal(one->canonical, canonical); one = one->next)
        end = &one->next;
    if (one == NULL) {
        one = arena_alloc(h->view->arena, 1, sizeof *one);
        if (one == NULL) return ERR_TOO_LARGE;
        *one = (struct history){.canonical = canonical};
        *end = one;
        enum err e = history_read(h, one);
        if (e != OK) return e;
    }
    *ret_notes = one->notes;
    *ret_count = one->count;
    return OK;
}

static enum err times_read(struct view *v, struct span canonical, struct scan_times *ret, bool *ret_cut) {
    struct histories h CLEANUP(histories_free) = {.view = v, .left = HISTORY_MAX};
    uint64_t shipped_ms;
    bool cut;
    buffer_init(&h.leaf, LEAF_BYTES_MAX + 64);
    buffer_init(&h.wire, RECORD_BYTES_MAX);
    enum err e = scan_shipped(canonical, notes_of, &h, &shipped_ms, &cut);
    if (e != OK) return e;
    *ret = (struct scan_times){.shipped_ms = shipped_ms, .destroyed_ms = h.destroyed_ms};
    *ret_cut = cut || h.cut;
    return OK;
}

static void put_rules(struct emit *j, const struct scan_rules *r) {
    emit_key(j, "rules");
    emit_object(j);
    emit_key_uint(j, "scans", r->scans);
    emit_key_uint(j, "divisions", r->divisions);
    emit_key_uint(j, "hours", r->hours);
    emit_object_end(j);
}

static void put_warnings(struct emit *j, const struct scans_rows *rows, const struct scan_times *times,
                         const struct scan_rules *rules) {
    struct scan_warning w[SCAN_WARNINGS];
    size_t n = scan_warnings(rows->rows, rows->count, times, rules, w);
    emit_key(j, "warnings");
    emit_list(j);
    for (size_t i = 0; i < n; i++) {
        emit_object(j);
        emit_key_string(j, "name", scan_warning_name(w[i].kind));
        emit_key_uint(j, "figure", w[i].figure);
        if (w[i].limit > 0 || w[i].kind == SCAN_MANY_SCANS || w[i].kind == SCAN_MANY_DIVISIONS)
            emit_key_uint(j, "limit", w[i].limit);
        if (w[i].hour_ms > 0) emit_key_uint(j, "hour_ms", w[i].hour_ms);
        emit_object_end(j);
    }
    emit_list_end(j);
}

static void put_rows(struct emit *j, const struct scans_rows *rows) {
    uint64_t total = 0;
    for (size_t i = 0; i < rows->count; i++)
        total += rows->rows[i].count;
    emit_key_uint(j, "total", total);
    emit_key(j, "rows");
    emit_list(j);
    for (size_t i = 0; i < rows->count; i++) {
        emit_object(j);
        emit_key_uint(j, "hour_ms", rows->rows[i].hour_ms);
        emit_key_text(j, "division", rows->rows[i].division);
        emit_key_uint(j, "count", rows->rows[i].count);
        emit_object_end(j);
    }
    emit_list_end(j);
    emit_key_bool(j, "cut", rows->cut);
}

enum err read_scans(struct view *v) {
    struct span canonical;
    struct scans_rows rows;
    struct scan_times times;
    struct scan_rules rules = scan_rules_default();
    struct emit j;
    bool events_cut;
    if (v->host->scans == NULL) return ERR_SCANS_NONE;
    enum err e = canonical_of(v, v->arguments[0].text, &canonical);
    if (e == OK && !scan_identifier_valid(canonical)) e = ERR_SCAN_PIECE;
    if (e == OK) e = scans_of_code(v->host->scans, canonical, v->arena, &rows);
    if (e == OK) e = times_read(v, canonical, &times, &events_cut);
    if (e != OK) return e;
    if (v->arguments[1].given) rules.scans = v->arguments[1].number;
    if (v->arguments[2].given) rules.divisions = v->arguments[2].number;
    if (v->arguments[3].given) rules.hours = v->arguments[3].number;
    emit_begin(&j, v->out);
    emit_object(&j);
    put_at(&j, v);
    emit_key_text(&j, "identifier", v->arguments[0].text);
    emit_key_text(&j, "canonical", canonical);
    put_rows(&j, &rows);
    if (times.shipped_ms > 0) emit_key_uint(&j, "shipped_ms", times.shipped_ms);
    if (times.destroyed_ms > 0) emit_key_uint(&j, "destroyed_ms", times.destroyed_ms);
    emit_key_bool(&j, "events_cut", events_cut);
    put_rules(&j, &rules);
    put_warnings(&j, &rows, &times, &rules);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}

/* -- one hour -- */

struct span own_name(const struct view *v) {
    const struct genesis *g = v->host->genesis;
    struct host_status s = {0};
    v->host->ops->status(v->host->self, &s);
    return s.validator && s.index < g->validators.count ? g->validators.validators[s.index].name : SPAN_EMPTY;
}

enum err read_scan_hour(struct view *v) {
    struct scans_rows rows;
    struct digest root;
    struct emit j;
    uint64_t hour = v->arguments[0].number, from = v->arguments[1].number;
    size_t limit = v->arguments[2].given ? v->arguments[2].number : HOUR_PAGE;
    if (v->host->scans == NULL) return ERR_SCANS_NONE;
    if (hour % SCAN_HOUR_MS != 0) return refusal_set(&v->refusal, ERR_RPC_PARAMETER, "hour");
    enum err e = scans_of_hour(v->host->scans, hour, v->arena, &rows);
    if (e == OK) e = scan_root(rows.rows, rows.count, &root);
    if (e != OK) return e;
    emit_begin(&j, v->out);
    emit_object(&j);
    emit_key_text(&j, "name", own_name(v));
    emit_key_uint(&j, "hour_ms", hour);
    emit_key_bool(&j, "over", rows.over);
    emit_key_uint(&j, "count", rows.count);
    emit_key_digest(&j, "root", &root);
    emit_key_uint(&j, "dropped", rows.dropped);
    emit_key(&j, "rows");
    emit_list(&j);
    size_t i = from < rows.count ? (size_t)from : rows.count, end = rows.count - i < limit ? rows.count : i + limit;
    for (; i < end; i++) {
        emit_object(&j);
        emit_key_text(&j, "identifier", rows.rows[i].identifier);
        emit_key_text(&j, "division", rows.rows[i].division);
        emit_key_uint(&j, "count", rows.rows[i].count);
        emit_object_end(&j);
    }
    emit_list_end(&j);
    if (end < rows.count) emit_key_uint(&j, "next", end);
    emit_object_end(&j);
    emit_end(&j);
    return OK;
}
