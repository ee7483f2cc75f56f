/* outbox.h: a directory that durably keeps what was signed and is not known to be decided.
 *
 * A parcel is written (fsync, rename, fsync of the directory) before its first byte is sent, and
 * removed when every record in it is decided. So whatever happens in between, its bytes are there
 * to be sent again, which is harmless: the same bytes are the same record. A file names records
 * that were signed; it contains no key.
 *
 * Functions return an exit code; the complaint is printed.
 */
#ifndef TOOLS_OUTBOX_H
#define TOOLS_OUTBOX_H

#include "tools/parcel.h"

struct outbox {
    struct tool *tool;
    const char *directory; /* NULL: keep nothing */
    uint32_t sequence;
};
/* --outbox, else SUYUAN_OUTBOX, else $XDG_STATE_HOME/suyuan/outbox, else
 * ~/.local/state/suyuan/outbox. Made when absent, mode 0700. "none" keeps nothing. */
int outbox_open(struct tool *t, const char *directory, struct outbox *ret) MUST_USE;
/* Writes or rewrites the parcel; removes its file when nothing in it is open. */
int outbox_keep(struct outbox *o, struct parcel *p) MUST_USE;
int outbox_load(struct outbox *o, const char *name, struct parcel *ret) MUST_USE;
/* File names, oldest first; in the tool's arena. */
/* The same of files with another ending. */
int outbox_names_of(struct outbox *o, const char *ending, const char ***ret_names, uint32_t *ret_count) MUST_USE;
int outbox_names(struct outbox *o, const char ***ret_names, uint32_t *ret_count) MUST_USE;

#endif
