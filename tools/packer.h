/* packer.h: documents to signed records (SPEC R). One record per document; with `batch` several
 * documents under one signature, until they have that many events.
 *
 * A refused document is told by name (file, place of the field, rule), counted, and the others go
 * on. */
#ifndef TOOLS_PACKER_H
#define TOOLS_PACKER_H

#include "tools/parcel.h"
#include "tools/sealing.h"
#include "trace/epcis.h"

struct packer {
    struct tool *tool;
    const struct ledger_params *params;
    struct keypair keys;
    struct span subject;
    uint64_t lifetime_ms;
    struct hider *hider; /* NULL: nothing is hidden */
    uint32_t batch; /* events per signature; 0: one record per document */
    uint64_t documents, events, refused;
    /* The record being filled. */
    struct arena arena;
    struct item *items; /* RECORD_ITEMS_MAX of them */
    uint32_t items_count, events_count;
    size_t items_bytes;
    struct parcel_source *sources; /* RECORD_ITEMS_MAX of them */
    uint32_t sources_count;
};
/* params, subject outlive it; keys are copied and wiped by packer_free. params NULL: only check
 * documents, sign nothing. */
void packer_init(struct packer *p, struct tool *t, const struct ledger_params *params,
                 const struct keypair *keys, struct span subject);
void packer_free(struct packer *p);

/* A document may need a record of its own after the one being filled: */
enum packer_next {
    PACKER_ADDED, /* it is in (or was refused and told) */
    PACKER_FULL,  /* sign what there is, then offer it again */
};
enum packer_next packer_add(struct packer *p, const char *label, struct span text) MUST_USE;
/* Signs what there is, if anything, into ret_wire (replacing it); false when there is nothing. */
bool packer_sign(struct packer *p, struct buffer *ret_wire) MUST_USE;
/* After the record was taken: begin the next. p->sources are valid until then. */
void packer_next_record(struct packer *p);

#endif
