/* directory.h: a directory whose files are to survive: made if need be, opened, its own name made durable.
 *
 * Nothing is printed: false or NULL, and errno says why. */
#ifndef STORAGE_DIRECTORY_H
#define STORAGE_DIRECTORY_H

#include <dirent.h>

#include "base/span.h"

/* Mode 0700 when it is made. The parent is synced: without that the directory itself may be gone after a power loss. *ret_what: what
 * could not be done ("cannot open"), for a sentence with the path. */
bool directory_open(const char *path, int *ret_directory, const char **ret_what) MUST_USE;
/* For readdir, which moves no one else's place in it. NULL on failure. */
DIR *directory_stream(int directory) MUST_USE;
void directory_stream_close(DIR **d); /* accepts NULL in it; for CLEANUP */

/* Closes what is open and remembers that it is not: -1. For CLEANUP. */
void fd_close(int *fd);

#endif
