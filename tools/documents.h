/* documents.h: what the command line names, as a stream of JSON texts: files, directories (all
 * *.json, *.jsonld, *.jsonl, *.ndjson below, by name), "-" for standard input.
 *
 * JSON lines are told by content: a file whose first line is a whole JSON value is read line by
 * line, any other is one text. (A file named *.jsonl or *.ndjson is always read by lines.) At most
 * one text is held, of at most DOCUMENT_BYTES_MAX.
 */
#ifndef TOOLS_DOCUMENTS_H
#define TOOLS_DOCUMENTS_H

#include "tools/tool.h"

enum { DOCUMENT_BYTES_MAX = 8 << 20, DIRECTORY_DEPTH_MAX = 32 };

/* `label` names the text: "events/002.json", "capture.jsonl:17". Both are borrowed for the call. An
 * exit code other than EXIT_OK ends the walk. */
typedef int document_fn(void *self, const char *label, struct span text);
/* Called when the input has been silent for a moment, before waiting on: whatever was gathered
 * should go out. */
typedef int document_idle_fn(void *self);

/* Walks in order. EXIT_OK, what the function returned, or the exit code of a file that cannot be
 * read (complaint printed). */
int documents_each(struct tool *t, char **paths, uint32_t paths_count, document_fn *fn,
                   document_idle_fn *idle, void *self) MUST_USE;

#endif
