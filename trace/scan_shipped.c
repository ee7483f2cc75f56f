/* scan_shipped.c: see scan_shipped.h. The happy path is: of the piece's notes the shippings, then each stay in a parent, in which the
 * parent's shippings count, and each of its own stays that overlaps. A stay that begins after what was found cannot better it. */
#include "trace/scan_shipped.h"

#include <stdlib.h>

#include "trace/event.h"
#include "trace/identifier.h"

/* ---- one event ---- */

/* Appends the canonical name; false when it is not to be had. */
static bool named(struct span received, struct buffer *text) {
    enum identifier_kind kind;
    buffer_clear(text);
    return identifier_canonical(received, text, &kind) == OK && !text->overflow;
}

/* Under childEPCs? Where nothing else could name it, it is: the event names it, and its parent is another. */
static bool is_child(const struct item *item, struct span canonical) {
    struct buffer text CLEANUP(buffer_free) = {0};
    bool child = false, other = false;
    for (uint32_t i = 0; i < item->things_count; i++) {
        child = child || item->things[i].role == ROLE_CHILD;
        other = other || item->things[i].role == ROLE_CHILD_QUANTITY;
    }
    if (!child || !other) return child;
    buffer_init(&text, 3 * IDENTIFIER_BYTES_MAX + 64);
    for (uint32_t i = 0; i < item->things_count; i++)
        if (item->things[i].role == ROLE_CHILD && named(item->things[i].identifier, &text) &&
            span_equal(buffer_span(&text), canonical))
            return true;
    return false;
}

static bool childless(const struct item *item) {
    for (uint32_t i = 0; i < item->things_count; i++)
        if (item->things[i].role == ROLE_CHILD || item->things[i].role == ROLE_CHILD_QUANTITY) return false;
    return true;
}

/* SPEC F5: "AggregationEvents without errorDeclaration, of action ADD or DELETE, with a parentID that is not the thing itself" */
static enum err move_read(const struct item *item, struct span canonical, struct arena *arena, struct scan_note *n) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct span action = event_action(item);
    bool add = span_is(action, "ADD"), delete = span_is(action, "DELETE");
    if (item->type != ITEM_AGGREGATION_EVENT || (!add && !delete)) return OK;
    if (item->things_count == 0 || item->things[0].role != ROLE_PARENT) return OK;
    buffer_init(&text, 3 * IDENTIFIER_BYTES_MAX + 64);
    if (!named(item->things[0].identifier, &text)) return OK;
    if (span_equal(buffer_span(&text), canonical)) {
        if (delete && childless(item)) n->kinds |= SCAN_NOTE_EMPTIED;
        return OK;
    }
    if (!is_child(item, canonical)) return OK;
    n->kinds = (uint8_t)(n->kinds | (add ? SCAN_NOTE_IN : SCAN_NOTE_OUT));
    n->parent = arena_copy(arena, buffer_span(&text));
    return n->parent.data == NULL ? ERR_TOO_LARGE : OK;
}

enum err scan_note_read(const struct item *item, uint64_t log_index, uint16_t item_index, struct span canonical, struct arena *arena,
                        struct scan_note *ret, bool *ret_counts) {
    struct scan_note n = {.log_index = log_index, .item = item_index};
    struct span declaration;
    int64_t ms;
    *ret_counts = false;
    if (!event_is(item) || value_get(item->fields, "errorDeclaration", &declaration)) return OK;
    /* SPEC F5: "Events whose eventTime is not after 1970-01-01T00:00Z count for nothing here." */
    if (!event_time_ms(item, &ms) || ms <= 0) return OK;
    n.time_ms = (uint64_t)ms;
    if (span_is(event_biz_step(item), "shipping")) n.kinds |= SCAN_NOTE_SHIPPED;
    enum err e = move_read(item, canonical, arena, &n);
    if (e != OK) return e;
    *ret = n;
    *ret_counts = n.kinds != 0;
    return OK;
}

/* ---- the walk ---- */

/* SPEC F5: "in order of eventTime, of equal ones in order of log index, then item" */
static int note_compare(const void *a, const void *b) {
    const struct scan_note *x = a, *y = b;
    if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? -1 : 1;
    if (x->log_index != y->log_index) return x->log_index < y->log_index ? -1 : 1;
    return x->item < y->item ? -1 : x->item > y->item;
}

struct walk {
    scan_notes_fn *notes;
    void *context;
    uint64_t found_ms; /* UINT64_MAX: nothing yet */
    uint32_t visits;
    bool cut;
    enum err err;
};

/* When all was taken out of the thing, after it had taken something in at `in`. */
static uint64_t emptied_ms(const struct scan_note notes[], size_t count, const struct scan_note *in) {
    for (size_t i = 0; i < count; i++)
        if ((notes[i].kinds & SCAN_NOTE_EMPTIED) != 0 && note_compare(&notes[i], in) > 0) return notes[i].time_ms;
    return UINT64_MAX;
}

static void visit(struct walk *w, struct span canonical, const struct scan_note *in, uint64_t from_ms, uint64_t until_ms,
                  unsigned level);

/* Each stay of the thing in a parent: from IN until the next IN, or OUT of that parent. */
static void stays_visit(struct walk *w, const struct scan_note notes[], size_t count, uint64_t from_ms, uint64_t until_ms,
                        unsigned level) {
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = notes[i].time_ms, end = UINT64_MAX;
        if ((notes[i].kinds & SCAN_NOTE_IN) == 0) continue;
        for (size_t k = i + 1; k < count && end == UINT64_MAX; k++)
            if ((notes[k].kinds & SCAN_NOTE_IN) != 0 ||
                ((notes[k].kinds & SCAN_NOTE_OUT) != 0 && span_equal(notes[k].parent, notes[i].parent)))
                end = notes[k].time_ms;
        if (begin < from_ms) begin = from_ms;
        if (end > until_ms) end = until_ms;
        if (begin <= end) visit(w, notes[i].parent, &notes[i], begin, end, level + 1);
    }
}

/* SPEC F5: "It is in the parent from the ADD's eventTime to that of the event that ended it, both included" */
static void visit(struct walk *w, struct span canonical, const struct scan_note *in, uint64_t from_ms, uint64_t until_ms,
                  unsigned level) {
    struct scan_note *notes = NULL;
    size_t count = 0;
    if (w->err != OK || from_ms >= w->found_ms) return;
    if (w->visits == SCAN_VISITS_MAX) {
        w->cut = true;
        return;
    }
    w->visits++;
    w->err = w->notes(w->context, canonical, &notes, &count);
    if (w->err != OK) return;
    if (count > 0) qsort(notes, count, sizeof *notes, note_compare);
    if (in != NULL) {
        uint64_t emptied = emptied_ms(notes, count, in);
        if (emptied < until_ms) until_ms = emptied;
    }
    for (size_t i = 0; i < count; i++)
        if ((notes[i].kinds & SCAN_NOTE_SHIPPED) != 0 && notes[i].time_ms >= from_ms && notes[i].time_ms <= until_ms &&
            notes[i].time_ms < w->found_ms)
            w->found_ms = notes[i].time_ms;
    if (level < SCAN_LEVELS) stays_visit(w, notes, count, from_ms, until_ms, level);
}

enum err scan_shipped(struct span canonical, scan_notes_fn *notes, void *context, uint64_t *ret_shipped_ms, bool *ret_cut) {
    struct walk w = {.notes = notes, .context = context, .found_ms = UINT64_MAX};
    visit(&w, canonical, NULL, 0, UINT64_MAX, 0);
    if (w.err != OK) return w.err;
    *ret_shipped_ms = w.found_ms == UINT64_MAX ? 0 : w.found_ms;
    *ret_cut = w.cut;
    return OK;
}
