/* output.h: files that are there whole or not at all, one or a numbered set of them.
 *
 * A file is written under a temporary name beside its own and gets its name when everything is done: output_commit renames, in order, after
 * every file was synced, and syncs the directory. Whatever ends before that leaves the old file, or none. One file replaces what had its
 * name; a numbered set (sheets.svg: sheets-00001.svg, ...) replaces nothing: it is refused (EEXIST) when a file of it, or the one after its
 * last, is there already, since leaves of an older set among the new would be printed with them.
 *
 * "-" is standard output: written as it comes.
 *
 * Calls that return bool set errno when false. Once one has failed only output_abandon is left, which removes what is temporary.
 */
#ifndef TOOLS_PRINT_OUTPUT_H
#define TOOLS_PRINT_OUTPUT_H

#include <sys/types.h>

#include "base/span.h"

struct output {
    const char *path;
    mode_t mode;
    bool numbered, standard;
    uint32_t files; /* begun */
    uint64_t bytes; /* of all of them */
    int fd;         /* -1: none is open */
    int error;      /* errno of the first failure */
    struct buffer held;
};

/* `path` is kept, not copied. Nothing is created before output_next. */
void output_begin(struct output *o, const char *path, bool numbered, mode_t mode);
/* Ends the file before, if any, and begins the next (the only one, where not numbered). */
bool output_next(struct output *o) MUST_USE;
bool output_write(void *self, struct span bytes) MUST_USE; /* the shape of struct sink (canvas.h) */
bool output_commit(struct output *o) MUST_USE;
/* Removes the temporary files of what was not committed; accepts a committed or a zeroed struct. */
void output_abandon(struct output *o);

#endif
