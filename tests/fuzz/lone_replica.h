/* lone_replica.h: one replica with a journal that is always written at once, a store in memory and workers that answer at once; its peers are
 * whatever the caller plays. Validator 0 of tests/unit/ledger_world.h. For the fuzzer and for making its corpus. */
#ifndef TESTS_FUZZ_LONE_REPLICA_H
#define TESTS_FUZZ_LONE_REPLICA_H

#include "ledger/apply.h"
#include "node/execution.h"
#include "node/peer_message.h"
#include "storage/store_memory.h"
#include "tests/unit/ledger_world.h"

enum { LONE_PEERS = 4, LONE_FOLLOWER = 3, LONE_EXECUTED_MAX = 64, LONE_POOL_RECORDS = 32, LONE_TURNS_MAX = 10000 };

struct lone {
    const struct genesis *genesis;
    struct store store;
    struct execution *execution;
    struct executed *executed[LONE_EXECUTED_MAX];
    uint32_t executed_count;
    struct replica *replica;
    uint64_t now_ms;
    struct buffer blocks; /* the newest answer to BLOCK_FETCH */
    bool dropped[LONE_PEERS];
};

/* What the replica asked for and what comes back, in order. */
struct lone_queue {
    struct replica_input list[4096];
    struct arena arena; /* owns the bytes of the inputs */
    size_t count;
};

static inline struct replica_input *lone_push(struct lone_queue *q, enum replica_input_kind kind) {
    CHECK(q->count < sizeof q->list / sizeof q->list[0]);
    struct replica_input *in = &q->list[q->count++];
    *in = (struct replica_input){.kind = kind};
    return in;
}

static inline void lone_verify(struct lone *l, const struct replica_output *o, struct lone_queue *q) {
    struct arena arena CLEANUP(arena_free) = {0};
    struct record record;
    arena_init(&arena, 64u << 20);
    struct replica_input *in = lone_push(q, REPLICA_VERIFIED);
    in->job = o->job;
    in->err = record_check(&l->genesis->params, o->bytes, &arena, &record, NULL);
    if (in->err == OK && o->wait)
        in->code = (uint16_t)ledger_preview(&l->genesis->params, store_reader(l->store), WORLD_CREATED_MS + l->now_ms, &record, &arena).code;
}

static inline void lone_execute(struct lone *l, const struct replica_output *o, struct lone_queue *q) {
    struct executed *x;
    CHECK(!execution_full(l->execution) && l->executed_count < LONE_EXECUTED_MAX);
    CHECK(execution_run(l->execution, o->block, &x) == OK);
    l->executed[l->executed_count++] = x;
    struct replica_input *in = lone_push(q, REPLICA_EXECUTED);
    in->job = o->job;
    in->execution = &x->told;
}

static inline void lone_commit(struct lone *l, const struct replica_output *o, struct lone_queue *q) {
    uint32_t count = 0;
    while (count < l->executed_count && l->executed[count]->told.height <= o->height) count++;
    CHECK(count > 0 && execution_commit(l->store, l->executed, count, o->attested));
    execution_drop(l->execution, o->height);
    for (uint32_t i = 0; i < count; i++) executed_free(l->executed[i]);
    l->executed_count -= count;
    memmove(l->executed, l->executed + count, l->executed_count * sizeof l->executed[0]);
    lone_push(q, REPLICA_COMMITTED)->sequence = o->height;
}

static inline void lone_output(struct lone *l, const struct replica_output *o, struct lone_queue *q, uint64_t *journalled) {
    const struct message_rule *rule;
    switch (o->kind) {
    case REPLICA_SEND:
        rule = message_rule(o->type);
        CHECK(rule != NULL && o->bytes.len <= rule->body_max);
        CHECK(o->peer >= 1 && o->peer <= LONE_PEERS); /* perhaps dropped in this very step: the shell lets it fall */
        if (o->type != MESSAGE_BLOCKS) return;
        buffer_clear(&l->blocks);
        buffer_append_span(&l->blocks, o->bytes);
        return;
    case REPLICA_DROP_PEER:
        CHECK(o->peer >= 1 && o->peer <= LONE_PEERS && o->err != OK);
        if (l->dropped[o->peer - 1]) return;
        l->dropped[o->peer - 1] = true;
        lone_push(q, REPLICA_PEER_DOWN)->peer = o->peer;
        return;
    case REPLICA_JOURNAL: *journalled = o->sequence; return;
    case REPLICA_VERIFY: lone_verify(l, o, q); return;
    case REPLICA_EXECUTE: lone_execute(l, o, q); return;
    case REPLICA_COMMIT: lone_commit(l, o, q); return;
    case REPLICA_READ_BLOCKS: {
        struct buffer bytes CLEANUP(buffer_free) = {0};
        buffer_init(&bytes, 32u << 20);
        execution_read_blocks(store_reader(l->store), o->height, o->count, 1u << 20, &bytes);
        struct replica_input *in = lone_push(q, REPLICA_BLOCKS);
        in->job = o->job;
        in->bytes = arena_copy(&q->arena, buffer_span(&bytes));
        return;
    }
    case REPLICA_JOURNAL_KEEP:
    case REPLICA_REPLY:
    case REPLICA_ALARM: return;
    }
}

/* One input and all that follows from it. */
static inline void lone_input(struct lone *l, struct replica_input in) {
    static struct lone_queue q;
    struct replica_outputs *out = replica_outputs_new();
    q.count = 0;
    arena_init(&q.arena, 64u << 20);
    *lone_push(&q, in.kind) = in;
    for (size_t at = 0; at < q.count; at++) {
        uint64_t journalled = 0;
        CHECK(at < LONE_TURNS_MAX);
        q.list[at].now_ms = l->now_ms;
        q.list[at].time_ms = WORLD_CREATED_MS + l->now_ms;
        replica_outputs_clear(out);
        replica_step(l->replica, &q.list[at], out);
        for (size_t i = 0; i < replica_outputs_count(out); i++) lone_output(l, replica_outputs_at(out, i), &q, &journalled);
        if (journalled > 0) lone_push(&q, REPLICA_WRITTEN)->sequence = journalled;
    }
    arena_free(&q.arena);
    replica_outputs_free(out);
}

static inline void lone_message(struct lone *l, uint32_t peer, uint8_t type, struct span body) {
    if (l->dropped[peer]) return;
    lone_input(l, (struct replica_input){.kind = REPLICA_MESSAGE, .peer = peer + 1, .type = type, .bytes = body});
}

/* Time passes; timers that fall due run. */
static inline void lone_wait(struct lone *l, uint64_t ms) {
    uint64_t until = l->now_ms + ms;
    for (int turns = 0; replica_deadline(l->replica) <= until; turns++) {
        CHECK(turns < LONE_TURNS_MAX);
        uint64_t due = replica_deadline(l->replica);
        l->now_ms = due > l->now_ms ? due : l->now_ms + 1;
        lone_input(l, (struct replica_input){.kind = REPLICA_TIMER});
    }
    if (l->now_ms < until) l->now_ms = until;
}

/* A script: 0xff n: n x 20 ms pass. 0xfe, length u16, bytes: a submission. Else: peer (low 2 bits), type u8, length u16, bytes: a message, as the
 * session would let it through. */
static inline bool lone_take(struct span *script, size_t n, struct span *ret) {
    if (script->len < n) return false;
    *ret = span_part(*script, 0, n);
    *script = span_part(*script, n, script->len - n);
    return true;
}

static inline bool lone_take_body(struct span *script, struct span *ret) {
    struct span length;
    if (!lone_take(script, 2, &length)) return false;
    size_t n = get_u16(length.data);
    return lone_take(script, n < script->len ? n : script->len, ret);
}

static inline bool lone_act(struct lone *l, struct span *script) {
    struct span op, type, body;
    if (!lone_take(script, 1, &op)) return false;
    if (op.data[0] == 0xff) {
        if (!lone_take(script, 1, &type)) return false;
        lone_wait(l, 20u * type.data[0]);
        return true;
    }
    if (op.data[0] == 0xfe) {
        if (!lone_take_body(script, &body)) return false;
        lone_input(l, (struct replica_input){.kind = REPLICA_SUBMIT, .ticket = script->len, .wait = body.len % 2 == 1, .bytes = body});
        return true;
    }
    if (!lone_take(script, 1, &type) || !lone_take_body(script, &body)) return false;
    const struct message_rule *rule = message_rule(type.data[0]);
    uint32_t peer = op.data[0] % LONE_PEERS;
    if (rule == NULL || rule->type >= 64 || body.len > rule->body_max) return true;
    if (peer != LONE_FOLLOWER || (MESSAGE_SET_FOLLOWER & MESSAGE_BIT(rule->type)) != 0) lone_message(l, peer, rule->type, body);
    return true;
}

static inline void lone_run(struct lone *l, struct span script) {
    while (lone_act(l, &script)) {
    }
}

static inline void lone_start(struct lone *l, const struct genesis *genesis) {
    struct buffer header CLEANUP(buffer_free) = {0};
    struct replica_head head;
    memset(l, 0, sizeof *l);
    l->genesis = genesis;
    l->now_ms = 1000;
    l->store = store_memory_new();
    buffer_init(&l->blocks, 32u << 20);
    buffer_init(&header, BLOCK_HEADER_BYTES_MAX);
    CHECK(execution_genesis(l->store, genesis));
    l->execution = execution_new(l->store, genesis);
    struct replica_config config = {.genesis = genesis, .pool_records_max = LONE_POOL_RECORDS, .pool_bytes_max = 4u << 20, .random_seed = 1};
    struct span name = genesis->set.validators[0].name;
    struct digest d = sha256(name);
    memcpy(config.seed.b, d.b, sizeof config.seed.b);
    l->replica = replica_new(&config);
    execution_head(store_reader(l->store), &header, &head);
    lone_input(l, (struct replica_input){.kind = REPLICA_START, .head = &head});
    for (uint64_t i = 0; i < LONE_PEERS; i++)
        lone_input(l, (struct replica_input){.kind = REPLICA_PEER_UP, .peer = i + 1, .source = i != LONE_FOLLOWER,
                                             .validator = i == LONE_FOLLOWER ? REPLICA_NO_VALIDATOR : (uint8_t)(i + 1)});
}

static inline void lone_stop(struct lone *l) {
    replica_free(l->replica);
    for (uint32_t i = 0; i < l->executed_count; i++) executed_free(l->executed[i]);
    execution_free(l->execution);
    store_close(l->store);
    buffer_free(&l->blocks);
}

#endif
