#include "node/chain_check.h"

#include <stdio.h>

#include "ledger/query.h"
#include "node/block_link.h"
#include "storage/recover_ledger.h"

enum { STORED_BYTES_MAX = 48 << 20, ARENA_BYTES = 1 << 20 };

static bool head_check(const void *self, struct reader r, uint64_t height, enum recover_level level,
                       char ret_text[RECOVER_TEXT_BYTES]) {
    const struct chain_check *c = self;
    return c->ledger.head(c->ledger.self, r, height, level, ret_text);
}

static bool block_check(const void *self, struct reader r, uint64_t height, char ret_text[RECOVER_TEXT_BYTES]) {
    const struct chain_check *c = self;
    struct buffer stored CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct stored_block block;
    struct block_header header;
    struct block_summary before;
    bool final;
    if (!c->ledger.block(c->ledger.self, r, height, ret_text)) return false;
    buffer_init(&stored, STORED_BYTES_MAX);
    arena_init(&arena, ARENA_BYTES);
    enum err e = query_block(r, height - 1, &before);
    if (e == OK) e = query_block_stored(r, height, &stored);
    if (e == OK) e = stored_block_decode(buffer_span(&stored), &arena, &block, &header);
    if (e == OK) e = block_link_check(c->genesis, &block, &header, before.view, &final);
    if (e == OK) return true;
    (void)snprintf(ret_text, RECOVER_TEXT_BYTES, "the block's certificates do not check: %s (%s)", err_text(e, LANG_EN), err_name(e));
    return false;
}

struct recover_checks chain_check_begin(struct chain_check *c, const struct genesis *genesis) {
    *c = (struct chain_check){genesis, recover_ledger_checks(&genesis->params)};
    return (struct recover_checks){c, head_check, block_check};
}
