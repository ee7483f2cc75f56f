/* recover_ledger.c: the ledger's rows checked against each other, and blocks executed again
 * (recover_ledger.h). */
#include "storage/recover_ledger.h"

#include <stdio.h>

#include "ledger/apply.h"
#include "ledger/query.h"

enum { CHECK_ARENA_BYTES = 64 << 20, STORED_BYTES_MAX = 48 << 20 };

static_assert(STORED_BYTES_MAX > BLOCK_NULLIFICATIONS_BYTES_MAX + BLOCK_CERTIFICATE_BYTES_MAX +
                                     BLOCK_RECORDS_MAX * 40,
              "the largest stored block fits");

static bool no(char ret_text[RECOVER_TEXT_BYTES], const char *text) {
    (void)snprintf(ret_text, RECOVER_TEXT_BYTES, "%s", text);
    return false;
}

/* The log as it stood after a height, from stored hashes. */
static bool log_check(struct reader r, const struct block_summary *s, char *ret_text) {
    struct digest root;
    if (merkle_root_at(r, s->log_size, &root)) return no(ret_text, "log hashes are missing");
    if (!digest_equal(&root, &s->log_root))
        return no(ret_text, "the log's stored hashes give another root than the block names");
    return true;
}

/* A log entry as stored is the log's leaf at its index, and belongs to this record of this height.
 */
static bool entry_check(struct reader r, uint64_t log_index, uint64_t height, uint32_t index,
                        struct buffer *leaf) {
    uint64_t entry_height = 0;
    uint32_t entry_index = 0;
    struct digest stored;
    if (query_log_leaf(r, log_index, leaf, &entry_height, &entry_index) ||
        merkle_leaf_at(r, log_index, &stored))
        return false;
    struct digest hash = merkle_leaf_hash(buffer_span(leaf));
    return digest_equal(&hash, &stored) && entry_height == height && entry_index == index;
}

/* Every node that the leaves from..to completed is the hash of its two children. */
static bool nodes_check(struct reader r, uint64_t from, uint64_t to) {
    for (uint64_t n = from + 1; n <= to; n++)
        for (uint32_t level = 1; (n >> (level - 1) & 1) == 0; level++) {
            uint64_t i = (n >> level) - 1;
            struct digest node, left, right;
            if (merkle_node(r, level, i, &node) || merkle_node(r, level - 1, 2 * i, &left) ||
                merkle_node(r, level - 1, 2 * i + 1, &right))
                return false;
            struct digest hash = merkle_node_hash(&left, &right);
            if (!digest_equal(&hash, &node)) return false;
        }
    return true;
}

static bool genesis_check(struct reader r, char *ret_text) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    struct block_summary s;
    struct genesis_leaf g;
    if (query_block(r, 0, &s)) return no(ret_text, "the summary of genesis is missing or damaged");
    if (s.log_size != 1 || s.records != 0 || s.accepted != 0 ||
        !entry_check(r, 0, 0, UINT32_MAX, &leaf) || genesis_leaf_decode(buffer_span(&leaf), &g))
        return no(ret_text, "the genesis leaf is missing or damaged");
    if (g.status_count != s.status_count || !digest_equal(&g.status_root, &s.status_root))
        return no(ret_text, "the genesis leaf says otherwise than its summary");
    return log_check(r, &s, ret_text);
}

static bool head_check(const void *self, struct reader r, uint64_t height, enum recover_level level,
                       char ret_text[RECOVER_TEXT_BYTES]) {
    (void)self;
    struct ledger_head head;
    struct block_summary s;
    if (!ledger_head_read(r, &head)) return no(ret_text, "the head row is missing");
    if (head.height != height) return no(ret_text, "the head row stands at another height");
    if (query_block(r, height, &s)) return no(ret_text, "the newest block is missing or damaged");
    struct digest root = merkle_frontier_root(&head.log);
    if (!digest_equal(&s.block, &head.block) || s.time_ms != head.time_ms || s.view != head.view)
        return no(ret_text, "the head row names another block than the chain");
    if (s.log_size != head.log.size || !digest_equal(&s.log_root, &root))
        return no(ret_text, "the head row names another log root than the newest block");
    if (s.status_count != head.status.count || !digest_equal(&s.status_root, &head.status.root))
        return no(ret_text, "the head row names another status root than the newest block");
    if (!log_check(r, &s, ret_text)) return false;
    if (level != RECOVER_FULL) return true;
    if (!genesis_check(r, ret_text)) return false;
    struct status_head computed;
    status_recompute(r, &computed);
    if (computed.count != head.status.count || !digest_equal(&computed.root, &head.status.root))
        return no(ret_text, "the stored status values give another root than the head row names");
    return true;
}

/* A stored block with its records, in an arena. */
struct loaded {
    struct buffer stored;
    struct stored_block block;
    struct block_header header;
    struct span *records;
};

static bool load(struct reader r, uint64_t height, struct arena *arena, struct loaded *l,
                 char *ret_text) {
    if (query_block_stored(r, height, &l->stored)) return no(ret_text, "the block is missing");
    if (stored_block_decode(buffer_span(&l->stored), arena, &l->block, &l->header))
        return no(ret_text, "the block's bytes are damaged");
    uint32_t count = l->block.wire_ids_count;
    l->records = arena_alloc(arena, count, sizeof *l->records);
    CHECK(l->records);
    struct buffer wire CLEANUP(buffer_free) = {0};
    buffer_init(&wire, RECORD_BYTES_MAX + LEAF_BYTES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (query_record_bytes(r, height, i, &wire)) return no(ret_text, "a record is missing");
        l->records[i] = arena_copy(arena, buffer_span(&wire));
        if (!l->records[i].data) return no(ret_text, "the records are larger than a block can be");
    }
    return true;
}

/* Header, signature and body of each record are those its wire identity names: the body through the
 * header's root. */
static bool records_check(const struct ledger_params *params, const struct loaded *l,
                          char *ret_text) {
    uint32_t count = l->block.wire_ids_count;
    if (block_records_check(params, l->block.wire_ids, count, l->records, count))
        return no(ret_text, "a record's bytes are not those the block names");
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, RECORD_ARENA_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        struct record record;
        if (record_parse(params, l->records[i], &arena, &record, NULL))
            return no(ret_text, "a record's body is not the one its header names");
        arena_reset(&arena);
    }
    return true;
}

/* The block leaf is the log's newest leaf at this height and says what the summary says. */
static bool leaf_check(struct reader r, const struct block_summary *s, struct block_leaf *ret_leaf,
                       char *ret_text) {
    struct buffer leaf CLEANUP(buffer_free) = {0};
    buffer_init(&leaf, LEAF_BYTES_MAX + 64);
    if (!entry_check(r, s->log_size - 1, s->height, UINT32_MAX, &leaf) ||
        block_leaf_decode(buffer_span(&leaf), ret_leaf))
        return no(ret_text, "the block leaf is missing or damaged");
    if (ret_leaf->height != s->height || ret_leaf->time_ms != s->time_ms ||
        !digest_equal(&ret_leaf->block, &s->block) || ret_leaf->results_count != s->records ||
        ret_leaf->status_count != s->status_count ||
        !digest_equal(&ret_leaf->status_root, &s->status_root))
        return no(ret_text, "the block leaf says otherwise than the block");
    return true;
}

/* Results are those the leaf commits to, one per record, and the accepted ones are the log's leaves
 * in order. */
static bool results_check(struct reader r, const struct loaded *l, const struct block_summary *s,
                          const struct block_leaf *leaf, struct arena *arena, char *ret_text) {
    struct block_summary before;
    struct result *results;
    uint32_t count = 0;
    if (query_block(r, s->height - 1, &before) ||
        query_results(r, s->height, arena, &results, &count))
        return no(ret_text, "the results are missing or damaged");
    if (count != l->block.wire_ids_count)
        return no(ret_text, "records and results differ in number");
    struct buffer bytes CLEANUP(buffer_free) = {0};
    buffer_init(&bytes, LEAF_BYTES_MAX + 64);
    struct merkle_stack stack = {0};
    uint64_t at = before.log_size;
    for (uint32_t i = 0; i < count; i++) {
        buffer_clear(&bytes);
        codec_encode(&result_type, &results[i], &bytes);
        struct digest hash = merkle_leaf_hash(buffer_span(&bytes)), stored;
        merkle_stack_add(&stack, &hash);
        if (!digest_equal(&results[i].wire_id, &l->block.wire_ids[i]))
            return no(ret_text, "a result belongs to another record");
        if (results[i].code != RESULT_ACCEPTED) continue;
        if (!entry_check(r, at, s->height, i, &bytes) || merkle_leaf_at(r, at++, &stored) ||
            !digest_equal(&stored, &results[i].wire_id))
            return no(ret_text, "an accepted record is not in its place in the log");
    }
    struct digest root;
    merkle_stack_root(&stack, &root);
    if (!digest_equal(&root, &leaf->results_root))
        return no(ret_text, "the stored results give another root than the block leaf");
    if (at != before.log_size + s->accepted || at + 1 != s->log_size)
        return no(ret_text, "the log has leaves that no record explains");
    if (!nodes_check(r, before.log_size, s->log_size))
        return no(ret_text, "a stored node of the log is not the hash of its children");
    return true;
}

static bool block_check_in(const struct ledger_params *params, struct reader r, uint64_t height,
                           struct arena *arena, struct loaded *l, char *ret_text) {
    struct block_summary s, before;
    struct block_leaf leaf;
    if (query_block(r, height, &s) || query_block(r, height - 1, &before))
        return no(ret_text, "the block's summary is missing or damaged");
    if (!load(r, height, arena, l, ret_text)) return false;
    struct digest digest = block_digest(l->block.header_bytes);
    if (!digest_equal(&digest, &s.block)) return no(ret_text, "the block has another digest");
    if (l->header.height != height || !digest_equal(&l->header.parent, &before.block))
        return no(ret_text, "the block does not link to the one before it");
    if (l->header.view != s.view || l->header.time_ms != s.time_ms || s.height != height ||
        l->header.payload_count != s.records)
        return no(ret_text, "the block's summary says otherwise than its header");
    if (!records_check(params, l, ret_text)) return false;
    return leaf_check(r, &s, &leaf, ret_text) && results_check(r, l, &s, &leaf, arena, ret_text) &&
           log_check(r, &s, ret_text);
}

static bool block_check(const void *self, struct reader r, uint64_t height,
                        char ret_text[RECOVER_TEXT_BYTES]) {
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, CHECK_ARENA_BYTES);
    struct loaded l = {0};
    buffer_init(&l.stored, STORED_BYTES_MAX);
    bool ok = block_check_in(self, r, height, &arena, &l, ret_text);
    buffer_free(&l.stored);
    return ok;
}

struct recover_checks recover_ledger_checks(const struct ledger_params *params) {
    return (struct recover_checks){params, head_check, block_check};
}

/* Executes and commits the block above *head, which moves on. */
static bool replay_one(struct store s, const struct ledger_params *params, struct arena *arena,
                       struct loaded *l, struct ledger_head *head, char *ret_text) {
    struct reader r = store_reader(s);
    if (!load(r, head->height + 1, arena, l, ret_text)) return false;
    struct block block = {.stored = buffer_span(&l->stored),
                          .header_bytes = l->block.header_bytes,
                          .records = l->records,
                          .records_count = l->block.wire_ids_count};
    struct applied applied;
    enum err e = ledger_apply(params, r, head, &block, NULL, arena, &applied);
    if (e) {
        (void)snprintf(ret_text, RECOVER_TEXT_BYTES, "height %llu cannot be executed: %s",
                       (unsigned long long)(head->height + 1), err_text(e, LANG_EN));
        return false;
    }
    bool ok = recover_replay(s, applied.changes, head->height + 1, ret_text);
    changes_free(applied.changes);
    if (ok) *head = applied.head;
    return ok;
}

bool recover_ledger_replay(struct store s, const struct ledger_params *params, uint64_t *ret_height,
                           char ret_text[RECOVER_TEXT_BYTES]) {
    uint64_t chain_height = 0;
    struct ledger_head head;
    CHECK(commit_height(store_reader(s), TABLE_CHAIN, &chain_height));
    CHECK(ledger_head_read(store_reader(s), &head));
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, APPLY_ARENA_BYTES);
    bool ok = true;
    while (ok && head.height < chain_height) {
        struct loaded l = {0};
        buffer_init(&l.stored, STORED_BYTES_MAX);
        ok = replay_one(s, params, &arena, &l, &head, ret_text);
        buffer_free(&l.stored);
        arena_reset(&arena);
    }
    if (ok) *ret_height = head.height;
    return ok;
}
