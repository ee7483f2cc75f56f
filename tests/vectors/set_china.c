/* set_china.c: unified social credit codes ("code,expect" with expect valid or invalid: why), and the public listing of
 * divisions: every row of provinces, cities and areas, found under its code with its name, and no row more in our table. */
#include <stdio.h>
#include <string.h>

#include "tests/vectors/vectors.h"
#include "trace/division.h"
#include "trace/uscc.h"

enum { COLUMNS = 3, FIELD_MAX = 1024 };

/* Calls fn for every row of a file whose header begins so. */
static void rows_each(const char *path, const char *header, void (*fn)(void *, struct span, struct span),
                      void *context) {
    struct buffer file CLEANUP(buffer_free) = {0}, fields[COLUMNS] = {0};
    buffer_init(&file, VECTOR_FILE_BYTES_MAX);
    if (!file_read(path, &file)) return;
    struct span rest = buffer_span(&file);
    if (!span_starts(rest, header)) return;
    for (size_t c = 0; c < COLUMNS; c++)
        buffer_init(&fields[c], FIELD_MAX);
    (void)csv_next(&rest, fields, COLUMNS);
    while (csv_next(&rest, fields, COLUMNS))
        if (fields[0].len > 0) fn(context, buffer_span(&fields[0]), buffer_span(&fields[1]));
    for (size_t c = 0; c < COLUMNS; c++)
        buffer_free(&fields[c]);
}

static void uscc_row(void *context, struct span code, struct span expect) {
    struct uscc u;
    size_t at;
    enum err e = uscc_read(code, &u, &at);
    tally_case(context, (e == OK) == span_starts(expect, "valid"), "%.*s gave %s", (int)code.len,
               (const char *)code.data, err_name(e));
}

static void uscc_file(void *context, const char *path) {
    rows_each(path, "code,expect", uscc_row, context);
}

void set_uscc(const char *dir, struct tally *t) {
    files_each(dir, ".csv", uscc_file, t);
}

struct listing {
    struct tally *tally;
    size_t rows;
};

static void division_row(void *context, struct span code, struct span name) {
    struct listing *l = context;
    char six[6] = "000000", met[6];
    struct span ours = SPAN_EMPTY;
    struct division d;
    size_t at = 0;
    if (code.len <= 6) memcpy(six, code.data, code.len);
    while (division_next(&at, met, &ours) && memcmp(met, six, 6) != 0)
        ours = SPAN_EMPTY;
    tally_case(l->tally, span_equal(ours, name) && division_find(code, &d) == OK, "%.*s %.*s", (int)code.len,
               (const char *)code.data, (int)name.len, (const char *)name.data);
    /* a city without counties stands in the list of areas a second time */
    if (code.len < 6 || memcmp(six + 4, "00", 2) != 0) l->rows++;
}

static void division_file(void *context, const char *path) {
    rows_each(path, "code,name", division_row, context);
}

void set_divisions(const char *dir, struct tally *t) {
    struct listing l = {.tally = t};
    char code[6];
    struct span name;
    size_t ours = 0, at = 0;
    files_each(dir, ".csv", division_file, &l);
    while (division_next(&at, code, &name))
        ours++;
    tally_case(t, ours == l.rows, "the table has %zu divisions, the listing %zu", ours, l.rows);
}
