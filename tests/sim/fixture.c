/* fixture.c: genesis, keys and signed records, made once per (n, variant): signing is the expensive part of a
 * world. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/record.h"
#include "tests/sim/sim.h"
#include "trace/epcis.h"

enum { SUBJECTS = 4, SHORT_LIVED_MS = 4000 };

static void seed_named(struct seed *s, const char *name, uint32_t number) {
    char text[64];
    snprintf(text, sizeof text, "%s-%u", name, number);
    struct digest d = sha256(span_text(text));
    memcpy(s->b, d.b, sizeof s->b);
}

static void parameters_draw(struct parameters *p, uint32_t variant) {
    parameters_default(p);
    static const uint64_t deltas[SIM_VARIANTS] = {50, 50, 100, 20, 50, 200};
    static const uint64_t pipelines[SIM_VARIANTS] = {16, 1, 2, 8, 3, 16};
    static const uint64_t records[SIM_VARIANTS] = {64, 1, 2, 8, 3, 16};
    p->delta_ms = deltas[variant];
    p->pipeline_blocks = pipelines[variant];
    p->block_records = records[variant];
    p->leader_views = variant == 4 ? 3 : 1;
    p->heartbeat_ms = variant % 2 == 0 ? 1000 : 3000;
    p->max_drift_ms = 1000;
    p->activity_timeout_ms = 10 * p->delta_ms;
}

static struct genesis *genesis_of(struct fixture *f) {
    static const uint8_t empty_map[1] = {0x80};
    struct validator validators[NODES_MAX];
    char names[NODES_MAX][32], subjects[SUBJECTS][16];
    for (uint32_t i = 0; i < f->n; i++) {
        seed_named(&f->seeds[i], "validator", i);
        validator_keys_derive(&f->seeds[i], &f->keys[i]);
        snprintf(names[i], sizeof names[i], "v%u.example", i);
        validators[i] = (struct validator){span_text(names[i]), f->keys[i].consensus.public_key,
                                           f->keys[i].checkpoint.public_key, f->keys[i].log.public_key,
                                           f->keys[i].transport.public_key};
    }
    struct genesis_member members[SUBJECTS];
    struct member_key keys[SUBJECTS];
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        struct seed s;
        struct keypair k;
        seed_named(&s, "subject", i);
        key_from_seed(&s, &k);
        snprintf(subjects[i], sizeof subjects[i], "farm%u", i);
        keys[i] = (struct member_key){k.public_key, 0, 0};
        members[i] = (struct genesis_member){span_text(subjects[i]), span_text(subjects[i]),
                                             i == 0 ? MEMBER_PRODUCER | MEMBER_AUTHORITY : MEMBER_PRODUCER,
                                             span_text("330302"), &keys[i], 1};
    }
    struct validator_bytes set = {1, 1, span_text("sim.example"), validators, f->n};
    struct genesis_rest rest = {.version = 1, .title = span_text("sim"), .created_ms = SIM_EPOCH_MS, .members = members,
                                .members_count = SUBJECTS, .extensions = span_of(empty_map, 1)};
    parameters_draw(&rest.parameters, f->variant);
    struct buffer CLEANUP(buffer_free) file = {0};
    struct refusal refusal = {0};
    struct genesis *g = NULL;
    buffer_init(&file, GENESIS_BYTES_MAX);
    enum err e = genesis_make(&set, &rest, &file, &refusal);
    if (e == OK) e = genesis_parse(buffer_span(&file), &g, &refusal);
    if (e != OK) {
        fprintf(stderr, "sim genesis: %s %s\n", err_name(e), refusal.where);
        abort();
    }
    return g;
}

/* A second valid signature over the same bytes: RFC 8032 with another nonce r. An honest signer never makes it. */
void sign_again(const struct keypair *keys, const char *tag, struct span message, struct signature *ret) {
    uint8_t az[64], r[32], hram[64], k[32], tagged[1024];
    size_t tag_len = strlen(tag) + 1, len = tag_len + message.len;
    CHECK(len <= sizeof tagged);
    memcpy(tagged, tag, tag_len);
    memcpy(tagged + tag_len, message.data, message.len);
    crypto_hash_sha512(az, keys->secret, 32);
    az[0] &= 248;
    az[31] = (uint8_t)((az[31] & 63) | 64);
    uint8_t wide[64] = {7, 7, 7};
    crypto_core_ed25519_scalar_reduce(r, wide);
    CHECK(crypto_scalarmult_ed25519_base_noclamp(ret->b, r) == 0);
    crypto_hash_sha512_state h;
    crypto_hash_sha512_init(&h);
    crypto_hash_sha512_update(&h, ret->b, 32);
    crypto_hash_sha512_update(&h, keys->public_key.b, 32);
    crypto_hash_sha512_update(&h, tagged, len);
    crypto_hash_sha512_final(&h, hram);
    crypto_core_ed25519_scalar_reduce(k, hram);
    uint8_t a[32], wide_a[64] = {0}, ka[32];
    memcpy(wide_a, az, 32);
    crypto_core_ed25519_scalar_reduce(a, wide_a);
    crypto_core_ed25519_scalar_mul(ka, k, a);
    crypto_core_ed25519_scalar_add(ret->b + 32, ka, r);
}

static void twin(struct fixture *f, int of, int at) {
    struct unpack u;
    struct seed s;
    struct keypair keys;
    unpack_init(&u, buffer_span(&f->records[of]));
    CHECK(unpack_array(&u, 3) == 3);
    struct span header = unpack_bytes(&u, 1024), signature = unpack_bytes(&u, 64), body = unpack_bytes(&u, 1 << 20);
    (void)signature;
    seed_named(&s, "subject", (uint32_t)of % SUBJECTS);
    key_from_seed(&s, &keys);
    struct signature other;
    sign_again(&keys, "suyuan/record/v1", header, &other);
    CHECK(verify(&keys.public_key, "suyuan/record/v1", header, &other));
    pack_array(&f->records[at], 3);
    pack_bytes(&f->records[at], header);
    pack_bytes(&f->records[at], span_of(other.b, 64));
    pack_bytes(&f->records[at], body);
    f->twin_of[at] = of;
}

static void record_of(struct fixture *f, int i) {
    char text[512], subject[16];
    struct items items;
    struct refusal refusal = {0};
    struct arena CLEANUP(arena_free) arena = {0};
    arena_init(&arena, 1 << 20);
    snprintf(text, sizeof text,
             "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",\"type\":\"ObjectEvent\","
             "\"eventTime\":\"2026-05-01T08:00:00.000+08:00\",\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"OBSERVE\","
             "\"bizStep\":\"packing\",\"epcList\":[\"urn:epc:id:sgtin:4012345.011111.%d\"]}",
             i % 7);
    CHECK(epcis_parse(span_text(text), &arena, &items, &refusal) == OK);
    snprintf(subject, sizeof subject, "farm%d", i % SUBJECTS);
    struct seed s;
    struct keypair keys;
    seed_named(&s, "subject", (uint32_t)i % SUBJECTS);
    key_from_seed(&s, &keys);
    struct record_header draft = {.chain_id = f->genesis->chain_id, .kind = RECORD_EVENTS, .subject = span_text(subject),
                                  .key = keys.public_key, .created_ms = SIM_EPOCH_MS,
                                  .expires_ms = SIM_EPOCH_MS + (i % 16 == 5 && i < SIM_RECORDS - SIM_LAST_RECORDS ? SHORT_LIVED_MS : 86400000),
                                  .nonce = (uint64_t)i};
    CHECK(record_make(&f->genesis->params, &draft, items.list, items.count, &keys, &f->records[i]) == OK);
}

static void records_make(struct fixture *f, uint32_t records) {
    for (; f->made < records; f->made++) {
        int i = (int)f->made;
        buffer_init(&f->records[i], 1 << 16);
        f->twin_of[i] = -1;
        /* The last records of a world have no twin: they must be accepted. */
        bool last = i / SIM_LAST_RECORDS == SIM_RECORDS_SHORT / SIM_LAST_RECORDS - 1 || i >= SIM_RECORDS - SIM_LAST_RECORDS;
        if (i % 8 == 7 && !last)
            twin(f, i - 1, i);
        else
            record_of(f, i);
        CHECK(record_wire_id(buffer_span(&f->records[i]), &f->wire_ids[i]) == OK);
    }
}

const struct fixture *fixture_get(struct fixtures *all, uint32_t n, uint32_t variant, uint32_t records) {
    struct fixture *f = all->made[n][variant];
    if (f == NULL) {
        f = all->made[n][variant] = check_alloc(1, sizeof *f);
        f->n = n;
        f->variant = variant;
        f->genesis = genesis_of(f);
    }
    records_make(f, records);
    return f;
}

void fixtures_free(struct fixtures *all) {
    for (int n = 0; n < NODES_MAX; n++)
        for (int v = 0; v < SIM_VARIANTS; v++) {
            struct fixture *f = all->made[n][v];
            if (f == NULL) continue;
            genesis_free(f->genesis);
            for (int i = 0; i < SIM_RECORDS; i++) buffer_free(&f->records[i]);
            free(f);
            all->made[n][v] = NULL;
        }
}
