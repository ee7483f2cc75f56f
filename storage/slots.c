/* slots.c: see slots.h. Possible failures: a full or broken disk; the slot is then not in use. */
#include "storage/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOT_BYTES = 32 };

/* A file that is new: without this its name may be gone after a power loss, and the rows that need it are not. */
static bool name_sync(const char *path) {
    char parent[4096];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (len >= sizeof parent) return false;
    memcpy(parent, path, len);
    memcpy(parent + len, len > 0 ? "" : slash ? "/" : ".", len > 0 ? 1 : 2);
    int directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = directory >= 0 && fsync(directory) == 0;
    if (directory >= 0) (void)close(directory);
    return ok;
}

bool slots_open(struct slots *s, const char *path, uint32_t max) {
    struct stat st;
    *s = (struct slots){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), .max = max};
    if (s->fd < 0 || fstat(s->fd, &st) != 0) return false;
    if (st.st_size == 0 && !name_sync(path)) return false;
    uint64_t count = (uint64_t)st.st_size / SLOT_BYTES;
    if (count > max) {
        errno = EFBIG;
        return false;
    }
    s->count = (uint32_t)count;
    s->used = check_alloc(s->count + 1u, 1);
    return true;
}

void slots_close(struct slots *s) {
    if (s->fd >= 0) (void)close(s->fd);
    free(s->used);
    *s = (struct slots){.fd = -1};
}

static bool slot_write(const struct slots *s, uint64_t slot, const struct sealed_key *key) {
    return pwrite(s->fd, key->b, SLOT_BYTES, (off_t)(slot * SLOT_BYTES)) == SLOT_BYTES && fdatasync(s->fd) == 0;
}

bool slots_use(struct slots *s, uint64_t slot) {
    if (slot >= s->count) return false;
    s->used[slot] = 1;
    return true;
}

bool slots_settle(struct slots *s) {
    static const struct sealed_key none = {{0}};
    struct sealed_key key;
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->used[i] && slots_read(s, i, &key) && !slot_write(s, i, &none)) return false;
    return true;
}

enum err slots_take(struct slots *s, uint32_t *ret_slot, struct sealed_key *ret_key) {
    struct sealed_key key;
    uint32_t slot = s->from;
    while (slot < s->count && s->used[slot])
        slot++;
    if (slot >= s->max) return ERR_SEALED_ROOM;
    random_bytes(key.b, sizeof key.b);
    if (!slot_write(s, slot, &key)) return errno == ENOSPC ? ERR_SEALED_ROOM : ERR_SEALED_STORE;
    if (slot == s->count) {
        s->used = check_realloc(s->used, s->count + 2u, 1);
        s->count++;
    }
    s->used[slot] = 1;
    s->from = slot + 1;
    *ret_slot = slot;
    *ret_key = key;
    return OK;
}

bool slots_read(const struct slots *s, uint64_t slot, struct sealed_key *ret_key) {
    static const struct sealed_key none = {{0}};
    struct sealed_key key;
    if (slot >= s->count || pread(s->fd, key.b, SLOT_BYTES, (off_t)(slot * SLOT_BYTES)) != SLOT_BYTES ||
        memcmp(key.b, none.b, SLOT_BYTES) == 0)
        return false;
    *ret_key = key;
    return true;
}

bool slots_destroy(struct slots *s, uint64_t slot) {
    static const struct sealed_key none = {{0}};
    return slot >= s->count || slot_write(s, slot, &none);
}

void slots_free(struct slots *s, uint64_t slot) {
    if (slot >= s->count) return;
    s->used[slot] = 0;
    if (slot < s->from) s->from = (uint32_t)slot;
}
