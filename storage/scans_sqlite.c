/* scans_sqlite.c: see scans.h; the only door to SQLite in a node. Possible failures: a full or broken disk (the transaction is rolled
 * back, nothing counted), a file that is not ours (refused at opening). */
#include "storage/scans.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"

#define SCANS_APPLICATION 0x53595343 /* "SYSC" */
enum { SCANS_VERSION = 1, BUSY_MS = 5000, DAY_MS = 24 * SCAN_HOUR_MS };
#define KEPT_MS ((uint64_t)SCANS_KEPT_DAYS * DAY_MS)

static const char schema[] =
    "CREATE TABLE tallies (hour INTEGER NOT NULL, identifier BLOB NOT NULL, division BLOB NOT NULL,"
    " count INTEGER NOT NULL, PRIMARY KEY (hour, identifier, division)) WITHOUT ROWID;"
    "CREATE INDEX tallies_of ON tallies (identifier, hour, division, count);"
    "CREATE TABLE hours (hour INTEGER PRIMARY KEY, rows INTEGER NOT NULL, dropped INTEGER NOT NULL);";

enum query {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_NEWEST,
    QUERY_ADD,
    QUERY_MAKE,
    QUERY_HOUR,
    QUERY_HOUR_ROW,
    QUERY_HOUR_DROPPED,
    QUERY_OF_CODE,
    QUERY_OF_HOUR,
    QUERY_TOTALS,
    QUERY_FORGET_TALLIES,
    QUERY_FORGET_HOURS,
    QUERIES
};

static const char *const queries[QUERIES] = {
    [QUERY_BEGIN] = "BEGIN IMMEDIATE",
    [QUERY_COMMIT] = "COMMIT",
    [QUERY_ROLLBACK] = "ROLLBACK",
    [QUERY_NEWEST] = "SELECT coalesce(max(hour), 0) FROM hours",
    [QUERY_ADD] = "UPDATE tallies SET count = count + 1 WHERE hour = ? AND identifier = ? AND division = ?",
    [QUERY_MAKE] = "INSERT INTO tallies (hour, identifier, division, count) VALUES (?, ?, ?, 1)",
    [QUERY_HOUR] = "SELECT rows, dropped FROM hours WHERE hour = ?",
    [QUERY_HOUR_ROW] = "INSERT INTO hours (hour, rows, dropped) VALUES (?, 1, 0)"
                       " ON CONFLICT (hour) DO UPDATE SET rows = rows + 1",
    [QUERY_HOUR_DROPPED] = "UPDATE hours SET dropped = dropped + 1 WHERE hour = ?",
    [QUERY_OF_CODE] = "SELECT hour, identifier, division, count FROM tallies WHERE identifier = ? AND hour > ?"
                      " ORDER BY hour DESC, division DESC LIMIT ?",
    [QUERY_OF_HOUR] = "SELECT hour, identifier, division, count FROM tallies WHERE hour = ? AND hour > ?"
                      " ORDER BY identifier, division LIMIT ?",
    [QUERY_TOTALS] = "SELECT coalesce(sum(rows), 0), coalesce(min(hour), 0) FROM hours WHERE hour > ?",
    [QUERY_FORGET_TALLIES] = "DELETE FROM tallies WHERE hour <= ?",
    [QUERY_FORGET_HOURS] = "DELETE FROM hours WHERE hour <= ?",
};

struct scans {
    pthread_mutex_t mutex;
    sqlite3 *db;
    sqlite3_stmt *statements[QUERIES];
    struct scans_options options;
    uint64_t newest_ms;   /* the newest hour that has a tally or that the clock has been in */
    uint64_t forgot_ms;   /* the hour in which old rows were last deleted */
    uint64_t refilled_ms; /* when tokens were last added */
    uint64_t tokens;      /* thousandths of a report that may still come */
    uint64_t tallied, dropped, refused;
};

/* ---- statements ---- */

static sqlite3_stmt *use(struct scans *s, enum query q) {
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

static bool done(sqlite3_stmt *st) {
    bool ok = step(st) == SQLITE_DONE;
    end(st);
    return ok;
}

static bool simple(struct scans *s, enum query q) {
    return done(use(s, q));
}

static bool with_hour(struct scans *s, enum query q, uint64_t hour_ms) {
    sqlite3_stmt *st = use(s, q);
    put_uint(st, 1, hour_ms);
    return done(st);
}

static struct span column_span(sqlite3_stmt *st, int column) {
    int len = sqlite3_column_bytes(st, column);
    return len <= 0 ? SPAN_EMPTY : span_of(sqlite3_column_blob(st, column), (size_t)len);
}

/* ---- open ---- */

static bool pragma_get(struct scans *s, const char *sql, int64_t *ret) {
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW;
    if (ok) *ret = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return ok;
}

static bool run(struct scans *s, const char *sql) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Ours by its application id, of a version that is known; an empty file is made so. */
static bool schema_settle(struct scans *s) {
    int64_t application, version;
    char sql[160];
    if (!pragma_get(s, "PRAGMA application_id", &application) || !pragma_get(s, "PRAGMA user_version", &version))
        return false;
    if (application == SCANS_APPLICATION && version == SCANS_VERSION) return true;
    if (application != 0 || version != 0) return false;
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", SCANS_APPLICATION, SCANS_VERSION);
    return run(s, "BEGIN IMMEDIATE") && run(s, schema) && run(s, sql) && run(s, "COMMIT");
}

static bool newest_read(struct scans *s) {
    sqlite3_stmt *st = use(s, QUERY_NEWEST);
    bool ok = step(st) == SQLITE_ROW;
    if (ok) s->newest_ms = (uint64_t)sqlite3_column_int64(st, 0);
    end(st);
    return ok;
}

struct scans *scans_open(const char *path, const struct scans_options *options, char ret_error[SCANS_ERROR_BYTES]) {
    struct scans *s = check_alloc(1, sizeof *s);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    char pages[64];
    snprintf(pages, sizeof pages, "PRAGMA max_page_count = %d", SCANS_MIB_MAX * (1024 / 4));
    CHECK(pthread_mutex_init(&s->mutex, NULL) == 0);
    s->options = *options;
    if (s->options.hour_rows_max == 0) s->options.hour_rows_max = SCANS_HOUR_ROWS_MAX;
    if (s->options.per_second == 0) s->options.per_second = SCANS_PER_SECOND;
    s->tokens = (uint64_t)s->options.per_second * 1000;
    bool ok = sqlite3_open_v2(path, &s->db, flags, NULL) == SQLITE_OK &&
              sqlite3_busy_timeout(s->db, BUSY_MS) == SQLITE_OK && run(s, "PRAGMA journal_mode = WAL") &&
              run(s, "PRAGMA synchronous = NORMAL") && run(s, "PRAGMA secure_delete = ON") && run(s, pages) &&
              schema_settle(s) && newest_read(s);
    if (ok) {
        (void)chmod(path, 0600);
        return s;
    }
    snprintf(ret_error, SCANS_ERROR_BYTES, "%.180s: %.60s", path, s->db ? sqlite3_errmsg(s->db) : "no memory");
    scans_close(s);
    return NULL;
}

void scans_close(struct scans *s) {
    if (s == NULL) return;
    for (int i = 0; i < QUERIES; i++)
        sqlite3_finalize(s->statements[i]);
    sqlite3_close(s->db);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

/* ---- one scan ---- */

/* A bucket of one second's reports. A clock that goes back refills nothing until it has caught up. */
static bool token_take(struct scans *s, uint64_t now) {
    uint64_t full = (uint64_t)s->options.per_second * 1000;
    if (s->refilled_ms == 0 || (now > s->refilled_ms && now - s->refilled_ms >= 1000)) {
        s->tokens = full;
        s->refilled_ms = now;
    } else if (now > s->refilled_ms) {
        s->tokens += (now - s->refilled_ms) * s->options.per_second;
        if (s->tokens > full) s->tokens = full;
        s->refilled_ms = now;
    }
    if (s->tokens < 1000) return false;
    s->tokens -= 1000;
    return true;
}

static uint64_t oldest_kept(uint64_t now) {
    return now > KEPT_MS ? now - KEPT_MS : 0;
}

/* Once an hour, with the first call in it. */
static bool forget_old(struct scans *s, uint64_t now) {
    uint64_t hour = now - now % SCAN_HOUR_MS;
    if (s->forgot_ms == hour) return true;
    if (!with_hour(s, QUERY_FORGET_TALLIES, oldest_kept(now)) || !with_hour(s, QUERY_FORGET_HOURS, oldest_kept(now)))
        return false;
    s->forgot_ms = hour;
    return true;
}

static bool row_add(struct scans *s, enum query q, uint64_t hour, struct span identifier, struct span division) {
    sqlite3_stmt *st = use(s, q);
    put_uint(st, 1, hour);
    put_span(st, 2, identifier);
    put_span(st, 3, division);
    return done(st);
}

static bool hour_read(struct scans *s, uint64_t hour, uint64_t *ret_rows, uint64_t *ret_dropped) {
    sqlite3_stmt *st = use(s, QUERY_HOUR);
    put_uint(st, 1, hour);
    int rc = step(st);
    *ret_rows = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    *ret_dropped = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(st, 1) : 0;
    end(st);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* In a transaction. */
static bool tally_write(struct scans *s, uint64_t hour, struct span identifier, struct span division, bool *ret_dropped) {
    uint64_t rows, dropped;
    *ret_dropped = false;
    if (!row_add(s, QUERY_ADD, hour, identifier, division)) return false;
    if (sqlite3_changes(s->db) > 0) return true;
    if (!hour_read(s, hour, &rows, &dropped)) return false;
    *ret_dropped = rows >= s->options.hour_rows_max;
    if (*ret_dropped) return with_hour(s, QUERY_HOUR_DROPPED, hour);
    return row_add(s, QUERY_MAKE, hour, identifier, division) && with_hour(s, QUERY_HOUR_ROW, hour);
}

/* An hour that was once told to be over stays so when the clock is set back. */
static uint64_t clock_read(struct scans *s) {
    uint64_t now = s->options.clock_ms(s->options.self), hour = now - now % SCAN_HOUR_MS;
    if (hour > s->newest_ms) s->newest_ms = hour;
    return now;
}

static enum err tally(struct scans *s, struct span identifier, struct span division) {
    uint64_t now = clock_read(s), hour = now - now % SCAN_HOUR_MS;
    bool left_out;
    if (!token_take(s, now)) {
        s->refused++;
        return ERR_SCAN_BUSY;
    }
    if (hour < s->newest_ms) return ERR_SCAN_CLOCK;
    if (!simple(s, QUERY_BEGIN)) return ERR_SCAN_STORE;
    if (!forget_old(s, now) || !tally_write(s, hour, identifier, division, &left_out) || !simple(s, QUERY_COMMIT)) {
        if (sqlite3_get_autocommit(s->db) == 0) (void)simple(s, QUERY_ROLLBACK);
        s->forgot_ms = 0;
        return ERR_SCAN_STORE;
    }
    *(left_out ? &s->dropped : &s->tallied) += 1;
    return OK;
}

enum err scans_tally(struct scans *s, struct span identifier, struct span division) {
    if (!scan_identifier_valid(identifier) || !scan_division_valid(division)) return ERR_SCAN_PIECE;
    CHECK(pthread_mutex_lock(&s->mutex) == 0);
    enum err e = tally(s, identifier, division);
    CHECK(pthread_mutex_unlock(&s->mutex) == 0);
    return e;
}

/* ---- reading ---- */

/* At most `max` rows; one more is only noticed. */
static enum err rows_read(sqlite3_stmt *st, size_t max, struct arena *arena, struct scans_rows *ret) {
    size_t room = 64, n = 0;
    struct scan_row *rows = check_alloc(room, sizeof *rows);
    enum err e = OK;
    int rc;
    while ((rc = step(st)) == SQLITE_ROW && n < max && e == OK) {
        if (n == room) rows = check_realloc(rows, room *= 2, sizeof *rows);
        struct scan_row *r = &rows[n++];
        *r = (struct scan_row){.hour_ms = (uint64_t)sqlite3_column_int64(st, 0),
                               .identifier = arena_copy(arena, column_span(st, 1)),
                               .division = arena_copy(arena, column_span(st, 2)),
                               .count = (uint64_t)sqlite3_column_int64(st, 3)};
        if (r->identifier.data == NULL || (r->division.len > 0 && r->division.data == NULL)) e = ERR_TOO_LARGE;
    }
    if (e == OK && rc != SQLITE_ROW && rc != SQLITE_DONE) e = ERR_SCAN_STORE;
    ret->cut = rc == SQLITE_ROW;
    ret->count = n;
    ret->rows = arena_alloc(arena, n + 1, sizeof *rows);
    if (e == OK && ret->rows == NULL) e = ERR_TOO_LARGE;
    if (e == OK) memcpy(ret->rows, rows, n * sizeof *rows);
    free(rows);
    end(st);
    return e;
}

enum err scans_of_code(struct scans *s, struct span identifier, struct arena *arena, struct scans_rows *ret) {
    struct scans_rows found = {.count = 0};
    CHECK(pthread_mutex_lock(&s->mutex) == 0);
    uint64_t now = clock_read(s);
    sqlite3_stmt *st = use(s, QUERY_OF_CODE);
    put_span(st, 1, identifier);
    put_uint(st, 2, oldest_kept(now));
    put_uint(st, 3, SCANS_CODE_ROWS_MAX + 1);
    enum err e = rows_read(st, SCANS_CODE_ROWS_MAX, arena, &found);
    CHECK(pthread_mutex_unlock(&s->mutex) == 0);
    if (e != OK) return e;
    /* Newest first so that the oldest are cut; told in order. */
    for (size_t i = 0; i < found.count / 2; i++) {
        struct scan_row r = found.rows[i];
        found.rows[i] = found.rows[found.count - 1 - i];
        found.rows[found.count - 1 - i] = r;
    }
    *ret = found;
    return OK;
}

enum err scans_of_hour(struct scans *s, uint64_t hour_ms, struct arena *arena, struct scans_rows *ret) {
    struct scans_rows found = {.count = 0};
    uint64_t rows;
    CHECK(hour_ms % SCAN_HOUR_MS == 0 && hour_ms <= INT64_MAX);
    CHECK(pthread_mutex_lock(&s->mutex) == 0);
    uint64_t now = clock_read(s);
    sqlite3_stmt *st = use(s, QUERY_OF_HOUR);
    put_uint(st, 1, hour_ms);
    put_uint(st, 2, oldest_kept(now));
    put_uint(st, 3, (uint64_t)s->options.hour_rows_max + 1);
    enum err e = rows_read(st, s->options.hour_rows_max, arena, &found);
    if (e == OK && !hour_read(s, hour_ms, &rows, &found.dropped)) e = ERR_SCAN_STORE;
    found.over = hour_ms < s->newest_ms || hour_ms + SCAN_HOUR_MS <= now;
    CHECK(pthread_mutex_unlock(&s->mutex) == 0);
    if (e == OK) *ret = found;
    return e;
}

void scans_totals(struct scans *s, struct scans_totals *ret) {
    CHECK(pthread_mutex_lock(&s->mutex) == 0);
    *ret = (struct scans_totals){.tallied = s->tallied, .dropped = s->dropped, .refused = s->refused};
    sqlite3_stmt *st = use(s, QUERY_TOTALS);
    put_uint(st, 1, oldest_kept(s->options.clock_ms(s->options.self)));
    if (step(st) == SQLITE_ROW) {
        ret->rows = (uint64_t)sqlite3_column_int64(st, 0);
        ret->oldest_ms = (uint64_t)sqlite3_column_int64(st, 1);
    }
    end(st);
    CHECK(pthread_mutex_unlock(&s->mutex) == 0);
}
