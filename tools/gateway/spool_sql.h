/* spool_sql.h: the database behind spool.h: every statement by name, prepared once. For spool*.c.
 *
 * sql_bind_* take the parameter's place from 1; sql_row steps and says whether there is a row;
 * sql_done steps a statement that has none. Both say false for trouble, which sql_sound tells apart
 * from "no row"; a statement is ready for reuse after sql_end. */
#ifndef TOOLS_GATEWAY_SPOOL_SQL_H
#define TOOLS_GATEWAY_SPOOL_SQL_H

#include <sqlite3.h>

#include "tools/gateway/spool.h"

enum query {
    QUERY_BEGIN,
    QUERY_COMMIT,
    QUERY_ROLLBACK,
    QUERY_READ_ADD,
    QUERY_READ_LAST,
    QUERY_READS,
    QUERY_READS_DROP,
    QUERY_HOUR_COUNT,
    QUERY_HOUR_FROM,
    QUERY_HOUR_ROOT,
    QUERY_HOUR_BATCH,
    QUERY_HOUR_DROPPED,
    QUERY_STATE_GET,
    QUERY_STATE_SET,
    QUERY_TAG_SET,
    QUERY_TAG_DROP,
    QUERY_TAGS,
    QUERY_MOVEMENT_ADD,
    QUERY_MOVEMENTS_CLEAR,
    QUERY_MOVEMENTS,
    QUERY_BATCH_ADD,
    QUERY_BATCH_NEXT,
    QUERY_BATCH_GET,
    QUERY_BATCH_BODY,
    QUERY_BATCH_WIRE,
    QUERY_BATCH_SIGNED,
    QUERY_BATCH_UPDATE,
    QUERY_COUNT,
    QUERY_PAGES,
    QUERY_PAGES_FREE,
    QUERIES
};

struct spool {
    sqlite3 *db;
    sqlite3_stmt *statements[QUERIES];
    bool inside; /* a transaction */
    char trouble[256];
};

sqlite3_stmt *sql_use(struct spool *s, enum query q); /* ready to bind */
void sql_uint(sqlite3_stmt *st, int place, uint64_t v);
void sql_bytes(sqlite3_stmt *st, int place, struct span v);
bool sql_row(struct spool *s, sqlite3_stmt *st) MUST_USE;
bool sql_done(struct spool *s, sqlite3_stmt *st) MUST_USE; /* ends it too */
bool sql_sound(const struct spool *s);                     /* no trouble since sql_use */
void sql_end(sqlite3_stmt *st);
uint64_t sql_get_uint(sqlite3_stmt *st, int column);
struct span sql_get_bytes(sqlite3_stmt *st, int column); /* until the next step */

#endif
