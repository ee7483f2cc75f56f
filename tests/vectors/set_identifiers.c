/* set_identifiers.c: the published normaliser's pairs (input, canonical Digital Link; empty: no normal form)
 * as CSV with a header line; columns by name: the second is the input, the third what it becomes. What has no
 * normal form is opaque here: it stands for itself. */
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "tests/vectors/vectors.h"
#include "trace/identifier.h"

enum { COLUMNS = 3 };

static void pair(struct tally *t, const char *path, struct span input, struct span expected) {
    struct buffer out CLEANUP(buffer_free) = {0}, again CLEANUP(buffer_free) = {0};
    enum identifier_kind kind;
    buffer_init(&out, IDENTIFIER_BYTES_MAX);
    buffer_init(&again, IDENTIFIER_BYTES_MAX);
    bool good = identifier_canonical(input, &out, &kind) == OK &&
                span_equal(buffer_span(&out), expected.len > 0 ? expected : input) &&
                identifier_canonical(buffer_span(&out), &again, &kind) == OK &&
                span_equal(buffer_span(&again), buffer_span(&out));
    tally_case(t, good, "%s: %.*s became %.*s, expected %.*s", path, (int)input.len,
               (const char *)input.data, (int)out.len, (const char *)out.data, (int)expected.len,
               (const char *)expected.data);
}

static void one(void *context, const char *path) {
    struct buffer text CLEANUP(buffer_free) = {0}, fields[COLUMNS] = {0};
    struct span rest;
    buffer_init(&text, VECTOR_FILE_BYTES_MAX);
    if (!file_read(path, &text)) return;
    for (size_t c = 0; c < COLUMNS; c++)
        buffer_init(&fields[c], 65536);
    rest = buffer_span(&text);
    bool header = csv_next(&rest, fields, COLUMNS);
    while (header && csv_next(&rest, fields, COLUMNS))
        if (fields[1].len > 0) pair(context, path, buffer_span(&fields[1]), buffer_span(&fields[2]));
    for (size_t c = 0; c < COLUMNS; c++)
        buffer_free(&fields[c]);
}

void set_identifiers(const char *dir, struct tally *t) {
    files_each(dir, ".csv", one, t);
}
