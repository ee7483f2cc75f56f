/* sender.h: parcels to nodes, and what became of them.
 *
 * One parcel at a time: kept in the outbox, sent, asked after until every record is decided (with
 * `wait`) or at least taken, or time is up. The same bytes are sent again after silence, to
 * whichever node answers: that is harmless. When no node can be reached, nothing is tried again in
 * this run: later parcels are only kept.
 */
#ifndef TOOLS_SENDER_H
#define TOOLS_SENDER_H

#include "tools/node.h"
#include "tools/outbox.h"

struct sender {
    struct tool *tool;
    struct node *node;
    struct outbox *outbox;
    bool wait;           /* until committed; else until taken */
    uint64_t timeout_ms; /* for one parcel */
    bool unreachable;    /* no node answered; stays */
    /* What became of everything so far. */
    uint64_t signed_count, committed, duplicates, pending, refused, unsent, unknown;
    uint64_t shown_ms; /* progress was last shown */
    char
        why[256]; /* why a node would not take what is unsent, by its own word; "" when none said */
    struct buffer
        *json; /* with --json: one object per record is written here and printed as it fills */
    struct emit *emit;
};
/* Returns an exit code only for what makes going on senseless (the disk, a node that talks
 * nonsense). */
int sender_send(struct sender *s, struct parcel *p) MUST_USE;
/* What the run as a whole came to. */
int sender_code(const struct sender *s);
/* Clears the progress line and prints the sum, with what to type next. */
void sender_summary(struct sender *s);
void sender_progress(struct sender *s, bool force);
/* The frame of the JSON result around the records. */
void sender_json_begin(struct sender *s, struct buffer *out, struct emit *j);
void sender_json_end(struct sender *s, uint64_t documents_refused);

#endif
