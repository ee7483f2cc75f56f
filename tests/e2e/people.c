#include "tests/e2e/people.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/epcis.h"

static const char *const SUBJECTS[PEOPLE_SUBJECTS] = {"bureau", "farm1", "farm2", "farm3"};

uint64_t people_now_ms(void) {
    struct timespec t;
    CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void seed_named(const char *name, uint32_t a, uint32_t b, struct seed *ret) {
    char text[64];
    snprintf(text, sizeof text, "suyuan-e2e-%s-%u-%u", name, a, b);
    struct digest d = sha256(span_text(text));
    memcpy(ret->b, d.b, sizeof ret->b);
}

void people_validator_seed(uint32_t index, struct seed *ret) {
    seed_named("validator", index, 0, ret);
}

void people_key(uint32_t subject, uint32_t key, struct keypair *ret) {
    struct seed seed;
    seed_named("subject", subject, key, &seed);
    key_from_seed(&seed, ret);
}

const char *people_subject(uint32_t subject) {
    CHECK(subject < PEOPLE_SUBJECTS);
    return SUBJECTS[subject];
}

void people_genesis(uint64_t created_ms, uint64_t heartbeat_ms, struct buffer *out) {
    static const char *const names[PEOPLE_VALIDATORS] = {"agri.example", "market.example", "shoes.example", "institute.example"};
    static const uint8_t empty_map[1] = {0x80};
    struct validator v[PEOPLE_VALIDATORS];
    struct genesis_member members[PEOPLE_SUBJECTS];
    struct member_key keys[PEOPLE_SUBJECTS][3];
    for (uint32_t i = 0; i < PEOPLE_VALIDATORS; i++) {
        struct seed seed;
        struct validator_keys k;
        people_validator_seed(i, &seed);
        validator_keys_derive(&seed, &k);
        v[i] = (struct validator){span_text(names[i]), k.consensus.public_key, k.checkpoint.public_key,
                                  k.log.public_key, k.transport.public_key};
    }
    for (uint32_t i = 0; i < PEOPLE_SUBJECTS; i++) {
        uint32_t count = i == PEOPLE_BUREAU ? 3 : 1;
        for (uint32_t k = 0; k < count; k++) {
            struct keypair pair;
            people_key(i, k, &pair);
            keys[i][k] = (struct member_key){pair.public_key, 0, 0};
        }
        members[i] = (struct genesis_member){
            span_text(SUBJECTS[i]), span_text(SUBJECTS[i]),
            i == PEOPLE_BUREAU ? MEMBER_AUTHORITY | MEMBER_PRODUCER : MEMBER_PRODUCER, span_text("330302"), keys[i], count};
    }
    struct validator_bytes set = {1, 1, span_text("e2e.example"), v, PEOPLE_VALIDATORS};
    struct genesis_rest rest = {.version = 1, .title = span_text("e2e"), .created_ms = created_ms, .members = members,
                                .members_count = PEOPLE_SUBJECTS, .extensions = span_of(empty_map, sizeof empty_map)};
    parameters_default(&rest.parameters);
    if (heartbeat_ms > 0) rest.parameters.heartbeat_ms = heartbeat_ms;
    struct refusal refusal = {0};
    if (genesis_make(&set, &rest, out, &refusal) == OK) return;
    fprintf(stderr, "genesis: %s at %s\n", err_name(refusal.err), refusal.where);
    exit(1);
}

uint64_t number_of(const char *text) {
    size_t digits = strspn(text, "0123456789");
    if (digits > 0 && digits < 19 && text[digits] == 0) return strtoull(text, NULL, 10);
    fprintf(stderr, "no number: %s\n", text);
    exit(2);
}

void people_file(const char *path, struct buffer *out) {
    FILE *f = fopen(path, "rb");
    uint8_t bytes[65536];
    if (f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, f)) > 0;) buffer_append(out, bytes, got);
    CHECK(!ferror(f) && !out->overflow);
    fclose(f);
}

struct genesis *people_genesis_read(const char *path) {
    struct buffer file CLEANUP(buffer_free) = {0};
    struct genesis *g = NULL;
    struct refusal refusal = {0};
    buffer_init(&file, GENESIS_BYTES_MAX);
    people_file(path, &file);
    if (genesis_parse(buffer_span(&file), &g, &refusal) == OK) return g;
    fprintf(stderr, "%s: %s at %s\n", path, err_name(refusal.err), refusal.where);
    exit(1);
}

static struct item event_item(const struct draft *d, struct arena *arena) {
    struct buffer text CLEANUP(buffer_free) = {0};
    struct refusal refusal = {0};
    struct items items;
    buffer_init(&text, (1 << 20) + d->text_bytes);
    buffer_printf(&text,
                  "{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
                  "{\"e2e\":\"https://e2e.example/\"}],\"type\":\"ObjectEvent\","
                  "\"eventTime\":\"2026-05-01T08:00:00.000+08:00\",\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"OBSERVE\","
                  "\"bizStep\":\"packing\",\"epcList\":[\"urn:epc:id:sgtin:4012345.011111.%llu\"],\"e2e:note\":\"",
                  (unsigned long long)(d->nonce % 1000));
    for (uint32_t i = 0; i < d->text_bytes; i++) buffer_u8(&text, 'x');
    buffer_text(&text, "\"}");
    enum err e = epcis_parse(buffer_span(&text), arena, &items, &refusal);
    if (e != OK) {
        fprintf(stderr, "event: %s at %s\n", err_name(e), refusal.where);
        exit(1);
    }
    CHECK(items.count == 1);
    return items.list[0];
}

/* Signed like any other, but its fields break a rule of the codec. */
static struct item odd_item(uint32_t odd, struct arena *arena) {
    static const char *const rules[] = {"", "\x82\xa1""a\x01\xa1""a\x01", "\x82\xa1""b\x01\xa1""a\x01", "",
                                        "\x81\xa1""a\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", "\x81\xa1""a\xdb\xff\xff\xff\xff",
                                        "\x81\xa1""a\xcc\x01"};
    static const size_t lengths[] = {0, 7, 7, 0, 12, 8, 5};
    struct buffer deep CLEANUP(buffer_free) = {0};
    CHECK(odd < sizeof lengths / sizeof lengths[0]);
    buffer_init(&deep, 4096);
    buffer_append(&deep, "\x81\xa1""a", 3);
    for (int i = 0; i < 1000; i++) buffer_u8(&deep, 0x91);
    buffer_u8(&deep, 0x01);
    struct span fields = odd == 3 ? buffer_span(&deep) : span_of(rules[odd], lengths[odd]);
    return (struct item){.type = ITEM_OBJECT_EVENT, .fields = arena_copy(arena, fields)};
}

static struct item revocation_item(const struct draft *d, struct arena *arena) {
    struct buffer act_bytes CLEANUP(buffer_free) = {0}, fields CLEANUP(buffer_free) = {0};
    struct keypair revoked;
    people_key(PEOPLE_BUREAU, d->revoked, &revoked);
    struct member_key key = {revoked.public_key, 0, 0};
    struct act act = {.type = ACT_KEY_REVOKED, .keys = &key, .keys_count = 1, .reason = 1};
    buffer_init(&act_bytes, 4096);
    buffer_init(&fields, 4096);
    act_encode(&act, &act_bytes);
    act_fields(buffer_span(&act_bytes), NULL, 0, &fields);
    struct span kept = arena_copy(arena, buffer_span(&fields));
    CHECK(kept.data != NULL);
    return (struct item){.type = ACT_KEY_REVOKED, .fields = kept};
}

void people_record(const struct genesis *g, const struct draft *d, struct buffer *out) {
    struct arena arena CLEANUP(arena_free) = {0};
    arena_init(&arena, 64 << 20);
    struct keypair keys;
    people_key(d->subject, d->key, &keys);
    struct ledger_params params = g->params;
    uint64_t created_ms = (uint64_t)((int64_t)people_now_ms() + d->created_in_ms);
    struct record_header header = {.chain_id = g->chain_id, .kind = d->revoke ? RECORD_GOVERNANCE : RECORD_EVENTS,
                                   .subject = span_text(people_subject(d->subject)), .key = keys.public_key,
                                   .created_ms = created_ms, .nonce = d->nonce};
    header.expires_ms = created_ms + (d->lifetime_ms > 0 ? d->lifetime_ms : 24u * 3600 * 1000);
    if (d->other_chain) header.chain_id.b[0] ^= 1;
    params.chain_id = header.chain_id;
    struct item item = d->revoke ? revocation_item(d, &arena) : d->odd > 0 ? odd_item(d->odd, &arena) : event_item(d, &arena);
    enum err e = record_make(&params, &header, &item, 1, &keys, out);
    if (e == OK) return;
    fprintf(stderr, "record: %s\n", err_name(e));
    exit(1);
}
