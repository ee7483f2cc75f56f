/* ledger_world.h: a small consortium for ledger tests: four validators, a bureau (authority), two
 * farms, a carrier, an auditor. Time moves by blocks. */
#ifndef TESTS_LEDGER_WORLD_H
#define TESTS_LEDGER_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genesis/genesis.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"
#include "tests/unit/rows_memory.h"
#include "trace/epcis.h"

enum { WORLD_VALIDATORS = 4, WORLD_RECORDS_MAX = 256 };
#define WORLD_CREATED_MS 1780272000000u

struct world {
    struct rows rows;
    struct genesis *genesis;
    struct validator_keys validators[WORLD_VALIDATORS];
    struct ledger_head head;
    struct digest log_root;
    struct arena arena; /* lives as long as the world */
    struct status_cache *cache;
    uint64_t nonce, events;
    struct span block[WORLD_RECORDS_MAX]; /* records of the block being filled */
    uint32_t block_count;
    struct result results[WORLD_RECORDS_MAX];
    uint64_t log_indices[WORLD_RECORDS_MAX];
};

static inline void world_seed(struct seed *s, const char *name) {
    struct digest d = sha256(span_text(name));
    memcpy(s->b, d.b, 32);
}

static inline void world_keys(const char *name, struct keypair *ret) {
    struct seed s;
    world_seed(&s, name);
    key_from_seed(&s, ret);
}

static inline struct pubkey world_pubkey(const char *name) {
    struct keypair k;
    world_keys(name, &k);
    return k.public_key;
}

static inline struct genesis *world_genesis(struct validator_keys keys[WORLD_VALIDATORS],
                                            uint8_t admit_approvals) {
    static const char *const names[] = {"agri.example/suyuan", "market.example/suyuan",
                                        "shoes.example/suyuan", "institute.example/suyuan"};
    static const uint8_t empty_map[1] = {0x80};
    struct validator v[WORLD_VALIDATORS];
    for (uint32_t i = 0; i < WORLD_VALIDATORS; i++) {
        struct seed s;
        world_seed(&s, names[i]);
        validator_keys_derive(&s, &keys[i]);
        v[i] = (struct validator){span_text(names[i]), keys[i].consensus.public_key,
                                  keys[i].checkpoint.public_key, keys[i].log.public_key,
                                  keys[i].transport.public_key};
    }
    struct validator_bytes set = {1, 1, span_text("lucheng.example"), v, WORLD_VALIDATORS};
    static const struct {
        const char *subject, *name;
        uint32_t roles;
    } who[] = {{"bureau", "农业农村局", MEMBER_AUTHORITY},
               {"bureau2", "市场监督管理局", MEMBER_AUTHORITY},
               {"farm1", "杨梅合作社", MEMBER_PRODUCER},
               {"farm2", "茶场", MEMBER_PRODUCER},
               {"audit", "审计", MEMBER_AUDITOR}};
    struct genesis_member members[5];
    struct member_key member_keys[5];
    for (uint32_t i = 0; i < 5; i++) {
        member_keys[i] = (struct member_key){world_pubkey(who[i].subject), 0, 0};
        members[i] =
            (struct genesis_member){span_text(who[i].subject), span_text(who[i].name), who[i].roles,
                                    span_text("330302"),       &member_keys[i],        1};
    }
    struct genesis_threshold thresholds[] = {{ACT_MEMBER_ADMITTED, admit_approvals}};
    struct genesis_rest rest = {.version = 1,
                                .title = span_text("鹿城"),
                                .created_ms = WORLD_CREATED_MS,
                                .members = members,
                                .members_count = 5,
                                .thresholds = thresholds,
                                .thresholds_count = 1,
                                .extensions = span_of(empty_map, 1)};
    parameters_default(&rest.parameters);
    struct buffer file CLEANUP(buffer_free) = {0};
    struct genesis *g = NULL;
    struct refusal refusal = {0};
    buffer_init(&file, GENESIS_BYTES_MAX);
    enum err e = genesis_make(&set, &rest, &file, &refusal);
    if (e || genesis_parse(buffer_span(&file), &g, &refusal)) {
        fprintf(stderr, "genesis: %s at %s\n", err_name(e), refusal.where);
        abort();
    }
    return g;
}

static inline void world_begin(struct world *w, uint8_t admit_approvals) {
    memset(w, 0, sizeof *w);
    rows_init(&w->rows);
    arena_init(&w->arena, 1u << 30);
    w->genesis = world_genesis(w->validators, admit_approvals);
    w->cache = status_cache_new(1 << 20);
    struct changes *c = changes_new();
    genesis_apply(w->genesis, c, &w->head);
    w->log_root = merkle_frontier_root(&w->head.log);
    rows_take(&w->rows, c);
}

static inline void world_end(struct world *w) {
    rows_free(&w->rows);
    genesis_free(w->genesis);
    status_cache_free(w->cache);
    arena_free(&w->arena);
}

static inline struct span world_keep(struct world *w, struct span s) {
    struct span copy = arena_copy(&w->arena, s);
    CHECK(copy.data);
    return copy;
}

/* A bare ObjectEvent naming these EPCs (up to the NULL). */
static inline struct item world_event(struct world *w, const char *action, const char *step,
                                      const char *extra, ...) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct items items;
    struct refusal refusal = {0};
    va_list args;
    buffer_init(&text, 1 << 20);
    buffer_printf(
        &text,
        "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
        "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-01T08:00:00.000+08:00\","
        "\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"%s\",\"bizStep\":\"%s\"%s,\"epcList\":[",
        action, step, extra);
    va_start(args, extra);
    const char *epc = va_arg(args, const char *);
    for (int i = 0; epc; i++, epc = va_arg(args, const char *))
        buffer_printf(&text, "%s\"%s\"", i ? "," : "", epc);
    va_end(args);
    buffer_text(&text, "]}");
    enum err e = epcis_parse(world_keep(w, buffer_span(&text)), &w->arena, &items, &refusal);
    if (e || items.count != 1) {
        fprintf(stderr, "event: %s at %s\n", err_name(e), refusal.where);
        abort();
    }
    return items.list[0];
}

static inline struct record_header world_draft(struct world *w, const char *subject, uint8_t kind) {
    return (struct record_header){.kind = kind,
                                  .subject = span_text(subject),
                                  .created_ms = w->head.time_ms,
                                  .expires_ms = w->head.time_ms + 3600000,
                                  .nonce = ++w->nonce};
}

static inline struct span world_record(struct world *w, const struct record_header *draft,
                                       const struct item items[], uint32_t count, const char *key) {
    struct buffer out CLEANUP(buffer_free) = {0};
    struct keypair keys;
    world_keys(key, &keys);
    buffer_init(&out, RECORD_BYTES_MAX);
    CHECK(record_make(&w->genesis->params, draft, items, count, &keys, &out) == OK);
    return world_keep(w, buffer_span(&out));
}

/* Adds a record to the block being filled; returns its place in it. */
static inline uint32_t world_add(struct world *w, struct span wire) {
    w->block[w->block_count] = wire;
    return w->block_count++;
}

static inline uint32_t world_say(struct world *w, const char *subject, const struct item *event) {
    struct record_header draft = world_draft(w, subject, RECORD_EVENTS);
    return world_add(w, world_record(w, &draft, event, 1, subject));
}

static inline struct item world_act_item(struct world *w, const struct record_header *draft,
                                         const struct act *act, const char *const approvers[],
                                         uint32_t approvers_count) {
    struct buffer bytes CLEANUP(buffer_free) = {0}, fields CLEANUP(buffer_free) = {0};
    struct approval approvals[8];
    buffer_init(&bytes, 1 << 16);
    buffer_init(&fields, 1 << 16);
    act_encode(act, &bytes);
    for (uint32_t i = 0; i < approvers_count; i++) {
        struct keypair k;
        world_keys(approvers[i], &k);
        act_approve(&k, &w->genesis->chain_id, act->type, draft->created_ms, draft->nonce,
                    buffer_span(&bytes), &approvals[i]);
    }
    act_fields(buffer_span(&bytes), approvals, approvers_count, &fields);
    return (struct item){.type = act->type, .fields = world_keep(w, buffer_span(&fields))};
}

/* One act in one record by `bureau`. */
static inline uint32_t world_act(struct world *w, const struct act *act, const char *approver) {
    struct record_header draft = world_draft(w, "bureau", RECORD_GOVERNANCE);
    const char *approvers[] = {approver};
    struct item item = world_act_item(w, &draft, act, approvers, approver ? 1 : 0);
    return world_add(w, world_record(w, &draft, &item, 1, "bureau"));
}

static inline struct span world_block_bytes(struct world *w, uint64_t time_ms,
                                            struct span *ret_header) {
    struct buffer header CLEANUP(buffer_free) = {0}, stored CLEANUP(buffer_free) = {0};
    static struct digest ids[WORLD_RECORDS_MAX];
    static const uint8_t nil[1] = {0xc0}, empty_array[1] = {0x90};
    for (uint32_t i = 0; i < w->block_count; i++)
        CHECK(record_wire_id(w->block[i], &ids[i]) == OK);
    struct block_header h = {.version = 1,
                             .chain_id = w->genesis->chain_id,
                             .view = w->head.view + 1,
                             .height = w->head.height + 1,
                             .parent = w->head.block,
                             .payload_count = w->block_count,
                             .payload_root = block_payload_root(ids, w->block_count),
                             .time_ms = time_ms};
    buffer_init(&header, BLOCK_HEADER_BYTES_MAX);
    buffer_init(&stored, 1 << 20);
    block_header_encode(&h, &header);
    struct stored_block b = {buffer_span(&header), ids, w->block_count, span_of(nil, 1),
                             span_of(empty_array, 1)};
    stored_block_encode(&b, &stored);
    *ret_header = world_keep(w, buffer_span(&header));
    return world_keep(w, buffer_span(&stored));
}

/* Executes the block being filled `later_ms` after the last one. */
static inline enum err world_close(struct world *w, uint64_t later_ms) {
    struct span header;
    struct applied a;
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, APPLY_ARENA_BYTES);
    struct span stored = world_block_bytes(w, w->head.time_ms + later_ms, &header);
    struct block block = {stored, header, w->block, w->block_count};
    enum err e =
        ledger_apply(&w->genesis->params, w->rows.reader, &w->head, &block, w->cache, &arena, &a);
    if (e) return e;
    memcpy(w->results, a.results, a.count * sizeof *a.results);
    memcpy(w->log_indices, a.log_indices, a.count * sizeof *a.log_indices);
    w->head = a.head;
    w->log_root = a.log_root;
    rows_take(&w->rows, a.changes);
    w->block_count = 0;
    return OK;
}

static inline void world_attest(const struct world *w, uint64_t time_s, struct attested *ret) {
    struct cosignature list[WORLD_VALIDATORS];
    for (uint32_t i = 0; i < WORLD_VALIDATORS; i++) {
        list[i] = (struct cosignature){.index = (uint8_t)i,
                                       .size = w->head.log.size,
                                       .root = w->log_root,
                                       .time_s = time_s + i};
        cosignature_sign(&w->validators[i].checkpoint, &w->validators[i].log, w->genesis->origin,
                         &list[i]);
        CHECK(cosignature_check(&list[i], &w->genesis->validators, w->genesis->origin) == OK);
    }
    CHECK(attested_choose(list, WORLD_VALIDATORS, WORLD_VALIDATORS, w->head.height,
                          w->head.log.size, &w->log_root, ret));
}

static inline struct proof_source world_source(const struct world *w, const struct attested *a) {
    return (struct proof_source){w->rows.reader, w->genesis->validator_bytes,
                                 w->genesis->rest_digest, &w->genesis->params, a};
}

#endif
