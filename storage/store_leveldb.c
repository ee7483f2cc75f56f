/* store_leveldb.c: the one file that knows LevelDB (store_leveldb.h). */
#include "storage/store_leveldb.h"

#include <errno.h>
#include <leveldb/c.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TABLES = 2,
    CACHE_BYTES = 32 << 20,
    /* LevelDB has one thread for the compactions of both tables: while it works on state, commits
     * live on these. */
    WRITE_BUFFER_BYTES_STATE = 32 << 20,
    WRITE_BUFFER_BYTES_CHAIN = 16 << 20,
    BLOOM_BITS = 10,      /* per key: one needless read in a hundred absent keys */
    LOCK_STEP_MS = 20,
    OPEN_FILES_MAX = 256, /* per table; with 8 MiB files 2 GiB stay open, the rest is reopened */
    FILE_BYTES_CHAIN = 32 << 20, /* bodies under rising keys are never rewritten: few large files */
    FILE_BYTES_STATE = 4 << 20,  /* small steps, so that a compaction never takes long */
    PATH_BYTES = 4096,
};

struct database {
    leveldb_t *db;
    leveldb_options_t *options;
};

struct leveldb {
    struct database tables[TABLES];
    leveldb_cache_t *cache;
    leveldb_filterpolicy_t *bloom;
    leveldb_readoptions_t *read, *read_scan;
    leveldb_writeoptions_t *write, *write_sync;
    _Atomic uint32_t snapshots;
    _Atomic bool broken;
    pthread_mutex_t error_lock;
    char error[STORE_ERROR_BYTES]; /* written once, before `broken` */
};

/* Reads of the newest rows have no snapshots. */
struct pair {
    struct store_snapshot base;
    struct leveldb *l;
    const leveldb_snapshot_t *snapshots[TABLES];
    leveldb_readoptions_t *read[TABLES], *read_scan[TABLES];
};

/* A row that cannot be read must not pass for one that is absent. */
static void read_check(char *error) {
    if (!error) return;
    char text[STORE_ERROR_BYTES];
    snprintf(text, sizeof text, "the store cannot be read: %s", error);
    check_failed(__FILE__, __LINE__, text);
}

static bool get(struct leveldb *l, const leveldb_readoptions_t *read, enum table table,
                struct span key, struct buffer *ret_value) {
    char *error = NULL;
    size_t len = 0;
    char *value =
        leveldb_get(l->tables[table].db, read, (const char *)key.data, key.len, &len, &error);
    read_check(error);
    buffer_clear(ret_value);
    if (!value) return false;
    buffer_append(ret_value, value, len);
    leveldb_free(value);
    CHECK(!ret_value->overflow);
    return true;
}

static void iterator_destroy(leveldb_iterator_t **it) {
    if (*it) leveldb_iter_destroy(*it);
}

static void scan(struct leveldb *l, const leveldb_readoptions_t *read, enum table table,
                 struct span from, struct span to, scan_fn *fn, void *context) {
    CLEANUP(iterator_destroy)
    leveldb_iterator_t *it = leveldb_create_iterator(l->tables[table].db, read);
    for (leveldb_iter_seek(it, (const char *)from.data, from.len); leveldb_iter_valid(it);
         leveldb_iter_next(it)) {
        struct span key, value;
        key.data = (const uint8_t *)leveldb_iter_key(it, &key.len);
        if (span_compare(key, to) >= 0) break;
        value.data = (const uint8_t *)leveldb_iter_value(it, &value.len);
        if (!fn(context, key, value)) break;
    }
    char *error = NULL;
    leveldb_iter_get_error(it, &error);
    read_check(error);
}

static bool newest_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    struct leveldb *l = self;
    return get(l, l->read, table, key, ret_value);
}

static void newest_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                        void *context) {
    struct leveldb *l = self;
    scan(l, l->read_scan, table, from, to, fn, context);
}

static const struct reader_ops newest_ops = {newest_get, newest_scan};

static struct reader level_reader(void *self) {
    return (struct reader){self, &newest_ops};
}

static bool pair_get(void *self, enum table table, struct span key, struct buffer *ret_value) {
    struct pair *p = self;
    return get(p->l, p->read[table], table, key, ret_value);
}

static void pair_scan(void *self, enum table table, struct span from, struct span to, scan_fn *fn,
                      void *context) {
    struct pair *p = self;
    scan(p->l, p->read_scan[table], table, from, to, fn, context);
}

static const struct reader_ops pair_ops = {pair_get, pair_scan};

static void pair_destroy(struct store_snapshot *snapshot) {
    struct pair *p = (struct pair *)snapshot;
    for (int t = 0; t < TABLES; t++) {
        leveldb_readoptions_destroy(p->read[t]);
        leveldb_readoptions_destroy(p->read_scan[t]);
        leveldb_release_snapshot(p->l->tables[t].db, p->snapshots[t]);
    }
    atomic_fetch_sub(&p->l->snapshots, 1);
    free(p);
}

static leveldb_readoptions_t *read_options(const leveldb_snapshot_t *snapshot, bool fill_cache) {
    leveldb_readoptions_t *o = leveldb_readoptions_create();
    leveldb_readoptions_set_verify_checksums(o, 1);
    leveldb_readoptions_set_fill_cache(o, fill_cache);
    leveldb_readoptions_set_snapshot(o, snapshot);
    return o;
}

static struct store_snapshot *level_snapshot(void *self) {
    struct leveldb *l = self;
    struct pair *p = check_alloc(1, sizeof *p);
    p->l = l;
    atomic_fetch_add(&l->snapshots, 1);
    /* State first: chain, taken later, then holds at least what this state names. */
    static const enum table order[TABLES] = {TABLE_STATE, TABLE_CHAIN};
    for (int i = 0; i < TABLES; i++) {
        enum table t = order[i];
        p->snapshots[t] = leveldb_create_snapshot(l->tables[t].db);
        p->read[t] = read_options(p->snapshots[t], true);
        p->read_scan[t] = read_options(p->snapshots[t], false);
    }
    p->base.reader = (struct reader){p, &pair_ops};
    p->base.destroy = pair_destroy;
    return &p->base;
}

static void batch_destroy(leveldb_writebatch_t **b) {
    leveldb_writebatch_destroy(*b);
}

static bool level_write(void *self, enum table table, struct changes *const sets[],
                        size_t sets_count, bool sync) {
    struct leveldb *l = self;
    if (atomic_load(&l->broken)) return false;
    CLEANUP(batch_destroy) leveldb_writebatch_t *batch = leveldb_writebatch_create();
    for (size_t i = 0; i < sets_count; i++) {
        for (size_t k = 0; k < changes_count(sets[i]); k++) {
            const struct change *c = changes_at(sets[i], k);
            if (c->table != table) continue;
            const char *key = (const char *)c->key.data;
            if (c->deleted)
                leveldb_writebatch_delete(batch, key, c->key.len);
            else
                leveldb_writebatch_put(batch, key, c->key.len, (const char *)c->value.data,
                                       c->value.len);
        }
    }
    char *error = NULL;
    leveldb_write(l->tables[table].db, sync ? l->write_sync : l->write, batch, &error);
    if (!error) return true;
    (void)pthread_mutex_lock(&l->error_lock);
    if (!atomic_load(&l->broken)) snprintf(l->error, sizeof l->error, "%s", error);
    (void)pthread_mutex_unlock(&l->error_lock);
    atomic_store(&l->broken, true);
    leveldb_free(error);
    return false;
}

static const char *level_error(void *self) {
    struct leveldb *l = self;
    return atomic_load(&l->broken) ? l->error : "";
}

static uint64_t level_size(void *self, enum table table) {
    struct leveldb *l = self;
    static const char first[1], last[4] = {(char)0xff, (char)0xff, (char)0xff, (char)0xff};
    const char *from[1] = {first}, *to[1] = {last};
    size_t from_len[1] = {0}, to_len[1] = {sizeof last};
    uint64_t size = 0;
    leveldb_approximate_sizes(l->tables[table].db, 1, from, from_len, to, to_len, &size);
    return size;
}

static void level_compact(void *self, enum table table, struct span from, struct span to) {
    struct leveldb *l = self;
    bool all = from.len == 0 && to.len == 0;
    leveldb_compact_range(l->tables[table].db, all ? NULL : (const char *)from.data, from.len,
                          all ? NULL : (const char *)to.data, to.len);
}

static void level_close(void *self) {
    struct leveldb *l = self;
    CHECK(atomic_load(&l->snapshots) == 0);
    for (int t = 0; t < TABLES; t++) {
        if (l->tables[t].db) leveldb_close(l->tables[t].db);
        if (l->tables[t].options) leveldb_options_destroy(l->tables[t].options);
    }
    leveldb_cache_destroy(l->cache);
    leveldb_filterpolicy_destroy(l->bloom);
    leveldb_readoptions_destroy(l->read);
    leveldb_readoptions_destroy(l->read_scan);
    leveldb_writeoptions_destroy(l->write);
    leveldb_writeoptions_destroy(l->write_sync);
    (void)pthread_mutex_destroy(&l->error_lock);
    free(l);
}

static const struct store_ops level_ops = {
    .reader = level_reader,
    .write = level_write,
    .snapshot = level_snapshot,
    .error = level_error,
    .size = level_size,
    .compact = level_compact,
    .close = level_close,
};

static bool table_open(struct leveldb *l, enum table table, const char *path,
                       size_t write_buffer_bytes, uint32_t lock_wait_ms,
                       char ret_error[STORE_ERROR_BYTES]) {
    leveldb_options_t *o = leveldb_options_create();
    l->tables[table].options = o;
    leveldb_options_set_create_if_missing(o, 1);
    leveldb_options_set_paranoid_checks(o, 1);
    leveldb_options_set_cache(o, l->cache);
    leveldb_options_set_filter_policy(o, l->bloom);
    leveldb_options_set_write_buffer_size(o, write_buffer_bytes);
    leveldb_options_set_max_open_files(o, OPEN_FILES_MAX);
    leveldb_options_set_max_file_size(o,
                                      table == TABLE_CHAIN ? FILE_BYTES_CHAIN : FILE_BYTES_STATE);
    /* State rows are mostly hashes; bodies are text. */
    leveldb_options_set_compression(o, table == TABLE_CHAIN ? leveldb_snappy_compression
                                                            : leveldb_no_compression);
    char *error = NULL;
    for (uint32_t waited_ms = 0;; waited_ms += LOCK_STEP_MS) {
        l->tables[table].db = leveldb_open(o, path, &error);
        if (!error) return true;
        /* The name of LevelDB's lock file is the only sign there is of what went wrong. */
        if (waited_ms >= lock_wait_ms || !strstr(error, "/LOCK: ")) break;
        leveldb_free(error);
        error = NULL;
        (void)usleep(LOCK_STEP_MS * 1000);
    }
    snprintf(ret_error, STORE_ERROR_BYTES, "%s", error);
    leveldb_free(error);
    return false;
}

bool store_leveldb_open(const char *directory, const struct store_leveldb_options *options,
                        struct store *ret, char ret_error[STORE_ERROR_BYTES]) {
    char chain[PATH_BYTES], state[PATH_BYTES];
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        char text[96];
        snprintf(ret_error, STORE_ERROR_BYTES, "cannot create %.100s: %s", directory,
                 strerror_r(errno, text, sizeof text));
        return false;
    }
    int chain_len = snprintf(chain, sizeof chain, "%s/chain", directory);
    int state_len = snprintf(state, sizeof state, "%s/state", directory);
    if (chain_len >= PATH_BYTES || state_len >= PATH_BYTES) {
        snprintf(ret_error, STORE_ERROR_BYTES, "the store's path is too long");
        return false;
    }
    size_t cache = options && options->cache_bytes ? options->cache_bytes : CACHE_BYTES;
    size_t buffer = options ? options->write_buffer_bytes : 0;
    uint32_t wait = options ? options->lock_wait_ms : 0;
    struct leveldb *l = check_alloc(1, sizeof *l);
    l->cache = leveldb_cache_create_lru(cache);
    l->bloom = leveldb_filterpolicy_create_bloom(BLOOM_BITS);
    l->read = read_options(NULL, true);
    l->read_scan = read_options(NULL, false);
    l->write = leveldb_writeoptions_create();
    l->write_sync = leveldb_writeoptions_create();
    leveldb_writeoptions_set_sync(l->write_sync, 1);
    (void)pthread_mutex_init(&l->error_lock, NULL);
    if (table_open(l, TABLE_CHAIN, chain, buffer ? buffer : WRITE_BUFFER_BYTES_CHAIN, wait,
                   ret_error) &&
        table_open(l, TABLE_STATE, state, buffer ? buffer : WRITE_BUFFER_BYTES_STATE, wait,
                   ret_error)) {
        *ret = (struct store){l, &level_ops};
        return true;
    }
    level_close(l);
    return false;
}

void store_leveldb_version(char ret_text[16]) {
    snprintf(ret_text, 16, "%d.%d", leveldb_major_version(), leveldb_minor_version());
}
