/* slots.h: keys that can be destroyed. A file of 32-byte slots, each with a random key under which something else is kept, each overwritten
 * in its place when that is to be gone: SQLite moves what it keeps between pages and leaves copies behind (measured: secure_delete does not
 * reach them), so what must not stay is never written there in the clear.
 *
 * slots_take and slots_destroy are on the disk when they return true. Which slots are in use is the caller's to remember: after opening
 * it names them (slots_use), then slots_settle destroys all others. Not for several threads. */
#ifndef STORAGE_SLOTS_H
#define STORAGE_SLOTS_H

#include "trace/sealed.h"

struct slots {
    int fd; /* -1: none */
    uint32_t count; /* in the file */
    uint32_t max;
    uint32_t from; /* no slot below is free */
    uint8_t *used; /* a byte each, count of them */
};
/* Makes the file if it is not there (mode 0600). False: errno says why. */
bool slots_open(struct slots *s, const char *path, uint32_t max) MUST_USE;
void slots_close(struct slots *s); /* accepts one whose fd is -1 */
/* False: there is no such slot. */
bool slots_use(struct slots *s, uint64_t slot) MUST_USE;
bool slots_settle(struct slots *s) MUST_USE;

/* A new random key in a free slot. OK, ERR_SEALED_ROOM, ERR_SEALED_STORE. */
enum err slots_take(struct slots *s, uint32_t *ret_slot, struct sealed_key *ret_key) MUST_USE;
/* False: it cannot be read, or was destroyed. */
bool slots_read(const struct slots *s, uint64_t slot, struct sealed_key *ret_key) MUST_USE;
bool slots_destroy(struct slots *s, uint64_t slot) MUST_USE;
/* A destroyed one may be taken again: only when nothing names it any more. */
void slots_free(struct slots *s, uint64_t slot);

#endif
