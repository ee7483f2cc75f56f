/* names.c: names SEED COUNT: random identifiers and what our code makes of them, one a line, for a second implementation:
 * received, canonical text, lot, product, hexadecimal, tabs between. */
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "tests/unit/name_random.h"
#include "trace/identifier.h"

static void put(const struct buffer *b, const char *end) {
    for (size_t i = 0; i < b->len; i++)
        printf("%02x", b->data[i]);
    fputs(end, stdout);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("names SEED COUNT\n", stderr);
        return 2;
    }
    struct rng r = {.state = strtoull(argv[1], NULL, 10)};
    struct buffer b[4];
    for (size_t i = 0; i < 4; i++)
        buffer_init(&b[i], IDENTIFIER_BYTES_MAX);
    for (uint64_t n = strtoull(argv[2], NULL, 10); n > 0; n--) {
        enum identifier_kind kind;
        for (size_t i = 0; i < 4; i++)
            buffer_clear(&b[i]);
        rng_name(&r, &b[0]);
        CHECK(identifier_canonical(buffer_span(&b[0]), &b[1], &kind) == OK);
        if (!identifier_lot(buffer_span(&b[0]), &b[2])) buffer_clear(&b[2]);
        if (!identifier_product(buffer_span(&b[0]), &b[3])) buffer_clear(&b[3]);
        for (size_t i = 0; i < 4; i++)
            put(&b[i], i == 3 ? "\n" : "\t");
    }
    for (size_t i = 0; i < 4; i++)
        buffer_free(&b[i]);
    return 0;
}
