/* commit.c: chain, then state (commit.h). */
#include "storage/commit.h"

#include <stdlib.h>

enum { MARK_BYTES = 9, MARK_VERSION = 1 };

static struct span mark_key(void) {
    return span_text("!");
}

bool commit_height(struct reader r, enum table table, uint64_t *ret_height) {
    struct buffer b;
    buffer_init(&b, STORE_VALUE_BYTES_MAX);
    bool there = reader_get(r, table, mark_key(), &b);
    if (there) {
        CHECK(b.len == MARK_BYTES && b.data[0] == MARK_VERSION);
        *ret_height = get_u64(b.data + 1);
    }
    buffer_free(&b);
    return there;
}

/* The blocks and the mark in one batch. */
static bool table_write(struct store s, enum table table, struct changes *const blocks[],
                        size_t blocks_count, struct changes *beside, uint64_t height) {
    uint8_t mark[MARK_BYTES] = {MARK_VERSION};
    put_u64(mark + 1, height);
    struct changes *marks = changes_new();
    changes_put(marks, table, mark_key(), span_of(mark, sizeof mark));
    struct changes **sets = check_alloc(blocks_count + 2, sizeof(struct changes *));
    for (size_t i = 0; i < blocks_count; i++)
        sets[i] = blocks[i];
    sets[blocks_count] = marks;
    sets[blocks_count + 1] = beside;
    bool ok = store_write(s, table, sets, blocks_count + (beside ? 2 : 1), true);
    changes_free(marks);
    free(sets);
    return ok;
}

bool commit_write(struct store s, struct changes *const blocks[], size_t blocks_count,
                  uint64_t height) {
    return commit_write_beside(s, blocks, blocks_count, NULL, height);
}

bool commit_write_beside(struct store s, struct changes *const blocks[], size_t blocks_count,
                         struct changes *beside, uint64_t height) {
    CHECK(blocks_count > 0);
    /* A write that failed may yet stand: the heights below are worth nothing then. */
    if (*store_error(s)) return false;
    struct reader r = store_reader(s);
    uint64_t chain = 0, state = 0;
    bool chain_there = commit_height(r, TABLE_CHAIN, &chain);
    bool state_there = commit_height(r, TABLE_STATE, &state);
    CHECK(!state_there || (chain_there && chain >= state));
    uint64_t next = state_there ? state + 1 : 0;
    CHECK(height == next + blocks_count - 1);
    uint64_t chain_height = chain_there && chain > height ? chain : height;
    return table_write(s, TABLE_CHAIN, blocks, blocks_count, beside, chain_height) &&
           table_write(s, TABLE_STATE, blocks, blocks_count, beside, height);
}
