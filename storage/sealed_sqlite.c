/* sealed_sqlite.c: see sealed.h; a door to SQLite. The happy path is: one transaction, synced (synchronous FULL); a deletion is a transaction
 * and then a checkpoint that truncates the log. One connection, so no reader ever keeps the checkpoint from the end of the log. Possible
 * failures: a full or broken disk (rolled back, nothing changed), a file that is not ours (refused at opening). */
#include "storage/sealed.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "storage/slots.h"
#include "trace/deletion.h"

#define SEALED_APPLICATION 0x5359534c /* "SYSL" */
enum { SEALED_VERSION = 1, BUSY_MS = 5000, PAGE_BYTES = 4096, COVER_BYTES = SEALED_NONCE_BYTES + 16 };

static const char schema[] =
    "CREATE TABLE files (record BLOB NOT NULL, tier INTEGER NOT NULL, id BLOB NOT NULL, slot INTEGER NOT NULL, bytes BLOB NOT NULL);"
    "CREATE UNIQUE INDEX file_of ON files (record, tier);"
    "CREATE TABLE keys (record BLOB NOT NULL, tier INTEGER NOT NULL, recipient BLOB NOT NULL, secret BLOB NOT NULL);"
    "CREATE UNIQUE INDEX key_of ON keys (record, tier, recipient);"
    "CREATE TABLE marks (one INTEGER PRIMARY KEY CHECK (one = 1), chain BLOB NOT NULL, swept INTEGER NOT NULL);";

enum query {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_MARK_MAKE,
    QUERY_MARK,
    QUERY_SWEPT,
    QUERY_SLOTS,
    QUERY_SLOT,
    QUERY_FILE_ID,
    QUERY_FILE,
    QUERY_FILE_PUT,
    QUERY_FILE_DELETE,
    QUERY_KEY,
    QUERY_KEY_PUT,
    QUERY_KEYS_COUNT,
    QUERY_KEYS_DELETE,
    QUERY_FILE_BYTES,
    QUERY_TOTALS,
    QUERY_PAGES,
    QUERIES
};

static const char *const queries[QUERIES] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_MARK_MAKE] = "INSERT OR IGNORE INTO marks (one, chain, swept) VALUES (1, ?, 0)",
    [QUERY_MARK] = "SELECT chain, swept FROM marks",
    [QUERY_SWEPT] = "UPDATE marks SET swept = ?",
    [QUERY_SLOTS] = "SELECT slot FROM files",
    [QUERY_SLOT] = "SELECT slot FROM files WHERE record = ? AND tier = ?",
    [QUERY_FILE_ID] = "SELECT id FROM files WHERE record = ? AND tier = ?",
    [QUERY_FILE] = "SELECT id, bytes FROM files WHERE record = ? AND tier = ?",
    [QUERY_FILE_PUT] = "INSERT INTO files (record, tier, id, slot, bytes) VALUES (?, ?, ?, ?, ?)",
    [QUERY_FILE_DELETE] = "DELETE FROM files WHERE record = ? AND tier = ?",
    [QUERY_KEY] = "SELECT secret FROM keys WHERE record = ? AND tier = ? AND recipient = ?",
    [QUERY_KEY_PUT] = "INSERT OR IGNORE INTO keys (record, tier, recipient, secret) VALUES (?, ?, ?, ?)",
    [QUERY_KEYS_COUNT] = "SELECT count(*) FROM keys WHERE record = ? AND tier = ?",
    [QUERY_KEYS_DELETE] = "DELETE FROM keys WHERE record = ? AND tier = ?",
    [QUERY_FILE_BYTES] = "SELECT length(bytes) - 40 FROM files WHERE record = ? AND tier = ?",
    [QUERY_TOTALS] = "SELECT (SELECT count(*) FROM files), (SELECT count(*) FROM keys)",
    [QUERY_PAGES] = "PRAGMA page_count",
};

struct sealed_store {
    pthread_mutex_t mutex;
    sqlite3 *db;
    sqlite3_stmt *statements[QUERIES];
    struct slots slots;
    uint64_t swept, destroyed;
    uint64_t files, keys; /* rows: counted once, at opening */
    bool log_due; /* rows were deleted that the log may still hold */
};

/* ---- statements ---- */

static sqlite3_stmt *use(struct sealed_store *s, enum query q) {
    if (s->statements[q] == NULL &&
        sqlite3_prepare_v3(s->db, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[q], NULL) != SQLITE_OK)
        return NULL;
    return s->statements[q];
}

static void put_uint(sqlite3_stmt *st, int place, uint64_t v) {
    if (st != NULL) CHECK(v <= INT64_MAX && sqlite3_bind_int64(st, place, (sqlite3_int64)v) == SQLITE_OK);
}

static void put_span(sqlite3_stmt *st, int place, struct span v) {
    const void *data = v.len > 0 ? (const void *)v.data : "";
    if (st != NULL) CHECK(sqlite3_bind_blob64(st, place, data, v.len, SQLITE_STATIC) == SQLITE_OK);
}

static int step(sqlite3_stmt *st) {
    return st == NULL ? SQLITE_ERROR : sqlite3_step(st);
}

static void end(sqlite3_stmt *st) {
    if (st == NULL) return;
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

/* What a statement that gives no rows came to. */
static enum err done(sqlite3_stmt *st) {
    int rc = step(st);
    end(st);
    return rc == SQLITE_DONE ? OK : rc == SQLITE_FULL ? ERR_SEALED_ROOM : ERR_SEALED_STORE;
}

/* With the record and tier bound to 1 and 2. */
static sqlite3_stmt *use_of(struct sealed_store *s, enum query q, const struct digest *wire_id, uint64_t tier) {
    sqlite3_stmt *st = use(s, q);
    put_span(st, 1, span_of(wire_id->b, sizeof wire_id->b));
    put_uint(st, 2, tier);
    return st;
}

static struct span column_span(sqlite3_stmt *st, int column) {
    int len = sqlite3_column_bytes(st, column);
    return len <= 0 ? SPAN_EMPTY : span_of(sqlite3_column_blob(st, column), (size_t)len);
}

/* A number of one row; 0 when there is none. */
static bool number(sqlite3_stmt *st, uint64_t *ret) {
    int rc = step(st);
    *ret = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    end(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* ---- open ---- */

static bool run(struct sealed_store *s, const char *sql) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool pragma_get(struct sealed_store *s, const char *sql, int64_t *ret) {
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;
    if (ok) *ret = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return ok;
}

/* Ours by its application id, of a version that is known; an empty file is made so. */
static bool schema_settle(struct sealed_store *s) {
    int64_t application, version;
    char sql[160];
    if (!pragma_get(s, "PRAGMA application_id", &application) || !pragma_get(s, "PRAGMA user_version", &version))
        return false;
    if (application == SEALED_APPLICATION && version == SEALED_VERSION) return true;
    if (application != 0 || version != 0) return false;
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", SEALED_APPLICATION, SEALED_VERSION);
    return run(s, "BEGIN IMMEDIATE") && run(s, schema) && run(s, sql) && run(s, "COMMIT");
}

static bool mark_settle(struct sealed_store *s, const struct digest *chain_id) {
    sqlite3_stmt *st = use(s, QUERY_MARK_MAKE);
    struct span chain = span_of(chain_id->b, sizeof chain_id->b);
    put_span(st, 1, chain);
    if (done(st) != OK) return false;
    st = use(s, QUERY_MARK);
    bool ours = step(st) == SQLITE_ROW && span_equal(column_span(st, 0), chain);
    if (ours) s->swept = (uint64_t)sqlite3_column_int64(st, 1);
    end(st);
    return ours;
}

/* All frames of the log into the file, synced, and the log to nothing. */
static bool log_truncate(struct sealed_store *s) {
    int frames = 0, moved = 0;
    return sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &frames, &moved) == SQLITE_OK;
}

/* What secure_delete promises is asked for, and looked at. */
static bool deletes_securely(struct sealed_store *s) {
    int64_t secure = 0;
    return run(s, "PRAGMA secure_delete = ON") && pragma_get(s, "PRAGMA secure_delete", &secure) && secure == 1;
}

static bool rows_count(struct sealed_store *s) {
    sqlite3_stmt *st = use(s, QUERY_TOTALS);
    bool ok = step(st) == SQLITE_ROW;
    if (ok) s->files = (uint64_t)sqlite3_column_int64(st, 0);
    if (ok) s->keys = (uint64_t)sqlite3_column_int64(st, 1);
    end(st);
    return ok;
}

/* Slots that no row names are left over from a crash. */
static bool slots_begin(struct sealed_store *s, const char *path) {
    char beside[4096];
    int rc, len = snprintf(beside, sizeof beside, "%s.slots", path);
    bool ok = len > 0 && (size_t)len < sizeof beside && slots_open(&s->slots, beside, SEALED_FILES_MAX);
    sqlite3_stmt *st = use(s, QUERY_SLOTS);
    while (ok && (rc = step(st)) != SQLITE_DONE)
        ok = rc == SQLITE_ROW && slots_use(&s->slots, (uint64_t)sqlite3_column_int64(st, 0));
    end(st);
    return ok && slots_settle(&s->slots);
}

struct sealed_store *sealed_store_open(const char *path, const struct digest *chain_id, uint32_t mib, char ret_error[SEALED_ERROR_BYTES]) {
    struct sealed_store *s = check_alloc(1, sizeof *s);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    char pages[64];
    snprintf(pages, sizeof pages, "PRAGMA max_page_count = %u", (mib ? mib : SEALED_MIB_MAX) * (uint32_t)((1 << 20) / PAGE_BYTES));
    CHECK(pthread_mutex_init(&s->mutex, NULL) == 0);
    s->slots.fd = -1;
    /* temp_store: nothing is spilled into files of their own. */
    bool ok = sqlite3_open_v2(path, &s->db, flags, NULL) == SQLITE_OK && sqlite3_busy_timeout(s->db, BUSY_MS) == SQLITE_OK &&
              run(s, "PRAGMA page_size = 4096") && run(s, "PRAGMA temp_store = MEMORY") && run(s, "PRAGMA journal_mode = WAL") &&
              run(s, "PRAGMA synchronous = FULL") && deletes_securely(s) && run(s, pages) && schema_settle(s) &&
              mark_settle(s, chain_id) && log_truncate(s);
    bool opened = ok;
    ok = ok && slots_begin(s, path) && rows_count(s);
    if (ok) {
        (void)chmod(path, 0600);
        return s;
    }
    int rc = s->db ? sqlite3_errcode(s->db) : SQLITE_NOMEM;
    bool sqlite = rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE;
    snprintf(ret_error, SEALED_ERROR_BYTES, "%.180s: %.60s", path,
             opened ? "its .slots cannot be used" : sqlite ? sqlite3_errstr(rc) : "of another ledger, or not a file of sealed values");
    sealed_store_close(s);
    return NULL;
}

void sealed_store_close(struct sealed_store *s) {
    if (s == NULL) return;
    for (int i = 0; i < QUERIES; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    slots_close(&s->slots);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

static void lock(struct sealed_store *s) {
    CHECK(pthread_mutex_lock(&s->mutex) == 0);
}

static void unlock(struct sealed_store *s) {
    CHECK(pthread_mutex_unlock(&s->mutex) == 0);
}

static enum err begin(struct sealed_store *s) {
    return done(use(s, QUERY_BEGIN));
}

/* Commits what went well, else takes it back. */
static enum err finish(struct sealed_store *s, enum err e) {
    if (e == OK) e = done(use(s, QUERY_COMMIT));
    if (e != OK && sqlite3_get_autocommit(s->db) == 0) (void)done(use(s, QUERY_ROLLBACK));
    return e;
}

/* ---- under a slot's key ---- */

/* The slot of a record and tier; false when nothing is held, or what is was destroyed. */
static bool slot_key(struct sealed_store *s, const struct sealed_of *of, struct sealed_key *ret) {
    sqlite3_stmt *st = use_of(s, QUERY_SLOT, &of->wire_id, of->tier);
    bool found = step(st) == SQLITE_ROW && slots_read(&s->slots, (uint64_t)sqlite3_column_int64(st, 0), ret);
    end(st);
    return found;
}

/* On the heap; len + COVER_BYTES of them. `what`: who it is for, or the id of the file. */
static uint8_t *cover(const struct sealed_key *key, struct span what, struct span plain) {
    uint8_t *out = check_alloc(plain.len + COVER_BYTES, 1);
    random_bytes(out, SEALED_NONCE_BYTES);
    xaead_seal(key->b, out, what, plain, out + SEALED_NONCE_BYTES);
    return out;
}

/* ret has room for covered.len - COVER_BYTES. */
static bool uncover(const struct sealed_key *key, struct span what, struct span covered, uint8_t *ret) {
    return covered.len >= COVER_BYTES &&
           xaead_open(key->b, covered.data, what, span_part(covered, SEALED_NONCE_BYTES, covered.len - SEALED_NONCE_BYTES), ret);
}

/* ---- sealed files ---- */

/* ERR_SEALED_ABSENT: none; ERR_SEALED_EXISTS: another one. */
static enum err file_is(struct sealed_store *s, const struct sealed_of *of, const struct digest *id) {
    sqlite3_stmt *st = use_of(s, QUERY_FILE_ID, &of->wire_id, of->tier);
    int rc = step(st);
    bool same = rc == SQLITE_ROW && span_equal(column_span(st, 0), span_of(id->b, sizeof id->b));
    end(st);
    if (rc == SQLITE_DONE) return ERR_SEALED_ABSENT;
    return rc != SQLITE_ROW ? ERR_SEALED_STORE : same ? OK : ERR_SEALED_EXISTS;
}

static enum err file_write(struct sealed_store *s, const struct sealed_of *of, const struct digest *id, struct span file) {
    struct sealed_key key;
    uint32_t slot;
    struct span name = span_of(id->b, sizeof id->b);
    enum err e = slots_take(&s->slots, &slot, &key);
    if (e != OK) return e;
    uint8_t *covered = cover(&key, name, file);
    sqlite3_stmt *st = use_of(s, QUERY_FILE_PUT, &of->wire_id, of->tier);
    put_span(st, 3, name);
    put_uint(st, 4, slot);
    put_span(st, 5, span_of(covered, file.len + COVER_BYTES));
    e = finish(s, done(st));
    free(covered);
    secret_wipe(&key, sizeof key);
    if (e == OK) s->files++;
    if (e != OK && slots_destroy(&s->slots, slot)) slots_free(&s->slots, slot);
    return e;
}

enum err sealed_put(struct sealed_store *s, const struct sealed_of *of, struct span file, uint64_t seen) {
    struct digest id = sealed_id(file);
    if (file.len > SEALED_FILE_BYTES_MAX) return ERR_SEALED_SIZE;
    lock(s);
    enum err e = seen < s->swept ? ERR_BUSY : file_is(s, of, &id);
    if (e == ERR_SEALED_ABSENT) {
        e = begin(s);
        if (e == OK) e = file_write(s, of, &id, file);
    }
    unlock(s);
    return e;
}

enum err sealed_get(struct sealed_store *s, const struct sealed_of *of, struct buffer *ret) {
    struct sealed_key key;
    enum err e = ERR_SEALED_ABSENT;
    lock(s);
    if (slot_key(s, of, &key)) {
        sqlite3_stmt *st = use_of(s, QUERY_FILE, &of->wire_id, of->tier);
        bool row = step(st) == SQLITE_ROW;
        struct span covered = row ? column_span(st, 1) : SPAN_EMPTY;
        uint8_t *file = check_alloc(covered.len + 1, 1);
        e = row && uncover(&key, column_span(st, 0), covered, file) ? OK : ERR_SEALED_STORE;
        buffer_clear(ret);
        if (e == OK) buffer_append(ret, file, covered.len - COVER_BYTES);
        end(st);
        free(file);
        secret_wipe(&key, sizeof key);
    }
    unlock(s);
    return e == OK && ret->overflow ? ERR_TOO_LARGE : e;
}

/* ---- keys ---- */

static enum err keys_write(struct sealed_store *s, const struct sealed_of *of, const struct sealed_keys *keys, uint64_t *ret_new) {
    struct sealed_key key;
    uint64_t count;
    if (!slot_key(s, of, &key)) return ERR_SEALED_ABSENT;
    for (uint32_t i = 0; i < keys->count; i++) {
        struct span recipient = span_of(keys->wraps[i].recipient.b, sizeof keys->wraps[i].recipient.b);
        uint8_t *covered = cover(&key, recipient, keys->wraps[i].secret);
        sqlite3_stmt *st = use_of(s, QUERY_KEY_PUT, &of->wire_id, of->tier);
        put_span(st, 3, recipient);
        put_span(st, 4, span_of(covered, keys->wraps[i].secret.len + COVER_BYTES));
        enum err e = done(st);
        free(covered);
        if (e != OK) return e;
        *ret_new += (uint64_t)sqlite3_changes(s->db);
    }
    if (!number(use_of(s, QUERY_KEYS_COUNT, &of->wire_id, of->tier), &count)) return ERR_SEALED_STORE;
    return count > SEALED_RECIPIENTS_MAX ? ERR_SEALED_RECIPIENTS : OK;
}

enum err sealed_put_keys(struct sealed_store *s, const struct sealed_of *of, const struct sealed_keys *keys, uint64_t seen) {
    uint64_t new = 0;
    lock(s);
    enum err e = seen < s->swept ? ERR_BUSY : file_is(s, of, &keys->sealed);
    if (e == OK) e = begin(s);
    if (e == OK) e = finish(s, keys_write(s, of, keys, &new));
    if (e == OK) s->keys += new;
    unlock(s);
    return e;
}

enum err sealed_get_key(struct sealed_store *s, const struct sealed_of *of, const struct pubkey *recipient,
                        uint8_t ret[SEALED_SECRET_BYTES_MAX], size_t *ret_len) {
    struct sealed_key key;
    struct span name = span_of(recipient->b, sizeof recipient->b);
    enum err e = ERR_SEALED_ABSENT;
    lock(s);
    if (slot_key(s, of, &key)) {
        sqlite3_stmt *st = use_of(s, QUERY_KEY, &of->wire_id, of->tier);
        put_span(st, 3, name);
        int rc = step(st);
        struct span covered = rc == SQLITE_ROW ? column_span(st, 0) : SPAN_EMPTY;
        bool fits = covered.len > COVER_BYTES && covered.len <= COVER_BYTES + SEALED_SECRET_BYTES_MAX;
        e = ERR_SEALED_NO_KEY;
        if (rc != SQLITE_DONE) e = fits && uncover(&key, name, covered, ret) ? OK : ERR_SEALED_STORE;
        if (e == OK) *ret_len = covered.len - COVER_BYTES;
        end(st);
        secret_wipe(&key, sizeof key);
    }
    unlock(s);
    return e;
}

enum err sealed_held(struct sealed_store *s, const struct digest *wire_id, struct sealed_held ret[3]) {
    bool ok = true;
    lock(s);
    for (uint64_t i = 0; i < 3 && ok; i++) {
        uint64_t keys = 0;
        ok = number(use_of(s, QUERY_FILE_BYTES, wire_id, i + 1), &ret[i].bytes) &&
             number(use_of(s, QUERY_KEYS_COUNT, wire_id, i + 1), &keys);
        ret[i].file = ret[i].bytes > 0;
        ret[i].keys = (uint32_t)keys;
    }
    unlock(s);
    return ok ? OK : ERR_SEALED_STORE;
}

/* ---- deletion ---- */

struct deletion_run {
    uint64_t slots[3];
    uint32_t slots_count;
    uint64_t files, keys;
    bool had;
};

/* The slots first: whatever becomes of the rows, nobody opens them. */
static enum err slots_forget(struct sealed_store *s, const struct digest *wire_id, uint8_t tiers, struct deletion_run *d) {
    for (uint64_t tier = 1; tier <= 3; tier++) {
        if ((tiers & deletion_bit((enum item_tier)tier)) == 0) continue;
        sqlite3_stmt *st = use_of(s, QUERY_SLOT, wire_id, tier);
        int rc = step(st);
        if (rc == SQLITE_ROW) d->slots[d->slots_count++] = (uint64_t)sqlite3_column_int64(st, 0);
        end(st);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) return ERR_SEALED_STORE;
    }
    for (uint32_t i = 0; i < d->slots_count; i++)
        if (!slots_destroy(&s->slots, d->slots[i])) return ERR_SEALED_STORE;
    return OK;
}

static enum err rows_delete(struct sealed_store *s, const struct digest *wire_id, uint8_t tiers, struct deletion_run *d) {
    enum err e = OK;
    for (uint64_t tier = 1; tier <= 3 && e == OK; tier++) {
        if ((tiers & deletion_bit((enum item_tier)tier)) == 0) continue;
        e = done(use_of(s, QUERY_FILE_DELETE, wire_id, tier));
        int files = e == OK ? sqlite3_changes(s->db) : 0;
        if (e == OK) e = done(use_of(s, QUERY_KEYS_DELETE, wire_id, tier));
        if (e == OK) d->keys += (uint64_t)sqlite3_changes(s->db);
        d->files += (uint64_t)files;
        d->had = d->files > 0 || d->keys > 0;
    }
    return e;
}

enum err sealed_delete(struct sealed_store *s, const struct digest *wire_id, uint8_t tiers, bool *ret_had) {
    struct deletion_run d = {.slots_count = 0};
    lock(s);
    enum err e = slots_forget(s, wire_id, tiers, &d);
    if (e == OK) e = begin(s);
    if (e == OK) e = finish(s, rows_delete(s, wire_id, tiers, &d));
    for (uint32_t i = 0; i < d.slots_count && e == OK; i++)
        slots_free(&s->slots, d.slots[i]);
    if (e == OK) {
        s->files -= d.files;
        s->keys -= d.keys;
        s->log_due = s->log_due || d.had; /* still so when the next line fails */
    }
    if (e == OK && s->log_due) {
        if (log_truncate(s))
            s->log_due = false;
        else
            e = ERR_SEALED_STORE;
    }
    if (e == OK) s->destroyed += d.files;
    unlock(s);
    if (e == OK) *ret_had = d.had;
    return e;
}

uint64_t sealed_swept(struct sealed_store *s) {
    lock(s);
    uint64_t swept = s->swept;
    unlock(s);
    return swept;
}

enum err sealed_swept_to(struct sealed_store *s, uint64_t size) {
    enum err e = OK;
    lock(s);
    if (size > s->swept) {
        sqlite3_stmt *st = use(s, QUERY_SWEPT);
        put_uint(st, 1, size);
        e = done(st);
        if (e == OK) s->swept = size;
    }
    unlock(s);
    return e;
}

void sealed_totals(struct sealed_store *s, struct sealed_totals *ret) {
    lock(s);
    *ret = (struct sealed_totals){.files = s->files, .keys = s->keys, .destroyed = s->destroyed};
    if (number(use(s, QUERY_PAGES), &ret->bytes)) ret->bytes *= PAGE_BYTES;
    unlock(s);
}
