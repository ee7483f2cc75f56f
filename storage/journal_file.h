/* journal_file.h: the journal's segments as files in a directory, `0000000000000001.journal` and so
 * on. Plain POSIX calls that block: from worker threads, and from the main thread before the loop
 * runs.
 *
 * A segment is made under another name: zeros, header, fsync, rename, fsync of the directory. So a
 * file with a segment's name is complete, and appending to it (pwrite, fdatasync) changes no
 * metadata. One segment is kept in reserve, made by journal_file_prepare at a quiet moment, so that
 * beginning a new one costs a header and a rename, not 64 MiB.
 *
 * The directory is locked (flock) while open: a second process is refused. Threads: one call at a
 * time, but for journal_file_prepare, which may run beside the others.
 */
#ifndef STORAGE_JOURNAL_FILE_H
#define STORAGE_JOURNAL_FILE_H

#include "storage/journal.h"

struct journal_file;

enum { JOURNAL_ERROR_BYTES = 256 };

/* Creates the directory when it is not there (its parent must be). NULL: ret_error says why. */
struct journal_file *journal_file_open(const char *directory, char ret_error[JOURNAL_ERROR_BYTES]);
void journal_file_close(struct journal_file *f); /* accepts NULL */
struct journal_disk journal_file_disk(struct journal_file *f);

/* Makes the reserve for segments of this size if there is none. False: the world refused; the
 * journal goes on, and makes its next segment when it needs it. */
bool journal_file_prepare(struct journal_file *f, uint32_t segment_bytes);

#endif
