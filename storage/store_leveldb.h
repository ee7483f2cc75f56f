/* store_leveldb.h: a store in two LevelDB databases, `chain` and `state`, under one directory.
 *
 * Why two: LevelDB stalls a writer for seconds when large values lie under random keys (compactions
 * rewrite them again and again), and not at all under rising keys. So bodies live in `chain`, whose
 * keys rise with the height, and `state` keeps small rows only.
 *
 * Threads: any; writes are serialised by the caller. Every block read from disk is checked against
 * its checksum. One process at a time: LevelDB locks both databases.
 */
#ifndef STORAGE_STORE_LEVELDB_H
#define STORAGE_STORE_LEVELDB_H

#include "storage/store.h"

struct store_leveldb_options {
    size_t cache_bytes;        /* block cache over both tables; 0: 32 MiB */
    size_t write_buffer_bytes; /* per table, at times two; 0: state 32 MiB, chain 16 MiB */
    uint32_t lock_wait_ms;     /* for a killed process that has not let go of its files yet */
};

/* Creates the directory and the databases when they are not there. False: the world refused (absent
 * parent, no permission, locked by another process, damaged); ret_error, of at least
 * STORE_ERROR_BYTES, says what. */
enum { STORE_ERROR_BYTES = 256 };
bool store_leveldb_open(const char *directory, const struct store_leveldb_options *options,
                        struct store *ret, char ret_error[STORE_ERROR_BYTES]) MUST_USE;

/* Version of the linked library, "1.23". */
void store_leveldb_version(char ret_text[16]);

#endif
