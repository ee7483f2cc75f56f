/* execution.c: execute, commit, read back (execution.h). */
#include "node/execution.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "ledger/apply.h"
#include "ledger/query.h"
#include "storage/commit.h"
#include "storage/overlay.h"

enum {
    STATUS_CACHE_BYTES = 32 << 20,
    STORED_BLOCK_BYTES_MAX = BLOCK_NULLIFICATIONS_BYTES_MAX + BLOCK_CERTIFICATE_BYTES_MAX + BLOCK_RECORDS_MAX * 40,
    ATTESTED_BYTES_MAX = VALIDATORS_MAX * 256 + 16,
};

struct execution {
    struct store store;
    const struct genesis *genesis;
    struct ledger_head head;
    struct overlay *overlay;
    struct status_cache *cache;
    struct arena arena;
};

struct execution *execution_new(struct store store, const struct genesis *genesis) {
    struct execution *e = check_alloc(1, sizeof *e);
    e->store = store;
    e->genesis = genesis;
    CHECK(ledger_head_read(store_reader(store), &e->head));
    e->overlay = overlay_new(store_reader(store));
    e->cache = status_cache_new(STATUS_CACHE_BYTES);
    arena_init(&e->arena, APPLY_ARENA_BYTES);
    return e;
}

void execution_free(struct execution *e) {
    if (e == NULL) return;
    overlay_free(e->overlay);
    status_cache_free(e->cache);
    arena_free(&e->arena);
    free(e);
}

bool execution_full(const struct execution *e) {
    return overlay_full(e->overlay);
}

void executed_free(struct executed *e) {
    if (e == NULL) return;
    changes_free(e->changes);
    buffer_free(&e->results);
    free(e->log_indices);
    free(e);
}

/* Copies what outlives the arena. */
static struct executed *keep(const struct applied *a) {
    struct executed *e = check_alloc(1, sizeof *e);
    e->changes = a->changes;
    buffer_init(&e->results, a->results_bytes.len + 1);
    buffer_append_span(&e->results, a->results_bytes);
    CHECK(!e->results.overflow);
    e->log_indices = check_alloc((size_t)a->count + 1, sizeof *e->log_indices);
    for (uint32_t i = 0; i < a->count; i++) {
        e->log_indices[i] = a->log_indices[i] == LOG_INDEX_NONE ? UINT64_MAX : a->log_indices[i];
    }
    e->told = (struct replica_execution){
        .height = a->head.height,
        .log_size = a->head.log.size,
        .log_root = a->log_root,
        .status_root = a->head.status.root,
        .results = buffer_span(&e->results),
        .log_indices = e->log_indices,
        .results_count = a->count,
    };
    return e;
}

enum err execution_run(struct execution *e, const struct block_job *job, struct executed **ret) {
    CHECK(!execution_full(e));
    struct block block = {
        .stored = job->stored,
        .header_bytes = job->header,
        .records = job->records,
        .records_count = job->records_count,
    };
    struct applied applied;
    arena_reset(&e->arena);
    enum err err = ledger_apply(&e->genesis->params, overlay_reader(e->overlay), &e->head, &block, e->cache,
                                &e->arena, &applied);
    if (err != OK) return err;
    CHECK(applied.head.height == job->height && digest_equal(&applied.head.block, &job->digest));
    e->head = applied.head;
    overlay_push(e->overlay, job->height, applied.changes);
    *ret = keep(&applied);
    return OK;
}

void execution_drop(struct execution *e, uint64_t height) {
    overlay_drop(e->overlay, height);
}

/* 'Q' || height: beside the ledger's kinds (ledger/keys.h), which it does not use. */
static struct span attested_key(uint64_t height, uint8_t ret[9]) {
    ret[0] = 'Q';
    put_u64(ret + 1, height);
    return span_of(ret, 9);
}

bool execution_commit(struct store store, struct executed *const blocks[], size_t blocks_count,
                      const struct attested *attested) {
    CHECK(blocks_count > 0);
    const struct replica_execution *last = &blocks[blocks_count - 1]->told;
    CHECK(attested->height == last->height && attested->size == last->log_size);
    CHECK(digest_equal(&attested->root, &last->log_root));
    struct buffer row CLEANUP(buffer_free) = {0};
    buffer_init(&row, ATTESTED_BYTES_MAX);
    attested_encode(attested, &row);
    CHECK(!row.overflow);
    uint8_t key[9];
    /* The row goes with the last block, in one batch; it cannot be added to that block's changes, which the executor's overlay may be reading
     * at this moment. */
    struct changes *beside = changes_new();
    changes_put(beside, TABLE_CHAIN, attested_key(last->height, key), buffer_span(&row));
    struct changes **sets = check_alloc(blocks_count, sizeof(struct changes *));
    for (size_t i = 0; i < blocks_count; i++) sets[i] = blocks[i]->changes;
    bool ok = commit_write_beside(store, sets, blocks_count, beside, last->height);
    free(sets);
    changes_free(beside);
    return ok;
}

bool execution_genesis(struct store store, const struct genesis *genesis) {
    struct changes *c = changes_new();
    struct ledger_head head;
    genesis_apply(genesis, c, &head);
    struct changes *sets[] = {c};
    bool ok = commit_write(store, sets, 1, 0);
    changes_free(c);
    return ok;
}

void execution_head(struct reader r, struct buffer *header, struct replica_head *ret) {
    struct ledger_head head;
    CHECK(ledger_head_read(r, &head));
    buffer_clear(header);
    if (head.height > 0) {
        struct buffer stored CLEANUP(buffer_free) = {0};
        buffer_init(&stored, STORED_BLOCK_BYTES_MAX);
        CHECK(query_block_stored(r, head.height, &stored) == OK);
        struct unpack u;
        unpack_init(&u, buffer_span(&stored));
        (void)unpack_array(&u, 4);
        buffer_append_span(header, unpack_bytes(&u, BLOCK_HEADER_BYTES_MAX));
        CHECK(u.err == OK && !header->overflow);
    }
    *ret = (struct replica_head){
        .height = head.height,
        .view = head.view,
        .block = head.block,
        .header = buffer_span(header),
        .log_size = head.log.size,
        .log_root = merkle_frontier_root(&head.log),
    };
}

bool execution_attested(struct reader r, const struct genesis *genesis, uint64_t height, struct attested *ret) {
    uint8_t key[9];
    struct buffer row CLEANUP(buffer_free) = {0};
    buffer_init(&row, ATTESTED_BYTES_MAX);
    if (!reader_get(r, TABLE_CHAIN, attested_key(height, key), &row)) return false;
    return attested_decode(buffer_span(&row), genesis->validators.count, height, ret) == OK;
}

/* [stored block as bytes, [wire records], attested checkpoint as bytes or empty], appended. False when there is no such block. */
static bool read_block(struct reader r, uint64_t height, struct buffer *out) {
    struct block_summary summary;
    if (query_block(r, height, &summary) != OK) return false;
    struct buffer row CLEANUP(buffer_free) = {0};
    buffer_init(&row, STORED_BLOCK_BYTES_MAX);
    if (query_block_stored(r, height, &row) != OK) return false;
    pack_array(out, 3);
    pack_bytes(out, buffer_span(&row));
    pack_array(out, summary.records);
    for (uint32_t i = 0; i < summary.records; i++) {
        buffer_clear(&row);
        CHECK(query_record_bytes(r, height, i, &row) == OK);
        pack_raw(out, buffer_span(&row));
    }
    uint8_t key[9];
    buffer_clear(&row);
    (void)reader_get(r, TABLE_CHAIN, attested_key(height, key), &row);
    pack_bytes(out, buffer_span(&row));
    return true;
}

void execution_read_blocks(struct reader r, uint64_t from, uint32_t count, size_t bytes_max, struct buffer *out) {
    struct buffer blocks CLEANUP(buffer_free) = {0};
    buffer_init(&blocks, bytes_max + STORED_BLOCK_BYTES_MAX + 2 * (size_t)BLOCK_BYTES_MAX);
    uint32_t found = 0;
    /* Height 0 is genesis: everybody has it, nobody stores it as a block. */
    for (uint64_t height = from; height > 0 && found < count; height++) {
        size_t before = blocks.len;
        if (!read_block(r, height, &blocks)) break;
        CHECK(!blocks.overflow);
        if (found > 0 && blocks.len > bytes_max) {
            blocks.len = before;
            break;
        }
        found++;
    }
    if (found == 0) return;
    pack_array(out, found);
    buffer_append_span(out, buffer_span(&blocks));
}
