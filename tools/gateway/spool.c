#include "tools/gateway/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/gateway/spool_sql.h"

enum { SPOOL_VERSION = 1, BUSY_MS = 20000, STATE_BYTES = 256 };
#define SPOOL_APPLICATION 0x53594757 /* "SYGW" */

static const char schema[] =
    "CREATE TABLE reads (sequence INTEGER PRIMARY KEY, received INTEGER NOT NULL,"
    " bytes BLOB NOT NULL);"
    "CREATE TABLE hours (hour INTEGER PRIMARY KEY, first INTEGER NOT NULL, count INTEGER NOT NULL,"
    " root BLOB, batch INTEGER NOT NULL DEFAULT 0, dropped INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), value BLOB NOT NULL);"
    "CREATE TABLE tags (epc BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE movements (id INTEGER PRIMARY KEY, value BLOB NOT NULL);"
    "CREATE TABLE batches (sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,"
    " items INTEGER NOT NULL, events INTEGER NOT NULL, newest INTEGER NOT NULL,"
    " state INTEGER NOT NULL DEFAULT 0, generation INTEGER NOT NULL DEFAULT 0,"
    " created INTEGER NOT NULL DEFAULT 0, expires INTEGER NOT NULL DEFAULT 0, record BLOB,"
    " wireid BLOB, height INTEGER NOT NULL DEFAULT 0, code INTEGER NOT NULL DEFAULT 0,"
    " body BLOB, wire BLOB);"
    "CREATE INDEX batches_open ON batches (sequence) WHERE state < 2;";

#define BATCH_COLUMNS                                                                              \
    "sequence, kind, items, events, newest, state, generation, created, expires, record, wireid,"  \
    " height, code"

static const char *const queries[QUERIES] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_READ_ADD] = "INSERT INTO reads (sequence, received, bytes) VALUES (?, ?, ?)",
    [QUERY_READ_LAST] = "SELECT sequence, received FROM reads ORDER BY sequence DESC LIMIT 1",
    [QUERY_READS] = "SELECT sequence, bytes FROM reads WHERE sequence BETWEEN ? AND ?"
                    " ORDER BY sequence",
    [QUERY_READS_DROP] = "DELETE FROM reads WHERE sequence BETWEEN ? AND ?",
    [QUERY_HOUR_COUNT] = "INSERT INTO hours (hour, first, count) VALUES (?, ?, 1)"
                         " ON CONFLICT (hour) DO UPDATE SET count = count + 1",
    [QUERY_HOUR_FROM] = "SELECT hour, first, count, root, batch, dropped FROM hours"
                        " WHERE hour >= ? ORDER BY hour LIMIT 1",
    [QUERY_HOUR_ROOT] = "UPDATE hours SET root = ? WHERE hour = ?",
    [QUERY_HOUR_BATCH] = "UPDATE hours SET batch = ? WHERE hour = ?",
    [QUERY_HOUR_DROPPED] = "UPDATE hours SET dropped = 1 WHERE hour = ?",
    [QUERY_STATE_GET] = "SELECT value FROM state WHERE id = 1",
    [QUERY_STATE_SET] = "INSERT OR REPLACE INTO state (id, value) VALUES (1, ?)",
    [QUERY_TAG_SET] = "INSERT OR REPLACE INTO tags (epc, value) VALUES (?, ?)",
    [QUERY_TAG_DROP] = "DELETE FROM tags WHERE epc = ?",
    [QUERY_TAGS] = "SELECT epc, value FROM tags",
    [QUERY_MOVEMENT_ADD] = "INSERT INTO movements (value) VALUES (?)",
    [QUERY_MOVEMENTS_CLEAR] = "DELETE FROM movements",
    [QUERY_MOVEMENTS] = "SELECT value FROM movements ORDER BY id",
    [QUERY_BATCH_ADD] = "INSERT INTO batches (kind, items, events, newest, body)"
                        " VALUES (?, ?, ?, ?, ?)",
    [QUERY_BATCH_NEXT] = "SELECT " BATCH_COLUMNS " FROM batches WHERE state < 2 AND sequence >= ?"
                         " ORDER BY sequence LIMIT 1",
    [QUERY_BATCH_GET] = "SELECT " BATCH_COLUMNS " FROM batches WHERE sequence = ?",
    [QUERY_BATCH_BODY] = "SELECT body FROM batches WHERE sequence = ?",
    [QUERY_BATCH_WIRE] = "SELECT wire FROM batches WHERE sequence = ?",
    [QUERY_BATCH_SIGNED] = "UPDATE batches SET state = 1, generation = ?, created = ?, expires = ?,"
                           " record = ?, wireid = ?, wire = ?, code = 0 WHERE sequence = ?",
    [QUERY_BATCH_UPDATE] = "UPDATE batches SET state = ?1, generation = ?2, height = ?3, code = ?4,"
                           " body = CASE WHEN ?1 = 2 THEN NULL ELSE body END,"
                           " wire = CASE WHEN ?1 = 2 THEN NULL ELSE wire END WHERE sequence = ?5",
    [QUERY_COUNT] = "SELECT (SELECT coalesce(max(sequence), 0) FROM reads),"
                    " (SELECT count(*) FROM batches WHERE state < 2),"
                    " (SELECT count(*) FROM batches WHERE state = 2),"
                    " (SELECT coalesce(sum(events), 0) FROM batches WHERE state < 2),"
                    " (SELECT coalesce(sum(events), 0) FROM batches WHERE state = 2),"
                    " (SELECT coalesce(min(newest), 0) FROM batches WHERE state < 2)",
    [QUERY_PAGES] = "PRAGMA page_count",
    [QUERY_PAGES_FREE] = "PRAGMA freelist_count",
};

/* ---- statements ---- */

sqlite3_stmt *sql_use(struct spool *s, enum query q) {
    s->trouble[0] = 0;
    if (s->statements[q] == NULL) {
        int rc = sqlite3_prepare_v3(s->db, queries[q], -1, SQLITE_PREPARE_PERSISTENT,
                                    &s->statements[q], NULL);
        /* The schema was checked at open: what cannot be prepared is our own text. */
        CHECK(rc == SQLITE_OK || rc == SQLITE_NOMEM || rc == SQLITE_IOERR || rc == SQLITE_BUSY ||
              rc == SQLITE_CORRUPT || rc == SQLITE_FULL || rc == SQLITE_CANTOPEN);
        if (rc != SQLITE_OK) snprintf(s->trouble, sizeof s->trouble, "%s", sqlite3_errmsg(s->db));
    }
    return s->statements[q];
}

void sql_uint(sqlite3_stmt *st, int place, uint64_t v) {
    if (st == NULL) return;
    CHECK(v <= INT64_MAX && sqlite3_bind_int64(st, place, (sqlite3_int64)v) == SQLITE_OK);
}

void sql_bytes(sqlite3_stmt *st, int place, struct span v) {
    if (st == NULL) return;
    const void *data = v.len > 0 ? (const void *)v.data : "";
    CHECK(sqlite3_bind_blob64(st, place, data, v.len, SQLITE_STATIC) == SQLITE_OK);
}

bool sql_row(struct spool *s, sqlite3_stmt *st) {
    if (st == NULL) return false;
    int rc = sqlite3_step(st);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        snprintf(s->trouble, sizeof s->trouble, "%s", sqlite3_errmsg(s->db));
    return rc == SQLITE_ROW;
}

bool sql_done(struct spool *s, sqlite3_stmt *st) {
    bool row = sql_row(s, st);
    sql_end(st);
    CHECK(!row);
    return sql_sound(s);
}

bool sql_sound(const struct spool *s) {
    return s->trouble[0] == 0;
}

void sql_end(sqlite3_stmt *st) {
    if (st == NULL) return;
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

uint64_t sql_get_uint(sqlite3_stmt *st, int column) {
    sqlite3_int64 v = sqlite3_column_int64(st, column);
    return v < 0 ? 0 : (uint64_t)v;
}

struct span sql_get_bytes(sqlite3_stmt *st, int column) {
    const void *data = sqlite3_column_blob(st, column);
    return span_of(data, data != NULL ? (size_t)sqlite3_column_bytes(st, column) : 0);
}

/* ---- open, transactions ---- */

static bool run(struct spool *s, const char *sql) {
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
    snprintf(s->trouble, sizeof s->trouble, "%s", sqlite3_errmsg(s->db));
    return false;
}

static bool pragma_get(struct spool *s, const char *sql, int64_t *ret) {
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
              sqlite3_step(st) == SQLITE_ROW;
    if (ok) *ret = sqlite3_column_int64(st, 0);
    if (!ok) snprintf(s->trouble, sizeof s->trouble, "%s", sqlite3_errmsg(s->db));
    sqlite3_finalize(st);
    return ok;
}

/* Ours by its application id, of a version that is known; an empty file is made so. */
static bool schema_settle(struct spool *s) {
    int64_t application, version;
    char sql[160];
    if (!run(s, "BEGIN IMMEDIATE")) return false;
    if (!pragma_get(s, "PRAGMA application_id", &application) ||
        !pragma_get(s, "PRAGMA user_version", &version))
        return false;
    if (application == 0 && version == 0) {
        snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                 SPOOL_APPLICATION, SPOOL_VERSION);
        return run(s, schema) && run(s, sql) && run(s, "COMMIT");
    }
    if (application == SPOOL_APPLICATION && version == SPOOL_VERSION) return run(s, "COMMIT");
    snprintf(s->trouble, sizeof s->trouble, "application %lld, version %lld",
             (long long)application, (long long)version);
    return false;
}

enum err spool_open(const char *directory, struct spool **ret, struct refusal *ret_refusal) {
    char path[4096];
    struct spool *s = check_alloc(1, sizeof *s);
    int n = snprintf(path, sizeof path, "%s/gateway.db", directory);
    (void)mkdir(directory, 0700);
    mode_t before = umask(077);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool ok =
        n > 0 && (size_t)n < sizeof path && sqlite3_open_v2(path, &s->db, flags, NULL) == SQLITE_OK;
    if (!ok && s->db != NULL) snprintf(s->trouble, sizeof s->trouble, "%s", sqlite3_errmsg(s->db));
    ok = ok && sqlite3_busy_timeout(s->db, BUSY_MS) == SQLITE_OK;
    /* WAL with FULL: a commit is synced before it returns
     * (sqlite.org/pragma.html#pragma_synchronous). */
    ok = ok && run(s, "PRAGMA journal_mode = WAL") && run(s, "PRAGMA synchronous = FULL") &&
         run(s, "PRAGMA cache_size = -16384") && schema_settle(s);
    umask(before);
    if (ok) {
        *ret = s;
        return OK;
    }
    enum err e = refusal_set(ret_refusal, ERR_SPOOL, "%.80s: %.100s", path, s->trouble);
    spool_close(s);
    return e;
}

void spool_close(struct spool *s) {
    if (s == NULL) return;
    for (int i = 0; i < QUERIES; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    free(s);
}

const char *spool_trouble(const struct spool *s) {
    return s->trouble;
}

bool spool_begin(struct spool *s) {
    CHECK(!s->inside);
    s->inside = sql_done(s, sql_use(s, QUERY_BEGIN));
    return s->inside;
}

bool spool_commit(struct spool *s) {
    CHECK(s->inside);
    if (!sql_done(s, sql_use(s, QUERY_COMMIT))) return false;
    s->inside = false;
    return true;
}

void spool_rollback(struct spool *s) {
    char kept[sizeof s->trouble];
    if (!s->inside) return;
    /* What went wrong before is what matters; SQLite may have rolled back by itself. */
    memcpy(kept, s->trouble, sizeof kept);
    if (sqlite3_get_autocommit(s->db) == 0 && !sql_done(s, sql_use(s, QUERY_ROLLBACK)))
        kept[0] = kept[0] != 0 ? kept[0] : '?';
    memcpy(s->trouble, kept, sizeof kept);
    s->inside = false;
}

static uint64_t one_number(struct spool *s, enum query q) {
    sqlite3_stmt *st = sql_use(s, q);
    uint64_t n = sql_row(s, st) ? sql_get_uint(st, 0) : 0;
    sql_end(st);
    return n;
}

uint64_t spool_bytes(struct spool *s) {
    uint64_t pages = one_number(s, QUERY_PAGES), unused = one_number(s, QUERY_PAGES_FREE);
    return pages > unused ? (pages - unused) * 4096 : 0;
}

/* ---- reads and hours ---- */

bool spool_read(struct spool *s, uint64_t sequence, uint64_t received_ms, struct span bytes) {
    sqlite3_stmt *st = sql_use(s, QUERY_READ_ADD);
    sql_uint(st, 1, sequence);
    sql_uint(st, 2, received_ms);
    sql_bytes(st, 3, bytes);
    if (!sql_done(s, st)) return false;
    st = sql_use(s, QUERY_HOUR_COUNT);
    sql_uint(st, 1, received_ms / HOUR_MS);
    sql_uint(st, 2, sequence);
    return sql_done(s, st);
}

bool spool_last(struct spool *s, uint64_t *ret_sequence, uint64_t *ret_received_ms) {
    sqlite3_stmt *st = sql_use(s, QUERY_READ_LAST);
    bool row = sql_row(s, st);
    *ret_sequence = row ? sql_get_uint(st, 0) : 0;
    *ret_received_ms = row ? sql_get_uint(st, 1) : 0;
    sql_end(st);
    return sql_sound(s);
}

bool spool_reads(struct spool *s, uint64_t from, uint64_t to, spool_read_fn *fn, void *self) {
    sqlite3_stmt *st = sql_use(s, QUERY_READS);
    sql_uint(st, 1, from);
    sql_uint(st, 2, to);
    while (sql_row(s, st))
        fn(self, sql_get_uint(st, 0), sql_get_bytes(st, 1));
    sql_end(st);
    return sql_sound(s);
}

bool spool_hour_from(struct spool *s, uint64_t hour, struct spool_hour *ret) {
    sqlite3_stmt *st = sql_use(s, QUERY_HOUR_FROM);
    sql_uint(st, 1, hour);
    bool row = sql_row(s, st);
    if (row) {
        struct span root = sql_get_bytes(st, 3);
        *ret = (struct spool_hour){.hour = sql_get_uint(st, 0),
                                   .first = sql_get_uint(st, 1),
                                   .count = sql_get_uint(st, 2),
                                   .rooted = root.len == sizeof ret->root,
                                   .batch = sql_get_uint(st, 4),
                                   .dropped = sql_get_uint(st, 5)};
        if (ret->rooted) memcpy(ret->root.b, root.data, root.len);
    }
    sql_end(st);
    return row;
}

bool spool_hour_root(struct spool *s, uint64_t hour, const struct digest *root) {
    sqlite3_stmt *st = sql_use(s, QUERY_HOUR_ROOT);
    sql_bytes(st, 1, span_of(root->b, sizeof root->b));
    sql_uint(st, 2, hour);
    return sql_done(s, st);
}

bool spool_hour_batch(struct spool *s, uint64_t hour, uint64_t batch) {
    sqlite3_stmt *st = sql_use(s, QUERY_HOUR_BATCH);
    sql_uint(st, 1, batch);
    sql_uint(st, 2, hour);
    return sql_done(s, st);
}

bool spool_hour_drop(struct spool *s, const struct spool_hour *h) {
    sqlite3_stmt *st = sql_use(s, QUERY_READS_DROP);
    sql_uint(st, 1, h->first);
    sql_uint(st, 2, h->first + h->count - 1);
    if (!sql_done(s, st)) return false;
    st = sql_use(s, QUERY_HOUR_DROPPED);
    sql_uint(st, 1, h->hour);
    return sql_done(s, st);
}

/* ---- checkpoint ---- */

static const struct field state_fields[] = {
    CODEC_UINT(spool_state, cursor, 0, INT64_MAX),
    CODEC_UINT(spool_state, waiting_from, 0, INT64_MAX),
    CODEC_UINT(spool_state, watermark_ms, 0, INT64_MAX),
    CODEC_UINT(spool_state, horizon_ms, 0, INT64_MAX),
};
static const struct type state_type = CODEC_TYPE(spool_state, state_fields);

/* What the gateway wrote itself and cannot read is a damaged disk. */
static bool damaged(struct spool *s, enum err e) {
    if (e != OK) snprintf(s->trouble, sizeof s->trouble, "%s", err_text(e, LANG_EN));
    return e == OK;
}

bool spool_state_load(struct spool *s, struct spool_state *ret) {
    sqlite3_stmt *st = sql_use(s, QUERY_STATE_GET);
    enum err e = OK;
    *ret = (struct spool_state){.waiting_from = 1};
    if (sql_row(s, st)) e = codec_decode(&state_type, sql_get_bytes(st, 0), NULL, ret);
    sql_end(st);
    return damaged(s, e) && sql_sound(s);
}

bool spool_state_save(struct spool *s, const struct spool_state *state) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, STATE_BYTES);
    codec_encode(&state_type, state, &value);
    sqlite3_stmt *st = sql_use(s, QUERY_STATE_SET);
    sql_bytes(st, 1, buffer_span(&value));
    return sql_done(s, st);
}

static void name_put(struct buffer *b, const char *name) {
    pack_text(b, name != NULL ? span_text(name) : SPAN_EMPTY);
}

bool spool_tag_save(struct spool *s, const struct zone_tag *tag, const char *zone,
                    const char *candidate, const char *seen) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, 4096);
    pack_array(&value, 9);
    name_put(&value, zone);
    name_put(&value, candidate);
    name_put(&value, seen);
    pack_uint(&value, tag->streak);
    pack_uint(&value, tag->last_ms);
    pack_uint(&value, tag->said_ms);
    pack_uint(&value, tag->first_ms);
    pack_uint(&value, tag->recent_ms);
    pack_uint(&value, tag->seen_ms);
    sqlite3_stmt *st = sql_use(s, QUERY_TAG_SET);
    sql_bytes(st, 1, span_of(tag->epc, tag->epc_len));
    sql_bytes(st, 2, buffer_span(&value));
    return sql_done(s, st);
}

bool spool_tag_drop(struct spool *s, struct span epc) {
    sqlite3_stmt *st = sql_use(s, QUERY_TAG_DROP);
    sql_bytes(st, 1, epc);
    return sql_done(s, st);
}

static enum err tag_read(struct span epc, struct span value, spool_zone_find_fn *find, void *zones,
                         struct zone_tag *ret) {
    struct unpack u;
    unpack_init(&u, value);
    if (epc.len == 0 || epc.len > EPC_BYTES_MAX) return ERR_CODEC_RANGE;
    *ret = (struct zone_tag){.epc_len = (uint8_t)epc.len};
    memcpy(ret->epc, epc.data, epc.len);
    if (unpack_array(&u, 9) != 9) return ERR_CODEC_COUNT;
    ret->zone = find(zones, unpack_text(&u, 256));
    ret->candidate = find(zones, unpack_text(&u, 256));
    ret->seen_zone = find(zones, unpack_text(&u, 256));
    ret->streak = (uint32_t)unpack_uint(&u, UINT32_MAX);
    ret->last_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    ret->said_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    ret->first_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    ret->recent_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    ret->seen_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    if (ret->candidate == ZONE_NONE) ret->streak = 0;
    return unpack_end(&u);
}

bool spool_tags(struct spool *s, spool_zone_find_fn *find, void *zones, spool_tag_fn *fn,
                void *self) {
    sqlite3_stmt *st = sql_use(s, QUERY_TAGS);
    enum err e = OK;
    while (e == OK && sql_row(s, st)) {
        struct zone_tag tag;
        e = tag_read(sql_get_bytes(st, 0), sql_get_bytes(st, 1), find, zones, &tag);
        /* A zone that is no more: the tag is nowhere until it is read again. */
        if (e == OK && (tag.zone != ZONE_NONE || tag.candidate != ZONE_NONE)) fn(self, &tag);
    }
    sql_end(st);
    return damaged(s, e) && sql_sound(s);
}

bool spool_movement_save(struct spool *s, const struct movement *m, const char *from,
                         const char *to) {
    struct buffer value CLEANUP(buffer_free) = {0};
    buffer_init(&value, 4096);
    pack_array(&value, 6);
    pack_uint(&value, m->kind);
    name_put(&value, from);
    name_put(&value, to);
    pack_uint(&value, m->time_ms);
    pack_uint(&value, m->at_ms);
    pack_bytes(&value, span_of(m->epc, m->epc_len));
    sqlite3_stmt *st = sql_use(s, QUERY_MOVEMENT_ADD);
    sql_bytes(st, 1, buffer_span(&value));
    return sql_done(s, st);
}

bool spool_movements_clear(struct spool *s) {
    return sql_done(s, sql_use(s, QUERY_MOVEMENTS_CLEAR));
}

static enum err movement_read(struct span value, spool_zone_find_fn *find, void *zones,
                              struct movement *ret) {
    struct unpack u;
    unpack_init(&u, value);
    *ret = (struct movement){0};
    if (unpack_array(&u, 6) != 6) return ERR_CODEC_COUNT;
    uint64_t kind = unpack_uint(&u, MOVEMENT_STAYS);
    ret->from = find(zones, unpack_text(&u, 256));
    ret->to = find(zones, unpack_text(&u, 256));
    ret->time_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    ret->at_ms = unpack_uint(&u, READ_TIME_MS_MAX);
    struct span epc = unpack_bytes(&u, EPC_BYTES_MAX);
    if (unpack_end(&u) != OK || kind < MOVEMENT_ARRIVED) return ERR_CODEC_RANGE;
    ret->kind = (enum movement_kind)kind;
    if (epc.len > 0) memcpy(ret->epc, epc.data, epc.len);
    ret->epc_len = (uint8_t)epc.len;
    return OK;
}

bool spool_movements(struct spool *s, spool_zone_find_fn *find, void *zones, spool_movement_fn *fn,
                     void *self) {
    sqlite3_stmt *st = sql_use(s, QUERY_MOVEMENTS);
    enum err e = OK;
    while (e == OK && sql_row(s, st)) {
        struct movement m;
        e = movement_read(sql_get_bytes(st, 0), find, zones, &m);
        if (e == OK && (m.from != ZONE_NONE || m.to != ZONE_NONE)) fn(self, &m);
    }
    sql_end(st);
    return damaged(s, e) && sql_sound(s);
}
