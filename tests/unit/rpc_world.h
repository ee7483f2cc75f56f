/* rpc_world.h: a host for RPC tests: a chain of real blocks, executed and committed to a store in memory, with four validators that
 * cosign, an authority and a farm; a pool that the test fills and answers by hand. */
#ifndef TESTS_RPC_WORLD_H
#define TESTS_RPC_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genesis/genesis.h"
#include "ledger/query.h"
#include "ledger/record.h"
#include "rpc/rpc.h"
#include "storage/commit.h"
#include "storage/store_memory.h"
#include "trace/epcis.h"

enum { WORLD_VALIDATORS = 4, WORLD_SUBMITS_MAX = 1100 };
#define WORLD_TIME_MS 1780000000000ull

struct world_submit {
    uint64_t ticket;
    bool wait;
    size_t len;
    struct digest wire_id;
};

struct world {
    struct genesis *genesis;
    struct store store;
    struct validator_keys keys[WORLD_VALIDATORS];
    struct keypair authority, farm, stranger;
    uint64_t now_ms, heartbeat_s, nonce;
    struct host host;
    struct host_status status;
    struct digest pending[8];
    uint32_t pending_count;
    struct world_submit submits[WORLD_SUBMITS_MAX];
    uint32_t submits_count;
    int snapshots; /* held now */
    struct arena arena;
};

static inline struct reader world_reader(struct world *w) {
    return store_reader(w->store);
}

static inline void world_snapshot_acquire(void *self, struct snapshot *ret) {
    struct world *w = self;
    struct store_snapshot *s = store_snapshot(w->store);
    *ret = (struct snapshot){.reader = store_snapshot_reader(s), .lease = s};
    w->snapshots++;
}

static inline void world_snapshot_release(void *self, struct snapshot *s) {
    struct world *w = self;
    store_snapshot_release(s->lease);
    w->snapshots--;
}

static inline bool world_attested(void *self, const struct snapshot *snapshot, struct attested *ret) {
    struct world *w = self;
    struct ledger_head head;
    struct block_summary b;
    struct cosignature list[WORLD_VALIDATORS];
    if (w->heartbeat_s == 0 || !ledger_head_read(snapshot->reader, &head)) return false;
    if (query_block(snapshot->reader, head.height, &b) != OK) return false;
    for (uint8_t i = 0; i < WORLD_VALIDATORS; i++) {
        list[i] = (struct cosignature){.index = i, .size = b.log_size, .root = b.log_root,
                                       .time_s = w->heartbeat_s + i};
        cosignature_sign(&w->keys[i].checkpoint, &w->keys[i].log, w->genesis->origin, &list[i]);
    }
    return attested_choose(list, WORLD_VALIDATORS, WORLD_VALIDATORS, b.height, b.log_size, &b.log_root, ret);
}

static inline bool world_pending(void *self, const struct digest *id) {
    struct world *w = self;
    for (uint32_t i = 0; i < w->pending_count; i++)
        if (digest_equal(&w->pending[i], id)) return true;
    return false;
}

static inline void world_submit(void *self, uint64_t ticket, bool wait, struct span record) {
    struct world *w = self;
    CHECK(w->submits_count < WORLD_SUBMITS_MAX);
    struct world_submit *s = &w->submits[w->submits_count++];
    *s = (struct world_submit){.ticket = ticket, .wait = wait, .len = record.len};
    if (record_wire_id(record, &s->wire_id) != OK) memset(&s->wire_id, 0, sizeof s->wire_id);
}

static inline void world_status(void *self, struct host_status *ret) {
    struct world *w = self;
    *ret = w->status;
}

static inline const struct host_ops *world_ops(void) {
    static const struct host_ops ops = {world_snapshot_acquire, world_snapshot_release, world_attested,
                                        world_pending,          world_submit,           world_status};
    return &ops;
}

static inline void world_hex(const void *bytes, size_t len, char *ret) {
    hex_encode(span_of(bytes, len), ret);
}

static inline struct keypair world_keypair(uint8_t fill) {
    struct seed seed;
    struct keypair k;
    memset(seed.b, fill, sizeof seed.b);
    key_from_seed(&seed, &k);
    return k;
}

static inline void world_genesis_text(struct world *w, struct buffer *out) {
    char a[65], b[65], c[65], d[65];
    buffer_printf(out, "{\"domain\":\"lucheng.example\",\"title\":\"test\",\"created\":%llu,\"validators\":[",
                  (unsigned long long)WORLD_TIME_MS);
    for (int i = 0; i < WORLD_VALIDATORS; i++) {
        struct seed seed;
        memset(seed.b, 0x10 + i, sizeof seed.b);
        validator_keys_derive(&seed, &w->keys[i]);
        world_hex(w->keys[i].consensus.public_key.b, 32, a);
        world_hex(w->keys[i].checkpoint.public_key.b, 32, b);
        world_hex(w->keys[i].log.public_key.b, 32, c);
        world_hex(w->keys[i].transport.public_key.b, 32, d);
        buffer_printf(out,
                      "%s{\"name\":\"v%d.lucheng.example\",\"consensus_key\":\"%s\",\"checkpoint_key\":\"%s\","
                      "\"log_key\":\"%s\",\"transport_key\":\"%s\"}",
                      i == 0 ? "" : ",", i, a, b, c, d);
    }
    world_hex(w->authority.public_key.b, 32, a);
    world_hex(w->farm.public_key.b, 32, b);
    buffer_printf(out,
                  "],\"members\":[{\"subject\":\"bureau\",\"name\":\"农业农村局\",\"roles\":[\"authority\"],"
                  "\"division\":\"330302\",\"keys\":[{\"key\":\"%s\"}]},"
                  "{\"subject\":\"farm-1\",\"name\":\"杨梅合作社\",\"roles\":[\"producer\"],\"keys\":[{\"key\":\"%s\"}]}]}",
                  a, b);
}

static inline void world_init(struct world *w) {
    crypto_start();
    *w = (struct world){.now_ms = WORLD_TIME_MS};
    arena_init(&w->arena, APPLY_ARENA_BYTES);
    w->authority = world_keypair(1);
    w->farm = world_keypair(2);
    w->stranger = world_keypair(3);
    struct buffer text, file;
    buffer_init(&text, 1 << 16);
    buffer_init(&file, 1 << 16);
    world_genesis_text(w, &text);
    struct refusal refusal = {.err = OK};
    enum err e = genesis_from_json(buffer_span(&text), &file, &refusal);
    if (e == OK) e = genesis_parse(buffer_span(&file), &w->genesis, &refusal);
    if (e != OK) {
        fprintf(stderr, "genesis: %s %s\n", err_name(e), refusal.where);
        abort();
    }
    buffer_free(&text);
    buffer_free(&file);
    w->store = store_memory_new();
    struct changes *c = changes_new();
    struct ledger_head head;
    genesis_apply(w->genesis, c, &head);
    CHECK(commit_write(w->store, &c, 1, 0));
    changes_free(c);
    w->host = (struct host){.self = w, .ops = world_ops(), .genesis = w->genesis};
    w->status = (struct host_status){.validator = true, .index = 1, .version = "0.1.0", .ready = true, .voting = true,
                                     .started_ms = WORLD_TIME_MS, .now_ms = WORLD_TIME_MS + 5000};
}

static inline void world_free(struct world *w) {
    CHECK(w->snapshots == 0);
    store_close(w->store);
    genesis_free(w->genesis);
    arena_free(&w->arena);
}

/* One ObjectEvent about `epc`. */
static inline void world_event_text(struct buffer *out, const char *epc, const char *action, const char *step) {
    buffer_printf(out,
                  "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                  "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T08:00:00+08:00\","
                  "\"eventTimeZoneOffset\":\"+08:00\",\"epcList\":[\"%s\"],\"action\":\"%s\",\"bizStep\":\"%s\","
                  "\"readPoint\":{\"id\":\"urn:epc:id:sgln:0614141.00777.0\"}}",
                  epc, action, step);
}

static inline void world_sign(struct world *w, const struct keypair *keys, const char *subject,
                              const struct item items[], uint32_t count, struct buffer *out) {
    struct record_header draft = {.chain_id = w->genesis->chain_id, .kind = RECORD_EVENTS,
                                  .subject = span_text(subject), .key = keys->public_key,
                                  .created_ms = w->now_ms, .expires_ms = w->now_ms + 3600000, .nonce = ++w->nonce};
    enum err e = record_make(&w->genesis->params, &draft, items, count, keys, out);
    if (e != OK) {
        fprintf(stderr, "record: %s\n", err_name(e));
        abort();
    }
}

/* A record of one EPCIS document, appended as wire bytes. */
static inline void world_record(struct world *w, const struct keypair *keys, const char *subject, struct span text,
                                struct buffer *out) {
    struct arena arena;
    arena_init(&arena, 64 << 20);
    struct items items;
    struct refusal refusal = {.err = OK};
    enum err e = epcis_parse(text, &arena, &items, &refusal);
    if (e != OK) {
        fprintf(stderr, "epcis: %s %s\n", err_name(e), refusal.where);
        abort();
    }
    world_sign(w, keys, subject, items.list, items.count, out);
    arena_free(&arena);
}

static inline struct digest world_wire_id(const struct buffer *wire) {
    struct digest id;
    CHECK(record_wire_id(buffer_span(wire), &id) == OK);
    return id;
}

/* Executes and commits one block of these records. */
static inline void world_block(struct world *w, const struct span records[], uint32_t count) {
    struct ledger_head head;
    CHECK(ledger_head_read(world_reader(w), &head));
    struct digest ids[64];
    CHECK(count > 0 && count <= 64);
    for (uint32_t i = 0; i < count; i++)
        CHECK(record_wire_id(records[i], &ids[i]) == OK);
    w->now_ms += 1000;
    struct block_header header = {.version = 1, .chain_id = w->genesis->chain_id, .view = head.view + 1,
                                  .height = head.height + 1, .parent = head.block, .payload_count = count,
                                  .payload_root = block_payload_root(ids, count), .time_ms = w->now_ms,
                                  .proposer = (uint8_t)(head.view % WORLD_VALIDATORS)};
    struct buffer header_bytes, stored;
    buffer_init(&header_bytes, BLOCK_HEADER_BYTES_MAX);
    buffer_init(&stored, 1 << 20);
    block_header_encode(&header, &header_bytes);
    static const uint8_t certificate[] = {0x92, 0x01, 0x02}, none[] = {0x90};
    struct stored_block block = {buffer_span(&header_bytes), ids, count, span_of(certificate, 3), span_of(none, 1)};
    stored_block_encode(&block, &stored);
    struct block b = {buffer_span(&stored), buffer_span(&header_bytes), records, count};
    struct applied applied;
    arena_reset(&w->arena);
    enum err e = ledger_apply(&w->genesis->params, world_reader(w), &head, &b, NULL, &w->arena, &applied);
    if (e != OK) {
        fprintf(stderr, "block: %s\n", err_name(e));
        abort();
    }
    CHECK(commit_write(w->store, &applied.changes, 1, header.height));
    changes_free(applied.changes);
    buffer_free(&header_bytes);
    buffer_free(&stored);
    w->heartbeat_s = w->now_ms / 1000;
}

/* A block of one event by the farm; its wire identity. */
static inline struct digest world_event(struct world *w, const char *epc, const char *action, const char *step) {
    struct buffer text, wire;
    buffer_init(&text, 4096);
    buffer_init(&wire, 65536);
    world_event_text(&text, epc, action, step);
    world_record(w, &w->farm, "farm-1", buffer_span(&text), &wire);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    struct digest id = world_wire_id(&wire);
    buffer_free(&text);
    buffer_free(&wire);
    return id;
}

#endif
