#include "base/check.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, what);
    fflush(stderr);
    abort();
}

void *check_alloc(size_t count, size_t size) {
    void *p = calloc(count == 0 ? 1 : count, size == 0 ? 1 : size); /* calloc checks the product */
    if (p == NULL) check_failed(__FILE__, __LINE__, "out of memory");
    return p;
}

void *check_realloc(void *old, size_t count, size_t size) {
    CHECK(size != 0 && count <= SIZE_MAX / size);
    void *p = realloc(old, count == 0 ? 1 : count * size);
    if (p == NULL) check_failed(__FILE__, __LINE__, "out of memory");
    return p;
}
