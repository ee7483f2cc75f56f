/* parcel.h: signed records on their way to a node, with the documents they were made of; and what
 * became of each.
 *
 * A parcel owns its bytes. It is one request (at most PARCEL_RECORDS_MAX records, PARCEL_BYTES_MAX
 * bytes) and one file of the outbox: canonical [version 1, [[record as bytes, [[label, first item,
 * first event], ...]], ...]].
 */
#ifndef TOOLS_PARCEL_H
#define TOOLS_PARCEL_H

#include "base/limits.h"
#include "ledger/record.h"
#include "tools/tool.h"

enum {
    PARCEL_RECORDS_MAX = 256,
    PARCEL_BYTES_MAX = RECORD_BYTES_MAX + (1 << 20),
    PARCEL_FILE_BYTES_MAX = 16 << 20,
    PARCEL_LABEL_BYTES_MAX = 1024,
};
static_assert((size_t)PARCEL_RECORDS_MAX <= RPC_BATCH_RECORDS_MAX,
              "a parcel is one batch submission");
static_assert((size_t)PARCEL_BYTES_MAX + 16 <= RPC_BATCH_BYTES_MAX,
              "a parcel is one batch submission");

/* Where an item of a record came from: the document's name, the record's item it begins at, and its
 * first event's (one further for a document with an envelope). */
struct parcel_source {
    struct span label;
    uint32_t first_item, first_event;
};

enum parcel_state {
    PARCEL_OPEN,      /* not sent, or turned away as busy */
    PARCEL_MAYBE,     /* sent, no answer */
    PARCEL_PENDING,   /* a node has it */
    PARCEL_COMMITTED, /* decided: see code */
    PARCEL_REFUSED,   /* a node will not take it */
    PARCEL_ELSEWHERE, /* it belongs to another ledger: not for this one to decide, so it is kept */
};
struct parcel_record {
    struct span wire;
    struct parcel_source *sources;
    uint32_t sources_count;
    uint64_t expires_ms;
    struct digest id;
    enum parcel_state state;
    /* what the node said */
    uint64_t height, log_index;
    uint16_t code, item; /* of execution; item counts from 1 */
    const char *text;    /* the refusal's sentence and name, or NULL */
};
struct parcel {
    struct arena arena;
    struct parcel_record records[PARCEL_RECORDS_MAX];
    uint32_t count;
    size_t bytes;  /* of its file, nearly */
    char name[64]; /* of its file in the outbox; "" when it has none */
};
void parcel_init(struct parcel *p);
void parcel_clear(struct parcel *p); /* empty again, memory kept for reuse */
void parcel_free(struct parcel *p);
/* The same on the heap (a parcel is large). parcel_drop is for CLEANUP. */
struct parcel *parcel_new(void);
void parcel_drop(struct parcel **p);
/* Is there room for one more? An empty parcel takes any record. */
bool parcel_fits(const struct parcel *p, size_t wire_len, const struct parcel_source sources[],
                 uint32_t sources_count);
/* Copies. The wire form must be a record's; of a label longer than PARCEL_LABEL_BYTES_MAX the end
 * is kept. ERR_CODEC_* otherwise. */
enum err parcel_add(struct parcel *p, struct span wire, const struct parcel_source sources[],
                    uint32_t sources_count) MUST_USE;
bool parcel_decided(
    const struct parcel_record *r); /* nothing is left to do: committed or refused */
/* The file's bytes: records that are not decided. */
void parcel_encode(const struct parcel *p, struct buffer *out);
enum err parcel_decode(struct span file, struct parcel *ret) MUST_USE;
/* "events/002.json: eventList[3]" for an item (from 1; 0: the record as a whole). In the tool's
 * arena. */
const char *parcel_place(struct tool *t, const struct parcel_record *r, uint32_t item);

#endif
