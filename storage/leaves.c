/* leaves.c: files of leaves. The happy path of a pack is: a file with its hashes is made under another name, synced and named; each chunk
 * is written, synced, and only then its bit set. Possible failures: a crash leaves a file without its name (removed at the
 * next opening), bytes without their bit (written again), never a bit without its bytes; a full disk leaves the same
 * as a crash. */
#include "storage/leaves.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "storage/directory.h"

enum {
    NAME_BYTES = 40, /* <gtin>-<pack>.leaves */
    MAGIC_BYTES = 16,
    AT_COUNT = 16,
    AT_ROOT = 20,
    AT_WHOLE = 52,
    AT_BITS = 64,
    HEAD_BYTES = AT_BITS + LEAVES_BITS_BYTES,
    AT_HASHES = 4096,
    RING = 64,
};
static_assert(HEAD_BYTES <= AT_HASHES, "the bits end before the hashes");
static_assert(AT_HASHES + LEAVES_HASHES_BYTES_MAX <= PACK_CHUNK_BYTES, "and these before the first chunk");

static const uint8_t magic[MAGIC_BYTES] = "suyuan leaves\0\0\1";

struct leaves {
    int directory;
    struct leaves_options options;
    pthread_mutex_t writing; /* one at a time, over its syncs */
    pthread_mutex_t numbers; /* guards what is below; never held over the disk */
    struct leaves_totals totals;
    char ring[RING][PACK_ID_BYTES + 1];
    uint64_t whole_count;
};

/* A file as it was found. */
struct file {
    int fd;
    uint8_t head[HEAD_BYTES];
};

/* The list as it is kept and sent: 32 bytes each. */
static bool hashes_are(const struct leaves_pack *pack, struct span hashes) {
    struct digest list[PACK_CHUNKS_MAX];
    if (hashes.len == 0 || hashes.len > sizeof list || hashes.len % sizeof *list != 0) return false;
    memcpy(list, hashes.data, hashes.len);
    return pack_chunks_check(list, hashes.len / sizeof *list, pack->count, &pack->root);
}

/* ---- names ---- */

static void name_of(const struct leaves_pack *pack, const char *suffix, char ret[NAME_BYTES]) {
    CHECK(pack_id_valid(span_text(pack->id)) && pack->count >= 1 && pack->count <= PACK_CODES_MAX);
    snprintf(ret, NAME_BYTES, "%.14s-%.5s%s", pack->id, pack->id + 15, suffix);
}

/* Does a file's name end in this and say a pack before it? */
static bool name_is(const char *name, const char *suffix) {
    char id[PACK_ID_BYTES];
    if (strlen(name) <= PACK_ID_BYTES || name[CODE_GTIN_DIGITS] != '-') return false;
    memcpy(id, name, sizeof id);
    id[CODE_GTIN_DIGITS] = '/';
    return pack_id_valid(span_of(id, sizeof id)) && strcmp(name + PACK_ID_BYTES, suffix) == 0;
}

/* ---- bytes ---- */

static void file_close(struct file *f) {
    fd_close(&f->fd);
}

static bool read_at(int fd, uint8_t *ret, size_t len, uint64_t offset) {
    while (len > 0) {
        ssize_t n = pread(fd, ret, len, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        ret += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

static bool write_at(int fd, const uint8_t *data, size_t len, uint64_t offset) {
    while (len > 0) {
        ssize_t n = pwrite(fd, data, len, (off_t)offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        data += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return true;
}

static uint64_t chunk_at(uint32_t chunk) {
    return (uint64_t)PACK_CHUNK_BYTES * (chunk + 1);
}

static bool bit(const uint8_t *bits, uint32_t i) {
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

static uint32_t bits_count(const uint8_t *bits, uint32_t chunks) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < chunks; i++) n += bit(bits, i) ? 1 : 0;
    return n;
}

static bool head_formed(const uint8_t head[HEAD_BYTES]) {
    uint32_t count = get_u32(head + AT_COUNT);
    return memcmp(head, magic, MAGIC_BYTES) == 0 && count >= 1 && count <= PACK_CODES_MAX;
}

/* False when there is no file of this pack: none, or another's under its name. */
static bool file_open(struct leaves *l, const struct leaves_pack *pack, struct file *ret) {
    char name[NAME_BYTES];
    name_of(pack, ".leaves", name);
    struct file f = {.fd = openat(l->directory, name, O_RDWR | O_CLOEXEC)};
    bool ok = f.fd >= 0 && read_at(f.fd, f.head, HEAD_BYTES, 0) && head_formed(f.head) &&
              get_u32(f.head + AT_COUNT) == pack->count && memcmp(f.head + AT_ROOT, pack->root.b, 32) == 0;
    if (ok) *ret = f;
    if (!ok) fd_close(&f.fd);
    return ok;
}

static bool marked_deleted(struct leaves *l, const struct leaves_pack *pack) {
    char name[NAME_BYTES];
    struct stat st;
    name_of(pack, ".deleted", name);
    return fstatat(l->directory, name, &st, 0) == 0;
}

/* ---- the directory ---- */

static bool failed(char ret_error[LEAVES_ERROR_BYTES], const char *what, const char *name) {
    char text[96];
    const char *why = strerror_r(errno, text, sizeof text);
    snprintf(ret_error, LEAVES_ERROR_BYTES, "%s %s: %s", what, name, why);
    return false;
}

static void tally(struct leaves *l, const char *name) {
    struct file CLEANUP(file_close) f = {.fd = openat(l->directory, name, O_RDONLY | O_CLOEXEC)};
    if (f.fd < 0 || !read_at(f.fd, f.head, HEAD_BYTES, 0) || !head_formed(f.head)) return;
    uint32_t chunks = pack_chunks(get_u32(f.head + AT_COUNT)), held = bits_count(f.head + AT_BITS, chunks);
    l->totals.chunks += held;
    l->totals.whole += held == chunks ? 1 : 0;
    l->totals.bytes += chunk_at(held);
}

/* One name of the directory. */
static bool entry_look(struct leaves *l, const char *name) {
    char beside[NAME_BYTES];
    struct stat st;
    if (name_is(name, ".new")) return unlinkat(l->directory, name, 0) == 0 || errno == ENOENT;
    if (name_is(name, ".deleted")) l->totals.deleted++;
    if (!name_is(name, ".leaves")) return true;
    snprintf(beside, sizeof beside, "%.*s.deleted", PACK_ID_BYTES, name);
    if (fstatat(l->directory, beside, &st, 0) == 0) return unlinkat(l->directory, name, 0) == 0 || errno == ENOENT;
    tally(l, name);
    return true;
}

static bool directory_read(struct leaves *l, char ret_error[LEAVES_ERROR_BYTES]) {
    CLEANUP(directory_stream_close) DIR *d = directory_stream(l->directory);
    if (d == NULL) return failed(ret_error, "cannot list", "the directory of leaves");
    errno = 0;
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (!entry_look(l, e->d_name)) return failed(ret_error, "cannot remove", e->d_name);
        errno = 0;
    }
    return errno == 0 || failed(ret_error, "cannot list", "the directory of leaves");
}

static bool open_all(struct leaves *l, const char *directory, char ret_error[LEAVES_ERROR_BYTES]) {
    const char *what;
    if (!directory_open(directory, &l->directory, &what)) return failed(ret_error, what, directory);
    return directory_read(l, ret_error);
}

struct leaves *leaves_open(const char *directory, const struct leaves_options *options,
                           char ret_error[LEAVES_ERROR_BYTES]) {
    struct leaves *l = check_alloc(1, sizeof *l);
    l->options = *options;
    l->directory = -1;
    (void)pthread_mutex_init(&l->writing, NULL);
    (void)pthread_mutex_init(&l->numbers, NULL);
    if (open_all(l, directory, ret_error)) return l;
    leaves_close(l);
    return NULL;
}

void leaves_close(struct leaves *l) {
    if (l == NULL) return;
    fd_close(&l->directory);
    (void)pthread_mutex_destroy(&l->writing);
    (void)pthread_mutex_destroy(&l->numbers);
    free(l);
}

/* ---- what is held ---- */

void leaves_held(struct leaves *l, const struct leaves_pack *pack, struct leaves_held *ret) {
    struct file CLEANUP(file_close) f = {.fd = -1};
    *ret = (struct leaves_held){.deleted = marked_deleted(l, pack)};
    if (ret->deleted || !file_open(l, pack, &f)) return;
    ret->hashes = f.head[AT_WHOLE] == 1;
    ret->held = bits_count(f.head + AT_BITS, pack_chunks(pack->count));
    memcpy(ret->bits, f.head + AT_BITS, LEAVES_BITS_BYTES);
}

bool leaves_has(const struct leaves_held *h, uint32_t chunk) {
    CHECK(chunk < PACK_CHUNKS_MAX);
    return bit(h->bits, chunk);
}

void leaves_totals(struct leaves *l, struct leaves_totals *ret) {
    (void)pthread_mutex_lock(&l->numbers);
    *ret = l->totals;
    (void)pthread_mutex_unlock(&l->numbers);
}

bool leaves_became_whole(struct leaves *l, uint64_t *sequence, char ret_id[PACK_ID_BYTES + 1]) {
    (void)pthread_mutex_lock(&l->numbers);
    uint64_t next = *sequence + 1, oldest = l->whole_count < RING ? 1 : l->whole_count - RING + 1;
    if (next < oldest) next = oldest;
    bool there = next <= l->whole_count;
    if (there) {
        memcpy(ret_id, l->ring[next % RING], PACK_ID_BYTES + 1);
        *sequence = next;
    }
    (void)pthread_mutex_unlock(&l->numbers);
    return there;
}

/* ---- reading, checked ---- */

/* The disk gave something else than was written: the hashes, or a chunk, count as absent from now on. */
static void mark_damaged(struct leaves *l, struct file *f, bool hashes, uint32_t chunk) {
    (void)pthread_mutex_lock(&l->writing);
    uint8_t head[HEAD_BYTES] = {0};
    uint64_t at = hashes ? AT_WHOLE : AT_BITS + chunk / 8;
    /* Anew: another thread may have found it before. */
    bool was = read_at(f->fd, head, HEAD_BYTES, 0) && (hashes ? head[AT_WHOLE] == 1 : bit(head + AT_BITS, chunk));
    uint32_t chunks = pack_chunks(get_u32(f->head + AT_COUNT));
    bool whole = was && bits_count(head + AT_BITS, chunks) == chunks;
    head[at] = (uint8_t)(hashes ? 0u : head[at] & ~(1u << chunk % 8));
    if (was && write_at(f->fd, head + at, 1, at)) {
        (void)pthread_mutex_lock(&l->numbers);
        l->totals.damaged++;
        l->totals.chunks -= hashes ? 0 : 1;
        l->totals.bytes -= hashes ? 0 : PACK_CHUNK_BYTES;
        l->totals.whole -= !hashes && whole ? 1 : 0;
        (void)pthread_mutex_unlock(&l->numbers);
    }
    (void)pthread_mutex_unlock(&l->writing);
}

static enum err hashes_load(struct leaves *l, const struct leaves_pack *pack, struct file *f,
                            uint8_t ret[LEAVES_HASHES_BYTES_MAX]) {
    size_t len = (size_t)pack_chunks(pack->count) * 32;
    if (f->head[AT_WHOLE] != 1) return ERR_LEAVES_ABSENT;
    if (read_at(f->fd, ret, len, AT_HASHES) && hashes_are(pack, span_of(ret, len))) return OK;
    mark_damaged(l, f, true, 0);
    return ERR_LEAVES_ABSENT;
}

static bool chunk_is(const struct leaves_pack *pack, const uint8_t *hashes, uint32_t chunk, struct span codes) {
    struct digest want;
    memcpy(want.b, hashes + (size_t)chunk * 32, 32);
    return pack_chunk_check(codes, chunk, pack->count, &want);
}

enum err leaves_get_hashes(struct leaves *l, const struct leaves_pack *pack, struct buffer *ret) {
    struct file CLEANUP(file_close) f = {.fd = -1};
    uint8_t hashes[LEAVES_HASHES_BYTES_MAX];
    if (marked_deleted(l, pack)) return ERR_LEAVES_DELETED;
    if (!file_open(l, pack, &f)) return ERR_LEAVES_ABSENT;
    enum err e = hashes_load(l, pack, &f, hashes);
    if (e != OK) return e;
    buffer_clear(ret);
    buffer_append(ret, hashes, (size_t)pack_chunks(pack->count) * 32);
    return OK;
}

enum err leaves_get_chunk(struct leaves *l, const struct leaves_pack *pack, uint32_t chunk, struct buffer *ret) {
    struct file CLEANUP(file_close) f = {.fd = -1};
    uint8_t hashes[LEAVES_HASHES_BYTES_MAX], codes[PACK_CHUNK_BYTES];
    uint32_t len = pack_chunk_codes(pack->count, chunk) * PACK_ENTRY_BYTES;
    if (marked_deleted(l, pack)) return ERR_LEAVES_DELETED;
    if (!file_open(l, pack, &f) || !bit(f.head + AT_BITS, chunk)) return ERR_LEAVES_ABSENT;
    enum err e = hashes_load(l, pack, &f, hashes);
    if (e != OK) return e;
    if (!read_at(f.fd, codes, len, chunk_at(chunk)) || !chunk_is(pack, hashes, chunk, span_of(codes, len))) {
        mark_damaged(l, &f, false, chunk);
        return ERR_LEAVES_ABSENT;
    }
    buffer_clear(ret);
    buffer_append(ret, codes, len);
    return OK;
}

/* ---- writing; all under `writing` ---- */

static bool room(struct leaves *l) {
    struct statvfs v;
    struct leaves_totals t;
    leaves_totals(l, &t);
    if (t.bytes + PACK_CHUNK_BYTES > l->options.bytes_max) return false;
    return fstatvfs(l->directory, &v) == 0 &&
           (uint64_t)v.f_bavail * v.f_frsize >= l->options.free_bytes_min + PACK_CHUNK_BYTES;
}

/* A file with the hashes and no chunk, under its name when it is whole. */
static bool file_make(struct leaves *l, const struct leaves_pack *pack, struct span hashes) {
    char temporary[NAME_BYTES], name[NAME_BYTES];
    uint8_t head[HEAD_BYTES] = {0};
    name_of(pack, ".new", temporary);
    name_of(pack, ".leaves", name);
    memcpy(head, magic, MAGIC_BYTES);
    put_u32(head + AT_COUNT, pack->count);
    memcpy(head + AT_ROOT, pack->root.b, 32);
    head[AT_WHOLE] = 1;
    CLEANUP(fd_close) int fd = openat(l->directory, temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool ok = write_at(fd, head, HEAD_BYTES, 0) && write_at(fd, hashes.data, hashes.len, AT_HASHES) &&
              fsync(fd) == 0 && renameat(l->directory, temporary, l->directory, name) == 0 &&
              fsync(l->directory) == 0;
    if (!ok) (void)unlinkat(l->directory, temporary, 0);
    (void)pthread_mutex_lock(&l->numbers);
    if (ok) l->totals.bytes += chunk_at(0);
    (void)pthread_mutex_unlock(&l->numbers);
    return ok;
}

static bool hashes_write(struct leaves *l, const struct leaves_pack *pack, struct span hashes) {
    struct file CLEANUP(file_close) f = {.fd = -1};
    static const uint8_t whole = 1;
    if (!file_open(l, pack, &f)) return file_make(l, pack, hashes);
    if (f.head[AT_WHOLE] == whole) return true;
    return write_at(f.fd, hashes.data, hashes.len, AT_HASHES) && fdatasync(f.fd) == 0 &&
           write_at(f.fd, &whole, 1, AT_WHOLE);
}

enum err leaves_put_hashes(struct leaves *l, const struct leaves_pack *pack, struct span hashes) {
    if (marked_deleted(l, pack)) return ERR_LEAVES_DELETED;
    if (!hashes_are(pack, hashes)) return ERR_LEAVES_HASHES;
    (void)pthread_mutex_lock(&l->writing);
    bool ok = room(l) && hashes_write(l, pack, hashes);
    (void)pthread_mutex_unlock(&l->writing);
    return ok ? OK : ERR_LEAVES_ROOM;
}

/* The chunk's bytes, synced; then its bit. The last one is synced with its bit: a whole pack stays whole. */
static bool chunk_write(struct leaves *l, const struct leaves_pack *pack, struct file *f, uint32_t chunk,
                        struct span codes) {
    uint8_t *byte = &f->head[AT_BITS + chunk / 8];
    if (!write_at(f->fd, codes.data, codes.len, chunk_at(chunk)) || fdatasync(f->fd) != 0) return false;
    *byte = (uint8_t)(*byte | 1u << chunk % 8);
    if (!write_at(f->fd, byte, 1, AT_BITS + chunk / 8)) return false;
    uint32_t chunks = pack_chunks(pack->count);
    bool whole = bits_count(f->head + AT_BITS, chunks) == chunks, synced = !whole || fdatasync(f->fd) == 0;
    (void)pthread_mutex_lock(&l->numbers);
    l->totals.chunks++;
    l->totals.bytes += PACK_CHUNK_BYTES;
    if (whole) {
        l->totals.whole++;
        l->whole_count++;
        memcpy(l->ring[l->whole_count % RING], pack->id, PACK_ID_BYTES + 1);
    }
    (void)pthread_mutex_unlock(&l->numbers);
    return synced;
}

enum err leaves_put_chunk(struct leaves *l, const struct leaves_pack *pack, uint32_t chunk, struct span codes) {
    struct file CLEANUP(file_close) f = {.fd = -1}, CLEANUP(file_close) now = {.fd = -1};
    uint8_t hashes[LEAVES_HASHES_BYTES_MAX];
    if (marked_deleted(l, pack)) return ERR_LEAVES_DELETED;
    if (chunk >= pack_chunks(pack->count)) return ERR_LEAVES_CHUNK;
    if (!file_open(l, pack, &f) || hashes_load(l, pack, &f, hashes) != OK) return ERR_LEAVES_ORDER;
    if (!chunk_is(pack, hashes, chunk, codes)) return ERR_LEAVES_CHUNK;
    (void)pthread_mutex_lock(&l->writing);
    /* Anew: another thread may have set bits since. */
    bool ok = file_open(l, pack, &now);
    bool held = ok && bit(now.head + AT_BITS, chunk);
    if (!held) ok = ok && room(l) && chunk_write(l, pack, &now, chunk, codes);
    (void)pthread_mutex_unlock(&l->writing);
    return ok ? OK : ERR_LEAVES_ROOM;
}
