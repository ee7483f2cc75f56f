/* Reads JSON documents, one a line, and prints one line for each: "accept", or "refuse ERR_NAME
 * where". What tests/vectors/ajv compares with ajv, and handy by hand. With --items also each
 * accepted document must come back from its items equal, byte for byte, and the items must pass the
 * check that a node makes of items it did not build itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "trace/epcis.h"
#include "trace/epcis_schema.h"

enum { DOCUMENT_BYTES_MAX = 8 << 20 };

static enum err round_trip(struct span document, struct arena *arena, struct refusal *refusal) {
    struct items items;
    struct buffer back CLEANUP(buffer_free) = {0};
    uint32_t bad = 0;
    buffer_init(&back, DOCUMENT_BYTES_MAX);
    enum err err = epcis_to_items(document, arena, &items, refusal);
    if (err != OK) return err;
    err = epcis_items_check(items.list, items.count, &bad, refusal);
    if (err != OK) {
        fprintf(stderr, "own item %u is refused: %s %s\n", bad, err_name(err), refusal->where);
        exit(1);
    }
    err = epcis_from_items(items.list, items.count, &back);
    if (err != OK || !span_equal(buffer_span(&back), document)) {
        fprintf(stderr, "the document does not come back equal\n");
        exit(1);
    }
    return OK;
}

int main(int argc, char **argv) {
    bool items = argc > 1 && strcmp(argv[1], "--items") == 0;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    struct arena arena;
    arena_init(&arena, DOCUMENT_BYTES_MAX);
    while ((len = getline(&line, &cap, stdin)) > 0) {
        struct buffer value CLEANUP(buffer_free) = {0};
        struct refusal refusal = {OK, ""};
        buffer_init(&value, DOCUMENT_BYTES_MAX);
        enum err err = json_parse(span_of(line, (size_t)len), &value, &refusal);
        if (err == OK) err = epcis_validate(buffer_span(&value), &refusal);
        if (err == OK && items) err = round_trip(buffer_span(&value), &arena, &refusal);
        arena_reset(&arena);
        if (err == OK) {
            puts("accept");
        } else {
            printf("refuse %s %s\n", err_name(err), refusal.where);
        }
    }
    arena_free(&arena);
    free(line);
    return 0;
}
