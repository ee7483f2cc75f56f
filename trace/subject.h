/* subject.h: how those who speak are named (docs/spec.md rules G5, G6). */
#ifndef TRACE_SUBJECT_H
#define TRACE_SUBJECT_H

#include "base/span.h"

enum { SUBJECT_ID_BYTES_MAX = 64 };

/* SPEC G6: also the form of other short names that rules compare (certificate types, what an anchor
 * holds). */
bool subject_id_valid(struct span id);
/* 0 to 12 decimal digits. */
bool division_valid(struct span division);

#endif
