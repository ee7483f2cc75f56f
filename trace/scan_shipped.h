/* scan_shipped.h: when a piece was first shipped (docs/spec.md rule F5): by itself, or inside a carton, on a pallet, in a container.
 *
 * A note is what one event says of one thing. Whoever keeps the history of things gives the notes; the walk from the piece to what it
 * was in, and to what that was in, is here. Pure.
 *
 * Bounded: SCAN_LEVELS parents one in another, SCAN_VISITS_MAX looks at a parent. Above the visits the result says `cut`: an earlier
 * shipping may have been missed.
 */
#ifndef TRACE_SCAN_SHIPPED_H
#define TRACE_SCAN_SHIPPED_H

#include "trace/item.h"

enum { SCAN_LEVELS = 4, SCAN_VISITS_MAX = 4096 };

enum scan_note_kind {
    SCAN_NOTE_SHIPPED = 1, /* bizStep shipping */
    SCAN_NOTE_IN = 2,      /* put into `parent` */
    SCAN_NOTE_OUT = 4,     /* taken out of `parent` */
    SCAN_NOTE_EMPTIED = 8, /* all that was in it is taken out */
};

struct scan_note {
    uint64_t time_ms, log_index;
    uint16_t item;
    uint8_t kinds;      /* bits of enum scan_note_kind */
    struct span parent; /* canonical; of IN and OUT */
};

/* What this event, which names the thing `canonical`, says of it; false: nothing that counts here. place: log index and item. The
 * parent's name is copied into the arena; ERR_TOO_LARGE when it does not fit. */
enum err scan_note_read(const struct item *item, uint64_t log_index, uint16_t item_index, struct span canonical, struct arena *arena,
                        struct scan_note *ret, bool *ret_counts) MUST_USE;

/* All notes of a thing, in any order; they live until the walk is over, which sorts them. */
typedef enum err scan_notes_fn(void *context, struct span canonical, struct scan_note **ret_notes, size_t *ret_count);

/* 0: never shipped. Errors are those of `notes`. */
enum err scan_shipped(struct span canonical, scan_notes_fn *notes, void *context, uint64_t *ret_shipped_ms, bool *ret_cut) MUST_USE;

#endif
