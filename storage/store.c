/* store.c: what both stores share. */
#include "storage/store.h"

#include <stdatomic.h>

struct reader store_reader(struct store s) {
    return s.ops->reader(s.self);
}

bool store_write(struct store s, enum table table, struct changes *const sets[], size_t sets_count,
                 bool sync) {
    return s.ops->write(s.self, table, sets, sets_count, sync);
}

struct store_snapshot *store_snapshot(struct store s) {
    struct store_snapshot *snapshot = s.ops->snapshot(s.self);
    atomic_init(&snapshot->references, 1);
    return snapshot;
}

struct store_snapshot *store_snapshot_retain(struct store_snapshot *snapshot) {
    CHECK(atomic_fetch_add(&snapshot->references, 1) > 0);
    return snapshot;
}

void store_snapshot_release(struct store_snapshot *snapshot) {
    if (snapshot && atomic_fetch_sub(&snapshot->references, 1) == 1) snapshot->destroy(snapshot);
}

struct reader store_snapshot_reader(struct store_snapshot *snapshot) {
    return snapshot->reader;
}

const char *store_error(struct store s) {
    return s.ops->error(s.self);
}

uint64_t store_size(struct store s, enum table table) {
    return s.ops->size(s.self, table);
}

void store_compact(struct store s, enum table table, struct span from, struct span to) {
    s.ops->compact(s.self, table, from, to);
}

void store_close(struct store s) {
    if (s.ops) s.ops->close(s.self);
}
