/* rpc_sealed.h: a record of farm-1 that hides a price (tier 1), a buyer (2) and a contact (3), on the chain of rpc_world.h; what opens them, and a
 * store in a file of the test's own. Include after rpc_world.h. */
#ifndef TESTS_RPC_SEALED_H
#define TESTS_RPC_SEALED_H

#include <unistd.h>

#include "base/json.h"
#include "storage/sealed.h"
#include "trace/hidden.h"

struct rpc_sealed {
    char directory[64], path[96];
    struct sealed_store *store;
    struct digest wire_id;
    struct sealed_key keys[4];          /* by tier */
    struct buffer files[4], key_files[4];
    struct sealed_opening openings[4];
    struct buffer values[4];
};

static inline struct sealed_of rpc_sealed_of(struct world *w, const struct rpc_sealed *s, enum item_tier tier) {
    return (struct sealed_of){&w->genesis->chain_id, s->wire_id, tier};
}

static inline void rpc_sealed_hide(struct world *w, struct rpc_sealed *s, const char *name, enum item_tier tier, struct buffer *fields) {
    struct buffer next;
    struct span value;
    CHECK(hidden_value_at(buffer_span(fields), span_text(name), &value));
    buffer_init(&s->values[tier], 1024);
    buffer_append_span(&s->values[tier], value);
    s->openings[tier] = (struct sealed_opening){0, span_text(name), buffer_span(&s->values[tier]), {(uint8_t)tier}};
    struct hidden h = {tier, hidden_commitment(&w->genesis->chain_id, tier, s->openings[tier].salt, span_text(name), value)};
    buffer_init(&next, 4096);
    CHECK(hidden_put(buffer_span(fields), span_text(name), &h, &next));
    buffer_free(fields);
    *fields = next;
}

/* The key file of a tier for these recipients. */
static inline void rpc_sealed_wrap(struct world *w, struct rpc_sealed *s, enum item_tier tier, const struct pubkey to[], uint32_t count,
                                   struct buffer *out) {
    struct sealed_of of = rpc_sealed_of(w, s, tier);
    struct sealed_keys keys = {.sealed = sealed_id(buffer_span(&s->files[tier])), .count = count};
    uint8_t boxes[8][WRAP_BYTES];
    CHECK(count <= 8);
    for (uint32_t i = 0; i < count; i++) {
        CHECK(secret_wrap(&to[i], s->keys[tier].b, boxes[i]));
        keys.wraps[i] = (struct sealed_wrap){to[i], span_of(boxes[i], WRAP_BYTES)};
    }
    if (tier == TIER_DELETABLE) {
        keys.count = 1;
        keys.wraps[0] = (struct sealed_wrap){{{0}}, span_of(s->keys[tier].b, 32)};
    }
    sealed_keys_make(&of, &keys, &w->farm, out);
}

static inline void rpc_sealed_record(struct world *w, struct rpc_sealed *s) {
    struct arena arena = {0};
    struct items items;
    struct buffer fields, wire;
    static const char text[] =
        "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",{\"ex\":\"https://ex.example/\"}],"
        "\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-28T08:00:00+08:00\",\"eventTimeZoneOffset\":\"+08:00\","
        "\"epcList\":[\"urn:epc:id:sgtin:0614141.107346.77\"],\"action\":\"OBSERVE\",\"bizStep\":\"shipping\","
        "\"ex:price\":\"12.80\",\"ex:buyer\":\"somebody\",\"ex:contact\":\"13800000000\"}";
    arena_init(&arena, 16 << 20);
    CHECK(epcis_parse(span_text(text), &arena, &items, NULL) == OK);
    buffer_init(&fields, 4096);
    buffer_append_span(&fields, items.list[0].fields);
    rpc_sealed_hide(w, s, "/ex:price", TIER_PARTNER, &fields);
    rpc_sealed_hide(w, s, "/ex:buyer", TIER_REGULATOR, &fields);
    rpc_sealed_hide(w, s, "/ex:contact", TIER_DELETABLE, &fields);
    items.list[0].fields = buffer_span(&fields);
    buffer_init(&wire, 65536);
    world_sign(w, &w->farm, "farm-1", items.list, 1, &wire);
    struct span record = buffer_span(&wire);
    world_block(w, &record, 1);
    s->wire_id = world_wire_id(&wire);
    buffer_free(&wire);
    buffer_free(&fields);
    arena_free(&arena);
}

/* A block with the record; the sealed files and key files are made, and given to nobody. */
static inline void rpc_sealed_begin(struct world *w, struct rpc_sealed *s) {
    char why[SEALED_ERROR_BYTES];
    uint8_t nonce[SEALED_NONCE_BYTES] = {1};
    snprintf(s->directory, sizeof s->directory, "/tmp/suyuan-rpc-sealed-XXXXXX");
    CHECK(mkdtemp(s->directory) != NULL);
    snprintf(s->path, sizeof s->path, "%s/sealed.sqlite", s->directory);
    s->store = sealed_store_open(s->path, &w->genesis->chain_id, 0, why);
    CHECK(s->store != NULL);
    w->host.sealed = s->store;
    rpc_sealed_record(w, s);
    for (unsigned tier = TIER_PARTNER; tier <= TIER_DELETABLE; tier++) {
        struct sealed_of of = rpc_sealed_of(w, s, (enum item_tier)tier);
        struct sealed_openings o = {&s->openings[tier], 1};
        s->keys[tier].b[0] = (uint8_t)(100 + tier);
        buffer_init(&s->files[tier], SEALED_FILE_BYTES_MAX);
        buffer_init(&s->key_files[tier], SEALED_KEYS_BYTES_MAX);
        CHECK(sealed_seal(&of, &o, &s->keys[tier], nonce, &w->farm, &s->files[tier]) == OK);
        struct pubkey to[] = {w->farm.public_key, w->authority.public_key};
        rpc_sealed_wrap(w, s, (enum item_tier)tier, to, 2, &s->key_files[tier]);
    }
}

/* The same, and what opens tier 3 is held. */
static inline void rpc_sealed_given(struct world *w, struct rpc_sealed *s, char ret_hex[65]) {
    struct sealed_keys keys;
    rpc_sealed_begin(w, s);
    world_hex(s->wire_id.b, 32, ret_hex);
    struct sealed_of of = rpc_sealed_of(w, s, TIER_DELETABLE);
    CHECK(sealed_put(s->store, &of, buffer_span(&s->files[TIER_DELETABLE]), 1000) == OK);
    CHECK(sealed_keys_check(buffer_span(&s->key_files[TIER_DELETABLE]), &of, &w->farm.public_key, &keys) == OK);
    CHECK(sealed_put_keys(s->store, &of, &keys, 1000) == OK);
}

static inline void rpc_sealed_end(struct rpc_sealed *s) {
    char command[128];
    if (s->store == NULL) return;
    sealed_store_close(s->store);
    for (int tier = 0; tier < 4; tier++) {
        buffer_free(&s->files[tier]);
        buffer_free(&s->key_files[tier]);
        buffer_free(&s->values[tier]);
    }
    snprintf(command, sizeof command, "rm -rf '%s'", s->directory);
    CHECK(system(command) == 0);
}

#endif
