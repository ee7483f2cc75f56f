/* check.h: the broken program stops here.
 *
 * CHECK(cond) is always on, in every build. It guards what only a bug can break; input from outside is
 * refused with an `enum err` (err.h) instead, and a broken world (disk, memory) is logged and stops the node.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stddef.h>

_Noreturn void check_failed(const char *file, int line, const char *what);

#define CHECK(cond) ((cond) ? (void)0 : check_failed(__FILE__, __LINE__, #cond))

/* A result that must be looked at. */
#define MUST_USE __attribute__((warn_unused_result))

/* Runs fn(&variable) when the variable leaves its scope; fn accepts a NULL or half-built object. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* malloc family that never returns NULL: allocation failure stops the program, so there is no ERR_NOMEM.
 * check_alloc zeroes. count * size may not overflow (checked). Free with free(). */
void *check_alloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *check_realloc(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

#endif
