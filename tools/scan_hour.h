/* scan_hour.h: what a node tallied in an hour, its root, and what the ledger has of it. The rows are the node's word, the root is computed
 * here, an anchor is taken from a proof.
 *
 * Functions that ask a node return an exit code; the complaint is printed. */
#ifndef TOOLS_SCAN_HOUR_H
#define TOOLS_SCAN_HOUR_H

#include "tools/desk.h"
#include "trace/anchor.h"
#include "trace/scan.h"

struct scan_hour {
    uint64_t ms;      /* when it begins; set by the caller */
    struct span name; /* of the node */
    bool over;
    uint64_t dropped;
    struct scan_row *rows;
    size_t count;
    struct digest root; /* computed here */
    char what[SCAN_WHAT_BYTES_MAX + 1]; /* set by the caller (scan_what) */
};
void scan_hour_free(struct scan_hour *h);

/* Appends rows of one piece, or (identifier empty) of the hour hour_ms: what a row does not say is the same for all. False: not of F1's
 * form, or out of order. Texts into the arena; *rows is owned by the caller in any case. */
bool scan_rows_read(struct span list, uint64_t hour_ms, struct span identifier, struct arena *arena, struct scan_row **rows,
                    size_t *count) MUST_USE;
/* All rows of the hour, from the node that is asked first and no other. */
int scan_hour_fetch(struct node *n, struct scan_hour *h) MUST_USE;
/* The anchor of h->what and h->ms by this subject, if the ledger has it. */
int scan_anchor_find(struct desk *d, const struct digest *chain_id, const char *subject, const struct scan_hour *h, bool *ret_found,
                     struct anchor *ret, uint64_t *ret_index) MUST_USE;

#endif
