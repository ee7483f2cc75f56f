/* pack_files.h: the directory of a code pack, as its maker holds it.
 *
 *   pack.json     what is to be made: pack id, count, thing, certificate, host, subject, chain
 *   secrets.csv   index,serial,url,inner of every code; mode 0600. Whoever has it can print and claim; it cannot be made again
 *   leaves.bin    64 bytes a code (trace/pack_tree.h), made from secrets.csv; public
 *   record.bin    the signed record
 *
 * A file has its name when it is whole and synced, and they come in this order; the record is sent after the last. So a crash leaves
 * a beginning of the list, and going on makes the rest: before record.bin nothing of the pack is known to anybody; from then on
 * everything is the same bytes. Memory does not grow with the pack. leaves.bin is checked whenever it is used, and made again
 * from secrets.csv when it is damaged.
 *
 * Functions return an exit code; the complaint is printed. Progress goes to standard error when that is a terminal. */
#ifndef TOOLS_PACK_FILES_H
#define TOOLS_PACK_FILES_H

#include "tools/tool.h"
#include "trace/pack_tree.h"

enum { PACK_HOST_BYTES_MAX = 128, PACK_LINE_BYTES_MAX = 512 };

struct pack_plan {
    char id[PACK_ID_BYTES + 1];
    uint32_t count;
    struct span thing;       /* canonical: the GTIN, or its lot */
    struct span certificate; /* or empty */
    struct span host;        /* what urls begin with; no "/" at the end */
    struct span subject;
    struct digest chain_id;
};

/* Opens and locks the directory until *ret_lock is closed: one process at a time. make: it is created with mode 0700 and must hold
 * nothing yet. */
int pack_directory(struct tool *t, const char *directory, bool make, int *ret_lock) MUST_USE;
void pack_unlock(int *lock); /* accepts -1 */
bool pack_has(struct tool *t, const char *directory, const char *file);
const char *pack_file(struct tool *t, const char *directory, const char *file);

/* The url of a code under a host, appended. */
void pack_url(struct span host, const struct code *code, struct buffer *out);
int pack_plan_write(struct tool *t, const char *directory, const struct pack_plan *plan) MUST_USE;
/* Spans live in the tool's arena. EXIT_NOT_FOUND when it is no such directory. */
int pack_plan_read(struct tool *t, const char *directory, struct pack_plan *ret) MUST_USE;

/* secrets.csv, from the random source of the system. */
int pack_secrets_make(struct tool *t, const char *directory, const struct pack_plan *plan) MUST_USE;

/* Reads secrets.csv in order; every line is checked against the plan. */
struct pack_secret {
    struct code code;
    char inner[CODE_INNER_CHARS + 1];
    struct span url; /* until the next */
};
struct pack_reader {
    struct tool *tool;
    const struct pack_plan *plan;
    const char *path;
    FILE *from;
    uint32_t next; /* index */
    struct buffer url;
    char line[PACK_LINE_BYTES_MAX];
};
int pack_reader_open(struct tool *t, const char *directory, const struct pack_plan *plan,
                     struct pack_reader *ret) MUST_USE;
/* ret_more false: all plan->count were given, and the file ends there. */
int pack_reader_next(struct pack_reader *r, struct pack_secret *ret, bool *ret_more) MUST_USE;
void pack_reader_close(struct pack_reader *r); /* wipes; accepts a zeroed struct */

/* leaves.bin from secrets.csv, on all cores. */
int pack_leaves_make(struct tool *t, const char *directory, const struct pack_plan *plan) MUST_USE;
/* Chunk hashes and root of leaves.bin as it stands. *ret_whole false: it is not there or not of this count. */
int pack_leaves_tree(struct tool *t, const char *directory, const struct pack_plan *plan,
                     struct pack_tree *ret_tree, struct digest *ret_root, bool *ret_whole) MUST_USE;

#endif
