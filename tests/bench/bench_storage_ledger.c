/* What execution costs: status updates in a tree of a million leaves over rows in memory, applying
 * singly signed records, making and verifying a proof. Prints one line each. Run it in a release
 * build; the first argument is the number of leaves (1,000,000). */
#include <stdio.h>
#include <time.h>

#include "storage/store_memory.h"
#include "tests/unit/certificate_world.h"
#include "trace/identifier.h"

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static uint64_t random_state = 88172645463325252u;
static uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static struct digest key_number(uint64_t n) {
    uint8_t b[8];
    put_u64(b, n);
    return status_key(STATUS_THING, span_of(b, 8));
}

static void store_take(struct store s, struct changes *c) {
    struct changes *sets[] = {c};
    CHECK(store_write(s, TABLE_STATE, sets, 1, false));
    CHECK(store_write(s, TABLE_CHAIN, sets, 1, false));
    changes_free(c);
}

/* One block of status edits; returns the time status_commit took. */
static double status_block(struct store s, struct status_head *head, struct status_cache *cache,
                           uint64_t first, uint64_t count, uint64_t space) {
    uint8_t value[100] = {0x90};
    struct changes *c = changes_new();
    for (uint64_t i = 0; i < count; i++) {
        struct digest key = key_number(space ? random_next() % space : first + i);
        put_u64(value + 1, random_next());
        status_put(c, &key, span_of(value, sizeof value));
    }
    double begin = now_us();
    status_commit(store_reader(s), head, c, cache, head);
    double took = now_us() - begin;
    store_take(s, c);
    return took;
}

static void bench_status(uint64_t leaves) {
    struct store s = store_memory_new();
    struct status_head head = status_head_empty;
    struct status_cache *cache = status_cache_new((size_t)192 << 20);
    for (uint64_t n = 0; n < leaves; n += 10000)
        status_block(s, &head, cache, n, 10000, 0);
    double warm = 0, cold = 0;
    const uint64_t blocks = 20, keys = 1000;
    for (uint64_t i = 0; i < blocks; i++)
        warm += status_block(s, &head, cache, 0, keys, leaves);
    for (uint64_t i = 0; i < blocks; i++)
        cold += status_block(s, &head, NULL, 0, keys, leaves);
    printf("status update, %llu leaves, batch of %llu: %.1f us/key cached, %.1f us/key uncached\n",
           (unsigned long long)head.count, (unsigned long long)keys,
           warm / (double)(blocks * keys), cold / (double)(blocks * keys));
    status_cache_free(cache);
    store_close(s);
}

/* The block that was filled; how long it took, in microseconds. */
static double execute(struct world *w, struct store s) {
    struct span header;
    struct applied a;
    struct arena arena CLEANUP(arena_free) = {0};
    uint32_t records = w->block_count;
    arena_init(&arena, APPLY_ARENA_BYTES);
    struct span stored = world_block_bytes(w, w->head.time_ms + 1, &header);
    struct block block = {stored, header, w->block, records};
    double begin = now_us();
    CHECK(ledger_apply(&w->genesis->params, store_reader(s), &w->head, &block, w->cache, &arena,
                       &a) == OK);
    double took = now_us() - begin;
    CHECK(a.accepted == records);
    w->head = a.head;
    w->log_root = a.log_root;
    store_take(s, a.changes);
    w->block_count = 0;
    arena_reset(&w->arena);
    return took;
}

static double apply_block(struct world *w, struct store s, uint32_t records, struct digest *ret_wire) {
    for (uint32_t i = 0; i < records; i++) {
        char epc[64];
        snprintf(epc, sizeof epc, "urn:epc:id:sgtin:6901234.056789.%llu",
                 (unsigned long long)random_next() % 1000000);
        struct item event = world_event(w, "OBSERVE", "inspecting", "", epc, NULL);
        world_say(w, "farm1", &event);
    }
    CHECK(record_wire_id(w->block[0], ret_wire) == OK);
    return execute(w, s);
}

static void world_in_store(struct world *w, struct store s) {
    world_begin(w, 1);
    status_cache_free(w->cache);
    w->cache = status_cache_new((size_t)64 << 20);
    struct changes *first = changes_new();
    changes_merge(first, w->rows.all);
    store_take(s, first);
}

/* A type as large as one may be. */
static struct certificate_type large_type(struct certificate_field fields[], char names[][4]) {
    static char label[62];
    struct certificate_type t = world_type("large");
    memset(label, 'x', sizeof label - 1);
    t.fields = fields;
    for (t.fields_count = 0; t.fields_count < 56; t.fields_count++) {
        char *name = names[t.fields_count];
        name[0] = (char)('a' + t.fields_count / 26);
        name[1] = (char)('a' + t.fields_count % 26);
        fields[t.fields_count] = (struct certificate_field){
            .name = span_of(name, 2), .kind = 1, .label_zh = span_text(label), .label_en = span_text(label)};
    }
    return t;
}

/* Records of a hundred certificates each, under a type of the smallest and of the largest definition. */
static void bench_certificates(bool large) {
    struct world w;
    struct store s = store_memory_new();
    struct certificate_field fields[CERTIFICATE_FIELDS_MAX];
    char names[CERTIFICATE_FIELDS_MAX][4];
    const uint32_t blocks = 10, records = 20, each = 100;
    double took = 0;
    world_in_store(&w, s);
    struct certificate_type type = large ? large_type(fields, names) : world_type("large");
    struct item made = world_made(&w, "ADD", "commissioning", LOT_A, 1000000, "NPR"), items[100];
    world_set_type(&w, &type);
    world_say(&w, "farm1", &made);
    execute(&w, s);
    for (uint32_t b = 0; b < blocks; b++) {
        for (uint32_t r = 0; r < records; r++) {
            for (uint32_t i = 0; i < each; i++) {
                char number[32];
                snprintf(number, sizeof number, "%u-%u-%u", b, r, i);
                items[i] = world_own(&w, "farm1", "large", number, LOT_A, 1);
            }
            struct record_header d = world_draft(&w, "farm1", RECORD_CERTIFICATES);
            world_add(&w, world_record(&w, &d, items, each, "farm1"));
        }
        took += execute(&w, s);
    }
    printf("certificates, %s definition: %.1f us each\n", large ? "the largest" : "a small", took / (blocks * records * each));
    world_end(&w);
    store_close(s);
}

/* Events that commission a hundred pieces each: with a lot they produce, without one they do not. */
static void bench_production(bool lot) {
    struct world w;
    struct store s = store_memory_new();
    const uint32_t blocks = 10, records = 20, each = 100;
    double took = 0;
    world_in_store(&w, s);
    for (uint32_t b = 0; b < blocks; b++) {
        for (uint32_t r = 0; r < records; r++) {
            struct buffer text CLEANUP(buffer_free) = {0};
            struct items items;
            buffer_init(&text, 1 << 16);
            buffer_printf(&text,
                          "{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\",\"type\":\"ObjectEvent\","
                          "\"eventTime\":\"2026-05-01T08:00:00Z\",\"eventTimeZoneOffset\":\"+08:00\",\"action\":\"ADD\","
                          "\"bizStep\":\"commissioning\"%s,\"epcList\":[",
                          lot ? ",\"ilmd\":{\"cbvmda:lotNumber\":\"A\"}" : "");
            for (uint32_t i = 0; i < each; i++)
                buffer_printf(&text, "%s\"urn:epc:id:sgtin:6901234.056789.%u\"", i ? "," : "", (b * records + r) * each + i);
            buffer_text(&text, "]}");
            CHECK(epcis_parse(world_keep(&w, buffer_span(&text)), &w.arena, &items, NULL) == OK);
            world_say(&w, "farm1", &items.list[0]);
        }
        took += execute(&w, s);
    }
    printf("pieces commissioned %s lot: %.1f us each\n", lot ? "with a" : "without", took / (blocks * records * each));
    world_end(&w);
    store_close(s);
}

static void bench_apply(uint32_t blocks) {
    struct world w;
    struct digest wire;
    struct store s = store_memory_new();
    const uint32_t records = 200;
    double took = 0;
    world_in_store(&w, s);
    for (uint32_t i = 0; i < blocks; i++) {
        double t = apply_block(&w, s, records, &wire);
        took += i < blocks / 2 ? 0 : t;
    }
    printf("apply, blocks of %u singly signed records naming one thing: %.1f us/record\n", records,
           took / (double)(records * (blocks - blocks / 2)));

    struct attested a;
    world_attest(&w, 1780272100, &a);
    struct proof_source source = world_source(&w, &a);
    source.reader = store_reader(s);
    struct buffer bundle CLEANUP(buffer_free) = {0};
    struct arena arena CLEANUP(arena_free) = {0};
    struct statement statement;
    buffer_init(&bundle, PROOF_BYTES_MAX);
    arena_init(&arena, PROOF_ARENA_BYTES);
    const uint32_t rounds = 200;
    double begin = now_us();
    for (uint32_t i = 0; i < rounds; i++) {
        buffer_clear(&bundle);
        CHECK(proof_build_record(&source, &wire, NULL, 0, &bundle) == OK);
    }
    double built = now_us();
    for (uint32_t i = 0; i < rounds; i++) {
        arena_reset(&arena);
        CHECK(proof_verify(buffer_span(&bundle), &w.genesis->chain_id, &arena, &statement) == OK);
    }
    printf("proof of a record, %zu bytes: build %.0f us, verify %.0f us\n", bundle.len,
           (built - begin) / rounds, (now_us() - built) / rounds);
    world_end(&w);
    store_close(s);
}

int main(int argc, char **argv) {
    uint64_t leaves = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    crypto_start();
    bench_certificates(false);
    bench_certificates(true);
    bench_production(false);
    bench_production(true);
    bench_apply(leaves >= 1000000 ? 100 : 20);
    bench_status(leaves);
    return 0;
}
